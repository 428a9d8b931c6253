/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Define and undefine, start and stop, pause and resume. */
#define VIR_FROM VIR_FROM_DOMAIN
#define VIR_LOG_NAME "engine.lifecycle"
#include "engine/guest-agent.h"
#include "engine/internal.h"
#include "base/log.h"
#include "base/util.h"
#include <string.h>

enum { KILL_WAIT_MS = 15 * 1000 };

static void emitLifecycle(virDomainObj *obj, int event, int detail)
{
    virDomainEmit(obj, VIR_DOMAIN_EVENT_ID_LIFECYCLE, event, detail);
}

/* The object behind a handle, its actor entered. Leave with leaveDomain(). */
static virDomainObj *enterDomain(virDomainPtr domain, const char *what, virDomainView **view, GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    if (!obj || !virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, what, -1, error))
        return NULL;
    g_autoptr(virDomainObj) again = NULL;
    if (!virDomainRead(domain, &again, view, error)) { /* gone while we waited */
        g_clear_pointer(view, virDomainViewUnref);
        virActorLeave(obj->head.actor);
        return NULL;
    }
    return g_steal_pointer(&obj);
}

static void leaveDomain(virDomainObj *obj)
{
    virActorLeave(obj->head.actor);
    virDomainObjUnref(obj);
}

/* ---- define ---- */

static virDomainDef *parseDefinition(virEngine *engine, const char *xml, unsigned int flags, GError **error)
{
    const virDomainParseConfig *conf = engine->hv->parseConfig(engine, error);
    g_autoptr(virDomainDef) def = conf ? virDomainDefParse(xml, NULL, conf, flags, error) : NULL;
    if (!def || (engine->hv->validate && !engine->hv->validate(engine, def, error)))
        return NULL;
    return g_steal_pointer(&def);
}

/* The object that `def` belongs to: an existing one of the same name and UUID, or a new one (entered in the registry, its
 * first view holding `def`). The actor is entered. */
static virDomainObj *claimObject(virEngine *engine, virDomainDef *def, bool persistent, const char *what, bool *isNew,
                                 GError **error)
{
    for (;;) {
        g_autoptr(virDomainObj) fresh = virDomainObjNew(engine, def->uuid, def->name);
        virDomainView *view = virDomainViewEdit(fresh);
        view->config = virDomainDefRef(def);
        view->persistent = persistent;
        virDomainPublish(fresh, view);
        virActorEnter(fresh->head.actor, VIR_ACTOR_MODIFY, what, -1, NULL);
        g_autoptr(virDomainObj) old = virRegistryAdd(engine->domains, &fresh->head);
        *isNew = !old;
        if (!old)
            return g_steal_pointer(&fresh);
        virActorLeave(fresh->head.actor);
        char uuid[37];
        virUUIDFormat(old->head.uuid, uuid);
        if (memcmp(old->head.uuid, def->uuid, 16) != 0) {
            virSetError(error, VIR_ERR_OPERATION_FAILED, "domain '%s' already exists with uuid %s", def->name, uuid);
            return NULL;
        }
        if (!g_str_equal(VIR_DOMAIN_OBJ_NAME(old), def->name)) {
            virSetError(error, VIR_ERR_OPERATION_FAILED, "domain '%s' is already defined with uuid %s",
                        VIR_DOMAIN_OBJ_NAME(old), uuid);
            return NULL;
        }
        if (!virActorEnter(old->head.actor, VIR_ACTOR_MODIFY, what, -1, error))
            return NULL;
        g_autoptr(virDomainView) now = virDomainObjView(old);
        if (now->live || now->config)
            return g_steal_pointer(&old);
        virActorLeave(old->head.actor); /* went away while we waited: once more */
    }
}

static virDomainPtr domainDefineXMLFlags(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    virEngine *engine = virEngineOf(conn);
    unsigned int parse = VIR_DOMAIN_DEF_INACTIVE | (engine->hv->evolves ? VIR_DOMAIN_DEF_ABI_UPDATE : 0);
    bool isNew;
    if (!virFlagsCheck(flags, VIR_DOMAIN_DEFINE_VALIDATE, VIR_ENGINE_FROM(engine), "virDomainDefineXMLFlags", error))
        return NULL;
    if (flags & VIR_DOMAIN_DEFINE_VALIDATE)
        parse |= VIR_DOMAIN_DEF_VALIDATE_SCHEMA;
    g_autoptr(virDomainDef) def = parseDefinition(engine, xml, parse, error);
    if (!def)
        return NULL;
    virDomainObj *obj = claimObject(engine, def, true, "virDomainDefineXMLFlags", &isNew, error);
    if (!obj)
        return NULL;
    bool ok = (!engine->hv->defined || engine->hv->defined(obj, def, error)) && virPersistConfig(engine, def, error);
    if (ok && !isNew) {
        virDomainView *view = virDomainViewEdit(obj);
        virDomainDefUnref(view->config);
        view->config = virDomainDefRef(def);
        view->persistent = true;
        virDomainPublish(obj, view);
    } else if (!ok && isNew) {
        virRegistryRemove(engine->domains, &obj->head);
    }
    virDomainPtr handle = ok ? virDomainObjHandle(obj, conn) : NULL;
    if (ok)
        emitLifecycle(obj, VIR_DOMAIN_EVENT_DEFINED,
                      isNew ? VIR_DOMAIN_EVENT_DEFINED_ADDED : VIR_DOMAIN_EVENT_DEFINED_UPDATED);
    leaveDomain(obj);
    return handle;
}

static virDomainPtr domainDefineXML(virConnectPtr conn, const char *xml, GError **error)
{
    return domainDefineXMLFlags(conn, xml, 0, error);
}

static int domainUndefineFlags(virDomainPtr domain, unsigned int flags, GError **error)
{
    const unsigned int known = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
                               VIR_DOMAIN_UNDEFINE_NVRAM | VIR_DOMAIN_UNDEFINE_KEEP_NVRAM |
                               VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_TPM |
                               VIR_DOMAIN_UNDEFINE_KEEP_TPM;
    virEngine *engine = virEngineOf(domain->conn);
    int from = VIR_ENGINE_FROM(engine);
    g_autoptr(virDomainView) view = NULL;
    if (!virFlagsCheck(flags, known, from, "virDomainUndefineFlags", error))
        return -1;
    virDomainObj *obj = enterDomain(domain, "virDomainUndefineFlags", &view, error);
    if (!obj)
        return -1;
    bool ok = false;
    if ((flags & VIR_DOMAIN_UNDEFINE_NVRAM) && (flags & VIR_DOMAIN_UNDEFINE_KEEP_NVRAM))
        virErrorSet(error, from, VIR_ERR_OPERATION_INVALID, "cannot both keep and delete nvram");
    else if (!view->persistent)
        virErrorSet(error, from, VIR_ERR_OPERATION_INVALID, "cannot undefine transient domain");
    else if (!virMomentsUndefine(obj, view->live != NULL, flags, error))
        ok = false;
    else if (engine->hv->undefine && !engine->hv->undefine(obj, view->config, flags, error))
        ok = false;
    else
        ok = (!(view->autostart || view->autostartOnce) || virPersistAutostart(engine, VIR_DOMAIN_OBJ_NAME(obj), false, false, error)) &&
             virPersistRemoveConfig(engine, VIR_DOMAIN_OBJ_NAME(obj), error);
    if (ok) {
        virDomainView *next = virDomainViewEdit(obj);
        g_clear_pointer(&next->config, virDomainDefUnref);
        next->persistent = next->autostart = next->autostartOnce = false;
        if (!next->live)
            virRegistryRemove(engine->domains, &obj->head);
        virDomainPublish(obj, next);
        emitLifecycle(obj, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_REMOVED);
    }
    leaveDomain(obj);
    return ok ? 0 : -1;
}

static int domainUndefine(virDomainPtr domain, GError **error)
{
    return domainUndefineFlags(domain, 0, error);
}

static int domainRename(virDomainPtr domain, const char *name, unsigned int flags, GError **error)
{
    virEngine *engine = virEngineOf(domain->conn);
    int from = VIR_ENGINE_FROM(engine);
    g_autoptr(virDomainView) view = NULL;
    if (!virFlagsCheck(flags, 0, from, "virDomainRename", error))
        return -1;
    if (strchr(name, '/')) {
        virErrorSet(error, from, VIR_ERR_XML_ERROR, "name %s cannot contain '/'", name);
        return -1;
    }
    virDomainObj *obj = enterDomain(domain, "virDomainRename", &view, error);
    if (!obj)
        return -1;
    g_autofree char *old = g_strdup(VIR_DOMAIN_OBJ_NAME(obj));
    bool ok = false;
    if (view->live)
        virErrorSet(error, from, VIR_ERR_OPERATION_INVALID, "cannot rename active domain");
    else if (g_str_equal(old, name))
        virSetError(error, VIR_ERR_OPERATION_INVALID, "Can't rename domain to itself");
    else if (!virRegistryRename(engine->domains, &obj->head, name))
        virSetError(error, VIR_ERR_OPERATION_INVALID, "domain with name '%s' already exists", name);
    else
        ok = true;
    if (ok) {
        virDomainView *next = virDomainViewEdit(obj);
        virDomainDef *def = virDomainDefCopy(next->config);
        g_free(def->name);
        def->name = g_strdup(name);
        virDomainDefUnref(next->config);
        next->config = def;
        ok = virPersistConfig(engine, def, error) &&
             virPersistAutostart(engine, name, next->autostart, next->autostartOnce, error) &&
             virPersistRemoveConfig(engine, old, error);
        if (ok) {
            emitLifecycle(obj, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_RENAMED);
            virDomainPublish(obj, next);
            emitLifecycle(obj, VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_RENAMED);
        } else {
            virDomainViewUnref(next);
            virRegistryRename(engine->domains, &obj->head, old);
            virPersistRemoveConfig(engine, name, NULL);
        }
    }
    leaveDomain(obj);
    return ok ? 0 : -1;
}

/* ---- start ---- */

/* The holder's part of a start: `def` is the live definition to be. */
static bool startHeld(virDomainObj *obj, virConnectPtr conn, virDomainDef *def, unsigned int flags, GError **error)
{
    virEngine *engine = obj->engine;
    pid_t pid = 0;
    def->id = g_atomic_int_add(&engine->nextId, 1) + 1;
    g_atomic_int_set(&obj->destroying, false);
    if (!engine->hv->start(obj, def, flags, &pid, error))
        return false;
    bool paused = flags & VIR_DOMAIN_START_PAUSED;
    virDomainView *view = virDomainViewEdit(obj);
    view->live = virDomainDefRef(def);
    view->id = def->id;
    view->pid = pid;
    view->state = paused ? VIR_DOMAIN_PAUSED : VIR_DOMAIN_RUNNING;
    view->reason = paused ? (int)VIR_DOMAIN_PAUSED_USER : (int)VIR_DOMAIN_RUNNING_BOOTED;
    view->autostartOnce = false;
    if (obj->view->autostartOnce)
        virPersistAutostart(engine, def->name, view->autostart, false, NULL);
    if (conn && (flags & VIR_DOMAIN_START_AUTODESTROY))
        g_atomic_int_set(&conn->lingers, TRUE);
    g_atomic_pointer_set(&obj->autodestroy, flags & VIR_DOMAIN_START_AUTODESTROY ? conn : NULL);
    virDomainPublish(obj, view);
    virPersistStatus(obj);
    emitLifecycle(obj, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
    if (paused)
        emitLifecycle(obj, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
    return true;
}

bool virDomainStart(virDomainObj *obj, virConnectPtr conn, unsigned int flags, const char *what, GError **error)
{
    if (!virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, what, -1, error))
        return false;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    bool ok = false;
    if (view->live) {
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_OPERATION_INVALID, "domain is already running");
    } else if (!view->config) {
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_NO_DOMAIN, "'%s' was undefined",
                    VIR_DOMAIN_OBJ_NAME(obj));
    } else {
        g_autoptr(virDomainDef) def = virDomainDefCopy(view->config);
        ok = startHeld(obj, conn, def, flags, error);
    }
    virActorLeave(obj->head.actor);
    return ok;
}

bool virDomainStartHeld(virDomainObj *obj, virDomainDef *def, unsigned int flags, GError **error)
{
    return startHeld(obj, NULL, def, flags, error);
}

static int domainCreateWithFlags(virDomainPtr domain, unsigned int flags, GError **error)
{
    const unsigned int known = VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_AUTODESTROY | VIR_DOMAIN_START_BYPASS_CACHE |
                               VIR_DOMAIN_START_FORCE_BOOT | VIR_DOMAIN_START_RESET_NVRAM;
    g_autoptr(virDomainObj) obj = NULL;
    if (!virFlagsCheck(flags, known, VIR_ENGINE_FROM(virEngineOf(domain->conn)), "virDomainCreateWithFlags", error) ||
        !(obj = virDomainObjFind(domain, error)) ||
        !virDomainStart(obj, domain->conn, flags, "virDomainCreateWithFlags", error))
        return -1;
    domain->id = g_atomic_int_get(&obj->id);
    return 0;
}

static int domainCreate(virDomainPtr domain, GError **error)
{
    return domainCreateWithFlags(domain, 0, error);
}

static virDomainPtr domainCreateXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    const unsigned int known = VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_AUTODESTROY | VIR_DOMAIN_START_VALIDATE |
                               VIR_DOMAIN_START_RESET_NVRAM;
    virEngine *engine = virEngineOf(conn);
    unsigned int parse = VIR_DOMAIN_DEF_INACTIVE | (engine->hv->evolves ? VIR_DOMAIN_DEF_ABI_UPDATE : 0);
    bool isNew;
    if (!virFlagsCheck(flags, known, VIR_ENGINE_FROM(engine), "virDomainCreateXML", error))
        return NULL;
    if (flags & VIR_DOMAIN_START_VALIDATE)
        parse |= VIR_DOMAIN_DEF_VALIDATE_SCHEMA;
    g_autoptr(virDomainDef) def = parseDefinition(engine, xml, parse, error);
    virDomainObj *obj = def ? claimObject(engine, def, false, "virDomainCreateXML", &isNew, error) : NULL;
    if (!obj)
        return NULL;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    virDomainPtr handle = NULL;
    if (view->live)
        virSetError(error, VIR_ERR_OPERATION_INVALID, "domain '%s' is already active", def->name);
    else if (startHeld(obj, conn, def, flags, error))
        handle = virDomainObjHandle(obj, conn);
    if (isNew) {
        /* A transient guest has no persistent definition; while it started, its document stood in for one. */
        virDomainView *next = virDomainViewEdit(obj);
        g_clear_pointer(&next->config, virDomainDefUnref);
        if (!handle)
            virRegistryRemove(engine->domains, &obj->head);
        virDomainPublish(obj, next);
    }
    leaveDomain(obj);
    return handle;
}

/* ---- stop ---- */

bool virDomainKill(virDomainObj *obj, unsigned int flags, const char *what, GError **error)
{
    const virHypervisor *hv = obj->engine->hv;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (!virDomainRequireActive(view, VIR_FROM, error))
        return false;
    g_atomic_int_set(&obj->destroying, true);
    if (hv->kill && !hv->kill(obj, flags, error)) {
        g_atomic_int_set(&obj->destroying, false);
        return false;
    }
    /* A job that ran on the guest wakes now, because its peer is gone; what waits behind it fails on its own. */
    if (!virActorEnter(obj->head.actor, VIR_ACTOR_ABORT, what, KILL_WAIT_MS, error))
        return false;
    virDomainGone(obj, VIR_DOMAIN_SHUTOFF_DESTROYED, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
    virActorLeave(obj->head.actor);
    return true;
}

static int domainDestroyFlags(virDomainPtr domain, unsigned int flags, GError **error)
{
    const unsigned int known = VIR_DOMAIN_DESTROY_GRACEFUL | VIR_DOMAIN_DESTROY_REMOVE_LOGS;
    g_autoptr(virDomainObj) obj = NULL;
    if (!virFlagsCheck(flags, known, VIR_ENGINE_FROM(virEngineOf(domain->conn)), "virDomainDestroyFlags", error) ||
        !(obj = virDomainObjFind(domain, error)) || !virDomainKill(obj, flags, "virDomainDestroyFlags", error))
        return -1;
    domain->id = -1;
    return 0;
}

static int domainDestroy(virDomainPtr domain, GError **error)
{
    return domainDestroyFlags(domain, 0, error);
}

typedef bool (*FlagsOp)(virDomainObj *obj, unsigned int flags, GError **error);

/* An operation on a running guest that the hypervisor does alone; its events bring the new state. */
static int onRunning(virDomainPtr domain, FlagsOp op, int from, unsigned int flags, const char *what, GError **error)
{
    g_autoptr(virDomainView) view = NULL;
    if (!op) {
        virErrorSet(error, VIR_FROM, VIR_ERR_NO_SUPPORT, "%s", what);
        return -1;
    }
    virDomainObj *obj = enterDomain(domain, what, &view, error);
    if (!obj)
        return -1;
    bool ok = virDomainRequireActive(view, from, error) && op(obj, flags, error);
    leaveDomain(obj);
    return ok ? 0 : -1;
}

static int domainShutdownFlags(virDomainPtr domain, unsigned int flags, GError **error)
{
    virEngine *engine = virEngineOf(domain->conn);
    int done = engine->hv->guest ? virGuestPower(domain, false, flags, error) : 0;
    if (done)
        return done > 0 ? 0 : -1;
    return onRunning(domain, engine->hv->shutdown, VIR_ENGINE_FROM(engine), flags, "virDomainShutdownFlags", error);
}

static int domainShutdown(virDomainPtr domain, GError **error)
{
    return domainShutdownFlags(domain, 0, error);
}

static int domainReboot(virDomainPtr domain, unsigned int flags, GError **error)
{
    const virHypervisor *hv = virEngineOf(domain->conn)->hv;
    int done = hv->guest ? virGuestPower(domain, true, flags, error) : 0;
    if (done)
        return done > 0 ? 0 : -1;
    return onRunning(domain, hv->reboot, VIR_FROM, flags, "virDomainReboot", error);
}

static int domainReset(virDomainPtr domain, unsigned int flags, GError **error)
{
    return onRunning(domain, virEngineOf(domain->conn)->hv->reset, VIR_FROM, flags, "virDomainReset", error);
}

static int domainInjectNMI(virDomainPtr domain, unsigned int flags, GError **error)
{
    return onRunning(domain, virEngineOf(domain->conn)->hv->injectNmi, VIR_FROM, flags, "virDomainInjectNMI", error);
}

static int domainSuspend(virDomainPtr domain, GError **error)
{
    g_autoptr(virDomainView) view = NULL;
    virDomainObj *obj = enterDomain(domain, "virDomainSuspend", &view, error);
    if (!obj)
        return -1;
    const virHypervisor *hv = obj->engine->hv;
    bool ok = virDomainRequireActive(view, VIR_FROM, error);
    if (ok && view->state == VIR_DOMAIN_PMSUSPENDED) {
        virErrorSet(error, hv->from, VIR_ERR_OPERATION_INVALID, "domain is pmsuspended");
        ok = false;
    } else if (ok && view->state != VIR_DOMAIN_PAUSED) {
        ok = hv->suspend(obj, error);
        g_autoptr(virDomainView) now = virDomainObjView(obj);
        if (ok && now->live && now->state != VIR_DOMAIN_PAUSED)
            virDomainSetState(obj, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, VIR_DOMAIN_EVENT_SUSPENDED,
                              VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
    }
    leaveDomain(obj);
    return ok ? 0 : -1;
}

static int domainResume(virDomainPtr domain, GError **error)
{
    g_autoptr(virDomainView) view = NULL;
    virDomainObj *obj = enterDomain(domain, "virDomainResume", &view, error);
    if (!obj)
        return -1;
    const virHypervisor *hv = obj->engine->hv;
    bool ok = virDomainRequireActive(view, VIR_FROM, error);
    if (ok && view->state == VIR_DOMAIN_RUNNING) {
        virErrorSet(error, hv->from, VIR_ERR_OPERATION_INVALID, "domain is already running");
        ok = false;
    } else if (ok) {
        ok = hv->resume(obj, error);
        g_autoptr(virDomainView) now = virDomainObjView(obj);
        if (ok && now->live && now->state != VIR_DOMAIN_RUNNING)
            virDomainSetState(obj, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED, VIR_DOMAIN_EVENT_RESUMED,
                              VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
    }
    leaveDomain(obj);
    return ok ? 0 : -1;
}

/* ---- domains that come with the driver ---- */

bool virEngineAddDomain(virEngine *engine, virDomainDef *def, bool persistent, int state, GError **error)
{
    bool isNew;
    virDomainObj *obj = claimObject(engine, def, persistent, "load", &isNew, error);
    if (!obj)
        return false;
    bool active = state != VIR_DOMAIN_SHUTOFF && state != VIR_DOMAIN_NOSTATE && state != VIR_DOMAIN_CRASHED;
    g_autoptr(virDomainDef) live = active ? virDomainDefCopy(def) : NULL;
    bool ok = !active || startHeld(obj, NULL, live, 0, error);
    if (!ok)
        virRegistryRemove(engine->domains, &obj->head);
    if (active && !persistent) {
        virDomainView *view = virDomainViewEdit(obj);
        g_clear_pointer(&view->config, virDomainDefUnref);
        virDomainPublish(obj, view);
    }
    if (ok)
        virDomainSetState(obj, state, 0, -1, 0);
    leaveDomain(obj);
    return ok;
}

/* ---- the calls of this file ---- */

static void __attribute__((constructor)) lifecycleCalls(void)
{
    virEngineDriver.domainDefineXMLFlags = domainDefineXMLFlags;
    virEngineDriver.domainDefineXML = domainDefineXML;
    virEngineDriver.domainUndefineFlags = domainUndefineFlags;
    virEngineDriver.domainUndefine = domainUndefine;
    virEngineDriver.domainRename = domainRename;
    virEngineDriver.domainCreateWithFlags = domainCreateWithFlags;
    virEngineDriver.domainCreate = domainCreate;
    virEngineDriver.domainCreateXML = domainCreateXML;
    virEngineDriver.domainDestroyFlags = domainDestroyFlags;
    virEngineDriver.domainDestroy = domainDestroy;
    virEngineDriver.domainShutdownFlags = domainShutdownFlags;
    virEngineDriver.domainShutdown = domainShutdown;
    virEngineDriver.domainReboot = domainReboot;
    virEngineDriver.domainReset = domainReset;
    virEngineDriver.domainInjectNMI = domainInjectNMI;
    virEngineDriver.domainSuspend = domainSuspend;
    virEngineDriver.domainResume = domainResume;
}
