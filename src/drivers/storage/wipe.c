/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Overwriting volumes: zeros by ourselves, patterns by the scrub program. */
#define VIR_FROM VIR_FROM_STORAGE
#include "drivers/storage/storage.h"
#include "base/util.h"
#include "host/blockdev.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { CHUNK = 1 << 20 };

/* scrub's words, in the order of virStorageVolWipeAlgorithm. */
static const char *const patterns[] = {
    [VIR_STORAGE_VOL_WIPE_ALG_NNSA] = "nnsa", [VIR_STORAGE_VOL_WIPE_ALG_DOD] = "dod", [VIR_STORAGE_VOL_WIPE_ALG_BSI] = "bsi",
    [VIR_STORAGE_VOL_WIPE_ALG_GUTMANN] = "gutmann", [VIR_STORAGE_VOL_WIPE_ALG_SCHNEIER] = "schneier",
    [VIR_STORAGE_VOL_WIPE_ALG_PFITZNER7] = "pfitzner7", [VIR_STORAGE_VOL_WIPE_ALG_PFITZNER33] = "pfitzner33",
    [VIR_STORAGE_VOL_WIPE_ALG_RANDOM] = "random",
};

/* Holes have nothing to be overwritten, and stay holes. */
static bool zero(virPoolTurn *turn, int fd, const char *path, GError **error)
{
    g_autofree char *zeros = g_malloc0(CHUNK);
    unsigned long long size;
    if (!virBlockSize(fd, &size)) {
        virSetSystemError(error, errno, "cannot tell the size of '%s'", path);
        return false;
    }
    for (off_t at = 0; at < (off_t)size;) {
        off_t data = lseek(fd, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break;
        off_t hole = data < 0 ? (off_t)size : lseek(fd, data, SEEK_HOLE);
        for (at = MAX(data, at); at < MIN(hole, (off_t)size);) {
            ssize_t n = TEMP_FAILURE_RETRY(pwrite(fd, zeros, MIN((off_t)CHUNK, MIN(hole, (off_t)size) - at), at));
            if (n <= 0) {
                virSetSystemError(error, errno, "Failed to write to storage volume with path '%s'", path);
                return false;
            }
            at += n;
            if (g_cancellable_is_cancelled(turn->cancel)) {
                virSetError(error, VIR_ERR_OPERATION_ABORTED, "wiping '%s' was given up", path);
                return false;
            }
        }
    }
    if (fdatasync(fd) == 0)
        return true;
    virSetSystemError(error, errno, "cannot sync data to volume with path '%s'", path);
    return false;
}

bool virVolumeWipe(virPoolTurn *turn, const virStorageVolDef *vol, unsigned int algorithm, GError **error)
{
    if (algorithm == VIR_STORAGE_VOL_WIPE_ALG_TRIM) {
        virSetError(error, VIR_ERR_ARGUMENT_UNSUPPORTED, "'trim' algorithm not supported");
        return false;
    }
    g_auto(virFd) fd = open(vol->path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        virSetSystemError(error, errno, "Failed to open storage volume with path '%s'", vol->path);
        return false;
    }
    if (algorithm == VIR_STORAGE_VOL_WIPE_ALG_ZERO)
        return zero(turn, fd, vol->path, error);
    return virPoolToolLong(turn, VIR_ARGV("scrub", "-f", "-p", patterns[algorithm], vol->path), error);
}
