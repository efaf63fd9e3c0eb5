# SPDX-License-Identifier: LGPL-2.1-or-later

"""A caller without manners, in a process of its own: it keeps so many calls in flight. Until its input
ends; then it prints how many answers it had, and how many of them were errors.

    flooder.py ADDRESS CALLS PATH MEMBER BODY

BODY is a GVariant in text form. Everything is ready on the wire before: it takes the time that the
bus takes to pass it on, and next to none of the processors.
"""

import os
import socket
import struct
import subprocess
import sys
import threading

METHOD_RETURN, ERROR = 2, 3
SERIAL = struct.Struct('=I')


class Flood:
    """The process, for a test."""

    def __init__(self, bus, calls, path, member, body='()'):
        self.process = subprocess.Popen(
            [sys.executable, __file__, bus.address, str(calls), path, member, body],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True)
        assert self.process.stdout.readline() == 'answered\n'

    def __enter__(self):
        return self

    def __exit__(self, *_):
        output, _ = self.process.communicate('')
        self.answers, self.errors = (int(word) for word in output.split())


def message(Gio, GLib, path, member, body, destination='org.libvirt1'):
    interface, method = member.rsplit('.', 1)
    call = Gio.DBusMessage.new_method_call(destination, path, interface, method)
    call.set_body(GLib.Variant.parse(None, body, None, None))
    call.set_serial(1)
    return bytearray(call.to_blob(Gio.DBusCapabilityFlags.NONE))


def connect(address, hello):
    bus = socket.socket(socket.AF_UNIX)
    bus.connect(address.split('=')[1])
    bus.sendall(b'\0AUTH EXTERNAL ' + str(os.getuid()).encode().hex().encode() + b'\r\n')
    assert bus.recv(1000).startswith(b'OK')
    bus.sendall(b'BEGIN\r\n' + hello)
    return bus


def types(data):
    """What the whole messages at the beginning of the data are, and what is left."""
    found, start = [], 0
    while len(data) - start >= 16:
        body, = SERIAL.unpack_from(data, start + 4)
        fields, = SERIAL.unpack_from(data, start + 12)
        length = 16 + (fields + 7) // 8 * 8 + body
        if len(data) - start < length:
            break
        found.append(data[start + 1])
        start += length
    return found, data[start:]


def main(address, calls, path, member, body):
    from gi.repository import Gio, GLib

    bus = connect(address, message(Gio, GLib, '/', 'org.freedesktop.DBus.Hello', '()',
                                   'org.freedesktop.DBus'))
    call = message(Gio, GLib, path, member, body)
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()

    answers, errors, serial, in_flight, data = -1, 0, 1, 0, b''  # Hello is answered, too
    while not ended.is_set():
        burst = bytearray()
        while in_flight < int(calls):
            serial, in_flight = serial + 1, in_flight + 1
            SERIAL.pack_into(call, 8, serial)
            burst += call
        bus.sendall(burst)
        found, data = types(data + bus.recv(1 << 20))
        done = found.count(METHOD_RETURN) + found.count(ERROR)
        in_flight -= done - (answers < 0 and done > 0)
        if answers <= 0 < answers + done:
            print('answered', flush=True)
        answers += done
        errors += found.count(ERROR)
    print(answers, errors)


if __name__ == '__main__':
    main(*sys.argv[1:])
