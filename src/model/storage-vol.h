/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage volumes. Which formats a volume may have depends on its pool's type, which a parser is told by virStorageVolDefParseFor. */
#pragma once

#include "model/storage-pool.h"

#define VIR_STORAGE_VOL_TYPE_VALUES(E) \
    E(VIR_STORAGE_VOL_KIND_FILE, "file") E(VIR_STORAGE_VOL_KIND_BLOCK, "block") E(VIR_STORAGE_VOL_KIND_DIR, "dir") \
    E(VIR_STORAGE_VOL_KIND_NETWORK, "network") E(VIR_STORAGE_VOL_KIND_NETDIR, "netdir") E(VIR_STORAGE_VOL_KIND_PLOOP, "ploop")
VIR_ENUM(virStorageVolKind, VIR_STORAGE_VOL_TYPE_VALUES)        /* the numbers of virStorageVolType */

typedef struct { char *atime, *btime, *ctime, *mtime; } virStorageTimes;
typedef struct { char *path; VIR_LIST(virStorageExtent) extents; } virStorageVolDevice;
typedef struct {
    VIR_XML_REFS;
    virStorageVolKind type;
    bool hasType;
    char *name, *key;
    VIR_LIST(virStorageVolDevice) devices;
    unsigned long long capacity, allocation, physical;      /* bytes */
    bool hasCapacity, hasAllocation, hasPhysical;
    char *path, *format;
    virStoragePerms perms;
    virStorageTimes times;
    virStorageEncryption *encryption;
    char *compat;
    bool nocow;
    unsigned long long clusterSize;
    bool features, lazyRefcounts, extendedL2;
    char *backingPath, *backingFormat;
    virStoragePerms backingPerms;
    virStorageTimes backingTimes;
} virStorageVolDef;
VIR_DOCUMENT_DECLARE(virStorageVolDef)

/* Parse: the capacity may be left out (a copy has that of its original; a backing file may tell it). */
enum { VIR_STORAGE_VOL_NO_CAPACITY = 1 << 13 };
virStorageVolDef *virStorageVolDefParseFor(virStoragePoolKind pool, const char *xml, const char *file, unsigned int flags, GError **error);
virStorageVolDef *virStorageVolDefParseNodeFor(virStoragePoolKind pool, void *node, unsigned int flags, GError **error);
/* As the pool shows it: formats only where its volumes have any. */
char *virStorageVolDefFormatFor(virStoragePoolKind pool, const virStorageVolDef *def);
