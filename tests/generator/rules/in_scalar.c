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
domain_set_autostart(Call *call, GVariant *arguments, GError **error)
{
    gboolean autostart;

    g_variant_get(arguments, "(b)", &autostart);

    if (virDomainSetAutostart(call->object, autostart) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

static GVariant *
domain_set_memory(Call *call, GVariant *arguments, GError **error)
{
    guint64 memory;
    guint32 flags;

    g_variant_get(arguments, "(tu)", &memory, &flags);

    if (virDomainSetMemoryFlags(call->object, memory, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

static GVariant *
domain_set_memory_stats_period(Call *call, GVariant *arguments, GError **error)
{
    gint32 period;
    guint32 flags;

    g_variant_get(arguments, "(iu)", &period, &flags);

    if (virDomainSetMemoryStatsPeriod(call->object, period, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

static GVariant *
domain_set_time(Call *call, GVariant *arguments, GError **error)
{
    gint64 seconds;
    guint32 nanoseconds;
    guint32 flags;

    g_variant_get(arguments, "(xuu)", &seconds, &nanoseconds, &flags);

    if (virDomainSetTime(call->object, seconds, nanoseconds, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "SetAutostart", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_set_autostart },
    { "SetMemory", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES, domain_set_memory },
    { "SetMemoryStatsPeriod", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_set_memory_stats_period },
    { "SetTime", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES, domain_set_time },
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
