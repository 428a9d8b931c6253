/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A socket that carries messages, the same for client and daemon: cuts the stream of bytes into messages, collects the
 * descriptors that follow one, and writes messages without ever waiting. Buffers are kept and used again. Reading and writing are two halves
 * that two threads may be in, one in each; who shares a half guards it.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    VIR_NET_MESSAGE_INITIAL = 65536,            /* until a client is authenticated */
    VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX = 262120, /* of one stream message: what every peer takes */
    VIR_NET_MESSAGE_MAX = 33554432,
    VIR_NET_MESSAGE_HEADER_MAX = 24,
    VIR_NET_MESSAGE_LEN_MAX = 4,
    VIR_NET_MESSAGE_NUM_FDS_MAX = 32,
    VIR_NET_HEAD = VIR_NET_MESSAGE_LEN_MAX + VIR_NET_MESSAGE_HEADER_MAX,
};

typedef enum {
    VIR_NET_CALL, VIR_NET_REPLY, VIR_NET_MESSAGE, VIR_NET_STREAM, VIR_NET_CALL_WITH_FDS, VIR_NET_REPLY_WITH_FDS,
    VIR_NET_STREAM_HOLE,
} virNetType;

typedef enum { VIR_NET_OK, VIR_NET_ERROR, VIR_NET_CONTINUE } virNetStatus;

typedef struct {
    uint32_t prog, vers;
    int32_t proc;
    uint32_t type, serial, status;
} virNetHeader;

/* A received message. `body` lies in the channel's buffer: good until the channel is read again. */
typedef struct {
    virNetHeader header;
    const guint8 *body;
    gsize len;
    int *fds;                                   /* g_free and close: virNetMessageClear, unless taken (set to NULL) */
    guint nfds;
} virNetMessage;

void virNetMessageClear(virNetMessage *message);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virNetMessage, virNetMessageClear)

typedef struct _virChannel virChannel;

typedef enum { VIR_CHANNEL_BROKEN = -1, VIR_CHANNEL_BLOCKED, VIR_CHANNEL_DONE } virChannelResult;

virChannel *virChannelNew(int fd);              /* takes the descriptor */
void virChannelFree(virChannel *channel);
int virChannelFd(const virChannel *channel);
void virChannelSetLimit(virChannel *channel, gsize max);        /* of a received message; VIR_NET_MESSAGE_MAX at first */

/* One read of what is there. `wait`: blocks until something is. The end of the stream is an error like any other. */
virChannelResult virChannelFill(virChannel *channel, bool wait, GError **error);
/* Take the next complete message: DONE, BLOCKED (more must be read), BROKEN (the peer does not speak our protocol). */
virChannelResult virChannelNext(virChannel *channel, virNetMessage *message, GError **error);
bool virChannelHasInput(const virChannel *channel);             /* unparsed bytes are in the buffer */

/* An outgoing message: begin, append the body (for *_WITH_FDS begun with the number of descriptors), then push. */
GByteArray *virNetMessageBegin(virChannel *reuse, const virNetHeader *header, guint nfds);
/* Takes `buffer`; the descriptors are duplicated. False: the message is too long (nothing is sent). */
bool virChannelPush(virChannel *channel, GByteArray *buffer, const int *fds, guint nfds, GError **error);
bool virNetMessageSeal(GByteArray *buffer, GError **error);     /* writes the length; Push does it too */
virChannelResult virChannelFlush(virChannel *channel, GError **error);
gsize virChannelQueued(const virChannel *channel);              /* bytes that wait to be written */
gsize virChannelQueuedMessages(const virChannel *channel);

uint32_t virNetGetUint(const guint8 *p);
void virNetPutUint(guint8 *p, uint32_t value);
void virNetPutHeader(guint8 *p, const virNetHeader *header);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virChannel, virChannelFree)
