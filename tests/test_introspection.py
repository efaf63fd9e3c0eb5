# SPDX-License-Identifier: LGPL-2.1-or-later

"""Introspection: at every level, of everything that the XML files describe, from memory."""

import xml.etree.ElementTree as ElementTree

import pytest
from gi.repository import Gio, GLib

from daemon import NAME, ROOT, error_name
from members import described

TEST = ROOT + '/Test'
CONNECTION = 'org.libvirt1.Connection'

CONFIG = """
[Connection Unreachable]
URI=qemu+unix:///session?socket=/nonexistent
"""


def plain(element):
    """What of an introspection element must be on the bus; annotations in no particular order."""
    return (
        element.tag,
        # An out argument of a method and a signal's argument are marked or not.
        sorted(item for item in element.items() if item != ('direction', 'out')),
        sorted(
            (annotation.get('name'), annotation.get('value'))
            for annotation in element.findall('annotation')
        ),
        [plain(argument) for argument in element.findall('arg')],
    )


def members(interface):
    return {
        (element.tag, element.get('name')): plain(element)
        for element in interface
        if element.tag in ('method', 'signal', 'property')
    }


def introspect(client, path):
    text = client.call(path, 'org.freedesktop.DBus.Introspectable.Introspect')
    return ElementTree.fromstring(text)


def own_interfaces(node):
    return {
        interface.get('name'): interface
        for interface in node.findall('interface')
        if interface.get('name').startswith(NAME)
    }


def children(node):
    return [child.get('name') for child in node.findall('node')]


# First, while no connection is open.


def walk(client, path):
    """All paths at and below one."""
    yield path
    for child in children(introspect(client, path)):
        yield from walk(client, (path if path != '/' else '') + '/' + child)


def connections(client):
    return client.get(ROOT, 'org.libvirt1.Manager', 'Connections')


def test_unopened_connections_stay_closed(client, bus):
    paths = list(walk(client, '/'))
    bus.run('busctl', '--address=' + bus.address, 'tree', NAME)
    bus.run('busctl', '--address=' + bus.address, 'introspect', '--xml-interface', NAME, TEST)

    assert ROOT in paths and TEST in paths and TEST + '/domain' in paths
    for connection in connections(client):
        assert client.get(connection, CONNECTION, 'Alive') is False, connection
        assert children(introspect(client, connection + '/domain')) == []


def test_busctl_tree_shows_the_objects_of_open_connections(client, bus):
    listed = []
    for kind in ('Domains', 'Networks', 'StoragePools', 'Interfaces', 'NodeDevices'):
        listed += client.call(TEST, CONNECTION + '.List' + kind, '(u)', 0)
    assert len(listed) >= 8

    shown = bus.run('busctl', '--address=' + bus.address, 'tree', '--list', NAME).split()
    assert set(listed) <= set(shown)
    assert set(connections(client)) <= set(shown)
    assert set(shown) == set(walk(client, '/'))


def test_gdbus_introspect_ends(client, bus):
    client.get(TEST, CONNECTION, 'Type')
    domains = client.call(TEST, CONNECTION + '.ListDomains', '(u)', 0)
    command = ['gdbus', 'introspect', '--address', bus.address, '-d', NAME, '-o', ROOT, '-r']
    shown = bus.run(*command)
    for domain in domains:
        assert domain.rsplit('/', 1)[1] in shown
    # gdbus reads all properties, too; where no hypervisor answers, those are few.
    assert client.get(ROOT + '/Unreachable', CONNECTION, 'Alive') is False
    few = {'Alive', 'ReadOnly', 'URI'}
    assert set(client.get_all(ROOT + '/Unreachable', CONNECTION)) == few


@pytest.mark.parametrize('kind', ['domain', 'network', 'storagepool', 'interface', 'nodedev'])
def test_busctl_introspect_is_complete(client, bus, kind):
    client.get(TEST, CONNECTION, 'Type')
    path = f'{TEST}/{kind}/{children(introspect(client, f"{TEST}/{kind}"))[0]}'
    shown = bus.run('busctl', '--address=' + bus.address, 'introspect', NAME, path)
    names = {line.split()[0].lstrip('.') for line in shown.splitlines()}
    for interface in own_interfaces(introspect(client, path)).values():
        assert {name for _, name in members(interface)} <= names


# Every member


EXPECTED = {
    ROOT: {'Manager'},
    TEST: {'Connection'},
    ROOT + '/QEMU': {'Connection', 'QemuConnection'},
    TEST + '/domain/x': {'Domain'},
    ROOT + '/QEMU/domain/x': {'Domain', 'QemuDomain'},
    TEST + '/domainsnapshot/x': {'DomainSnapshot'},
    TEST + '/domaincheckpoint/x': {'DomainCheckpoint'},
    TEST + '/network/x': {'Network'},
    TEST + '/networkport/x': {'NetworkPort'},
    TEST + '/storagepool/x': {'StoragePool'},
    TEST + '/storagevol/x': {'StorageVol'},
    TEST + '/interface/x': {'Interface'},
    TEST + '/nodedev/x': {'NodeDevice'},
    TEST + '/nwfilter/x': {'NWFilter'},
    TEST + '/nwfilterbinding/x': {'NWFilterBinding'},
    TEST + '/secret/x': {'Secret'},
}


@pytest.mark.parametrize('path', EXPECTED)
def test_every_member_is_on_the_bus_as_described(client, path):
    node = introspect(client, path)
    assert set(own_interfaces(node)) == {'org.libvirt1.' + name for name in EXPECTED[path]}
    for name, interface in own_interfaces(node).items():
        assert members(interface) == members(described()[name])
        annotations = sorted(plain(a)[1] for a in interface.findall('annotation'))
        assert annotations == sorted(plain(a)[1] for a in described()[name].findall('annotation'))


def test_no_interface_is_left_out():
    elsewhere = {'LxcDomain'}
    named = set.union(*EXPECTED.values()) | elsewhere
    assert {'org.libvirt1.' + name for name in named} == set(described())


def test_standard_interfaces(client):
    for path in (ROOT, TEST, TEST + '/domain/x'):
        names = {i.get('name') for i in introspect(client, path).findall('interface')}
        assert names >= {
            'org.freedesktop.DBus.Properties',
            'org.freedesktop.DBus.Introspectable',
            'org.freedesktop.DBus.Peer',
        }
    client.call(TEST, 'org.freedesktop.DBus.Peer.Ping')


def test_folders_have_no_interface(client):
    assert own_interfaces(introspect(client, TEST + '/domain')) == {}
    assert own_interfaces(introspect(client, '/')) == {}
    assert own_interfaces(introspect(client, '/org')) == {}


def test_what_lists_is_found(client):
    """The interface of an object listed can be called at once."""
    client.get(TEST, CONNECTION, 'Type')
    for path in walk(client, TEST):
        for name in own_interfaces(introspect(client, path)):
            try:
                assert isinstance(client.get_all(path, name), dict)
            except GLib.Error as error:
                pytest.fail(f'{path} {name}: {error_name(error)} {error.message}')


def test_introspection_is_valid_for_gdbus(client):
    for path in EXPECTED:
        text = client.call(path, 'org.freedesktop.DBus.Introspectable.Introspect')
        assert Gio.DBusNodeInfo.new_for_xml(text)
