#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules of the tree that a compiler does not hold: what may include what, budgets of size, licence lines, READMEs."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# A folder of src/ may include itself and these. Tests and tools are outside: tools see public headers only.
MAY = {
    'base': set(),
    'api': {'base', 'rpc'},             # rpc: the descriptor tables that are generated with the API
    'rpc': {'base', 'api'},
    'client': {'base', 'api', 'rpc'},
    'daemon': {'base', 'api', 'rpc', 'client', 'host'},
    'xml': {'base'},
    'host': {'base'},
    'model': {'base', 'xml'},
    'native': {'base', 'xml', 'model'},
    'cpu': {'base', 'xml', 'model'},
    'engine': {'base', 'xml', 'model', 'host', 'api'},
}
DRIVER = {'base', 'xml', 'model', 'cpu', 'native', 'host', 'engine', 'api'}
WORDS = {'sentences.h', 'parts.h'}      # generated tables of words without a type of the API's
HARD_LINES, TABLE_LINES, FUNCTION_LINES, GENERATOR_LINES = 1000, 1600, 120, 2000

# Tables, which may be longer than code.
TABLES = re.compile(r'(-table|-enums)\.[ch]$|domain-enums\.h$')


def tracked():
    out = subprocess.run(['git', '-C', ROOT, 'ls-files'], capture_output=True, text=True)
    if out.returncode == 0:
        return out.stdout.split('\n')[:-1]
    return [os.path.relpath(os.path.join(d, f), ROOT) for d, _, files in os.walk(ROOT) for f in files if '/build' not in d]


def layer(path):
    parts = path.split('/')
    if parts[0] != 'src' or len(parts) < 3:
        return None, None
    if parts[1] == 'drivers':
        return ('drivers/' + parts[2], DRIVER | {'drivers/' + parts[2]}) if len(parts) > 3 else (None, None)
    return parts[1], MAY[parts[1]] | {parts[1]}


def includes(path, lines):
    me, allowed = layer(path)
    if not me:
        return
    for n, line in enumerate(lines, 1):
        m = re.match(r'\s*#\s*include\s+"(?:src/)?([^"]+)"', line)
        if not m or '/' not in m.group(1):
            continue
        target = m.group(1).split('/')
        if target[0] == 'api' and target[1] in WORDS:
            continue
        name = 'drivers/' + target[1] if target[0] == 'drivers' else target[0]
        if name not in allowed:
            yield f'{path}:{n}: {me} must not include {m.group(1)}'


def functions(path, lines):
    start = None
    for n, line in enumerate(lines, 1):
        if line == '{' and n > 1 and lines[n - 2] and not lines[n - 2].startswith(('static const', 'const', 'typedef', 'struct')):
            start = n
        elif line == '}' and start:
            if n - start > FUNCTION_LINES:
                yield f'{path}:{start}: function of {n - start} lines; {FUNCTION_LINES} is the most'
            start = None


def sizes(path, lines):
    limit = TABLE_LINES if TABLES.search(path) else HARD_LINES
    if len(lines) > limit:
        yield f'{path}: {len(lines)} lines; {limit} is the most'


def source(path):
    with open(os.path.join(ROOT, path), encoding='utf-8') as f:
        lines = f.read().split('\n')
    if 'SPDX-License-Identifier: LGPL-2.1-or-later' not in '\n'.join(lines[:3]):
        yield f'{path}: no SPDX line at the top'
    if path.endswith(('.c', '.h')):
        yield from sizes(path, lines)
        yield from functions(path, lines)
        yield from includes(path, lines)
        for n, line in enumerate(lines, 1):
            if re.match(r'\s+goto\s', line):
                yield f'{path}:{n}: goto'
            if re.search(r'\b(TODO|FIXME|XXX)\b', line):
                yield f'{path}:{n}: a mark instead of work'


def main():
    files = tracked()
    problems = []
    for path in files:
        if path.endswith(('.c', '.h', '.py', '.api', 'meson.build')) and not path.startswith('tests/golden/'):
            problems += source(path)
    generator = sum(len(open(os.path.join(ROOT, f), encoding='utf-8').read().split('\n')) - 1
                    for f in files if re.match(r'api/(generate|gen/\w+)\.py$', f))
    if generator > GENERATOR_LINES:
        problems.append(f'api: the generator has {generator} lines; {GENERATOR_LINES} is the most')
    folders = {os.path.dirname(f) for f in files if re.match(r'src/.*\.[ch]$', f)} | {'api', 'bench', 'tools/virsh', 'tests'}
    for folder in sorted(folders):
        readme = folder + '/README.md'
        if readme not in files:
            problems.append(f'{folder}: no README.md')
        elif len(open(os.path.join(ROOT, readme), encoding='utf-8').read().split('\n')) > 31:
            problems.append(f'{readme}: more than 30 lines')
    for p in problems:
        print(p)
    print(f'{len(files)} files, {len(problems)} problems')
    sys.exit(1 if problems else 0)


main()
