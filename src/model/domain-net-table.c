/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of network interfaces. */
#include "model/tables.h"

#define S virNetDevVPort
static const virXmlRow vportRows[] = {
    X_ENUM("@type", type, virNetDevVPortType, XF_NOFROM, .bad = "unknown virtualport type %s"),
    X_UINT("parameters/@managerid", managerId, XF_ANYBASE | XF_NOFROM, .bad = "cannot parse value of managerid parameter", .code = VIR_ERR_XML_ERROR, X_HAS(hasManagerId)),
    X_UINT("parameters/@typeid", typeId, XF_ANYBASE | XF_NOFROM, .bad = "cannot parse value of typeid parameter", .code = VIR_ERR_XML_ERROR, X_HAS(hasTypeId)),
    X_UINT("parameters/@typeidversion", typeIdVersion, XF_ANYBASE | XF_NOFROM, .bad = "cannot parse value of typeidversion parameter", .code = VIR_ERR_XML_ERROR, X_HAS(hasTypeIdVersion)),
    X_UUID("parameters/@instanceid", instanceId, XF_NOFROM, .bad = "cannot parse instanceid parameter as a uuid", .code = VIR_ERR_XML_ERROR),
    X_UUID("parameters/@interfaceid", interfaceId, XF_NOFROM, .bad = "cannot parse interfaceid parameter as a uuid", .code = VIR_ERR_XML_ERROR),
    X_STR("parameters/@profileid", profileId, 0),
    X_END
};
X_TYPE(virNetDevVPort, "virtualport", vportRows);
#undef S

#define S virNetVlanTag
static const virXmlRow tagRows[] = {
    X_UINT("@id", id, XF_REQ | XF_ALWAYS, .max = 4095, .beyond = "vlan tag id %llu too large (maximum 4095)"),
    X_ENUM("@nativeMode", native, virNetVlanNativeMode, 0),
    X_END
};
static X_TYPE(virNetVlanTag, "tag", tagRows);
#undef S

#define S virNetVlan
static const virXmlRow vlanRows[] = {
    X_YESNO("@trunk", trunk, XF_NOFROM, .bad = "invalid \"trunk='%s'\" in <vlan> - must be yes or no", .code = VIR_ERR_XML_ERROR),
    X_LIST("tag", tags, virNetVlanTag, 0),
    X_END
};
X_TYPE(virNetVlan, "vlan", vlanRows);
#undef S

#define S virNetBandwidthRate
#define SPEED XF_NOFROM, .rng = "<data type='unsignedInt'><param name='minInclusive'>1</param></data>"
static const virXmlRow rateRows[] = {
    X_ULL("@average", average, SPEED, .bad = "could not convert bandwidth average value '%s'"),
    X_ULL("@peak", peak, SPEED, .bad = "could not convert bandwidth peak value '%s'"),
    X_ULL("@floor", floor, SPEED, .bad = "could not convert bandwidth floor value '%s'"),
    X_ULL("@burst", burst, SPEED, .bad = "could not convert bandwidth burst value '%s'"),
    X_END
};
static X_TYPE(virNetBandwidthRate, NULL, rateRows);
#undef S

#define S virNetBandwidth
static const virXmlRow bandwidthRows[] = {
    X_OBJ("inbound", in, virNetBandwidthRate, XF_NOFROM, .lack = "Only one child <inbound> element allowed", .lackCode = VIR_ERR_XML_DETAIL),
    X_OBJ("outbound", out, virNetBandwidthRate, XF_NOFROM, .lack = "Only one child <outbound> element allowed", .lackCode = VIR_ERR_XML_DETAIL),
    X_END
};
X_TYPE(virNetBandwidth, "bandwidth", bandwidthRows);
#undef S

#define S virNetIp
static const virXmlRow ipRows[] = {
    X_STR("@address", address, XF_WANTED),
    X_STR("@family", family, 0),
    X_UINT("@prefix", prefix, 0, X_HAS(hasPrefix)),
    X_STR("@peer", peer, 0),
    X_END
};
X_TYPE(virNetIp, "ip", ipRows);
#undef S

#define S virNetRoute
static const virXmlRow routeRows[] = {
    X_STR("@family", family, 0),
    X_STR("@address", address, XF_WANTED),
    X_STR("@netmask", netmask, 0),
    X_UINT("@prefix", prefix, 0, X_HAS(hasPrefix)),
    X_STR("@gateway", gateway, XF_WANTED),
    X_UINT("@metric", metric, XF_POSITIVE, X_HAS(hasMetric)),
    X_END
};
X_TYPE(virNetRoute, "route", routeRows);
#undef S

#define S virNetFilterParam
static const virXmlRow filterParamRows[] = { X_STR("@name", name, XF_REQ), X_STR("@value", value, XF_REQ), X_END };
static X_TYPE(virNetFilterParam, "parameter", filterParamRows);
#undef S

#define S virNetPortRange
static const virXmlRow rangeRows[] = {
    X_UINT("@start", start, XF_REQ, .max = 65535),
    X_UINT("@end", end, 0, .max = 65535),
    X_UINT("@to", to, 0, .max = 65535),
    X_YESNO("@exclude", exclude, 0),
    X_END
};
static X_TYPE(virNetPortRange, "range", rangeRows);
#undef S

#define S virNetPortForward
static const virXmlRow forwardRows[] = {
    X_ENUM("@proto", proto, virDomainNetPortForwardProto, XF_REQ),
    X_STR("@address", address, 0),
    X_STR("@dev", dev, 0),
    X_LIST("range", ranges, virNetPortRange, 0),
    X_END
};
static X_TYPE(virNetPortForward, "portForward", forwardRows);
#undef S

#define S virDomainNetOffload
static const virXmlRow offloadRows[] = {
    X_ONOFF("@csum", csum, XF_ABI), X_ONOFF("@gso", gso, XF_ABI), X_ONOFF("@tso4", tso4, XF_ABI), X_ONOFF("@tso6", tso6, XF_ABI),
    X_ONOFF("@ecn", ecn, XF_ABI),   X_ONOFF("@ufo", ufo, XF_ABI), X_ONOFF("@mrg_rxbuf", mrgRxbuf, XF_ABI), X_END
};
static X_TYPE(virDomainNetOffload, NULL, offloadRows);
#undef S

/* The host's end of a vhost-user interface is a character device of its own spelling. */
#define S virDomainChrSource
static const virXmlRow vhostuserRows[] = {
    X_ENUM("@type", type, virDomainChrType, XF_REQ | XF_ALWAYS),
    X_STR("@path", path, 0),
    X_ENUM("@mode", mode, virDomainChrMode, 0),
    X_YESNO("reconnect/@enabled", reconnect, 0),
    X_UINT("reconnect/@timeout", reconnectTimeout, 0),
    X_END
};
static X_TYPE_AS(vhostuserXml, virDomainChrSource, "source", vhostuserRows);
#undef S

/* Only a device of the host can be managed. */
static bool isHostdev(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virDomainNetDef *)obj)->type == VIR_DOMAIN_NET_TYPE_HOSTDEV;
}
#define S virDomainNetDef
static const virXmlRow socketCase[] = {
    X_STR("source/@address", socketAddress, 0),
    X_UINT("source/@port", socketPort, 0),
    X_STR("source/local/@address", localAddress, 0),
    X_UINT("source/local/@port", localPort, 0),
    X_END
};
static const virXmlRow networkCase[] = {
    X_STR("source/@network", network, 0),
    X_STR("source/@portgroup", portgroup, 0),
    X_UUID("source/@portid", portId, XF_LIVE),
    X_STR("source/@bridge", bridge, XF_LIVE),
    X_END
};
static const virXmlRow bridgeCase[] = { X_STR("source/@bridge", bridge, 0), X_END };
static const virXmlRow directCase[] = {
    X_STR("source/@network", network, XF_STATUS),       /* which gave it the device */
    X_UUID("source/@portid", portId, XF_STATUS),
    X_STR("source/@dev", dev, 0),
    X_ENUM("source/@mode", macvlanMode, virNetMacvlanMode, 0, .bad = "Unknown macvtap mode '%s'"),
    X_END
};
static const virXmlRow devCase[] = { X_STR("source/@dev", dev, 0), X_END };
static const virXmlRow ethernetCase[] = {
    X_LIST("source/ip", hostIps, virNetIp, 0),
    X_LIST("source/route", hostRoutes, virNetRoute, 0),
    X_END
};
static const virXmlRow internalCase[] = { X_STR("source/@name", internalName, 0), X_END };
static const virXmlRow vdsCase[] = {
    X_UUID("source/@switchid", vdsSwitchId, XF_REQ | XF_ALWAYS),
    X_LL("source/@portid", vdsPortId, XF_REQ | XF_ALWAYS),
    X_STR("source/@portgroupid", vdsPortgroupId, XF_REQ),
    X_LL("source/@connectionid", vdsConnectionId, XF_REQ | XF_ALWAYS),
    X_END
};
static const virXmlRow vhostuserCase[] = { X_OBJ_AS("source", vhostuser, virDomainChrSource, vhostuserXml, 0), X_END };
static const virXmlRow hostdevPciCase[] = { X_INLINE_AS(".", hostdevPci, virPCIAddress, virPCISourceAddressXml, 0), X_END };
static const virXmlRow hostdevUsbCase[] = {
    X_HEX("@bus", hostdevUsbBus, 1, XF_ANYBASE),
    X_HEX("@device", hostdevUsbDevice, 1, XF_ANYBASE),
    X_END
};
#define CASE(name) static X_TYPE_AS(name##Xml, virDomainNetDef, NULL, name)
CASE(socketCase);
CASE(networkCase);
CASE(bridgeCase);
CASE(directCase);
CASE(devCase);
CASE(ethernetCase);
CASE(internalCase);
CASE(vdsCase);
CASE(vhostuserCase);
CASE(hostdevPciCase);
CASE(hostdevUsbCase);
static const virXmlCase hostdevCases[] = {
    { VIR_DOMAIN_HOSTDEV_TYPE_PCI, &hostdevPciCaseXml }, { VIR_DOMAIN_HOSTDEV_TYPE_USB, &hostdevUsbCaseXml }, { 0 }
};
/* A USB device may be named by what it is instead of where. */
static bool hasPlace(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return !((const virDomainNetDef *)obj)->hasHostdevVendor || ((const virDomainNetDef *)obj)->hasHostdevAddress;
}
static const virXmlRow hostdevCase[] = {
    X_ENUM("driver/@name", driverName, virDomainNetDriverName, XF_NOPARSE),
    X_STR("source/@network", network, XF_STATUS),       /* whose pool it is from */
    X_UUID("source/@portid", portId, XF_STATUS),
    X_HEX("source/vendor/@id", hostdevVendor, 4, XF_ANYBASE, X_HAS(hasHostdevVendor)),
    X_HEX("source/product/@id", hostdevProduct, 4, XF_ANYBASE, X_HAS(hasHostdevVendor)),
    X_FLAG("source/address", hasHostdevAddress, XF_NOFORMAT),
    X_ENUM("source/address/@type", hostdevType, virDomainHostdevType, XF_ALWAYS, .when = hasPlace),
    X_UNION("source/address", hostdevType, virDomainHostdevType, hostdevCases, 0, .when = hasPlace),
    X_END
};
CASE(hostdevCase);
#undef CASE
static const virXmlCase netCases[] = {
    { VIR_DOMAIN_NET_TYPE_VDS, &vdsCaseXml }, { VIR_DOMAIN_NET_TYPE_VHOSTUSER, &vhostuserCaseXml }, { VIR_DOMAIN_NET_TYPE_SERVER, &socketCaseXml },
    { VIR_DOMAIN_NET_TYPE_CLIENT, &socketCaseXml },       { VIR_DOMAIN_NET_TYPE_MCAST, &socketCaseXml },
    { VIR_DOMAIN_NET_TYPE_UDP, &socketCaseXml },          { VIR_DOMAIN_NET_TYPE_NETWORK, &networkCaseXml },
    { VIR_DOMAIN_NET_TYPE_BRIDGE, &bridgeCaseXml },       { VIR_DOMAIN_NET_TYPE_INTERNAL, &internalCaseXml },
    { VIR_DOMAIN_NET_TYPE_DIRECT, &directCaseXml },       { VIR_DOMAIN_NET_TYPE_HOSTDEV, &hostdevCaseXml },
    { VIR_DOMAIN_NET_TYPE_VDPA, &devCaseXml },            { VIR_DOMAIN_NET_TYPE_USER, &devCaseXml },
    { VIR_DOMAIN_NET_TYPE_ETHERNET, &ethernetCaseXml },
    { 0 }
};

static const virXmlRow driverRows[] = {
    X_ENUM("@name", driverName, virDomainNetDriverName, 0),
    X_ENUM("@txmode", txmode, virDomainNetTxMode, 0),
    X_ONOFF("@ioeventfd", ioeventfd, 0),
    X_ONOFF("@event_idx", eventIdx, XF_ABI),
    X_UINT("@queues", queues, XF_POSITIVE),
    X_UINT("@rx_queue_size", rxQueueSize, 0),
    X_UINT("@tx_queue_size", txQueueSize, 0),
    X_ONOFF("@rss", rss, XF_ABI),
    X_ONOFF("@rss_hash_report", rssHashReport, XF_ABI),
    X_INLINE(".", virtio, virVirtioOptions, XF_ABI),
    X_INLINE("host", host, virDomainNetOffload, XF_ABI),
    X_INLINE("guest", guest, virDomainNetOffload, XF_ABI),
    X_END
};
static X_TYPE_AS(driverXml, virDomainNetDef, NULL, driverRows);

/* A host device's driver is named before its source. */
static bool isEmulated(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virDomainNetDef *)obj)->type != VIR_DOMAIN_NET_TYPE_HOSTDEV;
}

static const virXmlRow netRows[] = {
    X_ENUM("@type", type, virDomainNetType, XF_ALWAYS | XF_ABI | XF_WANTED),
    X_YESNO("@managed", managed, XF_LENIENT, .when = isHostdev),
    X_YESNO("@trustGuestRxFilters", trustGuestRxFilters, 0),
    X_MAC("mac/@address", mac, XF_ABI | XF_WANTED, X_HAS(hasMac), .bad = "unable to parse mac address '%s'", .code = VIR_ERR_XML_ERROR),
    X_ENUM("mac/@type", macType, virDomainNetMacType, 0),
    X_YESNO("mac/@check", macCheck, 0),
    X_STR("mac/@currentAddress", macCurrent, XF_LIVE),
    X_FLAG("source", hasSource, XF_NOFORMAT),
    X_UNION(".", type, virDomainNetType, netCases, 0),
    X_OBJ("vlan", vlan, virNetVlan, 0),
    X_OBJ("virtualport", virtualport, virNetDevVPort, XF_EMPTY),
    X_OBJ("bandwidth", bandwidth, virNetBandwidth, 0),
    X_YESNO("port/@isolated", portIsolated, 0),
    X_LIST("ip", guestIps, virNetIp, 0),
    X_LIST("route", guestRoutes, virNetRoute, 0),
    X_STR("script/@path", script, 0),
    X_STR("downscript/@path", downscript, 0),
    X_STR("backenddomain/@name", backendDomain, 0),
    X_STR("target/@dev", ifname, 0),
    X_YESNO("target/@managed", targetManaged, 0),
    X_STR("guest/@dev", ifnameGuest, 0),
    X_STR("guest/@actual", ifnameGuestActual, XF_LIVE),
    X_STR("model/@type", model, XF_ABI | XF_WANTED),
    X_SAME("driver", driverXml, XF_ABI, .when = isEmulated),
    X_ENUM("backend/@type", backend, virDomainNetBackendType, 0),
    X_STR("backend/@tap", backendTap, 0),
    X_STR("backend/@hostname", backendHostname, 0),
    X_STR("backend/@fqdn", backendFqdn, 0),
    X_STR("backend/@vhost", backendVhost, 0),
    X_STR("backend/@logFile", backendLogFile, 0),
    X_LIST("portForward", portForwards, virNetPortForward, 0),
    X_STR("filterref/@filter", filter, 0),
    X_LIST("filterref/parameter", filterParams, virNetFilterParam, 0),
    X_ULL("tune/sndbuf", sndbuf, 0, X_HAS(hasSndbuf)),
    X_ENUM("teaming/@type", teaming, virDomainNetTeamingType, 0),
    X_STR("teaming/@persistent", teamingPersistent, 0),
    X_ENUM("link/@state", link, virDomainNetLinkState, 0),
    X_UINT("mtu/@size", mtu, 0),
    X_UINT("coalesce/rx/frames/@max", coalesceRxMax, 0, X_HAS(hasCoalesce)),
    X_INLINE(".", info, virDeviceInfo, XF_ABI),
    X_END
};
static void initNet(void *obj)
{
    ((virDomainNetDef *)obj)->type = VIR_DOMAIN_NET_TYPE_USER;
}
X_TYPE(virDomainNetDef, "interface", netRows, .init = initNet);
#undef S
