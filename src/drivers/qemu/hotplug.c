/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices that come to a running guest and leave it. What the host makes for a device is a list of steps, each with the one that takes it
 * back; what QEMU is told is the difference of two command lines (plug-plan.h). A device leaves when the guest lets go of it, which
 * may be never: the call asks and waits a little, and what is left to do is done when the event comes.
 */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.hotplug"
#include "drivers/qemu/plug-plan.h"
#include "drivers/qemu/qemu.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/util.h"
#include <string.h>

enum { UNPLUG_MS = 5000 };      /* as long as clients have always waited for a guest's answer */

/* ---- QEMU ---- */

/* Only its name counts: the secrets of devices that the guest has already may be gone. */
static GBytes *noSecret(const virStorageSecret *secret, int usage, GError **error)
{
    return g_bytes_new_static("-", 1);
}

static GPtrArray *planOf(virDomainObj *obj, const virDomainDef *with, const virDomainDef *without, bool real, GError **error)
{
    g_autoptr(qemuCaps) caps = qemuCapsGet(qemuDriverOfObj(obj)->caps, with->emulator, error);
    g_auto(qemuCommandFrame) one = { 0 }, two = { 0 };
    if (!caps || !qemuCommandFrameInit(&one, obj, with, caps, error) || !qemuCommandFrameInit(&two, obj, without, caps, error))
        return NULL;
    two.cmd.secret = noSecret;
    if (!real)
        one.cmd.secret = noSecret;
    return qemuCommandBuild(&one.cmd, error) && qemuCommandBuild(&two.cmd, error) ? qemuPlugPlan(&one.cmd, &two.cmd, error) : NULL;
}

static bool handOver(virQmp *qmp, const qemuPlugStep *step, GError **error)
{
    for (guint i = 0; step->fds && i < step->fds->len; i++) {
        const qemuPlugFd *fd = &g_array_index(step->fds, qemuPlugFd, i);
        virQmpRequest r = { .command = "getfd", .args = qmpArgs("s:fdname", fd->name, NULL), .fd = fd->fd + 1 };
        bool ok = qmpCallMany(qmp, &r, 1, error);
        virQmpRequestClear(&r);
        if (!ok)
            return false;
    }
    return true;
}

static void takeBack(virQmp *qmp, const qemuPlugStep *step)
{
    if (!step->undo || !step->id)
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strconcat("s:", step->idName, NULL);
    if (qmpCall(qmp, step->undo, qmpArgs(name, step->id, NULL), NULL, &error) != VIR_QMP_OK)
        virInfo("%s", error->message);
}

bool qemuPlugTell(virDomainObj *obj, const virDomainDef *with, const virDomainDef *without, void (*prepare)(GPtrArray *plan, gpointer data),
                  gpointer data, GError **error)
{
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    g_autoptr(GPtrArray) plan = qmp ? planOf(obj, with, without, true, error) : NULL;
    if (!plan)
        return false;
    if (prepare)
        prepare(plan, data);
    for (guint i = 0; i < plan->len; i++) {
        qemuPlugStep *step = plan->pdata[i];
        bool ok = handOver(qmp, step, error) && qmpCall(qmp, step->command, json_node_ref(step->args), NULL, error) == VIR_QMP_OK;
        for (guint k = 0; !ok && step->fds && k < step->fds->len; k++)         /* those that it did not take */
            qmpCall(qmp, "closefd", qmpArgs("s:fdname", g_array_index(step->fds, qemuPlugFd, k).name, NULL), NULL, NULL);
        while (!ok && i-- > 0)
            takeBack(qmp, plan->pdata[i]);
        if (!ok)
            return false;
    }
    return true;
}

void qemuPlugForget(virDomainObj *obj, const virDomainDef *with, const virDomainDef *without)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, &error);
    g_autoptr(GPtrArray) plan = qmp ? planOf(obj, with, without, false, &error) : NULL;
    for (guint i = plan ? plan->len : 0; i-- > 0;)
        if (!qemuPlugIsDevice(plan->pdata[i]))
            takeBack(qmp, plan->pdata[i]);
    if (!plan)
        virWarn("guest '%s' keeps what was behind a device: %s", with->name, error->message);
}

/* ---- attach: the steps ---- */

typedef struct {
    virDomainObj *obj;
    virDomainDef *def;
    const virDomainDef *old;
    const virDeviceChanged *changed;
    qemuNetHost *nets;
    GHashTable *sockets;
} Plug;

static const virDeviceInfo *findInfo(const virDomainDef *def, const char *alias)
{
    for (unsigned int i = 0; i < def->nets.n; i++)
        if (g_strcmp0(def->nets.v[i]->info.alias, alias) == 0)
            return &def->nets.v[i]->info;
    return NULL;
}

static bool plugPorts(Plug *p, GError **error)
{
    bool ok = qemuPortsPlug(p->def, error);
    if (ok)
        virDomainDefAssignAliases(p->def, &qemuDriverOfObj(p->obj)->conf);
    return ok;
}

static void unplugPorts(Plug *p)
{
    qemuPortsUnplug(p->def, p->old);
}

static bool takeHostdevs(Plug *p, GError **error)
{
    return qemuHostdevsTake(p->obj, p->def, false, error);
}

static void giveHostdevs(Plug *p)
{
    qemuHostdevsGive(p->obj, p->old->uuid, p->old);
}

static bool prepareFiles(Plug *p, GError **error)
{
    return qemuCheckHostdevs(p->def, virHostLocal(), error) && qemuPrepareNew(p->obj, p->def, p->old, error) &&
           qemuHostdevOpen(p->def, p->old, p->sockets, error);
}

/* Of interfaces that `keep` does not have. */
static void unmakeNets(virDomainObj *obj, const virDomainDef *def, const virDomainDef *keep)
{
    virDomainDef gone = { .name = def->name };
    memcpy(gone.uuid, def->uuid, sizeof(gone.uuid));
    for (unsigned int i = 0; i < def->nets.n; i++)
        if (!findInfo(keep, def->nets.v[i]->info.alias))
            virListAppend(&gone.nets, def->nets.v[i]);
    qemuUnfilterNets(&gone);
    qemuDirectDrop(obj, &gone);
    g_free(gone.nets.v);
}

static void dropNets(Plug *p)
{
    qemuCloseNetFds(p->nets, p->def->nets.n);
    unmakeNets(p->obj, p->def, p->old);
}

static bool prepareNets(Plug *p, GError **error)
{
    for (unsigned int i = 0; i < p->def->nets.n; i++)
        if (!findInfo(p->old, p->def->nets.v[i]->info.alias) && !qemuPrepareNet(p->obj, p->def, p->def->nets.v[i], &p->nets[i], error)) {
            dropNets(p);
            return false;
        }
    return true;
}

static bool labelFiles(Plug *p, GError **error)
{
    return qemuLabelNew(p->obj, p->def, p->old, error);
}

static void restoreFiles(Plug *p)
{
    qemuRestoreGone(p->obj, p->def, p->old);
}

static bool raiseLimit(Plug *p, GError **error)
{
    return qemuLockedRaise(p->obj, p->def, error);
}

/* ---- attach: QEMU ---- */

/* Descriptors go by names instead of the numbers that a command line has. */
static char *passAll(qemuPlugStep *step, const char *alias, const char *what, const int *fds, unsigned int n)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (unsigned int i = 0; i < n; i++) {
        char *name = g_strdup_printf("%s-%s%u", what, alias, i);
        g_string_append_printf(names, "%s%s", i ? ":" : "", name);
        qemuPlugStepFd(step, name, fds[i]);
    }
    return g_strdup(names->str);
}

static void passNet(Plug *p, qemuPlugStep *step)
{
    JsonObject *o = json_node_get_object(step->args);
    for (unsigned int i = 0; i < p->def->nets.n; i++) {
        const char *alias = p->def->nets.v[i]->info.alias;
        const qemuNetHost *host = &p->nets[i];
        g_autofree char *id = g_strdup_printf("host%s", alias);
        if (!host->ntap || g_strcmp0(id, step->id) != 0)
            continue;
        g_autofree char *taps = passAll(step, alias, "fd", host->tap, host->ntap);
        json_object_remove_member(o, "fd");
        qmpAdd(o, host->ntap > 1 ? "s:fds" : "s:fd", taps, NULL);
        g_autofree char *vhosts = host->nvhost ? passAll(step, alias, "vhostfd", host->vhost, host->nvhost) : NULL;
        if (vhosts)
            qmpAdd(o, "b:vhost", TRUE, host->nvhost > 1 ? "s:vhostfds" : "s:vhostfd", vhosts, NULL);
    }
}

static void passDescriptors(GPtrArray *plan, gpointer data)
{
    Plug *p = data;
    for (guint i = 0; i < plan->len; i++) {
        qemuPlugStep *step = plan->pdata[i];
        if (g_str_equal(step->command, "netdev_add"))
            passNet(p, step);
        g_autofree char *key = g_strdup_printf("vhost-%s", step->id);
        int fd = GPOINTER_TO_INT(g_hash_table_lookup(p->sockets, key)) - 1;
        if (!qemuPlugIsDevice(step) || fd < 0)
            continue;
        g_autofree char *name = passAll(step, step->id, "vhostfd", &fd, 1);
        json_object_set_string_member(json_node_get_object(step->args), "vhostfd", name);
    }
}

static bool tellQemu(Plug *p, GError **error)
{
    return qemuPlugTell(p->obj, p->def, p->old, passDescriptors, p, error);
}

/* Where memory modules came to lie. */
static void takeMemory(virQmp *qmp, virDomainDef *def)
{
    g_autoptr(JsonNode) reply = NULL;
    if (qmpCall(qmp, "query-memory-devices", NULL, &reply, NULL) != VIR_QMP_OK)
        return;
    JsonArray *list = qmpReplyArr(reply);
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonObject *data = qmpObj(qmpItem(list, i), "data");
        for (unsigned int k = 0; k < def->mems.n; k++) {
            virDeviceInfo *info = &def->mems.v[k]->info;
            if (info->addr.type != VIR_DEVICE_ADDRESS_DIMM || g_strcmp0(info->alias, qmpStr(data, "id")) != 0)
                continue;
            info->addr.dimm.hasBase = true;
            info->addr.dimm.base = qmpInt(data, "addr", 0);
        }
    }
}

/* What is set on a device, or known of it, once it is there. */
static bool settle(Plug *p, GError **error)
{
    g_autoptr(virQmp) qmp = qemuGuestQmp(p->obj, error);
    g_autoptr(JsonNode) chardevs = NULL;
    const char *kind = p->changed->kind;
    if (!qmp)
        return false;
    if (g_str_equal(kind, "disk"))
        return qemuThrottleDisk(qmp, p->changed->device, error);
    if (g_str_equal(kind, "interface"))
        return qemuCutLink(qmp, p->changed->device, error);
    if (g_str_equal(kind, "memory")) {
        takeMemory(qmp, p->def);
        qemuCountMemory(p->obj, p->def, false);
    } else if (qmpCall(qmp, "query-chardev", NULL, &chardevs, NULL) == VIR_QMP_OK) {
        qemuTakePtys(p->def, qmpReplyArr(chardevs));
    }
    return true;
}

/* Gone from the guest at once, or asked: it has only just come, and nobody uses it. */
static void untellQemu(Plug *p)
{
    g_autoptr(virQmp) qmp = qemuGuestQmp(p->obj, NULL);
    const virDeviceInfo *info = virDomainDeviceInfoOf(p->changed->kind, p->changed->device);
    if (qmp && info && info->alias)
        qmpCall(qmp, "device_del", qmpArgs("s:id", info->alias, NULL), NULL, NULL);
    qemuPlugForget(p->obj, p->def, p->old);
}

static const struct {
    bool (*make)(Plug *p, GError **error);
    void (*unmake)(Plug *p);
} steps[] = {
    { plugPorts, unplugPorts },  { takeHostdevs, giveHostdevs }, { prepareFiles, NULL },      { prepareNets, dropNets },
    { labelFiles, restoreFiles }, { raiseLimit, NULL },           { tellQemu, untellQemu },   { settle, NULL },
};

static void closeFd(gpointer fd)
{
    close(GPOINTER_TO_INT(fd) - 1);
}

bool qemuAttachDevice(virDomainObj *obj, virDomainDef *def, const virDeviceChanged *changed, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    g_autofree qemuNetHost *nets = g_new0(qemuNetHost, def->nets.n + 1);
    g_autoptr(GHashTable) sockets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, closeFd);
    Plug p = { obj, def, view->live, changed, nets, sockets };
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (steps[i].make(&p, error))
            continue;
        while (i-- > 0)
            if (steps[i].unmake)
                steps[i].unmake(&p);
        return false;
    }
    qemuCloseNetFds(nets, def->nets.n);
    return true;
}

/* ---- detach ---- */

/* Everything that was there for the device. Holder. */
static void deviceGone(virDomainObj *obj, const char *alias)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    g_autoptr(virDomainDef) after = view->live ? virDomainDefCopy(view->live) : NULL;
    if (!after || !virDomainDefForgetAlias(after, alias))
        return;
    qemuPlugForget(obj, view->live, after);
    unmakeNets(obj, view->live, after);
    qemuRestoreGone(obj, view->live, after);
    qemuHostdevsGive(obj, after->uuid, after);
    qemuPortsUnplug(view->live, after);
    g_autoptr(virDomainView) now = virDomainObjView(obj);      /* QEMU was asked meanwhile */
    if (!now->live)
        return;
    if (now->live != view->live) {
        virDomainDefUnref(after);
        after = virDomainDefCopy(now->live);
        virDomainDefForgetAlias(after, alias);
    }
    qemuCountMemory(obj, after, false);
    virDomainSetLive(obj, g_steal_pointer(&after));
    virDomainEmit(obj, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, alias);
}

typedef struct { virDomainObj *obj; char *alias; } Late;

static void goneLate(gpointer data)
{
    Late *late = data;
    g_autoptr(GError) error = NULL;
    if (virActorEnter(virDomainObjActor(late->obj), VIR_ACTOR_MODIFY, "device removed", -1, &error)) {
        deviceGone(late->obj, late->alias);
        virActorLeave(virDomainObjActor(late->obj));
    } else {
        virWarn("device '%s' has left its guest, but stays in its definition: %s", late->alias, error->message);
    }
    virDomainObjUnref(late->obj);
    g_free(late->alias);
    g_free(late);
}

/* True when somebody waits for news of this device. */
static bool tellWaiter(virDomainObj *obj, const char *alias, int state)
{
    qemuGuest *g = qemuGuestOf(obj);
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&g->mutex);
    if (g_strcmp0(g->unplugAlias, alias) != 0)
        return false;
    g->unplugState = state;
    g_cond_broadcast(&g->unplugCond);
    return true;
}

void qemuDeviceDeleted(virDomainObj *obj, const char *alias)
{
    if (tellWaiter(obj, alias, QEMU_UNPLUG_GONE))
        return;
    Late *late = g_new(Late, 1);
    *late = (Late){ virDomainObjRef(obj), g_strdup(alias) };
    virWorkRun(goneLate, late);
}

void qemuDeviceStays(virDomainObj *obj, const char *alias)
{
    tellWaiter(obj, alias, QEMU_UNPLUG_REFUSED);
    virDomainEmit(obj, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, alias);
}

/* A device that something else sits on, or that the guest could not do without. */
static bool isBusy(const virDomainDef *def, const char *alias)
{
    const virDomainControllerDef *c = NULL;
    for (unsigned int i = 0; i < def->controllers.n; i++)
        if (g_strcmp0(def->controllers.v[i]->info.alias, alias) == 0)
            c = def->controllers.v[i];
    for (unsigned int i = 0; c && i < def->disks.n; i++)
        if (def->disks.v[i]->bus == VIR_DOMAIN_DISK_BUS_SCSI && def->disks.v[i]->info.addr.drive.controller == c->idx)
            return true;
    for (unsigned int i = 0; c && i < def->hostdevs.n; i++)
        if (def->hostdevs.v[i]->type == VIR_DOMAIN_HOSTDEV_TYPE_SCSI && def->hostdevs.v[i]->info.addr.drive.controller == c->idx)
            return true;
    return false;
}

static bool mayLeave(const virDomainDef *live, const virDeviceChanged *changed, GError **error)
{
    if (g_str_equal(changed->kind, "controller") && isBusy(live, changed->alias)) {
        virSetError(error, VIR_ERR_OPERATION_FAILED, "device cannot be detached: device is busy");
        return false;
    }
    for (unsigned int i = 0; g_str_equal(changed->kind, "disk") && i < live->disks.n; i++) {
        const virDomainDiskDef *d = live->disks.v[i];
        if (g_strcmp0(d->info.alias, changed->alias) != 0)
            continue;
        bool fits = d->device == VIR_DOMAIN_DISK_DEVICE_DISK || d->device == VIR_DOMAIN_DISK_DEVICE_LUN;
        bool hot = d->bus == VIR_DOMAIN_DISK_BUS_VIRTIO || d->bus == VIR_DOMAIN_DISK_BUS_SCSI || d->bus == VIR_DOMAIN_DISK_BUS_USB;
        if (!fits)
            virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "disk device type '%s' cannot be detached", virDomainDiskDeviceToString(d->device));
        else if (!hot)
            virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "This type of disk cannot be hot unplugged");
        return fits && hot;
    }
    return true;
}

/* Ask, and wait for the guest. */
static int askGuest(virDomainObj *obj, virQmp *qmp, const char *alias, GError **error)
{
    qemuGuest *g = qemuGuestOf(obj);
    g_mutex_lock(&g->mutex);
    g_free(g->unplugAlias);
    g->unplugAlias = g_strdup(alias);
    g->unplugState = QEMU_UNPLUG_ASKED;
    g_mutex_unlock(&g->mutex);
    bool ok = qmpCall(qmp, "device_del", qmpArgs("s:id", alias, NULL), NULL, error) == VIR_QMP_OK;
    gint64 end = g_get_monotonic_time() + UNPLUG_MS * G_TIME_SPAN_MILLISECOND;
    virActorPark(virDomainObjActor(obj));
    g_mutex_lock(&g->mutex);
    while (ok && g->unplugState == QEMU_UNPLUG_ASKED)
        if (!g_cond_wait_until(&g->unplugCond, &g->mutex, end))
            break;
    int state = g->unplugState;
    g_clear_pointer(&g->unplugAlias, g_free);
    g_mutex_unlock(&g->mutex);
    virActorUnpark(virDomainObjActor(obj));
    return ok ? state : -1;
}

bool qemuDetachDevice(virDomainObj *obj, const virDomainDef *def, const virDeviceChanged *changed, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, error);
    g_autoptr(GPtrArray) plan = NULL;
    if (!qmp || (changed->alias && !mayLeave(view->live, changed, error)) || !(plan = planOf(obj, view->live, def, false, error)))
        return false;
    bool asked = false;
    for (guint i = 0; i < plan->len; i++) {
        const qemuPlugStep *step = plan->pdata[i];
        if (!qemuPlugIsDevice(step) || g_strcmp0(step->id, changed->alias) != 0)
            continue;
        int state = askGuest(obj, qmp, step->id, error);
        asked = true;
        if (state == QEMU_UNPLUG_REFUSED)
            virSetError(error, VIR_ERR_OPERATION_FAILED, "unplug of device was rejected by the guest");
        else if (state == QEMU_UNPLUG_OVER)
            virSetError(error, VIR_ERR_OPERATION_FAILED, "domain is not running any more");
        if (state < 0 || state == QEMU_UNPLUG_REFUSED || state == QEMU_UNPLUG_OVER)
            return false;
        if (state == QEMU_UNPLUG_ASKED)
            return true;                /* the event will come, or not */
    }
    if (changed->alias)
        deviceGone(obj, changed->alias);
    else if (!asked)                    /* nothing of QEMU's: a lease */
        virDomainSetLive(obj, virDomainDefCopy(def));
    return true;
}

/* ---- after a restart of the daemon ---- */

void qemuDevicesReconcile(virDomainObj *obj)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, NULL);
    g_autoptr(JsonNode) reply = NULL;
    g_auto(qemuCommandFrame) frame = { 0 };
    g_autoptr(qemuCaps) caps = view->live ? qemuCapsGet(qemuDriverOfObj(obj)->caps, view->live->emulator, NULL) : NULL;
    if (!qmp || !caps || qmpCall(qmp, "qom-list", qmpArgs("s:path", "/machine/peripheral", NULL), &reply, NULL) != VIR_QMP_OK)
        return;
    JsonArray *list = qmpReplyArr(reply);
    if (!list || !qemuCommandFrameInit(&frame, obj, view->live, caps, NULL))
        return;
    g_autoptr(GHashTable) there = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < json_array_get_length(list); i++)
        if (qmpStr(qmpItem(list, i), "name"))
            g_hash_table_add(there, (gpointer)qmpStr(qmpItem(list, i), "name"));
    frame.cmd.secret = noSecret;
    g_autoptr(GPtrArray) ids = qemuCommandBuild(&frame.cmd, NULL) ? qemuPlugDeviceIds(&frame.cmd) : NULL;
    for (guint i = 0; ids && i < ids->len; i++)
        if (!g_hash_table_contains(there, ids->pdata[i])) {
            virInfo("device '%s' left guest '%s' while nobody watched", (char *)ids->pdata[i], view->live->name);
            deviceGone(obj, ids->pdata[i]);
        }
}
