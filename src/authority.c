/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Decides whether a caller may do something, by asking polkit and by remembering what it said, of
 * each caller apart, until polkit says that something has changed or the caller leaves.
 *
 * Of one caller one question is put to polkit at a time, so that callers take turns there; equal
 * ones that come meanwhile wait for the same answer. What needs a password is asked again with the
 * user's help where the message allows that; such an answer is good for this once, and polkit
 * itself knows how long it will not ask again. */

#include "authority.h"

#include <string.h>

#include "judge.h"

/* Answers that are remembered of one caller. */
#define MAX_RECORDS 4096

struct Authority {
    guint references; /* the owner, and each record that polkit is being asked about */
    Callers *callers;
    Judge *judge;        /* (owned) (nullable) on a session bus */
    GHashTable *clients; /* (owned) unique name -> Client (owned) */
};

/* Whom polkit is asked about. */
typedef struct {
    GHashTable *records; /* (owned) key -> Record (owned) */
    GQueue waiting;      /* of Record, for their turn */
    gboolean asking;
} Client;

/* What polkit said, or is being asked. */
typedef struct {
    guint references;     /* the client's table or queue, and polkit being asked */
    Authority *authority; /* (owned) while polkit is being asked */
    char *key;            /* (owned) in the client's table */
    char *sender;         /* (owned) */
    char *action;         /* (owned) */
    char **details;       /* (owned) */
    gboolean known;
    Verdict verdict;        /* if known */
    GPtrArray *waiters;     /* (owned) of Waiter, for the verdict */
    GPtrArray *interactive; /* (owned) of Waiter, for the user's answer */
} Record;

/* All the questions of one authority_ask(). */
typedef struct {
    gboolean interactive;
    guint n_open;
    AuthorityAnswered answered;
    gpointer data;
} Batch;

typedef struct {
    Batch *batch;
    Question *question;
} Waiter;

#define ERROR_NEEDS_INTERACTION 0

static GQuark
authority_error_quark(void)
{
    static const GDBusErrorEntry entries[] = {
        { ERROR_NEEDS_INTERACTION, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" },
    };
    static gsize quark;

    g_dbus_error_register_error_domain("virtbus-authority-error-quark", &quark, entries,
                                       G_N_ELEMENTS(entries));
    return quark;
}

Question *
question_new(const char *object, const char *permission, char **details)
{
    Question *question = g_new0(Question, 1);

    question->action = g_strdup_printf("org.libvirt1.%s.%s", object, permission);
    g_strdelimit(question->action, "_", '-');
    question->details = g_strdupv(details);

    return question;
}

void
question_free(Question *question)
{
    g_free(question->action);
    g_strfreev(question->details);
    g_free(question->grant);
    g_clear_error(&question->refusal);
    g_free(question);
}

/* Takes @key. */
static Record *
record_new(const char *sender, const Question *question, char *key)
{
    Record *record = g_new0(Record, 1);

    record->references = 1;
    record->key = key;
    record->sender = g_strdup(sender);
    record->action = g_strdup(question->action);
    record->details = g_strdupv(question->details);
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
    g_strfreev(record->details);
    g_free(record->action);
    g_free(record->sender);
    g_free(record->key);
    g_free(record);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Record, record_unref)

static Authority *
authority_ref(Authority *authority)
{
    authority->references++;
    return authority;
}

static void
client_free(gpointer data)
{
    Client *client = data;

    g_queue_clear_full(&client->waiting, record_unref);
    g_hash_table_unref(client->records);
    g_free(client);
}

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
        return g_error_new(authority_error_quark(), ERROR_NEEDS_INTERACTION,
                           "%s needs a password, which this call does not let anybody ask for",
                           record->action);
    return g_error_new(G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED, "not allowed: %s", record->action);
}

static GError *
describe_dismissal(const Record *record)
{
    return g_error_new(G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED, "nobody proved to be allowed: %s",
                       record->action);
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
    g_autoptr(Authority) authority = g_steal_pointer(&record->authority);
    Client *client = g_hash_table_lookup(authority->clients, record->sender);
    g_autoptr(GError) refusal = error ? describe_silence(error) : describe_dismissal(record);

    /* For a while polkit may not want the password again. */
    if (client && verdict == VERDICT_YES)
        g_hash_table_foreach_remove(client->records, is_challenge, NULL);
    list_tell(&record->interactive, verdict == VERDICT_YES ? NULL : refusal);
}

static void
record_ask_user(Record *record, Authority *authority)
{
    if (record->authority)
        return;

    record->authority = authority_ref(authority);
    judge_ask(authority->judge, record->sender, record->action, record->details, TRUE,
              on_user_answered, record_ref(record));
}

/* What the record says, for one who asks. */
static void
record_answer(Record *record, Authority *authority, Batch *batch, Question *question)
{
    if (!record->known) {
        add_waiter(record->waiters, batch, question);
    } else if (record->verdict == VERDICT_CHALLENGE && batch->interactive) {
        add_waiter(record->interactive, batch, question);
        record_ask_user(record, authority);
    } else {
        if (record->verdict != VERDICT_YES)
            question->refusal = describe_refusal(record);
        batch_count(batch);
    }
}

static void
record_tell(Record *record, Authority *authority)
{
    g_autoptr(GPtrArray) waiters = g_steal_pointer(&record->waiters);

    record->waiters = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < waiters->len; i++) {
        Waiter *waiter = waiters->pdata[i];
        record_answer(record, authority, waiter->batch, waiter->question);
    }
}

/* --- turns at polkit --- */

static void
client_forget(Client *client, const Record *record)
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
        client_forget(client, record);
        record_fail(record, error);
        record_unref(record);
    }
}

static void on_answered(gpointer data, Verdict verdict, const GError *error);

static void
client_proceed(Client *client, Authority *authority)
{
    Record *record = client->asking ? NULL : g_queue_pop_head(&client->waiting);

    if (!record)
        return;

    client->asking = TRUE;
    record->authority = authority_ref(authority);
    judge_ask(authority->judge, record->sender, record->action, record->details, FALSE, on_answered,
              record);
}

static void
on_answered(gpointer data, Verdict verdict, const GError *error)
{
    g_autoptr(Record) record = data;
    g_autoptr(Authority) authority = g_steal_pointer(&record->authority);
    Client *client = g_hash_table_lookup(authority->clients, record->sender);

    if (client) {
        client->asking = FALSE;
        if (error) {
            client_forget(client, record);
            client_give_up(client, error);
        }
        client_proceed(client, authority);
    }

    record->known = !error;
    record->verdict = verdict;
    if (error)
        record_fail(record, error);
    else
        record_tell(record, authority);
}

static void
forget_answers(gpointer data)
{
    Authority *authority = data;
    GHashTableIter iter;
    Client *client;

    g_hash_table_iter_init(&iter, authority->clients);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&client))
        g_hash_table_remove_all(client->records);
}

static void
on_left(gpointer data, const char *sender)
{
    g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CLOSED, "the caller left");
    Authority *authority = data;
    Client *client = g_hash_table_lookup(authority->clients, sender);

    if (!client)
        return;

    g_hash_table_steal(authority->clients, sender);
    client_give_up(client, error);
    client_free(client);
}

/* --- what the rest of the service asks --- */

static Client *
authority_get_client(Authority *authority, const char *sender)
{
    Client *client = g_hash_table_lookup(authority->clients, sender);

    if (!client) {
        client = g_new0(Client, 1);
        client->records = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, record_unref);
        g_queue_init(&client->waiting);
        g_hash_table_insert(authority->clients, g_strdup(sender), client);
    }

    return client;
}

static gboolean
is_known(gpointer key G_GNUC_UNUSED, gpointer data, gpointer user_data G_GNUC_UNUSED)
{
    return ((const Record *)data)->known;
}

static void
authority_answer(Authority *authority, const char *sender, Batch *batch, Question *question)
{
    Client *client = authority_get_client(authority, sender);
    g_autofree char *key = make_key(question);
    Record *record = g_hash_table_lookup(client->records, key);

    if (!record) {
        if (g_hash_table_size(client->records) >= MAX_RECORDS)
            g_hash_table_foreach_remove(client->records, is_known, NULL);
        record = record_new(sender, question, g_steal_pointer(&key));
        g_hash_table_insert(client->records, record->key, record);
        g_queue_push_tail(&client->waiting, record_ref(record));
        client_proceed(client, authority);
    }

    record_answer(record, authority, batch, question);
}

void
authority_ask(Authority *authority, const char *sender, gboolean interactive, GPtrArray *questions,
              AuthorityAnswered answered, gpointer data)
{
    Batch *batch = g_new(Batch, 1);

    *batch = (Batch){ interactive, questions->len + 1, answered, data };
    for (guint i = 0; i < questions->len; i++)
        authority_answer(authority, sender, batch, questions->pdata[i]);
    batch_count(batch);
}

typedef struct {
    AuthorityTrust tell;
    gpointer data;
} Identification;

static void
on_user(gpointer data, guint uid, const GError *error)
{
    g_autofree Identification *identification = data;
    g_autoptr(GError) denied = NULL;

    if (error)
        g_set_error(&denied, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                    "the bus does not say who calls: %s", error->message);

    identification->tell(identification->data, uid == 0, denied);
}

void
authority_identify(Authority *authority, const char *sender, AuthorityTrust tell, gpointer data)
{
    Identification *identification;

    if (authority_trusts(authority, sender)) {
        tell(data, TRUE, NULL);
        return;
    }

    identification = g_new(Identification, 1);
    *identification = (Identification){ tell, data };
    callers_find_user(authority->callers, sender, on_user, identification);
}

gboolean
authority_trusts_all(Authority *authority)
{
    return !authority->judge;
}

gboolean
authority_trusts(Authority *authority, const char *sender)
{
    guint uid;

    return authority_trusts_all(authority) ||
           (callers_know_user(authority->callers, sender, &uid) && uid == 0);
}

void
authority_hurry(Authority *authority)
{
    if (authority->judge)
        judge_hurry(authority->judge);
}

Authority *
authority_new(Callers *callers, gboolean system_bus)
{
    Authority *authority = g_new0(Authority, 1);

    authority->references = 1;
    authority->callers = callers;
    authority->judge = system_bus ? judge_new(forget_answers, authority) : NULL;
    authority->clients = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, client_free);
    callers_on_left(callers, on_left, authority);

    return authority;
}

void
authority_free(Authority *authority)
{
    if (--authority->references > 0)
        return;

    g_clear_pointer(&authority->judge, judge_free);
    g_hash_table_unref(authority->clients);
    g_free(authority);
}
