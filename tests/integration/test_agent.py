#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests' agents through the daemon: what is asked and answered, and what others see of one that does not answer. The QEMUs are fakes
that run nothing, with an agent whose mood a test sets; one test asks QEMU's own agent in a guest that boots."""
import json
import os
import shutil
import subprocess
import threading
import time
import unittest

import guests
import harness

harness.enter()
harness.load_ours()

import libvirt  # noqa: E402  pylint: disable=wrong-import-position
import libvirt_qemu  # noqa: E402  pylint: disable=wrong-import-position

libvirt.registerErrorHandler(lambda *_: None, None)
libvirt.virEventRegisterDefaultImpl()
FOLDER = '/var/lib/libvirt/fake'
COMMAND_TIMEOUT, COMMAND_FAILED = 112, 113      # newer than Debian's bindings
CHANNEL = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"


def domain(name, channel=CHANNEL, more=''):
    return f"""<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory><vcpu>4</vcpu>
      <os><type arch='x86_64' machine='pc'>hvm</type></os>{more}
      <devices><emulator>{FOLDER}/fake-qemu</emulator>
        <disk type='file' device='disk'><source file='{FOLDER}/disk'/><target dev='vda' bus='virtio'/>
          <address type='pci' domain='0' bus='0' slot='6' function='0'/></disk>
        <interface type='user'><mac address='52:54:00:11:22:33'/></interface>{channel}</devices></domain>"""


def timed(call, *args):
    """Seconds, and the error if there was one."""
    start = time.monotonic()
    try:
        call(*args)
        return time.monotonic() - start, None
    except libvirt.libvirtError as e:
        return time.monotonic() - start, e


class Caller(threading.Thread):
    def __init__(self, call, *args):
        super().__init__(daemon=True)
        self.call, self.args, self.took, self.error = call, args, None, None
        self.start()

    def run(self):
        self.took, self.error = timed(self.call, *self.args)


class Fakes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.makedirs(FOLDER)
        for source, name in ('fake-qemu.py', 'fake-qemu'), ('fake_agent.py', 'fake_agent.py'):
            shutil.copy(os.path.join(harness.ROOT, 'tests/qemu', source), f'{FOLDER}/{name}')
            os.chmod(f'{FOLDER}/{name}', 0o755)
        os.chmod(FOLDER, 0o777)         # the fakes, of another user, write what they were asked
        with open(f'{FOLDER}/disk', 'wb') as f:
            f.truncate(1 << 20)
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
        shutil.rmtree(FOLDER)

    def tearDown(self):
        for d in self.conn.listAllDomains():
            if d.isActive():
                d.destroy()
            d.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA)
        for name in os.listdir(FOLDER):
            if name.startswith('lvt-'):
                os.unlink(f'{FOLDER}/{name}')

    def guest(self, name, connected=True, **more):
        d = self.conn.defineXML(domain(name, **more))
        d.create()
        if connected:
            harness.wait_for(lambda: "state='connected'" in d.XMLDesc())
        return d

    def mood(self, d, words, what='agent'):
        path = f'{FOLDER}/{d.name()}.{what}'
        with open(path + '.new', 'w', encoding='utf-8') as f:
            f.write(words)
        os.chmod(path + '.new', 0o644)
        os.rename(path + '.new', path)

    def well(self, d, what='agent'):
        os.unlink(f'{FOLDER}/{d.name()}.{what}')

    def asked(self, d):
        path = f'{FOLDER}/{d.name()}.agent-log'
        if not os.path.exists(path):
            return []
        with open(path, encoding='utf-8') as f:
            return [m for m in map(json.loads, f) if 'sync' not in m['execute']]

    def fails(self, code, words, call, *args, within=None):
        took, error = timed(call, *args)
        self.assertIsNotNone(error, f'{call} worked')
        self.assertEqual((code, True), (error.get_error_code(), words in str(error)), str(error))
        if within is not None:
            self.assertLess(took, within)
        return took


class Calls(Fakes):
    def test_answers(self):
        d = self.guest('lvt-all')
        self.assertEqual('fake.example.org', d.hostname())
        self.assertEqual({'seconds': 1500000000, 'nseconds': 123456789}, d.getTime())
        d.setTime({'seconds': 5, 'nseconds': 6})
        self.assertEqual({'execute': 'guest-set-time', 'arguments': {'time': 5000000006}}, self.asked(d)[-1])
        d.setTime(flags=libvirt.VIR_DOMAIN_TIME_SYNC)
        self.assertEqual({'execute': 'guest-set-time'}, self.asked(d)[-1])
        self.assertEqual(2, d.fsFreeze())
        self.assertEqual(2, d.fsThaw())
        self.assertEqual(1, d.fsFreeze(['/mnt']))
        self.assertEqual({'mountpoints': ['/mnt']}, self.asked(d)[-1]['arguments'])
        d.fSTrim(None, 4096)
        self.assertEqual({'minimum': 4096}, self.asked(d)[-1]['arguments'])
        self.assertEqual([('/srv', 'dm-0', 'xfs', []), ('/', 'vda1', 'ext4', ['vda'])], [tuple(f) for f in d.fsInfo()])
        d.setUserPassword('root', 'pass')
        self.assertEqual({'crypted': False, 'username': 'root', 'password': 'cGFzcw=='}, self.asked(d)[-1]['arguments'])
        self.assertEqual('{"return":{}}', libvirt_qemu.qemuAgentCommand(d, '{"execute": "guest-ping"}', 5, 0))

    def test_vcpus(self):
        d = self.guest('lvt-vcpus')
        self.assertEqual({'vcpus': '0-3', 'online': '0-3', 'offlinable': '1-3'}, d.guestVcpus())
        d.setGuestVcpus('1-2', 0)
        self.assertEqual('0,3', d.guestVcpus()['online'])
        self.assertEqual(2, d.vcpusFlags(libvirt.VIR_DOMAIN_VCPU_GUEST))
        self.assertEqual(4, d.vcpusFlags(libvirt.VIR_DOMAIN_VCPU_GUEST | libvirt.VIR_DOMAIN_VCPU_MAXIMUM))
        d.setVcpusFlags(3, libvirt.VIR_DOMAIN_VCPU_GUEST)
        self.assertEqual(3, d.vcpusFlags(libvirt.VIR_DOMAIN_VCPU_GUEST))
        self.fails(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, "vCPU '0' is not offlinable", d.setGuestVcpus, '0', 0)
        self.fails(libvirt.VIR_ERR_INVALID_ARG, "guest is missing vCPUs '9'", d.setGuestVcpus, '9', 1)
        self.fails(libvirt.VIR_ERR_INVALID_ARG, 'greater than the count of enabled vcpus',
                   d.setVcpusFlags, 5, libvirt.VIR_DOMAIN_VCPU_GUEST)

    def test_keys(self):
        d = self.guest('lvt-keys')
        append, remove = libvirt.VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND, libvirt.VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE
        self.assertEqual(['ssh-ed25519 AAAA one'], d.authorizedSSHKeysGet('root'))
        d.authorizedSSHKeysSet('root', ['two'], append)
        self.assertEqual(['ssh-ed25519 AAAA one', 'two'], d.authorizedSSHKeysGet('root'))
        d.authorizedSSHKeysSet('root', ['two'], remove)
        d.authorizedSSHKeysSet('root', ['three'])
        self.assertEqual(['three'], d.authorizedSSHKeysGet('root'))

    def test_information(self):
        d = self.guest('lvt-info')
        info = d.guestInfo()
        for name, value in {'hostname': 'fake.example.org', 'user.count': 2, 'user.0.login-time': 1500000000250, 'os.id': 'debian',
                            'timezone.offset': 3600, 'fs.1.disk.0.alias': 'vda', 'disk.0.partition': False, 'if.1.addr.count': 2}.items():
            self.assertEqual(value, info[name], name)
        self.assertEqual({'timezone.name': 'CET', 'timezone.offset': 3600}, d.guestInfo(libvirt.VIR_DOMAIN_GUEST_INFO_TIMEZONE))
        unknown = {'error': {'class': 'CommandNotFound', 'desc': 'what is that'}}
        self.mood(d, json.dumps({'guest-get-users': unknown}), 'agent-replies')
        self.assertNotIn('user.count', d.guestInfo())           # all that it knows
        self.fails(COMMAND_FAILED, 'what is that', d.guestInfo, libvirt.VIR_DOMAIN_GUEST_INFO_USERS)

    def test_addresses(self):
        d = self.guest('lvt-addresses')
        found = d.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)
        self.assertEqual({'lo', 'eth0', 'sit0'}, set(found))
        self.assertEqual(['192.0.2.5', '192.0.2.6'], [a['addr'] for a in found['eth0']['addrs']])
        self.assertEqual({}, d.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE))
        self.assertEqual({}, d.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP))

    def test_power(self):
        d = self.guest('lvt-power')
        d.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT)
        d.reboot(libvirt.VIR_DOMAIN_REBOOT_GUEST_AGENT)
        self.assertEqual(['powerdown', 'reboot'], [m['arguments']['mode'] for m in self.asked(d)])
        d.pMSuspendForDuration(libvirt.VIR_NODE_SUSPEND_TARGET_MEM, 0)
        self.assertEqual('guest-suspend-ram', self.asked(d)[-1]['execute'])
        self.mood(d, 'refuse')
        self.fails(COMMAND_FAILED, 'no guest-shutdown today', d.shutdownFlags, libvirt.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT)
        d.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT | libvirt.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN)      # the other way, then

    def test_snapshot(self):
        d = self.guest('lvt-snapshot')
        xml = f"<domainsnapshot><name>s</name><disks><disk name='vda'><source file='{FOLDER}/lvt-top'/></disk></disks></domainsnapshot>"
        flags = libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE
        self.mood(d, 'refuse guest-fsfreeze-freeze')
        self.fails(COMMAND_FAILED, 'no guest-fsfreeze-freeze today', d.snapshotCreateXML, xml, flags)
        self.assertFalse(os.path.exists(f'{FOLDER}/lvt-top'))
        self.assertEqual(['guest-fsfreeze-freeze'], [m['execute'] for m in self.asked(d)])
        self.well(d)
        d.snapshotCreateXML(xml, flags)
        self.assertEqual(['guest-fsfreeze-freeze', 'guest-fsfreeze-thaw'], [m['execute'] for m in self.asked(d)[1:]])
        self.assertTrue(os.path.exists(f'{FOLDER}/lvt-top'))

    def test_nobody_there(self):
        bare = self.guest('lvt-bare', connected=False, channel='')
        self.fails(libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED, 'QEMU guest agent is not configured', bare.hostname)
        self.fails(libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED, 'QEMU guest agent is not configured',
                   bare.shutdownFlags, libvirt.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT)
        d = self.guest('lvt-there')
        d.suspend()
        self.fails(libvirt.VIR_ERR_OPERATION_INVALID, 'domain is not running', d.getTime)
        d.destroy()
        self.fails(libvirt.VIR_ERR_OPERATION_INVALID, 'domain is not running', d.getTime)

    def test_shells(self):
        """Ours prints what Debian's prints."""
        d = self.guest('lvt-shell')
        for words in ('domfsinfo', 'domtime', 'domtime --pretty', 'guestvcpus', 'guestinfo', 'guestinfo --os', 'domhostname', 'vcpucount',
                      'domhostname --source x', 'domifaddr --source agent', 'domifaddr --source agent --full',
                      'domifaddr eth0 --source agent', 'domifaddr',
                      'get-user-sshkeys root', 'set-user-sshkeys root', 'guestvcpus --enable', 'domfsthaw', 'domfsfreeze /a /b',
                      'domfsthaw /x',
                      'domfstrim', 'domtime --time 17', 'domtime --now --sync', 'guest-agent-timeout --timeout 3',
                      'guest-agent-timeout --timeout -9',
                      'qemu-agent-command --pretty {"execute":"guest-get-fsinfo"}', 'qemu-agent-command --timeout 0 {}', 'dompmsuspend mem',
                      'dompmsuspend foo', 'dompmsuspend mem --duration 4', 'set-user-password root pw', 'vcpucount --guest',
                      'setvcpus 0', 'setvcpus 2 --guest'):
            command, *rest = words.split(' ')
            old, ours = (harness.virsh(command, d.name(), *rest, old=old, uri='qemu:///system', check=False) for old in (True, False))
            self.assertEqual((old.returncode, old.stdout, old.stderr), (ours.returncode, ours.stdout, ours.stderr), words)
        facts = json.loads(harness.virsh('guestinfo', d.name(), '--output', 'json', uri='qemu:///system').stdout)
        self.assertEqual('fake.example.org', facts['hostname'])


class Channel(Fakes):
    def test_bad_manners(self):
        d = self.guest('lvt-rude')
        for mood in 'split', 'garble', 'stale':
            self.mood(d, mood)
            self.assertEqual('fake.example.org', d.hostname(), mood)
        for mood in 'huge', 'deep':
            self.mood(d, mood)
            d.agentSetResponseTimeout(3)
            took, error = timed(d.hostname)
            self.assertIsNotNone(error, mood)
            self.assertLess(took, 10)
            harness.wait_for(lambda: timed(d.info)[1] is None)
        self.well(d)
        harness.wait_for(lambda: timed(d.hostname)[1] is None)

    def test_late_answers_are_nobodys(self):
        d = self.guest('lvt-late')
        self.mood(d, 'late 2 guest-get-host-name')
        took = self.fails(COMMAND_TIMEOUT, "'guest-get-host-name'", libvirt_qemu.qemuAgentCommand, d,
                          '{"execute": "guest-get-host-name"}', 1, 0, within=2)
        self.assertGreater(took, 0.9)
        self.well(d)
        self.assertEqual(1500000000, d.getTime()['seconds'])
        self.fails(COMMAND_TIMEOUT, "'guest-get-time'", libvirt_qemu.qemuAgentCommand, d, '{"execute": "guest-get-time"}',
                   libvirt_qemu.VIR_DOMAIN_QEMU_AGENT_COMMAND_NOWAIT, 0, within=1)

    def test_timeout_of_a_guest(self):
        d = self.guest('lvt-patience')
        self.mood(d, 'stall guest-get-host-name')
        d.agentSetResponseTimeout(1)
        self.fails(COMMAND_TIMEOUT, "'guest-get-host-name'", d.hostname, within=2)
        self.fails(libvirt.VIR_ERR_INVALID_ARG, "'-3' is less than the minimum '-2'", d.agentSetResponseTimeout, -3)
        self.daemon.stop()
        self.daemon.start()
        type(self).conn = libvirt.open('qemu:///system')
        d = self.conn.lookupByName('lvt-patience')
        self.fails(COMMAND_TIMEOUT, "'guest-get-host-name'", d.hostname, within=2)
        self.assertEqual(1500000000, d.getTime()['seconds'])

    def test_comes_and_goes(self):
        told = []
        d = self.guest('lvt-port')
        handle = self.conn.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
                                                  lambda c, dom, state, reason, _: told.append((dom.name(), state, reason)), None)
        self.mood(d, 'closed', 'port')
        harness.wait_for(lambda: len(told) == 1)
        self.fails(libvirt.VIR_ERR_AGENT_UNRESPONSIVE, 'QEMU guest agent is not connected', d.hostname, within=1)
        self.well(d, 'port')
        harness.wait_for(lambda: len(told) == 2)
        self.assertEqual('fake.example.org', d.hostname())
        other = self.guest('lvt-start')
        harness.wait_for(lambda: len(told) == 4)
        channel, started = (libvirt.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL,
                            libvirt.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_DOMAIN_STARTED)
        self.assertEqual([(d.name(), 2, channel), (d.name(), 1, channel), (other.name(), 2, started), (other.name(), 1, channel)], told)
        self.conn.domainEventDeregisterAny(handle)

    def test_there_before_the_start_has_ended(self):
        d = self.conn.defineXML(domain('lvt-quick'))
        self.mood(d, 'closed', 'port')          # nothing is told of it later
        with open(f'{FOLDER}/lvt-quick', 'w', encoding='utf-8') as f:
            f.write('opens')
        os.chmod(f'{FOLDER}/lvt-quick', 0o644)
        d.create()
        harness.wait_for(lambda: "state='connected'" in d.XMLDesc())
        self.assertEqual([libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_BOOTED], d.state())
        self.assertEqual('fake.example.org', d.hostname())

    def test_hangs_up(self):
        d = self.guest('lvt-dies')
        self.mood(d, 'die')
        took, error = timed(d.hostname)
        self.assertIsNotNone(error)
        self.assertLess(took, 1)
        self.well(d)
        self.assertEqual('fake.example.org', d.hostname())

    def test_closed_while_asked(self):
        d = self.guest('lvt-closed')
        self.mood(d, 'stall guest-get-host-name')
        caller = Caller(d.hostname)
        harness.wait_for(lambda: self.asked(d))
        self.mood(d, 'closed', 'port')
        caller.join(2)
        self.assertEqual(libvirt.VIR_ERR_AGENT_UNRESPONSIVE, caller.error.get_error_code())
        self.assertIn('Guest agent disappeared while executing command', str(caller.error))


class Silence(Fakes):
    def silent(self):
        d = self.guest('lvt-silent')
        self.mood(d, 'stall')
        return d

    def others_work(self, d, fine):
        worst = 0
        for call in (d.info, d.XMLDesc, d.state, lambda: d.blockStats('vda'), d.suspend, d.resume, lambda: d.setMemory(16384), d.vcpusFlags,
                     self.conn.getAllDomainStats, fine.hostname, fine.suspend, fine.resume, self.conn.listAllDomains):
            took, error = timed(call)
            self.assertIsNone(error)
            worst = max(worst, took)
        self.assertLess(worst, 1)

    def test_nobody_else_waits(self):
        d, fine = self.silent(), self.guest('lvt-fine')
        conn = libvirt.open('qemu:///system')           # a client of its own: one has as many calls under way as max_client_requests says
        twin = conn.lookupByName(d.name())
        callers = [Caller(call) for call in (twin.hostname, twin.fsFreeze, twin.guestInfo,
                                             lambda: twin.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT),
                                             lambda: twin.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT))]
        time.sleep(0.3)
        self.others_work(d, fine)
        self.assertTrue(all(c.is_alive() for c in callers))
        callers[0].join(30)
        first = [c for c in callers if c.error]
        self.assertTrue(first)
        for c in first:
            self.assertEqual(libvirt.VIR_ERR_AGENT_UNRESPONSIVE, c.error.get_error_code())
        took, error = timed(d.destroy)
        self.assertIsNone(error)
        self.assertLess(took, 2)
        for c in callers:
            c.join(2)
            self.assertIsNotNone(c.error)
        conn.close()

    def test_no_deadline_ends_with_the_guest(self):
        d, fine = self.guest('lvt-silent'), self.guest('lvt-fine')
        self.mood(d, 'stall guest-ping')
        caller = Caller(libvirt_qemu.qemuAgentCommand, d, '{"execute": "guest-ping"}', libvirt_qemu.VIR_DOMAIN_QEMU_AGENT_COMMAND_BLOCK, 0)
        harness.wait_for(lambda: self.asked(d))
        self.others_work(d, fine)
        time.sleep(6)                   # longer than a deadline
        self.assertTrue(caller.is_alive())
        took, error = timed(d.destroy)
        self.assertIsNone(error)
        self.assertLess(took, 2)
        caller.join(2)
        self.assertIsNotNone(caller.error)

    def test_no_deadline_ends_with_the_caller(self):
        """Who asked for no deadline and went away does not keep the agent from others."""
        d = self.guest('lvt-silent')
        self.mood(d, 'stall guest-ping')
        program = (f"import libvirt, libvirt_qemu; d = libvirt.open('qemu:///system').lookupByName({d.name()!r}); "
                   "libvirt_qemu.qemuAgentCommand(d, '{\"execute\": \"guest-ping\"}', libvirt_qemu.VIR_DOMAIN_QEMU_AGENT_COMMAND_BLOCK, 0)")
        with subprocess.Popen(['/usr/bin/python3', '-c', program], env=harness.borrowed(), stderr=subprocess.DEVNULL) as client:
            harness.wait_for(lambda: self.asked(d))
            client.kill()
        took, error = timed(d.hostname)
        self.assertIsNone(error)
        self.assertLess(took, 5)

    def test_snapshot_of_a_silent_guest(self):
        d, fine = self.silent(), self.guest('lvt-fine')
        flags = libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE
        disks = f"<disks><disk name='vda'><source file='{FOLDER}/lvt-top'/></disk></disks>"
        caller = Caller(d.snapshotCreateXML, f'<domainsnapshot>{disks}</domainsnapshot>', flags)
        time.sleep(0.3)
        for call in d.info, d.XMLDesc, self.conn.getAllDomainStats, fine.suspend, fine.resume:
            took, error = timed(call)
            self.assertIsNone(error)
            self.assertLess(took, 1)
        caller.join(15)
        self.assertEqual(libvirt.VIR_ERR_AGENT_UNRESPONSIVE, caller.error.get_error_code())
        self.assertFalse(os.path.exists(f'{FOLDER}/lvt-top'))

    def test_daemon_ends_all_the_same(self):
        d = self.guest('lvt-silent')
        self.mood(d, 'stall guest-ping')
        caller = Caller(libvirt_qemu.qemuAgentCommand, d, '{"execute": "guest-ping"}', libvirt_qemu.VIR_DOMAIN_QEMU_AGENT_COMMAND_BLOCK, 0)
        harness.wait_for(lambda: self.asked(d))
        start = time.monotonic()
        self.daemon.stop()
        self.assertLess(time.monotonic() - start, 10)
        caller.join(5)
        self.daemon.start()
        type(self).conn = libvirt.open('qemu:///system')
        self.well(d)
        self.assertEqual('fake.example.org', self.conn.lookupByName('lvt-silent').hostname())


class Real(unittest.TestCase):
    """QEMU's own agent in Linux under TCG."""
    @classmethod
    def setUpClass(cls):
        if not guests.make(agent=True):
            raise unittest.SkipTest('the guest agent cannot be had')
        cls.daemon = harness.Daemon().start()
        cls.conn = libvirt.open('qemu:///system')

    @classmethod
    def tearDownClass(cls):
        harness.kill_guests()
        cls.conn.close()
        cls.daemon.stop()

    def test_agent(self):
        xml = guests.linux('lvt-real').replace('initrd.gz', 'initrd-agent.gz').replace('<vcpu>1', '<vcpu>2')
        xml = xml.replace('</devices>', CHANNEL + '</devices>')
        d = self.conn.createXML(xml)
        harness.wait_for(lambda: "state='connected'" in d.XMLDesc(), 120)
        d.agentSetResponseTimeout(60)
        harness.wait_for(lambda: timed(d.hostname)[1] is None, 60)
        self.assertEqual('guest', d.hostname())
        self.assertIn('return', json.loads(libvirt_qemu.qemuAgentCommand(d, '{"execute": "guest-info"}', 60, 0)))
        self.assertLess(abs(d.getTime()['seconds'] - time.time()), 300)
        self.assertEqual('0-1', d.guestVcpus()['online'])
        d.setGuestVcpus('1', 0)
        self.assertEqual('0', d.guestVcpus()['online'])
        found = d.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)
        self.assertEqual('127.0.0.1', found['lo']['addrs'][0]['addr'])
        info = d.guestInfo()
        self.assertEqual(('guest', 'x86_64'), (info['hostname'], info['os.machine']))
        self.assertIn('/dev/vda', [v for k, v in info.items() if k.startswith('disk.')])
        self.fails_as_refused(d)
        d.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT)
        harness.wait_for(lambda: not self.conn.listAllDomains(), 60)

    def fails_as_refused(self, d):
        error = timed(d.setUserPassword, 'nobody-there', 'x')[1]
        self.assertEqual(COMMAND_FAILED, error.get_error_code())


if __name__ == '__main__':
    unittest.main()
