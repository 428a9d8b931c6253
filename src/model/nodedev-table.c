/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of node devices. */
#define VIR_FROM VIR_FROM_NODEDEV
#include "model/nodedev.h"

VIR_ENUM_TABLE(virNodeCapType, VIR_NODE_CAP_VALUES)

extern virXmlType virNodeCapXml;
#define S virNodeCap
static const virXmlRow systemCase[] = {
    X_STR("product", product, 0),
    X_STR("hardware/vendor", hwVendor, 0),
    X_STR("hardware/version", hwVersion, 0),
    X_STR("hardware/serial", hwSerial, 0),
    X_UUID("hardware/uuid", hwUuid, 0),
    X_STR("firmware/vendor", fwVendor, 0),
    X_STR("firmware/version", fwVersion, 0),
    X_STR("firmware/release_date", fwDate, 0),
    X_END
};
static const virXmlRow scsiHostCase[] = {
    X_UINT("host", host, 0, X_HAS(hasHost)),
    X_UINT("unique_id", uniqueId, 0, X_HAS(hasUniqueId)),
    X_LIST("capability", caps, virNodeCap, 0),
    X_END
};
static const virXmlRow fcHostCase[] = { X_STR("wwnn", wwnn, 0), X_STR("wwpn", wwpn, 0), X_STR("fabric_wwn", fabricWwn, 0), X_END };
static const virXmlRow vportsCase[] = { X_UINT("max_vports", maxVports, XF_ALWAYS), X_UINT("vports", vports, XF_ALWAYS), X_END };
static X_TYPE_AS(systemXml, virNodeCap, NULL, systemCase);
static X_TYPE_AS(scsiHostXml, virNodeCap, NULL, scsiHostCase);
static X_TYPE_AS(fcHostXml, virNodeCap, NULL, fcHostCase);
static X_TYPE_AS(vportsXml, virNodeCap, NULL, vportsCase);
static const virXmlCase capCases[] = {
    { VIR_NODE_CAP_SYSTEM, &systemXml }, { VIR_NODE_CAP_SCSI_HOST, &scsiHostXml }, { VIR_NODE_CAP_FC_HOST, &fcHostXml }, { VIR_NODE_CAP_VPORTS, &vportsXml }, { 0 }
};
static const virXmlRow capRows[] = {
    X_ENUM("@type", type, virNodeCapType, XF_REQ | XF_ALWAYS, .bad = "unknown capability type '%s'"),
    X_UNION(".", type, virNodeCapType, capCases, 0),
    X_END
};
X_TYPE(virNodeCap, "capability", capRows);
#undef S

#define S virNodeDeviceDef
static const virXmlRow deviceRows[] = {
    X_STR("name", name, 0),
    X_STR("path", path, 0),
    X_STR("parent", parent, 0),
    X_STR("driver/name", driver, 0),
    X_LIST("capability", caps, virNodeCap, 0),
    X_END
};
X_TYPE(virNodeDeviceDef, "device", deviceRows, .init = virDocumentInit);
#undef S

static bool complete(virNodeDeviceDef *def, unsigned int flags, GError **error)
{
    if (!def->name)
        def->name = g_strdup("new device");
    if (def->caps.n)
        return true;
    virSetError(error, VIR_ERR_XML_ERROR, "no device capabilities for '%s'", def->name);
    return false;
}
VIR_DOCUMENT_DEFINE(virNodeDeviceDef, "node_device_definition", complete)
