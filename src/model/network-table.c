/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of networks. */
#define VIR_FROM VIR_FROM_NETWORK
#include "model/network.h"
#include <string.h>
#include "base/util.h"

VIR_ENUM_TABLE(virNetworkForward, VIR_NETWORK_FORWARD_VALUES)

#define S virNetworkForwardIf
static const virXmlRow forwardIfRows[] = { X_STR("@dev", dev, XF_REQ), X_END };
static X_TYPE(virNetworkForwardIf, "interface", forwardIfRows);
#undef S
#define S virNetworkRange
static const virXmlRow rangeRows[] = { X_STR("@start", start, XF_REQ), X_STR("@end", end, XF_REQ), X_END };
static X_TYPE(virNetworkRange, "range", rangeRows);
#undef S
#define S virNetworkDhcpHost
static const virXmlRow hostRows[] = { X_STR("@mac", mac, 0), X_STR("@id", id, 0), X_STR("@name", name, 0), X_STR("@ip", ip, 0), X_END };
static X_TYPE(virNetworkDhcpHost, "host", hostRows);
#undef S
#define S virNetworkIp
static const virXmlRow ipRows[] = {
    X_STR("@family", family, 0),
    X_STR("@address", address, XF_REQ),
    X_STR("@netmask", netmask, 0),
    X_UINT("@prefix", prefix, 0, X_HAS(hasPrefix)),
    X_YESNO("@localPtr", localPtr, 0),
    X_STR("tftp/@root", tftpRoot, 0),
    X_FLAG("dhcp", dhcp, 0),
    X_LIST("dhcp/range", ranges, virNetworkRange, 0),
    X_LIST("dhcp/host", hosts, virNetworkDhcpHost, 0),
    X_STR("dhcp/bootp/@file", bootfile, 0),
    X_STR("dhcp/bootp/@server", bootServer, 0),
    X_END
};
static X_TYPE(virNetworkIp, "ip", ipRows);
#undef S

/* Modes that use a bridge of their own show it even before it has a name. */
static bool ownsBridge(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    const virNetworkDef *def = obj;
    return def->bridge || !def->forward || def->forwardMode <= VIR_NETWORK_FORWARD_OPEN;
}

#define S virNetworkDef
static const virXmlRow bridgeRows[] = {
    X_STR("@name", bridge, 0),
    X_STR("@zone", zone, 0),
    X_ONOFF("@stp", stp, 0),
    X_UINT("@delay", delay, 0, X_HAS(hasDelay)),
    X_END
};
static X_TYPE_AS(bridgeXml, virNetworkDef, NULL, bridgeRows);
static const virXmlRow networkRows[] = {
    X_YESNO("@ipv6", ipv6, 0),
    X_YESNO("@trustGuestRxFilters", trustGuestRxFilters, 0),
    X_STR("name", name, 0),
    X_UUID("uuid", uuid, 0, .bad = "malformed uuid element", .code = VIR_ERR_XML_ERROR),
    X_STR("title", title, 0),
    X_STR("description", description, 0),
    X_RAW("metadata", metadata, XF_FOREIGN),
    X_FLAG("forward", forward, 0),
    X_STR("forward/@dev", forwardDev, 0),
    X_ENUM("forward/@mode", forwardMode, virNetworkForward, 0, .bad = "unknown forwarding type '%s'", .code = VIR_ERR_XML_ERROR),
    X_LIST("forward/interface", forwardIfs, virNetworkForwardIf, 0),
    X_SAME("bridge", bridgeXml, 0, .when = ownsBridge),
    X_UINT("mtu/@size", mtu, 0),
    X_MAC("mac/@address", mac, 0),
    X_STR("domain/@name", domain, 0),
    X_YESNO("domain/@localOnly", localOnly, 0),
    X_LIST("ip", ips, virNetworkIp, 0),
    X_END
};
X_TYPE(virNetworkDef, "network", networkRows, .init = virDocumentInit);
#undef S

static bool completeNetwork(virNetworkDef *def, unsigned int flags, GError **error)
{
    static const unsigned char none[16];
    if (!def->name) {
        virSetError(error, VIR_ERR_NO_NAME, NULL);
        return false;
    }
    if (strchr(def->name, '/')) {
        virSetError(error, VIR_ERR_XML_ERROR, "name %s cannot contain '/'", def->name);
        return false;
    }
    if (memcmp(def->uuid, none, 16) == 0)
        virUUIDGenerate(def->uuid);
    if (def->forward && !def->forwardMode)
        def->forwardMode = VIR_NETWORK_FORWARD_NAT;
    bool bridged = !def->forward || def->forwardMode <= VIR_NETWORK_FORWARD_OPEN;
    if (bridged && !def->stp)
        def->stp = VIR_TRISTATE_SWITCH_ON;
    if (bridged)
        def->hasDelay = true;
    if ((def->forwardMode == VIR_NETWORK_FORWARD_NAT || def->forwardMode == VIR_NETWORK_FORWARD_ROUTE) && !def->ips.n) {
        virSetError(error, VIR_ERR_XML_ERROR, "%s forwarding requested, but no IP address provided for network '%s'",
                    virNetworkForwardToString(def->forwardMode), def->name);
        return false;
    }
    if (def->forwardDev && !def->forwardIfs.n) {        /* the attribute names the first interface */
        virNetworkForwardIf *first = g_new0(virNetworkForwardIf, 1);
        first->dev = g_strdup(def->forwardDev);
        virListAppend(&def->forwardIfs, first);
    }
    return true;
}
VIR_DOCUMENT_DEFINE(virNetworkDef, "network_definition", completeNetwork)
