# SPDX-License-Identifier: LGPL-2.1-or-later
"""Definitions of guests for black-box tests. All are called lvt-*, so that nothing of them is left running."""
import os
import shutil
import subprocess
import sys

import harness

FOLDER = '/var/lib/libvirt/lvt'         # in the private view; guests run as a user of their own and must get there
READY = 'LIBVIRT-GUEST-READY'


def make(agent=False):
    """Kernel, initrd and images, made once for a build and copied to where guests can read them. False: the agent's is not to be had."""
    source = harness.path('guest')
    subprocess.run([sys.executable, os.path.join(harness.ROOT, 'tests', 'integration', 'make-guest.py'), source] + ['--agent'] * agent,
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.makedirs(FOLDER, exist_ok=True)
    if FOLDER.startswith('/var/lib/libvirt'):
        os.chmod('/var/lib/libvirt', 0o755)
    for name in ['vmlinuz', 'initrd.gz', 'disk.img', 'boot.img'] + ['initrd-agent.gz'] * agent:
        if not os.path.exists(os.path.join(source, name)):
            return False
        shutil.copy(os.path.join(source, name), FOLDER)
        os.chmod(os.path.join(FOLDER, name), 0o644)
    return True


def linux(name, virt='qemu', disk=True, memory=131072):
    disk = f"<disk type='file'><driver name='qemu' type='raw'/><source file='{FOLDER}/disk.img'/><target dev='vda' bus='virtio'/></disk>"
    return f'''<domain type='{virt}'><name>{name}</name><memory>{memory}</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><kernel>{FOLDER}/vmlinuz</kernel><initrd>{FOLDER}/initrd.gz</initrd>
    <cmdline>console=ttyS0 quiet</cmdline></os>
  <features><acpi/></features>
  <devices>{disk}<interface type='user'><model type='virtio'/></interface><console type='pty'/></devices></domain>'''


def tiny(name, virt='qemu', more=''):
    """A guest without a disk: it stays in its firmware, which is enough to be running."""
    return f'''<domain type='{virt}'><name>{name}</name><memory>8192</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os><devices><memballoon model='none'/>{more}</devices></domain>'''


def boot_sector(name, virt='kvm'):
    return f'''<domain type='{virt}'><name>{name}</name><memory>16384</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
  <devices><disk type='file'><driver name='qemu' type='raw'/><source file='{FOLDER}/boot.img'/><target dev="hda" bus="ide"/></disk>
    <console type='pty'/><memballoon model='none'/></devices></domain>'''
