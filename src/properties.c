/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties are read and written by bindings, as methods are called. Those that events keep true
 * are answered from the registry; of the others GetAll runs each binding at the same time as the
 * rest, and leaves out what cannot be read now, or not by this caller. */

#include "properties.h"

#include <string.h>

#include "permit.h"
#include "route.h"

/* (owned) The value of one property in what its binding returned, which is taken. */
static GVariant *
take_value(const Binding *getter, GVariant *result)
{
    g_autoptr(GVariant) values = g_variant_take_ref(result);

    return g_variant_is_of_type(values, G_VARIANT_TYPE_VARDICT)
               ? g_variant_lookup_value(values, getter->name, NULL)
               : g_steal_pointer(&values);
}

static GVariant *
get(Call *call, GVariant *arguments, GError **error)
{
    g_autoptr(GVariant) value = NULL;
    GVariant *result;

    if (call->known)
        return g_variant_new("(v)", call->known);

    result = call->binding->run(call, arguments, error);
    if (!result)
        return NULL;
    value = take_value(call->binding, result);

    return g_variant_new("(v)", value);
}

static GVariant *
get_all(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return g_variant_new("(a{sv})", call->properties);
}

void
properties_resolve(Call *call, const char *method, GVariant *parameters)
{
    g_autoptr(GVariant) interface = g_variant_get_child_value(parameters, 0);
    const char *name = "";

    call->interface = place_find_interface(&call->place, g_variant_get_string(interface, NULL));
    if (strcmp(method, "GetAll") == 0) {
        call->run = get_all;
        call->lane = LANE_SHORT;
        call->properties = g_variant_builder_new(G_VARIANT_TYPE_VARDICT);
    } else if (strcmp(method, "Get") == 0) {
        g_variant_get(parameters, "(&s&s)", NULL, &name);
        call->binding = binding_find(call->interface->getters, name);
        call->run = get;
    } else {
        g_autoptr(GVariant) value = NULL;

        g_variant_get(parameters, "(&s&sv)", NULL, &name, &value);
        call->binding = binding_find(call->interface->setters, name);
        call->run = call->binding->run;
        call->arguments = g_variant_ref_sink(g_variant_new_tuple(&value, 1));
    }
}

/* (owned) (nullable) */
static GVariant *
look_in_registry(Call *call, const Binding *getter)
{
    const Place *place = &call->place;

    if (!place->kind || getter->effect == BINDING_READS)
        return NULL;

    return registry_lookup(connection_get_registry(place->connection), place->kind, call->element,
                           getter->name);
}

gboolean
properties_know(Call *call)
{
    if (call->run == get)
        call->known = look_in_registry(call, call->binding);

    return call->known != NULL;
}

/* What a worker reads: one property, or all that share its binding. */
typedef struct {
    Call *call;
    const Binding *getter; /* the first of them */
    Link *link;            /* that it is read over */
    void *object;          /* (owned) (nullable) if it is to be found there */
    GVariant *result;      /* (owned) (nullable) */
} Reading;

static void
reading_run(virConnectPtr connect, gpointer data)
{
    Reading *reading = data;
    const Kind *kind = reading->call->place.kind;
    Call view = { .connect = connect };
    g_autoptr(GError) error = NULL;
    GVariant *result = NULL;

    if (kind && !reading->object) {
        g_autofree char *key = kind->decode(reading->call->element);

        reading->object = handles_find(link_get_handles(reading->link), connect, kind, key, &error);
    }
    view.object = reading->object;
    if (!error)
        result = reading->getter->run(&view, NULL, &error);
    if (result)
        reading->result = g_variant_ref_sink(result);
    if (reading->object)
        kind->free(g_steal_pointer(&reading->object));
}

static void
finish_if_read(Call *call)
{
    if (--call->n_readings > 0)
        return;

    call->result = face_wrap(call->place.face, g_variant_ref_sink(call->run(call, NULL, NULL)));
    call_reply(call);
}

static void
add_value(Call *call, const Binding *getter, GVariant *result)
{
    g_autoptr(GVariant) value = take_value(getter, result);

    if (getter->effect == BINDING_CONSTANT && call->place.kind)
        registry_remember(connection_get_registry(call->place.connection), call->place.kind,
                          call->element, getter->name, value);
    g_variant_builder_add(call->properties, "{sv}", getter->name, value);
}

static void
reading_done(gpointer data, const GError *error G_GNUC_UNUSED)
{
    g_autofree Reading *reading = data;
    Call *call = reading->call;

    if (reading->object)
        call->place.kind->free(reading->object);
    for (const Binding *getter = reading->getter; reading->result && getter->name; getter++) {
        if (getter->run == reading->getter->run && permit_reads(call, getter))
            add_value(call, getter, g_variant_ref(reading->result));
    }
    g_clear_pointer(&reading->result, g_variant_unref);

    finish_if_read(call);
}

/* What one call asks is asked at the same time, over several links if one has but one worker. */
static Link *
find_link(Call *call)
{
    return call->link ? call->link : connection_get_free_link(call->place.connection);
}

/* With another property, whose binding is the same. */
static gboolean
is_read_already(Call *call, const Binding *getter)
{
    for (const Binding *i = call->interface->getters; i < getter; i++) {
        if (i->run == getter->run && permit_reads(call, i))
            return TRUE;
    }
    return FALSE;
}

static void
read_property(Call *call, const Binding *getter)
{
    const Place *place = &call->place;
    GVariant *known = look_in_registry(call, getter);
    Reading *reading;

    if (known) {
        g_variant_builder_add(call->properties, "{sv}", getter->name, known);
        g_variant_unref(known);
        return;
    }

    if (getter->lane == LANE_MEMORY) {
        g_autoptr(GError) error = NULL;
        GVariant *result = getter->run(call, NULL, &error);

        if (result)
            add_value(call, getter, result);
        return;
    }

    if (!call->entered || call_needs_envoy(call) || is_read_already(call, getter))
        return;

    reading = g_new0(Reading, 1);
    reading->call = call;
    reading->getter = getter;
    reading->link = find_link(call);
    if (call->object && (call->link || connection_is_current(place->connection, reading->link))) {
        reading->object = call->object;
        place->kind->ref(reading->object);
    }
    call->n_readings++;
    link_push(reading->link, call_get_sender(call), reading_run, reading_done, reading);
}

static void
read_properties(Call *call)
{
    if (call->place.connection && !call->entered)
        call->entered = connection_enter(call->place.connection, NULL);

    call->n_readings = 1;
    for (const Binding *getter = call->interface->getters; getter->name; getter++) {
        if (permit_reads(call, getter))
            read_property(call, getter);
    }
    finish_if_read(call);
}

static void
look_up_run(virConnectPtr connect, gpointer data)
{
    Call *call = data;

    call->connect = connect;
    call_look_up(call);
}

/* Of the connection itself something is known without any link to it. */
static void
look_up_done(gpointer data, const GError *error)
{
    Call *call = data;

    if (error && call->place.kind)
        call->error = g_error_copy(error);
    if (call->error)
        call_reply(call);
    else
        read_properties(call);
}

void
properties_get_all(Call *call)
{
    if ((call->place.kind && !call->object) || call_needs_envoy(call))
        call_push(call, look_up_run, look_up_done);
    else
        read_properties(call);
}
