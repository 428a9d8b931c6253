# SPDX-License-Identifier: LGPL-2.1-or-later
"""The API descriptions that bindings of other languages read: libvirt-api.xml and its siblings."""
from xml.sax.saxutils import escape


def q(text):
    return "'" + escape(text, {"'": '&apos;', '\n': ' '}) + "'"


def split_doc(r):
    """(text, {argument: text}, what is returned)"""
    names = {a.name for a in getattr(r, 'args', [])}
    text, args, ret, target = [], {}, '', None
    for line in r.doc:
        head, colon, rest = line.partition(':')
        if colon and head in names:
            args[head] = rest.strip()
            target = head
        elif line.startswith('Returns '):
            ret, target = line[8:], 'return'
        elif line and target == 'return':
            ret += ' ' + line
        elif line and target:
            args[target] += ' ' + line
        else:
            target = None
            text.append(line)
    while text and not text[-1]:
        text.pop()
    return '\n'.join(text), args, ret


def element(tag, attrs, body=''):
    head = f'    <{tag} ' + ' '.join(f'{k}={q(v)}' for k, v in attrs if v is not None)
    return f'{head}>\n{body}    </{tag}>\n' if body else f'{head}/>\n'


def info(text):
    return f'      <info><![CDATA[{text}]]></info>\n' if text else ''


def numbers(c):
    """Values as the reference spells them: a name stays a name."""
    if any(ch.isalpha() for ch in c.suffix.replace('U', '')):
        return [('value', c.suffix)]
    shift = str(c.value.bit_length() - 1) if '<<' in c.suffix else None
    return [('value', str(c.value)), ('value_hex', hex(c.value)), ('value_bitshift', shift)]


def fields(items, indent):
    out = ''
    for m in items:
        ctype = 'union' if m.members is not None else m.decl if m.suffix else m.type
        head = f"{indent}<field name={q(m.name)} type={q(ctype)} info={q(m.doc)}"
        if m.members is None:
            out += head + '/>\n'
        else:
            out += f'{head}>\n{indent}  <union>\n{fields(m.members, indent + "    ")}{indent}  </union>\n{indent}</field>\n'
    return out


def callable_(tag, r, file):
    text, args, ret = split_doc(r)
    source = r.attrs.one('source') or r.module.attrs.one('source') or file
    body = info(text)
    body += f"      <return type={q(r.ret)}{'' if r.ret == 'void' else ' info=' + q(ret)}/>\n"
    for a in r.args:
        body += f"      <arg name={q(a.name)} type={q(a.type)} info={q(args.get(a.name, ''))}/>\n"
    return element(tag, [('name', r.name), ('file', file), ('module', source), ('version', r.attrs.one('since'))], body)


def symbol(r):
    """(sort key, export type, text) of everything that a record exports."""
    file, since, doc = r.module.attrs.one('header'), r.attrs.one('since'), ' '.join(x for x in r.doc if x)
    base = [('name', r.name), ('file', file)]
    if r.kind in ('string', 'macro'):
        what = [('string', r.value.strip('"'))] if r.kind == 'string' else [('params', r.params), ('raw', r.value)]
        args = ''.join(f"      <arg name={q(p.strip())} info=''/>\n" for p in (getattr(r, 'params', None) or '').split(',') if p)
        yield 0, 'macro', r.name, element('macro', base + what + [('version', since)], info(doc) + args)
    elif r.kind == 'enum':
        for c in r.items:
            yield 1, 'enum', c.name, element('enum', [('name', c.name), ('file', file)] + numbers(c) + [
                ('type', r.name), ('version', c.attrs.one('since')), ('info', c.doc or None)])
        yield 2, 'typedef', r.name, element('typedef', base + [('type', 'enum'), ('version', since)], info(doc))
    elif r.kind == 'typedef':
        yield 2, 'typedef', r.name, element('typedef', base + [('type', r.type), ('version', since)], info(doc))
    elif r.kind in ('object', 'struct'):
        tag = '_' + r.attrs.one('same') if 'same' in r.attrs else r.tag
        body = fields(r.items, '      ') if r.kind == 'struct' else ''
        if r.kind == 'struct' and 'same' not in r.attrs:
            yield 2, 'struct', tag, ''
        yield 2, 'typedef', r.name, element('struct', base + [('type', f'struct {tag}'), ('version', since)], body)
        yield 2, 'typedef', r.pointer, element('typedef', [('name', r.pointer), ('file', file), ('type', r.name + ' *'),
                                                           ('version', since)])
    elif r.kind == 'variable':
        yield 3, 'variable', r.name, element('variable', base + [('type', r.type), ('version', since)], info(doc))
    elif r.kind in ('callback', 'function'):
        yield 4, 'function', r.name, callable_('functype' if r.kind == 'callback' else 'function', r, file)


EXPORTS = ('macro', 'enum', 'typedef', 'struct', 'variable', 'function')


def description(model, library):
    files, symbols = '', []
    for m in model.modules:
        if m.attrs.one('library') != library:
            continue
        mine = [s for r in model.records if r.module is m and 'hidden' not in r.attrs for s in symbol(r)]
        symbols += mine
        text = ' '.join(m.doc)
        exports = ''.join(f"     <exports symbol={q(n)} type='{e}'/>\n"
                          for e, n in sorted(((e, n) for _, e, n, _ in mine), key=lambda x: (EXPORTS.index(x[0]), x[1])))
        files += f"    <file name={q(m.attrs.one('header'))}>\n     <summary>{escape(text)}</summary>\n" \
            f"     <description>{escape(text)}</description>\n{exports}    </file>\n"
    body = ''.join(t for _, _, _, t in sorted(symbols, key=lambda s: (s[0], s[2])))
    return f"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<api name='{library}'>\n  <files>\n{files}  </files>\n" \
        f"  <symbols>\n{body}  </symbols>\n</api>\n"


def outputs(model):
    for lib in model.libraries():
        yield f'api/{lib}-api.xml', description(model, lib)
