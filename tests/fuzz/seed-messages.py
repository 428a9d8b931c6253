#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the recorded messages as a corpus, a file each:  seed-messages.py tests/golden/rpc CORPUS"""
import os
import struct
import sys

PROGRAMS = {'remote': 0x20008086, 'qemu': 0x20008087, 'lxc': 0x00068000, 'admin': 0x06900690, 'keepalive': 0x6b656570}

golden, corpus = sys.argv[1:]
os.makedirs(corpus, exist_ok=True)
for name, program in PROGRAMS.items():
    with open(os.path.join(golden, name)) as f:
        for n, line in enumerate(f):
            if not line.startswith('#'):
                words = line.split()
                procedure, kind, status = map(int, words[:3])
                payload = bytes.fromhex(words[3]) if len(words) > 3 else b''
                with open(os.path.join(corpus, f'{name}-{n}'), 'wb') as out:
                    out.write(struct.pack('>IIIiIII', 28 + len(payload), program, 1, procedure, kind, n, status) + payload)
