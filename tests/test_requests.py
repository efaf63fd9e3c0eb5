# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a call costs in requests to libvirtd: one, where one answers it; none, for what is known."""

import collections
import os
import xml.etree.ElementTree as ET

import pytest
from gi.repository import GLib

from counting_proxy import CountingProxy
from daemon import error_name
from libvirtd import Libvirtd
from picture import OBJECT_MANAGER
from qemu import CONNECTION, DOMAIN, PAUSED, SHUTOFF, STARTING_UP, ask_until
from qemu import connection, daemon, define, libvirtd  # noqa: F401 (fixtures)

DOMAINS = 1000


@pytest.fixture(scope='module')
def proxy(bus, libvirtd):
    standing = CountingProxy(bus.path('proxy'), libvirtd.socket)
    yield standing
    standing.close()


@pytest.fixture(scope='module')
def uri(bus, proxy):
    return Libvirtd.uri_through(bus.path('proxy'))


@pytest.fixture
def cost(proxy):
    """Does something and says how many requests that took."""
    def measure(function, *arguments):
        proxy.take()
        function(*arguments)
        return len(proxy.take())

    return measure


@pytest.fixture(scope='module', autouse=True)
def opening(bus, proxy, connection, libvirtd):
    """What opening asks, with a thousand domains there: {(program, procedure): how often}. It ends
    where the other events are registered, one after the other, while the first call is answered."""
    commands = []
    for i in range(DOMAINS):
        path = bus.write(f'{i}.xml', DOMAIN.format(name=f'there-{i}', devices=''))
        commands.append(f'define {path}')
    libvirtd.virsh_all(commands)
    proxy.take()
    connection.call('NodeGetFreeMemory')
    objects = connection.client.call(connection.path, OBJECT_MANAGER + '.GetManagedObjects')
    assert len(objects) >= DOMAINS
    requests = proxy.take()
    connection.call('NodeGetFreeMemory')
    return requests, proxy.take()[-1]


@pytest.fixture
def domain(define):
    """One that is at rest: a change is answered when what was announced before has been looked at."""
    domain = define('counted', start=True)
    domain.call('SetMemory', '(tu)', 65536, 2)
    return domain


def properties(kind):
    """The properties of an interface that are in memory, because their handle or events tell them,
    and those that are not."""
    directory = os.path.join(os.path.dirname(__file__), '..', 'introspection')
    tree = ET.parse(os.path.join(directory, f'org.libvirt1.{kind}.xml'))
    memory, live = [], []
    for element in tree.iter('property'):
        notes = {note.get('name'): note.get('value') for note in element.iter('annotation')}
        emits = notes['org.freedesktop.DBus.Property.EmitsChangedSignal']
        known = notes.get('org.libvirt1.Lane') == 'memory' or emits == 'true'
        where = memory if known else live
        where.append(element.get('name'))
    return memory, live


def read(domain, name):
    try:
        domain.get(name)
    except GLib.Error as error:
        # An error of libvirt's costs a request as well. There are no cgroups here.
        assert (name, error_name(error)) == ('SchedulerType', 'org.libvirt1.Error.OperationInvalid')


def test_opening(opening, record_property):
    """However many domains there are, the call that opens it waits for a few requests. The others,
    which follow, register for the events that are not of coming and going, one by one."""
    requests, first = opening
    before = requests.index(first)
    print(f'opening with {DOMAINS} domains takes {before} requests, {len(requests)} with what follows')
    for (program, procedure), n in collections.Counter(requests).most_common():
        print(f'  program {program:#x} procedure {procedure}: {n}')
    record_property('requests', before)
    assert before <= 20
    assert len(requests) <= 55


def test_every_property_of_a_domain(domain, cost):
    memory, live = properties('Domain')
    assert {name: cost(domain.get, name) for name in memory} == dict.fromkeys(memory, 0)
    assert {'Name', 'UUID', 'Id'} <= set(memory)
    assert {name: cost(read, domain, name) for name in live} == dict.fromkeys(live, 1)


@pytest.mark.parametrize('method, arguments', [
    ('GetState', ('(u)', 0)),
    ('GetInfo', ()),
    ('GetXMLDesc', ('(u)', 0)),
    ('GetMaxMemory', ()),
    ('GetVcpus', ('(u)', 0)),
    ('GetMaxVcpus', ()),
    ('GetControlInfo', ('(u)', 0)),
    ('GetJobInfo', ()),
    ('MemoryStats', ('(u)', 0)),
    ('GetStats', ('(uu)', 1, 0)),
    ('ListDomainSnapshots', ('(u)', 0)),
])
def test_methods_of_a_domain(domain, cost, method, arguments):
    assert cost(domain.call, method, *arguments) == 1


LOOK = 6  # the domain is looked up, its information and state, and whether it is three more things


def test_changes_of_a_domain(domain, cost):
    """After a change the domain is looked at once, and for the event that it causes at most again."""
    assert cost(domain.call, 'SetMemory', '(tu)', 65536, 2) == 1 + LOOK
    assert 1 + LOOK <= cost(domain.call, 'Suspend') <= 1 + 2 * LOOK


# Stands in for QEMU, but a domain that is named so never gets as far as to answer libvirt.
SLOW_QEMU = """#!/bin/sh
case "$*" in
*guest=slow*) read -r line <{fifo}; exit 1 ;;
esac
exec /usr/bin/qemu-system-x86_64 "$@"
"""


def test_a_start_is_watched_to_its_end(bus, client, connection, proxy):
    """If it fails, libvirt has no event for that."""
    fifo = bus.path('fifo')
    os.mkfifo(fifo)
    emulator = bus.write('slow-qemu', SLOW_QEMU.format(fifo=fifo))
    os.chmod(emulator, 0o755)
    xml = DOMAIN.format(name='slow', devices='').replace('/usr/bin/qemu-system-x86_64', emulator)
    xml = xml.replace('</name>', '</name><uuid>c0ffee00-0000-4000-8000-000000000001</uuid>')
    domain = connection.at(connection.call('DomainDefineXML', '(su)', xml, 0), 'Domain')
    changed = client.listen('org.freedesktop.DBus.Properties', 'PropertiesChanged', domain.path)

    start = client.start(domain.path, domain.interface + '.Create', GLib.Variant('(u)', (0,)))
    ask_until(lambda: domain.call('GetState', '(u)', 0) == (PAUSED, STARTING_UP))
    connection.call('DomainDefineXML', '(su)', xml.replace('>64<', '>65<'), 0)  # has it looked at
    changed.wait(lambda *s: s[3][1].get('State') == (PAUSED, STARTING_UP))
    for _ in range(2):  # and again, although nothing happens
        proxy.take()
        ask_until(lambda: len(proxy.requests) >= LOOK)
    assert not start.answers

    with open(fifo, 'w', encoding='ascii') as end:
        end.write('now\n')
    changed.wait(lambda *s: s[3][1].get('State', (0,))[0] == SHUTOFF)
    assert domain.get('Id') == -1 and domain.get('Active') is False
    assert error_name(start.wait().error) == 'org.libvirt1.Error.InternalError'
    changed.stop()
    domain.call('Undefine', '(u)', 0)
    ask_until(lambda: not domain.client.call(CONNECTION, OBJECT_MANAGER + '.GetManagedObjects').get(domain.path))


OF_INFO = {'MaxMemory', 'Memory', 'Vcpus'}  # one request tells all of them
ONCE = {'OSType', 'SchedulerType'}  # stay as they were first read; without cgroups one cannot be


def test_all_properties_of_a_domain(domain, cost, proxy):
    """They are asked for at the same time. If that takes several links, these are opened little by
    little, and each looks the domain up once."""
    _, live = properties('Domain')
    n = len(set(live) - OF_INFO - (ONCE & set(domain.get_all()))) + 1

    def asked():
        proxy.take()
        domain.get_all()
        most = proxy.most_unanswered
        return len(proxy.take()), most

    proxy.delay = 0.05
    try:
        ask_until(lambda: asked() == (n, n))
    finally:
        proxy.delay = 0


def test_all_properties_of_a_pool(bus, connection, cost):
    """One request tells its state and its three sizes, the other whether it starts by itself."""
    pool = connection.at(connection.call(
        'StoragePoolDefineXML', '(su)',
        f"<pool type='dir'><name>counted</name><target><path>{bus.path('')}</path></target></pool>", 0),
        'StoragePool')
    ask_until(lambda: cost(pool.get_all) == 2)
    assert {'State', 'Capacity', 'Allocation', 'Available', 'Autostart'} <= set(pool.get_all())
    pool.call('Undefine')


def test_connection(connection, domain, cost):
    assert cost(connection.get, 'Alive') == 0
    assert cost(connection.get, 'URI') == 0
    assert cost(connection.get, 'Type') <= 1
    assert cost(connection.call, 'ListDomains', '(u)', 0) == 1
    assert cost(connection.call, 'GetAllDomainStats', '(uu)', 1, 0) == 1
    assert cost(connection.call, 'DomainLookupByName', '(s)', 'counted') == 1
    assert cost(connection.client.introspect, connection.path + '/domain') == 0
    assert cost(connection.client.introspect, domain.path) == 0


def test_domain_that_only_an_event_told_of(bus, connection, libvirtd, cost):
    events = connection.listen('DomainEvent')
    libvirtd.virsh('define', bus.write('told.xml', DOMAIN.format(name='told', devices='')))
    path = events.wait(lambda *signal: signal[3][1] == 0)[3][0]
    domain = connection.at(path, 'Domain')
    assert cost(domain.get, 'Name') == 0
    assert cost(domain.get, 'State') == 0


def test_other_kinds(connection, libvirtd, cost):
    secret = connection.at(connection.call(
        'SecretDefineXML', '(su)',
        "<secret private='no'><usage type='volume'><volume>/x</volume></usage></secret>", 0), 'Secret')
    assert cost(secret.get, 'UsageID') == 0
    assert cost(secret.call, 'SetValue', '(ayu)', b'abc', 0) == 1 + 1  # and it is looked up
    assert cost(secret.call, 'GetValue', '(u)', 0) == 1

    network = connection.at(connection.call(
        'NetworkDefineXML', '(su)', "<network><name>counted</name></network>", 0), 'Network')
    assert cost(network.get, 'Name') == 0
    assert cost(network.get, 'Active') == 0
    assert cost(network.call, 'GetXMLDesc', '(u)', 0) == 1

    # libvirt announces no change of a filter: it is looked up each time.
    nwfilter = connection.at(connection.call(
        'NWFilterDefineXML', '(su)', "<filter name='counted'/>", 0), 'NWFilter')
    assert cost(nwfilter.call, 'GetXMLDesc', '(u)', 0) == 2
