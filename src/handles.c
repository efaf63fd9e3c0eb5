/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The registry has handles of the main link alone. What is asked over another one needs handles of
 * that, and would be two requests each time if none were kept. */

#include "handles.h"

/* Some hundreds of bytes each. Whoever asks about more starts anew. */
#define MOST 4096

struct Handles {
    GMutex lock;
    GHashTable *table; /* (owned) "node/key" -> Handle (owned) */
};

typedef struct {
    const Kind *kind;
    void *handle; /* (owned) */
} Handle;

static void
handle_free(gpointer data)
{
    Handle *handle = data;

    handle->kind->free(handle->handle);
    g_free(handle);
}

/* (owned) (nullable) */
static void *
handles_recall(Handles *handles, const char *name)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&handles->lock);
    Handle *known = g_hash_table_lookup(handles->table, name);

    if (!known)
        return NULL;

    known->kind->ref(known->handle);
    return known->handle;
}

/* Takes @name. */
static void
handles_remember(Handles *handles, char *name, const Kind *kind, void *handle)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&handles->lock);
    Handle *known = g_new(Handle, 1);

    kind->ref(handle);
    *known = (Handle){ kind, handle };
    if (g_hash_table_size(handles->table) >= MOST)
        g_hash_table_remove_all(handles->table);
    g_hash_table_replace(handles->table, name, known);
}

void *
handles_find(Handles *handles, virConnectPtr connect, const Kind *kind, const char *key,
             GError **error)
{
    g_autofree char *name = g_strjoin("/", kind->node, key, NULL);
    void *handle = handles_recall(handles, name);

    if (handle)
        return handle;

    handle = kind->look_up(connect, key, error);
    if (handle)
        handles_remember(handles, g_steal_pointer(&name), kind, handle);

    return handle;
}

Handles *
handles_new(void)
{
    Handles *handles = g_new0(Handles, 1);

    g_mutex_init(&handles->lock);
    handles->table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, handle_free);

    return handles;
}

void
handles_free(Handles *handles)
{
    g_hash_table_unref(handles->table);
    g_mutex_clear(&handles->lock);
    g_free(handles);
}
