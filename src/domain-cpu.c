/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The CPUs of a domain: which host CPUs its threads may use, how much of them it used, and how they
 * are scheduled. libvirt passes a set of host CPUs as a bitmap; on the bus it is an array with a
 * truth value for each CPU that the host has.
 */

#include "bindings.h"

#include "call.h"
#include "error.h"
#include "value.h"

/* libvirt's protocol carries the statistics of no more CPUs than this in one request. */
#define CPUS_AT_ONCE 128

/* How many CPUs the host has, present or not; -1 with libvirt's error set. */
static int
count_host_cpus(Call *call)
{
    return virNodeGetCPUMap(call->connect, NULL, NULL, 0);
}

GVariant *
domain_get_emulator_pin_info(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    int cpus = count_host_cpus(call);
    if (cpus < 0)
        return error_from_libvirt(error);

    int length = VIR_CPU_MAPLEN(cpus);
    g_autofree guchar *cpumap = g_malloc0(length);

    if (virDomainGetEmulatorPinInfo(call->object, cpumap, length, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@ab)", value_from_bitmap(cpumap, cpus));
}

GVariant *
domain_get_vcpu_pin_info(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    int cpus = count_host_cpus(call);
    if (cpus < 0)
        return error_from_libvirt(error);

    int vcpus = virDomainGetVcpusFlags(call->object, flags | VIR_DOMAIN_VCPU_MAXIMUM);
    if (vcpus < 0)
        return error_from_libvirt(error);

    int length = VIR_CPU_MAPLEN(cpus);
    g_autofree guchar *cpumaps = g_malloc0_n(vcpus, length);
    int n = virDomainGetVcpuPinInfo(call->object, vcpus, cpumaps, length, flags);
    if (n < 0)
        return error_from_libvirt(error);

    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aab"));

    for (int i = 0; i < n; i++)
        g_variant_builder_add_value(&builder,
                                    value_from_bitmap(VIR_GET_CPUMAP(cpumaps, length, i), cpus));

    return g_variant_new("(@aab)", g_variant_builder_end(&builder));
}

static GVariant *
value_from_vcpu(const virVcpuInfo *info, GVariant *cpumap)
{
    return g_variant_new("(uiti@ab)", info->number, info->state, (guint64)info->cpuTime, info->cpu,
                         cpumap);
}

GVariant *
domain_get_vcpu_info(Call *call, G_GNUC_UNUSED GVariant *arguments, GError **error)
{
    virDomainInfo domain;

    if (virDomainGetInfo(call->object, &domain) < 0)
        return error_from_libvirt(error);

    int cpus = count_host_cpus(call);
    if (cpus < 0)
        return error_from_libvirt(error);

    int length = VIR_CPU_MAPLEN(cpus);
    g_autofree virVcpuInfo *infos = g_new0(virVcpuInfo, domain.nrVirtCpu);
    g_autofree guchar *cpumaps = g_malloc0_n(domain.nrVirtCpu, length);
    int n = virDomainGetVcpus(call->object, infos, domain.nrVirtCpu, cpumaps, length);
    if (n < 0)
        return error_from_libvirt(error);

    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(uitiab)"));

    for (int i = 0; i < n; i++) {
        GVariant *cpumap = value_from_bitmap(VIR_GET_CPUMAP(cpumaps, length, i), cpus);

        g_variant_builder_add_value(&builder, value_from_vcpu(&infos[i], cpumap));
    }

    return g_variant_new("(@a(uitiab))", g_variant_builder_end(&builder));
}

GVariant *
domain_get_io_thread_info(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    int cpus = count_host_cpus(call);
    if (cpus < 0)
        return error_from_libvirt(error);

    g_autofree virDomainIOThreadInfoPtr *infos = NULL;
    int n = virDomainGetIOThreadInfo(call->object, &infos, flags);
    if (n < 0)
        return error_from_libvirt(error);

    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(uab)"));

    for (int i = 0; i < n; i++) {
        GVariant *cpumap = value_from_bitmap(infos[i]->cpumap, MIN(cpus, infos[i]->cpumaplen * 8));

        g_variant_builder_add(&builder, "(u@ab)", infos[i]->iothread_id, cpumap);
        virDomainIOThreadInfoFree(infos[i]);
    }

    return g_variant_new("(@a(uab))", g_variant_builder_end(&builder));
}

GVariant *
domain_get_scheduler_parameters(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    int n = 0;
    g_autofree char *type = virDomainGetSchedulerType(call->object, &n);
    if (!type)
        return error_from_libvirt(error);
    if (n == 0)
        return g_variant_new("(@a{sv})", value_from_params(NULL, 0));

    g_auto(Params) params = { g_new0(virTypedParameter, n), n };

    /* The same with flags 0, but libvirt's test driver has the plain one only. */
    int result = flags == 0
                     ? virDomainGetSchedulerParameters(call->object, params.list, &n)
                     : virDomainGetSchedulerParametersFlags(call->object, params.list, &n, flags);
    if (result < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@a{sv})", value_from_params(params.list, n));
}

/* The parameters of one CPU end where libvirt left the rest of its row untouched. */
static GVariant *
value_from_row(const virTypedParameter *row, int max)
{
    int n = 0;

    while (n < max && row[n].type != 0)
        n++;

    return value_from_params(row, n);
}

/* How many CPUs there are from @first on, at most @asked if that is not 0. */
static int
count_cpus(virDomainPtr domain, gint32 first, guint32 asked, guint32 flags)
{
    if (first == -1)
        return 1;

    int n = virDomainGetCPUStats(domain, NULL, 0, 0, 0, flags);
    if (n < 0)
        return -1;

    int rest = MAX(n - first, 0);

    return asked > 0 && asked < (guint32)rest ? (int)asked : rest;
}

static gboolean
add_cpus(GVariantBuilder *builder, virDomainPtr domain, gint32 first, int n, guint32 flags)
{
    int width = virDomainGetCPUStats(domain, NULL, 0, first, 1, flags);
    if (width < 0)
        return FALSE;

    for (int done = 0; width > 0 && done < n; done += CPUS_AT_ONCE) {
        int count = MIN(n - done, CPUS_AT_ONCE);
        g_auto(Params) params = { g_new0(virTypedParameter, width * count), width * count };

        if (virDomainGetCPUStats(domain, params.list, width, first + done, count, flags) < 0)
            return FALSE;

        for (int i = 0; i < count; i++)
            g_variant_builder_add_value(builder, value_from_row(params.list + i * width, width));
    }

    return TRUE;
}

GVariant *
domain_get_cpu_stats(Call *call, GVariant *arguments, GError **error)
{
    gint32 first;
    guint32 asked;
    guint32 flags;

    g_variant_get(arguments, "(iuu)", &first, &asked, &flags);

    if (first < -1)
        return error_invalid(error, "startCpu: %d is less than -1", first);
    if (first == -1 && asked > 1)
        return error_invalid(error, "ncpus: must be 0 or 1 with startCpu -1, not %u", asked);

    int n = count_cpus(call->object, first, asked, flags);
    if (n < 0)
        return error_from_libvirt(error);
    if (n == 0)
        return error_invalid(error, "startCpu: the host has no CPU %d", first);

    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));

    if (!add_cpus(&builder, call->object, first, n, flags))
        return error_from_libvirt(error);

    return g_variant_new("(@aa{sv})", g_variant_builder_end(&builder));
}
