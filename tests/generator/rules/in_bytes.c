/* Generated from org.libvirt1.Secret. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static const Permission needs_secret_write[] = {
    { "secret", "write", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static GVariant *
secret_set_value(Call *call, GVariant *arguments, GError **error)
{
    g_autoptr(GVariant) value_bytes = NULL;
    gsize n_value;
    guint32 flags;

    g_variant_get(arguments, "(@ayu)", &value_bytes, &flags);

    const guchar *value = g_variant_get_fixed_array(value_bytes, &n_value, 1);

    if (virSecretSetValue(call->object, value, n_value, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

const Event secret_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "SetValue", needs_secret_write, NULL, -1, LANE_SHORT, BINDING_CHANGES, secret_set_value },
    { 0 },
};

static const Binding getters[] = {
    { 0 },
};

static const Binding setters[] = {
    { 0 },
};

const Interface secret_bindings = {
    .info = (GDBusInterfaceInfo *)&secret_interface,
    .driver = NULL,
    .methods = methods,
    .getters = getters,
    .setters = setters,
};
