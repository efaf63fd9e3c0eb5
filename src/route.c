/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Over which link a call goes: the main one, unless it would have to wait there, or a spare one, if
 * it may take long. What a link's worker finds is of that link, so whatever else the call does
 * stays on it. */

#include "route.h"

/* What takes long runs on whichever link is free then, so it finds its object there. */
static void
call_drop_object(Call *call)
{
    if (call->object)
        call->place.kind->free(g_steal_pointer(&call->object));
}

void
call_push(Call *call, LinkRun run, LinkDone done)
{
    Connection *connection = call->place.connection;
    Spares *spares;

    if (!call->entered)
        call->entered = connection_enter(connection, &call->error);
    if (!call->entered) {
        call_reply(call);
        return;
    }

    spares = call->lane == LANE_LONG ? connection_get_spares(connection) : NULL;
    if (spares) {
        call_drop_object(call);
        spares_push(spares, call_get_sender(call), run, done, call);
        return;
    }

    if (!call->link) {
        call->link = link_ref(connection_get_link(connection));
        if (!connection_is_current(connection, call->link))
            call_drop_object(call);
    }
    link_push(call->link, call_get_sender(call), run, done, call);
}
