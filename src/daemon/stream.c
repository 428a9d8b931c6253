/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server's end of a stream: between a client's messages and a local virStream in non-blocking mode. What comes from the driver is
 * read only while the client keeps up; what comes from the client waits in a list until the driver takes it.
 */
#define VIR_FROM VIR_FROM_STREAMS
#define VIR_LOG_NAME "daemon.stream"
#include "daemon/server.h"
#include "base/error.h"
#include "base/log.h"
#include "rpc/neterror.h"
#include <string.h>

enum { ROOM = 1024 * 1024, INPUT_MAX = 64 * 1024 * 1024 };

struct _virServerStream {
    virServerClient *client;        /* not a reference: the client owns us */
    virNetHeader header;            /* of the call that opened it */
    virStreamPtr st;
    bool reads;                     /* data still flows to the client */
    bool finishing;                 /* the client asked for the end; its data is still being written */
    GQueue input;                   /* GBytes */
    gsize inputOffset, inputBytes;
};

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

/* Ends the stream and frees it. */
static void streamEnd(virServerStream *s)
{
    g_hash_table_remove(s->client->streams, GUINT_TO_POINTER(s->header.serial));
}

static void streamFail(virServerStream *s, GError *error)
{
    g_autoptr(GError) own = error;
    virInfo("stream %u of client %" G_GUINT64_FORMAT " fails: %s", s->header.serial, s->client->id, own->message);
    streamSend(s, VIR_NET_ERROR, NULL, 0, own);
    streamEnd(s);
}

static void streamWatch(virServerStream *s)
{
    int events = (s->reads && virChannelQueued(s->client->channel) < ROOM ? VIR_STREAM_EVENT_READABLE : 0) |
                 (s->input.length ? VIR_STREAM_EVENT_WRITABLE : 0);
    if (s->st->driver->streamEventUpdateCallback)
        s->st->driver->streamEventUpdateCallback(s->st, events, NULL);
}

/* False when the stream ended. */
static bool streamRead(virServerStream *s)
{
    static char buffer[VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX];     /* the I/O thread's */
    GError *error = NULL;
    int n = s->st->driver->streamRecvFlags(s->st, buffer, sizeof(buffer), 0, &error);
    if (n == -2)
        return true;
    if (n < 0) {
        streamFail(s, error);
        return false;
    }
    if (n == 0)
        s->reads = false;           /* an empty message tells the client that this was all */
    streamSend(s, VIR_NET_CONTINUE, buffer, n, NULL);
    return true;
}

static void streamFinished(virServerStream *s)
{
    GError *error = NULL;
    if (s->st->driver->streamFinish(s->st, &error) < 0) {
        streamFail(s, error);
        return;
    }
    streamSend(s, VIR_NET_OK, NULL, 0, NULL);
    streamEnd(s);
}

static bool streamWrite(virServerStream *s)
{
    GError *error = NULL;
    GBytes *first;
    while ((first = g_queue_peek_head(&s->input))) {
        gsize len;
        const char *data = g_bytes_get_data(first, &len);
        int n = s->st->driver->streamSend(s->st, data + s->inputOffset, len - s->inputOffset, &error);
        if (n == -2)
            return true;
        if (n < 0) {
            streamFail(s, error);
            return false;
        }
        s->inputOffset += n;
        s->inputBytes -= n;
        if (s->inputOffset == len) {
            g_bytes_unref(g_queue_pop_head(&s->input));
            s->inputOffset = 0;
        }
    }
    if (s->finishing) {
        streamFinished(s);
        return false;
    }
    return true;
}

static void onStream(virStreamPtr st, int events, void *opaque)
{
    virServerStream *s = opaque;
    if ((events & VIR_STREAM_EVENT_WRITABLE) && !streamWrite(s))
        return;
    if ((events & (VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP)) && s->reads && !streamRead(s))
        return;
    streamWatch(s);
}

void virServerStreamMessage(virServerStream *s, virNetMessage *m)
{
    GError *error = NULL;
    if (m->header.type == VIR_NET_STREAM_HOLE) {
        virSetError(&error, VIR_ERR_NO_SUPPORT, "holes in streams to this object");
        streamFail(s, error);
        return;
    }
    switch (m->header.status) {
    case VIR_NET_CONTINUE:
        if (s->inputBytes + m->len > INPUT_MAX) {
            virSetError(&error, VIR_ERR_RPC, "the stream has %d bytes waiting that nobody takes", INPUT_MAX);
            streamFail(s, error);
            return;
        }
        g_queue_push_tail(&s->input, g_bytes_new(m->body, m->len));
        s->inputBytes += m->len;
        break;
    case VIR_NET_OK:
        s->finishing = true;
        break;
    default:
        s->st->driver->streamAbort(s->st, NULL);
        streamSend(s, VIR_NET_OK, NULL, 0, NULL);
        streamEnd(s);
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
    g_queue_clear_full(&s->input, (GDestroyNotify)g_bytes_unref);
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
