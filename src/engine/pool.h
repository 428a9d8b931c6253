/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the drivers that have storage pools share. A driver's table begins as a copy of virPoolCalls; conn->storagePriv is its set. */
#pragma once

#include "api/driver.h"
#include "engine/object.h"
#include "model/storage-pool.h"

extern const virStorageDriver virPoolCalls;

gpointer virPoolHandle(virConnectPtr conn, const char *name, const unsigned char *uuid, gconstpointer def);
bool virPoolAccept(virRegistrySnapshot *all, gpointer def, GError **error);
bool virPoolPasses(gconstpointer def, unsigned int flags);

/* The members that every kind of pools has alike. */
#define VIR_POOL_KIND \
    .from = VIR_FROM_STORAGE, .missing = VIR_ERR_NO_STORAGE_POOL, .lookup = "storage pool", .define = "pool", .state = "storage pool", \
    .notRunning = "is not active", .fileless = "pool has no config file", \
    .xml = &virStoragePoolDefXml, .name = G_STRUCT_OFFSET(virStoragePoolDef, name), .uuid = G_STRUCT_OFFSET(virStoragePoolDef, uuid), \
    .flags = 0xfffff /* VIR_CONNECT_LIST_STORAGE_POOLS_*: six of state, fourteen of type */, .edit = "pool-edit", \
    .accept = virPoolAccept, .passes = virPoolPasses, .handle = virPoolHandle
