/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of network filters: each protocol's element has a table of its own over one struct. */
#define VIR_FROM VIR_FROM_NWFILTER
#include "model/nwfilter.h"
#include "model/network.h"
#include "model/tables.h"
#include "base/util.h"
#include <string.h>

VIR_ENUM_TABLE(virNWFilterAction, VIR_NWFILTER_ACTION_VALUES)
VIR_ENUM_TABLE(virNWFilterDirection, VIR_NWFILTER_DIRECTION_VALUES)

/* --- kinds of values: how they are checked, and what the schema says of them --- */
#define VARIABLE "$[ ]*[a-zA-Z0-9_]+(\\[[ ]*[@]?[0-9]+[ ]*\\])?[ ]*"
#define KIND(k, regex) .digits = VIR_NWFILTER_##k, .pattern = "(" VARIABLE ")|" regex
#define HEX(n) "(0x[0-9a-fA-F]{1," n "})"
#define DEC8 "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|0*[0-9]{1,2})"
#define DEC16 "(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|0*[0-9]{1,4})"
#define DOTTED "(([0-2]?[0-9]?[0-9]\\.){3}[0-2]?[0-9]?[0-9])"
#define COLONS "(([a-fA-F0-9]{0,4}:){2,7}([a-fA-F0-9]*)" DOTTED "?)"
#define MACS "(([a-fA-F0-9]{1,2}:){5}[a-fA-F0-9]{1,2})"
#define MAC KIND(MAC, MACS)
#define MACMASK KIND(MACMASK, MACS)
#define ETHERS "(0x([6-9a-fA-F][0-9a-fA-F]{2}|[0-9a-fA-F]{4}))|(153[6-9]|15[4-9][0-9]|1[6-9][0-9]{2}|[2-9][0-9]{3}|" \
    "6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4})|arp|rarp|ipv4|ipv6|vlan"
#define ETHER KIND(ETHER, ETHERS)
#define ENCAP KIND(ENCAP, ETHERS)
#define VLANID KIND(VLANID, HEX("3") "|(409[0-5]|40[0-8][0-9]|[1-3][0-9]{3}|[0-9]{1,3})")
#define U8 .digits = VIR_NWFILTER_U8, .pattern = "0x[0-9a-fA-F]{1,2}|[ ]*" DEC8 "[ ]*"
#define U16 KIND(U16, HEX("4") "|" DEC16)
#define U32 KIND(U32, HEX("8") "|[0-9]{1,10}")
#define OPCODE KIND(OPCODE, DEC16 "|[Rr]eply|[Rr]equest|[Rr]equest_[Rr]everse|[Rr]eply_[Rr]everse|DRARP_[Rr]equest|DRARP_[Rr]eply|" \
    "DRARP_[Ee]rror|InARP_[Rr]equest|ARP_NAK")
#define IP4 KIND(IP4, DOTTED)
#define IP6 KIND(IP6, COLONS)
#define MASK4 KIND(MASK4, "([0-9]|[12][0-9]|3[0-2])|" DOTTED)
#define MASK6 KIND(MASK6, "([0-9]{1,2}|1[01][0-9]|12[0-8])|" COLONS)
#define BOOL .digits = VIR_NWFILTER_BOOL, .pattern = "yes|no|true|false|1|0"
#define IPPROTO KIND(IPPROTO, HEX("2") "|" DEC8 "|tcp|udp|udplite|esp|ah|icmp|igmp|sctp|icmpv6")
#define DSCP KIND(DSCP, "(0x([0-3][0-9a-fA-F]|[0-9a-fA-F]))|0*([0-9]|[1-5][0-9]|6[0-3])")
#define LIMIT KIND(LIMIT, HEX("4") "|[ ]*" DEC16)
#define WORDS(w) "(" w ")(,(" w "))*"
#define STATE .digits = VIR_NWFILTER_STATE, .pattern = "(" WORDS("NEW|ESTABLISHED|RELATED|INVALID") ")|NONE"
#define FLAGS "((" WORDS("SYN|ACK|URG|PSH|FIN|RST") ")|ALL|NONE)"
#define TCPFLAGS .digits = VIR_NWFILTER_TCPFLAGS, .pattern = FLAGS "/" FLAGS
#define IPSET KIND(IPSET, "[a-zA-Z0-9_\\.:\\-\\+ ]{1,31}")
#define IPSETFLAGS .digits = VIR_NWFILTER_IPSETFLAGS, .pattern = "([Ss][Rr][Cc]|[Dd][Ss][Tt])(,([Ss][Rr][Cc]|[Dd][Ss][Tt])){0,5}"
#define COMMENT .digits = VIR_NWFILTER_COMMENT

/* --- attributes --- */
#define A_match X_STR("@match", match, 0, .pattern = "yes|no")
#define A_srcmacaddr X_STR("@srcmacaddr", srcmacaddr, 0, MAC)
#define A_srcmacmask X_STR("@srcmacmask", srcmacmask, 0, MACMASK)
#define A_dstmacaddr X_STR("@dstmacaddr", dstmacaddr, 0, MAC)
#define A_dstmacmask X_STR("@dstmacmask", dstmacmask, 0, MACMASK)
#define A_protocolid X_STR("@protocolid", protocolid, 0, ETHER)
#define A_vlanid X_STR("@vlanid", vlanid, 0, VLANID)
#define A_encapProtocol X_STR("@encap-protocol", encapProtocol, 0, ENCAP)
#define A_type X_STR("@type", type, 0, U8)
#define A_typeend X_STR("@typeend", typeend, 0, U8)
#define A_code X_STR("@code", code, 0, U8)
#define A_codeend X_STR("@codeend", codeend, 0, U8)
#define A_stpflags X_STR("@flags", stpflags, 0, U8)
#define A_rootPriority X_STR("@root-priority", rootPriority, 0, U16)
#define A_rootPriorityHi X_STR("@root-priority-hi", rootPriorityHi, 0, U16)
#define A_rootAddress X_STR("@root-address", rootAddress, 0, MAC)
#define A_rootAddressMask X_STR("@root-address-mask", rootAddressMask, 0, MACMASK)
#define A_rootCost X_STR("@root-cost", rootCost, 0, U32)
#define A_rootCostHi X_STR("@root-cost-hi", rootCostHi, 0, U32)
#define A_senderPriority X_STR("@sender-priority", senderPriority, 0, U16)
#define A_senderPriorityHi X_STR("@sender-priority-hi", senderPriorityHi, 0, U16)
#define A_senderAddress X_STR("@sender-address", senderAddress, 0, MAC)
#define A_senderAddressMask X_STR("@sender-address-mask", senderAddressMask, 0, MACMASK)
#define A_port X_STR("@port", port, 0, U16)
#define A_portHi X_STR("@port-hi", portHi, 0, U16)
#define A_age X_STR("@age", age, 0, U16)
#define A_ageHi X_STR("@age-hi", ageHi, 0, U16)
#define A_maxAge X_STR("@max-age", maxAge, 0, U16)
#define A_maxAgeHi X_STR("@max-age-hi", maxAgeHi, 0, U16)
#define A_helloTime X_STR("@hello-time", helloTime, 0, U16)
#define A_helloTimeHi X_STR("@hello-time-hi", helloTimeHi, 0, U16)
#define A_forwardDelay X_STR("@forward-delay", forwardDelay, 0, U16)
#define A_forwardDelayHi X_STR("@forward-delay-hi", forwardDelayHi, 0, U16)
#define A_hwtype X_STR("@hwtype", hwtype, 0, U16)
#define A_protocoltype X_STR("@protocoltype", protocoltype, 0, U16)
#define A_opcode X_STR("@opcode", opcode, 0, OPCODE)
#define A_arpsrcmacaddr X_STR("@arpsrcmacaddr", arpsrcmacaddr, 0, MAC)
#define A_arpdstmacaddr X_STR("@arpdstmacaddr", arpdstmacaddr, 0, MAC)
#define A_arpsrcipaddr X_STR("@arpsrcipaddr", arpsrcipaddr, 0, IP4)
#define A_arpdstipaddr X_STR("@arpdstipaddr", arpdstipaddr, 0, IP4)
#define A_gratuitous X_STR("@gratuitous", gratuitous, 0, BOOL)
#define A_srcipaddr X_STR("@srcipaddr", srcipaddr, 0, IP4)
#define A_srcipaddr6 X_STR("@srcipaddr", srcipaddr, 0, IP6)
#define A_srcipmask X_STR("@srcipmask", srcipmask, 0, MASK4)
#define A_srcipmask6 X_STR("@srcipmask", srcipmask, 0, MASK6)
#define A_dstipaddr X_STR("@dstipaddr", dstipaddr, 0, IP4)
#define A_dstipaddr6 X_STR("@dstipaddr", dstipaddr, 0, IP6)
#define A_dstipmask X_STR("@dstipmask", dstipmask, 0, MASK4)
#define A_dstipmask6 X_STR("@dstipmask", dstipmask, 0, MASK6)
#define A_srcipfrom X_STR("@srcipfrom", srcipfrom, 0, IP4)
#define A_srcipfrom6 X_STR("@srcipfrom", srcipfrom, 0, IP6)
#define A_srcipto X_STR("@srcipto", srcipto, 0, IP4)
#define A_srcipto6 X_STR("@srcipto", srcipto, 0, IP6)
#define A_dstipfrom X_STR("@dstipfrom", dstipfrom, 0, IP4)
#define A_dstipfrom6 X_STR("@dstipfrom", dstipfrom, 0, IP6)
#define A_dstipto X_STR("@dstipto", dstipto, 0, IP4)
#define A_dstipto6 X_STR("@dstipto", dstipto, 0, IP6)
#define A_dstipto6 X_STR("@dstipto", dstipto, 0, IP6)
#define A_protocol X_STR("@protocol", protocol, 0, IPPROTO)
#define A_srcportstart X_STR("@srcportstart", srcportstart, 0, U16)
#define A_srcportend X_STR("@srcportend", srcportend, 0, U16)
#define A_dstportstart X_STR("@dstportstart", dstportstart, 0, U16)
#define A_dstportend X_STR("@dstportend", dstportend, 0, U16)
#define A_dscp X_STR("@dscp", dscp, 0, DSCP)
#define A_connlimitAbove X_STR("@connlimit-above", connlimitAbove, 0, LIMIT)
#define A_state X_STR("@state", state, 0, STATE)
#define A_flags X_STR("@flags", flags, 0, TCPFLAGS)
#define A_ipset X_STR("@ipset", ipset, 0, IPSET)
#define A_ipsetflags X_STR("@ipsetflags", ipsetflags, 0, IPSETFLAGS)
#define A_comment X_STR("@comment", comment, 0, COMMENT)

/* Read, but unknown to the published schema. */
#define UNPUBLISHED .rng = "<notAllowed/>"
#define A_arpsrcipmask X_STR("@arpsrcipmask", arpsrcipmask, 0, .digits = VIR_NWFILTER_MASK4, UNPUBLISHED)
#define A_arpdstipmask X_STR("@arpdstipmask", arpdstipmask, 0, .digits = VIR_NWFILTER_MASK4, UNPUBLISHED)
#define A_connlimitAbove6 X_STR("@connlimit-above", connlimitAbove, 0, .digits = VIR_NWFILTER_LIMIT, UNPUBLISHED)
#define A_state6 X_STR("@state", state, 0, .digits = VIR_NWFILTER_STATE, UNPUBLISHED)
#define A_ipset6 X_STR("@ipset", ipset, 0, .digits = VIR_NWFILTER_IPSET, UNPUBLISHED)
#define A_ipsetflags6 X_STR("@ipsetflags", ipsetflags, 0, .digits = VIR_NWFILTER_IPSETFLAGS, UNPUBLISHED)

/* --- protocols --- */
#define S virNWFilterMatch
static const virXmlRow macRows[] = {
    A_match, A_srcmacaddr, A_srcmacmask, A_dstmacaddr, A_dstmacmask, A_protocolid, A_comment, X_END
};
static X_TYPE_AS(macXml, virNWFilterMatch, "mac", macRows);
static const virXmlRow vlanRows[] = {
    A_match, A_srcmacaddr, A_srcmacmask, A_dstmacaddr, A_dstmacmask, A_vlanid, A_encapProtocol, A_comment, X_END
};
static X_TYPE_AS(vlanXml, virNWFilterMatch, "vlan", vlanRows);
static const virXmlRow stpRows[] = {
    A_match, A_srcmacaddr, A_srcmacmask, A_type, A_stpflags, A_rootPriority, A_rootPriorityHi, A_rootAddress, A_rootAddressMask,
    A_rootCost, A_rootCostHi, A_senderPriority, A_senderPriorityHi, A_senderAddress, A_senderAddressMask, A_port, A_portHi,
    A_age, A_ageHi, A_maxAge, A_maxAgeHi, A_helloTime, A_helloTimeHi, A_forwardDelay, A_forwardDelayHi, A_comment, X_END
};
static X_TYPE_AS(stpXml, virNWFilterMatch, "stp", stpRows);
static const virXmlRow arpRows[] = {
    A_match, A_srcmacaddr, A_srcmacmask, A_dstmacaddr, A_dstmacmask, A_hwtype, A_protocoltype, A_opcode, A_arpsrcmacaddr,
    A_arpdstmacaddr, A_arpsrcipaddr, A_arpsrcipmask, A_arpdstipaddr, A_arpdstipmask, A_gratuitous, A_comment, X_END
};
static X_TYPE_AS(arpXml, virNWFilterMatch, "arp", arpRows);
static X_TYPE_AS(rarpXml, virNWFilterMatch, "rarp", arpRows);
static const virXmlRow ipRows[] = {
    A_match, A_srcmacaddr, A_srcmacmask, A_dstmacaddr, A_dstmacmask, A_srcipaddr, A_srcipmask, A_dstipaddr, A_dstipmask,
    A_protocol, A_srcportstart, A_srcportend, A_dstportstart, A_dstportend, A_dscp, A_comment, X_END
};
static X_TYPE_AS(ipXml, virNWFilterMatch, "ip", ipRows);
static const virXmlRow ipv6Rows[] = {
    A_match, A_srcmacaddr, A_srcmacmask, A_dstmacaddr, A_dstmacmask, A_srcipaddr6, A_srcipmask6, A_dstipaddr6, A_dstipmask6,
    A_protocol, A_srcportstart, A_srcportend, A_dstportstart, A_dstportend, A_type, A_typeend, A_code, A_codeend, A_comment, X_END
};
static X_TYPE_AS(ipv6Xml, virNWFilterMatch, "ipv6", ipv6Rows);
static const virXmlRow tcpRows[] = {
    A_match, A_srcmacaddr, A_srcipaddr, A_srcipmask, A_dstipaddr, A_dstipmask, A_srcipfrom, A_srcipto, A_dstipfrom, A_dstipto,
    A_dscp, A_connlimitAbove, A_state, A_srcportstart, A_srcportend, A_dstportstart, A_dstportend, A_flags, A_ipset,
    A_ipsetflags, A_comment, X_END
};
static X_TYPE_AS(tcpXml, virNWFilterMatch, "tcp", tcpRows);
static const virXmlRow udpRows[] = {
    A_match, A_srcmacaddr, A_srcipaddr, A_srcipmask, A_dstipaddr, A_dstipmask, A_srcipfrom, A_srcipto, A_dstipfrom, A_dstipto,
    A_dscp, A_connlimitAbove, A_state, A_srcportstart, A_srcportend, A_dstportstart, A_dstportend, A_ipset, A_ipsetflags,
    A_comment, X_END
};
static X_TYPE_AS(udpXml, virNWFilterMatch, "udp", udpRows);
static X_TYPE_AS(sctpXml, virNWFilterMatch, "sctp", udpRows);
static const virXmlRow icmpRows[] = {
    A_match, A_srcmacaddr, A_srcipaddr, A_srcipmask, A_dstipaddr, A_dstipmask, A_srcipfrom, A_srcipto, A_dstipfrom, A_dstipto,
    A_dscp, A_connlimitAbove, A_state, A_type, A_code, A_ipset, A_ipsetflags, A_comment, X_END
};
static X_TYPE_AS(icmpXml, virNWFilterMatch, "icmp", icmpRows);
static const virXmlRow igmpRows[] = {
    A_match, A_srcmacaddr, A_srcipaddr, A_srcipmask, A_dstipaddr, A_dstipmask, A_srcipfrom, A_srcipto, A_dstipfrom, A_dstipto,
    A_dscp, A_connlimitAbove, A_state, A_ipset, A_ipsetflags, A_comment, X_END
};
static X_TYPE_AS(igmpXml, virNWFilterMatch, "igmp", igmpRows);
static X_TYPE_AS(allXml, virNWFilterMatch, "all", igmpRows);
static X_TYPE_AS(espXml, virNWFilterMatch, "esp", igmpRows);
static X_TYPE_AS(ahXml, virNWFilterMatch, "ah", igmpRows);
static X_TYPE_AS(udpliteXml, virNWFilterMatch, "udplite", igmpRows);
static const virXmlRow tcpIpv6Rows[] = {
    A_match, A_srcmacaddr, A_srcipaddr6, A_srcipmask6, A_dstipaddr6, A_dstipmask6, A_srcipfrom6, A_srcipto6, A_dstipfrom6,
    A_dstipto6, A_dscp, A_connlimitAbove6, A_state6, A_srcportstart, A_srcportend, A_dstportstart, A_dstportend, A_flags,
    A_ipset6, A_ipsetflags6, A_comment, X_END
};
static X_TYPE_AS(tcpIpv6Xml, virNWFilterMatch, "tcp-ipv6", tcpIpv6Rows);
static const virXmlRow udpIpv6Rows[] = {
    A_match, A_srcmacaddr, A_srcipaddr6, A_srcipmask6, A_dstipaddr6, A_dstipmask6, A_srcipfrom6, A_srcipto6, A_dstipfrom6,
    A_dstipto6, A_dscp, A_connlimitAbove6, A_state6, A_srcportstart, A_srcportend, A_dstportstart, A_dstportend, A_ipset6,
    A_ipsetflags6, A_comment, X_END
};
static X_TYPE_AS(udpIpv6Xml, virNWFilterMatch, "udp-ipv6", udpIpv6Rows);
static X_TYPE_AS(sctpIpv6Xml, virNWFilterMatch, "sctp-ipv6", udpIpv6Rows);
static const virXmlRow icmpv6Rows[] = {
    A_match, A_srcmacaddr, A_srcipaddr6, A_srcipmask6, A_dstipaddr6, A_dstipmask6, A_srcipfrom6, A_srcipto6, A_dstipfrom6,
    A_dstipto6, A_dscp, A_connlimitAbove6, A_state6, A_type, A_code, A_ipset6, A_ipsetflags6, A_comment, X_END
};
static X_TYPE_AS(icmpv6Xml, virNWFilterMatch, "icmpv6", icmpv6Rows);
static const virXmlRow allIpv6Rows[] = {
    A_match, A_srcmacaddr, A_srcipaddr6, A_srcipmask6, A_dstipaddr6, A_dstipmask6, A_srcipfrom6, A_srcipto6, A_dstipfrom6,
    A_dstipto6, A_dscp, A_connlimitAbove6, A_state6, A_ipset6, A_ipsetflags6, A_comment, X_END
};
static X_TYPE_AS(allIpv6Xml, virNWFilterMatch, "all-ipv6", allIpv6Rows);
static X_TYPE_AS(espIpv6Xml, virNWFilterMatch, "esp-ipv6", allIpv6Rows);
static X_TYPE_AS(ahIpv6Xml, virNWFilterMatch, "ah-ipv6", allIpv6Rows);
static X_TYPE_AS(udpliteIpv6Xml, virNWFilterMatch, "udplite-ipv6", allIpv6Rows);
#undef S

virXmlType *const virNWFilterProtocolXml[VIR_NWFILTER_PROTOCOLS] = {
    &macXml, &vlanXml, &stpXml, &arpXml, &rarpXml, &ipXml, &ipv6Xml, &tcpXml, &udpXml, &sctpXml, &icmpXml, &igmpXml, &allXml,
    &espXml, &ahXml, &udpliteXml, &tcpIpv6Xml, &udpIpv6Xml, &sctpIpv6Xml, &icmpv6Xml, &allIpv6Xml, &espIpv6Xml, &ahIpv6Xml,
    &udpliteIpv6Xml,
};

#define S virNWFilterRule
#define PROTOCOL(name, which, table) X_OBJ_AS(name, protocol[VIR_NWFILTER_PROTOCOL_##which], virNWFilterMatch, table, XF_EMPTY)
#define PRIORITY .pattern = "[ ]*[+\\-]?0*([0-9]{1,3}|1000)[ ]*"
static const virXmlRow ruleRows[] = {
    X_ENUM("@action", action, virNWFilterAction, XF_WANTED, .bad = "unknown rule action attribute value"),
    X_ENUM("@direction", direction, virNWFilterDirection, XF_WANTED, .bad = "unknown rule direction attribute value"),
    X_STR("@priority", priority, 0, PRIORITY),
    X_STR("@statematch", statematch, 0, .pattern = "[Ff][Aa][Ll][Ss][Ee]|0"),
    PROTOCOL("mac", MAC, macXml),
    PROTOCOL("vlan", VLAN, vlanXml),
    PROTOCOL("stp", STP, stpXml),
    PROTOCOL("arp", ARP, arpXml),
    PROTOCOL("rarp", RARP, rarpXml),
    PROTOCOL("ip", IP, ipXml),
    PROTOCOL("ipv6", IPV6, ipv6Xml),
    PROTOCOL("tcp", TCP, tcpXml),
    PROTOCOL("udp", UDP, udpXml),
    PROTOCOL("sctp", SCTP, sctpXml),
    PROTOCOL("icmp", ICMP, icmpXml),
    PROTOCOL("igmp", IGMP, igmpXml),
    PROTOCOL("all", ALL, allXml),
    PROTOCOL("esp", ESP, espXml),
    PROTOCOL("ah", AH, ahXml),
    PROTOCOL("udplite", UDPLITE, udpliteXml),
    PROTOCOL("tcp-ipv6", TCP_IPV6, tcpIpv6Xml),
    PROTOCOL("udp-ipv6", UDP_IPV6, udpIpv6Xml),
    PROTOCOL("sctp-ipv6", SCTP_IPV6, sctpIpv6Xml),
    PROTOCOL("icmpv6", ICMPV6, icmpv6Xml),
    PROTOCOL("all-ipv6", ALL_IPV6, allIpv6Xml),
    PROTOCOL("esp-ipv6", ESP_IPV6, espIpv6Xml),
    PROTOCOL("ah-ipv6", AH_IPV6, ahIpv6Xml),
    PROTOCOL("udplite-ipv6", UDPLITE_IPV6, udpliteIpv6Xml),
    X_END
};
static X_TYPE(virNWFilterRule, "rule", ruleRows);
#undef S
#define S virNetFilterParam
static const virXmlRow paramRows[] = {
    X_STR("@name", name, XF_WANTED, .pattern = "[a-zA-Z0-9_]+"),
    X_STR("@value", value, XF_WANTED, .pattern = "[a-zA-Z0-9_\\.:]+"),
    X_END
};
static X_TYPE_AS(paramXml, virNetFilterParam, "parameter", paramRows);
#undef S
#define S virNWFilterInclude
#define NAME .pattern = "[a-zA-Z_][a-zA-Z0-9_\\.\\-]*"
static const virXmlRow refRows[] = {
    X_STR("@filter", filter, XF_WANTED, NAME),
    X_LIST_AS("parameter", params, virNetFilterParam, paramXml, 0),
    X_END
};
static X_TYPE(virNWFilterInclude, "filterref", refRows);
#undef S

/* Rules and references take turns, and their order counts. */
static bool parseOrder(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    GString *order = g_string_new(NULL);
    for (xmlNode *n = node->children; n; n = n->next)
        if (n->type == XML_ELEMENT_NODE && (strcmp((const char *)n->name, "rule") == 0 || strcmp((const char *)n->name, "filterref") == 0))
            g_string_append_c(order, n->name[0]);
    ((virNWFilterDef *)obj)->order = g_string_free(order, FALSE);
    return true;
}

static void formatOrder(const virXmlRow *row, const void *obj, virXmlOut *out)
{
    const virNWFilterDef *def = obj;
    unsigned int rule = 0, filter = 0;
    g_autoptr(GString) s = g_string_new(NULL);
    for (const char *p = def->order; p && *p; p++) {
        bool isRule = *p == 'r';
        g_string_truncate(s, 0);
        virXmlFormat(isRule ? &virNWFilterRuleXml : &virNWFilterIncludeXml, NULL,
                     isRule ? (void *)def->rules.v[rule++] : (void *)def->filters.v[filter++], virXmlOutFlags(out), s, 1);
        virXmlOutRaw(out, g_strstrip(s->str));         /* the first line's indentation is the output's */
    }
}
static const virXmlHook order = { .parse = parseOrder, .format = formatOrder, .rng = "" };

static bool hasPriority(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    const char *priority = ((const virNWFilterDef *)obj)->priority;
    return priority && strcmp(priority, "0") != 0;
}

static const virXmlRow noRows[] = { X_END };
static virXmlType openXml = { .structName = "open", .rows = noRows };

#define S virNWFilterDef
#define CHAIN(name, n) name "[a-zA-Z0-9_\\.:\\-]{0," n "}"
static const virXmlRow filterRows[] = {
    X_STR("@name", name, XF_WANTED, NAME),
    X_STR("@chain", chain, 0, .pattern = "root|" CHAIN("mac", "9") "|" CHAIN("stp", "9") "|" CHAIN("vlan", "8") "|" CHAIN("arp", "9") "|"
          CHAIN("rarp", "8") "|" CHAIN("ipv4", "8") "|" CHAIN("ipv6", "8")),
    X_STR("@priority", priority, 0, PRIORITY, .when = hasPriority),
    X_SAME(".", openXml, XF_OPEN),
    X_UUID("uuid", uuid, 0, .bad = "malformed uuid element", .code = VIR_ERR_XML_ERROR),
    X_LIST("rule", rules, virNWFilterRule, XF_NOFORMAT),
    X_LIST("filterref", filters, virNWFilterInclude, XF_NOFORMAT),
    X_HOOK(".", &order, 0),
    X_STR("order", order, XF_MEMORY),
    X_END
};
X_TYPE(virNWFilterDef, "filter", filterRows, .init = virDocumentInit);
#undef S

#define FAIL(code, ...) (virSetError(error, code, __VA_ARGS__), false)

/* ---- after parsing ---- */

static bool isPriority(const char *text, gint64 *n)
{
    char *end;
    *n = text ? g_ascii_strtoll(text, &end, 10) : 0;
    return text && *text && !*end;
}

static bool ruleCheck(virNWFilterRule *rule, GError **error)
{
    gint64 n;
    bool found = false;
    if (!rule->action)
        return FAIL(VIR_ERR_INTERNAL_ERROR, "rule node requires action attribute");
    if (!rule->direction)
        return FAIL(VIR_ERR_INTERNAL_ERROR, "rule node requires direction attribute");
    if (!isPriority(rule->priority, &n) || n < -1000 || n > 1000)
        n = 500;
    g_free(rule->priority);
    rule->priority = g_strdup_printf("%d", (int)n);
    bool stateless = rule->statematch && (g_str_equal(rule->statematch, "0") || !g_ascii_strcasecmp(rule->statematch, "false"));
    g_free(rule->statematch);
    rule->statematch = stateless ? g_strdup("false") : NULL;
    for (int i = 0; i < VIR_NWFILTER_PROTOCOLS; i++) {
        if (rule->protocol[i] && found) {
            virXmlFree(virNWFilterProtocolXml[i], rule->protocol[i]);
            rule->protocol[i] = NULL;
        }
        found |= rule->protocol[i] != NULL;
        if (rule->protocol[i] && !virNWFilterMatchCheck(rule->protocol[i], virNWFilterProtocolXml[i], error))
            return false;
    }
    return true;
}

static bool isWord(const char *text, const char *others)
{
    for (const char *p = text; *p; p++)
        if (!g_ascii_isalnum(*p) && *p != '_' && !strchr(others, *p))
            return false;
    return *text;
}

static int byName(gconstpointer a, gconstpointer b)
{
    return strcmp((*(virNetFilterParam *const *)a)->name, (*(virNetFilterParam *const *)b)->name);
}

/* Parameters that no filter could use are left out; the others are kept in the order of their names. */
static void paramsTidy(virNWFilterInclude *ref)
{
    for (unsigned int i = ref->params.n; i-- > 0;) {
        const virNetFilterParam *p = ref->params.v[i];
        if (!p->name || !p->value || !isWord(p->name, "") || !isWord(p->value, ".:"))
            virXmlFree(&paramXml, virListTake(&ref->params, i));
    }
    if (ref->params.n)
        g_qsort_with_data(ref->params.v, ref->params.n, sizeof(*ref->params.v), (GCompareDataFunc)byName, NULL);
}

/* Where a chain stands among the others, by what its name begins with. */
static const struct {
    const char *prefix;
    const char *priority;
} chains[] = { { "mac", "-800" }, { "stp", "0" },   { "vlan", "-750" }, { "ipv4", "-700" },
               { "ipv6", "-600" }, { "rarp", "-400" }, { "arp", "-500" } };

static bool chainCheck(virNWFilterDef *def, GError **error)
{
    gint64 n;
    if (def->priority && !*def->priority)
        g_clear_pointer(&def->priority, g_free);
    if (def->priority && !isPriority(def->priority, &n))
        return FAIL(VIR_ERR_INVALID_ARG, "Could not parse chain priority '%s'", def->priority);
    if (def->priority && (n < -1000 || n > 1000))
        return FAIL(VIR_ERR_INVALID_ARG, "Priority '%s' is outside valid range of [-1000,1000]", def->priority);
    if (def->priority) {
        g_free(def->priority);
        def->priority = g_strdup_printf("%d", (int)n);
    }
    if (!def->chain || !*def->chain) {
        g_clear_pointer(&def->priority, g_free);
        g_free(def->chain);
        def->chain = g_strdup("root");
        return true;
    }
    if (strlen(def->chain) > 12)
        return FAIL(VIR_ERR_INVALID_ARG, "Name of chain is longer than 12 characters");
    if (!isWord(def->chain, ".:-"))
        return FAIL(VIR_ERR_INVALID_ARG, "Chain name contains invalid characters");
    if (strcmp(def->chain, "root") == 0)
        return true;
    for (gsize i = 0; i < G_N_ELEMENTS(chains); i++) {
        if (!g_str_has_prefix(def->chain, chains[i].prefix))
            continue;
        if (!def->priority)
            def->priority = g_strdup(chains[i].priority);
        return true;
    }
    return FAIL(VIR_ERR_INVALID_ARG, "Invalid chain name '%s'. Please use a chain name called 'root' or any of the following prefixes: "
                "mac, stp, vlan, arp, rarp, ipv4, ipv6", def->chain);
}

static bool completeFilter(virNWFilterDef *def, unsigned int flags, GError **error)
{
    static const unsigned char none[16];
    if (!def->name || !*def->name)
        return FAIL(VIR_ERR_INTERNAL_ERROR, "filter has no name");
    if (strchr(def->name, '/'))
        return virNetworkDefNameCheck(def->name, VIR_FROM, error);
    if (memcmp(def->uuid, none, 16) == 0)
        virUUIDGenerate(def->uuid);
    if (!chainCheck(def, error))
        return false;
    for (unsigned int i = 0; i < def->filters.n; i++) {
        if (!def->filters.v[i]->filter)
            return FAIL(VIR_ERR_INTERNAL_ERROR, "rule node requires action attribute");
        paramsTidy(def->filters.v[i]);
    }
    for (unsigned int i = 0; i < def->rules.n; i++)
        if (!ruleCheck(def->rules.v[i], error))
            return false;
    return true;
}
VIR_DOCUMENT_DEFINE(virNWFilterDef, "nwfilter_definition", completeFilter)

/* ---- bindings ---- */

#define S virNWFilterBindingDef
static const virXmlRow bindingRows[] = {
    X_STR("owner/name", ownerName, XF_WANTED),
    X_UUID("owner/uuid", ownerUuid, XF_WANTED, X_HAS(hasOwnerUuid), .bad = "Unable to parse UUID '%s'", .code = VIR_ERR_INTERNAL_ERROR),
    X_STR("portdev/@name", portDev, XF_WANTED),
    X_FLAG("linkdev", hasLink, XF_NOFORMAT),
    X_STR("linkdev/@name", linkDev, XF_WANTED),
    X_MAC("mac/@address", mac, XF_WANTED, X_HAS(hasMac), .bad = "Unable to parse MAC '%s'", .code = VIR_ERR_INTERNAL_ERROR),
    X_INLINE("filterref", filter, virNWFilterInclude, 0),
    X_END
};
X_TYPE(virNWFilterBindingDef, "filterbinding", bindingRows, .init = virDocumentInit);
#undef S

static bool completeBinding(virNWFilterBindingDef *def, unsigned int flags, GError **error)
{
    const char *missing = !def->portDev ? "port dev name" : def->hasLink && !def->linkDev ? "link dev name" :
        !def->ownerName ? "owner name" : !def->hasOwnerUuid ? "owner UUID" : !def->hasMac ? "MAC address" :
        !def->filter.filter ? "filter reference" : NULL;
    paramsTidy(&def->filter);
    return !missing || FAIL(VIR_ERR_INTERNAL_ERROR, "filter binding has no %s", missing);
}
VIR_DOCUMENT_DEFINE(virNWFilterBindingDef, "nwfilterbinding", completeBinding)
