# SPDX-License-Identifier: LGPL-2.1-or-later
"""Functions of SR-IOV devices: made and removed by the kernel, given to vfio and taken back through libvirt."""
import os
import re

import libvirt

from cases import SYS, VFs, case, driver, equal, igb, link, netdev, nodedev_name, nvme_pf, pci, read, refused, true
from side import wait_for


class Events:
    """(name, event) of what happens to devices meanwhile."""
    def __init__(self, side):
        self.conn, self.seen = side.conn(), []

    def __enter__(self):
        self.id = self.conn.nodeDeviceEventRegisterAny(None, libvirt.VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE,
                                                       lambda _, device, event, *__: self.seen.append((device.name(), event)), None)
        return self.seen

    def __exit__(self, *unused):
        self.conn.nodeDeviceEventDeregisterAny(self.id)


def come_and_go(side, pf, most):
    names = side.names()
    with Events(side) as seen:
        with VFs(pf, 2) as functions:
            wanted = [nodedev_name(a) for a in functions]
            wait_for(lambda: set(wanted) <= set(side.names()))
            xml = side.xml(nodedev_name(pf))
            true(f"<capability type='virt_functions' maxCount='{most}'>" in xml, xml)
            for address in functions:
                domain, bus, slot, function = re.split('[:.]', address)
                element = f"<address domain='0x{domain}' bus='0x{bus}' slot='0x{slot}' function='0x{function}'/>"
                true(element in xml, f'{element} is not in {xml}')
                mine = side.xml(nodedev_name(address))
                true("<capability type='phys_function'>" in mine, mine)
                true(f"<iommuGroup number='{link(SYS, address, 'iommu_group')}'>" in mine, mine)
            yield functions
        wait_for(lambda: not set(wanted) & set(side.names()))
        wait_for(lambda: side.names() == names)
        true(f"<capability type='virt_functions' maxCount='{most}'/>" in side.xml(nodedev_name(pf)), 'empty virt_functions')
        for name in wanted:
            for event in (libvirt.VIR_NODE_DEVICE_EVENT_CREATED, libvirt.VIR_NODE_DEVICE_EVENT_DELETED):
                wait_for(lambda: (name, event) in seen)


@case
def igb_functions_come_and_go(side):
    """By udev's events, with their network devices."""
    for functions in come_and_go(side, igb(), 7):
        for address in functions:
            wait_for(lambda: os.path.isdir(os.path.join(SYS, address, 'net')) and os.listdir(os.path.join(SYS, address, 'net')))
            wait_for(lambda: any(f'<interface>{netdev(address)}</interface>' in side.xml(n) for n in side.names()
                                 if n.startswith(f'net_{netdev(address)}_')))


@case
def nvme_functions_come_and_go(side):
    for _ in come_and_go(side, nvme_pf(), 4):
        pass


def there_and_back(side, address, by_virsh=False, name=None, usual=None):
    before, group = driver(address), link(SYS, address, 'iommu_group')
    device = side.device(nodedev_name(address), 'qemu')
    if by_virsh:
        side.virsh('nodedev-detach', nodedev_name(address), *(['--driver', name] if name else []))
    else:
        device.detachFlags(name, 0)
    equal('vfio-pci', driver(address), 'driver')
    true(os.path.exists(f'/dev/vfio/{group}'), f'/dev/vfio/{group} exists')
    wait_for(lambda: '<name>vfio-pci</name>' in side.xml(nodedev_name(address)))
    device.reset()
    if by_virsh:
        side.virsh('nodedev-reattach', nodedev_name(address))
    else:
        device.reAttach()
    true(driver(address) in (before, usual), f'driver after: {driver(address)}')
    equal('(null)', read(SYS, address, 'driver_override'), 'override')
    wait_for(lambda: driver(address) == before)
    wait_for(lambda: re.findall('<driver>\\s*<name>(.*)</name>', side.xml(nodedev_name(address))) == [before] * bool(before))


@case
def igb_function_detached(side):
    with VFs(igb(), 2) as functions:
        wait_for(lambda: all(driver(a) == 'igbvf' for a in functions))
        wait_for(lambda: nodedev_name(functions[0]) in side.names())
        there_and_back(side, functions[0], by_virsh=True, name='vfio')
        wait_for(lambda: os.path.isdir(os.path.join(SYS, functions[0], 'net')))
        equal('igbvf', driver(functions[1]), 'the other function')


@case
def nvme_function_detached(side):
    """The host's driver gives up on it after a moment: it has none before or after."""
    with VFs(nvme_pf(), 1) as functions:
        wait_for(lambda: nodedev_name(functions[0]) in side.names())
        wait_for(lambda: driver(functions[0]) is None)        # nvme gives up, and would take it from its next driver too
        there_and_back(side, functions[0], usual='nvme')


@case
def controller_detached(side):
    """The disk of a controller that is given away leaves the list, and comes back."""
    address = next(a for a in pci(class_='0x010802') if not read(SYS, a, 'sriov_totalvfs'))
    disks = [n for n in side.names() if n.startswith('block_nvme') and 'cafe' in n]
    equal(1, len(disks), 'disks')
    device = side.device(nodedev_name(address), 'qemu')
    device.dettach()
    equal('vfio-pci', driver(address), 'driver')
    wait_for(lambda: disks[0] not in side.names())
    device.reAttach()
    equal('nvme', driver(address), 'driver after')
    wait_for(lambda: disks[0] in side.names())


@case
def odd_requests(side):
    address = pci(driver='e1000')[0]
    device = side.device(nodedev_name(address), 'qemu')
    refused(None, lambda: device.detachFlags('no-such-driver', 0))
    equal('e1000', driver(address), 'driver')
    refused(None, lambda: side.device('computer', 'qemu').dettach())
    device.reAttach()                   # which nobody has taken
    equal('e1000', driver(address), 'driver')
