/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Command lines: tests/golden/qemu-argv/NAME.xml against NAME.args, with the recorded capabilities of a QEMU 7.2 (caps.json).
 * LIBVIRT_GOLDEN_WRITE=1 writes the .args anew; look at the difference before committing it.
 */
#include "drivers/qemu/command.h"
#include "base/util.h"
#include "model/domain-conf.h"
#include <string.h>

static qemuCaps *caps;
static const char *folder;

static bool lookup(const virDomainParseConfig *conf, virDomainDef *def, GError **error)
{
    if (!def->emulator)
        def->emulator = g_strdup("/usr/bin/qemu-system-x86_64");
    return true;
}

static const char *defaultCpu(const virDomainParseConfig *conf, const virDomainDef *def)
{
    return "qemu64";
}

static const char *canonicalMachine(const virDomainParseConfig *conf, const virDomainDef *def)
{
    const qemuMachine *m = qemuCapsMachine(caps, def->os.machine);
    return m ? m->name : NULL;
}

static bool hasDevice(const virDomainParseConfig *conf, const virDomainDef *def, const char *device)
{
    return qemuCapsHas(caps, device);
}

static const virDomainParseConfig config = {
    .name = "QEMU",
    .features = VIR_DOMAIN_CONF_ADDRESSES | VIR_DOMAIN_CONF_QEMU | VIR_DOMAIN_CONF_QEMU_NAMESPACE | VIR_DOMAIN_CONF_WIDE_SCSI |
                VIR_DOMAIN_CONF_DEFAULT_USB | VIR_DOMAIN_CONF_MEMBALLOON,
    .hostArch = VIR_ARCH_X86_64,
    .macPrefix = { 0x52, 0x54, 0x00 },
    .lookup = lookup,
    .canonicalMachine = canonicalMachine,
    .hasDevice = hasDevice,
    .defaultCpu = defaultCpu,
};

/* One argument a line: differences are read by people. */
static char *build(virDomainDef *def)
{
    g_autoptr(GError) error = NULL;
    virDomainDefAssignAliases(def, &config);
    qemuAssignNodeNames(def);
    qemuFillSocketPaths(def, "/lib/domain-1-x", "/lib/channel/target/domain-1-x");
    g_autofree qemuNetHost *nets = g_new0(qemuNetHost, def->nets.n + 1);
    for (unsigned int i = 0; i < def->nets.n; i++)
        nets[i] = (qemuNetHost){ .ntap = 1, .tap = { 30 + i }, .nvhost = i == 0, .vhost = { 40 } };
    qemuCommand cmd = { .def = def, .caps = caps, .domainDir = "/lib/domain-1-x", .channelDir = "/lib/channel/target/domain-1-x",
                        .memoryDir = "/lib/ram/1-x", .monitorFd = 29, .sandbox = true, .timestamps = true, .nets = nets };
    bool ok = qemuCommandBuild(&cmd, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    GString *out = g_string_new(NULL);
    for (guint i = 0; cmd.argv->pdata[i]; i++)
        g_string_append_printf(out, "%s%s", i == 0 ? "" : ((char *)cmd.argv->pdata[i])[0] == '-' ? "\n" : " ", (char *)cmd.argv->pdata[i]);
    g_string_append_c(out, '\n');
    qemuCommandClear(&cmd);
    return g_string_free(out, FALSE);
}

static void testGolden(gconstpointer data)
{
    const char *name = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *input = g_strdup_printf("%s/%s.xml", folder, name), *expect = g_strdup_printf("%s/%s.args", folder, name);
    g_autoptr(virDomainDef) def = virDomainDefParseFile(input, &config, VIR_DOMAIN_DEF_INACTIVE, &error);
    g_assert_no_error(error);
    g_autofree char *got = build(def), *want = NULL;
    if (g_getenv("LIBVIRT_GOLDEN_WRITE"))
        g_assert_true(virFileWriteAtomic(expect, got, -1, 0644, NULL));
    g_assert_true(virFileRead(expect, 1 << 20, &want, NULL, &error));
    g_auto(GStrv) a = g_strsplit(want, "\n", -1), b = g_strsplit(got, "\n", -1);
    for (int i = 0; a[i] && b[i]; i++)
        g_assert_cmpstr(b[i], ==, a[i]);
    g_assert_cmpuint(g_strv_length(a), ==, g_strv_length(b));
}

static void testCache(void)
{
    g_autofree char *path = g_strdup_printf("%s/caps.json", folder), *text = NULL;
    g_assert_true(virFileRead(path, 1 << 24, &text, NULL, NULL));
    g_assert_null(qemuCapsFromCache(text, "/usr/bin/qemu-system-x86_64", "another"));
    g_assert_null(qemuCapsFromCache(text, "/usr/bin/qemu-system-arm", "golden"));
    g_assert_null(qemuCapsFromCache("{\"format\":", "/usr/bin/qemu-system-x86_64", "golden"));
    g_assert_null(qemuCapsFromCache("[]", "/usr/bin/qemu-system-x86_64", "golden"));
    g_assert_cmpuint(caps->version, ==, 7002022);
    g_assert_true(caps->kvm);
    g_assert_true(qemuCapsHas(caps, "virtio-blk-pci"));
    g_assert_false(qemuCapsHas(caps, "no-such-device"));
    g_assert_cmpstr(qemuCapsMachine(caps, NULL)->name, ==, "pc-i440fx-7.2");
    g_assert_cmpstr(qemuCapsMachine(caps, "q35")->name, ==, "pc-q35-7.2");
    g_assert_null(qemuCapsMachine(caps, "isapc"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = argv[1];
    g_autofree char *path = g_strdup_printf("%s/caps.json", folder), *text = NULL;
    g_assert_true(virFileRead(path, 1 << 24, &text, NULL, NULL));
    caps = qemuCapsFromCache(text, "/usr/bin/qemu-system-x86_64", "golden");
    g_assert_nonnull(caps);
    g_test_add_func("/qemu/caps-cache", testCache);
    static const char *const names[] = { "minimal", "kernel", "disks", "nets", "hostdevs", "characters", "screens", "misc", "cpu", "host-model", "firmware" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *test = g_strconcat("/qemu/argv/", names[i], NULL);
        g_test_add_data_func(test, names[i], testGolden);
    }
    int r = g_test_run();
    qemuCapsUnref(caps);
    return r;
}
