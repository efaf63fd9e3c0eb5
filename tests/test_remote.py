# SPDX-License-Identifier: LGPL-2.1-or-later

"""Connections to real servers, by each way that libvirt's client knows and this machine has."""

import os
import signal
import statistics
import time

import pytest
from gi.repository import GLib

import remote
from agent import Agent
from daemon import PROPERTIES, ROOT, Client, Daemon, error_name
from libvirtd import Libvirtd, why_not
from picture import OBJECT_MANAGER
from qemu import DOMAIN, RUNNING, STARTED, STOPPED, Thing, ask_until
from test_open import boolean, close, failure, held, open_connection, string

CONNECTION = 'org.libvirt1.Connection'
FIRST, SECOND = '11111111-2222-3333-4444-555555555501', '11111111-2222-3333-4444-555555555502'
USER, PASSWORD = 'somebody', 'a-rather-long-S3cret-of-somebody'
FILED, FILED_PASSWORD = 'another', 'which-stands-in-a-file'
AUTHNAME, PASSPHRASE = 2, 5  # virConnectCredentialType
NEEDED = ('openssl', 'saslpasswd2', 'ssh', 'ssh-keygen', 'sshd', 'virt-ssh-helper')

CONFIG = """
[Service]
Predefined=false

[Connection Test]
URI=test:///default
"""


@pytest.fixture(scope='module', autouse=True)
def installed():
    reason = why_not()
    missing = [name for name in NEEDED if not remote.find(name)]
    if missing:
        reason = 'not installed: ' + ', '.join(missing)
    if reason and 'UNDER_MESON' in os.environ:
        pytest.exit('no servers to connect to: ' + reason, returncode=77)
    if reason:
        pytest.skip('no servers to connect to: ' + reason)


def start(libvirtd):
    try:
        libvirtd.start()
    except BaseException:
        libvirtd.close()
        raise
    return libvirtd


@pytest.fixture(scope='module')
def pki(bus, installed):
    directory = bus.path('pki')
    remote.make_certificates(directory)
    return directory


@pytest.fixture(scope='module')
def first(bus, pki):
    """Listens on TCP for everybody, and for TLS."""
    os.mkdir(bus.path('first'))
    config = remote.LISTENING.format(port=remote.TCP, auth='none', uuid=FIRST)
    config += remote.LISTENING_TLS.format(port=remote.TLS, pki=pki)
    running = start(Libvirtd(bus.path('first'), config))
    yield running
    running.close()


@pytest.fixture(scope='module')
def second(bus, first):
    """Listens on TCP for those who have a password."""
    directory = bus.path('second')
    os.mkdir(directory)
    remote.add_user(directory, USER, PASSWORD)
    remote.add_user(directory, FILED, FILED_PASSWORD)
    config = remote.LISTENING.format(port=remote.TCP + 1, auth='sasl', uuid=SECOND)
    config += remote.NOT_TLS
    running = start(Libvirtd(directory, config, remote.SASL.format(directory=directory), near=first))
    yield running
    running.close()


@pytest.fixture(scope='module')
def daemon(bus, first):
    started = Daemon(bus, CONFIG, prefix=first.in_network())
    try:
        started.wait_for_name()
        yield started
        started.stop()
    finally:
        started.kill()


@pytest.fixture
def client(bus, daemon):
    """One for each test: what a failed one has opened is gone with it."""
    connected = Client(bus)
    yield connected
    connected.close()


@pytest.fixture(scope='module')
def ssh(bus, first):
    return remote.start_sshd(first, bus.path('ssh'))


@pytest.fixture
def uris(first, pki, ssh):
    """Ways to the first."""
    return {
        'unix': f'qemu+unix:///system?socket={first.socket}',
        'tcp': f'qemu+tcp://127.0.0.1:{remote.TCP}/system',
        'tls': f'qemu+tls://127.0.0.1:{remote.TLS}/system?pkipath={pki}',
        'ssh': f'qemu+ssh://root@127.0.0.1:{remote.SSH}/system?command={ssh}',
        **{way: f'qemu+{way}://root@127.0.0.1:{remote.SSH}/system?keyfile={os.path.dirname(ssh)}/user'
                f'&known_hosts={os.path.dirname(ssh)}/known&sshauth=privkey'
           for way in ('libssh2', 'libssh')},
        'test+tcp': f'test+tcp://127.0.0.1:{remote.TCP}/default',
        'test+unix': f'test+unix:///default?socket={first.socket}',
    }


@pytest.mark.parametrize('way', ['unix', 'tcp', 'tls', 'ssh', 'libssh2', 'libssh', 'test+tcp', 'test+unix'])
def test_way(client, uris, way):
    path = open_connection(client, uris[way])
    assert client.get(path, CONNECTION, 'Type') == ('TEST' if 'test' in way else 'QEMU')
    assert client.get(path, CONNECTION, 'Encrypted') is (way == 'tls')
    capabilities = client.call(path, CONNECTION + '.GetCapabilities')
    assert (FIRST in capabilities) is ('test' not in way)

    # One that may only read sees what the other makes, and changes nothing.
    reading = open_connection(client, uris[way], read_only=boolean())
    xml = DOMAIN.format(name='over-' + way, devices='')
    if 'test' in way:
        xml = '<domain type="test"><name>remote</name><memory>1024</memory><os><type>hvm</type></os></domain>'
    assert failure(client.call, reading, CONNECTION + '.DomainDefineXML', '(su)', xml, 0)[0] == (
        'org.libvirt1.Error.OperationDenied')
    events = client.listen(CONNECTION, 'DomainEvent', path)
    domain = client.call(path, CONNECTION + '.DomainDefineXML', '(su)', xml, 0)
    events.wait(lambda *s: s[3][:2] == (domain, 0))
    events.stop()
    if 'test' not in way:
        name = client.get(domain, 'org.libvirt1.Domain', 'Name')
        ask_until(lambda: domain.replace(path, reading) in client.call(
            reading, CONNECTION + '.ListDomains', '(u)', 0))
        assert client.get(domain.replace(path, reading), 'org.libvirt1.Domain', 'Name') == name
    client.call(domain, 'org.libvirt1.Domain.Undefine', '(u)', 0)
    close(client, reading)
    close(client, path)


def test_wrong_certificate(client, bus, uris, pki):
    """A server that another authority vouches for is not believed."""
    other = bus.path('other-pki')
    remote.make_certificates(other)
    name, message = failure(open_connection, client, uris['tls'].replace(pki, other))
    assert name.startswith('org.libvirt1.Error.') and 'ertificate' in message


def test_all_ways_at_once_are_one_tree(client, daemon, uris):
    del uris['libssh']  # with each of which libvirt 9.0 loses a socket, in virsh as well
    before = held(daemon)
    paths = {way: open_connection(client, uri) for way, uri in uris.items()}
    assert len(set(paths.values())) == len(uris)
    managed = client.call(ROOT, 'org.freedesktop.DBus.ObjectManager.GetManagedObjects')
    assert set(managed) == {ROOT + '/Test', *paths.values()}
    assert all(values[CONNECTION]['Alive'] for path, values in managed.items() if path != ROOT + '/Test')
    for path in paths.values():
        close(client, path)
    ask_until(lambda: held(daemon)[0] <= before[0] and held(daemon)[1] <= before[1] + 2)


# --- credentials ----------------------------------------------------------------------------------

SASL_URI = f'qemu+tcp://127.0.0.1:{remote.TCP + 1}/system'


@pytest.fixture
def agent(client):
    registered = Agent(client, {AUTHNAME: USER, PASSPHRASE: PASSWORD})
    yield registered
    registered.close()


def test_agent_is_asked(client, second, agent):
    path = open_connection(client, SASL_URI, agent=agent.option())
    assert SECOND in client.call(path, CONNECTION + '.GetCapabilities')
    for sender, uri, prompts in agent.asked:
        assert uri == SASL_URI
        assert sender == client.call_variant('/org/freedesktop/DBus', 'org.freedesktop.DBus.GetNameOwner',
                                             GLib.Variant('(s)', ('org.libvirt1',)),
                                             'org.freedesktop.DBus').unpack()[0]
        assert {kind: hidden for kind, _, _, _, hidden in prompts} in (
            {AUTHNAME: False, PASSPHRASE: True}, {AUTHNAME: False}, {PASSPHRASE: True})
        assert all(prompt for _, prompt, *_ in prompts)
    assert agent.asked

    # Calls that take long go over another connection to libvirtd, which asks again.
    agent.asked.clear()
    arguments = GLib.Variant('(ssu)', ('/nowhere', '', 0))
    call = client.start(path, CONNECTION + '.DomainRestore', arguments).wait()
    assert 'nowhere' in call.error.message
    assert agent.asked
    assert open_connection(client, SASL_URI, agent=agent.option()) == path
    close(client, path)
    close(client, path)


def opening_fails(client, **options):
    before = client.get(ROOT, 'org.libvirt1.Manager', 'Connections')
    name, message = failure(open_connection, client, SASL_URI, **options)
    assert name == 'org.libvirt1.Error.AuthFailed', message
    assert client.get(ROOT, 'org.libvirt1.Manager', 'Connections') == before
    assert PASSWORD not in message and 'wrong' not in message
    return message


def test_wrong_password(client, second, agent, daemon):
    agent.answers = {AUTHNAME: USER, PASSPHRASE: 'wrong'}
    opening_fails(client, agent=agent.option())
    assert 'wrong' not in daemon.stderr()


def test_agent_that_will_not_answer(client, second, agent):
    agent.answers = None
    assert 'no, thanks' in opening_fails(client, agent=agent.option())


def test_agent_that_is_not_there(client, second):
    assert '/nowhere' in opening_fails(client, agent=GLib.Variant('o', '/nowhere'))


def test_no_agent(client, second):
    assert 'no agent was named' in opening_fails(client)


def test_only_the_callers_agent_is_asked(bus, client, second, agent):
    other = Client(bus)
    other_agent = Agent(other, {AUTHNAME: USER, PASSPHRASE: 'wrong'})
    path = open_connection(client, SASL_URI, agent=agent.option())
    opening_fails(other, agent=other_agent.option())
    assert other_agent.asked
    assert client.get(path, CONNECTION, 'Alive') is True

    # Not even the same answers make it the same object.
    other_agent.answers = agent.answers
    theirs = open_connection(other, SASL_URI, agent=other_agent.option())
    assert theirs != path
    other.close()
    ask_until(lambda: theirs not in client.get(ROOT, 'org.libvirt1.Manager', 'Connections'))
    close(client, path)


def test_auth_file(client, bus, second):
    """What libvirt finds there is not asked for."""
    directory = os.path.join(bus.path('home'), 'libvirt')
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, 'auth.conf')
    with open(path, 'w', encoding='ascii') as file:
        file.write(f'[credentials-x]\nauthname={FILED}\npassword={FILED_PASSWORD}\n'
                   '[auth-libvirt-127.0.0.1]\ncredentials=x\n')
    try:
        connection = open_connection(client, SASL_URI)
        assert SECOND in client.call(connection, CONNECTION + '.GetCapabilities')
        close(client, connection)
    finally:
        os.unlink(path)


def count_in_memory(pid, text):
    """How often it stands in what the process may write."""
    n = 0
    with open(f'/proc/{pid}/maps', encoding='utf-8') as maps, open(f'/proc/{pid}/mem', 'rb') as memory:
        for line in maps:
            addresses, permissions, *_ = line.split()
            begin, end = (int(address, 16) for address in addresses.split('-'))
            if permissions.startswith('rw'):
                memory.seek(begin)
                n += memory.read(end - begin).count(text.encode())
    return n


@pytest.mark.skipif('VIRTBUSD_WRAPPER' in os.environ, reason='valgrind keeps what was freed')
@pytest.mark.skipif('ASAN_OPTIONS' in os.environ, reason='AddressSanitizer keeps what was freed')
def test_secret_is_wiped(client, daemon, second, agent):
    path = open_connection(client, SASL_URI, agent=agent.option())
    assert agent.asked
    # libsasl has one for as long as the connection is open, and another test's may still be closing.
    # What is freed loses its beginning anyway, so the end is looked for.
    ask_until(lambda: count_in_memory(daemon.pid, PASSWORD[-16:]) <= 1, 10)
    close(client, path)
    ask_until(lambda: count_in_memory(daemon.pid, PASSWORD[-16:]) == 0, 10)
    assert PASSWORD not in daemon.stderr()


# --- two hosts ------------------------------------------------------------------------------------

@pytest.fixture
def both(client, first, second, uris):
    second_uri = f'qemu+unix:///system?socket={second.socket}'
    paths = [open_connection(client, uri) for uri in (uris['tcp'], second_uri)]
    yield [Thing(client, path, 'Connection') for path in paths]
    for path in paths:
        close(client, path)
    for libvirtd in first, second:
        if not libvirtd.pid:
            libvirtd.start()


def define(connection, name, start=True):
    path = connection.call('DomainDefineXML', '(su)', DOMAIN.format(name=name, devices=''), 0)
    domain = connection.at(path, 'Domain')
    if start:
        domain.call('Create', '(u)', 0)
    return domain


def median(call, *arguments):
    times = []
    for _ in range(100):
        begin = time.perf_counter()
        call(*arguments)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def test_one_host_stops_and_dies_and_returns(client, both, second):
    near, far = both
    assert FIRST in near.call('GetCapabilities') and SECOND in far.call('GetCapabilities')
    domain = define(far, 'on-the-second')
    here = define(near, 'on-the-first')
    usual = median(here.call, 'GetState', '(u)', 0)

    os.kill(second.pid, signal.SIGSTOP)
    waiting = [client.start(domain.path, 'org.libvirt1.Domain.GetState', GLib.Variant('(u)', (0,)))
               for _ in range(20)]
    assert median(here.call, 'GetState', '(u)', 0) < 5 * usual
    assert not any(call.answers for call in waiting)

    properties = client.listen(PROPERTIES, 'PropertiesChanged', far.path)
    objects = client.listen('org.freedesktop.DBus.ObjectManager', path=far.path)
    second.kill()
    properties.wait(lambda *s: s[3][1].get('Alive') is False)
    objects.wait(lambda *s: s[2] == 'InterfacesRemoved' and s[3][0] == domain.path)
    for call in waiting:
        assert call.wait().error
    assert near.get('Alive') is True

    second.start()
    properties.wait(lambda *s: s[3][1].get('Alive') is True)
    objects.wait(lambda *s: s[2] == 'InterfacesAdded' and s[3][0] == domain.path)
    assert domain.get('State')[0] == RUNNING
    for thing in domain, here:
        thing.call('Destroy', '(u)', 0)
        thing.call('Undefine', '(u)', 0)
    properties.stop()
    objects.stop()


# --- from one to the other ------------------------------------------------------------------------

LIVE, PERSIST_DEST, UNDEFINE_SOURCE, OFFLINE = 1, 8, 16, 1024  # virDomainMigrateFlags
MOVE = PERSIST_DEST | UNDEFINE_SOURCE
STARTED_MIGRATED, STOPPED_MIGRATED = 1, 3


def migrate(source, destination, flags=LIVE | MOVE, **params):
    params = {'migrate_uri': string(f'tcp:127.0.0.1:{remote.MIGRATION}'),
              **{name: string(value) for name, value in params.items()}}
    return source.call('Migrate', '(oa{sv}u)', destination.path, params, flags)


def domains(connection):
    """Those that a listener would know of."""
    managed = connection.client.call(connection.path, OBJECT_MANAGER + '.GetManagedObjects')
    return [path for path in managed if '/domain/' in path]


def test_domain_moves(client, both, first, second):
    near, far = both
    domain = define(near, 'traveller')
    uuid = domain.get('UUID')
    leaving, coming = (client.listen(CONNECTION, 'DomainEvent', end.path) for end in both)
    objects = client.listen(OBJECT_MANAGER)

    path = migrate(domain, far)
    assert path == domain.path.replace(near.path, far.path)
    there = far.at(path, 'Domain')
    # Who reads after the answer reads what is there.
    assert there.get('State')[0] == RUNNING and there.get('Persistent') is True
    assert path in domains(far) and domain.path not in domains(near)
    assert failure(domain.get, 'Name')[0] == 'org.libvirt1.Error.NoDomain'

    leaving.wait(lambda *s: s[3] == (domain.path, STOPPED, STOPPED_MIGRATED))
    coming.wait(lambda *s: s[3] == (path, STARTED, STARTED_MIGRATED))
    objects.wait(lambda *s: s[:3:2] == (near.path, 'InterfacesRemoved') and s[3][0] == domain.path)
    assert uuid in second.virsh('list', '--uuid') and uuid not in first.virsh('list', '--all', '--uuid')

    # Back again, past this service.
    second.virsh('migrate', '--live', '--persistent', '--undefinesource', 'traveller', first.uri,
                 '--migrateuri', f'tcp:127.0.0.1:{remote.MIGRATION}')
    objects.wait(lambda *s: s[:3:2] == (far.path, 'InterfacesRemoved') and s[3][0] == path)
    ask_until(lambda: domain.path in domains(near))
    assert migrate(domain, far) == path and migrate(there, near) == domain.path
    assert domain.get('State')[0] == RUNNING and path not in domains(far)
    domain.call('Destroy', '(u)', 0)
    domain.call('Undefine', '(u)', 0)
    for signals in leaving, coming, objects:
        signals.stop()


def test_definition_moves(both):
    near, far = both
    domain = define(near, 'rests', start=False)
    there = far.at(migrate(domain, far, OFFLINE | MOVE, destination_name='rested'), 'Domain')
    assert there.get('Name') == 'rested' and there.get('Active') is False
    there.call('Undefine', '(u)', 0)


def test_migration_that_fails_changes_nothing(both, uris, client):
    near, far = both
    domain = define(near, 'stays')
    nowhere = near.path + '/domain'
    for destination, name, text in (
            (nowhere, 'org.freedesktop.DBus.Error.InvalidArgs', nowhere),
            (near.path, 'org.libvirt1.Error.', 'same host'),
            (ROOT + '/Test', 'org.libvirt1.Error.', '')):
        found, message = failure(migrate, domain, Thing(client, destination, 'Connection'))
        assert found.startswith(name) and text in message, message
    reading = open_connection(client, f'{uris["tcp"]}', read_only=boolean())
    assert failure(migrate, domain, Thing(client, reading, 'Connection'))[0].startswith('org.libvirt1.Error.')
    close(client, reading)
    found, message = failure(domain.call, 'Migrate', '(oa{sv}u)', far.path, {'no_such': string('x')}, LIVE)
    assert found == 'org.libvirt1.Error.ArgumentUnsupported' and 'no_such' in message
    found, message = failure(domain.call, 'Migrate', '(oa{sv}u)', far.path, {'x': GLib.Variant('ay', b'x')}, LIVE)
    assert found == 'org.freedesktop.DBus.Error.InvalidArgs' and 'x' in message
    assert domain.get('State')[0] == RUNNING and not domains(far)
    domain.call('Destroy', '(u)', 0)
    domain.call('Undefine', '(u)', 0)


def test_migration_to_a_host_that_dies(both, client, second):
    """It fails, the domain runs on where it was, and nothing of the destination is left."""
    near, far = both
    domain = define(near, 'survives')
    os.kill(second.pid, signal.SIGSTOP)
    arguments = GLib.Variant('(oa{sv}u)', (far.path, {}, LIVE))
    call = client.start(domain.path, 'org.libvirt1.Domain.Migrate', arguments)
    assert domain.get('State')[0] == RUNNING and not call.answers
    second.kill()
    assert error_name(call.wait().error).startswith('org.libvirt1.Error.')
    assert domain.call('GetState', '(u)', 0)[0] == RUNNING
    domain.call('Destroy', '(u)', 0)
    domain.call('Undefine', '(u)', 0)
