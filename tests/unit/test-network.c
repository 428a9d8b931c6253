/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks that run: what dnsmasq is told, which packet filter rules there are, how traffic is shaped, and what the host's tables say. */
#include "base/error.h"
#include "base/util.h"
#include "drivers/network/dnsmasq-conf.h"
#include "drivers/network/rules.h"
#include "host/bandwidth.h"
#include "host/firewall.h"
#include "host/link.h"
#include "host/netlink.h"
#include <glib/gstdio.h>
#include <string.h>

static virNetworkDef *parse(const char *inner)
{
    g_autofree char *xml = g_strdup_printf("<network><name>lan</name>%s</network>", inner);
    g_autoptr(GError) error = NULL;
    virNetworkDef *def = virNetworkDefParse(xml, NULL, 0, &error);
    g_assert_no_error(error);
    if (!def->bridge)
        def->bridge = g_strdup("br9");
    return def;
}

static virDnsmasqText *textOf(const char *inner, GError **error)
{
    g_autoptr(virNetworkDef) def = parse(inner);
    g_autoptr(virDnsmasqPaths) paths = virDnsmasqPathsNew("/s", "/r", "lan");
    return virDnsmasqTextNew(def, paths, error);
}

/* The lines of the configuration behind the warning at its head. */
static char *confOf(const char *inner)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(virDnsmasqText) text = textOf(inner, &error);
    g_assert_no_error(error);
    if (!text->conf)
        return NULL;
    const char *body = strstr(text->conf, "\nstrict-order\n");
    g_assert_nonnull(body);
    g_assert_true(g_str_has_prefix(text->conf, "##WARNING"));
    return g_strdup(body + strlen("\nstrict-order\n"));
}

#define COMMON "pid-file=/r/lan.pid\nexcept-interface=lo\nbind-dynamic\ninterface=br9\n"
#define NAMES "addn-hosts=/s/lan.addnhosts\n"
#define NO_WAY_OUT "dhcp-option=3\nno-resolv\nra-param=*,0,0\n"
#define IP4 "<ip address='10.7.0.1' prefix='16'/>"

typedef struct { const char *name, *xml, *conf; } Conf;
static const Conf confs[] = {
    { "no address", "", NULL },
    { "nothing to do", "<dns enable='no'/>" IP4, NULL },
    { "isolated", IP4, COMMON NO_WAY_OUT NAMES },
    { "names", "<forward/><domain name='a.b' localOnly='yes'/><dns forwardPlainNames='no'><forwarder addr='9.9.9.9'/>"
      "<forwarder domain='c.d' addr='8.8.8.8'/><forwarder domain='e'/><txt name='t' value='some words'/></dns>" IP4,
      "server=9.9.9.9\nserver=/c.d/8.8.8.8\nserver=/e/#\nno-resolv\nlocal=/a.b/\ndomain=a.b\nexpand-hosts\ndomain-needed\nlocal=//\n" COMMON
      "txt-record=t,some words\n" NAMES },
    { "services", "<forward/><dns><srv service='s' protocol='tcp' domain='d' target='t' port='7' priority='3' weight='2'/>"
      "<srv service='s' protocol='udp' target='t' weight='8'/><srv service='s' protocol='tcp' target='.' port='3'/></dns>" IP4,
      COMMON "srv-host=_s._tcp.d,t,7,3,2\nsrv-host=_s._udp,t,1,0,8\nsrv-host=_s._tcp\n" NAMES },
    { "ranges", "<forward/><ip address='10.7.0.1' netmask='255.255.255.0'><tftp root='/boot'/><dhcp>"
      "<range start='10.7.0.5' end='10.7.0.9'><lease expiry='0'/></range><range start='10.7.0.20' end='10.7.0.20'>"
      "<lease expiry='2' unit='hours'/></range><bootp file='f' server='10.7.0.2'/></dhcp></ip>",
      COMMON "enable-tftp\ntftp-root=/boot\ndhcp-range=10.7.0.5,10.7.0.9,255.255.255.0,infinite\n"
      "dhcp-range=10.7.0.20,10.7.0.20,255.255.255.0,2h\ndhcp-no-override\ndhcp-authoritative\ndhcp-boot=f,,10.7.0.2\ndhcp-lease-max=6\n"
      "dhcp-hostsfile=/s/lan.hostsfile\n" NAMES },
    { "known hosts", "<mtu size='1400'/><dns enable='no'/><ip address='10.7.0.1' prefix='24'><dhcp><host name='n' ip='10.7.0.3'/>"
      "</dhcp></ip>",
      "port=0\n" COMMON NO_WAY_OUT "dhcp-range=10.7.0.1,static\ndhcp-no-override\ndhcp-authoritative\n"
      "dhcp-hostsfile=/s/lan.hostsfile\ndhcp-option=option:mtu,1400\n" },
    { "IPv6 by itself", "<forward mode='route'/><ip family='ipv6' address='2001:db8::1' prefix='64'/>",
      COMMON NAMES "dhcp-range=2001:db8::1,ra-only\n" },
    { "IPv6 by DHCP", "<forward mode='route'/><ip family='ipv6' address='2001:db8::1' prefix='64'><dhcp>"
      "<range start='2001:db8::10' end='2001:db8::1f'/></dhcp></ip>",
      COMMON "dhcp-range=2001:db8::10,2001:db8::1f,64\ndhcp-lease-max=16\ndhcp-hostsfile=/s/lan.hostsfile\n" NAMES "enable-ra\n" },
    { "reverse zones", "<forward/><ip address='10.7.0.1' prefix='16' localPtr='yes'/>"
      "<ip family='ipv6' address='2001:db8::1' prefix='36' localPtr='yes'/>",
      "local=/7.10.in-addr.arpa/\nlocal=/0.8.b.d.0.1.0.0.2.ip6.arpa/\n" COMMON NAMES "dhcp-range=2001:db8::1,ra-only\n" },
};

static void testConf(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(confs); i++) {
        g_autofree char *conf = confOf(confs[i].xml);
        g_test_message("%s", confs[i].name);
        g_assert_cmpstr(conf, ==, confs[i].conf);
    }
}

static void testHosts(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(virDnsmasqText) text = textOf(
        "<dns><host ip='10.7.0.4'><hostname>a</hostname><hostname>b</hostname></host></dns>"
        "<ip family='ipv6' address='2001:db8::1' prefix='64'><dhcp><host id='0:1:2' name='six' ip='2001:db8::5'/>"
        "<host name='only' ip='2001:db8::6'/></dhcp></ip>"
        "<ip address='10.7.0.1' prefix='24'><dhcp><host mac='52:54:00:00:00:01' name='x' ip='10.7.0.2'><lease expiry='5'/></host>"
        "<host mac='52:54:00:00:00:02' ip='10.7.0.3'/><host name='n' ip='10.7.0.6'/></dhcp></ip>", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text->names, ==, "10.7.0.4\ta\tb\t\n");
    g_assert_cmpstr(text->hosts, ==, "52:54:00:00:00:01,10.7.0.2,x,5m\n52:54:00:00:00:02,10.7.0.3\nn,10.7.0.6\n"
                                     "id:0:1:2,six,[2001:db8::5]\nonly,[2001:db8::6]\n");
}

static void testRefused(void)
{
    static const struct { const char *xml; int code; } rows[] = {
        { "<ip address='10.7.0.1' prefix='20' localPtr='yes'/>", VIR_ERR_CONFIG_UNSUPPORTED },
        { "<dns><txt name='t' value='x&#10;conf-script=/evil'/></dns>" IP4, VIR_ERR_CONFIG_UNSUPPORTED },
        { "<ip address='10.7.0.1' prefix='24'><tftp root='/a&#10;b'/></ip>", VIR_ERR_CONFIG_UNSUPPORTED },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(virDnsmasqText) text = textOf(rows[i].xml, &error);
        g_assert_null(text);
        g_assert_error(error, VIR_ERROR, rows[i].code);
    }
}

/* ---- rules ---- */

typedef struct {
    GString *ran;
    const char *have, *refuse;
} Tools;

static bool record(virFirewallLayer layer, const char *const *argv, char **output, gpointer data, GError **error)
{
    Tools *tools = data;
    g_autofree char *words = g_strjoinv(" ", (char **)argv);
    if (g_strv_contains(argv, "--list-rules")) {
        *output = g_strdup(tools->have);
        return true;
    }
    g_string_append_printf(tools->ran, "%c %s\n", layer == VIR_FIREWALL_IPV6 ? '6' : '4', words);
    if (!tools->refuse || !strstr(words, tools->refuse))
        return true;
    virErrorSet(error, VIR_FROM_FIREWALL, VIR_ERR_OPERATION_FAILED, "no");
    return false;
}

static const char allChains[] =
    "-P INPUT ACCEPT\n-N LIBVIRT_INP\n-N LIBVIRT_OUT\n-N LIBVIRT_FWO\n-N LIBVIRT_FWI\n-N LIBVIRT_FWX\n-N LIBVIRT_PRT\n"
    "-A INPUT -j LIBVIRT_INP\n-A OUTPUT -j LIBVIRT_OUT\n-A FORWARD -j LIBVIRT_FWX\n-A FORWARD -j LIBVIRT_FWI\n"
    "-A FORWARD -j LIBVIRT_FWO\n-A POSTROUTING -j LIBVIRT_PRT\n";

static char *rulesOf(const char *xml, const char *have, const char *refuse, bool ok)
{
    Tools tools = { g_string_new(NULL), have, refuse };
    g_autoptr(virNetworkDef) def = parse(xml);
    g_autoptr(GError) error = NULL;
    virFirewallSetRunner(record, &tools);
    g_assert_cmpint(virNetworkRulesAdd(def, &error), ==, ok);
    g_assert_true(ok == !error);
    virFirewallSetRunner(NULL, NULL);
    return g_string_free(tools.ran, FALSE);
}

static void assertHas(const char *rules, const char *line)
{
    g_autofree char *whole = g_strdup_printf("\n%s\n", line), *all = g_strdup_printf("\n%s", rules);
    if (!strstr(all, whole))
        g_error("no line '%s' in:\n%s", line, rules);
}

static guint linesOf(const char *text)
{
    guint n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void testChains(void)
{
    g_autofree char *none = rulesOf("", "", NULL, true), *all = rulesOf("", allChains, NULL, true);
    g_autofree char *open = rulesOf("<forward mode='open'/>" IP4, "", NULL, true);
    g_assert_cmpuint(linesOf(none), ==, linesOf(all) + 28);     /* seven chains and seven jumps for each protocol */
    assertHas(none, "4 --table filter --new-chain LIBVIRT_INP");
    assertHas(none, "6 --table mangle --insert POSTROUTING --jump LIBVIRT_PRT");
    g_assert_cmpuint(linesOf(all), ==, 11);
    g_assert_cmpstr(open, ==, "");
}

static void testForward(void)
{
    g_autofree char *nat = rulesOf("<forward mode='nat' dev='eth9'><nat ipv6='yes'><address start='1.2.3.4' end='1.2.3.6'/>"
                                   "<port start='500' end='600'/></nat></forward>" IP4
                                   "<ip family='ipv6' address='2001:db8::1' prefix='64'/>", allChains, NULL, true);
    assertHas(nat, "4 --table filter --insert LIBVIRT_FWO --source 10.7.0.0/16 --in-interface br9 --out-interface eth9 --jump ACCEPT");
    assertHas(nat, "4 --table nat --insert LIBVIRT_PRT --source 10.7.0.0/16 -p udp ! --destination 10.7.0.0/16 --out-interface eth9 "
              "--jump SNAT --to-source 1.2.3.4-1.2.3.6:500-600");
    assertHas(nat, "6 --table nat --insert LIBVIRT_PRT --source 2001:db8::/64 -p tcp ! --destination 2001:db8::/64 --out-interface eth9 "
              "--jump MASQUERADE --to-ports 500-600");
    assertHas(nat, "6 --table filter --insert LIBVIRT_FWI --destination 2001:db8::/64 --in-interface eth9 --out-interface br9 "
              "--match conntrack --ctstate ESTABLISHED,RELATED --jump ACCEPT");
    g_autofree char *route = rulesOf("<forward mode='route'/>" IP4, allChains, NULL, true);
    assertHas(route, "4 --table filter --insert LIBVIRT_FWI --destination 10.7.0.0/16 --out-interface br9 --jump ACCEPT");
    g_assert_null(strstr(route, "LIBVIRT_PRT"));
    g_autofree char *isolated = rulesOf(IP4, allChains, NULL, true);
    g_assert_null(strstr(isolated, "10.7"));
    assertHas(isolated, "4 --table filter --insert LIBVIRT_FWX --in-interface br9 --out-interface br9 --jump ACCEPT");
}

static void testUndone(void)
{
    g_autofree char *ran = rulesOf("<forward/>" IP4, allChains, "MASQUERADE", false);
    g_autofree char *lenient = rulesOf("<forward/><ip address='10.7.0.1' prefix='24'><dhcp><range start='10.7.0.2' end='10.7.0.3'/></dhcp>"
                                       "</ip>", allChains, "CHECKSUM", true);
    assertHas(ran, "4 --table filter --delete LIBVIRT_FWO --source 10.7.0.0/16 --in-interface br9 --jump ACCEPT");
    assertHas(ran, "4 --table filter --delete LIBVIRT_INP --in-interface br9 --protocol tcp --destination-port 67 --jump ACCEPT");
    g_assert_null(strstr(lenient, "--delete"));
}

static void testEqual(void)
{
    g_autoptr(virNetworkDef) a = parse("<forward/>" IP4), b = parse("<forward/>" IP4), c = parse("<forward dev='eth1'/>" IP4);
    g_assert_true(virNetworkRulesEqual(a, b));
    g_assert_false(virNetworkRulesEqual(a, c));
}

/* ---- traffic ---- */

static bool recordTc(const char *const *argv, gpointer data, GError **error)
{
    g_autofree char *words = g_strjoinv(" ", (char **)argv);
    g_string_append_printf(data, "%s\n", words);
    if (!strstr(words, "bad"))
        return true;
    virErrorSet(error, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, "no");
    return false;
}

static void testBandwidth(void)
{
    g_autoptr(GString) ran = g_string_new(NULL);
    const virBandwidthRate in = { 1000, 5000, 0, 1024 }, out = { 128, 0, 0, 0 }, one = { 10, 0, 200, 0 };
    const unsigned char mac[6] = { 0x52, 0x54, 0, 0x7b, 0x35, 0x02 };
    g_autoptr(GError) error = NULL;
    virBandwidthSetRunner(recordTc, ran);
    g_assert_true(virBandwidthSet("br9", &in, &out, true, &error));
    g_assert_cmpstr(ran->str, ==, "qdisc del dev br9 root\nqdisc del dev br9 ingress\nqdisc add dev br9 root handle 1: htb default 2\n"
                    "class add dev br9 parent 1: classid 1:1 htb rate 1000kbps ceil 5000kbps quantum 85\n"
                    "class add dev br9 parent 1:1 classid 1:2 htb rate 1000kbps ceil 5000kbps burst 1024kb quantum 85\n"
                    "qdisc add dev br9 parent 1:2 handle 2: sfq perturb 10\n"
                    "filter add dev br9 parent 1:0 protocol all prio 1 handle 1 fw flowid 1\nqdisc add dev br9 ingress\n"
                    "filter add dev br9 parent ffff: protocol all u32 match u32 0 0 police rate 128kbps burst 128kb mtu 64kb drop "
                    "flowid :1\n");
    g_string_truncate(ran, 0);
    g_assert_true(virBandwidthPlug("br9", &in, mac, &one, 3, &error));
    g_assert_cmpstr(ran->str, ==, "class add dev br9 parent 1:1 classid 1:3 htb rate 200kbps ceil 5000kbps quantum 1\n"
                    "qdisc add dev br9 parent 1:3 handle 3: sfq perturb 10\n"
                    "filter add dev br9 protocol ip prio 2 handle 800::803 u32 match u16 0x0800 0xffff at -2 "
                    "match u32 0x007b3502 0xffffffff at -12 match u16 0x5254 0xffff at -14 flowid 1:3\n");
    g_assert_false(virBandwidthSet("bad0", &in, NULL, true, &error));
    g_assert_error(error, VIR_ERROR, VIR_ERR_INTERNAL_ERROR);
    virBandwidthSetRunner(NULL, NULL);
}

/* ---- the host's tables ---- */

static void put(const char *root, const char *path, const char *text)
{
    g_autofree char *file = g_build_filename(root, path, NULL), *dir = g_path_get_dirname(file);
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_assert_true(g_file_set_contents(file, text, -1, &error));
}

static void removeTree(const char *path)
{
    g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    for (const char *name = dir ? g_dir_read_name(dir) : NULL; name; name = g_dir_read_name(dir)) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        removeTree(child);
    }
    g_remove(path);
}

static void testTables(void)
{
    g_autofree char *root = g_dir_make_tmp("network-XXXXXX", NULL);
    g_autoptr(virHost) host = virHostNew(root);
    const unsigned char ten[] = { 10, 7, 0, 1 }, other[] = { 10, 8, 0, 1 };
    /* as a little endian machine writes it */
    put(root, "proc/net/route", "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth1\t0000070A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n");
    g_autofree char *same = virRouteDevice(host, ten, 16), *smaller = virRouteDevice(host, ten, 24);
    g_autofree char *elsewhere = virRouteDevice(host, other, 16);
    if (G_BYTE_ORDER == G_LITTLE_ENDIAN)
        g_assert_cmpstr(same, ==, "eth1");
    g_assert_null(smaller);
    g_assert_null(elsewhere);
#define ZERO "00000000000000000000000000000000"
    put(root, "proc/net/ipv6_route",
        ZERO " 00 " ZERO " 00 fe800000000000000000000000000001 00000400 00000001 00000000 00450003     eth0\n"
        ZERO " 00 " ZERO " 00 fe800000000000000000000000000001 00000400 00000001 00000000 00450003     eth1\n"
        ZERO " 00 " ZERO " 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth2\n");
    for (int i = 0; i < 3; i++) {
        g_autofree char *path = g_strdup_printf("proc/sys/net/ipv6/conf/eth%d/accept_ra", i);
        put(root, path, i == 1 ? "2\n" : "1\n");
    }
    g_autofree char *lost = virRoutesLostByForwarding(host);
    g_assert_cmpstr(lost, ==, "eth0");
    removeTree(root);
}

static void testFunctions(void)
{
    g_autofree char *root = g_dir_make_tmp("network-XXXXXX", NULL);
    g_autoptr(virHost) host = virHostNew(root);
    g_autofree char *link = g_build_filename(root, "sys/class/net/eth0/device/virtfn0", NULL);
    put(root, "sys/class/net/eth0/device/class", "");
    put(root, "sys/devices/0000:01:10.1/net/eth5/mtu", "1500\n");
    g_assert_cmpint(symlink("../../../../devices/0000:01:10.1", link), ==, 0);
    g_autoptr(GPtrArray) all = virLinkVirtualFunctions(host, "eth0"), none = virLinkVirtualFunctions(host, "eth7");
    g_assert_cmpuint(none->len, ==, 0);
    g_assert_cmpuint(all->len, ==, 1);
    g_assert_cmpstr(((virLinkFunction *)all->pdata[0])->pci, ==, "0000:01:10.1");
    g_assert_cmpstr(((virLinkFunction *)all->pdata[0])->netdev, ==, "eth5");
    removeTree(root);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/network/dnsmasq/conf", testConf);
    g_test_add_func("/network/dnsmasq/hosts", testHosts);
    g_test_add_func("/network/dnsmasq/refused", testRefused);
    g_test_add_func("/network/rules/chains", testChains);
    g_test_add_func("/network/rules/forward", testForward);
    g_test_add_func("/network/rules/undone", testUndone);
    g_test_add_func("/network/rules/equal", testEqual);
    g_test_add_func("/network/bandwidth", testBandwidth);
    g_test_add_func("/network/tables", testTables);
    g_test_add_func("/network/functions", testFunctions);
    return g_test_run();
}
