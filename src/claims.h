/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "authority.h"
#include "binding.h"

/* What somebody needs, and which of that they have been granted. */
typedef struct {
    GPtrArray *questions; /* (owned) of Question: what is being asked */
    GHashTable *granted;  /* (owned) of char */
} Claims;

void claims_init(Claims *claims);
void claims_clear(Claims *claims);

/* Adds all @needs, about whom or what is in @details. @subject (nullable) tells those apart that
 * are about different things; NULL stands for all of them. */
void claims_add(Claims *claims, const Permission *needs, char **details, const char *subject);

/* Takes what was answered. @refusal (owned) (nullable) is set to the first, if there is any. */
void claims_take(Claims *claims, GError **refusal);

/* Whether all @needs were granted. */
gboolean claims_has(Claims *claims, const Permission *needs, const char *subject);
