/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages on a socket: framing, descriptors, and a queue of what could not be written yet. */
#define VIR_FROM VIR_FROM_RPC
#define VIR_LOG_NAME "rpc.channel"
#include "rpc/channel.h"
#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { FIRST_BUFFER = 64 * 1024, KEEP_BUFFER = 512 * 1024, WRITE_BATCH = 16, BATCH_FDS = VIR_NET_MESSAGE_NUM_FDS_MAX };

typedef struct {
    GByteArray *bytes;
    int *fds;                   /* ours; each goes with a byte of its own after the message */
    guint nfds, fdsSent;
} Outgoing;

struct _virChannel {
    int fd;
    gsize limit;
    guint8 *in;
    gsize inStart, inEnd, inSize;
    GQueue fdsIn;               /* received, not yet asked for by a message */
    GQueue out;                 /* Outgoing */
    gsize outOffset;            /* of the first one */
    gsize outBytes;
    GByteArray *spare;          /* atomic: a message may be begun while another thread writes */
};

uint32_t virNetGetUint(const guint8 *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return GUINT32_FROM_BE(v);
}

void virNetPutUint(guint8 *p, uint32_t value)
{
    value = GUINT32_TO_BE(value);
    memcpy(p, &value, 4);
}

void virNetPutHeader(guint8 *p, const virNetHeader *h)
{
    const uint32_t words[] = { h->prog, h->vers, h->proc, h->type, h->serial, h->status };
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        virNetPutUint(p + 4 * i, words[i]);
}

static void headerGet(const guint8 *p, virNetHeader *h)
{
    *h = (virNetHeader){ virNetGetUint(p), virNetGetUint(p + 4), virNetGetUint(p + 8),
                         virNetGetUint(p + 12), virNetGetUint(p + 16), virNetGetUint(p + 20) };
}

void virNetMessageClear(virNetMessage *m)
{
    for (guint i = 0; m->fds && i < m->nfds; i++)
        close(m->fds[i]);
    g_clear_pointer(&m->fds, g_free);
    m->nfds = 0;
}

virChannel *virChannelNew(int fd)
{
    virChannel *c = g_new0(virChannel, 1);
    *c = (virChannel){ .fd = fd, .limit = VIR_NET_MESSAGE_MAX };
    g_queue_init(&c->fdsIn);
    g_queue_init(&c->out);
    return c;
}

static void outgoingFree(gpointer data)
{
    Outgoing *o = data;
    for (guint i = 0; i < o->nfds; i++)
        close(o->fds[i]);
    g_free(o->fds);
    if (o->bytes)
        g_byte_array_unref(o->bytes);
    g_free(o);
}

void virChannelFree(virChannel *c)
{
    if (!c)
        return;
    while (c->fdsIn.length)
        close(GPOINTER_TO_INT(g_queue_pop_head(&c->fdsIn)));
    g_queue_clear_full(&c->out, outgoingFree);
    if (c->spare)
        g_byte_array_unref(c->spare);
    close(c->fd);
    g_free(c->in);
    g_free(c);
}

int virChannelFd(const virChannel *c)
{
    return c->fd;
}

void virChannelSetLimit(virChannel *c, gsize max)
{
    c->limit = max;
}

/* ---- reading ---- */

/* How much the buffer should hold: the message that has begun, but not before its bytes have come (a peer may lie). */
static void bufferReserve(virChannel *c)
{
    if (c->inStart == c->inEnd) {
        c->inStart = c->inEnd = 0;
        if (c->inSize > KEEP_BUFFER) {
            g_clear_pointer(&c->in, g_free);
            c->inSize = 0;
        }
    }
    gsize have = c->inEnd - c->inStart;
    if (c->in && c->inEnd + FIRST_BUFFER / 4 <= c->inSize)
        return;
    if (c->inStart) {
        memmove(c->in, c->in + c->inStart, have);
        c->inStart = 0;
        c->inEnd = have;
    }
    if (have + FIRST_BUFFER / 4 > c->inSize) {
        c->inSize = c->inSize ? MIN(c->inSize * 2, (gsize)VIR_NET_MESSAGE_MAX + FIRST_BUFFER) : FIRST_BUFFER;
        c->in = g_realloc(c->in, c->inSize);
    }
}

static bool descriptorsTake(virChannel *c, struct msghdr *hdr, GError **error)
{
    for (struct cmsghdr *cm = CMSG_FIRSTHDR(hdr); cm; cm = CMSG_NXTHDR(hdr, cm)) {
        if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
            continue;
        guint n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (guint i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(cm) + i * sizeof(int), sizeof(int));
            g_queue_push_tail(&c->fdsIn, GINT_TO_POINTER(fd));
        }
    }
    if (!(hdr->msg_flags & MSG_CTRUNC) && c->fdsIn.length <= 2 * VIR_NET_MESSAGE_NUM_FDS_MAX)
        return true;
    virSetError(error, VIR_ERR_RPC, "the peer sent more file descriptors than a message can announce");
    return false;
}

virChannelResult virChannelFill(virChannel *c, bool wait, GError **error)
{
    union {
        char buffer[CMSG_SPACE(sizeof(int) * BATCH_FDS)];
        struct cmsghdr align;
    } control;
    bufferReserve(c);
    struct iovec iov = { c->in + c->inEnd, c->inSize - c->inEnd };
    struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buffer,
                          .msg_controllen = sizeof(control.buffer) };
    ssize_t n;
    do {
        n = recvmsg(c->fd, &hdr, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return VIR_CHANNEL_BLOCKED;
    if (n < 0) {
        virSetSystemError(error, errno, "Cannot recv data");
        return VIR_CHANNEL_BROKEN;
    }
    if (n == 0) {
        virSetSystemError(error, EIO, "End of file while reading data");
        return VIR_CHANNEL_BROKEN;
    }
    c->inEnd += n;
    return hdr.msg_controllen && !descriptorsTake(c, &hdr, error) ? VIR_CHANNEL_BROKEN : VIR_CHANNEL_DONE;
}

static bool lengthCheck(virChannel *c, gsize len, GError **error)
{
    if (len >= VIR_NET_HEAD && len <= c->limit + VIR_NET_MESSAGE_LEN_MAX)
        return true;
    if (len < VIR_NET_HEAD)
        virSetError(error, VIR_ERR_RPC, "packet %zu bytes received from peer too small, want %d", len, VIR_NET_HEAD);
    else
        virSetError(error, VIR_ERR_RPC, "packet %zu bytes received from peer too large, want %zu", len, c->limit);
    return false;
}

static bool hasFds(uint32_t type)
{
    return type == VIR_NET_CALL_WITH_FDS || type == VIR_NET_REPLY_WITH_FDS;
}

/* The descriptors of a message, of which each came with a byte behind it. */
static virChannelResult descriptorsGive(virChannel *c, gsize len, virNetMessage *m, GError **error)
{
    if (m->len < 4) {
        virSetError(error, VIR_ERR_RPC, "the message lacks its number of file descriptors");
        return VIR_CHANNEL_BROKEN;
    }
    guint n = virNetGetUint(m->body);
    if (n > VIR_NET_MESSAGE_NUM_FDS_MAX) {
        virSetError(error, VIR_ERR_RPC, "too many file descriptors received: %u, at most %d", n, VIR_NET_MESSAGE_NUM_FDS_MAX);
        return VIR_CHANNEL_BROKEN;
    }
    if (c->inEnd - c->inStart < len + n)
        return VIR_CHANNEL_BLOCKED;
    if (c->fdsIn.length < n) {
        virSetError(error, VIR_ERR_RPC, "the message announced %u file descriptors, but %u came", n, c->fdsIn.length);
        return VIR_CHANNEL_BROKEN;
    }
    m->fds = g_new(int, n + 1);
    for (; m->nfds < n; m->nfds++)
        m->fds[m->nfds] = GPOINTER_TO_INT(g_queue_pop_head(&c->fdsIn));
    m->body += 4;
    m->len -= 4;
    c->inStart += n;
    return VIR_CHANNEL_DONE;
}

virChannelResult virChannelNext(virChannel *c, virNetMessage *m, GError **error)
{
    gsize have = c->inEnd - c->inStart;
    const guint8 *p = c->in + c->inStart;
    if (have < VIR_NET_MESSAGE_LEN_MAX)
        return VIR_CHANNEL_BLOCKED;
    gsize len = virNetGetUint(p);
    if (!lengthCheck(c, len, error))
        return VIR_CHANNEL_BROKEN;
    if (have < len)
        return VIR_CHANNEL_BLOCKED;
    *m = (virNetMessage){ .body = p + VIR_NET_HEAD, .len = len - VIR_NET_HEAD };
    headerGet(p + VIR_NET_MESSAGE_LEN_MAX, &m->header);
    virChannelResult r = hasFds(m->header.type) ? descriptorsGive(c, len, m, error) : VIR_CHANNEL_DONE;
    if (r == VIR_CHANNEL_DONE)
        c->inStart += len;
    return r;
}

bool virChannelHasInput(const virChannel *c)
{
    return c->inEnd > c->inStart;
}

/* ---- writing ---- */

GByteArray *virNetMessageBegin(virChannel *reuse, const virNetHeader *header, guint nfds)
{
    GByteArray *b = reuse ? g_atomic_pointer_exchange(&reuse->spare, NULL) : NULL;
    b = b ? b : g_byte_array_sized_new(512);
    bool fds = hasFds(header->type);
    g_byte_array_set_size(b, VIR_NET_HEAD + (fds ? 4 : 0));
    virNetPutHeader(b->data + VIR_NET_MESSAGE_LEN_MAX, header);
    if (fds)
        virNetPutUint(b->data + VIR_NET_HEAD, nfds);
    return b;
}

bool virNetMessageSeal(GByteArray *b, GError **error)
{
    if (b->len > VIR_NET_MESSAGE_MAX) {
        virSetError(error, VIR_ERR_RPC, "Unable to encode message payload: %u bytes are more than the %d a message can carry",
                    b->len, VIR_NET_MESSAGE_MAX);
        return false;
    }
    virNetPutUint(b->data, b->len);
    return true;
}

bool virChannelPush(virChannel *c, GByteArray *b, const int *fds, guint nfds, GError **error)
{
    Outgoing *o = g_new0(Outgoing, 1);
    o->bytes = b;
    o->fds = nfds ? g_new(int, nfds) : NULL;
    bool good = virNetMessageSeal(b, error);
    for (guint i = 0; good && i < nfds; i++, o->nfds++) {
        o->fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
        if (o->fds[i] >= 0)
            continue;
        virSetSystemError(error, errno, "cannot duplicate file descriptor %d", fds[i]);
        good = false;
        break;
    }
    if (!good) {
        outgoingFree(o);
        return false;
    }
    c->outBytes += b->len;
    g_queue_push_tail(&c->out, o);
    return true;
}

static void outgoingDone(virChannel *c)
{
    Outgoing *o = g_queue_pop_head(&c->out);
    c->outOffset = 0;
    if (o->bytes->len <= KEEP_BUFFER && g_atomic_pointer_compare_and_exchange(&c->spare, NULL, o->bytes))
        o->bytes = NULL;
    outgoingFree(o);
}

/* Account for `n` written bytes. A message with descriptors stays until those have gone, too. */
static void outgoingAdvance(virChannel *c, gsize n)
{
    c->outBytes -= n;
    for (Outgoing *o; (o = g_queue_peek_head(&c->out));) {
        gsize rest = o->bytes->len - c->outOffset;
        if (n < rest || o->fdsSent < o->nfds) {
            c->outOffset += MIN(n, rest);
            return;
        }
        n -= rest;
        outgoingDone(c);
    }
}

static ssize_t sendBytes(virChannel *c)
{
    struct iovec iov[WRITE_BATCH];
    guint n = 0;
    gsize offset = c->outOffset;
    for (GList *l = c->out.head; l && n < WRITE_BATCH; l = l->next) {
        Outgoing *o = l->data;
        iov[n++] = (struct iovec){ o->bytes->data + offset, o->bytes->len - offset };
        offset = 0;
        if (o->nfds)
            break;
    }
    struct msghdr hdr = { .msg_iov = iov, .msg_iovlen = n };
    return sendmsg(c->fd, &hdr, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static ssize_t sendDescriptor(virChannel *c, int fd)
{
    union {
        char buffer[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = { .buffer = { 0 } };
    char byte = 0;
    struct iovec iov = { &byte, 1 };
    struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buffer,
                          .msg_controllen = sizeof(control.buffer) };
    struct cmsghdr *cm = CMSG_FIRSTHDR(&hdr);
    cm->cmsg_level = SOL_SOCKET;
    cm->cmsg_type = SCM_RIGHTS;
    cm->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(cm), &fd, sizeof(int));
    return sendmsg(c->fd, &hdr, MSG_NOSIGNAL | MSG_DONTWAIT);
}

virChannelResult virChannelFlush(virChannel *c, GError **error)
{
    for (Outgoing *o; (o = g_queue_peek_head(&c->out));) {
        bool bytes = c->outOffset < o->bytes->len;
        ssize_t n = bytes ? sendBytes(c) : sendDescriptor(c, o->fds[o->fdsSent]);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return VIR_CHANNEL_BLOCKED;
        if (n < 0) {
            virSetSystemError(error, errno, "Cannot write data");
            return VIR_CHANNEL_BROKEN;
        }
        if (bytes)
            outgoingAdvance(c, n);
        else if (++o->fdsSent == o->nfds)
            outgoingDone(c);
    }
    return VIR_CHANNEL_DONE;
}

gsize virChannelQueued(const virChannel *c)
{
    return c->outBytes;
}

gsize virChannelQueuedMessages(const virChannel *c)
{
    return c->out.length;
}
