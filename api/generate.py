#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Generates everything that is derived from the API records. See README.md."""
import argparse
import os
import sys
from gen import calls, entry, events, headers, tables, xmlapi
from gen.model import Model
from gen.parse import ApiError, parse_files
from gen.wire import Wire


def write(path, text):
    """Only when it changed, so that nothing is rebuilt for nothing."""
    try:
        with open(path, encoding='utf-8') as f:
            if f.read() == text:
                return
    except OSError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + '.new', 'w', encoding='utf-8') as f:
        f.write(text)
    os.replace(path + '.new', path)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--out', help='the build folder; without it the records are only checked')
    ap.add_argument('--watch', nargs='*', help='ignored: files that meson shall watch')
    ap.add_argument('files', nargs='+')
    opt = ap.parse_args()
    try:
        model = Model(parse_files(opt.files))
        wire = Wire(model)
        files = [*headers.outputs(model), *entry.outputs(model), *calls.outputs(model, wire), *events.outputs(model, wire), *xmlapi.outputs(model), ('api/wire.h', tables.wire_h(wire)),
                 ('api/wire.c', tables.wire_c(model, wire)), ('api/frozen.tsv', tables.frozen(model, wire))]
    except ApiError as e:
        sys.exit(str(e))
    for name, text in files if opt.out else ():
        write(os.path.join(opt.out, name), text)


if __name__ == '__main__':
    main()
