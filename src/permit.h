/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "call.h"

/* What a call needs to be allowed, and what of its answer the caller may have. A call that may do
 * everything has no Permit. */
typedef struct Permit Permit;

void permit_free(Permit *permit);

/* Each goes on with @next, now or later; with the call's error set if it is refused. */
typedef void (*PermitNext)(Call *call);

/* Before anything is done. */
void permit_call(Call *call, PermitNext next);

/* On a worker: notes what polkit will have to know of the objects that a call found. */
void permit_describe(Call *call);

/* Takes the objects that the caller may not know of out of the call's result. */
void permit_results(Call *call, PermitNext next);

/* Finds out which objects of its connection the caller may know of. */
void permit_view(Call *call, PermitNext next);

/* Whether it may, after permit_view(). */
gboolean permit_shows(Call *call, const Kind *kind, const char *element);
gboolean permit_shows_property(Call *call, const char *element, const Binding *getter);

/* Whether it may, after permit_call(): read a property of GetAll's; know of a connection. */
gboolean permit_reads(Call *call, const Binding *getter);
gboolean permit_shows_connection(Call *call, Connection *connection);
