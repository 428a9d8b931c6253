/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checkpoints: moments since which QEMU notes in bitmaps what has changed, for incremental backups. */
#pragma once

#include "model/snapshot.h"

#define VIR_CHECKPOINT_VALUES(E) E(VIR_CHECKPOINT_UNSET, NULL) E(VIR_CHECKPOINT_NO, "no") E(VIR_CHECKPOINT_BITMAP, "bitmap")
VIR_ENUM(virCheckpointMode, VIR_CHECKPOINT_VALUES)

typedef struct {
    char *name;
    virCheckpointMode mode;
    char *bitmap;
    unsigned long long size;            /* estimate of the changes, in bytes; when asked for */
    bool hasSize;
} virCheckpointDisk;
typedef struct {
    virMoment m;
    VIR_LIST(virCheckpointDisk) disks;
} virDomainCheckpointDef;
VIR_DOCUMENT_DECLARE(virDomainCheckpointDef)

/* Always checked against the schema: the names become those of files and bitmaps. */
virDomainCheckpointDef *virDomainCheckpointDefParseWith(const char *xml, const virDomainParseConfig *conf, unsigned int flags, GError **error);
char *virDomainCheckpointDefShow(const virDomainCheckpointDef *def, unsigned int flags, bool withDomain);
/* One entry for each disk of the guest, in its order. */
bool virDomainCheckpointAlign(virDomainCheckpointDef *def, GError **error);
