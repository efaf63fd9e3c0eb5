/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command line of virtbusd. Everything else is in service.c. */

#include <locale.h>
#include <malloc.h>
#include <stdlib.h>
#include <sysexits.h>

#include "error.h"
#include "event-loop.h"
#include "service.h"

typedef struct {
    gboolean session;
    gboolean system;
    gboolean verbose;
    gboolean version;
    int threads;
    char *config; /* (owned) (nullable) */
} Options;

static void
options_clear(Options *options)
{
    g_free(options->config);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean
parse_options(Options *options, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        { "session", 0, 0, G_OPTION_ARG_NONE, &options->session, "Serve the session bus", NULL },
        { "system", 0, 0, G_OPTION_ARG_NONE, &options->system, "Serve the system bus", NULL },
        { "config", 0, 0, G_OPTION_ARG_FILENAME, &options->config,
          "Read FILE instead of the default configuration", "FILE" },
        { "verbose", 0, 0, G_OPTION_ARG_NONE, &options->verbose, "Log every call", NULL },
        { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL },
        { "threads", 't', 0, G_OPTION_ARG_INT, &options->threads,
          "Use N workers a lane, whatever the configuration says", "N" },
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- libvirt on D-Bus");

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error))
        return FALSE;

    if (*argc > 1 || (!options->version && options->session == options->system)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                    "give either --session or --system, and nothing that is not an option");
        return FALSE;
    }

    if (options->threads < 0 || options->threads > CONFIG_MAX_WORKERS) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--threads takes a number from 1 to %d", CONFIG_MAX_WORKERS);
        return FALSE;
    }

    return TRUE;
}

/* Only a file that was asked for must be there. */
static Config *
load_config(const Options *options, GError **error)
{
    g_autoptr(Config) config = config_new(options->system);
    g_autofree char *standard = options->system ? g_strdup(SYSCONFDIR "/virtbus/virtbus.conf")
                                                : g_build_filename(g_get_user_config_dir(),
                                                                   "virtbus", "virtbus.conf", NULL);

    if (!options->config && !g_file_test(standard, G_FILE_TEST_EXISTS))
        return g_steal_pointer(&config);
    if (!config_load(config, options->config ? options->config : standard, error))
        return NULL;

    return g_steal_pointer(&config);
}

static void
ignore_error(void *data G_GNUC_UNUSED, virErrorPtr error G_GNUC_UNUSED)
{
}

/* An answer about thousands of objects takes megabytes, several times over while it is written.
 * They go back to the system then: malloc would keep as much as it has once seen freed. */
static void
give_memory_back(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
}

/* The caller gets libvirt's errors; libvirt need not print them too, nor in another language. */
static void
set_up(const Options *options)
{
    give_memory_back();
    setlocale(LC_ALL, "C");
    if (options->verbose)
        g_setenv("G_MESSAGES_DEBUG", "all", TRUE);
    g_log_set_writer_func(g_log_writer_default, NULL, NULL);
    virSetErrorFunc(NULL, ignore_error);
}

int
main(int argc, char **argv)
{
    g_auto(Options) options = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = NULL;
    g_autoptr(GDBusConnection) bus = NULL;

    if (!parse_options(&options, &argc, &argv, &error)) {
        g_printerr("virtbusd: %s\n", error->message);
        return EX_USAGE;
    }
    if (options.version) {
        g_print("virtbusd %s\n", VIRTBUS_VERSION);
        return EX_OK;
    }

    set_up(&options);
    config = load_config(&options, &error);
    if (!config) {
        g_critical("%s", error->message);
        return EX_CONFIG;
    }

    if (options.threads > 0)
        config->workers = options.threads;

    if (virInitialize() < 0) {
        g_critical("libvirt: %s", virGetLastErrorMessage());
        return EX_SOFTWARE;
    }
    if (!event_loop_register(NULL, &error)) {
        g_critical("%s", error->message);
        return EX_OSERR;
    }

    bus = g_bus_get_sync(options.system ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION, NULL, &error);
    if (!bus) {
        g_critical("%s", error->message);
        return EX_UNAVAILABLE;
    }
    g_dbus_connection_set_exit_on_close(bus, FALSE);

    return service_run(config, bus);
}
