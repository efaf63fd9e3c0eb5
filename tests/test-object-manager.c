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

/* What a client hears, in the order in which it comes. */
typedef struct {
    const char *path;
    GMutex lock;
    GHashTable *asked; /* serials of calls of Get that are not answered */
    GVariant *said;    /* (nullable) what the last signal said */
    guint n_answers;   /* since there was a signal */
    guint n_others;    /* among them that say something else */
    guint n_changes;   /* still to be made */
    gint ended;        /* atomic: nobody hears any more */
} Hearing;

static void
hear_signal(Hearing *hearing, GDBusMessage *message)
{
    g_autoptr(GVariant) changed = g_variant_get_child_value(g_dbus_message_get_body(message), 1);
    GVariant *state = g_variant_lookup_value(changed, "State", NULL);

    if (!state)
        return;

    g_clear_pointer(&hearing->said, g_variant_unref);
    hearing->said = state;
}

static void
hear_answer(Hearing *hearing, GDBusMessage *message)
{
    guint32 serial = g_dbus_message_get_reply_serial(message);
    g_autoptr(GVariant) state = NULL;

    if (!g_hash_table_remove(hearing->asked, GUINT_TO_POINTER(serial)) || !hearing->said)
        return;

    g_variant_get(g_dbus_message_get_body(message), "(v)", &state);
    hearing->n_answers++;
    hearing->n_others += !g_variant_equal(state, hearing->said);
}

static GDBusMessage *
hear(GDBusConnection *bus G_GNUC_UNUSED, GDBusMessage *message, gboolean incoming, gpointer data)
{
    Hearing *hearing = data;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&hearing->lock);

    if (incoming && g_dbus_message_get_message_type(message) == G_DBUS_MESSAGE_TYPE_METHOD_RETURN)
        hear_answer(hearing, message);
    else if (incoming && g_strcmp0(g_dbus_message_get_member(message), "PropertiesChanged") == 0 &&
             g_strcmp0(g_dbus_message_get_path(message), hearing->path) == 0)
        hear_signal(hearing, message);

    return message;
}

static void
on_filter_freed(gpointer data)
{
    Hearing *hearing = data;

    g_atomic_int_set(&hearing->ended, TRUE);
}

static void
ask(GDBusConnection *bus, Hearing *hearing)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&hearing->lock);
    g_autoptr(GDBusMessage) message = NULL;
    guint32 serial;

    if (g_hash_table_size(hearing->asked) >= 4)
        return;

    message = g_dbus_message_new_method_call(NAME, hearing->path, "org.freedesktop.DBus.Properties",
                                             "Get");
    g_dbus_message_set_body(message, g_variant_new("(ss)", DOMAIN, "State"));
    g_dbus_connection_send_message(bus, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, &serial, NULL);
    g_hash_table_add(hearing->asked, GUINT_TO_POINTER(serial));
}

static void change(GDBusConnection *bus, Hearing *hearing);

static void
on_changed(GObject *bus, GAsyncResult *result, gpointer data)
{
    Hearing *hearing = data;
    g_autoptr(GError) error = NULL;
    GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error);

    g_assert_no_error(error);
    g_variant_unref(answer);
    if (--hearing->n_changes > 0)
        change(G_DBUS_CONNECTION(bus), hearing);
}

static void
change(GDBusConnection *bus, Hearing *hearing)
{
    g_dbus_connection_call(bus, NAME, hearing->path, DOMAIN,
                           hearing->n_changes % 2 == 0 ? "Suspend" : "Resume", NULL, NULL,
                           G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_changed, hearing);
}

/* An answer to Get says what the last signal before it said, and nothing else. */
static void
test_order(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *path = create_domain(fixture);
    Hearing hearing = { .path = path, .asked = g_hash_table_new(NULL, NULL), .n_changes = 400 };
    guint filter =
        g_dbus_connection_add_filter(fixture->connection, hear, &hearing, on_filter_freed);

    g_mutex_init(&hearing.lock);
    change(fixture->connection, &hearing);
    while (hearing.n_changes > 0) {
        ask(fixture->connection, &hearing);
        g_main_context_iteration(NULL, FALSE);
    }
    g_dbus_connection_remove_filter(fixture->connection, filter);
    while (!g_atomic_int_get(&hearing.ended)) /* it may be running */
        g_main_context_iteration(NULL, FALSE);

    g_test_message("%u answers", hearing.n_answers);
    g_assert_cmpuint(hearing.n_answers, >=, 400);
    g_assert_cmpuint(hearing.n_others, ==, 0);

    g_hash_table_unref(hearing.asked);
    g_clear_pointer(&hearing.said, g_variant_unref);
    g_mutex_clear(&hearing.lock);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add("/object-manager/objects", Fixture, NULL, set_up, test_objects, tear_down);
    g_test_add("/object-manager/changes", Fixture, NULL, set_up, test_changes, tear_down);
    g_test_add("/object-manager/removal", Fixture, NULL, set_up, test_removal, tear_down);
    g_test_add("/object-manager/order", Fixture, NULL, set_up, test_order, tear_down);

    return g_test_run();
}
