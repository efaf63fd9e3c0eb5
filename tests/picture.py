# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a listener knows of a connection: GetManagedObjects once, and from then on signals alone.

It is a strict listener. No object may come that is there, none may go that is not, and no change
may be announced of what is known already. Whoever hears of a change and asks back must get what was
announced, or what is announced later.
"""

import functools
import os
import xml.etree.ElementTree as ElementTree

from gi.repository import Gio, GLib

from daemon import NAME, TIMEOUT, wait_for

OBJECT_MANAGER = 'org.freedesktop.DBus.ObjectManager'
CONNECTION = 'org.libvirt1.Connection'
INTROSPECTION = os.path.join(os.path.dirname(__file__), '..', 'introspection')

# What libvirt has no events for: (method, what it defines).
BARRIER = ('NWFilterDefineXML',
           "<filter name='barrier'><uuid>ba441e40-0000-4000-8000-000000000000</uuid></filter>")
TEST_BARRIER = ('InterfaceDefineXML', "<interface type='ethernet' name='barrier'/>")


@functools.lru_cache(None)
def emits(interface):
    """{property: its EmitsChangedSignal} of an interface."""
    tree = ElementTree.parse(os.path.join(INTROSPECTION, interface + '.xml'))
    found = {}
    for element in tree.iter('property'):
        for note in element.iter('annotation'):
            if note.get('name') == 'org.freedesktop.DBus.Property.EmitsChangedSignal':
                found[element.get('name')] = note.get('value')
    return found


def announced(interface, values):
    """Those of the values that a listener can rely on."""
    return {name: value for name, value in values.items() if emits(interface)[name] != 'false'}


def reliable(objects):
    return {path: {interface: announced(interface, values) for interface, values in interfaces.items()}
            for path, interfaces in objects.items()}


class Picture:
    def __init__(self, client, path, barrier=BARRIER, ask_back=True):
        self.client = client
        self.path = path
        self.log = []  # (path, member, arguments) of all signals since it was last taken
        self.answers = []  # (index in self.history, path, interface, name, value asked back)
        self.history = []  # (path, interface, {name: value}) as announced
        self.faults = []
        self.barrier_call = barrier
        self.ask_back = ask_back
        self.objects = None
        self.signals = client.listen()
        self.signals.on_signal = self._hear
        # The answer and the signals come in order over one wire, but a caller that waits for the
        # answer is served the signals afterwards; so that is heard of like a signal, too.
        client.connection.call(NAME, path, OBJECT_MANAGER, 'GetManagedObjects', None, None,
                               Gio.DBusCallFlags.NO_AUTO_START, TIMEOUT * 1000, None, self._begin)
        wait_for(lambda: self.objects is not None)

    def close(self):
        self.signals.stop()

    def _begin(self, connection, result):
        self.objects = connection.call_finish(result).unpack()[0]

    def _hear(self, path, interface, member, arguments):
        if not (path + '/').startswith(self.path + '/'):
            return
        if self.objects is None:
            # What came before the answer was sent is in the answer.
            return
        self._take(path, interface, member, arguments)

    def _take(self, path, interface, member, arguments):
        self.signals.seen.clear()
        if member == 'PropertiesChanged':
            self._change(path, *arguments)
        elif member == 'InterfacesAdded':
            path, arguments = arguments[0], arguments[1:]
            self._add(path, *arguments)
        elif member == 'InterfacesRemoved':
            path, arguments = arguments[0], arguments[1:]
            self._remove(path, *arguments)
        elif interface == CONNECTION:
            path, arguments = arguments[0], arguments[1:]
        self.log.append((path, member, arguments))

    def _expect(self, condition, *fault):
        if not condition:
            self.faults.append(fault)

    def _change(self, path, interface, changed, invalidated):
        self._expect(not invalidated, 'invalidated', path, invalidated)
        self.history.append((path, interface, changed))
        if path != self.path:
            known = self.objects.get(path, {}).get(interface)
            self._expect(known is not None, 'changed, but not there', path, changed)
            for name, value in changed.items():
                self._expect(known is None or known.get(name) != value, 'no change', path, name, value)
                self._expect(emits(interface)[name] != 'const', 'a constant', path, name, value)
            (known or {}).update(changed)
        if self.ask_back:
            for name in announced(interface, changed):
                self._ask(path, interface, name)

    def _ask(self, path, interface, name):
        try:
            value = self.client.get(path, interface, name)
        except GLib.Error:
            return  # gone meanwhile
        self.answers.append((len(self.history) - 1, path, interface, name, value))

    def _add(self, path, interfaces):
        self._expect(path not in self.objects, 'added, but there', path)
        self.objects[path] = interfaces
        for interface, values in interfaces.items():
            self.history.append((path, interface, values))

    def _remove(self, path, interfaces):
        there = self.objects.pop(path, None)
        self._expect(there is not None, 'removed, but not there', path)
        self._expect(there is None or sorted(there) == sorted(interfaces), 'interfaces', path, interfaces)

    def take(self):
        """The signals since the last time."""
        taken, self.log = self.log, []
        return taken

    def wait(self, path, member, *start):
        """Until such a signal is in the log."""
        wait_for(lambda: any(entry[:2] == (path, member) and entry[2][:len(start)] == start
                             for entry in self.log), lambda: f'only {self.log}')

    def barrier(self):
        """Until all that libvirt announced up to now has been heard. A call that changes something
        is answered after that."""
        method, xml = self.barrier_call
        path = self.client.call(self.path, f'{CONNECTION}.{method}', '(su)', xml, 0)
        wait_for(lambda: any(entry[:2] == (path, 'ObjectEvent') for entry in self.log))
        self.log = [entry for entry in self.log if entry[0] != path]

    def check(self):
        """It was told everything, and nothing wrong."""
        assert not self.faults, self.faults
        for index, path, interface, name, value in self.answers:
            told = [values[name] for at, of, values in self.history[index:]
                    if (at, of) == (path, interface) and name in values]
            assert value in told, f'{name} of {path} was announced as {told} and then read as {value}'
        managed = self.client.call(self.path, OBJECT_MANAGER + '.GetManagedObjects')
        heard, known = reliable(self.objects), reliable(managed)
        different = {path: (heard.get(path), known.get(path)) for path in {*heard, *known}
                     if heard.get(path) != known.get(path)}
        assert not different, different
