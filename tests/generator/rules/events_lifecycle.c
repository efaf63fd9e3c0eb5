/* Generated from org.libvirt1.Connection. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static int
connection_on_domain_event_enable(virConnectPtr connect, void *opaque)
{
    GCallback callback = G_CALLBACK(connection_on_domain_event);

    return virConnectDomainEventRegisterAny(connect, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                            (virConnectDomainEventGenericCallback)callback, opaque,
                                            NULL);
}

const Event connection_events[] = {
    { "DomainEvent", &domain_kind, TRUE, connection_on_domain_event_enable,
      virConnectDomainEventDeregisterAny },
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

const Interface connection_bindings = {
    .info = (GDBusInterfaceInfo *)&connection_interface,
    .driver = NULL,
    .methods = methods,
    .getters = getters,
    .setters = setters,
};
