/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The configuration: its defaults, what a file makes of them, and that each mistake is named.
 */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

static char *
write_file(const char *contents)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *filename = NULL;
    int descriptor = g_file_open_tmp("virtbus-XXXXXX.conf", &filename, &error);

    g_assert_no_error(error);
    g_close(descriptor, NULL);
    g_file_set_contents(filename, contents, -1, &error);
    g_assert_no_error(error);
    return g_steal_pointer(&filename);
}

static Config *
load(const char *contents)
{
    g_autoptr(Config) config = config_new(TRUE);
    g_autofree char *filename = write_file(contents);
    g_autoptr(GError) error = NULL;
    gboolean loaded = config_load(config, filename, &error);

    g_unlink(filename);
    g_assert_no_error(error);
    g_assert_true(loaded);
    return g_steal_pointer(&config);
}

static const ConnectionConfig *
find(const Config *config, const char *name)
{
    for (guint i = 0; i < config->connections->len; i++) {
        const ConnectionConfig *connection = g_ptr_array_index(config->connections, i);

        if (g_str_equal(connection->name, name))
            return connection;
    }
    return NULL;
}

static void
assert_connection(const Config *config, const char *name, const char *uri, gboolean read_only)
{
    const ConnectionConfig *connection = find(config, name);

    g_assert_nonnull(connection);
    g_assert_cmpstr(connection->uri, ==, uri);
    g_assert_cmpint(connection->read_only, ==, read_only);
}

static void
assert_defaults(const Config *config, guint n_connections)
{
    g_assert_cmpuint(config->workers, ==, 5);
    g_assert_cmpuint(config->queue_length, ==, 4096);
    g_assert_cmpuint(config->calls_per_caller, ==, config->system_bus ? 256 : 4096);
    g_assert_cmpuint(config->connections->len, ==, n_connections);
}

static void
test_system_defaults(void)
{
    g_autoptr(Config) config = config_new(TRUE);

    assert_defaults(config, 9);
    assert_connection(config, "BHyve", "bhyve:///system", FALSE);
    assert_connection(config, "LXC", "lxc:///", FALSE);
    assert_connection(config, "OpenVZ", "openvz:///system", FALSE);
    assert_connection(config, "QEMU", "qemu:///system", FALSE);
    assert_connection(config, "Test", "test:///default", FALSE);
    assert_connection(config, "UML", "uml:///system", FALSE);
    assert_connection(config, "VBox", "vbox:///system", FALSE);
    assert_connection(config, "VZ", "vz:///system", FALSE);
    assert_connection(config, "Xen", "xen:///", FALSE);
}

static void
test_session_defaults(void)
{
    g_autoptr(Config) config = config_new(FALSE);

    assert_defaults(config, 7);
    assert_connection(config, "QEMU", "qemu:///session", FALSE);
    assert_connection(config, "Test", "test:///default", FALSE);
    assert_connection(config, "UML", "uml:///session", FALSE);
    assert_connection(config, "VBox", "vbox:///session", FALSE);
    assert_connection(config, "VMwareFusion", "vmwarefusion:///session", FALSE);
    assert_connection(config, "VMwarePlayer", "vmwareplayer:///session", FALSE);
    assert_connection(config, "VMwareWS", "vmwarews:///session", FALSE);
}

static void
test_empty(void)
{
    g_autoptr(Config) config = load("");
    g_autoptr(Config) comments = load("# [Other]\n   # Workers=0\n\n[Service]\n#Workers=0\n");

    assert_defaults(config, 9);
    assert_defaults(comments, 9);
}

static void
test_service(void)
{
    g_autoptr(Config) low =
        load("[Service]\nWorkers=1\nQueueLength=1\nCallsPerCaller=1\nPredefined=true\n");
    g_autoptr(Config) high = load("[Service]\r\nWorkers = 64 \r\nQueueLength=1000000\r\n");

    g_assert_cmpuint(low->workers, ==, 1);
    g_assert_cmpuint(low->queue_length, ==, 1);
    g_assert_cmpuint(low->calls_per_caller, ==, 1);
    g_assert_cmpuint(low->connections->len, ==, 9);
    g_assert_cmpuint(high->workers, ==, 64);
    g_assert_cmpuint(high->queue_length, ==, 1000000);
}

static void
test_connections(void)
{
    g_autoptr(Config) config = load("[Connection QEMU]\nURI=qemu:///embed?root=/x\nReadOnly=true\n"
                                    "[Connection My_2]\nURI=test:///default\nReadOnly=false\n");

    g_assert_cmpuint(config->connections->len, ==, 10);
    assert_connection(config, "QEMU", "qemu:///embed?root=/x", TRUE);
    assert_connection(config, "My_2", "test:///default", FALSE);
    assert_connection(config, "Xen", "xen:///", FALSE);
}

static void
test_pass_identity(void)
{
    g_autoptr(Config) config = load("[Service]\nPredefined=false\n"
                                    "[Connection A]\nURI=a:///\n"
                                    "[Connection B]\nURI=b:///\nPassIdentity=true\n"
                                    "[Connection C]\nURI=c:///\nPassIdentity=false\n");
    const ConnectionConfig *const *connections = (gpointer)config->connections->pdata;

    g_assert_cmpuint(config->connections->len, ==, 3);
    g_assert_false(connections[0]->pass_identity);
    g_assert_true(connections[1]->pass_identity);
    g_assert_false(connections[2]->pass_identity);
}

/* [Service] counts wherever it stands. */
static void
test_not_predefined(void)
{
    g_autoptr(Config) none = load("[Service]\nPredefined=false\n");
    g_autoptr(Config) one = load("[Connection A]\nURI=a:///\n[Service]\nPredefined=false\n");

    g_assert_cmpuint(none->connections->len, ==, 0);
    g_assert_cmpuint(one->connections->len, ==, 1);
    assert_connection(one, "A", "a:///", FALSE);
}

/* The message must hold @first and @second besides the file's name. */
static void
assert_mistake(const char *contents, const char *first, const char *second)
{
    g_autoptr(Config) config = config_new(TRUE);
    g_autofree char *filename = write_file(contents);
    g_autoptr(GError) error = NULL;
    gboolean loaded = config_load(config, filename, &error);

    g_unlink(filename);
    g_assert_false(loaded);
    g_assert_nonnull(error);
    g_test_message("%s", error->message);
    g_assert_true(g_str_has_prefix(error->message, filename));
    g_assert_nonnull(strstr(error->message, first));
    g_assert_nonnull(strstr(error->message, second));
    assert_defaults(config, 9);
    assert_connection(config, "QEMU", "qemu:///system", FALSE);
}

static void
test_bad_numbers(void)
{
    static const char *const bad[] = {
        "", "0", "65", "-1", "+5", "5x", "0x5", "five", "4.5", "5 5", "18446744073709551617"
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *workers = g_strdup_printf("[Service]\nWorkers=%s\n", bad[i]);

        assert_mistake(workers, "[Service] Workers", "1 to 64");
    }
    assert_mistake("[Service]\nQueueLength=0", "[Service] QueueLength", "1 to 1000000");
    assert_mistake("[Service]\nCallsPerCaller=0", "[Service] CallsPerCaller", "1 to 1000000");
    assert_mistake("[Service]\nQueueLength=1000001", "[Service] QueueLength", "1 to 1000000");
}

static void
test_bad_booleans(void)
{
    assert_mistake("[Service]\nPredefined=yes", "[Service] Predefined", "true nor false");
    assert_mistake("[Service]\nPredefined=", "[Service] Predefined", "true nor false");
    assert_mistake("[Connection A]\nURI=a:///\nReadOnly=TRUE", "[Connection A] ReadOnly", "'TRUE'");
    assert_mistake("[Connection A]\nURI=a:///\nPassIdentity=1", "[Connection A] PassIdentity",
                   "'1'");
}

static void
test_unknown(void)
{
    assert_mistake("[Servce]\nWorkers=5", "[Servce]", "unknown group");
    assert_mistake("[Connection]\nURI=a:///", "[Connection]", "unknown group");
    assert_mistake("[Service]\nWorker=5", "[Service] Worker", "unknown key");
    assert_mistake("[Service]\nWorkers[de]=5", "[Service] Workers[de]", "unknown key");
    assert_mistake("[Connection A]\nURI=a:///\nUri=b:///", "[Connection A] Uri", "unknown key");
}

static void
test_bad_uris(void)
{
    assert_mistake("[Connection A]\nReadOnly=true", "[Connection A] URI", "missing");
    assert_mistake("[Connection A]\nURI=", "[Connection A] URI", "empty");
    assert_mistake("[Connection A]\nURI=a:///\\q", "[Connection A] URI", "not a valid");
    assert_mistake("[Connection A]\nURI=a:///\xff", "[Connection A] URI", "not a valid");
}

static void
test_bad_names(void)
{
    static const char *const bad[] = {
        "", " A", "A ", "A B", "A-B", "A/B", "A.B", "\xc3\xa4", "job"
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text = g_strdup_printf("[Connection %s]\nURI=a:///\n", bad[i]);
        g_autofree char *group = g_strdup_printf("[Connection %s]", bad[i]);
        g_autofree char *name = g_strdup_printf("'%s'", bad[i]);

        assert_mistake(text, group, name);
    }
}

static void
test_duplicates(void)
{
    g_autoptr(Config) others = load("[Connection A]\nURI=a:///\n[Connection B]\nURI=a:///?a=b\n");

    assert_mistake("[Service]\nWorkers=5\n Workers =6", "[Service] Workers", "twice");
    assert_mistake("[Service]\nWorkers=5\n[Service]\nQueueLength=5", "[Service]", "twice");
    assert_mistake(
        "[Connection A]\nURI=a:///\n[Connection B]\nURI=b:///\n[Connection A] \nURI=c:///",
        "[Connection A]", "twice");
    g_assert_nonnull(find(others, "B"));
}

static void
test_syntax(void)
{
    assert_mistake("Workers=5", "group", "");
    assert_mistake("[Service]\nWorkers", "Workers", "");
    assert_mistake("[Service\nWorkers=5", "Service", "");
}

static void
test_nul(void)
{
    static const char contents[] = "[Service]\nWorkers=7\n\0[Other]\n";
    g_autoptr(Config) config = config_new(TRUE);
    g_autofree char *filename = write_file("");
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(filename, contents, sizeof(contents) - 1, NULL));
    g_assert_false(config_load(config, filename, &error));
    g_unlink(filename);
    g_assert_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE);
    assert_defaults(config, 9);
}

static void
test_unreadable(void)
{
    g_autoptr(Config) config = config_new(TRUE);
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) directory = NULL;

    g_assert_false(config_load(config, "/nonexistent/virtbus.conf", &missing));
    g_assert_error(missing, G_FILE_ERROR, G_FILE_ERROR_NOENT);
    g_assert_nonnull(strstr(missing->message, "/nonexistent/virtbus.conf"));
    g_assert_false(config_load(config, g_get_tmp_dir(), &directory));
    g_assert_error(directory, G_FILE_ERROR, G_FILE_ERROR_ISDIR);
}

/* A second file replaces the first: nothing adds up. */
static void
test_load_again(void)
{
    g_autoptr(Config) config = load("[Service]\nWorkers=9\n[Connection A]\nURI=a:///\n");
    g_autofree char *filename = write_file("[Service]\nQueueLength=10\n");

    g_assert_true(config_load(config, filename, NULL));
    g_unlink(filename);
    g_assert_cmpuint(config->workers, ==, 5);
    g_assert_cmpuint(config->queue_length, ==, 10);
    g_assert_cmpuint(config->connections->len, ==, 9);
}

/* The example has all commented out; without the marks it must be right, too. */
static void
test_example(void)
{
    const char *filename = g_test_get_filename(G_TEST_DIST, "..", "data", "virtbus.conf", NULL);
    g_autoptr(GRegex) mark = g_regex_new("^#(?=\\[|[A-Za-z]+=)", G_REGEX_MULTILINE, 0, NULL);
    g_autofree char *contents = NULL;
    g_autofree char *uncommented = NULL;
    g_autoptr(Config) as_is = NULL;
    g_autoptr(Config) in_full = NULL;

    g_assert_true(g_file_get_contents(filename, &contents, NULL, NULL));
    uncommented = g_regex_replace_literal(mark, contents, -1, 0, "", 0, NULL);

    as_is = load(contents);
    assert_defaults(as_is, 9);
    in_full = load(uncommented);
    assert_defaults(in_full, 10);
    assert_connection(in_full, "Backup", "qemu+tls://backup.example.org/system", FALSE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/config/system-defaults", test_system_defaults);
    g_test_add_func("/config/session-defaults", test_session_defaults);
    g_test_add_func("/config/empty", test_empty);
    g_test_add_func("/config/service", test_service);
    g_test_add_func("/config/connections", test_connections);
    g_test_add_func("/config/pass-identity", test_pass_identity);
    g_test_add_func("/config/not-predefined", test_not_predefined);
    g_test_add_func("/config/bad-numbers", test_bad_numbers);
    g_test_add_func("/config/bad-booleans", test_bad_booleans);
    g_test_add_func("/config/unknown", test_unknown);
    g_test_add_func("/config/bad-uris", test_bad_uris);
    g_test_add_func("/config/bad-names", test_bad_names);
    g_test_add_func("/config/duplicates", test_duplicates);
    g_test_add_func("/config/syntax", test_syntax);
    g_test_add_func("/config/nul", test_nul);
    g_test_add_func("/config/unreadable", test_unreadable);
    g_test_add_func("/config/load-again", test_load_again);
    g_test_add_func("/config/example", test_example);
    return g_test_run();
}
