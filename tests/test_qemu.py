# SPDX-License-Identifier: LGPL-2.1-or-later

"""A real libvirtd with real QEMU domains. What the bus says is held against what virsh says."""

import base64
import json
import os
import socket
import xml.etree.ElementTree as ET

import pytest
from gi.repository import Gio, GLib

from daemon import TIMEOUT, error_name
from qemu import (AFFECT_CONFIG, AFFECT_LIVE, DEFINED, DISK, DOMAIN, PAUSED, RESUMED, RUNNING, SHUTOFF,
                  STARTED, STOPPED, SUSPENDED, UNDEFINED)
from qemu import connection, daemon, define, disk, libvirtd, uri  # noqa: F401 (fixtures)

JOB_COPY, JOB_COMMIT, JOB_BACKUP = 2, 4, 5  # virDomainBlockJobType
JOB_COMPLETED, JOB_READY = 0, 3  # virConnectDomainEventBlockJobStatus
PIVOT = 2


def wait_for_job(signals, kind, status):
    signals.wait(lambda *signal: signal[3] == ('vda', kind, status))


def find(xml, path):
    return ET.fromstring(xml).find(path)


def with_disk(define, disk, name, devices=''):
    path = disk(name)
    return define(name, DISK.format(path=path) + devices, start=True), path


def fails(call, *arguments):
    """The name and the message of the error."""
    with pytest.raises(GLib.Error) as caught:
        call(*arguments)
    name = error_name(caught.value)
    message = caught.value.message.split(name + ': ', 1)[1]
    return name.replace('org.libvirt1.Error.', ''), message


# --- the life of a domain -------------------------------------------------------------------------


def test_life_of_a_domain(connection, libvirtd):
    events = connection.listen('DomainEvent')

    def happened(domain, event):
        events.wait(lambda *signal: signal[3][:2] == (domain, event))

    path = connection.call('DomainDefineXML', '(su)', DOMAIN.format(name='life', devices=''), 0)
    domain = connection.at(path, 'Domain')
    happened(path, DEFINED)
    assert libvirtd.virsh('domuuid', 'life') == domain.get('UUID')
    assert path in connection.call('ListDomains', '(u)', 0)
    assert domain.get('Name') == 'life'
    assert domain.get('Id') == -1
    assert domain.get('OSType') == 'hvm'
    assert domain.get('Active') is False
    assert domain.get('Persistent') is True
    assert domain.get('Updated') is False
    assert domain.get('State')[0] == SHUTOFF

    domain.call('Create', '(u)', 0)
    happened(path, STARTED)
    assert libvirtd.virsh('domstate', 'life') == 'running'
    assert libvirtd.virsh('domid', 'life') == str(domain.get('Id'))
    assert connection.call('DomainLookupByID', '(i)', domain.get('Id')) == path
    assert domain.call('GetState', '(u)', 0) == (RUNNING, 1)
    assert domain.get('State') == (RUNNING, 1)

    domain.call('Suspend')
    happened(path, SUSPENDED)
    assert libvirtd.virsh('domstate', '--reason', 'life') == 'paused (user)'
    assert domain.get('State') == (PAUSED, 1)

    domain.call('Resume')
    happened(path, RESUMED)
    assert libvirtd.virsh('domstate', 'life') == 'running'
    assert domain.get('State')[0] == RUNNING

    domain.set('Autostart', GLib.Variant('b', True))
    assert domain.get('Autostart') is True
    assert 'life' in libvirtd.virsh('list', '--all', '--autostart', '--name').split()

    domain.call('Destroy', '(u)', 0)
    happened(path, STOPPED)
    assert libvirtd.virsh('domstate', 'life') == 'shut off'
    assert domain.get('Id') == -1

    domain.call('Undefine', '(u)', 0)
    happened(path, UNDEFINED)
    assert 'life' not in libvirtd.virsh('list', '--all', '--name').split()
    assert fails(domain.get, 'State')[0] == 'NoDomain'
    assert path not in connection.call('ListDomains', '(u)', 0)


def test_what_virsh_does_shows_on_the_bus(bus, connection, libvirtd):
    events = connection.listen('DomainEvent')

    def happened(event):
        return events.wait(lambda *signal: signal[3][1] == event)[3][0]

    libvirtd.virsh('define', bus.write('virsh.xml', DOMAIN.format(name='virsh', devices='')))
    domain = connection.at(happened(DEFINED), 'Domain')
    assert domain.get('Name') == 'virsh'
    assert domain.get('Id') == -1

    libvirtd.virsh('start', 'virsh')
    assert happened(STARTED) == domain.path
    assert str(domain.get('Id')) == libvirtd.virsh('domid', 'virsh')
    assert domain.get('State')[0] == RUNNING

    libvirtd.virsh('suspend', 'virsh')
    assert happened(SUSPENDED) == domain.path
    assert domain.get('State')[0] == PAUSED

    libvirtd.virsh('destroy', 'virsh')
    assert happened(STOPPED) == domain.path
    assert domain.get('Id') == -1
    assert domain.get('Active') is False

    libvirtd.virsh('domrename', 'virsh', 'renamed')
    assert happened(DEFINED) == domain.path
    assert domain.get('Name') == 'renamed'

    libvirtd.virsh('undefine', 'renamed')
    assert happened(UNDEFINED) == domain.path
    assert fails(domain.get, 'State')[0] == 'NoDomain'


def test_transient_domain_goes_when_it_stops(connection):
    events = connection.listen('DomainEvent')
    path = connection.call('DomainCreateXML', '(su)', DOMAIN.format(name='transient', devices=''), 1)
    domain = connection.at(path, 'Domain')
    assert domain.get('State')[0] == PAUSED
    assert domain.get('Persistent') is False

    domain.call('Destroy', '(u)', 0)
    events.wait(lambda *signal: signal[3][:2] == (path, STOPPED))
    assert path not in connection.call('ListDomains', '(u)', 0)
    assert fails(domain.get, 'State')[0] == 'NoDomain'


def test_who_changes_something_sees_it_changed(define):
    """At once, without waiting for the event."""
    domain = define('impatient')
    for _ in range(10):
        domain.call('Create', '(u)', 0)
        assert domain.get('Id') > 0
        domain.call('Destroy', '(u)', 0)
        assert domain.get('Id') == -1
    domain.call('Rename', '(su)', 'patient', 0)
    assert domain.get('Name') == 'patient'


def test_errors_are_libvirts(define):
    domain = define('errors')
    assert fails(domain.call, 'Suspend') == (
        'OperationInvalid', 'Requested operation is not valid: domain is not running')
    domain.call('Create', '(u)', 0)
    assert fails(domain.call, 'Create', '(u)', 0) == (
        'OperationInvalid', 'Requested operation is not valid: domain is already running')


# --- what a domain tells of itself ----------------------------------------------------------------


def test_statistics(connection, define, disk, libvirtd):
    domain, _ = with_disk(define, disk, 'statistics', "<interface type='user'/>")

    stats = domain.call('GetStats', '(uu)', 0, 0)
    assert stats['state.state'] == RUNNING
    assert stats['balloon.maximum'] == 64 * 1024
    assert (stats['vcpu.current'], stats['vcpu.maximum']) == (1, 2)
    assert stats['block.0.name'] == 'vda'
    assert set(domain.call('GetStats', '(uu)', 1, 0)) == {'state.state', 'state.reason'}

    everybody = dict(connection.call('GetAllDomainStats', '(uu)', 0, 0))
    assert everybody[domain.path].keys() == stats.keys()

    told = dict(line.split() for line in libvirtd.virsh('dommemstat', 'statistics').splitlines())
    memory = domain.call('MemoryStats', '(u)', 0)
    assert memory[6] == int(told['actual']) == 64 * 1024

    state, maximum, used, vcpus, cpu_time = domain.call('GetInfo')
    assert (state, maximum, used, vcpus) == (RUNNING, 64 * 1024, 64 * 1024, 1)
    assert cpu_time > 0


def test_blocks(bus, define, disk, libvirtd):
    raw = bus.write('raw.img', 'what is on the disk' + 4096 * 'x')
    domain, path = with_disk(define, disk, 'blocks', f'''
        <disk type='file'><source file='{raw}'/><target dev='vdb' bus='virtio'/></disk>''')

    capacity, allocation, physical = domain.call('GetBlockInfo', '(su)', 'vda', 0)
    assert capacity == 16 * 1024 * 1024
    told = libvirtd.virsh('domblkinfo', 'blocks', 'vda').split()
    assert [capacity, allocation, physical] == [int(n) for n in told if n.isdigit()]

    stats = domain.call('BlockStats', '(su)', 'vda', 0)
    assert stats['wr_operations'] == 0
    assert stats['rd_operations'] >= 0

    assert bytes(domain.call('BlockPeek', '(sttu)', 'vdb', 5, 6, 0)) == b'is on '
    # Where the BIOS is, in physical memory.
    bios = domain.call('MemoryPeek', '(ttu)', 0xf0000, 4096, 2)
    assert len(bios) == 4096 and any(bios)

    domain.call('BlockResize', '(stu)', 'vda', 32 * 1024 * 1024, 1)
    assert domain.call('GetBlockInfo', '(su)', 'vda', 0)[0] == 32 * 1024 * 1024

    domain.call('SetBlockIOTune', '(sa{sv}u)', 'vda', {'total_bytes_sec': GLib.Variant('t', 4096)},
                AFFECT_LIVE)
    assert domain.call('GetBlockIOTune', '(su)', 'vda', AFFECT_LIVE)['total_bytes_sec'] == 4096
    assert domain.call('GetDiskErrors', '(u)', 0) == []

    assert fails(domain.call, 'GetBlockInfo', '(su)', 'vdz', 0)[0] == 'InvalidArg'


def test_interfaces(connection, define, libvirtd):
    network = connection.at(connection.call(
        'NetworkCreateXML', '(su)',
        "<network><name>cable</name><bridge name='cable'/><dns enable='no'/></network>", 0), 'Network')
    domain = define('interfaces', "<interface type='network'><source network='cable'/></interface>",
                    start=True)
    try:
        target = find(domain.call('GetXMLDesc', '(u)', 0), 'devices/interface/target').get('dev')
        stats = domain.call('InterfaceStats', '(s)', target)
        assert len(stats) == 8
        assert any(target in line for line in libvirtd.virsh('domiflist', 'interfaces').splitlines())

        port, = network.call('ListAllPorts', '(u)', 0)
        assert 'interfaces' in connection.at(port, 'NetworkPort').call('GetXMLDesc', '(u)', 0)

        mac = find(domain.call('GetXMLDesc', '(u)', 0), 'devices/interface/mac').get('address')
        domain.call('SetInterfaceParameters', '(sa{sv}u)', mac,
                    {'inbound.average': GLib.Variant('u', 1000)}, AFFECT_CONFIG)
        parameters = domain.call('GetInterfaceParameters', '(su)', mac, AFFECT_CONFIG)
        assert parameters['inbound.average'] == 1000
    finally:
        domain.call('Destroy', '(u)', 0)
        network.call('Destroy')


# --- snapshots, checkpoints, block jobs -----------------------------------------------------------


def test_snapshot_with_memory(connection, define, disk, libvirtd):
    domain, _ = with_disk(define, disk, 'snapshots')
    xml = '<domainsnapshot><name>a name: with *</name></domainsnapshot>'
    path = domain.call('SnapshotCreateXML', '(su)', xml, 0)
    snapshot = connection.at(path, 'DomainSnapshot')
    assert libvirtd.virsh('snapshot-list', 'snapshots', '--name') == 'a name: with *'
    assert snapshot.get('Name') == 'a name: with *'
    assert find(snapshot.call('GetXMLDesc', '(u)', 0), 'memory').get('snapshot') == 'internal'
    assert snapshot.call('IsCurrent', '(u)', 0) is True
    assert domain.call('ListDomainSnapshots', '(u)', 0) == [path]
    assert domain.call('SnapshotCurrent', '(u)', 0) == path

    domain.call('Destroy', '(u)', 0)
    snapshot.call('Revert', '(u)', 0)
    assert domain.get('State') == (RUNNING, 4)  # VIR_DOMAIN_RUNNING_FROM_SNAPSHOT

    child = domain.call('SnapshotCreateXML', '(su)', '<domainsnapshot/>', 0)
    assert snapshot.call('ListChildren', '(u)', 0) == [child]
    assert connection.at(child, 'DomainSnapshot').call('GetParent', '(u)', 0) == path

    snapshot.call('Delete', '(u)', 1)  # with its children
    assert libvirtd.virsh('snapshot-list', 'snapshots', '--name') == ''
    assert fails(snapshot.call, 'GetXMLDesc', '(u)', 0)[0] == 'NoDomainSnapshot'


def test_checkpoint_and_backup(bus, connection, define, disk, libvirtd):
    domain, _ = with_disk(define, disk, 'backups')
    xml = '<domaincheckpoint><name>{}</name></domaincheckpoint>'
    path = domain.call('CheckpointCreateXML', '(su)', xml.format('first'), 0)
    checkpoint = connection.at(path, 'DomainCheckpoint')
    assert checkpoint.get('Name') == 'first'
    assert domain.call('ListDomainCheckpoints', '(u)', 0) == [path]
    assert libvirtd.virsh('checkpoint-list', 'backups', '--name') == 'first'

    jobs, ends = domain.listen('BlockJob'), domain.listen('JobCompleted')
    target = bus.path('backup.qcow2')
    domain.call('BackupBegin', '(ssu)', f'''
        <domainbackup><disks>
          <disk name='vda' type='file'><target file='{target}'/><driver type='qcow2'/></disk>
        </disks></domainbackup>''', xml.format('second'), 0)
    wait_for_job(jobs, JOB_BACKUP, JOB_COMPLETED)
    ended = ends.wait(lambda *_: True)[3][0]
    assert ended['success'] is True
    assert os.path.getsize(target) > 0
    assert libvirtd.virsh('checkpoint-list', 'backups', '--name').split() == ['first', 'second']

    second = domain.call('CheckpointLookupByName', '(su)', 'second', 0)
    assert checkpoint.call('ListChildren', '(u)', 0) == [second]
    kind, stats = domain.call('GetJobStats', '(u)', 1)  # of the completed job
    assert kind == 3 and stats['operation'] == 9  # VIR_DOMAIN_JOB_COMPLETED, ..._OPERATION_BACKUP
    connection.at(second, 'DomainCheckpoint').call('Delete', '(u)', 0)
    checkpoint.call('Delete', '(u)', 0)
    assert libvirtd.virsh('checkpoint-list', 'backups', '--name') == ''


def test_block_copy(bus, define, disk, libvirtd):
    domain, _ = with_disk(define, disk, 'copies')
    jobs = domain.listen('BlockJob')
    target = bus.path('copy.qcow2')
    xml = f"<disk type='file'><driver type='qcow2'/><source file='{target}'/></disk>"
    domain.call('BlockCopy', '(ssa{sv}u)', 'vda', xml, {'granularity': GLib.Variant('u', 65536)}, 4)
    wait_for_job(jobs, JOB_COPY, JOB_READY)

    kind, _, current, end = domain.call('GetBlockJobInfo', '(su)', 'vda', 0)
    assert kind == JOB_COPY and current == end
    assert 'Block Copy' in libvirtd.virsh('blockjob', 'copies', 'vda', '--raw')

    domain.call('BlockJobAbort', '(su)', 'vda', PIVOT)
    wait_for_job(jobs, JOB_COPY, JOB_COMPLETED)
    assert target in libvirtd.virsh('domblklist', 'copies')


def test_block_commit(bus, define, disk, libvirtd):
    domain, base = with_disk(define, disk, 'commits')
    jobs = domain.listen('BlockJob')
    overlay = bus.path('overlay.qcow2')
    domain.call('SnapshotCreateXML', '(su)', f'''
        <domainsnapshot><disks>
          <disk name='vda'><source file='{overlay}'/></disk>
        </disks></domainsnapshot>''', 16 | 4)  # only the disks, no metadata
    assert overlay in libvirtd.virsh('domblklist', 'commits')

    domain.call('BlockCommit', '(ssstu)', 'vda', '', '', 0, 4)  # of the active layer
    wait_for_job(jobs, JOB_COMMIT, JOB_READY)
    domain.call('BlockJobAbort', '(su)', 'vda', PIVOT)
    wait_for_job(jobs, JOB_COMMIT, JOB_COMPLETED)
    assert base in libvirtd.virsh('domblklist', 'commits')


# --- devices, CPUs, memory ------------------------------------------------------------------------


def test_devices_come_and_go(define, libvirtd):
    domain = define('devices', start=True)
    added, removed = domain.listen('DeviceAdded'), domain.listen('DeviceRemoved')

    # A USB device needs no consent of the guest to go.
    domain.call('AttachDevice', '(su)', "<input type='tablet' bus='usb'><alias name='ua-pen'/></input>",
                AFFECT_LIVE)
    added.wait(lambda *signal: signal[3] == ('ua-pen',))
    assert 'ua-pen' in libvirtd.virsh('dumpxml', 'devices')

    domain.call('DetachDeviceAlias', '(su)', 'ua-pen', AFFECT_LIVE)
    removed.wait(lambda *signal: signal[3] == ('ua-pen',))
    assert 'ua-pen' not in libvirtd.virsh('dumpxml', 'devices')

    xml = "<input type='tablet' bus='usb'><alias name='ua-other'/></input>"
    domain.call('AttachDevice', '(su)', xml, AFFECT_LIVE)
    domain.call('DetachDevice', '(su)', xml, AFFECT_LIVE)
    removed.wait(lambda *signal: signal[3] == ('ua-other',))
    assert fails(domain.call, 'DetachDevice', '(su)', xml, AFFECT_LIVE)[0] == 'DeviceMissing'


def test_metadata(define, libvirtd):
    domain = define('metadata', start=True)
    changes = domain.listen('MetadataChange')
    domain.call('SetMetadata', '(isssu)', 1, 'A title', '', '', AFFECT_LIVE)
    changes.wait(lambda *signal: signal[3] == (1, ''))
    assert libvirtd.virsh('desc', '--title', 'metadata') == 'A title'
    domain.call('SetMetadata', '(isssu)', 2, '<a/>', 'k', 'urn:test', AFFECT_LIVE)
    changes.wait(lambda *signal: signal[3] == (2, 'urn:test'))
    assert domain.call('GetMetadata', '(isu)', 2, 'urn:test', AFFECT_LIVE) == '<a/>'
    domain.call('SetMetadata', '(isssu)', 1, '', '', '', AFFECT_LIVE)
    assert fails(domain.call, 'GetMetadata', '(isu)', 1, '', AFFECT_LIVE)[0] == 'NoDomainMetadata'


def test_cpus_and_memory(define, libvirtd):
    domain = define('sizes', start=True)

    domain.call('SetVcpus', '(uu)', 2, AFFECT_LIVE)
    assert domain.call('GetVcpus', '(u)', AFFECT_LIVE) == 2
    assert libvirtd.virsh('vcpucount', 'sizes', '--live', '--active') == '2'
    assert [vcpu[0] for vcpu in domain.call('GetVcpuInfo')] == [0, 1]

    host = domain.call('GetVcpuPinInfo', '(u)', AFFECT_LIVE)[0]
    domain.call('PinVcpu', '(uabu)', 0, [True] + [False] * (len(host) - 1), AFFECT_CONFIG)
    assert domain.call('GetVcpuPinInfo', '(u)', AFFECT_CONFIG)[0].count(True) == 1

    domain.call('SetMemory', '(tu)', 32 * 1024, AFFECT_CONFIG)
    assert find(libvirtd.virsh('dumpxml', '--inactive', 'sizes'), 'currentMemory').text == str(32 * 1024)
    domain.call('SetMemory', '(tu)', 48 * 1024, AFFECT_LIVE)  # takes a guest that has a driver for it
    assert domain.call('GetMaxMemory') == 64 * 1024

    domain.call('SetSchedulerParameters', '(a{sv}u)', {'cpu_shares': GLib.Variant('t', 512)}, AFFECT_CONFIG)
    assert find(libvirtd.virsh('dumpxml', '--inactive', 'sizes'), 'cputune/shares').text == '512'
    name, message = fails(domain.call, 'SetSchedulerParameters', '(a{sv}u)',
                          {'cpu_shares': GLib.Variant('s', 'x')}, AFFECT_CONFIG)
    assert 'cpu_shares' in message

    domain.call('AddIOThread', '(uu)', 1, AFFECT_LIVE)
    assert [thread[0] for thread in domain.call('GetIOThreadInfo', '(u)', AFFECT_LIVE)] == [1]
    domain.call('SendKey', '(uuauu)', 0, 0, [28], 0)
    domain.call('InjectNMI', '(u)', 0)


# --- QEMU itself ----------------------------------------------------------------------------------


def test_monitor(define):
    domain = define('monitor', start=True)
    monitor = domain.as_a('QemuDomain')
    events = monitor.listen('MonitorEvent')

    answer = json.loads(monitor.call('MonitorCommand', '(su)', '{"execute": "query-status"}', 0))
    assert answer['return']['running'] is True
    assert 'running' in monitor.call('MonitorCommand', '(su)', 'info status', 1)

    domain.call('Suspend')
    _, _, _, (name, seconds, micros, details) = events.wait(lambda *signal: signal[3][0] == 'STOP')
    assert seconds > 1600000000 and micros < 1000000


def test_agent_that_is_not_there(define):
    domain = define('agentless', start=True)
    agent = domain.as_a('QemuDomain')
    command = ('AgentCommand', '(siu)', '{"execute": "guest-ping"}', -1, 0)
    assert fails(agent.call, *command) == (
        'ArgumentUnsupported', 'argument unsupported: QEMU guest agent is not configured')
    assert fails(domain.call, 'GetHostname', '(u)', 2)[0] == 'ArgumentUnsupported'

    channel = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
    domain = define('silent', channel, start=True)
    assert fails(domain.as_a('QemuDomain').call, *command) == (
        'AgentUnresponsive', 'Guest agent is not responding: QEMU guest agent is not connected')
    assert fails(domain.call, 'FSFreeze', '(asu)', [], 0)[0] == 'AgentUnresponsive'


# --- file descriptors -----------------------------------------------------------------------------


def call_with_descriptors(thing, method, arguments, descriptors=()):
    sent = Gio.UnixFDList.new()
    for descriptor in descriptors:
        sent.append(descriptor)
    answer, received = thing.client.connection.call_with_unix_fd_list_sync(
        'org.libvirt1', thing.path, thing.interface, method, arguments, None,
        Gio.DBusCallFlags.NO_AUTO_START, TIMEOUT * 1000, sent, None)
    return answer.unpack(), received


def test_display_as_a_descriptor(define):
    domain = define('display', "<graphics type='vnc'><listen type='none'/></graphics>", start=True)
    (handle,), received = call_with_descriptors(domain, 'OpenGraphicsFD', GLib.Variant('(uu)', (0, 0)))
    display = received.get(handle)
    try:
        assert os.read(display, 12).startswith(b'RFB 003.')
    finally:
        os.close(display)


def test_display_on_a_descriptor_of_the_caller(define):
    domain = define('screen', "<graphics type='vnc'><listen type='none'/></graphics>", start=True)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        call_with_descriptors(domain, 'OpenGraphics', GLib.Variant('(uhu)', (0, 0, 0)), [theirs.fileno()])
        theirs.close()
        assert ours.recv(12).startswith(b'RFB 003.')


def test_descriptors_for_the_monitor(define):
    domain = define('descriptors', start=True)
    with open('/dev/null', 'rb') as file:
        (_, answer), _ = call_with_descriptors(
            domain.as_a('QemuDomain'), 'MonitorCommandWithFiles',
            GLib.Variant('(sahu)', ('{"execute": "add-fd", "arguments": {"fdset-id": 99}}', [0], 0)),
            [file.fileno()])
    assert json.loads(answer)['return']['fdset-id'] == 99


def test_disk_on_a_descriptor(define, disk):
    path = disk('associated')
    domain = define('associated', DISK.format(path=path).replace('<source ', "<source fdgroup='group' "))
    with open(path, 'rb+') as file:
        arguments = GLib.Variant('(sahu)', ('group', [0], 0))
        call_with_descriptors(domain, 'FDAssociate', arguments, [file.fileno()])
    domain.call('Create', '(u)', 0)
    assert domain.get('State')[0] == RUNNING


# --- to files and back ----------------------------------------------------------------------------


def test_managed_save(define, libvirtd):
    domain = define('saved', start=True)
    domain.call('ManagedSave', '(u)', 0)
    assert domain.get('State') == (SHUTOFF, 5)  # VIR_DOMAIN_SHUTOFF_SAVED
    assert 'saved' in libvirtd.virsh('list', '--all', '--with-managed-save', '--name').split()
    assert domain.call('HasManagedSaveImage', '(u)', 0) is True
    assert find(domain.call('ManagedSaveGetXMLDesc', '(u)', 0), 'name').text == 'saved'

    domain.call('Create', '(u)', 0)
    assert domain.get('State') == (RUNNING, 3)  # VIR_DOMAIN_RUNNING_RESTORED
    assert domain.call('HasManagedSaveImage', '(u)', 0) is False


def test_save_and_restore(bus, connection, define):
    domain = define('file', start=True)
    image = bus.path('domain.save')
    domain.call('Save', '(ssu)', image, '', 0)
    assert domain.get('Active') is False
    assert find(connection.call('DomainSaveImageGetXMLDesc', '(su)', image, 0), 'name').text == 'file'

    connection.call('DomainRestore', '(ssu)', image, '', 4)  # VIR_DOMAIN_SAVE_PAUSED
    assert domain.get('State')[0] == PAUSED
    domain.call('SaveParams', '(a{sv}u)', {'file': GLib.Variant('s', image)}, 0)
    connection.call('DomainRestoreParams', '(a{sv}u)', {'file': GLib.Variant('s', image)}, 2)
    assert domain.get('State')[0] == RUNNING


def test_core_dump(bus, define):
    domain = define('dump', start=True)
    file = bus.path('core')
    domain.call('CoreDump', '(suu)', file, 0, 16)  # VIR_DUMP_MEMORY_ONLY
    with open(file, 'rb') as core:
        assert core.read(4) == b'\x7fELF'
    assert domain.get('State')[0] == RUNNING


# --- the other kinds ------------------------------------------------------------------------------


def test_network(bus, connection, libvirtd):
    xml = "<network><name>isolated</name><bridge name='isolated'/><dns enable='no'/></network>"
    events = connection.listen('NetworkEvent')

    def happened(event):
        events.wait(lambda *signal: signal[3][:2] == (network.path, event))

    network = connection.at(connection.call('NetworkDefineXML', '(su)', xml, 0), 'Network')
    happened(0)
    assert libvirtd.virsh('net-uuid', 'isolated') == network.get('UUID')
    assert network.get('Active') is False

    network.call('Create')
    happened(2)
    assert 'isolated' in libvirtd.virsh('net-list', '--name').split()
    assert network.get('Active') is True
    assert network.get('BridgeName') == 'isolated'
    assert network.call('GetDHCPLeases', '(su)', '', 0) == []

    libvirtd.virsh('net-destroy', 'isolated')
    happened(3)
    assert network.get('Active') is False

    network.call('Undefine')
    happened(1)
    assert 'isolated' not in libvirtd.virsh('net-list', '--all', '--name').split()
    assert fails(network.get, 'Active')[0] == 'NoNetwork'

    libvirtd.virsh('net-create', bus.write('network.xml', xml.replace('isolated', 'another')))
    path = events.wait(lambda *signal: signal[3][1] == 2)[3][0]
    network = connection.at(path, 'Network')
    assert network.get('Name') == 'another'
    network.call('Destroy')
    assert fails(network.get, 'Active')[0] == 'NoNetwork'


def test_pool_and_volume(bus, connection, libvirtd):
    directory = bus.path('pool')
    os.mkdir(directory)
    events = connection.listen('StoragePoolEvent')
    xml = f"<pool type='dir'><name>pool</name><target><path>{directory}</path></target></pool>"
    pool = connection.at(connection.call('StoragePoolDefineXML', '(su)', xml, 0), 'StoragePool')
    pool.call('Create', '(u)', 0)
    events.wait(lambda *signal: signal[3][:2] == (pool.path, 2))
    assert libvirtd.virsh('pool-uuid', 'pool') == pool.get('UUID')
    assert pool.call('GetInfo')[0] == 2  # VIR_STORAGE_POOL_RUNNING
    assert connection.call('StoragePoolLookupByTargetPath', '(s)', directory) == pool.path

    xml = '<volume><name>a volume.img</name><capacity>1048576</capacity></volume>'
    volume = connection.at(pool.call('StorageVolCreateXML', '(su)', xml, 0), 'StorageVol')
    file = os.path.join(directory, 'a volume.img')
    assert libvirtd.virsh('vol-path', 'a volume.img', '--pool', 'pool') == file
    assert (volume.get('Name'), volume.get('Path'), volume.get('Key')) == ('a volume.img', file, file)
    assert connection.call('StorageVolLookupByPath', '(s)', file) == volume.path
    assert volume.call('StoragePoolLookupByVolume') == pool.path

    volume.call('Resize', '(tu)', 2097152, 0)
    assert volume.call('GetInfo', '(u)', 0)[1] == os.path.getsize(file) == 2097152

    with open(file, 'wb') as contents:
        contents.write(b'x' * 2097152)
    pool.call('Refresh', '(u)', 0)
    volume.call('Wipe', '(uu)', 0, 0)
    with open(file, 'rb') as contents:
        assert not any(contents.read())

    clone = connection.at(pool.call(
        'StorageVolCreateXMLFrom', '(sou)', xml.replace('a volume', 'clone'), volume.path, 0), 'StorageVol')
    assert set(pool.call('ListStorageVolumes', '(u)', 0)) == {volume.path, clone.path}

    refreshed = pool.listen('Refresh')
    libvirtd.virsh('vol-create-as', 'pool', 'third', '1M')
    libvirtd.virsh('pool-refresh', 'pool')
    refreshed.wait(lambda *_: True)
    assert len(pool.call('ListStorageVolumes', '(u)', 0)) == 3

    for gone in volume, clone:
        gone.call('Delete', '(u)', 0)
        assert fails(gone.call, 'GetInfo', '(u)', 0)[0] == 'NoStorageVol'
    assert os.listdir(directory) == ['third']

    libvirtd.virsh('pool-destroy', 'pool')
    events.wait(lambda *signal: signal[3][:2] == (pool.path, 3))
    assert pool.get('Active') is False
    pool.call('Undefine')
    assert fails(pool.get, 'Active')[0] == 'NoStoragePool'


def test_secret(connection, libvirtd):
    value = bytes(range(256))
    xml = "<secret private='no'><usage type='volume'><volume>/some/where</volume></usage></secret>"
    events = connection.listen('SecretEvent')
    secret = connection.at(connection.call('SecretDefineXML', '(su)', xml, 0), 'Secret')
    events.wait(lambda *signal: signal[3][:2] == (secret.path, 0))
    assert secret.get('UsageID') == '/some/where'
    assert connection.call('SecretLookupByUsage', '(is)', 1, '/some/where') == secret.path
    assert fails(secret.call, 'GetValue', '(u)', 0)[0] == 'NoSecret'

    changed = secret.listen('ValueChanged')
    secret.call('SetValue', '(ayu)', value, 0)
    changed.wait(lambda *_: True)
    assert bytes(secret.call('GetValue', '(u)', 0)) == value
    assert base64.b64decode(libvirtd.virsh('secret-get-value', secret.get('UUID'))) == value

    libvirtd.virsh('secret-undefine', secret.get('UUID'))
    events.wait(lambda *signal: signal[3][:2] == (secret.path, 1))
    assert fails(secret.call, 'GetValue', '(u)', 0)[0] == 'NoSecret'


def test_nwfilter(connection, libvirtd):
    xml = "<filter name='quiet'><rule action='drop' direction='in'><all/></rule></filter>"
    nwfilter = connection.at(connection.call('NWFilterDefineXML', '(su)', xml, 0), 'NWFilter')
    assert nwfilter.get('Name') == 'quiet'
    assert nwfilter.get('UUID') in libvirtd.virsh('nwfilter-list')
    assert connection.call('NWFilterLookupByName', '(s)', 'quiet') == nwfilter.path
    assert find(nwfilter.call('GetXMLDesc', '(u)', 0), 'rule').get('action') == 'drop'
    nwfilter.call('Undefine')
    assert nwfilter.path not in connection.call('ListNWFilters', '(u)', 0)
    assert fails(nwfilter.call, 'GetXMLDesc', '(u)', 0)[0] == 'NoNwfilter'


def test_host(connection, libvirtd):
    assert connection.get('Alive') is True
    assert connection.get('Type') == 'QEMU'
    assert connection.get('URI') == libvirtd.uri
    assert connection.call('NodeGetInfo')[0] == 'x86_64'
    assert find(connection.call('GetCapabilities'), 'host/cpu/arch').text == 'x86_64'
    assert 'qemu64' in connection.call('GetCPUModelNames', '(su)', 'x86_64', 0)
    devices = connection.call('ListNodeDevices', '(u)', 0)
    names = [connection.at(device, 'NodeDevice').get('Name') for device in devices]
    assert sorted(names) == sorted(libvirtd.virsh('nodedev-list').split())
    interfaces = connection.call('ListInterfaces', '(u)', 0)
    assert isinstance(interfaces, list)
