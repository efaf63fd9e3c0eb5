/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <libvirt/libvirt.h>

/* Who had a connection opened: on whose account it is, and whom libvirt's questions go to. Made and
 * freed on the main thread; nothing in it changes. */
typedef struct Opener Opener;

/* How many openers of a user there are. */
typedef guint Account;

/* @account is g_rc_box_alloc()ed; @agent (nullable) is an object of @caller. */
Opener *opener_new(Account *account, GDBusConnection *bus, const char *caller, const char *agent);
Opener *opener_ref(Opener *opener);
void opener_unref(Opener *opener);

/* Whether opening one more connection may be asking somebody for a password. */
gboolean opener_asks(Opener *opener); /* (nullable) */

/* On a worker: opens a connection for somebody, or for the configuration, if there is no @opener.
 */
virConnectPtr opener_open(Opener *opener, const char *uri, gboolean read_only, GError **error);
