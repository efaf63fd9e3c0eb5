/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The door that every call goes through:
 *
 *  1. Whoever calls must be one to whom the connection may be known.
 *  2. The object is looked up, if it is not at hand, because polkit's rules may go by its name.
 *  3. All that the member needs is asked at once.
 *
 * What it finds goes through selection.c on its way out. */

#include "permit.h"

#include <string.h>

#include "bindings.h"
#include "details.h"
#include "route.h"

static const Permission nothing[] = { { 0 } };

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

gboolean
permit_is_interactive(Call *call)
{
    GDBusMessage *message = g_dbus_method_invocation_get_message(call->invocation);
    GDBusMessageFlags flags = g_dbus_message_get_flags(message);

    return (flags & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;
}

void
permit_ask(Call *call, gboolean interactive, ClientAnswered answered)
{
    interactive = interactive && permit_is_interactive(call);
    authority_ask(service_get_authority(call->place.service), call_get_sender(call), interactive,
                  call->permit->claims.questions, answered, call);
}

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

    claims_take(&call->permit->claims, &call->error);
    call->permit->next(call);
}

/* GetAll: what may be read, if anything. */
static void
on_readable(gpointer data)
{
    Call *call = data;
    g_autoptr(GError) refusal = NULL;
    const Binding *getter = call->interface->getters;

    claims_take(&call->permit->claims, &refusal);
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
    g_autoptr(GError) refusal = NULL;

    claims_take(&call->permit->claims, &refusal);
    /* At the root each connection counts by itself. */
    if (refusal && call->place.connection) {
        call->error = g_steal_pointer(&refusal);
        call->permit->next(call);
    } else {
        find_object(call);
    }
}

/* What somebody else opened is not asked about. */
static gboolean
is_visible(Call *call, Connection *connection)
{
    return service_shows(call->place.service, connection, call_get_sender(call));
}

static void
ask_admission(Call *call)
{
    Claims *claims = &call->permit->claims;
    GPtrArray *connections = service_get_connections(call->place.service);

    if (call->place.connection)
        claims_add(claims, details_get_getattr(NULL), call->permit->connection_details, NULL);
    for (guint i = 0; !call->place.connection && i < connections->len; i++) {
        g_auto(GStrv) details = details_of_connection(connections->pdata[i]);
        if (is_visible(call, connections->pdata[i]))
            claims_add(claims, details_get_getattr(NULL), details,
                       connection_get_name(connections->pdata[i]));
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
    const char *sender = call_get_sender(call);
    Entry *entry;

    if (authority_trusts(authority, sender)) {
        next(call);
        return;
    }

    entry = g_new(Entry, 1);
    *entry = (Entry){ call, next };
    authority_identify(authority, sender, on_identified, entry);
}

gboolean
permit_reads(Call *call, const Binding *getter)
{
    return !call->permit || claims_has(&call->permit->claims, getter->permissions, getter->name);
}

gboolean
permit_shows_connection(Call *call, Connection *connection)
{
    return is_visible(call, connection) &&
           (!call->permit || claims_has(&call->permit->claims, details_get_getattr(NULL),
                                        connection_get_name(connection)));
}
