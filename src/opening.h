/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* The calls of Manager.OpenConnection that are not answered yet. For the main thread alone. */
typedef struct Openings Openings;

Openings *openings_new(void);
void openings_free(Openings *openings);

/* The caller has left the bus. */
void openings_forget(Openings *openings, const char *caller);

/* Answers all: the service ends. */
void openings_end(Openings *openings);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Openings, openings_free)
