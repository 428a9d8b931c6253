/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCI devices taken from the host's drivers, given back, reset. */
#define VIR_FROM VIR_FROM_NODEDEV
#include "drivers/nodedev/nodedev.h"
#include "engine/hostdev.h"
#include "host/pci.h"
#include <string.h>

enum { BIND_MS = 15 * 1000 };

/* What a guest has is not to be touched: neither taken, nor given back, nor reset. */
static bool isFree(const virHostPCIAddress *address, bool reset, GError **error)
{
    g_autofree char *driver = NULL, *guest = NULL, *text = virHostPCIAddressFormat(address);
    if (!virHostdevsHolder(virHostdevsGet(), address, &driver, &guest))
        return true;
    if (reset)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Not resetting active device %s (driver %s, domain %s)", text, driver, guest);
    else
        virSetError(error, VIR_ERR_OPERATION_INVALID, "PCI device %s is in use by driver %s, domain %s", text, driver, guest);
    return false;
}

static bool addressOf(virNodeDevicePtr dev, virHostPCIAddress *address, char **path, bool reset, GError **error)
{
    g_autoptr(virNodeEntry) entry = virNodeFind(dev->name, error);
    if (!entry)
        return false;
    g_autofree char *name = entry->path ? g_path_get_basename(entry->path) : NULL;
    if (entry->type != VIR_NODE_CAP_PCI || !name || !virHostPCIAddressParse(name, address)) {
        virSetError(error, VIR_ERR_INVALID_ARG, "device %s is not a PCI device", dev->name);
        return false;
    }
    *path = g_strdup(entry->path);
    return isFree(address, reset, error);
}

/* "vfio" and "kvm" are names of what guests want; anything else is a driver's own. */
static bool bindFor(const virHostPCIAddress *address, const char *name, GError **error)
{
    if (!name || g_str_equal(name, "vfio"))
        return virHostPCIBindVfio(virHostLocal(), address, BIND_MS, error);
    return virHostPCIBind(virHostLocal(), address, g_str_equal(name, "kvm") ? "pci-stub" : name, BIND_MS, NULL, error);
}

int virNodeAssignDetachFlags(virNodeDevicePtr dev, const char *driverName, unsigned int flags, GError **error)
{
    virHostPCIAddress address;
    g_autofree char *path = NULL;
    if (!virFlagsCheck(flags, 0, VIR_FROM, "nodeDeviceDetachFlags", error) || !addressOf(dev, &address, &path, false, error))
        return -1;
    bool ok = bindFor(&address, driverName, error);
    virNodeUdevTouch(virNodeWatcher, path);
    return ok ? 0 : -1;
}

int virNodeAssignDettach(virNodeDevicePtr dev, GError **error)
{
    return virNodeAssignDetachFlags(dev, NULL, 0, error);
}

int virNodeAssignReAttach(virNodeDevicePtr dev, GError **error)
{
    virHostPCIAddress address;
    g_autofree char *path = NULL;
    if (!addressOf(dev, &address, &path, false, error))
        return -1;
    bool ok = virHostPCIReprobe(virHostLocal(), &address, BIND_MS, error);
    virNodeUdevTouch(virNodeWatcher, path);
    return ok ? 0 : -1;
}

int virNodeAssignReset(virNodeDevicePtr dev, GError **error)
{
    virHostPCIAddress address;
    g_autofree char *path = NULL;
    if (!addressOf(dev, &address, &path, true, error))
        return -1;
    bool ok = virHostPCIReset(virHostLocal(), &address, NULL, BIND_MS, error);
    virNodeUdevTouch(virNodeWatcher, path);
    return ok ? 0 : -1;
}
