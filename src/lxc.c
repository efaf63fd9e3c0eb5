/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The namespaces of a Linux container, opened here and entered by the caller.
 */

#include <libvirt/libvirt-lxc.h>

#include "bindings.h"
#include "descriptors.h"
#include "error.h"

GVariant *
lxc_domain_open_namespace(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    g_autofree int *list = NULL;

    int n = virDomainLxcOpenNamespace(call->object, &list, flags);
    if (n < 0)
        return error_from_libvirt(error);

    GVariant *handles = call_take_descriptors(call, list, n, error);
    if (!handles)
        return NULL;

    return g_variant_new("(@ah)", handles);
}
