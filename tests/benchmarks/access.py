# SPDX-License-Identifier: LGPL-2.1-or-later

"""What it costs to be asked about: a call of somebody about whom polkit has decided before, compared
with root's, about whom nobody asks; and the lists of a host with many domains, for a stranger, whom the
defaults show them all, and for one whom a rule shows only one of them."""

import shutil
import statistics
import sys
import time

from bench import CLIENT, NAME, SKIPPED, Table, probe

from daemon import PROPERTIES, Daemon
from polkit import (CONNECTION, DOMAIN, MEMBER, OBJECT_MANAGER, ONE, ROOT_USER, SERVICE, STRANGER, TEST,
                    Polkit, Questions, SystemBus, enter_namespace, path_of, why_not, write_host)

TURNS = 9
ROUNDS = 1000
DOMAINS = ('demo', *(f'domain-{i}' for i in range(1, 1000)))
LISTS = {
    'ListDomains': (CONNECTION + '.ListDomains', '(u)', 0),
    'GetManagedObjects': (OBJECT_MANAGER + '.GetManagedObjects',),
}
PROBES = {
    'Get of Active': probe('Get of Active', NAME, path_of(0), PROPERTIES + '.Get', f'("{DOMAIN}", "Active")'),
    'GetAll': probe('GetAll', NAME, path_of(0), PROPERTIES + '.GetAll', f'("{DOMAIN}",)'),
    'GetState': probe('GetState', NAME, path_of(0), DOMAIN + '.GetState', '(uint32 0,)'),
}


def latencies(bus, program, user):
    """The median of each call in microseconds."""
    probes = {label: text.replace(label, label.replace(' ', '-'), 1) for label, text in PROBES.items()}
    done = bus.command(user, program, bus.address, 'latency', str(ROUNDS), *probes.values())
    assert done.returncode == 0, done.stderr
    figures = dict(line.split() for line in done.stdout.splitlines())
    return {label: int(figures[label.replace(' ', '-')]) for label in PROBES}


def show_calls(bus):
    """The two take turns."""
    program = shutil.copy(CLIENT, bus.path('client'))  # where every user can run it
    times = {ROOT_USER: [], MEMBER: []}
    for _ in range(TURNS):
        for user, taken in times.items():
            taken.append(latencies(bus, program, user))
    table = Table('a call that polkit has decided before')
    for label in PROBES:
        root, member = (statistics.median(t[label] for t in times[u]) for u in (ROOT_USER, MEMBER))
        table.time(f'{label} by root', root)
        table.time(f'{label} by a member of libvirt', member)
        table.ratio('  / root', member / root, '<= 1.2')


def timed(client, member, *arguments):
    start = time.monotonic()
    client.call(TEST, member, *arguments)
    return (time.monotonic() - start) * 1e6


def show_lists(bus, user, what):
    """The first and the second time; once more with somebody who counts, which takes time itself."""
    client = bus.connect(user)
    times = [{label: timed(client, *call) for label, call in LISTS.items()} for _ in range(2)]
    client.close()

    client, questions = bus.connect(user), Questions(bus)
    counts = []
    for _ in range(2):
        counted = {}
        for label, call in LISTS.items():
            client.call(TEST, *call)
            counted[label] = len(questions.since())
        counts.append(counted)
    questions.close()
    client.close()

    table = Table(f'{len(DOMAINS)} domains, for {what}')
    for label in LISTS:
        for when, taken, counted in zip(('first', 'second'), times, counts):
            table.time(f'{label}, the {when} time', taken[label])
            wanted = '0' if when == 'second' or user is ROOT_USER else '<= 16' if user is STRANGER else ''
            table('  questions', str(counted[label]), wanted)


def main():
    reason = why_not()
    if reason:
        print('no polkitd:', reason)
        sys.exit(SKIPPED)
    enter_namespace()
    bus = SystemBus()
    try:
        polkit = Polkit(bus)
        uri = write_host(bus, 'test', DOMAINS)
        config = f'[Service]\nPredefined=false\n[Connection Test]\nURI={uri}\n'
        with Daemon(bus, config, ('--system',), user=SERVICE.uid):
            client = bus.connect(ROOT_USER)
            client.call(TEST, *LISTS['GetManagedObjects'])  # the connection is open from here on
            client.close()
            show_calls(bus)
            show_lists(bus, ROOT_USER, 'root')
            show_lists(bus, STRANGER, 'a stranger')
            show_lists(bus, ONE, 'one who may see one of them')
        polkit.close()
    finally:
        bus.remove()


if __name__ == '__main__':
    main()
