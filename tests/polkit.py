# SPDX-License-Identifier: LGPL-2.1-or-later

"""A system bus of one's own with a real polkitd on it, users who are nobody elsewhere, and rules that
change while all runs.

polkitd's directories and the list of users cannot be moved, so the test's process moves into a mount
namespace of its own, in which its own copies stand there; what it starts inherits it. That takes root.
Who somebody is on a bus is decided when they connect: a client that connects as a user is that user
from then on, to the bus and to polkit, although all clients live in this one process.
"""

import contextlib
import ctypes
import json
import os
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass

import pytest
from gi.repository import Gio, GLib

from daemon import NAME, PROPERTIES, ROOT, TIMEOUT, Client, Daemon, PrivateBus, error_name, wait_for

POLKITD = '/usr/lib/polkit-1/polkitd'
NEEDED = (POLKITD, 'busctl', 'mount', 'setpriv')
RULES = '/etc/polkit-1/rules.d/10-test.rules'
PACKAGED_RULES = '/usr/share/polkit-1/rules.d/60-org.libvirt1.rules'
SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ACTIONS = '/usr/share/polkit-1/actions/org.libvirt1.policy'
LIBVIRT_ACTIONS = '/usr/share/polkit-1/actions/org.libvirt.api.policy'  # libvirtd's own
COMPAT = 'org.libvirt'
POLKIT = 'org.freedesktop.PolicyKit1'
AUTHORITY = '/org/freedesktop/PolicyKit1/Authority'

DENIED = 'org.freedesktop.DBus.Error.AccessDenied'
PASSWORD = 'org.freedesktop.DBus.Error.InteractiveAuthorizationRequired'
LIMIT = 'org.freedesktop.DBus.Error.LimitsExceeded'

TEST = ROOT + '/Test'
OTHER = ROOT + '/Other'
CONNECTION = 'org.libvirt1.Connection'
DOMAIN = 'org.libvirt1.Domain'
OBJECT_MANAGER = 'org.freedesktop.DBus.ObjectManager'

# Debian's system bus: what it lets nobody do, and its limits.
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={{socket}}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.PolicyKit1"/>
  </policy>
  <policy user="root">
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/>
    <allow own="org.freedesktop.PolicyKit1"/>
  </policy>
  <policy user="polkitd">
    <allow own="org.freedesktop.PolicyKit1"/>
    <allow send_interface="org.freedesktop.PolicyKit1.AuthenticationAgent"/>
  </policy>
  <limit name="max_connections_per_user">256</limit>
  <limit name="max_match_rules_per_connection">512</limit>
  <limit name="max_replies_per_connection">128</limit>
  {policies}
</busconfig>
"""


@dataclass(frozen=True)
class User:
    name: str
    uid: int
    groups: tuple = ()


ROOT_USER = User('root', 0)
SERVICE = User('virtbus', 59100)
ADMIN = User('admin', 59101, ('sudo',))
MEMBER = User('member', 59102, ('libvirt',))
ONE = User('one', 59103)  # of one domain
STRANGER = User('stranger', 59104)
OUTCAST = User('outcast', 59105)  # refused whatever there is
USERS = (SERVICE, ADMIN, MEMBER, ONE, STRANGER, OUTCAST)
GROUPS = {'sudo': 59110, 'libvirt': 59111}

# What an administrator would write; "demo" is the domain of "one". That of the group libvirt is ours.
STANDARD_RULES = """
polkit.addAdminRule(function(action, subject) {
    return ["unix-group:sudo"];
});

polkit.addRule(function(action, subject) {
    if (action.id == "org.libvirt1.manage" && subject.isInGroup("sudo"))
        return polkit.Result.YES;
});

polkit.addRule(function(action, subject) {
    if (action.id.indexOf("org.libvirt1.domain.") == 0 && subject.user == "one")
        return action.lookup("domain_name") == "demo" ? polkit.Result.YES : polkit.Result.NO;
});

polkit.addRule(function(action, subject) {
    if (action.id.indexOf("org.libvirt1.") == 0 && subject.user == "outcast")
        return polkit.Result.NO;
});
"""


def why_not():
    """What keeps a polkitd of our own from running here; None if nothing does."""
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        return 'not installed: ' + ', '.join(missing)
    if os.geteuid() != 0:
        return 'other users, and mounts, take root'
    done = subprocess.run(['setpriv', f'--reuid={SERVICE.uid}', f'--regid={SERVICE.uid}', '--clear-groups',
                           'test', '-x', os.environ['VIRTBUSD']], check=False)
    if done.returncode != 0:
        return 'in this directory other users cannot run virtbusd'
    return None


def rule(user, action, condition='true', result='YES', otherwise='null'):
    """A rule about one user, and actions that begin so."""
    return f"""
polkit.addRule(function(action, subject) {{
    if (subject.user == "{user.name}" && action.id.indexOf("org.libvirt1.{action}") == 0)
        return {condition} ? polkit.Result.{result} : {otherwise};
}});
"""


# --- the namespace --------------------------------------------------------------------------------


def _mount(*arguments):
    subprocess.run(['mount', *arguments], check=True)


def _write_over(directory, path, extra, replaced):
    """A copy of a list of the system's with our lines at its end, where the system's was."""
    with open(path, encoding='utf-8') as file:
        lines = [line for line in file if line.split(':')[0] not in replaced]
    copy = os.path.join(directory, os.path.basename(path))
    with open(copy, 'w', encoding='utf-8') as file:
        file.writelines(lines + extra)
    os.chmod(copy, 0o644)
    _mount('--bind', copy, path)


def _add_users(directory):
    _write_over(directory, '/etc/passwd',
                [f'{u.name}:x:{u.uid}:{u.uid}::/nonexistent:/bin/sh\n' for u in USERS],
                [u.name for u in USERS])
    groups = {u.name: (u.uid, []) for u in USERS}
    groups.update({name: (gid, []) for name, gid in GROUPS.items()})
    for user in USERS:
        for name in user.groups:
            groups[name][1].append(user.name)
    _write_over(directory, '/etc/group',
                [f'{name}:x:{gid}:{",".join(members)}\n' for name, (gid, members) in groups.items()],
                groups)


def enter_namespace():
    """From here on this process, and what it starts, has other users and another polkit."""
    libc = ctypes.CDLL(None, use_errno=True)
    clone_newns = 0x20000
    if libc.unshare(clone_newns) != 0:
        raise OSError(ctypes.get_errno(), 'no mount namespace')
    _mount('--make-rprivate', '/')
    with tempfile.TemporaryDirectory() as directory:  # what is mounted needs no name there
        _add_users(directory)
    libvirt_actions = None
    with contextlib.suppress(FileNotFoundError), open(LIBVIRT_ACTIONS, encoding='utf-8') as file:
        libvirt_actions = file.read()
    for path in ('/etc/polkit-1', '/usr/share/polkit-1'):
        _mount('-t', 'tmpfs', '-o', 'mode=755', 'none', path)
        os.mkdir(path + '/rules.d')
    os.mkdir('/usr/share/polkit-1/actions')
    shutil.copy(os.environ['VIRTBUS_POLICY'], ACTIONS)
    if libvirt_actions:
        with open(LIBVIRT_ACTIONS, 'w', encoding='utf-8') as file:
            file.write(libvirt_actions)
    shutil.copy(f'{SOURCE}/polkit/org.libvirt1.rules', PACKAGED_RULES)


@contextlib.contextmanager
def acting_as(user):
    """What is connected to in here is connected to as this user."""
    groups = os.getgroups()
    os.setgroups([GROUPS[name] for name in user.groups])
    os.setegid(user.uid)
    os.seteuid(user.uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


# --- the bus and who is on it ---------------------------------------------------------------------


def service_at(path):
    """Whose name the object is called by: that of the face on which it is."""
    return COMPAT if (path + '/').startswith('/org/libvirt/') else NAME


class UserClient(Client):
    """Of both faces."""

    def call_variant(self, path, member, arguments=None, destination=None):
        return super().call_variant(path, member, arguments, destination or service_at(path))

    def start(self, path, member, arguments=None, destination=None):
        return super().start(path, member, arguments, destination or service_at(path))


def outcome(call, *arguments):
    """None if it was done, or the name of the error."""
    try:
        call(*arguments)
    except GLib.Error as error:
        return error_name(error)
    return None


class SystemBus(PrivateBus):
    def __init__(self):
        super().__init__(BUS_CONFIG.format(policies=self._policies()))
        os.chmod(self.directory, 0o755)

    @staticmethod
    def _policies():
        """The service's own, as they are installed."""
        return ''.join(f'<include>{SOURCE}/data/{name}.conf</include>' for name in (NAME, COMPAT))

    def environment(self):
        """Every user has to have a home of their own, and none needs any."""
        environment = super().environment()
        for name in ('HOME', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME'):
            environment[name] = self.path('nonexistent')
        return environment

    def connect(self, user, interactive=False):
        with acting_as(user):
            client = UserClient(self)
        if interactive:
            client.flags |= Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION
        return client

    def command(self, user, *command):
        """Runs a program as a user."""
        return subprocess.run(
            ['setpriv', f'--reuid={user.uid}', f'--regid={user.uid}', '--init-groups', *command],
            env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=TIMEOUT, check=False, universal_newlines=True)

    def busctl(self, user, *arguments):
        return self.command(user, 'busctl', '--system', '--no-pager', *arguments)


class Polkit:
    """polkitd, which can go and come back, and its rules."""

    def __init__(self, bus):
        self.bus = bus
        self.root = bus.connect(ROOT_USER)
        self.daemon = None
        self._changed = 0
        self.root.connection.signal_subscribe(
            None, POLKIT + '.Authority', 'Changed', AUTHORITY, None, Gio.DBusSignalFlags.NONE,
            self._on_changed)
        self._write(STANDARD_RULES)
        self.start()

    def _on_changed(self, *_):
        self._changed += 1

    def _write(self, text):
        """At once, so that polkitd never reads half of it."""
        beside = '/etc/polkit-1/new'
        with open(beside, 'w', encoding='utf-8') as file:
            file.write(text)
        os.rename(beside, RULES)

    def set_rules(self, *texts):
        """Returns when they are in force, and polkitd has said so."""
        while GLib.MainContext.default().iteration(False):
            pass  # what was said before is not about these
        self._changed = 0
        self._write('\n'.join(texts))
        wait_for(lambda: self._changed, lambda: 'polkitd never said that its rules changed')
        # It may say so twice, but not after it has been asked something.
        self.root.call_variant(AUTHORITY, PROPERTIES + '.Get',
                               GLib.Variant('(ss)', (POLKIT + '.Authority', 'BackendName')), POLKIT)

    def start(self):
        self.daemon = Daemon(self.bus, None, ('--no-debug',), program=POLKITD)
        self.daemon.wait_for_name(POLKIT)

    def stop(self):
        """It is off the bus when this returns."""
        self.daemon.kill()
        wait_for(lambda: not self.root.has_owner(POLKIT))

    def close(self):
        self.daemon.kill()
        self.root.close()


# --- what polkit is asked -------------------------------------------------------------------------


class Questions:
    """The questions that somebody asks polkit, by whom they are about, action and details."""

    def __init__(self, bus):
        self.root = bus.connect(ROOT_USER)
        self.lines = []
        self.seen = threading.Condition()
        self.process = subprocess.Popen(
            ['busctl', '--system', '--json=short', 'monitor',
             "--match=type='method_call',member='CheckAuthorization'",
             "--match=type='method_call',member='Marker'"],
            env=bus.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            universal_newlines=True)
        self.process.stderr.readline()  # it is ready then
        self.read = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            with self.seen:
                self.lines.append(json.loads(line))
                self.seen.notify()

    def since(self):
        """All from the last call of this until now, as (name on the bus, action, details)."""
        marker = self.root.start('/marker', 'org.libvirt1.Marker', destination='org.freedesktop.DBus')
        marker.wait()
        with self.seen:
            assert self.seen.wait_for(
                lambda: any(line['member'] == 'Marker' for line in self.lines[self.read:]),
                timeout=TIMEOUT), 'busctl never showed the marker'
            new = self.lines[self.read:]
            self.read = len(self.lines)
        return [self._question(line) for line in new if line['member'] == 'CheckAuthorization']

    @staticmethod
    def _question(line):
        (_, subject), action, details = line['payload']['data'][:3]
        return subject['name']['data'], action, details

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        self.root.close()


# --- a polkit that does as it is told -------------------------------------------------------------

FAKE = """<node><interface name='org.freedesktop.PolicyKit1.Authority'>
  <method name='CheckAuthorization'>
    <arg type='(sa{sv})' direction='in'/><arg type='s' direction='in'/>
    <arg type='a{ss}' direction='in'/><arg type='u' direction='in'/><arg type='s' direction='in'/>
    <arg type='(bba{ss})' direction='out'/>
  </method>
  <method name='CancelCheckAuthorization'><arg type='s' direction='in'/></method>
  <signal name='Changed'/>
  <property name='BackendName' type='s' access='read'/>
  <property name='BackendVersion' type='s' access='read'/>
  <property name='BackendFeatures' type='u' access='read'/>
</interface></node>"""

YES, NO, CHALLENGE = (True, False, {}), (False, False, {}), (False, True, {})


class FakePolkit:
    """In the place of polkitd, for what that cannot be made to do. It runs in the main loop, so calls
    that wait for it must be started and waited for."""

    def __init__(self, bus):
        self.answer = None  # one of the above, an error's (name, message), or None for never
        self.waiting = []
        self.client = bus.connect(ROOT_USER)
        info = Gio.DBusNodeInfo.new_for_xml(FAKE).interfaces[0]
        self.client.connection.register_object(
            AUTHORITY, info, self._on_call, self._on_get, None)
        self.client.call_variant(
            '/org/freedesktop/DBus', 'org.freedesktop.DBus.RequestName',
            GLib.Variant('(su)', (POLKIT, 4)), 'org.freedesktop.DBus')

    def _on_call(self, _connection, _sender, _path, _interface, method, _arguments, invocation):
        if method == 'CheckAuthorization':
            self._answer(invocation)
        else:
            invocation.return_value(None)

    @staticmethod
    def _on_get(_connection, _sender, _path, _interface, name):
        return GLib.Variant('u', 0) if name == 'BackendFeatures' else GLib.Variant('s', 'fake')

    def _answer(self, invocation):
        if self.answer is None:
            self.waiting.append(invocation)
        elif len(self.answer) == 2:
            invocation.return_dbus_error(*self.answer)
        else:
            invocation.return_value(GLib.Variant('((bba{ss}))', (self.answer,)))

    def answer_at_last(self, answer):
        """All that were kept waiting."""
        self.answer = answer
        while self.waiting:
            self._answer(self.waiting.pop())

    def close(self):
        self.client.close()


# --- fixtures -------------------------------------------------------------------------------------


def skip_without():
    reason = why_not()
    if reason and 'UNDER_MESON' in os.environ:
        pytest.exit('no polkitd: ' + reason, returncode=77)  # meson's word for skipped
    if reason:
        pytest.skip('no polkitd: ' + reason)


@pytest.fixture(scope='session')
def namespace():
    skip_without()
    enter_namespace()


@pytest.fixture(scope='module')
def bus(namespace):
    private = SystemBus()
    yield private
    private.remove()


@pytest.fixture(scope='module')
def polkit(bus):
    running = Polkit(bus)
    yield running
    running.close()


CONFIG = """
[Service]
Predefined=false

[Connection Test]
URI={0}

[Connection Other]
URI={1}
"""

DOMAIN_XML = """<domain type='test'><name>{0}</name><uuid>{1}</uuid>
<memory>65536</memory><vcpu>2</vcpu><os><type>hvm</type></os></domain>"""

DEVICES = """<device><name>computer</name><capability type='system'>
<hardware><vendor>virtbus</vendor><uuid>00000000-0000-4000-8000-000000000901</uuid></hardware>
<firmware><vendor>virtbus</vendor></firmware></capability></device>
<device><name>scsi_host1</name><parent>computer</parent>
<capability type='scsi_host'><host>1</host></capability></device>"""


def uuid_of(number):
    return f'00000000-0000-4000-8000-{number:012}'


def path_of(number, connection=TEST):
    return f'{connection}/domain/_{uuid_of(number).replace("-", "_")}'


def write_host(bus, name, domains):
    """A host of the test driver with these domains, all running; its URI."""
    text = ''.join(DOMAIN_XML.format(domain, uuid_of(n)) for n, domain in enumerate(domains))
    return 'test://' + bus.write(f'{name}.xml', f'<node>{text}{DEVICES}</node>')


@pytest.fixture(scope='module')
def daemon(bus, polkit, request):
    """As on a host: a user of its own, on the system bus, with two hosts, unless the test file has a
    configuration."""
    domains = getattr(request.module, 'DOMAINS', ('demo', 'second', 'third'))
    config = CONFIG.format(write_host(bus, 'test', domains),
                           write_host(bus, 'other', ('demo', 'elsewhere')))
    started = Daemon(bus, getattr(request.module, 'CONFIG', config), ('--system',), user=SERVICE.uid)
    try:
        started.wait_for_name()
        yield started
        started.stop()
    finally:
        started.kill()


@pytest.fixture(scope='module')
def clients(bus, daemon):
    """One of each user, by user."""
    class Clients(dict):
        def __missing__(self, user):
            self[user] = bus.connect(user)
            return self[user]

    connected = Clients()
    yield connected
    for client in connected.values():
        client.close()


@pytest.fixture
def questions(bus):
    monitor = Questions(bus)
    yield monitor
    monitor.close()


@pytest.fixture
def rules(polkit):
    """Sets other rules for a test."""
    yield polkit.set_rules
    polkit.set_rules(STANDARD_RULES)
