/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "link.h"

/* More links to the hypervisor of a connection, without events or objects of their own: for what
 * takes long, and for what would have to wait for another call. */
typedef struct Spares Spares;

Spares *spares_new(const LinkOptions *options); /* as for a link with all the workers */
void spares_free(Spares *spares); /* calls that run end by themselves, the others have failed */

/* One that does nothing now, opened if need be; NULL if all are busy. */
Link *spares_get_idle(Spares *spares);

/* One that does nothing now and is open; NULL if there is none, but then there may be the next
 * time. */
Link *spares_get_open(Spares *spares);

/* Does something long, as link_push() would, on one of them when it is the caller's turn. No caller
 * has all workers to themselves. */
void spares_push(Spares *spares, const char *caller, LinkRun run, LinkDone done, gpointer data);

/* Whether one connection to libvirt may be used by one thread at a time only. */
gboolean spares_are_needed(const char *uri);
