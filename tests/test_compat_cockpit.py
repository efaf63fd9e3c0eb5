# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Cockpit's page of virtual machines asks of libvirt-dbus, asked of virtbusd: the same calls, with
real QEMU domains. Its code takes values out of their variants by hand (stats['state.state'].v.v), so
the types count as much as the values.

With ORIGINAL_ONLY=1 in the environment it asks libvirt-dbus, which shows that the test is right.
"""

import os
import re
import xml.etree.ElementTree as ET

import pytest
from gi.repository import GLib

from compat import NAME, ORIGINAL, PROPERTIES, ROOT, Side, show
from qemu import CONFIG, DISK, DOMAIN
from qemu import disk, libvirtd  # noqa: F401 (fixtures)

ORIGINAL_ONLY = os.environ.get('ORIGINAL_ONLY') == '1'
STATISTICS = 1 | 4 | 8 | 32  # state, balloon, vcpu, block
LIVE, CONFIGURATION = 1, 2


@pytest.fixture(scope='module')
def bare_side():
    side = Side(ORIGINAL if ORIGINAL_ONLY else None)
    yield side
    side.close()


@pytest.fixture(scope='module')
def bus(bare_side):
    """For the fixtures in qemu.py, too."""
    return bare_side.bus


def original_in_namespace(libvirtd, bus):  # noqa: F811
    """A program that runs libvirt-dbus where its qemu:///session is the libvirtd of the tests."""
    with open(f'/proc/{libvirtd.init.pid}/task/{libvirtd.init.pid}/children') as children:
        first = children.read().split()[0]
    path = bus.write('original', f'''#!/bin/sh
exec nsenter --target {first} --mount sh -c '
    mkdir -p /run/libvirt
    ln -sf {libvirtd.socket} /run/libvirt/libvirt-sock
    exec {ORIGINAL} --session'
''')
    os.chmod(path, 0o700)
    return path


@pytest.fixture(scope='module')
def side(bare_side, libvirtd):  # noqa: F811
    if ORIGINAL_ONLY:
        bare_side.program = original_in_namespace(libvirtd, bare_side.bus)
    bare_side.config = CONFIG.format(libvirtd.uri)
    bare_side.start()
    assert bare_side.call('QEMU', 'Connect.ListDomains', 'u', 0) == []
    yield bare_side
    bare_side.stop()


class Page:
    """Asks on /org/libvirt/QEMU, and fails if the reply has another type than the page expects."""

    def __init__(self, side):
        self.side = side

    def call(self, types, path, member, signature='', *arguments):
        value = self.side.call(path, member, signature, *arguments)
        assert self.side.answer is not None, self.side.record[-1]
        assert self.side.answer.get_type_string() == types, self.side.record[-1]
        return value

    def refused(self, path, member, signature='', *arguments):
        """The message of the error; all have one name."""
        assert self.side.call(path, member, signature, *arguments) is None, self.side.record[-1]
        name, _, message = self.side.record[-1].rpartition(' = ')[2].partition(': ')
        assert name == NAME + '.Error'
        return message

    def connect(self, types, member, signature='', *arguments):
        return self.call(types, 'QEMU', 'Connect.' + member, signature, *arguments)

    def get_all(self, path, interface):
        """Each value is in two variants. Returns the text of each, with its type."""
        self.call('(a{sv})', path, PROPERTIES + '.GetAll', 's', f'{NAME}.{interface}')
        return doubly_wrapped(self.side.answer.get_child_value(0))

    def get(self, path, interface, name):
        self.call('(v)', path, PROPERTIES + '.Get', 'ss', f'{NAME}.{interface}', name)
        return show(self.side.answer.get_child_value(0).get_variant())

    def set(self, path, interface, name, value):
        self.call('()', path, PROPERTIES + '.Set', 'ssv', f'{NAME}.{interface}', name, value)

    def signal(self, path, member, arguments):
        """Waits for a signal; @arguments is a regular expression."""
        self.side.wait_for_signal(
            lambda *s: s[:2] == (path, f'{NAME}.{member}') and re.fullmatch(arguments, s[2]))


def doubly_wrapped(dictionary):
    """The values of an a{sv} by name, as text with their types."""
    found = {}
    for i in range(dictionary.n_children()):
        entry = dictionary.get_child_value(i)
        once = entry.get_child_value(1).get_variant()
        assert once.get_type_string() == 'v', show(dictionary)
        twice = once.get_variant()
        assert twice.get_type_string() != 'v', show(dictionary)
        found[entry.get_child_value(0).get_string()] = f'{twice.get_type_string()} {show(twice)}'
    return found


@pytest.fixture(scope='module')
def page(side):
    return Page(side)


@pytest.fixture
def define(page):
    paths = []

    def make(name, devices='', start=False):
        path = page.connect('(o)', 'DomainDefineXML', 's', DOMAIN.format(name=name, devices=devices))
        paths.append(path)
        if start:
            page.call('()', path, 'Domain.Create', 'u', 0)
        return path

    yield make
    for path in set(paths) & set(page.connect('(ao)', 'ListDomains', 'u', 0)):
        if page.get(path, 'Domain', 'Active') == 'true':
            page.call('()', path, 'Domain.Destroy', 'u', 0)
        page.call('()', path, 'Domain.Undefine', 'u', 1 | 2)  # with its saved state and snapshots


def find(xml, path):
    return ET.fromstring(xml).find(path)


def test_the_host(page):
    """On opening the page."""
    assert re.fullmatch('uint64 [0-9]+', page.get('QEMU', 'Connect', 'LibVersion'))
    assert set(page.get_all('QEMU', 'Connect')) == {
        'Encrypted', 'Hostname', 'LibVersion', 'Secure', 'Version'}
    capabilities = page.connect('(s)', 'GetCapabilities')
    assert find(capabilities, 'host/cpu/arch').text == 'x86_64'
    assert page.connect('(a{st})', 'NodeGetMemoryStats', 'iu', -1, 0)['total'] > 0
    assert find(capabilities, "guest/arch[@name='x86_64']") is not None
    domain = page.connect('(s)', 'GetDomainCapabilities', 'ssssu', '', 'x86_64', 'pc', '', 0)
    assert find(domain, 'arch').text == 'x86_64'
    for member in 'ListDomains', 'ListNetworks', 'ListStoragePools', 'ListNodeDevices':
        page.connect('(ao)', member, 'u', 0)


def test_a_domain(page, define):
    path = define('life')
    page.signal(ROOT + '/QEMU', 'Connect.DomainEvent', rf"\(objectpath '{path}', 0, 0\)")
    assert path.startswith(ROOT + '/QEMU/domain/_')
    assert page.connect('(o)', 'DomainLookupByName', 's', 'life') == path
    assert path in page.connect('(ao)', 'ListDomains', 'u', 0)
    for flags in range(4):
        assert find(page.call('(s)', path, 'Domain.GetXMLDesc', 'u', flags), 'name').text == 'life'
    properties = page.get_all(path, 'Domain')
    assert properties['Name'] == "s 'life'"
    assert properties['Active'] == 'b false'
    assert properties['Persistent'] == 'b true'
    assert properties['Autostart'] == 'b false'
    assert page.call('((ii))', path, 'Domain.GetState', 'u', 0) == (5, 0)
    assert 'state.state' in page.call('(a{sv})', path, 'Domain.GetStats', 'uu', STATISTICS, 0)

    page.call('()', path, 'Domain.Create', 'u', 0)
    page.signal(ROOT + '/QEMU', 'Connect.DomainEvent', rf"\(objectpath '{path}', 2, 0\)")
    assert page.get_all(path, 'Domain')['Active'] == 'b true'
    assert page.call('((ii))', path, 'Domain.GetState', 'u', 0) == (1, 1)
    page.call('(a{sv})', path, 'Domain.GetStats', 'uu', STATISTICS, 0)
    statistics = doubly_wrapped(page.side.answer.get_child_value(0))
    assert statistics['state.state'] == 'i 1'
    assert statistics['vcpu.current'] == 'u uint32 1'
    assert re.fullmatch('t uint64 [0-9]+', statistics['balloon.rss'])
    assert re.fullmatch('t uint64 [0-9]+', statistics['vcpu.0.time'])

    page.call('()', path, 'Domain.SendKey', 'uuauu', 0, 0, (29, 56, 111), 0)  # Ctrl+Alt+Del
    page.call('()', path, 'Domain.Suspend')
    page.signal(ROOT + '/QEMU', 'Connect.DomainEvent', rf"\(objectpath '{path}', 3, 0\)")
    page.call('()', path, 'Domain.Resume')
    page.call('()', path, 'Domain.Reboot', 'u', 0)
    page.call('()', path, 'Domain.Reset', 'u', 0)
    page.signal(path, 'Domain.Reboot', r'\(\)')
    page.call('()', path, 'Domain.InjectNMI', 'u', 0)
    page.call('()', path, 'Domain.Shutdown', 'u', 0)
    page.call('()', path, 'Domain.Destroy', 'u', 0)
    page.signal(ROOT + '/QEMU', 'Connect.DomainEvent', rf"\(objectpath '{path}', 5, 1\)")

    page.set(path, 'Domain', 'Autostart', GLib.Variant('b', True))
    assert page.get(path, 'Domain', 'Autostart') == 'true'
    page.set(path, 'Domain', 'Autostart', GLib.Variant('b', False))
    page.call('()', path, 'Domain.Rename', 'su', 'renamed', 0)
    page.signal(ROOT + '/QEMU', 'Connect.DomainEvent', rf"\(objectpath '{path}', 0, 2\)")
    assert page.get(path, 'Domain', 'Name') == "'renamed'"
    page.call('()', path, 'Domain.Undefine', 'u', 0)
    page.signal(ROOT + '/QEMU', 'Connect.DomainEvent', rf"\(objectpath '{path}', 1, 0\)")
    # The page tells by this text that the domain has gone.
    uuid = path.rpartition('/_')[2].replace('_', '-')
    assert page.refused(path, 'Domain.GetState', 'u', 0).startswith('Domain not found: ')
    assert page.refused('QEMU', 'Connect.DomainLookupByUUID', 's', uuid).startswith('Domain not found: ')


def test_resources(page, define):
    path = define('resources', start=True)
    page.call('()', path, 'Domain.SetMemory', 'tu', 32768, LIVE)
    page.call('()', path, 'Domain.SetMemory', 'tu', 32768, CONFIGURATION)
    xml = page.call('(s)', path, 'Domain.GetXMLDesc', 'u', 2)
    assert find(xml, 'currentMemory').text == '32768'
    page.call('()', path, 'Domain.SetVcpus', 'uu', 2, CONFIGURATION)
    for source in 0, 1, 2:
        member, arguments = 'Domain.InterfaceAddresses', (source, 0)
        if page.side.call(path, member, 'uu', *arguments) is None:
            # There is no agent (1), which the page expects to be told; nor is there, where this
            # libvirtd runs, always an ARP table (2).
            assert ('', 'agent', 'netlink')[source] in page.side.record[-1]
            assert source, page.side.record[-1]
        else:
            assert page.side.answer.get_type_string() == '(a(ssa(isu)))'


def test_devices(page, define, disk):  # noqa: F811
    floppy = disk('medium')
    cdrom = ("<disk type='file' device='cdrom'>{}<target dev='sda' bus='sata'/><readonly/></disk>")
    path = define('devices', DISK.format(path=disk('devices')) + cdrom.format(''), start=True)
    full = cdrom.format(f"<driver name='qemu' type='qcow2'/><source file='{floppy}'/>")
    page.call('()', path, 'Domain.UpdateDevice', 'su', full, LIVE)
    source = find(page.call('(s)', path, 'Domain.GetXMLDesc', 'u', 0), "devices/disk[@device='cdrom']/source")
    assert source.get('file') == floppy

    tablet = "<input type='tablet' bus='usb'><alias name='ua-pen'/></input>"
    page.call('()', path, 'Domain.AttachDevice', 'su', tablet, LIVE)
    page.signal(path, 'Domain.DeviceAdded', r"\('ua-pen'\)")
    page.call('()', path, 'Domain.DetachDevice', 'su', tablet, LIVE)
    page.signal(path, 'Domain.DeviceRemoved', r"\('ua-pen'\)")
    other = "<input type='mouse' bus='usb'/>"
    page.call('()', path, 'Domain.AttachDevice', 'su', other, CONFIGURATION)
    page.call('()', path, 'Domain.DetachDevice', 'su', other, CONFIGURATION)
    page.call('()', path, 'Domain.SetMetadata', 'isssu', 2, '<m/>', 'c', 'https://cockpit', CONFIGURATION)
    page.signal(path, 'Domain.MetadataChange', r"\(2, 'https://cockpit'\)")
    assert page.call('(s)', path, 'Domain.GetMetadata', 'isu', 2, 'https://cockpit', CONFIGURATION) == '<m/>'


def test_snapshots(page, define, disk):  # noqa: F811
    path = define('snapshots', DISK.format(path=disk('snapshots')))
    xml = '<domainsnapshot><name>first one</name></domainsnapshot>'
    snapshot = page.call('(o)', path, 'Domain.SnapshotCreateXML', 'su', xml, 0)
    assert snapshot == path.replace('/domain/', '/domainsnapshot/') + '_first_20one'
    assert page.call('(ao)', path, 'Domain.ListDomainSnapshots', 'u', 0) == [snapshot]
    assert find(page.call('(s)', snapshot, 'DomainSnapshot.GetXMLDesc', 'u', 0), 'name').text == 'first one'
    assert page.call('(b)', snapshot, 'DomainSnapshot.IsCurrent', 'u', 0) is True
    page.call('()', snapshot, 'DomainSnapshot.Revert', 'u', 0)
    page.call('()', snapshot, 'DomainSnapshot.Delete', 'u', 0)
    assert page.call('(ao)', path, 'Domain.ListDomainSnapshots', 'u', 0) == []


def test_a_network(page):
    xml = """<network><name>page</name><bridge name='page'/><dns enable='no'/>
      <ip address='10.7.0.1' netmask='255.255.255.0'/></network>"""
    path = page.connect('(o)', 'NetworkDefineXML', 's', xml)
    page.signal(ROOT + '/QEMU', 'Connect.NetworkEvent', rf"\(objectpath '{path}', 0\)")
    assert page.get_all(path, 'Network') == {
        'Active': 'b false', 'Autostart': 'b false', 'Name': "s 'page'", 'Persistent': 'b true',
        'UUID': f"s '{path.rpartition('/_')[2].replace('_', '-')}'"}
    host = "<host mac='52:54:00:00:00:77' ip='10.7.0.7'/>"
    page.call('()', path, 'Network.Update', 'uuisu', 3, 4, -1, host, CONFIGURATION)
    assert find(page.call('(s)', path, 'Network.GetXMLDesc', 'u', 0), 'ip/dhcp/host').get('ip') == '10.7.0.7'
    page.set(path, 'Network', 'Autostart', GLib.Variant('b', True))
    page.set(path, 'Network', 'Autostart', GLib.Variant('b', False))
    page.call('()', path, 'Network.Undefine')
    page.signal(ROOT + '/QEMU', 'Connect.NetworkEvent', rf"\(objectpath '{path}', 1\)")
    assert page.refused(path, 'Network.GetXMLDesc', 'u', 0).startswith('Network not found: ')

    xml = "<network><name>bare</name><bridge name='bare'/><dns enable='no'/></network>"
    path = page.connect('(o)', 'NetworkDefineXML', 's', xml)
    page.call('()', path, 'Network.Create')
    page.signal(ROOT + '/QEMU', 'Connect.NetworkEvent', rf"\(objectpath '{path}', 2\)")
    assert page.call('(a(sxisssuss))', path, 'Network.GetDHCPLeases', 'su', '', 0) == []
    page.call('()', path, 'Network.Destroy')
    page.signal(ROOT + '/QEMU', 'Connect.NetworkEvent', rf"\(objectpath '{path}', 3\)")
    page.call('()', path, 'Network.Undefine')


def test_a_pool(bus, page):
    directory = bus.path('page')
    os.mkdir(directory)
    xml = f"<pool type='dir'><name>page</name><target><path>{directory}</path></target></pool>"
    path = page.connect('(o)', 'StoragePoolDefineXML', 'su', xml, 0)
    page.signal(ROOT + '/QEMU', 'Connect.StoragePoolEvent', rf"\(objectpath '{path}', 0, 0\)")
    page.call('()', path, 'StoragePool.Create', 'u', 0)
    page.signal(ROOT + '/QEMU', 'Connect.StoragePoolEvent', rf"\(objectpath '{path}', 2, 0\)")
    assert page.get_all(path, 'StoragePool')['Active'] == 'b true'

    xml = '<volume><name>disk.img</name><capacity>1048576</capacity></volume>'
    volume = page.call('(o)', path, 'StoragePool.StorageVolCreateXML', 'su', xml, 0)
    assert page.call('(ao)', path, 'StoragePool.ListStorageVolumes', 'u', 0) == [volume]
    assert page.call('((itt))', volume, 'StorageVol.GetInfo', 'u', 0)[:2] == (0, 1048576)
    assert page.connect('(o)', 'StorageVolLookupByPath', 's', directory + '/disk.img') == volume
    page.call('()', path, 'StoragePool.Refresh', 'u', 0)
    page.signal(path, 'StoragePool.Refresh', r'\(\)')
    page.call('()', volume, 'StorageVol.Resize', 'tu', 2097152, 0)
    page.call('()', volume, 'StorageVol.Delete', 'u', 0)
    # The page tells by this text that the volume has gone.
    assert 'no storage vol with matching ' in page.refused(volume, 'StorageVol.GetXMLDesc', 'u', 0)
    assert 'no storage vol with matching ' in page.refused(
        path, 'StoragePool.StorageVolLookupByName', 's', 'disk.img')
    page.call('()', path, 'StoragePool.Destroy')
    page.call('()', path, 'StoragePool.Undefine')
    page.signal(ROOT + '/QEMU', 'Connect.StoragePoolEvent', rf"\(objectpath '{path}', 1, 0\)")
