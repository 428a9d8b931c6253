/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain model: its tables are sound, random guests survive the way through text, golden documents stay
 * as they are, mutated ones never harm, the schema accepts what we write. VIR_TEST_REGENERATE=1 rewrites the
 * golden files; the reviewer reads the difference.
 */
#include <libxml/relaxng.h>
#include <string.h>
#include <sys/resource.h>
#include "base/error.h"
#include "base/util.h"
#include "model/domain-conf.h"
#include "model/domain-status.h"
#include "model/tables.h"
#include "xmlconf.h"
#include "xmlrandom.h"

static const char *goldenDir;

static void testTables(void)
{
    g_autoptr(GPtrArray) complaints = g_ptr_array_new_with_free_func(g_free);
    virXmlCheckTable(&virDomainDefXml, complaints);
    for (guint i = 0; i < complaints->len; i++)
        g_test_message("%s", (char *)complaints->pdata[i]);
    g_assert_cmpuint(complaints->len, ==, 0);
    unsigned int rows, hooks;
    virXmlCountRows(&virDomainDefXml, &rows, &hooks);
    g_test_message("%u rows, %u with code of their own", rows, hooks);
    g_assert_cmpuint(rows, >, 700);
    g_assert_cmpuint(hooks * 100, <, rows * 15);
}

static virDomainDef *parseShape(const char *text, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    virDomainDef *def =
        virDomainDefParse(text, NULL, virTestTestConfig(), flags | VIR_DOMAIN_DEF_SKIP_POST_PARSE, &error);
    if (!def)
        g_error("%s\n%s", error->message, text);
    return def;
}

static void assertSame(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return;
    g_auto(GStrv) x = g_strsplit(a, "\n", -1), y = g_strsplit(b, "\n", -1);
    guint i = 0;
    while (x[i] && y[i] && strcmp(x[i], y[i]) == 0)
        i++;
    g_error("line %u: '%s' is not '%s'", i + 1, x[i] ? x[i] : "(end)", y[i] ? y[i] : "(end)");
}

/* What is written is read back; copies are equal and independent. */
static void testRandom(void)
{
    enum { FLAGS = VIR_DOMAIN_DEF_STATUS | VIR_DOMAIN_DEF_SECURE };
    g_autoptr(GRand) r = g_rand_new_with_seed(20230117);
    for (int i = 0; i < 60; i++) {
        g_autoptr(virDomainDef) def = virDomainDefNew();
        virTestXmlFill(r, &virDomainDefXml, def, 4);
        g_autofree char *text = virDomainDefFormat(def, FLAGS);
        g_autoptr(virDomainDef) back = parseShape(text, FLAGS);
        g_autofree char *again = virDomainDefFormat(back, FLAGS);
        assertSame(again, text);
        g_autoptr(virDomainDef) copy = virDomainDefCopy(def);
        g_assert_true(virDomainDefEqual(copy, def));
        g_assert_true(virDomainDefAbiCheck(copy, def, NULL));
        virDomainDefUnref(g_steal_pointer(&def));
        g_autofree char *third = virDomainDefFormat(copy, FLAGS);
        assertSame(third, text);
    }
}

static xmlRelaxNG *schema(const char *text)
{
    xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewMemParserCtxt(text, strlen(text));
    xmlRelaxNG *rng = xmlRelaxNGParse(parser);
    xmlRelaxNGFreeParserCtxt(parser);
    return rng;
}

static bool isValid(xmlRelaxNG *rng, const char *text)
{
    g_autoptr(virXmlDoc) doc = virXmlDocParse(text, NULL, "test", NULL, VIR_FROM_NONE, NULL);
    xmlRelaxNGValidCtxt *ctxt = xmlRelaxNGNewValidCtxt(rng);
    if (!g_test_verbose())
        xmlRelaxNGSetValidErrors(ctxt, NULL, NULL, NULL);
    int result = xmlRelaxNGValidateDoc(ctxt, doc);
    xmlRelaxNGFreeValidCtxt(ctxt);
    return result == 0;
}

typedef void (*virGoldenFunc)(const char *name, const char *input, void *data);

static void eachGolden(virGoldenFunc func, void *data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(goldenDir, 0, &error);
    g_assert_no_error(error);
    unsigned int n = 0;
    for (const char *file = g_dir_read_name(dir); file; file = g_dir_read_name(dir)) {
        if (!g_str_has_suffix(file, ".in.xml"))
            continue;
        g_autofree char *path = g_build_filename(goldenDir, file, NULL),
                        *name = g_strndup(file, strlen(file) - 7), *input = NULL;
        g_assert_true(g_file_get_contents(path, &input, NULL, NULL));
        func(name, input, data);
        n++;
    }
    g_assert_cmpuint(n, >=, 6);
}

static void checkSchema(const char *name, const char *input, void *rng)
{
    g_test_message("%s", name);
    g_assert_true(isValid(rng, input));
    g_autoptr(GError) error = NULL;
    g_autoptr(virDomainDef) def = virDomainDefParse(input, NULL, virTestQemuConfig(), VIR_DOMAIN_DEF_INACTIVE, &error);
    g_assert_no_error(error);
    g_autofree char *text = virDomainDefFormat(def, VIR_DOMAIN_DEF_SECURE);
    g_assert_true(isValid(rng, text));
}

static void testSchema(void)
{
    g_autofree char *text = virXmlExportRng(&virDomainDefXml, NULL);
    xmlRelaxNG *rng = schema(text);
    g_assert_nonnull(rng);
    eachGolden(checkSchema, rng);
    g_assert_false(isValid(rng, "<domain type='qemu'><nam>x</nam></domain>"));
    g_assert_false(isValid(rng, "<domain type='nonsense'><name>x</name></domain>"));
    g_assert_false(isValid(rng, "<domain type='qemu'><devices><disk type='file'><target dev='a' "
                                "bas='b'/></disk></devices></domain>"));
    xmlRelaxNGFree(rng);
    g_autofree char *json = virXmlExportJson(&virDomainDefXml);
    g_assert_nonnull(strstr(
        json, "{\"path\": \"/domain/devices/disk/target/@bus\", \"kind\": \"enum\", \"values\": [\"ide\""));
}

static void compareGolden(const char *name, const char *kind, const char *text)
{
    g_autofree char *path = g_strdup_printf("%s/%s.%s.xml", goldenDir, name, kind), *expected = NULL;
    if (g_getenv("VIR_TEST_REGENERATE"))
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
    assertSame(text, expected);
}

static void checkGolden(const char *name, const char *input, void *data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(virDomainDef) def = virDomainDefParse(
        input, NULL, virTestQemuConfig(), VIR_DOMAIN_DEF_INACTIVE | VIR_DOMAIN_DEF_ABI_UPDATE, &error);
    g_assert_no_error(error);
    g_autofree char *text = virDomainDefFormat(def, VIR_DOMAIN_DEF_INACTIVE);
    compareGolden(name, "out", text);

    /* defining what was dumped changes nothing */
    g_autoptr(virDomainDef) again =
        virDomainDefParse(text, NULL, virTestQemuConfig(), VIR_DOMAIN_DEF_INACTIVE, &error);
    g_assert_no_error(error);
    g_autofree char *second = virDomainDefFormat(again, VIR_DOMAIN_DEF_INACTIVE);
    g_autoptr(virDomainDef) third =
        virDomainDefParse(second, NULL, virTestQemuConfig(), VIR_DOMAIN_DEF_INACTIVE, &error);
    g_autofree char *thirdText = virDomainDefFormat(third, VIR_DOMAIN_DEF_INACTIVE);
    assertSame(thirdText, second);
    g_assert_true(virDomainDefAbiCheck(again, third, &error));

    g_autoptr(virDomainDef) live = virDomainDefCopy(def);
    live->id = 7;
    virDomainDefAssignAliases(live, virTestQemuConfig());
    g_autofree char *liveText = virDomainDefFormat(live, 0);
    compareGolden(name, "live", liveText);

    virDomainStatus status = {
        .state = VIR_DOMAIN_STATUS_RUNNING, .reason = (char *)"booted", .pid = 42, .def = live
    };
    g_autofree char *statusText = virDomainStatusFormat(&status);
    g_autoptr(virDomainStatus) back = virDomainStatusParse(statusText, NULL, virTestQemuConfig(), &error);
    g_assert_no_error(error);
    g_assert_cmpint(back->def->id, ==, 7);
    g_autofree char *statusAgain = virDomainStatusFormat(back);
    g_autoptr(virDomainStatus) stable = virDomainStatusParse(statusAgain, NULL, virTestQemuConfig(),
                                                             &error); /* reading puts controllers in order */
    g_autofree char *statusThird = virDomainStatusFormat(stable);
    assertSame(statusThird, statusAgain);
    g_assert_cmpuint(strlen(statusAgain), ==, strlen(statusText));
}

static void testGolden(void)
{
    eachGolden(checkGolden, NULL);
}

/* The status file of a guest that the reference (9.0.0, QEMU 7.2) started: read and written back byte for byte. */
static void testAdopt(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(goldenDir, "adopt.status.xml", NULL), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_autoptr(virDomainStatus) status = virDomainStatusParse(text, path, virTestQemuConfig(), &error);
    g_assert_no_error(error);
    g_assert_cmpint(status->state, ==, VIR_DOMAIN_STATUS_RUNNING);
    g_assert_cmpstr(status->monitorType, ==, "unix");
    g_assert_cmpuint(status->vcpus.n, ==, 2);
    g_assert_cmpstr(status->def->disks.v[0]->src.nodeNames.v[1]->name, ==, "libvirt-2-format");
    g_autofree char *again = virDomainStatusFormat(status);
    assertSame(again, text);
}

static void testAbi(void)
{
    static const char text[] =
        "<domain type='qemu'><name>a</name><memory>65536</memory><os><type>hvm</type></os><devices>"
        "<disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/></disk></devices></domain>";
    g_autoptr(virDomainDef) a = parseShape(text, 0);
    g_autoptr(virDomainDef) b = virDomainDefCopy(a);
    g_autoptr(GError) error = NULL;
    g_free(b->disks.v[0]->src.path);
    b->disks.v[0]->src.path = g_strdup("/elsewhere");
    g_assert_true(virDomainDefAbiCheck(a, b, &error));
    b->disks.v[0]->bus = VIR_DOMAIN_DISK_BUS_SCSI;
    g_assert_false(virDomainDefAbiCheck(a, b, &error));
    g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_CONFIG_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message,
                            "Target domain devices/disk[1]/target/@bus scsi does not match source virtio"));
}

/* A driver keeps what is in its own namespace, declares it when it writes, and drops what is in another's. */
static void testNamespaces(void)
{
    static const struct {
        unsigned int feature;
        const char *xml;
    } cases[] = {
        { VIR_DOMAIN_CONF_LXC_NAMESPACE, "<lxc:namespace>\n    <lxc:sharenet type='netns' value='red'/>\n  </lxc:namespace>" },
        { VIR_DOMAIN_CONF_BHYVE_NAMESPACE, "<bhyve:commandline>\n    <bhyve:arg value='-w'/>\n  </bhyve:commandline>" },
        { VIR_DOMAIN_CONF_XEN, "<xen:commandline>\n    <xen:arg value='-w'/>\n  </xen:commandline>" },
        { VIR_DOMAIN_CONF_VMWARE_NAMESPACE, "<vmware:datacenterpath>a/b</vmware:datacenterpath>" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) words = g_strsplit_set(cases[i].xml, "<:", 3);
        g_autofree char *ns = g_strdup_printf("xmlns:%s='http://libvirt.org/schemas/domain/%s/1.0'", words[1], words[1]);
        g_autofree char *xml = g_strdup_printf("<domain type='test' %s><name>a</name><memory>4</memory><os><type>hvm</type></os>%s</domain>", ns, cases[i].xml);
        for (int kept = 0; kept < 2; kept++) {
            virDomainParseConfig conf = *virTestTestConfig();
            conf.features = kept ? cases[i].feature : 0;
            g_autoptr(virDomainDef) def = virDomainDefParse(xml, NULL, &conf, VIR_DOMAIN_DEF_SKIP_VALIDATE, NULL);
            g_assert_nonnull(def);
            g_autofree char *out = virDomainDefFormat(def, 0);
            g_assert_cmpint(strstr(out, cases[i].xml) != NULL, ==, kept);
            g_assert_cmpint(strstr(out, ns) != NULL, ==, kept);
        }
    }
}

static void testMetadata(void)
{
    g_autoptr(virDomainDef) def = parseShape("<domain type='test'><name>a</name></domain>", 0);
    g_autoptr(GError) error = NULL;
    g_assert_null(virDomainDefGetMetadata(def, "http://u"));
    g_assert_true(virDomainDefSetMetadata(def, "<z><b>q</b></z>", "k", "http://u", &error));
    g_assert_true(virDomainDefSetMetadata(def, "<w/>", "j", "http://v", &error));
    g_autofree char *text = virDomainDefFormat(def, 0);
    g_assert_nonnull(strstr(text, "  <metadata>\n    <k:z xmlns:k=\"http://u\">\n      <k:b>q</k:b>\n    "
                                  "</k:z>\n    <j:w xmlns:j=\"http://v\"/>\n  </metadata>\n"));
    g_autofree char *got = virDomainDefGetMetadata(def, "http://u");
    g_assert_cmpstr(got, ==, "<z>\n  <b>q</b>\n</z>");
    g_assert_false(virDomainDefSetMetadata(def, "<a><b/>", "k", "http://u", &error));
    g_assert_nonnull(error);
    g_clear_error(&error);
    g_assert_true(virDomainDefSetMetadata(def, NULL, NULL, "http://u", &error));
    g_assert_true(virDomainDefSetMetadata(def, NULL, NULL, "http://v", &error));
    g_assert_null(def->metadata);
}

/* Numbers that would make us allocate or loop without end are refused or harmless (the runner ends a test that hangs). */
static void testHostile(void)
{
    static const char *const pieces[] = {
        "<devices><controller type='pci' index='4000000000' model='pci-bridge'/></devices>",
        "<devices><controller type='pci' index='900' model='pci-bridge'/></devices>",
        "<devices><controller type='scsi' index='100000000'/></devices>",
        "<iothreads>4000000000</iothreads>",
        "<iothreads>32000</iothreads>",
        "<vcpu>4294967295</vcpu>",
        "<vcpu cpuset='0-4294967295'>1</vcpu>",
        "<cputune><vcpusched vcpus='0-65535' scheduler='rr' priority='1'/></cputune>",
        "<devices><disk type='file'><source file='/x'/><target dev='sda' bus='scsi'/><address type='drive' controller='4000000000'/></disk></devices>",
        "<devices><disk type='file'><source file='/x'/><target dev='sdzzzzzzzzzz' bus='scsi'/></disk></devices>",
        "<devices><interface type='user'><address type='pci' bus='0xff' slot='1'/></interface></devices>",
        "<devices><channel type='pty'><target type='virtio' name='x'/><address type='virtio-serial' controller='4000000000' port='1'/></channel></devices>",
        "<devices><input type='tablet' bus='usb'><address type='usb' bus='0' port='1.1.1.1.1.1.1.1.1.99999999999'/></input></devices>",
    };
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(pieces); i++) {
        g_autofree char *text = g_strdup_printf("<domain type='qemu'><name>a</name><memory>65536</memory><os><type>hvm</type></os>%s</domain>", pieces[i / 2]);
        g_autoptr(GError) error = NULL;
        g_autoptr(virDomainDef) def = virDomainDefParse(text, NULL, i % 2 ? virTestQemuConfig() : virTestTestConfig(), VIR_DOMAIN_DEF_INACTIVE, &error);
        g_assert_true((def == NULL) == (error != NULL));
    }
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    struct rusage used;
    g_assert_cmpint(getrusage(RUSAGE_SELF, &used), ==, 0);
    g_assert_cmpint(used.ru_maxrss, <, 100 * 1024);     /* short documents take no memory to speak of */
#endif
}

/* --- mutations --- */

static void mutate(GRand *r, GString *s)
{
    static const char *const pieces[] = { "<",   ">",      "/>",       "'",
                                          "&",   "-1",     "0",        "99999999999999999999",
                                          "yes", "<disk>", "type='x'", "\xff",
                                          "]]>", "0x",     "<!--" };
    for (int n = g_rand_int_range(r, 1, 5); n > 0 && s->len > 8; n--) {
        gsize at = g_rand_int_range(r, 0, s->len), len = g_rand_int_range(r, 1, MIN(64, s->len - at) + 1),
              to = g_rand_int_range(r, 0, s->len);
        g_autofree char *cut = g_strndup(s->str + at, len);
        switch (g_rand_int_range(r, 0, 6)) {
        case 0:
            s->str[at] = (char)g_rand_int_range(r, 1, 256);
            break;
        case 1:
            g_string_erase(s, at, len);
            break;
        case 2:
            g_string_insert(s, to, cut);
            break;
        case 3:
            g_string_insert(s, at, pieces[g_rand_int_range(r, 0, G_N_ELEMENTS(pieces))]);
            break;
        default: { /* exchange the value of an attribute: documents that are well-formed and wrong */
            char *quote = strchr(s->str + at, '\'');
            char *end = quote ? strchr(quote + 1, '\'') : NULL;
            if (end && !memchr(quote, '<', end - quote)) {
                gsize q = quote + 1 - s->str;
                g_string_erase(s, q, end - quote - 1);
                g_string_insert(s, q, pieces[g_rand_int_range(r, 5, 9)]);
            }
        }
        }
    }
}

typedef struct {
    GRand *rand;
    unsigned int refused, accepted;
} virMutation;

static void mutateGolden(const char *name, const char *input, void *data)
{
    virMutation *m = data;
    for (int i = 0; i < 1250; i++) {
        g_autoptr(GString) s = g_string_new(input);
        g_autoptr(GError) error = NULL;
        mutate(m->rand, s);
        g_autoptr(virDomainDef) def = virDomainDefParse(
            s->str, NULL, i % 2 ? virTestQemuConfig() : virTestTestConfig(), VIR_DOMAIN_DEF_INACTIVE, &error);
        g_assert_true((def == NULL) == (error != NULL));
        m->refused += !def;
        m->accepted += def != NULL;
        g_autofree char *text = def ? virDomainDefFormat(def, VIR_DOMAIN_DEF_SECURE) : NULL;
    }
}

static void testMutations(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(7);
    virMutation m = { .rand = r };
    eachGolden(mutateGolden, &m);
    g_test_message("%u refused, %u accepted", m.refused, m.accepted);
    g_assert_cmpuint(m.refused + m.accepted, >=, 7500);
    g_assert_cmpuint(m.accepted, >, 100);
    g_assert_cmpuint(m.refused, >, 1000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    goldenDir = g_getenv("VIR_TEST_GOLDEN") ? g_getenv("VIR_TEST_GOLDEN") : "tests/golden/xml";
    g_test_add_func("/domain/tables", testTables);
    g_test_add_func("/domain/random", testRandom);
    g_test_add_func("/domain/schema", testSchema);
    g_test_add_func("/domain/golden", testGolden);
    g_test_add_func("/domain/adopt", testAdopt);
    g_test_add_func("/domain/abi", testAbi);
    g_test_add_func("/domain/namespaces", testNamespaces);
    g_test_add_func("/domain/metadata", testMetadata);
    g_test_add_func("/domain/hostile", testHostile);
    g_test_add_func("/domain/mutations", testMutations);
    return g_test_run();
}
