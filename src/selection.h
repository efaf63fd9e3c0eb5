/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "permit.h"

/* What a caller may have of a call's answer. Of one who may do everything that is all. */

/* On a worker: notes what polkit will have to know of the objects that a call found. */
void selection_describe(Call *call);

/* Takes the objects that the caller may not know of out of the call's result. */
void selection_of_results(Call *call, PermitNext next);

/* Finds out which objects of its connection the caller may know of; and then, whether it may know
 * of one, and read one of its properties. */
void selection_of_registry(Call *call, PermitNext next);
gboolean selection_shows(Call *call, const Kind *kind, const char *element);
gboolean selection_shows_property(Call *call, const char *element, const Binding *getter);
