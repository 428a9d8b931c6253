/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls about backups. The hypervisor copies; the engine knows the one job that a guest may have. */
#define VIR_FROM VIR_FROM_DOMAIN
#include "engine/backup.h"
#include "base/typedparam.h"
#include "engine/internal.h"

virDomainBackupDef *virDomainBackupOf(virDomainObj *obj)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->mutex);
    return obj->backup ? virDomainBackupDefRef(obj->backup) : NULL;
}

void virDomainBackupSet(virDomainObj *obj, virDomainBackupDef *def)
{
    g_mutex_lock(&obj->mutex);
    virDomainBackupDef *old = obj->backup;
    obj->backup = def;
    if (!old)
        obj->backupSince = g_get_monotonic_time();
    g_mutex_unlock(&obj->mutex);
    virDomainBackupDefUnref(old);
}

/* ---- what is told of one that has ended ---- */

struct _virDomainJobPast {
    int type, n;
    virTypedParameterPtr params;
};

void virDomainJobPastFree(struct _virDomainJobPast *past)
{
    if (past)
        virTypedParamsFree(past->params, past->n);
    g_free(past);
}

unsigned long long virDomainJobAge(virDomainObj *obj)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->mutex);
    return (g_get_monotonic_time() - obj->backupSince) / 1000;
}

static void listSizes(const virDomainBackupDef *def, virTypedParamList *list)
{
    unsigned long long total = 0, copied = 0;
    for (unsigned int i = 0; i < def->disks.n; i++) {
        total += def->disks.v[i]->size;
        copied += def->disks.v[i]->copied;
    }
    virTypedParamListULLong(list, total, VIR_DOMAIN_JOB_DISK_TOTAL);
    virTypedParamListULLong(list, copied, VIR_DOMAIN_JOB_DISK_PROCESSED);
    virTypedParamListULLong(list, total - copied, VIR_DOMAIN_JOB_DISK_REMAINING);
}

void virDomainBackupFinish(virDomainObj *obj, int type, const char *why)
{
    g_autoptr(virDomainBackupDef) def = virDomainBackupOf(obj);
    if (!def)
        return;
    g_auto(virTypedParamList) list = { 0 };
    virTypedParamListInt(&list, VIR_DOMAIN_JOB_OPERATION_BACKUP, VIR_DOMAIN_JOB_OPERATION);
    virTypedParamListULLong(&list, virDomainJobAge(obj), VIR_DOMAIN_JOB_TIME_ELAPSED);
    if (def->mode == VIR_BACKUP_PUSH)
        listSizes(def, &list);
    virTypedParamListBoolean(&list, type == VIR_DOMAIN_JOB_COMPLETED, VIR_DOMAIN_JOB_SUCCESS);
    virTypedParamListString(&list, why, VIR_DOMAIN_JOB_ERRMSG);
    struct _virDomainJobPast *past = g_new0(struct _virDomainJobPast, 1);
    past->type = type;
    past->params = virTypedParamListSteal(&list, &past->n);
    virDomainEmit(obj, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, past->params, past->n);
    g_mutex_lock(&obj->mutex);
    struct _virDomainJobPast *old = obj->past;
    obj->past = past;
    g_mutex_unlock(&obj->mutex);
    virDomainJobPastFree(old);
    virDomainBackupSet(obj, NULL);
}

int virDomainJobPast(virDomainObj *obj, bool keep, virTypedParamList *list)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->mutex);
    struct _virDomainJobPast *past = obj->past;
    int type = past ? past->type : VIR_DOMAIN_JOB_NONE;
    if (!past)
        return type;
    list->params = virTypedParamsCopy(past->params, past->n);
    list->n = list->allocated = past->n;
    if (!keep)
        virDomainJobPastFree(g_steal_pointer(&obj->past));
    return type;
}

/* ---- calls ---- */

static bool beginIn(virDomainObj *obj, const char *xml, const char *checkpoint, unsigned int flags, GError **error)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (!virDomainRequireActive(view, VIR_FROM, error))
        return false;
    g_autoptr(virDomainBackupDef) def = virDomainBackupDefParse(xml, NULL, VIR_DOCUMENT_VALIDATE, error);
    g_autoptr(virDomainBackupDef) running = virDomainBackupOf(obj);
    if (!def)
        return false;
    if (running) {
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_OPERATION_INVALID, "another backup job is already running");
        return false;
    }
    const virHypervisor *hv = obj->engine->hv;
    g_autoptr(virDomainCheckpointDef) since = checkpoint ? virDomainCheckpointPrepare(obj, view, checkpoint, error) : NULL;
    if (checkpoint && !since)
        return false;
    if (!virDomainBackupAlign(def, view->live, error) || !hv->backupBegin(obj, def, since, flags, error))
        return false;
    if (since && !virDomainCheckpointKeep(obj, since, error)) {
        hv->backupEnd(obj, def, NULL);
        hv->checkpointDelete(obj, since, NULL);
        virDomainBackupSet(obj, NULL);
        return false;
    }
    return true;
}

static int domainBackupBegin(virDomainPtr domain, const char *backupXML, const char *checkpointXML, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    if (obj && !obj->engine->hv->backupBegin)
        virSetError(error, VIR_ERR_NO_SUPPORT, "virDomainBackupBegin");
    if (!obj || !obj->engine->hv->backupBegin ||
        !virFlagsCheck(flags, VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL, VIR_ENGINE_FROM(obj->engine), "virDomainBackupBegin", error) ||
        !virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, "virDomainBackupBegin", -1, error))
        return -1;
    bool ok = beginIn(obj, backupXML, checkpointXML, flags, error);
    virActorLeave(obj->head.actor);
    return ok ? 0 : -1;
}

static char *domainBackupGetXMLDesc(virDomainPtr domain, unsigned int flags, GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    g_autoptr(virDomainBackupDef) def = obj ? virDomainBackupOf(obj) : NULL;
    if (obj && !def)
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_NO_DOMAIN_BACKUP, "no domain backup job present");
    return def ? virDomainBackupDefFormat(def, 0) : NULL;
}

static int domainAbortJob(virDomainPtr domain, GError **error)
{
    g_autoptr(virDomainObj) obj = virDomainObjFind(domain, error);
    if (!obj || !virActorEnter(obj->head.actor, VIR_ACTOR_ABORT, "virDomainAbortJob", -1, error))
        return -1;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    g_autoptr(virDomainBackupDef) def = virDomainBackupOf(obj);
    bool ok = virDomainRequireActive(view, VIR_FROM, error);
    if (ok && !def) {
        virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_OPERATION_INVALID, "no job is active on the domain");
        ok = false;
    }
    ok = ok && obj->engine->hv->backupEnd(obj, def, error);
    if (ok)
        virDomainBackupFinish(obj, def->mode == VIR_BACKUP_PULL ? VIR_DOMAIN_JOB_COMPLETED : VIR_DOMAIN_JOB_CANCELLED, "Operation canceled");
    virActorLeave(obj->head.actor);
    return ok ? 0 : -1;
}

static void __attribute__((constructor)) backupCalls(void)
{
    virEngineDriver.domainBackupBegin = domainBackupBegin;
    virEngineDriver.domainBackupGetXMLDesc = domainBackupGetXMLDesc;
    virEngineDriver.domainAbortJob = domainAbortJob;
}
