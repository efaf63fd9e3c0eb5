/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "authority.h"
#include "connection.h"

/* Who hears which signal. */
typedef struct Audience Audience;

/* Sends a signal to one, or to all if @destination is NULL. */
typedef void (*AudienceDeliver)(gpointer data, const char *destination, Connection *connection,
                                const Signal *signal);

Audience *audience_new(Callers *callers, Authority *authority, AudienceDeliver deliver,
                       gpointer data);
void audience_free(Audience *audience);

void audience_tell(Audience *audience, Connection *connection, const Signal *signal);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Audience, audience_free)
