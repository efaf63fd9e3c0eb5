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
  Native           of an interface of the compat face: the native one of the same objects. A member
                   without annotations has the binding of the native member of its name; Identity and
                   what goes with it are said only where it names objects differently

A method or property says:
  Function         the libvirt function behind it; or several, widest first, of which the first
                   that this libvirt has is called
  Field            of a property: the one field wanted of the struct that the function fills. All such
                   properties of one function have one binding, so that GetAll calls it once
  Since            the libvirt release that brought it, where that is newer than 7.0.0
  Permission       the checks of libvirt's access control, which must all hold: object:permission,
                   object:permission:FLAG|FLAG (if one of them is set), object:permission:!FLAG|FLAG
                   (if none is), object:permission::argument:VALUE (if the argument has that value).
                   The getattr of an object that is only known once it was found is checked then
  Filter           of a method that returns a list: the check, as object:permission, for each object
                   in it. Those for which it does not hold are left out
  Lane             memory, registry (memory, once the connection is open), short (if left out), long,
                   or main (a handwritten function begins on the main thread and goes on by itself)
  Changes          false: a method changes no object, though its permission is for more than reading
  Handwritten      true: the C function stands in src/, with the prototype of a generated one
  Set.Function     the same two for writing a property
  Set.Permission
An argument says:
  Nullable         true: the empty string stands for NULL
A signal says:
  Event            libvirt's number of the event; Handwritten and Since as above
  Callback         the C type of its callback
  Changes          true: the object may have other properties after it

Everything else follows from the C types: see the functions named in_ and out_ in
generator/rules.py, one a rule. What fits no rule stops the build, as does a signature that does not
match the C function's, an annotation or a value that is none of these, and a Since that is not
libvirt's.
"""

import argparse
import os
import sys
import xml.etree.ElementTree as ET

from generator.bindings import write_bindings
from generator.interface_xml import read_interfaces
from generator.libvirt_api import Api, Mismatch
from generator.tables import write_errors, write_header, write_tables


def generate(api, interfaces):
    """The name and the text of each file."""
    for interface in (i for i in interfaces if not i.native):
        name = interface.c_name.replace('_', '-')
        yield f'{name}-bindings.c', write_bindings(api, interfaces, interface)
    yield 'bindings.h', write_header(api, interfaces)
    yield 'tables.c', write_tables(interfaces)
    yield 'error-names.c', write_errors(api)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--api', action='append', required=True, help="libvirt's API description")
    parser.add_argument('--libvirt', required=True, help="libvirt's version")
    parser.add_argument('--output', required=True, help='the directory to write to')
    parser.add_argument('--xml', nargs='+', required=True, help='the interfaces')
    options = parser.parse_args(arguments)
    try:
        api = Api(options.api, options.libvirt)
        for name, text in generate(api, read_interfaces(options.xml)):
            with open(os.path.join(options.output, name), 'w', encoding='utf-8') as output:
                output.write(text)
    except (Mismatch, OSError, ET.ParseError) as error:
        sys.exit(f'generate.py: {error}')


if __name__ == '__main__':
    main()
