# SPDX-License-Identifier: LGPL-2.1-or-later
"""What all interfaces share: bindings.h, and the tables of kinds, events and error names."""

from .bindings import is_missing
from .c_text import declare, source, table
from .events import callback_parameters
from .interface_xml import PREFIX
from .kinds import declare_kind, find_compat, find_kinds
from .libvirt_api import REFERENCE, about, parse_version


def write_header(api, interfaces):
    headers = ('<libvirt/libvirt-lxc.h>', '<libvirt/libvirt-qemu.h>', 'call.h', 'descriptors.h',
               'event.h')
    tables = ('extern const Kind *const kinds[];\nextern const Kind *const compat_kinds[];\n'
              'extern const Event *const events[];\n')
    declarations = [declare_interface(api, i) for i in interfaces]
    text = source('the introspection XML', headers, *declarations, tables)
    return text.replace('\n\n', '\n\n#pragma once\n\n', 1)


def declare_interface(api, interface):
    """What others need of an interface: its tables, and what stands in src/ for it."""
    name = interface.c_name
    lines = [f'extern const Interface {name}_bindings;\n']
    if not interface.native:
        lines.append(f'extern const Event {name}_events[];\n')
    if interface.identity or interface.native:
        lines.append(f'extern const Interface *const {name}_interfaces[];\n')
    if interface.identity:
        lines.append(f'extern const Kind {name}_kind;\n')
    lines.append(declare_kind(interface))
    own = [m for m in interface.members if m.handwritten and not m.borrowed]
    return ''.join(lines + [declare_member(api, m) for m in own])


def declare_member(api, member):
    if member.kind == 'signals':
        callback = api.callbacks.get(member.callback)
        if not callback:
            return ''
        name = declare(callback.returns, member.c_name)
        return f'{name}({callback_parameters(callback)});\n'
    with about(member.where):
        if is_missing(api, member):
            return ''
    return f'GVariant *{member.c_name}(Call *call, GVariant *arguments, GError **error);\n'


def write_tables(interfaces):
    kinds = find_kinds(interfaces).values()
    compat = [i for i in interfaces if i.native]
    parts = [list_of('Interface', f'{k.c_name}_interfaces', interface_names(interfaces, k))
             for k in kinds]
    parts += [list_of('Interface', f'{i.c_name}_interfaces', [f'&{i.c_name}_bindings'])
              for i in compat]
    parts.append(list_of('Kind', 'kinds', [f'&{k.c_name}_kind' for k in kinds]))
    parts.append(list_of('Kind', 'compat_kinds', compat_kinds(interfaces)))
    parts.append(list_of('Event', 'events',
                         [f'{i.c_name}_events' for i in interfaces if not i.native]))
    return source('the introspection XML', ('bindings.h',), *parts)


def compat_kinds(interfaces):
    """Those that the compat face has, under its own names where it has any."""
    for kind in find_kinds(interfaces).values():
        twin = find_compat(interfaces, kind)
        if twin:
            yield f'&{(twin if twin.identity else kind).c_name}_kind'


def list_of(c_type, name, rows):
    return table(f'const {c_type} *const {name}[]', (*rows, 'NULL'))


def interface_names(interfaces, kind):
    """Those that objects of a kind have, its own first."""
    same = [i for i in interfaces if i.node == kind.node and not i.native]
    return [f'&{i.c_name}_bindings' for i in sorted(same, key=lambda i: i is not kind)]


def write_errors(api):
    names = [name for name, enum in api.enums.items()
             if enum.type == 'virErrorNumber' and enum.value != '0' and not name.endswith('_LAST')]
    names.sort(key=lambda name: int(api.enums[name].value))
    rows = [f'{{ {error_code(api, name)}, "{PREFIX}Error.{error_name(name)}" }}' for name in names]
    return source("libvirt's virErrorNumber", ('error-names.h',),
                  table('const GDBusErrorEntry libvirt_error_entries[]', rows),
                  'const guint n_libvirt_error_entries = G_N_ELEMENTS(libvirt_error_entries);\n')


def error_code(api, name):
    """By number if it is new, since the headers may be older than the description of the API."""
    enum = api.enums[name]
    is_new = enum.version and parse_version(enum.version) > REFERENCE
    return f'{enum.value} /* {name} */' if is_new else name


def error_name(name):
    """VIR_ERR_NO_DOMAIN -> NoDomain"""
    words = name.removeprefix('VIR_ERR_').removeprefix('VIR_').split('_')
    return ''.join(word.capitalize() for word in words)
