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

/* There is nothing to build or to delete; but only for a pool that is not active. */
static int idle(virStoragePoolPtr pool, GError **error)
{
    g_autoptr(virObject) obj = virObjectFindName(pool->conn->storagePriv, pool->name, error);
    g_autoptr(GMutexLocker) lock = obj ? g_mutex_locker_new(&obj->set->lock) : NULL;
    return obj && virObjectCheckActive(obj, false, obj->kind->running, error) ? 0 : -1;
}

static int storagePoolBuild(virStoragePoolPtr pool, unsigned int flags, GError **error)
{
    return virFlagsCheck(flags, 0, VIR_FROM, "testStoragePoolBuild", error) ? idle(pool, error) : -1;
}

static int storagePoolDelete(virStoragePoolPtr pool, unsigned int flags, GError **error)
{
    return virFlagsCheck(flags, 0, VIR_FROM, "testStoragePoolDelete", error) ? idle(pool, error) : -1;
}

/* What the host of a test node has to offer. */
static char *connectFindStoragePoolSources(virConnectPtr conn, const char *type, const char *srcSpec, unsigned int flags, GError **error)
{
    static const char groups[] = "<sources>\n  <source>\n    <device path='/dev/sda20'/>\n    <name>testvg1</name>\n    <format type='lvm2'/>\n  </source>\n"
                                 "  <source>\n    <device path='/dev/sda21'/>\n    <name>testvg2</name>\n    <format type='lvm2'/>\n  </source>\n</sources>\n";
    static const char share[] = "<sources>\n  <source>\n    <host name='%s'/>\n    <dir path='/testshare'/>\n    <format type='nfs'/>\n  </source>\n</sources>\n";
    if (!virFlagsCheck(flags, 0, VIR_FROM, "testConnectFindStoragePoolSources", error))
        return NULL;
    int kind = virStoragePoolKindFromString(type);
    if (kind == VIR_STORAGE_POOL_LOGICAL)
        return g_strdup(groups);
    if (kind == VIR_STORAGE_POOL_NETFS) {
        g_autoptr(virXmlDoc) doc = srcSpec ? virXmlDocParse(srcSpec, NULL, "storage_source", "source", VIR_FROM, error) : NULL;
        const char *host = doc ? virXmlProp(virXmlChild(virXmlRoot(doc), "host"), "name") : NULL;
        if (!host && (doc || !srcSpec))
            virSetError(error, VIR_ERR_INVALID_ARG, "hostname must be specified for netfs sources");
        return host ? g_markup_printf_escaped(share, host) : NULL;
    }
    if (kind < 0)
        virSetError(error, VIR_ERR_NO_SUPPORT, "pool type '%s' does not support source discovery", type);
    else
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "unknown storage pool type %s", type);
    return NULL;
}

const virStorageDriver *virTestStorageDriver(void)
{
    static virStorageDriver table;
    static gsize once;
    if (g_once_init_enter(&once)) {
        table = virPoolCalls;
        virPoolVolumeCalls(&table);
        table.storagePoolRefresh = storagePoolRefresh;
        table.storagePoolBuild = storagePoolBuild;
        table.storagePoolDelete = storagePoolDelete;
        table.connectFindStoragePoolSources = connectFindStoragePoolSources;
        table.storagePoolListAllVolumes = virTestPoolListAllVolumes;
        table.storageVolCreateXML = virTestVolCreateXML;
        table.storageVolCreateXMLFrom = virTestVolCreateXMLFrom;
        table.storageVolDelete = virTestVolDelete;
        table.storageVolGetInfo = virTestVolGetInfo;
        table.storageVolGetXMLDesc = virTestVolGetXMLDesc;
        g_once_init_leave(&once, 1);
    }
    return &table;
}
