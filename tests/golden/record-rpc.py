#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stands between a client and a daemon on unix sockets and keeps what they say: the smallest message of each kind.

  record-rpc.py LISTEN=CONNECT... --out DIR -- COMMAND...

Runs COMMAND while each LISTEN socket passes everything on to its CONNECT socket (descriptors, too). DIR gets one file
for each program; a line is: procedure, type, status (numbers of the header), payload in hexadecimal. Existing lines are kept
unless a better one came: an answer is better than an error, then the shorter is better (but not an empty list).
"""
import os
import socket
import struct
import subprocess
import sys
import threading

PROGRAMS = {0x20008086: 'remote', 0x20008087: 'qemu', 0x00068000: 'lxc', 0x06900690: 'admin', 0x6b656570: 'keepalive'}
KEEP = 4000                                     # longest payload worth keeping when there is a shorter one
lock = threading.Lock()
kept = {name: {} for name in PROGRAMS.values()}


def keep(message):
    prog, _, proc, kind, _, status = struct.unpack('>IIiIII', message[4:28])
    name = PROGRAMS.get(prog)
    if name is None:
        return
    key, payload = (proc, kind, status), message[28:]

    def rank(p):
        return (len(p) < 8, len(p) > KEEP, len(p))      # an empty list tells less than a short one
    with lock:
        old = kept[name].get(key)
        if old is None or rank(payload) < rank(old):
            kept[name][key] = payload


class Cutter:
    """Finds the messages in a stream of bytes; descriptors' bytes lie between them."""
    def __init__(self):
        self.buffer = b''

    def feed(self, data):
        self.buffer += data
        while len(self.buffer) >= 28:
            length, = struct.unpack('>I', self.buffer[:4])
            kind, = struct.unpack('>I', self.buffer[16:20])
            extra = 0
            if kind in (4, 5) and len(self.buffer) >= 32:
                extra, = struct.unpack('>I', self.buffer[28:32])
            if len(self.buffer) < length + extra:
                return
            keep(self.buffer[:length])
            self.buffer = self.buffer[length + extra:]


def pump(source, sink):
    cutter = Cutter()
    try:
        while True:
            data, fds, _, _ = socket.recv_fds(source, 1 << 18, 32)
            if not data:
                break
            cutter.feed(data)
            if fds:                             # they belong to the last byte: a peer reads what is before it without them
                sink.sendall(data[:-1])
                socket.send_fds(sink, [data[-1:]], fds)
            else:
                sink.sendall(data)
            for fd in fds:
                os.close(fd)
    except OSError:
        pass
    for s in (source, sink):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(listen, connect):
    server = socket.socket(socket.AF_UNIX)
    server.bind(listen)
    server.listen(50)
    while True:
        client, _ = server.accept()
        daemon = socket.socket(socket.AF_UNIX)
        daemon.connect(connect)
        threading.Thread(target=pump, args=(client, daemon), daemon=True).start()
        threading.Thread(target=pump, args=(daemon, client), daemon=True).start()


def load(directory):
    for name in kept:
        path = os.path.join(directory, name)
        if os.path.exists(path):
            with open(path) as f:
                for line in f:
                    if not line.startswith('#'):
                        words = line.split()
                        kept[name][tuple(map(int, words[:3]))] = bytes.fromhex(words[3]) if len(words) > 3 else b''


def save(directory):
    os.makedirs(directory, exist_ok=True)
    for name, messages in kept.items():
        good = {p for p, kind, status in messages if kind in (1, 5) and status == 0}
        lines = [f'{p} {kind} {status} {payload.hex()}'.rstrip() for (p, kind, status), payload in sorted(messages.items())
                 if not (kind in (1, 5) and status == 1 and p in good)]
        if lines:
            with open(os.path.join(directory, name), 'w') as f:
                f.write('# procedure, type, status, payload: see record-rpc.py\n' + '\n'.join(lines) + '\n')


def main():
    at, out = sys.argv.index('--'), sys.argv.index('--out')
    load(sys.argv[out + 1])
    for pair in sys.argv[1:out]:
        threading.Thread(target=serve, args=pair.split('='), daemon=True).start()
    status = subprocess.run(sys.argv[at + 1:], check=False).returncode
    with lock:
        save(sys.argv[out + 1])
    return status


if __name__ == '__main__':
    sys.exit(main())
