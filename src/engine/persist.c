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
    return !engine->dirs || (virPersistAutostart(engine, name, false, false, error) &&
                             virDefinitionRemove(engine->dirs->configDir, "", name, error));
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
} Loader;

static void loadConfig(const char *path, const char *name, gpointer data)
{
    Loader *loader = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(virDomainDef) def = virDomainDefParseFile(
        path, loader->conf, VIR_DOMAIN_DEF_INACTIVE | VIR_DOMAIN_DEF_SKIP_VALIDATE, &error);
    if (!def || !g_str_equal(def->name, name)) {
        virLogError("ignoring '%s': %s", path, def ? "the name inside is not that of the file" : error->message);
        return;
    }
    virDomainObj *obj = virDomainObjNew(loader->engine, def->uuid, def->name);
    g_autofree char *link = virDefinitionPath(loader->engine->dirs->configDir, "autostart/", name);
    g_autofree char *once = virDefinitionPath(loader->engine->dirs->configDir, "autostart.once/", name);
    virDomainView *view = virDomainViewEdit(obj);
    view->config = g_steal_pointer(&def);
    view->persistent = true;
    view->autostart = g_file_test(link, G_FILE_TEST_IS_SYMLINK);
    view->autostartOnce = g_file_test(once, G_FILE_TEST_IS_SYMLINK);
    virDomainPublish(obj, view);
    g_hash_table_insert(loader->byName, (gpointer)VIR_DOMAIN_OBJ_NAME(obj), obj);
    g_ptr_array_add(loader->objs, obj);
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

bool virPersistLoad(virEngine *engine, GError **error)
{
    Loader loader = { .engine = engine, .conf = engine->hv->parseConfig(engine, error) };
    if (!loader.conf)
        return false;
    loader.byName = g_hash_table_new(g_str_hash, g_str_equal);
    loader.objs = g_ptr_array_new_with_free_func(virObjUnref);
    g_autoptr(GPtrArray) rejected = g_ptr_array_new();
    virDefinitionEach(engine->dirs->configDir, loadConfig, &loader);
    virDefinitionEach(engine->dirs->stateDir, loadStatus, &loader);
    virRegistryAddMany(engine->domains, loader.objs, rejected);
    for (guint i = 0; i < rejected->len; i++)
        virLogError("ignoring the definition of '%s': another guest has its UUID", ((virObj *)rejected->pdata[i])->name);
    for (guint i = 0; i < loader.objs->len; i++)
        virMomentsLoadAll(loader.objs->pdata[i], loader.conf);
    g_hash_table_unref(loader.byName);
    g_ptr_array_unref(loader.objs);
    return true;
}
