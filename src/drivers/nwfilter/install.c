/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules live in chains of the port's own. A change makes new chains under temporary names, sends packets through them, and only then
 * removes the old ones and gives the new ones their names: whatever fails before leaves the old rules in force.
 */
#define VIR_FROM VIR_FROM_NWFILTER
#define VIR_LOG_NAME "nwfilter.install"
#include "drivers/nwfilter/install.h"
#include "base/error.h"
#include "base/log.h"
#include "host/host.h"
#include <string.h>

/* Chains have a name in force and one in the making. */
typedef enum { FINAL, MAKING } Stage;

static const struct {
    const char *letter[2], *hook, *option;
} ways[2] = { { { "I", "J" }, "PREROUTING", "-i" }, { { "O", "P" }, "POSTROUTING", "-o" } };

static const struct {
    const char *prefix[2], *base;
    bool toGuest;
    const char *match[5];
} roles[] = {
    { { "FO-", "FP-" }, "libvirt-out", true, { "-m", "physdev", "--physdev-is-bridged", "--physdev-out" } },
    { { "FI-", "FJ-" }, "libvirt-in", false, { "-m", "physdev", "--physdev-in" } },
    { { "HI-", "HJ-" }, "libvirt-host-in", false, { "-m", "physdev", "--physdev-in" } },
};
static const char *const lastIn[] = { "libvirt-in-post", "-m", "physdev", "--physdev-in", NULL };

/* Chains of all ports, and where the kernel's chains send packets to them, in this order. */
static const struct {
    const char *from, *chain;
} bases[] = { { "FORWARD", "libvirt-in" }, { "FORWARD", "libvirt-out" }, { "FORWARD", "libvirt-in-post" }, { "INPUT", "libvirt-host-in" } };

/* Where packets of a chain below the root one are told apart. */
static const struct {
    const char *prefix, *option, *value;
} kinds[] = { { "arp", "-p", "0x0806" }, { "ipv4", "-p", "0x0800" }, { "ipv6", "-p", "0x86dd" }, { "rarp", "-p", "0x8035" },
              { "vlan", "-p", "0x8100" }, { "stp", "-d", "01:80:c2:00:00:00" }, { "mac", NULL, NULL } };

/* ---- layouts ---- */

virNWFilterLayout *virNWFilterLayoutNew(void)
{
    virNWFilterLayout *l = g_new0(virNWFilterLayout, 1);
    for (int way = 0; way < 2; way++)
        l->chains[way] = g_ptr_array_new_with_free_func(g_free);
    return l;
}

void virNWFilterLayoutFree(virNWFilterLayout *l)
{
    if (!l)
        return;
    for (int way = 0; way < 2; way++)
        g_ptr_array_unref(l->chains[way]);
    g_free(l);
}

bool virNWFilterLayoutIsEmpty(const virNWFilterLayout *l)
{
    return !l->bridged[0] && !l->bridged[1] && l->chains[0]->len == 0 && l->chains[1]->len == 0 && !l->routed[VIR_FIREWALL_IPV4] &&
           !l->routed[VIR_FIREWALL_IPV6] && !l->leftovers;
}

static void addChain(virNWFilterLayout *l, int way, const char *name)
{
    if (!g_ptr_array_find_with_equal_func(l->chains[way], name, g_str_equal, NULL))
        g_ptr_array_add(l->chains[way], g_strdup(name));
}

static bool goes(const virNWFilterRule *rule, int way)
{
    return rule->direction != (way ? VIR_NWFILTER_DIRECTION_OUT : VIR_NWFILTER_DIRECTION_IN);
}

static virNWFilterLayout *layoutOf(const virNWFilterPlan *plan)
{
    virNWFilterLayout *l = virNWFilterLayoutNew();
    for (guint i = 0; i < plan->steps->len; i++) {
        const virNWFilterStep *s = plan->steps->pdata[i];
        virFirewallLayer layer = virNWFilterRuleLayer(s->rule);
        if (layer != VIR_FIREWALL_ETHERNET) {
            l->routed[layer] = true;
            continue;
        }
        for (int way = 0; way < 2; way++) {
            if (!goes(s->rule, way))
                continue;
            l->bridged[way] = true;
            if (strcmp(s->filter->chain, "root") != 0)
                addChain(l, way, s->filter->chain);
        }
    }
    return l;
}

/* ---- names ---- */

static char *rootChain(int way, Stage stage, const char *port)
{
    return g_strdup_printf("libvirt-%s-%s", ways[way].letter[stage], port);
}

static char *subChain(int way, Stage stage, const char *port, const char *name)
{
    return strcmp(name, "root") == 0 ? rootChain(way, stage, port) : g_strdup_printf("%s-%s-%s", ways[way].letter[stage], port, name);
}

/* A chain's name as the tools list it: "-N NAME", "Bridge chain: NAME, …". */
static char *listedChain(const char *line)
{
    static const char *const heads[] = { "-N ", "Bridge chain: " };
    for (gsize i = 0; i < G_N_ELEMENTS(heads); i++)
        if (g_str_has_prefix(line, heads[i]))
            return g_strndup(line + strlen(heads[i]), strcspn(line + strlen(heads[i]), " ,"));
    return NULL;
}

/* The index of the kind that a chain's name begins with, or -1. */
static int kindOf(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_str_has_prefix(name, kinds[i].prefix))
            return i;
    return -1;
}

static void readBridged(virNWFilterLayout *l, const char *port, const char *chain)
{
    for (int way = 0; way < 2; way++) {
        for (int stage = FINAL; stage <= MAKING; stage++) {
            g_autofree char *root = rootChain(way, stage, port), *sub = subChain(way, stage, port, "");
            bool isRoot = strcmp(chain, root) == 0, isSub = g_str_has_prefix(chain, sub) && kindOf(chain + strlen(sub)) >= 0;
            l->leftovers |= stage == MAKING && (isRoot || isSub);
            l->bridged[way] |= isRoot;
            if (isSub)
                addChain(l, way, chain + strlen(sub));
        }
    }
}

static void readRouted(virNWFilterLayout *l, virFirewallLayer layer, const char *port, const char *chain)
{
    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
        for (int stage = FINAL; stage <= MAKING; stage++) {
            if (!g_str_has_prefix(chain, roles[i].prefix[stage]) || strcmp(chain + strlen(roles[i].prefix[stage]), port) != 0)
                continue;
            l->routed[layer] = true;
            l->leftovers |= stage == MAKING;
        }
    }
}

virNWFilterLayout *virNWFilterLayoutRead(const char *port)
{
    static const char *const list[] = { "-S", NULL }, *const listBridged[] = { "-t", "nat", "-L", NULL };
    virNWFilterLayout *l = virNWFilterLayoutNew();
    for (virFirewallLayer layer = 0; layer < VIR_FIREWALL_LAYERS; layer++) {
        g_autofree char *output = NULL;
        g_autoptr(GError) error = NULL;
        bool isBridged = layer == VIR_FIREWALL_ETHERNET;
        if (!virFirewallQuery(layer, isBridged ? listBridged : list, &output, &error))
            virDebug("no list of chains: %s", error->message);
        g_auto(GStrv) lines = g_strsplit(output ? output : "", "\n", -1);
        for (char **line = lines; *line; line++) {
            g_autofree char *chain = listedChain(*line);
            if (chain && isBridged)
                readBridged(l, port, chain);
            else if (chain)
                readRouted(l, layer, port, chain);
        }
    }
    return l;
}

/* ---- commands ---- */

static void addWords(virFirewall *fw, virFirewallLayer layer, const char *verb, const char *const *words, const char *port,
                     const char *jump, const char *target)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_ptr_array_add(argv, (gpointer)verb);
    for (; *words; words++)
        g_ptr_array_add(argv, (gpointer)*words);
    g_ptr_array_add(argv, (gpointer)port);
    g_ptr_array_add(argv, (gpointer)jump);
    g_ptr_array_add(argv, (gpointer)target);
    g_ptr_array_add(argv, NULL);
    virFirewallAddArgv(fw, layer, (const char *const *)argv->pdata);
}

static void makeChain(virFirewall *fw, virFirewallLayer layer, const char *chain)
{
    if (layer == VIR_FIREWALL_ETHERNET) {
        virFirewallAdd(fw, layer, "-t", "nat", "-N", chain, NULL);
        virFirewallUndo(fw, layer, "-t", "nat", "-X", chain, NULL);
    } else {
        virFirewallAdd(fw, layer, "-N", chain, NULL);
        virFirewallUndo(fw, layer, "-X", chain, NULL);
    }
}

/* Comes after all chains are made: undone, they are emptied before the first is removed. */
static void emptyOnUndo(virFirewall *fw, virFirewallLayer layer, const char *chain)
{
    if (layer == VIR_FIREWALL_ETHERNET) {
        virFirewallAdd(fw, layer, "-t", "nat", "-F", chain, NULL);
        virFirewallUndo(fw, layer, "-t", "nat", "-F", chain, NULL);
    } else {
        virFirewallAdd(fw, layer, "-F", chain, NULL);
        virFirewallUndo(fw, layer, "-F", chain, NULL);
    }
}

/* Every chain that the layout has in a layer. */
static GPtrArray *chainsOf(const virNWFilterLayout *l, virFirewallLayer layer, Stage stage, const char *port)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (int way = 0; way < 2 && layer == VIR_FIREWALL_ETHERNET; way++) {
        if (l->bridged[way])
            g_ptr_array_add(names, rootChain(way, stage, port));
        for (guint i = 0; i < l->chains[way]->len; i++)
            g_ptr_array_add(names, subChain(way, stage, port, l->chains[way]->pdata[i]));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(roles) && l->routed[layer]; i++)
        g_ptr_array_add(names, g_strconcat(roles[i].prefix[stage], port, NULL));
    return names;
}

static void makeChains(virFirewall *fw, const virNWFilterLayout *l, virFirewallLayer layer, Stage stage, const char *port)
{
    g_autoptr(GPtrArray) names = chainsOf(l, layer, stage, port);
    for (guint i = 0; i < names->len; i++)
        makeChain(fw, layer, names->pdata[i]);
    for (guint i = 0; i < names->len; i++)
        emptyOnUndo(fw, layer, names->pdata[i]);
}

/* Are the chains of all ports there, and first? */
static bool basesAreReady(virFirewallLayer layer)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bases);) {
        const char *const argv[] = { "-S", bases[i].from, NULL };
        g_autofree char *output = NULL;
        g_autoptr(GString) want = g_string_new(NULL);
        for (const char *from = bases[i].from; i < G_N_ELEMENTS(bases) && strcmp(bases[i].from, from) == 0; i++)
            g_string_append_printf(want, "-A %s -j %s\n", from, bases[i].chain);
        if (!virFirewallQuery(layer, argv, &output, NULL))
            return false;
        const char *rules = strstr(output, "-A ");
        if (!rules || !g_str_has_prefix(rules, want->str))
            return false;
    }
    return true;
}

static void makeBases(virFirewall *fw, virFirewallLayer layer)
{
    unsigned int at = 0;
    if (basesAreReady(layer))
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(bases); i++)
        virFirewallTry(fw, layer, "-N", bases[i].chain, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(bases); i++)
        virFirewallTry(fw, layer, "-D", bases[i].from, "-j", bases[i].chain, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(bases); i++) {
        g_autofree char *place = g_strdup_printf("%u", ++at);
        virFirewallAdd(fw, layer, "-I", bases[i].from, place, "-j", bases[i].chain, NULL);
        if (i + 1 < G_N_ELEMENTS(bases) && strcmp(bases[i].from, bases[i + 1].from) != 0)
            at = 0;
    }
}

/* Send the port's packets through its chains. */
static void hook(virFirewall *fw, const virNWFilterLayout *l, virFirewallLayer layer, Stage stage, const char *port, bool hasLast)
{
    for (int way = 0; way < 2 && layer == VIR_FIREWALL_ETHERNET; way++) {
        g_autofree char *root = rootChain(way, stage, port);
        if (!l->bridged[way])
            continue;
        virFirewallAdd(fw, layer, "-t", "nat", "-A", ways[way].hook, ways[way].option, port, "-j", root, NULL);
        virFirewallUndo(fw, layer, "-t", "nat", "-D", ways[way].hook, ways[way].option, port, "-j", root, NULL);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(roles) && l->routed[layer]; i++) {
        g_autofree char *chain = g_strconcat(roles[i].prefix[stage], port, NULL);
        const char *const *m = roles[i].match;
        const char *words[] = { roles[i].base, m[0], m[1], m[2], m[3], NULL };
        addWords(fw, layer, "-A", words, port, "-g", chain);
        if (m[3])
            virFirewallUndo(fw, layer, "-D", words[0], m[0], m[1], m[2], m[3], port, "-g", chain, NULL);
        else
            virFirewallUndo(fw, layer, "-D", words[0], m[0], m[1], m[2], port, "-g", chain, NULL);
    }
    if (l->routed[layer] && !hasLast) {
        addWords(fw, layer, "-A", lastIn, port, "-j", "ACCEPT");
        virFirewallUndo(fw, layer, "-D", lastIn[0], lastIn[1], lastIn[2], lastIn[3], port, "-j", "ACCEPT", NULL);
    }
}

static void unhook(virFirewall *fw, const virNWFilterLayout *l, virFirewallLayer layer, Stage stage, const char *port, bool keepLast)
{
    for (int way = 0; way < 2 && layer == VIR_FIREWALL_ETHERNET; way++) {
        g_autofree char *root = rootChain(way, stage, port);
        if (l->bridged[way])
            virFirewallTry(fw, layer, "-t", "nat", "-D", ways[way].hook, ways[way].option, port, "-j", root, NULL);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(roles) && l->routed[layer]; i++) {
        g_autofree char *chain = g_strconcat(roles[i].prefix[stage], port, NULL);
        const char *const *m = roles[i].match;
        if (m[3])
            virFirewallTry(fw, layer, "-D", roles[i].base, m[0], m[1], m[2], m[3], port, "-g", chain, NULL);
        else
            virFirewallTry(fw, layer, "-D", roles[i].base, m[0], m[1], m[2], port, "-g", chain, NULL);
    }
    if (l->routed[layer] && !keepLast)
        virFirewallTry(fw, layer, "-D", lastIn[0], lastIn[1], lastIn[2], lastIn[3], port, "-j", "ACCEPT", NULL);
}

static void removeChains(virFirewall *fw, const virNWFilterLayout *l, virFirewallLayer layer, Stage stage, const char *port)
{
    g_autoptr(GPtrArray) names = chainsOf(l, layer, stage, port);
    for (int emptied = 0; emptied < 2; emptied++) {
        for (guint i = 0; i < names->len; i++) {
            if (layer == VIR_FIREWALL_ETHERNET)
                virFirewallTry(fw, layer, "-t", "nat", emptied ? "-X" : "-F", names->pdata[i], NULL);
            else
                virFirewallTry(fw, layer, emptied ? "-X" : "-F", names->pdata[i], NULL);
        }
    }
}

static void renameChains(virFirewall *fw, const virNWFilterLayout *l, virFirewallLayer layer, const char *port)
{
    g_autoptr(GPtrArray) from = chainsOf(l, layer, MAKING, port), to = chainsOf(l, layer, FINAL, port);
    for (guint i = 0; i < from->len; i++) {
        if (layer == VIR_FIREWALL_ETHERNET)
            virFirewallTry(fw, layer, "-t", "nat", "-E", from->pdata[i], to->pdata[i], NULL);
        else
            virFirewallTry(fw, layer, "-E", from->pdata[i], to->pdata[i], NULL);
    }
}

/* ---- the bridged layer's chains ---- */

typedef struct {
    const char *name;
    int priority;
} Below;

static int byPlace(gconstpointer a, gconstpointer b)
{
    const Below *x = a, *y = b;
    return x->priority != y->priority ? (x->priority < y->priority ? -1 : 1) : strcmp(x->name, y->name);
}

/* The chains below the root one; where filters disagree about a chain's priority, that of the last rule's filter counts. */
static GArray *belowOf(const virNWFilterPlan *plan, const virNWFilterLayout *l, int way)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(Below));
    for (guint i = 0; i < l->chains[way]->len; i++) {
        Below b = { l->chains[way]->pdata[i], 0 };
        for (guint k = 0; k < plan->steps->len; k++) {
            const virNWFilterStep *s = plan->steps->pdata[k];
            if (virNWFilterRuleLayer(s->rule) == VIR_FIREWALL_ETHERNET && strcmp(s->filter->chain, b.name) == 0)
                b.priority = virNWFilterChainPriority(s->filter);
        }
        g_array_append_val(all, b);
    }
    g_array_sort(all, byPlace);
    return all;
}

static void addBelow(virFirewall *fw, int way, Stage stage, const char *port, const char *name)
{
    g_autofree char *root = rootChain(way, stage, port), *chain = subChain(way, stage, port, name);
    int i = kindOf(name);
    if (i >= 0 && kinds[i].option)
        virFirewallAdd(fw, VIR_FIREWALL_ETHERNET, "-t", "nat", "-A", root, kinds[i].option, kinds[i].value, "-j", chain, NULL);
    else
        virFirewallAdd(fw, VIR_FIREWALL_ETHERNET, "-t", "nat", "-A", root, "-j", chain, NULL);
}

/* The root chain goes through the chains below it and its own rules by priority; at the same priority chains come first. */
static bool addBridged(virFirewall *fw, const virNWFilterPlan *plan, const virNWFilterLayout *l, int way, Stage stage, const char *port,
                       GError **error)
{
    g_autoptr(GArray) below = belowOf(plan, l, way);
    guint next = 0;
    for (guint i = 0; i < plan->steps->len; i++) {
        const virNWFilterStep *s = plan->steps->pdata[i];
        if (virNWFilterRuleLayer(s->rule) != VIR_FIREWALL_ETHERNET || !goes(s->rule, way))
            continue;
        if (strcmp(s->filter->chain, "root") == 0)
            while (next < below->len && g_array_index(below, Below, next).priority <= s->priority)
                addBelow(fw, way, stage, port, g_array_index(below, Below, next++).name);
        g_autofree char *chain = subChain(way, stage, port, s->filter->chain);
        if (!virNWFilterRuleAddBridged(fw, s->rule, s->match, chain, way, error))
            return false;
    }
    while (next < below->len)
        addBelow(fw, way, stage, port, g_array_index(below, Below, next++).name);
    return true;
}

static bool addRouted(virFirewall *fw, const virNWFilterPlan *plan, virFirewallLayer layer, Stage stage, const char *port, GError **error)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const virNWFilterStep *s = plan->steps->pdata[i];
        for (gsize k = 0; k < G_N_ELEMENTS(roles) && virNWFilterRuleLayer(s->rule) == layer; k++) {
            g_autofree char *chain = g_strconcat(roles[k].prefix[stage], port, NULL);
            if (!virNWFilterRuleAddRouted(fw, s->rule, s->match, chain, roles[k].toGuest, error))
                return false;
        }
    }
    return true;
}

/* ---- transactions ---- */

/* Bridged packets pass iptables only if the kernel is told so. */
static void warnIfNotCalled(const virNWFilterLayout *l)
{
    static const char *const names[VIR_FIREWALL_LAYERS] = { NULL, "iptables", "ip6tables" };
    for (virFirewallLayer layer = VIR_FIREWALL_IPV4; layer < VIR_FIREWALL_LAYERS; layer++) {
        g_autofree char *value = virHostRead("%s/sys/net/bridge/bridge-nf-call-%s", virHostLocal()->proc, names[layer]);
        if (l->routed[layer] && value && strcmp(value, "0") == 0)
            virWarn("rules of %s have no effect on bridged guests while /proc/sys/net/bridge/bridge-nf-call-%s is 0", names[layer],
                    names[layer]);
    }
}

typedef bool (*Fill)(virFirewall *fw, const virNWFilterLayout *l, Stage stage, const char *port, gconstpointer data, GError **error);

/* Takes `l`. */
static virNWFilterLayout *install(const char *port, virNWFilterLayout *taken, const virNWFilterLayout *old, Fill fill, gconstpointer data,
                                  GError **error)
{
    g_autoptr(virNWFilterLayout) l = taken;
    g_autoptr(virFirewall) fw = virFirewallNew();
    bool replaces = old && !virNWFilterLayoutIsEmpty(old);
    Stage stage = replaces ? MAKING : FINAL;
    for (virFirewallLayer layer = VIR_FIREWALL_IPV4; layer < VIR_FIREWALL_LAYERS; layer++)
        if (l->routed[layer])
            makeBases(fw, layer);
    if (!fill(fw, l, stage, port, data, error))
        return NULL;
    for (int layer = VIR_FIREWALL_LAYERS; layer-- > 0;)         /* the bridged one last: packets meet it first */
        hook(fw, l, layer, stage, port, replaces && old->routed[layer]);
    for (int layer = VIR_FIREWALL_LAYERS; replaces && layer-- > 0;) {
        unhook(fw, old, layer, FINAL, port, l->routed[layer]);
        removeChains(fw, old, layer, FINAL, port);
        renameChains(fw, l, layer, port);
    }
    if (!virFirewallApply(fw, error))
        return NULL;
    warnIfNotCalled(l);
    return g_steal_pointer(&l);
}

static void removeStage(const char *port, const virNWFilterLayout *layout, Stage stage)
{
    g_autoptr(virFirewall) fw = virFirewallNew();
    g_autoptr(GError) error = NULL;
    for (int layer = 0; layer < VIR_FIREWALL_LAYERS; layer++) {
        unhook(fw, layout, layer, stage, port, stage == MAKING);
        removeChains(fw, layout, layer, stage, port);
    }
    if (!virFirewallApply(fw, &error))
        virWarn("%s", error->message);
}

void virNWFilterUninstall(const char *port, const virNWFilterLayout *layout)
{
    if (layout->leftovers)
        removeStage(port, layout, MAKING);
    removeStage(port, layout, FINAL);
}

static bool fillPlan(virFirewall *fw, const virNWFilterLayout *l, Stage stage, const char *port, gconstpointer data, GError **error)
{
    for (int layer = VIR_FIREWALL_LAYERS; layer-- > 0;) {
        makeChains(fw, l, layer, stage, port);
        if (layer != VIR_FIREWALL_ETHERNET && !addRouted(fw, data, layer, stage, port, error))
            return false;
        for (int way = 0; way < 2 && layer == VIR_FIREWALL_ETHERNET; way++)
            if (!addBridged(fw, data, l, way, stage, port, error))
                return false;
    }
    return true;
}

/* Try; where something unknown is in the way, clear it away and try again. */
static virNWFilterLayout *installOver(const char *port, virNWFilterLayout *(*wanted)(gconstpointer data), const virNWFilterLayout *old,
                                      Fill fill, gconstpointer data, GError **error)
{
    g_autoptr(GError) first = NULL;
    if (old && old->leftovers)
        removeStage(port, old, MAKING);
    virNWFilterLayout *made = install(port, wanted(data), old, fill, data, &first);
    if (made)
        return made;
    g_autoptr(virNWFilterLayout) there = virNWFilterLayoutRead(port);
    bool isStray = there->leftovers || (!virNWFilterLayoutIsEmpty(there) && (!old || virNWFilterLayoutIsEmpty(old)));
    if (!isStray) {
        g_propagate_error(error, g_steal_pointer(&first));
        return NULL;
    }
    virDebug("removing what is left of an earlier change of '%s'", port);
    removeStage(port, there, MAKING);
    if (!old || virNWFilterLayoutIsEmpty(old))
        removeStage(port, there, FINAL);
    return install(port, wanted(data), old, fill, data, error);
}

static virNWFilterLayout *planLayout(gconstpointer data)
{
    return layoutOf(data);
}

virNWFilterLayout *virNWFilterInstall(const char *port, const virNWFilterPlan *plan, const virNWFilterLayout *old, GError **error)
{
    return installOver(port, planLayout, old, fillPlan, plan, error);
}

/* ---- while an address is being learnt ---- */

typedef struct {
    const char *mac;
    const char *const *servers;
    bool dhcpOnly;
} Learning;

static virNWFilterLayout *learningLayout(gconstpointer data)
{
    virNWFilterLayout *l = virNWFilterLayoutNew();
    l->bridged[0] = true;
    l->bridged[1] = ((const Learning *)data)->dhcpOnly;
    return l;
}

#define BRIDGED(...) virFirewallAdd(fw, VIR_FIREWALL_ETHERNET, "-t", "nat", "-A", __VA_ARGS__, NULL)

static void addServer(virFirewall *fw, const char *chain, const char *mac, const char *server)
{
    const char *const to[] = { mac, "ff:ff:ff:ff:ff:ff" };
    for (int i = 0; i < 2; i++) {
        if (server)
            BRIDGED(chain, "-d", to[i], "-p", "ipv4", "--ip-protocol", "udp", "--ip-src", server, "--ip-sport", "67", "--ip-dport", "68",
                    "-j", "ACCEPT");
        else
            BRIDGED(chain, "-d", to[i], "-p", "ipv4", "--ip-protocol", "udp", "--ip-sport", "67", "--ip-dport", "68", "-j", "ACCEPT");
    }
}

static bool fillLearning(virFirewall *fw, const virNWFilterLayout *l, Stage stage, const char *port, gconstpointer data, GError **error)
{
    const Learning *how = data;
    g_autofree char *from = rootChain(0, stage, port), *to = rootChain(1, stage, port);
    makeChains(fw, l, VIR_FIREWALL_ETHERNET, stage, port);
    if (!how->dhcpOnly) {
        BRIDGED(from, "-s", "!", how->mac, "-j", "DROP");
        BRIDGED(from, "-p", "IPv4", "-j", "ACCEPT");
        BRIDGED(from, "-p", "ARP", "-j", "ACCEPT");
        BRIDGED(from, "-j", "DROP");
        return true;
    }
    BRIDGED(from, "-s", how->mac, "-p", "ipv4", "--ip-protocol", "udp", "--ip-sport", "68", "--ip-dport", "67", "-j", "ACCEPT");
    BRIDGED(from, "-j", "DROP");
    for (const char *const *s = how->servers; s && *s; s++)
        addServer(fw, to, how->mac, *s);
    if (!how->servers || !*how->servers)
        addServer(fw, to, how->mac, NULL);
    BRIDGED(to, "-j", "DROP");
    return true;
}

virNWFilterLayout *virNWFilterInstallLearning(const char *port, const char *mac, const char *const *servers, bool dhcpOnly,
                                              const virNWFilterLayout *old, GError **error)
{
    Learning how = { mac, servers, dhcpOnly };
    return installOver(port, learningLayout, old, fillLearning, &how, error);
}
