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

static const virObjectPortOps *driver;

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
    return obj->set->run ? g_strdup_printf("%s/%s/ports", obj->set->run, obj->head.name) : NULL;
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

static void count(virObject *obj);

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
    if (obj->parts)
        count(obj);
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
    g_autofree char *dir = folderOf(obj), *parent = dir ? g_path_get_dirname(dir) : NULL;
    if (dir && rmdir(dir) == 0)
        rmdir(parent);
}

/* ---- how many there are ---- */

static bool sameDevice(const virPCIAddress *a, const virPCIAddress *b)
{
    return a->domain == b->domain && a->bus == b->bus && a->slot == b->slot && a->function == b->function;
}

static bool isOn(const virNetworkPortDef *port, const char *dev, const virPCIAddress *pci)
{
    if (dev)
        return port->plug == VIR_NETWORK_PLUG_DIRECT && g_strcmp0(port->dev, dev) == 0;
    return port->plug == VIR_NETWORK_PLUG_HOSTDEV_PCI && sameDevice(&port->pci, pci);
}

static unsigned int countOn(const virObject *obj, const char *dev, const virPCIAddress *pci)
{
    unsigned int n = 0;
    for (guint i = 0; obj->parts && i < obj->parts->len; i++)
        n += isOn(obj->parts->pdata[i], dev, pci);
    return n;
}

/* The document in use tells the number of ports, of the network and of each device of its pool. */
static void count(virObject *obj)
{
    virNetworkDef *def = virObjectDefCopy(obj->kind->xml, obj->def);
    def->connections = obj->parts ? obj->parts->len : 0;
    for (unsigned int i = 0; i < def->forwardIfs.n; i++)
        def->forwardIfs.v[i]->connections = countOn(obj, def->forwardIfs.v[i]->dev, NULL);
    for (unsigned int i = 0; i < def->forwardPcis.n; i++)
        def->forwardPcis.v[i]->connections = countOn(obj, NULL, &def->forwardPcis.v[i]->pci);
    virObjectSetLive(obj, def);
    if (driver->changed)
        driver->changed(obj);
}

/* ---- calls ---- */

static bool reclaimFits(const virObject *obj, const virNetworkPortDef *def, bool reclaim, GError **error)
{
    if (reclaim == (def->plug != VIR_NETWORK_PLUG_NONE))
        return true;
    virErrorSet(error, obj->kind->self, VIR_ERR_INVALID_ARG, "%s",
                reclaim ? "Port reclaim requested but plug type is none" : "Port reclaim not requested but plug type is not none");
    return false;
}

static virNetworkPortDef *parsePort(const char *xml, unsigned int flags, GError **error)
{
    g_autoptr(virXmlDoc) doc = virXmlDocParse(xml, NULL, "networkport", "networkport", VIR_FROM, error);
    if (!doc || ((flags & VIR_NETWORK_PORT_CREATE_VALIDATE) && !virXmlValidate(&virNetworkPortDefXml, virXmlRoot(doc), error)))
        return NULL;
    return virNetworkPortDefParseNode(virXmlRoot(doc), 0, error);
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
    if (!reclaimFits(obj, def, reclaim, error) || (driver->plug && !driver->plug(obj, def, reclaim, error)) ||
        (driver->attach && !driver->attach(obj, def, reclaim, error)))
        return false;
    if (!portKeep(obj, def, error)) {
        if (driver->detach)
            driver->detach(obj, def);
        return false;
    }
    g_mutex_lock(&obj->set->lock);
    addPort(obj, def);
    g_mutex_unlock(&obj->set->lock);
    count(obj);
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
    g_mutex_lock(&obj->set->lock);
    g_ptr_array_remove_index(obj->parts, indexOf(obj, port->uuid));
    g_mutex_unlock(&obj->set->lock);
    if (driver->detach)
        driver->detach(obj, def);
    count(obj);
    return 0;
}

static int networkPortGetParameters(virNetworkPortPtr port, virTypedParameterPtr *params, int *nparams, unsigned int flags, GError **error)
{
    g_autoptr(virObject) obj = virFlagsCheck(flags, 0, VIR_FROM, "networkPortGetParameters", error) ? find(port->net, error) : NULL;
    g_autoptr(virNetworkPortDef) def = obj ? portOf(obj, port->uuid, error) : NULL;
    return def ? virObjectPortRates(def, params, nparams) : -1;
}

static int networkPortSetParameters(virNetworkPortPtr port, virTypedParameterPtr params, int nparams, unsigned int flags, GError **error)
{
    g_autoptr(virObject) obj = virFlagsCheck(flags, 0, VIR_FROM, "networkPortSetParameters", error) ? find(port->net, error) : NULL;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&obj->set->writing);
    g_autoptr(virNetworkPortDef) old = portOf(obj, port->uuid, error);
    g_autoptr(virNetworkPortDef) fresh = old ? virObjectDefCopy(&virNetworkPortDefXml, old) : NULL;
    if (!fresh || !virObjectPortSetRates(fresh, params, nparams, error) ||
        (driver->change && !driver->change(obj, old, fresh, error)))
        return -1;
    if (!portKeep(obj, fresh, error)) {
        if (driver->change)
            driver->change(obj, fresh, old, NULL);
        return -1;
    }
    g_mutex_lock(&obj->set->lock);
    gpointer *at = &obj->parts->pdata[indexOf(obj, port->uuid)];
    virNetworkPortDefUnref(*at);
    *at = virNetworkPortDefRef(fresh);
    g_mutex_unlock(&obj->set->lock);
    if (driver->changed)
        driver->changed(obj);
    return 0;
}

void virObjectPortCalls(virNetworkDriver *table, const virObjectPortOps *ops)
{
    driver = ops;
    table->networkPortCreateXML = networkPortCreateXML;
    table->networkPortLookupByUUID = networkPortLookupByUUID;
    table->networkListAllPorts = networkListAllPorts;
    table->networkPortGetXMLDesc = networkPortGetXMLDesc;
    table->networkPortDelete = networkPortDelete;
    table->networkPortGetParameters = networkPortGetParameters;
    table->networkPortSetParameters = networkPortSetParameters;
}
