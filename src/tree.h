/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "call.h"

/* The object paths of one face, from its root to the objects of all connections. */
typedef struct Tree Tree;

Tree *tree_new(Service *service, GDBusConnection *bus, const Face *face);
void tree_free(Tree *tree);

gboolean tree_add_root(Tree *tree, GError **error);
gboolean tree_add_connection(Tree *tree, Connection *connection, GError **error);
void tree_remove_connection(Tree *tree, Connection *connection);

/* To one, or to all if @destination is NULL. */
void tree_emit(Tree *tree, const char *destination, const char *connection, const Signal *signal);

/* Those that an object there may have, ended by NULL. */
const Interface *const *place_get_interfaces(const Place *place);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tree, tree_free)
