# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads api/*.api into records. The notation is described in README.md; nothing here knows what a record means."""
import re


class ApiError(Exception):
    """A bad record: shown as `file:line: message`."""
    def __init__(self, where, message):
        super().__init__(f'{where[0]}:{where[1]}: {message}')


class Attrs(dict):
    """Attributes of a record: name -> list of values (an attribute may be repeated)."""
    def one(self, name, default=None):
        return self[name][-1] if name in self else default

    def words(self, name):
        return [w for v in self.get(name, []) for w in v.split()]


class Located:
    def error(self, message):
        raise ApiError(self.where, message)


class Record(Located):
    def __init__(self, kind, name, where, doc, attrs, **more):
        self.kind, self.name, self.where, self.doc, self.attrs = kind, name, where, doc, attrs
        self.module = None
        self.__dict__.update(more)


class Item(Located):
    """An argument, struct member, or enum constant."""
    def __init__(self, ctype, name, suffix, attrs, doc, where):
        self.type, self.name, self.suffix, self.attrs, self.doc, self.where = ctype, name, suffix, attrs, doc, where
        self.members = None         # of a union member

    @property
    def decl(self):
        return f'{self.type}{"" if self.type.endswith("*") or not self.type else " "}{self.name}{self.suffix}'


def attributes(text, where, known):
    attrs = Attrs()
    for m in re.finditer(r'@([\w-]+)([^@]*)', text):
        if m[1] not in known:
            raise ApiError(where, f"unknown attribute '@{m[1]}'")
        attrs.setdefault(m[1], []).append(m[2].strip())
    return attrs


RECORD_ATTRS = set('''since symver rpc deadline run acl aclfilter stream fds priority manual write writeif exclusive requires
    driver get ref free uuid uuidstring ret wire wireargs wireret from group library summary header suffix tag pointer code errdomain
    invalid key sentence detail legacy id callback alias local prefix program file shape of same opaque also bare offline null default callas uuidtext what op hidden source'''.split())
ITEM_ATTRS = set('''opt wireopt wirenull uuid list fill out twocall alloc need nonneg positive nonzero as case switch fds fd since
    sentinel sentence detail unchecked max less null late key offop label'''.split())


class Parser:
    def __init__(self, path, text):
        self.path, self.lines, self.n = path, text.split('\n'), 0
        self.records, self.module = [], None

    def where(self):
        return self.path, self.n

    def fail(self, message):
        raise ApiError(self.where(), message)

    def next(self):
        if self.n >= len(self.lines):
            return None
        self.n += 1
        return self.lines[self.n - 1]

    def item(self, text, known=ITEM_ATTRS):
        body, at, attr = text.partition('@')
        doc = ''
        m = re.match(r'^(.*?)(\w+)\s*((?:\[[^\]]*\])*)$', body.strip(), re.S)
        if not m or not m[1].strip():
            self.fail(f"cannot read '{text.strip()}': expected TYPE NAME")
        ctype = re.sub(r'\s*\*', ' *', re.sub(r'\s+', ' ', m[1].strip())).replace('* *', '**').replace('*const', '*const ')
        return Item(re.sub(r'\* +\*', '**', ctype), m[2], m[3], attributes(at + attr, self.where(), known), doc, self.where())

    def body(self, enum):
        """The lines of an enum, struct or object up to the closing brace."""
        items = []
        while True:
            line = self.next()
            if line is None:
                self.fail("missing '}'")
            text, _, doc = line.partition('///')
            text, doc = text.strip(), doc.strip()
            if text == '}':
                return items
            if not text:
                if doc:
                    self.fail('a phrase must stand on the line of its constant or member')
                continue
            if enum:
                m = re.match(r'(\w+)\s*=\s*([^@]+?)\s*((?:@.*)?)$', text)
                if not m:
                    self.fail(f"cannot read '{text}': expected NAME = VALUE")
                item = Item('', m[1], m[2], attributes(m[3], self.where(), ITEM_ATTRS), doc, self.where())
            elif text.startswith('union '):
                item = self.item('union ' + text[6:].rstrip('{'))
                item.members = self.body(False)
            else:
                if not text.endswith(';'):
                    self.fail("missing ';'")
                item = self.item(text[:-1])
            item.doc = doc
            items.append(item)

    def function(self, kind, text, where, doc, attrs):
        while ';' not in text:
            line = self.next()
            if line is None:
                raise ApiError(where, "missing ';'")
            text += ' ' + line.strip()
        m = re.match(r'^([\w\s*]*?[\s*])?(\w+)\s*\((.*)\)\s*;$', text, re.S)
        if not m:
            raise ApiError(where, f"cannot read '{text}'")
        args = [] if m[3].strip() in ('', 'void') else [self.item(a) for a in m[3].split(',')]
        ret = re.sub(r'\s+', ' ', (m[1] or '').strip())
        return Record(kind, m[2], where, doc, attrs, ret=re.sub(r' ?\*', ' *', ret).replace('* *', '**'), args=args)

    def record(self, line, doc, attrs):
        where = self.where()
        word = line.split()[0]
        rest = line[len(word):].strip()
        if word == 'module':
            self.module = Record('module', rest, where, doc, attrs)
            return self.module
        if word in ('enum', 'struct', 'object') and rest.endswith('{'):
            name = rest[:-1].strip()
            return Record(word, name, where, doc, attrs, items=self.body(word == 'enum'))
        if word in ('typedef', 'variable'):
            item = self.item(rest.rstrip(';'))
            return Record(word, item.name, where, doc, attrs, type=item.type)
        if word == 'string':
            m = re.match(r'(\w+)\s+(".*")$', rest)
            if not m:
                self.fail('expected: string NAME "VALUE"')
            return Record(word, m[1], where, doc, attrs, value=m[2])
        if word == 'macro':
            m = re.match(r'(\w+)(?:\(([\w, ]*)\))?\s+(.*)$', rest)
            if not m:
                self.fail('expected: macro NAME VALUE')
            return Record(word, m[1], where, doc, attrs, params=m[2], value=m[3])
        if word == 'message':
            return Record(word, rest.rstrip(';'), where, doc, attrs)
        if word in ('callback', 'event', 'private', 'procedure'):
            return self.function(word, rest, where, doc, attrs)
        return self.function('function', line.strip(), where, doc, attrs)

    def parse(self):
        doc, attrs = [], Attrs()
        while (line := self.next()) is not None:
            text = line.strip()
            if text.startswith('///'):
                doc.append(text[3:].strip())
            elif text.startswith('@'):
                for k, v in attributes(text, self.where(), RECORD_ATTRS).items():
                    attrs.setdefault(k, []).extend(v)
            elif text and not text.startswith('#'):
                r = self.record(text, doc, attrs)
                if r.kind != 'module':
                    if not self.module:
                        r.error('the file has no module line before its first record')
                    r.module = self.module
                self.records.append(r)
                doc, attrs = [], Attrs()
        if doc or attrs:
            self.fail('documentation or attributes without a record')
        return self.records


def parse_files(paths):
    records = []
    for path in paths:
        with open(path, encoding='utf-8') as f:
            records += Parser(path, f.read()).parse()
    return records
