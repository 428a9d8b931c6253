/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of host interfaces. What is part of a bridge or bond has a smaller one: no start mode, no addresses. */
#define VIR_FROM VIR_FROM_INTERFACE
#include "model/interface.h"
#include <arpa/inet.h>
#include <string.h>

VIR_ENUM_TABLE(virInterfaceType, VIR_INTERFACE_TYPE_VALUES)
VIR_ENUM_TABLE(virInterfaceStart, VIR_INTERFACE_START_VALUES)
VIR_ENUM_TABLE(virInterfaceLink, VIR_INTERFACE_LINK_VALUES)
VIR_ENUM_TABLE(virInterfaceBondMode, VIR_INTERFACE_BOND_VALUES)
VIR_ENUM_TABLE(virInterfaceCarrier, VIR_INTERFACE_CARRIER_VALUES)
VIR_ENUM_TABLE(virInterfaceArpValidate, VIR_INTERFACE_VALIDATE_VALUES)

static void openTag(const virXmlRow *row, const void *obj, virXmlOut *out)
{
    virXmlOutChildren(out);
}
static const virXmlHook openHook = { .format = openTag, .rng = "" };
#define X_OPEN_TAG X_HOOK(".", &openHook, XF_NOPARSE)

#define S virInterfaceIp
static const virXmlRow ipRows[] = { X_STR("@address", address, 0), X_INT("@prefix", prefix, 0), X_END };
static X_TYPE(virInterfaceIp, "ip", ipRows);
#undef S

static bool protocolCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    virInterfaceProtocol *p = obj;
    if (!p->family)
        virSetError(error, VIR_ERR_XML_ERROR, "protocol misses the family attribute");
    else if (!g_str_equal(p->family, "ipv4") && !g_str_equal(p->family, "ipv6"))
        virSetError(error, VIR_ERR_XML_ERROR, "unsupported protocol family '%s'", p->family);
    else {
        p->autoconf = p->autoconf && g_str_equal(p->family, "ipv6");
        for (unsigned int i = p->ips.n; i > 0; i--)
            if (!p->ips.v[i - 1]->address)
                g_free(virListTake(&p->ips, i - 1));
        return true;
    }
    return false;
}

#define S virInterfaceProtocol
static const virXmlHook protocolHook = { .parse = protocolCheck, .rng = "" };
static const virXmlRow protocolRows[] = {
    X_STR("@family", family, 0),
    X_OPEN_TAG,
    X_FLAG("autoconf", autoconf, 0),
    X_FLAG("dhcp", dhcp, 0),
    X_YESNO("dhcp/@peerdns", dhcpPeerdns, 0),
    X_LIST("ip", ips, virInterfaceIp, 0),
    X_STR("route/@gateway", gateway, 0),
    X_HOOK(".", &protocolHook, XF_NOFORMAT),
    X_END
};
static X_TYPE(virInterfaceProtocol, "protocol", protocolRows);
#undef S

/* --- what the types consist of --- */
static bool typeCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    static const char *const words[] = { "ethernet", "bridge", "bond", "vlan" };
    virInterfaceDef *def = obj;
    const char *part = words[def->type];
    if (!def->name)
        virSetError(error, VIR_ERR_XML_ERROR, "interface has no name");
    else if (def->type != VIR_INTERFACE_TYPE_ETHERNET && !virXmlChild(node, part))
        virSetError(error, VIR_ERR_XML_ERROR, "%s interface misses the %s element", part, part);
    else if (def->type == VIR_INTERFACE_TYPE_VLAN && !def->tag)
        virSetError(error, VIR_ERR_XML_ERROR, "vlan interface misses the tag attribute");
    else if (def->type == VIR_INTERFACE_TYPE_VLAN && !def->tagged)
        virSetError(error, VIR_ERR_XML_ERROR, "vlan interface misses name attribute");
    else
        return true;
    return false;
}

/* Watched both ways at once a bond can't be: MII wins. */
static bool bondCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    virInterfaceDef *def = obj;
    xmlNode *mii = virXmlChild(node, "miimon"), *arp = virXmlChild(node, "arpmon");
    def->hasArp &= !def->hasMii;
    if (mii && !virXmlProp(mii, "freq"))
        virSetError(error, VIR_ERR_XML_ERROR, "bond interface miimon freq missing or invalid");
    else if (!mii && arp && !virXmlProp(arp, "interval"))
        virSetError(error, VIR_ERR_XML_ERROR, "bond interface arpmon interval missing or invalid");
    else if (!mii && arp && !def->arpTarget)
        virSetError(error, VIR_ERR_XML_ERROR, "bond interface arpmon target missing");
    else
        return true;
    return false;
}

/* What may be nested is said by the outer interface. */
static bool partsCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    virInterfaceDef *def = obj;
    for (unsigned int i = 0; i < def->parts.n; i++) {
        virInterfaceType type = def->parts.v[i]->type;
        if (type == VIR_INTERFACE_TYPE_BRIDGE || (def->type == VIR_INTERFACE_TYPE_BOND && type != VIR_INTERFACE_TYPE_ETHERNET)) {
            virSetError(error, VIR_ERR_XML_ERROR, "interface has unsupported type '%s'", virInterfaceTypeToString(type));
            return false;
        }
    }
    return true;
}

#define S virInterfaceDef
#define BAD(words) .bad = words, .code = VIR_ERR_XML_ERROR
static virXmlType bareXml;
static const virXmlHook typeHook = { .parse = typeCheck, .rng = "" }, bondHook = { .parse = bondCheck, .rng = "" }, partsHook = { .parse = partsCheck, .rng = "" };
static const virXmlRow ethernetCase[] = { X_STR("mac/@address", mac, 0), X_END };
static const virXmlRow bridgeRows[] = {
    X_ONOFF("@stp", stp, XF_LENIENT),
    X_STR("@delay", delay, 0),
    X_OPEN_TAG,
    X_LIST_AS("interface", parts, virInterfaceDef, bareXml, 0),
    X_HOOK(".", &partsHook, XF_NOFORMAT),
    X_END
};
static const virXmlRow miiRows[] = {
    X_UINT("@freq", miiFreq, XF_ALWAYS, BAD("bond interface miimon freq missing or invalid")),
    X_UINT("@downdelay", miiDown, 0, BAD("bond interface miimon downdelay invalid")),
    X_UINT("@updelay", miiUp, 0, BAD("bond interface miimon updelay invalid")),
    X_ENUM("@carrier", miiCarrier, virInterfaceCarrier, 0, BAD("unknown mii bonding carrier %s")),
    X_END
};
static const virXmlRow arpRows[] = {
    X_UINT("@interval", arpInterval, XF_ALWAYS, BAD("bond interface arpmon interval missing or invalid")),
    X_STR("@target", arpTarget, 0),
    X_ENUM("@validate", arpValidate, virInterfaceArpValidate, 0, BAD("unknown arp bonding validate %s")),
    X_END
};
static X_TYPE_AS(miiXml, virInterfaceDef, NULL, miiRows);
static X_TYPE_AS(arpXml, virInterfaceDef, NULL, arpRows);
static const virXmlRow bondRows[] = {
    X_ENUM("@mode", bondMode, virInterfaceBondMode, 0, BAD("unknown bonding mode %s")),
    X_OPEN_TAG,
    X_SAME("miimon", miiXml, 0, X_HAS(hasMii)),
    X_SAME("arpmon", arpXml, 0, X_HAS(hasArp)),
    X_HOOK(".", &bondHook, XF_NOFORMAT),
    X_LIST_AS("interface", parts, virInterfaceDef, bareXml, 0),
    X_HOOK(".", &partsHook, XF_NOFORMAT),
    X_END
};
static X_TYPE_AS(bridgeXml, virInterfaceDef, NULL, bridgeRows);
static X_TYPE_AS(bondXml, virInterfaceDef, NULL, bondRows);
static const virXmlRow bridgeCase[] = { X_SAME("bridge", bridgeXml, 0), X_END };
static const virXmlRow bondCase[] = { X_SAME("bond", bondXml, 0), X_END };
static const virXmlRow vlanCase[] = { X_STR("vlan/@tag", tag, 0), X_STR("vlan/interface/@name", tagged, 0), X_END };
static X_TYPE_AS(ethernetCaseXml, virInterfaceDef, NULL, ethernetCase);
static X_TYPE_AS(bridgeCaseXml, virInterfaceDef, NULL, bridgeCase);
static X_TYPE_AS(bondCaseXml, virInterfaceDef, NULL, bondCase);
static X_TYPE_AS(vlanCaseXml, virInterfaceDef, NULL, vlanCase);
static const virXmlCase typeCases[] = {
    { VIR_INTERFACE_TYPE_ETHERNET, &ethernetCaseXml }, { VIR_INTERFACE_TYPE_BRIDGE, &bridgeCaseXml }, { VIR_INTERFACE_TYPE_BOND, &bondCaseXml },
    { VIR_INTERFACE_TYPE_VLAN, &vlanCaseXml }, { 0 }
};
static const virXmlRow linkRows[] = {
    X_UINT("@speed", linkSpeed, 0),
    X_ENUM("@state", linkState, virInterfaceLink, 0),
    X_END
};
static X_TYPE_AS(linkXml, virInterfaceDef, NULL, linkRows);

static const virXmlRow bareRows[] = {
    X_ENUM("@type", type, virInterfaceType, XF_REQ | XF_ALWAYS),
    X_STR("@name", name, 0),
    X_OPEN_TAG,
    X_SAME("link", linkXml, 0),
    X_UNION(".", type, virInterfaceType, typeCases, 0),
    X_HOOK(".", &typeHook, XF_NOFORMAT),
    X_END
};
static X_TYPE_AS(bareXml, virInterfaceDef, "interface", bareRows);

/* Clients know a refusal of no kind in particular here. */
static bool mtuCheck(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    const char *size = virXmlProp(node, "size");
    long long value;
    if (!size || (virXmlParseNumber(size, 10, true, &value) && value >= 0 && value <= G_MAXUINT))
        return true;
    virErrorSet(error, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, "the MTU '%s' is not a number", size);
    return false;
}
static const virXmlHook mtuHook = { .parse = mtuCheck, .rng = "" };

static const virXmlRow interfaceRows[] = {
    X_ENUM("@type", type, virInterfaceType, XF_REQ | XF_ALWAYS),
    X_STR("@name", name, 0),
    X_OPEN_TAG,
    X_ENUM("start/@mode", start, virInterfaceStart, 0, BAD("unknown interface startmode %s")),
    X_HOOK("mtu", &mtuHook, XF_NOFORMAT),
    X_UINT("mtu/@size", mtu, 0),
    X_LIST("protocol", protocols, virInterfaceProtocol, 0),
    X_SAME("link", linkXml, 0),
    X_UNION(".", type, virInterfaceType, typeCases, 0),
    X_HOOK(".", &typeHook, XF_NOFORMAT),
    X_END
};

/* ---- what the schema asks beyond names and values ---- */

static bool isAddress(xmlNode *node, const char *attr, int family)
{
    unsigned char bytes[16];
    const char *text = virXmlProp(node, attr);
    return text && inet_pton(family, text, bytes) == 1;
}

static const char *strictProtocols(xmlNode *node)
{
    unsigned int seen = 0;
    for (xmlNode *p = virXmlChild(node, "protocol"); p; p = virXmlNext(p, "protocol")) {
        bool six = g_strcmp0(virXmlProp(p, "family"), "ipv6") == 0;
        if (!six && g_strcmp0(virXmlProp(p, "family"), "ipv4") != 0)
            return "a protocol is neither IPv4 nor IPv6";
        if (seen & 1u << six)
            return "a protocol stands there twice";
        seen |= 1u << six;
        for (xmlNode *ip = virXmlChild(p, "ip"); ip; ip = virXmlNext(ip, "ip")) {
            const char *prefix = virXmlProp(ip, "prefix");
            if (!isAddress(ip, "address", six ? AF_INET6 : AF_INET) || (prefix && atoi(prefix) > (six ? 128 : 32)))
                return "an address is not one of its protocol";
        }
        xmlNode *route = virXmlChild(p, "route");
        if ((route && !isAddress(route, "gateway", six ? AF_INET6 : AF_INET)) || (virXmlChild(p, "autoconf") && !six))
            return "the route or automatic configuration does not fit the protocol";
    }
    return NULL;
}

static const char *strictOne(xmlNode *node)
{
    const char *type = virXmlProp(node, "type");
    xmlNode *mac = virXmlChild(node, "mac"), *part = virXmlChild(node, type), *start = virXmlChild(node, "start"), *mtu = virXmlChild(node, "mtu");
    virMac parsed;
    if (!type || (!virXmlProp(node, "name") && !g_str_equal(type, "vlan")))
        return "an interface has no type or no name";
    if (mac && (!g_str_equal(type, "ethernet") || !virXmlProp(mac, "address") || !virMacParse(virXmlProp(mac, "address"), &parsed)))
        return "a MAC address is not one, or stands where it can't be chosen";
    if ((start && !virXmlProp(start, "mode")) || (mtu && !virXmlProp(mtu, "size")) || (virXmlChild(node, "link") && g_str_equal(type, "bridge")))
        return "start, mtu or link lacks its attribute";
    if (!part)
        return g_str_equal(type, "ethernet") ? NULL : "an interface lacks what it is made of";
    xmlNode *inner = virXmlChild(part, "interface"), *arp = virXmlChild(part, "arpmon"), *mii = virXmlChild(part, "miimon");
    const char *tag = virXmlProp(part, "tag"), *delay = virXmlProp(part, "delay");
    if (g_str_equal(type, "vlan"))
        return tag && *tag && strspn(tag, "0123456789") == strlen(tag) && atoi(tag) <= 4095 && inner && virXmlProp(inner, "name") && !virXmlProp(inner, "type")
                   ? NULL : "a VLAN's tag or interface is not one";
    char *end = NULL;
    if (delay && (g_ascii_strtod(delay, &end) < 0 || end == delay || *end))
        return "a bridge's delay is not a time";
    if (g_str_equal(type, "bond") && (!inner || (arp && mii) || (mii && !virXmlProp(mii, "freq")) || (arp && !isAddress(arp, "target", AF_INET))))
        return "a bond's parts or its monitor are not right";
    for (const char *wrong, *own; inner; inner = virXmlNext(inner, "interface"))
        if ((own = virXmlProp(inner, "type")) && (g_str_equal(own, "bridge") || (g_str_equal(type, "bond") && !g_str_equal(own, "ethernet"))))
            return "an interface is made of one that it can't be made of";
        else if ((wrong = strictOne(inner)))
            return wrong;
    return NULL;
}

static const char *strict(xmlNode *node)
{
    const char *wrong = strictOne(node);
    return wrong ? wrong : strictProtocols(node);
}

X_TYPE(virInterfaceDef, "interface", interfaceRows, .init = virDocumentInit, .strict = strict);
#undef S

static bool complete(virInterfaceDef *def, unsigned int flags, GError **error)
{
    return true;
}
VIR_DOCUMENT_DEFINE(virInterfaceDef, "interface_definition", complete)
