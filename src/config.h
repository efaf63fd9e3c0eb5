/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* More than that is a mistake, and libvirtd serves a client no more than a few at once. */
#define CONFIG_MAX_WORKERS 64

typedef struct {
    char *name; /* (owned) the connection's path element: "QEMU" */
    char *uri;  /* (owned) */
    gboolean read_only;
    gboolean pass_identity; /* libvirt is told who calls */
} ConnectionConfig;

typedef struct {
    gboolean system_bus;
    gboolean compat;        /* serve the face of libvirt-dbus as well */
    guint workers;          /* threads a lane */
    guint queue_length;     /* calls that may wait, a connection */
    guint calls_per_caller; /* calls that may wait or run, a caller */
    guint user_connections; /* that a user may have opened */
    GPtrArray *connections; /* (owned) of ConnectionConfig, names differ */
} Config;

Config *config_new(gboolean system_bus);
void config_free(Config *config);

/* Replaces all by the defaults and what the file says; after an error nothing has changed. */
gboolean config_load(Config *config, const char *filename, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)
