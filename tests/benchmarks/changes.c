/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How long it takes until a change is heard of, by three ears: libvirt's own client here, virtbus's
 * signal that the picture has changed, and, where it runs, libvirt-dbus's signal of the event. The
 * change is made by this program, on a thread of its own, through libvirt. */

#include "client.h"

#include <stdlib.h>
#include <string.h>

enum { LIBVIRT, VIRTBUS, LIBVIRT_DBUS, N_EARS };

static const char *const ears[] = { "libvirt", "virtbus", "libvirt-dbus" };

typedef struct {
    const char *label;
    int (*make)(void);
    int event;          /* virDomainEventType that tells it */
    int state;          /* virDomainState that PropertiesChanged tells, or */
    const char *signal; /* another signal that does */
    gint64 heard[N_EARS];
    GArray *times[N_EARS];
} Change;

static virConnectPtr connect;
static virDomainPtr domain; /* that runs */
static char *xml;           /* of one that does not */
static Change *current;

static int
make_suspended(void)
{
    return virDomainSuspend(domain);
}

static int
make_resumed(void)
{
    return virDomainResume(domain);
}

static int
make_defined(void)
{
    virDomainPtr made = virDomainDefineXML(connect, xml);

    return made ? virDomainFree(made) : -1;
}

static int
make_undefined(void)
{
    virDomainPtr made = virDomainLookupByName(connect, "changing");
    int result = made ? virDomainUndefine(made) : -1;

    virDomainFree(made);

    return result;
}

static Change all[] = {
    { "suspend", make_suspended, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_PAUSED, NULL, {}, {} },
    { "resume", make_resumed, VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_RUNNING, NULL, {}, {} },
    { "define", make_defined, VIR_DOMAIN_EVENT_DEFINED, -1, "InterfacesAdded", {}, {} },
    { "undefine", make_undefined, VIR_DOMAIN_EVENT_UNDEFINED, -1, "InterfacesRemoved", {}, {} },
};

static void
hear(guint ear)
{
    if (!current->heard[ear])
        current->heard[ear] = g_get_monotonic_time();
}

static int
on_event(virConnectPtr connection G_GNUC_UNUSED, virDomainPtr changed G_GNUC_UNUSED, int event,
         int detail G_GNUC_UNUSED, void *data G_GNUC_UNUSED)
{
    if (event == current->event)
        hear(LIBVIRT);
    return 0;
}

static void
on_virtbus(GDBusConnection *connection G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
           const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED, const char *name,
           GVariant *arguments, gpointer data G_GNUC_UNUSED)
{
    g_autoptr(GVariant) changed = NULL;
    int state;

    if (g_strcmp0(name, current->signal) == 0)
        hear(VIRTBUS);
    if (strcmp(name, "PropertiesChanged") != 0)
        return;

    changed = g_variant_get_child_value(arguments, 1);
    if (g_variant_lookup(changed, "State", "(ii)", &state, NULL) && state == current->state)
        hear(VIRTBUS);
}

static void
on_libvirt_dbus(GDBusConnection *connection G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
                const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
                const char *name G_GNUC_UNUSED, GVariant *arguments, gpointer data G_GNUC_UNUSED)
{
    int event;

    g_variant_get(arguments, "(oii)", NULL, &event, NULL);
    if (event == current->event)
        hear(LIBVIRT_DBUS);
}

static gpointer
make(gpointer data G_GNUC_UNUSED)
{
    if (current->make() < 0)
        die("%s: %s", current->label, virGetLastErrorMessage());

    return NULL;
}

static gboolean
all_heard(guint n_ears)
{
    for (guint i = 0; i < n_ears; i++) {
        if (!current->heard[i])
            return FALSE;
    }
    return TRUE;
}

static void
time_change(Change *change, guint n_ears)
{
    gint64 start;
    GThread *thread;

    current = change;
    memset(change->heard, 0, sizeof(change->heard));
    start = g_get_monotonic_time();
    thread = g_thread_new("change", make, NULL);
    while (!all_heard(n_ears))
        g_main_context_iteration(NULL, TRUE);
    g_thread_join(thread);

    for (guint i = 0; i < n_ears; i++) {
        gint64 time = change->heard[i] - start;

        if (!change->times[i])
            change->times[i] = g_array_new(FALSE, FALSE, sizeof(gint64));
        g_array_append_val(change->times[i], time);
    }
}

/* Afterwards libvirt's events and the bus's signals arrive. */
static void
listen(const char *uri)
{
    g_autoptr(GVariant) reply = NULL;

    current = all;
    if (virEventRegisterDefaultImpl() < 0)
        die("%s", virGetLastErrorMessage());
    connect = open_libvirt(uri);
    if (virConnectDomainEventRegisterAny(connect, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                         VIR_DOMAIN_EVENT_CALLBACK(on_event), NULL, NULL) < 0)
        die("%s", virGetLastErrorMessage());

    g_dbus_connection_signal_subscribe(bus, "org.libvirt1", NULL, NULL, NULL, NULL, 0, on_virtbus,
                                       NULL, NULL);
    g_dbus_connection_signal_subscribe(bus, "org.libvirt", NULL, "DomainEvent", NULL, NULL, 0,
                                       on_libvirt_dbus, NULL, NULL);
    /* It comes after the bus has taken the match rules. */
    reply = g_dbus_connection_call_sync(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "GetId", NULL, NULL, 0, TIMEOUT_MS,
                                        NULL, NULL);
}

/* ROUNDS EARS URI DOMAIN XML: the domain must run, and the XML be of one that is called "changing".
 * Prints the median for each change and ear. */
void
changes(char **arguments)
{
    int rounds = atoi(arguments[0]);
    guint n_ears = (guint)atoi(arguments[1]);

    listen(arguments[2]);
    domain = find_domain(connect, arguments[3]);
    xml = arguments[4];

    for (int i = 0; i < rounds; i++) {
        for (guint c = 0; c < G_N_ELEMENTS(all); c++)
            time_change(&all[c], n_ears);
    }

    for (guint c = 0; c < G_N_ELEMENTS(all); c++) {
        for (guint i = 0; i < n_ears; i++) {
            g_autofree char *label = g_strdup_printf("%s/%s", all[c].label, ears[i]);

            print_median(label, all[c].times[i]);
        }
    }
}
