/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How long calls take: one after the other, many in flight, or one for each object of a list. What
 * is compared takes turns in one run, so that whatever else the machine does slows all of it. */

#include "client.h"

#include <stdlib.h>
#include <string.h>

struct Probe {
    char *label;
    char **words; /* destination, path, interface, method */
    GVariant *arguments;
    virDomainPtr domain; /* (nullable) whose state is asked, instead */
    GArray *times;
};

Probe *
probe_new(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, "|", 6);
    g_autoptr(GError) error = NULL;
    Probe *probe = g_new0(Probe, 1);

    probe->label = g_strdup(words[0]);
    probe->times = g_array_new(FALSE, FALSE, sizeof(gint64));
    if (strcmp(words[1], "libvirt") == 0) {
        probe->domain = find_domain(open_libvirt(words[2]), words[3]);
        return probe;
    }

    probe->words = g_strdupv(words + 1);
    probe->arguments = g_variant_parse(NULL, words[5], NULL, NULL, &error);
    if (!probe->arguments)
        die("%s: %s", words[5], error->message);
    g_variant_ref_sink(probe->arguments);

    return probe;
}

static void
probe_start(Probe *probe, GAsyncReadyCallback done, gpointer data)
{
    g_dbus_connection_call(bus, probe->words[0], probe->words[1], probe->words[2], probe->words[3],
                           probe->arguments, NULL, G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS, NULL, done,
                           data);
}

GVariant *
probe_call(Probe *probe)
{
    g_autoptr(GError) error = NULL;
    GVariant *reply;
    int state;

    if (probe->domain) {
        if (virDomainGetState(probe->domain, &state, NULL, 0) < 0)
            die("%s: %s", probe->label, virGetLastErrorMessage());
        return NULL;
    }

    reply = g_dbus_connection_call_sync(bus, probe->words[0], probe->words[1], probe->words[2],
                                        probe->words[3], probe->arguments, NULL,
                                        G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS, NULL, &error);
    if (!reply)
        die("%s: %s", probe->label, error->message);

    return reply;
}

static void
probe_time(Probe *probe)
{
    gint64 start = g_get_monotonic_time();
    GVariant *reply = probe_call(probe);
    gint64 time = g_get_monotonic_time() - start;

    g_clear_pointer(&reply, g_variant_unref);
    g_array_append_val(probe->times, time);
}

static GPtrArray *
probes_new(char **texts)
{
    GPtrArray *probes = g_ptr_array_new();

    for (; *texts; texts++)
        g_ptr_array_add(probes, probe_new(*texts));

    return probes;
}

/* Who comes after whom makes a difference: what ran last is in the caches. */
static void
shuffle(GPtrArray *probes)
{
    for (guint i = probes->len - 1; i > 0; i--) {
        guint other = (guint)g_random_int_range(0, (gint32)i + 1);
        gpointer probe = probes->pdata[i];

        probes->pdata[i] = probes->pdata[other];
        probes->pdata[other] = probe;
    }
}

/* ROUNDS PROBE...: the median time of a call of each. */
void
latency(char **arguments)
{
    int rounds = atoi(arguments[0]);
    g_autoptr(GPtrArray) probes = probes_new(arguments + 1);

    for (int i = -rounds / 10; i < rounds; i++) {
        shuffle(probes);
        for (guint p = 0; p < probes->len; p++) {
            Probe *probe = probes->pdata[p];

            probe_time(probe);
            if (i < 0)
                g_array_set_size(probe->times, 0);
        }
    }

    for (guint p = 0; p < probes->len; p++) {
        Probe *probe = probes->pdata[p];
        print_median(probe->label, probe->times);
    }
}

/* Keeps calls in flight until all are answered. */
typedef struct {
    Probe *probe;
    int left; /* to be started */
    int open; /* not answered yet */
} Flight;

static void
on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
    Flight *flight = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

    if (!reply)
        die("%s: %s", flight->probe->label, error->message);
    flight->open--;
    if (flight->left > 0) {
        flight->left--;
        flight->open++;
        probe_start(flight->probe, on_answer, flight);
    }
}

static void
fly(Probe *probe, int calls, int window)
{
    Flight flight = { probe, calls - window, window };
    gint64 start = g_get_monotonic_time(), time;

    for (int i = 0; i < window; i++)
        probe_start(probe, on_answer, &flight);
    while (flight.open > 0)
        g_main_context_iteration(NULL, TRUE);

    time = g_get_monotonic_time() - start;
    g_array_append_val(probe->times, time);
}

/* ROUNDS CALLS WINDOW PROBE...: how long so many calls take, so many of them in flight. */
void
flight(char **arguments)
{
    int rounds = atoi(arguments[0]), calls = atoi(arguments[1]), window = atoi(arguments[2]);
    g_autoptr(GPtrArray) probes = probes_new(arguments + 3);

    for (int i = 0; i < rounds; i++) {
        for (guint p = 0; p < probes->len; p++)
            fly(probes->pdata[p], calls, window);
    }

    for (guint p = 0; p < probes->len; p++) {
        Probe *probe = probes->pdata[p];
        print_median(probe->label, probe->times);
    }
}

static void
on_read(GObject *source, GAsyncResult *result, gpointer data)
{
    int *open = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

    if (!reply)
        die("GetAll: %s", error->message);
    --*open;
}

/* LIST-PROBE INTERFACE: how long the list and GetAll of each object in it take, the latter
 * pipelined; and how many objects that were. */
void
pipelined(char **arguments)
{
    Probe *list = probe_new(arguments[0]);
    gint64 start = g_get_monotonic_time();
    g_autoptr(GVariant) reply = probe_call(list);
    g_autofree const char **paths = NULL;
    int open = 0;

    g_variant_get(reply, "(^a&o)", &paths);
    for (; paths[open]; open++)
        g_dbus_connection_call(bus, list->words[0], paths[open], "org.freedesktop.DBus.Properties",
                               "GetAll", g_variant_new("(s)", arguments[1]), NULL,
                               G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS, NULL, on_read, &open);
    g_print("objects %d\n", open);
    while (open > 0)
        g_main_context_iteration(NULL, TRUE);

    g_print("%s %" G_GINT64_FORMAT "\n", list->label, g_get_monotonic_time() - start);
}
