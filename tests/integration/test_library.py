# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs that were built for the reference, on our libvirt.so.0: python3-libvirt, Sys::Virt, libvirt-glib."""
import os
import subprocess
import sys
import unittest

import harness

CHILD = 'LIBVIRT_TEST_ON_OURS'
if CHILD not in os.environ:
    os.execve('/usr/bin/python3', ['/usr/bin/python3'] + sys.argv, harness.ours(**{CHILD: '1'}))

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
