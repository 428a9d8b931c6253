#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Makes the guests that the black-box tests and `make demo` boot, in a folder (default: build/guest beside this source tree):

  vmlinuz, initrd.gz   Debian's cloud kernel and a busybox initrd; the serial console ends in a shell after the line
                       "LIBVIRT-GUEST-READY"; virtio disk and NIC work, ACPI power-off is obeyed
  initrd-agent.gz      with --agent, the same with QEMU's guest agent, which serves the channel "org.qemu.guest_agent.0"
  disk.img             64 MiB raw image for /dev/vda (contents marked LIBVIRT-GUEST-DISK)
  boot.img             one boot sector that prints "BOOT-SECTOR-OK" to COM1 and then a dot for each second's worth of BIOS ticks

The packages of the kernel and the agent are downloaded with apt-get and unpacked, never installed. Nothing is done twice.
"""
import argparse
import gzip
import os
import re
import shutil
import subprocess
import sys

MODULES = ("virtio_pci virtio_blk virtio_net virtio_console virtio_balloon virtio_rng virtio_scsi sd_mod sr_mod ahci button "
           "i6300esb evdev isofs pvpanic_mmio pvpanic_pci").split()

INIT = r"""#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /mnt
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts; mount -t devpts devpts /dev/pts
for m in $(cat /modules.order); do insmod "/lib/modules/$m" 2>/dev/null; done
hostname guest
ip link set lo up
for n in /sys/class/net/e*; do
    [ -e "$n" ] || continue
    ip link set "${n##*/}" up
    echo "LIBVIRT-GUEST-NIC ${n##*/} $(cat "$n/address")"
done
[ -b /dev/vda ] && echo "LIBVIRT-GUEST-VDA $(cat /sys/block/vda/size) $(head -c 18 /dev/vda)"
# acpid of busybox: the power button ends the guest.
mkdir -p /etc/acpi/PWRF
printf '#!/bin/sh\npoweroff -f\n' >/etc/acpi/PWRF/00000080
chmod 755 /etc/acpi/PWRF/00000080
acpid -d >/dev/null 2>&1 &
for p in /sys/class/virtio-ports/*; do
    [ -x /sbin/qemu-ga ] && [ "$(cat "$p/name")" = org.qemu.guest_agent.0 ] || continue
    (while :; do qemu-ga -p "/dev/${p##*/}" -t /run -f /run/qemu-ga.pid; sleep 1; done >/dev/null 2>&1 &)
done
echo "LIBVIRT-GUEST-READY $(uname -r)"
case " $(cat /proc/cmdline) " in
    *" test.poweroff "*) sleep 1; poweroff -f;;
    *" test.reboot "*) sleep 1; reboot -f;;
    *" test.panic "*) sleep 1; echo c >/proc/sysrq-trigger;;
esac
while :; do setsid cttyhack sh; sleep 1; done
"""


def run(*argv, **kw):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, **kw).stdout.decode()


def kernel_package():
    out = run("apt-cache", "depends", "linux-image-cloud-amd64")
    found = re.search(r"Depends: (linux-image-\S+)", out)
    if not found:
        sys.exit("make-guest: apt does not know linux-image-cloud-amd64; run apt-get update")
    return found.group(1)


def unpack_kernel(folder):
    tree = os.path.join(folder, "kernel")
    if not os.path.isdir(tree):
        package = kernel_package()
        if not any(n.startswith(package + "_") for n in os.listdir(folder)):
            run("apt-get", "-q", "download", package, cwd=folder)
        deb = next(n for n in sorted(os.listdir(folder)) if n.startswith(package + "_"))
        run("dpkg", "-x", os.path.join(folder, deb), tree + ".new")
        os.rename(tree + ".new", tree)
    version = os.listdir(os.path.join(tree, "lib/modules"))[0]
    return tree, version


def module_files(root):
    return {re.sub(r"\.ko$", "", n).replace("-", "_"): os.path.join(d, n)
            for d, _, names in os.walk(root) for n in names if n.endswith(".ko")}


def with_dependencies(files, wanted):
    """Names in loading order; what the kernel has built in is missing from `files` and skipped."""
    order = []

    def add(name):
        if name in order or name not in files:
            return
        with open(files[name], "rb") as f:
            found = re.search(rb"\0depends=([^\0]*)\0", f.read())
        for dep in (found.group(1).decode() if found else "").split(","):
            add(dep.replace("-", "_"))
        order.append(name)
    for name in wanted:
        add(name)
    return order


class Cpio:
    """The newc format that the kernel unpacks."""
    def __init__(self):
        self.parts, self.inode = [], 1

    def add(self, name, data=b"", mode=0o100755, rdev=(0, 0)):
        raw = name.encode() + b"\0"
        head = "070701" + "".join("%08X" % v for v in (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(raw), 0))
        self.inode += 1
        entry = head.encode() + raw
        entry += b"\0" * (-len(entry) % 4) + data
        self.parts.append(entry + b"\0" * (-len(entry) % 4))

    def folder(self, name):
        self.add(name, mode=0o040755)

    def bytes(self):
        self.add("TRAILER!!!", mode=0)
        return b"".join(self.parts)


def make_initrd(tree, version, path):
    busybox = shutil.which("busybox") or "/bin/busybox"
    if not os.path.exists(busybox):
        sys.exit("make-guest: install busybox-static")
    files = module_files(os.path.join(tree, "lib/modules", version))
    order = with_dependencies(files, MODULES)
    archive = Cpio()
    for name in ("bin", "dev", "proc", "sys", "lib", "lib/modules", "etc"):
        archive.folder(name)
    archive.add("dev/console", mode=0o020600, rdev=(5, 1))
    with open(busybox, "rb") as f:
        archive.add("bin/busybox", f.read())
    archive.add("init", INIT.encode())
    for name in order:
        with open(files[name], "rb") as f:
            archive.add("lib/modules/%s.ko" % name, f.read(), 0o100644)
    archive.add("modules.order", "".join("%s.ko\n" % n for n in order).encode(), 0o100644)
    with gzip.open(path + ".new", "wb", 1) as f:
        f.write(archive.bytes())
    os.rename(path + ".new", path)


SHUTDOWN = r"""#!/bin/sh
case " $* " in *" -r "*) reboot -f;; *) poweroff -f;; esac
"""


def agent_package(folder):
    """The agent's program, or None where apt cannot get it."""
    tree = os.path.join(folder, "agent")
    if not os.path.isdir(tree):
        if subprocess.run(["apt-get", "-q", "download", "qemu-guest-agent"], cwd=folder, check=False, stdout=subprocess.DEVNULL).returncode:
            return None
        deb = next(n for n in sorted(os.listdir(folder)) if n.startswith("qemu-guest-agent_"))
        run("dpkg", "-x", os.path.join(folder, deb), tree + ".new")
        os.rename(tree + ".new", tree)
    return os.path.join(tree, "usr/sbin/qemu-ga")


def add_agent(initrd, program, path):
    """The kernel unpacks archives that follow each other as one. The libraries are this machine's."""
    libraries = re.findall(r"(/\S+) \(0x", run("ldd", program))
    archive = Cpio()
    for name in ("sbin", "lib64", "lib/x86_64-linux-gnu"):
        archive.folder(name)
    for source, name in [(program, "sbin/qemu-ga")] + [(n, n[1:]) for n in libraries]:
        with open(source, "rb") as f:
            archive.add(name, f.read())
    archive.add("sbin/shutdown", SHUTDOWN.encode())
    archive.add("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n", 0o100644)
    with open(path + ".new", "wb") as f:
        with open(initrd, "rb") as base:
            f.write(base.read())
        f.write(gzip.compress(archive.bytes(), 1))
    os.rename(path + ".new", path)


def boot_sector():
    """16-bit code, assembled by hand: set up COM1, print a text, then a dot each 18 ticks (one second) for ever."""
    code = bytearray()
    code += bytes.fromhex("fa31c08ed88ed0bc007cfb")         # cli; xor ax,ax; mov ds,ax; mov ss,ax; mov sp,7c00; sti
    code += bytes.fromhex("b8e30031d2cd14")                 # mov ax,00e3; xor dx,dx; int 14h (9600 8n1)
    code += b"\xbe\0\0"                                     # mov si,text
    text_at = len(code) - 2
    code += bytes.fromhex("ac84c0740831d2b401cd14ebf3")     # l: lodsb; test al,al; jz wait; xor dx,dx; mov ah,1; int 14h; jmp l
    code += bytes.fromhex("8b1e6c04")                       # wait: mov bx,[046c]
    code += bytes.fromhex("f4a16c0429d83d120072f5")         # h: hlt; mov ax,[046c]; sub ax,bx; cmp ax,18; jb h (right when it wraps)
    code += bytes.fromhex("b82e0131d2cd14ebe8")             # mov ax,012e; xor dx,dx; int 14h; jmp wait
    where = 0x7c00 + len(code)
    code[text_at:text_at + 2] = where.to_bytes(2, "little")
    code += b"BOOT-SECTOR-OK\r\n\0"
    return bytes(code).ljust(510, b"\0") + b"\x55\xaa"


def write_once(path, data):
    if not os.path.exists(path):
        with open(path + ".new", "wb") as f:
            f.write(data)
        os.rename(path + ".new", path)


def make_disk(path):
    if not os.path.exists(path):
        with open(path + ".new", "wb") as f:
            f.write(b"LIBVIRT-GUEST-DISK")
            f.truncate(64 << 20)
        os.rename(path + ".new", path)


def main():
    default = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/guest")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=os.path.normpath(default))
    parser.add_argument("--boot-sector-only", action="store_true", help="needs no network")
    parser.add_argument("--agent", action="store_true", help="also the initrd with QEMU's guest agent")
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    write_once(os.path.join(args.folder, "boot.img"), boot_sector())
    if args.boot_sector_only:
        return
    make_disk(os.path.join(args.folder, "disk.img"))
    vmlinuz, initrd = os.path.join(args.folder, "vmlinuz"), os.path.join(args.folder, "initrd.gz")
    stale = not os.path.exists(initrd) or os.path.getmtime(initrd) < os.path.getmtime(__file__)
    if stale or not os.path.exists(vmlinuz):
        tree, version = unpack_kernel(args.folder)
        shutil.copyfile(os.path.join(tree, "boot/vmlinuz-" + version), vmlinuz)
        make_initrd(tree, version, initrd)
    program = agent_package(args.folder) if args.agent else None
    with_agent = os.path.join(args.folder, "initrd-agent.gz")
    if program and (not os.path.exists(with_agent) or os.path.getmtime(with_agent) < os.path.getmtime(initrd)):
        add_agent(initrd, program, with_agent)
    print(args.folder)


if __name__ == "__main__":
    main()
