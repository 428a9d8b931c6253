#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Backups of a guest that runs, by QEMU: pushed into an image, pulled over NBD, whole and since a checkpoint, abandoned, and told of while they run.
The guest boots nothing: what is on its disk is written through its monitor."""
import os
import subprocess
import threading
import unittest

import harness

harness.enter()
harness.load_ours()

import libvirt  # noqa: E402  (the dynamic linker must find our library first)
import libvirt_qemu  # noqa: E402

libvirt.registerErrorHandler(lambda *_: None, None)
libvirt.virEventRegisterDefaultImpl()
FOLDER = '/var/lib/libvirt/backups'
MIB = 1 << 20
GUEST = f'''<domain type='qemu'><name>lvt-backup</name><memory unit='MiB'>32</memory><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{FOLDER}/disk.qcow2'/><target dev='vda' bus='virtio'/></disk>
<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{FOLDER}/other.img'/><target dev='vdb' bus='virtio'/></disk>
<memballoon model='none'/></devices></domain>'''
CHECKPOINT = "<domaincheckpoint><name>%s</name><disks><disk name='vda' checkpoint='bitmap'/><disk name='vdb' checkpoint='no'/></disks></domaincheckpoint>"


def tool(*words):
    return harness.run(['qemu-img', *words]).stdout


def holds(image, pattern, offset, length, kind='qcow2'):
    """Is that part of the image made of this byte?"""
    r = subprocess.run(['qemu-io', '-r', '-f', kind, '-c', f'read -P {pattern} {offset} {length}', image], capture_output=True, text=True, check=False,
                       timeout=30)
    return r.returncode == 0 and 'verification failed' not in r.stdout


def push(name='copy', incremental='', more=''):
    return f'''<domainbackup>{incremental}<disks><disk name='vda' type='file'><target file='{FOLDER}/{name}.qcow2'/><driver type='qcow2'/></disk>
      {more or "<disk name='vdb' backup='no'/>"}</disks></domainbackup>'''


def pull(incremental='', more=''):
    return f'''<domainbackup mode='pull'>{incremental}<server transport='unix' socket='{FOLDER}/nbd'/><disks>
      <disk name='vda' backup='yes' type='file' {more}><scratch file='{FOLDER}/scratch'/></disk><disk name='vdb' backup='no'/></disks></domainbackup>'''


class BackupTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.makedirs(FOLDER)
        os.chmod('/var/lib/libvirt', 0o755)
        os.chmod(FOLDER, 0o777)
        cls.daemon = harness.Daemon().start()
        cls.conn = libvirt.open('qemu:///system')
        cls.over = False
        cls.loop = threading.Thread(target=cls.events, daemon=True)
        cls.loop.start()

    @classmethod
    def events(cls):
        while not cls.over:
            libvirt.virEventRunDefaultImpl()

    @classmethod
    def tearDownClass(cls):
        harness.kill_guests()
        cls.over = True
        cls.conn.close()
        cls.daemon.stop()

    def setUp(self):
        self.addCleanup(self.wipe)
        tool('create', '-q', '-f', 'qcow2', f'{FOLDER}/disk.qcow2', '64M')
        tool('create', '-q', '-f', 'raw', f'{FOLDER}/other.img', '4M')
        for name in ('disk.qcow2', 'other.img'):
            os.chmod(f'{FOLDER}/{name}', 0o666)
        self.dom = self.conn.createXML(GUEST, libvirt.VIR_DOMAIN_START_PAUSED)
        self.write(1, 0, 4 * MIB)
        self.told = []
        event = self.conn.domainEventRegisterAny(self.dom, libvirt.VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, lambda c, d, stats, x: self.told.append(stats), None)
        self.addCleanup(self.conn.domainEventDeregisterAny, event)

    def wipe(self):
        for dom in self.conn.listAllDomains():
            dom.destroy()
        harness.wait_for(lambda: not self.conn.listAllDomains())
        for name in os.listdir(FOLDER):
            os.unlink(f'{FOLDER}/{name}')

    def monitor(self, line):
        return libvirt_qemu.qemuMonitorCommand(self.dom, line, libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP)

    def write(self, pattern, offset, length):
        self.assertEqual('', self.monitor(f'qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend "write -P {pattern} {offset} {length}"'))

    def begin(self, backup, checkpoint=None):
        self.dom.backupBegin(backup, checkpoint)

    def refused(self, code, call, *args):
        with self.assertRaises(libvirt.libvirtError) as e:
            call(*args)
        self.assertEqual(code, e.exception.get_error_code(), str(e.exception))

    def idle(self):
        """no job runs"""
        return self.dom.jobInfo()[0] == libvirt.VIR_DOMAIN_JOB_NONE

    def ended(self):
        harness.wait_for(self.idle)
        self.refused(libvirt.VIR_ERR_NO_DOMAIN_BACKUP, self.dom.backupGetXMLDesc)

    def clean(self):
        """QEMU has no job, node, export or bitmap of a backup any more."""
        self.assertNotIn('backup', self.monitor('info block-jobs'))
        harness.wait_for(lambda: f'{FOLDER}/scratch' not in self.monitor('info block -n'))
        self.assertNotIn('copy', self.monitor('info block -n'))
        self.assertNotIn('backup-', libvirt_qemu.qemuMonitorCommand(self.dom, '{"execute": "query-named-block-nodes"}', 0))

    def test_push(self):
        self.begin(push(more=f"<disk name='vdb' type='file'><target file='{FOLDER}/other.copy'/><driver type='raw'/></disk>"))
        self.ended()
        last = self.dom.jobStats(libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED | libvirt.VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED)
        self.assertEqual((libvirt.VIR_DOMAIN_JOB_COMPLETED, libvirt.VIR_DOMAIN_JOB_OPERATION_BACKUP, True, 68 * MIB, 68 * MIB),
                         (last['type'], last['operation'], last['success'], last['disk_total'], last['disk_processed']))
        self.assertEqual(last, self.dom.jobStats(libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED))
        self.assertEqual(libvirt.VIR_DOMAIN_JOB_NONE, self.dom.jobStats(libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED)['type'])
        harness.wait_for(lambda: self.told)
        self.assertEqual([True], [stats['success'] for stats in self.told])
        self.write(2, 0, MIB)
        self.assertTrue(holds(f'{FOLDER}/copy.qcow2', 1, 0, 4 * MIB))
        self.assertTrue(holds(f'{FOLDER}/copy.qcow2', 0, 4 * MIB, 60 * MIB))
        self.assertEqual(4 * MIB, os.path.getsize(f'{FOLDER}/other.copy'))
        self.clean()
        self.begin(push('again'))     # another one may begin
        self.ended()
        self.assertTrue(holds(f'{FOLDER}/again.qcow2', 2, 0, MIB))

    def test_nothing_is_overwritten(self):
        with open(f'{FOLDER}/copy.qcow2', 'w', encoding='utf-8') as f:
            f.write('precious')
        self.refused(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, self.begin, push())
        self.assertEqual('precious', harness.read(f'{FOLDER}/copy.qcow2'))
        self.assertTrue(self.idle())
        self.clean()

    def test_pull(self):
        self.begin(pull())
        stats = self.dom.jobStats()
        self.assertEqual((libvirt.VIR_DOMAIN_JOB_UNBOUNDED, libvirt.VIR_DOMAIN_JOB_OPERATION_BACKUP), (self.dom.jobInfo()[0], stats['operation']))
        xml = self.dom.backupGetXMLDesc()
        self.assertIn("exportname='vda'", xml)
        self.assertIn(f"<scratch file='{FOLDER}/scratch'", xml)
        self.refused(libvirt.VIR_ERR_OPERATION_INVALID, self.begin, push())
        self.write(2, 0, 4 * MIB)               # what is offered stays as it was
        url = f'nbd+unix:///vda?socket={FOLDER}/nbd'
        tool('convert', '-f', 'raw', '-O', 'qcow2', url, f'{FOLDER}/pulled.qcow2')
        self.assertTrue(holds(f'{FOLDER}/pulled.qcow2', 1, 0, 4 * MIB))
        self.assertGreater(self.dom.jobStats()['time_elapsed'], 0)
        self.dom.abortJob()
        self.ended()
        last = self.dom.jobStats(libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED)
        self.assertEqual((libvirt.VIR_DOMAIN_JOB_COMPLETED, 'Operation canceled'), (last['type'], last['errmsg']))
        self.assertFalse(os.path.exists(f'{FOLDER}/scratch'))
        self.clean()
        self.refused(libvirt.VIR_ERR_OPERATION_INVALID, self.dom.abortJob)

    def test_aborted_push(self):
        self.write(3, 0, 64 * MIB)
        self.begin(push())
        if not self.idle():
            try:
                self.dom.abortJob()
            except libvirt.libvirtError as e:       # it was done in between
                self.assertEqual(libvirt.VIR_ERR_OPERATION_INVALID, e.get_error_code())
        self.ended()
        self.clean()

    def test_since_a_checkpoint(self):
        self.begin(push('full'), CHECKPOINT % 'first')
        self.ended()
        self.assertEqual(['first'], [c.getName() for c in self.dom.listAllCheckpoints()])
        self.write(2, MIB, MIB)
        self.begin(push('second', '<incremental>first</incremental>'), CHECKPOINT % 'second')
        self.ended()
        self.clean()
        image = f'{FOLDER}/second.qcow2'
        self.assertTrue(holds(image, 2, MIB, MIB))
        self.assertTrue(holds(image, 0, 0, MIB), 'more than the changes was copied')
        self.assertTrue(holds(image, 0, 2 * MIB, 2 * MIB))
        self.write(3, 3 * MIB, MIB)
        self.begin(push('third', '<incremental>second</incremental>'))
        self.ended()
        self.assertTrue(holds(f'{FOLDER}/third.qcow2', 3, 3 * MIB, MIB))
        self.assertTrue(holds(f'{FOLDER}/third.qcow2', 0, 0, 3 * MIB), 'changes before the second checkpoint')
        self.begin(push('both', '<incremental>first</incremental>'))
        self.ended()
        self.assertTrue(holds(f'{FOLDER}/both.qcow2', 2, MIB, MIB) and holds(f'{FOLDER}/both.qcow2', 3, 3 * MIB, MIB))
        self.assertEqual('second', self.dom.checkpointLookupByName('second').getName())
        self.assertEqual('first', self.dom.checkpointLookupByName('second').getParent().getName())
        self.refused(libvirt.VIR_ERR_NO_DOMAIN_CHECKPOINT, self.begin, push('none', '<incremental>nothing</incremental>'))

    def test_pull_since_a_checkpoint(self):
        self.dom.checkpointCreateXML(CHECKPOINT % 'first')
        self.write(2, MIB, MIB)
        self.begin(pull('<incremental>first</incremental>'))
        self.assertIn("exportbitmap='backup-vda'", self.dom.backupGetXMLDesc())
        self.dom.abortJob()
        self.begin(pull('<incremental>first</incremental>', "exportbitmap='changes'"), CHECKPOINT % 'second')
        self.write(4, 2 * MIB, MIB)             # not of this backup
        bitmap = tool('map', '--output=json', '--image-opts',
                      f'driver=nbd,export=vda,server.type=unix,server.path={FOLDER}/nbd,x-dirty-bitmap=qemu:dirty-bitmap:changes')
        dirty = [part for part in eval(bitmap, {'true': True, 'false': False}) if not part['data']]
        self.assertEqual([(MIB, MIB)], [(part['start'], part['length']) for part in dirty])
        self.dom.abortJob()
        self.ended()
        self.clean()
        self.begin(push('since', '<incremental>second</incremental>'))
        self.ended()
        self.assertTrue(holds(f'{FOLDER}/since.qcow2', 4, 2 * MIB, MIB) and holds(f'{FOLDER}/since.qcow2', 0, 0, 2 * MIB))

    def test_checkpoint_that_cannot_be(self):
        """A raw image keeps no bitmap: nothing is begun."""
        self.refused(libvirt.VIR_ERR_CONFIG_UNSUPPORTED, self.begin, push(), "<domaincheckpoint><name>x</name></domaincheckpoint>")
        self.assertEqual(([], True), (self.dom.listAllCheckpoints(), self.idle()))
        self.assertFalse(os.path.exists(f'{FOLDER}/copy.qcow2'))

    def test_guest_that_ends(self):
        self.begin(pull())
        self.dom.destroy()
        harness.wait_for(lambda: not self.conn.listAllDomains())


if __name__ == '__main__':
    unittest.main()
