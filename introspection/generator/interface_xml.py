# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the introspection XML with its annotations, and refuses what nobody would understand."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from .libvirt_api import Mismatch

PREFIX = 'org.libvirt1.'
COMPAT = 'compat_'  # what the C names of the compat face begin with

ANNOTATIONS = {
    'interface': ('Object', 'Node', 'Identity', 'LookUp', 'ListAll', 'Missing', 'EventRegister',
                  'EventDeregister', 'Driver', 'Native'),
    'method': ('Function', 'Since', 'Permission', 'Filter', 'Lane', 'Changes', 'Handwritten'),
    'property': ('Function', 'Field', 'Since', 'Permission', 'Lane', 'Handwritten', 'Set.Function',
                 'Set.Permission'),
    'signal': ('Event', 'Callback', 'Since', 'Changes', 'Handwritten'),
    'arg': ('Nullable',),
}
EMITS_CHANGED = 'org.freedesktop.DBus.Property.EmitsChangedSignal'
EFFECTS = {'const': 'BINDING_CONSTANT', 'true': 'BINDING_ANNOUNCED'}
READING = re.compile('getattr|search_.*|read|read_secure|.*_read|detect_storage_pools|screenshot|'
                     'open_device|open_graphics|open_namespace')
CHECK = re.compile(r'(\w+):(\w+)(?::(!?)([\w|]+)|::(\w+):(\w+))?')
CHECKS = re.compile(fr'{CHECK.pattern}( {CHECK.pattern})*')
VALUES = {
    'Lane': re.compile('main|memory|registry|short|long'),
    'Changes': re.compile('true|false'),
    'Handwritten': re.compile('true'),
    'Nullable': re.compile('true'),
    'Since': re.compile(r'\d+\.\d+\.\d+'),
    'Permission': CHECKS,
    'Filter': re.compile(r'\w+:\w+'),
    'Set.Permission': CHECKS,
}


@dataclass
class Arg:
    name: str
    type: str
    nullable: bool = False


@dataclass
class Check:
    """One check of libvirt's access control."""
    object: str
    permission: str
    when: str  # of the C enum When
    argument: str = ''  # what that looks at
    values: tuple = ()


@dataclass
class Member:
    where: str  # for messages
    kind: str  # methods, getters, setters or signals
    name: str
    c_name: str
    functions: list  # widest first
    checks: list
    lane: str
    effect: str  # of the C enum Effect
    since: str
    handwritten: bool
    struct_field: str = ''  # of what the function fills, the only one that is wanted
    sharers: list = field(default_factory=list)  # then: all that want one of the same, this among them
    filters: list = field(default_factory=list)  # the checks for each object that it returns
    event: str = ''
    callback: str = ''
    borrowed: bool = False  # the binding is that of the native member
    ins: list = field(default_factory=list)
    outs: list = field(default_factory=list)

    def has_binding_of_another(self):
        return self.borrowed or bool(self.sharers) and self.sharers[0] is not self


@dataclass
class Interface:
    """An interface; the fields without a comment are its annotations."""
    name: str
    c_name: str  # what the names of its C functions begin with
    members: list
    object: str = ''
    node: str = ''
    identity: str = ''
    look_up: str = ''
    list_all: str = ''
    missing: str = ''
    event_register: str = ''
    event_deregister: str = ''
    driver: str = ''
    native: str = ''

    def table(self, kind):
        return sorted((m for m in self.members if m.kind == kind), key=lambda m: m.name)


def snake(name):
    """GetXMLDesc -> get_xml_desc, xmlCPUs -> xml_cpus"""
    name = re.sub(r'([A-Z]{2,})s(?![a-z])', lambda m: m[1].capitalize() + 's', name)
    name = re.sub(r'([^_])([A-Z][a-z]+)', r'\1_\2', name)
    return re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', name).lower()


def read_notes(element, where):
    """The annotations that are the generator's, without their prefix."""
    notes = {a.get('name'): a.get('value') for a in element.findall('annotation')}
    notes = {k.removeprefix(PREFIX): v for k, v in notes.items() if k.startswith(PREFIX)}
    for name, value in notes.items():
        if name not in ANNOTATIONS[element.tag]:
            raise Mismatch(f'{where}: unknown annotation {PREFIX}{name}')
        if name in VALUES and not VALUES[name].fullmatch(value):
            raise Mismatch(f'{where}: {name} cannot be "{value}"')
    return notes


def read_args(element, direction, where):
    args = []
    for e in element.findall('arg'):
        if e.get('direction', direction) == direction:
            arg_where = f'{where}: argument {e.get("name")}'
            nullable = 'Nullable' in read_notes(e, arg_where)
            if nullable and (direction, e.get('type')) != ('in', 's'):
                raise Mismatch(f'{arg_where}: only a string on its way in can be Nullable')
            args.append(Arg(e.get('name'), e.get('type'), nullable))
    return args


def read_check(text):
    target, permission, negated, flags, argument, value = CHECK.fullmatch(text).groups()
    if value:
        return Check(target, permission, 'WHEN_EQUAL', argument, (value,))
    if flags:
        when = 'WHEN_NONE_SET' if negated else 'WHEN_ANY_SET'
        return Check(target, permission, when, 'flags', tuple(flags.split('|')))
    return Check(target, permission, 'WHEN_ALWAYS')


def find_effect(member, element, notes):
    """What the service does about a member besides running its binding."""
    if member.kind == 'getters':
        notes = {a.get('name'): a.get('value') for a in element.findall('annotation')}
        if member.c_name.startswith(COMPAT):
            return 'BINDING_READS'
        return EFFECTS.get(notes.get(EMITS_CHANGED, 'true'), 'BINDING_READS')
    always = [c for c in member.checks if c.when == 'WHEN_ALWAYS']  # signals have none
    reads = all(READING.fullmatch(c.permission) for c in always)
    changes = notes.get('Changes', 'false' if reads else 'true')
    return 'BINDING_CHANGES' if changes == 'true' else 'BINDING_READS'


def read_member(interface, kind, infix, element):
    name = element.get('name')
    where = f'{interface.name}: {element.tag} {name}'
    notes = read_notes(element, where)
    prefix = 'Set.' if kind == 'setters' else ''
    borrowed = bool(interface.native) and not notes
    member = Member(
        where, kind, name, f'{interface.c_name}_{infix}{snake(name)}',
        functions=notes.get(prefix + 'Function', '').split(),
        checks=[read_check(c) for c in notes.get(prefix + 'Permission', '').split()],
        lane='LANE_' + notes.get('Lane', 'short').upper(),
        effect='',
        since=notes.get('Since', ''),
        handwritten='Handwritten' in notes,
        struct_field=notes.get('Field', ''),
        filters=[read_check(c) for c in notes.get('Filter', '').split()],
        event=notes.get('Event', ''),
        callback=notes.get('Callback', ''),
        borrowed=borrowed)
    member.effect = find_effect(member, element, notes)
    if borrowed:
        return member
    if kind != 'signals' and not member.checks:
        raise Mismatch(f'{where}: no {prefix}Permission')
    if kind != 'signals' and not member.functions and not member.handwritten:
        raise Mismatch(f'{where}: no {prefix}Function')
    return member


def read_members(interface, root):
    """The members of an interface, each with its arguments."""
    for e in root.findall('method'):
        member = read_member(interface, 'methods', '', e)
        member.ins = read_args(e, 'in', member.where)
        member.outs = read_args(e, 'out', member.where)
        if member.filters and not any(a.type.startswith('a') for a in member.outs):
            raise Mismatch(f'{member.where}: a Filter, but it returns no list')
        yield member
    for e in root.findall('property'):
        value = Arg(e.get('name'), e.get('type'))
        member = read_member(interface, 'getters', 'read_', e)
        member.outs = [value]
        yield member
        if 'write' in e.get('access'):
            member = read_member(interface, 'setters', 'write_', e)
            member.ins = [value]
            yield member
    for e in root.findall('signal'):
        member = read_member(interface, 'signals', 'on_', e)
        member.outs = read_args(e, 'out', member.where)
        yield member


def share_bindings(interface):
    """Properties that are fields of what one function fills have one binding, which reads them all
    into a dictionary. So a dictionary cannot be the value of one."""
    shared = {}
    for member in interface.table('getters'):
        if member.outs[0].type == 'a{sv}':
            raise Mismatch(f'{member.where}: a property cannot be a dictionary')
    for member in (m for m in interface.table('getters') if m.struct_field):
        member.sharers = shared.setdefault((*member.functions, member.lane), [])
        member.sharers.append(member)
        member.c_name = member.sharers[0].c_name
        if len(member.sharers) == 1:
            short = member.functions[0].removeprefix(interface.object.removesuffix('Ptr'))
            member.c_name = f'{interface.c_name}_read_{snake(short)}'


def read_interface(filename):
    root = ET.parse(filename).getroot().find('interface')
    if root is None:
        raise Mismatch(f'{filename}: no interface')
    name = root.get('name')
    c_name = re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', name.rpartition('.')[2]).lower()
    notes = {snake(k): v for k, v in read_notes(root, name).items()}
    if 'native' in notes:
        c_name = COMPAT + c_name
    interface = Interface(name, c_name, [], **notes)
    interface.members = list(read_members(interface, root))
    share_bindings(interface)
    return interface


def borrow(member, native):
    """Takes the binding of the native member of the same name, which must look the same."""
    twin = next((m for m in native.table(member.kind) if m.name == member.name), None)
    if not twin:
        raise Mismatch(f'{member.where}: {native.name} has none')
    types = [[a.type for a in args] for args in (member.ins, member.outs)]
    twin_types = [[a.type for a in args] for args in (twin.ins, twin.outs)]
    if member.kind == 'signals':  # which have grown
        twin_types[1] = twin_types[1][:len(types[1])]
    if types != twin_types:
        raise Mismatch(f'{member.where}: that of {native.name} has other types')
    member.c_name, member.checks, member.filters = twin.c_name, twin.checks, twin.filters
    member.lane, member.effect = twin.lane, twin.effect
    member.functions, member.since = twin.functions, twin.since
    member.struct_field, member.sharers = twin.struct_field, twin.sharers


def read_interfaces(filenames):
    interfaces = [read_interface(name) for name in filenames]
    by_name = {i.name: i for i in interfaces}
    for interface in (i for i in interfaces if i.native):
        native = by_name[interface.native]
        interface.object = native.object
        for member in interface.members:
            if member.borrowed:
                borrow(member, native)
    taken = {}
    for member in (m for i in interfaces for m in i.members if not m.has_binding_of_another()):
        if member.c_name in taken:
            raise Mismatch(f'{member.where}: its C name {member.c_name} is also that of '
                           f'{taken[member.c_name]}')
        taken[member.c_name] = member.where
    return interfaces
