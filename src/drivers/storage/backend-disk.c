/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks as pools, their partitions as volumes: by parted. */
#define VIR_FROM VIR_FROM_STORAGE
#include "drivers/storage/storage.h"
#include "host/blockdev.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What parted calls the tables that have other names here. */
static const char *label(const virStoragePoolDef *def)
{
    const char *format = def->format && !g_str_equal(def->format, "unknown") ? def->format : "dos";
    return g_str_equal(format, "dos") ? "msdos" : format;
}

static const char *disk(const virStoragePoolDef *def)
{
    return def->devices.n ? def->devices.v[0]->path : NULL;
}

/* ---- the table of partitions ---- */

typedef struct {
    unsigned long long start, end;      /* the byte after the last */
    int number;                         /* 0: free */
    char *system;
} Part;

static void partClear(gpointer data)
{
    g_free(((Part *)data)->system);
}

/* Lines of "parted -m": fields with colons, ended by a semicolon. */
static GArray *readParts(virPoolTurn *turn, unsigned long long *size, GError **error)
{
    g_autofree char *text = NULL;
    if (!virPoolTool(turn, VIR_ARGV("parted", "-m", "-s", disk(turn->def), "unit", "B", "print", "free"), &text, error))
        return NULL;
    GArray *parts = g_array_new(FALSE, TRUE, sizeof(Part));
    g_array_set_clear_func(parts, partClear);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        g_strchomp(*l);
        if (g_str_has_suffix(*l, ";"))
            (*l)[strlen(*l) - 1] = 0;
        g_auto(GStrv) f = g_strsplit(*l, ":", -1);
        guint n = g_strv_length(f);
        if (n >= 6 && **f == '/')
            *size = g_ascii_strtoull(f[1], NULL, 10);
        if (n < 5 || !g_ascii_isdigit(**f))
            continue;
        Part p = { g_ascii_strtoull(f[1], NULL, 10), g_ascii_strtoull(f[2], NULL, 10) + 1, 0, NULL };
        if (!g_str_equal(f[4], "free")) {
            p.number = atoi(f[0]);
            p.system = g_strdup(f[4]);
        }
        g_array_append_val(parts, p);
    }
    return parts;
}

/* "/dev/sda" and 1 are "/dev/sda1", "/dev/nvme0n1" and 1 are "/dev/nvme0n1p1". */
static char *partName(const virStoragePoolDef *def, int number)
{
    const char *path = disk(def);
    g_autofree char *real = realpath(path, NULL);
    const char *name = real ? real : path;
    virTristateBool wanted = def->devices.v[0]->partSeparator;
    bool separator = wanted ? wanted == VIR_TRISTATE_BOOL_YES : g_ascii_isdigit(name[strlen(name) - 1]);
    return g_strdup_printf(separator ? "%sp%d" : "%s%d", name, number);
}

static virStorageVolDef *volumeOf(const virStoragePoolDef *def, const Part *p)
{
    g_autofree char *device = partName(def, p->number), *name = g_path_get_basename(device);
    virStorageVolDef *vol = virTargetDevice(def, name, device, NULL);
    if (!vol) {                         /* an extended partition has two sectors to look at, a new one no node yet */
        vol = g_new0(virStorageVolDef, 1);
        vol->refs = 1;
        vol->name = g_strdup(name);
        vol->path = g_build_filename(def->path, name, NULL);
        vol->key = g_strdup(vol->path);
        vol->type = VIR_STORAGE_VOL_KIND_BLOCK;
    }
    vol->capacity = vol->allocation = vol->physical = p->end - p->start;
    g_free(vol->format);
    vol->format = g_strdup("none");
    virStorageVolDevice *source = g_new0(virStorageVolDevice, 1);
    virStorageExtent *e = g_new0(virStorageExtent, 1);
    source->path = g_strdup(disk(def));
    *e = (virStorageExtent){ p->start, p->end };
    virListAppend(&source->extents, e);
    virListAppend(&vol->devices, source);
    return vol;
}

/* ---- the pool ---- */

static bool thereIs(virPoolTurn *turn, GError **error)
{
    const char *path = disk(turn->def);
    if (path && g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    virSetError(error, VIR_ERR_INVALID_ARG, "device path '%s' doesn't exist", path ? path : "");
    return false;
}

static bool start(virPoolTurn *turn, GError **error)
{
    virToolRun(VIR_ARGV("udevadm", "settle"), VIR_TOOL_SHORT_MS, turn->cancel, NULL, NULL, NULL);
    if (!thereIs(turn, error))
        return false;
    bool readable;
    const char *there = virBlockContents(disk(turn->def), &readable), *want = turn->def->format;
    if (there && (!want || g_str_equal(want, "unknown") || g_str_equal(there, want)))
        return true;
    virSetError(error, VIR_ERR_STORAGE_PROBE_FAILED, "device '%s' has no partition table of the kind '%s' (build the pool first)", disk(turn->def),
                want ? want : "unknown");
    return false;
}

static bool build(virPoolTurn *turn, unsigned int flags, GError **error)
{
    bool readable;
    if (!thereIs(turn, error))
        return false;
    const char *there = virBlockContents(disk(turn->def), &readable);
    if (there && !(flags & VIR_STORAGE_POOL_BUILD_OVERWRITE)) {
        virSetError(error, VIR_ERR_STORAGE_PROBE_FAILED, "device '%s' holds data already (%s), requires build --overwrite", disk(turn->def), there);
        return false;
    }
    return virPoolTool(turn, VIR_ARGV("parted", disk(turn->def), "mklabel", "--script", label(turn->def)), NULL, error);
}

static void addFree(virStoragePoolDef *def, const Part *p)
{
    virStorageExtent *e = g_new0(virStorageExtent, 1);
    *e = (virStorageExtent){ p->start, p->end };
    virListAppend(&def->devices.v[0]->freeExtents, e);
}

static bool refresh(virPoolTurn *turn, virStoragePoolDef *def, GPtrArray *volumes, GError **error)
{
    g_autoptr(GArray) parts = readParts(turn, &def->capacity, error);
    if (!parts)
        return false;
    while (def->devices.v[0]->freeExtents.n)
        g_free(virListTake(&def->devices.v[0]->freeExtents, def->devices.v[0]->freeExtents.n - 1));
    for (guint i = 0; i < parts->len; i++) {
        const Part *p = &g_array_index(parts, Part, i);
        if (p->number)
            g_ptr_array_add(volumes, volumeOf(def, p));
        else
            addFree(def, p);
        (*(p->number ? &def->allocation : &def->available)) += p->end - p->start;
    }
    return true;
}

/* ---- its volumes ---- */

static bool place(virPoolTurn *turn, virStorageVolDef *vol, GError **error)
{
    vol->type = VIR_STORAGE_VOL_KIND_BLOCK;
    if (!vol->encryption)
        return true;
    virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "storage pool only supports LUKS encrypted volumes of other types of pools: '%s'", vol->name);
    return false;
}

/* The smallest hole with room for it, from the next mebibyte on. */
static bool findRoom(GArray *parts, unsigned long long size, unsigned long long *at)
{
    const unsigned long long align = 1 << 20;
    unsigned long long best = G_MAXUINT64;
    for (guint i = 0; i < parts->len; i++) {
        const Part *p = &g_array_index(parts, Part, i);
        unsigned long long from = (p->start + align - 1) / align * align;
        if (p->number || from >= p->end || p->end - from < size || p->end - from >= best)
            continue;
        best = p->end - from;
        *at = from;
    }
    return best != G_MAXUINT64;
}

/* The number of the partition at that place, 0: none. */
static int numberAt(GArray *after, unsigned long long at)
{
    for (guint i = 0; i < after->len; i++) {
        const Part *p = &g_array_index(after, Part, i);
        if (p->number && at >= p->start && at < p->end)
            return p->number;
    }
    return 0;
}

static bool removeNumber(virPoolTurn *turn, int number, GError **error)
{
    g_autofree char *text = g_strdup_printf("%d", number);
    return virPoolTool(turn, VIR_ARGV("parted", disk(turn->def), "rm", "--script", text), NULL, error);
}

static bool make(virPoolTurn *turn, virStorageVolDef *vol, const virStorageVolDef *from, unsigned int flags, GError **error)
{
    unsigned long long size = 0, at = 0;
    g_autoptr(GArray) before = readParts(turn, &size, error);
    if (!before)
        return false;
    if (!findRoom(before, MAX(vol->capacity, 1), &at)) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "no large enough free extent on '%s' for %llu bytes", disk(turn->def), vol->capacity);
        return false;
    }
    g_autofree char *begin = g_strdup_printf("%lluB", at), *end = g_strdup_printf("%lluB", at + MAX(vol->capacity, 1) - 1);
    const char *kind = g_strcmp0(vol->format, "extended") == 0 ? "extended" : "primary";
    if (!virPoolTool(turn, VIR_ARGV("parted", disk(turn->def), "mkpart", "--script", kind, begin, end), NULL, error))
        return false;
    virToolRun(VIR_ARGV("udevadm", "settle"), VIR_TOOL_SHORT_MS, turn->cancel, NULL, NULL, NULL);
    g_autoptr(GArray) after = readParts(turn, &size, error);
    int number = after ? numberAt(after, at) : 0;
    g_autofree char *device = number ? partName(turn->def, number) : NULL, *name = device ? g_path_get_basename(device) : NULL;
    if (!number || !g_str_equal(name, vol->name)) {
        virSetError(error, VIR_ERR_INVALID_ARG, "invalid partition name '%s', expected '%s'", vol->name, name ? name : "?");
        if (number)
            removeNumber(turn, number, NULL);
        return false;
    }
    g_free(vol->path);
    g_free(vol->key);
    vol->path = virBlockStablePath(turn->def->path, device);
    vol->key = g_strdup(vol->path);
    vol->capacity = vol->allocation = (vol->capacity + 511) / 512 * 512;
    if (!from || virVolumeCopyInto(turn, vol, from, flags, error))
        return true;
    removeNumber(turn, number, NULL);
    return false;
}

static bool removeVolume(virPoolTurn *turn, const virStorageVolDef *vol, unsigned int flags, GError **error)
{
    gsize digits = strlen(vol->name);
    while (digits && g_ascii_isdigit(vol->name[digits - 1]))
        digits--;
    if (!virFlagsCheck(flags, 0, VIR_FROM, "virStorageBackendDiskDeleteVol", error))
        return false;
    if (!vol->name[digits]) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "cannot parse partition number from target '%s'", vol->name);
        return false;
    }
    return removeNumber(turn, atoi(vol->name + digits), error);
}

static bool look(virPoolTurn *turn, virStorageVolDef *vol, GError **error)
{
    if (g_file_test(vol->path, G_FILE_TEST_EXISTS))
        return true;
    virSetError(error, VIR_ERR_NO_STORAGE_VOL, "no storage vol with matching path '%s'", vol->path);
    return false;
}

const virPoolBackend virPoolBackendDisk = {
    .start = start, .buildFlags = VIR_STORAGE_POOL_BUILD_OVERWRITE | VIR_STORAGE_POOL_BUILD_NO_OVERWRITE, .build = build, .refresh = refresh, .refreshAfter = true,
    .placeVolume = place, .makeVolume = make, .removeVolume = removeVolume, .lookVolume = look,
};
