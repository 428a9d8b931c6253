#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds for fuzz-agent: seed-agent.py FOLDER. A synchronisation, then an answer of each kind."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'qemu'))
import fake_agent  # noqa: E402  pylint: disable=wrong-import-position

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
answers = {name: {'return': value} for name, value in fake_agent.REPLIES.items()}
answers.update({'vcpus': fake_agent.vcpus({}), 'keys': {'return': {'keys': ['a', 'b']}}, 'refusal': fake_agent.refusal('no')})
for name, answer in answers.items():
    with open(os.path.join(folder, name), 'wb') as f:
        f.write(b'{"return": 17}\n\xff{"return": @ID}\n' + json.dumps(answer).encode() + b'\n')
