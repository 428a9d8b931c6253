/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Storage pools of the host: their definitions, kept in the reference's files. What makes a pool active comes with its backends; until
 * then such calls are refused as not supported.
 */
#define VIR_FROM VIR_FROM_STORAGE
#include "engine/pool.h"
#include "engine/hypervisor.h"
#include "src/api/connect.h"
#include "src/api/driver.h"

static virObjectSet *pools;
static bool asRoot;
static virStorageDriver table;

/* The types whose storage a host reaches with its own tools. The others need libraries that this driver is not built with. */
static const unsigned int backends = 1u << VIR_STORAGE_POOL_DIR | 1u << VIR_STORAGE_POOL_FS | 1u << VIR_STORAGE_POOL_NETFS | 1u << VIR_STORAGE_POOL_LOGICAL |
                                     1u << VIR_STORAGE_POOL_DISK | 1u << VIR_STORAGE_POOL_ISCSI | 1u << VIR_STORAGE_POOL_SCSI | 1u << VIR_STORAGE_POOL_MPATH;

static gpointer parse(const char *text, void *node, GError **error)
{
    g_autoptr(virXmlDoc) doc = text ? virXmlDocParse(text, NULL, "storage_pool_definition", "pool", VIR_FROM, error) : NULL;
    if (text && !doc)
        return NULL;
    xmlNode *root = text ? xmlDocGetRootElement(doc) : node;
    const char *word = virXmlProp(root, "type");
    int type = word ? virStoragePoolKindFromString(word) : -1;
    if (type >= 0 && !(backends & 1u << type)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "missing backend for pool type %d (%s)", type, word);
        return NULL;
    }
    return virStoragePoolDefParseNode(root, VIR_STORAGE_POOL_NAMESPACES, error);
}

static const virObjectKind poolKind = {
    VIR_POOL_KIND,
    .self = VIR_FROM_STORAGE,
    .running = "is already active",
    .stillRunning = "is still active",
    .listFunc = "storageConnectListAllStoragePools",
    .xmlFunc = "storagePoolGetXMLDesc",
    .xmlFlags = VIR_STORAGE_XML_INACTIVE,
    .inactive = VIR_STORAGE_XML_INACTIVE,
    .parse = parse,
};

static char *connectGetStoragePoolCapabilities(virConnectPtr conn, unsigned int flags, GError **error)
{
    return virFlagsCheck(flags, 0, VIR_FROM, "storageConnectGetStoragePoolCapabilities", error) ? virStoragePoolCapsFormat(0) : NULL;
}

static void attach(virConnectPtr conn)
{
    if (conn->storage)
        return;
    conn->storage = &table;
    conn->storagePriv = pools;
}

static void detach(virConnectPtr conn)
{
    if (conn->storage == &table)
        virEventBusRemoveConnection(pools->events, conn);
}

static bool storageOpen(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    if (!virObjectUriFits(conn, pools != NULL, asRoot, error))
        return false;
    conn->hypervisor = virObjectConnectDriver();
    attach(conn);
    return true;
}

static bool stateInit(bool privileged, const char *root, GError **error)
{
    g_autofree char *dir = virObjectFolder(privileged, root, false, "storage");
    table = virPoolCalls;
    table.storagePoolCreate = NULL;
    table.storagePoolCreateXML = NULL;
    table.storagePoolDestroy = NULL;
    table.connectGetStoragePoolCapabilities = connectGetStoragePoolCapabilities;
    asRoot = privileged;
    pools = virObjectSetNew(&poolKind);
    if (virObjectSetLoad(pools, dir, error))
        return true;
    g_clear_pointer(&pools, virObjectSetFree);
    return false;
}

static void stateStop(void)
{
    /* Definitions are on disk since they were made, and pools stay as they are. */
}

static const char *const schemes[] = { "storage", NULL };

const virConnectDriver virDriverModule = {
    .name = "storage",
    .schemes = schemes,
    .open = storageOpen,
    .close = detach,
    .attach = attach,
    .detach = detach,
    .stateInit = stateInit,
    .stateStop = stateStop,
};
