/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See fdstream.h. */
#define VIR_FROM VIR_FROM_STREAMS
#include "src/api/fdstream.h"
#include "src/api/connect.h"
#include "base/loop.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

typedef struct {
    gatomicrefcount refs;
    int fd;
    GMutex mutex;               /* guards what follows; never held across a callback */
    virStreamPtr st;            /* not a reference; NULL once closed */
    virStreamEventCallback callback;
    void *opaque;
    virFreeCallback freecb;
    int events;
    virWatch *watch;            /* the daemon's way */
    int handle;                 /* the program's; -1: none */
    void (*onClose)(gpointer);
    gpointer closeData;
} FdStream;

static void fdStreamUnref(gpointer data)
{
    FdStream *s = data;
    if (!g_atomic_ref_count_dec(&s->refs))
        return;
    if (s->fd >= 0)
        close(s->fd);
    g_mutex_clear(&s->mutex);
    g_free(s);
}

static FdStream *fdStreamOf(virStreamPtr st, GError **error)
{
    FdStream *s = st->priv;
    if (!s || !s->st)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "stream is not open");
    return s && s->st ? s : NULL;
}

/* ---- events ---- */

static void fdStreamReady(FdStream *s, int events)
{
    g_mutex_lock(&s->mutex);
    g_autoptr(virStream) st = s->st && s->callback ? virHandleRef(s->st) : NULL;
    virStreamEventCallback callback = s->callback;
    void *opaque = s->opaque;
    int wanted = events & (s->events | VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP);
    g_mutex_unlock(&s->mutex);
    if (st && wanted)
        callback(st, wanted, opaque);
}

static void onWatch(virWatch *watch, int fd, uint32_t events, gpointer data)
{
    /* A hangup is read to its end first: what the guest said last is still in the pipe. */
    fdStreamReady(data, (events & (EPOLLIN | EPOLLHUP) ? VIR_STREAM_EVENT_READABLE : 0) |
                            (events & EPOLLOUT ? VIR_STREAM_EVENT_WRITABLE : 0) |
                            (events & EPOLLERR ? VIR_STREAM_EVENT_ERROR : 0));
}

static void onHandle(int watch, int fd, int events, void *data)
{
    const int hangup = VIR_EVENT_HANDLE_READABLE | VIR_EVENT_HANDLE_HANGUP;
    fdStreamReady(data, (events & hangup ? VIR_STREAM_EVENT_READABLE : 0) |
                            (events & VIR_EVENT_HANDLE_WRITABLE ? VIR_STREAM_EVENT_WRITABLE : 0) |
                            (events & VIR_EVENT_HANDLE_ERROR ? VIR_STREAM_EVENT_ERROR : 0));
}

static void fdStreamWatch(FdStream *s, int events)
{
    s->events = events;
    if (s->watch)
        virWatchSetEvents(s->watch, (events & VIR_STREAM_EVENT_READABLE ? EPOLLIN : 0) |
                                        (events & VIR_STREAM_EVENT_WRITABLE ? EPOLLOUT : 0));
    if (s->handle >= 0)
        virEventUpdateHandle(s->handle, events);    /* the bits of both are the same */
}

static int addCallback(virStreamPtr st, int events, virStreamEventCallback cb, void *opaque, virFreeCallback ff, GError **error)
{
    FdStream *s = fdStreamOf(st, error);
    if (!s)
        return -1;
    if (s->callback) {
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "stream already has a callback registered");
        return -1;
    }
    g_mutex_lock(&s->mutex);
    s->callback = cb;
    s->opaque = opaque;
    s->freecb = ff;
    g_mutex_unlock(&s->mutex);
    g_atomic_ref_count_inc(&s->refs);
    if (st->conn->deliverDirectly) {
        s->watch = virWatchNew(virLoopGet(), s->fd, 0, onWatch, s, fdStreamUnref);
    } else {
        s->handle = virEventAddHandle(s->fd, 0, onHandle, s, fdStreamUnref);
        if (s->handle < 0) {
            s->callback = NULL;
            fdStreamUnref(s);
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "cannot watch the stream: no event loop is registered");
            return -1;
        }
    }
    fdStreamWatch(s, events);
    return 0;
}

static int updateCallback(virStreamPtr st, int events, GError **error)
{
    FdStream *s = fdStreamOf(st, error);
    if (!s || !s->callback) {
        if (s)
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "stream does not have a callback registered");
        return -1;
    }
    fdStreamWatch(s, events);
    return 0;
}

static void dropCallback(FdStream *s)
{
    g_mutex_lock(&s->mutex);
    virFreeCallback ff = s->callback ? s->freecb : NULL;
    void *opaque = s->opaque;
    virWatch *watch = s->watch;
    int handle = s->handle;
    s->callback = NULL;
    s->watch = NULL;
    s->handle = -1;
    g_mutex_unlock(&s->mutex);
    virWatchRemove(watch);
    if (handle >= 0)
        virEventRemoveHandle(handle);
    if (ff)
        ff(opaque);
}

static int removeCallback(virStreamPtr st, GError **error)
{
    FdStream *s = fdStreamOf(st, error);
    if (!s)
        return -1;
    dropCallback(s);
    return 0;
}

/* ---- data ---- */

static int ioResult(ssize_t n, virStreamPtr st, const char *what, GError **error)
{
    if (n >= 0)
        return (int)n;
    if (errno == EAGAIN)
        return -2;
    if (errno == EIO)
        return 0;               /* a pty whose other side has gone */
    virSetSystemError(error, errno, "cannot %s stream", what);
    return -1;
}

static void waitFor(virStreamPtr st, int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };
    if (!(st->flags & VIR_STREAM_NONBLOCK))
        while (poll(&p, 1, -1) < 0 && errno == EINTR)
            continue;
}

static int streamSend(virStreamPtr st, const char *data, size_t n, GError **error)
{
    FdStream *s = fdStreamOf(st, error);
    if (!s)
        return -1;
    waitFor(st, s->fd, POLLOUT);
    return ioResult(TEMP_FAILURE_RETRY(write(s->fd, data, n)), st, "write to", error);
}

static int streamRecvFlags(virStreamPtr st, char *data, size_t n, unsigned int flags, GError **error)
{
    FdStream *s = fdStreamOf(st, error);
    if (!s)
        return -1;
    waitFor(st, s->fd, POLLIN);
    return ioResult(TEMP_FAILURE_RETRY(read(s->fd, data, n)), st, "read from", error);
}

/* ---- the end ---- */

static void fdStreamClose(FdStream *s)
{
    g_mutex_lock(&s->mutex);
    bool open = s->st != NULL;
    s->st = NULL;
    g_mutex_unlock(&s->mutex);
    if (!open)
        return;
    dropCallback(s);
    if (s->onClose)
        s->onClose(s->closeData);
}

static int streamFinish(virStreamPtr st, GError **error)
{
    FdStream *s = fdStreamOf(st, error);
    if (!s)
        return -1;
    fdStreamClose(s);
    return 0;
}

static void streamGone(void *priv)
{
    fdStreamClose(priv);
    fdStreamUnref(priv);
}

static const virStreamDriver fdStreamDriver = {
    .streamSend = streamSend,
    .streamRecvFlags = streamRecvFlags,
    .streamFinish = streamFinish,
    .streamAbort = streamFinish,
    .streamEventAddCallback = addCallback,
    .streamEventUpdateCallback = updateCallback,
    .streamEventRemoveCallback = removeCallback,
};

bool virFdStreamOpen(virStreamPtr st, int fd, void (*onClose)(gpointer), gpointer data, GError **error)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        virSetSystemError(error, errno, "cannot set descriptor %d to non-blocking", fd);
        close(fd);
        return false;
    }
    FdStream *s = g_new0(FdStream, 1);
    g_atomic_ref_count_init(&s->refs);
    g_mutex_init(&s->mutex);
    s->fd = fd;
    s->st = st;
    s->handle = -1;
    s->onClose = onClose;
    s->closeData = data;
    st->driver = &fdStreamDriver;
    st->priv = s;
    st->privFree = streamGone;
    return true;
}
