/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks after parsing: addresses in canonical form, defaults, and what the modes of forwarding allow. */
#define VIR_FROM VIR_FROM_NETWORK
#include "model/network.h"
#include "base/util.h"
#include "model/network-address.h"
#include "model/tables.h"
#include <netinet/in.h>
#include <string.h>

/* False with an error: a check's last word. */
#define FAIL(code, ...) (virSetError(error, code, __VA_ARGS__), false)
#define XML_FAIL(...) FAIL(VIR_ERR_XML_ERROR, __VA_ARGS__)
#define UNSUPPORTED(...) FAIL(VIR_ERR_CONFIG_UNSUPPORTED, __VA_ARGS__)
#define DETAIL(...) FAIL(VIR_ERR_XML_DETAIL, __VA_ARGS__)
/* Checks that devices share with networks speak for no driver. */
#define SHARED_FAIL(code, ...) (virErrorSet(error, VIR_FROM_NONE, code, __VA_ARGS__), false)

bool virNetworkDefNameCheck(const char *name, int from, GError **error)
{
    if (!name || !*name) {
        virErrorSet(error, from, VIR_ERR_NO_NAME, NULL);
        return false;
    }
    if (strchr(name, '/')) {
        virErrorSet(error, VIR_FROM_XML, VIR_ERR_XML_DETAIL, "invalid char in name: %c", '/');
        return false;
    }
    return true;
}

/* ---- names and leases ---- */

static bool leaseCheck(virNetworkLease **lease, GError **error)
{
    virNetworkLease *l = *lease;
    if (!l)
        return true;
    if (!l->hasExpiry) {
        g_free(l);
        *lease = NULL;
        return true;
    }
    if (l->unit == VIR_NETWORK_LEASE_UNIT_NONE)
        l->unit = VIR_NETWORK_LEASE_UNIT_MINUTES;
    unsigned int seconds = l->unit == VIR_NETWORK_LEASE_UNIT_HOURS ? 3600 : l->unit == VIR_NETWORK_LEASE_UNIT_MINUTES ? 60 : 1;
    if (l->expiry && l->expiry < 120 && l->expiry * seconds < 120)
        return UNSUPPORTED("The minimum lease time should be greater than 2 minutes");
    if (!l->expiry)                                     /* for ever */
        l->unit = VIR_NETWORK_LEASE_UNIT_NONE;
    return true;
}

static bool duidCheck(const char *id, const char *network, GError **error)
{
    for (const char *p = id; *p; p++)
        if (!g_ascii_isxdigit(*p) && *p != ':')
            return XML_FAIL("Invalid character '%c' in id '%s' of network '%s'", *p, id, network);
    return true;
}

static bool hostMacCheck(const char *text, const char *network, bool ipv6, GError **error)
{
    virMac mac;
    if (ipv6)
        return XML_FAIL("Invalid to specify MAC address '%s' in network '%s' IPv6 static host definition", text, network);
    if (!virMacParse(text, &mac))
        return XML_FAIL("Cannot parse MAC address '%s' in network '%s'", text, network);
    if (mac.b[0] & 1)
        return XML_FAIL("expected unicast mac address, found multicast '%s' in network '%s'", text, network);
    return true;
}

bool virNetworkDhcpHostCheck(virNetworkDhcpHost *host, const char *network, bool ipv6, bool partial, GError **error)
{
    if ((host->mac && !hostMacCheck(host->mac, network, ipv6, error)) || (host->id && !duidCheck(host->id, network, error)))
        return false;
    if (host->name && !g_ascii_isalnum(*host->name))
        return XML_FAIL("Cannot use host name '%s' in network '%s'", host->name, network);
    if (host->ip && !virIpCanonical(&host->ip, NULL))
        return XML_FAIL("Invalid IP address in static host definition for network '%s'", network);
    if (partial) {
        if (!host->mac && !host->ip && !host->name && !(ipv6 && host->id))
            return XML_FAIL("At least one of name, mac, or ip attribute must be specified for static host definition in network '%s'",
                            network);
    } else if (ipv6 ? !host->id && !host->name : !host->mac && !host->name) {
        return XML_FAIL("Static host definition in IPv%d network '%s' must have %s or name attribute", ipv6 ? 6 : 4, network,
                        ipv6 ? "id" : "mac");
    } else if (!host->ip) {
        return XML_FAIL("Missing IP address in static host definition for network '%s'", network);
    }
    return leaseCheck(&host->lease, error);
}

/* A name is looked for that is none: the resolver's words. */
static bool addressCheck(char **text, virIp *ip, GError **error)
{
    if (virIpCanonical(text, ip))
        return true;
    return SHARED_FAIL(VIR_ERR_SYSTEM_ERROR, "Cannot parse socket address '%s': Name or service not known", *text);
}

unsigned int virNetworkIpPrefix(const virNetworkIp *ip, const virIp *address)
{
    virIp mask;
    if (ip->netmask && virIpParse(ip->netmask, &mask))
        return MAX(virIpPrefix(&mask), 0);
    if (ip->prefix)
        return ip->prefix;
    if (address->family == AF_INET6)
        return 64;
    /* the class of old; 0.0.0.0 is everything */
    return address->b[0] < 128 ? (address->b[0] ? 8 : 0) : address->b[0] < 192 ? 16 : 24;
}

bool virNetworkRangeCheck(virNetworkRange *range, const virNetworkIp *ip, const char *network, GError **error)
{
    virIp start, end, net;
    if (!range->start)
        return XML_FAIL("Missing 'start' attribute in dhcp range for network '%s'", network);
    if (!addressCheck(&range->start, &start, error))
        return false;
    if (!range->end)
        return XML_FAIL("Missing 'end' attribute in dhcp range for network '%s'", network);
    return addressCheck(&range->end, &end, error) &&
           virIpRangeCheck(&start, &end, virIpParse(ip->address, &net) ? &net : NULL, virNetworkIpPrefix(ip, &net), error) &&
           leaseCheck(&range->lease, error);
}

/* ---- <ip> ---- */

int virNetworkIpFamily(const virNetworkIp *ip)
{
    return g_strcmp0(ip->family, "ipv6") == 0 ? AF_INET6 : AF_INET;
}

static bool ipFamilyCheck(const virNetworkIp *ip, const virIp *address, const char *network, GError **error)
{
    if (ip->family && !g_str_equal(ip->family, "ipv4") && !g_str_equal(ip->family, "ipv6"))
        return XML_FAIL("Unrecognized family '%s' in network '%s'", ip->family, network);
    if (!ip->family && address->family != AF_INET)
        return UNSUPPORTED("no family specified for non-IPv4 address '%s' in network '%s'", ip->address, network);
    if (virNetworkIpFamily(ip) != address->family)
        return UNSUPPORTED("Family '%s' specified for non-IPv%d address '%s' in network '%s'", ip->family,
                           address->family == AF_INET ? 6 : 4, ip->address, network);
    return true;
}

static bool netmaskCheck(virNetworkIp *ip, const virIp *address, const char *network, GError **error)
{
    virIp mask;
    if (ip->netmask && !virIpCanonical(&ip->netmask, &mask))
        return XML_FAIL("Invalid netmask '%s' in network '%s'", ip->netmask, network);
    if (ip->netmask && address->family != AF_INET)
        return UNSUPPORTED("netmask not allowed for IPv6 address '%s' in network '%s'", ip->address, network);
    if (ip->netmask && mask.family != AF_INET)
        return UNSUPPORTED("Invalid netmask '%s' for address '%s' in network '%s' (both must be IPv4)", ip->netmask, ip->address, network);
    if (ip->netmask && ip->prefix)
        return UNSUPPORTED("Network '%s' IP address cannot have both a prefix and a netmask", network);
    if (ip->prefix > virIpBits(address))
        return UNSUPPORTED("Invalid IPv%d prefix '%u' in network '%s'", address->family == AF_INET ? 4 : 6, ip->prefix, network);
    return true;
}

static bool dhcpCheck(virNetworkIp *ip, bool ipv6, const char *network, GError **error)
{
    for (unsigned int i = 0; i < ip->ranges.n; i++)
        if (!virNetworkRangeCheck(ip->ranges.v[i], ip, network, error))
            return false;
    for (unsigned int i = 0; i < ip->hosts.n; i++)
        if (!virNetworkDhcpHostCheck(ip->hosts.v[i], network, ipv6, false, error))
            return false;
    if (ip->bootfile && (ipv6 || !*ip->bootfile))
        g_clear_pointer(&ip->bootfile, g_free);
    if (!ip->bootfile)
        g_clear_pointer(&ip->bootServer, g_free);
    return !ip->bootServer || addressCheck(&ip->bootServer, NULL, error);
}

static bool ipCheck(virNetworkIp *ip, const char *network, GError **error)
{
    virIp address;
    if (!ip->address)
        return XML_FAIL("Missing required address attribute in network '%s'", network);
    if (!virIpCanonical(&ip->address, &address))
        return XML_FAIL("Invalid address '%s' in network '%s'", ip->address, network);
    if (!ipFamilyCheck(ip, &address, network, error) || !netmaskCheck(ip, &address, network, error))
        return false;
    bool ipv6 = address.family == AF_INET6;
    if (ip->tftpRoot && !*ip->tftpRoot)
        g_clear_pointer(&ip->tftpRoot, g_free);
    if (ip->tftpRoot && ipv6)
        return UNSUPPORTED("Unsupported <tftp> element in an IPv6 element in network '%s'", network);
    return dhcpCheck(ip, ipv6, network, error);
}

/* ---- <dns> ---- */

bool virNetworkDnsHostCheck(virNetworkDnsHost *host, const char *network, bool partial, GError **error)
{
    if (!host->ip && !partial)
        return DETAIL("Missing IP address in network '%s' DNS HOST record", network);
    if (host->ip && !virIpCanonical(&host->ip, NULL))
        return DETAIL("Invalid IP address in network '%s' DNS HOST record", network);
    for (char **name = host->names; name && *name; name++)
        if (!**name)
            return DETAIL("Missing hostname in network '%s' DNS HOST record", network);
    if ((!host->names || !*host->names) && !partial)
        return DETAIL("Missing hostname in network '%s' DNS HOST record", network);
    if ((!host->names || !*host->names) && !host->ip)
        return DETAIL("Missing ip and hostname in network '%s' DNS HOST record", network);
    return true;
}

bool virNetworkDnsTxtCheck(const virNetworkDnsTxt *txt, const char *network, bool partial, GError **error)
{
    if (!txt->name)
        return DETAIL("missing required name attribute in DNS TXT record of network %s", network);
    if (strpbrk(txt->name, " ,"))
        return DETAIL("prohibited character in DNS TXT record name '%s' of network %s", txt->name, network);
    if (!txt->value && !partial)
        return DETAIL("missing required value attribute in DNS TXT record named '%s' of network %s", txt->name, network);
    return true;
}

/* A number of an SRV record; 0 is as good as none, where it is allowed at all. */
static bool srvNumber(char **text, const char *what, const virNetworkDnsSrv *srv, const char *network, bool positive, GError **error)
{
    guint64 n;
    if (!*text)
        return true;
    if (!g_ascii_string_to_unsigned(*text, 10, positive, 65535, &n, NULL))
        return DETAIL("Invalid DNS SRV %s attribute for service '%s' in network '%s'", what, srv->service, network);
    if (!srv->target)
        return DETAIL("DNS SRV %s attribute not permitted without target for service '%s' in network '%s'", what, srv->service, network);
    g_free(*text);
    *text = n ? g_strdup_printf("%" G_GUINT64_FORMAT, n) : NULL;
    return true;
}

bool virNetworkDnsSrvCheck(virNetworkDnsSrv *srv, const char *network, bool partial, GError **error)
{
    if (!srv->service && !partial)
        return DETAIL("missing required service attribute in DNS SRV record of network '%s'", network);
    if (!srv->protocol && !partial)
        return DETAIL("missing required protocol attribute in DNS SRV record '%s' of network '%s'", srv->service, network);
    return srvNumber(&srv->port, "port", srv, network, true, error) && srvNumber(&srv->priority, "priority", srv, network, false, error) &&
           srvNumber(&srv->weight, "weight", srv, network, false, error);
}

static bool dnsCheck(virNetworkDns *dns, const char *network, GError **error)
{
    for (unsigned int i = 0; i < dns->forwarders.n; i++) {
        virNetworkDnsForwarder *f = dns->forwarders.v[i];
        if (!f->address && !f->domain)
            return XML_FAIL("Invalid forwarder element, must contain at least one of addr or domain");
        if (f->address && !virIpCanonical(&f->address, NULL))
            return XML_FAIL("Invalid forwarder IP address '%s' in network '%s'", f->address, network);
    }
    for (unsigned int i = 0; i < dns->hosts.n; i++)
        if (!virNetworkDnsHostCheck(dns->hosts.v[i], network, false, error))
            return false;
    for (unsigned int i = 0; i < dns->srvs.n; i++)
        if (!virNetworkDnsSrvCheck(dns->srvs.v[i], network, false, error))
            return false;
    for (unsigned int i = 0; i < dns->txts.n; i++)
        if (!virNetworkDnsTxtCheck(dns->txts.v[i], network, false, error))
            return false;
    if (dns->enable == VIR_TRISTATE_BOOL_NO && (dns->forwarders.n || dns->hosts.n || dns->srvs.n || dns->txts.n))
        return XML_FAIL("Extra data in disabled network '%s'", network);
    return true;
}

/* ---- <route> ---- */

static bool routeCheck(const virNetworkDef *def, virNetRoute *r, GError **error)
{
    virIp gateway, own;
    if (!virNetRouteCheck(r, def->name, error) || !virIpParse(r->gateway, &gateway))
        return false;
    for (unsigned int i = 0; i < def->ips.n; i++)
        if (virIpParse(def->ips.v[i]->address, &own) && virIpSameNet(&own, &gateway, virNetworkIpPrefix(def->ips.v[i], &own)))
            return true;
    return UNSUPPORTED("unreachable static route gateway '%s' specified for network '%s'", r->gateway, def->name);
}

/* ---- <forward> ---- */

static bool natCheck(const virNetworkDef *def, GError **error)
{
    virIp start, end;
    guint64 first, last;
    if (def->nat->address) {
        virNetworkNatRange *a = def->nat->address;
        if (!a->start || !a->end)
            return XML_FAIL("missing '%s' attribute in <address> element in <nat> in <forward> in network %s", a->start ? "end" : "start",
                            def->name);
        if (!virIpCanonical(&a->start, &start) || start.family != AF_INET)
            return XML_FAIL("Bad ipv4 start address '%s' in <nat> in <forward> in network '%s'", a->start, def->name);
        if (!virIpCanonical(&a->end, &end) || end.family != AF_INET)
            return XML_FAIL("Bad ipv4 end address '%s' in <nat> in <forward> in network '%s'", a->end, def->name);
        if (!virIpRangeCheck(&start, &end, NULL, 0, error))
            return false;
    }
    if (def->nat->port) {
        const virNetworkNatRange *p = def->nat->port;
        if (!p->start || !g_ascii_string_to_unsigned(p->start, 10, 0, 65535, &first, NULL))
            return DETAIL("Missing or invalid 'start' attribute in <port> in <nat> in <forward> in network %s", def->name);
        if (!p->end || !g_ascii_string_to_unsigned(p->end, 10, first, 65535, &last, NULL))
            return DETAIL("Missing or invalid 'end' attribute in <port> in <nat> in <forward> in network %s", def->name);
    }
    return true;
}

static bool forwardIfsCheck(virNetworkDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->forwardIfs.n; i++) {
        const char *dev = def->forwardIfs.v[i]->dev;
        if (!dev)
            return XML_FAIL("Missing required dev attribute in <forward> <interface> element of network %s", def->name);
        for (unsigned int j = 0; j < i; j++)
            if (g_str_equal(dev, def->forwardIfs.v[j]->dev))
                return XML_FAIL("interface '%s' can only be listed once in network %s", dev, def->name);
    }
    if (def->forwardDev && !*def->forwardDev)
        g_clear_pointer(&def->forwardDev, g_free);
    if (def->forwardDev && def->forwardIfs.n && !g_str_equal(def->forwardDev, def->forwardIfs.v[0]->dev))
        return XML_FAIL("<forward dev='%s'> must match first <interface dev='%s'/> in network %s", def->forwardDev,
                        def->forwardIfs.v[0]->dev, def->name);
    if (def->forwardDev && !def->forwardIfs.n) {        /* the attribute names the first interface */
        if (def->forwardPcis.n || def->forwardPfs.n)
            return XML_FAIL("the <forward> 'dev' attribute cannot be used when <address> or <pf> sub-elements are present in network %s",
                            def->name);
        virNetworkForwardIf *first = g_new0(virNetworkForwardIf, 1);
        first->dev = g_strdup(def->forwardDev);
        virListAppend(&def->forwardIfs, first);
    }
    if (def->forwardIfs.n && !def->forwardDev)
        def->forwardDev = g_strdup(def->forwardIfs.v[0]->dev);
    return true;
}

static bool forwardPcisCheck(const virNetworkDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->forwardPcis.n; i++) {
        const virNetworkForwardPci *a = def->forwardPcis.v[i];
        if (!a->type)
            return XML_FAIL("missing address type in network %s", def->name);
        if (!g_str_equal(a->type, "pci"))
            return UNSUPPORTED("unknown address type '%s' in network %s", a->type, def->name);
        for (unsigned int j = 0; j < i; j++) {
            const virPCIAddress *b = &def->forwardPcis.v[j]->pci;
            if (a->pci.domain == b->domain && a->pci.bus == b->bus && a->pci.slot == b->slot && a->pci.function == b->function)
                return XML_FAIL("PCI device '%04x:%02x:%02x.%x' can only be listed once in network %s", a->pci.domain, a->pci.bus,
                                a->pci.slot, a->pci.function, def->name);
        }
    }
    return true;
}

/* Interfaces are preferred to PCI addresses, these to the physical function that has them. */
static void forwardPrefer(virNetworkDef *def)
{
    while (def->forwardPcis.n && def->forwardIfs.n) {
        virNetworkForwardPci *p = virListTake(&def->forwardPcis, 0);
        g_free(p->type);
        g_free(p->multifunction);
        g_free(p);
    }
    while (def->forwardPfs.n && (def->forwardIfs.n || def->forwardPcis.n)) {
        virNetworkForwardIf *p = virListTake(&def->forwardPfs, 0);
        g_free(p->dev);
        g_free(p);
    }
}

static bool forwardCheck(virNetworkDef *def, GError **error)
{
    if (def->forwardPfs.n > 1)
        return XML_FAIL("Only one <pf> element is allowed in <forward> of network %s", def->name);
    if (def->forwardPfs.n && !def->forwardPfs.v[0]->dev)
        return XML_FAIL("Missing required dev attribute in <pf> element of network '%s'", def->name);
    if (def->nat && def->forwardMode != VIR_NETWORK_FORWARD_NAT)
        return XML_FAIL("The <nat> element can only be used when <forward> 'mode' is 'nat' in network %s", def->name);
    if ((def->nat && !natCheck(def, error)) || !forwardIfsCheck(def, error) || !forwardPcisCheck(def, error))
        return false;
    forwardPrefer(def);
    bool managed = g_strcmp0(def->managed, "yes") == 0;
    g_free(def->managed);
    def->managed = g_strdup(managed ? "yes" : "no");
    if (def->nat && !def->nat->ipv6 && !def->nat->address && !def->nat->port)
        g_clear_pointer(&def->nat, g_free);
    return true;
}

/* ---- what a mode allows ---- */

/* Modes with a bridge of libvirt's own. */
static bool ownsBridge(const virNetworkDef *def)
{
    return def->forwardMode <= VIR_NETWORK_FORWARD_OPEN;
}

static bool bridgeCheck(virNetworkDef *def, bool stpGiven, GError **error)
{
    const char *mode = virNetworkForwardToString(def->forwardMode);
    guint64 delay = 0;
    if (def->delay && !g_ascii_string_to_unsigned(def->delay, 10, 0, G_MAXULONG, &delay, NULL))
        return XML_FAIL("Invalid delay value in network '%s'", def->name);
    if (ownsBridge(def)) {
        g_free(def->delay);
        def->delay = g_strdup_printf("%" G_GUINT64_FORMAT, delay);
        if (!def->stp)
            def->stp = VIR_TRISTATE_SWITCH_ON;
        return true;
    }
    if (def->forwardMode != VIR_NETWORK_FORWARD_BRIDGE) {
        if (def->bridge)
            return XML_FAIL("bridge name not allowed in %s mode (network '%s')", mode, def->name);
        if (def->zone)
            return XML_FAIL("bridge zone not allowed in %s mode (network '%s')", mode, def->name);
        if (def->macTable)
            return XML_FAIL("bridge macTableManager setting not allowed in %s mode (network '%s')", mode, def->name);
    } else if (def->bridge && (def->forwardIfs.n || def->forwardPcis.n || def->forwardPfs.n)) {
        return XML_FAIL("A network with forward mode='%s' can specify a bridge name or a forward dev, but not both (network '%s')", mode,
                        def->name);
    }
    if (delay || stpGiven || def->zone)
        return XML_FAIL("bridge delay/stp/zone options only allowed in route, nat, and isolated mode, not in %s (network '%s')", mode,
                        def->name);
    g_clear_pointer(&def->delay, g_free);
    return true;
}

static bool modeCheck(virNetworkDef *def, GError **error)
{
    const char *mode = virNetworkForwardToString(def->forwardMode);
    bool routed = def->forwardMode >= VIR_NETWORK_FORWARD_NAT && def->forwardMode <= VIR_NETWORK_FORWARD_OPEN;
    if (routed && !def->ips.n)
        return XML_FAIL("%s forwarding requested, but no IP address provided for network '%s'", mode, def->name);
    if (routed && def->forwardIfs.n > 1)
        return XML_FAIL("multiple forwarding interfaces specified for network '%s', only one is supported", def->name);
    if (def->forwardMode == VIR_NETWORK_FORWARD_OPEN && (def->forwardIfs.n || def->forwardPcis.n))
        return XML_FAIL("forward dev not allowed for network '%s' with forward mode='open'", def->name);
    if (!bridgeCheck(def, def->stp != VIR_TRISTATE_SWITCH_ABSENT, error))
        return false;
    if (def->mtu && !ownsBridge(def))
        return XML_FAIL("mtu size only allowed in open, route, nat, and isolated mode, not in %s (network '%s')", mode, def->name);
    return true;
}

bool virNetworkPortGroupCheck(virNetworkPortGroup *group, GError **error)
{
    if (!group->name || !*group->name)
        return XML_FAIL("Missing required name attribute in portgroup");
    if (group->isDefault == VIR_TRISTATE_BOOL_NO)
        group->isDefault = VIR_TRISTATE_BOOL_ABSENT;
    return virNetVPortCheck(&group->virtualport, false, error) && virNetBandwidthCheck(group->bandwidth, false, error) &&
           virNetVlanCheck(group->vlan, error);
}

static bool partsCheck(virNetworkDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->ips.n; i++)
        if (!ipCheck(def->ips.v[i], def->name, error))
            return false;
    for (unsigned int i = 0; i < def->portgroups.n; i++)
        if (!virNetworkPortGroupCheck(def->portgroups.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->routes.n; i++)
        if (!routeCheck(def, def->routes.v[i], error))
            return false;
    return true;
}

bool virNetworkDefComplete(virNetworkDef *def, unsigned int flags, GError **error)
{
    static const unsigned char none[16];
    if (!virNetworkDefNameCheck(def->name, VIR_FROM, error))
        return false;
    if (memcmp(def->uuid, none, 16) == 0)
        virUUIDGenerate(def->uuid);
    int mode = !def->forward ? VIR_NETWORK_FORWARD_NONE : def->forwardWord && *def->forwardWord ?
        virNetworkForwardFromString(def->forwardWord) : VIR_NETWORK_FORWARD_NAT;
    if (mode < 0)
        return UNSUPPORTED("unknown forwarding type '%s'", def->forwardWord);
    def->forwardMode = mode;
    if (def->bridge && !*def->bridge)
        g_clear_pointer(&def->bridge, g_free);
    if (def->zone && !*def->zone)
        g_clear_pointer(&def->zone, g_free);
    if (def->mac.b[0] & 1) {
        char text[18];
        virMacFormat(&def->mac, text);
        return XML_FAIL("Invalid multicast bridge mac address '%s' in network '%s'", text, def->name);
    }
    if (def->ipv6 == VIR_TRISTATE_BOOL_NO)
        def->ipv6 = VIR_TRISTATE_BOOL_ABSENT;
    return virNetBandwidthCheck(def->bandwidth, false, error) && virNetVlanCheck(def->vlan, error) &&
           dnsCheck(&def->dns, def->name, error) && partsCheck(def, error) && virNetVPortCheck(&def->virtualport, true, error) &&
           (!def->forward || forwardCheck(def, error)) && modeCheck(def, error);
}
