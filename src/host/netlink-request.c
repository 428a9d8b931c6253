/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages to the kernel's netlink sockets: see netlink-request.h. */
#include "host/netlink-request.h"
#include "base/util.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { DEADLINE_MS = 5000 };

void virNetlinkInit(virNetlinkRequest *r, int type, int flags, const void *body, gsize len)
{
    memset(r, 0, sizeof(*r));
    r->head.nlmsg_type = type;
    r->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    r->head.nlmsg_len = NLMSG_LENGTH(len);
    memcpy(NLMSG_DATA(&r->head), body, len);
}

struct rtattr *virNetlinkAdd(virNetlinkRequest *r, int type, const void *data, gsize len)
{
    struct rtattr *a = (struct rtattr *)(void *)(r->room + NLMSG_ALIGN(r->head.nlmsg_len));
    if (NLMSG_ALIGN(r->head.nlmsg_len) + RTA_SPACE(len) > sizeof(r->room))
        return NULL;
    a->rta_type = type;
    a->rta_len = RTA_LENGTH(len);
    if (len)
        memcpy(RTA_DATA(a), data, len);
    r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + RTA_SPACE(len);
    return a;
}

void virNetlinkNestEnd(virNetlinkRequest *r, struct rtattr *nest)
{
    if (nest)
        nest->rta_len = r->room + r->head.nlmsg_len - (char *)nest;
}

/* The next datagram, as long as it is; NULL with the errno in *code. */
static GBytes *receive(int fd, int *code)
{
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    int ready;
    while ((ready = poll(&pfd, 1, DEADLINE_MS)) < 0 && errno == EINTR)
        ;
    ssize_t len = ready > 0 ? recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC) : -1;
    g_autofree char *bytes = len >= 0 ? g_malloc(len + 1) : NULL;
    if (len >= 0)
        len = recv(fd, bytes, len, 0);
    *code = ready == 0 ? ETIMEDOUT : len < 0 ? errno : 0;
    return *code == 0 ? g_bytes_new_take(g_steal_pointer(&bytes), len) : NULL;
}

int virNetlinkAskOf(int protocol, const virNetlinkRequest *r, GBytes **answer)
{
    g_auto(virFd) fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    g_autoptr(GBytes) kept = NULL;
    if (fd < 0 || sendto(fd, r, r->head.nlmsg_len, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
        return errno;
    for (;;) {
        int code;
        gsize len;
        g_autoptr(GBytes) bytes = receive(fd, &code);
        if (!bytes)
            return code;
        const struct nlmsghdr *head = g_bytes_get_data(bytes, &len);
        if (len < sizeof(*head) || head->nlmsg_type != NLMSG_ERROR) {
            if (answer && !kept && len >= sizeof(*head))
                kept = g_steal_pointer(&bytes);
            continue;                           /* the acknowledgement is still to come */
        }
        if (len < NLMSG_LENGTH(sizeof(struct nlmsgerr)))
            return EBADMSG;
        code = -((const struct nlmsgerr *)NLMSG_DATA(head))->error;
        if (answer && code == 0 && !kept)
            return ENODATA;
        if (answer && code == 0)
            *answer = g_steal_pointer(&kept);
        return code;
    }
}

int virNetlinkAsk(const virNetlinkRequest *r, GBytes **answer)
{
    return virNetlinkAskOf(NETLINK_ROUTE, r, answer);
}

int virNetlinkSend(const virNetlinkRequest *r)
{
    return virNetlinkAsk(r, NULL);
}
