/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Command lines: tests/golden/qemu-argv/NAME.xml against NAME.args, with the recorded capabilities of a QEMU 7.2 (caps.json).
 * LIBVIRT_GOLDEN_WRITE=1 writes the .args anew; look at the difference before committing it.
 */
#include "drivers/qemu/plug-plan.h"
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

static qemuCommand line(const char *first, ...) G_GNUC_NULL_TERMINATED;
static qemuCommand line(const char *first, ...)
{
    qemuCommand cmd = { .argv = g_ptr_array_new_with_free_func(g_free) };
    va_list args;
    va_start(args, first);
    g_ptr_array_add(cmd.argv, g_strdup("/usr/bin/qemu"));
    for (const char *word = first; word; word = va_arg(args, const char *))
        g_ptr_array_add(cmd.argv, g_strdup(word));
    va_end(args);
    g_ptr_array_add(cmd.argv, NULL);
    return cmd;
}

static void testPlan(void)
{
    g_autoptr(GError) error = NULL;
    qemuCommand old = line("-m", "64", "-object", "{\"id\":\"s\",\"data\":\"one\"}", "-device", "{\"id\":\"net0\"}", NULL);
    qemuCommand now = line("-m", "128", "-object", "{\"id\":\"s\",\"data\":\"two\"}", "-netdev", "{\"id\":\"hostnet1\"}", "-device", "{\"id\":\"net0\"}",
                           "-device", "{\"id\":\"net1\"}", NULL);
    qemuCommand more = line("-m", "64", "-fsdev", "local,id=x", NULL);
    g_autoptr(GPtrArray) plan = qemuPlugPlan(&now, &old, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan->len, ==, 2);         /* a secret that is encrypted anew is the same one */
    const qemuPlugStep *first = plan->pdata[0], *second = plan->pdata[1];
    g_assert_cmpstr(first->command, ==, "netdev_add");
    g_assert_cmpstr(first->undo, ==, "netdev_del");
    g_assert_cmpstr(second->id, ==, "net1");
    g_assert_true(qemuPlugIsDevice(second) && !qemuPlugIsDevice(first));
    g_assert_null(qemuPlugPlan(&more, &old, &error));
    g_assert_nonnull(strstr(error->message, "-fsdev"));
    g_autoptr(GPtrArray) ids = qemuPlugDeviceIds(&now);
    g_assert_cmpuint(ids->len, ==, 2);
    qemuCommandClear(&old);
    qemuCommandClear(&now);
    qemuCommandClear(&more);
}

static void testChardevs(void)
{
    static const struct { const char *option, *qmp; } all[] = {
        { "pty,id=charx", "{\"id\":\"charx\",\"backend\":{\"type\":\"pty\",\"data\":{}}}" },
        { "file,id=c,path=/a,,b,append=on", "{\"id\":\"c\",\"backend\":{\"type\":\"file\",\"data\":{\"out\":\"/a,b\",\"append\":true}}}" },
        { "serial,id=c,path=/dev/ttyS0", "{\"id\":\"c\",\"backend\":{\"type\":\"serial\",\"data\":{\"device\":\"/dev/ttyS0\"}}}" },
        { "socket,id=c,host=h,port=1,telnet=on", "{\"id\":\"c\",\"backend\":{\"type\":\"socket\",\"data\":{\"addr\":{\"type\":\"inet\",\"data\":{\"host\":\"h\","
          "\"port\":\"1\"}},\"server\":false,\"telnet\":true}}}" },
        { "socket,id=c,path=/s,reconnect=5", "{\"id\":\"c\",\"backend\":{\"type\":\"socket\",\"data\":{\"addr\":{\"type\":\"unix\",\"data\":{\"path\":\"/s\"}},"
          "\"server\":false,\"reconnect\":5}}}" },
        { "spicevmc,id=c,name=vdagent,logfile=/l,logappend=off", "{\"id\":\"c\",\"backend\":{\"type\":\"spicevmc\",\"data\":{\"type\":\"vdagent\",\"logfile\":\"/l\","
          "\"logappend\":false}}}" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(JsonNode) node = qemuChardevArgs(all[i].option, &error);
        g_assert_no_error(error);
        g_autofree char *text = json_to_string(node, FALSE);
        g_assert_cmpstr(text, ==, all[i].qmp);
    }
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
    g_test_add_func("/qemu/plug/plan", testPlan);
    g_test_add_func("/qemu/plug/chardevs", testChardevs);
    static const char *const names[] = { "minimal", "kernel", "disks", "nets", "hostdevs", "characters", "screens", "misc", "cpu", "host-model", "firmware" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *test = g_strconcat("/qemu/argv/", names[i], NULL);
        g_test_add_data_func(test, names[i], testGolden);
    }
    int r = g_test_run();
    qemuCapsUnref(caps);
    return r;
}
