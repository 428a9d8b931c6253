# SPDX-License-Identifier: LGPL-2.1-or-later
"""The two ends of a call: client stubs (operation tables that send) and server thunks (that call the checked entries)."""
from .entry import conn_path, driver_type, op_args
from .model import SCALARS
from .tables import tables
from .text import HEAD, params, ctype, wrap

OKAY = 'VIR_TYPED_PARAM_STRING_OKAY'


def short(o):
    return o.name[3:]


def conn_type(o):
    return 'virAdmConnectPtr' if o.module.attrs.one('library') == 'libvirt-admin' else 'virConnectPtr'


# -- handles on the wire
def convert_h(model):
    out = HEAD + '#pragma once\n\n#include "api/handle.h"\n#include "api/wire.h"\n\n' \
        '/* Of: borrows the handle\'s strings. Take: copies them and drops the handle. New: a handle, with its own strings. */\n'
    for o in (o for o in model.of('object') if 'key' in o.attrs):
        n = short(o)
        out += f'virWire{n} virWireOf{n}({o.pointer} handle);\nvoid virWireTake{n}(virWire{n} *wire, {o.pointer} handle);\n' \
            f'{o.pointer} virWireNew{n}({conn_type(o)} conn, const virWire{n} *wire);\n'
    return out


def convert_c(model):
    out = HEAD + '#include "api/convert.h"\n\n'
    for o in (o for o in model.of('object') if 'key' in o.attrs):
        n, of, take, new, args = short(o), '', '', '', []
        keys = o.attrs.words('key')
        for m in o.items:
            sub = model.objects.get(m.type)
            if m.name not in keys:
                args.append('conn')
            elif sub:
                of += f'    wire.{m.name} = virWireOf{short(sub)}(handle->{m.name});\n'
                new += f'    g_autoptr({sub.name}) {m.name} = virWireNew{short(sub)}(conn, &wire->{m.name});\n'
                take += f'    virWireTake{short(sub)}(&wire->{m.name}, virHandleRef(handle->{m.name}));\n'
                args.append(m.name)
            elif m.suffix:
                of += f'    memcpy(wire.{m.name}, handle->{m.name}, sizeof(wire.{m.name}));\n'
                take += f'    memcpy(wire->{m.name}, handle->{m.name}, sizeof(wire->{m.name}));\n'
                args.append(f'wire->{m.name}')
            else:
                copy = f'g_strdup(handle->{m.name})' if m.type == 'char *' else f'handle->{m.name}'
                of += f'    wire.{m.name} = handle->{m.name};\n'
                take += f'    wire->{m.name} = {copy};\n'
                args.append(f'wire->{m.name}')
        out += f'virWire{n} virWireOf{n}({o.pointer} handle)\n{{\n    virWire{n} wire = {{ 0 }};\n\n{of}    return wire;\n}}\n\n'
        out += f'void virWireTake{n}(virWire{n} *wire, {o.pointer} handle)\n{{\n{take}    virHandleUnref(handle);\n}}\n\n'
        out += f'{o.pointer} virWireNew{n}({conn_type(o)} conn, const virWire{n} *wire)\n{{\n{new}' \
            f'    return {o.name}New({", ".join(args)});\n}}\n\n'
    return out


class Call:
    """One procedure with its record, its messages, and where its connection is."""
    def __init__(self, model, wire, r):
        self.model, self.r = model, r
        self.args, self.ret = wire.messages[r]
        self.number, self.program = r.attrs.one('rpc'), model.program(r)
        self.fail = model.fail_value(r)
        self.sends = {f.arg.name: f for f in (self.args.fields if self.args else []) if f.arg is not None}
        self.gives = {f.arg.name: f for f in (self.ret.fields if self.ret else []) if f.arg is not None}
        self.result = next((f for f in (self.ret.fields if self.ret else []) if f.name == 'result' and f.arg is None), None)
        self.okay = any(a.kind == 'flags' for a in r.args) and \
            any(a.kind == 'twocall' and a.type == 'virTypedParameterPtr' for a in r.args)

    def manual(self, what):
        return what in self.r.attrs.words('manual')


# -- client
def stub_send(c, a):
    m, n = c.model, a.name
    f = c.sends.get(n)
    if a.kind == 'alloc' and 'need' in a.attrs:
        return f'    args.need_results = {n} != NULL;\n'
    if f is None:
        return ''
    if f.kind == 'struct':
        return f'    args.{n} = virWireOf{short(m.object_of(a.type))}({n});\n'
    if f.kind == 'pointer':
        s = short(m.object_of(a.type))
        return f'    virWire{s} {n}Wire;\n    if ({n}) {{\n        {n}Wire = virWireOf{s}({n});\n        args.{n} = &{n}Wire;\n    }}\n'
    if f.kind == 'fixed':
        return f'    memcpy(args.{n}, {n}, sizeof(args.{n}));\n'
    if f.length:
        return f'    args.{n} = ({f.ctype}){n};\n    args.{f.length} = {a.len.name};\n'
    if f.kind == 'string':
        return f'    args.{n} = (char *){n};\n'
    if a.kind == 'length':
        return f'    args.{n} = *{n};\n'
    if a.kind == 'flags' and c.okay:
        return f'    args.flags = flags | {OKAY};\n'
    return f'    args.{n} = {n};\n'


def too_many(c, n, limit):
    return f'    if (ret.{n}Len > (guint64){limit}) {{\n        virXdrFree({c.program}Procs[{c.number}].ret, &ret);\n' \
        f'        virRemoteTooMany("{c.r.name}", "{n}", error);\n        return {c.fail};\n    }}\n'


def stub_list(c, a, f):
    """An array that the caller gets: of handles, of pointers to structs, of strings, or one block."""
    n, inner = a.name, a.type.rstrip('*').strip()
    guard = f'    if ({n})\n        ' if 'opt' in a.attrs or 'need' in a.attrs else '    '
    o = c.model.object_of(inner)
    if o and a.type.count('*') == 2:
        return f'{guard}*{n} = virRemoteTake{short(o)}s({handle_conn(c)}, ret.{n}, ret.{n}Len);\n' \
            f'    virXdrFree({c.program}Procs[{c.number}].ret, &ret);\n'
    s = c.model.struct_of(a.type)
    if s and a.type.count('*') == 2:
        return f'{guard}*{n} = virRemoteTakeArray(ret.{n}, ret.{n}Len, sizeof(*ret.{n}));\n'
    if a.type == 'char ***':
        free = f'    else\n        virXdrFree({c.program}Procs[{c.number}].ret, &ret);\n' if guard.strip() else ''
        return f'{guard}*{n} = virRemoteTakeStrings(ret.{n}, ret.{n}Len);\n{free}'
    cast = f'({a.type[:-1].strip()})' if a.type == 'char **' else ''
    return f'    *{n} = {cast}ret.{n};\n'


def stub_receive(c, a):
    n, f = a.name, c.gives.get(a.name)
    if f is None:
        return ''
    if a.kind == 'out':
        guard = f'    if ({n})\n    ' if 'opt' in a.attrs else ''
        return f'{guard}    *{n} = ret.{n};\n'
    if a.kind == 'length':
        return ''
    if a.kind == 'alloc':
        out = stub_list(c, a, f)
        return out + (f'    *{a.len.name} = ret.{n}Len;\n' if a.len is not None else '')
    if a.kind == 'twocall':
        count = f'ret.{a.len.name}' if a.len.name in c.gives else f'(int)ret.{n}Len'
        return too_many(c, n, f'*{a.len.name}') + \
            f'    if (ret.{n}Len)\n        memcpy({n}, ret.{n}, ret.{n}Len * sizeof(*{n}));\n' \
            f'    *{a.len.name} = *{a.len.name} ? (int)ret.{n}Len : {count};\n    g_free(ret.{n});\n'
    size = '' if f.kind == 'opaque' else f' * sizeof(*{n})'
    return too_many(c, n, a.len.name) + f'    if (ret.{n}Len)\n        memcpy({n}, ret.{n}, ret.{n}Len{size});\n    g_free(ret.{n});\n'


def handle_conn(c):
    o = c.model.object_of(c.r.handle.type)
    return f'{c.r.handle.name}{conn_path(c.model, o)}'


def stub_return(c):
    r, o = c.r, c.model.object_of(c.r.ret)
    if o:
        return f'    {o.pointer} handle = virWireNew{short(o)}({handle_conn(c)}, &ret.result);\n' \
            f'    virXdrFree(&virWire{short(o)}Xdr, &ret.result);\n    return handle;\n'
    if r.ret == 'const char *':
        return '    const char *text = g_intern_string(ret.result);\n    g_free(ret.result);\n    return text;\n'
    if c.result is not None:
        return '    return ret.result;\n'
    counted = next((a for a in r.args if a.kind in ('fill', 'alloc') and a.name in c.gives), None)
    if counted is not None and c.gives[counted.name].kind != 'opaque' and counted.len is None or \
            counted is not None and counted.kind == 'fill' and c.gives[counted.name].kind != 'opaque':
        return f'    return ret.{counted.name}Len;\n'
    return '    return 0;\n' if r.ret != 'void' else ''


def stub(c):
    r = c.r
    out = f'{wrap(stub_decl(r))}\n{{\n'
    out += f'    {c.args.ctype} args = {{ 0 }};\n' if c.args else ''
    out += f'    {c.ret.ctype} ret = {{ 0 }};\n' if c.ret else ''
    io = []
    for a in r.args:
        if a.kind == 'fds':
            io += [f'.fdsIn = {a.name}', f'.nfdsIn = {a.len.name}']
        elif a.kind == 'fd':
            io += [f'.fdsIn = &{a.name}', '.nfdsIn = 1']
        elif a.kind == 'stream':
            io.append(f'.stream = {a.name}')
    out += f'    virRpcIO io = {{ {", ".join(io)} }};\n' if io else ''
    out += '\n' + ''.join(stub_send(c, a) for a in r.args)
    conn = handle_conn(c) + ('->conn' if c.program == 'admin' else '')
    call = f'virRemoteCall({conn}, &{c.program}Procs[{c.number}], {"&io" if io else "NULL"}, ' \
        f'{"&args" if c.args else "NULL"}, {"&ret" if c.ret else "NULL"}, error)'
    out += wrap(f'    if (!{call})') + f'\n        return{" " + c.fail if c.fail else ""};\n'
    return out + ''.join(stub_receive(c, a) for a in r.args) + stub_return(c) + '}\n\n'


def stub_decl(r):
    return f'{ctype(r.ret)}virRemote{r.name[3:]}({params(op_args(r), "GError **error")})'


def calls(model, wire):
    return [Call(model, wire, r) for r in model.procedures() if r.kind in ('function', 'private') and model.checked(r)]


def stubs_h(model, wire):
    out = HEAD + '#pragma once\n\n#include "api/convert.h"\n#include "api/driver.h"\n#include "rpc/proc.h"\n\n'
    for g in dict.fromkeys(c.r.group for c in calls(model, wire)):
        out += f'extern const {driver_type(g)} virRemote{driver_type(g)[3:]};\n'
    out += '\nextern const virRpcProc *const virRemoteProcs;\n\n/* What irregular records leave to be written by hand. */\n'
    for c in calls(model, wire):
        if c.manual('stub'):
            out += wrap(stub_decl(c.r)) + ';\n'
    return out


def take_lists(model, wire):
    """Lists of handles from a reply, ended by NULL."""
    used = {c.model.object_of(a.type.rstrip('*').strip()).name: c.model.object_of(a.type.rstrip('*').strip())
            for c in calls(model, wire) if not c.manual('stub') for a in c.r.args
            if a.kind == 'alloc' and a.type.count('*') == 2 and c.model.object_of(a.type.rstrip('*').strip())}
    out = ''
    for o in used.values():
        n = short(o)
        out += f'static {o.pointer} *virRemoteTake{n}s({conn_type(o)} conn, const virWire{n} *wire, unsigned int n)\n{{\n' \
            f'    {o.pointer} *list = g_new0({o.pointer}, n + 1);\n\n    for (unsigned int i = 0; i < n; i++)\n' \
            f'        list[i] = virWireNew{n}(conn, wire + i);\n    return list;\n}}\n\n'
    return out


def stubs_c(model, wire):
    out = HEAD + '#include "api/stubs.h"\n#include "src/client/take.h"\n\n'
    progs = dict.fromkeys(c.program for c in calls(model, wire))
    for i, p in enumerate(('remote', 'qemu', 'lxc', 'admin')):
        if p in progs:
            out += f'#define {p}Procs (virRpcPrograms[{i}].procs)\n'
    out += '\n' + take_lists(model, wire)
    groups = {}
    for c in calls(model, wire):
        groups.setdefault(c.r.group, []).append(c)
        if not c.manual('stub'):
            out += 'static ' + stub(c)
    for g, cs in groups.items():
        rows = ''.join(f'    .{c.r.op} = virRemote{c.r.name[3:]},\n' for c in cs)
        out += f'const {driver_type(g)} virRemote{driver_type(g)[3:]} = {{\n{rows}}};\n\n'
    return out


# -- server
def thunk_arg(c, a, pre, post):
    """The expression for one argument; `pre` and `post` collect statements around the call."""
    m, n = c.model, a.name
    f, g = c.sends.get(n), c.gives.get(n)
    if a is c.r.handle and f is None:
        return 'call->admin' if c.program == 'admin' else 'call->conn'
    if a.kind == 'stream':
        return 'call->stream'
    if 'offop' in a.attrs:                  # the size of the caller's struct
        return f'sizeof(ret->{next(iter(c.gives))})'
    if a.kind == 'fd':
        pre.append('    if (call->nfdsIn != 1)\n        return virThunkDescriptors(call, 1, error);\n')
        return 'call->fdsIn[0]'
    if a.kind == 'fds':
        return 'call->fdsIn'
    if a.kind == 'object':
        o = m.object_of(a.type)
        conn = 'call->admin' if c.program == 'admin' else 'call->conn'
        new = f'virWireNew{short(o)}({conn}, {"" if f.kind == "pointer" else "&"}args->{n})'
        new = f'args->{n} ? {new} : NULL' if f.kind == 'pointer' else new
        pre.append(f'    g_autoptr({o.name}) {n} = {new};\n')
        return n
    if a.kind == 'out':
        return f'&ret->{n}'
    if a.kind == 'alloc':
        return thunk_alloc(c, a, g, pre, post)
    if a.kind in ('twocall', 'fill'):
        return thunk_buffer(c, a, g, pre, post)
    if a.kind == 'length':
        return thunk_length(c, a)
    if f is not None and f.length:
        return f'({a.type})args->{n}'
    if a.kind == 'flags' and c.okay:
        return f'args->flags & ~(unsigned int){OKAY}'
    return f'args->{n}'


def thunk_length(c, a):
    owner = next(b for b in c.r.args if b.len is a)
    if owner.kind == 'fds':
        return 'call->nfdsIn'
    if owner.kind == 'list':
        return f'args->{c.sends[owner.name].length}'
    return f'&{a.name}'


def thunk_buffer(c, a, g, pre, post):
    """Memory that the caller provides: of the size that the client asked for, within the limit."""
    n, count = a.name, a.len.name
    opaque = g.kind == 'opaque'
    el = 'unsigned char' if opaque else g.ctype.rstrip('*').strip() if g.ctype != 'char **' else 'char *'
    pre.append(f'    if (!virThunkCount(args->{count}, {a.limit}, "{count}", error))\n        return false;\n')
    pre.append(f'    if (args->{count})\n        ret->{n} = g_new0({el}, args->{count});\n')
    if a.kind == 'twocall':
        pre.insert(0, f'    int {count} = args->{count};\n')
        drop = f'    if (args->{count} && !(args->flags & {OKAY}))\n        {count} = virTypedParamsDropStrings(ret->{n}, {count});\n' \
            if c.okay else ''
        post.append(drop + f'    ret->{n}Len = args->{count} ? {count} : 0;\n' +
                    (f'    ret->{count} = {count};\n' if count in c.gives else ''))
    elif opaque:
        post.append(f'    ret->{n}Len = args->{count};\n')
    else:
        post.append(f'    ret->{n}Len = rc;\n')
    return f'({a.type})ret->{n}' if opaque else f'ret->{n}'


def thunk_alloc(c, a, g, pre, post):
    n, inner = a.name, a.type.rstrip('*').strip()
    o, s = c.model.object_of(inner), c.model.struct_of(a.type)
    target = f'args->need_results ? &{n} : NULL' if 'need' in a.attrs else f'&{n}'
    if a.len is not None:
        pre.append(f'    int {a.len.name} = 0;\n' if a.len.type == 'int *' else f'    unsigned int {a.len.name} = 0;\n')
    count = a.len.name if a.len is not None else 'rc'
    check = f'    if (!virThunkCount({count}, {a.limit}, "{n}", error))\n        return false;\n'
    if o and a.type.count('*') == 2:
        pre.append(f'    {o.pointer} *{n} = NULL;\n')
        post.append(f'    bool fits = virThunkCount({count}, {a.limit}, "{n}", error);\n    if ({n} && fits)\n'
                    f'        ret->{n} = g_new0(virWire{short(o)}, MAX({count}, 1));\n'
                    f'    for (int i = 0; {n} && i < (int){count}; i++) {{\n        if (fits)\n'
                    f'            virWireTake{short(o)}(&ret->{n}[ret->{n}Len++], {n}[i]);\n        else\n'
                    f'            virHandleUnref({n}[i]);\n    }}\n    g_free({n});\n    if (!fits)\n        return false;\n')
        return target
    if s and a.type.count('*') == 2:
        pre.append(f'    {ctype(a.type[:-1].strip())}{n} = NULL;\n')
        post.append(f'    ret->{n} = virThunkFlatten((void **){n}, {count}, sizeof(*ret->{n}));\n'
                    f'    ret->{n}Len = {n} ? {count} : 0;\n' + check)
        return target
    pre.append(f'    {ctype(a.type[:-1].strip())}{n} = NULL;\n')
    cast = '(unsigned char *)' if a.type == 'char **' else ''
    post.append(f'    ret->{n} = {cast}{n};\n    ret->{n}Len = {n} ? {count} : 0;\n' +
                (f'    ret->{count} = {count};\n' if count in c.gives else '') + check)
    return target


def thunk(c):
    r, pre, post = c.r, [], []
    actual = [thunk_arg(c, a, pre, post) for a in r.args]
    out = f'static bool virThunk{r.name[3:]}(virRpcServerCall *call, const void *argsData, void *retData, GError **error)\n{{\n'
    out += f'    const {c.args.ctype} *args = argsData;\n' if c.args else ''
    out += f'    {c.ret.ctype} *ret = retData;\n' if c.ret else ''
    out += '\n    if (!virThunkOpen(call, error))\n        return false;\n'.replace('virThunkOpen', 'virThunkAdmin' if c.program == 'admin'
                                                                               else 'virThunkOpen')
    out += ''.join(pre)
    call = f'virApi{r.name[3:]}({", ".join(actual + ["error"])})'
    o = c.model.object_of(r.ret)
    if o:
        out += wrap(f'    {o.pointer} handle = {call};') + '\n    if (!handle)\n        return false;\n'
        out += f'    virWireTake{short(o)}(&ret->result, handle);\n'
    elif r.ret == 'char *':
        out += wrap(f'    ret->result = {call};') + '\n' + ('' if 'null' in r.attrs else '    if (!ret->result)\n        return false;\n')
    elif r.ret == 'const char *':
        out += wrap(f'    ret->result = g_strdup({call});') + '\n' + \
            ('' if 'null' in r.attrs else '    if (!ret->result)\n        return false;\n')
    elif r.ret in SCALARS and r.ret != 'int':
        out += wrap(f'    ret->result = {call.replace(", error)", ", &failure)")};') + \
            '\n    if (failure) {\n        g_propagate_error(error, failure);\n        return false;\n    }\n'
        out = out.replace('\n    if (!virThunk', '\n    GError *failure = NULL;\n    if (!virThunk', 1)
    else:
        out += wrap(f'    int rc = {call};') + '\n    if (rc < 0)\n        return false;\n'
        if c.result is not None:
            post.append('    ret->result = rc;\n')
    return out + ''.join(post) + '    return true;\n}\n\n'


def thunks_c(model, wire):
    out = HEAD + '#include "api/thunks.h"\n#include "api/entry.h"\n#include "src/daemon/thunk.h"\n\n'
    mine = {id(c.r): c for c in calls(model, wire)}
    named = set(mine) | {id(r) for r in model.of('procedure') if 'thunk' in r.attrs.words('manual')}
    for c in mine.values():
        if not c.manual('thunk'):
            out += thunk(c)
    finds = ''
    for p, rows in tables(model, wire).items():
        body = ''.join(f'    [{n}] = virThunk{r.name[3:]},\n' for n, r, _, _ in rows if id(r) in named)
        out += f'static const virRpcThunk {p}Thunks[] = {{\n{body}}};\n\n'
        finds += f'    {{ {p}Thunks, G_N_ELEMENTS({p}Thunks) }},\n'
    return out + f'const virRpcThunkTable virRpcThunkTables[] = {{\n{finds}}};\n'


def thunks_h(model, wire):
    out = HEAD + '#pragma once\n\n#include "api/convert.h"\n#include "rpc/proc.h"\n\n/* Written by hand, in src/daemon. */\n'
    for c in calls(model, wire):
        if c.manual('thunk'):
            out += f'bool virThunk{c.r.name[3:]}(virRpcServerCall *call, const void *args, void *ret, GError **error);\n'
    for r in model.of('procedure'):
        if 'thunk' in r.attrs.words('manual'):
            out += f'bool virThunk{r.name[3:]}(virRpcServerCall *call, const void *args, void *ret, GError **error);\n'
    return out


def outputs(model, wire):
    yield 'api/convert.h', convert_h(model)
    yield 'api/convert.c', convert_c(model)
    yield 'api/stubs.h', stubs_h(model, wire)
    yield 'api/stubs.c', stubs_c(model, wire)
    yield 'api/thunks.h', thunks_h(model, wire)
    yield 'api/thunks.c', thunks_c(model, wire)
