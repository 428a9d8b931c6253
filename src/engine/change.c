/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes to a definition: a copy is changed, written to disk, and published. The LIVE and CONFIG flags decide which of the two
 * definitions; the live guest is told first, so that nothing is recorded that did not happen.
 */
#define VIR_FROM VIR_FROM_DOMAIN
#include "engine/guest-agent.h"
#include "engine/internal.h"
#include <string.h>

/* One kind of change: `apply` edits a definition; `tell` (may be NULL) makes the running guest follow. */
typedef struct {
    const char *what;
    unsigned int known; /* flags beside VIR_DOMAIN_AFFECT_* */
    bool (*check)(virDomainObj *obj, const virDomainView *view, bool live, bool config, gconstpointer data,
                  GError **error);
    bool (*tell)(virDomainObj *obj, gconstpointer data, GError **error);
    bool (*apply)(virDomainDef *def, gconstpointer data, GError **error);
} Change;

static bool changeDefs(virDomainObj *obj, const virDomainView *view, const Change *c, bool live, bool config,
                       gconstpointer data, GError **error)
{
    g_autoptr(virDomainDef) newLive = live ? virDomainDefCopy(view->live) : NULL;
    g_autoptr(virDomainDef) newConfig = config ? virDomainDefCopy(view->config) : NULL;
    if ((c->check && !c->check(obj, view, live, config, data, error)) || (newLive && !c->apply(newLive, data, error)) ||
        (newConfig && !c->apply(newConfig, data, error)) || (live && c->tell && !c->tell(obj, data, error)) ||
        (newConfig && !virPersistConfig(obj->engine, newConfig, error)))
        return false;
    virDomainView *next = virDomainViewEdit(obj);
    if (newLive && next->live) {
        virDomainDefUnref(next->live);
        next->live = g_steal_pointer(&newLive);
        next->updated = true;
    }
    if (newConfig) {
        virDomainDefUnref(next->config);
        next->config = g_steal_pointer(&newConfig);
    }
    virDomainPublish(obj, next);
    virPersistStatus(obj);
    return true;
}

/* `done` (may be NULL) runs after success, still in the actor. */
static int change(virDomainPtr domain, const Change *c, unsigned int flags, gconstpointer data,
                  void (*done)(virDomainObj *obj, gconstpointer data), GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    const unsigned int affect = VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG;
    bool live, config;
    if (!obj || !virFlagsCheck(flags, affect | c->known, VIR_ENGINE_FROM(obj->engine), c->what, error) ||
        !virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, c->what, -1, error))
        return -1;
    g_autoptr(virDomainObj) again = NULL;
    g_autoptr(virDomainView) view = NULL;
    bool ok = virDomainRead(domain, &again, &view, error) &&
              virDomainResolveFlags(view, flags, &live, &config, error) &&
              changeDefs(obj, view, c, live, config, data, error);
    if (ok && done)
        done(obj, data);
    virActorLeave(obj->head.actor);
    return ok ? 0 : -1;
}

/* ---- metadata ---- */

typedef struct {
    int type;
    const char *text, *key, *uri;
} Metadata;

static void replaceString(char **member, const char *text)
{
    g_free(*member);
    *member = text && *text ? g_strdup(text) : NULL;
}

static bool applyMetadata(virDomainDef *def, gconstpointer data, GError **error)
{
    const Metadata *m = data;
    if (m->type == VIR_DOMAIN_METADATA_ELEMENT)
        return virDomainDefSetMetadata(def, m->text, m->key, m->uri, error);
    replaceString(m->type == VIR_DOMAIN_METADATA_TITLE ? &def->title : &def->description, m->text);
    return true;
}

static bool checkMetadata(virDomainObj *obj, const virDomainView *view, bool live, bool config, gconstpointer data,
                          GError **error)
{
    const Metadata *m = data;
    if (m->type >= 0 && m->type <= VIR_DOMAIN_METADATA_ELEMENT)
        return true;
    virSetError(error, VIR_ERR_INVALID_ARG, "unknown metadata type '%d'", m->type);
    return false;
}

static void metadataChanged(virDomainObj *obj, gconstpointer data)
{
    const Metadata *m = data;
    virDomainEmit(obj, VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, m->type, m->uri);
}

static int domainSetMetadata(virDomainPtr domain, int type, const char *metadata, const char *key, const char *uri,
                             unsigned int flags, GError **error)
{
    static const Change c = { "virDomainSetMetadata", 0, checkMetadata, NULL, applyMetadata };
    Metadata m = { type, metadata, key, uri };
    return change(domain, &c, flags, &m, metadataChanged, error);
}

/* ---- memory ---- */

static bool checkMemory(virDomainObj *obj, const virDomainView *view, bool live, bool config, gconstpointer data,
                        GError **error)
{
    unsigned long long kib = *(const unsigned long long *)data;
    const virHypervisor *hv = obj->engine->hv;
    if ((live && kib > view->live->memory) || (config && !live && kib > view->config->memory)) {
        virErrorSet(error, hv->from, VIR_ERR_INVALID_ARG, "cannot set memory higher than max memory");
        return false;
    }
    if (live && !hv->setMemory) {
        virErrorSet(error, hv->from, VIR_ERR_NO_SUPPORT, "virDomainSetMemoryFlags");
        return false;
    }
    return true;
}

static bool tellMemory(virDomainObj *obj, gconstpointer data, GError **error)
{
    return obj->engine->hv->setMemory(obj, *(const unsigned long long *)data, error);
}

static bool applyMemory(virDomainDef *def, gconstpointer data, GError **error)
{
    def->currentMemory = *(const unsigned long long *)data;
    return true;
}

static bool checkMaxMemory(virDomainObj *obj, const virDomainView *view, bool live, bool config, gconstpointer data,
                           GError **error)
{
    if (live)
        virErrorSet(error, obj->engine->hv->from, VIR_ERR_OPERATION_INVALID,
                    "cannot resize the maximum memory on an active domain");
    return !live;
}

static bool applyMaxMemory(virDomainDef *def, gconstpointer data, GError **error)
{
    def->memory = *(const unsigned long long *)data;
    def->currentMemory = MIN(def->currentMemory, def->memory);
    return true;
}

static int domainSetMemoryFlags(virDomainPtr domain, unsigned long memory, unsigned int flags, GError **error)
{
    static const Change max = { "virDomainSetMemoryFlags", VIR_DOMAIN_MEM_MAXIMUM, checkMaxMemory, NULL,
                                applyMaxMemory };
    static const Change cur = { "virDomainSetMemoryFlags", 0, checkMemory, tellMemory, applyMemory };
    unsigned long long kib = memory;
    return change(domain, flags & VIR_DOMAIN_MEM_MAXIMUM ? &max : &cur, flags, &kib, NULL, error);
}

static int domainSetMemory(virDomainPtr domain, unsigned long memory, GError **error)
{
    return domainSetMemoryFlags(domain, memory, VIR_DOMAIN_AFFECT_LIVE, error);
}

static int domainSetMaxMemory(virDomainPtr domain, unsigned long memory, GError **error)
{
    return domainSetMemoryFlags(domain, memory, VIR_DOMAIN_MEM_MAXIMUM, error);
}

/* ---- vCPUs of the persistent definition ---- */

typedef struct {
    unsigned int n;
    bool maximum;
} Vcpus;

static bool checkVcpus(virDomainObj *obj, const virDomainView *view, bool live, bool config, gconstpointer data,
                       GError **error)
{
    const Vcpus *v = data;
    const virHypervisor *hv = obj->engine->hv;
    if (live && v->maximum) {
        virErrorSet(error, hv->from, VIR_ERR_INVALID_ARG, "maximum vcpu count of a live domain can't be modified");
        return false;
    }
    if (live && !hv->setVcpus) {
        virErrorSet(error, hv->from, VIR_ERR_NO_SUPPORT, "virDomainSetVcpusFlags");
        return false;
    }
    const virDomainDef *def = live ? view->live : view->config;
    if (!v->maximum && v->n > def->maxVcpus) {
        virErrorSet(error, hv->from, VIR_ERR_INVALID_ARG,
                    "requested vcpus is greater than max allowable vcpus for the %s domain: %u > %u",
                    live ? "live" : "persistent", v->n, def->maxVcpus);
        return false;
    }
    unsigned int topology = virCPUTopologyCount(&def->cpu);
    if (v->maximum && topology && topology != v->n) {
        virErrorSet(error, hv->from, VIR_ERR_INVALID_ARG, "CPU topology doesn't match the desired vcpu count");
        return false;
    }
    return true;
}

static bool tellVcpus(virDomainObj *obj, gconstpointer data, GError **error)
{
    return obj->engine->hv->setVcpus(obj, ((const Vcpus *)data)->n, error);
}

static bool applyVcpus(virDomainDef *def, gconstpointer data, GError **error)
{
    const Vcpus *v = data;
    if (v->maximum)
        def->maxVcpus = v->n;
    def->vcpus = v->maximum ? MIN(def->vcpus, v->n) : v->n;
    return true;
}

static int domainSetVcpusFlags(virDomainPtr domain, unsigned int nvcpus, unsigned int flags, GError **error)
{
    static const Change c = { "virDomainSetVcpusFlags", VIR_DOMAIN_VCPU_MAXIMUM, checkVcpus, tellVcpus, applyVcpus };
    Vcpus v = { nvcpus, flags & VIR_DOMAIN_VCPU_MAXIMUM };
    if (flags & VIR_DOMAIN_VCPU_GUEST)
        return virGuestAdjustVcpus(domain, nvcpus, flags, error);
    return change(domain, &c, flags, &v, NULL, error);
}

static int domainSetVcpus(virDomainPtr domain, unsigned int nvcpus, GError **error)
{
    return domainSetVcpusFlags(domain, nvcpus, VIR_DOMAIN_AFFECT_LIVE, error);
}

/* ---- autostart ---- */

static int setAutostart(virDomainPtr domain, int on, bool once, const char *what, GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    if (!obj || !virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, what, -1, error))
        return -1;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    bool ok = view->persistent;
    if (!ok)
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_OPERATION_INVALID,
                    "cannot set autostart for transient domain");
    virDomainView *next = virDomainViewEdit(obj);
    *(once ? &next->autostartOnce : &next->autostart) = on;
    ok = ok && virPersistAutostart(obj->engine, VIR_DOMAIN_OBJ_NAME(obj), next->autostart, next->autostartOnce, error);
    if (ok)
        virDomainPublish(obj, next);
    else
        virDomainViewUnref(next);
    virActorLeave(obj->head.actor);
    return ok ? 0 : -1;
}

static int domainSetAutostart(virDomainPtr domain, int autostart, GError **error)
{
    return setAutostart(domain, autostart, false, "virDomainSetAutostart", error);
}

static int domainSetAutostartOnce(virDomainPtr domain, int autostart, GError **error)
{
    return setAutostart(domain, autostart, true, "virDomainSetAutostartOnce", error);
}

/* ---- the calls of this file ---- */

static void __attribute__((constructor)) changeCalls(void)
{
    virEngineDriver.domainSetMetadata = domainSetMetadata;
    virEngineDriver.domainSetMemoryFlags = domainSetMemoryFlags;
    virEngineDriver.domainSetMemory = domainSetMemory;
    virEngineDriver.domainSetMaxMemory = domainSetMaxMemory;
    virEngineDriver.domainSetVcpusFlags = domainSetVcpusFlags;
    virEngineDriver.domainSetVcpus = domainSetVcpus;
    virEngineDriver.domainSetAutostart = domainSetAutostart;
    virEngineDriver.domainSetAutostartOnce = domainSetAutostartOnce;
}
