/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Decides about each call before anything of it is done. The session bus is one user's, who may do
 * on it what that user's processes may do anyway. On the system bus only root may call. */

#include "authority.h"

struct Authority {
    Callers *callers;
    gboolean system_bus;
};

typedef struct {
    AuthorityAnswer answer;
    gpointer data;
} Check;

static void
on_user(gpointer data, guint uid, const GError *error)
{
    g_autofree Check *check = data;
    g_autoptr(GError) denied = NULL;

    if (error)
        g_set_error(&denied, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                    "the bus does not say who calls: %s", error->message);
    else if (uid != 0)
        g_set_error(&denied, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                    "user %u may not use this service: only root may", uid);

    check->answer(check->data, denied);
}

void
authority_check(Authority *authority, const char *sender, AuthorityAnswer answer, gpointer data)
{
    Check *check;

    if (!authority->system_bus) {
        answer(data, NULL);
        return;
    }

    check = g_new(Check, 1);
    *check = (Check){ answer, data };
    callers_find_user(authority->callers, sender, on_user, check);
}

Authority *
authority_new(Callers *callers, gboolean system_bus)
{
    Authority *authority = g_new0(Authority, 1);

    authority->callers = callers;
    authority->system_bus = system_bus;

    return authority;
}

void
authority_free(Authority *authority)
{
    g_free(authority);
}
