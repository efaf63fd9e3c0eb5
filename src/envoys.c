/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libvirt keeps the identity with the connection, and it can be set once: to set it takes a
 * permission of whom the connection is at that time, which the service has and its callers hardly.
 * So each caller gets links of their own, one for what is quick and one for what may take long.
 * They are opened when they are needed, and go when the caller leaves or has not used them for a
 * while.
 *
 * There are so many and no more, and of one user a part of them, so that nobody takes libvirt's
 * places from all others. Who comes on top gets the place of somebody who does not use it just now.
 *
 * Where libvirt takes no identity, all goes on as without one. That may be the administrator's
 * doing, who can undo it, so it is not remembered for long. */

#include "envoys.h"

#include "error.h"
#include "identity.h"
#include "spares.h"

#define MOST_ENVOYS 32
#define MOST_ENVOYS_OF_USER 8
#define IDLE_SECONDS 60

struct Envoys {
    guint references;     /* the owner, and each question that is not answered */
    GDBusConnection *bus; /* (owned) */
    char *name;           /* (owned) the connection's */
    char *uri;            /* (owned) */
    gboolean read_only;
    guint workers;
    GHashTable *table; /* (owned) unique name -> Envoy (owned) */
    gboolean warned;   /* that libvirt takes no identity */
};

/* One of a caller's links. */
typedef struct {
    struct Envoy *envoy;
    Link *link;     /* (owned) (nullable) */
    gboolean ready; /* libvirt has taken the identity */
    GQueue waiting; /* of Wish (owned), until then */
} Way;

typedef struct Envoy {
    Envoys *envoys;
    char *caller;     /* (owned) in the table */
    gboolean known;   /* the bus has said who the caller is */
    Identity who;     /* if known */
    gboolean refused; /* libvirt does not take it */
    Way ways[2];
    guint timer; /* or 0 */
    gint64 used; /* when it was wanted last */
} Envoy;

typedef struct {
    EnvoysFound found;
    gpointer data;
} Wish;

void
envoys_unref(Envoys *envoys)
{
    if (--envoys->references > 0)
        return;

    g_hash_table_unref(envoys->table);
    g_object_unref(envoys->bus);
    g_free(envoys->name);
    g_free(envoys->uri);
    g_free(envoys);
}

/* Tells those who wait for it. */
static void
way_tell(Way *way, Link *link, const GError *error)
{
    GQueue waiting = way->waiting;
    Wish *wish;

    g_queue_init(&way->waiting);
    while ((wish = g_queue_pop_head(&waiting))) {
        wish->found(wish->data, link, error);
        g_free(wish);
    }
}

static void
way_close(Way *way)
{
    way->ready = FALSE;
    g_clear_pointer(&way->link, link_abandon);
}

static void
envoy_tell(Envoy *envoy, const GError *error)
{
    for (guint i = 0; i < G_N_ELEMENTS(envoy->ways); i++)
        way_tell(&envoy->ways[i], NULL, error);
}

static void
envoy_free(gpointer data)
{
    Envoy *envoy = data;
    g_autoptr(GError) error = g_error_new(G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY,
                                          "the caller's connection to the hypervisor was closed");

    g_clear_handle_id(&envoy->timer, g_source_remove);
    envoy_tell(envoy, error);
    for (guint i = 0; i < G_N_ELEMENTS(envoy->ways); i++)
        way_close(&envoy->ways[i]);
    g_free(envoy->caller);
    g_free(envoy);
}

static gboolean
envoy_is_busy(Envoy *envoy)
{
    for (guint i = 0; i < G_N_ELEMENTS(envoy->ways); i++) {
        Way *way = &envoy->ways[i];

        if (way->waiting.length > 0 || (way->link && link_get_n_jobs(way->link) > 0))
            return TRUE;
    }
    return FALSE;
}

static gboolean
on_idle(gpointer data)
{
    Envoy *envoy = data;

    envoy->timer = 0;
    g_hash_table_remove(envoy->envoys->table, envoy->caller);

    return G_SOURCE_REMOVE;
}

static void
envoy_rest(Envoy *envoy)
{
    if (!envoy->timer && !envoy_is_busy(envoy))
        envoy->timer = g_timeout_add_seconds(IDLE_SECONDS, on_idle, envoy);
}

static void
way_fail(Way *way, const GError *error)
{
    way_close(way);
    way_tell(way, NULL, error);
    envoy_rest(way->envoy);
}

static void
on_lost(gpointer owner, Link *link G_GNUC_UNUSED, const GError *error)
{
    way_fail(owner, error);
}

static void
on_freed(gpointer owner)
{
    Way *way = owner;

    envoy_rest(way->envoy);
}

static const LinkFuncs link_funcs = { NULL, NULL, NULL, on_lost, on_freed };

/* Telling libvirt who the caller is. */
typedef struct {
    Envoys *envoys; /* (owned) */
    char *caller;   /* (owned) */
    Link *link;     /* (owned) */
    Identity who;
    GError *error; /* (owned) (nullable) */
} Introduction;

static void
introduce(virConnectPtr connect, gpointer data)
{
    Introduction *introduction = data;

    identity_assume(&introduction->who, connect, &introduction->error);
}

/* (nullable) if the caller has left meanwhile. */
static Way *
introduction_find_way(Introduction *introduction)
{
    Envoy *envoy = g_hash_table_lookup(introduction->envoys->table, introduction->caller);

    for (guint i = 0; envoy && i < G_N_ELEMENTS(envoy->ways); i++) {
        if (envoy->ways[i].link == introduction->link)
            return &envoy->ways[i];
    }
    return NULL;
}

static void
introduction_free(Introduction *introduction)
{
    g_clear_error(&introduction->error);
    link_unref(introduction->link);
    g_free(introduction->caller);
    envoys_unref(introduction->envoys);
    g_free(introduction);
}

/* For a while: the timer is set, and forgets it. */
static void
envoy_be_refused(Envoy *envoy, const GError *error)
{
    Envoys *envoys = envoy->envoys;

    if (!envoys->warned)
        g_warning("%s: libvirt does not take callers' identities, and sees the service in their "
                  "place: %s",
                  envoys->name, error->message);
    envoys->warned = TRUE;

    envoy->refused = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(envoy->ways); i++)
        way_close(&envoy->ways[i]);
    envoy_tell(envoy, NULL);
    envoy_rest(envoy);
}

static void
introduced(gpointer data, const GError *not_open)
{
    Introduction *introduction = data;
    Way *way = introduction_find_way(introduction);
    const GError *error = introduction->error;

    /* If it could not be opened, on_lost() has told so. */
    if (!way || not_open) {
        introduction_free(introduction);
        return;
    }

    if (!error) {
        way->ready = TRUE;
        way_tell(way, way->link, NULL);
    } else if (identity_is_refused(error)) {
        envoy_be_refused(way->envoy, error);
    } else {
        way_fail(way, error);
    }
    introduction_free(introduction);
}

static void
way_open(Way *way)
{
    Envoy *envoy = way->envoy;
    Envoys *envoys = envoy->envoys;
    guint workers = spares_are_needed(envoys->uri) ? 1 : envoys->workers;
    const LinkOptions options = { envoys->uri, envoys->read_only, workers, NULL };
    Introduction *introduction;

    way->link = link_new(&options, &link_funcs, way);

    introduction = g_new(Introduction, 1);
    *introduction =
        (Introduction){ envoys, g_strdup(envoy->caller), link_ref(way->link), envoy->who, NULL };
    envoys->references++;
    link_push(way->link, NULL, introduce, introduced, introduction);
}

static void
envoy_open(Envoy *envoy)
{
    for (guint i = 0; i < G_N_ELEMENTS(envoy->ways); i++) {
        if (envoy->ways[i].waiting.length > 0 && !envoy->ways[i].link)
            way_open(&envoy->ways[i]);
    }
}

/* Those that have places, of one user or, without @uid, of all; and which of them can go. */
static guint
envoys_count(Envoys *envoys, const guint *uid, Envoy **idle)
{
    GHashTableIter iter;
    gpointer value;
    guint n = 0;

    *idle = NULL;
    g_hash_table_iter_init(&iter, envoys->table);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Envoy *envoy = value;

        if (!envoy->known || envoy->refused || (uid && envoy->who.uid != *uid))
            continue;
        n++;
        if (!envoy_is_busy(envoy) && (!*idle || envoy->used < (*idle)->used))
            *idle = envoy;
    }

    return n;
}

static gboolean
envoys_make_room(Envoys *envoys, const guint *uid, guint most, GError **error)
{
    Envoy *idle;

    if (envoys_count(envoys, uid, &idle) < most)
        return TRUE;
    if (idle) {
        g_hash_table_remove(envoys->table, idle->caller);
        return TRUE;
    }
    g_set_error(error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                "%u callers%s use connections of their own to %s already", most,
                uid ? " of the user" : "", envoys->name);

    return FALSE;
}

/* Asking the bus who the caller is. */
typedef struct {
    Envoys *envoys; /* (owned) */
    char *caller;   /* (owned) */
} Question;

static void
on_credentials(GObject *bus, GAsyncResult *result, gpointer data)
{
    g_autofree Question *question = data;
    g_autofree char *caller = question->caller;
    Envoys *envoys = question->envoys;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error);
    Envoy *envoy = g_hash_table_lookup(envoys->table, caller);
    Identity who;

    if (envoy && !envoy->known && reply && identity_read(&who, reply, &error) &&
        envoys_make_room(envoys, &who.uid, MOST_ENVOYS_OF_USER, &error) &&
        envoys_make_room(envoys, NULL, MOST_ENVOYS, &error)) {
        envoy->known = TRUE;
        envoy->who = who;
        envoy_open(envoy);
    } else if (envoy && !envoy->known) {
        envoy_tell(envoy, error);
        g_hash_table_remove(envoys->table, caller);
    }

    envoys_unref(envoys);
}

static void
envoys_ask(Envoys *envoys, const char *caller)
{
    Question *question = g_new(Question, 1);

    *question = (Question){ envoys, g_strdup(caller) };
    envoys->references++;
    g_dbus_connection_call(envoys->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                           "org.freedesktop.DBus", "GetConnectionCredentials",
                           g_variant_new("(s)", caller), G_VARIANT_TYPE("(a{sv})"),
                           G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_credentials, question);
}

static Envoy *
envoys_get(Envoys *envoys, const char *caller)
{
    Envoy *envoy = g_hash_table_lookup(envoys->table, caller);

    if (envoy)
        return envoy;

    envoy = g_new0(Envoy, 1);
    envoy->envoys = envoys;
    envoy->caller = g_strdup(caller);
    for (guint i = 0; i < G_N_ELEMENTS(envoy->ways); i++) {
        envoy->ways[i].envoy = envoy;
        g_queue_init(&envoy->ways[i].waiting);
    }
    g_hash_table_insert(envoys->table, envoy->caller, envoy);
    envoys_ask(envoys, caller);

    return envoy;
}

void
envoys_find(Envoys *envoys, const char *caller, Lane lane, EnvoysFound found, gpointer data)
{
    Envoy *envoy = envoys_get(envoys, caller);
    Way *way = &envoy->ways[lane == LANE_LONG];
    Wish *wish;

    envoy->used = g_get_monotonic_time();
    if (!envoy->refused)
        g_clear_handle_id(&envoy->timer, g_source_remove);
    if (way->ready || envoy->refused) {
        found(data, way->link, NULL);
        return;
    }

    wish = g_new(Wish, 1);
    *wish = (Wish){ found, data };
    g_queue_push_tail(&way->waiting, wish);
    if (envoy->known)
        envoy_open(envoy);
}

void
envoys_dismiss(Envoys *envoys, const char *caller)
{
    g_hash_table_remove(envoys->table, caller);
}

void
envoys_clear(Envoys *envoys)
{
    g_hash_table_remove_all(envoys->table);
}

Envoys *
envoys_new(GDBusConnection *bus, const ConnectionConfig *config, guint workers)
{
    Envoys *envoys = g_new0(Envoys, 1);

    envoys->references = 1;
    envoys->bus = g_object_ref(bus);
    envoys->name = g_strdup(config->name);
    envoys->uri = g_strdup(config->uri);
    envoys->read_only = config->read_only;
    envoys->workers = workers;
    envoys->table = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, envoy_free);

    return envoys;
}
