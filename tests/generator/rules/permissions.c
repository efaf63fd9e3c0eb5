/* Generated from org.libvirt1.Domain. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static const Permission needs_domain_write_domain_save[] = {
    { "domain", "write", WHEN_ALWAYS, 0, 0 },
    { "domain", "save", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static const Permission needs_domain_write_domain_save_2[] = {
    { "domain", "write", WHEN_ALWAYS, 0, 0 },
    { "domain", "save", WHEN_ANY_SET, 1, VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE },
    { 0 },
};

static const Permission needs_domain_write[] = {
    { "domain", "write", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static const Permission needs_domain_read_domain_write[] = {
    { "domain", "read", WHEN_ALWAYS, 0, 0 },
    { "domain", "write", WHEN_EQUAL, 0, VIR_DOMAIN_METADATA_TITLE },
    { 0 },
};

static const Permission needs_domain_write_domain_save_3[] = {
    { "domain", "write", WHEN_ALWAYS, 0, 0 },
    { "domain", "save", WHEN_NONE_SET, 1, VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE },
    { 0 },
};

static GVariant *
domain_always(Call *call, GVariant *arguments, GError **error)
{
    guint64 memory;
    guint32 flags;

    g_variant_get(arguments, "(tu)", &memory, &flags);

    if (virDomainSetMemoryFlags(call->object, memory, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

static GVariant *
domain_if_any_set(Call *call, GVariant *arguments, GError **error)
{
    guint64 memory;
    guint32 flags;

    g_variant_get(arguments, "(tu)", &memory, &flags);

    if (virDomainSetMemoryFlags(call->object, memory, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

static GVariant *
domain_if_any_set_without_flags(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    if (virDomainPMWakeup(call->object, 0) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

static GVariant *
domain_if_equal(Call *call, GVariant *arguments, GError **error)
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

static GVariant *
domain_if_none_set(Call *call, GVariant *arguments, GError **error)
{
    guint64 memory;
    guint32 flags;

    g_variant_get(arguments, "(tu)", &memory, &flags);

    if (virDomainSetMemoryFlags(call->object, memory, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

static GVariant *
domain_if_none_set_without_flags(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    if (virDomainPMWakeup(call->object, 0) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

static GVariant *
domain_same_as_always(Call *call, GVariant *arguments, GError **error)
{
    guint64 memory;
    guint32 flags;

    g_variant_get(arguments, "(tu)", &memory, &flags);

    if (virDomainSetMemoryFlags(call->object, memory, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "Always", needs_domain_write_domain_save, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_always },
    { "IfAnySet", needs_domain_write_domain_save_2, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_if_any_set },
    { "IfAnySetWithoutFlags", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_if_any_set_without_flags },
    { "IfEqual", needs_domain_read_domain_write, NULL, -1, LANE_SHORT, BINDING_READS,
      domain_if_equal },
    { "IfNoneSet", needs_domain_write_domain_save_3, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_if_none_set },
    { "IfNoneSetWithoutFlags", needs_domain_write_domain_save, NULL, -1, LANE_SHORT,
      BINDING_CHANGES, domain_if_none_set_without_flags },
    { "SameAsAlways", needs_domain_write_domain_save, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_same_as_always },
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
