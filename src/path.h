/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* Any string as an element of an object path. No object of libvirt has an empty name; that becomes
 * "_", which decodes to nothing. */
char *path_encode(const char *string);
char *path_decode(const char *element); /* (nullable) */

/* A UUID in libvirt's form, 36 characters in lower case. */
char *path_encode_uuid(const char *uuid);
char *path_decode_uuid(const char *element); /* (nullable) */

/* What is named by the UUID of what it belongs to and by a string of its own: a snapshot. Decoded
 * it is the UUID, a slash and the string. */
char *path_encode_pair(const char *uuid, const char *string);
char *path_decode_pair(const char *element); /* (nullable) */
