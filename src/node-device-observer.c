/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the registry keeps of node devices and secrets: what their handles tell. A host has hundreds
 * of devices, and libvirt tells the parent of each by a request of its own, so that is not kept. */

#include "bindings.h"
#include "observe.h"
#include "value.h"

static const Trait no_traits[] = { { NULL, 0, NULL } };

static gboolean
describe_device(void *handle, gpointer gathered G_GNUC_UNUSED, GVariantBuilder *values)
{
    g_variant_builder_add(values, "{sv}", "Name", value_from_string(virNodeDeviceGetName(handle)));

    return TRUE;
}

static gboolean
describe_secret(void *handle, gpointer gathered G_GNUC_UNUSED, GVariantBuilder *values)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";

    virSecretGetUUIDString(handle, uuid);
    g_variant_builder_add(values, "{sv}", "UUID", value_from_string(uuid));
    g_variant_builder_add(values, "{sv}", "UsageID",
                          value_from_string(virSecretGetUsageID(handle)));
    g_variant_builder_add(values, "{sv}", "UsageType",
                          g_variant_new_int32(virSecretGetUsageType(handle)));

    return TRUE;
}

const Observer node_device_observer = {
    &node_device_kind, no_traits, describe_device, NULL, NULL, NULL
};
const Observer secret_observer = { &secret_kind, no_traits, describe_secret, NULL, NULL, NULL };
