/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A caller as libvirt's access drivers see one: a process, its user and the user's group. Nothing
 * of it comes from the caller: the bus says which process and user that is, and the system the
 * rest.
 *
 * libvirt's polkit driver insists on the time when the process began. Where the service may not see
 * other users' processes (ProtectProc= in its unit), that is 0, and polkit looks for itself. */

#include "identity.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

/* In /proc/PID/stat, counted from after the command's name, which may have anything in it. */
#define STAT_START_TIME 19

/* More than the names of a user and a group take, unless the group has very many members. */
#define NAMES_LENGTH 65536

gboolean
identity_read(Identity *identity, GVariant *reply, GError **error)
{
    g_autoptr(GVariant) credentials = g_variant_get_child_value(reply, 0);

    *identity = (Identity){ 0 };
    g_variant_lookup(credentials, "ProcessID", "u", &identity->pid);
    if (g_variant_lookup(credentials, "UnixUserID", "u", &identity->uid) && identity->pid > 0)
        return TRUE;

    g_set_error_literal(error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                        "the bus does not say which process of which user calls");

    return FALSE;
}

static guint64
find_start_time(guint pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%u/stat", pid);
    g_autofree char *text = NULL;
    g_auto(GStrv) fields = NULL;
    const char *end;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    end = strrchr(text, ')');
    fields = g_strsplit(end ? end + 2 : "", " ", -1);

    return g_strv_length(fields) > STAT_START_TIME
               ? g_ascii_strtoull(fields[STAT_START_TIME], NULL, 10)
               : 0;
}

typedef struct {
    virTypedParameterPtr list; /* (owned) */
    int n;
    int most;
} Parameters;

/* A user or group without a name is told by its number alone. */
static void
add_names(Parameters *parameters, guint uid)
{
    g_autofree char *buffer = g_malloc(NAMES_LENGTH);
    struct passwd user, *found_user = NULL;
    struct group group, *found_group = NULL;
    gid_t gid;

    getpwuid_r(uid, &user, buffer, NAMES_LENGTH, &found_user);
    if (!found_user)
        return;
    virTypedParamsAddString(&parameters->list, &parameters->n, &parameters->most,
                            VIR_CONNECT_IDENTITY_USER_NAME, user.pw_name);

    gid = user.pw_gid;
    virTypedParamsAddULLong(&parameters->list, &parameters->n, &parameters->most,
                            VIR_CONNECT_IDENTITY_UNIX_GROUP_ID, gid);
    getgrgid_r(gid, &group, buffer, NAMES_LENGTH, &found_group);
    if (found_group)
        virTypedParamsAddString(&parameters->list, &parameters->n, &parameters->most,
                                VIR_CONNECT_IDENTITY_GROUP_NAME, group.gr_name);
}

gboolean
identity_assume(const Identity *identity, virConnectPtr connect, GError **error)
{
    Parameters parameters = { NULL, 0, 0 };
    int result;

    virTypedParamsAddULLong(&parameters.list, &parameters.n, &parameters.most,
                            VIR_CONNECT_IDENTITY_UNIX_USER_ID, identity->uid);
    virTypedParamsAddLLong(&parameters.list, &parameters.n, &parameters.most,
                           VIR_CONNECT_IDENTITY_PROCESS_ID, identity->pid);
    virTypedParamsAddULLong(&parameters.list, &parameters.n, &parameters.most,
                            VIR_CONNECT_IDENTITY_PROCESS_TIME, find_start_time(identity->pid));
    add_names(&parameters, identity->uid);

    result = virConnectSetIdentity(connect, parameters.list, parameters.n, 0);
    if (result < 0)
        error_from_libvirt(error);
    virTypedParamsFree(parameters.list, parameters.n);

    return result == 0;
}

gboolean
identity_pass(virConnectPtr connect, GDBusConnection *bus, const char *caller, GError **error)
{
    g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
        bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
        "GetConnectionCredentials", g_variant_new("(s)", caller), G_VARIANT_TYPE("(a{sv})"),
        G_DBUS_CALL_FLAGS_NONE, -1, NULL, error);
    Identity identity;

    return reply && identity_read(&identity, reply, error) &&
           identity_assume(&identity, connect, error);
}

/* Its driver does not know of any, the daemon is too old, or does not let the service. */
gboolean
identity_is_refused(const GError *error)
{
    static const int codes[] = { VIR_ERR_NO_SUPPORT, VIR_ERR_RPC, VIR_ERR_ACCESS_DENIED,
                                 VIR_ERR_OPERATION_DENIED };

    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (g_error_matches(error, LIBVIRT_ERROR, codes[i]))
            return TRUE;
    }
    return FALSE;
}
