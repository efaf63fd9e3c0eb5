/* Generated from org.libvirt1.DomainSnapshot. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static const Permission needs_domain_getattr[] = {
    { "domain", "getattr", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static const Permission needs_domain_snapshot[] = {
    { "domain", "snapshot", WHEN_ALWAYS, 0, 0 },
    { 0 },
};

static int
domain_snapshot_ref(void *handle)
{
    return virDomainSnapshotRef(handle);
}

static int
domain_snapshot_free(void *handle)
{
    return virDomainSnapshotFree(handle);
}

const Kind domain_snapshot_kind = {
    .node = "domainsnapshot",
    .missing = VIR_ERR_NO_DOMAIN_SNAPSHOT,
    .identity = domain_snapshot_identity,
    .decode = domain_snapshot_decode,
    .look_up = domain_snapshot_look_up,
    .list = NULL,
    .ref = domain_snapshot_ref,
    .free = domain_snapshot_free,
    .interfaces = domain_snapshot_interfaces,
    .compat_interfaces = NULL,
    .compat = NULL,
};

const Event domain_snapshot_events[] = {
    { 0 },
};

static const Binding methods[] = {
    { "GetDomain", needs_domain_getattr, NULL, -1, LANE_SHORT, BINDING_READS,
      domain_snapshot_get_domain },
    { "Redefine", needs_domain_snapshot, NULL, -1, LANE_SHORT, BINDING_CHANGES,
      domain_snapshot_redefine },
    { 0 },
};

static const Binding getters[] = {
    { 0 },
};

static const Binding setters[] = {
    { 0 },
};

const Interface domain_snapshot_bindings = {
    .info = (GDBusInterfaceInfo *)&domain_snapshot_interface,
    .driver = NULL,
    .methods = methods,
    .getters = getters,
    .setters = setters,
};
