/* Generated from org.libvirt1.Connection. */

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
connection_domain_create_xml(Call *call, GVariant *arguments, GError **error)
{
    const char *xml;
    guint32 flags;

    g_variant_get(arguments, "(&su)", &xml, &flags);

    virDomainPtr result = virDomainCreateXML(call->connect, xml, flags);
    if (!result)
        return error_from_libvirt(error);

    return g_variant_new("(@o)", call_take_object(call, &domain_kind, result));
}

const Event connection_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "DomainCreateXML", needs_domain_write, NULL, 0, LANE_SHORT, BINDING_CHANGES,
      connection_domain_create_xml },
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
