/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports of networks: which guest's interface is plugged in where. They live as long as their network is active. */
#define VIR_FROM VIR_FROM_NETWORK
#define VIR_LOG_NAME "engine.port"
#include "engine/object-network.h"
#include "base/log.h"
#include "base/util.h"
#include "engine/object-file.h"
#include "src/api/connect.h"
#include <string.h>
#include <unistd.h>

static virObject *find(virNetworkPtr network, GError **error)
{
    return virObjectFind(network->conn->networkPriv, network->uuid, error);
}

/* The set is locked. */
static int indexOf(const virObject *obj, const unsigned char *uuid)
{
    for (guint i = 0; obj->parts && i < obj->parts->len; i++)
        if (memcmp(((virNetworkPortDef *)obj->parts->pdata[i])->uuid, uuid, 16) == 0)
            return i;
    return -1;
}

static virNetworkPortDef *portOf(virObject *obj, const unsigned char *uuid, GError **error)
{
    char text[37];
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    if (!virObjectCheckActive(obj, true, obj->kind->notRunning, error))
        return NULL;
    int i = indexOf(obj, uuid);
    if (i >= 0)
        return virNetworkPortDefRef(obj->parts->pdata[i]);
    virUUIDFormat(uuid, text);
    virErrorSet(error, obj->kind->self, VIR_ERR_NO_NETWORK_PORT, "network port with UUID %s does not exist", text);
    return NULL;
}

/* ---- files ---- */

static char *folderOf(const virObject *obj)
{
    return obj->set->run ? g_strdup_printf("%s/%s.ports", obj->set->run, obj->head.name) : NULL;
}

static bool portKeep(const virObject *obj, const virNetworkPortDef *def, GError **error)
{
    g_autofree char *dir = folderOf(obj), *xml = virNetworkPortDefFormat(def, 0);
    char uuid[37];
    virUUIDFormat(def->uuid, uuid);
    return !dir || (virFileMakePath(dir, 0755, error) && virDefinitionWrite(dir, uuid, "net-port-edit", xml, error));
}

static bool portForget(const virObject *obj, const virNetworkPortDef *def, GError **error)
{
    g_autofree char *dir = folderOf(obj);
    char uuid[37];
    virUUIDFormat(def->uuid, uuid);
    return !dir || virDefinitionRemove(dir, "", uuid, error);
}

static void addPort(virObject *obj, virNetworkPortDef *def)
{
    if (!obj->parts)
        obj->parts = g_ptr_array_new_with_free_func((GDestroyNotify)virNetworkPortDefUnref);
    g_ptr_array_add(obj->parts, virNetworkPortDefRef(def));
}

static void loadOne(const char *path, const char *name, gpointer data)
{
    g_autofree char *xml = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(virNetworkPortDef) def = virFileRead(path, 1 << 20, &xml, NULL, &error) ? virNetworkPortDefParse(xml, path, 0, &error) : NULL;
    if (def)
        addPort(data, def);
    else
        virLogError("ignoring '%s': %s", path, error->message);
}

void virObjectPortsLoad(virObject *obj)
{
    g_autofree char *dir = folderOf(obj);
    if (dir)
        virDefinitionEach(dir, loadOne, obj);
}

void virObjectPortsDrop(virObject *obj)
{
    g_autoptr(GError) error = NULL;
    g_mutex_lock(&obj->set->lock);
    g_autoptr(GPtrArray) ports = g_steal_pointer(&obj->parts);
    g_mutex_unlock(&obj->set->lock);
    for (guint i = 0; ports && i < ports->len; i++)
        if (!portForget(obj, ports->pdata[i], &error)) {
            virWarn("%s", error->message);
            g_clear_error(&error);
        }
    g_autofree char *dir = folderOf(obj);
    if (dir)
        rmdir(dir);
}

/* ---- calls ---- */

/* Where the interface goes, unless the caller knows it from before. */
static bool plug(const virObject *obj, virNetworkPortDef *def, GError **error)
{
    const virNetworkDef *net = obj->def;
    if (net->bridge) {
        def->plug = net->forwardMode == VIR_NETWORK_FORWARD_BRIDGE ? VIR_NETWORK_PLUG_BRIDGE : VIR_NETWORK_PLUG_NETWORK;
        def->bridge = g_strdup(net->bridge);
        def->macTable = net->macTable;
        return true;
    }
    if (net->forwardIfs.n && net->forwardMode >= VIR_NETWORK_FORWARD_BRIDGE && net->forwardMode <= VIR_NETWORK_FORWARD_VEPA) {
        def->plug = VIR_NETWORK_PLUG_DIRECT;
        def->dev = g_strdup(net->forwardIfs.v[0]->dev);
        def->mode = virNetMacvlanModeFromString(virNetworkForwardToString(net->forwardMode));
        return true;
    }
    virErrorSet(error, obj->kind->self, VIR_ERR_OPERATION_UNSUPPORTED,
                "network '%s' is a pool of devices of which this version cannot give one to a port", net->name);
    return false;
}

static bool reclaimFits(const virObject *obj, const virNetworkPortDef *def, bool reclaim, GError **error)
{
    if (reclaim == (def->plug != VIR_NETWORK_PLUG_NONE))
        return true;
    virErrorSet(error, obj->kind->self, VIR_ERR_INVALID_ARG, "%s",
                reclaim ? "Port reclaim requested but plug type is none" : "Port creation requested but plug type is already set");
    return false;
}

static virNetworkPortDef *parsePort(const char *xml, unsigned int flags, GError **error)
{
    g_autoptr(virXmlDoc) doc = virXmlDocParse(xml, NULL, "networkport", "networkport", VIR_FROM, error);
    if (!doc || ((flags & VIR_NETWORK_PORT_CREATE_VALIDATE) && !virXmlValidate(&virNetworkPortDefXml, xmlDocGetRootElement(doc), error)))
        return NULL;
    return virNetworkPortDefParseNode(xmlDocGetRootElement(doc), 0, error);
}

static bool create(virObject *obj, virNetworkPortDef *def, unsigned int flags, GError **error)
{
    char text[37];
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&obj->set->writing);
    if (!virObjectCheckActive(obj, true, obj->kind->notRunning, error))
        return false;
    if (indexOf(obj, def->uuid) >= 0) {
        virUUIDFormat(def->uuid, text);
        virErrorSet(error, obj->kind->self, VIR_ERR_NETWORK_PORT_EXIST, "%s", text);
        return false;
    }
    bool reclaim = flags & VIR_NETWORK_PORT_CREATE_RECLAIM;
    if (!reclaimFits(obj, def, reclaim, error) || (!reclaim && !plug(obj, def, error)) || !portKeep(obj, def, error))
        return false;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    addPort(obj, def);
    return true;
}

static virNetworkPortPtr networkPortCreateXML(virNetworkPtr net, const char *xml, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, VIR_NETWORK_PORT_CREATE_RECLAIM | VIR_NETWORK_PORT_CREATE_VALIDATE, VIR_FROM, "networkPortCreateXML", error))
        return NULL;
    g_autoptr(virObject) obj = find(net, error);
    g_autoptr(virNetworkPortDef) def = obj ? parsePort(xml, flags, error) : NULL;
    return def && create(obj, def, flags, error) ? virNetworkPortNew(net, def->uuid) : NULL;
}

static virNetworkPortPtr networkPortLookupByUUID(virNetworkPtr net, const unsigned char *uuid, GError **error)
{
    g_autoptr(virObject) obj = find(net, error);
    g_autoptr(virNetworkPortDef) def = obj ? portOf(obj, uuid, error) : NULL;
    return def ? virNetworkPortNew(net, uuid) : NULL;
}

static int networkListAllPorts(virNetworkPtr net, virNetworkPortPtr **ports, unsigned int flags, GError **error)
{
    g_autoptr(virObject) obj = virFlagsCheck(flags, 0, VIR_FROM, "networkListAllPorts", error) ? find(net, error) : NULL;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    guint n = obj->parts ? obj->parts->len : 0;
    if (ports)
        *ports = g_new0(virNetworkPortPtr, n + 1);
    for (guint i = 0; ports && i < n; i++)
        (*ports)[i] = virNetworkPortNew(net, ((virNetworkPortDef *)obj->parts->pdata[i])->uuid);
    return n;
}

static char *networkPortGetXMLDesc(virNetworkPortPtr port, unsigned int flags, GError **error)
{
    g_autoptr(virObject) obj = virFlagsCheck(flags, 0, VIR_FROM, "networkPortGetXMLDesc", error) ? find(port->net, error) : NULL;
    g_autoptr(virNetworkPortDef) def = obj ? portOf(obj, port->uuid, error) : NULL;
    return def ? virNetworkPortDefFormat(def, 0) : NULL;
}

static int networkPortDelete(virNetworkPortPtr port, unsigned int flags, GError **error)
{
    g_autoptr(virObject) obj = virFlagsCheck(flags, 0, VIR_FROM, "networkPortDelete", error) ? find(port->net, error) : NULL;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&obj->set->writing);
    g_autoptr(virNetworkPortDef) def = portOf(obj, port->uuid, error);
    if (!def || !portForget(obj, def, error))
        return -1;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    g_ptr_array_remove_index(obj->parts, indexOf(obj, port->uuid));
    return 0;
}

void virObjectPortCalls(virNetworkDriver *table)
{
    table->networkPortCreateXML = networkPortCreateXML;
    table->networkPortLookupByUUID = networkPortLookupByUUID;
    table->networkListAllPorts = networkListAllPorts;
    table->networkPortGetXMLDesc = networkPortGetXMLDesc;
    table->networkPortDelete = networkPortDelete;
}
