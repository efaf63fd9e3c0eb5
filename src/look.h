/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "connection.h"

/* What was seen of an object: nothing if @sight is NULL, because the connection was lost or libvirt
 * would not say. It stays the look's. */
typedef void (*LookDone)(gpointer data, Sight *sight);

/* Looks at an object of the connection's, with a worker's eyes. */
void look_at(Connection *connection, const Kind *kind, const char *element, LookDone done,
             gpointer data);
