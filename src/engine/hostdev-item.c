/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a definition has of the host: see hostdev-item.h. */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "engine.hostdev"
#include "engine/hostdev-item.h"
#include "base/log.h"
#include "base/util.h"
#include "host/attr.h"
#include "host/usb.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

void virHostdevItemFree(virHostdevItem *item)
{
    if (!item)
        return;
    g_free(item->name);
    g_free(item->want);
    g_free(item->instance);
    g_free(item->driver);
    g_free(item->guest);
    virHostPCIBindingFree(item->before);
    g_free(item->pf);
    g_free(item);
}

static virHostdevItem *itemNew(GPtrArray *items, virHostdevItemKind kind, char *name)
{
    virHostdevItem *item = g_new0(virHostdevItem, 1);
    item->kind = kind;
    item->name = name;
    g_ptr_array_add(items, item);
    return item;
}

/* ---- PCI ---- */

static virHostdevItem *addPCI(GPtrArray *items, const virPCIAddress *a, virTristateBool managed, const char *model)
{
    virHostPCIAddress address = { a->domain, a->bus, a->slot, a->function };
    virHostdevItem *item = itemNew(items, VIR_HOSTDEV_ITEM_PCI, virHostPCIAddressFormat(&address));
    item->pci = address;
    item->managed = managed == VIR_TRISTATE_BOOL_YES;
    item->want = g_strdup(model);
    return item;
}

static bool isVlanFit(const virNetVlan *vlan, GError **error)
{
    if (!vlan || (vlan->trunk != VIR_TRISTATE_BOOL_YES && vlan->tags.n <= 1))
        return true;
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "vlan trunking is not supported by SR-IOV network devices");
    return false;
}

static bool addInterface(GPtrArray *items, const virDomainNetDef *net, GError **error)
{
    if (!isVlanFit(net->vlan, error))
        return false;
    if (net->virtualport && net->virtualport->type) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "virtualport type %s is currently not supported on interfaces of type hostdev",
                    virNetDevVPortTypeToString(net->virtualport->type));
        return false;
    }
    virHostdevItem *item = addPCI(items, &net->hostdevPci, net->managed, NULL);
    item->hasVf = true;
    item->vf.parts = VIR_NETDEV_VF_MAC | VIR_NETDEV_VF_VLAN;
    memcpy(item->vf.mac, net->mac.b, 6);
    item->vf.vlan = net->vlan && net->vlan->tags.n ? net->vlan->tags.v[0]->id : 0;
    if (net->trustGuestRxFilters != VIR_TRISTATE_BOOL_ABSENT) {
        item->vf.parts |= VIR_NETDEV_VF_TRUST;
        item->vf.trust = net->trustGuestRxFilters == VIR_TRISTATE_BOOL_YES;
    }
    return true;
}

/* ---- USB ---- */

typedef struct { unsigned int *bus, *device; bool hasAddress, hasVendor; unsigned int vendor, product; const char *port; } Wanted;

static bool isWanted(const Wanted *w, const virHostUSBDevice *d)
{
    return (!w->hasVendor || (d->vendor == w->vendor && d->product == w->product)) &&
           (!w->port ? !w->hasAddress || (d->bus == *w->bus && d->device == *w->device)
                     : g_strcmp0(d->port, w->port) == 0 && (!w->hasAddress || d->bus == *w->bus));
}

static char *describe(const Wanted *w)
{
    GString *text = g_string_new(NULL);
    if (w->hasVendor)
        g_string_append_printf(text, "%x:%x", w->vendor, w->product);
    if (w->hasAddress)
        g_string_append_printf(text, "%sbus:%u", w->hasVendor ? " " : "", *w->bus);
    if (w->port)
        g_string_append_printf(text, "%sport:%s", text->len ? " " : "", w->port);
    else if (w->hasAddress)
        g_string_append_printf(text, " device:%u", *w->device);
    return g_string_free(text, FALSE);
}

/* 1; 0: it is not there (with an error); -1: several are. */
static int findUSB(const virHost *host, Wanted *w, GError **error)
{
    g_autoptr(GPtrArray) all = virHostUSBList(host, error);
    const virHostUSBDevice *found = NULL;
    if (!all)
        return -1;
    for (guint i = 0; i < all->len; i++) {
        if (!isWanted(w, all->pdata[i]))
            continue;
        if (found) {
            virSetError(error, VIR_ERR_OPERATION_FAILED, "Multiple USB devices for %x:%x were found, please use <address> to specify one",
                        w->vendor, w->product);
            return -1;
        }
        found = all->pdata[i];
    }
    if (!found) {
        g_autofree char *what = describe(w);
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Did not find USB device %s", what);
        return 0;
    }
    *w->bus = found->bus;
    *w->device = found->device;
    return 1;
}

static void addUSB(GPtrArray *items, unsigned int bus, unsigned int device)
{
    itemNew(items, VIR_HOSTDEV_ITEM_USB, g_strdup_printf("%03u:%03u", bus, device));
}

static bool mayMiss(virDomainStartupPolicy policy, unsigned int flags)
{
    return policy == VIR_DOMAIN_STARTUP_POLICY_OPTIONAL || (policy == VIR_DOMAIN_STARTUP_POLICY_REQUISITE && !(flags & VIR_HOSTDEV_COLD));
}

static bool addHostUSB(const virHost *host, GPtrArray *items, virDomainHostdevDef *h, bool complete, unsigned int flags, GError **error)
{
    Wanted w = { &h->usbBus, &h->usbDevice, h->hasUsbAddress, h->hasVendor, h->vendor, h->product, h->usbPort };
    g_autoptr(GError) why = NULL;
    int found = complete ? findUSB(host, &w, &why) : h->hasUsbAddress && h->missing != VIR_TRISTATE_BOOL_YES;
    if (found == 0 && (!complete || mayMiss(h->startupPolicy, flags))) {
        if (complete)
            virWarn("a guest goes without a device: %s", why->message);
        h->missing = VIR_TRISTATE_BOOL_YES;
        return true;
    }
    if (found <= 0) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    h->hasUsbAddress = true;
    addUSB(items, h->usbBus, h->usbDevice);
    return true;
}

static bool addNetUSB(const virHost *host, GPtrArray *items, virDomainNetDef *net, bool complete, GError **error)
{
    Wanted w = { &net->hostdevUsbBus, &net->hostdevUsbDevice, net->hasHostdevAddress, net->hasHostdevVendor, net->hostdevVendor,
                 net->hostdevProduct, NULL };
    if (complete && findUSB(host, &w, error) <= 0)
        return false;
    net->hasHostdevAddress = true;
    addUSB(items, net->hostdevUsbBus, net->hostdevUsbDevice);
    return true;
}

/* ---- the rest ---- */

static void addSCSI(GPtrArray *items, const virDomainHostdevDef *h)
{
    if (h->protocol == VIR_DOMAIN_HOSTDEV_SCSI_PROTOCOL_ISCSI)
        return;                         /* nothing of this host's */
    const char *number = h->adapter && g_str_has_prefix(h->adapter, "scsi_host") ? h->adapter + strlen("scsi_host") : h->adapter;
    virHostdevItem *item = itemNew(items, VIR_HOSTDEV_ITEM_SCSI, g_strdup_printf("%s:%u:%u:%llu", number ? number : "0", h->scsiBus,
                                                                                 h->scsiTarget, h->scsiUnit));
    item->shareable = h->shareable;
}

static bool addMdev(const virHost *host, GPtrArray *items, const virDomainHostdevDef *h, bool complete, GError **error)
{
    char uuid[37];
    virUUIDFormat(h->mdevUuid, uuid);
    g_autofree char *folder = g_strdup_printf("%s/bus/mdev/devices/%s", host->sys, uuid);
    g_autofree char *path = g_strconcat(folder, "/mdev_type/device_api", NULL), *api = NULL;
    const char *model = virDomainHostdevScsiHostModelToString(h->model);
    if (complete && access(folder, F_OK) < 0) {
        virSetError(error, VIR_ERR_DEVICE_MISSING, "mediated device '%s' not found", uuid);
        return false;
    }
    if (complete && virAttrRead(path, &api) == 0 && model && g_strcmp0(api, model) != 0) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "invalid device API '%s' for device %s: device only supports '%s'", model, uuid, api);
        return false;
    }
    itemNew(items, VIR_HOSTDEV_ITEM_MDEV, g_strdup(uuid));
    return true;
}

static bool addHostdev(const virHost *host, GPtrArray *items, virDomainHostdevDef *h, bool complete, unsigned int flags, GError **error)
{
    if (h->mode != VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM)
        return true;
    switch (h->type) {
    case VIR_DOMAIN_HOSTDEV_TYPE_PCI:
        addPCI(items, &h->pci, h->managed, h->driverModel);
        return true;
    case VIR_DOMAIN_HOSTDEV_TYPE_USB:
        return addHostUSB(host, items, h, complete, flags, error);
    case VIR_DOMAIN_HOSTDEV_TYPE_SCSI:
        addSCSI(items, h);
        return true;
    case VIR_DOMAIN_HOSTDEV_TYPE_SCSI_HOST:
        itemNew(items, VIR_HOSTDEV_ITEM_VHOST, g_strdup(h->wwpn));
        return true;
    case VIR_DOMAIN_HOSTDEV_TYPE_MDEV:
        return addMdev(host, items, h, complete, error);
    default:
        return true;
    }
}

static bool addNet(const virHost *host, GPtrArray *items, virDomainNetDef *net, bool complete, GError **error)
{
    if (net->type != VIR_DOMAIN_NET_TYPE_HOSTDEV)
        return true;
    if (net->hostdevType == VIR_DOMAIN_HOSTDEV_TYPE_USB)
        return addNetUSB(host, items, net, complete, error);
    return addInterface(items, net, error);
}

GPtrArray *virHostdevItemsOf(const virHost *host, virDomainDef *def, bool complete, unsigned int flags, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func((GDestroyNotify)virHostdevItemFree);
    for (unsigned int i = 0; i < def->nets.n; i++)
        if (!addNet(host, items, def->nets.v[i], complete, error))
            return NULL;
    for (unsigned int i = 0; i < def->hostdevs.n; i++)
        if (!addHostdev(host, items, def->hostdevs.v[i], complete, flags, error))
            return NULL;
    return g_steal_pointer(&items);
}

unsigned int virHostdevsDMA(const virDomainDef *def)
{
    unsigned int n = 0;
    for (unsigned int i = 0; i < def->nets.n; i++)
        n += def->nets.v[i]->type == VIR_DOMAIN_NET_TYPE_HOSTDEV && def->nets.v[i]->hostdevType == VIR_DOMAIN_HOSTDEV_TYPE_PCI;
    for (unsigned int i = 0; i < def->hostdevs.n; i++) {
        const virDomainHostdevDef *h = def->hostdevs.v[i];
        n += h->mode == VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM && (h->type == VIR_DOMAIN_HOSTDEV_TYPE_PCI || h->type == VIR_DOMAIN_HOSTDEV_TYPE_MDEV);
    }
    return n;
}
