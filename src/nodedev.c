/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The capabilities of a node device, a list that libvirt gives in two steps: how many, then which.
 */

#include "bindings.h"
#include "error.h"
#include "value.h"

GVariant *
node_device_list_caps(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    int n = virNodeDeviceNumOfCaps(call->object);
    if (n < 0)
        return error_from_libvirt(error);

    g_auto(Strings) names = { g_new0(char *, n), 0 };

    names.n = virNodeDeviceListCaps(call->object, names.list, n);
    if (names.n < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@as)", value_from_strings(names.list, names.n));
}
