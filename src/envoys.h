/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "binding.h"
#include "config.h"
#include "link.h"

/* Links to the hypervisor of a connection on which libvirt sees one caller, and not the service.
 * For the main thread alone. */
typedef struct Envoys Envoys;

Envoys *envoys_new(GDBusConnection *bus, const ConnectionConfig *config, guint workers);
void envoys_unref(Envoys *envoys);

/* Closes all of them, or one caller's, who has left. Calls that run on them end by themselves. */
void envoys_clear(Envoys *envoys);
void envoys_dismiss(Envoys *envoys, const char *caller);

/* Finds a caller's link for what is quick, or for what may take long, now or later. It is NULL
 * without an error where libvirt takes no identity: what the caller wants then goes over the common
 * links. */
typedef void (*EnvoysFound)(gpointer data, Link *link, const GError *error);

void envoys_find(Envoys *envoys, const char *caller, Lane lane, EnvoysFound found, gpointer data);
