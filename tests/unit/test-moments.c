/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools of every type, volumes, node devices, snapshots, checkpoints and backups: written as they are read, refused with the known codes. */
#include <string.h>
#include "model/backup.h"
#include "model/checkpoint.h"
#include "model/nodedev.h"
#include "model/snapshot.h"
#include "model/storage-vol.h"
#include "model/tables.h"
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

static int refusal(gpointer def, GError **error)
{
    g_assert_null(def);
    int code = virErrorCode(*error);
    g_clear_error(error);
    return code;
}
#define REFUSED(T, text, flags, code) \
    do { \
        GError *error_ = NULL; \
        g_assert_cmpint(refusal(T##Parse(text, NULL, flags, &error_), &error_), ==, code); \
    } while (0)

#define SIZES "  <capacity unit='bytes'>0</capacity>\n  <allocation unit='bytes'>0</allocation>\n  <available unit='bytes'>0</available>\n"
#define UUID "  <uuid>70a7eb15-6c34-ee9c-bf57-69e8e5ff3fb2</uuid>\n"
#define POOL(type, source, target) "<pool type='" type "'>\n  <name>p</name>\n" UUID SIZES "  <source>\n" source "  </source>\n" target "</pool>\n"
#define TARGET "  <target>\n    <path>/t</path>\n  </target>\n"

static void testPools(void)
{
    SAME(virStoragePoolDef, POOL("fs", "    <device path='/dev/a'/>\n    <format type='xfs'/>\n", TARGET));
    SAME(virStoragePoolDef, POOL("netfs", "    <host name='h' port='2049'/>\n    <dir path='/d'/>\n    <format type='nfs'/>\n    <protocol ver='4.1'/>\n", TARGET));
    SAME(virStoragePoolDef, POOL("iscsi-direct", "    <host name='h'/>\n    <device path='iqn.x'/>\n    <initiator>\n      <iqn name='i'/>\n    </initiator>\n", ""));
    SAME(virStoragePoolDef, POOL("scsi", "    <adapter type='fc_host' parent='scsi_host5' managed='yes' wwnn='20000000c9831b4b' wwpn='10000000c9831b4b'/>\n", TARGET));
    SAME(virStoragePoolDef, POOL("gluster", "    <host name='h'/>\n    <dir path='/'/>\n    <name>v</name>\n", ""));
    g_autoptr(virStoragePoolDef) zfs = virStoragePoolDefParse("<pool type='zfs'><source><name>tank</name></source></pool>", NULL, 0, NULL);
    g_assert_cmpstr(zfs->path, ==, "/dev/zvol/tank");
    g_assert_cmpstr(zfs->name, ==, "tank");
    REFUSED(virStoragePoolDef, "<pool type='fs'><name>p</name><source><device path='/a'/><format type='q'/></source><target><path>/t</path></target></pool>", 0,
            VIR_ERR_CONFIG_UNSUPPORTED);
    REFUSED(virStoragePoolDef, "<pool type='logical'><name>p</name><features><cow state='yes'/></features></pool>", 0, VIR_ERR_NO_SUPPORT);
    REFUSED(virStoragePoolDef, "<pool type='scsi'><name>p</name><source><adapter type='fc_host' wwnn='z' wwpn='z'/></source></pool>", 0, VIR_ERR_INTERNAL_ERROR);
    REFUSED(virStoragePoolDef, "<pool type='dir'><name>p</name><source><host name='h'/></source><target><path>/t</path></target></pool>", VIR_DOCUMENT_VALIDATE,
            VIR_ERR_XML_INVALID_SCHEMA);
    g_autofree char *caps = virStoragePoolCapsFormat(1u << VIR_STORAGE_POOL_FS);
    g_assert_nonnull(strstr(caps, "<pool type='fs' supported='yes'>"));
    g_assert_nonnull(strstr(caps, "<pool type='dir' supported='no'>"));
}

static void testVolumes(void)
{
    SAME(virStorageVolDef, "<volume type='file'>\n  <name>v</name>\n  <capacity unit='bytes'>1024</capacity>\n  <allocation unit='bytes'>512</allocation>\n"
                           "  <target>\n    <format type='qcow2'/>\n    <encryption format='luks'>\n      <secret type='passphrase' usage='u'/>\n"
                           "      <cipher name='aes' size='256'/>\n    </encryption>\n    <compat>1.1</compat>\n    <clusterSize unit='B'>65536</clusterSize>\n"
                           "    <features>\n      <lazy_refcounts/>\n    </features>\n  </target>\n</volume>\n");
    g_autoptr(GError) error = NULL;
    const char *dotted = "<volume><name>v</name><capacity>1</capacity><target><format type='luks'/></target></volume>";
    g_assert_cmpint(refusal(virStorageVolDefParseFor(VIR_STORAGE_POOL_DIR, dotted, NULL, 0, &error), &error), ==, VIR_ERR_CONFIG_UNSUPPORTED);
    REFUSED(virStorageVolDef, "<volume><name>v</name></volume>", 0, VIR_ERR_XML_ERROR);
    REFUSED(virStorageVolDef, "<volume><name>v</name><capacity unit='EiB'>8</capacity></volume>", 0, VIR_ERR_OVERFLOW);
    REFUSED(virStorageVolDef, "<volume><name>v</name><capacity>1</capacity><target><encryption format='q'/></target></volume>", 0, VIR_ERR_CONFIG_UNSUPPORTED);
}

static void testNodeDevices(void)
{
    SAME(virNodeDeviceDef, "<device>\n  <name>d</name>\n  <devnode type='dev'>/dev/x</devnode>\n  <devnode type='link'>/dev/y</devnode>\n"
                           "  <capability type='pci'>\n    <class>0x020000</class>\n    <domain>0</domain>\n    <bus>1</bus>\n    <slot>2</slot>\n"
                           "    <function>3</function>\n    <product id='0x0001'>P</product>\n    <vendor id='0x0002'/>\n"
                           "    <capability type='virt_functions' maxCount='7'>\n      <address domain='0x0000' bus='0x02' slot='0x00' function='0x2'/>\n"
                           "    </capability>\n    <numa node='1'/>\n    <pci-express>\n      <link validity='cap' port='0' speed='2.5' width='4'/>\n"
                           "    </pci-express>\n  </capability>\n</device>\n");
    REFUSED(virNodeDeviceDef, "<device><name>d</name><capability type='net'/></device>", 0, VIR_ERR_INTERNAL_ERROR);
    REFUSED(virNodeDeviceDef, "<device><name>d</name><capability type='drm'><type>q</type></capability></device>", 0, VIR_ERR_CONFIG_UNSUPPORTED);
    REFUSED(virNodeDeviceDef, "<device><capability type='net'><interface>i</interface></capability></device>", 0, VIR_ERR_NO_NAME);
}

/* A guest with a disk that is saved, one that is not, and an empty drive. */
static virDomainDef *guest(void)
{
    virDomainDef *dom = virDomainDefNew();
    static const struct { const char *dst, *path; virDomainDiskSnapshot mode; } disks[] = {
        { "vda", "/nowhere/a.qcow2", 0 }, { "vdb", "/nowhere/b.qcow2", VIR_DOMAIN_DISK_SNAPSHOT_NO }, { "hdc", NULL, 0 } };
    for (gsize i = 0; i < G_N_ELEMENTS(disks); i++) {
        virDomainDiskDef *disk = virXmlNew(&virDomainDiskDefXml);
        disk->dst = g_strdup(disks[i].dst);
        disk->src.type = VIR_STORAGE_FILE;
        disk->src.path = g_strdup(disks[i].path);
        disk->snapshot = disks[i].mode;
        virListAppend(&dom->disks, disk);
    }
    return dom;
}

static int align(const char *xml, virDomainDiskSnapshot mode, bool uniform, char **modes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(virDomainSnapshotDef) def = virDomainSnapshotDefParse(xml, NULL, 0, &error);
    g_assert_no_error(error);
    def->m.dom = guest();
    if (!virDomainSnapshotAlign(def, mode, uniform, &error))
        return virErrorCode(error);
    GString *s = g_string_new(NULL);
    for (unsigned int i = 0; i < def->disks.n; i++)
        g_string_append_printf(s, "%s=%s ", def->disks.v[i]->name, virDomainDiskSnapshotToString(def->disks.v[i]->snapshot));
    *modes = g_string_free(s, FALSE);
    return 0;
}

static void testSnapshots(void)
{
    const int internal = VIR_DOMAIN_DISK_SNAPSHOT_INTERNAL, external = VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL;
    g_autofree char *all = NULL, *one = NULL;
    g_assert_cmpint(align("<domainsnapshot/>", internal, true, &all), ==, 0);
    g_assert_cmpstr(all, ==, "vda=internal vdb=no hdc=no ");
    g_assert_cmpint(align("<domainsnapshot><disks><disk name='/nowhere/a.qcow2'><source file='/x'/></disk></disks></domainsnapshot>", external, false, &one), ==, 0);
    g_assert_cmpstr(one, ==, "vda=external vdb=no hdc=no ");
    static const char *const wrong[] = { "<disk name='vdz'/>", "<disk name='vda'/><disk name='vda'/>", "<disk name='vda' snapshot='no'/>",
                                         "<disk name='vda' snapshot='internal'><source file='/x'/></disk>", "<disk name='vda' snapshot='external'/>" };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *xml = g_strdup_printf("<domainsnapshot><disks>%s</disks></domainsnapshot>", wrong[i]), *none = NULL;
        g_assert_cmpint(align(xml, internal, true, &none), ==, VIR_ERR_CONFIG_UNSUPPORTED);
    }
    REFUSED(virDomainSnapshotDef, "<domainsnapshot><memory snapshot='external'/></domainsnapshot>", 0, VIR_ERR_XML_ERROR);
    REFUSED(virDomainSnapshotDef, "<domainsnapshot><memory snapshot='internal'/></domainsnapshot>", VIR_MOMENT_OFFLINE, VIR_ERR_XML_ERROR);
    REFUSED(virDomainSnapshotDef, "<domainsnapshot><name>a</name></domainsnapshot>", VIR_MOMENT_REDEFINE, VIR_ERR_INTERNAL_ERROR);
    REFUSED(virDomainSnapshotDef, "<domainsnapshot><name>a</name><creationTime>1</creationTime><state>q</state></domainsnapshot>", VIR_MOMENT_REDEFINE,
            VIR_ERR_CONFIG_UNSUPPORTED);
}

static void testCheckpoints(void)
{
    REFUSED(virDomainCheckpointDef, "<domaincheckpoint><name>../a</name></domaincheckpoint>", VIR_DOCUMENT_VALIDATE, VIR_ERR_XML_INVALID_SCHEMA);
    g_autoptr(GError) error = NULL;
    g_autoptr(virDomainCheckpointDef) def = virDomainCheckpointDefParse("<domaincheckpoint><name>c</name></domaincheckpoint>", NULL, 0, &error);
    g_assert_no_error(error);
    def->m.dom = guest();
    g_assert_true(virDomainCheckpointAlign(def, &error));
    g_assert_cmpuint(def->disks.n, ==, 3);
    g_assert_cmpstr(def->disks.v[0]->bitmap, ==, "c");
    g_assert_cmpint(def->disks.v[2]->mode, ==, VIR_CHECKPOINT_NO);
}

static void testBackups(void)
{
    static const char pull[] = "<domainbackup mode='pull'>\n  <server transport='tcp' name='h' port='10809'/>\n  <disks>\n"
                               "    <disk name='vda' type='file' exportname='e'>\n      <driver type='qcow2'/>\n      <scratch file='/s'/>\n    </disk>\n"
                               "    <disk name='vdb' backup='no'/>\n  </disks>\n</domainbackup>\n";
    SAME(virDomainBackupDef, pull);
    g_autoptr(virDomainBackupDef) def = virDomainBackupDefParse(pull, NULL, VIR_DOCUMENT_VALIDATE, NULL);
    g_autoptr(virDomainDef) dom = guest();
    g_autoptr(GError) error = NULL;
    g_assert_nonnull(def);
    g_assert_true(virDomainBackupAlign(def, dom, &error));
    g_assert_cmpint(def->disks.v[0]->mode, ==, VIR_BACKUP_DISK_FULL);
    REFUSED(virDomainBackupDef, "<domainbackup mode='pull'/>", VIR_DOCUMENT_VALIDATE, VIR_ERR_XML_INVALID_SCHEMA);
    REFUSED(virDomainBackupDef, "<domainbackup><disks><disk name='vda' type='file' exportname='e'/></disks></domainbackup>", VIR_DOCUMENT_VALIDATE,
            VIR_ERR_XML_INVALID_SCHEMA);
}

static void testTables(void)
{
    virXmlType *const types[] = { &virDomainSnapshotDefXml, &virDomainCheckpointDefXml, &virDomainBackupDefXml };
    g_autoptr(GPtrArray) complaints = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        virXmlCheckTable(types[i], complaints);
    for (guint i = 0; i < complaints->len; i++)
        g_test_message("%s", (char *)complaints->pdata[i]);
    g_assert_cmpuint(complaints->len, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/moments/pools", testPools);
    g_test_add_func("/moments/volumes", testVolumes);
    g_test_add_func("/moments/nodedevs", testNodeDevices);
    g_test_add_func("/moments/snapshots", testSnapshots);
    g_test_add_func("/moments/checkpoints", testCheckpoints);
    g_test_add_func("/moments/backups", testBackups);
    g_test_add_func("/moments/tables", testTables);
    return g_test_run();
}
