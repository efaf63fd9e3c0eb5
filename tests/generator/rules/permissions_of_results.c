/* Generated from org.libvirt1.Connection. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static const Permission needs_nothing[] = {
    { 0 },
};

static const Permission needs_domain_getattr[] = {
    { "domain", "getattr", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static const Permission needs_connect_read[] = {
    { "connect", "read", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static const Permission needs_connect_search_domains[] = {
    { "connect", "search_domains", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static const Permission needs_domain_write_domain_save[] = {
    { "domain", "write", WHEN_ALWAYS, 0, 0 },
    { "domain", "save", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static const Permission needs_connect_write[] = {
    { "connect", "write", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static GVariant *
connection_find(Call *call, GVariant *arguments, GError **error)
{
    const char *uuid;

    g_variant_get(arguments, "(&s)", &uuid);

    virDomainPtr result = virDomainLookupByUUIDString(call->connect, uuid);
    if (!result)
        return error_from_libvirt(error);

    return g_variant_new("(@o)", call_take_object(call, &domain_kind, result));
}

static GVariant *
connection_find_and_more(Call *call, GVariant *arguments, GError **error)
{
    const char *uuid;

    g_variant_get(arguments, "(&s)", &uuid);

    virDomainPtr result = virDomainLookupByUUIDString(call->connect, uuid);
    if (!result)
        return error_from_libvirt(error);

    return g_variant_new("(@o)", call_take_object(call, &domain_kind, result));
}

static GVariant *
connection_list(Call *call, GVariant *arguments, GError **error)
{
    virDomainPtr *domains = NULL;
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    int n_domains = virConnectListAllDomains(call->connect, &domains, flags);
    if (n_domains < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@ao)",
                         call_take_objects(call, &domain_kind, (void **)domains, n_domains));
}

const Event connection_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "Find", needs_nothing, needs_domain_getattr, -1, LANE_SHORT, BINDING_READS, connection_find },
    { "FindAndMore", needs_connect_read, needs_domain_getattr, -1, LANE_SHORT, BINDING_READS,
      connection_find_and_more },
    { "List", needs_connect_search_domains, needs_domain_getattr, -1, LANE_SHORT, BINDING_READS,
      connection_list },
    { "Make", needs_domain_write_domain_save, NULL, 1, LANE_SHORT, BINDING_CHANGES,
      connection_make },
    { "MakeNothing", needs_connect_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      connection_make_nothing },
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
