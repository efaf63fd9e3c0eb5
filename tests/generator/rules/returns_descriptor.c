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
domain_open_graphics_fd(Call *call, GVariant *arguments, GError **error)
{
    guint32 index;
    guint32 flags;

    g_variant_get(arguments, "(uu)", &index, &flags);

    int result = virDomainOpenGraphicsFD(call->object, index, flags);
    if (result < 0)
        return error_from_libvirt(error);

    GVariant *handle = call_take_descriptor(call, result, error);
    if (!handle)
        return NULL;

    return g_variant_new("(@h)", handle);
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "OpenGraphicsFD", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_open_graphics_fd },
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
