# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon against clients that err, hurry, dawdle or vanish, and clients against a daemon that vanishes."""
import os
import signal
import socket
import struct
import subprocess
import time
import unittest

import harness
import wire
from harness import wait_for
from wire import Peer

NO_RPC = 39             # VIR_ERR_RPC
LOST = '''
import libvirt, os, signal, sys, threading
libvirt.virEventRegisterDefaultImpl()
done = threading.Event()
def loop():
    while True:
        libvirt.virEventRunDefaultImpl()
threading.Thread(target=loop, daemon=True).start()
conn = libvirt.open('test+unix:///default')
reasons = []
conn.registerCloseCallback(lambda c, reason, o: (reasons.append(reason), done.set()), None)
dom = conn.lookupByName('test')
print(conn.isAlive(), flush=True)
sys.stdin.readline()
print(done.wait(10), reasons, conn.isAlive())
try:
    dom.state()
except libvirt.libvirtError as e:
    print(e.get_error_code(), e)
sys.stdin.readline()
print(libvirt.open('test+unix:///default').lookupByName('test').state())
'''


class WireTest(unittest.TestCase):
    CONF = 'max_clients = 12\nkeepalive_interval = 1\nkeepalive_count = 1\n'

    def setUp(self):
        self.daemon = harness.Daemon(conf=self.CONF).start()
        self.peers = []

    def tearDown(self):
        for peer in self.peers:
            peer.close()
        self.daemon.stop()

    def peer(self, path=wire.SOCKET):
        self.peers.append(Peer(path))
        return self.peers[-1]

    def assertHungUp(self, peer):
        self.assertIsNone(peer.receive())

    def test_errors_of_the_protocol(self):
        p = self.peer()
        for program, procedure, words in ((0x12345678, 1, 'Cannot find program'), (wire.REMOTE, 100000, 'unknown procedure'),
                                          (wire.REMOTE, -5, 'unknown procedure'), (wire.ADMIN, 1, 'Cannot find program'),
                                          (wire.REMOTE, 318, 'unknown procedure'), (wire.REMOTE, wire.GET_HOSTNAME, 'not open')):
            status, payload = p.ask(procedure, program=program)
            self.assertEqual(wire.ERROR, status)
            self.assertIn(words, wire.error(payload)[1])
        p.open()
        for payload in (b'', b'\0\0\0\1', wire.string('test') + b'\0', b'\xff\xff\xff\xff' + b'test', b'\0\0\0\4te\0t'):
            status, answer = p.ask(wire.LOOKUP_BY_NAME, payload)
            self.assertEqual((wire.ERROR, NO_RPC), (status, wire.error(answer)[0]))
        self.assertEqual(28, len(p.domain()))
        status, answer = p.ask(wire.OPEN, struct.pack('>II', 0, 0))
        self.assertIn('already open', wire.error(answer)[1])

    def test_what_ends_a_connection(self):
        witness = self.peer().open()
        for data in (struct.pack('>I', 3), struct.pack('>I', 0xffffffff), struct.pack('>I', 65541) + bytes(24),
                     wire.message(wire.REMOTE, 1, wire.REPLY, 1), wire.message(wire.REMOTE, 1, 77, 1),
                     wire.message(wire.REMOTE, 1, wire.CALL_WITH_FDS, 1, payload=struct.pack('>I', 33))):
            p = self.peer()
            p.send(data)
            self.assertHungUp(p)
            witness.domain()
        p = self.peer().open()
        p.send(struct.pack('>I', 33554437) + bytes(24))
        self.assertHungUp(p)

    def test_streams_of_nobody(self):
        """Stream messages without a stream are late ones, and nothing happens."""
        p = self.peer().open()
        for kind in (wire.STREAM, wire.STREAM_HOLE):
            for status in (wire.OK, wire.ERROR, wire.CONTINUE):
                p.send(wire.message(wire.REMOTE, 211, kind, 99, status, b'data'))
        p.domain()

    def test_many_calls_at_once(self):
        """A client that sends all its calls before it reads gets all answers, in order for those that wait for nothing."""
        p = self.peer().open()
        ask = p.domain() + struct.pack('>I', 0)
        p.send(b''.join(wire.call(wire.GET_STATE, 1000 + i, ask) for i in range(3000)))
        serials = [p.receive()[3] for _ in range(3000)]
        self.assertEqual(list(range(1000, 4000)), serials)

    def test_a_client_that_does_not_read(self):
        """Neither its calls nor the events it asked for fill the daemon's memory; others are served meanwhile."""
        p = self.peer().open()
        witness = self.peer().open()
        xml = wire.call(14, 7, p.domain() + struct.pack('>I', 0))
        p.socket.settimeout(2)
        with self.assertRaises(TimeoutError):
            for _ in range(100000):
                p.send(xml * 50)
        witness.domain()
        status = harness.read(f'/proc/{self.daemon.process.pid}/status')
        resident = int(status.split('VmRSS:')[1].split()[0])
        self.assertLess(resident, 300000 if harness.SANITIZED in os.environ else 60000)
        self.assertIsNotNone(p.receive())

    def test_too_many_clients(self):
        """As many as are allowed get in; another only when one of them leaves."""
        for _ in range(12):
            wait_for(self.admitted)             # the harness's own look at the socket may still count
        self.assertFalse(self.admitted())
        self.peers[0].close()
        wait_for(self.admitted)

    def admitted(self):
        """a client gets in"""
        p = Peer()
        try:
            self.peers.append(p.open())
            return True
        except (ConnectionError, BrokenPipeError):
            p.close()
            return False

    def test_read_only(self):
        p = self.peer(wire.SOCKET_RO).open()
        dom = p.domain()
        status, answer = p.ask(34, dom)
        self.assertEqual((wire.ERROR, 29), (status, wire.error(answer)[0]))
        self.assertEqual(wire.OK, p.ask(wire.GET_STATE, dom + struct.pack('>I', 0))[0])

    def test_keepalive(self):
        quiet, p = self.peer().open(), self.peer().open()
        p.send(wire.message(wire.KEEPALIVE, 1, wire.MESSAGE, 0))
        self.assertEqual((wire.KEEPALIVE, 2, wire.MESSAGE), p.receive()[:3])
        p.ask(wire.FEATURE, struct.pack('>i', 10))      # who asks that answers pings
        self.assertEqual((wire.KEEPALIVE, 1, wire.MESSAGE), p.receive()[:3])
        self.assertHungUp(p)                    # it did not answer
        quiet.domain()                          # and who never asked is not pinged

    @unittest.skipIf(harness.SANITIZED in os.environ, 'Python cannot load a sanitized library')
    def test_lost_daemon(self):
        """The program hears of the end, calls fail, and a new connection is possible as soon as a daemon is."""
        client = subprocess.Popen(['/usr/bin/python3', '-c', LOST], env=harness.ours(), stdin=subprocess.PIPE, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.assertEqual('1\n', client.stdout.readline())
        self.daemon.kill()
        client.stdin.write('\n')
        client.stdin.flush()
        self.assertEqual('True [1] 0\n', client.stdout.readline())      # VIR_CONNECT_CLOSE_REASON_EOF
        self.assertIn('client socket is closed', client.stdout.readline())
        self.daemon.start()
        client.stdin.write('\n')
        client.stdin.flush()
        self.assertEqual('[1, 0]\n', client.communicate(timeout=20)[0])
        self.assertEqual(0, client.returncode)


class StartTest(unittest.TestCase):
    def fails(self, conf, words):
        with open('/etc/libvirt/libvirtd.conf', 'w') as f:
            f.write(conf)
        r = subprocess.run([harness.LIBVIRTD, '-p', '/run/libvirt/daemon.pid'], env=harness.ours(), capture_output=True, text=True, timeout=60)
        self.assertNotEqual(0, r.returncode)
        self.assertIn(words, r.stderr)

    def test_settings_that_are_wrong(self):
        self.fails('\nmax_clients = "x"\n', "libvirtd.conf:2: 'max_clients' must be an integer")
        self.fails('unix_sock_rw_perms = "0999"\n', '0999')
        self.fails('unix_sock_group = "no-such-group"\n', 'no-such-group')
        self.fails('auth_unix_rw = "sasl"\n', 'auth_unix_rw')
        self.fails('max_clients = \n', 'expecting a value')

    def test_one_daemon_only(self):
        daemon = harness.Daemon().start()
        try:
            r = subprocess.run([harness.LIBVIRTD, '-p', '/run/libvirt/daemon.pid'], env=harness.ours(), capture_output=True, text=True, timeout=60)
            self.assertNotEqual(0, r.returncode)
            self.assertIn('another daemon runs', r.stderr)
            self.assertEqual(daemon.process.pid, int(harness.read('/run/libvirt/daemon.pid')))
            Peer().open().domain()
        finally:
            daemon.stop()
        self.assertFalse(os.path.exists(wire.SOCKET))

    def test_sockets_of_a_service_manager(self):
        folder = '/run/libvirt/passed'
        os.makedirs(folder, exist_ok=True)
        with open('/etc/libvirt/libvirtd.conf', 'w') as f:
            f.write('auth_unix_rw = "none"\n')
        sockets, ready = [], socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ready.bind(folder + '/notify')
        ready.settimeout(30)
        for name in ('libvirt-sock', 'libvirt-sock-ro', 'libvirt-admin-sock'):
            s = socket.socket(socket.AF_UNIX)
            s.bind(f'{folder}/{name}')
            s.listen(10)
            sockets.append(s)
        script = 'import os, sys\nfor i, fd in enumerate(map(int, sys.argv[2:])): os.dup2(fd, 100 + i)\n' \
            'for i in range(len(sys.argv) - 2): os.dup2(100 + i, 3 + i)\n' \
            'os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sys.argv) - 2))\nos.execv(sys.argv[1], sys.argv[1:2])'
        daemon = subprocess.Popen(['/usr/bin/python3', '-c', script, harness.LIBVIRTD, *(str(s.fileno()) for s in sockets)],
                                  env=harness.ours(NOTIFY_SOCKET=folder + '/notify'), pass_fds=[s.fileno() for s in sockets])
        try:
            self.assertEqual(b'READY=1', ready.recv(100))
            Peer(folder + '/libvirt-sock').open().domain()
            p = Peer(folder + '/libvirt-sock-ro').open()
            self.assertEqual(wire.ERROR, p.ask(34, p.domain())[0])
            self.assertEqual(wire.OK, Peer(folder + '/libvirt-admin-sock').ask(1, bytes(4), wire.ADMIN)[0])
        finally:
            daemon.send_signal(signal.SIGTERM)
            self.assertEqual(0, daemon.wait(20))
        self.assertTrue(os.path.exists(folder + '/libvirt-sock'))       # the manager's, not ours to remove

    def test_idle_daemon_ends(self):
        with open('/etc/libvirt/libvirtd.conf', 'w') as f:
            f.write('auth_unix_rw = "none"\n')
        daemon = subprocess.Popen([harness.LIBVIRTD, '--timeout', '1'], env=harness.ours())
        wait_for(lambda: os.path.exists(wire.SOCKET))
        peer = Peer().open()
        time.sleep(2)
        peer.domain()                           # a client keeps it
        peer.close()
        self.assertEqual(0, daemon.wait(20))


if __name__ == '__main__':
    harness.enter()
    unittest.main(warnings='ignore')
