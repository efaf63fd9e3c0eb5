/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What can be configured: the defaults and the file over them. GKeyFile does the reading, and as it
 * passes over what it was not asked for and over duplicates, this module looks for those: a mistake
 * in the file is always an error.
 */

#include "config.h"

#include <string.h>

#define CONNECTION_PREFIX "Connection "
#define NAME_CHARACTERS G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_"

typedef struct {
    const char *name;
    const char *uri;
} Predefined;

static const Predefined system_connections[] = {
    { "BHyve", "bhyve:///system" },
    { "LXC", "lxc:///" },
    { "OpenVZ", "openvz:///system" },
    { "QEMU", "qemu:///system" },
    { "Test", "test:///default" },
    { "UML", "uml:///system" },
    { "VBox", "vbox:///system" },
    { "VZ", "vz:///system" },
    { "Xen", "xen:///" },
    { NULL, NULL },
};

static const Predefined session_connections[] = {
    { "QEMU", "qemu:///session" },
    { "Test", "test:///default" },
    { "UML", "uml:///session" },
    { "VBox", "vbox:///session" },
    { "VMwareFusion", "vmwarefusion:///session" },
    { "VMwarePlayer", "vmwareplayer:///session" },
    { "VMwareWS", "vmwarews:///session" },
    { NULL, NULL },
};

static const char *const service_keys[] = {
    "Workers", "QueueLength", "CallsPerCaller", "ConnectionsPerUser", "Predefined", "Compat", NULL
};
static const char *const connection_keys[] = { "URI", "ReadOnly", "PassIdentity", NULL };

static void
connection_config_free(ConnectionConfig *connection)
{
    g_free(connection->name);
    g_free(connection->uri);
    g_free(connection);
}

static ConnectionConfig *
connection_config_new(const char *name, const char *uri)
{
    ConnectionConfig *connection = g_new0(ConnectionConfig, 1);

    connection->name = g_strdup(name);
    connection->uri = g_strdup(uri);
    return connection;
}

Config *
config_new(gboolean system_bus)
{
    Config *config = g_new0(Config, 1);
    const Predefined *predefined = system_bus ? system_connections : session_connections;

    config->system_bus = system_bus;
    config->compat = HAVE_COMPAT;
    config->workers = 5;
    config->queue_length = 4096;
    config->calls_per_caller = system_bus ? 256 : config->queue_length;
    config->user_connections = 250;
    config->connections = g_ptr_array_new_with_free_func((GDestroyNotify)connection_config_free);
    for (; predefined->name; predefined++) {
        g_ptr_array_add(config->connections,
                        connection_config_new(predefined->name, predefined->uri));
    }
    return config;
}

void
config_free(Config *config)
{
    g_ptr_array_unref(config->connections);
    g_free(config);
}

static void
take_connection(Config *config, ConnectionConfig *connection)
{
    for (guint i = 0; i < config->connections->len; i++) {
        ConnectionConfig *old = g_ptr_array_index(config->connections, i);

        if (g_str_equal(old->name, connection->name)) {
            connection_config_free(old);
            g_ptr_array_index(config->connections, i) = connection;
            return;
        }
    }
    g_ptr_array_add(config->connections, connection);
}

/* GKeyFile has parsed @contents: each line is a group, a key with its value, a comment or blank. */
static gboolean
check_duplicates(const char *contents, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) lines = g_strsplit(contents, "\n", -1);
    const char *group = "";

    for (char **line = lines; *line; line++) {
        char *text = g_strstrip(*line);
        g_autofree char *item = NULL;

        if (*text == '[') {
            text[strlen(text) - 1] = '\0';
            group = text + 1;
            item = g_strdup_printf("[%s]", group);
        } else if (*text != '#' && strchr(text, '=')) {
            *strchr(text, '=') = '\0';
            item = g_strdup_printf("[%s] %s", group, g_strchomp(text));
        }

        if (item && !g_hash_table_add(seen, g_strdup(item))) {
            g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE, "%s: stands there twice",
                        item);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
check_keys(GKeyFile *file, const char *group, const char *const *allowed, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, NULL);

    for (char **key = keys; *key; key++) {
        if (!g_strv_contains(allowed, *key)) {
            g_autofree char *list = g_strjoinv(", ", (char **)allowed);

            g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND,
                        "[%s] %s: unknown key, there are %s", group, *key, list);
            return FALSE;
        }
    }
    return TRUE;
}

/* A key that is not there leaves *number as it is, and so below. */
static gboolean
read_number(GKeyFile *file, const char *key, guint max, guint *number, GError **error)
{
    g_autofree char *text = g_key_file_get_value(file, "Service", key, NULL);
    guint64 value;

    if (!text)
        return TRUE;

    g_strchomp(text);
    if (!g_ascii_string_to_unsigned(text, 10, 1, max, &value, NULL)) {
        g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
                    "[Service] %s: '%s' is not a number from 1 to %u", key, text, max);
        return FALSE;
    }
    *number = value;
    return TRUE;
}

static gboolean
read_boolean(GKeyFile *file, const char *group, const char *key, gboolean *boolean, GError **error)
{
    g_autofree char *text = g_key_file_get_value(file, group, key, NULL);

    if (!text)
        return TRUE;

    g_strchomp(text);
    if (!g_str_equal(text, "true") && !g_str_equal(text, "false")) {
        g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
                    "[%s] %s: '%s' is neither true nor false", group, key, text);
        return FALSE;
    }
    *boolean = g_str_equal(text, "true");
    return TRUE;
}

static gboolean
read_service(Config *config, GKeyFile *file, GError **error)
{
    gboolean predefined = TRUE;

    if (!g_key_file_has_group(file, "Service"))
        return TRUE;

    if (!check_keys(file, "Service", service_keys, error) ||
        !read_number(file, "Workers", CONFIG_MAX_WORKERS, &config->workers, error) ||
        !read_number(file, "QueueLength", 1000000, &config->queue_length, error) ||
        !read_number(file, "CallsPerCaller", 1000000, &config->calls_per_caller, error) ||
        !read_number(file, "ConnectionsPerUser", 100000, &config->user_connections, error) ||
        !read_boolean(file, "Service", "Predefined", &predefined, error) ||
        !read_boolean(file, "Service", "Compat", &config->compat, error))
        return FALSE;

    if (config->compat && !HAVE_COMPAT) {
        g_set_error_literal(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
                            "[Service] Compat: this virtbusd was built without it");
        return FALSE;
    }

    if (!predefined)
        g_ptr_array_set_size(config->connections, 0);

    return TRUE;
}

static gboolean
check_name(const char *group, const char *name, GError **error)
{
    if (!*name || name[strspn(name, NAME_CHARACTERS)]) {
        g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
                    "[%s]: '%s' is no name for a connection: one or more of A-Z, a-z, 0-9 and _",
                    group, name);
        return FALSE;
    }
    /* Jobs have their paths there. */
    if (g_str_equal(name, "job")) {
        g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
                    "[%s]: no connection can have the name 'job'", group);
        return FALSE;
    }
    return TRUE;
}

static gboolean
read_connection(Config *config, GKeyFile *file, const char *group, GError **error)
{
    const char *name = group + strlen(CONNECTION_PREFIX);
    g_autofree char *uri = NULL;
    g_autoptr(GError) invalid = NULL;
    gboolean read_only = FALSE;
    gboolean pass_identity = FALSE;
    ConnectionConfig *connection;

    if (!check_name(group, name, error) || !check_keys(file, group, connection_keys, error) ||
        !read_boolean(file, group, "ReadOnly", &read_only, error) ||
        !read_boolean(file, group, "PassIdentity", &pass_identity, error))
        return FALSE;

    /* With a bad escape there is a string, too. */
    uri = g_key_file_get_string(file, group, "URI", &invalid);
    if (invalid || !*g_strstrip(uri)) {
        g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
                    "[%s] URI: missing, empty or not a valid string", group);
        return FALSE;
    }

    connection = connection_config_new(name, uri);
    connection->read_only = read_only;
    connection->pass_identity = pass_identity;
    take_connection(config, connection);
    return TRUE;
}

static gboolean
read_groups(Config *config, GKeyFile *file, GError **error)
{
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

    if (!read_service(config, file, error))
        return FALSE;

    for (char **group = groups; *group; group++) {
        if (g_str_has_prefix(*group, CONNECTION_PREFIX)) {
            if (!read_connection(config, file, *group, error))
                return FALSE;
        } else if (!g_str_equal(*group, "Service")) {
            g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND,
                        "[%s]: unknown group, there are [Service] and [Connection NAME]", *group);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
read_contents(Config *config, const char *contents, gsize length, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();

    if (strlen(contents) != length) {
        g_set_error_literal(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE, "It has a NUL byte");
        return FALSE;
    }

    /* Without the flag GKeyFile would drop "URI[de]" silently. */
    return g_key_file_load_from_data(file, contents, length, G_KEY_FILE_KEEP_TRANSLATIONS, error) &&
           check_duplicates(contents, error) && read_groups(config, file, error);
}

gboolean
config_load(Config *config, const char *filename, GError **error)
{
    g_autoptr(Config) next = config_new(config->system_bus);
    g_autofree char *contents = NULL;
    gsize length;
    Config old = *config;

    if (!g_file_get_contents(filename, &contents, &length, error))
        return FALSE;

    if (!read_contents(next, contents, length, error)) {
        g_prefix_error(error, "%s: ", filename);
        return FALSE;
    }

    *config = *next;
    *next = old;
    return TRUE;
}
