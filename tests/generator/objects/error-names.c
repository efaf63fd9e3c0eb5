/* Generated from libvirt's virErrorNumber. */

#include "error-names.h"

const GDBusErrorEntry libvirt_error_entries[] = {
    { VIR_ERR_INTERNAL_ERROR, "org.libvirt1.Error.InternalError" },
    { VIR_ERR_NO_CONNECT, "org.libvirt1.Error.NoConnect" },
    { VIR_WAR_NO_NETWORK, "org.libvirt1.Error.WarNoNetwork" },
    { VIR_ERR_NO_DOMAIN, "org.libvirt1.Error.NoDomain" },
    { VIR_ERR_NO_STORAGE_VOL, "org.libvirt1.Error.NoStorageVol" },
    { VIR_ERR_NO_DOMAIN_SNAPSHOT, "org.libvirt1.Error.NoDomainSnapshot" },
    { VIR_ERR_MIGRATE_FINISH_OK, "org.libvirt1.Error.MigrateFinishOk" },
};

const guint n_libvirt_error_entries = G_N_ELEMENTS(libvirt_error_entries);
