# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs that were built for the reference, on our libvirt.so.0: python3-libvirt, Sys::Virt, libvirt-glib."""
import os
import subprocess
import sys
import tempfile
import unittest

import harness

harness.load_ours()

import libvirt  # noqa: E402  (the dynamic linker must find our library first)

DOMAIN = '''<domain type='test'><name>%s</name><memory>65536</memory><os><type>hvm</type></os></domain>'''


def quiet(*unused):
    pass


class PythonTest(unittest.TestCase):
    def setUp(self):
        libvirt.registerErrorHandler(quiet, None)
        self.conn = libvirt.open('test:///default')

    def tearDown(self):
        self.conn.close()

    def test_is_ours(self):
        with open('/proc/self/maps') as f:
            loaded = {line.split()[-1] for line in f if 'libvirt.so' in line}
        self.assertEqual({os.path.realpath(harness.path('src', 'api', 'libvirt.so.0'))}, loaded)
        self.assertEqual(12005000, libvirt.getVersion())

    def test_frugal(self):
        """A program that reads no document does not load what reads documents."""
        program = ("import libvirt\n"
                   "def loaded(): return [part for part in ('libxml2', 'libicu', 'libgio') if part in open('/proc/self/maps').read()]\n"
                   "conn = libvirt.open('test:///default')\n"
                   "[(dom.name(), dom.XMLDesc(), dom.info()) for dom in conn.listAllDomains()]\n"
                   "[thing.XMLDesc() for thing in conn.listAllNetworks() + conn.listAllStoragePools() + conn.listAllDevices()]\n"
                   "print(loaded())\n"
                   f"conn.defineXML({DOMAIN % 'a'!r})\n"
                   "print(loaded()[:1])")
        answer = harness.run([sys.executable, '-c', program], env=harness.borrowed()).stdout
        self.assertEqual("[]\n['libxml2']\n", answer)

    def test_preset(self):
        dom = self.conn.lookupByName('test')
        self.assertEqual(1, dom.ID())
        self.assertEqual('6695eb01-f6a4-8304-79aa-97f2502e193f', dom.UUIDString())
        self.assertEqual([libvirt.VIR_DOMAIN_RUNNING, 0], dom.state())
        self.assertEqual([1, 8388608, 2097152, 2], dom.info()[:4])
        self.assertIn("<source file='/guest/diskimage1'/>", dom.XMLDesc())
        self.assertEqual(['i686', 3072, 16, 1400, 2, 2, 2, 2], self.conn.getInfo())

    def test_define_start_undefine(self):
        dom = self.conn.defineXML(DOMAIN % 'a')
        self.assertEqual(0, dom.isActive())
        dom.create()
        self.assertEqual(2, dom.ID())
        with self.assertRaises(libvirt.libvirtError) as e:
            dom.create()
        self.assertEqual(libvirt.VIR_ERR_OPERATION_INVALID, e.exception.get_error_code())
        dom.suspend()
        self.assertEqual(libvirt.VIR_DOMAIN_PAUSED, dom.state()[0])
        dom.resume()
        dom.destroy()
        dom.undefine()
        with self.assertRaises(libvirt.libvirtError) as e:
            self.conn.lookupByName('a')
        self.assertEqual(libvirt.VIR_ERR_NO_DOMAIN, e.exception.get_error_code())
        self.assertIn('Domain not found', str(e.exception))

    def test_lists(self):
        self.conn.defineXML(DOMAIN % 'off')
        names = lambda flags: sorted(d.name() for d in self.conn.listAllDomains(flags))
        self.assertEqual(['off', 'test'], names(0))
        self.assertEqual(['test'], names(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE))
        self.assertEqual(['off'], names(libvirt.VIR_CONNECT_LIST_DOMAINS_INACTIVE))
        self.assertEqual(['off'], names(libvirt.VIR_CONNECT_LIST_DOMAINS_SHUTOFF))
        self.assertEqual([], names(libvirt.VIR_CONNECT_LIST_DOMAINS_PAUSED))
        self.assertEqual(['off', 'test'], names(libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT))
        self.assertEqual([], names(libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART))
        self.assertEqual(['off'], self.conn.listDefinedDomains())
        self.assertEqual([1], self.conn.listDomainsID())

    def test_metadata_and_autostart(self):
        dom = self.conn.defineXML(DOMAIN % 'm')
        dom.setMetadata(libvirt.VIR_DOMAIN_METADATA_TITLE, 'A title', None, None)
        self.assertEqual('A title', dom.metadata(libvirt.VIR_DOMAIN_METADATA_TITLE, None))
        dom.setMetadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, '<note n="1"/>', 'my', 'http://example.org/')
        self.assertIn('n="1"', dom.metadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, 'http://example.org/'))
        self.assertIn('xmlns:my="http://example.org/"', dom.XMLDesc())
        dom.setAutostart(1)
        self.assertEqual(1, dom.autostart())
        dom.rename('n')
        self.assertEqual('n', self.conn.lookupByUUIDString(dom.UUIDString()).name())

    def test_read_only(self):
        conn = libvirt.openReadOnly('test:///default')
        with self.assertRaises(libvirt.libvirtError) as e:
            conn.lookupByName('test').destroy()
        self.assertEqual(libvirt.VIR_ERR_OPERATION_DENIED, e.exception.get_error_code())
        conn.close()

    def test_not_supported(self):
        with self.assertRaises(libvirt.libvirtError) as e:
            self.conn.listSecrets()
        self.assertEqual(libvirt.VIR_ERR_NO_SUPPORT, e.exception.get_error_code())
        self.assertIn('this function is not supported by the connection driver: virConnectNumOfSecrets', str(e.exception))

    def test_nothing_foreign(self):
        with self.assertRaises(libvirt.libvirtError) as e:
            libvirt.open('nonsense')
        self.assertEqual(libvirt.VIR_ERR_NO_CONNECT, e.exception.get_error_code())


class EventTest(unittest.TestCase):
    """The default event loop is registered once in a process: a program of its own."""
    PROGRAM = '''
import libvirt
libvirt.virEventRegisterDefaultImpl()
conn = libvirt.open('test:///default')
seen = []
def lifecycle(conn, dom, event, detail, opaque):
    seen.append((dom.name(), event, detail, opaque))
def metadata(conn, dom, kind, uri, opaque):
    seen.append((dom.name(), 'metadata', kind))
first = conn.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, lifecycle, 'x')
conn.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, metadata, None)
dom = conn.lookupByName('test')
assert not seen
dom.suspend(); dom.resume()
dom.setMetadata(libvirt.VIR_DOMAIN_METADATA_TITLE, 't', None, None)
while len(seen) < 3:
    libvirt.virEventRunDefaultImpl()
assert seen == [('test', 3, 0, 'x'), ('test', 4, 0, 'x'), ('test', 'metadata', 1)], seen
conn.domainEventDeregisterAny(first)
dom.destroy()
dom.setMetadata(libvirt.VIR_DOMAIN_METADATA_TITLE, 'u', None, None)
while len(seen) < 4:
    libvirt.virEventRunDefaultImpl()
assert seen[3:] == [('test', 'metadata', 1)], seen
print('good')
'''

    def test_events(self):
        r = harness.run(['/usr/bin/python3', '-c', self.PROGRAM], env=harness.ours())
        self.assertEqual('good\n', r.stdout)

    def test_events_need_a_loop(self):
        program = 'import libvirt; libvirt.open("test:///default").domainEventRegisterAny(None, 0, print, None)'
        r = harness.run(['/usr/bin/python3', '-c', program], env=harness.ours(), check=False)
        self.assertIn('register an event loop', r.stderr)


class PresetTest(unittest.TestCase):
    """The objects of test:///default beside its domain, and those of a <node> file."""
    UUID = '11111111-2222-3333-4444-555555555555'
    VOLUME = "<volume><name>v</name><capacity unit='GiB'>1</capacity><allocation>4096</allocation></volume>"

    def setUp(self):
        libvirt.registerErrorHandler(quiet, None)
        self.conn = libvirt.open('test:///default')

    def tearDown(self):
        self.conn.close()

    def refused(self, code, words, call, *args):
        with self.assertRaises(libvirt.libvirtError) as e:
            call(*args)
        self.assertEqual((code, words), (e.exception.get_error_code(), e.exception.get_error_message()))

    def test_network(self):
        net = self.conn.networkLookupByUUIDString('dd8fe884-6c02-601e-7551-cca97df1c5df')
        self.assertEqual(('default', 'virbr0', 1, 1, 0), (net.name(), net.bridgeName(), net.isActive(), net.isPersistent(), net.autostart()))
        self.assertIn("<range start='192.168.122.2' end='192.168.122.254'/>", net.XMLDesc())
        self.refused(libvirt.VIR_ERR_NO_NETWORK, "Network not found: no network with matching name 'x'", self.conn.networkLookupByName, 'x')
        self.refused(libvirt.VIR_ERR_OPERATION_INVALID, "Requested operation is not valid: Network 'default' is already running", net.create)

    def test_network_lifecycle(self):
        xml = '<network><name>n</name><uuid>%s</uuid></network>' % self.UUID
        net = self.conn.networkDefineXML(xml)
        self.assertEqual(['n'], self.conn.listDefinedNetworks())
        self.refused(libvirt.VIR_ERR_OPERATION_FAILED, "operation failed: network 'n' is already defined with uuid " + self.UUID,
                     self.conn.networkDefineXML, xml.replace('>n<', '>m<'))
        net.create()
        self.refused(libvirt.VIR_ERR_OPERATION_INVALID, "Requested operation is not valid: Network 'n' is still running", net.undefine)
        self.conn.networkDefineXML(xml.replace('</uuid>', '</uuid><bridge name="later"/>'))
        self.assertNotIn('later', net.XMLDesc())
        net.destroy()
        self.assertEqual('later', net.bridgeName())
        self.conn.networkCreateXML(xml.replace('</uuid>', '</uuid><bridge name="now"/>'))
        self.assertEqual('now', net.bridgeName())
        net.destroy()
        self.assertEqual('later', net.bridgeName())
        self.assertEqual(['default'], [n.name() for n in self.conn.listAllNetworks(libvirt.VIR_CONNECT_LIST_NETWORKS_ACTIVE)])
        net.undefine()
        net = self.conn.networkCreateXML(xml)
        self.assertEqual(0, net.isPersistent())
        net.destroy()
        self.assertEqual(['default'], [n.name() for n in self.conn.listAllNetworks()])

    def test_pool_and_volumes(self):
        pool = self.conn.storagePoolLookupByName('default-pool')
        self.assertEqual([libvirt.VIR_STORAGE_POOL_RUNNING, 100 << 30, 0, 100 << 30], pool.info())
        vol = pool.createXML(self.VOLUME)
        self.assertEqual((['v'], '/default-pool/v', [0, 1 << 30, 4096]), (pool.listVolumes(), vol.path(), vol.info()))
        self.assertEqual([libvirt.VIR_STORAGE_POOL_RUNNING, 100 << 30, 4096, (100 << 30) - 4096], pool.info())
        self.assertIn("<volume type='file'>", self.conn.storageVolLookupByPath(vol.path()).XMLDesc())
        self.refused(libvirt.VIR_ERR_OPERATION_FAILED, 'operation failed: storage vol already exists', pool.createXML, self.VOLUME)
        self.refused(libvirt.VIR_ERR_INTERNAL_ERROR, "internal error: Not enough free space in pool for volume 'w'", pool.createXML,
                     self.VOLUME.replace('>v<', '>w<').replace('4096', str(200 << 30)))
        vol.delete()
        self.assertEqual(([], 0), (pool.listAllVolumes(), pool.info()[2]))
        pool.destroy()
        self.refused(libvirt.VIR_ERR_OPERATION_INVALID, "Requested operation is not valid: storage pool 'default-pool' is not active",
                     pool.createXML, self.VOLUME)

    def test_interface(self):
        iface = self.conn.interfaceLookupByMACString('AA:BB:cc:dd:ee:ff')
        self.assertEqual(('eth1', 1), (iface.name(), iface.isActive()))
        iface.destroy()
        self.assertEqual(['eth1'], self.conn.listDefinedInterfaces())
        self.refused(libvirt.VIR_ERR_OPERATION_INVALID, 'Requested operation is not valid', iface.destroy)

    def test_node_devices(self):
        self.assertEqual({'computer': None, 'scsi_host1': 'computer', 'scsi_host2': 'computer', 'scsi_host11': 'scsi_host1'},
                         {d.name(): d.parent() for d in self.conn.listAllDevices()})
        self.assertEqual(['scsi_host1', 'scsi_host2'], sorted(
            d.name() for d in self.conn.listAllDevices(libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPORTS)))
        dev = self.conn.nodeDeviceLookupByName('computer')
        self.assertEqual((1, ['system']), (dev.numOfCaps(), dev.listCaps()))
        self.assertEqual(3, self.conn.numOfDevices('scsi_host'))

    def test_capabilities(self):
        caps = self.conn.getCapabilities()
        self.assertIn("<pages unit='KiB' size='8'>524288</pages>", caps)
        self.assertEqual(16, caps.count('<cpu id='))

    def test_node_file(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, 'net.xml'), 'w') as f:
                f.write('<network><name>filed</name></network>')
            path = os.path.join(folder, 'node.xml')
            with open(path, 'w') as f:
                f.write('<node><cpu><nodes>1</nodes><sockets>1</sockets><cores>3</cores><threads>1</threads></cpu><network file="net.xml"/>'
                        '<pool type="dir"><name>p</name><target><path>/p</path></target></pool></node>')
            conn = libvirt.open('test://' + path)
            self.assertEqual((['filed'], ['p'], []), (conn.listNetworks(), conn.listStoragePools(), conn.listInterfaces()))
            self.assertEqual(3, conn.getCapabilities().count('<cpu id='))
            conn.close()


class OtherLanguagesTest(unittest.TestCase):
    def test_perl(self):
        program = 'use Sys::Virt; my $c = Sys::Virt->new(uri => "test:///default"); ' \
                  'print join(",", map { $_->get_name() } $c->list_all_domains()), " ", $c->get_type(), "\\n"'
        r = harness.run(['perl', '-e', program], env=harness.ours())
        self.assertEqual('test TEST\n', r.stdout)

    def test_glib(self):
        program = '''
import gi
gi.require_version('LibvirtGObject', '1.0')
from gi.repository import LibvirtGObject, GLib
LibvirtGObject.init_object_check(None)
c = LibvirtGObject.Connection.new('test:///default')
c.open(None)
c.fetch_domains(None)
print([d.get_name() for d in c.get_domains()])
'''
        r = harness.run(['/usr/bin/python3', '-c', program], env=harness.ours())
        self.assertEqual("['test']\n", r.stdout)


if __name__ == '__main__':
    unittest.main()
