/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Remembers what polkit said of a caller. One question is put to polkit at a time, so that callers
 * take turns there; equal ones that come meanwhile wait for the same answer. What needs a password
 * is asked again with the user's help where the message allows that. Such an answer is good for
 * this once: polkit itself knows how long it will not want the password again. */

#include "client.h"

#include <string.h>

/* Answers that are remembered. */
#define MAX_RECORDS 4096

struct Client {
    guint references;    /* the owner, and each record that polkit is being asked about */
    Judge *judge;        /* (owned) */
    char *sender;        /* (owned) */
    GHashTable *records; /* (owned) key -> Record (owned) */
    GQueue waiting;      /* of Record (owned), for their turn */
    gboolean asking;
};

/* What polkit said, or is being asked. */
typedef struct {
    guint references;
    Client *client;     /* (owned) while polkit is being asked */
    char *key;          /* (owned) in the client's table */
    Question *question; /* (owned) */
    gboolean known;
    Verdict verdict;        /* if known */
    GPtrArray *waiters;     /* (owned) of Waiter, for the verdict */
    GPtrArray *interactive; /* (owned) of Waiter, for the user's answer */
} Record;

/* All the questions of one client_ask(). */
typedef struct {
    gboolean interactive;
    guint n_open;
    ClientAnswered answered;
    gpointer data;
} Batch;

typedef struct {
    Batch *batch;
    Question *question;
} Waiter;

#define ERROR_NEEDS_INTERACTION 0

static GQuark
client_error_quark(void)
{
    static const GDBusErrorEntry entries[] = {
        { ERROR_NEEDS_INTERACTION, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" },
    };
    static gsize quark;

    g_dbus_error_register_error_domain("virtbus-client-error-quark", &quark, entries,
                                       G_N_ELEMENTS(entries));
    return quark;
}

static Client *
client_ref(Client *client)
{
    client->references++;
    return client;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Client, client_unref)

/* Takes @key. */
static Record *
record_new(const Question *question, char *key)
{
    Record *record = g_new0(Record, 1);

    record->references = 1;
    record->key = key;
    record->question = question_copy(question);
    record->waiters = g_ptr_array_new_with_free_func(g_free);
    record->interactive = g_ptr_array_new_with_free_func(g_free);

    return record;
}

static Record *
record_ref(Record *record)
{
    record->references++;
    return record;
}

static void
record_unref(gpointer data)
{
    Record *record = data;

    if (--record->references > 0)
        return;

    g_ptr_array_unref(record->waiters);
    g_ptr_array_unref(record->interactive);
    question_free(record->question);
    g_free(record->key);
    g_free(record);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Record, record_unref)

static void
batch_count(Batch *batch)
{
    if (--batch->n_open > 0)
        return;

    batch->answered(batch->data);
    g_free(batch);
}

static GError *
describe_refusal(const Record *record)
{
    if (record->verdict == VERDICT_CHALLENGE)
        return g_error_new(client_error_quark(), ERROR_NEEDS_INTERACTION,
                           "%s needs a password, which this call does not let anybody ask for",
                           record->question->action);
    return g_error_new(G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED, "not allowed: %s",
                       record->question->action);
}

static GError *
describe_dismissal(const Record *record)
{
    return g_error_new(G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED, "nobody proved to be allowed: %s",
                       record->question->action);
}

static GError *
describe_silence(const GError *error)
{
    if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED))
        return g_error_copy(error);
    return g_error_new(G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                       "polkit cannot be asked whether that is allowed: %s", error->message);
}

static void
add_waiter(GPtrArray *waiters, Batch *batch, Question *question)
{
    Waiter *waiter = g_new(Waiter, 1);

    *waiter = (Waiter){ batch, question };
    g_ptr_array_add(waiters, waiter);
}

/* Tells all who wait; they may ask something new meanwhile. */
static void
list_tell(GPtrArray **list, const GError *refusal)
{
    g_autoptr(GPtrArray) waiters = *list;

    *list = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < waiters->len; i++) {
        Waiter *waiter = waiters->pdata[i];

        waiter->question->refusal = refusal ? g_error_copy(refusal) : NULL;
        batch_count(waiter->batch);
    }
}

static void
record_fail(Record *record, const GError *error)
{
    g_autoptr(GError) refusal = describe_silence(error);

    list_tell(&record->waiters, refusal);
}

/* What was asked, without a doubt: a value may contain anything. */
static char *
make_key(const Question *question)
{
    GString *key = g_string_new(question->action);

    for (char **i = question->details; *i; i++)
        g_string_append_printf(key, "\n%zu:%s", strlen(*i), *i);

    return g_string_free(key, FALSE);
}

/* --- what polkit said --- */

static gboolean
is_challenge(gpointer key G_GNUC_UNUSED, gpointer data, gpointer user_data G_GNUC_UNUSED)
{
    const Record *record = data;

    return record->known && record->verdict == VERDICT_CHALLENGE;
}

static void
on_user_answered(gpointer data, Verdict verdict, const GError *error)
{
    g_autoptr(Record) record = data;
    g_autoptr(Client) client = g_steal_pointer(&record->client);
    g_autoptr(GError) refusal = error ? describe_silence(error) : describe_dismissal(record);

    /* For a while polkit may not want the password again. */
    if (verdict == VERDICT_YES)
        g_hash_table_foreach_remove(client->records, is_challenge, NULL);
    list_tell(&record->interactive, verdict == VERDICT_YES ? NULL : refusal);
}

static void
record_ask_user(Record *record, Client *client)
{
    if (record->client)
        return;

    record->client = client_ref(client);
    judge_ask(client->judge, client->sender, record->question, TRUE, on_user_answered,
              record_ref(record));
}

/* What the record says, for one who asks. */
static void
record_answer(Record *record, Client *client, Batch *batch, Question *question)
{
    if (!record->known) {
        add_waiter(record->waiters, batch, question);
    } else if (record->verdict == VERDICT_CHALLENGE && batch->interactive) {
        add_waiter(record->interactive, batch, question);
        record_ask_user(record, client);
    } else {
        if (record->verdict != VERDICT_YES)
            question->refusal = describe_refusal(record);
        batch_count(batch);
    }
}

static void
record_tell(Record *record, Client *client)
{
    g_autoptr(GPtrArray) waiters = g_steal_pointer(&record->waiters);

    record->waiters = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < waiters->len; i++) {
        Waiter *waiter = waiters->pdata[i];
        record_answer(record, client, waiter->batch, waiter->question);
    }
}

/* --- turns at polkit --- */

static void
client_drop(Client *client, const Record *record)
{
    if (g_hash_table_lookup(client->records, record->key) == record)
        g_hash_table_remove(client->records, record->key);
}

/* If polkit does not answer one question, the others need not wait for the same. */
static void
client_give_up(Client *client, const GError *error)
{
    GQueue waiting = client->waiting;
    Record *record;

    g_queue_init(&client->waiting);
    while ((record = g_queue_pop_head(&waiting))) {
        client_drop(client, record);
        record_fail(record, error);
        record_unref(record);
    }
}

static void on_answered(gpointer data, Verdict verdict, const GError *error);

static void
client_proceed(Client *client)
{
    Record *record = client->asking ? NULL : g_queue_pop_head(&client->waiting);

    if (!record)
        return;

    client->asking = TRUE;
    record->client = client_ref(client);
    judge_ask(client->judge, client->sender, record->question, FALSE, on_answered, record);
}

static void
on_answered(gpointer data, Verdict verdict, const GError *error)
{
    g_autoptr(Record) record = data;
    g_autoptr(Client) client = g_steal_pointer(&record->client);

    client->asking = FALSE;
    record->known = !error;
    record->verdict = verdict;
    if (error) {
        client_drop(client, record);
        record_fail(record, error);
        client_give_up(client, error);
    } else {
        record_tell(record, client);
    }
    client_proceed(client);
}

static gboolean
is_known(gpointer key G_GNUC_UNUSED, gpointer data, gpointer user_data G_GNUC_UNUSED)
{
    return ((const Record *)data)->known;
}

static void
client_answer(Client *client, Batch *batch, Question *question)
{
    g_autofree char *key = make_key(question);
    Record *record = g_hash_table_lookup(client->records, key);

    if (!record) {
        if (g_hash_table_size(client->records) >= MAX_RECORDS)
            g_hash_table_foreach_remove(client->records, is_known, NULL);
        record = record_new(question, g_steal_pointer(&key));
        g_hash_table_insert(client->records, record->key, record);
        g_queue_push_tail(&client->waiting, record_ref(record));
        client_proceed(client);
    }

    record_answer(record, client, batch, question);
}

void
client_ask(Client *client, gboolean interactive, GPtrArray *questions, ClientAnswered answered,
           gpointer data)
{
    g_autoptr(Client) alive = client_ref(client);
    Batch *batch = g_new(Batch, 1);

    *batch = (Batch){ interactive, questions->len + 1, answered, data };
    for (guint i = 0; i < questions->len; i++)
        client_answer(alive, batch, questions->pdata[i]);
    batch_count(batch);
}

void
client_forget(Client *client)
{
    g_hash_table_remove_all(client->records);
}

void
client_leave(Client *client)
{
    g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CLOSED, "the caller left");

    client_give_up(client, error);
}

Client *
client_new(Judge *judge, const char *sender)
{
    Client *client = g_new0(Client, 1);

    client->references = 1;
    client->judge = judge_ref(judge);
    client->sender = g_strdup(sender);
    client->records = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, record_unref);
    g_queue_init(&client->waiting);

    return client;
}

void
client_unref(Client *client)
{
    if (--client->references > 0)
        return;

    g_hash_table_unref(client->records);
    judge_unref(client->judge);
    g_free(client->sender);
    g_free(client);
}
