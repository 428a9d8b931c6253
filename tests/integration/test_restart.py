# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon dies, the guests and the definitions don't."""
import os
import random
import re
import threading
import time
import unittest

import guests
import harness
from harness import virsh, wait_for

GUESTS = 20
DEFINITIONS = 1000


def table(flags=()):
    out = virsh('list', '--all', *flags, uri='qemu:///system').stdout
    return {m.group(2): (m.group(1), m.group(3)) for m in re.finditer(r'^ (\d+|-) +(\S+) +(.+?) *$', out, re.M)}


class RestartTest(unittest.TestCase):
    def setUp(self):
        guests.make()
        self.daemon = harness.Daemon().start()

    def tearDown(self):
        harness.kill_guests()
        self.daemon.stop()
        harness.wipe()

    def start_guests(self):
        for i in range(GUESTS):
            path = f'{guests.FOLDER}/r{i}.xml'
            with open(path, 'w') as f:
                f.write(guests.tiny(f'lvt-r{i}'))
            if i % 2:
                virsh('define', path, uri='qemu:///system')
                virsh('start', f'lvt-r{i}', uri='qemu:///system')
            else:
                virsh('create', path, uri='qemu:///system')
        virsh('suspend', 'lvt-r3', uri='qemu:///system')

    def test_adoption(self):
        self.start_guests()
        before = table()
        pids = {n: open(f'/run/libvirt/qemu/{n}.pid').read() for n in before}
        self.assertEqual(GUESTS, len(before))
        self.assertEqual('paused', before['lvt-r3'][1])
        self.daemon.kill()
        for pid in pids.values():
            self.assertTrue(os.path.exists(f'/proc/{pid.strip()}'))
        self.daemon.start()
        wait_for(lambda: table() == before, 30)
        self.assertEqual(pids, {n: open(f'/run/libvirt/qemu/{n}.pid').read() for n in before})
        # They obey again, and an end while nobody watched is noticed.
        virsh('resume', 'lvt-r3', uri='qemu:///system')
        self.assertIn('running', virsh('qemu-monitor-command', 'lvt-r5', '--hmp', 'info status', uri='qemu:///system').stdout)
        virsh('destroy', 'lvt-r1', uri='qemu:///system')
        self.daemon.kill()
        os.kill(int(pids['lvt-r0']), 9)     # transient
        os.kill(int(pids['lvt-r7']), 9)     # persistent
        self.daemon.start()
        wait_for(lambda: 'lvt-r0' not in table() and table()['lvt-r7'] == ('-', 'shut off'), 30)
        after = table()
        self.assertEqual(('-', 'shut off'), after['lvt-r1'])
        self.assertEqual(GUESTS - 3, sum(1 for v in after.values() if v[1] == 'running'))

    def test_clean_end_leaves_guests(self):
        self.start_guests()
        before = table()
        self.assertEqual(0, self.daemon.stop())
        self.daemon.start()
        wait_for(lambda: table() == before, 30)

    def test_definitions_survive(self):
        """SIGKILL at random moments of 1,000 defines and undefines: every definition is whole, and what was confirmed is there."""
        import subprocess
        rng = random.Random(7)
        seed = '''
import libvirt, sys
libvirt.registerErrorHandler(lambda *a: None, None)
first, last = int(sys.argv[1]), int(sys.argv[2])
conn = libvirt.open('qemu:///system')
for i in range(first, last):
    name = 'lvt-d%d' % i
    dom = conn.defineXML("<domain type='qemu'><name>%s</name><memory>65536</memory><os><type>hvm</type></os></domain>" % name)
    print('+', name, flush=True)
    if i % 3 == 0:
        dom.undefine()
        print('-', name, flush=True)
'''
        there, gone, at = set(), set(), 0
        while at < DEFINITIONS:
            p = subprocess.Popen(['/usr/bin/python3', '-c', seed, str(at), str(DEFINITIONS)], stdout=subprocess.PIPE, text=True,
                                 stderr=subprocess.DEVNULL)
            killer = threading.Timer(rng.uniform(0.05, 0.4), self.daemon.kill)
            killer.start()
            for line in p.stdout:
                sign, name = line.split()
                at = int(name[5:]) + 1
                (there if sign == '+' else gone).add(name)
            p.wait()
            p.stdout.close()
            killer.join()
            # The call under way when the daemon died may or may not have happened: it is no part of the account.
            doubtful = {f'lvt-d{at - 1}', f'lvt-d{at}'}
            self.daemon.start()
            now = set(table())
            self.assertEqual(set(), (there - gone - doubtful) - now)
            self.assertEqual(set(), (gone - doubtful) & now)
            for d in doubtful & now:
                virsh('undefine', d, uri='qemu:///system')
            there -= doubtful
            gone -= doubtful
            at += 1
        log = self.daemon.tail()
        self.assertNotIn('ignoring', log)
        leftovers = [f for f in os.listdir('/etc/libvirt/qemu') if not re.match(r'lvt-d\d+\.xml$|autostart', f)]
        self.assertLessEqual(len(leftovers), DEFINITIONS // 20, leftovers)
        for f in os.listdir('/etc/libvirt/qemu'):
            if re.match(r'lvt-d\d+\.xml$', f):
                with open(f'/etc/libvirt/qemu/{f}') as t:
                    self.assertTrue(t.read().endswith('</domain>\n'), f)


if __name__ == '__main__':
    harness.enter()
    unittest.main(warnings='ignore')
