# SPDX-License-Identifier: LGPL-2.1-or-later
"""Network filters at work: a guest's network namespace behind a port of a bridge, packets that pass and packets that do not.

Everything happens in a network namespace of the test's own; it skips where the kernel has no bridges or packet filters.
"""
import ctypes
import glob
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import unittest

import harness

FILTERS = os.path.join(harness.ROOT, 'src', 'drivers', 'nwfilter', 'filters')
CLONE_NEWNET = 0x40000000
PORT, GUEST, BRIDGE = 'lvtport0', 'lvtguest0', 'lvtbr0'
MAC, OTHER_MAC = '52:54:00:12:34:56', '52:54:00:12:34:57'
HOST_IP, IP, OTHER_IP = '192.0.2.1', '192.0.2.2', '192.0.2.3'
UUID = '<uuid>0e5f1c52-6cb5-4b0a-8d8e-5d5a3f6f2c0%d</uuid>'
BINDING = ("<filterbinding><owner><name>g</name><uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid></owner><portdev name='{}'/>"
           "<mac address='{}'/><filterref filter='{}'>{}</filterref></filterbinding>")
IN_USE, NO_BINDING, INTERNAL = 55, 101, 1


def parameters(**values):
    return ''.join(f"<parameter name='{k}' value='{v}'/>" for k, v in values.items())


def binding(name, port=PORT, **values):
    return BINDING.format(port, MAC, name, parameters(**values))


def udp_filter(action, more=''):
    return f"<filter name='udp'>{UUID % 1}<rule action='{action}' direction='out'><udp/></rule>{more}</filter>"


def client(code):
    """What a program with our library says."""
    head = ("import libvirt\nlibvirt.registerErrorHandler(lambda *a: None, None)\n"
            "def refused(f, *a):\n"
            "    try:\n        f(*a)\n"
            "    except libvirt.libvirtError as e:\n        return e.get_error_code()\n"
            "c = libvirt.open('qemu:///system')\n"
            f"port = lambda: c.nwfilterBindingLookupByPortDev({PORT!r})\n")
    r = subprocess.run(['/usr/bin/python3', '-c', head + code], env=harness.borrowed(), capture_output=True, text=True, timeout=120)
    if r.returncode:
        raise AssertionError(r.stderr)
    return r.stdout.split('\n')[:-1]


def tool(*command, check=True):
    return harness.run(list(command), check=check).stdout


def rules():
    """All rules that mention the port, chains too."""
    text = tool('ebtables-save') + tool('iptables-save') + tool('ip6tables-save')
    return [line for line in text.split('\n') if PORT in line]


class Network:
    """A bridge with an address, and a guest behind a port of it."""
    def __init__(self):
        self.guest = subprocess.Popen(['unshare', '-n', 'sleep', '1000'])
        try:
            harness.wait_for(self.apart, 10)
            tool('ip', 'link', 'add', BRIDGE, 'type', 'bridge', 'forward_delay', '0', 'mcast_snooping', '0')
            tool('ip', 'link', 'add', PORT, 'type', 'veth', 'peer', 'name', GUEST)
            tool('ip', 'link', 'set', GUEST, 'netns', str(self.guest.pid))
            tool('ip', 'link', 'set', PORT, 'master', BRIDGE, 'up')
            tool('ip', 'address', 'add', HOST_IP + '/24', 'dev', BRIDGE)
            tool('ip', 'address', 'add', '2001:db8::1/64', 'dev', BRIDGE, 'nodad')
            tool('ip', 'link', 'set', BRIDGE, 'up')
            tool('ip', 'link', 'set', 'lo', 'up')
            for name in ('iptables', 'ip6tables'):
                with open(f'/proc/sys/net/bridge/bridge-nf-call-{name}', 'w') as f:
                    f.write('1')
            self.address(IP)
            self.inside('ip', 'address', 'add', '2001:db8::2/64', 'dev', GUEST, 'nodad')
        except BaseException:
            self.end()
            raise

    def apart(self):
        """the guest's network namespace"""
        return os.readlink(f'/proc/{self.guest.pid}/ns/net') != os.readlink('/proc/self/ns/net')

    def inside(self, *command, check=True):
        return harness.run(['nsenter', '-t', str(self.guest.pid), '-n'] + list(command), check=check)

    def address(self, ip, mac=MAC):
        self.inside('ip', 'link', 'set', GUEST, 'down')
        self.inside('ip', 'link', 'set', GUEST, 'address', mac)
        self.inside('ip', '-4', 'address', 'flush', 'dev', GUEST)
        self.inside('ip', 'address', 'add', ip + '/24', 'dev', GUEST)
        self.inside('ip', 'link', 'set', GUEST, 'up')
        tool('ip', 'neighbour', 'flush', 'dev', BRIDGE)

    # A frame of our own making goes in at the guest's end; does it come out at the bridge?
    SEND = ("import socket,sys\ns=socket.socket(socket.AF_PACKET,socket.SOCK_RAW)\ns.bind((sys.argv[1],0))\n"
            "for i in range(3): s.send(bytes.fromhex(sys.argv[2]))\n")

    def passes(self, source_ip=IP, source_mac=MAC, ethertype=0x0800, protocol=17, port=4000):
        """Does a packet of the guest reach the bridge?"""
        mark = os.urandom(8)
        ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 36, 0, 0, 64, protocol, 0, socket.inet_aton(source_ip), socket.inet_aton(HOST_IP))
        total = sum(struct.unpack('!10H', ip))
        total = (total >> 16) + (total & 0xffff)
        ip = ip[:10] + struct.pack('!H', ~(total + (total >> 16)) & 0xffff) + ip[12:]
        payload = struct.pack('!HHHH', port, port, 16, 0) + mark
        body = ip + payload if ethertype == 0x0800 else mark + bytes(40)
        frame = b'\xff' * 6 + bytes.fromhex(source_mac.replace(':', '')) + struct.pack('!H', ethertype) + body
        return self.arrives(frame, mark)

    def arp_passes(self, source_ip=IP, source_mac=MAC):
        mac = bytes.fromhex(MAC.replace(':', ''))
        inner = bytes.fromhex(source_mac.replace(':', ''))
        mark = os.urandom(8)
        frame = (b'\xff' * 6 + mac + struct.pack('!HHHBBH', 0x0806, 1, 0x0800, 6, 4, 1) + inner + socket.inet_aton(source_ip) + bytes(6) +
                 socket.inet_aton(HOST_IP) + mark)
        return self.arrives(frame, mark)

    def arrives(self, frame, mark):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        with s:
            s.bind((BRIDGE, 0))
            s.settimeout(0.4)
            self.inside(sys.executable, '-c', self.SEND, GUEST, frame.hex())
            end = time.monotonic() + 2
            while time.monotonic() < end:
                try:
                    if mark in s.recv(2048):
                        return True
                except socket.timeout:
                    return False
        return False

    def asks(self):
        """Does a datagram of the guest, of no known connection, reach a program of the host?"""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((HOST_IP, 0))
            s.settimeout(1)
            code = f"import socket\nsocket.socket(socket.AF_INET,socket.SOCK_DGRAM).sendto(b'q',('{HOST_IP}',{s.getsockname()[1]}))"
            self.inside(sys.executable, '-c', code)
            try:
                return s.recv(10) == b'q'
            except socket.timeout:
                return False

    def lease(self, ip, server, seconds):
        """A DHCP server on the bridge gives the guest an address."""
        mac = bytes.fromhex(MAC.replace(':', ''))
        options = b'\x63\x82\x53\x63' + b'\x35\x01\x05' + b'\x33\x04' + struct.pack('!I', seconds) + b'\xff'
        dhcp = b'\x02\x01\x06\x00' + bytes(12) + socket.inet_aton(ip) + bytes(8) + mac + bytes(10 + 64 + 128) + options
        udp = struct.pack('!HHHH', 67, 68, 8 + len(dhcp), 0) + dhcp
        head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, socket.inet_aton(server), b'\xff' * 4)
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
            s.bind((BRIDGE, 0))
            s.send(mac + bytes.fromhex('5254001234ff') + b'\x08\x00' + head + udp)

    def end(self):
        self.guest.kill()
        self.guest.wait()
        tool('ip', 'link', 'delete', PORT, check=False)
        tool('ip', 'link', 'delete', BRIDGE, check=False)


def reason_to_skip():
    try:
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
            return 'no network namespaces: ' + os.strerror(ctypes.get_errno())
        for command in (['ebtables', '-t', 'nat', '-L'], ['iptables', '-S'], ['ip6tables', '-S'],
                        ['iptables', '-A', 'FORWARD', '-m', 'physdev', '--physdev-in', PORT, '-m', 'conntrack', '--ctstate', 'NEW']):
            harness.run(command)
        harness.run(['iptables', '-F', 'FORWARD'])
        Network().end()
    except (OSError, AssertionError) as e:
        return f'the kernel or the tools are not up to it: {e}'
    return None


class FilterTest(unittest.TestCase):
    def setUp(self):
        os.makedirs('/etc/libvirt/nwfilter', exist_ok=True)
        for path in glob.glob(FILTERS + '/*.xml'):
            with open('/etc/libvirt/nwfilter/' + os.path.basename(path), 'w') as f:
                f.write(harness.read(path))
        self.network = Network()
        self.addCleanup(self.network.end)
        self.daemon = harness.Daemon().start()

    def tearDown(self):
        self.daemon.stop()
        harness.wipe()
        for tool_name in ('iptables', 'ip6tables'):
            tool(tool_name, '-F')
            tool(tool_name, '-X')
        tool('ebtables', '-t', 'nat', '-F')
        tool('ebtables', '-t', 'nat', '-X')

    def test_shipped_filters_can_all_be_bound(self):
        values = dict(IP=IP, IPV6='2001:db8::2', DHCPSERVER=HOST_IP, DHCPSERVERV6='fe80::1', GATEWAY_MAC='52:54:00:00:00:01')
        names = sorted(os.path.basename(p)[:-4] for p in glob.glob(FILTERS + '/*.xml'))
        out = client(f'''
names = sorted(c.listNWFilters())
print(names == {names!r})
for name in names:
    b = c.nwfilterBindingCreateXML({binding('NAME', **values)!r}.replace('NAME', name), 0)
    f = c.nwfilterLookupByName(name)
    c.nwfilterDefineXMLFlags(f.XMLDesc(), libvirt.VIR_NWFILTER_DEFINE_VALIDATE)
    b.delete()
print(len(c.listAllNWFilterBindings()))
''')
        self.assertEqual(out, ['True', '0'])
        self.assertEqual(rules(), [])

    def test_clean_traffic(self):
        n = self.network
        self.assertTrue(n.passes(source_ip=OTHER_IP) and n.passes(source_mac=OTHER_MAC) and n.passes(ethertype=0x88b5))
        client(f"c.nwfilterBindingCreateXML({binding('clean-traffic', IP=IP)!r}, 0)")
        self.assertTrue(n.passes())
        self.assertFalse(n.passes(source_ip=OTHER_IP))
        self.assertFalse(n.passes(source_mac=OTHER_MAC))
        self.assertFalse(n.passes(ethertype=0x88b5))
        self.assertFalse(n.passes(ethertype=0x86dd))
        self.assertTrue(n.arp_passes())
        self.assertFalse(n.arp_passes(source_ip=OTHER_IP))
        self.assertFalse(n.arp_passes(source_mac=OTHER_MAC))
        client("port().delete()")
        self.assertTrue(n.passes(source_ip=OTHER_IP))
        self.assertEqual(rules(), [])

    def test_several_addresses(self):
        n = self.network
        doc = binding('no-ip-spoofing', IP=IP).replace('</filterref>', parameters(IP=OTHER_IP) + '</filterref>')
        client(f"c.nwfilterBindingCreateXML({doc!r}, 0)")
        self.assertTrue(n.passes() and n.passes(source_ip=OTHER_IP))
        self.assertFalse(n.passes(source_ip='192.0.2.4'))

    def test_connections(self):
        """Rules of the upper layer: the guest may be asked, and answers; it may not ask."""
        n = self.network
        doc = (f"<filter name='served'>{UUID % 2}<rule action='accept' direction='in'><udp dstportstart='7000'/></rule>"
               "<rule action='drop' direction='inout' priority='900'><udp/></rule></filter>")
        echo = ("import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.bind(('',7000))\nprint('up',flush=True)\n"
                "while True:\n    d,a=s.recvfrom(100); s.sendto(d,a)\n")
        server = subprocess.Popen(['nsenter', '-t', str(n.guest.pid), '-n', sys.executable, '-c', echo], stdout=subprocess.PIPE)
        self.addCleanup(server.wait)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.kill)
        server.stdout.readline()

        def asked(port=7000):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(2)
                s.sendto(b'x', (IP, port))
                try:
                    return s.recv(10) == b'x'
                except OSError:         # nothing, or "connection refused"
                    return False

        self.assertTrue(asked() and n.asks())
        client(f"c.nwfilterDefineXML({doc!r}); c.nwfilterBindingCreateXML({binding('served')!r}, 0)")
        self.assertTrue(asked())
        self.assertFalse(n.asks())

    def test_changed_while_in_use(self):
        """A new definition reaches the port; one that the tools refuse leaves all as it was."""
        self.assertTrue(self.network.asks())
        client(f"c.nwfilterDefineXML({udp_filter('accept')!r}); c.nwfilterBindingCreateXML({binding('udp')!r}, 0)")
        self.assertTrue(self.network.asks())
        client(f"c.nwfilterDefineXML({udp_filter('drop')!r})")
        self.assertFalse(self.network.asks())
        before = rules()
        bad = udp_filter('accept', "<rule action='drop' direction='in'><all ipset='lvt-none' ipsetflags='src'/></rule>")
        self.assertEqual(client(f'''
print(refused(c.nwfilterDefineXML, {bad!r}))
print("action='drop'" in c.nwfilterLookupByName('udp').XMLDesc())
'''), [str(INTERNAL), 'True'])
        self.assertEqual(rules(), before)
        self.assertFalse(self.network.asks())
        # through a reference
        self.assertEqual(client(f'''
port().delete()
c.nwfilterDefineXML("<filter name='outer'>{UUID % 3}<filterref filter='udp'/></filter>")
c.nwfilterBindingCreateXML({binding('outer')!r}, 0)
print(refused(c.nwfilterLookupByName('udp').undefine), refused(c.nwfilterLookupByName('outer').undefine))
'''), [f'{IN_USE} {IN_USE}'])
        self.assertFalse(self.network.asks())
        client(f"c.nwfilterDefineXML({udp_filter('accept')!r})")
        self.assertTrue(self.network.asks())
        self.assertEqual(client("port().delete(); c.nwfilterLookupByName('outer').undefine(); c.nwfilterLookupByName('udp').undefine()\n"
                                "print(refused(port))"), [str(NO_BINDING)])
        self.assertEqual(rules(), [])

    def test_two_ports_change_together_or_not_at_all(self):
        """The second port cannot take the new rules: the first keeps its old ones."""
        tool('ip', 'link', 'add', 'lvtport1', 'type', 'veth', 'peer', 'name', 'lvtguest1')
        self.addCleanup(tool, 'ip', 'link', 'delete', 'lvtport1')
        good = f"<filter name='v'>{UUID % 4}<rule action='drop' direction='out'><tcp dstportstart='$P'/></rule></filter>"
        bad = good.replace("dstportstart='$P'", "dstportstart='$P' srcportstart='$Q'")
        client(f'''
c.nwfilterDefineXML({good!r})
c.nwfilterBindingCreateXML({binding('v', P='25', Q='1')!r}, 0)
c.nwfilterBindingCreateXML({binding('v', port='lvtport1', P='26')!r}, 0)
''')
        before = rules()
        self.assertTrue(any('--dport 25' in line for line in before))
        self.assertEqual(client(f"print(refused(c.nwfilterDefineXML, {bad!r}), 'srcport' in c.nwfilterLookupByName('v').XMLDesc())"),
                         [f'{INTERNAL} False'])
        self.assertEqual(rules(), before)

    def test_restart(self):
        """Bindings and their rules outlive the daemon; it takes them away afterwards."""
        client(f"c.nwfilterBindingCreateXML({binding('clean-traffic', IP=IP)!r}, 0)")
        before = rules()
        self.assertGreater(len(before), 10)
        self.daemon.kill()
        self.assertFalse(self.network.passes(source_ip=OTHER_IP))
        self.daemon.start()
        self.assertEqual(client("print([b.portDev() + ' ' + b.filterName() for b in c.listAllNWFilterBindings()])"),
                         [f"['{PORT} clean-traffic']"])
        self.assertEqual(sorted(rules()), sorted(before))
        # what somebody threw away meanwhile comes back
        self.daemon.stop()
        tool('ebtables', '-t', 'nat', '-F')
        self.daemon.start()
        self.assertFalse(self.network.passes(source_ip=OTHER_IP))
        self.daemon.process.send_signal(signal.SIGHUP)
        client("port().delete()")
        self.assertEqual(rules(), [])
        self.assertEqual(os.listdir('/run/libvirt/nwfilter-binding'), [])

    def test_first_address_is_learnt(self):
        n = self.network
        client(f"c.nwfilterBindingCreateXML({binding('clean-traffic')!r}, 0)")
        self.assertFalse(n.passes(source_mac=OTHER_MAC))
        self.assertTrue(n.passes(source_ip=OTHER_IP))
        harness.wait_for(lambda: any(OTHER_IP in line for line in rules()), 10)
        self.assertTrue(n.passes(source_ip=OTHER_IP))
        self.assertFalse(n.passes(source_ip=IP))
        self.daemon.kill()
        self.daemon.start()
        self.assertFalse(n.passes(source_ip=IP))
        self.assertTrue(n.passes(source_ip=OTHER_IP))
        client("port().delete()")
        self.assertEqual(os.listdir('/run/libvirt/nwfilter-binding'), [])

    def test_leases_are_learnt(self):
        n = self.network
        client(f"c.nwfilterBindingCreateXML({binding('clean-traffic', CTRL_IP_LEARNING='dhcp', DHCPSERVER=HOST_IP)!r}, 0)")
        self.assertFalse(n.passes())
        n.lease(IP, '192.0.2.200', 60)          # not a server that is trusted
        n.lease(OTHER_IP, HOST_IP, 60)
        harness.wait_for(lambda: any(OTHER_IP in line for line in rules()), 10)
        self.assertTrue(n.passes(source_ip=OTHER_IP))
        self.assertFalse(n.passes(source_ip=IP))
        self.daemon.kill()
        self.daemon.start()
        self.assertTrue(n.passes(source_ip=OTHER_IP))
        n.lease(IP, HOST_IP, 4)
        harness.wait_for(lambda: any(IP in line for line in rules()), 10)
        self.assertTrue(n.passes() and n.passes(source_ip=OTHER_IP))
        harness.wait_for(lambda: not any(IP in line for line in rules()), 15)
        self.assertFalse(n.passes())
        self.assertTrue(n.passes(source_ip=OTHER_IP))

    def test_many_at_once(self):
        """Bindings come and go while their filter changes and others look."""
        docs = [binding('udp', port=f'lvtmany{i}') for i in range(4)]
        out = client(f'''
import threading
c.nwfilterDefineXML({udp_filter('accept')!r})
bad = []
def bind(doc):
    d = libvirt.open('qemu:///system')
    for i in range(4):
        d.nwfilterBindingCreateXML(doc, 0).delete()
def change():
    d = libvirt.open('qemu:///system')
    for i in range(8):
        d.nwfilterDefineXML(({udp_filter('drop')!r}, {udp_filter('accept')!r})[i % 2])
def look():
    d = libvirt.open('qemu:///system')
    for i in range(100):
        for b in d.listAllNWFilterBindings():
            refused(b.XMLDesc)
def run(f, *a):
    try:
        f(*a)
    except libvirt.libvirtError as e:
        bad.append(str(e))
threads = [threading.Thread(target=run, args=(bind, doc)) for doc in {docs!r}]
threads += [threading.Thread(target=run, args=(f,)) for f in (change, look, look)]
[t.start() for t in threads]
[t.join() for t in threads]
print(bad, len(c.listAllNWFilterBindings()))
''')
        self.assertEqual(out, ['[] 0'])
        self.assertNotIn('lvtmany', tool('ebtables-save') + tool('iptables-save'))

    def test_refusals(self):
        self.assertEqual(client(f'''
for doc in ({binding('clean-traffic', CTRL_IP_LEARNING='none')!r}, {binding('clean-traffic', CTRL_IP_LEARNING='guess')!r},
            {binding('no-such-filter')!r}, {binding('allow-dhcp-server')!r}, {binding('allow-arp', port='a/b')!r}):
    print(refused(c.nwfilterBindingCreateXML, doc, 0))
c.nwfilterBindingCreateXML({binding('allow-arp')!r}, 0)
print(refused(c.nwfilterBindingCreateXML, {binding('allow-arp')!r}, 0))
'''), ['1', '32', '1', '1', '8', '9'])

    def test_shell(self):
        def sh(*args, **more):
            return harness.run([harness.VIRSH, '-c', 'qemu:///system'] + list(args), env=harness.ours(**more)).stdout
        with open('/run/libvirt/b.xml', 'w') as f:
            f.write(binding('allow-arp'))
        sh('nwfilter-binding-create', '/run/libvirt/b.xml')
        self.assertIn(PORT, sh('nwfilter-binding-list'))
        self.assertIn("filter='allow-arp'", sh('nwfilter-binding-dumpxml', PORT))
        self.assertIn('not changed', sh('nwfilter-edit', 'allow-arp', EDITOR='true', VISUAL=''))
        self.assertIn('edited', sh('nwfilter-edit', 'allow-arp', EDITOR='sed -i s/accept/drop/', VISUAL=''))
        self.assertIn("action='drop'", sh('nwfilter-dumpxml', 'allow-arp'))
        self.assertFalse(self.network.arp_passes())
        sh('nwfilter-binding-delete', PORT)
        self.assertTrue(self.network.arp_passes())


if __name__ == '__main__':
    harness.enter()
    why = reason_to_skip()
    if why:
        FilterTest = unittest.skip(why)(FilterTest)
    sys.exit(unittest.main())
