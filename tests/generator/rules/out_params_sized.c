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
domain_get_interface_parameters(Call *call, GVariant *arguments, GError **error)
{
    const char *device;
    g_auto(Params) params = { NULL, 0 };
    guint32 flags;

    g_variant_get(arguments, "(&su)", &device, &flags);

    if (virDomainGetInterfaceParameters(call->object, device, NULL, &params.n, flags) < 0)
        return error_from_libvirt(error);
    params.list = g_new0(virTypedParameter, params.n);

    if (virDomainGetInterfaceParameters(call->object, device, params.list, &params.n, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@a{sv})", value_from_params(params.list, params.n));
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "GetInterfaceParameters", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_get_interface_parameters },
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
