# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a function returns: how that tells of a failure, whether it is a value, and how all values
are packed into the signature of the D-Bus member."""

import re
from collections import deque
from dataclasses import dataclass

from .c_text import declare
from .libvirt_api import Mismatch
from .pieces import Out, plain_out

LAST_ERROR = 'virGetLastErrorCode() != VIR_ERR_OK'


@dataclass
class Result:
    failed: str  # the condition
    variable: str = ''  # its declaration; without one the condition follows the call itself
    outs: tuple = ()
    then: str = ''  # what is left to do with it


def result_of(arguments, function, member, pieces):
    """What becomes of the result of a function, given what became of its arguments."""
    counted = next((p.counted for p in pieces if p.counted), '')
    if counted:
        return Result(f'{counted.removeprefix("int ")} < 0', counted)
    returns, variable = function.returns, declare(function.returns, 'result')
    string = Out(('s',), 'value_from_string(result)')
    if returns == 'int':
        filled = sum(len(p.outs) for p in pieces)
        return int_result(member, filled < len(leaves(signature(member))))
    if returns == 'char *':
        return Result('!result', f'g_autofree {variable}', (string,))
    if returns == 'const char *':
        return Result(f'!result && {LAST_ERROR}', variable, (string,))
    if returns in ('unsigned long', 'unsigned long long'):
        return Result(f'result == 0 && {LAST_ERROR}', variable, (plain_out(returns, 'result'),))
    if arguments.api.is_handle(returns):
        out = Out(('o',), f'call_take_object(call, {arguments.kind(returns)}, result)')
        return Result('!result', variable, (out,))
    raise Mismatch(f'no rule for a function that returns {returns}')


def int_result(member, wanted):
    """Success or failure, and a value if one is wanted."""
    if not wanted:
        return Result('< 0')
    if leaves(signature(member))[0] != 'h':
        return Result('result < 0', 'int result', (plain_out('int', 'result'),))
    return Result('result < 0', 'int result', (Out(('h',), 'handle'),),
                  'GVariant *handle = call_take_descriptor(call, result, error);\n'
                  'if (!handle)\n'
                  '    return NULL;')


def signature(member):
    return ''.join(a.type for a in member.outs)


def split(types):
    """'(ii)a{sv}s' -> '(', 'i', 'i', ')', 'a{sv}', 's'"""
    return re.findall(r'[()]|a+(?:\{.*?\}|\(.*?\)|.)|.', types)


def leaves(types):
    return [t for t in split(types) if t not in '()']


def pack(types, outs, origin='C function'):
    """The format and the values that make a GVariant with these types of the outs."""
    text, rest = '', deque(outs)
    for token in split(types):
        if token in '()':
            text += token
            continue
        if not rest:
            raise Mismatch(f'nothing in the {origin} fills {token} of {types}')
        out = rest.popleft()
        if token not in out.types:
            raise Mismatch(f'{out.value} of the {origin} is {" or ".join(out.types)}, '
                           f'but {types} has {token} there')
        text += ('@' if out.packed else '') + token
    if rest:
        raise Mismatch(f'{rest[0].value} of the {origin} has no place in the result "{types}"')
    return ', '.join([f'"{text}"'] + [out.value for out in outs])


def pack_fields(members, outs):
    for member, out in zip(members, outs):
        pack(signature(member), [out])
    entries = ', '.join(f"'{m.name}': <%{'@' if out.packed else ''}{signature(m)}>"
                        for m, out in zip(members, outs))
    return f'g_variant_new_parsed("{{{entries}}}", {", ".join(out.value for out in outs)})'


def pack_result(member, outs):
    """The expression that a binding returns: a tuple, or of a property the bare value, or of several
    a dictionary."""
    if member.sharers:
        return pack_fields(member.sharers, outs)
    if member.kind != 'getters':
        return f'g_variant_new({pack(f"({signature(member)})", outs)})'
    packed = pack(signature(member), outs)
    return outs[0].value if packed.startswith('"@') else f'g_variant_new({packed})'
