/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must hold between the parts of a definition, whatever the driver. The driver's own rules follow in conf->validate. */
#define VIR_FROM VIR_FROM_DOMAIN
#include <string.h>
#include "base/error.h"
#include "model/passes.h"

static bool validateDisks(const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->disks.n; i++) {
        const virDomainDiskDef *a = def->disks.v[i];
        for (unsigned int j = 0; j < i; j++) {
            const virDomainDiskDef *b = def->disks.v[j];
            if (strcmp(a->dst, b->dst) == 0) {
                virSetError(error, VIR_ERR_XML_ERROR, "target '%s' duplicated for disk sources '%s' and '%s'", a->dst, b->src.path ? b->src.path : "", a->src.path ? a->src.path : "");
                return false;
            }
            if (a->bus == b->bus && a->info.addr.type == VIR_DEVICE_ADDRESS_DRIVE && b->info.addr.type == VIR_DEVICE_ADDRESS_DRIVE
                && memcmp(&a->info.addr.drive, &b->info.addr.drive, sizeof(virDriveAddress)) == 0) {
                virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Found duplicate drive address for disk with target name '%s' controller='%u' bus='%u' target='%u' unit='%u'",
                            b->dst, b->info.addr.drive.controller, b->info.addr.drive.bus, b->info.addr.drive.target, b->info.addr.drive.unit);
                return false;
            }
        }
        bool virtio = a->bus == VIR_DOMAIN_DISK_BUS_VIRTIO, drive = a->bus == VIR_DOMAIN_DISK_BUS_IDE || a->bus == VIR_DOMAIN_DISK_BUS_SATA
                                                                      || a->bus == VIR_DOMAIN_DISK_BUS_SCSI || a->bus == VIR_DOMAIN_DISK_BUS_FDC;
        virDeviceAddressType type = a->info.addr.type;
        if (type != VIR_DEVICE_ADDRESS_NONE && type != VIR_DEVICE_ADDRESS_UNASSIGNED && ((drive && type != VIR_DEVICE_ADDRESS_DRIVE) || (virtio && type == VIR_DEVICE_ADDRESS_DRIVE))) {
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Invalid address type '%s' for the disk '%s' with the bus type '%s'",
                        virDeviceAddressTypeToString(type), a->dst, virDomainDiskBusToString(a->bus));
            return false;
        }
    }
    return true;
}

typedef struct { GHashTable *seen; bool alias; GError **error; } virUniqueWalk;

static bool validateBootOrder(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virUniqueWalk *walk = data;
    if (!info->bootIndex || g_hash_table_add(walk->seen, GUINT_TO_POINTER(info->bootIndex)))
        return true;
    virSetError(walk->error, VIR_ERR_CONFIG_UNSUPPORTED, "boot order %u used for more than one device", info->bootIndex);
    return false;
}

static bool validateAlias(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virUniqueWalk *walk = data;
    bool mirrored = strcmp(kind, "console") == 0 && def->consoles.v[0] == device;
    if (!info->alias || mirrored || !g_str_has_prefix(info->alias, "ua-") || g_hash_table_add(walk->seen, info->alias))
        return true;
    virSetError(walk->error, VIR_ERR_XML_ERROR, "non unique alias detected: %s", info->alias);
    return false;
}

static bool validateUnique(const virDomainDef *def, GError **error)
{
    g_autoptr(GHashTable) orders = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) aliases = g_hash_table_new(g_str_hash, g_str_equal);
    virUniqueWalk walk = { .seen = orders, .error = error };
    if (!virDomainDefForeachInfo((virDomainDef *)def, validateBootOrder, &walk))
        return false;
    walk.seen = aliases;
    return virDomainDefForeachInfo((virDomainDef *)def, validateAlias, &walk);
}

static bool sameHostdev(const virDomainHostdevDef *a, const virDomainHostdevDef *b)
{
    if (a->mode != b->mode || a->type != b->type || a->mode != VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM)
        return false;
    switch (a->type) {
    case VIR_DOMAIN_HOSTDEV_TYPE_PCI:
        return a->pci.domain == b->pci.domain && a->pci.bus == b->pci.bus && a->pci.slot == b->pci.slot && a->pci.function == b->pci.function;
    case VIR_DOMAIN_HOSTDEV_TYPE_USB:
        return a->hasUsbAddress && b->hasUsbAddress ? a->usbBus == b->usbBus && a->usbDevice == b->usbDevice
                                                    : a->hasVendor && b->hasVendor && !a->hasUsbAddress && !b->hasUsbAddress && a->vendor == b->vendor && a->product == b->product;
    case VIR_DOMAIN_HOSTDEV_TYPE_MDEV:
        return memcmp(a->mdevUuid, b->mdevUuid, 16) == 0;
    case VIR_DOMAIN_HOSTDEV_TYPE_SCSI:
        return a->protocol == b->protocol && a->protocol == VIR_DOMAIN_HOSTDEV_SCSI_PROTOCOL_NONE && g_strcmp0(a->adapter, b->adapter) == 0 && a->scsiBus == b->scsiBus
               && a->scsiTarget == b->scsiTarget && a->scsiUnit == b->scsiUnit;
    default:
        return false;
    }
}

static bool validateHostdevs(const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->hostdevs.n; i++)
        for (unsigned int j = 0; j < i; j++)
            if (sameHostdev(def->hostdevs.v[i], def->hostdevs.v[j])) {
                virSetError(error, VIR_ERR_XML_ERROR, "Hostdev already exists in the domain configuration");
                return false;
            }
    return true;
}

static bool validateMachine(const virDomainDef *def, GError **error)
{
    const virDomainOSDef *os = &def->os;
    bool nvram = os->nvram || os->nvramTemplate || os->nvramSource.type;
    if (nvram && !os->loader && os->firmware != VIR_DOMAIN_OS_FIRMWARE_EFI && !os->firmware) {
        virSetError(error, VIR_ERR_XML_DETAIL, "Only EFI firmware permits NVRAM");
        return false;
    }
    if (nvram && os->loader && os->loaderType != VIR_DOMAIN_LOADER_TYPE_PFLASH && !os->firmware) {
        virSetError(error, VIR_ERR_XML_DETAIL, "Only pflash loader type permits NVRAM");
        return false;
    }
    if (nvram && os->loaderStateless == VIR_TRISTATE_BOOL_YES) {
        virSetError(error, VIR_ERR_XML_DETAIL, "NVRAM is not permitted when loader is stateless");
        return false;
    }
    return true;
}

bool virDomainDefValidate(const virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    if (!validateMachine(def, error) || !validateDisks(def, error) || !validateUnique(def, error) || !validateHostdevs(def, error))
        return false;
    return !conf->validate || conf->validate(conf, def, error);
}
