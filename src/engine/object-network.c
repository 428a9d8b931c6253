/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks as objects: see object-network.h. */
#define VIR_FROM VIR_FROM_NETWORK
#include "engine/object-network.h"
#include "model/metadata.h"
#include "src/api/connect.h"

gpointer virObjectNetworkParse(const char *text, void *node, GError **error)
{
    return text ? virNetworkDefParse(text, NULL, 0, error) : virNetworkDefParseNode(node, 0, error);
}

gpointer virObjectNetworkHandle(virConnectPtr conn, const char *name, const unsigned char *uuid, gconstpointer def)
{
    return virNetworkNew(conn, name, uuid);
}

static virObject *find(virNetworkPtr network, GError **error)
{
    return virObjectFind(network->conn->networkPriv, network->uuid, error);
}

static int networkIsActive(virNetworkPtr network, GError **error)
{
    return virObjectIsActive(find(network, error));
}

static int networkIsPersistent(virNetworkPtr network, GError **error)
{
    return virObjectIsPersistent(find(network, error));
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

static int networkCreate(virNetworkPtr network, GError **error)
{
    return virObjectStart(find(network, error), error);
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

static gpointer addXml(virConnectPtr conn, const char *xml, virObjectHow how, unsigned int flags, const char *func, GError **error)
{
    virObjectSet *set = conn->networkPriv;
    if (!virFlagsCheck(flags, VIR_NETWORK_DEFINE_VALIDATE, set->kind->self, func, error))
        return NULL;
    return virObjectAddXml(set, conn, xml, how, flags & VIR_NETWORK_DEFINE_VALIDATE, error);
}

static virNetworkPtr networkCreateXMLFlags(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    return addXml(conn, xml, VIR_OBJECT_START, flags, "networkCreateXMLFlags", error);
}

static virNetworkPtr networkCreateXML(virConnectPtr conn, const char *xml, GError **error)
{
    return networkCreateXMLFlags(conn, xml, 0, error);
}

static virNetworkPtr networkDefineXMLFlags(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    return addXml(conn, xml, VIR_OBJECT_DEFINE, flags, "networkDefineXMLFlags", error);
}

static virNetworkPtr networkDefineXML(virConnectPtr conn, const char *xml, GError **error)
{
    return networkDefineXMLFlags(conn, xml, 0, error);
}

static char *networkGetBridgeName(virNetworkPtr network, GError **error)
{
    g_autoptr(virObject) obj = find(network, error);
    if (!obj)
        return NULL;
    g_autoptr(virNetworkDef) def = virObjectDef(obj);
    if (!def->bridge)
        virErrorSet(error, obj->kind->self, VIR_ERR_INTERNAL_ERROR, "network '%s' does not have a bridge name.", def->name);
    return g_strdup(def->bridge);
}

/* ---- changes ---- */

typedef struct {
    unsigned int command, section;
    int index;
    const char *xml;
} Update;

static bool applyUpdate(virObject *obj, gpointer def, bool live, gpointer data, GError **error)
{
    const Update *u = data;
    return virNetworkDefUpdate(def, u->command, u->section, u->index, u->xml, error);
}

static int networkUpdate(virNetworkPtr network, unsigned int command, unsigned int section, int index, const char *xml, unsigned int flags,
                         GError **error)
{
    Update u = { command, section, index, xml };
    const virObjectSet *set = network->conn->networkPriv;
    if (!virFlagsCheck(flags, VIR_NETWORK_UPDATE_AFFECT_LIVE | VIR_NETWORK_UPDATE_AFFECT_CONFIG, set->kind->self, "networkUpdate", error))
        return -1;
    return virObjectChange(find(network, error), flags, applyUpdate, &u, error);
}

typedef struct {
    int type;
    const char *text, *key, *uri;
} Metadata;

static bool applyMetadata(virObject *obj, gpointer data, bool live, gpointer opaque, GError **error)
{
    const Metadata *m = opaque;
    virNetworkDef *def = data;
    if (m->type == VIR_NETWORK_METADATA_ELEMENT)
        return virMetadataSet(&def->metadata, m->text, m->key, m->uri, error);
    char **at = m->type == VIR_NETWORK_METADATA_TITLE ? &def->title : &def->description;
    g_free(*at);
    *at = m->text && *m->text ? g_strdup(m->text) : NULL;
    return true;
}

static bool metadataFlags(virNetworkPtr network, unsigned int flags, const char *func, GError **error)
{
    const virObjectSet *set = network->conn->networkPriv;
    return virFlagsCheck(flags, VIR_NETWORK_UPDATE_AFFECT_LIVE | VIR_NETWORK_UPDATE_AFFECT_CONFIG, set->kind->self, func, error);
}

static int networkSetMetadata(virNetworkPtr network, int type, const char *text, const char *key, const char *uri, unsigned int flags,
                              GError **error)
{
    Metadata m = { type, text, key, uri };
    g_autoptr(virObject) obj = metadataFlags(network, flags, "networkSetMetadata", error) ? find(network, error) : NULL;
    if (!obj)
        return -1;
    int result = virObjectChange(virObjRef(obj), flags, applyMetadata, &m, error);
    if (result == 0)
        virObjectEmitMetadata(obj, VIR_NETWORK_EVENT_ID_METADATA_CHANGE, type, uri);
    return result;
}

static char *networkGetMetadata(virNetworkPtr network, int type, const char *uri, unsigned int flags, GError **error)
{
    g_autoptr(virObject) obj = metadataFlags(network, flags, "networkGetMetadata", error) ? find(network, error) : NULL;
    gpointer taken = obj ? virObjectChosen(obj, flags, error) : NULL;
    if (!taken)
        return NULL;
    g_autoptr(virNetworkDef) def = taken;
    char *text = type == VIR_NETWORK_METADATA_ELEMENT ? virMetadataGet(def->metadata, uri) :
        g_strdup(type == VIR_NETWORK_METADATA_TITLE ? def->title : def->description);
    if (!text)
        virErrorSet(error, obj->kind->self, VIR_ERR_NO_NETWORK_METADATA, "Requested metadata element is not present");
    return text;
}

/* ---- events ---- */

static int connectNetworkEventRegisterAny(virConnectPtr conn, virNetworkPtr net, int eventID, virConnectNetworkEventGenericCallback cb,
                                          void *opaque, virFreeCallback freecb, GError **error)
{
    return virObjectRegister(conn->networkPriv, conn, net ? net->uuid : NULL, eventID, (gpointer)cb, opaque, freecb, error);
}

static int connectNetworkEventDeregisterAny(virConnectPtr conn, int id, GError **error)
{
    return virObjectDeregister(conn->networkPriv, conn, id, error);
}

const virNetworkDriver virObjectNetworkDriver = {
    .connectListAllNetworks = connectListAllNetworks,
    .connectNumOfNetworks = connectNumOfNetworks,
    .connectNumOfDefinedNetworks = connectNumOfDefinedNetworks,
    .connectListNetworks = connectListNetworks,
    .connectListDefinedNetworks = connectListDefinedNetworks,
    .connectNetworkEventRegisterAny = connectNetworkEventRegisterAny,
    .connectNetworkEventDeregisterAny = connectNetworkEventDeregisterAny,
    .networkIsActive = networkIsActive,
    .networkIsPersistent = networkIsPersistent,
    .networkGetAutostart = networkGetAutostart,
    .networkSetAutostart = networkSetAutostart,
    .networkGetXMLDesc = networkGetXMLDesc,
    .networkCreate = networkCreate,
    .networkDestroy = networkDestroy,
    .networkUndefine = networkUndefine,
    .networkLookupByName = networkLookupByName,
    .networkLookupByUUID = networkLookupByUUID,
    .networkCreateXML = networkCreateXML,
    .networkCreateXMLFlags = networkCreateXMLFlags,
    .networkDefineXML = networkDefineXML,
    .networkDefineXMLFlags = networkDefineXMLFlags,
    .networkGetBridgeName = networkGetBridgeName,
    .networkUpdate = networkUpdate,
    .networkSetMetadata = networkSetMetadata,
    .networkGetMetadata = networkGetMetadata,
};
