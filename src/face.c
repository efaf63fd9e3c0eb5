/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What differs between the faces, and all that does. Both are served by the same bindings, registry
 * and events. */

#include "face.h"

#include <string.h>

#include "bindings.h"

static const Interface *const root_interfaces[] = {
    &manager_bindings,
    &object_manager_bindings,
    NULL,
};
static const Interface *const connection_interfaces[] = {
    &connection_bindings,
    &object_manager_bindings,
    &qemu_connection_bindings,
    NULL,
};

const Face native_face = {
    .bus_name = "org.libvirt1",
    .root = "/org/libvirt1",
    .root_interfaces = root_interfaces,
    .connection_interfaces = connection_interfaces,
    .kinds = kinds,
    .is_compat = FALSE,
};

const Face compat_face = {
    .bus_name = "org.libvirt",
    .root = "/org/libvirt",
    .root_interfaces = NULL,
    .connection_interfaces = compat_connect_interfaces,
    .kinds = compat_kinds,
    .is_compat = TRUE,
};

char *
face_make_path(const Face *face, const char *connection, const Kind *kind, const char *element)
{
    return g_strjoin("/", face->root, connection, kind ? kind->node : NULL, element, NULL);
}

const Interface *const *
face_get_interfaces(const Face *face, const Kind *kind)
{
    return face->is_compat ? kind->compat_interfaces : kind->interfaces;
}

/* libvirt-dbus names interfaces by their MAC address; the paths are known to its clients. */
const Kind *
face_get_kind(const Face *face, const Kind *kind)
{
    return face->is_compat && kind->compat ? kind->compat : kind;
}

const Interface *
face_find_signal(const Face *face, const Kind *kind, const char *signal)
{
    const Interface *const *i =
        kind ? face_get_interfaces(face, kind) : face->connection_interfaces;

    for (; i && *i; i++) {
        if (g_dbus_interface_info_lookup_signal((*i)->info, signal))
            return *i;
    }

    return NULL;
}

/* a{sv}, each of whose values is wrapped once more. */
static GVariant *
wrap_dictionary(GVariant *dictionary)
{
    GVariantBuilder builder;
    GVariantIter iter;
    const char *name;
    GVariant *value;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
    g_variant_iter_init(&iter, dictionary);
    while (g_variant_iter_loop(&iter, "{&sv}", &name, &value))
        g_variant_builder_add(&builder, "{sv}", name, g_variant_new_variant(value));

    return g_variant_builder_end(&builder);
}

static GVariant *
wrap(GVariant *value)
{
    GVariantBuilder builder;

    if (g_variant_is_of_type(value, G_VARIANT_TYPE_VARDICT))
        return wrap_dictionary(value);
    if (!g_variant_is_container(value) || !strstr(g_variant_get_type_string(value), "a{sv}"))
        return g_variant_ref(value);

    g_variant_builder_init(&builder, g_variant_get_type(value));
    for (gsize i = 0; i < g_variant_n_children(value); i++) {
        g_autoptr(GVariant) child = g_variant_get_child_value(value, i);
        GVariant *wrapped = g_variant_take_ref(wrap(child));

        g_variant_builder_add_value(&builder, wrapped);
        g_variant_unref(wrapped);
    }

    return g_variant_builder_end(&builder);
}

/* libvirt-dbus wraps the values of every dictionary twice. Programs in languages whose bindings
 * unwrap one level, Cockpit's page among them, look for the second. */
GVariant *
face_wrap(const Face *face, GVariant *result)
{
    GVariant *wrapped;

    if (!face->is_compat)
        return result;

    wrapped = g_variant_take_ref(wrap(result));
    g_variant_unref(result);

    return wrapped;
}

/* libvirt-dbus has one name for all errors; its clients match on their text. */
const char *
face_get_error_name(const Face *face)
{
    return face->is_compat ? "org.libvirt.Error" : NULL;
}

char *
face_describe_missing(const Face *face, const Kind *kind, const char *element)
{
    static const struct {
        int code;
        const char *words;
    } missing[] = {
        { VIR_ERR_NO_DOMAIN, "Domain not found" },
        { VIR_ERR_NO_DOMAIN_SNAPSHOT, "Domain snapshot not found" },
        { VIR_ERR_NO_INTERFACE, "Interface not found" },
        { VIR_ERR_NO_NETWORK, "Network not found" },
        { VIR_ERR_NO_NODE_DEVICE, "Node device not found" },
        { VIR_ERR_NO_NWFILTER, "Network filter not found" },
        { VIR_ERR_NO_SECRET, "Secret not found" },
        { VIR_ERR_NO_STORAGE_POOL, "Storage pool not found" },
        { VIR_ERR_NO_STORAGE_VOL, "Storage volume not found" },
    };

    for (guint i = 0; face->is_compat && i < G_N_ELEMENTS(missing); i++) {
        if (missing[i].code == kind->missing)
            return g_strdup_printf("%s: %s", missing[i].words, element);
    }

    return g_strdup_printf("%s cannot be the name of a %s in an object path", element, kind->node);
}
