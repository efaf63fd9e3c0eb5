/* Generated from org.libvirt1.QemuDomain. */

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
qemu_domain_monitor_command(Call *call, GVariant *arguments, GError **error)
{
    const char *command;
    g_autofree char *result_ = NULL;
    guint32 flags;

    g_variant_get(arguments, "(&su)", &command, &flags);

    if (virDomainQemuMonitorCommand(call->object, command, &result_, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@s)", value_from_string(result_));
}

const Event qemu_domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "MonitorCommand", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      qemu_domain_monitor_command },
    { 0 },
};

static const Binding getters[] = {
    { 0 },
};

static const Binding setters[] = {
    { 0 },
};

const Interface qemu_domain_bindings = {
    .info = (GDBusInterfaceInfo *)&qemu_domain_interface,
    .driver = NULL,
    .methods = methods,
    .getters = getters,
    .setters = setters,
};
