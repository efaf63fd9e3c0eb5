/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* All callers share one socket to the bus, which is read and written in order. If every call were
 * begun as it comes, whoever keeps a hundred in flight would always have them, or their answers, in
 * front of everybody else's in that socket. So while there is more than one caller, they take
 * turns, and after a few calls no more are begun until the answers have gone out: what a caller has
 * in flight waits here, where others pass it.
 *
 * One who is alone has nobody to wait for, and is not slowed down. */

#include "arrivals.h"

#include "turns.h"

/* More would let others wait for longer; fewer, take longer for all. */
#define CALLS_AT_ONCE 4

/* So long after another's call a caller counts as not alone. It is longer than any queue in the
 * socket: else the other, whose next call is in there, would be forgotten meanwhile. */
#define COMPANY_SECONDS 10

struct Arrivals {
    guint references;     /* the owner, and a flush */
    GDBusConnection *bus; /* (owned) */
    Turns *turns;         /* (owned) */
    GSequence *waiting;   /* (owned) of Arrival (owned), in their order */
    guint n_begun;        /* since the last flush */
    gboolean flushing;
    char *last_caller;    /* (owned) (nullable) */
    gint64 company_until; /* monotonic time */
};

typedef struct {
    Turn turn;
    ArrivalsBegin begin;
    gpointer data;
} Arrival;

static int
arrival_compare(gconstpointer a, gconstpointer b, gpointer user_data G_GNUC_UNUSED)
{
    const Arrival *first = a, *second = b;

    return turn_compare(&first->turn, &second->turn);
}

static void
begin_first(Arrivals *arrivals)
{
    GSequenceIter *first = g_sequence_get_begin_iter(arrivals->waiting);
    const Arrival arrival = *(Arrival *)g_sequence_get(first);

    g_sequence_remove(first);
    turns_end(arrivals->turns, &arrival.turn);
    arrivals->n_begun++;
    arrival.begin(arrival.data);
}

static void
on_flushed(GObject *bus, GAsyncResult *result G_GNUC_UNUSED, gpointer data)
{
    Arrivals *arrivals = data;

    arrivals->n_begun = 0;
    while (arrivals->n_begun < CALLS_AT_ONCE && !g_sequence_is_empty(arrivals->waiting))
        begin_first(arrivals);

    arrivals->flushing = arrivals->n_begun == CALLS_AT_ONCE;
    if (arrivals->flushing)
        g_dbus_connection_flush(G_DBUS_CONNECTION(bus), NULL, on_flushed, arrivals);
    else
        arrivals_free(arrivals);
}

/* Begins it now, and sees to it that no more are begun than the socket takes. */
static void
begin_now(Arrivals *arrivals, ArrivalsBegin begin, gpointer data)
{
    arrivals->n_begun++;
    if (arrivals->n_begun >= CALLS_AT_ONCE && !arrivals->flushing) {
        arrivals->flushing = TRUE;
        arrivals->references++;
        g_dbus_connection_flush(arrivals->bus, NULL, on_flushed, arrivals);
    }
    begin(data);
}

static gboolean
is_alone(Arrivals *arrivals, const char *caller)
{
    gint64 now = g_get_monotonic_time();

    if (g_strcmp0(caller, arrivals->last_caller) != 0) {
        if (arrivals->last_caller)
            arrivals->company_until = now + COMPANY_SECONDS * G_USEC_PER_SEC;
        g_free(arrivals->last_caller);
        arrivals->last_caller = g_strdup(caller);
    }

    return now >= arrivals->company_until && g_sequence_is_empty(arrivals->waiting);
}

/* Whether those that wait are of this round or later, too. */
static gboolean
is_its_turn(Arrivals *arrivals, const Turn *turn)
{
    Arrival *first;

    if (g_sequence_is_empty(arrivals->waiting))
        return arrivals->n_begun < CALLS_AT_ONCE;
    first = g_sequence_get(g_sequence_get_begin_iter(arrivals->waiting));

    return turn->round <= first->turn.round;
}

void
arrivals_add(Arrivals *arrivals, const char *caller, ArrivalsBegin begin, gpointer data)
{
    Arrival *arrival;
    Turn turn;

    if (is_alone(arrivals, caller)) {
        begin(data);
        return;
    }

    turn = turns_take(arrivals->turns, caller);
    if (is_its_turn(arrivals, &turn)) {
        turns_end(arrivals->turns, &turn);
        begin_now(arrivals, begin, data);
        return;
    }

    arrival = g_new(Arrival, 1);
    *arrival = (Arrival){ turn, begin, data };
    g_sequence_insert_sorted(arrivals->waiting, arrival, arrival_compare, NULL);
}

Arrivals *
arrivals_new(GDBusConnection *bus)
{
    Arrivals *arrivals = g_new0(Arrivals, 1);

    arrivals->references = 1;
    arrivals->bus = g_object_ref(bus);
    arrivals->turns = turns_new();
    arrivals->waiting = g_sequence_new(g_free);

    return arrivals;
}

void
arrivals_free(Arrivals *arrivals)
{
    while (!g_sequence_is_empty(arrivals->waiting))
        begin_first(arrivals);
    if (--arrivals->references > 0)
        return;

    g_sequence_free(arrivals->waiting);
    turns_free(arrivals->turns);
    g_free(arrivals->last_caller);
    g_object_unref(arrivals->bus);
    g_free(arrivals);
}
