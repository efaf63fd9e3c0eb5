/* Generated from org.libvirt1.Domain. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static const Permission needs_domain_read[] = {
    { "domain", "read", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static GVariant *
domain_read_get_info(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    virDomainInfo info = { 0 };

    if (virDomainGetInfo(call->object, &info) < 0)
        return error_from_libvirt(error);

    return g_variant_new_parsed("{'Memory': <%t>, 'Vcpus': <%u>}", (guint64)info.memory,
                                info.nrVirtCpu);
}

static GVariant *
domain_read_state(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    int state;
    int reason;

    if (virDomainGetState(call->object, &state, &reason, 0) < 0)
        return error_from_libvirt(error);

    return g_variant_new("(ii)", state, reason);
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { 0 },
};

static const Binding getters[] = {
    { "Memory", needs_domain_read, NULL, -1, LANE_SHORT, BINDING_ANNOUNCED, domain_read_get_info },
    { "State", needs_domain_read, NULL, -1, LANE_SHORT, BINDING_ANNOUNCED, domain_read_state },
    { "Vcpus", needs_domain_read, NULL, -1, LANE_SHORT, BINDING_ANNOUNCED, domain_read_get_info },
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
