# SPDX-License-Identifier: LGPL-2.1-or-later

"""Whatever a caller sends, the answer is one error with a fitting name, and the daemon is as before."""

import itertools
import random
import socket

import pytest
from gi.repository import Gio, GLib

import members
from daemon import PROPERTIES, ROOT, Client, Monitor, error_name, wait_for
from members import CONFIG, CONNECTION, TEST, Stage  # noqa: F401 CONFIG is for the fixture

DOMAIN = 'org.libvirt1.Domain'
BUS = 'org.freedesktop.DBus.Error.'
LIBVIRT = 'org.libvirt1.Error.'

INVALID = BUS + 'InvalidArgs'
UNKNOWN_METHOD = BUS + 'UnknownMethod'
UNKNOWN_OBJECT = BUS + 'UnknownObject'

MIB = 2**20
SEED = 20
IN_FLIGHT = 200


@pytest.fixture(scope='module')
def stage(client):
    return Stage(client)


@pytest.fixture(autouse=True)
def unharmed(daemon, client):
    """No test leaves a descriptor or a thread behind."""
    client.get(TEST, CONNECTION, 'Type')
    call_many(client, [(TEST, CONNECTION + '.GetCapabilities', None)] * 50)
    descriptors, threads = len(daemon.file_descriptors()), daemon.threads()
    yield
    assert client.get(TEST, CONNECTION, 'Alive') is True
    assert len(daemon.file_descriptors()) <= descriptors + 1, daemon.file_descriptors()
    # GLib's idle threads come and go; two lanes of five, what GLib has, and a few that end.
    assert daemon.threads() <= threads + 10


def call_many(client, calls):
    """Yields what came of each, with never more than some under way."""
    results = []
    under_way = []
    for path, member, arguments in calls:
        under_way.append(client.start(path, member, arguments))
        if len(under_way) >= IN_FLIGHT:
            results.append(under_way.pop(0).wait())
    results += [pending.wait() for pending in under_way]
    assert all(pending.answers == 1 for pending in results)
    return results


def name_of(client, path, member, signature=None, *arguments):
    with pytest.raises(GLib.Error) as raised:
        client.call(path, member, signature, *arguments)
    return error_name(raised.value)


def bad_elements(count):
    """What no encoder writes, but the bus lets through as a path element."""
    chosen = random.Random(SEED)
    characters = 'abcdefgxyzABCXYZ0189_____'
    uuid = members.UUID.replace('-', '_')
    fixed = [
        '_',
        '__',
        '_2',
        '_2G',
        '_2F',
        '_00',
        '_61',
        'x_',
        'x_f',
        f'_{uuid}_',
        f'_{uuid}x',
        f'{uuid}',
        f'_{uuid}'.upper(),
        f'_{uuid[:-1]}',
        f'_{uuid}_{uuid}',
        'a' * 100000,
        '_2f' * 30000,
    ]
    made = (
        ''.join(chosen.choice(characters) for _ in range(chosen.randint(1, 60)))
        for _ in itertools.count()
    )
    return list(itertools.islice(itertools.chain(fixed, made), count))


KINDS = {
    'domain': 'Domain',
    'domainsnapshot': 'DomainSnapshot',
    'domaincheckpoint': 'DomainCheckpoint',
    'network': 'Network',
    'networkport': 'NetworkPort',
    'storagepool': 'StoragePool',
    'storagevol': 'StorageVol',
    'interface': 'Interface',
    'nodedev': 'NodeDevice',
    'nwfilter': 'NWFilter',
    'nwfilterbinding': 'NWFilterBinding',
    'secret': 'Secret',
}


def test_ten_thousand_malformed_paths(client):
    """With a method, with Get and with GetAll in turn."""
    calls = []
    for element, (node, kind) in zip(bad_elements(10000), itertools.cycle(KINDS.items())):
        path = f'{TEST}/{node}/{element}'
        interface = 'org.libvirt1.' + kind
        member, arguments = [
            (interface + '.GetXMLDesc', GLib.Variant('(u)', (0,))),
            (PROPERTIES + '.GetAll', GLib.Variant('(s)', (interface,))),
            (PROPERTIES + '.Get', GLib.Variant('(ss)', (interface, 'Name'))),
        ][len(calls) // len(KINDS) % 3]
        calls.append((path, member, arguments))
    pendings = call_many(client, calls)
    for (path, member, _), pending in zip(calls, pendings):
        name = error_name(pending.error) if pending.error else 'none'
        fitting = name in (UNKNOWN_OBJECT, INVALID) or name.startswith(LIBVIRT + 'No')
        assert fitting, f'{path} {member}: {name}'
    # Those that can be no name of anything are told so. (Half an element may be a name.)
    uuids = [p for (path, _, _), p in zip(calls, pendings) if '/domain/' in path]
    assert {error_name(p.error) for p in uuids} <= {UNKNOWN_OBJECT, INVALID}
    assert UNKNOWN_OBJECT in {error_name(p.error) for p in uuids}


def test_paths_where_nothing_is(client):
    get = DOMAIN + '.GetXMLDesc'
    for path in (
        '/',
        '/org',
        ROOT,
        ROOT + '/Nobody',
        ROOT + '/Nobody/domain/x',
        ROOT + '/Test/nothing/x',
        ROOT + '/Test/domain',
        ROOT + '/Test/domain/x/y',
        ROOT + 'x',
        '/org/libvirt1/Test/domainsnapshot',
    ):
        name = name_of(client, path, get, '(u)', 0)
        assert name in (UNKNOWN_METHOD, UNKNOWN_OBJECT, BUS + 'UnknownInterface'), path


def test_unknown_members(client, stage):
    domain = stage.domain()
    unknown = {UNKNOWN_METHOD, BUS + 'UnknownInterface', INVALID, BUS + 'UnknownProperty'}
    names = ['x', 'X' * 230, 'getXMLDesc', 'GetXMLDesc_', '_']
    calls = []
    for path in (ROOT, TEST, domain, TEST + '/domain', TEST + '/secret/x'):
        for name in names:
            calls += [
                (path, f'{DOMAIN}.{name}', None),
                (path, f'{CONNECTION}.{name}', GLib.Variant('(u)', (0,))),
                (path, f'org.libvirt1.{name}.Get', None),
                (path, f'org.libvirt.Domain.{name}', None),
                (path, PROPERTIES + '.' + name, None),
                (path, PROPERTIES + '.Get', GLib.Variant('(ss)', (DOMAIN, name))),
                (path, PROPERTIES + '.Get', GLib.Variant('(ss)', (name, 'Name'))),
                (path, PROPERTIES + '.GetAll', GLib.Variant('(s)', (name,))),
                (path, PROPERTIES + '.GetAll', GLib.Variant('(s)', ('',))),
                (
                    path,
                    PROPERTIES + '.Set',
                    GLib.Variant('(ssv)', (DOMAIN, name, GLib.Variant('b', True))),
                ),
            ]
    for call, pending in zip(calls, call_many(client, calls)):
        assert pending.error, call
        assert error_name(pending.error) in unknown, f'{call}: {pending.error.message}'


def test_each_interface_only_where_it_is(client, stage):
    """QemuDomain is no interface of a test driver's domain."""
    domain = stage.domain()
    interface = 'org.libvirt1.QemuDomain'
    names = {UNKNOWN_METHOD, BUS + 'UnknownInterface', INVALID}
    assert name_of(client, domain, interface + '.MonitorCommand', '(su)', '', 0) in names
    assert name_of(client, domain, PROPERTIES + '.GetAll', '(s)', interface) in names
    assert name_of(client, TEST, 'org.libvirt1.QemuConnection.DomainAttach', '(uu)', 1, 0) in names
    assert name_of(client, ROOT, CONNECTION + '.GetCapabilities') in names


WRONG = [
    GLib.Variant('()', ()),
    GLib.Variant('(s)', ('x',)),
    GLib.Variant('(v)', (GLib.Variant('u', 0),)),
    GLib.Variant('(uuuuuuuuuu)', (0,) * 10),
    GLib.Variant('(a{sv})', ({},)),
    GLib.Variant('(aaaaau)', ([],)),
    GLib.Variant('((((u))))', ((((0,),),),)),
    GLib.Variant('(d)', (float('nan'),)),
]


def test_wrong_signatures(client, stage):
    """Of every method, and of the properties' own."""
    calls = []
    paths = {}
    for method in members.methods():
        if method.interface not in paths:
            paths[method.interface] = stage.object_with(method.interface)
        for arguments in WRONG:
            if arguments.get_type_string() != method.signature:
                calls.append((paths[method.interface], method.member, arguments))
    for name, right in (('Get', '(ss)'), ('GetAll', '(s)'), ('Set', '(ssv)')):
        for arguments in WRONG:
            if arguments.get_type_string() != right:
                calls.append((TEST, PROPERTIES + '.' + name, arguments))
    assert len(calls) > 2000
    for call, pending in zip(calls, call_many(client, calls)):
        assert pending.error, call
        # GDBus answers for the properties' own methods.
        fitting = (INVALID, UNKNOWN_METHOD) if call[1].startswith(PROPERTIES) else (INVALID,)
        assert error_name(pending.error) in fitting, f'{call}: {pending.error.message}'


def test_wrong_type_of_property(client, stage):
    for path, interface in ((stage.domain(), DOMAIN), (stage.pool(), 'org.libvirt1.StoragePool')):
        for kind, value in (('s', 'x'), ('u', 1), ('v', GLib.Variant('b', True)), ('as', [])):
            wrong = GLib.Variant(kind, value)
            set_it = PROPERTIES + '.Set'
            name = name_of(client, path, set_it, '(ssv)', interface, 'Autostart', wrong)
            assert name == INVALID


def test_strings_of_a_mebibyte(client, stage):
    """In every argument that is a string."""
    long = 'ä' * (MIB // 2)
    calls = []
    for method in members.methods():
        kinds = [kind for _, kind in method.arguments]
        if 's' not in kinds or any('h' in kind for kind in kinds):
            continue
        values = [long if kind == 's' else ZERO[kind] for kind in kinds]
        path = stage.object_with(method.interface)
        calls.append((path, method.member, GLib.Variant(method.signature, tuple(values))))
    calls += [
        (TEST, PROPERTIES + '.Get', GLib.Variant('(ss)', (CONNECTION, long))),
        (TEST, PROPERTIES + '.GetAll', GLib.Variant('(s)', (long,))),
    ]
    assert len(calls) > 80
    accepted = []
    for (_, member, _), pending in zip(calls, call_many(client, calls)):
        if pending.error:
            name = error_name(pending.error)
            assert name.startswith(LIBVIRT) or name in (INVALID, BUS + 'UnknownInterface'), member
        else:
            accepted.append(member.rsplit('.', 1)[1])
    # The test driver does not look at what it is told there.
    assert set(accepted) <= STRINGS_IGNORED


STRINGS_IGNORED = {
    'FSTrim',
    'GetDomainCapabilities',
    'GetMaxVcpus',
    'SetUserPassword',
    'StorageVolCreateXMLFrom',
    'SetMetadata',
}

ZERO = {
    'u': 0,
    'i': 0,
    't': 0,
    'x': 0,
    'b': False,
    'o': '/',
    'as': [],
    'au': [],
    'at': [],
    'ab': [],
    'ay': [],
    'a{sv}': {},
}

BAD_XML = [
    '',
    ' ',
    '<',
    '<domain',
    '<domain/>',
    "<domain type='test'/>",
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
    '<a>' * 10000,
    '<domain>' + 'x' * MIB + '</domain>',
    "<domain type='test'><name>" + 'n' * MIB + '</name></domain>',
    "<domain type='nothing'><name>n</name><memory>1</memory></domain>",
    '\x01\x02\x7f',
    '%s%n%s%n',
    '<domain type="test"><name>a/b</name><memory>1</memory><os><type>hvm</type></os></domain>',
    '<domain type="test"><name>x</name><memory>-1</memory><os><type>hvm</type></os></domain>',
    "<!DOCTYPE lolz [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>"
    "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]><domain><name>&c;</name></domain>",
]


def test_bad_xml(client, stage):
    """Wherever a member takes a description."""
    calls = []
    for method in members.methods():
        names = [name for name, _ in method.arguments]
        if not any('xml' in name.lower() for name in names):
            continue
        if method.name in ('Save', 'DomainRestore') or any('h' in k for _, k in method.arguments):
            continue
        path = stage.object_with(method.interface)
        for xml in BAD_XML:
            values = [
                xml if 'xml' in name.lower() and kind == 's' else [xml] if kind == 'as'
                else 'vda' if name == 'disk' else 'x' if kind == 's' else ZERO[kind]
                for name, kind in method.arguments
            ]
            calls.append((path, method.member, GLib.Variant(method.signature, tuple(values))))
    assert len(calls) > 200
    for call, pending in zip(calls, call_many(client, calls)):
        assert pending.error, f'{call[1]} {call[2].print_(False)[:300]}'
        name = error_name(pending.error)
        assert name.startswith(LIBVIRT) or name == INVALID, f'{call[1]}: {name}'


# Sizes


HUGE = {'u': 2**32 - 1, 'i': 2**31 - 1, 't': 2**64 - 1, 'x': 2**63 - 1}
NEGATIVE = {'u': 2**31, 'i': -(2**31), 't': 2**63, 'x': -(2**63)}


def test_absurd_sizes(client, stage):
    domain = stage.domain()
    refused = [
        (DOMAIN + '.MemoryPeek', '(ttu)', (0, 2**63, 1)),
        (DOMAIN + '.MemoryPeek', '(ttu)', (0, 2**64 - 1, 2)),
        (DOMAIN + '.MemoryPeek', '(ttu)', (2**64 - 1, 2**32, 1)),
        (DOMAIN + '.BlockPeek', '(sttu)', ('vda', 0, 2**63, 0)),
        (DOMAIN + '.BlockPeek', '(sttu)', ('vda', 2**64 - 1, 2**64 - 1, 0)),
        (DOMAIN + '.GetCPUStats', '(iuu)', (2**31 - 1, 2**31, 0)),
        (DOMAIN + '.SetVcpus', '(uu)', (2**32 - 1, 0)),
        (DOMAIN + '.SetMemory', '(tu)', (2**64 - 1, 0)),
        (DOMAIN + '.SendKey', '(uuauu)', (0, 0, [0] * 100000, 0)),
        (DOMAIN + '.PinVcpu', '(uabu)', (2**32 - 1, [True], 0)),
        (DOMAIN + '.PinVcpu', '(uabu)', (0, [], 0)),
    ]
    calls = [(domain, m, GLib.Variant(signature, values)) for m, signature, values in refused]
    calls += [
        (TEST, f'{CONNECTION}.NodeGetFreePages', GLib.Variant('(auiuu)', ([4] * 9, 0, 2**32 - 1, 0))),
        (TEST, f'{CONNECTION}.NodeGetFreePages', GLib.Variant('(auiuu)', ([4] * 2**16, 0, 2**16, 0))),
        (
            TEST,
            f'{CONNECTION}.NodeAllocPages',
            GLib.Variant('(auatiuu)', ([4], [2**64 - 1], 2**31 - 1, 2**32 - 1, 0)),
        ),
        (TEST, f'{CONNECTION}.NodeGetCellsFreeMemory', GLib.Variant('(ii)', (0, -1))),
        (TEST, f'{CONNECTION}.NodeGetCellsFreeMemory', GLib.Variant('(ii)', (-1, 2**31 - 1))),
    ]
    for call, pending in zip(calls, call_many(client, calls)):
        assert pending.error, call
        name = error_name(pending.error)
        assert name.startswith(LIBVIRT) or name in (INVALID, BUS + 'LimitsExceeded'), (
            f'{call}: {name}'
        )


@pytest.mark.parametrize('numbers', [HUGE, NEGATIVE], ids=['huge', 'negative'])
def test_all_numbers_absurd(client, stage, numbers):
    """In every method, all of them; the flags once right, once not."""
    values = {**ZERO, **numbers, 'ab': [True] * 4096, 'au': [numbers['u']] * 4096, 's': 'vda'}
    values['at'] = [numbers['t']] * 4096
    for method in members.methods():
        kinds = [kind for _, kind in method.arguments]
        if not any(kind in numbers for kind in kinds) or any('h' in kind for kind in kinds):
            continue
        path = stage.object_with(method.interface)
        for flags in (0, numbers['u']):
            packed = tuple(
                flags if name == 'flags' else values[kind] for name, kind in method.arguments
            )
            pending = client.start(path, method.member, GLib.Variant(method.signature, packed))
            pending.wait()
            if pending.error:
                name = error_name(pending.error)
                assert name.startswith(LIBVIRT) or name in (INVALID, BUS + 'LimitsExceeded'), (
                    f'{method}: {name}: {pending.error.message}'
                )
            else:
                assert pending.value.get_type_string() == method.result


# Typed parameters


PARAMETER_SETTERS = [
    (DOMAIN + '.SetBlockIOTune', ('vda',), 'total_bytes_sec'),
    (DOMAIN + '.SetInterfaceParameters', ('testnet5',), 'inbound.average'),
    (DOMAIN + '.SetSchedulerParameters', (), 'weight'),
    (DOMAIN + '.SetMemoryParameters', (), 'hard_limit'),
    (DOMAIN + '.SetNumaParameters', (), 'numa_mode'),
    (DOMAIN + '.SetPerfEvents', (), 'cmt'),
]


def set_parameters(client, domain, member, before, parameters):
    signature = f'({"s" * len(before)}a{{sv}}u)'
    return client.call(domain, member, signature, *before, parameters, 0)


@pytest.mark.parametrize('member, before, name', PARAMETER_SETTERS)
@pytest.mark.parametrize(
    'value',
    [
        GLib.Variant('y', 1),
        GLib.Variant('n', 1),
        GLib.Variant('as', ['x']),
        GLib.Variant('(u)', (1,)),
        GLib.Variant('a{sv}', {}),
        GLib.Variant('o', '/'),
        GLib.Variant('ay', b'x'),
    ],
    ids=lambda value: value.get_type_string(),
)
def test_parameter_of_a_type_that_libvirt_has_not(client, stage, member, before, name, value):
    with pytest.raises(GLib.Error) as raised:
        set_parameters(client, stage.domain(), member, before, {name: value})
    assert error_name(raised.value) == INVALID
    assert name in raised.value.message


@pytest.mark.parametrize('member, before, name', PARAMETER_SETTERS)
def test_parameter_of_another_type_than_its_own(client, stage, member, before, name):
    with pytest.raises(GLib.Error) as raised:
        set_parameters(client, stage.domain(), member, before, {name: GLib.Variant('d', 0.5)})
    assert error_name(raised.value) in (LIBVIRT + 'InvalidArg', INVALID)
    assert name in raised.value.message


@pytest.mark.parametrize('member, before, name', PARAMETER_SETTERS)
def test_unknown_parameters(client, stage, member, before, name):
    domain = stage.domain()
    for unknown in ('nothing', '', 'x' * 79, 'x' * 80, 'x' * MIB, 'ä', '%s%n'):
        with pytest.raises(GLib.Error) as raised:
            set_parameters(client, domain, member, before, {unknown: GLib.Variant('u', 1)})
        assert error_name(raised.value) in (
            LIBVIRT + 'InvalidArg',
            LIBVIRT + 'ArgumentUnsupported',
            INVALID,
        )
    many = {f'p{i}': GLib.Variant('s', 'x' * 100) for i in range(10000)}
    with pytest.raises(GLib.Error) as raised:
        set_parameters(client, domain, member, before, many)
    assert error_name(raised.value).startswith((LIBVIRT, INVALID))


@pytest.mark.parametrize(
    'kind, value',
    [('i', -7), ('u', 7), ('x', -(2**40)), ('t', 2**40), ('d', 0.5), ('b', True), ('s', 'ü')],
)
def test_all_types_reach_libvirt(client, stage, kind, value):
    """libvirt says of each that it is not the type of this parameter, and names both types."""
    libvirts = {'i': 'int', 'u': 'uint', 'x': 'llong', 't': 'ullong', 'd': 'double', 'b': 'boolean'}
    name, right = ('numa_mode', 'int') if kind != 'i' else ('numa_nodeset', 'string')
    with pytest.raises(GLib.Error) as raised:
        set_parameters(
            client,
            stage.domain(),
            DOMAIN + '.SetNumaParameters',
            (),
            {name: GLib.Variant(kind, value)},
        )
    assert error_name(raised.value) == LIBVIRT + 'InvalidArg'
    given = libvirts.get(kind, 'string')
    assert f"invalid type '{given}' for parameter '{name}', expected '{right}'" in (
        raised.value.message
    )


def test_wrapped_parameters_are_unwrapped(client, stage):
    """Programs written for libvirt-dbus wrap twice."""
    domain = stage.domain()
    value = GLib.Variant('t', 4096)
    for _ in range(20):
        value = GLib.Variant('v', value)
    client.call(domain, DOMAIN + '.SetMemoryParameters', '(a{sv}u)', {'soft_limit': value}, 0)
    assert client.call(domain, DOMAIN + '.GetMemoryParameters', '(u)', 0)['soft_limit'] == 4096


# Descriptors


def call_with(client, path, member, arguments, descriptors):
    interface, method = member.rsplit('.', 1)
    fds = Gio.UnixFDList()
    for descriptor in descriptors:
        fds.append(descriptor)
    try:
        client.connection.call_with_unix_fd_list_sync(
            'org.libvirt1', path, interface, method, arguments, None, 0, -1, fds, None
        )
    except GLib.Error as error:
        return error_name(error)
    return None


@pytest.mark.parametrize('handles', [[0], [1], [5], [2**31 - 1], [-1], [-(2**31)], [0, 1, 2]])
def test_invalid_descriptors(client, stage, handles):
    """With none sent, and with one that the call does not name."""
    domain = stage.domain()
    calls = [
        (domain, DOMAIN + '.CreateWithFiles', GLib.Variant('(ahu)', (handles, 0))),
        (domain, DOMAIN + '.OpenGraphics', GLib.Variant('(uhu)', (0, handles[0], 0))),
        (TEST, f'{CONNECTION}.DomainCreateXMLWithFiles', GLib.Variant('(sahu)', ('', handles, 0))),
    ]
    mine, theirs = socket.socketpair()
    with mine, theirs:
        for path, member, arguments in calls:
            sent = [theirs.fileno()] if handles != [0] else []
            name = call_with(client, path, member, arguments, sent)
            if member.endswith('OpenGraphics') and handles[0] == 0 and sent:
                assert name.startswith(LIBVIRT)
            else:
                assert name == INVALID, member


def test_descriptors_that_nobody_asked_for(client):
    """They are closed with the message."""
    mine, theirs = socket.socketpair()
    for _ in range(50):
        duplicates = [theirs.dup() for _ in range(4)]
        name = call_with(
            client, TEST, CONNECTION + '.GetCapabilities', None, [d.fileno() for d in duplicates]
        )
        for duplicate in duplicates:
            duplicate.close()
        assert name is None
    theirs.close()
    # The last copy is gone when this end sees it; the daemon may take a moment for that.
    closed = []
    GLib.unix_fd_add_full(
        GLib.PRIORITY_DEFAULT,
        mine.fileno(),
        GLib.IOCondition.HUP,
        lambda *_: closed.append(True) or GLib.SOURCE_REMOVE,
    )
    wait_for(lambda: closed)
    mine.close()


# The wire


def test_each_bad_call_is_answered_once(bus, client, stage):
    domain = stage.domain()
    monitor = Monitor(bus)
    calls = [
        (domain, DOMAIN + '.GetXMLDesc', GLib.Variant('(s)', ('x',))),
        (domain, DOMAIN + '.Nothing', None),
        (domain + 'x', DOMAIN + '.GetXMLDesc', GLib.Variant('(u)', (0,))),
        (domain, DOMAIN + '.GetXMLDesc', GLib.Variant('(u)', (2**31,))),
        (domain, DOMAIN + '.MemoryPeek', GLib.Variant('(ttu)', (0, 2**63, 1))),
        (domain, PROPERTIES + '.Get', GLib.Variant('(ss)', (DOMAIN, 'Nothing'))),
        (domain, PROPERTIES + '.Set', GLib.Variant('(ssv)', (DOMAIN, 'Name', GLib.Variant('s', '')))),
        (ROOT + '/Nobody', CONNECTION + '.GetCapabilities', None),
    ] * 10
    for pending in call_many(client, calls):
        assert pending.error
    assert [answers for _, answers in monitor.count_answers(client)] == [1] * len(calls)


def test_callers_that_leave_without_waiting(bus, client):
    """The daemon answers into the void."""
    for _ in range(50):
        leaving = Client(bus)
        for _ in range(20):
            leaving.start(TEST, CONNECTION + '.GetCapabilities')
            leaving.start(TEST, CONNECTION + '.DomainLookupByName', GLib.Variant('(s)', ('no',)))
        leaving.connection.flush_sync(None)
        leaving.close()
    assert client.call(TEST, CONNECTION + '.ListDomains', '(u)', 0)
