# SPDX-License-Identifier: LGPL-2.1-or-later
"""The devices as they are when nothing happens."""
import difflib
import json
import os
import re

import libvirt

import reasons
from cases import OUT, SYS, both, case, equal, link, nodedev_name, read, true
from side import run


def compare(ours, ref, used, keep=False):
    """What differs between the documents of both, name by name, beyond what reasons.py explains."""
    bad = []
    for name in ref.names():
        want, have = ref.xml(name), ours.xml(name)
        for folder, text in (('ref', want), ('ours', have)) if keep else ():
            os.makedirs(f'{OUT}/{folder}.xml', exist_ok=True)
            with open(f'{OUT}/{folder}.xml/{name}.xml', 'w', encoding='utf-8') as f:
                f.write(text)
        a, b = reasons.without(name, want, have, used)
        if a != b:
            diff = list(difflib.unified_diff(a.splitlines(), b.splitlines(), 'ref', 'ours', n=0, lineterm=''))[2:]
            bad.append(f'{name}: {" | ".join(diff)}')
    return bad


@both
def two_implementations(ours, ref):
    """It would be easy to be the same by being the same program."""
    true(ours.conn().getLibVersion() > ref.conn().getLibVersion(), 'versions')


@both
def documents(ours, ref):
    """Names and documents of all devices are the reference's, but for what reasons.py explains."""
    equal(ref.names(), ours.names(), 'names')
    used = set()
    equal([], compare(ours, ref, used, True), 'documents')
    equal(set(), set(reasons.NAMES) - used, 'reasons that explain nothing')


@both
def parents_and_kinds(ours, ref):
    """What stands in no document: counts, parents and capabilities by the API, and the flags of the list."""
    for name in ref.names():
        a, b = ref.device(name), ours.device(name)
        equal((a.parent(), sorted(a.listCaps()), a.numOfCaps()), (b.parent(), sorted(b.listCaps()), b.numOfCaps()), name)
    flags = {n: getattr(libvirt, n) for n in dir(libvirt) if n.startswith('VIR_CONNECT_LIST_NODE_DEVICES_')}
    for name, flag in flags.items():
        equal(ref.names(flag), ours.names(flag), name)
    for cap in ('pci', 'net', 'scsi', 'storage', 'usb', 'scsi_generic', 'drm', 'mdev_types', 'system', 'scsi_host'):
        equal(sorted(ref.conn().listDevices(cap)), sorted(ours.conn().listDevices(cap)), cap)


@case
def groups(side):
    """IOMMU groups in the documents are the kernel's."""
    seen = 0
    for address in os.listdir(SYS):
        group = link(SYS, address, 'iommu_group')
        xml = side.xml(nodedev_name(address))
        found = re.search(r"<iommuGroup number='(\d+)'>(.*?)</iommuGroup>", xml, re.S)
        equal(group, found and found.group(1), address)
        if group is not None:
            members = {'%04x:%02x:%02x.%x' % tuple(int(n, 16) for n in m) for m in re.findall(
                r"<address domain='(\w+)' bus='(\w+)' slot='(\w+)' function='(\w+)'/>", found.group(2))}
            equal(set(os.listdir(f'/sys/kernel/iommu_groups/{group}/devices')), members, address)
            seen += len(members) > 1
    true(seen, 'there is no group of several devices to look at')


@case
def host_functions(side):
    """The five ways of src/host/ to ask for groups, and the physical port's name: a program of the build prints what they answer."""
    told = json.loads(run(f'/run/base{os.environ["HOST_PROGRAM"]}', env=dict(os.environ, LD_LIBRARY_PATH=f'/run/base{os.environ["HOST_LIBRARIES"]}')))
    equal(set(os.listdir(SYS)), set(told['pci']), 'devices')
    for address, groups_ in told['pci'].items():
        group = link(SYS, address, 'iommu_group')
        members = sorted(os.listdir(f'/sys/kernel/iommu_groups/{group}/devices')) if group is not None else []
        equal(-2 if group is None else int(group), groups_['number'], address)
        for way in ('iterated', 'listed', 'array'):
            equal(members, sorted(groups_[way]), f'{way} of {address}')
        equal(None if group is None else f'/dev/vfio/{group}', groups_['node'], address)
    for name, port in told['net'].items():
        equal({'id': read('/sys/class/net', name, 'phys_port_id') or None}, port, name)
    equal(set(os.listdir('/sys/class/net')), set(told['net']), 'network devices')
