#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon over a long time in a short one: connections, whole lives of guests, events. Its descriptors and memory must come back to what they
were after the first tenth.

    sudo bench/soak.py [--build build] [--connects 10000] [--cycles 2000] [--events 100000]
"""
import argparse
import os
import shutil
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tests', 'integration'))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('--build', default='build')
parser.add_argument('--connects', type=int, default=10000)
parser.add_argument('--cycles', type=int, default=2000)
parser.add_argument('--events', type=int, default=100000)
args = parser.parse_args()
os.environ['LIBVIRT_BUILD'] = os.path.abspath(args.build)
import harness  # noqa: E402

harness.enter()
harness.load_ours()

import libvirt  # noqa: E402

URI = 'qemu:///system'
GUEST = """<domain type='qemu'><name>%s</name><memory unit='MiB'>16</memory><os><type arch='x86_64'>hvm</type></os>
  <devices><emulator>/var/lib/libvirt/fake/fake-qemu</emulator><memballoon model='none'/></devices></domain>"""


def look(daemon):
    """Descriptors, resident KiB."""
    pid = daemon.process.pid
    with open(f'/proc/{pid}/status') as f:
        rss = int(dict(line.split(':', 1) for line in f.read().splitlines())['VmRSS'].split()[0])
    return len(os.listdir(f'/proc/{pid}/fd')), rss


def phase(name, daemon, count, one):
    """Run one(i) `count` times; compare the end with the state after a tenth."""
    for i in range(count // 10):
        one(i)
    fds, rss = look(daemon)
    for i in range(count // 10, count):
        one(i)
    after, grown = look(daemon)
    ok = after <= fds + 2 and grown <= rss + 1024
    print(f'{name:10}{count:8}  descriptors {fds} -> {after}, resident {rss} -> {grown} KiB  {"flat" if ok else "GROWS"}', flush=True)
    return ok


def connect(_):
    libvirt.open(URI).close()


def main():
    folder = '/var/lib/libvirt/fake'
    os.makedirs(folder)
    shutil.copy(os.path.join(harness.ROOT, 'tests/qemu/fake-qemu.py'), f'{folder}/fake-qemu')
    os.chmod(f'{folder}/fake-qemu', 0o755)
    libvirt.registerErrorHandler(lambda *_: None, None)
    libvirt.virEventRegisterDefaultImpl()
    threading.Thread(target=lambda: [libvirt.virEventRunDefaultImpl() for _ in iter(int, 1)], daemon=True).start()
    daemon = harness.Daemon().start()
    conn = libvirt.open(URI)
    heard = [0]

    def cycle(i):
        dom = conn.defineXML(GUEST % f'soak-{i % 7}')
        dom.create()
        dom.destroy()
        dom.undefine()

    def count(*_):
        heard[0] += 1

    try:
        ok = phase('connects', daemon, args.connects, connect)
        ok &= phase('cycles', daemon, args.cycles, cycle)
        dom = conn.defineXML(GUEST % 'soak-events')
        dom.create()
        listeners = [libvirt.open(URI) for _ in range(10)]
        for c in listeners:
            c.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, count, None)

        def event(_):               # two events for ten listeners
            dom.suspend()
            dom.resume()

        ok &= phase('events', daemon, args.events // 20, event)
        harness.wait_for(lambda: heard[0] >= args.events // 20 * 20, 30)
        print(f'{"":10}{heard[0]:8}  events heard')
        dom.destroy()
    finally:
        harness.kill_guests()
        daemon.stop()
    sys.exit(0 if ok else 1)


main()
