/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "connection.h"

/* Takes what @sight holds into the registry and tells the bus what that changed. */
void managed_put(Connection *connection, const char *element, Sight *sight);

/* What a call to this service did to an object whose kind libvirt does not announce. The numbers
 * are those of the signal ObjectEvent. */
typedef enum {
    OBJECT_CREATED,
    OBJECT_DELETED,
    OBJECT_CHANGED,
} ObjectEvent;

void managed_made(Connection *connection, const Kind *kind, const char *element, ObjectEvent event);

/* All live objects of a connection are gone. */
void managed_remove_all(Connection *connection);

/* (owned) (nullable) a{sv}: the values of properties that a signal tells. */
GVariant *managed_get_values(const Signal *signal);

/* Takes those out that @select does not want. FALSE if nothing is left to be told. */
typedef gboolean (*ManagedSelect)(gpointer data, const char *property);

gboolean managed_select_values(Signal *signal, ManagedSelect select, gpointer data);

/* The connection itself has come, or is going. */
void managed_connection_added(Connection *connection);
void managed_connection_removed(Connection *connection);

/* Properties of the connection itself: a{sv}, floating. */
void managed_connection_changed(Connection *connection, GVariant *changed);
