# SPDX-License-Identifier: LGPL-2.1-or-later
"""Snapshots, checkpoints, pools, interfaces and node devices through python3-libvirt: on test:///default, and QEMU's after a restart of the daemon."""
import contextlib
import os
import subprocess
import sys
import unittest

import harness

harness.enter()
harness.load_ours()

import libvirt  # noqa: E402  (the dynamic linker must find our library first)

UUID = 'c7a5fdbd-edaf-9455-926a-d65c16db1809'
GUEST = '''<domain type='%s'><name>g</name><uuid>''' + UUID + '''</uuid><memory>65536</memory><os><type arch='%s'>hvm</type></os><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/var/lib/libvirt/g.qcow2'/><target dev='vda' bus='virtio'/></disk></devices></domain>'''
MOMENT = '<domain%s><name>%s</name>%s<creationTime>7</creationTime>%s%s</domain%s>'
R, D = libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE, libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA


def moment(kind, name, dom, parent=None, state='<state>shutoff</state>'):
    return MOMENT % (kind, name, f'<parent><name>{parent}</name></parent>' if parent else '', state if kind == 'snapshot' else '', dom, kind)


@contextlib.contextmanager
def daemon():
    running = harness.Daemon().start()
    try:
        yield running
    finally:
        running.stop()


def names(handles):
    return sorted(h.getName() for h in handles)


class Case(unittest.TestCase):
    def setUp(self):
        libvirt.registerErrorHandler(lambda c, e: None, None)

    def refused(self, code, call, *args):
        with self.assertRaises(libvirt.libvirtError) as e:
            call(*args)
        self.assertEqual(code, e.exception.get_error_code(), str(e.exception))


class TestDriver(Case):
    def setUp(self):
        super().setUp()
        self.conn = libvirt.open('test:///default')
        self.dom = self.conn.defineXML(GUEST % ('test', 'i686'))

    def tearDown(self):
        self.conn.close()

    def test_tree(self):
        xml = self.dom.XMLDesc()
        for name, parent in (('root', None), ('left', 'root'), ('right', 'root'), ('leaf', 'left')):
            self.dom.snapshotCreateXML(moment('snapshot', name, xml, parent), R)
        left = self.dom.snapshotLookupByName('left')
        self.assertEqual(['leaf', 'left', 'right', 'root'], names(self.dom.listAllSnapshots()))
        self.assertEqual(['root'], names(self.dom.listAllSnapshots(libvirt.VIR_DOMAIN_SNAPSHOT_LIST_ROOTS)))
        self.assertEqual(['leaf', 'right'], names(self.dom.listAllSnapshots(libvirt.VIR_DOMAIN_SNAPSHOT_LIST_LEAVES)))
        self.assertEqual('root', self.dom.listAllSnapshots(libvirt.VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL)[0].getName())
        root = left.getParent()
        self.assertEqual(['left', 'right'], names(root.listAllChildren()))
        self.assertEqual(['leaf', 'left', 'right'], names(root.listAllChildren(libvirt.VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS)))
        self.refused(libvirt.VIR_ERR_INVALID_ARG, self.dom.snapshotCreateXML, moment('snapshot', 'root', xml, 'leaf'), R)
        left.delete()                   # its child goes to its parent
        self.assertEqual('root', self.dom.snapshotLookupByName('leaf').getParent().getName())
        self.refused(libvirt.VIR_ERR_NO_DOMAIN_SNAPSHOT, self.dom.snapshotLookupByName, 'left')
        self.refused(libvirt.VIR_ERR_OPERATION_INVALID, self.dom.undefine)
        root.delete(libvirt.VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN)
        self.assertEqual([], self.dom.listAllSnapshots())
        self.dom.undefine()

    def test_create_and_revert(self):
        self.dom.create()
        snap = self.dom.snapshotCreateXML('<domainsnapshot><name>a</name></domainsnapshot>')
        self.assertTrue(snap.isCurrent())
        self.assertIn("<disk name='vda' snapshot='internal'/>", snap.getXMLDesc())
        second = self.dom.snapshotCreateXML('<domainsnapshot/>')
        self.assertEqual('a', second.getParent().getName())
        self.assertEqual(second.getName(), self.dom.snapshotCurrent().getName())
        self.dom.destroy()
        self.dom.revertToSnapshot(snap)
        self.assertEqual(libvirt.VIR_DOMAIN_RUNNING, self.dom.state()[0])
        self.assertEqual('a', self.dom.snapshotCurrent().getName())
        self.dom.revertToSnapshot(snap, libvirt.VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED)
        self.assertEqual(libvirt.VIR_DOMAIN_PAUSED, self.dom.state()[0])
        self.dom.destroy()
        self.dom.undefineFlags(D)

    def test_checkpoints(self):
        self.refused(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, self.dom.checkpointCreateXML, '<domaincheckpoint/>')
        self.dom.create()
        self.dom.checkpointCreateXML('<domaincheckpoint><name>c1</name></domaincheckpoint>')
        second = self.dom.checkpointCreateXML('<domaincheckpoint><name>c2</name></domaincheckpoint>')
        self.assertEqual('c1', second.getParent().getName())
        self.assertIn("bitmap='c2'", second.getXMLDesc())
        self.refused(libvirt.VIR_ERR_XML_INVALID_SCHEMA, self.dom.checkpointCreateXML, '<domaincheckpoint><name>../x</name></domaincheckpoint>')
        self.assertEqual(['c1', 'c2'], names(self.dom.listAllCheckpoints()))
        self.dom.checkpointLookupByName('c1').delete(libvirt.VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN)
        self.assertEqual([], self.dom.listAllCheckpoints())
        self.dom.destroy()
        self.dom.undefine()

    def test_interfaces_roll_back(self):
        self.refused(libvirt.VIR_ERR_OPERATION_INVALID, self.conn.changeCommit)
        self.conn.changeBegin()
        self.refused(libvirt.VIR_ERR_OPERATION_INVALID, self.conn.changeBegin)
        self.conn.interfaceDefineXML("<interface type='ethernet' name='eth9'/>")
        self.conn.changeRollback()
        self.refused(libvirt.VIR_ERR_NO_INTERFACE, self.conn.interfaceLookupByName, 'eth9')
        self.assertEqual(['eth1'], self.conn.listDefinedInterfaces())

    def test_adapter_is_made_and_destroyed(self):
        xml = ("<device><parent>scsi_host1</parent><capability type='scsi_host'><capability type='fc_host'><wwnn>2000000012341234</wwnn>"
               "<wwpn>1000000012349999</wwpn></capability></capability></device>")
        device = self.conn.nodeDeviceCreateXML(xml)
        self.assertEqual(('scsi_host12', 'scsi_host1'), (device.name(), device.parent()))
        self.assertIn(device.name(), [d.name() for d in self.conn.listAllDevices(libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_FC_HOST)])
        device.destroy()
        self.refused(libvirt.VIR_ERR_NO_NODE_DEVICE, self.conn.nodeDeviceLookupByName, 'scsi_host12')

    def test_pool_documents(self):
        for source, code in (("<pool type='rbd'><name>x</name><source><host name='h'/></source></pool>", libvirt.VIR_ERR_XML_ERROR),
                             ("<pool type='fs'><name>x</name><source><device path='/d'/><format type='q'/></source><target><path>/t</path></target></pool>",
                              libvirt.VIR_ERR_CONFIG_UNSUPPORTED)):
            self.refused(code, self.conn.storagePoolDefineXML, source)
        self.assertIn('testvg1', self.conn.findStoragePoolSources('logical', None))


class QemuTest(Case):
    """What is redefined, and pools, outlive the daemon."""
    def test_restart(self):
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '/var/lib/libvirt/g.qcow2', '4M'], check=True)
        pool = "<pool type='netfs'><name>p</name><source><host name='h'/><dir path='/d'/></source><target><path>/t</path></target></pool>"
        with daemon():
            conn = libvirt.open('qemu:///system')
            dom = conn.defineXML(GUEST % ('qemu', 'x86_64'))
            dom.snapshotCreateXML(moment('snapshot', 'one', dom.XMLDesc()), R)
            dom.snapshotCreateXML(moment('snapshot', 'two', dom.XMLDesc(), 'one'), R | libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT)
            taken = dom.snapshotCreateXML('<domainsnapshot><name>three</name></domainsnapshot>')
            self.assertEqual('two', taken.getParent().getName())
            dom.checkpointCreateXML(moment('checkpoint', 'c', dom.XMLDesc()), libvirt.VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE)
            self.refused(libvirt.VIR_ERR_XML_DETAIL, dom.snapshotCreateXML, '<domainsnapshot><name>a/b</name></domainsnapshot>')
            conn.storagePoolDefineXML(pool)
            self.refused(libvirt.VIR_ERR_INTERNAL_ERROR, conn.storagePoolDefineXML, "<pool type='rbd'><name>r</name></pool>")
            conn.close()
        self.assertIn(b'three', subprocess.run(['qemu-img', 'snapshot', '-l', '/var/lib/libvirt/g.qcow2'], check=True, capture_output=True).stdout)
        self.assertTrue(os.path.exists('/var/lib/libvirt/qemu/snapshot/g/two.xml'))
        with daemon():
            conn = libvirt.open('qemu:///system')
            dom = conn.lookupByUUIDString(UUID)
            self.assertEqual(['one', 'three', 'two'], names(dom.listAllSnapshots()))
            self.assertEqual('three', dom.snapshotCurrent().getName())
            self.assertEqual(['c'], names(dom.listAllCheckpoints()))
            self.assertEqual(['p'], [p.name() for p in conn.listAllStoragePools()])
            self.refused(libvirt.VIR_ERR_OPERATION_INVALID, dom.undefine)
            dom.snapshotLookupByName('three').delete()
            dom.undefineFlags(D | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA)
            conn.close()
        self.assertNotIn(b'three', subprocess.run(['qemu-img', 'snapshot', '-l', '/var/lib/libvirt/g.qcow2'], check=True, capture_output=True).stdout)
        self.assertFalse(os.path.exists('/var/lib/libvirt/qemu/snapshot/g/two.xml'))


if __name__ == '__main__':
    unittest.main(verbosity=2)
