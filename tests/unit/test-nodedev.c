/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices of the host over a mock: a machine that was recorded, devices that come and go, floods of events, mdevctl as it should be
 * and as it should not. The mock stands in for /sys and for udev's socket.
 */
#include "base/error.h"
#include "base/util.h"
#include "drivers/nodedev/mdevctl.h"
#include "drivers/nodedev/nodedev.h"
#include "host/hwnames.h"
#include <glib/gstdio.h>
#include <string.h>
#include <umockdev.h>
#include <unistd.h>

enum { WAIT_MS = 20000 };

virNodeStore *virNodeDevices;
virNodeUdev *virNodeWatcher;
static UMockdevTestbed *bed;
static gint notified;

void virNodeMdevLater(void)
{
    g_atomic_int_inc(&notified);
}

bool virNodeBegin(GError **error)
{
    return true;
}

virNodeEntry *virNodeFind(const char *name, GError **error)
{
    g_autoptr(virNodeList) list = virNodeStoreGet(virNodeDevices);
    virNodeEntry *entry = virNodeListFind(list, name);
    if (!entry)
        virErrorSet(error, VIR_FROM_NODEDEV, VIR_ERR_NO_NODE_DEVICE, "%s", name);
    return entry;
}

typedef struct { const char *name; bool live; guint count; } Wanted;

static bool fits(virNodeList *list, gpointer data)
{
    const Wanted *wanted = data;
    g_autoptr(virNodeEntry) entry = wanted->name ? virNodeListFind(list, wanted->name) : NULL;
    return wanted->name ? (entry && entry->path) == wanted->live : list->n == wanted->count;
}

bool virNodeAwait(const char *name, bool live, int timeout_ms)
{
    Wanted wanted = { name, live, 0 };
    return virNodeStoreWait(virNodeDevices, fits, &wanted, timeout_ms);
}

static bool awaitCount(guint n)
{
    Wanted wanted = { NULL, false, n };
    return virNodeStoreWait(virNodeDevices, fits, &wanted, WAIT_MS);
}

static void note(gpointer data)
{
    g_atomic_int_inc(&notified);
}

/* A file of the recorded devices, their description, or neither; the mock can send but a few events before they are read. */
static void begin(const char *recording, const char *described)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *root = NULL;
    bed = umockdev_testbed_new();
    if (recording) {
        g_autofree char *path = g_build_filename(g_getenv("VIR_TEST_GOLDEN"), recording, NULL);
        umockdev_testbed_add_from_file(bed, path, &error);
        g_assert_no_error(error);
    }
    if (described)
        umockdev_testbed_add_from_string(bed, described, &error);
    g_assert_no_error(error);
    root = umockdev_testbed_get_root_dir(bed);
    g_autofree char *run = g_build_filename(root, "run", "udev", NULL), *control = g_build_filename(run, "control", NULL);
    g_assert_cmpint(g_mkdir_with_parents(run, 0755), ==, 0);        /* udev runs */
    g_assert_true(g_file_set_contents(control, "", 0, NULL));
    virNodeDevices = virNodeStoreNew();
    virNodeWatcher = virNodeUdevNew(virNodeDevices, "/nonexistent/mdevctl.d", note, NULL, &error);
    g_assert_no_error(error);
    virNodeUdevStart(virNodeWatcher);
    g_assert_true(virNodeUdevWait(virNodeWatcher, WAIT_MS));
}

static void end(void)
{
    g_clear_pointer(&virNodeWatcher, virNodeUdevFree);
    g_clear_pointer(&virNodeDevices, virNodeStoreFree);
    g_clear_object(&bed);
}

/* ---- a recorded machine ---- */

static void testMachine(void)
{
    begin("guest.umockdev", NULL);
    g_autoptr(virNodeList) list = virNodeStoreGet(virNodeDevices);
    g_autoptr(GString) all = g_string_new(NULL);
    for (guint i = 0; i < list->n; i++) {
        g_autoptr(virNodeDeviceDef) def = virNodeUdevDescribe(list->v[i]);
        g_autofree char *xml = virNodeDeviceDefFormat(def, 0);
        g_string_append(all, xml);
    }
    g_autofree char *path = g_build_filename(g_getenv("VIR_TEST_GOLDEN"), "guest.xml", NULL), *want = NULL;
    if (g_getenv("VIR_TEST_REGENERATE"))
        g_file_set_contents(path, all->str, -1, NULL);
    g_assert_true(g_file_get_contents(path, &want, NULL, NULL));
    g_assert_cmpstr(all->str, ==, want);
    end();
}

static void testFlags(void)
{
    begin("guest.umockdev", NULL);
    static const struct { unsigned int flags; guint n; } cases[] = {
        { VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM, 1 }, { VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE, 4 },
        { VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET, 1 }, { VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES, 1 },
        { VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET | VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM, 2 },
        { VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET | VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE, 0 },
        { VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET | VIR_CONNECT_LIST_NODE_DEVICES_TRANSIENT | VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE, 1 },
        { VIR_CONNECT_LIST_NODE_DEVICES_PERSISTENT, 1 }, { VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_CARD, 0 },
    };
    g_autoptr(virNodeList) list = virNodeStoreGet(virNodeDevices);
    for (gsize c = 0; c < G_N_ELEMENTS(cases); c++) {
        guint n = 0;
        for (guint i = 0; i < list->n; i++)
            n += virNodeEntryPasses(list->v[i], cases[c].flags);
        g_assert_cmpuint(n, ==, cases[c].n);
    }
    end();
}

/* ---- hardware that no emulator has ---- */

static const char mainframe[] =
    "P: /devices/css0/0.0.fffe\nE: SUBSYSTEM=css\nE: DRIVER=vfio_ccw\nA: dev_busid=0.0.0815\\n\n"
    "A: mdev_supported_types/vfio_ccw-io/name=I/O subchannel (Non-QDIO)\\n\nA: mdev_supported_types/vfio_ccw-io/device_api=vfio-ccw\\n\n"
    "A: mdev_supported_types/vfio_ccw-io/available_instances=1\\n\nL: driver=../../../bus/css/drivers/vfio_ccw\n\n"
    "P: /devices/css0/0.0.0001\nE: SUBSYSTEM=css\nE: DRIVER=io_subchannel\nL: driver=../../../bus/css/drivers/io_subchannel\n\n"
    "P: /devices/css0/0.0.0001/0.0.10ff\nE: SUBSYSTEM=ccw\n\n"
    "P: /devices/css0/0.0.0002/0.0.0bd0\nE: SUBSYSTEM=ccw\nA: online=0\\n\nL: group_device=../../../qeth/0.0.0bd0\n\n"
    "P: /devices/css0/0.0.0003/0.0.0bd1\nE: SUBSYSTEM=ccw\nA: online=1\\n\nL: group_device=../../../qeth/0.0.0bd0\n\n"
    "P: /devices/qeth/0.0.0bd0\nE: SUBSYSTEM=ccwgroup\nE: DRIVER=qeth\nL: driver=../../../bus/ccwgroup/drivers/qeth\n"
    "A: online=1\\n\nA: card_type=OSD_10GIG\\n\nA: chpid=6c\\n\n"
    "L: cdev0=../../css0/0.0.0002/0.0.0bd0\nL: cdev1=../../css0/0.0.0003/0.0.0bd1\n\n"
    "P: /devices/ap/card00\nE: SUBSYSTEM=ap\nE: DEVTYPE=ap_card\n\n"
    "P: /devices/ap/card00/00.0023\nE: SUBSYSTEM=ap\nE: DEVTYPE=ap_queue\n\n"
    "P: /devices/vfio_ap/matrix\nE: SUBSYSTEM=matrix\n\n"
    "P: /devices/pci0000:00/0000:00:03.0\nE: SUBSYSTEM=pci\nA: class=0x010000\\n\nA: vendor=0x1077\\n\nA: device=0x2532\\n\n\n"
    "P: /devices/pci0000:00/0000:00:03.0/host5\nE: SUBSYSTEM=scsi\nE: DEVTYPE=scsi_host\n"
    "A: fc_host/host5/node_name=0x20000000c9831b4b\\n\nA: fc_host/host5/port_name=0x10000000c9831b4b\\n\n"
    "A: fc_host/host5/fabric_name=0x2002000573de9a81\\n\nA: fc_host/host5/vport_create=\nA: fc_host/host5/max_npiv_vports=127\\n\n"
    "A: fc_host/host5/npiv_vports_inuse=2\\n\nA: scsi_host/host5/unique_id=4\\n\n\n"
    "P: /devices/pci0000:00/0000:00:03.0/host5/rport-5:0-3\nE: SUBSYSTEM=\n"
    "A: fc_remote_ports/rport-5:0-3/port_name=0x9d73bc45f0e21a86\\n\n\n"
    "P: /devices/pci0000:00/0000:00:03.0/host5/rport-5:0-3/target5:0:0\nE: SUBSYSTEM=scsi\nE: DEVTYPE=scsi_target\n\n"
    "P: /devices/pci0000:00/0000:00:03.0/vdpa0\nE: SUBSYSTEM=vdpa\n\n";

static const struct { const char *name, *parent, *holds; } rare[] = {
    { "css_0_0_fffe", "computer", "<channel_dev_addr>" }, { "css_0_0_fffe", "computer", "<type id='vfio_ccw-io'>" },
    { "css_0_0_0001", "computer", "<devno>0x0001</devno>" }, { "ccw_0_0_10ff", "css_0_0_0001", "<devno>0x10ff</devno>" },
    { "ap_card00", "computer", "<ap-adapter>0x00</ap-adapter>" }, { "ap_00_0023", "ap_card00", "<ap-domain>0x0023</ap-domain>" },
    { "ap_matrix", "computer", "<capability type='ap_matrix'>" }, { "scsi_host5", "pci_0000_00_03_0", "<wwnn>20000000c9831b4b</wwnn>" },
    { "scsi_host5", "pci_0000_00_03_0", "<fabric_wwn>2002000573de9a81</fabric_wwn>" },
    { "scsi_host5", "pci_0000_00_03_0", "<max_vports>127</max_vports>" }, { "scsi_host5", "pci_0000_00_03_0", "<unique_id>4</unique_id>" },
    { "scsi_target5_0_0", "scsi_host5", "<rport>rport-5:0-3</rport>" }, { "scsi_target5_0_0", "scsi_host5", "<wwpn>9d73bc45f0e21a86</wwpn>" },
    { "ccw_0_0_0bd0", "computer", "<capability type='ccwgroup_member'>\n      <group_device>ccwgroup_0_0_0bd0</group_device>" },
    { "ccw_0_0_0bd1", "computer", "<state>online</state>\n    <cssid>0x0</cssid>" },
    { "ccwgroup_0_0_0bd0", "computer", "<ccw_device ref='cdev1'>ccw_0_0_0bd1</ccw_device>" },
    { "ccwgroup_0_0_0bd0", "computer", "<capability type='qeth'>\n      <card_type>OSD_10GIG</card_type>\n      <chpid>6c</chpid>" },
    { "vdpa_vdpa0", "pci_0000_00_03_0", "<capability type='vdpa'>" },
};

static void testRare(void)
{
    begin(NULL, mainframe);
    g_autoptr(GError) error = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(rare); i++) {
        g_autoptr(virNodeEntry) entry = virNodeFind(rare[i].name, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(entry->parent, ==, rare[i].parent);
        g_autoptr(virNodeDeviceDef) def = virNodeUdevDescribe(entry);
        g_autofree char *xml = virNodeDeviceDefFormat(def, 0);
        if (!strstr(xml, rare[i].holds))
            g_error("no %s in %s", rare[i].holds, xml);
    }
    end();
}

/* ---- coming and going ---- */

static char *addDisk(guint i)
{
    g_autofree char *text = g_strdup_printf("P: /devices/virtual/block/sd%u\nN: sd%u\nE: SUBSYSTEM=block\nE: DEVTYPE=disk\nE: DEVNAME=/dev/sd%u\n"
                                            "A: size=%u\\n\n", i, i, i, 8 + i);
    g_autoptr(GError) error = NULL;
    umockdev_testbed_add_from_string(bed, text, &error);
    g_assert_no_error(error);
    return g_strdup_printf("/sys/devices/virtual/block/sd%u", i);
}

static void testHotplug(void)
{
    begin(NULL, NULL);
    g_autofree char *path = addDisk(1);
    umockdev_testbed_uevent(bed, path, "add");
    g_assert_true(virNodeAwait("block_sd1", true, WAIT_MS));
    umockdev_testbed_set_attribute(bed, path, "size", "4096");
    umockdev_testbed_uevent(bed, path, "change");
    for (int i = 0; i < WAIT_MS / 10; i++) {
        g_autoptr(virNodeEntry) entry = virNodeFind("block_sd1", NULL);
        g_autoptr(virNodeDeviceDef) def = virNodeUdevDescribe(entry);
        if (def->caps.v[0]->size == 4096 * 512)
            break;
        g_assert_cmpint(i, <, WAIT_MS / 10 - 1);
        g_usleep(10000);
    }
    /* One that is known only for as long as it takes to look at it. */
    umockdev_testbed_remove_device(bed, path);
    virNodeUdevTouch(virNodeWatcher, path);
    g_assert_true(virNodeAwait("block_sd1", false, WAIT_MS));
    end();
}

/* By hand, so that the mock sends no event. */
static char *addChannel(guint i)
{
    g_autofree char *root = umockdev_testbed_get_root_dir(bed);
    g_autofree char *dir = g_strdup_printf("%s/sys/devices/css0/0.0.%04x", root, i);
    g_autofree char *uevent = g_strconcat(dir, "/uevent", NULL), *subsystem = g_strconcat(dir, "/subsystem", NULL);
    g_autofree char *bus = g_strconcat(root, "/sys/bus/ccw/devices", NULL), *link = g_strdup_printf("%s/0.0.%04x", bus, i);
    g_autofree char *target = g_strdup_printf("../../../devices/css0/0.0.%04x", i);
    g_assert_cmpint(g_mkdir_with_parents(bus, 0755), ==, 0);
    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_assert_true(g_file_set_contents(uevent, "", 0, NULL));
    g_assert_cmpint(symlink("../../../bus/ccw", subsystem), ==, 0);
    g_assert_cmpint(symlink(target, link), ==, 0);
    return g_strdup_printf("/sys/devices/css0/0.0.%04x", i);
}

static void removeChannel(guint i)
{
    g_autofree char *root = umockdev_testbed_get_root_dir(bed);
    g_autofree char *dir = g_strdup_printf("%s/sys/devices/css0/0.0.%04x", root, i);
    g_autofree char *uevent = g_strconcat(dir, "/uevent", NULL), *subsystem = g_strconcat(dir, "/subsystem", NULL);
    g_autofree char *link = g_strdup_printf("%s/sys/bus/ccw/devices/0.0.%04x", root, i);
    g_assert_cmpint(g_unlink(link), ==, 0);
    g_assert_cmpint(g_unlink(subsystem), ==, 0);
    g_assert_cmpint(g_unlink(uevent), ==, 0);
    g_assert_cmpint(g_rmdir(dir), ==, 0);
}

/* The list a reader holds does not change under it, whatever happens; after the flood all is as sysfs says. */
static void testFlood(void)
{
    enum { N = 200, ROUNDS = 5 };
    begin(NULL, NULL);
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < N; i++)
        g_ptr_array_add(paths, addChannel(i));
    for (guint round = 0; round < ROUNDS; round++) {
        g_autoptr(virNodeList) before = virNodeStoreGet(virNodeDevices);
        guint n = before->n;
        for (guint i = 0; i < N; i++) {
            removeChannel(i);
            virNodeUdevTouch(virNodeWatcher, paths->pdata[i]);
            g_free(addChannel(i));
            for (guint again = 0; again < 50; again++)
                virNodeUdevTouch(virNodeWatcher, paths->pdata[i]);
        }
        g_assert_cmpuint(before->n, ==, n);
        for (guint i = 0; i < n; i++)
            g_assert_nonnull(before->v[i]->path);
    }
    g_assert_true(awaitCount(N + 1));
    /* Events that nobody heard. */
    for (guint i = 0; i < N / 2; i++)
        removeChannel(i);
    virNodeUdevRescan(virNodeWatcher);
    g_assert_true(awaitCount(N - N / 2 + 1));
    g_ptr_array_unref(paths);
    end();
}

/* What cannot be read: a folder where a file should be, for root may read any file. */
static void spoil(const char *attribute, bool spoilt)
{
    g_autofree char *root = umockdev_testbed_get_root_dir(bed);
    g_autofree char *path = g_strconcat(root, "/sys/devices/pci0000:00/0000:00:05.0/", attribute, NULL);
    if (spoilt) {
        g_unlink(path);
        g_assert_cmpint(g_mkdir(path, 0755), ==, 0);
    } else {
        g_assert_cmpint(g_rmdir(path), ==, 0);
        g_assert_true(g_file_set_contents(path, "0x8086\n", -1, NULL));
    }
}

/* A device that cannot be read does not keep others from the list, and comes without an event when it can. */
static void testUnreadable(void)
{
    static const char path[] = "/sys/devices/pci0000:00/0000:00:05.0", name[] = "pci_0000_00_05_0";
    begin(NULL, "P: /devices/pci0000:00/0000:00:05.0\nE: SUBSYSTEM=pci\nA: class=0x020000\\n\nA: device=0x100e\\n\nA: vendor=0x8086\\n\n\n"
                "P: /devices/pci0000:00/0000:00:06.0\nE: SUBSYSTEM=pci\nA: class=0x020000\\n\nA: device=0x100e\\n\nA: vendor=0x8086\\n\n\n");
    g_assert_true(virNodeAwait(name, true, 0));
    spoil("vendor", true);
    virNodeUdevTouch(virNodeWatcher, path);
    virNodeUdevRescan(virNodeWatcher);
    g_usleep(50000);
    g_assert_true(virNodeAwait(name, true, 0));             /* it is still there */
    spoil("vendor", false);
    end();
    begin(NULL, "P: /devices/pci0000:00/0000:00:05.0\nE: SUBSYSTEM=pci\nA: class=0x020000\\n\nA: device=0x100e\\n\nA: vendor/x=1\n\n"
                "P: /devices/pci0000:00/0000:00:06.0\nE: SUBSYSTEM=pci\nA: class=0x020000\\n\nA: device=0x100e\\n\nA: vendor=0x8086\\n\n\n");
    g_assert_true(virNodeAwait("pci_0000_00_06_0", true, 0));
    g_assert_true(virNodeAwait(name, false, 0));
    g_autofree char *root = umockdev_testbed_get_root_dir(bed), *file = g_strconcat(root, path, "/vendor/x", NULL);
    g_assert_cmpint(g_unlink(file), ==, 0);
    spoil("vendor", false);
    g_assert_true(virNodeAwait(name, true, WAIT_MS));
    end();
}

/* ---- mdevctl ---- */

static const char defined[] =
    "[{\"0000:00:02.0\":[{\"200f228a-c80a-4d50-bfb7-f5a0e4e34045\":{\"mdev_type\":\"i915-GVTg_V5_4\",\"start\":\"manual\"}},"
    "{\"de807ffc-1923-4d5f-b6c9-b20ecebc6d4b\":{\"mdev_type\":\"i915-GVTg_V5_8\",\"start\":\"auto\",\"attrs\":[{\"testattr\":\"42\"},"
    "{\"second\":\"x\"}]}}]},{\"matrix\":[{\"783e6dbb-ea0e-411f-94e2-717eaad438bf\":{\"mdev_type\":\"vfio_ap-passthrough\",\"start\":\"manual\"}}]}]";

static void testParse(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) devices = virMdevctlParse(defined, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(devices->len, ==, 3);
    const virMdevctlDevice *second = devices->pdata[1], *third = devices->pdata[2];
    g_assert_cmpstr(second->def->name, ==, "mdev_de807ffc_1923_4d5f_b6c9_b20ecebc6d4b_0000_00_02_0");
    g_assert_true(second->autostart);
    g_assert_cmpuint(second->def->caps.v[0]->attrs.n, ==, 2);
    g_assert_cmpstr(second->def->caps.v[0]->attrs.v[1]->name, ==, "second");
    g_assert_cmpstr(third->parent, ==, "matrix");
    g_assert_false(third->autostart);
    g_autofree char *json = virMdevctlJson(second->def->caps.v[0], true);
    g_assert_cmpstr(json, ==, "{\"mdev_type\":\"i915-GVTg_V5_8\",\"start\":\"auto\",\"attrs\":[{\"testattr\":\"42\"},{\"second\":\"x\"}]}");
    static const char *const bad[] = {
        "oops", "{", "{}", "[1]", "[{\"p\":1}]", "[{\"p\":[1]}]", "[{\"p\":[{}]}]", "[{\"p\":[{\"u\":{\"mdev_type\":\"t\"}}]}]",
        "[{\"p\":[{\"200f228a-c80a-4d50-bfb7-f5a0e4e34045\":{}}]}]", "[{\"p\":[{\"200f228a-c80a-4d50-bfb7-f5a0e4e34045\":7}]}]",
        "[{\"p\":[{\"200f228a-c80a-4d50-bfb7-f5a0e4e34045\":{\"mdev_type\":\"t\",\"attrs\":{}}}]}]",
        "[{\"p\":[{\"200f228a-c80a-4d50-bfb7-f5a0e4e34045\":{\"mdev_type\":\"t\",\"attrs\":[{\"a\":1}]}}]}]",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_null(virMdevctlParse(bad[i], &error));
        g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_INTERNAL_ERROR);
        g_clear_error(&error);
    }
}

/* A program of that name first in PATH. */
static char *fakeMdevctl(const char *script)
{
    g_autoptr(GError) error = NULL;
    char *dir = g_dir_make_tmp("nodedev-XXXXXX", &error);
    g_autofree char *path = g_build_filename(dir, "mdevctl", NULL), *text = g_strdup_printf("#!/bin/sh\ncd '%s'\n%s\n", dir, script);
    g_autofree char *all = g_strconcat(dir, ":/usr/bin:/bin", NULL);
    g_assert_true(g_file_set_contents(path, text, -1, &error));
    g_chmod(path, 0755);
    g_setenv("PATH", all, TRUE);
    return dir;
}

static void removeFake(char *dir)
{
    static const char *const files[] = { "mdevctl", "args", "json" };
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(dir, files[i], NULL);
        g_unlink(path);
    }
    g_rmdir(dir);
    g_free(dir);
}

static char *contents(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void testCommands(void)
{
    g_autoptr(GError) error = NULL;
    unsigned char uuid[16];
    virNodeMdevAttr attr = { (char *)"example-attribute", (char *)"attribute-value" }, *attrs[] = { &attr };
    virNodeCap cap = { .type = VIR_NODE_CAP_MDEV, .mdevType = (char *)"i915-GVTg_V5_8" };
    cap.attrs.v = attrs;
    cap.attrs.n = 1;
    char *dir = fakeMdevctl("echo \"$@\" > args; cat /dev/stdin > json; echo d76a6b78-45ed-4149-a325-005f9abc5281");
    g_assert_true(virMdevctlDefine(&cap, "0000:00:02.0", uuid, &error));
    g_autofree char *args = contents(dir, "args"), *json = contents(dir, "json");
    g_assert_cmpstr(args, ==, "define --parent=0000:00:02.0 --jsonfile=/dev/stdin\n");
    g_assert_cmpstr(json, ==, "{\"mdev_type\":\"i915-GVTg_V5_8\",\"start\":\"manual\",\"attrs\":[{\"example-attribute\":\"attribute-value\"}]}");
    g_assert_cmpint(uuid[0], ==, 0xd7);
    removeFake(dir);
    dir = fakeMdevctl("echo 'Error: no such thing' >&2; exit 3");
    memcpy(cap.uuid, uuid, 16);
    g_assert_false(virMdevctlStop(&cap, &error));
    g_assert_nonnull(strstr(error->message, "Unable to stop mediated device: Error: no such thing"));
    g_clear_error(&error);
    removeFake(dir);
    dir = fakeMdevctl("yes | head -c 9000000");          /* more than anybody listens to: it ends, and what came is no list */
    g_assert_null(virMdevctlList(&error));
    g_assert_nonnull(error);
    g_clear_error(&error);
    removeFake(dir);
}

/* udev and mdevctl each know a part of one device. */
static void testMerge(void)
{
    static const char script[] = "test -e gone && echo '[]' || echo '[{\"mtty\":[{\"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001\":"
                                 "{\"mdev_type\":\"mtty-2\",\"start\":\"auto\",\"attrs\":[{\"a\":\"1\"}]}}]}]'";
    static const char *const name = "mdev_83b8f4f2_509f_382f_3c1e_e6bfe0fa1001_mtty";
    static const char path[] = "/sys/devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
    g_autoptr(GError) error = NULL;
    begin("guest.umockdev", NULL);
    char *dir = fakeMdevctl(script);
    g_assert_true(virNodeMdevRefresh(&error));
    g_autoptr(virNodeEntry) only = virNodeFind(name, &error);
    g_assert_no_error(error);
    g_assert_true(!only->live && only->config && only->autostart);
    g_assert_cmpstr(only->config->parent, ==, "mtty_mtty");
    umockdev_testbed_add_from_string(bed, "P: /devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001\nE: SUBSYSTEM=mdev\n"
                                     "L: mdev_type=../mdev_supported_types/mtty-2\nL: iommu_group=../../../../../kernel/iommu_groups/7\n", &error);
    g_assert_no_error(error);
    umockdev_testbed_uevent(bed, path, "add");
    g_assert_true(virNodeAwait(name, true, WAIT_MS));
    g_assert_true(virNodeMdevRefresh(&error));
    g_autoptr(virNodeEntry) both = virNodeFind(name, &error);
    g_assert_true(both->live && both->config && both->autostart);
    g_assert_cmpuint(both->live->caps.v[0]->iommuGroup, ==, 7);
    g_assert_cmpstr(both->live->caps.v[0]->attrs.v[0]->value, ==, "1");
    g_autofree char *mark = g_build_filename(dir, "gone", NULL);
    g_assert_true(g_file_set_contents(mark, "", 0, NULL));
    g_assert_true(virNodeMdevRefresh(&error));
    g_autoptr(virNodeEntry) live = virNodeFind(name, &error);
    g_assert_true(live->live && !live->config && !live->autostart);
    g_assert_cmpuint(live->live->caps.v[0]->attrs.n, ==, 1);
    g_unlink(mark);
    g_assert_true(virNodeMdevRefresh(&error));
    umockdev_testbed_remove_device(bed, path);
    virNodeUdevTouch(virNodeWatcher, path);
    g_assert_true(virNodeAwait(name, false, WAIT_MS));
    g_autoptr(virNodeEntry) again = virNodeFind(name, &error);
    g_assert_true(again && again->config);
    removeFake(dir);
    end();
}

static guint descriptors(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    guint n = 0;
    while (g_dir_read_name(dir))
        n++;
    return n;
}

#define ONE "[{\"mtty\":[{\"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001\":{\"mdev_type\":\"mtty-2\",\"start\":\"auto\"}}]}]"
static const char oneName[] = "mdev_83b8f4f2_509f_382f_3c1e_e6bfe0fa1001_mtty";

/* It fails in every way; what was known stays, nothing is left behind, and its next good word counts. */
static void testFaults(void)
{
    static const struct { const char *script, *says; int code; } faults[] = {
        { "echo 'Error: locked' >&2; exit 1", "Unable to query mediated devices: Error: locked", VIR_ERR_INTERNAL_ERROR },
        { "exit 7", "Unable to query mediated devices: mdevctl", VIR_ERR_INTERNAL_ERROR },
        { "kill -SEGV $$", "Unable to query mediated devices: mdevctl", VIR_ERR_INTERNAL_ERROR },
        { "echo '[{'", "not understood", VIR_ERR_INTERNAL_ERROR },
        { "echo '[{\"mtty\": 3}]'", "not understood", VIR_ERR_INTERNAL_ERROR },
        { "head -c 100000 /dev/urandom", "not understood", VIR_ERR_INTERNAL_ERROR },
        { "sleep 1000 & echo $! > args; wait", "has not come to an end", VIR_ERR_OPERATION_TIMEOUT },
    };
    begin("guest.umockdev", NULL);
    char *dir = fakeMdevctl("echo '" ONE "'");
    g_autoptr(GError) error = NULL;
    g_assert_true(virNodeMdevRefresh(&error));
    removeFake(dir);
    guint before = descriptors();
    for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
        dir = fakeMdevctl(faults[i].script);
        virMdevctlSetDeadline(faults[i].code == VIR_ERR_OPERATION_TIMEOUT ? 500 : WAIT_MS);
        g_assert_false(virNodeMdevRefresh(&error));
        g_assert_cmpint(virErrorCode(error), ==, faults[i].code);
        if (!strstr(error->message, faults[i].says))
            g_error("%s: %s", faults[i].script, error->message);
        g_clear_error(&error);
        g_autoptr(virNodeEntry) kept = virNodeFind(oneName, &error);
        g_assert_true(kept && kept->config && kept->autostart);
        if (faults[i].code == VIR_ERR_OPERATION_TIMEOUT) {
            g_autofree char *pid = contents(dir, "args"), *proc = g_strdup_printf("/proc/%s/cmdline", g_strstrip(pid)), *line = NULL;
            for (int wait = 0; g_file_get_contents(proc, &line, NULL, NULL) && *line; wait++) {     /* what it had started went with it */
                g_clear_pointer(&line, g_free);
                g_assert_cmpint(wait, <, WAIT_MS / 10);
                g_usleep(10000);
            }
        }
        removeFake(dir);
    }
    virMdevctlSetDeadline(WAIT_MS);
    for (int wait = 0; descriptors() > before; wait++) {        /* the reader may just be at work */
        g_assert_cmpint(wait, <, WAIT_MS / 10);
        g_usleep(10000);
    }
    dir = fakeMdevctl("echo '[]'");
    g_assert_true(virNodeMdevRefresh(&error));
    g_assert_null(virNodeFind(oneName, NULL));
    removeFake(dir);
    end();
}

static gpointer refresh(gpointer unused)
{
    return GINT_TO_POINTER(virNodeMdevRefresh(NULL));
}

/* Two ask; who asked first is answered last, with what was so then. */
static void testOldAnswer(void)
{
    begin("guest.umockdev", NULL);
    char *dir = fakeMdevctl("if mkdir first 2>/dev/null; then sleep 1; echo '[]'; else echo '" ONE "'; fi");
    g_autofree char *first = g_build_filename(dir, "first", NULL);
    GThread *slow = g_thread_new("slow", refresh, NULL);
    while (!g_file_test(first, G_FILE_TEST_EXISTS))
        g_usleep(10000);
    g_assert_true(virNodeMdevRefresh(NULL));
    g_autoptr(virNodeEntry) entry = virNodeFind(oneName, NULL);
    g_assert_nonnull(entry);
    g_assert_true(GPOINTER_TO_INT(g_thread_join(slow)));
    g_autoptr(virNodeEntry) still = virNodeFind(oneName, NULL);
    g_assert_nonnull(still);
    g_rmdir(first);
    removeFake(dir);
    end();
}

/* ---- names of hardware ---- */

static void testNames(void)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("pci-XXXXXX.ids", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    close(fd);
    g_assert_true(g_file_set_contents(path, "# names\n0001  First\n\t0010  Ten\n\t\t0001 0002  Board\n# remark\n\t0011  Eleven \n"
                                      "8086  Maker\n\t1502  Card\nC 01  Storage\n\t0010  Not a product\n", -1, NULL));
    virHostPCINamesFrom(path);
    g_autofree char *maker = virHostPCIVendorName(0x8086), *card = virHostPCIProductName(0x8086, 0x1502), *eleven = virHostPCIProductName(1, 0x11);
    g_assert_cmpstr(maker, ==, "Maker");
    g_assert_cmpstr(card, ==, "Card");
    g_assert_cmpstr(eleven, ==, "Eleven");
    g_assert_null(virHostPCIProductName(1, 0x1502));
    g_assert_null(virHostPCIProductName(0x8086, 0x10));
    g_assert_null(virHostPCIVendorName(2));
    g_unlink(path);
    virHostPCINamesFrom("/nonexistent");
    g_assert_null(virHostPCIVendorName(0x8086));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    const char *preload = g_getenv("LD_PRELOAD");
    if (!preload || !strstr(preload, "umockdev"))
        return 77;
    g_test_add_func("/nodedev/names", testNames);
    virHostPCINamesFrom("/nonexistent");
    g_test_add_func("/nodedev/machine", testMachine);
    g_test_add_func("/nodedev/flags", testFlags);
    g_test_add_func("/nodedev/rare", testRare);
    g_test_add_func("/nodedev/hotplug", testHotplug);
    g_test_add_func("/nodedev/flood", testFlood);
    g_test_add_func("/nodedev/unreadable", testUnreadable);
    g_test_add_func("/nodedev/faults", testFaults);
    g_test_add_func("/nodedev/old-answer", testOldAnswer);
    g_test_add_func("/nodedev/parse", testParse);
    g_test_add_func("/nodedev/commands", testCommands);
    g_test_add_func("/nodedev/merge", testMerge);
    return g_test_run();
}
