# SPDX-License-Identifier: LGPL-2.1-or-later

"""The process: its command line, its configuration, how it ends."""

import os
import shlex
import signal
import subprocess
import time

import pytest
from gi.repository import GLib

from daemon import NAME, PROPERTIES, ROOT, TIMEOUT, Client, Daemon, PrivateBus, error_name, wait_for
from silent import SilentServer

TEST = ROOT + '/Test'
CONNECTION = 'org.libvirt1.Connection'

EX_USAGE, EX_UNAVAILABLE, EX_CONFIG = 64, 69, 78
LIMITS_EXCEEDED = 'org.freedesktop.DBus.Error.LimitsExceeded'


def run(bus, *arguments, environment=None):
    """A run that ends by itself."""
    wrapper = shlex.split(os.environ.get('VIRTBUSD_WRAPPER', ''))
    return subprocess.run(
        [*wrapper, os.environ['VIRTBUSD'], *arguments],
        env={**bus.environment(), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=TIMEOUT,
        check=False,
        universal_newlines=True,
    )


# The command line


def test_version(bus):
    done = run(bus, '--version')
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.startswith('virtbusd ') and done.stdout.count('\n') == 1


def test_help(bus):
    done = run(bus, '--help')
    assert (done.returncode, done.stderr) == (0, '')
    for option in ('--session', '--system', '--config', '--verbose', '--version'):
        assert option in done.stdout


@pytest.mark.parametrize(
    'arguments',
    [
        (),
        ('--session', '--system'),
        ('--session', 'x'),
        ('--nothing',),
        ('--session', '--config'),
        ('-x',),
        ('--version', 'x'),
    ],
)
def test_usage(bus, arguments):
    done = run(bus, *arguments)
    assert done.returncode == EX_USAGE, done.stderr
    assert done.stderr.startswith('virtbusd: ')
    assert done.stdout == ''


# The configuration


MISTAKES = {
    'not a key file': ('hello\n', ['hello']),
    'a key outside of a group': ('Workers=5\n', ['group']),
    'an unknown group': ('[Servce]\nWorkers=5\n', ['[Servce]']),
    'an unknown key': ('[Service]\nWorker=5\n', ['[Service]', 'Worker']),
    'an unknown key of a connection': (
        '[Connection A]\nURI=test:///default\nColour=red\n',
        ['[Connection A]', 'Colour'],
    ),
    'no number': ('[Service]\nWorkers=many\n', ['[Service]', 'Workers', 'many']),
    'no workers': ('[Service]\nWorkers=0\n', ['[Service]', 'Workers']),
    'too many workers': ('[Service]\nWorkers=65\n', ['[Service]', 'Workers']),
    'a negative number': ('[Service]\nQueueLength=-1\n', ['[Service]', 'QueueLength']),
    'a number with a unit': ('[Service]\nQueueLength=5k\n', ['[Service]', 'QueueLength']),
    'an empty number': ('[Service]\nQueueLength=\n', ['[Service]', 'QueueLength']),
    'no boolean': ('[Service]\nPredefined=maybe\n', ['[Service]', 'Predefined', 'maybe']),
    'no boolean of a connection': (
        '[Connection A]\nURI=test:///default\nReadOnly=1\n',
        ['[Connection A]', 'ReadOnly'],
    ),
    'a connection without a URI': ('[Connection A]\n', ['[Connection A]', 'URI']),
    'an empty URI': ('[Connection A]\nURI=\n', ['[Connection A]', 'URI']),
    'a connection without a name': ('[Connection ]\nURI=test:///default\n', ['[Connection ]']),
    'a name that is no path': ('[Connection a-b]\nURI=x:///\n', ['[Connection a-b]', 'a-b']),
    'a name that is taken': ('[Connection job]\nURI=x:///\n', ['[Connection job]']),
    'a key twice': ('[Service]\nWorkers=1\nWorkers=2\n', ['[Service]', 'Workers']),
    'a group twice': ('[Service]\nWorkers=1\n[Service]\n', ['[Service]']),
    'bytes that are not UTF-8': (b'[Connection A]\nURI=\xff\n', []),
}


@pytest.mark.parametrize('mistake', MISTAKES)
def test_mistakes_in_the_configuration(bus, mistake):
    text, named = MISTAKES[mistake]
    file = bus.path('mistake.conf')
    with open(file, 'wb') as config:
        config.write(text if isinstance(text, bytes) else text.encode())
    done = run(bus, '--session', '--config', file)
    assert done.returncode == EX_CONFIG, done.stderr
    for what in (file, *named):
        assert what in done.stderr
    # One message, nothing else.
    assert done.stderr.strip().count('\n') == 0


def test_configuration_that_is_not_there(bus):
    done = run(bus, '--session', '--config', bus.path('nothing.conf'))
    assert done.returncode == EX_CONFIG
    assert bus.path('nothing.conf') in done.stderr
    done = run(bus, '--session', '--config', bus.directory)
    assert done.returncode == EX_CONFIG


def test_default_configuration_is_read(bus):
    directory = os.path.join(bus.path('home'), 'virtbus')
    os.makedirs(directory)
    file = os.path.join(directory, 'virtbus.conf')
    with open(file, 'w', encoding='utf-8') as config:
        config.write('[Connection Mine]\nURI=test:///default\n')
    with Daemon(bus) as _:
        client = Client(bus)
        paths = client.get(ROOT, 'org.libvirt1.Manager', 'Connections')
        assert ROOT + '/Mine' in paths and TEST in paths
        client.close()
    with open(file, 'w', encoding='utf-8') as config:
        config.write('[Oops]\n')
    done = run(bus, '--session')
    assert done.returncode == EX_CONFIG
    assert file in done.stderr and '[Oops]' in done.stderr
    os.unlink(file)


def test_predefined_connections(bus):
    with Daemon(bus) as _:
        client = Client(bus)
        paths = client.get(ROOT, 'org.libvirt1.Manager', 'Connections')
        names = 'QEMU Test UML VBox VMwareFusion VMwarePlayer VMwareWS'
        assert paths == [f'{ROOT}/{name}' for name in names.split()]
        assert client.get(ROOT + '/QEMU', CONNECTION, 'URI') == 'qemu:///session'
        client.close()


def test_read_only_connection(bus):
    config = '[Connection Test]\nURI=test:///default\nReadOnly=true\n'
    with Daemon(bus, config) as _:
        client = Client(bus)
        assert client.get(TEST, CONNECTION, 'ReadOnly') is True
        [domain] = client.call(TEST, CONNECTION + '.ListDomains', '(u)', 0)
        with pytest.raises(GLib.Error) as raised:
            client.call(domain, 'org.libvirt1.Domain.Destroy', '(u)', 0)
        assert error_name(raised.value) == 'org.libvirt1.Error.OperationDenied'
        assert client.get(domain, 'org.libvirt1.Domain', 'Active') is True
        client.close()


def test_system_bus_is_for_root(bus):
    """Only root may call there; whoever runs the tests is root or is refused."""
    with Daemon(bus, '', ('--system',)) as _:
        client = Client(bus)
        try:
            names = client.get(ROOT, 'org.libvirt1.Manager', 'Connections')
            assert os.getuid() == 0 and ROOT + '/LXC' in names
        except GLib.Error as error:
            assert os.getuid() != 0
            assert error_name(error) == 'org.freedesktop.DBus.Error.AccessDenied'
        client.close()


# The end


def test_name_that_is_taken(bus):
    with Daemon(bus, '') as _:
        done = run(bus, '--session')
        assert done.returncode == EX_UNAVAILABLE
        assert NAME in done.stderr
        client = Client(bus)
        assert client.get(ROOT, 'org.libvirt1.Manager', 'Version')
        client.close()


def test_no_bus(bus):
    gone = {'DBUS_SESSION_BUS_ADDRESS': 'unix:path=' + bus.path('nothing')}
    done = run(bus, '--session', environment=gone)
    assert done.returncode == EX_UNAVAILABLE
    assert done.stderr


@pytest.mark.parametrize('opened', [False, True], ids=['closed', 'open'])
def test_bus_that_goes_away(opened):
    own = PrivateBus()
    daemon = Daemon(own, '')
    try:
        daemon.wait_for_name()
        client = Client(own)
        # GDBus stumbles over a bus that goes before it is through with the names.
        client.get(ROOT, 'org.libvirt1.Manager', 'Version')
        client.get(ROOT, 'org.libvirt1.Manager', 'Version')
        if opened:
            client.get(TEST, CONNECTION, 'Type')
        client.connection.set_exit_on_close(False)
        own.kill()
        assert daemon.wait() == EX_UNAVAILABLE, daemon.stderr()
        assert 'the bus is gone' in daemon.stderr()
        daemon.check_stderr(allowed=r'.*CRITICAL.*the bus is gone.*')
    finally:
        daemon.kill()
        own.remove()


def test_bus_that_goes_away_with_calls_in_flight():
    own = PrivateBus()
    daemon = Daemon(own, '')
    try:
        daemon.wait_for_name()
        client = Client(own)
        pendings = [client.start(TEST, CONNECTION + '.GetCapabilities') for _ in range(500)]
        pendings[0].wait()
        own.kill()
        assert daemon.wait() == EX_UNAVAILABLE, daemon.stderr()
        daemon.check_stderr(allowed=r'.*CRITICAL.*the bus is gone.*')
    finally:
        daemon.kill()
        own.remove()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_with_calls_in_flight(bus, number):
    """Each call gets an answer: its own, or the bus says that the daemon has gone."""
    daemon = Daemon(bus, '')
    try:
        daemon.wait_for_name()
        client = Client(bus)
        calls = [
            (TEST, CONNECTION + '.GetCapabilities', None),
            (TEST, PROPERTIES + '.GetAll', GLib.Variant('(s)', (CONNECTION,))),
            (TEST, CONNECTION + '.DomainRestore', GLib.Variant('(ssu)', ('nothing', '', 0))),
            (TEST + '/domain/x', 'org.libvirt1.Domain.Suspend', None),
        ] * 200
        pendings = [client.start(*call) for call in calls]
        pendings[0].wait()
        daemon.stop(number)
        for pending in pendings:
            pending.wait()
        assert all(pending.answers == 1 for pending in pendings)
        client.close()
    finally:
        daemon.kill()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_with_changes_in_flight(bus, number):
    """What was changed is looked at before the answer: the end waits, and opens nothing anew."""
    daemon = Daemon(bus, '')
    try:
        daemon.wait_for_name()
        client = Client(bus)
        path = client.call(TEST, CONNECTION + '.ListDomains', '(u)', 0)[0]
        xml = "<domain type='test'><name>{}</name><memory>1</memory><os><type>hvm</type></os></domain>"
        calls = [
            (path, 'org.libvirt1.Domain.SetMemory', GLib.Variant('(tu)', (1024 * (i % 9), 0)))
            if i % 2 else
            (TEST, CONNECTION + '.DomainDefineXML', GLib.Variant('(su)', (xml.format(i), 0)))
            for i in range(400)
        ]
        pendings = [client.start(*call) for call in calls]
        pendings[0].wait()
        start = time.monotonic()
        daemon.stop(number)
        assert time.monotonic() - start < 5  # seconds, its patience with connections
        for pending in pendings:
            pending.wait()
        assert all(pending.answers == 1 for pending in pendings)
        client.close()
    finally:
        daemon.kill()


def test_sigterm_twice(bus):
    with Daemon(bus, '') as daemon:
        daemon.process.send_signal(signal.SIGTERM)
        # The second one comes while it ends, or when it has: either is fine.
        try:
            daemon.process.send_signal(signal.SIGTERM)
        except ProcessLookupError:
            pass
        status = daemon.wait()
        daemon.check_stderr()
        daemon.stop = lambda: None
    assert status in (0, -signal.SIGTERM)


# Connections


def test_connections_open_when_they_are_needed(bus):
    config = '[Connection Nowhere]\nURI=qemu+unix:///session?socket=/nonexistent/socket\n'
    nowhere = ROOT + '/Nowhere'
    with Daemon(bus, config) as daemon:
        client = Client(bus)
        threads = daemon.threads()
        for path in (TEST, nowhere):
            # What the service itself knows opens nothing.
            assert client.get(path, CONNECTION, 'Alive') is False
            assert client.get(path, CONNECTION, 'ReadOnly') is False
            assert client.get(path, CONNECTION, 'URI')
            client.call(path, CONNECTION + '.GetLastError')
            assert client.get(path, CONNECTION, 'Alive') is False
        assert daemon.threads() == threads

        assert client.get(TEST, CONNECTION, 'Type') == 'TEST'
        assert client.get(TEST, CONNECTION, 'Alive') is True

        for _ in range(3):
            with pytest.raises(GLib.Error) as raised:
                client.get(nowhere, CONNECTION, 'Type')
            assert error_name(raised.value) == 'org.libvirt1.Error.SystemError'
            assert client.get(nowhere, CONNECTION, 'Alive') is False
        client.close()


def test_bad_uri(bus):
    with Daemon(bus, '[Connection Bad]\nURI=nonsense://x y\n') as _:
        client = Client(bus)
        with pytest.raises(GLib.Error) as raised:
            client.get(ROOT + '/Bad', CONNECTION, 'Type')
        assert error_name(raised.value).startswith('org.libvirt1.Error.')
        client.close()


@pytest.mark.parametrize('length', [1, 3, 20])
def test_queue_length(bus, length):
    """Past the bound there is LimitsExceeded; other connections have bounds of their own."""
    server = SilentServer(bus, f'silent.{length}')
    daemon = Daemon(bus, server.config(f'QueueLength={length}'))
    hung = ROOT + '/Hung'
    try:
        daemon.wait_for_name()
        client = Client(bus)
        waiting = [client.start(hung, CONNECTION + '.GetCapabilities') for _ in range(length)]
        server.wait_for_client()
        for _ in range(50):
            refused = client.start(hung, CONNECTION + '.GetCapabilities').wait()
            assert error_name(refused.error) == LIMITS_EXCEEDED
            assert 'Hung' in refused.error.message
        assert not any(pending.answers for pending in waiting)
        assert client.get(TEST, CONNECTION, 'Type') == 'TEST'

        # The other side hangs up: all are told, and there is room again.
        server.close()
        for pending in waiting:
            assert error_name(pending.wait().error).startswith('org.libvirt1.Error.')
        again = client.start(hung, CONNECTION + '.GetCapabilities').wait()
        assert error_name(again.error) == 'org.libvirt1.Error.SystemError'
        daemon.stop()
        client.close()
    finally:
        server.close()
        daemon.kill()


def test_queue_length_is_no_limit_for_what_is_answered(bus):
    with Daemon(bus, '[Service]\nQueueLength=1\n') as _:
        client = Client(bus)
        for _ in range(100):
            assert client.get(TEST, CONNECTION, 'Type') == 'TEST'
        pendings = [client.start(TEST, CONNECTION + '.GetCapabilities') for _ in range(300)]
        names = {p.error and error_name(p.error) for p in [p.wait() for p in pendings]}
        assert names <= {None, LIMITS_EXCEEDED}
        assert client.get(TEST, CONNECTION, 'Type') == 'TEST'
        client.close()


def test_workers(bus):
    with Daemon(bus, '[Service]\nWorkers=1\n') as _:
        client = Client(bus)
        pendings = [client.start(TEST, CONNECTION + '.GetCapabilities') for _ in range(200)]
        wait_for(lambda: all(pending.answers for pending in pendings))
        assert not any(pending.error for pending in pendings)
        client.close()
