# SPDX-License-Identifier: LGPL-2.1-or-later

"""org.libvirt1.AuthAgent, as a caller implements it."""

import os

from gi.repository import Gio, GLib

XML = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'introspection', 'agent',
                   'org.libvirt1.AuthAgent.xml')


class Agent:
    """Answers by the type of a credential; with an error, if it has no answers."""

    def __init__(self, client, answers=None, path='/agent'):
        self.answers = answers
        self.path = path
        self.asked = []
        self.client = client
        with open(XML, encoding='utf-8') as file:
            interface = Gio.DBusNodeInfo.new_for_xml(file.read()).interfaces[0]
        self.registration = client.connection.register_object(path, interface, self._on_call, None, None)

    def _on_call(self, _connection, sender, _path, _interface, _method, arguments, invocation):
        uri, prompts = arguments.unpack()
        self.asked.append((sender, uri, prompts))
        if self.answers is None:
            invocation.return_dbus_error('org.example.Cancelled', 'no, thanks')
        else:
            answers = [self.answers.get(kind, '') for kind, *_ in prompts]
            invocation.return_value(GLib.Variant('(as)', (answers,)))

    def option(self):
        return GLib.Variant('o', self.path)

    def close(self):
        self.client.connection.unregister_object(self.registration)
