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
domain_pin_vcpu(Call *call, GVariant *arguments, GError **error)
{
    guint32 vcpu;
    g_autoptr(GVariant) cpumap_booleans = NULL;
    int cpumap_length;
    guint32 flags;

    g_variant_get(arguments, "(u@abu)", &vcpu, &cpumap_booleans, &flags);

    g_autofree guchar *cpumap = value_to_bitmap(cpumap_booleans, &cpumap_length);

    if (virDomainPinVcpuFlags(call->object, vcpu, cpumap, cpumap_length, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "PinVcpu", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES, domain_pin_vcpu },
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
