/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports of virtual networks that a guest's interfaces have while it runs, through the public calls as any program would make them. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.netport"
#include "drivers/qemu/qemu.h"
#include "base/log.h"
#include "base/util.h"
#include "host/bandwidth.h"
#include "host/link.h"
#include "host/netlink.h"
#include "model/network.h"
#include "model/tables.h"
#include "src/api/driver.h"
#include <string.h>
#include <unistd.h>

static virConnectPtr openNetworks(GError **error)
{
    return virConnectOpenName(geteuid() == 0 ? "network:///system" : "network:///session", NULL, 0, error);
}

/* The last error of this thread is the calls' own word. */
static void takeError(GError **error, const char *network)
{
    const virError *e = virGetLastError();
    if (e)
        virErrorSetPublic(error, e);
    else
        virSetError(error, VIR_ERR_NO_NETWORK, "no network with matching name '%s'", network);
}

static char *portXml(const virDomainDef *def, const virDomainNetDef *net)
{
    virNetworkPortDef port = { .refs = 1, .hasUuid = true, .hasOwnerUuid = true, .hasMac = true, .mac = net->mac };
    memcpy(port.uuid, net->portId, 16);
    memcpy(port.ownerUuid, def->uuid, 16);
    port.ownerName = def->name;
    port.group = net->portgroup;
    port.virtualport = net->virtualport;
    port.vlan = net->vlan;
    port.trustGuestRxFilters = net->trustGuestRxFilters;
    port.portIsolated = net->portIsolated;
    if (net->bandwidth)
        port.bandwidth = *net->bandwidth;
    return virNetworkPortDefFormat(&port, 0);
}

/* What a bridge of ours, a tap and a macvtap device cannot do: false. */
static bool isPluggable(const virNetworkPortDef *port, const char *network, GError **error)
{
    bool hostdev = port->plug == VIR_NETWORK_PLUG_HOSTDEV_PCI;
    if (!port->bridge && !port->dev && !hostdev)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "network '%s' gives out devices of the host (%s), which this driver does not use yet",
                    network, virNetworkPlugToString(port->plug));
    else if (!hostdev && (port->vlan || (port->virtualport && port->virtualport->type)))
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "network '%s' has %s for the interface, which this driver does not support yet", network,
                    port->vlan ? "VLAN tags" : "a virtual port");
    else
        return true;
    return false;
}

/* The interface is a device of the host from now on. Its network stays known: the port must be given back. */
static void becomeHostdev(virDomainNetDef *net, const virNetworkPortDef *port)
{
    net->type = VIR_DOMAIN_NET_TYPE_HOSTDEV;
    net->hostdevType = VIR_DOMAIN_HOSTDEV_TYPE_PCI;
    net->hostdevPci = port->pci;
    net->hasHostdevAddress = true;
    net->managed = port->managed;
    if (!net->vlan && port->vlan)
        net->vlan = virXmlCopy(&virNetVlanXml, port->vlan);
    if (!net->virtualport && port->virtualport && port->virtualport->type)
        net->virtualport = virXmlCopy(&virNetDevVPortXml, port->virtualport);
}

/* A link of the host's own, of which the guest gets a part. */
static void becomeDirect(virDomainNetDef *net, const virNetworkPortDef *port)
{
    net->type = VIR_DOMAIN_NET_TYPE_DIRECT;
    g_free(net->dev);
    net->dev = g_strdup(port->dev);
    net->macvlanMode = port->mode;
}

/* The network and its port group may have had a say: the running guest's document shows what became of it. */
static void takeOver(virDomainNetDef *net, const virNetworkPortDef *port)
{
    if (!net->bandwidth && (port->bandwidth.in || port->bandwidth.out))
        net->bandwidth = virXmlCopy(&virNetBandwidthXml, &port->bandwidth);
    net->portIsolated = port->portIsolated;
    net->trustGuestRxFilters = port->trustGuestRxFilters;
    g_free(net->bridge);
    net->bridge = g_strdup(port->bridge);
    net->ownTable = port->macTable == VIR_NETWORK_MAC_TABLE_LIBVIRT;
    if (port->plug == VIR_NETWORK_PLUG_HOSTDEV_PCI)
        becomeHostdev(net, port);
    if (port->plug == VIR_NETWORK_PLUG_DIRECT)
        becomeDirect(net, port);
}

static bool follow(virNetworkPortPtr port, virDomainNetDef *net, GError **error)
{
    g_autofree char *xml = virNetworkPortGetXMLDesc(port, 0);
    g_autoptr(virNetworkPortDef) def = xml ? virNetworkPortDefParse(xml, NULL, 0, error) : NULL;
    if (!xml)
        takeError(error, net->network);
    if (!def || !isPluggable(def, net->network, error))
        return false;
    takeOver(net, def);
    return true;
}

static virBandwidthRate rateOf(const virNetBandwidthRate *r)
{
    return r ? (virBandwidthRate){ r->average, r->peak, 0, r->burst } : (virBandwidthRate){ 0 };
}

/* A guest that may use other addresses than its own is found by them only if the bridge goes on learning and flooding. */
static bool tellBridge(const virDomainNetDef *net, GError **error)
{
    const virHost *host = virHostLocal();
    bool own = net->trustGuestRxFilters != VIR_TRISTATE_BOOL_YES;
    return (!own || (virBridgePortSet(host, net->ifname, "learning", 0, error) &&
                     virBridgePortSet(host, net->ifname, "unicast_flood", 0, error))) &&
           virBridgeAddAddress(net->ifname, net->mac.b, error);
}

bool qemuTapTune(const virDomainNetDef *net, const char *bridge, bool ownTable, GError **error)
{
    const virNetBandwidth *b = net->bandwidth;
    virBandwidthRate in = rateOf(b ? b->in : NULL), out = rateOf(b ? b->out : NULL);
    return (!bridge || !ownTable || tellBridge(net, error)) &&
           (!bridge || net->portIsolated != VIR_TRISTATE_BOOL_YES || virBridgePortSet(virHostLocal(), net->ifname, "isolated", 1, error)) &&
           (!b || virBandwidthSet(net->ifname, b->in ? &in : NULL, b->out ? &out : NULL, false, error));
}

static const unsigned char none[16];

static bool hasPort(const virDomainNetDef *net)
{
    return net->network && memcmp(net->portId, none, 16) != 0 &&
           (net->type == VIR_DOMAIN_NET_TYPE_NETWORK || net->type == VIR_DOMAIN_NET_TYPE_HOSTDEV || net->type == VIR_DOMAIN_NET_TYPE_DIRECT);
}

static bool plug(virConnectPtr conn, const virDomainDef *def, virDomainNetDef *net, GError **error)
{
    virUUIDGenerate(net->portId);
    g_autofree char *xml = portXml(def, net);
    virNetworkPtr network = virNetworkLookupByName(conn, net->network);
    virNetworkPortPtr port = network ? virNetworkPortCreateXML(network, xml, 0) : NULL;
    bool ok = false;
    if (!port) {
        takeError(error, net->network);
        memset(net->portId, 0, 16);
    } else {
        ok = follow(port, net, error);
        virNetworkPortFree(port);
    }
    if (network)
        virNetworkFree(network);
    return ok;
}

bool qemuPortsPlug(virDomainDef *def, GError **error)
{
    g_autoptr(virDomainDef) before = virDomainDefCopy(def);
    virConnectPtr conn = NULL;
    bool ok = true;
    for (unsigned int i = 0; ok && i < def->nets.n; i++)
        if (def->nets.v[i]->type == VIR_DOMAIN_NET_TYPE_NETWORK && !hasPort(def->nets.v[i]))
            ok = (conn || (conn = openNetworks(error))) && plug(conn, def, def->nets.v[i], error);
    if (conn)
        virConnectClose(conn);
    if (!ok)
        qemuPortsUnplug(def, before);
    return ok;
}

static void unplug(virConnectPtr conn, const virDomainNetDef *net)
{
    virNetworkPtr network = virNetworkLookupByName(conn, net->network);
    virNetworkPortPtr port = network ? virNetworkPortLookupByUUID(network, net->portId) : NULL;
    if (!port || virNetworkPortDelete(port, 0) < 0)     /* the network may have been stopped meanwhile */
        virInfo("a port of network '%s' is gone: %s", net->network, virGetLastErrorMessage());
    if (port)
        virNetworkPortFree(port);
    if (network)
        virNetworkFree(network);
}

static bool isKept(const virDomainDef *keep, const unsigned char *port)
{
    for (unsigned int i = 0; keep && i < keep->nets.n; i++)
        if (memcmp(keep->nets.v[i]->portId, port, 16) == 0)
            return true;
    return false;
}

void qemuPortsUnplug(const virDomainDef *def, const virDomainDef *keep)
{
    virConnectPtr conn = NULL;
    for (unsigned int i = 0; def && i < def->nets.n; i++) {
        const virDomainNetDef *net = def->nets.v[i];
        g_autoptr(GError) error = NULL;
        if (!hasPort(net) || isKept(keep, net->portId))
            continue;
        if (!conn && !(conn = openNetworks(&error))) {
            virWarn("ports of guest '%s' stay plugged in: %s", def->name, error->message);
            return;
        }
        unplug(conn, net);
    }
    if (conn)
        virConnectClose(conn);
}

/* ---- listening ---- */

/* Its own first address, or that of what it lends of the host. */
static char *addressOf(const virNetworkDef *def, GError **error)
{
    const char *dev = def->bridge ? def->bridge : def->forwardIfs.n ? def->forwardIfs.v[0]->dev : NULL;
    if (def->forwardMode <= VIR_NETWORK_FORWARD_OPEN && def->ips.n)
        return g_strdup(def->ips.v[0]->address);
    if (dev && def->forwardMode > VIR_NETWORK_FORWARD_OPEN)
        return virLinkAddress(dev, error);
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "network '%s' has no address to listen on", def->name);
    return NULL;
}

bool qemuListenFill(virDomainGraphicsListen *listen, GError **error)
{
    if (listen->type != VIR_DOMAIN_GRAPHICS_LISTEN_NETWORK || !listen->network || listen->address)
        return true;
    virConnectPtr conn = openNetworks(error);
    if (!conn)
        return false;
    virNetworkPtr network = virNetworkLookupByName(conn, listen->network);
    g_autofree char *xml = network ? virNetworkGetXMLDesc(network, 0) : NULL;
    g_autoptr(virNetworkDef) def = xml ? virNetworkDefParse(xml, NULL, 0, error) : NULL;
    if (!xml)
        takeError(error, listen->network);
    listen->address = def ? addressOf(def, error) : NULL;
    if (network)
        virNetworkFree(network);
    virConnectClose(conn);
    return listen->address != NULL;
}
