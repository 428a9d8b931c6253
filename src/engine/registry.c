/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Registries: two sorted arrays in an immutable snapshot. */
#include "engine/registry.h"
#include <stdlib.h>
#include <string.h>

struct _virRegistry {
    GMutex current;             /* guards the pointer for the instant of taking a reference */
    GMutex writers;             /* one writer at a time */
    virRegistrySnapshot *snapshot;
};

static void virObjSetName(virObj *obj, const char *name)
{
    obj->names = g_slist_prepend(obj->names, g_strdup(name));
    g_atomic_pointer_set(&obj->name, obj->names->data);
}

void virObjInit(virObj *obj, const unsigned char *uuid, const char *name, void (*free)(virObj *obj))
{
    g_atomic_ref_count_init(&obj->refs);
    memcpy(obj->uuid, uuid, 16);
    obj->names = NULL;
    virObjSetName(obj, name);
    obj->actor = virActorNew(name);
    obj->free = free;
}

gpointer virObjRef(gpointer data)
{
    virObj *obj = data;
    g_atomic_ref_count_inc(&obj->refs);
    return obj;
}

void virObjUnref(gpointer data)
{
    virObj *obj = data;
    if (!obj || !g_atomic_ref_count_dec(&obj->refs))
        return;
    virActorUnref(obj->actor);
    g_slist_free_full(obj->names, g_free);
    obj->free(obj);
}

static virRegistrySnapshot *snapshotNew(guint n)
{
    virRegistrySnapshot *s = g_new0(virRegistrySnapshot, 1);
    g_atomic_ref_count_init(&s->refs);
    s->n = n;
    s->byUuid = g_new(virObj *, n + 1);
    s->byName = g_new(virRegistryName, n + 1);
    return s;
}

void virRegistrySnapshotUnref(virRegistrySnapshot *s)
{
    if (!s || !g_atomic_ref_count_dec(&s->refs))
        return;
    for (guint i = 0; i < s->n; i++)
        virObjUnref(s->byUuid[i]);
    g_free(s->byUuid);
    g_free(s->byName);
    g_free(s);
}

virRegistry *virRegistryNew(void)
{
    virRegistry *r = g_new0(virRegistry, 1);
    g_mutex_init(&r->current);
    g_mutex_init(&r->writers);
    r->snapshot = snapshotNew(0);
    return r;
}

void virRegistryFree(virRegistry *r)
{
    if (!r)
        return;
    virRegistrySnapshotUnref(r->snapshot);
    g_mutex_clear(&r->current);
    g_mutex_clear(&r->writers);
    g_free(r);
}

virRegistrySnapshot *virRegistryGet(virRegistry *r)
{
    g_mutex_lock(&r->current);
    virRegistrySnapshot *s = r->snapshot;
    g_atomic_ref_count_inc(&s->refs);
    g_mutex_unlock(&r->current);
    return s;
}

static void registryReplace(virRegistry *r, virRegistrySnapshot *next)
{
    g_mutex_lock(&r->current);
    virRegistrySnapshot *old = r->snapshot;
    r->snapshot = next;
    g_mutex_unlock(&r->current);
    virRegistrySnapshotUnref(old);
}

static int compareUuid(const void *a, const void *b)
{
    return memcmp((*(virObj *const *)a)->uuid, (*(virObj *const *)b)->uuid, 16);
}

static int compareName(const void *a, const void *b)
{
    return strcmp(((const virRegistryName *)a)->name, ((const virRegistryName *)b)->name);
}

/* Index of the first of `n` entries that is not smaller than `key`. */
static guint lowerBound(const void *list, gsize width, guint n, const void *key, int (*compare)(const void *, const void *),
                        bool *hit)
{
    guint low = 0, high = n;
    while (low < high) {
        guint mid = (low + high) / 2;
        if (compare((const char *)list + mid * width, key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *hit = low < n && compare((const char *)list + low * width, key) == 0;
    return low;
}

static guint findUuid(const virRegistrySnapshot *s, const virObj *key, bool *hit)
{
    return lowerBound(s->byUuid, sizeof(*s->byUuid), s->n, &key, compareUuid, hit);
}

static guint findName(const virRegistrySnapshot *s, const char *name, bool *hit)
{
    virRegistryName key = { .name = name };
    return lowerBound(s->byName, sizeof(*s->byName), s->n, &key, compareName, hit);
}

gpointer virRegistryFind(virRegistry *r, const unsigned char *uuid)
{
    g_autoptr(virRegistrySnapshot) s = virRegistryGet(r);
    virObj key;
    bool hit;
    memcpy(key.uuid, uuid, 16);
    guint at = findUuid(s, &key, &hit);
    return hit ? virObjRef(s->byUuid[at]) : NULL;
}

gpointer virRegistryFindName(virRegistry *r, const char *name)
{
    g_autoptr(virRegistrySnapshot) s = virRegistryGet(r);
    bool hit;
    guint at = findName(s, name, &hit);
    return hit ? virObjRef(s->byName[at].obj) : NULL;
}

/* The next snapshot with `obj`, whose UUID and name are not in `old`. */
static virRegistrySnapshot *snapshotWith(const virRegistrySnapshot *old, virObj *obj)
{
    bool unused;
    guint u = findUuid(old, obj, &unused), m = findName(old, obj->name, &unused);
    virRegistrySnapshot *next = snapshotNew(old->n + 1);
    memcpy(next->byUuid, old->byUuid, u * sizeof(*next->byUuid));
    next->byUuid[u] = obj;
    memcpy(next->byUuid + u + 1, old->byUuid + u, (old->n - u) * sizeof(*next->byUuid));
    memcpy(next->byName, old->byName, m * sizeof(*next->byName));
    next->byName[m] = (virRegistryName){ obj->name, obj };
    memcpy(next->byName + m + 1, old->byName + m, (old->n - m) * sizeof(*next->byName));
    for (guint i = 0; i < next->n; i++)
        virObjRef(next->byUuid[i]);
    return next;
}

gpointer virRegistryAdd(virRegistry *r, virObj *obj)
{
    bool hitUuid, hitName;
    g_mutex_lock(&r->writers);
    virRegistrySnapshot *old = r->snapshot;
    guint u = findUuid(old, obj, &hitUuid), m = findName(old, obj->name, &hitName);
    gpointer other = hitUuid ? virObjRef(old->byUuid[u]) : hitName ? virObjRef(old->byName[m].obj) : NULL;
    if (!other)
        registryReplace(r, snapshotWith(old, obj));
    g_mutex_unlock(&r->writers);
    return other;
}

void virRegistryAddMany(virRegistry *r, GPtrArray *objs, GPtrArray *rejected)
{
    g_mutex_lock(&r->writers);
    virRegistrySnapshot *old = r->snapshot;
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    for (guint i = 0; i < old->n; i++) {
        g_ptr_array_add(all, old->byUuid[i]);
        g_hash_table_add(names, (gpointer)old->byUuid[i]->name);
    }
    for (guint i = 0; i < objs->len; i++) {
        virObj *obj = objs->pdata[i];
        g_ptr_array_add(g_hash_table_add(names, (gpointer)obj->name) ? all : rejected, obj);
    }
    g_ptr_array_sort(all, compareUuid);
    virRegistrySnapshot *next = snapshotNew(all->len);
    next->n = 0;
    for (guint i = 0; i < all->len; i++) {
        virObj *obj = all->pdata[i];
        if (next->n && memcmp(next->byUuid[next->n - 1]->uuid, obj->uuid, 16) == 0) {
            g_ptr_array_add(rejected, obj);
        } else {
            next->byName[next->n] = (virRegistryName){ obj->name, obj };
            next->byUuid[next->n++] = virObjRef(obj);
        }
    }
    qsort(next->byName, next->n, sizeof(*next->byName), compareName);
    registryReplace(r, next);
    g_mutex_unlock(&r->writers);
}

static virRegistrySnapshot *snapshotWithout(virRegistrySnapshot *old, virObj *obj)
{
    virRegistrySnapshot *next = snapshotNew(old->n);
    guint m = 0;
    next->n = 0;
    for (guint i = 0; i < old->n; i++) {
        if (old->byUuid[i] != obj)
            next->byUuid[next->n++] = virObjRef(old->byUuid[i]);
        if (old->byName[i].obj != obj)
            next->byName[m++] = old->byName[i];
    }
    return next;
}

bool virRegistryRemove(virRegistry *r, virObj *obj)
{
    g_mutex_lock(&r->writers);
    virRegistrySnapshot *next = snapshotWithout(r->snapshot, obj);
    bool removed = next->n < r->snapshot->n;
    registryReplace(r, next);
    g_mutex_unlock(&r->writers);
    return removed;
}

bool virRegistryRename(virRegistry *r, virObj *obj, const char *name)
{
    bool taken;
    g_mutex_lock(&r->writers);
    findName(r->snapshot, name, &taken);
    if (!taken) {
        g_autoptr(virRegistrySnapshot) without = snapshotWithout(r->snapshot, obj);
        virObjSetName(obj, name);
        registryReplace(r, snapshotWith(without, obj));
    }
    g_mutex_unlock(&r->writers);
    return !taken;
}
