# SPDX-License-Identifier: LGPL-2.1-or-later

"""Passwords on the system bus: a libvirtd that wants one, and the agents of two users, whom the service
asks as a user of its own, through the policy of the bus that is installed."""

import os

import pytest

import remote
from agent import Agent
from daemon import ROOT, Daemon
from libvirtd import Libvirtd, why_not
from polkit import CONNECTION, DENIED, MEMBER, ONE, PASSWORD as WANTED, ROOT_USER, SERVICE, STRANGER
from polkit import bus, clients, namespace, polkit, rules  # noqa: F401 (fixtures)
from test_open import close, failure, open_connection
from test_open_users import MANAGER, allow

URI = f'qemu+tcp://127.0.0.1:{remote.TCP}/system'
AUTHNAME, PASSPHRASE = 2, 5  # virConnectCredentialType
RIGHT = {AUTHNAME: 'somebody', PASSPHRASE: 'a-rather-long-S3cret-of-somebody'}
CONFIG = '[Service]\nPredefined=false\n[Connection Test]\nURI=test:///default\n'


@pytest.fixture(scope='module')
def libvirtd(bus, polkit):
    reason = why_not() or (None if remote.find('saslpasswd2') else 'not installed: saslpasswd2')
    if reason and 'UNDER_MESON' in os.environ:
        pytest.exit('no libvirtd that wants a password: ' + reason, returncode=77)
    if reason:
        pytest.skip('no libvirtd that wants a password: ' + reason)

    directory = bus.path('libvirtd')
    os.mkdir(directory)
    remote.add_user(directory, *RIGHT.values())
    config = remote.LISTENING.format(port=remote.TCP, auth='sasl', uuid='11111111-2222-3333-4444-555555555503')
    running = Libvirtd(directory, config + remote.NOT_TLS, remote.SASL.format(directory=directory))
    try:
        running.start()
        yield running
    finally:
        running.close()


@pytest.fixture(scope='module')
def daemon(bus, libvirtd):
    """In libvirtd's network, as its own user."""
    become = ('setpriv', f'--reuid={SERVICE.uid}', f'--regid={SERVICE.uid}', '--clear-groups')
    started = Daemon(bus, CONFIG, ('--system',), prefix=[*libvirtd.in_network(), *become])
    try:
        started.wait_for_name()
        yield started
        started.stop()
    finally:
        started.kill()


@pytest.fixture
def agent(clients):
    """Makes agents of users."""
    made = []

    def make(user, answers):
        made.append(Agent(clients[user], answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_each_users_agent_is_asked_for_theirs(clients, agent, rules, daemon):
    rules(allow(ONE, MEMBER))
    own, others = agent(ONE, RIGHT), agent(MEMBER, {**RIGHT, PASSPHRASE: 'wrong'})
    path = open_connection(clients[ONE], URI, agent=own.option())
    assert path.startswith(f'{ROOT}/u{ONE.uid}_')
    assert own.asked and not others.asked
    assert clients[ONE].get(path, CONNECTION, 'Type') == 'QEMU'

    assert failure(open_connection, clients[MEMBER], URI, agent=others.option())[0] == (
        'org.libvirt1.Error.AuthFailed')
    assert others.asked
    assert path in clients[ROOT_USER].get(ROOT, MANAGER, 'Connections')
    assert path not in clients[MEMBER].get(ROOT, MANAGER, 'Connections')
    assert 'S3cret' not in daemon.stderr() and 'wrong' not in daemon.stderr()
    close(clients[ONE], path)


def test_nobody_is_asked_without_the_right(clients, agent, rules):
    rules(allow(ONE))
    own = agent(STRANGER, RIGHT)
    assert failure(open_connection, clients[STRANGER], URI, agent=own.option())[0] in (DENIED, WANTED)
    assert not own.asked


def test_no_agent_of_somebody_elses(clients, agent, rules):
    """An agent is named by its path alone, so it is always the caller's."""
    rules(allow(ONE, MEMBER))
    others = agent(MEMBER, RIGHT)
    assert failure(open_connection, clients[ONE], URI, agent=others.option())[0] == 'org.libvirt1.Error.AuthFailed'
    assert not others.asked
