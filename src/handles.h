/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "kind.h"

/* The handles that were looked up on one libvirt connection. For workers. */
typedef struct Handles Handles;

Handles *handles_new(void);
void handles_free(Handles *handles);

/* (owned) What the kind's look_up() returns, from memory or from libvirt. What libvirt's functions
 * take from the handle itself, its name and number, may be old. */
void *handles_find(Handles *handles, virConnectPtr connect, const Kind *kind, const char *key,
                   GError **error);
