# SPDX-License-Identifier: LGPL-2.1-or-later

"""Who may do what, with a real polkitd and real users: an administrator, a member of the group libvirt,
"one", who has a rule for the domain "demo" alone, a stranger, whom the defaults let read, and an
outcast, whom a rule refuses everything. Both faces."""

import os
import subprocess

import pytest
from gi.repository import Gio, GLib

from daemon import PROPERTIES, TIMEOUT, wait_for
from polkit import (ADMIN, AUTHORITY, CONNECTION, DENIED, DOMAIN, DOMAIN_XML, MEMBER, OBJECT_MANAGER, ONE,
                    OTHER, OUTCAST, PASSWORD, POLKIT, ROOT_USER, STANDARD_RULES, STRANGER, TEST, outcome,
                    path_of, rule, uuid_of)
from polkit import bus, clients, daemon, namespace, polkit, rules  # noqa: F401 (fixtures)

DEMO, SECOND, THIRD = range(3)  # the domains of the connection Test
RUNNING, PAUSED = 1, 3
ALL = (DEMO, SECOND, THIRD)


class Face:
    def __init__(self, name, root, connection):
        self.name = name
        self.connection = f'{name}.{connection}'
        self.domain = f'{name}.Domain'
        self.test, self.other = f'{root}/Test', f'{root}/Other'

    def __str__(self):
        return self.name


NATIVE = Face('org.libvirt1', '/org/libvirt1', 'Connection')
COMPAT = Face('org.libvirt', '/org/libvirt', 'Connect')
FACES = [NATIVE, COMPAT]

each_face = pytest.mark.parametrize('face', FACES, ids=str)


@pytest.fixture(scope='module')
def root(clients):
    return clients[ROOT_USER]


@pytest.fixture(scope='module')
def stranger(clients):
    return clients[STRANGER]


def domains_in(paths):
    numbers = {path_of(n, '').rsplit('/', 1)[1]: n for n in ALL}
    return {numbers[name] for name in (path.rsplit('/', 1)[-1] for path in paths) if name in numbers}


# --- each user with busctl ------------------------------------------------------------------------


def may(bus, user, *arguments):
    done = bus.busctl(user, *arguments)
    if done.returncode == 0:
        return True
    # To set a property it never lets anybody ask for a password.
    assert 'Access denied' in done.stderr or 'password' in done.stderr, done.stderr
    return False


RIGHTS = [  # who, at which domain: may they read, may they write?
    (ROOT_USER, SECOND, True, True),
    (ADMIN, SECOND, True, True),
    (MEMBER, SECOND, True, True),
    (ONE, DEMO, True, True),
    (ONE, SECOND, False, False),
    (STRANGER, SECOND, True, False),
    (OUTCAST, SECOND, False, False),
]


@each_face
@pytest.mark.parametrize('user,number,read,write', RIGHTS,
                         ids=[f'{r[0].name}-{"demo" if r[1] == DEMO else "other"}' for r in RIGHTS])
def test_a_domain(bus, root, face, user, number, read, write):
    path = path_of(number, face.test)
    here = (face.name, path, face.domain)
    properties = (face.name, path, PROPERTIES)
    assert may(bus, user, 'call', *here, 'GetXMLDesc', 'u', '0') is read
    assert may(bus, user, 'get-property', *here, 'Active') is read
    assert may(bus, user, 'get-property', *here, 'Name') is read
    assert may(bus, user, 'call', *properties, 'GetAll', 's', face.domain) is read
    assert may(bus, user, 'call', *here, 'Suspend') is write
    assert root.get(path_of(number), DOMAIN, 'State')[0] == (PAUSED if write else RUNNING)
    assert may(bus, user, 'call', *here, 'Resume') is write
    assert may(bus, user, 'set-property', *here, 'Autostart', 'b', 'true') is write
    assert root.get(path_of(number), DOMAIN, 'Autostart') is write
    root.set(path_of(number), DOMAIN, 'Autostart', GLib.Variant('b', False))


SEEN = [(ROOT_USER, ALL), (ADMIN, ALL), (MEMBER, ALL), (ONE, (DEMO,)), (STRANGER, ALL)]
each_view = pytest.mark.parametrize('user,seen', SEEN, ids=[s[0].name for s in SEEN])


@each_view
@each_face
def test_lists(bus, daemon, face, user, seen):
    done = bus.busctl(user, 'call', face.name, face.test, face.connection, 'ListDomains', 'u', '0')
    assert domains_in(done.stdout.replace('"', '').split()) == set(seen), done.stderr


@each_view
def test_managed_objects(bus, daemon, user, seen):
    done = bus.busctl(user, 'call', NATIVE.name, TEST, OBJECT_MANAGER, 'GetManagedObjects')
    assert domains_in(done.stdout.replace('"', '').split()) == set(seen), done.stderr


@each_face
def test_lists_of_the_outcast(bus, daemon, face):
    assert not may(bus, OUTCAST, 'call', face.name, face.test, face.connection, 'ListDomains', 'u', '0')
    if face is NATIVE:
        assert not may(bus, OUTCAST, 'call', face.name, TEST, OBJECT_MANAGER, 'GetManagedObjects')
        assert not may(bus, OUTCAST, 'call', face.name, '/org/libvirt1', OBJECT_MANAGER,
                       'GetManagedObjects')


@each_face
def test_defining(bus, root, face):
    """What a stranger must not, and a member may."""
    xml = DOMAIN_XML.format('new', uuid_of(99))
    flags = ('0',) if face is NATIVE else ()
    call = ('call', face.name, face.test, face.connection, 'DomainDefineXML', 's' + 'u' * len(flags), xml,
            *flags)
    for user, expected in ((STRANGER, False), (OUTCAST, False), (ONE, False), (MEMBER, True), (ADMIN, True)):
        assert may(bus, user, *call) is expected, user
    undefine = ('call', face.name, path_of(99, face.test), face.domain, 'Undefine', 'u', '0')
    assert not may(bus, STRANGER, *undefine)
    assert may(bus, MEMBER, *undefine)


# --- one machine of one's own ---------------------------------------------------------------------


@each_face
def test_look_ups(clients, face):
    one, member = clients[ONE], face.connection + '.DomainLookupBy'
    assert one.call(face.test, member + 'Name', '(s)', 'demo') == path_of(DEMO, face.test)
    assert one.call(face.test, member + 'UUID', '(s)', uuid_of(DEMO)) == path_of(DEMO, face.test)
    number = clients[ROOT_USER].get(path_of(SECOND), DOMAIN, 'Id')
    assert outcome(one.call, face.test, member + 'Name', '(s)', 'second') == DENIED
    assert outcome(one.call, face.test, member + 'UUID', '(s)', uuid_of(SECOND)) == DENIED
    assert outcome(one.call, face.test, member + 'ID', '(i)', number) == DENIED


@each_face
def test_all_statistics(clients, face):
    member = face.connection + '.GetAllDomainStats'
    for user, seen in ((ONE, {DEMO}), (STRANGER, set(ALL))):
        answer = clients[user].call(face.test, member, '(uu)', 0, 0)
        # libvirt-dbus names the domains, virtbus has their paths.
        paths = [first for first, *_ in answer]
        names = {n for n, name in enumerate(('demo', 'second', 'third')) if name in paths}
        assert (domains_in(paths) | names) == seen
    assert outcome(clients[OUTCAST].call, face.test, member, '(uu)', 0, 0) == DENIED


def test_statistics_need_read(clients, rules):
    """Who may only know that a domain is there gets none of them."""
    rules(rule(STRANGER, 'domain.read', 'action.lookup("domain_name") == "third"', otherwise=
               'polkit.Result.NO'), STANDARD_RULES)
    stranger = clients[STRANGER]
    assert domains_in(stranger.call(TEST, CONNECTION + '.ListDomains', '(u)', 0)) == set(ALL)
    told = stranger.call(TEST, CONNECTION + '.GetAllDomainStats', '(uu)', 0, 0)
    assert domains_in(path for path, _ in told) == {THIRD}


@each_face
def test_a_snapshot_is_its_domains(clients, root, face):
    create = face.domain + '.SnapshotCreateXML'
    xml = '<domainsnapshot><name>s</name></domainsnapshot>'
    demo, second = path_of(DEMO, face.test), path_of(SECOND, face.test)
    one = clients[ONE]
    mine = one.call(demo, create, '(su)', xml, 0)
    others = root.call(second, create, '(su)', xml, 0)
    try:
        kind = face.name + '.DomainSnapshot'
        assert outcome(one.call, second, create, '(su)', xml, 0) == DENIED
        assert one.call(mine, kind + '.GetXMLDesc', '(u)', 0)
        assert outcome(one.call, others, kind + '.GetXMLDesc', '(u)', 0) == DENIED
        assert outcome(one.call, others, kind + '.Revert', '(u)', 0) == DENIED
        assert outcome(one.call, others, kind + '.Delete', '(u)', 0) == DENIED
        if face is NATIVE:
            assert one.get(mine, kind, 'Name') == 's'
            assert outcome(one.get, others, kind, 'Name') == DENIED
    finally:
        root.call(mine, face.name + '.DomainSnapshot.Delete', '(u)', 0)
        root.call(others, face.name + '.DomainSnapshot.Delete', '(u)', 0)


# What gives itself out as the XML of demo, and what may come of it.
DISGUISES = {
    'own': (DOMAIN_XML.format('demo', uuid_of(DEMO)), None),
    'other': (DOMAIN_XML.format('evil', uuid_of(77)), DENIED),
    'other-with-its-uuid': (DOMAIN_XML.format('evil', uuid_of(DEMO)), DENIED),
    'nameless': ("<domain type='test'><memory>65536</memory><os><type>hvm</type></os></domain>", DENIED),
    'no-xml': ('demo', ...),
    'empty': ('', ...),
    'second-name': (DOMAIN_XML.format('evil</name><name>demo', uuid_of(77)), ...),
    'second-name-first': (DOMAIN_XML.format('demo</name><name>evil', uuid_of(77)), ...),
    'name-below': (DOMAIN_XML.format('evil', uuid_of(77)).replace(
        '<name>', '<metadata><name>demo</name></metadata><name>'), DENIED),
    'name-in-comment': (DOMAIN_XML.format('<!--demo-->evil', uuid_of(77)), DENIED),
    'entity': ('<!DOCTYPE domain [<!ENTITY n "evil">]>' + DOMAIN_XML.format('&n;', uuid_of(77)), ...),
    'space': (DOMAIN_XML.format('demo ', uuid_of(77)), DENIED),
    'prefix': (DOMAIN_XML.format('evil', uuid_of(77)).replace(
        '<name>', '<x:name xmlns:x="urn:x">demo</x:name><name>'), DENIED),
}


@each_face
@pytest.mark.parametrize('disguise', DISGUISES)
def test_defining_ones_own(clients, root, face, disguise):
    """The rule is about the name in the XML, which must be the name that libvirt finds there."""
    xml, expected = DISGUISES[disguise]
    arguments = ('(su)', xml, 0) if face is NATIVE else ('(s)', xml)
    got = outcome(clients[ONE].call, face.test, face.connection + '.DomainDefineXML', *arguments)
    assert expected is ... or got == expected
    there = root.call(TEST, CONNECTION + '.ListDomains', '(u)', 0)
    assert sorted(root.get(path, DOMAIN, 'Name') for path in there) == ['demo', 'second', 'third']


@each_face
def test_starting_ones_own_from_xml(clients, root, face):
    create = face.connection + '.DomainCreateXML'
    xml = DOMAIN_XML.format('evil', uuid_of(77))
    assert outcome(clients[ONE].call, face.test, create, '(su)', xml, 0) == DENIED
    assert len(root.call(TEST, CONNECTION + '.ListDomains', '(u)', 0)) == len(ALL)


def test_renaming_does_not_help(clients, root):
    """Once it is somebody else's name, it is somebody else's domain, and the rule sees the new name."""
    path = path_of(SECOND)
    root.call(path, DOMAIN + '.Destroy', '(u)', 0)
    try:
        assert outcome(clients[ONE].call, path, DOMAIN + '.Rename', '(su)', 'demo', 0) == DENIED
        root.call(path, DOMAIN + '.Rename', '(su)', 'renamed', 0)
        assert outcome(clients[ONE].get, path, DOMAIN, 'Name') == DENIED
        root.call(path, DOMAIN + '.Rename', '(su)', 'second', 0)

        mine = path_of(DEMO)
        assert clients[ONE].get(mine, DOMAIN, 'Name') == 'demo'
        root.call(mine, DOMAIN + '.Destroy', '(u)', 0)
        root.call(mine, DOMAIN + '.Rename', '(su)', 'taken', 0)
        assert outcome(clients[ONE].get, mine, DOMAIN, 'Name') == DENIED
        root.call(mine, DOMAIN + '.Rename', '(su)', 'demo', 0)
        assert clients[ONE].get(mine, DOMAIN, 'Name') == 'demo'
        root.call(mine, DOMAIN + '.Create', '(u)', 0)
    finally:
        root.call(path, DOMAIN + '.Create', '(u)', 0)


# --- signals --------------------------------------------------------------------------------------


class Ears:
    """What comes to a user from the service, addressed or not, about the domains of Test."""

    def __init__(self, bus, user, call=True):
        self.client = bus.connect(user)
        self.heard = []
        self.subscription = self.client.connection.signal_subscribe(
            None, None, None, None, None, Gio.DBusSignalFlags.NONE, self._take)
        self.client.has_owner()
        if call:
            outcome(self.client.get, '/org/libvirt1', 'org.libvirt1.Manager', 'Version')

    def _take(self, _connection, _sender, path, interface, member, arguments):
        if path.startswith('/org/libvirt'):
            self.heard.append((path, f'{interface}.{member}', arguments.unpack()))

    def about(self, number):
        """The signals from a domain's path, or that name it."""
        return [s for s in self.heard if path_of(number, '') in repr(s)]

    def drain(self):
        """All that was sent before is heard when this returns."""
        outcome(self.client.get, '/org/libvirt1', 'org.libvirt1.Manager', 'Version')
        context = GLib.MainContext.default()
        while context.iteration(False):
            pass

    def close(self):
        self.client.connection.signal_unsubscribe(self.subscription)
        self.client.close()


@pytest.fixture
def ears(bus, daemon):
    """Makes them, and ends them."""
    made = []

    def make(user, **options):
        made.append(Ears(bus, user, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def suspend_and_resume(root, number):
    root.call(path_of(number), DOMAIN + '.Suspend')
    root.call(path_of(number), DOMAIN + '.Resume')


def resumed(ear, number):
    """It has heard of the end of the above, on both faces."""
    def events(name):
        return [s for s in ear.heard if s[1] == name and s[2][0].endswith(path_of(number, ''))]

    return all(len(events(f'{face.connection}.DomainEvent')) >= 2 for face in FACES)


def test_signals_go_to_whom_they_concern(root, ears):
    one, stranger, outcast = ears(ONE), ears(STRANGER), ears(OUTCAST)
    for number in (SECOND, THIRD, DEMO):
        suspend_and_resume(root, number)
    for number in ALL:
        wait_for(lambda n=number: resumed(stranger, n), lambda: f'only {stranger.heard}')
    wait_for(lambda: resumed(one, DEMO), lambda: f'only {one.heard}')
    one.drain()
    outcast.drain()
    assert one.about(SECOND) == one.about(THIRD) == []
    assert outcast.heard == []


def test_who_never_called_hears_nothing(root, ears):
    silent, stranger = ears(STRANGER, call=False), ears(STRANGER)
    suspend_and_resume(root, DEMO)
    wait_for(lambda: resumed(stranger, DEMO))
    silent.client.has_owner()
    context = GLib.MainContext.default()
    while context.iteration(False):
        pass
    assert silent.heard == []


def test_objects_come_and_go(root, ears):
    """InterfacesAdded has all properties, InterfacesRemoved the path; neither for who may not know."""
    one, stranger = ears(ONE), ears(STRANGER)
    xml = DOMAIN_XML.format('passing', uuid_of(50))
    path = root.call(TEST, CONNECTION + '.DomainDefineXML', '(su)', xml, 0)
    root.call(path, DOMAIN + '.Undefine', '(u)', 0)
    suspend_and_resume(root, DEMO)
    wait_for(lambda: any(s[1].endswith('InterfacesRemoved') and s[2][0] == path for s in stranger.heard),
             lambda: f'only {stranger.heard}')
    assert any(s[1].endswith('InterfacesAdded') and s[2][0] == path for s in stranger.heard)
    wait_for(lambda: resumed(one, DEMO))
    one.drain()
    assert one.about(50) == []


def test_signals_have_what_may_be_read(root, ears, rules):
    """getattr without read: that it is there, and its name."""
    rules(rule(STRANGER, 'domain.read', result='NO'), STANDARD_RULES)
    stranger = ears(STRANGER)
    suspend_and_resume(root, DEMO)
    xml = DOMAIN_XML.format('passing', uuid_of(50))
    path = root.call(TEST, CONNECTION + '.DomainDefineXML', '(su)', xml, 0)
    root.call(path, DOMAIN + '.Undefine', '(u)', 0)
    wait_for(lambda: any(s[1].endswith('InterfacesRemoved') and s[2][0] == path for s in stranger.heard),
             lambda: f'only {stranger.heard}')
    added = [s[2][1][DOMAIN] for s in stranger.heard if s[1].endswith('InterfacesAdded')]
    assert [set(properties) for properties in added] == [{'Id', 'Name', 'UUID'}]
    for _, member, arguments in stranger.heard:
        if member.endswith('PropertiesChanged') and arguments[0] == DOMAIN:
            assert set(arguments[1]) | set(arguments[2]) <= {'Id', 'Name', 'UUID'}


def test_signals_stop_when_the_right_is_taken_away(root, ears, rules):
    stranger = ears(STRANGER)
    suspend_and_resume(root, DEMO)
    wait_for(lambda: resumed(stranger, DEMO))
    rules(rule(STRANGER, 'domain.getattr', result='NO'), STANDARD_RULES)
    stranger.heard.clear()
    watcher = ears(MEMBER)
    suspend_and_resume(root, DEMO)
    wait_for(lambda: resumed(watcher, DEMO))
    stranger.drain()
    assert stranger.about(DEMO) == []


# --- properties -----------------------------------------------------------------------------------


@each_face
def test_properties_are_left_out(clients, rules, face):
    rules(rule(STRANGER, 'domain.read', result='NO'), STANDARD_RULES)
    stranger, path = clients[STRANGER], path_of(DEMO, face.test)
    assert set(stranger.get_all(path, face.domain)) == {'Id', 'Name', 'UUID'}
    assert stranger.get(path, face.domain, 'Name')
    assert outcome(stranger.get, path, face.domain, 'Active') == DENIED
    if face is NATIVE:
        objects = stranger.call(TEST, OBJECT_MANAGER + '.GetManagedObjects')
        assert set(objects[path][DOMAIN]) == {'Id', 'Name', 'UUID'}


@each_face
def test_no_property_left(clients, rules, face):
    rules(rule(STRANGER, 'domain.', result='NO'), STANDARD_RULES)
    stranger, path = clients[STRANGER], path_of(DEMO, face.test)
    assert outcome(stranger.get_all, path, face.domain) == DENIED
    assert stranger.call(face.test, face.connection + '.ListDomains', '(u)', 0) == []


@each_face
def test_set_needs_more_than_get(clients, root, face):
    stranger, path = clients[STRANGER], path_of(DEMO, face.test)
    assert stranger.get(path, face.domain, 'Autostart') is False
    assert outcome(stranger.set, path, face.domain, 'Autostart', GLib.Variant('b', True)) == PASSWORD
    assert root.get(path, face.domain, 'Autostart') is False


def test_set_through_the_other_face(clients, root):
    """A right on one face is the same right on the other, and no way around it."""
    for path, interface in ((path_of(DEMO), COMPAT.domain), (path_of(DEMO, COMPAT.test), DOMAIN)):
        for user in (STRANGER, ONE, MEMBER):
            assert outcome(clients[user].set, path, interface, 'Autostart', GLib.Variant('b', True))
    assert root.get(path_of(DEMO), DOMAIN, 'Autostart') is False


# --- flags and paths ------------------------------------------------------------------------------

LIVE, AFTER = 1, 2  # of virDomainModificationImpact


@each_face
@pytest.mark.parametrize('flags,expected', [
    (0, None), (2, None),  # VIR_DOMAIN_XML_INACTIVE
    (1, PASSWORD), (3, PASSWORD),  # ..._SECURE
    (8, PASSWORD), (2 | 8, PASSWORD),  # ..._MIGRATABLE
    (0xffffffff, PASSWORD),
])
def test_secrets_in_xml(stranger, face, flags, expected):
    path = path_of(DEMO, face.test)
    assert outcome(stranger.call, path, face.domain + '.GetXMLDesc', '(u)', flags) == expected


def test_secrets_in_xml_of_a_snapshot(clients, root, stranger):
    xml = '<domainsnapshot><name>s</name></domainsnapshot>'
    path = root.call(path_of(DEMO), DOMAIN + '.SnapshotCreateXML', '(su)', xml, 0)
    get = 'org.libvirt1.DomainSnapshot.GetXMLDesc'
    try:
        assert stranger.call(path, get, '(u)', 0)
        assert outcome(stranger.call, path, get, '(u)', 1) == PASSWORD
    finally:
        root.call(path, 'org.libvirt1.DomainSnapshot.Delete', '(u)', 0)


@each_face
@pytest.mark.parametrize('flags,allowed', [(LIVE, True), (0, False), (AFTER, False), (LIVE | AFTER, False)])
def test_writing_is_not_saving(clients, rules, face, flags, allowed):
    """domain:write, and domain:save unless it is for the running domain alone."""
    rules(rule(STRANGER, 'domain.write'), STANDARD_RULES)
    path = path_of(DEMO, face.test)
    got = outcome(clients[STRANGER].call, path, face.domain + '.SetMemory', '(tu)', 65536, flags)
    assert (got != PASSWORD) is allowed
    assert got in (None, PASSWORD) or 'Error' in got and got not in (DENIED, PASSWORD)


@each_face
def test_a_reboot_through_the_guest_needs_more(clients, rules, face):
    rules(rule(STRANGER, 'domain.init-control'), STANDARD_RULES)
    path, member = path_of(THIRD, face.test), face.domain + '.Reboot'
    assert outcome(clients[STRANGER].call, path, member, '(u)', 2) == PASSWORD  # ..._GUEST_AGENT
    assert outcome(clients[STRANGER].call, path, member, '(u)', 1 | 2) == PASSWORD
    assert outcome(clients[STRANGER].call, path, member, '(u)', 0) is None


@each_face
@pytest.mark.parametrize('flags', [0, 1, 2, 4, 7, 0xffffffff])
def test_undefine_with_flags(stranger, face, flags):
    path = path_of(DEMO, face.test)
    assert outcome(stranger.call, path, face.domain + '.Undefine', '(u)', flags) == PASSWORD


@each_face
def test_vcpus_by_the_guest_need_more(stranger, face):
    path = path_of(DEMO, face.test)
    assert stranger.call(path, face.domain + '.GetVcpus', '(u)', 0) == 2
    assert outcome(stranger.call, path, face.domain + '.GetVcpus', '(u)', 8) == PASSWORD


@each_face
def test_addresses_from_the_guest_need_more(stranger, face):
    """Here an argument that is no flag decides."""
    path, member = path_of(DEMO, face.test), face.domain + '.InterfaceAddresses'
    assert outcome(stranger.call, path, member, '(uu)', 0, 0) not in (DENIED, PASSWORD)
    assert outcome(stranger.call, path, member, '(uu)', 1, 0) == PASSWORD


@each_face
def test_a_right_on_one_connection(clients, root, rules, face):
    """demo is on both, with the same UUID."""
    uri = root.get(TEST, CONNECTION, 'URI')
    assert uri != root.get(OTHER, CONNECTION, 'URI')
    rules(rule(STRANGER, 'domain.', f'action.lookup("connect_uri") == "{uri}"',
               otherwise='polkit.Result.NO'), STANDARD_RULES)
    stranger = clients[STRANGER]
    for _ in range(2):  # what was decided about the one is not the other's
        assert stranger.get(path_of(DEMO, face.test), face.domain, 'Name') == 'demo'
        assert outcome(stranger.get, path_of(DEMO, face.other), face.domain, 'Name') == DENIED
        assert outcome(stranger.call, path_of(DEMO, face.other), face.domain + '.Suspend') == DENIED
    suspend = face.domain + '.Suspend', face.domain + '.Resume'
    for member in suspend:
        assert outcome(stranger.call, path_of(DEMO, face.test), member) is None
    assert stranger.call(face.other, face.connection + '.ListDomains', '(u)', 0) == []


# What a migration takes where the domain goes, and under what name it is asked for.
ARRIVAL = ('connect.getattr', 'domain.migrate', 'domain.start', 'domain.write', 'domain.save')
NO_SUPPORT = 'org.libvirt1.Error.NoSupport'  # the test driver's, to whom it lets come so far
PERSIST_DEST = 8


def migrate(client, destination=OTHER, flags=PERSIST_DEST, **params):
    packed = {name: GLib.Variant('s', value) for name, value in params.items()}
    return outcome(client.call, path_of(DEMO), DOMAIN + '.Migrate', '(oa{sv}u)', destination, packed, flags)


@pytest.mark.parametrize('missing', [None, *ARRIVAL])
def test_migrating_takes_both_ends(clients, root, rules, missing):
    there = f'action.lookup("connect_uri") == "{root.get(OTHER, CONNECTION, "URI")}"'
    may = rule(STRANGER, 'domain.') + rule(STRANGER, 'connect.getattr')
    if missing:
        may = rule(STRANGER, missing, there, result='NO') + may
    rules(may, STANDARD_RULES)
    stranger = clients[STRANGER]
    assert migrate(stranger) == (DENIED if missing else NO_SUPPORT)
    if missing == 'domain.save':
        assert migrate(stranger, flags=0) == NO_SUPPORT


def test_migrating_needs_the_right_at_home(clients, root, rules):
    there = f'action.lookup("connect_uri") == "{root.get(OTHER, CONNECTION, "URI")}"'
    rules(rule(STRANGER, 'domain.', there), STANDARD_RULES)
    assert migrate(clients[STRANGER]) == PASSWORD


def test_a_name_in_the_place_of_ones_own(clients):
    """The rule for "one" looks at the name that the domain has where it goes."""
    one = clients[ONE]
    assert migrate(one) == NO_SUPPORT
    assert migrate(one, destination_name='second') == DENIED
    assert migrate(one, destination_xml=DOMAIN_XML.format('second', uuid_of(DEMO))) == DENIED
    assert migrate(one, destination_xml=DOMAIN_XML.format('second', uuid_of(DEMO)),
                   destination_name='demo') == NO_SUPPORT
    assert migrate(one, destination_xml='<domain') == 'org.libvirt1.Error.XmlError'
    wrapped = GLib.Variant('v', GLib.Variant('s', 'second'))
    assert outcome(one.call, path_of(DEMO), DOMAIN + '.Migrate', '(oa{sv}u)', OTHER,
                   {'destination_name': wrapped}, 0) == DENIED


def test_a_connection_that_is_refused(clients, root, rules):
    uri = root.get(OTHER, CONNECTION, 'URI')
    rules(rule(STRANGER, '', f'action.lookup("connect_uri") == "{uri}"', result='NO'), STANDARD_RULES)
    stranger = clients[STRANGER]
    assert outcome(stranger.get, OTHER, CONNECTION, 'URI') == DENIED
    assert outcome(stranger.get_all, OTHER, CONNECTION) == DENIED
    assert outcome(stranger.call, OTHER, CONNECTION + '.ListNetworks', '(u)', 0) == DENIED
    assert outcome(stranger.call, OTHER, OBJECT_MANAGER + '.GetManagedObjects') == DENIED
    assert outcome(stranger.get, path_of(DEMO, OTHER), DOMAIN, 'Name') == DENIED
    assert stranger.get(TEST, CONNECTION, 'URI')


def test_the_driver_is_told(clients, rules):
    rules(rule(STRANGER, 'domain.suspend', 'action.lookup("connect_driver") == "TEST"'), STANDARD_RULES)
    for member in ('.Suspend', '.Resume'):
        assert outcome(clients[STRANGER].call, path_of(DEMO), DOMAIN + member) is None


# --- details of other kinds -----------------------------------------------------------------------

# A rule about one object of a kind by each of its details; where there are two, one stands beside it.
NETWORK_UUID, POOL_UUID = uuid_of(201), uuid_of(301)
NETWORKS = {
    'cable': f"<network><name>cable</name><uuid>{NETWORK_UUID}</uuid><bridge name='virbr8'/></network>",
    'wire': "<network><name>wire</name><bridge name='virbr9'/></network>",
}
POOLS = {
    'pond': f"""<pool type='dir'><name>pond</name><uuid>{POOL_UUID}</uuid>
        <target><path>/pond</path></target></pool>""",
    'lake': "<pool type='dir'><name>lake</name><target><path>/lake</path></target></pool>",
}


@pytest.fixture(scope='module')
def objects(root):
    """Paths by kind: the one that a rule is about, and the other."""
    define = {
        kind: [root.call(TEST, f'{CONNECTION}.{kind}DefineXML', '(su)', xml, 0) for xml in xmls.values()]
        for kind, xmls in (('Network', NETWORKS), ('StoragePool', POOLS))
    }
    for path in define['StoragePool']:
        root.call(path, 'org.libvirt1.StoragePool.Create', '(u)', 0)
    define['StorageVol'] = [
        root.call(path, 'org.libvirt1.StoragePool.StorageVolCreateXML', '(su)',
                  '<volume><name>drop</name><capacity>1048576</capacity></volume>', 0)
        for path in define['StoragePool']
    ]
    devices = root.call(TEST, CONNECTION + '.ListNodeDevices', '(u)', 0)
    define['NodeDevice'] = [next(p for p in devices if p.endswith('computer')),
                            next(p for p in devices if not p.endswith('computer'))]
    interface = "<interface type='ethernet' name='{}'><mac address='{}'/></interface>"
    define['Interface'] = [
        root.call(TEST, CONNECTION + '.InterfaceDefineXML', '(su)', interface.format(*names), 0)
        for names in (('eth7', 'aa:bb:cc:00:00:07'), ('eth8', 'aa:bb:cc:00:00:08'))
    ]
    return define


DETAILS = [
    ('Network', 'network', 'network_name', 'cable'),
    ('Network', 'network', 'network_uuid', NETWORK_UUID),
    ('StoragePool', 'storage-pool', 'pool_name', 'pond'),
    ('StoragePool', 'storage-pool', 'pool_uuid', POOL_UUID),
    ('StorageVol', 'storage-vol', 'vol_key', '/pond/drop'),
    ('StorageVol', 'storage-vol', 'pool_name', 'pond'),
    ('StorageVol', 'storage-vol', 'pool_uuid', POOL_UUID),
    ('NodeDevice', 'node-device', 'node_device_name', 'computer'),
    ('Interface', 'interface', 'interface_name', 'eth7'),
    ('Interface', 'interface', 'interface_macaddr', 'aa:bb:cc:00:00:07'),
]


@pytest.mark.parametrize('kind,action,detail,value', DETAILS, ids=[f'{d[0]}-{d[2]}' for d in DETAILS])
def test_details(clients, rules, objects, kind, action, detail, value):
    rules(rule(STRANGER, action + '.', f'action.lookup("{detail}") == "{value}"',
               otherwise='polkit.Result.NO'), STANDARD_RULES)
    mine, others = objects[kind]
    stranger, interface = clients[STRANGER], f'org.libvirt1.{kind}'
    assert stranger.get(mine, interface, 'Name')
    assert stranger.call(mine, interface + '.GetXMLDesc', '(u)', 0)
    assert outcome(stranger.get, others, interface, 'Name') == DENIED
    assert outcome(stranger.call, others, interface + '.GetXMLDesc', '(u)', 0) == DENIED
    lists = {'StorageVol': None, 'Network': 'ListNetworks', 'StoragePool': 'ListStoragePools',
             'NodeDevice': 'ListNodeDevices', 'Interface': 'ListInterfaces'}[kind]
    if lists:
        assert stranger.call(TEST, f'{CONNECTION}.{lists}', '(u)', 0) == [mine]
    if kind in ('Network', 'StoragePool', 'NodeDevice'):
        managed = stranger.call(TEST, OBJECT_MANAGER + '.GetManagedObjects')
        assert [path for path in managed if interface in managed[path]] == [mine]


# --- a password -----------------------------------------------------------------------------------


@each_face
def test_only_who_asks_for_it_is_asked_for_a_password(bus, clients, face):
    """There is nobody to ask it, so it is refused, but not with the hint that one might help."""
    path = path_of(DEMO, face.test)
    patient = bus.connect(STRANGER, interactive=True)
    try:
        assert outcome(clients[STRANGER].call, path, face.domain + '.Suspend') == PASSWORD
        assert outcome(patient.call, path, face.domain + '.Suspend') == DENIED
        assert outcome(clients[STRANGER].call, path, face.domain + '.Suspend') == PASSWORD
    finally:
        patient.close()
    assert outcome(clients[OUTCAST].call, path, face.domain + '.Suspend') == DENIED


def test_busctl_says_whether_it_may_ask(bus, daemon):
    call = ('call', NATIVE.name, path_of(DEMO), DOMAIN, 'Suspend')
    done = bus.busctl(STRANGER, '--allow-interactive-authorization=no', *call)
    assert done.returncode != 0 and 'Access denied' not in done.stderr
    assert not may(bus, STRANGER, *call)


AGENT = """<node><interface name='org.freedesktop.PolicyKit1.AuthenticationAgent'>
  <method name='BeginAuthentication'>
    <arg type='s' name='action_id' direction='in'/><arg type='s' name='message' direction='in'/>
    <arg type='s' name='icon_name' direction='in'/><arg type='a{ss}' name='details' direction='in'/>
    <arg type='s' name='cookie' direction='in'/><arg type='a(sa{sv})' name='identities' direction='in'/>
  </method>
  <method name='CancelAuthentication'><arg type='s' name='cookie' direction='in'/></method>
</interface></node>"""


class Agent:
    """Stands where a desktop has the dialogue for the password; it knows the administrator's."""

    def __init__(self, client, root, pid):
        self.root = root
        self.asked = []
        info = Gio.DBusNodeInfo.new_for_xml(AGENT).interfaces[0]
        client.connection.register_object('/agent', info, self._on_call, None, None)
        with open(f'/proc/{pid}/stat', encoding='ascii') as file:
            start = int(file.read().rpartition(')')[2].split()[19])
        subject = ('unix-process', {'pid': GLib.Variant('u', pid), 'start-time': GLib.Variant('t', start)})
        client.call_variant(AUTHORITY, POLKIT + '.Authority.RegisterAuthenticationAgent',
                            GLib.Variant('((sa{sv})ss)', (subject, 'C', '/agent')), POLKIT)

    def _on_call(self, _connection, _sender, _path, _interface, method, arguments, invocation):
        if method == 'BeginAuthentication':
            action, message, _, _, cookie, _ = arguments.unpack()
            self.asked.append((action, message))
            admin = ('unix-user', {'uid': GLib.Variant('u', ADMIN.uid)})
            self.root.call_variant(AUTHORITY, POLKIT + '.Authority.AuthenticationAgentResponse2',
                                   GLib.Variant('(us(sa{sv}))', (STRANGER.uid, cookie, admin)), POLKIT)
        invocation.return_value(None)


def test_with_a_password_it_is_done(bus, root, clients):
    """A stranger who knows an administrator's. The agent is registered for busctl's process."""
    call = ['busctl', '--system', '--timeout=30', 'call', NATIVE.name, path_of(DEMO), DOMAIN, 'Suspend']
    process = subprocess.Popen(
        ['setpriv', f'--reuid={STRANGER.uid}', f'--regid={STRANGER.uid}', '--init-groups',
         'sh', '-c', 'echo; read -r go; exec "$@"', 'sh', *call],
        env=bus.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()  # it is the stranger's from here on
    agent = Agent(clients[STRANGER], root, process.pid)
    process.stdin.write(b'\n')
    process.stdin.flush()
    pidfd = os.pidfd_open(process.pid)
    ended = []
    GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, pidfd, GLib.IOCondition.IN, lambda *_: ended.append(1))
    wait_for(lambda: ended)
    os.close(pidfd)
    _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, errors
    assert [action for action, _ in agent.asked] == ['org.libvirt1.domain.suspend']
    assert agent.asked[0][1]  # what the dialogue says
    assert root.get(path_of(DEMO), DOMAIN, 'State')[0] == PAUSED
    root.call(path_of(DEMO), DOMAIN + '.Resume')
