# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the records and derives what the backends need: symbol nodes, operation groups, kinds of arguments."""
import re
from .parse import ApiError

SCALARS = {'int': 'int', 'unsigned int': 'uint', 'long long': 'hyper', 'unsigned long long': 'uhyper', 'unsigned long': 'uhyper',
           'char': 'char', 'unsigned char': 'uchar', 'unsigned short': 'ushort', 'double': 'double', 'size_t': 'uhyper',
           'long long int': 'hyper', 'unsigned long long int': 'uhyper', 'virDomainBlockJobCursor': 'uhyper'}
RUN = ('snapshot', 'query', 'modify', 'agent', 'kill', 'connect', 'host')
DEADLINE = ('instant', 'block', 'heavy')
VERSION = re.compile(r'^\d+\.\d+\.\d+$')


class Model:
    def __init__(self, records):
        self.records = records
        self.modules = [r for r in records if r.kind == 'module']
        self.names, self.objects, self.structs, self.callbacks, self.constants = {}, {}, {}, {}, {}
        for r in records:
            if r.kind == 'module':
                self.check_module(r)
                continue
            if r.name in self.names:
                r.error(f"'{r.name}' is already defined at {':'.join(map(str, self.names[r.name].where))}")
            self.names[r.name] = r
            getattr(self, 'check_' + r.kind, lambda r: None)(r)
            if 'since' in r.attrs and not VERSION.match(r.attrs.one('since')):
                r.error(f"@since '{r.attrs.one('since')}' is not a release like 1.2.3")
        self.resolve_constants()
        for r in self.of('function', 'private', 'event', 'procedure'):
            self.check_signature(r)
        self.check_procedures()

    # -- checks of single records
    def check_module(self, r):
        for a in ('library', 'header'):
            if a not in r.attrs:
                r.error(f'module {r.name} lacks @{a}')

    def need_since(self, r):
        if 'since' not in r.attrs:
            r.error(f'{r.kind} {r.name} lacks @since')

    def check_object(self, r):
        self.need_since(r)
        r.pointer = r.name + 'Ptr'
        r.tag = '_' + r.name
        self.objects[r.pointer] = r

    def check_struct(self, r):
        self.need_since(r)
        r.tag = r.attrs.one('tag', '_' + r.name)
        r.pointer = r.attrs.one('pointer', r.name + 'Ptr')
        self.structs[r.name] = self.structs[r.pointer] = r
        for m in r.items:
            if 'list' in m.attrs and len(m.attrs.words('list')) != 2:
                m.error('@list needs a length member and a limit')

    def check_callback(self, r):
        self.need_since(r)
        self.callbacks[r.name] = r

    def check_enum(self, r):
        self.need_since(r)
        for c in r.items:
            if c.name in self.constants:
                c.error(f"constant '{c.name}' is already defined")
            if 'since' not in c.attrs:
                c.error(f'constant {c.name} lacks @since')
            if not c.doc and 'sentinel' not in c.attrs:
                c.error(f'constant {c.name} lacks a phrase')
            self.constants[c.name] = c

    def check_function(self, r):
        self.need_since(r)
        if not r.doc:
            r.error(f'{r.name} is not documented')
        if not r.ret:
            r.error(f'{r.name} lacks a return type')

    def value(self, text, where):
        if not re.match(r'^[\w\s()<|+-]+$', text):
            raise ApiError(where, f"'{text}' is not a constant expression")
        text = re.sub(r'\b(\d+)[UL]+\b', r'\1', text)
        expr = re.sub(r'\b0x[0-9a-fA-F]+\b|\b[A-Za-z_]\w*\b',
                      lambda m: m[0] if m[0].startswith('0x') else str(self.constant(m[0], where)), text)
        try:
            return eval(expr, {'__builtins__': {}})     # digits, parentheses and << | + - only
        except SyntaxError:
            raise ApiError(where, f"'{text}' is not a constant expression") from None

    def constant(self, name, where):
        c = self.constants.get(name)
        if c is None:
            r = self.names.get(name)
            if r is not None and r.kind == 'macro':
                return self.value(r.value, r.where)
            raise ApiError(where, f"unknown constant '{name}'")
        if not hasattr(c, 'value'):
            c.value = self.value(c.suffix, c.where)
        return c.value

    def resolve_constants(self):
        for c in self.constants.values():
            self.constant(c.name, c.where)
        for r in self.of('enum'):
            top = [c for c in r.items if 'sentinel' in c.attrs]
            for c in top:
                if c.value < max([x.value for x in r.items if x is not c], default=-1) + (c.suffix not in self.constants):
                    c.error(f'{c.name} must be above every other value of {r.name}')

    # -- selections
    def of(self, *kinds):
        return [r for r in self.records if r.kind in kinds]

    def functions(self, private=False):
        return self.of('function', 'private') if private else self.of('function')

    def library(self, name):
        return [r for r in self.records if r.module and r.module.attrs.one('library') == name]

    def libraries(self):
        return list(dict.fromkeys(m.attrs.one('library') for m in self.modules))

    def object_of(self, ctype):
        return self.objects.get(ctype)

    def struct_of(self, ctype):
        """The struct record of `X`, `XPtr`, `const X *`."""
        t = re.sub(r'^const ', '', ctype).replace('*', '').strip()
        return self.structs.get(t)

    # -- functions
    def check_signature(self, r):
        """Gives each argument its `kind`; see README.md."""
        names = {a.name: a for a in r.args}
        r.group = r.attrs.one('group') or r.module.attrs.one('group')
        r.handle = None
        for a in r.args:
            a.len = None
            a.kind = self.kind(a)
            for at in ('list', 'fill', 'twocall', 'alloc', 'fds'):
                if at in a.attrs:
                    w = a.attrs.words(at)
                    if len(w) != 1 and at == 'fds' or len(w) < 2 and at != 'fds':
                        a.error(f'@{at} needs a length argument and a limit')
                    if w[0] != 'return':
                        if w[0] not in names:
                            a.error(f"@{at} names the unknown argument '{w[0]}'")
                        a.len = names[w[0]]
                    a.limit = 0 if at == 'fds' else self.value(w[1], a.where)
        for a in r.args:
            if a.len is not None and a.kind in ('list', 'alloc', 'twocall', 'fds'):
                a.len.kind = 'length'
        if r.args and self.object_of(r.args[0].type):
            r.handle = r.args[0]
        if 'run' in r.attrs and r.attrs.one('run') not in RUN:
            r.error(f"@run '{r.attrs.one('run')}' is none of {', '.join(RUN)}")
        if 'deadline' in r.attrs and r.attrs.one('deadline') not in DEADLINE:
            r.error(f"@deadline '{r.attrs.one('deadline')}' is none of {', '.join(DEADLINE)}")
        for at in ('exclusive', 'requires'):
            for v in r.attrs.get(at, []):
                for w in v.replace('|', ' ').split():
                    self.constant(w, r.where)
        r.op = r.attrs.one('op', r.name[3].lower() + r.name[4:])
        r.local = any(x in r.attrs for x in ('get', 'ref', 'free', 'uuid', 'uuidstring', 'local', 'alias', 'uuidtext')) or not r.group

    def kind(self, a):
        t = a.type
        for at in ('list', 'fill', 'twocall', 'alloc', 'fds', 'fd', 'uuid', 'out'):
            if at in a.attrs:
                return at
        if t == 'virStreamPtr':
            return 'stream'
        if t in self.objects:
            return 'object'
        if t in SCALARS:
            return 'flags' if a.name == 'flags' else 'scalar'
        if t == 'const char *':
            return 'string'
        if t in self.callbacks:
            return 'callback'
        return 'other'

    def fail_value(self, r):
        if r.ret == 'void':
            return ''
        return 'NULL' if r.ret.endswith('*') or r.ret.endswith('Ptr') else \
            '0' if r.ret in ('unsigned long', 'unsigned long long') else '-1'

    def checked(self, r):
        """Functions that have a checked entry and an operation in a driver table."""
        return not r.local

    def procedures(self):
        return [r for r in self.records if r.kind != 'module' and 'rpc' in r.attrs]

    def program(self, r):
        return r.attrs.one('program') or r.module.attrs.one('program')

    def check_procedures(self):
        seen = {}
        for r in self.procedures():
            for n in r.attrs.words('rpc') + r.attrs.words('legacy'):
                if not n.isdigit():
                    r.error(f"procedure number '{n}' is not a number")
                key = (self.program(r), int(n))
                if key in seen:
                    r.error(f'procedure {n} is already taken by {seen[key].name}')
                seen[key] = r
            if r.kind not in ('event', 'procedure') and not r.local and 'run' not in r.attrs:
                r.error(f'{r.name} has a procedure but no @run class')

    def symbol_nodes(self, library):
        """[(version, [symbols])] in release order."""
        nodes = {}
        for r in self.library(library):
            if r.kind in ('function', 'variable'):
                nodes.setdefault(r.attrs.one('symver', r.attrs.one('since')), []).append(r.name)
        return [(v, sorted(nodes[v])) for v in sorted(nodes, key=lambda v: [int(x) for x in v.split('.')])]
