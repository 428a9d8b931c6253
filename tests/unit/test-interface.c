/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Host interfaces over a tree of files: kinds that few kernels of test machines have, and what is missing or odd. */
#include "hosttree.h"
#include "drivers/interface/read.h"
#include <string.h>

static void add(const virHostTree *tree, const char *name, const char *kind, const char *state)
{
    g_autofree char *folder = g_strdup_printf("devices/virtual/net/%s", name), *link = g_strdup_printf("class/net/%s", name);
    const struct { const char *file, *text; } files[] = {
        { "ifindex", "7\n" }, { "operstate", state }, { "address", "52:54:00:00:00:07\n" }, { "mtu", "1500\n" }, { "speed", "10000\n" }, { "uevent", kind },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_strconcat(folder, "/", files[i].file, NULL);
        virHostTreeFile(tree, path, files[i].text);
    }
    virHostTreeLink(tree, link, folder);
}

static void set(const virHostTree *tree, const char *name, const char *file, const char *text)
{
    g_autofree char *path = g_strdup_printf("devices/virtual/net/%s/%s", name, file);
    virHostTreeFile(tree, path, text);
}

static void master(const virHostTree *tree, const char *name, const char *above)
{
    g_autofree char *link = g_strdup_printf("devices/virtual/net/%s/master", name), *target = g_strdup_printf("devices/virtual/net/%s", above);
    virHostTreeLink(tree, link, target);
}

static void shows(const virHostTree *tree, const char *name, const char *want)
{
    g_autoptr(virInterfaceDef) def = virInterfaceRead(tree->host, name);
    g_assert_nonnull(def);
    g_autofree char *xml = virInterfaceDefFormat(def, 0);
    g_assert_cmpstr(xml, ==, want);
}

#define MTU "  <mtu size='1500'/>\n"
#define MAC "  <mac address='52:54:00:00:00:07'/>\n"

static void testKinds(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    add(tree, "eth0", "INTERFACE=eth0\n", "up\n");
    shows(tree, "eth0", "<interface type='ethernet' name='eth0'>\n" MTU "  <link speed='10000' state='up'/>\n" MAC "</interface>\n");
    set(tree, "eth0", "operstate", "down\n");           /* the speed that its driver still tells is nobody's */
    shows(tree, "eth0", "<interface type='ethernet' name='eth0'>\n" MTU "  <link state='down'/>\n" MAC "</interface>\n");
    set(tree, "eth0", "operstate", "up\n");
    set(tree, "eth0", "speed", "-1\n");
    shows(tree, "eth0", "<interface type='ethernet' name='eth0'>\n" MTU "  <link state='up'/>\n" MAC "</interface>\n");
    add(tree, "eth0.7", "DEVTYPE=vlan\nINTERFACE=eth0.7\n", "up\n");
    shows(tree, "eth0.7", "<interface type='ethernet' name='eth0.7'>\n" MTU "  <link speed='10000' state='up'/>\n" MAC "</interface>\n");
    virHostTreeFile(tree, "../proc/net/vlan/eth0.7", "eth0.7  VID: 7\t REORDER_HDR: 1  dev->priv_flags: 1\n      total frames received  0\n"
                    "Device: eth0\nINGRESS priority mappings: 0:0\n");
    shows(tree, "eth0.7", "<interface type='vlan' name='eth0.7'>\n" MTU "  <vlan tag='7'>\n    <interface name='eth0'/>\n  </vlan>\n</interface>\n");
}

static void testBond(void)
{
    g_autoptr(virHostTree) tree = virHostTreeNew();
    add(tree, "bond0", "DEVTYPE=bond\n", "up\n");
    add(tree, "eth1", "\n", "up\n");
    add(tree, "eth2", "\n", "down\n");
    master(tree, "eth1", "bond0");
    master(tree, "eth2", "bond0");
    set(tree, "bond0", "bonding/mode", "active-backup 1\n");
    set(tree, "bond0", "bonding/slaves", "eth2 eth1\n");
    set(tree, "bond0", "bonding/miimon", "100\n");
    set(tree, "bond0", "bonding/downdelay", "10\n");
    set(tree, "bond0", "bonding/updelay", "20\n");
    set(tree, "bond0", "bonding/use_carrier", "1\n");
    shows(tree, "bond0", "<interface type='bond' name='bond0'>\n" MTU "  <bond mode='active-backup'>\n"
          "    <miimon freq='100' downdelay='10' updelay='20' carrier='netif'/>\n"
          "    <interface type='ethernet' name='eth1'>\n      <link speed='10000' state='up'/>\n      <mac address='52:54:00:00:00:07'/>\n    </interface>\n"
          "    <interface type='ethernet' name='eth2'>\n      <link state='down'/>\n      <mac address='52:54:00:00:00:07'/>\n    </interface>\n"
          "  </bond>\n</interface>\n");
    set(tree, "bond0", "bonding/miimon", "0\n");
    set(tree, "bond0", "bonding/arp_interval", "500\n");
    set(tree, "bond0", "bonding/arp_ip_target", "10.0.0.1\n");
    set(tree, "bond0", "bonding/arp_validate", "all 3\n");
    set(tree, "bond0", "bonding/slaves", "\n");
    shows(tree, "bond0", "<interface type='bond' name='bond0'>\n" MTU "  <bond mode='active-backup'>\n"
          "    <arpmon interval='500' target='10.0.0.1' validate='all'/>\n  </bond>\n</interface>\n");
}

static void testList(void)
{
    static const struct { const char *name; bool active; } want[] = { { "br0", true }, { "eth0", false }, { "lo", false } };
    g_autoptr(virHostTree) tree = virHostTreeNew();
    g_autoptr(GPtrArray) none = virInterfaceList(tree->host);
    g_assert_cmpuint(none->len, ==, 0);
    add(tree, "lo", "\n", "unknown\n");
    add(tree, "eth0", "\n", "down\n");
    add(tree, "br0", "DEVTYPE=bridge\n", "up\n");
    add(tree, "vnet0", "\n", "up\n");
    master(tree, "vnet0", "br0");
    virHostTreeFile(tree, "devices/virtual/net/br0/brif/vnet0/port_no", "0x1\n");
    set(tree, "br0", "bridge/stp_state", "0\n");
    set(tree, "br0", "bridge/forward_delay", "1500\n");
    virHostTreeFile(tree, "class/net/bonding_masters", "\n");           /* no device */
    virHostTreeLink(tree, "class/net/gone", "devices/virtual/net/gone");
    g_autoptr(GPtrArray) list = virInterfaceList(tree->host);
    g_assert_cmpuint(list->len, ==, G_N_ELEMENTS(want));
    for (guint i = 0; i < list->len; i++) {
        const virInterfaceRecord *record = list->pdata[i];
        g_assert_cmpstr(record->name, ==, want[i].name);
        g_assert_cmpint(record->active, ==, want[i].active);
    }
    shows(tree, "br0", "<interface type='bridge' name='br0'>\n" MTU "  <bridge stp='off' delay='1500'>\n    <interface type='ethernet' name='vnet0'>\n"
          "      <link speed='10000' state='up'/>\n      <mac address='52:54:00:00:00:07'/>\n    </interface>\n  </bridge>\n</interface>\n");
    static const char *const bad[] = { "", ".", "..", "../net/lo", "gone", "bonding_masters" };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_null(virInterfaceRead(tree->host, bad[i]));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/interface/kinds", testKinds);
    g_test_add_func("/interface/bond", testBond);
    g_test_add_func("/interface/list", testList);
    return g_test_run();
}
