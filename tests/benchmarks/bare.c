/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The least that things can cost with GDBus: a service without registry and permissions, which
 * returns N objects of 13 properties, has a property, asks libvirt for a domain's state on a thread
 * of its own, and for what no event tells of a domain on four of them at once. */

#include <gio/gio.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#define N_READINGS 4

static int n_objects;
static virDomainPtr domains[N_READINGS]; /* each with a connection of its own */
static GThreadPool *readers[N_READINGS];
static GThreadPool *state_reader; /* of the first */

/* A call that the last of its readings answers. */
typedef struct {
    GDBusMethodInvocation *invocation;
    int n_open;
} Readings;

static const char introspection[] =
    "<node><interface name='org.freedesktop.DBus.ObjectManager'>"
    "<method name='GetManagedObjects'><arg type='a{oa{sa{sv}}}' direction='out'/></method>"
    "</interface>"
    "<interface name='bare.Domain'><property name='Active' type='b' access='read'/>"
    "<method name='GetState'><arg type='u'/><arg type='(ii)' direction='out'/></method>"
    "<method name='ReadAll'><arg type='a{sv}' direction='out'/></method></interface>"
    "</node>";

static GVariant *
make_properties(int number)
{
    g_autofree char *name = g_strdup_printf("domain-%d", number);
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&builder, "{sv}", "Active", g_variant_new_boolean(FALSE));
    g_variant_builder_add(&builder, "{sv}", "Autostart", g_variant_new_boolean(FALSE));
    g_variant_builder_add(&builder, "{sv}", "Id", g_variant_new_int32(-1));
    g_variant_builder_add(&builder, "{sv}", "ManagedSave", g_variant_new_boolean(FALSE));
    g_variant_builder_add(&builder, "{sv}", "MaxMemory", g_variant_new_uint64(65536));
    g_variant_builder_add(&builder, "{sv}", "Memory", g_variant_new_uint64(65536));
    g_variant_builder_add(&builder, "{sv}", "Name", g_variant_new_string(name));
    g_variant_builder_add(&builder, "{sv}", "OSType", g_variant_new_string("hvm"));
    g_variant_builder_add(&builder, "{sv}", "Persistent", g_variant_new_boolean(TRUE));
    g_variant_builder_add(&builder, "{sv}", "State", g_variant_new("(ii)", 5, 0));
    g_variant_builder_add(&builder, "{sv}", "UUID",
                          g_variant_new_string("00000000-0000-0000-0000-000000000000"));
    g_variant_builder_add(&builder, "{sv}", "Updated", g_variant_new_boolean(FALSE));
    g_variant_builder_add(&builder, "{sv}", "Vcpus", g_variant_new_uint32(2));

    return g_variant_builder_end(&builder);
}

static void
check(int result)
{
    if (result < 0)
        g_error("%s", virGetLastErrorMessage());
}

static void
get_state(gpointer invocation, gpointer data G_GNUC_UNUSED)
{
    int state, reason;

    check(virDomainGetState(domains[0], &state, &reason, 0));
    g_dbus_method_invocation_return_value(invocation, g_variant_new("((ii))", state, reason));
}

static void
read_one(gpointer data, gpointer reader)
{
    Readings *readings = data;
    int number = GPOINTER_TO_INT(reader);
    virDomainInfo info;
    int autostart;

    if (number == 0)
        check(virDomainGetInfo(domains[number], &info));
    else if (number == 1)
        check(virDomainGetAutostart(domains[number], &autostart));
    else if (number == 2)
        check(virDomainHasManagedSaveImage(domains[number], 0));
    else
        check(virDomainIsUpdated(domains[number]));

    if (!g_atomic_int_dec_and_test(&readings->n_open))
        return;
    g_dbus_method_invocation_return_value(readings->invocation,
                                          g_variant_new("(@a{sv})", make_properties(0)));
    g_free(readings);
}

static void
read_all(GDBusMethodInvocation *invocation)
{
    Readings *readings = g_new(Readings, 1);

    *readings = (Readings){ invocation, N_READINGS };
    for (int i = 0; i < N_READINGS; i++)
        g_thread_pool_push(readers[i], readings, NULL);
}

static void
return_objects(GDBusMethodInvocation *invocation)
{
    GVariantBuilder objects;

    g_variant_builder_init(&objects, G_VARIANT_TYPE("a{oa{sa{sv}}}"));
    for (int i = 0; i < n_objects; i++) {
        g_autofree char *object = g_strdup_printf("/bare/domain/_00000000_0000_0000_0000_%012d", i);
        GVariantBuilder interfaces;

        g_variant_builder_init(&interfaces, G_VARIANT_TYPE("a{sa{sv}}"));
        g_variant_builder_add(&interfaces, "{s@a{sv}}", "bare.Domain", make_properties(i));
        g_variant_builder_add(&objects, "{oa{sa{sv}}}", object, &interfaces);
    }

    g_dbus_method_invocation_return_value(invocation, g_variant_new("(a{oa{sa{sv}}})", &objects));
}

static void
on_method_call(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
               const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
               const char *method, GVariant *parameters G_GNUC_UNUSED,
               GDBusMethodInvocation *invocation, gpointer data G_GNUC_UNUSED)
{
    if (strcmp(method, "GetState") == 0)
        g_thread_pool_push(state_reader, invocation, NULL);
    else if (strcmp(method, "ReadAll") == 0)
        read_all(invocation);
    else
        return_objects(invocation);
}

static GVariant *
get_property(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
             const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
             const char *name G_GNUC_UNUSED, GError **error G_GNUC_UNUSED,
             gpointer data G_GNUC_UNUSED)
{
    return g_variant_new_boolean(FALSE);
}

static const GDBusInterfaceVTable vtable = { on_method_call, get_property, NULL, { NULL } };

static void
open_libvirt(const char *uri, const char *name)
{
    for (int i = 0; i < N_READINGS; i++) {
        domains[i] = virDomainLookupByName(virConnectOpen(uri), name);
        if (!domains[i])
            g_error("%s", virGetLastErrorMessage());
        readers[i] = g_thread_pool_new(read_one, GINT_TO_POINTER(i), 1, TRUE, NULL);
    }
    state_reader = g_thread_pool_new(get_state, NULL, 1, TRUE, NULL);
}

/* N [URI DOMAIN] */
int
main(int argc, char **argv)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(introspection, NULL);
    g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL);

    n_objects = argc > 1 ? atoi(argv[1]) : 0;
    if (argc > 3)
        open_libvirt(argv[2], argv[3]);
    for (GDBusInterfaceInfo **i = node->interfaces; *i; i++)
        g_dbus_connection_register_object(bus, "/bare", *i, &vtable, NULL, NULL, NULL);
    g_bus_own_name_on_connection(bus, "bare.Service", 0, NULL, NULL, NULL, NULL);
    g_main_loop_run(loop);

    return 0;
}
