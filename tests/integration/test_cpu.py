# SPDX-License-Identifier: LGPL-2.1-or-later
"""CPU models, comparison, baseline, capabilities documents: as programs ask for them, in the test driver and in QEMU's."""
import os
import re
import shutil
import sys
import tempfile
import unittest

import harness

harness.load_ours()

import libvirt  # noqa: E402  (the dynamic linker must find our library first)

libvirt.registerErrorHandler(lambda *unused: None, None)
HOST = '<cpu><arch>x86_64</arch><model>%s</model>%s</cpu>'


class TestDriver(unittest.TestCase):
    def setUp(self):
        self.conn = libvirt.open('test:///default')
        self.addCleanup(self.conn.close)

    def test_models(self):
        names = self.conn.getCPUModelNames('x86_64')
        self.assertIn('Haswell-noTSX-IBRS', names)
        self.assertEqual([], self.conn.getCPUModelNames('aarch64'))
        with self.assertRaises(libvirt.libvirtError) as caught:
            self.conn.getCPUModelNames('pdp11')
        self.assertEqual(libvirt.VIR_ERR_INVALID_ARG, caught.exception.get_error_code())

    def test_baseline(self):
        xml = self.conn.baselineCPU([HOST % ('Haswell', ''), HOST % ('Penryn', "<feature name='vmx'/>")], 0)
        self.assertIn('>Penryn</model>', xml)
        self.assertNotIn('vmx', xml)
        wide = self.conn.baselineCPU([HOST % ('Penryn', '')], libvirt.VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES)
        names = re.findall("require' name='(.*?)'", wide)
        self.assertEqual(sorted(names), names)
        self.assertIn('sse4.1', names)

    def test_sysinfo(self):
        self.assertIn("<sysinfo type='smbios'>", self.conn.getSysinfo(0))


@unittest.skipUnless(shutil.which('qemu-system-x86_64'), 'no QEMU for x86_64')
class QemuDriver(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp()
        cls.conn = libvirt.open('qemu:///embed?root=' + cls.root)

    @classmethod
    def tearDownClass(cls):
        cls.conn.close()
        shutil.rmtree(cls.root, ignore_errors=True)

    def test_host_compares_with_itself(self):
        caps = self.conn.getCapabilities()
        cpu = re.search('<cpu>.*?</cpu>', caps, re.S)[0]
        if '<model>' not in cpu:
            self.skipTest('the host has no CPU that we know')
        self.assertEqual(libvirt.VIR_CPU_COMPARE_IDENTICAL, self.conn.compareCPU(cpu, 0))

    def test_domain_capabilities(self):
        xml = self.conn.getDomainCapabilities(None, 'x86_64', 'q35', 'qemu')
        self.assertRegex(xml, "<machine>pc-q35-[0-9.]+</machine>")
        self.assertIn("<mode name='host-passthrough' supported='no'/>", xml)
        self.assertIn("<model usable='yes' vendor='unknown'>qemu64</model>", xml)
        self.assertRegex(xml, "<mode name='host-model' supported='yes'>\n      <model fallback='forbid'>")

    def test_emulator_bounds_the_baseline(self):
        """TCG has no x2apic for old models' names: what it can't do is taken away, in words."""
        xml = self.conn.baselineHypervisorCPU(None, 'x86_64', None, 'qemu', [HOST % ('SandyBridge', '')], 0)
        self.assertIn("<model fallback='forbid'>SandyBridge</model>", xml)
        result = self.conn.compareHypervisorCPU(None, 'x86_64', None, 'qemu', HOST % ('Cooperlake', ''), 0)
        self.assertEqual(libvirt.VIR_CPU_COMPARE_INCOMPATIBLE, result)

    def test_probe_happens_once(self):
        folder = os.path.join(self.root, 'cache', 'qemu', 'capabilities')
        self.conn.getDomainCapabilities(None, 'x86_64', None, 'qemu')
        before = {f: os.stat(os.path.join(folder, f)).st_mtime_ns for f in os.listdir(folder)}
        self.assertTrue(before)
        self.conn.getDomainCapabilities(None, 'x86_64', 'q35', 'qemu')
        self.assertEqual(before, {f: os.stat(os.path.join(folder, f)).st_mtime_ns for f in before})


if __name__ == '__main__':
    unittest.main()
