/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the service remembers of its callers: the user that the bus says they are, and their last
 * error on each connection. It relies on the bus to tell when a caller leaves; all goes then. */

#include "caller.h"

struct Callers {
    guint references;     /* the owner, and each question to the bus */
    GDBusConnection *bus; /* (owned) */
    GHashTable *table;    /* (owned) unique name -> Caller (owned) */
    GArray *listeners;    /* (owned) of Listener */
};

typedef struct {
    CallersLeft left;
    gpointer data;
} Listener;

typedef struct {
    guint watch;
    gboolean known;
    guint uid;          /* if known */
    GHashTable *errors; /* (owned) connection's name -> virError (owned) */
} Caller;

static void
caller_free(gpointer data)
{
    Caller *caller = data;

    g_bus_unwatch_name(caller->watch);
    g_hash_table_unref(caller->errors);
    g_free(caller);
}

static void
on_caller_gone(GDBusConnection *bus G_GNUC_UNUSED, const char *name, gpointer data)
{
    Callers *callers = data;
    g_autofree char *sender = g_strdup(name);

    for (guint i = 0; i < callers->listeners->len; i++) {
        Listener *listener = &g_array_index(callers->listeners, Listener, i);
        listener->left(listener->data, sender);
    }
    g_hash_table_remove(callers->table, sender);
}

void
callers_on_left(Callers *callers, CallersLeft left, gpointer data)
{
    const Listener listener = { left, data };

    g_array_append_val(callers->listeners, listener);
}

void
callers_visit(Callers *callers, CallersVisit visit, gpointer data)
{
    GHashTableIter iter;
    gpointer sender;

    g_hash_table_iter_init(&iter, callers->table);
    while (g_hash_table_iter_next(&iter, &sender, NULL))
        visit(data, sender);
}

static Caller *
callers_get(Callers *callers, const char *sender)
{
    Caller *caller = g_hash_table_lookup(callers->table, sender);

    if (!caller) {
        caller = g_new0(Caller, 1);
        caller->errors =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)virFreeError);
        caller->watch = g_bus_watch_name_on_connection(callers->bus, sender, 0, NULL,
                                                       on_caller_gone, callers, NULL);
        g_hash_table_insert(callers->table, g_strdup(sender), caller);
    }

    return caller;
}

void
callers_set_error(Callers *callers, const char *sender, const char *connection, virErrorPtr details)
{
    Caller *caller = callers_get(callers, sender);

    g_hash_table_replace(caller->errors, g_strdup(connection), details);
}

const virError *
callers_get_error(Callers *callers, const char *sender, const char *connection)
{
    Caller *caller = g_hash_table_lookup(callers->table, sender);

    return caller ? g_hash_table_lookup(caller->errors, connection) : NULL;
}

typedef struct {
    Callers *callers; /* (owned) */
    char *sender;     /* (owned) */
    CallersUser found;
    gpointer data;
} Question;

static void
on_user(GObject *bus, GAsyncResult *result, gpointer data)
{
    g_autofree Question *question = data;
    g_autofree char *sender = question->sender;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error);
    Caller *caller = g_hash_table_lookup(question->callers->table, sender);
    guint uid = G_MAXUINT;

    if (reply)
        g_variant_get(reply, "(u)", &uid);
    if (reply && caller) {
        caller->uid = uid;
        caller->known = TRUE;
    }

    question->found(question->data, uid, error);
    callers_free(question->callers);
}

gboolean
callers_know_user(Callers *callers, const char *sender, guint *uid)
{
    Caller *caller = g_hash_table_lookup(callers->table, sender);

    if (!caller || !caller->known)
        return FALSE;
    *uid = caller->uid;

    return TRUE;
}

void
callers_find_user(Callers *callers, const char *sender, CallersUser found, gpointer data)
{
    Caller *caller = callers_get(callers, sender);
    Question *question;

    if (caller->known) {
        found(data, caller->uid, NULL);
        return;
    }

    question = g_new(Question, 1);
    *question = (Question){ callers, g_strdup(sender), found, data };
    callers->references++;
    g_dbus_connection_call(callers->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                           "org.freedesktop.DBus", "GetConnectionUnixUser",
                           g_variant_new("(s)", sender), G_VARIANT_TYPE("(u)"),
                           G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_user, question);
}

Callers *
callers_new(GDBusConnection *bus)
{
    Callers *callers = g_new0(Callers, 1);

    callers->references = 1;
    callers->bus = g_object_ref(bus);
    callers->listeners = g_array_new(FALSE, FALSE, sizeof(Listener));
    callers->table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, caller_free);

    return callers;
}

void
callers_free(Callers *callers)
{
    if (--callers->references > 0)
        return;

    g_hash_table_unref(callers->table);
    g_array_unref(callers->listeners);
    g_object_unref(callers->bus);
    g_free(callers);
}
