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
domain_fs_freeze(Call *call, GVariant *arguments, GError **error)
{
    g_autofree const char **mountpoints = NULL;
    guint32 flags;

    g_variant_get(arguments, "(^a&su)", &mountpoints, &flags);

    guint n_mountpoints = g_strv_length((char **)mountpoints);

    int result = virDomainFSFreeze(call->object, n_mountpoints > 0 ? mountpoints : NULL,
                                   n_mountpoints, flags);
    if (result < 0)
        return error_from_libvirt(error);

    return g_variant_new("(u)", result);
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "FSFreeze", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES, domain_fs_freeze },
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
