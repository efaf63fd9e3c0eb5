# SPDX-License-Identifier: LGPL-2.1-or-later

"""Introspection is for those who may know what it shows: all of it by default, with busctl and on both
faces; of a connection to whom it is shown, and lists of objects to whom all of the kind are shown."""

import pytest
from gi.repository import Gio, GLib

from daemon import Daemon, Monitor, error_name, wait_for
from polkit import (COMPAT, CONNECTION, DENIED, ONE, OTHER, OUTCAST, ROOT_USER, SERVICE, STANDARD_RULES, STRANGER,
                    TEST, YES, FakePolkit, outcome, path_of, rule)
from polkit import bus, clients, daemon, namespace, polkit, rules  # noqa: F401 (fixtures)

INTROSPECT = 'org.freedesktop.DBus.Introspectable.Introspect'
FACES = {'org.libvirt1': '/org/libvirt1', COMPAT: '/org/libvirt'}
ALL = range(3)

each_face = pytest.mark.parametrize('name', FACES)
each_user = pytest.mark.parametrize('user', [ROOT_USER, STRANGER], ids=lambda user: user.name)


@pytest.fixture(scope='module', autouse=True)
def opened(clients):
    """Before, there are no objects."""
    for connection in (TEST, OTHER):
        clients[ROOT_USER].call(connection, CONNECTION + '.ListDomains', '(u)', 0)


def introspect(client, path):
    return client.start(path, INTROSPECT)


def answer_of(pending):
    """Its XML, or the name of its error."""
    pending.wait()
    return error_name(pending.error) if pending.error else pending.value.unpack()[0]


# --- who may --------------------------------------------------------------------------------------


@each_user
@each_face
def test_busctl_shows_everything(bus, daemon, user, name):
    test = FACES[name] + '/Test'
    done = bus.busctl(user, 'tree', '--list', name)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert {path_of(n, test) for n in ALL} <= set(done.stdout.split())
    assert {path_of(1, FACES[name] + '/Other'), test + '/nodedev/computer'} <= set(done.stdout.split())
    done = bus.busctl(user, 'introspect', name, path_of(0, test))
    assert done.returncode == 0 and name + '.Domain' in done.stdout, done.stderr


@each_user
@each_face
def test_both_are_shown_the_same(bus, clients, user, name):
    for path in ('/', '/org', FACES[name], FACES[name] + '/Test', FACES[name] + '/Test/domain',
                 path_of(0, FACES[name] + '/Test'), FACES[name] + '/nobody', '/nobody'):
        here, root = (introspect(clients[u], path) for u in (user, ROOT_USER))
        assert answer_of(here) == answer_of(root)
        wrong = GLib.Variant('(s)', ('nothing',))
        here, root = (clients[u].start(path, INTROSPECT, wrong) for u in (user, ROOT_USER))
        assert answer_of(here) == answer_of(root)


@each_face
def test_an_outcast_is_shown_connections(clients, bus, name):
    outcast, test = clients[OUTCAST], FACES[name] + '/Test'
    for path in ('/', '/org', FACES[name]):
        assert outcome(outcast.introspect, path) is None
    assert {node.path for node in outcast.introspect(FACES[name]).nodes} == {'Test', 'Other'}
    for path in (test, test + '/domain', test + '/nobody', path_of(0, test), path_of(0, test) + '/below'):
        assert outcome(outcast.introspect, path) == DENIED
    shown = bus.busctl(OUTCAST, 'tree', '--list', name).stdout
    assert not any(path_of(n, '') in shown for n in ALL)


@each_face
def test_one_of_many_is_not_shown_the_others(clients, name):
    one, test = clients[ONE], FACES[name] + '/Test'
    assert outcome(one.introspect, test) is None
    assert outcome(one.introspect, test + '/domain') == DENIED
    assert outcome(one.introspect, test + '/domainsnapshot') == DENIED
    assert outcome(one.introspect, path_of(0, test)) is None
    assert outcome(one.introspect, test + '/nodedev') is None


@each_face
def test_what_is_taken_away_is_not_shown(clients, rules, name):
    stranger, test = clients[STRANGER], FACES[name] + '/Test'
    rules(rule(STRANGER, 'connect.getattr', 'action.lookup("connect_uri").endsWith("test.xml")', 'NO'),
          STANDARD_RULES)
    assert outcome(stranger.introspect, test + '/nodedev') == DENIED
    assert outcome(stranger.introspect, FACES[name] + '/Other/nodedev') is None
    rules(rule(STRANGER, 'node-device.getattr', result='NO'), STANDARD_RULES)
    assert outcome(stranger.introspect, test + '/nodedev') == DENIED
    assert outcome(stranger.introspect, test + '/domain') is None


# --- one answer -----------------------------------------------------------------------------------


def send(client, path, flags):
    """Calls without waiting for an answer."""
    message = Gio.DBusMessage.new_method_call('org.libvirt1', path, *INTROSPECT.rsplit('.', 1))
    message.set_flags(flags)
    client.connection.send_message(message, Gio.DBusSendMessageFlags.NONE)


@pytest.mark.parametrize('user', [ROOT_USER, STRANGER, OUTCAST], ids=lambda user: user.name)
def test_each_is_answered_once(bus, daemon, user):
    client, monitor = bus.connect(user), Monitor(bus)
    pending = [introspect(client, path) for path in ('/', TEST, TEST + '/domain') for _ in range(20)]
    for one in pending:
        one.wait()
    counted = [answers for (_, member), answers in monitor.count_answers(client) if member == INTROSPECT]
    assert counted == [1] * 60
    client.close()


@pytest.mark.parametrize('user', [ROOT_USER, STRANGER, OUTCAST], ids=lambda user: user.name)
def test_who_wants_no_answer_gets_none(bus, daemon, user):
    client, monitor = bus.connect(user), Monitor(bus)
    for _ in range(20):
        send(client, TEST + '/domain', Gio.DBusMessageFlags.NO_REPLY_EXPECTED)
    introspect(client, TEST).wait()
    counted = [answers for (_, member), answers in monitor.count_answers(client) if member == INTROSPECT]
    assert counted == [0] * 20 + [1]
    client.close()


@pytest.fixture
def fake(bus, daemon, polkit):
    """In polkitd's place for a test."""
    polkit.stop()
    standing_in = FakePolkit(bus)
    yield standing_in
    standing_in.close()
    polkit.start()


def test_who_leaves_meanwhile(bus, fake, clients):
    leaver = bus.connect(STRANGER)
    introspect(leaver, TEST)
    wait_for(lambda: fake.waiting)
    leaver.close()
    fake.answer_at_last(YES)
    assert answer_of(introspect(clients[ROOT_USER], TEST)).startswith('<!DOCTYPE node')


def test_the_service_ends_meanwhile(bus, fake, clients, daemon):
    """Whoever waits is told so, once. Another takes its place, for the fixture."""
    stranger, monitor = clients[STRANGER], Monitor(bus)
    waiting = introspect(stranger, TEST)
    wait_for(lambda: fake.waiting)
    daemon.process.terminate()
    assert answer_of(waiting) == DENIED
    daemon.wait()
    counted = [answers for (path, _), answers in monitor.count_answers(stranger) if path == TEST]
    assert counted == [1]
    again = Daemon(bus, None, ('--system', *daemon.command[2:]), user=SERVICE.uid)
    again.wait_for_name()
    daemon.process, daemon.pid, daemon.log = again.process, again.pid, again.log
