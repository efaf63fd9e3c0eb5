# SPDX-License-Identifier: LGPL-2.1-or-later

"""A stranger who calls as often as the bus lets them, with and without asking for answers: it is they
who are told that it is too much, the others are served, and nothing stays when it is over."""

import json
import os
import statistics
import subprocess
import sys
import time

import pytest

import overload
from daemon import PROPERTIES
from polkit import DOMAIN, MEMBER, STRANGER, acting_as, path_of
from polkit import bus, clients, daemon, namespace, polkit  # noqa: F401 (fixtures)

DEMO = path_of(0)
ROUNDS = 40
GROWTH = 64 << 20  # bytes
CALLS = {
    'memory': (DEMO, PROPERTIES + '.GetAll', f"('{DOMAIN}',)"),
    'worker': (DEMO, DOMAIN + '.GetXMLDesc', '(uint32 0,)'),
    'refused': (DEMO, DOMAIN + '.Suspend', '()'),
}


class Flood:
    """The process. It need not be the stranger's: its connection to the bus is."""

    def __init__(self, bus, call, replies):
        with acting_as(STRANGER):
            connection = overload.connect(bus.path('bus'), STRANGER.uid)
        with connection:
            self.process = subprocess.Popen(
                [sys.executable, overload.__file__, str(connection.fileno()),
                 'reply' if replies else 'no-reply', *call],
                pass_fds=[connection.fileno()], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                universal_newlines=True)
        assert self.process.stdout.readline() == 'ready\n'

    def stop(self):
        """What came of its calls."""
        output, _ = self.process.communicate()
        return json.loads(output)


def median(call):
    """In microseconds."""
    taken = []
    for _ in range(ROUNDS):
        start = time.monotonic()
        call()
        taken.append(time.monotonic() - start)
    return statistics.median(taken) * 1e6


def memory(pid):
    """Resident, in bytes."""
    with open(f'/proc/{pid}/statm', encoding='ascii') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGESIZE')


@pytest.fixture(scope='module', params=[(what, replies) for what in CALLS for replies in (True, False)],
                ids=lambda p: f'{p[0]}-{"reply" if p[1] else "no-reply"}')
def flooded(request, bus, clients, daemon):
    """The figures of one flood."""
    what, replies = request.param
    client, before = clients[MEMBER], memory(daemon.pid)

    def call():
        client.call(DEMO, DOMAIN + '.GetState', '(u)', 0)

    call()
    figures = {'alone': median(call), 'bus alone': median(client.has_owner)}
    flood = Flood(bus, CALLS[what], replies)
    figures.update({'flooded': median(call), 'bus flooded': median(client.has_owner)})
    figures.update(flood.stop(), replies=replies)
    call()
    figures.update({'after': min(median(call) for _ in range(3)), 'growth': memory(daemon.pid) - before})
    print({name: round(value) for name, value in figures.items()})
    return figures


def test_who_floods_is_told(flooded):
    """By the bus, which lets nobody wait for more than 128 answers, or by the service."""
    assert flooded['limits'] + flooded['limits of the bus'] > 0


def test_it_is_over_when_it_is_over(flooded):
    assert flooded['after'] < 3 * flooded['alone']
    assert flooded['growth'] < GROWTH
