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
domain_set_memory_parameters(Call *call, GVariant *arguments, GError **error)
{
    g_autoptr(GVariant) params_dictionary = NULL;
    g_auto(Params) params = { NULL, 0 };
    guint32 flags;

    g_variant_get(arguments, "(@a{sv}u)", &params_dictionary, &flags);

    if (!value_to_params(params_dictionary, &params, error))
        return NULL;

    if (virDomainSetMemoryParameters(call->object, params.list, params.n, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "SetMemoryParameters", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_set_memory_parameters },
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
