/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What no rule of the generator covers of storage pools and volumes. */

#include "bindings.h"
#include "error.h"

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
