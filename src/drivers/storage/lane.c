/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Turns in the lanes of pools, and the status files of active ones: see storage.h. */
#define VIR_FROM VIR_FROM_STORAGE
#define VIR_LOG_NAME "storage.lane"
#include "drivers/storage/storage.h"
#include "base/log.h"
#include "base/util.h"
#include "engine/object-file.h"
#include <string.h>

/* ---- giving up ---- */

/* A pool's own value: what ends the turn that is under way. */
static GCancellable *cancelOf(virObject *obj, bool fresh)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    if (!obj->value || fresh) {
        g_clear_object(&obj->value);
        obj->value = g_cancellable_new();
        obj->valueFree = g_object_unref;
    }
    return g_object_ref(obj->value);
}

void virPoolCancel(virObject *obj)
{
    g_autoptr(GCancellable) cancel = cancelOf(obj, false);
    g_cancellable_cancel(cancel);
}

/* ---- turns ---- */

enum { PATIENCE_MS = 3600 * 1000 };

virPoolTurn *virPoolTurnNew(virObject *obj, const char *what, virPoolNeed need, GError **error)
{
    if (!virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, what, need & VIR_POOL_PATIENT ? PATIENCE_MS : -1, error))
        return NULL;
    need = (virPoolNeed)(need & ~VIR_POOL_PATIENT);
    g_autoptr(virPoolTurn) turn = g_new0(virPoolTurn, 1);
    turn->obj = virObjRef(obj);
    turn->cancel = cancelOf(obj, true);
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    turn->def = virObjectDefRef(obj->def);
    turn->volumes = obj->active && obj->parts ? g_ptr_array_ref(obj->parts) : g_ptr_array_new_with_free_func((GDestroyNotify)virStorageVolDefUnref);
    const char *const words[] = { NULL, obj->kind->notRunning, obj->kind->stillRunning, obj->kind->running };
    if (need != VIR_POOL_ANY &&
        !virObjectCheckActive(obj, need == VIR_POOL_ACTIVE, words[need], error)) {
        g_clear_pointer(&lock, g_mutex_locker_free);
        return NULL;
    }
    return g_steal_pointer(&turn);
}

void virPoolTurnFree(virPoolTurn *turn)
{
    if (!turn)
        return;
    virActorLeave(turn->obj->head.actor);
    g_object_unref(turn->cancel);
    g_ptr_array_unref(turn->volumes);
    virStoragePoolDefUnref(turn->def);
    virObjUnref(turn->obj);
    g_free(turn);
}

bool virPoolTool(virPoolTurn *turn, const char *const *argv, char **output, GError **error)
{
    return virToolRun(argv, VIR_TOOL_SHORT_MS, turn->cancel, output, NULL, error);
}

bool virPoolToolLong(virPoolTurn *turn, const char *const *argv, GError **error)
{
    return virToolRun(argv, VIR_TOOL_LONG_MS, turn->cancel, NULL, NULL, error);
}

void virPoolTurnPublish(virPoolTurn *turn, virStoragePoolDef *def, GPtrArray *volumes)
{
    if (def) {
        virStoragePoolDefUnref(turn->def);
        turn->def = virStoragePoolDefRef(def);
    }
    if (volumes) {
        g_ptr_array_unref(turn->volumes);
        turn->volumes = g_ptr_array_ref(volumes);
    }
    virObjectPublish(turn->obj, def, volumes);
}

void virPoolTurnVolume(virPoolTurn *turn, virStorageVolDef *vol, bool remove, long long bytes)
{
    virStoragePoolDef *def = bytes ? virStoragePoolDefCopy(turn->def) : NULL;
    if (def) {
        def->allocation = bytes < 0 && def->allocation < (unsigned long long)-bytes ? 0 : def->allocation + bytes;
        def->available = bytes > 0 && def->available < (unsigned long long)bytes ? 0 : def->available - bytes;
    }
    virPoolTurnPublish(turn, def, virPoolVolumesWith(turn->volumes, vol, remove));
}

/* ---- work that may hang ---- */

enum { WORK_WAIT_MS = 120 * 1000 };

typedef struct {
    gatomicrefcount refs;
    GMutex mutex;
    GCond cond;
    bool begun, abandoned, ended, ok;   /* with the mutex */
    GError *error;
    virObject *obj;
    virPoolWork work;
    gpointer data;
    GDestroyNotify clear;
} Work;

static void workUnref(Work *w)
{
    if (!g_atomic_ref_count_dec(&w->refs))
        return;
    virObjUnref(w->obj);
    g_clear_error(&w->error);
    g_mutex_clear(&w->mutex);
    g_cond_clear(&w->cond);
    g_free(w);
}

static void workEnd(Work *w, bool ok, GError *error)
{
    if (w->clear)
        w->clear(w->data);
    g_mutex_lock(&w->mutex);
    w->ended = true;
    w->ok = ok;
    w->error = error;
    g_cond_broadcast(&w->cond);
    g_mutex_unlock(&w->mutex);
    workUnref(w);
}

static void workRun(gpointer data)
{
    Work *w = data;
    GError *error = NULL;
    g_mutex_lock(&w->mutex);
    w->begun = true;
    bool wanted = !w->abandoned;
    g_mutex_unlock(&w->mutex);
    bool ok = wanted && w->work(w->obj, w->data, &error);
    workEnd(w, ok, error);
}

static void workCancelled(gpointer data, GError *reason)
{
    workEnd(data, false, reason);
}

virPoolResult virPoolWorkRun(virObject *obj, const char *what, int wait_ms, virPoolWork work, gpointer data, GDestroyNotify clear, GError **error)
{
    Work *w = g_new0(Work, 1);
    g_atomic_ref_count_init(&w->refs);
    g_atomic_ref_count_inc(&w->refs);
    g_mutex_init(&w->mutex);
    g_cond_init(&w->cond);
    w->obj = virObjRef(obj);
    w->work = work;
    w->data = data;
    w->clear = clear;
    gint64 until = g_get_monotonic_time() + wait_ms * 1000LL;
    virActorSubmit(obj->head.actor, VIR_ACTOR_MODIFY, what, MIN(wait_ms, VIR_TOOL_SHORT_MS), NULL, workRun, workCancelled, w);
    g_mutex_lock(&w->mutex);
    while (!w->ended && g_cond_wait_until(&w->cond, &w->mutex, until))
        continue;
    w->abandoned = !w->begun;
    virPoolResult result = !w->ended ? VIR_POOL_LATE : w->ok ? VIR_POOL_DONE : VIR_POOL_FAILED;
    GError *failed = w->ended ? g_steal_pointer(&w->error) : NULL;
    g_mutex_unlock(&w->mutex);
    workUnref(w);
    if (failed)
        g_propagate_error(error, failed);
    return result;
}

bool virPoolWorkWait(virObject *obj, const char *what, virPoolWork work, gpointer data, GDestroyNotify clear, GError **error)
{
    virPoolResult result = virPoolWorkRun(obj, what, WORK_WAIT_MS, work, data, clear, error);
    if (result == VIR_POOL_LATE)
        virSetError(error, VIR_ERR_OPERATION_TIMEOUT, "the storage of pool '%s' has not answered for %d s; %s goes on, destroying the pool ends it",
                    obj->head.name, WORK_WAIT_MS / 1000, what);
    return result == VIR_POOL_DONE;
}

/* ---- status files ---- */

enum { STATUS_LIMIT = 4 << 20 };

void virPoolStatusWrite(virObject *obj)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(virStoragePoolDef) def = virObjectDef(obj);
    g_autofree char *xml = virStoragePoolDefFormat(def, 0);
    g_autoptr(GString) text = g_string_new("<poolstate>\n");
    for (char *line = xml, *end; *line; line = end) {
        end = strchr(line, '\n') ? strchr(line, '\n') + 1 : line + strlen(line);
        g_string_append_printf(text, "  %.*s", (int)(end - line), line);
    }
    g_string_append(text, "</poolstate>\n");
    if (obj->set->run && !virDefinitionWrite(obj->set->run, obj->head.name, obj->kind->edit, text->str, &error))
        virLogError("a restarted daemon will not know that pool '%s' is active: %s", obj->head.name, error->message);
}

void virPoolStatusRemove(virObject *obj)
{
    g_autoptr(GError) error = NULL;
    if (obj->set->run && !virDefinitionRemove(obj->set->run, "", obj->head.name, &error))
        virLogError("a restarted daemon will believe that pool '%s' is active: %s", obj->head.name, error->message);
}

static virStoragePoolDef *statusRead(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(virXmlDoc) doc = !virFileRead(path, STATUS_LIMIT, &text, NULL, error) ? NULL : virXmlDocParse(text, path, "pool_state", "poolstate", VIR_FROM, error);
    xmlNode *pool = doc ? virXmlChild(virXmlRoot(doc), "pool") : NULL;
    if (doc && !pool)
        virSetError(error, VIR_ERR_XML_ERROR, "'%s' has no <pool>", path);
    return pool ? virStoragePoolDefParseNode(pool, VIR_STORAGE_POOL_NAMESPACES, error) : NULL;
}

static void statusLoad(const char *path, const char *name, gpointer data)
{
    virObjectSet *set = data;
    g_autoptr(GError) error = NULL;
    virStoragePoolDef *def = statusRead(path, &error);
    g_autoptr(virObject) obj = def ? virObjectPlace(set, def, VIR_OBJECT_START, &error) : NULL;
    if (obj)
        virObjectStarted(obj);
    else
        virLogError("ignoring '%s': %s", path, error->message);
}

void virPoolStatusLoad(virObjectSet *set)
{
    virDefinitionEach(set->run, statusLoad, set);
}
