/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libvirt's events, turned into signals. Their callbacks, all but a few generated, run on the main
 * thread, because libvirt's event loop is the default main context.
 *
 * Each brings a fresh handle of its object, which takes the place of the one that was known. The
 * events of coming and going are sent from the connection, as well as kept in the registry. */

#include "event.h"

#include "bindings.h"
#include "connection.h"

static const char *
find_interface(const Kind *kind, const char *signal)
{
    for (const Interface *const *i = kind->interfaces; *i; i++) {
        if (g_dbus_interface_info_lookup_signal((*i)->info, signal))
            return (*i)->info->name;
    }
    g_return_val_if_reached(NULL);
}

void
event_emit(void *opaque, const Kind *kind, void *handle, const char *signal, GVariant *arguments)
{
    Connection *connection = link_get_owner(opaque);
    g_autoptr(GVariant) owned = g_variant_ref_sink(arguments);
    g_autofree char *element = kind->identity(handle);

    if (connection) {
        const Signal about = { kind, element, FALSE, find_interface(kind, signal), signal, owned };
        connection_emit(connection, &about);
    }
}

static void
emit_lifecycle(void *opaque, const Kind *kind, void *handle, const char *signal, gboolean leaves,
               int event, int detail)
{
    Connection *connection = link_get_owner(opaque);
    g_autoptr(GVariant) arguments = g_variant_ref_sink(g_variant_new("(ii)", event, detail));
    g_autofree char *element = kind->identity(handle);
    const Signal about = { kind, element, TRUE, connection_bindings.info->name, signal, arguments };

    if (!connection)
        return;

    kind->ref(handle);
    connection_add(connection, kind, handle);
    connection_emit(connection, &about);
    if (leaves)
        connection_verify(connection, kind, element);
}

int
connection_on_domain_event(virConnectPtr connect G_GNUC_UNUSED, virDomainPtr domain, int event,
                           int detail, void *opaque)
{
    gboolean leaves = event == VIR_DOMAIN_EVENT_UNDEFINED || event == VIR_DOMAIN_EVENT_STOPPED;

    emit_lifecycle(opaque, &domain_kind, domain, "DomainEvent", leaves, event, detail);
    return 0;
}

void
connection_on_network_event(virConnectPtr connect G_GNUC_UNUSED, virNetworkPtr network, int event,
                            int detail, void *opaque)
{
    gboolean leaves = event == VIR_NETWORK_EVENT_UNDEFINED || event == VIR_NETWORK_EVENT_STOPPED;

    emit_lifecycle(opaque, &network_kind, network, "NetworkEvent", leaves, event, detail);
}

void
connection_on_storage_pool_event(virConnectPtr connect G_GNUC_UNUSED, virStoragePoolPtr pool,
                                 int event, int detail, void *opaque)
{
    gboolean leaves =
        event == VIR_STORAGE_POOL_EVENT_UNDEFINED || event == VIR_STORAGE_POOL_EVENT_STOPPED;

    emit_lifecycle(opaque, &storage_pool_kind, pool, "StoragePoolEvent", leaves, event, detail);
}

void
connection_on_node_device_event(virConnectPtr connect G_GNUC_UNUSED, virNodeDevicePtr device,
                                int event, int detail, void *opaque)
{
    gboolean leaves = event != VIR_NODE_DEVICE_EVENT_CREATED;

    emit_lifecycle(opaque, &node_device_kind, device, "NodeDeviceEvent", leaves, event, detail);
}

void
connection_on_secret_event(virConnectPtr connect G_GNUC_UNUSED, virSecretPtr secret, int event,
                           int detail, void *opaque)
{
    gboolean leaves = event == VIR_SECRET_EVENT_UNDEFINED;

    emit_lifecycle(opaque, &secret_kind, secret, "SecretEvent", leaves, event, detail);
}
