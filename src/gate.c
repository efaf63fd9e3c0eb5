/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GDBus answers introspection by itself, and asks nobody whether it may. So on its way in such a
 * call is taken from GDBus and handed to the main thread. Those of the service itself pass.
 *
 * The filter runs on GDBus's own thread. It has nothing to do with what the main thread owns. */

#include "gate.h"

#include "message.h"

struct Gate {
    gatomicrefcount references; /* the filter, and each call on its way to the main thread */
    char *own_name;             /* (owned) */
    GateHold hold;
    gpointer data;

    /* Of the main thread. */
    GDBusConnection *bus; /* (nullable) if it is closed */
    guint filter;
};

typedef struct {
    Gate *gate;            /* (owned) */
    GDBusMessage *message; /* (owned) (nullable) if it was handed over */
} Held;

static void
gate_unref(gpointer data)
{
    Gate *gate = data;

    if (!g_atomic_ref_count_dec(&gate->references))
        return;

    g_free(gate->own_name);
    g_free(gate);
}

static void
held_free(gpointer data)
{
    Held *held = data;

    g_clear_object(&held->message);
    gate_unref(held->gate);
    g_free(held);
}

static gboolean
on_held(gpointer data)
{
    Held *held = data;

    if (held->gate->bus)
        held->gate->hold(held->gate->data, g_steal_pointer(&held->message));

    return G_SOURCE_REMOVE;
}

/* Returns the message if it may pass; else it is the gate's. */
static GDBusMessage *
filter(GDBusConnection *bus G_GNUC_UNUSED, GDBusMessage *message, gboolean incoming, gpointer data)
{
    Gate *gate = data;
    Held *held;

    if (!incoming || !message_calls(message, "org.freedesktop.DBus.Introspectable", "Introspect") ||
        g_strcmp0(g_dbus_message_get_sender(message), gate->own_name) == 0)
        return message;

    if (!message_wants_answer(message)) {
        g_object_unref(message);
        return NULL;
    }

    held = g_new(Held, 1);
    *held = (Held){ gate, message };
    g_atomic_ref_count_inc(&gate->references);
    g_idle_add_full(G_PRIORITY_DEFAULT, on_held, held, held_free);

    return NULL;
}

Gate *
gate_new(GDBusConnection *bus, GateHold hold, gpointer data)
{
    Gate *gate = g_new0(Gate, 1);

    g_atomic_ref_count_init(&gate->references);
    gate->own_name = g_strdup(g_dbus_connection_get_unique_name(bus));
    gate->hold = hold;
    gate->data = data;
    gate->bus = bus;
    gate->filter = g_dbus_connection_add_filter(bus, filter, gate, gate_unref);

    return gate;
}

/* GDBus drops its reference once the filter does not run any more. */
void
gate_close(Gate *gate)
{
    GDBusConnection *bus = g_steal_pointer(&gate->bus);

    g_dbus_connection_remove_filter(bus, gate->filter);
}
