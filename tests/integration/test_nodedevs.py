# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices of the host: what the daemon lists against what /sys shows, and, over a mock of /sys and udev, devices that come and go, and
mediated devices with a mdevctl of our own."""
import glob
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import harness

harness.enter()             # before libraries are loaded: it starts the program again
harness.load_ours()
MOCK = 'libumockdev-preload.so.0'


def load_mock():
    """Who sends events of a mock has to see its /sys too; start again if we do not."""
    with open('/proc/self/maps') as f:
        seen = 'libumockdev-preload' in f.read()
    os.environ.pop('LD_PRELOAD', None)          # not for the programs that this one starts
    if not seen and glob.glob('/usr/lib/*/' + MOCK) and harness.SANITIZED not in os.environ:      # the two do not go together
        env = harness.borrowed()
        env['LD_PRELOAD'] = (env.get('LD_PRELOAD', '') + ' ' + MOCK).strip()
        os.execve('/usr/bin/python3', ['/usr/bin/python3'] + sys.argv, env)


load_mock()

import libvirt  # noqa: E402  (the dynamic linker must find our library first)

try:
    import gi
    gi.require_version('UMockdev', '1.0')
    from gi.repository import UMockdev
except (ImportError, ValueError):
    UMockdev = None

libvirt.registerErrorHandler(lambda *unused: None, None)
URI = 'nodedev:///system'
FIXTURE = os.path.join(harness.ROOT, 'tests', 'golden', 'nodedev', 'guest.umockdev')
UUID = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001'
NAME = 'mdev_83b8f4f2_509f_382f_3c1e_e6bfe0fa1001_mtty'
MDEV = ("<device><parent>{}</parent><capability type='mdev'><type id='mtty-2'/><uuid>" + UUID + "</uuid>{}</capability></device>")
# Keeps definitions in a file, as mdevctl does; tells who called and what was on its standard input.
MDEVCTL = r'''#!/usr/bin/python3
import json, os, sys, time
here = os.path.dirname(os.path.abspath(__file__))
state = os.path.join(here, 'defined')
devices = json.load(open(state)) if os.path.exists(state) else {}
words = ' '.join(sys.argv[2:]).replace('--uuid ', '--uuid=').split()
args = dict(a[2:].split('=', 1) if '=' in a else (a[2:], '') for a in words)
if os.path.exists(os.path.join(here, 'fail')):
    sys.exit('Error: the hypervisor is on fire')
if os.path.exists(os.path.join(here, 'hang')):
    time.sleep(1000)
doc = json.load(open(args['jsonfile'])) if 'jsonfile' in args else None
command = sys.argv[1]
if command == 'list':
    print(json.dumps([{'mtty': [{u: d} for u, d in devices.items()]}] if devices else []))
elif command == 'define':
    devices[args['uuid']] = doc
elif command == 'undefine':
    del devices[args['uuid']]
elif command == 'modify':
    if doc and ('defined' in args or 'live' not in args):
        devices[args['uuid']] = doc
    if 'auto' in args:
        devices[args['uuid']]['start'] = 'auto'
if command != 'list':
    json.dump(devices, open(state + '.new', 'w'))
    os.rename(state + '.new', state)
with open(os.path.join(here, 'calls'), 'a') as f:
    f.write(' '.join(sys.argv[1:]) + '\n')
'''


def text(path):
    try:
        with open(path) as f:
            return f.read().strip()
    except OSError:
        return None


def watchers(daemon):
    """Threads of the daemon that look at the host's devices."""
    names = (text(p) for p in glob.glob(f'/proc/{daemon.process.pid}/task/*/comm'))
    return sorted(n for n in names if n and n.startswith('nodedev'))


class Begin(unittest.TestCase):
    """Nothing is looked at before somebody asks, and who asks first sees all."""
    def setUp(self):
        self.daemon = harness.Daemon().start()
        self.addCleanup(self.daemon.stop)

    def test_idle(self):
        conn = libvirt.open(URI)
        conn.getLibVersion()
        self.assertEqual([], watchers(self.daemon))
        self.daemon.process.send_signal(signal.SIGHUP)          # nothing to read again
        conn.getLibVersion()
        self.assertEqual([], watchers(self.daemon))
        self.assertGreater(conn.numOfDevices(None), 1)
        self.assertEqual(['nodedev-read', 'nodedev-udev'], watchers(self.daemon))

    def test_at_once(self):
        """many at the same moment"""
        lists, start = [], threading.Barrier(8)

        def ask(n):
            conn = libvirt.open(URI)
            start.wait()
            lists.append(conn.listDevices(None) if n % 2 else [d.name() for d in conn.listAllDevices()])
        threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(8, len(lists))
        self.assertIn('computer', lists[0])
        for one in lists:
            self.assertEqual(lists[0], one)


class Host(unittest.TestCase):
    """The machine as it is."""
    @classmethod
    def setUpClass(cls):
        cls.daemon = harness.Daemon().start()
        cls.conn = libvirt.open(URI)

    @classmethod
    def tearDownClass(cls):
        cls.conn.close()
        cls.daemon.stop()

    def xml(self, name):
        return self.conn.nodeDeviceLookupByName(name).XMLDesc()

    def test_pci(self):
        want = {'pci_' + re.sub(r'\W', '_', os.path.basename(p)): p for p in glob.glob('/sys/bus/pci/devices/*')}
        have = self.conn.listAllDevices(libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV)
        self.assertEqual(sorted(want), [d.name() for d in have])
        for name, path in want.items():
            xml = self.xml(name)
            self.assertIn(f"<path>{os.path.realpath(path)}</path>", xml)
            self.assertIn(f"<class>{text(path + '/class')}</class>", xml)
            self.assertIn(f"<product id='{text(path + '/device')}'", xml)
            driver = os.path.join(path, 'driver')
            self.assertEqual([os.path.basename(os.readlink(driver))] if os.path.exists(driver) else [],
                             re.findall(r'<driver>\s*<name>(.*?)<', xml))

    def test_net(self):
        want = {re.sub(r'\W', '_', f"net_{os.path.basename(p)}_{text(p + '/address')}") for p in glob.glob('/sys/class/net/*')
                if text(p + '/address') and not re.search('^DEVTYPE=(?!wlan)', text(p + '/uevent'), re.M)}
        have = {d.name() for d in self.conn.listAllDevices(libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET)}
        self.assertEqual(want, have)

    def test_tree(self):
        devices = self.conn.listAllDevices()
        names = {d.name() for d in devices}
        self.assertEqual(len(devices), self.conn.numOfDevices(None))
        self.assertEqual(sorted(names), sorted(self.conn.listDevices(None)))
        for d in devices:
            if d.name() == 'computer':
                self.assertIsNone(d.parent())
            else:
                self.assertIn(d.parent(), names)
                self.assertTrue(os.path.isdir(re.search('<path>(.*)</path>', d.XMLDesc()).group(1)))
            self.assertEqual((1, int(d.name() == 'computer')), (d.isActive(), d.isPersistent()))
            self.assertEqual(d.numOfCaps(), len(d.listCaps()))

    def test_disks(self):
        for d in self.conn.listAllDevices(libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE):
            xml = d.XMLDesc()
            path = re.search('<path>(.*)</path>', xml).group(1)
            if "type='removable'" not in xml:
                self.assertIn(f"<size>{int(text(path + '/size')) * 512}</size>", xml)

    def test_refusals(self):
        computer = self.conn.nodeDeviceLookupByName('computer')
        for call, code in ((lambda: self.conn.nodeDeviceLookupByName('nobody'), libvirt.VIR_ERR_NO_NODE_DEVICE),
                           (computer.destroy, libvirt.VIR_ERR_CONFIG_UNSUPPORTED), (computer.undefine, libvirt.VIR_ERR_CONFIG_UNSUPPORTED),
                           (computer.create, libvirt.VIR_ERR_OPERATION_INVALID),
                           (lambda: computer.setAutostart(1), libvirt.VIR_ERR_OPERATION_UNSUPPORTED),
                           (lambda: self.conn.nodeDeviceDefineXML(MDEV.format('computer', ''), 0), libvirt.VIR_ERR_PARSE_FAILED),
                           (lambda: self.conn.nodeDeviceDefineXML(MDEV.format('nobody', ''), 0), libvirt.VIR_ERR_CONFIG_UNSUPPORTED),
                           (lambda: self.conn.nodeDeviceLookupSCSIHostByWWN('1', '2', 0), libvirt.VIR_ERR_NO_NODE_DEVICE)):
            with self.assertRaises(libvirt.libvirtError) as caught:
                call()
            self.assertEqual(code, caught.exception.get_error_code())


APART = """#!/bin/sh
exec unshare -n -m --propagation private sh -c 'mount -t sysfs sysfs /sys && exec "$@"' sh {} "$@"
"""


@unittest.skipIf(subprocess.run(['unshare', '-n', 'ip', 'link', 'add', 'type', 'veth'], capture_output=True, check=False).returncode,
                 'no network of our own, or nothing to make in it')
class Links(unittest.TestCase):
    """The kernel's own events, of network devices in a network of the daemon's own."""
    def setUp(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(subprocess.run, ['rm', '-rf', folder])
        with open(folder + '/apart', 'w') as f:
            f.write(APART.format(harness.LIBVIRTD))
        os.chmod(folder + '/apart', 0o755)
        self.daemon = harness.Daemon(folder + '/apart').start()
        self.addCleanup(self.daemon.stop)
        self.conn = libvirt.open(URI)
        self.addCleanup(self.conn.close)

    def ip(self, *lines):
        subprocess.run(['nsenter', '-t', str(self.daemon.process.pid), '-n', 'ip', '-batch', '-'],
                       input='\n'.join(lines) + '\n', text=True, check=True)

    def there(self):
        """what the kernel has, as the list should name it"""
        out = subprocess.run(['nsenter', '-t', str(self.daemon.process.pid), '-n', 'ip', '-j', 'link'],
                             capture_output=True, check=True).stdout
        return sorted(re.sub(r'\W', '_', f"net_{link['ifname']}_{link['address']}") for link in json.loads(out) if 'address' in link)

    def listed(self):
        return [d.name() for d in self.conn.listAllDevices(libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET)]

    def test_interfaces(self):
        """what the kernel has, of the driver of interfaces"""
        conn = libvirt.open('interface:///system')
        self.addCleanup(conn.close)
        self.assertEqual([0, ['lo']], [conn.numOfInterfaces(), conn.listDefinedInterfaces()])
        self.ip('link add br0 type bridge', 'link add v0 type veth peer name v1', 'link set v1 master br0', 'link set v0 up',
                'link set v1 up', 'link set br0 up', 'link set v0 mtu 1400')
        harness.wait_for(lambda: conn.listInterfaces() == ['br0', 'v0'])
        xml = conn.interfaceLookupByName('br0').XMLDesc(0)
        self.assertIn("<interface type='bridge' name='br0'>\n  <mtu size='1500'/>\n  <bridge stp='off'", xml)
        self.assertIn("<interface type='ethernet' name='v1'>", xml)
        device = conn.interfaceLookupByName('v0')
        self.assertEqual(('v0', 1), (conn.interfaceLookupByMACString(device.MACString()).name(), device.isActive()))
        self.assertIn("<mtu size='1400'/>", device.XMLDesc(0))
        self.ip('link set v0 down')
        harness.wait_for(lambda: not device.isActive())
        self.assertEqual(['v0'], [i.name() for i in conn.listAllInterfaces(1) if i.name() == 'v0'])
        self.ip('link del v0')
        for call, code in ((lambda: device.XMLDesc(0), libvirt.VIR_ERR_NO_INTERFACE), (device.isActive, libvirt.VIR_ERR_NO_INTERFACE),
                           (lambda: conn.interfaceLookupByMACString('52:54:00:99:99:99'), libvirt.VIR_ERR_NO_INTERFACE),
                           (lambda: device.create(0), libvirt.VIR_ERR_NO_SUPPORT)):
            with self.assertRaises(libvirt.libvirtError) as caught:
                call()
            self.assertEqual(code, caught.exception.get_error_code())

    def test_flood(self):
        """each pair is twenty events and more; some devices change their name, and come again under an old one"""
        self.assertEqual(self.there(), self.listed())
        pairs = range(300)
        self.ip(*(f'link add a{n} type veth peer name b{n}' for n in pairs))
        self.ip(*(f'link del a{n}' for n in pairs if n % 30), *(f'link set a{n} name c{n}' for n in pairs if n % 60 == 0))
        self.ip(*(f'link add a{n} type veth peer name d{n}' for n in pairs if n % 60 == 0))
        self.assertGreater(len(self.there()), 30)
        harness.wait_for(lambda: self.there() == self.listed(), 60)
        for name in self.listed():
            xml = self.conn.nodeDeviceLookupByName(name).XMLDesc()
            self.assertIn(re.search('<interface>(.*)<', xml).group(1), name)

    def test_overflow(self):
        """more than its socket holds while the daemon does not run: all is looked at again"""
        self.daemon.stop()
        self.daemon.conf = 'log_level = 3\nlog_outputs = "3:stderr"\n'
        self.daemon.start()
        conn = libvirt.open(URI)
        self.addCleanup(conn.close)
        conn.listAllDevices()
        many = 'numrxqueues 500 numtxqueues 500'
        os.kill(self.daemon.process.pid, signal.SIGSTOP)
        try:
            for unused in range(2):
                self.ip(*(f'link add a{n} {many} type veth peer name b{n} {many}' for n in range(20)))
                self.ip(*(f'link del a{n}' for n in range(19)))
                self.ip('link set a19 name c19', 'link set b19 name d19', 'link del c19')
            self.ip('link add last type veth peer name least')
        finally:
            os.kill(self.daemon.process.pid, signal.SIGCONT)
        self.conn = conn
        harness.wait_for(lambda: self.there() == self.listed(), 60)
        harness.wait_for(lambda: 'came faster than they could be read' in self.daemon.tail(), 20)

    def test_vanish(self):
        """while they are listed and described"""
        self.listed()
        end = time.monotonic() + 3
        failures = []

        def ask():
            conn = libvirt.open(URI)
            while time.monotonic() < end:
                for device in conn.listAllDevices():
                    try:
                        device.XMLDesc()
                        device.listCaps()
                    except libvirt.libvirtError as e:
                        if e.get_error_code() != libvirt.VIR_ERR_NO_NODE_DEVICE:
                            failures.append(e)
            conn.close()
        threads = [threading.Thread(target=ask) for unused in range(3)]
        for t in threads:
            t.start()
        while time.monotonic() < end:
            self.ip(*(f'link add a{n} type veth peer name b{n}' for n in range(20)))
            self.ip(*(f'link del a{n}' for n in range(20)))
        for t in threads:
            t.join()
        self.assertEqual([], failures)
        harness.wait_for(lambda: self.there() == self.listed())


@unittest.skipUnless(UMockdev and harness.SANITIZED not in os.environ, 'no umockdev, or a sanitizer that it does not go with')
class Mock(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        libvirt.virEventRegisterDefaultImpl()

        def loop():
            while True:
                libvirt.virEventRunDefaultImpl()
        threading.Thread(target=loop, daemon=True).start()

    def setUp(self):
        self.bed = UMockdev.Testbed.new()
        self.root = self.bed.get_root_dir()
        self.bed.add_from_file(FIXTURE)
        os.makedirs(self.root + '/run/udev')
        open(self.root + '/run/udev/control', 'w').close()
        self.tools = tempfile.mkdtemp()
        self.addCleanup(subprocess.run, ['rm', '-rf', self.tools])
        with open(self.tools + '/mdevctl', 'w') as f:
            f.write(MDEVCTL)
        os.chmod(self.tools + '/mdevctl', 0o755)
        env = harness.ours(UMOCKDEV_DIR=self.root, PATH=self.tools + ':' + os.environ['PATH'])
        env['LD_PRELOAD'] = MOCK
        if 'ASAN_OPTIONS' in env:
            env['ASAN_OPTIONS'] += ':verify_asan_link_order=0'
        self.daemon = harness.Daemon(env=env).start()
        self.addCleanup(self.daemon.stop)
        self.conn = libvirt.open(URI)
        self.addCleanup(self.conn.close)
        self.events, self.numbers = [], []
        for kind in (libvirt.VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE, libvirt.VIR_NODE_DEVICE_EVENT_ID_UPDATE):
            number = self.conn.nodeDeviceEventRegisterAny(None, kind, lambda c, d, *more: self.events.append((d.name(),) + more[:-1]), None)
            self.numbers.append(number)

    def await_event(self, *event):
        harness.wait_for(lambda: event in self.events)
        self.events.remove(event)

    def tearDown(self):
        for number in self.numbers:
            self.conn.nodeDeviceEventDeregisterAny(number)

    def calls(self):
        return [c for c in (text(self.tools + '/calls') or '').split('\n') if not c.startswith('list')]

    def test_machine(self):
        names = self.conn.listDevices(None)
        self.assertIn('block_sda_35000c50015ea71aa', names)
        self.assertEqual('scsi_0_0_0_0', self.conn.nodeDeviceLookupByName('block_sda_35000c50015ea71aa').parent())
        self.assertEqual(['mdev_types'], self.conn.nodeDeviceLookupByName('mtty_mtty').listCaps())

    def test_hotplug(self):
        path = '/sys/devices/virtual/net/lvt9'
        self.bed.add_from_string('P: /devices/virtual/net/lvt9\nE: SUBSYSTEM=net\nE: INTERFACE=lvt9\nA: address=52:54:00:00:00:99\\n\n'
                                 'A: operstate=down\\n\n')
        name = 'net_lvt9_52_54_00_00_00_99'
        self.await_event(name, libvirt.VIR_NODE_DEVICE_EVENT_CREATED, 0)
        device = self.conn.nodeDeviceLookupByName(name)
        self.assertIn("<link state='down'/>", device.XMLDesc())
        self.bed.set_attribute(path, 'operstate', 'up')         # of which the kernel sends no event
        self.assertIn("<link state='up'/>", device.XMLDesc())
        self.bed.uevent(path, 'change')
        self.await_event(name)
        self.bed.uevent(path, 'remove')
        self.await_event(name, libvirt.VIR_NODE_DEVICE_EVENT_DELETED, 0)
        with self.assertRaises(libvirt.libvirtError):
            device.XMLDesc()

    def appear(self):
        self.bed.add_from_string(f'P: /devices/virtual/mtty/mtty/{UUID}\nE: SUBSYSTEM=mdev\nL: mdev_type=../mdev_supported_types/mtty-2\n'
                                 'L: iommu_group=../../../../../kernel/iommu_groups/7\n')

    def test_mdev(self):
        device = self.conn.nodeDeviceDefineXML(MDEV.format('mtty_mtty', "<attr name='a' value='1'/>"), 0)
        self.assertEqual(NAME, device.name())
        self.assertEqual([f'define --parent=mtty --jsonfile=/dev/stdin --uuid={UUID}'], self.calls())
        with open(self.tools + '/defined') as f:
            self.assertEqual({UUID: {'mdev_type': 'mtty-2', 'start': 'manual', 'attrs': [{'a': '1'}]}}, json.load(f))
        self.await_event(NAME, libvirt.VIR_NODE_DEVICE_EVENT_DEFINED, 0)
        self.assertEqual((0, 1, 0), (device.isActive(), device.isPersistent(), device.autostart()))
        self.assertEqual([NAME], [d.name() for d in self.conn.listAllDevices(libvirt.VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE)])
        self.assertNotIn(NAME, self.conn.listDevices(None))
        device.setAutostart(1)
        self.assertEqual(1, device.autostart())
        threading.Timer(0.3, self.appear).start()
        device.create()
        self.await_event(NAME, libvirt.VIR_NODE_DEVICE_EVENT_CREATED, 0)
        xml = device.XMLDesc()
        for part in ("<attr name='a' value='1'/>", f'<uuid>{UUID}</uuid>', "<iommuGroup number='7'/>", '<parent>mtty_mtty</parent>'):
            self.assertIn(part, xml)
        device.undefine()
        self.await_event(NAME, libvirt.VIR_NODE_DEVICE_EVENT_UNDEFINED, 0)
        self.assertEqual((1, 0, 0), (device.isActive(), device.isPersistent(), device.autostart()))
        self.assertIn("<attr name='a' value='1'/>", device.XMLDesc())

    def test_restart(self):
        self.conn.nodeDeviceDefineXML(MDEV.format('mtty_mtty', "<attr name='a' value='1'/>"), 0).setAutostart(1)
        self.appear()
        harness.wait_for(lambda: self.conn.nodeDeviceLookupByName(NAME).isActive())
        self.tearDown()
        self.numbers = []
        self.daemon.stop()
        self.daemon.start()
        conn = libvirt.open(URI)
        self.addCleanup(conn.close)
        device = conn.nodeDeviceLookupByName(NAME)
        self.assertEqual((1, 1, 1), (device.isActive(), device.isPersistent(), device.autostart()))
        self.assertIn("<attr name='a' value='1'/>", device.XMLDesc())

    def define(self, attrs=''):
        return self.conn.nodeDeviceDefineXML(MDEV.format('mtty_mtty', attrs), 0)

    def update(self, document, *options):
        name = self.tools + '/update.xml'
        with open(name, 'w') as f:
            f.write(document)
        return harness.virsh('nodedev-update', NAME, name, *options, uri=URI, check=False)

    def test_update(self):
        attr = "<attr name='a' value='{}'/>"
        device = self.define(attr.format(1))
        self.appear()
        harness.wait_for(device.isActive)
        self.events.clear()

        def shows(live, config):
            self.assertIn(attr.format(live), device.XMLDesc())
            self.assertIn(attr.format(config), device.XMLDesc(1))         # VIR_NODE_DEVICE_XML_INACTIVE
        shows(1, 1)
        self.assertIn('live state', self.update(MDEV.format('mtty_mtty', attr.format(2)), '--live').stdout)
        shows(2, 1)
        self.await_event(NAME)
        self.update(MDEV.format('mtty_mtty', attr.format(3)), '--config')
        shows(2, 3)
        self.await_event(NAME)
        self.update(MDEV.format('mtty_mtty', attr.format(4)), '--config', '--live')
        shows(4, 4)
        self.update(MDEV.format('mtty_mtty', ''))                            # what there is: the live one
        self.assertNotIn('<attr', device.XMLDesc())
        self.assertIn(attr.format(4), device.XMLDesc(1))
        self.assertEqual([f'modify --parent=mtty --jsonfile=/dev/stdin --uuid={UUID} ' + o
                          for o in ('--live', '--defined', '--live --defined', '--live')], self.calls()[1:])
        r = self.update(MDEV.format('mtty_mtty', '').replace('mtty-2', 'mtty-1'))
        self.assertEqual((1, True), (r.returncode, 'cannot be changed' in r.stderr))
        device.undefine()
        r = self.update(MDEV.format('mtty_mtty', ''), '--config')
        self.assertEqual((1, True), (r.returncode, 'transient' in r.stderr))

    def test_filters(self):
        """each flag gives those that have the capability, and of two flags either will do"""
        self.define()
        caps = {d.name(): set(d.listCaps()) for d in self.conn.listAllDevices()}
        names = ('system', 'pci', 'usb_device', 'usb', 'net', 'scsi_host', 'scsi_target', 'scsi', 'storage', 'fc_host', 'vports',
                 'scsi_generic', 'drm', 'mdev_types', 'mdev', 'ccw', 'css', 'vdpa', 'ap_card', 'ap_queue', 'ap_matrix', 'vpd',
                 'ccwgroup', 'ccwgroup_member')

        def have(flags):
            return {d.name() for d in self.conn.listAllDevices(flags)}
        for i, name in enumerate(names):
            self.assertEqual({d for d, c in caps.items() if name in c}, have(1 << i), name)
            self.assertEqual({d for d, c in caps.items() if name in c or 'system' in c}, have(1 << i | 1), name)
            self.assertEqual({d for d, c in caps.items() if name in c and d != NAME}, set(self.conn.listDevices(name)), name)
        inactive, active, persistent, transient = (1 << 30, 1 << 31, 1 << 28, 1 << 29)
        self.assertEqual({NAME}, have(inactive))
        self.assertEqual({NAME, 'computer'}, have(persistent))
        self.assertEqual(set(caps) - {NAME}, have(active))
        self.assertEqual(set(caps) - {NAME, 'computer'}, have(transient))
        self.assertEqual(set(caps), have(active | inactive))
        self.assertEqual({'computer'}, have(active | persistent))
        self.assertEqual({NAME}, have(inactive | persistent | 1 << 14))
        self.assertEqual(set(), have(inactive | 1))

    def test_virtual_adapter(self):
        """of Fibre Channel: made and removed by the port's files, found by its names"""
        host = '/devices/pci0000:00/0000:00:1e.0/host{0}'
        fc = ('P: ' + host + '\nE: SUBSYSTEM=scsi\nE: DEVTYPE=scsi_host\nA: fc_host/host{0}/node_name=0x{1}\\n\n'
              'A: fc_host/host{0}/port_name=0x{2}\\n\nA: fc_host/host{0}/fabric_name=0x2002000573de9a81\\n\n')
        ports = ('A: fc_host/host{0}/vport_create=\nA: fc_host/host{0}/vport_delete=\nA: fc_host/host{0}/max_npiv_vports=127\\n\n'
                 'A: fc_host/host{0}/npiv_vports_inuse=0\\n\n')
        self.bed.add_from_string((fc + ports + '\n').format(5, '20000000c9831b4b', '10000000c9831b4b'))
        harness.wait_for(lambda: 'scsi_host5' in self.conn.listDevices('vports'))
        self.assertEqual('scsi_host5', self.conn.nodeDeviceLookupSCSIHostByWWN('20000000c9831b4b', '10000000c9831b4b', 0).name())
        folder = self.root + '/sys' + host.format(5) + '/fc_host/host5/'
        done = []

        def kernel():
            pair = harness.wait_for(lambda: text(folder + 'vport_create'))
            done.append(pair)
            port, node = pair.split(':')
            self.bed.add_from_string((fc + '\n').format(6, node, port).replace('/host6\n', '/host5/vport-5:0-0/host6\n', 1))
            done.append(harness.wait_for(lambda: text(folder + 'vport_delete')))
            self.bed.uevent('/sys' + host.format(5) + '/vport-5:0-0/host6', 'remove')
        thread = threading.Thread(target=kernel)
        thread.start()
        device = self.conn.nodeDeviceCreateXML("<device><parent>scsi_host5</parent><capability type='scsi_host'>"
                                               "<capability type='fc_host'><wwnn>2001001b32a9da4e</wwnn><wwpn>2101001b32a9da4e</wwpn>"
                                               "</capability></capability></device>", 0)
        self.assertEqual('scsi_host6', device.name())
        self.assertEqual('scsi_host5', device.parent())
        self.assertEqual(device.name(), self.conn.nodeDeviceLookupSCSIHostByWWN('2001001b32a9da4e', '2101001b32a9da4e', 0).name())
        device.destroy()
        thread.join()
        self.assertEqual(['2101001b32a9da4e:2001001b32a9da4e'] * 2, done)
        self.assertNotIn('scsi_host6', self.conn.listDevices(None))

    def test_gone(self):
        """a device that has vanished while nobody said so: a clear error from each call, and the list right afterwards"""
        name, path = 'pci_0000_00_09_0', self.root + '/sys/devices/pci0000:00/0000:00:09.0'
        for call in ('XMLDesc', 'dettach', 'reAttach', 'reset'):
            self.conn.nodeDeviceLookupByName(name)
            subprocess.run(['mv', path, self.root + '/away'], check=True)
            device = self.conn.nodeDeviceLookupByName(name)
            with self.assertRaises(libvirt.libvirtError) as caught:
                getattr(device, call)()
            self.assertRegex(str(caught.exception), '0000.00.09.0', call)
            harness.wait_for(lambda: name not in self.conn.listDevices('pci'))
            subprocess.run(['mv', self.root + '/away', path], check=True)
            self.bed.uevent('/sys/devices/pci0000:00/0000:00:09.0', 'add')
            harness.wait_for(lambda: name in self.conn.listDevices('pci'))

    def test_watched(self):
        """by the shell"""
        self.define()
        self.appear()
        harness.wait_for(lambda: self.conn.nodeDeviceLookupByName(NAME).isActive())
        path = f'/sys/devices/virtual/mtty/mtty/{UUID}'
        for event, change, says in (('update', lambda: self.bed.uevent(path, 'change'), f"event 'update' for node device {NAME}\n"),
                                    ('lifecycle', lambda: self.bed.uevent(path, 'remove'),
                                     f"event 'lifecycle' for node device {NAME}: Deleted\n")):
            timer = threading.Timer(1, change)
            timer.start()
            r = harness.virsh('nodedev-event', '--event', event, '--device', NAME, '--timeout', '20', uri=URI)
            timer.join()
            self.assertTrue(r.stdout.startswith(says), r.stdout)

    def test_silence(self):
        """a mdevctl that does not answer: the first call waits a little while, others not at all"""
        self.tearDown()
        self.numbers = []
        self.daemon.stop()
        open(self.tools + '/hang', 'w').close()
        self.daemon.start()
        conn = libvirt.open(URI)
        self.addCleanup(conn.close)
        start = time.monotonic()
        self.assertIn('mtty_mtty', conn.listDevices(None))
        self.assertLess(time.monotonic() - start, 20)
        start = time.monotonic()
        self.assertIn('mtty_mtty', conn.listDevices(None))
        self.assertLess(time.monotonic() - start, 3)
        os.unlink(self.tools + '/hang')

    def test_recovery(self):
        """a mdevctl that failed at the beginning is asked again by itself"""
        self.define()
        self.tearDown()
        self.numbers = []
        self.daemon.stop()
        open(self.tools + '/fail', 'w').close()
        self.daemon.start()
        conn = libvirt.open(URI)
        self.addCleanup(conn.close)
        self.assertNotIn(NAME, [d.name() for d in conn.listAllDevices()])
        os.unlink(self.tools + '/fail')
        harness.wait_for(lambda: NAME in [d.name() for d in conn.listAllDevices()])

    def test_failure(self):
        open(self.tools + '/fail', 'w').close()
        with self.assertRaises(libvirt.libvirtError) as caught:
            self.conn.nodeDeviceDefineXML(MDEV.format('mtty_mtty', ''), 0)
        self.assertIn('Unable to define mediated device: Error: the hypervisor is on fire', str(caught.exception))
        self.assertIn('mtty_mtty', self.conn.listDevices(None))
        os.unlink(self.tools + '/fail')
        self.conn.nodeDeviceDefineXML(MDEV.format('mtty_mtty', ''), 0)


if __name__ == '__main__':
    sys.exit(unittest.main())
