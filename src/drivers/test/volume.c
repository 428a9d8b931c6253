/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of the test driver's pools: definitions that take room of their pool. */
#define VIR_FROM VIR_FROM_TEST
#include "drivers/test/volume.h"
#include "engine/pool.h"
#include "src/api/connect.h"

int virTestPoolListAllVolumes(virStoragePoolPtr pool, virStorageVolPtr **vols, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "testStoragePoolListAllVolumes", error))
        return -1;
    g_autoptr(virObject) obj = virObjectFindName(pool->conn->storagePriv, pool->name, error);
    g_autoptr(GPtrArray) volumes = obj ? virPoolVolumes(obj, NULL) : NULL;
    if (obj && !volumes)        /* the one sentence without the pool's name */
        virSetError(error, VIR_ERR_OPERATION_INVALID, "storage pool is not active");
    return volumes ? virPoolListVolumes(pool->conn, pool->name, volumes, vols) : -1;
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

/* Readers may have the former array. */
static void replace(virObject *pool, virStorageVolDef *def, bool remove)
{
    GPtrArray *next = virPoolVolumesWith(pool->parts, def, remove);
    g_clear_pointer(&pool->parts, g_ptr_array_unref);
    pool->parts = next;
}

static bool addVol(virObject *pool, virStorageVolDef *def, GError **error)
{
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&pool->set->lock);
    const virStoragePoolDef *place = pool->def;
    if (!virObjectCheckActive(pool, true, pool->kind->notRunning, error))
        return false;
    if (virPoolVolumeIn(pool->parts, def->name)) {
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
    replace(pool, def, false);
    account(pool, (long long)def->allocation);
    return true;
}

static virStoragePoolKind poolType(virObject *pool)
{
    g_autoptr(virStoragePoolDef) def = virObjectDef(pool);
    return def->type;
}

/* A copy needs that its original is there; nothing of it is kept, since there is no data. */
static virStorageVolPtr make(virStoragePoolPtr pool, const char *xml, const char *original, GError **error)
{
    g_autoptr(virObject) obj = virObjectFindName(pool->conn->storagePriv, pool->name, error);
    g_autoptr(GPtrArray) active = obj ? virPoolVolumes(obj, error) : NULL;
    if (active && original && !virPoolVolumeIn(active, original)) {
        virSetError(error, VIR_ERR_NO_STORAGE_VOL, "no storage vol with matching name '%s'", original);
        return NULL;
    }
    g_autoptr(virStorageVolDef) def = active ? virStorageVolDefParseFor(poolType(obj), xml, NULL, 0, error) : NULL;
    return def && addVol(obj, def, error) ? virPoolVolumeHandle(pool->conn, pool->name, def) : NULL;
}

virStorageVolPtr virTestVolCreateXML(virStoragePoolPtr pool, const char *xml, unsigned int flags, GError **error)
{
    return virFlagsCheck(flags, 0, VIR_FROM, "testStorageVolCreateXML", error) ? make(pool, xml, NULL, error) : NULL;
}

virStorageVolPtr virTestVolCreateXMLFrom(virStoragePoolPtr pool, const char *xml, virStorageVolPtr clone, unsigned int flags, GError **error)
{
    return virFlagsCheck(flags, 0, VIR_FROM, "testStorageVolCreateXMLFrom", error) ? make(pool, xml, clone->name, error) : NULL;
}

int virTestVolDelete(virStorageVolPtr vol, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "testStorageVolDelete", error))
        return -1;
    virObject *found = NULL;
    g_autoptr(virStorageVolDef) def = NULL;
    if (!virPoolVolumeFind(vol, &found, &def, error))
        return -1;
    g_autoptr(virObject) pool = found;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&pool->set->lock);
    if (!virObjectCheckActive(pool, true, pool->kind->notRunning, error))
        return -1;
    if (virPoolVolumeIn(pool->parts, def->name) != def) {
        virSetError(error, VIR_ERR_NO_STORAGE_VOL, "no storage vol with matching name '%s'", vol->name);
        return -1;
    }
    account(pool, -(long long)def->allocation);
    replace(pool, def, true);
    return 0;
}

int virTestVolGetInfo(virStorageVolPtr vol, virStorageVolInfoPtr info, GError **error)
{
    g_autoptr(virStorageVolDef) def = NULL;
    if (!virPoolVolumeFind(vol, NULL, &def, error))
        return -1;
    *info = (virStorageVolInfo){ .type = VIR_STORAGE_VOL_FILE, .capacity = def->capacity, .allocation = def->allocation };
    return 0;
}

char *virTestVolGetXMLDesc(virStorageVolPtr vol, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "testStorageVolGetXMLDesc", error))
        return NULL;
    g_autoptr(virStorageVolDef) def = NULL;
    return virPoolVolumeFind(vol, NULL, &def, error) ? virStorageVolDefFormat(def, 0) : NULL;
}
