/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "kind.h"

/* How virtbus shows itself on the bus: the native face, and that of libvirt-dbus for the programs
 * written for it. */
typedef struct {
    const char *bus_name;
    const char *root;                        /* the object path above all others */
    const Interface *const *root_interfaces; /* (nullable) */
    const Interface *const *connection_interfaces;
    const Kind *const *kinds;
    gboolean is_compat;
} Face;

extern const Face native_face;
extern const Face compat_face;

/* (owned) Where something is: an object, the folder of its kind (no @element), its connection (no
 * @kind either), or the root (none of them). */
char *face_make_path(const Face *face, const char *connection, const Kind *kind,
                     const char *element);

/* What objects of a kind have on a face, ended by NULL; NULL if it does not have the kind. */
const Interface *const *face_get_interfaces(const Face *face, const Kind *kind);

/* The kind under which a face names objects of a kind. */
const Kind *face_get_kind(const Face *face, const Kind *kind);

/* The interface of @kind, or of connections if that is NULL, that has a signal. */
const Interface *face_find_signal(const Face *face, const Kind *kind, const char *signal);

/* What a call's result looks like on a face. Takes @result, returns a new one. */
GVariant *face_wrap(const Face *face, GVariant *result);

/* The name on the bus of libvirt's errors where they all have one; NULL where each has its own. */
const char *face_get_error_name(const Face *face);

/* libvirt's words when there is no object of the kind that @element could name. */
char *face_describe_missing(const Face *face, const Kind *kind, const char *element);
