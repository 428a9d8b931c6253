/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is kept on disk: persistent definitions (configDir/NAME.xml), autostart links, status files of running guests
 * (stateDir/NAME.xml), in the reference's places and formats. Every write is a rename.
 */
#define VIR_FROM VIR_FROM_DOMAIN
#define VIR_LOG_NAME "engine.persist"
#include "engine/internal.h"
#include "engine/object-file.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/util.h"
#include <string.h>

bool virPersistConfig(virEngine *engine, const virDomainDef *def, GError **error)
{
    if (!engine->dirs)
        return true;
    g_autofree char *xml = virDomainDefFormat(def, VIR_DOMAIN_DEF_SECURE | VIR_DOMAIN_DEF_INACTIVE);
    return virDefinitionWrite(engine->dirs->configDir, def->name, "edit", xml, error);
}

bool virPersistRemoveConfig(virEngine *engine, const char *name, GError **error)
{
    return !engine->dirs || virDefinitionRemove(engine->dirs->configDir, "", name, error);
}

bool virPersistAutostart(virEngine *engine, const char *name, bool autostart, bool once, GError **error)
{
    return !engine->dirs || (virDefinitionLink(engine->dirs->configDir, "autostart/", name, autostart, error) &&
                             virDefinitionLink(engine->dirs->configDir, "autostart.once/", name, once, error));
}

/* ---- status files ---- */

void virPersistStatus(virDomainObj *obj)
{
    virEngine *engine = obj->engine;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (!engine->dirs || !view->live)
        return;
    g_autoptr(virDomainStatus) status = g_new0(virDomainStatus, 1);
    g_autoptr(GError) error = NULL;
    status->state = (virDomainStatusState)view->state;
    status->reason = g_strdup(virDomainStateReasonToString(view->state, view->reason));
    status->pid = view->pid;
    status->def = virDomainDefRef(view->live);
    if (engine->hv->statusFill)
        engine->hv->statusFill(obj, status);
    g_autofree char *xml = virDomainStatusFormat(status);
    g_autofree char *path = virDefinitionPath(engine->dirs->stateDir, "", VIR_DOMAIN_OBJ_NAME(obj));
    if (!virFileWriteAtomic(path, xml, -1, 0600, &error))
        virLogError("guest '%s' would not survive a restart of the daemon: %s", VIR_DOMAIN_OBJ_NAME(obj), error->message);
}

void virPersistRemoveStatus(virEngine *engine, const char *name)
{
    g_autoptr(GError) error = NULL;
    if (!engine->dirs)
        return;
    if (!virDefinitionRemove(engine->dirs->stateDir, "", name, &error))
        virWarn("%s", error->message);
}

/* ---- loading ---- */

typedef struct {
    virEngine *engine;
    const virDomainParseConfig *conf;
    GHashTable *byName;         /* name → virDomainObj, while loading */
    GPtrArray *objs;
    GHashTable *autostart, *once, *snapshots, *checkpoints;     /* names in the folders beside */
    GPtrArray *files;           /* File */
    gint next;                  /* index of the file that a reader takes next */
    guint readers;
    GMutex mutex;
    GCond cond;
} Loader;

typedef struct {
    char *path, *name;
    virDomainObj *obj;          /* NULL: unreadable */
} File;

static void fileFree(gpointer data)
{
    File *f = data;
    g_free(f->path);
    g_free(f->name);
    g_free(f);
}

static void noteFile(const char *path, const char *name, gpointer data)
{
    File *f = g_new0(File, 1);
    *f = (File){ .path = g_strdup(path), .name = g_strdup(name) };
    g_ptr_array_add(((Loader *)data)->files, f);
}

static void loadConfig(Loader *loader, File *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(virDomainDef) def = virDomainDefParseFile(
        f->path, loader->conf, VIR_DOMAIN_DEF_INACTIVE | VIR_DOMAIN_DEF_SKIP_VALIDATE, &error);
    if (!def || !g_str_equal(def->name, f->name)) {
        virLogError("ignoring '%s': %s", f->path, def ? "the name inside is not that of the file" : error->message);
        return;
    }
    f->obj = virDomainObjNew(loader->engine, def->uuid, def->name);
    virDomainView *view = virDomainViewEdit(f->obj);
    view->config = g_steal_pointer(&def);
    view->persistent = true;
    view->autostart = g_hash_table_contains(loader->autostart, f->name);
    view->autostartOnce = g_hash_table_contains(loader->once, f->name);
    virDomainPublish(f->obj, view);
}

static void readFiles(gpointer data)
{
    Loader *loader = data;
    for (guint i; (i = g_atomic_int_add(&loader->next, 1)) < loader->files->len;)
        loadConfig(loader, loader->files->pdata[i]);
    g_mutex_lock(&loader->mutex);
    loader->readers--;
    g_cond_signal(&loader->cond);
    g_mutex_unlock(&loader->mutex);
}

/* Many definitions are read by several threads; their order stays that of the folder. */
static void loadConfigs(Loader *loader)
{
    enum { FILES_PER_THREAD = 50, MOST_THREADS = 4 };
    virDefinitionEach(loader->engine->dirs->configDir, noteFile, loader);
    guint extra = MIN(MIN(g_get_num_processors(), MOST_THREADS) - 1, loader->files->len / FILES_PER_THREAD);
    loader->readers = extra + 1;
    for (guint i = 0; i < extra; i++)
        virWorkRun(readFiles, loader);
    readFiles(loader);
    g_mutex_lock(&loader->mutex);
    while (loader->readers > 0)
        g_cond_wait(&loader->cond, &loader->mutex);
    g_mutex_unlock(&loader->mutex);
    for (guint i = 0; i < loader->files->len; i++) {
        virDomainObj *obj = ((File *)loader->files->pdata[i])->obj;
        if (!obj)
            continue;
        g_hash_table_insert(loader->byName, (gpointer)VIR_DOMAIN_OBJ_NAME(obj), obj);
        g_ptr_array_add(loader->objs, obj);
    }
}

static void loadStatus(const char *path, const char *name, gpointer data)
{
    Loader *loader = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = NULL;
    g_autoptr(virDomainStatus) status = NULL;
    if (virFileRead(path, 16 << 20, &xml, NULL, &error))
        status = virDomainStatusParse(xml, path, loader->conf, &error);
    if (!status) {
        virLogError("cannot read the status of a running guest, '%s': %s", path, error->message);
        return;
    }
    virDomainObj *obj = g_hash_table_lookup(loader->byName, status->def->name);
    if (!obj) {
        obj = virDomainObjNew(loader->engine, status->def->uuid, status->def->name);
        g_hash_table_insert(loader->byName, (gpointer)VIR_DOMAIN_OBJ_NAME(obj), obj);
        g_ptr_array_add(loader->objs, obj);
    }
    virDomainView *view = virDomainViewEdit(obj);
    view->live = virDomainDefRef(status->def);
    view->id = status->def->id;
    view->pid = status->pid;
    view->state = status->state;
    view->reason = virDomainStateReasonFromString(status->state, status->reason);
    virDomainPublish(obj, view);
    if (view->id > loader->engine->nextId)
        loader->engine->nextId = view->id;
    if (loader->engine->hv->statusTake && !loader->engine->hv->statusTake(obj, status, &error))
        virLogError("status of guest '%s': %s", name, error->message);
}

static GHashTable *namesIn(const char *dir, const char *sub)
{
    g_autofree char *path = g_build_filename(dir, sub, NULL);
    return virDefinitionNames(path);
}

static void loaderClear(Loader *loader)
{
    g_hash_table_unref(loader->byName);
    g_hash_table_unref(loader->autostart);
    g_hash_table_unref(loader->once);
    g_hash_table_unref(loader->snapshots);
    g_hash_table_unref(loader->checkpoints);
    g_ptr_array_unref(loader->objs);
    g_ptr_array_unref(loader->files);
    g_mutex_clear(&loader->mutex);
    g_cond_clear(&loader->cond);
}

bool virPersistLoad(virEngine *engine, GError **error)
{
    const virEngineDirs *dirs = engine->dirs;
    Loader loader = { .engine = engine, .conf = engine->hv->parseConfig(engine, error) };
    if (!loader.conf)
        return false;
    loader.byName = g_hash_table_new(g_str_hash, g_str_equal);
    loader.objs = g_ptr_array_new_with_free_func(virObjUnref);
    loader.files = g_ptr_array_new_with_free_func(fileFree);
    loader.autostart = namesIn(dirs->configDir, "autostart");
    loader.once = namesIn(dirs->configDir, "autostart.once");
    loader.snapshots = namesIn(dirs->libDir, "snapshot");
    loader.checkpoints = namesIn(dirs->libDir, "checkpoint");
    g_mutex_init(&loader.mutex);
    g_cond_init(&loader.cond);
    g_autoptr(GPtrArray) rejected = g_ptr_array_new();
    loadConfigs(&loader);
    virDefinitionEach(dirs->stateDir, loadStatus, &loader);
    virRegistryAddMany(engine->domains, loader.objs, rejected);
    for (guint i = 0; i < rejected->len; i++)
        virLogError("ignoring the definition of '%s': another guest has its UUID", ((virObj *)rejected->pdata[i])->name);
    for (guint i = 0; i < loader.objs->len; i++) {
        const char *name = VIR_DOMAIN_OBJ_NAME((virDomainObj *)loader.objs->pdata[i]);
        if (g_hash_table_contains(loader.snapshots, name) || g_hash_table_contains(loader.checkpoints, name))
            virMomentsLoadAll(loader.objs->pdata[i], loader.conf);
    }
    loaderClear(&loader);
    return true;
}
