# SPDX-License-Identifier: LGPL-2.1-or-later
"""The two implementations in one machine: each has folders of its own below /run/side, and ours the build's files over the host's /usr."""
import glob
import os
import re
import signal
import socket
import subprocess
import time

import libvirt

TOP = '/run/side'
STATE = {'run': '/run/libvirt', 'etc': '/etc/libvirt', 'lib': '/var/lib/libvirt', 'log': '/var/log/libvirt', 'cache': '/var/cache/libvirt'}
MODULES = {'nodedev', 'qemu', 'network', 'storage', 'secret', 'nwfilter'}      # others would only cost time to start
QEMU_CONF = ('security_driver = "none"\nuser = "root"\ngroup = "root"\nstdio_handler = "file"\nremember_owner = 0\n'
             'seccomp_sandbox = 0\n')


def wait_for(what, seconds=150, step=0.1):
    """The first true answer of what()."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f'waited {seconds} s in vain for {what.__doc__ or what}')
        time.sleep(step)


def run(*command, check=True, **more):
    r = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                       timeout=more.pop('timeout', 240), **more)
    if check and r.returncode:
        raise AssertionError(f'{" ".join(command)} ended with {r.returncode}: {r.stdout.strip()[-600:]}')
    return r.stdout


def prepare(image, libraries):
    """The host's daemons and emulators that no case uses would be asked for their capabilities, slowly."""
    for name in os.listdir('/usr/bin'):
        if name.startswith('qemu-system-') and name != 'qemu-system-x86_64':
            os.unlink(os.path.join('/usr/bin', name))
    folder = f'{TOP}/ours'
    for name in ('upper', 'work', 'usr'):
        os.makedirs(f'{folder}/{name}')
    run('mount', '-t', 'tmpfs', 'layer', folder)
    for name in ('upper', 'work', 'usr'):
        os.makedirs(f'{folder}/{name}')
    run('mount', '-t', 'overlay', '-o', f'lowerdir=/run/base{image}/usr:/run/base/usr,upperdir={folder}/upper,workdir={folder}/work', 'ours',
        f'{folder}/usr')
    for name in drivers('/usr'):
        if not wanted(name):
            os.unlink(name)
    for name in drivers(f'{folder}/usr'):
        if not wanted(name) or not os.path.exists(f'/run/base{image}{name[len(folder):]}'):
            os.unlink(name)
    return {'ref': Side('ref', {}), 'ours': Side('ours', {'LD_LIBRARY_PATH': libraries,
                                                           'PATH': '/usr/local/sbin:/usr/local/bin:' + os.environ['PATH']})}


def drivers(usr):
    return [n for pattern in ('lib/*', 'local/lib/*') for n in glob.glob(f'{usr}/{pattern}/libvirt/connection-driver/*.so')]


def wanted(path):
    return re.sub(r'^libvirt_driver_|\.so$', '', os.path.basename(path)) in MODULES


class Side:
    """A daemon. `conn(uri)` is a connection by the machine's client library, virsh() the side's own."""
    def __init__(self, name, env):
        self.name, self.top = name, os.path.join(TOP, name)
        self.env = dict(os.environ, **env)
        self.process = None
        self.conns = {}
        for part in STATE:
            os.makedirs(os.path.join(self.top, part), exist_ok=True)
        for target in STATE.values():
            os.makedirs(target, exist_ok=True)
        self.write('etc/libvirtd.conf', 'unix_sock_rw_perms = "0777"\nauth_unix_rw = "none"\n')
        self.write('etc/qemu.conf', QEMU_CONF)

    def path(self, *parts):
        return os.path.join(self.top, *parts)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as f:
            f.write(text)

    def inside(self, *command):
        """The command line that runs a program in the side's view of the machine."""
        mounts = [f'mount --bind {self.path(part)} {target}' for part, target in STATE.items()]
        if self.name == 'ours':
            mounts += [f'mount --bind {self.top}/usr /usr']
        return ['unshare', '-m', '--propagation', 'private', 'sh', '-c', ' && '.join(mounts) + ' && exec "$@"', 'sh', *command]

    def start(self):
        if self.process:
            return self
        ready = self.path('run', 'ready')
        if os.path.exists(ready):
            os.unlink(ready)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as s, open(self.path('output'), 'ab') as output:
            s.bind(ready)
            self.process = subprocess.Popen(self.inside('libvirtd', '-p', '/run/libvirt/daemon.pid'), stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output, env=dict(self.env, NOTIFY_SOCKET='/run/libvirt/ready'))
            began = time.monotonic()
            wait_for(lambda: self.answers(s), 300)
            print(f'{self.name} was ready after {time.monotonic() - began:.1f} s', flush=True)
        return self

    def answers(self, ready):
        """the daemon to be ready"""
        if self.process.poll() is not None:
            raise AssertionError(f'{self.name} ended with {self.process.returncode}: {self.tail()}')
        try:
            return b'READY=1' in ready.recv(1000)
        except BlockingIOError:
            return False

    def tail(self):
        with open(self.path('output'), errors='replace', encoding='utf-8') as f:
            return f.read()[-1500:]

    def conn(self, uri='nodedev'):
        if uri not in self.conns:
            self.conns[uri] = libvirt.open(f'{uri}+unix:///system?socket={self.path("run/libvirt-sock")}')
        return self.conns[uri]

    def stop(self, how=signal.SIGTERM):
        for conn in self.conns.values():
            conn.close()
        self.conns = {}
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(150)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f'{self.name} did not end: {self.tail()}') from None
        self.process = None

    def restart(self, how=signal.SIGTERM):
        self.stop(how)
        return self.start()

    def virsh(self, *args, uri='qemu:///system', check=True):
        return run(*self.inside('virsh', '-c', uri, *args), env=self.env, check=check)

    # what the cases ask most
    def names(self, flags=0):
        return sorted(d.name() for d in self.conn().listAllDevices(flags))

    def device(self, name, uri='nodedev'):
        return self.conn(uri).nodeDeviceLookupByName(name)

    def xml(self, name, flags=0):
        return self.device(name).XMLDesc(flags)
