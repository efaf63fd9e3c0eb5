/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Callers take turns, so that one who has a thousand jobs waiting delays another's one by no more
 * than one of them. Time goes in rounds: in each there is one job of every caller. A job belongs to
 * the round after its caller's last one, but to none that is over; so nobody saves up rounds, and
 * nobody is remembered who has no jobs. (This is start-time fair queueing, where all jobs weigh the
 * same.) */

#include "turns.h"

typedef struct Flow {
    char *caller; /* (owned) in the table */
    guint n_jobs;
    guint64 last; /* round of one of them */
} Flow;

struct Turns {
    GHashTable *flows; /* (owned) caller -> Flow (owned), of those with jobs */
    guint64 round;     /* the last that a job was served of */
    guint64 number;
};

static void
flow_free(gpointer data)
{
    Flow *flow = data;

    g_free(flow->caller);
    g_free(flow);
}

static Flow *
turns_get_flow(Turns *turns, const char *caller)
{
    Flow *flow = g_hash_table_lookup(turns->flows, caller);

    if (!flow) {
        flow = g_new0(Flow, 1);
        flow->caller = g_strdup(caller);
        g_hash_table_insert(turns->flows, flow->caller, flow);
    }

    return flow;
}

Turn
turns_take(Turns *turns, const char *caller)
{
    Turn turn = { NULL, turns->round + 1, turns->number++ };

    if (caller) {
        turn.flow = turns_get_flow(turns, caller);
        turn.round = MAX(turn.flow->last, turns->round) + 1;
        turn.flow->last = turn.round;
        turn.flow->n_jobs++;
    }

    return turn;
}

void
turns_end(Turns *turns, const Turn *turn)
{
    turns->round = MAX(turns->round, turn->round);
    if (turn->flow && --turn->flow->n_jobs == 0)
        g_hash_table_remove(turns->flows, turn->flow->caller);
}

int
turn_compare(const Turn *a, const Turn *b)
{
    if (a->round != b->round)
        return a->round < b->round ? -1 : 1;

    return (a->number > b->number) - (a->number < b->number);
}

Turns *
turns_new(void)
{
    Turns *turns = g_new0(Turns, 1);

    turns->flows = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, flow_free);

    return turns;
}

void
turns_free(Turns *turns)
{
    g_hash_table_unref(turns->flows);
    g_free(turns);
}
