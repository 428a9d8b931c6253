/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Virtual networks of the host: definitions, ports, events. Networks that use what the host has (a bridge, macvtap, SR-IOV) can be
 * started; those that need a bridge, DHCP, DNS and firewall rules of libvirt's own are refused at start.
 */
#define VIR_FROM VIR_FROM_NETWORK
#define VIR_LOG_NAME "network"
#include "drivers/network/network.h"
#include "base/log.h"
#include "src/api/connect.h"
#include "src/api/driver.h"

static virObjectSet *networks;
static bool privileged;
static virNetworkDriver table;

static bool start(virObject *obj, GError **error)
{
    const virNetworkDef *def = obj->def;
    if (def->forwardMode > VIR_NETWORK_FORWARD_OPEN) {
        virObjectPortsLoad(obj);
        return true;
    }
    virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED,
                "network '%s' needs a bridge, DHCP, DNS and firewall rules of libvirt's own, which this version does not set up: it can be "
                "defined, but only networks of the modes bridge, private, vepa, passthrough and hostdev can be started", def->name);
    return false;
}

static bool stop(virObject *obj, GError **error)
{
    virObjectPortsDrop(obj);
    return true;
}

static const virObjectKind kind = {
    VIR_OBJECT_NETWORK_KIND,
    .self = VIR_FROM_NETWORK,
    .state = "network",
    .running = "is already active",
    .notRunning = "is not active",
    .staysActive = true,
    .fileless = "cannot set autostart for transient network",
    .filelessCode = VIR_ERR_OPERATION_INVALID,
    .listFunc = "networkConnectListAllNetworks",
    .xmlFunc = "networkGetXMLDesc",
    .xmlFlags = VIR_NETWORK_XML_INACTIVE,
    .inactive = VIR_NETWORK_XML_INACTIVE,
    .parse = virObjectNetworkParse,
    .accept = virNetworkDriverAccept,
    .start = start,
    .stop = stop,
};

/* ---- connections ---- */

static void attach(virConnectPtr conn)
{
    if (conn->network || !networks)
        return;
    conn->network = &table;
    conn->networkPriv = networks;
}

static void detach(virConnectPtr conn)
{
    if (conn->networkPriv == networks)
        virEventBusRemoveConnection(networks->events, conn);
}

static bool openAlone(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    if (!virObjectUriFits(conn, networks, privileged, error))
        return false;
    conn->hypervisor = virObjectConnectDriver();
    attach(conn);
    return true;
}

/* ---- the daemon's ---- */

static void autostart(virObjectSet *set)
{
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    for (guint i = 0; i < all->n; i++) {
        virObject *obj = (virObject *)all->byName[i].obj;
        g_autoptr(GError) error = NULL;
        if (obj->autostart && virObjectStart(virObjRef(obj), &error) < 0)
            virLogError("cannot autostart network '%s': %s", obj->head.name, error->message);
    }
}

static bool stateInit(bool isPrivileged, const char *root, GError **error)
{
    g_autofree char *dir = virObjectFolder(isPrivileged, root, false, "qemu/networks");
    virObjectSet *set = virObjectSetNew(&kind);
    table = virObjectNetworkDriver;
    virObjectPortCalls(&table);
    set->run = virObjectFolder(isPrivileged, root, true, "network");
    if (!virObjectSetLoad(set, dir, error)) {
        virObjectSetFree(set);
        return false;
    }
    privileged = isPrivileged;
    networks = set;
    autostart(set);
    return true;
}

static const char *const schemes[] = { "network", NULL };

const virConnectDriver virDriverModule = {
    .name = "network",
    .schemes = schemes,
    .open = openAlone,
    .close = detach,
    .attach = attach,
    .detach = detach,
    .stateInit = stateInit,
};
