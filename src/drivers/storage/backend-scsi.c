/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools whose volumes are logical units that the host already has: of a SCSI host, of an iSCSI session, multipath devices. */
#define VIR_FROM VIR_FROM_STORAGE
#include "drivers/storage/storage.h"
#include "drivers/storage/units.h"
#include "base/util.h"
#include "host/scsi.h"
#include <string.h>

/* ---- units ---- */

bool virPoolUnits(virPoolTurn *turn, virStoragePoolDef *def, unsigned int host, GPtrArray *volumes, GError **error)
{
    g_autoptr(GPtrArray) units = virScsiUnits(virHostLocal(), host);
    for (guint i = 0; i < units->len; i++) {
        const virScsiUnit *u = units->pdata[i];
        g_autofree char *name = g_strdup_printf("unit:%u:%u:%u", u->bus, u->target, u->lun), *device = g_build_filename("/dev", u->block, NULL);
        g_autoptr(virStorageVolDef) vol = virTargetDevice(def, name, device, NULL);
        /* Without a name that stays there is no volume: the kernel's may be another's tomorrow. */
        if (!vol || (g_str_equal(vol->path, device) && !g_str_equal(def->path, "/dev")))
            continue;
        def->capacity += vol->capacity;
        def->allocation += vol->allocation;
        g_ptr_array_add(volumes, g_steal_pointer(&vol));
    }
    return true;
}

bool virPoolUnitLook(virPoolTurn *turn, virStorageVolDef *vol, GError **error)
{
    virTargetResult result = virTargetLook(vol, false, error);
    if (result == VIR_TARGET_SKIP)
        virSetError(error, VIR_ERR_NO_STORAGE_VOL, "no storage vol with matching path '%s'", vol->path);
    return result == VIR_TARGET_OK;
}

/* ---- SCSI hosts ---- */

static bool hostOf(const virStoragePoolDef *def, unsigned int *number, GError **error)
{
    const virStorageAdapter *a = def->adapter;
    bool known;
    if (a->type == VIR_STORAGE_ADAPTER_FC_HOST) {
        known = virScsiHostByWwn(virHostLocal(), a->wwnn, a->wwpn, number);
        if (!known)
            virSetError(error, VIR_ERR_XML_ERROR, "Failed to find SCSI host with wwnn='%s', wwpn='%s': virtual ports are not made, have the host make it",
                        a->wwnn, a->wwpn);
    } else if (a->hasParentAddr) {
        g_autofree char *address = g_strdup_printf("%04x:%02x:%02x.%x", a->parentAddr.domain, a->parentAddr.bus, a->parentAddr.slot, a->parentAddr.function);
        known = virScsiHostByParent(virHostLocal(), address, a->uniqueId, number);
        if (!known)
            virSetError(error, VIR_ERR_XML_ERROR, "Failed to find scsi_host using PCI '%s' and unique_id='%u'", address, a->uniqueId);
    } else {
        known = virScsiHostNumber(a->name, number);
        if (!known)
            virSetError(error, VIR_ERR_XML_ERROR, "Invalid adapter name '%s' for SCSI pool", a->name);
    }
    return known;
}

static bool scsiActive(virPoolTurn *turn)
{
    unsigned int number;
    if (!hostOf(turn->def, &number, NULL))
        return false;
    g_autofree char *path = g_strdup_printf("%s/class/scsi_host/host%u", virHostLocal()->sys, number);
    return g_file_test(path, G_FILE_TEST_IS_DIR);
}

static bool scsiStart(virPoolTurn *turn, GError **error)
{
    unsigned int number;
    return hostOf(turn->def, &number, error);
}

static bool scsiRefresh(virPoolTurn *turn, virStoragePoolDef *def, GPtrArray *volumes, GError **error)
{
    unsigned int number;
    return hostOf(def, &number, error) && virScsiRescan(virHostLocal(), number, error) && virPoolUnits(turn, def, number, volumes, error);
}

/* ---- multipath ---- */

static bool mpathRefresh(virPoolTurn *turn, virStoragePoolDef *def, GPtrArray *volumes, GError **error)
{
    g_autoptr(GPtrArray) devices = g_ptr_array_new_with_free_func(g_free), names = virMultipathNames(virHostLocal(), devices);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename("/dev/mapper", names->pdata[i], NULL);
        g_autoptr(virStorageVolDef) vol = g_new0(virStorageVolDef, 1);
        vol->refs = 1;
        vol->name = g_strdup(devices->pdata[i]);
        vol->path = g_steal_pointer(&path);
        vol->key = g_strdup(vol->path);
        if (virTargetLook(vol, false, NULL) != VIR_TARGET_OK)
            continue;
        def->capacity += vol->capacity;
        def->allocation += vol->allocation;
        g_ptr_array_add(volumes, g_steal_pointer(&vol));
    }
    return true;
}

const virPoolBackend virPoolBackendScsi = { .active = scsiActive, .start = scsiStart, .refresh = scsiRefresh, .lookVolume = virPoolUnitLook };
const virPoolBackend virPoolBackendMpath = { .refresh = mpathRefresh, .lookVolume = virPoolUnitLook };
