/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An event says that something happened, not always what is true now. So the object is looked at
 * again, the registry and the bus are told what changed, and only then does the event's own signal
 * go out: whoever hears it and asks back gets the new value. A call that changed an object waits
 * for a look in the same way before it is answered.
 *
 * Events of one object keep their order. Those that come while a worker looks wait for its next
 * look, which serves all of them; so a flood of events costs no flood of requests. */

#include "watch.h"

#include "managed.h"
#include "observe.h"

struct Watches {
    GHashTable *table; /* (owned) "node/element" -> Watch, which its job owns */
};

/* What waits for a look: a signal or a call. */
typedef struct {
    Signal *signal; /* (owned) (nullable) */
    WatchDone done; /* (nullable) */
    gpointer data;
} Item;

typedef struct {
    Connection *connection; /* (owned) */
    Link *link;             /* (owned) that the worker uses */
    char *key;              /* (owned) in the table */
    const Kind *kind;
    char *element; /* (owned) */
    GQueue served; /* of Item, by the look that is under way */
    GQueue late;   /* of Item, that came since it began */
    gboolean look; /* one of the late ones wants another look */

    /* Written by the worker. */
    gboolean seen; /* or the object cannot be seen now */
    Sight sight;
} Watch;

static void
queue_item(GQueue *queue, const Signal *signal, WatchDone done, gpointer data)
{
    Item *item = g_new(Item, 1);

    *item = (Item){ signal ? signal_copy(signal) : NULL, done, data };
    g_queue_push_tail(queue, item);
}

/* Calls are served even if the connection is gone; nobody wants its signals then. */
static void
serve_items(Watch *watch, GQueue *queue, gboolean current)
{
    Item *item;

    while ((item = g_queue_pop_head(queue))) {
        if (item->signal && current)
            connection_emit(watch->connection, item->signal);
        if (item->done)
            item->done(item->data);
        g_clear_pointer(&item->signal, signal_free);
        g_free(item);
    }
}

static void
watch_free(Watch *watch)
{
    link_unref(watch->link);
    g_free(watch->element);
    g_free(watch->key);
    connection_unref(watch->connection);
    g_free(watch);
}

static void
look_run(virConnectPtr connect, gpointer data)
{
    Watch *watch = data;

    watch->seen = observe(watch->kind, connect, watch->element, &watch->sight);
}

/* From here on what comes wants another look. */
static void
watch_begin(Watch *watch)
{
    watch->served = watch->late;
    g_queue_init(&watch->late);
    watch->look = FALSE;
    watch->seen = FALSE;
}

static void
look_done(gpointer data, const GError *error G_GNUC_UNUSED)
{
    Watch *watch = data;
    GHashTable *table = connection_get_watches(watch->connection)->table;
    gboolean current = connection_is_current(watch->connection, watch->link);

    if (current && watch->seen)
        managed_put(watch->connection, watch->element, &watch->sight);
    sight_clear(&watch->sight);
    serve_items(watch, &watch->served, current);

    if (current && watch->look) {
        watch_begin(watch);
        link_push(watch->link, NULL, look_run, look_done, watch);
        return;
    }

    if (g_hash_table_lookup(table, watch->key) == watch)
        g_hash_table_remove(table, watch->key);
    serve_items(watch, &watch->late, current);
    watch_free(watch);
}

/* One that is not looking yet, if there was none. */
static Watch *
watch_get(Connection *connection, const Kind *kind, const char *element, gboolean *is_new)
{
    GHashTable *table = connection_get_watches(connection)->table;
    g_autofree char *key = g_strjoin("/", kind->node, element, NULL);
    Watch *watch = g_hash_table_lookup(table, key);

    *is_new = !watch;
    if (watch)
        return watch;

    watch = g_new0(Watch, 1);
    watch->connection = connection_ref(connection);
    watch->link = link_ref(connection_get_main_link(connection));
    watch->key = g_steal_pointer(&key);
    watch->kind = kind;
    watch->element = g_strdup(element);
    watch->sight.kind = kind;
    g_hash_table_insert(table, watch->key, watch);

    return watch;
}

static void
watch_object(Connection *connection, const Kind *kind, const char *element, const Signal *signal,
             WatchDone done, gpointer data)
{
    gboolean is_new;
    Watch *watch = watch_get(connection, kind, element, &is_new);

    queue_item(&watch->late, signal, done, data);
    watch->look = TRUE;

    if (is_new) {
        watch_begin(watch);
        link_push(watch->link, NULL, look_run, look_done, watch);
    }
}

/* QEMU may have something to say before libvirt says that there is a domain. */
static gboolean
is_unheard_of(Connection *connection, const Signal *signal)
{
    Registry *registry = connection_get_registry(connection);

    return registry_is_live(registry, signal->kind) &&
           !registry_has(registry, signal->kind, signal->element);
}

void
watch_signal(Connection *connection, const Signal *signal, gboolean look)
{
    GHashTable *table = connection_get_watches(connection)->table;
    g_autofree char *key = g_strjoin("/", signal->kind->node, signal->element, NULL);
    Watch *watch = g_hash_table_lookup(table, key);

    if (look || is_unheard_of(connection, signal))
        watch_object(connection, signal->kind, signal->element, signal, NULL, NULL);
    else if (watch)
        queue_item(&watch->late, signal, NULL, NULL);
    else
        connection_emit(connection, signal);
}

void
watch_look(Connection *connection, const Kind *kind, const char *element, WatchDone done,
           gpointer data)
{
    watch_object(connection, kind, element, NULL, done, data);
}

/* What waits for all looks that are under way. */
typedef struct {
    Connection *connection; /* (owned) */
    guint n_looks;
    WatchDone done;
    gpointer data;
} Barrier;

static void
barrier_count(gpointer data)
{
    Barrier *barrier = data;

    if (--barrier->n_looks > 0)
        return;

    barrier->done(barrier->data);
    connection_unref(barrier->connection);
    g_free(barrier);
}

static gboolean
barrier_wait(gpointer data)
{
    Barrier *barrier = data;
    GHashTableIter iter;
    Watch *watch;

    barrier->n_looks = 1;
    g_hash_table_iter_init(&iter, connection_get_watches(barrier->connection)->table);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&watch)) {
        barrier->n_looks++;
        queue_item(watch->look ? &watch->late : &watch->served, NULL, barrier_count, barrier);
    }
    barrier_count(barrier);

    return G_SOURCE_REMOVE;
}

static void
ask_anything(virConnectPtr connect, gpointer data G_GNUC_UNUSED)
{
    unsigned long version;

    virConnectGetLibVersion(connect, &version);
}

static void
on_answered(gpointer data, const GError *error G_GNUC_UNUSED)
{
    g_idle_add(barrier_wait, data);
}

/* libvirt's events come in the order of its answers: one that was on its way has arrived when any
 * question is answered, and its callback has been called when the main loop is next idle. */
void
watch_announced(Connection *connection, WatchDone done, gpointer data)
{
    Barrier *barrier = g_new(Barrier, 1);

    *barrier = (Barrier){ connection_ref(connection), 0, done, data };
    link_push(connection_get_main_link(connection), NULL, ask_anything, on_answered, barrier);
}

Watches *
watches_new(void)
{
    Watches *watches = g_new0(Watches, 1);

    watches->table = g_hash_table_new(g_str_hash, g_str_equal);

    return watches;
}

void
watches_forget(Watches *watches)
{
    g_hash_table_remove_all(watches->table);
}

void
watches_free(Watches *watches)
{
    g_hash_table_unref(watches->table);
    g_free(watches);
}
