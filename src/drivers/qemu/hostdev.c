/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host for a guest of ours: taken and given back, their nodes and descriptors, and the memory that must stay where it is. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.hostdev"
#include "drivers/qemu/qemu.h"
#include "base/log.h"
#include "base/util.h"
#include "host/usb.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Has the host an IOMMU, and vfio to use it? */
static bool checkVfio(const virDomainDef *def, GError **error)
{
    const virHost *host = virHostLocal();
    g_autofree char *groups = g_strconcat(host->sys, "/kernel/iommu_groups", NULL), *node = g_strconcat(host->dev, "/vfio/vfio", NULL);
    g_autoptr(GDir) dir = g_dir_open(groups, 0, NULL);
    bool isPci = false;
    if (!virHostdevsDMA(def) || (access(node, F_OK) == 0 && dir && g_dir_read_name(dir)))
        return true;
    for (unsigned int i = 0; i < def->nets.n; i++)
        isPci |= def->nets.v[i]->type == VIR_DOMAIN_NET_TYPE_HOSTDEV;
    for (unsigned int i = 0; i < def->hostdevs.n; i++)
        isPci |= def->hostdevs.v[i]->type == VIR_DOMAIN_HOSTDEV_TYPE_PCI;
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, isPci ? "host doesn't support passthrough of host PCI devices"
                                                         : "Mediated host device assignment requires VFIO support");
    return false;
}

/* The running guest's document says what was open before. */
static void nameBackends(virDomainDef *def)
{
    for (unsigned int i = 0; i < def->nets.n; i++)
        if (def->nets.v[i]->type == VIR_DOMAIN_NET_TYPE_HOSTDEV && def->nets.v[i]->hostdevType == VIR_DOMAIN_HOSTDEV_TYPE_PCI)
            def->nets.v[i]->driverName = VIR_DOMAIN_NET_DRIVER_VFIO;
    for (unsigned int i = 0; i < def->hostdevs.n; i++) {
        virDomainHostdevDef *h = def->hostdevs.v[i];
        if (h->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM && h->type == VIR_DOMAIN_HOSTDEV_TYPE_PCI)
            h->backend = VIR_DOMAIN_HOSTDEV_PCI_BACKEND_VFIO;
    }
}

bool qemuHostdevsTake(virDomainObj *obj, virDomainDef *def, bool cold, GError **error)
{
    virHostdevOwner owner = virEngineHostdevOwner(virDomainObjEngine(obj));
    unsigned int flags = (cold ? VIR_HOSTDEV_COLD : 0) | (qemuDriverOfObj(obj)->settings.relaxedAcs ? VIR_HOSTDEV_RELAXED_ACS : 0);
    if (!checkVfio(def, error) || !virHostdevsPrepare(virHostdevsGet(), &owner, def, flags, error))
        return false;
    nameBackends(def);
    return true;
}

void qemuHostdevsGive(virDomainObj *obj, const unsigned char *uuid, const virDomainDef *keep)
{
    virHostdevOwner owner = virEngineHostdevOwner(virDomainObjEngine(obj));
    virHostdevsRelease(virHostdevsGet(), &owner, uuid, keep);
}

/* ---- nodes ---- */

static void addGroup(GPtrArray *paths, int group)
{
    if (group >= 0)
        g_ptr_array_add(paths, g_strdup_printf("%s/vfio/%d", virHostLocal()->dev, group));
}

static void addPCI(GPtrArray *paths, const virPCIAddress *a)
{
    virHostPCIAddress address = { a->domain, a->bus, a->slot, a->function };
    addGroup(paths, virPCIDeviceAddressGetIOMMUGroupNum(virHostLocal(), &address, NULL));
}

/* The device behind the group, and what opens it to us. */
static void addIommufd(GPtrArray *paths, const virPCIAddress *a)
{
    virHostPCIAddress address = { a->domain, a->bus, a->slot, a->function };
    g_autofree char *folder = virHostPCIPath(virHostLocal(), &address, "vfio-dev");
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name = dir ? g_dir_read_name(dir) : NULL;
    if (name)
        g_ptr_array_add(paths, g_strdup_printf("%s/vfio/devices/%s", virHostLocal()->dev, name));
    g_ptr_array_add(paths, g_strconcat(virHostLocal()->dev, "/iommu", NULL));
}

static void addMdev(GPtrArray *paths, const virDomainHostdevDef *h)
{
    char uuid[37];
    virUUIDFormat(h->mdevUuid, uuid);
    g_autofree char *link = g_strdup_printf("%s/bus/mdev/devices/%s/iommu_group", virHostLocal()->sys, uuid), *target = g_file_read_link(link, NULL);
    const char *number = target ? strrchr(target, '/') : NULL;
    if (number)
        addGroup(paths, atoi(number + 1));
}

static void addHostdev(GPtrArray *paths, const virDomainHostdevDef *h)
{
    if (h->mode != VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM)
        return;
    if (h->type == VIR_DOMAIN_HOSTDEV_TYPE_PCI && h->iommufd == VIR_TRISTATE_BOOL_YES)
        addIommufd(paths, &h->pci);
    else if (h->type == VIR_DOMAIN_HOSTDEV_TYPE_PCI)
        addPCI(paths, &h->pci);
    else if (h->type == VIR_DOMAIN_HOSTDEV_TYPE_MDEV)
        addMdev(paths, h);
    else if (h->type == VIR_DOMAIN_HOSTDEV_TYPE_USB && h->hasUsbAddress && h->missing != VIR_TRISTATE_BOOL_YES)
        g_ptr_array_add(paths, virHostUSBNode(virHostLocal(), h->usbBus, h->usbDevice));
    else if (h->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI && h->protocol != VIR_DOMAIN_HOSTDEV_SCSI_PROTOCOL_ISCSI && h->iscsi.path)
        g_ptr_array_add(paths, g_strdup(h->iscsi.path));
}

GPtrArray *qemuHostdevNodes(const virDomainDef *def)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    for (unsigned int i = 0; i < def->nets.n; i++) {
        const virDomainNetDef *net = def->nets.v[i];
        if (net->type != VIR_DOMAIN_NET_TYPE_HOSTDEV)
            continue;
        if (net->hostdevType == VIR_DOMAIN_HOSTDEV_TYPE_USB)
            g_ptr_array_add(paths, virHostUSBNode(virHostLocal(), net->hostdevUsbBus, net->hostdevUsbDevice));
        else
            addPCI(paths, &net->hostdevPci);
    }
    for (unsigned int i = 0; i < def->hostdevs.n; i++)
        addHostdev(paths, def->hostdevs.v[i]);
    return paths;
}

/* ---- descriptors ---- */

static bool isVhost(const virDomainHostdevDef *h)
{
    return h->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM && h->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI_HOST;
}

bool qemuHostdevOpen(const virDomainDef *def, const virDomainDef *old, GHashTable *sockets, GError **error)
{
    g_autofree char *path = g_strconcat(virHostLocal()->dev, "/vhost-scsi", NULL);
    for (unsigned int i = 0; i < def->hostdevs.n; i++) {
        const virDomainHostdevDef *h = def->hostdevs.v[i];
        bool known = false;
        for (unsigned int k = 0; old && k < old->hostdevs.n; k++)
            known |= g_strcmp0(old->hostdevs.v[k]->info.alias, h->info.alias) == 0;
        if (!isVhost(h) || known)
            continue;
        int fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0) {
            virSetSystemError(error, errno, "failed to open %s", path);
            return false;
        }
        g_hash_table_insert(sockets, qemuVhostScsiKey(h), GINT_TO_POINTER(fd + 1));
    }
    return true;
}

/* ---- locked memory ---- */

unsigned long long qemuLockedBytes(const virDomainDef *def)
{
    const unsigned long long spare = 1ULL << 30;        /* for what devices map beside memory */
    unsigned int spaces = virHostdevsDMA(def);
    if (!spaces && !def->mem.locked)
        return 0;
    if (def->mem.hasHardLimit)
        return def->mem.hardLimit << 10;
    if (def->mem.locked)
        return ULLONG_MAX;
    /* behind an IOMMU of the guest's each device has an address space of its own, and each pins all of it */
    return (unsigned long long)(def->iommu ? spaces : 1) * (def->memory << 10) + spare;
}

bool qemuLockedRaise(virDomainObj *obj, const virDomainDef *def, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    unsigned long long wanted = qemuLockedBytes(def), now = 0;
    if (!wanted || view->pid <= 0)
        return true;
    return virProcessMemlock(view->pid, NULL, &now, error) && (now >= wanted || virProcessMemlock(view->pid, &wanted, NULL, error));
}
