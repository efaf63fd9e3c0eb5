#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes virtbus's bindings from the introspection XML and libvirt's own description of its API.

An interface says, in annotations that start with org.libvirt1:
  Object           the C type of its handles: virDomainPtr
  Node             the path element above its objects: domain
  Identity         the function whose string names an object in its path, or "handwritten"
  LookUp           the function that finds an object again by that string
  ListAll          the function that lists all objects of a connection, where there is one
  Missing          libvirt's error when there is no such object
  EventRegister    the functions that register and deregister a callback for its events
  EventDeregister
  Driver           the only libvirt driver whose objects have this interface: QEMU

A method or property says:
  Function         the libvirt function behind it; or several, widest first, of which the first
                   that this libvirt has is called
  Since            the libvirt release that brought it, where that is newer than 7.0.0
  Permission       the checks of libvirt's access control, which must all hold: object:permission,
                   object:permission:FLAG|FLAG (if one of them is set), object:permission:!FLAG|FLAG
                   (if none is), object:permission::argument:VALUE (if the argument has that value)
  Lane             memory, short (if left out) or long
  Handwritten      true: the C function stands in src/, with the prototype of a generated one
  Set.Function     the same two for writing a property
  Set.Permission
An argument says:
  Nullable         true: the empty string stands for NULL
A signal says:
  Event            libvirt's number of the event; Handwritten and Since as above
  Callback         the C type of its callback

Everything else follows from the C types: see the functions named in_ and out_ below, one a rule. A
member that fits no rule, or whose signature does not match the C function's, stops the build.
"""

import argparse
import os
import re
import sys
import xml.etree.ElementTree as ET
from collections import deque
from dataclasses import dataclass, field

OLDEST = (7, 0, 0)
PREFIX = 'org.libvirt1.'


class Mismatch(Exception):
    """The XML asks for something that libvirt's API does not give."""


# --- read: libvirt's API ------------------------------------------------------------------------


@dataclass
class Function:
    name: str
    returns: str
    args: list  # of (type, name)


class Api:
    def __init__(self, files, version):
        self.version = parse_version(version)
        self.functions, self.callbacks, self.structs, self.typedefs, self.enums = {}, {}, {}, {}, {}
        for root in (ET.parse(name).getroot() for name in files):
            for table, tag in ((self.functions, 'function'), (self.callbacks, 'functype')):
                for e in root.iter(tag):
                    args = [(a.get('type'), a.get('name')) for a in e.iter('arg')]
                    table[e.get('name')] = Function(e.get('name'), e.find('return').get('type'), args)
            for e in root.iter('struct'):
                self.structs[e.get('name')] = [(f.get('type'), f.get('name')) for f in e.iter('field')]
            self.typedefs |= {e.get('name'): e.get('type') for e in root.iter('typedef')}
            self.enums |= {e.get('name'): e for e in root.iter('enum')}

    def struct_name(self, pointer):
        """virDomainInfoPtr -> virDomainInfo; None if the type is no pointer to a struct."""
        name = self.typedefs.get(pointer, '').removesuffix(' *')
        return name if name in self.structs else None

    def is_handle(self, pointer):
        return self.structs.get(self.struct_name(pointer)) == []

    def fields(self, pointer):
        """The fields of a struct of nothing but numbers and character arrays, else None."""
        fields = [(self.typedefs.get(t, t), n) for t, n in self.structs.get(self.struct_name(pointer), [])]
        plain = all(t in OUT_SCALARS or t.startswith('char ') and t.endswith(']') for t, _ in fields)
        return fields if plain else None

    def must_have(self, since):
        """Whether a name that this libvirt lacks is a mistake: it is not if a later libvirt brought it."""
        return parse_version(since) <= self.version if since else True


def parse_version(text):
    return tuple(int(n) for n in text.split('.'))


# --- read: the introspection XML ----------------------------------------------------------------


@dataclass
class Arg:
    name: str
    type: str
    nullable: bool = False


@dataclass
class Member:
    where: str  # for messages
    kind: str  # methods, getters, setters or signals
    name: str
    c_name: str
    notes: dict
    functions: list = field(default_factory=list)
    permission: str = ''
    ins: list = field(default_factory=list)
    outs: list = field(default_factory=list)

    @property
    def handwritten(self):
        return self.notes.get('Handwritten') == 'true'

    @property
    def since(self):
        return self.notes.get('Since')


@dataclass
class Interface:
    name: str
    c_name: str
    notes: dict
    members: list

    def table(self, kind):
        return sorted((m for m in self.members if m.kind == kind), key=lambda m: m.name)


def snake(name):
    name = re.sub(r'([^_])([A-Z][a-z]+)', r'\1_\2', name)
    return re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', name).lower()


def read_notes(element):
    notes = {a.get('name'): a.get('value') for a in element.findall('annotation')}
    return {k.removeprefix(PREFIX): v for k, v in notes.items() if k.startswith(PREFIX)}


def read_args(element, direction):
    return [Arg(a.get('name'), a.get('type'), read_notes(a).get('Nullable') == 'true')
            for a in element.findall('arg') if a.get('direction', direction) == direction]


def read_member(where, kind, infix, c_prefix, element, ins, outs):
    notes = read_notes(element)
    name = element.get('name')
    where = f'{where}: {element.tag} {name}'
    prefix = 'Set.' if kind == 'setters' else ''
    functions = notes.get(prefix + 'Function', '').split()
    permission = notes.get(prefix + 'Permission', '')
    if kind != 'signals' and not permission:
        raise Mismatch(f'{where}: no {prefix}Permission')
    if kind != 'signals' and not functions and notes.get('Handwritten') != 'true':
        raise Mismatch(f'{where}: no {prefix}Function')
    return Member(where, kind, name, f'{c_prefix}_{infix}{snake(name)}', notes, functions, permission, ins, outs)


def read_interface(filename):
    interface = ET.parse(filename).getroot().find('interface')
    name = interface.get('name')
    c_name = re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', name.removeprefix(PREFIX)).lower()
    members = []
    for e in interface.findall('method'):
        ins, outs = read_args(e, 'in'), read_args(e, 'out')
        members.append(read_member(name, 'methods', '', c_name, e, ins, outs))
    for e in interface.findall('property'):
        value = Arg(e.get('name'), e.get('type'))
        members.append(read_member(name, 'getters', 'read_', c_name, e, [], [value]))
        if 'write' in e.get('access'):
            members.append(read_member(name, 'setters', 'write_', c_name, e, [value], []))
    for e in interface.findall('signal'):
        members.append(read_member(name, 'signals', 'on_', c_name, e, [], read_args(e, 'out')))
    return Interface(name, c_name, read_notes(interface), members)


# --- the rules: from C types to D-Bus types -----------------------------------------------------

IN_SCALARS = {'int': 'ib', 'unsigned int': 'u', 'long long': 'x', 'unsigned long': 't',
              'unsigned long long': 't', 'size_t': 't'}
OUT_SCALARS = IN_SCALARS | {'int': 'iub', 'unsigned int': 'ub', 'unsigned char': 'yniqu',
                            'unsigned short': 'qiu', 'short': 'ni'}
VARIABLES = {'i': 'gint32 ', 'u': 'guint32 ', 'x': 'gint64 ', 't': 'guint64 ', 'b': 'gboolean ',
             's': 'const char *', 'o': 'const char *'}


@dataclass
class Piece:
    """What one C argument, or two that belong together, bring into a binding."""
    args: list  # what is passed to libvirt
    declare: list = field(default_factory=list)
    unpack: list = field(default_factory=list)  # of (format, variable) for g_variant_get()
    before: list = field(default_factory=list)  # statements between that and the call
    outs: list = field(default_factory=list)  # of (D-Bus types it may be, format prefix, expression)
    count: str = ''  # where the function's result goes, if that is how many there are
    sizing: list = field(default_factory=list)  # what is passed to a first call that asks for the size
    sized: str = ''  # what is done between that and the second


class Builder:
    """The C arguments and the D-Bus arguments that no rule has taken yet."""

    def __init__(self, api, interfaces, member, function):
        self.api, self.interfaces, self.member = api, interfaces, member
        self.c = deque(function.args)
        self.ins = deque(member.ins)
        self.indices = {}

    def type(self, n):
        return self.c[n][0] if n < len(self.c) else ''

    def next_in(self):
        return self.ins[0].type if self.ins else ''

    def take_in(self, types):
        arg = self.ins.popleft() if self.ins else None
        if arg is None or arg.type not in types:
            got = f'argument {arg.name} is {arg.type}' if arg else 'there is no argument left'
            raise Mismatch(f'{self.c[0][0]} {self.c[0][1]} of the C function wants one of {list(types)}, but {got}')
        self.indices[arg.name] = self.indices[self.c[0][1]] = len(self.indices_of_ins())
        return arg, variable(arg.name)

    def indices_of_ins(self):
        return [a for a in self.member.ins if a.name in self.indices]

    def drop(self, n):
        names = [self.c.popleft()[1] for _ in range(n)]
        return variable(names[0])

    def kind(self, handle):
        for i in self.interfaces:
            if i.notes.get('Object') == handle and 'Identity' in i.notes:
                return f'&{i.c_name}_kind'
        raise Mismatch(f'no interface has objects of type {handle}')


def variable(name):
    name = snake(name)
    return name + '_' if name in ('error', 'call', 'arguments', 'result', 'default', 'auto') else name


def in_descriptors(b):
    if (b.type(0), b.type(1), b.next_in()) == ('unsigned int', 'int *', 'ah'):
        arg, name = b.take_in(['ah'])
        b.drop(2)
        return Piece([f'n_{name}', f'(int *){name}'],
                     [f'g_autoptr(GVariant) {name}_handles = NULL;', f'guint n_{name};'],
                     [('@ah', f'{name}_handles')],
                     [f'const int *{name} = call_find_descriptors(call, {name}_handles, &n_{name}, error);',
                      f'if (!{name})', '    return NULL;'])


def in_scalar(b):
    if b.type(0) in IN_SCALARS:
        if not b.ins and b.c[0][1] == 'flags':
            b.drop(1)
            return Piece(['0'])
        arg, name = b.take_in(IN_SCALARS[b.type(0)])
        b.drop(1)
        return Piece([name], [f'{VARIABLES[arg.type]}{name};'], [(arg.type, name)])


def in_string(b):
    if b.type(0) == 'const char *':
        arg, name = b.take_in('s')
        b.drop(1)
        return Piece([f'value_or_null({name})' if arg.nullable else name],
                     [f'const char *{name};'], [('&s', name)])


def in_strings(b):
    if (b.type(0), b.type(1)) == ('const char **', 'unsigned int'):
        arg, name = b.take_in(['as'])
        b.drop(2)
        return Piece([f'n_{name} > 0 ? {name} : NULL', f'n_{name}'],
                     [f'g_autofree const char **{name} = NULL;'], [('^a&s', name)],
                     [f'guint n_{name} = g_strv_length((char **){name});'])


def in_params(b):
    if b.type(0) == 'virTypedParameterPtr' and b.type(1) in ('int', 'unsigned int') and b.next_in() == 'a{sv}':
        arg, name = b.take_in(['a{sv}'])
        b.drop(2)
        return Piece([f'{name}.list', f'{name}.n'],
                     [f'g_autoptr(GVariant) {name}_dictionary = NULL;', f'g_auto(Params) {name} = {{ NULL, 0 }};'],
                     [('@a{sv}', f'{name}_dictionary')],
                     [f'if (!value_to_params({name}_dictionary, &{name}, error))', '    return NULL;'])


def in_bitmap(b):
    if (b.type(0), b.type(1), b.next_in()) == ('unsigned char *', 'int', 'ab'):
        arg, name = b.take_in(['ab'])
        b.drop(2)
        return Piece([name, f'{name}_length'],
                     [f'g_autoptr(GVariant) {name}_booleans = NULL;', f'int {name}_length;'],
                     [('@ab', f'{name}_booleans')],
                     [f'g_autofree guchar *{name} = value_to_bitmap({name}_booleans, &{name}_length);'])


def in_bytes(b):
    if (b.type(0), b.type(1)) == ('const unsigned char *', 'size_t'):
        arg, name = b.take_in(['ay'])
        b.drop(2)
        return Piece([name, f'n_{name}'], [f'g_autoptr(GVariant) {name}_bytes = NULL;', f'gsize n_{name};'],
                     [('@ay', f'{name}_bytes')],
                     [f'const guchar *{name} = g_variant_get_fixed_array({name}_bytes, &n_{name}, 1);'])


def in_object(b):
    if b.api.is_handle(b.type(0)):
        handle = b.type(0)
        arg, name = b.take_in('o')
        b.drop(1)
        kind = b.kind(handle)
        return Piece([name], [f'const char *{name}_path;'], [('&o', f'{name}_path')],
                     [f'g_autoptr({b.api.struct_name(handle)}) {name} =',
                      f'    call_find_object(call, {kind}, {name}_path, error);',
                      f'if (!{name})', '    return NULL;'])


def out_params(b):
    if b.type(0) == 'virTypedParameterPtr *' and b.type(1) in ('int *', 'unsigned int *'):
        cast = '(unsigned int *)' if b.type(1) == 'unsigned int *' else ''
        name = b.drop(2)
        return Piece([f'&{name}.list', f'{cast}&{name}.n'], [f'g_auto(Params) {name} = {{ NULL, 0 }};'],
                     outs=[(['a{sv}'], '@', f'value_from_params({name}.list, {name}.n)')])


def out_params_sized(b):
    if (b.type(0), b.type(1)) == ('virTypedParameterPtr', 'int *'):
        name = b.drop(2)
        return Piece([f'{name}.list', f'&{name}.n'], [f'g_auto(Params) {name} = {{ NULL, 0 }};'],
                     outs=[(['a{sv}'], '@', f'value_from_params({name}.list, {name}.n)')],
                     sizing=['NULL', f'&{name}.n'], sized=f'{name}.list = g_new0(virTypedParameter, {name}.n);')


def out_strings(b):
    if b.type(0) == 'char ***':
        name = b.drop(1)
        return Piece([f'&{name}.list'], [f'g_auto(Strings) {name} = {{ NULL, 0 }};'],
                     outs=[(['as'], '@', f'value_from_strings({name}.list, {name}.n)')], count=f'{name}.n')


def out_objects(b):
    if b.type(0).endswith(' **') and b.api.is_handle(b.type(0)[:-3]):
        handle = b.type(0)[:-3]
        kind = b.kind(handle)
        name = b.drop(1)
        return Piece([f'&{name}'], [f'{handle} *{name} = NULL;'], count=f'int n_{name}',
                     outs=[(['ao'], '@', f'call_take_objects(call, {kind}, (void **){name}, n_{name})')])


def out_struct(b):
    fields = b.api.fields(b.type(0))
    if fields:
        struct = b.api.struct_name(b.type(0))
        name = b.drop(1)
        return Piece([f'&{name}'], [f'{struct} {name} = {{ 0 }};'],
                     outs=[out_leaf(t, f'{name}.{f}') for t, f in fields])


def out_scalar(b):
    pointed = b.type(0).removesuffix(' *')
    if pointed != b.type(0) and pointed in OUT_SCALARS:
        name = b.drop(1)
        return Piece([f'&{name}'], [f'{pointed} {name};'], outs=[out_leaf(pointed, name)])


def out_string(b):
    if b.type(0) == 'char **':
        name = b.drop(1)
        return Piece([f'&{name}'], [f'g_autofree char *{name} = NULL;'],
                     outs=[('s', '@', f'value_from_string({name})')])


def out_uuid(b):
    if (b.type(0), b.c[0][1]) == ('char *', 'buf'):
        b.drop(1)
        return Piece(['uuid'], ['char uuid[VIR_UUID_STRING_BUFLEN] = "";'],
                     outs=[('s', '@', 'value_from_string(uuid)')])


def out_leaf(c_type, expression):
    if c_type.startswith('char'):
        return ('s', '@', f'value_from_string({expression})')
    if c_type in ('unsigned long', 'size_t'):
        expression = f'(guint64){expression}'
    return (OUT_SCALARS[c_type], '', expression)


RULES = (in_descriptors, in_params, in_bitmap, in_bytes, in_strings, in_string, in_scalar, in_object,
         out_params, out_params_sized, out_strings, out_objects, out_struct, out_scalar, out_string, out_uuid)


def take_piece(b):
    for rule in RULES:
        piece = rule(b)
        if piece:
            return piece
    raise Mismatch(f'no rule for {b.type(0)} {b.c[0][1]}')


# --- templates that look like C -----------------------------------------------------------------


def wrap(head, items, tail, indent=4):
    """head(items)tail, broken at commas where it would be longer than a line."""
    lines, line = [], ' ' * indent + head
    column = len(line)
    for n, item in enumerate(items):
        item += ',' if n + 1 < len(items) else tail
        if len(line) > column and len(line) + 1 + len(item) > 99:
            lines.append(line)
            line = ' ' * column + item
        else:
            line += (' ' if len(line) > column else '') + item
    return lines + [line + (tail if not items else '')]


def split_types(signature):
    """'(ii)a{sv}s' -> ['(ii)', 'a{sv}', 's']"""
    types, depth, start = [], 0, 0
    for n, c in enumerate(signature):
        depth += (c in '({') - (c in ')}')
        if depth == 0 and c != 'a':
            types.append(signature[start:n + 1])
            start = n + 1
    return types


def pack_format(signature, outs):
    """The format that packs the values of all rules into the signature of the D-Bus member."""
    text = ''
    for one in split_types(signature):
        if one.startswith('('):
            text += '(' + pack_format(one[1:-1], outs) + ')'
            continue
        if not outs:
            raise Mismatch(f'nothing in the C function fills {one} of the result')
        types, prefix, _ = outs.popleft()
        if one not in types:
            raise Mismatch(f'the C function gives one of {list(types)} where the result has {one}')
        text += prefix + one
    return text


def pack_result(member, outs):
    signature = ''.join(a.type for a in member.outs)
    values = [expression for _, _, expression in outs]
    rest = deque(outs)
    text = pack_format(signature, rest)
    if rest:
        raise Mismatch(f'{rest[0][2]} of the C function has no place in the result {signature}')
    if member.kind == 'getters' and text.startswith('@'):
        return [f'    return {values[0]};']
    text = text if member.kind == 'getters' else f'({text})'
    return wrap('return g_variant_new(', [f'"{text}"'] + values, ');')


def signature_lines(c_name, uses_call, uses_arguments, storage='static '):
    unused = ('' if uses_call else ' G_GNUC_UNUSED', '' if uses_arguments else ' G_GNUC_UNUSED')
    return [f'{storage}GVariant *'] + wrap(f'{c_name}(', [
        f'Call *call{unused[0]}', f'GVariant *arguments{unused[1]}', 'GError **error'], ')', 0)


def unpack_lines(pieces):
    unpack = [u for p in pieces for u in p.unpack]
    if not unpack:
        return []
    text = ''.join(f for f, _ in unpack)
    return [''] + wrap('g_variant_get(arguments, ', [f'"({text})"'] + [f'&{v}' for _, v in unpack], ');') + ['']


def call_lines(api, builder, function, pieces, outs):
    """The call, its check, and where its result is a value, that value among the outs."""
    args = [a for p in pieces for a in p.args]
    call = f'{function.name}('
    lines = []
    for p in pieces:
        if p.sizing:
            first = [a for q in pieces for a in (q.sizing or q.args)]
            lines += wrap('if (' + call, first, ') < 0)') + ['        return error_from_libvirt(error);', f'    {p.sized}', '']
    count = next((p.count for p in pieces if p.count), None)
    wanted = len(outs) < count_leaves(builder.member.outs)
    returns = function.returns
    fail = '        return error_from_libvirt(error);'
    if count:
        name = count.removeprefix('int ')
        return lines + wrap(f'{count} = {call}', args, ');') + [f'    if ({name} < 0)', fail]
    if returns == 'int' and not wanted:
        return lines + wrap('if (' + call, args, ') < 0)') + [fail]
    if returns == 'int':
        descriptor = builder.member.outs[0].type == 'h'
        outs.insert(0, (['h'], '@', 'handle') if descriptor else ('iub', '', 'result'))
        lines += wrap('int result = ' + call, args, ');') + ['    if (result < 0)', fail]
        if descriptor:
            lines += ['', '    GVariant *handle = call_take_descriptor(call, result, error);', '    if (!handle)', '        return NULL;']
        return lines
    if returns in ('char *', 'const char *'):
        auto, check = ('g_autofree ', '') if returns == 'char *' else ('', ' && virGetLastErrorCode() != VIR_ERR_OK')
        outs.insert(0, ('s', '@', 'value_from_string(result)'))
        return lines + wrap(f'{auto}{returns}result = {call}', args, ');') + [f'    if (!result{check})', fail]
    if returns in ('unsigned long', 'unsigned long long'):
        outs.insert(0, out_leaf(returns, 'result'))
        return lines + wrap(f'{returns} result = {call}', args, ');') + [
            '    if (result == 0 && virGetLastErrorCode() != VIR_ERR_OK)', fail]
    if api.is_handle(returns):
        outs.insert(0, ('o', '@', f'call_take_object(call, {builder.kind(returns)}, result)'))
        return lines + wrap(f'{returns} result = {call}', args, ');') + ['    if (!result)', fail]
    raise Mismatch(f'no rule for a function that returns {returns}')


def count_leaves(outs):
    return len(re.findall(r'[a-z]', re.sub(r'a+(\{[^}]*\}|\([^)]*\)|[a-z])', 'z', ''.join(a.type for a in outs))))


def binding_function(api, interfaces, interface, member, function):
    builder = Builder(api, interfaces, member, function)
    pieces = []
    if builder.type(0) == interface.notes.get('Object'):
        builder.drop(1)
        pieces.append(Piece(['call->connect' if function.args[0][0] == 'virConnectPtr' else 'call->object']))
    while builder.c:
        pieces.append(take_piece(builder))
    checks = []
    if [a.name for a in builder.ins] == ['flags'] and len(member.functions) > 1:
        pieces.append(Piece([], ['guint32 flags;'], [('u', 'flags')]))
        checks = ['    if (flags != 0)', f'        return error_no_support(error, "{member.functions[0]}");']
        builder.indices['flags'] = len(member.ins) - 1
        builder.ins.clear()
    if builder.ins:
        raise Mismatch(f'argument {builder.ins[0].name} has no counterpart in the C function')
    outs = [o for p in pieces for o in p.outs]
    call = call_lines(api, builder, function, pieces, outs)
    before = checks + [f'    {line}' for p in pieces for line in p.before]
    lines = signature_lines(member.c_name, True, bool(member.ins)) + ['{']
    lines += [f'    {d}' for p in pieces for d in p.declare] + unpack_lines(pieces) + before
    if before:
        lines.append('')
    elif not member.ins and any(p.declare for p in pieces):
        lines.append('')
    return lines + call + [''] + pack_result(member, outs) + ['}'], builder.indices


def missing_function(member):
    return signature_lines(member.c_name, False, False) + [
        '{', f'    return error_no_support(error, "{member.functions[0]}");', '}']


def choose_function(api, member):
    """The widest function that this libvirt has, or None if only a newer one has any."""
    for name in member.functions:
        if name in api.functions:
            return api.functions[name]
    if not member.functions:
        return True
    if api.must_have(member.since):
        raise Mismatch(f'libvirt has no function {member.functions[0]}')
    return None


def permission_row(api, member, indices, check):
    """One row of a permission table, or None where it can never be asked for."""
    target, permission, *condition = check.split(':')
    row = f'"{target}", "{permission}"'
    if not condition:
        return f'{{ {row}, WHEN_ALWAYS, 0, 0 }}'
    if condition[0] == '':
        argument, value, when = condition[1], condition[2], 'WHEN_EQUAL'
    else:
        argument, value = 'flags', condition[0].removeprefix('!')
        when = 'WHEN_NONE_SET' if condition[0].startswith('!') else 'WHEN_ANY_SET'
    known = [v for v in value.split('|') if v in api.enums]
    if argument not in indices:
        return f'{{ {row}, WHEN_ALWAYS, 0, 0 }}' if when == 'WHEN_NONE_SET' else None
    if not known:
        return None
    return f'{{ {row}, {when}, {indices[argument]}, {" | ".join(known)} }}'


class Permissions:
    """The permission tables of one file, each written once."""

    def __init__(self):
        self.names, self.lines = {}, []

    def name(self, api, member, indices):
        rows = [permission_row(api, member, indices, c) for c in member.permission.split()]
        rows = tuple(dict.fromkeys(r for r in rows if r))
        if rows not in self.names:
            parts = dict.fromkeys('_'.join(c.split(':')[:2]) for c in member.permission.split())
            taken = '_'.join(parts) + '_permissions'
            name, number = taken, 2
            while name in self.names.values():
                name, number = f'{taken}_{number}', number + 1
            self.names[rows] = name
            self.lines += [f'static const Permission {name}[] = {{'] + [f'    {r},' for r in rows]
            self.lines += ['    { NULL, NULL, WHEN_ALWAYS, 0, 0 },', '};', '']
        return self.names[rows]


def write_bindings(api, interfaces, interface):
    functions, tables, permissions = [], [], Permissions()
    for kind in ('methods', 'getters', 'setters'):
        tables.append(f'static const Binding {kind}[] = {{')
        for m in interface.table(kind):
            try:
                lines, indices = binding(api, interfaces, interface, m)
                permission = permissions.name(api, m, indices)
            except Mismatch as e:
                raise Mismatch(f'{m.where}: {", ".join(m.functions)}: {e}') from None
            functions += lines + [''] if lines else []
            lane = 'LANE_' + m.notes.get('Lane', 'short').upper()
            tables.append(f'    {{ "{m.name}", {permission}, {lane}, {m.c_name} }},')
        tables += ['    { NULL, NULL, LANE_SHORT, NULL },', '};', '']
    driver = f'"{interface.notes["Driver"]}"' if 'Driver' in interface.notes else 'NULL'
    tables += [f'const Interface {interface.c_name}_bindings = {{',
               f'    (GDBusInterfaceInfo *)&{interface.c_name}_interface,', f'    {driver},',
               '    methods,', '    getters,', '    setters,', '};']
    return (includes(interface.name, ['bindings.h', 'error.h', 'interfaces.h', 'path.h', 'value.h'])
            + permissions.lines + functions + kind_lines(interface) + event_lines(api, interfaces, interface) + tables)


def binding(api, interfaces, interface, member):
    function = choose_function(api, member)
    if not function:
        return missing_function(member), {a.name: n for n, a in enumerate(member.ins)}
    if member.handwritten:
        return [], {a.name: n for n, a in enumerate(member.ins)}
    return binding_function(api, interfaces, interface, member, function)


def includes(source, headers):
    return [f'/* Generated from {source}. */', ''] + [f'#include "{h}"' for h in headers] + ['']


# --- templates: kinds ---------------------------------------------------------------------------


def kind_lines(interface):
    notes, prefix = interface.notes, interface.c_name
    if 'Identity' not in notes:
        return []
    handle = notes['Object'].removesuffix('Ptr')
    lines = []
    for verb in ('ref', 'free'):
        lines += ['static int', f'{prefix}_{verb}(void *handle)', '{', f'    return {handle}{verb.capitalize()}(handle);', '}', '']
    if notes['Identity'] != 'handwritten':
        lines += identity_lines(prefix, notes['Identity']) + look_up_lines(prefix, notes)
    if 'ListAll' in notes:
        lines += ['static int', f'{prefix}_list(virConnectPtr connect, void ***handles)', '{',
                  f'    return {notes["ListAll"]}(connect, ({notes["Object"]} **)handles, 0);', '}', '']
    decode = 'path_decode_uuid' if notes['Identity'].endswith('UUIDString') else 'path_decode'
    decode = f'{prefix}_decode' if notes['Identity'] == 'handwritten' else decode
    rows = [f'"{notes["Node"]}"', notes['Missing'], f'{prefix}_identity', decode, f'{prefix}_look_up',
            f'{prefix}_list' if 'ListAll' in notes else 'NULL', f'{prefix}_ref', f'{prefix}_free', f'{prefix}_interfaces']
    return lines + [f'const Kind {prefix}_kind = {{'] + [f'    {row},' for row in rows] + ['};', '']


def identity_lines(prefix, function):
    head = ['static char *', f'{prefix}_identity(void *handle)', '{']
    if function.endswith('UUIDString'):
        return head + ['    char uuid[VIR_UUID_STRING_BUFLEN] = "";', '', f'    {function}(handle, uuid);', '',
                       '    return path_encode_uuid(uuid);', '}', '']
    return head + [f'    return path_encode({function}(handle));', '}', '']


def look_up_lines(prefix, notes):
    return ['static void *', f'{prefix}_look_up(virConnectPtr connect, const char *key, GError **error)', '{',
            f'    {notes["Object"]} handle = {notes["LookUp"]}(connect, key);', '    if (!handle)',
            '        return error_from_libvirt(error);', '', '    return handle;', '}', '']


# --- templates: events --------------------------------------------------------------------------


def event_lines(api, interfaces, interface):
    functions, rows = [], []
    for m in interface.table('signals'):
        try:
            lines = event_functions(api, interfaces, interface, m)
        except Mismatch as e:
            raise Mismatch(f'{m.where}: {e}') from None
        if lines:
            functions += lines
            owner = event_owner(interfaces, api, m)
            lifecycle = 'TRUE' if m.outs and m.outs[0].type == 'o' else 'FALSE'
            rows += [f'    {{ "{m.name}", &{owner.c_name}_kind, {lifecycle}, {m.c_name}_enable,',
                     f'      {owner.notes["EventDeregister"]} }},']
    return functions + [f'const Event {interface.c_name}_events[] = {{'] + rows + [
        '    { NULL, NULL, FALSE, NULL, NULL },', '};', '']


def event_owner(interfaces, api, member):
    """The interface of the objects that the callback is about, which knows how to register for it."""
    handle = api.callbacks[member.notes['Callback']].args[1][0]
    return next(i for i in interfaces if i.notes.get('Object') == handle and 'Identity' in i.notes)


def event_functions(api, interfaces, interface, member):
    if 'Event' not in member.notes:
        return []
    event, callback = member.notes.get('Event'), api.callbacks.get(member.notes.get('Callback'))
    if event not in api.enums or not callback:
        if member.notes.get('Event') and not api.must_have(member.since):
            return []
        raise Mismatch(f'libvirt has no event {event} with a callback {member.notes.get("Callback")}')
    owner = event_owner(interfaces, api, member)
    register = api.functions[owner.notes['EventRegister']]
    cast = next(t for t, n in register.args if n == 'cb')
    lines = [] if member.handwritten else callback_lines(member, callback, owner)
    return lines + ['static int', f'{member.c_name}_enable(virConnectPtr connect, void *opaque)', '{'] + wrap(
        f'return {register.name}(', ['connect', 'NULL', event, f'({cast})(void (*)(void)){member.c_name}', 'opaque', 'NULL'],
        ');') + ['}', '']


def callback_lines(member, callback, owner):
    _, (handle_type, handle), *args, _ = callback.args
    params = ['virConnectPtr connect G_GNUC_UNUSED', f'{handle_type} {handle}']
    values, text, wanted = [], '', deque(a.type for a in member.outs)
    args = deque(args)
    while args:
        c_type, name = args.popleft()
        params.append(c_type + ('' if c_type.endswith('*') else ' ') + name)
        if c_type == 'virTypedParameterPtr':
            n_type, n_name = args.popleft()
            params.append(f'{n_type} {n_name}')
            leaf = (['a{sv}'], '@', f'value_from_params({name}, {n_name})')
        elif c_type == 'const char *':
            leaf = ('s', '@', f'value_from_string({name})')
        elif c_type in OUT_SCALARS:
            leaf = out_leaf(c_type, name)
        else:
            raise Mismatch(f'no rule for {c_type} {name} of the callback')
        if not wanted or wanted[0] not in leaf[0]:
            raise Mismatch(f'{name} of the callback is one of {list(leaf[0])}, but the signal has {list(wanted)}')
        text += leaf[1] + wanted.popleft()
        values.append(leaf[2])
    if wanted:
        raise Mismatch(f'nothing in the callback fills {list(wanted)}')
    return (['static void'] + wrap(f'{member.c_name}(', params + ['void *opaque'], ')', 0) + ['{'] + wrap(
        'event_emit(', ['opaque', f'&{owner.c_name}_kind', handle, f'"{member.name}"']
        + [', '.join([f'g_variant_new("({text})"'] + values) + ')'], ');') + ['}', ''])


# --- templates: what all interfaces share -------------------------------------------------------


def write_header(api, interfaces):
    lines = ['/* Generated from the introspection XML. */', '', '#pragma once', '', '#include <libvirt/libvirt-lxc.h>', '#include <libvirt/libvirt-qemu.h>', '',
             '#include "call.h"', '#include "descriptors.h"', '#include "event.h"', '']
    for i in interfaces:
        lines += [f'extern const Interface {i.c_name}_bindings;', f'extern const Event {i.c_name}_events[];']
        if 'Identity' in i.notes:
            lines += [f'extern const Kind {i.c_name}_kind;', f'extern const Interface *const {i.c_name}_interfaces[];']
        if i.notes.get('Identity') == 'handwritten':
            lines += [f'char *{i.c_name}_identity(void *handle);', f'char *{i.c_name}_decode(const char *element);',
                      f'void *{i.c_name}_look_up(virConnectPtr connect, const char *key, GError **error);']
        for m in (m for m in i.members if m.handwritten):
            if m.kind != 'signals' and choose_function(api, m):
                lines += wrap(f'GVariant *{m.c_name}(', ['Call *call', 'GVariant *arguments', 'GError **error'], ');', 0)
            elif m.kind == 'signals' and m.notes['Callback'] in api.callbacks:
                args = [t + ('' if t.endswith('*') else ' ') + n for t, n in api.callbacks[m.notes['Callback']].args]
                lines += wrap(f'{api.callbacks[m.notes["Callback"]].returns} {m.c_name}(', args, ');', 0)
        lines.append('')
    return lines + ['extern const Kind *const kinds[];', 'extern const Event *const events[];']


def write_tables(api, interfaces):
    lines = includes('the introspection XML', ['bindings.h'])
    kinds = [i for i in interfaces if 'Identity' in i.notes]
    for k in kinds:
        rows = [i for i in interfaces if i.notes.get('Node') == k.notes['Node']]
        rows.sort(key=lambda i: i is not k)
        lines += [f'const Interface *const {k.c_name}_interfaces[] = {{'] + [f'    &{i.c_name}_bindings,' for i in rows]
        lines += ['    NULL,', '};', '']
    lines += ['const Kind *const kinds[] = {'] + [f'    &{k.c_name}_kind,' for k in kinds] + ['    NULL,', '};', '']
    return lines + ['const Event *const events[] = {'] + [f'    {i.c_name}_events,' for i in interfaces] + ['    NULL,', '};']


def write_errors(api, interfaces):
    lines = includes("libvirt's virErrorNumber", ['error-names.h'])
    lines += ['const GDBusErrorEntry libvirt_error_entries[] = {']
    names = [n for n, e in api.enums.items() if e.get('type') == 'virErrorNumber' and not n.endswith('_LAST')]
    for name in sorted(names, key=lambda n: int(api.enums[n].get('value'))):
        if name != 'VIR_ERR_OK':
            words = ''.join(w.capitalize() for w in name.removeprefix('VIR_ERR_').removeprefix('VIR_').split('_'))
            lines.append(f'    {{ {name}, "{PREFIX}Error.{words}" }},')
    return lines + ['};', '', 'const guint n_libvirt_error_entries = G_N_ELEMENTS(libvirt_error_entries);']


def write(directory, name, lines):
    with open(os.path.join(directory, name), 'w', encoding='utf-8') as output:
        output.write('\n'.join(lines) + '\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--api', action='append', required=True, help="libvirt's API description")
    parser.add_argument('--libvirt', required=True, help="libvirt's version")
    parser.add_argument('--output', required=True, help='the directory to write to')
    parser.add_argument('--xml', nargs='+', required=True, help='the interfaces')
    options = parser.parse_args()
    try:
        api = Api(options.api, options.libvirt)
        interfaces = [read_interface(name) for name in options.xml]
        for interface in interfaces:
            name = interface.c_name.replace('_', '-') + '-bindings.c'
            write(options.output, name, write_bindings(api, interfaces, interface))
        write(options.output, 'bindings.h', write_header(api, interfaces))
        write(options.output, 'tables.c', write_tables(api, interfaces))
        write(options.output, 'error-names.c', write_errors(api, interfaces))
    except (Mismatch, OSError, ET.ParseError) as e:
        sys.exit(f'generate.py: {e}')


if __name__ == '__main__':
    main()
