/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The members of org.libvirt1.Manager and those of org.libvirt1.Connection that tell of the service
 * itself. They run on the main thread, whose state they read. */

#include "bindings.h"
#include "error.h"
#include "permit.h"
#include "value.h"

GVariant *
manager_read_connections(Call *call, GVariant *arguments G_GNUC_UNUSED,
                         GError **error G_GNUC_UNUSED)
{
    GPtrArray *connections = service_get_connections(call->place.service);
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_OBJECT_PATH_ARRAY);
    for (guint i = 0; i < connections->len; i++) {
        Connection *connection = connections->pdata[i];
        g_autofree char *path =
            face_make_path(call->place.face, connection_get_name(connection), NULL, NULL);

        if (permit_shows_connection(call, connection))
            g_variant_builder_add(&builder, "o", path);
    }

    return g_variant_builder_end(&builder);
}

GVariant *
manager_read_libvirt_version(Call *call G_GNUC_UNUSED, GVariant *arguments G_GNUC_UNUSED,
                             GError **error)
{
    unsigned long version;

    if (virGetVersion(&version, NULL, NULL) < 0)
        return error_from_libvirt(error);

    return g_variant_new_uint64(version);
}

GVariant *
manager_read_version(Call *call G_GNUC_UNUSED, GVariant *arguments G_GNUC_UNUSED,
                     GError **error G_GNUC_UNUSED)
{
    return g_variant_new_string(VIRTBUS_VERSION);
}

GVariant *
connection_read_alive(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return g_variant_new_boolean(connection_is_alive(call->place.connection));
}

GVariant *
connection_read_read_only(Call *call, GVariant *arguments G_GNUC_UNUSED,
                          GError **error G_GNUC_UNUSED)
{
    return g_variant_new_boolean(connection_get_read_only(call->place.connection));
}

GVariant *
connection_read_uri(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return value_from_string(connection_get_uri(call->place.connection));
}

GVariant *
connection_get_last_error(Call *call, GVariant *arguments G_GNUC_UNUSED,
                          GError **error G_GNUC_UNUSED)
{
    static const virError none;
    const char *sender = call_get_sender(call);
    const virError *last = callers_get_error(service_get_callers(call->place.service), sender,
                                             connection_get_name(call->place.connection));

    if (!last)
        last = &none;

    return g_variant_new("(iii@s@s@s@sii)", last->code, last->domain, (gint32)last->level,
                         value_from_string(last->message), value_from_string(last->str1),
                         value_from_string(last->str2), value_from_string(last->str3), last->int1,
                         last->int2);
}
