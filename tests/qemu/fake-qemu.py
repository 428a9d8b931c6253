#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
A QEMU that runs nothing: it takes QEMU's command line, greets on the monitor's descriptor and answers QMP. Its mood stands in a file
with the guest's name beside this program (tests copy it into a folder of their own) and is read before each answer:

  (missing)     answer everything
  stall         read commands, answer nothing
  stall CMD     the same for one command
  garble        answer with what is not JSON
  late SECONDS  answer after a while
  die           exit at the next command
  fail CMD      refuse that command
  unplug        the guest lets go of each device that it is asked for; "unplug refuse": it says no; "unplug SECONDS": after a while

NAME.said, if it is there, gets each command that came, with its arguments.

Behind a channel for a guest agent sits fake_agent.py, when that file is beside this program too. NAME.port says, while it exists, that the guest's
end of the channel is "closed".
"""
import json
import os
import re
import signal
import socket
import sys
import threading
import time

REPLIES = {
    "query-version": {"qemu": {"major": 7, "minor": 2, "micro": 0}, "package": "fake"},
    "query-target": {"arch": "x86_64"},
    "query-kvm": {"enabled": False, "present": False},
    "query-machines": [{"name": "pc-i440fx-7.2", "alias": "pc", "is-default": True, "cpu-max": 255, "hotpluggable-cpus": True,
                        "numa-mem-supported": False, "default-cpu-type": "qemu64-x86_64-cpu", "default-ram-id": "pc.ram", "deprecated": False}],
    "query-cpu-definitions": [{"name": "qemu64", "typename": "qemu64-x86_64-cpu", "unavailable-features": [], "static": False,
                               "migration-safe": True, "deprecated": False}],
    "qom-list-types": [{"name": n} for n in ("VGA", "virtio-blk-pci", "virtio-net-pci", "virtio-balloon-pci", "piix3-usb-uhci", "isa-serial")],
    "query-cpus-fast": [{"cpu-index": 0, "thread-id": os.getpid(), "qom-path": "/machine/unattached/device[0]", "target": "x86_64"}],
    "query-chardev": [], "query-blockstats": [], "query-balloon": {"actual": 32 << 20},
}
STATE = {"status": "prelaunch"}
EVENTS = {"stop": "STOP", "cont": "RESUME", "system_reset": "RESET"}


def option(pattern):
    found = re.search(pattern, " ".join(sys.argv))
    return found.group(1) if found else None


def mood(name):
    try:
        with open(os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), name)) as f:
            return f.read().split()
    except OSError:
        return []


class Port:
    """The guest's end of its agent's channel."""
    def __init__(self, name, fd):
        self.name, self.say, self.lock, self.open = name, None, threading.Lock(), False
        import fake_agent       # beside this program
        folder = os.path.dirname(os.path.abspath(sys.argv[0]))
        threading.Thread(target=fake_agent.start, args=(fd, folder, name), daemon=True).start()
        threading.Thread(target=self.watch, daemon=True).start()
        REPLIES["query-chardev"] = [{"label": "charchannel0", "filename": "disconnected:unix", "frontend-open": False}]

    def watch(self):
        while True:
            now = mood(self.name + ".port")[:1] != ["closed"]
            with self.lock:
                if now != self.open and self.say:
                    self.open = REPLIES["query-chardev"][0]["frontend-open"] = now
                    self.say({"event": "VSERPORT_CHANGE", "timestamp": {"seconds": int(time.time()), "microseconds": 0},
                              "data": {"id": "channel0", "open": now}})
            time.sleep(0.02)


def note(name, command):
    path = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), name + ".said")
    if os.path.exists(path):
        with open(path, "a") as f:
            f.write(json.dumps({"execute": command["execute"], **command.get("arguments", {})}) + "\n")


def unplug(say, device, how):
    """What the guest does about it; in the default mood nothing."""
    if how[:1] != ["unplug"]:
        return
    event = "DEVICE_UNPLUG_GUEST_ERROR" if how[1:] == ["refuse"] else "DEVICE_DELETED"
    tell = lambda: say({"event": event, "timestamp": {"seconds": int(time.time()), "microseconds": 0},
                        "data": {"device": device, "path": "/machine/peripheral/" + device}})
    threading.Timer(float(how[1]) if how[1:] and how[1] != "refuse" else 0.05, tell).start()


def serve(sock, name, port=None):
    stream = sock.makefile("r", encoding="utf-8", newline="\n")
    lock = threading.Lock()

    def say(message):
        with lock:
            sock.sendall(json.dumps(message).encode() + b"\r\n")
    say({"QMP": {"version": REPLIES["query-version"], "capabilities": []}})
    for line in stream:
        command = json.loads(line)
        verb, how = command["execute"], mood(name)
        if how[:1] == ["die"]:
            os._exit(3)
        if how[:1] == ["stall"] and (len(how) == 1 or how[1] == verb):
            continue
        if how[:1] == ["garble"]:
            sock.sendall(b"}{ not json\r\n")
            continue
        if how[:1] == ["late"]:
            time.sleep(float(how[1]))
        note(name, command)
        if how[:2] == ["fail", verb]:
            say({"error": {"class": "GenericError", "desc": "no, thanks"}, "id": command.get("id")})
            continue
        status = STATE["status"] = {"stop": "paused", "cont": "running"}.get(verb, STATE["status"])
        value = {"status": status, "running": status == "running"} if verb == "query-status" else REPLIES.get(verb, {})
        if how[:1] == ["opens"] and verb == "cont":     # the guest is quicker than the reply
            say({"event": "VSERPORT_CHANGE", "timestamp": {"seconds": 1, "microseconds": 0}, "data": {"id": "channel0", "open": True}})
        if verb in EVENTS:
            now = time.time()
            say({"event": EVENTS[verb], "timestamp": {"seconds": int(now), "microseconds": 0}, "data": {"guest": False}})
        say({"return": value, "id": command.get("id")})
        if verb == "device_del":
            unplug(say, command["arguments"]["id"], how)
        if port and status == "running":
            with port.lock:
                port.say = say
        if verb == "quit":
            os._exit(0)


def main():
    fd = int(option(r"socket,id=\w+,fd=(\d+)"))
    name = option(r"guest=([^, ]+)") or "probe"
    signal.signal(signal.SIGTERM, (lambda *_: None) if mood(name)[:1] == ["stall"] else lambda *_: os._exit(0))
    sock = socket.socket(fileno=fd)
    channel = option(r"socket,id=charchannel0,fd=(\d+)")
    port = Port(name, int(channel)) if channel else None
    if not option(r"socket,id=\w+,fd=\d+,(server=on)"):
        serve(sock, name, port)
        return
    while True:
        connection, _ = sock.accept()
        try:
            serve(connection, name, port)
        except ConnectionError:         # the daemon was killed while it had something to read
            pass


if __name__ == "__main__":
    main()
