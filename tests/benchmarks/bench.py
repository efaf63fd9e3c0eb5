# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the benchmarks share: the services side by side on private buses, with one libvirtd below, a
client in C that takes the time, and a table of what came out.

Times depend on the machine; so what counts are ratios of what was measured in the same run.
"""

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys

from gi.repository import Gio

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))

from daemon import NAME, ROOT, Client, Daemon, PrivateBus  # noqa: E402
from libvirtd import PATH, Libvirtd, why_not  # noqa: E402
from qemu import DOMAIN  # noqa: E402

CLIENT = os.environ['BENCHMARK_CLIENT']
LIBVIRT_DBUS = shutil.which('libvirt-dbus', path=PATH)
SKIPPED = 77  # meson's word

# An ordinary machine's configuration, as long as that of one with a few devices.
TEMPLATE = DOMAIN.format(name='domain-@', devices='''
    <interface type='user'><model type='virtio'/></interface>
    <serial type='pty'/><console type='pty'/><memballoon model='virtio'/>''')


# libvirt-dbus has its own name to itself.
CONFIG = """
[Service]
Predefined=false
Compat=false

[Connection QEMU]
URI={}
"""


class LibvirtDbus:
    """libvirt-dbus. On the system bus it opens qemu:///system; which libvirtd that is, its mount
    namespace says."""

    NAME = 'org.libvirt'

    def __init__(self, bus, libvirtd=None):
        where = ['nsenter', f'--target={libvirtd.pid}', '--mount'] if libvirtd else []
        self.command = [*where, LIBVIRT_DBUS, '--system' if libvirtd else '--session']
        self.process = subprocess.Popen(self.command, env=bus.environment())
        self.pid = self.process.pid
        client = Client(bus)
        assert not client.has_owner(self.NAME), 'somebody else has the name of libvirt-dbus'
        while not client.has_owner(self.NAME):
            assert self.process.poll() is None, 'libvirt-dbus does not start'
        client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Bench:
    """A bus, and libvirtd if it is wanted, for as long as a benchmark runs."""

    def __init__(self, libvirtd=True):
        reason = why_not() if libvirtd else None
        if reason:
            print('no libvirtd with QEMU:', reason)
            sys.exit(SKIPPED)
        self.bus = PrivateBus()
        self.libvirtd = None
        if libvirtd:
            directory = self.bus.path('libvirtd')
            os.mkdir(directory)
            self.libvirtd = Libvirtd(directory)
            self.libvirtd.start()
            self.libvirtd.enter('ln', '-s', self.libvirtd.socket, '/run/libvirt/libvirt-sock')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.libvirtd:
            self.libvirtd.close()
        self.bus.remove()

    def client(self, task, *arguments):
        """The figures that the client in C prints: microseconds by name."""
        done = subprocess.run(
            [CLIENT, self.bus.address, task, *map(str, arguments)],
            env=self.bus.environment(), stdout=subprocess.PIPE, check=True, universal_newlines=True)
        return {name: int(value) for name, value in map(str.split, done.stdout.splitlines())}

    def define(self, first, last):
        """In libvirtd, through libvirt."""
        self.client('define', self.libvirtd.uri, TEMPLATE, first, last)

    def virtbus(self, uri=None):
        """A virtbusd with one connection, QEMU."""
        uri = uri or self.libvirtd.uri
        return Daemon(self.bus, CONFIG.format(uri))

    def libvirt_dbus(self):
        return LibvirtDbus(self.bus, self.libvirtd)


@contextlib.contextmanager
def bare_service(bench, n=0, *libvirt):
    """GDBus with nothing behind it, as bare.c has it."""
    with subprocess.Popen([os.environ['BENCHMARK_BARE'], str(n), *libvirt], env=bench.bus.environment()) as bare:
        client = Client(bench.bus)
        while not client.has_owner('bare.Service'):
            pass
        client.close()
        try:
            yield bare
        finally:
            bare.terminate()


def probe(label, destination, path, member, arguments='()'):
    """A call as the client in C reads it. @member is 'INTERFACE.METHOD'."""
    interface, method = member.rsplit('.', 1)
    return '|'.join((label, destination, path, interface, method, arguments))


def ping(label, destination):
    return probe(label, destination, '/', 'org.freedesktop.DBus.Peer.Ping')


def managed(label, destination=NAME, path=ROOT + '/QEMU'):
    return probe(label, destination, path, 'org.freedesktop.DBus.ObjectManager.GetManagedObjects')


def cpu_time(pid):
    """What the threads of a process have used so far, in microseconds, by thread."""
    times = {}
    for thread in os.listdir(f'/proc/{pid}/task'):
        try:
            with open(f'/proc/{pid}/task/{thread}/schedstat', encoding='ascii') as file:
                times[thread] = int(file.read().split()[0]) / 1000
        except FileNotFoundError:  # an idle worker that has just ended
            pass
    return times


def cpu_time_since(pid, before):
    return sum(time - before.get(thread, 0) for thread, time in cpu_time(pid).items())


def memory(pid):
    """Resident, in bytes."""
    with open(f'/proc/{pid}/statm', encoding='ascii') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGESIZE')


class RawClient:
    """Reads answers without unpacking them: the time that is the service's and the bus's alone."""

    def __init__(self, bus):
        self.serial = 0
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(bus.path('bus'))
        self.socket.sendall(b'\0AUTH EXTERNAL ' + str(os.getuid()).encode().hex().encode() + b'\r\n')
        self.socket.recv(1000)
        self.socket.sendall(b'BEGIN\r\n')
        self.call('org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'Hello')

    def close(self):
        self.socket.close()

    def call(self, destination, path, interface, method):
        message = Gio.DBusMessage.new_method_call(destination, path, interface, method)
        self.serial += 1
        message.set_serial(self.serial)
        self.socket.sendall(message.to_blob(Gio.DBusCapabilityFlags.NONE))
        while self._receive() != self.serial:
            pass

    def _receive(self):
        """The serial of the call that is answered; None if it is something else."""
        head = self._read(16)
        order = 'little' if head[:1] == b'l' else 'big'
        body, _, fields = (int.from_bytes(head[i:i + 4], order) for i in (4, 8, 12))
        kind = head[1]
        rest = self._read(-(-fields // 8) * 8 + body)
        if kind not in (2, 3):
            return None
        # REPLY_SERIAL is field 5, a u.
        return int.from_bytes(rest[rest.index(b'\x05\x01u\0') + 4:][:4], order)

    def _read(self, n):
        data = bytearray(n)
        view = memoryview(data)
        while n:
            read = self.socket.recv_into(view, n)
            if not read:
                raise EOFError
            view, n = view[read:], n - read
        return bytes(data)


def median(values):
    return statistics.median(values)


def milliseconds(microseconds):
    return f'{microseconds / 1000:,.{2 if microseconds < 100000 else 0}f} ms'


class Table:
    """Lines of: what, what came out, and what is wanted."""

    def __init__(self, title):
        print(f'\n{title}\n{"":52} {"measured":>14}   wanted', flush=True)

    def __call__(self, what, measured, wanted=''):
        print(f'  {what:50} {measured:>14}   {wanted}'.rstrip(), flush=True)

    def time(self, what, microseconds, wanted=''):
        shown = f'{microseconds:,.0f} us' if microseconds < 10000 else milliseconds(microseconds)
        self(what, shown, wanted)

    def ratio(self, what, ratio, wanted=''):
        self(what, f'x {ratio:.2f}' if ratio < 20 else f'x {ratio:.0f}', wanted)
