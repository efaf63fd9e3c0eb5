/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* The order in which the jobs of several callers are served. For the main thread alone. */
typedef struct Turns Turns;

/* A job's place in that order. */
typedef struct {
    struct Flow *flow; /* (nullable) */
    guint64 round;
    guint64 number; /* in the order of their coming */
} Turn;

Turns *turns_new(void);
void turns_free(Turns *turns);

/* The place of a job that has come; and it has been served. A job of the service's own, with no
 * caller, is its only one: it never waits for the others of its kind. */
Turn turns_take(Turns *turns, const char *caller);
void turns_end(Turns *turns, const Turn *turn);

/* On any thread: which is served first. */
int turn_compare(const Turn *a, const Turn *b);
