/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is where: the manager at the root, a connection below it, a folder for each kind of object
 * below that. GDBus knows such places as subtrees, one level each, and asks here, from memory, what
 * stands in them. Calls go on to call.c whether or not their object is listed: it may be one that
 * nobody has asked for yet. */

#include "tree.h"

struct Tree {
    Service *service;
    GDBusConnection *bus; /* (owned) */
    const Face *face;
    GArray *registrations; /* (owned) of Registration */
};

typedef struct {
    Connection *connection; /* (nullable) only to be compared */
    guint id;
} Registration;

const Interface *const *
place_get_interfaces(const Place *place)
{
    if (place->kind)
        return face_get_interfaces(place->face, place->kind);
    return place->connection ? place->face->connection_interfaces : place->face->root_interfaces;
}

/* What a caller may not know of is not there: GDBus answers for it as for any other such path. */
static gboolean
is_shown(const Place *place, const char *caller)
{
    return !place->connection || service_shows(place->service, place->connection, caller);
}

static char **
enumerate(GDBusConnection *bus G_GNUC_UNUSED, const char *sender,
          const char *object_path G_GNUC_UNUSED, gpointer user_data)
{
    const Place *place = user_data;

    if (!place->kind || !is_shown(place, sender))
        return g_new0(char *, 1);

    return registry_list(connection_get_registry(place->connection), place->kind);
}

/* Objects stand below the folder of their kind, manager and connections at their own place. To
 * libvirt-dbus the folder is one more object of the kind, though it can be asked for nothing. */
static gboolean
is_object(const Place *place, const char *node)
{
    return place->kind ? node || place->face->is_compat : !node;
}

static GDBusInterfaceInfo **
introspect(GDBusConnection *bus G_GNUC_UNUSED, const char *sender,
           const char *object_path G_GNUC_UNUSED, const char *node, gpointer user_data)
{
    const Place *place = user_data;
    g_autoptr(GPtrArray) infos = g_ptr_array_new();

    if (is_object(place, node) && is_shown(place, sender)) {
        for (const Interface *const *i = place_get_interfaces(place); *i; i++) {
            if (!place->connection || connection_has_interface(place->connection, *i))
                g_ptr_array_add(infos, g_dbus_interface_info_ref((*i)->info));
        }
    }
    g_ptr_array_add(infos, NULL);

    return (GDBusInterfaceInfo **)g_ptr_array_free(g_steal_pointer(&infos), FALSE);
}

static const GDBusInterfaceVTable *
dispatch(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
         const char *object_path G_GNUC_UNUSED, const char *interface_name G_GNUC_UNUSED,
         const char *node G_GNUC_UNUSED, gpointer *out_user_data, gpointer user_data)
{
    *out_user_data = user_data;
    return &call_vtable;
}

static const GDBusSubtreeVTable subtree = { enumerate, introspect, dispatch, { NULL } };

static void
place_free(gpointer data)
{
    Place *place = data;

    g_clear_pointer(&place->connection, connection_unref);
    g_free(place);
}

static gboolean
tree_register(Tree *tree, Connection *connection, const Kind *kind, GError **error)
{
    g_autofree char *path =
        face_make_path(tree->face, connection ? connection_get_name(connection) : NULL, kind, NULL);
    Place *place = g_new0(Place, 1);
    Registration registration = { connection, 0 };

    if (connection)
        connection_ref(connection);
    *place = (Place){ tree->service, tree->face, connection, kind };

    registration.id = g_dbus_connection_register_subtree(
        tree->bus, path, &subtree, G_DBUS_SUBTREE_FLAGS_DISPATCH_TO_UNENUMERATED_NODES, place,
        place_free, error);
    if (registration.id == 0)
        return FALSE;
    g_array_append_val(tree->registrations, registration);

    return TRUE;
}

gboolean
tree_add_root(Tree *tree, GError **error)
{
    return !tree->face->root_interfaces || tree_register(tree, NULL, NULL, error);
}

gboolean
tree_add_connection(Tree *tree, Connection *connection, GError **error)
{
    if (!tree_register(tree, connection, NULL, error))
        return FALSE;

    for (const Kind *const *kind = tree->face->kinds; *kind; kind++) {
        if (!tree_register(tree, connection, *kind, error))
            return FALSE;
    }

    return TRUE;
}

void
tree_remove_connection(Tree *tree, Connection *connection)
{
    for (guint i = tree->registrations->len; i > 0; i--) {
        const Registration *registration = &g_array_index(tree->registrations, Registration, i - 1);

        if (registration->connection != connection)
            continue;
        g_dbus_connection_unregister_subtree(tree->bus, registration->id);
        g_array_remove_index(tree->registrations, i - 1);
    }
}

/* The first @n arguments, after @path if there is one. */
static GVariant *
pack_arguments(const char *path, GVariant *arguments, gsize n)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_TUPLE);
    if (path)
        g_variant_builder_add(&builder, "o", path);
    for (gsize i = 0; i < n; i++) {
        g_autoptr(GVariant) argument = g_variant_get_child_value(arguments, i);
        g_variant_builder_add_value(&builder, argument);
    }

    return g_variant_builder_end(&builder);
}

/* The frozen face has fewer signals, some with fewer arguments, and no standard interfaces. */
static GVariant *
translate(Tree *tree, const Signal *signal, const char *path, const char **interface)
{
    const Kind *kind = signal->from_connection ? NULL : signal->kind;
    gsize n = g_variant_n_children(signal->arguments);
    const Interface *twin = face_find_signal(tree->face, kind, signal->name);
    gsize n_wanted = 0;

    *interface = signal->interface;
    if (!tree->face->is_compat)
        return pack_arguments(path, signal->arguments, n);
    if (!twin || !g_str_has_prefix(signal->interface, native_face.bus_name))
        return NULL;

    *interface = twin->info->name;
    for (GDBusArgInfo **args = g_dbus_interface_info_lookup_signal(twin->info, signal->name)->args;
         args && *args; args++)
        n_wanted++;

    return face_wrap(tree->face, g_variant_ref_sink(pack_arguments(
                                     path, signal->arguments, MIN(n, n_wanted - (path != NULL)))));
}

void
tree_emit(Tree *tree, const char *destination, const char *connection, const Signal *signal)
{
    g_autofree char *above = face_make_path(tree->face, connection, NULL, NULL);
    g_autofree char *object = face_make_path(tree->face, connection, signal->kind, signal->element);
    const char *source = signal->from_root         ? tree->face->root
                         : signal->from_connection ? above
                                                   : object;
    const char *interface;
    GVariant *arguments =
        translate(tree, signal, signal->from_connection ? object : NULL, &interface);
    g_autoptr(GError) error = NULL;

    if (!arguments)
        return;

    g_variant_take_ref(arguments);
    if (!g_dbus_connection_emit_signal(tree->bus, destination, source, interface, signal->name,
                                       arguments, &error))
        g_warning("%s: signal %s: %s", object, signal->name, error->message);
    g_variant_unref(arguments);
}

Tree *
tree_new(Service *service, GDBusConnection *bus, const Face *face)
{
    Tree *tree = g_new0(Tree, 1);

    tree->service = service;
    tree->bus = g_object_ref(bus);
    tree->face = face;
    tree->registrations = g_array_new(FALSE, FALSE, sizeof(Registration));

    return tree;
}

void
tree_free(Tree *tree)
{
    for (guint i = 0; i < tree->registrations->len; i++)
        g_dbus_connection_unregister_subtree(
            tree->bus, g_array_index(tree->registrations, Registration, i).id);

    g_array_unref(tree->registrations);
    g_object_unref(tree->bus);
    g_free(tree);
}
