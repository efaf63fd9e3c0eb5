/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "binding.h"
#include "config.h"
#include "envoys.h"
#include "link.h"
#include "registry.h"
#include "spares.h"

/* A hypervisor's place on the bus, whether it is open or not. For the main thread alone. */
typedef struct Connection Connection;

/* A signal about an object, or without one about the connection: from its own path, or from the
 * connection's, in front of whose arguments the object's path then stands. */
typedef struct {
    const Kind *kind;    /* (nullable) */
    const char *element; /* (nullable) */
    gboolean from_connection;
    const char *interface;
    const char *name;
    GVariant *arguments;
    char **details; /* (nullable) of the object, for polkit, where the registry may not know it */
    gboolean from_root; /* likewise, but from the root's path */
} Signal;

Signal *signal_copy(const Signal *signal);
void signal_free(Signal *signal); /* of a copy */

typedef void (*ConnectionEmit)(gpointer data, Connection *connection, const Signal *signal);

Connection *connection_new(const ConnectionConfig *config, const Config *service,
                           ConnectionEmit emit, gpointer data);
Connection *connection_ref(Connection *connection);
void connection_unref(Connection *connection);

/* A connection that a caller had opened: the user's alone, unless that is CALLERS_NOBODY, and not
 * known to the bus until it is given a name. Takes @opener over. */
void connection_set_opener(Connection *connection, Opener *opener, guint owner);
void connection_set_name(Connection *connection, const char *name);
gboolean connection_is_visible_to(Connection *connection, guint user);

/* Gives up the hypervisor and all that belongs to it. Calls in flight end by themselves. */
void connection_give_up(Connection *connection);

/* The same for good, and the bus is told nothing more. */
void connection_end(Connection *connection);
gboolean connection_has_ended(Connection *connection);

const char *connection_get_name(Connection *connection);
const char *connection_get_uri(Connection *connection);
gboolean connection_get_read_only(Connection *connection);
gboolean connection_is_alive(Connection *connection);
gboolean connection_has_interface(Connection *connection, const Interface *interface);
Registry *connection_get_registry(Connection *connection);
struct Watches *connection_get_watches(Connection *connection);
GVariant *connection_get_values(Connection *connection); /* a{sv}, floating: its known properties */

/* The bus was told that it has no objects, as it is not open: those found later are announced. */
void connection_tell_none(Connection *connection);

/* Opens it if need be. All are the connection's. */
Link *connection_get_main_link(Connection *connection);
Link *connection_get_link(Connection *connection);      /* for what is short */
Link *connection_get_free_link(Connection *connection); /* for one of several questions of a call */
Spares *connection_get_spares(Connection *connection);  /* (nullable) for what may take long */

/* (nullable) For looking at objects, while calls have all workers of the main link. */
Link *connection_get_lookout(Connection *connection);

/* (owned) One more, which nobody else uses. */
Link *connection_new_link(Connection *connection);

/* (nullable) For the calls of those who are asked about, where libvirt is told who calls. */
Envoys *connection_get_envoys(Connection *connection);
void connection_set_envoys(Connection *connection, Envoys *envoys); /* takes it over */

/* Whether what comes through @link belongs into the registry. */
gboolean connection_is_current(Connection *connection, Link *link);

/* One call more that waits for its answer, if there are not too many; and one less. */
gboolean connection_enter(Connection *connection, GError **error);
void connection_leave(Connection *connection);
gboolean connection_is_idle(Connection *connection);

/* What an event of libvirt brought; @look: it may have changed what is known of the object. */
void connection_hear(Connection *connection, const Signal *signal, gboolean look);

void connection_emit(Connection *connection, const Signal *signal);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Connection, connection_unref)
