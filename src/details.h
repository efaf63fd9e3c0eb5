/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "connection.h"

/* What polkit's rules can look at, in the words of libvirt's own polkit driver: a list of
 * NAME=value, ended by NULL, that grows. */

/* What is needed to know that there is an object of a kind, or a connection if that is NULL. */
const Permission *details_get_getattr(const Kind *kind);

/* (owned) Of a connection. */
char **details_of_connection(Connection *connection);

/* Add to @details, take it over and return what it has become (owned). */

/* An object: on a worker, because some must be asked for what else they belong to; or on the main
 * thread, if its kind is live. */
char **details_add_object(char **details, const Kind *kind, void *handle);

/* Others. */
char **details_join(char **details, char **others);

/* What @xml, which is to make an object of what libvirt's access control calls @object, says of it.
 * NULL with @error set if it is not XML. */
char **details_add_xml(char **details, const char *object, const char *xml, GError **error);
