/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the model refuses, one row for each refusal: a device (or more of the guest) that is wrong, and the code, the domain and the
 * words of the error. And what VALIDATE says of a typing error.
 */
#include <glib.h>
#include <string.h>
#include "base/error.h"
#include "model/domain-conf.h"
#include "xmlconf.h"

typedef struct {
    const char *machine;        /* "arch machine"; NULL: x86_64 pc */
    const char *guest, *devices;
    int code, from;
    const char *says;
} virRefusal;

#define NET(type, inner) "<interface type='" type "'><mac address='52:54:00:00:00:01'/>" inner "</interface>"
#define DISK(attrs, target, inner) "<disk type='file' " attrs "><source file='/a'/><target " target "/>" inner "</disk>"

static const virRefusal refusals[] = {
    { NULL, "", DISK("", "dev='vda'", "<address type='pci' slot='0x20'/>"), VIR_ERR_XML_ERROR, VIR_FROM_NONE, "slot='0x20', must be <= 0x1F" },
    { NULL, "", DISK("", "dev='vda'", "<address/>"), VIR_ERR_INTERNAL_ERROR, VIR_FROM_DOMAIN, "No type specified for device address" },
    { NULL, "", DISK("", "dev='vda'", "<address type='x'/>"), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "unknown address type 'x'" },
    { NULL, "", DISK("", "dev='vda'", "<address type='usb'/>"), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "virtio disk cannot have an address of type 'usb'" },
    { NULL, "", DISK("", "dev='hda'", "<address type='drive' target='2'/>"), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "target must be 0 for ide controller" },
    { NULL, "", DISK("", "dev='sda' bus='scsi'", "<address type='drive' bus='2'/>"), VIR_ERR_INTERNAL_ERROR, VIR_FROM_QEMU, "SCSI controller only supports 1 bus" },
    { NULL, "", DISK("device='lun'", "dev='vda'", ""), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "only valid for block type disk source" },
    { NULL, "", DISK("device='cdrom'", "dev='vda'", ""), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "does not support ejectable media" },
    { NULL, "", DISK("device='floppy'", "dev='hda'", ""), VIR_ERR_INTERNAL_ERROR, VIR_FROM_DOMAIN, "Invalid floppy device name: hda" },
    { NULL, "", DISK("", "dev='vda' tray='open'", ""), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "tray is only valid for cdrom and floppy" },
    { NULL, "", "<input/>", VIR_ERR_INTERNAL_ERROR, VIR_FROM_DOMAIN, "missing input device type" },
    { NULL, "", "<input type='tablet' bus='ps2'/>", VIR_ERR_INTERNAL_ERROR, VIR_FROM_DOMAIN, "ps2 bus does not support tablet" },
    { NULL, "", "<input type='mouse' bus='ps2' model='virtio'/>", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "only bus 'virtio' is supported for input model" },
    { NULL, "", "<serial type='x'/>", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "unknown type presented to host" },
    { NULL, "", "<serial type='tcp'><source mode='bind' host='a' service='1'/><source mode='bind' host='a' service='2'/></serial>",
      VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "only one source element is allowed" },
    { NULL, "", "<channel type='pty'><target type='guestfwd'/></channel>", VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "does not define a target address" },
    { NULL, "", "<memballoon model='virtio'/><memballoon model='virtio'/>", VIR_ERR_INTERNAL_ERROR, VIR_FROM_DOMAIN, "only a single memory balloon" },
    { NULL, "", "<panic model='isa'/><panic model='isa'/>", VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "Multiple panic devices" },
    { NULL, "", "<panic model='s390'/>", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "only S390 guests" },
    { NULL, "", "<graphics type='vnc' passwd='123456789'/>", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "only 8 permitted" },
    { NULL, "", "<graphics type='vnc'><audio id='2'/></graphics>", VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "no audio device with ID 2" },
    { NULL, "", "<video><model type='cirrus' ram='1'/></video>", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "ram attribute only supported" },
    { NULL, "", NET("server", ""), VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "requires a 'source' element" },
    { NULL, "", NET("client", "<source address='1.1.1.1'/>"), VIR_ERR_XML_ERROR, VIR_FROM_XML, "Missing required attribute 'port'" },
    { NULL, "", NET("hostdev", "<source/>"), VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "missing source address type" },
    { NULL, "", NET("bridge", "<source bridge='b'/><vlan/>"), VIR_ERR_XML_ERROR, VIR_FROM_NONE, "missing tag id" },
    { NULL, "", NET("bridge", "<source bridge='b'/><vlan><tag id='4096'/></vlan>"), VIR_ERR_XML_ERROR, VIR_FROM_NONE, "4096 too large" },
    { NULL, "", NET("bridge", "<source bridge='b'/><bandwidth><inbound peak='1'/></bandwidth>"), VIR_ERR_XML_DETAIL, VIR_FROM_NONE, "Missing mandatory average" },
    { NULL, "", NET("bridge", "<source bridge='b'/><bandwidth><inbound average='1' floor='1'/></bandwidth>"), VIR_ERR_CONFIG_UNSUPPORTED,
      VIR_FROM_NONE, "floor attribute is not supported" },
    { NULL, "", NET("bridge", "<source bridge='b'/><bandwidth><inbound average='1'/><inbound average='2'/></bandwidth>"), VIR_ERR_XML_DETAIL,
      VIR_FROM_NONE, "Only one child <inbound>" },
    { NULL, "", NET("bridge", "<source bridge='b'/><virtualport/>"), VIR_ERR_XML_ERROR, VIR_FROM_NONE, "missing required virtualport type" },
    { NULL, "", NET("bridge", "<source bridge='b'/><virtualport type='802.1Qbh'/>"), VIR_ERR_XML_ERROR, VIR_FROM_NET, "missing profileid" },
    { NULL, "", NET("user", "<virtualport type='openvswitch'/>"), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "unsupported for <interface type='user'>" },
    { NULL, "", NET("ethernet", "<ip/>"), VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "Missing required address in <ip>" },
    { NULL, "", NET("ethernet", "<ip address='1.2.3.4' prefix='33'/>"), VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "Invalid prefix value '33'" },
    { NULL, "", NET("ethernet", "<ip address='1.2.3.4' peer='::1'/>"), VIR_ERR_INVALID_ARG, VIR_FROM_DOMAIN, "Invalid peer '::1'" },
    { NULL, "", NET("ethernet", "<ip address='1.2.3.4'/>"), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "not supported by QEMU" },
    { NULL, "", NET("ethernet", "<route gateway='1.2.3.4'/>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK, "guest interface: Missing required address" },
    { NULL, "", NET("ethernet", "<route address='1.2.3.4' gateway='1.2.3.5'/>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK, "not a network address" },
    { NULL, "", "<hostdev mode='subsystem' type='pci'/>", VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "Missing <source> element" },
    { NULL, "", "<hostdev mode='subsystem' type='usb'><source><vendor id='1'/></source></hostdev>", VIR_ERR_INTERNAL_ERROR, VIR_FROM_DOMAIN, "missing product" },
    { NULL, "", "<hostdev mode='capabilities' type='net'><source/></hostdev>", VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "Missing <interface> element" },
    { NULL, "", "<filesystem type='mount'><source dir='/x'/></filesystem>", VIR_ERR_NO_TARGET, VIR_FROM_DOMAIN, "/x" },
    { NULL, "", "<filesystem type='mount'><driver type='virtiofs'/><source dir='/x'/><target dir='y'/></filesystem>",
      VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "requires shared memory" },
    { NULL, "", "<controller type='pci' index='1' model='pci-bridge'><target chassisNr='300'/></controller>",
      VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "chassisNr '300' out of range" },
    { NULL, "", "<controller type='sata' model='x'/>", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "Unknown model type 'x'" },
    { NULL, "", "<vsock model='virtio'><cid address='1'/></vsock>", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "must be >= 3" },
    { NULL, "", "<nvram/>", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "only supported for PPC64" },
    { NULL, "<clock offset='timezone'/>", "", VIR_ERR_INTERNAL_ERROR, VIR_FROM_DOMAIN, "missing 'timezone'" },
    { NULL, "<features><gic version='2'/></features>", "", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "'gic' feature is not supported" },
    { NULL, "<seclabel type='static'/>", "", VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "security label is missing" },
    { NULL, "<seclabel type='none' relabel='yes'/>", "", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "resource relabeling is not compatible" },
    { NULL, "<seclabel type='dynamic' model='dac'/><seclabel type='dynamic' model='dac'/>", "", VIR_ERR_XML_DETAIL, VIR_FROM_DOMAIN, "is already provided" },
    { NULL, "<cpu><numa><cell id='0' cpus='0' memory='1'/><cell id='1' cpus='0' memory='1'/></numa></cpu>", "",
      VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "overlapping vCPU ids" },
    { NULL, "<cputune><iothreadpin iothread='2' cpuset='0'/></cputune>", "", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "Cannot find 'iothread' : 2" },
    { NULL, "<cputune><vcpusched vcpus='3' scheduler='batch'/></cputune>", "", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "vCPU '3' is not present" },
    { NULL, "<numatune><memory mode='strict' placement='static'/></numatune>", "", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "nodeset for NUMA" },
    { NULL, "<numatune><memnode cellid='0' mode='strict' nodeset='0'/></numatune>", "", VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "without any guest NUMA cells" },
    { NULL, "", "<controller type='usb' index='0'/><controller type='usb' index='0'/>", VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "double use of PCI Address 0000:00:01.2" },
    { NULL, "", "<controller type='usb' model='nec-xhci' ports='16'/>", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "'nec-xhci' controller only supports" },
    { NULL, "", "<controller type='pci' index='0' model='pcie-root'/>", VIR_ERR_XML_ERROR, VIR_FROM_QEMU, "must be model='pci-root'" },
    { NULL, "", "<audio id='1' type='oss'><input><settings frequency='44100'/></input></audio>", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN,
      "without fixed settings flag" },
    { "x86_64 q35", "", "<iommu model='intel'><driver intremap='on'/></iommu>", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_DOMAIN, "requires split I/O APIC" },
    { "ppc64 pseries", "<features><hyperv><relaxed state='on'/></hyperv></features>", "", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "Hyperv features" },
    { "aarch64 virt", "<features><acpi/></features>", "", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "ACPI requires UEFI" },
    { "aarch64 virt", "", "<input type='mouse' bus='ps2'/>", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "ps2 is not supported" },
    { "s390x s390-ccw-virtio", "", DISK("", "dev='vda'", "<address type='ccw' cssid='0xff' ssid='0' devno='1'/>"),
      VIR_ERR_INTERNAL_ERROR, VIR_FROM_DEVICE, "Invalid specification for virtio ccw address" },
    { "s390x s390-ccw-virtio", "", DISK("", "dev='vda'", "<address type='ccw' cssid='0xfe'/>"), VIR_ERR_INTERNAL_ERROR, VIR_FROM_DEVICE, "partial" },
    { "s390x s390-ccw-virtio", "", "<parallel type='pty'/>", VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU, "parallel ports are not supported" },
    { "ppc64 pseries", "", NET("user", "<model type='spapr-vlan'/><address type='spapr-vio' reg='0x1000'/>") "<nvram><address type='spapr-vio' reg='0x1000'/></nvram>",
      VIR_ERR_XML_ERROR, VIR_FROM_QEMU, "already in use" },
};

static virDomainDef *parse(const virRefusal *r, unsigned int flags, GError **error)
{
    g_auto(GStrv) words = g_strsplit(r->machine ? r->machine : "x86_64 pc", " ", 2);
    g_autofree char *xml = g_strdup_printf("<domain type='qemu'><name>t</name><memory>65536</memory><os><type arch='%s' machine='%s'>hvm</type></os>"
                                           "%s\n<devices>%s</devices></domain>", words[0], words[1], r->guest, r->devices);
    return virDomainDefParse(xml, NULL, virTestQemuConfig(), VIR_DOMAIN_DEF_INACTIVE | flags, error);
}

static void testRefusals(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        const virRefusal *r = &refusals[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(virDomainDef) def = parse(r, 0, &error);
        if (def || !error)
            g_error("%zu: %s%s was taken", i, r->guest, r->devices);
        if (virErrorCode(error) != r->code || (int)virErrorGetDetail(error)->from != r->from || !strstr(error->message, r->says))
            g_error("%zu: %d %d '%s' instead of %d %d '%s'", i, virErrorCode(error), (int)virErrorGetDetail(error)->from, error->message, r->code, r->from, r->says);
    }
}

/* A typing error is named with its place and the nearest word. */
static void testExplanations(void)
{
    static const struct { const char *devices, *says; } cases[] = {
        { "<dsik type='file'/>", "element 'dsik' is not allowed at /domain/devices (line 2); did you mean 'disk'?" },
        { "<disk devcie='disk'/>", "attribute 'devcie' is not allowed at /domain/devices/disk (line 2); did you mean 'device'?" },
        { "\n<graphics type='vcn'/>", "value of attribute 'type' 'vcn' is not allowed at /domain/devices/graphics (line 3); did you mean 'vnc'?" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        virRefusal r = { .guest = "", .devices = cases[i].devices };
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(&r, VIR_DOMAIN_DEF_VALIDATE_SCHEMA, &error));
        g_assert_cmpint(virErrorCode(error), ==, VIR_ERR_XML_INVALID_SCHEMA);
        if (!strstr(error->message, cases[i].says))
            g_error("'%s' does not say '%s'", error->message, cases[i].says);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/refusals/devices", testRefusals);
    g_test_add_func("/refusals/explanations", testExplanations);
    return g_test_run();
}
