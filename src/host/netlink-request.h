/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages to the kernel's netlink sockets. Inside src/host/ only. */
#pragma once

#include <glib.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

typedef struct {
    union {
        struct nlmsghdr head;
        char room[512];
    };
} virNetlinkRequest;

void virNetlinkInit(virNetlinkRequest *r, int type, int flags, const void *body, gsize len);
/* Attributes are short: names and addresses. One that has no room is left out, and the kernel refuses what is incomplete. */
struct rtattr *virNetlinkAdd(virNetlinkRequest *r, int type, const void *data, gsize len);
/* What was added since `nest` (NULL: it had no room) lies in it. */
void virNetlinkNestEnd(virNetlinkRequest *r, struct rtattr *nest);
/* The errno of the answer; 0: done. */
int virNetlinkSend(const virNetlinkRequest *r);
/* The same, for a request that is answered by one message: *answer is that, head and all. */
int virNetlinkAsk(const virNetlinkRequest *r, GBytes **answer);
/* The same of another socket than the routing one: NETLINK_GENERIC. */
int virNetlinkAskOf(int protocol, const virNetlinkRequest *r, GBytes **answer);
