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
connection_get_cpu_model_names(Call *call, GVariant *arguments, GError **error)
{
    const char *arch;
    g_auto(Strings) models = { NULL, 0 };
    guint32 flags;

    g_variant_get(arguments, "(&su)", &arch, &flags);

    models.n = virConnectGetCPUModelNames(call->connect, arch, &models.list, flags);
    if (models.n < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@as)", value_from_strings(models.list, models.n));
}

const Event connection_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "GetCPUModelNames", needs_connect_read, NULL, -1, LANE_SHORT, BINDING_READS,
      connection_get_cpu_model_names },
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
