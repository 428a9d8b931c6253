/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Node devices: the computer itself and SCSI hosts, the kinds that the test driver shows. */
#pragma once

#include "model/document.h"

#define VIR_NODE_CAP_VALUES(E) \
    E(VIR_NODE_CAP_SYSTEM, "system") E(VIR_NODE_CAP_SCSI_HOST, "scsi_host") E(VIR_NODE_CAP_FC_HOST, "fc_host") E(VIR_NODE_CAP_VPORTS, "vport_ops")
VIR_ENUM(virNodeCapType, VIR_NODE_CAP_VALUES)

typedef struct virNodeCap virNodeCap;
struct virNodeCap {
    virNodeCapType type;
    char *product, *hwVendor, *hwVersion, *hwSerial;        /* system */
    unsigned char hwUuid[16];
    char *fwVendor, *fwVersion, *fwDate;
    unsigned int host, uniqueId;                            /* scsi_host */
    bool hasHost, hasUniqueId;
    char *wwnn, *wwpn, *fabricWwn;                          /* fc_host */
    unsigned int maxVports, vports;                         /* vport_ops */
    VIR_LIST(virNodeCap) caps;
};
typedef struct {
    gint refs;
    char *name, *path, *parent, *driver;
    VIR_LIST(virNodeCap) caps;
} virNodeDeviceDef;
VIR_DOCUMENT_DECLARE(virNodeDeviceDef)
