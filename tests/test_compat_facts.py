# SPDX-License-Identifier: LGPL-2.1-or-later
"""The interfaces of the compat face have exactly the members of libvirt-dbus 1.4.1.

data/libvirt-dbus-1.4.1.tsv lists them; the compat face is frozen, so neither that nor the interfaces
will change.
"""

import os
import unittest
import xml.etree.ElementTree as ET

TESTS = os.path.dirname(os.path.abspath(__file__))
INTROSPECTION = os.path.join(TESTS, '../introspection')
COMPAT = os.path.join(INTROSPECTION, 'compat')
NATIVE = 'org.libvirt1.Native'
OWN = ('Function', 'Event', 'Handwritten')

# Of the native types, but not quite the native meaning; the XML says what differs.
SAME_TYPES = {
    ('org.libvirt.Domain', 'BlockCommit'),
    ('org.libvirt.Domain', 'GetVcpuPinInfo'),
    ('org.libvirt.Domain', 'MigrateToURI3'),
    ('org.libvirt.Domain', 'SetMetadata'),
    ('org.libvirt.NodeDevice', 'Detach'),
}


def read_facts():
    """(interface, kind, member) -> the last two columns."""
    with open(os.path.join(TESTS, 'data/libvirt-dbus-1.4.1.tsv'), encoding='utf-8') as table:
        rows = [line.rstrip('\n').split('\t') for line in table if not line.startswith('#')]
    return {tuple(row[:3]): tuple(row[3:]) for row in rows}


def read_interface(path):
    return ET.parse(path).getroot().find('interface')


def read_compat():
    return [read_interface(os.path.join(COMPAT, name)) for name in sorted(os.listdir(COMPAT))]


def members(interface):
    return [e for e in interface if e.tag in ('method', 'property', 'signal')]


def describe_args(member, direction, default):
    return ' '.join(f'{a.get("type")}:{a.get("name")}' for a in member.findall('arg')
                    if a.get('direction', default) == direction)


def describe(member):
    """A member as the last two columns of the table have it."""
    if member.tag == 'property':
        return member.get('type'), member.get('access')
    if member.tag == 'signal':
        return describe_args(member, 'out', 'out'), ''
    return describe_args(member, 'in', 'in'), describe_args(member, 'out', 'in')


def types(description):
    """A description without the names of the arguments."""
    return tuple([a.partition(':')[0] for a in column.split()] for column in description)


def notes(element):
    return {a.get('name'): a.get('value') for a in element.findall('annotation')}


def is_annotated(member):
    return any('org.libvirt1.' + name in notes(member) for name in OWN)


class Facts(unittest.TestCase):
    def test_exactly_these_members(self):
        found = [((i.get('name'), m.tag, m.get('name')), describe(m))
                 for i in read_compat() for m in members(i)]
        self.assertEqual(len(found), 258)
        self.assertEqual(len(found), len(dict(found)), 'a member is there twice')
        self.assertEqual(dict(found), read_facts())

    def test_a_member_has_annotations_if_the_native_one_differs(self):
        for interface in read_compat():
            native = notes(interface)[NATIVE]
            natives = {(m.tag, m.get('name')): m for m in members(
                read_interface(os.path.join(INTROSPECTION, native + '.xml')))}
            for member in members(interface):
                if member.tag == 'signal':
                    continue  # what the native one has more is left out
                other = natives.get((member.tag, member.get('name')))
                equal = other is not None and types(describe(other)) == types(describe(member))
                name = (interface.get('name'), member.get('name'))
                with self.subTest(member=name):
                    self.assertEqual(is_annotated(member), not equal or name in SAME_TYPES)

    def test_a_file_has_its_interface_s_name(self):
        for name in os.listdir(COMPAT):
            interface = read_interface(os.path.join(COMPAT, name))
            self.assertEqual(name, interface.get('name') + '.xml')


if __name__ == '__main__':
    unittest.main()
