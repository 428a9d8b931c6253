/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks, their ports and updates, filters, bindings and secrets: kept as they are, made canonical, refused with the known codes. */
#include <libvirt/libvirt.h>
#include <string.h>
#include "base/error.h"
#include "model/network-address.h"
#include "model/network.h"
#include "model/nwfilter.h"
#include "model/secret.h"

#define UUID "<uuid>67dff83d-247d-4077-8ee6-470e7d58557f</uuid>"
#define BECOMES(T, text, wanted) \
    do { \
        g_autoptr(GError) error = NULL; \
        g_autoptr(T) def = T##Parse(text, NULL, 0, &error); \
        g_assert_no_error(error); \
        g_autoptr(T) copy = T##Copy(def); \
        g_autofree char *out = T##Format(copy, VIR_XML_INACTIVE); \
        g_assert_cmpstr(out, ==, wanted); \
        g_assert_true(virXmlEqual(&T##Xml, def, copy)); \
    } while (0)
#define REFUSED(T, text, wantedCode, says) \
    do { \
        g_autoptr(GError) error = NULL; \
        g_assert_null(T##Parse(text, NULL, 0, &error)); \
        g_assert_cmpint(virErrorCode(error), ==, wantedCode); \
        g_assert_nonnull(strstr(error->message, says)); \
    } while (0)

static void testNetwork(void)
{
    static const char all[] =
        "<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0' ipv6='yes' trustGuestRxFilters='yes'>\n  <name>all</name>\n"
        "  " UUID "\n  <title>t</title>\n  <description>d</description>\n  <forward dev='eth0' mode='nat'>\n    <nat ipv6='yes'>\n"
        "      <address start='1.2.3.4' end='1.2.3.10'/>\n      <port start='500' end='1000'/>\n    </nat>\n    <interface dev='eth0'/>\n"
        "  </forward>\n  <bridge name='br9' zone='z' stp='off' delay='3' macTableManager='libvirt'/>\n  <mtu size='9000'/>\n"
        "  <mac address='12:34:56:78:9a:bc'/>\n  <domain name='ex.com' localOnly='yes' register='yes'/>\n"
        "  <dns enable='yes' forwardPlainNames='no'>\n    <forwarder domain='a.b' addr='1.1.1.1'/>\n    <txt name='a' value='b c'/>\n"
        "    <srv service='name' protocol='tcp' domain='test' target='.' port='1024' priority='10' weight='10'/>\n"
        "    <host ip='1.2.3.4'>\n      <hostname>h1</hostname>\n    </host>\n  </dns>\n  <bandwidth>\n"
        "    <inbound average='1000' peak='5000' burst='5120'/>\n  </bandwidth>\n  <port isolated='yes'/>\n"
        "  <ip address='192.168.3.1' netmask='255.255.255.0' localPtr='yes'>\n    <tftp root='/x'/>\n    <dhcp>\n"
        "      <range start='192.168.3.2' end='192.168.3.100'>\n        <lease expiry='24' unit='hours'/>\n      </range>\n"
        "      <bootp file='f' server='1.2.3.4'/>\n    </dhcp>\n  </ip>\n"
        "  <route address='192.168.222.0' prefix='24' gateway='192.168.3.5' metric='3'/>\n"
        "  <portgroup name='pg' default='yes'>\n    <vlan trunk='yes'>\n      <tag id='5'/>\n      <tag id='6'/>\n    </vlan>\n"
        "    <virtualport type='802.1Qbh'>\n      <parameters profileid='p'/>\n    </virtualport>\n  </portgroup>\n"
        "  <dnsmasq:options>\n    <dnsmasq:option value='foo=bar'/>\n  </dnsmasq:options>\n</network>\n";
    BECOMES(virNetworkDef, all, all);
#define NET(body) "<network><name>x</name>" UUID body "</network>"
    BECOMES(virNetworkDef, NET("<forward mode='none'/><ip family='ipv6' address='2001:0DB8::1'/>"),
            "<network>\n  <name>x</name>\n  " UUID "\n  <bridge stp='on' delay='0'/>\n  <ip family='ipv6' address='2001:db8::1'>\n  </ip>\n"
            "</network>\n");
    REFUSED(virNetworkDef, NET("<ip address='1.2.3.4' prefix='33'/>"), VIR_ERR_CONFIG_UNSUPPORTED, "Invalid IPv4 prefix '33'");
    REFUSED(virNetworkDef, NET("<ip address='1.2.3.4' prefix='24'><dhcp><range start='1.2.3.9' end='1.2.3.5'/></dhcp></ip>"),
            VIR_ERR_INTERNAL_ERROR, "is reversed");
    REFUSED(virNetworkDef, NET("<forward mode='bridge'/><bridge name='b' delay='3'/>"), VIR_ERR_XML_ERROR, "only allowed in route, nat");
    REFUSED(virNetworkDef, NET("<dns><txt name='a b' value='c'/></dns>"), VIR_ERR_XML_DETAIL, "prohibited character");
}

/* What the user left empty stays empty; text between the elements of others was never kept. */
static void testMetadata(void)
{
    static const char kept[] = "<network>\n  <name>a</name>\n  " UUID "\n  <metadata/>\n  <forward mode='bridge'/>\n  <bridge name='br0'/>\n</network>\n";
    BECOMES(virNetworkDef, kept, kept);
    BECOMES(virNetworkDef, "<network><name>a</name>" UUID "<metadata> 0:b > c</metadata><forward mode='bridge'/><bridge name='br0'/></network>", kept);
}

static void testRanges(void)
{
    virIp a, b, net;
    g_autoptr(GError) error = NULL;
    g_assert_true(virIpParse("10.0.0.2", &a) && virIpParse("10.0.0.9", &b) && virIpParse("10.0.0.1", &net));
    g_assert_true(virIpRangeCheck(&a, &b, &net, 24, &error));
    g_assert_false(virIpRangeCheck(&a, &b, &net, 30, NULL));
    g_assert_false(virIpParse("localhost", &a));
    g_assert_true(virIpParse("255.255.240.0", &a));
    g_assert_cmpint(virIpPrefix(&a), ==, 20);
    g_assert_true(virIpParse("255.0.255.0", &a));
    g_assert_cmpint(virIpPrefix(&a), ==, -1);
}

/* One update on a network with two hosts in its DHCP server; the number of hosts afterwards, or the error's code, negative. */
static int update(unsigned int command, unsigned int section, int index, const char *xml)
{
    static const char base[] =
        NET("<forward dev='e0'/><ip address='10.0.0.1' prefix='24'><dhcp><host mac='52:54:00:00:00:01' name='a' ip='10.0.0.2'/>"
            "<host mac='52:54:00:00:00:02' name='b' ip='10.0.0.3'/></dhcp></ip>");
    g_autoptr(GError) error = NULL;
    g_autoptr(virNetworkDef) def = virNetworkDefParse(base, NULL, 0, &error);
    g_assert_no_error(error);
    if (!virNetworkDefUpdate(def, command, section, index, xml, &error))
        return -virErrorCode(error);
    return def->ips.v[0]->hosts.n;
}

static void testUpdate(void)
{
    const unsigned int host = VIR_NETWORK_SECTION_IP_DHCP_HOST;
    g_assert_cmpint(update(VIR_NETWORK_UPDATE_COMMAND_DELETE, host, -1, "<host name='a'/>"), ==, 1);
    g_assert_cmpint(update(VIR_NETWORK_UPDATE_COMMAND_ADD_LAST, host, 0, "<host mac='52:54:00:00:00:03' ip='10.0.0.4'/>"), ==, 3);
    g_assert_cmpint(update(VIR_NETWORK_UPDATE_COMMAND_MODIFY, host, -1, "<host name='a' ip='10.0.0.9'/>"), ==, 2);
    g_assert_cmpint(update(VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST, host, -1, "<host name='a' ip='10.0.0.9'/>"), ==, -VIR_ERR_OPERATION_INVALID);
    g_assert_cmpint(update(VIR_NETWORK_UPDATE_COMMAND_DELETE, host, 7, "<host name='a'/>"), ==, -VIR_ERR_OPERATION_INVALID);
    g_assert_cmpint(update(VIR_NETWORK_UPDATE_COMMAND_DELETE, host, -1, "<guest/>"), ==, -VIR_ERR_XML_ERROR);
    g_assert_cmpint(update(VIR_NETWORK_UPDATE_COMMAND_MODIFY, VIR_NETWORK_SECTION_IP_DHCP_RANGE, -1, "<range/>"), ==,
                    -VIR_ERR_OPERATION_UNSUPPORTED);
    g_assert_cmpint(update(VIR_NETWORK_UPDATE_COMMAND_DELETE, VIR_NETWORK_SECTION_BRIDGE, -1, "<bridge/>"), ==,
                    -VIR_ERR_OPERATION_UNSUPPORTED);
    /* a second interface makes the network wrong as a whole */
    g_assert_cmpint(update(VIR_NETWORK_UPDATE_COMMAND_ADD_LAST, VIR_NETWORK_SECTION_FORWARD_INTERFACE, -1, "<interface dev='e1'/>"), ==,
                    -VIR_ERR_XML_ERROR);
}

static void testPort(void)
{
    static const char port[] =
        "<networkport>\n  " UUID "\n  <owner>\n    <name>m</name>\n    <uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid>\n  </owner>\n"
        "  <group>web1</group>\n  <mac address='52:54:00:7b:35:93'/>\n  <bandwidth classID='17'>\n"
        "    <inbound average='1000' peak='4000' floor='2000' burst='1024'/>\n  </bandwidth>\n  <rxfilters trustGuest='yes'/>\n"
        "  <plug type='hostdev-pci' managed='no'>\n    <driver name='vfio'/>\n"
        "    <address domain='0x0001' bus='0x02' slot='0x03' function='0x4'/>\n  </plug>\n</networkport>\n";
    BECOMES(virNetworkPortDef, port, port);
    REFUSED(virNetworkPortDef, "<networkport/>", VIR_ERR_INTERNAL_ERROR, "network port has no uuid");
}

static void testFilter(void)
{
#define FILTER(body) "<filter name='f'>" UUID body "</filter>"
#define RULE(match) FILTER("<rule action='drop' direction='in'>" match "</rule>")
    BECOMES(virNWFilterDef,
            FILTER("<rule action='accept' direction='out' statematch='0'><tcp srcmacaddr='1:2:3:4:5:6' srcipmask='255.255.0.0' "
                   "dstportstart='0X50' flags='syn,ack/all' state='related,new' srcipaddr='$IP[ @2 ]'/></rule>"
                   "<filterref filter='x'><parameter name='B' value='1'/><parameter name='A' value='2'/></filterref>"
                   "<rule action='drop' direction='inout' priority='-5'><arp opcode='2'/></rule>"),
            "<filter name='f' chain='root'>\n  " UUID "\n  <rule action='accept' direction='out' priority='500' statematch='false'>\n"
            "    <tcp srcmacaddr='01:02:03:04:05:06' srcipaddr='$IP[@2]' srcipmask='16' state='NEW,RELATED' dstportstart='0x50' "
            "flags='SYN,ACK/ALL'/>\n  </rule>\n  <filterref filter='x'>\n    <parameter name='A' value='2'/>\n"
            "    <parameter name='B' value='1'/>\n  </filterref>\n  <rule action='drop' direction='inout' priority='-5'>\n"
            "    <arp opcode='Reply'/>\n  </rule>\n</filter>\n");
    REFUSED(virNWFilterDef, RULE("<tcp srcportstart='65536'/>"), VIR_ERR_INTERNAL_ERROR, "srcportstart has illegal value 65536");
    REFUSED(virNWFilterDef, RULE("<mac srcmacmask='ff:00:ff:00:00:00'/>"), VIR_ERR_INTERNAL_ERROR, "srcmacmask has illegal value");
    REFUSED(virNWFilterDef, RULE("<ip dstportend='80'/>"), VIR_ERR_INTERNAL_ERROR, "requires protocol specification");
    REFUSED(virNWFilterDef, RULE("<all state='OLD'/>"), VIR_ERR_INTERNAL_ERROR, "state has illegal value OLD");
    REFUSED(virNWFilterDef, FILTER("<rule direction='in'/>"), VIR_ERR_INTERNAL_ERROR, "requires action");
    BECOMES(virNWFilterDef, "<filter name='f'><rule action='drop' direction='in'><mac/></rule>" UUID "<filterref filter='x'/></filter>",
         "<filter name='f' chain='root'>\n  " UUID "\n  <rule action='drop' direction='in' priority='500'>\n    <mac/>\n  </rule>\n"
         "  <filterref filter='x'/>\n</filter>\n");
    REFUSED(virNWFilterDef, "<filter name='f' chain='tcp'/>", VIR_ERR_INVALID_ARG, "Invalid chain name 'tcp'");
}

static void testBinding(void)
{
    static const char binding[] =
        "<filterbinding>\n  <owner>\n    <name>m</name>\n    <uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid>\n  </owner>\n"
        "  <portdev name='vnet0'/>\n  <linkdev name='eth0'/>\n  <mac address='52:54:00:7b:35:93'/>\n  <filterref filter='f'>\n"
        "    <parameter name='IP' value='1.2.3.4'/>\n  </filterref>\n</filterbinding>\n";
    BECOMES(virNWFilterBindingDef, binding, binding);
    REFUSED(virNWFilterBindingDef, "<filterbinding/>", VIR_ERR_INTERNAL_ERROR, "filter binding has no port dev name");
}

static void testSecret(void)
{
    static const char *const usages[] = { "<usage type='volume'>\n    <volume>/v</volume>\n  </usage>", "<usage type='ceph'>\n    <name>c</name>\n  </usage>",
                                          "<usage type='iscsi'>\n    <target>t</target>\n  </usage>", "<usage type='tls'>\n    <name>n</name>\n  </usage>",
                                          "<usage type='vtpm'>\n    <name>n</name>\n  </usage>" };
    for (gsize i = 0; i < G_N_ELEMENTS(usages); i++) {
        g_autofree char *text = g_strdup_printf("<secret ephemeral='yes' private='no'>\n  " UUID "\n  <description>d</description>\n  %s\n</secret>\n", usages[i]);
        BECOMES(virSecretDef, text, text);
    }
    REFUSED(virSecretDef, "<secret><usage type='ceph'/></secret>", VIR_ERR_INTERNAL_ERROR, "name is missing");
    REFUSED(virSecretDef, "<secret><usage type='purse'/></secret>", VIR_ERR_CONFIG_UNSUPPORTED, "unknown secret usage type purse");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/network", testNetwork);
    g_test_add_func("/net/metadata", testMetadata);
    g_test_add_func("/net/ranges", testRanges);
    g_test_add_func("/net/update", testUpdate);
    g_test_add_func("/net/port", testPort);
    g_test_add_func("/net/filter", testFilter);
    g_test_add_func("/net/binding", testBinding);
    g_test_add_func("/net/secret", testSecret);
    return g_test_run();
}
