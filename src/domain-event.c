/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one event of a domain that has nested structs among its arguments: a client at its display.
 * Relies on libvirt's events arriving on the main thread.
 */

#include "bindings.h"
#include "event.h"
#include "value.h"

static GVariant *
value_from_address(const virDomainEventGraphicsAddress *address)
{
    return g_variant_new("(i@s@s)", address->family, value_from_string(address->node),
                         value_from_string(address->service));
}

static GVariant *
value_from_subject(const virDomainEventGraphicsSubject *subject)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("a(ss)"));
    for (int i = 0; i < subject->nidentity; i++) {
        g_variant_builder_add(&builder, "(@s@s)", value_from_string(subject->identities[i].type),
                              value_from_string(subject->identities[i].name));
    }
    return g_variant_builder_end(&builder);
}

void
domain_on_graphics(virConnectPtr connect G_GNUC_UNUSED, virDomainPtr domain, int phase,
                   const virDomainEventGraphicsAddress *local,
                   const virDomainEventGraphicsAddress *remote, const char *auth_scheme,
                   const virDomainEventGraphicsSubject *subject, void *opaque)
{
    event_emit(opaque, &domain_kind, domain, "Graphics",
               g_variant_new("(i@(iss)@(iss)@s@a(ss))", phase, value_from_address(local),
                             value_from_address(remote), value_from_string(auth_scheme),
                             value_from_subject(subject)));
}
