/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Backup jobs: which disks go where (push), or are offered over NBD as they were at one instant (pull). */
#pragma once

#include "model/document.h"
#include "model/domain.h"

#define VIR_BACKUP_MODE_VALUES(E) E(VIR_BACKUP_PUSH, "push") E(VIR_BACKUP_PULL, "pull")
VIR_ENUM(virBackupMode, VIR_BACKUP_MODE_VALUES)
#define VIR_BACKUP_DISK_MODE_VALUES(E) E(VIR_BACKUP_DISK_UNSET, NULL) E(VIR_BACKUP_DISK_FULL, "full") E(VIR_BACKUP_DISK_INCREMENTAL, "incremental")
VIR_ENUM(virBackupDiskMode, VIR_BACKUP_DISK_MODE_VALUES)
#define VIR_BACKUP_TRANSPORT_VALUES(E) E(VIR_BACKUP_TCP, "tcp") E(VIR_BACKUP_UNIX, "unix")
VIR_ENUM(virBackupTransport, VIR_BACKUP_TRANSPORT_VALUES)

typedef struct {
    char *name;
    virTristateBool backup;
    virBackupDiskMode mode;
    char *incremental, *exportName, *exportBitmap;
    virStorageSource store;             /* push: where the copy goes; pull: what is overwritten meanwhile */
    unsigned int node;                  /* number of its block node, while it runs */
    bool done;                          /* push: the copy has ended */
    unsigned long long size, copied;    /* then: bytes that it was about, and that were copied */
} virBackupDisk;
typedef struct {
    VIR_XML_REFS;
    virBackupMode mode;
    char *incremental;
    bool hasServer;
    virBackupTransport transport;
    virTristateBool tls;
    char *host, *socket;
    unsigned int port;
    char *failure;                      /* push: why a copy that has ended did not work */
    VIR_LIST(virBackupDisk) disks;
} virDomainBackupDef;
VIR_DOCUMENT_DECLARE(virDomainBackupDef)

/* One entry for each disk of the guest that can take part; defaults. */
bool virDomainBackupAlign(virDomainBackupDef *def, const virDomainDef *dom, GError **error);
