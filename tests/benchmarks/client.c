/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The client whose clock the benchmarks read: GDBus and libvirt in C, because an interpreter would
 * take longer than what is measured. It prints a line for each figure: a name, and microseconds. */

#include "client.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

GDBusConnection *bus;

void
die(const char *format, ...)
{
    va_list arguments;
    g_autofree char *text = NULL;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_printerr("%s\n", text);
    exit(1);
}

virConnectPtr
open_libvirt(const char *uri)
{
    virConnectPtr connect = virConnectOpen(uri);

    if (!connect)
        die("%s: %s", uri, virGetLastErrorMessage());

    return connect;
}

virDomainPtr
find_domain(virConnectPtr connect, const char *name)
{
    virDomainPtr domain = virDomainLookupByName(connect, name);

    if (!domain)
        die("%s: %s", name, virGetLastErrorMessage());

    return domain;
}

static int
compare_times(gconstpointer a, gconstpointer b)
{
    const gint64 *first = a, *second = b;

    return (*first > *second) - (*first < *second);
}

void
print_median(const char *label, GArray *times)
{
    g_array_sort(times, compare_times);
    g_print("%s %" G_GINT64_FORMAT "\n", label, g_array_index(times, gint64, times->len / 2));
}

/* URI TEMPLATE FROM TO: defines domains; @ in the template is replaced by the number. */
static void
define(char **arguments)
{
    virConnectPtr connect = open_libvirt(arguments[0]);
    g_auto(GStrv) parts = g_strsplit(arguments[1], "@", -1);

    for (int i = atoi(arguments[2]); i < atoi(arguments[3]); i++) {
        g_autofree char *number = g_strdup_printf("%d", i);
        g_autofree char *xml = g_strjoinv(number, parts);
        virDomainPtr domain = virDomainDefineXML(connect, xml);

        if (!domain)
            die("%s: %s", xml, virGetLastErrorMessage());
        virDomainFree(domain);
    }

    virConnectClose(connect);
}

static void
on_name(GDBusConnection *connection G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
        const char *owner G_GNUC_UNUSED, gpointer data)
{
    gboolean *there = data;

    *there = TRUE;
}

/* NAME PROBE COMMAND...: how long the command takes to own its name and to answer a first call. */
static void
start(char **arguments)
{
    Probe *probe = probe_new(arguments[1]);
    gboolean there = FALSE;
    guint watch = g_bus_watch_name_on_connection(bus, arguments[0], 0, on_name, NULL, &there, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = NULL;
    gint64 begin = g_get_monotonic_time();
    GPid pid;

    if (!g_spawn_async(NULL, arguments + 2, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH,
                       NULL, NULL, &pid, &error))
        die("%s", error->message);
    while (!there)
        g_main_context_iteration(NULL, TRUE);
    g_print("name %" G_GINT64_FORMAT "\n", g_get_monotonic_time() - begin);
    reply = probe_call(probe);
    g_print("answer %" G_GINT64_FORMAT "\n", g_get_monotonic_time() - begin);

    g_bus_unwatch_name(watch);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

typedef struct {
    const char *name;
    int least; /* arguments */
    void (*run)(char **arguments);
} Task;

static const Task tasks[] = {
    { "changes", 5, changes }, { "define", 4, define }, { "flight", 4, flight },
    { "latency", 2, latency }, { "start", 3, start },   { "pipelined", 2, pipelined },
};

/* ADDRESS TASK ARGUMENTS... */
int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    if (argc < 3)
        die("usage: client ADDRESS TASK ARGUMENTS...");
    bus = g_dbus_connection_new_for_address_sync(argv[1],
                                                 G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                     G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                 NULL, NULL, &error);
    if (!bus)
        die("%s", error->message);

    for (guint i = 0; i < G_N_ELEMENTS(tasks); i++) {
        if (strcmp(argv[2], tasks[i].name) == 0 && argc >= 3 + tasks[i].least) {
            tasks[i].run(argv + 3);
            return 0;
        }
    }
    die("%s: no such task, or not enough arguments", argv[2]);
}
