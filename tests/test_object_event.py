# SPDX-License-Identifier: LGPL-2.1-or-later

"""On libvirt's test driver: what this service announces where libvirt does not, what is read live
because nobody announces it, and what a binding's own object manager makes of all that."""

import pytest
from gi.repository import Gio, GLib

from daemon import NAME, ROOT, wait_for
from picture import OBJECT_MANAGER, TEST_BARRIER, Picture, reliable

TEST = ROOT + '/Test'
CONNECTION = 'org.libvirt1.Connection'
DOMAIN = 'org.libvirt1.Domain'
SNAPSHOT = 'org.libvirt1.DomainSnapshot'
CHECKPOINT = 'org.libvirt1.DomainCheckpoint'
INTERFACE = 'org.libvirt1.Interface'
DEVICE = 'org.libvirt1.NodeDevice'
POOL = 'org.libvirt1.StoragePool'
VOLUME = 'org.libvirt1.StorageVol'

CREATED, DELETED, CHANGED = range(3)

DOMAIN_XML = """<domain type='test'><name>{}</name><memory>8192</memory>
                <os><type>hvm</type></os><devices><disk type='file'><source file='/disk'/>
                <target dev='vda'/></disk></devices></domain>"""
POOL_XML = "<pool type='dir'><name>events</name><target><path>/events</path></target></pool>"
VOLUME_XML = "<volume><name>{}</name><capacity>1048576</capacity></volume>"
DEVICE_XML = """<device><parent>scsi_host1</parent><capability type='scsi_host'>
                <capability type='fc_host'><wwnn>1000000012345678</wwnn>
                <wwpn>1000000087654321</wwpn></capability></capability></device>"""


@pytest.fixture
def picture(client):
    client.get(TEST, CONNECTION, 'Type')
    listener = Picture(client, TEST, TEST_BARRIER)
    yield listener
    listener.barrier()
    listener.check()
    listener.close()


@pytest.fixture
def told(picture):
    """The ObjectEvents since the last time."""
    def take():
        picture.barrier()
        return [(path, *arguments) for path, member, arguments in picture.take()
                if member == 'ObjectEvent']

    return take


@pytest.fixture
def domain(client, told):
    path = client.call(TEST, CONNECTION + '.DomainCreateXML', '(su)', DOMAIN_XML.format('events'), 0)
    assert told() == []  # libvirt announces it itself
    yield path
    client.call(path, DOMAIN + '.Destroy', '(u)', 0)


def test_snapshots(client, domain, told):
    create = (domain, DOMAIN + '.SnapshotCreateXML', '(su)')
    first = client.call(*create, '<domainsnapshot><name>1</name></domainsnapshot>', 0)
    assert told() == [(first, CREATED)]
    second = client.call(*create, '<domainsnapshot><name>2</name></domainsnapshot>', 0)
    assert told() == [(second, CREATED)]

    client.call(domain, DOMAIN + '.ListDomainSnapshots', '(u)', 0)
    client.call(domain, DOMAIN + '.SnapshotLookupByName', '(su)', '1', 0)
    client.get_all(first, SNAPSHOT)
    assert told() == []

    client.call(first, SNAPSHOT + '.Revert', '(u)', 0)
    assert told() == [(first, CHANGED)]
    client.call(second, SNAPSHOT + '.Delete', '(u)', 0)
    assert told() == [(second, DELETED)]
    client.call(first, SNAPSHOT + '.Delete', '(u)', 0)
    assert told() == [(first, DELETED)]

    with pytest.raises(GLib.Error):
        client.call(first, SNAPSHOT + '.Delete', '(u)', 0)
    assert told() == []


def test_checkpoints(client, domain, told):
    xml = '<domaincheckpoint><name>c</name></domaincheckpoint>'
    path = client.call(domain, DOMAIN + '.CheckpointCreateXML', '(su)', xml, 0)
    assert told() == [(path, CREATED)]
    client.call(path, CHECKPOINT + '.Delete', '(u)', 0)
    assert told() == [(path, DELETED)]


def test_volumes(client, picture, told):
    pool = client.call(TEST, CONNECTION + '.StoragePoolCreateXML', '(su)', POOL_XML, 0)
    assert told() == []
    available = client.get(pool, POOL, 'Available')

    path = client.call(pool, POOL + '.StorageVolCreateXML', '(su)', VOLUME_XML.format('v'), 0)
    assert told() == [(path, CREATED)]
    copy = client.call(pool, POOL + '.StorageVolCreateXMLFrom', '(sou)', VOLUME_XML.format('w'), path, 0)
    assert told() == [(copy, CREATED)]
    assert client.get(pool, POOL, 'Available') < available

    client.call(copy, VOLUME + '.Delete', '(u)', 0)
    assert told() == [(copy, DELETED)]
    client.call(path, VOLUME + '.Delete', '(u)', 0)
    assert told() == [(path, DELETED)]
    assert client.get(pool, POOL, 'Available') == available
    client.call(pool, POOL + '.Destroy')
    assert told() == []


def test_interfaces(client, told):
    """The host's interfaces have no events in libvirt, and are read live."""
    xml = "<interface type='ethernet' name='{}'/>"
    path = client.call(TEST, CONNECTION + '.InterfaceDefineXML', '(su)', xml.format('eth9'), 0)
    assert told() == [(path, CREATED)]
    assert client.get(path, INTERFACE, 'Active') is False
    client.call(path, INTERFACE + '.Create', '(u)', 0)
    assert told() == [(path, CHANGED)]
    assert client.get(path, INTERFACE, 'Active') is True
    assert client.get_all(path, INTERFACE)['Active'] is True
    client.call(path, INTERFACE + '.Destroy', '(u)', 0)
    assert told() == [(path, CHANGED)]
    assert client.get(path, INTERFACE, 'Active') is False
    client.call(path, INTERFACE + '.Undefine')
    assert told() == [(path, DELETED)]
    with pytest.raises(GLib.Error):
        client.get(path, INTERFACE, 'Active')

    managed = client.call(TEST, OBJECT_MANAGER + '.GetManagedObjects')
    assert not [path for path in managed if '/interface/' in path]


def test_driver_without_a_kind(client):
    """The test driver has no secrets, nor events of them. That holds nothing else up."""
    with pytest.raises(GLib.Error) as caught:
        client.call(TEST, CONNECTION + '.ListSecrets', '(u)', 0)
    assert 'NoSupport' in Gio.DBusError.get_remote_error(caught.value)
    managed = client.call(TEST, OBJECT_MANAGER + '.GetManagedObjects')
    kinds = {path.split('/')[4] for path in managed}
    assert kinds == {'domain', 'network', 'storagepool', 'nodedev'}


def test_node_devices(client, picture, told):
    path = client.call(TEST, CONNECTION + '.NodeDeviceCreateXML', '(su)', DEVICE_XML, 0)
    picture.barrier()
    assert picture.objects[path][DEVICE] == {'Name': client.get(path, DEVICE, 'Name')}
    client.call(path, DEVICE + '.Destroy')
    picture.barrier()
    members = [member for at, member, _ in picture.take() if at == path]
    assert members == ['InterfacesAdded', 'NodeDeviceEvent', 'InterfacesRemoved', 'NodeDeviceEvent']


def test_connections_are_managed_too(client):
    client.get(TEST, CONNECTION, 'Type')
    managed = client.call(ROOT, OBJECT_MANAGER + '.GetManagedObjects')
    assert managed[TEST] == {CONNECTION: {
        'Alive': True, 'ReadOnly': False, 'URI': 'test:///default'}}
    assert {path.rsplit('/', 1)[0] for path in managed} == {ROOT}


# --- PyGObject --------------------------------------------------------------------------------------

@pytest.fixture
def manager(client):
    return Gio.DBusObjectManagerClient.new_sync(
        client.connection, Gio.DBusObjectManagerClientFlags.DO_NOT_AUTO_START, NAME, TEST,
        None, None, None)


def objects_of(manager):
    found = {}
    for item in manager.get_objects():
        found[item.get_object_path()] = {
            proxy.get_interface_name(): {
                name: proxy.get_cached_property(name).unpack()
                for name in proxy.get_cached_property_names()
            } for proxy in item.get_interfaces()
        }
    return found


def test_object_manager_client(client, manager):
    """It needs nothing but what GLib brings along."""
    def managed():
        return reliable(client.call(TEST, OBJECT_MANAGER + '.GetManagedObjects'))

    assert manager.get_name_owner()
    assert reliable(objects_of(manager)) == managed()

    changed = []
    manager.connect('interface-proxy-properties-changed',
                    lambda _manager, item, _proxy, values, _: changed.append(
                        (item.get_object_path(), values.unpack())))

    path = client.call(TEST, CONNECTION + '.DomainCreateXML', '(su)', DOMAIN_XML.format('managed'), 0)
    wait_for(lambda: manager.get_object(path))
    proxy = manager.get_interface(path, DOMAIN)
    assert proxy.get_cached_property('Name').unpack() == 'managed'
    assert proxy.get_cached_property('State').unpack()[0] == 1

    client.call(path, DOMAIN + '.Suspend')
    wait_for(lambda: changed)
    assert changed == [(path, {'State': (3, 1)})]
    assert proxy.get_cached_property('State').unpack() == (3, 1)

    proxy.call_sync('Destroy', GLib.Variant('(u)', (0,)), Gio.DBusCallFlags.NONE, -1, None)
    wait_for(lambda: not manager.get_object(path))
    assert reliable(objects_of(manager)) == managed()
