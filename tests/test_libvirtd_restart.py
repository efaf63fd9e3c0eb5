# SPDX-License-Identifier: LGPL-2.1-or-later

"""libvirtd dies and comes back. Nobody hangs, nobody is served old news, nothing stays behind."""

import os
import signal

import pytest
from gi.repository import GLib

from daemon import PROPERTIES, error_name, wait_for
from picture import Picture
from qemu import CONNECTION, PAUSED, RUNNING, ask_until
from qemu import connection, daemon, define, libvirtd, uri  # noqa: F401 (fixtures)


@pytest.fixture
def stopped(libvirtd):
    """Whatever a test does, the next one finds libvirtd running."""
    yield
    if not libvirtd.pid:
        libvirtd.start()


def libvirts_error(call, *arguments):
    with pytest.raises(GLib.Error) as caught:
        call(*arguments)
    return error_name(caught.value)


@pytest.fixture
def wait_for_alive(connection):
    """virtbusd notices by itself, and tells."""
    signals = connection.client.listen(PROPERTIES, 'PropertiesChanged', connection.path)
    yield lambda value: signals.wait(lambda *signal: signal[3][1].get('Alive') is value)
    signals.stop()


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGTERM])
def test_killed_and_started_again(connection, define, libvirtd, stopped, number, wait_for_alive):
    domain = define('survivor', start=True)
    domain_id = domain.get('Id')
    assert connection.get('Alive') is True

    libvirtd.kill(number)
    wait_for_alive(False)
    # Answered from what libvirt says when it cannot connect, not from what was known.
    for name in 'Name', 'Id', 'State':
        assert libvirts_error(domain.get, name) == 'org.libvirt1.Error.SystemError'
    assert libvirts_error(domain.call, 'Suspend') == 'org.libvirt1.Error.SystemError'
    assert libvirts_error(domain.call, 'Save', '(ssu)', '/nowhere', '', 0) == 'org.libvirt1.Error.SystemError'
    assert libvirts_error(connection.call, 'ListDomains', '(u)', 0) == 'org.libvirt1.Error.SystemError'
    assert connection.get('Alive') is False
    assert connection.client.introspect(connection.path + '/domain').nodes == []

    libvirtd.start()
    assert domain.get('State')[0] == RUNNING
    assert connection.get('Alive') is True
    assert domain.get('Id') == domain_id

    # Events come again, too.
    events = connection.listen('DomainEvent')
    libvirtd.virsh('suspend', 'survivor')
    events.wait(lambda *signal: signal[3][:2] == (domain.path, 3))
    assert domain.get('State')[0] == PAUSED


def test_objects_that_went_meanwhile(connection, define, libvirtd, stopped, wait_for_alive):
    domain = define('meanwhile')
    libvirtd.kill()
    wait_for_alive(False)
    libvirtd.start()
    libvirtd.virsh('undefine', 'meanwhile')
    assert libvirts_error(domain.get, 'State') == 'org.libvirt1.Error.NoDomain'
    assert domain.path not in connection.call('ListDomains', '(u)', 0)


def test_calls_under_way_when_it_dies(connection, define, libvirtd, stopped, wait_for_alive):
    """Some get their answer, the others an error; each gets one."""
    domain = define('under way', start=True)
    get = GLib.Variant('(ss)', (domain.interface, 'State'))
    calls = [connection.client.start(domain.path, 'org.freedesktop.DBus.Properties.Get', get)
             for _ in range(200)]
    calls[0].wait()
    libvirtd.kill()
    for call in calls:
        call.wait()
        assert call.answers == 1
        if call.error:
            assert error_name(call.error).startswith('org.libvirt1.Error.')
    wait_for_alive(False)


def test_stopped_libvirtd_holds_nobody_else_up(client, connection, libvirtd, stopped):
    """A libvirtd that does not answer at all, and then dies."""
    connection.get('Type')
    os.kill(libvirtd.pid, signal.SIGSTOP)
    waiting = [client.start(connection.path, 'org.libvirt1.Connection.ListDomains', GLib.Variant('(u)', (0,)))
               for _ in range(50)]
    assert client.call('/org/libvirt1/Test', 'org.libvirt1.Connection.ListDomains', '(u)', 0)
    assert client.get('/org/libvirt1', 'org.libvirt1.Manager', 'Version')
    assert connection.get('Alive') is True
    assert not any(call.answers for call in waiting)

    libvirtd.kill()
    for call in waiting:
        call.wait()
        assert error_name(call.error).startswith('org.libvirt1.Error.')


def test_libvirtd_that_never_answers_again(connection, define, libvirtd, stopped, wait_for_alive):
    """The keepalive finds out, and ends what waits."""
    domain = define('frozen')
    state = GLib.Variant('(u)', (0,))
    os.kill(libvirtd.pid, signal.SIGSTOP)
    try:
        call = connection.client.start(domain.path, 'org.libvirt1.Domain.GetState', state).wait()
        assert error_name(call.error).startswith('org.libvirt1.Error.')
        wait_for_alive(False)
    finally:
        # Continued, libvirtd has been seen to crash over the clients that have gone meanwhile.
        libvirtd.kill()
        libvirtd.start()
    assert domain.call('GetState', '(u)', 0)


def test_nothing_stays_behind(connection, daemon, define, libvirtd, stopped, wait_for_alive):
    domain = define('leaks', start=True)

    def restart():
        # What takes long has a connection of its own.
        save = (domain.call, 'Save', '(ssu)', '/no/such/directory/file', '', 0)
        assert libvirts_error(*save) == 'org.libvirt1.Error.SystemError'
        assert 'no/such' in str(connection.call('GetLastError'))
        libvirtd.kill()
        wait_for_alive(False)
        libvirts_error(domain.get, 'State')
        libvirtd.start()
        assert domain.get('State')[0] == RUNNING

    def held():
        connection.get('Alive')
        return len(daemon.file_descriptors()), daemon.threads()

    restart()
    descriptors, threads = held()
    for _ in range(5):
        restart()
    # The threads that close lost connections end a moment after the calls; GLib keeps a few spare. A
    # spare link or two, of two descriptors each, may be open now that were not before.
    ask_until(lambda: held()[0] <= descriptors + 4 and held()[1] <= threads + 4)


def test_listener_sees_all_of_it(client, connection, daemon, define, libvirtd, stopped):
    """Who asks for everything once and then only listens needs no more, whatever happens."""
    domain = define('heard', start=True)
    define('heard too')
    picture = Picture(client, CONNECTION)
    before = dict(picture.objects)
    assert domain.path in before

    def told_alive():
        return [arguments[1]['Alive'] for path, member, arguments in picture.log
                if path == CONNECTION and member == 'PropertiesChanged' and 'Alive' in arguments[1]]

    def lose_and_find():
        picture.take()
        state = GLib.Variant('(u)', (0,))
        calls = [client.start(domain.path, 'org.libvirt1.Domain.GetState', state) for _ in range(50)]
        libvirtd.kill()
        for call in calls:
            call.wait()
            assert call.answers == 1
        wait_for(lambda: told_alive() == [False] and not picture.objects)
        # Looking for it in vain is nothing new.
        assert libvirts_error(connection.get, 'Hostname') == 'org.libvirt1.Error.SystemError'

        # From here on nobody asks anything: it is found again by itself.
        libvirtd.start()
        wait_for(lambda: len(picture.objects) == len(before), lambda: picture.log)
        assert told_alive() == [False, True]
        assert picture.objects == before
        picture.barrier()
        picture.check()
        return len(daemon.file_descriptors()), daemon.threads()

    # Up to six more links, of two descriptors and a thread each, may be open at the end that were
    # not at the beginning. One lost in each round would be more.
    descriptors, threads = lose_and_find()
    for _ in range(8):
        lose_and_find()
    ask_until(lambda: connection.get('Alive') and len(daemon.file_descriptors()) <= descriptors + 12
              and daemon.threads() <= threads + 8)

    # What happens while nobody looks is seen afterwards.
    libvirtd.kill()
    wait_for(lambda: not picture.objects)
    libvirtd.start()
    libvirtd.virsh('undefine', 'heard too')
    libvirtd.virsh('suspend', 'heard')
    wait_for(lambda: len(picture.objects) == len(before) - 1
             and picture.objects[domain.path][domain.interface]['State'][0] == PAUSED)
    picture.barrier()
    picture.check()
    picture.close()
