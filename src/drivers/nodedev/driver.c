/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module of the host's devices: the calls that read the list, and its beginning and end. */
#define VIR_FROM VIR_FROM_NODEDEV
#include "drivers/nodedev/device.h"
#include "drivers/nodedev/nodedev.h"
#include "engine/object.h"
#include "src/api/connect.h"
#include "src/api/driver.h"
#include <string.h>

static bool privileged;

/* ---- calls ---- */

static int connectListAllNodeDevices(virConnectPtr conn, virNodeDevicePtr **devices, unsigned int flags, GError **error)
{
    const unsigned int known = 0xffffff | VIR_CONNECT_LIST_NODE_DEVICES_PERSISTENT | VIR_CONNECT_LIST_NODE_DEVICES_TRANSIENT |
                               VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE | VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE;
    if (!virFlagsCheck(flags, known, VIR_FROM, "nodeConnectListAllNodeDevices", error))
        return -1;
    g_autoptr(virNodeList) list = virNodeListGet(error);
    if (!list)
        return -1;
    virNodeDevicePtr *handles = devices ? g_new0(virNodeDevicePtr, list->n + 1) : NULL;
    int n = 0;
    for (guint i = 0; i < list->n; i++) {
        if (!virNodeEntryPasses(list->v[i], flags))
            continue;
        if (handles)
            handles[n] = virNodeDeviceNew(conn, list->v[i]->name);
        n++;
    }
    if (devices)
        *devices = handles;
    return n;
}

/* The oldest listing calls know nothing of devices that are not there. */
static int names(const char *cap, char **const out, int max, GError **error)
{
    int type = cap ? virNodeCapTypeFromString(cap) : 0, n = 0;
    if (type < 0)
        return 0;
    unsigned int flags = VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE | (cap ? virNodeCapFlag(type) : 0);
    g_autoptr(virNodeList) list = virNodeListGet(error);
    if (!list)
        return -1;
    for (guint i = 0; i < list->n && n < max; i++) {
        if (!virNodeEntryPasses(list->v[i], flags))
            continue;
        if (out)
            out[n] = g_strdup(list->v[i]->name);
        n++;
    }
    return n;
}

static int nodeListDevices(virConnectPtr conn, const char *cap, char **const out, int maxnames, unsigned int flags, GError **error)
{
    return virFlagsCheck(flags, 0, VIR_FROM, "nodeListDevices", error) ? names(cap, out, maxnames, error) : -1;
}

static int nodeNumOfDevices(virConnectPtr conn, const char *cap, unsigned int flags, GError **error)
{
    return virFlagsCheck(flags, 0, VIR_FROM, "nodeNumOfDevices", error) ? names(cap, NULL, G_MAXINT, error) : -1;
}

static virNodeDevicePtr nodeDeviceLookupByName(virConnectPtr conn, const char *name, GError **error)
{
    g_autoptr(virNodeEntry) entry = virNodeFind(name, error);
    return entry ? virNodeDeviceNew(conn, entry->name) : NULL;
}

static virNodeDevicePtr nodeDeviceLookupSCSIHostByWWN(virConnectPtr conn, const char *wwnn, const char *wwpn, unsigned int flags,
                                                      GError **error)
{
    g_autoptr(virNodeList) list = virFlagsCheck(flags, 0, VIR_FROM, "nodeDeviceLookupSCSIHostByWWN", error) ? virNodeListGet(error) : NULL;
    if (!list)
        return NULL;
    for (guint i = 0; i < list->n; i++) {
        const virNodeCap *cap = list->v[i]->live ? list->v[i]->live->caps.v[0] : NULL;
        if (cap && cap->fcHost && g_strcmp0(cap->wwnn, wwnn) == 0 && g_strcmp0(cap->wwpn, wwpn) == 0)
            return virNodeDeviceNew(conn, list->v[i]->name);
    }
    virSetError(error, VIR_ERR_NO_NODE_DEVICE, "no node device with matching wwnn '%s' and wwpn '%s'", wwnn, wwpn);
    return NULL;
}

static char *nodeDeviceGetXMLDesc(virNodeDevicePtr dev, unsigned int flags, GError **error)
{
    g_autoptr(virNodeEntry) entry = virFlagsCheck(flags, VIR_NODE_DEVICE_XML_INACTIVE, VIR_FROM, "nodeDeviceGetXMLDesc", error) ?
        virNodeFind(dev->name, error) : NULL;
    if (!entry)
        return NULL;
    if (flags & VIR_NODE_DEVICE_XML_INACTIVE) {
        if (entry->config)
            return virNodeDeviceDefFormat(entry->config, 0);
        virSetError(error, VIR_ERR_OPERATION_INVALID, "node device '%s' is not persistent", entry->name);
        return NULL;
    }
    if (!virNodeEntryIsActive(entry))
        return virNodeDeviceDefFormat(entry->config, 0);
    g_autoptr(virNodeDeviceDef) def = virNodeUdevDescribe(entry);
    if (def)
        return virNodeDeviceDefFormat(def, 0);
    virNodeUdevTouch(virNodeWatcher, entry->path);
    virSetError(error, VIR_ERR_NO_NODE_DEVICE, "device '%s' has gone a moment ago, or cannot be read", entry->name);
    return NULL;
}

/* The caller keeps the text as long as its handle; the few names that there are stay. */
static const char *nodeDeviceGetParent(virNodeDevicePtr dev, GError **error)
{
    g_autoptr(virNodeEntry) entry = virNodeFind(dev->name, error);
    return entry ? g_intern_string(entry->parent) : NULL;
}

/* Names of what a device can, its own kind first. */
static GPtrArray *capNames(const virNodeEntry *entry)
{
    static const virNodeCapType nested[] = {
        VIR_NODE_CAP_FC_HOST, VIR_NODE_CAP_VPORTS, VIR_NODE_CAP_MDEV_TYPES, VIR_NODE_CAP_VPD, VIR_NODE_CAP_CCWGROUP_MEMBER,
    };
    GPtrArray *list = g_ptr_array_new();
    g_ptr_array_add(list, (gpointer)virNodeCapTypeToString(entry->type));
    for (gsize i = 0; i < G_N_ELEMENTS(nested); i++)
        if (nested[i] != entry->type && (entry->flags & virNodeCapFlag(nested[i])))
            g_ptr_array_add(list, (gpointer)virNodeCapTypeToString(nested[i]));
    return list;
}

static int listCaps(virNodeDevicePtr dev, char **const out, int max, GError **error)
{
    g_autoptr(virNodeEntry) entry = virNodeFind(dev->name, error);
    if (!entry)
        return -1;
    g_autoptr(GPtrArray) list = capNames(entry);
    int n = MIN(max, (int)list->len);
    for (int i = 0; out && i < n; i++)
        out[i] = g_strdup(list->pdata[i]);
    return n;
}

static int nodeDeviceNumOfCaps(virNodeDevicePtr dev, GError **error)
{
    return listCaps(dev, NULL, G_MAXINT, error);
}

static int nodeDeviceListCaps(virNodeDevicePtr dev, char **const out, int maxnames, GError **error)
{
    return listCaps(dev, out, maxnames, error);
}

static int nodeDeviceIsActive(virNodeDevicePtr dev, GError **error)
{
    g_autoptr(virNodeEntry) entry = virNodeFind(dev->name, error);
    return entry ? virNodeEntryIsActive(entry) : -1;
}

static int nodeDeviceIsPersistent(virNodeDevicePtr dev, GError **error)
{
    g_autoptr(virNodeEntry) entry = virNodeFind(dev->name, error);
    return entry ? virNodeEntryIsPersistent(entry) : -1;
}

static virNodeDevicePtr nodeDeviceCreateXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    unsigned int parse = VIR_NODE_DEVICE_NEW | (flags & VIR_NODE_DEVICE_CREATE_XML_VALIDATE ? VIR_DOCUMENT_VALIDATE : 0);
    if (!virFlagsCheck(flags, VIR_NODE_DEVICE_CREATE_XML_VALIDATE, VIR_FROM, "nodeDeviceCreateXML", error))
        return NULL;
    g_autoptr(virNodeDeviceDef) def = virNodeDeviceDefParse(xml, NULL, parse, error);
    if (!def || !virNodeBegin(error))
        return NULL;
    bool isAdapter = def->caps.v[0]->type == VIR_NODE_CAP_SCSI_HOST;
    return isAdapter ? virNodeVportCreateXML(conn, def, error) : virNodeMdevCreateXML(conn, def, error);
}

static int nodeDeviceDestroy(virNodeDevicePtr dev, GError **error)
{
    g_autoptr(virNodeEntry) entry = virNodeFind(dev->name, error);
    if (!entry)
        return -1;
    switch ((int)entry->type) {
    case VIR_NODE_CAP_SCSI_HOST:
        return virNodeVportDestroy(entry, error);
    case VIR_NODE_CAP_MDEV:
        return virNodeMdevDestroy(entry, error);
    default:
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Unsupported device type");
        return -1;
    }
}

static int connectNodeDeviceEventRegisterAny(virConnectPtr conn, virNodeDevicePtr dev, int eventID,
                                             virConnectNodeDeviceEventGenericCallback callback, void *opaque, virFreeCallback freecb,
                                             GError **error)
{
    unsigned char uuid[16];
    if (!virNodeBegin(error))           /* devices that are there already are no news */
        return -1;
    if (dev)
        virNodeNameToUuid(dev->name, uuid);
    return virEventBusAdd(virNodeStoreEvents(virNodeDevices), conn, dev ? uuid : NULL, eventID, (gpointer)callback, opaque, freecb, NULL, 0,
                          error);
}

static int connectNodeDeviceEventDeregisterAny(virConnectPtr conn, int callbackID, GError **error)
{
    return virEventBusRemove(virNodeStoreEvents(virNodeDevices), conn, callbackID, error) ? 0 : -1;
}

static const virNodeDeviceDriver table = {
    .connectListAllNodeDevices = connectListAllNodeDevices,
    .connectNodeDeviceEventDeregisterAny = connectNodeDeviceEventDeregisterAny,
    .connectNodeDeviceEventRegisterAny = connectNodeDeviceEventRegisterAny,
    .nodeDeviceCreate = virNodeMdevCreate,
    .nodeDeviceCreateXML = nodeDeviceCreateXML,
    .nodeDeviceDefineXML = virNodeMdevDefineXML,
    .nodeDeviceDestroy = nodeDeviceDestroy,
    .nodeDeviceDetachFlags = virNodeAssignDetachFlags,
    .nodeDeviceDettach = virNodeAssignDettach,
    .nodeDeviceGetAutostart = virNodeMdevGetAutostart,
    .nodeDeviceGetParent = nodeDeviceGetParent,
    .nodeDeviceGetXMLDesc = nodeDeviceGetXMLDesc,
    .nodeDeviceIsActive = nodeDeviceIsActive,
    .nodeDeviceIsPersistent = nodeDeviceIsPersistent,
    .nodeDeviceListCaps = nodeDeviceListCaps,
    .nodeDeviceLookupByName = nodeDeviceLookupByName,
    .nodeDeviceLookupSCSIHostByWWN = nodeDeviceLookupSCSIHostByWWN,
    .nodeDeviceNumOfCaps = nodeDeviceNumOfCaps,
    .nodeDeviceReAttach = virNodeAssignReAttach,
    .nodeDeviceReset = virNodeAssignReset,
    .nodeDeviceSetAutostart = virNodeMdevSetAutostart,
    .nodeDeviceUndefine = virNodeMdevUndefine,
    .nodeDeviceUpdate = virNodeMdevUpdate,
    .nodeListDevices = nodeListDevices,
    .nodeNumOfDevices = nodeNumOfDevices,
};

/* ---- the module ---- */

static void attach(virConnectPtr conn)
{
    if (conn->nodedev || !virNodeDevices)
        return;
    conn->nodedev = &table;
    conn->nodedevPriv = virNodeDevices;
}

static void detach(virConnectPtr conn)
{
    if (virNodeDevices && conn->nodedevPriv == virNodeDevices)
        virEventBusRemoveConnection(virNodeStoreEvents(virNodeDevices), conn);
}

static bool openAlone(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    if (!virObjectUriFits(conn, virNodeDevices != NULL, privileged, error))
        return false;
    conn->hypervisor = virObjectConnectDriver();
    attach(conn);
    return true;
}

static bool stateInit(bool isPrivileged, const char *root, GError **error)
{
    privileged = isPrivileged;
    virNodeWatchInit(isPrivileged);
    return true;
}

static bool stateReload(GError **error)
{
    virNodeWatchReload();
    return true;
}

static const char *const schemes[] = { "nodedev", NULL };

const virConnectDriver virDriverModule = {
    .name = "nodedev",
    .schemes = schemes,
    .open = openAlone,
    .close = detach,
    .attach = attach,
    .detach = detach,
    .stateInit = stateInit,
    .stateStop = virNodeWatchStop,
    .stateReload = stateReload,
};
