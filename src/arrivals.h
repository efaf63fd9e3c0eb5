/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

/* Calls that have come and are not begun yet. For the main thread alone. */
typedef struct Arrivals Arrivals;

Arrivals *arrivals_new(GDBusConnection *bus);
void arrivals_free(Arrivals *arrivals); /* begins all that wait */

/* Calls @begin when it is the caller's turn, which may be at once. */
typedef void (*ArrivalsBegin)(gpointer data);

void arrivals_add(Arrivals *arrivals, const char *caller, ArrivalsBegin begin, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Arrivals, arrivals_free)
