/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a connection knows of its objects. Of kinds whose changes libvirt announces, that is a
 * handle of each, which saves every call a look-up, and the values of its properties, which answer
 * for libvirt. Of the others it is only their names, for introspection.
 *
 * Each sight takes the place of the one before: of one object there is never more than one look
 * under way (watch.c), and none before the connection's inventory has been taken. */

#include "registry.h"

#include <stdlib.h>

#include "details.h"

struct Registry {
    GHashTable *shelves; /* (owned) Kind -> Shelf (owned) */
};

/* All objects of a kind. */
typedef struct {
    const Kind *kind;
    gboolean live;
    GHashTable *entries; /* (owned) element -> Sight (owned) */
} Shelf;

void
sight_clear(Sight *sight)
{
    if (sight->handle)
        sight->kind->free(g_steal_pointer(&sight->handle));
    g_clear_pointer(&sight->values, g_variant_unref);
    g_clear_pointer(&sight->constants, g_variant_unref);
}

static void
entry_free(gpointer data)
{
    sight_clear(data);
    g_free(data);
}

static void
shelf_free(gpointer data)
{
    Shelf *shelf = data;

    g_hash_table_unref(shelf->entries);
    g_free(shelf);
}

static Shelf *
registry_shelf(Registry *registry, const Kind *kind)
{
    Shelf *shelf = g_hash_table_lookup(registry->shelves, kind);

    if (!shelf) {
        shelf = g_new0(Shelf, 1);
        shelf->kind = kind;
        shelf->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
        g_hash_table_insert(registry->shelves, (gpointer)kind, shelf);
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

/* (nullable) a{sv} of what is in @after and was not so @before. */
static GVariant *
find_differences(GVariant *before, GVariant *after)
{
    g_auto(GVariantDict) differences = G_VARIANT_DICT_INIT(NULL);
    gboolean differ = FALSE;
    GVariantIter iter;
    const char *name;
    GVariant *value;

    g_variant_iter_init(&iter, after);
    while (g_variant_iter_loop(&iter, "{&sv}", &name, &value)) {
        g_autoptr(GVariant) old = g_variant_lookup_value(before, name, NULL);

        if (!old || !g_variant_equal(old, value)) {
            g_variant_dict_insert_value(&differences, name, value);
            differ = TRUE;
        }
    }

    return differ ? g_variant_ref_sink(g_variant_dict_end(&differences)) : NULL;
}

static Change
shelf_remove(Shelf *shelf, const char *element)
{
    return g_hash_table_remove(shelf->entries, element) ? CHANGE_REMOVED : CHANGE_NONE;
}

static Change
shelf_add(Shelf *shelf, const char *element, Sight *sight)
{
    g_hash_table_insert(shelf->entries, g_strdup(element), g_memdup2(sight, sizeof(*sight)));
    *sight = (Sight){ .kind = shelf->kind };

    return CHANGE_ADDED;
}

static Change
shelf_replace(Sight *entry, Sight *sight, GVariant **changed)
{
    if (sight->values && entry->values)
        *changed = find_differences(entry->values, sight->values);

    sight->constants = g_steal_pointer(&entry->constants);
    sight_clear(entry);
    *entry = *sight;
    *sight = (Sight){ .kind = entry->kind };

    return *changed ? CHANGE_VALUES : CHANGE_NONE;
}

Change
registry_put(Registry *registry, const char *element, Sight *sight, GVariant **changed)
{
    Shelf *shelf = registry_shelf(registry, sight->kind);
    Sight *entry = g_hash_table_lookup(shelf->entries, element);

    *changed = NULL;
    if (!sight->handle)
        return shelf_remove(shelf, element);
    if (!shelf->live) {
        shelf->kind->free(g_steal_pointer(&sight->handle));
        sight->foreign = FALSE;
        g_clear_pointer(&sight->values, g_variant_unref);
    }
    if (!entry)
        return shelf_add(shelf, element, sight);

    return shelf_replace(entry, sight, changed);
}

void
registry_put_handle(Registry *registry, const Kind *kind, void *handle)
{
    g_autofree char *element = kind->identity(handle);
    Shelf *shelf = registry_shelf(registry, kind);
    Sight *entry = g_hash_table_lookup(shelf->entries, element);

    if (entry && entry->handle) {
        kind->free(entry->handle);
        entry->handle = handle;
        entry->foreign = FALSE;
        return;
    }

    if (!shelf->live)
        g_hash_table_replace(shelf->entries, g_steal_pointer(&element), g_new0(Sight, 1));
    kind->free(handle);
}

/* polkit's rules go by names. */
static gboolean
is_named_alike(const Kind *kind, void *a, void *b)
{
    g_auto(GStrv) of_a = details_add_object(NULL, kind, a);
    g_auto(GStrv) of_b = details_add_object(NULL, kind, b);

    return g_strv_equal((const char *const *)of_a, (const char *const *)of_b);
}

void
registry_improve_handle(Registry *registry, const Kind *kind, const char *element, void *handle)
{
    Sight *entry = g_hash_table_lookup(registry_shelf(registry, kind)->entries, element);

    if (entry && entry->foreign && is_named_alike(kind, entry->handle, handle)) {
        kind->free(entry->handle);
        entry->handle = handle;
        entry->foreign = FALSE;
    } else {
        kind->free(handle);
    }
}

void *
registry_get_call_handle(Registry *registry, const Kind *kind, const char *element)
{
    Sight *entry = g_hash_table_lookup(registry_shelf(registry, kind)->entries, element);

    return entry && !entry->foreign ? entry->handle : NULL;
}

void *
registry_get_handle(Registry *registry, const Kind *kind, const char *element)
{
    Sight *entry = g_hash_table_lookup(registry_shelf(registry, kind)->entries, element);

    return entry ? entry->handle : NULL;
}

GVariant *
registry_get_values(Registry *registry, const Kind *kind, const char *element)
{
    Sight *entry = g_hash_table_lookup(registry_shelf(registry, kind)->entries, element);

    return entry ? entry->values : NULL;
}

void
registry_remember(Registry *registry, const Kind *kind, const char *element, const char *name,
                  GVariant *value)
{
    Sight *entry = g_hash_table_lookup(registry_shelf(registry, kind)->entries, element);
    g_auto(GVariantDict) constants = G_VARIANT_DICT_INIT(entry ? entry->constants : NULL);

    if (!entry || !entry->values)
        return;

    g_variant_dict_insert_value(&constants, name, value);
    g_clear_pointer(&entry->constants, g_variant_unref);
    entry->constants = g_variant_ref_sink(g_variant_dict_end(&constants));
}

GVariant *
registry_lookup(Registry *registry, const Kind *kind, const char *element, const char *name)
{
    Sight *entry = g_hash_table_lookup(registry_shelf(registry, kind)->entries, element);
    GVariant *value = NULL;

    if (entry && entry->values)
        value = g_variant_lookup_value(entry->values, name, NULL);
    if (entry && entry->constants && !value)
        value = g_variant_lookup_value(entry->constants, name, NULL);

    return value;
}

gboolean
registry_has(Registry *registry, const Kind *kind, const char *element)
{
    return g_hash_table_contains(registry_shelf(registry, kind)->entries, element);
}

static int
compare_elements(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(char *const *)a, *(char *const *)b);
}

char **
registry_list(Registry *registry, const Kind *kind)
{
    guint n;
    GHashTable *entries = registry_shelf(registry, kind)->entries;
    char **elements = (char **)g_hash_table_get_keys_as_array(entries, &n);

    for (guint i = 0; i < n; i++)
        elements[i] = g_strdup(elements[i]);
    qsort(elements, n, sizeof(char *), compare_elements);

    return elements;
}

Registry *
registry_new(void)
{
    Registry *registry = g_new0(Registry, 1);

    registry->shelves = g_hash_table_new_full(NULL, NULL, NULL, shelf_free);

    return registry;
}

void
registry_free(Registry *registry)
{
    g_hash_table_unref(registry->shelves);
    g_free(registry);
}
