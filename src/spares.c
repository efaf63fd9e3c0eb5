/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libvirtd serves a few requests of one client at a time, so what takes long has a client of its
 * own.
 *
 * Up to libvirt 9.10, two threads that wait for answers on one connection can crash the process
 * when the connection breaks: a source on the stack of the one stays attached when the other takes
 * over polling (mended in libvirt 10.0 by "rpc: ensure temporary GSource is removed from client
 * event loop"). With such a libvirt each link has one worker, and there are as many links as there
 * would be workers.
 *
 * What takes long waits here until a worker is free, and not on a link, where it might be behind
 * another call for minutes. There is one worker more than a caller can have at a time. */

#include "spares.h"

#include "error.h"
#include "turns.h"

#define MENDED_VERSION 10000000

struct Spares {
    guint references; /* the owner, and each job that runs */
    const LinkFuncs *funcs;
    char *uri; /* (owned) */
    gboolean read_only;
    Opener *opener;   /* (owned) (nullable) */
    guint most;       /* links */
    guint workers;    /* of each */
    GPtrArray *links; /* (owned) of Link */
    Turns *turns;     /* (owned) */
    GQueue waiting;   /* of Job, in their order */
    GQueue running;   /* of Job */
};

typedef struct {
    Spares *spares; /* (owned) while it runs */
    char *caller;   /* (owned) */
    Turn turn;
    LinkRun run;
    LinkDone done;
    gpointer data;
} Job;

static void
on_lost(gpointer owner, Link *link, const GError *error G_GNUC_UNUSED)
{
    Spares *spares = owner;

    g_ptr_array_remove(spares->links, link);
}

gboolean
spares_are_needed(const char *uri)
{
    unsigned long version = 0;

    virGetVersion(&version, NULL, NULL);

    return version < MENDED_VERSION && !g_str_has_prefix(uri, "test:");
}

/* That has fewer jobs than that, or one opened now. */
static Link *
spares_get_link(Spares *spares, guint n_jobs)
{
    const LinkOptions options = { spares->uri, spares->read_only, spares->workers, spares->opener };

    for (guint i = 0; i < spares->links->len; i++) {
        if (link_get_n_jobs(spares->links->pdata[i]) < n_jobs)
            return spares->links->pdata[i];
    }
    if (spares->links->len == spares->most)
        return NULL;

    g_ptr_array_add(spares->links, link_new(&options, spares->funcs, spares));

    return spares->links->pdata[spares->links->len - 1];
}

Link *
spares_get_idle(Spares *spares)
{
    return spares_get_link(spares, 1);
}

/* What can be done elsewhere is not worth waiting for a link to open, nor more than one at a time.
 */
Link *
spares_get_open(Spares *spares)
{
    gboolean opening = FALSE;

    for (guint i = 0; i < spares->links->len; i++) {
        if (link_is_idle(spares->links->pdata[i]))
            return spares->links->pdata[i];
        opening |= !link_is_open(spares->links->pdata[i]);
    }
    if (!opening)
        spares_get_idle(spares);

    return NULL;
}

/* A caller may have as many workers as are configured: all but one. */
static gboolean
job_may_run(Job *job)
{
    Spares *spares = job->spares;
    guint n_workers = spares->most * spares->workers;
    guint n_running = 0;

    for (GList *i = spares->running.head; i; i = i->next)
        n_running += g_str_equal(((Job *)i->data)->caller, job->caller);

    return n_running < n_workers - 1;
}

/* (nullable) */
static Job *
spares_find_next(Spares *spares)
{
    for (GList *i = spares->waiting.head; i; i = i->next) {
        if (job_may_run(i->data))
            return i->data;
    }
    return NULL;
}

static void
job_run(virConnectPtr connect, gpointer data)
{
    Job *job = data;

    job->run(connect, job->data);
}

static void
spares_begin(Spares *spares, LinkDone done)
{
    Job *job;
    Link *link;

    while ((job = spares_find_next(spares)) && (link = spares_get_link(spares, spares->workers))) {
        g_queue_remove(&spares->waiting, job);
        g_queue_push_tail(&spares->running, job);
        spares->references++;
        link_push(link, NULL, job_run, done, job);
    }
}

static void
spares_unref(Spares *spares)
{
    if (--spares->references > 0)
        return;

    g_ptr_array_unref(spares->links);
    turns_free(spares->turns);
    g_clear_pointer(&spares->opener, opener_unref);
    g_free(spares->uri);
    g_free(spares);
}

static void
job_end(Job *job, const GError *error)
{
    turns_end(job->spares->turns, &job->turn);
    job->done(job->data, error);
    g_free(job->caller);
    g_free(job);
}

static void
on_done(gpointer data, const GError *error)
{
    Job *job = data;
    Spares *spares = job->spares;

    g_queue_remove(&spares->running, job);
    job_end(job, error);
    spares_begin(spares, on_done);
    spares_unref(spares);
}

/* Also by something short, or by its own opening. */
static void
on_freed(gpointer owner)
{
    spares_begin(owner, on_done);
}

static int
job_compare(gconstpointer a, gconstpointer b, gpointer user_data G_GNUC_UNUSED)
{
    const Job *first = a, *second = b;

    return turn_compare(&first->turn, &second->turn);
}

void
spares_push(Spares *spares, const char *caller, LinkRun run, LinkDone done, gpointer data)
{
    Job *job = g_new(Job, 1);

    *job = (Job){ spares, g_strdup(caller), turns_take(spares->turns, caller), run, done, data };
    g_queue_insert_sorted(&spares->waiting, job, job_compare, NULL);
    spares_begin(spares, on_done);
}

static const LinkFuncs funcs = { NULL, NULL, NULL, on_lost, on_freed };

Spares *
spares_new(const LinkOptions *options)
{
    Spares *spares = g_new0(Spares, 1);
    gboolean single = spares_are_needed(options->uri);

    spares->references = 1;
    spares->funcs = &funcs;
    spares->uri = g_strdup(options->uri);
    spares->read_only = options->read_only;
    spares->most = single ? options->workers + 1 : 1;
    spares->workers = single ? 1 : options->workers + 1;
    spares->opener = options->opener ? opener_ref(options->opener) : NULL;
    spares->links = g_ptr_array_new_with_free_func((GDestroyNotify)link_abandon);
    spares->turns = turns_new();

    return spares;
}

void
spares_free(Spares *spares)
{
    g_autoptr(GError) error =
        g_error_new(LIBVIRT_ERROR, VIR_ERR_NO_CONNECT, "the connection to the hypervisor was lost");
    Job *job;

    g_ptr_array_set_size(spares->links, 0);
    while ((job = g_queue_pop_head(&spares->waiting)))
        job_end(job, error);
    spares_unref(spares);
}
