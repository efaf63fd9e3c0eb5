/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How network ports are named: by the UUIDs of their network and of their own. */

#include "bindings.h"
#include "error.h"
#include "path.h"

#define UUID_LENGTH (VIR_UUID_STRING_BUFLEN - 1)

char *
network_port_identity(void *handle)
{
    char network[VIR_UUID_STRING_BUFLEN] = "";
    char port[VIR_UUID_STRING_BUFLEN] = "";

    virNetworkGetUUIDString(virNetworkPortGetNetwork(handle), network);
    virNetworkPortGetUUIDString(handle, port);
    g_autofree char *first = path_encode_uuid(network);
    g_autofree char *second = path_encode_uuid(port);

    return g_strconcat(first, second, NULL);
}

/* Both UUIDs with their dashes, one behind the other. */
char *
network_port_decode(const char *element)
{
    const gsize length = strlen(element) / 2;
    g_autofree char *first = g_strndup(element, length);
    g_autofree char *network = path_decode_uuid(first);
    g_autofree char *port = path_decode_uuid(element + length);

    return network && port ? g_strconcat(network, port, NULL) : NULL;
}

void *
network_port_look_up(virConnectPtr connect, const char *key, GError **error)
{
    g_autofree char *uuid = g_strndup(key, UUID_LENGTH);
    g_autoptr(virNetwork) network = virNetworkLookupByUUIDString(connect, uuid);
    if (!network)
        return error_from_libvirt(error);

    virNetworkPortPtr port = virNetworkPortLookupByUUIDString(network, key + UUID_LENGTH);
    if (!port)
        return error_from_libvirt(error);

    return port;
}
