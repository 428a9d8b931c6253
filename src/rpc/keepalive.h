/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keepalive protocol as a state machine without timers or sockets: its owner tells it what came in and asks at the
 * time it named what to do. Client and daemon speak the same: whoever has an interval pings, everybody answers.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include "rpc/channel.h"

enum { VIR_KEEPALIVE_PROGRAM = 0x6b656570, VIR_KEEPALIVE_VERSION = 1, VIR_KEEPALIVE_PING = 1, VIR_KEEPALIVE_PONG = 2 };

typedef struct {
    int interval;               /* seconds; <= 0: we don't ask */
    unsigned int count;         /* unanswered pings after which the peer is given up */
    unsigned int sent;
    gint64 last;                /* of anything from the peer, or of our last ping; monotonic µs */
} virKeepAlive;

typedef enum { VIR_KEEPALIVE_WAIT, VIR_KEEPALIVE_SEND_PING, VIR_KEEPALIVE_DEAD } virKeepAliveStep;

void virKeepAliveStart(virKeepAlive *ka, int interval, unsigned int count, gint64 now);
void virKeepAliveReceived(virKeepAlive *ka, gint64 now);        /* any message counts as a sign of life */
/* What to do now; `*waitMs` is the time until it should be asked again (-1: never). */
virKeepAliveStep virKeepAliveCheck(virKeepAlive *ka, gint64 now, int *waitMs);
/* True when `message` belongs to the protocol; `*answer`: it asks for a pong. */
bool virKeepAliveIs(const virNetMessage *message, bool *answer);
bool virKeepAlivePush(virChannel *channel, int proc, GError **error);
