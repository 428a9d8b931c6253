# SPDX-License-Identifier: LGPL-2.1-or-later
"""Networks that run, with real bridges, dnsmasq and packet filter, in a network namespace of their own; a tap device is the guest."""
import fcntl
import json
import os
import random
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
import unittest

import harness
from test_auth import have_gi
from test_net import client

STATE = '/var/lib/libvirt/dnsmasq'
RUN = '/run/libvirt/network'
OWN_NET = 'LIBVIRT_TEST_OWN_NET'
LAN = """<network><name>lvt-lan</name>{forward}<bridge name='lvtbr0'/><dns><host ip='10.213.1.77'><hostname>printer</hostname></host></dns>
  <ip address='10.213.1.1' prefix='24'><dhcp><range start='10.213.1.10' end='10.213.1.20'/>
    <host mac='52:54:00:11:22:33' name='known' ip='10.213.1.9'/></dhcp></ip>{more}</network>"""
PORT = """<networkport><uuid>5d744f21-ba4a-4d6e-bdb2-30a35ff320{0:02d}</uuid><owner><name>guest</name>
  <uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid></owner><mac address='52:54:00:00:00:{0:02d}'/>{1}</networkport>"""


GUEST = """<domain type='qemu'><name>{}</name><memory>8192</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os><devices><memballoon model='none'/>
  <interface type='network'><mac address='52:54:00:aa:00:01'/><source network='lvt-lan' {}/></interface></devices></domain>"""


FIREWALLD = '''
from gi.repository import Gio, GLib
XML = """<node><interface name='org.fedoraproject.FirewallD1.zone'><method name='getZones'><arg type='as' direction='out'/></method>
<method name='changeZoneOfInterface'><arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='s' direction='out'/></method>
</interface></node>"""
def call(conn, sender, path, interface, method, args, invocation):
    if method == 'getZones':
        invocation.return_value(GLib.Variant('(as)', (['public', 'libvirt', 'libvirt-routed'],)))
        return
    print(*args.unpack(), flush=True)
    invocation.return_value(GLib.Variant('(s)', (args.unpack()[0],)))
bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
bus.register_object('/org/fedoraproject/FirewallD1', Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0], call, None, None)
Gio.bus_own_name_on_connection(bus, 'org.fedoraproject.FirewallD1', 0, lambda *a: print('ready', flush=True), None)
GLib.MainLoop().run()
'''


def lan(forward="<forward mode='nat'/>", more=''):
    return LAN.format(forward=forward, more=more)


def sh(*command):
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False).stdout


def virsh(*words, **more):
    return subprocess.run([harness.VIRSH, '-c', 'qemu:///system', *words], env=harness.ours(**more), capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=True).stdout


def links():
    return {link['ifname']: link for link in json.loads(sh('ip', '-j', 'addr'))}


def rules():
    """Those of networks, of both protocols."""
    return [line for tool in ('iptables-save', 'ip6tables-save') for line in sh(tool).splitlines() if 'lvtbr' in line]


def daemons():
    """Process ids of dnsmasq in our view that answer guests."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as f:
                ours = STATE.encode() + b'/lvt-' in f.read() and os.readlink(f'/proc/{pid}/ns/net') == os.readlink('/proc/self/ns/net')
        except OSError:
            continue
        if ours:
            found.append(int(pid))
    return sorted(found)


def ask(name, server='10.213.1.1'):
    """The address of a name that dnsmasq tells; None when it knows none."""
    query = struct.pack('>6H', 7, 0x100, 1, 0, 0, 0) + b''.join(bytes([len(w)]) + w.encode() for w in name.split('.')) + b'\0\0\1\0\1'
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.sendto(query, (server, 53))
        answer = s.recv(512)
    return socket.inet_ntoa(answer[-4:]) if struct.unpack('>H', answer[6:8])[0] else None


def checksum(data):
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Guest:
    """The other end of a tap device in the bridge: it speaks Ethernet."""
    def __init__(self, mac, bridge='lvtbr0'):
        self.mac = bytes.fromhex(mac.replace(':', ''))
        self.fd = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
        self.name = struct.unpack('16sH22x', fcntl.ioctl(self.fd, 0x400454ca, struct.pack('16sH22x', b'lvttap%d', 0x1002)))[0].rstrip(b'\0').decode()
        sh('ip', 'link', 'set', self.name, 'master', bridge, 'up')

    def close(self):
        os.close(self.fd)

    def dhcp(self, kind, more=b''):
        body = struct.pack('>4BIHH', 1, 1, 6, 0, 99, 0, 0x8000) + bytes(16) + self.mac + bytes(10 + 192)
        body += b'\x63\x82\x53\x63\x35\x01' + bytes([kind]) + more + b'\xff' + bytes(60)
        udp = struct.pack('>4H', 68, 67, 8 + len(body), 0) + body
        ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes(4), b'\xff' * 4)
        ip = ip[:10] + struct.pack('>H', checksum(ip)) + ip[12:]
        try:
            os.write(self.fd, b'\xff' * 6 + self.mac + b'\x08\0' + ip + udp)
        except OSError:         # the bridge is not up yet
            return

    def answer(self):
        """Kind and offered address of a DHCP answer, None when there is none now."""
        try:
            frame = os.read(self.fd, 2000)
        except BlockingIOError:
            return None
        if frame[12:14] != b'\x08\0' or frame[23] != 17 or frame[34:36] != b'\0\x43':
            return None
        body = frame[42:]
        if body[28:34] != self.mac:     # to somebody else, who has no address to be called by yet
            return None
        at = body.find(b'\x35\x01', 240)
        return body[at + 2], body[16:20]

    def lease(self):
        """What dnsmasq gives; the bridge forwards nothing in its first seconds, so it is asked again and again."""
        end = time.monotonic() + 30
        offered = None
        while time.monotonic() < end:
            self.dhcp(3, b'\x32\x04' + offered + b'\x0c\x05lvtvm') if offered else self.dhcp(1)
            time.sleep(0.3)
            got = self.answer()
            while got:
                if got[0] == 5:
                    return socket.inet_ntoa(got[1])
                offered = got[1] if got[0] == 2 else offered
                got = self.answer()
        raise AssertionError('no DHCP answer')


def obstacle():
    """Why networks can't run here; None: they can."""
    if os.geteuid() != 0:
        return 'bridges and packet filter rules can be made by root only'
    if not os.environ.get(OWN_NET):
        return 'the kernel gives no network namespace'
    if not os.path.exists('/dev/net/tun'):
        return 'the host has no /dev/net/tun'
    for command in ('ip link add lvtprobe type bridge', 'ip link del lvtprobe', 'iptables -t nat -S', 'ip6tables -S', 'dnsmasq --version'):
        try:
            r = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        except FileNotFoundError as e:
            return f'{e.filename} is not installed'
        if r.returncode:
            return f'{command}: {r.stderr.strip()}'
    return None


class NetworksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        why = obstacle()
        if why:
            raise unittest.SkipTest(why)

    def setUp(self):
        self.daemon = harness.Daemon().start()
        self.before = set(links())

    def tearDown(self):
        try:
            client('qemu:///system', '''
for d in c.listAllDomains(): d.destroy()
for n in c.listAllNetworks(2): n.destroy()
''')
            left = (set(links()) - self.before, rules(), daemons())
        finally:
            self.daemon.stop()
            harness.wipe()
            harness.kill_guests()
        for name in left[0]:
            sh('ip', 'link', 'del', name)
        for pid in left[2]:
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(left, (set(), [], []))

    def back(self):
        """The daemon's socket is there before its drivers are; a connection opens when all are."""
        self.daemon.start()
        client('qemu:///system', '')

    def again(self, how=signal.SIGTERM):
        self.daemon.stop(how)
        self.back()

    def tool(self, name, script):
        """The daemon, started again, finds a program of ours: some kernels shape no traffic, and tools can be missing."""
        folder = '/run/libvirt/lvt-bin'
        os.makedirs(folder, exist_ok=True)
        with open(f'{folder}/{name}', 'w') as f:
            f.write(script.format(folder=folder))
        os.chmod(f'{folder}/{name}', 0o755)
        self.daemon.env['PATH'] = folder + ':' + os.environ['PATH']
        self.again()
        return folder

    def start(self, doc):
        out = client('network:///system', f'n = c.networkDefineXML({doc!r}); n.create(); print(n.XMLDesc(0))')
        return '\n'.join(out)

    def test_bridge_and_names(self):
        xml = self.start(lan("<forward mode='nat'><nat><port start='2000' end='3000'/></nat></forward>",
                             "<ip family='ipv6' address='2001:db8:7::1' prefix='64'/><route address='10.214.0.0' prefix='16' gateway='10.213.1.5'/>"))
        self.assertIn("<bridge name='lvtbr0' stp='on' delay='0'/>", xml)
        link = links()['lvtbr0']
        self.assertEqual([(a['local'], a['prefixlen']) for a in link['addr_info'] if not a['local'].startswith('fe80')],
                         [('10.213.1.1', 24), ('2001:db8:7::1', 64)])
        self.assertIn(link['address'], xml)
        self.assertIn('10.214.0.0/16 via 10.213.1.5 dev lvtbr0 metric 1', sh('ip', 'route'))
        self.assertEqual(harness.read('/proc/sys/net/ipv4/ip_forward'), '1\n')
        self.assertEqual(harness.read('/proc/sys/net/ipv6/conf/lvtbr0/accept_ra'), '0\n')
        text = '\n'.join(rules())
        self.assertIn('-A LIBVIRT_FWO -s 10.213.1.0/24 -i lvtbr0 -j ACCEPT', text)
        self.assertIn('-A LIBVIRT_FWI -d 2001:db8:7::/64 -o lvtbr0 -j ACCEPT', text)
        self.assertIn('-p tcp -j MASQUERADE --to-ports 2000-3000', sh('iptables-save', '-t', 'nat'))
        self.assertEqual(ask('printer'), '10.213.1.77')
        self.assertIsNone(ask('nobody'))
        self.assertEqual(stat.S_IMODE(os.stat(f'{RUN}/lvt-lan.xml').st_mode), 0o600)
        client('qemu:///system', "c.networkLookupByName('lvt-lan').destroy()")
        self.assertNotIn('lvtbr0', links())
        self.assertEqual((rules(), daemons()), ([], []))
        self.assertEqual([f for f in os.listdir(STATE) if not f.endswith('.status')], [])
        self.assertEqual(os.listdir(RUN), ['autostarted'])

    def test_leases(self):
        self.start(lan())
        guests = [Guest('52:54:00:11:22:33'), Guest('52:54:00:11:22:44')]
        try:
            self.assertEqual(guests[0].lease(), '10.213.1.9')
            other = guests[1].lease()
        finally:
            for guest in guests:
                guest.close()
        self.assertTrue(10 <= int(other.split('.')[-1]) <= 20, other)
        query = "n = c.networkLookupByName('lvt-lan')\nfor l in sorted(n.DHCPLeases(), key=lambda l: l['mac']):\n" \
                "    print(l['mac'], l['ipaddr'], l['prefix'], l['hostname'], l['iface'], l['expirytime'] > 0)\n"
        out = client('qemu:///system', query + "print(len(n.DHCPLeases('52:54:00:11:22:44')), len(n.DHCPLeases('52:54:00:00:00:00')))")
        self.assertEqual(out, ['52:54:00:11:22:33 10.213.1.9 24 known lvtbr0 True', f'52:54:00:11:22:44 {other} 24 lvtvm lvtbr0 True', '1 0'])
        table = virsh('net-dhcp-leases', 'lvt-lan').splitlines()
        self.assertEqual(table[0].split(), 'Expiry Time MAC address Protocol IP address Hostname Client ID or DUID'.split())
        self.assertRegex(table[2], r'^ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d +52:54:00:11:22:33 +ipv4 +10.213.1.9/24 +known +-$')
        self.assertEqual(len(virsh('net-dhcp-leases', 'lvt-lan', '--mac', '52:54:00:11:22:44').splitlines()), 4)
        # a dnsmasq that is started anew learns them from the file
        client('qemu:///system', "n = c.networkLookupByName('lvt-lan'); n.destroy(); n.create()")
        self.assertEqual(client('qemu:///system', query), out[:2])
        self.assertEqual(ask('lvtvm'), other)

    def test_survives_the_daemon(self):
        xml = self.start(lan(more="<portgroup name='a'/>"))
        client('qemu:///system', f"c.networkLookupByName('lvt-lan').portCreateXML({PORT.format(1, '')!r}, 0)")
        before = daemons()
        self.daemon.stop(signal.SIGKILL)
        sh('iptables', '-F', 'LIBVIRT_FWI')
        had = rules()
        self.back()
        out = client('network:///system', "n = c.networkLookupByName('lvt-lan'); print(n.isActive(), len(n.listAllPorts())); print(n.XMLDesc(0))")
        self.assertEqual(out[0], '1 1')
        self.assertEqual('\n'.join(out[1:]), xml.replace('<network>', "<network connections='1'>"))
        self.assertEqual(daemons(), before)
        self.assertGreater(len(rules()), len(had))
        self.daemon.stop()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        sh('ip', 'link', 'set', 'lvtbr0', 'down')
        self.back()
        self.assertTrue(daemons() and not set(daemons()) & set(before), 'dnsmasq is started again')
        self.daemon.stop()
        sh('ip', 'link', 'del', 'lvtbr0')
        self.back()
        self.assertEqual(client('qemu:///system', "print(c.networkLookupByName('lvt-lan').isActive())"), ['0'])
        self.assertEqual((daemons(), rules()), ([], []))

    def test_reload(self):
        self.start(lan())
        had = rules()
        for tool in ('iptables', 'ip6tables'):
            for table in ('filter', 'nat', 'mangle'):
                sh(tool, '-t', table, '-F')
                sh(tool, '-t', table, '-X')
        self.assertEqual(rules(), [])
        self.daemon.process.send_signal(signal.SIGHUP)
        harness.wait_for(lambda: rules() == had, 20)

    def test_changes_reach_dnsmasq_and_rules(self):
        self.start(lan())
        pids = daemons()
        out = client('qemu:///system', '''
n = c.networkLookupByName('lvt-lan')
n.update(3, 10, -1, "<host ip='10.213.1.78'><hostname>scanner</hostname></host>", 1)
print('scanner' in n.XMLDesc(0), 'scanner' in n.XMLDesc(1))
n.update(3, 4, -1, "<host mac='52:54:00:11:22:55' ip='10.213.1.8'/>", 1)
n.update(3, 7, -1, "<interface dev='lvteth'/>", 1)
''')
        self.assertEqual(out, ['True False'])
        harness.wait_for(lambda: ask('scanner') == '10.213.1.78', 10)
        self.assertEqual(daemons(), pids, 'a signal is enough')
        self.assertIn('52:54:00:11:22:55,10.213.1.8', harness.read(f'{STATE}/lvt-lan.hostsfile'))
        self.assertIn('-A LIBVIRT_FWO -s 10.213.1.0/24 -i lvtbr0 -o lvteth -j ACCEPT', rules())
        client('qemu:///system', '''c.networkLookupByName('lvt-lan').update(3, 5, -1, "<range start='10.213.1.30' end='10.213.1.31'/>", 1)''')
        self.assertNotEqual(daemons(), pids)
        self.assertIn('dhcp-range=10.213.1.30,10.213.1.31,255.255.255.0', harness.read(f'{STATE}/lvt-lan.conf'))
        out = client('qemu:///system', '''
n = c.networkLookupByName('lvt-lan')
print(refused(n.update, 3, 11, -1, "<txt name='a' value='x&#10;no-such-option'/>", 1), 'no-such' in n.XMLDesc(0))
''')
        self.assertEqual(out, ['67 False'])
        self.assertEqual(ask('scanner'), '10.213.1.78')

    def test_a_failed_start_leaves_nothing(self):
        docs = [lan(more="<ip address='10.213.2.1' prefix='24'><tftp root='/no/such/folder'/></ip>"),
                lan(more="<ip address='10.213.3.1' prefix='24'/>"),
                "<network><name>lvt-lo</name><bridge name='lo'/></network>"]
        sh('ip', 'link', 'add', 'lvtother', 'type', 'bridge')
        sh('ip', 'addr', 'add', '10.213.3.5/24', 'dev', 'lvtother')
        sh('ip', 'link', 'set', 'lvtother', 'up')
        self.addCleanup(sh, 'ip', 'link', 'del', 'lvtother')
        self.before.add('lvtother')
        for doc, code in zip(docs, ('1', '1', '38')):
            out = client('qemu:///system', f'n = c.networkDefineXML({doc!r}); print(refused(n.create), n.isActive()); n.undefine()')
            self.assertEqual(out, [code + ' 0'])
            self.assertEqual((set(links()) - self.before, rules(), daemons()), (set(), [], []))
            self.assertEqual(os.listdir(STATE) if os.path.exists(STATE) else [], [])

    def test_missing_tools_are_named(self):
        """The daemon's PATH leads to a tool that fails as one does that can't be run."""
        for tool in ('dnsmasq', 'iptables'):
            folder = self.tool(tool, '#!/no/such/interpreter\n')
            out = client('qemu:///system', f'''
n = c.networkDefineXML({lan()!r})
try: n.create()
except libvirt.libvirtError as e: print(e.get_error_message())
print(n.isActive()); n.undefine()
''')
            self.assertIn(f'{folder}/{tool}', out[0])
            self.assertEqual(out[-1], '0')
            os.unlink(f'{folder}/{tool}')
            self.assertEqual((set(links()) - self.before, rules(), daemons()), (set(), [], []))

    def test_modes(self):
        sh('ip', 'link', 'add', 'lvthost', 'type', 'bridge')
        self.addCleanup(sh, 'ip', 'link', 'del', 'lvthost')
        self.before.add('lvthost')
        own = {'': 1, "<forward mode='nat'/>": 1, "<forward mode='route'/>": 1, "<forward mode='open'/>": 0}
        for forward, filtered in own.items():
            client('qemu:///system', f'c.networkCreateXML({lan(forward)!r})')
            self.assertIn('lvtbr0', links())
            self.assertEqual(bool(rules()), bool(filtered), forward)
            self.assertTrue(daemons())
            client('qemu:///system', "c.networkLookupByName('lvt-lan').destroy()")
        host = ["<forward mode='bridge'/><bridge name='lvthost'/>"] + [
            f"<forward mode='{m}'><interface dev='lvteth'/></forward>" for m in ('bridge', 'private', 'vepa', 'passthrough')]
        for body in host:
            out = client('qemu:///system', f'''
n = c.networkCreateXML("<network><name>lvt-host</name>{body}</network>")
print(n.isActive(), n.portCreateXML({PORT.format(1, '')!r}, 0).XMLDesc(0).count('<plug'))
''')
            self.assertEqual(out, ['1 1'])
            self.assertEqual((rules(), daemons()), ([], []))
            self.again()            # each is still there, with its port
            out = client('qemu:///system', "n = c.networkLookupByName('lvt-host'); print(n.isActive(), len(n.listAllPorts())); n.destroy()")
            self.assertEqual(out, ['1 1'])

    def test_events_and_editing(self):
        client('qemu:///system', f'c.networkDefineXML({lan()!r})')
        with subprocess.Popen([harness.VIRSH, '-c', 'qemu:///system', 'net-event', '--event', 'lifecycle', '--network', 'lvt-lan',
                               '--timeout', '30'], env=harness.ours(), stdout=subprocess.PIPE, text=True) as watch:
            # it registers when it pleases: the network comes and goes until it has seen one
            while watch.poll() is None:
                virsh('net-start', 'lvt-lan')
                virsh('net-destroy', 'lvt-lan')
            self.assertRegex(watch.stdout.read(), r"event 'lifecycle' for network lvt-lan: (Started|Stopped)\nevents received: 1\n")
        self.assertIn('Network lvt-lan XML configuration edited.', virsh('net-edit', 'lvt-lan', EDITOR="sed -i s/10.213.1.20/10.213.1.19/"))
        self.assertIn("end='10.213.1.19'", virsh('net-dumpxml', 'lvt-lan'))
        self.assertIn('not changed', virsh('net-edit', 'lvt-lan', EDITOR='true'))

    def test_ports_of_pools(self):
        doc = "<network><name>lvt-pool</name><forward mode='{}'><interface dev='lvteth0'/><interface dev='lvteth1'/></forward></network>"
        out = client('qemu:///system', f'''
import re
for mode in ('private', 'passthrough'):
    n = c.networkCreateXML({doc!r}.format(mode))
    ports = [n.portCreateXML({PORT!r}.format(i, ''), 0) for i in (1, 2)]
    third = refused(n.portCreateXML, {PORT!r}.format(3, ''), 0)
    print([re.search("dev='(.*?)'", p.XMLDesc(0))[1] for p in ports], third, re.findall("connections='(.)'", n.XMLDesc(0)))
    ports[0].delete()
    print(re.search("dev='(.*?)'", n.portCreateXML({PORT!r}.format(4, ''), 0).XMLDesc(0))[1])
    n.destroy()
n = c.networkCreateXML("<network><name>lvt-vf</name><forward mode='hostdev' managed='yes'/></network>")
print(refused(n.portCreateXML, {PORT!r}.format(1, ''), 0)); n.destroy()
''')
        self.assertEqual(out, ["['lvteth0', 'lvteth1'] None ['3', '2', '1']", 'lvteth0', "['lvteth0', 'lvteth1'] 1 ['2', '1', '1']", 'lvteth0', '1'])
        self.assertEqual(os.listdir(RUN), ['autostarted'])

    def test_shares_of_the_rate(self):
        folder = self.tool('tc', '#!/bin/sh\necho "$*" >> {folder}/log\n')
        doc = lan(more="<bandwidth><inbound average='1000' peak='1500'/></bandwidth>")
        out = client('qemu:///system', f'''
n = c.networkCreateXML({doc!r})
p = n.portCreateXML({PORT.format(1, "<bandwidth><inbound average='10' floor='900'/></bandwidth>")!r}, 0)
print("classID='3'" in p.XMLDesc(0), refused(n.portCreateXML, {PORT.format(2, "<bandwidth><inbound average='10' floor='700'/></bandwidth>")!r}, 0))
p.setParameters({{'inbound.floor': 800}}, 0)
print(p.parameters()['inbound.floor'], len(n.listAllPorts()))
p.delete(); n.destroy()
''')
        self.assertEqual(out, ['True 55', '800 1'])
        self.assertEqual([line for line in harness.read(f'{folder}/log').splitlines() if line.startswith('class')], [
            'class add dev lvtbr0 parent 1: classid 1:1 htb rate 1000kbps ceil 1500kbps quantum 85',
            'class add dev lvtbr0 parent 1:1 classid 1:2 htb rate 1000kbps ceil 1500kbps quantum 85',
            'class add dev lvtbr0 parent 1:1 classid 1:3 htb rate 900kbps ceil 1500kbps quantum 1',
            'class change dev lvtbr0 classid 1:2 htb rate 600kbps ceil 1500kbps quantum 85',
            'class change dev lvtbr0 classid 1:3 htb rate 800kbps ceil 1500kbps quantum 85',
            'class change dev lvtbr0 classid 1:2 htb rate 700kbps ceil 1500kbps quantum 85',
            'class del dev lvtbr0 classid 1:3',
            'class change dev lvtbr0 classid 1:2 htb rate 1500kbps ceil 1500kbps quantum 85'])

    def test_autostart_is_once_for_a_boot(self):
        client('qemu:///system', f"n = c.networkDefineXML({lan('')!r}); n.setAutostart(1); print(n.isActive())")
        os.unlink(f'{RUN}/autostarted')
        self.again()
        self.assertEqual(client('qemu:///system', "n = c.networkLookupByName('lvt-lan'); print(n.isActive()); n.destroy()"), ['1'])
        self.again()
        self.assertEqual(client('qemu:///system', "print(c.networkLookupByName('lvt-lan').isActive())"), ['0'])

    @unittest.skipUnless(have_gi(), 'python3-gi is not installed')
    def test_zones(self):
        bus = subprocess.Popen(['dbus-daemon', '--session', '--nofork', '--print-address'], stdout=subprocess.PIPE, text=True)
        address = bus.stdout.readline().strip()
        fake = subprocess.Popen(['/usr/bin/python3', '-c', FIREWALLD], stdout=subprocess.PIPE, text=True,
                                env=dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=address))
        try:
            self.assertEqual(fake.stdout.readline(), 'ready\n')
            self.daemon.env['DBUS_SYSTEM_BUS_ADDRESS'] = address
            self.again()
            zoned = lan().replace("<bridge name='lvtbr0'/>", "<bridge name='lvtbr0' zone='public'/>")
            for doc, zone in ((lan(), 'libvirt'), (lan("<forward mode='route'/>"), 'libvirt-routed'), (zoned, 'public')):
                client('qemu:///system', f'n = c.networkCreateXML({doc!r}); n.destroy()')
                self.assertEqual(fake.stdout.readline(), f'{zone} lvtbr0\n')
        finally:
            for process in (fake, bus):
                process.kill()
                process.wait()
                process.stdout.close()

    def test_hooks(self):
        os.makedirs('/etc/libvirt/hooks/network.d')
        scripts = {'network': 'echo "$*" >> /run/libvirt/lvt-log; cat > /run/libvirt/lvt-in', 'network.d/10': 'echo ten >> /run/libvirt/lvt-log',
                   'network.d/20': '[ $2 != port-created ] || { echo not this one >&2; exit 3; }', 'network.d/30': 'echo thirty >> /run/libvirt/lvt-log'}
        for name, text in scripts.items():
            with open(f'/etc/libvirt/hooks/{name}', 'w') as f:
                f.write(f'#!/bin/sh\n{text}\n')
            os.chmod(f'/etc/libvirt/hooks/{name}', 0o644 if name.endswith('30') else 0o755)
        out = client('qemu:///system', f"""
n = c.networkCreateXML({lan()!r})
try: n.portCreateXML({PORT.format(1, '')!r}, 0)
except libvirt.libvirtError as e: print(e.get_error_code(), e.get_error_message())
print(len(n.listAllPorts()))
print(open('/run/libvirt/lvt-in').read())
n.update(3, 10, -1, "<host ip='10.213.1.78'><hostname>scanner</hostname></host>", 1); n.destroy()
""")
        self.assertEqual(out[:2], ['70 Hook script execution failed: /etc/libvirt/hooks/network.d/20 exited with status 3: not this one', '0'])
        text = '\n'.join(out[2:])
        self.assertRegex(text, r'^<hookData>\n  <network>\n    <name>lvt-lan</name>')
        self.assertIn('  </network>\n  <networkport>\n    <uuid>5d744f21', text)
        self.assertEqual(harness.read('/run/libvirt/lvt-log').replace('ten\n', '').splitlines(), [
            f'lvt-lan {word} -' for word in ('start begin', 'started begin', 'port-created begin', 'updated begin', 'stopped end')])
        with open('/etc/libvirt/hooks/network', 'w') as f:
            f.write('#!/bin/sh\n[ $2 != started ]\n')
        out = client('qemu:///system', f'print(refused(c.networkCreateXML, {lan()!r}), c.listAllNetworks())')
        self.assertEqual(out, ['70 []'])
        self.assertEqual((set(links()) - self.before, rules(), daemons()), (set(), [], []))

    def test_many_at_once(self):
        """Threads that start, change and stop networks, plug ports and ask; each network is whole in the end."""
        client('qemu:///system', f"c.networkCreateXML({lan()!r})")
        out = client('qemu:///system', f"""
import threading
bad = []
def own(i):
    xml = "<network><name>lvt-{{0}}</name><bridge name='lvtbr{{0}}'/><ip address='10.213.{{0}}.1' prefix='24'><dhcp>" \\
          "<range start='10.213.{{0}}.2' end='10.213.{{0}}.9'/></dhcp></ip></network>".format(10 + i)
    n = c.networkDefineXML(xml)
    for k in range(3):
        n.create()
        n.update(3, 10, -1, "<host ip='10.213.0.%d'><hostname>h</hostname></host>" % (k + 1), 1)
        n.DHCPLeases()
        n.destroy()
    n.undefine()
def ports(i):
    n = c.networkLookupByName('lvt-lan')
    for k in range(10):
        p = n.portCreateXML({PORT!r}.format(10 + i, ''), 0)
        p.XMLDesc(0); n.XMLDesc(0); len(n.listAllPorts()); p.delete()
def watch(i):
    for k in range(30):
        [n.XMLDesc(0) for n in c.listAllNetworks() if n.name() == 'lvt-lan']
def run(f, i):
    try: f(i)
    except libvirt.libvirtError as e: bad.append(str(e))
threads = [threading.Thread(target=run, args=(f, i)) for f in (own, ports, watch) for i in range(3)]
[t.start() for t in threads]; [t.join() for t in threads]
print(bad, len(c.networkLookupByName('lvt-lan').listAllPorts()))
""")
        self.assertEqual(out, ['[] 0'])
        self.assertEqual([n for n in links() if n.startswith('lvtbr')], ['lvtbr0'])

    def test_a_guest_that_dies(self):
        """Its port goes with it, also when nobody was there to see."""
        folder = self.tool('tc', '#!/bin/sh\necho "$*" >> {folder}/log\n')
        doc = lan(more="<port isolated='yes'/><portgroup name='fast'><bandwidth><inbound average='900'/></bandwidth></portgroup>")
        client('qemu:///system', f"c.networkCreateXML({doc!r})")
        for watched in (True, False):
            name = f'lvt-{random.randrange(1 << 30)}'
            out = client('qemu:///system', f"""
d = c.createXML({GUEST.format(name, "portgroup='fast'")!r})
print("<inbound average='900'/>" in d.XMLDesc(0), len(c.networkLookupByName('lvt-lan').listAllPorts()))
""")
            self.assertEqual(out, ['True 1'])
            tap = next(n for n in links() if n.startswith('vnet'))
            self.assertEqual(harness.read(f'/sys/class/net/{tap}/brport/isolated'), '1\n')
            self.assertIn(f'class add dev {tap} parent 1: classid 1:1 htb rate 900kbps', harness.read(f'{folder}/log'))
            if not watched:
                self.daemon.stop(signal.SIGKILL)
            pid = int(harness.read(f'/run/libvirt/qemu/{name}.pid'))
            os.kill(pid, signal.SIGKILL)
            if not watched:
                harness.wait_for(lambda: tap not in links())
                self.back()
            count = "print(len(c.networkLookupByName('lvt-lan').listAllPorts()))"
            harness.wait_for(lambda: client('qemu:///system', count) == ['0'])
            self.assertNotIn('connections', client('qemu:///system', "print(c.networkLookupByName('lvt-lan').XMLDesc(0))")[0])

    def test_a_bridge_that_is_told_addresses(self):
        sh('ip', 'link', 'add', 'lvtprobe', 'type', 'bridge')
        able = os.path.exists('/sys/class/net/lvtprobe/bridge/vlan_filtering')
        sh('ip', 'link', 'del', 'lvtprobe')
        if not able:
            self.skipTest('bridges of this kernel filter no VLANs')
        doc = lan().replace("<bridge name='lvtbr0'/>", "<bridge name='lvtbr0' macTableManager='libvirt'/><mtu size='1400'/>")
        client('qemu:///system', f"c.networkCreateXML({doc!r}); c.createXML({GUEST.format('lvt-told', '')!r})")
        tap = next(n for n in links() if n.startswith('vnet'))
        self.assertEqual([harness.read(f'/sys/class/net/{tap}/brport/{f}') for f in ('learning', 'unicast_flood')], ['0\n', '0\n'])
        self.assertRegex(sh('bridge', 'fdb', 'show', 'dev', tap), '52:54:00:aa:00:01.* master lvtbr0 static')
        self.assertEqual((links()[tap]['mtu'], links()['lvtbr0']['mtu']), (1400, 1400))

    def test_a_display_on_a_network(self):
        guest = GUEST.format('lvt-screen', '').replace('<memballoon', "<graphics type='vnc'><listen type='network' network='lvt-{}'/></graphics><memballoon")
        sh('ip', 'link', 'add', 'lvthost', 'type', 'bridge')
        self.addCleanup(sh, 'ip', 'link', 'del', 'lvthost')
        self.before.add('lvthost')
        sh('ip', 'addr', 'add', '10.213.9.7/24', 'dev', 'lvthost')
        sh('ip', 'link', 'set', 'lvthost', 'up')
        host = "<network><name>lvt-host</name><forward mode='bridge'/><bridge name='lvthost'/></network>"
        out = client('qemu:///system', f"""
print(refused(c.createXML, {guest.format('none')!r}))
c.networkCreateXML({lan()!r}); c.networkCreateXML({host!r})
for name in ('lan', 'host'):
    d = c.createXML({guest!r}.format(name))
    print([line.strip() for line in d.XMLDesc(0).splitlines() if '<listen ' in line][0])
    d.destroy()
""")
        self.assertEqual(out, ['43', "<listen type='network' address='10.213.1.1' network='lvt-lan'/>",
                               "<listen type='network' address='10.213.9.7' network='lvt-host'/>"])

    def test_a_guest_is_plugged_in(self):
        guest = GUEST.format(f'lvt-{random.randrange(1 << 30)}', '')
        client('qemu:///system', f"c.networkDefineXML({lan()!r})")
        self.assertEqual(client('qemu:///system', f'print(refused(c.createXML, {guest!r}))'), ['55'])
        client('qemu:///system', "c.networkLookupByName('lvt-lan').create()")
        out = client('qemu:///system', f'''
import re
d = c.createXML({guest!r})
print(re.search("<target dev='(.*?)'", d.XMLDesc(0))[1], "bridge='lvtbr0'" in d.XMLDesc(0))
n = c.networkLookupByName('lvt-lan')
print(len(n.listAllPorts()), n.listAllPorts()[0].UUIDString() in d.XMLDesc(0))
''')
        tap, bridged = out[0].split()
        self.assertEqual((bridged, out[1]), ('True', '1 True'))
        self.assertEqual(links()[tap]['master'], 'lvtbr0')
        self.assertIn('52:54:00:aa:00:01', harness.read(f'{STATE}/lvtbr0.macs'))
        card = Guest('52:54:00:aa:00:01')           # the boot sector speaks no DHCP: somebody does for it
        try:
            address = card.lease()
        finally:
            card.close()
        self.assertIn(f'{address}/24', virsh('domifaddr', client('qemu:///system', 'print(c.listAllDomains()[0].name())')[0]))
        self.again()
        out = client('qemu:///system', '''
c.listAllDomains()[0].destroy()
print(len(c.networkLookupByName('lvt-lan').listAllPorts()))
''')
        self.assertEqual(out, ['0'])
        self.assertNotIn(tap, links())


def enter():
    """A network of our own first, then the view of folders; /sys must show the one that we are in."""
    if os.geteuid() != 0:
        return
    if not os.environ.get(OWN_NET):
        if subprocess.run(['unshare', '-n', 'true'], capture_output=True, check=False).returncode:
            return
        os.environ[OWN_NET] = '1'
        os.execvp('unshare', ['unshare', '-n', sys.executable] + sys.argv)
    harness.enter()
    subprocess.run(['mount', '-t', 'sysfs', 'sysfs', '/sys'], check=True)
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    with open('/proc/sys/net/ipv6/conf/default/accept_dad', 'w') as f:
        f.write('0')


if __name__ == '__main__':
    enter()
    sys.exit(unittest.main())
