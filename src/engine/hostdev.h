/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which guest of which driver holds which device of the host: one table for all drivers of a process. A guest's devices are prepared
 * as a whole (PCI devices go from their driver to vfio's, are reset, virtual functions get their MAC address and VLAN) and given back
 * one behind the other. What a PCI device was before stands in a file, so that a daemon that comes after a crash can give it back.
 *
 *   hostdev.c        the table                        hostdev-pci.c    what is done to a PCI device
 *   hostdev-item.c   devices that a definition names  hostdev-file.c   what is remembered of it
 */
#pragma once

#include "host/netdev-vf.h"
#include "host/pci.h"
#include "model/domain.h"

typedef struct _virHostdevs virHostdevs;

/* How the settings of virtual functions are read and made: virNetDevVfGet and virNetDevVfSet, but for tests. */
typedef struct {
    bool (*get)(const char *pf, unsigned int index, virNetDevVf *vf, GError **error);
    bool (*set)(const char *pf, unsigned int index, const virNetDevVf *vf, GError **error);
} virHostdevNetOps;

virHostdevs *virHostdevsNew(const virHost *host, const char *folder, const virHostdevNetOps *net, int timeout_ms);
void virHostdevsFree(virHostdevs *devices);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostdevs, virHostdevsFree)
/* The process's own, for the machine itself. */
virHostdevs *virHostdevsGet(void);

/* Who: an instance of a driver ("qemu:///system"), and the driver's name for messages ("QEMU"). */
typedef struct { const char *instance, *driver; } virHostdevOwner;

enum {
    VIR_HOSTDEV_COLD = 1 << 0,          /* the guest boots: what is "requisite" must be there */
    VIR_HOSTDEV_RELAXED_ACS = 1 << 1,   /* a switch that lacks access control is put up with */
};

/*
 * Take what `def` names and this guest does not hold yet, all or nothing. Completes `def`: where a USB device is that is named by what it
 * is, and which one is missing and may be.
 */
bool virHostdevsPrepare(virHostdevs *devices, const virHostdevOwner *owner, virDomainDef *def, unsigned int flags, GError **error);
/* Give back what the guest holds and `keep` (NULL: nothing) does not name. Failures are logged. */
void virHostdevsRelease(virHostdevs *devices, const virHostdevOwner *owner, const unsigned char *uuid, const virDomainDef *keep);
/* A guest that runs already, found by a new daemon, holds these. */
void virHostdevsReclaim(virHostdevs *devices, const virHostdevOwner *owner, const virDomainDef *def);
/* After all running guests of the instance are known: what others of it left behind is given back. */
void virHostdevsRecover(virHostdevs *devices, const virHostdevOwner *owner);

/* The guest that holds a PCI device, and its driver. False: nobody does. The caller frees both. */
bool virHostdevsHolder(virHostdevs *devices, const virHostPCIAddress *address, char **driver, char **guest);
/* Does the guest need memory that stays where it is? How many address spaces of devices it has: PCI, and mediated ones. */
unsigned int virHostdevsDMA(const virDomainDef *def);
