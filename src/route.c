/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Over which link a call goes: the main one, unless it would have to wait there; a spare one, if it
 * may take long; or one of the caller's own, where libvirt is told who calls. What a link's worker
 * finds is of that link, so whatever else the call does stays on it. */

#include "route.h"

/* What takes long runs on whichever link is free then, so it finds its object there. */
static void
call_drop_object(Call *call)
{
    if (call->object)
        call->place.kind->free(g_steal_pointer(&call->object));
}

static void
push_on_common(Call *call, LinkRun run, LinkDone done)
{
    Connection *connection = call->place.connection;
    Spares *spares = NULL;

    if (call->lane == LANE_LONG && !call->link)
        spares = connection_get_spares(connection);
    if (spares) {
        call_drop_object(call);
        spares_push(spares, call_get_sender(call), run, done, call);
        return;
    }

    if (!call->link) {
        call->link = link_ref(connection_get_link(connection));
        call->may_reuse = call->object && !connection_is_current(connection, call->link);
        if (call->may_reuse)
            call_drop_object(call);
    }
    link_push(call->link, call_get_sender(call), run, done, call);
}

/* What waits for a link of the caller's own. */
typedef struct {
    Call *call;
    LinkRun run;
    LinkDone done;
} Push;

static void
on_envoy(gpointer data, Link *link, const GError *error)
{
    g_autofree Push *push = data;

    if (error) {
        push->done(push->call, error);
        return;
    }

    if (link) {
        push->call->link = link_ref(link);
        call_drop_object(push->call);
    }
    push_on_common(push->call, push->run, push->done);
}

/* Answers if there are too many already. */
static gboolean
call_enter(Call *call)
{
    if (!call->entered)
        call->entered = connection_enter(call->place.connection, &call->error);
    if (call->entered)
        return TRUE;
    call_reply(call);

    return FALSE;
}

/* What fills the registry is what the service sees, whoever calls. */
void
call_push_common(Call *call, LinkRun run, LinkDone done)
{
    if (call_enter(call))
        push_on_common(call, run, done);
}

gboolean
call_needs_envoy(Call *call)
{
    return call->permit && !call->link && call->place.connection &&
           connection_get_envoys(call->place.connection);
}

void
call_push(Call *call, LinkRun run, LinkDone done)
{
    Push *push;

    if (!call_enter(call))
        return;
    if (!call_needs_envoy(call)) {
        push_on_common(call, run, done);
        return;
    }

    connection_get_main_link(call->place.connection);
    push = g_new(Push, 1);
    *push = (Push){ call, run, done };
    envoys_find(connection_get_envoys(call->place.connection), call_get_sender(call), call->lane,
                on_envoy, push);
}
