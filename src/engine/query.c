/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fresh facts of guests: statistics, block and memory figures, consoles, the monitor; and the host's documents. */
#define VIR_FROM VIR_FROM_DOMAIN
#define VIR_LOG_NAME "engine.query"
#include "engine/backup.h"
#include "engine/internal.h"
#include "base/log.h"
#include <string.h>

/* ---- statistics of many ---- */

enum {
    STATS_KNOWN = VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON |
                  VIR_DOMAIN_STATS_VCPU | VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK,
    NOWAIT_US = 10 * 1000,      /* guests that are well answer in one or two milliseconds */
    STATS_FLAGS = VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING | VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT |
                  (int)VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS,
};

/* One of those that are asked: first all get their questions, then the answers are collected. */
typedef struct {
    virDomainObj *obj;
    virDomainView *view;
    gpointer asked;
} Surveyed;

static void surveyedClear(gpointer data)
{
    Surveyed *s = data;
    virDomainObjUnref(s->obj);
    virDomainViewUnref(s->view);
}

static virDomainStatsRecordPtr recordOf(Surveyed *s, virConnectPtr conn, unsigned int groups, gint64 until)
{
    const virHypervisor *hv = s->obj->engine->hv;
    g_auto(virTypedParamList) list = { 0 };
    g_autoptr(GError) error = NULL;
    if (groups & VIR_DOMAIN_STATS_STATE) {
        virTypedParamListInt(&list, s->view->state, "state.state");
        virTypedParamListInt(&list, s->view->reason, "state.reason");
    }
    if (hv->stats && !hv->stats(s->obj, groups, &list, g_steal_pointer(&s->asked), until, &error))
        virInfo("statistics of '%s' are incomplete: %s", VIR_DOMAIN_OBJ_NAME(s->obj), error ? error->message : "");
    virDomainStatsRecordPtr r = g_new0(virDomainStatsRecord, 1);
    r->dom = virDomainObjHandle(s->obj, conn);
    r->params = virTypedParamListSteal(&list, &r->nparams);
    return r;
}

static GArray *surveyed(virEngine *engine, virDomainPtr *doms, unsigned int ndoms, unsigned int filter)
{
    GArray *all = g_array_new(FALSE, TRUE, sizeof(Surveyed));
    g_array_set_clear_func(all, surveyedClear);
    g_autoptr(virRegistrySnapshot) s = doms ? NULL : virRegistryGet(engine->domains);
    for (guint i = 0; i < (doms ? ndoms : s->n); i++) {
        g_autoptr(virDomainObj) obj = doms ? virRegistryFind(engine->domains, doms[i]->uuid) : virObjRef(s->byUuid[i]);
        g_autoptr(virDomainView) view = obj ? virDomainObjView(obj) : NULL;
        if (!view || !(view->live || view->config) || !virDomainViewPasses(view, filter))
            continue;
        Surveyed one = { g_steal_pointer(&obj), g_steal_pointer(&view), NULL };
        g_array_append_val(all, one);
    }
    return all;
}

/* A short time may not be enough to ask all: each survey begins with another one. */
static void askAll(virEngine *engine, GArray *all, unsigned int groups, gint64 until)
{
    static guint first;
    guint at = __atomic_fetch_add(&first, 17, __ATOMIC_RELAXED);
    for (guint i = 0; engine->hv->statsAsk && i < all->len; i++) {
        Surveyed *s = &g_array_index(all, Surveyed, (at + i) % all->len);
        if (s->view->live)
            s->asked = engine->hv->statsAsk(s->obj, groups, until);
    }
}

static int connectGetAllDomainStats(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms, unsigned int stats,
                                    virDomainStatsRecordPtr **retStats, unsigned int flags, GError **error)
{
    virEngine *engine = virEngineOf(conn);
    const unsigned int filter = flags & ~(unsigned int)STATS_FLAGS;
    if (!virFlagsCheck(filter, VIR_ENGINE_LIST_FLAGS, VIR_ENGINE_FROM(engine), "virConnectGetAllDomainStats", error))
        return -1;
    if ((flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS) && (stats & ~(unsigned int)STATS_KNOWN)) {
        virErrorSet(error, VIR_ENGINE_FROM(engine), VIR_ERR_ARGUMENT_UNSUPPORTED,
                    "Stats types bits 0x%x are not supported by this daemon", stats & ~(unsigned int)STATS_KNOWN);
        return -1;
    }
    const unsigned int groups = stats ? stats : STATS_KNOWN;
    g_autoptr(GArray) all = surveyed(engine, doms, ndoms, filter);
    gint64 until = flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT ? g_get_monotonic_time() + NOWAIT_US : 0;
    askAll(engine, all, groups, until);
    *retStats = g_new0(virDomainStatsRecordPtr, all->len + 1);
    for (guint i = 0; i < all->len; i++)
        (*retStats)[i] = recordOf(&g_array_index(all, Surveyed, i), conn, groups, until);
    return all->len;
}

/* ---- one domain ---- */

/* A running domain and its operation; the caller frees both. */
static bool running(virDomainPtr domain, virDomainObj **obj, virDomainView **view, GError **error)
{
    return virDomainRead(domain, obj, view, error) && virDomainRequireActive(*view, VIR_FROM, error);
}

static bool offered(bool has, const char *what, GError **error)
{
    if (!has)
        virErrorSet(error, VIR_FROM, VIR_ERR_NO_SUPPORT, "%s", what);
    return has;
}

#define RUNNING(member, what) \
    g_autoptr(virDomainObj) obj = NULL; \
    g_autoptr(virDomainView) view = NULL; \
    if (!offered(virEngineOf(domain->conn)->hv->member != NULL, what, error) || !running(domain, &obj, &view, error)) \
        return FAILED; \
    const virHypervisor *hv = obj->engine->hv

#define FAILED -1
static int domainBlockStats(virDomainPtr domain, const char *disk, virDomainBlockStatsPtr stats, GError **error)
{
    RUNNING(blockStats, "virDomainBlockStats");
    return hv->blockStats(obj, disk, stats, error) ? 0 : -1;
}

static int domainInterfaceStats(virDomainPtr domain, const char *device, virDomainInterfaceStatsPtr stats,
                                GError **error)
{
    RUNNING(interfaceStats, "virDomainInterfaceStats");
    return hv->interfaceStats(obj, device, stats, error) ? 0 : -1;
}

static int domainMemoryStats(virDomainPtr domain, virDomainMemoryStatPtr stats, unsigned int nstats, unsigned int flags,
                             GError **error)
{
    RUNNING(memoryStats, "virDomainMemoryStats");
    return hv->memoryStats(obj, stats, nstats, error);
}

static int domainSendKey(virDomainPtr domain, unsigned int codeset, unsigned int holdtime, unsigned int *keycodes,
                         int nkeycodes, unsigned int flags, GError **error)
{
    RUNNING(sendKey, "virDomainSendKey");
    if (!virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, "virDomainSendKey", -1, error))
        return -1;
    bool ok = hv->sendKey(obj, codeset, holdtime, keycodes, nkeycodes, flags, error);
    virActorLeave(obj->head.actor);
    return ok ? 0 : -1;
}

static int domainOpenConsole(virDomainPtr domain, const char *device, virStreamPtr st, unsigned int flags,
                             GError **error)
{
    RUNNING(openConsole, "virDomainOpenConsole");
    return hv->openConsole(obj, device, st, flags, error) ? 0 : -1;
}

static int domainGetCPUStats(virDomainPtr domain, virTypedParameterPtr params, unsigned int nparams, int start,
                             unsigned int ncpus, unsigned int flags, GError **error)
{
    RUNNING(cpuTime, "virDomainGetCPUStats");
    unsigned long long ns = 0;
    if (start >= 0) {
        virErrorSet(error, hv->from, VIR_ERR_NO_SUPPORT, "virDomainGetCPUStats for single host CPUs");
        return -1;
    }
    if (nparams == 0)
        return 1;
    if (!hv->cpuTime(obj, &ns, error))
        return -1;
    params[0] = (virTypedParameter){ .type = VIR_TYPED_PARAM_ULLONG, .value.ul = ns };
    g_strlcpy(params[0].field, VIR_DOMAIN_CPU_STATS_CPUTIME, sizeof(params[0].field));
    return 1;
}
#undef FAILED

static int domainGetBlockInfo(virDomainPtr domain, const char *disk, virDomainBlockInfoPtr info, unsigned int flags,
                              GError **error)
{
    g_autoptr(virDomainObj) obj = NULL;
    g_autoptr(virDomainView) view = NULL;
    if (!virDomainRead(domain, &obj, &view, error) ||
        !offered(obj->engine->hv->blockInfo != NULL, "virDomainGetBlockInfo", error))
        return -1;
    if (!virDomainDefFindDisk(view->live ? view->live : view->config, disk)) {
        virErrorSet(error, obj->engine->hv->from, VIR_ERR_INVALID_ARG, "invalid path %s not assigned to domain", disk);
        return -1;
    }
    return obj->engine->hv->blockInfo(obj, disk, info, error) ? 0 : -1;
}

static int domainQemuMonitorCommand(virDomainPtr domain, const char *command, char **result, unsigned int flags,
                                    GError **error)
{
#define FAILED -1
    RUNNING(monitorCommand, "virDomainQemuMonitorCommand");
#undef FAILED
    if (!virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, "virDomainQemuMonitorCommand", -1, error))
        return -1;
    *result = hv->monitorCommand(obj, command, flags, error);
    virActorLeave(obj->head.actor);
    return *result ? 0 : -1;
}

/* ---- security labels, as they stand in the live definition ---- */

static void fillLabel(virSecurityLabelPtr out, const virDomainSeclabel *label)
{
    memset(out, 0, sizeof(*out));
    if (label && label->label)
        g_strlcpy(out->label, label->label, sizeof(out->label));
    out->enforcing = label && label->label;
}

/* The label of the mandatory access control; file ownership (dac) is in the list only. */
static int domainGetSecurityLabel(virDomainPtr domain, virSecurityLabelPtr label, GError **error)
{
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    const virDomainSeclabel *found = NULL;
    if (!v)
        return -1;
    for (unsigned int i = 0; v->live && i < v->live->seclabels.n; i++)
        if (g_strcmp0(v->live->seclabels.v[i]->model, "dac") != 0)
            found = v->live->seclabels.v[i];
    fillLabel(label, found);
    return 0;
}

static int domainGetSecurityLabelList(virDomainPtr domain, virSecurityLabelPtr *labels, GError **error)
{
    g_autoptr(virDomainView) v = virDomainViewOf(domain, error);
    if (!v)
        return -1;
    int n = v->live ? (int)v->live->seclabels.n : 0;
    *labels = g_new0(virSecurityLabel, n + 1);
    for (int i = 0; i < n; i++)
        fillLabel(&(*labels)[i], v->live->seclabels.v[i]);
    return n;
}

/* ---- jobs: backups are the only long ones yet ---- */

static int jobType(virDomainObj *obj)
{
    g_autoptr(virDomainBackupDef) backup = virDomainBackupOf(obj);
    return backup ? VIR_DOMAIN_JOB_UNBOUNDED : VIR_DOMAIN_JOB_NONE;
}

static int domainGetJobInfo(virDomainPtr domain, virDomainJobInfoPtr info, GError **error)
{
    g_autoptr(virDomainObj) obj = NULL;
    g_autoptr(virDomainView) view = NULL;
    if (!running(domain, &obj, &view, error))
        return -1;
    *info = (virDomainJobInfo){ .type = jobType(obj) };
    if (info->type != VIR_DOMAIN_JOB_NONE)
        info->timeElapsed = virDomainJobAge(obj);
    return 0;
}

enum { MAX_QUEUE_SHOWN = 15 };          /* the wire carries 64 parameters */

/* Additive to what the reference tells: the calls that run or wait on the guest, of all its lanes. */
static void listQueue(virDomainObj *obj, virTypedParamList *list)
{
    const virActorClass lanes[] = { VIR_ACTOR_MODIFY, VIR_ACTOR_QUERY, VIR_ACTOR_AGENT };
    unsigned int n = 0;
    for (guint l = 0; l < G_N_ELEMENTS(lanes); l++) {
        g_autoptr(virActor) lane = virDomainObjLane(obj, lanes[l]);
        g_autoptr(GArray) entries = virActorList(lane);
        for (guint i = 0; i < entries->len; i++, n++) {
            const virActorEntry *e = &g_array_index(entries, virActorEntry, i);
            if (n >= MAX_QUEUE_SHOWN)
                continue;
            virTypedParamListString(list, e->running ? "running" : "waiting", "queue.%u.state", n);
            virTypedParamListString(list, e->class, "queue.%u.class", n);
            virTypedParamListString(list, e->what, "queue.%u.call", n);
            virTypedParamListLLong(list, e->age, "queue.%u.age", n);
        }
    }
    if (n)
        virTypedParamListUInt(list, n, "queue.count");
}

static int domainGetJobStats(virDomainPtr domain, int *type, virTypedParameterPtr *params, int *nparams, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = NULL;
    g_autoptr(virDomainView) view = NULL;
    if (!virFlagsCheck(flags, VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED, VIR_ENGINE_FROM(virEngineOf(domain->conn)),
                       "virDomainGetJobStats", error))
        return -1;
    g_auto(virTypedParamList) list = { 0 };
    if (flags & VIR_DOMAIN_JOB_STATS_COMPLETED) {
        if (!(obj = virDomainObjFind(domain, error)))
            return -1;
        *type = virDomainJobPast(obj, flags & VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED, &list);
        *params = virTypedParamListSteal(&list, nparams);
        return 0;
    }
    if (!running(domain, &obj, &view, error))
        return -1;
    *type = jobType(obj);
    if (*type != VIR_DOMAIN_JOB_NONE) {
        virTypedParamListInt(&list, VIR_DOMAIN_JOB_OPERATION_BACKUP, VIR_DOMAIN_JOB_OPERATION);
        virTypedParamListULLong(&list, virDomainJobAge(obj), VIR_DOMAIN_JOB_TIME_ELAPSED);
    }
    listQueue(obj, &list);
    *params = virTypedParamListSteal(&list, nparams);
    return 0;
}

/* ---- host documents ---- */

static char *connectGetCapabilities(virConnectPtr conn, GError **error)
{
    virEngine *engine = virEngineOf(conn);
    return offered(engine->hv->capabilities, "virConnectGetCapabilities", error)
               ? engine->hv->capabilities(engine, error)
               : NULL;
}

static char *connectGetDomainCapabilities(virConnectPtr conn, const char *emulator, const char *arch,
                                          const char *machine, const char *virttype, unsigned int flags, GError **error)
{
    virEngine *engine = virEngineOf(conn);
    if (!offered(engine->hv->domainCapabilities, "virConnectGetDomainCapabilities", error))
        return NULL;
    return engine->hv->domainCapabilities(engine, emulator, arch, machine, virttype, flags, error);
}

static char *connectDomainXMLToNative(virConnectPtr conn, const char *format, const char *xml, unsigned int flags,
                                      GError **error)
{
    virEngine *engine = virEngineOf(conn);
    if (!offered(engine->hv->toNative, "virConnectDomainXMLToNative", error) ||
        !virFlagsCheck(flags, 0, VIR_ENGINE_FROM(engine), "virConnectDomainXMLToNative", error))
        return NULL;
    const virDomainParseConfig *conf = engine->hv->parseConfig(engine, error);
    g_autoptr(virDomainDef) def = conf ? virDomainDefParse(xml, NULL, conf, VIR_DOMAIN_DEF_INACTIVE, error) : NULL;
    return def ? engine->hv->toNative(engine, format, def, flags, error) : NULL;
}

static char *connectDomainXMLFromNative(virConnectPtr conn, const char *format, const char *text, unsigned int flags, GError **error)
{
    virEngine *engine = virEngineOf(conn);
    if (!offered(engine->hv->fromNative, "virConnectDomainXMLFromNative", error) ||
        !virFlagsCheck(flags, 0, VIR_ENGINE_FROM(engine), "virConnectDomainXMLFromNative", error))
        return NULL;
    g_autoptr(virDomainDef) def = engine->hv->fromNative(engine, format, text, error);
    return def ? virDomainDefFormat(def, VIR_DOMAIN_DEF_INACTIVE) : NULL;
}

static int connectGetVersion(virConnectPtr conn, unsigned long *version, GError **error)
{
    virEngine *engine = virEngineOf(conn);
    return offered(engine->hv->version, "virConnectGetVersion", error) ? engine->hv->version(engine, version, error)
                                                                       : -1;
}

static int connectGetMaxVcpus(virConnectPtr conn, const char *type, GError **error)
{
    virEngine *engine = virEngineOf(conn);
    return offered(engine->hv->maxVcpus, "virConnectGetMaxVcpus", error) ? engine->hv->maxVcpus(engine, type, error)
                                                                         : -1;
}

static const char *connectGetType(virConnectPtr conn, GError **error)
{
    return virEngineOf(conn)->hv->name;
}

static char *connectGetHostname(virConnectPtr conn, GError **error)
{
    return g_strdup(g_get_host_name());
}

/* ---- the connection itself: it does not leave this process ---- */

static int connectIsAlive(virConnectPtr conn, GError **error)
{
    return 1;
}

static int connectIsSecure(virConnectPtr conn, GError **error)
{
    return 1;
}

static int connectIsEncrypted(virConnectPtr conn, GError **error)
{
    return 0;
}

/* None of the features that drivers answer (migration and its kin) is offered yet. */
static int connectSupportsFeature(virConnectPtr conn, int feature, GError **error)
{
    return 0;
}

/* ---- event registration ---- */

static int connectDomainEventRegisterAny(virConnectPtr conn, virDomainPtr dom, int eventID,
                                         virConnectDomainEventGenericCallback cb, void *opaque, virFreeCallback freecb,
                                         GError **error)
{
    return virEventBusAdd(virEngineOf(conn)->events, conn, dom ? dom->uuid : NULL, eventID, (gpointer)cb, opaque,
                          freecb, NULL, 0, error);
}

static int connectDomainEventDeregisterAny(virConnectPtr conn, int callbackID, GError **error)
{
    return virEventBusRemove(virEngineOf(conn)->events, conn, callbackID, error) ? 0 : -1;
}

static int connectDomainEventRegister(virConnectPtr conn, virConnectDomainEventCallback cb, void *opaque,
                                      virFreeCallback freecb, GError **error)
{
    return virEventBusAdd(virEngineOf(conn)->events, conn, NULL, VIR_EVENT_LEGACY_LIFECYCLE, (gpointer)cb, opaque,
                          freecb, NULL, 0, error) < 0
               ? -1
               : 0;
}

static int connectDomainEventDeregister(virConnectPtr conn, virConnectDomainEventCallback cb, GError **error)
{
    return virEventBusRemoveLegacy(virEngineOf(conn)->events, conn, (gpointer)cb, error) ? 0 : -1;
}

static int connectDomainQemuMonitorEventRegister(virConnectPtr conn, virDomainPtr dom, const char *event,
                                                 virConnectDomainQemuMonitorEventCallback cb, void *opaque,
                                                 virFreeCallback freecb, unsigned int flags, GError **error)
{
    return virEventBusAdd(virEngineOf(conn)->events, conn, dom ? dom->uuid : NULL, VIR_EVENT_MONITOR, (gpointer)cb,
                          opaque, freecb, event, flags, error);
}

static int connectDomainQemuMonitorEventDeregister(virConnectPtr conn, int callbackID, GError **error)
{
    return virEventBusRemove(virEngineOf(conn)->events, conn, callbackID, error) ? 0 : -1;
}

/* ---- the calls of this file ---- */

static void __attribute__((constructor)) queryCalls(void)
{
    virEngineDriver.connectGetAllDomainStats = connectGetAllDomainStats;
    virEngineDriver.domainBlockStats = domainBlockStats;
    virEngineDriver.domainInterfaceStats = domainInterfaceStats;
    virEngineDriver.domainMemoryStats = domainMemoryStats;
    virEngineDriver.domainSendKey = domainSendKey;
    virEngineDriver.domainOpenConsole = domainOpenConsole;
    virEngineDriver.domainGetCPUStats = domainGetCPUStats;
    virEngineDriver.domainGetBlockInfo = domainGetBlockInfo;
    virEngineDriver.domainQemuMonitorCommand = domainQemuMonitorCommand;
    virEngineDriver.domainGetSecurityLabel = domainGetSecurityLabel;
    virEngineDriver.domainGetSecurityLabelList = domainGetSecurityLabelList;
    virEngineDriver.domainGetJobInfo = domainGetJobInfo;
    virEngineDriver.domainGetJobStats = domainGetJobStats;
    virEngineDriver.connectGetCapabilities = connectGetCapabilities;
    virEngineDriver.connectGetDomainCapabilities = connectGetDomainCapabilities;
    virEngineDriver.connectDomainXMLToNative = connectDomainXMLToNative;
    virEngineDriver.connectDomainXMLFromNative = connectDomainXMLFromNative;
    virEngineDriver.connectGetVersion = connectGetVersion;
    virEngineDriver.connectGetMaxVcpus = connectGetMaxVcpus;
    virEngineDriver.connectGetType = connectGetType;
    virEngineDriver.connectGetHostname = connectGetHostname;
    virEngineDriver.connectIsAlive = connectIsAlive;
    virEngineDriver.connectIsSecure = connectIsSecure;
    virEngineDriver.connectIsEncrypted = connectIsEncrypted;
    virEngineDriver.connectSupportsFeature = connectSupportsFeature;
    virEngineDriver.connectDomainEventRegisterAny = connectDomainEventRegisterAny;
    virEngineDriver.connectDomainEventDeregisterAny = connectDomainEventDeregisterAny;
    virEngineDriver.connectDomainEventRegister = connectDomainEventRegister;
    virEngineDriver.connectDomainEventDeregister = connectDomainEventDeregister;
    virEngineDriver.connectDomainQemuMonitorEventRegister = connectDomainQemuMonitorEventRegister;
    virEngineDriver.connectDomainQemuMonitorEventDeregister = connectDomainQemuMonitorEventDeregister;
}
