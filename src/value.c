/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Values of libvirt as GVariants and back. What libvirt reports came from guests and files and may
 * be any bytes, while a GVariant string has to be UTF-8: nothing but this module makes one from
 * libvirt's memory.
 */

#include "value.h"

#include <string.h>

#include "error.h"

void
params_clear(Params *params)
{
    virTypedParamsFree(params->list, MAX(params->n, 0));
    *params = (Params){ 0 };
}

void
strings_clear(Strings *strings)
{
    for (int i = 0; strings->list && i < strings->n; i++) {
        g_free(strings->list[i]);
    }
    g_free(strings->list);
    *strings = (Strings){ 0 };
}

GVariant *
value_from_string(const char *string)
{
    if (!string)
        return g_variant_new_string("");

    return g_variant_new_take_string(g_utf8_make_valid(string, -1));
}

GVariant *
value_from_strings(char **strings, gsize n)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_STRING_ARRAY);
    for (gsize i = 0; i < n; i++) {
        g_variant_builder_add_value(&builder, value_from_string(strings[i]));
    }
    return g_variant_builder_end(&builder);
}

GVariant *
value_from_bytes(const void *bytes, gsize n)
{
    return g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, bytes, n, 1);
}

/* NULL for a type that is newer than this program. */
static GVariant *
value_from_param(const virTypedParameter *param)
{
    switch (param->type) {
    case VIR_TYPED_PARAM_INT:
        return g_variant_new_int32(param->value.i);
    case VIR_TYPED_PARAM_UINT:
        return g_variant_new_uint32(param->value.ui);
    case VIR_TYPED_PARAM_LLONG:
        return g_variant_new_int64(param->value.l);
    case VIR_TYPED_PARAM_ULLONG:
        return g_variant_new_uint64(param->value.ul);
    case VIR_TYPED_PARAM_DOUBLE:
        return g_variant_new_double(param->value.d);
    case VIR_TYPED_PARAM_BOOLEAN:
        return g_variant_new_boolean(param->value.b != 0);
    case VIR_TYPED_PARAM_STRING:
        return value_from_string(param->value.s);
    default:
        return NULL;
    }
}

GVariant *
value_from_params(const virTypedParameter *params, gsize n)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
    for (gsize i = 0; i < n; i++) {
        g_autofree char *field = g_strndup(params[i].field, sizeof(params[i].field));
        g_autofree char *name = g_utf8_make_valid(field, -1);
        GVariant *value = value_from_param(&params[i]);

        if (value)
            g_variant_builder_add(&builder, "{sv}", name, value);
    }
    return g_variant_builder_end(&builder);
}

GVariant *
value_from_bitmap(const guchar *bitmap, gsize n_bits)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("ab"));
    for (gsize i = 0; i < n_bits; i++) {
        g_variant_builder_add(&builder, "b", (bitmap[i / 8] >> (i % 8)) & 1);
    }
    return g_variant_builder_end(&builder);
}

/* Programs written for libvirt-dbus wrap each value twice. */
static GVariant *
unwrap(GVariant *value)
{
    GVariant *inner = g_variant_ref(value);

    while (g_variant_is_of_type(inner, G_VARIANT_TYPE_VARIANT)) {
        GVariant *outer = inner;

        inner = g_variant_get_variant(outer);
        g_variant_unref(outer);
    }
    return inner;
}

static gboolean
add_param(Params *params, int *max, const char *name, GVariant *value, GError **error)
{
    virTypedParameterPtr *list = &params->list;
    int *n = &params->n;
    int result;

    if (g_variant_is_of_type(value, G_VARIANT_TYPE_INT32)) {
        result = virTypedParamsAddInt(list, n, max, name, g_variant_get_int32(value));
    } else if (g_variant_is_of_type(value, G_VARIANT_TYPE_UINT32)) {
        result = virTypedParamsAddUInt(list, n, max, name, g_variant_get_uint32(value));
    } else if (g_variant_is_of_type(value, G_VARIANT_TYPE_INT64)) {
        result = virTypedParamsAddLLong(list, n, max, name, g_variant_get_int64(value));
    } else if (g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64)) {
        result = virTypedParamsAddULLong(list, n, max, name, g_variant_get_uint64(value));
    } else if (g_variant_is_of_type(value, G_VARIANT_TYPE_DOUBLE)) {
        result = virTypedParamsAddDouble(list, n, max, name, g_variant_get_double(value));
    } else if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN)) {
        result = virTypedParamsAddBoolean(list, n, max, name, g_variant_get_boolean(value));
    } else if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)) {
        result = virTypedParamsAddString(list, n, max, name, g_variant_get_string(value, NULL));
    } else {
        error_invalid(error,
                      "Parameter '%s' has type '%s': only i, u, x, t, d, b and s are allowed", name,
                      g_variant_get_type_string(value));
        return FALSE;
    }

    if (result < 0)
        error_from_libvirt(error);

    return result == 0;
}

gboolean
value_to_params(GVariant *dictionary, Params *params, GError **error)
{
    g_auto(Params) result = { 0 };
    int max = 0;
    GVariantIter iter;
    const char *name;
    GVariant *child;

    g_variant_iter_init(&iter, dictionary);
    while (g_variant_iter_next(&iter, "{&sv}", &name, &child)) {
        g_autoptr(GVariant) wrapped = child;
        g_autoptr(GVariant) value = unwrap(wrapped);

        if (strlen(name) >= VIR_TYPED_PARAM_FIELD_LENGTH) {
            error_invalid(error, "Parameter '%s' has a name longer than %d bytes", name,
                          VIR_TYPED_PARAM_FIELD_LENGTH - 1);
            return FALSE;
        }
        if (!add_param(&result, &max, name, value, error))
            return FALSE;
    }

    *params = result;
    result = (Params){ 0 };
    return TRUE;
}

guchar *
value_to_bitmap(GVariant *booleans, int *n_bytes)
{
    gsize n_bits;
    const guchar *bits = g_variant_get_fixed_array(booleans, &n_bits, 1);
    gsize n = (n_bits + 7) / 8;
    guchar *bitmap = g_new0(guchar, MAX(n, 1));

    for (gsize i = 0; i < n_bits; i++) {
        if (bits[i])
            bitmap[i / 8] |= 1 << (i % 8);
    }
    *n_bytes = n;
    return bitmap;
}

const char *
value_or_null(const char *string)
{
    return *string ? string : NULL;
}
