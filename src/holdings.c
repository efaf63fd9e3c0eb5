/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The connections that callers asked for, and how often each caller holds each. One that a caller
 * had opened ends with its last holder, unless it is to be kept; one of the configuration is only
 * counted.
 *
 * A connection is known here from the moment somebody asks for it, but on the bus only once it is
 * open, so that nothing is to be seen of one that cannot be opened. */

#include "holdings.h"

#include <string.h>

#include "error.h"

/* A path element must not become endless. */
#define NAME_LENGTH 64

struct Holdings {
    Service *service;
    const Config *config;
    GPtrArray *list;      /* (owned) of Holding */
    GHashTable *accounts; /* (owned) user -> Account (owned) */
};

typedef struct {
    Connection *connection; /* (owned) */
    char *uri;              /* (owned) as it was asked for */
    char *name;             /* (owned) (nullable) that was asked for, or that it has */
    char *agent;            /* (owned) (nullable) with its caller */
    guint user;
    gboolean configured;
    gboolean published;
    gboolean keep;
    GHashTable *holders; /* (owned) unique name -> how often */
} Holding;

static void
holding_free(gpointer data)
{
    Holding *holding = data;

    connection_unref(holding->connection);
    g_hash_table_unref(holding->holders);
    g_free(holding->uri);
    g_free(holding->name);
    g_free(holding->agent);
    g_free(holding);
}

static Holding *
find_holding(Holdings *holdings, Connection *connection)
{
    for (guint i = 0; i < holdings->list->len; i++) {
        Holding *holding = holdings->list->pdata[i];

        if (holding->connection == connection)
            return holding;
    }

    return NULL;
}

/* An agent is an object of one caller's. */
static char *
describe_agent(const Wish *wish)
{
    return wish->agent ? g_strconcat(wish->caller, wish->agent, NULL) : NULL;
}

/* Nobody else's, and as it was asked for; the URI may be the one that it got when it was opened. */
static gboolean
is_wished(Holding *holding, const Wish *wish)
{
    Connection *connection = holding->connection;
    g_autofree char *agent = describe_agent(wish);

    return g_strcmp0(holding->agent, agent) == 0 &&
           (holding->configured || holding->user == wish->user) &&
           connection_get_read_only(connection) == wish->read_only &&
           (strcmp(holding->uri, wish->uri) == 0 ||
            strcmp(connection_get_uri(connection), wish->uri) == 0) &&
           (!wish->name || g_strcmp0(holding->name, wish->name) == 0);
}

static Holding *
add_holding(Holdings *holdings, Connection *connection, const Wish *wish)
{
    Holding *holding = g_new0(Holding, 1);

    holding->connection = connection_ref(connection);
    holding->uri = g_strdup(wish->uri);
    holding->name = g_strdup(wish->name);
    holding->agent = describe_agent(wish);
    holding->user = wish->user;
    holding->holders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_ptr_array_add(holdings->list, holding);

    return holding;
}

/* Those of the configuration become holdings when somebody asks for them by their URI. */
static Holding *
find_configured(Holdings *holdings, const Wish *wish)
{
    GPtrArray *connections = service_get_connections(holdings->service);

    for (guint i = 0; !wish->agent && i < connections->len; i++) {
        Connection *connection = connections->pdata[i];
        const char *name = connection_get_name(connection);
        Holding *holding;

        if (connection_get_read_only(connection) != wish->read_only ||
            strcmp(connection_get_uri(connection), wish->uri) != 0 ||
            (wish->name && strcmp(name, wish->name) != 0))
            continue;

        holding = find_holding(holdings, connection);
        if (holding && !holding->configured)
            continue;
        if (holding)
            return holding;

        holding = add_holding(holdings, connection, wish);
        g_free(holding->name);
        holding->name = g_strdup(name);
        holding->configured = TRUE;
        holding->published = TRUE;
        return holding;
    }

    return NULL;
}

static Holding *
find_wished(Holdings *holdings, const Wish *wish)
{
    Holding *configured = find_configured(holdings, wish);

    if (configured)
        return configured;

    for (guint i = 0; i < holdings->list->len; i++) {
        if (is_wished(holdings->list->pdata[i], wish))
            return holdings->list->pdata[i];
    }

    return NULL;
}

gboolean
holdings_is_configured(Holdings *holdings, const Wish *wish)
{
    return find_configured(holdings, wish) != NULL;
}

/* Jobs have their paths at "job". */
static gboolean
is_free(Holdings *holdings, const char *name)
{
    if (service_find_connection(holdings->service, name))
        return FALSE;
    for (guint i = 0; i < holdings->list->len; i++) {
        if (g_strcmp0(((Holding *)holdings->list->pdata[i])->name, name) == 0)
            return FALSE;
    }

    return strcmp(name, "job") != 0;
}

/* Users cannot take, or try out, each other's names. */
static char *
make_own(const char *name, guint user)
{
    return user == CALLERS_NOBODY ? g_strdup(name) : g_strdup_printf("u%u_%s", user, name);
}

/* qemu+ssh://host/system -> qemu_ssh_host_system */
static char *
make_name(Holdings *holdings, Holding *holding)
{
    g_autofree char *words = g_strndup(connection_get_uri(holding->connection), NAME_LENGTH);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *base = NULL;
    g_autofree char *name = NULL;

    words[strcspn(words, "?#")] = '\0';
    for (const char *c = words; *c; c++) {
        if (g_ascii_isalnum(*c))
            g_string_append_c(text, *c);
        else if (text->len > 0 && text->str[text->len - 1] != '_')
            g_string_append_c(text, '_');
    }
    if (text->len > 0 && text->str[text->len - 1] == '_')
        g_string_truncate(text, text->len - 1);

    base = make_own(text->str, holding->user);
    name = g_strdup(base);
    for (guint number = 2; !is_free(holdings, name); number++) {
        g_free(name);
        name = g_strdup_printf("%s_%u", base, number);
    }

    return g_steal_pointer(&name);
}

static Account *
find_account(Holdings *holdings, guint user)
{
    Account *account = g_hash_table_lookup(holdings->accounts, GUINT_TO_POINTER(user));

    if (!account) {
        account = g_rc_box_new0(Account);
        g_hash_table_insert(holdings->accounts, GUINT_TO_POINTER(user), account);
    }

    return account;
}

/* As many again may be on their way out, however long that takes. */
static gboolean
check_limit(Holdings *holdings, guint user, GError **error)
{
    guint most = holdings->config->user_connections;
    Account account = *find_account(holdings, user);
    guint n = 0;

    for (guint i = 0; i < holdings->list->len; i++) {
        Holding *holding = holdings->list->pdata[i];
        n += !holding->configured && holding->user == user;
    }
    if (n < most && account / 2 < most)
        return TRUE;

    g_set_error(error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                "this user has %u connections open, and %u that have not ended yet", n,
                account > n ? account - n : 0);
    return FALSE;
}

static Holding *
make_holding(Holdings *holdings, const Wish *wish, GError **error)
{
    ConnectionConfig config = { .uri = (char *)wish->uri, .read_only = wish->read_only };
    Account *account = find_account(holdings, wish->user);
    g_autoptr(Connection) connection = NULL;

    if (wish->name && !is_free(holdings, wish->name)) {
        g_set_error(error, G_DBUS_ERROR, G_DBUS_ERROR_OBJECT_PATH_IN_USE,
                    "the name %s is that of another connection", wish->name);
        return NULL;
    }
    if (!check_limit(holdings, wish->user, error))
        return NULL;

    connection = service_new_connection(holdings->service, &config);
    connection_set_opener(
        connection,
        opener_new(account, service_get_bus(holdings->service), wish->caller, wish->agent),
        wish->user);

    return add_holding(holdings, connection, wish);
}

static void
count(Holding *holding, const char *caller, int change)
{
    int n = GPOINTER_TO_INT(g_hash_table_lookup(holding->holders, caller)) + change;

    if (n > 0)
        g_hash_table_replace(holding->holders, g_strdup(caller), GINT_TO_POINTER(n));
    else
        g_hash_table_remove(holding->holders, caller);
}

Connection *
holdings_take(Holdings *holdings, const Wish *wish, GError **error)
{
    Wish own = *wish;
    g_autofree char *name = wish->name ? make_own(wish->name, wish->user) : NULL;
    Holding *holding = find_wished(holdings, wish);

    own.name = name;
    if (!holding && name)
        holding = find_wished(holdings, &own);
    if (!holding)
        holding = make_holding(holdings, &own, error);
    if (!holding)
        return NULL;

    holding->keep |= wish->keep;
    count(holding, wish->caller, 1);

    return holding->connection;
}

static void
end(Holdings *holdings, Holding *holding)
{
    if (!holding->configured && holding->published)
        service_remove_connection(holdings->service, holding->connection);
    else if (!holding->configured)
        connection_end(holding->connection);

    g_ptr_array_remove(holdings->list, holding);
}

static gboolean
is_unused(Holding *holding)
{
    return g_hash_table_size(holding->holders) == 0 && !(holding->published && holding->keep);
}

gboolean
holdings_give_back(Holdings *holdings, Connection *connection, const char *caller)
{
    Holding *holding = find_holding(holdings, connection);

    if (!holding || !g_hash_table_contains(holding->holders, caller))
        return FALSE;

    count(holding, caller, -1);
    if (g_hash_table_size(holding->holders) == 0)
        end(holdings, holding);

    return TRUE;
}

gboolean
holdings_close_kept(Holdings *holdings, Connection *connection)
{
    Holding *holding = find_holding(holdings, connection);

    if (!holding || holding->configured || g_hash_table_size(holding->holders) > 0)
        return FALSE;

    end(holdings, holding);

    return TRUE;
}

void
holdings_forget(Holdings *holdings, const char *caller)
{
    for (guint i = holdings->list->len; i > 0; i--) {
        Holding *holding = holdings->list->pdata[i - 1];

        if (g_hash_table_remove(holding->holders, caller) && is_unused(holding))
            end(holdings, holding);
    }
}

/* Which of the others this one turned out to be, now that libvirt has said what its URI is. */
static Holding *
find_same(Holdings *holdings, Holding *holding)
{
    const Wish wish = { .user = holding->user,
                        .uri = connection_get_uri(holding->connection),
                        .read_only = connection_get_read_only(holding->connection),
                        .name = holding->name };
    Holding *other = find_configured(holdings, &wish);

    for (guint i = 0; !other && i < holdings->list->len; i++) {
        Holding *candidate = holdings->list->pdata[i];

        if (candidate->published && is_wished(candidate, &wish))
            other = candidate;
    }

    return other;
}

Connection *
holdings_publish(Holdings *holdings, Connection *connection, const char *caller)
{
    Holding *holding = find_holding(holdings, connection);
    Holding *same = holding->published || holding->agent ? NULL : find_same(holdings, holding);

    if (same) {
        same->keep |= holding->keep;
        count(same, caller, 1);
        holdings_give_back(holdings, connection, caller);
        return same->connection;
    }

    if (!holding->published) {
        holding->published = TRUE;
        if (!holding->name)
            holding->name = make_name(holdings, holding);
        connection_set_name(connection, holding->name);
        service_add_connection(holdings->service, connection);
    }

    return connection;
}

void
holdings_end(Holdings *holdings)
{
    for (guint i = holdings->list->len; i > 0; i--) {
        Holding *holding = holdings->list->pdata[i - 1];

        if (!holding->published)
            end(holdings, holding);
    }
}

Holdings *
holdings_new(Service *service, const Config *config)
{
    Holdings *holdings = g_new0(Holdings, 1);

    holdings->service = service;
    holdings->config = config;
    holdings->list = g_ptr_array_new_with_free_func(holding_free);
    holdings->accounts = g_hash_table_new_full(NULL, NULL, NULL, g_rc_box_release);

    return holdings;
}

void
holdings_free(Holdings *holdings)
{
    g_ptr_array_unref(holdings->list);
    g_hash_table_unref(holdings->accounts);
    g_free(holdings);
}
