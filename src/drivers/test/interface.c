/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Host interfaces of the test driver. */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/test.h"
#include "model/interface.h"
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

const virObjectKind virTestInterfaceKind = {
    .self = VIR_FROM_TEST,
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

static virObject *find(virInterfacePtr iface, GError **error)
{
    return virObjectFindName(iface->conn->interfacePriv, iface->name, error);
}

static int connectListAllInterfaces(virConnectPtr conn, virInterfacePtr **list, unsigned int flags, GError **error)
{
    return virObjectListAll(conn->interfacePriv, conn, (void ***)list, flags, error);
}

static int connectNumOfInterfaces(virConnectPtr conn, GError **error)
{
    return virObjectCount(conn->interfacePriv, true);
}

static int connectNumOfDefinedInterfaces(virConnectPtr conn, GError **error)
{
    return virObjectCount(conn->interfacePriv, false);
}

static int connectListInterfaces(virConnectPtr conn, char **const names, int maxnames, GError **error)
{
    return virObjectNames(conn->interfacePriv, true, names, maxnames);
}

static int connectListDefinedInterfaces(virConnectPtr conn, char **const names, int maxnames, GError **error)
{
    return virObjectNames(conn->interfacePriv, false, names, maxnames);
}

static virInterfacePtr interfaceLookupByName(virConnectPtr conn, const char *name, GError **error)
{
    return virObjectLookupName(conn->interfacePriv, conn, name, error);
}

static virInterfacePtr interfaceLookupByMACString(virConnectPtr conn, const char *mac, GError **error)
{
    virObjectSet *set = conn->interfacePriv;
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    for (guint i = 0; i < all->n; i++) {
        virObject *obj = (virObject *)all->byName[i].obj;
        g_autoptr(virInterfaceDef) def = virObjectDef(obj);
        if (def->mac && g_ascii_strcasecmp(def->mac, mac) == 0)
            return virObjectHandle(obj, conn);
    }
    virSetError(error, VIR_ERR_NO_INTERFACE, "no interface with matching mac '%s'", mac);
    return NULL;
}

static char *interfaceGetXMLDesc(virInterfacePtr iface, unsigned int flags, GError **error)
{
    return virObjectXml(find(iface, error), flags, error);
}

static int interfaceIsActive(virInterfacePtr iface, GError **error)
{
    return virObjectIsActive(find(iface, error));
}

static virInterfacePtr interfaceDefineXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, VIR_INTERFACE_DEFINE_VALIDATE, VIR_FROM, "testInterfaceDefineXML", error))
        return NULL;
    return virObjectAddXml(conn->interfacePriv, conn, xml, VIR_OBJECT_DEFINE, flags & VIR_INTERFACE_DEFINE_VALIDATE, error);
}

static int interfaceUndefine(virInterfacePtr iface, GError **error)
{
    return virObjectUndefine(find(iface, error), error);
}

static int interfaceCreate(virInterfacePtr iface, unsigned int flags, GError **error)
{
    return virFlagsCheck(flags, 0, VIR_FROM, "testInterfaceCreate", error) ? virObjectStart(find(iface, error), error) : -1;
}

static int interfaceDestroy(virInterfacePtr iface, unsigned int flags, GError **error)
{
    return virFlagsCheck(flags, 0, VIR_FROM, "testInterfaceDestroy", error) ? virObjectStop(find(iface, error), error) : -1;
}

/* ---- changes that can be taken back: what there was when they began ---- */

static GMutex mutex;

static virTestNode *nodeOf(virConnectPtr conn)
{
    return virEngineGetPrivate(virEngineOf(conn));
}

/* Is a change under way, as `wanted`? The lock is held. */
static bool changing(virTestNode *node, bool wanted, const char *words, GError **error)
{
    if (!node->interfacesBefore == !wanted)
        return true;
    virSetError(error, VIR_ERR_OPERATION_INVALID, "%s", words);
    return false;
}

static void unref(gpointer def)
{
    virObjectDefUnref(&virInterfaceDefXml, def);
}

static int interfaceChangeBegin(virConnectPtr conn, unsigned int flags, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&mutex);
    virTestNode *node = nodeOf(conn);
    virObjectSet *set = conn->interfacePriv;
    if (!virFlagsCheck(flags, 0, VIR_FROM, "testInterfaceChangeBegin", error) || !changing(node, false, "there is another transaction running.", error))
        return -1;
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    node->interfacesBefore = g_ptr_array_new_with_free_func(unref);
    for (guint i = 0; i < all->n; i++)
        g_ptr_array_add(node->interfacesBefore, virObjectDef((virObject *)all->byName[i].obj));
    return 0;
}

static int interfaceChangeCommit(virConnectPtr conn, unsigned int flags, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&mutex);
    virTestNode *node = nodeOf(conn);
    if (!virFlagsCheck(flags, 0, VIR_FROM, "testInterfaceChangeCommit", error) ||
        !changing(node, true, "no transaction running, nothing to be committed.", error))
        return -1;
    g_clear_pointer(&node->interfacesBefore, g_ptr_array_unref);
    return 0;
}

/* They are defined again as they were, and wait to be started. */
static int interfaceChangeRollback(virConnectPtr conn, unsigned int flags, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&mutex);
    virTestNode *node = nodeOf(conn);
    virObjectSet *set = conn->interfacePriv;
    if (!virFlagsCheck(flags, 0, VIR_FROM, "testInterfaceChangeRollback", error) ||
        !changing(node, true, "no transaction running, nothing to rollback.", error))
        return -1;
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    g_autoptr(GPtrArray) before = g_steal_pointer(&node->interfacesBefore);
    for (guint i = 0; i < all->n; i++)
        virRegistryRemove(set->objects, all->byName[i].obj);
    for (guint i = 0; i < before->len; i++) {
        g_autoptr(virObject) obj = virObjectAdd(set, virObjectDefRef(before->pdata[i]), VIR_OBJECT_DEFINE, error);
        if (!obj)
            return -1;
    }
    return 0;
}

const virInterfaceDriver virTestInterfaceDriver = {
    .interfaceChangeBegin = interfaceChangeBegin,
    .interfaceChangeCommit = interfaceChangeCommit,
    .interfaceChangeRollback = interfaceChangeRollback,
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
