#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices that come to running guests and leave them: fake QEMUs that refuse or never answer, and real ones with a Linux inside."""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import unittest
import xml.etree.ElementTree as ET

import harness

harness.enter()
if 'LVT_OWN_NET' not in os.environ:         # bridges and taps are made: not in the machine's own network
    os.environ['LVT_OWN_NET'] = 'no' if subprocess.run(['unshare', '-n', 'true'], capture_output=True).returncode else 'yes'
    if os.environ['LVT_OWN_NET'] == 'yes':
        os.execvp('unshare', ['unshare', '-n', sys.executable] + sys.argv)
harness.load_ours()

import libvirt  # noqa: E402  pylint: disable=wrong-import-position

libvirt.registerErrorHandler(lambda *_: None, None)
libvirt.virEventRegisterDefaultImpl()
LIVE, CONFIG = libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG
FOLDER = '/run/libvirt/lvt'
DISK = "<disk type='file'><driver name='qemu' type='raw'/><source file='%s'/><target dev='%s' bus='%s'/></disk>"
NET = "<interface type='user'><mac address='52:54:00:00:00:%02x'/><model type='virtio'/></interface>"
RNG = "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
EVENTS = {libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED: 'added', libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED: 'removed',
          libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED: 'stays'}


def domain(name, devices='', machine='pc', emulator='', os_more='', memory=64, more=''):
    return f"""<domain type='qemu'><name>{name}</name><memory unit='MiB'>{memory}</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='{machine}'>hvm</type>{os_more}</os><features><acpi/></features>{more}
      <devices>{emulator and f'<emulator>{emulator}</emulator>'}<memballoon model='none'/>{devices}</devices></domain>"""


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.makedirs(FOLDER, exist_ok=True)
        os.chmod(FOLDER, 0o755)
        cls.daemon = harness.Daemon().start()
        cls.over = False
        threading.Thread(target=cls.loop, daemon=True).start()

    @classmethod
    def loop(cls):
        while not cls.over:
            libvirt.virEventRunDefaultImpl()

    @classmethod
    def tearDownClass(cls):
        harness.kill_guests()
        cls.over = True
        cls.daemon.stop()

    def setUp(self):
        self.conn = libvirt.open('qemu:///system')
        self.events = []
        self.handles = [self.conn.domainEventRegisterAny(None, i, lambda c, d, alias, word: self.events.append((word, alias)), word)
                        for i, word in EVENTS.items()]
        self.addCleanup(self.clean)

    def clean(self):
        for handle in self.handles:
            self.conn.domainEventDeregisterAny(handle)
        for d in self.conn.listAllDomains():
            if d.isActive():
                d.destroy()
            with contextlib.suppress(libvirt.libvirtError):
                d.undefine()
        self.conn.close()

    def image(self, name, size=1 << 20):
        path = f'{FOLDER}/{name}'
        with open(path, 'wb') as f:
            f.truncate(size)
        os.chmod(path, 0o666)
        return path

    def refused(self, code, words, call, *args):
        with self.assertRaises(libvirt.libvirtError) as caught:
            call(*args)
        self.assertEqual(caught.exception.get_error_code(), code, str(caught.exception))
        self.assertIn(words, str(caught.exception))

    def find(self, d, path, flags=0):
        return ET.fromstring(d.XMLDesc(flags)).findall('devices/' + path)

    def told(self, *event):
        harness.wait_for(lambda: event in self.events, 10)


class Fake(Case):
    def setUp(self):
        super().setUp()
        self.emulator = f'{FOLDER}/fake-qemu'
        shutil.copy(os.path.join(harness.ROOT, 'tests/qemu/fake-qemu.py'), self.emulator)
        os.chmod(self.emulator, 0o755)
        self.mood('')

    def mood(self, words):
        with open(f'{FOLDER}/lvt-f', 'w', encoding='utf-8') as f:
            f.write(words)
        os.chmod(f'{FOLDER}/lvt-f', 0o644)

    def start(self, devices=''):
        d = self.conn.createXML(domain('lvt-f', devices, emulator=self.emulator))
        with open(f'{FOLDER}/lvt-f.said', 'w', encoding='utf-8'):
            pass
        os.chmod(f'{FOLDER}/lvt-f.said', 0o666)
        return d

    def said(self, *verbs):
        with open(f'{FOLDER}/lvt-f.said', encoding='utf-8') as f:
            return [m for m in map(json.loads, f) if not verbs or m['execute'] in verbs]

    def test_what_qemu_is_told(self):
        d = self.start("<controller type='virtio-serial'/>")
        d.attachDeviceFlags(DISK % (self.image('a.img'), 'vdb', 'virtio'), LIVE)
        self.assertEqual([('blockdev-add', 'libvirt-1-storage'), ('blockdev-add', 'libvirt-1-format'), ('device_add', None)],
                         [(m['execute'], m.get('node-name')) for m in self.said('blockdev-add', 'device_add')])
        device = self.said('device_add')[0]
        self.assertEqual(('virtio-blk-pci', 'virtio-disk1', 'libvirt-1-format'), (device['driver'], device['id'], device['drive']))
        self.told('added', 'virtio-disk1')
        d.attachDeviceFlags(RNG, LIVE)
        self.assertEqual(['rng-random'], [m['qom-type'] for m in self.said('object-add')])
        self.assertEqual(['rng0'], [a.get('name') for a in self.find(d, 'rng/alias')])
        d.attachDeviceFlags("<channel type='unix'><source mode='bind' path='/run/x,y'/><target type='virtio' name='org.a'/></channel>", LIVE)
        backend = self.said('chardev-add')[0]['backend']
        self.assertEqual({'type': 'socket', 'data': {'addr': {'type': 'unix', 'data': {'path': '/run/x,y'}}, 'server': True, 'wait': False}}, backend)

    def test_refusal_leaves_nothing(self):
        d = self.start()
        before, owner = d.XMLDesc(), os.stat(self.image('a.img')).st_uid
        self.mood('fail device_add')
        self.refused(libvirt.VIR_ERR_INTERNAL_ERROR, "unable to execute QEMU command 'device_add': no, thanks", d.attachDeviceFlags,
                     DISK % (f'{FOLDER}/a.img', 'vda', 'virtio'), LIVE)
        self.assertEqual(['libvirt-1-format', 'libvirt-1-storage'], [m['node-name'] for m in self.said('blockdev-del')])
        self.refused(libvirt.VIR_ERR_INTERNAL_ERROR, 'no, thanks', d.attachDeviceFlags, RNG, LIVE)
        self.assertEqual(['objrng0'], [m['id'] for m in self.said('object-del')])
        self.assertEqual(before, d.XMLDesc())
        self.assertEqual(owner, os.stat(f'{FOLDER}/a.img').st_uid)
        self.assertEqual([], self.events)

    def test_guest_lets_go(self):
        d = self.start(NET % 1)
        self.mood('unplug')
        d.detachDeviceFlags(NET % 1, LIVE)
        self.assertEqual([], self.find(d, 'interface'))
        self.assertEqual(['hostnet0'], [m['id'] for m in self.said('netdev_del')])
        self.told('removed', 'net0')

    def test_guest_never_answers(self):
        """The call answers after a while; what is left to do is done when the event comes, here an hour (a second) later."""
        d = self.start(NET % 1)
        start = time.monotonic()
        d.detachDeviceFlags(NET % 1, LIVE)
        self.assertTrue(4.5 < time.monotonic() - start < 15)
        self.assertEqual(1, len(self.find(d, 'interface')))
        self.assertEqual([], self.said('netdev_del'))
        d.suspend()                     # nobody is in the way of others
        self.mood('unplug 6')
        d.detachDeviceFlags(NET % 1, LIVE)
        self.assertEqual(1, len(self.find(d, 'interface')))
        self.told('removed', 'net0')
        harness.wait_for(lambda: self.said('netdev_del'))
        self.assertEqual([], self.find(d, 'interface'))

    def test_guest_says_no(self):
        d = self.start(NET % 1)
        self.mood('unplug refuse')
        self.refused(libvirt.VIR_ERR_OPERATION_FAILED, 'unplug of device was rejected by the guest', d.detachDeviceFlags, NET % 1, LIVE)
        self.assertEqual(1, len(self.find(d, 'interface')))
        self.told('stays', 'net0')
        self.mood('unplug')
        d.detachDeviceFlags(NET % 1, LIVE)
        self.assertEqual([], self.find(d, 'interface'))

    def test_guest_ends_meanwhile(self):
        d = self.start(NET % 1)
        threading.Timer(1, d.destroy).start()
        start = time.monotonic()
        self.refused(libvirt.VIR_ERR_OPERATION_FAILED, 'not running', d.detachDeviceFlags, NET % 1, LIVE)
        self.assertLess(time.monotonic() - start, 4)

    def test_both_or_none(self):
        d = self.conn.defineXML(domain('lvt-f', emulator=self.emulator))
        d.create()
        d.attachDeviceFlags(RNG, LIVE | CONFIG)
        self.assertEqual((1, 1), (len(self.find(d, 'rng')), len(self.find(d, 'rng', libvirt.VIR_DOMAIN_XML_INACTIVE))))
        self.mood('fail device_add')
        with self.assertRaises(libvirt.libvirtError):
            d.attachDeviceFlags(NET % 2, LIVE | CONFIG)
        self.assertEqual([], self.find(d, 'interface', libvirt.VIR_DOMAIN_XML_INACTIVE))

    def test_restart_of_the_daemon(self):
        """A device that was asked for goes while no daemon runs."""
        d = self.start(NET % 1 + NET % 2)
        d.attachDeviceFlags(DISK % (self.image('a.img'), 'vda', 'virtio'), LIVE)
        for handle in self.handles:
            self.conn.domainEventDeregisterAny(handle)
        self.handles = []
        self.conn.close()
        self.daemon.kill()
        self.daemon.start()
        self.conn = libvirt.open('qemu:///system')
        d = self.conn.lookupByName('lvt-f')
        self.assertEqual(1, len(self.find(d, "disk[alias]")))
        self.mood('unplug')
        harness.wait_for(lambda: self.detached(d))
        self.assertEqual(['libvirt-1-format', 'libvirt-1-storage'], [m['node-name'] for m in self.said('blockdev-del')])
        d.attachDeviceFlags(DISK % (self.image('a.img'), 'vda', 'virtio'), LIVE)
        self.assertEqual('libvirt-2-format', self.said('device_add')[-1]['drive'])

    def detached(self, d):
        with contextlib.suppress(libvirt.libvirtError):
            d.detachDeviceFlags(DISK % (f'{FOLDER}/a.img', 'vda', 'virtio'), LIVE)
        return not self.find(d, 'disk')


class Real(Case):
    def guest_file(self, name):
        source = harness.path('guest', name)
        if not os.path.exists(source):
            subprocess.run([sys.executable, os.path.join(harness.ROOT, 'tests/integration/make-guest.py'), harness.path('guest')], check=True,
                           stdout=subprocess.DEVNULL)
        shutil.copy(source, FOLDER)
        return f'{FOLDER}/{name}'

    def linux(self, machine, devices=''):
        os_more = f"<kernel>{self.guest_file('vmlinuz')}</kernel><initrd>{self.guest_file('initrd.gz')}</initrd><cmdline>console=ttyS0 quiet</cmdline>"
        d = self.conn.createXML(domain('lvt-l', "<serial type='pty'/>" + devices, machine, os_more=os_more, memory=192))
        self.console = self.conn.newStream()
        d.openConsole(None, self.console)
        self.until(b'LIBVIRT-GUEST-READY')
        self.until(b'#')
        return d

    def until(self, word, seconds=90):
        end, seen = time.monotonic() + seconds, b''
        while word not in seen:
            self.assertLess(time.monotonic(), end, seen[-500:])
            seen += self.console.recv(4096)
        return seen

    def ask(self, command):
        self.console.send(f'{command}; echo "end"-of-it\n'.encode())
        return self.until(b'end-of-it')

    def roundtrip(self, machine, ports):
        """A disk, a card, a generator come and go, and the guest sees it."""
        d = self.linux(machine, ports)
        disk = DISK % (self.image('a.img', 3 << 20), 'vdb', 'virtio')
        owner = os.stat(f'{FOLDER}/a.img').st_uid
        for xml in disk, NET % 9, RNG:
            d.attachDeviceFlags(xml, LIVE)
        self.told('added', 'rng0')
        self.assertNotEqual(owner, os.stat(f'{FOLDER}/a.img').st_uid)
        harness.wait_for(lambda: b'\r\n6144\r\n' in self.ask('cat /sys/block/vda/size'), 30, 0.5)
        harness.wait_for(lambda: b'52:54:00:00:00:09' in self.ask('cat /sys/class/net/*/address'), 30, 0.5)
        self.assertGreater(d.blockStats('vdb')[0], 0)
        for xml in disk, NET % 9, RNG:
            d.detachDeviceFlags(xml, LIVE)
        for alias in 'virtio-disk1', 'net0', 'rng0':
            self.told('removed', alias)
        harness.wait_for(lambda: not self.find(d, 'rng'))
        self.assertEqual(([], []), (self.find(d, 'disk'), self.find(d, 'interface')))
        self.assertEqual(owner, os.stat(f'{FOLDER}/a.img').st_uid)
        self.assertNotIn(b'vda', self.ask('ls /sys/block'))
        d.attachDeviceFlags(disk, LIVE)         # and once more
        harness.wait_for(lambda: b'vd' in self.ask('ls /sys/block'), 30, 0.5)

    def test_pc(self):
        self.roundtrip('pc', '')

    def test_q35(self):
        self.roundtrip('q35', ''.join("<controller type='pci' model='pcie-root-port'/>" for _ in range(6)))

    def test_no_slot(self):
        d = self.conn.createXML(domain('lvt-l', "<controller type='pci' index='0' model='pcie-root'/>" + RNG, 'q35'))
        for i in range(8):
            try:
                d.attachDeviceFlags(NET % i, LIVE)
            except libvirt.libvirtError as e:
                self.assertIn('No more available PCI slots', str(e))
                break
        else:
            self.fail('slots without end')
        self.assertEqual(i, len(self.find(d, 'interface')))

    def test_kinds(self):
        """What sits on buses without a guest's consent, on a guest without a guest."""
        d = self.conn.createXML(domain('lvt-l', "<controller type='virtio-serial'/><serial type='pty'/>"))
        kinds = {'channel': "<channel type='pty'><target type='virtio' name='org.b'/></channel>", 'input': "<input type='tablet' bus='usb'/>",
                 'redirdev': "<redirdev bus='usb' type='tcp'><source mode='bind' host='127.0.0.1' service='0'/></redirdev>",
                 'watchdog': "<watchdog model='i6300esb' action='poweroff'/>", 'controller': "<controller type='scsi' model='virtio-scsi' index='3'/>",
                 'lease': '<lease><lockspace>a</lockspace><key>k</key><target path="/x"/></lease>'}
        for kind, xml in kinds.items():
            with self.subTest(kind):
                before = len(self.find(d, kind))
                d.attachDeviceFlags(xml, LIVE)
                self.assertEqual(before + 1, len(self.find(d, kind)))
        self.assertTrue(self.find(d, 'channel/source')[0].get('path').startswith('/dev/pts/'))
        for kind in 'channel', 'input', 'redirdev', 'lease':
            with self.subTest(kind):
                before = len(self.find(d, kind))
                d.detachDeviceFlags(ET.tostring(self.find(d, kind)[-1]).decode() if kind != 'lease' else kinds[kind], LIVE)
                self.assertEqual(before - 1, len(self.find(d, kind)))
        for xml, words in (("<sound model='ac97'/>", "live attach of device 'sound'"), ("<hub type='usb'/>", "live attach of device 'hub'"),
                           ("<input type='mouse' bus='ps2'/>", "bus 'ps2'"), ("<controller type='usb' index='2'/>", "'usb' controller cannot")):
            self.refused(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, words, d.attachDeviceFlags, xml, LIVE)

    def test_tap_and_bridge(self):
        if os.environ.get('LVT_OWN_NET') != 'yes':
            self.skipTest('no network of our own')
        name = 'lvtbr0'
        if subprocess.run(['ip', 'link', 'add', name, 'type', 'bridge'], capture_output=True).returncode:
            self.skipTest('this machine makes no bridges')
        self.addCleanup(subprocess.run, ['ip', 'link', 'del', name])
        d = self.conn.createXML(domain('lvt-l'))
        xml = f"<interface type='bridge'><source bridge='{name}'/><mac address='52:54:00:00:00:44'/><model type='virtio'/></interface>"
        d.attachDeviceFlags(xml, LIVE)
        tap = self.find(d, 'interface/target')[0].get('dev')
        links = lambda: {k['ifname']: k for k in json.loads(subprocess.run(['ip', '-j', 'link'], capture_output=True).stdout)}
        self.assertEqual(name, links()[tap]['master'])
        d.updateDeviceFlags(xml.replace('</interface>', "<link state='down'/></interface>"), LIVE)
        self.assertEqual('down', self.find(d, 'interface/link')[0].get('state'))
        d.destroy()
        harness.wait_for(lambda: tap not in links())

    def test_memory(self):
        numa = "<maxMemory slots='2' unit='MiB'>1024</maxMemory><cpu><numa><cell id='0' cpus='0' memory='64' unit='MiB'/></numa></cpu>"
        d = self.conn.createXML(domain('lvt-l', more=numa))
        d.attachDeviceFlags("<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>", LIVE)
        self.assertEqual(192 << 10, d.maxMemory())
        self.assertEqual('0x100000000', self.find(d, 'memory/address')[0].get('base'))

    def test_media(self):
        cd = "<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>%s<target dev='hdc' bus='ide'/><readonly/></disk>"
        source = "<source file='%s'/>"
        one, two = self.image('one.iso'), self.image('two.iso')
        d = self.conn.createXML(domain('lvt-l', cd % (source % one)))
        change = lambda xml: d.updateDeviceFlags(xml, LIVE | libvirt.VIR_DOMAIN_DEVICE_MODIFY_FORCE)    # the firmware may have locked the tray
        change(cd % (source % two))
        self.assertEqual([two], [s.get('file') for s in self.find(d, 'disk/source')])
        change(cd % '')
        self.assertEqual([], self.find(d, 'disk/source'))
        self.assertEqual('open', self.find(d, 'disk/target')[0].get('tray'))
        self.refused(libvirt.VIR_ERR_SYSTEM_ERROR, 'Cannot access', d.updateDeviceFlags, cd % (source % '/nowhere.iso'), LIVE)
        change(cd % (source % one))
        self.assertEqual([one], [s.get('file') for s in self.find(d, 'disk/source')])
        self.refused(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, "'cdrom' cannot be detached", d.detachDeviceFlags, cd % '', LIVE)

    def test_password(self):
        d = self.conn.createXML(domain('lvt-l', "<graphics type='vnc' autoport='yes' passwd='a'/>"))
        port = self.find(d, 'graphics')[0].get('port')
        d.updateDeviceFlags("<graphics type='vnc' autoport='yes' passwd='b' passwdValidTo='2031-01-01T00:00:00'/>", LIVE)
        graphics = self.find(d, 'graphics', libvirt.VIR_DOMAIN_XML_SECURE)[0]
        self.assertEqual((port, 'b'), (graphics.get('port'), graphics.get('passwd')))
        self.refused(libvirt.VIR_ERR_DEVICE_MISSING, "of type 'spice'", d.updateDeviceFlags, "<graphics type='spice'/>", LIVE)

    def virsh(self, old):
        d = self.conn.createXML(domain('lvt-l', "<controller type='usb' model='qemu-xhci'/>"))
        with open(f'{FOLDER}/net.xml', 'w', encoding='utf-8') as f:
            f.write(NET % 7)
        image = self.image('a.img')
        for command in (['attach-disk', 'lvt-l', image, 'sda', '--targetbus', 'usb', '--live'], ['attach-device', 'lvt-l', f'{FOLDER}/net.xml', '--live'],
                        ['detach-disk', 'lvt-l', 'sda', '--live']):
            with self.subTest(command[0]):
                harness.virsh(*command, old=old, uri='qemu:///system')
        self.assertEqual(([], 1), (self.find(d, 'disk'), len(self.find(d, 'interface'))))
        refused = harness.virsh('detach-disk', 'lvt-l', 'vdq', '--live', old=old, uri='qemu:///system', check=False)
        self.assertEqual(1, refused.returncode)
        with open(f'{FOLDER}/net.xml', 'w', encoding='utf-8') as f:
            f.write((NET % 7).replace('</interface>', "<link state='down'/></interface>"))
        harness.virsh('update-device', 'lvt-l', f'{FOLDER}/net.xml', old=old, uri='qemu:///system')
        self.assertEqual('down', self.find(d, 'interface/link')[0].get('state'))

    def test_virsh(self):
        self.virsh(False)

    def test_debians_virsh(self):
        self.virsh(True)

    def test_one_address(self):
        """An interface that was given none has the same one now and at the next start."""
        d = self.conn.defineXML(domain('lvt-l'))
        d.create()
        d.attachDeviceFlags("<interface type='user'><model type='virtio'/></interface>", LIVE | CONFIG)
        macs = {self.find(d, 'interface/mac', flags)[0].get('address') for flags in (0, libvirt.VIR_DOMAIN_XML_INACTIVE)}
        self.assertEqual(1, len(macs))


if __name__ == '__main__':
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], capture_output=True)
    unittest.main(verbosity=2)
