/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Networks and their ports: the list of leases, whose structures follow no rule, and the one
 * function of libvirt that returns a handle without a reference.
 */

#include "bindings.h"
#include "call.h"
#include "error.h"
#include "value.h"

static GVariant *
lease_to_variant(const virNetworkDHCPLease *lease)
{
    return g_variant_new("(@sxi@s@s@su@s@s)", value_from_string(lease->iface),
                         (gint64)lease->expirytime, lease->type, value_from_string(lease->mac),
                         value_from_string(lease->iaid), value_from_string(lease->ipaddr),
                         lease->prefix, value_from_string(lease->hostname),
                         value_from_string(lease->clientid));
}

GVariant *
network_get_dhcp_leases(Call *call, GVariant *arguments, GError **error)
{
    const char *mac;
    guint32 flags;

    g_variant_get(arguments, "(&su)", &mac, &flags);

    g_autofree virNetworkDHCPLeasePtr *leases = NULL;
    int n = virNetworkGetDHCPLeases(call->object, value_or_null(mac), &leases, flags);
    if (n < 0)
        return error_from_libvirt(error);

    GVariantBuilder builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(sxisssuss)"));

    for (int i = 0; i < n; i++) {
        g_variant_builder_add_value(&builder, lease_to_variant(leases[i]));
        virNetworkDHCPLeaseFree(leases[i]);
    }

    return g_variant_new("(@a(sxisssuss))", g_variant_builder_end(&builder));
}

GVariant *
network_port_get_network(Call *call, GVariant *arguments G_GNUC_UNUSED, GError **error)
{
    virNetworkPtr network = virNetworkPortGetNetwork(call->object);
    if (!network || virNetworkRef(network) < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@o)", call_take_object(call, &network_kind, network));
}
