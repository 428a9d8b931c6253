/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single devices as QEMU has them: drives and their controllers, serial ports, panic devices, file systems, TPM, screens. */
#define VIR_FROM VIR_FROM_QEMU
#include <string.h>
#include "base/error.h"
#include "model/machine-defaults.h"
#include "model/passes.h"

#define REFUSE(when, code, ...) \
    do { \
        if (when) { \
            virSetError(error, code, __VA_ARGS__); \
            return false; \
        } \
    } while (0)
#define UNSUPPORTED(when, ...) REFUSE(when, VIR_ERR_CONFIG_UNSUPPORTED, __VA_ARGS__)

static bool has(const virDomainParseConfig *conf, const virDomainDef *def, const char *device)
{
    return !conf->hasDevice || conf->hasDevice(conf, def, device);
}

/* --- drives --- */

static bool validateScsiTarget(const virDomainDef *def, const virDriveAddress *a, GError **error)
{
    const virDomainControllerDef *c = virDomainDefFindController(def, VIR_DOMAIN_CONTROLLER_SCSI, a->controller);
    UNSUPPORTED(c && c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_LSILOGIC && a->target, "target must be 0 for controller model 'lsilogic'");
    return true;
}

static bool validateDrive(const virDomainDef *def, const virDomainDiskDef *disk, GError **error)
{
    const virDriveAddress *a = &disk->info.addr.drive;
    if (disk->info.addr.type != VIR_DEVICE_ADDRESS_DRIVE)
        return true;
    switch (disk->bus) {
    case VIR_DOMAIN_DISK_BUS_FDC:
        REFUSE(a->controller, VIR_ERR_INTERNAL_ERROR, "Only 1 fdc controller is supported");
        REFUSE(a->bus, VIR_ERR_INTERNAL_ERROR, "Only 1 fdc bus is supported");
        UNSUPPORTED(a->target, "target must be 0 for controller fdc");
        return true;
    case VIR_DOMAIN_DISK_BUS_IDE:
        REFUSE(a->controller && virDomainDefIsI440FX(def), VIR_ERR_INTERNAL_ERROR, "Only 1 IDE controller is supported");
        UNSUPPORTED(a->target, "target must be 0 for ide controller");
        return true;
    case VIR_DOMAIN_DISK_BUS_SATA:
        UNSUPPORTED(a->bus, "bus must be 0 for sata controller");
        UNSUPPORTED(a->target, "target must be 0 for sata controller");
        return true;
    case VIR_DOMAIN_DISK_BUS_SCSI:
        REFUSE(a->bus, VIR_ERR_INTERNAL_ERROR, "SCSI controller only supports 1 bus");
        return validateScsiTarget(def, a, error);
    default:
        return true;
    }
}

static bool validateDisk(const virDomainDef *def, const virDomainDiskDef *disk, GError **error)
{
    virDeviceAddressType type = disk->info.addr.type;
    if (disk->bus == VIR_DOMAIN_DISK_BUS_VIRTIO) {
        UNSUPPORTED(type && type != VIR_DEVICE_ADDRESS_PCI && type != VIR_DEVICE_ADDRESS_CCW && type != VIR_DEVICE_ADDRESS_VIRTIO_MMIO,
                    "virtio disk cannot have an address of type '%s'", virDeviceAddressTypeToString(type));
        UNSUPPORTED(disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM || disk->device == VIR_DOMAIN_DISK_DEVICE_FLOPPY,
                    "disk type of '%s' does not support ejectable media", disk->dst);
    }
    UNSUPPORTED(disk->device == VIR_DOMAIN_DISK_DEVICE_DISK && disk->readonly && (disk->bus == VIR_DOMAIN_DISK_BUS_IDE || disk->bus == VIR_DOMAIN_DISK_BUS_SATA),
                "readonly %s disks are not supported", virDomainDiskBusToString(disk->bus));
    UNSUPPORTED(disk->src.type == VIR_STORAGE_DIR && disk->src.format != VIR_STORAGE_FORMAT_FAT, "storage type 'dir' requires use of storage format 'fat'");
    UNSUPPORTED(disk->src.format == VIR_STORAGE_FORMAT_FAT && disk->src.type != VIR_STORAGE_DIR,
                "storage format 'fat' is supported only with 'dir' storage type");
    UNSUPPORTED(disk->device == VIR_DOMAIN_DISK_DEVICE_LUN && disk->bus != VIR_DOMAIN_DISK_BUS_VIRTIO &&
                disk->bus != VIR_DOMAIN_DISK_BUS_SCSI, "disk device='lun' is not supported for bus='%s'", virDomainDiskBusToString(disk->bus));
    UNSUPPORTED(disk->driverName && strcmp(disk->driverName, "qemu") != 0, "unsupported driver name '%s' for disk '%s'", disk->driverName, disk->dst);
    return validateDrive(def, disk, error);
}

static bool validateController(const virDomainDef *def, const virDomainParseConfig *conf, const virDomainControllerDef *c, GError **error)
{
    const virPCIAddress *a = &c->info.addr.pci;
    bool pc = virDomainDefIsI440FX(def), q35 = virDomainDefIsQ35(def);
    switch (c->type) {
    case VIR_DOMAIN_CONTROLLER_IDE:
        UNSUPPORTED((pc || q35) && c->idx, "Only a single IDE controller is supported for this machine type");
        UNSUPPORTED(!pc && !virMachineHas(def, VIR_MACHINE_PS2), "IDE controllers are unsupported for this QEMU binary or machine type");
        UNSUPPORTED(q35, "IDE controllers are unsupported for this QEMU binary or machine type");
        REFUSE(pc && c->idx == 0 && c->info.addr.type == VIR_DEVICE_ADDRESS_PCI && (a->bus || a->slot != 1 || a->function != 1),
               VIR_ERR_INTERNAL_ERROR, "Primary IDE controller must have PCI address 0:0:1.1");
        return true;
    case VIR_DOMAIN_CONTROLLER_USB:
        REFUSE(pc && c->idx == 0 && c->usbModel == VIR_DOMAIN_CONTROLLER_USB_PIIX3_UHCI && c->info.addr.type == VIR_DEVICE_ADDRESS_PCI &&
               (a->bus || a->slot != 1 || a->function != 2), VIR_ERR_INTERNAL_ERROR,
               "PIIX3 USB controller at index 0 must have PCI address 0:0:1.2");
        return true;
    case VIR_DOMAIN_CONTROLLER_XENBUS:
    case VIR_DOMAIN_CONTROLLER_ISA:
        virErrorSet(error, VIR_FROM_DOMAIN, VIR_ERR_INTERNAL_ERROR, "Cannot automatically add a new PCI bus for a device with connect flags 00: a controller '%s'",
                    virDomainControllerTypeToString(c->type));
        return false;
    case VIR_DOMAIN_CONTROLLER_SATA:
        REFUSE(q35 && c->idx == 0 && c->info.addr.type == VIR_DEVICE_ADDRESS_PCI && (a->bus || a->slot != 0x1f || a->function != 2),
               VIR_ERR_INTERNAL_ERROR, "Primary SATA controller must have PCI address 0:0:1f.2");
        return true;
    case VIR_DOMAIN_CONTROLLER_SCSI:
        UNSUPPORTED(c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_BUSLOGIC, "Unsupported controller model: %s",
                    virDomainControllerModelScsiToString(c->scsiModel));
        UNSUPPORTED(c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_LSILOGIC && !has(conf, def, "lsi") && !has(conf, def, "lsi53c895a"),
                    "This QEMU doesn't support the LSI 53C895A SCSI controller");
        return true;
    case VIR_DOMAIN_CONTROLLER_PCI:
        UNSUPPORTED(c->pciModel == VIR_DOMAIN_CONTROLLER_PCI_PCIE_ROOT && c->idx, "Index for '%s' controllers must be 0",
                    virDomainControllerModelPciToString(c->pciModel));
        return true;
    default:
        return true;
    }
}

/* --- character devices --- */

static bool validateSerial(const virDomainDef *def, const virDomainChrDef *s, GError **error)
{
    static const struct { virDomainChrSerialModel model; virDomainChrSerialTarget target; } pairs[] = {
        { VIR_DOMAIN_CHR_SERIAL_MODEL_ISA_SERIAL, VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_SERIAL },
        { VIR_DOMAIN_CHR_SERIAL_MODEL_USB_SERIAL, VIR_DOMAIN_CHR_SERIAL_TARGET_USB_SERIAL },
        { VIR_DOMAIN_CHR_SERIAL_MODEL_PCI_SERIAL, VIR_DOMAIN_CHR_SERIAL_TARGET_PCI_SERIAL },
        { VIR_DOMAIN_CHR_SERIAL_MODEL_ISA_DEBUGCON, VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_DEBUG },
        { VIR_DOMAIN_CHR_SERIAL_MODEL_SPAPR_VTY, VIR_DOMAIN_CHR_SERIAL_TARGET_SPAPR_VIO_SERIAL },
        { VIR_DOMAIN_CHR_SERIAL_MODEL_PL011, VIR_DOMAIN_CHR_SERIAL_TARGET_SYSTEM_SERIAL },
        { VIR_DOMAIN_CHR_SERIAL_MODEL_16550A, VIR_DOMAIN_CHR_SERIAL_TARGET_SYSTEM_SERIAL },
        { VIR_DOMAIN_CHR_SERIAL_MODEL_SCLPCONSOLE, VIR_DOMAIN_CHR_SERIAL_TARGET_SCLP_SERIAL },
        { VIR_DOMAIN_CHR_SERIAL_MODEL_SCLPLMCONSOLE, VIR_DOMAIN_CHR_SERIAL_TARGET_SCLP_SERIAL },
    };
    static const struct { virDomainChrSerialTarget target; virDeviceAddressType address; } places[] = {
        { VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_SERIAL, VIR_DEVICE_ADDRESS_ISA },
        { VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_DEBUG, VIR_DEVICE_ADDRESS_ISA },
        { VIR_DOMAIN_CHR_SERIAL_TARGET_USB_SERIAL, VIR_DEVICE_ADDRESS_USB },
        { VIR_DOMAIN_CHR_SERIAL_TARGET_PCI_SERIAL, VIR_DEVICE_ADDRESS_PCI },
        { VIR_DOMAIN_CHR_SERIAL_TARGET_SPAPR_VIO_SERIAL, VIR_DEVICE_ADDRESS_SPAPR_VIO },
    };
    const virMachine *m = virMachineOf(def);
    virDomainChrSerialTarget t = s->serialTarget;
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        UNSUPPORTED(s->serialModel == pairs[i].model && t != pairs[i].target, "Target model '%s' requires target type '%s'",
                    virDomainChrSerialModelToString(s->serialModel), virDomainChrSerialTargetToString(pairs[i].target));
    bool own = t == VIR_DOMAIN_CHR_SERIAL_TARGET_SYSTEM_SERIAL || t == VIR_DOMAIN_CHR_SERIAL_TARGET_SCLP_SERIAL ||
               t == VIR_DOMAIN_CHR_SERIAL_TARGET_SPAPR_VIO_SERIAL || t == VIR_DOMAIN_CHR_SERIAL_TARGET_ISA_SERIAL;
    bool fits = t == m->serialTarget && (t != VIR_DOMAIN_CHR_SERIAL_TARGET_SYSTEM_SERIAL || s->serialModel == m->systemSerial);
    UNSUPPORTED(own && !fits,
                "Serial device with target type '%s' and target model '%s' not compatible with guest architecture or machine type",
                virDomainChrSerialTargetToString(t), virDomainChrSerialModelToString(s->serialModel));
    virDeviceAddressType type = s->info.addr.type;
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
        UNSUPPORTED(t == places[i].target && type && type != places[i].address, "Target type '%s' requires address type '%s'",
                    virDomainChrSerialTargetToString(t), virDeviceAddressTypeToString(places[i].address));
    UNSUPPORTED((t == VIR_DOMAIN_CHR_SERIAL_TARGET_SYSTEM_SERIAL || t == VIR_DOMAIN_CHR_SERIAL_TARGET_SCLP_SERIAL) && type,
                "Target type '%s' cannot have an associated address", virDomainChrSerialTargetToString(t));
    return true;
}

static bool validateChrs(const virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    for (unsigned int i = 0; i < def->serials.n; i++)
        if (!validateSerial(def, def->serials.v[i], error))
            return false;
    UNSUPPORTED(def->parallels.n && virMachineHas(def, VIR_MACHINE_CCW | VIR_MACHINE_SPAPR), "parallel ports are not supported");
    for (unsigned int i = 0; i < def->consoles.n; i++) {
        virDomainChrConsoleTarget t = def->consoles.v[i]->consoleTarget;
        bool sclp = t == VIR_DOMAIN_CHR_CONSOLE_TARGET_SCLP || t == VIR_DOMAIN_CHR_CONSOLE_TARGET_SCLPLM;
        UNSUPPORTED(sclp && !virMachineHas(def, VIR_MACHINE_CCW), "%sconsole is not supported in this QEMU binary",
                    virDomainChrConsoleTargetToString(t));
        UNSUPPORTED(!sclp && t != VIR_DOMAIN_CHR_CONSOLE_TARGET_SERIAL && t != VIR_DOMAIN_CHR_CONSOLE_TARGET_VIRTIO,
                    "unsupported console target type %s", virDomainChrConsoleTargetToString(t));
    }
    return true;
}

static bool validateBus(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    GError **error = data;
    UNSUPPORTED(info->addr.type == VIR_DEVICE_ADDRESS_PCI && (info->addr.pci.hasZpciUid || info->addr.pci.hasZpciFid) &&
                !virMachineHas(def, VIR_MACHINE_CCW), "This QEMU binary doesn't support zPCI");
    UNSUPPORTED(info->addr.type == VIR_DEVICE_ADDRESS_CCW && !virMachineHas(def, VIR_MACHINE_CCW),
                "cannot use CCW address type for device '%s' using machine type '%s'", info->alias ? info->alias : "<null>", def->os.machine);
    return true;
}

/* --- panic, TPM, NVRAM --- */

static bool validatePanic(const virDomainDef *def, const virDomainPanicDef *p, GError **error)
{
    const char *model = virDomainPanicModelToString(p->model);
    virDeviceAddressType type = p->info.addr.type;
    switch (p->model) {
    case VIR_DOMAIN_PANIC_MODEL_S390:
        UNSUPPORTED(!virMachineHas(def, VIR_MACHINE_CCW), "only S390 guests support panic device of model '%s'", model);
        UNSUPPORTED(type, "setting the panic device address is not supported for model '%s'", model);
        return true;
    case VIR_DOMAIN_PANIC_MODEL_PSERIES:
        UNSUPPORTED(!virMachineHas(def, VIR_MACHINE_SPAPR), "only pSeries guests support panic device of model '%s'", model);
        UNSUPPORTED(type, "setting the panic device address is not supported for model '%s'", model);
        return true;
    case VIR_DOMAIN_PANIC_MODEL_HYPERV:
        UNSUPPORTED(!virDomainArchIsX86(def->os.arch), "only i686 and x86_64 guests support panic device of model '%s'", model);
        UNSUPPORTED(type, "setting the panic device address is not supported for model '%s'", model);
        return true;
    case VIR_DOMAIN_PANIC_MODEL_ISA:
        UNSUPPORTED(!virDomainArchIsX86(def->os.arch), "the QEMU binary does not support the panic device");
        UNSUPPORTED(type && type != VIR_DEVICE_ADDRESS_ISA, "panic is supported only with ISA address type");
        return true;
    default:
        return true;
    }
}

static bool validateTpms(const virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    unsigned int proxies = 0, plain = 0;
    for (unsigned int i = 0; i < def->tpms.n; i++) {
        const virDomainTpmDef *tpm = def->tpms.v[i];
        bool proxy = tpm->model == VIR_DOMAIN_TPM_MODEL_SPAPR_TPM_PROXY;
        proxies += proxy;
        plain += !proxy;
        UNSUPPORTED(plain > 1, "only a single TPM non-proxy device is supported");
        UNSUPPORTED(proxies > 1, "only a single TPM Proxy device is supported");
        const char *version = tpm->version ? virDomainTpmVersionToString(tpm->version) : "default";
        UNSUPPORTED(tpm->backend == VIR_DOMAIN_TPM_BACKEND_EMULATOR && conf->hasTpm && !conf->hasTpm(conf, version),
                    "TPM version '%s' is not supported", version);
    }
    return true;
}

/* --- file systems, screens, host devices --- */

static bool sharedMemory(const virDomainDef *def)
{
    bool shared = def->mem.access == VIR_DOMAIN_MEMORY_ACCESS_SHARED;
    for (unsigned int i = 0; i < def->cpu.cells.n; i++)
        shared |= def->cpu.cells.v[i]->access == VIR_DOMAIN_MEMORY_ACCESS_SHARED;
    return shared;
}

static bool validateFs(const virDomainDef *def, const virDomainFsDef *fs, GError **error)
{
    UNSUPPORTED(fs->type != VIR_DOMAIN_FS_TYPE_MOUNT, "only supports mount filesystem type");
    if (fs->driver != VIR_DOMAIN_FS_DRIVER_VIRTIOFS) {
        UNSUPPORTED((fs->fmode || fs->dmode) && fs->accessmode != VIR_DOMAIN_FS_ACCESSMODE_MAPPED,
                    "fmode and dmode must be used with accessmode=mapped");
        if (fs->info.bootIndex) {
            virErrorSet(error, VIR_FROM_DOMAIN, VIR_ERR_CONFIG_UNSUPPORTED, "boot order is only supported for virtiofs");
            return false;
        }
        return true;
    }
    UNSUPPORTED(fs->accessmode && fs->accessmode != VIR_DOMAIN_FS_ACCESSMODE_PASSTHROUGH, "virtiofs only supports passthrough accessmode");
    UNSUPPORTED(fs->wrpolicy, "virtiofs does not support wrpolicy");
    UNSUPPORTED(fs->model && fs->model != VIR_DOMAIN_FS_MODEL_VIRTIO, "virtiofs does not support model");
    UNSUPPORTED(fs->format, "virtiofs does not support format");
    UNSUPPORTED(fs->multidevs, "virtiofs does not support multidevs");
    UNSUPPORTED(!sharedMemory(def), "'virtiofs' requires shared memory");
    return true;
}

static bool validateScreens(const virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    for (unsigned int i = 0; i < def->graphics.n; i++) {
        const virDomainGraphicsDef *g = def->graphics.v[i];
        UNSUPPORTED(g->type == VIR_DOMAIN_GRAPHICS_RDP || g->type == VIR_DOMAIN_GRAPHICS_DESKTOP, "%s graphics are not supported with this QEMU",
                    virDomainGraphicsTypeToString(g->type));
        UNSUPPORTED(g->type == VIR_DOMAIN_GRAPHICS_VNC && g->passwd && strlen(g->passwd) > 8,
                    "VNC password is %zu characters long, only 8 permitted", strlen(g->passwd));
    }
    static const struct { virDomainVideoType type; const char *device; } devices[] = {
        { VIR_DOMAIN_VIDEO_VGA, "VGA" },
        { VIR_DOMAIN_VIDEO_CIRRUS, "cirrus-vga" },
        { VIR_DOMAIN_VIDEO_VMVGA, "vmware-svga" },
        { VIR_DOMAIN_VIDEO_QXL, "qxl" },
        { VIR_DOMAIN_VIDEO_BOCHS, "bochs-display" },
        { VIR_DOMAIN_VIDEO_RAMFB, "ramfb" },
        { VIR_DOMAIN_VIDEO_XEN, NULL },
        { VIR_DOMAIN_VIDEO_VBOX, NULL },
        { VIR_DOMAIN_VIDEO_PARALLELS, NULL },
        { VIR_DOMAIN_VIDEO_GOP, NULL },
    };
    for (unsigned int i = 0; i < def->videos.n; i++) {
        const virDomainVideoDef *v = def->videos.v[i];
        for (size_t j = 0; j < G_N_ELEMENTS(devices); j++)
            UNSUPPORTED(v->type == devices[j].type && !(devices[j].device && has(conf, def, devices[j].device)) &&
                        v->backend != VIR_DOMAIN_VIDEO_BACKEND_VHOSTUSER,
                        "domain configuration does not support video model '%s'", virDomainVideoTypeToString(v->type));
        UNSUPPORTED(v->heads > 1 && v->type != VIR_DOMAIN_VIDEO_QXL && v->type != VIR_DOMAIN_VIDEO_VIRTIO, "video type '%s' doesn't support multiple 'heads'",
                    virDomainVideoTypeToString(v->type));
        UNSUPPORTED(v->accel3d == VIR_TRISTATE_BOOL_YES && v->type != VIR_DOMAIN_VIDEO_VIRTIO, "3d acceleration is supported only with 'virtio' video device");
        UNSUPPORTED(i > 0 && v->type == VIR_DOMAIN_VIDEO_RAMFB, "video type 'ramfb' is only valid as primary video device");
    }
    return true;
}

static bool validateWatchdog(const virDomainDef *def, const virDomainWatchdogDef *w, GError **error)
{
    UNSUPPORTED(w->model == VIR_DOMAIN_WATCHDOG_MODEL_IB700 && w->info.addr.type, "ib700 model of watchdog does not support configuring the address");
    UNSUPPORTED(w->model == VIR_DOMAIN_WATCHDOG_MODEL_DIAG288 && !virMachineHas(def, VIR_MACHINE_CCW),
                "diag288 model of watchdog is allowed for s390 and s390x only");
    return true;
}

static bool validateMemory(const virDomainDef *def, const virDomainMemoryDef *m, GError **error)
{
    bool dimm = m->model == VIR_DOMAIN_MEMORY_DEVICE_DIMM || m->model == VIR_DOMAIN_MEMORY_DEVICE_NVDIMM;
    UNSUPPORTED(!def->maxMemory, "cannot use/hotplug a memory device when domain 'maxMemory' is not defined");
    UNSUPPORTED(dimm && def->cpu.cells.n && !m->hasNode, "target NUMA node needs to be specified for memory device");
    UNSUPPORTED(dimm && m->info.addr.type && m->info.addr.type != VIR_DEVICE_ADDRESS_DIMM, "only 'dimm' addresses are supported for the %s device",
                virDomainMemoryDeviceModelToString(m->model));
    return true;
}

static bool validateIommu(const virDomainDef *def, GError **error)
{
    if (!def->iommu)
        return true;
    UNSUPPORTED(def->iommu->model == VIR_DOMAIN_IOMMU_MODEL_INTEL && !virDomainDefIsQ35(def), "IOMMU device: '%s' is only supported with Q35 machines", "intel");
    UNSUPPORTED(def->iommu->model == VIR_DOMAIN_IOMMU_MODEL_SMMUV3 && !virMachineHas(def, VIR_MACHINE_GIC),
                "IOMMU device: '%s' is only supported with ARM Virt machines", "smmuv3");
    UNSUPPORTED(def->iommu->model == VIR_DOMAIN_IOMMU_MODEL_VIRTIO && virMachineHas(def, VIR_MACHINE_GIC) && !def->features.acpi,
                "IOMMU device: 'virtio' requires ACPI");
    return true;
}

/* Inside the guest nobody of ours sets addresses; QEMU's own network has one of each family. */
static bool validateGuestAddresses(const virDomainNetDef *net, GError **error)
{
    bool user = net->type == VIR_DOMAIN_NET_TYPE_USER;
    UNSUPPORTED(net->guestRoutes.n || (net->guestIps.n && !user),
                "Invalid attempt to set network interface guest-side IP route and/or address info, not supported by QEMU");
    return true;
}

static bool hasIothread(const virDomainDef *def, unsigned int id)
{
    for (unsigned int i = 0; i < def->iothreads.n; i++)
        if (def->iothreads.v[i]->id == id)
            return true;
    return false;
}

static bool validateHostdev(const virDomainDef *def, const virDomainHostdevDef *dev, GError **error)
{
    UNSUPPORTED(dev->mode == VIR_DOMAIN_HOSTDEV_MODE_CAPABILITIES, "hostdev mode 'capabilities' is not supported in qemu");
    bool drive = dev->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI && dev->info.addr.type == VIR_DEVICE_ADDRESS_DRIVE;
    return !drive || validateScsiTarget(def, &dev->info.addr.drive, error);
}

bool virDomainQemuValidateDevices(const virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    if (!virDomainDefForeachInfo((virDomainDef *)def, validateBus, error))
        return false;
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (!validateDisk(def, def->disks.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->controllers.n; i++)
        if (!validateController(def, conf, def->controllers.v[i], error))
            return false;
    if (!validateChrs(def, conf, error) || !validateTpms(def, conf, error) || !validateScreens(def, conf, error))
        return false;
    for (unsigned int i = 0; i < def->nets.n; i++)
        if (!validateGuestAddresses(def->nets.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->panics.n; i++)
        if (!validatePanic(def, def->panics.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->fss.n; i++)
        if (!validateFs(def, def->fss.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->hostdevs.n; i++)
        if (!validateHostdev(def, def->hostdevs.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->watchdogs.n; i++)
        if (!validateWatchdog(def, def->watchdogs.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->mems.n; i++)
        if (!validateMemory(def, def->mems.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->shmems.n; i++)
        UNSUPPORTED(def->shmems.v[i]->model == VIR_DOMAIN_SHMEM_MODEL_IVSHMEM, "ivshmem device is not supported with this QEMU binary");
    for (unsigned int i = 0; i < def->disks.n; i++)
        UNSUPPORTED(def->disks.v[i]->src.type == VIR_STORAGE_VHOSTUSER && !sharedMemory(def), "'vhostuser' requires shared memory");
    if (!validateIommu(def, error))
        return false;
    UNSUPPORTED(def->launchSecurity && def->launchSecurity->type == VIR_DOMAIN_LAUNCH_SECURITY_SEV && conf->hasSev && !conf->hasSev(conf),
                "SEV launch security is not supported with this QEMU binary");
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        const virDomainControllerDef *c = def->controllers.v[i];
        UNSUPPORTED(c->iothread && !hasIothread(def, c->iothread), "controller iothread '%u' not defined in iothreadid", c->iothread);
    }
    UNSUPPORTED(def->nvram && !virMachineHas(def, VIR_MACHINE_SPAPR), "nvram device is only supported for PPC64");
    UNSUPPORTED(conf->maxCpus && conf->maxCpus(conf, def) && def->maxVcpus > conf->maxCpus(conf, def),
                "Maximum CPUs greater than specified machine type limit %u", conf->maxCpus(conf, def));
    for (unsigned int i = 0; i < def->inputs.n; i++)
        UNSUPPORTED(def->inputs.v[i]->bus == VIR_DOMAIN_INPUT_BUS_PS2 && !virMachineHas(def, VIR_MACHINE_PS2),
                    "ps2 is not supported by this QEMU binary");
    for (unsigned int i = 0; i < def->inputs.n; i++)
        UNSUPPORTED(def->inputs.v[i]->model > VIR_DOMAIN_INPUT_MODEL_VIRTIO && def->inputs.v[i]->type != VIR_DOMAIN_INPUT_TYPE_PASSTHROUGH,
                    "virtio (non-)transitional models are not supported for input type=%s", virDomainInputTypeToString(def->inputs.v[i]->type));
    return true;
}
