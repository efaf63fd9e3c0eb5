/* Generated from org.libvirt1.Domain. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static const Permission needs_domain_hibernate[] = {
    { "domain", "hibernate", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static GVariant *
domain_save_params(Call *call G_GNUC_UNUSED, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    return error_no_support(error, "virDomainSaveParams");
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "SaveParams", needs_domain_hibernate, NULL, -1, LANE_LONG, BINDING_CHANGES,
      domain_save_params },
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
