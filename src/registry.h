/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "kind.h"

/* The objects of one connection that are known, for the main thread alone. */
typedef struct Registry Registry;

Registry *registry_new(void);
void registry_free(Registry *registry);

/* libvirt announces the coming and going of this kind, so that its handles may be kept. */
void registry_set_live(Registry *registry, const Kind *kind);
gboolean registry_is_live(Registry *registry, const Kind *kind);

/* Takes @handle over, in the place of an older one of the same object. */
void registry_add(Registry *registry, const Kind *kind, void *handle);
void registry_remove(Registry *registry, const Kind *kind, const char *element);

/* (nullable) It stays the registry's, and is only ever there for a live kind. */
void *registry_get(Registry *registry, const Kind *kind, const char *element);

char **registry_list(Registry *registry, const Kind *kind); /* (owned) path elements, sorted */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Registry, registry_free)
