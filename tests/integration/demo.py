#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`make demo`: our daemon, our library and our virsh boot a Linux guest; its console is shown. Nothing of the machine is changed.

As root the daemon is the system's one, in a private view of its folders; else it is the user's session.
"""
import argparse
import os
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('--build', default='build')
args = parser.parse_args()
os.environ['LIBVIRT_BUILD'] = os.path.abspath(args.build)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import guests  # noqa: E402
import harness  # noqa: E402
from test_shells import console  # noqa: E402


def say(text):
    print(f'\n--- {text}', flush=True)


def virsh(uri, *words):
    print('$ virsh ' + ' '.join(words), flush=True)
    out = subprocess.run([harness.VIRSH, '-c', uri, *words], env=harness.ours(), check=True, capture_output=True, text=True).stdout
    print(out.rstrip('\n'), flush=True)
    return out


def show(uri):
    path = os.path.join(guests.FOLDER, 'demo.xml')
    with open(path, 'w') as f:
        f.write(guests.linux('lvt-demo'))
    say('the guest is defined and started: our virsh, our libvirt.so.0, our libvirtd, our QEMU driver')
    virsh(uri, 'define', path)
    virsh(uri, 'start', 'lvt-demo')
    virsh(uri, 'list', '--all')
    say('its console')
    seen = console('lvt-demo', False, guests.READY, 180, uri)
    print(seen)
    virsh(uri, 'domstats', 'lvt-demo', '--cpu-total', '--block')
    virsh(uri, 'domstate', 'lvt-demo', '--output', 'json')
    virsh(uri, 'destroy', 'lvt-demo')
    virsh(uri, 'undefine', 'lvt-demo')
    say('the guest reached its login marker' if guests.READY in seen else 'the guest did NOT reach its login marker')
    return guests.READY in seen


def session():
    folder = tempfile.mkdtemp(prefix='lvt-')
    os.environ.update(XDG_RUNTIME_DIR=folder, XDG_CONFIG_HOME=folder + '/config', XDG_CACHE_HOME=folder + '/cache',
                      LIBVIRTD_PATH=harness.LIBVIRTD)
    guests.FOLDER = folder + '/guest'
    guests.make()
    return show('qemu:///session')          # our library starts the daemon


def system():
    harness.enter()
    guests.make()
    daemon = harness.Daemon().start()
    try:
        return show('qemu:///system')
    finally:
        harness.kill_guests()
        daemon.stop()


sys.exit(0 if (system() if os.geteuid() == 0 else session()) else 1)
