/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One device of the host that a guest has or wants. Between the hostdev files only. */
#pragma once

#include "base/error.h"
#include "engine/hostdev.h"

typedef enum {
    VIR_HOSTDEV_ITEM_PCI, VIR_HOSTDEV_ITEM_USB, VIR_HOSTDEV_ITEM_SCSI, VIR_HOSTDEV_ITEM_VHOST, VIR_HOSTDEV_ITEM_MDEV,
} virHostdevItemKind;

typedef struct {
    virHostdevItemKind kind;
    char *name;                         /* that tells it from others of its kind, for messages too */
    virHostPCIAddress pci;
    bool managed, shareable;
    char *want;                         /* the driver that it is to have, of PCI devices */
    bool hasVf;                         /* it is an interface */
    virNetDevVf vf;                     /* with these settings */
    /* who has it */
    char *instance, *driver, *guest;
    unsigned char uuid[16];
    /* what was before; PCI */
    virHostPCIBinding *before;          /* NULL: not known, or not ours to change */
    char *pf;                           /* the virtual function's physical one */
    unsigned int index;
    virNetDevVf vfBefore;
    guint done;                         /* steps that have been taken */
} virHostdevItem;

void virHostdevItemFree(virHostdevItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostdevItem, virHostdevItemFree)

struct _virHostdevs {
    const virHost *host;
    virHostdevNetOps net;
    char *folder;
    int timeout;
    GMutex mutex;                       /* guards the list for the instant of a look; items belong to the guest that has them */
    GPtrArray *items;
};

/* hostdev-item.c: what `def` names, in its order. `complete`: look for what is named by its properties, and write into `def` what it is. */
GPtrArray *virHostdevItemsOf(const virHost *host, virDomainDef *def, bool complete, unsigned int flags, GError **error);

/* hostdev-pci.c: the steps of all `items` of a guest; each remembers how far it came. */
bool virHostdevPCICheck(virHostdevs *devices, GPtrArray *items, unsigned int flags, GError **error);
bool virHostdevPCITake(virHostdevs *devices, GPtrArray *items, GError **error);
void virHostdevPCIGive(virHostdevs *devices, GPtrArray *items);
void virHostdevPCIAllDone(virHostdevItem *item);        /* found so: everything was done by someone before us */

/* hostdev-file.c */
bool virHostdevFileWrite(virHostdevs *devices, const virHostdevItem *item, GError **error);
void virHostdevFileRemove(virHostdevs *devices, const virHostdevItem *item);
/* NULL without an error: there is none. */
virHostdevItem *virHostdevFileRead(virHostdevs *devices, const char *name, GError **error);
GPtrArray *virHostdevFileNames(virHostdevs *devices);
