# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real XML fits the oldest libvirt that virtbus builds on, and one that is newer than the XML."""

import re
import tempfile
import unittest
from pathlib import Path

from generator_run import HERE, generate

XML = sorted((HERE.parent.parent / 'introspection').glob('*.xml'))


def run_release(version):
    """All that the generator writes for this libvirt."""
    descriptions = sorted((HERE.parent / 'api' / version).glob('*.xml'))
    with tempfile.TemporaryDirectory() as directory:
        generate.main([*(f'--api={path}' for path in descriptions), '--libvirt', version,
                       '--output', directory, '--xml', *map(str, XML)])
        return ''.join(path.read_text(encoding='utf-8') for path in Path(directory).iterdir())


class ReleaseTest(unittest.TestCase):
    def test_oldest(self):
        """It lacks some functions, and says so when they are called."""
        missing = re.findall(r'^    return error_no_support\(error, "(\w+)"\);',
                             run_release('7.0.0'), flags=re.M)
        self.assertIn('virDomainFDAssociate', missing)
        self.assertNotIn('virDomainAbortJobFlags', missing)

    def test_newer(self):
        """It has all of them, and needs none that stands in."""
        self.assertNotIn('error_no_support', run_release('11.3.0'))

    def test_errors_of_newer(self):
        """The headers that it is compiled with may be older, and not declare them."""
        self.assertIn('{ 112 /* VIR_ERR_AGENT_COMMAND_TIMEOUT */, '
                      '"org.libvirt1.Error.AgentCommandTimeout" },', run_release('11.3.0'))


if __name__ == '__main__':
    unittest.main()
