/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>

/* libvirt's typed parameters with their number, freed together. */
typedef struct {
    virTypedParameterPtr list;
    int n;
} Params;

void params_clear(Params *params);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Params, params_clear)

/* What these return is floating. What they take stays the caller's. */
GVariant *value_from_string(const char *string);                       /* s; NULL is "" */
GVariant *value_from_strings(char **strings, gsize n);                 /* as */
GVariant *value_from_bytes(const void *bytes, gsize n);                /* ay */
GVariant *value_from_params(const virTypedParameter *params, gsize n); /* a{sv} */
GVariant *value_from_bitmap(const guchar *bitmap, gsize n_bits);       /* ab */

/* a{sv} of the seven types that libvirt has, each wrapped once or more. @params is overwritten, and
 * only on success. The error names the parameter. */
gboolean value_to_params(GVariant *dictionary, Params *params, GError **error);

/* ab; the bitmap is a whole number of bytes, never NULL, and freed with g_free(). */
guchar *value_to_bitmap(GVariant *booleans, int *n_bytes);

/* An empty string stands for libvirt's NULL. */
const char *value_or_null(const char *string);

/* A list of strings that libvirt filled, freed with all in it. */
typedef struct {
    char **list;
    int n;
} Strings;

void strings_clear(Strings *strings);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Strings, strings_clear)
