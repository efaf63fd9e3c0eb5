# SPDX-License-Identifier: LGPL-2.1-or-later

"""What "meson install" puts on a host, and whether systemd, the bus and polkit take it.

BUILD names the build directory, MAN is 1 if it makes the manual page. Nothing is installed on the
machine itself."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

import pytest

from daemon import TIMEOUT

BUILD = os.environ['BUILD']
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
SYSTEM_BUS = '/usr/share/dbus-1/system.conf'
BUS_DOCTYPE = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
'''
POLKIT_ON_THE_BUS = '/usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf'
POLKITD = '/usr/lib/polkit-1/polkitd'

# Below the prefix. What a release adds or takes away is decided here.
INSTALLED = '''
    lib/systemd/system/virtbusd.service
    lib/systemd/user/virtbusd.service
    lib/sysusers.d/virtbus.conf
    sbin/virtbusd
    share/dbus-1/interfaces/org.freedesktop.DBus.ObjectManager.xml
    share/dbus-1/services/org.libvirt1.service
    share/dbus-1/system-services/org.libvirt1.service
    share/dbus-1/system.d/org.libvirt1.conf
    share/doc/virtbus/remote.conf
    share/doc/virtbus/virtbus.conf
    share/polkit-1/actions/org.libvirt1.policy
    share/polkit-1/rules.d/60-org.libvirt1.rules
'''.split()
COMPAT_INSTALLED = '''
    lib/systemd/system/libvirt-dbus.service
    lib/systemd/user/libvirt-dbus.service
    sbin/libvirt-dbus
    share/dbus-1/services/org.libvirt.service
    share/dbus-1/system-services/org.libvirt.service
    share/dbus-1/system.d/org.libvirt.conf
'''.split()
INTERFACES = '''
    AuthAgent Connection Domain DomainCheckpoint DomainSnapshot Interface LxcDomain Manager NWFilter
    NWFilterBinding Network NetworkPort NodeDevice QemuConnection QemuDomain Secret StoragePool
    StorageVol
'''.split()
COMPAT_INTERFACES = '''
    Connect Domain DomainSnapshot Interface NWFilter Network NodeDevice Secret StoragePool StorageVol
'''.split()


def expected(options, man):
    files = INSTALLED + [f'share/dbus-1/interfaces/org.libvirt1.{name}.xml' for name in INTERFACES]
    if options['compat']:
        files += COMPAT_INSTALLED
        files += [f'share/dbus-1/interfaces/org.libvirt.{name}.xml' for name in COMPAT_INTERFACES]
    if options['docs'] == 'enabled':
        files += [f'share/doc/virtbus/reference/virtbus-org.libvirt1.{name}.rst' for name in INTERFACES]
    if man:
        files.append('share/man/man8/virtbusd.8')
    return sorted(files)


def run(*command, **how):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=TIMEOUT, check=False, **how)
    assert done.returncode == 0, f'{command}: {done.returncode}: {done.stdout}'
    return done.stdout


def introspect(build, what):
    return json.loads(run('meson', 'introspect', what, build))


def options_of(build):
    return {option['name']: option['value'] for option in introspect(build, '--buildoptions')}


def files_below(directory):
    return sorted(os.path.relpath(os.path.join(place, name), directory)
                  for place, _, names in os.walk(directory) for name in names)


OPTIONS = options_of(BUILD)
PREFIX = OPTIONS['prefix']
COMPAT = OPTIONS['compat']


@pytest.fixture(scope='module')
def installer(tmp_path_factory):
    """Installs what BUILD has, from a copy of what meson knows: it keeps for "uninstall" what it
    did last, which in BUILD may have been meant."""
    subprocess.run(['ninja', '-C', BUILD], check=True)
    copy = tmp_path_factory.mktemp('build')
    for name in os.listdir(BUILD):
        if not name.startswith('meson-'):
            os.symlink(os.path.join(BUILD, name), copy / name)
    shutil.copytree(os.path.join(BUILD, 'meson-private'), copy / 'meson-private')
    (copy / 'meson-logs').mkdir()

    def install(root):
        run('meson', 'install', '--no-rebuild', '-C', str(copy), env={**os.environ, 'DESTDIR': str(root)})
        return copy

    return install


@pytest.fixture(scope='module')
def place():
    """Where every user can look; pytest's own directories are for root alone."""
    with tempfile.TemporaryDirectory(prefix='virtbus-') as directory:
        os.chmod(directory, 0o755)
        yield pathlib.Path(directory)


@pytest.fixture(scope='module')
def root(installer, place):
    installer(place / 'root')
    return place / 'root'


@pytest.fixture(scope='module')
def installed(root):
    return str(root) + PREFIX


def path_in(installed, *parts):
    return os.path.join(installed, *parts)


# The files


def test_list(installed):
    assert files_below(installed) == expected(OPTIONS, os.environ['MAN'] == '1')


def test_nothing_beside_the_prefix(root, installed):
    assert [os.path.join(PREFIX, name)[1:] for name in files_below(installed)] == files_below(root)


def test_list_without_compat(tmp_path):
    run('meson', 'setup', '--prefix=/usr', '-Dman=disabled', '-Ddocs=enabled', '-Dcompat=false',
        str(tmp_path), SOURCE)
    listed = introspect(str(tmp_path), '--installed').values()
    assert sorted(os.path.relpath(path, '/usr') for path in listed) == expected(
        {'compat': False, 'docs': 'enabled'}, man=False)


def test_links(installed):
    found = {name: os.readlink(path_in(installed, name)) for name in files_below(installed)
             if os.path.islink(path_in(installed, name))}
    assert found == ({
        'sbin/libvirt-dbus': 'virtbusd',
        'lib/systemd/system/libvirt-dbus.service': 'virtbusd.service',
        'lib/systemd/user/libvirt-dbus.service': 'virtbusd.service',
    } if COMPAT else {})


def test_uninstall(installer, tmp_path):
    """What "ninja uninstall" does. No directory stays that was made, either."""
    root = tmp_path / 'root'
    copy = installer(root)
    assert files_below(root)
    run('meson', '--internal', 'uninstall', cwd=copy)
    assert list(tmp_path.iterdir()) == []


# systemd


@pytest.mark.parametrize('manager', ('system', 'user'))
def test_units_are_in_order(root, installed, tmp_path, manager):
    """Next to empty units of those names that every unit relies on, as if it were installed."""
    units = tmp_path / 'usr/lib/systemd' / manager
    shutil.copytree(path_in(installed, 'lib/systemd', manager), units, symlinks=True)
    for name in ('basic', 'shutdown', 'sysinit', 'network-online'):
        (units / f'{name}.target').write_text('[Unit]\n')
    (units / 'dbus.socket').write_text('[Socket]\nListenStream=/run/bus\n')
    (units / 'dbus.service').write_text('[Service]\nExecStart=/bin/true\n')
    names = sorted(name for name in os.listdir(units) if os.path.join(
        'lib/systemd', manager, name) in expected(OPTIONS, man=False))
    for name in names:
        text = (units / name).read_text().replace(PREFIX + '/sbin', path_in(installed, 'sbin'))
        (tmp_path / name).write_text(text)
        environment = {**os.environ, 'SYSTEMD_UNIT_PATH': str(units), 'XDG_RUNTIME_DIR': str(tmp_path)}
        said = run('systemd-analyze', f'--{manager}', 'verify', '--man=no', '--recursive-errors=no',
                   str(tmp_path / name), env=environment)
        assert said == ''
    assert 'virtbusd.service' in names


def test_system_unit_exposes_little(installed):
    unit = path_in(installed, 'lib/systemd/system/virtbusd.service')
    run('systemd-analyze', 'security', '--offline=true', '--threshold=20', '--no-pager', unit)


@pytest.mark.parametrize('bus, manager', (('services', 'user'), ('system-services', 'system')))
def test_activation_finds_its_unit_and_program(installed, bus, manager):
    directory = path_in(installed, 'share/dbus-1', bus)
    names = sorted(os.listdir(directory))
    assert names == (['org.libvirt.service'] if COMPAT else []) + ['org.libvirt1.service']
    for name in names:
        with open(os.path.join(directory, name), encoding='utf-8') as file:
            keys = dict(re.findall(r'^(\w+)=(.*)$', file.read(), re.MULTILINE))
        program, option = keys['Exec'].split()
        assert keys['Name'] + '.service' == name
        assert os.access(str(installed) + program[len(PREFIX):], os.X_OK)
        assert option == ('--session' if manager == 'user' else '--system')
        assert os.path.exists(path_in(installed, 'lib/systemd', manager, keys['SystemdService']))
        assert keys.get('User') == (None if manager == 'user' else 'virtbus')


# Users. From here on a bus and polkit must know them: root runs both where /etc/passwd is another.


@pytest.fixture(scope='module')
def accounts(installed, place):
    """A command that runs another one where the service's user exists, and some of the tests'."""
    if os.geteuid() != 0:
        pytest.skip('only root can be somebody else')
    root = place / 'accounts'
    (root / 'etc').mkdir(parents=True)
    for name in ('passwd', 'group'):
        shutil.copy('/etc/' + name, root / 'etc' / name)
    (root / 'tests.conf').write_text(
        'g libvirt -\nu alice -\nu bob -\nu carol -\nm carol libvirt\n')
    run('systemd-sysusers', f'--root={root}', path_in(installed, 'lib/sysusers.d/virtbus.conf'),
        str(root / 'tests.conf'))
    return ['unshare', '--mount', 'sh', '-ec', '''
        mount --bind "$1/etc/passwd" /etc/passwd
        mount --bind "$1/etc/group" /etc/group
        shift
        exec "$@"
    ''', 'sh', str(root)]


def as_user(accounts, user):
    return [*accounts, 'setpriv', f'--reuid={user}', f'--regid={user}', '--init-groups']


def test_system_user(accounts):
    entry = run(*accounts, 'getent', 'passwd', 'virtbus').rstrip('\n').split(':')
    assert 0 < int(entry[2]) < 1000
    assert entry[4:] == ['libvirt on D-Bus', '/var/lib/virtbus', '/usr/sbin/nologin']
    assert run(*as_user(accounts, 'virtbus'), 'id', '-Gn') == 'virtbus\n'


# The bus


def system_bus_config(socket, policies):
    """The rules of the machine's own system bus, polkit's and ours."""
    config = ET.parse(SYSTEM_BUS).getroot()
    for child in list(config):
        if child.tag not in ('auth', 'policy'):
            config.remove(child)
    ET.SubElement(config, 'type').text = 'system'
    ET.SubElement(config, 'listen').text = 'unix:path=' + socket
    ET.SubElement(config, 'include', ignore_missing='yes').text = POLKIT_ON_THE_BUS
    ET.SubElement(config, 'includedir').text = policies
    return BUS_DOCTYPE + ET.tostring(config, encoding='unicode')


@pytest.fixture(scope='module')
def bus(accounts, place, installed):
    """Its environment. Afterwards, it must have had nothing to say."""
    environment = {**os.environ, 'DBUS_SYSTEM_BUS_ADDRESS': f'unix:path={place}/bus'}
    config = place / 'bus.conf'
    config.write_text(system_bus_config(f'{place}/bus', path_in(installed, 'share/dbus-1/system.d')))
    with open(place / 'bus.log', 'w', encoding='utf-8') as log:
        process = subprocess.Popen([*accounts, 'dbus-daemon', '--nofork', '--nopidfile', '--print-address',
                                    '--config-file', str(config)], stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout.readline(), (place / 'bus.log').read_text()
        yield environment
    finally:
        end(process)
    said = (place / 'bus.log').read_text().splitlines()
    assert [line for line in said if 'Failed to set fd limit' not in line] == []  # not in containers


def end(process):
    process.terminate()
    process.communicate(timeout=TIMEOUT)


def own(accounts, environment, user, name):
    """What the bus says: 1 is that the name is the caller's now."""
    return subprocess.run(
        [*as_user(accounts, user), 'busctl', '--system', 'call', 'org.freedesktop.DBus',
         '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'RequestName', 'su', name, '0'],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT,
        check=False).stdout


NAMES = ['org.libvirt1'] + (['org.libvirt'] if COMPAT else [])


@pytest.mark.parametrize('name', NAMES)
def test_only_the_service_owns_its_names(accounts, bus, name):
    assert own(accounts, bus, 'virtbus', name) == 'u 1\n'
    for user in ('alice', 'carol', 'root'):
        assert own(accounts, bus, user, name) == 'Call failed: Access denied\n'


@contextlib.contextmanager
def running(accounts, environment, name, *command):
    """A program of the service's user, once it has the name."""
    process = subprocess.Popen([*as_user(accounts, 'virtbus'), *command], env=environment)
    try:
        run(*accounts, 'gdbus', 'wait', '--system', '--timeout', str(TIMEOUT // 2), name, env=environment)
        yield process
    finally:
        end(process)


OWNER = '''
import sys
from gi.repository import Gio, GLib
Gio.bus_own_name(Gio.BusType.SYSTEM, sys.argv[1], 0, None, None, None)
GLib.MainLoop().run()
'''


@pytest.mark.parametrize('name', NAMES)
def test_anyone_calls_the_names(accounts, bus, name):
    """The bus looks at all names of who is called, so here somebody has only this one."""
    with running(accounts, bus, name, sys.executable, '-c', OWNER, name):
        for user in ('alice', 'carol', 'root'):
            run(*as_user(accounts, user), 'busctl', '--system', 'call', name, '/',
                'org.freedesktop.DBus.Peer', 'Ping', env=bus)


def test_service_has_its_names(accounts, bus, installed):
    """As its user, which is all that the unit sets which the bus sees."""
    with running(accounts, bus, 'org.libvirt1', path_in(installed, 'sbin/virtbusd'), '--system') as process:
        for name in NAMES:
            run(*accounts, 'gdbus', 'wait', '--system', '--timeout', str(TIMEOUT // 2), name, env=bus)
    assert process.returncode == 0


# polkit

POLICY = '''<!DOCTYPE policyconfig PUBLIC "-//freedesktop//DTD PolicyKit Policy Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/PolicyKit/1/policyconfig.dtd">
<policyconfig>{}</policyconfig>
'''
ACTION = '''
  <action id="{0}">
    <description>x</description><message>x</message>
    <defaults><allow_any>{1}</allow_any></defaults>
    {2}
  </action>
'''
IMPLY = '<annotate key="org.freedesktop.policykit.imply">{}</annotate>'

# As virtbus's policy and libvirt's say it.
FOR_ALL = [
    'org.libvirt1.connect.getattr',
    'org.libvirt1.domain.getattr',
    'org.libvirt1.domain.read',
    'org.libvirt.unix.monitor',
]
FOR_ADMINISTRATORS = [
    'org.libvirt1.connect.write',
    'org.libvirt1.domain.delete',
    'org.libvirt1.domain.start',
    'org.libvirt1.domain.stop',
]
OF_OTHERS = [
    'org.libvirt.unix.manage',
    'org.libvirt10.domain.start',
]


def policy():
    managed = IMPLY.format(' '.join([*FOR_ALL[:3], *FOR_ADMINISTRATORS]))
    actions = [ACTION.format(action, 'yes', '') for action in FOR_ALL]
    actions += [ACTION.format(action, 'auth_admin_keep', '') for action in FOR_ADMINISTRATORS + OF_OTHERS]
    actions.append(ACTION.format('org.libvirt1.manage', 'auth_admin_keep', managed))
    return POLICY.format(''.join(actions))


def example(text, number):
    """A rule that is commented out in the file, as an administrator would take it over."""
    examples = re.findall(r'^// polkit\.addRule.*?^// }\);$', text, re.MULTILINE | re.DOTALL)
    return re.sub(r'^// ?', '', examples[number], flags=re.MULTILINE)


@pytest.fixture
def polkit(accounts, bus, installed, place):
    """Starts polkitd with our rules and those of a host, and returns what asks it."""
    if not os.path.exists(POLKITD):
        pytest.skip('polkitd is not installed')
    processes = []
    directory = place / 'polkit'

    def start(host_rules=lambda text: ''):
        for name in ('actions', 'rules.d', 'host'):
            (directory / name).mkdir(parents=True)
        rules = directory / 'rules.d/60-org.libvirt1.rules'
        shutil.copy(path_in(installed, 'share/polkit-1/rules.d/60-org.libvirt1.rules'), rules)
        (directory / 'host/50-virtbus.rules').write_text(host_rules(rules.read_text()))
        (directory / 'actions/tests.policy').write_text(policy())
        processes.append(subprocess.Popen(
            [*accounts, 'sh', '-ec', '''
                mount --bind "$1/actions" /usr/share/polkit-1/actions
                mount --bind "$1/rules.d" /usr/share/polkit-1/rules.d
                mount --bind "$1/host" /etc/polkit-1/rules.d
                exec "$2"
             ''', 'sh', str(directory), POLKITD],
            env=bus, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        run(*accounts, 'gdbus', 'wait', '--system', '--timeout', str(TIMEOUT),
            'org.freedesktop.PolicyKit1', env=bus)
        return ask

    def ask(user, action, **details):
        """The exit code of pkcheck."""
        asker = subprocess.Popen([*as_user(accounts, user), 'sh', '-c', 'echo; exec cat'],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            asker.stdout.readline()
            command = ['pkcheck', '--action-id', action, '--process', str(asker.pid)]
            for key, value in details.items():
                command += ['--detail', key, value]
            return subprocess.run([*accounts, *command], env=bus, timeout=TIMEOUT, check=False,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
        finally:
            asker.communicate(timeout=TIMEOUT)

    yield start
    for process in processes:
        process.terminate()
        said = process.communicate(timeout=TIMEOUT)[0]
        assert 'rror' not in said, said
    shutil.rmtree(directory)


def test_service_may_ask(installed):
    """Of root and an action's owner alone polkit takes questions about others, with details."""
    actions = ET.parse(path_in(installed, 'share/polkit-1/actions/org.libvirt1.policy')).findall('action')
    assert actions
    for action in actions:
        owner = action.find("annotate[@key='org.freedesktop.policykit.owner']")
        assert owner is not None and owner.text == 'unix-user:virtbus', action.get('id')


YES, NO, PASSWORD = 0, 1, 2
DEMO = {'connect_uri': 'qemu:///system', 'domain_name': 'demo'}
OTHER = {'connect_uri': 'qemu:///system', 'domain_name': 'other'}


def test_rules(polkit):
    ask = polkit()
    assert ask('carol', 'org.libvirt1.domain.start', **DEMO) == YES
    assert ask('carol', 'org.libvirt1.connect.write') == YES
    assert ask('carol', 'org.libvirt10.domain.start') == PASSWORD
    assert ask('virtbus', 'org.libvirt.unix.manage') == YES
    assert ask('virtbus', 'org.libvirt1.domain.start', **DEMO) == PASSWORD
    for user in ('alice', 'bob'):
        assert ask(user, 'org.libvirt1.domain.getattr', **DEMO) == YES
        assert ask(user, 'org.libvirt1.domain.start', **DEMO) == PASSWORD
        assert ask(user, 'org.libvirt.unix.manage') == PASSWORD


def test_example_of_one_domain(polkit):
    ask = polkit(lambda text: example(text, 0))
    for permission in ('getattr', 'read', 'start', 'stop'):
        action = 'org.libvirt1.domain.' + permission
        assert ask('alice', action, **DEMO) == YES
        assert ask('alice', action, **OTHER) == NO
        assert ask('alice', action, **{**DEMO, 'connect_uri': 'lxc:///system'}) == NO
        assert ask('alice', action, connect_uri='qemu:///system') == NO
    assert ask('alice', 'org.libvirt1.domain.delete', **DEMO) == NO
    assert ask('alice', 'org.libvirt1.manage') == NO
    assert ask('alice', 'org.libvirt1.connect.getattr') == YES
    assert ask('alice', 'org.libvirt.unix.manage') == PASSWORD
    assert ask('bob', 'org.libvirt1.domain.getattr', **OTHER) == YES
    assert ask('bob', 'org.libvirt1.domain.start', **DEMO) == PASSWORD
    assert ask('carol', 'org.libvirt1.domain.start', **OTHER) == YES


def test_example_of_nothing_for_others(polkit):
    ask = polkit(lambda text: example(text, 1))
    assert ask('alice', 'org.libvirt1.connect.getattr') == PASSWORD
    assert ask('carol', 'org.libvirt1.connect.getattr') == YES
    assert ask('virtbus', 'org.libvirt.unix.manage') == YES
