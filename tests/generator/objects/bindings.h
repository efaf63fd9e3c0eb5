/* Generated from the introspection XML. */

#pragma once

#include <libvirt/libvirt-lxc.h>
#include <libvirt/libvirt-qemu.h>
#include "call.h"
#include "descriptors.h"
#include "event.h"

extern const Interface domain_snapshot_bindings;
extern const Event domain_snapshot_events[];
extern const Interface *const domain_snapshot_interfaces[];
extern const Kind domain_snapshot_kind;
char *domain_snapshot_identity(void *handle);
char *domain_snapshot_decode(const char *element);
void *domain_snapshot_look_up(virConnectPtr connect, const char *key, GError **error);

extern const Interface domain_bindings;
extern const Event domain_events[];
extern const Interface *const domain_interfaces[];
extern const Kind domain_kind;

extern const Interface qemu_domain_bindings;
extern const Event qemu_domain_events[];
GVariant *qemu_domain_monitor_command(Call *call, GVariant *arguments, GError **error);
GVariant *qemu_domain_read_id(Call *call, GVariant *arguments, GError **error);
void qemu_domain_on_device_added(virConnectPtr conn, virDomainPtr dom, const char *dev_alias,
                                 void *opaque);

extern const Interface storage_vol_bindings;
extern const Event storage_vol_events[];
extern const Interface *const storage_vol_interfaces[];
extern const Kind storage_vol_kind;

extern const Kind *const kinds[];
extern const Kind *const compat_kinds[];
extern const Event *const events[];
