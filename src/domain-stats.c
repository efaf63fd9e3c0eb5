/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Statistics of a domain: all that the hypervisor collects, its memory, its network interfaces.
 * Those of its CPUs are in domain-cpu.c.
 */

#include "bindings.h"

#include "call.h"
#include "error.h"
#include "value.h"

GVariant *
domain_get_stats(Call *call, GVariant *arguments, GError **error)
{
    guint32 stats;
    guint32 flags;

    g_variant_get(arguments, "(uu)", &stats, &flags);

    virDomainPtr domains[] = { call->object, NULL };
    virDomainStatsRecordPtr *records = NULL;
    int n = virDomainListGetStats(domains, stats, &records, flags);
    if (n < 0)
        return error_from_libvirt(error);

    /* There is no record of a domain that went away meanwhile. */
    GVariant *values = n > 0 ? value_from_params(records[0]->params, records[0]->nparams)
                             : value_from_params(NULL, 0);

    virDomainStatsRecordListFree(records);

    return g_variant_new("(@a{sv})", values);
}

GVariant *
domain_memory_stats(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
    int n = virDomainMemoryStats(call->object, stats, G_N_ELEMENTS(stats), flags);
    if (n < 0)
        return error_from_libvirt(error);

    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{it}"));

    for (int i = 0; i < n; i++)
        g_variant_builder_add(&builder, "{it}", stats[i].tag, (guint64)stats[i].val);

    return g_variant_new("(@a{it})", g_variant_builder_end(&builder));
}

GVariant *
domain_interface_stats(Call *call, GVariant *arguments, GError **error)
{
    const char *device;

    g_variant_get(arguments, "(&s)", &device);

    virDomainInterfaceStatsStruct stats;

    if (virDomainInterfaceStats(call->object, device, &stats, sizeof(stats)) < 0)
        return error_from_libvirt(error);

    return g_variant_new("((xxxxxxxx))", (gint64)stats.rx_bytes, (gint64)stats.rx_packets,
                         (gint64)stats.rx_errs, (gint64)stats.rx_drop, (gint64)stats.tx_bytes,
                         (gint64)stats.tx_packets, (gint64)stats.tx_errs, (gint64)stats.tx_drop);
}
