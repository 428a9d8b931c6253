/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See keepalive.h. */
#define VIR_FROM VIR_FROM_RPC
#include "rpc/keepalive.h"
#include "base/error.h"

void virKeepAliveStart(virKeepAlive *ka, int interval, unsigned int count, gint64 now)
{
    *ka = (virKeepAlive){ .interval = interval, .count = count, .last = now };
}

void virKeepAliveReceived(virKeepAlive *ka, gint64 now)
{
    ka->sent = 0;
    ka->last = now;
}

virKeepAliveStep virKeepAliveCheck(virKeepAlive *ka, gint64 now, int *waitMs)
{
    if (ka->interval <= 0) {
        *waitMs = -1;
        return VIR_KEEPALIVE_WAIT;
    }
    gint64 period = (gint64)ka->interval * G_USEC_PER_SEC, due = ka->last + period;
    virKeepAliveStep step = VIR_KEEPALIVE_WAIT;
    if (now >= due && ka->sent >= ka->count) {
        *waitMs = -1;
        return VIR_KEEPALIVE_DEAD;
    }
    if (now >= due) {
        ka->sent++;
        ka->last = now;
        due = now + period;
        step = VIR_KEEPALIVE_SEND_PING;
    }
    *waitMs = (int)MIN((due - now + 999) / 1000, G_MAXINT);
    return step;
}

bool virKeepAliveIs(const virNetMessage *m, bool *answer)
{
    *answer = m->header.proc == VIR_KEEPALIVE_PING;
    return m->header.prog == VIR_KEEPALIVE_PROGRAM && m->header.vers == VIR_KEEPALIVE_VERSION &&
           m->header.type == VIR_NET_MESSAGE;
}

bool virKeepAlivePush(virChannel *channel, int proc, GError **error)
{
    virNetHeader h = { .prog = VIR_KEEPALIVE_PROGRAM, .vers = VIR_KEEPALIVE_VERSION, .proc = proc, .type = VIR_NET_MESSAGE };
    return virChannelPush(channel, virNetMessageBegin(channel, &h, 0), NULL, 0, error);
}
