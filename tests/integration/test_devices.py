# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices of persistent definitions changed one by one, command lines shown, foreign configurations read, documents validated."""
import base64
import contextlib
import json
import os
import shlex
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ET

import harness

harness.enter()
harness.load_ours()

import libvirt  # noqa: E402  (the dynamic linker must find our library first)

CONFIG = libvirt.VIR_DOMAIN_AFFECT_CONFIG
GUEST = '''<domain type='qemu'><name>g</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid><memory>524288</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os>%s<devices>%s<memballoon model='none'/></devices></domain>'''
DISK = "<disk type='file' device='disk'><source file='%s'/><target dev='%s' bus='virtio'/></disk>"
NET = "<interface type='user'><mac address='52:54:00:00:00:%02x'/><model type='virtio'/></interface>"


class Case(unittest.TestCase):
    def setUp(self):
        libvirt.registerErrorHandler(lambda c, e: None, None)
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.daemon = harness.Daemon().start()
        stack.callback(self.daemon.stop)
        self.conn = libvirt.open('qemu:///system')
        stack.callback(self.close)

    def close(self):
        for dom in self.conn.listAllDomains():
            dom.undefine()
        self.conn.close()

    def define(self, devices='', more=''):
        return self.conn.defineXML(GUEST % (more, devices))

    def find(self, dom, path):
        return ET.fromstring(dom.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)).findall('devices/' + path)

    def refused(self, code, call, *args):
        with self.assertRaises(libvirt.libvirtError) as e:
            call(*args)
        self.assertEqual(code, e.exception.get_error_code(), str(e.exception))
        return str(e.exception)

    def argv(self, devices='', more='', **fields):
        text = GUEST % (more, devices)
        for old, new in fields.items():
            text = text.replace(old, new)
        return shlex.split(self.conn.domainXMLToNative('qemu-argv', text))

    def options(self, words, option):
        values = [b for a, b in zip(words, words[1:]) if a == option]
        return [json.loads(v) if v.startswith('{') else v for v in values]


class Change(Case):
    def test_disk(self):
        dom = self.define(DISK % ('/a', 'vda'))
        dom.attachDeviceFlags(DISK % ('/c', 'vdc'), CONFIG)
        dom.attachDeviceFlags(DISK % ('/b', 'vdb'), CONFIG)
        self.assertEqual(['vda', 'vdb', 'vdc'], [t.get('dev') for t in self.find(dom, 'disk/target')])
        addresses = {a.get('bus') for a in self.find(dom, 'disk/address')}
        self.assertEqual(3, len(addresses), 'each in a port of its own')
        said = self.refused(libvirt.VIR_ERR_OPERATION_INVALID, dom.attachDeviceFlags, DISK % ('/d', 'vdb'), CONFIG)
        self.assertIn('target vdb already exists', said)
        dom.updateDeviceFlags(DISK % ('/new', 'vdb'), CONFIG)
        self.assertEqual(['/a', '/new', '/c'], [s.get('file') for s in self.find(dom, 'disk/source')])
        dom.detachDeviceFlags(DISK % ('/whatever', 'vda'), CONFIG)
        self.refused(libvirt.VIR_ERR_DEVICE_MISSING, dom.detachDeviceFlags, DISK % ('/a', 'vda'), CONFIG)
        self.refused(libvirt.VIR_ERR_INVALID_ARG, dom.updateDeviceFlags, DISK % ('/a', 'vda'), CONFIG)

    def test_refusal_changes_nothing(self):
        dom = self.define(DISK % ('/a', 'vda'))
        before = dom.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
        for xml, code in (("<disk type='file'><source file='/x'/></disk>", libvirt.VIR_ERR_NO_TARGET), ('<nonsense/>', libvirt.VIR_ERR_CONFIG_UNSUPPORTED),
                          ("<hub type='usb'/>", libvirt.VIR_ERR_OPERATION_UNSUPPORTED), ('<disk', libvirt.VIR_ERR_XML_DETAIL),
                          ("<interface type='user'><address type='pci' bus='99' slot='1'/></interface>", libvirt.VIR_ERR_XML_ERROR)):
            self.refused(code, dom.attachDeviceFlags, xml, CONFIG)
        self.assertEqual(before, dom.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))

    def test_interfaces(self):
        dom = self.define(NET % 1 + NET % 2)
        self.refused(libvirt.VIR_ERR_OPERATION_FAILED, dom.detachDeviceFlags, "<interface type='user'/>", CONFIG)
        dom.updateDeviceFlags((NET % 2).replace("type='virtio'", "type='e1000e'"), CONFIG)
        self.assertEqual(['virtio', 'e1000e'], [m.get('type') for m in self.find(dom, 'interface/model')])
        dom.detachDeviceFlags(NET % 1, CONFIG)
        self.assertEqual(['52:54:00:00:00:02'], [m.get('address') for m in self.find(dom, 'interface/mac')])
        dom.detachDeviceFlags("<interface type='user'/>", CONFIG)
        self.assertEqual([], self.find(dom, 'interface'))

    def test_memory_counts(self):
        numa = "<cpu><numa><cell id='0' cpus='0' memory='524288' unit='KiB'/></numa></cpu>"
        module = "<memory model='dimm'><target><size unit='KiB'>131072</size><node>0</node></target></memory>"
        dom = self.define(more=numa)
        self.refused(libvirt.VIR_ERR_CONFIG_UNSUPPORTED, dom.attachDeviceFlags, module, CONFIG)
        dom = self.conn.defineXML((GUEST % (numa, '')).replace('<memory>', "<maxMemory slots='4'>2097152</maxMemory><memory>"))
        dom.attachDeviceFlags(module, CONFIG)
        self.assertEqual(655360, dom.maxMemory())
        dom.detachDeviceFlags(module, CONFIG)
        self.assertEqual(524288, dom.maxMemory())

    def test_alias_and_restart(self):
        dom = self.define(DISK % ('/a', 'vda'))
        dom.attachDeviceFlags("<rng model='virtio'><backend model='builtin'/><alias name='ua-dice'/></rng>", CONFIG)
        self.conn.close()
        self.daemon.stop()
        self.daemon.start()
        self.conn = libvirt.open('qemu:///system')
        dom = self.conn.lookupByName('g')
        self.assertEqual(['ua-dice'], [a.get('name') for a in self.find(dom, 'rng/alias')])
        self.refused(libvirt.VIR_ERR_DEVICE_MISSING, dom.detachDeviceAlias, 'ua-no', CONFIG)
        dom.detachDeviceAlias('ua-dice', CONFIG)
        self.assertEqual([], self.find(dom, 'rng'))


class CommandLine(Case):
    def test_private_secret(self):
        """QEMU gets the value encrypted; the client gets neither value nor key."""
        secret = self.conn.secretDefineXML("<secret private='yes' ephemeral='yes'><uuid>0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f</uuid></secret>")
        secret.setValue(b'open sesame')
        self.addCleanup(secret.undefine)
        self.refused(libvirt.VIR_ERR_INVALID_SECRET, secret.value)
        disk = (DISK % ('/a', 'vda')).replace("/></disk>", "/><encryption format='luks'><secret type='passphrase' uuid='%s'/></encryption></disk>" %
                                              secret.UUIDString())
        words = self.argv(disk)
        objects = {o['id']: o for o in self.options(words, '-object') if isinstance(o, dict)}
        data = base64.b64decode(objects['libvirt-1-format-encryption-secret0']['data'])
        self.assertEqual(16, len(data))
        self.assertNotIn('sesame', ' '.join(words))
        formats = [b for b in self.options(words, '-blockdev') if b['node-name'] == 'libvirt-1-format']
        self.assertEqual(['luks'], [f['driver'] for f in formats])
        self.assertEqual('libvirt-1-format-encryption-secret0', formats[0]['key-secret'])
        self.refused(libvirt.VIR_ERR_NO_SECRET, self.argv, disk.replace('0a81f5b2', '0a81f5b3'))

    def test_firmware(self):
        folder = '/etc/qemu/firmware'
        os.makedirs(folder, exist_ok=True)
        describe = {'interface-types': ['uefi'], 'mapping': {'device': 'flash', 'executable': {'filename': '/code.fd', 'format': 'raw'},
                                                             'nvram-template': {'filename': '/vars.fd', 'format': 'raw'}},
                    'targets': [{'architecture': 'x86_64', 'machines': ['pc-q35-*']}], 'features': ['secure-boot', 'requires-smm']}
        path = os.path.join(folder, '00-test.json')
        with open(path, 'w') as f:
            json.dump(describe, f)
        self.addCleanup(os.unlink, path)
        words = self.argv(more='<features><acpi/></features>', **{'<os>': "<os firmware='efi'>"})
        self.assertIn('/code.fd', [b.get('filename') for b in self.options(words, '-blockdev')])
        self.assertIn('smm=on', self.options(words, '-machine')[0])

    def test_memory(self):
        shared = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"
        words = self.argv("<filesystem type='mount'><driver type='virtiofs'/><source socket='/s'/><target dir='t'/></filesystem>", shared)
        ram = [o for o in self.options(words, '-object') if isinstance(o, dict) and o['id'] == 'pc.ram']
        self.assertEqual([('memory-backend-memfd', True, 512 << 20)], [(o['qom-type'], o['share'], o['size']) for o in ram])
        self.assertIn('vhost-user-fs-pci', [d['driver'] for d in self.options(words, '-device') if isinstance(d, dict)])

    def test_host_is_asked(self):
        self.assertIn('NUMA node 999', self.refused(libvirt.VIR_ERR_CONFIG_UNSUPPORTED, self.argv, '', "<numatune><memory nodeset='999'/></numatune>"))


class Documents(unittest.TestCase):
    def validate(self, text):
        r = subprocess.run([os.path.join(harness.build(), 'tools', 'virt-xml-validate'), '-'], input=text, capture_output=True, text=True)
        return r.returncode, r.stdout + r.stderr

    def test_validate(self):
        self.assertEqual(0, self.validate(GUEST % ('', ''))[0])
        self.assertEqual(4, self.validate(GUEST % ('', "<disk type='file'><target dev='vda' bas='virtio'/></disk>"))[0])
        self.assertEqual(3, self.validate('<domain')[0])
        self.assertEqual(1, self.validate('<nothing/>')[0])
        self.assertEqual(0, self.validate("<secret ephemeral='no' private='no'><usage type='ceph'><name>n</name></usage></secret>")[0])

    def test_schemas_are_schemas(self):
        for name in subprocess.run([os.path.join(harness.build(), 'tools', 'virt-xml-validate'), '--list'], capture_output=True, text=True).stdout.split():
            with self.subTest(name):
                ET.parse(os.path.join(harness.build(), 'tools', name + '.rng'))


if __name__ == '__main__':
    unittest.main()
