# SPDX-License-Identifier: LGPL-2.1-or-later

"""virtbusd in the place of libvirt-dbus: under its name, with its options, and switched off."""

import os
import queue
import subprocess
import threading

import pytest
from gi.repository import Gio, GLib

from compat import NAME, ROOT
from daemon import NAME as NATIVE_NAME, TIMEOUT, Client, Daemon, error_name, wait_for

TEST = ROOT + '/Test'
NATIVE_TEST = '/org/libvirt1/Test'
INTROSPECT = 'org.freedesktop.DBus.Introspectable.Introspect'


@pytest.fixture
def asker(bus):
    client = Client(bus)
    yield client
    client.close()


def ask(client, path, member, arguments=None, name=NAME):
    return client.call_variant(path, member, arguments, name).unpack()[0]


def children(client, path):
    node = Gio.DBusNodeInfo.new_for_xml(ask(client, path, INTROSPECT, name=NATIVE_NAME))
    return [child.path for child in node.nodes]


def test_switched_on(bus, asker):
    """What the next test looks for can be found."""
    with Daemon(bus) as daemon:
        daemon.wait_for_name(NAME)
        assert sorted(children(asker, '/org')) == ['libvirt', 'libvirt1']
        heard = []
        asker.connection.signal_subscribe(
            None, None, None, TEST, None, Gio.DBusSignalFlags.NONE, lambda *s: heard.append(s))
        domain = ask(asker, TEST, NAME + '.Connect.ListDomains', GLib.Variant('(u)', (0,)))[0]
        asker.call_variant(domain, NAME + '.Domain.Destroy', GLib.Variant('(u)', (0,)), NAME)
        wait_for(lambda: heard)


def test_switched_off(bus, asker):
    """No name, no object, no signal."""
    heard = []

    def on_signal(_connection, _sender, path, *_):
        heard.append(path)

    with Daemon(bus, '[Service]\nCompat=false\n'):
        asker.connection.signal_subscribe(
            None, None, None, None, None, Gio.DBusSignalFlags.NONE, on_signal)
        domain = asker.call(NATIVE_TEST, NATIVE_NAME + '.Connection.ListDomains', '(u)', 0)[0]
        asker.call(domain, NATIVE_NAME + '.Domain.Destroy', '(u)', 0)
        wait_for(lambda: NATIVE_TEST in heard)
        assert not [path for path in heard if path == ROOT or path.startswith(ROOT + '/')]
        assert not asker.has_owner(NAME)
        assert children(asker, '/org') == ['libvirt1']
        with pytest.raises(GLib.Error) as raised:
            ask(asker, TEST, NAME + '.Connect.ListDomains', GLib.Variant('(u)', (0,)), NATIVE_NAME)
        assert error_name(raised.value) == 'org.freedesktop.DBus.Error.UnknownMethod'


def test_name_of_the_program(bus, asker):
    """As its unit starts it on a host that had libvirt-dbus."""
    link = bus.path('libvirt-dbus')
    os.symlink(os.path.abspath(os.environ['VIRTBUSD']), link)
    daemon = Daemon(bus, arguments=('--session', '-t', '4'), program=link)
    daemon.wait_for_name(NAME)
    assert ask(asker, TEST, NAME + '.Connect.ListDomains', GLib.Variant('(u)', (0,)))
    assert ask(asker, TEST, NAME + '.Connect.GetCapabilities')
    daemon.stop()


@pytest.mark.parametrize('option', ('-t', '--threads'))
@pytest.mark.parametrize('threads', (1, 3))
def test_threads(bus, asker, option, threads):
    """The option goes before the configuration.

    To restore a domain the test driver opens a file. If it is a FIFO, that lasts until somebody opens
    its other end, so each worker has one open and no more."""
    fifos = [bus.path(f'fifo{option}{threads}.{i}') for i in range(4)]
    opened = queue.Queue()
    for fifo in fifos:
        os.mkfifo(fifo)
        threading.Thread(target=lambda f=fifo: opened.put(os.open(f, os.O_WRONLY)), daemon=True).start()
    daemon = Daemon(bus, '[Service]\nWorkers=2\n', ('--session', option, str(threads)))
    daemon.wait_for_name(NAME)
    pendings = [asker.start(TEST, NAME + '.Connect.DomainRestore', GLib.Variant('(ssu)', (fifo, '', 0)),
                            NAME)
                for fifo in fifos]
    ends = [opened.get(timeout=TIMEOUT) for _ in range(threads)]
    ask(asker, TEST, NAME + '.Connect.GetCapabilities')
    assert opened.empty()
    for _ in range(len(fifos) - threads):
        os.close(ends.pop())
        ends.append(opened.get(timeout=TIMEOUT))
    for end in ends:
        os.close(end)
    wait_for(lambda: all(pending.answers for pending in pendings))
    daemon.stop()


@pytest.mark.parametrize('threads', ('65', '-1', 'x', ''))
def test_wrong_threads(bus, threads):
    done = subprocess.run(
        [os.environ['VIRTBUSD'], '--session', '--threads', threads], env=bus.environment(),
        stderr=subprocess.PIPE, timeout=TIMEOUT, check=False, universal_newlines=True)
    assert done.returncode == 64, done.stderr
    assert done.stderr.startswith('virtbusd: ')
