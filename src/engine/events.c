/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The event bus: who listens to what, and how a callback of each kind is called. */
#define VIR_FROM VIR_FROM_EVENT
#define VIR_LOG_NAME "engine.events"
#include "engine/events.h"
#include "api/deliver.h"
#include "base/log.h"
#include <string.h>

typedef struct {
    gatomicrefcount refs;
    int id, kind;
    gint removed;
    virConnectPtr conn;             /* not a reference: the connection removes its listeners before it goes */
    bool hasUuid;
    unsigned char uuid[16];
    gpointer callback, opaque;
    virFreeCallback freecb;
    GRegex *regex;
    bool anyCase;
    char *monitorEvent;
} Listener;

struct _virEventBus {
    GMutex mutex;                   /* guards the list, not a callback */
    GPtrArray *listeners;
    int lastId;
};

typedef struct {
    Listener *listener;
    virDomainEvent *event;
    virConnectPtr conn;
} Delivery;

/* ---- events ---- */

virDomainEvent *virDomainEventNew(int id, const char *name, const unsigned char *uuid, int domainId)
{
    virDomainEvent *e = g_new0(virDomainEvent, 1);
    g_atomic_ref_count_init(&e->refs);
    e->id = id;
    e->name = g_strdup(name);
    memcpy(e->uuid, uuid, 16);
    e->domainId = domainId;
    return e;
}

static void eventUnref(virDomainEvent *e)
{
    if (!g_atomic_ref_count_dec(&e->refs))
        return;
    g_free(e->name);
    for (gsize i = 0; i < G_N_ELEMENTS(e->s); i++)
        g_free(e->s[i]);
    virTypedParamsFree(e->params, e->nparams);
    if (e->objectFree)
        e->objectFree(e->object);
    g_free(e);
}

/* ---- listeners ---- */

static void listenerUnref(gpointer data)
{
    Listener *l = data;
    if (!g_atomic_ref_count_dec(&l->refs))
        return;
    if (l->freecb)
        l->freecb(l->opaque);
    g_clear_pointer(&l->regex, g_regex_unref);
    g_free(l->monitorEvent);
    g_free(l);
}

virEventBus *virEventBusNew(void)
{
    virEventBus *bus = g_new0(virEventBus, 1);
    g_mutex_init(&bus->mutex);
    bus->listeners = g_ptr_array_new_with_free_func(listenerUnref);
    return bus;
}

void virEventBusFree(virEventBus *bus)
{
    if (!bus)
        return;
    g_ptr_array_unref(bus->listeners);
    g_mutex_clear(&bus->mutex);
    g_free(bus);
}

static bool listenerFilter(Listener *l, const char *monitorEvent, unsigned int flags, GError **error)
{
    if (!monitorEvent)
        return true;
    l->anyCase = flags & VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE;
    if (flags & VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX) {
        g_autoptr(GError) cause = NULL;
        l->regex = g_regex_new(monitorEvent, (l->anyCase ? G_REGEX_CASELESS : 0) | G_REGEX_OPTIMIZE, 0, &cause);
        if (!l->regex)
            virSetError(error, VIR_ERR_INVALID_ARG, "failed to compile regex '%s': %s", monitorEvent, cause->message);
        return l->regex != NULL;
    }
    l->monitorEvent = g_strdup(monitorEvent);
    return true;
}

int virEventBusAdd(virEventBus *bus, virConnectPtr conn, const unsigned char *uuid, int kind, gpointer callback, gpointer opaque,
                   virFreeCallback freecb, const char *monitorEvent, unsigned int monitorFlags, GError **error)
{
    if (!virConnectCanDeliver(conn, error))
        return -1;
    Listener *l = g_new0(Listener, 1);
    *l = (Listener){ .conn = conn, .kind = kind, .callback = callback, .opaque = opaque, .hasUuid = uuid != NULL };
    g_atomic_ref_count_init(&l->refs);
    if (uuid)
        memcpy(l->uuid, uuid, 16);
    if (!listenerFilter(l, monitorEvent, monitorFlags, error)) {
        listenerUnref(l);
        return -1;
    }
    bool twice = false;
    g_mutex_lock(&bus->mutex);
    for (guint i = 0; i < bus->listeners->len && !twice; i++) {
        Listener *o = bus->listeners->pdata[i];
        twice = o->conn == conn && o->kind == kind && o->callback == callback && o->hasUuid == l->hasUuid &&
                memcmp(o->uuid, l->uuid, 16) == 0 && (kind == VIR_EVENT_LEGACY_LIFECYCLE || o->opaque == opaque) &&
                !conn->deliverDirectly;
    }
    if (!twice) {
        l->id = bus->lastId++;
        l->freecb = freecb;         /* from here on `opaque` is ours */
        g_ptr_array_add(bus->listeners, l);
    }
    g_mutex_unlock(&bus->mutex);
    if (twice) {
        virSetError(error, VIR_ERR_INVALID_ARG, "event callback already tracked");
        listenerUnref(l);
        return -1;
    }
    return l->id;
}

static Listener *busTake(virEventBus *bus, guint at)
{
    Listener *l = g_ptr_array_steal_index(bus->listeners, at);
    g_atomic_int_set(&l->removed, true);
    return l;
}

bool virEventBusRemove(virEventBus *bus, virConnectPtr conn, int id, GError **error)
{
    Listener *found = NULL;
    g_mutex_lock(&bus->mutex);
    for (guint i = 0; i < bus->listeners->len && !found; i++) {
        Listener *l = bus->listeners->pdata[i];
        if (l->conn == conn && l->id == id && l->kind != VIR_EVENT_LEGACY_LIFECYCLE)
            found = busTake(bus, i);
    }
    g_mutex_unlock(&bus->mutex);
    if (!found)
        virSetError(error, VIR_ERR_INVALID_ARG, "could not find event callback %d for deletion", id);
    else
        listenerUnref(found);
    return found != NULL;
}

bool virEventBusRemoveLegacy(virEventBus *bus, virConnectPtr conn, gpointer callback, GError **error)
{
    Listener *found = NULL;
    g_mutex_lock(&bus->mutex);
    for (guint i = 0; i < bus->listeners->len && !found; i++) {
        Listener *l = bus->listeners->pdata[i];
        if (l->conn == conn && l->kind == VIR_EVENT_LEGACY_LIFECYCLE && l->callback == callback)
            found = busTake(bus, i);
    }
    g_mutex_unlock(&bus->mutex);
    if (!found)
        virSetError(error, VIR_ERR_INVALID_ARG, "could not find event callback for removal");
    else
        listenerUnref(found);
    return found != NULL;
}

void virEventBusRemoveConnection(virEventBus *bus, virConnectPtr conn)
{
    g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(listenerUnref);
    g_mutex_lock(&bus->mutex);
    for (guint i = bus->listeners->len; i-- > 0;)
        if (((Listener *)bus->listeners->pdata[i])->conn == conn)
            g_ptr_array_add(gone, busTake(bus, i));
    g_mutex_unlock(&bus->mutex);
}

/* ---- calling a callback of each kind ---- */

static void callGraphics(const Listener *l, virConnectPtr conn, virDomainPtr dom, const virDomainEvent *e)
{
    virDomainEventGraphicsAddress local = { e->i[1], e->s[0] ? e->s[0] : (char *)"", e->s[1] ? e->s[1] : (char *)"" };
    virDomainEventGraphicsAddress remote = { e->i[2], e->s[2] ? e->s[2] : (char *)"", e->s[3] ? e->s[3] : (char *)"" };
    virDomainEventGraphicsSubjectIdentity who[2];
    virDomainEventGraphicsSubject subject = { 0, who };
    if (e->s[5])
        who[subject.nidentity++] = (virDomainEventGraphicsSubjectIdentity){ (char *)"x509dname", e->s[5] };
    if (e->s[6])
        who[subject.nidentity++] = (virDomainEventGraphicsSubjectIdentity){ (char *)"saslUsername", e->s[6] };
    ((virConnectDomainEventGraphicsCallback)l->callback)(conn, dom, e->i[0], &local, &remote, e->s[4] ? e->s[4] : "",
                                                         &subject, l->opaque);
}

#define CALL(Type, ...) ((Type)l->callback)(conn, dom, ##__VA_ARGS__, l->opaque)

static void listenerCall(const Listener *l, virConnectPtr conn, virDomainPtr dom, const virDomainEvent *e)
{
    switch (e->id) {
    case VIR_DOMAIN_EVENT_ID_LIFECYCLE:
        CALL(virConnectDomainEventCallback, e->i[0], e->i[1]);
        break;
    case VIR_DOMAIN_EVENT_ID_REBOOT:
    case VIR_DOMAIN_EVENT_ID_CONTROL_ERROR:
        CALL(virConnectDomainEventGenericCallback);
        break;
    case VIR_DOMAIN_EVENT_ID_RTC_CHANGE:
        CALL(virConnectDomainEventRTCChangeCallback, e->l);
        break;
    case VIR_DOMAIN_EVENT_ID_WATCHDOG:
    case VIR_DOMAIN_EVENT_ID_PMWAKEUP:
    case VIR_DOMAIN_EVENT_ID_PMSUSPEND:
    case VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK:
    case VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION:
        CALL(virConnectDomainEventWatchdogCallback, e->i[0]);
        break;
    case VIR_DOMAIN_EVENT_ID_IO_ERROR:
        CALL(virConnectDomainEventIOErrorCallback, e->s[0], e->s[1], e->i[0]);
        break;
    case VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON:
        CALL(virConnectDomainEventIOErrorReasonCallback, e->s[0], e->s[1], e->i[0], e->s[2]);
        break;
    case VIR_DOMAIN_EVENT_ID_GRAPHICS:
        callGraphics(l, conn, dom, e);
        break;
    case VIR_DOMAIN_EVENT_ID_BLOCK_JOB:
    case VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2:
        CALL(virConnectDomainEventBlockJobCallback, e->s[0], e->i[0], e->i[1]);
        break;
    case VIR_DOMAIN_EVENT_ID_DISK_CHANGE:
        CALL(virConnectDomainEventDiskChangeCallback, e->s[0], e->s[1], e->s[2], e->i[0]);
        break;
    case VIR_DOMAIN_EVENT_ID_TRAY_CHANGE:
        CALL(virConnectDomainEventTrayChangeCallback, e->s[0], e->i[0]);
        break;
    case VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE:
        CALL(virConnectDomainEventBalloonChangeCallback, e->u[0]);
        break;
    case VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED:
    case VIR_DOMAIN_EVENT_ID_DEVICE_ADDED:
    case VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED:
        CALL(virConnectDomainEventDeviceRemovedCallback, e->s[0]);
        break;
    case VIR_DOMAIN_EVENT_ID_TUNABLE:
    case VIR_DOMAIN_EVENT_ID_JOB_COMPLETED:
        CALL(virConnectDomainEventTunableCallback, e->params, e->nparams);
        break;
    case VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE:
        CALL(virConnectDomainEventAgentLifecycleCallback, e->i[0], e->i[1]);
        break;
    case VIR_DOMAIN_EVENT_ID_METADATA_CHANGE:
        CALL(virConnectDomainEventMetadataChangeCallback, e->i[0], e->s[0]);
        break;
    case VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD:
        CALL(virConnectDomainEventBlockThresholdCallback, e->s[0], e->s[1], e->u[0], e->u[1]);
        break;
    case VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE:
        CALL(virConnectDomainEventMemoryFailureCallback, e->i[0], e->i[1], e->i[2]);
        break;
    case VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE:
        CALL(virConnectDomainEventMemoryDeviceSizeChangeCallback, e->s[0], e->u[0]);
        break;
    case VIR_EVENT_MONITOR:
        CALL(virConnectDomainQemuMonitorEventCallback, e->s[0], e->l, e->i[0], e->s[1]);
        break;
    default:
        virWarn("no way to deliver event %d", e->id);
    }
}

static void deliver(gpointer data)
{
    Delivery *d = data;
    if (g_atomic_int_get(&d->listener->removed))
        return;
    if (d->event->call) {
        d->event->call(d->event, d->conn, d->listener->callback, d->listener->opaque);
        return;
    }
    virDomainPtr dom = virDomainNew(d->conn, d->event->name, d->event->uuid, d->event->domainId);
    listenerCall(d->listener, d->conn, dom, d->event);
    virHandleUnref(dom);
}

static void deliveryFree(gpointer data)
{
    Delivery *d = data;
    listenerUnref(d->listener);
    eventUnref(d->event);
    virHandleUnref(d->conn);
    g_free(d);
}

static bool listenerWants(const Listener *l, const virDomainEvent *e)
{
    int kind = e->id == VIR_DOMAIN_EVENT_ID_LIFECYCLE && l->kind == VIR_EVENT_LEGACY_LIFECYCLE ? l->kind : e->id;
    if (l->kind != kind || (l->hasUuid && memcmp(l->uuid, e->uuid, 16) != 0))
        return false;
    if (l->regex)
        return g_regex_match(l->regex, e->s[0], 0, NULL);
    if (l->monitorEvent)
        return l->anyCase ? g_ascii_strcasecmp(l->monitorEvent, e->s[0]) == 0 : g_str_equal(l->monitorEvent, e->s[0]);
    return true;
}

void virEventBusEmit(virEventBus *bus, virDomainEvent *event)
{
    g_autoptr(GPtrArray) out = g_ptr_array_new();
    g_mutex_lock(&bus->mutex);
    for (guint i = 0; i < bus->listeners->len; i++) {
        Listener *l = bus->listeners->pdata[i];
        if (!listenerWants(l, event))
            continue;
        Delivery *d = g_new(Delivery, 1);
        *d = (Delivery){ l, event, virHandleRef(l->conn) };
        g_atomic_ref_count_inc(&l->refs);
        g_atomic_ref_count_inc(&event->refs);
        g_ptr_array_add(out, d);
    }
    g_mutex_unlock(&bus->mutex);
    for (guint i = 0; i < out->len; i++) {
        Delivery *d = out->pdata[i];
        virConnectDeliver(d->conn, deliver, d, deliveryFree);
    }
    eventUnref(event);
}
