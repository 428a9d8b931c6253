/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls about backups. The hypervisor copies; the engine knows the one job that a guest may have. */
#define VIR_FROM VIR_FROM_DOMAIN
#include "engine/backup.h"
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
    g_mutex_unlock(&obj->mutex);
    virDomainBackupDefUnref(old);
}

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
        virDomainBackupSet(obj, NULL);
    virActorLeave(obj->head.actor);
    return ok ? 0 : -1;
}

static void __attribute__((constructor)) backupCalls(void)
{
    virEngineDriver.domainBackupBegin = domainBackupBegin;
    virEngineDriver.domainBackupGetXMLDesc = domainBackupGetXMLDesc;
    virEngineDriver.domainAbortJob = domainAbortJob;
}
