/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volume groups as pools, their logical volumes as volumes: by the tools of LVM. */
#define VIR_FROM VIR_FROM_STORAGE
#define VIR_LOG_NAME "storage.logical"
#include "drivers/storage/storage.h"
#include "base/log.h"
#include "host/blockdev.h"
#include <stdio.h>
#include <string.h>

/* ---- groups of this host ---- */

static virStoragePoolDef *groupNamed(GPtrArray *found, const char *name)
{
    for (guint i = 0; i < found->len; i++)
        if (g_str_equal(((virStoragePoolDef *)found->pdata[i])->sourceName, name))
            return found->pdata[i];
    virStoragePoolDef *def = g_new0(virStoragePoolDef, 1);
    def->refs = 1;
    def->type = VIR_STORAGE_POOL_LOGICAL;
    def->sourceName = g_strdup(name);
    def->format = g_strdup("lvm2");
    g_ptr_array_add(found, def);
    return def;
}

static GPtrArray *readGroups(GCancellable *cancel, GError **error)
{
    g_autofree char *text = NULL;
    GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)virStoragePoolDefUnref);
    virToolRun(VIR_ARGV("vgscan"), VIR_TOOL_SHORT_MS, cancel, NULL, NULL, NULL);        /* a stale cache is no reason to stop */
    if (!virToolRun(VIR_ARGV("pvs", "--noheadings", "-o", "pv_name,vg_name"), VIR_TOOL_SHORT_MS, cancel, &text, NULL, error)) {
        g_ptr_array_unref(found);
        return NULL;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        char path[512], name[256];
        if (sscanf(*l, " %511s %255s", path, name) != 2)
            continue;
        virStoragePoolDevice *device = g_new0(virStoragePoolDevice, 1);
        device->path = g_strdup(path);
        virListAppend(&groupNamed(found, name)->devices, device);
    }
    return found;
}

/* ---- the group ---- */

static bool active(virPoolTurn *turn)
{
    return g_file_test(turn->def->path, G_FILE_TEST_IS_DIR);
}

static bool activate(virPoolTurn *turn, const char *how, GError **error)
{
    return virPoolTool(turn, VIR_ARGV("vgchange", how, turn->def->sourceName), NULL, error);
}

/* Another group of that name, on other devices, is not this pool. */
static bool onDevices(const virStoragePoolDef *def, GPtrArray *groups, GError **error)
{
    const virStoragePoolDef *group = NULL;
    for (guint i = 0; i < groups->len && !group; i++)
        if (g_strcmp0(((virStoragePoolDef *)groups->pdata[i])->sourceName, def->sourceName) == 0)
            group = groups->pdata[i];
    for (unsigned int i = 0; group && i < def->devices.n; i++)
        for (unsigned int j = 0; j < group->devices.n; j++)
            if (g_str_equal(def->devices.v[i]->path, group->devices.v[j]->path))
                return true;
    if (group && def->devices.n == 0)
        return true;
    if (group)
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "cannot find any matching source devices for logical volume group '%s'", def->sourceName);
    else
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "cannot find logical volume group name '%s'", def->sourceName);
    return false;
}

static bool start(virPoolTurn *turn, GError **error)
{
    g_autoptr(GPtrArray) groups = readGroups(turn->cancel, error);
    return groups && onDevices(turn->def, groups, error) && activate(turn, "-aly", error);
}

static bool stop(virPoolTurn *turn, GError **error)
{
    return activate(turn, "-aln", error);
}

static bool emptyDevice(const char *path, GError **error)
{
    bool readable;
    const char *there = virBlockContents(path, &readable);
    if (readable && !there)
        return true;
    virSetError(error, VIR_ERR_STORAGE_PROBE_FAILED, readable ? "device '%s' holds data already (%s)" : "cannot read device '%s' (%s)", path,
                readable ? there : "is it there?");
    return false;
}

static bool build(virPoolTurn *turn, unsigned int flags, GError **error)
{
    const virStoragePoolDef *def = turn->def;
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_ptr_array_add(argv, (gpointer)"vgcreate");
    g_ptr_array_add(argv, def->sourceName);
    for (unsigned int i = 0; i < def->devices.n; i++)
        if (!(flags & VIR_STORAGE_POOL_BUILD_OVERWRITE) && !emptyDevice(def->devices.v[i]->path, error))
            return false;
    guint made = 0;
    bool ok = true;
    for (; ok && made < def->devices.n; made += ok) {
        const char *path = def->devices.v[made]->path;
        ok = (!(flags & VIR_STORAGE_POOL_BUILD_OVERWRITE) || virPoolTool(turn, VIR_ARGV("wipefs", "-a", path), NULL, error)) &&
             virPoolTool(turn, VIR_ARGV("pvcreate", path), NULL, error);
        g_ptr_array_add(argv, (gpointer)path);
    }
    g_ptr_array_add(argv, NULL);
    if (ok && virPoolTool(turn, (const char *const *)argv->pdata, NULL, error))
        return true;
    while (made-- > 0)
        if (!virPoolTool(turn, VIR_ARGV("pvremove", def->devices.v[made]->path), NULL, NULL))
            virWarn("'%s' stays a physical volume without a group", def->devices.v[made]->path);
    return false;
}

static bool removeGroup(virPoolTurn *turn, unsigned int flags, GError **error)
{
    const virStoragePoolDef *def = turn->def;
    if (!virFlagsCheck(flags, 0, VIR_FROM, "virStorageBackendLogicalDeletePool", error) ||
        !virPoolTool(turn, VIR_ARGV("vgremove", "-f", def->sourceName), NULL, error))
        return false;
    for (unsigned int i = 0; i < def->devices.n; i++)
        if (!virPoolTool(turn, VIR_ARGV("pvremove", def->devices.v[i]->path), NULL, error))
            return false;
    return true;
}

/* ---- its volumes ---- */

enum { LV_NAME, LV_ORIGIN, LV_UUID, LV_DEVICES, LV_SEGTYPE, LV_STRIPES, LV_SEGSIZE, LV_EXTENTSIZE, LV_SIZE, LV_ATTR, LV_POOL, LV_FIELDS };
#define LV_OPTIONS "lv_name,origin,uuid,devices,segtype,stripes,seg_size,vg_extent_size,size,lv_attr,pool_lv"

/* "/dev/sda2(7),/dev/sdb(0)": each is a stripe of the segment. */
static void addExtents(virStorageVolDef *vol, char **f)
{
    unsigned long long stripes = MAX(g_ascii_strtoull(f[LV_STRIPES], NULL, 10), 1), extent = g_ascii_strtoull(f[LV_EXTENTSIZE], NULL, 10);
    unsigned long long size = g_ascii_strtoull(f[LV_SEGSIZE], NULL, 10) / stripes;
    g_auto(GStrv) parts = g_strsplit(f[LV_DEVICES], ",", -1);
    for (char **p = parts; *p; p++) {
        char *number = strrchr(*p, '(');
        if (!number || g_str_equal(f[LV_SEGTYPE], "mirror") || g_str_has_prefix(f[LV_SEGTYPE], "raid") || **p != '/')
            continue;
        *number = 0;
        virStorageVolDevice *device = g_new0(virStorageVolDevice, 1);
        virStorageExtent *e = g_new0(virStorageExtent, 1);
        device->path = g_strdup(*p);
        e->start = g_ascii_strtoull(number + 1, NULL, 10) * extent;
        e->end = e->start + size;
        virListAppend(&device->extents, e);
        virListAppend(&vol->devices, device);
    }
}

static bool isVolume(char **f)
{
    char kind = f[LV_ATTR][0];          /* thin pools, images and logs of others, snapshots that are being merged */
    return !strchr("tTvileImS", kind) && f[LV_NAME][0] && f[LV_NAME][0] != '[' && strlen(f[LV_ATTR]) > 4 && f[LV_ATTR][4] == 'a';
}

/* One line is one segment; the first makes the volume. */
static void takeSegment(const virStoragePoolDef *def, char **f, GPtrArray *volumes)
{
    virStorageVolDef *vol = virPoolVolumeIn(volumes, f[LV_NAME]);
    if (!isVolume(f))
        return;
    if (!vol) {
        vol = g_new0(virStorageVolDef, 1);
        vol->refs = 1;
        vol->type = VIR_STORAGE_VOL_KIND_BLOCK;
        vol->name = g_strdup(f[LV_NAME]);
        vol->path = g_build_filename(def->path, f[LV_NAME], NULL);
        vol->key = g_strdup(f[LV_UUID]);
        g_ptr_array_add(volumes, vol);
        if (virTargetLook(vol, false, NULL) != VIR_TARGET_OK)
            vol->capacity = vol->physical = g_ascii_strtoull(f[LV_SIZE], NULL, 10);
        vol->allocation = g_ascii_strtoull(f[LV_SIZE], NULL, 10);
        if (f[LV_ORIGIN][0]) {
            vol->backingPath = g_build_filename(def->path, f[LV_ORIGIN], NULL);
            vol->backingFormat = g_strdup("raw");
        }
    }
    addExtents(vol, f);
}

static bool readVolumes(virPoolTurn *turn, const virStoragePoolDef *def, GPtrArray *volumes, GError **error)
{
    g_autofree char *text = NULL;
    if (!virPoolTool(turn, VIR_ARGV("lvs", "--separator", "#", "--noheadings", "--units", "b", "--unbuffered", "--nosuffix", "--options", LV_OPTIONS,
                                    def->sourceName), &text, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        g_auto(GStrv) f = g_strsplit(g_strstrip(*l), "#", -1);
        if (g_strv_length(f) >= LV_FIELDS)
            takeSegment(def, f, volumes);
    }
    return true;
}

static bool refresh(virPoolTurn *turn, virStoragePoolDef *def, GPtrArray *volumes, GError **error)
{
    g_autofree char *text = NULL;
    if (!readVolumes(turn, def, volumes, error) ||
        !virPoolTool(turn, VIR_ARGV("vgs", "--separator", ":", "--noheadings", "--units", "b", "--unbuffered", "--nosuffix", "--options",
                                    "vg_size,vg_free", def->sourceName), &text, error))
        return false;
    char *colon = strchr(g_strstrip(text), ':');
    if (!colon) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "the size of volume group '%s' is not understood: '%s'", def->sourceName, text);
        return false;
    }
    def->capacity = g_ascii_strtoull(text, NULL, 10);
    def->available = g_ascii_strtoull(colon + 1, NULL, 10);
    def->allocation = def->capacity - def->available;
    return true;
}

static bool look(virPoolTurn *turn, virStorageVolDef *vol, GError **error)
{
    unsigned long long allocation = vol->allocation;
    virTargetResult result = virTargetLook(vol, false, error);
    vol->allocation = allocation;       /* of a sparse one the device does not know it */
    if (result == VIR_TARGET_SKIP)
        virSetError(error, VIR_ERR_NO_STORAGE_VOL, "no storage vol with matching path '%s'", vol->path);
    return result == VIR_TARGET_OK;
}

static bool place(virPoolTurn *turn, virStorageVolDef *vol, GError **error)
{
    if (strchr(vol->name, '/')) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "volume name '%s' cannot contain '/'", vol->name);
        return false;
    }
    vol->type = VIR_STORAGE_VOL_KIND_BLOCK;
    g_free(vol->path);
    vol->path = g_build_filename(turn->def->path, vol->name, NULL);
    g_free(vol->key);
    vol->key = g_strdup(vol->path);     /* until it has its UUID */
    return true;
}

static bool removeVolume(virPoolTurn *turn, const virStorageVolDef *vol, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "virStorageBackendLogicalDeleteVol", error))
        return false;
    virPoolTool(turn, VIR_ARGV("lvchange", "-aln", vol->path), NULL, NULL);
    return virPoolTool(turn, VIR_ARGV("lvremove", "-f", vol->path), NULL, error);
}

static bool makeLogical(virPoolTurn *turn, const virStorageVolDef *vol, GError **error)
{
    const char *group = turn->def->sourceName;
    g_autofree char *size = g_strdup_printf("%lluK", (MAX(vol->capacity, 1) + 1023) / 1024);
    g_autofree char *room = g_strdup_printf("%lluK", (MAX(vol->allocation, 1) + 1023) / 1024);
    if (vol->backingPath)
        return virPoolTool(turn, VIR_ARGV("lvcreate", "--name", vol->name, "-L", size, "-s", vol->backingPath), NULL, error);
    if (vol->hasAllocation && vol->allocation < vol->capacity)
        return virPoolTool(turn, VIR_ARGV("lvcreate", "--name", vol->name, "-L", room, "--type", "snapshot", "--virtualsize", size, group), NULL, error);
    return virPoolTool(turn, VIR_ARGV("lvcreate", "--name", vol->name, "-L", size, group), NULL, error);
}

static bool make(virPoolTurn *turn, virStorageVolDef *vol, const virStorageVolDef *from, unsigned int flags, GError **error)
{
    if (vol->encryption && vol->encryption->format != VIR_STORAGE_ENCRYPTION_LUKS) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "storage pool does not support encrypted volumes");
        return false;
    }
    if (!makeLogical(turn, vol, error))
        return false;
    bool plain = !from || ((!from->format || g_str_equal(from->format, "raw")) && !from->encryption);
    g_autoptr(GPtrArray) now = g_ptr_array_new_with_free_func((GDestroyNotify)virStorageVolDefUnref);
    bool asked = vol->perms.hasMode || vol->perms.hasOwner || vol->perms.hasGroup;
    bool ok = (!from || (plain ? virVolumeCopyInto(turn, vol, from, flags, error) : virImageMake(turn, vol, from, flags, error))) &&
              (!asked || virTargetPermissions(vol->path, &vol->perms, 0600, false, error)) && readVolumes(turn, turn->def, now, error);
    virStorageVolDef *made = ok ? virPoolVolumeIn(now, vol->name) : NULL;
    if (ok && !made)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "logical volume '%s' was made, but it is not there", vol->name);
    if (!made) {
        removeVolume(turn, vol, 0, NULL);
        return false;
    }
    g_free(vol->key);
    vol->key = g_strdup(made->key);
    vol->allocation = made->allocation;
    return look(turn, vol, error);
}

/* ---- the search ---- */

static char *findGroups(const virStoragePoolDef *spec, GError **error)
{
    g_autoptr(GPtrArray) found = readGroups(NULL, error);
    return found ? virStoragePoolSourcesFormat((virStoragePoolDef *const *)found->pdata, found->len) : NULL;
}

const virPoolBackend virPoolBackendLogical = {
    .active = active, .start = start, .stop = stop,
    .buildFlags = VIR_STORAGE_POOL_BUILD_OVERWRITE | VIR_STORAGE_POOL_BUILD_NO_OVERWRITE, .build = build, .remove = removeGroup,
    .refresh = refresh, .refreshAfter = true, .findSources = findGroups,
    .placeVolume = place, .makeVolume = make, .removeVolume = removeVolume, .lookVolume = look,
};
