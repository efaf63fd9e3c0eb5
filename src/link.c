/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A link is one virConnect from its opening to its closing, and the workers that call libvirt on
 * it.
 *
 * The first worker opens it; jobs that come meanwhile wait, so that a hypervisor that never answers
 * holds one thread, not all. Each job holds a reference, and so does the owner. The last one to go
 * starts a thread that closes the connection: until then the link's own hold on it makes sure that
 * libvirt's handles, which the main thread frees, are never the last to keep a connection open.
 * Closing asks the other side, and the main thread must not wait for that. */

#include "link.h"

#include "error.h"
#include "turns.h"

/* A dead peer is noticed after this many seconds, times the number of unanswered messages. */
#define KEEPALIVE_INTERVAL 5
#define KEEPALIVE_COUNT 5

struct Link {
    guint references;
    char *uri; /* (owned) */
    gboolean read_only;
    Opener *opener; /* (owned) (nullable) */
    const LinkFuncs *funcs;
    gpointer owner;    /* (nullable) */
    GThreadPool *pool; /* (owned) */
    Handles *handles;  /* (owned) */
    Turns *turns;      /* (owned) */
    GQueue waiting;    /* of Job, until it is open */
    guint workers;
    guint n_jobs; /* not yet done */

    /* Set by the worker that opens it, read when that is done. */
    virConnectPtr connect; /* (owned) (nullable) */
    gpointer prepared;     /* (owned) (nullable) */
    GError *error;         /* (owned) (nullable) why it is not open, and never will be */

    gboolean open;
};

typedef struct {
    Link *link; /* (owned) */
    Turn turn;
    LinkRun run;
    LinkDone done;
    gpointer data;
} Job;

static guint n_links;

guint
link_count(void)
{
    return n_links;
}

/* Not g_main_context_invoke(): that calls @function on this thread while nobody runs the loop. */
static void
run_on_main_thread(GSourceFunc function, gpointer data)
{
    g_autoptr(GSource) source = g_idle_source_new();

    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, function, data, NULL);
    g_source_attach(source, NULL);
}

static gboolean
link_lost(gpointer data)
{
    Link *link = data;

    if (link->error)
        return G_SOURCE_REMOVE;

    link->error =
        g_error_new(LIBVIRT_ERROR, VIR_ERR_NO_CONNECT, "the connection to the hypervisor was lost");
    if (link->open && link->owner)
        link->funcs->lost(link->owner, link, link->error);

    return G_SOURCE_REMOVE;
}

/* libvirt tells on the thread that finds out, which may be a worker, and at the earliest while the
 * connection is still being opened. The link is there until it no longer listens: link_freed()
 * comes after link_lost(). */
static void
on_close(virConnectPtr connect G_GNUC_UNUSED, int reason, void *opaque)
{
    Link *link = opaque;

    g_debug("%s: the connection was closed (reason %d)", link->uri, reason);
    run_on_main_thread(link_lost, link);
}

static gboolean
link_freed(gpointer data)
{
    Link *link = data;

    g_clear_error(&link->error);
    turns_free(link->turns);
    g_clear_pointer(&link->opener, opener_unref);
    g_free(link->uri);
    g_free(link);
    n_links--;

    return G_SOURCE_REMOVE;
}

static gpointer
link_close(gpointer data)
{
    Link *link = data;

    handles_free(link->handles);
    if (link->prepared)
        link->funcs->release(link->connect, link->prepared);

    if (link->connect) {
        virConnectUnregisterCloseCallback(link->connect, on_close);
        virConnectClose(link->connect);
    }

    run_on_main_thread(link_freed, link);

    return NULL;
}

Link *
link_ref(Link *link)
{
    link->references++;
    return link;
}

void
link_unref(Link *link)
{
    if (--link->references > 0)
        return;

    g_thread_pool_free(link->pool, FALSE, FALSE);
    g_thread_unref(g_thread_new("close", link_close, link));
}

static gboolean
job_done(gpointer data)
{
    g_autofree Job *job = data;
    Link *link = job->link;

    turns_end(link->turns, &job->turn);
    link->n_jobs--;
    job->done(job->data, NULL);
    if (link->owner && link->funcs->freed)
        link->funcs->freed(link->owner);
    link_unref(link);

    return G_SOURCE_REMOVE;
}

static void
job_run(gpointer data, gpointer user_data G_GNUC_UNUSED)
{
    Job *job = data;

    job->run(job->link->connect, job->data);
    run_on_main_thread(job_done, job);
}

static int
job_compare(gconstpointer a, gconstpointer b, gpointer user_data G_GNUC_UNUSED)
{
    const Job *first = a, *second = b;

    return turn_compare(&first->turn, &second->turn);
}

static void
job_refuse(Job *job)
{
    turns_end(job->link->turns, &job->turn);
    job->link->n_jobs--;
    job->done(job->data, job->link->error);
    link_unref(job->link);
    g_free(job);
}

static void
link_open(virConnectPtr connect G_GNUC_UNUSED, gpointer data)
{
    Link *link = data;

    link->connect = opener_open(link->opener, link->uri, link->read_only, &link->error);
    if (!link->connect)
        return;

    /* Neither is possible, or needed, with a driver that lives in this process. */
    virConnectSetKeepAlive(link->connect, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT);
    virConnectRegisterCloseCallback(link->connect, on_close, link, NULL);

    if (link->funcs->prepare)
        link->prepared = link->funcs->prepare(link->connect, link);
}

static void
link_opened(gpointer data, const GError *unused G_GNUC_UNUSED)
{
    Link *link = data;
    Job *job;

    link->open = link->error == NULL;
    if (link->owner && !link->open)
        link->funcs->lost(link->owner, link, link->error);
    else if (link->owner && link->funcs->opened)
        link->funcs->opened(link->owner, link->prepared);

    while ((job = g_queue_pop_head(&link->waiting))) {
        if (link->open)
            g_thread_pool_push(link->pool, job, NULL);
        else
            job_refuse(job);
    }
}

static Job *
job_new(Link *link, const char *caller, LinkRun run, LinkDone done, gpointer data)
{
    Job *job = g_new(Job, 1);

    *job = (Job){ link_ref(link), turns_take(link->turns, caller), run, done, data };
    link->n_jobs++;

    return job;
}

void
link_push(Link *link, const char *caller, LinkRun run, LinkDone done, gpointer data)
{
    Job *job = job_new(link, caller, run, done, data);

    if (link->open)
        g_thread_pool_push(link->pool, job, NULL);
    else
        g_queue_push_tail(&link->waiting, job);
}

gpointer
link_get_owner(Link *link)
{
    return link->owner;
}

guint
link_get_n_jobs(Link *link)
{
    return link->n_jobs;
}

Handles *
link_get_handles(Link *link)
{
    return link->handles;
}

gboolean
link_is_open(Link *link)
{
    return link->open && !link->error;
}

gboolean
link_is_idle(Link *link)
{
    return link_is_open(link) && link->n_jobs < link->workers;
}

void
link_abandon(Link *link)
{
    link->owner = NULL;
    link_unref(link);
}

Link *
link_new(const LinkOptions *options, const LinkFuncs *funcs, gpointer owner)
{
    Link *link = g_new0(Link, 1);

    link->references = 1;
    link->uri = g_strdup(options->uri);
    link->read_only = options->read_only;
    link->opener = options->opener ? opener_ref(options->opener) : NULL;
    link->funcs = funcs;
    link->owner = owner;
    link->workers = options->workers;
    link->pool = g_thread_pool_new(job_run, NULL, (int)options->workers, FALSE, NULL);
    g_thread_pool_set_sort_function(link->pool, job_compare, NULL);
    link->handles = handles_new();
    link->turns = turns_new();
    g_queue_init(&link->waiting);
    n_links++;

    g_thread_pool_push(link->pool, job_new(link, NULL, link_open, link_opened, link), NULL);

    return link;
}
