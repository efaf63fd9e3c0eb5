# SPDX-License-Identifier: LGPL-2.1-or-later

"""The members that the introspection XML describes, and objects of the test driver to call them on."""

import glob
import os
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

from gi.repository import GLib

from daemon import ROOT

XML_FILES = os.path.join(os.path.dirname(__file__), '..', 'introspection', 'org.libvirt1.*.xml')

TEST = ROOT + '/Test'
CONNECTION = 'org.libvirt1.Connection'

# No hypervisor of this machine is reached, whatever is called.
CONFIG = """
[Service]
Predefined=false

[Connection Test]
URI=test:///default

[Connection QEMU]
URI=qemu+unix:///session?socket=/nonexistent/socket

[Connection LXC]
URI=lxc+unix:///?socket=/nonexistent/socket
"""

UUID = 'aaaaaaaa-0000-4000-8000-000000000001'
NETWORK_UUID = 'aaaaaaaa-0000-4000-8000-000000000002'
POOL_UUID = 'aaaaaaaa-0000-4000-8000-000000000003'

DOMAIN_XML = f"""<domain type='test'><name>guest</name><uuid>{UUID}</uuid>
  <memory>1048576</memory><vcpu>4</vcpu><iothreads>2</iothreads>
  <os><type arch='i686'>hvm</type></os>
  <devices>
    <disk type='file'><source file='/guest'/><target dev='vda' bus='virtio'/></disk>
    <interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/>
      <target dev='testnet5'/></interface>
  </devices></domain>"""
NETWORK_XML = f"""<network><name>net</name><uuid>{NETWORK_UUID}</uuid><bridge name='virbr9'/>
  <ip address='10.9.0.1' netmask='255.255.255.0'><dhcp/></ip></network>"""
POOL_XML = f"""<pool type='dir'><name>pool</name><uuid>{POOL_UUID}</uuid>
  <target><path>/pool</path></target></pool>"""
VOLUME_XML = "<volume><name>{}</name><capacity>1048576</capacity></volume>"
INTERFACE_XML = """<interface type='ethernet' name='eth1'><start mode='onboot'/>
  <mac address='aa:bb:cc:dd:ee:ff'/></interface>"""
DEVICE_XML = """<device><parent>scsi_host1</parent><capability type='scsi_host'>
  <capability type='fc_host'><wwnn>1000000012341234</wwnn><wwpn>1000000056785678</wwpn>
  </capability></capability></device>"""

# The driver makes new ones after the pattern of scsi_host11.
DRIVERS_OWN_DEVICES = ('computer', 'scsi_5fhost1', 'scsi_5fhost2', 'scsi_5fhost11')


def described():
    """All interfaces, as elements of the XML files."""
    found = {}
    for file in sorted(glob.glob(XML_FILES)):
        for interface in ElementTree.parse(file).getroot().findall('interface'):
            found[interface.get('name')] = interface
    return found


@dataclass(frozen=True)
class Method:
    interface: str
    name: str
    arguments: tuple  # of (name, type)
    result: str  # the type of the reply, "(...)"

    @property
    def member(self):
        return f'{self.interface}.{self.name}'

    @property
    def signature(self):
        return f'({"".join(kind for _, kind in self.arguments)})'

    def __str__(self):
        return self.member.replace('org.libvirt1.', '')


@dataclass(frozen=True)
class Property:
    interface: str
    name: str
    type: str
    writable: bool

    def __str__(self):
        return f'{self.interface}.{self.name}'.replace('org.libvirt1.', '')


def methods():
    found = []
    for interface, element in described().items():
        for method in element.findall('method'):
            ins, outs = [], []
            for arg in method.findall('arg'):
                (outs if arg.get('direction') == 'out' else ins).append(arg)
            arguments = tuple((arg.get('name'), arg.get('type')) for arg in ins)
            result = f'({"".join(arg.get("type") for arg in outs)})'
            found.append(Method(interface, method.get('name'), arguments, result))
    return found


def properties():
    return [
        Property(interface, p.get('name'), p.get('type'), 'write' in p.get('access'))
        for interface, element in described().items()
        for p in element.findall('property')
    ]


class Stage:
    """Sets up an object of each kind that there can be, as often as the last call removed it."""

    def __init__(self, client):
        self.client = client

    def _call(self, path, member, signature=None, *arguments):
        return self.client.call(path, member, signature, *arguments)

    def _define(self, what, xml):
        return self._call(TEST, f'{CONNECTION}.{what}', '(su)', xml, 0)

    def domain(self):
        path = f'{TEST}/domain/_{UUID.replace("-", "_")}'
        try:
            name = self.client.get(path, 'org.libvirt1.Domain', 'Name')
            if name == 'guest' and self.client.get(path, 'org.libvirt1.Domain', 'State')[0] == 1:
                return path
            if self.client.get(path, 'org.libvirt1.Domain', 'Active'):
                self._call(path, 'org.libvirt1.Domain.Destroy', '(u)', 0)
            self._call(path, 'org.libvirt1.Domain.Undefine', '(u)', 1 | 2)
        except GLib.Error:
            pass
        self._define('DomainDefineXML', DOMAIN_XML)
        self._call(path, 'org.libvirt1.Domain.Create', '(u)', 0)
        return path

    def _child(self, kind):
        """A domain has snapshots or checkpoints, not both."""
        path = self.domain()
        other = 'Checkpoint' if kind == 'Snapshot' else 'Snapshot'
        for rival in self._call(path, f'org.libvirt1.Domain.ListDomain{other}s', '(u)', 0):
            self._call(rival, f'org.libvirt1.Domain{other}.Delete', '(u)', 0)
        xml = f'<domain{kind.lower()}><name>one</name></domain{kind.lower()}>'
        try:
            return self._call(path, f'org.libvirt1.Domain.{kind}LookupByName', '(su)', 'one', 0)
        except GLib.Error:
            return self._call(path, f'org.libvirt1.Domain.{kind}CreateXML', '(su)', xml, 0)

    def network(self):
        path = self._define('NetworkDefineXML', NETWORK_XML)
        if not self.client.get(path, 'org.libvirt1.Network', 'Active'):
            self._call(path, 'org.libvirt1.Network.Create')
        return path

    def pool(self):
        path = self._define('StoragePoolDefineXML', POOL_XML)
        if not self.client.get(path, 'org.libvirt1.StoragePool', 'Active'):
            self._call(path, 'org.libvirt1.StoragePool.Create', '(u)', 0)
        return path

    def volume(self):
        create = 'org.libvirt1.StoragePool.StorageVolCreateXML'
        pool = self.pool()
        path = TEST + '/storagevol/_2fpool_2fv'
        if path not in self._call(pool, 'org.libvirt1.StoragePool.ListStorageVolumes', '(u)', 0):
            self._call(pool, create, '(su)', VOLUME_XML.format('v'), 0)
        return path

    def interface(self):
        path = self._define('InterfaceDefineXML', INTERFACE_XML)
        if not self.client.get(path, 'org.libvirt1.Interface', 'Active'):
            self._call(path, 'org.libvirt1.Interface.Create', '(u)', 0)
        return path

    def device(self):
        found = [
            path
            for path in self._call(TEST, CONNECTION + '.ListNodeDevices', '(u)', 0)
            if path.rsplit('/', 1)[1] not in DRIVERS_OWN_DEVICES
        ]
        return found[0] if found else self._define('NodeDeviceCreateXML', DEVICE_XML)

    def object_with(self, interface):
        """An object that is there, or could be if the driver had the kind."""
        pair = f'_{UUID.replace("-", "_")}'
        return {
            'Manager': lambda: ROOT,
            'Connection': lambda: TEST,
            'Domain': self.domain,
            'DomainSnapshot': lambda: self._child('Snapshot'),
            'DomainCheckpoint': lambda: self._child('Checkpoint'),
            'Interface': self.interface,
            'LxcDomain': lambda: f'{ROOT}/LXC/domain/{pair}',
            'NWFilter': lambda: f'{TEST}/nwfilter/{pair}',
            'NWFilterBinding': lambda: f'{TEST}/nwfilterbinding/vnet0',
            'Network': self.network,
            'NetworkPort': lambda: f'{TEST}/networkport/{pair}{pair}',
            'NodeDevice': self.device,
            'QemuConnection': lambda: f'{ROOT}/QEMU',
            'QemuDomain': lambda: f'{ROOT}/QEMU/domain/{pair}',
            'Secret': lambda: f'{TEST}/secret/{pair}',
            'StoragePool': self.pool,
            'StorageVol': self.volume,
        }[interface.rsplit('.', 1)[1]]()
