# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a listener hears: the right signal, from the right path, with the right numbers, and when it
asks back, the daemon knows already what it told."""

import xml.etree.ElementTree as ElementTree

import pytest
from gi.repository import GLib

from daemon import ROOT, Client, error_name

TEST = ROOT + '/Test'
CONNECTION = 'org.libvirt1.Connection'
DOMAIN = 'org.libvirt1.Domain'
NETWORK = 'org.libvirt1.Network'
POOL = 'org.libvirt1.StoragePool'
DEVICE = 'org.libvirt1.NodeDevice'

# libvirt's enums virDomainEventType, virNetworkEventLifecycleType, ...
DEFINED, UNDEFINED, STARTED, SUSPENDED, RESUMED, STOPPED = range(6)

XML = """<domain type='test'><name>{}</name><memory>8192</memory>
         <os><type arch='i686'>hvm</type></os></domain>"""
NETWORK_XML = "<network><name>net</name><bridge name='virbr9'/></network>"
POOL_XML = "<pool type='dir'><name>p</name><target><path>/p</path></target></pool>"
DEVICE_XML = """<device><parent>scsi_host1</parent><capability type='scsi_host'>
                <capability type='fc_host'><wwnn>1000000012341234</wwnn>
                <wwpn>1000000056785678</wwpn></capability></capability></device>"""


@pytest.fixture(scope='module', autouse=True)
def open_connection(client):
    """Events flow once it is open."""
    client.get(TEST, CONNECTION, 'Type')


def events(signals, path):
    """The numbers of those that are about one object."""
    return [arguments[1:] for _, _, _, arguments in signals.seen if arguments[0] == path]


def test_domain_events(client):
    signals = client.listen(CONNECTION)
    path = client.call(TEST, CONNECTION + '.DomainDefineXML', '(su)', XML.format('d'), 0)
    client.call(path, DOMAIN + '.Create', '(u)', 0)
    client.call(path, DOMAIN + '.Suspend')
    client.call(path, DOMAIN + '.Resume')
    client.call(path, DOMAIN + '.Shutdown', '(u)', 0)
    client.call(path, DOMAIN + '.Create', '(u)', 0)
    client.call(path, DOMAIN + '.Destroy', '(u)', 0)
    client.call(path, DOMAIN + '.Undefine', '(u)', 0)

    expected = [
        (DEFINED, 0),
        (STARTED, 0),
        (SUSPENDED, 0),
        (RESUMED, 0),
        (STOPPED, 0),  # VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN
        (STARTED, 0),
        (STOPPED, 1),  # VIR_DOMAIN_EVENT_STOPPED_DESTROYED
        (UNDEFINED, 0),
    ]
    seen = list(signals.seen)
    while len(seen) < len(expected):
        seen.append(signals.wait(lambda *_: True))
    signals.stop()
    assert [(p, i, m) for p, i, m, _ in seen] == [(TEST, CONNECTION, 'DomainEvent')] * len(expected)
    assert [arguments for *_, arguments in seen] == [(path, *numbers) for numbers in expected]


def test_network_events(client):
    signals = client.listen(CONNECTION, 'NetworkEvent', TEST)
    path = client.call(TEST, CONNECTION + '.NetworkDefineXML', '(su)', NETWORK_XML, 0)
    client.call(path, NETWORK + '.Create')
    client.call(path, NETWORK + '.Destroy')
    client.call(path, NETWORK + '.Undefine')
    for number in (0, 2, 3, 1):
        assert signals.wait(lambda *_: True)[3] == (path, number, 0)
    signals.stop()


def test_storage_pool_events(client):
    signals = client.listen()
    wanted = lambda _, interface, *rest: interface in (CONNECTION, POOL)
    path = client.call(TEST, CONNECTION + '.StoragePoolDefineXML', '(su)', POOL_XML, 0)
    client.call(path, POOL + '.Create', '(u)', 0)
    client.call(path, POOL + '.Refresh', '(u)', 0)
    client.call(path, POOL + '.Destroy')
    client.call(path, POOL + '.Undefine')
    for number in (0, 2, None, 3, 1):
        source, interface, member, arguments = signals.wait(wanted)
        if number is None:
            assert (source, interface, member, arguments) == (path, POOL, 'Refresh', ())
        else:
            assert (source, interface, member) == (TEST, CONNECTION, 'StoragePoolEvent')
            assert arguments == (path, number, 0)
    signals.stop()


def test_node_device_events(client):
    signals = client.listen(CONNECTION, 'NodeDeviceEvent', TEST)
    path = client.call(TEST, CONNECTION + '.NodeDeviceCreateXML', '(su)', DEVICE_XML, 0)
    assert signals.wait(lambda *_: True)[3] == (path, 0, 0)
    client.call(path, DEVICE + '.Destroy')
    assert signals.wait(lambda *_: True)[3] == (path, 1, 0)
    signals.stop()


def test_signals_of_a_domain_come_from_its_path(client):
    domain = client.call(TEST, CONNECTION + '.DomainLookupByName', '(s)', 'test')
    node = client.introspect(domain).lookup_interface(DOMAIN)
    signals = client.listen(DOMAIN)

    client.call(domain, DOMAIN + '.SetMetadata', '(isssu)', 2, '<a/>', 'k', 'urn:k', 0)
    path, _, _, arguments = signals.wait(lambda _p, _i, member, _a: member == 'MetadataChange')
    assert path == domain
    assert arguments == (2, 'urn:k')

    assert [argument.signature for argument in node.lookup_signal('MetadataChange').args] == ['i', 's']

    client.call(domain, DOMAIN + '.SetMetadata', '(isssu)', 2, '', '', 'urn:k', 0)
    signals.wait(lambda _p, _i, member, _a: member == 'MetadataChange')
    signals.stop()


def test_who_hears_and_asks_back_gets_the_new_value(client, bus):
    """On the way of the signal, before the changing call is even answered."""
    domain = client.call(TEST, CONNECTION + '.DomainLookupByName', '(s)', 'test')
    client.call(domain, DOMAIN + '.Destroy', '(u)', 0)
    asking = Client(bus)
    answers = []

    def ask(_path, _interface, _member, arguments):
        path, event, _ = arguments
        if path == domain:
            # Id is told from memory, State by libvirt, XML too.
            number = asking.get(domain, DOMAIN, 'Id')
            active = asking.get(domain, DOMAIN, 'Active')
            xml = ElementTree.fromstring(asking.call(domain, DOMAIN + '.GetXMLDesc', '(u)', 0))
            answers.append((event, number, active, int(xml.get('id', '-1'))))

    signals = client.listen(CONNECTION, 'DomainEvent', TEST)
    signals.on_signal = ask
    for _ in range(20):
        answers.clear()
        client.start(domain, DOMAIN + '.Create', GLib.Variant('(u)', (0,)))
        signals.wait(lambda *s: s[3][:2] == (domain, STARTED))
        [(event, number, active, in_xml)] = answers
        assert event == STARTED and number > 0 and active and in_xml == number

        answers.clear()
        client.start(domain, DOMAIN + '.Destroy', GLib.Variant('(u)', (0,)))
        signals.wait(lambda *s: s[3][:2] == (domain, STOPPED))
        assert answers == [(STOPPED, -1, False, -1)]
    signals.stop()
    asking.close()
    client.call(domain, DOMAIN + '.Create', '(u)', 0)


def test_what_has_gone_is_gone_for_who_hears_of_it(client):
    gone = []

    def ask(_path, _interface, _member, arguments):
        path, event, _ = arguments
        if event == UNDEFINED:
            with pytest.raises(GLib.Error) as raised:
                client.get(path, DOMAIN, 'Active')
            gone.append(error_name(raised.value))
            nodes = client.introspect(TEST + '/domain').nodes
            gone.append(path.rsplit('/', 1)[1] in [node.path for node in nodes])

    signals = client.listen(CONNECTION, 'DomainEvent', TEST)
    signals.on_signal = ask
    path = client.call(TEST, CONNECTION + '.DomainDefineXML', '(su)', XML.format('d'), 0)
    client.call(path, DOMAIN + '.Undefine', '(u)', 0)
    signals.wait(lambda *s: s[3][:2] == (path, UNDEFINED))
    signals.stop()
    assert gone == ['org.libvirt1.Error.NoDomain', False]


def test_rename_is_heard(client):
    path = client.call(TEST, CONNECTION + '.DomainDefineXML', '(su)', XML.format('before'), 0)
    names = []
    signals = client.listen(CONNECTION, 'DomainEvent', TEST)
    signals.on_signal = lambda *_: names.append(client.get(path, DOMAIN, 'Name'))
    client.call(path, DOMAIN + '.Rename', '(su)', 'after', 0)
    signals.wait(lambda *s: s[3] == (path, DEFINED, 2))  # VIR_DOMAIN_EVENT_DEFINED_RENAMED
    signals.stop()
    assert names[-1] == 'after'
    client.call(path, DOMAIN + '.Undefine', '(u)', 0)


def test_no_signal_is_for_one_listener_only(client, bus):
    """Every signal is a broadcast: two clients hear the same, in the same order."""
    other = Client(bus)
    mine, theirs = client.listen(CONNECTION), other.listen(CONNECTION)
    path = client.call(TEST, CONNECTION + '.DomainCreateXML', '(su)', XML.format('d'), 0)
    client.call(path, DOMAIN + '.Destroy', '(u)', 0)
    heard = [
        [signals.wait(lambda *_: True) for _ in range(2)] for signals in (mine, theirs)
    ]
    assert heard[0] == heard[1]
    mine.stop()
    theirs.stop()
    other.close()
