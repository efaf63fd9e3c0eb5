/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

/* Keeps calls from GDBus that it would answer to anybody. */
typedef struct Gate Gate;

/* On the main thread: takes over a call that was held. Whoever takes it answers it. */
typedef void (*GateHold)(gpointer data, GDBusMessage *message);

Gate *gate_new(GDBusConnection *bus, GateHold hold, gpointer data);

/* Holds nothing from now on. */
void gate_close(Gate *gate);
