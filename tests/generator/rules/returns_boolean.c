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
domain_is_active(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    int result = virDomainIsActive(call->object);
    if (result < 0)
        return error_from_libvirt(error);

    return g_variant_new("(b)", result);
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "IsActive", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES, domain_is_active },
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
