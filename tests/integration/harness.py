# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ground for black-box tests: a private view of the host's libvirt folders, our daemon and the reference's, guests to boot.

A test program calls enter() first: as root it is started again in a mount namespace of its own, where /etc/libvirt,
/run/libvirt and the like are empty, so that nothing of the machine is seen or changed.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ['/etc/libvirt', '/run/libvirt', '/var/lib/libvirt', '/var/log/libvirt', '/var/cache/libvirt']
ORACLE = '/usr/sbin/libvirtd'
OLD_VIRSH = '/usr/bin/virsh'


def build():
    return os.path.abspath(os.environ.get('LIBVIRT_BUILD', os.path.join(ROOT, 'build')))


def path(*parts):
    return os.path.join(build(), *parts)


LIBRARIES = path('src', 'api')
VIRSH = path('tools', 'virsh', 'virsh')
LIBVIRTD = path('src', 'daemon', 'libvirtd')


def enter():
    """Needs root: mounts are made."""
    if os.environ.get('LIBVIRT_TEST_INSIDE'):
        return
    if os.geteuid() != 0:
        sys.exit('this test mounts folders: run it as root')
    os.environ['LIBVIRT_TEST_INSIDE'] = '1'
    script = ' && '.join(f'mkdir -p {d} && mount -t tmpfs -o mode=0755 tmpfs {d}' for d in FOLDERS) + ' && exec "$@"'
    os.execvp('unshare', ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, 'sh', sys.executable] + sys.argv)


SANITIZED = 'SANITIZER_LOGS'


def sanitize(env):
    """A sanitized build reports into files that a test looks at; ThreadSanitizer needs to see GLib's locks."""
    logs = os.environ.get(SANITIZED)
    if logs:
        env['ASAN_OPTIONS'] = f'detect_leaks=0:log_path={logs}/asan'
        env['UBSAN_OPTIONS'] = f'print_stacktrace=1:log_path={logs}/ubsan'
        env['TSAN_OPTIONS'] = f'log_path={logs}/tsan:exitcode=0:suppressions={ROOT}/tests/tsan.supp'
        env['G_SLICE'] = 'always-malloc'
    return env


def ours(**more):
    """Environment of a program that is to use our library."""
    env = sanitize(dict(os.environ, LD_LIBRARY_PATH=LIBRARIES, **more))
    env.pop('LIBVIRT_DEFAULT_URI', None)
    return env


def borrowed():
    """Environment of a program that is not ours and loads our library; one with a sanitizer needs the sanitizer loaded first."""
    env = ours()
    if SANITIZED in os.environ:
        locks = path('tests', 'libtsan-glib.so')
        env['LD_PRELOAD'] = f'libtsan.so.2:{locks}' if os.path.exists(locks) else 'libasan.so.8:libubsan.so.1'
    return env


def load_ours():
    """Start the program again so that it finds our library."""
    if LIBRARIES in os.environ.get('LD_LIBRARY_PATH', ''):
        os.environ.pop('LD_PRELOAD', None)      # not for the programs that this one starts
        return
    os.execve('/usr/bin/python3', ['/usr/bin/python3'] + sys.argv, borrowed())


def wait_for(what, seconds=30, step=0.05):
    """The first true answer of what(); an error when none comes in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = what()
        if answer:
            return answer
        time.sleep(step)
    raise AssertionError(f'waited {seconds} s in vain for {getattr(what, "__doc__", None) or what}')


class Daemon:
    """libvirtd in the foreground; ours, or the reference's."""
    def __init__(self, binary=None, env=None, conf=''):
        self.binary = binary or LIBVIRTD
        self.env = env or ours()
        self.conf = conf
        self.process = self.output = None
        self.log = f'/run/libvirt-test-{os.getpid()}.log'

    def start(self):
        os.makedirs('/etc/libvirt', exist_ok=True)
        with open('/etc/libvirt/libvirtd.conf', 'w') as f:
            f.write('unix_sock_rw_perms = "0777"\nauth_unix_rw = "none"\n' + self.conf)
        if self.binary == ORACLE:
            with open('/etc/libvirt/qemu.conf', 'w') as f:
                f.write('security_driver = "none"\nuser = "root"\ngroup = "root"\nstdio_handler = "file"\nremember_owner = 0\n')
        self.output = open(self.log, 'ab')
        name = f'/run/libvirt-test-{os.getpid()}.ready'
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as ready:
            ready.bind(name)
            self.process = subprocess.Popen([self.binary, '-p', '/run/libvirt/daemon.pid'], env=dict(self.env, NOTIFY_SOCKET=name),
                                            stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT)
            try:
                wait_for(self.answers, 60)
                if self.binary == LIBVIRTD:             # which takes clients before it has put all back in its place
                    wait_for(lambda: self.says(ready), 60, 0.01)
            finally:
                os.unlink(name)
        return self

    def says(self, ready):
        """what a service manager waits for"""
        if self.process.poll() is not None:
            raise AssertionError(f'{self.binary} ended with {self.process.returncode}:\n{self.tail()}')
        try:
            return b'READY=1' in ready.recv(1000)
        except BlockingIOError:
            return False

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f'{self.binary} ended with {self.process.returncode}:\n{self.tail()}')
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect('/run/libvirt/libvirt-sock')
            return True
        except OSError:
            return False
        finally:
            s.close()

    def tail(self):
        with open(self.log, errors='replace') as f:
            return f.read()[-4000:]

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f'{self.binary} did not end:\n{self.tail()}')
        if self.output:
            self.output.close()
            self.output = None
        return self.process.returncode if self.process else None

    def kill(self):
        return self.stop(signal.SIGKILL)


def run(command, env=None, check=True, **more):
    r = subprocess.run(command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=more.pop('timeout', 60), **more)
    if check and r.returncode:
        raise AssertionError(f'{command} ended with {r.returncode}\n{r.stdout}\n{r.stderr}')
    return r


def virsh(*args, old=False, uri=None, check=True, **more):
    """Our virsh, or Debian's with its own library."""
    command = [OLD_VIRSH if old else VIRSH] + (['-c', uri] if uri else []) + list(args)
    theirs = {name: value for name, value in os.environ.items() if name != 'LD_LIBRARY_PATH'}
    return run(command, env=theirs if old else ours(), check=check, **more)


def read(path):
    with open(path) as f:
        return f.read()


def wipe():
    """The private view is empty again."""
    assert os.environ.get('LIBVIRT_TEST_INSIDE'), 'these would be the real folders'
    for folder in FOLDERS:
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)


def kill_guests():
    """Nothing that a test started survives it; guests of other tests, which run in views of their own, do."""
    view = os.readlink('/proc/self/ns/mnt')
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as f:
                ours = b'guest=lvt-' in f.read() and os.readlink(f'/proc/{pid}/ns/mnt') == view
            if ours:
                os.kill(int(pid), signal.SIGKILL)
        except OSError:         # it ended meanwhile
            continue
