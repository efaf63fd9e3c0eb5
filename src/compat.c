/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Members of the compat face that differ from the native ones and that no rule of the generator
 * covers, mostly because libvirt-dbus chose other types than libvirt has. They are frozen as they
 * are: the programs written for libvirt-dbus (Cockpit, and bindings made from its XML) send and
 * expect these signatures.
 */

#include "bindings.h"
#include "call.h"
#include "error.h"
#include "value.h"

/* More vCPUs than any hypervisor has; it keeps the list for libvirt short. */
#define GUEST_VCPUS_MAX 65536

static GVariant *
record_to_variant(const virDomainStatsRecord *record)
{
    return g_variant_new("(@s@a{sv})", value_from_string(virDomainGetName(record->dom)),
                         value_from_params(record->params, record->nparams));
}

/* Names the domains, where the native face has their paths. */
GVariant *
compat_connect_get_all_domain_stats(Call *call, GVariant *arguments, GError **error)
{
    guint32 stats;
    guint32 flags;

    g_variant_get(arguments, "(uu)", &stats, &flags);

    virDomainStatsRecordPtr *records = NULL;
    int n = virConnectGetAllDomainStats(call->connect, stats, &records, flags);
    if (n < 0)
        return error_from_libvirt(error);

    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(sa{sv})"));
    for (int i = 0; i < n; i++) {
        g_variant_builder_add_value(&builder, record_to_variant(records[i]));
        virDomainRef(records[i]->dom);
        call_remember(call, &domain_kind, records[i]->dom);
    }

    virDomainStatsRecordListFree(records);

    return g_variant_new("(a(sa{sv}))", &builder);
}

/* 0 of a domain that does not run, where the native face has -1. */
GVariant *
compat_domain_read_id(Call *call, G_GNUC_UNUSED GVariant *arguments, G_GNUC_UNUSED GError **error)
{
    unsigned int id = virDomainGetID(call->object);

    return g_variant_new_uint32(id == (unsigned int)-1 ? 0 : id);
}

/* Of as many vCPUs as the domain has now, where the native face has all that it can have. */
GVariant *
compat_domain_get_vcpu_pin_info(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    virDomainInfo info;
    if (virDomainGetInfo(call->object, &info) < 0)
        return error_from_libvirt(error);

    int cpus = virNodeGetCPUMap(call->connect, NULL, NULL, 0);
    if (cpus < 0)
        return error_from_libvirt(error);

    int length = VIR_CPU_MAPLEN(cpus);
    g_autofree guchar *maps = g_malloc0_n(info.nrVirtCpu, length);
    int n = virDomainGetVcpuPinInfo(call->object, info.nrVirtCpu, maps, length, flags);
    if (n < 0)
        return error_from_libvirt(error);

    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aab"));
    for (int i = 0; i < n; i++)
        g_variant_builder_add_value(&builder,
                                    value_from_bitmap(VIR_GET_CPUMAP(maps, length, i), cpus));

    return g_variant_new("(@aab)", g_variant_builder_end(&builder));
}

/* Unsigned, as is SetTime: what is before 1970 comes out, and goes in, modulo 2^64. */
GVariant *
compat_domain_get_time(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;
    long long seconds;
    unsigned int nseconds;

    g_variant_get(arguments, "(u)", &flags);

    if (virDomainGetTime(call->object, &seconds, &nseconds, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("((tu))", (guint64)seconds, nseconds);
}

GVariant *
compat_domain_set_time(Call *call, GVariant *arguments, GError **error)
{
    guint64 seconds;
    guint32 nseconds;
    guint32 flags;

    g_variant_get(arguments, "(tuu)", &seconds, &nseconds, &flags);

    if (virDomainSetTime(call->object, (long long)seconds, nseconds, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

/* The numbers of those that are true: libvirt wants "0,2,3". */
static char *
list_numbers(GVariant *booleans)
{
    GString *list = g_string_new(NULL);
    gsize n;
    const guchar *values = g_variant_get_fixed_array(booleans, &n, sizeof(guchar));

    for (gsize i = 0; i < n; i++) {
        if (values[i])
            g_string_append_printf(list, "%s%" G_GSIZE_FORMAT, list->len > 0 ? "," : "", i);
    }

    return g_string_free(list, FALSE);
}

/* Has one boolean for each vCPU, where the native face has libvirt's string. */
GVariant *
compat_domain_set_guest_vcpus(Call *call, GVariant *arguments, GError **error)
{
    g_autoptr(GVariant) vcpumap = NULL;
    gint32 state;
    guint32 flags;

    g_variant_get(arguments, "(@abiu)", &vcpumap, &state, &flags);

    if (g_variant_n_children(vcpumap) > GUEST_VCPUS_MAX)
        return error_invalid(error, "vcpumap: more than %d", GUEST_VCPUS_MAX);

    g_autofree char *list = list_numbers(vcpumap);

    if (virDomainSetGuestVcpus(call->object, list, state, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

/* Names the original by its key, where the native face has its path. */
GVariant *
compat_storage_pool_storage_vol_create_xml_from(Call *call, GVariant *arguments, GError **error)
{
    const char *xml;
    const char *key;
    guint32 flags;

    g_variant_get(arguments, "(&s&su)", &xml, &key, &flags);

    g_autoptr(virStorageVol) original = virStorageVolLookupByKey(call->connect, key);
    if (!original)
        return error_from_libvirt(error);

    virStorageVolPtr result = virStorageVolCreateXMLFrom(call->object, xml, original, flags);
    if (!result)
        return error_from_libvirt(error);

    return g_variant_new("(@o)", call_take_object(call, &storage_vol_kind, result));
}
