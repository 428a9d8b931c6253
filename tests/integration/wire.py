# SPDX-License-Identifier: LGPL-2.1-or-later
"""The wire by hand: what no well-behaved client would send."""
import socket
import struct

REMOTE, QEMU, LXC, ADMIN, KEEPALIVE = 0x20008086, 0x20008087, 0x00068000, 0x06900690, 0x6b656570
CALL, REPLY, MESSAGE, STREAM, CALL_WITH_FDS, REPLY_WITH_FDS, STREAM_HOLE = range(7)
OK, ERROR, CONTINUE = range(3)
OPEN, CLOSE, GET_HOSTNAME, LOOKUP_BY_NAME, FEATURE, AUTH_LIST, GET_URI, GET_STATE = 1, 2, 59, 23, 60, 66, 110, 212
SOCKET, SOCKET_RO, SOCKET_ADMIN = (f'/run/libvirt/libvirt-{kind}' for kind in ('sock', 'sock-ro', 'admin-sock'))


def string(text):
    data = text.encode()
    return struct.pack('>I', len(data)) + data + bytes(-len(data) % 4)


def message(program, procedure, kind, serial, status=OK, payload=b''):
    return struct.pack('>IIIiIII', 28 + len(payload), program, 1, procedure, kind, serial, status) + payload


def call(procedure, serial, payload=b'', program=REMOTE):
    return message(program, procedure, CALL, serial, OK, payload)


class Peer:
    """A connection on which anything can be said."""
    def __init__(self, path=SOCKET, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.buffer = b''
        self.serial = 0

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """(program, procedure, type, serial, status, payload); None at the end of the stream."""
        while len(self.buffer) < 4 or len(self.buffer) < struct.unpack('>I', self.buffer[:4])[0]:
            try:
                data = self.socket.recv(1 << 18)
            except ConnectionResetError:
                data = b''
            if not data:
                return None
            self.buffer += data
        length, program, _, procedure, kind, serial, status = struct.unpack('>IIIiIII', self.buffer[:28])
        payload, self.buffer = self.buffer[28:length], self.buffer[length:]
        return program, procedure, kind, serial, status, payload

    def ask(self, procedure, payload=b'', program=REMOTE):
        """(status, payload) of the reply to a call; events in between are dropped."""
        self.serial += 1
        self.send(call(procedure, self.serial, payload, program))
        while True:
            answer = self.receive()
            if answer is None:
                raise ConnectionError('the daemon hung up')
            if answer[2] in (REPLY, REPLY_WITH_FDS) and answer[3] == self.serial:
                return answer[4], answer[5]

    def open(self, uri='test:///default', flags=0):
        status, payload = self.ask(OPEN, struct.pack('>I', 1) + string(uri) + struct.pack('>I', flags))
        if status != OK:
            raise ConnectionError(error(payload))
        return self

    def domain(self, name='test'):
        status, payload = self.ask(LOOKUP_BY_NAME, string(name))
        assert status == OK, error(payload)
        return payload

    def close(self):
        self.socket.close()


def error(payload):
    """(code, text) of an error's payload."""
    code, _, present = struct.unpack('>iiI', payload[:12])
    if not present:
        return code, ''
    length, = struct.unpack('>I', payload[12:16])
    return code, payload[16:16 + length].decode()
