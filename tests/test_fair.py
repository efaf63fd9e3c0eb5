# SPDX-License-Identifier: LGPL-2.1-or-later

"""Nobody who calls a lot, or for long, keeps another from being served."""

import os
import statistics
import time

import pytest
from gi.repository import Gio, GLib

from daemon import NAME, PROPERTIES, ROOT, TIMEOUT, Client, Daemon, error_name
from flood import Flood
from silent import SilentServer

TEST = ROOT + '/Test'
HUNG = ROOT + '/Hung'
DOMAIN = TEST + '/domain/_6695eb01_f6a4_8304_79aa_97f2502e193f'
CONNECTION = 'org.libvirt1.Connection'
LIMITS_EXCEEDED = 'org.freedesktop.DBus.Error.LimitsExceeded'

IN_FLIGHT = 1000
SAMPLES = 100
SLOWER = 50  # times; served in the order of their coming, calls take a hundred times as long or more

MOST = 50  # calls of a caller, in the tests of that bound

# A call that has a worker busy for some milliseconds: it writes out so long a description.
HEAVY = 300
DESCRIPTION = 1 << 20


@pytest.fixture
def hung(bus):
    """A server that does not answer, and a daemon with a connection to it."""
    server = SilentServer(bus, 'silent')
    daemon = Daemon(bus, server.config(f'CallsPerCaller={MOST}'))
    try:
        daemon.wait_for_name()
        yield daemon, server
        server.close()
        daemon.stop()
    finally:
        daemon.kill()
        server.close()
        os.unlink(server.path)


def duration(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def median(function):
    return statistics.median(duration(function) for _ in range(SAMPLES))


@pytest.mark.parametrize('path, member, body', [
    (ROOT, PROPERTIES + '.Get', "('org.libvirt1.Manager', 'Version')"),
    (DOMAIN, PROPERTIES + '.GetAll', "('org.libvirt1.Domain',)"),
    (TEST, CONNECTION + '.GetCapabilities', '()'),
], ids=['memory', 'many values', 'worker'])
def test_flood_of_quick_calls(bus, path, member, body):
    with Daemon(bus, ''):
        client = Client(bus)
        calls = [
            lambda: client.get(ROOT, 'org.libvirt1.Manager', 'Version'),
            lambda: client.call(TEST, CONNECTION + '.GetCapabilities'),
        ]
        before = [median(call) for call in calls]
        with Flood(bus, IN_FLIGHT, path, member, body) as flood:
            after = [median(call) for call in calls]
        assert flood.answers > IN_FLIGHT and flood.errors == 0
        slower = [a / b for a, b in zip(after, before)]
        print('times slower:', *(f'{times:.1f}' for times in slower))
        assert max(slower) < SLOWER
        client.close()


def send_without_reply(client, n, path, member, body=None):
    interface, method = member.rsplit('.', 1)
    for _ in range(n):
        message = Gio.DBusMessage.new_method_call(NAME, path, interface, method)
        message.set_flags(Gio.DBusMessageFlags.NO_REPLY_EXPECTED)
        if body:
            message.set_body(body)
        client.connection.send_message(message, Gio.DBusSendMessageFlags.NONE)
    client.connection.flush_sync(None)


def test_flood_of_slow_calls(bus):
    """The one worker has more than a second's work of one caller when another calls."""
    with Daemon(bus, '[Service]\nWorkers=1\n'):
        slow, quick = Client(bus), Client(bus)
        slow.call(DOMAIN, 'org.libvirt1.Domain.SetMetadata', '(isssu)', 0, 'x' * DESCRIPTION, '', '', 0)
        xml = GLib.Variant('(u)', (0,))
        one = min(duration(lambda: slow.call_variant(DOMAIN, 'org.libvirt1.Domain.GetXMLDesc', xml))
                  for _ in range(5))
        quick.call(TEST, CONNECTION + '.GetCapabilities')
        send_without_reply(slow, HEAVY, DOMAIN, 'org.libvirt1.Domain.GetXMLDesc', xml)
        waited = duration(lambda: quick.call(TEST, CONNECTION + '.GetCapabilities'))
        rest = duration(lambda: slow.call(TEST, CONNECTION + '.GetCapabilities'))
        print(f'one: {one:.4f} s, the other waited {waited:.4f} s, the rest took {rest:.4f} s')
        assert waited < rest / 2
        slow.close()
        quick.close()


def test_calls_per_caller(bus, hung):
    """Wherever they are made to; another caller has a bound of its own."""
    _, server = hung
    client, other = Client(bus), Client(bus)
    pendings = [client.start(HUNG, CONNECTION + '.GetCapabilities') for _ in range(4 * MOST)]
    for pending in pendings[MOST:]:
        assert error_name(pending.wait().error) == LIMITS_EXCEEDED
        assert 'CallsPerCaller' in pending.error.message
    assert not any(pending.answers for pending in pendings[:MOST])
    for path, member in (TEST, CONNECTION + '.GetCapabilities'), (ROOT, PROPERTIES + '.GetAll'):
        body = GLib.Variant('(s)', ('org.libvirt1.Manager',)) if path == ROOT else None
        assert error_name(client.start(path, member, body).wait().error) == LIMITS_EXCEEDED

    others = [other.start(HUNG, CONNECTION + '.GetCapabilities') for _ in range(MOST - 1)]
    assert other.get(TEST, CONNECTION, 'Type') == 'TEST'

    server.close()
    for pending in pendings[:MOST] + others:
        assert error_name(pending.wait().error).startswith('org.libvirt1.Error.')
    assert all(pending.answers == 1 for pending in pendings + others)
    assert client.get(TEST, CONNECTION, 'Type') == 'TEST'
    client.close()
    other.close()


def test_calls_without_reply_leave_nothing(bus, hung):
    client = Client(bus)
    send_without_reply(client, 20 * MOST, TEST, CONNECTION + '.GetCapabilities')
    send_without_reply(client, 20 * MOST, ROOT, PROPERTIES + '.Get',
                       GLib.Variant('(ss)', ('org.libvirt1.Manager', 'Version')))
    end = time.monotonic() + TIMEOUT
    while client.start(TEST, CONNECTION + '.GetCapabilities').wait().error:
        assert time.monotonic() < end

    # There is room for as many as ever. The last of them is refused, so all of them have come.
    pendings = [client.start(HUNG, CONNECTION + '.GetCapabilities') for _ in range(MOST + 1)]
    assert error_name(pendings[-1].wait().error) == LIMITS_EXCEEDED
    assert not any(pending.answers for pending in pendings[:-1])
    client.close()


def clients_of(server, n):
    for _ in range(n):
        server.wait_for_client()


def test_long_calls_of_one_leave_room(bus, hung):
    """One caller gets five links for long calls, with a libvirt that takes one call each; another,
    one more."""
    _, server = hung
    client, other = Client(bus), Client(bus)
    if client.get(ROOT, 'org.libvirt1.Manager', 'LibvirtVersion') >= 10000000:
        pytest.skip('all workers share one connection to the hypervisor')
    restore = HUNG, CONNECTION + '.DomainRestore', GLib.Variant('(ssu)', ('x', '', 0))

    pendings = [client.start(*restore) for _ in range(10)]
    clients_of(server, 1 + 5)
    client.get(ROOT, 'org.libvirt1.Manager', 'Version')
    server.listener.settimeout(0)
    with pytest.raises(BlockingIOError):
        server.listener.accept()
    server.listener.settimeout(TIMEOUT)

    pendings.append(other.start(*restore))
    clients_of(server, 1)
    server.close()
    for pending in pendings:
        assert error_name(pending.wait().error).startswith('org.libvirt1.Error.')
        assert pending.answers == 1
    client.close()
    other.close()
