/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads from libvirt what the registry keeps: of one object by asking for each thing, of all
 * objects of a kind by a handful of lists, one for each filter, so that the cost of opening a
 * connection is the same number of requests whether it has ten domains or ten thousand. */

#include "observe.h"

#include "error.h"

/* How often to look at an object of which not all can be seen: it may just be going, and libvirt
 * announces no end of a domain whose start failed. */
#define ATTEMPTS 3

static const Observer *const observers[] = {
    &domain_observer,       &network_observer, &node_device_observer,
    &storage_pool_observer, &secret_observer,  NULL,
};

static const Observer *
find_observer(const Kind *kind)
{
    for (guint i = 0; observers[i]; i++) {
        if (observers[i]->kind == kind)
            return observers[i];
    }
    return NULL;
}

gboolean
observe_keeps(const Kind *kind)
{
    return find_observer(kind) != NULL;
}

/* As one block of memory: thousands of these are kept, and sent as they are. */
static GVariant *
pack(GVariantBuilder *builder)
{
    GVariant *values = g_variant_ref_sink(g_variant_builder_end(builder));

    g_variant_get_data(values);

    return values;
}

static gboolean
describe(const Observer *observer, Sight *sight)
{
    GVariantBuilder builder;
    gboolean complete = TRUE;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
    for (const Trait *trait = observer->traits; trait->property; trait++) {
        int answer = trait->ask(sight->handle);

        if (answer < 0)
            complete = complete && virGetLastErrorCode() == VIR_ERR_NO_SUPPORT;
        else
            g_variant_builder_add(&builder, "{sv}", trait->property,
                                  g_variant_new_boolean(answer > 0));
    }
    complete = observer->describe(sight->handle, NULL, &builder) && complete;
    sight->values = pack(&builder);

    return complete;
}

gboolean
observe(const Kind *kind, virConnectPtr connect, const char *element, Sight *sight)
{
    const Observer *observer = find_observer(kind);
    g_autofree char *key = kind->decode(element);
    g_autoptr(GError) error = NULL;

    *sight = (Sight){ .kind = kind };
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        sight_clear(sight);
        sight->handle = kind->look_up(connect, key, &error);
        if (!sight->handle)
            return g_error_matches(error, LIBVIRT_ERROR, kind->missing);
        if (!observer || describe(observer, sight))
            break;
    }

    return TRUE;
}

gboolean
observe_is_passing(const Sight *sight)
{
    const Observer *observer = find_observer(sight->kind);

    return sight->values && observer->is_passing && observer->is_passing(sight->values);
}

/* The path elements of all objects that pass @filter; NULL if libvirt does not know it. */
static GHashTable *
list_filtered(const Kind *kind, virConnectPtr connect, unsigned int filter)
{
    g_autoptr(GHashTable) elements = NULL;
    g_autofree void **handles = NULL;
    int n = kind->list(connect, &handles, filter);

    if (n < 0)
        return NULL;

    elements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < n; i++) {
        g_hash_table_add(elements, kind->identity(handles[i]));
        kind->free(handles[i]);
    }

    return g_steal_pointer(&elements);
}

static void
observe_listed(const Observer *observer, virConnectPtr connect, Sight *sights, int n)
{
    g_autoptr(GPtrArray) passed = g_ptr_array_new();
    gpointer gathered = observer->gather ? observer->gather(connect) : NULL;

    for (const Trait *trait = observer->traits; trait->property; trait++)
        g_ptr_array_add(passed, list_filtered(observer->kind, connect, trait->filter));

    for (int i = 0; i < n; i++) {
        g_autofree char *element = observer->kind->identity(sights[i].handle);
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
        for (guint t = 0; t < passed->len; t++) {
            if (passed->pdata[t])
                g_variant_builder_add(
                    &builder, "{sv}", observer->traits[t].property,
                    g_variant_new_boolean(g_hash_table_contains(passed->pdata[t], element)));
        }
        observer->describe(sights[i].handle, gathered, &builder);
        sights[i].values = pack(&builder);
    }

    for (guint t = 0; t < passed->len; t++)
        g_clear_pointer((GHashTable **)&passed->pdata[t], g_hash_table_unref);
    if (gathered)
        observer->release(gathered);
}

void
observe_all(const Kind *kind, virConnectPtr connect, void **handles, int n, Sight *sights)
{
    const Observer *observer = find_observer(kind);

    for (int i = 0; i < n; i++)
        sights[i] = (Sight){ .kind = kind, .handle = handles[i] };

    if (observer && n > 0)
        observe_listed(observer, connect, sights, n);
}
