/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One call of Manager.OpenConnection from its arguments to its answer, and Connection.Close.
 *
 * The answer comes when the connection is open, when it cannot be opened, or when it has taken too
 * long. libvirt cannot be told to give up: what it does then, or after the caller has left, goes on
 * on its worker until the other side hangs up, and nobody waits for it. */

#include "opening.h"

#include <string.h>

#include "bindings.h"
#include "error.h"
#include "holdings.h"
#include "permit.h"
#include "uri.h"

/* Before callers give up by themselves, which most do after 25 seconds. */
#define DEFAULT_SECONDS 20
#define DEFAULT_SECONDS_WITH_AGENT 300 /* somebody types */
#define MAX_SECONDS 3600

#define NAME_CHARACTERS G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_"
#define MAX_NAME_LENGTH 64

struct Openings {
    GQueue list; /* of Opening */
};

/* The worker's job and the answer both have to do with it, and either may be the later one. */
typedef struct {
    guint references;
    Openings *openings;
    Call *call; /* (owned) (nullable) until it is answered */
    char *caller;
    Connection *connection; /* (owned) */
    guint timer;
} Opening;

/* The binding may not have returned yet. */
static void
answer(Call *call, GVariant *result, const GError *error)
{
    if (result)
        call->result = g_variant_ref_sink(result);
    else
        call->error = g_error_copy(error);
    call_reply_later(call);
}

static void
opening_unref(Opening *opening)
{
    if (--opening->references > 0)
        return;

    connection_unref(opening->connection);
    g_free(opening->caller);
    g_free(opening);
}

static void
opening_answer(Opening *opening, GVariant *result, const GError *error)
{
    Call *call = g_steal_pointer(&opening->call);

    g_queue_remove(&opening->openings->list, opening);
    g_clear_handle_id(&opening->timer, g_source_remove);
    if (error)
        holdings_give_back(service_get_holdings(call->place.service), opening->connection,
                           opening->caller);
    answer(call, result, error);
    opening_unref(opening);
}

static gboolean
on_timeout(gpointer data)
{
    Opening *opening = data;
    g_autoptr(GError) error =
        g_error_new(LIBVIRT_ERROR, VIR_ERR_OPERATION_TIMEOUT, "%s has not answered in time",
                    connection_get_uri(opening->connection));

    opening->timer = 0;
    opening_answer(opening, NULL, error);

    return G_SOURCE_REMOVE;
}

static void
run_nothing(virConnectPtr connect G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
}

static void
on_opened(gpointer data, const GError *error)
{
    Opening *opening = data;
    Call *call = opening->call;

    if (call && error) {
        opening_answer(opening, NULL, error);
    } else if (call) {
        Connection *connection = holdings_publish(service_get_holdings(call->place.service),
                                                  opening->connection, opening->caller);
        g_autofree char *path =
            face_make_path(call->place.face, connection_get_name(connection), NULL, NULL);

        opening_answer(opening, g_variant_new("(o)", path), NULL);
    }

    opening_unref(opening);
}

static void
opening_start(Call *call, Connection *connection, const char *caller, guint seconds)
{
    Opening *opening = g_new0(Opening, 1);

    opening->references = 2;
    opening->openings = service_get_openings(call->place.service);
    opening->call = call;
    opening->caller = g_strdup(caller);
    opening->connection = connection_ref(connection);
    opening->timer = g_timeout_add_seconds(seconds, on_timeout, opening);
    g_queue_push_tail(&opening->openings->list, opening);
    callers_watch(service_get_callers(call->place.service), caller);

    link_push(connection_get_main_link(connection), caller, run_nothing, on_opened, opening);
}

static gboolean
check_name(const char *name, GError **error)
{
    gsize length = strlen(name);

    if (length > 0 && length <= MAX_NAME_LENGTH && strspn(name, NAME_CHARACTERS) == length)
        return TRUE;

    error_invalid(error, "name: it must be 1 to %d of A-Z, a-z, 0-9 and _", MAX_NAME_LENGTH);
    return FALSE;
}

static gboolean
check_seconds(guint seconds, GError **error)
{
    if (seconds >= 1 && seconds <= MAX_SECONDS)
        return TRUE;

    error_invalid(error, "timeout: it must be 1 to %d seconds", MAX_SECONDS);
    return FALSE;
}

static gboolean
read_options(GVariant *options, Wish *wish, guint *seconds, GError **error)
{
    const struct {
        const char *name;
        const char *type;
        gpointer value;
    } known[] = {
        { "read-only", "b", &wish->read_only },
        { "keep", "b", &wish->keep },
        { "name", "&s", &wish->name },
        { "agent", "&o", &wish->agent },
        { "timeout", "u", seconds },
    };
    GVariantIter iter;
    const char *name;
    GVariant *value;
    gboolean has_timeout = g_variant_lookup(options, "timeout", "u", seconds);

    g_variant_iter_init(&iter, options);
    while (g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
        g_autoptr(GVariant) owned = value; /* which @options has, too */
        guint i = 0;

        while (i < G_N_ELEMENTS(known) && strcmp(known[i].name, name) != 0)
            i++;
        if (i == G_N_ELEMENTS(known)) {
            error_invalid(error, "there is no option %s", name);
            return FALSE;
        }
        if (!g_variant_check_format_string(owned, known[i].type, FALSE)) {
            error_invalid(error, "%s: its type must be %s, not %s", name,
                          known[i].type + (*known[i].type == '&'),
                          g_variant_get_type_string(owned));
            return FALSE;
        }
        g_variant_get(owned, known[i].type, known[i].value);
    }

    if (!has_timeout)
        *seconds = wish->agent ? DEFAULT_SECONDS_WITH_AGENT : DEFAULT_SECONDS;

    return (!wish->name || check_name(wish->name, error)) && check_seconds(*seconds, error);
}

/* What is asked for, while it is being decided whether the caller may. Its strings are those of the
 * call's arguments. */
typedef struct {
    Call *call;
    Wish wish;
    guint seconds;
    Claims claims;
} Request;

static void
request_free(Request *request)
{
    claims_clear(&request->claims);
    g_free(request);
}

static void
request_grant(Request *request)
{
    Service *service = request->call->place.service;
    g_autoptr(GError) error = NULL;
    Connection *connection = NULL;

    if (service_is_ending(service))
        g_set_error_literal(&error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY, "the service is ending");
    else
        connection = holdings_take(service_get_holdings(service), &request->wish, &error);

    if (connection)
        opening_start(request->call, connection, request->wish.caller, request->seconds);
    else
        answer(request->call, NULL, error);
    request_free(request);
}

static void
on_decided(gpointer data)
{
    Request *request = data;
    g_autoptr(GError) refusal = NULL;

    claims_take(&request->claims, &refusal);
    if (refusal) {
        answer(request->call, NULL, refusal);
        request_free(request);
    } else {
        request_grant(request);
    }
}

/* The permission to open was asked for already, as that of every call is. */
static void
request_decide(Request *request)
{
    static const Permission keep[] = { { "connect", "keep", WHEN_ALWAYS, 0, 0 }, { 0 } };
    static const Permission any[] = { { "connect", "open_any", WHEN_ALWAYS, 0, 0 }, { 0 } };
    Service *service = request->call->place.service;
    const Wish *wish = &request->wish;
    g_autofree char *uri = g_strconcat("connect_uri=", wish->uri, NULL);
    char *details[] = { uri, NULL };

    if (!request->call->permit) { /* nobody needs to be asked about this caller */
        request_grant(request);
        return;
    }

    if (wish->keep)
        claims_add(&request->claims, keep, details, NULL);
    if (!uri_is_plain(wish->uri) && !holdings_is_configured(service_get_holdings(service), wish))
        claims_add(&request->claims, any, details, NULL);
    authority_ask(service_get_authority(service), wish->caller,
                  permit_is_interactive(request->call), request->claims.questions, on_decided,
                  request);
}

GVariant *
manager_open_connection(Call *call, GVariant *arguments, GError **error)
{
    Wish wish = { .caller = call_get_sender(call) };
    g_autoptr(GVariant) options = NULL;
    guint seconds = 0;
    Request *request;

    g_variant_get(arguments, "(&s@a{sv})", &wish.uri, &options);
    if (!read_options(options, &wish, &seconds, error) ||
        !service_find_owner(call->place.service, wish.caller, &wish.user, error))
        return NULL;

    call->is_later = TRUE;
    request = g_new0(Request, 1);
    *request = (Request){ .call = call, .wish = wish, .seconds = seconds };
    claims_init(&request->claims);
    request_decide(request);

    return NULL;
}

GVariant *
connection_close(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    Holdings *holdings = service_get_holdings(call->place.service);
    Connection *connection = call->place.connection;
    const char *caller = call_get_sender(call);

    if (!holdings_give_back(holdings, connection, caller) &&
        !holdings_close_kept(holdings, connection)) {
        g_set_error(error, LIBVIRT_ERROR, VIR_ERR_OPERATION_INVALID,
                    "%s is not yours to close: you have not opened it, or not so often",
                    connection_get_name(connection));
        return NULL;
    }

    return g_variant_new("()");
}

void
openings_forget(Openings *openings, const char *caller)
{
    g_autoptr(GError) error = g_error_new_literal(G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY, "you left");
    GList *next;

    for (GList *item = openings->list.head; item; item = next) {
        Opening *opening = item->data;

        next = item->next;
        if (strcmp(opening->caller, caller) == 0)
            opening_answer(opening, NULL, error);
    }
}

void
openings_end(Openings *openings)
{
    g_autoptr(GError) error =
        g_error_new_literal(G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY, "the service is ending");
    Opening *opening;

    while ((opening = g_queue_peek_head(&openings->list)))
        opening_answer(opening, NULL, error);
}

Openings *
openings_new(void)
{
    return g_new0(Openings, 1);
}

void
openings_free(Openings *openings)
{
    g_free(openings);
}
