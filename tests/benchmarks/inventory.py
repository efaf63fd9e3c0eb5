# SPDX-License-Identifier: LGPL-2.1-or-later

"""All properties of N domains of a libvirtd: one call to virtbus, and libvirt-dbus's list and GetAll
of each, pipelined, by the same client. The least that is possible is what a service takes that
has nothing to do but to return them."""

import time

from bench import (LIBVIRT_DBUS, NAME, ROOT, Bench, Client, RawClient, Table, bare_service, cpu_time,
                   cpu_time_since, managed, median, memory, probe)

SIZES = 10, 100, 1000, 10000


def time_raw(bus, destination, path, rounds):
    client = RawClient(bus)
    times = []
    for _ in range(rounds):
        start = time.monotonic()
        client.call(destination, path, 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects')
        times.append((time.monotonic() - start) * 1e6)
    client.close()
    return median(times)


def measure_virtbus(bench, n, uri=None):
    rounds = max(10, min(100, 20000 // n))
    found = {}
    with bench.virtbus(uri) as virtbus:
        idle = memory(virtbus.pid)
        before = cpu_time(virtbus.pid)
        call = probe('open', NAME, ROOT + '/QEMU', NAME + '.Connection.ListNetworks', '(uint32 0,)')
        found['open'] = bench.client('latency', 1, call)['open']
        found['cpu to open'] = cpu_time_since(virtbus.pid, before)
        found['kept'] = memory(virtbus.pid) - idle

        before = cpu_time(virtbus.pid)
        found['managed'] = bench.client('latency', rounds, managed('managed'))['managed']
        found['cpu'] = cpu_time_since(virtbus.pid, before) / (rounds + rounds // 10)
        found['raw'] = time_raw(bench.bus, NAME, ROOT + '/QEMU', rounds)
        found['memory'] = memory(virtbus.pid) - idle
    return found


def measure_bare(bench, n):
    """What a service without anything behind it takes."""
    with bare_service(bench, n) as bare:
        before = cpu_time(bare.pid)
        times = bench.client('latency', 20, managed('bare', 'bare.Service', '/bare'))
        return {
            'managed': times['bare'],
            'cpu': cpu_time_since(bare.pid, before) / 22,
            'raw': time_raw(bench.bus, 'bare.Service', '/bare', 20),
        }


def measure_libvirt_dbus(bench, n, place='QEMU', fill=None):
    """@fill gives it its domains, if no libvirtd does."""
    listing = probe('all', 'org.libvirt', f'/org/libvirt/{place}',
                    'org.libvirt.Connect.ListDomains', '(uint32 0,)')
    with bench.libvirt_dbus() as libvirt_dbus:
        idle = memory(libvirt_dbus.pid)
        if fill:
            fill(bench)
        times = []
        for _ in range(3 if n <= 1000 else 1):
            before = cpu_time(libvirt_dbus.pid)
            figures = bench.client('pipelined', listing, 'org.libvirt.Domain')
            assert figures['objects'] == n, figures
            times.append(figures['all'])
            cpu = cpu_time_since(libvirt_dbus.pid, before)
        return {'all': median(times), 'cpu': cpu, 'memory': memory(libvirt_dbus.pid) - idle}


def show(n, found, smallest, in_process=False):
    """@in_process: libvirt's driver is in the services, its time and memory are theirs."""
    least, most = ('', '') if in_process else ('>= 30 (of 1,000)', '<= 2 KiB')
    table = Table(f'{n:,} domains')
    virtbus, bare, other = found['virtbus'], found['bare'], found.get('libvirt-dbus')
    table.time('GetManagedObjects', virtbus['managed'])
    table.time('  read without unpacking', virtbus['raw'])
    table.ratio('  / bare service', virtbus['managed'] / bare['managed'], 'close to 1')
    table.ratio('  / bare service, both without unpacking', virtbus['raw'] / bare['raw'], 'close to 1')
    if other:
        table.time('libvirt-dbus: list and GetAll, pipelined', other['all'])
        table.ratio('  / GetManagedObjects', other['all'] / virtbus['managed'], least)
    table.time('virtbusd: CPU time an object', virtbus['cpu'] / n, '<= 20 us')
    table.time('bare service: CPU time an object', bare['cpu'] / n)
    if other:
        table.time('libvirt-dbus: CPU time an object', other['cpu'] / n)
    table.time('opening the connection', virtbus['open'])
    table.time('  CPU time of virtbusd an object', virtbus['cpu to open'] / n)
    if smallest:
        more = n - smallest['n']
        for what, key in (('memory an object, after opening', 'kept'),
                          ('memory an object, after answering', 'memory')):
            table(what, f'{(virtbus[key] - smallest[key]) / more / 1024:.2f} KiB', most)


def show_growth(results):
    table = Table('cost an object, compared with 100 domains')
    base = results[100]['virtbus']
    for n in SIZES[2:]:
        found = results[n]['virtbus']
        for what, key in (('time', 'managed'), ('CPU time', 'cpu'),
                          ('CPU time to open', 'cpu to open')):
            table.ratio(f'{what}, {n:,} domains', (found[key] / n) / (base[key] / 100), '<= 1')


def main():
    results = {}
    with Bench() as bench:
        defined = 0
        smallest = None
        for n in SIZES:
            bench.define(defined, n)
            defined = n
            found = results[n] = {
                'virtbus': measure_virtbus(bench, n),
                'bare': measure_bare(bench, n),
            }
            if LIBVIRT_DBUS:
                found['libvirt-dbus'] = measure_libvirt_dbus(bench, n)
            show(n, found, smallest)
            smallest = smallest or {'n': n, **found['virtbus']}
    show_growth(results)


if __name__ == '__main__':
    main()
