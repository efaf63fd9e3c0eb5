# SPDX-License-Identifier: LGPL-2.1-or-later

"""As inventory.py, with libvirt's test driver, which lives in the service itself: what is left when no
libvirtd has to be asked. libvirt-dbus knows only test:///default; there it is given its domains."""

from gi.repository import GLib

from bench import LIBVIRT_DBUS, Bench, Client
from inventory import SIZES, measure_bare, measure_libvirt_dbus, measure_virtbus, show, show_growth

DOMAIN = '''<domain type='test'><name>domain-{0}</name><uuid>00000000-0000-0000-0000-{0:012}</uuid>
<memory>65536</memory><vcpu>2</vcpu><os><type>hvm</type></os></domain>'''


def write_host(bench, n):
    """A file with all of a test driver's host; its URI."""
    domains = ''.join(map(DOMAIN.format, range(n)))
    return 'test://' + bench.bus.write(f'{n}.xml', f'<node>{domains}</node>')


def fill_libvirt_dbus(bench, n):
    client = Client(bench.bus)
    path, member = '/org/libvirt/Test', 'org.libvirt.Connect.'
    calls = [client.start(path, member + 'DomainDefineXML',
                          GLib.Variant('(s)', (DOMAIN.format(i),)), 'org.libvirt')
             for i in range(n - 1)]  # one is there already
    for call in calls:
        assert not call.wait().error, call.error
    client.close()


def main():
    results = {}
    smallest = None
    with Bench(libvirtd=False) as bench:
        for n in SIZES:
            found = results[n] = {
                'virtbus': measure_virtbus(bench, n, write_host(bench, n)),
                'bare': measure_bare(bench, n),
            }
            if LIBVIRT_DBUS:
                found['libvirt-dbus'] = measure_libvirt_dbus(
                    bench, n, 'Test', lambda bench, n=n: fill_libvirt_dbus(bench, n))
            show(n, found, smallest, in_process=True)
            smallest = smallest or {'n': n, **found['virtbus']}
    show_growth(results)


if __name__ == '__main__':
    main()
