# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sockets that ask polkit who may come in. The polkit is ours, on a bus of its own: it lets everybody look and nobody touch."""
import os
import subprocess
import unittest

import harness
import wire
from harness import wait_for

POLKIT = '''
from gi.repository import Gio, GLib
XML = """<node><interface name='org.freedesktop.PolicyKit1.Authority'><method name='CheckAuthorization'>
<arg type='(sa{sv})' direction='in'/><arg type='s' direction='in'/><arg type='a{ss}' direction='in'/><arg type='u' direction='in'/>
<arg type='s' direction='in'/><arg type='(bba{ss})' direction='out'/></method></interface></node>"""
def call(conn, sender, path, interface, method, args, invocation):
    (kind, subject), action, details, flags, cancel = args.unpack()
    print(kind, subject['uid'], subject['pid'] > 1, subject['start-time'] > 0, action, flush=True)
    look = action == 'org.libvirt.unix.monitor'
    invocation.return_value(GLib.Variant('((bba{ss}))', ((look, not look, {}),)))
bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
node = Gio.DBusNodeInfo.new_for_xml(XML)
bus.register_object('/org/freedesktop/PolicyKit1/Authority', node.interfaces[0], call, None, None)
Gio.bus_own_name_on_connection(bus, 'org.freedesktop.PolicyKit1', 0, lambda *a: print('ready', flush=True), None)
GLib.MainLoop().run()
'''
VISITOR = '''
import sys, struct
sys.path.insert(0, sys.argv[1])
import wire
p = wire.Peer(sys.argv[2])
print(wire.error(p.ask(wire.GET_HOSTNAME)[1])[1])
status, payload = p.ask(wire.AUTH_LIST)
print(struct.unpack('>II', payload))
status, payload = p.ask(70)
print('let in' if status == wire.OK else wire.error(payload))
print(p.ask(wire.AUTH_LIST)[1][4:].hex())
try:
    p.open()
    print('open')
except ConnectionError as e:
    print(e)
'''
CONF = 'auth_unix_ro = "polkit"\nmax_anonymous_clients = 3\n'


def have_gi():
    return subprocess.run(['/usr/bin/python3', '-c', 'import gi'], check=False, stderr=subprocess.DEVNULL).returncode == 0


def visit(path, uid=65534):
    return harness.run(['setpriv', f'--reuid={uid}', f'--regid={uid}', '--clear-groups', '/usr/bin/python3', '-c', VISITOR,
                        os.path.dirname(os.path.abspath(wire.__file__)), path]).stdout.splitlines()


class PolkitTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not have_gi():
            raise unittest.SkipTest('python3-gi is not installed')
        cls.bus = subprocess.Popen(['dbus-daemon', '--session', '--nofork', '--print-address'], stdout=subprocess.PIPE, text=True)
        cls.address = cls.bus.stdout.readline().strip()
        cls.polkit = subprocess.Popen(['/usr/bin/python3', '-c', POLKIT], stdout=subprocess.PIPE, text=True,
                                      env=dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=cls.address))
        assert cls.polkit.stdout.readline() == 'ready\n'

    @classmethod
    def tearDownClass(cls):
        for process in (cls.polkit, cls.bus):
            process.kill()
            process.wait()
            process.stdout.close()

    def setUp(self):
        self.daemon = harness.Daemon(env=harness.ours(DBUS_SYSTEM_BUS_ADDRESS=self.address))

    def tearDown(self):
        self.assertEqual(0, self.daemon.stop(), self.daemon.tail())

    def start(self, conf):
        self.daemon.conf = conf
        self.daemon.start()
        with open('/etc/libvirt/libvirtd.conf') as f:   # the harness asks for no authentication: ours comes last and counts
            self.assertIn(conf, f.read())

    def test_may_look(self):
        self.start(CONF)
        self.assertEqual(['authentication required', '(1, 2)', 'let in', '00000000', 'open'],
                         [line.split(': ', 1)[-1] for line in visit(wire.SOCKET_RO)])
        self.assertEqual('unix-process 65534 True True org.libvirt.unix.monitor\n', self.polkit.stdout.readline())

    def test_may_not_touch(self):
        self.start('auth_unix_rw = "polkit"\nunix_sock_rw_perms = "0777"\n')
        out = visit(wire.SOCKET)
        self.assertIn("no polkit agent available to authenticate action 'org.libvirt.unix.manage'", out[2])
        self.assertEqual('00000002', out[3])
        self.assertIn('authentication required', out[4])
        self.assertEqual('unix-process 65534 True True org.libvirt.unix.manage\n', self.polkit.stdout.readline())

    def test_root_is_not_asked(self):
        self.start('auth_unix_rw = "polkit"\n')
        p = wire.Peer().open()
        self.assertEqual(28, len(p.domain()))
        p.close()

    def test_strangers_wait(self):
        """No more than the allowed number that have not said who they are; who is known gets in all the same."""
        self.start(CONF)
        script = 'import sys, time\nsys.path.insert(0, sys.argv[1])\nimport wire\n' \
            'peers = [wire.Peer(sys.argv[2]) for _ in range(3)]\nprint("in", flush=True)\nsys.stdin.readline()\n'
        crowd = subprocess.Popen(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '/usr/bin/python3', '-c', script,
                                  os.path.dirname(os.path.abspath(wire.__file__)), wire.SOCKET_RO],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        crowd.stdout.readline()
        wait_for(lambda: self.unauthenticated() == 3)
        late = wire.Peer(wire.SOCKET_RO, timeout=1)
        with self.assertRaises(TimeoutError):
            late.ask(wire.AUTH_LIST)
        wire.Peer().open().close()
        crowd.communicate('\n')
        late.socket.settimeout(20)
        self.assertIsNotNone(late.receive())
        late.close()

    def unauthenticated(self):
        """three are waiting"""
        p = wire.Peer(wire.SOCKET_ADMIN)
        p.ask(1, bytes(4), wire.ADMIN)
        _, payload = p.ask(12, wire.string('libvirtd') + bytes(4), wire.ADMIN)
        p.close()
        return int.from_bytes(payload[-4:], 'big')


class NoPolkitTest(unittest.TestCase):
    def test_clear_refusal(self):
        daemon = harness.Daemon(conf=CONF, env=harness.ours(DBUS_SYSTEM_BUS_ADDRESS='unix:path=/run/libvirt/no-bus')).start()
        try:
            self.assertIn('polkit cannot be asked', visit(wire.SOCKET_RO)[2])
        finally:
            daemon.stop()


if __name__ == '__main__':
    harness.enter()
    unittest.main(warnings='ignore')
