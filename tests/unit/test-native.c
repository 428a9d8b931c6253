/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Foreign configurations against what they mean: each FOLDER/NAME.EXT beside NAME.out.xml, each NAME.xml beside NAME.out.EXT. The folders are
 * ours below $VIR_TEST_GOLDEN; others of the same shape may be named in $VIR_TEST_NATIVE (folders separated by colons).
 */
#define VIR_FROM VIR_FROM_NONE
#include <string.h>
#include "base/error.h"
#include "native/vmx.h"
#include "native/xen.h"

/* Files of a datastore as a vSphere driver would show them. */
static char *fromVmx(const char *name, void *opaque, bool *missing, GError **error)
{
    if (g_str_has_prefix(name, "/vmfs/volumes/missing/")) {
        *missing = true;
        return NULL;
    }
    if (g_str_has_prefix(name, "/vmfs/volumes/")) {
        g_auto(GStrv) part = g_strsplit(name + strlen("/vmfs/volumes/"), "/", 2);
        return g_strdup_printf("[%s] %s", part[0], part[1]);
    }
    return name[0] == '/' ? g_strdup(name) : g_strdup_printf("[datastore] directory/%s", name);
}

static char *toVmx(const char *source, void *opaque, GError **error)
{
    g_auto(GStrv) part = source[0] == '[' ? g_strsplit(source + 1, "] ", 2) : NULL;
    return part ? g_strdup_printf("/vmfs/volumes/%s/%s", part[0], part[1]) : g_strdup(source);
}

static bool lookup(const virDomainParseConfig *conf, virDomainDef *def, GError **error)
{
    if (!def->os.arch)
        def->os.arch = VIR_ARCH_I686;
    return true;
}

static const virDomainParseConfig config = { .lookup = lookup, .name = "VMware", .features = VIR_DOMAIN_CONF_WIDE_SCSI, .hostArch = VIR_ARCH_X86_64 };

static virVmxContext vmxContext(const char *name)
{
    bool new = strstr(name, "fusion") || strstr(name, "ws-");
    return (virVmxContext){ .from = VIR_FROM_VMWARE, .parseFile = fromVmx, .formatFile = toVmx, .hardware = strstr(name, "fusion") ? 9 : new ? 8 : 4 };
}

/* ---- formats ---- */

static char *readVmx(const char *text, const char *name, GError **error)
{
    virVmxContext ctx = vmxContext(name);
    g_autoptr(virDomainDef) def = virVmxParse(text, &ctx, &config, error);
    if (!def)
        return NULL;
    return virDomainDefFormat(def, VIR_DOMAIN_DEF_SECURE | VIR_DOMAIN_DEF_INACTIVE);
}

static char *writeVmx(const char *xml, const char *name, GError **error)
{
    virVmxContext ctx = vmxContext(name);
    g_autoptr(virDomainDef) def = virDomainDefParse(xml, NULL, &config, VIR_DOMAIN_DEF_INACTIVE, error);
    return def ? virVmxFormat(def, &ctx, error) : NULL;
}

static char *readXen(const char *text, virXenDialect dialect, GError **error)
{
    g_autoptr(virDomainDef) def = virXenParse(text, dialect, virXenParseConfig(), error);
    return def ? virDomainDefFormat(def, VIR_DOMAIN_DEF_SECURE | VIR_DOMAIN_DEF_INACTIVE) : NULL;
}

static char *writeXen(const char *xml, virXenDialect dialect, GError **error)
{
    g_autoptr(virDomainDef) def = virDomainDefParse(xml, NULL, virXenParseConfig(), VIR_DOMAIN_DEF_INACTIVE, error);
    return def ? virXenFormat(def, dialect, error) : NULL;
}

static char *readXl(const char *text, const char *name, GError **error)
{
    return readXen(text, VIR_XEN_XL, error);
}

static char *writeXl(const char *xml, const char *name, GError **error)
{
    return writeXen(xml, VIR_XEN_XL, error);
}

static char *readXm(const char *text, const char *name, GError **error)
{
    return readXen(text, VIR_XEN_XM, error);
}

static char *writeXm(const char *xml, const char *name, GError **error)
{
    return writeXen(xml, VIR_XEN_XM, error);
}

typedef struct {
    const char *folder, *extension;
    char *(*read)(const char *text, const char *name, GError **error);
    char *(*write)(const char *xml, const char *name, GError **error);
} Format;

static const Format formats[] = {
    { "vmx", "vmx", readVmx, writeVmx },
    { "xl", "cfg", readXl, writeXl },
    { "xm", "cfg", readXm, writeXm },
};

/* ---- the test ---- */

static unsigned int good, all;

/* What newer definitions say beside what older expectations do. */
static void normalize(char *text)
{
    static const char boot[] = "    <boot dev='hd'/>\n";
    for (char *at; (at = strstr(text, boot));)
        memmove(at, at + strlen(boot), strlen(at + strlen(boot)) + 1);
}

static void compare(const char *what, const char *got, const char *wantPath, const GError *error)
{
    g_autofree char *want = NULL, *mine = g_strdup(got ? got : "");
    g_assert_true(g_file_get_contents(wantPath, &want, NULL, NULL));
    normalize(mine);
    normalize(want);
    all++;
    good += strcmp(g_strchomp(mine), g_strchomp(want)) == 0;
    if (strcmp(mine, want) == 0)
        return;
    g_autofree char *out = g_strdup_printf("%s/native-got", g_get_tmp_dir());
    g_file_set_contents(out, mine, -1, NULL);
    g_printerr("not as expected: %s%s%s\n", what, error ? ": " : "", error ? error->message : "");
    if (g_getenv("VIR_TEST_SHOW")) {
        g_autofree char *diff = g_strdup_printf("diff -u %s %s >&2", wantPath, out);
        (void)!system(diff);
    }
}

static void runFile(const char *folder, const char *name, const Format *f)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL, *stem = g_strndup(name, strrchr(name, '.') - name);
    bool xml = g_str_has_suffix(name, ".xml");
    g_autofree char *wanted = g_strdup_printf("%s/%s.out.%s", folder, stem, xml ? f->extension : "xml");
    g_autoptr(GError) error = NULL;
    if (strstr(name, ".out.") || (!xml && !g_str_has_suffix(name, f->extension)) || !g_file_test(wanted, G_FILE_TEST_EXISTS) || !(xml ? f->write : f->read))
        return;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_autofree char *got = xml ? f->write(text, stem, &error) : f->read(text, stem, &error);
    g_assert_true(!got == !!error);
    compare(path, got, wanted, error);
}

static void runFolder(const char *folder, const Format *f)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir)))
        if (strchr(name, '.'))
            runFile(folder, name, f);
}

static void testGolden(gconstpointer data)
{
    const Format *f = data;
    g_autofree char *folder = g_build_filename(g_getenv("VIR_TEST_GOLDEN"), "native", f->folder, NULL);
    good = all = 0;
    runFolder(folder, f);
    g_test_message("%s: %u of %u", f->folder, good, all);
    g_assert_cmpuint(all, >, 0);
    g_assert_cmpuint(good, ==, all);
}

/* Nothing that is not a configuration may be taken for one, or crash. */
static void testGarbage(void)
{
    static const char *const texts[] = { "", "=", "x", "a = \"", "config.version = \"8\"", "config.version = \"8\"\nvirtualHW.version = \"x\"",
                                         "config.version = \"8\"\nvirtualHW.version = \"4\"\nmemsize = \"3\"",
                                         "config.version = \"8\"\nvirtualHW.version = \"4\"\nnumvcpus = \"-1\"",
                                         "config.version = \"8\"\nvirtualHW.version = \"4\"\nuuid.bios = \"12 3\"",
                                         "config.version = \"8\"\nvirtualHW.version = \"4\"\nethernet0.present = \"maybe\"" };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *xml = readVmx(texts[i], "", &error);
        g_assert_null(xml);
        g_assert_nonnull(error);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    const char *extra = g_getenv("VIR_TEST_NATIVE");
    if (extra) {                /* a measurement, not a test */
        g_auto(GStrv) folders = g_strsplit(extra, ":", -1);
        for (char **folder = folders; *folder; folder++)
            for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
                g_autofree char *base = g_path_get_basename(*folder);
                good = all = 0;
                if (strstr(base, formats[i].folder))
                    runFolder(*folder, &formats[i]);
                if (all)
                    g_print("%s as %s: %u of %u\n", *folder, formats[i].folder, good, all);
            }
        return 0;
    }
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *path = g_strdup_printf("/native/%s", formats[i].folder);
        g_test_add_data_func(path, &formats[i], testGolden);
    }
    g_test_add_func("/native/garbage", testGarbage);
    return g_test_run();
}
