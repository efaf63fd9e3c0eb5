/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One look at an object, over the main link, because the handle that it finds is then good for
 * calls. But calls may have all workers of that link, and wait for a QEMU that hangs. What happens
 * to other objects must be seen all the same: a look that has not begun after a while goes over a
 * link that is there for nothing else, too, and whichever worker comes first does it. */

#include "look.h"

#include "observe.h"

#define PATIENCE_MILLISECONDS 200

/* Which worker does it. */
enum { NOBODY, OF_MAIN_LINK, OF_LOOKOUT };

typedef struct {
    guint references;       /* its jobs */
    Connection *connection; /* (owned) */
    Link *link;             /* (owned) the main one, when it began */
    const Kind *kind;
    char *element; /* (owned) */
    LookDone done;
    gpointer data;
    guint timer; /* or 0 */

    gint worker; /* atomic */

    /* Written by that worker. */
    gboolean seen; /* or the object cannot be seen now */
    Sight sight;
} Look;

static void
look_unref(Look *look)
{
    if (--look->references > 0)
        return;

    link_unref(look->link);
    connection_unref(look->connection);
    g_free(look->element);
    g_free(look);
}

static gboolean
look_take(Look *look, gint worker)
{
    return g_atomic_int_compare_and_exchange(&look->worker, NOBODY, worker);
}

static void
look_run(Look *look, virConnectPtr connect)
{
    look->seen = observe(look->kind, connect, look->element, &look->sight);
}

static void
run(virConnectPtr connect, gpointer data)
{
    if (look_take(data, OF_MAIN_LINK))
        look_run(data, connect);
}

static void
run_on_lookout(virConnectPtr connect, gpointer data)
{
    if (look_take(data, OF_LOOKOUT))
        look_run(data, connect);
}

static void
look_finish(Look *look, gint worker)
{
    gboolean current = connection_is_current(look->connection, look->link);

    if (g_atomic_int_get(&look->worker) != worker)
        return;

    g_clear_handle_id(&look->timer, g_source_remove);
    look->sight.foreign = worker == OF_LOOKOUT;
    look->done(look->data, current && look->seen ? &look->sight : NULL);
    sight_clear(&look->sight);
}

static void
on_done(gpointer data, const GError *error)
{
    Look *look = data;

    if (error)
        look_take(look, OF_MAIN_LINK); /* and nobody does it */
    look_finish(look, OF_MAIN_LINK);
    look_unref(look);
}

static void
on_lookout_done(gpointer data, const GError *error)
{
    Look *look = data;

    if (!error)
        look_finish(look, OF_LOOKOUT);
    look_unref(look);
}

static gboolean
on_impatient(gpointer data)
{
    Look *look = data;
    Link *lookout = connection_get_lookout(look->connection);

    look->timer = 0;
    if (lookout && g_atomic_int_get(&look->worker) == NOBODY) {
        look->references++;
        link_push(lookout, NULL, run_on_lookout, on_lookout_done, look);
    }

    return G_SOURCE_REMOVE;
}

void
look_at(Connection *connection, const Kind *kind, const char *element, LookDone done, gpointer data)
{
    Look *look = g_new0(Look, 1);

    look->references = 1;
    look->connection = connection_ref(connection);
    look->link = link_ref(connection_get_main_link(connection));
    look->kind = kind;
    look->element = g_strdup(element);
    look->done = done;
    look->data = data;
    if (link_is_open(look->link) && !link_is_idle(look->link))
        look->timer = g_timeout_add(PATIENCE_MILLISECONDS, on_impatient, look);

    link_push(look->link, NULL, run, on_done, look);
}
