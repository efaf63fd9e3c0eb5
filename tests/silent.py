# SPDX-License-Identifier: LGPL-2.1-or-later

"""A hypervisor that takes connections and never says a word."""

import socket

from daemon import TIMEOUT

CONFIG = """
[Service]
{service}
Predefined=false

[Connection Test]
URI=test:///default

[Connection Hung]
URI=qemu+unix:///session?socket={socket}
"""


class SilentServer:
    def __init__(self, bus, name='silent'):
        self.path = bus.path(name)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        self.listener.settimeout(TIMEOUT)
        self.connections = []

    def config(self, service=''):
        return CONFIG.format(service=service, socket=self.path)

    def wait_for_client(self):
        """It has connected and said something; nobody answers."""
        connection, _ = self.listener.accept()
        connection.settimeout(TIMEOUT)
        self.connections.append(connection)
        assert connection.recv(4)

    def close(self):
        self.listener.close()
        for connection in self.connections:
            connection.close()
