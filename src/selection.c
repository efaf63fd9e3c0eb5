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
    g_autoptr(GError) refusal = NULL;

    claims_take(&call->permit->claims, &refusal);
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
    g_autoptr(GError) refusal = NULL;

    claims_take(&call->permit->claims, &refusal);
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

/* What is needed to read the properties of objects of a kind. */
static void
claim_properties(Permit *permit, const Kind *kind, char **details, const char *element)
{
    const Permission *last = details_get_getattr(kind);

    for (const Binding *getter = kind->interfaces[0]->getters; getter->name; getter++) {
        if (getter->permissions != last && !claims_has(&permit->claims, getter->permissions, NULL))
            claims_add(&permit->claims, getter->permissions, details, element);
        last = getter->permissions;
    }
}

typedef void (*Visit)(Call *call, const Kind *kind, const char *element, char **details);

/* Visits the objects of which it must be asked one by one. */
static void
visit_each(Call *call, Visit visit)
{
    Permit *permit = call->permit;
    Registry *registry = connection_get_registry(call->place.connection);

    for (guint i = 0; kinds[i]; i++) {
        g_auto(GStrv) elements = registry_list(registry, kinds[i]);

        if (!registry_is_live(registry, kinds[i]) ||
            claims_has(&permit->claims, details_get_getattr(kinds[i]), NULL))
            continue;

        for (guint j = 0; elements[j]; j++) {
            g_auto(GStrv) details =
                details_add_object(g_strdupv(permit->connection_details), kinds[i],
                                   registry_get_handle(registry, kinds[i], elements[j]));
            visit(call, kinds[i], elements[j], details);
        }
    }
}

static void
claim_one(Call *call, const Kind *kind, const char *element, char **details)
{
    claims_add(&call->permit->claims, details_get_getattr(kind), details, element);
}

static void
claim_properties_of_shown(Call *call, const Kind *kind, const char *element, char **details)
{
    if (selection_shows(call, kind, element))
        claim_properties(call->permit, kind, details, element);
}

static void
on_properties_viewed(gpointer data)
{
    Call *call = data;

    claims_take(&call->permit->claims, NULL);
    call->permit->next(call);
}

static void
on_each_viewed(gpointer data)
{
    Call *call = data;

    claims_take(&call->permit->claims, NULL);
    visit_each(call, claim_properties_of_shown);
    permit_ask(call, FALSE, on_properties_viewed);
}

/* Who may know of all objects reads of them what may be read of all. */
static void
on_all_viewed(gpointer data)
{
    Call *call = data;

    claims_take(&call->permit->claims, NULL);
    visit_each(call, claim_one);
    permit_ask(call, FALSE, on_each_viewed);
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
        if (!registry_is_live(connection_get_registry(call->place.connection), kinds[i]))
            continue;
        claims_add(&permit->claims, details_get_getattr(kinds[i]), permit->connection_details,
                   NULL);
        claim_properties(permit, kinds[i], permit->connection_details, NULL);
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
