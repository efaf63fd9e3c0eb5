/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a domain has that no rule of the generator covers and that is neither CPUs, guest agent,
 * statistics nor disks: its number, its security labels, its keyboard, its display and its memory
 * seen from outside. Relies on the generated bindings for the rest.
 */

#include "bindings.h"

#include "call.h"
#include "error.h"
#include "value.h"

/* What libvirt's own limit is depends on the driver; this one keeps a reply within D-Bus's. */
#define PEEK_MAX (64 * 1024 * 1024)

GVariant *
domain_read_id(Call *call, G_GNUC_UNUSED GVariant *arguments, G_GNUC_UNUSED GError **error)
{
    /* libvirt says (unsigned int)-1 of a domain that does not run. */
    return g_variant_new_int32((gint32)virDomainGetID(call->object));
}

static GVariant *
value_from_label(const virSecurityLabel *label)
{
    return g_variant_new("(@sb)", value_from_string(label->label), label->enforcing != 0);
}

GVariant *
domain_get_security_label(Call *call, G_GNUC_UNUSED GVariant *arguments, GError **error)
{
    virSecurityLabel label = { 0 };

    if (virDomainGetSecurityLabel(call->object, &label) < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@(sb))", value_from_label(&label));
}

GVariant *
domain_get_security_label_list(Call *call, G_GNUC_UNUSED GVariant *arguments, GError **error)
{
    g_autofree virSecurityLabel *labels = NULL;
    int n = virDomainGetSecurityLabelList(call->object, &labels);
    if (n < 0)
        return error_from_libvirt(error);

    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(sb)"));

    for (int i = 0; i < n; i++)
        g_variant_builder_add_value(&builder, value_from_label(&labels[i]));

    return g_variant_new("(@a(sb))", g_variant_builder_end(&builder));
}

GVariant *
domain_memory_peek(Call *call, GVariant *arguments, GError **error)
{
    guint64 offset;
    guint64 size;
    guint32 flags;

    g_variant_get(arguments, "(ttu)", &offset, &size, &flags);

    if (size > PEEK_MAX)
        return error_invalid(error, "size: %" G_GUINT64_FORMAT " is above %d", size, PEEK_MAX);

    g_autofree guchar *buffer = g_malloc(size);

    if (virDomainMemoryPeek(call->object, offset, size, buffer, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@ay)", value_from_bytes(buffer, size));
}

GVariant *
domain_open_graphics(Call *call, GVariant *arguments, GError **error)
{
    guint32 idx;
    g_autoptr(GVariant) handle = NULL;
    guint32 flags;

    g_variant_get(arguments, "(u@hu)", &idx, &handle, &flags);

    g_autoptr(GVariant) handles = g_variant_new_array(G_VARIANT_TYPE_HANDLE, &handle, 1);
    guint n;
    const int *descriptors = call_find_descriptors(call, g_variant_ref_sink(handles), &n, error);
    if (!descriptors)
        return NULL;

    if (virDomainOpenGraphics(call->object, idx, descriptors[0], flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}

GVariant *
domain_send_key(Call *call, GVariant *arguments, GError **error)
{
    guint32 codeset;
    guint32 holdtime;
    g_autoptr(GVariant) keycodes = NULL;
    guint32 flags;

    g_variant_get(arguments, "(uu@auu)", &codeset, &holdtime, &keycodes, &flags);

    gsize n;
    const guint32 *codes = g_variant_get_fixed_array(keycodes, &n, sizeof(guint32));

    /* The array is not const in libvirt's prototype, but only read. */
    unsigned int *list = (unsigned int *)codes;

    if (virDomainSendKey(call->object, codeset, holdtime, list, (int)n, flags) < 0)
        return error_from_libvirt(error);

    return g_variant_new("()");
}
