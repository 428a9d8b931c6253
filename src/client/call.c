/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls on a connection: sending, waiting, reading for all, handing messages to whom they belong. */
#define VIR_FROM VIR_FROM_RPC
#define VIR_LOG_NAME "rpc.client"
#include "client/remote.h"
#include "base/log.h"
#include "rpc/neterror.h"
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

virRemote *virRemoteNew(int fd, virConnectPtr conn)
{
    virRemote *r = g_new0(virRemote, 1);
    g_atomic_ref_count_init(&r->refs);
    g_mutex_init(&r->lock);
    r->channel = virChannelNew(fd);
    r->streams = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)virRemoteStreamUnref);
    r->conn = conn;
    r->epoll = r->watch = r->timer = -1;
    r->closeReason = -1;
    return r;
}

virRemote *virRemoteRef(virRemote *r)
{
    g_atomic_ref_count_inc(&r->refs);
    return r;
}

void virRemoteUnref(virRemote *r)
{
    if (!r || !g_atomic_ref_count_dec(&r->refs))
        return;
    if (r->epoll >= 0)
        close(r->epoll);
    virChannelFree(r->channel);
    g_hash_table_unref(r->streams);
    g_clear_error(&r->broken);
    g_mutex_clear(&r->lock);
    g_free(r);
}

virConnectPtr virRemoteConnRef(virRemote *r)
{
    virConnectPtr conn = r->conn;
    gint refs = conn ? g_atomic_int_get(&conn->head.refs) : 0;
    while (refs > 0 && !g_atomic_int_compare_and_exchange_full(&conn->head.refs, refs, refs + 1, &refs))
        continue;
    return refs > 0 ? conn : NULL;
}

/* ---- the end ---- */

void virRemoteBreak(virRemote *r, int reason, GError *error)
{
    if (r->broken) {
        g_error_free(error);
        return;
    }
    virDebug("connection is given up: %s", error->message);
    r->broken = error;
    r->closeReason = reason;
    shutdown(virChannelFd(r->channel), SHUT_RDWR);      /* wakes the leader, wherever it waits */
    for (GList *l = r->waiters.head; l; l = l->next)
        virRemoteWaiterWake(l->data);
    virRemoteStreamsBreak(r);
    virRemoteLoopWatch(r);
    virRemoteReportClosed(r);
}

void virRemoteShutdown(virRemote *r)
{
    GError *error = NULL;
    virSetError(&error, VIR_ERR_INTERNAL_ERROR, "client socket is closed");
    g_mutex_lock(&r->lock);
    r->conn = NULL;
    virRemoteBreak(r, VIR_CONNECT_CLOSE_REASON_CLIENT, error);
    virRemoteUnlock(r);
}

/* A later call gets the first failure's words, as an error of its own. */
static void brokenError(virRemote *r, GError **error)
{
    if (r->closeReason == VIR_CONNECT_CLOSE_REASON_CLIENT)
        g_propagate_error(error, g_error_copy(r->broken));
    else
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "client socket is closed: %s", r->broken->message);
}

bool virRemoteAlive(virRemote *r)
{
    g_mutex_lock(&r->lock);
    bool alive = r->broken == NULL;
    virRemoteUnlock(r);
    return alive;
}

/* ---- reading ---- */

static void pendingFinish(virRemote *r, virRemotePending *p, const virNetMessage *m)
{
    if (m->header.status == VIR_NET_ERROR)
        virNetErrorDecode(m->body, m->len, &p->error);
    else if (p->proc->ret)
        p->good = virXdrDecode(p->proc->ret, m->body, m->len, p->ret, p->io ? p->io->arena : NULL, &p->error);
    else if (!(p->good = m->len == 0))
        virSetError(&p->error, VIR_ERR_RPC, "%s: the reply has %zu bytes where none were expected", p->proc->name, m->len);
    g_queue_remove(&r->pending, p);
    virRemoteWaiterDone(&p->waiter);
}

static void replyTake(virRemote *r, virNetMessage *m)
{
    for (GList *l = r->pending.head; l; l = l->next) {
        virRemotePending *p = l->data;
        if (p->serial != m->header.serial || p->program != m->header.prog || p->proc->number != (uint32_t)m->header.proc)
            continue;
        if (p->io && m->nfds) {
            p->io->nfdsOut = m->nfds;
            p->io->fdsOut = g_steal_pointer(&m->fds);
            m->nfds = 0;
        }
        pendingFinish(r, p, m);
        return;
    }
    virWarn("a reply came that nobody waits for: program 0x%x procedure %d serial %u", m->header.prog, m->header.proc,
            m->header.serial);
}

static void messageTake(virRemote *r, virNetMessage *m)
{
    bool ping;
    if (virKeepAliveIs(m, &ping)) {
        if (ping && virKeepAlivePush(r->channel, VIR_KEEPALIVE_PONG, NULL))
            virChannelFlush(r->channel, NULL);          /* a failure shows at the next read */
    } else if (m->header.type == VIR_NET_REPLY || m->header.type == VIR_NET_REPLY_WITH_FDS) {
        replyTake(r, m);
    } else if (m->header.type == VIR_NET_MESSAGE) {
        virRemoteEventMessage(r, m);
    } else if (m->header.type == VIR_NET_STREAM || m->header.type == VIR_NET_STREAM_HOLE) {
        virRemoteStreamMessage(r, m);
    } else {
        virWarn("a message of the unexpected type %u came for procedure %d", m->header.type, m->header.proc);
    }
}

void virRemoteReadAll(virRemote *r)
{
    GError *error = NULL;
    virChannelResult got = VIR_CHANNEL_BLOCKED;
    while (!r->broken) {
        g_auto(virNetMessage) m = { .body = NULL };
        got = virChannelNext(r->channel, &m, &error);
        if (got != VIR_CHANNEL_DONE)
            break;
        if (r->keepalive.interval > 0)
            virKeepAliveReceived(&r->keepalive, g_get_monotonic_time());
        messageTake(r, &m);
    }
    if (got == VIR_CHANNEL_BROKEN)
        virRemoteBreak(r, VIR_CONNECT_CLOSE_REASON_ERROR, error);
}

static void readFailed(virRemote *r, GError *error)
{
    bool end = strstr(error->message, "End of file") != NULL;
    virRemoteBreak(r, end ? VIR_CONNECT_CLOSE_REASON_EOF : VIR_CONNECT_CLOSE_REASON_ERROR, error);
}

/* ---- waiting ---- */

void virRemoteWaiterWake(virRemoteWaiter *w)
{
    if (w->asleep)
        g_cond_signal(&w->cond);
}

void virRemoteWaiterDone(virRemoteWaiter *w)
{
    w->done = true;
    virRemoteWaiterWake(w);
}

/* One turn without the lock: as the leader until something came, otherwise until output can be written. */
static void waitTurn(virRemote *r, bool lead, bool output)
{
    GError *error = NULL;
    int timeout = virRemoteKeepAliveStep(r);
    virChannelResult got = VIR_CHANNEL_BLOCKED;

    if (r->broken)
        return;
    if (lead) {
        r->reading = true;
        virRemoteLoopWatch(r);
    }
    virRemoteUnlock(r);
    if (lead && !output && timeout < 0) {
        got = virChannelFill(r->channel, true, &error);
    } else {
        struct pollfd p = { virChannelFd(r->channel), (lead ? POLLIN : 0) | (output ? POLLOUT : 0), 0 };
        if (poll(&p, 1, timeout) > 0 && lead && (p.revents & ~POLLOUT))
            got = virChannelFill(r->channel, false, &error);
    }
    g_mutex_lock(&r->lock);
    if (got == VIR_CHANNEL_BROKEN)
        readFailed(r, error);
    if (got == VIR_CHANNEL_DONE)
        virRemoteReadAll(r);
    if (lead)
        r->reading = false;
    if (output && !r->broken && virChannelFlush(r->channel, &error) == VIR_CHANNEL_BROKEN)
        virRemoteBreak(r, VIR_CONNECT_CLOSE_REASON_ERROR, error);
    if (output)
        virRemoteStreamsWritable(r);
}

/* Somebody else must read on when this thread leaves. */
static void leaveWaiters(virRemote *r, virRemoteWaiter *w)
{
    g_queue_unlink(&r->waiters, &w->link);
    if (r->reading)
        return;
    if (r->waiters.head)
        virRemoteWaiterWake(r->waiters.head->data);
    else
        virRemoteLoopWatch(r);
}

static bool waitUntil(virRemote *r, virRemoteWaiter *w, bool drain)
{
    g_cond_init(&w->cond);
    w->link.data = w;
    g_queue_push_tail_link(&r->waiters, &w->link);
    while (!w->done && !r->broken) {
        bool output = virChannelQueuedMessages(r->channel) > 0;
        if (drain && !output)
            break;
        if (r->parcels.length && !r->delivering) {
            virRemoteUnlock(r);
            g_mutex_lock(&r->lock);
        } else if (r->reading && !output) {
            w->asleep = true;
            g_cond_wait(&w->cond, &r->lock);
            w->asleep = false;
        } else {
            waitTurn(r, !r->reading, output);
        }
    }
    leaveWaiters(r, w);
    g_cond_clear(&w->cond);
    return w->done || (drain && !r->broken);
}

bool virRemoteWait(virRemote *r, virRemoteWaiter *w, GError **error)
{
    if (waitUntil(r, w, false))
        return true;
    g_propagate_error(error, g_error_copy(r->broken));
    return false;
}

bool virRemoteDrain(virRemote *r, GError **error)
{
    virRemoteWaiter w = { .done = false };
    if (virChannelQueuedMessages(r->channel) == 0 || waitUntil(r, &w, true))
        return true;
    g_propagate_error(error, g_error_copy(r->broken));
    return false;
}

bool virRemoteSend(virRemote *r, GByteArray *message, const int *fds, guint nfds, GError **error)
{
    GError *why = NULL;
    if (r->broken) {
        g_byte_array_unref(message);
        brokenError(r, error);
        return false;
    }
    if (!virChannelPush(r->channel, message, fds, nfds, error))
        return false;
    virChannelResult sent = virChannelFlush(r->channel, &why);
    if (sent != VIR_CHANNEL_BROKEN)
        return true;
    g_propagate_error(error, g_error_copy(why));
    virRemoteBreak(r, VIR_CONNECT_CLOSE_REASON_ERROR, why);
    return false;
}

/* ---- calls ---- */

static const virRpcProgram *programOf(const virRpcProc *proc)
{
    for (const virRpcProgram *p = virRpcPrograms; p->number; p++)
        if (proc >= p->procs && proc < p->procs + p->nprocs)
            return p;
    g_assert_not_reached();
}

static GByteArray *callEncode(virRemote *r, const virNetHeader *h, const virRpcProc *proc, guint nfds, const void *args,
                              GError **error)
{
    GByteArray *message = virNetMessageBegin(r->channel, h, nfds);
    if (!proc->args || virXdrEncode(proc->args, args, message, error))
        return message;
    g_byte_array_unref(message);
    return NULL;
}

static bool callLocked(virRemote *r, virRemotePending *p, const virNetHeader *h, const void *args, GError **error)
{
    guint nfds = p->io ? p->io->nfdsIn : 0;
    virStreamPtr stream = p->io ? p->io->stream : NULL;
    GByteArray *message = callEncode(r, h, p->proc, nfds, args, error);
    if (!message)
        return false;
    if (stream && !virRemoteStreamAttach(r, stream, p->proc, h->prog, h->serial)) {
        g_byte_array_unref(message);
        virSetError(error, VIR_ERR_OPERATION_INVALID, "%s: the stream is in use already", p->proc->name);
        return false;
    }
    g_queue_push_tail(&r->pending, p);
    bool good = virRemoteSend(r, message, p->io ? p->io->fdsIn : NULL, nfds, error) && virRemoteWait(r, &p->waiter, error);
    if (!good)
        g_queue_remove(&r->pending, p);
    if (stream && !(good && p->good))
        virRemoteStreamForget(r, stream);
    return good;
}

bool virRemoteCallOn(virRemote *r, const virRpcProc *proc, virRpcIO *io, const void *args, void *ret, GError **error)
{
    const virRpcProgram *program = programOf(proc);
    virRemotePending p = { .program = program->number, .proc = proc, .io = io, .ret = ret };

    g_mutex_lock(&r->lock);
    p.serial = r->serials++;
    const virNetHeader h = { .prog = program->number, .vers = program->version, .proc = proc->number, .serial = p.serial,
                             .type = io && io->nfdsIn ? VIR_NET_CALL_WITH_FDS : VIR_NET_CALL };
    bool good = callLocked(r, &p, &h, args, error);
    virRemoteUnlock(r);
    if (p.error)
        g_propagate_error(error, p.error);
    return good && p.good;
}

bool virRemoteCall(virConnectPtr conn, const virRpcProc *proc, virRpcIO *io, const void *args, void *ret, GError **error)
{
    virRemote *r = virRemoteOf(conn);
    if (r)
        return virRemoteCallOn(r, proc, io, args, ret, error);
    virSetError(error, VIR_ERR_INTERNAL_ERROR, "%s: the connection has no remote end", proc->name);
    return false;
}
