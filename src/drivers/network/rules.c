/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packet filter rules of a network. Each is inserted at the head of its chain, so that the last one made is looked at first: general
 * refusals come first here, what is let through after them.
 */
#define VIR_FROM VIR_FROM_NETWORK
#define VIR_LOG_NAME "network.rules"
#include "drivers/network/rules.h"
#include "base/error.h"
#include "base/log.h"
#include "host/firewall.h"
#include <netinet/in.h>
#include <string.h>

typedef struct {
    virFirewallLayer layer;
    const char *table, *chain;
    bool mayFail;
    char **words;               /* matches and target */
} Rule;

/* Every word of it, for functions that take words one by one. */
#define SPREAD(w) w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11], w[12], w[13], w[14], w[15], w[16], w[17], \
    w[18], w[19], w[20], w[21], w[22], w[23], NULL
enum { SPREAD_WORDS = 24 };

/* ---- chains ---- */

static const struct { const char *table, *own, *of; } chains[] = {
    { "filter", "LIBVIRT_INP", "INPUT" },   { "filter", "LIBVIRT_OUT", "OUTPUT" },     { "filter", "LIBVIRT_FWO", "FORWARD" },
    { "filter", "LIBVIRT_FWI", "FORWARD" }, { "filter", "LIBVIRT_FWX", "FORWARD" },    { "nat", "LIBVIRT_PRT", "POSTROUTING" },
    { "mangle", "LIBVIRT_PRT", "POSTROUTING" },
};

static bool hasLine(const char *listing, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool hasLine(const char *listing, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *want = g_strdup_vprintf(format, args);
    va_end(args);
    gsize len = strlen(want);
    for (const char *p = strstr(listing, want); p; p = strstr(p + 1, want))
        if ((p == listing || p[-1] == '\n') && strchr("\n ", p[len]))
            return true;
    return false;
}

static bool makeChains(virFirewallLayer layer, GError **error)
{
    g_autoptr(virFirewall) fw = virFirewallNew();
    g_autofree char *listing = NULL;
    const char *listed = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(chains); i++) {
        const char *table = chains[i].table, *own = chains[i].own, *of = chains[i].of;
        const char *list[] = { "--table", table, "--list-rules", NULL };
        if (g_strcmp0(listed, table) != 0) {
            g_clear_pointer(&listing, g_free);
            if (!virFirewallQuery(layer, list, &listing, error))
                return false;
            listed = table;
        }
        const char *have = listing ? listing : "";
        if (!hasLine(have, "-N %s", own)) {
            virFirewallAdd(fw, layer, "--table", table, "--new-chain", own, NULL);
            virFirewallUndo(fw, layer, "--table", table, "--delete-chain", own, NULL);
        }
        if (!hasLine(have, "-A %s -j %s", of, own)) {
            virFirewallAdd(fw, layer, "--table", table, "--insert", of, "--jump", own, NULL);
            virFirewallUndo(fw, layer, "--table", table, "--delete", of, "--jump", own, NULL);
        }
    }
    return virFirewallApply(fw, error);
}

/* ---- the list ---- */

static void ruleFree(gpointer data)
{
    Rule *r = data;
    g_strfreev(r->words);
    g_free(r);
}

static Rule *add(GPtrArray *rules, virFirewallLayer layer, const char *table, const char *chain, ...) G_GNUC_NULL_TERMINATED;
/* Words that are "" are left out. */
static Rule *add(GPtrArray *rules, virFirewallLayer layer, const char *table, const char *chain, ...)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    va_list args;
    va_start(args, chain);
    for (const char *w; (w = va_arg(args, const char *));)
        if (*w)
            g_strv_builder_add(words, w);
    va_end(args);
    Rule *r = g_new0(Rule, 1);
    *r = (Rule){ layer, table, chain, false, g_strv_builder_end(words) };
    g_ptr_array_add(rules, r);
    return r;
}

static void letPort(GPtrArray *rules, virFirewallLayer layer, const char *chain, const char *bridge, const char *protocol, const char *port)
{
    const char *way = strcmp(chain, "LIBVIRT_INP") == 0 ? "--in-interface" : "--out-interface";
    add(rules, layer, "filter", chain, way, bridge, "--protocol", protocol, "--destination-port", port, "--jump", "ACCEPT", NULL);
}

typedef struct { const char *chain, *protocol, *port; } Port;

static void letPorts(GPtrArray *rules, virFirewallLayer layer, const char *bridge, const Port *ports, guint n)
{
    for (guint i = 0; i < n; i++)
        letPort(rules, layer, ports[i].chain, bridge, ports[i].protocol, ports[i].port);
}

/* Guests reach each other and nobody else. */
static void separate(GPtrArray *rules, virFirewallLayer layer, const char *bridge)
{
    add(rules, layer, "filter", "LIBVIRT_FWO", "--in-interface", bridge, "--jump", "REJECT", NULL);
    add(rules, layer, "filter", "LIBVIRT_FWI", "--out-interface", bridge, "--jump", "REJECT", NULL);
    add(rules, layer, "filter", "LIBVIRT_FWX", "--in-interface", bridge, "--out-interface", bridge, "--jump", "ACCEPT", NULL);
}

static const Port dhcp4[] = {
    { "LIBVIRT_INP", "tcp", "67" }, { "LIBVIRT_INP", "udp", "67" }, { "LIBVIRT_OUT", "tcp", "68" }, { "LIBVIRT_OUT", "udp", "68" },
};
static const Port dns[] = {
    { "LIBVIRT_INP", "tcp", "53" }, { "LIBVIRT_INP", "udp", "53" }, { "LIBVIRT_OUT", "tcp", "53" }, { "LIBVIRT_OUT", "udp", "53" },
};
static const Port tftp[] = { { "LIBVIRT_INP", "udp", "69" }, { "LIBVIRT_OUT", "udp", "69" } };
static const Port dhcp6[] = { { "LIBVIRT_INP", "udp", "547" }, { "LIBVIRT_OUT", "udp", "546" } };
#define LET(layer, ports) letPorts(rules, layer, def->bridge, ports, G_N_ELEMENTS(ports))

static void general(GPtrArray *rules, const virNetworkDef *def)
{
    bool hasTftp = false, has6 = false;
    for (unsigned int i = 0; i < def->ips.n; i++) {
        hasTftp |= def->ips.v[i]->tftpRoot != NULL;
        has6 |= virNetworkIpFamily(def->ips.v[i]) == AF_INET6;
    }
    LET(VIR_FIREWALL_IPV4, dhcp4);
    LET(VIR_FIREWALL_IPV4, dns);
    if (hasTftp)
        LET(VIR_FIREWALL_IPV4, tftp);
    separate(rules, VIR_FIREWALL_IPV4, def->bridge);
    if (!has6 && def->ipv6 != VIR_TRISTATE_BOOL_YES)
        return;
    separate(rules, VIR_FIREWALL_IPV6, def->bridge);
    if (!has6)
        return;
    LET(VIR_FIREWALL_IPV6, dns);
    LET(VIR_FIREWALL_IPV6, dhcp6);
}

/* ---- forwarding ---- */

typedef struct {
    GPtrArray *rules;
    const virNetworkDef *def;
    virFirewallLayer layer;
    char *net;                  /* "192.168.122.0/24" */
    const char *dev;            /* of the host, the only way out; NULL: any */
} Way;

static void letOut(const Way *w)
{
    add(w->rules, w->layer, "filter", "LIBVIRT_FWO", "--source", w->net, "--in-interface", w->def->bridge,
        w->dev ? "--out-interface" : "", w->dev ? w->dev : "", "--jump", "ACCEPT", NULL);
}

static void letIn(const Way *w, bool answersOnly)
{
    add(w->rules, w->layer, "filter", "LIBVIRT_FWI", "--destination", w->net, w->dev ? "--in-interface" : "", w->dev ? w->dev : "",
        "--out-interface", w->def->bridge, answersOnly ? "--match" : "", answersOnly ? "conntrack" : "", answersOnly ? "--ctstate" : "",
        answersOnly ? "ESTABLISHED,RELATED" : "", "--jump", "ACCEPT", NULL);
}

static void translate(const Way *w, const char *protocol)
{
    const virNetworkNat *nat = w->def->nat;
    const virNetworkNatRange *to = nat && w->layer == VIR_FIREWALL_IPV4 ? nat->address : NULL;
    bool one = to && g_strcmp0(to->start, to->end) == 0;
    g_autofree char *ports = !*protocol ? NULL : g_strdup_printf("%s-%s", nat && nat->port ? nat->port->start : "1024",
                                                                 nat && nat->port ? nat->port->end : "65535");
    g_autofree char *source = to ? g_strconcat(to->start, one ? "" : "-", one ? "" : to->end, ports ? ":" : "", ports, NULL) : NULL;
    const char *option = to ? "--to-source" : ports ? "--to-ports" : "", *value = to ? source : ports ? ports : "";
    add(w->rules, w->layer, "nat", "LIBVIRT_PRT", "--source", w->net, *protocol ? "-p" : "", protocol, "!", "--destination", w->net,
        w->dev ? "--out-interface" : "", w->dev ? w->dev : "", "--jump", to ? "SNAT" : "MASQUERADE", option, value, NULL);
}

static void keepAddress(const Way *w, const char *destination)
{
    add(w->rules, w->layer, "nat", "LIBVIRT_PRT", w->dev ? "--out-interface" : "", w->dev ? w->dev : "", "--source", w->net,
        "--destination", destination, "--jump", "RETURN", NULL);
}

static void forwardNat(const Way *w)
{
    letOut(w);
    letIn(w, true);
    translate(w, "");
    translate(w, "udp");
    translate(w, "tcp");
    if (w->layer == VIR_FIREWALL_IPV6) {
        keepAddress(w, "ff02::/16");
        return;
    }
    keepAddress(w, "255.255.255.255/32");
    keepAddress(w, "224.0.0.0/24");
}

static void forward(GPtrArray *rules, const virNetworkDef *def, const virNetworkIp *ip)
{
    virIp address;
    if (!virIpParse(ip->address, &address))
        return;
    bool four = address.family == AF_INET;
    unsigned int prefix = virNetworkIpPrefix(ip, &address);
    for (unsigned int i = prefix; i < virIpBits(&address); i++)
        address.b[i / 8] &= ~(0x80 >> i % 8);
    g_autofree char *text = virIpText(&address), *net = g_strdup_printf("%s/%u", text, prefix);
    const Way w = { rules, def, four ? VIR_FIREWALL_IPV4 : VIR_FIREWALL_IPV6, net, def->forwardIfs.n ? def->forwardIfs.v[0]->dev : NULL };
    if (def->forwardMode == VIR_NETWORK_FORWARD_NAT && (four || (def->nat && def->nat->ipv6 == VIR_TRISTATE_BOOL_YES))) {
        forwardNat(&w);
    } else {
        letOut(&w);
        letIn(&w, false);
    }
}

/* Packets of a bridge are never on a wire, so that nobody has made their checksums; some old DHCP clients insist on them. */
static void fillChecksums(GPtrArray *rules, const virNetworkDef *def)
{
    for (unsigned int i = 0; i < def->ips.n; i++)
        if (virNetworkIpFamily(def->ips.v[i]) == AF_INET && (def->ips.v[i]->ranges.n || def->ips.v[i]->hosts.n)) {
            add(rules, VIR_FIREWALL_IPV4, "mangle", "LIBVIRT_PRT", "--out-interface", def->bridge, "--protocol", "udp",
                "--destination-port", "68", "--jump", "CHECKSUM", "--checksum-fill", NULL)->mayFail = true;
            return;
        }
}

static GPtrArray *rulesOf(const virNetworkDef *def)
{
    GPtrArray *rules = g_ptr_array_new_with_free_func(ruleFree);
    if (def->forwardMode == VIR_NETWORK_FORWARD_OPEN)           /* the administrator's own */
        return rules;
    general(rules, def);
    for (unsigned int i = 0; i < def->ips.n && def->forwardMode != VIR_NETWORK_FORWARD_NONE; i++)
        forward(rules, def, def->ips.v[i]);
    fillChecksums(rules, def);
    return rules;
}

/* ---- doing it ---- */

static void commandOf(const Rule *r, const char *action, const char *words[SPREAD_WORDS])
{
    guint n = 0;
    memset(words, 0, SPREAD_WORDS * sizeof(*words));
    words[n++] = "--table";
    words[n++] = r->table;
    words[n++] = action;
    words[n++] = r->chain;
    for (char **w = r->words; *w && n < SPREAD_WORDS; w++)
        words[n++] = *w;
}

static bool uses(GPtrArray *rules, virFirewallLayer layer)
{
    for (guint i = 0; i < rules->len; i++)
        if (((Rule *)rules->pdata[i])->layer == layer)
            return true;
    return false;
}

static bool prepareChains(GPtrArray *rules, GError **error)
{
    static const virFirewallLayer layers[] = { VIR_FIREWALL_IPV4, VIR_FIREWALL_IPV6 };
    for (guint i = 0; i < G_N_ELEMENTS(layers) && rules->len; i++) {
        g_autoptr(GError) cause = NULL;
        if (makeChains(layers[i], &cause))
            continue;
        if (uses(rules, layers[i])) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
        virInfo("packet filter chains of a protocol that no network needs: %s", cause->message);
    }
    return true;
}

bool virNetworkRulesAdd(const virNetworkDef *def, GError **error)
{
    g_autoptr(GPtrArray) rules = rulesOf(def);
    g_autoptr(virFirewall) fw = virFirewallNew();
    if (!prepareChains(rules, error))
        return false;
    for (guint i = 0; i < rules->len; i++) {
        const Rule *r = rules->pdata[i];
        const char *w[SPREAD_WORDS];
        commandOf(r, "--insert", w);
        if (r->mayFail)
            virFirewallTry(fw, r->layer, SPREAD(w));
        else
            virFirewallAdd(fw, r->layer, SPREAD(w));
        commandOf(r, "--delete", w);
        virFirewallUndo(fw, r->layer, SPREAD(w));
    }
    return virFirewallApply(fw, error);
}

void virNetworkRulesRemove(const virNetworkDef *def)
{
    g_autoptr(GPtrArray) rules = rulesOf(def);
    g_autoptr(virFirewall) fw = virFirewallNew();
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < rules->len; i++) {
        const Rule *r = rules->pdata[i];
        const char *w[SPREAD_WORDS];
        commandOf(r, "--delete", w);
        virFirewallTry(fw, r->layer, SPREAD(w));
    }
    if (!virFirewallApply(fw, &error))
        virWarn("%s", error->message);
}

bool virNetworkRulesEqual(const virNetworkDef *a, const virNetworkDef *b)
{
    g_autoptr(GPtrArray) ra = rulesOf(a), rb = rulesOf(b);
    bool same = ra->len == rb->len;
    for (guint i = 0; same && i < ra->len; i++) {
        const Rule *x = ra->pdata[i], *y = rb->pdata[i];
        same = x->layer == y->layer && strcmp(x->chain, y->chain) == 0 && strcmp(x->table, y->table) == 0 &&
               g_strv_equal((const char *const *)x->words, (const char *const *)y->words);
    }
    return same;
}
