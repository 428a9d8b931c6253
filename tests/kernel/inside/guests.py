# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices given to guests. QEMU in the machine emulates a guest that stays in its firmware, which is enough for it to hold its devices."""
import json
import os
import re
import signal
import xml.etree.ElementTree as ET

import libvirt

from cases import SYS, VFs, case, driver, equal, igb, link, netdev, pci, read, refused, true, write
from mdev import UUID, document, forget, parent_of
from side import run, wait_for

BEFORE = {'mac': '52:54:00:11:22:33', 'vlan': 7}
DURING = {'mac': '52:54:00:aa:bb:01', 'vlan': 42}


# Without ACPI's part in it, a slot that the guest has not switched on is emptied at once.
NATIVE = ("<qemu:commandline><qemu:arg value='-global'/><qemu:arg value='ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off'/>"
          "</qemu:commandline>")


def xml(name, devices, more=''):
    return f'''<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>{name}</name><memory unit='MiB'>16</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os>
<devices><memballoon model='none'/><controller type='pci' model='pcie-root'/><controller type='pci' model='pcie-root-port'/>
<controller type='pci' model='pcie-root-port'/><controller type='pci' model='pcie-root-port'/>{devices}</devices>{more}</domain>'''


def source(address, kind=" type='pci'"):
    return f"<address{kind}" + " domain='0x%s' bus='0x%s' slot='0x%s' function='0x%s'/>" % tuple(re.split('[:.]', address))


def hostdev(address, managed='yes'):
    return f"<hostdev mode='subsystem' type='pci' managed='{managed}'><source>{source(address, '')}</source></hostdev>"


def interface(address, mac=DURING['mac'], vlan=DURING['vlan']):
    tag = f"<vlan><tag id='{vlan}'/></vlan>" if vlan else ''
    return f"<interface type='hostdev' managed='yes'><mac address='{mac}'/><source>{source(address)}</source>{tag}</interface>"


def usb(vendor, product, policy=''):
    return (f"<hostdev mode='subsystem' type='usb' managed='yes'><source{policy}><vendor id='{vendor}'/><product id='{product}'/></source>"
            "</hostdev>")


def of_vf(n):
    """What the physical function says of its function."""
    info = json.loads(run('ip', '-j', 'link', 'show', 'dev', netdev(igb())))[0]['vfinfo_list'][n]
    return {'mac': info.get('mac', info.get('address')), 'vlan': (info.get('vlan_list') or [{}])[0].get('vlan', 0)}


class Guests:
    """Guests of a case; none survives it."""
    def __init__(self, side):
        self.side = side

    def __enter__(self):
        return self

    def create(self, name, devices, more=''):
        return self.side.conn('qemu').createXML(xml(name, devices, more))

    def __exit__(self, *unused):
        self.side.start()
        for domain in self.side.conn('qemu').listAllDomains():
            if domain.isActive():
                domain.destroy()

    def pid(self, name):
        return int(read(self.side.path('run/qemu', f'{name}.pid')))


class Functions(VFs):
    """Of the network card; the host's driver has them, and the first has settings of the host's."""
    def __init__(self, n=2):
        super().__init__(igb(), n)

    def __enter__(self):
        functions = super().__enter__()
        wait_for(lambda: all(driver(a) == 'igbvf' and os.path.isdir(os.path.join(SYS, a, 'net')) for a in functions))
        run('ip', 'link', 'set', 'dev', netdev(self.pf), 'up')
        run('ip', 'link', 'set', 'dev', netdev(self.pf), 'vf', '0', 'mac', BEFORE['mac'])
        run('ip', 'link', 'set', 'dev', netdev(self.pf), 'vf', '0', 'vlan', str(BEFORE['vlan']))
        for action in ('unbind', 'bind'):       # so that the function's own device has the address too
            write(functions[0], '/sys/bus/pci/drivers/igbvf', action)
        wait_for(lambda: os.path.isdir(os.path.join(SYS, functions[0], 'net')))
        equal(BEFORE, of_vf(0), 'settings of the host')
        return functions


def holds(pid, address):
    """Has the process opened the device's group?"""
    group = '/dev/vfio/' + link(SYS, address, 'iommu_group')
    return any(os.path.realpath(f'/proc/{pid}/fd/{fd}') == group for fd in os.listdir(f'/proc/{pid}/fd'))


def taken(guests, name, address):
    equal('vfio-pci', driver(address), 'driver while the guest runs')
    true(holds(guests.pid(name), address), 'the guest holds the group')


def given_back(address, was='igbvf'):
    wait_for(lambda: driver(address) == was)
    equal('(null)', read(SYS, address, 'driver_override'), 'override')


def domain_xml(domain):
    return ET.fromstring(domain.XMLDesc()).find('devices')


@case
def interface_hostdev(side):
    """A function as a network interface: its MAC and VLAN are set before, and put back after."""
    with Functions() as functions, Guests(side) as guests:
        domain = guests.create('vf', interface(functions[0]))
        taken(guests, 'vf', functions[0])
        equal(DURING, of_vf(0), 'settings for the guest')
        equal('igbvf', driver(functions[1]), 'the other function')
        element = domain_xml(domain).find('interface')
        equal(('hostdev', 'vfio', 'hostdev0'), (element.get('type'), element.find('driver').get('name'), element.find('alias').get('name')), 'document')
        domain.destroy()
        given_back(functions[0])
        equal(BEFORE, of_vf(0), 'settings after')


@case
def interface_of_pool(side):
    """Guests get the functions of a network, each its own; there is none for the third."""
    with Functions() as functions, Guests(side) as guests:
        network = side.conn('qemu').networkCreateXML(
            f"<network><name>pool</name><forward mode='hostdev' managed='yes'><pf dev='{netdev(igb())}'/></forward></network>")
        try:
            one = "<interface type='network'><mac address='{}'/><source network='pool'/></interface>"
            got = []
            for n in range(2):
                domain = guests.create(f'p{n}', one.format(f'52:54:00:aa:bb:1{n}'))
                a = domain_xml(domain).find('interface/source/address')
                a = domain_xml(domain).find('interface/actual/source/address') if a is None else a
                text = domain.XMLDesc()
                used = [f for f in functions if driver(f) == 'vfio-pci' and f not in got]
                equal(1, len(used), text)
                true(holds(guests.pid(f'p{n}'), used[0]), 'the guest holds it')
                got += used
            equal(sorted(functions), sorted(got), 'functions')
            equal({'52:54:00:aa:bb:10', '52:54:00:aa:bb:11'}, {of_vf(0)['mac'], of_vf(1)['mac']}, 'settings')
            refused(None, lambda: guests.create('p2', one.format('52:54:00:aa:bb:12')), 'pool')
            side.conn('qemu').lookupByName('p0').destroy()
            given_back(got[0])
            guests.create('p3', one.format('52:54:00:aa:bb:13'))
            taken(guests, 'p3', got[0])
            for name in ('p1', 'p3'):
                side.conn('qemu').lookupByName(name).destroy()
            for f in functions:
                given_back(f)
            equal(BEFORE, of_vf(0), 'settings after')
        finally:
            network.destroy()


def macvtaps():
    """Name: the link below, the mode and the address of each."""
    return {l['ifname']: (l['link'], l['linkinfo']['info_data']['mode'], l['address'])
            for l in json.loads(run('ip', '-j', '-d', 'link', 'show', 'type', 'macvtap') or '[]') if l}


@case
def macvtap(side):
    """Devices on a card of the host, by themselves and from a network that lends the card; they go with their guests, also when the daemon
    has not seen these end."""
    card = netdev(igb())
    own = read('/sys/class/net', card, 'address')
    one = "<interface type='direct'><mac address='52:54:00:aa:cc:{}'/><source {}/><model type='virtio'/></interface>"
    equal({}, macvtaps(), 'before')
    with Guests(side) as guests:
        network = side.conn('qemu').networkCreateXML(
            f"<network><name>lent</name><forward mode='bridge'><interface dev='{card}'/></forward></network>")
        try:
            direct = guests.create('direct', one.format('01', f"dev='{card}' mode='vepa'"))
            lent = guests.create('lent', "<interface type='network'><mac address='52:54:00:aa:cc:02'/><source network='lent'/></interface>")
            made = {'macvtap0': (card, 'vepa', '52:54:00:aa:cc:01'), 'macvtap1': (card, 'bridge', '52:54:00:aa:cc:02')}
            equal(made, macvtaps(), 'while they run')
            target = domain_xml(direct).find('interface/target')
            equal('macvtap0', target.get('dev'), 'document')
            equal('direct', domain_xml(lent).find('interface').get('type'), 'document of the lent one')
            nodes = {os.readlink(f"/proc/{guests.pid('direct')}/fd/{fd}") for fd in os.listdir(f"/proc/{guests.pid('direct')}/fd")}
            true('/dev/tap' + read('/sys/class/net/macvtap0/ifindex') in nodes, nodes)
            pid = guests.pid('direct')
            side.stop(signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)
            side.start()
            wait_for(lambda: 'macvtap0' not in macvtaps())
            lent = side.conn('qemu').lookupByName('lent')
            equal(['macvtap1'], list(macvtaps()), 'after the crash')
            lent.destroy()
            equal({}, macvtaps(), 'after')
            through = guests.create('through', one.format('03', f"dev='{card}' mode='passthrough'"))
            equal('52:54:00:aa:cc:03', read('/sys/class/net', card, 'address'), 'the card while it is passed through')
            refused(None, lambda: guests.create('second', one.format('04', f"dev='{card}' mode='passthrough'")))
            through.destroy()
            equal(({}, own), (macvtaps(), read('/sys/class/net', card, 'address')), 'after it was passed through')
        finally:
            side.conn('qemu').networkLookupByName('lent').destroy()


def controller():
    return next(a for a in pci(class_='0x010802') if not read(SYS, a, 'sriov_totalvfs'))


@case
def nvme_controller(side):
    """Managed: the host's disk is gone while the guest runs."""
    with Guests(side) as guests:
        domain = guests.create('nv', hostdev(controller()))
        taken(guests, 'nv', controller())
        true(not any('cafe' in n for n in side.names()), 'the disk is gone')
        domain.destroy()
        given_back(controller(), 'nvme')
        wait_for(lambda: any('cafe' in n for n in side.names()))


@case
def unmanaged(side):
    """Whoever does not let libvirt detach the device has to do it, and to take it back."""
    with Functions() as functions, Guests(side) as guests:
        refused(None, lambda: guests.create('un', hostdev(functions[1], 'no')))
        equal('igbvf', driver(functions[1]), 'driver after the refusal')
        device = side.device('pci_' + re.sub(r'\W', '_', functions[1]), 'qemu')
        device.dettach()
        domain = guests.create('un', hostdev(functions[1], 'no'))
        taken(guests, 'un', functions[1])
        domain.destroy()
        equal('vfio-pci', driver(functions[1]), 'driver after')
        device.reAttach()
        given_back(functions[1])


@case
def mediated(side):
    forget()
    device = side.conn().nodeDeviceCreateXML(document(parent_of(side, 'mtty'), 'mtty-1'), 0)
    one = f"<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='{UUID}'/></source></hostdev>"
    with Guests(side) as guests:
        domain = guests.create('md', one)
        group = os.path.basename(os.readlink(f'/sys/bus/mdev/devices/{UUID}/iommu_group'))
        true(f'/dev/vfio/{group}' in [os.path.realpath(f'/proc/{guests.pid("md")}/fd/{f}') for f in os.listdir(f'/proc/{guests.pid("md")}/fd')],
             'the guest holds it')
        refused(None, lambda: guests.create('md2', one), 'in use')
        domain.destroy()
    device.destroy()
    with Guests(side) as guests:
        refused(None, lambda: guests.create('md', one))


def usb_node(vendor):
    at = next(f'/sys/bus/usb/devices/{n}' for n in os.listdir('/sys/bus/usb/devices') if read('/sys/bus/usb/devices', n, 'idVendor') == vendor)
    return '/dev/bus/usb/%03d/%03d' % (int(read(at, 'busnum')), int(read(at, 'devnum')))


def opened(pid, path):
    return path in [os.path.realpath(f'/proc/{pid}/fd/{f}') for f in os.listdir(f'/proc/{pid}/fd')]


USB = "<controller type='usb' model='qemu-xhci'/>"


@case
def usb_devices(side):
    """By vendor and product: the one, none, several; one that may be missing; a device that a guest has."""
    with Guests(side) as guests:
        domain = guests.create('us', USB + usb('0x46f4', '0x0001'))
        a = domain_xml(domain).find('hostdev/source/address')
        equal(usb_node('46f4'), '/dev/bus/usb/%03d/%03d' % (int(a.get('bus')), int(a.get('device'))), 'address')
        wait_for(lambda: opened(guests.pid('us'), usb_node('46f4')))
        refused(None, lambda: guests.create('us2', USB + usb('0x46f4', '0x0001')), 'in use', 'us')
        refused(None, lambda: guests.create('us3', USB + usb('0x0627', '0x0001')), 'multiple', '627:1')
        refused(None, lambda: guests.create('us4', USB + usb('0x1234', '0x5678')), '1234')
        domain = guests.create('us5', USB + usb('0x1234', '0x5678', " startupPolicy='optional'"))
        equal(None, domain_xml(domain).find('hostdev/source/address'), 'there is none')


@case
def scsi_device(side):
    host = next(h for h in os.listdir('/sys/class/scsi_host') if read('/sys/class/scsi_host', h, 'proc_name') == 'scsi_debug')
    one = ("<controller type='scsi' model='virtio-scsi'/><hostdev mode='subsystem' type='scsi'><source>"
           f"<adapter name='scsi_{host}'/><address bus='0' target='0' unit='0'/></source></hostdev>")
    node = next(f'/dev/{n}' for n in os.listdir('/sys/class/scsi_generic')
                if os.path.basename(os.path.realpath(f'/sys/class/scsi_generic/{n}/device')) == f'{host[4:]}:0:0:0')
    with Guests(side) as guests:
        domain = guests.create('sc', one)
        true(opened(guests.pid('sc'), node), f'{node} is open')
        refused(None, lambda: guests.create('sc2', one), 'in use')
        domain.destroy()


@case
def in_use(side):
    """A device of a running guest is refused to others, by the guest's name; also to those who would detach, give back or reset it."""
    with Functions() as functions, Guests(side) as guests:
        domain = guests.create('first', hostdev(functions[1]))
        for n, devices in enumerate((hostdev(functions[1]), interface(functions[1]))):
            refused(None, lambda: guests.create(f'second{n}', devices), 'in use', 'first')
        device = side.device('pci_' + re.sub(r'\W', '_', functions[1]), 'qemu')
        for call, word in ((device.dettach, 'in use'), (device.reAttach, 'in use'), (device.reset, 'active')):
            refused(None, call, word)
        taken(guests, 'first', functions[1])
        domain.destroy()
        given_back(functions[1])


@case
def whole_group(side):
    """A group goes to a guest as a whole or not at all."""
    both = pci(driver='e1000')
    with Guests(side) as guests:
        said = refused(None, lambda: guests.create('gr', hostdev(both[0])), 'viable')
        print('group:', said)
        for address in both:
            given_back(address, 'e1000')


@case
def crash(side):
    """The daemon is killed while a guest has a function; the next one knows what to put back when the guest ends."""
    with Functions() as functions, Guests(side) as guests:
        guests.create('cr', interface(functions[0]))
        side.restart(signal.SIGKILL)
        domain = side.conn('qemu').lookupByName('cr')
        taken(guests, 'cr', functions[0])
        equal(DURING, of_vf(0), 'settings for the guest')
        refused(None, lambda: guests.create('second', hostdev(functions[0])), 'in use', 'cr')
        domain.destroy()
        given_back(functions[0])
        equal(BEFORE, of_vf(0), 'settings after')


@case
def crash_of_both(side):
    """The guest ends while no daemon runs."""
    with Functions() as functions, Guests(side) as guests:
        guests.create('cr', interface(functions[0]))
        pid = guests.pid('cr')
        side.stop(signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not os.path.exists(f'/proc/{pid}'))
        side.start()
        equal([], [d.name() for d in side.conn('qemu').listAllDomains()], 'guests')
        given_back(functions[0])
        equal(BEFORE, of_vf(0), 'settings after')


@case
def plug(side):
    """A function comes into a running guest and leaves it."""
    with Functions() as functions, Guests(side) as guests:
        domain = guests.create('hp', USB, NATIVE)
        domain.attachDeviceFlags(interface(functions[0]), libvirt.VIR_DOMAIN_AFFECT_LIVE)
        taken(guests, 'hp', functions[0])
        equal(DURING, of_vf(0), 'settings for the guest')
        refused(None, lambda: domain.attachDeviceFlags(hostdev(functions[0]), libvirt.VIR_DOMAIN_AFFECT_LIVE), 'in use')
        domain.attachDeviceFlags(usb('0x46f4', '0x0001'), libvirt.VIR_DOMAIN_AFFECT_LIVE)
        wait_for(lambda: opened(guests.pid('hp'), usb_node('46f4')))
        domain.detachDeviceFlags(usb('0x46f4', '0x0001'), libvirt.VIR_DOMAIN_AFFECT_LIVE)
        wait_for(lambda: domain_xml(domain).find('hostdev') is None)
        domain.detachDeviceFlags(interface(functions[0]), libvirt.VIR_DOMAIN_AFFECT_LIVE)
        wait_for(lambda: domain_xml(domain).find('interface') is None)
        given_back(functions[0])
        equal(BEFORE, of_vf(0), 'settings after')


@case
def failed_start(side):
    """When the last device cannot be had, the first is given back."""
    with Functions() as functions, Guests(side) as guests:
        refused(None, lambda: guests.create('fs', interface(functions[0]) + hostdev(pci(driver='e1000')[0])))
        given_back(functions[0])
        equal(BEFORE, of_vf(0), 'settings after')
        given_back(pci(driver='e1000')[0], 'e1000')
