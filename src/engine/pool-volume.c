/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of pools as readers see them: lists and lookups in what is published, which never wait. */
#define VIR_FROM VIR_FROM_STORAGE
#include "engine/pool.h"
#include "src/api/connect.h"

GPtrArray *virPoolVolumes(virObject *obj, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    if (!virObjectCheckActive(obj, true, obj->kind->notRunning, error))
        return NULL;
    if (!obj->parts)
        obj->parts = g_ptr_array_new_with_free_func((GDestroyNotify)virStorageVolDefUnref);
    return g_ptr_array_ref(obj->parts);
}

virStorageVolDef *virPoolVolumeIn(const GPtrArray *volumes, const char *name)
{
    for (guint i = 0; volumes && i < volumes->len; i++)
        if (g_str_equal(((virStorageVolDef *)volumes->pdata[i])->name, name))
            return volumes->pdata[i];
    return NULL;
}

GPtrArray *virPoolVolumesWith(const GPtrArray *volumes, virStorageVolDef *def, bool remove)
{
    GPtrArray *next = g_ptr_array_new_with_free_func((GDestroyNotify)virStorageVolDefUnref);
    bool placed = remove;
    for (guint i = 0; volumes && i < volumes->len; i++) {
        virStorageVolDef *old = volumes->pdata[i];
        bool same = g_str_equal(old->name, def->name);
        if (!same)
            g_ptr_array_add(next, virStorageVolDefRef(old));
        else if (!remove)
            g_ptr_array_add(next, virStorageVolDefRef(def));
        placed |= same;
    }
    if (!placed)
        g_ptr_array_add(next, virStorageVolDefRef(def));
    return next;
}

static void missing(virObjectSet *set, const char *by, const char *value, GError **error)
{
    virErrorSet(error, set->kind->self, VIR_ERR_NO_STORAGE_VOL, "no storage vol with matching %s '%s'", by, value);
}

static GPtrArray *volumesOf(virConnectPtr conn, const char *name, GError **error)
{
    g_autoptr(virObject) obj = virObjectFindName(conn->storagePriv, name, error);
    return obj ? virPoolVolumes(obj, error) : NULL;
}

bool virPoolVolumeFind(virStorageVolPtr vol, virObject **pool, virStorageVolDef **def, GError **error)
{
    g_autoptr(virObject) obj = virObjectFindName(vol->conn->storagePriv, vol->pool, error);
    g_autoptr(GPtrArray) volumes = obj ? virPoolVolumes(obj, error) : NULL;
    virStorageVolDef *found = virPoolVolumeIn(volumes, vol->name);
    if (volumes && !found)
        missing(vol->conn->storagePriv, "name", vol->name, error);
    if (!found)
        return false;
    *def = virStorageVolDefRef(found);
    if (pool)
        *pool = g_steal_pointer(&obj);
    return true;
}

virStorageVolPtr virPoolVolumeHandle(virConnectPtr conn, const char *pool, const virStorageVolDef *def)
{
    return def ? virStorageVolNew(conn, pool, def->name, def->key) : NULL;
}

int virPoolListVolumes(virConnectPtr conn, const char *pool, const GPtrArray *volumes, virStorageVolPtr **list)
{
    if (list)
        *list = g_new0(virStorageVolPtr, volumes->len + 1);
    for (guint i = 0; list && i < volumes->len; i++)
        (*list)[i] = virPoolVolumeHandle(conn, pool, volumes->pdata[i]);
    return (int)volumes->len;
}

/* ---- the calls ---- */

static int storagePoolNumOfVolumes(virStoragePoolPtr pool, GError **error)
{
    g_autoptr(GPtrArray) volumes = volumesOf(pool->conn, pool->name, error);
    return volumes ? (int)volumes->len : -1;
}

static int storagePoolListVolumes(virStoragePoolPtr pool, char **const names, int maxnames, GError **error)
{
    g_autoptr(GPtrArray) volumes = volumesOf(pool->conn, pool->name, error);
    int n = volumes ? MIN((int)volumes->len, maxnames) : -1;
    for (int i = 0; i < n; i++)
        names[i] = g_strdup(((virStorageVolDef *)volumes->pdata[i])->name);
    return n;
}

static int storagePoolListAllVolumes(virStoragePoolPtr pool, virStorageVolPtr **vols, unsigned int flags, GError **error)
{
    virObjectSet *set = pool->conn->storagePriv;
    if (!virFlagsCheck(flags, 0, set->kind->self, "virStoragePoolListAllVolumes", error))
        return -1;
    g_autoptr(GPtrArray) volumes = volumesOf(pool->conn, pool->name, error);
    return volumes ? virPoolListVolumes(pool->conn, pool->name, volumes, vols) : -1;
}

static virStoragePoolPtr storagePoolLookupByVolume(virStorageVolPtr vol, GError **error)
{
    return virObjectLookupName(vol->conn->storagePriv, vol->conn, vol->pool, error);
}

static virStorageVolPtr storageVolLookupByName(virStoragePoolPtr pool, const char *name, GError **error)
{
    g_autoptr(GPtrArray) volumes = volumesOf(pool->conn, pool->name, error);
    virStorageVolDef *def = virPoolVolumeIn(volumes, name);
    if (volumes && !def)
        missing(pool->conn->storagePriv, "name", name, error);
    return virPoolVolumeHandle(pool->conn, pool->name, def);
}

/* Among the volumes of all active pools, the one whose text at `offset` of its definition is `value`. */
static virStorageVolPtr lookupBy(virConnectPtr conn, const char *by, gsize offset, const char *value, GError **error)
{
    virObjectSet *set = conn->storagePriv;
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    for (guint i = 0; i < all->n; i++) {
        g_autoptr(GPtrArray) volumes = virPoolVolumes((virObject *)all->byName[i].obj, NULL);
        for (guint j = 0; volumes && j < volumes->len; j++)
            if (g_strcmp0(G_STRUCT_MEMBER(char *, volumes->pdata[j], offset), value) == 0)
                return virPoolVolumeHandle(conn, all->byName[i].name, volumes->pdata[j]);
    }
    missing(set, by, value, error);
    return NULL;
}

static virStorageVolPtr storageVolLookupByKey(virConnectPtr conn, const char *key, GError **error)
{
    return lookupBy(conn, "key", G_STRUCT_OFFSET(virStorageVolDef, key), key, error);
}

static virStorageVolPtr storageVolLookupByPath(virConnectPtr conn, const char *path, GError **error)
{
    g_autofree char *tidy = g_strdup(path);
    virStorageTidyPath(&tidy);
    return lookupBy(conn, "path", G_STRUCT_OFFSET(virStorageVolDef, path), tidy, error);
}

static char *storageVolGetPath(virStorageVolPtr vol, GError **error)
{
    g_autoptr(virStorageVolDef) def = NULL;
    return virPoolVolumeFind(vol, NULL, &def, error) ? g_strdup(def->path) : NULL;
}

void virPoolVolumeCalls(virStorageDriver *table)
{
    table->storagePoolNumOfVolumes = storagePoolNumOfVolumes;
    table->storagePoolListVolumes = storagePoolListVolumes;
    table->storagePoolListAllVolumes = storagePoolListAllVolumes;
    table->storagePoolLookupByVolume = storagePoolLookupByVolume;
    table->storageVolLookupByName = storageVolLookupByName;
    table->storageVolLookupByKey = storageVolLookupByKey;
    table->storageVolLookupByPath = storageVolLookupByPath;
    table->storageVolGetPath = storageVolGetPath;
}
