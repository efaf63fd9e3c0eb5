/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Decides whether a caller may do something. Root may on the system bus, and so may everyone on the
 * session bus, which is one user's, who may do there what that user's processes may do anyway. Of
 * all others polkit is asked. */

#include "authority.h"

struct Authority {
    Callers *callers;
    Judge *judge;        /* (owned) (nullable) on a session bus */
    GHashTable *clients; /* (owned) unique name -> Client (owned) */
};

typedef struct {
    AuthorityTrust tell;
    gpointer data;
} Identification;

static void
on_user(gpointer data, guint uid, const GError *error)
{
    g_autofree Identification *identification = data;
    g_autoptr(GError) denied = NULL;

    if (error)
        g_set_error(&denied, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                    "the bus does not say who calls: %s", error->message);

    identification->tell(identification->data, uid == 0, denied);
}

void
authority_identify(Authority *authority, const char *sender, AuthorityTrust tell, gpointer data)
{
    Identification *identification;

    if (authority_trusts(authority, sender)) {
        tell(data, TRUE, NULL);
        return;
    }

    identification = g_new(Identification, 1);
    *identification = (Identification){ tell, data };
    callers_find_user(authority->callers, sender, on_user, identification);
}

gboolean
authority_trusts_all(Authority *authority)
{
    return !authority->judge;
}

gboolean
authority_trusts(Authority *authority, const char *sender)
{
    guint uid;

    return authority_trusts_all(authority) ||
           (callers_know_user(authority->callers, sender, &uid) && uid == 0);
}

static Client *
authority_get_client(Authority *authority, const char *sender)
{
    Client *client = g_hash_table_lookup(authority->clients, sender);

    if (!client) {
        client = client_new(authority->judge, sender);
        g_hash_table_insert(authority->clients, g_strdup(sender), client);
    }

    return client;
}

void
authority_ask(Authority *authority, const char *sender, gboolean interactive, GPtrArray *questions,
              ClientAnswered answered, gpointer data)
{
    client_ask(authority_get_client(authority, sender), interactive, questions, answered, data);
}

static void
on_changed(gpointer data)
{
    Authority *authority = data;
    GHashTableIter iter;
    gpointer client;

    g_hash_table_iter_init(&iter, authority->clients);
    while (g_hash_table_iter_next(&iter, NULL, &client))
        client_forget(client);
}

static void
on_left(gpointer data, const char *sender)
{
    Authority *authority = data;
    gpointer name, client;

    if (g_hash_table_steal_extended(authority->clients, sender, &name, &client)) {
        client_leave(client);
        client_unref(client);
        g_free(name);
    }
}

void
authority_end(Authority *authority)
{
    if (authority->judge)
        judge_end(authority->judge);
}

Authority *
authority_new(Callers *callers, gboolean system_bus)
{
    Authority *authority = g_new0(Authority, 1);

    authority->callers = callers;
    authority->judge = system_bus ? judge_new(on_changed, authority) : NULL;
    authority->clients =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)client_unref);
    callers_on_left(callers, on_left, authority);

    return authority;
}

void
authority_free(Authority *authority)
{
    g_hash_table_unref(authority->clients);
    g_clear_pointer(&authority->judge, judge_close);
    g_free(authority);
}
