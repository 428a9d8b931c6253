# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shared by the backends: the head of a file, wrapping of comments and argument lists."""
import re
import textwrap

HEAD = '/* SPDX-License-Identifier: LGPL-2.1-or-later */\n/* Generated from the records in api: change them there. */\n'


def comment(lines, width=107):
    """A C comment of documentation lines: `name: text` and "Returns" begin anew, an empty line separates paragraphs."""
    paragraphs = []
    for line in lines:
        new = not line or line.startswith('Returns') or line.partition(':')[0].isidentifier()
        if new or not paragraphs or not paragraphs[-1]:
            paragraphs.append(line)
        else:
            paragraphs[-1] += ' ' + line
    out = [x for p in paragraphs for x in textwrap.wrap(p, width, subsequent_indent='    ' if ':' in p.split(' ')[0] else '') or ['']]
    return '/**\n' + ''.join(f' * {x}'.rstrip() + '\n' for x in out).replace('*/', '* /') + ' */\n' if lines else ''


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
