/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <libvirt/libvirt.h>

/* Whom the bus says that a caller is. */
typedef struct {
    guint uid;
    guint pid; /* or 0 */
} Identity;

/* What GetConnectionCredentials answered: (a{sv}). FALSE if it does not have all of it. */
gboolean identity_read(Identity *identity, GVariant *reply, GError **error);

/* On a worker: has libvirt take everything that comes through @connect as that caller's. */
gboolean identity_assume(const Identity *identity, virConnectPtr connect, GError **error);

/* Likewise, but asks the bus who has the name @caller there. */
gboolean identity_pass(virConnectPtr connect, GDBusConnection *bus, const char *caller,
                       GError **error);

/* Whether that failed because libvirt takes no identity here, whosever it is. */
gboolean identity_is_refused(const GError *error);
