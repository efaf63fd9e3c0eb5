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

static const Permission needs_domain_getattr[] = {
    { "domain", "getattr", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

const Event qemu_domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "MonitorCommand", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      qemu_domain_monitor_command },
    { 0 },
};

static const Binding getters[] = {
    { "Id", needs_domain_getattr, NULL, -1, LANE_MEMORY, BINDING_ANNOUNCED, qemu_domain_read_id },
    { 0 },
};

static const Binding setters[] = {
    { 0 },
};

const Interface qemu_domain_bindings = {
    .info = (GDBusInterfaceInfo *)&qemu_domain_interface,
    .driver = "QEMU",
    .methods = methods,
    .getters = getters,
    .setters = setters,
};
