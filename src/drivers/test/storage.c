/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools of the test driver; what is in them is in volume.c. */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/volume.h"
#include "engine/pool.h"
#include "src/api/connect.h"

static const unsigned long long defaultCapacity = 100ULL << 30;

static gpointer parse(const char *text, void *node, GError **error)
{
    virStoragePoolDef *def = text ? virStoragePoolDefParse(text, NULL, 0, error) : virStoragePoolDefParseNode(node, 0, error);
    if (def) {
        def->capacity = def->available = defaultCapacity;
        def->allocation = 0;
    }
    return def;
}

const virObjectKind virTestPoolKind = {
    VIR_POOL_KIND,
    .self = VIR_FROM_TEST,
    .running = "is active",
    .stillRunning = "is active",
    .listFunc = "testConnectListAllStoragePools",
    .xmlFunc = "testStoragePoolGetXMLDesc",
    .parse = parse,
};

/* Volumes live in memory only, so what is known of an active pool is always fresh. */
static int storagePoolRefresh(virStoragePoolPtr pool, unsigned int flags, GError **error)
{
    g_autoptr(virObject) obj = virFlagsCheck(flags, 0, VIR_FROM, "testStoragePoolRefresh", error) ? virObjectFindName(pool->conn->storagePriv, pool->name, error) : NULL;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    return virObjectCheckActive(obj, true, obj->kind->notRunning, error) ? 0 : -1;
}

const virStorageDriver *virTestStorageDriver(void)
{
    static virStorageDriver table;
    static gsize once;
    if (g_once_init_enter(&once)) {
        table = virPoolCalls;
        table.storagePoolRefresh = storagePoolRefresh;
        table.storagePoolNumOfVolumes = virTestPoolNumOfVolumes;
        table.storagePoolListVolumes = virTestPoolListVolumes;
        table.storagePoolListAllVolumes = virTestPoolListAllVolumes;
        table.storagePoolLookupByVolume = virTestPoolLookupByVolume;
        table.storageVolLookupByName = virTestVolLookupByName;
        table.storageVolLookupByKey = virTestVolLookupByKey;
        table.storageVolLookupByPath = virTestVolLookupByPath;
        table.storageVolCreateXML = virTestVolCreateXML;
        table.storageVolDelete = virTestVolDelete;
        table.storageVolGetInfo = virTestVolGetInfo;
        table.storageVolGetXMLDesc = virTestVolGetXMLDesc;
        table.storageVolGetPath = virTestVolGetPath;
        g_once_init_leave(&once, 1);
    }
    return &table;
}
