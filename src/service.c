/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The service from its name on the bus to its end. It owns everything there is, on the main thread.
 *
 * It ends when it is told to or when it loses its name or the bus. Then it gives up its connections
 * and waits until their workers have closed them, but not for a hypervisor that does not answer. */

#include "service.h"

#include <glib-unix.h>
#include <sysexits.h>

#include "audience.h"
#include "gate.h"
#include "holdings.h"
#include "introspection.h"
#include "managed.h"
#include "opening.h"
#include "tree.h"

/* How long the closing of connections may hold up the end. */
#define CLOSING_SECONDS 5

struct Service {
    GDBusConnection *bus;
    const Config *config;
    GMainLoop *loop;        /* (owned) */
    Callers *callers;       /* (owned) */
    Answers *answers;       /* (owned) */
    Arrivals *arrivals;     /* (owned) */
    Authority *authority;   /* (owned) */
    Audience *audience;     /* (owned) */
    GPtrArray *connections; /* (owned) of Connection, that the bus knows */
    Holdings *holdings;     /* (owned) */
    Openings *openings;     /* (owned) */
    Tree *tree;             /* (owned) */
    Tree *compat_tree;      /* (owned) (nullable) */
    guint compat_name;
    gboolean ending;
    int status;

    Introspection *introspection; /* (owned) */
    Gate *gate;                   /* (owned) (nullable) on a session bus, where all may know all */
};

gboolean
service_is_ending(Service *service)
{
    return service->ending;
}

Callers *
service_get_callers(Service *service)
{
    return service->callers;
}

Answers *
service_get_answers(Service *service)
{
    return service->answers;
}

Arrivals *
service_get_arrivals(Service *service)
{
    return service->arrivals;
}

Authority *
service_get_authority(Service *service)
{
    return service->authority;
}

GDBusConnection *
service_get_bus(Service *service)
{
    return service->bus;
}

Holdings *
service_get_holdings(Service *service)
{
    return service->holdings;
}

Openings *
service_get_openings(Service *service)
{
    return service->openings;
}

GPtrArray *
service_get_connections(Service *service)
{
    return service->connections;
}

Connection *
service_find_connection(Service *service, const char *name)
{
    for (guint i = 0; i < service->connections->len; i++) {
        if (g_strcmp0(connection_get_name(service->connections->pdata[i]), name) == 0)
            return service->connections->pdata[i];
    }
    return NULL;
}

static void
service_end(Service *service, int status)
{
    service->status = status;
    g_main_loop_quit(service->loop);
}

static gboolean
on_terminate(gpointer data)
{
    g_info("told to end");
    service_end(data, EX_OK);

    return G_SOURCE_CONTINUE;
}

/* Without a bus there is no name either, and on_bus_closed() tells. */
static void
on_name_lost(GDBusConnection *bus, const char *name, gpointer data)
{
    if (!bus || g_dbus_connection_is_closed(bus))
        return;

    g_critical("the bus gave the name %s to somebody else, or took it away", name);
    service_end(data, EX_UNAVAILABLE);
}

static void
on_bus_closed(GDBusConnection *bus G_GNUC_UNUSED, gboolean remote_peer_vanished G_GNUC_UNUSED,
              GError *error, gpointer data)
{
    g_critical("the bus is gone%s%s", error ? ": " : "", error ? error->message : "");
    service_end(data, EX_UNAVAILABLE);
}

static void
deliver_signal(gpointer data, const char *destination, Connection *connection, const Signal *signal)
{
    Service *service = data;

    tree_emit(service->tree, destination, connection_get_name(connection), signal);
    if (service->compat_tree)
        tree_emit(service->compat_tree, destination, connection_get_name(connection), signal);
}

static void
on_signal(gpointer data, Connection *connection, const Signal *signal)
{
    Service *service = data;

    answers_forget(service->answers);
    audience_tell(service->audience, connection, signal);
}

gboolean
service_find_owner(Service *service, const char *caller, guint *owner, GError **error)
{
    *owner = CALLERS_NOBODY;
    if (!service->config->system_bus)
        return TRUE;

    *owner = callers_get_user(service->callers, caller);
    if (*owner == CALLERS_NOBODY)
        g_set_error(error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                    "the bus does not say whose process %s is", caller);

    return *owner != CALLERS_NOBODY;
}

gboolean
service_shows(Service *service, Connection *connection, const char *caller)
{
    return connection_is_visible_to(connection, CALLERS_NOBODY) ||
           g_strcmp0(caller, g_dbus_connection_get_unique_name(service->bus)) == 0 ||
           connection_is_visible_to(connection, callers_get_user(service->callers, caller));
}

Connection *
service_new_connection(Service *service, const ConnectionConfig *config)
{
    return connection_new(config, service->config, on_signal, service);
}

void
service_add_connection(Service *service, Connection *connection)
{
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(service->connections, connection_ref(connection));
    if (!tree_add_connection(service->tree, connection, &error))
        g_warning("%s: %s", connection_get_name(connection), error->message);
    managed_connection_added(connection);
}

void
service_remove_connection(Service *service, Connection *connection)
{
    managed_remove_all(connection);
    tree_remove_connection(service->tree, connection);
    g_ptr_array_remove(service->connections, connection);
    managed_connection_removed(connection);
    connection_end(connection);
}

static void
on_caller_gone(gpointer data, const char *caller)
{
    Service *service = data;

    openings_forget(service->openings, caller);
    holdings_forget(service->holdings, caller);

    for (guint i = 0; i < service->connections->len; i++) {
        Envoys *envoys = connection_get_envoys(service->connections->pdata[i]);

        if (envoys)
            envoys_dismiss(envoys, caller);
    }
}

static gboolean
service_publish(Service *service, const Config *config, GError **error)
{
    service->tree = tree_new(service, service->bus, &native_face);
    if (config->compat)
        service->compat_tree = tree_new(service, service->bus, &compat_face);
    if (!tree_add_root(service->tree, error) ||
        (service->compat_tree && !tree_add_root(service->compat_tree, error)))
        return FALSE;

    for (guint i = 0; i < config->connections->len; i++) {
        const ConnectionConfig *wanted = config->connections->pdata[i];
        Connection *connection = service_new_connection(service, wanted);

        if (wanted->pass_identity)
            connection_set_envoys(connection, envoys_new(service->bus, wanted, config->workers));
        g_ptr_array_add(service->connections, connection);
        if (!tree_add_connection(service->tree, connection, error) ||
            (service->compat_tree && !tree_add_connection(service->compat_tree, connection, error)))
            return FALSE;
    }

    return TRUE;
}

static gboolean
give_up(gpointer data)
{
    gboolean *late = data;

    *late = TRUE;
    return G_SOURCE_CONTINUE;
}

static void
close_connections(Service *service, gboolean busy_ones)
{
    for (guint i = 0; i < service->connections->len; i++) {
        Connection *connection = service->connections->pdata[i];

        if (busy_ones || connection_is_idle(connection))
            connection_give_up(connection);
    }
}

/* Calls in flight are answered meanwhile, by their connection, so it must stay until then. No new
 * ones can come. */
static void
wait_for_connections(Service *service)
{
    gboolean late = FALSE;
    guint timer = g_timeout_add_seconds(CLOSING_SECONDS, give_up, &late);

    close_connections(service, FALSE);
    while (link_count() > 0 && !late) {
        g_main_context_iteration(NULL, TRUE);
        close_connections(service, late);
    }
    g_source_remove(timer);
    while (g_main_context_iteration(NULL, FALSE))
        ;

    if (late)
        g_warning("%u connections to hypervisors did not close in time", link_count());
}

static void
service_clear(Service *service)
{
    service->ending = TRUE;
    answers_forget(service->answers);
    authority_end(service->authority);
    openings_end(service->openings);
    holdings_end(service->holdings);
    wait_for_connections(service);
    tree_free(service->tree);
    g_clear_pointer(&service->compat_tree, tree_free);
    answers_free(service->answers);
    arrivals_free(service->arrivals);
    g_clear_pointer(&service->gate, gate_close);
    introspection_free(service->introspection);
    g_dbus_connection_flush_sync(service->bus, NULL, NULL);

    openings_free(service->openings);
    holdings_free(service->holdings);
    g_ptr_array_unref(service->connections);
    audience_free(service->audience);
    authority_free(service->authority);
    callers_free(service->callers);
    g_main_loop_unref(service->loop);
}

static void
on_compat_name_lost(GDBusConnection *bus, const char *name, gpointer data G_GNUC_UNUSED)
{
    if (bus && !g_dbus_connection_is_closed(bus))
        g_warning("somebody else has the name %s: programs for libvirt-dbus do not come here",
                  name);
}

static void
on_name_acquired(GDBusConnection *bus, const char *name G_GNUC_UNUSED, gpointer data)
{
    Service *service = data;

    if (service->compat_tree)
        service->compat_name =
            g_bus_own_name_on_connection(bus, compat_face.bus_name, G_BUS_NAME_OWNER_FLAGS_NONE,
                                         NULL, on_compat_name_lost, NULL, NULL);
}

static void
service_serve(Service *service)
{
    guint name = g_bus_own_name_on_connection(service->bus, native_face.bus_name,
                                              G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE, on_name_acquired,
                                              on_name_lost, service, NULL);
    gulong closed = g_signal_connect(service->bus, "closed", G_CALLBACK(on_bus_closed), service);
    guint interrupted = g_unix_signal_add(SIGINT, on_terminate, service);
    guint terminated = g_unix_signal_add(SIGTERM, on_terminate, service);

    g_main_loop_run(service->loop);

    g_source_remove(interrupted);
    g_source_remove(terminated);
    g_signal_handler_disconnect(service->bus, closed);
    g_bus_unown_name(name);
    g_clear_handle_id(&service->compat_name, g_bus_unown_name);
}

int
service_run(const Config *config, GDBusConnection *bus)
{
    Service service = { .bus = bus, .config = config };
    g_autoptr(GError) error = NULL;

    service.loop = g_main_loop_new(NULL, FALSE);
    service.callers = callers_new(bus, config->calls_per_caller);
    service.answers = answers_new(bus);
    service.arrivals = arrivals_new(bus);
    service.authority = authority_new(service.callers, config->system_bus);
    service.audience = audience_new(service.callers, service.authority, deliver_signal, &service);
    service.holdings = holdings_new(&service, config);
    service.openings = openings_new();
    callers_on_left(service.callers, on_caller_gone, &service);
    service.connections = g_ptr_array_new_with_free_func((GDestroyNotify)connection_unref);
    service.introspection = introspection_new(&service, bus);
    if (config->system_bus)
        service.gate = gate_new(bus, introspection_answer, service.introspection);

    if (service_publish(&service, config, &error)) {
        service_serve(&service);
    } else {
        g_critical("%s", error->message);
        service.status = EX_SOFTWARE;
    }

    service_clear(&service);

    return service.status;
}
