/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Contents of volumes as streams. A thread reads or writes the file, which may block, and talks with the stream through a socket that
 * keeps packets apart: data, holes, the end, the outcome. So the stream never blocks the I/O thread, and knows what became of its data.
 */
#define VIR_FROM VIR_FROM_STREAMS
#define VIR_LOG_NAME "storage.transfer"
#include "drivers/storage/storage.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/util.h"
#include "drivers/storage/transfer.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

typedef struct {
    gatomicrefcount refs;
    int fd;                     /* the thread has the other end */
    bool upload, closed, finishing, ended;
    virStreamPtr st;            /* not a reference; NULL once closed */
    GMutex mutex;               /* guards the callback for an instant */
    virStreamEventCallback callback;
    void *opaque;
    virFreeCallback freecb;
    virWatch *watch;
    int events;
    virPacket packet;           /* download: the one that is being read, `len` 0: none */
    gsize taken;
} Transfer;

static void transferUnref(gpointer data)
{
    Transfer *t = data;
    if (!g_atomic_ref_count_dec(&t->refs))
        return;
    if (t->fd >= 0)
        close(t->fd);
    g_mutex_clear(&t->mutex);
    g_free(t);
}

static Transfer *transferOf(virStreamPtr st, GError **error)
{
    Transfer *t = st->priv;
    if (!t || t->closed)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "stream is not open");
    return t && !t->closed ? t : NULL;
}

/* ---- events ---- */

static void ready(virWatch *watch, int fd, uint32_t events, gpointer data)
{
    Transfer *t = data;
    int seen = (events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? t->finishing ? VIR_STREAM_EVENT_WRITABLE : VIR_STREAM_EVENT_READABLE : 0) |
               (events & EPOLLOUT ? VIR_STREAM_EVENT_WRITABLE : 0);
    g_mutex_lock(&t->mutex);
    g_autoptr(virStream) st = t->st && t->callback ? virHandleRef(t->st) : NULL;
    virStreamEventCallback callback = t->callback;
    void *opaque = t->opaque;
    int wanted = seen & t->events;
    g_mutex_unlock(&t->mutex);
    if (st && wanted)
        callback(st, wanted, opaque);
}

/* While the outcome is awaited, "writable" is its coming. */
static void setEvents(Transfer *t, int events)
{
    bool in = events & (t->finishing ? VIR_STREAM_EVENT_WRITABLE : VIR_STREAM_EVENT_READABLE);
    t->events = events;
    if (t->watch)
        virWatchSetEvents(t->watch, (in ? EPOLLIN : 0) | (events & VIR_STREAM_EVENT_WRITABLE && !t->finishing ? EPOLLOUT : 0));
}

static int addCallback(virStreamPtr st, int events, virStreamEventCallback cb, void *opaque, virFreeCallback ff, GError **error)
{
    Transfer *t = transferOf(st, error);
    if (!t)
        return -1;
    if (t->callback) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "stream already has a callback registered");
        return -1;
    }
    g_mutex_lock(&t->mutex);
    t->callback = cb;
    t->opaque = opaque;
    t->freecb = ff;
    g_mutex_unlock(&t->mutex);
    g_atomic_ref_count_inc(&t->refs);
    t->watch = virWatchNew(virLoopGet(), t->fd, 0, ready, t, transferUnref);
    setEvents(t, events);
    return 0;
}

static int updateCallback(virStreamPtr st, int events, GError **error)
{
    Transfer *t = transferOf(st, error);
    if (t)
        setEvents(t, events);
    return t ? 0 : -1;
}

static int removeCallback(virStreamPtr st, GError **error)
{
    Transfer *t = transferOf(st, error);
    if (!t)
        return -1;
    g_mutex_lock(&t->mutex);
    virFreeCallback ff = t->callback ? t->freecb : NULL;
    t->callback = NULL;
    virWatch *watch = g_steal_pointer(&t->watch);
    g_mutex_unlock(&t->mutex);
    virWatchRemove(watch);
    if (ff)
        ff(t->opaque);
    return 0;
}

/* ---- data ---- */

/* The next packet is in t->packet. 1; -2: none yet; -1: an error. */
static int fetch(virStreamPtr st, Transfer *t, GError **error)
{
    if (t->packet.len || t->ended)
        return 1;
    int r = virPacketReceive(t->fd, &t->packet, !(st->flags & VIR_STREAM_NONBLOCK));
    t->taken = 0;
    if (r == -2)
        return -2;
    if (r > 0 && t->packet.kind != VIR_PACKET_FAILED)
        return 1;
    if (r > 0)
        virSetSystemError(error, t->packet.code, "cannot read from stream");
    else
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "the reader of the volume has ended early");
    t->packet.len = 0;
    return -1;
}

static int streamRecvFlags(virStreamPtr st, char *data, size_t n, unsigned int flags, GError **error)
{
    Transfer *t = transferOf(st, error);
    int r = t ? fetch(st, t, error) : -1;
    if (r < 0 || t->ended)
        return r < 0 ? r : 0;
    if (t->packet.kind == VIR_PACKET_END) {
        t->ended = true;
        return 0;
    }
    if (t->packet.kind == VIR_PACKET_HOLE && flags & VIR_STREAM_RECV_STOP_AT_HOLE)
        return -3;
    bool hole = t->packet.kind == VIR_PACKET_HOLE;
    gsize left = (hole ? (gsize)t->packet.hole : t->packet.dataLen) - t->taken, give = MIN(left, MIN(n, (size_t)G_MAXINT));
    if (hole)
        memset(data, 0, give);
    else
        memcpy(data, t->packet.data + t->taken, give);
    t->taken += give;
    if (give == left)
        t->packet.len = 0;
    return (int)give;
}

static int streamRecvHole(virStreamPtr st, long long *length, unsigned int flags, GError **error)
{
    Transfer *t = transferOf(st, error);
    int r = t ? fetch(st, t, error) : -1;
    if (r < 0)
        return -1;
    *length = !t->ended && t->packet.kind == VIR_PACKET_HOLE ? t->packet.hole - (long long)t->taken : 0;
    if (*length)
        t->packet.len = 0;
    return 0;
}

/* Did the writer say that it failed? */
static bool stillWrites(Transfer *t, GError **error)
{
    virPacket *p = &t->packet;
    if (virPacketReceive(t->fd, p, false) <= 0)
        return true;
    t->ended = true;
    virSetSystemError(error, p->kind == VIR_PACKET_FAILED ? p->code : EIO, "cannot write to stream");
    return false;
}

static int sent(int r, int good, GError **error)
{
    if (r == -1)
        virSetSystemError(error, errno, "cannot write to stream");
    return r < 0 ? r : good;
}

static int streamSend(virStreamPtr st, const char *data, size_t n, GError **error)
{
    Transfer *t = transferOf(st, error);
    if (!t || !stillWrites(t, error))
        return -1;
    gsize len = MIN(n, (gsize)VIR_PACKET_DATA);
    return sent(virPacketSend(t->fd, VIR_PACKET_DATA_FOLLOWS, data, len, !(st->flags & VIR_STREAM_NONBLOCK)), (int)len, error);
}

static int streamSendHole(virStreamPtr st, long long length, unsigned int flags, GError **error)
{
    Transfer *t = transferOf(st, error);
    if (!t || !stillWrites(t, error))
        return -1;
    return sent(virPacketSend(t->fd, VIR_PACKET_HOLE, &length, sizeof(length), !(st->flags & VIR_STREAM_NONBLOCK)), 0, error);
}

/* ---- the end ---- */

static void transferClose(virStreamPtr st, Transfer *t)
{
    removeCallback(st, NULL);
    g_mutex_lock(&t->mutex);
    t->closed = true;
    t->st = NULL;
    g_mutex_unlock(&t->mutex);
    shutdown(t->fd, SHUT_RDWR);         /* the thread ends now, our descriptor when the watch is gone */
}

/* -2: the data is being written still; the stream is "writable" when the outcome is known. */
static int streamFinish(virStreamPtr st, GError **error)
{
    Transfer *t = transferOf(st, error);
    bool wait = !(st->flags & VIR_STREAM_NONBLOCK), good = true;
    if (!t)
        return -1;
    if (t->upload && !t->finishing && !t->ended) {
        int r = virPacketSend(t->fd, VIR_PACKET_END, NULL, 0, wait);
        if (r == -2)
            return -2;
        t->finishing = true;
    }
    if (t->upload && !t->ended) {
        int r = virPacketReceive(t->fd, &t->packet, wait);
        if (r == -2)
            return -2;
        good = r > 0 && t->packet.kind == VIR_PACKET_END;
        if (!good)
            virSetSystemError(error, r > 0 && t->packet.kind == VIR_PACKET_FAILED ? t->packet.code : EIO, "cannot write to stream");
    }
    transferClose(st, t);
    return good ? 0 : -1;
}

static int streamAbort(virStreamPtr st, GError **error)
{
    Transfer *t = transferOf(st, error);
    if (t)
        transferClose(st, t);
    return t ? 0 : -1;
}

static void streamGone(void *priv)
{
    Transfer *t = priv;
    if (!t->closed)
        shutdown(t->fd, SHUT_RDWR);
    t->closed = true;
    transferUnref(t);
}

static const virStreamDriver transferDriver = {
    .streamSend = streamSend, .streamSendHole = streamSendHole, .streamRecvFlags = streamRecvFlags, .streamRecvHole = streamRecvHole,
    .streamFinish = streamFinish, .streamAbort = streamAbort,
    .streamEventAddCallback = addCallback, .streamEventUpdateCallback = updateCallback, .streamEventRemoveCallback = removeCallback,
};

/* ---- the calls ---- */

static bool attach(virStreamPtr st, virTransferJob *taken, GError **error)
{
    int fds[2], size = 1 << 20;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
        virSetSystemError(error, errno, "cannot make a stream");
        virTransferJobFree(taken);
        return false;
    }
    for (int i = 0; i < 2; i++)
        setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    Transfer *t = g_new0(Transfer, 1);
    g_atomic_ref_count_init(&t->refs);
    g_mutex_init(&t->mutex);
    t->fd = fds[0];
    t->st = st;
    t->upload = taken->upload;
    taken->socket = fds[1];
    st->driver = &transferDriver;
    st->priv = t;
    st->privFree = streamGone;
    virWorkRun(virTransferRun, taken);
    return true;
}

/* The file is opened in the pool's lane; what follows needs nothing of the pool. */
static int transfer(virStorageVolPtr vol, virStreamPtr stream, virTransferJob ask, const char *what, GError **error)
{
    g_autoptr(virStorageVolDef) def = NULL;
    virObject *found = NULL;
    struct stat st;
    if (!virPoolVolumeFind(vol, &found, &def, error))
        return -1;
    g_autoptr(virObject) obj = found;
    g_autoptr(virPoolTurn) turn = virPoolTurnNew(obj, what, VIR_POOL_ACTIVE, error);
    if (!turn)
        return -1;
    g_auto(virFd) fd = open(def->path, (ask.upload ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY);
    bool folder = fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    if (fd < 0 || folder) {
        virSetSystemError(error, folder ? EISDIR : errno, "Unable to open stream for '%s'", def->path);
        return -1;
    }
    virTransferJob *job = g_memdup2(&ask, sizeof(ask));
    job->obj = virObjRef(obj);
    job->name = g_strdup(vol->name);
    job->file = virFdSteal(&fd);
    return attach(stream, job, error) ? 0 : -1;
}

int virVolumeUpload(virStorageVolPtr vol, virStreamPtr stream, unsigned long long offset, unsigned long long length, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM, VIR_FROM_STORAGE, "storageVolUpload", error))
        return -1;
    return transfer(vol, stream, (virTransferJob){ .upload = true, .offset = offset, .length = length, .socket = -1 }, "virStorageVolUpload", error);
}

int virVolumeDownload(virStorageVolPtr vol, virStreamPtr stream, unsigned long long offset, unsigned long long length, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM, VIR_FROM_STORAGE, "storageVolDownload", error))
        return -1;
    return transfer(vol, stream, (virTransferJob){ .offset = offset, .length = length, .sparse = flags, .socket = -1 }, "virStorageVolDownload", error);
}
