/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a caller gets to see of the objects that a call found, or that are known: those that they
 * may know of.
 *
 * Lists are long and polkit is slow. So first it is asked once, without naming an object, whether
 * the caller may know of all of them; only if not, it is asked of each. A rule that shows somebody
 * only some objects must therefore refuse the question in which none is named. */

#include "selection.h"

#include "bindings.h"
#include "details.h"

static const Found *
get_found(Call *call, gsize i)
{
    return &g_array_index(call->found, Found, i);
}

void
selection_describe(Call *call)
{
    for (guint i = 0; call->found && i < call->found->len; i++) {
        Found *found = &g_array_index(call->found, Found, i);
        found->details = details_add_object(g_strdupv(call->permit->connection_details),
                                            found->kind, found->handle);
    }
}

static GVariant *
select_results(Call *call, GVariant *list)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, g_variant_get_type(list));
    for (gsize i = 0; i < g_variant_n_children(list); i++) {
        g_autoptr(GVariant) item = g_variant_get_child_value(list, i);
        g_autofree char *number = g_strdup_printf("%zu", i);

        if (claims_has(&call->permit->claims, details_get_getattr(get_found(call, i)->kind),
                       number) &&
            claims_has(&call->permit->claims, call->binding->results, number))
            g_variant_builder_add_value(&builder, item);
    }

    return g_variant_builder_end(&builder);
}

/* What is refused is left out of a list; one object alone is refused. */
static void
on_results(gpointer data)
{
    Call *call = data;
    g_autoptr(GError) refusal = claims_take(&call->permit->claims);

    if (refusal) {
        g_autoptr(GVariant) result = g_steal_pointer(&call->result);
        g_autoptr(GVariant) value = g_variant_get_child_value(result, 0);

        if (g_variant_is_of_type(value, G_VARIANT_TYPE_ARRAY)) {
            GVariant *selected = select_results(call, value);
            call->result = g_variant_ref_sink(g_variant_new_tuple(&selected, 1));
        } else {
            call->error = g_steal_pointer(&refusal);
        }
    }

    call->permit->next(call);
}

static void
ask_each_result(Call *call)
{
    Claims *claims = &call->permit->claims;

    for (guint i = 0; i < call->found->len; i++) {
        const Found *found = get_found(call, i);
        g_autofree char *number = g_strdup_printf("%u", i);

        claims_add(claims, details_get_getattr(found->kind), found->details, number);
        claims_add(claims, call->binding->results, found->details, number);
    }
    permit_ask(call, FALSE, on_results);
}

static void
on_all_results(gpointer data)
{
    Call *call = data;
    g_autoptr(GError) refusal = claims_take(&call->permit->claims);

    if (refusal)
        ask_each_result(call);
    else
        call->permit->next(call);
}

void
selection_of_results(Call *call, PermitNext next)
{
    Permit *permit = call->permit;

    if (!permit || !call->binding->results || !call->found) {
        next(call);
        return;
    }

    permit->next = next;
    if (call->found->len == 1) {
        ask_each_result(call);
        return;
    }

    claims_add(&permit->claims, details_get_getattr(get_found(call, 0)->kind),
               permit->connection_details, NULL);
    claims_add(&permit->claims, call->binding->results, permit->connection_details, NULL);
    permit_ask(call, FALSE, on_all_results);
}

/* --- what a call may see of the registry --- */

/* What is needed to know of objects of a kind and to read their properties; @details NULL: of all
 * of them. What was granted for all is not asked of one. */
static void
claim_kind(Call *call, const Kind *kind, char **details, const char *element)
{
    Permit *permit = call->permit;
    const Permission *last = details_get_getattr(kind);

    if (!claims_has(&permit->claims, last, NULL))
        claims_add(&permit->claims, last, details, element);
    for (const Binding *getter = kind->interfaces[0]->getters; getter->name; getter++) {
        if (getter->permissions != last && !claims_has(&permit->claims, getter->permissions, NULL))
            claims_add(&permit->claims, getter->permissions, details, element);
        last = getter->permissions;
    }
}

static void
on_viewed(gpointer data)
{
    Call *call = data;
    g_autoptr(GError) refusal = claims_take(&call->permit->claims);

    call->permit->next(call);
}

static void
on_all_viewed(gpointer data)
{
    Call *call = data;
    Permit *permit = call->permit;
    Registry *registry = connection_get_registry(call->place.connection);
    g_autoptr(GError) refusal = claims_take(&permit->claims);

    for (guint i = 0; refusal && kinds[i]; i++) {
        g_auto(GStrv) elements = registry_list(registry, kinds[i]);

        for (guint j = 0; elements[j] && registry_is_live(registry, kinds[i]); j++) {
            g_auto(GStrv) details =
                details_add_object(g_strdupv(permit->connection_details), kinds[i],
                                   registry_get_handle(registry, kinds[i], elements[j]));
            claim_kind(call, kinds[i], details, elements[j]);
        }
    }
    permit_ask(call, FALSE, on_viewed);
}

void
selection_of_registry(Call *call, PermitNext next)
{
    Permit *permit = call->permit;

    if (!permit || !call->place.connection) {
        next(call);
        return;
    }

    permit->next = next;
    for (guint i = 0; kinds[i]; i++) {
        if (registry_is_live(connection_get_registry(call->place.connection), kinds[i]))
            claim_kind(call, kinds[i], permit->connection_details, NULL);
    }
    permit_ask(call, FALSE, on_all_viewed);
}

static gboolean
is_shown(Call *call, const Permission *needs, const char *element)
{
    for (; call->permit && needs->object; needs++) {
        const Permission need[] = { *needs, { 0 } };

        if (!claims_has(&call->permit->claims, need, NULL) &&
            !claims_has(&call->permit->claims, need, element))
            return FALSE;
    }
    return TRUE;
}

gboolean
selection_shows(Call *call, const Kind *kind, const char *element)
{
    return is_shown(call, details_get_getattr(kind), element);
}

gboolean
selection_shows_property(Call *call, const char *element, const Binding *getter)
{
    return is_shown(call, getter->permissions, element);
}
