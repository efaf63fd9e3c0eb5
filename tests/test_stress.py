# SPDX-License-Identifier: LGPL-2.1-or-later

"""Many change the same domains at the same time, through the bus and past it. When they are done,
everybody has the same picture: a listener that only heard signals, GetManagedObjects, a fresh
GetAll of each domain, and virsh.

STRESS_SECONDS says how long, STRESS_SEED makes the writers do the same again.
"""

import fcntl
import os
import random
import subprocess
import threading
import time

import pytest
from gi.repository import Gio, GLib

from daemon import NAME, TIMEOUT, Client, error_name, wait_for
from picture import OBJECT_MANAGER, Picture, announced
from qemu import AFFECT_CONFIG, CONNECTION, DOMAIN, PAUSED, SHUTTING_DOWN, STARTING_UP
from qemu import connection, daemon, libvirtd, uri  # noqa: F401 (fixtures)

SECONDS = int(os.environ.get('STRESS_SECONDS', '15'))
SEED = int(os.environ.get('STRESS_SEED', random.randrange(10**6)))

DOMAINS = 200
RUNNING = 10  # so many of them are started and stopped, too
BUS_WRITERS = 4
VIRSHES = 2

STATES = {'running': 1, 'idle': 2, 'paused': 3, 'in shutdown': 4, 'shut off': 5, 'crashed': 6}


def uuid_of(i):
    return f'57e55000-0000-4000-8000-{i:012}'


def path_of(i):
    return f'{CONNECTION}/domain/_{uuid_of(i).replace("-", "_")}'


def xml_of(i, memory=64):
    xml = DOMAIN.format(name=f'stress-{i}', devices='').replace('>64<', f'>{memory}<')
    return xml.replace('</name>', f'</name><uuid>{uuid_of(i)}</uuid>')


class BusWriter:
    """One call after the other; what libvirt refuses is part of it."""

    def __init__(self, bus, seed):
        self.client = Client(bus)
        self.random = random.Random(seed)
        self.calls = 0
        self.refused = 0
        self.going = True
        self.under_way = False
        self._go_on()

    def _choose(self):
        i = self.random.randrange(DOMAINS)
        config = AFFECT_CONFIG
        choices = [
            (CONNECTION, 'Connection.DomainDefineXML', '(su)', xml_of(i, self.random.choice([64, 96])), 0),
            (CONNECTION, 'Connection.DomainDefineXML', '(su)', xml_of(i), 0),
            (path_of(i), 'Domain.Undefine', '(u)', 1),
            (path_of(i), 'Domain.SetMemory', '(tu)', self.random.choice([16384, 32768]), config),
            (path_of(i), 'Domain.SetVcpus', '(uu)', self.random.choice([1, 2]), config),
            (path_of(i), 'Domain.Rename', '(su)', f'stress-{i}-{self.random.randrange(3)}', 0),
            (path_of(i), None, '(ssv)', 'org.libvirt1.Domain', 'Autostart',
             GLib.Variant('b', self.random.random() < 0.5)),
        ]
        i = self.random.randrange(RUNNING)
        choices += [
            (path_of(i), 'Domain.Create', '(u)', 0),
            (path_of(i), 'Domain.Suspend', None),
            (path_of(i), 'Domain.Resume', None),
            (path_of(i), 'Domain.Destroy', '(u)', 0),
        ]
        return self.random.choice(choices)

    def _go_on(self):
        self.under_way = self.going
        if not self.going:
            return
        path, member, signature, *arguments = self._choose()
        interface, method = (member or 'Properties.Set').split('.')
        prefix = 'org.libvirt1.' if member else 'org.freedesktop.DBus.'
        self.client.connection.call(
            NAME, path, prefix + interface, method,
            GLib.Variant(signature, tuple(arguments)) if signature else None, None,
            Gio.DBusCallFlags.NO_AUTO_START, TIMEOUT * 1000, None, self._on_answer)

    def _on_answer(self, bus, result):
        self.calls += 1
        try:
            bus.call_finish(result)
        except GLib.Error as error:
            assert error_name(error).startswith('org.libvirt1.Error.'), error
            self.refused += 1
        self._go_on()


class VirshWriter(threading.Thread):
    """Feeds a virsh, which takes one command after the other."""

    def __init__(self, bus, libvirtd, seed):
        super().__init__()
        self.random = random.Random(seed)
        self.bus = bus
        self.going = True
        self.commands = 0
        self.virsh = subprocess.Popen(
            ['virsh', '--quiet', '--connect', libvirtd.uri], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=libvirtd.environment())
        fcntl.fcntl(self.virsh.stdin, fcntl.F_SETPIPE_SZ, 4096)  # so that it is not far ahead of virsh
        self.start()

    def _choose(self):
        i = self.random.randrange(DOMAINS)
        uuid = uuid_of(i)
        choices = [
            'define ' + self.bus.path(f'{i}.xml'),
            'define ' + self.bus.path(f'{i}.xml'),
            f'undefine --managed-save {uuid}',
            f'autostart {uuid}',
            f'autostart --disable {uuid}',
            f'setmem {uuid} {self.random.choice([20000, 40000])} --config',
            f'setvcpus {uuid} {self.random.choice([1, 2])} --config',
            f'domrename {uuid} stress-{i}-{self.random.randrange(3)}',
        ]
        uuid = uuid_of(self.random.randrange(RUNNING))
        choices += [f'{command} {uuid}' for command in ('start', 'suspend', 'resume', 'destroy')]
        choices.append(f'create {self.bus.path("0.xml")}')
        return self.random.choice(choices)

    def run(self):
        while self.going:
            self.virsh.stdin.write(self._choose().encode() + b'\n')
            self.virsh.stdin.flush()
            self.commands += 1
        self.virsh.stdin.close()
        self.virsh.wait()


def what_virsh_says(libvirtd):
    """{UUID: the properties} of all domains."""
    uuids = libvirtd.virsh('list', '--all', '--uuid').split()
    found, values = {}, {}
    for line in libvirtd.virsh_all(f'dominfo {uuid}' for uuid in uuids).splitlines():
        name, _, value = line.partition(':')
        values[name.strip()] = value.strip()
        if name.strip() == 'Managed save':
            found[values['UUID']] = {
                'Name': values['Name'],
                'UUID': values['UUID'],
                'Id': -1 if values['Id'] == '-' else int(values['Id']),
                'Active': values['Id'] != '-',
                'State': STATES[values['State']],
                'Vcpus': int(values['CPU(s)']),
                'MaxMemory': int(values['Max memory'].split()[0]),
                'Memory': int(values['Used memory'].split()[0]),
                'Persistent': values['Persistent'] == 'yes',
                'Autostart': values['Autostart'] == 'enable',
                'ManagedSave': value.strip() == 'yes',
            }
            values = {}
    assert sorted(found) == sorted(uuids)
    return found


def write(bus, libvirtd):
    writers = [BusWriter(bus, SEED + i) for i in range(BUS_WRITERS)]
    virshes = [VirshWriter(bus, libvirtd, SEED - 1 - i) for i in range(VIRSHES)]
    end = time.monotonic() + SECONDS
    GLib.timeout_add_seconds(SECONDS, lambda: GLib.SOURCE_REMOVE)  # wakes the loop
    while time.monotonic() < end:
        GLib.MainContext.default().iteration(True)

    for writer in writers + virshes:
        writer.going = False
    wait_for(lambda: not any(writer.under_way for writer in writers))
    for virsh in virshes:
        virsh.join()
    for writer in writers:
        writer.client.close()
    print(f'{SECONDS} s, seed {SEED}:', *(f'{w.calls} calls, {w.refused} refused;' for w in writers),
          *(f'{v.commands} of virsh;' for v in virshes))


def is_passing(values):
    """virtbusd looks at such a domain each second: if its start fails, libvirt announces no more."""
    return values['State'] == (PAUSED, STARTING_UP) or values['State'][0] == SHUTTING_DOWN


def wait_until_at_rest(picture):
    picture.barrier()
    wait_for(lambda: not any(is_passing(interfaces['org.libvirt1.Domain'])
                             for interfaces in domains_of(picture.objects).values()))
    picture.barrier()


def domains_of(objects):
    """A host has devices, too."""
    return {path: interfaces for path, interfaces in objects.items() if '/domain/' in path}


def test_stress(bus, client, connection, daemon, libvirtd):
    for i in range(DOMAINS):
        bus.write(f'{i}.xml', xml_of(i))
    libvirtd.virsh_all(f'define {bus.path(f"{i}.xml")}' for i in range(0, DOMAINS, 2))

    picture = Picture(client, CONNECTION, ask_back=False)
    assert len(domains_of(picture.objects)) == DOMAINS // 2
    write(bus, libvirtd)
    if libvirtd.has_died():
        pytest.skip('libvirtd has died')  # seen once in a hundred runs, with libvirt 9.0
    wait_until_at_rest(picture)
    print(f'{len(picture.history)} changes announced')

    picture.check()
    managed = client.call(CONNECTION, OBJECT_MANAGER + '.GetManagedObjects')
    managed = domains_of(managed)

    said = what_virsh_says(libvirtd)
    assert len(said) == len(managed)
    for path, interfaces in managed.items():
        domain = connection.at(path, 'Domain')
        values = interfaces[domain.interface]
        fresh = domain.get_all()
        assert announced(domain.interface, values) == {
            name: fresh[name] for name in announced(domain.interface, values)}
        expected = said[fresh['UUID']]
        assert {**{name: fresh[name] for name in expected}, 'State': fresh['State'][0]} == expected
    assert sorted(said) == sorted(values[domain.interface]['UUID'] for values in managed.values())
