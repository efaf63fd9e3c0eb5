/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One call of Domain.Migrate, which two connections take part in. It begins on the main thread,
 * where the caller is found to be allowed at the other end, too, and a link of the migration's own
 * to it is opened: libvirt then talks to both ends from one thread, a worker of the domain's
 * connection, and no other worker uses that link. */

#include "migration.h"

#include <string.h>

#include "bindings.h"
#include "details.h"
#include "error.h"
#include "identity.h"
#include "permit.h"
#include "value.h"

struct Destination {
    Connection *connection; /* (owned) */
    Params params;
    guint32 flags;
    Link *link; /* (owned) (nullable) until the caller is allowed */

    /* Written by the link's worker. */
    virConnectPtr connect; /* the link's */
    GError *error;         /* (owned) (nullable) */
};

void
destination_free(Destination *destination)
{
    g_clear_pointer(&destination->link, link_abandon);
    g_clear_error(&destination->error);
    params_clear(&destination->params);
    connection_unref(destination->connection);
    g_free(destination);
}

Connection *
destination_get_connection(Destination *destination)
{
    return destination->connection;
}

static GVariant *
migrate(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    const Destination *destination = call->destination;
    const Params *params = &destination->params;
    g_autoptr(virDomain) domain = virDomainMigrate3(call->object, destination->connect,
                                                    params->list, params->n, destination->flags);
    if (!domain)
        return error_from_libvirt(error);

    g_autofree char *element = call->place.kind->identity(domain);
    g_autofree char *path = face_make_path(
        call->place.face, connection_get_name(destination->connection), call->place.kind, element);

    return g_variant_new("(o)", path);
}

/* On the link's worker. Where libvirt is told who calls, this link is the caller's, too. */
static void
arrive(virConnectPtr connect, gpointer data)
{
    Call *call = data;
    Destination *destination = call->destination;
    g_autoptr(GError) error = NULL;

    destination->connect = connect;
    if (call->permit && connection_get_envoys(destination->connection) &&
        !identity_pass(connect, g_dbus_method_invocation_get_connection(call->invocation),
                       call_get_sender(call), &error) &&
        !identity_is_refused(error))
        destination->error = g_steal_pointer(&error);
}

static void
arrived(gpointer data, const GError *not_open)
{
    Call *call = data;
    const GError *error = not_open ? not_open : call->destination->error;

    if (error)
        call->error = g_error_copy(error);
    else if (service_is_ending(call->place.service))
        g_set_error_literal(&call->error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY,
                            "the service is ending");

    if (call->error)
        call_reply(call);
    else
        call_go_on(call, migrate);
}

static void
set_out(Call *call)
{
    Destination *destination = call->destination;

    destination->link = connection_new_link(destination->connection);
    link_push(destination->link, NULL, arrive, arrived, call);
}

static void
on_decided(gpointer data)
{
    Call *call = data;

    claims_take(&call->permit->claims, &call->error);
    if (call->error)
        call_reply_later(call);
    else
        set_out(call);
}

/* (owned) What polkit's rules see of the domain as it will be there. */
static char **
describe(Call *call, GError **error)
{
    static const char *const kept[] = { "domain_name", "domain_uuid" };
    const Destination *destination = call->destination;
    const Params *params = &destination->params;
    char **details = details_of_connection(destination->connection);
    const char *xml = NULL, *name = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(kept); i++)
        details = g_environ_setenv(details, kept[i],
                                   g_environ_getenv(call->permit->details, kept[i]), TRUE);

    virTypedParamsGetString(params->list, params->n, VIR_MIGRATE_PARAM_DEST_XML, &xml);
    if (xml)
        details = details_add_xml(details, "domain", xml, error);

    virTypedParamsGetString(params->list, params->n, VIR_MIGRATE_PARAM_DEST_NAME, &name);
    if (details && name)
        details = g_environ_setenv(details, "domain_name", name, TRUE);

    return details;
}

/* Coming to a host is as much as being created there. */
static gboolean
claim(Call *call, GError **error)
{
    static const Permission arrival[] = {
        { "domain", "migrate", WHEN_ALWAYS, 0, 0 },
        { "domain", "start", WHEN_ALWAYS, 0, 0 },
        { "domain", "write", WHEN_ALWAYS, 0, 0 },
        { 0 },
    };
    static const Permission stay[] = { { "domain", "save", WHEN_ALWAYS, 0, 0 }, { 0 } };
    Destination *destination = call->destination;
    const char *name = connection_get_name(destination->connection);
    Claims *claims = &call->permit->claims;
    g_auto(GStrv) host = details_of_connection(destination->connection);
    g_auto(GStrv) details = describe(call, error);

    if (!details)
        return FALSE;

    claims_add(claims, details_get_getattr(NULL), host, name);
    claims_add(claims, arrival, details, name);
    if (destination->flags & VIR_MIGRATE_PERSIST_DEST)
        claims_add(claims, stay, details, name);

    return TRUE;
}

/* (owned) */
static Connection *
find_connection(Call *call, const char *path, GError **error)
{
    Service *service = call->place.service;
    g_autofree char *prefix = g_strconcat(call->place.face->root, "/", NULL);
    Connection *connection = NULL;

    if (g_str_has_prefix(path, prefix))
        connection = service_find_connection(service, path + strlen(prefix));
    if (connection && service_shows(service, connection, call_get_sender(call)))
        return connection_ref(connection);

    return error_invalid(error, "%s is not the path of a connection", path);
}

GVariant *
domain_migrate(Call *call, GVariant *arguments, GError **error)
{
    g_autoptr(GVariant) dictionary = NULL;
    const char *path;
    guint32 flags;
    Connection *connection;

    g_variant_get(arguments, "(&o@a{sv}u)", &path, &dictionary, &flags);
    connection = find_connection(call, path, error);
    if (!connection)
        return NULL;

    call->destination = g_new0(Destination, 1);
    call->destination->connection = connection;
    call->destination->flags = flags;
    if (!value_to_params(dictionary, &call->destination->params, error) ||
        (call->permit && !claim(call, error)))
        return NULL;

    call->is_later = TRUE;
    if (call->permit)
        permit_ask(call, TRUE, on_decided);
    else
        set_out(call);

    return NULL;
}
