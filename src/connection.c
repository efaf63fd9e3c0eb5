/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A connection is what the configuration or a caller named: it stands on the bus whether or not its
 * hypervisor can be reached, and opens it when it is first needed.
 *
 * It has two links. What can take long runs on one of its own, because libvirtd serves only a few
 * requests of one client at a time. When a link is lost, what was known is forgotten with it, and
 * the next call opens a new one. */

#include "connection.h"

#include <string.h>

#include "inventory.h"

struct Connection {
    guint references;
    char *name; /* (owned) */
    char *uri;  /* (owned) as libvirt writes it, once it has been open */
    gboolean read_only;
    guint workers;
    guint queue_length;
    ConnectionEmit emit;
    gpointer emit_data;

    Link *short_link;   /* (owned) (nullable) */
    Link *long_link;    /* (owned) (nullable) */
    Registry *registry; /* (owned) of the short link */
    GQueue early;       /* of Signal (owned): came before the registry was filled */
    guint n_calls;
};

static void
signal_free(gpointer data)
{
    Signal *signal = data;

    g_free((char *)signal->element);
    g_variant_unref(signal->arguments);
    g_free(signal);
}

static void
forget(Connection *connection)
{
    registry_free(connection->registry);
    connection->registry = registry_new();
    g_queue_clear_full(&connection->early, signal_free);
}

static void
on_opened(gpointer owner, gpointer inventory)
{
    Connection *connection = owner;
    Signal *signal;

    if (inventory_get_uri(inventory)) {
        g_free(connection->uri);
        connection->uri = g_strdup(inventory_get_uri(inventory));
    }

    inventory_fill(inventory, connection->registry);
    g_info("%s: opened %s", connection->name, connection->uri);

    while ((signal = g_queue_pop_head(&connection->early))) {
        connection->emit(connection->emit_data, connection->name, signal);
        signal_free(signal);
    }
}

static void
on_lost(gpointer owner, const GError *error)
{
    Connection *connection = owner;

    g_info("%s: %s", connection->name, error->message);
    link_abandon(g_steal_pointer(&connection->short_link));
    forget(connection);
}

static void
on_long_link_opened(gpointer owner G_GNUC_UNUSED, gpointer prepared G_GNUC_UNUSED)
{
}

static void
on_long_link_lost(gpointer owner, const GError *error G_GNUC_UNUSED)
{
    Connection *connection = owner;

    link_abandon(g_steal_pointer(&connection->long_link));
}

static const LinkFuncs short_funcs = { inventory_new, on_opened, inventory_release, on_lost };
static const LinkFuncs long_funcs = { NULL, on_long_link_opened, NULL, on_long_link_lost };

/* The test driver keeps its host in the connection: opened again, most of its URIs are another. */
static gboolean
is_whole_host(const char *uri)
{
    return g_str_has_prefix(uri, "test:") && strcmp(uri, "test:///default") != 0;
}

Link *
connection_get_link(Connection *connection, Lane lane)
{
    gboolean own = lane == LANE_LONG && !is_whole_host(connection->uri);
    Link **link = own ? &connection->long_link : &connection->short_link;

    if (!*link) {
        const LinkOptions options = { connection->uri, connection->read_only, connection->workers };
        *link = link_new(&options, own ? &long_funcs : &short_funcs, connection);
    }

    return *link;
}

gboolean
connection_is_current(Connection *connection, Link *link)
{
    return link == connection->short_link;
}

const char *
connection_get_name(Connection *connection)
{
    return connection->name;
}

const char *
connection_get_uri(Connection *connection)
{
    return connection->uri;
}

gboolean
connection_get_read_only(Connection *connection)
{
    return connection->read_only;
}

gboolean
connection_is_alive(Connection *connection)
{
    return connection->short_link && link_is_open(connection->short_link);
}

/* The scheme tells before it is open. */
gboolean
connection_has_driver(Connection *connection, const char *driver)
{
    gsize length = strlen(driver);

    return g_ascii_strncasecmp(connection->uri, driver, length) == 0 &&
           strchr(":+", connection->uri[length]) != NULL;
}

Registry *
connection_get_registry(Connection *connection)
{
    return connection->registry;
}

gboolean
connection_enter(Connection *connection, GError **error)
{
    if (connection->n_calls >= connection->queue_length) {
        g_set_error(error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                    "%u calls to %s wait for an answer already", connection->n_calls,
                    connection->name);
        return FALSE;
    }
    connection->n_calls++;

    return TRUE;
}

void
connection_leave(Connection *connection)
{
    connection->n_calls--;
}

void
connection_add(Connection *connection, const Kind *kind, void *handle)
{
    registry_add(connection->registry, kind, handle);
}

void
connection_emit(Connection *connection, const Signal *signal)
{
    if (connection_is_alive(connection)) {
        connection->emit(connection->emit_data, connection->name, signal);
        return;
    }

    Signal *copy = g_memdup2(signal, sizeof(*signal));
    copy->element = g_strdup(signal->element);
    g_variant_ref(copy->arguments);
    g_queue_push_tail(&connection->early, copy);
}

typedef struct {
    Connection *connection; /* (owned) */
    Link *link;             /* (owned) */
    const Kind *kind;
    char *element; /* (owned) */
    void *handle;  /* (owned) (nullable) */
} Verification;

static void
verify_run(virConnectPtr connect, gpointer data)
{
    Verification *verification = data;
    g_autofree char *key = verification->kind->decode(verification->element);

    verification->handle = verification->kind->look_up(connect, key, NULL);
}

static void
verify_done(gpointer data, const GError *error G_GNUC_UNUSED)
{
    Verification *v = data;
    gboolean current = link_get_owner(v->link) != NULL;

    if (current && v->handle)
        registry_add(v->connection->registry, v->kind, g_steal_pointer(&v->handle));
    else if (current)
        registry_remove(v->connection->registry, v->kind, v->element);

    if (v->handle)
        v->kind->free(v->handle);
    g_free(v->element);
    link_unref(v->link);
    connection_unref(v->connection);
    g_free(v);
}

void
connection_verify(Connection *connection, const Kind *kind, const char *element)
{
    Verification *verification = g_new0(Verification, 1);

    verification->connection = connection_ref(connection);
    verification->link = link_ref(connection_get_link(connection, LANE_SHORT));
    verification->kind = kind;
    verification->element = g_strdup(element);
    link_push(verification->link, verify_run, verify_done, verification);
}

Connection *
connection_new(const ConnectionConfig *config, const Config *service, ConnectionEmit emit,
               gpointer data)
{
    Connection *connection = g_new0(Connection, 1);

    connection->references = 1;
    connection->name = g_strdup(config->name);
    connection->uri = g_strdup(config->uri);
    connection->read_only = config->read_only;
    connection->workers = service->workers;
    connection->queue_length = service->queue_length;
    connection->emit = emit;
    connection->emit_data = data;
    connection->registry = registry_new();
    g_queue_init(&connection->early);

    return connection;
}

Connection *
connection_ref(Connection *connection)
{
    connection->references++;
    return connection;
}

void
connection_close(Connection *connection)
{
    g_clear_pointer(&connection->short_link, link_abandon);
    g_clear_pointer(&connection->long_link, link_abandon);
    forget(connection);
}

void
connection_unref(Connection *connection)
{
    if (--connection->references > 0)
        return;

    connection_close(connection);
    registry_free(connection->registry);
    g_free(connection->name);
    g_free(connection->uri);
    g_free(connection);
}
