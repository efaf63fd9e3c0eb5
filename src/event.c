/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libvirt's events, turned into signals. Their callbacks, all but a few generated, run on the main
 * thread, because libvirt's event loop is the default main context. Those of coming and going are
 * sent from the connection, all others from the object. */

#include "event.h"

#include "bindings.h"
#include "details.h"

static const char *
find_interface(const Kind *kind, const char *signal)
{
    for (const Interface *const *i = kind->interfaces; *i; i++) {
        if (g_dbus_interface_info_lookup_signal((*i)->info, signal))
            return (*i)->info->name;
    }
    g_return_val_if_reached(NULL);
}

static void
hear(void *opaque, const Kind *kind, void *handle, const char *name, GVariant *arguments,
     gboolean look)
{
    Connection *connection = link_get_owner(opaque);
    g_autoptr(GVariant) owned = g_variant_ref_sink(arguments);
    g_autofree char *element = kind->identity(handle);
    g_auto(GStrv) details = details_add_object(NULL, kind, handle);
    const Signal signal = { kind, element, FALSE,   find_interface(kind, name),
                            name, owned,   details, FALSE };

    if (connection)
        connection_hear(connection, &signal, look);
}

void
event_emit(void *opaque, const Kind *kind, void *handle, const char *signal, GVariant *arguments)
{
    hear(opaque, kind, handle, signal, arguments, FALSE);
}

void
event_emit_change(void *opaque, const Kind *kind, void *handle, const char *signal,
                  GVariant *arguments)
{
    hear(opaque, kind, handle, signal, arguments, TRUE);
}

static void
emit_lifecycle(void *opaque, const Kind *kind, void *handle, const char *name, int event,
               int detail)
{
    Connection *connection = link_get_owner(opaque);
    g_autoptr(GVariant) arguments = g_variant_ref_sink(g_variant_new("(ii)", event, detail));
    g_autofree char *element = kind->identity(handle);
    g_auto(GStrv) details = details_add_object(NULL, kind, handle);
    const Signal signal = { kind, element,   TRUE,    connection_bindings.info->name,
                            name, arguments, details, FALSE };

    if (connection)
        connection_hear(connection, &signal, TRUE);
}

int
connection_on_domain_event(virConnectPtr connect G_GNUC_UNUSED, virDomainPtr domain, int event,
                           int detail, void *opaque)
{
    emit_lifecycle(opaque, &domain_kind, domain, "DomainEvent", event, detail);
    return 0;
}

void
connection_on_network_event(virConnectPtr connect G_GNUC_UNUSED, virNetworkPtr network, int event,
                            int detail, void *opaque)
{
    emit_lifecycle(opaque, &network_kind, network, "NetworkEvent", event, detail);
}

void
connection_on_storage_pool_event(virConnectPtr connect G_GNUC_UNUSED, virStoragePoolPtr pool,
                                 int event, int detail, void *opaque)
{
    emit_lifecycle(opaque, &storage_pool_kind, pool, "StoragePoolEvent", event, detail);
}

void
connection_on_node_device_event(virConnectPtr connect G_GNUC_UNUSED, virNodeDevicePtr device,
                                int event, int detail, void *opaque)
{
    emit_lifecycle(opaque, &node_device_kind, device, "NodeDeviceEvent", event, detail);
}

void
connection_on_secret_event(virConnectPtr connect G_GNUC_UNUSED, virSecretPtr secret, int event,
                           int detail, void *opaque)
{
    emit_lifecycle(opaque, &secret_kind, secret, "SecretEvent", event, detail);
}
