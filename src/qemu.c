/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The monitor of a QEMU process: commands, where file descriptors go both ways, and its events,
 * which libvirt-qemu has registered in a way of its own. The rest of what only QEMU has is
 * generated.
 */

#include "qemu.h"

#include <libvirt/libvirt-qemu.h>

#include "bindings.h"
#include "descriptors.h"
#include "error.h"
#include "value.h"

#if LIBVIR_CHECK_VERSION(8, 2, 0)
GVariant *
qemu_domain_monitor_command_with_files(Call *call, GVariant *arguments, GError **error)
{
    const char *command;
    g_autoptr(GVariant) handles = NULL;
    guint32 flags;

    g_variant_get(arguments, "(&s@ahu)", &command, &handles, &flags);

    guint n_in = 0;
    const int *in = NULL;
    if (g_variant_n_children(handles) > 0) {
        in = call_find_descriptors(call, handles, &n_in, error);
        if (!in)
            return NULL;
    }

    guint n_out = 0;
    g_autofree int *out = NULL;
    g_autofree char *result = NULL;

    /* libvirt only reads the descriptors that go in, though its prototype does not say so. */
    if (virDomainQemuMonitorCommandWithFiles(call->object, command, n_in, (int *)in, &n_out, &out,
                                             &result, flags) < 0)
        return error_from_libvirt(error);

    GVariant *outfiles = call_take_descriptors(call, out, n_out, error);
    if (!outfiles)
        return NULL;

    return g_variant_new("(@ah@s)", outfiles, value_from_string(result));
}
#endif

static void
on_monitor_event(virConnectPtr connect G_GNUC_UNUSED, virDomainPtr domain, const char *event,
                 long long seconds, unsigned int micros, const char *details, void *opaque)
{
    event_emit(opaque, &domain_kind, domain, "MonitorEvent",
               g_variant_new("(@sxu@s)", value_from_string(event), (gint64)seconds, micros,
                             value_from_string(details)));
}

static int
enable_monitor_event(virConnectPtr connect, void *opaque)
{
    return virConnectDomainQemuMonitorEventRegister(connect, NULL, NULL, on_monitor_event, opaque,
                                                    NULL, 0);
}

const Event qemu_monitor_event = { "MonitorEvent", &domain_kind, FALSE, enable_monitor_event,
                                   virConnectDomainQemuMonitorEventDeregister };
