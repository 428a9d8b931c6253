/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools and volumes, as far as directories need them; secrets. */
#pragma once

#include "model/document.h"
#include "model/domain-enums.h"

#define VIR_STORAGE_POOL_TYPE_VALUES(E) \
    E(VIR_STORAGE_POOL_DIR, "dir") E(VIR_STORAGE_POOL_FS, "fs") E(VIR_STORAGE_POOL_NETFS, "netfs") E(VIR_STORAGE_POOL_LOGICAL, "logical") \
    E(VIR_STORAGE_POOL_DISK, "disk") E(VIR_STORAGE_POOL_ISCSI, "iscsi") E(VIR_STORAGE_POOL_ISCSI_DIRECT, "iscsi-direct") \
    E(VIR_STORAGE_POOL_SCSI, "scsi") E(VIR_STORAGE_POOL_MPATH, "mpath") E(VIR_STORAGE_POOL_RBD, "rbd") E(VIR_STORAGE_POOL_SHEEPDOG, "sheepdog") \
    E(VIR_STORAGE_POOL_GLUSTER, "gluster") E(VIR_STORAGE_POOL_ZFS, "zfs") E(VIR_STORAGE_POOL_VSTORAGE, "vstorage")
VIR_ENUM(virStoragePoolKind, VIR_STORAGE_POOL_TYPE_VALUES)

typedef struct {
    unsigned int mode;
    int owner, group;
    bool hasMode, hasOwner, hasGroup;
    char *label;
} virStoragePerms;
typedef struct {
    gint refs;
    virStoragePoolKind type;
    char *name;
    unsigned char uuid[16];
    unsigned long long capacity, allocation, available;     /* bytes */
    char *sourceDevice, *sourceDir, *sourceName, *sourceHost, *sourceFormat;
    char *path;
    virStoragePerms perms;
} virStoragePoolDef;
VIR_DOCUMENT_DECLARE(virStoragePoolDef)

typedef struct {
    gint refs;
    virStorageType type;                /* written; not read */
    char *name, *key;
    unsigned long long capacity, allocation, physical;      /* bytes */
    bool hasAllocation, hasPhysical;
    char *path;
    char *format;
    virStoragePerms perms;
    char *compat;
    char *backingPath, *backingFormat;
} virStorageVolDef;
VIR_DOCUMENT_DECLARE(virStorageVolDef)
