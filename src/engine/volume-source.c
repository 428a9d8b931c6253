/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks that name a volume of a pool: what the volume is on this host, asked of the storage driver in this daemon. */
#define VIR_FROM VIR_FROM_STORAGE
#include "api/handle.h"
#include "engine/object.h"
#include "model/storage-pool.h"
#include "model/tables.h"
#include "src/api/connect.h"
#include "src/api/driver.h"
#include <stdio.h>
#include <unistd.h>

static virStoragePoolDef *poolDef(virConnectPtr conn, virStoragePoolPtr pool, GError **error)
{
    g_autofree char *xml = conn->storage->storagePoolGetXMLDesc(pool, 0, error);
    return xml ? virStoragePoolDefParse(xml, NULL, 0, error) : NULL;
}

/* QEMU's own initiator reaches the logical unit that the volume's name tells. */
static bool direct(virStorageSource *s, const virStoragePoolDef *def, GError **error)
{
    unsigned int lun;
    if (def->hosts.n != 1 || def->devices.n != 1 || sscanf(s->volume, "unit:%*u:%*u:%*u:%u", &lun) != 1) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "volume '%s' of pool '%s' has no host, target and logical unit to be reached directly",
                    s->volume, s->pool);
        return false;
    }
    virStorageHost *host = g_new0(virStorageHost, 1);
    host->name = g_strdup(def->hosts.v[0]->name);
    host->port = def->hosts.v[0]->port ? def->hosts.v[0]->port : 3260;
    virListAppend(&s->hosts, host);
    s->actual = VIR_STORAGE_NETWORK;
    s->protocol = VIR_STORAGE_PROTOCOL_ISCSI;
    g_free(s->name);
    s->name = g_strdup_printf("%s/%u", def->devices.v[0]->path, lun);
    if (def->auth && !s->auth)
        s->auth = virXmlCopy(&virStorageAuthXml, def->auth);
    return true;
}

static bool take(virStorageSource *s, virConnectPtr conn, virStorageVolPtr vol, GError **error)
{
    static const virStorageType types[] = { [VIR_STORAGE_VOL_FILE] = VIR_STORAGE_FILE, [VIR_STORAGE_VOL_BLOCK] = VIR_STORAGE_BLOCK,
                                            [VIR_STORAGE_VOL_DIR] = VIR_STORAGE_DIR };
    virStorageVolInfo info;
    if (conn->storage->storageVolGetInfo(vol, &info, error) < 0)
        return false;
    if (info.type < 0 || info.type >= (int)G_N_ELEMENTS(types)) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "volume '%s' of pool '%s' is no file, device or folder of this host", s->volume, s->pool);
        return false;
    }
    g_free(s->path);
    s->path = conn->storage->storageVolGetPath(vol, error);
    s->actual = types[info.type];
    return s->path != NULL;
}

bool virObjectVolumeResolve(virStorageSource *s, GError **error)
{
    g_autoptr(virConnect) conn = virConnectOpenName(geteuid() == 0 ? "storage:///system" : "storage:///session", NULL, 0, error);
    g_autoptr(virStoragePool) pool = conn ? conn->storage->storagePoolLookupByName(conn, s->pool, error) : NULL;
    g_autoptr(virStoragePoolDef) def = pool ? poolDef(conn, pool, error) : NULL;
    if (!def)
        return false;
    if (conn->storage->storagePoolIsActive(pool, error) != 1) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "storage pool '%s' containing volume '%s' is not active", s->pool, s->volume);
        return false;
    }
    bool iscsi = def->type == VIR_STORAGE_POOL_ISCSI || def->type == VIR_STORAGE_POOL_ISCSI_DIRECT;
    if (s->mode && !iscsi) {
        virSetError(error, VIR_ERR_XML_ERROR, "disk source mode is only valid when storage pool is of iscsi type");
        return false;
    }
    g_autoptr(virStorageVol) vol = conn->storage->storageVolLookupByName(pool, s->volume, error);
    if (!vol)
        return false;
    return s->mode == VIR_STORAGE_POOL_MODE_DIRECT || def->type == VIR_STORAGE_POOL_ISCSI_DIRECT ? direct(s, def, error) : take(s, conn, vol, error);
}
