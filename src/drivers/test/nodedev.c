/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Node devices of the test driver: always there, found by name and by what they can. */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/test.h"
#include "model/nodedev.h"
#include <string.h>
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

static const int events[VIR_OBJECT_EVENTS] = { -1, -1, VIR_NODE_DEVICE_EVENT_CREATED, VIR_NODE_DEVICE_EVENT_DELETED };

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
    .events = events,
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

/* ---- virtual host adapters: the only devices that can be made ---- */

static unsigned int nextHost(virObjectSet *set)
{
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    unsigned int next = 1;
    for (guint i = 0; i < all->n; i++)
        if (g_str_has_prefix(all->byName[i].name, "scsi_host"))
            next = MAX(next, g_ascii_strtoull(all->byName[i].name + strlen("scsi_host"), NULL, 10) + 1);
    return next;
}

/* `def` as the host would show it, below its parent. */
static bool adapter(virObjectSet *set, virNodeDeviceDef *def, GError **error)
{
    virNodeCap *cap = def->caps.v[0];
    if (cap->type != VIR_NODE_CAP_SCSI_HOST || !cap->fcHost) {
        virErrorSet(error, VIR_FROM_NODEDEV, VIR_ERR_INTERNAL_ERROR, "Device is not a fibre channel HBA");
        return false;
    }
    g_autoptr(virObject) parent = def->parent ? virObjectFindName(set, def->parent, NULL) : NULL;
    if (!parent) {
        virErrorSet(error, VIR_FROM_NODEDEV, VIR_ERR_INTERNAL_ERROR, "Could not find parent device for '%s'", def->name);
        return false;
    }
    g_autoptr(virNodeDeviceDef) above = virObjectDef(parent);
    unsigned int host = nextHost(set);
    g_free(def->name);
    def->name = g_strdup_printf("scsi_host%u", host);
    cap->hasHost = cap->hasUniqueId = true;
    cap->host = host - 1;
    cap->uniqueId = host - 2;
    if (!cap->fabricWwn && above->caps.v[0]->fabricWwn)
        cap->fabricWwn = g_strdup(above->caps.v[0]->fabricWwn);
    return true;
}

static virNodeDevicePtr nodeDeviceCreateXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    virObjectSet *set = conn->nodedevPriv;
    unsigned int parse = VIR_NODE_DEVICE_NEW | (flags & VIR_NODE_DEVICE_CREATE_XML_VALIDATE ? VIR_DOCUMENT_VALIDATE : 0);
    if (!virFlagsCheck(flags, VIR_NODE_DEVICE_CREATE_XML_VALIDATE, VIR_FROM, "testNodeDeviceCreateXML", error))
        return NULL;
    g_autoptr(virNodeDeviceDef) def = virNodeDeviceDefParse(xml, NULL, parse, error);
    if (!def || !adapter(set, def, error))
        return NULL;
    g_autoptr(virObject) obj = virObjectAdd(set, virNodeDeviceDefRef(def), VIR_OBJECT_START, error);
    return obj ? virObjectHandle(obj, conn) : NULL;
}

static int nodeDeviceDestroy(virNodeDevicePtr dev, GError **error)
{
    virObjectSet *set = dev->conn->nodedevPriv;
    if (virObjectStop(virObjectFindName(set, dev->name, error), error) < 0)
        return -1;
    virObject *preset = virObjectFindName(set, dev->name, NULL);        /* one that came with the node */
    return preset ? virObjectUndefine(preset, error) : 0;
}

static int connectNodeDeviceEventRegisterAny(virConnectPtr conn, virNodeDevicePtr dev, int eventID, virConnectNodeDeviceEventGenericCallback callback,
                                             void *opaque, virFreeCallback freecb, GError **error)
{
    g_autoptr(virObject) obj = dev ? virObjectFindName(conn->nodedevPriv, dev->name, error) : NULL;
    if (dev && !obj)
        return -1;
    return virObjectRegister(conn->nodedevPriv, conn, obj ? obj->head.uuid : NULL, eventID, callback, opaque, freecb, error);
}

static int connectNodeDeviceEventDeregisterAny(virConnectPtr conn, int callbackID, GError **error)
{
    return virObjectDeregister(conn->nodedevPriv, conn, callbackID, error);
}

const virNodeDeviceDriver virTestNodeDeviceDriver = {
    .nodeDeviceCreateXML = nodeDeviceCreateXML,
    .nodeDeviceDestroy = nodeDeviceDestroy,
    .connectNodeDeviceEventRegisterAny = connectNodeDeviceEventRegisterAny,
    .connectNodeDeviceEventDeregisterAny = connectNodeDeviceEventDeregisterAny,
    .connectListAllNodeDevices = connectListAllNodeDevices,
    .nodeListDevices = nodeListDevices,
    .nodeNumOfDevices = nodeNumOfDevices,
    .nodeDeviceLookupByName = nodeDeviceLookupByName,
    .nodeDeviceGetXMLDesc = nodeDeviceGetXMLDesc,
    .nodeDeviceGetParent = nodeDeviceGetParent,
    .nodeDeviceNumOfCaps = nodeDeviceNumOfCaps,
    .nodeDeviceListCaps = nodeDeviceListCaps,
};
