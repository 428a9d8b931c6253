/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buses of the guest: addresses of devices, controllers, hubs, and what all virtio devices share. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/command.h"
#include <stdlib.h>
#include <string.h>

/* ---- addresses ---- */

static const char *controllerAlias(const qemuCommand *cmd, virDomainControllerType type, unsigned int idx)
{
    const virDomainControllerDef *c = virDomainDefFindController(cmd->def, type, idx);
    return c ? c->info.alias : NULL;
}

/* POWER servers have several roots; all but the first are devices. */
static bool isPhb(const virDomainDef *def, const virDomainControllerDef *c)
{
    return c->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT && c->hasTargetIndex && c->targetIndex > 0;
}

static void addPci(const qemuCommand *cmd, JsonObject *o, const virDeviceInfo *info)
{
    const virPCIAddress *a = &info->addr.pci;
    const virDomainControllerDef *c = virDomainDefFindController(cmd->def, VIR_DOMAIN_CONTROLLER_PCI, a->bus);
    g_autofree char *bus = c && c->info.alias ? g_strdup(c->info.alias) : g_strdup_printf("pci.%u", a->bus);
    g_autofree char *addr =
        a->function ? g_strdup_printf("0x%x.0x%x", a->slot, a->function) : g_strdup_printf("0x%x", a->slot);
    if (c && isPhb(cmd->def, c) && a->bus) {
        char *child = g_strdup_printf("%s.0", bus);
        g_free(bus);
        bus = child;
    }
    qmpAdd(o, "s:bus", bus, "t:multifunction", a->multi, "s:addr", addr, "P:acpi-index", info->acpiIndex, NULL);
}

static void addUsb(const qemuCommand *cmd, JsonObject *o, const virDeviceInfo *info)
{
    const char *alias = controllerAlias(cmd, VIR_DOMAIN_CONTROLLER_USB, info->addr.usb.bus);
    g_autofree char *bus = alias ? g_strdup_printf("%s.0", alias) : g_strdup("usb.0");
    qmpAdd(o, "s:bus", bus, "s:port", info->addr.usb.port, NULL);
}

bool qemuAddAddress(const qemuCommand *cmd, JsonObject *o, const virDeviceInfo *info, GError **error)
{
    const virDeviceAddress *a = &info->addr;
    switch (a->type) {
    case VIR_DEVICE_ADDRESS_PCI:
        addPci(cmd, o, info);
        break;
    case VIR_DEVICE_ADDRESS_USB:
        addUsb(cmd, o, info);
        break;
    case VIR_DEVICE_ADDRESS_CCID: {
        g_autofree char *bus = g_strdup_printf("ccid%u.0", a->ccid.controller);
        qmpAdd(o, "s:bus", bus, NULL);
        break;
    }
    case VIR_DEVICE_ADDRESS_VIRTIO_SERIAL: {
        const char *alias = controllerAlias(cmd, VIR_DOMAIN_CONTROLLER_VIRTIO_SERIAL, a->vioserial.controller);
        g_autofree char *bus = alias ? g_strdup_printf("%s.%u", alias, a->vioserial.bus) : NULL;
        qmpAdd(o, "s:bus", bus, "u:nr", a->vioserial.port, NULL);
        break;
    }
    case VIR_DEVICE_ADDRESS_SPAPR_VIO:
        if (a->spaprvio.hasReg)
            qmpAdd(o, "U:reg", a->spaprvio.reg, NULL);
        break;
    case VIR_DEVICE_ADDRESS_CCW: {
        g_autofree char *devno = g_strdup_printf("%x.%x.%04x", a->ccw.cssid, a->ccw.ssid, a->ccw.devno);
        qmpAdd(o, "s:devno", devno, NULL);
        break;
    }
    case VIR_DEVICE_ADDRESS_ISA:
        if (a->isa.hasIobase)
            qmpAdd(o, "u:iobase", a->isa.iobase, NULL);
        if (a->isa.hasIrq)
            qmpAdd(o, "u:irq", a->isa.irq, NULL);
        break;
    case VIR_DEVICE_ADDRESS_DIMM:
        qmpAdd(o, "u:slot", a->dimm.slot, NULL);
        if (a->dimm.hasBase && a->dimm.base)
            qmpAdd(o, "U:addr", a->dimm.base, NULL);
        break;
    default:
        break;
    }
    return true;
}

void qemuAddVirtio(JsonObject *o, const virVirtioOptions *v)
{
    qmpAdd(o, "t:iommu_platform", v->iommu, "t:ats", v->ats, "t:packed", v->packed, "t:page-per-vq", v->pagePerVq,
           NULL);
}

void qemuAddRom(JsonObject *o, const virDeviceInfo *info)
{
    if (info->romEnabled == VIR_TRISTATE_BOOL_NO)
        qmpAdd(o, "s:romfile", "", NULL);
    else if (info->romEnabledBar != VIR_TRISTATE_SWITCH_ABSENT)
        qmpAdd(o, "i:rombar", info->romEnabledBar == VIR_TRISTATE_SWITCH_ON, NULL);
    if (info->romFile)
        qmpAdd(o, "s:romfile", info->romFile, NULL);
}

char *qemuVirtioDriver(const char *base, const virDeviceInfo *info, int model)
{
    const char *bus = info->addr.type == VIR_DEVICE_ADDRESS_CCW           ? "ccw"
                      : info->addr.type == VIR_DEVICE_ADDRESS_VIRTIO_MMIO ? "device"
                                                                          : "pci";
    return g_strdup_printf("%s-%s%s", base, bus, model == 2 ? "-transitional" : model == 3 ? "-non-transitional" : "");
}

/* ---- -device ---- */

/* <qemu:override>: a property of the device with that alias is set or replaced. */
static void addOverrides(const qemuCommand *cmd, JsonObject *o, const char *alias)
{
    const virDomainQemuOverride *over = cmd->def->qemuOverride;
    for (unsigned int i = 0; over && alias && i < over->devices.n; i++) {
        const virDomainQemuDevice *d = over->devices.v[i];
        if (g_strcmp0(d->alias, alias) != 0)
            continue;
        for (unsigned int k = 0; k < d->properties.n; k++) {
            const virDomainQemuProperty *p = d->properties.v[k];
            if (g_str_equal(p->type, "remove"))
                json_object_remove_member(o, p->name);
            else if (g_str_equal(p->type, "bool"))
                json_object_set_boolean_member(o, p->name, g_str_equal(p->value, "true"));
            else if (g_str_equal(p->type, "signed") || g_str_equal(p->type, "unsigned"))
                json_object_set_int_member(o, p->name, g_ascii_strtoll(p->value, NULL, 10));
            else
                json_object_set_string_member(o, p->name, p->value);
        }
    }
}

/* On mainframes a PCI device has a companion that gives it its numbers there. */
static void zpciCompanion(qemuCommand *cmd, const virDeviceInfo *info)
{
    const virPCIAddress *a = &info->addr.pci;
    if (info->addr.type != VIR_DEVICE_ADDRESS_PCI || !a->hasZpciUid || !info->alias)
        return;
    g_autofree char *id = g_strdup_printf("zpci%u", a->zpciUid);
    qemuArgJson(cmd, "-device", qmpArgs("s:driver", "zpci", "u:uid", a->zpciUid, "u:fid", a->zpciFid, "s:target", info->alias, "s:id", id, NULL));
}

void qemuDevicePlain(qemuCommand *cmd, JsonNode *node, const virDeviceInfo *info)
{
    if (info)
        zpciCompanion(cmd, info);
    addOverrides(cmd, json_node_get_object(node), info ? info->alias : NULL);
    qemuArgJson(cmd, "-device", node);
}

bool qemuDevice(qemuCommand *cmd, JsonNode *node, const virDeviceInfo *info, GError **error)
{
    if (!qemuAddAddress(cmd, json_node_get_object(node), info, error)) {
        json_node_unref(node);
        return false;
    }
    qemuDevicePlain(cmd, node, info);
    return true;
}

/* ---- boot order ---- */

static const void *firstBootable(const virDomainDef *def, virDomainBootDev kind)
{
    if (kind == VIR_DOMAIN_BOOT_NETWORK)
        return def->nets.n > 0 ? def->nets.v[0] : NULL;
    for (unsigned int i = 0; i < def->disks.n; i++) {
        virDomainDiskDevice d = def->disks.v[i]->device;
        virDomainBootDev is = d == VIR_DOMAIN_DISK_DEVICE_CDROM    ? VIR_DOMAIN_BOOT_CDROM
                              : d == VIR_DOMAIN_DISK_DEVICE_FLOPPY ? VIR_DOMAIN_BOOT_FD
                                                                   : VIR_DOMAIN_BOOT_HD;
        if (is == kind)
            return def->disks.v[i];
    }
    return NULL;
}

unsigned int qemuBootIndex(const qemuCommand *cmd, virDomainBootDev kind, const void *device, const virDeviceInfo *info)
{
    const virDomainDef *def = cmd->def;
    if (info->bootIndex > 0)
        return info->bootIndex;
    for (unsigned int i = 0; i < def->os.boots.n; i++)
        if (def->os.boots.v[i]->dev == kind)
            return firstBootable(def, kind) == device ? i + 1 : 0;
    return 0;
}

/* ---- controllers ---- */

static const char *const usbDrivers[virDomainControllerModelUsbLast] = {
    [VIR_DOMAIN_CONTROLLER_USB_UNSET] = "piix3-usb-uhci",
    [VIR_DOMAIN_CONTROLLER_USB_PIIX3_UHCI] = "piix3-usb-uhci",
    [VIR_DOMAIN_CONTROLLER_USB_PIIX4_UHCI] = "piix4-usb-uhci",
    [VIR_DOMAIN_CONTROLLER_USB_EHCI] = "usb-ehci",
    [VIR_DOMAIN_CONTROLLER_USB_ICH9_EHCI1] = "ich9-usb-ehci1",
    [VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI1] = "ich9-usb-uhci1",
    [VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI2] = "ich9-usb-uhci2",
    [VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI3] = "ich9-usb-uhci3",
    [VIR_DOMAIN_CONTROLLER_USB_VT82C686B_UHCI] = "vt82c686b-usb-uhci",
    [VIR_DOMAIN_CONTROLLER_USB_PCI_OHCI] = "pci-ohci",
    [VIR_DOMAIN_CONTROLLER_USB_NEC_XHCI] = "nec-usb-xhci",
    [VIR_DOMAIN_CONTROLLER_USB_QEMU_XHCI] = "qemu-xhci",
};

static JsonNode *usbController(const qemuCommand *cmd, const virDomainControllerDef *c)
{
    JsonNode *node = qmpArgs("s:driver", usbDrivers[c->usbModel], NULL);
    JsonObject *o = json_node_get_object(node);
    bool xhci = c->usbModel == VIR_DOMAIN_CONTROLLER_USB_NEC_XHCI || c->usbModel == VIR_DOMAIN_CONTROLLER_USB_QEMU_XHCI;
    if (xhci && c->hasPorts)
        qmpAdd(o, "i:p2", c->ports, "i:p3", c->ports, NULL);
    if (c->info.hasMaster) {
        const char *alias = controllerAlias(cmd, VIR_DOMAIN_CONTROLLER_USB, c->idx);
        g_autofree char *bus = g_strdup_printf("%s.0", alias ? alias : "usb");
        qmpAdd(o, "s:masterbus", bus, "u:firstport", c->info.masterStartport, NULL);
    } else {
        qmpAdd(o, "s:id", c->info.alias, NULL);
    }
    return node;
}

static const struct {
    virDomainControllerModelScsi model;
    const char *driver;
    int virtio;
} scsiDrivers[] = {
    { VIR_DOMAIN_CONTROLLER_SCSI_VIRTIO_SCSI, "virtio-scsi", 1 },
    { VIR_DOMAIN_CONTROLLER_SCSI_VIRTIO_TRANSITIONAL, "virtio-scsi", 2 },
    { VIR_DOMAIN_CONTROLLER_SCSI_VIRTIO_NON_TRANSITIONAL, "virtio-scsi", 3 },
    { VIR_DOMAIN_CONTROLLER_SCSI_LSILOGIC, "lsi", 0 },
    { VIR_DOMAIN_CONTROLLER_SCSI_AUTO, "lsi", 0 },
    { VIR_DOMAIN_CONTROLLER_SCSI_NONE, "lsi", 0 },
    { VIR_DOMAIN_CONTROLLER_SCSI_LSISAS1068, "mptsas1068", 0 },
    { VIR_DOMAIN_CONTROLLER_SCSI_LSISAS1078, "megasas", 0 },
    { VIR_DOMAIN_CONTROLLER_SCSI_VMPVSCSI, "pvscsi", 0 },
    { VIR_DOMAIN_CONTROLLER_SCSI_IBMVSCSI, "spapr-vscsi", 0 },
    { VIR_DOMAIN_CONTROLLER_SCSI_DC390, "dc-390", 0 },
    { VIR_DOMAIN_CONTROLLER_SCSI_AM53C974, "am53c974", 0 },
};

static JsonNode *scsiController(const virDomainControllerDef *c, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(scsiDrivers); i++) {
        if (scsiDrivers[i].model != c->scsiModel)
            continue;
        if (!scsiDrivers[i].virtio)
            return qmpArgs("s:driver", scsiDrivers[i].driver, "s:id", c->info.alias, NULL);
        g_autofree char *driver = qemuVirtioDriver(scsiDrivers[i].driver, &c->info, scsiDrivers[i].virtio);
        g_autofree char *iothread = c->iothread ? g_strdup_printf("iothread%u", c->iothread) : NULL;
        JsonNode *node = qmpArgs("s:driver", driver, NULL);
        JsonObject *o = json_node_get_object(node);
        qemuAddVirtio(o, &c->virtio);
        qmpAdd(o, "s:iothread", iothread, "s:id", c->info.alias, "P:num_queues", c->queues, "P:cmd_per_lun",
               c->cmdPerLun, "P:max_sectors", c->maxSectors, "t:ioeventfd", c->ioeventfd, NULL);
        return node;
    }
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Unsupported controller model: %s",
                virDomainControllerModelScsiToString(c->scsiModel));
    return NULL;
}

static JsonNode *serialController(const virDomainControllerDef *c)
{
    g_autofree char *driver = qemuVirtioDriver("virtio-serial", &c->info, c->vioserialModel);
    JsonNode *node = qmpArgs("s:driver", driver, NULL);
    JsonObject *o = json_node_get_object(node);
    qemuAddVirtio(o, &c->virtio);
    qmpAdd(o, "s:id", c->info.alias, NULL);
    if (c->hasPorts)
        qmpAdd(o, "i:max_ports", c->ports, NULL);
    if (c->hasVectors)
        qmpAdd(o, "i:vectors", c->vectors, NULL);
    return node;
}

static JsonNode *pciController(const virDomainControllerDef *c)
{
    JsonNode *node = qmpArgs("s:driver", virDomainControllerPciModelNameToString(c->pciName), NULL);
    if (c->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT) {
        qmpAdd(json_node_get_object(node), "i:index", c->targetIndex, "s:id", c->info.alias, NULL);
        if (c->hasNumaNode)
            qmpAdd(json_node_get_object(node), "u:numa_node", c->numaNode, NULL);
        return node;
    }
    JsonObject *o = json_node_get_object(node);
    switch (c->pciModel) {
    case VIR_DOMAIN_CONTROLLER_PCI_PCI_BRIDGE:
        qmpAdd(o, "i:chassis_nr", c->chassisNr, "s:id", c->info.alias, NULL);
        break;
    case VIR_DOMAIN_CONTROLLER_PCI_PCI_EXPANDER_BUS:
    case VIR_DOMAIN_CONTROLLER_PCI_PCIE_EXPANDER_BUS:
        qmpAdd(o, "i:bus_nr", c->busNr, "s:id", c->info.alias, NULL);
        if (c->hasNumaNode)
            qmpAdd(o, "u:numa_node", c->numaNode, NULL);
        break;
    case VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT_PORT:
    case VIR_DOMAIN_CONTROLLER_PCI_PCIE_SWITCH_DOWNSTREAM_PORT:
        qmpAdd(o, "i:port", c->port, "i:chassis", c->chassis, "s:id", c->info.alias, "t:hotplug", c->hotplug, NULL);
        break;
    default:
        qmpAdd(o, "s:id", c->info.alias, NULL);
        break;
    }
    return node;
}

/* What the board has by itself. */
static bool controllerBuiltIn(const virDomainDef *def, const virDomainControllerDef *c)
{
    switch (c->type) {
    case VIR_DOMAIN_CONTROLLER_PCI:
        return (c->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT && !isPhb(def, c)) || c->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT;
    case VIR_DOMAIN_CONTROLLER_IDE:
        return c->idx == 0 && virDomainDefIsI440FX(def);
    case VIR_DOMAIN_CONTROLLER_SATA:
        return c->idx == 0 && virDomainDefIsQ35(def);
    case VIR_DOMAIN_CONTROLLER_USB:
        return c->usbModel == VIR_DOMAIN_CONTROLLER_USB_NONE;
    case VIR_DOMAIN_CONTROLLER_FDC:
        return !virDomainDefIsQ35(def);
    case VIR_DOMAIN_CONTROLLER_XENBUS:
    case VIR_DOMAIN_CONTROLLER_ISA:
        return true;
    default:
        return false;
    }
}

/* Floppies of old boards are known to the built-in controller; a q35 gets a controller of its own with the boot order in it. */
static void commandFloppyController(qemuCommand *cmd, bool device)
{
    JsonNode *node = qmpArgs("s:driver", "isa-fdc", NULL);
    bool any = false;
    for (unsigned int i = 0; i < cmd->def->disks.n; i++) {
        const virDomainDiskDef *d = cmd->def->disks.v[i];
        unsigned int boot = d->bus == VIR_DOMAIN_DISK_BUS_FDC ? qemuBootIndex(cmd, VIR_DOMAIN_BOOT_FD, d, &d->info) : 0;
        const char *name = d->info.addr.drive.unit ? "bootindexB" : "bootindexA";
        any |= d->bus == VIR_DOMAIN_DISK_BUS_FDC;
        if (boot && device)
            json_object_set_int_member(json_node_get_object(node), name, boot);
        else if (boot)
            qemuArg(cmd, "-global", "isa-fdc.%s=%u", name, boot);
    }
    if (device && any)
        qemuArgJson(cmd, "-device", node);
    else
        json_node_unref(node);
}

static bool commandController(qemuCommand *cmd, const virDomainControllerDef *c, GError **error)
{
    JsonNode *node = NULL;
    switch (c->type) {
    case VIR_DOMAIN_CONTROLLER_PCI:
        node = pciController(c);
        break;
    case VIR_DOMAIN_CONTROLLER_USB:
        node = usbController(cmd, c);
        break;
    case VIR_DOMAIN_CONTROLLER_SCSI:
        node = scsiController(c, error);
        break;
    case VIR_DOMAIN_CONTROLLER_SATA:
        node = qmpArgs("s:driver", "ahci", "s:id", c->info.alias, NULL);
        break;
    case VIR_DOMAIN_CONTROLLER_VIRTIO_SERIAL:
        node = serialController(c);
        break;
    case VIR_DOMAIN_CONTROLLER_CCID:
        node = qmpArgs("s:driver", "usb-ccid", "s:id", c->info.alias, NULL);
        break;
    case VIR_DOMAIN_CONTROLLER_IDE:
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                    "Only a single IDE controller is supported for this machine type");
        break;
    default:
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Unsupported controller type: %s",
                    virDomainControllerTypeToString(c->type));
        break;
    }
    return node && qemuDevice(cmd, node, &c->info, error);
}

bool qemuCommandControllers(qemuCommand *cmd, GError **error)
{
    static const virDomainControllerType order[] = {
        VIR_DOMAIN_CONTROLLER_PCI,  VIR_DOMAIN_CONTROLLER_USB,  VIR_DOMAIN_CONTROLLER_SCSI,
        VIR_DOMAIN_CONTROLLER_IDE,  VIR_DOMAIN_CONTROLLER_SATA, VIR_DOMAIN_CONTROLLER_VIRTIO_SERIAL,
    };
    const virDomainDef *def = cmd->def;
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        const virDomainControllerDef *c = def->controllers.v[i];
        if (c->type == VIR_DOMAIN_CONTROLLER_PCI && c->hasPcihole64 && controllerBuiltIn(def, c))
            qemuArg(cmd, "-global", "%s-pcihost.pci-hole64-size=%lluK", virDomainDefIsQ35(def) ? "q35" : "i440FX",
                    c->pcihole64);
    }
    for (guint t = 0; t < G_N_ELEMENTS(order); t++)
        for (unsigned int i = 0; i < def->controllers.n; i++)
            if (def->controllers.v[i]->type == order[t] && !controllerBuiltIn(def, def->controllers.v[i]) &&
                !commandController(cmd, def->controllers.v[i], error))
                return false;
    commandFloppyController(cmd, virDomainDefIsQ35(def));
    for (unsigned int i = 0; i < def->hubs.n; i++)
        if (!qemuDevice(cmd, qmpArgs("s:driver", "usb-hub", "s:id", def->hubs.v[i]->info.alias, NULL),
                        &def->hubs.v[i]->info, error))
            return false;
    for (unsigned int i = 0; i < def->controllers.n; i++)        /* smartcard readers may sit on a hub */
        if (def->controllers.v[i]->type == VIR_DOMAIN_CONTROLLER_CCID && !commandController(cmd, def->controllers.v[i], error))
            return false;
    return true;
}
