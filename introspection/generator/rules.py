# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules: which C arguments go with which D-Bus types, and what a binding does about them.

One function a rule. It looks at the next C arguments and, if they are its own, takes them."""

from .c_text import declare
from .libvirt_api import Mismatch
from .pieces import IN_SCALARS, OUT_SCALARS, VARIABLES, Out, Piece, plain_out


def in_descriptors(a):
    if a.are('unsigned int', 'int *') and a.bus and a.bus[0].type == 'ah':
        _, name = a.take_in(2, 'ah')
        return Piece(
            declared=f'g_autoptr(GVariant) {name}_handles = NULL;\n'
                     f'guint n_{name};',
            unpacked=('@ah', f'{name}_handles'),
            prepared=f'const int *{name} = '
                     f'call_find_descriptors(call, {name}_handles, &n_{name}, error);\n'
                     f'if (!{name})\n'
                     f'    return NULL;',
            passed=f'n_{name}, (int *){name}')


def in_params(a):
    if a.are('virTypedParameterPtr', 'int') or a.are('virTypedParameterPtr', 'unsigned int'):
        _, name = a.take_in(2, 'a{sv}')
        return Piece(
            declared=f'g_autoptr(GVariant) {name}_dictionary = NULL;\n'
                     f'g_auto(Params) {name} = {{ NULL, 0 }};',
            unpacked=('@a{sv}', f'{name}_dictionary'),
            prepared=f'if (!value_to_params({name}_dictionary, &{name}, error))\n'
                     f'    return NULL;',
            passed=f'{name}.list, {name}.n')


def in_bitmap(a):
    if a.are('unsigned char *', 'int'):
        _, name = a.take_in(2, 'ab')
        return Piece(
            declared=f'g_autoptr(GVariant) {name}_booleans = NULL;\n'
                     f'int {name}_length;',
            unpacked=('@ab', f'{name}_booleans'),
            prepared=f'g_autofree guchar *{name} = '
                     f'value_to_bitmap({name}_booleans, &{name}_length);',
            passed=f'{name}, {name}_length')


def in_bytes(a):
    if a.are('const unsigned char *', 'size_t'):
        _, name = a.take_in(2, 'ay')
        return Piece(
            declared=f'g_autoptr(GVariant) {name}_bytes = NULL;\n'
                     f'gsize n_{name};',
            unpacked=('@ay', f'{name}_bytes'),
            prepared=f'const guchar *{name} = '
                     f'g_variant_get_fixed_array({name}_bytes, &n_{name}, 1);',
            passed=f'{name}, n_{name}')


def in_strings(a):
    if a.are('const char **', 'unsigned int'):
        _, name = a.take_in(2, 'as')
        return Piece(
            declared=f'g_autofree const char **{name} = NULL;',
            unpacked=('^a&s', name),
            prepared=f'guint n_{name} = g_strv_length((char **){name});',
            passed=f'n_{name} > 0 ? {name} : NULL, n_{name}')


def in_string(a):
    if a.are('const char *'):
        arg, name = a.take_in(1, 's')
        return Piece(
            declared=f'const char *{name};',
            unpacked=('&s', name),
            passed=f'value_or_null({name})' if arg.nullable else name)


def in_scalar(a):
    if a.c[0][0] in IN_SCALARS:
        if not a.bus and a.c[0][1] == 'flags':
            a.take(1)
            return Piece(passed='0')
        arg, name = a.take_in(1, *IN_SCALARS[a.c[0][0]])
        return Piece(
            declared=f'{VARIABLES[arg.type]} {name};',
            unpacked=(arg.type, name),
            passed=name)


def in_object(a):
    handle = a.c[0][0]
    if a.api.is_handle(handle):
        kind = a.kind(handle)
        _, name = a.take_in(1, 'o')
        return Piece(
            declared=f'const char *{name}_path;',
            unpacked=('&o', f'{name}_path'),
            prepared=f'g_autoptr({a.api.struct_name(handle)}) {name} = '
                     f'call_find_object(call, {kind}, {name}_path, error);\n'
                     f'if (!{name})\n'
                     f'    return NULL;',
            passed=name)


def out_params(a):
    """A list that libvirt allocates."""
    unsigned = a.are('virTypedParameterPtr *', 'unsigned int *')
    if unsigned or a.are('virTypedParameterPtr *', 'int *'):
        cast = '(unsigned int *)' if unsigned else ''
        name = a.take(2)
        return Piece(
            declared=f'g_auto(Params) {name} = {{ NULL, 0 }};',
            passed=f'&{name}.list, {cast}&{name}.n',
            outs=(Out(('a{sv}',), f'value_from_params({name}.list, {name}.n)'),))


def out_params_sized(a):
    """A list that libvirt fills, after it has told the size."""
    if a.are('virTypedParameterPtr', 'int *'):
        name = a.take(2)
        return Piece(
            declared=f'g_auto(Params) {name} = {{ NULL, 0 }};',
            sizing=f'NULL, &{name}.n',
            sized=f'{name}.list = g_new0(virTypedParameter, {name}.n);',
            passed=f'{name}.list, &{name}.n',
            outs=(Out(('a{sv}',), f'value_from_params({name}.list, {name}.n)'),))


def out_strings(a):
    if a.are('char ***'):
        name = a.take(1)
        return Piece(
            declared=f'g_auto(Strings) {name} = {{ NULL, 0 }};',
            passed=f'&{name}.list',
            counted=f'{name}.n',
            outs=(Out(('as',), f'value_from_strings({name}.list, {name}.n)'),))


def out_objects(a):
    handle = a.c[0][0].removesuffix(' **')
    if a.are(f'{handle} **') and a.api.is_handle(handle):
        kind, name = a.kind(handle), a.take(1)
        taken = f'call_take_objects(call, {kind}, (void **){name}, n_{name})'
        return Piece(
            declared=f'{handle} *{name} = NULL;',
            passed=f'&{name}',
            counted=f'int n_{name}',
            outs=(Out(('ao',), taken),))


def out_struct(a):
    fields = a.api.fields(a.c[0][0])
    if fields and all(plain_out(c_type, name) for c_type, name in fields):
        struct, name = a.api.struct_name(a.c[0][0]), a.take(1)
        return Piece(
            declared=f'{struct} {name} = {{ 0 }};',
            passed=f'&{name}',
            outs=tuple(plain_out(c_type, f'{name}.{field}') for c_type, field in fields))


def out_scalar(a):
    pointed = a.c[0][0].removesuffix(' *')
    if a.are(f'{pointed} *') and pointed in OUT_SCALARS:
        name = a.take(1)
        return Piece(
            declared=f'{pointed} {name};',
            passed=f'&{name}',
            outs=(plain_out(pointed, name),))


def out_string(a):
    if a.are('char **'):
        name = a.take(1)
        return Piece(
            declared=f'g_autofree char *{name} = NULL;',
            passed=f'&{name}',
            outs=(Out(('s',), f'value_from_string({name})'),))


def out_uuid(a):
    if a.c[0] == ('char *', 'buf'):
        a.take(1)
        return Piece(
            declared='char uuid[VIR_UUID_STRING_BUFLEN] = "";',
            passed='uuid',
            outs=(Out(('s',), 'value_from_string(uuid)'),))


RULES = (in_descriptors, in_params, in_bitmap, in_bytes, in_strings, in_string, in_scalar,
         in_object, out_params, out_params_sized, out_strings, out_objects, out_struct, out_scalar,
         out_string, out_uuid)


def next_piece(arguments):
    for rule in RULES:
        piece = rule(arguments)
        if piece:
            return piece
    raise Mismatch(f'no rule for {declare(*arguments.c[0])} of the C function')
