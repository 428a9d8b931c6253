/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a rule to commands. What a protocol's attributes are called by the tools stands in tables; a rule of the lower layer becomes
 * commands of ebtables, one of the upper layer commands of iptables or ip6tables in up to three chains. All values are resolved.
 */
#define VIR_FROM VIR_FROM_NWFILTER
#define VIR_LOG_NAME "nwfilter.rules"
#include "drivers/nwfilter/install.h"
#include "base/error.h"
#include "base/log.h"
#include <string.h>

/* How an attribute's value is written. */
typedef enum {
    TEXT, DECIMAL, HEX, HEX_WORD, NAMED, MASKED, HOST_MASKED, COLON_RANGE, DASH_RANGE, FLAG, TCP_FLAGS, ICMP, ICMP6, SET, FIXED, END
} Form;

typedef struct {
    Form form;
    const char *option;
    const char *reversed;       /* for packets of the other direction; NULL: the same */
    gsize value, extra;         /* members of virNWFilterMatch; the extra is a mask, a range's end … */
    const char *module;         /* what iptables loads for it; FIXED: the value */
    bool ownWay;                /* can't be said of packets of the other direction */
} Row;

#define M(member) G_STRUCT_OFFSET(virNWFilterMatch, member)
#define SENDER { MASKED, "-s", "-d", M(srcmacaddr), M(srcmacmask) }
#define MACS SENDER, { MASKED, "-d", "-s", M(dstmacaddr), M(dstmacmask) }
#define IS(option, value) { FIXED, option, .module = value }
#define SPAN(option, name) { COLON_RANGE, option, NULL, M(name), M(name##Hi) }

static const Row macRows[] = { MACS, { HEX_WORD, "-p", NULL, M(protocolid) }, { END } };
static const Row vlanRows[] = { MACS, IS("-p", "0x8100"), { DECIMAL, "--vlan-id", NULL, M(vlanid) },
                                { NAMED, "--vlan-encap", NULL, M(encapProtocol) }, { END } };
static const Row stpRows[] = {
    SENDER, IS("-d", "01:80:c2:00:00:00"), { DECIMAL, "--stp-type", NULL, M(type) }, { DECIMAL, "--stp-flags", NULL, M(stpflags) },
    SPAN("--stp-root-pri", rootPriority), { MASKED, "--stp-root-addr", NULL, M(rootAddress), M(rootAddressMask) },
    SPAN("--stp-root-cost", rootCost), SPAN("--stp-sender-prio", senderPriority),
    { MASKED, "--stp-sender-addr", NULL, M(senderAddress), M(senderAddressMask) }, SPAN("--stp-port", port),
    SPAN("--stp-msg-age", age), SPAN("--stp-max-age", maxAge), SPAN("--stp-hello-time", helloTime),
    SPAN("--stp-forward-delay", forwardDelay), { END }
};
#define ARP(type) \
    MACS, IS("-p", type), { DECIMAL, "--arp-htype", NULL, M(hwtype) }, { NAMED, "--arp-opcode", NULL, M(opcode) }, \
    { HEX_WORD, "--arp-ptype", NULL, M(protocoltype) }, { HOST_MASKED, "--arp-ip-src", "--arp-ip-dst", M(arpsrcipaddr), M(arpsrcipmask) }, \
    { HOST_MASKED, "--arp-ip-dst", "--arp-ip-src", M(arpdstipaddr), M(arpdstipmask) }, \
    { TEXT, "--arp-mac-src", "--arp-mac-dst", M(arpsrcmacaddr) }, { TEXT, "--arp-mac-dst", "--arp-mac-src", M(arpdstmacaddr) }, \
    { FLAG, "--arp-gratuitous", NULL, M(gratuitous) }, { END }
static const Row arpRows[] = { ARP("0x806") };
static const Row rarpRows[] = { ARP("0x8035") };
#define BRIDGED(source, destination, proto, sport, dport) \
    { MASKED, source, destination, M(srcipaddr), M(srcipmask) }, { MASKED, destination, source, M(dstipaddr), M(dstipmask) }, \
    { NAMED, proto, NULL, M(protocol) }, { COLON_RANGE, sport, dport, M(srcportstart), M(srcportend) }, \
    { COLON_RANGE, dport, sport, M(dstportstart), M(dstportend) }
static const Row ipRows[] = {
    MACS, IS("-p", "ipv4"),
    BRIDGED("--ip-source", "--ip-destination", "--ip-protocol", "--ip-source-port", "--ip-destination-port"),
    { HEX, "--ip-tos", NULL, M(dscp) }, { END }
};
static const Row ipv6Rows[] = {
    MACS, IS("-p", "ipv6"),
    BRIDGED("--ip6-source", "--ip6-destination", "--ip6-protocol", "--ip6-source-port", "--ip6-destination-port"),
    { ICMP6, "--ip6-icmp-type" }, { END }
};

/* The upper layer: what comes before the states of connections, and after. */
#define ROUTED \
    { TEXT, "--mac-source", NULL, M(srcmacaddr), 0, "mac", true }, { MASKED, "--source", "--destination", M(srcipaddr), M(srcipmask) }, \
    { DASH_RANGE, "--src-range", "--dst-range", M(srcipfrom), M(srcipto), "iprange" }, \
    { MASKED, "--destination", "--source", M(dstipaddr), M(dstipmask) }, \
    { DASH_RANGE, "--dst-range", "--src-range", M(dstipfrom), M(dstipto), "iprange" }, { DECIMAL, "--dscp", NULL, M(dscp), 0, "dscp" }
#define PORTS \
    { COLON_RANGE, "--sport", "--dport", M(srcportstart), M(srcportend) }, \
    { COLON_RANGE, "--dport", "--sport", M(dstportstart), M(dstportend) }
static const Row routedRows[] = { ROUTED, { END } };
static const Row tcpRows[] = { ROUTED, { TCP_FLAGS, "--tcp-flags", NULL, M(flags) }, PORTS, { END } };
static const Row udpRows[] = { ROUTED, PORTS, { END } };
static const Row icmpRows[] = { ROUTED, { ICMP, "--icmp-type", NULL, M(type), M(code) }, { END } };
static const Row icmpv6Rows[] = { ROUTED, { ICMP, "--icmpv6-type", NULL, M(type), M(code) }, { END } };
static const Row afterState[] = {
    { DECIMAL, "--connlimit-above", NULL, M(connlimitAbove), 0, "connlimit" }, { SET, "--match-set", NULL, M(ipset), M(ipsetflags), "set" },
    { END }
};

static const struct {
    const Row *rows;
    virFirewallLayer layer;
    const char *name;           /* iptables -p */
} protocols[VIR_NWFILTER_PROTOCOLS] = {
    [VIR_NWFILTER_PROTOCOL_MAC] = { macRows, VIR_FIREWALL_ETHERNET },
    [VIR_NWFILTER_PROTOCOL_VLAN] = { vlanRows, VIR_FIREWALL_ETHERNET },
    [VIR_NWFILTER_PROTOCOL_STP] = { stpRows, VIR_FIREWALL_ETHERNET },
    [VIR_NWFILTER_PROTOCOL_ARP] = { arpRows, VIR_FIREWALL_ETHERNET },
    [VIR_NWFILTER_PROTOCOL_RARP] = { rarpRows, VIR_FIREWALL_ETHERNET },
    [VIR_NWFILTER_PROTOCOL_IP] = { ipRows, VIR_FIREWALL_ETHERNET },
    [VIR_NWFILTER_PROTOCOL_IPV6] = { ipv6Rows, VIR_FIREWALL_ETHERNET },
    [VIR_NWFILTER_PROTOCOL_TCP] = { tcpRows, VIR_FIREWALL_IPV4, "tcp" },
    [VIR_NWFILTER_PROTOCOL_UDP] = { udpRows, VIR_FIREWALL_IPV4, "udp" },
    [VIR_NWFILTER_PROTOCOL_SCTP] = { udpRows, VIR_FIREWALL_IPV4, "sctp" },
    [VIR_NWFILTER_PROTOCOL_ICMP] = { icmpRows, VIR_FIREWALL_IPV4, "icmp" },
    [VIR_NWFILTER_PROTOCOL_IGMP] = { routedRows, VIR_FIREWALL_IPV4, "igmp" },
    [VIR_NWFILTER_PROTOCOL_ALL] = { routedRows, VIR_FIREWALL_IPV4, "all" },
    [VIR_NWFILTER_PROTOCOL_ESP] = { routedRows, VIR_FIREWALL_IPV4, "esp" },
    [VIR_NWFILTER_PROTOCOL_AH] = { routedRows, VIR_FIREWALL_IPV4, "ah" },
    [VIR_NWFILTER_PROTOCOL_UDPLITE] = { routedRows, VIR_FIREWALL_IPV4, "udplite" },
    [VIR_NWFILTER_PROTOCOL_TCP_IPV6] = { tcpRows, VIR_FIREWALL_IPV6, "tcp" },
    [VIR_NWFILTER_PROTOCOL_UDP_IPV6] = { udpRows, VIR_FIREWALL_IPV6, "udp" },
    [VIR_NWFILTER_PROTOCOL_SCTP_IPV6] = { udpRows, VIR_FIREWALL_IPV6, "sctp" },
    [VIR_NWFILTER_PROTOCOL_ICMPV6] = { icmpv6Rows, VIR_FIREWALL_IPV6, "icmpv6" },
    [VIR_NWFILTER_PROTOCOL_ALL_IPV6] = { routedRows, VIR_FIREWALL_IPV6, "all" },
    [VIR_NWFILTER_PROTOCOL_ESP_IPV6] = { routedRows, VIR_FIREWALL_IPV6, "esp" },
    [VIR_NWFILTER_PROTOCOL_AH_IPV6] = { routedRows, VIR_FIREWALL_IPV6, "ah" },
    [VIR_NWFILTER_PROTOCOL_UDPLITE_IPV6] = { routedRows, VIR_FIREWALL_IPV6, "udplite" },
};

/* ---- values ---- */

static const char *textAt(const virNWFilterMatch *match, gsize member)
{
    return member ? G_STRUCT_MEMBER(char *, match, member) : NULL;
}

/* A number in decimal or hexadecimal, a word that stands for one, or what it is: a variable's value is not ours to judge. */
static char *numberText(const char *text, bool words, bool hex)
{
    unsigned int n;
    guint64 value;
    const char *digits = g_ascii_strncasecmp(text, "0x", 2) == 0 ? text + 2 : text;
    if (words && virNWFilterWordValue(text, &n))
        value = n;
    else if (!g_ascii_string_to_unsigned(digits, digits > text ? 16 : 10, 0, G_MAXUINT32, &value, NULL))
        return g_strdup(text);
    return g_strdup_printf(hex ? "0x%" G_GINT64_MODIFIER "x" : "%" G_GUINT64_FORMAT, value);
}

/* A variable's value has hexadecimal digits already. */
static char *hexVariable(const char *text)
{
    return g_ascii_strncasecmp(text, "0x", 2) == 0 ? g_strdup(text) : g_strconcat("0x", text, NULL);
}

static char *joined(const char *a, char separator, const char *b)
{
    g_autofree char *first = a ? numberText(a, false, false) : NULL, *second = b ? numberText(b, false, false) : NULL;
    return second ? g_strdup_printf("%s%c%s", first, separator, second) : g_steal_pointer(&first);
}

static char *icmp6Text(const char *from, const char *to)
{
    g_autofree char *first = numberText(from ? from : "0", false, false);
    g_autofree char *last = to ? numberText(to, false, false) : g_strdup(from ? first : "255");
    return g_strdup_printf("%s:%s", first, last);
}

/* "src,dst" seen from the other side. */
static char *setFlags(const char *flags, bool reversed)
{
    g_auto(GStrv) parts = g_strsplit(flags, ",", -1);
    for (char **p = parts; *p && reversed; p++) {
        const char *other = g_ascii_strcasecmp(*p, "src") == 0 ? "dst" : "src";
        g_free(*p);
        *p = g_strdup(other);
    }
    return g_strjoinv(",", parts);
}

/* The option's value; NULL when the rule says nothing of it. */
static char *valueText(const Row *row, const virNWFilterMatch *match, const virNWFilterMatch *written, bool reversed)
{
    const char *value = textAt(match, row->value), *extra = textAt(match, row->extra);
    if (row->form == ICMP6) {
        if (!match->type && !match->typeend && !match->code && !match->codeend)
            return NULL;
        g_autofree char *type = icmp6Text(match->type, match->typeend), *code = icmp6Text(match->code, match->codeend);
        return g_strdup_printf("%s/%s", type, code);
    }
    if (!value)
        return NULL;
    switch (row->form) {
    case DECIMAL:     return numberText(value, false, false);
    case NAMED:       return numberText(value, true, false);
    case HEX:         return numberText(value, true, true);
    case HEX_WORD:    return *textAt(written, row->value) == '$' ? hexVariable(value) : numberText(value, true, true);
    case MASKED:      return extra ? g_strdup_printf("%s/%s", value, extra) : g_strdup(value);
    case HOST_MASKED: return g_strdup_printf("%s/%s", value, extra ? extra : "32");
    case COLON_RANGE: return joined(value, ':', extra);
    case DASH_RANGE:  return extra ? g_strdup_printf("%s-%s", value, extra) : g_strdup(value);
    case ICMP:        return joined(value, '/', extra);
    case FLAG:        return strcmp(value, "true") == 0 ? g_strdup("") : NULL;
    case SET:         return extra ? setFlags(extra, reversed) : NULL;
    default:          return g_strdup(value);
    }
}

/* ---- options ---- */

static void take(GPtrArray *argv, char *text)
{
    g_ptr_array_add(argv, text);
}

static void add(GPtrArray *argv, const char *text)
{
    g_ptr_array_add(argv, g_strdup(text));
}

/* Two words: the mask and the flags of TCP, the set and its directions. */
static void addPair(GPtrArray *argv, const Row *row, const virNWFilterMatch *match, const char *text)
{
    const char *slash = strchr(text, '/');
    if (row->form == SET) {
        add(argv, textAt(match, row->value));
        add(argv, text);
    } else {
        take(argv, g_strndup(text, slash ? (gsize)(slash - text) : strlen(text)));
        add(argv, slash ? slash + 1 : "NONE");
    }
}

/* An address excludes the range of addresses beside it. */
static bool isShadowed(const Row *row, const virNWFilterMatch *match)
{
    return (row->value == M(srcipfrom) && match->srcipaddr) || (row->value == M(dstipfrom) && match->dstipaddr);
}

/* How many of the rows the rule has something to say about. `written`: before variables were replaced. */
static unsigned int addRows(GPtrArray *argv, const Row *rows, const virNWFilterMatch *match, const virNWFilterMatch *written,
                            bool reversed, bool bridged)
{
    bool negated = g_strcmp0(match->match, "no") == 0;
    unsigned int n = 0;
    for (const Row *row = rows; row->form != END; row++) {
        const char *option = reversed && row->reversed ? row->reversed : row->option;
        if (row->form == FIXED) {
            add(argv, option);
            add(argv, row->module);
            continue;
        }
        g_autofree char *text = (reversed && row->ownWay) || isShadowed(row, match) ? NULL : valueText(row, match, written, reversed);
        if (!text)
            continue;
        n++;
        if (row->module) {
            add(argv, "-m");
            add(argv, row->module);
        }
        if (negated && (!bridged || row->form == FLAG))
            add(argv, "!");
        add(argv, option);
        if (negated && bridged && row->form != FLAG)
            add(argv, "!");
        if (row->form == SET || row->form == TCP_FLAGS)
            addPair(argv, row, match, text);
        else if (row->form != FLAG)
            add(argv, text);
    }
    return n;
}

static GPtrArray *begin(const char *table, const char *chain)
{
    GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
    if (table) {
        add(argv, "-t");
        add(argv, table);
    }
    add(argv, "-A");
    add(argv, chain);
    return argv;
}

static void finish(virFirewall *fw, virFirewallLayer layer, GPtrArray *argv, const char *target)
{
    add(argv, "-j");
    add(argv, target);
    g_ptr_array_add(argv, NULL);
    virFirewallAddArgv(fw, layer, (const char *const *)argv->pdata);
}

/* ---- rules ---- */

static int protocolOf(const virNWFilterRule *rule)
{
    for (int i = 0; i < VIR_NWFILTER_PROTOCOLS; i++)
        if (rule->protocol[i])
            return i;
    return -1;
}

virFirewallLayer virNWFilterRuleLayer(const virNWFilterRule *rule)
{
    int protocol = protocolOf(rule);
    return protocol < 0 ? VIR_FIREWALL_ETHERNET : protocols[protocol].layer;
}

bool virNWFilterRuleAddBridged(virFirewall *fw, const virNWFilterRule *rule, const virNWFilterMatch *match, const char *chain,
                               bool toGuest, GError **error)
{
    static const char *const targets[] = { [VIR_NWFILTER_ACTION_NONE] = "DROP", [VIR_NWFILTER_ACTION_DROP] = "DROP",
                                           [VIR_NWFILTER_ACTION_ACCEPT] = "ACCEPT", [VIR_NWFILTER_ACTION_REJECT] = "DROP",
                                           [VIR_NWFILTER_ACTION_RETURN] = "RETURN", [VIR_NWFILTER_ACTION_CONTINUE] = "CONTINUE" };
    int protocol = protocolOf(rule);
    bool both = rule->direction == VIR_NWFILTER_DIRECTION_INOUT;
    if (protocol == VIR_NWFILTER_PROTOCOL_STP && both && match->srcmacaddr) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "STP filtering in inout direction with source MAC address set is not supported");
        return false;
    }
    g_autoptr(GPtrArray) argv = begin("nat", chain);
    if (match)
        addRows(argv, protocols[protocol].rows, match, rule->protocol[protocol], both && !toGuest, true);
    finish(fw, VIR_FIREWALL_ETHERNET, argv, targets[rule->action]);
    return true;
}

/* Connections: the states of one direction's packets, and what the packets of the other direction answer. */
typedef struct {
    const char *state, *direction;
    bool skip;
} Tracking;

static Tracking trackingOf(const virNWFilterRule *rule, const virNWFilterMatch *match, bool isIcmp, bool own)
{
    bool both = rule->direction == VIR_NWFILTER_DIRECTION_INOUT, typed = isIcmp && match->type;
    bool given = !rule->statematch && match->state && *match->state;
    Tracking t = { .skip = (typed && (both || !own)) || (!own && (match->connlimitAbove || (given && !both))) };
    if (rule->statematch || (match->connlimitAbove && (!given || rule->action == VIR_NWFILTER_ACTION_ACCEPT)))
        return t;
    if (given) {
        t.state = strcmp(match->state, "NONE") == 0 ? NULL : match->state;
    } else if (rule->action == VIR_NWFILTER_ACTION_ACCEPT && !both) {
        t.state = own ? "NEW,ESTABLISHED" : "ESTABLISHED";
        t.direction = typed ? NULL : own ? "Original" : "Reply";
    }
    return t;
}

static const char *routedTarget(virNWFilterAction action, bool toGuest)
{
    switch (action) {
    case VIR_NWFILTER_ACTION_ACCEPT:   return toGuest ? "ACCEPT" : "RETURN";
    case VIR_NWFILTER_ACTION_REJECT:   return "REJECT";
    case VIR_NWFILTER_ACTION_RETURN:   return "RETURN";
    case VIR_NWFILTER_ACTION_CONTINUE: return "CONTINUE";
    default:                           return "DROP";
    }
}

bool virNWFilterRuleAddRouted(virFirewall *fw, const virNWFilterRule *rule, const virNWFilterMatch *match, const char *chain, bool toGuest,
                              GError **error)
{
    int protocol = protocolOf(rule);
    bool own = (rule->direction != VIR_NWFILTER_DIRECTION_OUT) == toGuest;
    Tracking t = trackingOf(rule, match, protocols[protocol].rows == icmpRows || protocols[protocol].rows == icmpv6Rows, own);
    if (match->ipset && !match->ipsetflags) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "rule about the set '%s' has no ipsetflags: say src or dst", match->ipset);
        return false;
    }
    if (t.skip)
        return true;
    g_autoptr(GPtrArray) argv = begin(NULL, chain);
    add(argv, "-p");
    add(argv, protocols[protocol].name);
    unsigned int n = addRows(argv, protocols[protocol].rows, match, rule->protocol[protocol], !own, false);
    for (int i = 0; i < 2; i++) {
        const char *word = i ? t.direction : t.state;
        const char *const words[] = { "-m", "conntrack", i ? "--ctdir" : "--ctstate", word };
        for (gsize k = 0; word && k < G_N_ELEMENTS(words); k++)
            add(argv, words[k]);
    }
    n += addRows(argv, afterState, match, rule->protocol[protocol], !own, false);
    if (!own && match->srcmacaddr && n == 0)    /* nothing is left that could be told of the answers */
        return true;
    if (match->comment) {
        const char *const words[] = { "-m", "comment", "--comment", match->comment };
        for (gsize k = 0; k < G_N_ELEMENTS(words); k++)
            add(argv, words[k]);
    }
    finish(fw, protocols[protocol].layer, argv, routedTarget(rule->action, toGuest));
    return true;
}
