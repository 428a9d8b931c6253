/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The client's end of streams. What the server sends is kept until the program reads it; what the program sends is written at
 * once or, blocking, when the socket takes it. Finish and abort wait for the server's word.
 */
#define VIR_FROM VIR_FROM_STREAMS
#define VIR_LOG_NAME "rpc.stream"
#include "api/wire.h"
#include "base/log.h"
#include "client/remote.h"
#include "rpc/neterror.h"

typedef struct {
    guint8 *data;               /* NULL: a hole */
    gsize len, offset;          /* of a hole: its length, and how much has been read as zeros */
} Chunk;

struct _virRemoteStream {
    gatomicrefcount refs;
    virRemote *remote;
    virStreamPtr handle;        /* not referenced */
    uint32_t program, serial;
    const virRpcProc *proc;
    GQueue in;
    bool end;                   /* the server has no more data */
    bool confirmed;             /* it has answered to finish or abort */
    bool detached;
    GError *error;
    virRemoteWaiter *waiter;
    struct _Watcher *watcher;   /* the event callback, owned by its timer */
    int timer;                  /* of the program's loop, that calls the event callback; -1: none */
};

static void chunkFree(gpointer data)
{
    Chunk *c = data;
    g_free(c->data);
    g_free(c);
}

void virRemoteStreamUnref(virRemoteStream *s)
{
    if (!g_atomic_ref_count_dec(&s->refs))
        return;
    g_queue_clear_full(&s->in, chunkFree);
    g_clear_error(&s->error);
    g_free(s);
}

static bool streamPush(virRemoteStream *s, int type, int status, const void *data, gsize len, GError **error)
{
    const virNetHeader h = { .prog = s->program, .vers = 1, .proc = s->proc->number, .type = type, .serial = s->serial,
                             .status = status };
    GByteArray *m = virNetMessageBegin(s->remote->channel, &h, 0);
    if (len)
        g_byte_array_append(m, data, len);
    return virRemoteSend(s->remote, m, NULL, 0, error);
}

/* The handle goes: a stream that was not brought to its end is broken off. */
static void streamDrop(void *priv)
{
    virRemoteStream *s = priv;
    virRemote *r = s->remote;

    g_mutex_lock(&r->lock);
    s->handle = NULL;
    if (!s->detached) {
        if (!s->confirmed && !s->error && !r->broken)
            streamPush(s, VIR_NET_STREAM, VIR_NET_ERROR, NULL, 0, NULL);
        virRemoteStreamDetach(r, s->serial);
    }
    virRemoteUnlock(r);
    virRemoteStreamUnref(s);
    virRemoteUnref(r);
}

bool virRemoteStreamAttach(virRemote *r, virStreamPtr stream, const virRpcProc *proc, uint32_t program, uint32_t serial)
{
    if (stream->priv)
        return false;
    virRemoteStream *s = g_new0(virRemoteStream, 1);
    *s = (virRemoteStream){ .remote = virRemoteRef(r), .handle = stream, .program = program, .serial = serial, .proc = proc,
                            .timer = -1 };
    g_atomic_ref_count_init(&s->refs);
    g_atomic_ref_count_inc(&s->refs);
    g_hash_table_insert(r->streams, GUINT_TO_POINTER(serial), s);
    stream->priv = s;
    stream->privFree = streamDrop;
    stream->driver = &virRemoteStreams;
    return true;
}

void virRemoteStreamDetach(virRemote *r, uint32_t serial)
{
    virRemoteStream *s = g_hash_table_lookup(r->streams, GUINT_TO_POINTER(serial));
    if (!s)
        return;
    s->detached = true;
    g_hash_table_remove(r->streams, GUINT_TO_POINTER(serial));
}

void virRemoteStreamForget(virRemote *r, virStreamPtr stream)
{
    virRemoteStream *s = stream->priv;
    virRemoteStreamDetach(r, s->serial);
    stream->priv = NULL;
    stream->privFree = NULL;
    stream->driver = NULL;
    virRemoteStreamUnref(s);
    virRemoteUnref(r);          /* never the last: the connection has one */
}

/* ---- what comes in ---- */

static void pokeTimer(virConnectPtr conn, gpointer timer)
{
    virEventUpdateTimeout(GPOINTER_TO_INT(timer), 0);
}

static void streamChanged(virRemoteStream *s)
{
    if (s->waiter)
        virRemoteWaiterDone(s->waiter);
    if (s->timer >= 0)
        virRemoteDeliver(s->remote, pokeTimer, GINT_TO_POINTER(s->timer), NULL);
}

static void holeTake(virRemoteStream *s, const virNetMessage *m)
{
    virWireNetStreamHole hole = { 0 };
    if (!virXdrDecode(&virWireNetStreamHoleXdr, m->body, m->len, &hole, NULL, s->error ? NULL : &s->error))
        return;
    if (hole.length < 0 && !s->error)
        virSetError(&s->error, VIR_ERR_RPC, "the server sent a hole of the length %lld", hole.length);
    Chunk *c = g_new0(Chunk, 1);
    c->len = MAX(hole.length, 0);
    g_queue_push_tail(&s->in, c);
}

static void dataTake(virRemoteStream *s, const virNetMessage *m)
{
    if (m->len == 0) {
        s->end = true;
        return;
    }
    Chunk *c = g_new0(Chunk, 1);
    c->data = g_memdup2(m->body, m->len);
    c->len = m->len;
    g_queue_push_tail(&s->in, c);
}

void virRemoteStreamMessage(virRemote *r, const virNetMessage *m)
{
    virRemoteStream *s = g_hash_table_lookup(r->streams, GUINT_TO_POINTER(m->header.serial));
    if (!s || s->proc->number != (uint32_t)m->header.proc || s->program != m->header.prog)
        return;                 /* the program has dropped it meanwhile */
    if (m->header.status == VIR_NET_ERROR) {
        if (!s->error)
            virNetErrorDecode(m->body, m->len, &s->error);
    } else if (m->header.status == VIR_NET_OK) {
        s->confirmed = true;
    } else if (m->header.type == VIR_NET_STREAM_HOLE) {
        holeTake(s, m);
    } else {
        dataTake(s, m);
    }
    streamChanged(s);
}

void virRemoteStreamsBreak(virRemote *r)
{
    GHashTableIter iter;
    gpointer s;
    g_hash_table_iter_init(&iter, r->streams);
    while (g_hash_table_iter_next(&iter, NULL, &s)) {
        virRemoteStream *stream = s;
        if (!stream->error)
            stream->error = g_error_copy(r->broken);
        streamChanged(stream);
    }
}

void virRemoteStreamsWritable(virRemote *r)
{
    GHashTableIter iter;
    gpointer s;
    g_hash_table_iter_init(&iter, r->streams);
    while (virChannelQueuedMessages(r->channel) == 0 && g_hash_table_iter_next(&iter, NULL, &s))
        if (((virRemoteStream *)s)->timer >= 0)
            virRemoteDeliver(r, pokeTimer, GINT_TO_POINTER(((virRemoteStream *)s)->timer), NULL);
}

/* ---- operations ---- */

/* Locked on success. */
static virRemoteStream *streamEnter(virStreamPtr stream, GError **error)
{
    virRemoteStream *s = stream->priv;
    g_mutex_lock(&s->remote->lock);
    if (!s->error && !s->detached)
        return s;
    if (s->error)
        g_propagate_error(error, g_error_copy(s->error));
    else
        virSetError(error, VIR_ERR_OPERATION_INVALID, "the stream is closed");
    virRemoteUnlock(s->remote);
    return NULL;
}

static int streamLeave(virRemoteStream *s, int result)
{
    virRemoteUnlock(s->remote);
    return result;
}

/* Wait for a message of this stream. False with the stream's or the connection's error. */
static bool streamWait(virRemoteStream *s, GError **error)
{
    virRemoteWaiter w = { .done = false };
    if (s->waiter) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "multiple readers on stream not supported");
        return false;
    }
    s->waiter = &w;
    bool good = virRemoteWait(s->remote, &w, error);
    s->waiter = NULL;
    return good;
}

static gsize chunkRead(virRemoteStream *s, Chunk *c, char *data, gsize nbytes)
{
    gsize n = MIN(nbytes, c->len - c->offset);
    if (c->data)
        memcpy(data, c->data + c->offset, n);
    else
        memset(data, 0, n);
    c->offset += n;
    if (c->offset == c->len)
        chunkFree(g_queue_pop_head(&s->in));
    return n;
}

static int recvLocked(virRemoteStream *s, bool wait, char *data, gsize nbytes, bool stopAtHole, GError **error)
{
    for (;;) {
        Chunk *c = g_queue_peek_head(&s->in);
        if (c && !c->data && stopAtHole)
            return -3;
        if (c && c->len == c->offset)
            chunkFree(g_queue_pop_head(&s->in));
        else if (c)
            return chunkRead(s, c, data, MIN(nbytes, (gsize)G_MAXINT));
        else if (s->error) {
            g_propagate_error(error, g_error_copy(s->error));
            return -1;
        } else if (s->end || s->confirmed)
            return 0;
        else if (!wait)
            return -2;
        else if (!streamWait(s, error))
            return -1;
    }
}

static int streamRecvFlags(virStreamPtr stream, char *data, size_t nbytes, unsigned int flags, GError **error)
{
    virRemoteStream *s = stream->priv;
    g_mutex_lock(&s->remote->lock);
    return streamLeave(s, recvLocked(s, !(stream->flags & VIR_STREAM_NONBLOCK), data, nbytes,
                                     flags & VIR_STREAM_RECV_STOP_AT_HOLE, error));
}

static int streamRecvHole(virStreamPtr stream, long long *length, unsigned int flags, GError **error)
{
    virRemoteStream *s = streamEnter(stream, error);
    if (!s)
        return -1;
    Chunk *c = g_queue_peek_head(&s->in);
    *length = c && !c->data ? (long long)(c->len - c->offset) : 0;
    if (c && !c->data)
        chunkFree(g_queue_pop_head(&s->in));
    return streamLeave(s, 0);
}

static int sendLocked(virRemoteStream *s, int type, const void *data, gsize len, GError **error)
{
    bool nonblock = s->handle->flags & VIR_STREAM_NONBLOCK;
    if (nonblock && virChannelQueuedMessages(s->remote->channel))
        return -2;
    if (!streamPush(s, type, VIR_NET_CONTINUE, data, len, error))
        return -1;
    if (nonblock) {
        virRemoteLoopWatch(s->remote);
        return len;
    }
    return virRemoteDrain(s->remote, error) ? (int)len : -1;
}

static int streamSend(virStreamPtr stream, const char *data, size_t nbytes, GError **error)
{
    virRemoteStream *s = streamEnter(stream, error);
    gsize n = MIN(nbytes, (gsize)VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX);
    return s ? streamLeave(s, n ? sendLocked(s, VIR_NET_STREAM, data, n, error) : 0) : -1;
}

static int streamSendHole(virStreamPtr stream, long long length, unsigned int flags, GError **error)
{
    virRemoteStream *s = streamEnter(stream, error);
    virWireNetStreamHole hole = { .length = length, .flags = flags };
    g_autoptr(GByteArray) body = g_byte_array_new();
    if (!s)
        return -1;
    int sent = virXdrEncode(&virWireNetStreamHoleXdr, &hole, body, error) ?
        sendLocked(s, VIR_NET_STREAM_HOLE, body->data, body->len, error) : -1;
    return streamLeave(s, sent > 0 ? 0 : sent);
}

/* Say that the stream ends, and wait until the server says so, too. What it still sends meanwhile is dropped. */
static int streamEnd(virStreamPtr stream, int status, GError **error)
{
    virRemoteStream *s = stream->priv;
    virRemote *r = s->remote;
    bool abort = status == VIR_NET_ERROR, good = true;

    g_mutex_lock(&r->lock);
    if (s->detached)
        return streamLeave(s, 0);
    if (s->error && !abort) {
        g_propagate_error(error, g_error_copy(s->error));
        good = false;
    }
    if (!s->error && !s->confirmed && good)
        good = streamPush(s, VIR_NET_STREAM, status, NULL, 0, error);
    while (good && !s->confirmed && !s->error)
        good = streamWait(s, error);
    if (good && s->error && !abort) {
        g_propagate_error(error, g_error_copy(s->error));
        good = false;
    }
    virRemoteStreamDetach(r, s->serial);
    return streamLeave(s, good ? 0 : -1);
}

static int streamFinish(virStreamPtr stream, GError **error)
{
    return streamEnd(stream, VIR_NET_OK, error);
}

static int streamAbort(virStreamPtr stream, GError **error)
{
    return streamEnd(stream, VIR_NET_ERROR, error);
}

/* ---- the program's callback ---- */

typedef struct _Watcher {
    virStreamPtr stream;
    virStreamEventCallback cb;
    void *opaque;
    virFreeCallback ff;
    int events;
} Watcher;

static void watcherFree(void *opaque)
{
    Watcher *w = opaque;
    if (w->ff)
        w->ff(w->opaque);
    virHandleUnref(w->stream);
    g_free(w);
}

static int eventsReady(virRemoteStream *s, int wanted)
{
    int ready = 0;
    if (s->in.length || s->end || s->error || s->confirmed)
        ready |= VIR_STREAM_EVENT_READABLE;
    if (s->error)
        ready |= VIR_STREAM_EVENT_ERROR;
    if (!s->in.length && (s->end || s->confirmed))
        ready |= VIR_STREAM_EVENT_HANGUP;
    if (s->error || virChannelQueuedMessages(s->remote->channel) == 0)
        ready |= VIR_STREAM_EVENT_WRITABLE;
    return ready & wanted;
}

static void watcherFire(int timer, void *opaque)
{
    Watcher *w = opaque;
    virRemoteStream *s = w->stream->priv;

    g_mutex_lock(&s->remote->lock);
    int ready = s->timer == timer ? eventsReady(s, w->events) : 0;
    virRemoteUnlock(s->remote);
    if (ready)
        w->cb(w->stream, ready, w->opaque);
    g_mutex_lock(&s->remote->lock);
    bool again = s->timer == timer && eventsReady(s, w->events);
    bool mine = s->timer == timer;
    virRemoteUnlock(s->remote);
    if (mine)
        virEventUpdateTimeout(timer, again ? 0 : -1);
}

static int streamEventAddCallback(virStreamPtr stream, int events, virStreamEventCallback cb, void *opaque, virFreeCallback ff,
                                  GError **error)
{
    virRemoteStream *s = streamEnter(stream, error);
    if (!s)
        return -1;
    bool taken = s->timer >= 0;
    virRemoteUnlock(s->remote);
    if (taken) {
        virSetError(error, VIR_ERR_OPERATION_INVALID, "multiple stream callbacks not supported");
        return -1;
    }
    Watcher *w = g_new(Watcher, 1);
    *w = (Watcher){ virHandleRef(stream), cb, opaque, ff, events };
    int timer = virEventAddTimeout(-1, watcherFire, w, watcherFree);
    if (timer < 0) {
        w->ff = NULL;
        watcherFree(w);
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "stream callbacks need an event loop, and the program has registered none");
        return -1;
    }
    g_mutex_lock(&s->remote->lock);
    s->timer = timer;
    s->watcher = w;
    virRemoteUnlock(s->remote);
    virEventUpdateTimeout(timer, 0);
    return 0;
}

static int noCallback(GError **error)
{
    virSetError(error, VIR_ERR_OPERATION_INVALID, "no stream callback registered");
    return -1;
}

static int streamEventUpdateCallback(virStreamPtr stream, int events, GError **error)
{
    virRemoteStream *s = stream->priv;
    g_mutex_lock(&s->remote->lock);
    int timer = s->timer;
    if (timer >= 0)
        s->watcher->events = events;
    virRemoteUnlock(s->remote);
    if (timer < 0)
        return noCallback(error);
    virEventUpdateTimeout(timer, 0);
    return 0;
}

static int streamEventRemoveCallback(virStreamPtr stream, GError **error)
{
    virRemoteStream *s = stream->priv;
    g_mutex_lock(&s->remote->lock);
    int timer = s->timer;
    s->timer = -1;
    virRemoteUnlock(s->remote);
    if (timer < 0)
        return noCallback(error);
    virEventRemoveTimeout(timer);
    return 0;
}

const virStreamDriver virRemoteStreams = {
    .streamAbort = streamAbort,
    .streamEventAddCallback = streamEventAddCallback,
    .streamEventRemoveCallback = streamEventRemoveCallback,
    .streamEventUpdateCallback = streamEventUpdateCallback,
    .streamFinish = streamFinish,
    .streamRecvFlags = streamRecvFlags,
    .streamRecvHole = streamRecvHole,
    .streamSend = streamSend,
    .streamSendHole = streamSendHole,
};
