# SPDX-License-Identifier: LGPL-2.1-or-later
"""C of the wire: structs of the messages, descriptors, procedure tables; and the flat dump that freezes them."""
from .text import HEAD, params
from .wire import KINDS

CENUM = {k: 'VIR_XDR_' + k.upper() for k in list(KINDS) + ['string', 'strbuf', 'charbuf', 'fixed', 'opaque', 'struct', 'pointer',
                                                           'array', 'fixarray', 'union']}
PROGRAMS = {'remote': 'REMOTE', 'qemu': 'QEMU', 'lxc': 'LXC', 'admin': 'ADMIN'}


def member_decl(f):
    star = f.ctype.endswith('*')
    out = f'    {f.ctype}{"" if star else " "}{f.name}{f.dim};\n'
    if f.length:
        out += f'    unsigned int {f.length};\n'
    return out


def struct_decl(t):
    return f'typedef struct {{\n{"".join(member_decl(f) for f in t.fields)}}} {t.ctype};\n\n'


def field_row(t, f, union=False):
    scalar = t.name.startswith('virWireOf_')
    member = f'(({t.ctype} *)0)->{f.name}'
    row = [f'.name = "{f.name}"', f'.kind = {CENUM[f.kind]}']
    if not scalar and not union:
        row.append(f'.offset = offsetof({t.ctype}, {f.name})')
    if f.kind in KINDS:
        row.append(f'.size = sizeof({f.ctype})' if scalar or union else f'.size = sizeof({member})')
    if f.kind == 'strbuf':
        row.append(f'.lenOffset = sizeof({member})')
    if f.limit:
        row.append(f'.limit = {f.limit}')
    if f.opt:
        row.append('.optional = true')
    if f.length:
        row += [f'.lenOffset = offsetof({t.ctype}, {f.length})', f'.lenSize = sizeof((({t.ctype} *)0)->{f.length})']
    if f.sub is not None:
        row.append(f'.sub = &{f.sub.name}Xdr')
    return row


def descriptor(t, public=False):
    rows = ''
    if t.cases:
        for tag, f in t.cases:
            rows += '    { ' + ', '.join(field_row(t, f, union=True) + [f'.tag = {tag}']) + ' },\n'
        count, size = len(t.cases), '0'
    else:
        for f in t.fields:
            rows += '    { ' + ', '.join(field_row(t, f)) + ' },\n'
        count, size = len(t.fields), f'sizeof({t.ctype})'
    name = t.name[7:] if t.name.startswith('virWire') else t.name
    return f'static const virXdrField {t.name}Fields[] = {{\n{rows}}};\n' \
        f'{"" if public else "static "}const virXdrType {t.name}Xdr = {{ "{name}", {size}, {count}, {t.name}Fields }};\n\n'


def message_types(wire):
    for r, (a, b) in wire.messages.items():
        for t in (a, b):
            if t is not None:
                yield t


def wire_h(wire):
    out = HEAD + '#pragma once\n\n#include <libvirt/libvirt.h>\n#include <libvirt/libvirt-qemu.h>\n#include "rpc/xdr.h"\n\n'
    for t in wire.all_types():
        if t.own:
            out += struct_decl(t)
    for t in list(message_types(wire)) + wire.shared():
        if t.own:
            out += struct_decl(t)
    for t in wire.shared():
        out += f'extern const virXdrType {t.name}Xdr;\n'
    for t in wire.all_types():
        if t.record is not None and t.record.kind == 'object':
            out += f'extern const virXdrType {t.name}Xdr;\n'
    return out


RUNS = {k: 'VIR_RUN_' + k.upper() for k in ('snapshot', 'query', 'modify', 'agent', 'kill', 'connect', 'host')}


def deadline(r):
    run = r.attrs.one('run', 'snapshot')
    return r.attrs.one('deadline', 'instant' if run in ('snapshot', 'query', 'kill') else 'block')


def fds(r):
    how = r.attrs.one('fds')
    if how is None:
        return None
    return {'in': 'VIR_RPC_FDS_CALL', 'out': 'VIR_RPC_FDS_REPLY', 'both': 'VIR_RPC_FDS_CALL | VIR_RPC_FDS_REPLY'}[how]


def proc_row(r, number, args, ret):
    row = [f'.number = {number}', f'.name = "{r.name}"']
    if args is not None:
        row.append(f'.args = &{args.name}Xdr')
    if ret is not None:
        row.append(f'.ret = &{ret.name}Xdr')
    if r.kind == 'event':
        row.append('.event = true')
    else:
        row += [f'.run = {RUNS[r.attrs.one("run", "connect")]}', f'.deadline = VIR_DEADLINE_{deadline(r).upper()}']
    if r.attrs.one('stream'):
        row.append(f'.stream = VIR_RPC_STREAM_{r.attrs.one("stream").upper()}')
    if fds(r):
        row.append(f'.fds = {fds(r)}')
    if r.attrs.one('priority') == 'high':
        row.append('.highPriority = true')
    for a, c in (('acl', 'acl'), ('aclfilter', 'aclFilter')):
        if r.attrs.one(a, 'none') != 'none':
            row.append(f'.{c} = "{r.attrs.one(a)}"')
    return f'    [{number}] = {{ {", ".join(row)} }},\n'


def tables(model, wire):
    """program -> [(number, record, args, ret)]"""
    out = {p: [] for p in PROGRAMS}
    for r, (a, b) in wire.messages.items():
        p = model.program(r)
        if r.kind == 'event':
            out[p].append((int(r.attrs.one('rpc')), r, a, None))
            if b is not None:
                out[p].append((int(r.attrs.one('legacy')), r, b, None))
        else:
            out[p].append((int(r.attrs.one('rpc')), r, a, b))
    return {p: sorted(v, key=lambda x: x[0]) for p, v in out.items()}


def wire_c(model, wire):
    out = HEAD + '#include "api/wire.h"\n#include "rpc/proc.h"\n\n'
    for t in wire.all_types():
        out += descriptor(t, t.record is not None and t.record.kind == 'object')
    for t in message_types(wire):
        out += descriptor(t)
    for t in wire.shared():
        out += descriptor(t, True)
    progs = ''
    for p, rows in tables(model, wire).items():
        out += f'static const virRpcProc {p}Procs[] = {{\n' + ''.join(proc_row(r, n, a, b) for n, r, a, b in rows) + '};\n\n'
        number = model.constant(f'VIR_{PROGRAMS[p]}_PROGRAM', ('api', 0))
        progs += f'    {{ {number:#x}, 1, "{p}", {p}Procs, G_N_ELEMENTS({p}Procs) }},\n'
    return out + f'const virRpcProgram virRpcPrograms[] = {{\n{progs}    {{ 0 }},\n}};\n'


def frozen(model, wire):
    """One line for each thing that must never change: only additions may show up in a diff."""
    lines = []
    for p, rows in tables(model, wire).items():
        for n, r, a, b in rows:
            shape = '\t'.join(t.shape() if t else '-' for t in (a, b))
            lines.append(f'proc\t{p}\t{n}\t{r.name}\t{shape}')
    for r in model.records:
        lib = r.module.attrs.one('library') if r.module else ''
        if r.kind in ('function', 'variable'):
            text = f'{r.ret} {r.name}({params(r.args)})' if r.kind == 'function' else f'{r.type} {r.name}'
            lines.append(f'{r.kind}\t{lib}\t{r.name}\t{r.attrs.one("symver", r.attrs.one("since"))}\t{text}')
        elif r.kind == 'enum':
            lines += [f'constant\t{lib}\t{c.name}\t{c.value}\t{r.name}' for c in r.items if 'sentinel' not in c.attrs]
        elif r.kind == 'struct':
            lines += [f'member\t{lib}\t{r.name}\t{i}\t{m.decl}' for i, m in enumerate(r.items)]
        elif r.kind in ('callback',):
            lines.append(f'callback\t{lib}\t{r.name}\t{r.ret}\t{params(r.args)}')
        elif r.kind == 'string':
            lines.append(f'string\t{lib}\t{r.name}\t{r.value}')
    return '\n'.join(sorted(lines)) + '\n'
