/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* From now on libvirt waits for its sockets and timers in the loop of @context, which lasts as long
 * as the process. */
gboolean event_loop_register(GMainContext *context, GError **error);
