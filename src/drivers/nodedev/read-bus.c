/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What PCI and USB devices tell. */
#define VIR_FROM VIR_FROM_NODEDEV
#include "drivers/nodedev/device.h"
#include "host/hwnames.h"
#include "host/pci.h"
#include <string.h>
#include <sys/stat.h>

/* ---- PCI ---- */

static void addAddress(virXmlList *list, const virHostPCIAddress *from)
{
    virPCIAddress *address = g_new0(virPCIAddress, 1);
    address->domain = from->domain;
    address->bus = from->bus;
    address->slot = from->slot;
    address->function = from->function;
    virXmlListInsert(list, list->n, address);
}

static void clearAddresses(virXmlList *list)
{
    while (list->n)
        g_free(virXmlListTake(list, list->n - 1));
}

static int addMember(const virHostPCIAddress *address, gpointer list, GError **error)
{
    addAddress(list, address);
    return 0;
}

static void readFunctions(const virHost *host, const virHostPCIAddress *address, virNodePci *pci)
{
    virXmlList *vfs = (virXmlList *)&pci->virtFunctionList, *pf = (virXmlList *)&pci->physFunction;
    unsigned int maximum = 0, current = 0;
    virHostPCIAddress above;
    clearAddresses(vfs);
    clearAddresses(pf);
    if (virHostPCIGetPhysicalFunction(host, address, &above, NULL) == 1)
        addAddress(pf, &above);
    g_autoptr(GArray) functions = virHostPCIGetVirtualFunctions(host, address, NULL);
    for (guint i = 0; functions && i < functions->len; i++)
        addAddress(vfs, &g_array_index(functions, virHostPCIAddress, i));
    virHostPCIGetVirtualFunctionCounts(host, address, &maximum, &current, NULL);
    pci->maxVirtFunctions = maximum;
    pci->virtFunctions = maximum > 0 || vfs->n > 0;
}

static void readGroup(const virHost *host, const virHostPCIAddress *address, virNodePci *pci)
{
    virXmlList *members = (virXmlList *)&pci->iommuDevices;
    clearAddresses(members);
    int group = virPCIDeviceAddressGetIOMMUGroupNum(host, address, NULL);
    if (group >= 0)
        virPCIDeviceAddressIOMMUGroupIterate(host, address, addMember, members, NULL);
    pci->hasIommu = group >= 0 && members->n > 0;
    pci->iommu = pci->hasIommu ? group : 0;
}

static virNodeLink linkOf(const virHostPCILink *link, bool hasPort)
{
    const char *speed = virHostPCILinkSpeed(link->generation);
    int value = speed ? virNodeLinkSpeedFromString(speed) : VIR_NODE_LINK_SPEED_NONE;
    return (virNodeLink){ link->there, hasPort && link->there, link->port, link->width, MAX(value, 0) };
}

/* Only express has a configuration space of more than 256 bytes, even where a device's list of capabilities does not say so. */
static bool hasExtendedSpace(const char *path)
{
    g_autofree char *config = g_strconcat(path, "/config", NULL);
    struct stat st;
    return stat(config, &st) == 0 && st.st_size > 256;
}

/* What the configuration space says; nothing when it cannot be read. */
static void readExpress(const virHostPCIDevice *device, virNodePci *pci)
{
    pci->pciBridge = device->header == VIR_HOST_PCI_HEADER_BRIDGE;
    pci->cardbusBridge = device->header == VIR_HOST_PCI_HEADER_CARDBUS;
    pci->express = device->express || hasExtendedSpace(device->path);
    pci->cap = linkOf(&device->capability, true);
    pci->sta = linkOf(&device->status, false);
}

static void clearVpd(virNodePci *pci)
{
    char **texts[] = { &pci->vpdName, &pci->vpdChange, &pci->vpdMaker, &pci->vpdPart, &pci->vpdSerial, &pci->vpdAsset };
    virXmlList *lists[] = { (virXmlList *)&pci->vpdVendor, (virXmlList *)&pci->vpdVendorRw, (virXmlList *)&pci->vpdSystemRw };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_clear_pointer(texts[i], g_free);
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
        while (lists[i]->n) {
            virNodeVpdField *field = virXmlListTake(lists[i], lists[i]->n - 1);
            g_free(field->index);
            g_free(field->value);
            g_free(field);
        }
    pci->hasVpd = pci->vpdRo = pci->vpdRw = false;
}

/* Fields "V0", "Y1" … : by the letter after it. */
static void addFields(const GArray *fields, char letter, virXmlList *list)
{
    for (guint i = 0; fields && i < fields->len; i++) {
        const virHostPCIVPDField *from = &g_array_index(fields, virHostPCIVPDField, i);
        if (from->keyword[0] != letter || (letter == 'Y' && from->keyword[1] == 'A'))
            continue;
        virNodeVpdField *field = g_new0(virNodeVpdField, 1);
        field->index = g_strdup(from->keyword + 1);
        field->value = g_strdup(from->value);
        virXmlListInsert(list, list->n, field);
    }
}

static void readVpd(const virHost *host, const virHostPCIAddress *address, virNodePci *pci)
{
    clearVpd(pci);
    g_autoptr(virHostPCIVPD) vpd = virHostPCIVPDRead(host, address, NULL);
    if (!vpd)
        return;
    const struct { const GArray *from; const char *keyword; char **to; } texts[] = {
        { vpd->readOnly, "EC", &pci->vpdChange }, { vpd->readOnly, "MN", &pci->vpdMaker }, { vpd->readOnly, "PN", &pci->vpdPart },
        { vpd->readOnly, "SN", &pci->vpdSerial }, { vpd->readWrite, "YA", &pci->vpdAsset },
    };
    pci->hasVpd = true;
    pci->vpdRo = vpd->readOnly != NULL;
    pci->vpdRw = vpd->readWrite != NULL;
    pci->vpdName = g_strdup(vpd->name);
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i].to = g_strdup(virHostPCIVPDGet(texts[i].from, texts[i].keyword));
    addFields(vpd->readOnly, 'V', (virXmlList *)&pci->vpdVendor);
    addFields(vpd->readWrite, 'V', (virXmlList *)&pci->vpdVendorRw);
    addFields(vpd->readWrite, 'Y', (virXmlList *)&pci->vpdSystemRw);
}

/* What can change without an event: functions come and go, links train, groups form when an IOMMU driver is loaded. */
void virNodeRefreshPci(const char *path, virNodeCap *cap)
{
    const virHost *host = virHostLocal();
    virNodePci *pci = &cap->pci;
    const virHostPCIAddress address = { pci->domain, pci->bus, pci->slot, pci->function };
    g_autoptr(virHostPCIDevice) device = virHostPCIDeviceRead(host, &address, NULL);
    if (!cap->vendorName)
        cap->vendorName = virHostPCIVendorName(cap->vendor);
    if (!cap->product)
        cap->product = virHostPCIProductName(cap->vendor, cap->productId);
    if (device) {
        readExpress(device, pci);
        pci->numa = device->numaNode;
        pci->hasNuma = device->numaNode >= 0;
    }
    readFunctions(host, &address, pci);
    readGroup(host, &address, pci);
    readVpd(host, &address, pci);
    virNodeRefreshMdevTypes(path, cap);
}

bool virNodeReadPci(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    virHostPCIAddress address;
    unsigned long long number;
    if (!virHostPCIAddressParse(udev_device_get_sysname(dev), &address))
        return false;
    cap->pci.domain = address.domain;
    cap->pci.bus = address.bus;
    cap->pci.slot = address.slot;
    cap->pci.function = address.function;
    if (virNodeAttrUint(dev, "class", 16, &number)) {
        cap->pci.hasClass = true;
        cap->pci.klass = number;
    }
    if (!virNodeAttrUint(dev, "vendor", 16, &number))
        return false;
    cap->vendor = number;
    if (!virNodeAttrUint(dev, "device", 16, &number))
        return false;
    cap->productId = number;
    readVpd(virHostLocal(), &address, &cap->pci);               /* these two are capabilities of their own */
    virNodeRefreshMdevTypes(udev_device_get_syspath(dev), cap);
    return true;
}

/* ---- USB ---- */

static char *either(char *first, char *second)
{
    if (!first)
        return second;
    g_free(second);
    return first;
}

bool virNodeReadUsbDevice(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    const struct { const char *attr; int base; unsigned int *to; } numbers[] = {
        { "busnum", 10, &cap->usbBus }, { "devnum", 10, &cap->usbDevice }, { "idVendor", 16, &cap->vendor },
        { "idProduct", 16, &cap->productId },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        unsigned long long number = 0;
        virNodeAttrUint(dev, numbers[i].attr, numbers[i].base, &number);
        *numbers[i].to = number;
    }
    cap->vendorName = either(virNodeProp(dev, "ID_VENDOR_FROM_DATABASE"), virNodeAttr(dev, "manufacturer"));
    cap->product = either(virNodeProp(dev, "ID_MODEL_FROM_DATABASE"), virNodeAttr(dev, "product"));
    return true;
}

bool virNodeReadUsb(struct udev_device *dev, virNodeDeviceDef *def, virNodeCap *cap)
{
    const struct { const char *attr; unsigned int *to; } numbers[] = {
        { "bInterfaceNumber", &cap->usbNumber }, { "bInterfaceClass", &cap->usbClass }, { "bInterfaceSubClass", &cap->usbSubclass },
        { "bInterfaceProtocol", &cap->usbProtocol },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        unsigned long long number;
        if (!virNodeAttrUint(dev, numbers[i].attr, 16, &number))
            return false;
        *numbers[i].to = number;
    }
    return true;
}
