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
domain_get_name(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    const char *result = virDomainGetName(call->object);
    if (!result && virGetLastErrorCode() != VIR_ERR_OK)
        return error_from_libvirt(error);

    return g_variant_new("(@s)", value_from_string(result));
}

static GVariant *
domain_get_os_type(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    g_autofree char *result = virDomainGetOSType(call->object);
    if (!result)
        return error_from_libvirt(error);

    return g_variant_new("(@s)", value_from_string(result));
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "GetName", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES, domain_get_name },
    { "GetOSType", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES, domain_get_os_type },
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
