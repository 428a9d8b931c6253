# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a case is: a function of a side that raises when it is not as it should be. Those of `both` want both sides at once."""
import os
import re

from side import wait_for

CASES = []
SYS = '/sys/bus/pci/devices'
OUT = '/mnt/out'


def case(function):
    CASES.append((f'{function.__module__}.{function.__name__}', function, False))
    return function


def both(function):
    CASES.append((f'{function.__module__}.{function.__name__}', function, True))
    return function


def read(*parts):
    """A small file, None when it is not to be read."""
    try:
        with open(os.path.join(*parts), encoding='utf-8', errors='replace') as f:
            return f.read().strip()
    except OSError:
        return None


def write(text, *parts):
    with open(os.path.join(*parts), 'w', encoding='ascii') as f:
        f.write(str(text))


def equal(want, have, what=''):
    if want != have:
        if isinstance(want, list) and len(want) > 9:
            want, have = sorted(set(want) - set(have)), sorted(set(have) - set(want))
        raise AssertionError(f'{what}: want {want!r}, have {have!r}')


def true(value, what):
    if not value:
        raise AssertionError(what)


def nodedev_name(address):
    return 'pci_' + re.sub(r'\W', '_', address)


def link(*parts):
    """The name that a link of sysfs points to, None without one."""
    try:
        return os.path.basename(os.readlink(os.path.join(*parts)))
    except OSError:
        return None


def driver(address):
    return link(SYS, address, 'driver')


def pci(**want):
    """Addresses of devices by what their files say; class_='0x020000', driver='igb' …"""
    def fits(address):
        return all((driver(address) if k == 'driver' else read(SYS, address, k.rstrip('_'))) == v for k, v in want.items())
    return [a for a in sorted(os.listdir(SYS)) if fits(a)]


def igb():
    return next(a for a in pci(driver='igb'))


def nvme_pf():
    return next(a for a in pci(class_='0x010802') if read(SYS, a, 'sriov_totalvfs'))


def netdev(address):
    return sorted(os.listdir(os.path.join(SYS, address, 'net')))[0]


def vfs(pf):
    return [link(SYS, pf, f'virtfn{n}') for n in range(int(read(SYS, pf, 'sriov_numvfs')))]


class VFs:
    """So many functions for the time of a case."""
    def __init__(self, pf, n):
        self.pf, self.n = pf, n

    def __enter__(self):
        write(self.n, SYS, self.pf, 'sriov_numvfs')
        return vfs(self.pf)

    def __exit__(self, *unused):
        write(0, SYS, self.pf, 'sriov_numvfs')
        wait_for(lambda: read(SYS, self.pf, 'sriov_numvfs') == '0')


def refused(code, call, *words):
    """The call fails with that code (None: any) and its message has the words."""
    import libvirt
    try:
        call()
    except libvirt.libvirtError as e:
        if code is not None:
            equal(code, e.get_error_code(), str(e))
        for word in words:
            true(word.lower() in str(e).lower(), f'no "{word}" in "{e}"')
        return str(e)
    raise AssertionError('it was not refused')
