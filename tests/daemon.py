# SPDX-License-Identifier: LGPL-2.1-or-later

"""A bus of one's own, virtbusd on it, and a client that keeps what came over the wire as it came.

Nothing here sleeps: all waiting is for a name, a signal, an answer or the end of a process. The
time-outs only end a test that would hang, so they are generous.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading

from gi.repository import Gio, GLib

NAME = 'org.libvirt1'
ROOT = '/org/libvirt1'
TIMEOUT = 60

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_replies_per_connection">100000</limit>
  <limit name="reply_timeout">600000</limit>
</busconfig>
"""

# What no healthy run of the daemon prints. (A test may expect a message and allow it.)
TROUBLE = re.compile(
    r'CRITICAL|WARNING|Sanitizer|runtime error|Assertion|^==\d+== (?!\s*$).*definitely lost: [1-9]',
    re.MULTILINE,
)


class PrivateBus:
    """A dbus-daemon without anything to activate, and a directory for all that a test writes."""

    def __init__(self, configuration=BUS_CONFIG):
        self.directory = tempfile.mkdtemp(prefix='virtbus-')
        self.address = f'unix:path={self.directory}/bus'
        config = self.path('bus.conf')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(configuration.format(socket=self.path('bus')))
        self.process = subprocess.Popen(
            ['dbus-daemon', '--nofork', '--nopidfile', '--config-file', config, '--print-address'],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if not self.process.stdout.readline():
            raise RuntimeError('dbus-daemon does not start')

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)
        return self.path(name)

    def environment(self):
        """So that nothing of the user's is read or started."""
        home = self.path('home')
        os.makedirs(home, mode=0o700, exist_ok=True)
        environment = dict(os.environ)
        environment.update(
            DBUS_SESSION_BUS_ADDRESS=self.address,
            DBUS_SYSTEM_BUS_ADDRESS=self.address,
            HOME=home,
            XDG_RUNTIME_DIR=home,
            XDG_CONFIG_HOME=home,
            XDG_CACHE_HOME=home,
            LIBVIRT_AUTOSTART='0',
            NO_COLOR='1',
        )
        environment.pop('G_MESSAGES_DEBUG', None)
        # What a build with sanitizers reads; its suppressions are by function, so it must see them.
        suppressions = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lsan.supp')
        environment['LSAN_OPTIONS'] = f'suppressions={suppressions}:print_suppressions=0'
        environment['ASAN_OPTIONS'] = ':'.join(filter(None, (
            environment.get('ASAN_OPTIONS'), 'fast_unwind_on_malloc=0')))
        return environment

    def run(self, *command):
        """What a program on this bus prints; it must end well."""
        done = subprocess.run(
            command,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=TIMEOUT,
            check=False,
            universal_newlines=True,
        )
        assert done.returncode == 0, f'{command}: {done.returncode}: {done.stderr}'
        return done.stdout

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def remove(self):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


class Client:
    """A connection to the bus. Arguments are a GVariant signature and plain Python values."""

    def __init__(self, bus):
        self.flags = Gio.DBusCallFlags.NO_AUTO_START
        self.connection = Gio.DBusConnection.new_for_address_sync(
            bus.address,
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION,
            None,
            None,
        )
        self.connection.set_exit_on_close(False)

    def close(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    def call_variant(self, path, member, arguments=None, destination=NAME):
        """The whole answer, a tuple, as a GLib.Variant. @member is 'INTERFACE.METHOD'."""
        interface, method = member.rsplit('.', 1)
        return self.connection.call_sync(
            destination,
            path,
            interface,
            method,
            arguments,
            None,
            self.flags,
            TIMEOUT * 1000,
            None,
        )

    def call(self, path, member, signature=None, *arguments):
        """The answer in Python values: None, the only one, or a tuple."""
        packed = GLib.Variant(signature, arguments) if signature else None
        answer = self.call_variant(path, member, packed).unpack()
        return answer[0] if len(answer) == 1 else answer or None

    def start(self, path, member, arguments=None, destination=NAME):
        """Calls and returns a Pending at once."""
        return Pending(self, path, member, arguments, destination)

    def get(self, path, interface, name):
        return self.call(path, PROPERTIES + '.Get', '(ss)', interface, name)

    def get_all(self, path, interface):
        return self.call(path, PROPERTIES + '.GetAll', '(s)', interface)

    def set(self, path, interface, name, value):
        return self.call(path, PROPERTIES + '.Set', '(ssv)', interface, name, value)

    def introspect(self, path):
        text = self.call(path, 'org.freedesktop.DBus.Introspectable.Introspect')
        return Gio.DBusNodeInfo.new_for_xml(text)

    def has_owner(self, name=NAME):
        return self.call_variant(
            '/org/freedesktop/DBus',
            'org.freedesktop.DBus.NameHasOwner',
            GLib.Variant('(s)', (name,)),
            'org.freedesktop.DBus',
        ).unpack()[0]

    def listen(self, interface=None, member=None, path=None):
        """A Signals that takes down what comes from now on."""
        return Signals(self, interface, member, path)


PROPERTIES = 'org.freedesktop.DBus.Properties'


class Pending:
    """A call under way; it counts how often it was answered."""

    def __init__(self, client, path, member, arguments, destination):
        interface, method = member.rsplit('.', 1)
        self.answers = 0
        self.value = None
        self.error = None
        client.connection.call(
            destination,
            path,
            interface,
            method,
            arguments,
            None,
            client.flags,
            TIMEOUT * 1000,
            None,
            self._on_answer,
        )

    def _on_answer(self, connection, result):
        self.answers += 1
        try:
            self.value = connection.call_finish(result)
        except GLib.Error as error:
            self.error = error

    def wait(self):
        wait_for(lambda: self.answers)
        return self


class Monitor:
    """Counts the answers to each call, also those that the bus does not let through."""

    def __init__(self, bus):
        self.bus = bus
        self.lines = []
        self.seen = threading.Condition()
        self.process = subprocess.Popen(
            ['dbus-monitor', '--address', bus.address, '--profile'],
            stdout=subprocess.PIPE,
            universal_newlines=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        # The bus takes away the name of who becomes a monitor, and tells.
        self._wait_for('NameLost')

    def _read(self):
        for line in self.process.stdout:
            with self.seen:
                self.lines.append(line.rstrip('\n').split('\t'))
                self.seen.notify()

    def _wait_for(self, member):
        with self.seen:
            assert self.seen.wait_for(
                lambda: any(member == line[-1] for line in self.lines), timeout=TIMEOUT
            ), f'dbus-monitor never saw {member}'

    def count_answers(self, client):
        """How many answers each of the client's calls to virtbusd got, by (path, member)."""
        marker = client.start('/marker', NAME + '.Marker', destination='org.freedesktop.DBus').wait()
        assert marker.error
        self._wait_for('Marker')
        self.process.terminate()
        self.process.wait()

        name = client.connection.get_unique_name()
        calls, answers = {}, {}
        for line in self.lines:
            if line[0] == 'mc' and line[3] == name and line[4] == NAME:
                calls[line[2]] = (line[5], f'{line[6]}.{line[7]}')
            elif line[0] in ('mr', 'err') and line[4] == name:
                answers[line[5]] = answers.get(line[5], 0) + 1
        return [(call, answers.get(serial, 0)) for serial, call in calls.items()]


class Signals:
    """Signals in the order of their coming, as (path, interface, member, arguments)."""

    def __init__(self, client, interface, member, path):
        self.client = client
        self.seen = []
        self.on_signal = None
        self.subscription = client.connection.signal_subscribe(
            NAME, interface, member, path, None, Gio.DBusSignalFlags.NONE, self._take
        )
        # The answer comes after the bus has taken the match rule.
        client.has_owner()

    def _take(self, _connection, _sender, path, interface, member, arguments):
        self.seen.append((path, interface, member, arguments.unpack()))
        if self.on_signal:
            self.on_signal(*self.seen[-1])

    def wait(self, condition):
        """Until a signal fits; returns it and forgets all up to it."""
        def find():
            return next((i for i, s in enumerate(self.seen) if condition(*s)), None)

        wait_for(lambda: find() is not None, lambda: f'only these signals came: {self.seen}')
        index = find()
        found = self.seen[index]
        del self.seen[: index + 1]
        return found

    def stop(self):
        self.client.connection.signal_unsubscribe(self.subscription)


def wait_for(condition, explain=None):
    """Runs the main loop until the condition holds."""
    context = GLib.MainContext.default()
    late = []
    timer = GLib.timeout_add_seconds(TIMEOUT, lambda: late.append(True) or GLib.SOURCE_CONTINUE)
    try:
        while not condition():
            assert not late, explain() if explain else 'what was waited for never came'
            context.iteration(True)
    finally:
        GLib.source_remove(timer)


def error_name(error):
    return Gio.DBusError.get_remote_error(error)


class Daemon:
    """A running virtbusd. What it prints goes to a file, which is read at its end."""

    count = 0

    def __init__(self, bus, config=None, arguments=('--session',), environment=None, program=None,
                 user=None, prefix=()):
        """@program is a command that stands in for virtbusd, @prefix comes before it. @user is a number,
        root's if None."""
        Daemon.count += 1
        self.bus = bus
        self.log = bus.path(f'stderr.{Daemon.count}')
        self.command = [program]
        if not program:
            self.command = [*shlex.split(os.environ.get('VIRTBUSD_WRAPPER', '')), os.environ['VIRTBUSD']]
        self.command[:0] = prefix
        self.command += arguments
        if config is not None:
            self.command += ['--config', bus.write(f'config.{Daemon.count}', config)]
        # AddressSanitizer does not see what GLib keeps in slices.
        slices = {'G_SLICE': 'always-malloc'} if 'ASAN_OPTIONS' in os.environ and not program else {}
        credentials = {'user': user, 'group': user, 'extra_groups': []} if user is not None else {}
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=bus.directory,
                env={**bus.environment(), **slices, **(environment or {})},
                stderr=log,
                **credentials,
            )
        self.pid = self.process.pid

    def __enter__(self):
        self.wait_for_name()
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.kill()
        else:
            self.stop()

    def wait_for_name(self, name=NAME):
        """The name is there, or the process has ended without."""
        there = []
        client = Client(self.bus)
        watch = Gio.bus_watch_name_on_connection(
            client.connection,
            name,
            Gio.BusNameWatcherFlags.NONE,
            lambda *_: there.append(True),
            None,
        )
        # The end of the process wakes the loop, too.
        pidfd = os.pidfd_open(self.pid)
        child = GLib.unix_fd_add_full(
            GLib.PRIORITY_DEFAULT, pidfd, GLib.IOCondition.IN, lambda *_: there.append(False)
        )
        try:
            wait_for(lambda: there, lambda: f'virtbusd does not take its name: {self.stderr()}')
        finally:
            GLib.source_remove(child)
            os.close(pidfd)
            Gio.bus_unwatch_name(watch)
            client.close()
        assert there[0], f'virtbusd ended: {self.process.wait()}: {self.stderr()}'

    def stderr(self):
        with open(self.log, encoding='utf-8', errors='replace') as log:
            return log.read()

    def file_descriptors(self):
        """What each of them is."""
        directory = f'/proc/{self.pid}/fd'
        found = []
        for name in os.listdir(directory):
            try:
                found.append(os.readlink(os.path.join(directory, name)))
            except FileNotFoundError:
                pass
        return found

    def threads(self):
        return len(os.listdir(f'/proc/{self.pid}/task'))

    def wait(self):
        return self.process.wait(timeout=TIMEOUT)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def check_stderr(self, allowed=None):
        text = self.stderr()
        if allowed:
            text = re.sub(allowed, '', text)
        trouble = TROUBLE.search(text)
        assert not trouble, f'virtbusd printed:\n{text}'

    def stop(self, number=signal.SIGTERM, allowed=None):
        """Ends it and checks that it ended well."""
        assert self.process.poll() is None, f'virtbusd is gone already: {self.stderr()}'
        self.process.send_signal(number)
        try:
            status = self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.check_stderr(allowed)
        assert status == 0, f'virtbusd ended with {status}: {self.stderr()}'
