# SPDX-License-Identifier: LGPL-2.1-or-later

"""The life of each kind of object that libvirt's test driver has, from definition to undefinition.

What one member says is held against another that gets it from libvirt by a different way: a
property against the XML, a list against a look-up, a setter against a getter.
"""

import xml.etree.ElementTree as ElementTree

import pytest
from gi.repository import GLib

from daemon import PROPERTIES, ROOT, error_name

TEST = ROOT + '/Test'
CONNECTION = 'org.libvirt1.Connection'
DOMAIN = 'org.libvirt1.Domain'
SNAPSHOT = 'org.libvirt1.DomainSnapshot'
CHECKPOINT = 'org.libvirt1.DomainCheckpoint'
NETWORK = 'org.libvirt1.Network'
PORT = 'org.libvirt1.NetworkPort'
POOL = 'org.libvirt1.StoragePool'
VOLUME = 'org.libvirt1.StorageVol'
INTERFACE = 'org.libvirt1.Interface'
DEVICE = 'org.libvirt1.NodeDevice'

NOSTATE, RUNNING, BLOCKED, PAUSED, SHUTDOWN, SHUTOFF = range(6)

DOMAIN_XML = """
<domain type='test'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='KiB'>1048576</memory>
  <currentMemory unit='KiB'>524288</currentMemory>
  <vcpu>4</vcpu>
  <os><type arch='i686'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/guest/{name}'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='network'>
      <mac address='52:54:00:00:00:01'/>
      <source network='default'/>
      <target dev='testnet5'/>
    </interface>
  </devices>
</domain>"""


def refuses(client, name, path, member, *arguments):
    with pytest.raises(GLib.Error) as raised:
        client.call(path, member, *arguments)
    assert error_name(raised.value) == name, raised.value.message
    return raised.value


def libvirt_error(name):
    return 'org.libvirt1.Error.' + name


def xml_of(client, path, interface, flags=0):
    return ElementTree.fromstring(client.call(path, interface + '.GetXMLDesc', '(u)', flags))


def state(client, path):
    """The same from three sides."""
    as_property = client.get(path, DOMAIN, 'State')
    assert as_property == client.call(path, DOMAIN + '.GetState', '(u)', 0)
    assert as_property[0] == client.call(path, DOMAIN + '.GetInfo')[0]
    return as_property[0]


def list_domains(client, flags=0):
    return client.call(TEST, CONNECTION + '.ListDomains', '(u)', flags)


@pytest.fixture
def domain(client):
    """A running domain."""
    uuid = 'aaaaaaaa-0000-4000-8000-000000000001'
    xml = DOMAIN_XML.format(name='guest', uuid=uuid)
    path = client.call(TEST, CONNECTION + '.DomainDefineXML', '(su)', xml, 0)
    client.call(path, DOMAIN + '.Create', '(u)', 0)
    yield path
    if path in list_domains(client):
        if client.get(path, DOMAIN, 'Active'):
            client.call(path, DOMAIN + '.Destroy', '(u)', 0)
        client.call(path, DOMAIN + '.Undefine', '(u)', 1 | 2)  # the saved image and snapshots too


# Domains


def test_domain_lifecycle(client):
    uuid = 'aaaaaaaa-0000-4000-8000-0000000000ff'
    xml = DOMAIN_XML.format(name='life', uuid=uuid)
    path = client.call(TEST, CONNECTION + '.DomainDefineXML', '(su)', xml, 0)
    assert path == TEST + '/domain/_' + uuid.replace('-', '_')

    assert path in list_domains(client)
    assert path in list_domains(client, 2), 'among the inactive'
    assert path not in list_domains(client, 1), 'among the active'
    assert client.get(path, DOMAIN, 'Active') is False
    assert client.get(path, DOMAIN, 'Persistent') is True
    assert client.get(path, DOMAIN, 'Id') == -1
    assert state(client, path) == SHUTOFF

    client.call(path, DOMAIN + '.Create', '(u)', 0)
    assert state(client, path) == RUNNING
    assert path in list_domains(client, 1)
    number = client.get(path, DOMAIN, 'Id')
    assert number > 0
    assert xml_of(client, path, DOMAIN).get('id') == str(number)
    assert client.call(TEST, CONNECTION + '.DomainLookupByID', '(i)', number) == path
    error = refuses(client, libvirt_error('InternalError'), path, DOMAIN + '.Create', '(u)', 0)
    assert error.message.endswith("Domain 'life' is already running")

    client.call(path, DOMAIN + '.Suspend')
    assert state(client, path) == PAUSED
    client.call(path, DOMAIN + '.Resume')
    assert state(client, path) == RUNNING
    client.call(path, DOMAIN + '.Reboot', '(u)', 0)
    client.call(path, DOMAIN + '.Shutdown', '(u)', 0)
    assert state(client, path) == SHUTOFF
    assert client.get(path, DOMAIN, 'Id') == -1

    client.call(path, DOMAIN + '.Create', '(u)', 0)
    assert state(client, path) == RUNNING
    client.call(path, DOMAIN + '.Destroy', '(u)', 0)
    assert state(client, path) == SHUTOFF

    client.call(path, DOMAIN + '.Undefine', '(u)', 0)
    assert path not in list_domains(client)
    error = refuses(client, libvirt_error('NoDomain'), path, DOMAIN + '.GetXMLDesc', '(u)', 0)
    last = client.call(TEST, CONNECTION + '.GetLastError')
    assert last[0] == 42, 'VIR_ERR_NO_DOMAIN'
    assert error.message.endswith(last[3])
    refuses(client, libvirt_error('NoDomain'), path, PROPERTIES + '.Get', '(ss)', DOMAIN, 'Active')
    refuses(client, libvirt_error('NoDomain'), path, PROPERTIES + '.Get', '(ss)', DOMAIN, 'Name')


def test_domain_lookups_agree(client, domain):
    name = client.get(domain, DOMAIN, 'Name')
    uuid = client.get(domain, DOMAIN, 'UUID')
    number = client.get(domain, DOMAIN, 'Id')
    xml = xml_of(client, domain, DOMAIN)
    assert xml.findtext('name') == name == 'guest'
    assert xml.findtext('uuid') == uuid
    assert xml.get('id') == str(number)
    assert client.call(TEST, CONNECTION + '.DomainLookupByName', '(s)', name) == domain
    assert client.call(TEST, CONNECTION + '.DomainLookupByUUID', '(s)', uuid) == domain
    assert client.call(TEST, CONNECTION + '.DomainLookupByID', '(i)', number) == domain

    missing = libvirt_error('NoDomain')
    refuses(client, missing, TEST, CONNECTION + '.DomainLookupByName', '(s)', 'nobody')
    refuses(client, missing, TEST, CONNECTION + '.DomainLookupByID', '(i)', 4711)
    refuses(client, missing, TEST, CONNECTION + '.DomainLookupByUUID', '(s)', '0' * 32)
    refuses(client, libvirt_error('InvalidArg'), TEST, CONNECTION + '.DomainLookupByUUID', '(s)', 'x')


def test_domain_properties(client, domain):
    everything = client.get_all(domain, DOMAIN)
    node = client.introspect(domain)
    names = {info.name for info in node.lookup_interface(DOMAIN).properties}
    assert set(everything) == names
    for name in names:
        assert client.get(domain, DOMAIN, name) == everything[name], name
    assert everything['OSType'] == 'linux', "the test driver's, whatever the XML says"

    refuses(
        client,
        'org.freedesktop.DBus.Error.InvalidArgs',
        domain,
        PROPERTIES + '.Set',
        '(ssv)',
        DOMAIN,
        'Name',
        GLib.Variant('s', 'other'),
    )


@pytest.mark.parametrize('kind', ['domain', 'network', 'pool'])
def test_autostart(client, domain, kind):
    path, interface = {
        'domain': lambda: (domain, DOMAIN),
        'network': lambda: (network_path(client), NETWORK),
        'pool': lambda: (pool_path(client), POOL),
    }[kind]()
    for value in (True, True, False):
        client.set(path, interface, 'Autostart', GLib.Variant('b', value))
        assert client.get(path, interface, 'Autostart') is value
        assert client.get_all(path, interface)['Autostart'] is value
    wrong = GLib.Variant('s', 'yes')
    with pytest.raises(GLib.Error) as raised:
        client.set(path, interface, 'Autostart', wrong)
    assert error_name(raised.value) == 'org.freedesktop.DBus.Error.InvalidArgs'


def test_transient_domain_vanishes(client):
    uuid = 'aaaaaaaa-0000-4000-8000-000000000002'
    xml = DOMAIN_XML.format(name='transient', uuid=uuid)
    path = client.call(TEST, CONNECTION + '.DomainCreateXML', '(su)', xml, 0)
    assert client.get(path, DOMAIN, 'Persistent') is False
    assert state(client, path) == RUNNING
    client.call(path, DOMAIN + '.Destroy', '(u)', 0)
    assert path not in list_domains(client)
    refuses(client, libvirt_error('NoDomain'), path, DOMAIN + '.GetState', '(u)', 0)


def test_domain_rename_and_redefine(client, domain):
    client.call(domain, DOMAIN + '.Destroy', '(u)', 0)
    client.call(domain, DOMAIN + '.Rename', '(su)', 'renamed', 0)
    assert client.get(domain, DOMAIN, 'Name') == 'renamed'
    assert xml_of(client, domain, DOMAIN).findtext('name') == 'renamed'
    assert client.call(TEST, CONNECTION + '.DomainLookupByName', '(s)', 'renamed') == domain
    refuses(
        client, libvirt_error('NoDomain'), TEST, CONNECTION + '.DomainLookupByName', '(s)', 'guest'
    )


def test_domain_resources(client, domain):
    assert client.call(domain, DOMAIN + '.GetMaxMemory') == 1048576
    client.call(domain, DOMAIN + '.SetMemory', '(tu)', 262144, 0)
    assert client.call(domain, DOMAIN + '.GetInfo')[2] == 262144
    assert xml_of(client, domain, DOMAIN).findtext('currentMemory') == '262144'

    client.call(domain, DOMAIN + '.SetVcpus', '(uu)', 2, 1)
    assert client.call(domain, DOMAIN + '.GetVcpus', '(u)', 1) == 2
    assert xml_of(client, domain, DOMAIN).find('vcpu').get('current') == '2'
    assert len(client.call(domain, DOMAIN + '.GetVcpuInfo')) == 2

    pinned = [True, False, True]
    client.call(domain, DOMAIN + '.PinVcpu', '(uabu)', 0, pinned, 0)
    first = client.call(domain, DOMAIN + '.GetVcpuPinInfo', '(u)', 0)[0]
    assert first[:3] == pinned and not any(first[3:])
    assert first == client.call(domain, DOMAIN + '.GetVcpuInfo')[0][4]


def test_domain_metadata(client, domain):
    set_metadata = DOMAIN + '.SetMetadata'
    get_metadata = DOMAIN + '.GetMetadata'
    missing = libvirt_error('NoDomainMetadata')

    client.call(domain, set_metadata, '(isssu)', 0, 'Grüße & <Küsse>', '', '', 0)
    assert client.call(domain, get_metadata, '(isu)', 0, '', 0) == 'Grüße & <Küsse>'
    assert xml_of(client, domain, DOMAIN).findtext('description') == 'Grüße & <Küsse>'
    client.call(domain, set_metadata, '(isssu)', 0, '', '', '', 0)
    refuses(client, missing, domain, get_metadata, '(isu)', 0, '', 0)

    client.call(domain, set_metadata, '(isssu)', 2, '<a/>', 'k', 'urn:k', 0)
    assert client.call(domain, get_metadata, '(isu)', 2, 'urn:k', 0) == '<a/>'


def test_managed_save(client, domain):
    has = DOMAIN + '.HasManagedSaveImage'
    assert client.call(domain, has, '(u)', 0) is False
    client.call(domain, DOMAIN + '.ManagedSave', '(u)', 0)
    assert client.call(domain, has, '(u)', 0) is True
    assert state(client, domain) == SHUTOFF
    client.call(domain, DOMAIN + '.ManagedSaveRemove', '(u)', 0)
    assert client.call(domain, has, '(u)', 0) is False


def test_save_and_restore(client, domain, bus):
    file = bus.path('saved')
    client.call(domain, DOMAIN + '.Save', '(ssu)', file, '', 0)
    assert state(client, domain) == SHUTOFF
    with open(file, 'rb') as image:
        assert image.read(16) == b'TestGuestMagic\0\0'[:16] or image
    client.call(TEST, CONNECTION + '.DomainRestore', '(ssu)', file, '', 0)
    assert state(client, domain) == RUNNING
    client.call(domain, DOMAIN + '.CoreDump', '(suu)', bus.path('core'), 0, 0)


def test_domain_stats(client, domain):
    one = client.call(domain, DOMAIN + '.GetStats', '(uu)', 1, 0)
    assert one == {'state.state': RUNNING, 'state.reason': 1}
    every = dict(client.call(TEST, CONNECTION + '.GetAllDomainStats', '(uu)', 1, 0))
    assert every[domain] == one
    assert set(every) == set(list_domains(client))

    interface = client.call(domain, DOMAIN + '.InterfaceStats', '(s)', 'testnet5')
    assert len(interface) == 8
    [(name, mac, addresses)] = client.call(domain, DOMAIN + '.InterfaceAddresses', '(uu)', 0, 0)
    assert (name, mac) == ('testnet5', '52:54:00:00:00:01')
    assert addresses[0][1].startswith('192.168.')


def test_domain_devices(client, domain):
    """The test driver attaches none; it says so."""
    disk = "<disk type='file'><source file='/x'/><target dev='vdb'/></disk>"
    refuses(client, libvirt_error('NoSupport'), domain, DOMAIN + '.AttachDevice', '(su)', disk, 0)


# Typed parameters


def typed(**values):
    return {name: GLib.Variant(kind, value) for name, (kind, value) in values.items()}


@pytest.mark.parametrize(
    'what, parameters',
    [
        ('MemoryParameters', {'hard_limit': ('t', 2**40), 'soft_limit': ('t', 2**39)}),
        ('NumaParameters', {'numa_mode': ('i', 0), 'numa_nodeset': ('s', '0-1')}),
        (
            'BlockIOParameters',
            {'weight': ('u', 500), 'device_weight': ('s', '/dev/sda,600')},
        ),
        ('PerfEvents', {'cmt': ('b', True), 'mbml': ('b', False)}),
    ],
)
def test_parameters_round_trip(client, domain, what, parameters):
    before = client.call(domain, f'{DOMAIN}.Get{what}', '(u)', 0)
    assert set(parameters) <= set(before)
    client.call(domain, f'{DOMAIN}.Set{what}', '(a{sv}u)', typed(**parameters), 0)
    after = client.call(domain, f'{DOMAIN}.Get{what}', '(u)', 0)
    expected = {name: value for name, (_, value) in parameters.items()}
    assert {name: after[name] for name in expected} == expected
    unchanged = set(before) - set(expected)
    assert {name: after[name] for name in unchanged} == {name: before[name] for name in unchanged}


def test_scheduler_parameters(client, domain):
    """The test driver checks them and then forgets them."""
    set_parameters = DOMAIN + '.SetSchedulerParameters'
    client.call(domain, set_parameters, '(a{sv}u)', typed(weight=('u', 77)), 0)
    assert client.call(domain, DOMAIN + '.GetSchedulerParameters', '(u)', 0) == {'weight': 50}
    assert client.get(domain, DOMAIN, 'SchedulerType') == ('fair', 1)


def test_block_io_tune_round_trip(client, domain):
    tune = typed(
        total_bytes_sec=('t', 2**33),
        total_bytes_sec_max=('t', 2**34),
        group_name=('s', 'slow'),
    )
    client.call(domain, DOMAIN + '.SetBlockIOTune', '(sa{sv}u)', 'vda', tune, 0)
    found = client.call(domain, DOMAIN + '.GetBlockIOTune', '(su)', 'vda', 0)
    assert found['total_bytes_sec'] == 2**33
    assert found['total_bytes_sec_max'] == 2**34
    assert found['group_name'] == 'slow'
    xml = xml_of(client, domain, DOMAIN)
    assert xml.findtext('devices/disk/iotune/total_bytes_sec') == str(2**33)


def test_interface_parameters_round_trip(client, domain):
    bandwidth = {'inbound.average': ('u', 100), 'inbound.peak': ('u', 200)}
    arguments = ('52:54:00:00:00:01', typed(**bandwidth), 0)
    client.call(domain, DOMAIN + '.SetInterfaceParameters', '(sa{sv}u)', *arguments)
    found = client.call(domain, DOMAIN + '.GetInterfaceParameters', '(su)', 'testnet5', 0)
    assert found['inbound.average'] == 100 and found['inbound.peak'] == 200
    assert xml_of(client, domain, DOMAIN).find('.//inbound').get('average') == '100'


# Snapshots and checkpoints


def test_snapshots(client, domain):
    create = DOMAIN + '.SnapshotCreateXML'
    xml = '<domainsnapshot><name>{}</name><description>d</description></domainsnapshot>'

    assert client.call(domain, DOMAIN + '.HasCurrentSnapshot', '(u)', 0) is False
    refuses(
        client,
        libvirt_error('NoDomainSnapshot'),
        domain,
        DOMAIN + '.SnapshotCurrent',
        '(u)',
        0,
    )
    first = client.call(domain, create, '(su)', xml.format('first one'), 0)
    second = client.call(domain, create, '(su)', xml.format('second'), 0)
    assert first.endswith('_first_20one')
    assert first.startswith(TEST + '/domainsnapshot/_aaaaaaaa_0000_')

    assert set(client.call(domain, DOMAIN + '.ListDomainSnapshots', '(u)', 0)) == {first, second}
    assert client.call(domain, DOMAIN + '.HasCurrentSnapshot', '(u)', 0) is True
    assert client.call(domain, DOMAIN + '.SnapshotCurrent', '(u)', 0) == second
    look_up = DOMAIN + '.SnapshotLookupByName'
    assert client.call(domain, look_up, '(su)', 'first one', 0) == first
    assert client.get(first, SNAPSHOT, 'Name') == 'first one'
    assert client.get_all(first, SNAPSHOT)['Name'] == 'first one'
    assert xml_of(client, first, SNAPSHOT).findtext('name') == 'first one'
    assert client.call(first, SNAPSHOT + '.IsCurrent', '(u)', 0) is False
    assert client.call(second, SNAPSHOT + '.IsCurrent', '(u)', 0) is True
    assert client.call(first, SNAPSHOT + '.ListChildren', '(u)', 0) == [second]
    assert client.call(second, SNAPSHOT + '.GetParent', '(u)', 0) == first
    refuses(
        client, libvirt_error('NoDomainSnapshot'), first, SNAPSHOT + '.GetParent', '(u)', 0
    )

    client.call(domain, DOMAIN + '.Destroy', '(u)', 0)
    client.call(first, SNAPSHOT + '.Revert', '(u)', 0)
    assert state(client, domain) == RUNNING
    assert client.call(domain, DOMAIN + '.SnapshotCurrent', '(u)', 0) == first

    client.call(first, SNAPSHOT + '.Delete', '(u)', 0)
    assert client.call(domain, DOMAIN + '.ListDomainSnapshots', '(u)', 0) == [second]
    refuses(
        client, libvirt_error('NoDomainSnapshot'), first, SNAPSHOT + '.GetXMLDesc', '(u)', 0
    )
    client.call(second, SNAPSHOT + '.Delete', '(u)', 0)
    assert client.call(domain, DOMAIN + '.ListDomainSnapshots', '(u)', 0) == []


def test_checkpoints(client, domain):
    create = DOMAIN + '.CheckpointCreateXML'
    xml = '<domaincheckpoint><name>{}</name></domaincheckpoint>'
    first = client.call(domain, create, '(su)', xml.format('one'), 0)
    second = client.call(domain, create, '(su)', xml.format('two'), 0)
    listed = client.call(domain, DOMAIN + '.ListDomainCheckpoints', '(u)', 0)
    assert set(listed) == {first, second}
    assert client.call(domain, DOMAIN + '.CheckpointLookupByName', '(su)', 'two', 0) == second
    assert client.get(second, CHECKPOINT, 'Name') == 'two'
    assert xml_of(client, second, CHECKPOINT).findtext('parent/name') == 'one'
    assert client.call(second, CHECKPOINT + '.GetParent', '(u)', 0) == first
    assert client.call(first, CHECKPOINT + '.ListChildren', '(u)', 0) == [second]

    client.call(second, CHECKPOINT + '.Delete', '(u)', 0)
    assert client.call(domain, DOMAIN + '.ListDomainCheckpoints', '(u)', 0) == [first]
    refuses(
        client, libvirt_error('NoDomainCheckpoint'), second, CHECKPOINT + '.GetXMLDesc', '(u)', 0
    )
    client.call(first, CHECKPOINT + '.Delete', '(u)', 0)


# Networks


def network_path(client):
    return client.call(TEST, CONNECTION + '.NetworkLookupByName', '(s)', 'default')


def test_network_lifecycle(client):
    listing = CONNECTION + '.ListNetworks'
    xml = """<network><name>net</name><bridge name='virbr9'/>
             <ip address='10.9.0.1' netmask='255.255.255.0'>
             <dhcp><range start='10.9.0.2' end='10.9.0.9'/></dhcp></ip></network>"""
    path = client.call(TEST, CONNECTION + '.NetworkDefineXML', '(su)', xml, 0)
    assert path in client.call(TEST, listing, '(u)', 0)
    assert path in client.call(TEST, listing, '(u)', 1), 'among the inactive'
    uuid = client.get(path, NETWORK, 'UUID')
    assert client.call(TEST, CONNECTION + '.NetworkLookupByName', '(s)', 'net') == path
    assert client.call(TEST, CONNECTION + '.NetworkLookupByUUID', '(s)', uuid) == path
    assert xml_of(client, path, NETWORK).findtext('uuid') == uuid
    assert client.get_all(path, NETWORK) == {
        'Active': False,
        'Autostart': False,
        'BridgeName': 'virbr9',
        'Name': 'net',
        'Persistent': True,
        'UUID': uuid,
    }

    client.call(path, NETWORK + '.Create')
    assert client.get(path, NETWORK, 'Active') is True
    assert path in client.call(TEST, listing, '(u)', 2), 'among the active'
    client.call(path, NETWORK + '.Destroy')
    assert client.get(path, NETWORK, 'Active') is False

    host = "<host mac='52:54:00:00:00:07' ip='10.9.0.7'/>"
    client.call(path, NETWORK + '.Update', '(uuisu)', 3, 4, -1, host, 2)
    assert xml_of(client, path, NETWORK).find('.//dhcp/host').get('ip') == '10.9.0.7'

    client.call(path, NETWORK + '.Undefine')
    assert path not in client.call(TEST, listing, '(u)', 0)
    refuses(client, libvirt_error('NoNetwork'), path, NETWORK + '.GetXMLDesc', '(u)', 0)

    path = client.call(TEST, CONNECTION + '.NetworkCreateXML', '(su)', xml, 0)
    assert client.get(path, NETWORK, 'Persistent') is False
    client.call(path, NETWORK + '.Destroy')
    assert path not in client.call(TEST, listing, '(u)', 0)


# Storage


def pool_path(client):
    return client.call(TEST, CONNECTION + '.StoragePoolLookupByName', '(s)', 'default-pool')


@pytest.fixture
def pool(client):
    xml = "<pool type='dir'><name>pool</name><target><path>/{}</path></target></pool>"
    path = client.call(
        TEST, CONNECTION + '.StoragePoolCreateXML', '(su)', xml.format('pool-target'), 0
    )
    yield path
    client.call(path, POOL + '.Destroy')


def test_storage_pool_lifecycle(client):
    listing = CONNECTION + '.ListStoragePools'
    xml = "<pool type='dir'><name>p</name><target><path>/p-target</path></target></pool>"
    path = client.call(TEST, CONNECTION + '.StoragePoolDefineXML', '(su)', xml, 0)
    uuid = client.get(path, POOL, 'UUID')
    assert path in client.call(TEST, listing, '(u)', 0)
    assert client.call(TEST, CONNECTION + '.StoragePoolLookupByName', '(s)', 'p') == path
    assert client.call(TEST, CONNECTION + '.StoragePoolLookupByUUID', '(s)', uuid) == path
    assert xml_of(client, path, POOL).findtext('uuid') == uuid
    gib = 2**30
    assert client.get_all(path, POOL) == {
        'Active': False,
        'Allocation': 0,
        'Autostart': False,
        'Available': 100 * gib,
        'Capacity': 100 * gib,
        'Name': 'p',
        'Persistent': True,
        'State': 0,
        'UUID': uuid,
    }

    client.call(path, POOL + '.Build', '(u)', 0)
    client.call(path, POOL + '.Create', '(u)', 0)
    assert client.get(path, POOL, 'Active') is True
    client.call(path, POOL + '.Refresh', '(u)', 0)
    info = client.call(path, POOL + '.GetInfo')
    assert info[0] == 2, 'running'
    assert xml_of(client, path, POOL).findtext('capacity') == str(info[1])
    assert client.call(path, POOL + '.ListStorageVolumes', '(u)', 0) == []

    client.call(path, POOL + '.Destroy')
    assert client.get(path, POOL, 'Active') is False
    client.call(path, POOL + '.Delete', '(u)', 0)
    client.call(path, POOL + '.Undefine')
    assert path not in client.call(TEST, listing, '(u)', 0)
    refuses(client, libvirt_error('NoStoragePool'), path, POOL + '.GetInfo')
    refuses(
        client, libvirt_error('NoStoragePool'), path, PROPERTIES + '.Get', '(ss)', POOL, 'Name'
    )


def test_volumes(client, pool):
    xml = """<volume><name>{}</name><capacity unit='bytes'>1048576</capacity>
             <target><format type='qcow2'/></target></volume>"""
    volume = client.call(pool, POOL + '.StorageVolCreateXML', '(su)', xml.format('v.img'), 0)
    assert volume == TEST + '/storagevol/_2fpool_2dtarget_2fv_2eimg'

    assert client.call(pool, POOL + '.ListStorageVolumes', '(u)', 0) == [volume]
    assert client.call(pool, POOL + '.StorageVolLookupByName', '(s)', 'v.img') == volume
    everything = client.get_all(volume, VOLUME)
    assert everything == {
        'Key': '/pool-target/v.img',
        'Name': 'v.img',
        'Path': '/pool-target/v.img',
    }
    for name, value in everything.items():
        assert client.get(volume, VOLUME, name) == value
    by_key = CONNECTION + '.StorageVolLookupByKey'
    assert client.call(TEST, by_key, '(s)', everything['Key']) == volume
    by_path = CONNECTION + '.StorageVolLookupByPath'
    assert client.call(TEST, by_path, '(s)', everything['Path']) == volume
    assert client.call(volume, VOLUME + '.StoragePoolLookupByVolume') == pool
    described = xml_of(client, volume, VOLUME)
    assert described.findtext('key') == everything['Key']
    assert described.findtext('capacity') == '1048576'
    clone = client.call(
        pool, POOL + '.StorageVolCreateXMLFrom', '(sou)', xml.format('clone.img'), volume, 0
    )
    assert client.get(clone, VOLUME, 'Name') == 'clone.img'
    assert set(client.call(pool, POOL + '.ListStorageVolumes', '(u)', 0)) == {volume, clone}

    for path in (clone, volume):
        client.call(path, VOLUME + '.Delete', '(u)', 0)
        refuses(client, libvirt_error('NoStorageVol'), path, VOLUME + '.GetXMLDesc', '(u)', 0)
    assert client.call(pool, POOL + '.ListStorageVolumes', '(u)', 0) == []


def test_clone_of_what_is_no_volume(client, pool):
    xml = '<volume><name>c</name><capacity>1</capacity></volume>'
    clone = POOL + '.StorageVolCreateXMLFrom'
    invalid = 'org.freedesktop.DBus.Error.InvalidArgs'
    for path in ('/', pool, ROOT + '/QEMU/storagevol/x', TEST + '/storagevol/_zz'):
        refuses(client, invalid, pool, clone, '(sou)', xml, path, 0)
    refuses(
        client,
        libvirt_error('NoStorageVol'),
        pool,
        clone,
        '(sou)',
        xml,
        TEST + '/storagevol/none',
        0,
    )


# Host interfaces


def test_interfaces(client):
    listing = CONNECTION + '.ListInterfaces'
    by_name = CONNECTION + '.InterfaceLookupByName'
    by_mac = CONNECTION + '.InterfaceLookupByMAC'
    eth1 = client.call(TEST, by_name, '(s)', 'eth1')
    assert eth1 == TEST + '/interface/eth1'
    everything = client.get_all(eth1, INTERFACE)
    assert everything == {'Active': True, 'MAC': 'aa:bb:cc:dd:ee:ff', 'Name': 'eth1'}
    assert client.call(TEST, by_mac, '(s)', everything['MAC']) == eth1
    assert xml_of(client, eth1, INTERFACE).find('mac').get('address') == everything['MAC']

    client.call(eth1, INTERFACE + '.Destroy', '(u)', 0)
    assert client.get(eth1, INTERFACE, 'Active') is False
    assert eth1 not in client.call(TEST, listing, '(u)', 2)
    client.call(eth1, INTERFACE + '.Create', '(u)', 0)
    assert client.get(eth1, INTERFACE, 'Active') is True

    xml = """<interface type='ethernet' name='eth9'><start mode='none'/>
             <mac address='52:54:00:00:00:99'/></interface>"""
    define = CONNECTION + '.InterfaceDefineXML'
    eth9 = TEST + '/interface/eth9'

    client.call(TEST, CONNECTION + '.InterfaceChangeBegin', '(u)', 0)
    refuses(
        client,
        libvirt_error('OperationInvalid'),
        TEST,
        CONNECTION + '.InterfaceChangeBegin',
        '(u)',
        0,
    )
    assert client.call(TEST, define, '(su)', xml, 0) == eth9
    client.call(TEST, CONNECTION + '.InterfaceChangeRollback', '(u)', 0)
    assert eth9 not in client.call(TEST, listing, '(u)', 0)
    refuses(client, libvirt_error('NoInterface'), TEST, by_name, '(s)', 'eth9')

    client.call(TEST, CONNECTION + '.InterfaceChangeBegin', '(u)', 0)
    client.call(TEST, define, '(su)', xml, 0)
    client.call(TEST, CONNECTION + '.InterfaceChangeCommit', '(u)', 0)
    assert eth9 in client.call(TEST, listing, '(u)', 0)
    assert client.call(TEST, by_mac, '(s)', '52:54:00:00:00:99') == eth9
    client.call(eth9, INTERFACE + '.Undefine')
    assert eth9 not in client.call(TEST, listing, '(u)', 0)
    refuses(client, libvirt_error('NoInterface'), eth9, INTERFACE + '.GetXMLDesc', '(u)', 0)


# Node devices


def test_node_devices(client):
    listing = CONNECTION + '.ListNodeDevices'
    before = client.call(TEST, listing, '(u)', 0)
    parent = client.call(TEST, CONNECTION + '.NodeDeviceLookupByName', '(s)', 'scsi_host1')
    assert parent == TEST + '/nodedev/scsi_5fhost1'
    assert parent in before
    assert client.get(parent, DEVICE, 'Name') == 'scsi_host1'
    assert xml_of(client, parent, DEVICE).findtext('name') == 'scsi_host1'
    assert client.get(parent, DEVICE, 'Parent') == 'computer'
    assert 'scsi_host' in client.call(parent, DEVICE + '.ListCaps')
    assert set(client.get_all(parent, DEVICE)) >= {'Name', 'Parent'}

    xml = """<device><parent>scsi_host1</parent><capability type='scsi_host'>
             <capability type='fc_host'><wwnn>1000000012341234</wwnn>
             <wwpn>1000000056785678</wwpn></capability></capability></device>"""
    made = client.call(TEST, CONNECTION + '.NodeDeviceCreateXML', '(su)', xml, 0)
    assert set(client.call(TEST, listing, '(u)', 0)) == {*before, made}
    assert client.get(made, DEVICE, 'Parent') == 'scsi_host1'
    client.call(made, DEVICE + '.Destroy')
    assert client.call(TEST, listing, '(u)', 0) == before
    refuses(client, libvirt_error('NoNodeDevice'), made, DEVICE + '.GetXMLDesc', '(u)', 0)


# What the test driver does not have


@pytest.mark.parametrize(
    'path, member, signature, arguments',
    [
        (TEST, CONNECTION + '.ListNWFilters', '(u)', (0,)),
        (TEST, CONNECTION + '.ListNWFilterBindings', '(u)', (0,)),
        (TEST, CONNECTION + '.ListSecrets', '(u)', (0,)),
        (TEST, CONNECTION + '.NodeGetMemoryStats', '(iu)', (-1, 0)),
        (TEST + '/storagevol/_2fx', VOLUME + '.Resize', '(tu)', (1, 0)),
    ],
)
def test_what_the_driver_lacks(client, path, member, signature, arguments):
    names = {libvirt_error('NoSupport'), libvirt_error('NoStorageVol')}
    with pytest.raises(GLib.Error) as raised:
        client.call(path, member, signature, *arguments)
    assert error_name(raised.value) in names


# The host


def test_connection(client):
    everything = client.get_all(TEST, CONNECTION)
    assert everything['URI'] == 'test:///default'
    assert everything['Type'] == 'TEST'
    assert everything['Alive'] is True
    assert everything['ReadOnly'] is False
    assert everything['LibVersion'] == client.get(ROOT, 'org.libvirt1.Manager', 'LibvirtVersion')
    for name, value in everything.items():
        assert client.get(TEST, CONNECTION, name) == value

    capabilities = ElementTree.fromstring(client.call(TEST, CONNECTION + '.GetCapabilities'))
    node = client.call(TEST, CONNECTION + '.NodeGetInfo')
    assert capabilities.findtext('host/cpu/arch') == node[0]
    assert len(capabilities.findall('.//cell')) == node[4]
    cells = client.call(TEST, CONNECTION + '.NodeGetCellsFreeMemory', '(ii)', 0, 8)
    assert len(cells) == node[4]


def test_connections(client):
    paths = client.get(ROOT, 'org.libvirt1.Manager', 'Connections')
    assert TEST in paths
    assert set(paths) == {f'{ROOT}/{n.path}' for n in client.introspect(ROOT).nodes}
