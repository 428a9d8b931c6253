#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls every method of the Python binding once or twice, so that as many procedures as possible go over the wire.

  drive-rpc.py URI

Arguments are guessed from their names. A call that the driver refuses is as good as one that succeeds: both are messages.
"""
import inspect
import os
import sys
import tempfile
import threading

import libvirt
try:
    import libvirt_qemu
    import libvirt_lxc
except ImportError:
    libvirt_qemu = libvirt_lxc = None

SKIP = {'close', 'ref', 'c_pointer', 'connect', 'storagePoolLookupByTargetPath_', 'migrate', 'migrate2', 'migrate3',
        'newStream', 'sendAll', 'recvAll', 'sparseSendAll', 'sparseRecvAll', 'registerCloseCallback',
        'unregisterCloseCallback', 'domainEventRegister', 'domainEventDeregister', 'setKeepAlive', 'blockPeek', 'memoryPeek',
        'removeCallback'}
LAST = {'destroy', 'destroyFlags', 'undefine', 'undefineFlags', 'delete', 'free', 'shutdown', 'shutdownFlags', 'managedSave',
        'managedSaveRemove', 'save', 'saveFlags', 'saveParams', 'coreDump', 'coreDumpWithFormat', 'reset', 'suspend', 'resume',
        'create', 'createWithFlags', 'createWithFiles', 'wipe', 'wipePattern', 'resize', 'build', 'refresh', 'rename',
        'changeRollback', 'changeCommit', 'pMSuspendForDuration', 'pMWakeup', 'abortJob', 'abortJobFlags'}
XML = {
    'domain': "<domain type='test'><name>%s</name><memory>8192</memory><os><type>hvm</type></os></domain>",
    'network': "<network><name>%s</name><bridge name='vb9'/><ip address='10.9.0.1' netmask='255.255.255.0'/></network>",
    'pool': "<pool type='dir'><name>%s</name><target><path>/tmp/%s</path></target></pool>",
    'volume': "<volume><name>%s</name><capacity>1000000</capacity><target><path>/x</path></target></volume>",
    'snapshot': "<domainsnapshot><name>%s</name></domainsnapshot>",
    'checkpoint': "<domaincheckpoint><name>%s</name></domaincheckpoint>",
    'interface': "<interface type='ethernet' name='%s'><start mode='none'/></interface>",
    'secret': "<secret ephemeral='no' private='no'><usage type='volume'><volume>/%s</volume></usage></secret>",
    'filter': "<filter name='%s'/>",
    'device': "<device><name>%s</name><parent>computer</parent><capability type='scsi_host'>"
              "<capability type='fc_host'><wwnn>2000000012341234</wwnn><wwpn>1000000012341234</wwpn></capability></capability></device>",
}
VALUES = {
    'name': 'test', 'uuid': bytes(16), 'uuidstr': '6695eb01-f6a4-8304-79aa-97f2502e193f', 'id': 1, 'cpumap': (True, False),
    'params': {'cpu_shares': 1024}, 'devs': ['vda'], 'xmlCPUs': ["<cpu><arch>x86_64</arch><model>qemu64</model></cpu>"],
    'cpuMap': (True,), 'mountpoints': ['/'], 'keys': ['ssh-rsa x'], 'files': [0], 'codeset': 0, 'holdtime': 0, 'keycodes': [30],
    'dconn': None, 'opaque': None, 'cb': lambda *a: None, 'value': b'secret', 'memory': 4194304, 'nvcpus': 2, 'bandwidth': 1,
    'seconds': 5, 'nseconds': 5, 'doms': [], 'stats': 0, 'path': 'vda', 'disk': 'vda', 'dxml': None, 'dname': None, 'duri': 'test:///x',
    'to': '/tmp/no/file', 'frm': '/tmp/no/file', 'arch': 'x86_64', 'model': 'x',  'interval': 5, 'count': 5, 'cred': None, 'emulator': None,
    'size': 1, 'offset': 0, 'length': 0, 'capacity': 2000000, 'nodeIds': 0, 'feature': 8, 'callbackID': 99, 'eventID': 0, 'cbID': 99,
    'pagesizes': [4], 'pages': {4: 0}, 'startcell': 0, 'startCell': 0, 'cellcount': 1, 'cellCount': 1, 'cellNum': 0, 'cpuNum': -1,
    'pid': 1, 'signum': 9, 'domsnap': None, 'key': 'k', 'mac': 'aa:aa:aa:aa:aa:aa', 'usageType': 1, 'usageID': '/x', 'target': 'x',
    'duration': 60, 'state': 1, 'device': 'vda', 'dev': 'vda', 'iothread_id': 1, 'idx': 0, 'user': 'root', 'password': 'x', 'uri': None,
    'metadata': '<m/>', 'key_': 'k', 'guestvcpu': '0', 'vcpu': 0, 'base': 'vda', 'top': 'vda', 'new_name': 'renamed', 'threshold': 100,
    'domain': None, 'maxerrors': 5, 'timeout': -1, 'vcpus': '0', 'start_cpu': 0, 'ncpus': 1, 'total': True, 'downtime': 100,
    'cacheSize': 4096, 'emulatorbin': None, 'machine': None, 'virttype': None, 'wwnn': '2000000012341234', 'wwpn': '1000000012341234',
    'sourceSpec': None, 'port': '0', 'names': ['x'], 'nparams': 1, 'action': 1, 'algorithm': 0, 'screen': 0, 'namespace': 'u:x',
    'driverName': None, 'nativeFormat': 'qemu-argv', 'nativeConfig': 'qemu', 'domainXml': XML['domain'] % 'x', 'source': None,
    'xmlCPU': "<cpu mode='custom'><arch>x86_64</arch><model>qemu64</model></cpu>", 'xmlDesc': XML['domain'] % 'driven',
    'xml': "<disk type='file' device='disk'><source file='/x'/><target dev='vdz'/></disk>", 'backupXML': '<domainbackup/>',
    'checkpointXML': None, 'node': 0, 'flags': 0, 'lifecycle': 0, 'fd': 0, 'group': 'g', 'portdev': 'vnet0', 'cap': 'pci', 'capability': 'pci',
    'section': 0, 'command': 1, 'parentIndex': -1, 'bytes': 1, 'nbytes': 1, 'srcSpec': None, 'desc': 'x', 'hostname': 'x',
}


def stream_of(conn):
    return conn.newStream(0)


def argument(obj, method, name, conn, other):
    doc = (type(obj).__name__ + method).lower()
    if name in ('st', 'stream'):
        return stream_of(conn)
    if name in ('xmlDesc', 'xml', 'xmldesc'):
        for kind, text in XML.items():
            if kind in doc.replace('virdomain', '') or (kind == 'volume' and 'xml' in doc and 'virstoragepool' in doc) or \
                    (kind == 'pool' and 'storagepool' in method.lower()):
                return text % (('driven',) * text.count('%s'))
        if 'virconnect' in doc:
            return XML['domain'] % 'driven'
    if name == 'clonevol':
        return volume_of(conn)
    if name == 'domain':
        return conn.lookupByName('test') if 'test' in conn.getURI() else None
    if name == 'conn':
        return conn
    return VALUES.get(name, other)


def volume_of(conn):
    pool = conn.listAllStoragePools()[0]
    vols = pool.listAllVolumes()
    return vols[0] if vols else pool.createXML(XML['volume'] % 'driven')


def call(obj, name, conn):
    try:
        method = getattr(obj, name)
        params = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return
    params = [p.name for p in params if p.kind == p.POSITIONAL_OR_KEYWORD]
    for other in (0, 'x'):              # what an argument is given whose name says nothing
        args = None
        try:
            args = [argument(obj, name, p, conn, other) for p in params]
            method(*args)
        except Exception as e:          # what a call answers is not our business here
            if os.environ.get('DRIVE_VERBOSE'):
                print(type(obj).__name__, name, args, '->', e, file=sys.stderr)


def drive(obj, conn):
    names = [n for n in dir(obj) if not n.startswith('_') and n not in SKIP and callable(getattr(obj, n))]
    for name in sorted(names, key=lambda n: n in LAST):
        call(obj, name, conn)


def attempt(func, *args):
    try:
        return func(*args)
    except (libvirt.libvirtError, AttributeError, IndexError, TypeError, NotImplementedError):
        return None


def events(conn):
    for register, last in (('domainEventRegisterAny', 27), ('networkEventRegisterAny', 1), ('storagePoolEventRegisterAny', 2),
                           ('nodeDeviceEventRegisterAny', 2), ('secretEventRegisterAny', 2)):
        ids = []
        for event in range(last):
            args = (None, event, lambda *a: None, None)
            ids.append(attempt(getattr(conn, register), *args))
        yield register.replace('Register', 'Deregister'), [i for i in ids if i is not None]


def objects(conn):
    yield attempt(conn.lookupByName, 'test') or attempt(conn.defineXML, XML['domain'] % 'test')
    yield attempt(conn.defineXML, XML['domain'] % 'inactive')
    dom = attempt(conn.lookupByName, 'test')
    if dom:
        yield attempt(dom.snapshotCreateXML, XML['snapshot'] % 's1')
        yield attempt(dom.checkpointCreateXML, XML['checkpoint'] % 'c1')
    net = attempt(conn.networkDefineXML, XML['network'] % 'n1')
    yield net
    yield attempt(net.portCreateXML, "<networkport><owner><name>x</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>"
                  "</owner></networkport>") if net else None
    yield attempt(lambda: conn.listAllStoragePools()[0])
    yield attempt(volume_of, conn)
    yield attempt(conn.storagePoolDefineXML, XML['pool'] % ('p1', 'p1'))
    yield attempt(lambda: conn.listAllInterfaces()[0])
    yield attempt(conn.interfaceDefineXML, XML['interface'] % 'eth9')
    yield attempt(lambda: conn.listAllDevices()[0])
    yield attempt(conn.nodeDeviceCreateXML, XML['device'] % 'scsi_host12')
    yield attempt(conn.secretDefineXML, XML['secret'] % 's')
    yield attempt(conn.nwfilterDefineXML, XML['filter'] % 'f1')
    yield attempt(lambda: conn.listAllNWFilters()[0])


def streams(conn):
    """A screenshot is a stream that the test driver has; sending needs a volume."""
    dom, vol = attempt(conn.lookupByName, 'test'), attempt(volume_of, conn)
    if dom:
        for end in ('finish', 'abort'):
            st = conn.newStream()
            if attempt(dom.screenshot, st, 0, 0) is not None:
                attempt(lambda: st.recvAll(lambda s, data, o: len(data), None))
                attempt(getattr(st, end))
    if vol:
        for end in ('finish', 'abort'):
            st = conn.newStream()
            if attempt(vol.upload, st, 0, 10, 0) is not None:
                attempt(st.send, b'0123456789')
                attempt(getattr(st, end))


def main():
    libvirt.registerErrorHandler(lambda *a: None, None)
    libvirt.virEventRegisterDefaultImpl()

    def loop():
        while True:
            libvirt.virEventRunDefaultImpl()
    threading.Thread(target=loop, daemon=True).start()
    conn = libvirt.open(sys.argv[1])
    conn.setKeepAlive(1, 5)
    registered = list(events(conn))
    attempt(conn.domainEventRegister, lambda *a: None, None)
    found = [o for o in objects(conn) if o is not None]
    for o in [conn] + found:
        drive(o, conn)
    streams(conn)
    dom = attempt(conn.lookupByName, 'test') or attempt(conn.defineXML, XML['domain'] % 'test')
    if libvirt_qemu and dom:
        attempt(libvirt_qemu.qemuMonitorCommand, dom, 'query-status', 0)
        attempt(libvirt_qemu.qemuAgentCommand, dom, '{}', 1, 0)
        attempt(libvirt_qemu.qemuAttach, conn, 1, 0)
        attempt(libvirt_qemu.qemuMonitorEventRegister, conn, dom, 'x', lambda *a: None, None, 0)
        attempt(libvirt_qemu.qemuMonitorCommandWithFiles, dom, '{}', [0], 0)
        attempt(libvirt_lxc.lxcOpenNamespace, dom, 0)
        with tempfile.TemporaryFile() as f:
            attempt(dom.createWithFiles, [f.fileno()], 0)
            attempt(dom.FDAssociate, 'name', [f.fileno()], 0)
    if dom:
        for args in ((0, 10, 1), (0, 10, 2)):
            attempt(dom.memoryPeek, *args)
        attempt(dom.blockPeek, 'vda', 0, 10, 0)
    for deregister, ids in registered:
        for i in ids:
            attempt(getattr(conn, deregister), i)
    attempt(conn.domainEventDeregister, lambda *a: None)
    conn.close()


if __name__ == '__main__':
    main()
