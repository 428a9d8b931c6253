/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which types of pools there are, and folders as pools. The types that are missing need libraries that this driver is not built with. */
#define VIR_FROM VIR_FROM_STORAGE
#include "drivers/storage/storage.h"

static const virPoolBackend *const backends[virStoragePoolKindLast] = {
    [VIR_STORAGE_POOL_DIR] = &virPoolBackendDir,     [VIR_STORAGE_POOL_FS] = &virPoolBackendFs,       [VIR_STORAGE_POOL_NETFS] = &virPoolBackendNetfs,
    [VIR_STORAGE_POOL_LOGICAL] = &virPoolBackendLogical, [VIR_STORAGE_POOL_DISK] = &virPoolBackendDisk, [VIR_STORAGE_POOL_ISCSI] = &virPoolBackendIscsi,
    [VIR_STORAGE_POOL_SCSI] = &virPoolBackendScsi,   [VIR_STORAGE_POOL_MPATH] = &virPoolBackendMpath,
};

const virPoolBackend *virPoolBackendOf(virStoragePoolKind type)
{
    return backends[type];
}

unsigned int virPoolBackends(void)
{
    unsigned int bits = 0;
    for (int i = 0; i < virStoragePoolKindLast; i++)
        bits |= backends[i] ? 1u << i : 0;
    return bits;
}
