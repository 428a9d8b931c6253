/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the drivers that have storage pools share. A driver's table begins as a copy of virPoolCalls; conn->storagePriv is its set. */
#pragma once

#include "api/driver.h"
#include "engine/object.h"
#include "model/storage.h"

extern const virStorageDriver virPoolCalls;

gpointer virPoolHandle(virConnectPtr conn, const char *name, const unsigned char *uuid, gconstpointer def);
bool virPoolAccept(virRegistrySnapshot *all, gpointer def, GError **error);
bool virPoolPasses(gconstpointer def, unsigned int flags);

/* Two pools must not stand on the same storage. */
bool virPoolSourcesClash(const virStoragePoolDef *a, const virStoragePoolDef *b);

/* ---- volumes (pool-volume.c): those of an active pool are its object's `parts`, an array that is never changed ---- */

/* A reference to the volumes as they are now; NULL when `obj` is not active. */
GPtrArray *virPoolVolumes(virObject *obj, GError **error);
virStorageVolDef *virPoolVolumeIn(const GPtrArray *volumes, const char *name);          /* not a reference */
/* The pool and the definition behind a handle, references. */
bool virPoolVolumeFind(virStorageVolPtr vol, virObject **pool, virStorageVolDef **def, GError **error);
virStorageVolPtr virPoolVolumeHandle(virConnectPtr conn, const char *pool, const virStorageVolDef *def);
int virPoolListVolumes(virConnectPtr conn, const char *pool, const GPtrArray *volumes, virStorageVolPtr **list);
/* A new array with `def` (a reference is added) instead of its namesake; without it when `remove`. */
GPtrArray *virPoolVolumesWith(const GPtrArray *volumes, virStorageVolDef *def, bool remove);
void virPoolVolumeCalls(virStorageDriver *table);

/* The members that every kind of pools has alike. */
#define VIR_POOL_KIND \
    .from = VIR_FROM_STORAGE, .missing = VIR_ERR_NO_STORAGE_POOL, .lookup = "storage pool", .define = "pool", .state = "storage pool", \
    .notRunning = "is not active", .fileless = "pool has no config file", \
    .xml = &virStoragePoolDefXml, .name = G_STRUCT_OFFSET(virStoragePoolDef, name), .uuid = G_STRUCT_OFFSET(virStoragePoolDef, uuid), \
    .flags = 0xfffff /* VIR_CONNECT_LIST_STORAGE_POOLS_*: six of state, fourteen of type */, .edit = "pool-edit", \
    .accept = virPoolAccept, .passes = virPoolPasses, .handle = virPoolHandle
