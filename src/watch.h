/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "connection.h"

/* Objects that libvirt said something about, and that are being looked at again. */
typedef struct Watches Watches;

Watches *watches_new(void);
/* They end by themselves, without a signal. */
void watches_forget(Watches *watches);
void watches_free(Watches *watches);

/* Sends @signal after those that were given for the same object before; if @look, not before the
 * object has been looked at. */
void watch_signal(Connection *connection, const Signal *signal, gboolean look);

/* Looks at the object, then calls @done (nullable); at the latest when the connection is lost. */
typedef void (*WatchDone)(gpointer data);

void watch_look(Connection *connection, const Kind *kind, const char *element, WatchDone done,
                gpointer data);

/* Looks at the object in a while, whether or not libvirt says that it has changed. */
void watch_later(Connection *connection, const Kind *kind, const char *element);

/* Calls @done when what libvirt announced until now has been looked at. */
void watch_announced(Connection *connection, WatchDone done, gpointer data);
