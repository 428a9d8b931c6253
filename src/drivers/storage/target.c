/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What volumes and targets are on the host: sizes, permissions, times, formats, backing files. */
#define VIR_FROM VIR_FROM_STORAGE
#include "drivers/storage/storage.h"
#include "base/util.h"
#include "host/blockdev.h"
#include "host/image.h"
#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* ---- permissions and times ---- */

static char *timeText(const struct timespec *t)
{
    return t->tv_nsec ? g_strdup_printf("%lld.%09ld", (long long)t->tv_sec, t->tv_nsec) : g_strdup_printf("%lld", (long long)t->tv_sec);
}

static void takeStat(const struct stat *st, virStoragePerms *perms, virStorageTimes *times)
{
    perms->mode = st->st_mode & 0777;
    perms->owner = st->st_uid;
    perms->group = st->st_gid;
    perms->hasMode = perms->hasOwner = perms->hasGroup = true;
    g_clear_pointer(&perms->label, g_free);
    if (!times)
        return;
    const struct timespec *const stamps[] = { &st->st_atim, &st->st_mtim, &st->st_ctim, &(struct timespec){ 0, 0 } };
    char **texts[] = { &times->atime, &times->mtime, &times->ctime, &times->btime };
    for (gsize i = 0; i < G_N_ELEMENTS(stamps); i++) {
        g_free(*texts[i]);
        *texts[i] = timeText(stamps[i]);
    }
}

bool virTargetPermissions(const char *path, const virStoragePerms *perms, mode_t mode, bool directory, GError **error)
{
    uid_t owner = perms->hasOwner ? perms->owner : (uid_t)-1;
    gid_t group = perms->hasGroup ? perms->group : (gid_t)-1;
    if ((perms->hasOwner || perms->hasGroup) && chown(path, owner, group) < 0) {
        virSetSystemError(error, errno, "cannot chown '%s' to (%d, %d)", path, (int)owner, (int)group);
        return false;
    }
    if (chmod(path, perms->hasMode ? perms->mode : mode) == 0)
        return true;
    virSetSystemError(error, errno, "cannot set mode of '%s' to %04o", path, perms->hasMode ? perms->mode : mode);
    return false;
}

bool virTargetPoolSizes(virStoragePoolDef *def, GError **error)
{
    struct stat st;
    struct statvfs fs;
    if (statvfs(def->path, &fs) < 0) {
        virSetSystemError(error, errno, "cannot statvfs path '%s'", def->path);
        return false;
    }
    if (stat(def->path, &st) < 0) {
        virSetSystemError(error, errno, "cannot stat '%s'", def->path);
        return false;
    }
    def->capacity = (unsigned long long)fs.f_frsize * fs.f_blocks;
    def->available = (unsigned long long)fs.f_frsize * fs.f_bfree;
    def->allocation = def->capacity - def->available;
    takeStat(&st, &def->perms, NULL);
    return true;
}

/* ---- backing files ---- */

/* The file that a "json:{…}" of QEMU means; NULL: it is not a file. */
static char *jsonFile(const char *text)
{
    g_autoptr(JsonNode) root = json_from_string(text, NULL);
    JsonObject *o = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    const char *driver = NULL;
    while (o) {
        const char *plain = json_object_get_string_member_with_default(o, "filename", NULL);
        const char *dotted = json_object_get_string_member_with_default(o, "file.filename", NULL);
        driver = json_object_get_string_member_with_default(o, "driver", "file");
        if (plain && (g_str_equal(driver, "file") || g_str_equal(driver, "host_device")))
            return g_strdup(plain);
        if (dotted)
            return g_strdup(dotted);
        JsonNode *file = json_object_get_member(o, "file");
        o = file && JSON_NODE_HOLDS_OBJECT(file) ? json_node_get_object(file) : NULL;
    }
    return NULL;
}

static char *backingPath(const char *image, const char *text)
{
    if (g_str_has_prefix(text, "json:")) {
        char *file = jsonFile(text + 5);
        return file ? file : g_strdup(text);
    }
    g_autofree char *scheme = g_uri_parse_scheme(text);
    if (*text == '/' || scheme)
        return g_strdup(text);
    g_autofree char *dir = g_path_get_dirname(image);
    return g_build_filename(dir, text, NULL);
}

/* Permissions and times of the backing file, where it is one; its format, where nobody said it. */
static void lookBacking(virStorageVolDef *vol)
{
    struct stat st;
    if (!vol->backingPath || *vol->backingPath != '/')
        return;
    g_auto(virFd) fd = open(vol->backingPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0 || S_ISCHR(st.st_mode))
        return;
    takeStat(&st, &vol->backingPerms, &vol->backingTimes);
    if (vol->backingFormat || S_ISDIR(st.st_mode))
        return;
    g_autoptr(virImageHeader) h = virImageHeaderRead(fd, NULL);
    vol->backingFormat = h ? g_strdup(h->format) : NULL;
}

/* ---- contents ---- */

static void takeEncryption(virStorageVolDef *vol, const char *format)
{
    int type = format ? virStorageEncryptionFormatFromString(format) : -1;
    if (type < 0)
        return;
    if (!vol->encryption)
        vol->encryption = g_new0(virStorageEncryption, 1);
    vol->encryption->format = type;
}

static void takeHeader(virStorageVolDef *vol, const virImageHeader *h)
{
    g_free(vol->format);
    vol->format = g_strdup(h->format);
    takeEncryption(vol, h->encryption);
    g_free(vol->compat);
    vol->compat = h->versioned ? g_strdup("1.1") : NULL;
    vol->features = h->versioned;
    vol->lazyRefcounts = h->lazyRefcounts;
    vol->extendedL2 = h->extendedL2;
    vol->clusterSize = h->clusterSize;
    g_free(vol->backingPath);
    g_free(vol->backingFormat);
    vol->backingPath = h->backing ? backingPath(vol->path, h->backing) : NULL;
    vol->backingFormat = g_strdup(h->backingFormat);
}

static void lookInside(virStorageVolDef *vol, int fd, bool contents)
{
    g_autoptr(virImageHeader) h = virImageHeaderRead(fd, contents ? NULL : vol->format);
    if (!h)
        return;
    if (contents)
        takeHeader(vol, h);
    if (g_str_equal(h->format, "ploop"))
        vol->type = VIR_STORAGE_VOL_KIND_PLOOP;
    if (h->capacity)
        vol->capacity = h->capacity;
    else if (h->payload && h->payload < vol->capacity)
        vol->capacity -= h->payload;
}

/* A ploop image is a folder with two files of these names. */
static void lookFolder(virStorageVolDef *vol)
{
    g_autofree char *image = g_build_filename(vol->path, "root.hds", NULL), *about = g_build_filename(vol->path, "DiskDescriptor.xml", NULL);
    bool ploop = g_file_test(image, G_FILE_TEST_EXISTS) && g_file_test(about, G_FILE_TEST_EXISTS);
    g_auto(virFd) fd = ploop ? open(image, O_RDONLY | O_CLOEXEC) : -1;
    g_autoptr(virImageHeader) h = fd >= 0 ? virImageHeaderRead(fd, "ploop") : NULL;
    vol->type = !ploop ? VIR_STORAGE_VOL_KIND_DIR : h && h->capacity ? VIR_STORAGE_VOL_KIND_PLOOP : VIR_STORAGE_VOL_KIND_FILE;
    vol->capacity = h ? h->capacity : 0;
    g_free(vol->format);
    vol->format = g_strdup(ploop ? "ploop" : "dir");
}

static virTargetResult notOpened(const char *path, int code, GError **error)
{
    static const int gone[] = { ENOENT, ELOOP, ENXIO, ENODEV, EACCES, EPERM, ENOMEDIUM };
    for (gsize i = 0; i < G_N_ELEMENTS(gone); i++)
        if (code == gone[i])
            return VIR_TARGET_SKIP;
    virSetSystemError(error, code, "cannot open volume '%s'", path);
    return VIR_TARGET_FAILED;
}

virTargetResult virTargetLook(virStorageVolDef *vol, bool contents, GError **error)
{
    struct stat st;
    g_auto(virFd) fd = open(vol->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return notOpened(vol->path, errno, error);
    if (fstat(fd, &st) < 0) {
        virSetSystemError(error, errno, "cannot stat '%s'", vol->path);
        return VIR_TARGET_FAILED;
    }
    unsigned long long size = 0;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISBLK(st.st_mode))
        return VIR_TARGET_SKIP;
    if (!S_ISDIR(st.st_mode) && !virBlockSize(fd, &size)) {
        virSetSystemError(error, errno, "cannot tell the size of '%s'", vol->path);
        return VIR_TARGET_FAILED;
    }
    vol->capacity = vol->physical = size;
    vol->allocation = S_ISREG(st.st_mode) ? (unsigned long long)st.st_blocks * 512 : size;
    vol->hasPhysical = vol->physical != 0;
    vol->type = S_ISBLK(st.st_mode) ? VIR_STORAGE_VOL_KIND_BLOCK : VIR_STORAGE_VOL_KIND_FILE;
    takeStat(&st, &vol->perms, &vol->times);
    if (S_ISDIR(st.st_mode))
        lookFolder(vol);
    else
        lookInside(vol, fd, contents);
    lookBacking(vol);
    return VIR_TARGET_OK;
}

virStorageVolDef *virTargetDevice(const virStoragePoolDef *def, const char *name, const char *device, GError **error)
{
    g_autoptr(virStorageVolDef) vol = g_new0(virStorageVolDef, 1);
    vol->refs = 1;
    vol->name = g_strdup(name);
    vol->path = def->path ? virBlockStablePath(def->path, device) : g_strdup(device);
    vol->key = g_strdup(vol->path);
    virTargetResult result = virTargetLook(vol, false, error);
    if (result != VIR_TARGET_OK || vol->type != VIR_STORAGE_VOL_KIND_BLOCK || !vol->capacity)
        return NULL;
    return g_steal_pointer(&vol);
}
