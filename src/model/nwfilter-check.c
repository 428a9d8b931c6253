/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of filter rules: each kind has a function that writes the text in its canonical form, or refuses it. Variables stay. */
#define VIR_FROM VIR_FROM_NWFILTER
#include "model/nwfilter.h"
#include "model/network-address.h"
#include <netinet/in.h>
#include <string.h>

typedef struct { unsigned int value; const char *word; } Word;

static const Word etherWords[] = { { 0x0800, "ipv4" }, { 0x0806, "arp" }, { 0x8035, "rarp" }, { 0x8100, "vlan" }, { 0x86dd, "ipv6" },
                                   { 0, NULL } };
static const Word opcodeWords[] = { { 1, "Request" }, { 2, "Reply" }, { 3, "Request_Reverse" }, { 4, "Reply_Reverse" },
                                    { 5, "DRARP_Request" }, { 6, "DRARP_Reply" }, { 7, "DRARP_Error" }, { 8, "InARP_Request" },
                                    { 9, "ARP_NAK" }, { 0, NULL } };
static const Word protocolWords[] = { { 1, "icmp" }, { 2, "igmp" }, { 6, "tcp" }, { 17, "udp" }, { 50, "esp" }, { 51, "ah" },
                                      { 58, "icmpv6" }, { 132, "sctp" }, { 136, "udplite" }, { 0, NULL } };
static const Word stateWords[] = { { 1, "NEW" }, { 2, "ESTABLISHED" }, { 4, "RELATED" }, { 8, "INVALID" }, { 16, "NONE" }, { 0, NULL } };
static const Word flagWords[] = { { 1, "FIN" }, { 2, "SYN" }, { 4, "RST" }, { 8, "PSH" }, { 16, "ACK" }, { 32, "URG" }, { 63, "ALL" },
                                  { 0, "NONE" }, { 0, NULL } };

/* A number: decimal, or else hexadecimal with or without 0x; `hex` says which. */
static bool number(const char *text, unsigned long long max, unsigned long long *n, bool *hex)
{
    char *end;
    while (g_ascii_isspace(*text))
        text++;
    if (!*text || *text == '-' || *text == '+')
        return false;
    *hex = false;
    *n = g_ascii_strtoull(text, &end, 10);
    if (*end) {
        *hex = true;
        *n = g_ascii_strtoull(text, &end, 16);
    }
    return !*end && *n <= max;
}

static char *numberText(unsigned long long n, bool hex)
{
    return hex ? g_strdup_printf("0x%llx", n) : g_strdup_printf("%llu", n);
}

static char *unsignedUpTo(const char *text, unsigned long long max, unsigned long long min)
{
    unsigned long long n;
    bool hex;
    return number(text, max, &n, &hex) && n >= min ? numberText(n, hex) : NULL;
}

static char *decimalUpTo(const char *text, unsigned long long max)
{
    unsigned long long n;
    bool hex;
    return number(text, max, &n, &hex) && !hex ? numberText(n, false) : NULL;
}

/* A word of the list, or a number, which is written as its word when it has one. */
static char *named(const char *text, const Word *words, unsigned long long min, unsigned long long max, bool keepsHex)
{
    unsigned long long n;
    bool hex;
    for (const Word *w = words; w->word; w++)
        if (g_ascii_strcasecmp(w->word, text) == 0)
            return g_strdup(w->word);
    if (!number(text, max, &n, &hex) || n < min)
        return NULL;
    for (const Word *w = words; w->word; w++)
        if (w->value == n)
            return g_strdup(w->word);
    return numberText(n, hex && keepsHex);
}

bool virNWFilterWordValue(const char *word, unsigned int *value)
{
    static const Word *const lists[] = { etherWords, opcodeWords, protocolWords };
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
        for (const Word *w = lists[i]; w->word; w++)
            if (g_ascii_strcasecmp(w->word, word) == 0)
                return *value = w->value, true;
    return false;
}

static char *mac(const char *text)
{
    virMac m;
    char out[18];
    if (!virMacParse(text, &m))
        return NULL;
    virMacFormat(&m, out);
    return g_strdup(out);
}

/* Ones, and nothing but zeros behind them. */
static char *macMask(const char *text)
{
    virMac m;
    guint64 bits = 0;
    if (!virMacParse(text, &m))
        return NULL;
    for (int i = 0; i < 6; i++)
        bits = bits << 8 | m.b[i];
    guint64 zeros = ~bits & 0xffffffffffffULL;
    return zeros & (zeros + 1) ? NULL : mac(text);
}

static char *ip(const char *text, int family)
{
    virIp address;
    g_autofree char *copy = g_strdup(text);
    if (family == AF_INET && g_ascii_strncasecmp(text, "::ffff:", 7) == 0 && strchr(text, '.')) {
        g_free(copy);
        copy = g_strdup(text + 7);
    }
    if (!virIpCanonical(&copy, &address) || address.family != family)
        return NULL;
    return g_steal_pointer(&copy);
}

/* A netmask's length, or the length itself. */
static char *ipMask(const char *text, int family)
{
    virIp mask;
    guint64 n;
    if (g_ascii_string_to_unsigned(text, 10, 0, family == AF_INET ? 32 : 128, &n, NULL))
        return numberText(n, false);
    if (!strpbrk(text, ".:") || !virIpParse(text, &mask) || mask.family != family || virIpPrefix(&mask) < 0)
        return NULL;
    return numberText(virIpPrefix(&mask), false);
}

/* Words with commas between them, as the bits that they stand for. */
static bool wordBits(const char *text, gsize len, const Word *words, unsigned int *bits)
{
    g_autofree char *copy = g_strndup(text, len);
    g_auto(GStrv) parts = g_strsplit(copy, ",", -1);
    *bits = 0;
    for (char **p = parts; *p; p++) {
        const Word *w = words;
        g_strstrip(*p);
        while (w->word && g_ascii_strcasecmp(w->word, *p) != 0)
            w++;
        if (!w->word && **p)        /* an empty part says nothing */
            return false;
        *bits |= w->value;
    }
    return true;
}

static void appendBits(GString *out, const Word *words, unsigned int bits, unsigned int all, const char *none)
{
    gsize start = out->len;
    if (bits == all || !bits) {
        g_string_append(out, bits ? "ALL" : none);
        return;
    }
    for (const Word *w = words; w->word; w++)
        if (w->value && w->value != all && (bits & w->value) == w->value)
            g_string_append_printf(out, "%s%s", out->len > start ? "," : "", w->word);
}

static char *state(const char *text)
{
    unsigned int bits;
    GString *out = g_string_new(NULL);
    if (!wordBits(text, strlen(text), stateWords, &bits)) {
        g_string_free(out, TRUE);
        return NULL;
    }
    if (bits & 16)
        g_string_append(out, "NONE");
    else
        appendBits(out, stateWords, bits, ~0u, "");
    return g_string_free(out, FALSE);
}

static char *tcpFlags(const char *text)
{
    /* written in the order in which they stand in the words of iptables */
    static const Word order[] = { { 2, "SYN" }, { 16, "ACK" }, { 32, "URG" }, { 8, "PSH" }, { 1, "FIN" }, { 4, "RST" }, { 0, NULL } };
    const char *slash = strchr(text, '/');
    unsigned int mask, flags;
    if (!slash || !wordBits(text, slash - text, flagWords, &mask) || !wordBits(slash + 1, strlen(slash + 1), flagWords, &flags))
        return NULL;
    GString *out = g_string_new(NULL);
    appendBits(out, order, mask, 63, "NONE");
    g_string_append_c(out, '/');
    appendBits(out, order, flags, 63, "NONE");
    return g_string_free(out, FALSE);
}

static char *ipsetFlags(const char *text)
{
    g_autofree char *lower = g_ascii_strdown(text, -1);
    g_auto(GStrv) parts = g_strsplit(lower, ",", -1);
    guint n = g_strv_length(parts);
    for (char **p = parts; *p; p++)
        if (!g_str_equal(*p, "src") && !g_str_equal(*p, "dst"))
            return NULL;
    return n >= 1 && n <= 6 ? g_steal_pointer(&lower) : NULL;
}

static char *ipset(const char *text)
{
    for (const char *p = text; *p; p++)
        if (!g_ascii_isalnum(*p) && !strchr("_.:-+ ", *p))
            return NULL;
    return strlen(text) <= 31 ? g_strdup(text) : NULL;
}

static char *boolean(const char *text)
{
    return g_strdup(g_str_equal(text, "1") || g_str_equal(text, "yes") || g_str_equal(text, "true") ? "true" : "false");
}

/* "$NAME", "$NAME[3]", "$NAME[@1]": without the blanks inside. */
static char *variable(const char *text)
{
    const char *p = text + 1;
    GString *out = g_string_new("$");
    while (g_ascii_isalnum(*p) || *p == '_')
        g_string_append_c(out, *p++);
    if (*p == '[') {
        g_string_append_c(out, *p++);
        p += strspn(p, " ");
        guint64 max = *p == '@' ? 1000 : G_MAXUINT32;
        if (*p == '@')
            g_string_append_c(out, *p++);
        bool tooGreat = g_ascii_strtoull(p, NULL, 10) > max;
        gsize digits = strspn(p, "0123456789");
        g_string_append_len(out, p, digits);
        p += digits;
        p += strspn(p, " ");
        if (!digits || tooGreat || *p != ']')
            return g_string_free(out, TRUE);
        g_string_append_c(out, *p++);
        if (g_str_has_suffix(out->str, "[@0]"))         /* the first iterator is the one that is meant without any */
            g_string_truncate(out, out->len - 4);
    }
    p += strspn(p, " ");
    return g_string_free(out, *p != 0);
}

static char *canonical(virNWFilterValue kind, const char *text)
{
    switch (kind) {
    case VIR_NWFILTER_MAC:        return mac(text);
    case VIR_NWFILTER_MACMASK:    return macMask(text);
    case VIR_NWFILTER_ETHER:      return named(text, etherWords, 0x600, 0xffff, true);
    case VIR_NWFILTER_ENCAP:      return named(text, etherWords, 0, 0xffff, true);
    case VIR_NWFILTER_VLANID:     return unsignedUpTo(text, 4095, 0);
    case VIR_NWFILTER_U8:         return unsignedUpTo(text, 0xff, 0);
    case VIR_NWFILTER_U16:        return unsignedUpTo(text, 0xffff, 0);
    case VIR_NWFILTER_U32:        return unsignedUpTo(text, 0xffffffff, 0);
    case VIR_NWFILTER_OPCODE:     return named(text, opcodeWords, 0, 0xffff, false);
    case VIR_NWFILTER_IP4:        return ip(text, AF_INET);
    case VIR_NWFILTER_IP6:        return ip(text, AF_INET6);
    case VIR_NWFILTER_MASK4:      return ipMask(text, AF_INET);
    case VIR_NWFILTER_MASK6:      return ipMask(text, AF_INET6);
    case VIR_NWFILTER_BOOL:       return boolean(text);
    case VIR_NWFILTER_IPPROTO:    return named(text, protocolWords, 0, 255, true);
    case VIR_NWFILTER_DSCP:       return unsignedUpTo(text, 63, 0);
    case VIR_NWFILTER_LIMIT:      return decimalUpTo(text, 0xffff);
    case VIR_NWFILTER_STATE:      return state(text);
    case VIR_NWFILTER_TCPFLAGS:   return tcpFlags(text);
    case VIR_NWFILTER_IPSET:      return ipset(text);
    case VIR_NWFILTER_IPSETFLAGS: return ipsetFlags(text);
    case VIR_NWFILTER_COMMENT:    return g_strndup(text, 256);
    default:                      return g_strdup(text);
    }
}

/* Ports mean something to protocols that have them only. */
static bool portsCheck(const virNWFilterMatch *m, const char *name, GError **error)
{
    static const char *const with[] = { "tcp", "udp", "sctp", NULL };
    bool six = strcmp(name, "ipv6") == 0;
    if (!m->srcportstart && !m->srcportend && !m->dstportstart && !m->dstportend)
        return true;
    if (!m->protocol)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "%s rule with port specification requires protocol specification with protocol to be "
                    "either one of tcp(6), udp(17), dccp(33), or sctp(132)", six ? "IPv6" : "IP");
    else if (*m->protocol != '$' && !g_strv_contains(with, m->protocol) && strcmp(m->protocol, "33") != 0)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "%s rule with port specification: protocol '%s' has no ports; give tcp, udp or sctp",
                    six ? "IPv6" : "IP", m->protocol);
    else
        return true;
    return false;
}

bool virNWFilterMatchCheck(virNWFilterMatch *match, const virXmlType *type, GError **error)
{
    bool negated = g_strcmp0(match->match, "no") == 0, any = false;
    for (const virXmlRow *row = type->rows; row->kind != VIR_XML_END; row++) {
        char **at = X_AT(match, row, char *);
        if (!row->digits || !*at)
            continue;
        any = true;
        char *text = **at == '$' && row->digits != VIR_NWFILTER_COMMENT ? variable(*at) : canonical(row->digits, *at);
        if (!text) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "%s has illegal value %s", row->path + 1, *at);
            return false;
        }
        g_free(*at);
        *at = text;
    }
    g_free(match->match);
    match->match = negated && any ? g_strdup("no") : NULL;      /* nothing cannot be negated */
    if (strcmp(type->name, "ip") != 0 && strcmp(type->name, "ipv6") != 0)
        return true;
    return portsCheck(match, type->name, error);
}
