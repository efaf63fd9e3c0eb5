/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Values on their way between libvirt and the bus.
 */

#include "value.h"

#include <gio/gio.h>
#include <string.h>

/* Takes @value, and compares what g_variant_print() makes of it. */
static void
assert_printed(GVariant *value, const char *expected)
{
    g_autoptr(GVariant) owned = g_variant_ref_sink(value);
    g_autofree char *printed = g_variant_print(owned, TRUE);

    g_assert_cmpstr(printed, ==, expected);
}

static GVariant *
parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    GVariant *value = g_variant_parse(NULL, text, NULL, NULL, &error);

    g_assert_no_error(error);
    return value;
}

static void
assert_refused(GVariant *dictionary, const char *name)
{
    g_auto(Params) params = { NULL, 77 };
    g_autoptr(GError) error = NULL;

    g_assert_false(value_to_params(dictionary, &params, &error));
    g_assert_error(error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
    g_assert_nonnull(strstr(error->message, name));
    g_assert_null(params.list);
    g_assert_cmpint(params.n, ==, 77);
    params.n = 0;
}

static void
test_string(void)
{
    assert_printed(value_from_string(NULL), "''");
    assert_printed(value_from_string(""), "''");
    assert_printed(value_from_string("\xc3\xa4"), "'\xc3\xa4'");
    assert_printed(value_from_string("a\xff"
                                     "b\xc3"),
                   "'a\xef\xbf\xbd"
                   "b\xef\xbf\xbd'");
}

static void
test_strings(void)
{
    char *list[] = { "a", "\xff", NULL };

    assert_printed(value_from_strings(list, 2), "['a', '\xef\xbf\xbd']");
    assert_printed(value_from_strings(list, 3), "['a', '\xef\xbf\xbd', '']");
    assert_printed(value_from_strings(NULL, 0), "@as []");
}

static void
test_bytes(void)
{
    assert_printed(value_from_bytes("\x00\xff", 2), "[byte 0x00, 0xff]");
    assert_printed(value_from_bytes(NULL, 0), "@ay []");
}

static void
test_bitmap(void)
{
    const guchar bitmap[] = { 0x81, 0x02 };

    assert_printed(value_from_bitmap(bitmap, 10),
                   "[true, false, false, false, false, false, false, true, false, true]");
    assert_printed(value_from_bitmap(bitmap, 1), "[true]");
    assert_printed(value_from_bitmap(NULL, 0), "@ab []");
}

static void
test_to_bitmap(void)
{
    static const struct {
        const char *booleans;
        int n_bytes;
        guchar bytes[2];
    } rows[] = {
        { "@ab []", 0, { 0 } },
        { "[true]", 1, { 0x01 } },
        { "[false, true, false, false, false, false, false, true]", 1, { 0x82 } },
        { "[false, false, false, false, false, false, false, false, true]", 2, { 0x00, 0x01 } },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GVariant) booleans = parse(rows[i].booleans);
        int n_bytes = -1;
        g_autofree guchar *bitmap = value_to_bitmap(booleans, &n_bytes);

        g_assert_nonnull(bitmap);
        g_assert_cmpmem(bitmap, n_bytes, rows[i].bytes, rows[i].n_bytes);
    }
}

static void
test_or_null(void)
{
    g_assert_null(value_or_null(""));
    g_assert_cmpstr(value_or_null("x"), ==, "x");
}

static void
test_from_params(void)
{
    virTypedParameter params[] = {
        { "int", VIR_TYPED_PARAM_INT, { .i = -1 } },
        { "uint", VIR_TYPED_PARAM_UINT, { .ui = G_MAXUINT } },
        { "llong", VIR_TYPED_PARAM_LLONG, { .l = G_MININT64 } },
        { "ullong", VIR_TYPED_PARAM_ULLONG, { .ul = G_MAXUINT64 } },
        { "double", VIR_TYPED_PARAM_DOUBLE, { .d = 0.5 } },
        { "boolean", VIR_TYPED_PARAM_BOOLEAN, { .b = 2 } },
        { "string", VIR_TYPED_PARAM_STRING, { .s = "a\xff" } },
        { "null", VIR_TYPED_PARAM_STRING, { .s = NULL } },
        { "future", 99, { .i = 1 } },
    };

    assert_printed(value_from_params(params, G_N_ELEMENTS(params)),
                   "{'int': <-1>, 'uint': <uint32 4294967295>, "
                   "'llong': <int64 -9223372036854775808>, "
                   "'ullong': <uint64 18446744073709551615>, 'double': <0.5>, 'boolean': <true>, "
                   "'string': <'a\xef\xbf\xbd'>, 'null': <''>}");
    assert_printed(value_from_params(NULL, 0), "@a{sv} {}");
}

static void
test_from_params_bad_names(void)
{
    virTypedParameter params[] = {
        { "\xff", VIR_TYPED_PARAM_INT, { .i = 1 } },
        { .type = VIR_TYPED_PARAM_INT, .value.i = 2 },
    };
    g_autofree char *long_name = g_strnfill(sizeof(params[1].field), 'x');
    g_autofree char *expected = g_strdup_printf("{'\xef\xbf\xbd': <1>, '%s': <2>}", long_name);

    memcpy(params[1].field, long_name, sizeof(params[1].field));
    assert_printed(value_from_params(params, 2), expected);
}

static void
assert_round_trip(const char *text, const char *expected)
{
    g_autoptr(GVariant) dictionary = parse(text);
    g_auto(Params) params = { 0 };
    g_autoptr(GError) error = NULL;

    g_assert_true(value_to_params(dictionary, &params, &error));
    g_assert_no_error(error);
    assert_printed(value_from_params(params.list, params.n), expected);
}

static void
test_to_params(void)
{
    const char *all = "{'int': <-2147483648>, 'uint': <uint32 4294967295>, "
                      "'llong': <int64 9223372036854775807>, "
                      "'ullong': <uint64 18446744073709551615>, 'double': <-0.25>, "
                      "'boolean': <true>, 'no': <false>, 'string': <'\xc3\xa4'>, 'empty': <''>}";

    assert_round_trip(all, all);
    assert_round_trip("@a{sv} {}", "@a{sv} {}");
    assert_round_trip("{'a': <1>, 'a': <2>}", "{'a': <1>, 'a': <2>}");
}

static void
test_to_params_wrapped(void)
{
    assert_round_trip("{'a': <<uint64 1>>, 'b': <<<'x'>>>, 'c': <true>}",
                      "{'a': <uint64 1>, 'b': <'x'>, 'c': <true>}");
}

static void
test_to_params_many(void)
{
    GVariantBuilder builder;
    g_autoptr(GVariant) dictionary = NULL;
    g_auto(Params) params = { 0 };

    g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
    for (int i = 0; i < 1000; i++) {
        g_autofree char *name = g_strdup_printf("p%d", i);

        g_variant_builder_add(&builder, "{sv}", name, g_variant_new_string(name));
    }
    dictionary = g_variant_ref_sink(g_variant_builder_end(&builder));

    g_assert_true(value_to_params(dictionary, &params, NULL));
    g_assert_cmpint(params.n, ==, 1000);
    g_assert_cmpstr(params.list[999].field, ==, "p999");
    g_assert_cmpstr(params.list[999].value.s, ==, "p999");
}

static void
test_to_params_bad_type(void)
{
    static const char *const bad[] = {
        "{'fine': <'x'>, 'wrong': <byte 1>}",
        "{'wrong': <int16 1>}",
        "{'wrong': <uint16 1>}",
        "{'wrong': <['x']>}",
        "{'wrong': <()>}",
        "{'wrong': <handle 0>}",
        "{'wrong': <objectpath '/'>}",
        "{'wrong': <<byte 1>>}",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GVariant) dictionary = parse(bad[i]);

        assert_refused(dictionary, "'wrong'");
        assert_refused(dictionary, "i, u, x, t, d, b and s");
    }
}

static void
test_to_params_name_length(void)
{
    g_autofree char *longest = g_strnfill(VIR_TYPED_PARAM_FIELD_LENGTH - 1, 'x');
    g_autofree char *too_long = g_strnfill(VIR_TYPED_PARAM_FIELD_LENGTH, 'x');
    g_autofree char *fits = g_strdup_printf("{'%s': <1>}", longest);
    g_autofree char *fits_not = g_strdup_printf("{'%s': <1>}", too_long);
    g_autoptr(GVariant) dictionary = parse(fits_not);

    assert_round_trip(fits, fits);
    assert_refused(dictionary, too_long);
}

static void
test_clear(void)
{
    Params params = { NULL, -1 };
    Strings failed = { NULL, -1 };
    Strings strings = { g_new0(char *, 2), 2 };

    strings.list[0] = g_strdup("a");
    strings.list[1] = g_strdup("b");
    strings_clear(&strings);
    strings_clear(&strings);
    strings_clear(&failed);
    params_clear(&params);
    g_assert_null(strings.list);
    g_assert_cmpint(strings.n, ==, 0);
    g_assert_cmpint(failed.n, ==, 0);
    g_assert_cmpint(params.n, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(virInitialize(), ==, 0);
    g_test_add_func("/value/string", test_string);
    g_test_add_func("/value/strings", test_strings);
    g_test_add_func("/value/bytes", test_bytes);
    g_test_add_func("/value/bitmap", test_bitmap);
    g_test_add_func("/value/to-bitmap", test_to_bitmap);
    g_test_add_func("/value/or-null", test_or_null);
    g_test_add_func("/value/from-params", test_from_params);
    g_test_add_func("/value/from-params-bad-names", test_from_params_bad_names);
    g_test_add_func("/value/to-params", test_to_params);
    g_test_add_func("/value/to-params-wrapped", test_to_params_wrapped);
    g_test_add_func("/value/to-params-many", test_to_params_many);
    g_test_add_func("/value/to-params-bad-type", test_to_params_bad_type);
    g_test_add_func("/value/to-params-name-length", test_to_params_name_length);
    g_test_add_func("/value/clear", test_clear);
    return g_test_run();
}
