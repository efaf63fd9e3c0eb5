# SPDX-License-Identifier: LGPL-2.1-or-later

"""The compat face and what it stands in for, libvirt-dbus, side by side.

A scenario is a function that is given a Side and makes calls through it. It runs once on each of
two sides, each with a bus of its own; what was called and what came of it is taken down as text,
down to the types within variants, and compared.
"""

import csv
import difflib
import os
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from gi.repository import Gio, GLib

from daemon import PROPERTIES, TIMEOUT, Client, Daemon, PrivateBus, error_name, wait_for

NAME = 'org.libvirt'
ROOT = '/org/libvirt'
ORIGINAL = shutil.which('libvirt-dbus', path='/usr/sbin')
FACTS = os.path.join(os.path.dirname(__file__), 'data', 'libvirt-dbus-1.4.1.tsv')
INTROSPECT = 'org.freedesktop.DBus.Introspectable.Introspect'

PREFIX = re.compile(r'^GDBus\.Error:[\w.]+: ')  # GDBus adds it to the message

# What no two runs have in common; each with the reason.
VOLATILE = (
    # When the snapshot was made, in seconds.
    (r'<creationTime>\d+</creationTime>', '<creationTime>…</creationTime>'),
    # The driver reads the host's own counters.
    (r"(NodeGetCPUStats\(.*\) = \(a\{st\}\)) .*", r'\1 …'),
)


@dataclass(frozen=True)
class Fact:
    """A member of libvirt-dbus."""
    interface: str
    kind: str
    name: str
    ins: tuple  # of (type, name); of a property its type
    outs: tuple  # likewise; of a property its access

    @property
    def member(self):
        return f'{self.interface.removeprefix(NAME + ".")}.{self.name}'


def _arguments(column):
    return tuple(tuple(part.partition(':')[::2]) for part in column.split())


def read_facts():
    with open(FACTS, encoding='utf-8') as table:
        lines = [line for line in table if not line.startswith('#')]
    rows = csv.reader(lines, delimiter='\t', quoting=csv.QUOTE_NONE)
    return [Fact(*row[:3], *map(_arguments, row[3:])) for row in rows]


def _sorted_if(condition, texts):
    return sorted(texts) if condition else texts


def show(value):
    """A variant as text with all its types; what has no order in sorted order.

    Dictionaries have none, and neither have lists of objects, which libvirt keeps in hash tables."""
    kind = value.get_type_string()
    if kind == 'v':
        inner = value.get_variant()
        return f'<{inner.get_type_string()}: {show(inner)}>'
    if not value.is_container() or kind == 'ay':
        return value.print_(True)
    children = [show(value.get_child_value(i)) for i in range(value.n_children())]
    if kind[0] == '{':
        return ': '.join(children)
    if kind[0] == '(':
        return f'({", ".join(children)})'
    unordered = kind[1] == '{' or kind == 'ao' or kind == 'a(sa{sv})'
    return f'[{", ".join(_sorted_if(unordered, children))}]'


def show_node(text):
    """The XML of Introspect as lines in sorted order, without documentation.

    DocString is libvirt-dbus's documentation, org.libvirt1.* tells virtbus's generator something.
    What GDBus itself adds is the same for both."""
    def lines(element, above):
        name = element.get('name', '')
        if element.tag == 'annotation' and re.match(r'org\.gtk\.|org\.libvirt1\.', name):
            return
        attributes = ' '.join(f'{k}={v}' for k, v in sorted(element.attrib.items()))
        here = f'{above}/{element.tag}[{attributes}]'
        yield here
        position = 0
        for child in element:
            number = ''
            if child.tag == 'arg':  # their order matters
                number, position = f'#{position}', position + 1
            yield from lines(child, here + number)

    return '\n'.join(sorted(lines(ET.fromstring(text), '')))


class Side:
    """A service with the name org.libvirt on a bus of its own, and what it was asked."""

    def __init__(self, program=None):
        self.program = program
        self.config = None
        self.bus = PrivateBus()
        self.client = Client(self.bus)
        self.daemon = None
        self.answer = None  # the last one, as it came
        self.record = []
        self.signals = []
        self.client.connection.signal_subscribe(
            None, None, None, None, None, Gio.DBusSignalFlags.NONE, self._take)

    def _take(self, _connection, _sender, path, interface, member, arguments):
        if path == ROOT or path.startswith(ROOT + '/'):
            self.signals.append((path, f'{interface}.{member}', show(arguments)))

    def start(self):
        config = None if self.program else self.config
        self.daemon = Daemon(self.bus, config, program=self.program)
        self.daemon.wait_for_name(NAME)

    def stop(self):
        """Ends the service; of virtbusd it is checked that it ends well."""
        if not self.daemon:
            return
        gone = self.daemon.process.poll() is not None
        if self.program or gone:
            self.daemon.kill()
            assert self.program, f'virtbusd ended by itself: {self.daemon.stderr()}'
        else:
            self.daemon.stop()
        self.daemon = None

    def restart(self):
        self.stop()
        wait_for(lambda: not self.client.has_owner(NAME))  # its going is told, which wakes the loop
        self.start()

    def close(self):
        if self.daemon:
            self.daemon.kill()
        self.client.close()
        self.bus.remove()

    def _answer(self, path, interface, method, arguments, descriptors):
        try:
            answer, _ = self.client.connection.call_with_unix_fd_list_sync(
                NAME, path, interface, method, arguments, None, Gio.DBusCallFlags.NO_AUTO_START,
                TIMEOUT * 1000, descriptors, None)
            return answer, None
        except GLib.Error as error:
            return None, error

    def call(self, path, member, signature='', *arguments, descriptors=None):
        """Calls @member ('Connect.ListDomains' or a full name) of /org/libvirt/@path.

        Returns the reply's only value, or all of them, or None after an error."""
        path = f'{ROOT}/{path}' if not path.startswith('/') else path
        interface, method = member.rpartition('.')[::2]
        interface = interface if '.' in interface else f'{NAME}.{interface}'
        packed = GLib.Variant(f'({signature})', arguments)
        answer, error = self._answer(path, interface, method, packed, descriptors)
        self.answer = answer
        if error:
            outcome = f'{error_name(error)}: {PREFIX.sub("", error.message)}'
            if 'NoReply' in outcome:
                # Which of the bus's two messages comes depends on when it notices.
                outcome = 'died'
        elif member == INTROSPECT:
            outcome = show_node(answer.unpack()[0])
        else:
            outcome = f'{answer.get_type_string()} {show(answer)}'
        self.record.append(f'{path} {interface}.{method}{show(packed)} = {outcome}')
        if error:
            return None
        values = answer.unpack()
        return values[0] if len(values) == 1 else values

    def get(self, path, interface, name):
        return self.call(path, PROPERTIES + '.Get', 'ss', f'{NAME}.{interface}', name)

    def get_all(self, path, interface):
        return self.call(path, PROPERTIES + '.GetAll', 's', f'{NAME}.{interface}')

    def set(self, path, interface, name, value):
        return self.call(path, PROPERTIES + '.Set', 'ssv', f'{NAME}.{interface}', name, value)

    def introspect(self, path):
        return self.call(path, INTROSPECT)

    def wait_for_signal(self, condition):
        wait_for(lambda: any(condition(*s) for s in self.signals),
                 lambda: f'{self.daemon.command[0]} only sent {self.signals}')


def mask(side, text):
    text = text.replace(side.bus.directory, '…')  # where each is started
    for pattern, replacement in VOLATILE:
        text = re.sub(pattern, replacement, text)
    return text


def explain(mine, original):
    """Only the lines that differ."""
    lines = difflib.unified_diff(original, mine, 'libvirt-dbus', 'virtbus', lineterm='', n=0)
    return '\n'.join(lines)
