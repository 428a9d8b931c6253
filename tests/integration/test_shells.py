# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shells and daemons, old and new, in every pair: Debian's virsh 9.0.0 and ours, Debian's libvirtd and ours, with real guests."""
import os
import re
import subprocess
import time
import unittest

import guests
import harness
from harness import virsh, wait_for


def console(name, old, until, seconds=60, uri="qemu:///system"):
    """What a console shows up to and including the text `until`."""
    program = harness.OLD_VIRSH if old else harness.VIRSH
    env = dict(os.environ) if old else harness.ours()
    command = f"{program} -c {uri} console {name}"
    p = subprocess.Popen(['script', '-qfc', command, '/dev/null'], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    seen = b''
    os.set_blocking(p.stdout.fileno(), False)
    end = time.monotonic() + seconds
    while until.encode() not in seen and time.monotonic() < end and p.poll() is None:
        seen += p.stdout.read() or b''
        time.sleep(0.05)
    try:
        os.write(p.stdin.fileno(), b'\x1d')
        p.wait(10)
    except (BrokenPipeError, subprocess.TimeoutExpired):
        p.kill()
    p.stdin.close()
    seen += p.stdout.read() or b''
    p.stdout.close()
    p.wait()
    return seen.decode(errors='replace')


class Pair:
    """The life of a guest, told by one shell to one daemon."""
    old = False
    binary = None

    @classmethod
    def setUpClass(cls):
        guests.make()
        env = dict(os.environ) if cls.binary == harness.ORACLE else harness.ours()
        cls.daemon = harness.Daemon(cls.binary, env).start()

    @classmethod
    def tearDownClass(cls):
        harness.kill_guests()
        cls.daemon.stop()

    def v(self, *args, **more):
        return virsh(*args, old=self.old, uri='qemu:///system', **more)

    def tearDown(self):
        self.v('destroy', self.name, check=False)
        self.v('undefine', self.name, check=False)

    def write(self, xml):
        path = f'{guests.FOLDER}/{self.name}.xml'
        with open(path, 'w') as f:
            f.write(xml)
        return path

    def setUp(self):
        self.name = f'lvt-{type(self).__name__.lower()}-' + self.id().split('.')[-1][len('test_'):].replace('_', '-')

    def test_life(self):
        name = self.name
        path = self.write(guests.linux(name))
        self.assertEqual(f"Domain '{name}' defined from {path}\n\n", self.v('define', path).stdout)
        self.assertEqual('shut off\n\n', self.v('domstate', name).stdout)
        events = subprocess.Popen([harness.OLD_VIRSH if self.old else harness.VIRSH, '-c', 'qemu:///system', 'event', '--domain', name,
                                   '--event', 'lifecycle', '--loop', '--timeout', '120'],
                                  env=dict(os.environ) if self.old else harness.ours(), stdout=subprocess.PIPE, text=True)
        time.sleep(1)       # until it listens; an event missed fails the test below
        self.assertEqual(f"Domain '{name}' started\n\n", self.v('start', name).stdout)
        self.assertIn(guests.READY, console(name, self.old, guests.READY))
        self.assertRegex(self.v('list').stdout, rf' \d+ +{name} +running\n')
        self.assertEqual('running (booted)\n\n', self.v('domstate', name, '--reason').stdout)
        xml = self.v('dumpxml', name).stdout
        self.assertRegex(xml, r"<domain type='qemu' id='\d+'>")
        self.assertRegex(xml, r"<console type='pty' tty='/dev/pts/\d+'>")
        self.assertIn("<alias name='virtio-disk0'/>", xml)
        stats = self.v('domstats', name).stdout
        for fact in (f"Domain: '{name}'", 'state.state=1', 'balloon.maximum=131072', 'vcpu.current=1', 'block.0.name=vda',
                     'block.0.capacity=67108864'):
            self.assertIn(fact, stats)
        self.assertGreater(int(re.search(r'cpu.time=(\d+)', stats).group(1)), 0)
        self.assertGreater(int(re.search(r'block.0.rd.reqs=(\d+)', stats).group(1)), 0)
        self.assertRegex(self.v('domblklist', name).stdout, r' vda +' + guests.FOLDER + r'/disk.img\n')
        self.assertRegex(self.v('domiflist', name).stdout, r' - +user +- +virtio +52:54:00:')
        self.assertRegex(self.v('dominfo', name).stdout, r'Max memory:     131072 KiB\n')
        self.v('suspend', name)
        self.assertEqual('paused (user)\n\n', self.v('domstate', name, '--reason').stdout)
        self.v('resume', name)
        self.assertIn('VM status: running', self.v('qemu-monitor-command', name, '--hmp', 'info status').stdout)
        self.assertEqual(f"Domain '{name}' destroyed\n\n", self.v('destroy', name).stdout)
        self.assertEqual('shut off (destroyed)\n\n', self.v('domstate', name, '--reason').stdout)
        self.assertEqual(f"Domain '{name}' has been undefined\n\n", self.v('undefine', name).stdout)
        self.assertEqual(1, self.v('domstate', name, check=False).returncode)
        events.terminate()
        told = [line.split(': ')[1] for line in events.communicate(timeout=20)[0].splitlines() if ': ' in line]
        for event in ('Started Booted', 'Suspended Paused', 'Resumed Unpaused', 'Stopped Destroyed', 'Undefined Removed'):
            self.assertIn(event, told)

    def test_shutdown_and_reboot(self):
        name = self.name
        self.v('create', self.write(guests.linux(name)))
        self.assertIn(guests.READY, console(name, self.old, guests.READY))
        self.v('reset', name)
        self.assertIn(guests.READY, console(name, self.old, guests.READY))
        self.v('shutdown', name)
        wait_for(lambda: self.v('domstate', name, check=False).returncode == 1, 60)     # transient: gone with its end

    def test_paused_start(self):
        name = self.name
        self.v('create', self.write(guests.tiny(name)), '--paused')
        self.assertEqual('paused', self.v('domstate', name).stdout.strip())
        self.v('resume', name)
        self.v('destroy', name)

    def test_autostart(self):
        name = self.name
        self.v('define', self.write(guests.tiny(name)))
        self.v('autostart', name)
        self.assertTrue(os.path.islink(f'/etc/libvirt/qemu/autostart/{name}.xml'))
        self.assertIn('Autostart:      enable', self.v('dominfo', name).stdout)
        self.v('autostart', '--disable', name)
        self.assertFalse(os.path.lexists(f'/etc/libvirt/qemu/autostart/{name}.xml'))
        self.v('undefine', name)
        self.assertFalse(os.path.exists(f'/etc/libvirt/qemu/{name}.xml'))

    def test_refusals(self):
        r = self.v('start', 'lvt-nobody', check=False)
        self.assertEqual((1, "error: failed to get domain 'lvt-nobody'\n\n"), (r.returncode, r.stderr + '\n'))
        path = self.write('<foo/>')
        r = self.v('define', path, check=False)
        self.assertEqual(f"error: Failed to define domain from {path}\nerror: XML error: expecting root element of 'domain', not 'foo'\n", r.stderr)
        path = self.write(guests.tiny(self.name).replace('8192', '-1'))
        self.assertEqual(1, self.v('define', path, check=False).returncode)

    def test_host(self):
        self.assertRegex(self.v('nodeinfo').stdout, r'CPU model:           x86_64\nCPU\(s\): +\d+\n')
        self.assertIn("<domain type='qemu'", self.v('capabilities').stdout)
        self.assertIn('<domainCapabilities>', self.v('domcapabilities').stdout)
        self.assertEqual('qemu:///system\n\n', self.v('uri').stdout)
        self.assertRegex(self.v('version').stdout, r'Running hypervisor: QEMU 7\.2\.\d+\n')


class OldShellOurDaemon(Pair, unittest.TestCase):
    old = True

    def test_files(self):
        name = self.name
        self.v('define', self.write(guests.tiny(name)))
        self.v('start', name)
        self.assertTrue(os.path.exists(f'/var/log/libvirt/qemu/{name}.log'))
        self.assertTrue(os.path.exists(f'/run/libvirt/qemu/{name}.xml'))
        pid = int(open(f'/run/libvirt/qemu/{name}.pid').read())
        with open(f'/proc/{pid}/status') as f:
            uid = int(next(line.split()[1] for line in f if line.startswith('Uid')))
        self.assertNotEqual(0, uid, 'guests run as a user of their own')
        self.v('destroy', name)
        self.assertFalse(os.path.exists(f'/run/libvirt/qemu/{name}.xml'))
        self.v('undefine', name)

    @unittest.skipUnless(os.path.exists('/dev/kvm'), 'no /dev/kvm')
    def test_kvm(self):
        name = self.name
        self.v('create', self.write(guests.boot_sector(name)))
        self.assertIn("<domain type='kvm'", self.v('dumpxml', name).stdout)
        self.assertIn('.', console(name, self.old, '..', 30))
        self.v('destroy', name)


class OurShellOurDaemon(Pair, unittest.TestCase):
    def test_json(self):
        import json
        name = self.name
        self.v('define', self.write(guests.tiny(name)))
        rows = json.loads(self.v('list', '--all', '--output', 'json').stdout)
        self.assertIn({'id': None, 'name': name, 'state': 'shut off'}, rows)
        self.assertEqual('shut off', json.loads(self.v('domstate', name, '--output=json').stdout)['state'])
        self.assertEqual(8192, json.loads(self.v('dominfo', name, '--output=json').stdout)['max-memory-kib'])
        self.v('undefine', name)


class OurShellOldDaemon(Pair, unittest.TestCase):
    binary = harness.ORACLE


if __name__ == '__main__':
    harness.enter()
    unittest.main()
