/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "caller.h"

/* Who may do what. */
typedef struct Authority Authority;

Authority *authority_new(Callers *callers, gboolean system_bus);
void authority_free(Authority *authority);

/* Tells, now or later, but always on the main thread: no @error means yes. */
typedef void (*AuthorityAnswer)(gpointer data, const GError *error);

void authority_check(Authority *authority, const char *sender, AuthorityAnswer answer,
                     gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Authority, authority_free)
