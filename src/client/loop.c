/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection in the program's event loop: what comes between calls, keepalive, the end. The loop watches an epoll
 * descriptor with our socket in it, because that can be silenced during a call by a system call of our own thread,
 * while changing a watch would wake the loop's thread each time.
 */
#define VIR_FROM VIR_FROM_RPC
#define VIR_LOG_NAME "rpc.client"
#include "client/remote.h"
#include "api/deliver.h"
#include "base/log.h"
#include "src/client/events.h"
#include <errno.h>
#include <sys/epoll.h>

void virRemoteLoopWatch(virRemote *r)
{
    if (r->epoll < 0)
        return;
    uint32_t want = r->reading || r->broken ? 0 : EPOLLIN | (virChannelQueuedMessages(r->channel) ? EPOLLOUT : 0);
    if (want == r->watched)
        return;
    struct epoll_event ev = { .events = want };
    if (r->broken)
        epoll_ctl(r->epoll, EPOLL_CTL_DEL, virChannelFd(r->channel), NULL);
    else
        epoll_ctl(r->epoll, EPOLL_CTL_MOD, virChannelFd(r->channel), &ev);
    r->watched = want;
}

static void loopReady(int watch, int fd, int events, void *opaque)
{
    virRemote *r = opaque;
    GError *error = NULL;

    g_mutex_lock(&r->lock);
    if (!r->reading && !r->broken) {
        virChannelResult got = virChannelFill(r->channel, false, &error);
        if (got == VIR_CHANNEL_BROKEN)
            virRemoteBreak(r, strstr(error->message, "End of file") ? VIR_CONNECT_CLOSE_REASON_EOF
                                                                    : VIR_CONNECT_CLOSE_REASON_ERROR, error);
        if (got == VIR_CHANNEL_DONE)
            virRemoteReadAll(r);
        if (!r->broken && virChannelFlush(r->channel, &error) == VIR_CHANNEL_BROKEN)
            virRemoteBreak(r, VIR_CONNECT_CLOSE_REASON_ERROR, error);
        virRemoteStreamsWritable(r);
        virRemoteLoopWatch(r);
    }
    virRemoteUnlock(r);
}

/* ---- keepalive ---- */

int virRemoteKeepAliveStep(virRemote *r)
{
    GError *error = NULL;
    int wait;

    if (r->keepalive.interval <= 0 || r->broken)
        return -1;
    switch (virKeepAliveCheck(&r->keepalive, g_get_monotonic_time(), &wait)) {
    case VIR_KEEPALIVE_DEAD:
        virSetError(&error, VIR_ERR_INTERNAL_ERROR, "connection closed due to keepalive timeout");
        virRemoteBreak(r, VIR_CONNECT_CLOSE_REASON_KEEPALIVE, error);
        return -1;
    case VIR_KEEPALIVE_SEND_PING:
        if (virKeepAlivePush(r->channel, VIR_KEEPALIVE_PING, NULL))
            virChannelFlush(r->channel, NULL);
        break;
    case VIR_KEEPALIVE_WAIT:
        break;
    }
    return wait;
}

/* What is due, and the timer for what comes next. */
static void loopRearm(virRemote *r)
{
    g_mutex_lock(&r->lock);
    int wait = virRemoteKeepAliveStep(r), timer = r->timer;
    virRemoteUnlock(r);
    if (timer >= 0)
        virEventUpdateTimeout(timer, wait);
}

static void loopTimer(int timer, void *opaque)
{
    loopRearm(opaque);
}

int virRemoteSetKeepAlive(virConnectPtr conn, int interval, unsigned int count, GError **error)
{
    virRemote *r = virRemoteOf(conn);

    if (r->watch < 0) {
        if (interval <= 0)
            return 0;
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "the caller doesn't support keepalive protocol; perhaps it's missing event "
                    "loop implementation");
        return -1;
    }
    if (!r->serverAnswersPings)
        return 1;
    g_mutex_lock(&r->lock);
    virKeepAliveStart(&r->keepalive, interval, count, g_get_monotonic_time());
    virRemoteUnlock(r);
    loopRearm(r);
    return 0;
}

/* ---- what must be done without the lock ---- */

typedef struct {
    virConnectPtr conn;
    void (*func)(virConnectPtr, gpointer);
    gpointer data;
    GDestroyNotify destroy;
} Parcel;

void virRemoteDeliver(virRemote *r, void (*func)(virConnectPtr, gpointer), gpointer data, GDestroyNotify destroy)
{
    Parcel *p = g_new(Parcel, 1);
    *p = (Parcel){ r->delivers ? virRemoteConnRef(r) : NULL, func, data, destroy };
    g_queue_push_tail(&r->parcels, p);
}

static void parcelOpen(Parcel *p)
{
    if (p->conn)
        p->func(p->conn, p->data);
    if (p->destroy)
        p->destroy(p->data);
    virHandleUnref(p->conn);
    g_free(p);
}

void virRemoteUnlock(virRemote *r)
{
    Parcel *p;
    if (r->delivering || !r->parcels.length) {
        g_mutex_unlock(&r->lock);
        return;
    }
    g_autoptr(virRemote) keep = virRemoteRef(r);
    r->delivering = true;
    while ((p = g_queue_pop_head(&r->parcels))) {
        g_mutex_unlock(&r->lock);
        parcelOpen(p);
        g_mutex_lock(&r->lock);
    }
    r->delivering = false;
    g_mutex_unlock(&r->lock);
}

/* ---- events and the end, told to the program ---- */

typedef struct {
    const virRpcProc *proc;
    GBytes *payload;
} Event;

static void eventDispatch(virConnectPtr conn, gpointer data)
{
    Event *e = data;
    g_autoptr(GError) error = NULL;
    gsize len;
    const guint8 *bytes = g_bytes_get_data(e->payload, &len);
    if (!virRemoteEventDispatch(conn, e->proc, bytes, len, &error))
        virWarn("cannot decode %s: %s", e->proc->name, error->message);
}

static void eventFree(gpointer data)
{
    Event *e = data;
    g_bytes_unref(e->payload);
    g_free(e);
}

void virRemoteEventMessage(virRemote *r, const virNetMessage *m)
{
    const virRpcProc *proc = virRpcProcFind(m->header.prog, m->header.proc);
    if (!proc || !proc->event) {
        virDebug("unknown event: program 0x%x procedure %d", m->header.prog, m->header.proc);
        return;
    }
    Event *e = g_new(Event, 1);
    *e = (Event){ proc, g_bytes_new(m->body, m->len) };
    virRemoteDeliver(r, eventDispatch, e, eventFree);
}

typedef struct {
    virConnectPtr conn;
    int reason;
} Closed;

static void closedTell(gpointer data)
{
    Closed *c = data;
    virConnectClosed(c->conn, c->reason);
}

static void closedFree(gpointer data)
{
    Closed *c = data;
    virHandleUnref(c->conn);
    g_free(c);
}

static void closedPost(virConnectPtr conn, gpointer reason)
{
    Closed *c = g_new(Closed, 1);
    *c = (Closed){ virHandleRef(conn), GPOINTER_TO_INT(reason) };
    virConnectDeliver(conn, closedTell, c, closedFree);
}

void virRemoteReportClosed(virRemote *r)
{
    if (r->open)
        virRemoteDeliver(r, closedPost, GINT_TO_POINTER(r->closeReason), NULL);
}

/* ---- begin and end ---- */

static void loopForget(void *opaque)
{
    virRemoteUnref(opaque);
}

void virRemoteLoopStart(virRemote *r)
{
    struct epoll_event ev = { .events = EPOLLIN };
    if (!virEventLoopExists())
        return;
    r->epoll = epoll_create1(EPOLL_CLOEXEC);
    r->watched = EPOLLIN;
    if (r->epoll < 0 || epoll_ctl(r->epoll, EPOLL_CTL_ADD, virChannelFd(r->channel), &ev) < 0) {
        virWarn("cannot watch the connection from the event loop: %s", g_strerror(errno));
        return;
    }
    r->watch = virEventAddHandle(r->epoll, VIR_EVENT_HANDLE_READABLE, loopReady, virRemoteRef(r), loopForget);
    if (r->watch < 0) {         /* the program has none */
        virRemoteUnref(r);
        close(r->epoll);
        r->epoll = -1;
        return;
    }
    r->timer = virEventAddTimeout(-1, loopTimer, virRemoteRef(r), loopForget);
    r->delivers = virConnectCanDeliver(r->conn, NULL);
}

void virRemoteLoopStop(virRemote *r)
{
    g_mutex_lock(&r->lock);
    int watch = r->watch, timer = r->timer;
    r->watch = r->timer = -1;
    virRemoteUnlock(r);
    if (watch >= 0)
        virEventRemoveHandle(watch);
    if (timer >= 0)
        virEventRemoveTimeout(timer);
}
