# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the cases and reports a line for each into the folder that the host reads: "ok NAME" or "FAIL NAME: why"."""
import os
import sys
import threading
import time
import traceback

sys.dont_write_bytecode = True
MODULES = ('listing', 'changes', 'sriov', 'mdev', 'guests')


def load():
    for name in MODULES:
        __import__(name)
    import cases
    return cases.CASES


def one(name, function, sides, wants_both, report):
    began = time.monotonic()
    try:
        if wants_both:
            function(sides['ours'].start(), sides['ref'].start())
        else:
            function(sides.start())
        verdict = f'ok {name}'
    except Exception as e:      # of any kind: the next case may still tell something
        traceback.print_exc()
        verdict = f'FAIL {name}: {type(e).__name__} {" ".join(str(e).split())[:1500]}'
    report(f'{verdict} [{time.monotonic() - began:.1f} s]')


def events(libvirt):
    while True:
        libvirt.virEventRunDefaultImpl()


def main():
    if sys.argv[1:] == ['--list']:
        print('\n'.join(name for name, *_ in load()))
        return
    import libvirt
    import side
    libvirt.registerErrorHandler(lambda *unused: None, None)
    libvirt.virEventRegisterDefaultImpl()
    threading.Thread(target=events, args=(libvirt,), daemon=True).start()
    image, libraries, which, only = sys.argv[1:5]
    out = open('/mnt/out/results', 'w', buffering=1, encoding='utf-8')

    def report(line):
        print(line, file=out, flush=True)
        os.fsync(out.fileno())
    sides = side.prepare(image, libraries)
    for name, function, wants_both in load():
        if only and not any(word in name for word in only.split(',')):
            continue
        if wants_both and which != 'ours':
            continue
        if not wants_both and sides['ref'].process and which == 'ours':
            sides['ref'].stop()
        one(name, function, sides if wants_both else sides[which], wants_both, report)
    for s in sides.values():
        s.stop()
    for s in sides.values():
        for name in ('output', 'log/qemu'):
            if os.path.exists(s.path(name)):
                os.system(f'cp -r {s.path(name)} /mnt/out/{s.name}.{name.replace("/", ".")}')
    report('END')


main()
