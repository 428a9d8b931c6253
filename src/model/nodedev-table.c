/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of node devices. What a capability must say is in nodedev.c. */
#define VIR_FROM VIR_FROM_NODEDEV
#include "model/nodedev-check.h"
#include "model/tables.h"

VIR_ENUM_TABLE(virNodeCapType, VIR_NODE_CAP_VALUES)
VIR_ENUM_TABLE(virNodeCcwState, VIR_NODE_CCW_VALUES)
VIR_ENUM_TABLE(virNodeDrmType, VIR_NODE_DRM_VALUES)
VIR_ENUM_TABLE(virNodeNetFeature, VIR_NODE_FEATURE_VALUES)
VIR_ENUM_TABLE(virNodeLinkSpeed, VIR_NODE_LINK_SPEED_VALUES)

static void openTag(const virXmlRow *row, const void *obj, virXmlOut *out)
{
    virXmlOutChildren(out);
}
static const virXmlHook openHook = { .format = openTag, .rng = "" };
#define X_OPEN_TAG X_HOOK(".", &openHook, XF_NOPARSE)
#define BAD(words) .bad = "invalid " words " supplied", .code = VIR_ERR_INTERNAL_ERROR
#define BAD_VALUE(words) .bad = "invalid " words " value '%s'"
#define CHECK(func) X_HOOK(".", (&(const virXmlHook){ .parse = func, .rng = "" }), XF_NOFORMAT)

#define S virNodeMdevType
static const virXmlRow mdevTypeRows[] = {
    X_STR("@id", id, 0),
    X_STR("name", name, 0),
    X_STR("deviceAPI", deviceApi, 0),
    X_UINT("availableInstances", instances, XF_ALWAYS, BAD("number of available instances")),
    CHECK(virNodeMdevTypeCheck),
    X_END
};
static X_TYPE(virNodeMdevType, "type", mdevTypeRows);
#undef S
#define S virNodeMdevAttr
static const virXmlRow attrRows[] = { X_STR("@name", name, 0), X_STR("@value", value, 0), X_END };
static X_TYPE(virNodeMdevAttr, "attr", attrRows);
#undef S
#define S virNodeCcwMember
static const virXmlRow memberRows[] = { X_STR("@ref", ref, 0), X_STR(".", device, 0), X_END };
static X_TYPE(virNodeCcwMember, "ccw_device", memberRows);
#undef S
#define S virNodeVpdField
static const virXmlRow vpdFieldRows[] = { X_STR("@index", index, 0), X_STR(".", value, 0), X_END };
static X_TYPE(virNodeVpdField, "vendor_field", vpdFieldRows);
#undef S
#define S virPCIAddress
static const virXmlRow addressRows[] = { X_SAME(".", virPCISourceAddressXml, 0), CHECK(virNodeAddressCheck), X_END };
static X_TYPE_AS(addressXml, virPCIAddress, "address", addressRows);
#undef S
#define S virNodeFeature
static const virXmlRow featureRows[] = {
    CHECK(virNodeFeatureCheck),
    X_ENUM("@name", name, virNodeNetFeature, XF_ALWAYS, .bad = "unknown network device feature '%s'", .code = VIR_ERR_XML_ERROR),
    X_END
};
static X_TYPE(virNodeFeature, "feature", featureRows);
#undef S

#define S virNodePci
/* --- PCI --- */
#define LINK(name, m) \
    static const virXmlRow name##Rows[] = { \
        X_UINT("@port", m.port, 0, X_HAS(m.hasPort)), \
        X_ENUM("@speed", m.speed, virNodeLinkSpeed, 0), \
        X_UINT("@width", m.width, XF_REQ | XF_ALWAYS), \
        X_END \
    }; \
    static X_TYPE_AS(name##Xml, virNodePci, NULL, name##Rows)
LINK(capLink, cap);
LINK(staLink, sta);
static const virXmlRow expressRows[] = {
    X_SAME("link[@validity='cap']", capLinkXml, 0, X_HAS(cap.there)),
    X_SAME("link[@validity='sta']", staLinkXml, 0, X_HAS(sta.there)),
    X_END
};
static X_TYPE_AS(expressXml, virNodePci, NULL, expressRows);
static const virXmlRow vpdRoRows[] = {
    X_OPEN_TAG,
    X_STR("change_level", vpdChange, 0),
    X_STR("manufacture_id", vpdMaker, 0),
    X_STR("part_number", vpdPart, 0),
    X_STR("serial_number", vpdSerial, 0),
    X_LIST("vendor_field", vpdVendor, virNodeVpdField, 0),
    X_END
};
static const virXmlRow vpdRwRows[] = {
    X_OPEN_TAG,
    X_STR("asset_tag", vpdAsset, 0),
    X_LIST("vendor_field", vpdVendorRw, virNodeVpdField, 0),
    X_LIST("system_field", vpdSystemRw, virNodeVpdField, 0),
    X_END
};
static X_TYPE_AS(vpdRoXml, virNodePci, NULL, vpdRoRows);
static X_TYPE_AS(vpdRwXml, virNodePci, NULL, vpdRwRows);
static const virXmlRow vpdRows[] = {
    X_STR("name", vpdName, 0),
    X_SAME("fields[@access='readonly']", vpdRoXml, 0, X_HAS(vpdRo)),
    X_SAME("fields[@access='readwrite']", vpdRwXml, 0, X_HAS(vpdRw)),
    CHECK(virNodeVpdCheck),
    X_END
};
static X_TYPE_AS(vpdXml, virNodePci, NULL, vpdRows);
static const virXmlRow pciHeadRows[] = {
    X_HEX("class", klass, 6, 0, X_HAS(hasClass), BAD("PCI class")),
    X_UINT("domain", domain, XF_ALWAYS, BAD("PCI domain ID")),
    X_UINT("bus", bus, XF_ALWAYS, BAD("PCI bus ID")),
    X_UINT("slot", slot, XF_ALWAYS, BAD("PCI slot ID")),
    X_UINT("function", function, XF_ALWAYS, BAD("PCI function ID")),
    X_END
};
#define VFS "capability[@type='virt_functions']"
static const virXmlRow pciFunctionRows[] = {
    X_LIST_AS("capability[@type='phys_function']/address", physFunction, virPCIAddress, addressXml, 0),
    X_FLAG(VFS, virtFunctions, 0),
    X_UINT(VFS "/@maxCount", maxVirtFunctions, 0, .bad = "Malformed 'maxCount' parameter", .code = VIR_ERR_XML_ERROR),
    X_LIST_AS(VFS "/address", virtFunctionList, virPCIAddress, addressXml, 0),
    X_FLAG("capability[@type='pci-bridge']", pciBridge, 0),
    X_FLAG("capability[@type='cardbus-bridge']", cardbusBridge, 0),
    X_END
};
static const virXmlRow iommuRows[] = {
    X_UINT("@number", iommu, XF_REQ | XF_ALWAYS),
    X_LIST_AS("address", iommuDevices, virPCIAddress, addressXml, 0),
    X_END
};
static X_TYPE_AS(iommuXml, virNodePci, NULL, iommuRows);
static const virXmlRow pciTailRows[] = {
    X_SAME("capability[@type='vpd']", vpdXml, 0, X_HAS(hasVpd)),
    X_SAME("iommuGroup", iommuXml, 0, X_HAS(hasIommu)),
    X_INT("numa/@node", numa, 0, X_HAS(hasNuma), BAD("NUMA node ID")),
    X_SAME("pci-express", expressXml, XF_EMPTY, X_HAS(express)),
    X_END
};
static X_TYPE_AS(pciHeadXml, virNodePci, NULL, pciHeadRows);
static X_TYPE_AS(pciFunctionXml, virNodePci, NULL, pciFunctionRows);
static X_TYPE_AS(pciTailXml, virNodePci, NULL, pciTailRows);
#undef S

#define S virNodeCap
#define CASE(name) static X_TYPE_AS(name##Xml, virNodeCap, NULL, name##Case)
/* --- details by type --- */
static const virXmlRow systemCase[] = {
    X_STR("product", product, 0),
    X_STR("hardware/vendor", hwVendor, 0),
    X_STR("hardware/version", hwVersion, 0),
    X_STR("hardware/serial", hwSerial, 0),
    X_UUID("hardware/uuid", uuid, XF_ALWAYS, .bad = "malformed uuid element", .code = VIR_ERR_INTERNAL_ERROR),
    X_HOOK("firmware", &openHook, XF_NOPARSE),
    X_STR("firmware/vendor", fwVendor, 0),
    X_STR("firmware/version", fwVersion, 0),
    X_STR("firmware/release_date", fwDate, 0),
    X_END
};
CASE(system);
#define PRODUCT(words) \
    X_HEX("product/@id", productId, 4, XF_ALWAYS, BAD(words " product ID")), \
    X_STR("product", product, 0), \
    X_HEX("vendor/@id", vendor, 4, XF_ALWAYS, BAD(words " vendor ID")), \
    X_STR("vendor", vendorName, 0)
#define MDEV_TYPES X_LIST("capability[@type='mdev_types']/type", mdevTypes, virNodeMdevType, 0)
static const virXmlRow pciCase[] = {
    CHECK(virNodeNestedCheck),
    X_INLINE_AS(".", pci, virNodePci, pciHeadXml, 0),
    PRODUCT("PCI"),
    X_INLINE_AS(".", pci, virNodePci, pciFunctionXml, 0),
    MDEV_TYPES,
    X_INLINE_AS(".", pci, virNodePci, pciTailXml, 0),
    X_END
};
CASE(pci);
static const virXmlRow usbDeviceCase[] = {
    X_UINT("bus", usbBus, XF_ALWAYS, BAD("USB bus number")),
    X_UINT("device", usbDevice, XF_ALWAYS, BAD("USB device number")),
    PRODUCT("USB"),
    X_END
};
CASE(usbDevice);
static const virXmlRow usbCase[] = {
    X_UINT("number", usbNumber, XF_ALWAYS, BAD("USB interface number")),
    X_UINT("class", usbClass, XF_ALWAYS, BAD("USB interface class")),
    X_UINT("subclass", usbSubclass, XF_ALWAYS, BAD("USB interface subclass")),
    X_UINT("protocol", usbProtocol, XF_ALWAYS, BAD("USB interface protocol")),
    X_STR("description", description, 0),
    X_END
};
CASE(usb);
static const virXmlRow netCase[] = {
    X_STR("interface", ifname, 0),
    X_STR("address", address, 0),
    X_UINT("link/@speed", linkSpeed, 0),
    X_ENUM("link/@state", linkState, virInterfaceLink, 0),
    X_LIST("feature", features, virNodeFeature, 0),
    X_FLAG("capability[@type='80203']", ieee80203, 0),
    X_FLAG("capability[@type='80211']", ieee80211, 0),
    X_END
};
CASE(net);
#define FC_HOST "capability[@type='fc_host']"
#define VPORT_OPS "capability[@type='vport_ops']"
static const virXmlRow vportRows[] = {
    X_UINT("max_vports", maxVports, XF_ALWAYS | XF_NOPARSE),        /* what only the host knows */
    X_UINT("vports", vports, XF_ALWAYS | XF_NOPARSE),
    X_END
};
static X_TYPE_AS(vportXml, virNodeCap, NULL, vportRows);
static const virXmlRow scsiHostCase[] = {
    X_UINT("host", host, 0, X_HAS(hasHost), BAD("SCSI host ID")),
    X_UINT("unique_id", uniqueId, 0, X_HAS(hasUniqueId), BAD("unique_id")),
    X_FLAG(FC_HOST, fcHost, 0),
    X_STR(FC_HOST "/wwnn", wwnn, 0),
    X_STR(FC_HOST "/wwpn", wwpn, 0),
    X_STR(FC_HOST "/fabric_wwn", fabricWwn, 0),
    X_SAME(VPORT_OPS, vportXml, 0, X_HAS(vportOps)),
    X_END
};
CASE(scsiHost);
#define RPORT "capability[@type='fc_remote_port']"
static const virXmlRow scsiTargetCase[] = {
    X_STR("target", target, 0),
    X_FLAG(RPORT, hasRport, 0),
    X_STR(RPORT "/rport", rport, 0),
    X_STR(RPORT "/wwpn", rportWwpn, 0),
    X_END
};
CASE(scsiTarget);
static const virXmlRow scsiCase[] = {
    X_UINT("host", host, XF_ALWAYS, BAD("SCSI host ID")),
    X_UINT("bus", scsiBus, XF_ALWAYS, BAD("SCSI bus ID")),
    X_UINT("target", scsiTarget, XF_ALWAYS, BAD("SCSI target ID")),
    X_UINT("lun", scsiLun, XF_ALWAYS, BAD("SCSI LUN ID")),
    X_STR("type", scsiType, 0),
    X_END
};
CASE(scsi);
#define REMOVABLE "capability[@type='removable']"
static bool isFixed(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return !((const virNodeCap *)obj)->removable;
}
static bool isRemovable(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virNodeCap *)obj)->removable;
}
static const virXmlRow storageCase[] = {
    X_STR("block", block, 0),
    X_STR("bus", bus, 0),
    X_STR("drive_type", driveType, 0),
    X_STR("model", model, 0),
    X_STR("vendor", vendorText, 0),
    X_STR("serial", serial, 0),
    X_FLAG(REMOVABLE, removable, 0),
    X_UINT(REMOVABLE "/media_available", mediaAvailable, XF_ALWAYS, .when = isRemovable),
    X_ULL(REMOVABLE "/media_size", mediaSize, XF_ALWAYS, .when = isRemovable, BAD("removable media size")),
    X_STR(REMOVABLE "/media_label", mediaLabel, 0),
    X_ULL("size", size, XF_ALWAYS, .when = isFixed, BAD("size")),
    X_ULL("logical_block_size", logicalBlockSize, XF_NOPARSE, .when = isFixed),
    X_ULL("num_blocks", blocks, XF_NOPARSE, .when = isFixed),
    X_FLAG("capability[@type='hotpluggable']", hotpluggable, 0),
    X_END
};
CASE(storage);
static const virXmlRow scsiGenericCase[] = { X_STR("char", chardev, 0), X_END };
CASE(scsiGeneric);
static const virXmlRow vdpaCase[] = { X_STR("chardev", chardev, 0), X_END };
CASE(vdpa);
static const virXmlRow drmCase[] = { X_ENUM("type", drm, virNodeDrmType, XF_ALWAYS, .bad = "unknown drm type '%s'"), X_END };
CASE(drm);
static const virXmlRow mdevCase[] = {
    X_STR("type/@id", mdevType, 0),
    X_UUID("uuid", uuid, 0, .bad = "Invalid uuid '%s' for new mdev device", .code = VIR_ERR_INTERNAL_ERROR),
    X_STR("parent_addr", parentAddr, XF_NOPARSE),
    X_UINT("iommuGroup/@number", iommuGroup, XF_ALWAYS, .bad = "invalid iommuGroup number attribute", .code = VIR_ERR_INTERNAL_ERROR),
    X_LIST("attr", attrs, virNodeMdevAttr, 0),
    X_END
};
CASE(mdev);
#define CCW_ADDRESS \
    X_HEX("cssid", cssid, 1, XF_ALWAYS, BAD_VALUE("cssid")), X_HEX("ssid", ssid, 1, XF_ALWAYS, BAD_VALUE("ssid")), \
    X_HEX("devno", devno, 4, XF_ALWAYS, BAD_VALUE("devno"))
#define CCW_STATE X_ENUM("state", ccwState, virNodeCcwState, 0)
static const virXmlRow ccwCase[] = {
    CCW_STATE, CCW_ADDRESS, X_STR("capability[@type='ccwgroup_member']/group_device", groupDevice, 0), X_END
};
CASE(ccw);
#define QETH "capability[@type='qeth']"
static const virXmlRow ccwGroupCase[] = {
    CCW_STATE,
    CCW_ADDRESS,
    X_LIST("members/ccw_device", members, virNodeCcwMember, 0),
    X_FLAG(QETH, qeth, 0),
    X_STR(QETH "/card_type", cardType, 0),
    X_STR(QETH "/chpid", chpid, 0),
    X_END
};
CASE(ccwGroup);
static const virXmlRow channelRows[] = {
    X_HEX("cssid", channelCssid, 1, XF_ALWAYS, BAD_VALUE("cssid")),
    X_HEX("ssid", channelSsid, 1, XF_ALWAYS, BAD_VALUE("ssid")),
    X_HEX("devno", channelDevno, 4, XF_ALWAYS, BAD_VALUE("devno")),
    X_END
};
static X_TYPE_AS(channelXml, virNodeCap, NULL, channelRows);
static const virXmlRow cssCase[] = { CHECK(virNodeNestedCheck), CCW_ADDRESS, X_SAME("channel_dev_addr", channelXml, 0, X_HAS(hasChannel)), MDEV_TYPES, X_END };
CASE(css);
static const virXmlRow apCardCase[] = { X_HEX("ap-adapter", apAdapter, 2, XF_ANYBASE | XF_ALWAYS, BAD_VALUE("ap-adapter")), X_END };
CASE(apCard);
static const virXmlRow apQueueCase[] = {
    X_HEX("ap-adapter", apAdapter, 2, XF_ANYBASE | XF_ALWAYS, BAD_VALUE("ap-adapter")),
    X_HEX("ap-domain", apDomain, 4, XF_ANYBASE | XF_ALWAYS, BAD_VALUE("ap-domain"), .max = 255),
    X_END
};
CASE(apQueue);
static const virXmlRow mdevTypesCase[] = { MDEV_TYPES, X_END };
CASE(mdevTypes);
static const virXmlRow apMatrixCase[] = { CHECK(virNodeNestedCheck), MDEV_TYPES, X_END };
CASE(apMatrix);
static const virXmlCase capCases[] = {
    { VIR_NODE_CAP_SYSTEM, &systemXml }, { VIR_NODE_CAP_PCI, &pciXml }, { VIR_NODE_CAP_USB_DEVICE, &usbDeviceXml }, { VIR_NODE_CAP_USB, &usbXml },
    { VIR_NODE_CAP_NET, &netXml }, { VIR_NODE_CAP_SCSI_HOST, &scsiHostXml }, { VIR_NODE_CAP_SCSI_TARGET, &scsiTargetXml },
    { VIR_NODE_CAP_SCSI, &scsiXml }, { VIR_NODE_CAP_STORAGE, &storageXml }, { VIR_NODE_CAP_SCSI_GENERIC, &scsiGenericXml },
    { VIR_NODE_CAP_DRM, &drmXml }, { VIR_NODE_CAP_MDEV, &mdevXml }, { VIR_NODE_CAP_CCW, &ccwXml }, { VIR_NODE_CAP_CSS, &cssXml },
    { VIR_NODE_CAP_CCWGROUP, &ccwGroupXml },
    { VIR_NODE_CAP_VDPA, &vdpaXml }, { VIR_NODE_CAP_AP_CARD, &apCardXml }, { VIR_NODE_CAP_AP_QUEUE, &apQueueXml },
    { VIR_NODE_CAP_AP_MATRIX, &apMatrixXml }, { VIR_NODE_CAP_MDEV_TYPES, &mdevTypesXml }, { 0 }
};
static const virXmlRow capRows[] = {
    X_ENUM("@type", type, virNodeCapType, XF_REQ | XF_ALWAYS),
    X_OPEN_TAG,
    CHECK(virNodeCapNeeds),
    X_UNION(".", type, virNodeCapType, capCases, 0),
    CHECK(virNodeCapCheck),
    X_END
};
static X_TYPE(virNodeCap, "capability", capRows);
#undef S

#define S virNodeDeviceDef
static const virXmlRow deviceRows[] = {
    X_STR("name", name, 0),
    X_STR("path", path, 0),
    X_STR("devnode[@type='dev']", devnode, 0),
    X_STRV("devnode[@type='link']", links, 0),
    X_STR("parent", parent, 0),
    X_STR("parent/@wwnn", parentWwnn, XF_NOFORMAT),
    X_STR("parent/@wwpn", parentWwpn, XF_NOFORMAT),
    X_STR("parent/@fabric_wwn", parentFabricWwn, XF_NOFORMAT),
    X_STR("driver/name", driver, XF_NOPARSE),
    CHECK(virNodeDeviceCheck),
    X_LIST("capability", caps, virNodeCap, 0),
    X_END
};
X_TYPE(virNodeDeviceDef, "device", deviceRows, .init = virDocumentInit);
#undef S
