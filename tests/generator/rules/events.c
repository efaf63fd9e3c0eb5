/* Generated from org.libvirt1.QemuDomain. */

#include "bindings.h"
#include "error.h"
#include "interfaces.h"
#include "path.h"
#include "value.h"

static void
qemu_domain_on_control_error(virConnectPtr connect G_GNUC_UNUSED, virDomainPtr dom, void *opaque)
{
    event_emit(opaque, &domain_kind, dom, "ControlError", g_variant_new("()"));
}

static int
qemu_domain_on_control_error_enable(virConnectPtr connect, void *opaque)
{
    GCallback callback = G_CALLBACK(qemu_domain_on_control_error);

    return virConnectDomainEventRegisterAny(connect, NULL, VIR_DOMAIN_EVENT_ID_CONTROL_ERROR,
                                            (virConnectDomainEventGenericCallback)callback, opaque,
                                            NULL);
}

static void
qemu_domain_on_disk_change(virConnectPtr connect G_GNUC_UNUSED, virDomainPtr dom,
                           const char *old_src_path, const char *new_src_path,
                           const char *dev_alias, int reason, void *opaque)
{
    event_emit(opaque, &domain_kind, dom, "DiskChange",
               g_variant_new("(@s@s@si)", value_from_string(old_src_path),
                             value_from_string(new_src_path), value_from_string(dev_alias),
                             reason));
}

static int
qemu_domain_on_disk_change_enable(virConnectPtr connect, void *opaque)
{
    GCallback callback = G_CALLBACK(qemu_domain_on_disk_change);

    return virConnectDomainEventRegisterAny(connect, NULL, VIR_DOMAIN_EVENT_ID_DISK_CHANGE,
                                            (virConnectDomainEventGenericCallback)callback, opaque,
                                            NULL);
}

static int
qemu_domain_on_graphics_enable(virConnectPtr connect, void *opaque)
{
    GCallback callback = G_CALLBACK(qemu_domain_on_graphics);

    return virConnectDomainEventRegisterAny(connect, NULL, VIR_DOMAIN_EVENT_ID_GRAPHICS,
                                            (virConnectDomainEventGenericCallback)callback, opaque,
                                            NULL);
}

static void
qemu_domain_on_job_completed(virConnectPtr connect G_GNUC_UNUSED, virDomainPtr dom,
                             virTypedParameterPtr params, int nparams, void *opaque)
{
    event_emit(opaque, &domain_kind, dom, "JobCompleted",
               g_variant_new("(@a{sv})", value_from_params(params, nparams)));
}

static int
qemu_domain_on_job_completed_enable(virConnectPtr connect, void *opaque)
{
    GCallback callback = G_CALLBACK(qemu_domain_on_job_completed);

    return virConnectDomainEventRegisterAny(connect, NULL, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
                                            (virConnectDomainEventGenericCallback)callback, opaque,
                                            NULL);
}

static void
qemu_domain_on_memory_device_size_change(virConnectPtr connect G_GNUC_UNUSED, virDomainPtr dom,
                                         const char *alias, unsigned long long size, void *opaque)
{
    event_emit(opaque, &domain_kind, dom, "MemoryDeviceSizeChange",
               g_variant_new("(@st)", value_from_string(alias), size));
}

static int
qemu_domain_on_memory_device_size_change_enable(virConnectPtr connect, void *opaque)
{
    GCallback callback = G_CALLBACK(qemu_domain_on_memory_device_size_change);

    return virConnectDomainEventRegisterAny(connect, NULL,
                                            VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE,
                                            (virConnectDomainEventGenericCallback)callback, opaque,
                                            NULL);
}

static void
qemu_domain_on_rtc_change(virConnectPtr connect G_GNUC_UNUSED, virDomainPtr dom,
                          long long utcoffset, void *opaque)
{
    event_emit(opaque, &domain_kind, dom, "RTCChange", g_variant_new("(x)", utcoffset));
}

static int
qemu_domain_on_rtc_change_enable(virConnectPtr connect, void *opaque)
{
    GCallback callback = G_CALLBACK(qemu_domain_on_rtc_change);

    return virConnectDomainEventRegisterAny(connect, NULL, VIR_DOMAIN_EVENT_ID_RTC_CHANGE,
                                            (virConnectDomainEventGenericCallback)callback, opaque,
                                            NULL);
}

const Event qemu_domain_events[] = {
    { "ControlError", &domain_kind, FALSE, qemu_domain_on_control_error_enable,
      virConnectDomainEventDeregisterAny },
    { "DiskChange", &domain_kind, FALSE, qemu_domain_on_disk_change_enable,
      virConnectDomainEventDeregisterAny },
    { "Graphics", &domain_kind, FALSE, qemu_domain_on_graphics_enable,
      virConnectDomainEventDeregisterAny },
    { "JobCompleted", &domain_kind, FALSE, qemu_domain_on_job_completed_enable,
      virConnectDomainEventDeregisterAny },
    { "MemoryDeviceSizeChange", &domain_kind, FALSE,
      qemu_domain_on_memory_device_size_change_enable, virConnectDomainEventDeregisterAny },
    { "RTCChange", &domain_kind, FALSE, qemu_domain_on_rtc_change_enable,
      virConnectDomainEventDeregisterAny },
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

const Interface qemu_domain_bindings = {
    .info = (GDBusInterfaceInfo *)&qemu_domain_interface,
    .driver = NULL,
    .methods = methods,
    .getters = getters,
    .setters = setters,
};
