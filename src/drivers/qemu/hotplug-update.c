/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of a running guest that change: media, links, passwords, sizes. What cannot change is refused by name, and nothing is done then. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.hotplug"
#include "drivers/qemu/qemu.h"
#include "base/log.h"
#include "host/link.h"
#include "model/tables.h"
#include <string.h>

enum { TRAY_MS = 5000, POLL_US = 100 * 1000 };

typedef struct {
    virDomainObj *obj;
    virQmp *qmp;
    virDomainDef *def;
    const virDomainDef *old;
    const virDeviceChanged *changed;
    unsigned int flags;
} Update;

static bool unsupported(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool unsupported(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *words = g_strdup_vprintf(format, args);
    va_end(args);
    virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "%s", words);
    return false;
}

static bool say(Update *u, const char *command, JsonNode *args, GError **error)
{
    return qmpCall(u->qmp, command, args, NULL, error) == VIR_QMP_OK;
}

/* ---- disks ---- */

static const virDomainDiskDef *oldDisk(const Update *u)
{
    for (unsigned int i = 0; i < u->old->disks.n; i++)
        if (g_strcmp0(u->old->disks.v[i]->info.alias, u->changed->alias) == 0)
            return u->old->disks.v[i];
    return NULL;
}

static bool isEmpty(const virStorageSource *s)
{
    return !s->path && s->type != VIR_STORAGE_NETWORK && s->type != VIR_STORAGE_VOLUME;
}

static bool sameSource(const virStorageSource *a, const virStorageSource *b)
{
    if (isEmpty(a) || isEmpty(b))
        return isEmpty(a) == isEmpty(b);
    return a->type == b->type && g_strcmp0(a->path, b->path) == 0 && (!a->format || !b->format || a->format == b->format);
}

/* The disk as it is, but for its source. */
static bool sameButSource(const virDomainDiskDef *old, const virDomainDiskDef *disk)
{
    virDomainDiskDef *a = virXmlCopy(&virDomainDiskDefXml, old), *b = virXmlCopy(&virDomainDiskDefXml, disk);
    virDomainDiskDef *spare = virXmlCopy(&virDomainDiskDefXml, old);
    virStorageSource source = b->src;
    b->src = spare->src;
    spare->src = source;
    b->tray = a->tray;
    b->transient = a->transient;
    bool same = virXmlEqual(&virDomainDiskDefXml, a, b);
    virXmlFree(&virDomainDiskDefXml, a);
    virXmlFree(&virDomainDiskDefXml, b);
    virXmlFree(&virDomainDiskDefXml, spare);
    return same;
}

/* What QEMU says of the drive's tray; a drive without one (floppies) is open whenever it is asked to be. */
static bool isOpen(Update *u, const char *id)
{
    g_autoptr(JsonNode) reply = NULL;
    qmpCall(u->qmp, "query-block", NULL, &reply, NULL);
    JsonArray *list = qmpReplyArr(reply);
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonObject *o = qmpItem(list, i);
        const char *path = qmpStr(o, "qdev");
        const char *last = path ? strrchr(path, '/') : NULL;
        if (path && (g_str_equal(path, id) || (last && g_str_equal(last + 1, id))))
            return !json_object_has_member(o, "tray_open") || qmpBool(o, "tray_open");
    }
    return true;
}

/* A guest that has locked the tray is asked to open it, and takes its time, or says no. */
static bool openTray(Update *u, const char *id, GError **error)
{
    bool force = u->flags & VIR_DOMAIN_DEVICE_MODIFY_FORCE;
    gint64 end = g_get_monotonic_time() + TRAY_MS * G_TIME_SPAN_MILLISECOND;
    if (!say(u, "blockdev-open-tray", qmpArgs("s:id", id, "b:force", force, NULL), error))
        return false;
    while (!isOpen(u, id)) {
        if (g_get_monotonic_time() >= end) {
            virSetError(error, VIR_ERR_OPERATION_FAILED, "the guest has locked the tray of '%s' and does not open it; the force flag opens it all the same",
                        id);
            return false;
        }
        virActorPark(virDomainObjActor(u->obj));
        g_usleep(POLL_US);
        virActorUnpark(virDomainObjActor(u->obj));
    }
    return true;
}

/* Takes what was in the drive out, and puts in what the new definition has. */
static bool swapMedium(Update *u, const virDomainDiskDef *old, const virDomainDiskDef *disk, GError **error)
{
    const char *id = disk->info.alias;
    g_autofree char *node = g_strdup_printf("libvirt-%u-format", disk->src.index);
    if (!openTray(u, id, error) || (!isEmpty(&old->src) && !say(u, "blockdev-remove-medium", qmpArgs("s:id", id, NULL), error)))
        return false;
    if (isEmpty(&disk->src))
        return true;
    if (say(u, "blockdev-insert-medium", qmpArgs("s:id", id, "s:node-name", node, NULL), error))
        return say(u, "blockdev-close-tray", qmpArgs("s:id", id, NULL), error);
    g_autofree char *before = g_strdup_printf("libvirt-%u-format", old->src.index);
    if (!isEmpty(&old->src) && say(u, "blockdev-insert-medium", qmpArgs("s:id", id, "s:node-name", before, NULL), NULL))
        say(u, "blockdev-close-tray", qmpArgs("s:id", id, NULL), NULL);
    return false;
}

static bool changeMedium(Update *u, const virDomainDiskDef *old, virDomainDiskDef *disk, GError **error)
{
    if (!isEmpty(&disk->src) && !qemuPrepareDisk(u->obj, u->def, disk, error))
        return false;
    if (!qemuLabelNew(u->obj, u->def, u->old, error))
        return false;
    if (!qemuPlugTell(u->obj, u->def, u->old, NULL, NULL, error)) {
        qemuRestoreGone(u->obj, u->def, u->old);
        return false;
    }
    if (!swapMedium(u, old, disk, error)) {
        qemuPlugForget(u->obj, u->def, u->old);
        qemuRestoreGone(u->obj, u->def, u->old);
        return false;
    }
    if (isEmpty(&disk->src))
        disk->src.format = VIR_STORAGE_FORMAT_NONE;     /* an empty drive has none while the guest runs */
    disk->tray = isEmpty(&disk->src) ? VIR_DOMAIN_DISK_TRAY_OPEN : VIR_DOMAIN_DISK_TRAY_CLOSED;
    qemuPlugForget(u->obj, u->old, u->def);
    qemuRestoreGone(u->obj, u->old, u->def);
    return true;
}

/* Exchange the contents of two devices of a kind. */
#define SWAP(type, a, b) do { type swap_ = *(a); *(a) = *(b); *(b) = swap_; } while (0)

static bool updateDisk(Update *u, GError **error)
{
    virDomainDiskDef *disk = u->changed->device;
    const virDomainDiskDef *old = oldDisk(u);
    bool removable = disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM || disk->device == VIR_DOMAIN_DISK_DEVICE_FLOPPY;
    if (!old || old->device != disk->device || old->bus != disk->bus)
        return unsupported(error, "cannot modify field 'device' or 'bus' of the disk");
    bool same = sameSource(&old->src, &disk->src);
    if (!same && !removable) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "disk source can be changed only in removable drives");
        return false;
    }
    if (!sameButSource(old, disk))
        return unsupported(error, "only the source of the disk '%s' can be changed while the guest runs", disk->dst);
    if (!same)
        return changeMedium(u, old, disk, error);
    virDomainDiskDef *copy = virXmlCopy(&virDomainDiskDefXml, old);
    virDomainStartupPolicy policy = disk->src.startupPolicy;
    SWAP(virDomainDiskDef, copy, disk);
    disk->src.startupPolicy = policy;
    virXmlFree(&virDomainDiskDefXml, copy);
    return true;
}

/* ---- interfaces ---- */

static const virDomainNetDef *oldNet(const Update *u)
{
    for (unsigned int i = 0; i < u->old->nets.n; i++)
        if (g_strcmp0(u->old->nets.v[i]->info.alias, u->changed->alias) == 0)
            return u->old->nets.v[i];
    return NULL;
}

/* Equal in what can't change. */
static bool sameButLink(const virDomainNetDef *old, const virDomainNetDef *net)
{
    virDomainNetDef *a = virXmlCopy(&virDomainNetDefXml, old), *b = virXmlCopy(&virDomainNetDefXml, net);
    a->link = b->link;
    memcpy(a->portId, b->portId, sizeof(a->portId));
    if (b->type == VIR_DOMAIN_NET_TYPE_NETWORK)
        g_clear_pointer(&a->bridge, g_free);
    if (!b->ifname)
        g_clear_pointer(&a->ifname, g_free);
    g_clear_pointer(&a->macCurrent, g_free);
    virXmlFree(&virNetBandwidthXml, g_steal_pointer(&a->bandwidth));
    virXmlFree(&virNetBandwidthXml, g_steal_pointer(&b->bandwidth));
    b->ownTable = a->ownTable;
    bool same = virXmlEqual(&virDomainNetDefXml, a, b);
    virXmlFree(&virDomainNetDefXml, a);
    virXmlFree(&virDomainNetDefXml, b);
    return same;
}

static bool isTap(const virDomainNetDef *net)
{
    return net->type == VIR_DOMAIN_NET_TYPE_ETHERNET || net->type == VIR_DOMAIN_NET_TYPE_BRIDGE || net->type == VIR_DOMAIN_NET_TYPE_NETWORK;
}

static bool changeLink(Update *u, virDomainNetDef *net, virDomainNetLinkState link, GError **error)
{
    bool up = link != VIR_DOMAIN_NET_LINK_DOWN;
    if ((net->link != VIR_DOMAIN_NET_LINK_DOWN) != up &&
        (!say(u, "set_link", qmpArgs("s:name", net->info.alias, "b:up", up, NULL), error) ||
         (isTap(net) && net->ifname && !virLinkSetUp(net->ifname, up, error))))
        return false;
    net->link = link;
    return true;
}

static bool sameBandwidth(const virNetBandwidth *a, const virNetBandwidth *b)
{
    return a && b ? virXmlEqual(&virNetBandwidthXml, a, b) : a == b;
}

static bool updateNet(Update *u, GError **error)
{
    virDomainNetDef *net = u->changed->device;
    const virDomainNetDef *old = oldNet(u);
    if (!old || old->type == VIR_DOMAIN_NET_TYPE_HOSTDEV)
        return unsupported(error, "cannot change config of '%s' network type", "hostdev");
    if (g_strcmp0(old->model, net->model) != 0)
        return unsupported(error, "cannot modify network device model from %s to %s", old->model ? old->model : "(default)",
                           net->model ? net->model : "(default)");
    if (old->type != net->type)
        return unsupported(error, "unable to change config on '%s' network type", virDomainNetTypeToString(net->type));
    if (!sameButLink(old, net))
        return unsupported(error, "only the link state and the bandwidth of an interface can be changed while the guest runs");
    virDomainNetDef *asked = virXmlCopy(&virDomainNetDefXml, old);
    SWAP(virDomainNetDef, asked, net);          /* what the guest has of the host stays */
    bool ok = changeLink(u, net, asked->link, error);
    if (ok && isTap(net) && !sameBandwidth(net->bandwidth, asked->bandwidth)) {
        SWAP(virNetBandwidth *, &net->bandwidth, &asked->bandwidth);
        ok = qemuTapTune(net, NULL, false, error);
    }
    virXmlFree(&virDomainNetDefXml, asked);
    return ok;
}

/* ---- displays ---- */

static const virDomainGraphicsDef *oldGraphics(const Update *u)
{
    const virDomainGraphicsDef *g = u->changed->device;
    for (unsigned int i = 0; i < u->old->graphics.n; i++)
        if (u->old->graphics.v[i]->type == g->type)
            return u->old->graphics.v[i];
    return NULL;
}

static bool fixedGraphics(const virDomainGraphicsDef *old, const virDomainGraphicsDef *g, const char *name, GError **error)
{
    if (g->autoport != VIR_TRISTATE_BOOL_YES && g->port > 0 && g->port != old->port)
        return unsupported(error, "cannot change port settings on %s graphics", name);
    if (g->listens.n && old->listens.n && g->listens.v[0]->address && g_strcmp0(g->listens.v[0]->address, old->listens.v[0]->address) != 0)
        return unsupported(error, "cannot change listen address setting on '%s' graphics", name);
    if (g->keymap && g_strcmp0(g->keymap, old->keymap) != 0)
        return unsupported(error, "cannot change keymap setting on '%s' graphics", name);
    return true;
}

static bool setPassword(Update *u, const char *name, const virDomainGraphicsDef *g, GError **error)
{
    const char *connected = g->connected ? virDomainGraphicsAuthConnectedToString(g->connected) : NULL;
    g_autofree char *when = g->passwdValidTo ? g_strdup(g->passwdValidTo) : NULL;
    g_autoptr(GDateTime) time = NULL;
    if (!say(u, "set_password", qmpArgs("s:protocol", name, "s:password", g->passwd ? g->passwd : "", "s:connected", connected, NULL), error))
        return false;
    if (when) {
        g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
        time = g_date_time_new_from_iso8601(when, utc);
    }
    g_autofree char *until = time ? g_strdup_printf("%" G_GINT64_FORMAT, g_date_time_to_unix(time)) : g_strdup("never");
    return say(u, "expire_password", qmpArgs("s:protocol", name, "s:time", until, NULL), error);
}

static bool updateGraphics(Update *u, GError **error)
{
    virDomainGraphicsDef *g = u->changed->device;
    const virDomainGraphicsDef *old = oldGraphics(u);
    const char *name = virDomainGraphicsTypeToString(g->type);
    if (!old || (g->type != VIR_DOMAIN_GRAPHICS_VNC && g->type != VIR_DOMAIN_GRAPHICS_SPICE))
        return unsupported(error, "unable to change config on '%s' graphics type", name);
    if (!fixedGraphics(old, g, name, error) || !setPassword(u, name, g, error))
        return false;
    virDomainGraphicsDef *asked = virXmlCopy(&virDomainGraphicsDefXml, old);
    SWAP(virDomainGraphicsDef, asked, g);
    SWAP(char *, &g->passwd, &asked->passwd);
    SWAP(char *, &g->passwdValidTo, &asked->passwdValidTo);
    g->connected = asked->connected;
    virXmlFree(&virDomainGraphicsDefXml, asked);
    return true;
}

/* ---- memory ---- */

static bool updateMemory(Update *u, GError **error)
{
    virDomainMemoryDef *mem = u->changed->device;
    if (mem->model != VIR_DOMAIN_MEMORY_DEVICE_VIRTIO_MEM) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "live update of memory device model '%s' is not supported",
                    virDomainMemoryDeviceModelToString(mem->model));
        return false;
    }
    g_autofree char *path = g_strconcat("/machine/peripheral/", u->changed->alias, NULL);
    return say(u, "qom-set", qmpArgs("s:path", path, "s:property", "requested-size", "U:value", (gint64)mem->requested * 1024, NULL), error);
}

bool qemuUpdateDevice(virDomainObj *obj, virDomainDef *def, const virDeviceChanged *changed, unsigned int flags, GError **error)
{
    static const struct { const char *kind; bool (*update)(Update *u, GError **error); } kinds[] = {
        { "disk", updateDisk }, { "interface", updateNet }, { "graphics", updateGraphics }, { "memory", updateMemory },
    };
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    Update u = { obj, qmp, def, view->live, changed, flags };
    for (guint i = 0; qmp && i < G_N_ELEMENTS(kinds); i++)
        if (g_str_equal(kinds[i].kind, changed->kind))
            return kinds[i].update(&u, error);
    return qmp && unsupported(error, "live update of device '%s' is not supported", changed->kind);
}
