# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine with an IOMMU and many devices. Its root is the host's, read-only under a writable layer in memory (9p, overlayfs): all that
is installed here, the tests and the build are in it. What it has to say comes back in a folder that is shared for writing."""
import gzip
import importlib.util
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT_MODULES = 'virtio_pci 9p 9pnet_virtio overlay'.split()
MAC = '52:54:00:00:00:'


def make_guest():
    spec = importlib.util.spec_from_file_location('make_guest', os.path.join(HERE, '..', 'integration', 'make-guest.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def initramfs(parts, path):
    """Just enough to mount the root."""
    lib = make_guest()
    files = lib.module_files(parts.modules)
    order = lib.with_dependencies(files, ROOT_MODULES)
    archive = lib.Cpio()
    for name in ('bin', 'dev', 'proc', 'sys', 'base', 'rw', 'root', 'modules'):
        archive.folder(name)
    archive.add('dev/console', mode=0o020600, rdev=(5, 1))
    with open('/bin/busybox', 'rb') as f:
        archive.add('bin/busybox', f.read())
    with open(os.path.join(HERE, 'init'), 'rb') as f:
        archive.add('init', f.read())
    for name in order:
        with open(files[name], 'rb') as f:
            archive.add(f'modules/{name}.ko', f.read(), 0o100644)
    archive.add('modules/order', '\n'.join(order).encode() + b'\n', 0o100644)
    with open(path, 'wb') as f:
        f.write(gzip.compress(archive.bytes(), 1))


def net(n, model, where=''):
    return ['-netdev', f'user,id=n{n},restrict=on', '-device', f'{model},netdev=n{n},mac={MAC}{n:02x}{where}' + ('' if model == 'usb-net' else ',romfile=')]


def drive(folder, name, size=16 << 20):
    path = os.path.join(folder, name)
    with open(path, 'wb') as f:
        f.truncate(size)
    return ['-drive', f'if=none,id={name},format=raw,file={path}']


def devices(folder):
    ports = [a for n in range(1, 7) for a in ('-device', f'pcie-root-port,id=rp{n},chassis={n},slot={n}')]
    return [
        '-device', 'intel-iommu,intremap=on,caching-mode=on', *ports,
        # nvme's rules about functions: a subsystem, and queues and vectors to spare
        '-device', 'nvme-subsys,id=ss0,nqn=ss0',
        '-device', 'nvme,id=nv0,serial=deadbeef,bus=rp1,subsys=ss0,sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4,'
                   'max_ioqpairs=26,msix_qsize=25',
        *drive(folder, 'nvme0'), '-device', 'nvme-ns,drive=nvme0,bus=nv0,nsid=1,shared=true',
        '-device', 'nvme,id=nv1,serial=cafe,bus=rp5,drive=nvme1', *drive(folder, 'nvme1'),
        *net(1, 'e1000e', ',bus=rp2'), *net(2, 'virtio-net-pci'), *net(3, 'igb', ',bus=rp3'),
        # two functions of one slot of a conventional bus behind a bridge: one group
        '-device', 'pcie-pci-bridge,id=br0,bus=rp4', '-device', 'e1000,netdev=n5,mac=52:54:00:00:00:05,bus=br0,addr=1.0,multifunction=on,romfile=',
        '-netdev', 'user,id=n5,restrict=on', '-device', 'e1000,netdev=n6,mac=52:54:00:00:00:06,bus=br0,addr=1.1,romfile=',
        '-netdev', 'user,id=n6,restrict=on',
        '-device', 'virtio-scsi-pci,id=scsi0', *drive(folder, 'sd0'),
        '-device', 'scsi-hd,drive=sd0,bus=scsi0.0,serial=SCSISER1,wwn=0x5000c50015ea71aa', '-device', 'scsi-cd,bus=scsi0.0',
        *drive(folder, 'vd0'), '-device', 'virtio-blk-pci,drive=vd0,serial=VBLKSER',
        '-device', 'qemu-xhci,id=xhci', *drive(folder, 'ud0'), '-device', 'usb-storage,bus=xhci.0,drive=ud0,serial=USBSER1,removable=on',
        *net(4, 'usb-net', ',bus=xhci.0'), '-device', 'usb-kbd,bus=xhci.0', '-device', 'usb-tablet,bus=xhci.0',
        '-device', 'usb-tablet,bus=xhci.0', '-device', 'virtio-rng-pci', '-device', 'bochs-display', '-device', 'pvpanic-pci']


def share(tag, path, readonly):
    return ['-fsdev', f'local,id={tag},path={path},security_model=none,multidevs=remap' + (',readonly=on' if readonly else ''),
            '-device', f'virtio-9p-pci,fsdev={tag},mount_tag={tag}']


def command(parts, scratch, out, arguments, memory):
    image = os.path.join(scratch, 'initrd.gz')
    initramfs(parts, image)
    return [*parts.qemu, '-M', 'q35,kernel-irqchip=off', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', str(memory),
            '-nographic', '-no-reboot', '-nodefaults', '-serial', f'file:{out}/console', '-uuid', '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f1', '-kernel', parts.kernel, '-initrd', image,
            '-append', 'console=ttyS0 quiet intel_iommu=on iommu=nopt no_timer_check panic=1 ' + ' '.join(f'test.{k}={v}' for k, v in arguments.items()),
            *share('base', '/', True), *share('out', out, False), *devices(scratch)]


def start(parts, scratch, out, arguments, memory=2048):
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    return subprocess.Popen(command(parts, scratch, out, arguments, memory), env=dict(os.environ, **parts.env), stdin=subprocess.DEVNULL)
