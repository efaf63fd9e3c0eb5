# SPDX-License-Identifier: LGPL-2.1-or-later

"""Connections that callers open: one object for all who hold it, and nothing left behind."""

import os
import signal
import subprocess
import sys

import pytest
from gi.repository import GLib

from daemon import PROPERTIES, ROOT, TIMEOUT, Client, Daemon, PrivateBus, error_name, wait_for
from picture import Picture
from qemu import ask_until
from silent import SilentServer

CONNECTION = 'org.libvirt1.Connection'
MANAGER = 'org.libvirt1.Manager'
OBJECT_MANAGER = 'org.freedesktop.DBus.ObjectManager'
DEFAULT = 'test:///default'

CONFIG = """
[Service]
Predefined=false
ConnectionsPerUser=250

[Connection Test]
URI=test:///default
"""

NODE = """
<node>
  <domain type='test'>
    <name>{name}</name>
    <memory>8388608</memory>
    <os><type>hvm</type></os>
  </domain>
</node>
"""


def open_connection(client, uri, **options):
    """@options are GVariants; a _ in their names is a -."""
    arguments = GLib.Variant('(sa{sv})', (
        uri, {name.replace('_', '-'): value for name, value in options.items()}))
    call = client.start(ROOT, MANAGER + '.OpenConnection', arguments).wait()
    if call.error:
        raise call.error
    return call.value.unpack()[0]


def boolean(value=True):
    return GLib.Variant('b', value)


def string(value):
    return GLib.Variant('s', value)


def number(value):
    return GLib.Variant('u', value)


def close(client, path):
    client.call(path, CONNECTION + '.Close')


def failure(call, *arguments, **options):
    with pytest.raises(GLib.Error) as caught:
        call(*arguments, **options)
    return error_name(caught.value), caught.value.message


def connections(client):
    """The same to all who ask, however they do."""
    paths = client.get(ROOT, MANAGER, 'Connections')
    assert sorted(client.call(ROOT, OBJECT_MANAGER + '.GetManagedObjects')) == sorted(paths)
    assert {ROOT + '/' + node.path for node in client.introspect(ROOT).nodes} == set(paths)
    return paths


@pytest.fixture
def node(bus):
    """A host of the test driver's own, with a domain, as a URI."""
    path = bus.write('node.xml', NODE.format(name='mine'))
    return 'test://' + path


@pytest.fixture
def other(bus, daemon):
    """Somebody else on the bus."""
    connected = Client(bus)
    yield connected
    connected.close()


@pytest.fixture
def own_bus():
    """For a virtbusd that is not everybody's."""
    private = PrivateBus()
    yield private
    private.remove()


@pytest.fixture(autouse=True)
def nothing_is_left(client):
    yield
    wait_for_end(client)


def wait_for_end(client):
    ask_until(lambda: connections(client) == [ROOT + '/Test'])


def test_it_comes_and_goes(client, node):
    signals = client.listen(path=ROOT)
    path = open_connection(client, node)
    assert path.startswith(ROOT + '/test_')
    _, _, _, (added, interfaces) = signals.wait(lambda *s: s[2] == 'InterfacesAdded')
    assert (added, interfaces) == (path, {CONNECTION: {'Alive': True, 'ReadOnly': False, 'URI': node}})
    signals.wait(lambda *s: s[2:] == ('PropertiesChanged', (MANAGER, {}, ['Connections'])))
    assert connections(client) == [ROOT + '/Test', path]

    domain, = client.call(path, CONNECTION + '.ListDomains', '(u)', 0)
    assert domain.startswith(path + '/domain/')
    assert client.get(domain, 'org.libvirt1.Domain', 'Name') == 'mine'
    assert list(client.call(path, OBJECT_MANAGER + '.GetManagedObjects')) == [domain]

    gone = client.listen(interface=OBJECT_MANAGER)
    close(client, path)
    assert gone.wait(lambda *s: s[2] == 'InterfacesRemoved')[::3] == (path, (domain, ['org.libvirt1.Domain']))
    assert gone.wait(lambda *s: s[2] == 'InterfacesRemoved')[::3] == (ROOT, (path, [CONNECTION]))
    signals.wait(lambda *s: s[2:] == ('PropertiesChanged', (MANAGER, {}, ['Connections'])))
    assert connections(client) == [ROOT + '/Test']
    nowhere = failure(client.get, ROOT + '/nowhere', CONNECTION, 'URI')
    assert failure(client.get, path, CONNECTION, 'URI') == tuple(
        text.replace(ROOT + '/nowhere', path) for text in nowhere)
    gone.stop()
    signals.stop()


def test_a_listener_sees_all_of_it(client, node):
    path = open_connection(client, node)
    picture = Picture(client, path)
    client.call(path, CONNECTION + '.DomainCreateXML', '(su)',
                NODE.format(name='second').replace('<node>', '').replace('</node>', ''), 0)
    wait_for(lambda: len(picture.objects) == 2)
    close(client, path)
    wait_for(lambda: not picture.objects)
    picture.close()


def test_same_object_while_somebody_holds_it(client, other, node):
    path = open_connection(client, node)
    assert open_connection(client, node, timeout=number(5)) == path
    assert open_connection(other, node, keep=boolean(False)) == path
    read_only = open_connection(client, node, read_only=boolean())
    assert read_only != path
    close(client, read_only)

    close(client, path)
    close(client, path)
    name, message = failure(close, client, path)
    assert name == 'org.libvirt1.Error.OperationInvalid' and 'not yours' in message
    assert client.get(path, CONNECTION, 'Alive') is True
    close(other, path)
    assert path not in connections(client)


def test_many_at_once_get_the_same(client, node):
    arguments = GLib.Variant('(sa{sv})', (node, {}))
    calls = [client.start(ROOT, MANAGER + '.OpenConnection', arguments) for _ in range(20)]
    paths = {call.wait().value.unpack()[0] for call in calls}
    assert len(paths) == 1
    for _ in calls:
        close(client, *paths)
    assert failure(close, client, *paths)[0] == 'org.freedesktop.DBus.Error.UnknownMethod'


def test_configured_one_is_only_counted(client, other):
    signals = client.listen(path=ROOT)
    path = ROOT + '/Test'
    assert failure(close, client, path)[0] == 'org.libvirt1.Error.OperationInvalid'
    assert open_connection(client, DEFAULT) == path
    assert open_connection(client, DEFAULT, name=string('Test')) == path
    assert failure(close, other, path)[0] == 'org.libvirt1.Error.OperationInvalid'
    close(client, path)
    close(client, path)
    assert failure(close, client, path)[0] == 'org.libvirt1.Error.OperationInvalid'
    assert client.get(path, CONNECTION, 'Alive') is True
    assert client.call(path, CONNECTION + '.ListDomains', '(u)', 0)
    client.has_owner()
    assert not signals.seen
    signals.stop()


def test_name(client, node):
    path = open_connection(client, node, name=string('mine_1'))
    assert path == ROOT + '/mine_1'
    assert open_connection(client, node, name=string('mine_1')) == path
    close(client, path)
    another = open_connection(client, node, name=string('mine_2'))
    assert another == ROOT + '/mine_2'
    assert failure(open_connection, client, DEFAULT, name=string('mine_1')) == (
        'org.freedesktop.DBus.Error.ObjectPathInUse', 'GDBus.Error:org.freedesktop.DBus.Error.'
        'ObjectPathInUse: the name mine_1 is that of another connection')
    for taken in 'Test', 'job':
        assert failure(open_connection, client, node, name=string(taken))[0] == (
            'org.freedesktop.DBus.Error.ObjectPathInUse')
    close(client, path)
    close(client, another)


def test_made_names_differ(client, bus):
    first = bus.write('a-b.xml', NODE.format(name='a'))
    second = bus.write('a_b.xml', NODE.format(name='a'))
    paths = [open_connection(client, 'test://' + path) for path in (first, second)]
    assert paths[1] == paths[0] + '_2'
    for path in paths:
        close(client, path)


@pytest.mark.parametrize('name, value', [
    ('name', string('')),
    ('name', string('a-b')),
    ('name', string('a/b')),
    ('name', string('a' * 65)),
    ('name', number(1)),
    ('read_only', number(1)),
    ('keep', string('true')),
    ('timeout', number(0)),
    ('timeout', number(3601)),
    ('timeout', string('1')),
    ('no_such', boolean()),
])
def test_bad_option(client, name, value):
    error, message = failure(open_connection, client, DEFAULT, **{name: value})
    assert error == 'org.freedesktop.DBus.Error.InvalidArgs'
    assert name.replace('_', '-') in message


def test_read_only_refuses_changes(client, node):
    path = open_connection(client, node, read_only=boolean())
    assert client.get(path, CONNECTION, 'ReadOnly') is True
    domain, = client.call(path, CONNECTION + '.ListDomains', '(u)', 0)
    for where, member, *arguments in (
            (domain, 'org.libvirt1.Domain.Destroy', '(u)', 0),
            (domain, 'org.libvirt1.Domain.Suspend'),
            (domain, 'org.libvirt1.Domain.SetMemory', '(tu)', 1024, 0),
            (path, CONNECTION + '.DomainDefineXML', '(su)', '<domain/>', 0)):
        assert failure(client.call, where, member, *arguments)[0] == 'org.libvirt1.Error.OperationDenied'
    assert client.get(domain, 'org.libvirt1.Domain', 'State')[0] == 1
    close(client, path)


@pytest.mark.parametrize('uri, error', [
    ('nosuch:///system', None),
    ('test:///no/such/file', None),
    ('qemu+unix:///system?socket=/no/such/socket', 'SystemError'),
    ('qemu+tcp://127.0.0.1:1/system', 'SystemError'),
    ('::::', None),
])
def test_what_cannot_be_opened_leaves_nothing(client, uri, error):
    signals = client.listen()
    name, message = failure(open_connection, client, uri)
    assert name.startswith('org.libvirt1.Error.') and (not error or name.endswith('.' + error)), message
    assert message
    assert not [s for s in signals.seen if s[0].startswith(ROOT)]
    assert connections(client) == [ROOT + '/Test']
    signals.stop()


def test_default_uri(own_bus):
    """libvirt's own choice, which may be one that is there already."""
    with Daemon(own_bus, CONFIG, environment={'LIBVIRT_DEFAULT_URI': DEFAULT}):
        client = Client(own_bus)
        assert open_connection(client, '') == ROOT + '/Test'
        close(client, ROOT + '/Test')
        read_only = open_connection(client, '', read_only=boolean())
        assert client.get(read_only, CONNECTION, 'URI') == DEFAULT
        assert open_connection(client, DEFAULT, read_only=boolean()) == read_only
        assert open_connection(client, '', read_only=boolean()) == read_only
        client.close()


def test_caller_that_leaves_gives_back(bus, client, node):
    leaving, staying = Client(bus), Client(bus)
    path = open_connection(leaving, node)
    own = open_connection(leaving, node, read_only=boolean())
    assert open_connection(staying, node) == path
    assert open_connection(leaving, node) == path
    leaving.close()
    ask_until(lambda: own not in connections(client))
    assert path in connections(client)
    staying.close()
    ask_until(lambda: path not in connections(client))


def test_kept_connection(bus, client, node):
    leaving = Client(bus)
    path = open_connection(leaving, node, keep=boolean(), name=string('kept'))
    gone = open_connection(leaving, node, read_only=boolean())
    leaving.close()
    ask_until(lambda: gone not in connections(client))
    assert client.call(path, CONNECTION + '.ListDomains', '(u)', 0)

    # Whoever opens it again holds it, and ends it.
    assert open_connection(client, node) == path
    close(client, path)
    assert path not in connections(client)

    leaving = Client(bus)
    assert open_connection(leaving, node, keep=boolean(), name=string('kept')) == path
    leaving.close()
    ask_until(lambda: failure(open_connection, client, 'nosuch:///') and path in connections(client))
    ask_until(lambda: try_close(client, path))
    assert path not in connections(client)


def try_close(client, path):
    """The bus need not have told yet that the holder has left."""
    try:
        close(client, path)
    except GLib.Error as error:
        assert error_name(error) == 'org.libvirt1.Error.OperationInvalid'
        return False
    return True


@pytest.fixture
def silent(bus):
    server = SilentServer(bus, 'silent')
    yield server
    server.close()
    os.unlink(server.path)


def silent_uri(server):
    return 'qemu+unix:///system?socket=' + server.path


def held(daemon):
    return len(daemon.file_descriptors()), daemon.threads()


def test_time_limit(client, daemon, silent):
    before = held(daemon)
    name, message = failure(open_connection, client, silent_uri(silent), timeout=number(1))
    assert name == 'org.libvirt1.Error.OperationTimeout' and silent.path in message
    assert connections(client) == [ROOT + '/Test']
    silent.wait_for_client()
    silent.close()
    ask_until(lambda: held(daemon)[0] <= before[0] and held(daemon)[1] <= before[1] + 2)


KILLED = """
import sys
from gi.repository import Gio, GLib
bus = Gio.DBusConnection.new_for_address_sync(sys.argv[1], Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
                                              | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
bus.call_sync('org.libvirt1', '/org/libvirt1', 'org.libvirt1.Manager', 'OpenConnection',
              GLib.Variant('(sa{sv})', (sys.argv[2], {'keep': GLib.Variant('b', True)})), None, 0, -1, None)
"""


def test_caller_killed_while_it_waits(bus, client, daemon, silent):
    signals = client.listen()
    before = held(daemon)
    caller = subprocess.Popen([sys.executable, '-c', KILLED, bus.address, silent_uri(silent)],
                              env=bus.environment())
    silent.wait_for_client()
    caller.send_signal(signal.SIGKILL)
    caller.wait(TIMEOUT)
    assert connections(client) == [ROOT + '/Test']
    assert client.call(ROOT + '/Test', CONNECTION + '.ListDomains', '(u)', 0)
    assert not [s for s in signals.seen if s[0].startswith(ROOT)]

    silent.close()
    ask_until(lambda: held(daemon)[0] <= before[0] and held(daemon)[1] <= before[1] + 2)
    signals.stop()


def test_limit_counts_what_is_still_waited_for(own_bus, silent):
    with Daemon(own_bus, CONFIG.replace('250', '3')):  # and three more that are still waited for
        client = Client(own_bus)
        uri = silent_uri(silent)
        for _ in range(2):
            calls = [client.start(ROOT, MANAGER + '.OpenConnection', GLib.Variant(
                '(sa{sv})', (uri, {'timeout': number(1), 'name': string(f'n{i}')}))) for i in range(4)]
            names = sorted(error_name(call.wait().error) for call in calls)
            assert names == ['org.freedesktop.DBus.Error.LimitsExceeded',
                             *['org.libvirt1.Error.OperationTimeout'] * 3]
        assert failure(open_connection, client, DEFAULT, name=string('n'))[0] == (
            'org.freedesktop.DBus.Error.LimitsExceeded')
        assert open_connection(client, DEFAULT) == ROOT + '/Test'

        for _ in range(6):
            silent.wait_for_client()
        silent.close()
        ask_until(lambda: try_open(client))
        client.close()


def try_open(client):
    try:
        return open_connection(client, DEFAULT, name=string('n'))
    except GLib.Error as error:
        assert error_name(error) == 'org.freedesktop.DBus.Error.LimitsExceeded'
        return None


def memory(daemon):
    """In KiB, what is the process's own."""
    with open(f'/proc/{daemon.pid}/smaps_rollup', encoding='ascii') as file:
        return sum(int(line.split()[1]) for line in file if line.startswith('Private_'))


def test_two_hundred_leave_nothing(bus, client, daemon):
    def round_trip():
        opener = Client(bus)
        calls = [opener.start(ROOT, MANAGER + '.OpenConnection', GLib.Variant(
            '(sa{sv})', (DEFAULT, {'name': string(f'many_{i}')}))) for i in range(200)]
        paths = [call.wait().value.unpack()[0] for call in calls]
        assert len(set(paths)) == 200
        for path in paths[::20]:
            domain, = opener.call(path, CONNECTION + '.ListDomains', '(u)', 0)
            assert opener.get(domain, 'org.libvirt1.Domain', 'Name') == 'test'
        for path in paths[::2]:
            close(opener, path)
        opener.close()
        wait_for_end(client)

    before = held(daemon)
    round_trip()
    first = memory(daemon)
    for _ in range(4):
        round_trip()
    # GLib keeps two idle threads.
    ask_until(lambda: held(daemon)[0] <= before[0] and held(daemon)[1] <= before[1] + 2)
    # Valgrind and AddressSanitizer keep what was freed, as much as they like; both look for leaks.
    if not {'ASAN_OPTIONS', 'VIRTBUSD_WRAPPER'} & set(os.environ):
        assert memory(daemon) < 1.5 * first


def test_ends_while_one_is_being_opened(own_bus, silent):
    daemon = Daemon(own_bus, CONFIG)
    daemon.wait_for_name()
    client = Client(own_bus)
    call = client.start(ROOT, MANAGER + '.OpenConnection', GLib.Variant('(sa{sv})', (silent_uri(silent), {})))
    silent.wait_for_client()
    daemon.stop(allowed=r'.*WARNING.*did not close in time.*')
    assert error_name(call.wait().error) == 'org.freedesktop.DBus.Error.NoReply'
    assert call.answers == 1
    client.close()


def test_calls_under_way_when_it_is_closed(client, node):
    """Each is answered, once."""
    for _ in range(20):
        path = open_connection(client, node)
        domain, = client.call(path, CONNECTION + '.ListDomains', '(u)', 0)
        calls = [client.start(domain, member, arguments) for _ in range(10) for member, arguments in (
            ('org.libvirt1.Domain.Suspend', None), ('org.libvirt1.Domain.Resume', None),
            (PROPERTIES + '.GetAll', GLib.Variant('(s)', ('org.libvirt1.Domain',))))]
        close(client, path)
        for call in calls:
            call.wait()
            assert call.answers == 1
    assert connections(client) == [ROOT + '/Test']
