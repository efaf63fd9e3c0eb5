/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GLib's own client of object managers, with its proxies that cache properties, sees the domains,
 * networks, ... of a connection as they are, and as they change. VIRTBUSD names the program. */

#include <gio/gio.h>
#include <glib/gstdio.h>

#define NAME "org.libvirt1"
#define TEST "/org/libvirt1/Test"
#define CONNECTION "org.libvirt1.Connection"
#define DOMAIN "org.libvirt1.Domain"

/* virDomainState */
#define RUNNING 1
#define PAUSED 3

static const char xml[] = "<domain type='test'><name>seen</name><memory>8192</memory>"
                          "<os><type>hvm</type></os></domain>";

typedef struct {
    GTestDBus *bus;
    char *home;
    GSubprocess *daemon;
    GDBusConnection *connection;
    GDBusObjectManager *manager;
    guint n_changes;
} Fixture;

static void
on_name(GDBusConnection *connection G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
        const char *owner G_GNUC_UNUSED, gpointer data)
{
    g_main_loop_quit(data);
}

static void
wait_for_name(GDBusConnection *connection)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    guint watch = g_bus_watch_name_on_connection(connection, NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                 on_name, NULL, loop, NULL);

    g_main_loop_run(loop);
    g_bus_unwatch_name(watch);
}

static void
on_change(GDBusObjectManagerClient *manager G_GNUC_UNUSED, GDBusObjectProxy *object G_GNUC_UNUSED,
          GDBusProxy *proxy G_GNUC_UNUSED, GVariant *changed G_GNUC_UNUSED,
          const char *const *invalidated G_GNUC_UNUSED, gpointer data)
{
    Fixture *fixture = data;

    fixture->n_changes++;
}

static void
start(Fixture *fixture)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
    g_autoptr(GError) error = NULL;

    fixture->home = g_dir_make_tmp("virtbus-XXXXXX", &error);
    g_assert_no_error(error);
    g_subprocess_launcher_setenv(launcher, "XDG_CONFIG_HOME", fixture->home, TRUE);
    fixture->daemon =
        g_subprocess_launcher_spawn(launcher, &error, g_getenv("VIRTBUSD"), "--session", NULL);
    g_assert_no_error(error);
}

static void
set_up(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    fixture->bus = g_test_dbus_new(G_TEST_DBUS_NONE);
    g_test_dbus_up(fixture->bus);
    start(fixture);

    fixture->connection =
        g_dbus_connection_new_for_address_sync(g_test_dbus_get_bus_address(fixture->bus),
                                               G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                   G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                               NULL, NULL, &error);
    g_assert_no_error(error);
    wait_for_name(fixture->connection);

    fixture->manager = g_dbus_object_manager_client_new_sync(
        fixture->connection, G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_NONE, NAME, TEST, NULL, NULL, NULL,
        NULL, &error);
    g_assert_no_error(error);
    g_signal_connect(fixture->manager, "interface-proxy-properties-changed", G_CALLBACK(on_change),
                     fixture);
}

static void
tear_down(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    g_object_unref(fixture->manager);
    g_object_unref(fixture->connection);

    g_subprocess_send_signal(fixture->daemon, SIGTERM);
    g_subprocess_wait_check(fixture->daemon, NULL, &error);
    g_assert_no_error(error);
    g_object_unref(fixture->daemon);

    g_test_dbus_down(fixture->bus);
    g_object_unref(fixture->bus);
    g_rmdir(fixture->home);
    g_free(fixture->home);
}

/* (owned) */
static GVariant *
call(Fixture *fixture, const char *path, const char *interface, const char *method,
     GVariant *arguments)
{
    g_autoptr(GError) error = NULL;
    GVariant *answer =
        g_dbus_connection_call_sync(fixture->connection, NAME, path, interface, method, arguments,
                                    NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

    g_assert_no_error(error);
    return answer;
}

static void
wait_for_object(GDBusObjectManager *manager, const char *path)
{
    g_autoptr(GDBusObject) object = g_dbus_object_manager_get_object(manager, path);

    while (!object) {
        g_main_context_iteration(NULL, TRUE);
        object = g_dbus_object_manager_get_object(manager, path);
    }
}

/* (owned) */
static char *
create_domain(Fixture *fixture)
{
    g_autoptr(GVariant) answer =
        call(fixture, TEST, CONNECTION, "DomainCreateXML", g_variant_new("(su)", xml, 0));
    char *path;

    g_variant_get(answer, "(o)", &path);
    wait_for_object(fixture->manager, path);

    return path;
}

static int
get_state(GDBusProxy *proxy)
{
    g_autoptr(GVariant) value = g_dbus_proxy_get_cached_property(proxy, "State");
    int state;

    g_assert_nonnull(value);
    g_variant_get(value, "(ii)", &state, NULL);
    return state;
}

/* All that the cache holds is what GetAll says. */
static void
check_proxy(Fixture *fixture, GDBusProxy *proxy)
{
    g_auto(GStrv) names = g_dbus_proxy_get_cached_property_names(proxy);
    g_autoptr(GVariant) answer =
        call(fixture, g_dbus_proxy_get_object_path(proxy), "org.freedesktop.DBus.Properties",
             "GetAll", g_variant_new("(s)", g_dbus_proxy_get_interface_name(proxy)));
    g_autoptr(GVariant) all = g_variant_get_child_value(answer, 0);

    for (guint i = 0; names && names[i]; i++) {
        g_autoptr(GVariant) cached = g_dbus_proxy_get_cached_property(proxy, names[i]);
        g_autoptr(GVariant) fresh = g_variant_lookup_value(all, names[i], NULL);

        g_assert_true(fresh && g_variant_equal(cached, fresh));
    }
}

/* Returns the number of objects. */
static guint
check_all(Fixture *fixture)
{
    GList *objects = g_dbus_object_manager_get_objects(fixture->manager);
    guint n = g_list_length(objects);

    for (GList *i = objects; i; i = i->next) {
        GList *interfaces = g_dbus_object_get_interfaces(i->data);

        g_assert_nonnull(interfaces);
        for (GList *j = interfaces; j; j = j->next)
            check_proxy(fixture, j->data);
        g_list_free_full(interfaces, g_object_unref);
    }
    g_list_free_full(objects, g_object_unref);

    return n;
}

static void
test_objects(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GVariant) answer =
        call(fixture, TEST, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL);
    g_autoptr(GVariant) objects = g_variant_get_child_value(answer, 0);

    g_assert_cmpuint(g_variant_n_children(objects), >, 3);
    g_assert_cmpuint(check_all(fixture), ==, g_variant_n_children(objects));
}

static void
test_changes(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    guint n = check_all(fixture);
    g_autofree char *path = create_domain(fixture);
    g_autoptr(GDBusInterface) domain =
        g_dbus_object_manager_get_interface(fixture->manager, path, DOMAIN);

    g_assert_cmpuint(check_all(fixture), ==, n + 1);
    g_assert_cmpint(get_state(G_DBUS_PROXY(domain)), ==, RUNNING);

    g_variant_unref(call(fixture, path, DOMAIN, "Suspend", NULL));
    while (fixture->n_changes == 0)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpint(get_state(G_DBUS_PROXY(domain)), ==, PAUSED);
    check_all(fixture);
}

static void
on_removed(GDBusObjectManager *manager G_GNUC_UNUSED, GDBusObject *object, gpointer data)
{
    char **removed = data;

    g_assert_null(*removed);
    *removed = g_strdup(g_dbus_object_get_object_path(object));
}

static void
test_removal(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    guint n = check_all(fixture);
    g_autofree char *path = create_domain(fixture);
    g_autofree char *removed = NULL;

    g_signal_connect(fixture->manager, "object-removed", G_CALLBACK(on_removed), &removed);
    g_variant_unref(call(fixture, path, DOMAIN, "Destroy", g_variant_new("(u)", 0)));
    while (!removed)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpstr(removed, ==, path);
    g_assert_cmpuint(check_all(fixture), ==, n);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add("/object-manager/objects", Fixture, NULL, set_up, test_objects, tear_down);
    g_test_add("/object-manager/changes", Fixture, NULL, set_up, test_changes, tear_down);
    g_test_add("/object-manager/removal", Fixture, NULL, set_up, test_removal, tear_down);

    return g_test_run();
}
