/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "judge.h"

/* A caller whom polkit is asked about, and what it said. For the main thread alone. */
typedef struct Client Client;

Client *client_new(Judge *judge, const char *sender);
void client_unref(Client *client);

/* Answers all @questions, which stay the caller's, now or later; then calls @answered.
 * @interactive: the user may be asked for a password. */
typedef void (*ClientAnswered)(gpointer data);

void client_ask(Client *client, gboolean interactive, GPtrArray *questions, ClientAnswered answered,
                gpointer data);

/* What polkit said before may no longer be so. */
void client_forget(Client *client);

/* The caller has left: nothing more is asked about it. */
void client_leave(Client *client);
