# SPDX-License-Identifier: LGPL-2.1-or-later
"""Text that is C: templates to fill in, tables, and lines that are not too long."""

import re
from string import Template

COLUMNS = 100


def fill(template, **values):
    """The template with its $names replaced. A $name alone on its line makes way for as many lines
    as it stands for, indented as it is: none if it stands for nothing."""

    def insert(match):
        lines = values[match[2]].splitlines()
        return ''.join(f'{match[1]}{line}\n' if line else '\n' for line in lines)

    return Template(re.sub(r'^( *)\$(\w+)\n', insert, template, flags=re.M)).substitute(values)


def paragraphs(*parts):
    """The parts that are not empty, with an empty line between two."""
    return '\n\n'.join(part.strip('\n') for part in parts if part) + '\n'


def table(declaration, rows):
    return f'{declaration} = {{\n' + ''.join(f'    {row},\n' for row in rows) + '};\n'


def declare(c_type, name):
    return c_type + ('' if c_type.endswith('*') else ' ') + name


def source(origin, headers, *parts):
    """A C file that comes from @origin."""
    includes = ''.join(f'#include {h}\n' if h[0] == '<' else f'#include "{h}"\n' for h in headers)
    return wrap(paragraphs(f'/* Generated from {origin}. */', includes, *parts))


def wrap(text):
    return '\n'.join(line for long in text.split('\n') for line in wrap_line(long))


def wrap_line(line):
    if len(line) <= COLUMNS:
        return [line]
    indent = ' ' * (len(line) - len(line.lstrip()) + 4)
    head, equals, value = line.partition(' = ')
    if equals and len(indent + value) <= COLUMNS:
        return [f'{head} =', indent + value]
    start, items = split_list(line)
    if len(items) < 2:
        return [line]
    aligned = wrap_items(line[:start], items, ' ' * start)
    indented = [line[:start].rstrip()] + wrap_items(indent, items, indent)
    fits = max(len(each) for each in aligned) <= COLUMNS
    return aligned if fits and len(aligned) <= len(indented) + 1 else indented


def wrap_items(head, items, indent):
    """As many items on each line as it holds, and what is longer than a line broken in itself."""
    lines = [head + items[0]]
    for item in items[1:]:
        if len(lines[-1]) + 1 + len(item) <= COLUMNS:
            lines[-1] += ' ' + item
        else:
            lines.append(indent + item)
    return [part for line in lines for part in wrap_line(line)]


def split_list(line):
    """Where the first list in brackets starts that has commas, and what these part."""
    lists, inside = [], []
    for token in re.finditer(r'"[^"]*"|[({] ?|[)}]|, ', line):
        if token[0][0] in '({':
            inside.append((token.end(), []))
            lists.append(inside[-1])
        elif token[0] in ')}' and inside:
            inside.pop()
        elif token[0] == ', ' and inside:
            inside[-1][1].append(token.end())
    start, cuts = next((each for each in lists if each[1]), (0, []))
    return start, [line[a:b].rstrip() for a, b in zip([start] + cuts, cuts + [len(line)])]
