/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running qemu-img, with the keys of what is encrypted in files that only we can read and that are gone afterwards. */
#define VIR_FROM VIR_FROM_STORAGE
#include "drivers/storage/storage.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The path of a file that vanishes with its block. */
typedef char KeyFile;
static void keyFileFree(KeyFile *path)
{
    unlink(path);
    g_free(path);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyFile, keyFileFree)

static KeyFile *keyFile(virPoolTurn *turn, const virStorageVolDef *vol, GError **error)
{
    if (vol->encryption->secrets.n != 1) {
        virSetError(error, VIR_ERR_INVALID_ARG, "A single <secret type='passphrase'...> element is expected in encryption description");
        return NULL;
    }
    g_autoptr(GBytes) value = virObjectSecretValue(vol->encryption->secrets.v[0], VIR_SECRET_USAGE_TYPE_VOLUME, error);
    if (!value)
        return NULL;
    gsize size;
    const char *data = g_bytes_get_data(value, &size);
    const char *dir = turn->obj->set->run ? turn->obj->set->run : g_get_tmp_dir();
    g_autofree char *path = g_strdup_printf("%s/%s.%s.secret.XXXXXX", dir, turn->obj->head.name, vol->name);
    g_auto(virFd) fd = g_mkstemp_full(path, O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0 && write(fd, data, size) == (ssize_t)size)
        return g_steal_pointer(&path);
    virSetSystemError(error, errno, "cannot write the secret of volume '%s' to '%s'", vol->name, path);
    if (fd >= 0)
        unlink(path);
    return NULL;
}

/* Keys of each side that has some. */
static bool keys(virPoolTurn *turn, const virStorageVolDef *vol, KeyFile **file, GError **error)
{
    *file = NULL;
    bool has = vol && vol->encryption && vol->encryption->format != VIR_STORAGE_ENCRYPTION_QCOW && vol->type != VIR_STORAGE_VOL_KIND_BLOCK;
    return !has || (*file = keyFile(turn, vol, error)) != NULL;
}

bool virImageMake(virPoolTurn *turn, const virStorageVolDef *vol, const virStorageVolDef *from, unsigned int flags, GError **error)
{
    virImageTask task = { .vol = vol, .from = from, .preallocate = flags & VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA };
    g_autoptr(GPtrArray) check = virImageCommands(&task, error);
    g_autoptr(KeyFile) secret = NULL, fromSecret = NULL;
    if (!check || !keys(turn, vol, &secret, error) || !keys(turn, from, &fromSecret, error))
        return false;
    task.secret = secret;
    task.fromSecret = fromSecret;
    g_autoptr(GPtrArray) commands = virImageCommands(&task, error);
    bool ok = true;
    for (guint i = 0; ok && i < commands->len; i++)
        ok = virPoolToolLong(turn, commands->pdata[i], error);
    if (!ok && vol->type != VIR_STORAGE_VOL_KIND_BLOCK)
        unlink(vol->path);
    return ok;
}

bool virImageResize(virPoolTurn *turn, const virStorageVolDef *vol, unsigned long long capacity, unsigned int flags, GError **error)
{
    g_autoptr(KeyFile) secret = NULL;
    if (!keys(turn, vol, &secret, error))
        return false;
    g_auto(GStrv) argv = virImageResizeCommand(vol, capacity, flags & VIR_STORAGE_VOL_RESIZE_SHRINK, false, secret);
    return virPoolToolLong(turn, (const char *const *)argv, error);
}
