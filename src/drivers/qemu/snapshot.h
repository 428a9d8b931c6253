/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots, checkpoints and backups of QEMU's guests: rows of its hypervisor table. */
#pragma once

#include "drivers/qemu/qemu.h"
#include "engine/backup.h"

/* Runs qemu-img with these arguments. */
bool qemuImageTool(GError **error, const char *first, ...) G_GNUC_NULL_TERMINATED;
bool qemuSnapshotCheck(virDomainObj *obj, const virDomainSnapshotDef *def, unsigned int flags, GError **error);
bool qemuSnapshotTake(virDomainObj *obj, virDomainSnapshotDef *def, unsigned int flags, GError **error);
bool qemuSnapshotDelete(virDomainObj *obj, const virDomainSnapshotDef *def, GError **error);
bool qemuCheckpointTake(virDomainObj *obj, virDomainCheckpointDef *def, unsigned int flags, GError **error);
bool qemuCheckpointDelete(virDomainObj *obj, const virDomainCheckpointDef *def, GError **error);
/* May these disks have one? And what makes their bitmaps, for a transaction. */
bool qemuCheckpointGood(virDomainCheckpointDef *def, const virDomainDef *live, GError **error);
void qemuCheckpointActions(JsonArray *actions, const virDomainCheckpointDef *def, const virDomainDef *live, const char *action, bool add);
bool qemuBackupBegin(virDomainObj *obj, virDomainBackupDef *def, virDomainCheckpointDef *checkpoint, unsigned int flags, GError **error);
bool qemuBackupEnd(virDomainObj *obj, virDomainBackupDef *def, GError **error);
/* `ended`: what QEMU says of the job. */
void qemuBackupJobEnded(virDomainObj *obj, JsonObject *ended);
/* The greatest number among the block nodes of a running guest. */
unsigned int qemuHighestNode(const virDomainDef *def);
/* The guest in a snapshot is one that can be started: without the labels of this run. */
void qemuMomentDomain(virDomainDef *dom);
