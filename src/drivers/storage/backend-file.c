/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools whose volumes are files: a folder, a file system of this host, one of another host. */
#define VIR_FROM VIR_FROM_STORAGE
#include "drivers/storage/storage.h"
#include "base/util.h"
#include "host/blockdev.h"
#include "host/mount.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { POOL_MODE = 0711, UNBLOCK_MS = 5000 };
static const unsigned int formatFlags = VIR_STORAGE_POOL_BUILD_OVERWRITE | VIR_STORAGE_POOL_BUILD_NO_OVERWRITE;

/* ---- mounts ---- */

/* What is mounted; NULL with an error when the definition does not say it. */
static char *source(const virStoragePoolDef *def, GError **error)
{
    if (def->type == VIR_STORAGE_POOL_FS) {
        if (def->devices.n == 1)
            return g_strdup(def->devices.v[0]->path);
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "missing source device: a pool of the type fs has exactly one");
        return NULL;
    }
    if (def->hosts.n != 1) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Expected exactly 1 host for the storage pool");
        return NULL;
    }
    if (!def->dir) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "missing source path");
        return NULL;
    }
    if (g_strcmp0(def->format, "cifs") == 0)
        return g_strdup_printf("//%s%s%s", def->hosts.v[0]->name, *def->dir == '/' ? "" : "/", def->dir);
    bool bare = strchr(def->hosts.v[0]->name, ':') != NULL;       /* an IPv6 address */
    return g_strdup_printf(bare ? "[%s]:%s" : "%s:%s", def->hosts.v[0]->name, def->dir);
}

static bool mounted(virPoolTurn *turn)
{
    g_autofree char *want = source(turn->def, NULL), *is = virMountSource(virHostLocal(), turn->def->path);
    g_autofree char *real = want && *want == '/' && turn->def->type == VIR_STORAGE_POOL_FS ? realpath(want, NULL) : NULL;
    return is && want && (g_str_equal(is, want) || g_strcmp0(is, real) == 0);
}

static char *mountOptions(const virStoragePoolDef *def)
{
    GString *out = g_string_new("nodev,nosuid,noexec");
    if (g_strcmp0(def->format, "cifs") == 0)
        g_string_append(out, ",guest");
    if (g_strcmp0(def->format, "glusterfs") == 0)
        g_string_append(out, ",direct-io-mode=1");
    if (def->protocol)
        g_string_append_printf(out, ",nfsvers=%s", def->protocol);
    for (unsigned int i = 0; i < def->mountOptions.n; i++) {
        const virStorageOption *o = def->mountOptions.v[i];
        g_string_append_printf(out, o->value ? ",%s=%s" : ",%s", o->name, o->value);
    }
    return g_string_free(out, FALSE);
}

static bool startMount(virPoolTurn *turn, GError **error)
{
    const virStoragePoolDef *def = turn->def;
    g_autofree char *from = source(def, error), *options = mountOptions(def);
    if (!from)
        return false;
    bool any = !def->format || g_str_equal(def->format, "auto");
    return any ? virPoolTool(turn, VIR_ARGV("mount", "-o", options, from, def->path), NULL, error)
               : virPoolTool(turn, VIR_ARGV("mount", "-o", options, "-t", def->format, from, def->path), NULL, error);
}

static bool stopMount(virPoolTurn *turn, GError **error)
{
    return !mounted(turn) || virPoolTool(turn, VIR_ARGV("umount", turn->def->path), NULL, error);
}

/* What waits for a server that does not answer gets an error instead. */
static void unblock(const virStoragePoolDef *def)
{
    virToolRun(VIR_ARGV("umount", "-f", "-l", def->path), UNBLOCK_MS, NULL, NULL, NULL, NULL);
}

/* ---- build and delete ---- */

static bool makeFolder(const virStoragePoolDef *def, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(def->path);
    if (!virFileMakePath(parent, 0755, error))
        return false;
    bool made = mkdir(def->path, POOL_MODE) == 0;
    if (!made && (errno != EEXIST || !g_file_test(def->path, G_FILE_TEST_IS_DIR))) {
        virSetSystemError(error, errno, "cannot create path '%s'", def->path);
        return false;
    }
    bool asked = def->perms.hasMode || def->perms.hasOwner || def->perms.hasGroup;
    return (!made && !asked) || virTargetPermissions(def->path, &def->perms, POOL_MODE, true, error);
}

/* The device has nothing that would be lost. */
static bool empty(const char *device, const char *format, GError **error)
{
    bool readable;
    const char *there = virBlockContents(device, &readable);
    if (!readable)
        virSetError(error, VIR_ERR_STORAGE_PROBE_FAILED, "Failed to probe for format type '%s' on device '%s'", format, device);
    else if (there && g_str_equal(there, format))
        virSetError(error, VIR_ERR_STORAGE_POOL_BUILT, "Device '%s' already formatted using '%s'", device, format);
    else if (there)
        virSetError(error, VIR_ERR_STORAGE_PROBE_FAILED, "Format of device '%s' does not match the expected format '%s'", device, format);
    return readable && !there;
}

static bool makeFileSystem(virPoolTurn *turn, unsigned int flags, GError **error)
{
    const virStoragePoolDef *def = turn->def;
    const char *device = def->type == VIR_STORAGE_POOL_FS && def->devices.n ? def->devices.v[0]->path : NULL;
    const char *format = def->format ? def->format : "auto";
    if (!device) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "No source device specified when formatting pool '%s'", def->name);
        return false;
    }
    if (!g_file_test(device, G_FILE_TEST_EXISTS)) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "Source device does not exist when formatting pool '%s'", def->name);
        return false;
    }
    if (g_str_equal(format, "auto")) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "pool '%s' does not say with which file system '%s' is to be formatted", def->name, device);
        return false;
    }
    if (flags & VIR_STORAGE_POOL_BUILD_NO_OVERWRITE && !empty(device, format, error))
        return false;
    return g_str_equal(format, "xfs") ? virPoolToolLong(turn, VIR_ARGV("mkfs", "-t", format, "-f", device), error)
                                      : virPoolToolLong(turn, VIR_ARGV("mkfs", "-t", format, device), error);
}

static bool build(virPoolTurn *turn, unsigned int flags, GError **error)
{
    return makeFolder(turn->def, error) && (!(flags & formatFlags) || makeFileSystem(turn, flags, error));
}

static bool removeFolder(virPoolTurn *turn, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "virStorageBackendDeleteLocal", error))
        return false;
    if (rmdir(turn->def->path) == 0)
        return true;
    virSetSystemError(error, errno, "failed to remove pool '%s'", turn->def->path);
    return false;
}

/* ---- exports of a host ---- */

static virStoragePoolDef *exported(const char *host, char *line)
{
    line[strcspn(line, " \t")] = 0;
    if (*line != '/')
        return NULL;
    virStoragePoolDef *def = g_new0(virStoragePoolDef, 1);
    virStoragePoolHost *h = g_new0(virStoragePoolHost, 1);
    def->refs = 1;
    def->type = VIR_STORAGE_POOL_NETFS;
    h->name = g_strdup(host);
    virListAppend(&def->hosts, h);
    def->dir = g_strdup(line);
    def->format = g_strdup("nfs");
    return def;
}

static char *findExports(const virStoragePoolDef *spec, GError **error)
{
    if (!spec) {
        virSetError(error, VIR_ERR_INVALID_ARG, "hostname must be specified for netfs sources");
        return NULL;
    }
    if (spec->hosts.n != 1) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "Expected exactly 1 host for the storage pool");
        return NULL;
    }
    const char *host = spec->hosts.v[0]->name;
    g_autofree char *text = NULL;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)virStoragePoolDefUnref);
    virToolRun(VIR_ARGV("showmount", "--no-headers", "--exports", host), VIR_TOOL_SHORT_MS, NULL, &text, NULL, NULL);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    for (char **l = lines; *l; l++) {
        virStoragePoolDef *def = exported(host, *l);
        if (def)
            g_ptr_array_add(found, def);
    }
    if (found->len == 0) {
        virSetError(error, VIR_ERR_OPERATION_FAILED, "no storage pools were found on host '%s'", host);
        return NULL;
    }
    return virStoragePoolSourcesFormat((virStoragePoolDef *const *)found->pdata, found->len);
}

/* ---- the rows ---- */

static bool isFolder(virPoolTurn *turn)
{
    return g_file_test(turn->def->path, G_FILE_TEST_IS_DIR);
}

#define FILES \
    .buildFlags = VIR_STORAGE_POOL_BUILD_OVERWRITE | VIR_STORAGE_POOL_BUILD_NO_OVERWRITE, .build = build, .remove = removeFolder, \
    .refresh = virFilePoolRefresh, .placeVolume = virFileVolumePlace, .makeVolume = virFileVolumeMake, .removeVolume = virFileVolumeRemove, \
    .lookVolume = virFileVolumeLook, .resizeVolume = virFileVolumeResize

const virPoolBackend virPoolBackendDir = { FILES, .active = isFolder };
const virPoolBackend virPoolBackendFs = { FILES, .active = mounted, .start = startMount, .stop = stopMount };
const virPoolBackend virPoolBackendNetfs = { FILES, .active = mounted, .start = startMount, .stop = stopMount, .unblock = unblock,
                                             .findSources = findExports };
