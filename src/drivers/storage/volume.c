/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls about volumes that touch storage: make, copy, delete, resize, wipe, look. */
#define VIR_FROM VIR_FROM_STORAGE
#define VIR_LOG_NAME "storage.volume"
#include "drivers/storage/storage.h"
#include "base/log.h"
#include <string.h>

/* How long who asks waits for the storage; and for somebody in the lane who has come just now. */
enum { LOOK_WAIT_MS = 2000, HOLDER_BRIEF_MS = 300 };
static const virPoolNeed DATA = (virPoolNeed)(VIR_POOL_ACTIVE | VIR_POOL_PATIENT);

static const virPoolBackend *backendOf(virPoolTurn *turn)
{
    return virPoolBackendOf(turn->def->type);
}

static virObject *poolNamed(virConnectPtr conn, const char *name, GError **error)
{
    return virObjectFindName(conn->storagePriv, name, error);
}

static virPoolTurn *turnOf(virStorageVolPtr vol, const char *what, virPoolNeed need, GError **error)
{
    g_autoptr(virObject) obj = poolNamed(vol->conn, vol->pool, error);
    return obj ? virPoolTurnNew(obj, what, need, error) : NULL;
}

/* The volume that a handle means, in a turn of its pool. */
static virStorageVolDef *volumeIn(virPoolTurn *turn, const char *name, GError **error)
{
    virStorageVolDef *vol = virPoolVolumeIn(turn->volumes, name);
    if (!vol)
        virSetError(error, VIR_ERR_NO_STORAGE_VOL, "no storage vol with matching name '%s'", name);
    return vol ? virStorageVolDefRef(vol) : NULL;
}

static void changed(virPoolTurn *turn, virStorageVolDef *vol, bool remove, long long bytes)
{
    g_autoptr(GError) error = NULL;
    virPoolTurnVolume(turn, vol, remove, bytes);
    if (backendOf(turn)->refreshAfter && !virPoolRefreshIn(turn, &error))
        virWarn("what is known of pool '%s' is old: %s", turn->obj->head.name, error->message);
}

/* ---- make ---- */

static bool canMake(virPoolTurn *turn, GError **error)
{
    if (!backendOf(turn)->makeVolume)
        virSetError(error, VIR_ERR_NO_SUPPORT, "storage pool does not support volume creation");
    return backendOf(turn)->makeVolume != NULL;
}

static virStorageVolDef *parse(virPoolTurn *turn, const char *xml, unsigned int flags, bool copy, GError **error)
{
    unsigned int how = VIR_STORAGE_VOL_NO_CAPACITY | (flags & VIR_STORAGE_VOL_CREATE_VALIDATE ? VIR_DOCUMENT_VALIDATE : 0);
    g_autoptr(virStorageVolDef) vol = virStorageVolDefParseFor(turn->def->type, xml, NULL, how, error);
    if (!vol)
        return NULL;
    if (!vol->hasCapacity && !copy && !vol->backingPath) {
        virSetError(error, VIR_ERR_XML_ERROR, "missing capacity element");
        return NULL;
    }
    return g_steal_pointer(&vol);
}

static bool make(virPoolTurn *turn, virStorageVolDef *vol, const virStorageVolDef *from, unsigned int flags, GError **error)
{
    const virPoolBackend *backend = backendOf(turn);
    if ((backend->placeVolume && !backend->placeVolume(turn, vol, error)) || !backend->makeVolume(turn, vol, from, flags, error))
        return false;
    changed(turn, vol, false, (long long)vol->allocation);
    return true;
}

static virStorageVolPtr storageVolCreateXML(virStoragePoolPtr pool, const char *xml, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA | VIR_STORAGE_VOL_CREATE_VALIDATE, VIR_FROM, "storageVolCreateXML", error))
        return NULL;
    g_autoptr(virObject) obj = virObjectFind(pool->conn->storagePriv, pool->uuid, error);
    g_autoptr(virPoolTurn) turn = obj ? virPoolTurnNew(obj, "virStorageVolCreateXML", DATA, error) : NULL;
    g_autoptr(virStorageVolDef) vol = turn && canMake(turn, error) ? parse(turn, xml, flags, false, error) : NULL;
    if (vol && virPoolVolumeIn(turn->volumes, vol->name)) {
        virSetError(error, VIR_ERR_STORAGE_VOL_EXIST, "'%s'", vol->name);
        return NULL;
    }
    return vol && make(turn, vol, NULL, flags, error) ? virPoolVolumeHandle(pool->conn, obj->head.name, vol) : NULL;
}

/* ---- copy ---- */

/* A copy is as large as its original at least, and stands on nothing else. */
static void inherit(virStorageVolDef *vol, const virStorageVolDef *from)
{
    if (vol->capacity < from->capacity)
        vol->capacity = from->capacity;
    if (!vol->hasAllocation)
        vol->allocation = vol->capacity;
    vol->hasAllocation = vol->hasCapacity = true;
    g_clear_pointer(&vol->backingPath, g_free);
    g_clear_pointer(&vol->backingFormat, g_free);
    g_clear_pointer(&vol->backingPerms.label, g_free);
    vol->backingPerms = (virStoragePerms){ 0 };
    char **times[] = { &vol->backingTimes.atime, &vol->backingTimes.mtime, &vol->backingTimes.ctime, &vol->backingTimes.btime };
    for (gsize i = 0; i < G_N_ELEMENTS(times); i++)
        g_clear_pointer(times[i], g_free);
}

static virStorageVolPtr copyIn(virPoolTurn *turn, virPoolTurn *source, virConnectPtr conn, const char *xml, const char *original, unsigned int flags,
                               GError **error)
{
    g_autoptr(virStorageVolDef) published = canMake(turn, error) ? volumeIn(source, original, error) : NULL;
    g_autoptr(virStorageVolDef) vol = published ? parse(turn, xml, flags, true, error) : NULL;
    if (!vol)
        return NULL;
    if (virPoolVolumeIn(turn->volumes, vol->name)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "storage volume name '%s' already in use.", vol->name);
        return NULL;
    }
    g_autoptr(virStorageVolDef) from = virStorageVolDefCopy(published);
    if (backendOf(source)->lookVolume && !backendOf(source)->lookVolume(source, from, error))
        return NULL;
    inherit(vol, from);
    return make(turn, vol, from, flags, error) ? virPoolVolumeHandle(conn, turn->obj->head.name, vol) : NULL;
}

static virStorageVolPtr storageVolCreateXMLFrom(virStoragePoolPtr pool, const char *xml, virStorageVolPtr clone, unsigned int flags, GError **error)
{
    const char *what = "virStorageVolCreateXMLFrom";
    if (!virFlagsCheck(flags, VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA | VIR_STORAGE_VOL_CREATE_REFLINK | VIR_STORAGE_VOL_CREATE_VALIDATE, VIR_FROM,
                       "storageVolCreateXMLFrom", error))
        return NULL;
    g_autoptr(virObject) to = virObjectFind(pool->conn->storagePriv, pool->uuid, error);
    g_autoptr(virObject) from = to ? poolNamed(clone->conn, clone->pool, error) : NULL;
    if (!from)
        return NULL;
    if (to == from) {
        g_autoptr(virPoolTurn) turn = virPoolTurnNew(to, what, DATA, error);
        return turn ? copyIn(turn, turn, pool->conn, xml, clone->name, flags, error) : NULL;
    }
    /* Everybody takes two lanes in the same order. */
    bool first = memcmp(to->head.uuid, from->head.uuid, sizeof(to->head.uuid)) < 0;
    g_autoptr(virPoolTurn) a = virPoolTurnNew(first ? to : from, what, DATA, error);
    g_autoptr(virPoolTurn) b = a ? virPoolTurnNew(first ? from : to, what, DATA, error) : NULL;
    return b ? copyIn(first ? a : b, first ? b : a, pool->conn, xml, clone->name, flags, error) : NULL;
}

/* ---- delete, resize, wipe ---- */

static int storageVolDelete(virStorageVolPtr handle, unsigned int flags, GError **error)
{
    g_autoptr(virPoolTurn) turn = turnOf(handle, "virStorageVolDelete", DATA, error);
    g_autoptr(virStorageVolDef) vol = turn ? volumeIn(turn, handle->name, error) : NULL;
    if (!vol)
        return -1;
    if (!backendOf(turn)->removeVolume) {
        virSetError(error, VIR_ERR_NO_SUPPORT, "storage pool does not support vol deletion");
        return -1;
    }
    if (!backendOf(turn)->removeVolume(turn, vol, flags, error))
        return -1;
    changed(turn, vol, true, -(long long)vol->allocation);
    return 0;
}

/* The size that is meant; false with the reason why it cannot be. */
static bool newSize(virPoolTurn *turn, const virStorageVolDef *vol, unsigned long long capacity, unsigned int flags, unsigned long long *size, GError **error)
{
    bool delta = flags & VIR_STORAGE_VOL_RESIZE_DELTA, shrink = flags & VIR_STORAGE_VOL_RESIZE_SHRINK;
    *size = !delta ? capacity : shrink ? vol->capacity - MIN(capacity, vol->capacity) : vol->capacity + capacity;
    if (*size < vol->allocation)
        virSetError(error, VIR_ERR_INVALID_ARG, "can't shrink capacity below existing allocation");
    else if (*size < vol->capacity && !shrink)
        virSetError(error, VIR_ERR_INVALID_ARG, "Can't shrink capacity below current capacity unless shrink flag explicitly specified");
    else if (flags & VIR_STORAGE_VOL_RESIZE_ALLOCATE && *size > vol->allocation && *size - vol->allocation > turn->def->available)
        virSetError(error, VIR_ERR_OPERATION_FAILED, "Not enough space left in storage pool");
    else
        return true;
    return false;
}

static int storageVolResize(virStorageVolPtr handle, unsigned long long capacity, unsigned int flags, GError **error)
{
    unsigned long long size;
    if (!virFlagsCheck(flags, VIR_STORAGE_VOL_RESIZE_ALLOCATE | VIR_STORAGE_VOL_RESIZE_DELTA | VIR_STORAGE_VOL_RESIZE_SHRINK, VIR_FROM,
                       "storageVolResize", error))
        return -1;
    g_autoptr(virPoolTurn) turn = turnOf(handle, "virStorageVolResize", DATA, error);
    g_autoptr(virStorageVolDef) published = turn ? volumeIn(turn, handle->name, error) : NULL;
    if (!published)
        return -1;
    if (!backendOf(turn)->resizeVolume) {
        virSetError(error, VIR_ERR_NO_SUPPORT, "storage pool does not support changing of volume capacity");
        return -1;
    }
    g_autoptr(virStorageVolDef) vol = virStorageVolDefCopy(published);
    if (!newSize(turn, vol, capacity, flags, &size, error) || !backendOf(turn)->resizeVolume(turn, vol, size, flags, error))
        return -1;
    vol->capacity = size;
    if (!backendOf(turn)->lookVolume(turn, vol, NULL))
        virWarn("volume '%s' was resized, and cannot be looked at", vol->name);
    changed(turn, vol, false, (long long)vol->allocation - (long long)published->allocation);
    return 0;
}

static int storageVolWipePattern(virStorageVolPtr handle, unsigned int algorithm, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "storageVolWipePattern", error))
        return -1;
    if (algorithm > VIR_STORAGE_VOL_WIPE_ALG_TRIM) {
        virSetError(error, VIR_ERR_INVALID_ARG, "wiping algorithm %u not supported", algorithm);
        return -1;
    }
    g_autoptr(virPoolTurn) turn = turnOf(handle, "virStorageVolWipePattern", DATA, error);
    g_autoptr(virStorageVolDef) vol = turn ? volumeIn(turn, handle->name, error) : NULL;
    if (!vol || !virVolumeWipe(turn, vol, algorithm, error))
        return -1;
    /* Nothing is left of what it was. */
    g_autoptr(virStorageVolDef) now = g_new0(virStorageVolDef, 1);
    now->refs = 1;
    now->name = g_strdup(vol->name);
    now->path = g_strdup(vol->path);
    now->key = g_strdup(vol->key);
    if (virTargetLook(now, vol->type == VIR_STORAGE_VOL_KIND_FILE, NULL) == VIR_TARGET_OK && vol->type == VIR_STORAGE_VOL_KIND_FILE)
        changed(turn, now, false, (long long)now->allocation - (long long)vol->allocation);
    return 0;
}

static int storageVolWipe(virStorageVolPtr vol, unsigned int flags, GError **error)
{
    return storageVolWipePattern(vol, VIR_STORAGE_VOL_WIPE_ALG_ZERO, flags, error);
}

/* ---- look ---- */

/* A question to the storage itself. Who asked waits for a moment only, then answers what is published. */
static bool look(virObject *obj, gpointer name, GError **error)
{
    g_autoptr(virPoolTurn) turn = virPoolTurnNew(obj, "virStorageVolGetInfo", VIR_POOL_ACTIVE, error);
    g_autoptr(virStorageVolDef) old = turn ? volumeIn(turn, name, error) : NULL;
    g_autoptr(virStorageVolDef) now = old ? virStorageVolDefCopy(old) : NULL;
    if (!now || !backendOf(turn)->lookVolume(turn, now, error))
        return false;
    if (!virXmlEqual(&virStorageVolDefXml, old, now))
        virPoolTurnVolume(turn, now, false, 0);
    return true;
}

/* False when the volume is known to be gone. */
static bool lookNow(virObject *obj, const char *name, GError **error)
{
    int64_t age = 0;
    g_autofree char *holder = virActorHolder(obj->head.actor, &age, NULL);
    g_autoptr(GError) why = NULL;
    if (holder && age > HOLDER_BRIEF_MS)
        return true;                    /* somebody works there, maybe for long */
    if (virPoolWorkRun(obj, "virStorageVolGetInfo", holder ? HOLDER_BRIEF_MS : LOOK_WAIT_MS, look, g_strdup(name), g_free, &why) != VIR_POOL_FAILED ||
        virErrorCode(why) == VIR_ERR_OPERATION_TIMEOUT)
        return true;
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

/* What the volume is now, as far as that can be told soon. */
static virStorageVolDef *current(virStorageVolPtr handle, virStoragePoolKind *type, GError **error)
{
    virObject *found = NULL;
    virStorageVolDef *vol = NULL;
    if (!virPoolVolumeFind(handle, &found, &vol, error))
        return NULL;
    g_autoptr(virObject) obj = found;
    virStorageVolDefUnref(g_steal_pointer(&vol));
    if (!lookNow(obj, handle->name, error) || !virPoolVolumeFind(handle, NULL, &vol, error))
        return NULL;
    g_autoptr(virStoragePoolDef) pool = virObjectDef(obj);
    *type = pool->type;
    return vol;
}

static int storageVolGetInfoFlags(virStorageVolPtr handle, virStorageVolInfoPtr info, unsigned int flags, GError **error)
{
    virStoragePoolKind type;
    if (!virFlagsCheck(flags, VIR_STORAGE_VOL_GET_PHYSICAL, VIR_FROM, "storageVolGetInfoFlags", error))
        return -1;
    g_autoptr(virStorageVolDef) vol = current(handle, &type, error);
    if (!vol)
        return -1;
    *info = (virStorageVolInfo){ .type = (int)vol->type, .capacity = vol->capacity,
                                 .allocation = flags & VIR_STORAGE_VOL_GET_PHYSICAL ? vol->physical : vol->allocation };
    return 0;
}

static int storageVolGetInfo(virStorageVolPtr vol, virStorageVolInfoPtr info, GError **error)
{
    return storageVolGetInfoFlags(vol, info, 0, error);
}

static char *storageVolGetXMLDesc(virStorageVolPtr handle, unsigned int flags, GError **error)
{
    virStoragePoolKind type;
    if (!virFlagsCheck(flags, 0, VIR_FROM, "storageVolGetXMLDesc", error))
        return NULL;
    g_autoptr(virStorageVolDef) vol = current(handle, &type, error);
    return vol ? virStorageVolDefFormatFor(type, vol) : NULL;
}

void virVolumeCallsFill(virStorageDriver *table)
{
    virPoolVolumeCalls(table);
    table->storageVolCreateXML = storageVolCreateXML;
    table->storageVolCreateXMLFrom = storageVolCreateXMLFrom;
    table->storageVolDelete = storageVolDelete;
    table->storageVolResize = storageVolResize;
    table->storageVolWipe = storageVolWipe;
    table->storageVolWipePattern = storageVolWipePattern;
    table->storageVolGetInfo = storageVolGetInfo;
    table->storageVolGetInfoFlags = storageVolGetInfoFlags;
    table->storageVolGetXMLDesc = storageVolGetXMLDesc;
    table->storageVolUpload = virVolumeUpload;
    table->storageVolDownload = virVolumeDownload;
}
