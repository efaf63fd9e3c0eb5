/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* How virtbus shows itself on the bus. */
typedef struct {
    const char *bus_name;
    const char *root; /* the object path above all others */
} Face;

extern const Face native_face;
