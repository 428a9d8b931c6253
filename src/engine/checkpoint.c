/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls about checkpoints. */
#define VIR_FROM VIR_FROM_DOMAIN_CHECKPOINT
#include "engine/backup.h"
#include "engine/moment.h"
#include <string.h>
#include "base/util.h"
#include "model/checkpoint.h"

static char *formatFile(const virMoment *m, bool current)
{
    return virDomainCheckpointDefShow((const virDomainCheckpointDef *)m, VIR_DOMAIN_DEF_SECURE, true);
}

static virMoment *parseFile(const char *xml, const virDomainParseConfig *conf, bool *current, GError **error)
{
    *current = false;           /* the one without children: found by the caller of the last */
    return (virMoment *)virDomainCheckpointDefParseWith(xml, conf, VIR_MOMENT_REDEFINE, error);
}

const virMomentKind virCheckpointKind = {
    .xml = &virDomainCheckpointDefXml,
    .from = VIR_FROM_DOMAIN_CHECKPOINT,
    .missing = VIR_ERR_NO_DOMAIN_CHECKPOINT,
    .what = "checkpoint",
    .edit = "checkpoint-edit",
    .format = formatFile,
    .parse = parseFile,
};

/* ---- lists and lookups ---- */

bool virDomainHasCheckpoint(virDomainObj *obj, const char *name)
{
    virMoment *m = virMomentsFind(virDomainObjCheckpoints(obj), name, NULL);
    virMomentUnref(&virCheckpointKind, m);
    return m != NULL;
}

static int listHandles(virDomainPtr domain, const char *under, virDomainCheckpointPtr **list, unsigned int flags, GError **error)
{
    const unsigned int known = (VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES << 1) - 1;
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    if (!obj || !virFlagsCheck(flags, known, VIR_ENGINE_FROM(obj->engine), "virDomainListAllCheckpoints", error))
        return -1;
    bool leaves = flags & VIR_DOMAIN_CHECKPOINT_LIST_LEAVES, inner = flags & VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES;
    unsigned int how = (flags & VIR_DOMAIN_CHECKPOINT_LIST_ROOTS ? VIR_MOMENTS_ROOTS : 0) | (leaves && !inner ? VIR_MOMENTS_LEAVES : 0) |
                       (inner && !leaves ? VIR_MOMENTS_NO_LEAVES : 0) | (flags & VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL ? VIR_MOMENTS_TOPOLOGICAL : 0);
    g_autoptr(GPtrArray) names = virMomentsNames(virDomainObjCheckpoints(obj), under, how, NULL, 0);
    if (list)
        *list = g_new0(virDomainCheckpointPtr, names->len + 1);
    for (guint i = 0; list && i < names->len; i++)
        (*list)[i] = virDomainCheckpointNew(domain, names->pdata[i]);
    return names->len;
}

static int domainListAllCheckpoints(virDomainPtr domain, virDomainCheckpointPtr **list, unsigned int flags, GError **error)
{
    return listHandles(domain, NULL, list, flags, error);
}

static virMoment *momentOf(virDomainCheckpointPtr checkpoint, virDomainObj **obj, GError **error)
{
    *obj = virDomainObjFind(checkpoint->domain, error);
    return *obj ? virMomentsFind(virDomainObjCheckpoints(*obj), checkpoint->name, error) : NULL;
}

static int domainCheckpointListAllChildren(virDomainCheckpointPtr checkpoint, virDomainCheckpointPtr **list, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = NULL;
    virMoment *m = momentOf(checkpoint, &obj, error);
    virMomentUnref(&virCheckpointKind, m);
    return m ? listHandles(checkpoint->domain, checkpoint->name, list, flags, error) : -1;
}

static virDomainCheckpointPtr domainCheckpointLookupByName(virDomainPtr domain, const char *name, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    virMoment *m = obj ? virMomentsFind(virDomainObjCheckpoints(obj), name, error) : NULL;
    virMomentUnref(&virCheckpointKind, m);
    return m ? virDomainCheckpointNew(domain, name) : NULL;
}

static virDomainCheckpointPtr domainCheckpointGetParent(virDomainCheckpointPtr checkpoint, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = NULL;
    virMoment *m = momentOf(checkpoint, &obj, error);
    virDomainCheckpointPtr handle = m && m->parent ? virDomainCheckpointNew(checkpoint->domain, m->parent) : NULL;
    if (m && !m->parent)
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_NO_DOMAIN_CHECKPOINT, "checkpoint '%s' does not have a parent", m->name);
    virMomentUnref(&virCheckpointKind, m);
    return handle;
}

static char *domainCheckpointGetXMLDesc(virDomainCheckpointPtr checkpoint, unsigned int flags, GError **error)
{
    const unsigned int known = VIR_DOMAIN_CHECKPOINT_XML_SECURE | VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN | VIR_DOMAIN_CHECKPOINT_XML_SIZE;
    g_autoptr(virDomainObj) obj = NULL;
    virMoment *m = momentOf(checkpoint, &obj, error);
    bool ok = m && virFlagsCheck(flags, known, VIR_ENGINE_FROM(obj->engine), "virDomainCheckpointGetXMLDesc", error);
    if (ok && flags & VIR_DOMAIN_CHECKPOINT_XML_SIZE) {
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_OPERATION_UNSUPPORTED, "the sizes of checkpoints cannot be estimated yet");
        ok = false;
    }
    char *xml = ok ? virDomainCheckpointDefShow((virDomainCheckpointDef *)m, flags, !(flags & VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN)) : NULL;
    virMomentUnref(&virCheckpointKind, m);
    return xml;
}

/* ---- changes: in the guest's actor ---- */

static bool redefine(virDomainObj *obj, const virDomainView *view, virDomainCheckpointDef *def, unsigned int flags, GError **error)
{
    char uuid[37];
    virUUIDFormat(obj->head.uuid, uuid);
    if (!virMomentsCheckParent(virDomainObjCheckpoints(obj), &def->m, error))
        return false;
    if (def->m.dom && memcmp(def->m.dom->uuid, obj->head.uuid, 16) != 0) {
        virSetError(error, VIR_ERR_INVALID_ARG, "definition for checkpoint %s must use uuid %s", def->m.name, uuid);
        return false;
    }
    if (def->m.dom && !virDomainCheckpointAlign(def, error))
        return false;
    if (flags & VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE && !virDomainRequireActive(view, VIR_FROM_DOMAIN, error))
        return false;
    return true;
}

static bool fill(virDomainObj *obj, const virDomainView *view, virDomainCheckpointDef *def, GError **error)
{
    def->m.dom = virDomainDefCopy(view->live);
    if (!virDomainCheckpointAlign(def, error))
        return false;
    virMoment *old = virMomentsFind(virDomainObjCheckpoints(obj), def->m.name, NULL);
    if (old) {
        virMomentUnref(&virCheckpointKind, old);
        virErrorSet(error, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_FAILED, "domain moment %s already exists", def->m.name);
        return false;
    }
    def->m.parent = virMomentsCurrent(virDomainObjCheckpoints(obj));
    return true;
}

static bool take(virDomainObj *obj, const virDomainView *view, virDomainCheckpointDef *def, unsigned int flags, GError **error)
{
    return fill(obj, view, def, error) && obj->engine->hv->checkpointTake(obj, def, flags, error);
}

virDomainCheckpointDef *virDomainCheckpointPrepare(virDomainObj *obj, const virDomainView *view, const char *xml, GError **error)
{
    const virDomainParseConfig *conf = obj->engine->hv->parseConfig(obj->engine, error);
    g_autoptr(virDomainCheckpointDef) def = conf ? virDomainCheckpointDefParseWith(xml, conf, 0, error) : NULL;
    return def && fill(obj, view, def, error) ? g_steal_pointer(&def) : NULL;
}

bool virDomainCheckpointKeep(virDomainObj *obj, const virDomainCheckpointDef *def, GError **error)
{
    return virMomentsPut(virDomainObjCheckpoints(obj), virMomentRef((virMoment *)def), true, error);
}

static virDomainCheckpointPtr createIn(virDomainObj *obj, virDomainPtr domain, const char *xml, unsigned int flags, GError **error)
{
    const virHypervisor *hv = obj->engine->hv;
    const virDomainParseConfig *conf = hv->parseConfig(obj->engine, error);
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    bool again = flags & VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE;
    if (!view->live && (!again || hv->snapshotsOfTest)) {
        virErrorSet(error, hv->from, VIR_ERR_OPERATION_UNSUPPORTED, "cannot create checkpoint for inactive domain");
        return NULL;
    }
    g_autoptr(virDomainCheckpointDef) def = conf ? virDomainCheckpointDefParseWith(xml, conf, again ? VIR_MOMENT_REDEFINE : 0, error) : NULL;
    if (!def || !(again ? redefine(obj, view, def, flags, error) : take(obj, view, def, flags, error)))
        return NULL;
    g_autofree char *name = g_strdup(def->m.name);
    /* A chain: the newest is the current one. */
    g_autofree char *current = virMomentsCurrent(virDomainObjCheckpoints(obj));
    bool newest = !again || g_strcmp0(current, def->m.parent) == 0;
    return virMomentsPut(virDomainObjCheckpoints(obj), (virMoment *)g_steal_pointer(&def), newest, error) ? virDomainCheckpointNew(domain, name) : NULL;
}

static virDomainCheckpointPtr domainCheckpointCreateXML(virDomainPtr domain, const char *xml, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    const virHypervisor *hv = obj ? obj->engine->hv : NULL;
    if (obj && !hv->checkpointTake)
        virSetError(error, VIR_ERR_NO_SUPPORT, "virDomainCheckpointCreateXML");
    if (!obj || !hv->checkpointTake || !virFlagsCheck(flags, hv->checkpointCreateFlags, hv->from, "virDomainCheckpointCreateXML", error))
        return NULL;
    if (flags & VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE && !(flags & VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE)) {
        virSetError(error, VIR_ERR_INVALID_ARG,
                    "Flag 'VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE' is required by flag 'VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE'");
        return NULL;
    }
    if (!virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, "virDomainCheckpointCreateXML", -1, error))
        return NULL;
    virDomainCheckpointPtr handle = createIn(obj, domain, xml, flags, error);
    virActorLeave(obj->head.actor);
    return handle;
}

static bool deleteOne(virDomainObj *obj, const virMoment *m, GError **error)
{
    const virHypervisor *hv = obj->engine->hv;
    return !hv->checkpointDelete || hv->checkpointDelete(obj, (const virDomainCheckpointDef *)m, error);
}

static int domainCheckpointDelete(virDomainCheckpointPtr checkpoint, unsigned int flags, GError **error)
{
    const unsigned int known = VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN | VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY |
                               VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY;
    g_autoptr(virDomainObj) obj = virDomainObjFind(checkpoint->domain, error);
    if (!obj || !virFlagsCheck(flags, known, VIR_ENGINE_FROM(obj->engine), "virDomainCheckpointDelete", error) ||
        !virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, "virDomainCheckpointDelete", -1, error))
        return -1;
    bool metadata = flags & VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY;
    unsigned int how = flags & VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY ? VIR_MOMENTS_CHILDREN_ONLY
                     : flags & VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN ? VIR_MOMENTS_CHILDREN : 0;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    virMoment *m = virMomentsFind(virDomainObjCheckpoints(obj), checkpoint->name, error);
    bool ok = m != NULL;
    if (ok && !metadata && !view->live) {
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_OPERATION_UNSUPPORTED, "cannot delete checkpoint for inactive domain");
        ok = false;
    }
    ok = ok && virMomentsDelete(virDomainObjCheckpoints(obj), checkpoint->name, how, metadata ? NULL : deleteOne, obj, error);
    virMomentUnref(&virCheckpointKind, m);
    virActorLeave(obj->head.actor);
    return ok ? 0 : -1;
}

static void __attribute__((constructor)) checkpointCalls(void)
{
#define CALL(name) virEngineDriver.name = name
    CALL(domainListAllCheckpoints);
    CALL(domainCheckpointListAllChildren);
    CALL(domainCheckpointLookupByName);
    CALL(domainCheckpointGetParent);
    CALL(domainCheckpointGetXMLDesc);
    CALL(domainCheckpointCreateXML);
    CALL(domainCheckpointDelete);
}
