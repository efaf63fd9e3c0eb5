# SPDX-License-Identifier: LGPL-2.1-or-later

"""A hypervisor that takes the connection and then stays silent holds up nobody else."""

import os
import statistics
import time

import pytest
from gi.repository import GLib

from daemon import NAME, PROPERTIES, ROOT, Client, Daemon, error_name
from silent import SilentServer

TEST = ROOT + '/Test'
HUNG = ROOT + '/Hung'
CONNECTION = 'org.libvirt1.Connection'
MANAGER = 'org.libvirt1.Manager'

QUEUED = 50
SAMPLES = 200
SLOWER = 5  # how many times slower counts as held up, on a noisy machine

# The daemon must end so soon, with five seconds of patience in it.
END_SECONDS = 10

CALLS = {
    'a property in memory': (ROOT, PROPERTIES + '.Get', ('(ss)', MANAGER, 'Version')),
    'all of the manager': (ROOT, PROPERTIES + '.GetAll', ('(s)', MANAGER)),
    'a property of the test connection': (TEST, PROPERTIES + '.Get', ('(ss)', CONNECTION, 'Type')),
    'a method of the test connection': (TEST, CONNECTION + '.ListDomains', ('(u)', 0)),
    'the hung one itself, from memory': (HUNG, PROPERTIES + '.Get', ('(ss)', CONNECTION, 'Alive')),
    'introspection': (ROOT, 'org.freedesktop.DBus.Introspectable.Introspect', ()),
    'introspection of the hung one': (
        HUNG + '/domain',
        'org.freedesktop.DBus.Introspectable.Introspect',
        (),
    ),
}


def duration(client, call):
    path, member, arguments = call
    start = time.perf_counter()
    client.call(path, member, *arguments)
    return time.perf_counter() - start


def medians(client):
    return {
        name: statistics.median(duration(client, call) for _ in range(SAMPLES))
        for name, call in CALLS.items()
    }


def queue(client):
    """Calls of all sorts, for both lanes; none of them can be answered."""
    calls = [
        (HUNG, CONNECTION + '.GetCapabilities', None),
        (HUNG, PROPERTIES + '.Get', GLib.Variant('(ss)', (CONNECTION, 'Type'))),
        (HUNG, PROPERTIES + '.GetAll', GLib.Variant('(s)', (CONNECTION,))),
        (HUNG, CONNECTION + '.DomainRestore', GLib.Variant('(ssu)', ('x', '', 0))),
        (HUNG + '/secret/_' + '_'.join(['0' * n for n in (8, 4, 4, 4, 12)]),
         'org.libvirt1.Secret.Undefine', None),
    ]
    return [client.start(*calls[i % len(calls)]) for i in range(QUEUED)]


@pytest.fixture
def hung(bus):
    """A daemon with a hung connection that has not been called yet."""
    server = SilentServer(bus, 'silent')
    daemon = Daemon(bus, server.config())
    try:
        daemon.wait_for_name()
        yield daemon, server
    finally:
        daemon.kill()
        server.close()
        os.unlink(server.path)


def end(daemon):
    start = time.monotonic()
    daemon.stop(allowed=r'.*WARNING.*did not close in time.*')
    return time.monotonic() - start


def test_nobody_else_waits(bus, hung):
    daemon, server = hung
    client = Client(bus)
    duration(client, CALLS['a method of the test connection'])
    medians(client)
    before = medians(client)

    waiting = queue(client)
    server.wait_for_client()  # the short lane
    server.wait_for_client()  # the long lane
    after = medians(client)
    assert not any(pending.answers for pending in waiting)

    slower = {name: after[name] / before[name] for name in CALLS}
    assert max(slower.values()) < SLOWER, slower

    assert client.get(HUNG, CONNECTION, 'Alive') is False
    bus.run('busctl', '--address=' + bus.address, 'tree', NAME)
    assert end(daemon) < END_SECONDS
    # The bus tells them that the daemon has gone.
    for pending in waiting:
        assert pending.wait().error and pending.answers == 1
    client.close()


def test_it_ends_while_calls_to_others_are_in_flight(bus, hung):
    daemon, server = hung
    client = Client(bus)
    waiting = queue(client)
    server.wait_for_client()
    others = [client.start(TEST, CONNECTION + '.GetCapabilities') for _ in range(100)]
    others[0].wait()
    assert end(daemon) < END_SECONDS
    for pending in waiting + others:
        assert pending.wait().answers == 1
    client.close()


def test_when_it_hangs_up_all_are_told(bus, hung):
    daemon, server = hung
    client = Client(bus)
    waiting = queue(client)
    server.wait_for_client()
    server.wait_for_client()
    server.close()
    for pending in waiting:
        pending.wait()
        if pending.value:
            # GetAll tells what it knows without the hypervisor.
            assert set(pending.value.unpack()[0]) == {'Alive', 'ReadOnly', 'URI'}
        else:
            assert error_name(pending.error).startswith('org.libvirt1.Error.')
        assert pending.answers == 1
    assert len([pending for pending in waiting if pending.error]) == QUEUED * 4 // 5
    assert client.get(HUNG, CONNECTION, 'Alive') is False
    assert client.get(TEST, CONNECTION, 'Type') == 'TEST'
    daemon.stop()
    client.close()
