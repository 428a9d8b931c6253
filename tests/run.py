#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""All tests: Meson's unit tests and the black-box programs on the build, then those that are worth it on builds with AddressSanitizer
and UndefinedBehaviorSanitizer, and with ThreadSanitizer. The last line counts them.

    tests/run.py --build build [--only NAME] [--plain]
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(HERE)

# Builds with a sanitizer: Meson's option, and the black-box programs that run on them.
SANITIZERS = {'asan': ('address,undefined', ['test_stress.py', 'test_restart.py', 'test_shells.py', 'test_wire.py', 'test_hostile.py',
                                       'test_stuck.py', 'test_moments.py', 'test_nwfilters.py', 'test_storage.py', 'test_backups.py',
                                       'test_nodedevs.py', 'test_hotplug.py']),
              'tsan': ('thread', ['test_stress.py', 'test_restart.py', 'test_stuck.py', 'test_qemu.py', 'test_wire.py',
                           'test_moments.py', 'test_devices.py', 'test_nwfilters.py', 'test_storage.py', 'test_agent.py',
                           'test_networks.py', 'test_backups.py', 'test_nodedevs.py', 'test_hotplug.py'])}


class Count:
    def __init__(self):
        self.passed, self.failed = 0, []

    def add(self, passed, failed):
        self.passed += passed
        self.failed += failed


def unit(build, native):
    """native: only programs of ours; a script's interpreter cannot load a sanitized library."""
    tests = json.loads(subprocess.run(['meson', 'introspect', build, '--tests'], check=True, capture_output=True, text=True).stdout)
    names = [t['name'] for t in tests if not native or t['cmd'][0].startswith(build)]
    subprocess.run(['meson', 'test', '-C', build, '--no-rebuild', '--print-errorlogs', '--num-processes', '2', '--timeout-multiplier', '5',
                    *names], check=False, env=dict(os.environ, LSAN_OPTIONS=f'suppressions={HERE}/lsan.supp'))
    passed, failed = 0, []
    with open(next(os.path.join(build, 'meson-logs', f) for f in ('testlog-tsan.json', 'testlog.json')
                   if os.path.exists(os.path.join(build, 'meson-logs', f)))) as f:
        for line in f:
            t = json.loads(line)
            if t['result'] in ('OK', 'EXPECTEDFAIL'):
                passed += 1
            elif t['result'] != 'SKIP':
                failed.append(f'{os.path.basename(build)}:{t["name"]}')
    return passed, failed


def black_box(build, name, env):
    print(f'== {os.path.basename(build)}: {name}', flush=True)
    r = subprocess.run(['/usr/bin/python3', '-W', 'ignore', os.path.join(HERE, 'integration', name), '-v'],
                       env=dict(os.environ, LIBVIRT_BUILD=build, **env), stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    print(r.stderr, flush=True)
    ran = re.search(r'^Ran (\d+) test', r.stderr, re.M)
    bad = re.findall(r'^(?:FAIL|ERROR): (\S+)', r.stderr, re.M)
    skipped = re.search(r'skipped=(\d+)', r.stderr)
    if not ran or (r.returncode and not bad):
        bad.append('(the program)')
    passed = max(0, int(ran.group(1) if ran else 0) - len(bad) - int(skipped.group(1) if skipped else 0))
    return passed, [f'{os.path.basename(build)}:{name}:{b}' for b in bad]


def programs():
    return [n for n in sorted(os.listdir(os.path.join(HERE, 'integration'))) if re.match(r'test_.*\.py$', n)]


def kernel(build):
    """Devices of a kernel of its own: see tests/kernel/README.md."""
    print('== kernel', flush=True)
    r = subprocess.run([os.path.join(HERE, 'kernel', 'run'), '--build', build], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    print(r.stdout, flush=True)
    end = re.search(r'^(\d+) passed, (\d+) failed\s*\Z', r.stdout, re.M)
    bad = re.findall(r'^FAIL (\S+?):? ', r.stdout, re.M)
    if not end or (r.returncode and not bad):
        bad.append('(the program)')
    return int(end.group(1)) if end else 0, [f'kernel:{b}' for b in bad]


def sanitized(build, kind, count):
    option, names = SANITIZERS[kind]
    folder = f'{build}-{kind}'
    if not os.path.exists(os.path.join(folder, 'build.ninja')):
        subprocess.run(['meson', 'setup', folder, SOURCE, f'-Db_sanitize={option}', '-Db_lundef=false'], check=True,
                       env=dict(os.environ, CC='ccache gcc'), stdout=subprocess.DEVNULL)
    subprocess.run(['ninja', '-C', folder, '--quiet'], check=True)
    guest = os.path.join(folder, 'guest')
    if not os.path.lexists(guest):
        os.symlink(os.path.join(build, 'guest'), guest)     # kernel and images need no second download
    count.add(*unit(folder, True))
    for name in programs():
        if name in names:
            with tempfile.TemporaryDirectory() as logs:
                os.chmod(logs, 0o777)
                count.add(*black_box(folder, name, {'SANITIZER_LOGS': logs}))
                for log in os.listdir(logs):
                    count.failed.append(f'{kind}:{name}:{log}')
                    with open(os.path.join(logs, log), errors='replace') as f:
                        print(f.read()[:4000])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', default='build')
    parser.add_argument('--only', help='black-box programs whose name contains this, and nothing else')
    parser.add_argument('--plain', action='store_true', help='without the sanitizers')
    args = parser.parse_args()
    build, count = os.path.abspath(args.build), Count()
    if not args.only:
        count.add(*unit(build, False))
    for name in programs():
        if not args.only or args.only in name:
            count.add(*black_box(build, name, {}))
    if not args.only or args.only in 'kernel':
        count.add(*kernel(build))
    for kind in () if args.plain or args.only else SANITIZERS:
        try:
            sanitized(build, kind, count)
        except subprocess.CalledProcessError as e:
            count.failed.append(f'{kind}: {e}')
    for name in count.failed:
        print('failed:', name)
    print(f'{count.passed} passed, {len(count.failed)} failed')
    sys.exit(1 if count.failed else 0)


main()
