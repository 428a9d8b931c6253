/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Contents of volumes: from files and into files. */
#include "storage.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    int fd;
    bool regular;
} Data;

static void dataClose(Data *d)
{
    if (d->fd >= 0)
        close(d->fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Data, dataClose)

static Data dataOpen(const char *path, int flags)
{
    struct stat st;
    Data d = { .fd = open(path, flags | O_CLOEXEC, 0666) };
    d.regular = d.fd >= 0 && fstat(d.fd, &st) == 0 && S_ISREG(st.st_mode);
    return d;
}

SHELL_FREE(virStream)

static bool range(Shell *sh, Cmd *cmd, unsigned long long *offset, unsigned long long *length)
{
    return cmdLongLong(sh, cmd, "offset", false, offset) >= 0 && cmdLongLong(sh, cmd, "length", true, length) >= 0;
}

/* ---- into a volume ---- */

static int readData(virStreamPtr st, char *bytes, size_t n, void *data)
{
    return (int)TEMP_FAILURE_RETRY(read(((Data *)data)->fd, bytes, n));
}

/* Is there data at the file's position, and for how long? At its end: no data, length 0. */
static int inData(virStreamPtr st, int *data, long long *length, void *opaque)
{
    int fd = ((Data *)opaque)->fd;
    off_t at = lseek(fd, 0, SEEK_CUR), end = lseek(fd, 0, SEEK_END), next = at < 0 || end < 0 ? -1 : lseek(fd, at, SEEK_DATA);
    *data = next == at && at < end;
    off_t until = *data ? lseek(fd, at, SEEK_HOLE) : next < 0 && errno == ENXIO ? end : next;
    if (at < 0 || end < 0 || until < 0 || lseek(fd, at, SEEK_SET) < 0)
        return -1;
    *length = MAX(until - at, 0);
    return 0;
}

static int skipOver(virStreamPtr st, long long length, void *data)
{
    return lseek(((Data *)data)->fd, length, SEEK_CUR) < 0 ? -1 : 0;
}

static bool sendAll(Shell *sh, virStorageVolPtr vol, virStreamPtr st, Data *in, bool sparse)
{
    const char *name = virStorageVolGetName(vol);
    int sent = sparse ? virStreamSparseSendAll(st, readData, inData, skipOver, in) : virStreamSendAll(st, readData, in);
    if (sent < 0)
        shellError(sh, "cannot send data to volume %s", name);
    else if (virStreamFinish(st) < 0)
        shellError(sh, "cannot close volume %s", name);
    else
        return true;
    return false;
}

bool cmdVolUpload(Shell *sh, Cmd *cmd)
{
    unsigned long long offset = 0, length = 0;
    const char *file = cmdString(cmd, "file");
    if (!range(sh, cmd, &offset, &length))
        return false;
    g_autoptr(virStorageVol) vol = volumeOf(sh, cmd, "vol", "pool");
    g_auto(Data) in = vol ? dataOpen(file, O_RDONLY) : (Data){ .fd = -1 };
    bool sparse = cmdHas(cmd, "sparse");
    if (!vol)
        return false;
    if (in.fd < 0) {
        shellError(sh, "cannot read %s", file);
        return false;
    }
    const char *name = virStorageVolGetName(vol);
    g_autoptr(virStream) st = virStreamNew(sh->conn, 0);
    if (!st || virStorageVolUpload(vol, st, offset, length, sparse ? VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM : 0) < 0) {
        shellError(sh, "cannot upload to volume %s", name);
        return false;
    }
    /* What is no regular file has no holes that can be told. */
    return sendAll(sh, vol, st, &in, sparse && in.regular);
}

/* ---- out of a volume ---- */

static int writeData(virStreamPtr st, const char *bytes, size_t n, void *data)
{
    return (int)TEMP_FAILURE_RETRY(write(((Data *)data)->fd, bytes, n));
}

/* A hole stays one in a regular file, which was cut to nothing before; elsewhere it becomes zeros. */
static int leaveHole(virStreamPtr st, long long length, void *opaque)
{
    const Data *d = opaque;
    static const char zeros[64 * 1024];
    if (d->regular) {
        off_t end = lseek(d->fd, length, SEEK_CUR);
        return end < 0 || ftruncate(d->fd, end) < 0 ? -1 : 0;
    }
    while (length > 0) {
        ssize_t n = TEMP_FAILURE_RETRY(write(d->fd, zeros, MIN(length, (long long)sizeof(zeros))));
        if (n <= 0)
            return -1;
        length -= n;
    }
    return 0;
}

static bool receiveAll(Shell *sh, virStorageVolPtr vol, virStreamPtr st, Data *out, bool sparse)
{
    const char *name = virStorageVolGetName(vol);
    int got = sparse ? virStreamSparseRecvAll(st, writeData, leaveHole, out) : virStreamRecvAll(st, writeData, out);
    if (got < 0)
        shellError(sh, "cannot receive data from volume %s", name);
    else if (virStreamFinish(st) < 0)
        shellError(sh, "cannot close volume %s", name);
    else if (out->regular && fsync(out->fd) < 0)
        shellError(sh, "cannot write the data of volume %s: %s", name, g_strerror(errno));
    else
        return true;
    return false;
}

static bool downloadInto(Shell *sh, Cmd *cmd, virStorageVolPtr vol, Data *out, unsigned long long offset, unsigned long long length)
{
    bool sparse = cmdHas(cmd, "sparse");
    const char *name = virStorageVolGetName(vol);
    g_autoptr(virStream) st = virStreamNew(sh->conn, 0);
    if (st && virStorageVolDownload(vol, st, offset, length, sparse ? VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM : 0) == 0)
        return receiveAll(sh, vol, st, out, sparse);
    shellError(sh, "cannot download from volume %s", name);
    return false;
}

bool cmdVolDownload(Shell *sh, Cmd *cmd)
{
    unsigned long long offset = 0, length = 0;
    const char *file = cmdString(cmd, "file");
    if (!range(sh, cmd, &offset, &length))
        return false;
    g_autoptr(virStorageVol) vol = volumeOf(sh, cmd, "vol", "pool");
    if (!vol)
        return false;
    g_auto(Data) out = dataOpen(file, O_WRONLY | O_CREAT | O_EXCL);
    bool ours = out.fd >= 0;            /* a file that failed is removed only if it was not there before */
    if (!ours && errno == EEXIST)
        out = dataOpen(file, O_WRONLY | O_TRUNC);
    if (out.fd < 0) {
        shellError(sh, "cannot create %s", file);
        return false;
    }
    bool ok = downloadInto(sh, cmd, vol, &out, offset, length);
    if (!ok && ours)
        unlink(file);
    return ok;
}
