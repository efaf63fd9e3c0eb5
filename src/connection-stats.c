/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The statistics of all domains of a connection, in one answer of the hypervisor. Each domain is
 * named by its path, so its handle goes to the call, which keeps what it is given.
 */

#include "bindings.h"
#include "call.h"
#include "error.h"
#include "value.h"

static GVariant *
record_to_variant(Call *call, const virDomainStatsRecord *record)
{
    /* The call takes a handle over, and virDomainStatsRecordListFree() gives up the record's. */
    virDomainRef(record->dom);

    return g_variant_new("(@o@a{sv})", call_take_object(call, &domain_kind, record->dom),
                         value_from_params(record->params, record->nparams));
}

GVariant *
connection_get_all_domain_stats(Call *call, GVariant *arguments, GError **error)
{
    guint32 stats;
    guint32 flags;

    g_variant_get(arguments, "(uu)", &stats, &flags);

    virDomainStatsRecordPtr *records = NULL;
    int n = virConnectGetAllDomainStats(call->connect, stats, &records, flags);
    if (n < 0)
        return error_from_libvirt(error);

    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(oa{sv})"));
    for (int i = 0; i < n; i++)
        g_variant_builder_add_value(&builder, record_to_variant(call, records[i]));

    virDomainStatsRecordListFree(records);

    return g_variant_new("(a(oa{sv}))", &builder);
}
