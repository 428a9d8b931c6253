/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists, lookups and state: answered at once from immutable snapshots, whatever the guests do. */
#define VIR_FROM VIR_FROM_DOMAIN
#include "engine/guest-agent.h"
#include "engine/internal.h"
#include "base/util.h"

/* ---- handles ---- */

static void noDomain(virDomainPtr domain, GError **error)
{
    char uuid[37];
    virUUIDFormat(domain->uuid, uuid);
    virErrorSet(error, VIR_ENGINE_FROM(virEngineOf(domain->conn)), VIR_ERR_NO_DOMAIN,
                "no domain with matching uuid '%s' (%s)", uuid, domain->name);
}

virDomainObj *virDomainObjFind(virDomainPtr domain, GError **error)
{
    virDomainObj *obj = virRegistryFind(virEngineOf(domain->conn)->domains, domain->uuid);
    if (!obj)
        noDomain(domain, error);
    return obj;
}

static const virDomainDef *current(const virDomainView *v)
{
    return v->live ? v->live : v->config;
}

bool virDomainRead(virDomainPtr domain, virDomainObj **obj, virDomainView **view, GError **error)
{
    *view = NULL;
    *obj = virDomainObjFind(domain, error);
    if (!*obj)
        return false;
    *view = virDomainObjView(*obj);
    if (current(*view))
        return true;
    noDomain(domain, error); /* found an instant before it went away */
    return false;
}

virDomainView *virDomainViewOf(virDomainPtr domain, GError **error)
{
    g_autoptr(virDomainObj) obj = NULL;
    g_autoptr(virDomainView) view = NULL;
    return virDomainRead(domain, &obj, &view, error) ? g_steal_pointer(&view) : NULL;
}

static virDomainPtr found(virConnectPtr conn, virDomainObj *obj)
{
    g_autoptr(virDomainObj) own = obj;
    return virDomainObjHandle(own, conn);
}

static virDomainPtr domainLookupByUUID(virConnectPtr conn, const unsigned char *uuid, GError **error)
{
    virEngine *engine = virEngineOf(conn);
    virDomainObj *obj = virRegistryFind(engine->domains, uuid);
    if (obj)
        return found(conn, obj);
    char text[37];
    virUUIDFormat(uuid, text);
    virErrorSet(error, VIR_ENGINE_FROM(engine), VIR_ERR_NO_DOMAIN, "no domain with matching uuid '%s'", text);
    return NULL;
}

static virDomainPtr domainLookupByName(virConnectPtr conn, const char *name, GError **error)
{
    virEngine *engine = virEngineOf(conn);
    virDomainObj *obj = virRegistryFindName(engine->domains, name);
    if (obj)
        return found(conn, obj);
    virErrorSet(error, VIR_ENGINE_FROM(engine), VIR_ERR_NO_DOMAIN, "no domain with matching name '%s'", name);
    return NULL;
}

static virDomainPtr domainLookupByID(virConnectPtr conn, int id, GError **error)
{
    virEngine *engine = virEngineOf(conn);
    g_autoptr(virRegistrySnapshot) s = virRegistryGet(engine->domains);
    for (guint i = 0; i < s->n; i++) {
        virDomainObj *obj = (virDomainObj *)s->byUuid[i];
        if (id >= 0 && g_atomic_int_get(&obj->id) == id)
            return virDomainObjHandle(obj, conn);
    }
    virErrorSet(error, VIR_ENGINE_FROM(engine), VIR_ERR_NO_DOMAIN, "no domain with matching id %d", id);
    return NULL;
}

/* ---- the old lists ---- */

static int connectNumOfDomains(virConnectPtr conn, GError **error)
{
    g_autoptr(virRegistrySnapshot) s = virRegistryGet(virEngineOf(conn)->domains);
    int n = 0;
    for (guint i = 0; i < s->n; i++)
        n += g_atomic_int_get(&((virDomainObj *)s->byUuid[i])->id) >= 0;
    return n;
}

static int connectListDomains(virConnectPtr conn, int *ids, int maxids, GError **error)
{
    g_autoptr(virRegistrySnapshot) s = virRegistryGet(virEngineOf(conn)->domains);
    int n = 0;
    for (guint i = 0; i < s->n && n < maxids; i++) {
        int id = g_atomic_int_get(&((virDomainObj *)s->byUuid[i])->id);
        if (id >= 0)
            ids[n++] = id;
    }
    return n;
}

static int connectNumOfDefinedDomains(virConnectPtr conn, GError **error)
{
    g_autoptr(virRegistrySnapshot) s = virRegistryGet(virEngineOf(conn)->domains);
    int n = 0;
    for (guint i = 0; i < s->n; i++)
        n += g_atomic_int_get(&((virDomainObj *)s->byUuid[i])->id) < 0;
    return n;
}

static int connectListDefinedDomains(virConnectPtr conn, char **names, int maxnames, GError **error)
{
    g_autoptr(virRegistrySnapshot) s = virRegistryGet(virEngineOf(conn)->domains);
    int n = 0;
    for (guint i = 0; i < s->n && n < maxnames; i++)
        if (g_atomic_int_get(&((virDomainObj *)s->byUuid[i])->id) < 0)
            names[n++] = g_strdup(s->byUuid[i]->name);
    return n;
}

/* ---- the list with filters ---- */

/* Filters come in groups of opposites: a group of which nothing is asked, or both, lets everything pass. */
static bool groupPasses(unsigned int flags, unsigned int yes, unsigned int no, bool is)
{
    return !(flags & (yes | no)) || (flags & (is ? yes : no));
}

static bool statePasses(unsigned int flags, const virDomainView *v)
{
    const unsigned int all = VIR_CONNECT_LIST_DOMAINS_RUNNING | VIR_CONNECT_LIST_DOMAINS_PAUSED |
                             VIR_CONNECT_LIST_DOMAINS_SHUTOFF | VIR_CONNECT_LIST_DOMAINS_OTHER;
    unsigned int is = v->state == VIR_DOMAIN_RUNNING   ? VIR_CONNECT_LIST_DOMAINS_RUNNING
                      : v->state == VIR_DOMAIN_PAUSED  ? VIR_CONNECT_LIST_DOMAINS_PAUSED
                      : v->state == VIR_DOMAIN_SHUTOFF ? VIR_CONNECT_LIST_DOMAINS_SHUTOFF
                                                       : VIR_CONNECT_LIST_DOMAINS_OTHER;
    return !(flags & all) || (flags & is);
}

bool virDomainViewPasses(const virDomainView *v, unsigned int flags)
{
    return groupPasses(flags, VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_CONNECT_LIST_DOMAINS_INACTIVE, v->live) &&
           groupPasses(flags, VIR_CONNECT_LIST_DOMAINS_PERSISTENT, VIR_CONNECT_LIST_DOMAINS_TRANSIENT, v->persistent) &&
           groupPasses(flags, VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE, VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE,
                       v->managedSave) &&
           groupPasses(flags, VIR_CONNECT_LIST_DOMAINS_AUTOSTART, VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART,
                       v->autostart) &&
           groupPasses(flags, VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT,
                       v->hasSnapshots) &&
           groupPasses(flags, VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT, VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT, false) &&
           statePasses(flags, v);
}

static int connectListAllDomains(virConnectPtr conn, virDomainPtr **domains, unsigned int flags, GError **error)
{
    virEngine *engine = virEngineOf(conn);
    if (!virFlagsCheck(flags, VIR_ENGINE_LIST_FLAGS, VIR_ENGINE_FROM(engine), "virConnectListAllDomains", error))
        return -1;
    g_autoptr(virRegistrySnapshot) s = virRegistryGet(engine->domains);
    virDomainPtr *list = domains ? g_new0(virDomainPtr, s->n + 1) : NULL;
    int n = 0;
    for (guint i = 0; i < s->n; i++) {
        virDomainObj *obj = (virDomainObj *)s->byUuid[i];
        g_autoptr(virDomainView) v = virDomainObjView(obj);
        if (!current(v) || !virDomainViewPasses(v, flags))
            continue;
        if (list)
            list[n] = virDomainObjHandle(obj, conn);
        n++;
    }
    if (domains)
        *domains = list;
    return n;
}

/* ---- facts of one domain ---- */

static int domainGetState(virDomainPtr domain, int *state, int *reason, unsigned int flags, GError **error)
{
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    if (!v || !virFlagsCheck(flags, 0, VIR_ENGINE_FROM(virEngineOf(domain->conn)), "virDomainGetState", error))
        return -1;
    *state = v->state;
    if (reason)
        *reason = v->reason;
    return 0;
}

static int domainGetInfo(virDomainPtr domain, virDomainInfoPtr info, GError **error)
{
    g_autoptr(virDomainObj) obj = NULL;
    g_autoptr(virDomainView) v = NULL;
    if (!virDomainRead(domain, &obj, &v, error))
        return -1;
    const virHypervisor *hv = obj->engine->hv;
    const virDomainDef *def = current(v);
    unsigned long long memory = def->currentMemory, cpuTime = 0;
    if (v->live && hv->balloon && !hv->balloon(obj, &memory, NULL))
        memory = def->currentMemory;
    if (v->live && hv->cpuTime && !hv->cpuTime(obj, &cpuTime, error))
        return -1;
    *info = (virDomainInfo){
        .state = v->state, .maxMem = def->memory, .memory = memory, .nrVirtCpu = def->vcpus, .cpuTime = cpuTime
    };
    return 0;
}

static int domainGetControlInfo(virDomainPtr domain, virDomainControlInfoPtr info, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = NULL;
    g_autoptr(virDomainView) v = NULL;
    if (!virDomainRead(domain, &obj, &v, error) ||
        !virFlagsCheck(flags, 0, VIR_ENGINE_FROM(obj->engine), "virDomainGetControlInfo", error))
        return -1;
    if (!virDomainRequireActive(v, VIR_FROM, error))
        return -1;
    int64_t age = 0;
    const virHypervisor *hv = obj->engine->hv;
    g_autofree char *question = hv->waitsFor ? hv->waitsFor(obj, &age) : NULL;
    int state = question ? VIR_DOMAIN_CONTROL_OCCUPIED : VIR_DOMAIN_CONTROL_OK;
    if (!question) {
        g_autofree char *holder = virActorHolder(obj->head.actor, &age, NULL);
        state = holder ? VIR_DOMAIN_CONTROL_JOB : VIR_DOMAIN_CONTROL_OK;
    }
    *info = (virDomainControlInfo){ .state = state, .stateTime = state ? age : 0 };
    return 0;
}

static char *domainGetOSType(virDomainPtr domain, GError **error)
{
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    return v ? g_strdup(virDomainOSTypeToString(current(v)->os.type)) : NULL;
}

static unsigned long domainGetMaxMemory(virDomainPtr domain, GError **error)
{
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    return v ? current(v)->memory : 0;
}

static int domainGetVcpusFlags(virDomainPtr domain, unsigned int flags, GError **error)
{
    bool live, config;
    if (flags & VIR_DOMAIN_VCPU_GUEST)
        return virGuestCountVcpus(domain, flags, error);
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    const unsigned int known = VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_VCPU_MAXIMUM;
    if (!v ||
        !virFlagsCheck(flags, known, VIR_ENGINE_FROM(virEngineOf(domain->conn)), "virDomainGetVcpusFlags", error) ||
        !virDomainResolveFlags(v, flags, &live, &config, error))
        return -1;
    const virDomainDef *def = live ? v->live : v->config;
    return flags & VIR_DOMAIN_VCPU_MAXIMUM ? def->maxVcpus : def->vcpus;
}

static int domainGetMaxVcpus(virDomainPtr domain, GError **error)
{
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    return v ? (int)current(v)->maxVcpus : -1;
}

static int domainGetAutostart(virDomainPtr domain, int *autostart, GError **error)
{
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    if (v)
        *autostart = v->autostart;
    return v ? 0 : -1;
}

static int domainGetAutostartOnce(virDomainPtr domain, int *autostart, GError **error)
{
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    if (v)
        *autostart = v->autostartOnce;
    return v ? 0 : -1;
}

static int domainIsActive(virDomainPtr domain, GError **error)
{
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    return v ? v->live != NULL : -1;
}

static int domainIsPersistent(virDomainPtr domain, GError **error)
{
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    return v ? v->persistent : -1;
}

static int domainIsUpdated(virDomainPtr domain, GError **error)
{
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    return v ? v->updated : -1;
}

static int domainHasManagedSaveImage(virDomainPtr domain, unsigned int flags, GError **error)
{
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    return v ? v->managedSave : -1;
}

static char *domainGetXMLDesc(virDomainPtr domain, unsigned int flags, GError **error)
{
    const unsigned int known =
        VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_UPDATE_CPU | VIR_DOMAIN_XML_MIGRATABLE;
    g_autoptr(virDomainObj) obj = NULL;
    g_autoptr(virDomainView) v = NULL;
    if (!virDomainRead(domain, &obj, &v, error) ||
        !virFlagsCheck(flags, known, VIR_ENGINE_FROM(obj->engine), "virDomainGetXMLDesc", error))
        return NULL;
    if (!v->config)
        flags &= ~VIR_DOMAIN_XML_INACTIVE; /* a transient guest has one definition only */
    const virDomainDef *def = flags & VIR_DOMAIN_XML_INACTIVE ? v->config : current(v);
    if (!v->live)
        flags |= VIR_DOMAIN_DEF_INACTIVE;
    unsigned long long memory;
    if (def != v->live || !obj->engine->hv->balloon || !obj->engine->hv->balloon(obj, &memory, NULL) ||
        memory == def->currentMemory)
        return virDomainDefFormat(def, flags);
    g_autoptr(virDomainDef) copy = virDomainDefCopy(def);
    copy->currentMemory = memory;
    return virDomainDefFormat(copy, flags);
}

static char *domainGetMetadata(virDomainPtr domain, int type, const char *uri, unsigned int flags, GError **error)
{
    bool live, config;
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    if (!v || !virDomainResolveFlags(v, flags, &live, &config, error))
        return NULL;
    const virDomainDef *def = live ? v->live : v->config;
    char *text = NULL;
    if (type == VIR_DOMAIN_METADATA_DESCRIPTION)
        text = g_strdup(def->description);
    else if (type == VIR_DOMAIN_METADATA_TITLE)
        text = g_strdup(def->title);
    else if (type == VIR_DOMAIN_METADATA_ELEMENT)
        text = virDomainDefGetMetadata(def, uri);
    else
        virSetError(error, VIR_ERR_INVALID_ARG, "unknown metadata type '%d'", type);
    if (!text && (unsigned int)type <= VIR_DOMAIN_METADATA_ELEMENT)
        virSetError(error, VIR_ERR_NO_DOMAIN_METADATA, "Requested metadata element is not present");
    return text;
}

/* ---- the calls of this file ---- */

static void __attribute__((constructor)) lookupCalls(void)
{
    virEngineDriver.domainLookupByUUID = domainLookupByUUID;
    virEngineDriver.domainLookupByName = domainLookupByName;
    virEngineDriver.domainLookupByID = domainLookupByID;
    virEngineDriver.connectNumOfDomains = connectNumOfDomains;
    virEngineDriver.connectListDomains = connectListDomains;
    virEngineDriver.connectNumOfDefinedDomains = connectNumOfDefinedDomains;
    virEngineDriver.connectListDefinedDomains = connectListDefinedDomains;
    virEngineDriver.connectListAllDomains = connectListAllDomains;
    virEngineDriver.domainGetState = domainGetState;
    virEngineDriver.domainGetInfo = domainGetInfo;
    virEngineDriver.domainGetControlInfo = domainGetControlInfo;
    virEngineDriver.domainGetOSType = domainGetOSType;
    virEngineDriver.domainGetMaxMemory = domainGetMaxMemory;
    virEngineDriver.domainGetVcpusFlags = domainGetVcpusFlags;
    virEngineDriver.domainGetMaxVcpus = domainGetMaxVcpus;
    virEngineDriver.domainGetAutostart = domainGetAutostart;
    virEngineDriver.domainGetAutostartOnce = domainGetAutostartOnce;
    virEngineDriver.domainIsActive = domainIsActive;
    virEngineDriver.domainIsPersistent = domainIsPersistent;
    virEngineDriver.domainIsUpdated = domainIsUpdated;
    virEngineDriver.domainHasManagedSaveImage = domainHasManagedSaveImage;
    virEngineDriver.domainGetXMLDesc = domainGetXMLDesc;
    virEngineDriver.domainGetMetadata = domainGetMetadata;
}
