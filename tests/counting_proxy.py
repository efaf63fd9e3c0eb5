# SPDX-License-Identifier: LGPL-2.1-or-later

"""A socket in front of libvirtd's that counts the requests which go through.

Each message of libvirt's RPC is its length, then program, version, procedure, type, serial and
status, all 32 bits in network order. A request is noted before it is passed on: by the time
somebody has an answer, everything that was asked for it has been counted.
"""

import socket
import struct
import threading

CALL = 0
KEEPALIVE = 0x6b656570  # a program of its own, whose calls ask for nothing
HEADER = struct.Struct('>7I')


def receive(client, n):
    data = b''
    while len(data) < n:
        more = client.recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


class CountingProxy:
    def __init__(self, path, target):
        self.target = target
        self.requests = []  # (program, procedure)
        self.ends = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target)
            self.ends += [client, server]
            threading.Thread(target=self._relay, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._relay, args=(server, client, False), daemon=True).start()

    def _relay(self, source, sink, count):
        try:
            while True:
                header = receive(source, HEADER.size)
                length, program, _, procedure, kind, _, _ = HEADER.unpack(header)
                if count and kind == CALL and program != KEEPALIVE:
                    self.requests.append((program, procedure))
                sink.sendall(header + receive(source, length - HEADER.size))
        except (EOFError, OSError):
            for end in source, sink:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def take(self):
        """The requests since the last time."""
        taken, self.requests = self.requests, []
        return taken

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        for end in [self.listener, *self.ends]:
            end.close()
