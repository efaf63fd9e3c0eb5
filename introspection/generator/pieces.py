# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the rules work on, the arguments that are left, and what they give: pieces of a binding."""

from collections import deque
from dataclasses import dataclass

from .c_text import declare
from .interface_xml import snake
from .libvirt_api import Mismatch

IN_SCALARS = {
    'int': 'ib',
    'unsigned int': 'u',
    'long long': 'x',
    'unsigned long': 't',
    'unsigned long long': 't',
    'size_t': 't',
}
OUT_SCALARS = {
    **IN_SCALARS,
    'int': 'iub',
    'unsigned int': 'ub',
    'short': 'ni',
    'unsigned short': 'qiu',
    'unsigned char': 'yniqu',
}
VARIABLES = {'b': 'gboolean', 'i': 'gint32', 'u': 'guint32', 'x': 'gint64', 't': 'guint64'}
TAKEN_NAMES = ('arguments', 'auto', 'call', 'default', 'error', 'result')


@dataclass
class Out:
    """A value for the caller."""
    types: tuple  # the D-Bus types that it may have
    value: str
    packed: bool = True  # it is a GVariant already


@dataclass
class Piece:
    """What one C argument, or two that belong together, bring into a binding."""
    passed: str  # to libvirt
    declared: str = ''
    unpacked: tuple = ()  # the format and the variable for g_variant_get()
    prepared: str = ''  # what is done between that and the call
    outs: tuple = ()
    counted: str = ''  # where the call's result goes if it is the number of these
    sizing: str = ''  # what is passed to a first call that asks for the size
    sized: str = ''  # what is done between that and the second


class Arguments:
    """The arguments of a C function and of its D-Bus member that no rule has taken yet."""

    def __init__(self, api, kinds, function, member):
        self.api, self.kinds = api, kinds
        self.c, self.bus = deque(function.args), deque(member.ins)

    def are(self, *types):
        return tuple(t for t, _ in self.c)[:len(types)] == types

    def take(self, n):
        """Takes the next @n of the C function and names the variable that holds them."""
        return variable([self.c.popleft()[1] for _ in range(n)][0])

    def take_in(self, n, *types):
        """The same for what comes from D-Bus with one of the types, and so with its name there."""
        arg = self.bus.popleft() if self.bus else None
        if not arg or arg.type not in types:
            got = f'argument {arg.name} is {arg.type}' if arg else 'there is no argument left'
            raise Mismatch(f'{declare(*self.c[0])} of the C function wants {" or ".join(types)}, '
                           f'but {got}')
        self.take(n)
        return arg, variable(arg.name)

    def kind(self, handle):
        if handle not in self.kinds:
            raise Mismatch(f'no interface has objects of type {handle}')
        return f'&{self.kinds[handle].c_name}_kind'


def variable(name):
    return snake(name) + ('_' if snake(name) in TAKEN_NAMES else '')


def plain_out(c_type, value):
    """A number or a character array as it stands in C, or None."""
    if c_type.startswith('char ') and c_type.endswith(']'):
        return Out(('s',), f'value_from_string({value})')
    if c_type in ('unsigned long', 'size_t'):
        value = f'(guint64){value}'
    return Out(tuple(OUT_SCALARS[c_type]), value, False) if c_type in OUT_SCALARS else None
