# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where our document differs from the reference's on purpose, or cannot be the same: a rule for the name, what is replaced in both
documents, and why. A rule that explains nothing in the machine is an error of the test."""
import re

# name of the reason: devices, pattern, replacement, why
RULES = {}
NAMES = set(RULES)


def without(name, want, have, used):
    for reason, (devices, pattern, text, _) in RULES.items():
        if want != have and re.match(devices, name):
            a, b = re.sub(pattern, text, want), re.sub(pattern, text, have)
            if (a, b) != (want, have) and re.findall(pattern, want) != re.findall(pattern, have):
                used.add(reason)
                want, have = a, b
    return want, have
