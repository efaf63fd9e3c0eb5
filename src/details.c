/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What polkit is told of an object. The names of the details are libvirt's own, so that rules can
 * be carried over. */

#include "details.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>

#include "bindings.h"
#include "error.h"

/* Drivers whose name is not their URI's scheme in capitals. */
static const struct {
    const char *scheme;
    const char *driver;
} drivers[] = {
    { "bhyve", "bhyve" },
    { "hyperv", "Hyper-V" },
    { "vz", "vz" },
    { "xen", "Xen" },
};

static char **
add(char **details, const char *name, const char *value)
{
    return g_environ_setenv(details, name, value ? value : "", TRUE);
}

char **
details_of_connection(Connection *connection)
{
    const char *uri = connection_get_uri(connection);
    g_autofree char *scheme = g_strndup(uri, strcspn(uri, ":+"));
    g_autofree char *driver = g_ascii_strup(scheme, -1);
    char **details = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(drivers); i++) {
        if (strcmp(drivers[i].scheme, scheme) == 0) {
            g_free(driver);
            driver = g_strdup(drivers[i].driver);
        }
    }

    details = add(details, "connect_driver", driver);
    return add(details, "connect_uri", uri);
}

/* Its name and UUID, where a kind of objects has both. */
#define ADD_NAME_AND_UUID(details, Object, prefix, handle)                                         \
    G_STMT_START                                                                                   \
    {                                                                                              \
        char uuid[VIR_UUID_STRING_BUFLEN] = "";                                                    \
                                                                                                   \
        Object##GetUUIDString(handle, uuid);                                                       \
        details = add(details, prefix "_name", Object##GetName(handle));                           \
        details = add(details, prefix "_uuid", uuid);                                              \
    }                                                                                              \
    G_STMT_END

static char **
add_domain(char **details, void *handle)
{
    ADD_NAME_AND_UUID(details, virDomain, "domain", handle);
    return details;
}

static char **
add_snapshot(char **details, void *handle)
{
    return add_domain(details, virDomainSnapshotGetDomain(handle));
}

static char **
add_checkpoint(char **details, void *handle)
{
    return add_domain(details, virDomainCheckpointGetDomain(handle));
}

static char **
add_interface(char **details, void *handle)
{
    details = add(details, "interface_name", virInterfaceGetName(handle));
    return add(details, "interface_macaddr", virInterfaceGetMACString(handle));
}

static char **
add_network(char **details, void *handle)
{
    ADD_NAME_AND_UUID(details, virNetwork, "network", handle);
    return details;
}

static char **
add_network_port(char **details, void *handle)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";

    virNetworkPortGetUUIDString(handle, uuid);
    details = add_network(details, virNetworkPortGetNetwork(handle));
    return add(details, "network_port_uuid", uuid);
}

static char **
add_node_device(char **details, void *handle)
{
    return add(details, "node_device_name", virNodeDeviceGetName(handle));
}

static char **
add_nwfilter(char **details, void *handle)
{
    ADD_NAME_AND_UUID(details, virNWFilter, "nwfilter", handle);
    return details;
}

static char **
add_nwfilter_binding(char **details, void *handle)
{
    return add(details, "nwfilter_binding_portdev", virNWFilterBindingGetPortDev(handle));
}

/* The detail that says what a secret is for. */
static const char *const secret_usages[] = {
    [VIR_SECRET_USAGE_TYPE_VOLUME] = "secret_usage_volume",
    [VIR_SECRET_USAGE_TYPE_CEPH] = "secret_usage_ceph",
    [VIR_SECRET_USAGE_TYPE_ISCSI] = "secret_usage_target",
    [VIR_SECRET_USAGE_TYPE_TLS] = "secret_usage_name",
    [VIR_SECRET_USAGE_TYPE_VTPM] = "secret_usage_name",
};

static char **
add_secret(char **details, void *handle)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    int usage = virSecretGetUsageType(handle);

    virSecretGetUUIDString(handle, uuid);
    details = add(details, "secret_uuid", uuid);
    if (usage > VIR_SECRET_USAGE_TYPE_NONE && usage < (int)G_N_ELEMENTS(secret_usages))
        details = add(details, secret_usages[usage], virSecretGetUsageID(handle));

    return details;
}

static char **
add_storage_pool(char **details, void *handle)
{
    ADD_NAME_AND_UUID(details, virStoragePool, "pool", handle);
    return details;
}

/* The handle of a volume does not hold that of its pool. */
static char **
add_storage_vol(char **details, void *handle)
{
    g_autoptr(virStoragePool) pool = virStoragePoolLookupByVolume(handle);

    if (pool)
        details = add_storage_pool(details, pool);
    details = add(details, "vol_name", virStorageVolGetName(handle));
    return add(details, "vol_key", virStorageVolGetKey(handle));
}

char **
details_join(char **details, char **others)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    g_strv_builder_addv(builder, (const char **)details);
    g_strv_builder_addv(builder, (const char **)others);
    g_strfreev(details);

    return g_strv_builder_end(builder);
}

#define GETATTR(object)                                                                            \
    {                                                                                              \
        { object, "getattr", WHEN_ALWAYS, 0, 0 },                                                  \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

/* Kinds of objects, what libvirt's access control calls them, and where their XML has the details.
 */
static const struct {
    const Kind *kind;
    Permission getattr[2];
    char **(*add)(char **details, void *handle);
    struct {
        const char *detail;
        const char *xpath;
    } xml[2];
} describers[] = {
    { &domain_kind,
      GETATTR("domain"),
      add_domain,
      { { "domain_name", "./name[1]" }, { "domain_uuid", "./uuid[1]" } } },
    { &domain_checkpoint_kind, GETATTR("domain"), add_checkpoint, { { NULL, NULL } } },
    { &domain_snapshot_kind, GETATTR("domain"), add_snapshot, { { NULL, NULL } } },
    { &interface_kind,
      GETATTR("interface"),
      add_interface,
      { { "interface_name", "./@name" }, { "interface_macaddr", "./mac[1]/@address" } } },
    { &network_kind,
      GETATTR("network"),
      add_network,
      { { "network_name", "./name[1]" }, { "network_uuid", "./uuid[1]" } } },
    { &network_port_kind,
      GETATTR("network_port"),
      add_network_port,
      { { "network_port_uuid", "./uuid" } } },
    { &node_device_kind,
      GETATTR("node_device"),
      add_node_device,
      { { "node_device_name", "./name[1]" } } },
    { &nwfilter_kind,
      GETATTR("nwfilter"),
      add_nwfilter,
      { { "nwfilter_name", "./@name" }, { "nwfilter_uuid", "./uuid[1]" } } },
    { &nwfilter_binding_kind,
      GETATTR("nwfilter_binding"),
      add_nwfilter_binding,
      { { "nwfilter_binding_portdev", "./portdev[1]/@name" } } },
    { &secret_kind, GETATTR("secret"), add_secret, { { "secret_uuid", "./uuid[1]" } } },
    { &storage_pool_kind,
      GETATTR("storage_pool"),
      add_storage_pool,
      { { "pool_name", "./name[1]" }, { "pool_uuid", "./uuid[1]" } } },
    { &storage_vol_kind, GETATTR("storage_vol"), add_storage_vol, { { "vol_name", "./name[1]" } } },
};

const Permission *
details_get_getattr(const Kind *kind)
{
    static const Permission of_connection[] = GETATTR("connect");

    if (!kind)
        return of_connection;

    for (guint i = 0; i < G_N_ELEMENTS(describers); i++) {
        if (describers[i].kind == kind || describers[i].kind->compat == kind)
            return describers[i].getattr;
    }

    g_return_val_if_reached(NULL);
}

char **
details_add_object(char **details, const Kind *kind, void *handle)
{
    for (guint i = 0; i < G_N_ELEMENTS(describers); i++) {
        if (describers[i].kind == kind || describers[i].kind->compat == kind)
            return describers[i].add(details, handle);
    }

    g_return_val_if_reached(details);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathContext, xmlXPathFreeContext)

/* libvirt takes a UUID with dashes anywhere or nowhere; rules see the one form that it writes. */
static char *
normalize_uuid(const char *uuid)
{
    GString *hex = g_string_new(NULL);

    for (; *uuid; uuid++) {
        if (g_ascii_isxdigit(*uuid))
            g_string_append_c(hex, g_ascii_tolower(*uuid));
    }
    for (gsize i = 8; hex->len > i && i <= 23; i += 5)
        g_string_insert_c(hex, (gssize)i, '-');

    return g_string_free(hex, FALSE);
}

static char **
add_xpath(char **details, xmlXPathContextPtr context, const char *name, const char *xpath)
{
    xmlXPathObjectPtr found = xmlXPathEval(BAD_CAST xpath, context);
    xmlChar *value = NULL;

    if (found && found->nodesetval && found->nodesetval->nodeNr > 0)
        value = xmlXPathCastToString(found);
    if (value && g_str_has_suffix(name, "_uuid")) {
        g_autofree char *uuid = normalize_uuid((const char *)value);
        details = add(details, name, uuid);
    } else if (value) {
        details = add(details, name, (const char *)value);
    }

    xmlFree(value);
    xmlXPathFreeObject(found);

    return details;
}

/* Read as libvirt reads it, so that both find the same name. */
char **
details_add_xml(char **details, const char *object, const char *xml, GError **error)
{
    g_autoptr(xmlDoc) document = xmlReadDoc(
        BAD_CAST xml, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOWARNING | XML_PARSE_NOERROR);
    g_autoptr(xmlXPathContext) context = document ? xmlXPathNewContext(document) : NULL;

    if (!context || !xmlDocGetRootElement(document)) {
        g_strfreev(details);
        g_set_error(error, LIBVIRT_ERROR, VIR_ERR_XML_ERROR, "the description of the %s is not XML",
                    object);
        return NULL;
    }

    context->node = xmlDocGetRootElement(document);
    for (guint i = 0; i < G_N_ELEMENTS(describers); i++) {
        if (strcmp(describers[i].getattr[0].object, object) != 0)
            continue;
        for (guint j = 0; j < G_N_ELEMENTS(describers[i].xml) && describers[i].xml[j].detail; j++)
            details = add_xpath(details, context, describers[i].xml[j].detail,
                                describers[i].xml[j].xpath);
    }

    return details;
}
