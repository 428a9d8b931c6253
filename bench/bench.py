#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares our library and daemon with the installed reference's in the same run, and with a raw ping-pong.

  bench.py [--rounds N] [--check]         as root (the reference's daemon wants a private /run); LIBVIRT_BUILD names the build

--check fails when a figure is worse than what the project promises: a snapshot call's latency at most 1.5 times a ping-pong,
nothing slower than the reference.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tests', 'integration'))
import harness      # noqa: E402

LOWER_IS_BETTER = {'us', 'ms'}


def measure(binary, env):
    daemon = harness.Daemon(binary, env=env).start()
    try:
        r = harness.run([harness.path('bench', 'bench-client'), 'test+unix:///default'], env=env, timeout=300)
    finally:
        daemon.stop()
    return {name: (float(value), unit) for name, value, unit in (line.split(' ', 2) for line in r.stdout.splitlines())}


def installed_library():
    """Where the reference's library lies: the program was linked with ours and would find that."""
    for line in harness.run(['/sbin/ldconfig', '-p']).stdout.splitlines():
        if 'libvirt.so.0 ' in line:
            return os.path.dirname(line.split('=>')[1].strip())
    sys.exit('the reference is not installed')


def best(rounds):
    """Of several rounds the best of each figure: the machine has other work."""
    out = {}
    for r in rounds:
        for name, (value, unit) in r.items():
            old = out.get(name)
            better = old is None or (value < old[0] if unit in LOWER_IS_BETTER else value > old[0])
            if better:
                out[name] = (value, unit)
    return out


def main():
    harness.enter()
    rounds = int(sys.argv[sys.argv.index('--rounds') + 1]) if '--rounds' in sys.argv else 3
    plain = dict(os.environ, LD_LIBRARY_PATH=installed_library())
    pairs = [(measure(harness.LIBVIRTD, harness.ours()), measure(harness.ORACLE, plain)) for _ in range(rounds)]
    ours, theirs = best(p[0] for p in pairs), best(p[1] for p in pairs)
    print(f'{"figure":16} {"ours":>12} {"reference":>12}  {"ratio":>6}')
    worse = []
    for name, (value, unit) in ours.items():
        other = theirs[name][0]
        ratio = other / value if unit in LOWER_IS_BETTER else value / other
        print(f'{name:16} {value:12.1f} {other:12.1f}  {ratio:6.2f}  {unit}')
        if name != 'pingpong' and ratio < 1:
            worse.append(name)
    latency = ours['state_latency'][0] / ours['pingpong'][0]
    print(f'a snapshot call takes {latency:.2f} times a ping-pong')
    if latency > 1.5:
        worse.append('state_latency against pingpong')
    if '--check' in sys.argv and worse:
        sys.exit('worse than promised: ' + ', '.join(worse))


if __name__ == '__main__':
    main()
