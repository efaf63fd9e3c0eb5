#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes polkit's file of actions: one for each permission that a member of the introspection XML
needs, with the words of permissions.ini, and one that has them all in it.

A permission without words and words without a permission are errors.
"""

import argparse
import configparser
import re
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from generator.c_text import fill
from generator.interface_xml import PREFIX, read_interfaces
from generator.libvirt_api import Mismatch

MANAGE = 'manage'  # the action that implies the others
OTHERS = 'auth_admin_keep'  # who may what [defaults] does not name
DEFAULTS = ('no', 'auth_self', 'auth_self_keep', 'auth_admin', OTHERS, 'yes')
NO_OBJECTS = ('defaults', 'service', MANAGE)  # the sections that are about no kind of object

# Of a text polkit keeps only what stands behind the last of these. Hence IMPLIED is one line, too.
UNFIT = re.compile('[\n&<>]')

POLICY = '''\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE policyconfig PUBLIC "-//freedesktop//DTD PolicyKit Policy Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/PolicyKit/1/policyconfig.dtd">
<!-- Generated from the introspection XML and permissions.ini. -->
<policyconfig>
  <vendor>virtbus</vendor>
  $actions
</policyconfig>
'''

ACTION = '''\
<action id="$id">
  <description gettext-domain="virtbus">$words</description>
  <message gettext-domain="virtbus">Authentication is required to $request</message>
  <defaults>
    <allow_any>$default</allow_any>
    <allow_inactive>$default</allow_inactive>
    <allow_active>$default</allow_active>
  </defaults>
  <annotate key="org.freedesktop.policykit.owner">unix-user:virtbus</annotate>
  $implied
</action>
'''

IMPLIED = '''\
<annotate key="org.freedesktop.policykit.imply">$actions</annotate>
'''


@dataclass
class Words:
    """What permissions.ini says; a permission is "object.permission" there and here."""
    of: dict  # the words of each permission
    defaults: dict  # of each permission: who may
    asks: set  # what the service asks for itself
    manage: str
    unmanaged: set  # what manage does not imply


def read_defaults(section):
    defaults = {}
    for who, value in section.items():
        if who not in DEFAULTS:
            raise Mismatch(f'{who} is no default of polkit')
        for permission in value.split():
            if permission in defaults:
                raise Mismatch(f'{permission} has two defaults')
            defaults[permission] = who
    return defaults


def read_words(filename):
    parser = configparser.ConfigParser(delimiters='=', interpolation=None)
    with open(filename, encoding='utf-8') as file:
        parser.read_file(file)
    words = {f'{name}.{key}': value for name in parser.sections() if name not in NO_OBJECTS
             for key, value in parser[name].items()}
    return Words(words, read_defaults(parser['defaults']), set(parser['service']['asks'].split()),
                 parser[MANAGE]['words'], set(parser[MANAGE]['except'].split()))


def find_needed(interfaces):
    """All permissions that a member needs, for the call or for what it returns."""
    members = [m for i in interfaces for m in i.members]
    return {f'{c.object}.{c.permission}' for m in members for c in m.checks + m.filters}


def check(words, needed):
    for permission in sorted(needed - set(words.of)):
        raise Mismatch(f'{permission} has no words')
    for permission in sorted(set(words.of) - needed):
        raise Mismatch(f'{permission} has words, but no member needs it')
    for name, text in [(MANAGE, words.manage), *words.of.items()]:
        if UNFIT.search(text):
            raise Mismatch(f'{name} has words on several lines, or with &, < or >')
    for permission in sorted((set(words.defaults) | words.unmanaged) - needed):
        raise Mismatch(f'{permission} is named, but no member needs it')


def action_id(permission):
    return PREFIX + permission.replace('_', '-')


def write_action(permission, words, default, implied=''):
    return fill(ACTION, id=action_id(permission), words=words,
                request=words[0].lower() + words[1:], default=default, implied=implied)


def write_policy(words, needed):
    needed = needed | words.asks
    check(words, needed)
    actions = ' '.join(action_id(p) for p in sorted(needed - words.unmanaged))
    written = [write_action(MANAGE, words.manage, OTHERS, fill(IMPLIED, actions=actions))]
    written += [write_action(p, words.of[p], words.defaults.get(p, OTHERS))
                for p in sorted(needed)]
    return fill(POLICY, actions='\n' + '\n'.join(written))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--words', required=True, help='permissions.ini')
    parser.add_argument('--output', required=True, help='the file to write')
    parser.add_argument('--xml', nargs='+', required=True, help='the interfaces')
    options = parser.parse_args(arguments)
    try:
        text = write_policy(read_words(options.words), find_needed(read_interfaces(options.xml)))
        with open(options.output, 'w', encoding='utf-8') as output:
            output.write(text)
    except (Mismatch, OSError, ET.ParseError, configparser.Error) as error:
        sys.exit(f'policy.py: {error}')


if __name__ == '__main__':
    main()
