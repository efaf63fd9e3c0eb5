/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Elements of object paths, which may hold only [A-Za-z0-9_]. Decoding accepts exactly what
 * encoding writes, so that an object has one path and a path is at most one object. Decoded strings
 * need not be UTF-8: names of files are not.
 */

#include "path.h"

#include <string.h>

/* "_" and 8-4-4-4-12 digits with "_" between. */
#define UUID_ELEMENT_LENGTH 37

char *
path_encode(const char *string)
{
    GString *element = g_string_sized_new(2 * strlen(string) + 1);

    for (const guchar *byte = (const guchar *)string; *byte; byte++) {
        if (g_ascii_isalnum(*byte)) {
            g_string_append_c(element, *byte);
        } else {
            g_string_append_printf(element, "_%02x", *byte);
        }
    }
    if (!*string)
        g_string_append_c(element, '_');

    return g_string_free(element, FALSE);
}

static gboolean
is_lower_hex(char c)
{
    return g_ascii_isdigit(c) || (c >= 'a' && c <= 'f');
}

char *
path_decode(const char *element)
{
    g_autoptr(GString) string = g_string_sized_new(strlen(element));

    for (const char *c = element; *c; c++) {
        int byte;

        if (g_ascii_isalnum(*c)) {
            g_string_append_c(string, *c);
            continue;
        }
        if (*c != '_' || !is_lower_hex(c[1]) || !is_lower_hex(c[2]))
            return NULL;

        byte = g_ascii_xdigit_value(c[1]) * 16 + g_ascii_xdigit_value(c[2]);
        if (byte == 0 || g_ascii_isalnum(byte))
            return NULL;

        g_string_append_c(string, byte);
        c += 2;
    }

    return string->len > 0 ? g_strdup(string->str) : NULL;
}

char *
path_encode_uuid(const char *uuid)
{
    char *element = g_strconcat("_", uuid, NULL);

    return g_strdelimit(element, "-", '_');
}

static gboolean
is_separator(int position)
{
    return position == 0 || position == 9 || position == 14 || position == 19 || position == 24;
}

char *
path_decode_uuid(const char *element)
{
    if (strlen(element) != UUID_ELEMENT_LENGTH)
        return NULL;

    for (int i = 0; i < UUID_ELEMENT_LENGTH; i++) {
        if (is_separator(i) ? element[i] != '_' : !is_lower_hex(element[i]))
            return NULL;
    }

    return g_strdelimit(g_strdup(element + 1), "_", '-');
}

char *
path_encode_pair(const char *uuid, const char *string)
{
    g_autofree char *first = path_encode_uuid(uuid);
    g_autofree char *second = path_encode(string);

    return g_strconcat(first, "_", second, NULL);
}

char *
path_decode_pair(const char *element)
{
    const gsize length = strlen("_00000000_0000_0000_0000_000000000000");
    g_autofree char *first = g_strndup(element, length);
    g_autofree char *uuid = path_decode_uuid(first);
    g_autofree char *string = NULL;

    if (uuid && element[length] == '_')
        string = path_decode(element + length + 1);

    return string ? g_strconcat(uuid, "/", string, NULL) : NULL;
}
