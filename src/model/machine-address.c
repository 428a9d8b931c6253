/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses on the buses of other machines than PCs: CCW of s390, virtio-mmio of ARM boards, VIO of pseries, and the
 * numbers that s390 gives its PCI functions beside their PCI addresses.
 */
#define VIR_FROM VIR_FROM_DOMAIN
#include <string.h>
#include "base/error.h"
#include "model/machine-defaults.h"
#include "model/passes.h"

typedef struct {
    GHashTable *used;
    virDeviceAddressType type;
    GError **error;
} virBusWalk;

/* Does the device sit on the virtio bus, whatever that is on this machine? */
static bool isVirtio(const char *kind, const void *device, virDeviceAddressType type)
{
    if (strcmp(kind, "disk") == 0)
        return ((const virDomainDiskDef *)device)->bus == VIR_DOMAIN_DISK_BUS_VIRTIO;
    if (strcmp(kind, "interface") == 0)
        return ((const virDomainNetDef *)device)->model && g_str_has_prefix(((const virDomainNetDef *)device)->model, "virtio");
    if (strcmp(kind, "hostdev") == 0) {
        const virDomainHostdevDef *dev = device;
        return dev->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM &&
               (dev->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI_HOST ||
                (dev->type == VIR_DOMAIN_HOSTDEV_TYPE_MDEV && dev->model == VIR_DOMAIN_HOSTDEV_MODEL_VFIO_CCW &&
                 type == VIR_DEVICE_ADDRESS_CCW));
    }
    if (strcmp(kind, "video") == 0)
        return ((const virDomainVideoDef *)device)->type == VIR_DOMAIN_VIDEO_VIRTIO;
    if (strcmp(kind, "controller") == 0) {
        const virDomainControllerDef *c = device;
        return c->type == VIR_DOMAIN_CONTROLLER_SCSI || c->type == VIR_DOMAIN_CONTROLLER_VIRTIO_SERIAL;
    }
    if (strcmp(kind, "input") == 0)
        return ((const virDomainInputDef *)device)->bus == VIR_DOMAIN_INPUT_BUS_VIRTIO;
    if (strcmp(kind, "filesystem") == 0)
        return true;
    if (strcmp(kind, "memballoon") == 0)
        return ((const virDomainMemballoonDef *)device)->model != VIR_DOMAIN_MEMBALLOON_NONE;
    return strcmp(kind, "rng") == 0 || strcmp(kind, "vsock") == 0 || strcmp(kind, "crypto") == 0;
}

/* --- CCW and virtio-mmio --- */

static gpointer ccwKey(const virCCWAddress *a)
{
    return GUINT_TO_POINTER(a->cssid << 18 | a->ssid << 16 | a->devno);
}

static bool reserveCcw(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virBusWalk *walk = data;
    const virCCWAddress *a = &info->addr.ccw;
    if (info->addr.type != VIR_DEVICE_ADDRESS_CCW || !a->assigned || g_hash_table_add(walk->used, ccwKey(a)))
        return true;
    virSetError(walk->error, VIR_ERR_XML_ERROR, "The CCW devno '%x.%x.%04x' is in use already", a->cssid, a->ssid,
                a->devno);
    return false;
}

static bool placeCcw(virBusWalk *walk, virDeviceInfo *info)
{
    enum { VIRTUAL_CSSID = 0xfe, LAST_DEVNO = 0xffff, LAST_SSID = 3 };
    for (unsigned int n = 0; n <= (LAST_SSID << 16 | LAST_DEVNO); n++) {
        virCCWAddress a = { VIRTUAL_CSSID, n >> 16, n & LAST_DEVNO, true, true, true, true };
        if (!g_hash_table_add(walk->used, ccwKey(&a)))
            continue;
        info->addr.type = VIR_DEVICE_ADDRESS_CCW;
        info->addr.ccw = a;
        return true;
    }
    virSetError(walk->error, VIR_ERR_INTERNAL_ERROR, "There are no more free CCW devnos.");
    return false;
}

static bool placeVirtio(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virBusWalk *walk = data;
    bool open = info->addr.type == VIR_DEVICE_ADDRESS_NONE ||
                (info->addr.type == VIR_DEVICE_ADDRESS_CCW && !info->addr.ccw.assigned);
    if (!open || (info->addr.type == VIR_DEVICE_ADDRESS_NONE && !isVirtio(kind, device, walk->type)))
        return true;
    if (walk->type == VIR_DEVICE_ADDRESS_CCW)
        return placeCcw(walk, info);
    info->addr.type = walk->type;
    return true;
}

bool virDomainAssignVirtio(virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    static const char *const order[] = { "disk", "interface", "hostdev", "video", "controller", "input", "filesystem",
                                         "memballoon", "rng", "vsock", "crypto" };
    unsigned int traits = virMachineOf(def)->traits;
    if (!(traits & (VIR_MACHINE_CCW | VIR_MACHINE_MMIO)))
        return true;
    g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL);
    virBusWalk walk = { .used = used, .error = error };
    walk.type = traits & VIR_MACHINE_CCW ? VIR_DEVICE_ADDRESS_CCW : VIR_DEVICE_ADDRESS_VIRTIO_MMIO;
    if (!virDomainDefForeachInfo(def, reserveCcw, &walk))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        if (!virDomainDefForeachInfoOf(def, order[i], placeVirtio, &walk))
            return false;
    return true;
}

/* --- VIO --- */

/* Where the search for a free register begins; 0: not a device of this bus. */
static unsigned long long vioStart(const virDomainDef *def, const char *kind, const void *device)
{
    if (strcmp(kind, "interface") == 0)
        return g_strcmp0(((const virDomainNetDef *)device)->model, "spapr-vlan") == 0 ? 0x1000 : 0;
    if (strcmp(kind, "controller") == 0) {
        const virDomainControllerDef *c = device;
        return c->type == VIR_DOMAIN_CONTROLLER_SCSI && c->scsiModel == VIR_DOMAIN_CONTROLLER_SCSI_IBMVSCSI ? 0x2000 : 0;
    }
    if (strcmp(kind, "serial") == 0)
        return virMachineHas(def, VIR_MACHINE_SPAPR) && ((const virDomainChrDef *)device)->serialTarget ==
                                                            VIR_DOMAIN_CHR_SERIAL_TARGET_SPAPR_VIO_SERIAL
                   ? 0x30000000
                   : 0;
    if (strcmp(kind, "nvram") == 0)
        return virMachineHas(def, VIR_MACHINE_SPAPR) ? 0x3000 : 0;
    if (strcmp(kind, "tpm") == 0)
        return ((const virDomainTpmDef *)device)->model == VIR_DOMAIN_TPM_MODEL_TPM_SPAPR ? 0x4000 : 0;
    return 0;
}

static bool reserveVio(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virBusWalk *walk = data;
    const virSpaprVioAddress *a = &info->addr.spaprvio;
    if (info->addr.type != VIR_DEVICE_ADDRESS_SPAPR_VIO || !a->hasReg || virDomainIsMirror(def, kind, device) ||
        g_hash_table_add(walk->used, GSIZE_TO_POINTER(a->reg)))
        return true;
    virErrorSet(walk->error, VIR_FROM_QEMU, VIR_ERR_XML_ERROR, "spapr-vio address %#llx already in use", a->reg);
    return false;
}

static bool placeVio(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virBusWalk *walk = data;
    virDeviceAddress *a = &info->addr;
    bool open = a->type == VIR_DEVICE_ADDRESS_NONE || (a->type == VIR_DEVICE_ADDRESS_SPAPR_VIO && !a->spaprvio.hasReg);
    unsigned long long reg = open ? vioStart(def, kind, device) : 0;
    if (!reg)
        return true;
    while (!g_hash_table_add(walk->used, GSIZE_TO_POINTER(reg)))
        reg += 0x1000;
    a->type = VIR_DEVICE_ADDRESS_SPAPR_VIO;
    a->spaprvio = (virSpaprVioAddress){ reg, true };
    return true;
}

bool virDomainAssignVio(virDomainDef *def, const virDomainParseConfig *conf, GError **error)
{
    static const char *const order[] = { "interface", "controller", "serial", "nvram", "tpm" };
    g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL);
    virBusWalk walk = { .used = used, .error = error };
    if (!virDomainDefForeachInfo(def, reserveVio, &walk))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        if (!virDomainDefForeachInfoOf(def, order[i], placeVio, &walk))
            return false;
    return true;
}

/* --- zPCI --- */

typedef struct {
    GHashTable *uids, *fids;
    unsigned int known;
    GError **error;
} virZpciWalk;

static bool reserveZpci(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virZpciWalk *walk = data;
    const virPCIAddress *a = &info->addr.pci;
    if (info->addr.type != VIR_DEVICE_ADDRESS_PCI)
        return true;
    if (a->hasZpciUid && (a->zpciUid == 0 || a->zpciUid > 0xffff)) {
        virErrorSet(walk->error, VIR_FROM_QEMU, VIR_ERR_XML_ERROR,
                    "Invalid PCI address uid='0x%04x', must be > 0x0000 and <= 0xffff", a->zpciUid);
        return false;
    }
    if (a->hasZpciUid && !g_hash_table_add(walk->uids, GUINT_TO_POINTER(a->zpciUid))) {
        virSetError(walk->error, VIR_ERR_INTERNAL_ERROR, "zPCI uid %x is already reserved", a->zpciUid);
        return false;
    }
    if (a->hasZpciFid && !g_hash_table_add(walk->fids, GUINT_TO_POINTER(a->zpciFid))) {
        virSetError(walk->error, VIR_ERR_INTERNAL_ERROR, "zPCI fid %x is already reserved", a->zpciFid);
        return false;
    }
    return true;
}

static bool placeZpci(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data)
{
    virZpciWalk *walk = data;
    virPCIAddress *a = &info->addr.pci;
    if (info->addr.type != VIR_DEVICE_ADDRESS_PCI)
        return true;
    for (unsigned int i = walk->known; strcmp(kind, "controller") == 0 && i < def->controllers.n; i++)
        if (def->controllers.v[i] == device)
            return true;
    unsigned int uid = 1, fid = 0;
    while (!a->hasZpciUid && !g_hash_table_add(walk->uids, GUINT_TO_POINTER(uid)))
        uid++;
    while (!a->hasZpciFid && !g_hash_table_add(walk->fids, GUINT_TO_POINTER(fid)))
        fid++;
    if (!a->hasZpciUid)
        a->zpciUid = uid;
    if (!a->hasZpciFid)
        a->zpciFid = fid;
    a->hasZpciUid = a->hasZpciFid = true;
    return true;
}

bool virDomainAssignZpci(virDomainDef *def, unsigned int known, GError **error)
{
    if (!virMachineHas(def, VIR_MACHINE_CCW))
        return true;
    g_autoptr(GHashTable) uids = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) fids = g_hash_table_new(NULL, NULL);
    virZpciWalk walk = { uids, fids, known, error };
    return virDomainDefForeachInfo(def, reserveZpci, &walk) && virDomainDefForeachInfo(def, placeZpci, &walk);
}
