/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Foreign configurations against what they mean: each FOLDER/NAME.EXT beside NAME.out.xml, each NAME.xml beside NAME.out.EXT. The folders are
 * ours below $VIR_TEST_GOLDEN; others of the same shape may be named in $VIR_TEST_NATIVE (folders separated by colons).
 */
#define VIR_FROM VIR_FROM_NONE
#include <string.h>
#include "base/error.h"
#include "native/bhyve.h"
#include "native/lxc.h"
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

static bool lookupLxc(const virDomainParseConfig *conf, virDomainDef *def, GError **error)
{
    def->emulator = g_strdup("/usr/libexec/libvirt_lxc");
    return true;
}

static const virDomainParseConfig lxcConfig = { .lookup = lookupLxc, .name = "LXC", .hostArch = VIR_ARCH_X86_64, .macPrefix = { 0x52, 0x54, 0 } };

static char *readLxc(const char *text, const char *name, GError **error)
{
    g_autoptr(virDomainDef) def = virLxcParse(text, &lxcConfig, error);
    return def ? virDomainDefFormat(def, VIR_DOMAIN_DEF_SECURE | VIR_DOMAIN_DEF_INACTIVE) : NULL;
}

static bool lookupBhyve(const virDomainParseConfig *conf, virDomainDef *def, GError **error)
{
    def->os.arch = VIR_ARCH_X86_64;
    return true;
}

/* An older bhyve has one disk on each AHCI controller. */
static virDomainDef *parseBhyve(const char *xml, const char *name, GError **error)
{
    virDomainParseConfig conf = { .lookup = lookupBhyve, .name = "bhyve", .features = strstr(name, "no32devs") ? VIR_DOMAIN_CONF_LONE_SATA : 0,
                                  .hostArch = VIR_ARCH_X86_64, .macPrefix = { 0x52, 0x54, 0 }, .postParse = virBhyvePostParse,
                                  .assignAddresses = virBhyveAssignAddresses };
    return virDomainDefParse(xml, NULL, &conf, VIR_DOMAIN_DEF_INACTIVE, error);
}

static char *readBhyve(const char *text, const char *name, GError **error)
{
    g_autoptr(virDomainDef) def = virBhyveParse(text, &lxcConfig, error);
    return def ? virDomainDefFormat(def, VIR_DOMAIN_DEF_SECURE | VIR_DOMAIN_DEF_INACTIVE) : NULL;
}

static char *completeBhyve(const char *xml, const char *name, GError **error)
{
    g_autoptr(virDomainDef) def = parseBhyve(xml, name, error);
    return def ? virDomainDefFormat(def, VIR_DOMAIN_DEF_SECURE | VIR_DOMAIN_DEF_INACTIVE) : NULL;
}

/* Programs are compared by their names alone. */
static char *commandOf(char *text)
{
    char *end = text ? text + strcspn(text, " ") : NULL;
    for (char *at = end; at && at > text; at--)
        if (at[-1] == '/') {
            memmove(text, at, strlen(at) + 1);
            break;
        }
    return text;
}

static char *writeBhyve(const char *xml, const char *name, GError **error)
{
    virBhyveContext ctx = { .ahci32 = !strstr(name, "no32devs"), .tap = "faketapdev", .deviceMap = "<device.map>" };
    g_autoptr(virDomainDef) def = parseBhyve(xml, name, error);
    return def ? commandOf(virBhyveFormat(def, &ctx, error)) : NULL;
}

static char *writeLoader(const char *xml, const char *name, GError **error)
{
    virBhyveContext ctx = { .deviceMap = "<device.map>" };
    g_autoptr(virDomainDef) def = parseBhyve(xml, name, error);
    char *text = def ? commandOf(virBhyveFormatLoader(def, &ctx, error)) : NULL;
    return text && !*text ? (g_free(text), g_strdup("dummy")) : text;
}

static char *writeDeviceMap(const char *xml, const char *name, GError **error)
{
    g_autoptr(virDomainDef) def = parseBhyve(xml, name, error);
    return def ? virBhyveDeviceMap(def, error) : NULL;
}

typedef struct {
    const char *folder, *extension;
    char *(*read)(const char *text, const char *name, GError **error);
    char *(*write)(const char *xml, const char *name, GError **error);
} Format;

static const Format formats[] = {
    { "vmx", "vmx", readVmx, writeVmx },
    { "lxc", "config", readLxc, NULL },
    { "bhyve", "args", readBhyve, writeBhyve },
    { "bhyve", "ldargs", NULL, writeLoader },
    { "bhyve", "devmap", NULL, writeDeviceMap },
    { "bhyve", "xml", NULL, completeBhyve },
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

/* What is drawn by lot stands in expectations as these. */
static char *withLots(char *text, const char *want)
{
    static const struct {
        const char *pattern, *standsFor;
    } lots[] = { { "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "c7a5fdbd-edaf-9455-926a-d65c16db1809" },
                 { "52:54:00(:[0-9a-f]{2}){3}", "52:54:00:00:00:00" } };
    for (guint i = 0; i < G_N_ELEMENTS(lots); i++) {
        if (!strstr(want, lots[i].standsFor))
            continue;
        g_autoptr(GRegex) regex = g_regex_new(lots[i].pattern, 0, 0, NULL);
        char *changed = g_regex_replace_literal(regex, text, -1, 0, lots[i].standsFor, 0, NULL);
        g_free(text);
        text = changed;
    }
    return text;
}

static void compare(const char *what, const char *got, const char *wantPath, const GError *error)
{
    g_autofree char *want = NULL, *mine = g_strdup(got ? got : "");
    g_assert_true(g_file_get_contents(wantPath, &want, NULL, NULL));
    normalize(mine);
    normalize(want);
    mine = withLots(mine, want);
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
    if (xml ? !f->write : !g_str_has_suffix(name, f->extension))
        return;
    if (strstr(name, ".out.") || !g_file_test(wanted, G_FILE_TEST_EXISTS) || !(xml ? f->write : f->read))
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

static void refuseAll(const char *const *texts, guint n, char *(*read)(const char *text, const char *name, GError **error))
{
    for (guint i = 0; i < n; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *xml = read(texts[i], "", &error);
        if (xml)
            g_error("taken for a configuration: %s", texts[i]);
        g_assert_nonnull(error);
    }
}

/* Nothing that is not a configuration may be taken for one, or crash. */
static void testGarbage(void)
{
    static const char *const texts[] = { "", "=", "x", "a = \"", "config.version = \"8\"", "config.version = \"8\"\nvirtualHW.version = \"x\"",
                                         "config.version = \"8\"\nvirtualHW.version = \"4\"\nmemsize = \"3\"",
                                         "config.version = \"8\"\nvirtualHW.version = \"4\"\nnumvcpus = \"-1\"",
                                         "config.version = \"8\"\nvirtualHW.version = \"4\"\nuuid.bios = \"12 3\"",
                                         "config.version = \"8\"\nvirtualHW.version = \"4\"\nethernet0.present = \"maybe\"" };
    refuseAll(texts, G_N_ELEMENTS(texts), readVmx);
}

/* Numbers at the end of what there is are read without overflow. */
static void testGreatNumbers(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = readVmx("config.version = \"8\"\nvirtualHW.version = \"4\"\nsvga.vramSize = \"9223372036854775807\"", "great", &error);
    g_assert_true(!xml == !!error);
}

static void testGarbageLxc(void)
{
#define BASE "lxc.uts.name = x\nlxc.rootfs.path = /x\n"
    static const char *const texts[] = {
        "", "=", "x", "lxc.uts.name = x", "lxc.rootfs = /x", BASE "lxc.tty.max = -3", BASE "lxc.tty = 99999999", BASE "a-b = 3", BASE "a = \"b",
        BASE "lxc.mount.entry = a b", BASE "lxc.mount.fstab = /etc/fstab", BASE "lxc.mount.entry = a b tmpfs size=10%",
        BASE "lxc.network.link = x", BASE "lxc.net.x.type = veth", BASE "lxc.net.0.bogus = 3", BASE "lxc.net.0.type = phys",
        BASE "lxc.net.0.type = veth\nlxc.net.0.ipv4.address = 1.2.3.4", BASE "lxc.net.0.type = veth\nlxc.net.0.ipv6.gateway = 1.2.3.4",
        BASE "lxc.idmap = x 0 1 2", BASE "lxc.idmap = u 0", BASE "lxc.cgroup.memory.limit_in_bytes = 3x", BASE "lxc.cgroup.cpuset.cpus = x",
        BASE "lxc.cgroup.blkio.device_weight = 8:0", BASE "lxc.cgroup.blkio.device_weight = 8:0 x" };
    refuseAll(texts, G_N_ELEMENTS(texts), readLxc);
}

static void testGarbageBhyve(void)
{
    static const char *const texts[] = {
        "", "bhyve", "bhyve -c", "bhyve -c x vm", "bhyve -m 0 vm", "bhyve -m 1.5G vm", "bhyve vm more", "bhyve -U x vm", "bhyve -s x vm",
        "bhyve -s 99:0,virtio-blk,/x vm", "bhyve -s 2:0,virtio-blk vm", "bhyve -l com1,/dev/nmdm0C vm", "bhyve -l com3,/dev/nmdm0A vm",
        "bhyve -l com1,/dev/nmdmA vm", "bhyve -s 2,fbuf,tcp=:x vm", "bhyve -s 2,fbuf,vga=maybe vm", "bhyve 'vm", "bhyve vm\nbhyve vm",
        "bhyveload vm", "bhyveload a\nbhyve b", "bhyve b\nbhyveload a", "bhyveload -m 3 a\nbhyve -m 4 a" };
    refuseAll(texts, G_N_ELEMENTS(texts), readBhyve);
}

/* What is said twice counts as said last, and words without a value are nothing. */
static void testRepeatedBhyve(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = readBhyve("bhyve -s 2,fbuf,wait,tcp=1.2.3.4:5901,password=one,password=two vm", NULL, &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(xml, "passwd='two'"));
    g_assert_null(strstr(xml, "one"));
}

static void testGarbageXen(void)
{
#define NAMED "name = 'x'\n"
    static const char *const texts[] = {
        "", "=", "x", "a = \"", "name = 3", "memory = 3", NAMED "a = [ 1", NAMED "a = xyz", NAMED "a = [[[[[[[[[[1]]]]]]]]]]", NAMED "uuid = 'zz'",
        NAMED "vcpus = [ 1 ]", NAMED "type = 'foo'", NAMED "on_crash = 'never'", NAMED "cpus = 'all'", NAMED "disk = [ '/a,foo,hda,w' ]",
        NAMED "disk = [ '/a,raw,hda,w!' ]", NAMED "disk = [ 'vdev=hda,bogus=3' ]", NAMED "vif = [ 'rate=5' ]", NAMED "vif = [ 'mac=zz' ]", NAMED "pci = [ 'zz' ]",
        NAMED "cpuid = 'tm=0'", NAMED "cpuid = 'host,tm=5'", NAMED "vnuma = [ [ 'pnode=0' ] ]", NAMED "type = 'hvm'\nserial = 'modem'",
        NAMED "type = 'hvm'\nsoundhw = 'kazoo'" };
    refuseAll(texts, G_N_ELEMENTS(texts), readXl);
}

/* What a target says twice counts once, and leaks nothing. */
static void testRepeatedXen(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = readXl("name = 'x'\ntype = 'pv'\nkernel = '/k'\nmemory = 64\n"
                                  "disk = [ 'vdev=hda,backendtype=qdisk,target=rbd:p/i:id=a:conf=/b:id=c:conf=/d' ]\n", "x", &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(xml, "username='c'"));
    g_assert_nonnull(strstr(xml, "<config file='/d'/>"));
    g_assert_null(strstr(xml, "/b"));
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
                    g_print("%s as %s (%s): %u of %u\n", *folder, formats[i].folder, formats[i].extension, good, all);
            }
        return 0;
    }
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *path = g_strdup_printf("/native/%s/%s", formats[i].folder, formats[i].extension);
        g_test_add_data_func(path, &formats[i], testGolden);
    }
    g_test_add_func("/native/garbage", testGarbage);
    g_test_add_func("/native/great-numbers", testGreatNumbers);
    g_test_add_func("/native/garbage-xen", testGarbageXen);
    g_test_add_func("/native/repeated/xen", testRepeatedXen);
    g_test_add_func("/native/garbage/lxc", testGarbageLxc);
    g_test_add_func("/native/garbage/bhyve", testGarbageBhyve);
    g_test_add_func("/native/garbage/bhyve-repeated", testRepeatedBhyve);
    return g_test_run();
}
