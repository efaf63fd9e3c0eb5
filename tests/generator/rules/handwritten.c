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

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "GetHostname", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_get_hostname },
    { "GetMessages", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_get_messages },
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
