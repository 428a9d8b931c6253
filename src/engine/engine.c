/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One instance of a driver: its directories, its domains, its connections; loading and autostart. */
#define VIR_FROM VIR_FROM_DOMAIN
#define VIR_LOG_NAME "engine"
#include "engine/internal.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/util.h"

/* Each file that implements calls enters them when the library is loaded; nobody changes the table after that. */
virHypervisorDriver virEngineDriver;

static char *dirBelow(const char *base, const char *driver)
{
    return g_build_filename(base, "libvirt", driver, NULL);
}

virEngineDirs *virEngineDirsNew(const char *driver, bool privileged, const char *root)
{
    virEngineDirs *d = g_new0(virEngineDirs, 1);
    d->privileged = privileged;
    d->embedded = root != NULL;
    if (root) {
        d->uri = g_strdup_printf("%s:///embed?root=%s", driver, root);
        d->configDir = g_build_filename(root, "etc", driver, NULL);
        d->stateDir = g_build_filename(root, "run", driver, NULL);
        d->libDir = g_build_filename(root, "lib", driver, NULL);
        d->logDir = g_build_filename(root, "log", driver, NULL);
        d->cacheDir = g_build_filename(root, "cache", driver, NULL);
    } else if (privileged) {
        d->uri = g_strdup_printf("%s:///system", driver);
        d->configDir = dirBelow(VIR_SYSCONFDIR, driver);
        d->stateDir = dirBelow(VIR_RUNSTATEDIR, driver);
        d->libDir = dirBelow(VIR_LOCALSTATEDIR "/lib", driver);
        d->logDir = dirBelow(VIR_LOCALSTATEDIR "/log", driver);
        d->cacheDir = dirBelow(VIR_LOCALSTATEDIR "/cache", driver);
    } else {
        g_autofree char *cache = dirBelow(g_get_user_cache_dir(), driver);
        g_autofree char *run = g_build_filename(g_get_user_runtime_dir(), "libvirt", driver, "run", NULL);
        d->uri = g_strdup_printf("%s:///session", driver);
        d->configDir = dirBelow(g_get_user_config_dir(), driver);
        d->libDir = g_build_filename(d->configDir, "lib", NULL);
        d->stateDir = g_steal_pointer(&run);
        d->logDir = g_build_filename(cache, "log", NULL);
        d->cacheDir = g_build_filename(cache, "cache", NULL);
    }
    return d;
}

static void dirsFree(virEngineDirs *d)
{
    if (!d)
        return;
    g_free(d->uri);
    g_free(d->configDir);
    g_free(d->stateDir);
    g_free(d->libDir);
    g_free(d->logDir);
    g_free(d->cacheDir);
    g_free(d);
}

static bool dirsMake(const virEngineDirs *d, GError **error)
{
    /* Guests run as a user of their own: it must be able to walk into lib, run and nothing else. */
    mode_t open = d->privileged ? 0755 : 0700;
    return virFileMakePath(d->configDir, 0700, error) && virFileMakePath(d->stateDir, open, error) &&
           virFileMakePath(d->libDir, open, error) && virFileMakePath(d->logDir, 0700, error) &&
           virFileMakePath(d->cacheDir, open, error);
}

virEngine *virEngineNew(const virHypervisor *hv, virEngineDirs *dirs, gpointer priv, GError **error)
{
    if (dirs && !dirsMake(dirs, error)) {
        dirsFree(dirs);
        return NULL;
    }
    virEngine *engine = g_new0(virEngine, 1);
    *engine = (virEngine){ .hv = hv, .dirs = dirs, .priv = priv, .domains = virRegistryNew(), .events = virEventBusNew(),
                           .survey = virActorNew("all guests") };
    return engine;
}

void virEngineFree(virEngine *engine)
{
    if (!engine)
        return;
    virRegistryFree(engine->domains);
    virEventBusFree(engine->events);
    virActorUnref(engine->survey);
    dirsFree(engine->dirs);
    g_free(engine);
}

const virEngineDirs *virEngineGetDirs(virEngine *engine)
{
    return engine->dirs;
}

gpointer virEngineGetPrivate(virEngine *engine)
{
    return engine->priv;
}

virEngine *virEngineOf(virConnectPtr conn)
{
    return conn->priv;
}

void virEngineForeach(virEngine *engine, void (*func)(virDomainObj *, gpointer), gpointer data)
{
    g_autoptr(virRegistrySnapshot) s = virRegistryGet(engine->domains);
    for (guint i = 0; i < s->n; i++)
        func((virDomainObj *)s->byUuid[i], data);
}

/* ---- connections ---- */

static virActor *actorOf(virConnectPtr conn, const unsigned char *uuid, int class)
{
    virEngine *engine = virEngineOf(conn);
    if (!uuid)
        return class == VIR_ACTOR_QUERY ? virActorRef(engine->survey) : NULL;
    g_autoptr(virDomainObj) obj = virRegistryFind(engine->domains, uuid);
    return obj ? virDomainObjLane(obj, class) : NULL;
}

void virEngineConnect(virEngine *engine, virConnectPtr conn, const virHypervisorDriver *table)
{
    conn->priv = engine;
    conn->hypervisor = table ? table : &virEngineDriver;
    conn->actorOf = actorOf;
}

static void autodestroy(virDomainObj *obj, gpointer conn)
{
    g_autoptr(GError) error = NULL;
    if (g_atomic_pointer_get(&obj->autodestroy) == conn && !virDomainKill(obj, 0, "autodestroy", &error))
        virWarn("cannot destroy '%s' with its connection: %s", VIR_DOMAIN_OBJ_NAME(obj), error->message);
}

void virEngineDisconnect(virConnectPtr conn)
{
    virEngine *engine = virEngineOf(conn);
    virEventBusRemoveConnection(engine->events, conn);
    if (g_atomic_int_get(&conn->lingers))
        virEngineForeach(engine, autodestroy, conn);
}

/* ---- after a restart ---- */

static void reconnectOne(gpointer data)
{
    g_autoptr(virDomainObj) obj = data;
    virEngine *engine = obj->engine;
    g_autoptr(GError) error = NULL;
    if (!virActorEnter(obj->head.actor, VIR_ACTOR_MODIFY, "reconnect", -1, &error)) {
        virLogError("cannot reconnect to '%s': %s", VIR_DOMAIN_OBJ_NAME(obj), error->message);
        return;
    }
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (view->live && !(engine->hv->reconnect && engine->hv->reconnect(obj, view->live, view->pid, &error))) {
        virWarn("guest '%s' ended while no daemon watched it: %s", VIR_DOMAIN_OBJ_NAME(obj),
                error ? error->message : "its hypervisor cannot take it over");
        virDomainGone(obj, VIR_DOMAIN_SHUTOFF_UNKNOWN, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED);
    }
    virActorLeave(obj->head.actor);
}

static void autostartOne(gpointer data)
{
    g_autoptr(virDomainObj) obj = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (!view->live && !virDomainStart(obj, NULL, 0, "autostart", &error))
        virLogError("cannot autostart '%s': %s", VIR_DOMAIN_OBJ_NAME(obj), error->message);
}

static void resumeOne(virDomainObj *obj, gpointer unused)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    g_autofree char *process = g_strdup_printf("%s/%d", virHostLocal()->proc, (int)view->pid);
    if (view->live && view->pid > 0 && access(process, F_OK) < 0)
        reconnectOne(virDomainObjRef(obj));     /* it is gone: at once, so that no list has it */
    else if (view->live)
        virWorkRun(reconnectOne, virDomainObjRef(obj));
    else if (view->autostart || view->autostartOnce)
        virWorkRun(autostartOne, virDomainObjRef(obj));
}

static void reclaimOne(virDomainObj *obj, gpointer owner)
{
    g_autoptr(virDomainView) view = virDomainObjView(obj);
    if (view->live)
        virHostdevsReclaim(virHostdevsGet(), owner, view->live);
}

virHostdevOwner virEngineHostdevOwner(virEngine *engine)
{
    return (virHostdevOwner){ engine->dirs ? engine->dirs->uri : engine->hv->name, engine->hv->name };
}

bool virEngineLoad(virEngine *engine, GError **error)
{
    virHostdevOwner owner = virEngineHostdevOwner(engine);
    if (!virPersistLoad(engine, error))
        return false;
    virEngineForeach(engine, reclaimOne, &owner);
    virHostdevsRecover(virHostdevsGet(), &owner);
    virEngineForeach(engine, resumeOne, NULL);
    return true;
}
