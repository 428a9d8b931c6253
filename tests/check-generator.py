#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every bad record in golden/generator is refused with the expected `file:line: message`. --write records them anew."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, 'golden', 'generator')
GENERATE = os.path.join(HERE, '..', 'api', 'generate.py')


def refusal(name):
    done = subprocess.run([sys.executable, GENERATE, name], cwd=GOLDEN, capture_output=True, text=True)
    if done.returncode != 1 or 'Traceback' in done.stderr:
        return f'accepted, or a failure of the generator itself: {done.stderr}'
    return done.stderr


def main():
    failed = 0
    names = sorted(n for n in os.listdir(GOLDEN) if n.endswith('.api'))
    for name in names:
        path = os.path.join(GOLDEN, name[:-4] + '.err')
        got = refusal(name)
        if '--write' in sys.argv:
            with open(path, 'w', encoding='utf-8') as f:
                f.write(got)
            continue
        with open(path, encoding='utf-8') as f:
            want = f.read()
        if got != want:
            failed += 1
            print(f'{name}:\n  expected {want}  got      {got}')
    print(f'{len(names)} bad records, {failed} answered differently')
    sys.exit(1 if failed or not names else 0)


if __name__ == '__main__':
    main()
