/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Registered objects with a definition and an active flag: see objects.h. */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/objects.h"
#include "base/util.h"

gpointer virTestDefRef(gpointer def)
{
    g_atomic_int_inc((gint *)def);
    return def;
}

void virTestDefUnref(virXmlType *xml, gpointer def)
{
    if (def && g_atomic_int_dec_and_test((gint *)def))
        virXmlFree(xml, def);
}

static void objFree(virObj *head)
{
    virTestObj *obj = (virTestObj *)head;
    virTestDefUnref(obj->kind->xml, obj->def);
    virTestDefUnref(obj->kind->xml, obj->next);
    g_clear_pointer(&obj->volumes, g_ptr_array_unref);
    g_free(obj);
}

virTestSet *virTestSetNew(const virTestKind *kind)
{
    virTestSet *set = g_new0(virTestSet, 1);
    set->kind = kind;
    set->objects = virRegistryNew();
    g_mutex_init(&set->lock);
    return set;
}

void virTestSetFree(virTestSet *set)
{
    if (!set)
        return;
    virRegistryFree(set->objects);
    g_mutex_clear(&set->lock);
    g_free(set);
}

/* ---- finding ---- */

virTestObj *virTestFind(virTestSet *set, const unsigned char *uuid, GError **error)
{
    virTestObj *obj = virRegistryFind(set->objects, uuid);
    char text[37];
    virUUIDFormat(uuid, text);
    if (!obj)
        virSetError(error, set->kind->missing, "no %s with matching uuid '%s'", set->kind->lookup, text);
    return obj;
}

virTestObj *virTestFindName(virTestSet *set, const char *name, GError **error)
{
    virTestObj *obj = virRegistryFindName(set->objects, name);
    if (!obj)
        virSetError(error, set->kind->missing, "no %s with matching name '%s'", set->kind->lookup, name);
    return obj;
}

gpointer virTestObjDef(virTestObj *obj)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    return virTestDefRef(obj->def);
}

gpointer virTestHandle(virTestObj *obj, virConnectPtr conn)
{
    gpointer def = virTestObjDef(obj);
    gpointer handle = obj->kind->handle(conn, obj->head.name, obj->head.uuid, def);
    virTestDefUnref(obj->kind->xml, def);
    return handle;
}

gpointer virTestLookup(virTestSet *set, virConnectPtr conn, const unsigned char *uuid, GError **error)
{
    g_autoptr(virTestObj) obj = virTestFind(set, uuid, error);
    return obj ? virTestHandle(obj, conn) : NULL;
}

gpointer virTestLookupName(virTestSet *set, virConnectPtr conn, const char *name, GError **error)
{
    g_autoptr(virTestObj) obj = virTestFindName(set, name, error);
    return obj ? virTestHandle(obj, conn) : NULL;
}

/* ---- listing, in the order of names ---- */

int virTestNames(virTestSet *set, bool active, char **names, int max)
{
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&set->lock);
    int n = 0;
    for (guint i = 0; i < all->n && n < max; i++) {
        if (((virTestObj *)all->byName[i].obj)->active != active)
            continue;
        if (names)
            names[n] = g_strdup(all->byName[i].name);
        n++;
    }
    return n;
}

int virTestCount(virTestSet *set, bool active)
{
    return virTestNames(set, active, NULL, G_MAXINT);
}

/* Two flags that exclude each other filter nothing when both or none are given. The numbers are those of every kind's list. */
static bool pairPasses(unsigned int flags, unsigned int no, unsigned int yes, bool value)
{
    return !(flags & (no | yes)) || (flags & (value ? yes : no));
}

static bool passes(const virTestObj *obj, unsigned int flags)
{
    const virTestKind *kind = obj->kind;
    if (kind->passes && !kind->passes(obj->def, flags))
        return false;
    if (!kind->state && kind->passes)           /* a kind whose flags are all its own */
        return true;
    return pairPasses(flags, VIR_CONNECT_LIST_NETWORKS_INACTIVE, VIR_CONNECT_LIST_NETWORKS_ACTIVE, obj->active) &&
           pairPasses(flags, VIR_CONNECT_LIST_NETWORKS_TRANSIENT, VIR_CONNECT_LIST_NETWORKS_PERSISTENT, obj->persistent) &&
           pairPasses(flags, VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART, VIR_CONNECT_LIST_NETWORKS_AUTOSTART, obj->autostart);
}

int virTestListAll(virTestSet *set, virConnectPtr conn, void ***list, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, set->kind->flags, VIR_FROM, set->kind->listFunc, error))
        return -1;
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    void **handles = list ? g_new0(void *, all->n + 1) : NULL;
    int n = 0;
    for (guint i = 0; i < all->n; i++) {
        virTestObj *obj = (virTestObj *)all->byName[i].obj;
        g_mutex_lock(&set->lock);
        bool in = passes(obj, flags);
        g_mutex_unlock(&set->lock);
        if (in && handles)
            handles[n] = virTestHandle(obj, conn);
        n += in;
    }
    if (list)
        *list = handles;
    return n;
}

char *virTestXml(virTestObj *taken, unsigned int flags, GError **error)
{
    g_autoptr(virTestObj) obj = taken;
    if (!obj || !virFlagsCheck(flags, 0, VIR_FROM, obj->kind->xmlFunc, error))
        return NULL;
    gpointer def = virTestObjDef(obj);
    GString *out = g_string_new(NULL);
    virXmlFormat(obj->kind->xml, NULL, def, 0, out, 0);
    virTestDefUnref(obj->kind->xml, def);
    return g_string_free(out, FALSE);
}

/* ---- changing ---- */

bool virTestCheckActive(virTestObj *obj, bool active, const char *words, GError **error)
{
    if (obj->active == active)
        return true;
    if (obj->kind->state)
        virSetError(error, VIR_ERR_OPERATION_INVALID, "%s '%s' %s", obj->kind->state, obj->head.name, words);
    else
        virSetError(error, VIR_ERR_OPERATION_INVALID, NULL);
    return false;
}

/* The object that `def` describes, if there is one; `clash` when something stands in the way. */
static virTestObj *sameObject(virTestSet *set, const char *name, const unsigned char *uuid, virTestHow how, bool *clash, GError **error)
{
    const virTestKind *kind = set->kind;
    g_autoptr(virTestObj) named = virRegistryFindName(set->objects, name);
    g_autoptr(virTestObj) same = uuid ? virRegistryFind(set->objects, uuid) : virRegistryFindName(set->objects, name);
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
    if (same && (how & VIR_TEST_START) && same->active) {
        virErrorSet(error, kind->from, VIR_ERR_OPERATION_INVALID, "%s is already active as '%s'", kind->define, name);
        return NULL;
    }
    *clash = false;
    return g_steal_pointer(&same);
}

static virTestObj *objNew(virTestSet *set, gpointer def, const char *name, const unsigned char *uuid)
{
    unsigned char own[16];
    if (!uuid)
        virUUIDGenerate(own);
    virTestObj *obj = g_new0(virTestObj, 1);
    virObjInit(&obj->head, uuid ? uuid : own, name, objFree);
    obj->set = set;
    obj->kind = set->kind;
    obj->def = def;
    return obj;
}

/* The set is locked; `def` is taken when the answer is not NULL. */
static virTestObj *addLocked(virTestSet *set, gpointer def, virTestHow how, GError **error)
{
    const virTestKind *kind = set->kind;
    const char *name = G_STRUCT_MEMBER(char *, def, kind->name);
    const unsigned char *uuid = kind->uuid ? G_STRUCT_MEMBER_P(def, kind->uuid) : NULL;
    bool clash;
    g_autoptr(virTestObj) obj = sameObject(set, name, uuid, how, &clash, error);
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    if (clash || (kind->accept && !kind->accept(all, def, error)))
        return NULL;
    if (!obj) {
        obj = objNew(set, def, name, uuid);
        virRegistryAdd(set->objects, &obj->head);       /* nothing is in the way: the lock is held since it was looked for */
    } else {
        if (how == VIR_TEST_START && obj->persistent)
            obj->next = virTestDefRef(obj->def);        /* what it is again once it has stopped */
        gpointer *place = obj->active ? &obj->next : &obj->def;
        virTestDefUnref(kind->xml, *place);
        *place = def;
    }
    obj->persistent |= (how & VIR_TEST_DEFINE) != 0;
    obj->active |= (how & VIR_TEST_START) != 0;
    return g_steal_pointer(&obj);
}

virTestObj *virTestAdd(virTestSet *set, gpointer def, virTestHow how, GError **error)
{
    if (!def)
        return NULL;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&set->lock);
    virTestObj *obj = addLocked(set, def, how, error);
    if (!obj)
        virTestDefUnref(set->kind->xml, def);
    return obj;
}

gpointer virTestAddXml(virTestSet *set, virConnectPtr conn, const char *xml, virTestHow how, GError **error)
{
    g_autoptr(virTestObj) obj = virTestAdd(set, set->kind->parse(xml, NULL, error), how, error);
    return obj ? virTestHandle(obj, conn) : NULL;
}

int virTestStart(virTestObj *taken, GError **error)
{
    g_autoptr(virTestObj) obj = taken;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    if (!virTestCheckActive(obj, false, obj->kind->running, error))
        return -1;
    obj->active = true;
    return 0;
}

int virTestStop(virTestObj *taken, GError **error)
{
    g_autoptr(virTestObj) obj = taken;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    if (obj->kind->notRunning && !virTestCheckActive(obj, true, obj->kind->notRunning, error))
        return -1;
    obj->active = false;
    if (obj->next) {
        virTestDefUnref(obj->kind->xml, obj->def);
        obj->def = g_steal_pointer(&obj->next);
    }
    if (!obj->persistent)
        virRegistryRemove(obj->set->objects, &obj->head);
    return 0;
}

int virTestUndefine(virTestObj *taken, GError **error)
{
    g_autoptr(virTestObj) obj = taken;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    if (obj->kind->stillRunning && !virTestCheckActive(obj, false, obj->kind->stillRunning, error))
        return -1;
    virRegistryRemove(obj->set->objects, &obj->head);
    return 0;
}

int virTestIsActive(virTestObj *taken)
{
    g_autoptr(virTestObj) obj = taken;
    g_autoptr(GMutexLocker) lock = obj ? g_mutex_locker_new(&obj->set->lock) : NULL;
    return obj ? obj->active : -1;
}

int virTestIsPersistent(virTestObj *taken)
{
    g_autoptr(virTestObj) obj = taken;
    g_autoptr(GMutexLocker) lock = obj ? g_mutex_locker_new(&obj->set->lock) : NULL;
    return obj ? obj->persistent : -1;
}

int virTestGetAutostart(virTestObj *taken, int *autostart)
{
    g_autoptr(virTestObj) obj = taken;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    *autostart = obj->autostart;
    return 0;
}

int virTestSetAutostart(virTestObj *taken, int autostart, GError **error)
{
    g_autoptr(virTestObj) obj = taken;
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    if (!obj->persistent && obj->kind->fileless) {
        virSetError(error, VIR_ERR_INVALID_ARG, "%s", obj->kind->fileless);
        return -1;
    }
    obj->autostart = autostart != 0;
    return 0;
}
