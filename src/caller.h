/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <libvirt/virterror.h>

/* Who calls, and what is remembered of each until they leave the bus. For the main thread alone. */
typedef struct Callers Callers;

Callers *callers_new(GDBusConnection *bus, guint most_calls);
void callers_free(Callers *callers);

/* What wants to know that a caller has left. */
typedef void (*CallersLeft)(gpointer data, const char *sender);

void callers_on_left(Callers *callers, CallersLeft left, gpointer data);

/* Calls @visit for each caller that has not left. */
typedef void (*CallersVisit)(gpointer data, const char *sender);

void callers_visit(Callers *callers, CallersVisit visit, gpointer data);

/* Their last error on a connection, for Connection.GetLastError(). Takes @details over. */
void callers_set_error(Callers *callers, const char *sender, const char *connection,
                       virErrorPtr details);
const virError *callers_get_error(Callers *callers, const char *sender, const char *connection);

/* One call more of theirs, unless they, or their user, have too many that are not answered yet. The
 * caller is theirs until they leave. */
typedef struct Caller Caller;

Caller *callers_enter(Callers *callers, const char *sender, GError **error); /* (nullable) */
void callers_leave(Callers *callers, Caller *caller);

/* The user behind a name of the bus, told with an error if the bus does not know. */
typedef void (*CallersUser)(gpointer data, guint uid, const GError *error);

void callers_find_user(Callers *callers, const char *sender, CallersUser found, gpointer data);

/* The same, without asking the bus; FALSE if that would be necessary. */
gboolean callers_know_user(Callers *callers, const char *sender, guint *uid);

/* The same at once, or CALLERS_NOBODY. The bus itself is waited for, if it was not asked before. */
#define CALLERS_NOBODY G_MAXUINT
guint callers_get_user(Callers *callers, const char *sender);

/* Has those told who want to know when @sender leaves the bus, which may be now. */
void callers_watch(Callers *callers, const char *sender);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Callers, callers_free)
