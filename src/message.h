/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

/* What filters ask of a message that comes in. */

gboolean message_calls(GDBusMessage *message, const char *interface, const char *member);
gboolean message_wants_answer(GDBusMessage *call);
