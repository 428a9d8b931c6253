#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our virsh prints what Debian's prints: lines of commands on a test driver each, which both begin anew with every line."""
import os
import re
import subprocess
import tempfile
import unittest

import harness

THREE = ('{0}-create-as test s1 desc1; {0}-create-as test s2; {0}-create-as test s3; ')


def run(line, old, folder):
    env = {k: v for k, v in os.environ.items() if k != 'LD_LIBRARY_PATH'} if old else harness.ours()
    env.update(EDITOR='sed -i s/AAA/BBB/', TZ='UTC')
    program = harness.OLD_VIRSH if old else harness.VIRSH
    r = subprocess.run([program, '-c', 'test:///default', line], env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                       timeout=60, cwd=folder, check=False)

    def settle(text):
        return re.sub(r'\d{10}', 'TIME', re.sub(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d', 'DATE', text))
    return r.returncode, settle(r.stdout), settle(r.stderr)


class Same(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        for kind in 'snapshot', 'checkpoint':
            with open(os.path.join(cls.folder.name, kind + '.xml'), 'w', encoding='utf-8') as f:
                f.write(f'<domain{kind}><name>fromfile</name><description>d</description></domain{kind}>')
        with open(os.path.join(cls.folder.name, 'new.xml'), 'w', encoding='utf-8') as f:
            f.write("<interface type='ethernet' name='eth9'><start mode='none'/><mac address='aa:bb:cc:dd:ee:01'/></interface>")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def same(self, *lines):
        for line in lines:
            with self.subTest(line):
                self.assertEqual(run(line, True, self.folder.name), run(line, False, self.folder.name))

    def both(self, *lines):
        self.same(*(line.format(kind) for kind in ('snapshot', 'checkpoint') for line in lines))

    def test_lists(self):
        self.both(*(THREE + '{0}-list test ' + options for options in (
            '', '--tree', '--name', '--parent', '--roots', '--leaves', '--no-leaves', '--from s1', '--from s1 --descendants',
            's1 --tree', '--topological',
            's1 --tree --descendants', '--from s1 --parent')))
        self.both(*('{0}-list test ' + options for options in (
            '', '--parent --roots', '--parent --tree', '--roots --tree', '--name --tree', '--leaves --tree', '--from x',
            '--descendants', '--roots --from x')))
        many = THREE.format('snapshot') + 'snapshot-revert test s1; snapshot-create-as test s4; '
        self.same(*(many + 'snapshot-list test ' + options for options in (
            '--tree', '--parent', '--active', '--inactive', '--internal', '--external', '--metadata', '--no-metadata', '--disk-only',
            '--current',
            '--current --tree', '--from s1 --current')))

    def test_one(self):
        self.both(*(THREE + '{0}-' + command for command in (
            'info test s1', 'info test s3', 'parent test s2', 'parent test s1', 'info test', 'info test x', 'parent test',
            'delete test', 'delete test x',
            'delete test s2; {0}-list test --tree', 'delete test s1 --children-only; {0}-list test',
            'delete test s1 --children; {0}-list test',
            'dumpxml test s1 --xpath //name', 'dumpxml test x')))
        self.same(*(THREE.format('snapshot') + 'snapshot-' + command for command in (
            'info test --current', 'info test s1 --current', 'parent test --current', 'current test --name',
            'current test s2; snapshot-current test --name',
            'current test x', 'current test s1 --name', 'revert test s1 --paused; domstate test', 'revert test', 'revert test x',
            'delete test --current')))
        self.same('snapshot-current test', 'snapshot-info test --current', 'snapshot-revert test --current')

    def test_create(self):
        self.both('{0}-create test; {0}-list test', '{0}-create test {0}.xml; {0}-create test {0}.xml', '{0}-create test /nonexistent',
                  '{0}-create test --redefine', '{0}-create-as test s1 "a <desc>"; {0}-dumpxml test s1 --xpath //description',
                  '{0}-create-as test n d --print-xml',
                  '{0}-create-as test --print-xml', '{0}-create-as test --print-xml --diskspec vda,foo=bar',
                  '{0}-create-as test s; {0}-create-as test s')
        self.same(*('snapshot-create-as test n d --print-xml ' + more for more in (
            '--disk-only --diskspec vda,snapshot=external,file=/path/to,,new --diskspec vdb,snapshot=no', '--memspec /m',
            '--memspec /m,foo=bar',
            '--memspec file=/m,,x,snapshot=external vda,driver=qcow2,stype=block,file=/dev/x', '--memspec snapshot=internal',
            '--diskspec vda,stype=foo',
            '--diskspec vda,stype=file', '--halt --disk-only --memspec file=/x')))
        self.same('checkpoint-create-as test n d --print-xml --diskspec vda,checkpoint=bitmap,bitmap=map1 vdb,checkpoint=no',
                  'checkpoint-create-as test --print-xml vda,,x', 'snapshot-create-as test s1 --halt; domstate test',
                  'snapshot-create test --current')

    def test_edit(self):
        self.both('{0}-create-as test s1 AAA; {0}-edit test s1; {0}-dumpxml test s1 --xpath //description; {0}-edit test s1',
                  '{0}-edit test', '{0}-edit test x')
        self.same('snapshot-create-as test AAA; snapshot-edit test AAA --clone; snapshot-list test --name',
                  'snapshot-edit test x --clone --rename',
                  'snapshot-create-as test s1 AAA; snapshot-edit test --current; snapshot-edit test s1 --current',
                  'checkpoint-create-as test AAA; checkpoint-edit test AAA')

    def test_backup(self):
        self.same('backup-begin test', 'backup-begin test /nonexistent')

    def test_interfaces(self):
        define = 'iface-define new.xml; '
        self.same('iface-list', 'iface-list --all', 'iface-list --inactive', 'iface-name aa:bb:cc:dd:ee:ff', 'iface-mac eth1',
                  'iface-mac nope',
                  'iface-mac aa:bb:cc:dd:ee:ff', 'iface-name nope', 'iface-dumpxml eth1', 'iface-dumpxml aa:bb:cc:dd:ee:ff --xpath //mac',
                  'iface-dumpxml nope', 'iface-define /nonexistent', 'iface-define checkpoint.xml', 'iface-undefine nope',
                  'iface-edit nope')
        self.same(*(define + more for more in (
            'iface-list --all', 'iface-list --inactive',
            'iface-start eth9; iface-list; iface-start eth9; iface-destroy eth9; iface-destroy eth9',
            'iface-undefine eth9; iface-list --all')))
        self.same('iface-begin; ' + define + 'iface-rollback; iface-list --all; iface-commit',
                  'iface-begin; iface-begin; iface-commit; iface-rollback')

    def test_node_devices(self):
        self.same('nodedev-dumpxml computer', 'nodedev-dumpxml computer --xpath //name', 'nodedev-dumpxml nope',
                  'nodedev-create /nonexistent',
                  'nodedev-create checkpoint.xml', 'nodedev-destroy scsi_host1', 'nodedev-destroy nope', 'nodedev-detach computer',
                  'nodedev-reattach computer', 'nodedev-reset nope', 'nodedev-define checkpoint.xml', 'nodedev-undefine computer',
                  'nodedev-start computer', 'nodedev-autostart computer --disable', 'nodedev-list --cap foo',
                  'nodedev-list --tree --cap pci',
                  'nodedev-list --inactive --all', 'nodedev-info nope',
                  'nodedev-event --list', 'nodedev-event', 'nodedev-event nope', 'nodedev-event --event lifecycle --device nope',
                  'nodedev-event --event nope')

    def test_counts_of_cpus(self):
        self.same('vcpucount test', 'vcpucount test --active --live', 'vcpucount test --maximum --config', 'vcpucount test --live --config',
                  'vcpucount test --guest --config', 'setvcpus test 1; vcpucount test', 'setvcpus test 0', 'setvcpus test x',
                  'setvcpus test 2 --maximum',
                  'setvcpus test 2 --current --live')

    def test_lines(self):
        """All commands of a line run; the last one says how it went."""
        self.same('domstate nobody; domid test', 'domid test; domstate nobody', 'domid test; nonsense')

    def test_help(self):
        self.same('help snapshot', 'help checkpoint', 'help backup', 'help snapshot-create-as', 'help snapshot-edit',
                  'help checkpoint-delete', 'help backup-begin')


if __name__ == '__main__':
    unittest.main()
