/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who has which device of the host: see hostdev.h. */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "engine.hostdev"
#include "engine/hostdev-item.h"
#include "base/log.h"
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_MS = 20 * 1000 };        /* for each answer of the kernel: a driver that lets go of its device may take a while */

virHostdevs *virHostdevsNew(const virHost *host, const char *folder, const virHostdevNetOps *net, int timeout_ms)
{
    virHostdevs *devices = g_new0(virHostdevs, 1);
    devices->host = host;
    devices->net = *net;
    devices->folder = g_strdup(folder);
    devices->timeout = timeout_ms;
    g_mutex_init(&devices->mutex);
    devices->items = g_ptr_array_new_with_free_func((GDestroyNotify)virHostdevItemFree);
    return devices;
}

void virHostdevsFree(virHostdevs *devices)
{
    if (!devices)
        return;
    g_ptr_array_unref(devices->items);
    g_mutex_clear(&devices->mutex);
    g_free(devices->folder);
    g_free(devices);
}

virHostdevs *virHostdevsGet(void)
{
    static const virHostdevNetOps net = { virNetDevVfGet, virNetDevVfSet };
    static virHostdevs *own;
    if (g_once_init_enter(&own)) {
        g_autofree char *folder = geteuid() == 0 ? g_strdup(VIR_RUNSTATEDIR "/libvirt/hostdevmgr")
                                                 : g_build_filename(g_get_user_runtime_dir(), "libvirt", "hostdevmgr", NULL);
        g_once_init_leave(&own, virHostdevsNew(virHostLocal(), folder, &net, TIMEOUT_MS));
    }
    return own;
}

/* ---- the table; all locked ---- */

static bool isOf(const virHostdevItem *item, const virHostdevOwner *owner, const unsigned char *uuid)
{
    return g_str_equal(item->instance, owner->instance) && memcmp(item->uuid, uuid, 16) == 0;
}

static bool sameDevice(const virHostdevItem *a, const virHostdevItem *b)
{
    return a->kind == b->kind && g_strcmp0(a->name, b->name) == 0;
}

static const struct { const char *what, *verb; } words[] = {
    [VIR_HOSTDEV_ITEM_PCI] = { "PCI device", "is" },           [VIR_HOSTDEV_ITEM_USB] = { "USB device", "is" },
    [VIR_HOSTDEV_ITEM_SCSI] = { "SCSI device", "is already" }, [VIR_HOSTDEV_ITEM_VHOST] = { "SCSI_host device", "is" },
    [VIR_HOSTDEV_ITEM_MDEV] = { "mediated device", "is" },
};

static bool refuse(const virHostdevItem *item, const char *driver, const char *guest, GError **error)
{
    virSetError(error, VIR_ERR_OPERATION_INVALID, "%s %s %s in use by driver %s, domain %s", words[item->kind].what, item->name,
                words[item->kind].verb, driver, guest);
    return false;
}

static bool isFree(const virHostdevs *devices, const virHostdevItem *item, GError **error)
{
    for (guint i = 0; i < devices->items->len; i++) {
        const virHostdevItem *other = devices->items->pdata[i];
        if (sameDevice(item, other) && !(item->shareable && other->shareable))
            return refuse(item, other->driver, other->guest, error);
    }
    return true;
}

/* A definition that names a device twice wants it from itself. */
static bool isOnce(const GPtrArray *wanted, const virHostdevOwner *owner, const virDomainDef *def, GError **error)
{
    for (guint i = 0; i < wanted->len; i++)
        for (guint k = 0; k < i; k++)
            if (sameDevice(wanted->pdata[i], wanted->pdata[k]))
                return refuse(wanted->pdata[i], owner->driver, def->name, error);
    return true;
}

static void own(virHostdevItem *item, const virHostdevOwner *owner, const virDomainDef *def)
{
    item->instance = g_strdup(owner->instance);
    item->driver = g_strdup(owner->driver);
    item->guest = g_strdup(def->name);
    memcpy(item->uuid, def->uuid, 16);
}

static bool isHeldBy(const virHostdevs *devices, const virHostdevItem *item, const virHostdevOwner *owner, const unsigned char *uuid)
{
    for (guint i = 0; i < devices->items->len; i++)
        if (sameDevice(item, devices->items->pdata[i]) && isOf(devices->items->pdata[i], owner, uuid))
            return true;
    return false;
}

/* ---- take ---- */

/* Enter what is new to the guest; on failure nothing is entered. The result holds no references: they belong to their guest until it gives them. */
static GPtrArray *claim(virHostdevs *devices, const virHostdevOwner *owner, const virDomainDef *def, GPtrArray *wanted, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&devices->mutex);
    g_autoptr(GPtrArray) mine = g_ptr_array_new();
    for (guint i = wanted->len; i-- > 0;)
        if (isHeldBy(devices, wanted->pdata[i], owner, def->uuid))
            g_ptr_array_remove_index(wanted, i);
    bool ok = true;
    while (ok && wanted->len) {
        virHostdevItem *item = wanted->pdata[0];
        own(item, owner, def);
        if (!(ok = isFree(devices, item, error)))
            break;
        g_ptr_array_add(devices->items, g_ptr_array_steal_index(wanted, 0));
        g_ptr_array_add(mine, item);
    }
    for (guint i = 0; !ok && i < mine->len; i++)
        g_ptr_array_remove(devices->items, mine->pdata[i]);
    return ok ? g_steal_pointer(&mine) : NULL;
}

static void drop(virHostdevs *devices, GPtrArray *items)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&devices->mutex);
    for (guint i = 0; i < items->len; i++)
        g_ptr_array_remove(devices->items, items->pdata[i]);
}

/* With all claims of others in the table, so that of two guests who want the same group one sees the other. */
static bool check(virHostdevs *devices, GPtrArray *items, unsigned int flags, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&devices->mutex);
    return virHostdevPCICheck(devices, items, flags, error);
}

bool virHostdevsPrepare(virHostdevs *devices, const virHostdevOwner *owner, virDomainDef *def, unsigned int flags, GError **error)
{
    g_autoptr(GPtrArray) wanted = virHostdevItemsOf(devices->host, def, true, flags, error);
    g_autoptr(GPtrArray) mine = wanted && isOnce(wanted, owner, def, error) ? claim(devices, owner, def, wanted, error) : NULL;
    if (!mine)
        return false;
    if (check(devices, mine, flags, error) && virHostdevPCITake(devices, mine, error))
        return true;
    drop(devices, mine);
    return false;
}

/* ---- give back ---- */

static bool isIn(const GPtrArray *items, const virHostdevItem *item)
{
    for (guint i = 0; items && i < items->len; i++)
        if (sameDevice(item, items->pdata[i]))
            return true;
    return false;
}

void virHostdevsRelease(virHostdevs *devices, const virHostdevOwner *owner, const unsigned char *uuid, const virDomainDef *keep)
{
    g_autoptr(virDomainDef) copy = keep ? virDomainDefCopy(keep) : NULL;
    g_autoptr(GPtrArray) kept = copy ? virHostdevItemsOf(devices->host, copy, false, 0, NULL) : NULL, mine = g_ptr_array_new();
    if (copy && !kept)
        return;
    g_mutex_lock(&devices->mutex);
    for (guint i = 0; i < devices->items->len; i++)
        if (isOf(devices->items->pdata[i], owner, uuid) && !isIn(kept, devices->items->pdata[i]))
            g_ptr_array_add(mine, devices->items->pdata[i]);
    g_mutex_unlock(&devices->mutex);
    virHostdevPCIGive(devices, mine);
    drop(devices, mine);
}

/* ---- after a restart ---- */

/* What is not known any more is put back as the kernel sees fit. */
static void recall(virHostdevs *devices, virHostdevItem *item)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(virHostdevItem) left = item->kind == VIR_HOSTDEV_ITEM_PCI ? virHostdevFileRead(devices, item->name, &error) : NULL;
    if (error)
        virWarn("%s", error->message);
    if (left && memcmp(left->uuid, item->uuid, 16) == 0) {
        item->before = g_steal_pointer(&left->before);
        item->pf = g_steal_pointer(&left->pf);
        item->index = left->index;
        item->vfBefore = left->vfBefore;
    }
    if (item->kind == VIR_HOSTDEV_ITEM_PCI)
        virHostdevPCIAllDone(item);
}

void virHostdevsReclaim(virHostdevs *devices, const virHostdevOwner *owner, const virDomainDef *def)
{
    g_autoptr(virDomainDef) copy = virDomainDefCopy(def);
    g_autoptr(GPtrArray) items = virHostdevItemsOf(devices->host, copy, false, 0, NULL);
    while (items && items->len) {
        virHostdevItem *item = g_ptr_array_steal_index(items, 0);
        own(item, owner, def);
        recall(devices, item);
        g_mutex_lock(&devices->mutex);
        g_ptr_array_add(devices->items, item);
        g_mutex_unlock(&devices->mutex);
    }
}

static bool isHeld(virHostdevs *devices, const virHostdevItem *item)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&devices->mutex);
    for (guint i = 0; i < devices->items->len; i++)
        if (sameDevice(item, devices->items->pdata[i]))
            return true;
    return false;
}

void virHostdevsRecover(virHostdevs *devices, const virHostdevOwner *owner)
{
    g_autoptr(GPtrArray) names = virHostdevFileNames(devices), lost = g_ptr_array_new_with_free_func((GDestroyNotify)virHostdevItemFree);
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(virHostdevItem) item = virHostdevFileRead(devices, names->pdata[i], &error);
        if (error)
            virWarn("%s", error->message);
        if (!item || !g_str_equal(item->instance, owner->instance) || isHeld(devices, item))
            continue;
        virInfo("PCI device %s of guest '%s' is given back: the guest ended while nobody watched", item->name, item->guest);
        virHostdevPCIAllDone(item);
        g_ptr_array_add(lost, g_steal_pointer(&item));
    }
    virHostdevPCIGive(devices, lost);
}

bool virHostdevsHolder(virHostdevs *devices, const virHostPCIAddress *address, char **driver, char **guest)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&devices->mutex);
    for (guint i = 0; i < devices->items->len; i++) {
        const virHostdevItem *item = devices->items->pdata[i];
        if (item->kind != VIR_HOSTDEV_ITEM_PCI || !virHostPCIAddressEqual(&item->pci, address))
            continue;
        *driver = g_strdup(item->driver);
        *guest = g_strdup(item->guest);
        return true;
    }
    return false;
}
