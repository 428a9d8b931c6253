# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices of the host: what the daemon lists against what /sys shows, and, over a mock of /sys and udev, devices that come and go, and
mediated devices with a mdevctl of our own."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
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
import json, os, sys
here = os.path.dirname(os.path.abspath(__file__))
state = os.path.join(here, 'defined')
devices = json.load(open(state)) if os.path.exists(state) else {}
args = dict(a[2:].split('=', 1) if '=' in a else (a[2:], '') for a in sys.argv[2:])
if os.path.exists(os.path.join(here, 'fail')):
    sys.exit('Error: the hypervisor is on fire')
doc = json.load(open(args['jsonfile'])) if 'jsonfile' in args else None
command = sys.argv[1]
if command == 'list':
    print(json.dumps([{'mtty': [{u: d} for u, d in devices.items()]}] if devices else []))
elif command == 'define':
    devices[args['uuid']] = doc
elif command == 'undefine':
    del devices[args['uuid']]
elif command == 'modify':
    if doc:
        devices[args['uuid']] = doc
    if 'auto' in args:
        devices[args['uuid']]['start'] = 'auto'
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
                if text(p + '/address')}
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
            self.assertEqual((1, 0), (d.isActive(), d.isPersistent()))
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
                           (computer.destroy, libvirt.VIR_ERR_CONFIG_UNSUPPORTED), (computer.undefine, libvirt.VIR_ERR_OPERATION_INVALID),
                           (computer.create, libvirt.VIR_ERR_OPERATION_INVALID), (lambda: computer.setAutostart(1), libvirt.VIR_ERR_OPERATION_UNSUPPORTED),
                           (lambda: self.conn.nodeDeviceDefineXML(MDEV.format('computer', ''), 0), libvirt.VIR_ERR_PARSE_FAILED),
                           (lambda: self.conn.nodeDeviceLookupSCSIHostByWWN('1', '2', 0), libvirt.VIR_ERR_NO_NODE_DEVICE)):
            with self.assertRaises(libvirt.libvirtError) as caught:
                call()
            self.assertEqual(code, caught.exception.get_error_code())


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
