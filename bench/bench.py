#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ours against the reference's, on one machine in one run: ratios, with the absolute figures beside them.

    sudo bench/bench.py [--build build] [--rounds 3] [--qemu]

Each side is its library and its daemon; the same client binary runs on both. The rounds alternate, the best of each counts.
"""
import argparse
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tests', 'integration'))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('--build', default='build')
parser.add_argument('--rounds', type=int, default=3)
parser.add_argument('--qemu', action='store_true', help='define in qemu:///system instead of the test driver')
args = parser.parse_args()
os.environ['LIBVIRT_BUILD'] = os.path.abspath(args.build)
import harness  # noqa: E402


def figures(mode, env, *more):
    out = subprocess.run([harness.path('bench', 'bench-client'), mode, *more], env=env, check=True, capture_output=True, text=True).stdout
    return {line.split()[0]: float(line.split()[1]) for line in out.splitlines()}


def side(daemon, env):
    uri = 'test+unix:///default'
    daemon.start()
    os.sched_setaffinity(daemon.process.pid, {1})
    for task in os.listdir(f'/proc/{daemon.process.pid}/task'):
        os.sched_setaffinity(int(task), {1})
    try:
        found = figures('state', env, uri)
        found.update(figures('connect', env, uri))
        found.update(figures('define', env, 'qemu:///system' if args.qemu else uri, 'qemu' if args.qemu else 'test'))
        with open(f'/proc/{daemon.process.pid}/status') as f:
            found['rss.KiB'] = float(next(line.split()[1] for line in f if line.startswith('VmRSS')))
    finally:
        daemon.stop()
    return found


def best(rounds):
    return {k: min(r[k] for r in rounds) for k in rounds[0]}


def main():
    harness.enter()
    cache = subprocess.run(['/sbin/ldconfig', '-p'], check=True, capture_output=True, text=True).stdout
    theirs = next(line.split('=> ')[1] for line in cache.splitlines() if line.strip().startswith('libvirt.so.0 '))
    plain = dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(theirs))     # the client finds ours by itself otherwise
    ours, theirs, floor = [], [], []
    for _ in range(args.rounds):
        floor.append(figures('raw', plain))
        theirs.append(side(harness.Daemon(harness.ORACLE, plain), plain))
        ours.append(side(harness.Daemon(), harness.ours()))
    ours, theirs, floor = best(ours), best(theirs), best(floor)
    print(f'{"":16}{"reference":>12}{"ours":>12}{"ratio":>8}   (µs unless named)')
    for k in theirs:
        print(f'{k:16}{theirs[k]:12.1f}{ours[k]:12.1f}{theirs[k] / ours[k]:8.2f}')
    print(f'raw ping-pong p50 {floor["raw.p50"]:.1f} µs; state p50 is {ours["state.p50"] / floor["raw.p50"]:.2f} times that')


main()
