#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Accounts for all of libvirt: says where each of its functions, events, errors and enums went.

Everything is in exactly one place: behind a member of the introspection XML, superseded by
something wider that has a place itself, or in one of the groups of accounting.ini.
What is in none or in two of them, and what accounting.ini names in vain, is an error. Of a libvirt
newer than accounting.ini knows, what has no place is only listed.
"""

import argparse
import configparser
import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from generator.interface_xml import PREFIX, read_interfaces
from generator.libvirt_api import Api, Mismatch, parse_version
from generator.tables import write_errors

MOST_HANDWRITTEN = 15  # percent of the members
WAITING = 'waiting for '  # what the groups of what comes later begin with


# --- what accounting.ini says -----------------------------------------------------------------


@dataclass
class Group:
    name: str
    reason: str
    patterns: dict  # kind -> of names, or shell patterns of names


@dataclass
class Data:
    known: tuple  # the newest libvirt that is accounted for
    groups: list
    superseded: dict  # narrow -> wider
    since: dict  # name -> the libvirt that brought it, where the data says so


def read_data(text):
    ini = configparser.ConfigParser(delimiters='=', interpolation=None)
    ini.optionxform = str
    ini.read_string(text)
    since = {}

    def name_of(entry):
        name, _, version = entry.partition(' since ')
        if version:
            since[name] = version
        return name

    def read_group(name):
        patterns = {kind: [name_of(line) for line in ini[name].get(kind, '').strip().splitlines()]
                    for kind in ('functions', 'events', 'enums')}
        return Group(name, ini[name]['reason'], patterns)

    groups = [read_group(name) for name in ini.sections() if name not in ('known', 'superseded')]
    superseded = {name_of(narrow): wider for narrow, wider in ini.items('superseded')}
    return Data(parse_version(ini['known']['libvirt']), groups, superseded, since)


# --- what the XML says ------------------------------------------------------------------------


def short_name(interface, member=None):
    name = interface.name.removeprefix(PREFIX)
    return f'{name}.{member.name}' if member else name


def functions_behind(interfaces):
    """function -> the members that call it; else what of an interface needs it"""
    behind, needed = defaultdict(list), defaultdict(list)
    for interface in interfaces:
        for member in interface.members:
            for name in member.functions:
                behind[name].append(short_name(interface, member))
        for name in (interface.event_register, interface.event_deregister):
            needed[name].append(f'signals of {short_name(interface)}')
        for name in (interface.identity, interface.look_up, interface.list_all):
            needed[name].append(f'objects with {short_name(interface)}')
    return needed | behind


def events_behind(interfaces):
    """event -> the signals that tell of it"""
    behind = defaultdict(list)
    for interface in interfaces:
        for member in interface.members:
            behind[member.event].append(short_name(interface, member))
    return behind


def read_documentation(filenames):
    """interface -> the words of its documentation"""
    words = {}
    for name in filenames:
        with open(name, encoding='utf-8') as xml:
            text = ' '.join(re.findall('<!--(.*?)-->', xml.read(), re.DOTALL))
        interface = ET.parse(name).getroot().find('interface').get('name')
        words[interface.removeprefix(PREFIX)] = set(re.findall(r'\w+', text))
    return words


def enums_behind(enums, documentation):
    """enum type -> the interfaces whose documentation has its name, or all of its values."""
    return {enum: [interface for interface, words in documentation.items()
                   if enum in words or values and values <= words]
            for enum, values in enums.items()}


# --- the account ------------------------------------------------------------------------------


@dataclass
class Account:
    """Where all things of one kind went."""
    kind: str
    behind: dict = field(default_factory=dict)  # name -> names of members or interfaces
    superseded: dict = field(default_factory=dict)  # name -> the wider name
    grouped: dict = field(default_factory=dict)  # name -> Group
    unplaced: list = field(default_factory=list)
    problems: list = field(default_factory=list)

    def count(self):
        return len(self.behind) + len(self.superseded) + len(self.grouped) + len(self.unplaced)

    def place(self, name, behind, wider, groups):
        places = [f'behind {", ".join(behind)}'] if behind else []
        places += [f'superseded by {wider}'] if wider else []
        places += [f'in the group "{g.name}"' for g in groups]
        if len(places) > 1:
            self.problems.append(f'{name} is {" and ".join(places)}')
        if behind:
            self.behind[name] = list(behind)
        elif wider:
            self.superseded[name] = wider
        elif groups:
            self.grouped[name] = groups[0]
        else:
            self.unplaced.append(name)

    def check_superseded(self):
        for name, wider in self.superseded.items():
            chain = [name, wider]
            while chain[-1] in self.superseded and chain[-1] not in chain[:-1]:
                chain.append(self.superseded[chain[-1]])
            if chain[-1] not in self.behind and chain[-1] not in self.grouped:
                self.problems.append(f'{name} is superseded by {wider}, which has no place itself')


def make_account(kind, names, behind, data, version):
    """Places each of the @names. @version is that of the libvirt that has them."""
    account = Account(kind)
    prefix = {'functions': 'vir', 'events': 'VIR_', 'enums': None}[kind]
    superseded = {n: w for n, w in data.superseded.items() if prefix and n.startswith(prefix)}
    for name in sorted(names):
        groups = [g for g in data.groups if any(fnmatchcase(name, p) for p in g.patterns[kind])]
        account.place(name, behind.get(name), superseded.get(name), groups)
    account.check_superseded()
    for entry in [p for g in data.groups for p in g.patterns[kind]] + list(superseded):
        is_newer = entry in data.since and parse_version(data.since[entry]) > version
        if not is_newer and not any(fnmatchcase(name, entry) for name in names):
            account.problems.append(f'accounting.ini names {entry}, which libvirt lacks')
    if version <= data.known:
        account.problems += [f'{name} has no place' for name in account.unplaced]
    return account


def event_ids(api):
    return [name for name, enum in api.enums.items()
            if enum.type.endswith('EventID') and not name.endswith('_LAST')]


def enum_values(api, known):
    """enum type -> those of its values that the newest known libvirt has, without the events."""
    values = defaultdict(set)
    for name, enum in api.enums.items():
        is_known = not enum.version or parse_version(enum.version) <= known
        if not enum.type.endswith('EventID'):
            values[enum.type] |= {name} if is_known and not name.endswith('_LAST') else set()
    return values


def error_names(api):
    """error code -> its name on the bus; empty if the generator gives it none"""
    named = dict(re.findall(r'\{ (\w+)[^{"]*"([^"]+)"', write_errors(api)))
    return {code: named.get(code) or named.get(enum.value, '') for code, enum in api.enums.items()
            if enum.type == 'virErrorNumber' and enum.value != '0' and not code.endswith('_LAST')}


def error_problems(names):
    codes = defaultdict(list)
    for code, name in names.items():
        codes[name].append(code)
    return ([f'{code} has no name on the bus' for code in codes.pop('', [])]
            + [f'{" and ".join(same)} are both {n}' for n, same in codes.items() if len(same) > 1])


def handwritten_share(interfaces):
    members = [m for i in interfaces for m in i.members]
    handwritten = sum(m.handwritten and (m.kind != 'signals' or bool(m.callback)) for m in members)
    return handwritten, len(members), 100 * handwritten / len(members)


# --- what is written --------------------------------------------------------------------------


def totals(functions):
    """(what, how many) of the functions, from all of them down."""
    groups = Counter(g.name for g in functions.grouped.values())
    plumbing = {name: n for name, n in groups.items() if not name.startswith(WAITING)}
    yield 'functions in all', functions.count()
    yield 'behind members', len(functions.behind)
    yield 'superseded', len(functions.superseded)
    yield 'plumbing', sum(plumbing.values())
    yield from ((f'  {name}', n) for name, n in plumbing.items())
    yield from ((name, n) for name, n in groups.items() if name.startswith(WAITING))
    if functions.unplaced:
        yield 'unplaced', len(functions.unplaced)


def lists(accounts):
    """The names of what comes later, and of what only a newer libvirt has."""
    for account in accounts:
        groups = sorted({g.name for g in account.grouped.values()})
        for group in (name for name in groups if name.startswith(WAITING)):
            yield group, account.kind, [n for n, g in account.grouped.items() if g.name == group]
        yield 'without a place', account.kind, account.unplaced


def report(accounts, errors, interfaces, api):
    functions, events, enums = accounts
    lines = [f'libvirt {".".join(map(str, api.version))}']
    lines += [f'{n:5} {what}' for what, n in totals(functions)]
    lines += [f'{events.count():5} events: {len(events.behind)} signals, '
              f'{len(events.superseded)} superseded',
              f'{len(errors):5} errors with names',
              f'{enums.count():5} enum types: {len(enums.behind)} documented with members',
              '%5d of %d members handwritten (%.1f %%)' % handwritten_share(interfaces)]
    for what, kind, names in lists(accounts):
        if names:
            lines += [f'{kind} {what}:'] + [f'      {name}' for name in names]
    return '\n'.join(lines)


def place_text(account, name):
    if name in account.behind:
        return ', '.join(account.behind[name])
    if name in account.superseded:
        wider = account.superseded[name]
        return f'see `{wider}`: {place_text(account, wider)}'
    return account.grouped[name].name if name in account.grouped else 'nowhere yet'


def page(accounts, data, version):
    """The page that shows where everything went, in Markdown."""
    functions = accounts[0]
    sizes = Counter(g.name for g in functions.grouped.values())
    lines = ['# Where each libvirt function went', '',
             '<!-- Written by introspection/account.py --page. Do not edit. -->', '',
             f'libvirt {version} has {functions.count()} functions.',
             f'{len(functions.behind)} of them are behind members of virtbus, and',
             f'{len(functions.superseded)} are superseded by wider ones. The rest is in a group:', '',
             '| group | functions | why |', '|---|---|---|']
    lines += [f'| {g.name} | {sizes[g.name]} | {g.reason} |' for g in data.groups]
    for account in accounts:
        names = sorted([*account.behind, *account.superseded, *account.grouped, *account.unplaced])
        lines += ['', f'## All {account.kind}', '', '| libvirt | virtbus |', '|---|---|']
        lines += [f'| `{name}` | {place_text(account, name)} |' for name in names]
    return '\n'.join(lines) + '\n'


def is_up_to_date(filename, text):
    try:
        with open(filename, encoding='utf-8') as existing:
            return existing.read() == text
    except FileNotFoundError:
        return False


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--api', nargs='+', required=True, help="libvirt's API description")
    parser.add_argument('--libvirt', required=True, help="libvirt's version")
    parser.add_argument('--data', required=True, help='accounting.ini')
    parser.add_argument('--xml', nargs='+', required=True, help='the interfaces')
    parser.add_argument('--page', help='write the page that shows where everything went')
    parser.add_argument('--check-page', help='fail unless that page is up to date; '
                        'checked with the newest libvirt that accounting.ini knows only')
    return parser.parse_args()


def account_for(api, data, interfaces, documentation):
    enums = enum_values(api, data.known)
    things = (('functions', api.functions, functions_behind(interfaces)),
              ('events', event_ids(api), events_behind(interfaces)),
              ('enums', enums, enums_behind(enums, documentation)))
    return [make_account(kind, names, behind, data, api.version) for kind, names, behind in things]


def account(options):
    """Prints the account, writes the page, returns what is wrong."""
    api, interfaces = Api(options.api, options.libvirt), read_interfaces(options.xml)
    with open(options.data, encoding='utf-8') as file:
        data = read_data(file.read())
    accounts = account_for(api, data, interfaces, read_documentation(options.xml))
    errors = error_names(api)
    print(report(accounts, errors, interfaces, api))

    text = page(accounts, data, options.libvirt)
    if options.page:
        with open(options.page, 'w', encoding='utf-8') as output:
            output.write(text)
    problems = [p for a in accounts for p in a.problems] + error_problems(errors)
    if handwritten_share(interfaces)[2] > MOST_HANDWRITTEN:
        problems.append(f'more than {MOST_HANDWRITTEN} % of the members are handwritten')
    if options.check_page and api.version == data.known:
        if not is_up_to_date(options.check_page, text):
            problems.append(f'{options.check_page} is out of date: write it again with --page')
    return problems


def main():
    try:
        problems = account(parse_options())
    except (Mismatch, OSError, ET.ParseError, configparser.Error) as e:
        sys.exit(f'account.py: {e}')
    if problems:
        sys.exit('\n'.join(['account.py:'] + problems))


if __name__ == '__main__':
    main()
