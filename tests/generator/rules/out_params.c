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
domain_get_guest_vcpus(Call *call, GVariant *arguments, GError **error)
{
    g_auto(Params) params = { NULL, 0 };
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    if (virDomainGetGuestVcpus(call->object, &params.list, (unsigned int *)&params.n, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@a{sv})", value_from_params(params.list, params.n));
}

static GVariant *
domain_get_job_stats(Call *call, GVariant *arguments, GError **error)
{
    int type;
    g_auto(Params) params = { NULL, 0 };
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    if (virDomainGetJobStats(call->object, &type, &params.list, &params.n, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("(i@a{sv})", type, value_from_params(params.list, params.n));
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "GetGuestVcpus", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_get_guest_vcpus },
    { "GetJobStats", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_get_job_stats },
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
