/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "call.h"

/* Has a worker of the connection do something for the call, unless too many calls wait already. */
void call_push(Call *call, LinkRun run, LinkDone done);

/* The same, but never on a link of the caller's own. */
void call_push_common(Call *call, LinkRun run, LinkDone done);

/* Whether call_push() will be on a link of the caller's own, which is still to be found. */
gboolean call_needs_envoy(Call *call);
