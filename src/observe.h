/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "registry.h"

/* Whether the registry keeps anything of objects of this kind but their names. */
gboolean observe_keeps(const Kind *kind);

/* On a worker: what the registry keeps of an object, or of all of a kind. */

/* Looks @element up anew. An object that is gone has no handle; FALSE if that cannot be known. */
gboolean observe(const Kind *kind, virConnectPtr connect, const char *element, Sight *sight);

/* Of handles that were just listed; @sights has @n places and takes them over. */
void observe_all(const Kind *kind, virConnectPtr connect, void **handles, int n, Sight *sights);

/* Whether what was seen will not be so for long, and libvirt may not say when it is over. */
gboolean observe_is_passing(const Sight *sight);

/* --- for kinds --- */

/* A boolean property that a list of all objects can be filtered by. */
typedef struct {
    const char *property;
    unsigned int filter;
    int (*ask)(void *handle);
} Trait;

typedef struct {
    const Kind *kind;
    const Trait *traits; /* ends with a row without a property */
    /* What else there is, from the handle, from what gather() brought, or by asking. FALSE if not
     * all of it could be had. */
    gboolean (*describe)(void *handle, gpointer gathered, GVariantBuilder *values);
    gpointer (*gather)(virConnectPtr connect); /* (nullable) figures of all objects at once */
    void (*release)(gpointer gathered);
    gboolean (*is_passing)(GVariant *values); /* (nullable) */
} Observer;

extern const Observer domain_observer;
extern const Observer network_observer;
extern const Observer node_device_observer;
extern const Observer secret_observer;
extern const Observer storage_pool_observer;
