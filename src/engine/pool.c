/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls about storage pools that need no storage: lists, lookups, definitions, autostart, events. */
#define VIR_FROM VIR_FROM_STORAGE
#include "engine/pool.h"
#include "src/api/connect.h"

gpointer virPoolHandle(virConnectPtr conn, const char *name, const unsigned char *uuid, gconstpointer def)
{
    return virStoragePoolNew(conn, name, uuid);
}

bool virPoolAccept(virRegistrySnapshot *all, gpointer data, GError **error)
{
    const virStoragePoolDef *def = data;
    for (guint i = 0; i < all->n; i++) {
        const virStoragePoolDef *other = ((virObject *)all->byUuid[i])->def;
        if (g_str_equal(other->name, def->name) || !virPoolSourcesClash(def, other))
            continue;
        virErrorSet(error, VIR_FROM_STORAGE, VIR_ERR_OPERATION_FAILED, "Storage source conflict with pool: '%s'", other->name);
        return false;
    }
    return true;
}

static const unsigned int typeFlags[virStoragePoolKindLast] = {
#define TYPE(name) [VIR_STORAGE_POOL_##name] = VIR_CONNECT_LIST_STORAGE_POOLS_##name
    TYPE(DIR), TYPE(FS), TYPE(NETFS), TYPE(LOGICAL), TYPE(DISK), TYPE(ISCSI), TYPE(SCSI), TYPE(MPATH), TYPE(RBD), TYPE(SHEEPDOG),
    TYPE(GLUSTER), TYPE(ZFS), TYPE(VSTORAGE), [VIR_STORAGE_POOL_ISCSI_DIRECT] = VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI_DIRECT,
};

bool virPoolPasses(gconstpointer data, unsigned int flags)
{
    const virStoragePoolDef *def = data;
    unsigned int types = flags & ~0x3fu;
    return !types || (typeFlags[def->type] & types);
}

static virObject *find(virStoragePoolPtr pool, GError **error)
{
    return virObjectFindName(pool->conn->storagePriv, pool->name, error);
}

static int storagePoolIsActive(virStoragePoolPtr pool, GError **error)
{
    return virObjectIsActive(virObjectFind(pool->conn->storagePriv, pool->uuid, error));
}

static int storagePoolIsPersistent(virStoragePoolPtr pool, GError **error)
{
    return virObjectIsPersistent(virObjectFind(pool->conn->storagePriv, pool->uuid, error));
}

static int storagePoolGetAutostart(virStoragePoolPtr pool, int *autostart, GError **error)
{
    return virObjectGetAutostart(find(pool, error), autostart);
}

static int storagePoolSetAutostart(virStoragePoolPtr pool, int autostart, GError **error)
{
    return virObjectSetAutostart(find(pool, error), autostart, error);
}

static char *storagePoolGetXMLDesc(virStoragePoolPtr pool, unsigned int flags, GError **error)
{
    return virObjectXml(find(pool, error), flags, error);
}

static int storagePoolDestroy(virStoragePoolPtr pool, GError **error)
{
    return virObjectStop(find(pool, error), error);
}

static int storagePoolUndefine(virStoragePoolPtr pool, GError **error)
{
    return virObjectUndefine(find(pool, error), error);
}

static virStoragePoolPtr storagePoolLookupByName(virConnectPtr conn, const char *name, GError **error)
{
    return virObjectLookupName(conn->storagePriv, conn, name, error);
}

static virStoragePoolPtr storagePoolLookupByUUID(virConnectPtr conn, const unsigned char *uuid, GError **error)
{
    return virObjectLookup(conn->storagePriv, conn, uuid, error);
}

static int connectListAllStoragePools(virConnectPtr conn, virStoragePoolPtr **list, unsigned int flags, GError **error)
{
    return virObjectListAll(conn->storagePriv, conn, (void ***)list, flags, error);
}

static int connectNumOfStoragePools(virConnectPtr conn, GError **error)
{
    return virObjectCount(conn->storagePriv, true);
}

static int connectNumOfDefinedStoragePools(virConnectPtr conn, GError **error)
{
    return virObjectCount(conn->storagePriv, false);
}

static int connectListStoragePools(virConnectPtr conn, char **const names, int maxnames, GError **error)
{
    return virObjectNames(conn->storagePriv, true, names, maxnames);
}

static int connectListDefinedStoragePools(virConnectPtr conn, char **const names, int maxnames, GError **error)
{
    return virObjectNames(conn->storagePriv, false, names, maxnames);
}

static int storagePoolCreate(virStoragePoolPtr pool, unsigned int flags, GError **error)
{
    virObjectSet *set = pool->conn->storagePriv;
    return virFlagsCheck(flags, 0, set->kind->self, "virStoragePoolCreate", error) ? virObjectStart(find(pool, error), error) : -1;
}

static virStoragePoolPtr storagePoolCreateXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    virObjectSet *set = conn->storagePriv;
    if (!virFlagsCheck(flags, 0, set->kind->self, "virStoragePoolCreateXML", error))
        return NULL;
    return virObjectAddXml(set, conn, xml, VIR_OBJECT_START, false, error);
}

static virStoragePoolPtr storagePoolDefineXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error)
{
    virObjectSet *set = conn->storagePriv;
    if (!virFlagsCheck(flags, VIR_STORAGE_POOL_DEFINE_VALIDATE, set->kind->self, "virStoragePoolDefineXML", error))
        return NULL;
    return virObjectAddXml(set, conn, xml, VIR_OBJECT_DEFINE, flags & VIR_STORAGE_POOL_DEFINE_VALIDATE, error);
}

static int storagePoolGetInfo(virStoragePoolPtr pool, virStoragePoolInfoPtr info, GError **error)
{
    g_autoptr(virObject) obj = find(pool, error);
    if (!obj)
        return -1;
    g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&obj->set->lock);
    const virStoragePoolDef *def = obj->def;
    *info = (virStoragePoolInfo){ .state = obj->active ? VIR_STORAGE_POOL_RUNNING : VIR_STORAGE_POOL_INACTIVE,
                                  .capacity = def->capacity, .allocation = def->allocation, .available = def->available };
    return 0;
}

static int connectStoragePoolEventRegisterAny(virConnectPtr conn, virStoragePoolPtr pool, int eventID,
                                              virConnectStoragePoolEventGenericCallback callback, void *opaque, virFreeCallback freecb,
                                              GError **error)
{
    return virObjectRegister(conn->storagePriv, conn, pool ? pool->uuid : NULL, eventID, callback, opaque, freecb, error);
}

static int connectStoragePoolEventDeregisterAny(virConnectPtr conn, int callbackID, GError **error)
{
    return virObjectDeregister(conn->storagePriv, conn, callbackID, error);
}

const virStorageDriver virPoolCalls = {
    .connectListAllStoragePools = connectListAllStoragePools,
    .connectNumOfStoragePools = connectNumOfStoragePools,
    .connectNumOfDefinedStoragePools = connectNumOfDefinedStoragePools,
    .connectListStoragePools = connectListStoragePools,
    .connectListDefinedStoragePools = connectListDefinedStoragePools,
    .storagePoolIsActive = storagePoolIsActive,
    .storagePoolIsPersistent = storagePoolIsPersistent,
    .storagePoolGetAutostart = storagePoolGetAutostart,
    .storagePoolSetAutostart = storagePoolSetAutostart,
    .storagePoolGetXMLDesc = storagePoolGetXMLDesc,
    .storagePoolDestroy = storagePoolDestroy,
    .storagePoolUndefine = storagePoolUndefine,
    .storagePoolLookupByName = storagePoolLookupByName,
    .storagePoolLookupByUUID = storagePoolLookupByUUID,
    .storagePoolCreate = storagePoolCreate,
    .storagePoolCreateXML = storagePoolCreateXML,
    .storagePoolDefineXML = storagePoolDefineXML,
    .storagePoolGetInfo = storagePoolGetInfo,
    .connectStoragePoolEventRegisterAny = connectStoragePoolEventRegisterAny,
    .connectStoragePoolEventDeregisterAny = connectStoragePoolEventDeregisterAny,
};
