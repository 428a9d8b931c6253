/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU's events become states, reasons and events of ours. Handlers run through the actor and never wait. */
#define VIR_FROM VIR_FROM_QEMU
#define VIR_LOG_NAME "qemu.events"
#include "drivers/qemu/agent-guest.h"
#include "drivers/qemu/snapshot.h"
#include "base/log.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    virDomainObj *obj;
    qemuGuest *guest;
    virDomainView *view; /* live is not NULL */
    virQmp *qmp;
    JsonObject *data; /* may be NULL */
} Event;

static int wordIn(const char *const *words, int n, const char *word, int otherwise)
{
    for (int i = 0; word && i < n; i++)
        if (words[i] && g_str_equal(words[i], word))
            return i;
    return otherwise;
}

/* ---- power ---- */

static void restartGuest(Event *e)
{
    e->guest->resumeReason = VIR_DOMAIN_RUNNING_BOOTED;
    e->guest->restarting = true;
    qmpSend(e->qmp, "system_reset",
            NULL); /* carried out later: "cont" would come too soon, so it waits for the RESET event */
}

static void onShutdown(Event *e)
{
    const virDomainDef *def = e->view->live;
    const char *reason = qmpStr(e->data, "reason");
    bool guest = qmpBool(e->data, "guest"), signal = g_strcmp0(reason, "host-signal") == 0;
    bool reboot =
        e->guest->fakeReboot || (def->onPoweroff == VIR_DOMAIN_ON_RESTART && g_strcmp0(reason, "guest-reset") != 0);
    if (reboot && !signal) {
        e->guest->fakeReboot = false;
        restartGuest(e); /* whose RESET event tells the world */
        return;
    }
    if (e->guest->shutdownDetail >= 0 || e->guest->crashed)
        return; /* our own signal, after the guest has powered itself off or panicked */
    e->guest->shutdownDetail = guest ? VIR_DOMAIN_EVENT_SHUTDOWN_GUEST : VIR_DOMAIN_EVENT_SHUTDOWN_HOST;
    virDomainSetState(e->obj, VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_UNKNOWN, VIR_DOMAIN_EVENT_SHUTDOWN,
                      e->guest->shutdownDetail);
    if (def->onPoweroff != VIR_DOMAIN_ON_PRESERVE || signal)
        qemuEndProcess(e->obj);
}

static void onReset(Event *e)
{
    e->guest->fakeReboot = false;
    if (e->guest->restarting)
        qmpSend(e->qmp, "cont", NULL);
    virDomainEmit(e->obj, VIR_DOMAIN_EVENT_ID_REBOOT);
}

static void onStop(Event *e)
{
    int reason = e->guest->pauseReason ? e->guest->pauseReason : VIR_DOMAIN_PAUSED_UNKNOWN;
    int detail = reason == VIR_DOMAIN_PAUSED_IOERROR    ? VIR_DOMAIN_EVENT_SUSPENDED_IOERROR
                 : reason == VIR_DOMAIN_PAUSED_WATCHDOG ? VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG
                                                        : VIR_DOMAIN_EVENT_SUSPENDED_PAUSED;
    e->guest->pauseReason = 0;
    if (e->view->state == VIR_DOMAIN_RUNNING && !e->guest->restarting)
        virDomainSetState(e->obj, VIR_DOMAIN_PAUSED, reason, VIR_DOMAIN_EVENT_SUSPENDED, detail);
}

static void onResume(Event *e)
{
    int reason = e->guest->resumeReason ? e->guest->resumeReason : VIR_DOMAIN_RUNNING_UNPAUSED;
    e->guest->resumeReason = 0;
    e->guest->shutdownDetail = -1;
    e->guest->restarting = false;
    if (e->view->state != VIR_DOMAIN_RUNNING)
        virDomainSetState(e->obj, VIR_DOMAIN_RUNNING, reason, VIR_DOMAIN_EVENT_RESUMED,
                          VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
}

static void onPanic(Event *e)
{
    virDomainOnAction action = e->view->live->onCrash;
    e->guest->pauseReason = VIR_DOMAIN_PAUSED_CRASHED;
    virDomainSetState(e->obj, VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED, VIR_DOMAIN_EVENT_CRASHED,
                      VIR_DOMAIN_EVENT_CRASHED_PANICKED);
    if (action == VIR_DOMAIN_ON_COREDUMP_DESTROY || action == VIR_DOMAIN_ON_COREDUMP_RESTART)
        virWarn("guest '%s' panicked; core dumps are not made yet", e->view->live->name);
    if (action == VIR_DOMAIN_ON_RESTART || action == VIR_DOMAIN_ON_COREDUMP_RESTART ||
        action == VIR_DOMAIN_ON_RENAME_RESTART) {
        restartGuest(e);
        e->guest->resumeReason = VIR_DOMAIN_RUNNING_CRASHED;
    } else if (action != VIR_DOMAIN_ON_PRESERVE) {
        e->guest->crashed = true;
        qemuEndProcess(e->obj);
    }
}

static void onSuspendToRam(Event *e)
{
    if (e->view->state == VIR_DOMAIN_RUNNING)
        virDomainSetState(e->obj, VIR_DOMAIN_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED_UNKNOWN, VIR_DOMAIN_EVENT_PMSUSPENDED,
                          VIR_DOMAIN_EVENT_PMSUSPENDED_MEMORY);
    virDomainEmit(e->obj, VIR_DOMAIN_EVENT_ID_PMSUSPEND, 0);
}

static void onSuspendToDisk(Event *e)
{
    if (e->view->state == VIR_DOMAIN_RUNNING)
        virDomainSetState(e->obj, VIR_DOMAIN_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED_UNKNOWN, VIR_DOMAIN_EVENT_PMSUSPENDED,
                          VIR_DOMAIN_EVENT_PMSUSPENDED_DISK);
    virDomainEmit(e->obj, VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK, 0);
}

static void onWakeup(Event *e)
{
    if (e->view->state == VIR_DOMAIN_PMSUSPENDED)
        virDomainSetState(e->obj, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_WAKEUP, VIR_DOMAIN_EVENT_STARTED,
                          VIR_DOMAIN_EVENT_STARTED_WAKEUP);
    virDomainEmit(e->obj, VIR_DOMAIN_EVENT_ID_PMWAKEUP, 0);
}

static void onWatchdog(Event *e)
{
    static const char *const actions[] = { "none", "pause", "reset", "poweroff", "shutdown", "debug", "inject-nmi" };
    int action = wordIn(actions, G_N_ELEMENTS(actions), qmpStr(e->data, "action"), VIR_DOMAIN_EVENT_WATCHDOG_NONE);
    if (action == VIR_DOMAIN_EVENT_WATCHDOG_PAUSE)
        e->guest->pauseReason = VIR_DOMAIN_PAUSED_WATCHDOG;
    virDomainEmit(e->obj, VIR_DOMAIN_EVENT_ID_WATCHDOG, action);
}

/* ---- devices ---- */

static void onRtcChange(Event *e)
{
    virDomainEmit(e->obj, VIR_DOMAIN_EVENT_ID_RTC_CHANGE, (long long)qmpInt(e->data, "offset", 0));
}

static void onBalloon(Event *e)
{
    unsigned long long kib = qmpInt(e->data, "actual", 0) / 1024;
    __atomic_store_n(&e->guest->balloon, kib, __ATOMIC_RELAXED);
    virDomainEmit(e->obj, VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, kib);
}

static const virDomainDiskDef *diskOfNode(const virDomainDef *def, const char *node)
{
    unsigned int index = node && g_str_has_prefix(node, "libvirt-") ? strtoul(node + strlen("libvirt-"), NULL, 10) : 0;
    for (unsigned int i = 0; index && i < def->disks.n; i++)
        for (const virStorageSource *s = &def->disks.v[i]->src; s; s = s->backing)
            if (s->index == index)
                return def->disks.v[i];
    return NULL;
}

static void onIoError(Event *e)
{
    static const char *const actions[] = { "ignore", "stop", "report" };
    int action = wordIn(actions, G_N_ELEMENTS(actions), qmpStr(e->data, "action"), VIR_DOMAIN_EVENT_IO_ERROR_NONE);
    const virDomainDiskDef *disk = diskOfNode(e->view->live, qmpStr(e->data, "node-name"));
    const char *path = disk && disk->src.path ? disk->src.path : "",
               *alias = disk && disk->info.alias ? disk->info.alias : "";
    const char *reason = qmpBool(e->data, "nospace") ? "enospc" : "";
    if (action == VIR_DOMAIN_EVENT_IO_ERROR_PAUSE)
        e->guest->pauseReason = VIR_DOMAIN_PAUSED_IOERROR;
    virDomainEmit(e->obj, VIR_DOMAIN_EVENT_ID_IO_ERROR, path, alias, action);
    virDomainEmit(e->obj, VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, path, alias, action, reason);
}

static void onBlockJobEnded(Event *e)
{
    qemuBackupJobEnded(e->obj, e->data);
}

static void onDeviceDeleted(Event *e)
{
    const char *alias = qmpStr(e->data, "device");
    if (alias)
        qemuDeviceDeleted(e->obj, alias);
}

static void onUnplugRefused(Event *e)
{
    const char *alias = qmpStr(e->data, "device");
    if (alias)
        qemuDeviceStays(e->obj, alias);
}

/* What the guest's firmware says of an eject that was asked for (source 3) or forced (0x103); a status of success is DEVICE_DELETED's to tell. */
static void onAcpiStatus(Event *e)
{
    JsonObject *info = qmpObj(e->data, "info");
    const char *alias = qmpStr(info, "device");
    gint64 source = qmpInt(info, "source", 0), status = qmpInt(info, "status", 0);
    bool failed = status == 1 || (status >= 0x80 && status <= 0x83);
    if (alias && (source == 3 || source == 0x103) && failed)
        qemuDeviceStays(e->obj, alias);
}

static void onTrayMoved(Event *e)
{
    const char *alias = qmpStr(e->data, "id");
    bool open = qmpBool(e->data, "tray-open");
    g_autoptr(virDomainDef) def = virDomainDefCopy(e->view->live);
    for (unsigned int i = 0; alias && i < def->disks.n; i++)
        if (g_strcmp0(def->disks.v[i]->info.alias, alias) == 0) {
            def->disks.v[i]->tray = open ? VIR_DOMAIN_DISK_TRAY_OPEN : VIR_DOMAIN_DISK_TRAY_CLOSED;
            virDomainSetLive(e->obj, g_steal_pointer(&def));
            virDomainEmit(e->obj, VIR_DOMAIN_EVENT_ID_TRAY_CHANGE, alias,
                          open ? VIR_DOMAIN_EVENT_TRAY_CHANGE_OPEN : VIR_DOMAIN_EVENT_TRAY_CHANGE_CLOSE);
            return;
        }
}

static void onPortChange(Event *e)
{
    const char *alias = qmpStr(e->data, "id");
    virDomainChrState state =
        qmpBool(e->data, "open") ? VIR_DOMAIN_CHR_STATE_CONNECTED : VIR_DOMAIN_CHR_STATE_DISCONNECTED;
    g_autoptr(virDomainDef) def = virDomainDefCopy(e->view->live);
    for (unsigned int i = 0; alias && i < def->channels.n; i++) {
        virDomainChrDef *chr = def->channels.v[i];
        if (g_strcmp0(chr->info.alias, alias) != 0 || chr->state == state)
            continue;
        bool agent = qemuAgentIsChannel(chr);
        chr->state = state;
        virDomainSetLive(e->obj, g_steal_pointer(&def));
        if (agent) {
            qemuAgentFollow(e->obj);
            virDomainEmit(e->obj, VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, (int)state,
                          VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL);
        }
        return;
    }
}

static int addressFamily(const char *family)
{
    static const char *const families[] = { "ipv4", "ipv6", "unix" };
    return wordIn(families, G_N_ELEMENTS(families), family, VIR_DOMAIN_EVENT_GRAPHICS_ADDRESS_IPV4);
}

static void onGraphics(Event *e, int phase)
{
    JsonObject *server = qmpObj(e->data, "server"), *client = qmpObj(e->data, "client");
    const char *service = qmpStr(server, "service") ? qmpStr(server, "service") : qmpStr(server, "port");
    const char *remote = qmpStr(client, "service") ? qmpStr(client, "service") : qmpStr(client, "port");
    virDomainEmit(e->obj, VIR_DOMAIN_EVENT_ID_GRAPHICS, phase, addressFamily(qmpStr(server, "family")),
                  addressFamily(qmpStr(client, "family")), qmpStr(server, "host"), service, qmpStr(client, "host"),
                  remote, qmpStr(server, "auth") ? qmpStr(server, "auth") : "", qmpStr(client, "sasl_username"),
                  qmpStr(client, "x509_dname"));
}

static void onConnected(Event *e)
{
    onGraphics(e, VIR_DOMAIN_EVENT_GRAPHICS_CONNECT);
}

static void onInitialized(Event *e)
{
    onGraphics(e, VIR_DOMAIN_EVENT_GRAPHICS_INITIALIZE);
}

static void onDisconnected(Event *e)
{
    onGraphics(e, VIR_DOMAIN_EVENT_GRAPHICS_DISCONNECT);
}

static const struct {
    const char *name;
    void (*handle)(Event *);
} handlers[] = {
    { "SHUTDOWN", onShutdown },
    { "RESET", onReset },
    { "STOP", onStop },
    { "RESUME", onResume },
    { "GUEST_PANICKED", onPanic },
    { "SUSPEND", onSuspendToRam },
    { "SUSPEND_DISK", onSuspendToDisk },
    { "WAKEUP", onWakeup },
    { "WATCHDOG", onWatchdog },
    { "RTC_CHANGE", onRtcChange },
    { "BALLOON_CHANGE", onBalloon },
    { "BLOCK_IO_ERROR", onIoError },
    { "BLOCK_JOB_COMPLETED", onBlockJobEnded },
    { "BLOCK_JOB_CANCELLED", onBlockJobEnded },
    { "DEVICE_DELETED", onDeviceDeleted },
    { "DEVICE_UNPLUG_GUEST_ERROR", onUnplugRefused },
    { "MEM_UNPLUG_ERROR", onUnplugRefused },
    { "ACPI_DEVICE_OST", onAcpiStatus },
    { "DEVICE_TRAY_MOVED", onTrayMoved },
    { "VSERPORT_CHANGE", onPortChange },
    { "VNC_CONNECTED", onConnected },
    { "VNC_INITIALIZED", onInitialized },
    { "VNC_DISCONNECTED", onDisconnected },
    { "SPICE_CONNECTED", onConnected },
    { "SPICE_INITIALIZED", onInitialized },
    { "SPICE_DISCONNECTED", onDisconnected },
};

/* ---- events of a guest that starts ---- */

typedef struct {
    char *name;
    JsonObject *data;
    gint64 seconds;
    unsigned int micros;
} Early;

static void earlyFree(gpointer data)
{
    Early *e = data;
    g_free(e->name);
    g_clear_pointer(&e->data, json_object_unref);
    g_free(e);
}

/* That it runs is what the start itself tells. */
static void keepEarly(qemuGuest *g, const char *name, JsonObject *data, gint64 seconds, unsigned int micros)
{
    if (!g || !g->early || g_str_equal(name, "RESUME"))
        return;
    Early *e = g_new(Early, 1);
    *e = (Early){ g_strdup(name), data ? json_object_ref(data) : NULL, seconds, micros };
    g_ptr_array_add(g->early, e);
}

static void monitorEvent(virQmp *qmp, const char *name, JsonObject *data, gint64 seconds, unsigned int micros,
                         gpointer opaque)
{
    virDomainObj *obj = opaque;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (!view->live) {
        keepEarly(qemuGuestOf(obj), name, data, seconds, micros);
        return;
    }
    g_autofree char *details = NULL;
    if (data) {
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
        json_node_set_object(node, data);
        details = json_to_string(node, FALSE);
    }
    virDomainEmitMonitor(obj, name, seconds, micros, details);
    qemuAgentNotify(qemuGuestOf(obj), name);
    Event e = { .obj = obj, .guest = qemuGuestOf(obj), .view = view, .qmp = qmp, .data = data };
    for (guint i = 0; i < G_N_ELEMENTS(handlers); i++)
        if (g_str_equal(handlers[i].name, name))
            handlers[i].handle(&e);
}

void qemuEventsKeep(virDomainObj *obj)
{
    qemuEventsForget(qemuGuestOf(obj));
    qemuGuestOf(obj)->early = g_ptr_array_new_with_free_func(earlyFree);
}

void qemuEventsForget(qemuGuest *guest)
{
    g_clear_pointer(&guest->early, g_ptr_array_unref);
}

static void tellEarly(gpointer data)
{
    virDomainObj *obj = data;
    qemuGuest *g = qemuGuestOf(obj);
    g_autoptr(GPtrArray) early = g ? g_steal_pointer(&g->early) : NULL;
    g_autoptr(virQmp) qmp = early ? qemuGuestQmp(obj, NULL) : NULL;
    for (guint i = 0; qmp && i < early->len; i++) {
        const Early *e = early->pdata[i];
        monitorEvent(qmp, e->name, e->data, e->seconds, e->micros, obj);
    }
}

/* A message to the actor runs when the start gives it back, or waits the next time: by then the definition is public. */
void qemuEventsTell(virDomainObj *obj)
{
    virActorPost(virDomainObjActor(obj), tellEarly, virDomainObjRef(obj), (GDestroyNotify)virDomainObjUnref);
}

/* The monitor is closed. A QEMU that still runs can't be led any more, so it ends; its exit brings the rest. */
static void monitorGone(virQmp *qmp, const char *why, gpointer opaque)
{
    virDomainObj *obj = opaque;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    virInfo("monitor of '%s': %s", view->live ? view->live->name : "a guest", why);
    if (view->live)
        qemuEndProcess(obj);
}

/* ---- after a lost or late answer, a reconnect, a restart: QEMU's truth ---- */

static const struct {
    const char *status;
    int state, reason;
} statuses[] = {
    { "running", VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNKNOWN },
    { "paused", VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_UNKNOWN },
    { "prelaunch", VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP },
    { "suspended", VIR_DOMAIN_PMSUSPENDED, 0 },
    { "shutdown", VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_UNKNOWN },
    { "guest-panicked", VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED },
    { "io-error", VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR },
    { "watchdog", VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_WATCHDOG },
    { "internal-error", VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_UNKNOWN },
    { "inmigrate", VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION },
};

static void publishDifference(virDomainObj *obj, int state, int reason)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    qemuGuest *g = qemuGuestOf(obj);
    if (!view->live || view->state == state)
        return;
    if (state == VIR_DOMAIN_RUNNING)
        virDomainSetState(obj, state, VIR_DOMAIN_RUNNING_UNPAUSED, VIR_DOMAIN_EVENT_RESUMED,
                          VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
    else if (state == VIR_DOMAIN_PAUSED)
        virDomainSetState(obj, state, reason, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
    else
        virDomainSetState(obj, state, reason, -1, 0);
    if (state == VIR_DOMAIN_SHUTDOWN && view->live->onPoweroff != VIR_DOMAIN_ON_PRESERVE) {
        g->shutdownDetail = VIR_DOMAIN_EVENT_SHUTDOWN_FINISHED;
        qemuEndProcess(obj);
    }
}

void qemuReconcile(virDomainObj *obj)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) reply = NULL;
    g_autoptr(virQmp) qmp = qemuGuestQmp(obj, &error);
    if (!qmp || qmpCall(qmp, "query-status", NULL, &reply, &error) != VIR_QMP_OK) {
        virInfo("run state is not known: %s", error->message);
        return;
    }
    const char *status = qmpStr(qmpReplyObj(reply), "status");
    for (guint i = 0; status && i < G_N_ELEMENTS(statuses); i++)
        if (g_str_equal(statuses[i].status, status))
            publishDifference(obj, statuses[i].state, statuses[i].reason);
}

static void reconcileLater(gpointer data)
{
    g_autoptr(virDomainObj) obj = data;
    g_autoptr(GError) error = NULL;
    if (!virActorEnter(virDomainObjActor(obj), VIR_ACTOR_MODIFY, "reconcile", -1, &error)) {
        virInfo("%s", error->message);
        return;
    }
    qemuReconcile(obj);
    virActorLeave(virDomainObjActor(obj));
}

static void monitorLate(virQmp *qmp, const char *command, gpointer opaque)
{
    virInfo("the answer to '%s' came late", command);
    virWorkRun(reconcileLater, virDomainObjRef(opaque));
}

const virQmpHandlers qemuMonitorHandlers = { .event = monitorEvent, .gone = monitorGone, .late = monitorLate };
