/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libvirt/libvirt.h>

#include "binding.h"

/* A kind of object below a connection: how it is named in a path and found again. */
typedef struct Kind {
    const char *node;                     /* the path element above its objects: "domain" */
    int missing;                          /* libvirt's error code when there is no such object */
    char *(*identity)(void *handle);      /* (owned) the object's own path element */
    char *(*decode)(const char *element); /* (owned) what look_up() wants; NULL if it is none */
    void *(*look_up)(virConnectPtr connect, const char *key, GError **error);
    int (*list)(virConnectPtr connect, void ***handles,
                unsigned int flags); /* (nullable) all of a connection */
    int (*ref)(void *handle);
    int (*free)(void *handle);
    const Interface *const *interfaces;        /* ends with NULL */
    const Interface *const *compat_interfaces; /* (nullable) on the compat face */
    const struct Kind *compat; /* (nullable) how that names these objects, if it does otherwise */
} Kind;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virConnect, virConnectClose)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virDomainFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNetwork, virNetworkFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStoragePool, virStoragePoolFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStorageVol, virStorageVolFree)
