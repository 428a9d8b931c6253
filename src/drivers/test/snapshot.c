/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots and checkpoints of guests that do not exist: there is nothing to save, the trees are all. */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/test.h"

bool virTestSnapshotCheck(virDomainObj *obj, const virDomainSnapshotDef *def, unsigned int flags, GError **error)
{
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (def->disks.v[i]->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_MANUAL && !(flags & VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE)) {
            virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "'manual' snapshot mode is not supported by the test driver");
            return false;
        }
    return true;
}

bool virTestSnapshotTake(virDomainObj *obj, virDomainSnapshotDef *def, unsigned int flags, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (flags & VIR_DOMAIN_SNAPSHOT_CREATE_HALT && view->live)
        virDomainGone(obj, VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT);
    return true;
}

bool virTestCheckpointTake(virDomainObj *obj, virDomainCheckpointDef *def, unsigned int flags, GError **error)
{
    return true;
}
