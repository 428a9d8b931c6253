#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""All tests of one build: Meson's unit tests, then the black-box programs. The last line counts them."""
import argparse
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def unit(build):
    subprocess.run(['meson', 'test', '-C', build, '--no-rebuild', '--print-errorlogs', '--num-processes', '2'], check=False)
    passed, failed = 0, []
    with open(os.path.join(build, 'meson-logs', 'testlog.json')) as f:
        for line in f:
            t = json.loads(line)
            if t['result'] in ('OK', 'EXPECTEDFAIL'):
                passed += 1
            elif t['result'] != 'SKIP':
                failed.append(t['name'])
    return passed, failed


def black_box(build, only):
    passed, failed = 0, []
    folder = os.path.join(HERE, 'integration')
    for name in sorted(os.listdir(folder)):
        if not re.match(r'test_.*\.py$', name) or (only and only not in name):
            continue
        print(f'== {name}', flush=True)
        r = subprocess.run(['/usr/bin/python3', os.path.join(folder, name), '-v'], env=dict(os.environ, LIBVIRT_BUILD=build),
                           stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        print(r.stderr, flush=True)
        ran = re.search(r'^Ran (\d+) test', r.stderr, re.M)
        bad = re.findall(r'^(?:FAIL|ERROR): (\S+)', r.stderr, re.M)
        skipped = re.search(r'skipped=(\d+)', r.stderr)
        if not ran or (r.returncode and not bad):
            bad.append(name)
        passed += max(0, int(ran.group(1) if ran else 0) - len(bad) - int(skipped.group(1) if skipped else 0))
        failed += [f'{name}:{b}' for b in bad]
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build', default='build')
    parser.add_argument('--only', help='black-box programs whose name contains this, and no unit tests')
    args = parser.parse_args()
    build = os.path.abspath(args.build)
    passed, failed = (0, []) if args.only else unit(build)
    p, f = black_box(build, args.only)
    passed += p
    failed += f
    for name in failed:
        print('failed:', name)
    print(f'{passed} passed, {len(failed)} failed')
    sys.exit(1 if failed else 0)


main()
