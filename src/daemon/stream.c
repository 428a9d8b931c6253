/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server's end of a stream: between a client's messages and a local virStream in non-blocking mode. What comes from the driver is
 * read only while the client keeps up; what comes from the client waits in a list until the driver takes it.
 */
#define VIR_FROM VIR_FROM_STREAMS
#define VIR_LOG_NAME "daemon.stream"
#include "daemon/server.h"
#include "api/wire.h"
#include "base/error.h"
#include "base/log.h"
#include "rpc/neterror.h"
#include <string.h>

enum { ROOM = 1024 * 1024 };

/* What the client sent and the driver has not taken. */
typedef struct {
    GBytes *data;               /* NULL: a hole */
    long long hole;
    unsigned int flags;
} Input;

struct _virServerStream {
    virServerClient *client;        /* not a reference: the client owns us */
    virNetHeader header;            /* of the call that opened it */
    virStreamPtr st;
    bool reads;                     /* data still flows to the client */
    bool finishing;                 /* the client asked for the end; its data is still being written */
    GQueue input;                   /* Input */
    gsize inputOffset, inputBytes;
};

static void inputFree(gpointer data)
{
    Input *i = data;
    g_clear_pointer(&i->data, g_bytes_unref);
    g_free(i);
}

static void streamSend(virServerStream *s, virNetStatus status, const char *data, gsize len, GError *error)
{
    virNetHeader h = s->header;
    h.type = VIR_NET_STREAM;
    h.status = status;
    GByteArray *out = virNetMessageBegin(s->client->channel, &h, 0);
    if (error)
        virNetErrorEncode(error, out);
    else if (len)
        g_byte_array_append(out, (const guint8 *)data, len);
    virServerClientPush(s->client, out, NULL, 0);
}

/* The last message of the stream, and its end: `s` is gone afterwards. (Sending may drop the client with all its streams.) */
static void streamEnd(virServerStream *s, virNetStatus status, GError *error)
{
    g_autoptr(virServerClient) c = virServerClientRef(s->client);
    guint32 serial = s->header.serial;
    streamSend(s, status, NULL, 0, error);
    g_hash_table_remove(c->streams, GUINT_TO_POINTER(serial));
}

static void streamFail(virServerStream *s, GError *error)
{
    g_autoptr(GError) own = error;
    virInfo("stream %u of client %" G_GUINT64_FORMAT " fails: %s", s->header.serial, s->client->id, own->message);
    streamEnd(s, VIR_NET_ERROR, own);
}

static void streamWatch(virServerStream *s)
{
    int events = (s->reads && virServerClientQueued(s->client) < ROOM ? VIR_STREAM_EVENT_READABLE : 0) |
                 (s->input.length || s->finishing ? VIR_STREAM_EVENT_WRITABLE : 0);
    if (s->st->driver->streamEventUpdateCallback)
        s->st->driver->streamEventUpdateCallback(s->st, events, NULL);
}

static bool streamReadHole(virServerStream *s)
{
    GError *error = NULL;
    virWireNetStreamHole hole = { 0 };
    virNetHeader h = s->header;
    h.type = VIR_NET_STREAM_HOLE;
    h.status = VIR_NET_CONTINUE;
    if (s->st->driver->streamRecvHole(s->st, &hole.length, 0, &error) < 0) {
        streamFail(s, error);
        return false;
    }
    GByteArray *out = virNetMessageBegin(s->client->channel, &h, 0);
    virXdrEncode(&virWireNetStreamHoleXdr, &hole, out, NULL);
    virServerClientPush(s->client, out, NULL, 0);
    return true;
}

/* False when the stream ended. A stream that the client did not ask to be sparse never stops at a hole. */
static bool streamRead(virServerStream *s)
{
    static char buffer[VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX];     /* the I/O thread's */
    GError *error = NULL;
    unsigned int flags = s->st->driver->streamRecvHole ? VIR_STREAM_RECV_STOP_AT_HOLE : 0;
    int n = s->st->driver->streamRecvFlags(s->st, buffer, sizeof(buffer), flags, &error);
    if (n == -2)
        return true;
    if (n == -3)
        return streamReadHole(s);
    if (n < 0) {
        streamFail(s, error);
        return false;
    }
    if (n == 0)
        s->reads = false;           /* an empty message tells the client that this was all */
    streamSend(s, VIR_NET_CONTINUE, buffer, n, NULL);
    return true;
}

/* False when the stream ended; a driver that is still busy with the data answers -2 and is asked again. */
static bool streamFinished(virServerStream *s)
{
    GError *error = NULL;
    int n = s->st->driver->streamFinish(s->st, &error);
    if (n == -2)
        return true;
    if (n < 0)
        streamFail(s, error);
    else
        streamEnd(s, VIR_NET_OK, NULL);
    return false;
}

/* Give the driver the first of the input. 0: that is done; 1: some is left; -1: an error; -2: not now. */
static int inputGive(virServerStream *s, const Input *first, GError **error)
{
    if (!first->data)
        return s->st->driver->streamSendHole(s->st, first->hole, first->flags, error);
    gsize len;
    const char *data = g_bytes_get_data(first->data, &len);
    int n = s->st->driver->streamSend(s->st, data + s->inputOffset, len - s->inputOffset, error);
    if (n < 0)
        return n;
    s->inputOffset += n;
    s->inputBytes -= n;
    s->client->streamInput -= n;
    return s->inputOffset == len ? 0 : 1;
}

static bool streamWrite(virServerStream *s)
{
    GError *error = NULL;
    Input *first;
    while ((first = g_queue_peek_head(&s->input))) {
        int n = inputGive(s, first, &error);
        if (n == -2)
            return true;
        if (n < 0) {
            streamFail(s, error);
            return false;
        }
        if (n == 0) {
            inputFree(g_queue_pop_head(&s->input));
            s->inputOffset = 0;
        }
    }
    return !s->finishing || streamFinished(s);
}

static void onStream(virStreamPtr st, int events, void *opaque)
{
    virServerStream *s = opaque;
    g_autoptr(virServerClient) c = virServerClientRef(s->client);
    const int readable = VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP;
    bool alive = !(events & VIR_STREAM_EVENT_WRITABLE) || streamWrite(s);
    if (alive && (events & readable) && s->reads)
        alive = streamRead(s);
    if (alive && !c->dead)
        streamWatch(s);
    if (!c->dead)
        virServerClientResume(c);           /* there may be room again for what it sends */
}

static bool inputTake(virServerStream *s, const virNetMessage *m, GError **error)
{
    Input *i = g_new0(Input, 1);
    virWireNetStreamHole hole = { 0 };
    if (m->header.type == VIR_NET_STREAM) {
        i->data = g_bytes_new(m->body, m->len);
        s->inputBytes += m->len;
        s->client->streamInput += m->len;
    } else if (!virXdrDecode(&virWireNetStreamHoleXdr, m->body, m->len, &hole, NULL, error)) {
        inputFree(i);
        return false;
    } else if (!s->st->driver || !s->st->driver->streamSendHole || hole.length < 0) {
        virSetError(error, VIR_ERR_NO_SUPPORT, "holes in streams to this object");
        inputFree(i);
        return false;
    }
    i->hole = hole.length;
    i->flags = hole.flags;
    g_queue_push_tail(&s->input, i);
    return true;
}

void virServerStreamMessage(virServerStream *s, virNetMessage *m)
{
    GError *error = NULL;
    switch (m->header.status) {
    case VIR_NET_CONTINUE:
        if (!inputTake(s, m, &error)) {
            streamFail(s, error);
            return;
        }
        break;
    case VIR_NET_OK:
        s->finishing = true;
        break;
    default:
        s->st->driver->streamAbort(s->st, NULL);
        streamEnd(s, VIR_NET_OK, NULL);
        return;
    }
    if (streamWrite(s))
        streamWatch(s);
}

virServerStream *virServerStreamNew(virServerClient *client, const virNetHeader *call, virStreamPtr st, uint8_t direction)
{
    GError *error = NULL;
    virServerStream *s = g_new0(virServerStream, 1);
    *s = (virServerStream){ .client = client, .header = *call, .st = virHandleRef(st) };
    s->reads = direction == VIR_RPC_STREAM_READ;
    g_queue_init(&s->input);
    g_hash_table_insert(client->streams, GUINT_TO_POINTER(call->serial), s);
    if (!st->driver || !st->driver->streamEventAddCallback ||
        st->driver->streamEventAddCallback(st, 0, onStream, s, NULL, &error) < 0) {
        if (!error)
            virSetError(&error, VIR_ERR_NO_SUPPORT, "virStreamEventAddCallback");
        virWarn("%s", error->message);
        g_clear_error(&error);
    }
    streamWatch(s);
    return s;
}

void virServerStreamFree(gpointer data)
{
    virServerStream *s = data;
    if (s->st->driver && s->st->driver->streamEventRemoveCallback)
        s->st->driver->streamEventRemoveCallback(s->st, NULL);
    if (s->st->driver && s->st->driver->streamAbort)
        s->st->driver->streamAbort(s->st, NULL);
    virHandleUnref(s->st);
    s->client->streamInput -= s->inputBytes;
    g_queue_clear_full(&s->input, inputFree);
    g_free(s);
}

void virServerStreamsResume(virServerClient *client)
{
    GHashTableIter iter;
    gpointer s;
    g_hash_table_iter_init(&iter, client->streams);
    while (g_hash_table_iter_next(&iter, NULL, &s))
        streamWatch(s);
}
