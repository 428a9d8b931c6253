#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The devices of a host that has thousands: ours against the reference's, on one machine in one run.

    sudo bench/devices.py [--build build] [--devices 5000] [--rounds 3]

A tree of files stands in for /sys: PCI devices with their network cards, disks and USB devices. Each daemon starts in a mount namespace
where that is /sys. `start` is the time from the start of the process to the first complete list, without that for an empty tree; `scan` is
a plain program that reads every file and link of the tree. The best round of each counts.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tests', 'integration'))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('--build', default='build')
parser.add_argument('--devices', type=int, default=5000)
parser.add_argument('--rounds', type=int, default=3)
args = parser.parse_args()
os.environ['LIBVIRT_BUILD'] = os.path.abspath(args.build)
import harness  # noqa: E402

URI = 'nodedev:///system'
APART = """#!/bin/sh
exec unshare -m --propagation private sh -c 'mount --bind {tree} /sys && exec "$@"' sh {binary} "$@"
"""


class Tree:
    """A folder that looks like /sys."""
    def __init__(self, root):
        self.root = root
        self.count = 0
        for folder in ('bus', 'class', 'devices', 'kernel', 'module', 'fs', 'block'):
            os.makedirs(os.path.join(root, folder))

    def device(self, path, kind, subsystem, uevent, **attributes):
        """kind: "bus" or "class"; attributes: contents; a value that begins with "->" is a link."""
        folder = os.path.join(self.root, 'devices', path)
        os.makedirs(folder)
        home = os.path.join(self.root, kind, subsystem, 'devices' if kind == 'bus' else '')
        os.makedirs(home, exist_ok=True)
        os.symlink(os.path.relpath(folder, home), os.path.join(home, os.path.basename(path)))
        os.symlink(os.path.relpath(os.path.join(self.root, kind, subsystem), folder), os.path.join(folder, 'subsystem'))
        for name, value in dict(attributes, uevent=uevent).items():
            name = os.path.join(folder, name.replace('__', '/'))
            os.makedirs(os.path.dirname(name), exist_ok=True)
            if isinstance(value, str) and value.startswith('->'):
                target = os.path.join(self.root, value[2:])
                os.makedirs(target, exist_ok=True)
                os.symlink(os.path.relpath(target, os.path.dirname(name)), name)
            else:
                with open(name, 'wb') as f:
                    f.write(value if isinstance(value, bytes) else value.encode())
        self.count += 1
        return path


def pci(tree, n):
    address = f'{n >> 13:04x}:{n >> 5 & 255:02x}:{n & 31:02x}.0'
    config = bytes([0x86, 0x80, 0x0e, 0x10]) + bytes([6, 0, 0x10, 0]) + bytes([0, 0, 0, 2]) + bytes(244)
    path = tree.device(f'pci{n >> 13:04x}:{n >> 5 & 255:02x}/{address}', 'bus', 'pci',
                       f'DRIVER=e1000\nPCI_CLASS=20000\nPCI_ID=8086:100E\nPCI_SLOT_NAME={address}\n',
                       vendor='0x8086\n', device='0x100e\n', **{'class': '0x020000\n'}, config=config, numa_node='0\n',
                       subsystem_vendor='0x8086\n', subsystem_device='0x0001\n', revision='0x02\n', irq='11\n', enable='1\n',
                       driver='->bus/pci/drivers/e1000', iommu_group=f'->kernel/iommu_groups/{n}')
    group = os.path.join(tree.root, 'kernel', 'iommu_groups', str(n), 'devices')
    os.makedirs(group)
    os.symlink(os.path.relpath(os.path.join(tree.root, 'devices', path), group), os.path.join(group, address))
    return path


def net(tree, n, parent):
    address = ':'.join(f'{b:02x}' for b in (0x52, 0x54, 0, n >> 16, n >> 8 & 255, n & 255))
    tree.device(f'{parent}/net/bench{n}', 'class', 'net', f'INTERFACE=bench{n}\nIFINDEX={n + 1000}\n', address=address + '\n', operstate='up\n',
                speed='1000\n', mtu='1500\n', ifindex=f'{n + 1000}\n', device=f'->devices/{parent}')


def disk(tree, n):
    tree.device(f'virtual/block/vd{n}', 'class', 'block', f'MAJOR=254\nMINOR={n}\nDEVNAME=vd{n}\nDEVTYPE=disk\n', size='204800\n',
                queue__logical_block_size='512\n', queue__physical_block_size='512\n', ro='0\n', removable='0\n')


def usb(tree, n):
    path = tree.device(f'platform/usb1/1-{n}', 'bus', 'usb', f'MAJOR=189\nMINOR={n}\nDEVNAME=bus/usb/001/{n:03d}\nDEVTYPE=usb_device\nDRIVER=usb\n',
                       busnum='1\n', devnum=f'{n}\n', idVendor='0627\n', idProduct='0001\n', manufacturer='Maker\n', product='Pointer\n')
    tree.device(f'{path}/1-{n}:1.0', 'bus', 'usb', 'DEVTYPE=usb_interface\nDRIVER=usbhid\n', bInterfaceNumber='00\n', bInterfaceClass='03\n',
                bInterfaceSubClass='00\n', bInterfaceProtocol='00\n')


def grow(root, devices):
    """two fifths PCI, as many network cards on them, a tenth disks, a tenth USB"""
    tree = Tree(root)
    for n in range(devices * 2 // 5):
        net(tree, n, pci(tree, n))
    for n in range(devices // 10):
        disk(tree, n)
    for n in range(devices // 20):
        usb(tree, n)
    return tree


class Side:
    def __init__(self, name, binary, env):
        self.name, self.env = name, dict(env, SYSTEMD_DEVICE_VERIFY_SYSFS='0')
        self.binary = binary
        self.best = {}

    def client(self, mode, what):
        out = subprocess.run([harness.path('bench', 'bench-devices'), mode, what], env=self.env, check=True, stdout=subprocess.PIPE, text=True,
                             timeout=200).stdout
        return {line.split()[0]: float(line.split()[1]) for line in out.splitlines()}

    def run(self, tree, full):
        """A daemon whose /sys is that tree: when the first list was there, and how long it takes from then on."""
        apart = tree + '.sh'
        with open(apart, 'w') as f:
            f.write(APART.format(tree=tree, binary=self.binary))
        os.chmod(apart, 0o755)
        begin = time.monotonic()
        process = subprocess.Popen([apart, '-p', '/run/libvirt/bench.pid'], env=self.env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            found = self.client('first', URI)
            found['first'] = found.pop('at') - begin * 1e6
            if full:
                found.update(self.client('list', URI))
            with open(f'/proc/{process.pid}/status') as f:
                found['rss'] = float(dict(line.split(':', 1) for line in f.read().splitlines())['VmRSS'].split()[0])
            return found
        finally:
            process.terminate()
            process.wait(30)
            harness.wipe()

    def round(self, empty, tree):
        os.makedirs('/etc/libvirt', exist_ok=True)
        before = self.run(empty, False)
        found = self.run(tree, True)
        found['start'] = found['first'] - before['first']
        found['rss.more'] = found['rss'] - before['rss']
        for name, value in found.items():
            self.best[name] = min(value, self.best.get(name, value))


def main():
    harness.enter()
    cache = subprocess.run(['/sbin/ldconfig', '-p'], check=True, capture_output=True, text=True).stdout
    theirs = next(line.split('=> ')[1] for line in cache.splitlines() if line.strip().startswith('libvirt.so.0 '))
    sides = [Side('ours', harness.LIBVIRTD, harness.ours())]
    if os.path.exists(harness.ORACLE):
        sides.insert(0, Side('reference', harness.ORACLE, dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(theirs))))
    folder = tempfile.mkdtemp(dir='/run')
    try:
        empty, tree = os.path.join(folder, 'empty'), os.path.join(folder, 'sys')
        Tree(empty)
        count = grow(tree, args.devices).count
        for unused in range(args.rounds):
            for side in sides:
                side.round(empty, tree)
        floor = sides[-1].client('scan', tree)
    finally:
        shutil.rmtree(folder)
    report(sides, floor, count)


def report(sides, floor, count):
    print(f'{count} devices; a plain scan of their {floor["files"]:.0f} files: {floor["scan"]:.0f} µs')
    ours = sides[-1].best
    bars = {'list': (ours['list'] / floor['scan'], 3, 'of the scan'), 'documents': (ours['documents'] / floor['scan'], 0, 'of the scan')}
    if len(sides) > 1:
        reference = sides[0].best
        bars['start'] = (ours['start'] / reference['start'], 1 / 3, "of the reference's")
        bars['rss'] = (ours['rss'] / reference['rss'], 1 / 3, "of the reference's")
        bars['rss.more'] = (ours['rss.more'] / reference['rss.more'], 0, "of the reference's")
    print(f'{"":12}' + ''.join(f'{s.name:>14}' for s in sides) + '   (µs; rss in KiB)')
    for name in ours:
        line = f'{name:12}' + ''.join(f'{s.best[name]:14.0f}' for s in sides)
        if name in bars:
            ratio, most, what = bars[name]
            line += f'   {ratio:.3f} {what}' + (f', at most {most:.2f}: {"met" if ratio <= most else "MISSED"}' if most else '')
        print(line)


main()
