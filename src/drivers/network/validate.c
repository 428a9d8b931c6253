/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What real networks need beyond a well-formed document: a bridge's name and address, and no element that their mode has no use for. */
#define VIR_FROM VIR_FROM_NETWORK
#include "drivers/network/network.h"
#include "host/link.h"
#include <netinet/in.h>
#include <string.h>

#define UNSUPPORTED(...) (virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, __VA_ARGS__), false)

/* ---- the bridge ---- */

static const virNetworkDef *userOf(virRegistrySnapshot *all, const virNetworkDef *self, const char *bridge)
{
    for (guint i = 0; i < all->n; i++) {
        const virObject *obj = (const virObject *)all->byUuid[i];
        const virNetworkDef *defs[] = { obj->def, obj->next };
        for (int j = 0; j < 2; j++)
            if (defs[j] && strcmp(defs[j]->name, self->name) != 0 && g_strcmp0(defs[j]->bridge, bridge) == 0)
                return defs[j];
    }
    return NULL;
}

/* The one that the network has already, by its name or UUID, when it is defined anew without a name. */
static bool keepBridge(virRegistrySnapshot *all, virNetworkDef *def)
{
    for (guint i = 0; i < all->n && !def->bridge; i++) {
        const virNetworkDef *have = ((const virObject *)all->byUuid[i])->def;
        if (strcmp(have->name, def->name) == 0)
            def->bridge = g_strdup(have->bridge);
    }
    return def->bridge;
}

static bool nameBridge(virRegistrySnapshot *all, virNetworkDef *def, GError **error)
{
    g_autofree char *pattern = g_steal_pointer(&def->bridge);
    const char *percent = pattern ? strstr(pattern, "%d") : NULL;
    if (percent && strchr(percent + 1, '%'))          /* no pattern */
        percent = NULL;
    g_autofree char *stem = percent ? g_strndup(pattern, percent - pattern) : g_strdup("virbr");
    if (!pattern && keepBridge(all, def))
        return true;
    for (unsigned int i = 0; i < 256; i++) {
        g_autofree char *name = g_strdup_printf("%s%u%s", stem, i, percent ? percent + 2 : "");
        if (userOf(all, def, name) || virLinkExists(virHostLocal(), name))
            continue;
        def->bridge = g_steal_pointer(&name);
        return true;
    }
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "Bridge generation exceeded max id %d", 255);
    return false;
}

static bool bridgeCheck(virRegistrySnapshot *all, virNetworkDef *def, GError **error)
{
    if (!def->bridge || strstr(def->bridge, "%d"))
        return nameBridge(all, def, error);
    if (!userOf(all, def, def->bridge))
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "bridge name '%s' already in use.", def->bridge);
    return false;
}

static void giveMac(virNetworkDef *def)
{
    if (def->hasMac)
        return;
    def->hasMac = true;
    def->mac = (virMac){ { 0x52, 0x54, 0x00 } };
    for (int i = 3; i < 6; i++)
        def->mac.b[i] = g_random_int_range(0, 256);
}

/* ---- elements and modes ---- */

static bool dhcpCheck(const virNetworkDef *def, GError **error)
{
    unsigned int with[2] = { 0, 0 };
    for (unsigned int i = 0; i < def->ips.n; i++) {
        const virNetworkIp *ip = def->ips.v[i];
        if (ip->ranges.n || ip->hosts.n)
            with[virNetworkIpFamily(ip) == AF_INET6]++;
    }
    if (with[0] > 1 || with[1] > 1)
        return UNSUPPORTED("Multiple IPv%d dhcp sections found -- dhcp is supported only for a single IPv%d address on each network",
                           with[0] > 1 ? 4 : 6, with[0] > 1 ? 4 : 6);
    return true;
}

/* Modes that take what the host has: libvirt sets up nothing for them. */
static bool hostModeCheck(const virNetworkDef *def, GError **error)
{
    const char *mode = virNetworkForwardToString(def->forwardMode);
    const char *what = def->hasMac ? "<mac>" : def->ips.n ? "<ip>" : def->domain ? "<domain>" :
                       def->dns.forwarders.n + def->dns.txts.n + def->dns.srvs.n + def->dns.hosts.n ? "<dns>" : NULL;
    if (what)
        return UNSUPPORTED("Unsupported %s element in network %s with forward mode='%s'", what, def->name, mode);
    if (def->bandwidth && def->forwardMode != VIR_NETWORK_FORWARD_BRIDGE)
        return UNSUPPORTED("Unsupported network-wide <bandwidth> element in network %s with forward mode='%s'", def->name, mode);
    return true;
}

static bool devicesCheck(const virNetworkDef *def, GError **error)
{
    const char *mode = virNetworkForwardToString(def->forwardMode);
    if (def->forwardMode != VIR_NETWORK_FORWARD_HOSTDEV) {
        if (def->forwardPcis.n)
            return UNSUPPORTED("network '%s' has forward mode '%s'  but lists a device by PCI address in the device pool. "
                               "This is only supported for networks with forward mode 'hostdev'", def->name, mode);
        return true;
    }
    if (def->forwardIfs.n)
        return UNSUPPORTED("hostdev network '%s' lists '%s' in the device pool, but hostdev networks require all devices to be listed "
                           "by PCI address, not network device name", def->name, def->forwardIfs.v[0]->dev);
    for (unsigned int i = 0; i < def->forwardPcis.n; i++) {
        const virPCIAddress *a = &def->forwardPcis.v[i]->pci;
        g_autofree char *device = g_strdup_printf("%s/bus/pci/devices/%04x:%02x:%02x.%x", virHostLocal()->sys, a->domain, a->bus, a->slot,
                                                  a->function);
        if (!virLinkHasPhysicalFunction(device))
            return UNSUPPORTED("device '%s' in network '%s' is not an SR-IOV Virtual Function", device, def->name);
    }
    return true;
}

static bool isOpenVSwitch(const virNetDevVPort *port)
{
    return port && port->type == VIR_NETDEV_VPORT_OPENVSWITCH;
}

static bool vlansCheck(const virNetworkDef *def, GError **error)
{
    bool own = def->forwardMode <= VIR_NETWORK_FORWARD_OPEN;
    bool any = def->forwardMode == VIR_NETWORK_FORWARD_HOSTDEV || def->forwardMode == VIR_NETWORK_FORWARD_PASSTHROUGH;
    bool wrong = def->vlan && !any && (own || !isOpenVSwitch(def->virtualport));
    for (unsigned int i = 0; i < def->portgroups.n; i++) {
        const virNetworkPortGroup *g = def->portgroups.v[i];
        wrong |= g->vlan && !any && (own || !isOpenVSwitch(g->virtualport ? g->virtualport : def->virtualport));
    }
    return !wrong || UNSUPPORTED("<vlan> element specified for network %s, whose type doesn't support vlan configuration", def->name);
}

static bool portgroupsCheck(const virNetworkDef *def, GError **error)
{
    const virNetworkPortGroup *first = NULL;
    for (unsigned int i = 0; i < def->portgroups.n; i++) {
        const virNetworkPortGroup *g = def->portgroups.v[i];
        if (g->isDefault == VIR_TRISTATE_BOOL_YES && first)
            return UNSUPPORTED("network '%s' has multiple default <portgroup> elements (%s and %s), but only one default is allowed",
                               def->name, first->name, g->name);
        if (g->isDefault == VIR_TRISTATE_BOOL_YES)
            first = g;
        for (unsigned int j = 0; j < i; j++)
            if (strcmp(g->name, def->portgroups.v[j]->name) == 0)
                return UNSUPPORTED("multiple <portgroup> elements with the same name (%s) in network '%s'", g->name, def->name);
    }
    return true;
}

bool virNetworkDriverAccept(virRegistrySnapshot *all, gpointer data, GError **error)
{
    virNetworkDef *def = data;
    bool own = def->forwardMode <= VIR_NETWORK_FORWARD_OPEN;
    if (strchr(def->name, '\n')) {
        virErrorSet(error, VIR_FROM_XML, VIR_ERR_XML_DETAIL, "invalid char in name: \n");
        return false;
    }
    for (unsigned int i = 0; i < def->options.n; i++)
        if (!def->options.v[i]->value) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "No dnsmasq options value specified");
            return false;
        }
    if (own && !bridgeCheck(all, def, error))
        return false;
    if (own)
        giveMac(def);
    return (own || hostModeCheck(def, error)) && dhcpCheck(def, error) && devicesCheck(def, error) && vlansCheck(def, error) &&
           portgroupsCheck(def, error);
}
