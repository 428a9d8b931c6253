/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IOMMU groups of PCI devices. See pci.h. */
#define VIR_FROM VIR_FROM_NONE
#include "host/pci.h"
#include "host/attr.h"
#include "base/error.h"
#include <errno.h>

int virPCIDeviceAddressGetIOMMUGroupNum(const virHost *host, const virHostPCIAddress *address, GError **error)
{
    g_autofree char *path = virHostPCIPath(host, address, "iommu_group"), *name = NULL;
    guint64 group;
    int code = virAttrReadLink(path, &name);
    if (code == 0 && g_ascii_string_to_unsigned(name, 10, 0, G_MAXINT, &group, NULL))
        return group;
    if (code == ENOENT)
        return -2;
    g_autofree char *text = virHostPCIAddressFormat(address);
    if (code != 0)
        virSetSystemError(error, code, "Unable to resolve device %s iommu_group symlink %s", text, path);
    else
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "device %s iommu_group symlink %s has invalid group number %s", text, path, name);
    return -1;
}

int virPCIDeviceAddressIOMMUGroupIterate(const virHost *host, const virHostPCIAddress *address, virPCIDeviceAddressActor actor,
                                         gpointer opaque, GError **error)
{
    int group = virPCIDeviceAddressGetIOMMUGroupNum(host, address, error);
    if (group < 0)
        return group == -2 ? 0 : -1;
    g_autofree char *path = virHostPCIPath(host, address, "iommu_group/devices");
    g_auto(GStrv) names = NULL;
    int code = virAttrList(path, &names);
    if (code != 0) {
        g_autofree char *text = virHostPCIAddressFormat(address);
        virSetSystemError(error, code, "Unable to list the devices of IOMMU group %d of device %s in %s", group, text, path);
        return -1;
    }
    for (char **name = names; *name; name++) {
        virHostPCIAddress member;
        /* other buses have groups too, and mediated devices lie in them by UUID */
        if (virHostPCIAddressParse(*name, &member) && actor(&member, opaque, error) < 0)
            return -1;
    }
    return 0;
}

typedef struct { const virHost *host; const virHostPCIDevice *original; GPtrArray *list; } virGroupReading;

static int addDevice(const virHostPCIAddress *address, gpointer opaque, GError **error)
{
    const virGroupReading *r = opaque;
    virHostPCIDevice *device;
    if (r->original && virHostPCIAddressEqual(address, &r->original->address))
        device = virHostPCIDeviceCopy(r->original);
    else
        device = virHostPCIDeviceRead(r->host, address, error);
    if (!device)
        return -1;
    g_ptr_array_add(r->list, device);
    return 0;
}

static GPtrArray *groupList(const virHost *host, const virHostPCIAddress *address, const virHostPCIDevice *original, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)virHostPCIDeviceFree);
    virGroupReading reading = { host, original, list };
    if (virPCIDeviceAddressIOMMUGroupIterate(host, address, addDevice, &reading, error) < 0)
        return NULL;
    return g_steal_pointer(&list);
}

GPtrArray *virPCIDeviceGetIOMMUGroupList(const virHost *host, const virHostPCIDevice *device, GError **error)
{
    return groupList(host, &device->address, device, error);
}

static int addAddress(const virHostPCIAddress *address, gpointer opaque, G_GNUC_UNUSED GError **error)
{
    g_array_append_vals(opaque, address, 1);
    return 0;
}

int virPCIDeviceAddressGetIOMMUGroupAddresses(const virHost *host, const virHostPCIAddress *address, virHostPCIAddress **addresses,
                                              size_t *n, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(virHostPCIAddress));
    if (virPCIDeviceAddressIOMMUGroupIterate(host, address, addAddress, list, error) < 0)
        return -1;
    *n = list->len;
    *addresses = (virHostPCIAddress *)g_array_free(g_steal_pointer(&list), FALSE);
    return 0;
}

char *virPCIDeviceGetIOMMUGroupDev(const virHost *host, const virHostPCIAddress *address, GError **error)
{
    int group = virPCIDeviceAddressGetIOMMUGroupNum(host, address, error);
    if (group >= 0)
        return g_strdup_printf("%s/vfio/%d", host->dev, group);
    if (group == -2) {
        g_autofree char *text = virHostPCIAddressFormat(address);
        virSetError(error, VIR_ERR_INTERNAL_ERROR,
                    "PCI device %s is in no IOMMU group: is the IOMMU switched on in the firmware and the kernel?", text);
    }
    return NULL;
}

GPtrArray *virHostPCIGroupHolders(const virHost *host, const virHostPCIAddress *address, GError **error)
{
    GPtrArray *list = groupList(host, address, NULL, error);
    for (guint i = list ? list->len : 0; i > 0; i--) {
        const virHostPCIDevice *d = list->pdata[i - 1];
        if (!d->driver || g_str_equal(d->driver, "pci-stub") || g_str_equal(d->driver, "pcieport") ||
            virHostPCIDriverIsVfio(host, &d->address, d->driver))
            g_ptr_array_remove_index(list, i - 1);
    }
    return list;
}
