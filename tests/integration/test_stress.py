# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many clients and threads at once, on shared and own connections, with guests that come and go. Run it on a sanitized build, too:
what a sanitizer wrote fails the test."""
import os
import threading
import unittest

import guests
import harness

import libvirt

THREADS, ROUNDS = 8, 40
DOMAIN = "<domain type='%s'><name>%s</name><memory>8192</memory><os><type>hvm</type></os></domain>"


def quiet(*unused):
    pass


class StressTest(unittest.TestCase):
    def setUp(self):
        libvirt.registerErrorHandler(quiet, None)
        guests.make()
        self.daemon = harness.Daemon().start()
        self.problems = []

    def tearDown(self):
        harness.kill_guests()
        self.assertEqual(0, self.daemon.stop(), self.daemon.tail())
        harness.wipe()
        logs = os.environ.get(harness.SANITIZED)
        for name in os.listdir(logs) if logs else []:
            self.fail(harness.read(os.path.join(logs, name))[:6000])

    def run_threads(self, work):
        def safe(n):
            try:
                work(n)
            except Exception as e:      # a thread's failure must reach the test
                self.problems.append(f'{n}: {type(e).__name__}: {e}')
        threads = [threading.Thread(target=safe, args=(n,)) for n in range(THREADS)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(120)
            self.assertFalse(t.is_alive(), 'a call hangs')
        self.assertEqual([], self.problems)

    def test_one_connection(self):
        conn = libvirt.open('test+unix:///default')

        def work(n):
            for i in range(ROUNDS):
                dom = conn.defineXML(DOMAIN % ('test', f'lvt-{n}-{i}'))
                self.assertEqual(f'lvt-{n}-{i}', conn.lookupByUUID(dom.UUID()).name())
                dom.create()
                self.assertEqual(libvirt.VIR_DOMAIN_RUNNING, dom.state()[0])
                self.assertIn('lvt-', dom.XMLDesc())
                self.assertGreaterEqual(len(conn.listAllDomains()), 1)
                dom.destroy()
                dom.undefine()
        self.run_threads(work)
        self.assertEqual(['test'], [d.name() for d in conn.listAllDomains()])
        conn.close()

    def test_many_connections(self):
        def work(n):
            for i in range(ROUNDS):
                conn = libvirt.open('qemu:///system')
                dom = conn.defineXML(DOMAIN % ('qemu', f'lvt-{n}-{i}'))
                self.assertIn(f'lvt-{n}-{i}', [d.name() for d in conn.listAllDomains()])
                if i % 2:
                    dom.undefine()
                conn.close()
        self.run_threads(work)

    def test_one_guest_for_all(self):
        """Everybody pulls at the same guest: each call succeeds or says why not, and the guest's state is one of those asked for."""
        conn = libvirt.open('qemu:///system')
        dom = conn.createXML(guests.tiny('lvt-shared'))

        def work(n):
            own = libvirt.open('qemu:///system')
            mine = own.lookupByName('lvt-shared')
            for i in range(ROUNDS // 2):
                try:
                    [mine.suspend, mine.resume, mine.info, lambda: mine.XMLDesc(), lambda: own.getAllDomainStats()][(n + i) % 5]()
                except libvirt.libvirtError as e:
                    self.assertEqual(libvirt.VIR_ERR_OPERATION_INVALID, e.get_error_code(), str(e))
            own.close()
        self.run_threads(work)
        self.assertIn(dom.state()[0], (libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_PAUSED))
        dom.destroy()
        self.assertEqual([], conn.listAllDomains())
        conn.close()

    def test_guests_come_and_go(self):
        def work(n):
            conn = libvirt.open('qemu:///system')
            for i in range(4):
                dom = conn.createXML(guests.tiny(f'lvt-{n}-{i}'), libvirt.VIR_DOMAIN_START_AUTODESTROY if i == 3 else 0)
                self.assertEqual(libvirt.VIR_DOMAIN_RUNNING, dom.state()[0])
                if i < 3:
                    dom.destroy()
            conn.close()
        self.run_threads(work)
        conn = libvirt.open('qemu:///system')
        harness.wait_for(lambda: conn.listAllDomains() == [], 20)
        conn.close()

    def test_clients_that_vanish(self):
        """Calls under way when their client dies leave nothing behind."""
        import socket
        import struct
        for i in range(50):
            s = socket.socket(socket.AF_UNIX)
            s.connect('/run/libvirt/libvirt-sock')
            name = b'test:///default'
            body = struct.pack('>II', 1, len(name)) + name + b'\0' * (-len(name) % 4) + struct.pack('>I', 0)
            for proc, payload in ((1, body), (7, b''), (6, b''), (4, b'')):
                s.sendall(struct.pack('>IIIiIII', 28 + len(payload), 0x20008086, 1, proc, 0, proc, 0) + payload)
            s.close()
        conn = libvirt.open('test+unix:///default')
        self.assertEqual(['test'], [d.name() for d in conn.listAllDomains()])
        conn.close()


if __name__ == '__main__':
    harness.enter()
    unittest.main(warnings='ignore')
