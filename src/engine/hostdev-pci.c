/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI devices on their way to a guest and back: a list of steps, each with the one that takes it back. All devices of a guest take a step
 * before the next one begins, since a reset of one may concern its neighbours.
 */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "engine.hostdev"
#include "engine/hostdev-item.h"
#include "base/log.h"
#include "host/netdev.h"
#include <string.h>

/* ---- may it be given away? ---- */

/* The item of that device: NULL: nobody holds it. Locked. */
static const virHostdevItem *holderOf(const virHostdevs *devices, const virHostPCIAddress *address)
{
    for (guint i = 0; i < devices->items->len; i++) {
        const virHostdevItem *item = devices->items->pdata[i];
        if (item->kind == VIR_HOSTDEV_ITEM_PCI && virHostPCIAddressEqual(&item->pci, address))
            return item;
    }
    return NULL;
}

static bool sameGuest(const virHostdevItem *a, const virHostdevItem *b)
{
    return g_str_equal(a->instance, b->instance) && memcmp(a->uuid, b->uuid, 16) == 0;
}

static bool takenFrom(const virHostdevItem *item, const virHostdevItem *other, const char *why, GError **error)
{
    virSetError(error, VIR_ERR_OPERATION_INVALID, "PCI device %s cannot be assigned: its %s %s is in use by driver %s, domain %s", item->name, why,
                other->name, other->driver, other->guest);
    return false;
}

/* A physical function goes with its virtual ones, and they with it. */
static bool checkFunctions(const virHostdevs *devices, const virHostdevItem *item, GError **error)
{
    virHostPCIAddress pf;
    const virHostdevItem *other;
    int isVf = virHostPCIGetPhysicalFunction(devices->host, &item->pci, &pf, error);
    if (isVf < 0)
        return false;
    if (isVf > 0)
        return !(other = holderOf(devices, &pf)) || takenFrom(item, other, "physical function", error);
    g_autoptr(GArray) functions = virHostPCIGetVirtualFunctions(devices->host, &item->pci, error);
    for (guint i = 0; functions && i < functions->len; i++)
        if ((other = holderOf(devices, &g_array_index(functions, virHostPCIAddress, i))))
            return takenFrom(item, other, "virtual function", error);
    return functions != NULL;
}

/* Everything of a group goes to the same guest or has no driver of the host's. */
static bool checkGroup(const virHostdevs *devices, const virHostdevItem *item, GError **error)
{
    g_autofree virHostPCIAddress *members = NULL;
    size_t n = 0;
    int group = virPCIDeviceAddressGetIOMMUGroupNum(devices->host, &item->pci, error);
    if (group == -2) {
        g_autofree char *node = virPCIDeviceGetIOMMUGroupDev(devices->host, &item->pci, error);     /* for its words */
        return node != NULL;
    }
    if (group < 0 || virPCIDeviceAddressGetIOMMUGroupAddresses(devices->host, &item->pci, &members, &n, error) < 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        const virHostdevItem *other = holderOf(devices, &members[i]);
        if (!other || sameGuest(item, other))
            continue;
        virSetError(error, VIR_ERR_OPERATION_INVALID, "PCI device %s cannot be assigned: group %d is not viable, device %s of it is in use by "
                    "driver %s, domain %s", item->name, group, other->name, other->driver, other->guest);
        return false;
    }
    g_autoptr(GPtrArray) holders = virHostPCIGroupHolders(devices->host, &item->pci, error);
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; holders && i < holders->len; i++) {
        const virHostPCIDevice *d = holders->pdata[i];
        const virHostdevItem *other = holderOf(devices, &d->address);
        if (other && other->managed)
            continue;                   /* it comes along */
        g_autofree char *text = virHostPCIAddressFormat(&d->address);
        g_string_append_printf(names, "%s%s (%s)", names->len ? ", " : "", text, d->driver);
    }
    if (names->len)
        virSetError(error, VIR_ERR_OPERATION_INVALID, "PCI device %s cannot be assigned: group %d is not viable, the host uses %s; detach all "
                    "devices of the group from the host, or assign them to the same guest", item->name, group, names->str);
    return holders && !names->len;
}

static bool checkDevice(const virHostdevs *devices, const virHostdevItem *item, unsigned int flags, GError **error)
{
    g_autoptr(virHostPCIDevice) device = virHostPCIDeviceRead(devices->host, &item->pci, error);
    if (!device)
        return false;
    if (device->header == VIR_HOST_PCI_HEADER_BRIDGE || device->header == VIR_HOST_PCI_HEADER_CARDBUS) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Non-endpoint PCI devices cannot be assigned to guests");
        return false;
    }
    if (item->hasVf && !virHostPCIIsVirtualFunction(devices->host, &item->pci)) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "interface type hostdev is currently supported on SR-IOV Virtual Functions only, and %s is none",
                    item->name);
        return false;
    }
    if (!item->managed && (!device->driver || !virHostPCIDriverIsVfio(devices->host, &item->pci, device->driver))) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "Unmanaged PCI device %s must be manually detached from the host", item->name);
        return false;
    }
    int lacking = flags & VIR_HOSTDEV_RELAXED_ACS ? 0 : virHostPCIIsBehindSwitchLackingACS(devices->host, &item->pci, NULL, error);
    if (lacking > 0)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Device %s is behind a switch lacking ACS and cannot be assigned", item->name);
    return lacking == 0;
}

bool virHostdevPCICheck(virHostdevs *devices, GPtrArray *items, unsigned int flags, GError **error)
{
    for (guint i = 0; i < items->len; i++) {
        const virHostdevItem *item = items->pdata[i];
        if (item->kind == VIR_HOSTDEV_ITEM_PCI && (!checkDevice(devices, item, flags, error) || !checkFunctions(devices, item, error) ||
                                                   !checkGroup(devices, item, error)))
            return false;
    }
    return true;
}

/* ---- steps ---- */

/* The physical function's network device, which rules over the virtual one. */
static bool findPhysical(virHostdevs *devices, virHostdevItem *item, GError **error)
{
    g_autofree char *name = NULL, *port = NULL;
    if (virPCIGetNetName(devices->host, &item->pci, 0, NULL, &name, NULL) > 0 &&
        !virNetDevGetPhysPortID(devices->host, name, &port, error))
        return false;
    int found = virNetDevGetPhysicalFunctionOf(devices->host, &item->pci, port, &item->pf, &item->index, error);
    if (found == 0)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "the physical function of PCI device %s has no network device on this host, so nobody can "
                    "set the virtual function's MAC address", item->name);
    return found > 0 && devices->net.get(item->pf, item->index, &item->vfBefore, error);
}

/* A file that is there is from one that could not be given back: what it says is older, and truer. */
static bool remember(virHostdevs *devices, virHostdevItem *item, GPtrArray *all, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(virHostdevItem) left = virHostdevFileRead(devices, item->name, &why);
    if (left && !g_str_equal(left->instance, item->instance)) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "PCI device %s is in use by driver %s, domain %s", item->name, left->driver, left->guest);
        return false;
    }
    if (item->hasVf && !findPhysical(devices, item, error))
        return false;
    if (item->managed && !(item->before = virHostPCIBindingRead(devices->host, &item->pci, error)))
        return false;
    if (left && left->before && item->managed) {
        virHostPCIBindingFree(item->before);
        item->before = g_steal_pointer(&left->before);
    }
    if (left && left->pf && item->pf && left->index == item->index && g_str_equal(left->pf, item->pf))
        item->vfBefore = left->vfBefore;
    return virHostdevFileWrite(devices, item, error);
}

static bool forget(virHostdevs *devices, virHostdevItem *item, GPtrArray *all)
{
    virHostdevFileRemove(devices, item);
    return true;
}

static bool bindItem(virHostdevs *devices, virHostdevItem *item, GPtrArray *all, GError **error)
{
    return !item->managed || (item->want ? virHostPCIBind(devices->host, &item->pci, item->want, devices->timeout, NULL, error)
                                         : virHostPCIBindVfio(devices->host, &item->pci, devices->timeout, error));
}

static bool giveBack(virHostdevs *devices, virHostdevItem *item, GPtrArray *all)
{
    g_autoptr(GError) error = NULL;
    if (!item->managed || !virHostPCIExists(devices->host, &item->pci))
        return true;
    bool ok = item->before ? virHostPCIRestore(devices->host, item->before, devices->timeout, &error)
                           : virHostPCIReprobe(devices->host, &item->pci, devices->timeout, &error);
    if (!ok)
        virLogError("PCI device %s of guest '%s' is not given back to the host: %s", item->name, item->guest, error->message);
    return ok;
}

static bool resetItem(virHostdevs *devices, virHostdevItem *item, GPtrArray *all, GError **error)
{
    g_autoptr(GArray) ours = g_array_new(FALSE, FALSE, sizeof(virHostPCIAddress));
    for (guint i = 0; i < all->len; i++)
        if (((virHostdevItem *)all->pdata[i])->kind == VIR_HOSTDEV_ITEM_PCI)
            g_array_append_val(ours, ((virHostdevItem *)all->pdata[i])->pci);
    return virHostPCIReset(devices->host, &item->pci, ours, devices->timeout, error);
}

static bool setFunction(virHostdevs *devices, virHostdevItem *item, GPtrArray *all, GError **error)
{
    return !item->hasVf || devices->net.set(item->pf, item->index, &item->vf, error);
}

/* Each part by itself: one that is refused does not keep the others. */
static bool restoreFunction(virHostdevs *devices, virHostdevItem *item, GPtrArray *all)
{
    for (unsigned int part = 1; item->pf && part <= VIR_NETDEV_VF_TRUST; part <<= 1) {
        g_autoptr(GError) error = NULL;
        virNetDevVf vf = item->vfBefore;
        vf.parts &= part & (item->hasVf ? item->vf.parts : ~0U);
        if (vf.parts && !devices->net.set(item->pf, item->index, &vf, &error))
            virWarn("virtual function %u of '%s' keeps what guest '%s' had: %s", item->index, item->pf, item->guest, error->message);
    }
    return true;
}

static const struct {
    bool (*make)(virHostdevs *devices, virHostdevItem *item, GPtrArray *all, GError **error);
    bool (*unmake)(virHostdevs *devices, virHostdevItem *item, GPtrArray *all);     /* false: what comes before it cannot be taken back */
} steps[] = {
    { remember, forget }, { bindItem, giveBack }, { resetItem, NULL }, { setFunction, restoreFunction },
};

bool virHostdevPCITake(virHostdevs *devices, GPtrArray *items, GError **error)
{
    for (guint s = 0; s < G_N_ELEMENTS(steps); s++)
        for (guint i = 0; i < items->len; i++) {
            virHostdevItem *item = items->pdata[i];
            if (item->kind != VIR_HOSTDEV_ITEM_PCI)
                continue;
            if (!steps[s].make(devices, item, items, error)) {
                virHostdevPCIGive(devices, items);
                return false;
            }
            item->done = s + 1;
        }
    return true;
}

void virHostdevPCIGive(virHostdevs *devices, GPtrArray *items)
{
    for (guint s = G_N_ELEMENTS(steps); s-- > 0;)
        for (guint i = items->len; i-- > 0;) {
            virHostdevItem *item = items->pdata[i];
            if (item->done != s + 1)
                continue;
            bool ok = !steps[s].unmake || steps[s].unmake(devices, item, items);
            item->done = ok ? s : 0;    /* its file stays, for the next attempt */
        }
}

void virHostdevPCIAllDone(virHostdevItem *item)
{
    item->done = G_N_ELEMENTS(steps);
}
