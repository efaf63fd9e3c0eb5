/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libvirt's handles and the bus's object paths, the one for the other, for bindings. What libvirt
 * returned is remembered, so that the registry learns of it when the call is answered. */

#include <string.h>

#include "call.h"
#include "error.h"

static char *
call_path(Call *call, const Kind *kind, const char *element)
{
    return face_make_path(call->place.face, connection_get_name(call->place.connection), kind,
                          element);
}

GVariant *
call_take_object(Call *call, const Kind *kind, void *handle)
{
    const Kind *named = face_get_kind(call->place.face, kind);
    g_autofree char *element = named->identity(handle);
    g_autofree char *path = call_path(call, named, element);

    call_remember(call, named, handle);

    return g_variant_new_object_path(path);
}

/* Two interfaces can have one MAC address, and so one path on the compat face; it is listed once.
 */
GVariant *
call_take_objects(Call *call, const Kind *kind, void **handles, int n)
{
    g_autofree void **list = handles;
    const Kind *named = face_get_kind(call->place.face, kind);
    g_autoptr(GHashTable) elements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_OBJECT_PATH_ARRAY);
    for (int i = 0; i < n; i++) {
        g_autofree char *element = named->identity(list[i]);

        if (g_hash_table_add(elements, g_steal_pointer(&element)))
            g_variant_builder_add_value(&builder, call_take_object(call, kind, list[i]));
        else
            kind->free(list[i]);
    }

    return g_variant_builder_end(&builder);
}

void *
call_find_object(Call *call, const Kind *kind, const char *path, GError **error)
{
    const Kind *named = face_get_kind(call->place.face, kind);
    g_autofree char *prefix = call_path(call, named, "");
    g_autofree char *key = NULL;

    if (g_str_has_prefix(path, prefix))
        key = named->decode(path + strlen(prefix));
    if (!key)
        return error_invalid(error, "%s is not the path of a %s of connection %s", path, kind->node,
                             connection_get_name(call->place.connection));

    return named->look_up(call->connect, key, error);
}
