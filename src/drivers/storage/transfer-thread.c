/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread behind a stream: see transfer.h. */
#define VIR_FROM VIR_FROM_STREAMS
#define VIR_LOG_NAME "storage.transfer"
#include "drivers/storage/transfer.h"
#include "base/log.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* ---- packets ---- */

int virPacketSend(int fd, virPacketKind kind, const void *data, gsize len, bool wait)
{
    char head = (char)kind;
    struct iovec parts[] = { { &head, 1 }, { (void *)data, len } };
    struct msghdr m = { .msg_iov = parts, .msg_iovlen = len ? 2 : 1 };
    if (TEMP_FAILURE_RETRY(sendmsg(fd, &m, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT))) >= 0)
        return 0;
    return errno == EAGAIN ? -2 : -1;
}

int virPacketReceive(int fd, virPacket *p, bool wait)
{
    ssize_t n = TEMP_FAILURE_RETRY(recv(fd, p->bytes, sizeof(p->bytes), wait ? 0 : MSG_DONTWAIT));
    p->len = n > 0 ? (gsize)n : 0;
    if (n <= 0)
        return n < 0 && errno == EAGAIN ? -2 : 0;
    p->kind = (virPacketKind)p->bytes[0];
    p->data = p->bytes + 1;
    p->dataLen = p->len - 1;
    if (p->kind == VIR_PACKET_HOLE && p->dataLen == sizeof(p->hole))
        memcpy(&p->hole, p->data, sizeof(p->hole));
    if (p->kind == VIR_PACKET_FAILED && p->dataLen == sizeof(p->code))
        memcpy(&p->code, p->data, sizeof(p->code));
    return 1;
}

void virTransferJobFree(virTransferJob *job)
{
    close(job->file);
    if (job->socket >= 0)
        close(job->socket);
    virObjUnref(job->obj);
    g_free(job->name);
    g_free(job);
}

static void fail(const virTransferJob *job, int code)
{
    virPacketSend(job->socket, VIR_PACKET_FAILED, &code, sizeof(code), true);
}

/* ---- download ---- */

/* Where the next data begins; `end` when there is none. */
static off_t dataFrom(const virTransferJob *job, off_t at, off_t end)
{
    off_t data = job->sparse ? lseek(job->file, at, SEEK_DATA) : at;
    return data >= 0 ? MIN(data, end) : errno == ENXIO ? end : at;
}

static off_t dataUntil(const virTransferJob *job, off_t at, off_t end)
{
    off_t hole = job->sparse ? lseek(job->file, at, SEEK_HOLE) : end;
    return hole > at ? MIN(hole, end) : end;
}

static bool sendRange(const virTransferJob *job, off_t at, off_t until, char *buffer)
{
    while (at < until) {
        ssize_t n = TEMP_FAILURE_RETRY(pread(job->file, buffer, MIN((off_t)VIR_PACKET_DATA, until - at), at));
        if (n < 0)
            fail(job, errno);
        if (n <= 0)
            return n == 0;              /* it has become shorter */
        if (virPacketSend(job->socket, VIR_PACKET_DATA_FOLLOWS, buffer, n, true) < 0)
            return false;
        at += n;
    }
    return true;
}

static bool download(const virTransferJob *job)
{
    g_autofree char *buffer = g_malloc(VIR_PACKET_DATA);
    off_t size = lseek(job->file, 0, SEEK_END), at = (off_t)MIN(job->offset, (unsigned long long)G_MAXINT64);
    off_t end = job->length && job->length < (unsigned long long)MAX(size - at, 0) ? at + (off_t)job->length : size;
    if (size < 0) {
        fail(job, errno);
        return false;
    }
    while (at < end) {
        off_t data = dataFrom(job, at, end);
        long long hole = data - at;
        if (hole > 0 && virPacketSend(job->socket, VIR_PACKET_HOLE, &hole, sizeof(hole), true) < 0)
            return false;
        off_t until = data < end ? dataUntil(job, data, end) : end;
        if (!sendRange(job, data, until, buffer))
            return false;
        at = until;
    }
    return virPacketSend(job->socket, VIR_PACKET_END, NULL, 0, true) == 0;
}

/* ---- upload ---- */

static int writeZeros(int fd, off_t at, long long len)
{
    g_autofree char *zeros = g_malloc0(VIR_PACKET_DATA);
    while (len > 0) {
        ssize_t n = TEMP_FAILURE_RETRY(pwrite(fd, zeros, MIN(len, (long long)VIR_PACKET_DATA), at));
        if (n <= 0)
            return errno;
        at += n;
        len -= n;
    }
    return 0;
}

/* Whatever is there reads as zeros afterwards; the file is long enough. */
static int writeHole(int fd, off_t at, long long len)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return errno;
    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, len) < 0) {
        int code = writeZeros(fd, at, S_ISREG(st.st_mode) ? MIN(len, MAX(0, st.st_size - at)) : len);
        if (code)
            return code;
    }
    return S_ISREG(st.st_mode) && at + len > st.st_size && ftruncate(fd, at + len) < 0 ? errno : 0;
}

static int writeData(int fd, off_t at, const char *data, gsize len)
{
    while (len > 0) {
        ssize_t n = TEMP_FAILURE_RETRY(pwrite(fd, data, len, at));
        if (n <= 0)
            return n < 0 ? errno : EIO;
        at += n;
        data += n;
        len -= n;
    }
    return 0;
}

/* What is published of the volume follows its new contents, unless somebody works in the pool. */
static void lookAgain(const virTransferJob *job)
{
    g_autofree char *holder = virActorHolder(job->obj->head.actor, NULL, NULL);
    g_autoptr(virPoolTurn) turn = holder ? NULL : virPoolTurnNew(job->obj, "virStorageVolUpload", VIR_POOL_ACTIVE, NULL);
    virStorageVolDef *old = turn ? virPoolVolumeIn(turn->volumes, job->name) : NULL;
    g_autoptr(virStorageVolDef) now = old ? virStorageVolDefCopy(old) : NULL;
    if (now && virTargetLook(now, now->type == VIR_STORAGE_VOL_KIND_FILE, NULL) == VIR_TARGET_OK)
        virPoolTurnVolume(turn, now, false, (long long)now->allocation - (long long)old->allocation);
}

/* Other volumes may have changed with it: what stands on it, the room that is left. */
static void refreshAfter(const virTransferJob *job)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(virPoolTurn) turn = virPoolTurnNew(job->obj, "virStorageVolUpload", VIR_POOL_ACTIVE, &error);
    if (turn && virPoolRefreshIn(turn, &error))
        virObjectEmit(job->obj, VIR_STORAGE_POOL_EVENT_ID_REFRESH, 0, 0);
    else
        virWarn("pool '%s' was not refreshed after an upload: %s", job->obj->head.name, error->message);
}

static void upload(const virTransferJob *job)
{
    g_autofree virPacket *p = g_new0(virPacket, 1);
    off_t at = (off_t)MIN(job->offset, (unsigned long long)G_MAXINT64);
    unsigned long long left = job->length ? job->length : G_MAXUINT64;
    int code = 0;
    while (!code && virPacketReceive(job->socket, p, true) > 0) {
        if (p->kind == VIR_PACKET_END) {
            lookAgain(job);
            virPacketSend(job->socket, VIR_PACKET_END, NULL, 0, true);
            refreshAfter(job);
            return;
        }
        unsigned long long len = p->kind == VIR_PACKET_HOLE ? (unsigned long long)p->hole : p->dataLen;
        code = len > left ? ENOSPC : p->kind == VIR_PACKET_HOLE ? writeHole(job->file, at, p->hole) : writeData(job->file, at, p->data, p->dataLen);
        at += (off_t)len;
        left -= MIN(len, left);
    }
    if (code)
        fail(job, code);
}

/* A socket whose other end closed wakes its watcher again and again: the thread's end stays open for as long as the stream's. */
void virTransferRun(gpointer data)
{
    virTransferJob *job = data;
    g_autofree virPacket *rest = g_new0(virPacket, 1);
    if (job->upload)
        upload(job);
    else if (!download(job))
        virDebug("the download of volume '%s' ended early", job->name);
    while (virPacketReceive(job->socket, rest, true) > 0)
        continue;
    virTransferJobFree(job);
}
