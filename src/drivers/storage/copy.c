/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of bytes from one volume into another. Holes stay holes where the target is to be sparse; a turn that is given up stops it. */
#define VIR_FROM VIR_FROM_STORAGE
#include "drivers/storage/storage.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { CHUNK = 1 << 20, HOLE = 4096 };

static bool allZero(const char *data, gsize len)
{
    return len == 0 || (data[0] == 0 && memcmp(data, data + 1, len - 1) == 0);
}

static bool put(int fd, const char *data, gsize len, off_t at)
{
    while (len > 0) {
        ssize_t n = TEMP_FAILURE_RETRY(pwrite(fd, data, len, at));
        if (n <= 0)
            return false;
        data += n;
        at += n;
        len -= n;
    }
    return true;
}

/* Blocks of zeros are left out when `sparse`: what is there reads as zeros already. */
static bool putSparse(int fd, const char *data, gsize len, off_t at, bool sparse)
{
    if (!sparse)
        return put(fd, data, len, at);
    for (gsize i = 0; i < len; i += HOLE) {
        gsize n = MIN((gsize)HOLE, len - i);
        if (!allZero(data + i, n) && !put(fd, data + i, n, at + i))
            return false;
    }
    return true;
}

static bool copyAll(virPoolTurn *turn, int in, int out, const virStorageVolDef *vol, const virStorageVolDef *from, bool sparse, GError **error)
{
    g_autofree char *buffer = g_malloc(CHUNK);
    for (off_t at = 0;;) {
        ssize_t n = TEMP_FAILURE_RETRY(pread(in, buffer, CHUNK, at));
        if (n < 0) {
            virSetSystemError(error, errno, "failed reading from file '%s'", from->path);
            return false;
        }
        if (n == 0)
            return true;
        if (!putSparse(out, buffer, n, at, sparse)) {
            virSetSystemError(error, errno, "failed writing to file '%s'", vol->path);
            return false;
        }
        if (g_cancellable_is_cancelled(turn->cancel)) {
            virSetError(error, VIR_ERR_OPERATION_ABORTED, "the copy of '%s' was given up", from->name);
            return false;
        }
        at += n;
    }
}

bool virVolumeCopyInto(virPoolTurn *turn, const virStorageVolDef *vol, const virStorageVolDef *from, unsigned int flags, GError **error)
{
    bool block = vol->type == VIR_STORAGE_VOL_KIND_BLOCK;
    g_auto(virFd) in = open(from->path, O_RDONLY | O_CLOEXEC), out = open(vol->path, O_WRONLY | O_CLOEXEC);
    if (in < 0 || out < 0) {
        virSetSystemError(error, errno, "could not open volume '%s'", in < 0 ? from->path : vol->path);
        return false;
    }
    if (flags & VIR_STORAGE_VOL_CREATE_REFLINK) {
        if (ioctl(out, FICLONE, in) == 0)
            return true;
        virSetSystemError(error, errno, "failed to clone files from '%s'", from->path);
        return false;
    }
    if (!copyAll(turn, in, out, vol, from, !block && vol->allocation < vol->capacity, error))
        return false;
    if (fsync(out) == 0 || errno == EINVAL)
        return true;
    virSetSystemError(error, errno, "cannot sync data to file '%s'", vol->path);
    return false;
}
