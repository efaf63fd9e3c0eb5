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
domain_create_with_files(Call *call, GVariant *arguments, GError **error)
{
    g_autoptr(GVariant) files_handles = NULL;
    guint n_files;
    guint32 flags;

    g_variant_get(arguments, "(@ahu)", &files_handles, &flags);

    const int *files = call_find_descriptors(call, files_handles, &n_files, error);
    if (!files)
        return NULL;

    if (virDomainCreateWithFiles(call->object, n_files, (int *)files, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "CreateWithFiles", needs_domain_write, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_create_with_files },
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
