# SPDX-License-Identifier: LGPL-2.1-or-later
"""What stops the build: each mistake in the XML ends in a message that names the interface, the
member and the reason."""

import tempfile
import unittest
from pathlib import Path

from generator_run import HERE, OLD, run

ADD_KIND = [HERE / 'objects' / 'domain.xml']


def annotations(notes):
    return ''.join(f'<annotation name="org.libvirt1.{name}" value="{value}"/>'
                   for name, value in notes.items())


def member(tag, name, notes, inside='', attributes=''):
    return f'<{tag} name="{name}" {attributes}>{annotations(notes)}{inside}</{tag}>'


def args(direction, *types):
    return ''.join(f'<arg name="{name}" type="{kind}" direction="{direction}"/>'
                   for name, kind in (each.split(':') for each in types))


def method(notes, inside='', name='Rename'):
    return member('method', name, {'Permission': 'domain:write', **notes}, inside)


RENAME = {'Function': 'virDomainRename'}
RENAME_ARGS = args('in', 'newName:s', 'flags:u')
SAVE_ARGS = args('in', 'params:a{sv}', 'flags:u')
RTC_CHANGE = {
    'Event': 'VIR_DOMAIN_EVENT_ID_RTC_CHANGE',
    'Callback': 'virConnectDomainEventRTCChangeCallback',
}


class RefusalTest(unittest.TestCase):
    def run_members(self, members, notes=None, libvirt='9.0.0', others=()):
        notes = notes or {'Object': 'virDomainPtr'}
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / 'interface.xml'
            path.write_text(f'<node><interface name="org.libvirt1.Test">{annotations(notes)}'
                            f'{members}</interface></node>', encoding='utf-8')
            return run(path, *others, libvirt=libvirt)

    def refuse(self, members, message, **options):
        """Stops with exactly this message about org.libvirt1.Test."""
        with self.assertRaises(SystemExit) as stopped:
            self.run_members(members, **options)
        self.assertEqual(stopped.exception.code, f'generate.py: org.libvirt1.Test: {message}')

    def test_nothing_is_wrong(self):
        files = self.run_members(method(RENAME, RENAME_ARGS))
        self.assertIn('virDomainRename(', files['test-bindings.c'])

    # --- functions ---

    def test_unknown_function(self):
        self.refuse(method({'Function': 'virDomainRenmae'}, RENAME_ARGS),
                    'method Rename: libvirt has no function virDomainRenmae')

    def test_unknown_alternative(self):
        notes = {'Function': 'virDomainAbortJobFlags virDomainAbortJbo', 'Since': '8.5.0'}
        self.refuse(method(notes, args('in', 'flags:u')),
                    'method Rename: libvirt has no function virDomainAbortJbo')

    def test_unknown_widest_alternative(self):
        notes = {'Function': 'virDomainAbortJobFalgs virDomainAbortJob', 'Since': '8.5.0'}
        self.refuse(method(notes, args('in', 'flags:u')),
                    'method Rename: libvirt has no function virDomainAbortJobFalgs')

    def test_missing_function(self):
        self.refuse(method({}, RENAME_ARGS), 'method Rename: no Function')

    def test_missing_set_function(self):
        notes = {'Function': 'virDomainIsActive', 'Permission': 'domain:read',
                 'Set.Permission': 'domain:write'}
        self.refuse(member('property', 'Active', notes, '', 'type="b" access="readwrite"'),
                    'property Active: no Set.Function')

    def test_unknown_field(self):
        notes = {'Function': 'virDomainGetInfo', 'Field': 'maxMen', 'Permission': 'domain:read'}
        self.refuse(member('property', 'Memory', notes, '', 'type="t" access="read"'),
                    'property Memory: virDomainGetInfo: the C function fills no maxMen')

    def test_field_of_another_type(self):
        notes = {'Function': 'virDomainGetInfo', 'Field': 'maxMem', 'Permission': 'domain:read'}
        self.refuse(member('property', 'Memory', notes, '', 'type="s" access="read"'),
                    'property Memory: virDomainGetInfo: (guint64)info.maxMem of the C function is t, '
                    'but s has s there')

    def test_property_that_is_a_dictionary(self):
        notes = {'Function': 'virDomainGetMemoryParameters', 'Permission': 'domain:read'}
        self.refuse(member('property', 'Parameters', notes, '', 'type="a{sv}" access="read"'),
                    'property Parameters: a property cannot be a dictionary')

    # --- arguments and results ---

    def test_wrong_type_in(self):
        self.refuse(method(RENAME, args('in', 'newName:u', 'flags:u')),
                    'method Rename: virDomainRename: const char *new_name of the C function wants '
                    's, but argument newName is u')

    def test_too_few_arguments(self):
        self.refuse(method(RENAME, ''),
                    'method Rename: virDomainRename: const char *new_name of the C function wants '
                    's, but there is no argument left')

    def test_too_many_arguments(self):
        self.refuse(method(RENAME, RENAME_ARGS + args('in', 'more:u')),
                    'method Rename: virDomainRename: argument more has no counterpart in the C '
                    'function')

    def test_flags_without_counterpart(self):
        self.refuse(method({'Function': 'virDomainAbortJob'}, args('in', 'flags:u')),
                    'method Rename: virDomainAbortJob: argument flags has no counterpart in the C '
                    'function')

    def test_alternative_that_does_not_fit(self):
        notes = {'Function': 'virDomainAbortJobFlags virDomainRename', 'Since': '8.5.0'}
        self.refuse(method(notes, args('in', 'flags:u')),
                    'method Rename: virDomainRename: const char *new_name of the C function wants '
                    's, but argument flags is u')

    def test_wrong_type_out(self):
        self.refuse(method({'Function': 'virDomainGetName'}, args('out', 'name:u')),
                    'method Rename: virDomainGetName: value_from_string(result) of the C function '
                    'is s, but (u) has u there')

    def test_too_few_results(self):
        self.refuse(method({'Function': 'virDomainGetName'}, ''),
                    'method Rename: virDomainGetName: value_from_string(result) of the C function '
                    'has no place in the result "()"')

    def test_too_many_results(self):
        self.refuse(method({'Function': 'virDomainGetName'}, args('out', 'name:s', 'more:u')),
                    'method Rename: virDomainGetName: nothing in the C function fills u of (su)')

    def test_wrong_property_type(self):
        notes = {'Function': 'virDomainIsActive', 'Permission': 'domain:read'}
        self.refuse(member('property', 'Active', notes, '', 'type="s" access="read"'),
                    'property Active: virDomainIsActive: result of the C function is i or u or b, '
                    'but s has s there')

    def test_argument_without_a_rule(self):
        self.refuse(method({'Function': 'virDomainMemoryPeek'},
                           args('in', 'start:t', 'size:t', 'flags:u') + args('out', 'bytes:ay')),
                    'method Rename: virDomainMemoryPeek: no rule for void *buffer of the C '
                    'function')

    def test_result_without_a_rule(self):
        self.refuse(method({'Function': 'virDomainGetID'}, args('out', 'id:u')),
                    'method Rename: virDomainGetID: no rule for a function that returns '
                    'unsigned int')

    def test_object_without_an_interface(self):
        self.refuse(method({'Function': 'virStorageVolCreateXMLFrom'},
                           args('in', 'xml:s', 'clone:o', 'flags:u') + args('out', 'volume:o')),
                    'method Rename: virStorageVolCreateXMLFrom: no interface has objects of type '
                    'virStorageVolPtr', notes={'Object': 'virStoragePoolPtr'})

    # --- permissions ---

    def test_missing_permission(self):
        self.refuse(member('method', 'Rename', RENAME, RENAME_ARGS), 'method Rename: no Permission')

    def test_missing_set_permission(self):
        notes = {'Function': 'virDomainGetAutostart', 'Permission': 'domain:read',
                 'Set.Function': 'virDomainSetAutostart'}
        self.refuse(member('property', 'Autostart', notes, '', 'type="b" access="readwrite"'),
                    'property Autostart: no Set.Permission')

    def test_malformed_permission(self):
        for permission in ('domain', 'domain:', 'domain:write,domain:save', 'domain:write::type'):
            with self.subTest(permission=permission):
                self.refuse(method({**RENAME, 'Permission': permission}, RENAME_ARGS),
                            f'method Rename: Permission cannot be "{permission}"')

    def test_unknown_flag(self):
        notes = {**RENAME, 'Permission': 'domain:write domain:save:VIR_DOMAIN_AFFECT_CNOFIG'}
        self.refuse(method(notes, RENAME_ARGS), 'method Rename: libvirt has no '
                    'VIR_DOMAIN_AFFECT_CNOFIG, which a permission names')

    def test_unknown_argument(self):
        notes = {**RENAME, 'Permission': 'domain:write::name:VIR_DOMAIN_AFFECT_LIVE'}
        self.refuse(method(notes, RENAME_ARGS),
                    'method Rename: a permission looks at name, which is no argument')

    def test_argument_that_is_no_number(self):
        notes = {**RENAME, 'Permission': 'domain:write::newName:VIR_DOMAIN_AFFECT_LIVE'}
        self.refuse(method(notes, RENAME_ARGS),
                    'method Rename: a permission looks at newName, which is no number of 32 bits')

    def test_no_permission_left(self):
        notes = {'Function': 'virDomainResume',
                 'Permission': 'domain:write:VIR_DOMAIN_AFFECT_LIVE'}
        self.refuse(method(notes), 'method Rename: none of its permissions can ever be due')

    def test_malformed_filter(self):
        for value in ('domain', 'domain:read:VIR_DOMAIN_AFFECT_LIVE', 'domain:read domain:write'):
            with self.subTest(filter=value):
                self.refuse(method({**RENAME, 'Filter': value}, RENAME_ARGS),
                            f'method Rename: Filter cannot be "{value}"')

    def test_filter_without_a_list(self):
        self.refuse(method({**RENAME, 'Filter': 'domain:read'}, RENAME_ARGS),
                    'method Rename: a Filter, but it returns no list')

    # --- releases ---

    def test_missing_since(self):
        self.refuse(method({'Function': 'virDomainSaveParams'}, SAVE_ARGS),
                    'method Rename: function virDomainSaveParams came with libvirt 8.4.0, but '
                    'there is no Since')

    def test_wrong_since(self):
        self.refuse(method({'Function': 'virDomainSaveParams', 'Since': '8.5.0'}, SAVE_ARGS),
                    'method Rename: function virDomainSaveParams came with libvirt 8.4.0, but '
                    'Since is 8.5.0')

    def test_needless_since(self):
        self.refuse(method({**RENAME, 'Since': '7.1.0'}, RENAME_ARGS),
                    'method Rename: function virDomainRename came with libvirt 1.2.19, but Since '
                    'is 7.1.0')

    def test_missing_since_on_older_libvirt(self):
        self.refuse(method({'Function': 'virDomainSaveParams'}, SAVE_ARGS),
                    'method Rename: libvirt has no function virDomainSaveParams', libvirt=OLD)

    def test_missing_since_of_handwritten(self):
        self.refuse(method({'Function': 'virDomainSaveParams', 'Handwritten': 'true'}, SAVE_ARGS),
                    'method Rename: function virDomainSaveParams came with libvirt 8.4.0, but '
                    'there is no Since')

    def test_malformed_since(self):
        self.refuse(method({**RENAME, 'Since': '8.4'}, RENAME_ARGS),
                    'method Rename: Since cannot be "8.4"')

    # --- events ---

    def signal(self, notes, inside='', name='RTCChange'):
        return member('signal', name, {**RTC_CHANGE, **notes}, inside)

    def test_unknown_event(self):
        notes = {'Event': 'VIR_DOMAIN_EVENT_ID_RTC_CAHNGE'}
        self.refuse(self.signal(notes, args('out', 'offset:x')),
                    'signal RTCChange: libvirt has no event VIR_DOMAIN_EVENT_ID_RTC_CAHNGE',
                    others=ADD_KIND)

    def test_missing_event(self):
        self.refuse(member('signal', 'RTCChange', {'Callback': RTC_CHANGE['Callback']}),
                    'signal RTCChange: no Event')

    def test_unknown_callback(self):
        self.refuse(self.signal({'Callback': 'virConnectDomainEventCallbcak'}),
                    'signal RTCChange: libvirt has no callback virConnectDomainEventCallbcak')

    def test_wrong_type_of_event(self):
        self.refuse(self.signal({}, args('out', 'offset:t')),
                    'signal RTCChange: utcoffset of the callback is x, but (t) has t there',
                    others=ADD_KIND)

    def test_too_few_arguments_of_event(self):
        self.refuse(self.signal({}), 'signal RTCChange: utcoffset of the callback has no place in '
                    'the result "()"', others=ADD_KIND)

    def test_too_many_arguments_of_event(self):
        self.refuse(self.signal({}, args('out', 'offset:x', 'more:s')),
                    'signal RTCChange: nothing in the callback fills s of (xs)', others=ADD_KIND)

    def test_event_without_a_rule(self):
        notes = {'Event': 'VIR_DOMAIN_EVENT_ID_GRAPHICS',
                 'Callback': 'virConnectDomainEventGraphicsCallback'}
        self.refuse(self.signal(notes, args('out', 'phase:i')),
                    'signal RTCChange: no rule for const virDomainEventGraphicsAddress *local of '
                    'the callback', others=ADD_KIND)

    def test_missing_event_since(self):
        notes = {'Event': 'VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE',
                 'Callback': 'virConnectDomainEventMemoryDeviceSizeChangeCallback'}
        self.refuse(self.signal(notes, args('out', 'device:s', 'size:t')),
                    'signal RTCChange: event VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE came '
                    'with libvirt 7.9.0, but there is no Since', others=ADD_KIND)

    def test_event_that_nobody_registers(self):
        self.refuse(self.signal({}, args('out', 'offset:x')),
                    'signal RTCChange: no interface with objects of type virDomainPtr has an '
                    'EventRegister')

    # --- annotations and names ---

    def test_unknown_annotation(self):
        self.refuse(method({**RENAME, 'Permision': 'domain:write'}, RENAME_ARGS),
                    'method Rename: unknown annotation org.libvirt1.Permision')

    def test_unknown_annotation_of_interface(self):
        self.refuse(method(RENAME, RENAME_ARGS), 'unknown annotation org.libvirt1.Nod',
                    notes={'Object': 'virDomainPtr', 'Nod': 'domain'})

    def test_unknown_annotation_of_argument(self):
        inside = ('<arg name="newName" type="s" direction="in">'
                  + annotations({'Nulable': 'true'}) + '</arg>')
        self.refuse(method(RENAME, inside),
                    'method Rename: argument newName: unknown annotation org.libvirt1.Nulable')

    def test_annotation_in_the_wrong_place(self):
        self.refuse(method({**RENAME, 'Set.Permission': 'domain:write'}, RENAME_ARGS),
                    'method Rename: unknown annotation org.libvirt1.Set.Permission')

    def test_foreign_annotation(self):
        foreign = '<annotation name="org.freedesktop.DBus.Deprecated" value="true"/>'
        self.run_members(method(RENAME, foreign + RENAME_ARGS))

    def test_nullable_number(self):
        inside = ('<arg name="flags" type="u" direction="in">' + annotations({'Nullable': 'true'})
                  + '</arg>')
        self.refuse(method(RENAME, inside), 'method Rename: argument flags: only a string on its '
                    'way in can be Nullable')

    def test_wrong_values(self):
        for name, value in ({'Lane': 'fast', 'Handwritten': 'yes'}).items():
            with self.subTest(annotation=name):
                self.refuse(method({**RENAME, name: value}, RENAME_ARGS),
                            f'method Rename: {name} cannot be "{value}"')

    def test_members_of_one_name(self):
        self.refuse(method(RENAME, RENAME_ARGS, 'GetXML') + method(RENAME, RENAME_ARGS, 'GetXml'),
                    'method GetXml: its C name test_get_xml is also that of org.libvirt1.Test: '
                    'method GetXML')

    def test_objects_of_unknown_type(self):
        notes = {'Object': 'virDomianPtr', 'Identity': 'virDomainGetUUIDString'}
        self.refuse('', 'libvirt has no objects of type virDomianPtr', notes=notes)


if __name__ == '__main__':
    unittest.main()
