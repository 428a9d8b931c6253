#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The QEMU driver inside a program (qemu:///embed): fake QEMUs that stall and die, real guests under TCG and KVM, a restart with twenty of
them. Root and non-root alike; needs Debian's python3-libvirt, which is run against our library."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import harness

harness.load_ours()

import libvirt  # noqa: E402  pylint: disable=wrong-import-position

libvirt.registerErrorHandler(lambda *_: None, None)
SERIAL = "<serial type='pty'/>"


def domain(name, devices='', virt='qemu', machine='pc', os_more='', memory=32, emulator='', features=''):
    return f"""<domain type='{virt}'><name>{name}</name><memory unit='MiB'>{memory}</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='{machine}'>hvm</type>{os_more}</os>{features}
      <devices>{emulator and f'<emulator>{emulator}</emulator>'}<memballoon model='none'/>{devices}</devices></domain>"""


class Embedded(unittest.TestCase):
    """A connection to a root of its own; every guest of it is killed at the end."""
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='lvt-')
        os.chmod(self.root, 0o755)
        self.uri = f'qemu:///embed?root={self.root}'
        self.conn = libvirt.open(self.uri)
        self.addCleanup(self.clean)

    def clean(self):
        for d in self.conn.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
            d.destroy()
        self.conn.close()
        shutil.rmtree(self.root)

    def refused(self, code, words, call, *args):
        with self.assertRaises(libvirt.libvirtError) as caught:
            call(*args)
        self.assertEqual(caught.exception.get_error_code(), code, str(caught.exception))
        self.assertIn(words, str(caught.exception))

    def image(self, name):
        source = harness.path('guest', name)
        if not os.path.exists(source):
            more = ['--boot-sector-only'] if name == 'boot.img' else []
            subprocess.run([sys.executable, os.path.join(harness.ROOT, 'tests/integration/make-guest.py'), harness.path('guest')] + more, check=True,
                           stdout=subprocess.DEVNULL)
        copy = os.path.join(self.root, name)
        shutil.copy(source, copy)
        return copy

    def log(self, name):
        with open(f'{self.root}/log/qemu/{name}.log', encoding='utf-8') as f:
            return f.read()


class Fake(Embedded):
    def setUp(self):
        super().setUp()
        self.emulator = os.path.join(self.root, 'fake-qemu')
        shutil.copy(os.path.join(harness.ROOT, 'tests/qemu/fake-qemu.py'), self.emulator)
        os.chmod(self.emulator, 0o755)

    def mood(self, name, words):
        with open(os.path.join(self.root, name), 'w', encoding='utf-8') as f:
            f.write(words)
        os.chmod(os.path.join(self.root, name), 0o644)

    def guest(self, name):
        return self.conn.defineXML(domain(name, emulator=self.emulator))

    def test_life(self):
        d = self.guest('lvt-a')
        d.create()
        self.assertEqual(d.state(), [libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_BOOTED])
        d.suspend()
        self.assertEqual(d.state(), [libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER])
        d.resume()
        self.assertEqual(d.state(), [libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_UNPAUSED])
        d.destroy()
        self.assertEqual(d.state(), [libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED])
        self.assertIn('shutting down, reason=destroyed', self.log('lvt-a'))
        self.assertFalse([n for n in os.listdir(f'{self.root}/lib/qemu') if n.startswith('domain-')])
        self.refused(libvirt.VIR_ERR_OPERATION_INVALID, 'domain is not running', d.suspend)

    def test_death(self):
        d = self.guest('lvt-a')
        d.create()
        self.mood('lvt-a', 'die')
        with self.assertRaises(libvirt.libvirtError):
            d.suspend()
        harness.wait_for(lambda: not d.isActive())
        self.assertEqual(d.state(), [libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_CRASHED])
        os.unlink(os.path.join(self.root, 'lvt-a'))
        d.create()                      # nothing of the old one is in the way

    def test_dies_at_start(self):
        d = self.guest('lvt-a')
        self.mood('lvt-a', 'die')
        with self.assertRaises(libvirt.libvirtError):
            d.create()
        self.assertEqual(d.isActive(), 0)
        self.assertFalse([n for n in os.listdir(f'{self.root}/lib/qemu') if n.startswith('domain-')])

    def test_stalled_guests_harm_nobody(self):
        stalled = [self.guest(f'lvt-s{i}') for i in range(5)]
        healthy = self.guest('lvt-ok')
        for d in stalled:
            d.create()
            self.mood(d.name(), 'stall')
        callers = [threading.Thread(target=self.fails, args=[d.suspend]) for d in stalled for _ in range(6)]
        for c in callers:
            c.start()
        start = time.monotonic()
        for d in self.conn.listAllDomains():
            d.info()
            d.state()
            d.XMLDesc()
        self.assertLess(time.monotonic() - start, 1)
        healthy.create()
        healthy.suspend()
        healthy.destroy()
        for d in stalled:               # SIGTERM is ignored by a stalled fake
            start = time.monotonic()
            d.destroy()
            self.assertLess(time.monotonic() - start, 2)
        for c in callers:               # nobody waits for the deadline of a guest that is gone
            c.join(5)
            self.assertFalse(c.is_alive())

    def test_restart_with_a_dead_and_a_stalled_guest(self):
        """One guest died while nobody watched, one does not answer: neither keeps the third from being adopted."""
        for name in 'lvt-dead', 'lvt-stalled', 'lvt-fine':
            self.guest(name)
        fresh = os.path.join(self.root, 'fresh')
        shutil.copytree(f'{self.root}/etc', f'{fresh}/etc')
        starter = ('import libvirt, os, sys\nc = libvirt.open(sys.argv[1])\n'
                   'for d in c.listAllDomains(): d.create()\nos.kill(os.getpid(), 9)\n')
        adopter = ('import libvirt, sys, time\nc = libvirt.open(sys.argv[1])\nd = {x.name(): x for x in c.listAllDomains()}\n'
                   'for _ in range(200):\n    if not d["lvt-dead"].isActive(): break\n    time.sleep(0.05)\n'
                   'd["lvt-fine"].suspend()\n'
                   'print(d["lvt-dead"].isActive(), d["lvt-stalled"].isActive(), d["lvt-fine"].state()[0])\n'
                   'd["lvt-fine"].destroy()\ntime.sleep(7)\n'       # its deadline has passed
                   'print(d["lvt-stalled"].isActive())\nd["lvt-stalled"].destroy()\n')
        uri = f'qemu:///embed?root={fresh}'
        subprocess.run(['/usr/bin/python3', '-c', starter, uri], env=harness.borrowed(), check=False)
        self.mood('lvt-stalled', 'stall')
        with open(f'{fresh}/run/qemu/lvt-dead.pid', encoding='utf-8') as f:
            os.kill(int(f.read()), signal.SIGKILL)
        second = subprocess.run(['/usr/bin/python3', '-c', adopter, uri], env=harness.borrowed(), check=False, capture_output=True, text=True)
        self.assertEqual(second.stdout.strip(), f'0 1 {libvirt.VIR_DOMAIN_PAUSED}\n1', second.stderr)

    def fails(self, call):
        with self.assertRaises(libvirt.libvirtError):
            call()

    def test_late_answer(self):
        d = self.guest('lvt-a')
        d.create()
        self.mood('lvt-a', 'late 0.3')
        d.suspend()
        self.assertEqual(d.state()[0], libvirt.VIR_DOMAIN_PAUSED)


class Real(Embedded):
    def until(self, stream, word, seconds=90):
        end, seen = time.monotonic() + seconds, b''
        while word not in seen:
            self.assertLess(time.monotonic(), end, seen[-500:])
            seen += stream.recv(4096)
        return seen

    def linux(self):
        os_more = f"<kernel>{self.image('vmlinuz')}</kernel><initrd>{self.image('initrd.gz')}</initrd><cmdline>console=ttyS0 quiet</cmdline>"
        disk = f"<disk type='file'><driver name='qemu' type='raw'/><source file='{self.image('disk.img')}'/><target dev='vda' bus='virtio'/></disk>"
        return self.conn.defineXML(domain('lvt-linux', disk + "<interface type='user'><model type='virtio'/></interface><console type='pty'/>", os_more=os_more,
                                          machine='q35', memory=192, features='<features><acpi/></features>'))

    def test_linux(self):
        d = self.linux()
        owner = os.stat(f'{self.root}/disk.img').st_uid
        d.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
        self.assertEqual(d.state(), [libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER])
        console = self.conn.newStream()
        d.openConsole(None, console)
        self.refused(libvirt.VIR_ERR_OPERATION_FAILED, 'Active console session exists for this domain', d.openConsole, None, self.conn.newStream())
        d.resume()
        seen = self.until(console, b'LIBVIRT-GUEST-READY')
        self.assertIn(b'LIBVIRT-GUEST-VDA 131072 LIBVIRT-GUEST-DISK', seen)
        self.assertIn(b'LIBVIRT-GUEST-NIC eth0', seen)
        self.until(console, b'#')
        console.send(b'echo $((6*7))-works\n')
        self.until(console, b'42-works')
        self.assertGreater(d.blockStats('vda')[1], 0)
        self.assertGreater(d.info()[4], 0)
        d.reboot()
        self.until(console, b'LIBVIRT-GUEST-READY')
        self.assertEqual(d.state()[0], libvirt.VIR_DOMAIN_RUNNING)
        self.until(console, b'#')
        d.shutdown()
        harness.wait_for(lambda: not d.isActive())
        self.assertEqual(d.state(), [libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN])
        self.assertEqual(os.stat(f'{self.root}/disk.img').st_uid, owner)

    def boot_sector(self, virt):
        disk = f"<disk type='file'><driver name='qemu' type='raw'/><source file='{self.image('boot.img')}'/><target dev='hda' bus='ide'/></disk>"
        d = self.conn.createXML(domain('lvt-boot', disk + SERIAL, virt=virt))
        stream = self.conn.newStream()
        d.openConsole('serial0', stream)
        self.until(stream, b'.', 30)    # its text may be out before we look; the dots go on
        d.destroy()
        self.assertEqual(self.conn.listAllDomains(), [])

    def test_boot_sector(self):
        self.boot_sector('qemu')

    @unittest.skipUnless(os.access('/dev/kvm', os.R_OK | os.W_OK), 'no /dev/kvm')
    def test_boot_sector_kvm(self):
        self.boot_sector('kvm')

    def test_errors(self):
        disk = "<disk type='file'><driver name='qemu' type='%s'/><source file='%s'/><target dev='hda' bus='ide'/></disk>"
        d = self.conn.defineXML(domain('lvt-a', disk % ('raw', '/nonexistent.img')))
        self.refused(libvirt.VIR_ERR_SYSTEM_ERROR, "Cannot access storage file '/nonexistent.img'", d.create)
        d = self.conn.defineXML(domain('lvt-b', disk % ('qcow2', self.image('boot.img'))))
        self.refused(libvirt.VIR_ERR_INTERNAL_ERROR, 'Image is not in qcow2 format', d.create)
        self.refused(libvirt.VIR_ERR_CONFIG_UNSUPPORTED, 'does not support machine type', self.conn.defineXML, domain('lvt-c', machine='nomachine'))
        self.refused(libvirt.VIR_ERR_INVALID_ARG, "invalid path", d.blockInfo, 'vdz')

    STARTER = """if True:
        import libvirt, os, sys
        c = libvirt.open(sys.argv[1])
        for i in range(20):
            c.lookupByName(f"lvt-{i}").create()
        os.kill(os.getpid(), 9)
        """
    ADOPTER = """if True:
        import libvirt, sys, time
        c = libvirt.open(sys.argv[1])
        d = c.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE)
        for _ in range(200):
            try:
                for x in d:
                    x.blockStats("")
                break
            except libvirt.libvirtError:
                time.sleep(0.05)
        print(sorted(x.ID() for x in d), all(x.state()[0] == 1 for x in d))
        d[0].suspend()
        d[0].resume()
        for x in d:
            x.destroy()
        """

    def test_restart(self):
        """Killed with 20 running guests; the next process finds each of them again. A root is locked by its process, so both are new ones."""
        for i in range(20):
            self.conn.defineXML(domain(f'lvt-{i}', SERIAL))
        fresh = os.path.join(self.root, 'fresh')
        shutil.copytree(f'{self.root}/etc', f'{fresh}/etc')
        command = ['/usr/bin/python3', '-c', None, f'qemu:///embed?root={fresh}']
        answers = []
        for script in self.STARTER, self.ADOPTER:
            command[2] = script
            answers.append(subprocess.run(command, env=harness.borrowed(), check=False, capture_output=True, text=True))
        self.assertEqual(answers[0].returncode, -signal.SIGKILL, answers[0].stderr)
        self.assertEqual(answers[1].stdout.strip(), f'{list(range(1, 21))} True', answers[1].stderr)


if __name__ == '__main__':
    unittest.main(verbosity=2)
