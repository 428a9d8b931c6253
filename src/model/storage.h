/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools, volumes, and secrets. */
#pragma once

#include "model/storage-vol.h"

#define VIR_SECRET_USAGE_VALUES(E) \
    E(VIR_SECRET_USE_NONE, "none") E(VIR_SECRET_USE_VOLUME, "volume") E(VIR_SECRET_USE_CEPH, "ceph") E(VIR_SECRET_USE_ISCSI, "iscsi") \
    E(VIR_SECRET_USE_TLS, "tls") E(VIR_SECRET_USE_VTPM, "vtpm")
VIR_ENUM(virSecretUsage, VIR_SECRET_USAGE_VALUES)

typedef struct {
    gint refs;
    bool ephemeral, private;
    unsigned char uuid[16];
    char *description;
    virSecretUsage usage;
    char *usageId;
} virSecretDef;
VIR_DOCUMENT_DECLARE(virSecretDef)
