/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What networks, their ports and guests' interfaces have in common: VLANs, virtual ports, rates, routes. For interfaces their addresses too. */
#define VIR_FROM VIR_FROM_NETWORK
#include "model/network.h"
#include "base/util.h"
#include "model/network-address.h"
#include "model/passes.h"
#include "model/tables.h"
#include <netinet/in.h>
#include <string.h>

/* False with an error: a check's last word. */
#define XML_FAIL(...) (virSetError(error, VIR_ERR_XML_ERROR, __VA_ARGS__), false)
/* Most of these speak for no driver. */
#define SHARED_FAIL(code, ...) (virErrorSet(error, VIR_FROM_NONE, code, __VA_ARGS__), false)
#define DOMAIN_FAIL(code, ...) (virErrorSet(error, VIR_FROM_DOMAIN, code, __VA_ARGS__), false)

static bool isSet(const unsigned char *uuid)
{
    static const unsigned char none[16];
    return memcmp(uuid, none, 16) != 0;
}

/* ---- VLANs ---- */

bool virNetVlanCheck(virNetVlan *vlan, GError **error)
{
    unsigned int natives = 0;
    if (!vlan)
        return true;
    if (!vlan->tags.n)
        return SHARED_FAIL(VIR_ERR_XML_ERROR, "missing tag id - each <vlan> must have at least one <tag id='n'/> subelement");
    for (unsigned int i = 0; i < vlan->tags.n; i++)
        natives += vlan->tags.v[i]->native != VIR_NET_VLAN_NATIVE_NONE;
    if (natives > 1)
        return SHARED_FAIL(VIR_ERR_XML_ERROR, "duplicate native vlan setting");
    if (vlan->trunk == VIR_TRISTATE_BOOL_NO && vlan->tags.n > 1)
        return SHARED_FAIL(VIR_ERR_XML_ERROR, "invalid \"trunk='no'\" in <vlan> - trunk='yes' is required for more than one vlan tag");
    if (vlan->trunk == VIR_TRISTATE_BOOL_NO && natives)
        return SHARED_FAIL(VIR_ERR_XML_ERROR, "invalid configuration in <vlan> - \"trunk='no'\" is not allowed with a native vlan id");
    if (vlan->trunk != VIR_TRISTATE_BOOL_YES)
        vlan->trunk = vlan->tags.n > 1 ? VIR_TRISTATE_BOOL_YES : VIR_TRISTATE_BOOL_ABSENT;
    return true;
}

/* ---- virtual ports ---- */

/* Which parameters a type of port has. */
enum { MANAGER = 1, TYPEID = 2, VERSION = 4, INSTANCE = 8, PROFILE = 16, INTERFACE = 32 };
static const unsigned int vportTakes[virNetDevVPortTypeLast] = {
    [VIR_NETDEV_VPORT_NONE] = ~0u,
    [VIR_NETDEV_VPORT_802_1QBG] = MANAGER | TYPEID | VERSION | INSTANCE,
    [VIR_NETDEV_VPORT_802_1QBH] = PROFILE,
    [VIR_NETDEV_VPORT_OPENVSWITCH] = PROFILE | INTERFACE,
    [VIR_NETDEV_VPORT_MIDONET] = INTERFACE,
};

static bool vportRanges(const virNetDevVPort *p, GError **error)
{
    if (p->managerId > 255)
        return SHARED_FAIL(VIR_ERR_XML_ERROR, "value of managerid out of range");
    if (p->typeId > 0xffffff)
        return SHARED_FAIL(VIR_ERR_XML_ERROR, "value for typeid out of range");
    if (p->typeIdVersion > 255)
        return SHARED_FAIL(VIR_ERR_XML_ERROR, "value of typeidversion out of range");
    if (p->profileId && strlen(p->profileId) > 39)
        return SHARED_FAIL(VIR_ERR_XML_ERROR, "profileid parameter too long");
    return true;
}

bool virNetVPortCheck(virNetDevVPort **port, bool needType, GError **error)
{
    virNetDevVPort *p = *port;
    if (!p)
        return true;
    if (p->profileId && !*p->profileId)
        g_clear_pointer(&p->profileId, g_free);
    if (!vportRanges(p, error))
        return false;
    unsigned int given = (p->hasManagerId ? MANAGER : 0) | (p->hasTypeId ? TYPEID : 0) | (p->hasTypeIdVersion ? VERSION : 0) |
                         (isSet(p->instanceId) ? INSTANCE : 0) | (p->profileId ? PROFILE : 0) | (isSet(p->interfaceId) ? INTERFACE : 0);
    unsigned int extra = given & ~vportTakes[p->type];
    static const char *const names[] = { "managerid", "typeid", "typeidversion", "instanceid", "profileid", "interfaceid" };
    if (p->type == VIR_NETDEV_VPORT_NONE && needType)
        return SHARED_FAIL(VIR_ERR_XML_ERROR, "missing required virtualport type");
    if (p->type == VIR_NETDEV_VPORT_NONE && !given) {
        virXmlFree(&virNetDevVPortXml, p);
        *port = NULL;
    } else if (p->type == VIR_NETDEV_VPORT_MIDONET && extra == PROFILE) {
        g_clear_pointer(&p->profileId, g_free);         /* passed over in silence */
    } else if (extra) {
        virErrorSet(error, VIR_FROM_NET, VIR_ERR_XML_ERROR, "extra %s unsupported in <virtualport type='%s'>",
                    names[g_bit_nth_lsf(extra, -1)], virNetDevVPortTypeToString(p->type));
        return false;
    }
    return true;
}

static const char *lacking(const virNetDevVPort *p)
{
    switch (p->type) {
    case VIR_NETDEV_VPORT_802_1QBG:
        return !p->hasManagerId ? "managerid" : !p->hasTypeId ? "typeid" : !p->hasTypeIdVersion ? "typeidversion" : NULL;
    case VIR_NETDEV_VPORT_802_1QBH:
        return !p->profileId ? "profileid" : NULL;
    case VIR_NETDEV_VPORT_MIDONET:
        return !isSet(p->interfaceId) ? "interfaceid" : NULL;
    default:
        return NULL;
    }
}

bool virNetVPortIsWhole(const virNetDevVPort *p, GError **error)
{
    const char *what = p ? lacking(p) : NULL;
    if (what)
        virErrorSet(error, VIR_FROM_NET, VIR_ERR_XML_ERROR, "missing %s in <virtualport type='%s'>", what,
                    virNetDevVPortTypeToString(p->type));
    return !what;
}

void virNetVPortIdentify(virNetDevVPort *p)
{
    bool any = p->type == VIR_NETDEV_VPORT_NONE;
    if ((any || p->type == VIR_NETDEV_VPORT_802_1QBG) && !isSet(p->instanceId))
        virUUIDGenerate(p->instanceId);
    if ((any || p->type == VIR_NETDEV_VPORT_OPENVSWITCH) && !isSet(p->interfaceId))
        virUUIDGenerate(p->interfaceId);
}

/* ---- rates ---- */

bool virNetBandwidthCheck(const virNetBandwidth *bandwidth, bool floor, GError **error)
{
    if (!bandwidth)
        return true;
    const virNetBandwidthRate *in = bandwidth->in, *out = bandwidth->out;
    if ((in && !in->average && !in->floor) || (out && !out->average && !out->floor))
        return SHARED_FAIL(VIR_ERR_XML_DETAIL, "Missing mandatory average or floor attributes");
    if (out && out->floor)
        return SHARED_FAIL(VIR_ERR_CONFIG_UNSUPPORTED, "'floor' attribute allowed only in <inbound> element");
    if (in && in->floor && !floor)
        return SHARED_FAIL(VIR_ERR_CONFIG_UNSUPPORTED, "floor attribute is not supported for this config");
    return true;
}

/* ---- routes ---- */

static bool routeAddresses(virNetRoute *r, const char *whose, virIp *address, virIp *gateway, GError **error)
{
    if (!r->address)
        return XML_FAIL("%s: Missing required address attribute in route definition", whose);
    if (!r->gateway)
        return XML_FAIL("%s: Missing required gateway attribute in route definition", whose);
    if (!virIpCanonical(&r->address, address))
        return XML_FAIL("%s: Bad network address '%s' in route definition", whose, r->address);
    if (!virIpCanonical(&r->gateway, gateway))
        return XML_FAIL("%s: Bad gateway address '%s' in route definition", whose, r->gateway);
    bool ipv6 = g_strcmp0(r->family, "ipv6") == 0;
    if (r->family && !ipv6 && !g_str_equal(r->family, "ipv4"))
        return XML_FAIL("%s: Unrecognized family '%s' in route definition", whose, r->family);
    int want = ipv6 ? AF_INET6 : AF_INET;
    if (address->family != want || gateway->family != want)
        return XML_FAIL("%s: %s specified for non-IPv%d %saddress '%s' in route definition", whose,
                        r->family ? r->family : "No family", ipv6 ? 6 : 4, address->family != want ? "" : "gateway ",
                        address->family != want ? r->address : r->gateway);
    return true;
}

bool virNetRouteCheck(virNetRoute *r, const char *whose, GError **error)
{
    virIp address, gateway, mask;
    if (!routeAddresses(r, whose, &address, &gateway, error))
        return false;
    if (r->netmask && !virIpCanonical(&r->netmask, &mask))
        return XML_FAIL("%s: Bad netmask address '%s' in route definition", whose, r->netmask);
    if (r->netmask && address.family == AF_INET6)
        return XML_FAIL("%s: Specifying netmask invalid for IPv6 address '%s' in route definition", whose, r->address);
    if (r->netmask && r->hasPrefix)
        return XML_FAIL("%s: Route definition cannot have both a prefix and a netmask", whose);
    if (r->netmask && mask.family != AF_INET)
        return XML_FAIL("%s: Invalid netmask '%s' for address '%s' (both must be IPv4)", whose, r->netmask, r->address);
    unsigned int bits = virIpBits(&address);
    if (r->prefix > bits)
        return XML_FAIL("%s: Invalid prefix %u specified in route definition, must be 0 - %u", whose, r->prefix, bits);
    /* where nothing says where the network ends, it is all addresses */
    int ones = r->netmask ? virIpPrefix(&mask) : r->hasPrefix ? (int)r->prefix : 0;
    if (ones >= 0 && !virIpIsNetwork(&address, ones))
        return XML_FAIL("%s: Address '%s' in route definition is not a network address", whose, r->address);
    return true;
}

/* ---- a guest's interface ---- */

static bool ipCheck(virNetIp *ip, GError **error)
{
    virIp address, peer;
    int family = !ip->family ? AF_UNSPEC : g_str_equal(ip->family, "ipv6") ? AF_INET6 : g_str_equal(ip->family, "ipv4") ? AF_INET : AF_UNSPEC;
    if (!ip->address)
        return DOMAIN_FAIL(VIR_ERR_XML_ERROR, "Missing required address in <ip>");
    if (!virIpCanonical(&ip->address, &address) || (family && address.family != family))
        return DOMAIN_FAIL(VIR_ERR_XML_ERROR, "Invalid address '%s' in <ip>", ip->address);
    if (ip->prefix > virIpBits(&address))
        return DOMAIN_FAIL(VIR_ERR_XML_ERROR, "Invalid prefix value '%u' in <ip>", ip->prefix);
    if (ip->peer && (!virIpCanonical(&ip->peer, &peer) || peer.family != address.family))
        return DOMAIN_FAIL(VIR_ERR_INVALID_ARG, "Invalid peer '%s' in <ip>", ip->peer);
    return true;
}

static bool addressesCheck(virNetIp **ips, unsigned int nIps, virNetRoute **routes, unsigned int nRoutes, const char *whose, GError **error)
{
    for (unsigned int i = 0; i < nIps; i++)
        if (!ipCheck(ips[i], error))
            return false;
    for (unsigned int i = 0; i < nRoutes; i++)
        if (!virNetRouteCheck(routes[i], whose, error))
            return false;
    return true;
}

/* A network may say what the interface leaves open. */
static bool vportCheck(virDomainNetDef *net, GError **error)
{
    enum { TAKE = 1 << VIR_DOMAIN_NET_TYPE_NETWORK | 1 << VIR_DOMAIN_NET_TYPE_BRIDGE | 1 << VIR_DOMAIN_NET_TYPE_DIRECT |
                  1 << VIR_DOMAIN_NET_TYPE_HOSTDEV };
    bool open = net->type == VIR_DOMAIN_NET_TYPE_NETWORK;
    if (!net->virtualport)
        return true;
    if (!(1u << net->type & TAKE))
        return DOMAIN_FAIL(VIR_ERR_CONFIG_UNSUPPORTED, "<virtualport> element unsupported for <interface type='%s'>",
                           virDomainNetTypeToString(net->type));
    if (open || net->virtualport->type)
        virNetVPortIdentify(net->virtualport);
    return virNetVPortCheck(&net->virtualport, !open, error) && (open || virNetVPortIsWhole(net->virtualport, error));
}

bool virDomainPassNetParts(virDomainNetDef *net, GError **error)
{
    return vportCheck(net, error) && virNetBandwidthCheck(net->bandwidth, net->type == VIR_DOMAIN_NET_TYPE_NETWORK, error) &&
           virNetVlanCheck(net->vlan, error) &&
           addressesCheck(net->guestIps.v, net->guestIps.n, net->guestRoutes.v, net->guestRoutes.n, "guest interface", error) &&
           addressesCheck(net->hostIps.v, net->hostIps.n, net->hostRoutes.v, net->hostRoutes.n, "host interface", error);
}
