# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ways to reach a driver beside the system's daemon: embedded in the caller, a user's session, other sockets, read-only."""
import os
import pwd
import subprocess
import tempfile
import unittest

import guests
import harness
from harness import virsh, wait_for

EMBED = '''
import libvirt, os, sys
libvirt.virEventRegisterDefaultImpl()
root = sys.argv[1]
conn = libvirt.open('qemu:///embed?root=' + root)
print(conn.getURI(), conn.getType())
dom = conn.createXML(open(sys.argv[2]).read(), libvirt.VIR_DOMAIN_START_AUTODESTROY)
print(dom.state()[0], dom.ID() > 0, len(conn.listAllDomains()))
for folder in ('run', 'lib', 'log', 'cache', 'etc'):
    assert os.path.isdir(os.path.join(root, folder, 'qemu')), folder
pid = int(open(os.path.join(root, 'run', 'qemu', 'lvt-embed.pid')).read())
assert os.path.exists('/proc/%d' % pid)
dom.destroy()
print(len(conn.listAllDomains()))
conn.close()
'''


class ModesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        guests.make()

    def tearDown(self):
        harness.kill_guests()

    def write(self, name, xml):
        path = f'{guests.FOLDER}/{name}.xml'
        with open(path, 'w') as f:
            f.write(xml)
        os.chmod(path, 0o644)
        return path

    def test_embed(self):
        root = tempfile.mkdtemp(prefix='lvt-embed-', dir='/var/lib/libvirt')
        os.chmod(root, 0o755)
        path = self.write('embed', guests.tiny('lvt-embed'))
        r = harness.run(['/usr/bin/python3', '-c', EMBED, root, path], env=harness.ours())
        self.assertEqual(f'qemu:///embed?root={root} QEMU\n1 True 1\n0\n', r.stdout)

    def test_session_starts_its_daemon(self):
        """As a user: the library starts the daemon, which ends by itself; guests live in the session."""
        user = pwd.getpwnam('nobody')
        home = tempfile.mkdtemp(prefix='lvt-home-', dir='/tmp')
        os.chown(home, user.pw_uid, user.pw_gid)
        path = self.write('session', guests.tiny('lvt-session'))
        env = harness.ours(HOME=home, XDG_RUNTIME_DIR=home, XDG_CONFIG_HOME=home + '/config', XDG_CACHE_HOME=home + '/cache',
                           LIBVIRTD_PATH=harness.LIBVIRTD)

        def v(*args):
            return harness.run(['setpriv', f'--reuid={user.pw_uid}', f'--regid={user.pw_gid}', '--clear-groups', harness.VIRSH,
                                '-c', 'qemu:///session', *args], env=env)
        self.assertEqual('qemu:///session\n\n', v('uri').stdout)
        v('define', path)
        self.assertTrue(os.path.exists(home + '/config/libvirt/qemu/lvt-session.xml'))
        v('start', 'lvt-session')
        self.assertRegex(v('list').stdout, r' \d+ +lvt-session +running')
        pid = int(harness.read(home + '/libvirt/qemu/run/lvt-session.pid'))
        self.assertEqual(user.pw_uid, os.stat(f'/proc/{pid}').st_uid)
        v('destroy', 'lvt-session')
        daemon = int(harness.read(home + '/libvirt/libvirtd.pid'))
        os.kill(daemon, 15)
        wait_for(lambda: not os.path.exists(f'/proc/{daemon}'))

    def test_sockets(self):
        daemon = harness.Daemon().start()
        try:
            for uri in ('qemu+unix:///system', 'qemu:///system?socket=/run/libvirt/libvirt-sock', 'qemu+unix:///system?mode=legacy',
                        'test+unix:///default'):
                self.assertIn(' Id ', virsh('list', uri=uri).stdout)
            r = virsh('list', uri='qemu:///system?mode=direct', check=False)
            self.assertEqual(1, r.returncode)
            self.assertIn('virtqemud-sock', r.stderr)
            path = self.write('ro', guests.tiny('lvt-ro'))
            for command in (['-r', '-c', 'qemu:///system'], ['-c', 'qemu+unix:///system?socket=/run/libvirt/libvirt-sock-ro']):
                r = harness.run([harness.VIRSH, *command, 'define', path], env=harness.ours(), check=False)
                self.assertEqual(1, r.returncode)
                self.assertRegex(r.stderr, 'read only access prevents|denied')
        finally:
            daemon.stop()

    def test_no_daemon(self):
        r = virsh('list', uri='qemu:///system', check=False)
        self.assertEqual(1, r.returncode)
        self.assertIn("error: failed to connect to the hypervisor\nerror: Failed to connect socket to '", r.stderr)
        self.assertIn("libvirt-sock': No such file or directory", r.stderr)

    def test_idle_daemon_ends(self):
        p = subprocess.Popen([harness.LIBVIRTD, '-t', '1'], env=harness.ours(), stderr=subprocess.DEVNULL)
        self.assertEqual(0, p.wait(30))

    def test_daemonize(self):
        pidfile = '/run/libvirt/d.pid'
        harness.run([harness.LIBVIRTD, '-d', '-p', pidfile], env=harness.ours())
        self.assertIn(' Id ', virsh('list', uri='qemu:///system').stdout)
        second = harness.run([harness.LIBVIRTD, '-p', pidfile], env=harness.ours(), check=False)
        self.assertEqual(1, second.returncode)
        self.assertIn('another daemon runs', second.stderr)
        pid = int(harness.read(pidfile))
        os.kill(pid, 15)
        wait_for(lambda: not os.path.exists(f'/proc/{pid}'))
        self.assertFalse(os.path.exists('/run/libvirt/libvirt-sock'))

    def test_bad_configuration(self):
        with open('/run/libvirt/bad.conf', 'w') as f:
            f.write('max_clients = "many"\n')
        r = harness.run([harness.LIBVIRTD, '-f', '/run/libvirt/bad.conf'], env=harness.ours(), check=False)
        self.assertEqual(1, r.returncode)
        self.assertIn('max_clients', r.stderr)


if __name__ == '__main__':
    harness.enter()
    unittest.main(warnings='ignore')
