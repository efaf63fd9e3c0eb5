# SPDX-License-Identifier: LGPL-2.1-or-later

"""A socket in front of libvirtd's that counts the requests which go through.

Each message of libvirt's RPC is its length, then program, version, procedure, type, serial and
status, all 32 bits in network order. A request is noted before it is passed on: by the time
somebody has an answer, everything that was asked for it has been counted. Answers can be delayed, to
see what is asked meanwhile.
"""

import socket
import struct
import threading
import time

CALL, REPLY = 0, 1
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
        self.delay = 0  # of answers, in seconds
        self.lock = threading.Lock()
        self.unanswered = 0
        self.most_unanswered = 0
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
            threading.Thread(target=self._relay, args=(client, server), daemon=True).start()
            threading.Thread(target=self._relay, args=(server, client), daemon=True).start()

    def _note(self, kind, program, procedure):
        if program == KEEPALIVE:
            return
        if kind == REPLY:
            time.sleep(self.delay)
        with self.lock:
            if kind == CALL:
                self.requests.append((program, procedure))
                self.unanswered += 1
                self.most_unanswered = max(self.most_unanswered, self.unanswered)
            elif kind == REPLY:
                self.unanswered -= 1

    def _relay(self, source, sink):
        try:
            while True:
                header = receive(source, HEADER.size)
                length, program, _, procedure, kind, _, _ = HEADER.unpack(header)
                self._note(kind, program, procedure)
                sink.sendall(header + receive(source, length - HEADER.size))
        except (EOFError, OSError):
            for end in source, sink:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def take(self):
        """The requests since the last time."""
        with self.lock:
            taken, self.requests = self.requests, []
            self.most_unanswered = self.unanswered
        return taken

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        for end in [self.listener, *self.ends]:
            end.close()
