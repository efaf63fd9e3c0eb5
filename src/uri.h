/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* Whether opening a connection by @uri makes this process do no more than talk to a hypervisor:
 * run no program, read or write no file that the URI names, and verify who answers as it always
 * does. */
gboolean uri_is_plain(const char *uri);
