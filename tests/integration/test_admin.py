# SPDX-License-Identifier: LGPL-2.1-or-later
"""Administration of the daemon: our libvirt-admin on our daemon and on the reference's, the reference's virt-admin on ours."""
import os
import subprocess
import unittest

import harness
from wire import Peer

PROGRAM = '''
import ctypes, sys
lib, base = ctypes.CDLL(sys.argv[1] + '/libvirt-admin.so.0'), ctypes.CDLL(sys.argv[1] + '/libvirt.so.0')
P = ctypes.c_void_p
for name in ('virAdmConnectOpen', 'virAdmConnectLookupServer', 'virAdmServerLookupClient'):
    getattr(lib, name).restype = P
for name in ('virAdmServerGetName', 'virAdmConnectGetURI'):
    getattr(lib, name).restype = ctypes.c_char_p
lib.virAdmClientGetID.restype = ctypes.c_ulonglong
base.virGetLastErrorMessage.restype = ctypes.c_char_p
quiet = ctypes.CFUNCTYPE(None, P, P)(lambda a, b: None)
base.virSetErrorFunc(None, quiet)
conn = P(lib.virAdmConnectOpen(b'libvirtd:///system', 0))
if not conn:
    sys.exit(base.virGetLastErrorMessage().decode())
print(lib.virAdmConnectGetURI(conn).decode(), lib.virAdmConnectIsAlive(conn))
servers = ctypes.POINTER(P)()
n = lib.virAdmConnectListServers(conn, ctypes.byref(servers), 0)
print(sorted(lib.virAdmServerGetName(P(servers[i])).decode() for i in range(n)))
print(lib.virAdmConnectLookupServer(conn, b'nosuch', 0), base.virGetLastErrorMessage().decode())
server = P(lib.virAdmConnectLookupServer(conn, b'libvirtd', 0))
clients = ctypes.POINTER(P)()
n = lib.virAdmServerListClients(server, ctypes.byref(clients), 0)
client = P(clients[n - 1])
params, count = P(), ctypes.c_int()
r = lib.virAdmClientGetInfo(client, ctypes.byref(params), ctypes.byref(count), 0)
names = [ctypes.string_at(params.value + 96 * i).decode() for i in range(count.value)]
print(n, r, len(set(names) - {'requests', 'unread'}))       # these are additive
print(lib.virAdmServerGetClientLimits(server, ctypes.byref(params), ctypes.byref(count), 0), count.value)
print(lib.virAdmServerGetThreadPoolParameters(server, ctypes.byref(params), ctypes.byref(count), 0), count.value)
print(lib.virAdmConnectSetLoggingFilters(conn, b'3:remote', 0), lib.virAdmConnectSetLoggingFilters(conn, b'bad', 0))
print(lib.virAdmClientClose(client, 0))
print(lib.virAdmServerLookupClient(server, ctypes.c_ulonglong(4711), 0), base.virGetLastErrorMessage().decode())
print(lib.virAdmConnectClose(conn))
'''
EXPECTED = '''libvirtd:///system 1
['admin', 'libvirtd']
None Server not found: No server named 'nosuch'
1 0 6
0 4
0 6
0 -1
0
None Client not found: No client with matching ID '4711'
'''


class AdminTest(unittest.TestCase):
    def manage(self, daemon):
        daemon.start()
        try:
            visitor = Peer().open()
            r = harness.run(['/usr/bin/python3', '-c', PROGRAM, harness.LIBRARIES], env=harness.ours())
            self.assertEqual(EXPECTED, ''.join(line + '\n' for line in r.stdout.splitlines()[:-1]))
            self.assertIsNone(visitor.receive())        # it was disconnected
            visitor.close()
        finally:
            daemon.stop()

    def test_our_daemon(self):
        self.manage(harness.Daemon())

    def test_old_daemon(self):
        self.manage(harness.Daemon(harness.ORACLE, env=dict(os.environ)))

    def test_old_tool(self):
        daemon = harness.Daemon().start()

        def admin(*args, status=0):
            r = subprocess.run(['virt-admin', '-c', 'libvirtd:///system', *args], capture_output=True, text=True, timeout=30)
            self.assertEqual(status, r.returncode, r.stderr)
            return r.stdout + r.stderr
        try:
            self.assertIn(' 0    admin\n 1    libvirtd\n', admin('srv-list'))
            admin('srv-threadpool-set', 'libvirtd', '--max-workers', '30')
            self.assertIn('maxWorkers     : 30\n', admin('srv-threadpool-info', 'libvirtd'))
            self.assertIn('cannot be set', admin('srv-threadpool-set', 'libvirtd', '--priority-workers', '3', status=1))
            admin('srv-clients-set', 'libvirtd', '--max-clients', '1', '--max-unauth-clients', '1')
            visitor, late = Peer().open(), Peer()
            self.assertIsNone(late.receive())
            self.assertIn('nclients            : 1\n', admin('srv-clients-info', 'libvirtd'))
            visitor.close()
            late.close()
            self.assertIn('no tls service found', admin('server-update-tls', 'libvirtd', status=1))
            admin('daemon-timeout', '--timeout', '1')
            self.assertEqual(0, daemon.process.wait(20))
        finally:
            daemon.stop()


if __name__ == '__main__':
    harness.enter()
    unittest.main(warnings='ignore')
