/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a domain tells of its disks and C types alone do not decide: bytes read into a buffer that
 * the caller sizes, and an array of structs whose strings are the caller's to free. Relies on the
 * domain's handle being in the call.
 */

#include "bindings.h"
#include "call.h"
#include "error.h"
#include "value.h"

/* No D-Bus array is longer. */
#define PEEK_MAX (64 * 1024 * 1024)

typedef struct {
    virDomainDiskErrorPtr list;
    int n;
} DiskErrors;

static void
disk_errors_clear(DiskErrors *errors)
{
    for (int i = 0; i < errors->n; i++) {
        g_free(errors->list[i].disk);
    }
    g_free(errors->list);
    *errors = (DiskErrors){ 0 };
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DiskErrors, disk_errors_clear)

GVariant *
domain_block_peek(Call *call, GVariant *arguments, GError **error)
{
    const char *disk;
    guint64 offset;
    guint64 size;
    guint32 flags;

    g_variant_get(arguments, "(&sttu)", &disk, &offset, &size, &flags);

    if (size > PEEK_MAX)
        return error_invalid(error, "Size %" G_GUINT64_FORMAT " is above %d bytes", size, PEEK_MAX);

    /* What libvirt leaves unfilled must not be this process's memory. */
    g_autofree guchar *buffer = g_malloc0(size);
    if (virDomainBlockPeek(call->object, disk, offset, size, buffer, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@ay)", value_from_bytes(buffer, size));
}

GVariant *
domain_get_disk_errors(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    int max = virDomainGetDiskErrors(call->object, NULL, 0, flags);
    if (max < 0)
        return error_from_libvirt(error);

    g_auto(DiskErrors) errors = { .list = g_new0(virDomainDiskError, max) };
    /* With no room at all libvirt would tell the size once more. */
    if (max > 0)
        errors.n = virDomainGetDiskErrors(call->object, errors.list, max, flags);
    if (errors.n < 0)
        return error_from_libvirt(error);

    GVariantBuilder builder;
    g_variant_builder_init(&builder, G_VARIANT_TYPE("a(si)"));
    for (int i = 0; i < errors.n; i++) {
        g_variant_builder_add(&builder, "(@si)", value_from_string(errors.list[i].disk),
                              errors.list[i].error);
    }
    return g_variant_new("(a(si))", &builder);
}
