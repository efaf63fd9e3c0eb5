# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the libvirt of this build lacks answers NoSupport and says which function that is.

LIBVIRT_API names the descriptions of libvirt's API that the build was made with. With those of
tests/api/7.0.0 there is much to miss; with a new libvirt there is nothing.
"""

import glob
import os
import re
import sys

import pytest
from gi.repository import GLib

from daemon import PROPERTIES, ROOT, error_name

INTROSPECTION = os.path.join(os.path.dirname(__file__), '..', 'introspection')
sys.path.insert(0, INTROSPECTION)

from generator.interface_xml import read_interfaces  # noqa: E402
from generator.libvirt_api import Api  # noqa: E402

TEST = ROOT + '/Test'
API = Api(os.environ['LIBVIRT_API'].split(':'), '0')
INTERFACES = read_interfaces(sorted(glob.glob(INTROSPECTION + '/org.libvirt1.*.xml')))

# Objects of the test driver. It has none with the interfaces of only one driver.
LISTS = {'domain': 'ListDomains', 'network': 'ListNetworks', 'nodedev': 'ListNodeDevices',
         'storagepool': 'ListStoragePools', 'interface': 'ListInterfaces'}


def members(lacks):
    """(interface, member) of those whose functions @lacks says to be missing."""
    return [pytest.param(i, m, id=m.c_name) for i in INTERFACES for m in i.members
            if m.functions and not i.driver and lacks(m.functions)]


def path_of(client, interface):
    if interface.name == 'org.libvirt1.Connection':
        return TEST
    return client.call(TEST, 'org.libvirt1.Connection.' + LISTS[interface.node], '(u)', 0)[0]


def value(signature, number=0):
    """Some value of that type: empty, or the number."""
    if signature[0] == 'a':
        return GLib.Variant(signature, {} if signature[1] == '{' else [])
    if signature[0] in 'so':
        return GLib.Variant(signature, '/' if signature == 'o' else '')
    return GLib.Variant(signature, bool(number) if signature == 'b' else number)


def call(client, interface, member, flags=0):
    path = path_of(client, interface)
    if member.kind == 'getters':
        return client.get(path, interface.name, member.name)
    if member.kind == 'setters':
        return client.set(path, interface.name, member.name, value(member.ins[0].type))
    values = [value(a.type, flags if a.name == 'flags' else 0) for a in member.ins]
    arguments = GLib.Variant.new_tuple(*values)
    return client.call_variant(path, f'{interface.name}.{member.name}', arguments)


def check_no_support(client, interface, member, flags=0):
    with pytest.raises(GLib.Error) as caught:
        call(client, interface, member, flags)
    assert error_name(caught.value) == 'org.libvirt1.Error.NoSupport'
    assert re.search(fr'\b{member.functions[0]}\(\)', caught.value.message)


@pytest.mark.parametrize(
    'interface, member', members(lambda names: not any(n in API.functions for n in names)))
def test_member_without_a_function(client, interface, member):
    check_no_support(client, interface, member)


@pytest.mark.parametrize(
    'interface, member',
    members(lambda names: names[0] not in API.functions
            and any(n in API.functions for n in names)))
def test_flags_of_a_function_that_is_missing(client, interface, member):
    check_no_support(client, interface, member, flags=1)
