#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reduces libvirt's descriptions of its API to the facts that the generator reads.

strip.py INTO FILE...: writes each file again below the directory INTO, without prose: what stays
are the names, types, values and versions of functions, callbacks, structs, typedefs and enums.
"""

import os
import sys
import xml.etree.ElementTree as ET

KEPT = {
    'function': ['name', 'version'],
    'functype': ['name', 'version'],
    'struct': ['name', 'version'],
    'typedef': ['name', 'type', 'version'],
    'enum': ['name', 'value', 'type', 'version'],
    'return': ['type'],
    'arg': ['name', 'type'],
    'field': ['name', 'type'],
}


def stripped(element):
    attributes = {k: element.get(k) for k in KEPT[element.tag] if element.get(k)}
    copy = ET.Element(element.tag, attributes)
    copy.extend(stripped(child) for child in element if child.tag in KEPT)
    return copy


def strip(source):
    root = ET.parse(source).getroot()
    api = ET.Element('api', {'name': root.get('name')})
    symbols = ET.SubElement(api, 'symbols')
    symbols.extend(stripped(e) for e in root.find('symbols') if e.tag in KEPT)
    ET.indent(api, ' ')
    return ET.ElementTree(api)


def main(into, *sources):
    os.makedirs(into, exist_ok=True)
    for source in sources:
        target = os.path.join(into, os.path.basename(source))
        strip(source).write(target, encoding='UTF-8', xml_declaration=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
