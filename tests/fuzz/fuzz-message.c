/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as they come from a peer: framing must cut or refuse them, the codec must decode or refuse each payload, and what it
 * decoded it must write so that it reads and writes the same again. (Not always the peer's bytes: a char may come with either
 * sign.) Seeds: seed-messages.py.
 */
#include "api/wire.h"
#include "rpc/channel.h"
#include "rpc/neterror.h"
#include "rpc/proc.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const virXdrType *typeOf(const virNetHeader *h)
{
    const virRpcProc *proc = virRpcProcFind(h->prog, h->proc);
    if (h->type == VIR_NET_STREAM_HOLE)
        return &virWireNetStreamHoleXdr;
    if (h->status == VIR_NET_ERROR)
        return &virWireNetErrorXdr;
    if (!proc)
        return NULL;
    return h->type == VIR_NET_REPLY || h->type == VIR_NET_REPLY_WITH_FDS ? proc->ret : proc->args;
}

static GByteArray *rewrite(const virXdrType *type, const guint8 *in, gsize len, GError **error)
{
    g_autoptr(virArena) arena = virArenaNew();
    void *value = virArenaAlloc(arena, type->size);
    GByteArray *out = NULL;
    if (virXdrDecode(type, in, len, value, arena, error)) {
        out = g_byte_array_new();
        if (!virXdrEncode(type, value, out, NULL))
            abort();
    }
    return out;
}

static void typeCheck(const virXdrType *type, const virNetMessage *m)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) once = rewrite(type, m->body, m->len, &error);
    if ((once == NULL) != (error != NULL))
        abort();
    if (!once)
        return;
    g_autoptr(GByteArray) twice = rewrite(type, once->data, once->len, NULL);
    if (!twice || twice->len != once->len || memcmp(twice->data, once->data, once->len) != 0)
        abort();
}

static void messageCheck(const virNetMessage *m)
{
    const virXdrType *type = typeOf(&m->header);
    g_autoptr(virArena) arena = virArenaNew();
    void *value = type ? virArenaAlloc(arena, type->size) : NULL;

    if (type)
        typeCheck(type, m);
    if (type && virXdrDecode(type, m->body, m->len, value, NULL, NULL))
        virXdrFree(type, value);
    if (m->header.status == VIR_NET_ERROR) {
        g_autoptr(GError) told = NULL;
        virNetErrorDecode(m->body, m->len, &told);
        if (!told)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fds[2];
    if (size > 65536 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        return 0;
    if (write(fds[1], data, size) != (ssize_t)size)
        abort();
    close(fds[1]);
    g_autoptr(virChannel) channel = virChannelNew(fds[0]);
    while (virChannelFill(channel, false, NULL) == VIR_CHANNEL_DONE) {
        virChannelResult r;
        do {
            g_auto(virNetMessage) m = { .body = NULL };
            g_autoptr(GError) error = NULL;
            r = virChannelNext(channel, &m, &error);
            if (r == VIR_CHANNEL_DONE)
                messageCheck(&m);
            if ((r == VIR_CHANNEL_BROKEN) != (error != NULL))
                abort();
        } while (r == VIR_CHANNEL_DONE);
        if (r == VIR_CHANNEL_BROKEN)
            break;
    }
    return 0;
}
