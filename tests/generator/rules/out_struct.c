/* Generated from org.libvirt1.Domain. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static const Permission needs_domain_write[] = {
    { "domain", "write", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static GVariant *
domain_get_info(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    virDomainInfo info = { 0 };

    if (virDomainGetInfo(call->object, &info) < 0)
        return error_from_libvirt(error);

    return g_variant_new("((yttqt))", info.state, (guint64)info.maxMem, (guint64)info.memory,
                         info.nrVirtCpu, info.cpuTime);
}

static GVariant *
domain_get_info_parts(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    virDomainInfo info = { 0 };

    if (virDomainGetInfo(call->object, &info) < 0)
        return error_from_libvirt(error);

    return g_variant_new("(ittit)", info.state, (guint64)info.maxMem, (guint64)info.memory,
                         info.nrVirtCpu, info.cpuTime);
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "GetInfo", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES, domain_get_info },
    { "GetInfoParts", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_get_info_parts },
    { 0 },
};

static const Binding getters[] = {
    { 0 },
};

static const Binding setters[] = {
    { 0 },
};

const Interface domain_bindings = {
    .info = (GDBusInterfaceInfo *)&domain_interface,
    .driver = NULL,
    .methods = methods,
    .getters = getters,
    .setters = setters,
};
