# SPDX-License-Identifier: LGPL-2.1-or-later
"""The permissions of an interface's members, as tables in C."""

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


class Permissions:
    """The tables of one interface, each written once."""

    def __init__(self, api):
        self.api = api
        self.names = {}  # of each table, by its rows

    def name(self, member):
        rows = {}  # the name of what each asks for
        for check in member.checks:
            rows[permission_row(self.api, member, check)] = f'{check.object}_{check.permission}'
        rows.pop('', None)
        if not rows:
            raise Mismatch('none of its permissions can ever be due')
        if tuple(rows) not in self.names:
            self.names[tuple(rows)] = self.new_name(dict.fromkeys(rows.values()))
        return self.names[tuple(rows)]

    def new_name(self, parts):
        base = 'needs_' + '_'.join(parts)
        name, number = base, 2
        while name in self.names.values():
            name, number = f'{base}_{number}', number + 1
        return name

    def tables(self):
        return '\n'.join(table(f'static const Permission {name}[]', (*rows, '{ 0 }'))
                         for rows, name in self.names.items())
