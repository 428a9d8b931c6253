#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names and values of our schemas as a dictionary for libFuzzer: seed-words.py build/tools/network.rng > words; fuzz-net-xml -dict=words corpus"""
import re
import sys

words = set()
for path in sys.argv[1:]:
    with open(path, encoding='utf-8') as f:
        text = f.read()
    for name in re.findall(r'<element name=["\']([\w:.-]+)["\']', text):
        words |= {f'<{name}>', f'<{name} ', f'</{name}>', f'<{name}/>'}
    words |= {f" {name}='" for name in re.findall(r'<attribute name=["\']([\w:.-]+)["\']', text)}
    words |= set(re.findall(r'<value>([^<]{1,40})</value>', text))
for word in sorted(words):
    print('"' + word.replace('\\', '\\\\').replace('"', '\\"') + '"')
