#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Public functions refuse bad arguments in the reference's words: golden/entries.tsv, recorded by calling the reference's library.

Each row calls one function with sound arguments except for one: NULL, 0, -1, flags that contradict, a read-only connection.
"""
import argparse
import ctypes
import os
import sys
import xml.etree.ElementTree as ET

P = ctypes.c_void_p
HERE = os.path.dirname(os.path.abspath(__file__))
UUID = b'0123456789abcdef'
kept = []


class Error(ctypes.Structure):
    _fields_ = [('code', ctypes.c_int), ('domain', ctypes.c_int), ('message', ctypes.c_char_p)]


def signatures(build):
    out = {}
    for lib in ('libvirt', 'libvirt-qemu'):
        for f in ET.parse(os.path.join(build, 'api', f'{lib}-api.xml')).getroot().find('symbols').iter('function'):
            out[f.get('name')] = [(a.get('type'), a.get('name')) for a in f.findall('arg')]
    return out


def handles(lib, conn):
    """One handle of each type, made by the library's own constructors."""
    def make(name, *args):
        f = getattr(lib, name)
        f.restype = P
        return f(*args)
    dom = make('virDomainNew', P(conn), b'test', UUID, 1)
    return {
        'virConnectPtr': conn, 'virDomainPtr': dom, 'virStreamPtr': make('virStreamNew', P(conn), 0),
        'virNetworkPtr': make('virNetworkNew', P(conn), b'n', UUID), 'virStoragePoolPtr': make('virStoragePoolNew', P(conn), b'p', UUID),
        'virStorageVolPtr': make('virStorageVolNew', P(conn), b'p', b'v', b'k'), 'virNodeDevicePtr': make('virNodeDeviceNew', P(conn), b'd'),
        'virInterfacePtr': make('virInterfaceNew', P(conn), b'i', b'm'), 'virDomainSnapshotPtr': make('virDomainSnapshotNew', P(dom), b's'),
    }


last_error = None
callback = ctypes.CFUNCTYPE(None)(lambda: None)


def sound(ctype, name, objects):
    if ctype in objects:
        return P(objects[ctype])
    if 'Callback' in ctype or ctype.endswith('Func'):
        return callback
    if ctype == 'const char *':
        return ctypes.c_char_p(b'x')
    if '*' in ctype or ctype.endswith('Ptr'):
        memory = ctypes.create_string_buffer(1 << 16)
        if not ctype.endswith('**'):
            memory[0] = b'\x01'
        kept.append(memory)
        return P(ctypes.addressof(memory))
    return ctypes.c_longlong(0 if name == 'flags' else 1)


def call(lib, name, signature, wrong, objects):
    args = [sound(t, n, objects) for t, n in signature]
    if wrong != 'readonly':
        arg, _, value = wrong.partition('=')
        at = [n for _, n in signature].index(arg)
        args[at] = P(0) if value == 'NULL' else ctypes.c_longlong(int(value))
    f = getattr(lib, name)
    f.restype = ctypes.c_longlong
    lib.virResetLastError()
    f(*args)
    e = last_error()
    return (e.contents.code, e.contents.domain, e.contents.message.decode()) if e else None


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--build', required=True)
    opt = ap.parse_args()
    folder = os.path.join(opt.build, 'src', 'api')
    main_lib = ctypes.CDLL(os.path.join(folder, 'libvirt.so.0'), ctypes.RTLD_GLOBAL)
    qemu = ctypes.CDLL(os.path.join(folder, 'libvirt-qemu.so.0'))
    global last_error
    last_error = main_lib.virGetLastError
    last_error.restype = ctypes.POINTER(Error)
    quiet = ctypes.CFUNCTYPE(None, P, P)(lambda data, error: None)
    main_lib.virSetErrorFunc(None, quiet)
    main_lib.virEventRegisterDefaultImpl()
    for f in (main_lib.virConnectOpen, main_lib.virConnectOpenReadOnly):
        f.restype = P
    known = signatures(opt.build)
    objects = handles(main_lib, main_lib.virConnectOpen(b'test:///default'))
    readonly = handles(main_lib, main_lib.virConnectOpenReadOnly(b'test:///default'))
    rows = failed = 0
    with open(os.path.join(HERE, 'golden', 'entries.tsv'), encoding='utf-8') as f:
        for line in f:
            if line.startswith('#'):
                continue
            name, wrong, code, domain, message = line.rstrip('\n').split('\t')
            lib = main_lib if hasattr(main_lib, name) else qemu
            got = call(lib, name, known[name], wrong, readonly if wrong == 'readonly' else objects)
            rows += 1
            if got != (int(code), int(domain), message):
                failed += 1
                print(f'{name} with {wrong}: {got} instead of {(int(code), int(domain), message)}')
    print(f'{rows} bad calls, {failed} refused in other words')
    sys.stdout.flush()
    os._exit(1 if failed or not rows else 0)        # connections and loops of the process are of no interest


if __name__ == '__main__':
    main()
