#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ours against the reference's, on one machine in one run: ratios, with the absolute figures beside them.

    sudo bench/bench.py [--build build] [--rounds 3] [--only calls,define,disk,start,memory,guest,frozen,stopped,client]

Each side is its library and its daemon; the same client binary runs on both. The rounds alternate, the best of each counts. The bars of
the last column are what this project wants to reach.
"""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tests', 'integration'))
PARTS = ['calls', 'define', 'disk', 'start', 'memory', 'guest', 'frozen', 'stopped', 'client']
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('--build', default='build')
parser.add_argument('--disk', default='/var/tmp', help='a folder on a real disk')
parser.add_argument('--rounds', type=int, default=3)
parser.add_argument('--only', default=','.join(PARTS))
args = parser.parse_args()
os.environ['LIBVIRT_BUILD'] = os.path.abspath(args.build)
import harness  # noqa: E402

TEST, QEMU = 'test+unix:///default', 'qemu:///system'
# name: (unit, bar: a ratio "x" or an absolute figure)
BARS = {'state.mean': 'x1.6', 'state.cpu': '15', 'crowdN.mean': 'x4', 'crowd1.mean': 'x3', 'connect.mean': 'x4', 'list.mean': 'x2', 'xml.mean': 'x2.2',
        'xml.cpu': 'x6', 'stats.mean': 'x5', 'define.mean': 'x10', 'disk.overBare': '1.5', 'undefine.mean': 'x3', 'first.empty': '15000', 'first.1000': '60000',
        'caps.first': '150000', 'rss.empty': '9216', 'rss.1000': '18432', 'threads': '6', 'start.mean': '', 'destroy.mean': '20000', 'survey.mean': 'x3',
        'event.p50': '350', 'frozen.first': '', 'frozen.second': '', 'frozen.list': '1000', 'frozen.destroy': '2000000', 'client.maps': '14', **{f'stopped.{what}.p99': '50000' for what in ('list', 'info', 'xml', 'nowait', 'start', 'end')},
        'stopped.destroy': '2000000', 'callers.threads': '2',
        'client.rss': '6144', 'virsh.wall': '4000', 'virsh.peak': '8192'}


class Side:
    def __init__(self, name, binary, env, virsh):
        self.name, self.binary, self.env, self.virsh = name, binary, env, virsh
        self.rounds = []

    def client(self, mode, *more, timeout=120):
        out = subprocess.run([harness.path('bench', 'bench-client'), mode, *map(str, more)], env=self.env, check=True, stdout=subprocess.PIPE,
                             text=True, timeout=timeout).stdout
        return {line.split()[0]: float(line.split()[1]) for line in out.splitlines()}

    def daemon(self):
        return harness.Daemon(self.binary, self.env)


def proc(daemon):
    used = time.clock_gettime((~daemon.process.pid << 3) | 2)       # its clock of processor time: /proc counts in hundredths of a second
    with open(f'/proc/{daemon.process.pid}/status') as f:
        status = dict(line.split(':', 1) for line in f.read().splitlines())
    return {'cpu': used * 1e6, 'rss': float(status['VmRSS'].split()[0]),
            'threads': float(status['Threads'])}


def calls(side):
    daemon = side.daemon().start()
    try:
        for task in os.listdir(f'/proc/{daemon.process.pid}/task'):
            os.sched_setaffinity(int(task), {1})
        before = proc(daemon)
        found = side.client('state', TEST)
        found['state.cpu'] = (proc(daemon)['cpu'] - before['cpu']) / 21000
        found.update(side.client('connect', TEST))
        for task in os.listdir(f'/proc/{daemon.process.pid}/task'):
            os.sched_setaffinity(int(task), {0, 1})
        found.update(side.client('crowd', TEST, 4))
        found.update(side.client('crowd', TEST, 8, 'shared'))
        return found
    finally:
        daemon.stop()


def define(side):
    daemon = side.daemon().start()
    try:
        side.client('define', QEMU, 'qemu', 1)          # whatever has to be found out once
        side.client('undefine', QEMU)
        found = side.client('define', QEMU, 'qemu', 1000)
        before = proc(daemon)
        found.update(side.client('read', QEMU))
        found['xml.cpu'] = (proc(daemon)['cpu'] - before['cpu']) / 1000         # of lists and statistics too
        time.sleep(0.3)
        found['rss.1000'] = proc(daemon)['rss']
        daemon.stop()
        found['first.1000'] = first(side)
        daemon = side.daemon().start()
        found.update(side.client('undefine', QEMU))
        return found
    finally:
        daemon.stop()


def disk(side):
    """Definitions on a disk that is waited for, over what writing such files costs the bare system calls."""
    there = '/etc/libvirt/qemu'
    with tempfile.TemporaryDirectory(dir=args.disk) as folder:
        os.makedirs(there, exist_ok=True)
        subprocess.run(['mount', '--bind', folder, there], check=True)
        try:
            daemon = side.daemon().start()
            try:
                side.client('define', QEMU, 'qemu', 1)
                side.client('undefine', QEMU)
                took = side.client('define', QEMU, 'qemu', 300)['define.mean']
            finally:
                daemon.stop()
            size = os.path.getsize(f'{there}/bench-0.xml')
            begin = time.monotonic()
            for i in range(300):
                fd = os.open(f'{there}/bare.new', os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                os.write(fd, b' ' * size)
                os.fdatasync(fd)
                os.close(fd)
                os.rename(f'{there}/bare.new', f'{there}/bare-{i}')
            bare = (time.monotonic() - begin) * 1e6 / 300
            return {'disk.define': took, 'disk.bare': bare, 'disk.overBare': took / bare}
        finally:
            subprocess.run(['umount', there], check=True)


def first(side):
    """From the start of the process to the first answer."""
    daemon = side.daemon()
    begin = time.monotonic()
    process = subprocess.Popen([daemon.binary, '-p', '/run/libvirt/bench.pid'], env=side.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        while not os.path.exists('/run/libvirt/libvirt-sock'):
            time.sleep(0.0002)
        return side.client('first', QEMU)['at'] - begin * 1e6
    finally:
        process.terminate()
        process.wait(20)
        if os.path.exists('/run/libvirt/libvirt-sock'):
            os.unlink('/run/libvirt/libvirt-sock')


def start(side):
    harness.Daemon(side.binary, side.env).start().stop()        # writes the configuration
    if os.path.exists('/run/libvirt/libvirt-sock'):
        os.unlink('/run/libvirt/libvirt-sock')
    found = {'first.empty': min(first(side) for _ in range(3))}
    shutil.rmtree('/var/cache/libvirt/qemu', ignore_errors=True)
    daemon = side.daemon().start()
    try:
        begin = time.monotonic()
        subprocess.run([side.virsh, '-c', QEMU, 'domcapabilities'], env=side.env, check=True, stdout=subprocess.DEVNULL, timeout=30)
        found['caps.first'] = (time.monotonic() - begin) * 1e6
        return found
    finally:
        daemon.stop()


def memory(side):
    daemon = side.daemon().start()
    try:
        time.sleep(0.5)
        found = proc(daemon)
        return {'rss.empty': found['rss'], 'threads': found['threads']}
    finally:
        daemon.stop()


def guest(side):
    daemon = side.daemon().start()
    try:
        found = side.client('start', QEMU)
        found.update(side.client('survey', QEMU, 10))
        found.update(side.client('suspend', QEMU))
        return found
    finally:
        harness.kill_guests()
        subprocess.run(['pkill', '-9', '-f', 'guest=bench-'], check=False)
        daemon.stop()


def frozen(side):
    daemon = side.daemon().start()
    try:
        return side.client('frozen', QEMU, timeout=180)
    finally:
        subprocess.run(['pkill', '-9', '-f', 'guest=bench-'], check=False)
        daemon.stop()


def stopped(side):
    """200 guests, 10 of them stopped, and 1,000 callers for one of these: of ours only, the reference would take hours."""
    if side.binary == harness.ORACLE:
        return {}
    daemon = side.daemon().start()
    try:
        return side.client('stopped', QEMU, 200, 10, 1000, daemon.process.pid, timeout=300)
    finally:
        subprocess.run(['pkill', '-9', '-f', 'guest=bench-'], check=False)
        daemon.stop()


def client(side):
    """A plain client of the test driver, and virsh."""
    found = side.client('plain', 'test:///default')
    runs = [side.client('run', side.virsh, '-c', 'test:///default', 'list') for _ in range(20)]
    return {**found, 'virsh.wall': min(r['wall'] for r in runs), 'virsh.peak': min(r['peak'] for r in runs)}


def bareQemu():
    """QEMU without anybody: started paused until its monitor greets, and killed."""
    begin = time.monotonic()
    p = subprocess.Popen(['qemu-system-x86_64', '-S', '-m', '16', '-display', 'none', '-nodefaults', '-qmp', 'stdio'], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True)
    p.stdout.readline()
    started = (time.monotonic() - begin) * 1e6
    stops = []
    for command in ['qmp_capabilities'] + ['cont', 'stop'] * 50:
        p.stdin.write('{"execute": "%s"}\n' % command)
        begin = time.monotonic()
        p.stdin.flush()
        lines = [p.stdout.readline() for _ in range(1 if command == 'qmp_capabilities' else 2)]
        if '"STOP"' in lines[0]:
            stops.append((time.monotonic() - begin) * 1e6)
    begin = time.monotonic()
    p.send_signal(signal.SIGKILL)
    p.wait()
    return started, (time.monotonic() - begin) * 1e6, sorted(stops)[len(stops) // 2] if stops else float('nan')


def report(sides, name):
    values = [min((r[name] for r in s.rounds if name in r), default=float('nan')) for s in sides]
    bar = BARS.get(name, '')
    ratio = values[0] / values[1] if values[1] else 0
    met = '' if not bar else 'met' if (ratio >= float(bar[1:]) if bar[0] == 'x' else values[1] <= float(bar)) else 'MISSED'
    print(f'{name:16}{values[0]:14.1f}{values[1]:14.1f}{ratio:9.2f}{bar:>10} {met}')


def main():
    harness.enter()
    cache = subprocess.run(['/sbin/ldconfig', '-p'], check=True, capture_output=True, text=True).stdout
    theirs = next(line.split('=> ')[1] for line in cache.splitlines() if line.strip().startswith('libvirt.so.0 '))
    plain = dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(theirs))     # the client finds ours by itself otherwise
    sides = [Side('reference', harness.ORACLE, plain, harness.OLD_VIRSH), Side('ours', harness.LIBVIRTD, harness.ours(), harness.VIRSH)]
    parts = [p for p in PARTS if p in args.only.split(',')]
    for number in range(args.rounds):
        for side in sides:
            found = {}
            for part in parts:
                if part in ('frozen', 'stopped') and number:
                    continue
                harness.wipe()
                found.update(globals()[part](side))
            side.rounds.append(found)
    floor = sides[0].client('raw')
    print(f'{"":16}{"reference":>14}{"ours":>14}{"ratio":>9}{"bar":>10}   (µs unless named; rss in KiB)')
    for name in {k: None for r in sides[1].rounds for k in r}:
        report(sides, name)
    for name, words in ('raw', 'raw ping-pong'), ('asking', 'the same by who asks epoll first'):
        print(f'{words}: p50 {floor[name + ".p50"]:.1f} µs, p99 {floor[name + ".p99"]:.1f}, {floor[name + ".cpu"]:.1f} µs of processor of who answers')
    if 'guest' in parts:
        started, ended, stop = map(min, zip(*(bareQemu() for _ in range(5))))
        print(f'bare QEMU: greets after {started:.0f} µs, gone after {ended:.0f} µs, has stopped {stop:.0f} µs after it is told')


main()
