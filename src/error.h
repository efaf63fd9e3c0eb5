/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <libvirt/virterror.h>

#define LIBVIRT_ERROR (libvirt_error_quark())

GQuark libvirt_error_quark(void);

/* All return NULL, so that a binding can end with them. */
void *error_from_libvirt(GError **error);
void *error_invalid(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* This libvirt lacks @function. */
void *error_no_support(GError **error, const char *function);

/* Takes the whole of the error that error_from_libvirt() last turned into a GError on this thread,
 * for the caller to free with virFreeError(). NULL if there is none or it was taken already. */
virErrorPtr error_take_details(void);
