/* Generated from org.libvirt1.StorageVol. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static int
storage_vol_ref(void *handle)
{
    return virStorageVolRef(handle);
}

static int
storage_vol_free(void *handle)
{
    return virStorageVolFree(handle);
}

static char *
storage_vol_identity(void *handle)
{
    return path_encode(virStorageVolGetKey(handle));
}

static void *
storage_vol_look_up(virConnectPtr connect, const char *key, GError **error)
{
    virStorageVolPtr handle = virStorageVolLookupByKey(connect, key);
    if (!handle)
        return error_from_libvirt(error);

    return handle;
}

const Kind storage_vol_kind = {
    .node = "storagevol",
    .missing = VIR_ERR_NO_STORAGE_VOL,
    .identity = storage_vol_identity,
    .decode = path_decode,
    .look_up = storage_vol_look_up,
    .list = NULL,
    .ref = storage_vol_ref,
    .free = storage_vol_free,
    .interfaces = storage_vol_interfaces,
    .compat_interfaces = NULL,
    .compat = NULL,
};

const Event storage_vol_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { 0 },
};

static const Binding getters[] = {
    { 0 },
};

static const Binding setters[] = {
    { 0 },
};

const Interface storage_vol_bindings = {
    .info = (GDBusInterfaceInfo *)&storage_vol_interface,
    .driver = NULL,
    .methods = methods,
    .getters = getters,
    .setters = setters,
};
