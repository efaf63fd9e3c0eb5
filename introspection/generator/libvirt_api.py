# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads libvirt's own description of its API."""

import xml.etree.ElementTree as ET
from contextlib import contextmanager
from dataclasses import dataclass

OLDEST = (7, 0, 0)  # the oldest libvirt that virtbus builds on
REFERENCE = (9, 0, 0)  # from this one on a libvirt knows all flags that the XML speaks of


class Mismatch(Exception):
    """The XML asks for something that libvirt's API does not give."""


@contextmanager
def about(where):
    """Says in a message what it is about."""
    try:
        yield
    except Mismatch as mismatch:
        raise Mismatch(f'{where}: {mismatch}') from None


@dataclass
class Function:
    name: str
    returns: str
    args: list  # of (type, name)
    version: str  # of the libvirt that brought it; empty if the description does not say


@dataclass
class Enum:
    type: str
    value: str
    version: str


class Api:
    def __init__(self, files, version):
        self.version = parse_version(version)
        self.functions, self.callbacks, self.structs = {}, {}, {}
        self.typedefs, self.enums = {}, {}
        for root in (ET.parse(name).getroot() for name in files):
            self.functions.update((e.get('name'), read_function(e)) for e in root.iter('function'))
            self.callbacks.update((e.get('name'), read_function(e)) for e in root.iter('functype'))
            self.structs.update((e.get('name'), read_struct(e)) for e in root.iter('struct'))
            self.typedefs.update((e.get('name'), e.get('type')) for e in root.iter('typedef'))
            self.enums.update((e.get('name'), read_enum(e)) for e in root.iter('enum'))

    def struct_name(self, pointer):
        """virDomainInfoPtr -> virDomainInfo; empty if the type is no pointer to a struct."""
        name = self.typedefs.get(pointer, '').removesuffix(' *')
        return name if name in self.structs else ''

    def is_handle(self, pointer):
        """Whether it points to a struct that says nothing of what is in it."""
        return self.structs.get(self.struct_name(pointer)) == []

    def fields(self, pointer):
        """The (type, name) of each field of the struct, plain types in the place of typedefs."""
        fields = self.structs.get(self.struct_name(pointer), [])
        return [(self.typedefs.get(c_type, c_type), name) for c_type, name in fields]

    def function(self, name):
        if name not in self.functions:
            raise Mismatch(f'libvirt has no function {name}')
        return self.functions[name]

    def is_older_than(self, since):
        """Whether it may lack what came with that release."""
        return bool(since) and self.version < parse_version(since)

    def check_since(self, name, known, since):
        """Stops unless the XML names the release that brought @known, if it has to."""
        if known is None and not self.is_older_than(since):
            raise Mismatch(f'libvirt has no {name}')
        if known and known.version:
            expected = known.version if parse_version(known.version) > OLDEST else ''
            if since != expected:
                raise Mismatch(f'{name} came with libvirt {known.version}, but '
                               + (f'Since is {since}' if since else 'there is no Since'))


def parse_version(text):
    return tuple(int(n) for n in text.split('.'))


def read_type(element):
    return element.get('type').replace('* *', '**')  # some descriptions have spaces there


def read_function(element):
    args = [(read_type(a), a.get('name')) for a in element.iter('arg')]
    returns = read_type(element.find('return'))
    return Function(element.get('name'), returns, args, element.get('version', ''))


def read_struct(element):
    return [(read_type(f), f.get('name')) for f in element.iter('field')]


def read_enum(element):
    return Enum(element.get('type'), element.get('value'), element.get('version', ''))
