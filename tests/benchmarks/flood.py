# SPDX-License-Identifier: LGPL-2.1-or-later

"""How much longer another caller waits while one keeps a thousand calls in flight: for a property in
memory, for a call that a worker runs, and for the bus itself, which both share."""

import statistics
import time

from bench import NAME, ROOT, Bench, Table
from daemon import PROPERTIES, Client, Daemon
from flooder import Flood

TEST = ROOT + '/Test'
DOMAIN = TEST + '/domain/_6695eb01_f6a4_8304_79aa_97f2502e193f'
IN_FLIGHT = 1000
SAMPLES = 200

FLOODS = {
    'Get from memory': (ROOT, PROPERTIES + '.Get', f"('{NAME}.Manager', 'Version')"),
    'GetAll of a domain': (DOMAIN, PROPERTIES + '.GetAll', f"('{NAME}.Domain',)"),
    'GetCapabilities': (TEST, NAME + '.Connection.GetCapabilities', '()'),
}


def duration(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main():
    with Bench(libvirtd=False) as bench, Daemon(bench.bus, ''):
        client = Client(bench.bus)
        calls = {
            'a property in memory': lambda: client.get(ROOT, NAME + '.Manager', 'Version'),
            'a call on a worker': lambda: client.call(TEST, NAME + '.Connection.GetCapabilities'),
            'the bus itself': client.has_owner,
        }

        def medians():
            return {what: statistics.median(duration(call) for _ in range(SAMPLES))
                    for what, call in calls.items()}

        medians()
        before = medians()
        for what, flood in FLOODS.items():
            table = Table(f'while another has {IN_FLIGHT} calls in flight: {what}')
            with Flood(bench.bus, IN_FLIGHT, *flood):
                after = medians()
            for waiting, time_after in after.items():
                table.ratio(f'{waiting}: with the flood / without', time_after / before[waiting])
        client.close()


if __name__ == '__main__':
    main()
