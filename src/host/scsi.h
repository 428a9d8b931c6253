/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SCSI hosts and their logical units, and multipath devices, as sysfs shows them. */
#pragma once

#include "host/host.h"

typedef struct {
    unsigned int host, bus, target, lun;
    char *block;                /* "sda" */
} virScsiUnit;

void virScsiUnitFree(virScsiUnit *unit);
/* Disks (and what else has blocks) of host number `host`, ordered. */
GPtrArray *virScsiUnits(const virHost *host, unsigned int number);
/* "host3" or "scsi_host3" */
bool virScsiHostNumber(const char *name, unsigned int *number);
/* The host whose parent PCI device is `address` ("0000:00:1f.2") and whose unique_id is that. */
bool virScsiHostByParent(const virHost *host, const char *address, unsigned int uniqueId, unsigned int *number);
/* The host with that world wide name; `port` may be NULL. */
bool virScsiHostByWwn(const virHost *host, const char *node, const char *port, unsigned int *number);
/* The hosts that an iSCSI session to `target` has. */
bool virScsiHostOfSession(const virHost *host, unsigned int session, unsigned int *number);
/* Make the kernel look for new units. */
bool virScsiRescan(const virHost *host, unsigned int number, GError **error);

/* Names of the multipath devices: /dev/mapper/NAME. `devices` gets their "dm-3". */
GPtrArray *virMultipathNames(const virHost *host, GPtrArray *devices);
