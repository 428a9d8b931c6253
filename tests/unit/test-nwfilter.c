/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From filters to commands: each NAME.xml of $VIR_TEST_GOLDEN has filters and a binding, NAME.rules the commands that put them in force.
 * VIR_TEST_REGENERATE=1 rewrites the latter. How rules are replaced, what happens when a tool refuses, what packets teach.
 */
#include "drivers/nwfilter/install.h"
#include "drivers/nwfilter/learn.h"
#include "base/error.h"
#include "base/util.h"
#include <glib/gstdio.h>
#include <libvirt/virterror.h>
#include <string.h>

#define MAC "52:54:00:12:34:56"

typedef struct {
    GPtrArray *filters;
    virNWFilterBindingDef *binding;
} Case;

static void caseFree(Case *c)
{
    virNWFilterBindingDefUnref(c->binding);
    g_ptr_array_unref(c->filters);
    g_free(c);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Case, caseFree)

static Case *caseParse(const char *text)
{
    Case *c = g_new0(Case, 1);
    g_autoptr(GError) error = NULL;
    c->filters = g_ptr_array_new_with_free_func((GDestroyNotify)virNWFilterDefUnref);
    g_autoptr(virXmlDoc) doc = virXmlDocParse(text, NULL, "test", "case", VIR_FROM_NWFILTER, &error);
    g_assert_no_error(error);
    for (xmlNode *n = xmlDocGetRootElement(doc)->children; n; n = n->next) {
        if (n->type != XML_ELEMENT_NODE)
            continue;
        if (strcmp((const char *)n->name, "filter") == 0)
            g_ptr_array_add(c->filters, virNWFilterDefParseNode(n, 0, &error));
        else
            c->binding = virNWFilterBindingDefParseNode(n, 0, &error);
        g_assert_no_error(error);
    }
    virNetFilterParam *mac = g_new0(virNetFilterParam, 1);
    mac->name = g_strdup("MAC");
    mac->value = g_strdup(MAC);
    virListAppend(&c->binding->filter.params, mac);
    return c;
}

/* A case of one filter. */
static Case *caseOf(const char *rules, const char *parameters)
{
    g_autofree char *text = g_strdup_printf("<case><filter name='f'>%s</filter><filterbinding><owner><name>g</name>"
                                            "<uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid></owner><portdev name='lvt0'/>"
                                            "<mac address='" MAC "'/><filterref filter='f'>%s</filterref></filterbinding></case>",
                                            rules, parameters);
    return caseParse(text);
}

static virNWFilterDef *find(const char *name, gpointer data)
{
    const Case *c = data;
    for (guint i = 0; i < c->filters->len; i++)
        if (strcmp(((virNWFilterDef *)c->filters->pdata[i])->name, name) == 0)
            return virNWFilterDefRef(c->filters->pdata[i]);
    return NULL;
}

/* ---- the tools ---- */

typedef struct {
    GString *ran;
    const char *refuse;         /* a command with this word fails */
    const char *listing;        /* the bridged layer's chains */
} Tools;

static bool record(virFirewallLayer layer, const char *const *argv, char **output, gpointer data, GError **error)
{
    Tools *tools = data;
    g_autofree char *words = g_strjoinv(" ", (char **)argv);
    bool lists = g_strv_contains(argv, "-S") || g_strv_contains(argv, "-L");
    if (output)
        *output = g_strdup(lists && layer == VIR_FIREWALL_ETHERNET && tools->listing ? tools->listing : "");
    if (!lists)
        g_string_append_printf(tools->ran, "%c %s\n", "e46"[layer], words);
    if (!tools->refuse || !g_strv_contains(argv, tools->refuse))
        return true;
    virErrorSet(error, VIR_FROM_FIREWALL, VIR_ERR_OPERATION_FAILED, "no %s", tools->refuse);
    return false;
}

static virNWFilterLayout *installCase(Case *c, Tools *tools, const virNWFilterLayout *old, GError **error)
{
    g_autoptr(virNWFilterPlan) plan = virNWFilterPlanNew(&c->binding->filter, find, c, error);
    if (!plan)
        return NULL;
    g_assert_cmpuint(plan->missing->len, ==, 0);
    if (tools->ran)
        g_string_free(tools->ran, TRUE);
    tools->ran = g_string_new(NULL);
    virFirewallSetRunner(record, tools);
    virNWFilterLayout *made = virNWFilterInstall("lvt0", plan, old, error);
    virFirewallSetRunner(NULL, NULL);
    return made;
}

/* ---- commands ---- */

static void testGolden(gconstpointer data)
{
    g_autofree char *text = NULL, *wanted = NULL, *path = g_strdup_printf("%.*s.rules", (int)strlen(data) - 4, (const char *)data);
    g_autoptr(GError) error = NULL;
    Tools tools = { NULL };
    g_assert_true(g_file_get_contents(data, &text, NULL, &error));
    g_autoptr(Case) c = caseParse(text);
    g_autoptr(virNWFilterLayout) made = installCase(c, &tools, NULL, &error);
    g_assert_no_error(error);
    g_assert_nonnull(made);
    if (g_getenv("VIR_TEST_REGENERATE"))
        g_assert_true(g_file_set_contents(path, tools.ran->str, -1, NULL));
    g_assert_true(g_file_get_contents(path, &wanted, NULL, &error));
    g_assert_cmpstr(tools.ran->str, ==, wanted);
    g_string_free(tools.ran, TRUE);
}

static guint position(const char *text, const char *line)
{
    const char *at = strstr(text, line);
    if (!at)
        g_error("'%s' is not in:\n%s", line, text);
    return at - text;
}

/* New chains carry the packets before the old ones go, and get their names last. */
static void testReplace(void)
{
    g_autoptr(GError) error = NULL;
    Tools tools = { NULL };
    g_autoptr(Case) before = caseOf("<rule action='drop' direction='out'><mac/></rule><rule action='drop' direction='out'><tcp/></rule>", "");
    g_autoptr(Case) after = caseOf("<rule action='drop' direction='out'><arp/></rule><rule action='accept' direction='out'><tcp/></rule>", "");
    g_autoptr(virNWFilterLayout) old = installCase(before, &tools, NULL, &error);
    g_autoptr(virNWFilterLayout) now = installCase(after, &tools, old, &error);
    g_assert_no_error(error);
    g_assert_nonnull(now);
    static const char *const order[] = { "e -t nat -N libvirt-J-lvt0\n", "e -t nat -A PREROUTING -i lvt0 -j libvirt-J-lvt0\n",
                                         "e -t nat -D PREROUTING -i lvt0 -j libvirt-I-lvt0\n", "e -t nat -X libvirt-I-lvt0\n",
                                         "e -t nat -E libvirt-J-lvt0 libvirt-I-lvt0\n" };
    static const char *const routed[] = { "4 -N FJ-lvt0\n", "4 -A libvirt-in -m physdev --physdev-in lvt0 -g FJ-lvt0\n",
                                          "4 -D libvirt-in -m physdev --physdev-in lvt0 -g FI-lvt0\n", "4 -X FI-lvt0\n", "4 -E FJ-lvt0 FI-lvt0\n" };
    for (gsize i = 0; i + 1 < G_N_ELEMENTS(order); i++) {
        g_assert_cmpuint(position(tools.ran->str, order[i]), <, position(tools.ran->str, order[i + 1]));
        g_assert_cmpuint(position(tools.ran->str, routed[i]), <, position(tools.ran->str, routed[i + 1]));
    }
    g_string_free(tools.ran, TRUE);
}

/* A refused rule: what was made goes, what was there is not touched. */
static void testRefusedRule(void)
{
    g_autoptr(GError) error = NULL;
    Tools tools = { NULL };
    g_autoptr(Case) before = caseOf("<rule action='drop' direction='out'><mac/></rule>", "");
    g_autoptr(Case) after = caseOf("<rule action='drop' direction='out'><mac/></rule><rule action='drop' direction='out'><udp dscp='3'/></rule>", "");
    g_autoptr(virNWFilterLayout) old = installCase(before, &tools, NULL, &error);
    g_assert_no_error(error);
    tools.refuse = "--dscp";
    g_assert_null(installCase(after, &tools, old, &error));
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, "no --dscp"));
    position(tools.ran->str, "4 -X FJ-lvt0\n");
    g_assert_null(strstr(tools.ran->str, "-D PREROUTING"));
    g_assert_null(strstr(tools.ran->str, "-E "));
    g_assert_null(strstr(tools.ran->str, "libvirt-I-lvt0"));
    g_string_free(tools.ran, TRUE);
}

/* The chains of a port are told from those of one with a longer name. */
static void testRead(void)
{
    Tools tools = { g_string_new(NULL), NULL,
                    "Bridge chain: libvirt-I-lvt0, entries: 1, policy: ACCEPT\nBridge chain: I-lvt0-ipv4-x, entries: 1, policy: ACCEPT\n"
                    "Bridge chain: libvirt-O-lvt00, entries: 1, policy: ACCEPT\nBridge chain: O-lvt00-arp, entries: 1, policy: ACCEPT\n" };
    virFirewallSetRunner(record, &tools);
    g_autoptr(virNWFilterLayout) l = virNWFilterLayoutRead("lvt0");
    virFirewallSetRunner(NULL, NULL);
    g_assert_true(l->bridged[0] && !l->bridged[1] && !l->leftovers);
    g_assert_cmpuint(l->chains[0]->len, ==, 1);
    g_assert_cmpstr(l->chains[0]->pdata[0], ==, "ipv4-x");
    g_assert_cmpuint(l->chains[1]->len, ==, 0);
    g_string_free(tools.ran, TRUE);
}

/* ---- variables ---- */

static void testMissing(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Case) c = caseOf("<rule action='drop' direction='out'><tcp srcipaddr='$IP' srcportstart='$A[2]' dstportstart='$B[@1]'/></rule>",
                               "<parameter name='A' value='1'/>");
    g_autoptr(virNWFilterPlan) plan = virNWFilterPlanNew(&c->binding->filter, find, c, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan->missing->len, ==, 3);
    g_assert_cmpstr(plan->missing->pdata[0], ==, "IP");
}

static void testRefusedPlans(void)
{
    static const struct {
        const char *rules, *params, *says;
    } cases[] = {
        { "<filterref filter='f'/>", "", "refers to itself" },
        { "<filterref filter='other'/>", "", "'other' is missing" },
        { "<rule action='drop' direction='in'><tcp srcportstart='$A' dstportstart='$B'/></rule>",
          "<parameter name='A' value='1'/><parameter name='A' value='2'/><parameter name='B' value='3'/>", "Cardinality" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Case) c = caseOf(cases[i].rules, cases[i].params);
        g_assert_null(virNWFilterPlanNew(&c->binding->filter, find, c, &error));
        g_assert_nonnull(strstr(error->message, cases[i].says));
    }
}

/* ---- learning ---- */

static gsize hex(const char *text, unsigned char *out)
{
    gsize n = 0;
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        out[n++] = g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]);
        text++;
    }
    return n;
}

#define FROM_GUEST "ffffffffffff 525400123456 "
static void testSeeAddress(void)
{
    static const struct {
        const char *frame, *address;
    } cases[] = {
        { FROM_GUEST "0806 0001 0800 06 04 0001 525400123456 0a000001 000000000000 0a000002", "10.0.0.1" },
        { FROM_GUEST "0806 0001 0800 06 04 0001 525400123457 0a000001 000000000000 0a000002", NULL },     /* of another inside */
        { FROM_GUEST "0806 0001 0800 06 04 0001 525400123456 00000000 000000000000 0a000002", NULL },     /* a probe */
        { FROM_GUEST "0806 0001 0800 06 04 0001 525400123456 0a0000", NULL },                           /* cut off */
        { FROM_GUEST "0800 45000014 00000000 40110000 c0000201 c0000202", "192.0.2.1" },
        { FROM_GUEST "0800 45000014 00000000 40110000 00000000 ffffffff", NULL },
        { FROM_GUEST "0800 45000014 00000000 40110000 e0000001 c0000202", NULL },                       /* multicast */
        { "ffffffffffff 525400123457 0800 45000014 00000000 40110000 c0000201 c0000202", NULL },
    };
    virMac mac;
    g_assert_true(virMacParse(MAC, &mac));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        unsigned char frame[100];
        virNWFilterSighting seen = { .seconds = 0 };
        bool found = virNWFilterSeeAddress(frame, hex(cases[i].frame, frame), &mac, &seen);
        g_assert_cmpstr(found ? seen.address : NULL, ==, cases[i].address);
    }
}

/* A DHCP packet to the guest; `options` after the magic number. */
static gsize dhcpFrame(unsigned char *frame, const char *options)
{
    gsize at = hex("525400123456 5254000000ff 0800 45000000 00000000 40110000 c0000201 ffffffff 0043 0044 0000 0000", frame);
    memset(frame + at, 0, 236);
    frame[at] = 2;
    hex("c0000263", frame + at + 16);
    hex("525400123456", frame + at + 28);
    at += 236;
    at += hex("63825363", frame + at);
    at += hex(options, frame + at);
    frame[16] = (at - 14) >> 8;
    frame[17] = (at - 14) & 0xff;
    return at;
}

static void testSeeLease(void)
{
    static const struct {
        const char *options;
        bool found;
    } cases[] = {
        { "350105 330400000e10 ff", true }, { "00 00 330400000e10 350105 ff", true }, { "350102 330400000e10 ff", false },  /* an offer */
        { "350105 ff", false },             { "350105 3304", false },                 { "3304 00000e10 3501", false },
        { "", false },                      { "35ff05", false },
    };
    virMac mac;
    g_assert_true(virMacParse(MAC, &mac));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        unsigned char frame[600];
        virNWFilterSighting seen = { .seconds = 0 };
        gsize len = dhcpFrame(frame, cases[i].options);
        g_assert_cmpint(virNWFilterSeeLease(frame, len, &mac, &seen), ==, cases[i].found);
        g_assert_false(virNWFilterSeeLease(frame, len - 1, &mac, &seen));       /* shorter than it says */
        if (cases[i].found) {
            g_assert_cmpstr(seen.address, ==, "192.0.2.99");
            g_assert_cmpstr(seen.server, ==, "192.0.2.1");
            g_assert_cmpuint(seen.seconds, ==, 3600);
        }
    }
}

static void testLeases(void)
{
    g_autofree char *dir = g_dir_make_tmp("leases-XXXXXX", NULL), *path = g_build_filename(dir, "p.leases", NULL);
    virNWFilterLease known[] = { { "10.0.0.1", 0 }, { "10.0.0.2", 99 }, { "10.0.0.3", G_MAXINT32 } };
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(virNWFilterLease));
    g_array_append_vals(all, known, G_N_ELEMENTS(known));
    virNWFilterLeasesWrite(dir, "p", all);
    g_autoptr(GArray) read = virNWFilterLeasesRead(dir, "p");
    g_assert_cmpuint(read->len, ==, 2);         /* one has ended long ago */
    g_assert_cmpstr(g_array_index(read, virNWFilterLease, 1).address, ==, "10.0.0.3");
    g_assert_true(g_file_set_contents(path, "10.0.0.1\nx 0\n10.0.0.1 y\n1.2.3.4.5.6.7.8.9 0\n\n10.0.0.9 0\n", -1, NULL));
    g_autoptr(GArray) odd = virNWFilterLeasesRead(dir, "p");
    g_assert_cmpuint(odd->len, ==, 1);
    virNWFilterLeasesWrite(dir, "p", NULL);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_rmdir(dir);
}

int main(int argc, char **argv)
{
    const char *folder = g_getenv("VIR_TEST_GOLDEN"), *name;
    g_test_init(&argc, &argv, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder ? folder : "tests/golden/nwfilter", 0, NULL);
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *label = g_strconcat("/nwfilter/golden/", name, NULL);
        if (g_str_has_suffix(name, ".xml"))
            g_test_add_data_func_full(label, g_build_filename(folder ? folder : "tests/golden/nwfilter", name, NULL), testGolden, g_free);
    }
    g_test_add_func("/nwfilter/replace", testReplace);
    g_test_add_func("/nwfilter/refused-rule", testRefusedRule);
    g_test_add_func("/nwfilter/read", testRead);
    g_test_add_func("/nwfilter/missing", testMissing);
    g_test_add_func("/nwfilter/refused-plans", testRefusedPlans);
    g_test_add_func("/nwfilter/see-address", testSeeAddress);
    g_test_add_func("/nwfilter/see-lease", testSeeLease);
    g_test_add_func("/nwfilter/leases", testLeases);
    return g_test_run();
}
