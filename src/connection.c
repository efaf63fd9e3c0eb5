/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A connection is what the configuration or a caller named: it stands on the bus whether or not its
 * hypervisor can be reached, and opens it when it is first needed.
 *
 * Its main link brings events, and the handles of the registry are that link's. What can take long
 * runs on spare ones (spares.c), and objects are looked at over the lookout while calls hold up the
 * main link (look.c). When the main link is lost, what was known is forgotten with it, and it is
 * tried again, at the latest by the next call. */

#include "connection.h"

#include <string.h>

#include "caller.h"
#include "error.h"
#include "inventory.h"
#include "managed.h"
#include "value.h"
#include "watch.h"

/* How long to wait until a lost hypervisor is tried again; each time twice as long. */
#define RETRY_FIRST_SECONDS 1
#define RETRY_LAST_SECONDS 60

struct Connection {
    guint references;
    char *name; /* (owned) (nullable) until the bus knows it */
    char *uri;  /* (owned) as libvirt writes it, once it has been open */
    gboolean read_only;
    Opener *opener; /* (owned) (nullable) */
    guint owner;    /* a user, or CALLERS_NOBODY */
    guint workers;
    guint queue_length;
    ConnectionEmit emit;
    gpointer emit_data;

    Link *main_link;         /* (owned) (nullable) */
    Link *lookout;           /* (owned) (nullable) */
    Spares *spares;          /* (owned) (nullable) */
    Envoys *envoys;          /* (owned) (nullable) */
    Registry *registry;      /* (owned) of the main link */
    struct Watches *watches; /* (owned) */
    GQueue early;            /* of Signal (owned): came before the registry was filled */
    gboolean told_alive;     /* the bus believes that it is open */
    gboolean told_none;      /* the bus believes that it has no objects */
    gboolean was_open;
    guint retry; /* a timer, or 0 */
    guint retry_seconds;
    guint n_calls;
    gboolean ended;
};

GVariant *
connection_get_values(Connection *connection)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&builder, "{sv}", "Alive",
                          g_variant_new_boolean(connection_is_alive(connection)));
    g_variant_builder_add(&builder, "{sv}", "ReadOnly",
                          g_variant_new_boolean(connection->read_only));
    g_variant_builder_add(&builder, "{sv}", "URI", value_from_string(connection->uri));

    return g_variant_builder_end(&builder);
}

static void
forget(Connection *connection)
{
    registry_free(connection->registry);
    connection->registry = registry_new();
    watches_forget(connection->watches);
    g_queue_clear_full(&connection->early, (GDestroyNotify)signal_free);
}

/* Says what has changed, once. */
static void
tell_alive(Connection *connection, const char *new_uri)
{
    gboolean alive = connection_is_alive(connection);
    GVariantDict changed;

    g_variant_dict_init(&changed, NULL);
    if (alive != connection->told_alive)
        g_variant_dict_insert(&changed, "Alive", "b", alive);
    connection->told_alive = alive;

    if (new_uri && strcmp(new_uri, connection->uri) != 0) {
        g_free(connection->uri);
        connection->uri = g_strdup(new_uri);
        g_variant_dict_insert_value(&changed, "URI", value_from_string(new_uri));
    }

    managed_connection_changed(connection, g_variant_dict_end(&changed));
}

static void
on_opened(gpointer owner, gpointer inventory)
{
    Connection *connection = owner;
    Signal *signal;

    connection->was_open = TRUE;
    connection->retry_seconds = RETRY_FIRST_SECONDS;

    tell_alive(connection, inventory_get_uri(inventory));
    g_info("opened %s", connection->uri);
    inventory_fill(inventory, connection, connection->told_none);
    connection->told_none = FALSE;
    inventory_complete_later(inventory, connection);

    while ((signal = g_queue_pop_head(&connection->early))) {
        watch_signal(connection, signal, TRUE);
        signal_free(signal);
    }
}

static gboolean
on_retry(gpointer owner)
{
    Connection *connection = owner;

    connection->retry = 0;
    connection_get_main_link(connection);

    return G_SOURCE_REMOVE;
}

/* A hypervisor that was there once is wanted back. */
static void
retry_later(Connection *connection)
{
    if (connection->retry)
        return;

    connection->retry = g_timeout_add_seconds(connection->retry_seconds, on_retry, connection);
    connection->retry_seconds = MIN(2 * connection->retry_seconds, RETRY_LAST_SECONDS);
}

static void
on_lost(gpointer owner, Link *link, const GError *error)
{
    Connection *connection = owner;

    connection->main_link = NULL;
    g_clear_pointer(&connection->spares, spares_free); /* broken, too, or soon */
    g_info("%s: %s", connection->uri, error->message);
    if (connection->told_alive) {
        tell_alive(connection, NULL);
        managed_remove_all(connection);
        connection->told_none = TRUE;
    }
    if (connection->was_open)
        retry_later(connection);

    forget(connection);
    g_clear_pointer(&connection->lookout, link_abandon);
    link_abandon(link);
}

static const LinkFuncs link_funcs = { inventory_new, on_opened, inventory_release, on_lost, NULL };

/* The test driver keeps its host in the connection: opened again, most of its URIs are another. */
static gboolean
is_whole_host(const char *uri)
{
    return g_str_has_prefix(uri, "test:") && strcmp(uri, "test:///default") != 0;
}

Link *
connection_get_main_link(Connection *connection)
{
    if (!connection->main_link) {
        guint workers = spares_are_needed(connection->uri) ? 1 : connection->workers;
        const LinkOptions options = { connection->uri, connection->read_only, workers,
                                      connection->opener };

        connection->main_link = link_new(&options, &link_funcs, connection);
    }

    return connection->main_link;
}

Spares *
connection_get_spares(Connection *connection)
{
    const LinkOptions options = { connection->uri, connection->read_only,
                                  opener_asks(connection->opener) ? 1 : connection->workers,
                                  connection->opener };

    connection_get_main_link(connection);
    if (!connection->spares && !is_whole_host(connection->uri))
        connection->spares = spares_new(&options);

    return connection->spares;
}

static void
on_lookout_lost(gpointer owner, Link *link, const GError *error)
{
    Connection *connection = owner;

    g_info("%s: a link to look through: %s", connection->uri, error->message);
    connection->lookout = NULL;
    link_abandon(link);
}

Link *
connection_get_lookout(Connection *connection)
{
    static const LinkFuncs funcs = { NULL, NULL, NULL, on_lookout_lost, NULL };
    const LinkOptions options = { connection->uri, connection->read_only, 1, connection->opener };

    if (!connection_is_alive(connection) || is_whole_host(connection->uri) ||
        opener_asks(connection->opener))
        return NULL;
    if (!connection->lookout)
        connection->lookout = link_new(&options, &funcs, connection);

    return connection->lookout;
}

Link *
connection_new_link(Connection *connection)
{
    static const LinkFuncs funcs = { NULL, NULL, NULL, NULL, NULL };
    const LinkOptions options = { connection->uri, connection->read_only, 1, connection->opener };

    return link_new(&options, &funcs, NULL);
}

/* For what is short. Nobody is to type a password because of it. */
static gboolean
has_more_links(Connection *connection)
{
    return spares_are_needed(connection->uri) && !is_whole_host(connection->uri) &&
           !opener_asks(connection->opener);
}

static Link *
get_link(Connection *connection, Link *(*get_spare)(Spares *spares))
{
    Link *link = connection_get_main_link(connection);
    Link *spare;

    if (!link_is_open(link) || link_is_idle(link) || !has_more_links(connection))
        return link;
    spare = get_spare(connection_get_spares(connection));

    return spare ? spare : link;
}

/* A call whose object's handle is known belongs to the main link, unless it would have to wait. */
Link *
connection_get_link(Connection *connection)
{
    return get_link(connection, spares_get_idle);
}

Link *
connection_get_free_link(Connection *connection)
{
    return get_link(connection, spares_get_open);
}

Envoys *
connection_get_envoys(Connection *connection)
{
    return connection->envoys;
}

void
connection_set_envoys(Connection *connection, Envoys *envoys)
{
    connection->envoys = envoys;
}

gboolean
connection_is_current(Connection *connection, Link *link)
{
    return link == connection->main_link;
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
    return connection->main_link && link_is_open(connection->main_link);
}

/* The scheme of its URI tells its driver before it is open. */
gboolean
connection_has_interface(Connection *connection, const Interface *interface)
{
    gsize length = interface->driver ? strlen(interface->driver) : 0;

    return length == 0 || (g_ascii_strncasecmp(connection->uri, interface->driver, length) == 0 &&
                           strchr(":+", connection->uri[length]) != NULL);
}

Registry *
connection_get_registry(Connection *connection)
{
    return connection->registry;
}

struct Watches *
connection_get_watches(Connection *connection)
{
    return connection->watches;
}

void
connection_tell_none(Connection *connection)
{
    connection->told_none = TRUE;
}

gboolean
connection_enter(Connection *connection, GError **error)
{
    if (connection->ended) {
        g_set_error(error, LIBVIRT_ERROR, VIR_ERR_INVALID_CONN, "%s has been closed",
                    connection->name);
        return FALSE;
    }
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

gboolean
connection_is_idle(Connection *connection)
{
    return connection->n_calls == 0;
}

void
connection_emit(Connection *connection, const Signal *signal)
{
    if (connection->name && !connection->ended)
        connection->emit(connection->emit_data, connection, signal);
}

void
connection_hear(Connection *connection, const Signal *signal, gboolean look)
{
    if (connection_is_alive(connection)) {
        watch_signal(connection, signal, look);
        return;
    }

    g_queue_push_tail(&connection->early, signal_copy(signal));
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
    connection->owner = CALLERS_NOBODY;
    connection->workers = service->workers;
    connection->queue_length = service->queue_length;
    connection->emit = emit;
    connection->emit_data = data;
    connection->registry = registry_new();
    connection->watches = watches_new();
    g_queue_init(&connection->early);

    return connection;
}

void
connection_set_opener(Connection *connection, Opener *opener, guint owner)
{
    connection->opener = opener;
    connection->owner = owner;
}

void
connection_set_name(Connection *connection, const char *name)
{
    connection->name = g_strdup(name);
}

gboolean
connection_is_visible_to(Connection *connection, guint user)
{
    return connection->owner == CALLERS_NOBODY || connection->owner == user || user == 0;
}

Connection *
connection_ref(Connection *connection)
{
    connection->references++;
    return connection;
}

void
connection_give_up(Connection *connection)
{
    g_clear_handle_id(&connection->retry, g_source_remove);
    forget(connection);
    g_clear_pointer(&connection->lookout, link_abandon);
    g_clear_pointer(&connection->main_link, link_abandon);
    g_clear_pointer(&connection->spares, spares_free);
    if (connection->envoys)
        envoys_clear(connection->envoys);
}

void
connection_end(Connection *connection)
{
    connection->ended = TRUE;
    connection_give_up(connection);
}

gboolean
connection_has_ended(Connection *connection)
{
    return connection->ended;
}

void
connection_unref(Connection *connection)
{
    if (--connection->references > 0)
        return;

    connection_give_up(connection);
    g_clear_pointer(&connection->opener, opener_unref);
    g_clear_pointer(&connection->envoys, envoys_unref);
    registry_free(connection->registry);
    watches_free(connection->watches);
    g_free(connection->name);
    g_free(connection->uri);
    g_free(connection);
}
