/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a call has changed is looked at before the call is answered, so that whoever reads after the
 * answer reads what it changed. */

#include "settle.h"

#include "managed.h"
#include "watch.h"

/* libvirt announces what happens to most kinds of objects; to the others, this does. */
static void
announce(Call *call)
{
    Connection *connection = call->place.connection;
    const Kind *kind = call->place.kind;

    /* Lost meanwhile: nothing is known, and nothing to be said. */
    if (!connection_is_alive(connection))
        return;

    if (kind)
        managed_made(connection, kind, call->element,
                     registry_has(connection_get_registry(connection), kind, call->element)
                         ? OBJECT_CHANGED
                         : OBJECT_DELETED);

    for (guint i = 0; call->found && i < call->found->len; i++) {
        Found *found = &g_array_index(call->found, Found, i);
        g_autofree char *element = found->kind->identity(found->handle);

        managed_made(connection, found->kind, element, OBJECT_CREATED);
    }
}

/* One of the objects that a call changed has been looked at. */
static void
on_settled(gpointer data)
{
    Call *call = data;

    if (--call->n_unsettled > 0)
        return;

    announce(call);
    call_reply(call);
}

void
settle(Call *call)
{
    Connection *connection = call->place.connection;
    const Kind *kind = call->place.kind;

    call->n_unsettled = 1;
    if (kind) {
        call->n_unsettled++;
        watch_look(connection, kind, call->element, on_settled, call);
    }

    for (guint i = 0; call->found && i < call->found->len; i++) {
        Found *found = &g_array_index(call->found, Found, i);
        g_autofree char *element = found->kind->identity(found->handle);

        call->n_unsettled++;
        watch_look(connection, found->kind, element, on_settled, call);
    }

    if (call->destination && connection_is_alive(destination_get_connection(call->destination))) {
        call->n_unsettled++;
        watch_look(destination_get_connection(call->destination), kind, call->element, on_settled,
                   call);
    }

    /* A domain restored from a file, or reverted to a snapshot, was neither called nor returned. */
    if (!kind || !registry_is_live(connection_get_registry(connection), kind)) {
        call->n_unsettled++;
        watch_announced(connection, on_settled, call);
    }

    on_settled(call);
}
