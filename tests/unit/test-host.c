/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes behind pidfds, and the readers of /proc and /sys against a fixture tree. */
#include "host/hugetlb.h"
#include "host/pci.h"
#include "host/cpu.h"
#include "host/proc.h"
#include "host/process.h"
#include "host/resctrl.h"
#include "host/smbios.h"
#include "base/error.h"
#include "base/util.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void testRun(void)
{
    g_autofree char *out = NULL;
    g_autoptr(GError) error = NULL;
    const char *good[] = { "/bin/sh", "-c", "echo hello; ls -l /proc/self/fd | wc -l", NULL };
    g_assert_true(virProcessRun(good, 10000, &out, &error));
    g_assert_true(g_str_has_prefix(out, "hello\n"));
    const char *bad[] = { "/bin/sh", "-c", "echo why >&2; exit 3", NULL };
    g_assert_false(virProcessRun(bad, 10000, NULL, &error));
    g_assert_nonnull(strstr(error->message, "exited with status 3: why"));
    g_clear_error(&error);
    const char *none[] = { "/nonexistent/x", NULL };
    g_assert_false(virProcessRun(none, 10000, NULL, &error));
    g_assert_nonnull(strstr(error->message, "No such file"));
    g_clear_error(&error);
    const char *slow[] = { "/bin/sleep", "60", NULL };
    g_assert_false(virProcessRun(slow, 20, NULL, &error));
    g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_OPERATION_TIMEOUT);
}

static void testDescriptors(void)
{
    int in[2], leak = open("/dev/null", O_RDONLY);      /* without O_CLOEXEC: the child must not get it */
    g_assert_cmpint(pipe2(in, O_CLOEXEC), ==, 0);
    g_autofree char *script = g_strdup_printf("test -e /proc/self/fd/%d || exit 2; test -e /proc/self/fd/%d && exit 3; exit 0", in[1], leak);
    const char *argv[] = { "/bin/sh", "-c", script, NULL };
    virProcessSpec spec = { .argv = argv, .fds = &in[1], .nfds = 1, .in = -1, .out = -1, .err = -1 };
    g_autoptr(virProcess) p = virProcessSpawn(&spec, NULL);
    g_assert_nonnull(p);
    g_assert_true(virProcessWait(p, 10000));
    g_assert_cmpint(WEXITSTATUS(virProcessStatus(p)), ==, 0);
    close(in[0]), close(in[1]), close(leak);
}

static void ended(virProcess *p, gpointer data)
{
    g_atomic_int_set((gint *)data, virProcessStatus(p));
}

static void testWatchAndAdopt(void)
{
    gint status = -1;
    virProcStat stat;
    g_autoptr(GError) error = NULL;
    const char *argv[] = { "/bin/sleep", "60", NULL };
    virProcessSpec spec = { .argv = argv, .in = -1, .out = -1, .err = -1, .session = true };
    g_autoptr(virProcess) p = virProcessSpawn(&spec, &error);
    g_assert_no_error(error);
    g_assert_cmpint(getsid(virProcessPid(p)), ==, virProcessPid(p));
    g_assert_true(virProcStatRead(virHostLocal(), virProcessPid(p), 0, &stat));
    g_autoptr(virProcess) same = virProcessAdopt(virHostLocal(), virProcessPid(p), stat.start, &error);
    g_assert_no_error(error);
    g_assert_null(virProcessAdopt(virHostLocal(), virProcessPid(p), stat.start + 1, NULL));
    virProcessWatch(p, ended, &status, NULL);
    g_assert_false(virProcessWait(same, 0));
    g_assert_true(virProcessSignal(same, SIGKILL));
    g_assert_true(virProcessWait(same, 10000));
    for (int i = 0; i < 1000 && g_atomic_int_get(&status) == -1; i++)
        g_usleep(10000);
    g_assert_cmpint(g_atomic_int_get(&status), ==, SIGKILL);
    g_assert_false(virProcessSignal(same, 0));
}

static void fixture(const char *root, const char *path, const char *text)
{
    g_autofree char *full = g_build_filename(root, path, NULL), *dir = g_path_get_dirname(full);
    g_assert_true(virFileMakePath(dir, 0755, NULL));
    g_assert_true(virFileWriteAtomic(full, text, -1, 0644, NULL));
}

static void testTopology(void)
{
    g_autofree char *root = g_dir_make_tmp("host-XXXXXX", NULL);
    fixture(root, "proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: A CPU\nstepping\t: 7\n"
            "microcode\t: 0x5003006\ncpu MHz\t\t: 2400.123\nflags\t\t: fpu vme\naddress sizes\t: 46 bits physical, 48 bits virtual\n\nprocessor\t: 1\nmodel\t\t: 99\n");
    fixture(root, "proc/meminfo", "MemTotal:        8000 kB\nMemFree:  100 kB\nBuffers: 20 kB\nCached: 3 kB\n");
    fixture(root, "sys/devices/system/cpu/present", "0-3\n");
    for (int i = 0; i < 4; i++) {
        g_autofree char *core = g_strdup_printf("sys/devices/system/cpu/cpu%d/topology/core_id", i), *coreId = g_strdup_printf("%d\n", i / 2);
        g_autofree char *socket = g_strdup_printf("sys/devices/system/cpu/cpu%d/topology/physical_package_id", i);
        fixture(root, core, coreId);
        fixture(root, socket, "0\n");
    }
    fixture(root, "sys/devices/system/node/online", "0-1\n");
    fixture(root, "sys/devices/system/node/node0/cpulist", "0-1\n");
    fixture(root, "sys/devices/system/node/node1/cpulist", "2-3\n");
    fixture(root, "sys/devices/system/node/node1/distance", "21 10\n");
    fixture(root, "sys/devices/system/node/node1/meminfo", "Node 1 MemTotal:  4000 kB\n");
    g_autoptr(virHost) host = virHostNew(root);
    g_autoptr(virHostInfo) info = virHostInfoRead(host);
    g_assert_cmpuint(info->online, ==, 4);
    g_assert_cmpuint(info->sockets, ==, 1);
    g_assert_cmpuint(info->cores, ==, 2);
    g_assert_cmpuint(info->threads, ==, 2);
    g_assert_cmpuint(info->memory, ==, 8000);
    g_assert_cmpuint(info->model, ==, 85);
    g_assert_cmpuint(info->microcode, ==, 0x5003006);
    g_assert_cmpuint(info->physBits, ==, 46);
    g_assert_cmpstr(info->vendor, ==, "Intel");
    g_assert_cmpuint(info->nodes->len, ==, 2);
    virHostNode *node = info->nodes->pdata[1];
    g_assert_cmpuint(node->memory, ==, 4000);
    g_assert_cmpuint(g_array_index(node->distances, unsigned int, 0), ==, 21);
    unsigned long long free = 0;
    g_assert_true(virHostMemory(host, NULL, &free));
    g_assert_cmpuint(free, ==, 123);
    const char *rm[] = { "/bin/rm", "-rf", root, NULL };
    g_assert_true(virProcessRun(rm, 10000, NULL, NULL));
}

/* A configuration space whose list of capabilities is `ids`, the last one pointing to itself when `loop`. */
static void pciFixture(const char *root, const char *address, const unsigned char *ids, int n, bool loop, gsize size)
{
    g_autofree char *path = g_strdup_printf("%s/sys/bus/pci/devices/%s/config", root, address), *dir = g_path_get_dirname(path);
    char config[256] = { [6] = 0x10, [0x34] = 0x40 };
    for (int i = 0; i < n; i++) {
        config[0x40 + i * 16] = ids[i];
        config[0x41 + i * 16] = i + 1 < n ? 0x50 + i * 16 : loop ? 0x40 + i * 16 : 0;
    }
    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_assert_true(g_file_set_contents(path, config, size, NULL));
}

static void testPci(void)
{
    g_autofree char *root = g_dir_make_tmp("host-XXXXXX", NULL);
    pciFixture(root, "0000:00:02.0", (unsigned char[]){ 1, 0x10 }, 2, false, 256);
    pciFixture(root, "0000:00:03.0", (unsigned char[]){ 1, 5 }, 2, false, 256);
    pciFixture(root, "0000:00:04.0", (unsigned char[]){ 1, 5 }, 2, true, 256);
    pciFixture(root, "0000:00:05.0", (unsigned char[]){ 1, 5 }, 2, false, 64);
    g_autoptr(virHost) host = virHostNew(root);
    const int want[] = { -1, 1, 0, 0, -1 };
    for (unsigned int i = 0; i < G_N_ELEMENTS(want); i++)
        g_assert_cmpint(virHostPCIIsExpress(host, &(virHostPCIAddress){ .slot = i + 1 }), ==, want[i]);
    const char *rm[] = { "/bin/rm", "-rf", root, NULL };
    g_assert_true(virProcessRun(rm, 10000, NULL, NULL));
}

static void testHugepages(void)
{
    g_autofree char *root = g_dir_make_tmp("host-XXXXXX", NULL);
    fixture(root, "proc/meminfo", "MemTotal: 1 kB\nHugepagesize:       2048 kB\n");
    fixture(root, "proc/mounts", "hugetlbfs /dev/huge\\040pages hugetlbfs rw,relatime 0 0\nnone /mnt/1G hugetlbfs rw,pagesize=1024M 0 0\n"
                                "none /other hugetlbfs rw,pagesize=2M 0 0\nnone / ext4 rw 0 0\nshort line\n");
    g_autoptr(virHost) host = virHostNew(root);
    g_autoptr(GHashTable) mounts = virHostHugetlbMounts(host);
    g_assert_cmpuint(virHostHugepageDefault(host), ==, 2048);
    g_assert_cmpuint(g_hash_table_size(mounts), ==, 2);
    g_assert_cmpstr(g_hash_table_lookup(mounts, GUINT_TO_POINTER(2048)), ==, "/dev/huge pages");
    g_assert_cmpstr(g_hash_table_lookup(mounts, GUINT_TO_POINTER(1 << 20)), ==, "/mnt/1G");
    const char *rm[] = { "/bin/rm", "-rf", root, NULL };
    g_assert_true(virProcessRun(rm, 10000, NULL, NULL));
}

static void testResctrl(void)
{
    g_autofree char *root = g_dir_make_tmp("host-XXXXXX", NULL);
    g_autoptr(virHost) host = virHostNew(root);
    g_autoptr(virHostResctrl) none = virHostResctrlRead(host);
    g_assert_cmpuint(none->controls->len, ==, 0);
    g_assert_null(none->monitors);
    fixture(root, "sys/fs/resctrl/info/L3CODE/cbm_mask", "fffff\n");
    fixture(root, "sys/fs/resctrl/info/L3CODE/min_cbm_bits", "2\n");
    fixture(root, "sys/fs/resctrl/info/L3CODE/num_closids", "8\n");
    fixture(root, "sys/fs/resctrl/info/MB/bandwidth_gran", "10\n");
    fixture(root, "sys/fs/resctrl/info/MB/min_bandwidth", "20\n");
    fixture(root, "sys/fs/resctrl/info/L3_MON/mon_features", "llc_occupancy\nmbm_total_bytes\n");
    fixture(root, "sys/fs/resctrl/info/L3_MON/num_rmids", "64\n");
    g_autoptr(virHostResctrl) r = virHostResctrlRead(host);
    g_assert_cmpuint(r->controls->len, ==, 2);
    const virHostControl *code = r->controls->pdata[0], *bandwidth = r->controls->pdata[1];
    g_assert_cmpstr(code->type, ==, "code");
    g_assert_cmpuint(code->bits, ==, 20);
    g_assert_cmpuint(code->minBits, ==, 2);
    g_assert_cmpuint(code->groups, ==, 8);
    g_assert_cmpuint(bandwidth->level, ==, 0);
    g_assert_cmpuint(bandwidth->minimum, ==, 20);
    g_assert_cmpstr(r->monitors[1], ==, "mbm_total_bytes");
    g_assert_cmpuint(r->maxMonitors, ==, 64);
    const char *rm[] = { "/bin/rm", "-rf", root, NULL };
    g_assert_true(virProcessRun(rm, 10000, NULL, NULL));
}

static void countBios(const virHostSmbios *s, gpointer data)
{
    guint *seen = data;
    seen[0]++;
    if (s->type != 0)
        return;
    g_assert_cmpstr(virHostSmbiosString(s, 4), ==, "Maker");
    g_assert_cmpstr(virHostSmbiosString(s, 5), ==, "1.0");
    g_assert_null(virHostSmbiosString(s, 6));           /* string 9 of two */
    g_assert_null(virHostSmbiosString(s, 200));         /* beyond the structure */
    g_assert_cmpuint(virHostSmbiosNumber(s, 4, 2), ==, 0x0201);
}

static void testSmbios(void)
{
    static const char table[] = "\0\7\0\0\1\2\11Maker\0""1.0\0\0" "\1\4\1\0\0\0" "\177\4\2\0\0\0" "\2\4\3\0\0\0";
    g_autofree char *root = g_dir_make_tmp("host-XXXXXX", NULL);
    guint seen = 0;
    g_autoptr(virHost) host = virHostNew(root);
    g_assert_false(virHostSmbiosForeach(host, countBios, &seen));
    fixture(root, "sys/firmware/dmi/tables/DMI", "");
    g_autofree char *path = g_build_filename(root, "sys/firmware/dmi/tables/DMI", NULL);
    for (gsize cut = 0; cut < sizeof(table); cut++) {   /* every truncation is survived */
        g_assert_true(g_file_set_contents(path, table, cut, NULL));
        g_assert_true(virHostSmbiosForeach(host, countBios, &seen));
    }
    seen = 0;
    g_assert_true(g_file_set_contents(path, table, sizeof(table) - 1, NULL));
    g_assert_true(virHostSmbiosForeach(host, countBios, &seen));
    g_assert_cmpuint(seen, ==, 2);                      /* nothing counts behind the end of the table */
    const char *rm[] = { "/bin/rm", "-rf", root, NULL };
    g_assert_true(virProcessRun(rm, 10000, NULL, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/host/run", testRun);
    g_test_add_func("/host/descriptors", testDescriptors);
    g_test_add_func("/host/watch", testWatchAndAdopt);
    g_test_add_func("/host/topology", testTopology);
    g_test_add_func("/host/pci", testPci);
    g_test_add_func("/host/hugepages", testHugepages);
    g_test_add_func("/host/resctrl", testResctrl);
    g_test_add_func("/host/smbios", testSmbios);
    return g_test_run();
}
