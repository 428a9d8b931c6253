/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bridge of a network. It goes away with everything that is set on it, so a failure half way needs no other undoing. */
#define VIR_FROM VIR_FROM_NETWORK
#define VIR_LOG_NAME "network.bridge"
#include "drivers/network/network.h"
#include "base/log.h"
#include "host/firewalld.h"
#include "host/link.h"
#include "host/netlink.h"
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* These sentences have had no domain since ever. */
#define FAIL(...) (virErrorSet(error, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, __VA_ARGS__), false)

static bool hasFamily(const virNetworkDef *def, int family)
{
    for (unsigned int i = 0; i < def->ips.n; i++)
        if (virNetworkIpFamily(def->ips.v[i]) == family)
            return true;
    return false;
}

/* ---- routes ---- */

static bool routeRead(const virNetRoute *r, virIp *to, virIp *gateway, unsigned int *prefix)
{
    virIp mask;
    if (!virIpParse(r->address, to) || !virIpParse(r->gateway, gateway))
        return false;
    bool all = virIpIsNetwork(to, 0);
    *prefix = r->netmask && virIpParse(r->netmask, &mask) ? (unsigned int)MAX(virIpPrefix(&mask), 0)
              : r->hasPrefix                              ? r->prefix
              : all                                       ? 0
                                                          : virIpBits(to);
    return true;
}

/* Two ways to the same network would make a guess of which one is meant. */
static bool routesCheck(const virNetworkDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->ips.n; i++) {
        virIp ip;
        if (!virIpParse(def->ips.v[i]->address, &ip) || ip.family != AF_INET)
            continue;
        g_autofree char *dev = virRouteDevice(virHostLocal(), ip.b, virNetworkIpPrefix(def->ips.v[i], &ip));
        if (dev)
            return FAIL("Network is already in use by interface %s", dev);
    }
    for (unsigned int i = 0; i < def->routes.n; i++) {
        virIp to, gateway;
        unsigned int prefix;
        if (!routeRead(def->routes.v[i], &to, &gateway, &prefix) || to.family != AF_INET)
            continue;
        g_autofree char *dev = virRouteDevice(virHostLocal(), to.b, prefix);
        if (dev)
            return FAIL("Route address '%s' conflicts with IP address for '%s'", def->routes.v[i]->address, dev);
    }
    return true;
}

static bool addRoutes(const virNetworkDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->routes.n; i++) {
        const virNetRoute *r = def->routes.v[i];
        virIp to, gateway;
        unsigned int prefix;
        if (routeRead(r, &to, &gateway, &prefix) &&
            !virRouteAdd(def->bridge, to.family, to.b, prefix, gateway.b, r->hasMetric && r->metric ? r->metric : 1, error))
            return false;
    }
    return true;
}

/* ---- addresses and the kernel's settings ---- */

static bool addAddresses(const virNetworkDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->ips.n; i++) {
        virIp ip, mask;
        const char *netmask = def->ips.v[i]->netmask;
        if (netmask && virIpParse(netmask, &mask) && virIpPrefix(&mask) < 0)
            return FAIL("Invalid prefix or netmask for '%s'", def->bridge);
        if (virIpParse(def->ips.v[i]->address, &ip) &&
            !virLinkAddAddress(def->bridge, ip.family, ip.b, virNetworkIpPrefix(def->ips.v[i], &ip), error))
            return false;
    }
    return true;
}

/* The host is the router here: it takes no address from anyone. Without an IPv6 address of its own it does not speak IPv6 there. */
static bool setIpv6(const virNetworkDef *def, GError **error)
{
    const char *proc = virHostLocal()->proc;
    g_autofree char *folder = g_strdup_printf("%s/sys/net/ipv6/conf/%s", proc, def->bridge);
    bool six = hasFamily(def, AF_INET6);
    if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
        return !six || FAIL("network '%s' has IPv6 addresses, but the kernel has no IPv6", def->name);
    return virHostWrite(six ? "0" : "1", error, "%s/disable_ipv6", folder) && virHostWrite("0", error, "%s/accept_ra", folder) &&
           virHostWrite("0", error, "%s/autoconf", folder);
}

static bool setForwarding(const virNetworkDef *def, GError **error)
{
    const char *proc = virHostLocal()->proc;
    bool six = hasFamily(def, AF_INET6);
    if (def->forwardMode == VIR_NETWORK_FORWARD_NONE)
        return true;
    if (hasFamily(def, AF_INET) && !virHostWrite("1", error, "%s/sys/net/ipv4/ip_forward", proc))
        return false;
    g_autofree char *on = six ? virHostRead("%s/sys/net/ipv6/conf/all/forwarding", proc) : NULL;
    if (!six || g_strcmp0(on, "1") == 0)
        return true;
    g_autofree char *lost = virRoutesLostByForwarding(virHostLocal());
    if (lost)
        return FAIL("Check the host setup: enabling IPv6 forwarding with RA routes without accept_ra set to 2 is likely to cause routes "
                    "loss. Interfaces to look at: %s", lost);
    return virHostWrite("1", error, "%s/sys/net/ipv6/conf/all/forwarding", proc);
}

/* The delay first: the kernel refuses a short one once the spanning tree runs, but makes it longer by itself. */
static bool setBridge(const virNetworkDef *def, GError **error)
{
    const virHost *host = virHostLocal();
    unsigned long long delay = def->delay ? strtoull(def->delay, NULL, 10) : 0;
    return virBridgeSet(host, def->bridge, "forward_delay", delay * 100, error) &&
           virBridgeSet(host, def->bridge, "stp_state", def->stp != VIR_TRISTATE_SWITCH_OFF, error) &&
           (def->macTable != VIR_NETWORK_MAC_TABLE_LIBVIRT || virBridgeSet(host, def->bridge, "vlan_filtering", 1, error));
}

/* Of a routed network the guests may be called from outside. */
static bool setZone(const virNetworkDef *def, GError **error)
{
    static const char *const routed[] = { "libvirt-routed", "libvirt", NULL };
    return virFirewalldSetZone(def->bridge, def->zone, def->forwardMode == VIR_NETWORK_FORWARD_ROUTE ? routed : routed + 1, def->name, error);
}

static bool fill(const virNetworkDef *def, GError **error)
{
    return (!def->mtu || virLinkSetMtu(def->bridge, def->mtu, error)) && setBridge(def, error) && setIpv6(def, error) &&
           addAddresses(def, error) && setZone(def, error) && virLinkSetUp(def->bridge, true, error) &&
           addRoutes(def, error) && setForwarding(def, error);
}

bool virNetworkBridgeUp(const virNetworkDef *def, GError **error)
{
    if (!routesCheck(def, error) || !virBridgeCreate(def->bridge, def->mac.b, error))
        return false;
    if (fill(def, error))
        return true;
    virNetworkBridgeDown(def);
    return false;
}

void virNetworkBridgeDown(const virNetworkDef *def)
{
    g_autoptr(GError) error = NULL;
    if (!virLinkDelete(def->bridge, &error))
        virWarn("%s", error->message);
}
