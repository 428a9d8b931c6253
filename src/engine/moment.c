/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots and checkpoints as trees, and their files: see moment.h. */
#define VIR_FROM VIR_FROM_DOMAIN
#define VIR_LOG_NAME "engine.moment"
#include "engine/moment.h"
#include "base/log.h"
#include "base/util.h"
#include "engine/object-file.h"

virMoment *virMomentRef(virMoment *m)
{
    g_atomic_int_inc(&m->refs);
    return m;
}

void virMomentUnref(const virMomentKind *kind, virMoment *m)
{
    if (m && g_atomic_int_dec_and_test(&m->refs))
        virXmlFree(kind->xml, m);
}

virMoments *virMomentsNew(const virMomentKind *kind)
{
    virMoments *set = g_new0(virMoments, 1);
    set->kind = kind;
    set->all = g_ptr_array_new();
    g_mutex_init(&set->lock);
    return set;
}

void virMomentsFree(virMoments *set)
{
    if (!set)
        return;
    for (guint i = 0; i < set->all->len; i++)
        virMomentUnref(set->kind, set->all->pdata[i]);
    g_ptr_array_unref(set->all);
    g_mutex_clear(&set->lock);
    g_free(set->dir);
    g_free(set->current);
    g_free(set);
}

/* ---- finding; with the lock held ---- */

static int indexOf(virMoments *set, const char *name)
{
    for (guint i = 0; name && i < set->all->len; i++)
        if (g_str_equal(((virMoment *)set->all->pdata[i])->name, name))
            return i;
    return -1;
}

static virMoment *at(virMoments *set, const char *name)
{
    int i = indexOf(set, name);
    return i < 0 ? NULL : set->all->pdata[i];
}

/* Is `m` somewhere below `name`? */
static bool isBelow(virMoments *set, const virMoment *m, const char *name)
{
    for (guint steps = 0; m && m->parent && steps <= set->all->len; steps++, m = at(set, m->parent))
        if (g_str_equal(m->parent, name))
            return true;
    return false;
}

static bool hasChildren(virMoments *set, const char *name)
{
    for (guint i = 0; i < set->all->len; i++)
        if (g_strcmp0(((virMoment *)set->all->pdata[i])->parent, name) == 0)
            return true;
    return false;
}

virMoment *virMomentsFind(virMoments *set, const char *name, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&set->lock);
    virMoment *m = at(set, name);
    if (m)
        return virMomentRef(m);
    virErrorSet(error, set->kind->from, set->kind->missing, "no domain %s with matching name '%s'", set->kind->what, name);
    return NULL;
}

char *virMomentsCurrent(virMoments *set)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&set->lock);
    return g_strdup(set->current);
}

unsigned int virMomentsCount(virMoments *set)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&set->lock);
    return set->all->len;
}

static unsigned int depth(virMoments *set, const virMoment *m)
{
    unsigned int d = 0;
    while (m && m->parent && d <= set->all->len) {
        m = at(set, m->parent);
        d++;
    }
    return d;
}

static bool isWanted(virMoments *set, const virMoment *m, const char *under, unsigned int how)
{
    bool leaf = !hasChildren(set, m->name);
    if ((how & VIR_MOMENTS_LEAVES && !leaf) || (how & VIR_MOMENTS_NO_LEAVES && leaf))
        return false;
    if (!under)
        return !(how & VIR_MOMENTS_ROOTS) || !m->parent;
    return how & VIR_MOMENTS_DESCENDANTS ? isBelow(set, m, under) : g_strcmp0(m->parent, under) == 0;
}

GPtrArray *virMomentsNames(virMoments *set, const char *under, unsigned int how, bool (*passes)(const virMoment *m, unsigned int flags), unsigned int flags)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&set->lock);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    /* parents before their children: by depth */
    for (unsigned int level = 0; level <= (how & VIR_MOMENTS_TOPOLOGICAL ? set->all->len : 0); level++)
        for (guint i = 0; i < set->all->len; i++) {
            const virMoment *m = set->all->pdata[i];
            if (isWanted(set, m, under, how) && (!passes || passes(m, flags)) && (!(how & VIR_MOMENTS_TOPOLOGICAL) || depth(set, m) == level))
                g_ptr_array_add(names, g_strdup(m->name));
        }
    return names;
}

/* ---- changing ---- */

bool virMomentsCheckParent(virMoments *set, const virMoment *m, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&set->lock);
    if (!m->parent)
        return true;
    if (g_str_equal(m->parent, m->name))
        virSetError(error, VIR_ERR_INVALID_ARG, "cannot set moment %s as its own parent", m->name);
    else if (!at(set, m->parent))
        virSetError(error, VIR_ERR_INVALID_ARG, "parent %s for moment %s not found", m->parent, m->name);
    else if (at(set, m->name) && isBelow(set, at(set, m->parent), m->name))
        virSetError(error, VIR_ERR_INVALID_ARG, "parent %s would create cycle to %s", m->parent, m->name);
    else
        return true;
    return false;
}

static bool keep(virMoments *set, const virMoment *m, bool current, GError **error)
{
    if (!set->dir)
        return true;
    g_autofree char *xml = set->kind->format(m, current);
    return virFileMakePath(set->dir, 0700, error) && virDefinitionWrite(set->dir, m->name, set->kind->edit, xml, error);
}

bool virMomentsSetCurrent(virMoments *set, const char *name, GError **error)
{
    virMoment *old = NULL, *now = NULL;
    g_mutex_lock(&set->lock);
    if (g_strcmp0(set->current, name) != 0) {
        old = at(set, set->current);
        now = at(set, name);
        if (old)
            virMomentRef(old);
        if (now)
            virMomentRef(now);
        g_free(set->current);
        set->current = g_strdup(name);
    }
    g_mutex_unlock(&set->lock);
    bool ok = (!old || keep(set, old, false, error)) && (!now || keep(set, now, true, error));
    virMomentUnref(set->kind, old);
    virMomentUnref(set->kind, now);
    return ok;
}

bool virMomentsPut(virMoments *set, virMoment *m, bool current, GError **error)
{
    g_autofree char *was = virMomentsCurrent(set);
    if (!keep(set, m, current || g_strcmp0(was, m->name) == 0, error)) {
        virMomentUnref(set->kind, m);
        return false;
    }
    g_mutex_lock(&set->lock);
    int i = indexOf(set, m->name);
    if (i < 0) {
        g_ptr_array_add(set->all, m);
    } else {
        virMomentUnref(set->kind, set->all->pdata[i]);
        set->all->pdata[i] = m;
    }
    g_mutex_unlock(&set->lock);
    return !current || virMomentsSetCurrent(set, m->name, error);
}

/* The children of `from` become those of `to`. */
static bool adopt(virMoments *set, const char *from, const char *to, GError **error)
{
    g_autoptr(GPtrArray) children = virMomentsNames(set, from, 0, NULL, 0);
    for (guint i = 0; i < children->len; i++) {
        virMoment *old = virMomentsFind(set, children->pdata[i], NULL);
        virMoment *m = virXmlCopy(set->kind->xml, old);
        m->refs = 1;
        g_free(m->parent);
        m->parent = g_strdup(to);
        virMomentUnref(set->kind, old);
        if (!virMomentsPut(set, m, false, error))
            return false;
    }
    return true;
}

bool virMomentsRemove(virMoments *set, const char *name, GError **error)
{
    virMoment *m = virMomentsFind(set, name, error);
    g_autofree char *current = virMomentsCurrent(set);
    if (!m)
        return false;
    bool ok = adopt(set, name, m->parent, error) && (!set->dir || virDefinitionRemove(set->dir, "", name, error));
    if (ok) {
        g_mutex_lock(&set->lock);
        int i = indexOf(set, name);
        virMomentUnref(set->kind, set->all->pdata[i]);
        g_ptr_array_remove_index(set->all, i);
        g_mutex_unlock(&set->lock);
        if (g_strcmp0(current, name) == 0)
            ok = virMomentsSetCurrent(set, m->parent, error);
    }
    virMomentUnref(set->kind, m);
    return ok;
}

bool virMomentsClear(virMoments *set, GError **error)
{
    g_autoptr(GPtrArray) names = virMomentsNames(set, NULL, VIR_MOMENTS_TOPOLOGICAL, NULL, 0);
    for (guint i = names->len; i > 0; i--)
        if (!virMomentsRemove(set, names->pdata[i - 1], error))
            return false;
    return true;
}

bool virMomentsDelete(virMoments *set, const char *name, unsigned int how, bool (*one)(virDomainObj *obj, const virMoment *m, GError **error),
                      virDomainObj *obj, GError **error)
{
    g_autoptr(GPtrArray) names = virMomentsNames(set, name, VIR_MOMENTS_DESCENDANTS | VIR_MOMENTS_TOPOLOGICAL, NULL, 0);
    if (!how)
        g_ptr_array_set_size(names, 0);
    if (how != VIR_MOMENTS_CHILDREN_ONLY)
        g_ptr_array_insert(names, 0, g_strdup(name));
    for (guint i = names->len; i > 0; i--) {
        virMoment *m = virMomentsFind(set, names->pdata[i - 1], error);
        bool ok = m && (!one || one(obj, m, error)) && virMomentsRemove(set, names->pdata[i - 1], error);
        virMomentUnref(set->kind, m);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- after a restart ---- */

typedef struct {
    virMoments *set;
    const virDomainParseConfig *conf;
} Loader;

static void loadOne(const char *path, const char *name, gpointer data)
{
    Loader *loader = data;
    g_autofree char *xml = NULL;
    g_autoptr(GError) error = NULL;
    bool current = false;
    virMoment *m = virFileRead(path, 64 << 20, &xml, NULL, &error) ? loader->set->kind->parse(xml, loader->conf, &current, &error) : NULL;
    if (!m) {
        virLogError("ignoring '%s': %s", path, error->message);
        return;
    }
    g_ptr_array_add(loader->set->all, m);
    if (current && !loader->set->current)
        loader->set->current = g_strdup(m->name);
}

void virMomentsLoadAll(virDomainObj *obj, const virDomainParseConfig *conf)
{
    virMoments *const sets[] = { virDomainObjSnapshots(obj), virDomainObjCheckpoints(obj) };
    for (gsize i = 0; i < G_N_ELEMENTS(sets); i++) {
        Loader loader = { sets[i], conf };
        virDefinitionEach(sets[i]->dir, loadOne, &loader);
    }
    virMoments *chain = virDomainObjCheckpoints(obj);       /* its files do not say which one is current: the last */
    for (guint i = 0; i < chain->all->len && !chain->current; i++)
        if (!hasChildren(chain, ((virMoment *)chain->all->pdata[i])->name))
            chain->current = g_strdup(((virMoment *)chain->all->pdata[i])->name);
    virDomainView *view = virDomainViewEdit(obj);
    view->hasSnapshots = virDomainObjSnapshots(obj)->all->len > 0;
    virDomainPublish(obj, view);
}

bool virMomentsUndefine(virDomainObj *obj, bool live, unsigned int flags, GError **error)
{
    virMoments *const sets[] = { virDomainObjSnapshots(obj), virDomainObjCheckpoints(obj) };
    const unsigned int forget[] = { VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA, VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA };
    for (gsize i = 0; !live && i < G_N_ELEMENTS(sets); i++) {
        unsigned int n = virMomentsCount(sets[i]);
        bool harmless = i == 1 && obj->engine->hv->snapshotsOfTest;     /* nothing of them is left in images */
        if (n && !(flags & forget[i]) && !harmless) {
            virErrorSet(error, VIR_ENGINE_FROM(obj->engine), VIR_ERR_OPERATION_INVALID, "cannot delete inactive domain with %u %ss", n,
                        sets[i]->kind->what);
            return false;
        }
        if (!virMomentsClear(sets[i], error))
            return false;
    }
    return true;
}
