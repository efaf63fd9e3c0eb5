# SPDX-License-Identifier: LGPL-2.1-or-later

"""What others do to a hypervisor shows on the bus by itself: each change once, first in what is
known, then as a signal of the object, then as the event's own. And who changes something through
the bus reads it as soon as the call is answered."""

import os
import signal

import pytest
from gi.repository import GLib

from picture import OBJECT_MANAGER, Picture
from qemu import AFFECT_CONFIG, DEFINED, PAUSED, RESUMED, RUNNING, SHUTOFF, STARTED, STOPPED
from qemu import CONNECTION, DISK, DOMAIN, SHUTDOWN, SUSPENDED, UNDEFINED
from qemu import connection, daemon, define, disk, libvirtd, uri  # noqa: F401 (fixtures)

NETWORK = """<network><name>{name}</name><bridge name='vbr{name}'/></network>"""
POOL = "<pool type='dir'><name>{name}</name><target><path>{path}</path></target></pool>"
SECRET = "<secret><uuid>{uuid}</uuid><usage type='volume'><volume>{name}</volume></usage></secret>"
VOLUME = '<volume><name>v</name><capacity>1024</capacity></volume>'
UUID = 'c0ffee00-0000-4000-8000-{:012}'


@pytest.fixture
def picture(client, libvirtd, connection):
    listener = Picture(client, CONNECTION)
    yield listener
    listener.barrier()
    listener.check()
    listener.close()


def path_of(kind, uuid):
    return f'{CONNECTION}/{kind}/_{uuid.replace("-", "_")}'


@pytest.fixture
def outside(bus, libvirtd, picture):
    """Somebody else, with virsh. Returns the signals of one object, in their order."""
    class Outside:
        def virsh(self, path, *arguments):
            picture.take()
            libvirtd.virsh(*arguments)
            picture.barrier()
            return [(member, arguments) for at, member, arguments in picture.take() if at == path]

        def file(self, text):
            return bus.write('outside.xml', text)

    return Outside()


@pytest.fixture
def domain(bus, libvirtd, connection, request):
    """One that somebody else has defined."""
    uuid = UUID.format(abs(hash(request.node.name)) % 10**12)
    xml = DOMAIN.format(name='outside', devices='').replace('</name>', f'</name><uuid>{uuid}</uuid>')
    path = path_of('domain', uuid)
    connection.get('Hostname')  # open, so that it hears
    libvirtd.virsh('define', bus.write('domain.xml', xml))
    thing = connection.at(path, 'Domain')
    thing.xml = xml
    yield thing
    if path in connection.call('ListDomains', '(u)', 0):
        if thing.get('Active'):
            libvirtd.virsh('destroy', uuid)
    if path in connection.call('ListDomains', '(u)', 0):
        libvirtd.virsh('undefine', '--managed-save', '--snapshots-metadata', uuid)


def own_events(signals, member='DomainEvent'):
    """Whether QEMU still says that it was told to shut down, when it is destroyed, is its affair."""
    return [numbers for name, numbers in signals if name == member and numbers[0] != SHUTDOWN]


def changes(signals):
    """All that was announced to be different, the newest value of each."""
    found = {}
    for member, arguments in signals:
        if member == 'PropertiesChanged':
            found.update(arguments[1])
    return found


def assert_change_comes_before(signals, event):
    """The event's own signal comes after what it brought."""
    names = [member for member, _ in signals]
    assert 'PropertiesChanged' in names[:names.index(event)]


def assert_gone_before(signals, event):
    names = [member for member, _ in signals]
    assert names.count('InterfacesRemoved') == 1
    assert 'PropertiesChanged' not in names[names.index('InterfacesRemoved'):]
    assert names.index('InterfacesRemoved') < signals.index(('DomainEvent', event))


def test_a_qemu_that_hangs(libvirtd, client, connection, define, bus):
    """Who asks it waits. Nobody else does, neither for an answer nor for the news."""
    hanging, other = define('hanging', start=True), define('other', start=True)
    pool = connection.call('StoragePoolDefineXML', '(su)', POOL.format(name='p', path=bus.path('')), 0)
    client.call(pool, 'org.libvirt1.StoragePool.Create', '(u)', 0)
    changed = client.listen('org.freedesktop.DBus.Properties', 'PropertiesChanged', other.path)
    pid = libvirtd.find_qemu('hanging')
    os.kill(pid, signal.SIGSTOP)
    try:
        arguments = GLib.Variant('(su)', ('{"execute":"query-status"}', 0))
        waiting = [client.start(hanging.path, 'org.libvirt1.QemuDomain.MonitorCommand', arguments)
                   for _ in range(3)]
        for state, method, command in (PAUSED, 'Suspend', 'suspend'), (RUNNING, 'Resume', 'resume'):
            other.call(method)
            changed.wait(lambda *s, state=state: s[3][1].get('State', (0,))[0] == state)
            assert other.get('State')[0] == state and other.call('GetState', '(u)', 0)[0] == state
        libvirtd.virsh('suspend', 'other')
        changed.wait(lambda *s: s[3][1].get('State', (0,))[0] == PAUSED)
        volume = client.call(pool, 'org.libvirt1.StoragePool.StorageVolCreateXML', '(su)', VOLUME, 0)
        client.call(volume, 'org.libvirt1.StorageVol.Delete', '(u)', 0)
        assert not any(call.answers for call in waiting)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert not any(call.wait().error for call in waiting)
    client.call(pool, 'org.libvirt1.StoragePool.Destroy')
    client.call(pool, 'org.libvirt1.StoragePool.Undefine')
    changed.stop()


def test_domain_comes_and_goes(outside, picture, bus):
    uuid = UUID.format(1)
    path = path_of('domain', uuid)
    xml = DOMAIN.format(name='comes', devices='').replace('</name>', f'</name><uuid>{uuid}</uuid>')

    added, event = outside.virsh(path, 'define', outside.file(xml))
    assert added[0] == 'InterfacesAdded'
    values = added[1][0]['org.libvirt1.Domain']
    assert values['Name'] == 'comes'
    assert values['UUID'] == uuid
    assert values['Id'] == -1
    assert values['State'][0] == SHUTOFF
    assert (values['Active'], values['Persistent'], values['Autostart']) == (False, True, False)
    assert (values['Memory'], values['MaxMemory'], values['Vcpus']) == (65536, 65536, 1)
    assert values['ManagedSave'] is False
    assert sorted(added[1][0]) == ['org.libvirt1.Domain', 'org.libvirt1.QemuDomain']
    assert event == ('DomainEvent', (DEFINED, 0))

    removed, event = outside.virsh(path, 'undefine', 'comes')
    assert removed == ('InterfacesRemoved', (['org.libvirt1.Domain', 'org.libvirt1.QemuDomain'],))
    assert event == ('DomainEvent', (UNDEFINED, 0))


def test_domain_runs(outside, picture, domain):
    picture.barrier()
    signals = outside.virsh(domain.path, 'start', 'outside')
    assert changes(signals)['Active'] is True
    assert changes(signals)['State'] == (RUNNING, 1)
    assert changes(signals)['Id'] > 0
    assert (STARTED, 0) in own_events(signals)
    assert len(own_events(signals)) == len(set(own_events(signals)))
    assert_change_comes_before(signals, 'DomainEvent')

    signals = outside.virsh(domain.path, 'suspend', 'outside')
    assert changes(signals) == {'State': (PAUSED, 1)}
    assert own_events(signals) == [(SUSPENDED, 0)]
    assert_change_comes_before(signals, 'DomainEvent')

    signals = outside.virsh(domain.path, 'resume', 'outside')
    assert changes(signals) == {'State': (RUNNING, 5)}
    assert own_events(signals) == [(RESUMED, 0)]
    assert_change_comes_before(signals, 'DomainEvent')

    signals = outside.virsh(domain.path, 'destroy', 'outside')
    assert changes(signals)['Active'] is False
    assert changes(signals)['Id'] == -1
    assert changes(signals)['State'][0] == SHUTOFF
    assert own_events(signals) == [(STOPPED, 1)]
    assert_change_comes_before(signals, 'DomainEvent')


def test_managed_save(outside, picture, domain):
    picture.barrier()
    outside.virsh(domain.path, 'start', 'outside')
    signals = outside.virsh(domain.path, 'managedsave', 'outside')
    assert changes(signals)['Active'] is False
    assert changes(signals)['ManagedSave'] is True
    assert changes(signals)['State'] == (SHUTOFF, 5)
    assert (STOPPED, 4) in own_events(signals)
    assert domain.get('ManagedSave') is True

    # Its last event comes before the image goes.
    signals = outside.virsh(domain.path, 'start', 'outside')
    assert domain.get('ManagedSave') is False
    assert changes(signals)['State'][0] == RUNNING
    assert (STARTED, 2) in own_events(signals)


def test_save_and_restore(outside, picture, domain, bus):
    picture.barrier()
    outside.virsh(domain.path, 'start', 'outside')
    signals = outside.virsh(domain.path, 'save', 'outside', bus.path('saved'))
    assert changes(signals)['State'] == (SHUTOFF, 5)
    assert (STOPPED, 4) in own_events(signals)

    signals = outside.virsh(domain.path, 'restore', bus.path('saved'))
    assert changes(signals)['State'][0] == RUNNING
    assert (STARTED, 2) in own_events(signals)


def test_renamed(outside, picture, domain):
    picture.barrier()
    signals = outside.virsh(domain.path, 'domrename', 'outside', 'other')
    assert changes(signals) == {'Name': 'other'}
    assert own_events(signals) == [(UNDEFINED, 1), (DEFINED, 2)]
    assert [member for member, _ in signals][0] == 'PropertiesChanged'
    assert [member for member, _ in signals].count('PropertiesChanged') == 1
    assert domain.get('Name') == 'other'
    outside.virsh(domain.path, 'domrename', 'other', 'outside')


def test_defined_again(outside, picture, domain):
    """Over an existing one: it does not come again, but it is another."""
    picture.barrier()
    signals = outside.virsh(domain.path, 'define', outside.file(domain.xml))
    assert signals == [('DomainEvent', (DEFINED, 1))]

    more = domain.xml.replace('>64<', '>128<')
    signals = outside.virsh(domain.path, 'define', outside.file(more))
    assert signals == [
        ('PropertiesChanged', ('org.libvirt1.Domain', {'Memory': 131072, 'MaxMemory': 131072}, [])),
        ('DomainEvent', (DEFINED, 1)),
    ]


def test_undefined_while_it_runs(outside, picture, domain):
    picture.barrier()
    outside.virsh(domain.path, 'start', 'outside')
    signals = outside.virsh(domain.path, 'undefine', 'outside')
    assert signals == [
        ('PropertiesChanged', ('org.libvirt1.Domain', {'Persistent': False}, [])),
        ('DomainEvent', (UNDEFINED, 0)),
    ]

    signals = outside.virsh(domain.path, 'destroy', 'outside')
    assert_gone_before(signals, (STOPPED, 1))


def test_transient_domain(outside, picture):
    uuid = UUID.format(2)
    path = path_of('domain', uuid)
    xml = DOMAIN.format(name='transient', devices='').replace('</name>', f'</name><uuid>{uuid}</uuid>')

    signals = outside.virsh(path, 'create', outside.file(xml))
    assert signals[0][0] == 'InterfacesAdded'
    assert [member for member, _ in signals].count('InterfacesAdded') == 1
    assert (STARTED, 0) in own_events(signals)
    assert picture.objects[path]['org.libvirt1.Domain']['Persistent'] is False

    signals = outside.virsh(path, 'destroy', 'transient')
    assert_gone_before(signals, (STOPPED, 1))


def test_domain_that_ends_by_itself(libvirtd, picture, domain):
    """Nobody told libvirt either: QEMU is gone."""
    picture.barrier()
    libvirtd.virsh('start', 'outside')
    picture.barrier()
    picture.take()
    libvirtd.enter('sh', '-c', 'kill -9 $(cat /run/libvirt/qemu/outside.pid)')
    picture.wait(domain.path, 'DomainEvent', STOPPED)
    signals = [entry[1:] for entry in picture.take()]
    assert changes(signals)['State'][0] == SHUTOFF
    assert changes(signals)['Active'] is False
    assert_change_comes_before(signals, 'DomainEvent')


def test_network(outside, picture):
    name, uuid = 'net0', UUID.format(3)
    path = path_of('network', uuid)
    xml = NETWORK.format(name=name).replace('</name>', f'</name><uuid>{uuid}</uuid>')

    added, event = outside.virsh(path, 'net-define', outside.file(xml))
    assert added[0] == 'InterfacesAdded'
    assert added[1][0] == {'org.libvirt1.Network': {
        'Name': name, 'UUID': uuid, 'BridgeName': 'vbrnet0',
        'Active': False, 'Persistent': True, 'Autostart': False}}
    assert event == ('NetworkEvent', (0, 0))

    for command, active, event in ('net-start', True, 2), ('net-destroy', False, 3):
        assert outside.virsh(path, command, name) == [
            ('PropertiesChanged', ('org.libvirt1.Network', {'Active': active}, [])),
            ('NetworkEvent', (event, 0)),
        ]

    outside.virsh(path, 'net-start', name)
    assert outside.virsh(path, 'net-undefine', name) == [
        ('PropertiesChanged', ('org.libvirt1.Network', {'Persistent': False}, [])),
        ('NetworkEvent', (1, 0)),
    ]
    assert outside.virsh(path, 'net-destroy', name) == [
        ('InterfacesRemoved', (['org.libvirt1.Network'],)),
        ('NetworkEvent', (3, 0)),
    ]


def test_storage_pool(outside, picture, bus):
    name, uuid = 'pool0', UUID.format(4)
    path = path_of('storagepool', uuid)
    xml = POOL.format(name=name, path=bus.directory).replace('</name>', f'</name><uuid>{uuid}</uuid>')

    added, event = outside.virsh(path, 'pool-define', outside.file(xml))
    assert added[0] == 'InterfacesAdded'
    assert added[1][0] == {'org.libvirt1.StoragePool': {
        'Name': name, 'UUID': uuid, 'State': 0, 'Capacity': 0, 'Allocation': 0, 'Available': 0,
        'Active': False, 'Persistent': True, 'Autostart': False}}
    assert event == ('StoragePoolEvent', (0, 0))

    signals = outside.virsh(path, 'pool-start', name)
    assert changes(signals)['Active'] is True
    assert changes(signals)['State'] == 2
    assert changes(signals)['Capacity'] > 0
    assert [member for member, _ in signals] == ['PropertiesChanged', 'StoragePoolEvent']
    assert own_events(signals, 'StoragePoolEvent') == [(2, 0)]

    signals = outside.virsh(path, 'pool-refresh', name)
    assert [member for member, _ in signals if member != 'PropertiesChanged'] == ['Refresh']

    signals = outside.virsh(path, 'pool-destroy', name)
    assert changes(signals)['Active'] is False
    assert [member for member, _ in signals] == ['PropertiesChanged', 'StoragePoolEvent']
    assert own_events(signals, 'StoragePoolEvent') == [(3, 0)]

    assert outside.virsh(path, 'pool-undefine', name) == [
        ('InterfacesRemoved', (['org.libvirt1.StoragePool'],)),
        ('StoragePoolEvent', (1, 0)),
    ]


def test_secret(outside, picture):
    uuid = UUID.format(5)
    path = path_of('secret', uuid)
    assert outside.virsh(path, 'secret-define', outside.file(SECRET.format(uuid=uuid, name='/x'))) == [
        ('InterfacesAdded', ({'org.libvirt1.Secret': {
            'UUID': uuid, 'UsageID': '/x', 'UsageType': 1}},)),
        ('SecretEvent', (0, 0)),
    ]
    assert outside.virsh(path, 'secret-undefine', uuid) == [
        ('InterfacesRemoved', (['org.libvirt1.Secret'],)),
        ('SecretEvent', (1, 0)),
    ]


def test_who_hears_asks_back(client, libvirtd, picture, domain):
    """When a signal comes, all that can be read says so already."""
    picture.barrier()
    asked = []

    def ask(path, _interface, member, arguments):
        if member == 'DomainEvent' and arguments[0] == domain.path:
            read = {name: domain.get(name) for name in ('Active', 'State', 'Id')}
            managed = client.call(CONNECTION, OBJECT_MANAGER + '.GetManagedObjects')
            listed = managed[domain.path]['org.libvirt1.Domain']
            asked.append((arguments[1], read, {name: listed[name] for name in read}))

    heard = client.listen()
    heard.on_signal = ask
    for command, event, active, state in (
            ('start', STARTED, True, RUNNING), ('suspend', SUSPENDED, True, PAUSED),
            ('resume', RESUMED, True, RUNNING), ('destroy', STOPPED, False, SHUTOFF)):
        libvirtd.virsh(command, 'outside')
        picture.barrier()
        values = [(read, listed) for number, read, listed in asked if number == event]
        assert values, command
        for read, listed in values[-1:]:
            assert read == listed
            assert (read['Active'], read['State'][0]) == (active, state)
    heard.stop()


# --- read your writes -------------------------------------------------------------------------------

def test_read_your_writes(bus, connection, define, disk, picture):
    domain = define('written', devices=DISK.format(path=disk('written')))
    assert domain.path in picture.client.call(CONNECTION, OBJECT_MANAGER + '.GetManagedObjects')
    managed = lambda: picture.client.call(  # noqa: E731
        CONNECTION, OBJECT_MANAGER + '.GetManagedObjects')[domain.path][domain.interface]

    def known(name):
        value = domain.get(name)
        assert managed()[name] == value == domain.get_all()[name]
        return value

    domain.set('Autostart', GLib.Variant('b', True))
    assert known('Autostart') is True
    domain.set('Autostart', GLib.Variant('b', False))
    assert known('Autostart') is False

    domain.call('SetMemory', '(tu)', 32768, AFFECT_CONFIG)
    assert known('Memory') == 32768
    domain.call('SetVcpus', '(uu)', 2, AFFECT_CONFIG)
    assert known('Vcpus') == 2
    domain.call('Rename', '(su)', 'rewritten', 0)
    assert known('Name') == 'rewritten'

    domain.call('Create', '(u)', 0)
    assert known('Active') is True
    assert known('Id') > 0
    snapshot = connection.at(domain.call('SnapshotCreateXML', '(su)', '<domainsnapshot/>', 0),
                             'DomainSnapshot')
    domain.call('Suspend')
    assert known('State') == (PAUSED, 1)
    domain.call('Destroy', '(u)', 0)
    assert known('Active') is False

    # Neither is called on the domain, nor do they return it.
    snapshot.call('Revert', '(u)', 0)
    assert known('State')[0] == RUNNING
    saved = bus.path('written')
    domain.call('Save', '(ssu)', saved, '', 0)
    assert known('State') == (SHUTOFF, 5)
    connection.call('DomainRestore', '(ssu)', saved, '', 0)
    assert known('State')[0] == RUNNING

    domain.call('ManagedSave', '(u)', 0)
    assert known('ManagedSave') is True
    domain.call('ManagedSaveRemove', '(u)', 0)
    assert known('ManagedSave') is False

    domain.call('Undefine', '(u)', 2)
    assert domain.path not in picture.client.call(CONNECTION, OBJECT_MANAGER + '.GetManagedObjects')


def test_read_your_writes_of_other_kinds(client, connection, picture, bus):
    def managed():
        return client.call(CONNECTION, OBJECT_MANAGER + '.GetManagedObjects')

    network = connection.at(connection.call('NetworkDefineXML', '(su)', NETWORK.format(name='n1'), 0),
                            'Network')
    assert network.path in managed()
    network.call('Create')
    assert network.get('Active') is managed()[network.path][network.interface]['Active'] is True
    network.set('Autostart', GLib.Variant('b', True))
    assert network.get('Autostart') is managed()[network.path][network.interface]['Autostart'] is True
    network.call('Destroy')
    assert network.get('Active') is False
    network.call('Undefine')
    assert network.path not in managed()

    xml = POOL.format(name='p1', path=bus.path('p1'))
    pool = connection.at(connection.call('StoragePoolDefineXML', '(su)', xml, 0), 'StoragePool')
    assert pool.path in managed()
    pool.call('Build', '(u)', 0)
    pool.call('Create', '(u)', 0)
    assert pool.get('Active') is managed()[pool.path][pool.interface]['Active'] is True
    pool.call('Destroy')
    assert pool.get('Active') is False
    pool.call('Undefine')
    assert pool.path not in managed()

    uuid = UUID.format(6)
    xml = SECRET.format(uuid=uuid, name='/y')
    secret = connection.at(connection.call('SecretDefineXML', '(su)', xml, 0), 'Secret')
    assert secret.path in managed()
    secret.call('Undefine')
    assert secret.path not in managed()


def test_changes_of_oneself_are_announced_once(connection, define, picture):
    """The call's own look and the event's are two, but there is one change."""
    domain = define('once')
    picture.barrier()
    assert [entry[1] for entry in picture.take() if entry[0] == domain.path] == [
        'InterfacesAdded', 'DomainEvent']

    domain.set('Autostart', GLib.Variant('b', True))
    domain.call('SetMaxMemory', '(t)', 131072)
    picture.barrier()
    assert [changes([entry[1:]]) for entry in picture.take() if entry[1] == 'PropertiesChanged'] == [
        {'Autostart': True}, {'MaxMemory': 131072}]

    domain.call('Undefine', '(u)', 0)
    picture.barrier()
    assert [entry[1] for entry in picture.take() if entry[0] == domain.path] == [
        'InterfacesRemoved', 'DomainEvent']


def test_many_at_the_same_time(client, connection, libvirtd, picture, bus):
    """Objects that go do not keep others from coming."""
    def start(member, signature, *arguments):
        return client.start(CONNECTION, 'org.libvirt1.Connection.' + member,
                            GLib.Variant(signature, arguments))

    names = [f'crowd-{i}' for i in range(40)]
    paths = {}
    for _ in range(3):
        calls = {name: start('DomainDefineXML', '(su)', DOMAIN.format(name=name, devices=''), 0)
                 for name in names}
        for name, call in calls.items():
            paths[name] = call.wait().value.unpack()[0]
        managed = client.call(CONNECTION, OBJECT_MANAGER + '.GetManagedObjects')
        assert set(paths.values()) <= set(managed)
        calls = []
        for i, name in enumerate(names):
            if i % 2:
                calls.append(client.start(paths[name], 'org.libvirt1.Domain.Undefine',
                                          GLib.Variant('(u)', (0,))))
            else:
                xml = DOMAIN.format(name=f'{name}-more', devices='')
                calls.append(start('DomainDefineXML', '(su)', xml, 0))
        for call in calls:
            assert not call.wait().error
        for call in calls[::2]:
            more = call.value.unpack()[0]
            managed = client.call(CONNECTION, OBJECT_MANAGER + '.GetManagedObjects')
            assert more in managed
            connection.at(more, 'Domain').call('Undefine', '(u)', 0)
        for i, name in enumerate(names):
            if not i % 2:
                connection.at(paths[name], 'Domain').call('Undefine', '(u)', 0)
    assert not [name for name in libvirtd.virsh('list', '--all', '--name').split() if 'crowd' in name]
