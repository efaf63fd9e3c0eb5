# SPDX-License-Identifier: LGPL-2.1-or-later
"""The bindings of an interface: a function a member, and the tables that list them."""

from .c_text import fill, paragraphs, source, table
from .events import write_events
from .interface_xml import COMPAT
from .kinds import find_compat, find_kinds, write_kind
from .libvirt_api import Mismatch, about
from .permissions import Permissions
from .pieces import Arguments, Piece
from .results import pack_result, result_of
from .rules import next_piece

FUNCTION = '''\
static GVariant *
$name(Call *call$no_call, GVariant *arguments$no_arguments, GError **error)
{
    $body
}
'''

UNPACK = '''\
g_variant_get(arguments, "($format)", $variables);
'''

NO_FLAGS = '''\
if (flags != 0)
    return error_no_support(error, "$function");
'''

NO_FUNCTION = '''\
return error_no_support(error, "$function");
'''

CALL = '''\
if ($function($passed) < 0)
    return error_from_libvirt(error);
'''

CALL_FOR_RESULT = '''\
$variable = $function($passed);
if ($failed)
    return error_from_libvirt(error);
'''

INTERFACE = '''\
const Interface ${prefix}_bindings = {
    .info = (GDBusInterfaceInfo *)&${prefix}_interface,
    .driver = $driver,
    .methods = ${face}methods,
    .getters = ${face}getters,
    .setters = ${face}setters,
};
'''


def write_bindings(api, interfaces, interface):
    kinds, permissions = find_kinds(interfaces), Permissions(api)
    twin = find_compat(interfaces, interface)
    parts = write_tables_of(api, kinds, permissions, interface)
    compat = write_tables_of(api, kinds, permissions, twin) if twin else ([], [])
    headers = ('bindings.h', 'error.h', 'interfaces.h', 'path.h', 'value.h')
    return source(
        interface.name, ('compat-interfaces.h', *headers) if twin else headers,
        permissions.tables(), *parts[0], *compat[0],
        write_kind(api, interfaces, interface), write_kind(api, interfaces, twin) if twin else '',
        write_events(api, kinds, interface), *parts[1], *compat[1])


def write_tables_of(api, kinds, permissions, interface):
    """The functions of an interface, and its tables."""
    functions, tables = [], []
    face = COMPAT if interface.native else ''
    for kind in ('methods', 'getters', 'setters'):
        rows = []
        for member in interface.table(kind):
            with about(member.where):
                functions.append(write_member(api, kinds, interface, member))
                needs = permissions.columns(interface, member)
            rows.append(f'{{ "{member.name}", {needs}, {member.lane}, {member.effect}, '
                        f'{member.c_name} }}')
        tables.append(table(f'static const Binding {face}{kind}[]', (*rows, '{ 0 }')))
    tables.append(fill(INTERFACE, prefix=interface.c_name, face=face,
                       driver=f'"{interface.driver}"' if interface.driver else 'NULL'))
    return functions, tables


def known_functions(api, member):
    """The functions behind a member that this libvirt has, widest first."""
    if not member.functions:
        return []
    widest, *narrower = member.functions
    known = api.functions.get(widest)
    api.check_since(f'function {widest}', known, member.since)
    if known:
        return [known] + [api.function(name) for name in narrower]
    return [api.functions[name] for name in narrower if name in api.functions]


def is_missing(api, member):
    """Whether only a newer libvirt has what is behind the member."""
    return bool(member.functions) and not known_functions(api, member)


def write_member(api, kinds, interface, member):
    """The function of a member, or nothing if that is another's or stands in src/."""
    if member.has_binding_of_another():
        return ''
    if is_missing(api, member):
        return fill(FUNCTION, name=member.c_name, no_call=' G_GNUC_UNUSED',
                    no_arguments=' G_GNUC_UNUSED',
                    body=fill(NO_FUNCTION, function=member.functions[0]))
    functions = known_functions(api, member)
    if member.handwritten:
        return ''
    written = []
    for function in functions:  # all must fit, as another libvirt may have only the last
        with about(function.name):
            arguments = Arguments(api, kinds, function, member)
            written.append(write_function(arguments, interface, function, member))
    return written[0]


def write_function(arguments, interface, function, member):
    pieces = list(take_pieces(arguments, interface, function, member))
    result = result_of(arguments, function, member, pieces)
    outs = result.outs + tuple(out for p in pieces for out in p.outs)
    if member.sharers:
        outs = tuple(field_of(sharer, outs) for sharer in member.sharers)
    body = paragraphs(
        '\n'.join(p.declared for p in pieces if p.declared),
        write_unpacking(pieces),
        '\n'.join(p.prepared.rstrip() for p in pieces if p.prepared),
        *write_sizing(function, pieces),
        write_call(function, pieces, result),
        result.then,
        f'return {pack_result(member, outs)};')
    return fill(FUNCTION, name=member.c_name, no_call='',
                no_arguments='' if member.ins else ' G_GNUC_UNUSED', body=body)


def field_of(member, outs):
    for out in outs:
        if out.value.endswith('.' + member.struct_field):
            return out
    raise Mismatch(f'the C function fills no {member.struct_field}')


def take_pieces(arguments, interface, function, member):
    """What each argument of the function and of the member brings into the binding."""
    if arguments.are(interface.object):
        arguments.take(1)
        yield Piece('call->connect' if interface.object == 'virConnectPtr' else 'call->object')
    while arguments.c:
        yield next_piece(arguments)
    if function.name != member.functions[0] and [a.name for a in arguments.bus] == ['flags']:
        arguments.bus.clear()
        yield Piece('', 'guint32 flags;', ('u', 'flags'),
                    fill(NO_FLAGS, function=member.functions[0]))
    if arguments.bus:
        raise Mismatch(f'argument {arguments.bus[0].name} has no counterpart in the C function')


def write_unpacking(pieces):
    unpacked = [p.unpacked for p in pieces if p.unpacked]
    if not unpacked:
        return ''
    return fill(UNPACK, format=''.join(each for each, _ in unpacked),
                variables=', '.join(f'&{name}' for _, name in unpacked))


def write_sizing(function, pieces):
    """The first of two calls, where libvirt is asked for the size of what the second fills."""
    for sized in (p for p in pieces if p.sizing):
        passed = ', '.join(p.sizing or p.passed for p in pieces)
        yield fill(CALL, function=function.name, passed=passed) + sized.sized


def write_call(function, pieces, result):
    passed = ', '.join(p.passed for p in pieces if p.passed)
    if not result.variable:
        return fill(CALL, function=function.name, passed=passed)
    return fill(CALL_FOR_RESULT, variable=result.variable, function=function.name, passed=passed,
                failed=result.failed)
