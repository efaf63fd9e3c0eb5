/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the registry keeps of storage pools. */

#include "bindings.h"
#include "observe.h"
#include "value.h"

static gboolean
describe(void *handle, gpointer gathered G_GNUC_UNUSED, GVariantBuilder *values)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    virStoragePoolInfo info;

    virStoragePoolGetUUIDString(handle, uuid);
    g_variant_builder_add(values, "{sv}", "Name", value_from_string(virStoragePoolGetName(handle)));
    g_variant_builder_add(values, "{sv}", "UUID", value_from_string(uuid));
    if (virStoragePoolGetInfo(handle, &info) < 0)
        return FALSE;

    g_variant_builder_add(values, "{sv}", "State", g_variant_new_int32(info.state));
    g_variant_builder_add(values, "{sv}", "Capacity", g_variant_new_uint64(info.capacity));
    g_variant_builder_add(values, "{sv}", "Allocation", g_variant_new_uint64(info.allocation));
    g_variant_builder_add(values, "{sv}", "Available", g_variant_new_uint64(info.available));

    return TRUE;
}

static int
ask_active(void *handle)
{
    return virStoragePoolIsActive(handle);
}

static int
ask_autostart(void *handle)
{
    int autostart;

    return virStoragePoolGetAutostart(handle, &autostart) < 0 ? -1 : autostart;
}

static int
ask_persistent(void *handle)
{
    return virStoragePoolIsPersistent(handle);
}

static const Trait traits[] = {
    { "Active", VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE, ask_active },
    { "Autostart", VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART, ask_autostart },
    { "Persistent", VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT, ask_persistent },
    { NULL, 0, NULL },
};

const Observer storage_pool_observer = { &storage_pool_kind, traits, describe, NULL, NULL, NULL };
