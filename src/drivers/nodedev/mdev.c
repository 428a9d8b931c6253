/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mediated devices: what the calls make of mdevctl's commands, and how its definitions come into the list. */
#define VIR_FROM VIR_FROM_NODEDEV
#define VIR_LOG_NAME "nodedev.mdev"
#include "base/log.h"
#include "base/util.h"
#include "drivers/nodedev/mdevctl.h"
#include "drivers/nodedev/nodedev.h"
#include "host/host.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* A new device is known when it appears; one that was defined need not be waited for that long, mdevctl has said that it runs. */
enum { APPEAR_MS = 15 * 1000, STARTED_MS = 2 * 1000 };

/* ---- from mdevctl to the list ---- */

static bool endsIn(const char *path, const char *name)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash && g_str_equal(slash + 1, name);
}

/* mdevctl names a parent as the kernel does; which device is it in the list? */
static char *parentName(virNodeList *list, const char *address)
{
    for (guint i = 0; i < list->n; i++)
        if ((list->v[i]->flags & VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES) && endsIn(list->v[i]->path, address))
            return g_strdup(list->v[i]->name);
    for (guint i = 0; i < list->n; i++)
        if (endsIn(list->v[i]->path, address))
            return g_strdup(list->v[i]->name);
    return g_strdup("computer");
}

static void setConfigs(virNodeChange *change, GPtrArray *devices)
{
    g_autoptr(virNodeList) list = virNodeStoreGet(virNodeDevices);
    for (guint i = 0; i < devices->len; i++) {
        virMdevctlDevice *device = devices->pdata[i];
        device->def->parent = parentName(list, device->parent);
        virNodeChangeConfig(change, g_steal_pointer(&device->def), device->parent, device->autostart);
    }
    virNodeChangeConfigDone(change);
}

/* Several may ask at a time: the answer to an older question must not replace that to a newer one. */
bool virNodeMdevRefresh(GError **error)
{
    static gint questions;              /* atomic */
    static gint answered;               /* the newest question whose answer is in the list; the writer's */
    gint question = g_atomic_int_add(&questions, 1) + 1;
    g_autoptr(GPtrArray) devices = virMdevctlList(error);
    if (!devices)
        return false;
    virNodeChange *change = virNodeStoreBegin(virNodeDevices);
    if (question - answered > 0) {
        answered = question;
        setConfigs(change, devices);
    }
    virNodeStoreEnd(change);
    return true;
}

/* ---- helpers of the calls ---- */

/* mdevctl has done what it was told; that it cannot say so is repaired later. */
static bool refreshed(GError **error)
{
    bool ok = virNodeMdevRefresh(error);
    if (!ok)
        virNodeMdevLater();
    return ok;
}

static const virNodeCap *mdevOf(const virNodeDeviceDef *def)
{
    return def && def->caps.v[0]->type == VIR_NODE_CAP_MDEV ? def->caps.v[0] : NULL;
}

static bool unsupported(int code, GError **error)
{
    virSetError(error, code, "Unsupported device type");
    return false;
}

/* A device that can have mediated devices: its folder in sysfs. */
static char *parentPath(const virNodeDeviceDef *def, GError **error)
{
    g_autoptr(virNodeList) list = virNodeStoreGet(virNodeDevices);
    g_autoptr(virNodeEntry) parent = def->parent ? virNodeListFind(list, def->parent) : NULL;
    if (!parent) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, def->parent ? "invalid parent device '%s'" : "missing parent device", def->parent);
        return NULL;
    }
    if (parent->path)
        switch (parent->type) {
        case VIR_NODE_CAP_PCI:
        case VIR_NODE_CAP_CSS:
        case VIR_NODE_CAP_AP_MATRIX:
        case VIR_NODE_CAP_MDEV_TYPES:
            return g_strdup(parent->path);
        default:
            break;
        }
    virSetError(error, VIR_ERR_PARSE_FAILED, "Unable to find address for parent device '%s'", def->parent);
    return NULL;
}

static bool checkDef(const virNodeDeviceDef *def, GError **error)
{
    if (!mdevOf(def))
        return unsupported(VIR_ERR_CONFIG_UNSUPPORTED, error);
    if (def->caps.v[0]->mdevType)
        return true;
    virSetError(error, VIR_ERR_XML_ERROR, "missing type id attribute for '%s'", def->name);
    return false;
}

/* The kernel has made it or removed it; udev will say so too, but a caller need not wait for its rules. */
static void lookAt(const char *parent, const unsigned char *uuid)
{
    char text[37];
    virUUIDFormat(uuid, text);
    g_autofree char *path = g_strconcat(parent, "/", text, NULL);
    virNodeUdevTouch(virNodeWatcher, path);
}

static void setAttrs(const char *name, const virNodeCap *cap)
{
    virNodeChange *change = virNodeStoreBegin(virNodeDevices);
    virNodeChangeAttrs(change, name, cap);
    virNodeStoreEnd(change);
}

/* ---- calls ---- */

virNodeDevicePtr virNodeMdevCreateXML(virConnectPtr conn, const virNodeDeviceDef *def, GError **error)
{
    unsigned char uuid[16] = { 0 };
    g_autofree char *path = checkDef(def, error) ? parentPath(def, error) : NULL;
    g_autofree char *parent = path ? g_path_get_basename(path) : NULL;
    const virNodeCap *cap = mdevOf(def);
    if (!parent || !virMdevctlCreate(cap, parent, uuid, error))
        return NULL;
    g_autofree char *name = virMdevctlName(uuid, parent);
    lookAt(path, uuid);
    if (!virNodeAwait(name, true, APPEAR_MS)) {
        virSetError(error, VIR_ERR_NO_NODE_DEVICE, "mdevctl has made device '%s', but it does not appear", name);
        return NULL;
    }
    setAttrs(name, cap);
    return virNodeDeviceNew(conn, name);
}

/* A guest that has it open would keep the kernel, and us, waiting for its end. */
static bool isFree(const virNodeEntry *entry, GError **error)
{
    g_autofree char *node = g_strdup_printf("%s/vfio/%u", virHostLocal()->dev, entry->live->caps.v[0]->iommuGroup);
    g_auto(virFd) fd = open(node, O_RDWR | O_CLOEXEC);
    if (fd >= 0 || errno != EBUSY)
        return true;
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "Unable to destroy '%s': device in use", entry->name);
    return false;
}

int virNodeMdevDestroy(virNodeEntry *entry, GError **error)
{
    const virNodeCap *cap = mdevOf(entry->live);
    if (!cap) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "Device '%s' is not active", entry->name);
        return -1;
    }
    g_autofree char *parent = g_path_get_dirname(entry->path);
    if (!isFree(entry, error) || !virMdevctlStop(cap, error))
        return -1;
    lookAt(parent, cap->uuid);
    virNodeAwait(entry->name, false, APPEAR_MS);
    return 0;
}

virNodeDevicePtr virNodeMdevDefineXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    unsigned char uuid[16] = { 0 };
    unsigned int parse = VIR_NODE_DEVICE_NEW | (flags & VIR_NODE_DEVICE_DEFINE_XML_VALIDATE ? VIR_DOCUMENT_VALIDATE : 0);
    if (!virFlagsCheck(flags, VIR_NODE_DEVICE_DEFINE_XML_VALIDATE, VIR_FROM, "nodeDeviceDefineXML", error))
        return NULL;
    g_autoptr(virNodeDeviceDef) def = virNodeDeviceDefParse(xml, NULL, parse, error);
    if (!def || !checkDef(def, error) || !virNodeBegin(error))
        return NULL;
    g_autofree char *path = parentPath(def, error), *parent = path ? g_path_get_basename(path) : NULL;
    if (!parent || !virMdevctlDefine(mdevOf(def), parent, uuid, error) || !refreshed(error))
        return NULL;
    g_autofree char *name = virMdevctlName(uuid, parent);
    g_autoptr(virNodeEntry) entry = virNodeFind(name, error);
    return entry ? virNodeDeviceNew(conn, name) : NULL;
}

/* The address of the parent, for mdevctl, when it defines that UUID below several parents: it would take all of them. */
static const char *whichParent(const virNodeEntry *entry)
{
    g_autoptr(virNodeList) list = virNodeStoreGet(virNodeDevices);
    const virNodeCap *cap = mdevOf(entry->config);
    for (guint i = 0; i < list->n; i++) {
        const virNodeCap *other = list->v[i]->config ? mdevOf(list->v[i]->config) : NULL;
        if (other && memcmp(other->uuid, cap->uuid, 16) == 0 && !g_str_equal(list->v[i]->name, entry->name))
            return entry->configParent;
    }
    return NULL;
}

static bool isDefined(const virNodeEntry *entry, GError **error)
{
    if (entry->config)
        return true;
    if (virNodeEntryIsPersistent(entry))
        return unsupported(VIR_ERR_CONFIG_UNSUPPORTED, error);
    virSetError(error, VIR_ERR_OPERATION_INVALID, "Node device '%s' is not defined", entry->name);
    return false;
}

int virNodeMdevUndefine(virNodeDevicePtr dev, unsigned int flags, GError **error)
{
    g_autoptr(virNodeEntry) entry = virFlagsCheck(flags, 0, VIR_FROM, "nodeDeviceUndefine", error) ? virNodeFind(dev->name, error) : NULL;
    if (!entry || !isDefined(entry, error) || !virMdevctlUndefine(mdevOf(entry->config), whichParent(entry), error))
        return -1;
    return refreshed(error) ? 0 : -1;
}

int virNodeMdevCreate(virNodeDevicePtr dev, unsigned int flags, GError **error)
{
    g_autoptr(virNodeEntry) entry = virFlagsCheck(flags, 0, VIR_FROM, "nodeDeviceCreate", error) ? virNodeFind(dev->name, error) : NULL;
    if (!entry)
        return -1;
    if (virNodeEntryIsActive(entry)) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "Device is already active");
        return -1;
    }
    const virNodeCap *cap = mdevOf(entry->config);
    g_autofree char *path = parentPath(entry->config, NULL);
    if (!virMdevctlStart(cap, whichParent(entry), error))
        return -1;
    if (!path)
        virNodeUdevRescan(virNodeWatcher);      /* its parent came a moment ago */
    else
        lookAt(path, cap->uuid);
    if (!virNodeAwait(dev->name, true, STARTED_MS))
        virWarn("mdevctl has started device '%s', but it is not there yet", dev->name);
    return 0;
}

int virNodeMdevGetAutostart(virNodeDevicePtr dev, int *autostart, GError **error)
{
    g_autoptr(virNodeEntry) entry = virNodeFind(dev->name, error);
    if (entry)
        *autostart = entry->autostart || entry->type == VIR_NODE_CAP_SYSTEM;
    return entry ? 0 : -1;
}

int virNodeMdevSetAutostart(virNodeDevicePtr dev, int autostart, GError **error)
{
    g_autoptr(virNodeEntry) entry = virNodeFind(dev->name, error);
    if (!entry || (!mdevOf(virNodeEntryDef(entry)) && !unsupported(VIR_ERR_OPERATION_UNSUPPORTED, error)))
        return -1;
    if (!entry->config) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "cannot set autostart for transient device");
        return -1;
    }
    if (entry->autostart == (autostart != 0))
        return 0;
    if (!virMdevctlAutostart(mdevOf(entry->config), whichParent(entry), autostart != 0, error))
        return -1;
    return refreshed(error) ? 0 : -1;
}

/* ---- update ---- */

/* Only its attributes may change. */
static bool sameDevice(const virNodeCap *have, const virNodeCap *want, GError **error)
{
    static const unsigned char none[16];
    if (g_strcmp0(have->mdevType, want->mdevType) == 0 && (memcmp(want->uuid, none, 16) == 0 || memcmp(have->uuid, want->uuid, 16) == 0))
        return true;
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "type and UUID of a mediated device cannot be changed");
    return false;
}

static bool resolve(const virNodeEntry *entry, unsigned int flags, bool *live, bool *config, GError **error)
{
    *live = flags & VIR_NODE_DEVICE_UPDATE_AFFECT_LIVE;
    *config = flags & VIR_NODE_DEVICE_UPDATE_AFFECT_CONFIG;
    if (!*live && !*config)
        *(entry->live ? live : config) = true;
    if (*live && !entry->live)
        virSetError(error, VIR_ERR_OPERATION_INVALID, "node device '%s' is not active", entry->name);
    else if (*config && !entry->config)
        virSetError(error, VIR_ERR_OPERATION_INVALID, "cannot change the definition of a transient device");
    else
        return true;
    return false;
}

int virNodeMdevUpdate(virNodeDevicePtr dev, const char *xml, unsigned int flags, GError **error)
{
    const unsigned int known = VIR_NODE_DEVICE_UPDATE_AFFECT_LIVE | VIR_NODE_DEVICE_UPDATE_AFFECT_CONFIG;
    bool live, config;
    g_autoptr(virNodeEntry) entry = virFlagsCheck(flags, known, VIR_FROM, "nodeDeviceUpdate", error) ? virNodeFind(dev->name, error) : NULL;
    if (!entry || (!mdevOf(virNodeEntryDef(entry)) && !unsupported(VIR_ERR_CONFIG_UNSUPPORTED, error)))
        return -1;
    g_autoptr(virNodeDeviceDef) def = resolve(entry, flags, &live, &config, error) ?
        virNodeDeviceDefParse(xml, NULL, VIR_NODE_DEVICE_NEW, error) : NULL;
    const virNodeCap *have = mdevOf(virNodeEntryDef(entry));
    if (!def || !checkDef(def, error) || !sameDevice(have, mdevOf(def), error))
        return -1;
    virNodeCap *want = def->caps.v[0];
    memcpy(want->uuid, have->uuid, 16);
    if (!virMdevctlModify(want, have->parentAddr, live, config, entry->autostart, error))
        return -1;
    if (live)
        setAttrs(dev->name, want);
    return !config || refreshed(error) ? 0 : -1;
}
