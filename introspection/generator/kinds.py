# SPDX-License-Identifier: LGPL-2.1-or-later
"""A kind of object: how it is named in a path and found again."""

from .c_text import fill, paragraphs
from .libvirt_api import Mismatch

REFERENCES = '''\
static int
${prefix}_ref(void *handle)
{
    return ${struct}Ref(handle);
}

static int
${prefix}_free(void *handle)
{
    return ${struct}Free(handle);
}
'''

IDENTITY = '''\
static char *
${prefix}_identity(void *handle)
{
    return path_encode($identity(handle));
}
'''

UUID_IDENTITY = '''\
static char *
${prefix}_identity(void *handle)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";

    $identity(handle, uuid);

    return path_encode_uuid(uuid);
}
'''

LOOK_UP = '''\
static void *
${prefix}_look_up(virConnectPtr connect, const char *key, GError **error)
{
    $handle handle = $look_up(connect, key);
    if (!handle)
        return error_from_libvirt(error);

    return handle;
}
'''

LIST = '''\
static int
${prefix}_list(virConnectPtr connect, void ***handles, unsigned int flags)
{
    return $list_all(connect, ($handle **)handles, flags);
}
'''

KIND = '''\
const Kind ${prefix}_kind = {
    .node = "$node",
    .missing = $missing,
    .identity = ${prefix}_identity,
    .decode = $decode,
    .look_up = ${prefix}_look_up,
    .list = $list,
    .ref = ${prefix}_ref,
    .free = ${prefix}_free,
    .interfaces = ${prefix}_interfaces,
    .compat_interfaces = $compat_interfaces,
    .compat = $compat,
};
'''

DECLARATIONS = '''\
char *${prefix}_identity(void *handle);
char *${prefix}_decode(const char *element);
void *${prefix}_look_up(virConnectPtr connect, const char *key, GError **error);
'''


def find_kinds(interfaces):
    """The interface that all objects of a kind have, by the C type of their handles."""
    return {i.object: i for i in interfaces if i.identity and not i.native}


def find_compat(interfaces, interface):
    """The interface of the compat face that has the same objects, if there is one."""
    return next((i for i in interfaces if i.native == interface.name), None)


def is_handwritten(interface):
    return interface.identity == 'handwritten'


def write_kind(api, interfaces, interface):
    if not interface.identity:
        return ''
    if not api.is_handle(interface.object):
        raise Mismatch(f'{interface.name}: libvirt has no objects of type {interface.object}')
    prefix = interface.c_name
    twin = interface if interface.native else find_compat(interfaces, interface)
    names = {
        'prefix': prefix,
        'handle': interface.object,
        'struct': api.struct_name(interface.object),
        'node': interface.node,
        'missing': interface.missing,
        'identity': interface.identity,
        'look_up': interface.look_up,
        'list_all': interface.list_all,
        'compat_interfaces': f'{twin.c_name}_interfaces' if twin else 'NULL',
        'compat': f'&{twin.c_name}_kind' if twin and twin.identity else 'NULL',
        'list': f'{prefix}_list' if interface.list_all else 'NULL',
        'decode': f'{prefix}_decode' if is_handwritten(interface) else 'path_decode',
    }
    parts = [REFERENCES]
    if not is_handwritten(interface):
        by_uuid = interface.identity.endswith('UUIDString')
        names['decode'] += '_uuid' if by_uuid else ''
        parts += [UUID_IDENTITY if by_uuid else IDENTITY, LOOK_UP]
    parts += [LIST] if interface.list_all else []
    return paragraphs(*(fill(part, **names) for part in parts + [KIND]))


def declare_kind(interface):
    """What bindings.h says of the functions that stand in src/."""
    return fill(DECLARATIONS, prefix=interface.c_name) if is_handwritten(interface) else ''
