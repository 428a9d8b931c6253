# SPDX-License-Identifier: LGPL-2.1-or-later
"""Events: the client turns a message into a call of the program's callback, the server a callback into a message."""
from .calls import short
from .text import HEAD, params, ctype, wrap
from .tables import PROGRAMS


def events(model, wire):
    for r in model.of('event'):
        name = r.attrs.one('callback')
        if name is None:
            continue                    # about the connection itself
        if name not in model.callbacks:
            r.error(f"@callback names the unknown callback '{name}'")
        cb = model.callbacks[name]
        fields = {a.name: a for a in r.args}
        for a in cb.args[1:-1]:
            if a.name not in fields:
                r.error(f"argument '{a.name}' of {name} is not in the event")
        yield r, cb, fields, wire.messages[r][0]


def length(msg, a):
    """The member for an argument that counts a list."""
    return next(x.length for x in msg.fields if x.arg is not None and x.arg.len is not None and x.arg.len.name == a.name)


def value(model, msg, a):
    """The callback's argument, out of the message."""
    f = next((f for f in msg.fields if f.name == a.name), None)
    if f is None:
        return f'msg->{length(msg, a)}'
    if model.object_of(a.type):
        return a.name
    return f'&msg->{a.name}' if f.kind == 'struct' else f'({a.type})msg->{a.name}' if f.kind == 'array' else f'msg->{a.name}'


def client_c(model, wire):
    out = HEAD + '#include "api/convert.h"\n#include "src/client/events.h"\n\n'
    rows = ''
    for r, cb, fields, msg in events(model, wire):
        body, actual = '', ['conn']
        for a in cb.args[1:-1]:
            o = model.object_of(a.type)
            if o:
                body += f'    g_autoptr({o.name}) {a.name} = virWireNew{short(o)}(conn, &msg->{a.name});\n'
            actual.append(value(model, msg, a))
        fn = f'call{r.name[3:]}'
        out += f'static void {fn}(virConnectPtr conn, const void *data, virRemoteCallback cb, void *opaque)\n{{\n' \
            f'    const {msg.ctype} *msg = data;\n{body}' + wrap(f'    (({cb.name})cb)({", ".join(actual + ["opaque"])});') + '\n}\n\n'
        for at, legacy in (('rpc', 'false'), ('legacy', 'true')):
            for n in r.attrs.words(at):
                rows += f'    {{ VIR_{PROGRAMS[model.program(r)]}, {n}, {legacy}, "{r.group}", {r.attrs.one("id", "-1")}, {fn} }},\n'
    for p, c in PROGRAMS.items():
        rows = rows.replace(f'VIR_{c},', f'{model.constant(f"VIR_{c}_PROGRAM", ("api", 0)):#x},')
    return out + f'''const virRemoteEvent virRemoteEventKinds[] = {{
{rows}    {{ 0 }},
}};
'''


def server_c(model, wire):
    out = HEAD + '#include "api/convert.h"\n#include "src/daemon/events.h"\n#include <libvirt/libvirt-qemu.h>\n\n'
    rows = ''
    for r, cb, fields, msg in events(model, wire):
        body = ''
        for a in cb.args[1:-1]:
            f = next((f for f in msg.fields if f.name == a.name), None)
            o = model.object_of(a.type)
            if f is None:
                body += f'    msg.{length(msg, a)} = {a.name};\n'
            elif o:
                body += f'    msg.{a.name} = virWireOf{short(o)}({a.name});\n'
            elif f.kind == 'struct':
                body += f'    if ({a.name})\n        msg.{a.name} = *{a.name};\n'
            else:
                cast = '(char *)' if f.kind == 'string' else ''
                body += f'    msg.{a.name} = {cast}{a.name};\n'
        fn = f'send{r.name[3:]}'
        out += wrap(f'static {ctype(cb.ret)}{fn}({params(cb.args)})') + \
            f'\n{{\n    {msg.ctype} msg = {{ .callbackID = virServerEventID({cb.args[-1].name}) }};\n\n{body}' \
            f'    virServerEventSend({cb.args[-1].name}, &msg);\n' + ('    return 0;\n' if cb.ret == 'int' else '') + '}\n\n'
        rows += f'    {{ {model.constant(f"VIR_{PROGRAMS[model.program(r)]}_PROGRAM", ("api", 0)):#x}, {r.attrs.one("rpc")}, ' \
            f'{r.attrs.one("legacy", "0")}, "{r.group}", {r.attrs.one("id", "-1")}, (virServerCallback){fn} }},\n'
    return out + f'const virServerEventKind virServerEventKinds[] = {{\n{rows}    {{ 0 }},\n}};\n'


def outputs(model, wire):
    yield 'api/events-client.c', client_c(model, wire)
    yield 'api/events-server.c', server_c(model, wire)
