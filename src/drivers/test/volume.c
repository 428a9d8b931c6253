/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of the test driver's pools: definitions that take room of their pool. */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/volume.h"
#include "src/api/connect.h"

/* The volumes of an active pool as they are now. The listing of all has a sentence without the pool's name (`named`). */
static GPtrArray *volumesOf(virConnectPtr conn, const char *name, bool named, virObject **pool, GError **error)
{
    g_autoptr(virObject) obj = virObjectFindName(conn->storagePriv, name, error);
    if (!obj)
        return NULL;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    if (!named && !obj->active) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "storage pool is not active");
        return NULL;
    }
    if (!virObjectCheckActive(obj, true, obj->kind->notRunning, error))
        return NULL;
    GPtrArray *copy = g_ptr_array_new_with_free_func((GDestroyNotify)virStorageVolDefUnref);
    for (guint i = 0; obj->parts && i < obj->parts->len; i++)
        g_ptr_array_add(copy, virStorageVolDefRef(obj->parts->pdata[i]));
    if (pool)
        *pool = g_steal_pointer(&obj);
    return copy;
}

static virStorageVolDef *findIn(const GPtrArray *volumes, const char *name)
{
    for (guint i = 0; volumes && i < volumes->len; i++)
        if (g_str_equal(((virStorageVolDef *)volumes->pdata[i])->name, name))
            return volumes->pdata[i];
    return NULL;
}

static virStorageVolDef *missing(const char *by, const char *value, GError **error)
{
    virSetError(error, VIR_ERR_NO_STORAGE_VOL, "no storage vol with matching %s '%s'", by, value);
    return NULL;
}

static virStorageVolDef *findVol(virConnectPtr conn, const char *pool, const char *name, GError **error)
{
    g_autoptr(GPtrArray) volumes = volumesOf(conn, pool, true, NULL, error);
    virStorageVolDef *def = findIn(volumes, name);
    if (!def)
        return volumes ? missing("name", name, error) : NULL;
    return virStorageVolDefRef(def);
}

static virStorageVolPtr handleOf(virConnectPtr conn, const char *pool, const virStorageVolDef *def)
{
    return def ? virStorageVolNew(conn, pool, def->name, def->key) : NULL;
}

int virTestPoolNumOfVolumes(virStoragePoolPtr pool, GError **error)
{
    g_autoptr(GPtrArray) volumes = volumesOf(pool->conn, pool->name, true, NULL, error);
    return volumes ? (int)volumes->len : -1;
}

int virTestPoolListVolumes(virStoragePoolPtr pool, char **const names, int maxnames, GError **error)
{
    g_autoptr(GPtrArray) volumes = volumesOf(pool->conn, pool->name, true, NULL, error);
    int n = volumes ? MIN((int)volumes->len, maxnames) : -1;
    for (int i = 0; i < n; i++)
        names[i] = g_strdup(((virStorageVolDef *)volumes->pdata[i])->name);
    return n;
}

int virTestPoolListAllVolumes(virStoragePoolPtr pool, virStorageVolPtr **vols, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "testStoragePoolListAllVolumes", error))
        return -1;
    g_autoptr(GPtrArray) volumes = volumesOf(pool->conn, pool->name, false, NULL, error);
    if (!volumes)
        return -1;
    if (vols)
        *vols = g_new0(virStorageVolPtr, volumes->len + 1);
    for (guint i = 0; vols && i < volumes->len; i++)
        (*vols)[i] = handleOf(pool->conn, pool->name, volumes->pdata[i]);
    return volumes->len;
}

virStoragePoolPtr virTestPoolLookupByVolume(virStorageVolPtr vol, GError **error)
{
    return virObjectLookupName(vol->conn->storagePriv, vol->conn, vol->pool, error);
}

virStorageVolPtr virTestVolLookupByName(virStoragePoolPtr pool, const char *name, GError **error)
{
    g_autoptr(virStorageVolDef) def = findVol(pool->conn, pool->name, name, error);
    return handleOf(pool->conn, pool->name, def);
}

/* Among the volumes of all active pools, the one whose text at `offset` of its definition is `value`. */
static virStorageVolPtr lookupBy(virConnectPtr conn, const char *by, gsize offset, const char *value, GError **error)
{
    virObjectSet *set = conn->storagePriv;
    g_autoptr(virRegistrySnapshot) all = virRegistryGet(set->objects);
    for (guint i = 0; i < all->n; i++) {
        g_autoptr(GPtrArray) volumes = volumesOf(conn, all->byName[i].name, true, NULL, NULL);
        for (guint j = 0; volumes && j < volumes->len; j++)
            if (g_str_equal(G_STRUCT_MEMBER(char *, volumes->pdata[j], offset), value))
                return handleOf(conn, all->byName[i].name, volumes->pdata[j]);
    }
    missing(by, value, error);
    return NULL;
}

virStorageVolPtr virTestVolLookupByKey(virConnectPtr conn, const char *key, GError **error)
{
    return lookupBy(conn, "key", G_STRUCT_OFFSET(virStorageVolDef, key), key, error);
}

virStorageVolPtr virTestVolLookupByPath(virConnectPtr conn, const char *path, GError **error)
{
    return lookupBy(conn, "path", G_STRUCT_OFFSET(virStorageVolDef, path), path, error);
}

/* The set is locked: the pool's next definition, with `bytes` more allocated. */
static void account(virObject *pool, long long bytes)
{
    virStoragePoolDef *def = virStoragePoolDefCopy(pool->def);
    def->allocation += bytes;
    def->available = def->capacity - def->allocation;
    virObjectDefUnref(pool->kind->xml, pool->def);
    pool->def = def;
}

static bool addVol(virObject *pool, virStorageVolDef *def, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&pool->set->lock);
    const virStoragePoolDef *place = pool->def;
    if (!virObjectCheckActive(pool, true, pool->kind->notRunning, error))
        return false;
    if (findIn(pool->parts, def->name)) {
        virSetError(error, VIR_ERR_OPERATION_FAILED, "storage vol already exists");
        return false;
    }
    if (def->allocation > place->available) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "Not enough free space in pool for volume '%s'", def->name);
        return false;
    }
    g_free(def->path);
    def->path = g_strdup_printf("%s/%s", place->path ? place->path : "", def->name);
    g_free(def->key);
    def->key = g_strdup(def->path);
    if (!pool->parts)
        pool->parts = g_ptr_array_new_with_free_func((GDestroyNotify)virStorageVolDefUnref);
    g_ptr_array_add(pool->parts, virStorageVolDefRef(def));
    account(pool, (long long)def->allocation);
    return true;
}

static virStoragePoolKind poolType(virObject *pool)
{
    g_autoptr(virStoragePoolDef) def = virObjectDef(pool);
    return def->type;
}

virStorageVolPtr virTestVolCreateXML(virStoragePoolPtr pool, const char *xml, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "testStorageVolCreateXML", error))
        return NULL;
    virObject *found = NULL;
    g_autoptr(GPtrArray) active = volumesOf(pool->conn, pool->name, true, &found, error);
    g_autoptr(virObject) obj = found;
    g_autoptr(virStorageVolDef) def = active ? virStorageVolDefParseFor(poolType(obj), xml, NULL, 0, error) : NULL;
    return def && addVol(obj, def, error) ? handleOf(pool->conn, pool->name, def) : NULL;
}

int virTestVolDelete(virStorageVolPtr vol, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "testStorageVolDelete", error))
        return -1;
    g_autoptr(virObject) pool = virObjectFindName(vol->conn->storagePriv, vol->pool, error);
    if (!pool)
        return -1;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&pool->set->lock);
    if (!virObjectCheckActive(pool, true, pool->kind->notRunning, error))
        return -1;
    virStorageVolDef *def = findIn(pool->parts, vol->name);
    if (!def) {
        missing("name", vol->name, error);
        return -1;
    }
    account(pool, -(long long)def->allocation);
    g_ptr_array_remove(pool->parts, def);
    return 0;
}

int virTestVolGetInfo(virStorageVolPtr vol, virStorageVolInfoPtr info, GError **error)
{
    g_autoptr(virStorageVolDef) def = findVol(vol->conn, vol->pool, vol->name, error);
    if (!def)
        return -1;
    *info = (virStorageVolInfo){ .type = VIR_STORAGE_VOL_FILE, .capacity = def->capacity, .allocation = def->allocation };
    return 0;
}

char *virTestVolGetXMLDesc(virStorageVolPtr vol, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "testStorageVolGetXMLDesc", error))
        return NULL;
    g_autoptr(virStorageVolDef) def = findVol(vol->conn, vol->pool, vol->name, error);
    return def ? virStorageVolDefFormat(def, 0) : NULL;
}

char *virTestVolGetPath(virStorageVolPtr vol, GError **error)
{
    g_autoptr(virStorageVolDef) def = findVol(vol->conn, vol->pool, vol->name, error);
    return def ? g_strdup(def->path) : NULL;
}
