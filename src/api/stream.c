/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams: the handle, and the loops that send or receive a whole stream through functions of the program. */
#define VIR_FROM VIR_FROM_STREAMS
#define VIR_LOG_NAME "stream"
#include "api/entry.h"
#include "src/api/check.h"
#include "base/error.h"

#define CHUNK (64 * 1024)       /* what one message carries for every peer */

virStreamPtr virStreamNew(virConnectPtr conn, unsigned int flags)
{
    if (!virEntryHandle(conn, &virConnectClass, VIR_FROM, __func__))
        return NULL;
    virStreamPtr st = virHandleNew(&virStreamClass);
    st->conn = virHandleRef(conn);
    st->flags = flags;
    return st;
}

int virStreamRecv(virStreamPtr stream, char *data, size_t nbytes)
{
    GError *error = NULL;

    if (!virEntryHandle(stream, &virStreamClass, VIR_FROM, __func__) || !virEntryNonNull(stream, data, "data", VIR_FROM, __func__))
        return -1;
    int got = virApiStreamRecvFlags(stream, data, nbytes, 0, &error);
    virEntryEnd(stream, &virStreamClass, error, got == -1);
    return got;
}

/* False after publishing why a blocking loop can't run. */
static bool loopReady(virStreamPtr stream, const void *func, const char *name, const char *caller)
{
    GError *error = NULL;

    if (!virEntryHandle(stream, &virStreamClass, VIR_FROM, caller) || !virEntryNonNull(stream, func, name, VIR_FROM, caller))
        return false;
    if (!(stream->flags & VIR_STREAM_NONBLOCK))
        return true;
    virSetError(&error, VIR_ERR_OPERATION_INVALID, "data %s cannot be used for non-blocking streams",
                strstr(caller, "Recv") ? "sinks" : "sources");
    virErrorDispatch(stream->conn, error);
    return false;
}

/* Breaks the stream off after a failure, keeping the error that the program should see. */
static int giveUp(virStreamPtr stream, const char *what)
{
    virErrorPtr saved = virSaveLastError();
    GError *error = NULL;

    virStreamAbort(stream);
    if (saved && saved->code != VIR_ERR_OK) {
        virErrorSetPublic(&error, saved);
    } else {
        virSetError(&error, VIR_ERR_OPERATION_FAILED, "%s", what);
    }
    virFreeError(saved);
    virErrorDispatch(stream->conn, error);
    return -1;
}

static bool sendAll(virStreamPtr stream, const char *data, int len)
{
    while (len > 0) {
        int sent = virStreamSend(stream, data, len);
        if (sent < 0)
            return false;
        data += sent;
        len -= sent;
    }
    return true;
}

int virStreamSendAll(virStreamPtr stream, virStreamSourceFunc handler, void *opaque)
{
    g_autofree char *buffer = NULL;
    int got;

    if (!loopReady(stream, (const void *)(gsize)handler, "handler", __func__))
        return -1;
    buffer = g_malloc(CHUNK);
    while ((got = handler(stream, buffer, CHUNK, opaque)) != 0)
        if (got < 0 || !sendAll(stream, buffer, got))
            return giveUp(stream, "the source of the stream failed");
    return 0;
}

int virStreamSparseSendAll(virStreamPtr stream, virStreamSourceFunc handler, virStreamSourceHoleFunc holeHandler,
                           virStreamSourceSkipFunc skipHandler, void *opaque)
{
    g_autofree char *buffer = NULL;

    if (!loopReady(stream, (const void *)(gsize)handler, "handler", __func__) ||
        !virEntryNonNull(stream, (const void *)(gsize)holeHandler, "holeHandler", VIR_FROM, __func__) ||
        !virEntryNonNull(stream, (const void *)(gsize)skipHandler, "skipHandler", VIR_FROM, __func__))
        return -1;
    buffer = g_malloc(CHUNK);
    while (true) {
        int inData = 0;
        long long length = 0;
        if (holeHandler(stream, &inData, &length, opaque) < 0)
            return giveUp(stream, "the source of the stream failed");
        if (!inData && length) {
            if (virStreamSendHole(stream, length, 0) < 0 || skipHandler(stream, length, opaque) < 0)
                return giveUp(stream, "a hole could not be sent");
            continue;
        }
        int got = handler(stream, buffer, MIN((long long)CHUNK, MAX(length, 1)), opaque);
        if (got == 0 && !length)
            return 0;
        if (got < 0 || !sendAll(stream, buffer, got))
            return giveUp(stream, "the source of the stream failed");
        if (got == 0)
            return 0;
    }
}

static bool sinkAll(virStreamPtr stream, virStreamSinkFunc handler, const char *data, int len, void *opaque)
{
    while (len > 0) {
        int taken = handler(stream, data, len, opaque);
        if (taken < 0)
            return false;
        data += taken;
        len -= taken;
    }
    return true;
}

int virStreamRecvAll(virStreamPtr stream, virStreamSinkFunc handler, void *opaque)
{
    g_autofree char *buffer = NULL;
    int got;

    if (!loopReady(stream, (const void *)(gsize)handler, "handler", __func__))
        return -1;
    buffer = g_malloc(CHUNK);
    while ((got = virStreamRecv(stream, buffer, CHUNK)) != 0)
        if (got < 0 || !sinkAll(stream, handler, buffer, got, opaque))
            return giveUp(stream, "the sink of the stream failed");
    return 0;
}

int virStreamSparseRecvAll(virStreamPtr stream, virStreamSinkFunc handler, virStreamSinkHoleFunc holeHandler, void *opaque)
{
    g_autofree char *buffer = NULL;

    if (!loopReady(stream, (const void *)(gsize)handler, "handler", __func__) ||
        !virEntryNonNull(stream, (const void *)(gsize)holeHandler, "holeHandler", VIR_FROM, __func__))
        return -1;
    buffer = g_malloc(CHUNK);
    while (true) {
        int got = virStreamRecvFlags(stream, buffer, CHUNK, VIR_STREAM_RECV_STOP_AT_HOLE);
        if (got == 0)
            return 0;
        if (got == -3) {
            long long length = 0;
            if (virStreamRecvHole(stream, &length, 0) < 0 || holeHandler(stream, length, opaque) < 0)
                return giveUp(stream, "a hole could not be received");
            continue;
        }
        if (got < 0 || !sinkAll(stream, handler, buffer, got, opaque))
            return giveUp(stream, "the sink of the stream failed");
    }
}
