/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of what all devices share: address, alias, boot order, ROM, virtio options. */
#include "model/tables.h"

#define S virPCIAddress
static const virXmlRow zpciRows[] = {
    X_HEX("@uid", zpciUid, 4, XF_ANYBASE | XF_ALWAYS, X_HAS(hasZpciUid)),
    X_HEX("@fid", zpciFid, 8, XF_ANYBASE | XF_ALWAYS, X_HAS(hasZpciFid)),
    X_END
};
static X_TYPE_AS(zpciXml, virPCIAddress, NULL, zpciRows);

/* domain, bus, slot, function: of the guest, or of a host's device */
static const virXmlRow pciSourceRows[] = {
    X_HEX("@domain", domain, 4, XF_ALWAYS | XF_ANYBASE | XF_ABI),
    X_HEX("@bus", bus, 2, XF_ALWAYS | XF_ANYBASE | XF_ABI, .max = 0xFF, .beyond = "Invalid PCI address bus='0x%llx', must be <= 0xFF"),
    X_HEX("@slot", slot, 2, XF_ALWAYS | XF_ANYBASE | XF_ABI, .max = 0x1F, .beyond = "Invalid PCI address slot='0x%llx', must be <= 0x1F"),
    X_HEX("@function", function, 1, XF_ALWAYS | XF_ANYBASE | XF_ABI, .max = 7, .beyond = "Invalid PCI address function=0x%llx, must be <= 7"),
    X_ONOFF("@multifunction", multi, XF_NOFORMAT),      /* checked, but a host's device has none */
    X_END
};
X_TYPE_AS(virPCISourceAddressXml, virPCIAddress, NULL, pciSourceRows);

/* All zero is the host bridge's place: it stands for "not assigned yet". */
static bool pciAssigned(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    const virPCIAddress *a = obj;
    return a->domain || a->bus || a->slot;
}
static bool zpciAssigned(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    const virPCIAddress *a = obj;
    return a->hasZpciUid || a->hasZpciFid;
}
static const virXmlRow pciRows[] = {
    X_SAME(".", virPCISourceAddressXml, XF_ABI, .when = pciAssigned),
    X_ONOFF("@multifunction", multi, 0),
    X_SAME("zpci", zpciXml, 0, .when = zpciAssigned),
    X_END
};
X_TYPE(virPCIAddress, NULL, pciRows);
#undef S

#define S virDeviceAddress
static const virXmlRow pciCase[] = { X_INLINE(".", pci, virPCIAddress, XF_ABI), X_END };
static const virXmlRow driveCase[] = {
    X_UINT("@controller", drive.controller, XF_ALWAYS | XF_ABI),
    X_UINT("@bus", drive.bus, XF_ALWAYS | XF_ABI),
    X_UINT("@target", drive.target, XF_ALWAYS | XF_ABI),
    X_UINT("@unit", drive.unit, XF_ALWAYS | XF_ABI),
    X_END
};
static const virXmlRow vioserialCase[] = {
    X_UINT("@controller", vioserial.controller, XF_ALWAYS | XF_ABI),
    X_UINT("@bus", vioserial.bus, XF_ALWAYS | XF_ABI),
    X_UINT("@port", vioserial.port, XF_ALWAYS | XF_ABI),
    X_END
};
static const virXmlRow ccidCase[] = {
    X_UINT("@controller", ccid.controller, XF_ALWAYS | XF_ABI),
    X_UINT("@slot", ccid.slot, XF_ALWAYS | XF_ABI),
    X_END
};
static const virXmlRow usbCase[] = {
    X_UINT("@bus", usb.bus, XF_ALWAYS | XF_ABI),
    X_STR("@port", usb.port, XF_ABI),
    X_END
};
static const virXmlRow spaprCase[] = {
    X_(("@reg"), ULL, unsigned long long, spaprvio.reg, XF_HEX | XF_ANYBASE | XF_ABI, .digits = 8, X_HAS(spaprvio.hasReg)),
    X_END
};
static const virXmlRow ccwCase[] = {
    X_HEX("@cssid", ccw.cssid, 1, XF_ALWAYS | XF_ANYBASE | XF_ABI, X_HAS(ccw.hasCssid)),
    X_HEX("@ssid", ccw.ssid, 1, XF_ALWAYS | XF_ANYBASE | XF_ABI, X_HAS(ccw.hasSsid)),
    X_HEX("@devno", ccw.devno, 4, XF_ALWAYS | XF_ANYBASE | XF_ABI, X_HAS(ccw.hasDevno)),
    X_END
};
static const virXmlRow isaCase[] = {
    X_HEX("@iobase", isa.iobase, 1, XF_ABI, X_HAS(isa.hasIobase)),
    X_HEX("@irq", isa.irq, 1, XF_ABI, X_HAS(isa.hasIrq)),
    X_END
};
static const virXmlRow dimmCase[] = {
    X_UINT("@slot", dimm.slot, XF_REQ | XF_ALWAYS | XF_ABI),
    X_(("@base"), ULL, unsigned long long, dimm.base, XF_HEX | XF_ABI, .digits = 1, X_HAS(dimm.hasBase)),
    X_END
};
#define CASE(name) static X_TYPE_AS(name##Xml, virDeviceAddress, NULL, name)
CASE(pciCase);
CASE(driveCase);
CASE(vioserialCase);
CASE(ccidCase);
CASE(usbCase);
CASE(spaprCase);
CASE(ccwCase);
CASE(isaCase);
CASE(dimmCase);
#undef CASE
static const virXmlCase addressCases[] = {
    { VIR_DEVICE_ADDRESS_PCI, &pciCaseXml },
    { VIR_DEVICE_ADDRESS_DRIVE, &driveCaseXml },
    { VIR_DEVICE_ADDRESS_VIRTIO_SERIAL, &vioserialCaseXml },
    { VIR_DEVICE_ADDRESS_CCID, &ccidCaseXml },
    { VIR_DEVICE_ADDRESS_USB, &usbCaseXml },
    { VIR_DEVICE_ADDRESS_SPAPR_VIO, &spaprCaseXml },
    { VIR_DEVICE_ADDRESS_CCW, &ccwCaseXml },
    { VIR_DEVICE_ADDRESS_ISA, &isaCaseXml },
    { VIR_DEVICE_ADDRESS_DIMM, &dimmCaseXml },
    { 0 }
};
static const virXmlRow addressRows[] = {
    X_ENUM("@type", type, virDeviceAddressType, XF_REQ | XF_ABI | XF_WANTED, .bad = "unknown address type '%s'", .lack = "No type specified for device address",
           .lackCode = VIR_ERR_INTERNAL_ERROR),
    X_UNION(".", type, virDeviceAddressType, addressCases, XF_ABI),
    X_END
};
static X_TYPE(virDeviceAddress, NULL, addressRows);
#undef S

/* Aliases of our making belong to one run of the guest; those of the user ("ua-…") to the definition. */
static bool aliasWanted(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    const char *alias = ((const virDeviceInfo *)obj)->alias;
    return !(virXmlOutFlags(out) & VIR_XML_INACTIVE) || g_str_has_prefix(alias, "ua-");
}

#define S virDeviceInfo
static const virXmlRow infoRows[] = {
    X_UINT("boot/@order", bootIndex, XF_POSITIVE),
    X_STR("boot/@loadparm", loadparm, 0, .rng = "<data type='string'><param name='pattern'>[a-zA-Z0-9.\\- ]{1,8}</param></data>"),
    X_STR("alias/@name", alias, 0, .when = aliasWanted),
    X_UINT("master/@startport", masterStartport, XF_ABI, X_HAS(hasMaster)),
    X_YESNO("rom/@enabled", romEnabled, 0),
    X_ONOFF("rom/@bar", romEnabledBar, XF_ABI),
    X_STR("rom/@file", romFile, 0),
    X_UINT("acpi/@index", acpiIndex, XF_ABI),
    X_BITMAP("acpi/@nodeset", acpiNodeset, XF_ABI),
    X_INLINE("address", addr, virDeviceAddress, XF_ABI),
    X_END
};
X_TYPE(virDeviceInfo, NULL, infoRows);
#undef S

#define S virVirtioOptions
static const virXmlRow virtioRows[] = {
    X_ONOFF("@iommu", iommu, XF_ABI),
    X_ONOFF("@ats", ats, XF_ABI),
    X_ONOFF("@packed", packed, XF_ABI),
    X_ONOFF("@page_per_vq", pagePerVq, XF_ABI),
    X_END
};
X_TYPE(virVirtioOptions, NULL, virtioRows);
#undef S

#define S virDeviceSeclabel
static const virXmlRow seclabelRows[] = {
    X_STR("@model", model, 0),
    X_YESNO("@labelskip", labelskip, 0),
    X_YESNO("@relabel", relabel, 0),
    X_STR("label", label, 0),
    X_END
};
X_TYPE(virDeviceSeclabel, "seclabel", seclabelRows);
#undef S
