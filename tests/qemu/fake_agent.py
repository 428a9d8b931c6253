# SPDX-License-Identifier: LGPL-2.1-or-later
"""
A guest agent without a guest: serve(listener, folder, name) answers on the agent's channel in place of what runs in the guest. What it was
asked is written to FOLDER/NAME.agent-log, a JSON text a line. Its mood stands in FOLDER/NAME.agent and is read before each answer:

  (missing)           answer everything
  stall [CMD]         read commands, or this one, and answer nothing
  late SECONDS [CMD]  answer after a while
  split               answer in single bytes
  garble              say what is not JSON before each answer
  stale               say an old answer before each one of a sync
  huge                answer with more than anybody should take
  deep                answer with a text of more brackets than a stack has room for
  die                 hang up at the next command
  refuse [CMD]        answer with an error

FOLDER/NAME.agent-replies holds, as a JSON object, answers (whole messages) that differ from the usual ones below.
"""
import json
import os
import socket
import time

STATE = {"cpus": {n: True for n in range(4)}, "keys": {"root": ["ssh-ed25519 AAAA one"]}, "frozen": 0}

DISK = {"bus-type": "virtio", "bus": 0, "target": 0, "unit": 0, "dev": "/dev/vda1", "serial": "SER1",
        "pci-controller": {"domain": 0, "bus": 0, "slot": 6, "function": 0}}
REPLIES = {
    "guest-ping": {},
    "guest-get-time": 1500000000123456789,
    "guest-set-time": {}, "guest-set-user-password": {}, "guest-fstrim": {"paths": [{"path": "/", "trimmed": 4096, "minimum": 0}]},
    "guest-get-host-name": {"host-name": "fake.example.org"},
    "guest-get-users": [{"user": "root", "domain": "DOM", "login-time": 1500000000.25}, {"user": "ann", "login-time": 1600000000.75}],
    "guest-get-osinfo": {"id": "debian", "name": "Debian GNU/Linux", "pretty-name": "Debian GNU/Linux 12 (bookworm)", "version": "12 (bookworm)",
                         "version-id": "12", "kernel-release": "6.1.0-1-amd64", "kernel-version": "#1 SMP Debian", "machine": "x86_64",
                         "variant": "Server", "variant-id": "server"},
    "guest-get-timezone": {"zone": "CET", "offset": 3600},
    "guest-get-fsinfo": [{"name": "vda1", "mountpoint": "/", "type": "ext4", "used-bytes": 1000, "total-bytes": 2000, "disk": [DISK]},
                         {"name": "dm-0", "mountpoint": "/srv", "type": "xfs", "disk": []}],
    "guest-get-disks": [{"name": "/dev/vda", "partition": False, "dependencies": [], "address": DISK, "alias": "al"},
                        {"name": "/dev/vda1", "partition": True, "dependencies": ["/dev/vda"]}],
    "guest-network-get-interfaces": [
        {"name": "lo", "hardware-address": "00:00:00:00:00:00",
         "ip-addresses": [{"ip-address-type": "ipv4", "ip-address": "127.0.0.1", "prefix": 8},
                          {"ip-address-type": "ipv6", "ip-address": "::1", "prefix": 128}]},
        {"name": "eth0", "hardware-address": "52:54:00:11:22:33",
         "ip-addresses": [{"ip-address-type": "ipv4", "ip-address": "192.0.2.5", "prefix": 24}]},
        {"name": "eth0:1", "hardware-address": "52:54:00:11:22:33",
         "ip-addresses": [{"ip-address-type": "ipv4", "ip-address": "192.0.2.6", "prefix": 24}]},
        {"name": "sit0"}],
    "guest-get-load": {"load1m": 0.5, "load5m": 0.25, "load15m": 0.125},
}
SILENT = ("guest-shutdown", "guest-suspend-ram", "guest-suspend-disk", "guest-suspend-hybrid")


def refusal(words, kind="GenericError"):
    return {"error": {"class": kind, "desc": words}}


def vcpus(args):
    cpus = STATE["cpus"]
    if "vcpus" not in args:
        return {"return": [{"logical-id": n, "online": on, "can-offline": n != 0} for n, on in cpus.items()]}
    for wanted in args["vcpus"]:
        cpus[wanted["logical-id"]] = wanted["online"]
    return {"return": len(args["vcpus"])}


def keys(command, args):
    known = STATE["keys"].setdefault(args["username"], [])
    if command.endswith("get-authorized-keys"):
        return {"return": {"keys": known}}
    if command.endswith("remove-authorized-keys"):
        known[:] = [k for k in known if k not in args["keys"]]
        return {"return": {}}
    if args.get("reset"):
        known.clear()
    known.extend(k for k in args["keys"] if k not in known)
    return {"return": {}}


def freeze(command, args):
    if command == "guest-fsfreeze-thaw":
        n, STATE["frozen"] = STATE["frozen"], 0
    else:
        n = STATE["frozen"] = len(args["mountpoints"]) if "mountpoints" in args else 2
    return {"return": n}


def answer(command, args):
    if command.startswith("guest-ssh-"):
        return keys(command, args)
    if command in ("guest-get-vcpus", "guest-set-vcpus"):
        return vcpus(args)
    if command.startswith("guest-fsfreeze-") and not command.endswith("status"):
        return freeze(command, args)
    if command in REPLIES:
        return {"return": REPLIES[command]}
    return refusal(f"The command {command} has not been found", "CommandNotFound")


def read(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read()
    except OSError:
        return ""


class Connection:
    def __init__(self, sock, folder, name):
        self.sock, self.folder, self.name = sock, folder, name

    def say(self, message, how, mark=b""):
        data = mark + json.dumps(message).encode() + b"\n"
        if how[:1] == ["garble"]:
            data = b'}}\xc3(\n{"return": \n[1]\n\n' + data
        if how[:1] == ["split"]:
            for i in range(len(data)):
                self.sock.sendall(data[i:i + 1])
                time.sleep(0.0005)
            return
        self.sock.sendall(data)

    def one(self, line):
        message = json.loads(line)
        command, args = message["execute"], message.get("arguments", {})
        how = read(os.path.join(self.folder, self.name + ".agent")).split()
        with open(os.path.join(self.folder, self.name + ".agent-log"), "a", encoding="utf-8") as f:
            f.write(json.dumps(message) + "\n")
        if how[:1] == ["die"]:
            return False
        if how[:1] == ["stall"] and (len(how) == 1 or how[1] == command):
            return True
        if how[:1] == ["late"] and (len(how) == 2 or how[2] == command):
            time.sleep(float(how[1]))
        if command in ("guest-sync-delimited", "guest-sync"):
            if how[:1] == ["stale"]:
                self.sock.sendall(b'{"return": "old"}\n\xff{"return": 17}\n{"ret')
            self.say({"return": args["id"]}, how, b"\xff" if command.endswith("delimited") else b"")
            return True
        if how[:1] == ["huge"]:
            self.sock.sendall(b'{"return": "' + b"x" * (80 << 20) + b'"}\n')
            return True
        if how[:1] == ["deep"]:
            self.sock.sendall(b'{"return": ' + b"[" * 1000000 + b"\n")
            return True
        if how[:1] == ["refuse"] and (len(how) == 1 or how[1] == command):
            self.say(refusal(f"no {command} today"), how)
            return True
        special = read(os.path.join(self.folder, self.name + ".agent-replies"))
        reply = json.loads(special).get(command) if special else None
        if reply or command not in SILENT:
            self.say(reply or answer(command, args), how)
        return True

    def run(self):
        pending = b""
        while True:
            data = self.sock.recv(65536)
            if not data:
                return
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                line = line.rpartition(b"\xff")[2].strip()
                if line and not self.one(line):
                    return


def serve(listener, folder, name):
    while True:
        sock, _ = listener.accept()
        try:
            Connection(sock, folder, name).run()
        except OSError:
            pass
        sock.close()


def start(fd, folder, name):
    """On a descriptor that listens; never returns."""
    serve(socket.socket(fileno=fd), folder, name)
