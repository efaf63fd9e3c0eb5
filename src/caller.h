/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <libvirt/virterror.h>

/* Who calls, and what is remembered of each until they leave the bus. For the main thread alone. */
typedef struct Callers Callers;

Callers *callers_new(GDBusConnection *bus);
void callers_free(Callers *callers);

/* Their last error on a connection, for Connection.GetLastError(). Takes @details over. */
void callers_set_error(Callers *callers, const char *sender, const char *connection,
                       virErrorPtr details);
const virError *callers_get_error(Callers *callers, const char *sender, const char *connection);

/* The user behind a name of the bus, told with an error if the bus does not know. */
typedef void (*CallersUser)(gpointer data, guint uid, const GError *error);

void callers_find_user(Callers *callers, const char *sender, CallersUser found, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Callers, callers_free)
