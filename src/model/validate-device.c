/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a single device must have, whatever the driver. */
#define VIR_FROM VIR_FROM_DOMAIN
#include <string.h>
#include "base/error.h"
#include "model/passes.h"

#define REFUSE(when, code, ...) \
    do { \
        if (when) { \
            virSetError(error, code, __VA_ARGS__); \
            return false; \
        } \
    } while (0)

static bool validateInput(const virDomainDef *def, const virDomainInputDef *in, GError **error)
{
    bool hvm = def->os.type == VIR_DOMAIN_OSTYPE_HVM, xen = def->os.type == VIR_DOMAIN_OSTYPE_XEN || def->os.type == VIR_DOMAIN_OSTYPE_XENPVH ||
                                                       (def->os.type == VIR_DOMAIN_OSTYPE_LINUX && def->virtType == VIR_DOMAIN_VIRT_XEN);
    const char *bus = in->bus ? virDomainInputBusToString(in->bus) : "<null>";
    if (in->type == VIR_DOMAIN_INPUT_TYPE_EVDEV)
        return true;
    if (hvm) {
        REFUSE(in->bus == VIR_DOMAIN_INPUT_BUS_PS2 && in->type != VIR_DOMAIN_INPUT_TYPE_MOUSE && in->type != VIR_DOMAIN_INPUT_TYPE_KEYBOARD,
               VIR_ERR_INTERNAL_ERROR, "ps2 bus does not support %s input device", virDomainInputTypeToString(in->type));
        REFUSE(in->bus == VIR_DOMAIN_INPUT_BUS_XEN, VIR_ERR_INTERNAL_ERROR, "unsupported input bus %s", bus);
    } else if (xen) {
        REFUSE(in->bus != VIR_DOMAIN_INPUT_BUS_XEN, VIR_ERR_INTERNAL_ERROR, "unsupported input bus %s", bus);
        REFUSE(in->type != VIR_DOMAIN_INPUT_TYPE_MOUSE && in->type != VIR_DOMAIN_INPUT_TYPE_KEYBOARD, VIR_ERR_INTERNAL_ERROR,
               "xen bus does not support %s input device", virDomainInputTypeToString(in->type));
    } else if (def->virtType == VIR_DOMAIN_VIRT_VZ || def->virtType == VIR_DOMAIN_VIRT_PARALLELS) {
        REFUSE(in->bus != VIR_DOMAIN_INPUT_BUS_PARALLELS, VIR_ERR_INTERNAL_ERROR, "parallels containers don't support input bus %s", bus);
        REFUSE(in->type != VIR_DOMAIN_INPUT_TYPE_MOUSE && in->type != VIR_DOMAIN_INPUT_TYPE_KEYBOARD, VIR_ERR_INTERNAL_ERROR,
               "parallels bus does not support %s input device", virDomainInputTypeToString(in->type));
    } else {
        REFUSE(true, VIR_ERR_INTERNAL_ERROR, "Input devices are not supported by this virtualization driver.");
    }
    REFUSE(in->model && in->bus != VIR_DOMAIN_INPUT_BUS_VIRTIO, VIR_ERR_CONFIG_UNSUPPORTED,
           "only bus 'virtio' is supported for input model '%s'", virDomainInputModelToString(in->model));
    REFUSE(in->type == VIR_DOMAIN_INPUT_TYPE_PASSTHROUGH && in->bus != VIR_DOMAIN_INPUT_BUS_VIRTIO, VIR_ERR_CONFIG_UNSUPPORTED,
           "only bus 'virtio' is supported for 'passthrough' input devices");
    REFUSE(in->bus == VIR_DOMAIN_INPUT_BUS_USB && in->info.addr.type && in->info.addr.type != VIR_DEVICE_ADDRESS_USB, VIR_ERR_XML_ERROR,
           "Invalid address for a USB device");
    return true;
}

static bool validateDisk(const virDomainDiskDef *disk, const virDomainParseConfig *conf, GError **error)
{
    REFUSE(disk->src.fdgroup && !virDomainConfHas(conf, VIR_DOMAIN_CONF_FDS), VIR_ERR_CONFIG_UNSUPPORTED,
           "driver does not support FD passing for disk '%s'", disk->dst);
    bool floppy = disk->device == VIR_DOMAIN_DISK_DEVICE_FLOPPY, cdrom = disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM;
    const virStorageSource *src = &disk->src;
    REFUSE(floppy && !g_str_has_prefix(disk->dst, "fd"), VIR_ERR_INTERNAL_ERROR, "Invalid floppy device name: %s", disk->dst);
    REFUSE(!floppy && g_str_has_prefix(disk->dst, "fd"), VIR_ERR_INTERNAL_ERROR, "Invalid harddisk device name: %s", disk->dst);
    REFUSE(!floppy && disk->bus == VIR_DOMAIN_DISK_BUS_FDC, VIR_ERR_INTERNAL_ERROR, "Invalid bus type '%s' for disk", virDomainDiskBusToString(disk->bus));
    REFUSE(floppy && disk->bus != VIR_DOMAIN_DISK_BUS_FDC, VIR_ERR_INTERNAL_ERROR, "Invalid bus type '%s' for floppy disk", virDomainDiskBusToString(disk->bus));
    REFUSE(disk->tray == VIR_DOMAIN_DISK_TRAY_OPEN && !cdrom && !floppy, VIR_ERR_CONFIG_UNSUPPORTED, "tray is only valid for cdrom and floppy");
    bool lun = src->type == VIR_STORAGE_BLOCK || src->type == VIR_STORAGE_VOLUME ||
               (src->type == VIR_STORAGE_NETWORK && src->protocol == VIR_STORAGE_PROTOCOL_ISCSI);
    REFUSE(disk->device == VIR_DOMAIN_DISK_DEVICE_LUN && !lun, VIR_ERR_CONFIG_UNSUPPORTED,
           "disk device='lun' is only valid for block type disk source");
    REFUSE(disk->info.addr.type == VIR_DEVICE_ADDRESS_UNASSIGNED, VIR_ERR_CONFIG_UNSUPPORTED,
           "address of type 'unassigned' is supported only for hostdevs");
    REFUSE(disk->model && disk->bus != VIR_DOMAIN_DISK_BUS_VIRTIO && disk->bus != VIR_DOMAIN_DISK_BUS_USB, VIR_ERR_CONFIG_UNSUPPORTED,
           "disk model '%s' not supported for bus '%s'", virDomainDiskModelToString(disk->model), virDomainDiskBusToString(disk->bus));
    return true;
}

static bool validateFs(const virDomainFsDef *fs, GError **error)
{
    bool ram = fs->type == VIR_DOMAIN_FS_TYPE_RAM;
    REFUSE(ram && !fs->ramUsage, VIR_ERR_XML_ERROR, "missing 'usage' attribute for RAM filesystem");
    bool source = fs->source || fs->socket || fs->pool;
    REFUSE(!ram && !source, VIR_ERR_NO_SOURCE, "%s", fs->target ? fs->target : "");
    REFUSE(!fs->target && !fs->socket, VIR_ERR_NO_TARGET, "%s", fs->source ? fs->source : "");
    return true;
}

static bool validateSubsystem(const virDomainHostdevDef *dev, GError **error)
{
    static const unsigned char none[16];
    bool usb = dev->type == VIR_DOMAIN_HOSTDEV_TYPE_USB, mdev = dev->type == VIR_DOMAIN_HOSTDEV_TYPE_MDEV;
    REFUSE(dev->model && !mdev && dev->type != VIR_DOMAIN_HOSTDEV_TYPE_SCSI_HOST, VIR_ERR_XML_ERROR,
           "'model' attribute in <hostdev> is only supported when type='%s'", virDomainHostdevTypeToString(dev->type));
    REFUSE(!dev->hasSource, VIR_ERR_XML_ERROR, "Missing <source> element in hostdev device");
    REFUSE(mdev && memcmp(dev->mdevUuid, none, 16) == 0, VIR_ERR_CONFIG_UNSUPPORTED, "Missing <address> element");
    if (mdev && !dev->model) {
        virErrorSet(error, VIR_FROM_XML, VIR_ERR_XML_ERROR, "Missing required attribute '%s' in element '%s'", "model", "hostdev");
        return false;
    }
    REFUSE(usb && dev->hasVendor && !dev->product, VIR_ERR_INTERNAL_ERROR, "missing product");
    REFUSE(usb && dev->hasVendor && !dev->vendor, VIR_ERR_INTERNAL_ERROR, "missing vendor");
    REFUSE(dev->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI && dev->protocol == VIR_DOMAIN_HOSTDEV_SCSI_PROTOCOL_NONE && !dev->hasScsiAddress,
           VIR_ERR_XML_ERROR, "'address' must be specified for scsi hostdev source");
    REFUSE(dev->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI && dev->info.addr.type && dev->info.addr.type != VIR_DEVICE_ADDRESS_DRIVE,
           VIR_ERR_CONFIG_UNSUPPORTED, "SCSI host device must use 'drive' address type");
    REFUSE(dev->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI_HOST && !dev->hostProtocol, VIR_ERR_XML_ERROR, "Missing scsi_host subsystem protocol");
    REFUSE(dev->type == VIR_DOMAIN_HOSTDEV_TYPE_PCI && dev->info.addr.type && dev->info.addr.type != VIR_DEVICE_ADDRESS_PCI &&
           dev->info.addr.type != VIR_DEVICE_ADDRESS_UNASSIGNED, VIR_ERR_INTERNAL_ERROR,
           "PCI host devices must use 'pci' or 'unassigned' address type");
    return true;
}

static bool validateHostdev(const virDomainHostdevDef *dev, GError **error)
{
    if (dev->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM)
        return validateSubsystem(dev, error);
    if (dev->mode != VIR_DOMAIN_HOSTDEV_MODE_CAPABILITIES)
        return true;
    REFUSE(dev->type == VIR_DOMAIN_HOSTDEV_TYPE_STORAGE && !dev->block, VIR_ERR_XML_ERROR, "Missing <block> element in hostdev storage device");
    REFUSE(dev->type == VIR_DOMAIN_HOSTDEV_TYPE_MISC && !dev->chardev, VIR_ERR_XML_ERROR, "Missing <char> element in hostdev character device");
    REFUSE(dev->type == VIR_DOMAIN_HOSTDEV_TYPE_NET && !dev->netdev, VIR_ERR_XML_ERROR, "Missing <interface> element in hostdev net device");
    return true;
}

static bool validateAudioId(const virDomainDef *def, unsigned int id, GError **error)
{
    for (unsigned int i = 0; i < def->audios.n; i++)
        if (def->audios.v[i]->id == id)
            return true;
    REFUSE(id, VIR_ERR_XML_ERROR, "no audio device with ID %u", id);
    return true;
}

static bool validateAudioIO(const virDomainAudioIO *io, GError **error)
{
    REFUSE(io && io->fixedSettings != VIR_TRISTATE_BOOL_YES && (io->frequency || io->channels || io->format), VIR_ERR_CONFIG_UNSUPPORTED,
           "audio settings specified without fixed settings flag");
    return true;
}

static bool validateNvdimm(const virDomainDef *def, const virDomainMemoryDef *mem, GError **error)
{
    bool spapr = def->os.arch == VIR_ARCH_PPC64 || def->os.arch == VIR_ARCH_PPC64LE;
    static const unsigned char none[16];
    REFUSE(mem->model == VIR_DOMAIN_MEMORY_DEVICE_NVDIMM && !spapr && memcmp(mem->uuid, none, 16) != 0, VIR_ERR_CONFIG_UNSUPPORTED,
           "UUID is not supported for NVDIMM device");
    return true;
}

static bool validateController(const virDomainControllerDef *c, GError **error)
{
    if (c->type != VIR_DOMAIN_CONTROLLER_PCI)
        return true;
    REFUSE(c->idx == 0 && c->hasNumaNode, VIR_ERR_CONFIG_UNSUPPORTED,
           "The PCI controller with index=0 can't be associated with a NUMA node");
    REFUSE(c->hasChassisNr && (c->chassisNr < 1 || c->chassisNr > 255), VIR_ERR_CONFIG_UNSUPPORTED,
           "PCI controller chassisNr '%d' out of range - must be 1-255", c->chassisNr);
    REFUSE(c->hasChassis && (c->chassis < 0 || c->chassis > 255), VIR_ERR_CONFIG_UNSUPPORTED,
           "PCI controller chassis '%d' out of range - must be 0-255", c->chassis);
    REFUSE(c->hasPort && (c->port < 0 || c->port > 255), VIR_ERR_CONFIG_UNSUPPORTED,
           "PCI controller port '%d' out of range - must be 0-255", c->port);
    REFUSE(c->hasBusNr && (c->busNr < 1 || c->busNr > 254), VIR_ERR_CONFIG_UNSUPPORTED,
           "PCI controller busNr '%d' out of range - must be 1-254", c->busNr);
    REFUSE(c->hasTargetIndex && (c->targetIndex < 0 || c->targetIndex > 30), VIR_ERR_CONFIG_UNSUPPORTED,
           "PCI controller target index '%d' out of range - must be 0-30", c->targetIndex);
    return true;
}

static bool validateGuest(const virDomainDef *def, GError **error)
{
    REFUSE(def->clock.offset == VIR_DOMAIN_CLOCK_TIMEZONE && !def->clock.timezone, VIR_ERR_INTERNAL_ERROR,
           "missing 'timezone' attribute for clock with offset='timezone'");
    unsigned int usb = 0, off = 0;
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        bool isUsb = def->controllers.v[i]->type == VIR_DOMAIN_CONTROLLER_USB;
        usb += isUsb;
        off += isUsb && def->controllers.v[i]->usbModel == VIR_DOMAIN_CONTROLLER_USB_NONE;
    }
    REFUSE(off && usb > 1, VIR_ERR_XML_DETAIL, "Can't add another USB controller: USB is disabled for this domain");
    unsigned int none = 0;
    for (unsigned int i = 0; i < def->videos.n; i++)
        none += def->videos.v[i]->type == VIR_DOMAIN_VIDEO_NONE;
    REFUSE(none && def->videos.n > 1, VIR_ERR_CONFIG_UNSUPPORTED,
           "a 'none' video type must be the only video device defined for the domain");
    for (unsigned int i = 0; i < def->graphics.n; i++)
        for (unsigned int j = 0; j < def->graphics.v[i]->listens.n; j++)
            REFUSE(def->graphics.v[i]->listens.v[j]->type == VIR_DOMAIN_GRAPHICS_LISTEN_NETWORK && !def->graphics.v[i]->listens.v[j]->network,
                   VIR_ERR_XML_ERROR, "'network' attribute is required for listen type 'network'");
    return true;
}

typedef struct { const char *name; virTristateSwitch value; } virVirtioOption;

/* Options of virtio devices on others. */
static bool validateVirtio(const virVirtioOptions *v, bool isVirtio, GError **error)
{
    const virVirtioOption options[] = { { "iommu", v->iommu }, { "ats", v->ats }, { "packed", v->packed }, { "page_per_vq", v->pagePerVq } };
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        REFUSE(options[i].value && !isVirtio, VIR_ERR_CONFIG_UNSUPPORTED, "%s driver option is only supported for virtio devices", options[i].name);
    return true;
}

static bool validateVirtioOptions(const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (!validateVirtio(&def->disks.v[i]->virtio, def->disks.v[i]->bus == VIR_DOMAIN_DISK_BUS_VIRTIO, error))
            return false;
    for (unsigned int i = 0; i < def->nets.n; i++)
        if (!validateVirtio(&def->nets.v[i]->virtio, def->nets.v[i]->model && g_str_has_prefix(def->nets.v[i]->model, "virtio"), error))
            return false;
    for (unsigned int i = 0; i < def->inputs.n; i++)
        if (!validateVirtio(&def->inputs.v[i]->virtio, def->inputs.v[i]->bus == VIR_DOMAIN_INPUT_BUS_VIRTIO, error))
            return false;
    for (unsigned int i = 0; i < def->videos.n; i++)
        if (!validateVirtio(&def->videos.v[i]->virtio, def->videos.v[i]->type == VIR_DOMAIN_VIDEO_VIRTIO, error))
            return false;
    return true;
}

static bool validateVideo(const virDomainVideoDef *v, GError **error)
{
    bool qxl = v->type == VIR_DOMAIN_VIDEO_QXL;
    REFUSE(v->ram && !qxl, VIR_ERR_CONFIG_UNSUPPORTED, "ram attribute only supported for video type qxl");
    REFUSE(v->vram64 && !qxl, VIR_ERR_CONFIG_UNSUPPORTED, "vram64 attribute only supported for video type qxl");
    REFUSE(v->vgamem && !qxl, VIR_ERR_CONFIG_UNSUPPORTED, "vgamem attribute only supported for video type qxl");
    REFUSE(v->rendernode && v->backend != VIR_DOMAIN_VIDEO_BACKEND_VHOSTUSER, VIR_ERR_CONFIG_UNSUPPORTED,
           "unsupported rendernode accel attribute without 'vhostuser'");
    REFUSE(!v->resX != !v->resY, VIR_ERR_CONFIG_UNSUPPORTED, "video resolution values must be greater than 0");
    return true;
}

static bool validateSmall(const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->videos.n; i++)
        if (!validateVideo(def->videos.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->shmems.n; i++)
        REFUSE(strchr(def->shmems.v[i]->name, '/'), VIR_ERR_CONFIG_UNSUPPORTED, "shmem name cannot include '/' character");
    for (unsigned int i = 0; i < def->smartcards.n; i++)
        REFUSE(def->smartcards.v[i]->mode == VIR_DOMAIN_SMARTCARD_HOST_CERTIFICATES &&
               (!def->smartcards.v[i]->certificates || g_strv_length(def->smartcards.v[i]->certificates) != 3), VIR_ERR_XML_ERROR,
               "host-certificates mode needs exactly three certificates");
    for (unsigned int i = 0; i < def->rngs.n; i++)
        REFUSE(!def->rngs.v[i]->hasBackend, VIR_ERR_XML_ERROR, "only one RNG backend is supported");
    REFUSE(def->vsock && def->vsock->cid && def->vsock->cid < 3, VIR_ERR_CONFIG_UNSUPPORTED, "guest CIDs must be >= 3");
    for (unsigned int i = 0; i < def->mems.n; i++) {
        const virDomainMemoryDef *m = def->mems.v[i];
        REFUSE(m->model == VIR_DOMAIN_MEMORY_DEVICE_VIRTIO_PMEM && !m->path, VIR_ERR_XML_DETAIL, "path is required for model 'virtio-pmem'");
        REFUSE(m->model == VIR_DOMAIN_MEMORY_DEVICE_NVDIMM && !m->path, VIR_ERR_XML_DETAIL, "path is required for model 'nvdimm'");
    }
    return true;
}

static bool hasUsb(const virDomainDef *def)
{
    for (unsigned int i = 0; i < def->controllers.n; i++)
        if (def->controllers.v[i]->type == VIR_DOMAIN_CONTROLLER_USB && def->controllers.v[i]->usbModel != VIR_DOMAIN_CONTROLLER_USB_NONE)
            return true;
    return false;
}

static bool hasMaster(const virDomainDef *def, unsigned int idx)
{
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        const virDomainControllerDef *c = def->controllers.v[i];
        if (c->type == VIR_DOMAIN_CONTROLLER_USB && c->idx == idx && !c->info.hasMaster)
            return true;
    }
    return false;
}

bool virDomainValidateDevices(const virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    if (!validateGuest(def, error) || !validateSmall(def, error) || !validateVirtioOptions(def, error))
        return false;
    for (unsigned int i = 0; i < def->controllers.n; i++)
        if (!validateController(def->controllers.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (!validateDisk(def->disks.v[i], conf, error))
            return false;
    for (unsigned int i = 0; i < def->panics.n; i++)
        for (unsigned int j = 0; j < i; j++)
            REFUSE(def->panics.v[i]->model == def->panics.v[j]->model, VIR_ERR_XML_ERROR, "Multiple panic devices with model '%s'",
                   virDomainPanicModelToString(def->panics.v[i]->model));
    for (unsigned int i = 0; i < def->audios.n; i++)
        if (!validateAudioIO(def->audios.v[i]->input, error) || !validateAudioIO(def->audios.v[i]->output, error))
            return false;
    for (unsigned int i = 0; i < def->audios.n; i++)
        for (unsigned int j = 0; j < i; j++)
            REFUSE(def->audios.v[i]->id == def->audios.v[j]->id, VIR_ERR_XML_ERROR, "audio ID %u is used multiple times", def->audios.v[i]->id);
    for (unsigned int i = 0; i < def->controllers.n; i++) {
        const virDomainControllerDef *c = def->controllers.v[i];
        REFUSE(c->info.hasMaster && !hasMaster(def, c->idx), VIR_ERR_XML_DETAIL, "No master USB controller specified");
    }
    for (unsigned int i = 0; i < def->inputs.n; i++)
        if (!validateInput(def, def->inputs.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->fss.n; i++)
        if (!validateFs(def->fss.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->hostdevs.n; i++)
        if (!validateHostdev(def->hostdevs.v[i], error))
            return false;
    for (unsigned int i = 0; i < def->graphics.n; i++)
        if (!validateAudioId(def, def->graphics.v[i]->audioId, error))
            return false;
    for (unsigned int i = 0; i < def->sounds.n; i++)
        if (!validateAudioId(def, def->sounds.v[i]->audioId, error))
            return false;
    for (unsigned int i = 0; i < def->mems.n; i++)
        if (!validateNvdimm(def, def->mems.v[i], error))
            return false;
    REFUSE(def->iommu && def->iommu->intremap == VIR_TRISTATE_SWITCH_ON && def->features.ioapicDriver != VIR_DOMAIN_IOAPIC_QEMU,
           VIR_ERR_CONFIG_UNSUPPORTED, "IOMMU interrupt remapping requires split I/O APIC (ioapic driver='qemu')");
    REFUSE(def->redirdevs.n && !hasUsb(def), VIR_ERR_CONFIG_UNSUPPORTED,
           "cannot add redirected USB device: USB is disabled for this domain");
    return true;
}
