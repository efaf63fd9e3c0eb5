/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The value of a secret, of which no copy may stay in freed memory as far as that is in our hands:
 * the one that goes into the reply is GDBus's.
 */

#define _DEFAULT_SOURCE 1 /* explicit_bzero() */

#include <stdlib.h>
#include <string.h>

#include "bindings.h"
#include "error.h"
#include "value.h"

GVariant *
secret_get_value(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    size_t size = 0;
    guchar *value = virSecretGetValue(call->object, &size, flags);

    /* An empty value may come as NULL. */
    if (!value && virGetLastErrorCode() != VIR_ERR_OK)
        return error_from_libvirt(error);
    if (!value)
        return g_variant_new("(@ay)", value_from_bytes(NULL, 0));

    GVariant *bytes = value_from_bytes(value, size);

    explicit_bzero(value, size);
    free(value);

    return g_variant_new("(@ay)", bytes);
}
