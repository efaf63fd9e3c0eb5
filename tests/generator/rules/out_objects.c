/* Generated from org.libvirt1.StoragePool. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static const Permission needs_storage_pool_search_storage_vols[] = {
    { "storage_pool", "search_storage_vols", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static GVariant *
storage_pool_list_storage_volumes(Call *call, GVariant *arguments, GError **error)
{
    virStorageVolPtr *vols = NULL;
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    int n_vols = virStoragePoolListAllVolumes(call->object, &vols, flags);
    if (n_vols < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@ao)",
                         call_take_objects(call, &storage_vol_kind, (void **)vols, n_vols));
}

const Event storage_pool_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "ListStorageVolumes", needs_storage_pool_search_storage_vols, NULL, -1, LANE_SHORT,
      BINDING_READS, storage_pool_list_storage_volumes },
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
