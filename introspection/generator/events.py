# SPDX-License-Identifier: LGPL-2.1-or-later
"""The events of an interface: a callback for each, which sends its signal, and how to get it."""

from collections import deque

from .c_text import declare, fill, table
from .libvirt_api import Mismatch, about
from .pieces import Out, plain_out, variable
from .results import pack, signature

CALLBACK = '''\
static void
$name($parameters)
{
    $emit(opaque, &${kind}_kind, $handle, "$signal", g_variant_new($values));
}

'''

ENABLE = '''\
static int
${name}_enable(virConnectPtr connect, void *opaque)
{
    GCallback callback = G_CALLBACK($name);

    return $register(connect, NULL, $event, ($type)callback, opaque, NULL);
}

'''


def write_events(api, kinds, interface):
    functions, rows = '', []
    for member in interface.table('signals'):
        with about(member.where):
            callback = find_callback(api, member)
            if not callback or not member.event:
                continue
            kind = find_kind(kinds, callback)
            if not member.handwritten:
                functions += write_callback(member, callback, kind)
            functions += write_enable(api, member, kind)
        lifecycle = 'TRUE' if member.outs and member.outs[0].type == 'o' else 'FALSE'
        rows.append(f'{{ "{member.name}", &{kind.c_name}_kind, {lifecycle}, '
                    f'{member.c_name}_enable, {api.function(kind.event_deregister).name} }}')
    return functions + table(f'const Event {interface.c_name}_events[]', (*rows, '{ 0 }'))


def find_callback(api, member):
    """The callback of a signal, or None if its event is one that only a newer libvirt has."""
    if not member.event and not member.handwritten:
        raise Mismatch('no Event')
    if not member.event and not member.callback:
        return None  # the service's own
    callback = api.callbacks.get(member.callback)
    if not callback and (not member.event or not api.is_older_than(member.since)):
        raise Mismatch(f'libvirt has no callback {member.callback}')
    if member.event:
        api.check_since(f'event {member.event}', api.enums.get(member.event), member.since)
    return callback if not member.event or member.event in api.enums else None


def find_kind(kinds, callback):
    """The kind of the objects that a callback is about, which knows how to register for it."""
    handle = callback.args[1][0]
    if handle not in kinds or not kinds[handle].event_register:
        raise Mismatch(f'no interface with objects of type {handle} has an EventRegister')
    return kinds[handle]


def write_enable(api, member, kind):
    register = api.function(kind.event_register)
    cast = next(c_type for c_type, name in register.args if name == 'cb')
    return fill(ENABLE, name=member.c_name, register=register.name, event=member.event, type=cast)


def callback_parameters(callback):
    return ', '.join(declare(c_type, variable(name)) for c_type, name in callback.args)


def write_callback(member, callback, kind):
    _, (handle_type, handle), *args, (opaque_type, _) = callback.args
    outs = tuple(take_outs(args))
    parameters = [('virConnectPtr', 'connect G_GNUC_UNUSED'), (handle_type, handle)]
    parameters += [(c_type, variable(name)) for c_type, name in args] + [(opaque_type, 'opaque')]
    return fill(CALLBACK, name=member.c_name, kind=kind.c_name, handle=handle, signal=member.name,
                emit='event_emit_change' if member.effect == 'BINDING_CHANGES' else 'event_emit',
                parameters=', '.join(declare(c_type, name) for c_type, name in parameters),
                values=pack(f'({signature(member)})', outs, 'callback'))


def take_outs(args):
    """What each argument of a callback, or two that belong together, brings into the signal."""
    rest = deque((c_type, variable(name)) for c_type, name in args)
    while rest:
        c_type, name = rest.popleft()
        plain = plain_out(c_type, name)
        if c_type == 'virTypedParameterPtr':
            _, n = rest.popleft()
            yield Out(('a{sv}',), f'value_from_params({name}, {n})')
        elif c_type == 'const char *':
            yield Out(('s',), f'value_from_string({name})')
        elif plain:
            yield plain
        else:
            raise Mismatch(f'no rule for {declare(c_type, name)} of the callback')
