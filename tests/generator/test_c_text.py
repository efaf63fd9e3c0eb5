# SPDX-License-Identifier: LGPL-2.1-or-later
"""How the generator fills in templates and breaks lines that are too long."""

import unittest

import generator_run  # noqa: F401  (it makes the generator importable)
from generator.c_text import fill, wrap
from generator.interface_xml import snake


class FillTest(unittest.TestCase):
    def test_lines_are_indented_like_the_name(self):
        self.assertEqual(fill('{\n    $body\n}\n', body='a;\n\nif (b)\n    c;'),
                         '{\n    a;\n\n    if (b)\n        c;\n}\n')

    def test_nothing_leaves_no_line(self):
        self.assertEqual(fill('{\n    $body\n}\n', body=''), '{\n}\n')

    def test_names_within_a_line(self):
        self.assertEqual(fill('${a}_b($c);\n', a='x', c='y'), 'x_b(y);\n')


class WrapTest(unittest.TestCase):
    def check(self, line, *expected):
        self.assertEqual(wrap(line).split('\n'), list(expected))

    def test_short_line_stays(self):
        self.check('    call(' + 'a' * 90 + ');', '    call(' + 'a' * 90 + ');')

    def test_arguments_are_aligned(self):
        self.check(f'    call({"a" * 40}, {"b" * 40}, {"c" * 40}, d);',
                   f'    call({"a" * 40}, {"b" * 40},',
                   f'         {"c" * 40}, d);')

    def test_assignment_is_broken_first(self):
        self.check(f'    type name = call({"a" * 40}, {"b" * 40});',
                   '    type name =',
                   f'        call({"a" * 40}, {"b" * 40});')

    def test_call_within_a_call(self):
        self.check(f'    call("(ss)", inner({"a" * 50}, {"b" * 50}));',
                   '    call("(ss)",',
                   f'         inner({"a" * 50},',
                   f'               {"b" * 50}));')

    def test_arguments_without_room_at_the_bracket(self):
        self.check(f'    {"f" * 50}({"a" * 50}, {"b" * 30});',
                   f'    {"f" * 50}(',
                   f'        {"a" * 50}, {"b" * 30});')

    def test_row_of_a_table(self):
        self.check(f'    {{ "{"a" * 50}", {"b" * 50}, 0 }},',
                   f'    {{ "{"a" * 50}",',
                   f'      {"b" * 50}, 0 }},')

    def test_commas_in_strings_and_casts_do_not_count(self):
        self.check(f'    call((void **)x, "{"a, " * 20}", {"b" * 30});',
                   f'    call((void **)x, "{"a, " * 20}",',
                   f'         {"b" * 30});')


class SnakeTest(unittest.TestCase):
    def test_names(self):
        for name, expected in {
            'GetXMLDesc': 'get_xml_desc',
            'FSFreeze': 'fs_freeze',
            'AddIOThread': 'add_io_thread',
            'xmlCPUs': 'xml_cpus',
            'nparams': 'nparams',
            'UUID': 'uuid',
        }.items():
            self.assertEqual(snake(name), expected)


if __name__ == '__main__':
    unittest.main()
