/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which calls get the answer that is ready, on a bus of the test's own. The object has two
 * properties, and counts who asks for them. */

#include "answers.h"

static const char introspection[] = "<node><interface name='test.Thing'>"
                                    "<property name='One' type='s' access='read'/>"
                                    "<property name='Other' type='s' access='read'/>"
                                    "</interface></node>";

typedef struct {
    GTestDBus *daemon;
    GDBusConnection *service, *caller;
    Answers *answers;
    const char *value; /* of both properties */
    guint n_asked;
} Fixture;

static void
on_method_call(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
               const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
               const char *method G_GNUC_UNUSED, GVariant *arguments G_GNUC_UNUSED,
               GDBusMethodInvocation *invocation, gpointer data)
{
    Fixture *fixture = data;
    GVariant *body = g_variant_ref_sink(g_variant_new("(v)", g_variant_new_string(fixture->value)));

    fixture->n_asked++;
    if (fixture->answers)
        answers_keep(fixture->answers, g_dbus_method_invocation_get_message(invocation), body);
    g_dbus_method_invocation_return_value(invocation, body);
    g_variant_unref(body);
}

static const GDBusInterfaceVTable vtable = { on_method_call, NULL, NULL, { NULL } };

static GDBusConnection *
connect_to(GTestDBus *daemon)
{
    g_autoptr(GError) error = NULL;
    GDBusConnection *bus =
        g_dbus_connection_new_for_address_sync(g_test_dbus_get_bus_address(daemon),
                                               G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                   G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                               NULL, NULL, &error);

    g_assert_no_error(error);
    return bus;
}

static void
set_up(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(introspection, NULL);

    fixture->daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
    g_test_dbus_up(fixture->daemon);
    fixture->service = connect_to(fixture->daemon);
    fixture->caller = connect_to(fixture->daemon);
    fixture->answers = answers_new(fixture->service);
    fixture->value = "old";
    for (const char *path = "/a\0/b\0"; *path; path += 3)
        g_dbus_connection_register_object(fixture->service, path, node->interfaces[0], &vtable,
                                          fixture, NULL, NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_clear_pointer(&fixture->answers, answers_free);
    g_dbus_connection_close_sync(fixture->service, NULL, NULL);
    g_dbus_connection_close_sync(fixture->caller, NULL, NULL);
    g_clear_object(&fixture->service);
    g_clear_object(&fixture->caller);
    g_test_dbus_down(fixture->daemon);
    g_clear_object(&fixture->daemon);
}

static void
on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    GVariant **reply = data;

    *reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    g_assert_no_error(error);
}

static void
assert_get(Fixture *fixture, GDBusConnection *caller, const char *path, const char *name,
           const char *expected, guint n_asked)
{
    g_autoptr(GVariant) reply = NULL;
    g_autoptr(GVariant) value = NULL;

    g_dbus_connection_call(caller, g_dbus_connection_get_unique_name(fixture->service), path,
                           "org.freedesktop.DBus.Properties", "Get",
                           g_variant_new("(ss)", "test.Thing", name), G_VARIANT_TYPE("(v)"),
                           G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_answer, &reply);
    while (!reply)
        g_main_context_iteration(NULL, TRUE);

    g_variant_get(reply, "(v)", &value);
    g_assert_cmpstr(g_variant_get_string(value, NULL), ==, expected);
    g_assert_cmpuint(fixture->n_asked, ==, n_asked);
}

static void
test_again(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    assert_get(fixture, fixture->caller, "/a", "One", "old", 1);
    fixture->value = "new"; /* which nobody has said */
    assert_get(fixture, fixture->caller, "/a", "One", "old", 1);
    assert_get(fixture, fixture->caller, "/a", "One", "old", 1);
}

static void
test_something_else(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GDBusConnection) another = connect_to(fixture->daemon);

    assert_get(fixture, fixture->caller, "/a", "One", "old", 1);
    fixture->value = "new";
    assert_get(fixture, fixture->caller, "/a", "Other", "new", 2);
    assert_get(fixture, fixture->caller, "/b", "One", "new", 3);
    assert_get(fixture, another, "/a", "One", "new", 4);
    assert_get(fixture, fixture->caller, "/a", "One", "old", 4);
    g_dbus_connection_close_sync(another, NULL, NULL);
}

static void
test_forgotten(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    assert_get(fixture, fixture->caller, "/a", "One", "old", 1);
    fixture->value = "new";
    answers_forget(fixture->answers);
    assert_get(fixture, fixture->caller, "/a", "One", "new", 2);
    assert_get(fixture, fixture->caller, "/a", "One", "new", 2);
}

static void
test_many(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GVariant) body = g_variant_ref_sink(g_variant_new("(v)", g_variant_new_string("")));

    assert_get(fixture, fixture->caller, "/a", "One", "old", 1);
    for (guint i = 0; i < 5000; i++) {
        g_autofree char *sender = g_strdup_printf(":1.%u", 1000 + i);
        g_autoptr(GDBusMessage) call =
            g_dbus_message_new_method_call(NULL, "/a", "org.freedesktop.DBus.Properties", "Get");

        g_dbus_message_set_sender(call, sender);
        g_dbus_message_set_body(call, g_variant_new("(ss)", "test.Thing", "One"));
        answers_keep(fixture->answers, call, body);
    }
    assert_get(fixture, fixture->caller, "/a", "One", "old", 2); /* is not remembered any more */
    assert_get(fixture, fixture->caller, "/a", "One", "old", 2);
}

/* Arguments that no Get has go where they are refused. */
static void
test_wrong(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GDBusMessage) call =
        g_dbus_message_new_method_call(g_dbus_connection_get_unique_name(fixture->service), "/a",
                                       "org.freedesktop.DBus.Properties", "Get");
    g_autoptr(GDBusMessage) reply = NULL;

    assert_get(fixture, fixture->caller, "/a", "One", "old", 1);
    g_dbus_message_set_body(call, g_variant_new("(s)", "test.Thing"));
    reply = g_dbus_connection_send_message_with_reply_sync(
        fixture->caller, call, G_DBUS_SEND_MESSAGE_FLAGS_NONE, -1, NULL, NULL, NULL);
    g_assert_cmpint(g_dbus_message_get_message_type(reply), ==, G_DBUS_MESSAGE_TYPE_ERROR);
}

static GDBusMessage *
count_replies(GDBusConnection *bus G_GNUC_UNUSED, GDBusMessage *message, gboolean incoming,
              gpointer data)
{
    if (incoming && g_dbus_message_get_message_type(message) == G_DBUS_MESSAGE_TYPE_METHOD_RETURN)
        g_atomic_int_inc((gint *)data);

    return message;
}

/* Two calls, of which one wants no answer. */
static void
test_no_reply(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GDBusMessage) call =
        g_dbus_message_new_method_call(g_dbus_connection_get_unique_name(fixture->service), "/a",
                                       "org.freedesktop.DBus.Properties", "Get");
    gint n_replies = 0;
    guint filter;

    assert_get(fixture, fixture->caller, "/a", "One", "old", 1);
    filter = g_dbus_connection_add_filter(fixture->caller, count_replies, &n_replies, NULL);
    g_dbus_message_set_flags(call, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
    g_dbus_message_set_body(call, g_variant_new("(ss)", "test.Thing", "One"));
    g_dbus_connection_send_message(fixture->caller, call, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL,
                                   NULL);
    assert_get(fixture, fixture->caller, "/a", "One", "old", 1);
    g_assert_cmpint(g_atomic_int_get(&n_replies), ==, 1);
    g_dbus_connection_remove_filter(fixture->caller, filter);
}

static void
test_freed(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    assert_get(fixture, fixture->caller, "/a", "One", "old", 1);
    fixture->value = "new";
    g_clear_pointer(&fixture->answers, answers_free);
    assert_get(fixture, fixture->caller, "/a", "One", "new", 2);
}

int
main(int argc, char **argv)
{
    const struct {
        const char *name;
        void (*run)(Fixture *fixture, gconstpointer data);
    } tests[] = {
        { "/answers/again", test_again },
        { "/answers/something-else", test_something_else },
        { "/answers/forgotten", test_forgotten },
        { "/answers/many", test_many },
        { "/answers/wrong", test_wrong },
        { "/answers/no-reply", test_no_reply },
        { "/answers/freed", test_freed },
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);

    return g_test_run();
}
