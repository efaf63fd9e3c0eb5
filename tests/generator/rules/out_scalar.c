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
domain_get_state(Call *call, GVariant *arguments, GError **error)
{
    int state;
    int reason;
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    if (virDomainGetState(call->object, &state, &reason, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("((ii))", state, reason);
}

static GVariant *
domain_get_time(Call *call, GVariant *arguments, GError **error)
{
    long long seconds;
    unsigned int nseconds;
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    if (virDomainGetTime(call->object, &seconds, &nseconds, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("(xu)", seconds, nseconds);
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "GetState", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES, domain_get_state },
    { "GetTime", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES, domain_get_time },
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
