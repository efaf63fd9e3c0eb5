/* Generated from org.libvirt1.StoragePool. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static const Permission needs_storage_vol_create[] = {
    { "storage_vol", "create", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static GVariant *
storage_pool_storage_vol_create_xml_from(Call *call, GVariant *arguments, GError **error)
{
    const char *xml;
    const char *clone_path;
    guint32 flags;

    g_variant_get(arguments, "(&s&ou)", &xml, &clone_path, &flags);

    g_autoptr(virStorageVol) clone = call_find_object(call, &storage_vol_kind, clone_path, error);
    if (!clone)
        return NULL;

    virStorageVolPtr result = virStorageVolCreateXMLFrom(call->object, xml, clone, flags);
    if (!result)
        return error_from_libvirt(error);

    return g_variant_new("(@o)", call_take_object(call, &storage_vol_kind, result));
}

const Event storage_pool_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "StorageVolCreateXMLFrom", needs_storage_vol_create, NULL, 0, LANE_SHORT, BINDING_CHANGES,
      storage_pool_storage_vol_create_xml_from },
    { 0 },
};

static const Binding getters[] = {
    { 0 },
};

static const Binding setters[] = {
    { 0 },
};

const Interface storage_pool_bindings = {
    .info = (GDBusInterfaceInfo *)&storage_pool_interface,
    .driver = NULL,
    .methods = methods,
    .getters = getters,
    .setters = setters,
};
