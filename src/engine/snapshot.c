/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls about snapshots. What a hypervisor does of its own are three functions of its table: take, delete, revert. */
#define VIR_FROM VIR_FROM_DOMAIN_SNAPSHOT
#include "engine/moment.h"
#include <string.h>
#include "base/util.h"

/* ---- as files keep them ---- */

static char *formatFile(const virMoment *m, bool current)
{
    g_autoptr(virDomainSnapshotDef) def = virDomainSnapshotDefCopy((const virDomainSnapshotDef *)m);
    def->hasActive = true;
    def->active = current;
    return virDomainSnapshotDefShow(def, 0, true);
}

static virMoment *parseFile(const char *xml, const virDomainParseConfig *conf, bool *current, GError **error)
{
    virDomainSnapshotDef *def = virDomainSnapshotDefParseWith(xml, conf, VIR_MOMENT_REDEFINE | VIR_XML_WITH_STATUS, error);
    *current = def && def->active;
    return (virMoment *)def;
}

const virMomentKind virSnapshotKind = {
    .xml = &virDomainSnapshotDefXml,
    .from = VIR_FROM_DOMAIN_SNAPSHOT,
    .missing = VIR_ERR_NO_DOMAIN_SNAPSHOT,
    .what = "snapshot",
    .edit = "snapshot-edit",
    .format = formatFile,
    .parse = parseFile,
};

/* ---- lists and lookups: any thread ---- */

static virDomainObj *objOf(virDomainSnapshotPtr snapshot, GError **error)
{
    return virDomainObjFind(snapshot->domain, error);
}

/* Two flags that exclude each other filter nothing when both or none are given. */
static bool pairPasses(unsigned int flags, unsigned int yes, unsigned int no, bool value)
{
    return !(flags & (yes | no)) || flags & (value ? yes : no);
}

static bool passes(const virMoment *m, unsigned int flags)
{
    const virDomainSnapshotDef *def = (const virDomainSnapshotDef *)m;
    const unsigned int states = VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE | VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE | VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY;
    unsigned int own = def->state == VIR_SNAPSHOT_DISK_SNAPSHOT ? VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY
                     : def->state == VIR_SNAPSHOT_SHUTOFF ? VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE : VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE;
    return (!(flags & states) || flags & own) &&
           pairPasses(flags, VIR_DOMAIN_SNAPSHOT_LIST_METADATA, VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA, true) &&
           pairPasses(flags, VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL, VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL, virDomainSnapshotIsExternal(def));
}

static GPtrArray *namesOf(virDomainPtr domain, const char *under, unsigned int flags, GError **error)
{
    const unsigned int known = (VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL << 1) - 1;
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    virMoment *m = obj && under ? virMomentsFind(virDomainObjSnapshots(obj), under, error) : NULL;
    if (!obj || !virFlagsCheck(flags, known, VIR_ENGINE_FROM(obj->engine), "virDomainListAllSnapshots", error) || (under && !m))
        return NULL;
    virMomentUnref(&virSnapshotKind, m);
    bool leaves = flags & VIR_DOMAIN_SNAPSHOT_LIST_LEAVES, inner = flags & VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES;
    unsigned int how = (flags & VIR_DOMAIN_SNAPSHOT_LIST_ROOTS ? VIR_MOMENTS_ROOTS : 0) | (leaves && !inner ? VIR_MOMENTS_LEAVES : 0) |
                       (inner && !leaves ? VIR_MOMENTS_NO_LEAVES : 0) | (flags & VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL ? VIR_MOMENTS_TOPOLOGICAL : 0);
    return virMomentsNames(virDomainObjSnapshots(obj), under, how, passes, flags);
}

static int listHandles(virDomainPtr domain, const char *under, virDomainSnapshotPtr **list, unsigned int flags, GError **error)
{
    g_autoptr(GPtrArray) names = namesOf(domain, under, flags, error);
    if (!names)
        return -1;
    if (list)
        *list = g_new0(virDomainSnapshotPtr, names->len + 1);
    for (guint i = 0; list && i < names->len; i++)
        (*list)[i] = virDomainSnapshotNew(domain, names->pdata[i]);
    return names->len;
}

static int listNames(virDomainPtr domain, const char *under, char **out, int max, unsigned int flags, GError **error)
{
    g_autoptr(GPtrArray) names = namesOf(domain, under, flags, error);
    int n = names ? MIN((int)names->len, max) : -1;
    for (int i = 0; out && i < n; i++)
        out[i] = g_strdup(names->pdata[i]);
    return n;
}

static int domainListAllSnapshots(virDomainPtr domain, virDomainSnapshotPtr **snaps, unsigned int flags, GError **error)
{
    return listHandles(domain, NULL, snaps, flags, error);
}

static int domainSnapshotListAllChildren(virDomainSnapshotPtr snapshot, virDomainSnapshotPtr **snaps, unsigned int flags, GError **error)
{
    return listHandles(snapshot->domain, snapshot->name, snaps, flags, error);
}

static int domainSnapshotListNames(virDomainPtr domain, char **names, int nameslen, unsigned int flags, GError **error)
{
    return listNames(domain, NULL, names, nameslen, flags, error);
}

static int domainSnapshotListChildrenNames(virDomainSnapshotPtr snapshot, char **names, int nameslen, unsigned int flags, GError **error)
{
    return listNames(snapshot->domain, snapshot->name, names, nameslen, flags, error);
}

static int domainSnapshotNum(virDomainPtr domain, unsigned int flags, GError **error)
{
    return listNames(domain, NULL, NULL, G_MAXINT, flags, error);
}

static int domainSnapshotNumChildren(virDomainSnapshotPtr snapshot, unsigned int flags, GError **error)
{
    return listNames(snapshot->domain, snapshot->name, NULL, G_MAXINT, flags, error);
}

static virDomainSnapshotPtr domainSnapshotLookupByName(virDomainPtr domain, const char *name, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    virMoment *m = obj ? virMomentsFind(virDomainObjSnapshots(obj), name, error) : NULL;
    virDomainSnapshotPtr handle = m ? virDomainSnapshotNew(domain, name) : NULL;
    virMomentUnref(&virSnapshotKind, m);
    return handle;
}

static int domainHasCurrentSnapshot(virDomainPtr domain, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    g_autofree char *name = obj ? virMomentsCurrent(virDomainObjSnapshots(obj)) : NULL;
    return obj ? name != NULL : -1;
}

static virDomainSnapshotPtr domainSnapshotCurrent(virDomainPtr domain, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    g_autofree char *name = obj ? virMomentsCurrent(virDomainObjSnapshots(obj)) : NULL;
    if (obj && !name)
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_NO_DOMAIN_SNAPSHOT, "the domain does not have a current snapshot");
    return name ? virDomainSnapshotNew(domain, name) : NULL;
}

/* A reference, and the object; both NULL with the error. */
static virMoment *momentOf(virDomainSnapshotPtr snapshot, virDomainObj **obj, GError **error)
{
    *obj = objOf(snapshot, error);
    return *obj ? virMomentsFind(virDomainObjSnapshots(*obj), snapshot->name, error) : NULL;
}

static virDomainSnapshotPtr domainSnapshotGetParent(virDomainSnapshotPtr snapshot, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = NULL;
    virMoment *m = momentOf(snapshot, &obj, error);
    virDomainSnapshotPtr handle = m && m->parent ? virDomainSnapshotNew(snapshot->domain, m->parent) : NULL;
    if (m && !m->parent)
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_NO_DOMAIN_SNAPSHOT, "snapshot '%s' does not have a parent", m->name);
    virMomentUnref(&virSnapshotKind, m);
    return handle;
}

static char *domainSnapshotGetXMLDesc(virDomainSnapshotPtr snapshot, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = NULL;
    virMoment *m = momentOf(snapshot, &obj, error);
    bool ok = m && virFlagsCheck(flags, VIR_DOMAIN_SNAPSHOT_XML_SECURE, VIR_ENGINE_FROM(obj->engine), "virDomainSnapshotGetXMLDesc", error);
    char *xml = ok ? virDomainSnapshotDefShow((virDomainSnapshotDef *)m, flags, false) : NULL;
    virMomentUnref(&virSnapshotKind, m);
    return xml;
}

static int domainSnapshotIsCurrent(virDomainSnapshotPtr snapshot, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = NULL;
    virMoment *m = momentOf(snapshot, &obj, error);
    g_autofree char *current = m ? virMomentsCurrent(virDomainObjSnapshots(obj)) : NULL;
    virMomentUnref(&virSnapshotKind, m);
    return m ? g_strcmp0(current, snapshot->name) == 0 : -1;
}

static int domainSnapshotHasMetadata(virDomainSnapshotPtr snapshot, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = NULL;
    virMoment *m = momentOf(snapshot, &obj, error);
    virMomentUnref(&virSnapshotKind, m);
    return m ? 1 : -1;
}

/* ---- changes: in the guest's actor ---- */

static void publishCount(virDomainObj *obj)
{
    virDomainView *view = virDomainViewEdit(obj);
    view->hasSnapshots = virMomentsCount(virDomainObjSnapshots(obj)) > 0;
    virDomainPublish(obj, view);
}

static bool sameKind(const virDomainSnapshotDef *def, const virDomainSnapshotDef *old, GError **error)
{
    bool online = def->state == VIR_SNAPSHOT_RUNNING || def->state == VIR_SNAPSHOT_PAUSED;
    bool wasOnline = old->state == VIR_SNAPSHOT_RUNNING || old->state == VIR_SNAPSHOT_PAUSED;
    if (online != wasOnline)
        virSetError(error, VIR_ERR_INVALID_ARG, "cannot change between online and offline snapshot state in snapshot %s", def->m.name);
    else if ((def->state == VIR_SNAPSHOT_DISK_SNAPSHOT) != (old->state == VIR_SNAPSHOT_DISK_SNAPSHOT))
        virSetError(error, VIR_ERR_INVALID_ARG, "cannot change between disk only and full system in snapshot %s", def->m.name);
    else
        return true;
    return false;
}

/* Takes `def`, a snapshot that exists already and that we are told of. */
static bool redefine(virDomainObj *obj, virDomainSnapshotDef *taken, unsigned int flags, GError **error)
{
    g_autoptr(virDomainSnapshotDef) def = taken;
    char uuid[37];
    virUUIDFormat(obj->head.uuid, uuid);
    if (!virMomentsCheckParent(virDomainObjSnapshots(obj), &def->m, error))
        return false;
    if (flags & VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY && def->state != VIR_SNAPSHOT_DISK_SNAPSHOT) {
        virSetError(error, VIR_ERR_INVALID_ARG, "disk-only flag for snapshot %s requires disk-snapshot state", def->m.name);
        return false;
    }
    if (def->m.dom && memcmp(def->m.dom->uuid, obj->head.uuid, 16) != 0) {
        virSetError(error, VIR_ERR_INVALID_ARG, "definition for snapshot %s must use uuid %s", def->m.name, uuid);
        return false;
    }
    virMoment *old = virMomentsFind(virDomainObjSnapshots(obj), def->m.name, NULL);
    bool ok = !old || sameKind(def, (virDomainSnapshotDef *)old, error);
    virMomentUnref(&virSnapshotKind, old);
    bool external = virDomainSnapshotIsExternal(def) || def->state == VIR_SNAPSHOT_DISK_SNAPSHOT;
    if (obj->engine->hv->snapshotsOfTest)
        g_clear_pointer(&def->cookie, g_free);
    return ok && virDomainSnapshotAlign(def, external ? VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL : VIR_DOMAIN_DISK_SNAPSHOT_INTERNAL, false, error) &&
           virMomentsPut(virDomainObjSnapshots(obj), (virMoment *)g_steal_pointer(&def), flags & VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT, error);
}

/* What the document leaves open about a new snapshot. */
static bool settle(virDomainObj *obj, const virDomainView *view, virDomainSnapshotDef *def, unsigned int flags, GError **error)
{
    const virHypervisor *hv = obj->engine->hv;
    bool diskOnly = flags & VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY, external = diskOnly || def->memory == VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL;
    if (!hv->snapshotsOfTest && view->live && !external && def->memory == VIR_DOMAIN_DISK_SNAPSHOT_NO) {
        virErrorSet(error, hv->from, VIR_ERR_OPERATION_UNSUPPORTED, "internal snapshot of a running VM must include the memory state");
        return false;
    }
    def->m.dom = virDomainDefCopy(view->live ? view->live : view->config);
    if (!hv->snapshotsOfTest && view->live && view->config)
        def->inactiveDom = virDomainDefCopy(view->config);
    def->state = view->live ? diskOnly ? VIR_SNAPSHOT_DISK_SNAPSHOT : (virSnapshotState)view->state : VIR_SNAPSHOT_SHUTOFF;
    if (diskOnly)
        def->memory = VIR_DOMAIN_DISK_SNAPSHOT_NO;
    else if (!external)
        def->memory = view->live ? VIR_DOMAIN_DISK_SNAPSHOT_INTERNAL : VIR_DOMAIN_DISK_SNAPSHOT_NO;
    return virDomainSnapshotAlign(def, external ? VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL : VIR_DOMAIN_DISK_SNAPSHOT_INTERNAL, !external, error);
}

/* Takes `def`. */
static bool take(virDomainObj *obj, const virDomainView *view, virDomainSnapshotDef *taken, unsigned int flags, GError **error)
{
    g_autoptr(virDomainSnapshotDef) def = taken;
    if (!settle(obj, view, def, flags, error))
        return false;
    virMoment *old = virMomentsFind(virDomainObjSnapshots(obj), def->m.name, NULL);
    if (old) {
        virMomentUnref(&virSnapshotKind, old);
        virErrorSet(error, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_FAILED, "domain moment %s already exists", def->m.name);
        return false;
    }
    def->m.parent = virMomentsCurrent(virDomainObjSnapshots(obj));
    if (!obj->engine->hv->snapshotTake(obj, def, flags, error))
        return false;
    return flags & VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA ||
           virMomentsPut(virDomainObjSnapshots(obj), (virMoment *)g_steal_pointer(&def), true, error);
}

static virDomainSnapshotPtr createIn(virDomainObj *obj, virDomainPtr domain, const char *xml, unsigned int flags, GError **error)
{
    const virHypervisor *hv = obj->engine->hv;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    const virDomainParseConfig *conf = hv->parseConfig(obj->engine, error);
    bool again = flags & VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE;
    bool offline = flags & VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY || (!view->live && !hv->snapshotsOfTest);
    unsigned int parse = (again ? VIR_MOMENT_REDEFINE : offline ? VIR_MOMENT_OFFLINE : 0) |
                         (flags & VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE ? VIR_DOCUMENT_VALIDATE : 0);
    virDomainSnapshotDef *def = conf ? virDomainSnapshotDefParseWith(xml, conf, parse, error) : NULL;
    if (!def)
        return NULL;
    g_autofree char *name = g_strdup(def->m.name);
    if (hv->snapshotCheck && !hv->snapshotCheck(obj, def, flags, error)) {
        virDomainSnapshotDefUnref(def);
        return NULL;
    }
    if (!(again ? redefine(obj, def, flags, error) : take(obj, view, def, flags, error)))
        return NULL;
    publishCount(obj);
    return virDomainSnapshotNew(domain, name);
}

static bool requires(unsigned int flags, unsigned int flag, unsigned int needs, const char *flagName, const char *needsName, GError **error)
{
    if (!(flags & flag) || flags & needs)
        return true;
    virSetError(error, VIR_ERR_INVALID_ARG, "Flag '%s' is required by flag '%s'", needsName, flagName);
    return false;
}

static virDomainSnapshotPtr domainSnapshotCreateXML(virDomainPtr domain, const char *xml, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    const virHypervisor *hv = obj ? obj->engine->hv : NULL;
    if (obj && !hv->snapshotTake)
        virSetError(error, VIR_ERR_NO_SUPPORT, "virDomainSnapshotCreateXML");
    if (!obj || !hv->snapshotTake || !virFlagsCheck(flags, hv->snapshotCreateFlags, hv->from, "virDomainSnapshotCreateXML", error) ||
        !requires(flags, VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE, "VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT",
                  "VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE", error) ||
        !virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, "virDomainSnapshotCreateXML", -1, error))
        return NULL;
    virDomainSnapshotPtr handle = createIn(obj, domain, xml, flags, error);
    virActorLeave(obj->head.actor);
    return handle;
}

static bool deleteOne(virDomainObj *obj, const virMoment *m, GError **error)
{
    const virHypervisor *hv = obj->engine->hv;
    return !hv->snapshotDelete || hv->snapshotDelete(obj, (const virDomainSnapshotDef *)m, error);
}

static int domainSnapshotDelete(virDomainSnapshotPtr snapshot, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = objOf(snapshot, error);
    const virHypervisor *hv = obj ? obj->engine->hv : NULL;
    if (!obj || !virFlagsCheck(flags, hv->snapshotDeleteFlags, hv->from, "virDomainSnapshotDelete", error) ||
        !virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, "virDomainSnapshotDelete", -1, error))
        return -1;
    unsigned int how = flags & VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY ? VIR_MOMENTS_CHILDREN_ONLY
                     : flags & VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN ? VIR_MOMENTS_CHILDREN : 0;
    virMoment *m = virMomentsFind(virDomainObjSnapshots(obj), snapshot->name, error);
    bool ok = m && virMomentsDelete(virDomainObjSnapshots(obj), snapshot->name, how, flags & VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY ? NULL : deleteOne, obj, error);
    virMomentUnref(&virSnapshotKind, m);
    publishCount(obj);
    virActorLeave(obj->head.actor);
    return ok ? 0 : -1;
}

static bool revertIn(virDomainObj *obj, virDomainSnapshotPtr snapshot, unsigned int flags, GError **error)
{
    virMoment *m = virMomentsFind(virDomainObjSnapshots(obj), snapshot->name, error);
    const virDomainSnapshotDef *def = (virDomainSnapshotDef *)m;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    bool runs = m && (def->state == VIR_SNAPSHOT_RUNNING || def->state == VIR_SNAPSHOT_PAUSED);
    bool wants = flags & (VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING | VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED), ok = m != NULL;
    if (m && !view->persistent && !runs && !wants) {
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_OPERATION_INVALID,
                    "transient domain needs to request run or pause to revert to inactive snapshot");
        ok = false;
    }
    if (ok && !def->m.dom && !(flags & VIR_DOMAIN_SNAPSHOT_REVERT_FORCE)) {
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_SNAPSHOT_REVERT_RISKY, "snapshot '%s' lacks domain '%s' rollback info", m->name,
                    VIR_DOMAIN_OBJ_NAME(obj));
        ok = false;
    }
    ok = ok && obj->engine->hv->snapshotRevert(obj, def, flags, error) && virMomentsSetCurrent(virDomainObjSnapshots(obj), snapshot->name, error);
    virMomentUnref(&virSnapshotKind, m);
    return ok;
}

static int domainRevertToSnapshot(virDomainSnapshotPtr snapshot, unsigned int flags, GError **error)
{
    const unsigned int known = VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING | VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED | VIR_DOMAIN_SNAPSHOT_REVERT_FORCE |
                               VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM;
    g_autoptr(virDomainObj) obj = objOf(snapshot, error);
    if (obj && !obj->engine->hv->snapshotRevert)
        virSetError(error, VIR_ERR_NO_SUPPORT, "virDomainRevertToSnapshot");
    if (!obj || !obj->engine->hv->snapshotRevert ||
        !virFlagsCheck(flags, known, VIR_ENGINE_FROM(obj->engine), "virDomainRevertToSnapshot", error) ||
        !virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, "virDomainRevertToSnapshot", -1, error))
        return -1;
    bool ok = revertIn(obj, snapshot, flags, error);
    virActorLeave(obj->head.actor);
    return ok ? 0 : -1;
}

static void __attribute__((constructor)) snapshotCalls(void)
{
#define CALL(name) virEngineDriver.name = name
    CALL(domainListAllSnapshots);
    CALL(domainSnapshotListAllChildren);
    CALL(domainSnapshotListNames);
    CALL(domainSnapshotListChildrenNames);
    CALL(domainSnapshotNum);
    CALL(domainSnapshotNumChildren);
    CALL(domainSnapshotLookupByName);
    CALL(domainHasCurrentSnapshot);
    CALL(domainSnapshotCurrent);
    CALL(domainSnapshotGetParent);
    CALL(domainSnapshotGetXMLDesc);
    CALL(domainSnapshotIsCurrent);
    CALL(domainSnapshotHasMetadata);
    CALL(domainSnapshotCreateXML);
    CALL(domainSnapshotDelete);
    CALL(domainRevertToSnapshot);
}
