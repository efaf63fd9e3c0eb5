/* Generated from the introspection XML. */

#include "bindings.h"

const Interface *const domain_snapshot_interfaces[] = {
    &domain_snapshot_bindings,
    NULL,
};

const Interface *const domain_interfaces[] = {
    &domain_bindings,
    &qemu_domain_bindings,
    NULL,
};

const Interface *const storage_vol_interfaces[] = {
    &storage_vol_bindings,
    NULL,
};

const Kind *const kinds[] = {
    &domain_snapshot_kind,
    &domain_kind,
    &storage_vol_kind,
    NULL,
};

const Kind *const compat_kinds[] = {
    NULL,
};

const Event *const events[] = {
    domain_snapshot_events,
    domain_events,
    qemu_domain_events,
    storage_vol_events,
    NULL,
};
