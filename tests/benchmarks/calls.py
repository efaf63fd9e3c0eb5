# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a call costs, compared with Peer.Ping, which GDBus answers itself, and with a request of
libvirt's own. Calls take turns in random order; each figure is the median of many."""

from gi.repository import GLib

from bench import LIBVIRT_DBUS, NAME, ROOT, Bench, Client, Table, bare_service, ping, probe

ROUNDS = 2000
IN_FLIGHT = 64
PROPERTIES = 'org.freedesktop.DBus.Properties'
THERE = 10  # domains


def probes_of_virtbus(path):
    domain = NAME + '.Domain'
    get, get_all = PROPERTIES + '.Get', PROPERTIES + '.GetAll'
    return {
        'ping': ping('ping', NAME),
        'get': probe('get', NAME, path, get, f'("{domain}", "Active")'),
        'name': probe('name', NAME, path, get, f'("{domain}", "Name")'),
        'main': probe('main', NAME, ROOT + '/QEMU', get, f'("{NAME}.Connection", "Alive")'),
        'getall': probe('getall', NAME, path, get_all, f'("{domain}",)'),
        'method': probe('method', NAME, path, domain + '.GetState', '(uint32 0,)'),
    }


def probes_of_libvirt_dbus(path):
    name, domain = 'org.libvirt', 'org.libvirt.Domain'
    get, get_all = PROPERTIES + '.Get', PROPERTIES + '.GetAll'
    return {
        'other-ping': ping('other-ping', name),
        'other-get': probe('other-get', name, path, get, f'("{domain}", "Active")'),
        'other-getall': probe('other-getall', name, path, get_all, f'("{domain}",)'),
        'other-method': probe('other-method', name, path, domain + '.GetState', '(uint32 0,)'),
    }


def probes_of_bare():
    """What GDBus takes for a property, and for one thread or several that ask libvirt, whoever answers."""
    name, domain = 'bare.Service', 'bare.Domain'
    get = PROPERTIES + '.Get'
    return {
        'bare-get': probe('bare-get', name, '/bare', get, f'("{domain}", "Active")'),
        'bare-method': probe('bare-method', name, '/bare', domain + '.GetState', '(uint32 0,)'),
        'bare-getall': probe('bare-getall', name, '/bare', domain + '.ReadAll', '()'),
    }


def show_latency(title, t):
    table = Table(title)
    ping_time, raw = t['ping'], t['raw']
    table.time('Peer.Ping', ping_time)
    table.time('virDomainGetState() over a connection of its own', raw)
    table.time('Get of Active, again', t['get'])
    table.ratio('  / Peer.Ping', t['get'] / ping_time, '<= 1.2')
    table.ratio('Get of Name, again / Peer.Ping', t['name'] / ping_time, '<= 1.2')
    table.ratio('Get that the main thread answers / Peer.Ping', t['main'] / ping_time)
    table.ratio('bare GDBus service: Get / Peer.Ping', t['bare-get'] / ping_time)
    table.time('GetAll of a domain', t['getall'])
    table.ratio('  / Peer.Ping', t['getall'] / ping_time, '<= 2')
    table.ratio('bare GDBus service: the same readings / Peer.Ping', t['bare-getall'] / ping_time)
    table.time('GetState', t['method'])
    table.ratio('  / (Peer.Ping + virDomainGetState())', t['method'] / (ping_time + raw), '<= 1.2')
    table.ratio('bare GDBus service: GetState / (Ping + raw)', t['bare-method'] / (ping_time + raw))
    if 'other-ping' in t:
        table.ratio('libvirt-dbus: Get of Active / Peer.Ping', t['other-get'] / t['other-ping'])
        table.ratio('libvirt-dbus: GetAll / Peer.Ping', t['other-getall'] / t['other-ping'])
        table.ratio('libvirt-dbus: GetState / (Ping + raw)', t['other-method'] / (t['other-ping'] + raw))


def show_flight(t, n):
    table = Table(f'{IN_FLIGHT} calls in flight: time a call')
    table.time('Peer.Ping', t['ping'] / n)
    for what, name in (('Get of Active', 'get'), ('GetAll', 'getall'), ('GetState', 'method')):
        table.time(what, t[name] / n)
        table.ratio('  / Peer.Ping', t[name] / t['ping'])
        other = 'other-' + name
        if other in t:
            table.ratio('  libvirt-dbus / virtbus', t[other] / t[name])


def main():
    with Bench() as bench:
        bench.define(0, THERE)
        bench.libvirtd.virsh('start', 'domain-1')
        with bench.virtbus() as virtbus:
            virtbus.wait_for_name()
            client = Client(bench.bus)
            other = bench.libvirt_dbus() if LIBVIRT_DBUS else None
            for title, name in (('a domain that is shut off', 'domain-0'),
                                ('a domain that runs', 'domain-1')):
                path = client.call(ROOT + '/QEMU', NAME + '.Connection.DomainLookupByName', '(s)', name)
                probes = probes_of_virtbus(path)
                if other:
                    path = client.call_variant(
                        '/org/libvirt/QEMU', 'org.libvirt.Connect.DomainLookupByName',
                        GLib.Variant('(s)', (name,)), 'org.libvirt').unpack()[0]
                    probes.update(probes_of_libvirt_dbus(path))
                raw = f'raw|libvirt|{bench.libvirtd.uri}|{name}'
                with bare_service(bench, 0, bench.libvirtd.uri, name):
                    show_latency(title, bench.client('latency', ROUNDS, raw, *probes.values(),
                                                     *probes_of_bare().values()))
            calls = 2048
            show_flight(bench.client('flight', 7, calls, IN_FLIGHT, *probes.values()), calls)
            client.close()
            if other:
                other.__exit__()


if __name__ == '__main__':
    main()
