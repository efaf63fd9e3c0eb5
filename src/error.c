/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * libvirt's errors as GErrors, which GDBus sends under the names in the generated table. libvirt
 * keeps its last error per thread, so what fails must be followed by error_from_libvirt() on the
 * same thread before libvirt is called again.
 */

#include "error.h"

#include "error-names.h"

static void
free_details(gpointer details)
{
    virFreeError(details);
}

static GPrivate last_details = G_PRIVATE_INIT(free_details);

GQuark
libvirt_error_quark(void)
{
    static gsize quark;

    g_dbus_error_register_error_domain("libvirt-error-quark", &quark, libvirt_error_entries,
                                       n_libvirt_error_entries);
    return quark;
}

/* A libvirt newer than the one built against has codes that have no name on the bus. */
static int
known_code(int code)
{
    for (guint i = 0; i < n_libvirt_error_entries; i++) {
        if (libvirt_error_entries[i].error_code == code)
            return code;
    }
    return VIR_ERR_INTERNAL_ERROR;
}

void *
error_from_libvirt(GError **error)
{
    virErrorPtr details = virGetLastErrorCode() != VIR_ERR_OK ? virSaveLastError() : NULL;
    int code = details ? known_code(details->code) : VIR_ERR_INTERNAL_ERROR;
    const char *message = details ? details->message : NULL;
    g_autofree char *valid = g_utf8_make_valid(message ? message : "Unknown error", -1);

    g_set_error_literal(error, LIBVIRT_ERROR, code, valid);
    g_private_replace(&last_details, details);
    return NULL;
}

void *
error_invalid(GError **error, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    g_set_error_literal(error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, message);
    return NULL;
}

void *
error_no_support(GError **error, const char *function)
{
    g_set_error(error, LIBVIRT_ERROR, VIR_ERR_NO_SUPPORT, "this libvirt has no %s()", function);
    g_private_replace(&last_details, NULL);
    return NULL;
}

virErrorPtr
error_take_details(void)
{
    virErrorPtr details = g_private_get(&last_details);

    g_private_set(&last_details, NULL);
    return details;
}
