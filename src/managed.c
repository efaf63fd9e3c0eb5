/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The registry as the bus sees it: org.freedesktop.DBus.ObjectManager on each connection, with all
 * objects of the kinds that libvirt announces, and on the root, with the connections. What the
 * registry knows of a property is what clients were told of it, here or by a change since. */

#include "managed.h"

#include <string.h>

#include "bindings.h"
#include "call.h"
#include "value.h"

#define PROPERTIES "org.freedesktop.DBus.Properties"

static const char *
main_interface(const Kind *kind)
{
    return kind->interfaces[0]->info->name;
}

/* a{sa{sv}}: all values belong to the first interface of the kind. */
static GVariant *
pack_interfaces(Connection *connection, const Kind *kind, GVariant *values)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("a{sa{sv}}"));
    g_variant_builder_add(&builder, "{s@a{sv}}", main_interface(kind), values);
    for (const Interface *const *i = kind->interfaces + 1; *i; i++) {
        if (connection_has_interface(connection, *i))
            g_variant_builder_add(&builder, "{sa{sv}}", (*i)->info->name, NULL);
    }

    return g_variant_builder_end(&builder);
}

/* as */
static GVariant *
pack_interface_names(Connection *connection, const Kind *kind)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_STRING_ARRAY);
    for (const Interface *const *i = kind->interfaces; *i; i++) {
        if (connection_has_interface(connection, *i))
            g_variant_builder_add(&builder, "s", (*i)->info->name);
    }

    return g_variant_builder_end(&builder);
}

static void
emit(Connection *connection, const Kind *kind, const char *element, const char *interface,
     const char *name, GVariant *arguments)
{
    g_autoptr(GVariant) owned = g_variant_ref_sink(arguments);
    gboolean from_connection = strcmp(interface, PROPERTIES) != 0;
    const Signal signal = { kind, element, from_connection, interface, name, owned };

    connection_emit(connection, &signal);
}

static void
emit_properties_changed(Connection *connection, const Kind *kind, const char *element,
                        const char *interface, GVariant *changed)
{
    emit(connection, kind, element, PROPERTIES, "PropertiesChanged",
         g_variant_new("(s@a{sv}as)", interface, changed, NULL));
}

static void
emit_removed(Connection *connection, const Kind *kind, const char *element)
{
    emit(connection, kind, element, object_manager_bindings.info->name, "InterfacesRemoved",
         g_variant_new("(@as)", pack_interface_names(connection, kind)));
}

void
managed_put(Connection *connection, const char *element, Sight *sight)
{
    const Kind *kind = sight->kind;
    Registry *registry = connection_get_registry(connection);
    g_autoptr(GVariant) changed = NULL;
    Change change = registry_put(registry, element, sight, &changed);
    GVariant *values = registry_get_values(registry, kind, element);

    if (change == CHANGE_VALUES)
        emit_properties_changed(connection, kind, element, main_interface(kind), changed);
    else if (change == CHANGE_ADDED && values)
        emit(connection, kind, element, object_manager_bindings.info->name, "InterfacesAdded",
             g_variant_new("(@a{sa{sv}})", pack_interfaces(connection, kind, values)));
    else if (change == CHANGE_REMOVED && registry_is_live(registry, kind))
        emit_removed(connection, kind, element);
}

void
managed_made(Connection *connection, const Kind *kind, const char *element, ObjectEvent event)
{
    g_autoptr(GVariant) arguments = g_variant_ref_sink(g_variant_new("(i)", event));
    const Signal signal = { kind,          element,  TRUE, connection_bindings.info->name,
                            "ObjectEvent", arguments };

    if (!registry_is_live(connection_get_registry(connection), kind))
        connection_emit(connection, &signal);
}

void
managed_remove_all(Connection *connection)
{
    Registry *registry = connection_get_registry(connection);

    for (guint i = 0; kinds[i]; i++) {
        g_auto(GStrv) elements = registry_list(registry, kinds[i]);

        for (guint j = 0; elements[j]; j++) {
            if (registry_get_values(registry, kinds[i], elements[j]))
                emit_removed(connection, kinds[i], elements[j]);
        }
    }
}

void
managed_connection_changed(Connection *connection, GVariant *changed)
{
    emit_properties_changed(connection, NULL, NULL, connection_bindings.info->name, changed);
}

static void
add_objects(Call *call, GVariantBuilder *objects)
{
    Connection *connection = call->place.connection;
    Registry *registry = connection_get_registry(connection);

    for (guint i = 0; kinds[i]; i++) {
        g_auto(GStrv) elements = registry_list(registry, kinds[i]);

        for (guint j = 0; elements[j]; j++) {
            GVariant *values = registry_get_values(registry, kinds[i], elements[j]);
            g_autofree char *path = face_make_path(
                call->place.face, connection_get_name(connection), kinds[i], elements[j]);
            if (values)
                g_variant_builder_add(objects, "{o@a{sa{sv}}}", path,
                                      pack_interfaces(connection, kinds[i], values));
        }
    }
}

static void
add_connections(Call *call, GVariantBuilder *objects)
{
    GPtrArray *connections = service_get_connections(call->place.service);

    for (guint i = 0; i < connections->len; i++) {
        Connection *connection = connections->pdata[i];
        g_autofree char *path =
            face_make_path(call->place.face, connection_get_name(connection), NULL, NULL);

        g_variant_builder_open(objects, G_VARIANT_TYPE("{oa{sa{sv}}}"));
        g_variant_builder_add(objects, "o", path);
        g_variant_builder_open(objects, G_VARIANT_TYPE("a{sa{sv}}"));
        g_variant_builder_add(objects, "{s@a{sv}}", connection_bindings.info->name,
                              connection_get_values(connection));
        g_variant_builder_close(objects);
        g_variant_builder_close(objects);
    }
}

GVariant *
object_manager_get_managed_objects(Call *call, GVariant *arguments G_GNUC_UNUSED,
                                   GError **error G_GNUC_UNUSED)
{
    GVariantBuilder objects;

    g_variant_builder_init(&objects, G_VARIANT_TYPE("a{oa{sa{sv}}}"));
    if (call->place.connection)
        add_objects(call, &objects);
    else
        add_connections(call, &objects);

    return g_variant_new("(a{oa{sa{sv}}})", &objects);
}
