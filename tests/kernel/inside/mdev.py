# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mediated devices, of which udev and mdevctl each know a part."""
import os
import re

import libvirt

from cases import case, equal, link, read, true
from side import run, wait_for

UUID = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001'
INACTIVE = 1                    # which the reference of this machine is too old for
BUS = '/sys/bus/mdev/devices'


def document(parent, kind, uuid=UUID, attributes=()):
    rows = ''.join(f"<attr name='{n}' value='{v}'/>" for n, v in attributes)
    return (f"<device><parent>{parent}</parent><capability type='mdev'><type id='{kind}'/><uuid>{uuid}</uuid>{rows}</capability></device>")


def parent_of(side, name):
    """Which device it is in the list."""
    return next(n for n in side.names(libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES)
                if f'<path>/sys/devices/virtual/{name}/{name}</path>' in side.xml(n))


def mdevs(side):
    flags = libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV
    return sorted(d.name() for d in side.conn().listAllDevices(
        flags | libvirt.VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE | libvirt.VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE))


def forget():
    """What a case that failed has left."""
    for uuid in os.listdir(BUS):
        run('mdevctl', 'stop', '-u', uuid, check=False)
    for uuid in re.findall(r'^([0-9a-f-]{36}) ', run('mdevctl', 'list', '-d'), re.M):
        run('mdevctl', 'undefine', '-u', uuid, check=False)


def life(side, parent, kind):
    forget()
    wait_for(lambda: not mdevs(side))
    device = side.conn().nodeDeviceDefineXML(document(parent_of(side, parent), kind), 0)
    name = device.name()
    equal((0, 1), (device.isActive(), device.isPersistent()), 'defined')
    true(UUID in run('mdevctl', 'list', '-d'), 'mdevctl knows it')
    device.setAutostart(1)
    device.create(0)
    true(os.path.isdir(f'{BUS}/{UUID}'), 'it runs')
    wait_for(lambda: side.device(name).isActive())
    yield name
    device = side.device(name)
    equal([name], mdevs(side), 'one device')
    equal((1, 1, 1), (device.isActive(), device.isPersistent(), device.autostart()), 'started')
    xml = device.XMLDesc()
    for want in (f'<uuid>{UUID}</uuid>', f"<type id='{kind}'/>", f'<parent>{parent_of(side, parent)}</parent>',
                 f"<iommuGroup number='{link(BUS, UUID, 'iommu_group')}'/>", f'<path>/sys/devices/virtual/{parent}'):
        true(want in xml, f'{want} is not in {xml}')
    device.destroy()
    wait_for(lambda: not os.path.exists(f'{BUS}/{UUID}'))
    wait_for(lambda: not side.device(name).isActive())
    equal((0, 1, 1), (device.isActive(), device.isPersistent(), device.autostart()), 'stopped')
    device.undefine()
    equal([], mdevs(side), 'undefined')
    true(UUID not in run('mdevctl', 'list', '-d'), 'mdevctl has forgotten it')


@case
def mtty(side):
    """Defined, started, seen by both sources as one; the daemon restarted; stopped, undefined."""
    for name in life(side, 'mtty', 'mtty-2'):
        true('<availableInstances>11</availableInstances>' in side.xml('mtty_mtty'), 'one instance less is to be had')
        active = side.xml(name)
        inactive = side.xml(name, INACTIVE) if side.name == 'ours' else None
        side.restart()
        equal(active, side.xml(name), 'document after the restart')
        if inactive:
            equal(inactive, side.xml(name, INACTIVE), 'definition after the restart')


@case
def attributes(side):
    """What mdevctl keeps of a device survives its start and a restart of the daemon. The sample driver has no attributes to set,
    so that one with them does not start: an error of mdevctl's, and it stays as it was defined."""
    forget()
    device = side.conn().nodeDeviceDefineXML(document('mtty_mtty', 'mtty-1', attributes=[('color', 'red'), ('size', '7')]), 0)
    name = device.name()
    for _ in range(2):
        equal([('color', 'red'), ('size', '7')], re.findall(r"<attr name='(\w+)' value='(\w+)'/>", side.xml(name)), 'attributes')
        equal(0, side.device(name).isActive(), 'active')
        try:
            side.device(name).create(0)
            raise AssertionError('it was started')
        except libvirt.libvirtError as e:
            true('color' in str(e), f'no word of the attribute: {e}')
        equal(False, os.path.exists(f'{BUS}/{UUID}'), 'it runs')
        side.restart()
    side.device(name).undefine()


@case
def others_change_it(side):
    """mdevctl in another's hands: defined, started, changed, stopped, undefined behind the daemon's back."""
    forget()
    run('mdevctl', 'define', '-u', UUID, '-p', 'mtty', '-t', 'mtty-1')
    name = wait_for(lambda: mdevs(side))[0]
    equal((0, 1), (side.device(name).isActive(), side.device(name).isPersistent()), 'defined')
    run('mdevctl', 'start', '-u', UUID)
    wait_for(lambda: side.device(name).isActive())
    equal([name], mdevs(side), 'one device')
    run('mdevctl', 'modify', '-u', UUID, '--auto')
    wait_for(lambda: side.device(name).autostart())
    run('mdevctl', 'stop', '-u', UUID)
    wait_for(lambda: not side.device(name).isActive())
    run('mdevctl', 'undefine', '-u', UUID)
    wait_for(lambda: not mdevs(side))


@case
def transient(side):
    """Made without a definition: gone when it is stopped."""
    forget()
    device = side.conn().nodeDeviceCreateXML(document('mtty_mtty', 'mtty-1'), 0)
    equal((1, 0), (device.isActive(), device.isPersistent()), 'created')
    equal('mtty', os.path.basename(os.path.dirname(os.path.realpath(f'{BUS}/{UUID}'))), 'parent')
    equal('Single port serial', read(f'{BUS}/{UUID}/mdev_type/name'), 'type')
    device.destroy()
    wait_for(lambda: not mdevs(side))


@case
def mdpy(side):
    """The kernel's other sample: an error to nobody that its parent is of a kind which the reference does not list."""
    forget()
    run('mdevctl', 'start', '-u', UUID, '-p', 'mdpy', '-t', 'mdpy-hd')
    name = wait_for(lambda: mdevs(side))[0]
    xml = side.xml(name)
    true("<type id='mdpy-hd'/>" in xml and f'<uuid>{UUID}</uuid>' in xml, xml)
    equal((1, 0), (side.device(name).isActive(), side.device(name).isPersistent()), 'started')
    run('mdevctl', 'define', '-u', UUID)
    wait_for(lambda: side.device(name).isPersistent())
    equal([name], mdevs(side), 'one device')
    side.restart()
    equal((1, 1), (side.device(name).isActive(), side.device(name).isPersistent()), 'after the restart')
    equal([name], mdevs(side), 'one device')
    side.device(name).destroy()
    wait_for(lambda: not side.device(name).isActive())
    side.device(name).undefine()
    wait_for(lambda: not mdevs(side))
