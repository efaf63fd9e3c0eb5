# SPDX-License-Identifier: LGPL-2.1-or-later
"""The permissions of an interface's members, as tables in C."""

import re

from .c_text import table
from .libvirt_api import REFERENCE, Mismatch


def known_values(api, member, check):
    """The values that this libvirt has; an older one may lack some."""
    for value in check.values:
        expected = api.version >= REFERENCE and not api.is_older_than(member.since)
        if value not in api.enums and expected:
            raise Mismatch(f'libvirt has no {value}, which a permission names')
    return [value for value in check.values if value in api.enums]


def permission_row(api, member, check):
    """A row of a table, or empty if the check can never be due."""
    always = f'{{ "{check.object}", "{check.permission}", WHEN_ALWAYS, 0, 0 }}'
    if check.when == 'WHEN_ALWAYS':
        return always
    types = {a.name: a.type for a in member.ins}
    if check.argument not in types and check.argument != 'flags':
        raise Mismatch(f'a permission looks at {check.argument}, which is no argument')
    if types.get(check.argument, 'u') not in ('i', 'u'):
        raise Mismatch(f'a permission looks at {check.argument}, which is no number of 32 bits')
    values = known_values(api, member, check)
    if check.argument not in types or not values:
        return always if check.when == 'WHEN_NONE_SET' else ''
    index = list(types).index(check.argument)
    return (f'{{ "{check.object}", "{check.permission}", {check.when}, {index}, '
            f'{" | ".join(values)} }}')


def is_own(interface, name):
    """Whether access control calls the interface's objects that, or what they are a part of: domain
    for virDomainPtr and for virDomainSnapshotPtr. What has no handle is about all connections."""
    handle = interface.object.removeprefix('vir').removesuffix('Ptr') or 'Connect'
    own = re.sub(r'([a-z])([A-Z])', r'\1_\2', handle).lower()
    return f'{own}_'.startswith(f'{name}_')


def is_of_result(interface, member, check):
    """Whether the check is about an object that is only known once the member returns it."""
    finds = [a.type for a in member.outs] == ['o']
    return finds and check.permission == 'getattr' and not is_own(interface, check.object)


def xml_argument(interface, member):
    """The index of the argument that describes an object of another kind than the interface's."""
    others = [c for c in member.checks
              if not is_own(interface, c.object) and not is_of_result(interface, member, c)]
    described = [i for i, a in enumerate(member.ins) if (a.type, a.name[:3]) == ('s', 'xml')]
    return described[0] if others and described else -1


class Permissions:
    """The tables of one interface, each written once."""

    def __init__(self, api):
        self.api = api
        self.names = {}  # of each table, by its rows

    def columns(self, interface, member):
        """What a row of the bindings has of them: the tables for the call and for each object that
        it returns, and the argument whose XML describes what it makes."""
        found = [c for c in member.checks if is_of_result(interface, member, c)]
        due = self.rows(member, [c for c in member.checks if c not in found])
        if not due and not found:
            raise Mismatch('none of its permissions can ever be due')
        results = self.rows(member, member.filters + found)
        return (f'{self.name(due)}, {self.name(results) if results else "NULL"}, '
                f'{xml_argument(interface, member)}')

    def rows(self, member, checks):
        """The rows of a table, each with the name of what it asks for."""
        rows = {permission_row(self.api, member, check): f'{check.object}_{check.permission}'
                for check in checks}
        rows.pop('', None)
        return rows

    def name(self, rows):
        if tuple(rows) not in self.names:
            self.names[tuple(rows)] = self.new_name(dict.fromkeys(rows.values()))
        return self.names[tuple(rows)]

    def new_name(self, parts):
        base = 'needs_' + '_'.join(parts or ['nothing'])
        name, number = base, 2
        while name in self.names.values():
            name, number = f'{base}_{number}', number + 1
        return name

    def tables(self):
        return '\n'.join(table(f'static const Permission {name}[]', (*rows, '{ 0 }'))
                         for rows, name in self.names.items())
