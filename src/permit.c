/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The door that every call goes through:
 *
 *  1. Whoever calls must be one to whom the connection may be known.
 *  2. The object is looked up, if it is not at hand, because polkit's rules may go by its name.
 *  3. All that the member needs is asked at once.
 *  4. Of what the call returns, objects that the caller may not know of are left out.
 *
 * Lists are long and polkit is slow, so first it is asked once, without naming an object, whether
 * the caller may know of all of them; only if not, it is asked of each. */

#include "permit.h"

#include <string.h>

#include "bindings.h"
#include "claims.h"
#include "details.h"

struct Permit {
    PermitNext next;
    char **connection_details; /* (owned) */
    char **details;            /* (owned) (nullable) the same, and of the object called */
    Claims claims;
};

static const Permission nothing[] = { { 0 } };
static const Permission connect_getattr[] = { { "connect", "getattr", WHEN_ALWAYS, 0, 0 }, { 0 } };

void
permit_free(Permit *permit)
{
    g_strfreev(permit->connection_details);
    g_strfreev(permit->details);
    claims_clear(&permit->claims);
    g_free(permit);
}

static Permit *
permit_new(Connection *connection)
{
    Permit *permit = g_new0(Permit, 1);

    permit->connection_details = connection ? details_of_connection(connection) : g_new0(char *, 1);
    claims_init(&permit->claims);

    return permit;
}

/* Only what is about one call, and not one of many things that it shows, is worth a password. */
static void
permit_ask(Call *call, gboolean interactive, AuthorityAnswered answered)
{
    GDBusMessage *message = g_dbus_method_invocation_get_message(call->invocation);
    GDBusMessageFlags flags = g_dbus_message_get_flags(message);

    interactive = interactive && (flags & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION);
    authority_ask(service_get_authority(call->place.service),
                  g_dbus_method_invocation_get_sender(call->invocation), interactive,
                  call->permit->claims.questions, answered, call);
}

/* --- before the call --- */

/* An object is not there for those to whom its attributes are not: libvirt would not look it up. */
static const Permission *
need_of_object(Call *call)
{
    return call->place.kind ? details_get_getattr(call->place.kind) : nothing;
}

static gboolean
is_of_connection(const Permission *need)
{
    return strcmp(need->object, "connect") == 0;
}

/* Whether a need is one of this call, with these arguments. */
static gboolean
is_due(const Permission *need, GVariant *arguments)
{
    g_autoptr(GVariant) argument = NULL;
    guint32 value;

    if (need->when == WHEN_ALWAYS)
        return TRUE;

    argument = g_variant_get_child_value(arguments, need->argument);
    value = g_variant_is_of_type(argument, G_VARIANT_TYPE_UINT32)
                ? g_variant_get_uint32(argument)
                : (guint32)g_variant_get_int32(argument);
    switch (need->when) {
    case WHEN_ANY_SET:
        return (value & need->value) != 0;
    case WHEN_NONE_SET:
        return (value & need->value) == 0;
    case WHEN_EQUAL:
        return value == need->value;
    default:
        g_return_val_if_reached(TRUE);
    }
}

static void
add_needs(Call *call, const Permission *needs, const char *subject)
{
    Permit *permit = call->permit;

    for (; needs->object; needs++) {
        const Permission need[] = { *needs, { 0 } };

        if (is_due(needs, call->arguments))
            claims_add(&permit->claims, need,
                       is_of_connection(needs) ? permit->connection_details : permit->details,
                       subject);
    }
}

static void
on_allowed(gpointer data)
{
    Call *call = data;

    call->error = claims_take(&call->permit->claims);
    call->permit->next(call);
}

/* GetAll: what may be read, if anything. */
static void
on_readable(gpointer data)
{
    Call *call = data;
    g_autoptr(GError) refusal = claims_take(&call->permit->claims);
    const Binding *getter = call->interface->getters;

    while (getter->name && !permit_reads(call, getter))
        getter++;
    if (refusal &&
        (!getter->name || !claims_has(&call->permit->claims, need_of_object(call), NULL)))
        call->error = g_steal_pointer(&refusal);
    call->permit->next(call);
}

/* If the call makes something, its description says what. */
static gboolean
add_xml(Call *call)
{
    const Permission *need = call->binding->permissions;
    g_autoptr(GVariant) xml = NULL;

    if (call->binding->xml_argument < 0)
        return TRUE;

    xml = g_variant_get_child_value(call->arguments, (gsize)call->binding->xml_argument);
    if (g_variant_get_size(xml) <= 1) /* libvirt's NULL */
        return TRUE;

    while (is_of_connection(need))
        need++;
    call->permit->details = details_add_xml(call->permit->details, need->object,
                                            g_variant_get_string(xml, NULL), &call->error);

    return call->permit->details != NULL;
}

static void
ask_needs(Call *call)
{
    add_needs(call, need_of_object(call), NULL);

    if (!call->binding) {
        for (const Binding *getter = call->interface->getters; getter->name; getter++)
            add_needs(call, getter->permissions, getter->name);
        permit_ask(call, FALSE, on_readable);
    } else if (add_xml(call)) {
        add_needs(call, call->binding->permissions, NULL);
        permit_ask(call, TRUE, on_allowed);
    } else {
        call->permit->next(call);
    }
}

static void
look_up_run(virConnectPtr connect, gpointer data)
{
    Call *call = data;

    call->connect = connect;
    if (call_look_up(call))
        call->permit->details =
            details_add_object(call->permit->details, call->place.kind, call->object);
}

static void
look_up_done(gpointer data, const GError *error)
{
    Call *call = data;

    if (error)
        call->error = g_error_copy(error);
    if (call->error)
        call->permit->next(call);
    else
        ask_needs(call);
}

static void
find_object(Call *call)
{
    const Kind *kind = call->place.kind;
    void *handle;

    call->permit->details = g_strdupv(call->permit->connection_details);
    if (!kind) {
        ask_needs(call);
        return;
    }

    handle =
        registry_get_handle(connection_get_registry(call->place.connection), kind, call->element);
    if (handle) {
        call->permit->details = details_add_object(call->permit->details, kind, handle);
        ask_needs(call);
    } else {
        call_push(call, look_up_run, look_up_done);
    }
}

static void
on_admitted(gpointer data)
{
    Call *call = data;
    g_autoptr(GError) refusal = claims_take(&call->permit->claims);

    /* At the root each connection counts by itself. */
    if (refusal && call->place.connection) {
        call->error = g_steal_pointer(&refusal);
        call->permit->next(call);
    } else {
        find_object(call);
    }
}

static void
ask_admission(Call *call)
{
    Claims *claims = &call->permit->claims;
    GPtrArray *connections = service_get_connections(call->place.service);

    if (call->place.connection)
        claims_add(claims, connect_getattr, call->permit->connection_details, NULL);
    for (guint i = 0; !call->place.connection && i < connections->len; i++) {
        g_auto(GStrv) details = details_of_connection(connections->pdata[i]);
        claims_add(claims, connect_getattr, details, connection_get_name(connections->pdata[i]));
    }

    permit_ask(call, call->place.connection != NULL, on_admitted);
}

typedef struct {
    Call *call;
    PermitNext next;
} Entry;

static void
on_identified(gpointer data, gboolean trusted, const GError *error)
{
    g_autofree Entry *entry = data;
    Call *call = entry->call;

    if (trusted || error) {
        call->error = error ? g_error_copy(error) : NULL;
        entry->next(call);
        return;
    }

    call->permit = permit_new(call->place.connection);
    call->permit->next = entry->next;
    ask_admission(call);
}

void
permit_call(Call *call, PermitNext next)
{
    Authority *authority = service_get_authority(call->place.service);
    const char *sender = g_dbus_method_invocation_get_sender(call->invocation);
    Entry *entry;

    if (authority_trusts(authority, sender)) {
        next(call);
        return;
    }

    entry = g_new(Entry, 1);
    *entry = (Entry){ call, next };
    authority_identify(authority, sender, on_identified, entry);
}

/* --- what a call returned --- */

static const Found *
get_found(Call *call, gsize i)
{
    return &g_array_index(call->found, Found, i);
}

void
permit_describe(Call *call)
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
permit_results(Call *call, PermitNext next)
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
permit_view(Call *call, PermitNext next)
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
permit_shows(Call *call, const Kind *kind, const char *element)
{
    return is_shown(call, details_get_getattr(kind), element);
}

gboolean
permit_shows_property(Call *call, const char *element, const Binding *getter)
{
    return is_shown(call, getter->permissions, element);
}

gboolean
permit_reads(Call *call, const Binding *getter)
{
    return !call->permit || claims_has(&call->permit->claims, getter->permissions, getter->name);
}

gboolean
permit_shows_connection(Call *call, Connection *connection)
{
    return !call->permit ||
           claims_has(&call->permit->claims, connect_getattr, connection_get_name(connection));
}
