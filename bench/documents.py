#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest with 50 devices, read and written by both libraries on test:///default in one run (needs python3-libvirt).

    bench/documents.py [BUILD]      the build folder, "build" when not given
"""
import os
import subprocess
import sys
import time


def guest():
    devices = [f"<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none' io='native'/><source file='/images/d{i}.qcow2'/>"
               f"<target dev='vd{chr(97 + i)}' bus='virtio'/><address type='pci' domain='0x0000' bus='0x{i + 1:02x}' slot='0x00' function='0x0'/></disk>"
               for i in range(20)]
    devices += [f"<interface type='bridge'><mac address='52:54:00:00:00:{i:02x}'/><source bridge='br0'/><model type='virtio'/><driver queues='4'/>"
                f"<address type='pci' domain='0x0000' bus='0x{i + 30:02x}' slot='0x00' function='0x0'/></interface>" for i in range(15)]
    devices += [f"<channel type='unix'><source mode='bind' path='/tmp/c{i}'/><target type='virtio' name='org.c{i}'/></channel>" for i in range(10)]
    devices += [f"<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x0{i}' slot='0x02' function='0x0'/></source>"
                "</hostdev>" for i in range(5)]
    return ("<domain type='test'><name>big</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid><memory unit='KiB'>4194304</memory><vcpu>4</vcpu>"
            "<os><type arch='i686'>hvm</type></os><devices>" + ''.join(devices) + '</devices></domain>')


def best(what, times):
    found = 1e9
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(times):
            what()
        found = min(found, (time.perf_counter() - start) / times)
    return found * 1e6


def measure():
    import libvirt
    xml, conn = guest(), libvirt.open('test:///default')
    domain = conn.defineXML(xml)
    print(best(lambda: domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE), 300), best(lambda: conn.defineXML(xml), 60),
          best(lambda: conn.defineXML(xml).XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE), 60))


def side(**env):
    out = subprocess.run([sys.executable, __file__, '--measure'], env=dict(os.environ, **env), check=True, capture_output=True, text=True)
    return [float(word) for word in out.stdout.split()]


def main():
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build')
    theirs, ours = side(), side(LD_LIBRARY_PATH=os.path.join(build, 'src', 'api'))
    for name, their, our in zip(('format', 'define', 'define and format'), theirs, ours):
        print(f'{name:18} reference {their:7.0f} us   ours {our:7.0f} us   {their / our:.1f} times')


if __name__ == '__main__':
    measure() if sys.argv[1:] == ['--measure'] else main()
