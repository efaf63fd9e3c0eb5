# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs introspection/generate.py on the small API description next to this file."""

import contextlib
import io
import os
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / 'introspection'))

import generate  # noqa: E402  (it is found by the line above)

NEW, OLD = '9.0.0', '7.0.0'  # what the API description is of, and what it is cut down to


def parse_version(text):
    return tuple(int(n) for n in text.split('.'))


def write_api(directory, version):
    """The API description of an older libvirt: without all that is newer, and without the versions
    that only newer ones give."""
    tree = ET.parse(HERE / 'api.xml')
    symbols = tree.getroot().find('symbols')
    for element in list(symbols):
        if parse_version(element.get('version')) > parse_version(version):
            symbols.remove(element)
        if version != NEW:
            del element.attrib['version']
    name = os.path.join(directory, 'api.xml')
    tree.write(name)
    return name


def run(*interfaces, libvirt=NEW):
    """What the generator writes for these files, as text by name. SystemExit if it refuses."""
    with tempfile.TemporaryDirectory() as directory:
        api = write_api(directory, libvirt)
        output = Path(directory) / 'output'
        output.mkdir()
        with contextlib.redirect_stderr(io.StringIO()):
            generate.main(['--api', api, '--libvirt', libvirt, '--output', str(output),
                           '--xml', *map(str, interfaces)])
        return {path.name: path.read_text(encoding='utf-8') for path in output.iterdir()}
