# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices come, change and go: both lists say the same afterwards, by names and documents."""
import os

from cases import SYS, VFs, both, equal, igb, nodedev_name, pci, true, write
from listing import compare
from side import run, wait_for


class Step:
    """Something happened: `there` and `gone` are what it did to the reference's list."""
    def __init__(self, ours, ref):
        self.ours, self.ref = ours, ref
        self.before = set(ref.names())

    def settled(self):
        run('udevadm', 'settle', '-t', '150', timeout=200)
        try:
            wait_for(lambda: self.ref.names() == self.ours.names())
        except AssertionError:
            equal(self.ref.names(), self.ours.names(), 'names')
        names = set(self.ref.names())
        there, gone, self.before = names - self.before, self.before - names, names
        return there, gone

    def check(self, there=0, gone=0):
        """At least so many, and equal documents."""
        have = self.settled()
        true(len(have[0]) >= there and len(have[1]) >= gone, f'too little has changed: {have}')
        equal([], compare(self.ours, self.ref, set()), 'documents')


@both
def network_devices(ours, ref):
    step = Step(ours, ref)
    run('ip', 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb')
    step.check(2)
    run('ip', 'link', 'set', 'va', 'name', 'vc')
    run('ip', 'link', 'set', 'vb', 'up')
    step.check()
    run('ip', 'link', 'del', 'vb')
    step.check(0, 2)


@both
def network_devices_of_software(ours, ref):
    """Some of these are listed, and some are not."""
    step = Step(ours, ref)
    before = ref.names()
    kinds = {'bridge': [], 'dummy': [], 'vlan': ['link', 'enp2s0', 'id', '5'], 'macvlan': ['link', 'enp2s0'], 'vxlan': ['id', '7', 'dstport', '4789'],
             'bond': [], 'macvtap': ['link', 'enp3s0']}
    for kind, how in kinds.items():
        parent, rest = how[:2] if how[:1] == ['link'] else [], how[2:] if how[:1] == ['link'] else how
        run('ip', 'link', 'add', *parent, 'name', f'x-{kind}', 'type', kind, *rest)
    run('ip', 'tuntap', 'add', 'dev', 'x-tap', 'mode', 'tap')
    print('listed:', sorted(step.settled()[0]))
    step.check()
    for kind in list(kinds) + ['tap']:
        run('ip', 'link', 'del', f'x-{kind}')
    step.check()
    equal(before, ref.names(), 'names at the end')


@both
def scsi_host(ours, ref):
    step = Step(ours, ref)
    write(1, '/sys/bus/pseudo/drivers/scsi_debug/add_host')
    wait_for(lambda: len([n for n in ref.names() if n.startswith('scsi_generic')]) > 4)
    step.check(5)                       # host, target, device, generic, disk
    write(-1, '/sys/bus/pseudo/drivers/scsi_debug/add_host')
    step.check(0, 5)


@both
def pci_removed_and_found(ours, ref):
    address = pci(driver='e1000e')[0]
    step = Step(ours, ref)
    write(1, SYS, address, 'remove')
    step.check(0, 2)
    write(1, '/sys/bus/pci/rescan')
    wait_for(lambda: nodedev_name(address) in ref.names() and os.path.isdir(os.path.join(SYS, address, 'net')))
    step.check(2)


@both
def functions(ours, ref):
    step = Step(ours, ref)
    with VFs(igb(), 3):
        wait_for(lambda: len([n for n in ref.names() if n.startswith('net_')]) >= 10)
        step.check(6)
    step.check(0, 6)


@both
def storm(ours, ref):
    """Events by the hundred, and devices that are gone before their event is read."""
    step = Step(ours, ref)
    for n in range(2):
        with VFs(igb(), 4):
            run('udevadm', 'trigger')
        run('ip', 'link', 'add', f'st{n}', 'type', 'veth')
    run('udevadm', 'settle', '-t', '300', timeout=330)
    step.check(4)
    for n in range(2):
        run('ip', 'link', 'del', f'st{n}', check=False)
    step.check(0, 4)
