/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "connection.h"

/* What a new link has found: libvirt's own name for the connection, its events, its objects. */
typedef struct Inventory Inventory;

/* On the worker that opened the link. */
gpointer inventory_new(virConnectPtr connect, Link *link);

const char *inventory_get_uri(Inventory *inventory);

/* On the main thread: moves all that was found since into the connection's registry. */
void inventory_fill(Inventory *inventory, Connection *connection, gboolean announce);

/* Has a worker find what the first call need not wait for, when the calls that wait for the
 * connection are on their way. */
void inventory_complete_later(Inventory *inventory, Connection *connection);

/* On the thread that closes the link. */
void inventory_release(virConnectPtr connect, gpointer inventory);
