/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets: what they are for. Their values are no part of the document. */
#pragma once

#include "model/document.h"

#define VIR_SECRET_USAGE_VALUES(E) \
    E(VIR_SECRET_USAGE_NONE, "none") E(VIR_SECRET_USAGE_VOLUME, "volume") E(VIR_SECRET_USAGE_CEPH, "ceph") \
    E(VIR_SECRET_USAGE_ISCSI, "iscsi") E(VIR_SECRET_USAGE_TLS, "tls") E(VIR_SECRET_USAGE_VTPM, "vtpm")
VIR_ENUM(virSecretUsage, VIR_SECRET_USAGE_VALUES)

typedef struct {
    VIR_XML_REFS;
    bool ephemeral, private;
    unsigned char uuid[16];
    char *description;
    virSecretUsage usage;
    bool hasUsage;                      /* <usage> is there */
    char *usageId;
} virSecretDef;
VIR_DOCUMENT_DECLARE(virSecretDef)
