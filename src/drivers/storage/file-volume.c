/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes that are files (or folders) below a pool's target. */
#define VIR_FROM VIR_FROM_STORAGE
#define VIR_LOG_NAME "storage.file"
#include "drivers/storage/storage.h"
#include "base/log.h"
#include "base/util.h"
#include "host/mount.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum { VOLUME_MODE = 0600 };

bool virFileVolumePlace(virPoolTurn *turn, virStorageVolDef *vol, GError **error)
{
    if (strchr(vol->name, '/')) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "volume name '%s' cannot contain '/'", vol->name);
        return false;
    }
    g_free(vol->path);
    vol->path = g_build_filename(turn->def->path, vol->name, NULL);
    if (g_file_test(vol->path, G_FILE_TEST_EXISTS)) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "volume target path '%s' already exists", vol->path);
        return false;
    }
    vol->type = g_strcmp0(vol->format, "dir") == 0 ? VIR_STORAGE_VOL_KIND_DIR :
                g_strcmp0(vol->format, "ploop") == 0 ? VIR_STORAGE_VOL_KIND_PLOOP : VIR_STORAGE_VOL_KIND_FILE;
    g_free(vol->key);
    vol->key = g_strdup(vol->path);
    return true;
}

/* ---- making ---- */

static bool backingThere(const virStorageVolDef *vol, GError **error)
{
    if (!vol->backingPath)
        return true;
    g_autofree char *scheme = g_uri_parse_scheme(vol->backingPath), *dir = g_path_get_dirname(vol->path);
    g_autofree char *full = *vol->backingPath == '/' ? g_strdup(vol->backingPath) : g_build_filename(dir, vol->backingPath, NULL);
    if (scheme || g_str_has_prefix(vol->backingPath, "json:") || access(full, R_OK) == 0)
        return true;
    virSetSystemError(error, errno, "inaccessible backing store volume %s", vol->backingPath);
    return false;
}

/* Room for a raw file: all of what is to be allocated, at once. */
static bool extend(int fd, const virStorageVolDef *vol, bool copies, GError **error)
{
    int code = ftruncate(fd, vol->capacity) < 0 ? errno : 0;
    if (code) {
        virSetSystemError(error, code, "cannot extend file '%s'", vol->path);
        return false;
    }
    if (!vol->allocation || (copies && vol->allocation < vol->capacity))
        return true;
    code = posix_fallocate(fd, 0, vol->allocation);
    if (code)
        virSetSystemError(error, code, "cannot allocate %llu bytes in file '%s'", vol->allocation, vol->path);
    return code == 0;
}

static bool makeRaw(virPoolTurn *turn, virStorageVolDef *vol, const virStorageVolDef *from, unsigned int flags, GError **error)
{
    int nocow = 0;
    if (flags & VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA) {
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "metadata preallocation is not supported for raw volumes");
        return false;
    }
    if (vol->backingPath) {
        virSetError(error, VIR_ERR_NO_SUPPORT, "backing storage not supported for raw volumes");
        return false;
    }
    g_auto(virFd) fd = open(vol->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, VOLUME_MODE);
    if (fd < 0) {
        virSetSystemError(error, errno, "Failed to create file '%s'", vol->path);
        return false;
    }
    if (vol->nocow && ioctl(fd, FS_IOC_GETFLAGS, &nocow) == 0) {
        nocow |= FS_NOCOW_FL;
        if (ioctl(fd, FS_IOC_SETFLAGS, &nocow) < 0)
            virWarn("the file system of '%s' knows no files without copy-on-write", vol->path);
    }
    bool reflink = flags & VIR_STORAGE_VOL_CREATE_REFLINK;
    bool ok = (reflink && from) || extend(fd, vol, from != NULL, error);
    if (ok && from)
        ok = virVolumeCopyInto(turn, vol, from, flags, error);
    if (!ok)
        unlink(vol->path);
    return ok;
}

static bool makeFolder(const virStorageVolDef *vol, GError **error)
{
    if (vol->backingPath) {
        virSetError(error, VIR_ERR_NO_SUPPORT, "backing storage not supported for directories volumes");
        return false;
    }
    if (mkdir(vol->path, 0700) == 0)
        return true;
    virSetSystemError(error, errno, "cannot create path '%s'", vol->path);
    return false;
}

static bool isRaw(const virStorageVolDef *vol)
{
    return (!vol->format || g_str_equal(vol->format, "raw")) && !vol->encryption;
}

static bool make(virPoolTurn *turn, virStorageVolDef *vol, const virStorageVolDef *from, unsigned int flags, GError **error)
{
    if (vol->type == VIR_STORAGE_VOL_KIND_DIR)
        return makeFolder(vol, error);
    if (vol->type == VIR_STORAGE_VOL_KIND_PLOOP) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "unable to find ploop, please install ploop tools");
        return false;
    }
    if (isRaw(vol) && (!from || isRaw(from)))
        return makeRaw(turn, vol, from, flags, error);
    return backingThere(vol, error) && virImageMake(turn, vol, from, flags, error);
}

bool virFileVolumeMake(virPoolTurn *turn, virStorageVolDef *vol, const virStorageVolDef *from, unsigned int flags, GError **error)
{
    if (!make(turn, vol, from, flags, error))
        return false;
    bool folder = vol->type == VIR_STORAGE_VOL_KIND_DIR;
    if (virTargetPermissions(vol->path, &vol->perms, VOLUME_MODE, folder, error) && virFileVolumeLook(turn, vol, error))
        return true;
    if (folder)
        rmdir(vol->path);
    else
        unlink(vol->path);
    return false;
}

/* ---- the rest of a volume's life ---- */

bool virFileVolumeRemove(virPoolTurn *turn, const virStorageVolDef *vol, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "virStorageBackendVolDeleteLocal", error))
        return false;
    if (vol->type == VIR_STORAGE_VOL_KIND_DIR ? rmdir(vol->path) == 0 : vol->type != VIR_STORAGE_VOL_KIND_PLOOP && unlink(vol->path) == 0)
        return true;
    if (vol->type == VIR_STORAGE_VOL_KIND_PLOOP && !g_file_test(vol->path, G_FILE_TEST_IS_DIR) && unlink(vol->path) == 0)
        return true;
    if (vol->type == VIR_STORAGE_VOL_KIND_PLOOP && g_file_test(vol->path, G_FILE_TEST_IS_DIR))
        return virPoolTool(turn, VIR_ARGV("rm", "-rf", "--one-file-system", vol->path), NULL, error);
    if (errno == ENOENT)
        return true;
    virSetSystemError(error, errno, vol->type == VIR_STORAGE_VOL_KIND_DIR ? "cannot remove directory '%s'" : "cannot unlink file '%s'", vol->path);
    return false;
}

bool virFileVolumeLook(virPoolTurn *turn, virStorageVolDef *vol, GError **error)
{
    virTargetResult result = virTargetLook(vol, false, error);
    if (result == VIR_TARGET_SKIP)
        virSetError(error, VIR_ERR_NO_STORAGE_VOL, "no storage vol with matching path '%s'", vol->path);
    return result == VIR_TARGET_OK;
}

bool virFileVolumeResize(virPoolTurn *turn, virStorageVolDef *vol, unsigned long long capacity, unsigned int flags, GError **error)
{
    bool allocate = flags & VIR_STORAGE_VOL_RESIZE_ALLOCATE;
    if (allocate && (vol->format && !g_str_equal(vol->format, "raw"))) {
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "preallocate is only supported for raw type volume");
        return false;
    }
    if (allocate && vol->encryption) {
        virSetError(error, VIR_ERR_OPERATION_UNSUPPORTED, "preallocate is only supported for an unencrypted raw volume");
        return false;
    }
    if (!isRaw(vol))
        return virImageResize(turn, vol, capacity, flags, error);
    g_auto(virFd) fd = open(vol->path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        virSetSystemError(error, errno, "Unable to open '%s'", vol->path);
        return false;
    }
    int code = allocate ? posix_fallocate(fd, 0, capacity) : ftruncate(fd, capacity) < 0 ? errno : 0;
    if (!code && allocate && capacity < vol->capacity)
        code = ftruncate(fd, capacity) < 0 ? errno : 0;
    if (code)
        virSetSystemError(error, code, allocate ? "Failed to pre-allocate space for file '%s'" : "Failed to truncate file '%s'", vol->path);
    return code == 0;
}

/* ---- all volumes of a pool ---- */

/* The secret of what is encrypted is found by the path that its usage names. */
static void findSecret(virStorageVolDef *vol)
{
    g_autoptr(virSecret) secret = vol->encryption && !vol->encryption->secrets.n ? virObjectSecretFind(VIR_SECRET_USAGE_TYPE_VOLUME, vol->path) : NULL;
    if (!secret)
        return;
    virStorageSecret *ref = g_new0(virStorageSecret, 1);
    ref->type = g_strdup("passphrase");
    memcpy(ref->uuid, secret->uuid, sizeof(ref->uuid));
    virListAppend(&vol->encryption->secrets, ref);
}

static virTargetResult found(const virStoragePoolDef *def, const char *name, GPtrArray *volumes, GError **error)
{
    g_autoptr(virStorageVolDef) vol = g_new0(virStorageVolDef, 1);
    vol->refs = 1;
    vol->name = g_strdup(name);
    vol->path = g_build_filename(def->path, name, NULL);
    vol->key = g_strdup(vol->path);
    vol->hasType = true;
    virTargetResult result = virTargetLook(vol, true, error);
    if (result != VIR_TARGET_OK || (vol->type == VIR_STORAGE_VOL_KIND_DIR && g_str_equal(name, "lost+found")))
        return result == VIR_TARGET_OK ? VIR_TARGET_SKIP : result;
    findSecret(vol);
    g_ptr_array_add(volumes, g_steal_pointer(&vol));
    return VIR_TARGET_OK;
}

/* A document can hold this name. */
static bool canBeNamed(const char *name)
{
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < ' ' && !strchr("\t\n\r", *c))
            return false;
    return g_utf8_validate(name, -1, NULL);
}

bool virFilePoolRefresh(virPoolTurn *turn, virStoragePoolDef *def, GPtrArray *volumes, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(GDir) dir = g_dir_open(def->path, 0, &reason);
    if (!dir) {
        virSetSystemError(error, reason->code == G_FILE_ERROR_NOENT ? ENOENT : reason->code == G_FILE_ERROR_ACCES ? EACCES :
                          reason->code == G_FILE_ERROR_NOTDIR ? ENOTDIR : EIO, "cannot open directory '%s'", def->path);
        return false;
    }
    for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir)) {
        if (!canBeNamed(name)) {
            virWarn("a file below '%s' has a name that no document can hold", def->path);
            continue;
        }
        if (found(def, name, volumes, error) == VIR_TARGET_FAILED)
            return false;
        if (g_cancellable_is_cancelled(turn->cancel)) {
            virSetError(error, VIR_ERR_OPERATION_ABORTED, "looking at pool '%s' was given up", def->name);
            return false;
        }
    }
    return virTargetPoolSizes(def, error);
}
