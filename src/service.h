/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "answers.h"
#include "arrivals.h"
#include "authority.h"
#include "caller.h"
#include "config.h"

/* The whole of what runs: a bus, its callers, and the connections of the configuration. */
typedef struct Service Service;

/* Serves until it is told to stop or loses the bus; returns the exit status. */
int service_run(const Config *config, GDBusConnection *bus);

gboolean service_is_ending(Service *service);
Callers *service_get_callers(Service *service);
Answers *service_get_answers(Service *service);
Arrivals *service_get_arrivals(Service *service);
Authority *service_get_authority(Service *service);
GDBusConnection *service_get_bus(Service *service);
struct Holdings *service_get_holdings(Service *service);
struct Openings *service_get_openings(Service *service);

/* Those on the bus, in the configuration's order and then that of their opening: of Connection. */
GPtrArray *service_get_connections(Service *service);

struct Connection *service_find_connection(Service *service, const char *name); /* (nullable) */

/* A connection that the bus does not know; then it does, and then no longer. */
struct Connection *service_new_connection(Service *service, const ConnectionConfig *config);
void service_add_connection(Service *service, struct Connection *connection);
void service_remove_connection(Service *service, struct Connection *connection);

/* The user whose alone a connection is that a caller opens, or CALLERS_NOBODY: on the session bus
 * there is but one. FALSE if the bus does not know. */
gboolean service_find_owner(Service *service, const char *caller, guint *owner, GError **error);

/* Whether a caller may know that there is this connection. */
gboolean service_shows(Service *service, struct Connection *connection, const char *caller);
