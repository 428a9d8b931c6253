# SPDX-License-Identifier: LGPL-2.1-or-later
"""The public headers libvirt/*.h."""
from .text import HEAD, comment, params, ctype, wrap

ORDER = ('string', 'macro', 'object', 'enum', 'typedef', 'struct', 'callback', 'variable', 'function')


def enum(r):
    out = comment(r.doc) + 'typedef enum {\n'
    for c in r.items:
        doc = f' /* {c.doc} (Since: {c.attrs.one("since")}) */' if c.doc else ''
        text = f'    {c.name} = {c.suffix},{doc}\n'
        out += f'# ifdef VIR_ENUM_SENTINELS\n{text}# endif\n' if 'sentinel' in c.attrs else text
    return out + f'}} {r.name};\n'


def members(items, indent='    '):
    out = ''
    for m in items:
        doc = f' /* {m.doc} */' if m.doc else ''
        if m.members is not None:
            out += f'{indent}union {{\n{members(m.members, indent + "    ")}{indent}}} {m.name};{doc}\n'
        else:
            out += f'{indent}{m.decl};{doc}\n'
    return out


def struct_types(r):
    same = r.attrs.one('same')
    tag = '_' + same if same else r.tag
    out = f'# define _{r.name} {tag}\n' if same else ''
    return out + f'typedef struct {tag} {r.name};\ntypedef {r.name} *{r.pointer};\n'


def record(r):
    doc = comment(r.doc)
    if r.kind == 'string':
        return f'{doc}# define {r.name} {r.value}\n'
    if r.kind == 'macro':
        return f'{doc}# define {r.name}{f"({r.params})" if r.params else ""} {r.value}\n'
    if r.kind == 'object':
        return f'{doc}typedef struct {r.tag} {r.name};\ntypedef {r.name} *{r.pointer};\n'
    if r.kind == 'enum':
        return enum(r)
    if r.kind == 'typedef':
        return f'{doc}typedef {r.type} {r.name};\n'
    if r.kind == 'struct':
        return '' if 'same' in r.attrs else f'{doc}struct {r.tag} {{\n{members(r.items)}}};\n'
    if r.kind == 'callback':
        return doc + wrap(f'typedef {ctype(r.ret)}(*{r.name})({params(r.args)});') + '\n'
    if r.kind == 'variable':
        return f'{doc}extern {ctype(r.type)}{r.name};\n'
    return doc + wrap(f'{ctype(r.ret)}{r.name}({params(r.args)});') + '\n'


def header(model, module):
    name = module.attrs.one('header')
    guard = name.upper().replace('-', '_') + '_H'
    out = HEAD + comment(module.doc) + f'#ifndef {guard}\n# define {guard}\n\n'
    for inc in module.attrs.words('also'):
        out += f'# include <{inc}>\n'
    out += '\n# ifdef __cplusplus\nextern "C" {\n# endif\n\n'
    mine = [r for r in model.records if r.module is module and 'hidden' not in r.attrs]
    done = []
    for kind in ORDER:
        group = [r for r in mine if r.kind == kind]
        if kind == 'struct':
            done += [struct_types(r) for r in group]
            # callbacks may stand in structs and structs in callbacks: pointers of both are known before either
            done += [record(r) for r in mine if r.kind == 'callback']
        if kind != 'callback':
            done += [record(r) for r in group]
    return out + '\n'.join(x for x in done if x) + '\n# ifdef __cplusplus\n}\n# endif\n\n#endif\n'


def umbrella(model):
    """libvirt.h: the headers of the main library, in the order of their dependencies."""
    names = [m.attrs.one('header') for m in model.modules if m.attrs.one('library') == 'libvirt']
    first = ['libvirt-common', 'libvirt-host', 'libvirt-domain']
    names = first + [n for n in sorted(names) if n not in first and n != 'virterror']
    incs = ''.join(f'# include <libvirt/{n}.h>\n' for n in names)
    return f'{HEAD}#ifndef LIBVIRT_H\n# define LIBVIRT_H\n\n{incs}\n#endif\n'


def outputs(model):
    yield 'include/libvirt/libvirt.h', umbrella(model)
    for m in model.modules:
        yield f'include/libvirt/{m.attrs.one("header")}.h', header(model, m)
