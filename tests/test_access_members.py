# SPDX-License-Identifier: LGPL-2.1-or-later

"""Nothing is reachable without a permission. Every member that the XML describes is called by somebody
who has been granted nothing at all, and by somebody who has been granted everything but one of the
permissions that the XML says it needs: it is refused each time, whatever the permission."""

import glob
import os
import xml.etree.ElementTree as ET

import pytest
from gi.repository import Gio, GLib

import compat
import members
from daemon import ROOT, error_name
from members import CONFIG, TEST, Stage  # noqa: F401 CONFIG is for the fixture
from polkit import (DENIED, OBJECT_MANAGER, OUTCAST, ROOT_USER, STANDARD_RULES, STRANGER, outcome, rule)
from polkit import bus, clients, daemon, namespace, polkit, rules  # noqa: F401 (fixtures)
from test_every_member import call, is_there, prepare

COMPAT_FILES = os.path.join(os.path.dirname(__file__), '..', 'introspection', 'compat', '*.xml')
FALSE = GLib.Variant('b', False)


@pytest.fixture(scope='module')
def stage(clients):
    return Stage(clients[ROOT_USER])


@pytest.fixture(scope='module')
def outcast(clients):
    return clients[OUTCAST]


def refused_method(client, path, method):
    _, error = call(client, path, method)
    return Gio.DBusError.get_remote_error(error) if error else None


# --- nothing granted ------------------------------------------------------------------------------


@pytest.mark.parametrize('method', members.methods(), ids=str)
def test_method(outcast, stage, method):
    assert refused_method(outcast, stage.object_with(method.interface), method) == DENIED


@pytest.mark.parametrize('prop', members.properties(), ids=str)
def test_property(outcast, stage, prop):
    path = stage.object_with(prop.interface)
    assert outcome(outcast.get, path, prop.interface, prop.name) == DENIED
    if prop.writable:
        assert outcome(outcast.set, path, prop.interface, prop.name, FALSE) == DENIED


@pytest.mark.parametrize('interface', sorted(members.described()))
def test_get_all(outcast, stage, interface):
    if members.described()[interface].findall('property'):
        assert outcome(outcast.get_all, stage.object_with(interface), interface) == DENIED


@pytest.mark.parametrize('path', [ROOT, TEST])
def test_managed_objects(outcast, stage, path):
    assert outcome(outcast.call, path, OBJECT_MANAGER + '.GetManagedObjects') == DENIED


# --- on the compat face ---------------------------------------------------------------------------


def compat_members():
    found = []
    for file in sorted(glob.glob(COMPAT_FILES)):
        for interface in ET.parse(file).getroot().findall('interface'):
            found += [(interface.get('name'), member) for member in interface
                      if member.tag in ('method', 'property')]
    return found


COMPAT = compat_members()
VALUES = {'s': '', 'o': '/', 'b': False, 'h': 0}


def pack_zero(types):
    """Any value of these types."""
    values = [VALUES.get(t, {} if t.startswith('a{') else () if t.startswith('a') else 0) for t in types]
    values = [tuple(0 for _ in t[1:-1]) if t.startswith('(') else v for t, v in zip(types, values)]
    return GLib.Variant(f'({"".join(types)})', tuple(values))


def compat_path(stage, interface):
    kind = interface.rsplit('.', 1)[1]
    native = stage.object_with('org.libvirt1.' + ('Connection' if kind == 'Connect' else kind))
    path = native.replace(ROOT, compat.ROOT, 1)
    if kind == 'Interface':  # which has another name there
        path = stage.client.call(f'{compat.ROOT}/Test', 'org.libvirt.Connect.InterfaceLookupByName',
                                 '(s)', native.rsplit('/', 1)[1])
    return path


@pytest.mark.parametrize('interface,member', COMPAT,
                         ids=[f'{i.rsplit(".", 1)[1]}.{m.get("name")}' for i, m in COMPAT])
def test_compat(outcast, stage, interface, member):
    path, name = compat_path(stage, interface), member.get('name')
    if member.tag == 'property':
        assert outcome(outcast.get, path, interface, name) == DENIED
        if 'write' in member.get('access'):
            assert outcome(outcast.set, path, interface, name, FALSE) == DENIED
        return
    types = [a.get('type') for a in member.findall('arg') if a.get('direction') != 'out']
    assert outcome(outcast.call_variant, path, f'{interface}.{name}', pack_zero(types)) == DENIED


@pytest.mark.parametrize('interface', sorted({i for i, m in COMPAT if m.tag == 'property'}))
def test_compat_get_all(outcast, stage, interface):
    assert outcome(outcast.get_all, compat_path(stage, interface), interface) == DENIED


# --- what answers everybody -----------------------------------------------------------------------


def nodes_below(client, path):
    """The paths that introspection shows below, to one who may not look everywhere."""
    found = []
    try:
        nodes = client.introspect(path).nodes
    except GLib.Error as error:
        assert error_name(error) == DENIED
        return []
    for node in nodes:
        below = f'{path}/{node.path}'
        found += [below, *nodes_below(client, below)]
    return found


@pytest.mark.parametrize('root', [ROOT, compat.ROOT])
def test_introspection_shows_no_objects(outcast, clients, stage, root):
    """The names of connections are no secret, which objects there are is."""
    domain = stage.domain().rsplit('/', 1)[1]
    assert any(path.endswith(domain) for path in nodes_below(clients[ROOT_USER], root))
    for path in nodes_below(outcast, root):
        assert path.count('/') <= root.count('/') + 2, f'{path} is told to anybody'


def test_ping(outcast, daemon):
    assert outcome(outcast.call, TEST, 'org.freedesktop.DBus.Peer.Ping') is None


# --- all but one ----------------------------------------------------------------------------------


def needs(element, name='Permission'):
    """What the XML says is needed when no flag is set, as "object.permission" of polkit's actions."""
    for annotation in element.findall('annotation'):
        if annotation.get('name') == 'org.libvirt1.' + name:
            checks = [check.split(':') for check in annotation.get('value').split()]
            return {':'.join(c[:2]).replace(':', '.').replace('_', '-')
                    for c in checks if len(c) == 2 or c[2].startswith('!')}
    return set()


def by_permission():
    """The members by each permission that they need."""
    found = {}
    methods = {m.member: m for m in members.methods()}
    properties = {(p.interface, p.name): p for p in members.properties()}
    for interface, element in members.described().items():
        for method in element.findall('method'):
            for permission in needs(method):
                found.setdefault(permission, []).append(methods[f'{interface}.{method.get("name")}'])
        for prop in element.findall('property'):
            there = properties[interface, prop.get('name')]
            for permission in needs(prop):
                found.setdefault(permission, []).append(('Get', there))
            for permission in needs(prop, 'Set.Permission'):
                found.setdefault(permission, []).append(('Set', there))
    return found


BY_PERMISSION = by_permission()


def got(client, stage, member):
    """What came of calling it; None is an answer."""
    if isinstance(member, members.Method):
        return refused_method(client, prepare(stage.client, stage, member), member)
    access, prop = member
    path = stage.object_with(prop.interface)
    if access == 'Get':
        return outcome(client.get, path, prop.interface, prop.name)
    return outcome(client.set, path, prop.interface, prop.name, FALSE)


def is_refused(member, permission, what_came):
    """A look-up that finds nothing has nothing to refuse."""
    finds = isinstance(member, members.Method) and member.result == '(o)'
    return what_came == DENIED or finds and permission.endswith('.getattr') and what_came is not None


def interface_of(member):
    return member.interface if isinstance(member, members.Method) else member[1].interface


@pytest.mark.parametrize('permission', sorted(BY_PERMISSION))
def test_all_but_one(clients, stage, rules, permission):
    """With all but this one nothing that needs it is done, and with this one too, nothing is refused."""
    everything = rule(STRANGER, '')
    there = [m for m in BY_PERMISSION[permission] if is_there(stage.object_with(interface_of(m)))]
    if not there:
        pytest.skip('the test driver has no such objects')

    # polkit takes who may "manage" for who may do all that this implies, whatever a rule says of that.
    rules(rule(STRANGER, permission, f'action.id == "org.libvirt1.{permission}"', result='NO'),
          rule(STRANGER, 'manage', result='NO'), everything, STANDARD_RULES)
    allowed = [str(m) for m in there
               if not is_refused(m, permission, got(clients[STRANGER], stage, m))]
    assert allowed == []

    rules(everything, STANDARD_RULES)
    refused = [str(m) for m in there if got(clients[STRANGER], stage, m) == DENIED]
    assert refused == []
