# SPDX-License-Identifier: LGPL-2.1-or-later

"""From exec to the first answer: without libvirt, and with a connection that is opened for it."""

import os

from bench import LIBVIRT_DBUS, NAME, ROOT, Bench, Table, managed, median, ping, probe

ROUNDS = 20
SIZES = 10, 1000  # domains


def first_answers(bench, n):
    """Medians in microseconds; the services take turns, in the same mount namespace."""
    where = ['nsenter', f'--target={bench.libvirtd.pid}', '--mount']
    config = bench.bus.write(
        'start.conf',
        f'[Service]\nPredefined=false\n[Connection QEMU]\nURI={bench.libvirtd.uri}\n')
    virtbus = [*where, os.environ['VIRTBUSD'], '--session', '--config', config]
    listing = probe('x', NAME, ROOT + '/QEMU', NAME + '.Connection.ListDomains', '(uint32 0,)')
    commands = {
        'virtbus': (NAME, ping('x', NAME), virtbus),
        'virtbus, its connections': (NAME, managed('x', NAME, ROOT), virtbus),
        'virtbus, ListDomains': (NAME, listing, virtbus),
        'virtbus, GetManagedObjects': (NAME, managed('x'), virtbus),
    }
    if LIBVIRT_DBUS:
        name = 'org.libvirt'
        other = [*where, LIBVIRT_DBUS, '--system']
        listing = probe('x', name, '/org/libvirt/QEMU', name + '.Connect.ListDomains', '(uint32 0,)')
        commands['libvirt-dbus'] = (name, ping('x', name), other)
        commands['libvirt-dbus, ListDomains'] = (name, listing, other)

    times = {what: [] for what in commands}
    for _ in range(ROUNDS):
        for what, (name, call, command) in commands.items():
            times[what].append(bench.client('start', name, call, *command)['answer'])
    return {what: median(values) for what, values in times.items()}


def main():
    with Bench() as bench:
        defined = 0
        for n in SIZES:
            bench.define(defined, n)
            defined = n
            times = first_answers(bench, n)
            table = Table(f'from exec to the first answer, {n:,} domains')
            for what, time in times.items():
                table.time(what, time)
            if LIBVIRT_DBUS:
                for what in '', ', ListDomains':
                    table.ratio('virtbus / libvirt-dbus' + what,
                                times['virtbus' + what] / times['libvirt-dbus' + what])


if __name__ == '__main__':
    main()
