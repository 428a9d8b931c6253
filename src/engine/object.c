/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Registered objects with a definition and an active flag: see object.h. */
#define VIR_FROM VIR_FROM_NONE
#define VIR_LOG_NAME "engine.object"
#include "engine/object.h"
#include "base/log.h"
#include "base/util.h"
#include "engine/object-file.h"

gpointer virObjectDefRef(gpointer def)
{
    g_atomic_int_inc((gint *)def);
    return def;
}

void virObjectDefUnref(virXmlType *xml, gpointer def)
{
    if (def && g_atomic_int_dec_and_test((gint *)def))
        virXmlFree(xml, def);
}

gpointer virObjectDefCopy(virXmlType *xml, gconstpointer def)
{
    gpointer copy = virXmlCopy(xml, def);
    *(gint *)copy = 1;
    return copy;
}

static void objFree(virObj *head)
{
    virObject *obj = (virObject *)head;
    virObjectDefUnref(obj->kind->xml, obj->def);
    virObjectDefUnref(obj->kind->xml, obj->next);
    g_clear_pointer(&obj->parts, g_ptr_array_unref);
    if (obj->valueFree)
        obj->valueFree(obj->value);
    g_free(obj);
}

virObjectSet *virObjectSetNew(const virObjectKind *kind)
{
    virObjectSet *set = g_new0(virObjectSet, 1);
    set->kind = kind;
    set->objects = virRegistryNew();
    set->events = virEventBusNew();
    g_mutex_init(&set->writing);
    g_mutex_init(&set->lock);
    return set;
}

void virObjectSetFree(virObjectSet *set)
{
    if (!set)
        return;
    virRegistryFree(set->objects);
    virEventBusFree(set->events);
    g_mutex_clear(&set->writing);
    g_mutex_clear(&set->lock);
    g_free(set->dir);
    g_free(set->run);
    g_free(set);
}

/* ---- finding ---- */

virObject *virObjectFind(virObjectSet *set, const unsigned char *uuid, GError **error)
{
    virObject *obj = virRegistryFind(set->objects, uuid);
    char text[37];
    virUUIDFormat(uuid, text);
    if (!obj)
        virErrorSet(error, set->kind->self, set->kind->missing, "no %s with matching uuid '%s'", set->kind->lookup, text);
    return obj;
}

virObject *virObjectFindName(virObjectSet *set, const char *name, GError **error)
{
    virObject *obj = virRegistryFindName(set->objects, name);
    if (!obj)
        virErrorSet(error, set->kind->self, set->kind->missing, "no %s with matching name '%s'", set->kind->lookup, name);
    return obj;
}

gpointer virObjectDef(virObject *obj)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    return virObjectDefRef(obj->def);
}

gpointer virObjectHandle(virObject *obj, virConnectPtr conn)
{
    gpointer def = virObjectDef(obj);
    gpointer handle = obj->kind->handle(conn, obj->head.name, obj->head.uuid, def);
    virObjectDefUnref(obj->kind->xml, def);
    return handle;
}

gpointer virObjectLookup(virObjectSet *set, virConnectPtr conn, const unsigned char *uuid, GError **error)
{
    g_autoptr(virObject) obj = virObjectFind(set, uuid, error);
    return obj ? virObjectHandle(obj, conn) : NULL;
}

gpointer virObjectLookupName(virObjectSet *set, virConnectPtr conn, const char *name, GError **error)
{
    g_autoptr(virObject) obj = virObjectFindName(set, name, error);
    return obj ? virObjectHandle(obj, conn) : NULL;
}

/* ---- listing, in the order of names ---- */

int virObjectNames(virObjectSet *set, bool active, char **names, int max)
{
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&set->lock);
    int n = 0;
    for (guint i = 0; i < all->n && n < max; i++) {
        if (((virObject *)all->byName[i].obj)->active != active)
            continue;
        if (names)
            names[n] = g_strdup(all->byName[i].name);
        n++;
    }
    return n;
}

int virObjectCount(virObjectSet *set, bool active)
{
    return virObjectNames(set, active, NULL, G_MAXINT);
}

/* Two flags that exclude each other filter nothing when both or none are given. The numbers are those of every kind's list. */
static bool pairPasses(unsigned int flags, unsigned int no, unsigned int yes, bool value)
{
    return !(flags & (no | yes)) || (flags & (value ? yes : no));
}

static bool passes(const virObject *obj, unsigned int flags)
{
    const virObjectKind *kind = obj->kind;
    if (kind->passes && !kind->passes(obj->def, flags))
        return false;
    if (!kind->state && kind->passes)           /* a kind whose flags are all its own */
        return true;
    return pairPasses(flags, VIR_CONNECT_LIST_NETWORKS_INACTIVE, VIR_CONNECT_LIST_NETWORKS_ACTIVE, obj->active) &&
           pairPasses(flags, VIR_CONNECT_LIST_NETWORKS_TRANSIENT, VIR_CONNECT_LIST_NETWORKS_PERSISTENT, obj->persistent) &&
           pairPasses(flags, VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART, VIR_CONNECT_LIST_NETWORKS_AUTOSTART, obj->autostart);
}

int virObjectListAll(virObjectSet *set, virConnectPtr conn, void ***list, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, set->kind->flags, set->kind->self, set->kind->listFunc, error))
        return -1;
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    void **handles = list ? g_new0(void *, all->n + 1) : NULL;
    int n = 0;
    for (guint i = 0; i < all->n; i++) {
        virObject *obj = (virObject *)all->byName[i].obj;
        g_mutex_lock(&set->lock);
        bool in = passes(obj, flags);
        g_mutex_unlock(&set->lock);
        if (in && handles)
            handles[n] = virObjectHandle(obj, conn);
        n += in;
    }
    if (list)
        *list = handles;
    return n;
}

static char *format(const virObjectKind *kind, gconstpointer def, unsigned int flags)
{
    GString *out = g_string_new(NULL);
    virXmlFormat(kind->xml, NULL, def, flags, out, 0);
    return g_string_free(out, FALSE);
}

char *virObjectXml(virObject *taken, unsigned int flags, GError **error)
{
    g_autoptr(virObject) obj = taken;
    if (!obj || !virFlagsCheck(flags, obj->kind->xmlFlags, obj->kind->self, obj->kind->xmlFunc, error))
        return NULL;
    g_mutex_lock(&obj->set->lock);
    bool inactive = !obj->active || (flags & obj->kind->inactive);
    gpointer def = virObjectDefRef(inactive && obj->next ? obj->next : obj->def);
    g_mutex_unlock(&obj->set->lock);
    char *xml = format(obj->kind, def, inactive ? VIR_XML_INACTIVE : 0);
    virObjectDefUnref(obj->kind->xml, def);
    return xml;
}

/* ---- changing ---- */

bool virObjectCheckActive(virObject *obj, bool active, const char *words, GError **error)
{
    if (obj->active == active)
        return true;
    if (obj->kind->state)
        virErrorSet(error, obj->kind->self, VIR_ERR_OPERATION_INVALID, "%s '%s' %s", obj->kind->state, obj->head.name, words);
    else
        virErrorSet(error, obj->kind->self, VIR_ERR_OPERATION_INVALID, NULL);
    return false;
}

/* The object that `def` describes, if there is one; `clash` when something stands in the way. */
static virObject *sameObject(virObjectSet *set, const char *name, const unsigned char *uuid, virObjectHow how, bool *clash, GError **error)
{
    const virObjectKind *kind = set->kind;
    g_autoptr(virObject) named = virRegistryFindName(set->objects, name);
    g_autoptr(virObject) same = uuid ? virRegistryFind(set->objects, uuid) : virRegistryFindName(set->objects, name);
    char text[37];
    *clash = true;
    if (same && uuid && same != named) {
        virUUIDFormat(uuid, text);
        virErrorSet(error, kind->from, VIR_ERR_OPERATION_FAILED, "%s '%s' is already defined with uuid %s", kind->define,
                    same->head.name, text);
        return NULL;
    }
    if (named && !same) {
        virUUIDFormat(named->head.uuid, text);
        virErrorSet(error, kind->from, VIR_ERR_OPERATION_FAILED, "%s '%s' already exists with uuid %s", kind->define, name, text);
        return NULL;
    }
    if (same && (how & VIR_OBJECT_START) && (same->active || same->starting)) {
        virErrorSet(error, kind->from, VIR_ERR_OPERATION_INVALID, "%s is already %s as '%s'", kind->define, same->active ? "active" : "starting", name);
        return NULL;
    }
    *clash = false;
    return g_steal_pointer(&same);
}

static virObject *objNew(virObjectSet *set, gpointer def, const char *name, const unsigned char *uuid)
{
    unsigned char own[16];
    if (!uuid)
        virUUIDGenerate(own);
    virObject *obj = g_new0(virObject, 1);
    virObjInit(&obj->head, uuid ? uuid : own, name, objFree);
    obj->set = set;
    obj->kind = set->kind;
    obj->def = def;
    return obj;
}

static bool keep(virObjectSet *set, const char *name, gconstpointer def, GError **error)
{
    if (!set->dir)
        return true;
    if (set->kind->isKept && !set->kind->isKept(def))
        return virDefinitionRemove(set->dir, "", name, error);
    g_autofree char *xml = format(set->kind, def, VIR_XML_SECURE | VIR_XML_INACTIVE);
    return virDefinitionWrite(set->dir, name, set->kind->edit, xml, error);
}

static bool forget(virObject *obj, GError **error)
{
    const char *dir = obj->set->dir;
    return !dir || (virDefinitionLink(dir, "autostart/", obj->head.name, false, error) &&
                    virDefinitionRemove(dir, "", obj->head.name, error));
}

/* `def` takes its place in `obj`, which has one already. */
static void place(virObject *obj, gpointer def, virObjectHow how)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    if (how == VIR_OBJECT_START && obj->persistent && !obj->next)
        obj->next = virObjectDefRef(obj->def);          /* what it is again once it has stopped */
    gpointer *at = obj->active || obj->starting ? &obj->next : &obj->def;
    virObjectDefUnref(obj->kind->xml, *at);
    *at = def;
}

/* `writing` is held; `def` is taken when the answer is not NULL. */
static virObject *addLocked(virObjectSet *set, gpointer def, virObjectHow how, bool load, GError **error)
{
    const virObjectKind *kind = set->kind;
    const unsigned char *uuid = kind->uuid ? G_STRUCT_MEMBER_P(def, kind->uuid) : NULL;
    char text[37] = "";
    if (uuid)
        virUUIDFormat(uuid, text);
    const char *name = kind->name ? G_STRUCT_MEMBER(char *, def, kind->name) : text;
    bool clash;
    g_autoptr(virObject) obj = sameObject(set, name, uuid, how, &clash, error);
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    if (clash || (kind->accept && !kind->accept(all, def, error)))
        return NULL;
    if ((how & VIR_OBJECT_DEFINE) && !load && !keep(set, name, def, error))
        return NULL;
    if (!obj) {
        obj = objNew(set, def, name, uuid);
        virRegistryAdd(set->objects, &obj->head);       /* nothing is in the way: `writing` is held since it was looked for */
    } else {
        place(obj, def, how);
    }
    g_mutex_lock(&set->lock);
    obj->persistent |= (how & VIR_OBJECT_DEFINE) != 0;
    g_mutex_unlock(&set->lock);
    return g_steal_pointer(&obj);
}

static void stopped(virObject *obj)
{
    g_mutex_lock(&obj->set->lock);
    obj->active = obj->starting = false;
    if (obj->next) {
        virObjectDefUnref(obj->kind->xml, obj->def);
        obj->def = g_steal_pointer(&obj->next);
    }
    g_mutex_unlock(&obj->set->lock);
    if (!obj->persistent)
        virRegistryRemove(obj->set->objects, &obj->head);
}

/* `writing` is held. */
static bool startLocked(virObject *obj, GError **error)
{
    if (obj->kind->start && !obj->kind->start(obj, error)) {
        stopped(obj);
        return false;
    }
    g_mutex_lock(&obj->set->lock);
    obj->active = true;
    g_mutex_unlock(&obj->set->lock);
    virObjectEmitLifecycle(obj, VIR_OBJECT_STARTED);
    return true;
}

void virObjectSetLive(virObject *obj, gpointer def)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    if (obj->persistent && !obj->next)
        obj->next = virObjectDefRef(obj->def);
    virObjectDefUnref(obj->kind->xml, obj->def);
    obj->def = def;
}

virObject *virObjectAdopt(virObjectSet *set, gpointer def, GError **error)
{
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&set->writing);
    virObject *obj = addLocked(set, def, VIR_OBJECT_START, true, error);
    if (!obj) {
        virObjectDefUnref(set->kind->xml, def);
        return NULL;
    }
    g_mutex_lock(&set->lock);
    obj->active = true;
    g_mutex_unlock(&set->lock);
    return obj;
}

virObject *virObjectAdd(virObjectSet *set, gpointer def, virObjectHow how, GError **error)
{
    if (!def)
        return NULL;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&set->writing);
    g_autoptr(virObject) obj = addLocked(set, def, how, false, error);
    if (!obj) {
        virObjectDefUnref(set->kind->xml, def);
        return NULL;
    }
    if (how & VIR_OBJECT_DEFINE)
        virObjectEmitLifecycle(obj, VIR_OBJECT_DEFINED);
    if ((how & VIR_OBJECT_START) && !startLocked(obj, error))
        return NULL;
    return g_steal_pointer(&obj);
}

/* ---- starting in a lane of its own ---- */

virObject *virObjectPlace(virObjectSet *set, gpointer def, virObjectHow how, GError **error)
{
    if (!def)
        return NULL;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&set->writing);
    virObject *obj = addLocked(set, def, how, false, error);
    if (!obj) {
        virObjectDefUnref(set->kind->xml, def);
        return NULL;
    }
    g_mutex_lock(&set->lock);
    obj->starting |= (how & VIR_OBJECT_START) != 0;
    g_mutex_unlock(&set->lock);
    if (how & VIR_OBJECT_DEFINE)
        virObjectEmitLifecycle(obj, VIR_OBJECT_DEFINED);
    return obj;
}

bool virObjectBegin(virObject *obj, GError **error)
{
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&obj->set->writing);
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    if (!virObjectCheckActive(obj, false, obj->kind->running, error))
        return false;
    if (obj->starting) {
        virErrorSet(error, obj->kind->self, VIR_ERR_OPERATION_INVALID, "%s '%s' is being started", obj->kind->state, obj->head.name);
        return false;
    }
    return obj->starting = true;
}

void virObjectStarted(virObject *obj)
{
    g_mutex_lock(&obj->set->lock);
    obj->active = true;
    obj->starting = false;
    g_mutex_unlock(&obj->set->lock);
}

void virObjectStopped(virObject *obj)
{
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&obj->set->writing);
    stopped(obj);
}

void virObjectPublish(virObject *obj, gpointer def, GPtrArray *parts)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    gpointer oldDef = def ? obj->def : NULL;
    GPtrArray *oldParts = parts ? obj->parts : NULL;
    obj->def = def ? def : obj->def;
    obj->parts = parts ? parts : obj->parts;
    virObjectDefUnref(obj->kind->xml, oldDef);
    g_clear_pointer(&oldParts, g_ptr_array_unref);
}

gpointer virObjectParse(const virObjectKind *kind, const char *xml, bool validate, GError **error)
{
    if (!validate)
        return kind->parse(xml, NULL, error);
    g_autofree char *what = g_strdup_printf("%s_definition", kind->xml->name);
    g_autoptr(virXmlDoc) doc = virXmlDocParse(xml, NULL, what, kind->xml->name, kind->from, error);
    if (!doc || !virXmlValidate(kind->xml, virXmlRoot(doc), error))
        return NULL;
    return kind->parse(NULL, virXmlRoot(doc), error);
}

gpointer virObjectAddXml(virObjectSet *set, virConnectPtr conn, const char *xml, virObjectHow how, bool validate, GError **error)
{
    g_autoptr(virObject) obj = virObjectAdd(set, virObjectParse(set->kind, xml, validate, error), how, error);
    return obj ? virObjectHandle(obj, conn) : NULL;
}

/* ---- loading ---- */

static void loadOne(const char *path, const char *name, gpointer data)
{
    virObjectSet *set = data;
    g_autofree char *xml = NULL;
    g_autoptr(GError) error = NULL;
    gpointer def = virFileRead(path, 16 << 20, &xml, NULL, &error) ? set->kind->parse(xml, NULL, &error) : NULL;
    g_autoptr(virObject) obj = def ? addLocked(set, def, VIR_OBJECT_DEFINE, true, &error) : NULL;
    if (obj && !g_str_equal(obj->head.name, name)) {
        virRegistryRemove(set->objects, &obj->head);
        virSetError(&error, VIR_ERR_INTERNAL_ERROR, "the name inside, '%s', is not that of the file", obj->head.name);
    } else if (obj) {
        g_autofree char *link = virDefinitionPath(set->dir, "autostart/", name);
        obj->autostart = g_file_test(link, G_FILE_TEST_IS_SYMLINK);
    } else {
        virObjectDefUnref(set->kind->xml, def);
    }
    if (error)
        virLogError("ignoring '%s': %s", path, error->message);
}

bool virObjectSetLoad(virObjectSet *set, const char *dir, GError **error)
{
    if (!virFileMakePath(dir, 0700, error))
        return false;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&set->writing);
    set->dir = g_strdup(dir);
    virDefinitionEach(dir, loadOne, set);
    return true;
}

/* ---- what changes in one ---- */

/* Which of the two definitions `flags` name. */
static bool resolveFlags(virObject *obj, unsigned int flags, bool *live, bool *config, GError **error)
{
    *live = flags & VIR_DOMAIN_AFFECT_LIVE;
    *config = flags & VIR_DOMAIN_AFFECT_CONFIG;
    if (!*live && !*config)
        *(obj->active ? live : config) = true;
    if (*live && !obj->active)
        virErrorSet(error, obj->kind->self, VIR_ERR_OPERATION_INVALID, "%s is not running", obj->kind->define);
    else if (*config && !obj->persistent)
        virErrorSet(error, obj->kind->self, VIR_ERR_OPERATION_INVALID, "cannot change persistent config of a transient %s",
                    obj->kind->define);
    else
        return true;
    return false;
}

gpointer virObjectChosen(virObject *obj, unsigned int flags, GError **error)
{
    bool live, config;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    if (!resolveFlags(obj, flags, &live, &config, error))
        return NULL;
    return virObjectDefRef(!live && obj->active && obj->next ? obj->next : obj->def);
}

/* A changed copy of one definition, NULL when it fails. */
static gpointer changedCopy(virObject *obj, gconstpointer def, bool live, virObjectChangeFunc func, gpointer data, GError **error)
{
    gpointer copy = virObjectDefCopy(obj->kind->xml, def);
    if (!func(obj, copy, live, data, error)) {
        virObjectDefUnref(obj->kind->xml, copy);
        return NULL;
    }
    return copy;
}

int virObjectChange(virObject *taken, unsigned int flags, virObjectChangeFunc func, gpointer data, GError **error)
{
    g_autoptr(virObject) obj = taken;
    bool live, config;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&obj->set->writing);
    if (!resolveFlags(obj, flags, &live, &config, error))
        return -1;
    virXmlType *xml = obj->kind->xml;
    gpointer newLive = live ? changedCopy(obj, obj->def, true, func, data, error) : NULL;
    gpointer newConfig = config && (newLive || !live) ?
        changedCopy(obj, obj->next ? obj->next : obj->def, false, func, data, error) : NULL;
    gconstpointer old = obj->def;
    bool ok = (!live || newLive) && (!config || newConfig);
    bool applied = ok && newLive && obj->kind->apply;
    if (applied && !obj->kind->apply(obj, old, newLive, error))
        ok = applied = false;
    if (ok && config && !keep(obj->set, obj->head.name, newConfig, error)) {
        ok = false;
        if (applied && !obj->kind->apply(obj, newLive, old, NULL))
            virLogError("the change of %s '%s' could not be undone", obj->kind->define, obj->head.name);
    }
    if (!ok) {
        virObjectDefUnref(xml, newLive);
        virObjectDefUnref(xml, newConfig);
        return -1;
    }
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    if (obj->active && obj->persistent && !obj->next)
        obj->next = virObjectDefRef(obj->def);
    if (newLive) {
        virObjectDefUnref(xml, obj->def);
        obj->def = newLive;
    }
    if (newConfig) {
        gpointer *at = obj->active ? &obj->next : &obj->def;
        virObjectDefUnref(xml, *at);
        *at = newConfig;
    }
    return 0;
}

int virObjectStart(virObject *taken, GError **error)
{
    g_autoptr(virObject) obj = taken;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&obj->set->writing);
    if (!virObjectCheckActive(obj, false, obj->kind->running, error))
        return -1;
    return startLocked(obj, error) ? 0 : -1;
}

int virObjectStop(virObject *taken, GError **error)
{
    g_autoptr(virObject) obj = taken;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&obj->set->writing);
    if (obj->kind->notRunning && !virObjectCheckActive(obj, true, obj->kind->notRunning, error))
        return -1;
    if (obj->kind->stop && !obj->kind->stop(obj, error))
        return -1;
    stopped(obj);
    virObjectEmitLifecycle(obj, VIR_OBJECT_STOPPED);
    return 0;
}

int virObjectUndefine(virObject *taken, GError **error)
{
    g_autoptr(virObject) obj = taken;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&obj->set->writing);
    if (obj->starting) {
        virErrorSet(error, obj->kind->self, VIR_ERR_OPERATION_INVALID, "%s '%s' is being started", obj->kind->state, obj->head.name);
        return -1;
    }
    if ((obj->kind->stillRunning && !virObjectCheckActive(obj, false, obj->kind->stillRunning, error)) || !forget(obj, error))
        return -1;
    g_mutex_lock(&obj->set->lock);
    bool goesOn = obj->kind->staysActive && obj->active;
    obj->persistent = obj->autostart = false;
    virObjectDefUnref(obj->kind->xml, g_steal_pointer(&obj->next));
    g_mutex_unlock(&obj->set->lock);
    if (!goesOn)
        virRegistryRemove(obj->set->objects, &obj->head);
    virObjectEmitLifecycle(obj, VIR_OBJECT_UNDEFINED);
    return 0;
}

int virObjectIsActive(virObject *taken)
{
    g_autoptr(virObject) obj = taken;
    g_autoptr(GMutexLocker) lock = obj ? g_mutex_locker_new(&obj->set->lock) : NULL;
    return obj ? obj->active : -1;
}

int virObjectIsPersistent(virObject *taken)
{
    g_autoptr(virObject) obj = taken;
    g_autoptr(GMutexLocker) lock = obj ? g_mutex_locker_new(&obj->set->lock) : NULL;
    return obj ? obj->persistent : -1;
}

int virObjectGetAutostart(virObject *taken, int *autostart)
{
    g_autoptr(virObject) obj = taken;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    *autostart = obj->autostart;
    return 0;
}

int virObjectSetAutostart(virObject *taken, int autostart, GError **error)
{
    g_autoptr(virObject) obj = taken;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) writing = g_mutex_locker_new(&obj->set->writing);
    if (!obj->persistent && obj->kind->fileless) {
        virErrorSet(error, obj->kind->self, obj->kind->filelessCode ? obj->kind->filelessCode : VIR_ERR_INVALID_ARG, "%s",
                    obj->kind->fileless);
        return -1;
    }
    if (obj->set->dir && !virDefinitionLink(obj->set->dir, "autostart/", obj->head.name, autostart != 0, error))
        return -1;
    g_mutex_lock(&obj->set->lock);
    obj->autostart = autostart != 0;
    g_mutex_unlock(&obj->set->lock);
    return 0;
}
