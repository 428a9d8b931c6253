/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls about pools that touch storage: start, stop, build, delete, refresh, search. */
#define VIR_FROM VIR_FROM_STORAGE
#define VIR_LOG_NAME "storage.pool"
#include "drivers/storage/storage.h"
#include "base/log.h"
#include <string.h>

enum { DESTROY_WAIT_MS = 5000 };

static virObject *find(virStoragePoolPtr pool, GError **error)
{
    return virObjectFind(pool->conn->storagePriv, pool->uuid, error);
}

static const virPoolBackend *backendOf(virPoolTurn *turn)
{
    return virPoolBackendOf(turn->def->type);
}

/* ---- refresh ---- */

bool virPoolRefreshIn(virPoolTurn *turn, GError **error)
{
    g_autoptr(virStoragePoolDef) def = virStoragePoolDefCopy(turn->def);
    g_autoptr(GPtrArray) volumes = g_ptr_array_new_with_free_func((GDestroyNotify)virStorageVolDefUnref);
    def->capacity = def->allocation = def->available = 0;
    if (!backendOf(turn)->refresh(turn, def, volumes, error))
        return false;
    virPoolTurnPublish(turn, g_steal_pointer(&def), g_steal_pointer(&volumes));
    return true;
}

static bool refresh(virObject *obj, gpointer unused, GError **error)
{
    g_autoptr(virPoolTurn) turn = virPoolTurnNew(obj, "virStoragePoolRefresh", VIR_POOL_ACTIVE, error);
    if (!turn)
        return false;
    if (!virPoolRefreshIn(turn, error)) {
        /* A pool whose storage has gone is not active any more. */
        if (!g_cancellable_is_cancelled(turn->cancel)) {
            virPoolStatusRemove(obj);
            virObjectStopped(obj);
            virObjectEmitLifecycle(obj, VIR_OBJECT_STOPPED);
        }
        return false;
    }
    virObjectEmit(obj, VIR_STORAGE_POOL_EVENT_ID_REFRESH, 0, 0);
    return true;
}

static int storagePoolRefresh(virStoragePoolPtr pool, unsigned int flags, GError **error)
{
    g_autoptr(virObject) obj = virFlagsCheck(flags, 0, VIR_FROM, "storagePoolRefresh", error) ? find(pool, error) : NULL;
    return obj && virPoolWorkWait(obj, "virStoragePoolRefresh", refresh, NULL, NULL, error) ? 0 : -1;
}

/* ---- build ---- */

/* What a pool's own flags say about building, from those of the calls that start it. */
static unsigned int buildFlags(unsigned int createFlags)
{
    return (createFlags & VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE ? VIR_STORAGE_POOL_BUILD_OVERWRITE : 0) |
           (createFlags & VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE ? VIR_STORAGE_POOL_BUILD_NO_OVERWRITE : 0);
}

static bool buildIn(virPoolTurn *turn, unsigned int flags, GError **error)
{
    const virPoolBackend *backend = backendOf(turn);
    if (!virFlagsCheck(flags, backend->buildFlags, VIR_FROM, "virStoragePoolBuild", error) ||
        !virFlagsExclusive(flags, VIR_STORAGE_POOL_BUILD_OVERWRITE, "VIR_STORAGE_POOL_BUILD_OVERWRITE", VIR_STORAGE_POOL_BUILD_NO_OVERWRITE,
                           "VIR_STORAGE_POOL_BUILD_NO_OVERWRITE", VIR_FROM, "virStoragePoolBuild", error))
        return false;
    if (backend->build && !backend->build(turn, flags, error))
        return false;
    virObjectEmit(turn->obj, VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE, VIR_STORAGE_POOL_EVENT_CREATED, 0);
    return true;
}

static int storagePoolBuild(virStoragePoolPtr pool, unsigned int flags, GError **error)
{
    g_autoptr(virObject) obj = find(pool, error);
    g_autoptr(virPoolTurn) turn = obj ? virPoolTurnNew(obj, "virStoragePoolBuild", VIR_POOL_IDLE, error) : NULL;
    return turn && buildIn(turn, flags, error) ? 0 : -1;
}

static int storagePoolDelete(virStoragePoolPtr pool, unsigned int flags, GError **error)
{
    g_autoptr(virObject) obj = find(pool, error);
    g_autoptr(virPoolTurn) turn = obj ? virPoolTurnNew(obj, "virStoragePoolDelete", VIR_POOL_INACTIVE, error) : NULL;
    if (!turn)
        return -1;
    if (!backendOf(turn)->remove) {
        virSetError(error, VIR_ERR_NO_SUPPORT, "pool does not support pool deletion");
        return -1;
    }
    if (!backendOf(turn)->remove(turn, flags, error))
        return -1;
    virObjectEmit(obj, VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE, VIR_STORAGE_POOL_EVENT_DELETED, 0);
    return 0;
}

/* ---- start ---- */

/* Rolls back in reverse order. */
static bool bringUp(virPoolTurn *turn, unsigned int flags, GError **error)
{
    const virPoolBackend *backend = backendOf(turn);
    if (flags & (VIR_STORAGE_POOL_CREATE_WITH_BUILD | VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE | VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE) &&
        !buildIn(turn, buildFlags(flags), error))
        return false;
    if (backend->start && !(backend->active && backend->active(turn)) && !backend->start(turn, error))
        return false;
    virPoolStatusWrite(turn->obj);
    if (virPoolRefreshIn(turn, error))
        return true;
    virPoolStatusRemove(turn->obj);
    /* What was given up must not keep what tidies up from running. */
    g_autoptr(GCancellable) given = turn->cancel;
    turn->cancel = g_cancellable_new();
    if (backend->stop && !backend->stop(turn, NULL))
        virWarn("pool '%s' could not be stopped after its start had failed", turn->obj->head.name);
    return false;
}

bool virPoolStartIn(virPoolTurn *turn, unsigned int flags, GError **error)
{
    if (!bringUp(turn, flags, error)) {
        virObjectStopped(turn->obj);
        return false;
    }
    virObjectStarted(turn->obj);
    virObjectEmitLifecycle(turn->obj, VIR_OBJECT_STARTED);
    return true;
}

enum { CREATE_FLAGS = VIR_STORAGE_POOL_CREATE_WITH_BUILD | VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE | VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE };

static bool createFlagsGood(unsigned int flags, const char *func, GError **error)
{
    return virFlagsCheck(flags, CREATE_FLAGS, VIR_FROM, func, error) &&
           virFlagsExclusive(flags, VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE, "VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE",
                             VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE, "VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE", VIR_FROM, func, error);
}

typedef struct {
    virObject *obj;
    unsigned int flags;
    bool begun;
} Start;

static bool start(virObject *obj, gpointer data, GError **error)
{
    Start *s = data;
    g_autoptr(virPoolTurn) turn = virPoolTurnNew(obj, "virStoragePoolCreate", VIR_POOL_ANY, error);
    s->begun = turn != NULL;
    return turn && virPoolStartIn(turn, s->flags, error);
}

/* A start that never had its turn leaves the mark to us. */
static void startClear(gpointer data)
{
    Start *s = data;
    if (!s->begun)
        virObjectStopped(s->obj);
    virObjUnref(s->obj);
    g_free(s);
}

/* `obj` is marked as starting. */
static bool startMarked(virObject *obj, unsigned int flags, GError **error)
{
    Start *s = g_new0(Start, 1);
    *s = (Start){ virObjRef(obj), flags, false };
    return virPoolWorkWait(obj, "virStoragePoolCreate", start, s, startClear, error);
}

static int storagePoolCreate(virStoragePoolPtr pool, unsigned int flags, GError **error)
{
    if (!createFlagsGood(flags, "virStoragePoolCreate", error))
        return -1;
    g_autoptr(virObject) obj = find(pool, error);
    return obj && virObjectBegin(obj, error) && startMarked(obj, flags, error) ? 0 : -1;
}

static virStoragePoolPtr storagePoolCreateXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    if (!createFlagsGood(flags, "virStoragePoolCreateXML", error))
        return NULL;
    virObjectSet *set = conn->storagePriv;
    g_autoptr(virObject) obj = virObjectPlace(set, virObjectParse(set->kind, xml, false, error), VIR_OBJECT_START, error);
    return obj && startMarked(obj, flags, error) ? virObjectHandle(obj, conn) : NULL;
}

/* ---- stop ---- */

static bool isStarting(virObject *obj)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    return obj->starting;
}

/* Takes the lane from whoever is in it: programs are ended, and what hangs in the kernel is freed. */
static virPoolTurn *takeLane(virObject *obj, GError **error)
{
    g_autoptr(virStoragePoolDef) def = virObjectDef(obj);
    const virPoolBackend *backend = virPoolBackendOf(def->type);
    virPoolCancel(obj);
    if (virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, "virStoragePoolDestroy", DESTROY_WAIT_MS, NULL)) {
        virPoolTurn *turn = virPoolTurnNew(obj, "virStoragePoolDestroy", VIR_POOL_ANY, error);
        virActorLeave(obj->head.actor);
        return turn;
    }
    if (backend->unblock)
        backend->unblock(def);
    return virPoolTurnNew(obj, "virStoragePoolDestroy", VIR_POOL_ANY, error);
}

static int storagePoolDestroy(virStoragePoolPtr pool, GError **error)
{
    g_autoptr(virObject) obj = find(pool, error);
    bool starting = obj && isStarting(obj);
    if (!obj || (!starting && virObjectIsActive(virObjRef(obj)) == 0)) {
        if (obj)
            virSetError(error, VIR_ERR_OPERATION_INVALID, "storage pool '%s' is not active", obj->head.name);
        return -1;
    }
    g_autoptr(virPoolTurn) turn = takeLane(obj, error);
    if (!turn)
        return -1;
    if (virObjectIsActive(virObjRef(obj)) == 0) {
        if (starting)
            return 0;           /* its start was given up: it is as it should be */
        virSetError(error, VIR_ERR_OPERATION_INVALID, "storage pool '%s' is not active", obj->head.name);
        return -1;
    }
    if (backendOf(turn)->stop && !backendOf(turn)->stop(turn, error))
        return -1;
    virPoolStatusRemove(obj);
    virPoolTurnPublish(turn, NULL, g_ptr_array_new_with_free_func((GDestroyNotify)virStorageVolDefUnref));
    virObjectStopped(obj);
    virObjectEmitLifecycle(obj, VIR_OBJECT_STOPPED);
    return 0;
}

/* ---- search ---- */

static char *connectFindStoragePoolSources(virConnectPtr conn, const char *type, const char *srcSpec, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "storageConnectFindStoragePoolSources", error))
        return NULL;
    int kind = virStoragePoolKindFromString(type);
    if (kind < 0) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "unknown storage pool type %s", type);
        return NULL;
    }
    const virPoolBackend *backend = virPoolBackendOf(kind);
    if (!backend) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "missing backend for pool type %d (%s)", kind, type);
        return NULL;
    }
    if (!backend->findSources) {
        virSetError(error, VIR_ERR_NO_SUPPORT, "pool type '%s' does not support source discovery", type);
        return NULL;
    }
    if (!srcSpec)
        return backend->findSources(NULL, error);
    g_autoptr(virXmlDoc) doc = virXmlDocParse(srcSpec, NULL, "storage_source", "source", VIR_FROM, error);
    virStoragePoolDef *spec = doc ? virStoragePoolSourceParse(virXmlRoot(doc), kind, error) : NULL;
    char *found = spec ? backend->findSources(spec, error) : NULL;
    virStoragePoolDefUnref(spec);
    return found;
}

static virStoragePoolPtr storagePoolLookupByTargetPath(virConnectPtr conn, const char *path, GError **error)
{
    virObjectSet *set = conn->storagePriv;
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    g_autofree char *tidy = g_strdup(path);
    virStorageTidyPath(&tidy);
    for (guint i = 0; i < all->n; i++) {
        virObject *obj = (virObject *)all->byName[i].obj;
        g_autoptr(virStoragePoolDef) def = virObjectDef(obj);
        if (virObjectIsActive(virObjRef(obj)) > 0 && g_strcmp0(def->path, tidy) == 0)
            return virObjectHandle(obj, conn);
    }
    virSetError(error, VIR_ERR_NO_STORAGE_POOL, "no storage pool with matching target path '%s'", path);
    return NULL;
}

void virPoolCallsFill(virStorageDriver *table)
{
    table->storagePoolCreate = storagePoolCreate;
    table->storagePoolCreateXML = storagePoolCreateXML;
    table->storagePoolBuild = storagePoolBuild;
    table->storagePoolDelete = storagePoolDelete;
    table->storagePoolDestroy = storagePoolDestroy;
    table->storagePoolRefresh = storagePoolRefresh;
    table->connectFindStoragePoolSources = connectFindStoragePoolSources;
    table->storagePoolLookupByTargetPath = storagePoolLookupByTargetPath;
}
