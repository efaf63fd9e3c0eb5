# SPDX-License-Identifier: LGPL-2.1-or-later

"""Every method and property that the XML describes is called and answered, once each: with what the
XML says, or with an error that has a fitting name."""

import os

import pytest
from gi.repository import Gio, GLib

import members
from daemon import PROPERTIES, ROOT, Monitor, error_name
from members import CONFIG, TEST, Stage  # noqa: F401 CONFIG is for the fixture

INVALID = 'org.freedesktop.DBus.Error.InvalidArgs'

# Where the name alone does not tell what is plausible, the method and the name do.
ARGUMENTS = {
    'action': 1,
    'backup_xml': '<domainbackup/>',
    'bandwidth': 10,
    'capacity': 2097152,
    'cellCount': 1,
    'cmd': '{"execute":"query-status"}',
    'cpuNum': 0,
    'cpumap': [True],
    'device': 'testnet5',
    'disk': 'vda',
    'from': 'saved',
    'file': 'saved',
    'holdtime': 1,
    'id': 1,
    'iothreadId': 1,
    'keycodes': [30],
    'maxCells': 2,
    'memory': 524288,
    'metadata': '<a/>',
    'name': 'one',
    'ncpus': 1,
    'offset': 0,
    'pages': [4],
    'pidValue': 1,
    'sigNum': 15,
    'period': 1,
    'seconds': 1,
    'size': 16,
    'to': 'saved',
    'flags': 0,
    'type': 0,
    'uuid': members.UUID,
    'user': 'root',
    'value': b'secret',
    'vcpumap': '0',
    'vcpus': 2,
    'DomainCreateXML.xml': members.DOMAIN_XML.replace('guest', 'other').replace(members.UUID, ''),
    'DomainDefineXML.xml': members.DOMAIN_XML,
    'NetworkDefineXML.xml': members.NETWORK_XML,
    'StoragePoolDefineXML.xml': members.POOL_XML,
    'InterfaceDefineXML.xml': members.INTERFACE_XML,
    'SnapshotCreateXML.xml': '<domainsnapshot><name>two</name></domainsnapshot>',
    'CheckpointCreateXML.xml': '<domaincheckpoint><name>two</name></domaincheckpoint>',
    'StorageVolCreateXML.xml': members.VOLUME_XML.format('two'),
    'StorageVolCreateXMLFrom.xml': members.VOLUME_XML.format('clone'),
    'DomainLookupByName.name': 'guest',
    'NetworkLookupByName.name': 'default',
    'NetworkLookupByUUID.uuid': 'dd8fe884-6c02-601e-7551-cca97df1c5df',
    'StoragePoolLookupByName.name': 'default-pool',
    'StoragePoolLookupByUUID.uuid': 'dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566',
    'StorageVolLookupByName.name': 'v',
    'StorageVolLookupByKey.key': '/pool/v',
    'StorageVolLookupByPath.path': '/pool/v',
    'StorageVolCreateXMLFrom.cloneVol': TEST + '/storagevol/_2fpool_2fv',
    'InterfaceLookupByName.name': 'eth1',
    'InterfaceLookupByMAC.mac': 'aa:bb:cc:dd:ee:ff',
    'NodeDeviceLookupByName.name': 'computer',
    'Rename.name': 'renamed',
    'FindStoragePoolSources.type': 'logical',
    'FindStoragePoolSources.srcSpec': '<source><host name="localhost"/></source>',
    'GetMaxVcpus.type': '',
    'GetCPUModelNames.arch': 'x86_64',
    'MemoryPeek.flags': 1,
    'SnapshotLookupByName.name': 'one',
    'NodeDeviceCreateXML.xml': members.DEVICE_XML,
    'NetworkCreateXML.xml': "<network><name>n</name><bridge name='virbr8'/></network>",
    'StoragePoolCreateXML.xml': members.POOL_XML.replace('pool<', 'p<').replace('003<', '004<'),
    'SetMetadata.type': 2,
    'SetMetadata.uri': 'urn:x',
    'SetMetadata.key': 'x',
    'SetLifecycleAction.type': 1,
    'GetMetadata.type': 2,
    'GetMetadata.uri': 'urn:x',
    'Update.xml': "<host mac='52:54:00:00:00:07' ip='10.9.0.7'/>",
    'Update.command': 3,
    'Update.section': 4,
    'Update.parentIndex': -1,
    'SetMemoryParameters.params': {'hard_limit': GLib.Variant('t', 2**40)},
    'SetBlockIOParameters.params': {'weight': GLib.Variant('u', 500)},
    'SetSchedulerParameters.params': {'weight': GLib.Variant('u', 50)},
    'SetInterfaceParameters.params': {'inbound.average': GLib.Variant('u', 100)},
    'SetNumaParameters.params': {'numa_mode': GLib.Variant('i', 0)},
    'SetPerfEvents.params': {'cmt': GLib.Variant('b', True)},
    'SaveParams.params': {'file': GLib.Variant('s', 'saved')},
    'SetBlockIOTune.params': {'total_iops_sec': GLib.Variant('t', 0)},
}

DEFAULTS = {'s': '', 'b': False, 'o': TEST, 'ah': [0], 'a{sv}': {}}


def plausible(method, name, kind):
    value = ARGUMENTS.get(f'{method.name}.{name}', ARGUMENTS.get(name))
    if value is None:
        value = DEFAULTS.get(kind, [] if kind.startswith('a') else 0)
    if kind == 's' and isinstance(value, int):
        value = str(value)
    return value


def pack(method):
    values = tuple(plausible(method, name, kind) for name, kind in method.arguments)
    return GLib.Variant(method.signature, values)


def is_fitting(error):
    name = error_name(error) or ''
    return name.startswith('org.libvirt1.Error.') or name == INVALID


def is_there(path):
    absent = ('/LXC/', '/QEMU/', '/nwfilter/', '/nwfilterbinding/', '/networkport/', '/secret/')
    return not any(part in path for part in absent)


def sends_descriptors(method):
    return any('h' in kind for _, kind in method.arguments)


# What has to be done to an object first; the stage has them running.
BEFORE = {
    'org.libvirt1.Domain.Destroy': ('Create', 'CreateWithFiles', 'Rename', 'SetMaxMemory'),
    'org.libvirt1.Domain.Suspend': ('Resume',),
    'org.libvirt1.Interface.Destroy': ('Create',),
    'org.libvirt1.Network.Destroy': ('Create', 'Undefine'),
    'org.libvirt1.StoragePool.Destroy': ('Build', 'Create', 'Delete', 'Undefine'),
}


def prepare(client, stage, method):
    path = stage.object_with(method.interface)
    if 'Vol' in method.name:
        stage.volume()
    for member, names in BEFORE.items():
        if member.startswith(method.interface + '.') and method.name in names:
            flagged = member in ('org.libvirt1.Domain.Destroy', 'org.libvirt1.Interface.Destroy')
            client.call(path, member, *(('(u)', 0) if flagged else ()))
    return path


@pytest.fixture(scope='module')
def stage(client):
    return Stage(client)


def call(client, path, method):
    """The answer, or the error."""
    if not sends_descriptors(method):
        pending = client.start(path, method.member, pack(method)).wait()
        return pending.value, pending.error

    with open('/dev/null', 'rb') as null:
        descriptors = Gio.UnixFDList.new_from_array([os.dup(null.fileno())])
        try:
            value, _ = client.connection.call_with_unix_fd_list_sync(
                'org.libvirt1',
                path,
                method.interface,
                method.name,
                pack(method),
                None,
                Gio.DBusCallFlags.NONE,
                -1,
                descriptors,
                None,
            )
            return value, None
        except GLib.Error as error:
            return None, error


answered = {}


@pytest.mark.parametrize('method', members.methods(), ids=str)
def test_method(client, stage, method):
    path = prepare(client, stage, method)
    value, error = call(client, path, method)
    answered[method.member] = value is not None
    if error:
        assert is_fitting(error), f'{error_name(error)}: {error.message}'
        if error_name(error) == INVALID:
            # Not because GDBus found no such member: it is another mistake of the arguments.
            assert 'signature' not in error.message and 'does not match' not in error.message
    else:
        assert value.get_type_string() == method.result


@pytest.mark.parametrize('prop', members.properties(), ids=str)
def test_property(client, stage, prop):
    path = stage.object_with(prop.interface)
    arguments = GLib.Variant('(ss)', (prop.interface, prop.name))
    pending = client.start(path, PROPERTIES + '.Get', arguments).wait()
    if pending.error:
        assert is_fitting(pending.error), pending.error.message
        if is_there(path):
            assert prop.name not in client.get_all(path, prop.interface)
    else:
        value = pending.value.get_child_value(0).get_variant()
        assert value.get_type_string() == prop.type
        everything = client.get_all(path, prop.interface)
        assert everything[prop.name] == value.unpack()

    zero = GLib.Variant(prop.type, False) if prop.type == 'b' else GLib.Variant('b', False)
    arguments = GLib.Variant('(ssv)', (prop.interface, prop.name, zero))
    pending = client.start(path, PROPERTIES + '.Set', arguments).wait()
    if pending.error:
        assert is_fitting(pending.error), pending.error.message
    else:
        assert prop.writable


def test_enough_of_them_did_something():
    """With arguments as above, so many do on libvirt 9.0's test driver."""
    if len(answered) == len(members.methods()):
        assert sum(answered.values()) >= 145, sorted(m for m in answered if not answered[m])


def test_each_call_is_answered_once(bus, client, stage):
    """All methods again, now on the wire."""
    stages = {m.interface: stage.object_with(m.interface) for m in members.methods()}
    monitor = Monitor(bus)
    started = [
        client.start(stages[m.interface], m.member, pack(m))
        for m in members.methods()
        if not sends_descriptors(m)
    ]
    started += [
        client.start(stages[i], PROPERTIES + '.GetAll', GLib.Variant('(s)', (i,))) for i in stages
    ]
    for pending in started:
        pending.wait()
    counted = monitor.count_answers(client)
    assert len(counted) == len(started)
    assert [call for call, answers in counted if answers != 1] == []


@pytest.mark.parametrize('interface', sorted(members.described()))
def test_get_all(client, stage, interface):
    """Never fails as a whole where the object is there."""
    path = stage.object_with(interface)
    if is_there(path):
        assert isinstance(client.get_all(path, interface), dict)
