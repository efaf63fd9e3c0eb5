/* Generated from org.libvirt1.Connection. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static const Permission needs_connect_read[] = {
    { "connect", "read", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static GVariant *
connection_node_get_security_model(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    virSecurityModel secmodel = { 0 };

    if (virNodeGetSecurityModel(call->connect, &secmodel) < 0)
        return error_from_libvirt(error);

    return g_variant_new("((@s@s))", value_from_string(secmodel.model),
                         value_from_string(secmodel.doi));
}

const Event connection_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "NodeGetSecurityModel", needs_connect_read, NULL, -1, LANE_SHORT, BINDING_READS,
      connection_node_get_security_model },
    { 0 },
};

static const Binding getters[] = {
    { 0 },
};

static const Binding setters[] = {
    { 0 },
};

const Interface connection_bindings = {
    .info = (GDBusInterfaceInfo *)&connection_interface,
    .driver = NULL,
    .methods = methods,
    .getters = getters,
    .setters = setters,
};
