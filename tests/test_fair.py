# SPDX-License-Identifier: LGPL-2.1-or-later

"""Nobody who calls a lot, or for long, keeps another from being served."""

import os
import time

import pytest
from gi.repository import Gio, GLib

from daemon import NAME, PROPERTIES, ROOT, TIMEOUT, Client, Daemon, error_name
from silent import SilentServer

TEST = ROOT + '/Test'
HUNG = ROOT + '/Hung'
DOMAIN = TEST + '/domain/_6695eb01_f6a4_8304_79aa_97f2502e193f'
CONNECTION = 'org.libvirt1.Connection'
LIMITS_EXCEEDED = 'org.freedesktop.DBus.Error.LimitsExceeded'

MOST = 50  # calls of a caller, in the tests of that bound

# A call that has a worker busy for some milliseconds, or for a fifth of a second with valgrind: it
# writes out so long a description.
HEAVY = 60 if 'VIRTBUSD_WRAPPER' in os.environ else 300
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


def send_without_reply(client, n, path, member, body=None):
    interface, method = member.rsplit('.', 1)
    for _ in range(n):
        message = Gio.DBusMessage.new_method_call(NAME, path, interface, method)
        message.set_flags(Gio.DBusMessageFlags.NO_REPLY_EXPECTED)
        if body:
            message.set_body(body)
        client.connection.send_message(message, Gio.DBusSendMessageFlags.NONE)
    client.connection.flush_sync(None)


def test_calls_in_turns(bus):
    """Who calls when the one worker has much to do for another need not wait for all of that."""
    with Daemon(bus, '[Service]\nWorkers=1\n'):
        slow, quick = Client(bus), Client(bus)
        slow.call(DOMAIN, 'org.libvirt1.Domain.SetMetadata', '(isssu)', 0, 'x' * DESCRIPTION, '', '', 0)
        quick.call(TEST, CONNECTION + '.GetCapabilities')

        pendings = [slow.start(DOMAIN, 'org.libvirt1.Domain.GetXMLDesc', GLib.Variant('(u)', (0,)))
                    for _ in range(HEAVY)]
        slow.connection.flush_sync(None)
        quick.start(TEST, CONNECTION + '.GetCapabilities').wait()
        assert sum(pending.answers for pending in pendings) < HEAVY / 2
        for pending in pendings:
            assert pending.wait().error is None
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
