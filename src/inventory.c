/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What happens on a worker between the opening of a connection and its first call: the events of
 * coming and going are asked for first, then the lists of all objects, so that nothing falls
 * between the two. The other events, each a request, follow when the first calls are on their way.
 *
 * A driver that has no events of some kind, or no objects of it, says so by an error. That is no
 * failure: the first leaves that kind to be asked each time, the second leaves it empty. */

#include "inventory.h"

#include "bindings.h"
#include "managed.h"
#include "observe.h"
#include "qemu.h"
#include "watch.h"

typedef struct {
    const Event *event;
    int id;
} Enabled;

typedef struct {
    int n;
    Sight *sights; /* (owned) */
} List;

struct Inventory {
    Link *link; /* that the events come through */
    char *uri;  /* (owned) (nullable) */
    GArray *enabled;
    GArray *lists;
};

static void
list_clear(gpointer data)
{
    List *list = data;

    for (int i = 0; i < list->n; i++)
        sight_clear(&list->sights[i]);
    g_free(list->sights);
    *list = (List){ 0, NULL };
}

static void
inventory_enable_event(Inventory *inventory, const Event *event, virConnectPtr connect)
{
    Enabled enabled = { event, -1 };

    /* libvirt loses some memory when it cannot register for a monitor event. */
    if (virConnectIsAlive(connect) != 0)
        enabled.id = event->enable(connect, inventory->link);
    if (enabled.id >= 0)
        g_array_append_val(inventory->enabled, enabled);
}

static void
inventory_enable_events(Inventory *inventory, virConnectPtr connect, gboolean lifecycle)
{
    for (guint i = 0; events[i]; i++) {
        for (const Event *event = events[i]; event->signal; event++) {
            if (event->lifecycle == lifecycle)
                inventory_enable_event(inventory, event, connect);
        }
    }
}

/* Those that are kept, or the others, of which only the names are. */
static void
inventory_list_objects(Inventory *inventory, virConnectPtr connect, gboolean kept)
{
    for (guint i = 0; kinds[i]; i++) {
        g_autofree void **handles = NULL;
        List list = { 0, NULL };

        if (kinds[i]->list && observe_keeps(kinds[i]) == kept)
            list.n = kinds[i]->list(connect, &handles, 0);
        if (list.n <= 0)
            continue;

        list.sights = g_new0(Sight, list.n);
        observe_all(kinds[i], connect, handles, list.n, list.sights);
        g_array_append_val(inventory->lists, list);
    }
}

gpointer
inventory_new(virConnectPtr connect, Link *link)
{
    Inventory *inventory = g_new0(Inventory, 1);

    inventory->link = link;
    inventory->uri = virConnectGetURI(connect);
    inventory->enabled = g_array_new(FALSE, FALSE, sizeof(Enabled));
    inventory->lists = g_array_new(FALSE, FALSE, sizeof(List));
    g_array_set_clear_func(inventory->lists, list_clear);

    inventory_enable_events(inventory, connect, TRUE);
    inventory_list_objects(inventory, connect, TRUE);

    return inventory;
}

const char *
inventory_get_uri(Inventory *inventory)
{
    return inventory->uri;
}

static void
put(Connection *connection, Sight *sight, gboolean announce)
{
    g_autofree char *element = sight->kind->identity(sight->handle);
    g_autoptr(GVariant) changed = NULL;

    if (observe_is_passing(sight))
        watch_later(connection, sight->kind, element);
    if (announce)
        managed_put(connection, element, sight);
    else
        registry_put(connection_get_registry(connection), element, sight, &changed);
}

void
inventory_fill(Inventory *inventory, Connection *connection, gboolean announce)
{
    Registry *registry = connection_get_registry(connection);

    for (guint i = 0; i < inventory->enabled->len; i++) {
        const Event *event = g_array_index(inventory->enabled, Enabled, i).event;

        if (event->lifecycle)
            registry_set_live(registry, event->kind);
    }

    for (guint i = 0; i < inventory->lists->len; i++) {
        List *list = &g_array_index(inventory->lists, List, i);

        for (int j = 0; j < list->n; j++)
            put(connection, &list->sights[j], announce);
        list_clear(list);
    }
    g_array_set_size(inventory->lists, 0);
}

/* The rest of what a link has found. */
typedef struct {
    Inventory *inventory;   /* of the link */
    Connection *connection; /* (owned) */
    Link *link;             /* (owned) */
} Rest;

static void
complete(virConnectPtr connect, gpointer data)
{
    Inventory *inventory = ((Rest *)data)->inventory;

    inventory_list_objects(inventory, connect, FALSE);
    inventory_enable_events(inventory, connect, FALSE);
    inventory_enable_event(inventory, &qemu_monitor_event, connect);
}

static void
on_completed(gpointer data, const GError *error G_GNUC_UNUSED)
{
    g_autofree Rest *rest = data;

    if (connection_is_current(rest->connection, rest->link))
        inventory_fill(rest->inventory, rest->connection, FALSE);

    link_unref(rest->link);
    connection_unref(rest->connection);
}

static gboolean
push_rest(gpointer data)
{
    Rest *rest = data;

    link_push(rest->link, NULL, complete, on_completed, rest);

    return G_SOURCE_REMOVE;
}

void
inventory_complete_later(Inventory *inventory, Connection *connection)
{
    Rest *rest = g_new(Rest, 1);

    *rest = (Rest){ inventory, connection_ref(connection), link_ref(inventory->link) };
    g_idle_add(push_rest, rest);
}

void
inventory_release(virConnectPtr connect, gpointer data)
{
    Inventory *inventory = data;

    for (guint i = 0; i < inventory->enabled->len; i++) {
        Enabled *enabled = &g_array_index(inventory->enabled, Enabled, i);

        enabled->event->disable(connect, enabled->id);
    }

    g_array_unref(inventory->enabled);
    g_array_unref(inventory->lists);
    g_free(inventory->uri);
    g_free(inventory);
}
