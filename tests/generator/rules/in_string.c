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
domain_rename(Call *call, GVariant *arguments, GError **error)
{
    const char *new_name;
    guint32 flags;

    g_variant_get(arguments, "(&su)", &new_name, &flags);

    if (virDomainRename(call->object, new_name, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

static GVariant *
domain_set_metadata(Call *call, GVariant *arguments, GError **error)
{
    gint32 type;
    const char *metadata;
    const char *key;
    const char *uri;
    guint32 flags;

    g_variant_get(arguments, "(i&s&s&su)", &type, &metadata, &key, &uri, &flags);

    if (virDomainSetMetadata(call->object, type, value_or_null(metadata), value_or_null(key), uri,
                             flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "Rename", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES, domain_rename },
    { "SetMetadata", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_set_metadata },
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
