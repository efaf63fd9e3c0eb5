/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Says who may introspect what. GDBus knows what stands where and makes the XML, but it asks at
 * once and polkit does not answer at once. So the gate holds such calls, and whoever may know has
 * it from the service itself, which introspects itself and passes the answer on.
 *
 * Interfaces are no secret, and neither are the names of configured connections; what else there is
 * at a connection is for those who may know of it, and a list of objects for those who may know of
 * all that are of their kind. That there is a connection which somebody opened is for them. */

#include "introspection.h"

#include <string.h>

#include "call.h"
#include "claims.h"
#include "details.h"

struct Introspection {
    Service *service;
    GDBusConnection *bus; /* (owned) */
    GHashTable *visits;   /* (owned) of Visit: those that are not answered yet */
};

/* One call, from when the gate held it to its answer. */
typedef struct {
    Introspection *introspection; /* (nullable) if it was answered because the service ends */
    GDBusMessage *message;        /* (owned) */
    Caller *caller;               /* (nullable) among whose calls it counts */
    Claims claims;
    gboolean hidden; /* what is there is not for this caller */
} Visit;

/* No connection can be here. */
static const char nowhere[] = "/org/libvirt1/job";

static void
visit_free(Visit *visit)
{
    g_object_unref(visit->message);
    claims_clear(&visit->claims);
    g_free(visit);
}

/* --- the answer --- */

/* Takes @answer. */
static void
visit_send(Visit *visit, GDBusMessage *answer)
{
    Introspection *introspection = g_steal_pointer(&visit->introspection);

    g_dbus_connection_send_message(introspection->bus, answer, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL,
                                   NULL);
    g_object_unref(answer);

    g_hash_table_remove(introspection->visits, visit);
    if (visit->caller)
        callers_leave(service_get_callers(introspection->service), visit->caller);
}

static void
visit_refuse(Visit *visit, const GError *error)
{
    g_autofree char *name = g_dbus_error_encode_gerror(error);

    visit_send(visit,
               g_dbus_message_new_method_error_literal(visit->message, name, error->message));
    visit_free(visit);
}

static void
visit_give_up(Visit *visit)
{
    visit_send(visit, g_dbus_message_new_method_error_literal(visit->message,
                                                              "org.freedesktop.DBus.Error.NoReply",
                                                              "the service is ending"));
}

/* @connection: (nullable) */
static gboolean
is_secret(Service *service, Connection *connection, const char *caller)
{
    return connection && !service_shows(service, connection, caller);
}

/* Takes the connections that are not for the caller out of what the root is said to have. */
static void
leave_out_secrets(Visit *visit, GDBusMessage *answer)
{
    Service *service = visit->introspection->service;
    GVariant *body = g_dbus_message_get_body(answer);
    g_autoptr(GDBusNodeInfo) root = NULL;
    g_autoptr(GString) text = NULL;
    const char *xml;
    guint n = 0;

    g_variant_get(body, "(&s)", &xml);
    root = g_dbus_node_info_new_for_xml(xml, NULL);
    for (guint i = 0; root->nodes && root->nodes[i]; i++) {
        GDBusNodeInfo *node = root->nodes[i];

        root->nodes[i] = NULL;
        if (is_secret(service, service_find_connection(service, node->path),
                      g_dbus_message_get_sender(visit->message)))
            g_dbus_node_info_unref(node);
        else
            root->nodes[n++] = node;
    }

    text = g_string_new_len(xml, strstr(xml, "<node") - xml);
    g_dbus_node_info_generate_xml(root, 0, text);
    g_dbus_message_set_body(answer, g_variant_new("(s)", text->str));
}

static void
on_introspected(GObject *bus, GAsyncResult *result, gpointer data)
{
    Visit *visit = data;
    g_autoptr(GDBusMessage) answer =
        g_dbus_connection_send_message_with_reply_finish(G_DBUS_CONNECTION(bus), result, NULL);
    GDBusMessage *copy = answer ? g_dbus_message_copy(answer, NULL) : NULL;

    if (visit->introspection && copy) {
        g_dbus_message_set_destination(copy, g_dbus_message_get_sender(visit->message));
        g_dbus_message_set_reply_serial(copy, g_dbus_message_get_serial(visit->message));
        if (g_str_equal(g_dbus_message_get_path(visit->message), native_face.root) &&
            g_dbus_message_get_message_type(copy) == G_DBUS_MESSAGE_TYPE_METHOD_RETURN)
            leave_out_secrets(visit, copy);
        visit_send(visit, g_steal_pointer(&copy));
    } else if (visit->introspection) {
        visit_give_up(visit);
    }
    g_clear_object(&copy);
    visit_free(visit);
}

static void
visit_introspect(Visit *visit)
{
    GDBusConnection *bus = visit->introspection->bus;
    g_autoptr(GDBusMessage) message = g_dbus_message_new_method_call(
        g_dbus_connection_get_unique_name(bus),
        visit->hidden ? nowhere : g_dbus_message_get_path(visit->message),
        g_dbus_message_get_interface(visit->message), g_dbus_message_get_member(visit->message));

    if (g_dbus_message_get_body(visit->message))
        g_dbus_message_set_body(message, g_dbus_message_get_body(visit->message));
    g_dbus_connection_send_message_with_reply(bus, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, -1,
                                              NULL, NULL, on_introspected, visit);
}

/* --- what is needed --- */

/* @below: the elements of a path below the root of a face. */
static void
claim_place(Visit *visit, const Face *face, char **below)
{
    Service *service = visit->introspection->service;
    Connection *connection = service_find_connection(service, below[0]);
    g_auto(GStrv) details = NULL;

    visit->hidden = is_secret(service, connection, g_dbus_message_get_sender(visit->message));
    if (!connection || visit->hidden)
        return;

    details = details_of_connection(connection);

    claims_add(&visit->claims, details_get_getattr(NULL), details, NULL);
    for (const Kind *const *kind = face->kinds; *kind && below[1] && !below[2]; kind++) {
        if (strcmp((*kind)->node, below[1]) == 0)
            claims_add(&visit->claims, details_get_getattr(*kind), details, NULL);
    }
}

static void
claim(Visit *visit)
{
    static const Face *const faces[] = { &native_face, &compat_face };
    const char *path = g_dbus_message_get_path(visit->message);

    for (guint i = 0; i < G_N_ELEMENTS(faces); i++) {
        gsize length = strlen(faces[i]->root);

        if (g_str_has_prefix(path, faces[i]->root) && path[length] == '/') {
            g_auto(GStrv) below = g_strsplit(path + length + 1, "/", -1);
            claim_place(visit, faces[i], below);
        }
    }
}

/* --- who asks --- */

static void
on_answered(gpointer data)
{
    Visit *visit = data;
    g_autoptr(GError) refusal = NULL;

    claims_take(&visit->claims, &refusal);
    if (!visit->introspection)
        visit_free(visit);
    else if (refusal)
        visit_refuse(visit, refusal);
    else
        visit_introspect(visit);
}

static void
on_identified(gpointer data, gboolean trusted, const GError *error)
{
    Visit *visit = data;

    if (!visit->introspection) {
        visit_free(visit);
        return;
    }
    if (error) {
        visit_refuse(visit, error);
        return;
    }

    claim(visit);
    if (trusted) {
        visit_introspect(visit);
    } else {
        authority_ask(service_get_authority(visit->introspection->service),
                      g_dbus_message_get_sender(visit->message), FALSE, visit->claims.questions,
                      on_answered, visit);
    }
}

static void
visit_begin(gpointer data)
{
    Visit *visit = data;
    Service *service = visit->introspection->service;

    if (service_is_ending(service)) {
        visit_give_up(visit);
        visit_free(visit);
    } else {
        authority_identify(service_get_authority(service),
                           g_dbus_message_get_sender(visit->message), on_identified, visit);
    }
}

void
introspection_answer(gpointer data, GDBusMessage *message)
{
    Introspection *introspection = data;
    const char *sender = g_dbus_message_get_sender(message);
    Visit *visit = g_new0(Visit, 1);
    g_autoptr(GError) error = NULL;

    visit->introspection = introspection;
    visit->message = message;
    claims_init(&visit->claims);
    g_hash_table_add(introspection->visits, visit);

    visit->caller = callers_enter(service_get_callers(introspection->service), sender, &error);
    if (visit->caller)
        arrivals_add(service_get_arrivals(introspection->service), sender, visit_begin, visit);
    else
        visit_refuse(visit, error);
}

Introspection *
introspection_new(Service *service, GDBusConnection *bus)
{
    Introspection *introspection = g_new0(Introspection, 1);

    introspection->service = service;
    introspection->bus = g_object_ref(bus);
    introspection->visits = g_hash_table_new(NULL, NULL);

    return introspection;
}

/* Whoever was asked about a visit still has it, and frees it when the answer comes. */
void
introspection_free(Introspection *introspection)
{
    g_autoptr(GList) visits = g_hash_table_get_keys(introspection->visits);

    for (GList *i = visits; i; i = i->next)
        visit_give_up(i->data);

    g_hash_table_unref(introspection->visits);
    g_object_unref(introspection->bus);
    g_free(introspection);
}
