/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must hold between the parts of a definition, whatever the driver. The driver's own rules follow in
 * conf->validate. */
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
                virSetError(error, VIR_ERR_XML_ERROR, "target '%s' duplicated for disk sources '%s' and '%s'",
                            a->dst, b->src.path ? b->src.path : "", a->src.path ? a->src.path : "");
                return false;
            }
            if (a->bus == b->bus && a->info.addr.type == VIR_DEVICE_ADDRESS_DRIVE &&
                b->info.addr.type == VIR_DEVICE_ADDRESS_DRIVE &&
                memcmp(&a->info.addr.drive, &b->info.addr.drive, sizeof(virDriveAddress)) == 0) {
                virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            "Found duplicate drive address for disk with target name '%s' controller='%u' "
                            "bus='%u' target='%u' unit='%u'",
                            b->dst, b->info.addr.drive.controller, b->info.addr.drive.bus,
                            b->info.addr.drive.target, b->info.addr.drive.unit);
                return false;
            }
        }
        bool drive = a->bus == VIR_DOMAIN_DISK_BUS_IDE || a->bus == VIR_DOMAIN_DISK_BUS_SATA ||
                     a->bus == VIR_DOMAIN_DISK_BUS_SCSI || a->bus == VIR_DOMAIN_DISK_BUS_FDC;
        virDeviceAddressType type = a->info.addr.type;
        if (type != VIR_DEVICE_ADDRESS_NONE && type != VIR_DEVICE_ADDRESS_UNASSIGNED &&
            drive && type != VIR_DEVICE_ADDRESS_DRIVE) {
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                        "Invalid address type '%s' for the disk '%s' with the bus type '%s'",
                        virDeviceAddressTypeToString(type), a->dst, virDomainDiskBusToString(a->bus));
            return false;
        }
    }
    return true;
}

typedef struct {
    GHashTable *seen;
    bool alias;
    GError **error;
} virUniqueWalk;

static bool validateBootOrder(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info,
                              void *data)
{
    virUniqueWalk *walk = data;
    if (!info->bootIndex || g_hash_table_add(walk->seen, GUINT_TO_POINTER(info->bootIndex)))
        return true;
    virSetError(walk->error, VIR_ERR_CONFIG_UNSUPPORTED, "boot order %u used for more than one device",
                info->bootIndex);
    return false;
}

static bool validateAlias(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virUniqueWalk *walk = data;
    if (!info->alias || virDomainIsMirror(def, kind, device) || !g_str_has_prefix(info->alias, "ua-") ||
        g_hash_table_add(walk->seen, info->alias))
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

bool virDomainHostdevSame(const virDomainHostdevDef *a, const virDomainHostdevDef *b)
{
    if (a->mode != b->mode || a->type != b->type || a->mode != VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM)
        return false;
    switch (a->type) {
    case VIR_DOMAIN_HOSTDEV_TYPE_PCI:
        return a->pci.domain == b->pci.domain && a->pci.bus == b->pci.bus && a->pci.slot == b->pci.slot &&
               a->pci.function == b->pci.function;
    case VIR_DOMAIN_HOSTDEV_TYPE_USB:
        return a->hasUsbAddress && b->hasUsbAddress
                   ? a->usbBus == b->usbBus && a->usbDevice == b->usbDevice
                   : a->hasVendor && b->hasVendor && !a->hasUsbAddress && !b->hasUsbAddress &&
                         a->vendor == b->vendor && a->product == b->product;
    case VIR_DOMAIN_HOSTDEV_TYPE_MDEV:
        return memcmp(a->mdevUuid, b->mdevUuid, 16) == 0;
    case VIR_DOMAIN_HOSTDEV_TYPE_SCSI_HOST:
        return g_strcmp0(a->wwpn, b->wwpn) == 0;
    case VIR_DOMAIN_HOSTDEV_TYPE_SCSI:
        if (a->protocol != b->protocol)
            return false;
        if (a->protocol == VIR_DOMAIN_HOSTDEV_SCSI_PROTOCOL_ISCSI)
            return g_strcmp0(a->iscsi.name, b->iscsi.name) == 0 && a->iscsi.hosts.n == b->iscsi.hosts.n &&
                   (!a->iscsi.hosts.n || (g_strcmp0(a->iscsi.hosts.v[0]->name, b->iscsi.hosts.v[0]->name) == 0 &&
                                          a->iscsi.hosts.v[0]->port == b->iscsi.hosts.v[0]->port));
        return g_strcmp0(a->adapter, b->adapter) == 0 && a->scsiBus == b->scsiBus &&
               a->scsiTarget == b->scsiTarget && a->scsiUnit == b->scsiUnit;
    default:
        return false;
    }
}

static bool validateHostdevs(const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->hostdevs.n; i++)
        for (unsigned int j = 0; j < i; j++)
            if (virDomainHostdevSame(def->hostdevs.v[i], def->hostdevs.v[j])) {
                virSetError(error, VIR_ERR_XML_ERROR, "Hostdev already exists in the domain configuration");
                return false;
            }
    return true;
}

static bool validateScsiHostdevs(const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->hostdevs.n; i++) {
        const virDomainHostdevDef *a = def->hostdevs.v[i];
        const virDriveAddress *d = &a->info.addr.drive;
        bool drive = a->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI && a->info.addr.type == VIR_DEVICE_ADDRESS_DRIVE;
        for (unsigned int j = 0; drive && j < i; j++) {
            const virDomainHostdevDef *b = def->hostdevs.v[j];
            if (b->type != a->type || b->info.addr.type != a->info.addr.type ||
                memcmp(&b->info.addr.drive, d, sizeof(*d)) != 0)
                continue;
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                        "SCSI host address controller='%u' bus='%u' target='%u' unit='%u' in use by another "
                        "SCSI host device",
                        d->controller, d->bus, d->target, d->unit);
            return false;
        }
    }
    return true;
}

static bool validateMdevs(const virDomainDef *def, GError **error)
{
    unsigned int ramfb = 0;
    for (unsigned int i = 0; i < def->hostdevs.n; i++) {
        const virDomainHostdevDef *dev = def->hostdevs.v[i];
        if (dev->mode != VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM || dev->type != VIR_DOMAIN_HOSTDEV_TYPE_MDEV)
            continue;
        virDeviceAddressType want =
            dev->model == VIR_DOMAIN_HOSTDEV_MODEL_VFIO_CCW ? VIR_DEVICE_ADDRESS_CCW : VIR_DEVICE_ADDRESS_PCI;
        virDeviceAddressType type = dev->info.addr.type;
        ramfb += dev->ramfb == VIR_TRISTATE_SWITCH_ON;
        if (type != VIR_DEVICE_ADDRESS_NONE && type != VIR_DEVICE_ADDRESS_UNASSIGNED && type != want) {
            virSetError(
                error, VIR_ERR_XML_ERROR, "Unsupported address type '%s' with mediated device model '%s'",
                virDeviceAddressTypeToString(type), virDomainHostdevScsiHostModelToString(dev->model));
            return false;
        }
    }
    if (ramfb > 1) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Only one vgpu device can have 'ramfb' enabled");
        return false;
    }
    for (unsigned int i = 0; i < def->videos.n; i++) {
        if (def->videos.v[i]->type != VIR_DOMAIN_VIDEO_RAMFB ||
            def->videos.v[i]->info.addr.type == VIR_DEVICE_ADDRESS_NONE)
            continue;
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "address not supported for video type ramfb");
        return false;
    }
    return true;
}

/* Huge pages and NUMA policies name guest cells that exist. */
static bool validateNuma(const virDomainDef *def, GError **error)
{
    int cells = MAX(def->cpu.cells.n, 1);
    for (unsigned int i = 0; i < def->mem.pages.n; i++) {
        int node = virBitmapNext(def->mem.pages.v[i]->nodemask, cells - 1);
        if (node < 0)
            continue;
        virSetError(error, VIR_ERR_XML_DETAIL, "hugepages: node %d not found", node);
        return false;
    }
    const virDomainNumatune *tune = &def->numatune;
    if (tune->hasMemory && tune->placement == VIR_DOMAIN_CPU_PLACEMENT_STATIC && !tune->nodeset) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "nodeset for NUMA memory tuning must be set if 'placement' is 'static'");
        return false;
    }
    if (tune->nodes.n && !def->cpu.cells.n) {
        virSetError(error, VIR_ERR_XML_ERROR, "Element 'memnode' is invalid without any guest NUMA cells");
        return false;
    }
    for (unsigned int i = 0; i < tune->nodes.n; i++) {
        if (tune->placement == VIR_DOMAIN_CPU_PLACEMENT_AUTO) {
            virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED,
                        "Per-node binding is not compatible with automatic NUMA placement.");
            return false;
        }
        if (tune->hasMemory && tune->mode == VIR_DOMAIN_NUMATUNE_RESTRICTIVE &&
            tune->nodes.v[i]->mode != VIR_DOMAIN_NUMATUNE_RESTRICTIVE) {
            virSetError(error, VIR_ERR_XML_ERROR,
                        "'restrictive' mode is required in memnode element when mode is 'restrictive' in "
                        "memory element");
            return false;
        }
    }
    return true;
}

static bool hasIothread(const virDomainDef *def, unsigned int id, GError **error)
{
    for (unsigned int i = 0; i < def->iothreads.n; i++)
        if (def->iothreads.v[i]->id == id)
            return true;
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Cannot find 'iothread' : %u", id);
    return false;
}

/* Pins and schedulers are of threads that exist. */
static bool validateThreads(const virDomainDef *def, GError **error)
{
    for (unsigned int i = 0; i < def->cputune.vcpuscheds.n; i++) {
        int vcpu = virBitmapNext(def->cputune.vcpuscheds.v[i]->ids, (int)def->maxVcpus - 1);
        if (vcpu < 0)
            continue;
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "vCPU '%d' is not present in domain definition", vcpu);
        return false;
    }
    for (unsigned int i = 0; i < def->cputune.iothreadpins.n; i++)
        if (!hasIothread(def, def->cputune.iothreadpins.v[i]->id, error))
            return false;
    for (unsigned int i = 0; i < def->cputune.iothreadscheds.n; i++)
        for (int id = -1; (id = virBitmapNext(def->cputune.iothreadscheds.v[i]->ids, id)) >= 0;)
            if (!hasIothread(def, id, error))
                return false;
    for (unsigned int i = 1; i < def->cputune.vcpuscheds.n; i++)
        if (virBitmapOverlaps(def->cputune.vcpuscheds.v[i]->ids,
                              def->cputune.vcpuscheds.v[i - 1]->ids)) { /* sorted by vCPU */
            virSetError(error, VIR_ERR_XML_DETAIL, "'vcpusched' attributes 'vcpus' must not overlap");
            return false;
        }
    return true;
}

static bool validateLoadparm(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info,
                             void *data)
{
    size_t len = info->loadparm ? strlen(info->loadparm) : 1;
    if (len >= 1 && len <= 8)
        return true;
    virSetError((GError **)data, VIR_ERR_INTERNAL_ERROR,
                "loadparm value '%s' must be between 1 and 8 characters", info->loadparm);
    return false;
}

static bool validateMachine(const virDomainDef *def, GError **error)
{
    const virDomainOSDef *os = &def->os;
    bool nvram =
        os->nvram || os->nvramTemplate || os->nvramSource.type || os->loaderStateless == VIR_TRISTATE_BOOL_NO;
    if (nvram && !os->loader && os->firmware != VIR_DOMAIN_OS_FIRMWARE_EFI) {
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
    if (!validateMachine(def, error) || !validateDisks(def, error) || !validateUnique(def, error) ||
        !validateHostdevs(def, error) || !validateScsiHostdevs(def, error) || !validateMdevs(def, error) ||
        !validateNuma(def, error) || !validateThreads(def, error) || !virDomainValidateDevices(def, conf, error) || !virDomainDefForeachInfo((virDomainDef *)def, validateLoadparm, error))
        return false;
    if (virDomainConfHas(conf, VIR_DOMAIN_CONF_QEMU) && !virDomainQemuValidate(def, conf, error))
        return false;
    return !conf->validate || conf->validate(conf, def, error);
}
