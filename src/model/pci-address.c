/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI addresses. A trial run places every device and grows the bus tree where there is no room; the
 * controllers that it found necessary are then added to the definition, and a second run does the real
 * placing, PCI controllers first. What is soldered to a chipset (IDE, SATA, the first USB controller, the
 * first video card) has fixed places.
 */
#define VIR_FROM VIR_FROM_DOMAIN
#include <string.h>
#include "base/error.h"
#include "model/machine-defaults.h"
#include "model/passes.h"

/* What a device is, and what a bus takes. */
typedef enum {
    SLOT_PCI = 1 << 0,  /* conventional endpoint, hotpluggable */
    SLOT_PCIE = 1 << 1, /* express endpoint, hotpluggable */
    SLOT_ROOT_PORT = 1 << 2,
    SLOT_SWITCH_UP = 1 << 3,
    SLOT_SWITCH_DOWN = 1 << 4,
    SLOT_DMI_BRIDGE = 1 << 5,
    SLOT_PCIE_TO_PCI = 1 << 6,
    SLOT_PCI_BRIDGE = 1 << 7,
    SLOT_EXPANDER = 1 << 8,
    SLOT_PCIE_EXPANDER = 1 << 9,
    SLOT_INTEGRATED = 1 << 10, /* explicit address on pcie-root */
} virPCISlotKind;

typedef struct {
    virDomainControllerModelPci model;
    unsigned int takes;       /* kinds placed here automatically */
    unsigned int first, last; /* slots */
    guint8 used[32];          /* functions */
    guint32 shared;           /* slots whose functions are handed out one by one */
} virPCIBus;

typedef struct {
    virDomainDef *def;
    const virDomainParseConfig *conf;
    GArray *buses; /* virPCIBus */
    bool trial;
    bool express;         /* pcie-root */
    bool hosts;           /* grows by further host bridges (pseries) */
    GHashTable *soldered; /* trial: infos that have their place */
    GError **error;
} virPCISet;

static virPCIBus *busAt(const virPCISet *set, unsigned int i)
{
    return &g_array_index(set->buses, virPCIBus, i);
}

static virPCIBus newBus(virDomainControllerModelPci model)
{
    virPCIBus bus = { .model = model, .first = 1, .last = 31 };
    switch (model) {
    case VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT:
        bus.takes = SLOT_PCI | SLOT_PCI_BRIDGE | SLOT_EXPANDER;
        break;
    case VIR_DOMAIN_CONTROLLER_PCI_PCI_BRIDGE:
    case VIR_DOMAIN_CONTROLLER_PCI_PCIE_TO_PCI_BRIDGE:
        bus.takes = SLOT_PCI | SLOT_PCI_BRIDGE;
        break;
    case VIR_DOMAIN_CONTROLLER_PCI_DMI_TO_PCI_BRIDGE:
    case VIR_DOMAIN_CONTROLLER_PCI_PCI_EXPANDER_BUS:
        bus.takes = SLOT_PCI_BRIDGE;
        bus.first = 0;
        break;
    case VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT:
        bus.takes = SLOT_ROOT_PORT | SLOT_DMI_BRIDGE | SLOT_PCIE_EXPANDER;
        break;
    case VIR_DOMAIN_CONTROLLER_PCI_PCIE_EXPANDER_BUS:
        bus.takes = SLOT_ROOT_PORT | SLOT_DMI_BRIDGE;
        bus.first = 0;
        break;
    case VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT_PORT:
    case VIR_DOMAIN_CONTROLLER_PCI_PCIE_SWITCH_DOWNSTREAM_PORT:
        bus.takes = SLOT_PCIE | SLOT_SWITCH_UP | SLOT_PCIE_TO_PCI;
        bus.first = bus.last = 0;
        break;
    case VIR_DOMAIN_CONTROLLER_PCI_PCIE_SWITCH_UPSTREAM_PORT:
        bus.takes = SLOT_SWITCH_DOWN;
        bus.first = 0;
        break;
    default:
        break;
    }
    return bus;
}

static unsigned int addBus(virPCISet *set, virDomainControllerModelPci model)
{
    virPCIBus bus = newBus(model);
    g_array_append_val(set->buses, bus);
    return set->buses->len - 1;
}

/* --- what devices are --- */

static unsigned int virtioKind(const virPCISet *set, const char *model)
{
    return set->express && !(model && g_str_has_suffix(model, "-transitional") &&
                             !g_str_has_suffix(model, "non-transitional"))
               ? SLOT_PCIE
               : SLOT_PCI;
}

static unsigned int express(const virPCISet *set)
{
    return set->express ? SLOT_PCIE : SLOT_PCI;
}

static unsigned int controllerKind(const virPCISet *set, const virDomainControllerDef *c)
{
    switch (c->type) {
    case VIR_DOMAIN_CONTROLLER_PCI:
        switch (c->pciModel) {
        case VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT_PORT:
            return SLOT_ROOT_PORT;
        case VIR_DOMAIN_CONTROLLER_PCI_PCI_BRIDGE:
            return SLOT_PCI_BRIDGE;
        case VIR_DOMAIN_CONTROLLER_PCI_DMI_TO_PCI_BRIDGE:
            return SLOT_DMI_BRIDGE;
        case VIR_DOMAIN_CONTROLLER_PCI_PCIE_TO_PCI_BRIDGE:
            return SLOT_PCIE_TO_PCI;
        case VIR_DOMAIN_CONTROLLER_PCI_PCIE_SWITCH_UPSTREAM_PORT:
            return SLOT_SWITCH_UP;
        case VIR_DOMAIN_CONTROLLER_PCI_PCIE_SWITCH_DOWNSTREAM_PORT:
            return SLOT_SWITCH_DOWN;
        case VIR_DOMAIN_CONTROLLER_PCI_PCI_EXPANDER_BUS:
            return SLOT_EXPANDER;
        case VIR_DOMAIN_CONTROLLER_PCI_PCIE_EXPANDER_BUS:
            return SLOT_PCIE_EXPANDER;
        default:
            return 0;
        }
    case VIR_DOMAIN_CONTROLLER_USB:
        if (c->usbModel == VIR_DOMAIN_CONTROLLER_USB_NONE)
            return 0;
        return c->usbModel == VIR_DOMAIN_CONTROLLER_USB_QEMU_XHCI ||
                       c->usbModel == VIR_DOMAIN_CONTROLLER_USB_NEC_XHCI
                   ? express(set)
                   : SLOT_PCI;
    case VIR_DOMAIN_CONTROLLER_SCSI:
        if (c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_VIRTIO_SCSI ||
            c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_VIRTIO_TRANSITIONAL ||
            c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_VIRTIO_NON_TRANSITIONAL)
            return virtioKind(set, virDomainControllerModelScsiToString(c->scsiModel));
        return c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_IBMVSCSI ||
                       c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_NCR53C90
                   ? 0
                   : SLOT_PCI;
    case VIR_DOMAIN_CONTROLLER_VIRTIO_SERIAL:
        return virtioKind(set, virDomainControllerModelVirtioSerialToString(c->vioserialModel));
    case VIR_DOMAIN_CONTROLLER_IDE:             /* part of the PC's chipset, nowhere else */
        return virDomainDefIsI440FX(set->def) ? SLOT_PCI : 0;
    case VIR_DOMAIN_CONTROLLER_NVME:
        return express(set);
    case VIR_DOMAIN_CONTROLLER_SATA:
        return SLOT_PCI;
    default:
        return 0;
    }
}

/* A device of the host that cannot be asked is taken for an express one. */
static unsigned int hostKind(const virPCISet *set, const virPCIAddress *address)
{
    return !set->conf->hostPCIIsExpress || set->conf->hostPCIIsExpress(set->conf, address) ? express(set) : SLOT_PCI;
}

static unsigned int netKind(const virPCISet *set, const virDomainNetDef *net)
{
    static const char *const conventional[] = { "e1000", "rtl8139", "vmxnet", "vmxnet2", "vmxnet3", "vlance", "netfront", "lan9118", "scm91c111",
                                                "spapr-vlan", "Am79C970A", "Am79C973", "82540EM", "82545EM", "82543GC", NULL };
    if (net->type == VIR_DOMAIN_NET_TYPE_HOSTDEV)
        return hostKind(set, &net->hostdevPci);
    if (!net->model || strcmp(net->model, "usb-net") == 0)
        return 0;
    if (g_str_has_prefix(net->model, "virtio"))
        return virtioKind(set, net->model);
    return g_strv_contains(conventional, net->model) ? SLOT_PCI : express(set);
}

static unsigned int hostdevKind(const virPCISet *set, const virDomainHostdevDef *dev)
{
    if (dev->mode != VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM)
        return 0;
    switch (dev->type) {
    case VIR_DOMAIN_HOSTDEV_TYPE_PCI:
        return hostKind(set, &dev->pci);
    case VIR_DOMAIN_HOSTDEV_TYPE_MDEV:
        return dev->model == VIR_DOMAIN_HOSTDEV_MODEL_VFIO_PCI ? express(set) : 0;
    case VIR_DOMAIN_HOSTDEV_TYPE_SCSI_HOST:
        return virtioKind(set, virDomainHostdevScsiHostModelToString(dev->model));
    default:
        return 0;
    }
}

static unsigned int videoKind(const virPCISet *set, const virDomainVideoDef *video)
{
    switch (video->type) {
    case VIR_DOMAIN_VIDEO_NONE:
    case VIR_DOMAIN_VIDEO_RAMFB:
        return 0;
    case VIR_DOMAIN_VIDEO_VIRTIO:
    case VIR_DOMAIN_VIDEO_BOCHS:
        return express(set);
    default:
        return SLOT_PCI;
    }
}

static unsigned int kindOf(const virPCISet *set, const char *kind, const void *device)
{
    if (strcmp(kind, "controller") == 0)
        return controllerKind(set, device);
    if (strcmp(kind, "interface") == 0)
        return netKind(set, device);
    if (strcmp(kind, "hostdev") == 0)
        return hostdevKind(set, device);
    if (strcmp(kind, "video") == 0)
        return videoKind(set, device);
    if (strcmp(kind, "disk") == 0) {
        const virDomainDiskDef *disk = device;
        return disk->bus == VIR_DOMAIN_DISK_BUS_VIRTIO
                   ? virtioKind(set, virDomainDiskModelToString(disk->model))
                   : 0;
    }
    if (strcmp(kind, "filesystem") == 0)
        return virtioKind(set, virDomainFsModelToString(((const virDomainFsDef *)device)->model));
    if (strcmp(kind, "sound") == 0) {
        virDomainSoundModel model = ((const virDomainSoundDef *)device)->model;
        return model == VIR_DOMAIN_SOUND_MODEL_ES1370 || model == VIR_DOMAIN_SOUND_MODEL_AC97 ||
                       model == VIR_DOMAIN_SOUND_MODEL_ICH6 || model == VIR_DOMAIN_SOUND_MODEL_ICH9 ||
                       model == VIR_DOMAIN_SOUND_MODEL_ICH7
                   ? SLOT_PCI
               : model == VIR_DOMAIN_SOUND_MODEL_VIRTIO ? virtioKind(set, NULL)
                                                        : 0;
    }
    if (strcmp(kind, "memballoon") == 0) {
        virDomainMemballoonModel model = ((const virDomainMemballoonDef *)device)->model;
        return model == VIR_DOMAIN_MEMBALLOON_NONE || model == VIR_DOMAIN_MEMBALLOON_XEN
                   ? 0
                   : virtioKind(set, virDomainMemballoonModelToString(model));
    }
    if (strcmp(kind, "rng") == 0)
        return virtioKind(set, virDomainRngModelToString(((const virDomainRngDef *)device)->model));
    if (strcmp(kind, "watchdog") == 0)
        return ((const virDomainWatchdogDef *)device)->model == VIR_DOMAIN_WATCHDOG_MODEL_I6300ESB ? SLOT_PCI
                                                                                                   : 0;
    if (strcmp(kind, "shmem") == 0 || strcmp(kind, "pstore") == 0)
        return SLOT_PCI;
    if (strcmp(kind, "panic") == 0)
        return ((const virDomainPanicDef *)device)->model == VIR_DOMAIN_PANIC_MODEL_PVPANIC ? SLOT_PCI : 0;
    if (strcmp(kind, "input") == 0) {
        const virDomainInputDef *input = device;
        return input->bus == VIR_DOMAIN_INPUT_BUS_VIRTIO
                   ? virtioKind(set, virDomainInputModelToString(input->model))
                   : 0;
    }
    if (strcmp(kind, "vsock") == 0)
        return virtioKind(set, virDomainVsockModelToString(((const virDomainVsockDef *)device)->model));
    if (strcmp(kind, "crypto") == 0)
        return virtioKind(set, NULL);
    if (strcmp(kind, "memory") == 0) {
        virDomainMemoryDeviceModel model = ((const virDomainMemoryDef *)device)->model;
        return model == VIR_DOMAIN_MEMORY_DEVICE_VIRTIO_PMEM || model == VIR_DOMAIN_MEMORY_DEVICE_VIRTIO_MEM
                   ? virtioKind(set, NULL)
                   : 0;
    }
    if (strcmp(kind, "serial") == 0)
        return ((const virDomainChrDef *)device)->serialTarget == VIR_DOMAIN_CHR_SERIAL_TARGET_PCI_SERIAL
                   ? SLOT_PCI
                   : 0;
    if (strcmp(kind, "iommu") == 0)
        return ((const virDomainIommuDef *)device)->model == VIR_DOMAIN_IOMMU_MODEL_VIRTIO ? SLOT_INTEGRATED
                                                                                           : 0;
    return 0;
}

/* --- places --- */

static bool isPlaced(const virDeviceInfo *info)
{
    const virPCIAddress *a = &info->addr.pci;
    return info->addr.type == VIR_DEVICE_ADDRESS_PCI && (a->domain || a->bus || a->slot);
}

static bool wants(const virDeviceInfo *info)
{
    return info->addr.type == VIR_DEVICE_ADDRESS_NONE ||
           (info->addr.type == VIR_DEVICE_ADDRESS_PCI && !isPlaced(info));
}

static void place(virPCISet *set, virDeviceInfo *info, unsigned int bus, unsigned int slot,
                  unsigned int function, virTristateSwitch multi)
{
    busAt(set, bus)->used[slot] |= 1u << function;
    if (set->trial)
        return;
    if (info->addr.type != VIR_DEVICE_ADDRESS_PCI)
        info->addr.pci = (virPCIAddress){ 0 };
    info->addr.type = VIR_DEVICE_ADDRESS_PCI;
    info->addr.pci.bus = bus;
    info->addr.pci.slot = slot;
    info->addr.pci.function = function;
    if (multi)
        info->addr.pci.multi = multi;
}

static virDomainControllerModelPci growModel(const virPCISet *set)
{
    return set->express ? VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT_PORT
           : set->hosts ? VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT
                        : VIR_DOMAIN_CONTROLLER_PCI_PCI_BRIDGE;
}

/* A bus that the document names but doesn't define gets bridges or ports up to it. */
static bool growTo(virPCISet *set, unsigned int bus)
{
    while (set->trial && set->buses->len <= bus && set->buses->len < 256)
        addBus(set, growModel(set));
    return bus < set->buses->len;
}

/* Ports, bridges and expanders go only where such a thing can be plugged; for plain devices the document is believed. */
static bool fitsBus(const virPCISet *set, unsigned int kind, const virPCIAddress *a, GError **error)
{
    static const struct { unsigned int kind; const char *name; } names[] = {
        { SLOT_DMI_BRIDGE, "dmi-to-pci-bridge" }, { SLOT_EXPANDER, "pci-expander-bus" }, { SLOT_PCIE_EXPANDER, "pcie-expander-bus" },
        { SLOT_SWITCH_DOWN, "pcie-switch-downstream-port" },
    };
    if (kind == SLOT_INTEGRATED && a->bus) {
        virSetError(error, VIR_ERR_XML_ERROR, "The device at PCI address %04x:%02x:%02x.%x needs to be an integrated device (bus=0)",
                    a->domain, a->bus, a->slot, a->function);
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (kind != names[i].kind || busAt(set, a->bus)->takes & kind)
            continue;
        virSetError(error, VIR_ERR_XML_ERROR,
                    "The device at PCI address %04x:%02x:%02x.%x cannot be plugged into the PCI controller with index='%u'. It requires a "
                    "controller that accepts a %s.", a->domain, a->bus, a->slot, a->function, a->bus, names[i].name);
        return false;
    }
    return true;
}

static bool reserveGiven(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virPCISet *set = data;
    const virPCIAddress *a = &info->addr.pci;
    if (!isPlaced(info) || (strcmp(kind, "hostdev") == 0 &&
                            ((virDomainHostdevDef *)device)->mode != VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM))
        return true;
    if (a->domain) {
        virSetError(set->error, VIR_ERR_XML_ERROR,
                    "Invalid PCI address %04x:%02x:%02x.%x. Only PCI domain 0 is available", a->domain,
                    a->bus, a->slot, a->function);
        return false;
    }
    if (!growTo(set, a->bus)) {
        virSetError(set->error, VIR_ERR_XML_ERROR, "Invalid PCI address %04x:%02x:%02x.%x. bus >= %u",
                    a->domain, a->bus, a->slot, a->function, set->buses->len);
        return false;
    }
    virPCIBus *bus = busAt(set, a->bus);
    if (a->slot < bus->first || a->slot > bus->last) {
        bool low = a->slot < bus->first;
        virSetError(set->error, VIR_ERR_XML_ERROR,
                    "Invalid PCI address %04x:%02x:%02x.%x. slot must be %s %u", a->domain, a->bus, a->slot,
                    a->function, low ? ">=" : "<=", low ? bus->first : bus->last);
        return false;
    }
    if (strcmp(kind, "controller") == 0 || strcmp(kind, "iommu") == 0)
        if (!fitsBus(set, kindOf(set, kind, device), a, set->error))
            return false;
    bool whole = a->function == 0 && a->multi != VIR_TRISTATE_SWITCH_ON;
    guint8 mask = 1u << a->function;
    if (bus->used[a->slot] & mask) {
        virSetError(set->error, VIR_ERR_XML_ERROR, "Attempted double use of PCI Address %04x:%02x:%02x.%x%s",
                    a->domain, a->bus, a->slot, a->function,
                    whole && bus->used[a->slot] != mask
                        ? " (may need \"multifunction='on'\" for device on function 0)"
                        : "");
        return false;
    }
    bus->used[a->slot] |= mask;
    if (strcmp(kind, "controller") == 0 && controllerKind(set, device) == SLOT_ROOT_PORT)
        bus->shared |= 1u << a->slot;
    return true;
}

static bool onBusZero(virPCISet *set, unsigned int slot, unsigned int function)
{
    return !(busAt(set, 0)->used[slot] & 1u << function);
}

/* Place a soldered device if its spot is free; otherwise it is placed like any other. */
static void solder(virPCISet *set, virDeviceInfo *info, unsigned int slot, unsigned int function,
                   virTristateSwitch multi)
{
    if (!wants(info) || !onBusZero(set, slot, function))
        return;
    place(set, info, 0, slot, function, multi);
    if (set->soldered)
        g_hash_table_add(set->soldered, info);
}

/* A function of the PIIX3 that must be free. */
static bool solderFunction(virPCISet *set, virDeviceInfo *info, unsigned int function)
{
    if (wants(info) && !onBusZero(set, 1, function)) {
        virSetError(set->error, VIR_ERR_XML_ERROR, "Attempted double use of PCI Address 0000:00:01.%u", function);
        return false;
    }
    solder(set, info, 1, function, VIR_TRISTATE_SWITCH_ABSENT);
    return true;
}

static bool solderPiix3(virPCISet *set)
{
    for (unsigned int i = 0; i < set->def->controllers.n; i++) {
        virDomainControllerDef *c = set->def->controllers.v[i];
        bool usb = c->type == VIR_DOMAIN_CONTROLLER_USB && c->usbModel == VIR_DOMAIN_CONTROLLER_USB_PIIX3_UHCI;
        if (c->idx == 0 && (usb || c->type == VIR_DOMAIN_CONTROLLER_IDE) && !solderFunction(set, &c->info, usb ? 2 : 1))
            return false;
    }
    busAt(set, 0)->used[1] = 0xff; /* ISA bridge and ACPI */
    if (set->def->videos.n && videoKind(set, set->def->videos.v[0]))
        solder(set, &set->def->videos.v[0]->info, 2, 0, VIR_TRISTATE_SWITCH_ABSENT);
    return true;
}

/* ICH9's USB controllers are functions of one slot: EHCI 7, its companions 0 to 2. */
static int ich9Function(virDomainControllerModelUsb model)
{
    switch (model) {
    case VIR_DOMAIN_CONTROLLER_USB_ICH9_EHCI1:
        return 7;
    case VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI1:
        return 0;
    case VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI2:
        return 1;
    case VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI3:
        return 2;
    default:
        return -1;
    }
}

static void solderQ35(virPCISet *set)
{
    static const unsigned int ich9Slots[] = { 0x1d, 0x1a };
    virDomainDef *def = set->def;
    virDomainControllerDef *sata = virDomainDefFindController(def, VIR_DOMAIN_CONTROLLER_SATA, 0);
    if (sata)
        solder(set, &sata->info, 0x1f, 2, VIR_TRISTATE_SWITCH_ABSENT);
    busAt(set, 0)->used[0x1f] |= 1 << 0 | 1 << 3; /* LPC bridge, SMBus */
    bool bridge = false;
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        virDomainControllerDef *c = def->controllers.v[i];
        int function = c->type == VIR_DOMAIN_CONTROLLER_USB ? ich9Function(c->usbModel) : -1;
        if (function >= 0 && c->idx < G_N_ELEMENTS(ich9Slots))
            solder(set, &c->info, ich9Slots[c->idx], function,
                   function == 0 ? VIR_TRISTATE_SWITCH_ON : VIR_TRISTATE_SWITCH_ABSENT);
        if (c->type == VIR_DOMAIN_CONTROLLER_PCI &&
            c->pciModel == VIR_DOMAIN_CONTROLLER_PCI_DMI_TO_PCI_BRIDGE && !bridge) {
            bridge = true;
            solder(set, &c->info, 0x1e, 0, VIR_TRISTATE_SWITCH_ABSENT);
        }
    }
    if (def->videos.n && videoKind(set, def->videos.v[0]))
        solder(set, &def->videos.v[0]->info, 1, 0, VIR_TRISTATE_SWITCH_ABSENT);
    for (unsigned int i = 0; i < def->sounds.n; i++) {
        if (def->sounds.v[i]->model != VIR_DOMAIN_SOUND_MODEL_ICH9)
            continue;
        solder(set, &def->sounds.v[i]->info, 0x1b, 0, VIR_TRISTATE_SWITCH_ABSENT);
        break;
    }
}

/* --- placing automatically --- */

/* The first free slot on the first bus that takes such a device. Root ports fill the functions of a slot. */
static bool findPlace(virPCISet *set, unsigned int kind, virDeviceInfo *info)
{
    for (unsigned int b = 0; b < set->buses->len; b++) {
        virPCIBus *bus = busAt(set, b);
        if (!(bus->takes & kind))
            continue;
        for (unsigned int slot = bus->first; slot <= bus->last; slot++) {
            if (kind == SLOT_ROOT_PORT && bus->shared >> slot & 1 && bus->used[slot] != 0xff) {
                unsigned int function = 1;
                while (function < 8 && bus->used[slot] >> function & 1)
                    function++;
                if (function == 8)
                    continue;
                place(set, info, b, slot, function, VIR_TRISTATE_SWITCH_ABSENT);
                return true;
            }
            if (bus->used[slot])
                continue;
            if (kind == SLOT_ROOT_PORT)
                bus->shared |= 1u << slot;
            place(set, info, b, slot, 0, VIR_TRISTATE_SWITCH_ABSENT);
            return true;
        }
    }
    return false;
}

static bool grow(virPCISet *set, unsigned int kind)
{
    if (!set->trial || set->buses->len >= 255)
        return false;
    if (!set->express) {
        if (!(kind & (SLOT_PCI | SLOT_PCI_BRIDGE)))
            return false;
        addBus(set, growModel(set));
        return true;
    }
    if (kind & (SLOT_PCIE | SLOT_SWITCH_UP | SLOT_PCIE_TO_PCI)) {
        virDeviceInfo port = { 0 };
        if (!findPlace(set, SLOT_ROOT_PORT, &port))
            return false;
        addBus(set, VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT_PORT);
        return true;
    }
    if (kind & (SLOT_PCI | SLOT_PCI_BRIDGE)) {
        virDeviceInfo bridge = { 0 };
        /* conventional slots below an existing DMI bridge need a pci-bridge only */
        for (unsigned int b = 0; b < set->buses->len; b++) {
            if (busAt(set, b)->model == VIR_DOMAIN_CONTROLLER_PCI_DMI_TO_PCI_BRIDGE &&
                findPlace(set, SLOT_PCI_BRIDGE, &bridge)) {
                addBus(set, VIR_DOMAIN_CONTROLLER_PCI_PCI_BRIDGE);
                return true;
            }
        }
        /* a port of its own for the bridge, even where another is free: as the reference counts */
        if (!grow(set, SLOT_PCIE))
            return false;
        busAt(set, set->buses->len - 1)->used[0] = 0xff;
        addBus(set, VIR_DOMAIN_CONTROLLER_PCI_PCIE_TO_PCI_BRIDGE);
        return true;
    }
    return false;
}

static bool placeNext(virPCISet *set, unsigned int kind, virDeviceInfo *info)
{
    if (kind == SLOT_INTEGRATED) {
        for (unsigned int slot = 1; slot < 32; slot++) {
            if (busAt(set, 0)->used[slot])
                continue;
            place(set, info, 0, slot, 0, VIR_TRISTATE_SWITCH_ABSENT);
            return true;
        }
    }
    if (findPlace(set, kind, info) || (grow(set, kind) && findPlace(set, kind, info)))
        return true;
    virSetError(set->error, VIR_ERR_INTERNAL_ERROR, "No more available PCI slots");
    return false;
}

/* Companions of one EHCI controller stay together in a slot wherever the first of them went. */
static bool placeIch9(virPCISet *set, virDomainControllerDef *c)
{
    virDomainDef *def = set->def;
    int function = ich9Function(c->usbModel);
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        virDomainControllerDef *other = def->controllers.v[i];
        if (other == c || other->type != c->type || other->idx != c->idx ||
            ich9Function(other->usbModel) < 0 || !isPlaced(&other->info))
            continue;
        const virPCIAddress *a = &other->info.addr.pci;
        if (busAt(set, a->bus)->used[a->slot] >> function & 1)
            continue;
        place(set, &c->info, a->bus, a->slot, function,
              function == 0 ? VIR_TRISTATE_SWITCH_ON : VIR_TRISTATE_SWITCH_ABSENT);
        return true;
    }
    virDeviceInfo spot = { 0 };
    bool trial = set->trial;
    if (trial) { /* one slot for the family, by its first member */
        for (unsigned int i = 0; def->controllers.v[i] != c; i++)
            if (def->controllers.v[i]->type == c->type && def->controllers.v[i]->idx == c->idx &&
                ich9Function(def->controllers.v[i]->usbModel) >= 0)
                return true;
        return placeNext(set, SLOT_PCI, &spot);
    }
    if (!placeNext(set, SLOT_PCI, &spot))
        return false;
    busAt(set, spot.addr.pci.bus)->used[spot.addr.pci.slot] = 0;
    place(set, &c->info, spot.addr.pci.bus, spot.addr.pci.slot, function,
          function == 0 ? VIR_TRISTATE_SWITCH_ON : VIR_TRISTATE_SWITCH_ABSENT);
    return true;
}

typedef struct {
    virPCISet *set;
    bool pciControllers;
} virPCIWalk;

static bool placeDevice(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virPCIWalk *walk = data;
    if (!wants(info))
        return true;
    unsigned int k = kindOf(walk->set, kind, device);
    const virDomainControllerDef *c = strcmp(kind, "controller") == 0 ? device : NULL;
    if (!k || (c && (c->type == VIR_DOMAIN_CONTROLLER_PCI) != walk->pciControllers))
        return true;
    /* soldered devices are already marked in a trial run */
    if (walk->set->soldered && g_hash_table_contains(walk->set->soldered, info))
        return true;
    if (c && c->type == VIR_DOMAIN_CONTROLLER_USB && ich9Function(c->usbModel) >= 0)
        return placeIch9(walk->set, device);
    return placeNext(walk->set, k, info);
}

static bool placeAll(virPCISet *set)
{
    static const char *const order[] = { "filesystem", "interface",  "sound", "controller", "disk",
                                         "hostdev",    "memballoon", "rng",   "watchdog",   "iommu",
                                         "video",      "shmem",      "input", "serial",     "vsock",
                                         "memory",     "crypto",     "pstore", "panic" };
    virPCIWalk walk = { .set = set, .pciControllers = true };
    if (!virDomainDefForeachInfoOf(set->def, "controller", placeDevice, &walk))
        return false;
    walk.pciControllers = false;
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        if (!virDomainDefForeachInfoOf(set->def, order[i], placeDevice, &walk))
            return false;
    }
    return true;
}

static bool openSet(virPCISet *set)
{
    virDomainDef *def = set->def;
    set->buses = g_array_new(FALSE, TRUE, sizeof(virPCIBus));
    unsigned int n = 0;
    for (unsigned int i = 0; i < def->controllers.n; i++)
        if (def->controllers.v[i]->type == VIR_DOMAIN_CONTROLLER_PCI)
            n = MAX(n, MIN(def->controllers.v[i]->idx, 255) + 1);
    for (unsigned int i = 0; i < n; i++) {
        const virDomainControllerDef *c = virDomainDefFindController(def, VIR_DOMAIN_CONTROLLER_PCI, i);
        addBus(set, c ? c->pciModel : growModel(set));
    }
    return virDomainDefForeachInfo(def, reserveGiven, set);
}

/* Is every slot of every bus taken by explicit addresses? Then nothing is kept for later. */
static bool allGiven(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    return !(kindOf(data, kind, device) && wants(info));
}

static bool solderAndPlace(virPCISet *set)
{
    if (!set->express && virDomainDefIsI440FX(set->def) && !solderPiix3(set))
        return false;
    if (set->express && virDomainDefIsQ35(set->def))
        solderQ35(set);
    if (set->trial && !set->express && !set->hosts) {
        /* room for a bridge, should the devices not fit */
        virDeviceInfo bridge = { 0 };
        findPlace(set, SLOT_PCI_BRIDGE, &bridge);
    }
    return placeAll(set);
}

static void nameModels(virDomainDef *def)
{
    static const struct {
        virDomainControllerModelPci model;
        virDomainControllerPciModelName name;
    } names[] = {
        { VIR_DOMAIN_CONTROLLER_PCI_PCI_BRIDGE, VIR_DOMAIN_CONTROLLER_PCI_NAME_PCI_BRIDGE },
        { VIR_DOMAIN_CONTROLLER_PCI_DMI_TO_PCI_BRIDGE, VIR_DOMAIN_CONTROLLER_PCI_NAME_I82801B11_BRIDGE },
        { VIR_DOMAIN_CONTROLLER_PCI_PCIE_TO_PCI_BRIDGE, VIR_DOMAIN_CONTROLLER_PCI_NAME_PCIE_PCI_BRIDGE },
        { VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT_PORT, VIR_DOMAIN_CONTROLLER_PCI_NAME_PCIE_ROOT_PORT },
        { VIR_DOMAIN_CONTROLLER_PCI_PCIE_SWITCH_UPSTREAM_PORT,
          VIR_DOMAIN_CONTROLLER_PCI_NAME_X3130_UPSTREAM },
        { VIR_DOMAIN_CONTROLLER_PCI_PCIE_SWITCH_DOWNSTREAM_PORT,
          VIR_DOMAIN_CONTROLLER_PCI_NAME_XIO3130_DOWNSTREAM },
        { VIR_DOMAIN_CONTROLLER_PCI_PCI_EXPANDER_BUS, VIR_DOMAIN_CONTROLLER_PCI_NAME_PXB },
        { VIR_DOMAIN_CONTROLLER_PCI_PCIE_EXPANDER_BUS, VIR_DOMAIN_CONTROLLER_PCI_NAME_PXB_PCIE },
    };
    for (unsigned int i = 0; i < def->controllers.n; i++)
        for (size_t j = 0; j < G_N_ELEMENTS(names); j++)
            if (def->controllers.v[i]->type == VIR_DOMAIN_CONTROLLER_PCI &&
                def->controllers.v[i]->pciModel == names[j].model && !def->controllers.v[i]->pciName)
                def->controllers.v[i]->pciName = names[j].name;
    for (unsigned int i = 0; i < def->controllers.n && virMachineHas(def, VIR_MACHINE_SPAPR); i++)
        if (def->controllers.v[i]->type == VIR_DOMAIN_CONTROLLER_PCI &&
            def->controllers.v[i]->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT && !def->controllers.v[i]->pciName)
            def->controllers.v[i]->pciName = VIR_DOMAIN_CONTROLLER_PCI_NAME_SPAPR_PCI_HOST_BRIDGE;
}

static int lowestBusNr(const virDomainDef *def)
{
    int lowest = 256;
    for (unsigned int i = 0; i < def->controllers.n; i++)
        if (def->controllers.v[i]->type == VIR_DOMAIN_CONTROLLER_PCI && def->controllers.v[i]->hasBusNr)
            lowest = MIN(lowest, def->controllers.v[i]->busNr);
    return lowest;
}

/* Host bridges: the first is 0, the others get the lowest that is free. */
static int nextTargetIndex(const virDomainDef *def)
{
    for (int index = 0;; index++) {
        bool used = false;
        for (unsigned int i = 0; i < def->controllers.n; i++)
            used |= def->controllers.v[i]->type == VIR_DOMAIN_CONTROLLER_PCI && def->controllers.v[i]->hasTargetIndex &&
                    def->controllers.v[i]->targetIndex == index;
        if (!used)
            return index;
    }
}

/* Chassis, port and bus numbers that the guest sees follow from index and address. */
static void numberControllers(virDomainDef *def)
{
    virDomainControllerDef *root = virDomainDefFindController(def, VIR_DOMAIN_CONTROLLER_PCI, 0);
    if (virMachineHas(def, VIR_MACHINE_SPAPR) && root && !root->hasTargetIndex)
        root->targetIndex = 0, root->hasTargetIndex = true;
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        virDomainControllerDef *c = def->controllers.v[i];
        const virPCIAddress *a = &c->info.addr.pci;
        if (c->type != VIR_DOMAIN_CONTROLLER_PCI)
            continue;
        switch (c->pciModel) {
        case VIR_DOMAIN_CONTROLLER_PCI_PCI_ROOT:
            if (virMachineHas(def, VIR_MACHINE_SPAPR) && !c->hasTargetIndex)
                c->targetIndex = nextTargetIndex(def), c->hasTargetIndex = true;
            break;
        case VIR_DOMAIN_CONTROLLER_PCI_PCI_BRIDGE:
            if (!c->hasChassisNr)
                c->chassisNr = c->idx, c->hasChassisNr = true;
            break;
        case VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT_PORT:
        case VIR_DOMAIN_CONTROLLER_PCI_PCIE_SWITCH_DOWNSTREAM_PORT:
            if (!c->hasChassis)
                c->chassis = c->idx, c->hasChassis = true;
            if (!c->hasPort) {
                c->port = c->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT_PORT
                              ? (int)(a->slot << 3 | a->function)
                              : (int)a->slot;
                c->hasPort = true;
            }
            break;
        case VIR_DOMAIN_CONTROLLER_PCI_PCI_EXPANDER_BUS:
        case VIR_DOMAIN_CONTROLLER_PCI_PCIE_EXPANDER_BUS:
            if (!c->hasBusNr)
                c->busNr = lowestBusNr(def) - 2, c->hasBusNr = true;
            break;
        default:
            break;
        }
    }
}

/* Function 0 says so where a slot has more of them. */
static void spellMultifunction(virPCISet *set)
{
    for (unsigned int i = 0; i < set->def->controllers.n; i++) {
        virDomainControllerDef *c = set->def->controllers.v[i];
        virPCIAddress *a = &c->info.addr.pci;
        if (controllerKind(set, c) == SLOT_ROOT_PORT && isPlaced(&c->info) && a->function == 0 && !a->multi &&
            busAt(set, a->bus)->used[a->slot] & ~1)
            a->multi = VIR_TRISTATE_SWITCH_ON;
    }
}

bool virDomainAssignPCI(virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    const virDomainControllerDef *root = virDomainDefFindController(def, VIR_DOMAIN_CONTROLLER_PCI, 0);
    bool isExpress = root && root->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT;
    bool hosts = virMachineHas(def, VIR_MACHINE_SPAPR);
    virPCISet trial = { .def = def, .conf = conf, .trial = true, .express = isExpress, .hosts = hosts, .error = error };
    if (!root && virMachineHas(def, VIR_MACHINE_NO_PCI))
        return true;
    if (!root) {
        if (virDomainDefForeachInfo(def, allGiven, &trial))
            return true;
        virSetError(error, VIR_ERR_XML_ERROR, "No PCI buses available");
        return false;
    }
    nameModels(def);
    g_autoptr(GHashTable) soldered = trial.soldered = g_hash_table_new(NULL, NULL);
    bool bare = true; /* the document says nothing about ports */
    for (unsigned int i = 0; i < def->controllers.n; i++)
        bare &= def->controllers.v[i]->type != VIR_DOMAIN_CONTROLLER_PCI || def->controllers.v[i]->idx == 0;
    bool ok = openSet(&trial) && solderAndPlace(&trial);
    if (ok && isExpress && bare && trial.buses->len > 1) {
        virDeviceInfo spare = { 0 }; /* one port free for hotplug */
        ok = placeNext(&trial, SLOT_PCIE, &spare);
    }
    for (unsigned int i = 1; ok && i < trial.buses->len; i++)
        if (!virDomainDefFindController(def, VIR_DOMAIN_CONTROLLER_PCI, i))
            virDomainControllerAdd(def, VIR_DOMAIN_CONTROLLER_PCI, i)->pciModel = busAt(&trial, i)->model;
    g_array_unref(trial.buses);
    if (!ok)
        return false;
    nameModels(def);
    virPCISet set = { .def = def, .conf = conf, .express = isExpress, .hosts = hosts, .error = error };
    ok = openSet(&set) && solderAndPlace(&set);
    if (ok)
        spellMultifunction(&set);
    g_array_unref(set.buses);
    if (ok)
        numberControllers(def);
    return ok;
}
