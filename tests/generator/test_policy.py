# SPDX-License-Identifier: LGPL-2.1-or-later
"""The actions of polkit: what policy/*.xml and policy/permissions.ini become, what is refused, and
that everybody may what libvirt lets everybody do. UPDATE=1 as in test_rules.py."""

import os
import tempfile
import unittest
import xml.etree.ElementTree as ET
from pathlib import Path

from generator_run import HERE

import policy  # found where generator_run has found the generator

REPOSITORY = HERE.parent.parent
WORDS = HERE / 'policy' / 'permissions.ini'
LIBVIRT_POLICY = Path('/usr/share/polkit-1/actions/org.libvirt.api.policy')


def run(words=WORDS, interfaces=(HERE / 'policy' / 'interface.xml',)):
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory) / 'policy'
        policy.main(['--words', str(words), '--output', str(output),
                     '--xml', *map(str, interfaces)])
        return output.read_text(encoding='utf-8')


def run_real():
    introspection = REPOSITORY / 'introspection'
    return run(REPOSITORY / 'polkit' / 'permissions.ini',
               [*sorted(introspection.glob('*.xml')), *sorted(introspection.glob('compat/*.xml'))])


def everybody_may(root, prefix):
    """Of each action, without the prefix of its name, whether everybody may."""
    return {action.get('id').removeprefix(prefix): action.findtext('defaults/allow_any') == 'yes'
            for action in root.findall('action')}


class PolicyTest(unittest.TestCase):
    maxDiff = None

    def refuse(self, old, new, message):
        """Stops with this message if that is changed in the words."""
        text = WORDS.read_text(encoding='utf-8')
        self.assertIn(old, text)
        with tempfile.NamedTemporaryFile('w', encoding='utf-8') as file:
            file.write(text.replace(old, new))
            file.flush()
            with self.assertRaises(SystemExit) as stopped:
                run(file.name)
        self.assertEqual(stopped.exception.code, f'policy.py: {message}')

    def test_golden(self):
        text, path = run(), HERE / 'policy' / 'org.libvirt1.policy'
        if os.environ.get('UPDATE') == '1':
            path.write_text(text, encoding='utf-8')
        self.assertEqual(path.read_text(encoding='utf-8'), text)

    def test_permission_without_words(self):
        self.refuse('fs_freeze = Freeze file systems\n', '', 'domain.fs_freeze has no words')

    def test_filter_without_words(self):
        self.refuse('getattr = See that a domain exists\n', '', 'domain.getattr has no words')

    def test_service_permission_without_words(self):
        self.refuse('open = Open a connection\n', '', 'connect.open has no words')

    def test_words_without_a_member(self):
        self.refuse('[domain]\n', '[domain]\nscreenshot = Take pictures\n',
                    'domain.screenshot has words, but no member needs it')

    def test_words_that_polkit_would_cut(self):
        for words in ('Freeze & thaw', 'Freeze\n  file systems'):
            with self.subTest(words=words):
                self.refuse('Freeze file systems', words, 'domain.fs_freeze has words on several '
                            'lines, or with &, < or >')
        self.refuse('Do everything', 'Do <everything>', 'manage has words on several lines, or '
                    'with &, < or >')

    def test_default_without_a_member(self):
        self.refuse('yes = domain.getattr', 'yes = domain.getattr domain.screenshot',
                    'domain.screenshot is named, but no member needs it')

    def test_exception_without_a_member(self):
        self.refuse('except = connect.open_any', 'except = connect.open_all',
                    'connect.open_all is named, but no member needs it')

    def test_nobody_may_twice(self):
        self.refuse('auth_admin = ', 'auth_admin = domain.getattr ',
                    'domain.getattr has two defaults')

    def test_unknown_default(self):
        self.refuse('yes = ', 'everybody = ', 'everybody is no default of polkit')

    @unittest.skipUnless(LIBVIRT_POLICY.exists(), f'there is no {LIBVIRT_POLICY}')
    def test_everybody_may_what_libvirt_allows(self):
        ours = everybody_may(ET.fromstring(run_real().encode()), 'org.libvirt1.')
        theirs = everybody_may(ET.parse(LIBVIRT_POLICY).getroot(), 'org.libvirt.api.')
        self.assertGreater(len(set(ours) & set(theirs)), 90)
        for action, everybody in ours.items():
            with self.subTest(action=action):
                self.assertEqual(everybody, theirs.get(action, False))


if __name__ == '__main__':
    unittest.main()
