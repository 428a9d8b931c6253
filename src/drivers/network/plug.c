/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports: where a guest's interface is plugged in, what it has of its network and port group, and its share of the bridge's rate. */
#define VIR_FROM VIR_FROM_NETWORK
#define VIR_LOG_NAME "network.plug"
#include "drivers/network/network.h"
#include "drivers/network/share.h"
#include "drivers/network/vport.h"
#include "base/log.h"
#include "model/tables.h"
#include <string.h>

#define INTERNAL(...) (virSetError(error, VIR_ERR_INTERNAL_ERROR, __VA_ARGS__), false)

/* ---- what the network has for its ports ---- */

static const virNetworkPortGroup *groupOf(const virNetworkDef *net, const char *name)
{
    for (unsigned int i = 0; i < net->portgroups.n; i++) {
        const virNetworkPortGroup *g = net->portgroups.v[i];
        if (name ? strcmp(g->name, name) == 0 : g->isDefault == VIR_TRISTATE_BOOL_YES)
            return g;
    }
    return NULL;
}

static void takeBandwidth(virNetworkPortDef *port, const virNetworkPortGroup *group)
{
    if (port->bandwidth.in || port->bandwidth.out || !group || !group->bandwidth)
        return;
    virNetBandwidth *copy = virXmlCopy(&virNetBandwidthXml, group->bandwidth);
    port->bandwidth.in = g_steal_pointer(&copy->in);
    port->bandwidth.out = g_steal_pointer(&copy->out);
    virXmlFree(&virNetBandwidthXml, copy);
}

/* The port's own word goes before that of its group, and that before the network's. */
static bool inherit(virNetworkPortDef *port, const virNetworkDef *net, GError **error)
{
    const virNetworkPortGroup *group = groupOf(net, port->group);
    const virNetVlan *vlan = group && group->vlan ? group->vlan : net->vlan;
    takeBandwidth(port, group);
    if (!port->vlan && vlan)
        port->vlan = virXmlCopy(&virNetVlanXml, vlan);
    if (!port->trustGuestRxFilters)
        port->trustGuestRxFilters = group && group->trustGuestRxFilters ? group->trustGuestRxFilters : net->trustGuestRxFilters;
    if (!port->portIsolated)
        port->portIsolated = net->portIsolated;
    return virNetworkVPortMerge(&port->virtualport, group ? group->virtualport : NULL, net->virtualport, error);
}

/* ---- choosing a device ---- */

/* One guest at most may use a device. */
static bool isExclusive(const virNetworkDef *net, const virNetworkPortDef *port)
{
    return net->forwardMode == VIR_NETWORK_FORWARD_PASSTHROUGH || net->forwardMode == VIR_NETWORK_FORWARD_HOSTDEV ||
           (net->forwardMode == VIR_NETWORK_FORWARD_PRIVATE && port->virtualport && port->virtualport->type == VIR_NETDEV_VPORT_802_1QBH);
}

static bool noneFree(const virNetworkDef *net, GError **error)
{
    return INTERNAL("network '%s' requires exclusive access to interfaces, but none are available", net->name);
}

/* The one with the fewest guests, the first of such. */
static bool plugDirect(const virNetworkDef *net, virNetworkPortDef *port, GError **error)
{
    const virNetworkForwardIf *best = NULL;
    for (unsigned int i = 0; i < net->forwardIfs.n; i++)
        if (!best || net->forwardIfs.v[i]->connections < best->connections)
            best = net->forwardIfs.v[i];
    if (!best)
        return INTERNAL("network '%s' uses a direct mode, but has no forward dev and no interface pool", net->name);
    if (best->connections && isExclusive(net, port))
        return noneFree(net, error);
    port->plug = VIR_NETWORK_PLUG_DIRECT;
    port->dev = g_strdup(best->dev);
    port->mode = virNetMacvlanModeFromString(virNetworkForwardToString(net->forwardMode));
    return true;
}

static bool plugHostdev(const virNetworkDef *net, virNetworkPortDef *port, GError **error)
{
    for (unsigned int i = 0; i < net->forwardPcis.n; i++) {
        const virNetworkForwardPci *f = net->forwardPcis.v[i];
        if (f->connections)
            continue;
        port->plug = VIR_NETWORK_PLUG_HOSTDEV_PCI;
        port->pci = f->pci;
        port->managed = g_strcmp0(net->managed, "yes") == 0 ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_ABSENT;
        port->driverName = net->driverName;
        return true;
    }
    return noneFree(net, error);
}

static bool plugBridge(const virNetworkDef *net, virNetworkPortDef *port)
{
    port->plug = virNetworkHasOwnBridge(net) ? VIR_NETWORK_PLUG_NETWORK : VIR_NETWORK_PLUG_BRIDGE;
    port->bridge = g_strdup(net->bridge);
    port->macTable = net->macTable;
    return true;
}

/* ---- who says where it is plugged in already ---- */

static bool inUse(const virNetworkDef *net, const char *what, const char *device, GError **error)
{
    return INTERNAL("network '%s' claims %s%s is already in use by a different port", net->name, what, device);
}

static bool reclaimDirect(const virNetworkDef *net, const virNetworkPortDef *port, GError **error)
{
    for (unsigned int i = 0; i < net->forwardIfs.n; i++)
        if (strcmp(net->forwardIfs.v[i]->dev, port->dev) == 0)
            return !(net->forwardIfs.v[i]->connections && isExclusive(net, port)) || inUse(net, "dev=", port->dev, error);
    return INTERNAL("network '%s' doesn't have dev='%s' in use by network port", net->name, port->dev);
}

static bool reclaimHostdev(const virNetworkDef *net, const virNetworkPortDef *port, GError **error)
{
    const virPCIAddress *a = &port->pci;
    g_autofree char *name = g_strdup_printf("%04x:%02x:%02x.%x", a->domain, a->bus, a->slot, a->function);
    for (unsigned int i = 0; i < net->forwardPcis.n; i++) {
        const virPCIAddress *b = &net->forwardPcis.v[i]->pci;
        if (a->domain == b->domain && a->bus == b->bus && a->slot == b->slot && a->function == b->function)
            return !net->forwardPcis.v[i]->connections || inUse(net, "the PCI device at ", name, error);
    }
    return INTERNAL("network '%s' doesn't have PCI device %s in use by network port", net->name, name);
}

static bool reclaims(const virNetworkDef *net, const virNetworkPortDef *port, GError **error)
{
    switch (port->plug) {
    case VIR_NETWORK_PLUG_DIRECT:
        return reclaimDirect(net, port, error);
    case VIR_NETWORK_PLUG_HOSTDEV_PCI:
        return reclaimHostdev(net, port, error);
    default:
        return net->bridge || INTERNAL("Unexpectedly got a network port without a network bridge");
    }
}

static bool plug(virObject *obj, virNetworkPortDef *port, bool reclaim, GError **error)
{
    const virNetworkDef *net = obj->def;
    if (reclaim)
        return reclaims(net, port, error);
    if (!inherit(port, net, error) || !(net->bridge                                         ? plugBridge(net, port)
                                        : net->forwardMode == VIR_NETWORK_FORWARD_HOSTDEV   ? plugHostdev(net, port, error)
                                                                                            : plugDirect(net, port, error)))
        return false;
    return virNetworkVPortFits(port, net->name, error) && virNetworkShareCheck(obj, port, error);
}

/* ---- on the host ---- */

static bool attach(virObject *obj, virNetworkPortDef *port, bool reclaim, GError **error)
{
    const virNetworkDef *net = obj->def;
    bool own = virNetworkHasOwnBridge(net);
    if (!reclaim && !virNetworkShareTake(obj, port, error))
        return false;
    if (!own || virNetworkMacAdd(net, port->ownerName, &port->mac, error)) {
        if (virNetworkHook(net, port, "port-created", "begin", error))
            return true;
        if (own)
            virNetworkMacRemove(net, port->ownerName, &port->mac);
    }
    if (!reclaim)
        virNetworkShareDrop(obj, port);
    return false;
}

static void detach(virObject *obj, const virNetworkPortDef *port)
{
    if (virNetworkHasOwnBridge(obj->def))
        virNetworkMacRemove(obj->def, port->ownerName, &port->mac);
    virNetworkShareDrop(obj, port);
    virNetworkHookAfter(obj->def, port, "port-deleted", "begin");
}

static void changed(virObject *obj)
{
    g_autoptr(GError) error = NULL;
    if (!virNetworkStatusSave(obj, obj->def, &error))
        virLogError("network '%s': %s", obj->head.name, error->message);
}

const virObjectPortOps virNetworkPortOps = {
    .plug = plug, .attach = attach, .detach = detach, .change = virNetworkShareChange, .changed = changed,
};
