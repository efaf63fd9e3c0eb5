/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An event says that something happened, not always what is true now. So the object is looked at
 * again, the registry and the bus are told what changed, and only then does the event's own signal
 * go out: whoever hears it and asks back gets the new value. A call that changed an object waits
 * for a look in the same way before it is answered.
 *
 * Events of one object keep their order. Those that come while a worker looks wait for its next
 * look, which serves all of them; so a flood of events costs no flood of requests. */

#include "watch.h"

#include "look.h"
#include "managed.h"
#include "observe.h"

/* Until something that is passing is looked at again. */
#define LATER_SECONDS 1

/* How long a call that changed something waits for others, to be told what it changed. */
#define PATIENCE_SECONDS 2

struct Watches {
    GHashTable *table; /* (owned) "node/element" -> Watch, which its job owns */
    GHashTable *later; /* (owned) the same -> Later (owned) */
};

/* An object that will be looked at again. */
typedef struct {
    Connection *connection; /* whose watches have it */
    const Kind *kind;
    char *element; /* (owned) */
    guint timer;   /* or 0 */
} Later;

/* What waits for a look: a signal or a call. */
typedef struct {
    Signal *signal; /* (owned) (nullable) */
    WatchDone done; /* (nullable) */
    gpointer data;
} Item;

typedef struct {
    Connection *connection; /* (owned) */
    Link *link;             /* (owned) the main one, when it began */
    char *key;              /* (owned) in the table */
    const Kind *kind;
    char *element; /* (owned) */
    GQueue served; /* of Item, by the look that is under way */
    GQueue late;   /* of Item, that came since it began */
    gboolean look; /* one of the late ones wants another look */
} Watch;

/* (owned) */
static char *
make_key(const Kind *kind, const char *element)
{
    return g_strjoin("/", kind->node, element, NULL);
}

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

/* From here on what comes wants another look. */
static void
watch_begin(Watch *watch, LookDone done)
{
    watch->served = watch->late;
    g_queue_init(&watch->late);
    watch->look = FALSE;
    look_at(watch->connection, watch->kind, watch->element, done, watch);
}

static void
on_looked(gpointer data, Sight *sight)
{
    Watch *watch = data;
    GHashTable *table = connection_get_watches(watch->connection)->table;
    gboolean current = connection_is_current(watch->connection, watch->link);

    if (sight && observe_is_passing(sight))
        watch_later(watch->connection, watch->kind, watch->element);
    if (sight)
        managed_put(watch->connection, watch->element, sight);
    serve_items(watch, &watch->served, current);

    if (current && watch->look) {
        watch_begin(watch, on_looked);
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
    g_autofree char *key = make_key(kind, element);
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

    if (is_new)
        watch_begin(watch, on_looked);
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
    g_autofree char *key = make_key(signal->kind, signal->element);
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

static void
later_free(gpointer data)
{
    Later *later = data;

    g_clear_handle_id(&later->timer, g_source_remove);
    g_free(later->element);
    g_free(later);
}

static gboolean
on_later(gpointer data)
{
    Later *later = data;
    Connection *connection = later->connection;
    g_autofree char *key = make_key(later->kind, later->element);

    later->timer = 0;
    watch_look(connection, later->kind, later->element, NULL, NULL);
    g_hash_table_remove(connection_get_watches(connection)->later, key);

    return G_SOURCE_REMOVE;
}

void
watch_later(Connection *connection, const Kind *kind, const char *element)
{
    Later *later = g_new(Later, 1);

    *later = (Later){ connection, kind, g_strdup(element),
                      g_timeout_add_seconds(LATER_SECONDS, on_later, later) };
    g_hash_table_replace(connection_get_watches(connection)->later, make_key(kind, element), later);
}

/* What waits for all looks that are under way. */
typedef struct {
    guint references;
    Connection *connection; /* (owned) */
    guint n_looks;
    guint timer;    /* or 0 */
    WatchDone done; /* (nullable) once it was called */
    gpointer data;
} Barrier;

static void
barrier_unref(Barrier *barrier)
{
    if (--barrier->references > 0)
        return;

    connection_unref(barrier->connection);
    g_free(barrier);
}

static void
barrier_lift(Barrier *barrier)
{
    WatchDone done = g_steal_pointer(&barrier->done);

    g_clear_handle_id(&barrier->timer, g_source_remove);
    if (done)
        done(barrier->data);
    barrier_unref(barrier);
}

static gboolean
on_too_late(gpointer data)
{
    Barrier *barrier = data;

    barrier->timer = 0;
    barrier->references++;
    barrier_lift(barrier);

    return G_SOURCE_REMOVE;
}

static void
barrier_count(gpointer data)
{
    Barrier *barrier = data;

    if (--barrier->n_looks == 0)
        barrier_lift(barrier);
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
 * question is answered, and its callback has been called when the main loop is next idle. But if
 * calls that get no answer have all the workers, none can be asked. */
void
watch_announced(Connection *connection, WatchDone done, gpointer data)
{
    Link *link = connection_get_main_link(connection);
    Barrier *barrier = g_new(Barrier, 1);

    *barrier = (Barrier){ 1, connection_ref(connection), 0, 0, done, data };
    if (!link_is_idle(link))
        barrier->timer = g_timeout_add_seconds(PATIENCE_SECONDS, on_too_late, barrier);
    link_push(link, NULL, ask_anything, on_answered, barrier);
}

Watches *
watches_new(void)
{
    Watches *watches = g_new0(Watches, 1);

    watches->table = g_hash_table_new(g_str_hash, g_str_equal);
    watches->later = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, later_free);

    return watches;
}

void
watches_forget(Watches *watches)
{
    g_hash_table_remove_all(watches->table);
    g_hash_table_remove_all(watches->later);
}

void
watches_free(Watches *watches)
{
    g_hash_table_unref(watches->table);
    g_hash_table_unref(watches->later);
    g_free(watches);
}
