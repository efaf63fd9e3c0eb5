/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "call.h"
#include "claims.h"

/* What a call needs to be allowed. */

/* Each goes on with the call, now or later; with its error set if it is refused. */
typedef void (*PermitNext)(Call *call);

/* Of a call that must be asked about; those of others have none. */
typedef struct Permit {
    PermitNext next;
    char **connection_details; /* (owned) */
    char **details;            /* (owned) (nullable) the same, and of the object called */
    Claims claims;
} Permit;

void permit_free(Permit *permit);

/* Before anything is done. */
void permit_call(Call *call, PermitNext next);

/* After that: whether the caller may read a property of GetAll's, or know of a connection. */
gboolean permit_reads(Call *call, const Binding *getter);
gboolean permit_shows_connection(Call *call, Connection *connection);

/* Whether the caller would type a password for it. */
gboolean permit_is_interactive(Call *call);

/* --- for selection.c --- */

/* Asks what is claimed. Only what is about one call, and not one of many things that it shows, is
 * worth a password: @interactive. */
void permit_ask(Call *call, gboolean interactive, ClientAnswered answered);
