/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the registry keeps of domains. State, memory and vCPUs of all of them come with one request,
 * the statistics of the host. A driver that has not all of these is asked domain by domain, and so
 * is a domain that is busy; one domain is asked in the same way, as statistics may enter QEMU's
 * monitor and wait there. */

#include "bindings.h"
#include "observe.h"
#include "value.h"

#define STATS (VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_VCPU)

typedef struct {
    int state;
    int reason;
    guint64 max_memory;
    guint64 memory;
    guint32 vcpus;
} Figures;

static gboolean
read_record(const virDomainStatsRecord *record, Figures *figures)
{
    unsigned long long max_memory, memory;
    unsigned int vcpus;

    if (virTypedParamsGetInt(record->params, record->nparams, "state.state", &figures->state) <=
            0 ||
        virTypedParamsGetInt(record->params, record->nparams, "state.reason", &figures->reason) <=
            0 ||
        virTypedParamsGetULLong(record->params, record->nparams, "balloon.maximum", &max_memory) <=
            0 ||
        virTypedParamsGetULLong(record->params, record->nparams, "balloon.current", &memory) <= 0 ||
        virTypedParamsGetUInt(record->params, record->nparams, "vcpu.current", &vcpus) <= 0)
        return FALSE;

    figures->max_memory = max_memory;
    figures->memory = memory;
    figures->vcpus = vcpus;

    return TRUE;
}

static gboolean
ask_info(virDomainPtr domain, Figures *figures)
{
    virDomainInfo info;

    if (virDomainGetInfo(domain, &info) < 0 ||
        virDomainGetState(domain, &figures->state, &figures->reason, 0) < 0)
        return FALSE;

    figures->max_memory = info.maxMem;
    figures->memory = info.memory;
    figures->vcpus = info.nrVirtCpu;

    return TRUE;
}

static void
add(GVariantBuilder *values, const char *name, GVariant *value)
{
    g_variant_builder_add(values, "{sv}", name, value);
}

static gboolean
describe(void *handle, gpointer gathered, GVariantBuilder *values)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    gint32 id = (gint32)virDomainGetID(handle);
    Figures *known, asked;

    virDomainGetUUIDString(handle, uuid);
    known = gathered ? g_hash_table_lookup(gathered, uuid) : NULL;
    if (!known && ask_info(handle, &asked))
        known = &asked;

    /* The id is older than the state. If a start failed in between, no event will tell. */
    if (known && known->state == VIR_DOMAIN_SHUTOFF)
        id = -1;

    add(values, "Active", g_variant_new_boolean(id != -1));
    add(values, "Id", g_variant_new_int32(id));
    add(values, "Name", value_from_string(virDomainGetName(handle)));
    add(values, "UUID", value_from_string(uuid));
    if (!known)
        return FALSE;

    add(values, "State", g_variant_new("(ii)", known->state, known->reason));
    add(values, "MaxMemory", g_variant_new_uint64(known->max_memory));
    add(values, "Memory", g_variant_new_uint64(known->memory));
    add(values, "Vcpus", g_variant_new_uint32(known->vcpus));

    return TRUE;
}

/* UUID -> Figures, of the domains whose figures are complete. */
static gpointer
gather(virConnectPtr connect)
{
    GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    virDomainStatsRecordPtr *records = NULL;
    int n = virConnectGetAllDomainStats(connect, STATS, &records,
                                        VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);

    for (int i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN] = "";
        Figures figures;

        if (!read_record(records[i], &figures))
            continue;
        virDomainGetUUIDString(records[i]->dom, uuid);
        g_hash_table_insert(all, g_strdup(uuid), g_memdup2(&figures, sizeof(figures)));
    }
    virDomainStatsRecordListFree(records);

    return all;
}

static void
release(gpointer gathered)
{
    g_hash_table_unref(gathered);
}

/* Of a start that fails libvirt says nothing, not even if QEMU was already there and has been told
 * to go. */
static gboolean
is_passing(GVariant *values)
{
    int state, reason;

    if (!g_variant_lookup(values, "State", "(ii)", &state, &reason))
        return FALSE;

    return state == VIR_DOMAIN_SHUTDOWN ||
           (state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_STARTING_UP);
}

static int
ask_autostart(void *handle)
{
    int autostart;

    return virDomainGetAutostart(handle, &autostart) < 0 ? -1 : autostart;
}

static int
ask_managed_save(void *handle)
{
    return virDomainHasManagedSaveImage(handle, 0);
}

static int
ask_persistent(void *handle)
{
    return virDomainIsPersistent(handle);
}

static const Trait traits[] = {
    { "Autostart", VIR_CONNECT_LIST_DOMAINS_AUTOSTART, ask_autostart },
    { "ManagedSave", VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE, ask_managed_save },
    { "Persistent", VIR_CONNECT_LIST_DOMAINS_PERSISTENT, ask_persistent },
    { NULL, 0, NULL },
};

const Observer domain_observer = {
    &domain_kind, traits, describe, gather, release, is_passing,
};
