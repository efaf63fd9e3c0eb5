/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The properties of a storage pool that libvirt tells together, and what it tells of a volume. */

#include "bindings.h"
#include "error.h"

static gboolean
ask(Call *call, virStoragePoolInfoPtr info, GError **error)
{
    if (virStoragePoolGetInfo(call->object, info) < 0) {
        error_from_libvirt(error);
        return FALSE;
    }

    return TRUE;
}

GVariant *
storage_pool_read_allocation(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    virStoragePoolInfo info;

    return ask(call, &info, error) ? g_variant_new_uint64(info.allocation) : NULL;
}

GVariant *
storage_pool_read_available(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    virStoragePoolInfo info;

    return ask(call, &info, error) ? g_variant_new_uint64(info.available) : NULL;
}

GVariant *
storage_pool_read_capacity(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    virStoragePoolInfo info;

    return ask(call, &info, error) ? g_variant_new_uint64(info.capacity) : NULL;
}

GVariant *
storage_pool_read_state(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    virStoragePoolInfo info;

    return ask(call, &info, error) ? g_variant_new_int32(info.state) : NULL;
}

/* Most drivers know only the function without flags. */
GVariant *
storage_vol_get_info(Call *call, GVariant *arguments, GError **error)
{
    virStorageVolInfo info;
    guint32 flags;
    int result;

    g_variant_get(arguments, "(u)", &flags);

    if (flags != 0)
        result = virStorageVolGetInfoFlags(call->object, &info, flags);
    else
        result = virStorageVolGetInfo(call->object, &info);
    if (result < 0)
        return error_from_libvirt(error);

    return g_variant_new("((itt))", info.type, (guint64)info.capacity, (guint64)info.allocation);
}
