/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual networks of the test driver. */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/test.h"
#include "model/network.h"
#include "src/api/connect.h"

static gpointer parse(const char *text, void *node, GError **error)
{
    return text ? virNetworkDefParse(text, NULL, 0, error) : virNetworkDefParseNode(node, 0, error);
}

static gpointer handle(virConnectPtr conn, const char *name, const unsigned char *uuid, gconstpointer def)
{
    return virNetworkNew(conn, name, uuid);
}

const virObjectKind virTestNetworkKind = {
    .self = VIR_FROM_TEST,
    .from = VIR_FROM_NETWORK,
    .missing = VIR_ERR_NO_NETWORK,
    .lookup = "network",
    .define = "network",
    .state = "Network",
    .running = "is already running",
    .stillRunning = "is still running",
    .xml = &virNetworkDefXml,
    .name = G_STRUCT_OFFSET(virNetworkDef, name),
    .uuid = G_STRUCT_OFFSET(virNetworkDef, uuid),
    .flags = 0x3f,              /* VIR_CONNECT_LIST_NETWORKS_*: all six */
    .listFunc = "testConnectListAllNetworks",
    .xmlFunc = "testNetworkGetXMLDesc",
    .parse = parse,
    .handle = handle,
};

static virObject *find(virNetworkPtr network, GError **error)
{
    return virObjectFindName(network->conn->networkPriv, network->name, error);
}

static int networkIsActive(virNetworkPtr network, GError **error)
{
    return virObjectIsActive(virObjectFind(network->conn->networkPriv, network->uuid, error));
}

static int networkIsPersistent(virNetworkPtr network, GError **error)
{
    return virObjectIsPersistent(virObjectFind(network->conn->networkPriv, network->uuid, error));
}

static int networkGetAutostart(virNetworkPtr network, int *autostart, GError **error)
{
    return virObjectGetAutostart(find(network, error), autostart);
}

static int networkSetAutostart(virNetworkPtr network, int autostart, GError **error)
{
    return virObjectSetAutostart(find(network, error), autostart, error);
}

static char *networkGetXMLDesc(virNetworkPtr network, unsigned int flags, GError **error)
{
    return virObjectXml(find(network, error), flags, error);
}

static int networkDestroy(virNetworkPtr network, GError **error)
{
    return virObjectStop(find(network, error), error);
}

static int networkUndefine(virNetworkPtr network, GError **error)
{
    return virObjectUndefine(find(network, error), error);
}

static virNetworkPtr networkLookupByName(virConnectPtr conn, const char *name, GError **error)
{
    return virObjectLookupName(conn->networkPriv, conn, name, error);
}

static virNetworkPtr networkLookupByUUID(virConnectPtr conn, const unsigned char *uuid, GError **error)
{
    return virObjectLookup(conn->networkPriv, conn, uuid, error);
}

static int connectListAllNetworks(virConnectPtr conn, virNetworkPtr **list, unsigned int flags, GError **error)
{
    return virObjectListAll(conn->networkPriv, conn, (void ***)list, flags, error);
}

static int connectNumOfNetworks(virConnectPtr conn, GError **error)
{
    return virObjectCount(conn->networkPriv, true);
}

static int connectNumOfDefinedNetworks(virConnectPtr conn, GError **error)
{
    return virObjectCount(conn->networkPriv, false);
}

static int connectListNetworks(virConnectPtr conn, char **const names, int maxnames, GError **error)
{
    return virObjectNames(conn->networkPriv, true, names, maxnames);
}

static int connectListDefinedNetworks(virConnectPtr conn, char **const names, int maxnames, GError **error)
{
    return virObjectNames(conn->networkPriv, false, names, maxnames);
}

static int networkCreate(virNetworkPtr network, GError **error)
{
    return virObjectStart(find(network, error), error);
}

static virNetworkPtr networkCreateXML(virConnectPtr conn, const char *xml, GError **error)
{
    return virObjectAddXml(conn->networkPriv, conn, xml, VIR_OBJECT_START, false, error);
}

static virNetworkPtr networkDefineXML(virConnectPtr conn, const char *xml, GError **error)
{
    return virObjectAddXml(conn->networkPriv, conn, xml, VIR_OBJECT_DEFINE, false, error);
}

static char *networkGetBridgeName(virNetworkPtr network, GError **error)
{
    g_autoptr(virObject) obj = find(network, error);
    if (!obj)
        return NULL;
    g_autoptr(virNetworkDef) def = virObjectDef(obj);
    if (!def->bridge)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "network '%s' does not have a bridge name.", def->name);
    return g_strdup(def->bridge);
}

const virNetworkDriver virTestNetworkDriver = {
    .connectListAllNetworks = connectListAllNetworks,
    .connectNumOfNetworks = connectNumOfNetworks,
    .connectNumOfDefinedNetworks = connectNumOfDefinedNetworks,
    .connectListNetworks = connectListNetworks,
    .connectListDefinedNetworks = connectListDefinedNetworks,
    .networkIsActive = networkIsActive,
    .networkIsPersistent = networkIsPersistent,
    .networkGetAutostart = networkGetAutostart,
    .networkSetAutostart = networkSetAutostart,
    .networkGetXMLDesc = networkGetXMLDesc,
    .networkDestroy = networkDestroy,
    .networkUndefine = networkUndefine,
    .networkLookupByName = networkLookupByName,
    .networkLookupByUUID = networkLookupByUUID,
    .networkCreate = networkCreate,
    .networkCreateXML = networkCreateXML,
    .networkDefineXML = networkDefineXML,
    .networkGetBridgeName = networkGetBridgeName,
};
