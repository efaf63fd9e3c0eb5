# SPDX-License-Identifier: LGPL-2.1-or-later

"""Who may open a connection on the system bus, by what URI, and who sees it then: with a real polkitd."""

import os

import pytest

from daemon import ROOT
from polkit import (CONNECTION, DENIED, DOMAIN, MEMBER, OBJECT_MANAGER, ONE, PASSWORD, ROOT_USER, STRANGER, TEST)
from polkit import bus, clients, daemon, namespace, polkit, rules  # noqa: F401 (fixtures)
from test_open import boolean, close, failure, open_connection, string

MANAGER = 'org.libvirt1.Manager'
DEFAULT = 'test:///default'


def allow(*users, actions=('connect.open',)):
    """They may do just that with connections, and all with domains."""
    return ''.join(f"""
polkit.addRule(function(action, subject) {{
    if (subject.user == "{user.name}" && ["org.libvirt1.{action}"].indexOf(action.id) >= 0)
        return polkit.Result.YES;
}});
""" for user in users for action in actions)


@pytest.fixture
def one(clients):
    return clients[ONE]


@pytest.fixture
def stranger(clients):
    return clients[STRANGER]


@pytest.fixture
def root(clients):
    return clients[ROOT_USER]


def seen_by(client):
    """In each way in which it could be seen."""
    paths = set(client.get(ROOT, MANAGER, 'Connections'))
    assert set(client.call(ROOT, OBJECT_MANAGER + '.GetManagedObjects')) == paths
    root = client.introspect(ROOT)
    assert {f'{ROOT}/{node.path}' for node in root.nodes} == paths
    assert MANAGER in [interface.name for interface in root.interfaces]
    return paths


def test_who_may_open(one, stranger, rules):
    assert failure(open_connection, one, DEFAULT)[0] in (DENIED, PASSWORD)
    rules(allow(ONE))
    configured = one.get(TEST, CONNECTION, 'URI')
    assert open_connection(one, configured) == TEST
    close(one, TEST)
    path = open_connection(one, DEFAULT)
    assert path == f'{ROOT}/u{ONE.uid}_test_default'
    close(one, path)
    assert failure(open_connection, stranger, DEFAULT)[0] in (DENIED, PASSWORD)


def test_keeping_needs_more(one, rules):
    rules(allow(ONE))
    assert failure(open_connection, one, DEFAULT, keep=boolean())[0] in (DENIED, PASSWORD)
    rules(allow(ONE, actions=('connect.open', 'connect.keep')))
    path = open_connection(one, DEFAULT, keep=boolean(), name=string('kept'))
    assert path == f'{ROOT}/u{ONE.uid}_kept'
    close(one, path)


def trap(bus):
    """A program that leaves a trace when it is run, as whoever it may be."""
    path = bus.write('trap', f'#!/bin/sh\ntouch {bus.directory}/sprung\n')
    os.chmod(path, 0o755)
    os.chmod(bus.directory, 0o777)
    return path


def test_other_uris_need_more_and_leave_no_trace(bus, one, root, rules):
    program = trap(bus)
    node = bus.write('node.xml', '<node/>')
    uris = [f'qemu+ext:///system?command={program}', f'qemu+ssh://localhost/system?command={program}',
            f'qemu+ssh://localhost/system?netcat={program}', f'test://{node}',
            f'qemu:///embed?root={bus.directory}/embed', f'qemu:///system?socket={bus.directory}/none',
            f'qemu+tls://localhost/system?pkipath={bus.directory}', 'qemu:///session',
            'qemu+tls://localhost/system?no_verify=1']
    rules(allow(ONE))
    for uri in uris:
        assert failure(open_connection, one, uri)[0] in (DENIED, PASSWORD), uri
        assert not os.path.exists(bus.path('sprung')) and not os.path.exists(bus.path('embed'))
    # The trap works: a stronger permission is all that keeps it shut. So it does for root.
    rules(allow(ONE, actions=('connect.open', 'connect.open-any')))
    assert failure(open_connection, one, uris[0])[0].startswith('org.libvirt1.Error.')
    assert os.path.exists(bus.path('sprung'))
    os.unlink(bus.path('sprung'))
    assert failure(open_connection, root, uris[0])[0].startswith('org.libvirt1.Error.')
    assert os.path.exists(bus.path('sprung'))


def test_nobody_reaches_anothers(one, stranger, root, clients, rules):
    rules(allow(ONE, MEMBER))
    before = seen_by(stranger)
    heard = {client: client.listen() for client in (stranger, clients[MEMBER], one, root)}
    path = open_connection(one, DEFAULT, name=string('own'))
    domain, = root.call(path, CONNECTION + '.ListDomains', '(u)', 0)[:1]
    root.call(domain, DOMAIN + '.Suspend')
    root.call(domain, DOMAIN + '.Resume')

    assert path in seen_by(root) and path in seen_by(one)
    for other in stranger, clients[MEMBER]:
        assert path not in seen_by(other)
        nowhere = ROOT + '/u1_own'
        for call in (lambda at: other.call(at, CONNECTION + '.Close'),
                     lambda at: other.get(at, CONNECTION, 'URI'),
                     lambda at: other.get_all(at, CONNECTION)):
            missing = failure(call, nowhere)
            assert failure(call, path) == tuple(text.replace(nowhere, path) for text in missing)
        for call in (lambda: other.get_all(domain, DOMAIN),
                     lambda: other.get(domain, DOMAIN, 'Name'),
                     lambda: other.call(domain, DOMAIN + '.Destroy', '(u)', 0)):
            assert failure(call)[0] in ('org.freedesktop.DBus.Error.UnknownMethod',
                                        'org.freedesktop.DBus.Error.InvalidArgs')
        for at in path, domain:
            assert not [i for i in other.introspect(at).interfaces if i.name.startswith('org.libvirt1')]
        assert other.introspect(path + '/domain').nodes == []

    # Their own is another object, under a name of their own.
    theirs = open_connection(clients[MEMBER], DEFAULT, name=string('own'))
    assert theirs == f'{ROOT}/u{MEMBER.uid}_own'
    close(clients[MEMBER], theirs)

    close(one, path)
    assert failure(one.call, path, CONNECTION + '.Close')[0] == 'org.freedesktop.DBus.Error.UnknownMethod'
    for client in (root, one):
        heard[client].wait(lambda *s: s[2] == 'InterfacesRemoved' and s[3][0] == path)
    for client in (stranger, clients[MEMBER]):
        seen_by(client)  # what was sent before has come
        assert not [s for s in heard[client].seen if path in str(s)]
    assert seen_by(stranger) == before
    for signals in heard.values():
        signals.stop()
