#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Storage pools and volumes through the daemon. Programs that the host may lack, or that are to hang, are small scripts first in PATH."""
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
import unittest

import harness

harness.enter()
if harness.SANITIZED not in os.environ and harness.LIBRARIES not in os.environ.get('LD_LIBRARY_PATH', ''):    # an interpreter cannot load a sanitized one
    os.environ['LD_LIBRARY_PATH'] = harness.LIBRARIES
    os.execv('/usr/bin/python3', ['/usr/bin/python3'] + sys.argv)

import libvirt  # noqa: E402  pylint: disable=wrong-import-position

libvirt.registerErrorHandler(lambda *_: None, None)
libvirt.virEventRegisterDefaultImpl()
GROUND = '/var/lib/libvirt/storage-test'
TOOLS, LOG = f'{GROUND}/tools', f'{GROUND}/tools.log'
URI = 'storage:///system'
MIB = 1 << 20
SECRET = '9d1e7b5c-8c4b-4a2f-a1f2-3a4b5c6d7e8f'
SLOW = 1.0          # what answers from what is known is quicker, also under a sanitizer


def pool_xml(name, kind='dir', source='', target=None):
    return (f"<pool type='{kind}'><name>{name}</name><source>{source}</source>"
            f"<target><path>{target or f'{GROUND}/{name}'}</path></target></pool>")


def volume_xml(name, size=MIB, form='raw', more='', inner=''):
    return (f"<volume><name>{name}</name><capacity>{size}</capacity>{more}"
            f"<target><format type='{form}'/>{inner}</target></volume>")


def tool(name, script):
    with open(f'{TOOLS}/{name}', 'w') as f:
        f.write(f'#!/bin/sh\necho "{name} $*" >> {LOG}\n{script}\n')
    os.chmod(f'{TOOLS}/{name}', 0o755)


def code(call, *args):
    """The error's code; 0: none."""
    try:
        call(*args)
    except libvirt.libvirtError as e:
        return e.get_error_code()
    return 0


class Caller(threading.Thread):
    """A call on a thread of its own: how long it took, and the code of its error."""
    def __init__(self, call, *args):
        super().__init__(daemon=True)
        self.call, self.args, self.took, self.code = call, args, None, None
        self.start()

    def run(self):
        start = time.monotonic()
        self.code = code(self.call, *self.args)
        self.took = time.monotonic() - start


class StorageTest(unittest.TestCase):
    def setUp(self):
        self.addCleanup(harness.wipe)
        self.addCleanup(subprocess.run, ['umount', '-l', f'{GROUND}/f'], capture_output=True)
        os.makedirs(TOOLS)
        self.daemon = harness.Daemon(env=harness.ours(PATH=f'{TOOLS}:/usr/sbin:/usr/bin:/sbin:/bin')).start()
        self.conn = libvirt.open(URI)

    def tearDown(self):
        harness.kill_guests()
        self.conn = None
        self.daemon.stop()

    def again(self, how=None):
        self.conn.close()
        self.daemon.stop() if how is None else self.daemon.stop(how)
        self.daemon.start()
        self.conn = libvirt.open(URI)

    def pool(self, name='p', **more):
        p = self.conn.storagePoolDefineXML(pool_xml(name, **more))
        p.create(libvirt.VIR_STORAGE_POOL_CREATE_WITH_BUILD)
        return p

    def quick(self, call, *args):
        start = time.monotonic()
        answer = call(*args)
        self.assertLess(time.monotonic() - start, SLOW, call)
        return answer


class Pools(StorageTest):
    def test_life(self):
        p = self.conn.storagePoolDefineXML(pool_xml('p').replace('</path>', '</path><permissions><mode>0750</mode></permissions>'))
        self.assertEqual((p.isActive(), p.isPersistent(), p.info()[0]), (0, 1, libvirt.VIR_STORAGE_POOL_INACTIVE))
        self.assertEqual(code(p.create), libvirt.VIR_ERR_SYSTEM_ERROR)         # there is no folder
        p.build()
        self.assertEqual(stat.S_IMODE(os.stat(f'{GROUND}/p').st_mode), 0o750)
        self.assertEqual(code(p.build, libvirt.VIR_STORAGE_POOL_BUILD_OVERWRITE), libvirt.VIR_ERR_OPERATION_INVALID)
        p.create()
        self.assertEqual((p.isActive(), p.info()[0]), (1, libvirt.VIR_STORAGE_POOL_RUNNING))
        fs = os.statvfs(GROUND)
        self.assertEqual(p.info()[1], fs.f_frsize * fs.f_blocks)
        for call in (p.create, p.build, p.delete, p.undefine):
            self.assertEqual(code(call), libvirt.VIR_ERR_OPERATION_INVALID, call)
        p.setAutostart(1)
        self.assertTrue(os.path.islink('/etc/libvirt/storage/autostart/p.xml'))
        self.assertEqual(self.conn.storagePoolLookupByTargetPath(f'{GROUND}/p').name(), 'p')
        p.destroy()
        self.assertEqual(code(p.destroy), libvirt.VIR_ERR_OPERATION_INVALID)
        self.assertEqual(code(p.refresh), libvirt.VIR_ERR_OPERATION_INVALID)
        p.delete()
        self.assertFalse(os.path.exists(f'{GROUND}/p'))
        p.undefine()
        self.assertFalse(os.path.lexists('/etc/libvirt/storage/autostart/p.xml'))
        self.assertEqual(code(self.conn.storagePoolLookupByName, 'p'), libvirt.VIR_ERR_NO_STORAGE_POOL)

    def test_restart(self):
        kept, gone, stopped = (self.pool(name) for name in ('kept', 'gone', 'stopped'))
        transient = self.conn.storagePoolCreateXML(pool_xml('transient'), libvirt.VIR_STORAGE_POOL_CREATE_WITH_BUILD)
        self.assertEqual(code(transient.setAutostart, 1), libvirt.VIR_ERR_INTERNAL_ERROR)
        stopped.setAutostart(1)
        stopped.destroy()
        kept.createXML(volume_xml('v'))
        shutil.rmtree(f'{GROUND}/gone')
        del gone
        self.again(9)
        state = {p.name(): p.isActive() for p in self.conn.listAllStoragePools()}
        self.assertEqual(state, {'kept': 1, 'gone': 0, 'stopped': 0, 'transient': 1})      # who stopped one does not get it back
        self.assertEqual(self.conn.storagePoolLookupByName('kept').listVolumes(), ['v'])
        # The host came up anew: what lives until then is empty.
        self.conn.close()
        self.daemon.stop()
        shutil.rmtree('/run/libvirt/storage')
        self.daemon.start()
        self.conn = libvirt.open(URI)
        state = {p.name(): p.isActive() for p in self.conn.listAllStoragePools()}
        self.assertEqual(state, {'kept': 0, 'gone': 0, 'stopped': 1})

    def test_events(self):
        seen, conn = [], libvirt.open(URI)
        threading.Thread(target=lambda: [libvirt.virEventRunDefaultImpl() for _ in iter(int, 1)], daemon=True).start()
        conn.storagePoolEventRegisterAny(None, libvirt.VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE, lambda c, p, e, d, o: seen.append(e), None)
        conn.storagePoolEventRegisterAny(None, libvirt.VIR_STORAGE_POOL_EVENT_ID_REFRESH, lambda c, p, o: seen.append('refresh'), None)
        p = self.pool()
        p.refresh()
        v = p.createXML(volume_xml('v'))
        s = conn.newStream()
        v2 = conn.storageVolLookupByPath(v.path())
        v2.upload(s, 0, 3)
        s.send(b'abc')
        s.finish()
        harness.wait_for(lambda: seen.count('refresh') == 2)
        v.delete()
        p.destroy()
        p.delete()
        p.undefine()
        want = [libvirt.VIR_STORAGE_POOL_EVENT_DEFINED, libvirt.VIR_STORAGE_POOL_EVENT_CREATED, libvirt.VIR_STORAGE_POOL_EVENT_STARTED, 'refresh', 'refresh',
                libvirt.VIR_STORAGE_POOL_EVENT_STOPPED, libvirt.VIR_STORAGE_POOL_EVENT_DELETED, libvirt.VIR_STORAGE_POOL_EVENT_UNDEFINED]
        harness.wait_for(lambda: len(seen) >= len(want))
        self.assertEqual(seen, want)
        conn.close()

    def test_refresh_finds_what_others_did(self):
        p = self.pool()
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', f'{GROUND}/p/base', '3M'], check=True)
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-b', 'base', '-F', 'qcow2', f'{GROUND}/p/top'], check=True)
        os.mkfifo(f'{GROUND}/p/fifo')
        os.symlink('/nowhere', f'{GROUND}/p/dangling')
        self.assertEqual(p.listVolumes(), [])
        p.refresh()
        self.assertEqual(sorted(p.listVolumes()), ['base', 'top'])
        xml = p.storageVolLookupByName('top').XMLDesc()
        self.assertIn(f'<path>{GROUND}/p/base</path>\n    <format type=\'qcow2\'/>', xml)
        self.assertEqual(p.storageVolLookupByName('top').info()[1], 3 * MIB)
        shutil.rmtree(f'{GROUND}/p')
        self.assertEqual(code(p.refresh), libvirt.VIR_ERR_SYSTEM_ERROR)
        self.assertEqual(p.isActive(), 0)

    def test_file_system_on_a_device(self):
        image = f'{GROUND}/device'
        with open(image, 'wb') as f:
            f.truncate(16 * MIB)
        r = subprocess.run(['losetup', '-f', '--show', image], capture_output=True, text=True)
        if r.returncode or not shutil.which('mkfs.ext4', path='/usr/sbin:/sbin'):
            self.skipTest(f'no loop devices or no mkfs.ext4 here: {r.stderr.strip()}')
        device = r.stdout.strip()
        try:
            p = self.conn.storagePoolDefineXML(pool_xml('f', 'fs', f"<device path='{device}'/><format type='ext4'/>"))
            p.build(libvirt.VIR_STORAGE_POOL_BUILD_NO_OVERWRITE)
            self.assertEqual(code(p.build, libvirt.VIR_STORAGE_POOL_BUILD_NO_OVERWRITE), libvirt.VIR_ERR_STORAGE_POOL_BUILT)
            p.create()
            self.assertIn(f'{device} {GROUND}/f ext4', harness.read(f'/proc/{self.daemon.process.pid}/mounts'))
            self.assertLess(p.info()[1], 16 * MIB)
            p.createXML(volume_xml('v', MIB))
            self.assertEqual(p.listVolumes(), ['v'])            # not lost+found
            self.again()
            p = self.conn.storagePoolLookupByName('f')
            self.assertEqual(p.listVolumes(), ['v'])
            p.destroy()
            self.assertNotIn(f'{GROUND}/f', harness.read(f'/proc/{self.daemon.process.pid}/mounts'))
        finally:
            subprocess.run(['umount', '-l', f'{GROUND}/f'], capture_output=True)
            subprocess.run(['losetup', '-d', device])


class Volumes(StorageTest):
    def info(self, name, pool='p'):
        out = subprocess.run(['qemu-img', 'info', '-U', f'{GROUND}/{pool}/{name}'], capture_output=True, text=True, check=True).stdout
        return dict(line.split(': ', 1) for line in out.split('\n') if ': ' in line and not line.startswith(' '))

    def test_raw(self):
        p = self.pool()
        before = p.info()
        v = p.createXML(volume_xml('v', 4 * MIB, more='<allocation>1048576</allocation>', inner='<permissions><mode>0640</mode><owner>1</owner><group>2</group></permissions>'))
        self.assertEqual(v.info(), [libvirt.VIR_STORAGE_VOL_FILE, 4 * MIB, MIB])
        self.assertEqual(p.info()[2] - before[2], MIB)
        st = os.stat(v.path())
        self.assertEqual((stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid), (0o640, 1, 2))
        self.assertEqual((v.key(), v.name(), v.storagePoolLookupByVolume().name()), (f'{GROUND}/p/v', 'v', 'p'))
        self.assertEqual(self.conn.storageVolLookupByKey(v.key()).name(), 'v')
        self.assertEqual(code(p.createXML, volume_xml('v')), libvirt.VIR_ERR_STORAGE_VOL_EXIST)
        self.assertEqual(code(p.createXML, volume_xml('a/b')), libvirt.VIR_ERR_OPERATION_INVALID)
        self.assertEqual(code(p.createXML, volume_xml('w'), libvirt.VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA), libvirt.VIR_ERR_CONFIG_UNSUPPORTED)
        self.assertFalse(os.path.exists(f'{GROUND}/p/w'))
        v.resize(8 * MIB)
        self.assertEqual(v.info()[1], 8 * MIB)
        self.assertEqual(code(v.resize, 6 * MIB), libvirt.VIR_ERR_INVALID_ARG)
        v.resize(6 * MIB, libvirt.VIR_STORAGE_VOL_RESIZE_SHRINK)
        v.resize(MIB, libvirt.VIR_STORAGE_VOL_RESIZE_DELTA | libvirt.VIR_STORAGE_VOL_RESIZE_ALLOCATE)
        self.assertEqual(v.info()[1:], [7 * MIB, 7 * MIB])
        os.truncate(v.path(), 9 * MIB)
        self.assertEqual(v.info()[1], 9 * MIB)                  # it is looked at, not remembered
        v.delete()
        self.assertEqual((os.path.exists(f'{GROUND}/p/v'), p.listVolumes()), (False, []))
        self.assertEqual(code(v.info), libvirt.VIR_ERR_NO_STORAGE_VOL)

    def test_images(self):
        p = self.pool()
        base = p.createXML(volume_xml('base', 4 * MIB, 'qcow2'))
        self.assertEqual(self.info('base')['file format'], 'qcow2')
        backing = f'<backingStore><path>{base.path()}</path><format type="qcow2"/></backingStore>'
        top = p.createXML(volume_xml('top', 4 * MIB, 'qcow2', backing, '<compat>1.1</compat><features><lazy_refcounts/></features>'))
        self.assertEqual(self.info('top')['backing file'].split(' ')[0], base.path())
        p.refresh()
        self.assertIn('<lazy_refcounts/>', top.XMLDesc())
        flat = p.createXMLFrom(volume_xml('flat', 1, 'raw'), top)
        self.assertEqual((flat.info()[1], self.info('flat')['file format']), (4 * MIB, 'raw'))
        other = self.pool('q')
        copy = other.createXMLFrom(volume_xml('copy', 1, 'qcow2'), flat)
        self.assertEqual(self.info('copy', 'q')['file format'], 'qcow2')
        self.assertEqual(copy.storagePoolLookupByVolume().name(), 'q')
        top.resize(8 * MIB)
        self.assertEqual(top.info()[1], 8 * MIB)
        self.assertEqual(code(p.createXML, volume_xml('x', MIB, 'qcow2', '<backingStore><path>/nowhere</path></backingStore>')), libvirt.VIR_ERR_SYSTEM_ERROR)
        self.assertEqual(sorted(p.listVolumes()), ['base', 'flat', 'top'])
        tool('qemu-img', 'touch "$7" 2>/dev/null; exit 1')
        self.assertEqual(code(p.createXML, volume_xml('bad', MIB, 'qcow2')), libvirt.VIR_ERR_INTERNAL_ERROR)
        self.assertFalse(os.path.exists(f'{GROUND}/p/bad'))

    def test_wipe(self):
        p = self.pool()
        v = p.createXML(volume_xml('v'))
        with open(v.path(), 'r+b') as f:
            f.write(b'secret' * 1000)
        v.wipe()
        with open(v.path(), 'rb') as f:
            self.assertEqual(f.read().count(0), MIB)
        self.assertEqual(code(v.wipePattern, libvirt.VIR_STORAGE_VOL_WIPE_ALG_TRIM), libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED)
        tool('scrub', '')
        v.wipePattern(libvirt.VIR_STORAGE_VOL_WIPE_ALG_DOD)
        self.assertIn(f'scrub -f -p dod {v.path()}', harness.read(LOG))

    def test_keys_stay_out_of_sight(self):
        secrets = libvirt.open('secret:///system')
        s = secrets.secretDefineXML(f"<secret ephemeral='no' private='yes'><uuid>{SECRET}</uuid><usage type='volume'><volume>{GROUND}/p/v</volume></usage></secret>")
        p = self.pool()
        enc = f"<encryption format='luks'><secret type='passphrase' uuid='{SECRET}'/></encryption>"
        self.assertEqual(code(p.createXML, volume_xml('v', MIB, 'qcow2', inner=enc)), libvirt.VIR_ERR_NO_SECRET)
        s.setValue(b'open-sesame')
        real = shutil.which('qemu-img', path='/usr/bin:/bin')
        tool('qemu-img', f'for w in "$@"; do case "$w" in *file=*) f="${{w##*file=}}"; stat -c "key %a %s" "$f" >> {LOG};; esac; done\nexec {real} "$@"')
        for _ in range(30):
            try:
                v = p.createXML(volume_xml('v', MIB, 'qcow2', inner=enc))
                break
            except libvirt.libvirtError as e:
                self.assertFalse(os.path.exists(f'{GROUND}/p/v'))
                if 'accurate CPU usage' not in str(e):      # the program measures the processor, and cannot on some virtual machines
                    raise
        else:
            self.skipTest('qemu-img makes no LUKS here')
        self.assertEqual(self.info('v')['encrypted'], 'yes')
        log = harness.read(LOG)
        self.assertIn('key 600 11', log)
        self.assertNotIn('sesame', log)
        self.assertEqual([n for n in os.listdir('/run/libvirt/storage') if 'secret' in n], [])
        p.refresh()
        self.assertIn(SECRET, v.XMLDesc())                      # found again by the path that its usage names
        secrets.close()

    def test_transfer(self):
        p = self.pool()
        v = p.createXML(volume_xml('v', 4 * MIB))
        data = os.urandom(3 * MIB + 17)

        def send(offset, length, chunk):
            s = self.conn.newStream()
            v.upload(s, offset, length)
            s.sendAll(lambda st, n, at: chunk[at[0]:(at.__setitem__(0, at[0] + n) or at[0])], [0])
            s.finish()
        send(100, 0, data)
        with open(v.path(), 'rb') as f:
            f.seek(100)
            self.assertEqual(f.read(len(data)), data)
        self.assertEqual(code(send, 0, 10, data), libvirt.VIR_ERR_SYSTEM_ERROR)     # more than was announced
        got = bytearray()
        s = self.conn.newStream()
        v.download(s, 200, MIB)
        s.recvAll(lambda st, b, o: got.extend(b) or len(b), None)
        s.finish()
        self.assertEqual(bytes(got), data[100:100 + MIB])
        s = self.conn.newStream()
        v.download(s, 0, 0)
        s.recv(1000)
        s.abort()                                               # and the daemon goes on
        self.assertEqual(v.info()[1], 4 * MIB)

    def test_sparse(self):
        p = self.pool()
        v = p.createXML(volume_xml('v', 8 * MIB, more='<allocation>0</allocation>'))
        with open(f'{GROUND}/from', 'wb') as f:
            f.truncate(8 * MIB)
            f.seek(3 * MIB)
            f.write(os.urandom(MIB))
        harness.virsh('vol-upload', v.path(), f'{GROUND}/from', '--sparse', uri=URI)
        harness.virsh('vol-download', v.path(), f'{GROUND}/to', '--sparse', uri=URI)
        with open(f'{GROUND}/from', 'rb') as a, open(f'{GROUND}/to', 'rb') as b:
            self.assertEqual(a.read(), b.read())
        for path in (v.path(), f'{GROUND}/to'):
            self.assertLessEqual(os.stat(path).st_blocks * 512, 2 * MIB, path)

    def test_many_at_once(self):
        pools = [self.pool(f'p{i}') for i in range(3)]

        def work(pool, n):
            conn = libvirt.open(URI)
            p = conn.storagePoolLookupByName(pool.name())
            for i in range(5):
                v = p.createXML(volume_xml(f'v{n}-{i}', 4096))
                v.info()
                p.refresh()
                p.listAllVolumes()
                if i % 2:
                    v.delete()
            conn.close()
        callers = [Caller(work, pools[n % 3], n) for n in range(6)]
        for c in callers:
            c.join(120)
            self.assertEqual(c.code, 0)
        self.assertEqual(sorted(p.numOfVolumes() for p in pools), [6, 6, 6])

    def test_guest_of_a_volume(self):
        p = self.pool()
        base = p.createXML(volume_xml('base', MIB, 'qcow2'))
        p.createXML(volume_xml('top', MIB, 'qcow2', f'<backingStore><path>{base.path()}</path><format type="qcow2"/></backingStore>'))
        emulator = f'{GROUND}/fake-qemu'
        shutil.copy(os.path.join(harness.ROOT, 'tests/qemu/fake-qemu.py'), emulator)
        os.chmod(emulator, 0o755)
        xml = f"""<domain type='qemu'><name>lvt-vol</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
          <os><type arch='x86_64' machine='pc'>hvm</type></os><devices><emulator>{emulator}</emulator>
          <disk type='volume' device='disk'><driver name='qemu' type='qcow2'/><source pool='p' volume='top'/><target dev='vda' bus='virtio'/></disk>
          </devices></domain>"""
        qemu = libvirt.open('qemu:///system')
        d = qemu.defineXML(xml)
        d.create()
        live = d.XMLDesc()
        self.assertIn("<source pool='p' volume='top' index='1'/>", live)
        self.assertIn(f"<source file='{base.path()}'", live)
        self.assertIn(f'"filename":"{GROUND}/p/top"', qemu.domainXMLToNative('qemu-argv', xml))
        self.assertEqual(d.blockInfo('vda')[0], MIB)
        qemu.close()
        self.again()
        qemu = libvirt.open('qemu:///system')
        d = qemu.lookupByName('lvt-vol')
        self.assertEqual((d.isActive(), d.XMLDesc()), (1, live))
        self.assertEqual(d.blockInfo('vda')[0], MIB)            # known still, be the pool active or not
        d.destroy()
        self.conn.storagePoolLookupByName('p').destroy()
        self.assertEqual(code(d.create), libvirt.VIR_ERR_CONFIG_UNSUPPORTED)
        d.undefine()
        qemu.close()


class Stuck(StorageTest):
    """Storage that does not answer: everybody else goes on, and who has enough of it gets the pool back."""
    def group(self, name):
        """A volume group whose tools answer until the file `hang` is there. Its name makes /dev/NAME a folder that is there."""
        hang = f'while [ -e {GROUND}/hang ]; do sleep 0.1; done'
        for t in ('vgscan', 'vgchange'):
            tool(t, '')
        tool('pvs', 'echo "  /dev/fake1 shm"')
        tool('lvs', hang)
        tool('vgs', 'echo "  1000:400"')
        p = self.conn.storagePoolDefineXML(pool_xml(name, 'logical', "<name>shm</name><device path='/dev/fake1'/>", '/dev/shm'))
        p.create()
        return p

    def elsewhere(self, pool):
        """The same pool for a thread of its own: Debian's client keeps a second thread of one connection waiting for seconds."""
        return libvirt.open(URI).storagePoolLookupByUUIDString(pool.UUIDString())

    def others_go_on(self, stuck):
        self.assertEqual(self.quick(lambda: sorted(p.name() for p in self.conn.listAllStoragePools())), ['other', stuck.name()])
        self.quick(stuck.XMLDesc)
        self.quick(stuck.info)
        self.quick(stuck.isActive)
        self.quick(stuck.autostart)
        other = self.quick(self.conn.storagePoolLookupByName, 'other')
        self.quick(other.refresh)
        self.quick(other.createXML, volume_xml(f'v{time.monotonic_ns()}', 4096))

    def test_refresh(self):
        self.pool('other')
        p = self.group('slow')
        self.assertEqual(p.info()[1:], [1000, 600, 400])
        open(f'{GROUND}/hang', 'w').close()
        refresh = Caller(self.elsewhere(p).refresh)
        harness.wait_for(lambda: harness.read(LOG).count('lvs ') == 2)
        self.others_go_on(p)
        self.assertEqual(self.quick(p.info)[1:], [1000, 600, 400])
        self.assertEqual(self.quick(p.listVolumes), [])
        self.quick(p.destroy)                                   # the tool is ended, the refresh given up
        refresh.join(10)
        self.assertEqual((refresh.code, p.isActive()), (libvirt.VIR_ERR_OPERATION_ABORTED, 0))
        os.unlink(f'{GROUND}/hang')
        p.create()
        self.assertEqual(p.isActive(), 1)

    def test_mount_that_hangs(self):
        self.pool('other')
        tool('mount', 'exec sleep 600')
        p = self.conn.storagePoolDefineXML(pool_xml('slow', 'netfs', "<host name='192.0.2.1'/><dir path='/x'/><format type='nfs'/>"))
        p.build()
        start = Caller(self.elsewhere(p).create)
        harness.wait_for(lambda: os.path.exists(LOG) and 'mount ' in harness.read(LOG))
        self.others_go_on(p)
        self.assertEqual(p.isActive(), 0)
        self.assertEqual(code(self.quick, p.undefine), libvirt.VIR_ERR_OPERATION_INVALID)
        self.quick(p.destroy)
        start.join(10)
        self.assertEqual((start.code, p.isActive()), (libvirt.VIR_ERR_OPERATION_ABORTED, 0))
        self.assertIn('-t nfs 192.0.2.1:/x', harness.read(LOG))
        self.quick(p.undefine)

    def test_the_daemon_starts_without_it(self):
        self.pool('other')
        self.group('slow')
        open(f'{GROUND}/hang', 'w').close()
        start = time.monotonic()
        self.again()
        self.assertLess(time.monotonic() - start, 20)
        p = self.conn.storagePoolLookupByName('slow')
        self.others_go_on(p)
        os.unlink(f'{GROUND}/hang')
        harness.wait_for(lambda: harness.read(LOG).count('vgs ') == 2)
        harness.wait_for(lambda: p.info()[1:] == [1000, 600, 400])

    def test_image_that_takes_long(self):
        p = self.pool()
        v = p.createXML(volume_xml('there', MIB))
        tool('qemu-img', 'exec sleep 600')
        create = Caller(self.elsewhere(p).createXML, volume_xml('late', MIB, 'qcow2'))
        harness.wait_for(lambda: os.path.exists(LOG) and 'qemu-img ' in harness.read(LOG))
        self.assertEqual(self.quick(p.listVolumes), ['there'])
        self.quick(v.XMLDesc)
        self.assertEqual(self.quick(v.info)[1], MIB)
        self.quick(p.destroy)
        create.join(10)
        self.assertEqual(create.code, libvirt.VIR_ERR_OPERATION_ABORTED)
        self.assertFalse(os.path.exists(f'{GROUND}/p/late'))


class Shell(StorageTest):
    def say(self, *words, **more):
        return harness.virsh(*words, uri=URI, **more).stdout

    def test_lists(self):
        self.say('pool-create-as', 'p', 'dir', '--target', f'{GROUND}/p', '--build')
        self.say('vol-create-as', 'p', 'b', '3M')
        self.say('vol-create-as', 'p', 'A', '1K', '--allocation', '0')
        self.assertEqual(self.say('pool-list'), ' Name   State    Autostart\n----------------------------\n p      active   no\n\n')
        self.assertEqual(self.say('vol-list', 'p', '--details'),
                         ' Name   Path{pad}   Type   Capacity   Allocation\n{line}\n A      {g}/p/A   file   1.00 KiB   0.00 B\n'
                         ' b      {g}/p/b   file   3.00 MiB   3.00 MiB\n\n'.format(
                             g=GROUND, pad=' ' * (len(GROUND) + 4 - 4), line='-' * (len(GROUND) + 4 + 3 + 38)))
        self.assertEqual(self.say('vol-info', 'b', 'p', '--bytes'), 'Name:           b\nType:           file\nCapacity:       3145728 bytes\n'
                         'Allocation:     3145728 bytes\n\n')
        self.assertEqual(self.say('vol-pool', f'{GROUND}/p/b'), 'p\n\n')
        self.assertIn('"capacity" : 3145728', self.say('vol-info', 'b', 'p', '--output', 'json'))
        r = harness.virsh('vol-info', 'nosuch', uri=URI, check=False)
        self.assertEqual((r.returncode, r.stderr), (1, "error: failed to get vol 'nosuch', specifying --pool might help\n"
                         "error: Storage volume not found: no storage vol with matching path 'nosuch'\n"))

    def test_sizes(self):
        self.say('pool-create-as', 'p', 'dir', '--target', f'{GROUND}/p', '--build')
        for text, size in (('7', 7), ('1KB', 1000), ('1KiB', 1024), ('2M', 2 * MIB), ('3bytes', 3)):
            self.say('vol-create-as', 'p', f'v{text}', text, '--allocation', '0')
            self.assertIn(f'Capacity:       {size} bytes', self.say('vol-info', f'v{text}', 'p', '--bytes'))
        for text in ('1.5G', '16E', 'x', '-1', '3Q'):
            self.assertEqual(harness.virsh('vol-create-as', 'p', 'bad', '--capacity', text, uri=URI, check=False).returncode, 1, text)

    def test_clone_and_edit(self):
        self.say('pool-define-as', 'p', 'dir', '--target', f'{GROUND}/p')
        with open(f'{GROUND}/editor', 'w') as f:
            f.write(f'#!/bin/sh\nsed -i s#{GROUND}/p#{GROUND}/q# "$1"\n')
        os.chmod(f'{GROUND}/editor', 0o755)
        r = harness.run([harness.VIRSH, '-c', URI, 'pool-edit', 'p'], env=harness.ours(EDITOR=f'{GROUND}/editor'))
        self.assertIn('Pool p XML configuration edited.', r.stdout)
        self.say('pool-start', 'p', '--build')
        self.say('vol-create-as', 'p', 'v', '1M', '--format', 'qcow2')
        self.assertEqual(self.say('vol-clone', 'v', 'w', '--pool', 'p'), 'Vol w cloned from v\n\n')
        self.assertTrue(os.path.exists(f'{GROUND}/q/w'))
        self.assertIn('<name>x</name>', self.say('vol-clone', 'v', 'x', '--pool', 'p', '--print-xml'))

    @unittest.skipIf(os.path.exists(harness.path('tests', 'libtsan-glib.so')), 'ThreadSanitizer does not see GLib\'s locks in the shell')
    def test_event(self):
        shell = subprocess.Popen([harness.VIRSH, '-c', URI, 'pool-event', '--event', 'lifecycle', '--timeout', '30'], env=harness.ours(),
                                 stdout=subprocess.PIPE, text=True)
        for n in range(100):                    # until it listens
            if shell.poll() is not None:
                break
            self.conn.storagePoolDefineXML(pool_xml('p')).undefine()
            time.sleep(0.1)
        self.assertRegex(shell.communicate(timeout=30)[0], "^event 'lifecycle' for storage pool p: (Defined|Undefined)\nevents received: 1\n")


if __name__ == '__main__':
    unittest.main(verbosity=2)
