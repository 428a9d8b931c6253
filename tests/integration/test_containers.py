#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Containers through the daemon: definitions are kept, with their namespaces; starting one is refused in clear words."""
import unittest

import harness

harness.enter()
harness.load_ours()

import libvirt  # noqa: E402  pylint: disable=wrong-import-position

libvirt.registerErrorHandler(lambda *_: None, None)
CONTAINER = """<domain type='lxc' xmlns:lxc='http://libvirt.org/schemas/domain/lxc/1.0'><name>box</name><memory>65536</memory>
  <os><type>exe</type><init>/bin/sh</init></os>%s</domain>"""
SHARES = "<lxc:namespace><lxc:sharenet type='%s' value='red'/></lxc:namespace>"


class Containers(unittest.TestCase):
    def setUp(self):
        self.daemon = harness.Daemon().start()

    def tearDown(self):
        self.daemon.stop()

    def test_definitions(self):
        conn = libvirt.open('lxc:///system')
        conn.defineXML(CONTAINER % (SHARES % 'netns'))
        conn.close()
        self.daemon.stop()
        self.daemon.start()
        conn = libvirt.open('lxc:///system')
        box = conn.lookupByName('box')
        self.assertIn("<lxc:sharenet type='netns' value='red'/>", box.XMLDesc())
        with self.assertRaises(libvirt.libvirtError) as caught:
            box.create()
        self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_OPERATION_UNSUPPORTED)
        self.assertFalse(box.isActive())
        with self.assertRaises(libvirt.libvirtError) as caught:
            conn.defineXML(CONTAINER.replace('box', 'bad') % (SHARES % 'bogus'))
        self.assertIn("Unknown LXC namespace source 'bogus'", str(caught.exception))
        box.undefine()
        self.assertEqual(conn.listAllDomains(), [])
        conn.close()


if __name__ == '__main__':
    unittest.main()
