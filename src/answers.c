/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A property that events keep true is asked for again and again, by programs that poll, and the
 * answer stays the same until the service says on the bus that something has changed. The way to
 * the main thread and back would be a quarter of what it takes. So the answer is left with GDBus's
 * own thread, which a filter lets give it.
 *
 * Each answer is for one caller and one call, and all are forgotten as soon as anything changes.
 * What is ready is sent with the lock held: no old answer can come after the signal of the change.
 */

#include "answers.h"

#include <string.h>

#include "message.h"

/* Whoever asks for more starts anew. */
#define MOST 1024

struct Answers {
    GMutex lock;
    GHashTable *ready; /* (owned) of Answer (owned), which are their own keys */

    /* Of the main thread. */
    GDBusConnection *bus; /* (owned) */
    guint filter;
};

typedef struct {
    char *sender;        /* (owned) */
    char *path;          /* (owned) */
    GVariant *arguments; /* (owned) of Properties.Get */
    GVariant *body;      /* (owned) (nullable) */
} Answer;

static void
answer_free(gpointer data)
{
    Answer *answer = data;

    g_free(answer->sender);
    g_free(answer->path);
    g_variant_unref(answer->arguments);
    g_clear_pointer(&answer->body, g_variant_unref);
    g_free(answer);
}

static guint
answer_hash(gconstpointer data)
{
    const Answer *answer = data;
    const char *name;

    g_variant_get_child(answer->arguments, 1, "&s", &name);

    return g_str_hash(answer->sender) ^ g_str_hash(answer->path) ^ g_str_hash(name);
}

static gboolean
answer_equal(gconstpointer a, gconstpointer b)
{
    const Answer *one = a, *other = b;

    return strcmp(one->path, other->path) == 0 && strcmp(one->sender, other->sender) == 0 &&
           g_variant_equal(one->arguments, other->arguments);
}

/* Its arguments are (ss), whatever the sender says. */
static gboolean
is_get(GDBusMessage *message)
{
    GVariant *body = g_dbus_message_get_body(message);

    return message_calls(message, "org.freedesktop.DBus.Properties", "Get") && body &&
           g_variant_is_of_type(body, G_VARIANT_TYPE("(ss)"));
}

/* What it points to stays the message's. */
static Answer
answer_to(GDBusMessage *call)
{
    return (Answer){ (char *)g_dbus_message_get_sender(call), (char *)g_dbus_message_get_path(call),
                     g_dbus_message_get_body(call), NULL };
}

static void
send_answer(GDBusConnection *bus, GDBusMessage *call, GVariant *body)
{
    g_autoptr(GDBusMessage) reply = g_dbus_message_new_method_reply(call);

    g_dbus_message_set_body(reply, body);
    g_dbus_connection_send_message(bus, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
}

static gboolean
answer_again(Answers *answers, GDBusConnection *bus, GDBusMessage *call)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&answers->lock);
    const Answer wanted = answer_to(call);
    const Answer *answer = g_hash_table_lookup(answers->ready, &wanted);

    if (answer && message_wants_answer(call))
        send_answer(bus, call, answer->body);

    return answer != NULL;
}

/* On GDBus's thread. Returns the message if it may pass. */
static GDBusMessage *
filter(GDBusConnection *bus, GDBusMessage *message, gboolean incoming, gpointer data)
{
    if (!incoming || !is_get(message) || !answer_again(data, bus, message))
        return message;

    g_debug("%s asks again for a property of %s", g_dbus_message_get_sender(message),
            g_dbus_message_get_path(message));
    g_object_unref(message);

    return NULL;
}

void
answers_keep(Answers *answers, GDBusMessage *call, GVariant *body)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&answers->lock);
    const Answer wanted = answer_to(call);
    Answer *answer = g_new(Answer, 1);

    *answer = (Answer){ g_strdup(wanted.sender), g_strdup(wanted.path),
                        g_variant_ref(wanted.arguments), g_variant_ref(body) };
    if (g_hash_table_size(answers->ready) >= MOST)
        g_hash_table_remove_all(answers->ready);
    g_hash_table_add(answers->ready, answer);
}

void
answers_forget(Answers *answers)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&answers->lock);

    g_hash_table_remove_all(answers->ready);
}

/* The filter may be running. */
static void
on_removed(gpointer data)
{
    Answers *answers = data;

    g_hash_table_unref(answers->ready);
    g_mutex_clear(&answers->lock);
    g_free(answers);
}

Answers *
answers_new(GDBusConnection *bus)
{
    Answers *answers = g_new0(Answers, 1);

    g_mutex_init(&answers->lock);
    answers->ready = g_hash_table_new_full(answer_hash, answer_equal, answer_free, NULL);
    answers->bus = g_object_ref(bus);
    answers->filter = g_dbus_connection_add_filter(bus, filter, answers, on_removed);

    return answers;
}

void
answers_free(Answers *answers)
{
    g_autoptr(GDBusConnection) bus = g_steal_pointer(&answers->bus);

    answers_forget(answers);
    g_dbus_connection_remove_filter(bus, answers->filter);
}
