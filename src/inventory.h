/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "link.h"
#include "registry.h"

/* What a new link has found: libvirt's own name for the connection, its events, its objects. */
typedef struct Inventory Inventory;

/* On the worker that opened the link. */
gpointer inventory_new(virConnectPtr connect, Link *link);

/* On the main thread, once. */
const char *inventory_get_uri(Inventory *inventory);
void inventory_fill(Inventory *inventory, Registry *registry);

/* On the thread that closes the link. */
void inventory_release(virConnectPtr connect, gpointer inventory);
