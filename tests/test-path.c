/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Elements of object paths: what is written, that it comes back, and that nothing else is read.
 */

#include "path.h"

#define UUID "6695eb01-f6a4-8304-79aa-97f2502e193f"
#define UUID_ELEMENT "_6695eb01_f6a4_8304_79aa_97f2502e193f"

static void
assert_no_string(const char *element)
{
    g_autofree char *string = path_decode(element);

    g_assert_cmpstr(string, ==, NULL);
}

static void
assert_no_uuid(const char *element)
{
    g_autofree char *uuid = path_decode_uuid(element);

    g_assert_cmpstr(uuid, ==, NULL);
}

static void
test_encode(void)
{
    static const char *const rows[][2] = {
        { "eth0", "eth0" },       { "AZaz09", "AZaz09" },           { "br-lan.7", "br_2dlan_2e7" },
        { "_", "_5f" },           { "/var/a b", "_2fvar_2fa_20b" }, { "\xc3\xa4", "_c3_a4" },
        { "\xff\x01", "_ff_01" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *element = path_encode(rows[i][0]);
        g_autofree char *string = path_decode(rows[i][1]);

        g_assert_cmpstr(element, ==, rows[i][1]);
        g_assert_cmpstr(string, ==, rows[i][0]);
    }
}

static void
test_every_byte(void)
{
    for (int byte = 1; byte < 256; byte++) {
        const char string[] = { 'x', byte, '\0' };
        g_autofree char *element = path_encode(string);
        g_autofree char *path = g_strconcat("/", element, NULL);
        g_autofree char *decoded = path_decode(element);

        g_assert_true(g_variant_is_object_path(path));
        g_assert_cmpstr(decoded, ==, string);
    }
}

static void
test_decode_strict(void)
{
    static const char *const bad[] = {
        "",    "_",    "_2",  "a_",  "a_2",   "__",       "_2D",       "_2g",
        "_g2", "_00",  "_61", "_41", "_30",   "a-b",      "a b",       "a/b",
        "a.b", "_ff_", "_ 2", "_+1", "_2d_3", "\xc3\xa4", "_\xff\xff",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        assert_no_string(bad[i]);
    }
}

/* Whatever is read at all is what would have been written. */
static void
test_decode_inverse(void)
{
    static const char characters[] = "_0259afgAFZ-";
    const gsize n = sizeof(characters) - 1;

    for (gsize i = 0; i < n * n * n * n; i++) {
        const char element[] = { characters[i % n], characters[i / n % n],
                                 characters[i / n / n % n], characters[i / n / n / n], '\0' };
        g_autofree char *string = path_decode(element);
        g_autofree char *again = string ? path_encode(string) : NULL;

        if (string)
            g_assert_cmpstr(again, ==, element);
    }
}

static void
test_empty(void)
{
    g_autofree char *element = path_encode("");

    g_assert_cmpstr(element, ==, "_");
    assert_no_string(element);
}

static void
test_uuid(void)
{
    g_autofree char *element = path_encode_uuid(UUID);
    g_autofree char *uuid = path_decode_uuid(UUID_ELEMENT);

    g_assert_cmpstr(element, ==, UUID_ELEMENT);
    g_assert_cmpstr(uuid, ==, UUID);
}

static void
test_uuid_strict(void)
{
    const gsize length = sizeof(UUID_ELEMENT) - 1;

    assert_no_uuid("");
    assert_no_uuid("_");
    assert_no_uuid(UUID);
    assert_no_uuid(UUID_ELEMENT "0");
    assert_no_uuid("_6695eb01_f6a4_8304_79aa_97f2502e193");
    assert_no_uuid("_6695EB01_f6a4_8304_79aa_97f2502e193f");
    assert_no_uuid("_6695eb01f_6a4_8304_79aa_97f2502e193f");
    assert_no_uuid("_6695eb01-f6a4-8304-79aa-97f2502e193f");

    for (gsize i = 0; i < length; i++) {
        g_autofree char *element = g_strdup(UUID_ELEMENT);

        element[i] = element[i] == '_' ? '0' : 'g';
        assert_no_uuid(element);
        element[i] = element[i] == '0' ? '-' : '_';
        assert_no_uuid(element);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/path/encode", test_encode);
    g_test_add_func("/path/every-byte", test_every_byte);
    g_test_add_func("/path/decode-strict", test_decode_strict);
    g_test_add_func("/path/decode-inverse", test_decode_inverse);
    g_test_add_func("/path/empty", test_empty);
    g_test_add_func("/path/uuid", test_uuid);
    g_test_add_func("/path/uuid-strict", test_uuid_strict);
    return g_test_run();
}
