/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is known about the inside of a guest, mostly through its agent: file systems, addresses,
 * vCPUs in use. A guest is not to be trusted: its strings are made valid UTF-8 on their way.
 */

#include "bindings.h"

#include "call.h"
#include "error.h"
#include "value.h"

static GVariant *
value_from_fs(const virDomainFSInfo *info)
{
    return g_variant_new("(@s@s@s@as)", value_from_string(info->mountpoint),
                         value_from_string(info->name), value_from_string(info->fstype),
                         value_from_strings(info->devAlias, info->ndevAlias));
}

GVariant *
domain_get_fs_info(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    g_autofree virDomainFSInfoPtr *infos = NULL;
    int n = virDomainGetFSInfo(call->object, &infos, flags);
    if (n < 0)
        return error_from_libvirt(error);

    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(sssas)"));

    for (int i = 0; i < n; i++) {
        g_variant_builder_add_value(&builder, value_from_fs(infos[i]));
        virDomainFSInfoFree(infos[i]);
    }

    return g_variant_new("(@a(sssas))", g_variant_builder_end(&builder));
}

GVariant *
domain_get_guest_vcpus(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    g_auto(Params) params = { NULL, 0 };
    unsigned int n = 0;

    if (virDomainGetGuestVcpus(call->object, &params.list, &n, flags) < 0)
        return error_from_libvirt(error);

    params.n = (int)n;

    return g_variant_new("(@a{sv})", value_from_params(params.list, n));
}

static GVariant *
value_from_interface(const virDomainInterface *interface)
{
    g_auto(GVariantBuilder) addresses = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(isu)"));

    for (guint i = 0; i < interface->naddrs; i++) {
        const virDomainIPAddress *address = &interface->addrs[i];

        g_variant_builder_add(&addresses, "(i@su)", address->type, value_from_string(address->addr),
                              address->prefix);
    }

    return g_variant_new("(@s@s@a(isu))", value_from_string(interface->name),
                         value_from_string(interface->hwaddr), g_variant_builder_end(&addresses));
}

GVariant *
domain_interface_addresses(Call *call, GVariant *arguments, GError **error)
{
    guint32 source;
    guint32 flags;

    g_variant_get(arguments, "(uu)", &source, &flags);

    g_autofree virDomainInterfacePtr *interfaces = NULL;
    int n = virDomainInterfaceAddresses(call->object, &interfaces, source, flags);
    if (n < 0)
        return error_from_libvirt(error);

    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(ssa(isu))"));

    for (int i = 0; i < n; i++) {
        g_variant_builder_add_value(&builder, value_from_interface(interfaces[i]));
        virDomainInterfaceFree(interfaces[i]);
    }

    return g_variant_new("(@a(ssa(isu)))", g_variant_builder_end(&builder));
}
