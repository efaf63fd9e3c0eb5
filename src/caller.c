/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the service remembers of its callers: the user that the bus says they are, their last error
 * on each connection, and how many calls of theirs are not answered yet. It relies on the bus to
 * tell when a caller leaves; all goes then. Of one who is only counted nothing stays after the last
 * answer, so that the bus need not be asked to tell. */

#include "caller.h"

/* A user may have so many times the calls of one caller, with however many names on the bus. */
#define CALLERS_PER_USER 4

struct Callers {
    guint references;     /* the owner, and each question to the bus */
    GDBusConnection *bus; /* (owned) */
    guint most_calls;     /* of one caller */
    GHashTable *table;    /* (owned) unique name -> Caller (owned) */
    GHashTable *users;    /* (owned) uid -> their calls, if there are any */
    GArray *listeners;    /* (owned) of Listener */
};

typedef struct {
    CallersLeft left;
    gpointer data;
} Listener;

struct Caller {
    guint references; /* the table, and each call */
    char *name;       /* (owned) */
    guint watch;      /* or 0: nothing is kept beyond the last answer */
    gboolean known;
    guint uid;          /* if known */
    GHashTable *errors; /* (owned) (nullable) connection's name -> virError (owned) */
    guint n_calls;      /* not answered yet */
};

static void
caller_unref(gpointer data)
{
    Caller *caller = data;

    if (--caller->references > 0)
        return;

    g_clear_pointer(&caller->errors, g_hash_table_unref);
    g_free(caller->name);
    g_free(caller);
}

/* Nobody has the name again. */
static void
caller_forget(gpointer data)
{
    Caller *caller = data;

    g_clear_handle_id(&caller->watch, g_bus_unwatch_name);
    caller_unref(caller);
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
        caller->references = 1;
        caller->name = g_strdup(sender);
        g_hash_table_insert(callers->table, caller->name, caller);
    }

    return caller;
}

/* Of whom something is to be remembered until they leave. */
static Caller *
callers_keep(Callers *callers, const char *sender)
{
    Caller *caller = callers_get(callers, sender);

    if (!caller->watch)
        caller->watch = g_bus_watch_name_on_connection(callers->bus, sender, 0, NULL,
                                                       on_caller_gone, callers, NULL);

    return caller;
}

static guint
callers_count_user(Callers *callers, guint uid)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(callers->users, GUINT_TO_POINTER(uid)));
}

static void
callers_set_user(Callers *callers, guint uid, guint n_calls)
{
    if (n_calls > 0)
        g_hash_table_insert(callers->users, GUINT_TO_POINTER(uid), GUINT_TO_POINTER(n_calls));
    else
        g_hash_table_remove(callers->users, GUINT_TO_POINTER(uid));
}

static gboolean
callers_have_room(Callers *callers, const Caller *caller, GError **error)
{
    if (caller->n_calls >= callers->most_calls) {
        g_set_error(error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                    "%u calls of %s wait for an answer already (CallsPerCaller)", caller->n_calls,
                    caller->name);
        return FALSE;
    }
    if (caller->known &&
        callers_count_user(callers, caller->uid) / CALLERS_PER_USER >= callers->most_calls) {
        g_set_error(error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                    "%u calls of user %u wait for an answer already (%u times CallsPerCaller)",
                    callers_count_user(callers, caller->uid), caller->uid, CALLERS_PER_USER);
        return FALSE;
    }

    return TRUE;
}

Caller *
callers_enter(Callers *callers, const char *sender, GError **error)
{
    Caller *caller = callers_get(callers, sender);

    if (!callers_have_room(callers, caller, error))
        return NULL;

    caller->references++;
    caller->n_calls++;
    if (caller->known)
        callers_set_user(callers, caller->uid, callers_count_user(callers, caller->uid) + 1);

    return caller;
}

void
callers_leave(Callers *callers, Caller *caller)
{
    caller->n_calls--;
    if (caller->known)
        callers_set_user(callers, caller->uid, callers_count_user(callers, caller->uid) - 1);
    if (caller->n_calls == 0 && g_hash_table_lookup(callers->table, caller->name) == caller &&
        !caller->watch)
        g_hash_table_remove(callers->table, caller->name);

    caller_unref(caller);
}

void
callers_set_error(Callers *callers, const char *sender, const char *connection, virErrorPtr details)
{
    Caller *caller = callers_keep(callers, sender);

    if (!caller->errors)
        caller->errors =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)virFreeError);
    g_hash_table_replace(caller->errors, g_strdup(connection), details);
}

const virError *
callers_get_error(Callers *callers, const char *sender, const char *connection)
{
    Caller *caller = g_hash_table_lookup(callers->table, sender);

    return caller && caller->errors ? g_hash_table_lookup(caller->errors, connection) : NULL;
}

typedef struct {
    Callers *callers; /* (owned) */
    char *sender;     /* (owned) */
    CallersUser found;
    gpointer data;
} Question;

static void
callers_learn(Callers *callers, Caller *caller, guint uid)
{
    if (caller->known)
        return;

    caller->uid = uid;
    caller->known = TRUE;
    callers_set_user(callers, uid, callers_count_user(callers, uid) + caller->n_calls);
}

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
    if (reply && caller)
        callers_learn(question->callers, caller, uid);

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
    Caller *caller = callers_keep(callers, sender);
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

guint
callers_get_user(Callers *callers, const char *sender)
{
    Caller *caller = callers_keep(callers, sender);
    g_autoptr(GVariant) reply = NULL;
    guint uid;

    if (caller->known)
        return caller->uid;

    reply = g_dbus_connection_call_sync(
        callers->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
        "GetConnectionUnixUser", g_variant_new("(s)", sender), G_VARIANT_TYPE("(u)"),
        G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
    if (!reply)
        return CALLERS_NOBODY;

    g_variant_get(reply, "(u)", &uid);
    callers_learn(callers, caller, uid);

    return uid;
}

void
callers_watch(Callers *callers, const char *sender)
{
    callers_keep(callers, sender);
}

Callers *
callers_new(GDBusConnection *bus, guint most_calls)
{
    Callers *callers = g_new0(Callers, 1);

    callers->references = 1;
    callers->bus = g_object_ref(bus);
    callers->most_calls = most_calls;
    callers->listeners = g_array_new(FALSE, FALSE, sizeof(Listener));
    callers->table = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, caller_forget);
    callers->users = g_hash_table_new(NULL, NULL);

    return callers;
}

void
callers_free(Callers *callers)
{
    if (--callers->references > 0)
        return;

    g_hash_table_unref(callers->table);
    g_hash_table_unref(callers->users);
    g_array_unref(callers->listeners);
    g_object_unref(callers->bus);
    g_free(callers);
}
