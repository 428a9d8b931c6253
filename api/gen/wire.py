# SPDX-License-Identifier: LGPL-2.1-or-later
"""Derives the wire form of every message: from the C signature and its attributes, or from an explicit @wireargs/@wireret."""
import copy
import re
from .model import SCALARS

STRING_MAX = 4194304
KINDS = {'int': 'int', 'uint': 'unsigned int', 'hyper': 'long long', 'uhyper': 'unsigned long long', 'char': 'char',
         'uchar': 'unsigned char', 'short': 'short', 'ushort': 'unsigned short', 'double': 'double'}


class Field:
    """kind: a scalar, string, strbuf, charbuf, fixed (opaque[N]), opaque, struct, pointer, array, fixarray, union."""
    def __init__(self, kind, ctype, name, *, limit=0, sub=None, opt=False, length=None, dim='', arg=None):
        self.kind, self.ctype, self.name, self.limit, self.sub, self.opt = kind, ctype, name, limit, sub, opt
        self.length = length                # C member that counts an array
        self.dim = dim                      # array suffix of the C declaration
        self.arg = arg                      # the argument of the signature that it carries

    def shape(self):
        k = self.kind
        if k in KINDS:
            return k
        if k in ('string', 'strbuf'):
            return ('?' if self.opt else '') + f'string<{self.limit}>'
        if k == 'charbuf':
            return f'char<{self.limit}>'
        if k == 'fixed':
            return f'opaque[{self.limit}]'
        if k == 'opaque':
            return f'opaque<{self.limit}>'
        if k == 'struct':
            return self.sub.inner()
        if k == 'pointer':
            return '?' + self.sub.shape()
        if k == 'array':
            return f'{self.sub.element()}<{self.limit}>'
        if k == 'fixarray':
            return f'{self.sub.element()}[{self.limit}]'
        return 'union(int){' + ';'.join(f'{tag}:{f.shape()}' for tag, f in self.sub.cases) + '}'


class Type:
    """A C struct with its fields in the order of the wire. `own`: the struct is declared by us."""
    def __init__(self, name, ctype, fields, own=False, record=None):
        self.name, self.ctype, self.fields, self.own, self.record = name, ctype, fields, own, record
        self.cases = None

    def inner(self):
        return ';'.join(f.shape() for f in self.fields)

    def shape(self):
        return '{' + self.inner() + '}'

    def element(self):
        """As the element of an array: a lone scalar or string stands for itself."""
        if len(self.fields) == 1 and self.record is None:
            return self.fields[0].shape()
        return self.shape()


class Wire:
    def __init__(self, model):
        self.model, self.types, self.scalars = model, {}, {}
        self.messages = {}                  # record -> (args, ret) or (msg, None)
        for o in model.of('object'):
            if 'key' in o.attrs:
                self.object(o)
        for r in model.procedures():
            self.message(r)

    # -- types
    def scalar(self, kind, ctype):
        """The element type of an array of scalars or strings."""
        key = 'virWireOf_' + (kind if kind == 'string' else re.sub(r'\W+', '_', ctype).strip('_'))
        if key not in self.types:
            f = Field(kind, ctype, 'value', limit=STRING_MAX if kind == 'string' else 0)
            self.types[key] = Type(key, ctype, [f], own=False)
        return self.types[key]

    def object(self, o):
        name = 'virWire' + o.name[3:]
        if name not in self.types:
            t = self.types[name] = Type(name, name, [], own=True, record=o)
            members = {m.name: m for m in o.items}
            for key in o.attrs.words('key'):
                if key not in members:
                    o.error(f"@key names the unknown member '{key}'")
                m = members[key]
                sub = self.model.objects.get(m.type)
                if sub:
                    t.fields.append(Field('struct', 'virWire' + sub.name[3:], m.name, sub=self.object(sub)))
                elif m.type == 'char *':
                    t.fields.append(Field('string', 'char *', m.name, limit=STRING_MAX))
                elif m.suffix:
                    t.fields.append(Field('fixed', 'unsigned char', m.name, limit=16, dim='[16]'))
                else:
                    t.fields.append(Field(SCALARS[m.type], m.type, m.name))
        return self.types[name]

    def struct(self, s):
        if s.attrs.one('same'):
            s = self.model.structs[s.attrs.one('same')]
        name = 'virWire' + s.name[3:]
        if name in self.types:
            return self.types[name]
        own = any(m.type in self.model.objects for m in s.items)        # a handle inside: a struct of our own stands for it
        t = self.types[name] = Type(name, name if own else s.name, [], own=own, record=s)
        members = {m.name: m for m in s.items}
        order = s.attrs.words('wire') or [m.name for m in s.items]
        for n in order:
            if n not in members:
                s.error(f"@wire names the unknown member '{n}'")
            if not any([n] in (x.attrs.words('list')[:1], x.attrs.words('switch')) for x in s.items):
                t.fields.append(self.member(members[n], members))
        return t

    def member(self, m, members):
        as_ = m.attrs.one('as')
        limit = self.model.value(m.attrs.one('max', '0'), m.where)
        if m.members is not None:
            f = Field('union', m.type, m.name, length=m.attrs.one('switch'))
            f.sub = Type('virWireUnion_' + m.name, None, [])
            f.sub.cases = [(self.model.constant(c.attrs.one('case'), c.where), self.member(c, {})) for c in m.members]
            f.sub.name = f'virWireCases_{m.name}'
            self.types[f.sub.name] = f.sub
            return f
        if as_ in ('strbuf', 'charbuf'):
            return Field(as_, 'char', m.name, limit=limit or STRING_MAX, dim=m.suffix)
        if as_ == 'fixarray':
            return Field('fixarray', m.type, m.name, limit=limit, sub=self.scalar('char', 'char'), dim=m.suffix)
        if 'list' in m.attrs:
            length, lim = m.attrs.words('list')
            return self.array(m, self.model.value(lim, m.where), length)
        t = m.type
        if t in self.model.objects:
            sub = self.object(self.model.objects[t])
            return Field('struct', sub.ctype, m.name, sub=sub)
        if t in SCALARS:
            return Field(as_ or SCALARS[t], t, m.name)
        if t in ('char *', 'const char *'):
            return Field('string', 'char *', m.name, limit=STRING_MAX, opt='opt' in m.attrs)
        m.error(f"member '{m.name}' of type '{t}' has no wire form")

    def array(self, a, limit, length):
        t = a.type.replace('const ', '')
        if t in ('unsigned char *', 'void *') or t == 'char *':
            return Field('opaque', 'unsigned char *', a.name, limit=limit, length=length, arg=a)
        if t in ('char **',):
            return Field('array', 'char **', a.name, limit=limit, sub=self.scalar('string', 'char *'), length=length, arg=a)
        el = t[:-1].strip() if t.endswith('*') else t
        if el in SCALARS:
            return Field('array', t, a.name, limit=limit, sub=self.scalar(SCALARS[el], el), length=length, arg=a)
        o = self.model.object_of(el)
        if o:
            sub = self.object(o)
            return Field('array', sub.ctype + ' *', a.name, limit=limit, sub=sub, length=length, arg=a)
        s = self.model.struct_of(el)
        if s:
            sub = self.struct(s)
            return Field('array', sub.ctype + ' *', a.name, limit=limit, sub=sub, length=length, arg=a)
        a.error(f"array of '{el}' has no wire form")

    # -- messages
    def explicit(self, text, r):
        """`int a; string b; string *c; string d<9>; virDomain e; virDomain *f; opaque g<9>; char h<9>; uint i<9>`"""
        fields = []
        for part in filter(None, (p.strip() for p in text.split(';'))):
            m = re.match(r'^(\w+)\s+(\*?)(\w+)\s*(?:([<\[])(\w+)[>\]])?$', part)
            if not m:
                r.error(f"cannot read '{part}' of a wire description")
            t, opt, name, bracket, limit = m[1], bool(m[2]), m[3], m[4], m[5]
            limit = self.model.value(limit, r.where) if limit else 0
            fields.append(self.explicit_field(t, opt, name, bracket, limit, r))
        return fields

    def explicit_field(self, t, opt, name, bracket, limit, r):
        n = name + 'Len'
        if t == 'opaque':
            return Field('opaque', 'unsigned char *', name, limit=limit, length=n) if bracket == '<' else \
                Field('fixed', 'unsigned char', name, limit=limit, dim=f'[{limit}]')
        if t == 'string':
            if bracket:
                return Field('array', 'char **', name, limit=limit, sub=self.scalar('string', 'char *'), length=n)
            return Field('string', 'char *', name, limit=STRING_MAX, opt=opt)
        if t in KINDS:
            if bracket:
                return Field('array', KINDS[t] + ' *', name, limit=limit, sub=self.scalar(t, KINDS[t]), length=n)
            return Field(t, KINDS[t], name)
        rec = self.model.objects.get(t + 'Ptr') or self.model.structs.get(t)
        if rec is None:
            r.error(f"unknown wire type '{t}'")
        sub = self.object(rec) if rec.kind == 'object' else self.struct(rec)
        if bracket:
            return Field('array', sub.ctype + ' *', name, limit=limit, sub=sub, length=n)
        if opt:
            return Field('pointer', sub.ctype + ' *', name, sub=sub)
        return Field('struct', sub.ctype, name, sub=sub)

    def plain(self, a):
        """An argument that travels as it is."""
        if a.kind == 'uuid':
            return Field('fixed', 'unsigned char', a.name, limit=16, dim='[16]', arg=a)
        if a.kind == 'object':
            sub = self.object(self.model.object_of(a.type))
            if 'opt' in a.attrs:
                return Field('pointer', sub.ctype + ' *', a.name, sub=sub, arg=a)
            return Field('struct', sub.ctype, a.name, sub=sub, arg=a)
        if a.kind in ('scalar', 'flags', 'length'):
            t = a.type.rstrip('* ') if a.kind == 'length' else a.type
            return Field(a.attrs.one('as') or SCALARS[t], t, a.name, arg=a)
        if a.kind == 'string':
            return Field('string', 'char *', a.name, limit=STRING_MAX, arg=a,
                         opt=('opt' in a.attrs and 'wirenull' not in a.attrs) or 'wireopt' in a.attrs)
        if a.kind == 'list':
            return self.array(a, a.limit, a.name + 'Len')
        return None

    def event_field(self, a):
        if a.type.startswith('const vir') and a.type.endswith('*'):
            sub = self.struct(self.model.struct_of(a.type))
            return Field('struct', sub.ctype, a.name, sub=sub, arg=a)
        return self.plain(a)

    def args_of(self, r):
        out = []
        for a in r.args:
            if a.kind == 'object' and self.model.object_of(a.type).attrs.one('key') is None:
                continue                                        # the connection
            if a.kind in ('stream', 'callback', 'other', 'fds', 'fd', 'out') or 'offop' in a.attrs:
                continue
            if a.kind == 'length':
                if any(b.len is a and (b.kind == 'twocall' or 'both' in b.attrs.words('alloc')) for b in r.args):
                    out.append(self.plain(a))
                continue
            if a.kind == 'alloc':
                if 'need' in a.attrs:
                    out.append(Field(a.attrs.one('need') or 'int', 'int', 'need_results', arg=a))
                continue
            f = self.plain(a)
            if f:
                out.append(f)
        return out

    def result(self, r):
        if r.ret in ('char *', 'const char *'):
            return Field('string', 'char *', 'result', limit=STRING_MAX, opt='null' in r.attrs)
        o = self.model.object_of(r.ret)
        if o:
            sub = self.object(o)
            return Field('struct', sub.ctype, 'result', sub=sub)
        if r.ret not in ('int', 'void'):
            if r.ret not in SCALARS:
                r.error(f"return type '{r.ret}' has no wire form")
            return Field(SCALARS[r.ret], r.ret, 'result')
        kind = next((k for k in r.attrs.words('ret') if k in KINDS), None)
        return Field(kind, KINDS[kind], 'result') if kind else None

    def ret_of(self, r):
        out = []
        for a in r.args:
            if a.kind == 'out':
                out.append(self.out(a))
            elif a.kind in ('fill', 'alloc', 'twocall'):
                f = self.array(self.element(a), a.limit, a.name + 'Len')
                f.arg = a
                out.append(f)
                if a.kind == 'twocall' and 'bare' not in a.attrs.words('twocall') or 'both' in a.attrs.words('alloc'):
                    out.append(Field('int', 'int', a.len.name, arg=a.len))
        res = self.result(r)
        if res:
            last = (r.ret == 'int' or 'last' in r.attrs.words('ret')) and 'first' not in r.attrs.words('ret')
            out = out + [res] if last else [res] + out
        return out

    def element(self, a):
        """The same argument seen as an array: `T **list` and `T *buffer` both read `T *`."""
        v = copy.copy(a)
        t = a.type.replace('const ', '').replace('char **const', 'char **').strip()
        if a.kind == 'alloc':
            t = t[:-1].strip()                  # one level is the caller's variable
            if self.model.structs.get(t) and t.endswith('Ptr'):
                t = self.model.structs[t].name + ' *'           # an array of structs
            elif t.endswith('*') and self.model.structs.get(t[:-1].strip()) and t[:-1].strip().endswith('Ptr'):
                t = self.model.structs[t[:-1].strip()].name + ' *'      # an array of pointers to structs
        v.type = re.sub(r' ?\*', ' *', t).replace('* *', '**')
        return v

    def out(self, a):
        t = a.type
        s = self.model.struct_of(t)
        if s:
            sub = self.struct(s)
            return Field('struct', sub.ctype, a.name, sub=sub, arg=a)
        t = t[:-1].strip()
        if t == 'char *':
            return Field('string', 'char *', a.name, limit=STRING_MAX, opt='wireopt' in a.attrs, arg=a)
        if t not in SCALARS:
            a.error(f"output of type '{t}' has no wire form")
        return Field(a.attrs.one('as') or SCALARS[t], t, a.name, arg=a)

    def message(self, r):
        stem = 'virWire' + r.name[3:]
        if r.kind == 'event':
            fields = [self.event_field(a) for a in r.args if a.kind != 'length']
            legacy = [f for f in fields if 'late' not in f.arg.attrs]
            head = [] if 'bare' in r.attrs else [Field('int', 'int', 'callbackID')]
            msg = Type(stem + 'Msg', stem + 'Msg', head + fields, own=True)
            old = Type(stem + 'Legacy', stem + 'Msg', legacy, own=False) if 'legacy' in r.attrs else None
            self.messages[r] = (msg, old)
            return
        wa, wr = r.attrs.get('wireargs'), r.attrs.get('wireret')
        args = self.explicit(wa[0], r) if wa else [] if r.kind == 'procedure' else self.args_of(r)
        ret = self.explicit(wr[0], r) if wr else [] if r.kind == 'procedure' else self.ret_of(r)
        self.messages[r] = (Type(stem + 'Args', stem + 'Args', args, own=True) if args else None,
                            Type(stem + 'Ret', stem + 'Ret', ret, own=True) if ret else None)

    def shared(self):
        """The messages of the framing."""
        return [Type('virWire' + r.name[3:], 'virWire' + r.name[3:], self.explicit(r.attrs.one('wireargs'), r), own=True)
                for r in self.model.of('message')]

    def all_types(self):
        """Shared types, dependencies first."""
        done, order = set(), []

        def visit(t):
            if t is None or t.name in done:
                return
            done.add(t.name)
            for f in t.fields + [c for _, c in t.cases or []]:
                visit(f.sub)
            order.append(t)
        for t in self.types.values():
            visit(t)
        return order
