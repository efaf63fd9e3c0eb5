/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

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
Arrivals *service_get_arrivals(Service *service);
Authority *service_get_authority(Service *service);
GPtrArray *
service_get_connections(Service *service); /* of Connection, in the configuration's order */
