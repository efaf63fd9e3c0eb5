/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "kind.h"

/* The objects of one connection that are known, and what is known of them. For the main thread
 * alone. */
typedef struct Registry Registry;

/* An object as a worker saw it. */
typedef struct {
    const Kind *kind;
    void *handle;        /* (owned) (nullable) if it is gone */
    gboolean foreign;    /* the handle is not of the main link, and not for calls */
    GVariant *values;    /* (owned) (nullable) a{sv}, if its kind has any to keep */
    GVariant *constants; /* (owned) (nullable) a{sv} of what was read once and stays */
} Sight;

void sight_clear(Sight *sight);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sight, sight_clear)

typedef enum {
    CHANGE_NONE,
    CHANGE_ADDED,
    CHANGE_VALUES,
    CHANGE_REMOVED,
} Change;

Registry *registry_new(void);
void registry_free(Registry *registry);

/* libvirt announces the changes of this kind, so that what is known of its objects may be kept. */
void registry_set_live(Registry *registry, const Kind *kind);
gboolean registry_is_live(Registry *registry, const Kind *kind);

/* Takes what @sight holds. @changed (owned) is set with CHANGE_VALUES: a{sv} of those that differ.
 */
Change registry_put(Registry *registry, const char *element, Sight *sight, GVariant **changed);

/* A newer handle, taken over, of an object that may be known. */
void registry_put_handle(Registry *registry, const Kind *kind, void *handle);

/* One of the main link, taken over, that a call had to look up. What is known already is newer. */
void registry_improve_handle(Registry *registry, const Kind *kind, const char *element,
                             void *handle);

/* All stay the registry's and are only there for objects of live kinds. */
void *registry_get_call_handle(Registry *registry, const Kind *kind, const char *element);
void *registry_get_handle(Registry *registry, const Kind *kind, const char *element);
GVariant *registry_get_values(Registry *registry, const Kind *kind, const char *element);

/* A property that never changes and is not among the values; it need not be read again. */
void registry_remember(Registry *registry, const Kind *kind, const char *element, const char *name,
                       GVariant *value);

/* (owned) (nullable) from either. */
GVariant *registry_lookup(Registry *registry, const Kind *kind, const char *element,
                          const char *name);

gboolean registry_has(Registry *registry, const Kind *kind, const char *element);
char **registry_list(Registry *registry, const Kind *kind); /* (owned) path elements, sorted */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Registry, registry_free)
