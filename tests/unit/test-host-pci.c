/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read of PCI, network and mediated devices, over trees of files. */
#include "hosttree.h"
#include "host/devlink.h"
#include "host/mdev.h"
#include "host/netdev.h"
#include "host/netdev-vf.h"
#include "host/netlink-request.h"
#include "base/error.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>

#define DEVICE "bus/pci/devices/"

/* The error is there, has this code, and its message these words. */
static void said(GError **error, int code, const char *words)
{
    g_assert_nonnull(*error);
    g_assert_cmpint(virErrorCode(*error), ==, code);
    if (!strstr((*error)->message, words))
        g_error("\"%s\" is not in \"%s\"", words, (*error)->message);
    g_clear_error(error);
}

static void testAddress(void)
{
    static const struct { const char *text; bool good; const char *again; } rows[] = {
        { "0000:03:00.1", true, "0000:03:00.1" }, { "ffff:ff:1f.7", true, "ffff:ff:1f.7" }, { "10000:e1:00.0", true, "10000:e1:00.0" },
        { "0:3:0.1", true, "0000:03:00.1" }, { "0000:03:20.0", false, NULL }, { "0000:03:00.8", false, NULL },
        { "0000:100:00.0", false, NULL },
        { "03:00.0", false, NULL }, { "0000:03:00.0 ", false, NULL }, { " 0000:03:00.0", false, NULL }, { "0000:03:00", false, NULL },
        { "", false, NULL }, { "0000:0x:00.0", false, NULL }, { "123456789:00:00.0", false, NULL }, { "-1:00:00.0", false, NULL },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        virHostPCIAddress a = { 0 };
        g_assert_cmpint(virHostPCIAddressParse(rows[i].text, &a), ==, rows[i].good);
        if (!rows[i].good)
            continue;
        g_autofree char *again = virHostPCIAddressFormat(&a);
        g_assert_cmpstr(again, ==, rows[i].again);
    }
    virHostPCIAddress a = { 0, 3, 0, 1 }, b = { 0, 3, 1, 0 }, c = { 1, 0, 0, 0 };
    g_assert_cmpint(virHostPCIAddressCompare(&a, &b), <, 0);
    g_assert_cmpint(virHostPCIAddressCompare(&c, &b), >, 0);
    g_assert_true(virHostPCIAddressEqual(&a, &a));
    g_assert_cmpuint(virHostPCIAddressHash(&a), !=, virHostPCIAddressHash(&b));
}

static void testList(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) none = virHostPCIList(tree->host, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(none->len, ==, 0);
    virHostTreeDevice(tree, "pci0001:00/0001:00:00.0");
    virHostTreeDevice(tree, "pci0000:00/0000:00:1f.0");
    virHostTreeDevice(tree, "pci0000:00/0000:00:02.0");
    virHostTreeFile(tree, DEVICE "rubbish", "");
    g_autoptr(GArray) list = virHostPCIList(tree->host, &error);
    g_assert_cmpuint(list->len, ==, 3);
    g_assert_cmpuint(g_array_index(list, virHostPCIAddress, 0).slot, ==, 2);
    g_assert_cmpuint(g_array_index(list, virHostPCIAddress, 2).domain, ==, 1);
    virHostTreeRemove(tree, "bus/pci/devices");
    virHostTreeFile(tree, "bus/pci/devices", "no folder");
    g_assert_null(virHostPCIList(tree->host, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "bus/pci/devices: Not a directory");
}

/* Capabilities: power management at 0x40 with `soft`, express at 0x50 of `type`. */
static void express(const virHostTree *tree, const char *address, unsigned int type, bool flr, bool soft)
{
    virHostTreeConfig(tree, address, 0x06, (unsigned char[]){ 0x10 }, 1);
    virHostTreeConfig(tree, address, 0x34, (unsigned char[]){ 0x40 }, 1);
    virHostTreeConfig(tree, address, 0x40, (unsigned char[]){ 1, 0x50, 0, 0, soft ? 0 : 8, 0 }, 6);
    virHostTreeConfig(tree, address, 0x50, (unsigned char[]){ 0x10, 0, type << 4 | 2, 0, 0, 0, 0, flr ? 0x10 : 0,
                      0, 0, 0, 0, 0x43, 0, 0, 7, 0, 0, 0x11, 0 }, 20);       /* 8 GT/s, width 4, port 7; now 2.5 and 1 */
}

static void testRecord(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    const char *name = "0000:02:00.0", *const members[] = { name, NULL };
    virHostPCIAddress address = virHostTreeDevice(tree, "pci0000:00/0000:02:00.0");
    virHostTreeConfig(tree, name, 0x0e, (unsigned char[]){ 0x80 }, 1);
    express(tree, name, 0, true, true);
    virHostTreeDriver(tree, name, "igb");
    virHostTreeGroup(tree, 12, members);
    virHostTreeFile(tree, DEVICE "0000:02:00.0/numa_node", "3\n");
    g_autoptr(virHostPCIDevice) d = virHostPCIDeviceRead(tree->host, &address, &error);
    g_assert_no_error(error);
    g_autoptr(virHostPCIDevice) copy = virHostPCIDeviceCopy(d);
    g_autofree char *path = virHostTreePath(tree, "devices/pci0000:00/0000:02:00.0");
    g_assert_cmpstr(copy->path, ==, path);
    g_assert_cmpstr(copy->driver, ==, "igb");
    g_assert_cmphex(d->class, ==, 0x020000);
    g_assert_cmphex(d->vendor, ==, 0x8086);
    g_assert_cmphex(d->product, ==, 0x10c9);
    g_assert_cmphex(d->subsystemVendor, ==, 0x8087);
    g_assert_cmphex(d->subsystem, ==, 0xa03c);
    g_assert_cmphex(d->revision, ==, 1);
    g_assert_cmpint(d->header, ==, VIR_HOST_PCI_HEADER_ENDPOINT);
    g_assert_true(d->multifunction && d->express && d->capability.there && d->status.there);
    g_assert_cmpstr(virHostPCILinkSpeed(d->capability.generation), ==, "8");
    g_assert_cmpuint(d->capability.width, ==, 4);
    g_assert_cmpuint(d->capability.port, ==, 7);
    g_assert_cmpstr(virHostPCILinkSpeed(d->status.generation), ==, "2.5");
    g_assert_cmpuint(d->status.width, ==, 1);
    g_assert_cmpint(d->numaNode, ==, 3);
    g_assert_cmpint(d->iommuGroup, ==, 12);
    g_assert_null(virHostPCILinkSpeed(0));
    g_assert_null(virHostPCILinkSpeed(15));
}

static void testRecordPoor(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    virHostPCIAddress address = virHostTreeDevice(tree, "pci0000:00/0000:00:02.0"), missing = { .slot = 9 };
    g_autofree char *driver = NULL;
    g_assert_true(virHostPCIDriver(tree->host, &address, &driver, &error));
    g_assert_null(driver);
    virHostTreeConfig(tree, "0000:00:02.0", 0x0e, (unsigned char[]){ 1 }, 1);
    express(tree, "0000:00:02.0", 9, false, false);
    g_autoptr(virHostPCIDevice) inside = virHostPCIDeviceRead(tree->host, &address, &error);
    g_assert_true(inside->express && !inside->capability.there);                /* in the root complex: no link */
    g_assert_cmpint(inside->header, ==, VIR_HOST_PCI_HEADER_BRIDGE);
    /* what is not needed may be missing or rubbish */
    virHostTreeRemove(tree, DEVICE "0000:00:02.0/config");
    virHostTreeRemove(tree, DEVICE "0000:00:02.0/subsystem_vendor");
    virHostTreeFile(tree, DEVICE "0000:00:02.0/numa_node", "somewhere\n");
    g_autoptr(virHostPCIDevice) d = virHostPCIDeviceRead(tree->host, &address, &error);
    g_assert_no_error(error);
    g_assert_cmpint(d->header, ==, VIR_HOST_PCI_HEADER_UNKNOWN);
    g_assert_false(d->express);
    g_assert_null(d->driver);
    g_assert_cmpint(d->numaNode, ==, -1);
    g_assert_cmpint(d->iommuGroup, ==, -1);
    /* a device that has gone answers with ones */
    unsigned char ones[256];
    memset(ones, 0xff, sizeof(ones));
    virHostTreeBytes(tree, DEVICE "0000:00:02.0/config", ones, sizeof(ones));
    g_autoptr(virHostPCIDevice) gone = virHostPCIDeviceRead(tree->host, &address, &error);
    g_assert_cmpint(gone->header, ==, VIR_HOST_PCI_HEADER_UNKNOWN);
    static const char *const bad[] = { "", "0x12345\n", "rubbish\n", "0x80 86\n" };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        virHostTreeFile(tree, DEVICE "0000:00:02.0/vendor", bad[i]);
        g_assert_null(virHostPCIDeviceRead(tree->host, &address, &error));
        said(&error, VIR_ERR_SYSTEM_ERROR, "vendor of PCI device 0000:00:02.0");
    }
    g_assert_null(virHostPCIDeviceRead(tree->host, &missing, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "Device 0000:00:09.0 not found");
    g_assert_false(virHostPCIDriver(tree->host, &missing, &driver, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "0000:00:09.0");
}

static void testResets(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    static const char *const names[] = { "0000:00:02.0", "0000:00:03.0", "0000:00:04.0", "0000:00:05.0", "0000:00:06.0" };
    static const int flr[] = { 1, 0, 1, 0, 0 }, pm[] = { 1, 0, 0, 0, 0 };
    virHostPCIAddress a[G_N_ELEMENTS(names)];
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *place = g_strconcat("pci0000:00/", names[i], NULL);
        a[i] = virHostTreeDevice(tree, place);
    }
    express(tree, names[0], 0, true, true);
    express(tree, names[1], 0, false, false);
    for (int i = 2; i < 4; i++) {                       /* advanced features, with and without what a reset needs */
        virHostTreeConfig(tree, names[i], 0x06, (unsigned char[]){ 0x10 }, 1);
        virHostTreeConfig(tree, names[i], 0x34, (unsigned char[]){ 0x40 }, 1);
        virHostTreeConfig(tree, names[i], 0x40, (unsigned char[]){ 0x13, 0, 6, i == 2 ? 3 : 2 }, 4);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_cmpint(virHostPCIHasFLR(tree->host, &a[i], &error), ==, flr[i]);
        g_assert_cmpint(virHostPCIHasPMReset(tree->host, &a[i], &error), ==, pm[i]);
    }
    virHostTreeLink(tree, DEVICE "0000:00:06.0/physfn", DEVICE "0000:00:02.0");
    g_assert_cmpint(virHostPCIHasFLR(tree->host, &a[4], &error), ==, 1);
    /* an ordinary user sees only the header */
    unsigned char header[64] = { 0x86, 0x80, [6] = 0x10, [0x34] = 0x40 };
    virHostTreeBytes(tree, DEVICE "0000:00:02.0/config", header, sizeof(header));
    g_assert_cmpint(virHostPCIHasFLR(tree->host, &a[0], &error), ==, -1);
    said(&error, VIR_ERR_INTERNAL_ERROR, "only 64 bytes");
    g_assert_cmpint(virHostPCIIsExpress(tree->host, &a[0]), ==, -1);
    virHostTreeBytes(tree, DEVICE "0000:00:02.0/config", header, 63);
    g_assert_cmpint(virHostPCIHasPMReset(tree->host, &a[0], &error), ==, -1);
    said(&error, VIR_ERR_SYSTEM_ERROR, "Failed to read config space of PCI device 0000:00:02.0");
}

static void testAcs(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    virHostPCIAddress port = { 0 };
    virHostTreeDevice(tree, "pci0000:00/0000:00:01.0");
    virHostTreeDevice(tree, "pci0000:00/0000:00:01.0/0000:01:00.0");
    virHostTreeDevice(tree, "pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.0");
    virHostPCIAddress end = virHostTreeDevice(tree, "pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.0/0000:03:00.0"), above;
    express(tree, "0000:00:01.0", 4, false, false);     /* root port, switch up, switch down, endpoint */
    express(tree, "0000:01:00.0", 5, false, false);
    express(tree, "0000:02:00.0", 6, false, false);
    express(tree, "0000:03:00.0", 0, false, false);
    g_assert_cmpint(virHostPCIParent(tree->host, &end, &above, &error), ==, 1);
    g_assert_cmpuint(above.bus, ==, 2);
    g_assert_cmpint(virHostPCIIsBehindSwitchLackingACS(tree->host, &end, &port, &error), ==, 1);
    g_assert_true(virHostPCIAddressEqual(&port, &above));
    g_assert_cmpint(virHostPCIIsBehindSwitchLackingACS(tree->host, &above, NULL, &error), ==, 0);
    /* access control services second in the extended list, then with one of its bits off */
    virHostTreeConfig(tree, "0000:02:00.0", 0x100, (unsigned char[]){ 1, 0, 1, 0x14 }, 4);
    virHostTreeConfig(tree, "0000:02:00.0", 0x140, (unsigned char[]){ 0x0d, 0, 1, 0, 0x1f, 0, 0x1d, 0 }, 8);
    g_assert_cmpint(virHostPCIIsBehindSwitchLackingACS(tree->host, &end, NULL, &error), ==, 0);
    virHostTreeConfig(tree, "0000:02:00.0", 0x146, (unsigned char[]){ 0x0d }, 1);
    g_assert_cmpint(virHostPCIIsBehindSwitchLackingACS(tree->host, &end, NULL, &error), ==, 1);
    virHostTreeConfig(tree, "0000:02:00.0", 0x140, (unsigned char[]){ 2, 0, 1, 0x14 }, 4);       /* a list that ends in itself */
    g_assert_cmpint(virHostPCIIsBehindSwitchLackingACS(tree->host, &end, NULL, &error), ==, 1);
    virHostTreeRemove(tree, DEVICE "0000:01:00.0/config");
    g_assert_cmpint(virHostPCIIsBehindSwitchLackingACS(tree->host, &above, NULL, &error), ==, -1);
    said(&error, VIR_ERR_SYSTEM_ERROR, "0000:01:00.0");
    virHostTreeRemove(tree, "devices/pci0000:00/0000:00:01.0");
    g_assert_cmpint(virHostPCIParent(tree->host, &end, &above, &error), ==, -1);
    said(&error, VIR_ERR_SYSTEM_ERROR, "0000:03:00.0 not found");
}

typedef struct { guint calls, stopAfter; GHashTable *seen; } Actor;

static int actor(const virHostPCIAddress *address, gpointer opaque, GError **error)
{
    Actor *a = opaque;
    g_assert_true(g_hash_table_add(a->seen, virHostPCIAddressFormat(address)));   /* once for each */
    if (++a->calls != a->stopAfter)
        return 0;
    g_set_error_literal(error, VIR_ERROR, VIR_ERR_OPERATION_FAILED, "enough");
    return -1;
}

static void testGroups(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    static const char *const group[] = { "0000:00:1f.0", "0000:00:1f.2", "0000:00:1f.3", NULL };
    virHostPCIAddress a = { 0 }, alone = virHostTreeDevice(tree, "pci0000:00/0000:00:02.0");
    for (int i = 0; group[i]; i++) {
        g_autofree char *place = g_strconcat("pci0000:00/", group[i], NULL);
        a = virHostTreeDevice(tree, place);
    }
    virHostTreeGroup(tree, 7, group);
    virHostTreeFile(tree, "kernel/iommu_groups/7/devices/2d6a4b42-6a4e-4a6b-8b5e-3a9b4ce60e01", "");     /* a mediated device */
    Actor seen = { 0, 0, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
    g_assert_cmpint(virPCIDeviceAddressIOMMUGroupIterate(tree->host, &a, actor, &seen, &error), ==, 0);
    g_assert_cmpuint(seen.calls, ==, 3);
    for (int i = 0; group[i]; i++)
        g_assert_true(g_hash_table_contains(seen.seen, group[i]));
    g_hash_table_remove_all(seen.seen);
    seen = (Actor){ 0, 2, seen.seen };
    g_assert_cmpint(virPCIDeviceAddressIOMMUGroupIterate(tree->host, &a, actor, &seen, &error), ==, -1);
    said(&error, VIR_ERR_OPERATION_FAILED, "enough");
    g_assert_cmpuint(seen.calls, ==, 2);

    g_autofree virHostPCIAddress *addresses = NULL;
    size_t n = 0;
    g_assert_cmpint(virPCIDeviceAddressGetIOMMUGroupAddresses(tree->host, &a, &addresses, &n, &error), ==, 0);
    g_assert_cmpuint(n, ==, 3);
    qsort(addresses, n, sizeof(*addresses), virHostPCIAddressCompare);
    g_assert_cmpuint(addresses[0].function, ==, 0);
    g_assert_cmpuint(addresses[2].function, ==, 3);
    g_assert_cmpint(virPCIDeviceAddressGetIOMMUGroupNum(tree->host, &a, &error), ==, 7);
    g_autofree char *node = virPCIDeviceGetIOMMUGroupDev(tree->host, &a, &error), *want = g_strconcat(tree->root, "/dev/vfio/7", NULL);
    g_assert_cmpstr(node, ==, want);

    g_autoptr(virHostPCIDevice) device = virHostPCIDeviceRead(tree->host, &a, &error);
    device->revision = 0x77;                            /* so that we know the copy */
    g_autoptr(GPtrArray) list = virPCIDeviceGetIOMMUGroupList(tree->host, device, &error);
    g_assert_cmpuint(list->len, ==, 3);
    guint copies = 0;
    for (guint i = 0; i < list->len; i++) {
        const virHostPCIDevice *d = list->pdata[i];
        g_assert_true(d != device && d->iommuGroup == 7);
        copies += d->revision == 0x77 && virHostPCIAddressEqual(&d->address, &a);
    }
    g_assert_cmpuint(copies, ==, 1);

    /* no group */
    seen.stopAfter = 1;
    g_assert_cmpint(virPCIDeviceAddressIOMMUGroupIterate(tree->host, &alone, actor, &seen, &error), ==, 0);
    g_assert_cmpint(virPCIDeviceAddressGetIOMMUGroupNum(tree->host, &alone, &error), ==, -2);
    g_assert_no_error(error);
    g_assert_null(virPCIDeviceGetIOMMUGroupDev(tree->host, &alone, &error));
    said(&error, VIR_ERR_INTERNAL_ERROR, "0000:00:02.0 is in no IOMMU group");
    g_hash_table_unref(seen.seen);
}

static void testGroupFaults(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    static const char *const group[] = { "0000:00:1f.0", "0000:00:1f.2", NULL };
    virHostPCIAddress a = virHostTreeDevice(tree, "pci0000:00/0000:00:1f.0");
    size_t n = 99;
    virHostPCIAddress *addresses = NULL;
    virHostTreeGroup(tree, 7, group);                   /* 1f.2 has vanished meanwhile */
    g_autoptr(virHostPCIDevice) device = virHostPCIDeviceRead(tree->host, &a, &error);
    g_assert_null(virPCIDeviceGetIOMMUGroupList(tree->host, device, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "0000:00:1f.2 not found");
    virHostTreeRemove(tree, "kernel/iommu_groups/7");
    g_assert_cmpint(virPCIDeviceAddressGetIOMMUGroupAddresses(tree->host, &a, &addresses, &n, &error), ==, -1);
    said(&error, VIR_ERR_SYSTEM_ERROR, "IOMMU group 7 of device 0000:00:1f.0");
    g_assert_cmpuint(n, ==, 99);
    virHostTreeLink(tree, DEVICE "0000:00:1f.0/iommu_group", "kernel/iommu_groups/seven");
    g_assert_cmpint(virPCIDeviceAddressGetIOMMUGroupNum(tree->host, &a, &error), ==, -1);
    said(&error, VIR_ERR_INTERNAL_ERROR, "invalid group number seven");
    virHostTreeRemove(tree, DEVICE "0000:00:1f.0/iommu_group");
    virHostTreeFile(tree, DEVICE "0000:00:1f.0/iommu_group", "7\n");
    g_assert_cmpint(virPCIDeviceAddressGetIOMMUGroupNum(tree->host, &a, &error), ==, -1);
    said(&error, VIR_ERR_SYSTEM_ERROR, "Unable to resolve device 0000:00:1f.0 iommu_group symlink");
}

static void testHolders(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    static const struct { const char *address, *driver; bool holds; } rows[] = {
        { "0000:01:00.0", NULL, false }, { "0000:01:00.1", "vfio-pci", false }, { "0000:01:00.2", "pci-stub", false },
        { "0000:01:00.3", "pcieport", false },
        { "0000:01:00.4", "mlx5_vfio_pci", false }, { "0000:01:00.5", "e1000e", true }, { "0000:01:00.6", "nvgrace", false },
        { "0000:01:00.7", "nvme", true },
    };
    const char *members[G_N_ELEMENTS(rows) + 1] = { NULL };
    virHostPCIAddress a = { 0 };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *place = g_strconcat("pci0000:00/", rows[i].address, NULL);
        a = virHostTreeDevice(tree, place);
        if (rows[i].driver)
            virHostTreeDriver(tree, rows[i].address, rows[i].driver);
        members[i] = rows[i].address;
    }
    virHostTreeFile(tree, DEVICE "0000:01:00.6/vfio-dev/vfio0/dev", "");        /* another name, but vfio's mark */
    virHostTreeGroup(tree, 1, members);
    g_autoptr(GPtrArray) holders = virHostPCIGroupHolders(tree->host, &a, &error);
    g_assert_no_error(error);
    guint want = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        bool found = false;
        for (guint k = 0; k < holders->len; k++)
            found |= ((virHostPCIDevice *)holders->pdata[k])->address.function == i;
        g_assert_cmpint(found, ==, rows[i].holds);
        want += rows[i].holds;
    }
    g_assert_cmpuint(holders->len, ==, want);
}

/* A physical function with two ports' interfaces and `n` virtual functions. */
static virHostPCIAddress card(const virHostTree *tree, unsigned int n)
{
    virHostPCIAddress pf = virHostTreeDevice(tree, "pci0000:00/0000:02:00.0");
    virHostTreeFile(tree, DEVICE "0000:02:00.0/sriov_totalvfs", "63\n");
    for (unsigned int i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("0000:02:%02x.%x", 0x10 + i / 8, i % 8), *place = g_strconcat("pci0000:00/", name, NULL);
        g_autofree char *vf = g_strdup_printf(DEVICE "%s", name), *up = g_strconcat(vf, "/physfn", NULL);
        g_autofree char *down = g_strdup_printf(DEVICE "0000:02:00.0/virtfn%u", i), *count = g_strdup_printf("%u\n", i + 1);
        virHostTreeDevice(tree, place);
        virHostTreeLink(tree, up, DEVICE "0000:02:00.0");
        virHostTreeLink(tree, down, vf);
        virHostTreeFile(tree, DEVICE "0000:02:00.0/sriov_numvfs", count);
    }
    return pf;
}

static void interface(const virHostTree *tree, const char *address, const char *name, const char *port, const char *id)
{
    g_autofree char *place = g_strdup_printf(DEVICE "%s/net/%s", address, name), *entry = g_strconcat("class/net/", name, NULL);
    g_autofree char *portFile = g_strconcat(place, "/dev_port", NULL), *idFile = g_strconcat(place, "/phys_port_id", NULL);
    g_autofree char *up = g_strconcat(place, "/device", NULL), *device = g_strconcat(DEVICE, address, NULL);
    virHostTreeFile(tree, portFile, port);
    if (id)
        virHostTreeFile(tree, idFile, id);
    virHostTreeLink(tree, up, device);
    virHostTreeLink(tree, entry, place);
}

static void testSriov(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    virHostPCIAddress pf = card(tree, 12), vf, up, other = virHostTreeDevice(tree, "pci0000:00/0000:00:02.0");
    unsigned int most, now;
    g_autoptr(GArray) list = virHostPCIGetVirtualFunctions(tree->host, &pf, &error);
    g_assert_cmpuint(list->len, ==, 12);
    for (guint i = 0; i < list->len; i++) {             /* by number, not by name: virtfn10 is not the second */
        vf = g_array_index(list, virHostPCIAddress, i);
        g_assert_cmpuint((vf.slot - 0x10) * 8 + vf.function, ==, i);
        g_assert_cmpint(virHostPCIGetVirtualFunctionIndex(tree->host, &vf, &error), ==, i);
    }
    g_assert_true(virHostPCIIsVirtualFunction(tree->host, &vf));
    g_assert_false(virHostPCIIsVirtualFunction(tree->host, &pf));
    g_assert_cmpint(virHostPCIGetPhysicalFunction(tree->host, &vf, &up, &error), ==, 1);
    g_assert_true(virHostPCIAddressEqual(&up, &pf));
    g_assert_cmpint(virHostPCIGetPhysicalFunction(tree->host, &pf, &up, &error), ==, 0);
    g_assert_cmpint(virHostPCIGetVirtualFunctionCounts(tree->host, &pf, &most, &now, &error), ==, 1);
    g_assert_cmpuint(most, ==, 63);
    g_assert_cmpuint(now, ==, 12);
    g_assert_cmpint(virHostPCIGetVirtualFunctionCounts(tree->host, &other, &most, &now, &error), ==, 0);
    g_assert_no_error(error);
    g_assert_cmpint(virHostPCIGetVirtualFunctionIndex(tree->host, &pf, &error), ==, -1);
    said(&error, VIR_ERR_INTERNAL_ERROR, "0000:02:00.0 is not a virtual function");
    /* rubbish */
    virHostTreeFile(tree, DEVICE "0000:02:00.0/sriov_numvfs", "many\n");
    g_assert_cmpint(virHostPCIGetVirtualFunctionCounts(tree->host, &pf, &most, &now, &error), ==, -1);
    said(&error, VIR_ERR_SYSTEM_ERROR, "0000:02:00.0");
    virHostTreeLink(tree, DEVICE "0000:02:00.0/virtfn5", "devices/rubbish");
    g_assert_null(virHostPCIGetVirtualFunctions(tree->host, &pf, &error));
    said(&error, VIR_ERR_INTERNAL_ERROR, "'rubbish'");
    virHostTreeRemove(tree, DEVICE "0000:02:00.0/virtfn5");
    g_assert_cmpint(virHostPCIGetVirtualFunctionIndex(tree->host, &vf, &error), ==, -1);
    said(&error, VIR_ERR_INTERNAL_ERROR, "0000:02:11.3 is not among");
    virHostTreeRemove(tree, "devices/pci0000:00/0000:02:00.0");
    g_assert_null(virHostPCIGetVirtualFunctions(tree->host, &pf, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "0000:02:00.0/virtfn0");
}

static void testInterfaces(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    virHostPCIAddress pf = card(tree, 2), vf = { 0, 2, 0x10, 1 }, found;
    g_autofree char *first = NULL, *second = NULL, *matched = NULL, *none = NULL, *up = NULL, *upOf = NULL;
    unsigned int index = 9;
    interface(tree, "0000:02:00.0", "eno9", "0\n", "aa01\n");
    interface(tree, "0000:02:00.0", "eno10", "1\n", "aa02\n");
    interface(tree, "0000:02:10.1", "vf1", "0\n", "aa02\n");
    virHostTreeFile(tree, "class/net/br0/mtu", "1500\n");
    g_assert_cmpint(virPCIGetNetName(tree->host, &pf, 0, NULL, &first, &error), ==, 1);
    g_assert_cmpint(virPCIGetNetName(tree->host, &pf, 1, NULL, &second, &error), ==, 1);
    g_assert_cmpint(virPCIGetNetName(tree->host, &pf, 2, NULL, &none, &error), ==, 0);
    g_assert_cmpint(virPCIGetNetName(tree->host, &pf, 2, "aa02", &matched, &error), ==, 1);     /* whatever the number says */
    g_assert_cmpint(virPCIGetNetName(tree->host, &pf, 0, "aa03", &none, &error), ==, 0);
    g_assert_cmpstr(first, ==, "eno9");
    g_assert_cmpstr(second, ==, "eno10");
    g_assert_cmpstr(matched, ==, "eno10");
    g_assert_cmpint(virNetDevGetPCIAddress(tree->host, "vf1", &found, &error), ==, 1);
    g_assert_true(virHostPCIAddressEqual(&found, &vf));
    g_assert_cmpint(virNetDevIsVirtualFunction(tree->host, "vf1", &error), ==, 1);
    g_assert_cmpint(virNetDevIsVirtualFunction(tree->host, "eno9", &error), ==, 0);
    g_assert_cmpint(virNetDevIsVirtualFunction(tree->host, "br0", &error), ==, 0);
    g_assert_cmpint(virNetDevGetPhysicalFunction(tree->host, "vf1", &up, &index, &error), ==, 1);
    g_assert_cmpstr(up, ==, "eno10");
    g_assert_cmpuint(index, ==, 1);
    g_assert_cmpint(virNetDevGetPhysicalFunctionOf(tree->host, &vf, NULL, &upOf, NULL, &error), ==, 1);
    g_assert_cmpstr(upOf, ==, "eno9");
    g_assert_cmpint(virNetDevGetPhysicalFunction(tree->host, "eno9", &none, NULL, &error), ==, 0);
    g_assert_no_error(error);
    g_assert_cmpint(virNetDevGetPhysicalFunction(tree->host, "gone", &none, NULL, &error), ==, -1);
    said(&error, VIR_ERR_SYSTEM_ERROR, "network interface 'gone'");
    virHostTreeRemove(tree, "devices/pci0000:00/0000:02:00.0");
    g_assert_cmpint(virPCIGetNetName(tree->host, &pf, 0, NULL, &none, &error), ==, -1);
    said(&error, VIR_ERR_SYSTEM_ERROR, "network interfaces of PCI device 0000:02:00.0");
}

static void testNetdev(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    g_autofree char *id = NULL, *switchId = NULL, *mac = NULL, *state = NULL, *down = NULL;
    unsigned int mtu = 0, speed = 9;
    virHostTreeFile(tree, "class/net/eth0/phys_port_id", "6805ca3b1234\n");
    virHostTreeFile(tree, "class/net/eth0/address", "52:54:00:12:34:56\n");
    virHostTreeFile(tree, "class/net/eth0/mtu", "9000\n");
    virHostTreeFile(tree, "class/net/eth0/operstate", "up\n");
    virHostTreeFile(tree, "class/net/eth0/speed", "10000\n");
    g_assert_true(virNetDevGetPhysPortID(tree->host, "eth0", &id, &error));
    g_assert_cmpstr(id, ==, "6805ca3b1234");
    g_assert_true(virNetDevGetPhysSwitchID(tree->host, "eth0", &switchId, &error));     /* no such file: its driver has none */
    g_assert_null(switchId);
    g_assert_true(virNetDevGetMAC(tree->host, "eth0", &mac, &error));
    g_assert_cmpstr(mac, ==, "52:54:00:12:34:56");
    g_assert_true(virNetDevGetMTU(tree->host, "eth0", &mtu, &error));
    g_assert_cmpuint(mtu, ==, 9000);
    g_assert_true(virNetDevGetLink(tree->host, "eth0", &state, &speed, &error));
    g_assert_cmpstr(state, ==, "up");
    g_assert_cmpuint(speed, ==, 10000);
    virHostTreeFile(tree, "class/net/eth0/operstate", "down\n");
    virHostTreeFile(tree, "class/net/eth0/speed", "-1\n");
    g_assert_true(virNetDevGetLink(tree->host, "eth0", &down, &speed, &error));
    g_assert_cmpuint(speed, ==, 0);
    g_assert_no_error(error);
    g_clear_pointer(&id, g_free);
    g_assert_false(virNetDevGetPhysPortID(tree->host, "eth1", &id, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "network interface 'eth1'");
    virHostTreeRemove(tree, "class/net/eth0/phys_port_id");
    g_autofree char *folder = virHostTreePath(tree, "class/net/eth0/phys_port_id");
    g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
    g_assert_false(virNetDevGetPhysPortID(tree->host, "eth0", &id, &error));            /* an error that is a real one */
    said(&error, VIR_ERR_SYSTEM_ERROR, "phys_port_id of network interface 'eth0': Is a directory");
    static const char *const bad[] = { "", ".", "..", "../eth0", "a/b" };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_false(virNetDevGetPhysPortID(tree->host, bad[i], &id, &error));
        said(&error, VIR_ERR_INVALID_ARG, "invalid network interface name");
    }
    g_assert_null(id);
    virHostTreeFile(tree, "class/net/eth0/mtu", "large\n");
    g_assert_false(virNetDevGetMTU(tree->host, "eth0", &mtu, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "MTU of network interface 'eth0'");
}

/* What the kernel answers for a card of three functions, the second of which has everything. */
static GBytes *vfMessage(void)
{
    struct ifinfomsg info = { 0 };
    virNetlinkRequest r;
    virNetlinkInit(&r, RTM_NEWLINK, 0, &info, sizeof(info));
    virNetlinkAdd(&r, IFLA_IFNAME, "eno9", 5);
    struct rtattr *list = virNetlinkAdd(&r, IFLA_VFINFO_LIST, NULL, 0);
    for (guint32 i = 0; i < 3; i++) {
        struct ifla_vf_mac mac = { .vf = i, .mac = { 0x52, 0x54, 0, 0, 0, i } };
        struct ifla_vf_vlan vlan = { .vf = i, .vlan = i == 1 ? 42 : 0, .qos = i == 1 ? 3 : 0 };
        struct ifla_vf_spoofchk spoof = { .vf = i, .setting = 1 };
        struct ifla_vf_trust trust = { .vf = i, .setting = i == 1 ? 0 : G_MAXUINT32 };
        struct rtattr *one = virNetlinkAdd(&r, IFLA_VF_INFO, NULL, 0);
        virNetlinkAdd(&r, IFLA_VF_MAC, &mac, sizeof(mac));
        virNetlinkAdd(&r, IFLA_VF_VLAN, &vlan, sizeof(vlan));
        virNetlinkAdd(&r, IFLA_VF_SPOOFCHK, &spoof, sizeof(spoof));
        virNetlinkAdd(&r, IFLA_VF_TRUST, &trust, sizeof(trust));
        virNetlinkNestEnd(&r, one);
    }
    virNetlinkNestEnd(&r, list);
    return g_bytes_new(&r, r.head.nlmsg_len);
}

static void testVf(void)
{
    static const unsigned char mac[6] = { 0x52, 0x54, 0, 0, 0, 1 };
    g_autoptr(GBytes) message = vfMessage();
    g_autoptr(GError) error = NULL;
    virNetDevVf vf, other;
    g_assert_true(virNetDevVfParse(message, 1, &vf));
    g_assert_cmpuint(vf.parts, ==, VIR_NETDEV_VF_MAC | VIR_NETDEV_VF_VLAN | VIR_NETDEV_VF_SPOOF_CHECK | VIR_NETDEV_VF_TRUST);
    g_assert_cmpmem(vf.mac, 6, mac, 6);
    g_assert_cmpuint(vf.vlan, ==, 42);
    g_assert_cmpuint(vf.qos, ==, 3);
    g_assert_true(vf.spoofCheck && !vf.trust);
    g_assert_true(virNetDevVfParse(message, 2, &vf));
    g_assert_false(vf.parts & VIR_NETDEV_VF_TRUST);             /* not known */
    g_assert_false(virNetDevVfParse(message, 3, &vf));
    guint found = 0;
    for (gsize cut = 0; cut < g_bytes_get_size(message); cut++) {        /* every truncation is survived */
        g_autoptr(GBytes) whole = g_bytes_new_from_bytes(message, 0, cut);
        g_autofree void *copy = g_memdup2(g_bytes_get_data(whole, NULL), cut);
        g_autoptr(GBytes) part = g_bytes_new_static(copy, cut);
        found += virNetDevVfParse(part, 0, &other);
    }
    g_assert_cmpuint(found, ==, 0);                             /* the list itself is cut */
    g_assert_false(virNetDevVfGet("no-such-device", 0, &vf, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "no-such-device");
    g_assert_false(virNetDevVfGet("lo", 0, &vf, &error));       /* the kernel's own answer */
    said(&error, VIR_ERR_INTERNAL_ERROR, "network interface lo has no virtual function 0");
    g_assert_false(virNetDevVfSet("lo", 0, &vf, &error));
    said(&error, VIR_ERR_INTERNAL_ERROR, "network interface lo has no virtual function 0");
}

static const char vpdBody[] =
    "\x82\x0c\0" "Some Product" "\x90\x21\0" "PN\x04" "AB-1" "SN\x03" "007" "EC\x01" "2" "MN\x02" "\x01\x02" "V0\x02" "ok" "RV\x03";
static const char vpdTail[] = "\0\0" "\x91\x0f\0" "YA\x03" "tag" "Y0\x02" "s2" "RW\x01\0" "\x78";

/* The whole, with a right checksum. */
static GString *vpdMake(void)
{
    GString *s = g_string_new_len(vpdBody, sizeof(vpdBody) - 1);
    unsigned char sum = 0;
    for (gsize i = 0; i < s->len; i++)
        sum += s->str[i];
    g_string_append_c(s, (char)(0x100 - sum));
    return g_string_append_len(s, vpdTail, sizeof(vpdTail) - 1);
}

static virHostPCIVPD *vpdRead(const virHostTree *tree, const virHostPCIAddress *a, const GString *bytes, GError **error)
{
    virHostTreeBytes(tree, DEVICE "0000:00:02.0/vpd", bytes->str, bytes->len);
    return virHostPCIVPDRead(tree->host, a, error);
}

static void testVpd(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    virHostPCIAddress a = virHostTreeDevice(tree, "pci0000:00/0000:00:02.0"), gone = { .slot = 9 };
    g_assert_null(virHostPCIVPDRead(tree->host, &a, &error));
    g_assert_no_error(error);                           /* it has none */
    g_assert_null(virHostPCIVPDRead(tree->host, &gone, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "VPD of PCI device 0000:00:09.0");
    g_autoptr(GString) whole = vpdMake();
    g_autoptr(virHostPCIVPD) vpd = vpdRead(tree, &a, whole, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(vpd->name, ==, "Some Product");
    g_assert_cmpstr(virHostPCIVPDGet(vpd->readOnly, "PN"), ==, "AB-1");
    g_assert_cmpstr(virHostPCIVPDGet(vpd->readOnly, "SN"), ==, "007");
    g_assert_cmpstr(virHostPCIVPDGet(vpd->readOnly, "V0"), ==, "ok");
    g_assert_null(virHostPCIVPDGet(vpd->readOnly, "MN"));       /* bytes that are no text */
    g_assert_null(virHostPCIVPDGet(vpd->readOnly, "RV"));
    g_assert_cmpuint(vpd->readOnly->len, ==, 4);
    g_assert_cmpstr(virHostPCIVPDGet(vpd->readWrite, "YA"), ==, "tag");
    g_assert_cmpstr(virHostPCIVPDGet(vpd->readWrite, "Y0"), ==, "s2");
    g_assert_cmpuint(vpd->readWrite->len, ==, 2);
    g_assert_null(virHostPCIVPDGet(NULL, "PN"));
}

static void testVpdFaults(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    virHostPCIAddress a = virHostTreeDevice(tree, "pci0000:00/0000:00:02.0");
    g_autoptr(GString) whole = vpdMake();
    for (gsize cut = 0; cut < whole->len; cut++) {      /* no truncation is taken for a whole */
        g_autoptr(GString) part = g_string_new_len(whole->str, cut);
        g_assert_null(vpdRead(tree, &a, part, &error));
        said(&error, VIR_ERR_INTERNAL_ERROR, "the VPD of PCI device 0000:00:02.0 is malformed");
    }
    for (gsize i = 0; i < sizeof(vpdBody); i++)         /* each changed byte up to the checksum is noticed */
        for (int bit = 0; bit < 8; bit++) {
            g_autoptr(GString) bad = g_string_new_len(whole->str, whole->len);
            bad->str[i] ^= 1 << bit;
            g_autoptr(virHostPCIVPD) vpd = vpdRead(tree, &a, bad, &error);
            g_assert_null(vpd);
            g_assert_nonnull(error);
            g_clear_error(&error);
        }
    static const struct { const char *bytes; gsize n; const char *words; } rows[] = {
        { "\x78", 1, "does not begin with the product's name" }, { "\x90\0\0\x78", 4, "does not begin with the product's name" },
        { "\x82\1\0a\x82\1\0b\x78", 9, "one twice" }, { "\x82\1\0a\x90\0\0\x78", 8, "has no checksum" },
        { "\x82\1\0a\x91\2\0ab\x78", 10, "left behind" },
        { "\x82\1\0a\x91\4\0ab\1c\x78", 12, "keyword is not" }, { "\x82\1\0a\x91\4\0AB\2c\x78", 12, "longer than its section" },
        { "\x82\1\0\1\x78", 5, "name is not text" }, { "\x85\1\0a\x78", 5, "unknown kind" }, { "\x11\0\0\0", 4, "unknown kind" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) bad = g_string_new_len(rows[i].bytes, rows[i].n);
        g_assert_null(vpdRead(tree, &a, bad, &error));
        said(&error, VIR_ERR_INTERNAL_ERROR, rows[i].words);
    }
    g_autoptr(GString) least = g_string_new_len("\x82\1\0a\x78", 5);
    g_autoptr(virHostPCIVPD) vpd = vpdRead(tree, &a, least, &error);
    g_assert_true(vpd && !vpd->readOnly && !vpd->readWrite);
}

static void testMdev(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GError) error = NULL;
    g_autofree char *parent = virHostTreePath(tree, "devices/mtty"), *none = virHostTreePath(tree, "devices/none");
    static const char *const files[][2] = {
        { "mtty-2/name", "Dual port serial\n" }, { "mtty-2/device_api", "vfio-pci\n" }, { "mtty-2/available_instances", "12\n" },
        { "mtty-1/device_api", "vfio-pci\n" }, { "mtty-1/available_instances", "24\n" }, { "mtty-1/description", "one\ntwo\n" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_strconcat("devices/mtty/mdev_supported_types/", files[i][0], NULL);
        virHostTreeFile(tree, path, files[i][1]);
    }
    g_autoptr(GPtrArray) empty = virHostMdevTypes(none, &error);
    g_autoptr(GPtrArray) list = virHostMdevTypes(parent, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(empty->len, ==, 0);
    g_assert_cmpuint(list->len, ==, 2);
    const virHostMdevType *one = list->pdata[0], *two = list->pdata[1];
    g_assert_cmpstr(one->id, ==, "mtty-1");
    g_assert_null(one->name);
    g_assert_cmpstr(one->description, ==, "one\ntwo");
    g_assert_cmpuint(one->instances, ==, 24);
    g_assert_cmpstr(two->name, ==, "Dual port serial");
    g_assert_cmpstr(two->deviceApi, ==, "vfio-pci");
    virHostTreeFile(tree, "devices/mtty/mdev_supported_types/mtty-2/available_instances", "-1\n");
    g_assert_null(virHostMdevTypes(parent, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "available_instances of the mediated device type");
    virHostTreeRemove(tree, "devices/mtty/mdev_supported_types/mtty-2/device_api");
    g_assert_null(virHostMdevTypes(parent, &error));
    said(&error, VIR_ERR_SYSTEM_ERROR, "device_api of the mediated device type");
    virHostTreeRemove(tree, "devices/mtty/mdev_supported_types/mtty-2");
    virHostTreeLink(tree, "devices/mtty/mdev_supported_types/mtty-2", "devices/gone");          /* gone since it was listed */
    g_autoptr(GPtrArray) left = virHostMdevTypes(parent, &error);
    g_assert_cmpuint(left->len, ==, 1);
}

/* The machine's own devices, whatever they are. */
static void testMachine(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) list = virHostPCIList(virHostLocal(), &error);
    g_assert_no_error(error);
    if (list->len == 0) {
        g_test_skip("no PCI devices here");
        return;
    }
    for (guint i = 0; i < list->len; i++) {
        const virHostPCIAddress *address = &g_array_index(list, virHostPCIAddress, i);
        g_autoptr(virHostPCIDevice) d = virHostPCIDeviceRead(virHostLocal(), address, &error);
        if (!d) {                                       /* only hot unplug excuses that */
            g_assert_false(virHostPCIExists(virHostLocal(), address));
            g_clear_error(&error);
            continue;
        }
        g_autofree char *real = realpath(d->path, NULL);
        g_assert_cmpstr(d->path, ==, real);
        g_assert_cmpint(d->header, !=, VIR_HOST_PCI_HEADER_UNKNOWN);
    }
}

/* A network device of this machine, in VIR_TEST_PF, whose virtual function 0 may be changed; it is given back what it had. */
static void testMachineVf(void)
{
    const char *pf = g_getenv("VIR_TEST_PF");
    const virNetDevVf wanted = { .parts = VIR_NETDEV_VF_MAC | VIR_NETDEV_VF_VLAN, .mac = { 0x52, 0x54, 0, 0xaa, 0xbb, 0xcc }, .vlan = 42, .qos = 2 };
    virNetDevVf before, now, wrong = wanted;
    g_autoptr(GError) error = NULL;
    virHostPCIAddress address, vf;
    g_autofree char *above = NULL, *id = NULL;
    unsigned int index = 99;
    if (!pf) {
        g_test_skip("VIR_TEST_PF names no device");
        return;
    }
    g_assert_true(virNetDevGetPhysPortID(virHostLocal(), pf, &id, &error));        /* most drivers: not supported */
    g_assert_cmpint(virNetDevGetPCIAddress(virHostLocal(), pf, &address, &error), ==, 1);
    g_autoptr(GArray) list = virHostPCIGetVirtualFunctions(virHostLocal(), &address, &error);
    g_assert_cmpuint(list->len, >, 0);
    vf = g_array_index(list, virHostPCIAddress, 0);
    g_assert_cmpint(virNetDevGetPhysicalFunctionOf(virHostLocal(), &vf, NULL, &above, &index, &error), ==, 1);
    g_assert_cmpstr(above, ==, pf);
    g_assert_cmpuint(index, ==, 0);
    g_assert_true(virNetDevVfGet(pf, 0, &before, &error));
    g_assert_true(virNetDevVfSet(pf, 0, &wanted, &error));
    g_assert_true(virNetDevVfGet(pf, 0, &now, &error));
    g_assert_cmpmem(now.mac, 6, wanted.mac, 6);
    g_assert_cmpuint(now.vlan, ==, 42);
    g_assert_cmpuint(now.qos, ==, 2);
    wrong.mac[5] = 0xdd;
    wrong.vlan = 5000;                                          /* refused, after the address was set */
    g_assert_false(virNetDevVfSet(pf, 0, &wrong, &error));
    g_test_message("%s", error->message);
    said(&error, VIR_ERR_SYSTEM_ERROR, "Cannot set the VLAN of virtual function 0");
    g_assert_true(virNetDevVfGet(pf, 0, &now, &error));
    g_assert_cmpmem(now.mac, 6, wanted.mac, 6);
    before.parts &= VIR_NETDEV_VF_MAC | VIR_NETDEV_VF_VLAN;
    g_assert_true(virNetDevVfSet(pf, 0, &before, &error));
    g_assert_true(virNetDevVfGet(pf, 0, &now, &error));
    g_assert_cmpmem(now.mac, 6, before.mac, 6);
    g_assert_cmpuint(now.vlan, ==, before.vlan);
    g_assert_false(virNetDevVfGet(pf, list->len, &now, &error));
    said(&error, VIR_ERR_INTERNAL_ERROR, "has no virtual function");
}

/* An answer as a driver with a switch gives it, and what is left of it when it is cut off anywhere. */
static void testDevlink(void)
{
    const struct genlmsghdr head = { .cmd = DEVLINK_CMD_ESWITCH_GET };
    const guint16 mode = DEVLINK_ESWITCH_MODE_SWITCHDEV;
    const guint8 encap = 1;
    virNetlinkRequest answer;
    virNetlinkInit(&answer, 33, 0, &head, sizeof(head));
    virNetlinkAdd(&answer, DEVLINK_ATTR_BUS_NAME, "pci", 4);
    virNetlinkAdd(&answer, DEVLINK_ATTR_DEV_NAME, "0000:08:00.0", 13);
    virNetlinkAdd(&answer, DEVLINK_ATTR_ESWITCH_MODE, &mode, sizeof(mode));
    virNetlinkAdd(&answer, DEVLINK_ATTR_ESWITCH_ENCAP_MODE, &encap, sizeof(encap));
    const guint16 *found = virDevlinkAttr(&answer, answer.head.nlmsg_len, DEVLINK_ATTR_ESWITCH_MODE, sizeof(*found));
    g_assert_nonnull(found);
    g_assert_cmpuint(*found, ==, DEVLINK_ESWITCH_MODE_SWITCHDEV);
    g_assert_null(virDevlinkAttr(&answer, answer.head.nlmsg_len, DEVLINK_ATTR_ESWITCH_ENCAP_MODE, 2));
    g_assert_null(virDevlinkAttr(&answer, answer.head.nlmsg_len, DEVLINK_ATTR_PORT_INDEX, 1));
    gsize whole = answer.head.nlmsg_len;
    for (gsize len = 0; len < whole; len++) {
        g_assert_null(virDevlinkAttr(&answer, len, DEVLINK_ATTR_ESWITCH_MODE, 2));      /* less than it says */
        g_autofree char *copy = g_memdup2(&answer, MAX(len, sizeof(struct nlmsghdr)));
        ((struct nlmsghdr *)(void *)copy)->nlmsg_len = len;
        const char *value = len < sizeof(struct nlmsghdr) ? NULL : virDevlinkAttr(copy, len, DEVLINK_ATTR_ESWITCH_MODE, 2);
        g_assert_true(!value || value + 2 <= copy + len);
    }
    virHostPCIAddress nobody = { 0xfffe, 0, 0, 0 };
    g_assert_false(virDevlinkIsSwitchdev(&nobody));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pci/address", testAddress);
    g_test_add_func("/pci/list", testList);
    g_test_add_func("/pci/record", testRecord);
    g_test_add_func("/pci/record/poor", testRecordPoor);
    g_test_add_func("/pci/resets", testResets);
    g_test_add_func("/pci/acs", testAcs);
    g_test_add_func("/pci/groups", testGroups);
    g_test_add_func("/pci/groups/faults", testGroupFaults);
    g_test_add_func("/pci/groups/holders", testHolders);
    g_test_add_func("/pci/sriov", testSriov);
    g_test_add_func("/pci/interfaces", testInterfaces);
    g_test_add_func("/pci/vpd", testVpd);
    g_test_add_func("/pci/vpd/faults", testVpdFaults);
    g_test_add_func("/pci/machine", testMachine);
    g_test_add_func("/netdev", testNetdev);
    g_test_add_func("/netdev/vf", testVf);
    g_test_add_func("/netdev/machine", testMachineVf);
    g_test_add_func("/mdev", testMdev);
    g_test_add_func("/host/pci/devlink", testDevlink);
    return g_test_run();
}
