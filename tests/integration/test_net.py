# SPDX-License-Identifier: LGPL-2.1-or-later
"""Networks, secrets and network filters of the daemon, through the reference's Python binding: definitions, files, values, events."""
import os
import stat
import subprocess
import sys
import unittest

import harness

NETWORK = "<network><name>lvt-{0}</name>{1}</network>"
NAT = "<forward/><ip address='192.168.77.1' prefix='24'><dhcp><range start='192.168.77.2' end='192.168.77.9'/></dhcp></ip>"
SECRET = ("<secret ephemeral='{e}' private='{p}'><uuid>0a81f5b2-8403-7b23-c8d6-21ccc2f80d6{n}</uuid>"
          "<usage type='ceph'><name>lvt-{n}</name></usage></secret>")
PORT = ("<networkport><uuid>5d744f21-ba4a-4d6e-bdb2-30a35ff3207d</uuid><owner><name>g</name>"
        "<uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid></owner><mac address='52:54:00:7b:35:93'/></networkport>")


def client(uri, code):
    """What a program with our library says."""
    head = ('import libvirt\nlibvirt.registerErrorHandler(lambda *a: None, None)\n'
            'def refused(f, *a):\n'
            '    try:\n        f(*a)\n'
            '    except libvirt.libvirtError as e:\n        return e.get_error_code()\n'
            f'c = libvirt.open({uri!r})\n')
    r = subprocess.run(['/usr/bin/python3', '-c', head + code], env=harness.borrowed(), capture_output=True, text=True, timeout=60)
    if r.returncode:
        raise AssertionError(r.stderr)
    return r.stdout.split('\n')[:-1]


class NetTest(unittest.TestCase):
    def setUp(self):
        self.daemon = harness.Daemon().start()

    def tearDown(self):
        self.daemon.stop()
        harness.wipe()

    def again(self):
        self.daemon.stop()
        self.daemon.start()

    def test_network_definitions_survive(self):
        out = client('qemu:///system', f'''
n = c.networkDefineXML({NETWORK.format('nat', NAT)!r})
n.setAutostart(1)
print(n.isActive(), n.isPersistent(), n.autostart(), n.bridgeName().startswith('virbr'))
print(refused(c.networkDefineXML, {NETWORK.format('bad', '<forward/>')!r}))
m = c.networkDefineXML({NETWORK.format('gone', '')!r}); m.undefine()
print(refused(c.networkLookupByName, 'lvt-gone'))
''')
        self.assertEqual(out, ['0 1 1 True', '27', '43'])
        self.assertTrue(os.path.islink('/etc/libvirt/qemu/networks/autostart/lvt-nat.xml'))
        before = client('network:///system', "print(c.networkLookupByName('lvt-nat').XMLDesc(1))")
        self.again()
        self.assertEqual(client('network:///system', "print(c.networkLookupByName('lvt-nat').XMLDesc(1))"), before)
        self.assertIn("    <mac address='52:54:00:", ''.join('  ' + line for line in before))
        self.assertEqual(client('qemu:///system', "print([n.name() for n in c.listAllNetworks(16)])"), ["['lvt-nat']"])

    def test_network_that_uses_the_hosts_bridge(self):
        doc = NETWORK.format('br', "<forward mode='bridge'/><bridge name='lvtbr'/>")
        out = client('qemu:///system', f'''
n = c.networkDefineXML({doc!r}); n.create()
p = n.portCreateXML({PORT!r}, 0)
print("<plug type='bridge' bridge='lvtbr'/>" in p.XMLDesc(0), len(n.listAllPorts()), refused(n.portCreateXML, {PORT!r}, 0))
n.update(libvirt.VIR_NETWORK_UPDATE_COMMAND_ADD_LAST, libvirt.VIR_NETWORK_SECTION_PORTGROUP, -1, "<portgroup name='a'/>", 2)
print('portgroup' in n.XMLDesc(0), 'portgroup' in n.XMLDesc(1))
p.delete(); n.undefine()
print(n.isActive(), n.isPersistent()); n.destroy(); print(len(c.listAllNetworks()))
''')
        self.assertEqual(out, ['True 1 106', 'False True', '1 0', '0'])

    def test_secrets(self):
        out = client('secret:///system', f'''
for n, e, p in ((0, 'no', 'no'), (1, 'yes', 'no'), (2, 'no', 'yes')):
    s = c.secretDefineXML({SECRET!r}.format(n=n, e=e, p=p)); s.setValue(b'val\\0%d' % n)
s = c.secretLookupByUsage(libvirt.VIR_SECRET_USAGE_TYPE_CEPH, 'lvt-0')
print(s.value(), s.usageID(), refused(c.secretLookupByUUIDString('0a81f5b2-8403-7b23-c8d6-21ccc2f80d62').value))
print(refused(c.secretDefineXML, {SECRET!r}.format(n=0, e='no', p='no').replace('lvt-0', 'lvt-1')))
print(len(c.listAllSecrets(libvirt.VIR_CONNECT_LIST_SECRETS_EPHEMERAL)), c.numOfSecrets())
''')
        self.assertEqual(out, ["b'val\\x000' lvt-0 65", '1', '1 3'])
        files = sorted(os.listdir('/etc/libvirt/secrets'))
        self.assertEqual(len(files), 4)
        for f in files:
            self.assertEqual(stat.S_IMODE(os.stat('/etc/libvirt/secrets/' + f).st_mode), 0o600, f)
        self.again()
        out = client('qemu:///system', '''
print(c.numOfSecrets(), c.secretLookupByUUIDString('0a81f5b2-8403-7b23-c8d6-21ccc2f80d60').value())
for s in c.listAllSecrets(): s.undefine()
''')
        self.assertEqual(out, ["2 b'val\\x000'"])
        self.assertEqual(os.listdir('/etc/libvirt/secrets'), [])

    def test_filters(self):
        out = client('nwfilter:///system', '''
u = '<uuid>01a992d2-f8c8-7c27-f69b-ab0a9d37737%d</uuid>'
a = c.nwfilterDefineXML("<filter name='a'>" + u % 1 + "<rule action='drop' direction='in'><tcp dstportstart='0x50'/></rule></filter>")
b = c.nwfilterDefineXML("<filter name='b'>" + u % 2 + "<filterref filter='a'/></filter>")
print(refused(c.nwfilterDefineXML, "<filter name='a'>" + u % 1 + "<filterref filter='b'/></filter>"))
print("<tcp dstportstart='0x50'/>" in a.XMLDesc(0), c.listNWFilters(), len(c.listAllNWFilterBindings()))
print(refused(c.nwfilterDefineXMLFlags, "<filter name='d'><rule action='drop'/></filter>", 1))
b.undefine()
''')
        self.assertEqual(out, ['9', "True ['a', 'b'] 0", '92'])
        self.again()
        self.assertEqual(client('qemu:///system', 'print(c.listNWFilters())'), ["['a']"])

    def test_events(self):
        doc = NETWORK.format('ev', '')
        out = client('qemu:///system', f'''
import threading
c.close()
libvirt.virEventRegisterDefaultImpl()
c = libvirt.open('qemu:///system')
seen = []
c.networkEventRegisterAny(None, libvirt.VIR_NETWORK_EVENT_ID_LIFECYCLE, lambda c, n, e, d, o: seen.append((n.name(), e)), None)
c.secretEventRegisterAny(None, libvirt.VIR_SECRET_EVENT_ID_LIFECYCLE, lambda c, s, e, d, o: seen.append((s.usageID(), e)), None)
c.secretEventRegisterAny(None, libvirt.VIR_SECRET_EVENT_ID_VALUE_CHANGED, lambda c, s, o: seen.append((s.usageID(), 'value')), None)
def work():
    d = libvirt.open('qemu:///system')
    n = d.networkDefineXML({doc!r}); n.undefine()
    s = d.secretDefineXML({SECRET.format(n=5, e='no', p='no')!r}); s.setValue(b'x'); s.undefine()
t = threading.Thread(target=work); t.start()
libvirt.virEventAddTimeout(20000, lambda *a: exit('no events'), None)
while len(seen) < 5:
    libvirt.virEventRunDefaultImpl()
t.join()
print(seen)
''')
        self.assertEqual(out, ["[('lvt-ev', 0), ('lvt-ev', 1), ('lvt-5', 0), ('lvt-5', 'value'), ('lvt-5', 1)]"])


if __name__ == '__main__':
    harness.enter()
    sys.exit(unittest.main())
