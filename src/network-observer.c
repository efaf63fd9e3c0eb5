/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the registry keeps of networks. */

#include "bindings.h"
#include "observe.h"
#include "value.h"

static gboolean
describe(void *handle, gpointer gathered G_GNUC_UNUSED, GVariantBuilder *values)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    g_autofree char *bridge = virNetworkGetBridgeName(handle);

    virNetworkGetUUIDString(handle, uuid);
    g_variant_builder_add(values, "{sv}", "Name", value_from_string(virNetworkGetName(handle)));
    g_variant_builder_add(values, "{sv}", "UUID", value_from_string(uuid));
    if (bridge)
        g_variant_builder_add(values, "{sv}", "BridgeName", value_from_string(bridge));

    return TRUE;
}

static int
ask_active(void *handle)
{
    return virNetworkIsActive(handle);
}

static int
ask_autostart(void *handle)
{
    int autostart;

    return virNetworkGetAutostart(handle, &autostart) < 0 ? -1 : autostart;
}

static int
ask_persistent(void *handle)
{
    return virNetworkIsPersistent(handle);
}

static const Trait traits[] = {
    { "Active", VIR_CONNECT_LIST_NETWORKS_ACTIVE, ask_active },
    { "Autostart", VIR_CONNECT_LIST_NETWORKS_AUTOSTART, ask_autostart },
    { "Persistent", VIR_CONNECT_LIST_NETWORKS_PERSISTENT, ask_persistent },
    { NULL, 0, NULL },
};

const Observer network_observer = { &network_kind, traits, describe, NULL, NULL, NULL };
