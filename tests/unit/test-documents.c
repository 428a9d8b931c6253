/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The smaller documents: what the test driver shows is read and written without a change; wrong ones are refused with the known words. */
#include <string.h>
#include "model/caps.h"
#include "model/domcaps.h"
#include "model/interface.h"
#include "model/network.h"
#include "model/nodedev.h"
#include "model/secret.h"
#include "model/storage.h"
#include "xmlrandom.h"

#define SAME(T, text) \
    do { \
        g_autoptr(GError) error = NULL; \
        g_autoptr(T) def = T##Parse(text, NULL, 0, &error); \
        g_assert_no_error(error); \
        g_autoptr(T) copy = T##Copy(def); \
        g_autofree char *out = T##Format(copy, 0); \
        g_assert_cmpstr(out, ==, text); \
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
    SAME(virNetworkDef, "<network>\n  <name>default</name>\n  <uuid>dd8fe884-6c02-601e-7551-cca97df1c5df</uuid>\n  <forward mode='nat'/>\n"
                        "  <bridge name='virbr0' stp='on' delay='0'/>\n  <ip address='192.168.122.1' netmask='255.255.255.0'>\n    <dhcp>\n"
                        "      <range start='192.168.122.2' end='192.168.122.254'/>\n    </dhcp>\n  </ip>\n</network>\n");
    SAME(virNetworkDef, "<network>\n  <name>c</name>\n  <uuid>67dff83d-247d-4077-8ee6-470e7d58557f</uuid>\n  <forward dev='eth0' mode='route'>\n"
                        "    <interface dev='eth0'/>\n  </forward>\n  <bridge name='br7' stp='on' delay='0'/>\n  <mac address='52:54:00:00:00:01'/>\n"
                        "  <domain name='x'/>\n  <ip address='10.0.0.1' prefix='24'>\n    <dhcp>\n      <range start='10.0.0.2' end='10.0.0.9'/>\n"
                        "      <host mac='52:54:00:00:00:02' name='h' ip='10.0.0.3'/>\n    </dhcp>\n  </ip>\n</network>\n");
    REFUSED(virNetworkDef, "<network/>", VIR_ERR_NO_NAME, "missing name information");
    REFUSED(virNetworkDef, "<network><name>b</name><forward/></network>", VIR_ERR_XML_ERROR, "nat forwarding requested, but no IP address provided for network 'b'");
    g_autoptr(virNetworkDef) isolated = virNetworkDefParse("<network><name>a</name></network>", NULL, 0, NULL);
    g_autofree char *text = virNetworkDefFormat(isolated, 0);
    g_assert_nonnull(strstr(text, "  <bridge stp='on' delay='0'/>\n"));
}

static void testInterface(void)
{
    SAME(virInterfaceDef, "<interface type='ethernet' name='eth1'>\n  <start mode='onboot'/>\n  <mtu size='1492'/>\n  <protocol family='ipv4'>\n"
                          "    <ip address='192.168.0.5' prefix='24'/>\n    <route gateway='192.168.0.1'/>\n  </protocol>\n"
                          "  <mac address='aa:bb:cc:dd:ee:ff'/>\n</interface>\n");
    REFUSED(virInterfaceDef, "<interface type='ethernet'/>", VIR_ERR_XML_ERROR, "interface has no name");
}

static void testStorage(void)
{
    static const char pool[] = "<pool type='dir'>\n  <name>default-pool</name>\n  <uuid>dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566</uuid>\n"
                               "  <capacity unit='bytes'>0</capacity>\n  <allocation unit='bytes'>0</allocation>\n  <available unit='bytes'>0</available>\n"
                               "  <source>\n  </source>\n  <target>\n    <path>/default-pool</path>\n  </target>\n</pool>\n";
    SAME(virStoragePoolDef, pool);
    g_autoptr(virStoragePoolDef) untidy = virStoragePoolDefParse("<pool type='dir'><name>p</name><target><path>///x//y/</path></target></pool>", NULL, 0, NULL);
    g_assert_cmpstr(untidy->path, ==, "/x/y");
    REFUSED(virStoragePoolDef, "<pool type='q'/>", VIR_ERR_XML_ERROR, "Invalid value for attribute 'type' in element 'pool': 'q'.");
    REFUSED(virStoragePoolDef, "<pool type='dir'><target><path>/x/</path></target></pool>", VIR_ERR_XML_ERROR, "missing pool source name element");
    REFUSED(virStoragePoolDef, "<pool type='dir'><name>p</name></pool>", VIR_ERR_XML_ERROR, "missing storage pool target path");
    static const char volume[] = "<volume type='file'>\n  <name>v1</name>\n  <key>/default-pool/v1</key>\n  <capacity unit='bytes'>1048576</capacity>\n"
                                 "  <allocation unit='bytes'>1048576</allocation>\n  <target>\n    <path>/default-pool/v1</path>\n    <format type='qcow2'/>\n"
                                 "  </target>\n</volume>\n";
    g_autoptr(virStorageVolDef) vol = virStorageVolDefParse(volume, NULL, 0, NULL);
    vol->type = VIR_STORAGE_VOL_KIND_FILE;
    g_autofree char *text = virStorageVolDefFormat(vol, 0);
    g_assert_cmpstr(text, ==, volume);
}

static void testSecret(void)
{
    SAME(virSecretDef, "<secret ephemeral='yes' private='yes'>\n  <uuid>22e1353d-c27e-4d6d-bf15-465053e6ba0b</uuid>\n"
                       "  <description>Ephemeral Private Secret</description>\n  <usage type='volume'>\n    <volume>/var/lib/libvirt/images/image.img</volume>\n"
                       "  </usage>\n</secret>\n");
    SAME(virSecretDef, "<secret ephemeral='no' private='no'>\n  <uuid>f52a81b2-424e-490c-823d-6bd4235bc572</uuid>\n  <usage type='ceph'>\n"
                       "    <name>CephCephCephCeph</name>\n  </usage>\n</secret>\n");
}

static void testNodeDevice(void)
{
    SAME(virNodeDeviceDef, "<device>\n  <name>computer</name>\n  <capability type='system'>\n    <hardware>\n      <vendor>Libvirt</vendor>\n"
                           "      <version>Test driver</version>\n      <serial>123456</serial>\n      <uuid>11111111-2222-3333-4444-555555555555</uuid>\n"
                           "    </hardware>\n    <firmware>\n      <vendor>Libvirt</vendor>\n      <version>Test Driver</version>\n"
                           "      <release_date>01/22/2007</release_date>\n    </firmware>\n  </capability>\n</device>\n");
    SAME(virNodeDeviceDef, "<device>\n  <name>scsi_host1</name>\n  <parent>computer</parent>\n  <capability type='scsi_host'>\n    <host>1</host>\n"
                           "    <unique_id>0</unique_id>\n    <capability type='fc_host'>\n      <wwnn>2000000012341234</wwnn>\n"
                           "      <wwpn>1000000012341234</wwpn>\n      <fabric_wwn>2000000043214321</fabric_wwn>\n    </capability>\n"
                           "    <capability type='vport_ops'>\n      <max_vports>0</max_vports>\n      <vports>0</vports>\n    </capability>\n"
                           "  </capability>\n</device>\n");
    REFUSED(virNodeDeviceDef, "<device><name>x</name></device>", VIR_ERR_INTERNAL_ERROR, "no device capabilities for 'x'");
}

static void testCapabilities(void)
{
    static const char caps[] =
        "<capabilities>\n\n  <host>\n    <uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>\n    <cpu>\n      <arch>x86_64</arch>\n"
        "      <model>Haswell</model>\n      <vendor>Intel</vendor>\n      <microcode version='7'/>\n"
        "      <signature family='6' model='60' stepping='0'/>\n      <counter name='tsc' frequency='2500000000' scaling='no'/>\n"
        "      <topology sockets='1' dies='1' cores='2' threads='1'/>\n      <maxphysaddr mode='emulate' bits='46'/>\n"
        "      <feature name='vme'/>\n      <pages unit='KiB' size='4'/>\n    </cpu>\n    <power_management>\n      <suspend_mem/>\n"
        "    </power_management>\n    <iommu support='no'/>\n    <topology>\n      <cells num='1'>\n        <cell id='0'>\n"
        "          <memory unit='KiB'>4096</memory>\n          <pages unit='KiB' size='4'>1024</pages>\n          <distances>\n"
        "            <sibling id='0' value='10'/>\n          </distances>\n          <cpus num='2'>\n"
        "            <cpu id='0' socket_id='0' die_id='0' core_id='0' siblings='0'/>\n            <cpu id='1'/>\n"
        "          </cpus>\n        </cell>\n      </cells>\n    </topology>\n    <cache>\n"
        "      <bank id='0' level='3' type='both' size='15' unit='MiB' cpus='0-1'>\n"
        "        <control granularity='768' min='1536' unit='KiB' type='both' maxAllocs='4'/>\n      </bank>\n"
        "      <monitor level='3' reuseThreshold='270336' maxMonitors='176'>\n        <feature name='llc_occupancy'/>\n      </monitor>\n"
        "    </cache>\n    <memory_bandwidth>\n      <node id='0' cpus='0-1'>\n"
        "        <control granularity='10' min='10' maxAllocs='4'/>\n      </node>\n    </memory_bandwidth>\n    <secmodel>\n"
        "      <model>none</model>\n      <doi></doi>\n    </secmodel>\n  </host>\n\n  <guest>\n    <os_type>hvm</os_type>\n"
        "    <arch name='x86_64'>\n      <wordsize>64</wordsize>\n      <emulator>/usr/bin/qemu</emulator>\n"
        "      <machine canonical='pc-1.0' maxCpus='255' deprecated='yes'>pc</machine>\n      <domain type='qemu'/>\n    </arch>\n"
        "    <features>\n      <acpi default='on' toggle='yes'/>\n      <cpuselection/>\n    </features>\n  </guest>\n\n</capabilities>\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(virCapsDef) def = virCapsDefParse(caps, NULL, 0, &error);
    g_assert_no_error(error);
    g_autofree char *text = virCapsDefText(def);
    g_assert_cmpstr(text, ==, caps);
    SAME(virDomCapsDef,
         "<domainCapabilities>\n  <path>/usr/bin/qemu</path>\n  <domain>kvm</domain>\n  <machine>pc-1.0</machine>\n  <arch>x86_64</arch>\n"
         "  <vcpu max='255'/>\n  <iothreads supported='yes'/>\n  <os supported='yes'>\n    <enum name='firmware'/>\n"
         "    <loader supported='no'/>\n  </os>\n  <cpu>\n    <mode name='host-model' supported='yes'>\n"
         "      <model fallback='forbid'>Haswell</model>\n      <vendor>Intel</vendor>\n      <feature policy='require' name='vme'/>\n"
         "    </mode>\n    <mode name='custom' supported='yes'>\n      <model usable='no' vendor='Intel'>Haswell</model>\n    </mode>\n"
         "  </cpu>\n  <memoryBacking supported='no'/>\n  <devices>\n    <disk supported='yes'>\n      <enum name='bus'>\n"
         "        <value>ide</value>\n        <value>virtio</value>\n      </enum>\n    </disk>\n  </devices>\n  <features>\n"
         "    <gic supported='no'/>\n    <sev supported='yes'>\n      <cbitpos>47</cbitpos>\n"
         "      <reducedPhysBits>1</reducedPhysBits>\n    </sev>\n  </features>\n</domainCapabilities>\n");
}

static void testTables(void)
{
    virXmlType *const types[] = { &virNetworkDefXml, &virInterfaceDefXml, &virStoragePoolDefXml, &virStorageVolDefXml, &virSecretDefXml, &virNodeDeviceDefXml,
                                &virCapsDefXml, &virDomCapsDefXml };
    g_autoptr(GPtrArray) complaints = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GRand) r = g_rand_new_with_seed(11);
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        virXmlCheckTable(types[i], complaints);
        for (int n = 0; n < 20; n++) {
            void *obj = virXmlNew(types[i]);
            virTestXmlFill(r, types[i], obj, 3);
            void *copy = virXmlCopy(types[i], obj);
            g_assert_true(virXmlEqual(types[i], obj, copy));
            virXmlFree(types[i], obj);
            virXmlFree(types[i], copy);
        }
    }
    for (guint i = 0; i < complaints->len; i++)
        g_test_message("%s", (char *)complaints->pdata[i]);
    g_assert_cmpuint(complaints->len, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/documents/network", testNetwork);
    g_test_add_func("/documents/interface", testInterface);
    g_test_add_func("/documents/storage", testStorage);
    g_test_add_func("/documents/secret", testSecret);
    g_test_add_func("/documents/nodedev", testNodeDevice);
    g_test_add_func("/documents/capabilities", testCapabilities);
    g_test_add_func("/documents/tables", testTables);
    return g_test_run();
}
