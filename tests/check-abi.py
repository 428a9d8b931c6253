#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds the library to what programs were built against.

- api/frozen.tsv: every procedure's wire form, prototype, constant and struct member is as it was recorded once; additions are
  recorded in the same change.
- The built libraries export each symbol under its version node, and no other public symbol; the nodes are one chain.
- The headers of the installed libvirt-dev, compiled side by side with ours: same values, sizes, offsets and prototypes.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

LIBRARIES = ('libvirt', 'libvirt-qemu', 'libvirt-lxc', 'libvirt-admin')
INCLUDES = ''.join(f'#include <libvirt/{h}.h>\n' for h in (*LIBRARIES, 'virterror')) + '#include <stdio.h>\n#include <stddef.h>\n#include <string.h>\n'
problems = []


def problem(text):
    problems.append(text)


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


def check_frozen(old, new):
    for line in sorted(old - new):
        problem(f'frozen, but changed or gone: {line}')
    for line in sorted(new - old):
        problem(f'not recorded in api/frozen.tsv (copy it from the build folder): {line}')


def version(text):
    return tuple(int(x) for x in re.findall(r'\d+', text))


def check_symbols(build, frozen):
    for lib in LIBRARIES:
        prefix = lib.upper().replace('-', '_')
        wanted = {}
        for line in frozen:
            kind, library, *rest = line.split('\t')
            if kind in ('function', 'variable') and library == lib:
                wanted[rest[0]] = f'{prefix}_{rest[1]}'
        path = os.path.join(build, 'src', 'api', f'{lib}.so.0')
        have = {}
        for line in run('nm', '-D', '--defined-only', '--with-symbol-versions', path).splitlines():
            name, _, node = line.split()[-1].partition('@@')
            if node and '_PRIVATE_' not in node and not name.startswith('LIBVIRT_'):
                have[name] = node
        for name in sorted(wanted.keys() | have.keys()):
            if wanted.get(name) != have.get(name):
                problem(f'{lib}: symbol {name} is under {have.get(name)}, should be under {wanted.get(name)}')
        check_chain(lib, prefix, path)


def check_chain(lib, prefix, path):
    """Each node's parent is the node of the release before it."""
    parents, last = {}, None
    for line in run('objdump', '-p', path).partition('Version definitions:')[2].splitlines():
        m = re.match(r'\d+ 0x\w+ 0x\w+ (\S+)', line)
        if m:
            last = m[1]
        elif line.startswith('\t') and last:
            parents[last] = line.strip()
        elif not line.strip() and parents:
            break
    nodes = sorted((n for n in parents.keys() | set(parents.values()) if n.startswith(prefix + '_') and 'PRIVATE' not in n), key=version)
    for before, node in zip(nodes, nodes[1:]):
        if parents.get(node) != before:
            problem(f'{lib}: the parent of {node} is {parents.get(node)}, not {before}')


def description(build, library):
    return ET.parse(os.path.join(build, 'api', f'{library}-api.xml')).getroot().find('symbols')


def flat(items, path=''):
    for f in items:
        if f.tag == 'field':
            yield path + f.get('name')
            union = f.find('union')
            if union is not None:
                yield from flat(union, path + f.get('name') + '.')


def probe_program(build, upto):
    """A program that prints every value, size and offset that the release `upto` had."""
    body, grown = '', set()
    symbols = [s for lib in LIBRARIES for s in description(build, lib)]
    for s in symbols:
        if s.tag == 'enum' and version(s.get('version')) > upto:
            grown.add(s.get('type'))
    for s in symbols:
        name = s.get('name')
        if version(s.get('version')) > upto or name == 'LIBVIR_VERSION_NUMBER':
            continue
        if s.tag == 'enum' and not (name.endswith('_LAST') and s.get('type') in grown):
            body += f'    printf("%s %lld\\n", "{name}", (long long){name});\n'
        elif s.tag == 'macro' and s.get('string') is not None:
            body += f'    printf("%s %s\\n", "{name}", {name});\n'
        elif s.tag == 'macro' and s.get('params') is None:
            body += f'    printf("%s %lld\\n", "{name}", (long long){name});\n'
        elif s.tag == 'struct':
            fields = list(flat(s))
            if fields or s.get('type') == 'struct _virTypedParameter':
                body += f'    printf("%s %zu\\n", "{name}", sizeof({name}));\n'
            for f in fields:
                body += f'    printf("%s.%s %zu %zu\\n", "{name}", "{f}", offsetof({name}, {f}), sizeof((({name} *)0)->{f}));\n'
    return f'#define VIR_ENUM_SENTINELS\n{INCLUDES}int main(void)\n{{\n{body}    return 0;\n}}\n'


def prototypes(build, frozen, upto):
    """Our prototypes behind the other headers: the compiler objects to any that differ."""
    since = {s.get('name'): version(s.get('version')) for lib in LIBRARIES for s in description(build, lib) if s.tag == 'function'}
    out = INCLUDES
    for line in sorted(frozen):
        kind, _, *rest = line.split('\t')
        if kind == 'function' and since[rest[0]] <= upto:
            out += rest[2] + ';\n'
    return out + 'int main(void)\n{\n    return 0;\n}\n'


def compile_(source, target, *flags, compiler='cc'):
    done = subprocess.run([compiler, *flags, source, '-o', target], capture_output=True, text=True)
    if done.returncode:
        problem(f'{" ".join([compiler, *flags])}: {done.stderr.strip()[:2000]}')
    return done.returncode == 0


def check_headers(build, frozen, system):
    with tempfile.TemporaryDirectory() as tmp:
        source, program = os.path.join(tmp, 'p.c'), os.path.join(tmp, 'p')
        ours = '-I' + os.path.join(build, 'include')

        def write(text):
            with open(source, 'w', encoding='utf-8') as f:
                f.write(text)
        write(INCLUDES + 'int main(void)\n{\n    return LIBVIR_VERSION_NUMBER == 12005000 ? 0 : 1;\n}\n')
        for flags in (['-x', 'c', '-std=c99'], ['-x', 'c++', '-std=c++11']):
            compile_(source, program, *flags, '-Wall', '-Wextra', '-Werror', ours)
        header = os.path.join(system, 'libvirt', 'libvirt-common.h')
        if not os.path.exists(header):
            print(f'no {header}: the comparison with libvirt-dev is left out')
            return
        with open(header, encoding='utf-8') as f:
            number = int(re.search(r'LIBVIR_VERSION_NUMBER\s+(\d+)', f.read())[1])
        upto = (number // 1000000, number // 1000 % 1000, number % 1000)
        write(probe_program(build, upto))
        values = []
        for include in (ours, '-I' + system):
            if not compile_(source, program, '-w', include):
                return
            values.append(run(program).splitlines())
        for mine, theirs in zip(*values):
            if mine != theirs:
                problem(f"ours: '{mine}', libvirt-dev's: '{theirs}'")
        print(f'{len(values[0])} values, sizes and offsets compared with libvirt-dev {".".join(map(str, upto))}')
        write(prototypes(build, frozen, upto))
        compile_(source, program, '-w', '-I' + system)


def lines(path):
    with open(path, encoding='utf-8') as f:
        return set(f.read().splitlines())


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--source', required=True)
    ap.add_argument('--build', required=True)
    ap.add_argument('--system', default='/usr/include')
    opt = ap.parse_args()
    frozen = lines(os.path.join(opt.source, 'api', 'frozen.tsv'))
    check_frozen(frozen, lines(os.path.join(opt.build, 'api', 'frozen.tsv')))
    check_symbols(opt.build, frozen)
    check_headers(opt.build, frozen, opt.system)
    for p in problems:
        print(p, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
