/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How snapshots and checkpoints are named: by their domain and a name that is theirs only within
 * it. path.c joins the two. */

#include "bindings.h"
#include "error.h"
#include "path.h"

static char *
encode(virDomainPtr domain, const char *name)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";

    virDomainGetUUIDString(domain, uuid);

    return path_encode_pair(uuid, name);
}

/* Moves @key on to the name behind the domain. */
static virDomainPtr
look_up_domain(virConnectPtr connect, const char **key)
{
    g_autofree char *uuid = g_strndup(*key, VIR_UUID_STRING_BUFLEN - 1);

    *key += VIR_UUID_STRING_BUFLEN;

    return virDomainLookupByUUIDString(connect, uuid);
}

char *
domain_snapshot_identity(void *handle)
{
    return encode(virDomainSnapshotGetDomain(handle), virDomainSnapshotGetName(handle));
}

char *
domain_snapshot_decode(const char *element)
{
    return path_decode_pair(element);
}

void *
domain_snapshot_look_up(virConnectPtr connect, const char *key, GError **error)
{
    g_autoptr(virDomain) domain = look_up_domain(connect, &key);
    if (!domain)
        return error_from_libvirt(error);

    virDomainSnapshotPtr snapshot = virDomainSnapshotLookupByName(domain, key, 0);
    if (!snapshot)
        return error_from_libvirt(error);

    return snapshot;
}

char *
domain_checkpoint_identity(void *handle)
{
    return encode(virDomainCheckpointGetDomain(handle), virDomainCheckpointGetName(handle));
}

char *
domain_checkpoint_decode(const char *element)
{
    return path_decode_pair(element);
}

void *
domain_checkpoint_look_up(virConnectPtr connect, const char *key, GError **error)
{
    g_autoptr(virDomain) domain = look_up_domain(connect, &key);
    if (!domain)
        return error_from_libvirt(error);

    virDomainCheckpointPtr checkpoint = virDomainCheckpointLookupByName(domain, key, 0);
    if (!checkpoint)
        return error_from_libvirt(error);

    return checkpoint;
}
