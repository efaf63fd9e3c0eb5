# SPDX-License-Identifier: LGPL-2.1-or-later
"""What account.py must not let pass. Each case takes the real data and spoils one thing."""

import glob
import os
import sys
import unittest

TESTS = os.path.dirname(os.path.abspath(__file__))
INTROSPECTION = os.path.join(os.path.dirname(TESTS), 'introspection')
sys.path.insert(0, INTROSPECTION)

import account  # noqa: E402
from generator.interface_xml import read_interfaces  # noqa: E402
from generator.libvirt_api import Api, Enum, Function  # noqa: E402

XML = sorted(glob.glob(os.path.join(INTROSPECTION, 'org.libvirt1.*.xml')))


def read_api(version):
    return Api(glob.glob(os.path.join(TESTS, 'api', version, '*.xml')), version)


class Accounting(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(INTROSPECTION, 'accounting.ini'), encoding='utf-8') as file:
            cls.text = file.read()
        cls.interfaces = read_interfaces(XML)
        cls.documentation = account.read_documentation(XML)

    def setUp(self):
        self.api = read_api('7.0.0')

    def accounts(self, old='', new='', **changes):
        """The accounts, with @old in accounting.ini replaced by @new."""
        self.assertIn(old, self.text)
        data = account.read_data(self.text.replace(old, new, 1))
        documentation = changes.get('documentation', self.documentation)
        return account.account_for(self.api, data, self.interfaces, documentation)

    def problems(self, *args, **changes):
        return [p for a in self.accounts(*args, **changes) for p in a.problems]

    def test_nothing_is_wrong_with_the_data(self):
        self.assertEqual(self.problems(), [])

    def test_function_that_nobody_placed(self):
        self.api.functions['virDomainTeleport'] = Function('virDomainTeleport', 'int', [], '')
        self.assertEqual(self.problems(), ['virDomainTeleport has no place'])

    def test_function_taken_out_of_its_group(self):
        self.assertEqual(self.problems('    virInitialize\n'), ['virInitialize has no place'])

    def test_function_both_behind_a_member_and_in_a_group(self):
        self.assertEqual(
            self.problems('    virInitialize\n', '    virInitialize\n    virDomainSuspend\n'),
            ['virDomainSuspend is behind Domain.Suspend and in the group "the service itself"'])

    def test_function_in_two_groups(self):
        self.assertEqual(
            self.problems('    virInitialize\n', '    virInitialize\n    virDomainRef\n'),
            ['virDomainRef is in the group "memory management" '
             'and in the group "the service itself"'])

    def test_function_superseded_by_what_has_no_place(self):
        self.assertEqual(
            self.problems('virDomainSave = virDomainSaveFlags', 'virDomainSave = virDomainLoad'),
            ['virDomainSave is superseded by virDomainLoad, which has no place itself'])

    def test_functions_that_supersede_each_other(self):
        straight = ('virConnectOpen = virConnectOpenAuth\n'
                    'virConnectOpenReadOnly = virConnectOpenAuth\n')
        circle = ('virConnectOpen = virConnectOpenReadOnly\n'
                  'virConnectOpenReadOnly = virConnectOpen\n')
        self.assertEqual(self.problems(straight, circle), [
            'virConnectOpen is superseded by virConnectOpenReadOnly, which has no place itself',
            'virConnectOpenReadOnly is superseded by virConnectOpen, which has no place itself'])

    def test_function_that_libvirt_lacks(self):
        self.assertEqual(
            self.problems('    virInitialize\n', '    virInitialize\n    virNothing\n'),
            ['accounting.ini names virNothing, which libvirt lacks'])

    def test_function_of_a_newer_libvirt(self):
        marked = '    virInitialize\n    virNothing since 8.1.0\n'
        self.assertEqual(self.problems('    virInitialize\n', marked), [])

    def test_unknown_event(self):
        self.api.enums['VIR_SECRET_EVENT_ID_LEAKED'] = Enum('virSecretEventID', '2', '')
        self.assertEqual(self.problems(), ['VIR_SECRET_EVENT_ID_LEAKED has no place'])

    def test_enum_that_no_documentation_names(self):
        self.api.enums['VIR_SHAPE_ROUND'] = Enum('virShape', '0', '')
        self.api.enums['VIR_SHAPE_SQUARE'] = Enum('virShape', '1', '')
        documentation = self.documentation | {'Shape': {'VIR_SHAPE_ROUND'}}
        self.assertEqual(self.problems(documentation=documentation), ['virShape has no place'])

    def test_enum_is_documented_by_its_name_or_all_its_values(self):
        self.api.enums['VIR_SHAPE_ROUND'] = Enum('virShape', '0', '')
        self.api.enums['VIR_SHAPE_LAST'] = Enum('virShape', '1', '')
        for words in ({'virShape'}, {'VIR_SHAPE_ROUND'}):
            documentation = self.documentation | {'Shape': words}
            self.assertEqual(self.problems(documentation=documentation), [])

    def test_error_without_a_name_of_its_own(self):
        names = {'VIR_ERR_A': 'Error.A', 'VIR_A': 'Error.A', 'VIR_ERR_B': '', 'VIR_ERR_C': 'Error.C'}
        self.assertEqual(account.error_problems(names), [
            'VIR_ERR_B has no name on the bus', 'VIR_ERR_A and VIR_A are both Error.A'])

    def test_every_error_has_a_name_of_its_own(self):
        names = account.error_names(self.api)
        self.assertEqual(names['VIR_ERR_NO_DOMAIN'], 'org.libvirt1.Error.NoDomain')
        self.assertEqual(account.error_problems(names), [])

    def test_newer_libvirt_is_listed_and_fails_nothing(self):
        self.api = read_api('11.3.0')
        functions, events, enums = accounts = self.accounts()
        self.assertEqual([p for a in accounts for p in a.problems], [])
        self.assertIn('virNodeDeviceUpdate', functions.unplaced)
        self.assertIn('VIR_DOMAIN_EVENT_ID_NIC_MAC_CHANGE', events.unplaced)
        self.assertIn('virNodeDeviceUpdateFlags', enums.unplaced)
        text = account.report(accounts, {}, self.interfaces, self.api)
        self.assertIn('virNodeDeviceUpdate\n', text)


if __name__ == '__main__':
    unittest.main()
