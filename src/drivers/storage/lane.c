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
    if (need != VIR_POOL_ANY &&
        !virObjectCheckActive(obj, need == VIR_POOL_ACTIVE, need == VIR_POOL_ACTIVE ? obj->kind->notRunning : obj->kind->stillRunning, error)) {
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
    xmlNode *pool = doc ? virXmlChild(xmlDocGetRootElement(doc), "pool") : NULL;
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
