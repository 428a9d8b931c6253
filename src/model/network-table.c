/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of networks. */
#define VIR_FROM VIR_FROM_NETWORK
#include "model/network-strict.h"
#include "model/network.h"
#include "model/tables.h"

VIR_ENUM_TABLE(virNetworkForward, VIR_NETWORK_FORWARD_VALUES)
VIR_ENUM_TABLE(virNetworkDriverName, VIR_NETWORK_DRIVER_VALUES)
VIR_ENUM_TABLE(virNetworkMacTable, VIR_NETWORK_MAC_TABLE_VALUES)
VIR_ENUM_TABLE(virNetworkLeaseUnit, VIR_NETWORK_LEASE_UNIT_VALUES)

#define DNSMASQ_NS_URI "http://libvirt.org/schemas/network/dnsmasq/1.0"
#define DEVICE .pattern = "[a-zA-Z0-9_\\.\\-\\\\:/]+"
#define DNS .pattern = "([a-zA-Z0-9_]([a-zA-Z0-9_\\-]{0,61}[a-zA-Z0-9_])?\\.?)+"
#define IP4 "(((25[0-5])|(2[0-4][0-9])|(1[0-9]{2})|([1-9][0-9])|([0-9]))\\.){3}((25[0-5])|(2[0-4][0-9])|(1[0-9]{2})|([1-9][0-9])|([0-9]))"
#define IP6 "[0-9a-fA-F:]*:[0-9a-fA-F:]*(" IP4 ")?"
#define ANYIP .pattern = "(" IP4 ")|(" IP6 ")"

#define UPTO16 "(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|0*[0-9]{1,4})"
#define UNICAST "[a-fA-F0-9][02468aAcCeE](:[a-fA-F0-9]{2}){5}"

/* An element that stands there with its end tag even when nothing is in it. */
static const virXmlRow noRows[] = { X_END };
static virXmlType openXml = { .structName = "open", .rows = noRows };
#define X_OPEN X_SAME(".", openXml, XF_OPEN)

#define S virNetworkForwardIf
static const virXmlRow forwardIfRows[] = {
    X_STR("@dev", dev, XF_WANTED, DEVICE),
    X_UINT("@connections", connections, XF_LIVE),
    X_END
};
X_TYPE(virNetworkForwardIf, "interface", forwardIfRows);
static const virXmlRow pfRows[] = { X_STR("@dev", dev, XF_WANTED, DEVICE), X_END };
static X_TYPE_AS(pfXml, virNetworkForwardIf, "pf", pfRows);
#undef S
#define S virNetworkForwardPci
static const virXmlRow forwardPciRows[] = {
    X_STR("@type", type, XF_WANTED, .pattern = "pci"),
    X_INLINE_AS(".", pci, virPCIAddress, virPCISourceAddressXml, 0),
    X_STR("@multifunction", multifunction, XF_NOFORMAT, .pattern = "on|off"),
    X_UINT("@connections", connections, XF_LIVE),
    X_END
};
static X_TYPE(virNetworkForwardPci, "address", forwardPciRows);
#undef S
#define S virNetworkNatRange
static const virXmlRow natAddressRows[] = { X_STR("@start", start, XF_WANTED, .pattern = IP4), X_STR("@end", end, XF_WANTED, .pattern = IP4), X_END };
static X_TYPE_AS(natAddressXml, virNetworkNatRange, "address", natAddressRows);
#define PORT .pattern = "0*[1-9][0-9]{0,4}"
static const virXmlRow natPortRows[] = { X_STR("@start", start, XF_WANTED, PORT), X_STR("@end", end, XF_WANTED, PORT), X_END };
static X_TYPE_AS(natPortXml, virNetworkNatRange, "port", natPortRows);
#undef S
#define S virNetworkNat
static const virXmlRow natRows[] = {
    X_YESNO("@ipv6", ipv6, 0),
    X_OBJ_AS("address", address, virNetworkNatRange, natAddressXml, 0, .lack = "Only one <address> element is allowed in <nat>"),
    X_OBJ_AS("port", port, virNetworkNatRange, natPortXml, 0, .lack = "Only one <port> element is allowed in <nat>"),
    X_END
};
static X_TYPE(virNetworkNat, "nat", natRows);
#undef S
#define S virNetworkLease
static const virXmlRow leaseRows[] = {
    X_ULL("@expiry", expiry, XF_WANTED, X_HAS(hasExpiry)),
    X_ENUM("@unit", unit, virNetworkLeaseUnit, 0),
    X_END
};
static X_TYPE(virNetworkLease, "lease", leaseRows);
#undef S
#define S virNetworkRange
static const virXmlRow rangeRows[] = {
    X_STR("@start", start, XF_WANTED, ANYIP),
    X_STR("@end", end, XF_WANTED, ANYIP),
    X_OBJ("lease", lease, virNetworkLease, 0),
    X_END
};
X_TYPE(virNetworkRange, "range", rangeRows);
#undef S
#define S virNetworkDhcpHost
static const virXmlRow hostRows[] = {
    X_STR("@mac", mac, 0, .pattern = UNICAST),
    X_STR("@id", id, 0, .pattern = "[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2})*"),
    X_STR("@name", name, 0),
    X_STR("@ip", ip, XF_WANTED, ANYIP),
    X_OBJ("lease", lease, virNetworkLease, 0),
    X_END
};
X_TYPE(virNetworkDhcpHost, "host", hostRows);
#undef S
static bool hasDhcp(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virNetworkIp *)obj)->ranges.n || ((const virNetworkIp *)obj)->hosts.n;
}

#define S virNetworkIp
static const virXmlRow ipRows[] = {
    X_STR("@family", family, 0, .pattern = "ipv4|ipv6"),
    X_STR("@address", address, 0, ANYIP),
    X_STR("@netmask", netmask, 0, .pattern = IP4),
    X_UINT("@prefix", prefix, 0),
    X_YESNO("@localPtr", localPtr, 0),
    X_OPEN,
    X_STR("tftp/@root", tftpRoot, XF_WANTED),
    X_LIST("dhcp/range", ranges, virNetworkRange, 0),
    X_LIST("dhcp/host", hosts, virNetworkDhcpHost, 0),
    X_STR("dhcp/bootp/@file", bootfile, XF_WANTED, .when = hasDhcp, .pattern = ".+"),
    X_STR("dhcp/bootp/@server", bootServer, 0, .when = hasDhcp, .pattern = ".+"),
    X_END
};
static X_TYPE(virNetworkIp, "ip", ipRows);
#undef S
#define S virNetworkDnsForwarder
static const virXmlRow forwarderRows[] = { X_STR("@domain", domain, 0, DNS), X_STR("@addr", address, 0, ANYIP), X_END };
static X_TYPE(virNetworkDnsForwarder, "forwarder", forwarderRows);
#undef S
#define S virNetworkDnsTxt
static const virXmlRow txtRows[] = { X_STR("@name", name, XF_WANTED, DNS), X_STR("@value", value, XF_WANTED), X_END };
X_TYPE(virNetworkDnsTxt, "txt", txtRows);
#undef S
#define S virNetworkDnsSrv
#define SHORT .pattern = UPTO16
static const virXmlRow srvRows[] = {
    X_STR("@service", service, XF_WANTED),
    X_STR("@protocol", protocol, XF_WANTED, .pattern = "tcp|udp"),
    X_STR("@domain", domain, 0, DNS),
    X_STR("@target", target, 0),
    X_STR("@port", port, 0, SHORT),
    X_STR("@priority", priority, 0, SHORT),
    X_STR("@weight", weight, 0, SHORT),
    X_END
};
X_TYPE(virNetworkDnsSrv, "srv", srvRows);
#undef S
#define S virNetworkDnsHost
static const virXmlRow dnsHostRows[] = { X_STR("@ip", ip, XF_WANTED, ANYIP), X_STRV("hostname", names, XF_WANTED), X_END };
X_TYPE(virNetworkDnsHost, "host", dnsHostRows);
#undef S
#define S virNetworkDns
static const virXmlRow dnsRows[] = {
    X_YESNO("@enable", enable, 0),
    X_YESNO("@forwardPlainNames", forwardPlainNames, 0),
    X_LIST("forwarder", forwarders, virNetworkDnsForwarder, 0),
    X_LIST("txt", txts, virNetworkDnsTxt, 0),
    X_LIST("srv", srvs, virNetworkDnsSrv, 0),
    X_LIST("host", hosts, virNetworkDnsHost, 0),
    X_END
};
static X_TYPE(virNetworkDns, "dns", dnsRows);
#undef S
#define S virNetworkPortGroup
static const virXmlRow portGroupRows[] = {
    X_STR("@name", name, XF_WANTED, DEVICE),
    X_YESNO("@default", isDefault, XF_LENIENT),
    X_YESNO("@trustGuestRxFilters", trustGuestRxFilters, 0),
    X_OPEN,
    X_OBJ("vlan", vlan, virNetVlan, 0),
    X_OBJ("virtualport", virtualport, virNetDevVPort, XF_EMPTY),
    X_OBJ("bandwidth", bandwidth, virNetBandwidth, 0),
    X_END
};
X_TYPE(virNetworkPortGroup, "portgroup", portGroupRows);
#undef S
#define S virNetworkOption
static const virXmlRow optionRows[] = { X_STR("@value", value, XF_WANTED), X_END };
static X_TYPE(virNetworkOption, "dnsmasq:option", optionRows);
#undef S

static void formatNamespaces(const virXmlRow *row, const void *obj, virXmlOut *out)
{
    if (((const virNetworkDef *)obj)->options.n)
        virXmlOutAttr(out, "xmlns:dnsmasq", DNSMASQ_NS_URI);
}
static const virXmlHook namespaces = { .format = formatNamespaces, .rng = "" };

static bool isForwarded(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virNetworkDef *)obj)->forwardMode != VIR_NETWORK_FORWARD_NONE;
}

static bool isHostdev(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virNetworkDef *)obj)->forwardMode == VIR_NETWORK_FORWARD_HOSTDEV;
}

static bool isNamed(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virNetworkDef *)obj)->domain;
}

#define S virNetworkDef
static const virXmlRow forwardRows[] = {
    X_STR("@dev", forwardDev, 0, DEVICE),
    X_STR("@mode", forwardWord, XF_NOFORMAT, .pattern = "nat|route|open|bridge|passthrough|private|vepa|hostdev"),
    X_ENUM("@mode", forwardMode, virNetworkForward, XF_ALWAYS | XF_NOPARSE, .pattern = "nat|route|open|bridge|passthrough|private|vepa|hostdev"),
    X_STR("@managed", managed, 0, .when = isHostdev, .pattern = "yes|no"),
    X_ENUM("driver/@name", driverName, virNetworkDriverName, 0, .bad = "Unknown forward <driver name='%s'/>"),
    X_OBJ("nat", nat, virNetworkNat, 0, .lack = "Only one <nat> element is allowed in <forward>"),
    X_LIST_AS("pf", forwardPfs, virNetworkForwardIf, pfXml, 0),
    X_LIST("interface", forwardIfs, virNetworkForwardIf, 0),
    X_LIST("address", forwardPcis, virNetworkForwardPci, 0),
    X_END
};
static X_TYPE_AS(forwardXml, virNetworkDef, NULL, forwardRows);
static const virXmlRow domainRows[] = {
    X_STR("@name", domain, XF_WANTED, DNS),
    X_YESNO("@localOnly", domainLocalOnly, 0),
    X_YESNO("@register", domainRegister, 0),
    X_END
};
static X_TYPE_AS(domainXml, virNetworkDef, NULL, domainRows);
static const virXmlRow networkRows[] = {
    X_HOOK(".", &namespaces, 0),
    X_UINT("@connections", connections, XF_LIVE),
    X_YESNO("@ipv6", ipv6, 0, .bad = "Invalid ipv6 setting '%s' in network", .code = VIR_ERR_XML_ERROR),
    X_YESNO("@trustGuestRxFilters", trustGuestRxFilters, 0),
    X_STR("name", name, XF_WANTED),
    X_UUID("uuid", uuid, 0, .bad = "malformed uuid element", .code = VIR_ERR_INTERNAL_ERROR),
    X_STR("title", title, 0),
    X_STR("description", description, 0),
    X_RAW("metadata", metadata, XF_FOREIGN),
    X_FLAG("forward", forward, 0, .when = isForwarded),
    X_SAME("forward", forwardXml, 0, .when = isForwarded),
    X_STR("bridge/@name", bridge, 0, DEVICE),
    X_STR("bridge/@zone", zone, 0, .pattern = "[a-zA-Z0-9_\\-]+"),
    X_ONOFF("bridge/@stp", stp, XF_LENIENT),
    X_STR("bridge/@delay", delay, 0, .pattern = "[0-9]+"),
    X_ENUM("bridge/@macTableManager", macTable, virNetworkMacTable, 0, .bad = "Invalid macTableManager setting '%s' in network",
           .code = VIR_ERR_XML_ERROR),
    X_UINT("mtu/@size", mtu, XF_WANTED, .bad = "Invalid mtu size '%s' in network", .code = VIR_ERR_XML_ERROR, .pattern = UPTO16),
    X_MAC("mac/@address", mac, XF_WANTED, X_HAS(hasMac), .bad = "Invalid bridge mac address '%s' in network", .code = VIR_ERR_XML_ERROR, .pattern = UNICAST),
    X_SAME("domain", domainXml, 0, .when = isNamed),
    X_INLINE("dns", dns, virNetworkDns, 0),
    X_OBJ("vlan", vlan, virNetVlan, 0),
    X_OBJ("bandwidth", bandwidth, virNetBandwidth, 0),
    X_YESNO("port/@isolated", portIsolated, 0),
    X_LIST("ip", ips, virNetworkIp, 0),
    X_LIST("route", routes, virNetRoute, 0),
    X_OBJ("virtualport", virtualport, virNetDevVPort, XF_EMPTY),
    X_LIST("portgroup", portgroups, virNetworkPortGroup, 0),
    X_LIST("dnsmasq:options/dnsmasq:option", options, virNetworkOption, 0),
    X_END
};
X_TYPE(virNetworkDef, "network", networkRows, .init = virDocumentInit, .strict = virNetworkStrict,
       .ns = (const virXmlNamespace[]){ { "dnsmasq", DNSMASQ_NS_URI }, { 0 } });
#undef S
VIR_DOCUMENT_DEFINE(virNetworkDef, "network_definition", virNetworkDefComplete)
