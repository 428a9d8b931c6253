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

/* A guest that is to run does so with the snapshot's definition; the persistent one becomes it, too. */
bool virTestSnapshotRevert(virDomainObj *obj, const virDomainSnapshotDef *def, unsigned int flags, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    bool was = def->state == VIR_SNAPSHOT_RUNNING || def->state == VIR_SNAPSHOT_PAUSED;
    bool wants = flags & (VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING | VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED);
    bool pause = wants ? flags & VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED : def->state == VIR_SNAPSHOT_PAUSED;
    if (view->persistent && def->m.dom && !virDomainSetConfig(obj, virDomainDefCopy(def->m.dom), error))
        return false;
    if (!was && !wants) {
        virDomainGone(obj, VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT);
        return true;
    }
    if (!view->live) {
        g_autoptr(virDomainDef) live = virDomainDefCopy(def->m.dom ? def->m.dom : view->config);
        return virDomainStartHeld(obj, live, pause ? VIR_DOMAIN_START_PAUSED : 0, error);
    }
    if (def->m.dom) {
        virDomainDef *live = virDomainDefCopy(def->m.dom);
        live->id = view->id;
        virDomainSetLive(obj, live);
    }
    if (pause)
        virDomainSetState(obj, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_FROM_SNAPSHOT, view->state == VIR_DOMAIN_PAUSED ? -1 : VIR_DOMAIN_EVENT_SUSPENDED,
                          VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT);
    else
        virDomainSetState(obj, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_FROM_SNAPSHOT, view->state == VIR_DOMAIN_RUNNING ? -1 : VIR_DOMAIN_EVENT_RESUMED,
                          VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT);
    return true;
}

bool virTestCheckpointTake(virDomainObj *obj, virDomainCheckpointDef *def, unsigned int flags, GError **error)
{
    return true;
}
