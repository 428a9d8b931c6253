/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools: a place that volumes come from. What a pool's source consists of depends on its type (storage-pool-table.c). */
#pragma once

#include "model/document.h"
#include "model/domain-disk.h"

#define VIR_STORAGE_POOL_TYPE_VALUES(E) \
    E(VIR_STORAGE_POOL_DIR, "dir") E(VIR_STORAGE_POOL_FS, "fs") E(VIR_STORAGE_POOL_NETFS, "netfs") E(VIR_STORAGE_POOL_LOGICAL, "logical") \
    E(VIR_STORAGE_POOL_DISK, "disk") E(VIR_STORAGE_POOL_ISCSI, "iscsi") E(VIR_STORAGE_POOL_ISCSI_DIRECT, "iscsi-direct") \
    E(VIR_STORAGE_POOL_SCSI, "scsi") E(VIR_STORAGE_POOL_MPATH, "mpath") E(VIR_STORAGE_POOL_RBD, "rbd") E(VIR_STORAGE_POOL_SHEEPDOG, "sheepdog") \
    E(VIR_STORAGE_POOL_GLUSTER, "gluster") E(VIR_STORAGE_POOL_ZFS, "zfs") E(VIR_STORAGE_POOL_VSTORAGE, "vstorage")
VIR_ENUM(virStoragePoolKind, VIR_STORAGE_POOL_TYPE_VALUES)
#define VIR_STORAGE_ADAPTER_VALUES(E) \
    E(VIR_STORAGE_ADAPTER_DEFAULT, "default") E(VIR_STORAGE_ADAPTER_SCSI_HOST, "scsi_host") E(VIR_STORAGE_ADAPTER_FC_HOST, "fc_host")
VIR_ENUM(virStorageAdapterType, VIR_STORAGE_ADAPTER_VALUES)
#define VIR_STORAGE_REFRESH_VALUES(E) E(VIR_STORAGE_REFRESH_DEFAULT, "default") E(VIR_STORAGE_REFRESH_CAPACITY, "capacity")
VIR_ENUM(virStorageRefreshAllocation, VIR_STORAGE_REFRESH_VALUES)

/* Parse: keep what backends define in namespaces of their own. */
enum { VIR_STORAGE_POOL_NAMESPACES = 1 << 12 };

typedef struct {
    unsigned int mode, owner, group;
    bool hasMode, hasOwner, hasGroup;
    char *label;
} virStoragePerms;
typedef struct { unsigned long long start, end; } virStorageExtent;
typedef struct {
    char *path;
    virTristateBool partSeparator;
    VIR_LIST(virStorageExtent) freeExtents;     /* of what is known of an active disk pool */
} virStoragePoolDevice;
typedef struct { char *name; int port; } virStoragePoolHost;
typedef struct {
    virStorageAdapterType type;
    char *name;                                 /* scsi_host: by name, or by the place of its parent */
    bool hasParentAddr, hasUniqueId;
    unsigned int uniqueId;
    virPCIAddress parentAddr;
    char *parent, *parentWwnn, *parentWwpn, *parentFabricWwn;   /* fc_host */
    virTristateBool managed;
    char *wwnn, *wwpn;
} virStorageAdapter;
typedef struct { char *name, *value; } virStorageOption;

typedef struct {
    VIR_XML_REFS;
    virStoragePoolKind type;
    char *name;
    unsigned char uuid[16];
    unsigned long long capacity, allocation, available;     /* bytes */
    virTristateBool cow;
    VIR_LIST(virStoragePoolHost) hosts;
    VIR_LIST(virStoragePoolDevice) devices;
    char *dir, *sourceName, *initiator, *format, *protocol, *vendor, *product;
    virStorageAdapter *adapter;
    virStorageAuth *auth;
    bool hasTarget;
    char *path;
    virStoragePerms perms;
    bool hasRefreshAllocation;
    virStorageRefreshAllocation refreshAllocation;
    VIR_LIST(virStorageOption) mountOptions, configOptions;
} virStoragePoolDef;
VIR_DOCUMENT_DECLARE(virStoragePoolDef)

extern virXmlType virStoragePermsXml;
/* The document of what a search found. */
char *virStoragePoolSourcesFormat(virStoragePoolDef *const *list, unsigned int n);
/* A <source> alone, as a search is narrowed by. */
virStoragePoolDef *virStoragePoolSourceParse(void *node, virStoragePoolKind type, GError **error);
/* "/x//y/" becomes "/x/y" */
void virStorageTidyPath(char **path);
/* The formats of a pool's own source ("nfs") and of its volumes, ended by NULL; NULL: the type has none. The first is the default. */
const char *const *virStoragePoolFormats(virStoragePoolKind type);
const char *const *virStoragePoolVolFormats(virStoragePoolKind type);
const char *virStoragePoolDefaultVolFormat(virStoragePoolKind type);
/* The document of virConnectGetStoragePoolCapabilities: each type with whether it can be used. */
char *virStoragePoolCapsFormat(unsigned int supported);
