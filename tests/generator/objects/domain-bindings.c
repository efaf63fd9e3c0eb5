/* Generated from org.libvirt1.Domain. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static int
domain_ref(void *handle)
{
    return virDomainRef(handle);
}

static int
domain_free(void *handle)
{
    return virDomainFree(handle);
}

static char *
domain_identity(void *handle)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";

    virDomainGetUUIDString(handle, uuid);

    return path_encode_uuid(uuid);
}

static void *
domain_look_up(virConnectPtr connect, const char *key, GError **error)
{
    virDomainPtr handle = virDomainLookupByUUIDString(connect, key);
    if (!handle)
        return error_from_libvirt(error);

    return handle;
}

static int
domain_list(virConnectPtr connect, void ***handles, unsigned int flags)
{
    return virConnectListAllDomains(connect, (virDomainPtr **)handles, flags);
}

const Kind domain_kind = {
    .node = "domain",
    .missing = VIR_ERR_NO_DOMAIN,
    .identity = domain_identity,
    .decode = path_decode_uuid,
    .look_up = domain_look_up,
    .list = domain_list,
    .ref = domain_ref,
    .free = domain_free,
    .interfaces = domain_interfaces,
    .compat_interfaces = NULL,
    .compat = NULL,
};

const Event domain_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { 0 },
};

static const Binding getters[] = {
    { 0 },
};

static const Binding setters[] = {
    { 0 },
};

const Interface domain_bindings = {
    .info = (GDBusInterfaceInfo *)&domain_interface,
    .driver = NULL,
    .methods = methods,
    .getters = getters,
    .setters = setters,
};
