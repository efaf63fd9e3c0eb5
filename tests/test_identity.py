# SPDX-License-Identifier: LGPL-2.1-or-later

"""A libvirtd that asks polkit itself, and whom it is told: the caller or the service.

All users may do everything with virtbus; what is refused here libvirtd refuses. Its rules look at the
process that is said to call, so each caller is one: gdbus, as that user."""

import os
import re
import signal

import pytest
from gi.repository import GLib

import libvirtd as harness
from daemon import PROPERTIES, ROOT, Daemon, wait_for
from polkit import LIMIT, MEMBER, ONE, ROOT_USER, SERVICE, STRANGER, error_name
from polkit import bus, namespace, polkit  # noqa: F401 (fixtures)
from qemu import DOMAIN as DOMAIN_XML
from qemu import ask_until

LIBVIRTD_CONF = '''
access_drivers = ["polkit"]
unix_sock_rw_perms = "0777"
unix_sock_ro_perms = "0777"
'''

CONFIG = '''
[Service]
Predefined=false

[Connection Plain]
URI={uri}

[Connection Told]
URI={uri}
PassIdentity=true

[Connection Reader]
URI={uri}
ReadOnly=true
PassIdentity=true

[Connection Nowhere]
URI=qemu:///system?socket=/nonexistent
PassIdentity=true

[Connection Test]
URI=test:///default
PassIdentity=true
'''
PLAIN, TOLD, READER, NOWHERE, TEST = (
    f'{ROOT}/{name}' for name in ('Plain', 'Told', 'Reader', 'Nowhere', 'Test'))
CONNECTION, DOMAIN = 'org.libvirt1.Connection', 'org.libvirt1.Domain'
REFUSED = 'org.libvirt1.Error.AccessDenied'  # by libvirtd
MOST_OF_USER = 8
DEMO, OTHER = ('00000000-0000-4000-8000-00000000000' + n for n in '12')

VIRTBUS_RULES = '''
polkit.addRule(function(action, subject) {
    if (action.id.indexOf("org.libvirt1.") == 0)
        return polkit.Result.YES;
});
'''

# As the manual page says.
SERVICE_RULES = '''
polkit.addRule(function(action, subject) {
    if (action.id == "org.libvirt.api.connect.write" && subject.user == "virtbus")
        return polkit.Result.YES;
});
'''

LIBVIRTD_RULES = '''
polkit.addRule(function(action, subject) {
    if (action.id.indexOf("org.libvirt.api.") != 0)
        return polkit.Result.NOT_HANDLED;
    if (subject.user == "root")
        return polkit.Result.YES;
    if (subject.user == "stranger")
        return polkit.Result.NO;
    if (subject.user == "one" && action.id == "org.libvirt.api.domain.start" &&
        action.lookup("domain_name") == "demo")
        return polkit.Result.YES;
});
'''

START_AS_SERVICE = '''
polkit.addRule(function(action, subject) {
    if (action.id == "org.libvirt.api.domain.start" && subject.user == "virtbus")
        return polkit.Result.YES;
});
'''


def path_of(uuid, connection=TOLD):
    return f'{connection}/domain/_{uuid.replace("-", "_")}'


@pytest.fixture(scope='module')
def libvirtd(bus, polkit):
    reason = harness.why_not()
    if not reason and not os.path.exists('/usr/share/polkit-1/actions/org.libvirt.api.policy'):
        reason = 'libvirt has no polkit actions here'
    if reason and 'UNDER_MESON' in os.environ:
        pytest.exit('no libvirtd with QEMU: ' + reason, returncode=77)  # meson's word for skipped
    if reason:
        pytest.skip('no libvirtd with QEMU: ' + reason)

    polkit.set_rules(VIRTBUS_RULES, SERVICE_RULES, LIBVIRTD_RULES)
    directory = bus.path('libvirtd')
    os.mkdir(directory)
    os.environ['DBUS_SYSTEM_BUS_ADDRESS'] = bus.address
    running = harness.Libvirtd(directory, LIBVIRTD_CONF, own_processes=False)
    try:
        running.start()
        for name, uuid in (('demo', DEMO), ('other', OTHER)):
            xml = DOMAIN_XML.format(name=name, devices='').replace(
                '</name>', f'</name><uuid>{uuid}</uuid>')
            running.virsh('define', bus.write(name + '.xml', xml))
        yield running
    finally:
        running.close()
        del os.environ['DBUS_SYSTEM_BUS_ADDRESS']


# Where other users' processes are not to be seen, as in the unit of the service.
HIDDEN = f"""#!/bin/sh
mount -t proc -o hidepid=2 proc /proc &&
exec setpriv --reuid={SERVICE.uid} --regid={SERVICE.uid} --clear-groups "$VIRTBUSD" "$@"
"""


@pytest.fixture(scope='module', params=[True, False], ids=['hidden', 'visible'])
def daemon(bus, libvirtd, request):
    script = bus.write('hidden', HIDDEN)
    arguments, options = ('--system',), {'user': SERVICE.uid}
    if request.param:
        arguments, options = ('--mount', 'sh', script, '--system'), {'program': 'unshare'}
    started = Daemon(bus, CONFIG.format(uri=libvirtd.uri), arguments, **options)
    try:
        started.wait_for_name()
        yield started
        started.stop(allowed='.*libvirt does not take callers.*')
    finally:
        started.kill()


@pytest.fixture
def rules(polkit, libvirtd):
    """Sets other rules for a test."""
    yield polkit.set_rules
    polkit.set_rules(VIRTBUS_RULES, SERVICE_RULES, LIBVIRTD_RULES)


@pytest.fixture
def call(bus, daemon):
    """As a process of a user: the name of the error, or None."""
    def run(user, path, member, *arguments):
        done = bus.command(user, 'gdbus', 'call', '--system', '--dest', 'org.libvirt1', '--object-path',
                           path, '--method', member, *arguments)
        return re.search(r'GDBus.Error:([\w.]+)', done.stderr)[1] if done.returncode else None

    return run


@pytest.fixture
def start(call, libvirtd):
    """Starts a domain as a user."""
    def run(user, uuid, connection=TOLD):
        error = call(user, path_of(uuid, connection), DOMAIN + '.Create', '0')
        running = uuid in libvirtd.virsh('list', '--uuid').split()
        assert running == (error is None)
        if running:
            libvirtd.virsh('destroy', uuid)
        return error

    return run


@pytest.fixture
def connect(bus, daemon):
    """Makes clients in this process, which libvirtd's polkit does not take for their users'."""
    made = []

    def make(user):
        made.append(bus.connect(user))
        return made[-1]

    yield make
    for client in made:
        client.close()


def ask(client):
    """A call under way that libvirtd answers, or refuses."""
    return client.start(TOLD, CONNECTION + '.GetSysinfo', GLib.Variant('(u)', (0,)))


def count_sockets(daemon):
    return sum(name.startswith('socket:') for name in daemon.file_descriptors())


# --- who it is ------------------------------------------------------------------------------------


def test_libvirtd_decides_about_the_caller(start):
    assert start(ONE, DEMO) is None
    assert start(ONE, OTHER) == REFUSED
    assert start(MEMBER, DEMO) == REFUSED
    assert start(ROOT_USER, DEMO) == REFUSED  # who is not asked about, so it is the service


def test_without_the_key_everybody_is_the_service(start, rules):
    assert start(ONE, DEMO, PLAIN) == REFUSED
    assert start(MEMBER, DEMO, PLAIN) == REFUSED

    rules(VIRTBUS_RULES, SERVICE_RULES, START_AS_SERVICE, LIBVIRTD_RULES)
    assert start(ONE, DEMO, PLAIN) is None
    assert start(MEMBER, DEMO, PLAIN) is None
    assert start(MEMBER, DEMO) == REFUSED


MIGRATE_AS_SERVICE = '''
polkit.addRule(function(action, subject) {
    if (action.id.indexOf("org.libvirt.api.domain.") == 0 && subject.user == "virtbus")
        return polkit.Result.YES;
});
'''


def test_the_destination_of_a_migration_is_told(call, rules):
    """Both ends are one host here, which libvirt finds out only when it has let the caller in."""
    rules(VIRTBUS_RULES, SERVICE_RULES, MIGRATE_AS_SERVICE, LIBVIRTD_RULES)
    offline_and_persistent = str(1024 | 8)
    migrate = path_of(DEMO, PLAIN), DOMAIN + '.Migrate'
    assert call(ONE, *migrate, TOLD, '{}', offline_and_persistent) == REFUSED
    assert call(ONE, *migrate, PLAIN, '{}', offline_and_persistent) not in (None, REFUSED)


def test_what_is_looked_up_and_read(call):
    for connection, error in (PLAIN, None), (TOLD, REFUSED), (READER, REFUSED):
        look_up = connection, CONNECTION + '.DomainLookupByName', 'demo'
        get_all = path_of(DEMO, connection), PROPERTIES + '.GetAll', DOMAIN
        assert call(STRANGER, *look_up) == error
        assert call(STRANGER, *get_all) == error
        assert call(ONE, *look_up) is None
        assert call(ONE, *get_all) is None


def test_what_may_take_long(call):
    assert call(ONE, path_of(DEMO), DOMAIN + '.ManagedSave', '0') == REFUSED


def test_what_is_in_memory_is_virtbus_own(call, connect):
    connect(ROOT_USER).call(TOLD, CONNECTION + '.ListDomains', '(u)', 0)
    assert call(STRANGER, path_of(DEMO), PROPERTIES + '.Get', DOMAIN, 'State') is None
    assert call(STRANGER, TOLD, 'org.freedesktop.DBus.ObjectManager.GetManagedObjects') is None
    assert call(STRANGER, TOLD, CONNECTION + '.ListDomains', '0') == REFUSED


def test_without_a_hypervisor(connect):
    client = connect(STRANGER)
    assert error_name(client.start(NOWHERE, CONNECTION + '.GetSysinfo', GLib.Variant('(u)', (0,)))
                      .wait().error) == 'org.libvirt1.Error.SystemError'
    assert client.get_all(NOWHERE, CONNECTION)['Alive'] is False


def test_libvirtd_goes_and_comes_back(connect, libvirtd):
    client = connect(STRANGER)
    error = error_name(ask(client).wait().error)
    assert error == REFUSED
    libvirtd.kill()
    assert error_name(ask(client).wait().error) != error
    libvirtd.start()
    ask_until(lambda: error_name(ask(client).wait().error) == error)


# --- where libvirt takes no identity --------------------------------------------------------------


def test_a_service_that_may_not_say_who_calls(daemon, start, rules):
    rules(VIRTBUS_RULES, START_AS_SERVICE, LIBVIRTD_RULES)
    assert start(MEMBER, OTHER) is None
    assert start(ONE, OTHER) is None
    assert len(re.findall('Told: libvirt does not take callers', daemon.stderr())) == 1

    rules(VIRTBUS_RULES, SERVICE_RULES, START_AS_SERVICE, LIBVIRTD_RULES)
    assert start(MEMBER, OTHER) == REFUSED


def test_a_driver_without_identities(daemon, connect):
    client = connect(ONE)
    [path] = client.call(TEST, CONNECTION + '.ListDomains', '(u)', 0)
    client.call(path, DOMAIN + '.Suspend')
    client.call(path, DOMAIN + '.Resume')
    assert 'OSType' in client.get_all(path, DOMAIN)
    assert len(re.findall('Test: libvirt does not take callers', daemon.stderr())) == 1


# --- how many -------------------------------------------------------------------------------------


def test_the_links_go_with_the_caller(daemon, connect):
    stays, goes = connect(STRANGER), connect(ONE)
    ask(stays).wait()
    sockets, threads = count_sockets(daemon), daemon.threads()

    ask(goes).wait()
    assert count_sockets(daemon) > sockets
    goes.close()
    ask_until(lambda: ask(stays).wait() and count_sockets(daemon) <= sockets, seconds=20)
    ask_until(lambda: ask(stays).wait() and daemon.threads() <= threads, seconds=20)


def test_a_user_has_so_many_links(daemon, libvirtd, connect):
    """Who is idle makes room; if nobody is, the next one is told so, and another user is not."""
    clients = [connect(ONE) for _ in range(2 * MOST_OF_USER)]
    before = count_sockets(daemon)
    for client in clients:
        assert error_name(ask(client).wait().error) != LIMIT
    ask_until(lambda: ask(clients[-1]).wait() and count_sockets(daemon) <= before + MOST_OF_USER)

    os.kill(libvirtd.pid, signal.SIGSTOP)
    try:
        pending = [ask(client) for client in clients]
        pending += [ask(connect(MEMBER))]
        wait_for(lambda: sum(call.answers for call in pending) >= MOST_OF_USER)
        limited = [call.answers and error_name(call.error) for call in pending]
    finally:
        os.kill(libvirtd.pid, signal.SIGCONT)
    assert limited.count(LIMIT) == MOST_OF_USER
    assert limited[-1] != LIMIT
    for call in pending:
        call.wait()
