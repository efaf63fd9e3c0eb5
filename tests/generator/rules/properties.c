/* Generated from org.libvirt1.Domain. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static const Permission needs_domain_getattr[] = {
    { "domain", "getattr", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static const Permission needs_domain_read[] = {
    { "domain", "read", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static const Permission needs_domain_write[] = {
    { "domain", "write", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static GVariant *
domain_read_active(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    int result = virDomainIsActive(call->object);
    if (result < 0)
        return error_from_libvirt(error);

    return g_variant_new("b", result);
}

static GVariant *
domain_read_autostart(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    int autostart;

    if (virDomainGetAutostart(call->object, &autostart) < 0)
        return error_from_libvirt(error);

    return g_variant_new("b", autostart);
}

static GVariant *
domain_read_name(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    const char *result = virDomainGetName(call->object);
    if (!result && virGetLastErrorCode() != VIR_ERR_OK)
        return error_from_libvirt(error);

    return value_from_string(result);
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

static GVariant *
domain_write_autostart(Call *call, GVariant *arguments, GError **error)
{
    gboolean autostart;

    g_variant_get(arguments, "(b)", &autostart);

    if (virDomainSetAutostart(call->object, autostart) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { 0 },
};

static const Binding getters[] = {
    { "Active", needs_domain_getattr, NULL, -1, LANE_SHORT, BINDING_ANNOUNCED, domain_read_active },
    { "Autostart", needs_domain_read, NULL, -1, LANE_SHORT, BINDING_ANNOUNCED,
      domain_read_autostart },
    { "Name", needs_domain_getattr, NULL, -1, LANE_MEMORY, BINDING_ANNOUNCED, domain_read_name },
    { "State", needs_domain_getattr, NULL, -1, LANE_SHORT, BINDING_ANNOUNCED, domain_read_state },
    { 0 },
};

static const Binding setters[] = {
    { "Autostart", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_write_autostart },
    { 0 },
};

const Interface domain_bindings = {
    .info = (GDBusInterfaceInfo *)&domain_interface,
    .driver = NULL,
    .methods = methods,
    .getters = getters,
    .setters = setters,
};
