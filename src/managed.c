/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The registry as the bus sees it: org.freedesktop.DBus.ObjectManager on each connection, with all
 * objects of the kinds that libvirt announces, and on the root, with the connections. What the
 * registry knows of a property is what clients were told of it, here or by a change since. */

#include "managed.h"

#include <string.h>

#include "bindings.h"
#include "details.h"
#include "selection.h"
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
     const char *name, GVariant *arguments, char **details)
{
    g_autoptr(GVariant) owned = g_variant_ref_sink(arguments);
    gboolean from_connection = strcmp(interface, PROPERTIES) != 0;
    const Signal signal = {
        kind, element, from_connection, interface, name, owned, details, FALSE
    };

    connection_emit(connection, &signal);
}

static void
emit_properties_changed(Connection *connection, const Kind *kind, const char *element,
                        const char *interface, GVariant *changed)
{
    emit(connection, kind, element, PROPERTIES, "PropertiesChanged",
         g_variant_new("(s@a{sv}as)", interface, changed, NULL), NULL);
}

static void
emit_removed(Connection *connection, const Kind *kind, const char *element, char **details)
{
    emit(connection, kind, element, object_manager_bindings.info->name, "InterfacesRemoved",
         g_variant_new("(@as)", pack_interface_names(connection, kind)), details);
}

void
managed_put(Connection *connection, const char *element, Sight *sight)
{
    const Kind *kind = sight->kind;
    Registry *registry = connection_get_registry(connection);
    void *known = sight->handle ? NULL : registry_get_handle(registry, kind, element);
    g_auto(GStrv) details = known ? details_add_object(NULL, kind, known) : NULL;
    g_autoptr(GVariant) changed = NULL;
    Change change = registry_put(registry, element, sight, &changed);
    GVariant *values = registry_get_values(registry, kind, element);

    if (change == CHANGE_VALUES)
        emit_properties_changed(connection, kind, element, main_interface(kind), changed);
    else if (change == CHANGE_ADDED && values)
        emit(connection, kind, element, object_manager_bindings.info->name, "InterfacesAdded",
             g_variant_new("(@a{sa{sv}})", pack_interfaces(connection, kind, values)), NULL);
    else if (change == CHANGE_REMOVED && registry_is_live(registry, kind))
        emit_removed(connection, kind, element, details);
}

void
managed_made(Connection *connection, const Kind *kind, const char *element, ObjectEvent event)
{
    g_autoptr(GVariant) arguments = g_variant_ref_sink(g_variant_new("(i)", event));
    const Signal signal = { kind,          element,   TRUE, connection_bindings.info->name,
                            "ObjectEvent", arguments, NULL, FALSE };

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
                emit_removed(connection, kinds[i], elements[j], NULL);
        }
    }
}

void
managed_connection_changed(Connection *connection, GVariant *changed)
{
    emit_properties_changed(connection, NULL, NULL, connection_bindings.info->name, changed);
}

/* Which connections there are differs from one caller to the next, so they are not told here. */
static void
emit_from_root(Connection *connection, const char *name, GVariant *arguments)
{
    g_autoptr(GVariant) owned = g_variant_ref_sink(arguments);
    g_autoptr(GVariant) invalidated = g_variant_ref_sink(
        g_variant_new_parsed("(%s, @a{sv} {}, ['Connections'])", manager_bindings.info->name));
    const Signal signal = { NULL, NULL,  TRUE, object_manager_bindings.info->name,
                            name, owned, NULL, TRUE };
    const Signal changed = { NULL,        NULL, FALSE, PROPERTIES, "PropertiesChanged",
                             invalidated, NULL, TRUE };

    connection_emit(connection, &signal);
    connection_emit(connection, &changed);
}

void
managed_connection_added(Connection *connection)
{
    GVariantBuilder interfaces;

    g_variant_builder_init(&interfaces, G_VARIANT_TYPE("a{sa{sv}}"));
    g_variant_builder_add(&interfaces, "{s@a{sv}}", connection_bindings.info->name,
                          connection_get_values(connection));
    emit_from_root(connection, "InterfacesAdded", g_variant_new("(a{sa{sv}})", &interfaces));
}

void
managed_connection_removed(Connection *connection)
{
    const char *const names[] = { connection_bindings.info->name, NULL };

    emit_from_root(connection, "InterfacesRemoved", g_variant_new("(^as)", names));
}

/* --- what a signal tells --- */

static gboolean
tells_changes(const Signal *signal)
{
    return strcmp(signal->name, "PropertiesChanged") == 0;
}

GVariant *
managed_get_values(const Signal *signal)
{
    g_autoptr(GVariant) interfaces = NULL;
    GVariant *values = NULL;

    if (tells_changes(signal))
        return g_variant_get_child_value(signal->arguments, 1);
    if (strcmp(signal->name, "InterfacesAdded") != 0)
        return NULL;

    interfaces = g_variant_get_child_value(signal->arguments, 0);
    g_variant_get_child(interfaces, 0, "{&s@a{sv}}", NULL, &values);

    return values;
}

/* The same arguments with other values. */
static GVariant *
replace_values(const Signal *signal, GVariant *values)
{
    g_autoptr(GVariant) interfaces = NULL;
    GVariantBuilder builder;

    if (tells_changes(signal)) {
        g_autoptr(GVariant) interface = g_variant_get_child_value(signal->arguments, 0);
        g_autoptr(GVariant) invalidated = g_variant_get_child_value(signal->arguments, 2);

        return g_variant_new("(@s@a{sv}@as)", interface, values, invalidated);
    }

    interfaces = g_variant_get_child_value(signal->arguments, 0);
    g_variant_builder_init(&builder, G_VARIANT_TYPE("a{sa{sv}}"));
    for (gsize i = 0; i < g_variant_n_children(interfaces); i++) {
        g_autoptr(GVariant) name = NULL;
        g_autoptr(GVariant) others = NULL;

        g_variant_get_child(interfaces, i, "{@s@a{sv}}", &name, &others);
        g_variant_builder_add(&builder, "{@s@a{sv}}", name, i == 0 ? values : others);
    }

    return g_variant_new("(a{sa{sv}})", &builder);
}

gboolean
managed_select_values(Signal *signal, ManagedSelect select, gpointer data)
{
    g_autoptr(GVariant) values = managed_get_values(signal);
    g_auto(GVariantDict) selected = G_VARIANT_DICT_INIT(values);
    gboolean all = TRUE;
    gboolean any = !values || g_variant_n_children(values) == 0;
    GVariantIter iter;
    const char *name;

    if (values) {
        g_variant_iter_init(&iter, values);
        while (g_variant_iter_next(&iter, "{&sv}", &name, NULL)) {
            if (select(data, name)) {
                any = TRUE;
            } else {
                g_variant_dict_remove(&selected, name);
                all = FALSE;
            }
        }
    }

    if (!all) {
        GVariant *arguments = replace_values(signal, g_variant_dict_end(&selected));
        g_variant_unref(signal->arguments);
        signal->arguments = g_variant_ref_sink(arguments);
    }

    return any || !tells_changes(signal);
}

/* --- what a call is told --- */

/* Those that the caller may read. */
static GVariant *
select_values(Call *call, const Kind *kind, const char *element, GVariant *values)
{
    g_auto(GVariantDict) selected = G_VARIANT_DICT_INIT(NULL);
    GVariantIter iter;
    const char *name;
    GVariant *value;

    if (!call->permit)
        return values;

    g_variant_iter_init(&iter, values);
    while (g_variant_iter_loop(&iter, "{&sv}", &name, &value)) {
        const Binding *getter = binding_find(kind->interfaces[0]->getters, name);
        if (selection_shows_property(call, element, getter))
            g_variant_dict_insert_value(&selected, name, value);
    }

    return g_variant_dict_end(&selected);
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
            if (values && selection_shows(call, kinds[i], elements[j]))
                g_variant_builder_add(
                    objects, "{o@a{sa{sv}}}", path,
                    pack_interfaces(connection, kinds[i],
                                    select_values(call, kinds[i], elements[j], values)));
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

        if (!permit_shows_connection(call, connection))
            continue;

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
