/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "call.h"

/* Has a worker of the connection do something for the call, unless too many calls wait already. */
void call_push(Call *call, LinkRun run, LinkDone done);
