/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools of the host: the module, what it keeps on disk, and what it does when the daemon starts. */
#define VIR_FROM VIR_FROM_STORAGE
#define VIR_LOG_NAME "storage"
#include "drivers/storage/storage.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/util.h"
#include "engine/hypervisor.h"
#include "src/api/driver.h"

/* A pool whose storage does not answer holds the start of the daemon up for so long. */
enum { START_WAIT_MS = 5000 };

static virObjectSet *pools;
static bool asRoot;
static virStorageDriver table;

static gpointer parse(const char *text, void *node, GError **error)
{
    g_autoptr(virXmlDoc) doc = text ? virXmlDocParse(text, NULL, "storage_pool_definition", "pool", VIR_FROM, error) : NULL;
    if (text && !doc)
        return NULL;
    xmlNode *root = text ? virXmlRoot(doc) : node;
    const char *word = virXmlProp(root, "type");
    int type = word ? virStoragePoolKindFromString(word) : -1;
    if (type >= 0 && !virPoolBackendOf(type)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "missing backend for pool type %d (%s)", type, word);
        return NULL;
    }
    return virStoragePoolDefParseNode(root, VIR_STORAGE_POOL_NAMESPACES, error);
}

static const virObjectKind poolKind = {
    VIR_POOL_KIND,
    .self = VIR_FROM_STORAGE,
    .running = "is already active",
    .stillRunning = "is still active",
    .filelessCode = VIR_ERR_INTERNAL_ERROR,
    .listFunc = "storageConnectListAllStoragePools",
    .xmlFunc = "storagePoolGetXMLDesc",
    .xmlFlags = VIR_STORAGE_XML_INACTIVE,
    .inactive = VIR_STORAGE_XML_INACTIVE,
    .parse = parse,
};

static char *connectGetStoragePoolCapabilities(virConnectPtr conn, unsigned int flags, GError **error)
{
    return virFlagsCheck(flags, 0, VIR_FROM, "storageConnectGetStoragePoolCapabilities", error) ? virStoragePoolCapsFormat(virPoolBackends()) : NULL;
}

/* ---- connections ---- */

static void attach(virConnectPtr conn)
{
    if (conn->storage)
        return;
    conn->storage = &table;
    conn->storagePriv = pools;
}

static void detach(virConnectPtr conn)
{
    if (conn->storage == &table)
        virEventBusRemoveConnection(pools->events, conn);
}

static bool storageOpen(virConnectPtr conn, virConnectAuthPtr auth, unsigned int flags, GError **error)
{
    if (!virObjectUriFits(conn, pools != NULL, asRoot, error))
        return false;
    conn->hypervisor = virObjectConnectDriver();
    attach(conn);
    return true;
}

/* ---- when the daemon starts: each pool in its own lane, all at once ---- */

typedef struct {
    gatomicrefcount refs;
    GMutex mutex;
    GCond cond;
    guint left;
} Waiting;

typedef struct {
    virObject *obj;
    Waiting *waiting;
} Task;

static void waitingUnref(Waiting *w)
{
    if (!g_atomic_ref_count_dec(&w->refs))
        return;
    g_mutex_clear(&w->mutex);
    g_cond_clear(&w->cond);
    g_free(w);
}

static void taskDone(Task *task)
{
    g_mutex_lock(&task->waiting->mutex);
    task->waiting->left--;
    g_cond_broadcast(&task->waiting->cond);
    g_mutex_unlock(&task->waiting->mutex);
    waitingUnref(task->waiting);
    virObjUnref(task->obj);
    g_free(task);
}

/* Is it still what its status file says? */
static bool adopt(virPoolTurn *turn, GError **error)
{
    const virPoolBackend *backend = virPoolBackendOf(turn->def->type);
    if (backend->active && !backend->active(turn)) {
        virSetError(error, VIR_ERR_OPERATION_FAILED, "it is not active any more");
        return false;
    }
    return virPoolRefreshIn(turn, error);
}

static void adoptRun(gpointer data)
{
    Task *task = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(virPoolTurn) turn = virPoolTurnNew(task->obj, "adopt", VIR_POOL_ACTIVE, &error);
    if (turn && !adopt(turn, &error)) {
        virLogError("storage pool '%s' was active: %s", task->obj->head.name, error->message);
        virPoolStatusRemove(task->obj);
        virObjectStopped(task->obj);
    }
    g_clear_pointer(&turn, virPoolTurnFree);
    taskDone(task);
}

static void startRun(gpointer data)
{
    Task *task = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(virPoolTurn) turn = virObjectBegin(task->obj, &error) ? virPoolTurnNew(task->obj, "autostart", VIR_POOL_ANY, &error) : NULL;
    if (!turn || !virPoolStartIn(turn, 0, &error))
        virLogError("cannot autostart storage pool '%s': %s", task->obj->head.name, error->message);
    g_clear_pointer(&turn, virPoolTurnFree);
    taskDone(task);
}

static void cancelled(gpointer data, GError *reason)
{
    g_error_free(reason);
    taskDone(data);
}

static void startAll(virObjectSet *set, bool autostart)
{
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    Waiting *w = g_new0(Waiting, 1);
    g_atomic_ref_count_init(&w->refs);
    g_mutex_init(&w->mutex);
    g_cond_init(&w->cond);
    for (guint i = 0; i < all->n; i++) {
        virObject *obj = (virObject *)all->byName[i].obj;
        bool active = virObjectIsActive(virObjRef(obj)) > 0;
        if (!active && !(autostart && obj->autostart))
            continue;
        Task *task = g_new(Task, 1);
        *task = (Task){ virObjRef(obj), w };
        g_atomic_ref_count_inc(&w->refs);
        g_mutex_lock(&w->mutex);
        w->left++;
        g_mutex_unlock(&w->mutex);
        virActorSubmit(obj->head.actor, VIR_ACTOR_MODIFY, active ? "adopt" : "autostart", -1, NULL, active ? adoptRun : startRun, cancelled, task);
    }
    gint64 until = g_get_monotonic_time() + START_WAIT_MS * 1000LL;
    g_mutex_lock(&w->mutex);
    while (w->left && g_cond_wait_until(&w->cond, &w->mutex, until))
        continue;
    if (w->left)
        virWarn("%u storage pools are not ready yet", w->left);
    g_mutex_unlock(&w->mutex);
    waitingUnref(w);
}

/* Pools start by themselves once in the host's uptime: who stopped one does not get it back with a new daemon. */
static bool firstTime(const char *run)
{
    g_autofree char *mark = g_build_filename(run, "autostarted", NULL);
    g_autoptr(GError) error = NULL;
    if (g_file_test(mark, G_FILE_TEST_EXISTS))
        return false;
    if (!virFileWriteAtomic(mark, "", 0, 0600, &error))
        virWarn("pools may be started again by the next daemon: %s", error->message);
    return true;
}

static bool stateInit(bool privileged, const char *root, GError **error)
{
    g_autofree char *dir = virObjectFolder(privileged, root, false, "storage"), *run = virObjectFolder(privileged, root, true, "storage");
    table = virPoolCalls;
    table.connectGetStoragePoolCapabilities = connectGetStoragePoolCapabilities;
    virPoolCallsFill(&table);
    virVolumeCallsFill(&table);
    asRoot = privileged;
    virObjectSet *set = virObjectSetNew(&poolKind);
    set->run = g_strdup(run);
    if (!virFileMakePath(run, 0700, error) || !virObjectSetLoad(set, dir, error)) {
        virObjectSetFree(set);
        return false;
    }
    virPoolStatusLoad(set);
    pools = set;
    startAll(set, firstTime(run));
    return true;
}

static void stateStop(void)
{
    /* Definitions are on disk since they were made, and pools stay as they are. */
}

static const char *const schemes[] = { "storage", NULL };

const virConnectDriver virDriverModule = {
    .name = "storage",
    .schemes = schemes,
    .open = storageOpen,
    .close = detach,
    .attach = attach,
    .detach = detach,
    .stateInit = stateInit,
    .stateStop = stateStop,
};
