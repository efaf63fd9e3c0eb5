/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* On a session bus signals are for all who listen. On the system bus a signal would tell strangers
 * what a call would not, so there it goes to each caller who may know of its object, one by one:
 * the bus says nothing of who listens, but whoever has called the service once is known. Values
 * that the caller may not read are taken out.
 *
 * While polkit is being asked, the signals that follow wait, so that each caller hears them in
 * their order. */

#include "audience.h"

#include <string.h>

#include "bindings.h"
#include "call.h"
#include "claims.h"
#include "details.h"
#include "managed.h"

/* Signals that may wait for polkit, a caller. */
#define MAX_LETTERS 1000

struct Audience {
    Callers *callers;
    Authority *authority;
    AudienceDeliver deliver;
    gpointer data;
    GHashTable *listeners; /* (owned) unique name -> Listener (owned) */
};

typedef struct {
    Audience *audience;
    char *sender;   /* (owned) */
    GQueue letters; /* of Letter (owned), the oldest first */
} Listener;

/* A signal on its way to a caller. */
typedef struct {
    guint references;
    Listener *listener;     /* (nullable) if the caller has left */
    Connection *connection; /* (owned) */
    Signal *signal;         /* (owned) */
    char **details;         /* (owned) (nullable) of the object, if it is known well enough */
    Claims claims;
    gboolean decided;
    gboolean wanted;  /* if decided */
    gboolean trusted; /* the caller may read all that is in it */
} Letter;

/* What libvirt wants of those who listen to QEMU's monitor. */
static const Permission monitor_needs[] = { { "connect", "write", WHEN_ALWAYS, 0, 0 }, { 0 } };

static void
letter_unref(Letter *letter)
{
    if (--letter->references > 0)
        return;

    connection_unref(letter->connection);
    signal_free(letter->signal);
    g_strfreev(letter->details);
    claims_clear(&letter->claims);
    g_free(letter);
}

/* --- what is needed --- */

static gboolean
is_from_monitor(const Signal *signal)
{
    return strcmp(signal->interface, qemu_domain_bindings.info->name) == 0;
}

static const Permission *
need_of_value(const Signal *signal, const char *name)
{
    const Interface *interface = signal->kind ? signal->kind->interfaces[0] : &connection_bindings;

    return binding_find(interface->getters, name)->permissions;
}

/* Of what has not been granted already. */
static void
letter_claim(Letter *letter, const Permission *needs, char **details)
{
    if (!claims_has(&letter->claims, needs, NULL))
        claims_add(&letter->claims, needs, details, NULL);
}

static void
letter_claim_all(Letter *letter, char **details)
{
    g_autoptr(GVariant) values = managed_get_values(letter->signal);
    GVariantIter iter;
    const char *name;

    letter_claim(letter, details_get_getattr(letter->signal->kind), details);
    if (!values)
        return;

    g_variant_iter_init(&iter, values);
    while (g_variant_iter_next(&iter, "{&sv}", &name, NULL))
        letter_claim(letter, need_of_value(letter->signal, name), details);
}

static gboolean
may_read(gpointer data, const char *name)
{
    Letter *letter = data;

    return claims_has(&letter->claims, need_of_value(letter->signal, name), NULL);
}

/* --- the way of a letter --- */

static void
listener_deliver(Listener *listener)
{
    Audience *audience = listener->audience;
    Letter *letter;

    while ((letter = g_queue_peek_head(&listener->letters)) && letter->decided) {
        g_queue_pop_head(&listener->letters);
        if (letter->wanted &&
            (letter->trusted || managed_select_values(letter->signal, may_read, letter)))
            audience->deliver(audience->data, listener->sender, letter->connection, letter->signal);
        letter_unref(letter);
    }
}

static void
letter_decide(Letter *letter, gboolean wanted)
{
    letter->decided = TRUE;
    letter->wanted = wanted;
    if (letter->listener)
        listener_deliver(letter->listener);
    letter_unref(letter);
}

static void
letter_ask(Letter *letter, ClientAnswered answered)
{
    authority_ask(letter->listener->audience->authority, letter->listener->sender, FALSE,
                  letter->claims.questions, answered, letter);
}

static void
on_answered(gpointer data)
{
    Letter *letter = data;

    claims_take(&letter->claims, NULL);
    letter_decide(
        letter,
        claims_has(&letter->claims, details_get_getattr(letter->signal->kind), NULL) &&
            (!is_from_monitor(letter->signal) || claims_has(&letter->claims, monitor_needs, NULL)));
}

/* Whether the caller may know of all objects. */
static void
on_answered_for_all(gpointer data)
{
    Letter *letter = data;
    g_autoptr(GError) refusal = NULL;

    claims_take(&letter->claims, &refusal);
    if (refusal && letter->details && letter->listener) {
        letter_claim_all(letter, letter->details);
        letter_ask(letter, on_answered);
    } else {
        on_answered(letter);
    }
}

static void
on_identified(gpointer data, gboolean trusted, const GError *error)
{
    Letter *letter = data;
    g_auto(GStrv) details = NULL;

    letter->trusted = trusted;
    if (trusted || error || !letter->listener) {
        letter_decide(letter, trusted);
        return;
    }

    details = details_of_connection(letter->connection);
    letter_claim_all(letter, details);
    if (is_from_monitor(letter->signal))
        letter_claim(letter, monitor_needs, details);
    letter_ask(letter, on_answered_for_all);
}

/* (owned) (nullable) What rules may go by: what came with the signal, or what is known. */
static char **
describe_object(Connection *connection, const Signal *signal)
{
    char **details = details_of_connection(connection);
    void *handle = NULL;

    if (!signal->kind)
        return details;
    if (signal->details)
        return details_join(details, signal->details);

    if (registry_is_live(connection_get_registry(connection), signal->kind))
        handle =
            registry_get_handle(connection_get_registry(connection), signal->kind, signal->element);
    if (handle)
        return details_add_object(details, signal->kind, handle);

    g_strfreev(details);
    return NULL;
}

static Listener *
audience_get_listener(Audience *audience, const char *sender)
{
    Listener *listener = g_hash_table_lookup(audience->listeners, sender);

    if (!listener) {
        listener = g_new0(Listener, 1);
        listener->audience = audience;
        listener->sender = g_strdup(sender);
        g_queue_init(&listener->letters);
        g_hash_table_insert(audience->listeners, listener->sender, listener);
    }

    return listener;
}

typedef struct {
    Audience *audience;
    Connection *connection;
    const Signal *signal;
} Telling;

/* What somebody has opened is nothing to others. */
static gboolean
may_see(const Telling *telling, const char *sender)
{
    return connection_is_visible_to(telling->connection, CALLERS_NOBODY) ||
           connection_is_visible_to(telling->connection,
                                    callers_get_user(telling->audience->callers, sender));
}

static void
tell_one(gpointer data, const char *sender)
{
    const Telling *telling = data;
    Listener *listener = audience_get_listener(telling->audience, sender);
    Letter *letter;

    if (listener->letters.length >= MAX_LETTERS || !may_see(telling, sender))
        return;

    letter = g_new0(Letter, 1);
    letter->references = 2; /* the listener's, and that of who decides */
    letter->listener = listener;
    letter->connection = connection_ref(telling->connection);
    letter->signal = signal_copy(telling->signal);
    letter->details = describe_object(telling->connection, telling->signal);
    claims_init(&letter->claims);
    g_queue_push_tail(&listener->letters, letter);

    authority_identify(telling->audience->authority, sender, on_identified, letter);
}

void
audience_tell(Audience *audience, Connection *connection, const Signal *signal)
{
    Telling telling = { audience, connection, signal };

    if (authority_trusts_all(audience->authority))
        audience->deliver(audience->data, NULL, connection, signal);
    else
        callers_visit(audience->callers, tell_one, &telling);
}

static void
listener_free(gpointer data)
{
    Listener *listener = data;
    Letter *letter;

    while ((letter = g_queue_pop_head(&listener->letters))) {
        letter->listener = NULL;
        letter_unref(letter);
    }
    g_free(listener->sender);
    g_free(listener);
}

static void
on_left(gpointer data, const char *sender)
{
    Audience *audience = data;

    g_hash_table_remove(audience->listeners, sender);
}

Audience *
audience_new(Callers *callers, Authority *authority, AudienceDeliver deliver, gpointer data)
{
    Audience *audience = g_new0(Audience, 1);

    audience->callers = callers;
    audience->authority = authority;
    audience->deliver = deliver;
    audience->data = data;
    audience->listeners = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, listener_free);
    callers_on_left(callers, on_left, audience);

    return audience;
}

void
audience_free(Audience *audience)
{
    g_hash_table_unref(audience->listeners);
    g_free(audience);
}
