# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each member needs what libvirt's own access control checks for the functions behind it, as
data/libvirt-acl.tsv has it, or what this file gives a reason for."""

import csv
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / 'introspection'))

from generator.interface_xml import read_check, read_interfaces  # noqa: E402  (found by that path)

NO_CHECK = 'connect:getattr'  # what the least needs, as every member needs something

# What shows an attribute of an object, where libvirt has no permissions of that object's own.
OWN_GETATTR = {
    'connection': 'connect:getattr',
    'domain_checkpoint': 'domain:getattr',
    'domain_snapshot': 'domain:getattr',
    'manager': 'connect:getattr',
}

# Functions that are not in the table.
NOT_IN_TABLE = {
    'domain:write': (
        # These reach past libvirt into QEMU and the guest.
        'virDomainQemuAgentCommand',
        'virDomainQemuMonitorCommand',
        'virDomainQemuMonitorCommandWithFiles',
    ),
    'domain:start domain:write': (
        # It takes a process over as a domain: what defining and starting one needs.
        'virDomainQemuAttach',
    ),
    'domain:open_namespace': (
        # libvirt has a permission of this name, for this.
        'virDomainLxcOpenNamespace',
    ),
    'domain:migrate': (
        # The client side drives a migration in steps, which are what libvirt checks.
        'virDomainMigrate3',
        'virDomainMigrateToURI3',
    ),
    'domain:read': (
        # The same statistics of one domain as virConnectGetAllDomainStats gives of all.
        'virDomainListGetStats',
    ),
    'connect:open': (
        # It makes this service reach out; libvirt is asked by whoever may run its client.
        'virConnectOpenAuth',
    ),
    'connect:getattr': (
        # They ask nothing of the hypervisor, only this side of the connection or this library.
        'virConnectIsAlive',
        'virConnectIsEncrypted',
        'virGetLastError',
        'virGetVersion',
    ),
    'network_port:getattr': (
        # The handle of a port holds that of its network.
        'virNetworkPortGetNetwork',
    ),
}

# Members without a function: what this service knows itself.
NO_FUNCTION = {
    'org.freedesktop.DBus.ObjectManager: method GetManagedObjects',
    'org.libvirt1.Connection: property ReadOnly',
    'org.libvirt1.Manager: property Connections',
    'org.libvirt1.Manager: property Version',
}


def read_table():
    """The checks of each function, and those by which the list that it returns is filtered."""
    with open(HERE / 'data' / 'libvirt-acl.tsv', encoding='utf-8', newline='') as file:
        rows = csv.reader((line for line in file if not line.startswith('#')), delimiter='\t')
        return {name: (NO_CHECK if checks == 'none' else checks, filters)
                for name, checks, filters in rows}


def read_members(interfaces):
    for interface in interfaces:
        for member in interface.members:
            if member.kind != 'signals':
                yield interface, member


def read_all():
    """The members of both faces."""
    introspection = HERE.parent / 'introspection'
    return read_interfaces([*sorted(introspection.glob('*.xml')),
                            *sorted(introspection.glob('compat/*.xml'))])


class PermissionTest(unittest.TestCase):
    table = read_table()
    exceptions = {f: permission for permission, names in NOT_IN_TABLE.items() for f in names}
    both_faces = list(read_members(read_all()))
    members = [(i, m) for i, m in both_faces if not i.native]

    def expected(self, interface, member, function):
        if function in self.exceptions:
            return self.exceptions[function]
        if member.lane == 'LANE_MEMORY':  # nothing is asked of libvirt, so the table has no row
            return OWN_GETATTR.get(interface.c_name, f'{interface.c_name}:getattr')
        # UUIDs in text and in binary go the same way to libvirt.
        return (self.table.get(function) or self.table[function.removesuffix('String')])[0]

    def test_members(self):
        self.assertGreater(len(self.members), 300)
        for interface, member in self.members:
            for function in member.functions:
                with self.subTest(member=member.where, function=function):
                    checks = self.expected(interface, member, function).split()
                    self.assertEqual(member.checks, [read_check(text) for text in checks])

    def test_filters(self):
        """Whoever lists domains sees those that libvirt would show, on either face."""
        filtered = 0
        for _, member in self.both_faces:
            lists = [f for f in member.functions if self.table.get(f, ('', ''))[1]]
            filtered += len(lists)
            with self.subTest(member=member.where):
                self.assertEqual(member.filters, [read_check(self.table[f][1]) for f in lists])
        self.assertGreater(filtered, 10)

    def test_members_without_a_function(self):
        found = {m.where: m.checks for _, m in self.members if not m.functions}
        self.assertEqual(found, {where: [read_check(NO_CHECK)] for where in NO_FUNCTION})

    def test_exceptions_are_needed(self):
        used = {function for _, member in self.members for function in member.functions}
        for function in self.exceptions:
            with self.subTest(function=function):
                self.assertIn(function, used)
                self.assertNotIn(function, self.table)


if __name__ == '__main__':
    unittest.main()
