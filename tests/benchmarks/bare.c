/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The least that things can cost with GDBus: a service without registry and permissions, which
 * returns N objects of 13 properties, has a property, and asks libvirt for a domain's state on a
 * thread of its own. */

#include <gio/gio.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

static int n_objects;
static virDomainPtr domain;
static GThreadPool *pool;

static const char introspection[] =
    "<node><interface name='org.freedesktop.DBus.ObjectManager'>"
    "<method name='GetManagedObjects'><arg type='a{oa{sa{sv}}}' direction='out'/></method>"
    "</interface>"
    "<interface name='bare.Domain'><property name='Active' type='b' access='read'/>"
    "<method name='GetState'><arg type='u'/><arg type='(ii)' direction='out'/></method></interface>"
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
get_state(gpointer invocation, gpointer data G_GNUC_UNUSED)
{
    int state, reason;

    if (virDomainGetState(domain, &state, &reason, 0) < 0)
        g_error("%s", virGetLastErrorMessage());
    g_dbus_method_invocation_return_value(invocation, g_variant_new("((ii))", state, reason));
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
        g_thread_pool_push(pool, invocation, NULL);
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
    domain = virDomainLookupByName(virConnectOpen(uri), name);
    if (!domain)
        g_error("%s", virGetLastErrorMessage());
    pool = g_thread_pool_new(get_state, NULL, 1, TRUE, NULL);
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
