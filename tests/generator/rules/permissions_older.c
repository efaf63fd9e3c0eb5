/* Generated from org.libvirt1.Domain. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static const Permission needs_domain_start_domain_write[] = {
    { "domain", "start", WHEN_ALWAYS, 0, 0 },
    { "domain", "write", WHEN_ANY_SET, 0, VIR_DOMAIN_START_RESET_NVRAM },
    { 0 },
};

static const Permission needs_domain_start_domain_write_2[] = {
    { "domain", "start", WHEN_ALWAYS, 0, 0 },
    { "domain", "write", WHEN_ANY_SET, 0, VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_RESET_NVRAM },
    { 0 },
};

static const Permission needs_domain_start_domain_write_3[] = {
    { "domain", "start", WHEN_ALWAYS, 0, 0 },
    { "domain", "write", WHEN_NONE_SET, 0, VIR_DOMAIN_START_RESET_NVRAM },
    { 0 },
};

static GVariant *
domain_any_set(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    if (virDomainCreateWithFlags(call->object, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

static GVariant *
domain_any_set_of_two(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    if (virDomainCreateWithFlags(call->object, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

static GVariant *
domain_none_set(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    if (virDomainCreateWithFlags(call->object, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "AnySet", needs_domain_start_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_any_set },
    { "AnySetOfTwo", needs_domain_start_domain_write_2, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_any_set_of_two },
    { "NoneSet", needs_domain_start_domain_write_3, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_none_set },
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
