# SPDX-License-Identifier: LGPL-2.1-or-later

"""virtbusd answers a program written for libvirt-dbus as libvirt-dbus does.

Each scenario runs on both, each on a bus of its own with the test driver; replies, errors and
signals must be the same but for what DIFFERENCES lists. With ORIGINAL_ONLY=1 in the environment
libvirt-dbus is compared with itself, which shows that a scenario is deterministic.
"""

import os
import re
from dataclasses import dataclass

import pytest
from gi.repository import Gio, GLib

import members
from compat import NAME, ORIGINAL, ROOT, Side, explain, mask, read_facts
from daemon import PROPERTIES
from members import DEVICE_XML, DOMAIN_XML, INTERFACE_XML, NETWORK_XML, POOL_XML, UUID, VOLUME_XML

ORIGINAL_ONLY = os.environ.get('ORIGINAL_ONLY') == '1'
FACTS = read_facts()


def path_of(node, uuid):
    return f'Test/{node}/_{uuid.replace("-", "_")}'


IDLE_UUID = 'aaaaaaaa-0000-4000-8000-000000000011'
NEW_UUID = 'aaaaaaaa-0000-4000-8000-000000000012'
NOBODY = 'aaaaaaaa-0000-4000-8000-0000000000ff'
MARKER = 'aaaaaaaa-0000-4000-8000-0000000000ee'
TEST_UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f'

GUEST, IDLE, NEW = (path_of('domain', uuid) for uuid in (UUID, IDLE_UUID, NEW_UUID))
NETWORK = path_of('network', members.NETWORK_UUID)
POOL = path_of('storagepool', members.POOL_UUID)
VOLUME = 'Test/storagevol/_2fpool_2fv'
SNAPSHOT = path_of('domainsnapshot', UUID) + '_one'
MAC = 'aa:bb:cc:dd:ee:ff'
INTERFACE = 'Test/interface/aa_3abb_3acc_3add_3aee_3aff'
DEVICE = 'Test/nodedev/scsi_5fhost12'

IDLE_XML = DOMAIN_XML.replace(UUID, IDLE_UUID).replace('guest', 'idle').replace('00:01', '00:02')
NEW_XML = DOMAIN_XML.replace(UUID, NEW_UUID).replace('guest', 'new').replace('00:01', '00:03')
NEW_NETWORK_XML = f"""<network><name>new</name><uuid>{NEW_UUID}</uuid><bridge name='virbr8'/>
  <mac address='52:54:00:00:00:08'/><ip address='10.8.0.1' netmask='255.255.255.0'/></network>"""
NEW_POOL_XML = POOL_XML.replace(members.POOL_UUID, NEW_UUID).replace('pool</', 'new</')
NEW_INTERFACE_XML = INTERFACE_XML.replace('eth1', 'eth2').replace('ee:ff', 'ee:fe')
SNAPSHOT_XML = '<domainsnapshot><name>{}</name></domainsnapshot>'
CPU_XML = "<cpu><arch>x86_64</arch><model>qemu64</model><vendor>Intel</vendor></cpu>"
DISK_XML = """<disk type='file'><source file='/other'/><target dev='vdb' bus='virtio'/></disk>"""
SECRET_XML = f'<secret><uuid>{NEW_UUID}</uuid><description>a</description></secret>'
FILTER_XML = f"<filter name='f'><uuid>{NEW_UUID}</uuid></filter>"


@dataclass(frozen=True)
class Difference:
    """A step of which both sides are known to make something else."""
    step: str  # regular expression
    original: str  # likewise, for the whole outcome
    mine: str  # likewise, with {0} for what the first group of the original's matched
    reason: str

    def covers(self, step, original, mine):
        match = re.search(self.step, step) and re.fullmatch(self.original, original, re.DOTALL)
        return match and re.fullmatch(self.mine.format(*map(re.escape, match.groups())), mine, re.DOTALL)


ERROR = r'org\.libvirt\.Error: '
NOT_FOUND = {
    'domain': 'Domain not found', 'interface': 'Interface not found', 'network': 'Network not found',
    'nodedev': 'Node device not found', 'nwfilter': 'Network filter not found',
    'secret': 'Secret not found', 'storagepool': 'Storage pool not found',
    'storagevol': 'Storage volume not found', 'domainsnapshot': 'Domain( snapshot)? not found',
}
NO_SUPPORT = ERROR + 'this function is not supported by the connection driver: '
UNKNOWN = r'org\.freedesktop\.DBus\.Error\.UnknownMethod: '
EXCLUSIVE = ERROR + "Flags 'VIR_DOMAIN_AFFECT_LIVE' and 'VIR_DOMAIN_AFFECT_CONFIG' are mutually exclusive"
MALFORMED = ('_', 'x', '__', '_2', '_2G', '_2F', 'x_', '_' + UUID.replace('-', '_').upper(),
             UUID.replace('-', '_'), '_' + UUID.replace('-', '_') + 'x', '_' + UUID.replace('-', '')[:20])

DIFFERENCES = (
    Difference(r"Test \S*Get\('org\.libvirt\.Connect', 'Secure'\)",
               r'\(v\) \(<b: false>\)', r'\(v\) \(<b: true>\)',
               'libvirt-dbus asks virConnectIsEncrypted() for it'),
    Difference(r"Test \S*GetAll\('org\.libvirt\.Connect'\)",
               r"(.*'Secure': <v: <b: )false(.*)", '{0}true{1}',
               'libvirt-dbus asks virConnectIsEncrypted() for it'),
    Difference(r'Domain\.GetBlockIOParameters\(uint32 4294967295\)', r'\(a\{sv\}\) \(\[\]\)', EXCLUSIVE,
               'libvirt-dbus takes a failure for an empty list'),
    Difference(r'Domain\.GetDiskErrors\(uint32 4294967295\)', '.*',
               ERROR + r'unsupported flags \(0xffffffff\) in function testDomainGetDiskErrors',
               'libvirt-dbus ignores the flags'),
    Difference(r'Domain\.GetSchedulerParameters\(uint32 4294967295\)', ERROR + 'unsupported flags .*',
               EXCLUSIVE, 'libvirt-dbus ignores the flags'),
    Difference(r'Domain\.GetSchedulerParameters\(uint32 0\)', ERROR + r'unsupported flags \(0x4\) .*',
               r"\(a\{{sv\}}\) \(\['weight': <v: <u: uint32 50>>\]\)",
               'libvirt-dbus only knows the function with flags, to which libvirt adds one that this '
               'driver refuses'),
    Difference(r'domain/_aaaaaaaa_0000_4000_8000_0000000000ff .*\[\'nobody\': ',
               ERROR + r"Invalid typed parameter .*", ERROR + 'Domain not found',
               'virtbus looks at the object first, as both do with all other arguments'),
    Difference(r"\['nobody': ", ERROR + r"Invalid typed parameter '(.*)'\.",
               ERROR + "Parameter 'nobody' has type '{0}': .*", 'virtbus says which parameter it is'),
    Difference(r'Domain\.Pin(Emulator|IOThread|Vcpu)\(.*\[\]', ERROR + r'cpumap in (\w+) must not be NULL',
               ERROR + 'maplen in {0} must be greater than zero',
               'of an empty map libvirt gets a pointer and the length 0, not NULL and the length 0'),
    Difference(r'signal \S+ org\.libvirt\.Domain\.MetadataChange', r"\(([01]), '.*'\)", r"\({0}, ''\)",
               'libvirt-dbus sends what is in its memory if libvirt gives no URI'),
    Difference(r'/domainsnapshot/_', ERROR + 'unknown error', ERROR + 'Domain( snapshot)? not found: .*',
               'libvirt-dbus frees the domain, which resets the error, before it reads it'),
    Difference(r'Connect\.ListInterfaces\(', r"(.*)(objectpath '[^']*'), \2(.*)", '{0}{1}{2}',
               'two interfaces with one MAC share a path, which is listed once'),
    *(Difference(f'/Test/{node}/({"|".join(MALFORMED)}) ', '.*', ERROR + f'{text}.*',
                 'no encoder writes such a path; libvirt-dbus looks for what it takes it for')
      for node, text in NOT_FOUND.items()),
    *(Difference(f'/Test/{node} ', '.*', r'org\.(libvirt|freedesktop\.DBus)\.Error\S*: .*',
                 'libvirt-dbus takes what follows the path in its memory for the name of an object')
      for node in NOT_FOUND),
    Difference(r'Domain\.(Block|Memory)Peek\(.*18446744073709551615', 'died', r'org\.\S*Error\S*: .*[Ss]ize.*',
               'libvirt-dbus allocates as much as it is asked for'),
    Difference(r'Domain\.SetGuestVcpus\(', 'died',
               NO_SUPPORT + 'virDomainSetGuestVcpus',
               'libvirt-dbus frees what it has not allocated'),
    Difference(r"GetAll\('org\.libvirt\.\w+'\)", r'\(a\{sv\}\) \(\[\]\)', ERROR + '.*',
               'libvirt-dbus has an empty dictionary of an object that does not exist'),
    Difference(r'StorageVol\.GetInfo\(uint32 0\)', NO_SUPPORT + 'virStorageVolGetInfoFlags',
               r'\(\(itt\)\) .*',
               'libvirt-dbus only knows the function with flags, which this driver does not have'),
    # What GDBus itself says: virtbus registers its connections as the roots of subtrees,
    # libvirt-dbus as objects.
    Difference(f'^{ROOT}/Test ', UNKNOWN + 'No such interface .*', UNKNOWN + 'Method .* does not exist',
               'GDBus has other words for it in a subtree'),
    Difference(f'^{ROOT}/Test/nobody ', UNKNOWN + 'Object does not exist .*',
               UNKNOWN + 'Method .* does not exist', 'GDBus has other words for it in a subtree'),
    Difference(rf'^{ROOT}/Test/nobody \S*Properties\.', UNKNOWN + 'Object does not exist .*',
               r'org\.freedesktop\.DBus\.Error\.InvalidArgs: No such interface .*',
               'what is below a connection is an object without interfaces there, not none'),
    Difference(rf'^{ROOT}/Test/\w+ \S*Introspect', r'/node\[\]',
               r'(/node\[\](/interface\[name=org\.freedesktop\.DBus\.[^\n]*)?\n?)*',
               'what is below a connection is an object without interfaces there, not none'),
    Difference(r'^/org \S*Introspect', r'(.*)/node\[\]/node\[name=libvirt\](.*)',
               r'{0}/node\[\]/node\[name=libvirt1\]\n/node\[\]/node\[name=libvirt\]{1}',
               'the native face is there as well'),
    Difference(rf'^{ROOT}/Test/\w+ \S*Introspect', rf'(.*?)(?:\n/node\[\]/node\[name={ROOT}/[^\n]*)+',
               r'{0}(?:\n/node\[\]/node\[name=\w+\])*',
               'libvirt-dbus has whole paths where D-Bus wants names, and asks libvirt for them; virtbus '
               'lists what it knows: no volumes, and interfaces only where they are named by their names'),
)

# --- what goes into each argument: the first value lets a call get far, the others are odd ---

FLAGS = (0, 0xffffffff)
BY_TYPE = {
    'as': ((), ('a', '')),
    'ab': ((True, False), ()),
    'ah': ((),),
    'au': ((30, 31), (), tuple(range(17))),
    'ay': (b'value', b''),
    'b': (True, False),
    'i': (0, -1, 0x7fffffff),
    's': ('', 'nobody', 'ä\n"<'),
    't': (1024, 0, 2**64 - 1),
    'u': (1, 0, 0xffffffff),
    'x': (0, -1),
    'a{sv}': (
        {},
        {'nobody': GLib.Variant('u', 1)},
        {'nobody': GLib.Variant('(ii)', (1, 2))},
        {'nobody': GLib.Variant('y', 1)},
        {'nobody': GLib.Variant('as', ('a',))},
    ),
}
BY_NAME = {
    'flags': FLAGS,
    'disk': ('vda', '', 'nobody'),
    'device': ('vda', 'testnet5', 'nobody'),
    'uuid': (UUID, NOBODY, 'nonsense', '', UUID.upper(), UUID.replace('-', '')),
    'name': ('guest', 'net', 'pool', 'v', 'eth1', 'one', 'scsi_host1', '', 'nobody'),
    'key': ('/pool/v', '', 'nobody'),
    'path': ('/pool/v', '', 'nobody'),
    'mac': (MAC, '', 'nobody', MAC.upper()),
    'id': (1, 2, 0, -1, 77),
    'xml': ('', '<', '<nobody/>'),
    'size': (1024, 0),  # more than that kills libvirt-dbus: see test_what_kills_the_original
    'stats': (0, 1, 0xff, 0xffffffff),
    'state': (1, 0, 2, -1),
    'to': ('dump', ''),  # relative: each is started in a directory of its own
    'file': ('/nonexistent/save', ''),
    'from': ('/nonexistent/save', ''),
    'arch': ('x86_64', '', 'nobody'),
    'cellNum': (-1, 0, 99),
    'cpuNum': (-1, 0, 99),
    'xmlDesc': (CPU_XML, '', '<'),
    'xmlCPUs': ((CPU_XML,), (), ('<',), (CPU_XML, CPU_XML)),
    'wwnn': ('2000000012341234', '', 'x'),
    'wwpn': ('1000000056785678', '', 'x'),
    'period': (1, -1),
    'vcpus': (1, 2, 4, 5, 0),
    'memory': (524288, 0, 2**64 - 1),
    'iothreadId': (1, 0, 3, 99),
    'uri': ('urn:a', ''),
    'metadata': ('text', ''),
    'type': (0, 1, 2, 99),
}
BY_MEMBER = {
    ('Connect.DomainCreateXML', 'xml'): (NEW_XML,),
    ('Connect.DomainCreateXMLWithFiles', 'xml'): (NEW_XML,),
    ('Connect.DomainDefineXML', 'xml'): (NEW_XML,),
    ('Connect.InterfaceDefineXML', 'xml'): (NEW_INTERFACE_XML,),
    ('Connect.NetworkCreateXML', 'xml'): (NEW_NETWORK_XML,),
    ('Connect.NetworkDefineXML', 'xml'): (NEW_NETWORK_XML,),
    ('Connect.NodeDeviceCreateXML', 'xml'): (DEVICE_XML,),
    ('Connect.NWFilterDefineXML', 'xml'): (FILTER_XML,),
    ('Connect.SecretDefineXML', 'xml'): (SECRET_XML,),
    ('Connect.StoragePoolCreateXML', 'xml'): (NEW_POOL_XML,),
    ('Connect.StoragePoolDefineXML', 'xml'): (NEW_POOL_XML,),
    ('Connect.FindStoragePoolSources', 'type'): ('logical', 'netfs', 'dir', ''),
    ('Connect.GetDomainCapabilities', 'virttype'): ('', 'test', 'nobody'),
    ('Domain.AttachDevice', 'xml'): (DISK_XML,),
    ('Domain.DetachDevice', 'xml'): (DISK_XML.replace('vdb', 'vda'),),
    ('Domain.UpdateDevice', 'xml'): (DISK_XML.replace('vdb', 'vda'),),
    ('Domain.GetMetadata', 'type'): (2, 0, 1, 99, -1),
    ('Domain.SetMetadata', 'type'): (2, 0, 1, 99, -1),
    ('Domain.SetMetadata', 'metadata'): ('<a/>', '', '<'),
    ('Domain.SetMetadata', 'key'): ('a', ''),
    ('Connect.NetworkLookupByUUID', 'uuid'): (members.NETWORK_UUID,),
    ('Connect.StoragePoolLookupByUUID', 'uuid'): (members.POOL_UUID,),
    ('Domain.Rename', 'name'): ('renamed', '', 'idle'),
    ('Domain.SnapshotCreateXML', 'xml'): (SNAPSHOT_XML.format('two'),),
    ('Domain.SnapshotLookupByName', 'name'): ('one', '', 'nobody'),
    ('Domain.SetSchedulerParameters', 'params'): ({'weight': GLib.Variant('u', 5)},),
    ('Domain.SetMemoryParameters', 'params'): ({'hard_limit': GLib.Variant('t', 5)},),
    ('Domain.SetNumaParameters', 'params'): ({'numa_mode': GLib.Variant('i', 1)},),
    ('Domain.SetBlockIOTune', 'params'): ({'total_bytes_sec': GLib.Variant('t', 5)},),
    ('Domain.SetInterfaceParameters', 'params'): ({'inbound.average': GLib.Variant('u', 5)},),
    ('Domain.SetInterfaceParameters', 'device'): ('testnet5', 'nobody'),
    ('Domain.GetInterfaceParameters', 'device'): ('testnet5', 'nobody'),
    ('Network.Update', 'xml'): ("<host mac='52:54:00:00:00:77' ip='10.9.0.7'/>", '<'),
    ('Network.Update', 'command'): (3, 0),  # a last host
    ('Network.Update', 'section'): (4, 0),
    ('Network.Update', 'parentIndex'): (-1, 0),
    ('StoragePool.StorageVolCreateXML', 'xml'): (VOLUME_XML.format('w'),),
    ('StoragePool.StorageVolCreateXMLFrom', 'xml'): (VOLUME_XML.format('w'),),
}

# Methods after which nothing is as it was.
READING = re.compile(r'(Get|List|Lookup|NodeGet|.*Lookup|Compare|Baseline|Has|Is|Find|.*Addresses|'
                     r'.*Peek|MemoryStats|SnapshotCurrent|MigrateGet)')


def values_for(fact, kind, name):
    if (fact.member, name) in BY_MEMBER:
        special = BY_MEMBER[fact.member, name]
        return special + tuple(v for v in BY_NAME.get(name, ()) + BY_TYPE[kind] if fits(v, special[0]))
    common = BY_NAME.get(name, BY_TYPE[kind])
    return common if fits(common[0], BY_TYPE[kind][0]) else BY_TYPE[kind]


def fits(value, other):
    return type(value) is type(other)


def argument_lists(fact):
    """One in which all is well, if we know how; before it, each argument's odd values."""
    choices = [values_for(fact, *argument) for argument in fact.ins]
    good = [values[0] for values in choices]
    for position, values in enumerate(choices):
        for value in values[1:]:
            yield good[:position] + [value] + good[position + 1:]
    yield good


# --- the world that scenarios start from ---


def populate(side):
    """A new service and all objects that the test driver can have. Paths are known beforehand."""
    side.restart()
    for what, xml, flags in (('DomainDefineXML', DOMAIN_XML, ()), ('DomainDefineXML', IDLE_XML, ()),
                             ('NetworkDefineXML', NETWORK_XML, ()),
                             ('StoragePoolDefineXML', POOL_XML, (0,)),
                             ('NodeDeviceCreateXML', DEVICE_XML, (0,))):
        assert side.call('Test', f'Connect.{what}', 's' + 'u' * len(flags), xml, *flags)
    side.call(GUEST, 'Domain.Create', 'u', 0)
    side.call(GUEST, 'Domain.SnapshotCreateXML', 'su', SNAPSHOT_XML.format('one'), 0)
    side.call(NETWORK, 'Network.Create')
    side.call(POOL, 'StoragePool.Create', 'u', 0)
    assert side.call(POOL, 'StoragePool.StorageVolCreateXML', 'su', VOLUME_XML.format('v'), 0)


OBJECTS = {
    'Connect': ('Test', 'QEMU_gone'),
    'Domain': (GUEST, IDLE, path_of('domain', NOBODY)),
    'DomainSnapshot': (SNAPSHOT,),
    'Interface': (INTERFACE, 'Test/interface/nobody'),
    'NWFilter': (path_of('nwfilter', NOBODY),),
    'Network': (NETWORK, path_of('network', NOBODY)),
    'NodeDevice': (DEVICE, 'Test/nodedev/nobody'),
    'Secret': (path_of('secret', NOBODY),),
    'StoragePool': (POOL, path_of('storagepool', NOBODY)),
    'StorageVol': (VOLUME, 'Test/storagevol/nobody'),
}


def settle(side):
    """Makes an event of each kind and waits for it: what came before has been sent by then."""
    domain, network, pool = (path_of(n, MARKER) for n in ('domain', 'network', 'storagepool'))
    side.call('Test', 'Connect.DomainDefineXML', 's',
              DOMAIN_XML.replace(UUID, MARKER).replace('guest', 'marker'))
    side.call(domain, 'Domain.Undefine', 'u', 0)
    side.call('Test', 'Connect.NetworkDefineXML', 's',
              NEW_NETWORK_XML.replace(NEW_UUID, MARKER).replace('new', 'marker'))
    side.call(network, 'Network.Undefine')
    side.call('Test', 'Connect.StoragePoolDefineXML', 'su',
              NEW_POOL_XML.replace(NEW_UUID, MARKER).replace('new', 'marker'), 0)
    side.call(pool, 'StoragePool.Undefine')
    for path, event in ((domain, '1, '), (network, '1'), (pool, '1, ')):
        text = f"(objectpath '{ROOT}/{path}', {event}"
        side.wait_for_signal(lambda _path, _member, arguments: arguments.startswith(text))


def signals_of_each_object(side):
    """Those of the connection, by the object that they are about."""
    found = {}
    for path, member, arguments in side.signals:
        about = re.match(r"\(objectpath '([^']*)'", arguments)
        about = about[1] if about else path
        if MARKER.replace('-', '_') not in about:
            found.setdefault(about, []).append(f'signal {path} {member} = {arguments}')
    return [line for about in sorted(found) for line in found[about]]


# --- both sides ---


@pytest.fixture(scope='module')
def sides():
    if not ORIGINAL and 'UNDER_MESON' in os.environ:
        pytest.exit('libvirt-dbus is not installed', returncode=77)  # meson's word for skipped
    if not ORIGINAL:
        pytest.skip('libvirt-dbus is not installed')
    pair = [Side(ORIGINAL if ORIGINAL_ONLY else None), Side(ORIGINAL)]
    yield pair
    for side in pair:
        side.close()


used = set()


def reconcile(mine, original):
    """The original's steps, but with virtbus's outcome where DIFFERENCES has a reason for it."""
    reconciled = list(original)
    if ORIGINAL_ONLY:
        return reconciled
    for i, (ours, theirs) in enumerate(zip(mine, original)):
        step, outcome = theirs.rsplit(' = ', 1)
        if ours != theirs and ours.startswith(step + ' = '):
            known = next((d for d in DIFFERENCES if d.covers(step, outcome, ours[len(step) + 3:])), None)
            used.add(known)
            reconciled[i] = ours if known else theirs
    return reconciled


def compare(sides, scenario, *arguments, with_signals=False):
    results = []
    for side in sides:
        side.record.clear()
        side.signals.clear()
        populate(side)
        scenario(side, *arguments)
        if with_signals:
            settle(side)
        side.stop()
        results.append([mask(side, line) for line in side.record])
        if with_signals:
            results[-1] += [mask(side, line) for line in signals_of_each_object(side)]
    mine, original = results
    original = reconcile(mine, original)
    assert mine == original, 'not the same:\n' + explain(mine, original)


# --- scenarios ---


def call_with_all_arguments(side, path, fact):
    signature = ''.join(kind for kind, _ in fact.ins)
    for arguments in argument_lists(fact):
        descriptors = Gio.UnixFDList.new() if 'h' in signature else None
        side.call(path, fact.member, signature, *arguments, descriptors=descriptors)
        if not READING.match(fact.name):
            side.call('Test', 'Connect.ListDomains', 'u', 0)


def call_methods(side, interface):
    # What the second object is told must not find what the first did.
    for fact in FACTS:
        if fact.interface != interface or fact.kind != 'method' or fact.name == 'SetGuestVcpus':
            continue
        for path in OBJECTS[interface.rpartition('.')[2]]:
            call_with_all_arguments(side, path, fact)
            if not READING.match(fact.name):
                populate(side)


INTERFACES = sorted({fact.interface for fact in FACTS})


@pytest.mark.parametrize('interface', INTERFACES)
def test_every_method(sides, interface):
    compare(sides, call_methods, interface)


def use_properties(side, interface):
    short = interface.rpartition('.')[2]
    facts = [f for f in FACTS if f.interface == interface and f.kind == 'property']
    for path in OBJECTS[short]:
        side.get_all(path, short)
        for fact in facts:
            kind = fact.ins[0][0]
            side.get(path, short, fact.name)
            value = {'b': True, 's': 'x', 'u': 1, 't': 1, 'i': 1, '(si)': ('x', 1)}[kind]
            side.set(path, short, fact.name, GLib.Variant(kind, value))
            side.get(path, short, fact.name)
            side.set(path, short, fact.name, GLib.Variant('y', 1))
        side.get_all(path, short)
        side.get(path, short, 'Nobody')
        side.set(path, short, 'Nobody', GLib.Variant('b', True))
        side.get(path, 'Nobody', 'Name')
        side.get_all(path, 'Nobody')
        side.set(path, 'Nobody', 'Name', GLib.Variant('b', True))
        side.call(path, PROPERTIES + '.Get', 's', NAME)
        side.call(path, PROPERTIES + '.GetAll', 's', '')
        side.call(path, PROPERTIES + '.Nobody')


@pytest.mark.parametrize('interface', INTERFACES)
def test_properties(sides, interface):
    compare(sides, use_properties, interface)


def misuse_methods(side, interface):
    """Each with one argument too many or of another type."""
    short = interface.rpartition('.')[2]
    path = OBJECTS[short][0]
    for fact in FACTS:
        if fact.interface == interface and fact.kind == 'method':
            signature = ''.join(kind for kind, _ in fact.ins)
            if signature:
                side.call(path, fact.member)
            side.call(path, fact.member, 'y' + signature,
                      1, *(BY_TYPE[kind][0] for kind, _ in fact.ins))
    side.call(path, f'{short}.Nobody')
    side.call(path, f'Nobody.{fact.name}')
    side.call(path, f'{short}.nobody', 'u', 0)


@pytest.mark.parametrize('interface', INTERFACES)
def test_wrong_signatures(sides, interface):
    compare(sides, misuse_methods, interface)


KINDS = {'domain': 'Domain', 'domainsnapshot': 'DomainSnapshot', 'interface': 'Interface',
         'network': 'Network', 'nodedev': 'NodeDevice', 'nwfilter': 'NWFilter', 'secret': 'Secret',
         'storagepool': 'StoragePool', 'storagevol': 'StorageVol'}
CONNECTIONS = ('QEMU', 'Test', 'UML', 'VBox', 'VMwareFusion', 'VMwarePlayer', 'VMwareWS')


def introspect_all(side):
    for path in ('/', '/org', ROOT, ROOT + '/Nobody', ROOT + '/Nobody/domain/x', '/org/nobody'):
        side.introspect(path)
    for connection in CONNECTIONS:
        side.introspect(connection)
    for node, kind in KINDS.items():
        side.introspect(f'Test/{node}')
        for path in (*OBJECTS[kind], f'{OBJECTS[kind][0]}/x', f'Test/{node}x'):
            side.introspect(path)
    side.introspect('Test/nobody')


def test_introspection(sides):
    compare(sides, introspect_all)


def ask_the_void(side):
    """Paths where nothing is, and interfaces that an object does not have."""
    for path in ('/', '/org', ROOT, 'Nobody', 'Nobody/domain/x', 'Test/nobody', 'Test/nobody/x',
                 'Testx', 'Test/domainx/y', GUEST + '/x'):
        side.call(path, 'Domain.GetXMLDesc', 'u', 0)
        side.call(path, 'Connect.ListDomains', 'u', 0)
        side.get(path, 'Domain', 'Name')
        side.get_all(path, 'Domain')
        side.call(path, 'org.freedesktop.DBus.Peer.Ping')
    for node, kind in KINDS.items():
        path = OBJECTS[kind][0]
        side.call(path, 'Connect.ListDomains', 'u', 0)
        side.get_all(path, 'Connect')
        side.call(path, 'org.freedesktop.DBus.Peer.Ping')
    side.call('Test', 'Domain.GetXMLDesc', 'u', 0)


def test_paths_where_nothing_is(sides):
    compare(sides, ask_the_void)


def ask_malformed(side):
    for node, kind in KINDS.items():
        if kind != 'DomainSnapshot':  # see test_what_kills_the_original
            for element in MALFORMED:
                side.call(f'Test/{node}/{element}', f'{kind}.GetXMLDesc', 'u', 0)
                side.get(f'Test/{node}/{element}', kind, 'Name')


def test_malformed_paths(sides):
    compare(sides, ask_malformed)


def look_at(side, path, kind):
    side.call(path, f'{kind}.GetXMLDesc', 'u', 0)
    side.get_all(path, kind)


def live_domain(side):
    def step(member, signature='', *arguments, path=NEW):
        side.call(path, f'Domain.{member}', signature, *arguments)

    def look():
        look_at(side, NEW, 'Domain')
        step('GetState', 'u', 0)
        for flags in (0, 1, 2, 4, 8, 16, 32):
            side.call('Test', 'Connect.ListDomains', 'u', flags)

    side.call('Test', 'Connect.DomainDefineXML', 's', NEW_XML)
    look()
    for member in ('Create', 'Create'):
        step(member, 'u', 0)
    look()
    for member in ('Suspend', 'Suspend', 'Resume', 'Resume'):
        step(member)
        step('GetState', 'u', 0)
    step('Reboot', 'u', 0)
    step('Reset', 'u', 0)
    side.set(NEW, 'Domain', 'Autostart', GLib.Variant('b', True))
    side.get(NEW, 'Domain', 'Autostart')
    step('SetMetadata', 'isssu', 0, 'words', '', '', 1)
    step('SetMetadata', 'isssu', 2, '<a/>', 'a', 'urn:a', 3)
    step('GetMetadata', 'isu', 2, 'urn:a', 0)
    step('SetMemory', 'tu', 524288, 1)
    step('SetVcpus', 'uu', 2, 1)
    step('GetVcpus', 'u', 0)
    step('PinVcpu', 'uabu', 0, (True, False), 0)
    step('GetVcpuPinInfo', 'u', 0)
    step('GetStats', 'uu', 0, 0)
    step('InterfaceAddresses', 'uu', 0, 0)
    step('GetFSInfo', 'u', 0)
    step('FSFreeze', 'asu', (), 0)
    step('FSThaw', 'asu', (), 0)
    step('FSTrim', 'stu', '', 0, 0)
    step('GetDiskErrors', 'u', 0)
    step('GetHostname', 'u', 0)
    step('GetTime', 'u', 0)
    step('SetTime', 'tuu', 1000, 0, 0)
    step('GetTime', 'u', 0)
    step('SetUserPassword', 'ssu', 'root', 'x', 0)
    step('SendKey', 'uuauu', 0, 0, (30,), 0)
    step('ManagedSave', 'u', 0)
    look()
    step('HasManagedSaveImage', 'u', 0)
    step('Create', 'u', 0)
    step('Rename', 'su', 'late', 0)
    step('Shutdown', 'u', 0)
    look()
    step('Rename', 'su', 'renamed', 0)
    step('Create', 'u', 0)
    step('Destroy', 'u', 0)
    step('Destroy', 'u', 0)
    step('Undefine', 'u', 0)
    look()
    step('Undefine', 'u', 0)
    side.call('Test', 'Connect.DomainCreateXML', 'su', NEW_XML, 0)
    look()
    side.set(NEW, 'Domain', 'Autostart', GLib.Variant('b', True))
    step('Destroy', 'u', 0)
    side.call('Test', 'Connect.DomainCreateXML', 'su', NEW_XML, 1)
    step('CoreDump', 'suu', '/nonexistent/dump', 0, 0)
    step('Save', 'ssu', '/nonexistent/save', '', 0)
    step('GetSecurityLabelList')


def live_snapshots(side):
    def snapshot(name):
        return path_of('domainsnapshot', UUID) + '_' + name

    def look():
        side.call(GUEST, 'Domain.ListDomainSnapshots', 'u', 0)
        side.call(GUEST, 'Domain.SnapshotCurrent', 'u', 0)
        for name in ('one', 'two', 'a_2db'):
            for member in ('GetXMLDesc', 'GetParent', 'IsCurrent', 'ListChildren'):
                side.call(snapshot(name), f'DomainSnapshot.{member}', 'u', 0)

    for name in ('two', 'a-b', 'two'):
        side.call(GUEST, 'Domain.SnapshotCreateXML', 'su', SNAPSHOT_XML.format(name), 0)
    look()
    side.call(snapshot('one'), 'DomainSnapshot.Revert', 'u', 0)
    look()
    side.call(snapshot('two'), 'DomainSnapshot.Delete', 'u', 0)
    look()
    side.call(snapshot('one'), 'DomainSnapshot.Delete', 'u', 1)
    look()
    side.call(IDLE, 'Domain.SnapshotCreateXML', 'su', SNAPSHOT_XML.format('one'), 0)
    side.call(IDLE, 'Domain.SnapshotCreateXML', 'su', SNAPSHOT_XML.format('gone'), 2)


def live_network(side):
    path = path_of('network', NEW_UUID)

    def look():
        look_at(side, path, 'Network')
        for flags in (0, 1, 2, 4, 8, 16, 32):
            side.call('Test', 'Connect.ListNetworks', 'u', flags)

    side.call('Test', 'Connect.NetworkDefineXML', 's', NEW_NETWORK_XML)
    look()
    for member in ('Create', 'Create'):
        side.call(path, f'Network.{member}')
    side.set(path, 'Network', 'Autostart', GLib.Variant('b', True))
    look()
    host = "<host mac='52:54:00:00:00:77' ip='10.8.0.7'/>"
    dns = "<host ip='10.8.0.9'><hostname>a</hostname></host>"
    for section, xml in ((4, host), (10, dns), (10, '<nobody/>')):
        for command in (3, 2, 1):
            side.call(path, 'Network.Update', 'uuisu', command, section, -1, xml, 3)
    look()
    side.call(path, 'Network.GetDHCPLeases', 'su', '', 0)
    side.call('Test/network/_dd8fe884_6c02_601e_7551_cca97df1c5df', 'Network.GetDHCPLeases',
              'su', '', 0)
    for member in ('Destroy', 'Destroy', 'Undefine'):
        side.call(path, f'Network.{member}')
        look()
    side.call('Test', 'Connect.NetworkCreateXML', 's', NEW_NETWORK_XML)
    look()
    side.set(path, 'Network', 'Autostart', GLib.Variant('b', True))
    side.call(path, 'Network.Destroy')
    look()


def live_storage(side):
    pool, volume = path_of('storagepool', NEW_UUID), 'Test/storagevol/_2fpool_2fw'

    def look():
        look_at(side, pool, 'StoragePool')
        look_at(side, volume, 'StorageVol')
        side.call(pool, 'StoragePool.GetInfo')
        side.call(volume, 'StorageVol.GetInfo', 'u', 0)
        side.call(pool, 'StoragePool.ListStorageVolumes', 'u', 0)
        for flags in (0, 1, 2, 4, 8):
            side.call('Test', 'Connect.ListStoragePools', 'u', flags)

    side.call('Test', 'Connect.StoragePoolDefineXML', 'su', NEW_POOL_XML, 0)
    side.call(POOL, 'StoragePool.Destroy')
    look()
    for member in ('Build', 'Create', 'Create', 'Refresh', 'Refresh'):
        side.call(pool, f'StoragePool.{member}', 'u', 0)
    side.set(pool, 'StoragePool', 'Autostart', GLib.Variant('b', True))
    look()
    for name in ('w', 'w'):
        side.call(pool, 'StoragePool.StorageVolCreateXML', 'su', VOLUME_XML.format(name), 0)
    look()
    for key in ('/pool/w', 'nobody', ''):
        side.call(pool, 'StoragePool.StorageVolCreateXMLFrom', 'ssu', VOLUME_XML.format('c'), key, 0)
    side.call(pool, 'StoragePool.StorageVolLookupByName', 's', 'c')
    side.call(volume, 'StorageVol.Resize', 'tu', 2**21, 0)
    side.call(volume, 'StorageVol.Resize', 'tu', 2**60, 0)
    side.call(volume, 'StorageVol.Wipe', 'uu', 0, 0)
    look()
    side.call(volume, 'StorageVol.Delete', 'u', 0)
    look()
    for member, flags in (('Destroy', ()), ('Destroy', ()), ('Delete', (0,)), ('Undefine', ())):
        side.call(pool, f'StoragePool.{member}', 'u' * len(flags), *flags)
        look()
    side.call('Test', 'Connect.StoragePoolCreateXML', 'su', NEW_POOL_XML, 0)
    look()
    side.call(pool, 'StoragePool.Destroy')
    look()


def live_interface(side):
    path = 'Test/interface/aa_3abb_3acc_3add_3aee_3afe'

    def look():
        look_at(side, path, 'Interface')
        for flags in (0, 1, 2):
            side.call('Test', 'Connect.ListInterfaces', 'u', flags)

    side.call('Test', 'Connect.InterfaceDefineXML', 'su', NEW_INTERFACE_XML.replace('eth2', 'eth3'), 0)
    side.call('Test', 'Connect.InterfaceDefineXML', 'su', NEW_INTERFACE_XML, 0)
    look()
    side.call('Test', 'Connect.InterfaceLookupByName', 's', 'eth3')
    side.restart()
    side.call('Test', 'Connect.InterfaceDefineXML', 'su', NEW_INTERFACE_XML, 0)
    look()
    for member in ('Create', 'Create', 'Destroy', 'Destroy'):
        side.call(path, f'Interface.{member}', 'u', 0)
        look()
    for member in ('Commit', 'Begin', 'Begin', 'Commit', 'Begin', 'Rollback', 'Rollback'):
        side.call('Test', f'Connect.InterfaceChange{member}', 'u', 0)
        side.call(path, 'Interface.Undefine')
        look()


def live_devices(side):
    path = 'Test/nodedev/scsi_5fhost13'

    def look():
        look_at(side, path, 'NodeDevice')
        side.call(path, 'NodeDevice.ListCaps')
        for flags in (0, 1, 8, 0x200):
            side.call('Test', 'Connect.ListNodeDevices', 'u', flags)

    look()
    side.call('Test', 'Connect.NodeDeviceCreateXML', 'su',
              DEVICE_XML.replace('1234</', '1235</').replace('5678</', '5679</'), 0)
    look()
    side.call(path, 'NodeDevice.Destroy')
    look()
    side.call('Test', 'Connect.NodeDeviceLookupSCSIHostByWWN', 'ssu',
              '2000000012341234', '1000000056785678', 0)


@pytest.mark.parametrize('life', (live_domain, live_snapshots, live_network, live_storage,
                                  live_interface, live_devices))
def test_life(sides, life):
    compare(sides, life, with_signals=True)


def do_fatal(side, path, member, signature, arguments):
    side.call(path, member, signature, *arguments)
    if side.program:
        side.restart()


FATAL = (
    (GUEST, 'Domain.BlockPeek', 'sttu', ('vda', 0, 2**64 - 1, 0)),
    (GUEST, 'Domain.MemoryPeek', 'ttu', (0, 2**64 - 1, 1)),
    (GUEST, 'Domain.SetGuestVcpus', 'abiu', ((True, False), 1, 0)),
    (GUEST, 'Domain.SetGuestVcpus', 'abiu', ((), 1, 0)),
    *((f'Test/{node}', f'{kind}.GetXMLDesc', 'u', (0,)) for node, kind in KINDS.items()),
    *((f'Test/domainsnapshot/{element}', 'DomainSnapshot.GetXMLDesc', 'u', (0,))
      for element in MALFORMED),
)


@pytest.mark.skipif(ORIGINAL_ONLY, reason='what libvirt-dbus does depends on what is in its memory')
@pytest.mark.parametrize('call', FATAL, ids=lambda call: f'{call[0]}-{call[1]}')
def test_what_kills_the_original(sides, call):
    compare(sides, do_fatal, *call)


def test_no_difference_is_only_history(sides):
    """Runs last: each entry of the table was needed."""
    if not ORIGINAL_ONLY:
        assert [d for d in DIFFERENCES if d not in used] == []
