/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* File descriptors that cross the bus. One that libvirt opened becomes part of the reply or is
 * closed, whatever fails; one that came with the call is closed with its message. */

#include "descriptors.h"

#include <unistd.h>

#include "error.h"

static void
close_all(const int *list, gsize n)
{
    for (gsize i = 0; i < n; i++)
        close(list[i]);
}

GVariant *
call_take_descriptor(Call *call, int descriptor, GError **error)
{
    g_autoptr(GError) failure = NULL;
    int handle;

    if (!call->descriptors)
        call->descriptors = g_unix_fd_list_new();

    handle = g_unix_fd_list_append(call->descriptors, descriptor, &failure);
    close(descriptor);
    if (handle < 0) {
        g_set_error_literal(error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED, failure->message);
        return NULL;
    }

    return g_variant_new_handle(handle);
}

GVariant *
call_take_descriptors(Call *call, const int *list, gsize n, GError **error)
{
    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("ah"));

    for (gsize i = 0; i < n; i++) {
        GVariant *handle = call_take_descriptor(call, list[i], error);
        if (!handle) {
            close_all(list + i + 1, n - i - 1);
            return NULL;
        }

        g_variant_builder_add_value(&builder, handle);
    }

    return g_variant_builder_end(&builder);
}

const int *
call_find_descriptors(Call *call, GVariant *handles, guint *n, GError **error)
{
    GDBusMessage *message = g_dbus_method_invocation_get_message(call->invocation);
    GUnixFDList *list = g_dbus_message_get_unix_fd_list(message);
    int length = 0;
    const int *sent = list ? g_unix_fd_list_peek_fds(list, &length) : NULL;
    gsize n_handles;
    const gint32 *indices = g_variant_get_fixed_array(handles, &n_handles, sizeof(gint32));

    g_free(call->received);
    call->received = g_new(int, n_handles + 1);
    for (gsize i = 0; i < n_handles; i++) {
        if (indices[i] < 0 || indices[i] >= length)
            return error_invalid(error, "file descriptor %d of %d does not exist", indices[i],
                                 length);
        call->received[i] = sent[indices[i]];
    }
    *n = (guint)n_handles;

    return call->received;
}
