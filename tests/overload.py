# SPDX-License-Identifier: LGPL-2.1-or-later

"""Sends one and the same call over and over through a connection to the bus that it is given, as fast as
the bus takes it, until its standard input ends. Then it prints what came of it, as JSON."""

import json
import os
import select
import socket
import struct
import sys

from gi.repository import Gio, GLib

AT_ONCE = 64
IN_FLIGHT = 4096  # about; without replies one call in so many asks for one
PLENTY = 1 << 20
NO_REPLY_EXPECTED = 1


def connect(path, uid):
    """As who the process is at the moment; who holds the descriptor later is that user still."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    connection.sendall(b'\0AUTH EXTERNAL ' + str(uid).encode().hex().encode() + b'\r\n')
    assert connection.recv(1000).startswith(b'OK')
    connection.sendall(b'BEGIN\r\n')
    hello = Gio.DBusMessage.new_method_call(
        'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'Hello')
    hello.set_serial(1)
    connection.sendall(hello.to_blob(Gio.DBusCapabilityFlags.NONE))
    return connection


class Flood:
    def __init__(self, connection, message, no_reply):
        self.connection = connection
        self.connection.setblocking(False)
        self.message = bytearray(message)
        self.no_reply = no_reply
        self.in_flight = 0
        self.serial = 1
        self.unsent = b''
        self.unread = bytearray()
        self.counts = {'sent': 0, 'answers': 0, 'errors': 0, 'limits': 0, 'limits of the bus': 0}

    def write(self):
        if not self.unsent:
            calls = []
            for _ in range(AT_ONCE):
                self.serial += 1
                answered = not self.no_reply or self.serial % (IN_FLIGHT // 2) == 0
                self.message[2] = 0 if answered else NO_REPLY_EXPECTED
                self.message[8:12] = struct.pack('=I', self.serial)
                calls.append(bytes(self.message))
                self.in_flight += IN_FLIGHT // 2 if self.no_reply and answered else answered
            self.unsent = b''.join(calls)
            self.counts['sent'] += AT_ONCE
        self.unsent = self.unsent[self.connection.send(self.unsent):]

    def count(self, message):
        if message[1] in (2, 3):
            self.in_flight -= IN_FLIGHT // 2 if self.no_reply else 1
        if message[1] == 2:
            self.counts['answers'] += 1
        elif message[1] == 3:
            self.counts['errors'] += 1
            if b'org.freedesktop.DBus.Error.LimitsExceeded' in message:
                # The sender's name is a field of the header: the bus's own, or a number.
                of_bus = b'\x07\x01s\0\x14\0\0\0org.freedesktop.DBus\0' in message
                self.counts['limits of the bus' if of_bus else 'limits'] += 1

    def read(self):
        self.unread += self.connection.recv(PLENTY)
        start = 0
        while len(self.unread) - start >= 16:
            body, _, fields = struct.unpack_from('=III', self.unread, start + 4)
            end = start + 16 + -(-fields // 8) * 8 + body
            if len(self.unread) < end:
                break
            self.count(bytes(self.unread[start:end]))
            start = end
        del self.unread[:start]

    def run(self, until):
        while True:
            more = [self.connection] if self.unsent or self.in_flight < IN_FLIGHT else []
            readable, writable, _ = select.select([until, self.connection], more, [])
            if until in readable:
                return
            if self.connection in readable:
                self.read()
            if writable:
                self.write()


def main():
    descriptor, no_reply, path, member, arguments = sys.argv[1:]
    interface, method = member.rsplit('.', 1)
    call = Gio.DBusMessage.new_method_call('org.libvirt1', path, interface, method)
    call.set_body(GLib.Variant.parse(None, arguments, None, None))
    call.set_serial(1)
    flood = Flood(socket.socket(fileno=int(descriptor)), call.to_blob(Gio.DBusCapabilityFlags.NONE),
                  no_reply == 'no-reply')
    os.write(1, b'ready\n')
    flood.run(sys.stdin)
    print(json.dumps(flood.counts))


if __name__ == '__main__':
    main()
