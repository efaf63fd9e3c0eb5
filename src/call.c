/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The way of every call:
 *
 *     on_method_call  ->  on_authorized  ->  call_run  ->  call_reply
 *      (main thread)      (main thread)      (worker)    (main thread)
 *
 * What the call means is looked up in the interface's table, which names its permission and its
 * binding. Once it is allowed, it is answered at once if all it wants is in memory, else a worker
 * of its connection takes it. A binding returns a value or sets an error, and knows nothing of the
 * bus; call_reply() alone answers, so no path can forget to, or do it twice. (What it answered may
 * be repeated, to who asks again for a property that nothing has changed: that is answers.c, and
 * such a call does not come here.)
 *
 * The call belongs to whichever of the four has it; there is never more than one. */

#include "call.h"

#include <string.h>

#include "error.h"
#include "properties.h"
#include "route.h"
#include "selection.h"
#include "settle.h"
#include "tree.h"
#include "watch.h"

#define PROPERTIES "org.freedesktop.DBus.Properties"

static void
found_clear(gpointer data)
{
    Found *found = data;

    if (found->handle)
        found->kind->free(found->handle);
    g_strfreev(found->details);
}

/* A handle that had to be looked up is the registry's from now on, if that has none for calls. */
static void
call_give_object_back(Call *call)
{
    const Kind *kind = call->place.kind;
    void *object = g_steal_pointer(&call->object);

    if (call->link && connection_is_current(call->place.connection, call->link))
        registry_improve_handle(connection_get_registry(call->place.connection), kind,
                                call->element, object);
    else
        kind->free(object);
}

static void
call_free(Call *call)
{
    if (call->caller)
        callers_leave(service_get_callers(call->place.service), call->caller);
    if (call->entered)
        connection_leave(call->place.connection);
    if (call->object)
        call_give_object_back(call);
    g_clear_pointer(&call->place.connection, connection_unref);
    g_clear_pointer(&call->link, link_unref);
    g_clear_pointer(&call->element, g_free);
    g_clear_pointer(&call->arguments, g_variant_unref);
    g_clear_pointer(&call->result, g_variant_unref);
    g_clear_pointer(&call->properties, g_variant_builder_unref);
    g_clear_pointer(&call->known, g_variant_unref);
    g_clear_pointer(&call->found, g_array_unref);
    g_clear_pointer(&call->permit, permit_free);
    g_clear_pointer(&call->destination, destination_free);
    g_clear_pointer(&call->details, virFreeError);
    g_clear_pointer(&call->received, g_free);
    g_clear_object(&call->descriptors);
    g_clear_error(&call->error);
    g_free(call);
}

void
call_remember(Call *call, const Kind *kind, void *handle)
{
    const Found found = { kind, handle, NULL };

    if (!call->found) {
        call->found = g_array_new(FALSE, FALSE, sizeof(Found));
        g_array_set_clear_func(call->found, found_clear);
    }
    g_array_append_val(call->found, found);
}

/* What the call came across is known from now on, unless its link is no longer the connection's. */
static void
call_tell_registry(Call *call)
{
    Connection *connection = call->place.connection;

    if (!call->link || !call->found || !connection_is_current(connection, call->link))
        return;

    for (guint i = 0; i < call->found->len; i++) {
        Found *found = &g_array_index(call->found, Found, i);
        registry_put_handle(connection_get_registry(connection), found->kind,
                            g_steal_pointer(&found->handle));
    }
}

/* Also what this service says where libvirt-dbus leaves it to libvirt. */
static gboolean
call_has_libvirt_error(Call *call)
{
    return call->error->domain == LIBVIRT_ERROR ||
           g_error_matches(call->error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
}

const char *
call_get_sender(Call *call)
{
    return g_dbus_method_invocation_get_sender(call->invocation);
}

/* Answers; nothing else does. */
void
call_reply(Call *call)
{
    GDBusMethodInvocation *invocation = g_steal_pointer(&call->invocation);

    if (call->details)
        callers_set_error(service_get_callers(call->place.service),
                          g_dbus_method_invocation_get_sender(invocation),
                          connection_get_name(call->place.connection),
                          g_steal_pointer(&call->details));

    if (call->error && call_has_libvirt_error(call) && face_get_error_name(call->place.face))
        g_dbus_method_invocation_return_dbus_error(
            invocation, face_get_error_name(call->place.face), call->error->message);
    else if (call->error)
        g_dbus_method_invocation_return_gerror(invocation, call->error);
    else
        g_dbus_method_invocation_return_value_with_unix_fd_list(invocation, call->result,
                                                                call->descriptors);

    call_free(call);
}

static gboolean
reply_now(gpointer data)
{
    call_reply(data);

    return G_SOURCE_REMOVE;
}

void
call_reply_later(Call *call)
{
    g_idle_add_full(G_PRIORITY_DEFAULT, reply_now, call, NULL);
}

static void
call_bind(Call *call)
{
    GVariant *result = call->run(call, call->arguments, &call->error);

    if (result)
        call->result = face_wrap(call->place.face, g_variant_ref_sink(result));
    else if (call->place.connection && call->error && call->error->domain == LIBVIRT_ERROR)
        call->details = error_take_details();
}

/* Finds the object, if it is not at hand already. */
gboolean
call_look_up(Call *call)
{
    const Kind *kind = call->place.kind;
    g_autofree char *key = NULL;

    if (!kind || call->object)
        return TRUE;

    key = kind->decode(call->element);
    call->object = call->may_reuse ? handles_find(link_get_handles(call->link), call->connect, kind,
                                                  key, &call->error)
                                   : kind->look_up(call->connect, key, &call->error);
    if (!call->object) {
        call->details = error_take_details();
        return FALSE;
    }

    return TRUE;
}

/* On a worker, which has the call to itself. */
static void
call_run(virConnectPtr connect, gpointer data)
{
    Call *call = data;

    call->connect = connect;
    if (call_look_up(call))
        call_bind(call);
    if (call->result && call->permit && call->binding->results)
        selection_describe(call);

    /* A spare link may be gone when the main thread would free it. */
    if (call->object && !call->link)
        call->place.kind->free(g_steal_pointer(&call->object));
}

static void
call_fail(Call *call)
{
    if (call->place.kind && !connection_has_ended(call->place.connection) &&
        g_error_matches(call->error, LIBVIRT_ERROR, call->place.kind->missing))
        watch_look(call->place.connection, call->place.kind, call->element, NULL, NULL);
    call_reply(call);
}

static void
call_ran(gpointer data, const GError *error)
{
    Call *call = data;

    if (error)
        call->error = g_error_copy(error);

    if (call->error) {
        call_fail(call);
    } else if (call->binding->effect == BINDING_CHANGES &&
               !connection_has_ended(call->place.connection)) {
        settle(call);
    } else {
        call_tell_registry(call);
        selection_of_results(call, call_reply);
    }
}

/* If its object had to be looked up for polkit, that was over a link for what is short. */
void
call_go_on(Call *call, BindingFunc run)
{
    if (call->object)
        call_give_object_back(call);
    g_clear_pointer(&call->link, link_unref);

    call->run = run;
    call->lane = LANE_LONG;
    call_push(call, call_run, call_ran);
}

/* Right here, on the main thread, if the binding does not take the call further. */
static void
call_answer(Call *call)
{
    call_bind(call);
    if (call->is_later)
        return;

    if (call->known && !call->permit)
        answers_keep(service_get_answers(call->place.service),
                     g_dbus_method_invocation_get_message(call->invocation), call->result);
    call_reply(call);
}

static void
run_nothing(virConnectPtr connect G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
}

/* The registry has been filled, or cannot be. */
static void
on_opened(gpointer data, const GError *error)
{
    Call *call = data;

    if (error)
        connection_tell_none(call->place.connection);
    selection_of_registry(call, call_answer);
}

/* (owned) (nullable) The handle that is at hand. What runs on a spare link needs one of its own. */
static void *
call_get_object(Call *call)
{
    const Kind *kind = call->place.kind;
    void *object = NULL;

    if (kind && call->lane != LANE_LONG)
        object = registry_get_call_handle(connection_get_registry(call->place.connection), kind,
                                          call->element);
    if (object)
        kind->ref(object);

    return object;
}

/* Allowed, or refused. */
static void
on_authorized(Call *call)
{
    const Place *place = &call->place;

    if (call->error) {
        call_fail(call);
        return;
    }

    if (!call->object && !call->link)
        call->object = call_get_object(call);

    if (call->properties)
        properties_get_all(call);
    else if (properties_know(call) || call->lane == LANE_MAIN ||
             (call->lane == LANE_MEMORY && (!place->kind || call->object)))
        call_answer(call);
    else if (call->lane == LANE_REGISTRY &&
             (!place->connection || connection_is_alive(place->connection)))
        selection_of_registry(call, call_answer);
    else if (call->lane == LANE_REGISTRY)
        call_push_common(call, run_nothing, on_opened);
    else
        call_push(call, call_run, call_ran);
}

const Binding *
binding_find(const Binding *table, const char *name)
{
    for (; table->name; table++) {
        if (strcmp(table->name, name) == 0)
            return table;
    }
    return NULL;
}

const Interface *
place_find_interface(const Place *place, const char *name)
{
    for (const Interface *const *i = place_get_interfaces(place); *i; i++) {
        if (strcmp((*i)->info->name, name) == 0)
            return *i;
    }
    return NULL;
}

/* GDBus has checked that the interface has the member and that the arguments are of its types. */
static void
call_resolve(Call *call, const char *interface, const char *method, GVariant *parameters)
{
    if (strcmp(interface, PROPERTIES) == 0) {
        properties_resolve(call, method, parameters);
    } else {
        call->interface = place_find_interface(&call->place, interface);
        call->binding = binding_find(call->interface->methods, method);
        call->run = call->binding->run;
    }

    if (call->binding)
        call->lane = call->binding->lane;
    if (!call->arguments)
        call->arguments = g_variant_ref(parameters);
}

/* What no encoder could have written is the path of no object. */
static gboolean
call_locate(Call *call, const char *path)
{
    g_autofree char *key = NULL;
    g_autofree char *message = NULL;

    if (!call->place.kind)
        return TRUE;

    call->element = g_strdup(strrchr(path, '/') + 1);
    key = call->place.kind->decode(call->element);
    if (key)
        return TRUE;

    message = face_describe_missing(call->place.face, call->place.kind, call->element);
    if (call->place.face->is_compat)
        g_set_error_literal(&call->error, LIBVIRT_ERROR, call->place.kind->missing, message);
    else
        g_set_error_literal(&call->error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT, message);

    return FALSE;
}

static void
call_begin(gpointer data)
{
    Call *call = data;

    if (service_is_ending(call->place.service)) {
        g_set_error_literal(&call->error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY,
                            "the service is ending");
        call_reply(call);
        return;
    }

    permit_call(call, on_authorized);
}

static void
on_method_call(GDBusConnection *bus G_GNUC_UNUSED, const char *sender, const char *path,
               const char *interface, const char *method, GVariant *parameters,
               GDBusMethodInvocation *invocation, gpointer user_data)
{
    const Place *place = user_data;
    Call *call = g_new0(Call, 1);

    g_debug("%s calls %s.%s of %s", sender, interface, method, path);

    call->invocation = invocation;
    call->place = *place;
    if (place->connection)
        connection_ref(place->connection);

    call->caller = callers_enter(service_get_callers(place->service), sender, &call->error);
    if (!call->caller || !call_locate(call, path)) {
        call_reply(call);
        return;
    }

    call_resolve(call, interface, method, parameters);
    arrivals_add(service_get_arrivals(place->service), sender, call_begin, call);
}

const GDBusInterfaceVTable call_vtable = { on_method_call, NULL, NULL, { NULL } };
