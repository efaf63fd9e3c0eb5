# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the generator writes, rule by rule: rules/<rule>.xml becomes rules/<rule>.c. Where an older
libvirt makes a difference, that is rules/<rule>-<its version>.c. What objects/*.xml becomes stands
in objects/ too: kinds, and what all interfaces share.

UPDATE=1 in the environment writes these files anew, for git to show what has changed."""

import os
import unittest
import xml.etree.ElementTree as ET

from generator_run import HERE, NEW, OLD, run

UPDATE = os.environ.get('UPDATE') == '1'
RULES = sorted((HERE / 'rules').glob('*.xml'))
OBJECTS = sorted((HERE / 'objects').glob('*.xml'))


def interface_name(path):
    return ET.parse(path).getroot().find('interface').get('name')


def run_rule(rule, libvirt):
    """The bindings of a rule's interface, next to those of the objects that it may speak of."""
    name = interface_name(rule)
    files = run(rule, *(path for path in OBJECTS if interface_name(path) != name), libvirt=libvirt)
    return next(text for text in files.values() if text.startswith(f'/* Generated from {name}. */'))


class GoldenTest(unittest.TestCase):
    maxDiff = None

    def check(self, path, text):
        if UPDATE:
            path.write_text(text, encoding='utf-8')
        self.assertEqual(path.read_text(encoding='utf-8'), text, f'{path.name} is not what it was')
        for line in text.splitlines():
            self.assertLessEqual(len(line), 100, line)
            self.assertEqual(line, line.rstrip())

    def test_rules(self):
        self.assertTrue(RULES)
        for rule in RULES:
            with self.subTest(rule=rule.stem):
                self.check(rule.with_suffix('.c'), run_rule(rule, NEW))

    def test_rules_on_older_libvirt(self):
        for rule in RULES:
            with self.subTest(rule=rule.stem):
                text = run_rule(rule, OLD)
                older = rule.with_name(f'{rule.stem}-{OLD}.c')
                if UPDATE and text != run_rule(rule, NEW):
                    older.touch()
                self.check(older if older.exists() else rule.with_suffix('.c'), text)

    def test_objects(self):
        for name, text in run(*OBJECTS).items():
            with self.subTest(file=name):
                self.check(HERE / 'objects' / name, text)


if __name__ == '__main__':
    unittest.main()
