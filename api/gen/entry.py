# SPDX-License-Identifier: LGPL-2.1-or-later
"""Handles, operation tables, checked entries, and the public functions on top of them."""
from .text import HEAD, params, ctype, wrap
from .model import SCALARS


GROUP_TYPE = {'nodedev': 'virNodeDeviceDriver', 'nwfilter': 'virNWFilterDriver'}


def driver_type(group):
    return GROUP_TYPE.get(group, f'vir{group[0].upper()}{group[1:]}Driver')


def op_args(r):
    return [a for a in r.args if 'offop' not in a.attrs]


def conn_path(model, r):
    """The C expression that leads from the handle to its connection, '' for a connection itself."""
    if 'opaque' in r.attrs and r.name.endswith('Connect'):
        return ''
    for m in r.items:
        o = model.objects.get(m.type)
        if o:
            return f'->{m.name}{conn_path(model, o)}'
    return '->conn'


# -- handles
def new_decl(o):
    args = (('const ' if m.type == 'char *' or m.suffix else '') + (f'{m.type} *{m.name}' if m.suffix else m.decl) for m in o.items)
    return f'{o.pointer} {o.name}New({", ".join(args)})'


def handles_h(model):
    out = HEAD + '#pragma once\n\n#include "src/api/object.h"\n\n'
    for o in model.of('object'):
        cls = f'{o.name}Class'
        out += f'extern const virHandleClass {cls};\n'
        if 'opaque' not in o.attrs:
            body = ''.join(f'    {m.decl};\n' for m in o.items)
            out += f'struct _{o.name} {{\n    virObjectHead head;\n{body}}};\n'
            out += wrap(new_decl(o) + ';') + '\n'
        out += f'static inline bool virIs{o.name[3:]}(const void *handle)\n{{\n    return virHandleIs(handle, &{cls});\n}}\n'
        out += f'G_DEFINE_AUTOPTR_CLEANUP_FUNC({o.name}, virHandleUnref)\n\n'
    return out + '#include "src/api/connect.h"\n'


def handles_c(model):
    out = HEAD + '#include "api/handle.h"\n#include "src/api/connect.h"\n\n'
    for o in model.of('object'):
        if 'opaque' in o.attrs:
            continue
        clear = new = ''
        for m in o.items:
            if m.type in model.objects:
                clear += f'    virHandleUnref(self->{m.name});\n'
                new += f'    self->{m.name} = virHandleRef({m.name});\n'
            elif m.type == 'char *':
                clear += f'    g_free(self->{m.name});\n'
                new += f'    self->{m.name} = g_strdup({m.name});\n'
            elif m.suffix:
                new += f'    memcpy(self->{m.name}, {m.name}, sizeof(self->{m.name}));\n'
            else:
                new += f'    self->{m.name} = {m.name};\n'
        out += f'static void {o.name}Clear(void *handle)\n{{\n    {o.pointer} self = handle;\n\n{clear}}}\n\n'
        path = conn_path(model, o)
        admin = o.module.attrs.one('library') == 'libvirt-admin'
        conn = 'return NULL;' if admin else f'return ((const {o.name} *)handle){path};'
        out += f'static virConnectPtr {o.name}Conn(const void *handle)\n{{\n    {conn}\n}}\n\n'
        out += f'const virHandleClass {o.name}Class = {{\n    .what = "{o.attrs.one("what", o.name)}",\n' \
               f'    .size = sizeof({o.name}),\n    .code = {o.attrs.one("code")},\n' \
               f'    .from = {o.attrs.one("errdomain", "0")},\n    .clear = {o.name}Clear,\n    .conn = {o.name}Conn,\n}};\n\n'
        out += wrap(new_decl(o)) + f'\n{{\n    {o.pointer} self = virHandleNew(&{o.name}Class);\n\n{new}    return self;\n}}\n\n'
    return out


# -- operation tables
def driver_h(model):
    out = HEAD + '#pragma once\n\n#include <glib.h>\n#include <libvirt/libvirt.h>\n#include <libvirt/libvirt-admin.h>\n\n'
    groups = {}
    for r in model.functions(True):
        if model.checked(r):
            groups.setdefault(r.group, []).append(r)
    for g, rs in groups.items():
        out += f'typedef struct {{\n'
        for r in rs:
            out += wrap(f'    {ctype(r.ret)}(*{r.op})({params(op_args(r), "GError **error")});') + '\n'
        out += f'}} {driver_type(g)};\n\n'
    return out


# -- checked entries
def checks(model, r):
    fail = model.fail_value(r)
    ret = f'return {fail};' if fail else 'return;'
    from_ = r.attrs.one('from') or r.module.attrs.one('from')
    out, func = [], f'"{r.attrs.one("callas", r.name)}"'
    for a in r.args:
        o = model.object_of(a.type) if a.kind in ('object', 'stream') else None
        if o:
            code = f'virCheckHandle({a.name}, &{o.name}Class, {from_}, {func}, error)'
            out.append(f'{a.name} && !{code}' if 'opt' in a.attrs else f'!{code}')
            if a is r.handle and 'write' in r.attrs:
                path = conn_path(model, o)
                out.append(f'!virCheckWritable({a.name}{path}, {from_}, {func}, error)')
    for v in r.attrs.get('writeif', []):
        flags, _, words = v.partition('"')
        o = model.object_of(r.handle.type)
        out.append(f'(flags & ({flags.strip()})) && '
                   f'!virCheckWritableFlag({r.handle.name}{conn_path(model, o)}, {from_}, {func}, "{words.rstrip(chr(34))}", error)')
    for a in r.args:
        pointer = '*' in a.type or a.type.endswith('Ptr') or a.kind == 'callback'
        counted = a.kind in ('list', 'fill', 'twocall') and a.len is not None
        if counted or pointer and a.kind not in ('object', 'stream') and 'opt' not in a.attrs and a.type != 'void *':
            deref = f'{a.len.name} && *' if counted and '*' in a.len.type else ''
            guard = f'{deref}{a.len.name} && ' if counted else ''
            cast = '(const void *)(gsize)' if a.kind == 'callback' else ''
            out.append(f'{guard}!virCheckNonNull({cast}{a.name}, "{a.name}", {from_}, {func}, error)')
        if a.kind == 'length' and a.type == 'int *' and any(b.len is a and b.kind == 'twocall' for b in r.args):
            out.append(f'!virCheckNonNegative(*{a.name}, "{a.name}", {from_}, {func}, error)')
        if 'less' in a.attrs:
            out.append(f'!virCheckLess({a.name}, {a.attrs.one("less")}, "{a.name}", {from_}, {func}, error)')
        for at, fn in (('nonneg', 'NonNegative'), ('positive', 'Positive'), ('nonzero', 'NonZero')):
            if at in a.attrs:
                deref = '*' if a.type.endswith('*') else ''
                out.append(f'!virCheck{fn}({deref}{a.name}, "{a.name}", {from_}, {func}, error)')
        if a.kind == 'length' and not a.type.endswith('*') and not a.type.startswith('unsigned') and a.type != 'size_t' \
                and 'positive' not in a.attrs and 'nonneg' not in a.attrs:
            out.append(f'!virCheckNonNegative({a.name}, "{a.name}", {from_}, {func}, error)')
    for at, fn in (('exclusive', 'Exclusive'), ('requires', 'Requires')):
        for v in r.attrs.get(at, []):
            x, y = v.split(None, 1)
            out.append(f'!virCheck{fn}(flags, {x}, "{x}", {y}, "{y}", {from_}, error)')
    if not out:
        return ''
    cond = ' ||\n        '.join(x if '&&' not in x else f'({x})' for x in out)
    return f'    if ({cond})\n        {ret}\n'


def clears(model, r):
    out = ''
    for a in r.args:
        guard = f'    if ({a.name})\n    ' if 'opt' in a.attrs else ''
        if a.kind == 'alloc':
            out += f'{guard}    *{a.name} = NULL;\n'
            if a.len is not None:
                out += f'    *{a.len.name} = 0;\n'
        elif a.kind == 'out' and model.struct_of(a.type):
            out += f'{guard}    memset({a.name}, 0, sizeof(*{a.name}));\n'
        elif a.kind == 'out' and a.type == 'char **':
            out += f'{guard}    *{a.name} = NULL;\n'
    return out


def entry_decl(r):
    return wrap(f'{ctype(r.ret)}virApi{r.name[3:]}({params(r.args, "GError **error")})')


def table_path(model, r):
    if r.group == 'stream':
        return f'{r.handle.name}->driver'
    o = model.object_of(r.handle.type)
    return f'{r.handle.name}{conn_path(model, o)}->{r.group}'


def entry(model, r):
    out = entry_decl(r) + '\n{\n'
    fail = model.fail_value(r)
    out += f'    const {driver_type(r.group)} *ops;\n'
    if 'offline' in r.attrs:
        out += '    int rc;\n'
    out += '\n' + checks(model, r) + clears(model, r)
    out += f'    ops = {table_path(model, r)};\n    if (!ops || !ops->{r.op})'
    if 'default' in r.attrs:
        out += f'\n        return {r.attrs.one("default")};\n'
    else:
        from_ = r.attrs.one('from') or r.module.attrs.one('from')
        call = f'virNoSupport({from_}, "{r.attrs.one("callas", r.name)}", error);'
        out += f' {{\n        {call}\n        return{" " + fail if fail else ""};\n    }}\n'
    call = f'ops->{r.op}({", ".join([a.name for a in op_args(r)] + ["error"])})'
    if 'offline' in r.attrs:
        return out + wrap(f'    rc = {call};') + f'\n    if (rc == 0)\n        {r.handle.name}->id = -1;\n' \
            '    return rc;\n}\n\n'
    return out + wrap(f'    return {call};') + '\n}\n\n'


def entry_h(model):
    out = HEAD + '#pragma once\n\n#include <glib.h>\n#include <libvirt/libvirt.h>\n#include <libvirt/libvirt-admin.h>\n\n'
    out += '/* The same as the public functions, except that they take the error from the caller and leave the thread\'s alone. */\n'
    for r in model.functions(True):
        if model.checked(r):
            out += entry_decl(r) + ';\n'
    return out


def entry_c(model):
    out = HEAD + '#define VIR_ENUM_SENTINELS\n#include "api/entry.h"\n#include "src/api/check.h"\n\n'
    for r in model.functions(True):
        if model.checked(r) and 'entry' not in r.attrs.words('manual'):
            out += entry(model, r)
    return out


# -- public functions
def accessor(model, r):
    h, o = r.handle, model.object_of(r.handle.type)
    fail = model.fail_value(r)
    from_ = r.module.attrs.one('from')
    out = wrap(f'{ctype(r.ret)}{r.name}({params(r.args)})') + '\n{\n'
    out += f'    if (!virEntryHandle({h.name}, &{o.name}Class, {from_}, "{r.name}"))\n        return {fail};\n'
    if 'get' in r.attrs:
        return out + f'    return {h.name}->{r.attrs.one("get")};\n}}\n\n'
    if 'ref' in r.attrs:
        return out + f'    virHandleRef({h.name});\n    return 0;\n}}\n\n'
    if 'free' in r.attrs:
        return out + f'    virHandleUnref({h.name});\n    return 0;\n}}\n\n'
    arg = r.args[1].name
    out += f'    if (!virEntryNonNull({h.name}, {arg}, "{arg}", {from_}, "{r.name}"))\n        return -1;\n'
    if 'uuid' in r.attrs:
        return out + f'    memcpy({arg}, {h.name}->uuid, VIR_UUID_BUFLEN);\n    return 0;\n}}\n\n'
    return out + f'    virUUIDFormat({h.name}->uuid, {arg});\n    return 0;\n}}\n\n'


def public(model, r):
    if any(x in r.attrs for x in ('get', 'ref', 'free', 'uuid', 'uuidstring')):
        return accessor(model, r)
    names = ', '.join(a.name for a in r.args)
    head = wrap(f'{ctype(r.ret)}{r.name}({params(r.args)})') + '\n{\n'
    if 'alias' in r.attrs:
        return head + f'    return {r.attrs.one("alias")}({names});\n}}\n\n'
    if 'uuidtext' in r.attrs:
        h, text = r.args[0], r.args[1].name
        o = model.object_of(h.type)
        return head + f'    unsigned char uuid[VIR_UUID_BUFLEN];\n\n' \
            f'    if (!virEntryHandle({h.name}, &{o.name}Class, {r.module.attrs.one("from")}, "{r.name}") ||\n' \
            f'        !virEntryUUID({h.name}, {text}, uuid, {r.module.attrs.one("from")}, "{r.name}"))\n        return NULL;\n' \
            f'    return {r.attrs.one("uuidtext")}({h.name}, uuid);\n}}\n\n'
    if not model.checked(r):
        return ''
    fail = model.fail_value(r)
    out = head + '    GError *error = NULL;\n'
    call = f'virApi{r.name[3:]}({names + ", " if names else ""}&error)'
    if not fail:
        out += f'\n    virEntryBegin("{r.name}");\n    {call};\n    virEntryEnd({r.handle.name}, &{model.object_of(r.handle.type).name}Class, error, false);\n}}\n\n'
        return out
    bad = f'rc == {fail}' if fail != '0' and (r.ret not in ('unsigned int',)) else 'false'
    if 'null' in r.attrs:
        bad = 'false'
    out += f'    {ctype(r.ret)}rc;\n\n    virEntryBegin("{r.name}");\n' + wrap(f'    rc = {call};') + \
        f'\n    virEntryEnd({r.handle.name}, &{model.object_of(r.handle.type).name}Class, error, {bad});\n    return rc;\n}}\n\n'
    return out


def public_c(model, library):
    out = HEAD + '#include "api/entry.h"\n#include "api/handle.h"\n#include "src/api/check.h"\n#include "src/api/connect.h"\n' \
        '#include "src/base/util.h"\n'
    if library in ('libvirt-qemu', 'libvirt-lxc'):
        out += f'#include <libvirt/{library}.h>\n'
    out += '\n'
    for r in model.library(library):
        if r.kind == 'function':
            out += public(model, r)
    return out


# -- symbols and errors
def symbols(model, library, private):
    prefix = library.upper().replace('-', '_')
    out, prev = '# Generated from api/*.api.\n', ''
    for version, names in model.symbol_nodes(library):
        node = f'{prefix}_{version}'
        out += f'{node} {{\n    global:\n' + ''.join(f'        {n};\n' for n in names)
        if not prev:
            out += '    local:\n        *;\n'
        out += f'}}{" " + prev if prev else ""};\n\n'
        prev = node
    if private:
        out += f'{private} {{\n    global:\n        vir*;\n}} {prev};\n'
    return out


def errors(model):
    """The well-known sentences of errors and the names of the parts, as rows of tables."""
    sentences = names = ''
    for c in (c for r in model.of('enum') for c in r.items):
        if 'sentence' in c.attrs:
            s = c.attrs.one('sentence').strip('"')
            d = c.attrs.one('detail', s + ': %s').strip('"')
            sentences += f'[{c.name}] = {{ "{s}", "{d}" }},\n'
        if 'label' in c.attrs:
            names += f'[{c.name}] = {c.attrs.one("label")},\n'
    return HEAD + sentences, HEAD + names


def outputs(model):
    inc = '#include <libvirt/libvirt-qemu.h>\n#include <libvirt/libvirt-lxc.h>\n'
    main = '#include <libvirt/libvirt.h>\n'
    yield 'api/handle.h', handles_h(model)
    yield 'api/handle.c', handles_c(model)
    yield 'api/driver.h', driver_h(model).replace(main, main + inc)
    yield 'api/entry.h', entry_h(model).replace(main, main + inc)
    yield 'api/entry.c', entry_c(model)
    sentences, parts = errors(model)
    yield 'api/sentences.h', sentences
    yield 'api/parts.h', parts
    for lib in model.libraries():
        yield f'api/public-{lib}.c', public_c(model, lib)
        yield f'api/{lib}.syms', symbols(model, lib, 'LIBVIRT_PRIVATE_12.5.0' if lib == 'libvirt' else '')
