/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checkpoints of QEMU's guests: a bitmap in each image, in which QEMU notes what is written from then on. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/agent-guest.h"
#include "drivers/qemu/snapshot.h"

bool qemuCheckpointGood(virDomainCheckpointDef *def, const virDomainDef *live, GError **error)
{
    qemuMomentDomain(def->m.dom);
    for (unsigned int i = 0; i < def->disks.n; i++) {
        const virDomainDiskDef *disk = virDomainDefFindDisk(live, def->disks.v[i]->name);
        if (def->disks.v[i]->mode == VIR_CHECKPOINT_BITMAP && !g_str_equal(def->disks.v[i]->bitmap, def->m.name)) {
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "bitmap for disk '%s' must match checkpoint name '%s'", def->disks.v[i]->name, def->m.name);
            return false;
        }
        if (def->disks.v[i]->mode != VIR_CHECKPOINT_BITMAP || (disk && disk->src.format == VIR_STORAGE_FORMAT_QCOW2))
            continue;
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "checkpoint for disk %s unsupported for storage type %s", def->disks.v[i]->name,
                    disk ? virStorageFormatToString(disk->src.format) : "none");
        return false;
    }
    return true;
}

/* The same for every disk of the checkpoint. Disks that the guest has no more are passed over. */
void qemuCheckpointActions(JsonArray *actions, const virDomainCheckpointDef *def, const virDomainDef *live, const char *action, bool add)
{
    for (unsigned int i = 0; i < def->disks.n; i++) {
        const virDomainDiskDef *disk = virDomainDefFindDisk(live, def->disks.v[i]->name);
        if (def->disks.v[i]->mode != VIR_CHECKPOINT_BITMAP || !disk)
            continue;
        g_autofree char *node = g_strdup_printf("libvirt-%u-format", disk->src.index);
        json_array_add_element(actions, qmpArgs("s:type", action, "o:data", qmpArgs("s:node", node, "s:name", def->disks.v[i]->bitmap,
                                                                                   "B:persistent", add, NULL), NULL));
    }
}

/* At one instant. */
static bool bitmaps(virDomainObj *obj, const virDomainCheckpointDef *def, const virDomainDef *live, const char *action, bool add, GError **error)
{
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    if (!qmp)
        return false;
    JsonArray *actions = json_array_new();
    qemuCheckpointActions(actions, def, live, action, add);
    JsonNode *list = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(list, actions);
    return qmpCall(qmp, "transaction", qmpArgs("o:actions", list, NULL), NULL, error) == VIR_QMP_OK;
}

bool qemuCheckpointTake(virDomainObj *obj, virDomainCheckpointDef *def, unsigned int flags, GError **error)
{
    bool quiesce = flags & VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE;
    if (quiesce && !qemuAgentFreeze(obj, error))
        return false;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    bool ok = qemuCheckpointGood(def, view->live, error) && bitmaps(obj, def, view->live, "block-dirty-bitmap-add", true, error);
    if (quiesce)
        qemuAgentThaw(obj);
    return ok;
}

/* The bitmaps of older checkpoints went on all the time: nothing has to be merged into them. */
bool qemuCheckpointDelete(virDomainObj *obj, const virDomainCheckpointDef *def, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    return bitmaps(obj, def, view->live, "block-dirty-bitmap-remove", false, error);
}
