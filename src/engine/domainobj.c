/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One domain: its immutable view, published by the holder of its actor and read by everybody. */
#define VIR_FROM VIR_FROM_DOMAIN
#include "engine/moment.h"
#include "engine/backup.h"
#include "base/typedparam.h"
#include <stdarg.h>
#include <string.h>

static virDomainView *viewNew(void)
{
    virDomainView *v = g_new0(virDomainView, 1);
    g_atomic_ref_count_init(&v->refs);
    v->state = VIR_DOMAIN_SHUTOFF;
    v->id = -1;
    v->stateSince = g_get_monotonic_time();
    return v;
}

void virDomainViewUnref(virDomainView *v)
{
    if (!v || !g_atomic_ref_count_dec(&v->refs))
        return;
    virDomainDefUnref(v->config);
    virDomainDefUnref(v->live);
    g_free(v);
}

static void objFree(virObj *head)
{
    virDomainObj *obj = (virDomainObj *)head;
    if (obj->priv && obj->engine->hv->privateFree)
        obj->engine->hv->privateFree(obj->priv);
    virDomainViewUnref(obj->view);
    virDomainBackupDefUnref(obj->backup);
    virDomainJobPastFree(obj->past);
    virMomentsFree(obj->snapshots);
    virMomentsFree(obj->checkpoints);
    virActorUnref(obj->queries);
    virActorUnref(obj->agent);
    g_mutex_clear(&obj->mutex);
    g_free(obj);
}

virDomainObj *virDomainObjNew(virEngine *engine, const unsigned char *uuid, const char *name)
{
    virDomainObj *obj = g_new0(virDomainObj, 1);
    virObjInit(&obj->head, uuid, name, objFree);
    g_mutex_init(&obj->mutex);
    obj->engine = engine;
    obj->view = viewNew();
    obj->id = -1;
    return obj;
}

/* Most guests never have any: made when they are first asked for. */
static virMoments *moments(virDomainObj *obj, virMoments **set, const virMomentKind *kind, const char *folder)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->mutex);
    if (!*set) {
        *set = virMomentsNew(kind);
        (*set)->dir = obj->engine->dirs ? g_build_filename(obj->engine->dirs->libDir, folder, VIR_DOMAIN_OBJ_NAME(obj), NULL) : NULL;
    }
    return *set;
}

virMoments *virDomainObjSnapshots(virDomainObj *obj)
{
    return moments(obj, &obj->snapshots, &virSnapshotKind, "snapshot");
}

virMoments *virDomainObjCheckpoints(virDomainObj *obj)
{
    return moments(obj, &obj->checkpoints, &virCheckpointKind, "checkpoint");
}

virDomainObj *virDomainObjRef(virDomainObj *obj)
{
    return virObjRef(obj);
}

void virDomainObjUnref(virDomainObj *obj)
{
    virObjUnref(obj);
}

virActor *virDomainObjActor(virDomainObj *obj)
{
    return obj->head.actor;
}

virActor *virDomainObjLane(virDomainObj *obj, virActorClass class)
{
    if (class != VIR_ACTOR_QUERY && class != VIR_ACTOR_AGENT)
        return virActorRef(obj->head.actor);
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->mutex);
    virActor **lane = class == VIR_ACTOR_QUERY ? &obj->queries : &obj->agent;
    if (!*lane)
        *lane = virActorNew(obj->head.name);
    return virActorRef(*lane);
}

virEngine *virDomainObjEngine(virDomainObj *obj)
{
    return obj->engine;
}

gpointer virDomainObjPrivate(virDomainObj *obj)
{
    return obj->priv;
}

void virDomainObjSetPrivate(virDomainObj *obj, gpointer priv)
{
    if (obj->priv && obj->engine->hv->privateFree)
        obj->engine->hv->privateFree(obj->priv);
    obj->priv = priv;
}

virDomainView *virDomainObjView(virDomainObj *obj)
{
    g_mutex_lock(&obj->mutex);
    virDomainView *v = obj->view;
    g_atomic_ref_count_inc(&v->refs);
    g_mutex_unlock(&obj->mutex);
    return v;
}

virDomainView *virDomainViewEdit(virDomainObj *obj)
{
    /* All but the reference count, which readers are changing. */
    const gsize from = G_STRUCT_OFFSET(virDomainView, config);
    virDomainView *v = g_new(virDomainView, 1);
    memcpy((char *)v + from, (char *)obj->view + from, sizeof(*v) - from);
    g_atomic_ref_count_init(&v->refs);
    if (v->config)
        virDomainDefRef(v->config);
    if (v->live)
        virDomainDefRef(v->live);
    return v;
}

void virDomainPublish(virDomainObj *obj, virDomainView *view)
{
    if (view->state != obj->view->state)
        view->stateSince = g_get_monotonic_time();
    g_mutex_lock(&obj->mutex);
    virDomainView *old = obj->view;
    obj->view = view;
    g_atomic_int_set(&obj->id, view->id);
    g_mutex_unlock(&obj->mutex);
    virDomainViewUnref(old);
}

virDomainPtr virDomainObjHandle(virDomainObj *obj, virConnectPtr conn)
{
    return virDomainNew(conn, VIR_DOMAIN_OBJ_NAME(obj), obj->head.uuid, g_atomic_int_get(&obj->id));
}

bool virDomainRequireActive(const virDomainView *view, int from, GError **error)
{
    if (!view->live)
        virErrorSet(error, from, VIR_ERR_OPERATION_INVALID, "domain is not running");
    return view->live != NULL;
}

bool virDomainResolveFlags(const virDomainView *view, unsigned int flags, bool *live, bool *config, GError **error)
{
    *live = flags & VIR_DOMAIN_AFFECT_LIVE;
    *config = flags & VIR_DOMAIN_AFFECT_CONFIG;
    if (!*live && !*config)
        *(view->live ? live : config) = true;
    if (*live && !virDomainRequireActive(view, VIR_FROM, error))
        return false;
    if (*config && !view->persistent) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "transient domains do not have any persistent config");
        return false;
    }
    return true;
}

/* ---- changes that a hypervisor reports ---- */

void virDomainSetState(virDomainObj *obj, int state, int reason, int event, int detail)
{
    virDomainView *v = virDomainViewEdit(obj);
    v->state = state;
    v->reason = reason;
    virDomainPublish(obj, v);
    virPersistStatus(obj);
    if (event >= 0)
        virDomainEmit(obj, VIR_DOMAIN_EVENT_ID_LIFECYCLE, event, detail);
}

void virDomainSetLive(virDomainObj *obj, virDomainDef *live)
{
    virDomainView *v = virDomainViewEdit(obj);
    virDomainDefUnref(v->live);
    v->live = live;
    virDomainPublish(obj, v);
    virPersistStatus(obj);
}

bool virDomainSetConfig(virDomainObj *obj, virDomainDef *config, GError **error)
{
    if (!virPersistConfig(obj->engine, config, error)) {
        virDomainDefUnref(config);
        return false;
    }
    virDomainView *v = virDomainViewEdit(obj);
    virDomainDefUnref(v->config);
    v->config = config;
    virDomainPublish(obj, v);
    return true;
}

void virDomainGone(virDomainObj *obj, int reason, int event, int detail)
{
    virEngine *engine = obj->engine;
    virDomainView *v = virDomainViewEdit(obj);
    if (!v->live) {
        virDomainViewUnref(v);
        return;
    }
    virDomainBackupSet(obj, NULL);
    if (g_atomic_int_get(&obj->destroying)) {
        reason = VIR_DOMAIN_SHUTOFF_DESTROYED;
        event = VIR_DOMAIN_EVENT_STOPPED;
        detail = VIR_DOMAIN_EVENT_STOPPED_DESTROYED;
    }
    if (engine->hv->cleanup)
        engine->hv->cleanup(obj, v->live, reason);
    virDomainEvent *e = virDomainEventNew(VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_OBJ_NAME(obj), obj->head.uuid, v->id);
    e->i[0] = event;
    e->i[1] = detail;
    g_clear_pointer(&v->live, virDomainDefUnref);
    v->id = -1;
    v->pid = 0;
    v->state = VIR_DOMAIN_SHUTOFF;
    v->reason = reason;
    v->updated = false;
    bool persistent = v->persistent;
    g_atomic_pointer_set(&obj->autodestroy, NULL);
    virDomainPublish(obj, v);
    virPersistRemoveStatus(engine, VIR_DOMAIN_OBJ_NAME(obj));
    if (!persistent)
        virRegistryRemove(engine->domains, &obj->head);
    virEventBusEmit(engine->events, e);
}

/* The kinds of the values that follow the domain in each callback: i int, l long long, u unsigned long long, s string,
 * p typed parameters with their number. */
static const char *const eventKinds[] = {
    [VIR_DOMAIN_EVENT_ID_LIFECYCLE] = "ii",
    [VIR_DOMAIN_EVENT_ID_REBOOT] = "",
    [VIR_DOMAIN_EVENT_ID_RTC_CHANGE] = "l",
    [VIR_DOMAIN_EVENT_ID_WATCHDOG] = "i",
    [VIR_DOMAIN_EVENT_ID_IO_ERROR] = "ssi",
    [VIR_DOMAIN_EVENT_ID_GRAPHICS] = "iiisssssss",
    [VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON] = "ssis",
    [VIR_DOMAIN_EVENT_ID_CONTROL_ERROR] = "",
    [VIR_DOMAIN_EVENT_ID_BLOCK_JOB] = "sii",
    [VIR_DOMAIN_EVENT_ID_DISK_CHANGE] = "sssi",
    [VIR_DOMAIN_EVENT_ID_TRAY_CHANGE] = "si",
    [VIR_DOMAIN_EVENT_ID_PMWAKEUP] = "i",
    [VIR_DOMAIN_EVENT_ID_PMSUSPEND] = "i",
    [VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE] = "u",
    [VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK] = "i",
    [VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED] = "s",
    [VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2] = "sii",
    [VIR_DOMAIN_EVENT_ID_TUNABLE] = "p",
    [VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE] = "ii",
    [VIR_DOMAIN_EVENT_ID_DEVICE_ADDED] = "s",
    [VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION] = "i",
    [VIR_DOMAIN_EVENT_ID_JOB_COMPLETED] = "p",
    [VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED] = "s",
    [VIR_DOMAIN_EVENT_ID_METADATA_CHANGE] = "is",
    [VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD] = "ssuu",
    [VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE] = "iii",
    [VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE] = "su",
};

void virDomainEmit(virDomainObj *obj, int eventId, ...)
{
    virDomainEvent *e = virDomainEventNew(eventId, VIR_DOMAIN_OBJ_NAME(obj), obj->head.uuid, g_atomic_int_get(&obj->id));
    int i = 0, s = 0, u = 0;
    va_list args;
    va_start(args, eventId);
    for (const char *k = eventKinds[eventId]; *k; k++) {
        if (*k == 'i') {
            e->i[i++] = va_arg(args, int);
        } else if (*k == 'l') {
            e->l = va_arg(args, long long);
        } else if (*k == 'u') {
            e->u[u++] = va_arg(args, unsigned long long);
        } else if (*k == 's') {
            e->s[s++] = g_strdup(va_arg(args, const char *));
        } else {
            virTypedParameterPtr params = va_arg(args, virTypedParameterPtr);
            e->nparams = va_arg(args, int);
            e->params = virTypedParamsCopy(params, e->nparams);
        }
    }
    va_end(args);
    virEventBusEmit(obj->engine->events, e);
}

void virDomainEmitMonitor(virDomainObj *obj, const char *event, gint64 seconds, unsigned int micros, const char *details)
{
    virDomainEvent *e =
        virDomainEventNew(VIR_EVENT_MONITOR, VIR_DOMAIN_OBJ_NAME(obj), obj->head.uuid, g_atomic_int_get(&obj->id));
    e->s[0] = g_strdup(event);
    e->s[1] = g_strdup(details);
    e->l = seconds;
    e->i[0] = micros;
    virEventBusEmit(obj->engine->events, e);
}
