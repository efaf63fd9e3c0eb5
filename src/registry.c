/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a connection remembers of its objects: their path elements, for introspection, and for kinds
 * whose changes libvirt announces a handle of each, which saves every call a look-up.
 *
 * It relies on being told: by the lists made when the connection opens, by events, and by what
 * calls return. Handles of kinds without events could go stale unnoticed and are not kept. */

#include "registry.h"

struct Registry {
    GHashTable *kinds; /* (owned) Kind -> Shelf */
};

/* All objects of a kind. */
typedef struct {
    const Kind *kind;
    gboolean live;
    GHashTable *handles; /* (owned) element -> handle (owned) (nullable) */
} Shelf;

static void
shelf_free(gpointer data)
{
    Shelf *shelf = data;
    GHashTableIter iter;
    gpointer handle;

    g_hash_table_iter_init(&iter, shelf->handles);
    while (g_hash_table_iter_next(&iter, NULL, &handle)) {
        if (handle)
            shelf->kind->free(handle);
    }

    g_hash_table_unref(shelf->handles);
    g_free(shelf);
}

static Shelf *
registry_shelf(Registry *registry, const Kind *kind)
{
    Shelf *shelf = g_hash_table_lookup(registry->kinds, kind);

    if (!shelf) {
        shelf = g_new0(Shelf, 1);
        shelf->kind = kind;
        shelf->handles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_hash_table_insert(registry->kinds, (gpointer)kind, shelf);
    }

    return shelf;
}

void
registry_set_live(Registry *registry, const Kind *kind)
{
    registry_shelf(registry, kind)->live = TRUE;
}

gboolean
registry_is_live(Registry *registry, const Kind *kind)
{
    return registry_shelf(registry, kind)->live;
}

void
registry_remove(Registry *registry, const Kind *kind, const char *element)
{
    Shelf *shelf = registry_shelf(registry, kind);
    void *handle = g_hash_table_lookup(shelf->handles, element);

    g_hash_table_remove(shelf->handles, element);
    if (handle)
        kind->free(handle);
}

void
registry_add(Registry *registry, const Kind *kind, void *handle)
{
    Shelf *shelf = registry_shelf(registry, kind);
    g_autofree char *element = kind->identity(handle);
    void *old = g_hash_table_lookup(shelf->handles, element);

    if (!shelf->live) {
        kind->free(handle);
        handle = NULL;
    }

    g_hash_table_replace(shelf->handles, g_steal_pointer(&element), handle);
    if (old)
        kind->free(old);
}

void *
registry_get(Registry *registry, const Kind *kind, const char *element)
{
    return g_hash_table_lookup(registry_shelf(registry, kind)->handles, element);
}

static int
compare_elements(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(char *const *)a, *(char *const *)b);
}

char **
registry_list(Registry *registry, const Kind *kind)
{
    GHashTable *handles = registry_shelf(registry, kind)->handles;
    guint n;
    char **elements = (char **)g_hash_table_get_keys_as_array(handles, &n);

    for (guint i = 0; i < n; i++)
        elements[i] = g_strdup(elements[i]);
    qsort(elements, n, sizeof(char *), compare_elements);

    return elements;
}

Registry *
registry_new(void)
{
    Registry *registry = g_new0(Registry, 1);

    registry->kinds = g_hash_table_new_full(NULL, NULL, NULL, shelf_free);

    return registry;
}

void
registry_free(Registry *registry)
{
    g_hash_table_unref(registry->kinds);
    g_free(registry);
}
