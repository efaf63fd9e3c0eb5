# SPDX-License-Identifier: LGPL-2.1-or-later

"""How long after a change somebody who listens on the bus knows of it, compared with somebody who
listens to libvirt."""

from gi.repository import GLib

from bench import LIBVIRT_DBUS, NAME, ROOT, TEMPLATE, Bench, Client, Table

ROUNDS = 100
SIZES = 10, 1000  # domains that are there


def show(n, t):
    table = Table(f'from change to signal, {n:,} domains')
    for change in 'suspend', 'resume', 'define', 'undefine':
        raw = t[change + '/libvirt']
        table.time(f'{change}: libvirt\'s own event', raw)
        table.time('  virtbus\'s signal, later by', t[change + '/virtbus'] - raw)
        table.ratio('  virtbus / libvirt', t[change + '/virtbus'] / raw)
        if change + '/libvirt-dbus' in t:
            table.time('  libvirt-dbus\'s signal, later by', t[change + '/libvirt-dbus'] - raw)


def open_connections(bench):
    client = Client(bench.bus)
    client.call(ROOT + '/QEMU', NAME + '.Connection.ListDomains', '(u)', 0)
    if LIBVIRT_DBUS:
        client.call_variant('/org/libvirt/QEMU', 'org.libvirt.Connect.ListDomains',
                            GLib.Variant('(u)', (0,)), 'org.libvirt')
    client.close()


def main():
    with Bench() as bench:
        defined = 0
        for n in SIZES:
            bench.define(defined, n)
            if not defined:
                bench.libvirtd.virsh('start', 'domain-0')
            defined = n
            with bench.virtbus():
                other = bench.libvirt_dbus() if LIBVIRT_DBUS else None
                open_connections(bench)
                show(n, bench.client('changes', ROUNDS, 3 if other else 2, bench.libvirtd.uri,
                                     'domain-0', TEMPLATE.replace('domain-@', 'changing')))
                if other:
                    other.__exit__()


if __name__ == '__main__':
    main()
