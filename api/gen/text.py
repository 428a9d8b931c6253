# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shared by the backends: the head of a file, wrapping of comments and argument lists."""
import re
import textwrap

HEAD = '/* SPDX-License-Identifier: LGPL-2.1-or-later */\n/* Generated from the records in api: change them there. */\n'


def comment(lines, indent='', width=110):
    """A C comment of documentation lines; empty lines separate paragraphs, `name: text` lines stay lines."""
    if not lines:
        return ''
    out, para = [], []

    def flush():
        if para:
            out.extend(textwrap.wrap(' '.join(para), width - len(indent) - 3))
            para.clear()
    for line in lines:
        if not line:
            flush()
            out.append('')
        elif line.partition(':')[0].isidentifier() and ':' in line or line.startswith('Returns'):
            flush()
            out.extend(textwrap.wrap(line, width - len(indent) - 3, subsequent_indent='    '))
        else:
            para.append(line)
    flush()
    return f'{indent}/**\n' + ''.join(f'{indent} *{" " + x if x else ""}\n' for x in out).replace('*/', '* /')[:] + f'{indent} */\n'


def params(args, more=''):
    items = [a.decl for a in args] + ([more] if more else [])
    return ', '.join(items) or 'void'


def ctype(ret):
    return ret if ret.endswith('*') else ret + ' '


def wrap(text, width=118):
    """One C declaration or call over several lines, broken behind commas only."""
    lead = len(text) - len(text.lstrip())
    kept = ' ' * lead + re.sub(r'(?<!,) ', '\x01', text[lead:])
    return '\n'.join(textwrap.wrap(kept, width, subsequent_indent=' ' * (lead + 8), break_long_words=False)).replace('\x01', ' ')
