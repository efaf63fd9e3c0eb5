# SPDX-License-Identifier: LGPL-2.1-or-later

"""What each property says of itself, in EmitsChangedSignal, is so: "const" never changes, "true" is
announced when somebody else changes it, "false" is not, but whoever reads it gets what is now. What is
"invalidates" differs from caller to caller; test_open.py has that."""

import os
import xml.etree.ElementTree as ElementTree

import pytest

from picture import INTROSPECTION, Picture, emits
from qemu import CONNECTION, DOMAIN
from qemu import connection, daemon, define, libvirtd, uri  # noqa: F401 (fixtures)

NETWORK = """<network><name>emits</name><uuid>c0ffee00-0000-4000-8000-0000000000a2</uuid>
             <bridge name='{}'/></network>"""
POOL = """<pool type='dir'><name>emits</name><uuid>c0ffee00-0000-4000-8000-0000000000a3</uuid>
          <target><path>{}</path></target></pool>"""
SECRET = """<secret><uuid>c0ffee00-0000-4000-8000-0000000000a4</uuid>
            <usage type='volume'><volume>/emits</volume></usage></secret>"""
FILTER = "<filter name='emits'><uuid>c0ffee00-0000-4000-8000-0000000000a5</uuid>{}</filter>"
RULE = "<rule action='drop' direction='in'/>"

PATHS = {
    'Domain': 'domain/_c0ffee00_0000_4000_8000_0000000000a1',
    'Network': 'network/_c0ffee00_0000_4000_8000_0000000000a2',
    'StoragePool': 'storagepool/_c0ffee00_0000_4000_8000_0000000000a3',
    'Secret': 'secret/_c0ffee00_0000_4000_8000_0000000000a4',
    'NWFilter': 'nwfilter/_c0ffee00_0000_4000_8000_0000000000a5',
}

# kind, property, what virsh does to change it, and to change it back.
ANNOUNCED = [
    ('Domain', 'Active', ['start emits'], ['destroy emits']),
    ('Domain', 'Id', ['start emits'], ['destroy emits']),
    ('Domain', 'State', ['start emits'], ['destroy emits']),
    ('Domain', 'Name', ['domrename emits other'], ['domrename other emits']),
    ('Domain', 'Persistent', ['start emits', 'undefine emits'], ['define {domain}', 'destroy emits']),
    ('Network', 'Active', ['net-start emits'], ['net-destroy emits']),
    ('Network', 'Persistent', ['net-start emits', 'net-undefine emits'],
     ['net-define {network}', 'net-destroy emits']),
    ('StoragePool', 'Active', ['pool-destroy emits'], ['pool-start emits']),
    ('StoragePool', 'Persistent', ['pool-destroy emits', 'pool-undefine emits', 'pool-create {pool}'],
     ['pool-define {pool}']),
]

READ_LIVE = [
    ('Domain', 'Autostart', ['autostart emits'], ['autostart --disable emits']),
    ('Domain', 'ManagedSave', ['start emits', 'managedsave emits'], ['managedsave-remove emits']),
    ('Domain', 'MaxMemory', ['setmaxmem emits 131072 --config'], ['setmaxmem emits 65536 --config']),
    ('Domain', 'Memory', ['setmem emits 32768 --config'], ['setmem emits 65536 --config']),
    ('Domain', 'Vcpus', ['setvcpus emits 2 --config'], ['setvcpus emits 1 --config']),
    ('Network', 'Autostart', ['net-autostart emits'], ['net-autostart --disable emits']),
    ('Network', 'BridgeName', ['net-define {bridge}'], ['net-define {network}']),
    ('StoragePool', 'Autostart', ['pool-autostart emits'], ['pool-autostart --disable emits']),
    ('StoragePool', 'State', ['pool-destroy emits'], ['pool-start emits']),
    ('StoragePool', 'Capacity', ['pool-destroy emits', 'pool-undefine emits', 'pool-define {pool}'],
     ['pool-start emits']),
    ('StoragePool', 'Allocation', ['vol-create-as emits v 1048576 --format raw'], ['vol-delete v emits']),
    ('StoragePool', 'Available', ['vol-create-as emits v 1048576 --format raw'], ['vol-delete v emits']),
]

# What nothing changes from outside while the tests run.
STEADY = {
    # Of the connection and its transport: test_libvirtd_restart.py loses and finds it.
    'Connection': {'Alive', 'URI', 'Encrypted', 'Hostname', 'LibVersion', 'Secure', 'Version'},
    'Manager': {'Connections'},
    # Nothing in libvirt's QEMU driver sets it.
    'Domain': {'Updated'},
    # The drivers of these have no outside that a test could be: of a host's own interfaces and devices.
    'Interface': {'Active', 'MAC'},
    'NodeDevice': {'Active', 'Autostart', 'Persistent'},
    # It cannot have another path and be the same volume.
    'StorageVol': {'Path'},
}


@pytest.fixture(scope='module')
def files(bus):
    domain = DOMAIN.format(name='emits', devices='').replace(
        '</name>', '</name><uuid>c0ffee00-0000-4000-8000-0000000000a1</uuid>')
    os.mkdir(bus.path('pool'))
    return {
        'domain': bus.write('domain.xml', domain),
        'network': bus.write('network.xml', NETWORK.format('virbr70')),
        'bridge': bus.write('bridge.xml', NETWORK.format('virbr71')),
        'pool': bus.write('pool.xml', POOL.format(bus.path('pool'))),
        'secret': bus.write('secret.xml', SECRET),
        'filter': bus.write('filter.xml', FILTER.format('')),
        'rule': bus.write('rule.xml', FILTER.format(RULE)),
    }


@pytest.fixture(scope='module')
def virsh(libvirtd, files):
    return lambda *commands: [libvirtd.virsh(*command.format(**files).split()) for command in commands]


@pytest.fixture(scope='module')
def things(connection, virsh):
    """One of each kind, made by somebody else."""
    connection.get('Hostname')
    virsh('define {domain}', 'net-define {network}', 'pool-define {pool}', 'secret-define {secret}',
          'nwfilter-define {filter}', 'pool-start emits')
    return {kind: connection.at(f'{CONNECTION}/{path}', kind) for kind, path in PATHS.items()}


@pytest.fixture
def picture(client, things):
    listener = Picture(client, CONNECTION)
    yield listener
    listener.barrier()
    listener.check()
    listener.close()


def announcements(picture, thing):
    """All values of each property that were announced."""
    found = {}
    picture.barrier()
    for path, member, arguments in picture.take():
        if (path, member) == (thing.path, 'PropertiesChanged'):
            assert arguments[0] == thing.interface
            for name, value in arguments[1].items():
                found.setdefault(name, []).append(value)
        elif (path, member) == (thing.path, 'InterfacesAdded'):
            for name, value in arguments[0][thing.interface].items():
                found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize('kind, name, there, back', ANNOUNCED, ids=lambda x: x if isinstance(x, str) else '')
def test_announced(picture, things, virsh, kind, name, there, back):
    assert emits(f'org.libvirt1.{kind}')[name] == 'true'
    thing = things[kind]
    before = thing.get(name)
    for commands in there, back:
        announcements(picture, thing)
        virsh(*commands)
        told = announcements(picture, thing)
        assert told[name][-1] == thing.get(name) == thing.get_all()[name]
        assert (told[name][-1] == before) == (commands is back) or name == 'State'


@pytest.mark.parametrize('kind, name, there, back', READ_LIVE, ids=lambda x: x if isinstance(x, str) else '')
def test_read_live(picture, things, virsh, kind, name, there, back):
    assert emits(f'org.libvirt1.{kind}')[name] == 'false'
    thing = things[kind]
    before = thing.get(name)
    virsh(*there)
    after = thing.get(name)
    assert after != before
    assert thing.get_all()[name] == after
    virsh(*back)
    assert thing.get(name) == thing.get_all()[name]
    assert thing.get(name) != after


def test_constants(client, connection, picture, things, virsh):
    """Over a life with everything in it that the other tests do."""
    def constants():
        found = {}
        everything = [*things.values(), connection, connection.at('/org/libvirt1', 'Manager')]
        for thing in everything:
            told = emits(thing.interface)
            for name, value in thing.get_all().items():
                if told[name] == 'const':
                    found[thing.path, name] = value
        return found

    def assert_unchanged():
        """There is no scheduler type while a domain runs without cgroups."""
        now = constants()
        assert {**before, **now} == before
        assert {name for _, name in set(before) - set(now)} <= {'SchedulerType'}

    before = constants()
    for _, _, there, back in ANNOUNCED + READ_LIVE:
        for commands in there, back:
            virsh(*commands)
            assert_unchanged()
    virsh('nwfilter-define {rule}', 'secret-define {secret}', 'define {domain}', 'net-define {network}')
    assert_unchanged()
    assert ('/org/libvirt1/QEMU', 'Type') in before
    assert (things['Secret'].path, 'UsageID') in before
    assert (things['NWFilter'].path, 'Name') in before


def test_every_property_has_its_test():
    tested = {}
    for kind, name, _, _ in ANNOUNCED + READ_LIVE:
        tested.setdefault(kind, set()).add(name)
    for kind, names in STEADY.items():
        tested.setdefault(kind, set()).update(names)

    there = {}
    for file in os.listdir(INTROSPECTION):
        if not file.startswith('org.libvirt1.'):
            continue
        for element in ElementTree.parse(os.path.join(INTROSPECTION, file)).iter('property'):
            kind = file.split('.')[2]
            signal = emits('org.libvirt1.' + kind)[element.get('name')]
            assert signal in ('const', 'true', 'false', 'invalidates')
            assert element.get('access') == 'read' or signal != 'const'
            if signal != 'const':
                there.setdefault(kind, set()).add(element.get('name'))
    assert tested == there
