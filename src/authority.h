/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "caller.h"
#include "client.h"

/* Who may do what. For the main thread alone. */
typedef struct Authority Authority;

Authority *authority_new(Callers *callers, gboolean system_bus);
void authority_free(Authority *authority);

/* A caller who may do everything need not be asked about: root on the system bus, and on the
 * session bus everyone, as it is one user's. Tells now or later; with an error if the bus does not
 * say who it is. */
typedef void (*AuthorityTrust)(gpointer data, gboolean trusted, const GError *error);

void authority_identify(Authority *authority, const char *sender, AuthorityTrust tell,
                        gpointer data);

/* Whether there is nobody who must be asked about. */
gboolean authority_trusts_all(Authority *authority);

/* The same of one caller, from memory: FALSE also for one that is not known yet. */
gboolean authority_trusts(Authority *authority, const char *sender);

/* Answers questions about any other: see client_ask(). */
void authority_ask(Authority *authority, const char *sender, gboolean interactive,
                   GPtrArray *questions, ClientAnswered answered, gpointer data);

/* Nothing more is asked; what waits for an answer is refused. */
void authority_end(Authority *authority);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Authority, authority_free)
