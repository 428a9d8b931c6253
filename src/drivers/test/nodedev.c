/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Node devices of the test driver: always there, found by name and by what they can. */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/test.h"
#include "model/nodedev.h"
#include "src/api/connect.h"

static bool passes(gconstpointer data, unsigned int flags)
{
    return !flags || (virNodeDeviceFlags(data) & flags);
}

static gpointer parse(const char *text, void *node, GError **error)
{
    return text ? virNodeDeviceDefParse(text, NULL, 0, error) : virNodeDeviceDefParseNode(node, 0, error);
}

static gpointer handle(virConnectPtr conn, const char *name, const unsigned char *uuid, gconstpointer def)
{
    return virNodeDeviceNew(conn, name);
}

const virObjectKind virTestNodeDeviceKind = {
    .self = VIR_FROM_TEST,
    .from = VIR_FROM_NODEDEV,
    .missing = VIR_ERR_NO_NODE_DEVICE,
    .lookup = "node device",
    .define = "node device",
    .xml = &virNodeDeviceDefXml,
    .name = G_STRUCT_OFFSET(virNodeDeviceDef, name),
    .flags = 0x1fffff,          /* VIR_CONNECT_LIST_NODE_DEVICES_CAP_*: the whole range of kinds */
    .listFunc = "testConnectListAllNodeDevices",
    .xmlFunc = "testNodeDeviceGetXMLDesc",
    .parse = parse,
    .passes = passes,
    .handle = handle,
};

static virNodeDeviceDef *defOf(virNodeDevicePtr dev, GError **error)
{
    g_autoptr(virObject) obj = virObjectFindName(dev->conn->nodedevPriv, dev->name, error);
    return obj ? virObjectDef(obj) : NULL;
}

static int connectListAllNodeDevices(virConnectPtr conn, virNodeDevicePtr **list, unsigned int flags, GError **error)
{
    return virObjectListAll(conn->nodedevPriv, conn, (void ***)list, flags, error);
}

static int nodeListDevices(virConnectPtr conn, const char *cap, char **const names, int maxnames, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "testNodeListDevices", error))
        return -1;
    virObjectSet *set = conn->nodedevPriv;
    int type = cap ? virNodeCapTypeFromString(cap) : 0, n = 0;
    if (type < 0)
        return 0;
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    for (guint i = 0; i < all->n && n < maxnames; i++) {
        g_autoptr(virNodeDeviceDef) def = virObjectDef((virObject *)all->byName[i].obj);
        if (!passes(def, cap ? virNodeCapFlag(type) : 0))
            continue;
        if (names)
            names[n] = g_strdup(def->name);
        n++;
    }
    return n;
}

static int nodeNumOfDevices(virConnectPtr conn, const char *cap, unsigned int flags, GError **error)
{
    return nodeListDevices(conn, cap, NULL, G_MAXINT, flags, error);
}

static virNodeDevicePtr nodeDeviceLookupByName(virConnectPtr conn, const char *name, GError **error)
{
    return virObjectLookupName(conn->nodedevPriv, conn, name, error);
}

static char *nodeDeviceGetXMLDesc(virNodeDevicePtr dev, unsigned int flags, GError **error)
{
    return virObjectXml(virObjectFindName(dev->conn->nodedevPriv, dev->name, error), flags, error);
}

/* The caller keeps the text as long as its handle; the few names that there are stay. */
static const char *nodeDeviceGetParent(virNodeDevicePtr dev, GError **error)
{
    g_autoptr(virNodeDeviceDef) def = defOf(dev, error);
    return def ? g_intern_string(def->parent) : NULL;
}

static int nodeDeviceNumOfCaps(virNodeDevicePtr dev, GError **error)
{
    g_autoptr(virNodeDeviceDef) def = defOf(dev, error);
    return def ? (int)def->caps.n : -1;
}

static int nodeDeviceListCaps(virNodeDevicePtr dev, char **const names, int maxnames, GError **error)
{
    g_autoptr(virNodeDeviceDef) def = defOf(dev, error);
    int n = def ? MIN(maxnames, (int)def->caps.n) : -1;
    for (int i = 0; i < n; i++)
        names[i] = g_strdup(virNodeCapTypeToString(def->caps.v[i]->type));
    return n;
}

const virNodeDeviceDriver virTestNodeDeviceDriver = {
    .connectListAllNodeDevices = connectListAllNodeDevices,
    .nodeListDevices = nodeListDevices,
    .nodeNumOfDevices = nodeNumOfDevices,
    .nodeDeviceLookupByName = nodeDeviceLookupByName,
    .nodeDeviceGetXMLDesc = nodeDeviceGetXMLDesc,
    .nodeDeviceGetParent = nodeDeviceGetParent,
    .nodeDeviceNumOfCaps = nodeDeviceNumOfCaps,
    .nodeDeviceListCaps = nodeDeviceListCaps,
};
