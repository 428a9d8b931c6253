# SPDX-License-Identifier: LGPL-2.1-or-later
"""10,000 mutated messages to the daemon: each is answered or ends its connection, and nobody else notices. Meant for a build with
sanitizers (their reports fail the test), true for every build. HOSTILE_SEED repeats a run, HOSTILE_COUNT makes it longer."""
import os
import random
import struct
import unittest

import harness
import wire
from wire import Peer

SEED = int(os.environ.get('HOSTILE_SEED', '1'))
COUNT = int(os.environ.get('HOSTILE_COUNT', '10000'))
GOLDEN = os.path.join(harness.ROOT, 'tests', 'golden', 'rpc')
PROGRAMS = {'remote': wire.REMOTE, 'qemu': wire.QEMU, 'lxc': wire.LXC}
BATCH = 20
WORDS = [0, 1, 2, 3, 4, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x3fffff, 0x400000, 0x400001, 0x7fffffff, 0x80000000,
         0xfffffffc, 0xffffffff]


def seeds():
    """The reference's own calls, with the guest that this daemon has in place of theirs."""
    out = []
    for name, program in PROGRAMS.items():
        for line in harness.read(os.path.join(GOLDEN, name)).splitlines():
            words = line.split()
            if line.startswith('#') or int(words[1]) not in (wire.CALL, wire.STREAM, wire.STREAM_HOLE) or words[0] in ('1', '2'):
                continue
            out.append((program, int(words[0]), int(words[1]), int(words[2]), bytes.fromhex(words[3]) if len(words) > 3 else b''))
    return out


def mutate(rng, payload):
    data = bytearray(payload)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        how = rng.randrange(7)
        at = rng.randrange(len(data)) if data else 0
        if how == 0 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif how == 1 and data:
            data[at] = rng.randrange(256)
        elif how == 2 and len(data) >= 4:
            at &= ~3
            data[at:at + 4] = struct.pack('>I', rng.choice(WORDS))
        elif how == 3:
            del data[at:at + rng.choice((1, 4, 8, 100))]
        elif how == 4:
            data[at:at] = rng.randbytes(rng.choice((1, 4, 8, 100)))
        elif how == 5:
            data[at:at] = data[at & ~3:(at & ~3) + rng.choice((4, 16, 64))]
        else:
            data = data[:at]
    return bytes(data)


def hostile(rng, all_seeds, serial):
    """A message of which something is wrong, whether an answer must come if the connection lives, and whether it may leave the daemon
    waiting for more."""
    program, procedure, kind, status, payload = rng.choice(all_seeds)
    dice = rng.random()
    if dice < 0.85:
        return wire.message(program, procedure, kind, serial, status, mutate(rng, payload)), kind == wire.CALL, False
    if dice < 0.90:
        return wire.message(program, rng.randrange(-3, 500), kind, serial, status, payload), kind == wire.CALL, False
    data = bytearray(wire.message(program, procedure, kind, serial, status, payload))
    at = rng.randrange(0 if dice > 0.97 else 4, 28)
    data[at] = rng.randrange(256)
    return bytes(data), False, at < 4 or at in range(16, 20)


class HostileTest(unittest.TestCase):
    def setUp(self):
        self.daemon = harness.Daemon(conf='keepalive_interval = -1\n').start()

    def tearDown(self):
        self.assertEqual(0, self.daemon.stop(), self.daemon.tail())
        logs = os.environ.get(harness.SANITIZED)
        for name in os.listdir(logs) if logs else []:
            self.fail(harness.read(os.path.join(logs, name))[:6000])

    def batch(self, peer, rng, all_seeds, serial):
        """Sends some and reads what must be answered. False when the connection ended over it."""
        expected, incomplete = set(), False
        try:
            for i in range(BATCH):
                data, answered, more = hostile(rng, all_seeds, serial + i)
                incomplete |= more
                if answered:
                    expected.add(serial + i)
                peer.send(data)
            peer.send(wire.call(wire.FEATURE, serial + BATCH, struct.pack('>i', 10)))
            expected.add(serial + BATCH)
            peer.socket.settimeout(1 if incomplete else 60)
            while expected:
                answer = peer.receive()
                if answer is None:
                    return False
                if answer[2] in (wire.REPLY, wire.REPLY_WITH_FDS):
                    expected.discard(answer[3])
        except (BrokenPipeError, ConnectionResetError):
            return False
        except TimeoutError:
            self.assertTrue(incomplete, f'no answer to {sorted(expected)}')
            return False
        return True

    def test_mutated_messages(self):
        rng = random.Random(SEED)
        witness = Peer().open()
        all_seeds = seeds()
        self.assertGreater(len(all_seeds), 250)
        peer, ended = None, 0
        for serial in range(0, COUNT, BATCH):
            if peer is None:
                peer = Peer().open()
            if not self.batch(peer, rng, all_seeds, 1000 + serial + serial // BATCH):
                ended += 1
                peer.close()
                peer = None
            self.assertIsNone(self.daemon.process.poll(), self.daemon.tail())
            if serial % 1000 == 0:
                self.assertEqual(wire.OK, witness.ask(wire.GET_URI)[0])    # guests may be gone: some calls are good ones
        self.assertLess(ended, COUNT / BATCH)
        self.assertEqual(wire.OK, witness.ask(wire.GET_URI)[0])    # guests may be gone: some calls are good ones


if __name__ == '__main__':
    harness.enter()
    unittest.main(warnings='ignore')
