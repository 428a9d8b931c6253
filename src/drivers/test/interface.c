/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Host interfaces of the test driver. */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/test.h"
#include "model/network.h"
#include "src/api/connect.h"

static gpointer parse(const char *text, void *node, GError **error)
{
    return text ? virInterfaceDefParse(text, NULL, 0, error) : virInterfaceDefParseNode(node, 0, error);
}

static gpointer handle(virConnectPtr conn, const char *name, const unsigned char *uuid, gconstpointer data)
{
    const virInterfaceDef *def = data;
    return virInterfaceNew(conn, name, def->mac ? def->mac : "");
}

const virTestKind virTestInterfaceKind = {
    .from = VIR_FROM_INTERFACE,
    .missing = VIR_ERR_NO_INTERFACE,
    .lookup = "interface",
    .define = "interface",
    .running = "",              /* refused with the bare sentence */
    .notRunning = "",
    .xml = &virInterfaceDefXml,
    .name = G_STRUCT_OFFSET(virInterfaceDef, name),
    .flags = VIR_CONNECT_LIST_INTERFACES_INACTIVE | VIR_CONNECT_LIST_INTERFACES_ACTIVE,
    .listFunc = "testConnectListAllInterfaces",
    .xmlFunc = "testInterfaceGetXMLDesc",
    .parse = parse,
    .handle = handle,
};

static virTestObj *find(virInterfacePtr iface, GError **error)
{
    return virTestFindName(iface->conn->interfacePriv, iface->name, error);
}

static int connectListAllInterfaces(virConnectPtr conn, virInterfacePtr **list, unsigned int flags, GError **error)
{
    return virTestListAll(conn->interfacePriv, conn, (void ***)list, flags, error);
}

static int connectNumOfInterfaces(virConnectPtr conn, GError **error)
{
    return virTestCount(conn->interfacePriv, true);
}

static int connectNumOfDefinedInterfaces(virConnectPtr conn, GError **error)
{
    return virTestCount(conn->interfacePriv, false);
}

static int connectListInterfaces(virConnectPtr conn, char **const names, int maxnames, GError **error)
{
    return virTestNames(conn->interfacePriv, true, names, maxnames);
}

static int connectListDefinedInterfaces(virConnectPtr conn, char **const names, int maxnames, GError **error)
{
    return virTestNames(conn->interfacePriv, false, names, maxnames);
}

static virInterfacePtr interfaceLookupByName(virConnectPtr conn, const char *name, GError **error)
{
    return virTestLookupName(conn->interfacePriv, conn, name, error);
}

static virInterfacePtr interfaceLookupByMACString(virConnectPtr conn, const char *mac, GError **error)
{
    virTestSet *set = conn->interfacePriv;
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    for (guint i = 0; i < all->n; i++) {
        virTestObj *obj = (virTestObj *)all->byName[i].obj;
        g_autoptr(virInterfaceDef) def = virTestObjDef(obj);
        if (def->mac && g_ascii_strcasecmp(def->mac, mac) == 0)
            return virTestHandle(obj, conn);
    }
    virSetError(error, VIR_ERR_NO_INTERFACE, "no interface with matching mac '%s'", mac);
    return NULL;
}

static char *interfaceGetXMLDesc(virInterfacePtr iface, unsigned int flags, GError **error)
{
    return virTestXml(find(iface, error), flags, error);
}

static int interfaceIsActive(virInterfacePtr iface, GError **error)
{
    return virTestIsActive(find(iface, error));
}

static virInterfacePtr interfaceDefineXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    return virTestAddXml(conn->interfacePriv, conn, xml, VIR_TEST_DEFINE, error);
}

static int interfaceUndefine(virInterfacePtr iface, GError **error)
{
    return virTestUndefine(find(iface, error), error);
}

static int interfaceCreate(virInterfacePtr iface, unsigned int flags, GError **error)
{
    return virFlagsCheck(flags, 0, VIR_FROM, "testInterfaceCreate", error) ? virTestStart(find(iface, error), error) : -1;
}

static int interfaceDestroy(virInterfacePtr iface, unsigned int flags, GError **error)
{
    return virFlagsCheck(flags, 0, VIR_FROM, "testInterfaceDestroy", error) ? virTestStop(find(iface, error), error) : -1;
}

const virInterfaceDriver virTestInterfaceDriver = {
    .connectListAllInterfaces = connectListAllInterfaces,
    .connectNumOfInterfaces = connectNumOfInterfaces,
    .connectNumOfDefinedInterfaces = connectNumOfDefinedInterfaces,
    .connectListInterfaces = connectListInterfaces,
    .connectListDefinedInterfaces = connectListDefinedInterfaces,
    .interfaceLookupByName = interfaceLookupByName,
    .interfaceLookupByMACString = interfaceLookupByMACString,
    .interfaceGetXMLDesc = interfaceGetXMLDesc,
    .interfaceIsActive = interfaceIsActive,
    .interfaceDefineXML = interfaceDefineXML,
    .interfaceUndefine = interfaceUndefine,
    .interfaceCreate = interfaceCreate,
    .interfaceDestroy = interfaceDestroy,
};
