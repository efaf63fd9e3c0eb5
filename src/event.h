/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "kind.h"

/* One of libvirt's events, and how to have it or not. */
typedef struct {
    const char *signal;
    const Kind *kind;   /* of the objects that it is about */
    gboolean lifecycle; /* it tells of their coming and going */
    int (*enable)(virConnectPtr connect, void *opaque);
    int (*disable)(virConnectPtr connect, int id);
} Event;

/* What the callback of an event ends with, on the main thread: sends @signal from the object that
 * it is about. @opaque is the link that the event came through. */
void event_emit(void *opaque, const Kind *kind, void *handle, const char *signal,
                GVariant *arguments);

/* The same, for an event after which the object may have other properties. */
void event_emit_change(void *opaque, const Kind *kind, void *handle, const char *signal,
                       GVariant *arguments);
