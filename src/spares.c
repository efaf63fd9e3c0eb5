/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libvirtd serves a few requests of one client at a time, so what takes long has a client of its
 * own.
 *
 * Up to libvirt 9.10, two threads that wait for answers on one connection can crash the process
 * when the connection breaks: a source on the stack of the one stays attached when the other takes
 * over polling (mended in libvirt 10.0 by "rpc: ensure temporary GSource is removed from client
 * event loop"). With such a libvirt each link has one worker, and there are as many links as there
 * would be workers. */

#include "spares.h"

#define MENDED_VERSION 10000000

struct Spares {
    char *uri; /* (owned) */
    gboolean read_only;
    guint most;       /* links */
    guint workers;    /* of each */
    GPtrArray *links; /* (owned) of Link */
};

static void
on_opened(gpointer owner G_GNUC_UNUSED, gpointer prepared G_GNUC_UNUSED)
{
}

static void
on_lost(gpointer owner, Link *link, const GError *error G_GNUC_UNUSED)
{
    Spares *spares = owner;

    g_ptr_array_remove(spares->links, link);
}

static const LinkFuncs funcs = { NULL, on_opened, NULL, on_lost };

gboolean
spares_are_needed(const char *uri)
{
    unsigned long version = 0;

    virGetVersion(&version, NULL, NULL);

    return version < MENDED_VERSION && !g_str_has_prefix(uri, "test:");
}

Link *
spares_get_idle(Spares *spares)
{
    const LinkOptions options = { spares->uri, spares->read_only, spares->workers };

    for (guint i = 0; i < spares->links->len; i++) {
        if (link_get_n_jobs(spares->links->pdata[i]) == 0)
            return spares->links->pdata[i];
    }
    if (spares->links->len == spares->most)
        return NULL;

    g_ptr_array_add(spares->links, link_new(&options, &funcs, spares));

    return spares->links->pdata[spares->links->len - 1];
}

Link *
spares_get(Spares *spares)
{
    Link *least = spares_get_idle(spares);

    if (least)
        return least;

    least = spares->links->pdata[0];
    for (guint i = 1; i < spares->links->len; i++) {
        if (link_get_n_jobs(spares->links->pdata[i]) < link_get_n_jobs(least))
            least = spares->links->pdata[i];
    }

    return least;
}

Spares *
spares_new(const char *uri, gboolean read_only, guint workers)
{
    Spares *spares = g_new0(Spares, 1);
    gboolean single = spares_are_needed(uri);

    spares->uri = g_strdup(uri);
    spares->read_only = read_only;
    spares->most = single ? workers : 1;
    spares->workers = single ? 1 : workers;
    spares->links = g_ptr_array_new_with_free_func((GDestroyNotify)link_abandon);

    return spares;
}

void
spares_free(Spares *spares)
{
    g_ptr_array_unref(spares->links);
    g_free(spares->uri);
    g_free(spares);
}
