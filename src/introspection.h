/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "service.h"

/* Introspection for those who may know what it shows. For the main thread alone. */
typedef struct Introspection Introspection;

Introspection *introspection_new(Service *service, GDBusConnection *bus);
void introspection_free(Introspection *introspection); /* answers all that wait */

/* A GateHold. */
void introspection_answer(gpointer data, GDBusMessage *message);
