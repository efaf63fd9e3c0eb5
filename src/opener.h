/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <libvirt/libvirt.h>

/* On whose account a connection was opened. Made and freed on the main thread; nothing in it
 * changes. */
typedef struct Opener Opener;

/* How many openers of a user there are. */
typedef guint Account;

Opener *opener_new(Account *account); /* g_rc_box_alloc()ed */
Opener *opener_ref(Opener *opener);
void opener_unref(Opener *opener);

/* On a worker: opens a connection for somebody, or for the configuration, if there is no @opener.
 */
virConnectPtr opener_open(Opener *opener, const char *uri, gboolean read_only, GError **error);
