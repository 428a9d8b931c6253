#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that do not answer, through the daemon: what others see of them and of each other. The QEMUs are fakes that run nothing."""
import os
import shutil
import signal
import struct
import sys
import threading
import time
import unittest

import harness
from wire import Peer

harness.enter()
harness.load_ours()

import libvirt  # noqa: E402  pylint: disable=wrong-import-position

libvirt.registerErrorHandler(lambda *_: None, None)
REGISTER_EVENT = 167          # of the first generation: no number of the callback's
FOLDER = '/var/lib/libvirt/fake'
EMULATOR = f'{FOLDER}/fake-qemu'
DISK = "<disk type='file' device='disk'><source file='/var/lib/libvirt/fake/disk'/><target dev='vda' bus='virtio'/></disk>"


def domain(name):
    return f"""<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='pc'>hvm</type></os>
      <devices><emulator>{EMULATOR}</emulator>{DISK}</devices></domain>"""


def timed(call, *args):
    """Seconds, and the error if there was one."""
    start = time.monotonic()
    try:
        call(*args)
        return time.monotonic() - start, None
    except libvirt.libvirtError as e:
        return time.monotonic() - start, e


class Caller(threading.Thread):
    def __init__(self, call, *args):
        super().__init__(daemon=True)
        self.call, self.args, self.took, self.error = call, args, None, None
        self.start()

    def run(self):
        self.took, self.error = timed(self.call, *self.args)


def prepare():
    os.makedirs(FOLDER, exist_ok=True)
    shutil.copy(os.path.join(harness.ROOT, 'tests/qemu/fake-qemu.py'), EMULATOR)
    os.chmod(EMULATOR, 0o755)
    with open(f'{FOLDER}/disk', 'wb') as f:
        f.truncate(1 << 20)


class Stuck(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        prepare()
        cls.daemon = harness.Daemon(conf='max_clients = 500\n').start()
        cls.conn = libvirt.open('qemu:///system')

    @classmethod
    def tearDownClass(cls):
        harness.kill_guests()
        cls.conn.close()
        cls.daemon.stop()

    def tearDown(self):
        for d in self.conn.listAllDomains():
            if d.isActive():
                d.destroy()
            d.undefine()
        for name in os.listdir(FOLDER):
            if name.startswith('lvt-'):
                os.unlink(f'{FOLDER}/{name}')

    def guest(self, name):
        d = self.conn.defineXML(domain(name))
        d.create()
        return d

    def mood(self, d, words):
        with open(f'{FOLDER}/{d.name()}.new', 'w', encoding='utf-8') as f:
            f.write(words)
        os.chmod(f'{FOLDER}/{d.name()}.new', 0o644)
        os.rename(f'{FOLDER}/{d.name()}.new', f'{FOLDER}/{d.name()}')

    def well(self, d):
        os.unlink(f'{FOLDER}/{d.name()}')

    def threads(self):
        return len(os.listdir(f'/proc/{self.daemon.process.pid}/task'))

    def test_one_frozen_guest(self):
        d, fine = self.guest('lvt-frozen'), self.guest('lvt-fine')
        self.conn.getAllDomainStats()
        self.mood(d, 'stall')
        first = Caller(d.blockStats, 'vda')
        time.sleep(0.6)
        self.assertEqual(d.controlInfo()[0], libvirt.VIR_DOMAIN_CONTROL_OCCUPIED)
        took, error = timed(self.conn.getAllDomainStats)        # the second caller need not find out once more
        self.assertLess(took, 2)
        self.assertIsNone(error)
        records = {r[0].name(): r[1] for r in self.conn.getAllDomainStats()}
        self.assertIn('stale.age', records['lvt-frozen'])
        self.assertEqual(records['lvt-frozen']['block.count'], 1)
        self.assertNotIn('stale.age', records['lvt-fine'])
        first.join(10)
        self.assertEqual(first.error.get_error_code(), libvirt.VIR_ERR_OPERATION_TIMEOUT)
        for call in d.suspend, lambda: d.blockStats('vda'):     # now everybody knows
            took, error = timed(call)
            self.assertLess(took, 2)
            self.assertEqual(error.get_error_code(), libvirt.VIR_ERR_OPERATION_TIMEOUT)
            self.assertIn('cannot acquire state change lock (held by monitor=', str(error))
            self.assertIn("QEMU has not answered 'query-blockstats'", str(error))
        took, error = timed(fine.suspend)
        self.assertIsNone(error)
        took, error = timed(d.destroy)
        self.assertIsNone(error)
        self.assertLess(took, 2)

    def test_modify_does_not_delay_queries(self):
        """A change that takes its time (a command of the block layer, say) holds up the next change, and nothing else."""
        d = self.guest('lvt-slow')
        self.mood(d, 'stall stop')
        first = Caller(d.suspend)
        harness.wait_for(lambda: d.controlInfo()[0] == libvirt.VIR_DOMAIN_CONTROL_OCCUPIED)
        second = Caller(d.resume)
        time.sleep(0.2)
        for call in d.info, d.XMLDesc, d.state, d.jobInfo, d.vcpusFlags:
            took, error = timed(call)
            self.assertLess(took, 2)
            self.assertIsNone(error)
        second.join(9)                  # not the 30 seconds of the first one's deadline
        self.assertIsNotNone(second.error)
        self.assertIn('held by monitor=', str(second.error))
        d.destroy()
        first.join(5)
        self.assertIsNotNone(first.error)

    def test_recovery(self):
        d = self.guest('lvt-back')
        self.mood(d, 'stall query-blockstats')
        self.assertIsNotNone(timed(d.blockStats, 'vda')[1])
        self.well(d)
        timed(d.suspend)                # refused; the probe that it sends is answered
        harness.wait_for(lambda: timed(d.suspend)[1] is None)
        self.assertEqual(d.state()[0], libvirt.VIR_DOMAIN_PAUSED)
        d.blockStats('vda')

    def test_many_callers(self):
        """Waiting callers are entries in lists, not threads; nobody else feels them."""
        d, fine = self.guest('lvt-frozen'), self.guest('lvt-fine')
        conns = [libvirt.open('qemu:///system') for _ in range(40)]
        before = self.threads()
        self.mood(d, 'stall')
        twins = [c.lookupByName('lvt-frozen') for c in conns]
        callers = [Caller(call) for t in twins for call in (lambda t=t: t.blockStats('vda'), t.suspend, t.memoryStats, t.reset)]
        time.sleep(0.5)
        self.assertLessEqual(self.threads() - before, 4)        # one that changes, two that ask, and what serves these lines
        worst = 0
        for _ in range(50):
            worst = max(worst, timed(self.conn.listAllDomains)[0], timed(fine.info)[0], timed(d.XMLDesc)[0],
                        timed(self.conn.getAllDomainStats, 0, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT)[0], timed(fine.suspend)[0],
                        timed(fine.resume)[0])
        self.assertLess(worst, 2)
        end = time.monotonic() + 12
        for c in callers:
            c.join(max(0, end - time.monotonic()))
        self.assertLessEqual(sum(c.is_alive() for c in callers), 1)      # whose change was sent, and has a longer deadline
        d.destroy()
        for c in callers:
            c.join(5)
            self.assertFalse(c.is_alive())
        for c in conns:
            c.close()

    def test_nowait_statistics_of_many(self):
        guests = [self.guest(f'lvt-{i:02}') for i in range(20)]
        self.conn.getAllDomainStats()
        for d in guests[:4]:
            self.mood(d, 'stall')
        took, error = timed(self.conn.getAllDomainStats, 0, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT)
        self.assertIsNone(error)
        self.assertLess(took, 2)

        def stale():
            records = {r[0].name(): r[1] for r in self.conn.getAllDomainStats(0, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT)}
            self.assertEqual(len(records), 20)
            return sorted(n for n in records if 'stale.age' in records[n])
        frozen = [d.name() for d in guests[:4]]
        self.assertLessEqual(set(frozen), set(stale()))
        harness.wait_for(lambda: stale() == frozen)     # where the machine is slow, healthy ones may miss the short time, too

    def test_one_connection(self):
        """Calls beyond the client's share wait, but not those that wait for nothing, nor the end of the guest."""
        d, fine = self.guest('lvt-frozen'), self.guest('lvt-fine')
        self.mood(d, 'stall')
        callers = [Caller(call) for _ in range(10) for call in (d.suspend, lambda: d.blockStats('vda'), d.reset)]
        time.sleep(0.3)
        for call in self.conn.listAllDomains, fine.info, d.XMLDesc, d.jobStats, d.destroy:
            took, error = timed(call)
            self.assertIsNone(error)
            self.assertLess(took, 2)
        for c in callers:
            c.join(5)
            self.assertIsNotNone(c.error)

    def test_queue_is_shown(self):
        d = self.guest('lvt-frozen')
        self.mood(d, 'stall')
        callers = [Caller(d.suspend), Caller(d.reset)]
        time.sleep(0.3)
        stats = d.jobStats()
        self.assertEqual((stats['queue.count'], stats['queue.0.state'], stats['queue.1.state']), (2, 'running', 'waiting'))
        self.assertEqual({stats['queue.0.call'], stats['queue.1.call']}, {'virDomainSuspend', 'virDomainReset'})
        self.assertGreater(stats['queue.0.age'], 100)
        if harness.SANITIZED not in os.environ:
            shown = harness.run([harness.VIRSH, '-c', 'qemu:///system', 'domjobinfo', 'lvt-frozen', '--queue'], env=harness.ours()).stdout
            self.assertRegex(shown, r'(?s)running +modify +virDomain(Suspend|Reset) +[0-9]+ ms.*waiting +modify +virDomain(Reset|Suspend) +[0-9]+ ms')
        d.destroy()
        for c in callers:
            c.join(5)


    def test_clients_that_leave_before_the_news(self):
        """The thread that reads hears of the end of a guest and of its listeners at once, in this order: it lets go of them and goes on."""
        for _ in range(5):
            d = self.guest('lvt-news')
            with open('/run/libvirt/qemu/lvt-news.pid', encoding='ascii') as f:
                pid = int(f.read())
            peers = [Peer().open('qemu:///system') for _ in range(3)]
            for p in peers:
                status, _ = p.ask(REGISTER_EVENT, struct.pack('>i', libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE))
                self.assertEqual(status, 0)
            self.daemon.process.send_signal(signal.SIGSTOP)
            os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)
            for p in peers:
                p.close()
            self.daemon.process.send_signal(signal.SIGCONT)
            lists = Caller(self.conn.listAllDomains)
            lists.join(5)
            self.assertFalse(lists.is_alive(), 'the daemon answers no more')
            harness.wait_for(lambda d=d: not d.isActive())
            d.undefine()


class Share(unittest.TestCase):
    def test_user(self):
        """All connections of a user together have so many calls under way; the others' turn comes when one of these ends."""
        prepare()
        daemon = harness.Daemon(conf='max_user_requests = 3\n').start()
        conns = [libvirt.open('qemu:///system') for _ in range(6)]
        guests = [conns[0].defineXML(domain(f'lvt-{i}')) for i in range(6)]
        try:
            for d in guests:
                d.create()
                with open(f'{FOLDER}/{d.name()}', 'w', encoding='utf-8') as f:
                    f.write('stall')
                os.chmod(f'{FOLDER}/{d.name()}', 0o644)
            callers = [Caller(c.lookupByName(f'lvt-{i}').suspend) for i, c in enumerate(conns)]

            def busy():
                return {d.name() for d in guests if d.isActive() and d.jobStats().get('queue.count')}
            harness.wait_for(lambda: len(busy()) == 3)
            time.sleep(0.3)
            first = busy()
            self.assertEqual(len(first), 3)
            conns[0].lookupByName(min(first)).destroy()         # its caller is told, and another one begins
            harness.wait_for(lambda: len(busy() - first) == 1 and len(busy()) == 3)
            for d in guests:
                if d.isActive():
                    d.destroy()
            for c in callers:
                c.join(10)
                self.assertFalse(c.is_alive())
        finally:
            harness.kill_guests()
            for c in conns:
                c.close()
            daemon.stop()


if __name__ == '__main__':
    unittest.main()
