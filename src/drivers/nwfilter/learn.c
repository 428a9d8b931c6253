/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Learning a guest's addresses: a packet socket on its port, read by the I/O thread; no thread of its own. */
#define VIR_FROM VIR_FROM_NWFILTER
#define VIR_LOG_NAME "nwfilter.learn"
#include "drivers/nwfilter/learn.h"
#include "base/error.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/util.h"
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <linux/filter.h>
#include <linux/if_packet.h>

enum { FRAME = 2048, PACKETS_AT_ONCE = 32, PACKETS_PER_SECOND = 200 };

struct _virNWFilterLearner {
    virFd fd;
    char *port;
    virMac mac;
    bool dhcpOnly, done;
    char **servers;
    GArray *leases;             /* virNWFilterLease */
    virWatch *watch;
    virTimer *timer;            /* the end of the first lease; or the end of a pause */
    gint64 second;              /* the current one, and what was read in it */
    unsigned int packets;
    bool paused;
    virNWFilterLearnt func;
    gpointer data;
    GDestroyNotify destroy;
};

/* ---- packets ---- */

enum { ETHERNET = 14, ARP_SENDER = ETHERNET + 14, ARP_LENGTH = ETHERNET + 28, IP_MIN = 20, DHCP_OPTIONS = 240 };

static unsigned int u16(const unsigned char *p)
{
    return p[0] << 8 | p[1];
}

static unsigned int u32(const unsigned char *p)
{
    return (unsigned int)u16(p) << 16 | u16(p + 2);
}

static bool usable(const unsigned char *address, char *text)
{
    static const unsigned char none[4], all[4] = { 255, 255, 255, 255 };
    return memcmp(address, none, 4) != 0 && memcmp(address, all, 4) != 0 && (address[0] & 0xf0) != 0xe0 &&
           inet_ntop(AF_INET, address, text, 16);
}

bool virNWFilterSeeAddress(const unsigned char *frame, gsize len, const virMac *mac, virNWFilterSighting *seen)
{
    if (len < ETHERNET + IP_MIN || memcmp(frame + 6, mac->b, 6) != 0)
        return false;
    if (u16(frame + 12) == ETHERTYPE_IP)
        return usable(frame + ETHERNET + 12, seen->address);
    return u16(frame + 12) == ETHERTYPE_ARP && len >= ARP_LENGTH && memcmp(frame + ETHERNET + 8, mac->b, 6) == 0 &&
           usable(frame + ARP_SENDER, seen->address);
}

/* The value of a DHCP option of at least `want` bytes. */
static const unsigned char *dhcpOption(const unsigned char *p, gsize len, int code, gsize want)
{
    for (gsize i = 0; i + 1 < len && p[i] != 255;) {
        if (p[i] == 0) {
            i++;
            continue;
        }
        gsize n = p[i + 1];
        if (i + 2 + n > len)
            return NULL;
        if (p[i] == code)
            return n >= want ? p + i + 2 : NULL;
        i += 2 + n;
    }
    return NULL;
}

bool virNWFilterSeeLease(const unsigned char *frame, gsize len, const virMac *mac, virNWFilterSighting *seen)
{
    static const unsigned char magic[4] = { 0x63, 0x82, 0x53, 0x63 };
    const unsigned char *ip = frame + ETHERNET;
    if (len < ETHERNET + IP_MIN || u16(frame + 12) != ETHERTYPE_IP || ip[9] != IPPROTO_UDP || (u16(ip + 6) & 0x3fff) != 0)
        return false;
    gsize header = (ip[0] & 15) * 4, total = u16(ip + 2);
    if (header < IP_MIN || total > len - ETHERNET || total < header + 8 + DHCP_OPTIONS)
        return false;
    const unsigned char *udp = ip + header, *dhcp = udp + 8;
    gsize left = total - header - 8 - DHCP_OPTIONS;
    if (u16(udp) != 67 || u16(udp + 2) != 68 || dhcp[0] != 2 || memcmp(dhcp + 28, mac->b, 6) != 0 || memcmp(dhcp + 236, magic, 4) != 0)
        return false;
    const unsigned char *type = dhcpOption(dhcp + DHCP_OPTIONS, left, 53, 1), *time = dhcpOption(dhcp + DHCP_OPTIONS, left, 51, 4);
    if (!type || *type != 5 || !time || !inet_ntop(AF_INET, ip + 12, seen->server, sizeof(seen->server)))
        return false;
    seen->seconds = u32(time);
    return usable(dhcp + 16, seen->address);
}

/* ---- what is known ---- */

static void tell(virNWFilterLearner *l)
{
    l->func(l->leases, l->data);
}

static gint64 now(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* Looks at the clock once in an hour at least: it may be set. */
static void armTimer(virNWFilterLearner *l)
{
    gint64 first = G_MAXINT64;
    for (guint i = 0; i < l->leases->len; i++)
        if (g_array_index(l->leases, virNWFilterLease, i).end > 0)
            first = MIN(first, g_array_index(l->leases, virNWFilterLease, i).end);
    gint64 wait = first == G_MAXINT64 ? -1 : CLAMP(first - now(), 0, 3600) * 1000 + 1;
    if (l->paused) {
        gint64 left = ((l->second + 1) * G_USEC_PER_SEC - g_get_monotonic_time()) / 1000 + 1;
        wait = wait < 0 ? MAX(0, left) : MIN(wait, MAX(0, left));
    }
    virTimerSet(l->timer, wait);
}

static void expired(virTimer *timer, gpointer data)
{
    virNWFilterLearner *l = data;
    guint before = l->leases->len;
    for (guint i = before; i-- > 0;) {
        gint64 end = g_array_index(l->leases, virNWFilterLease, i).end;
        if (end > 0 && end <= now())
            g_array_remove_index(l->leases, i);
    }
    if (l->paused && g_get_monotonic_time() / G_USEC_PER_SEC != l->second) {
        l->paused = false;
        virWatchSetEvents(l->watch, EPOLLIN);
    }
    if (l->leases->len != before)
        tell(l);
    armTimer(l);
}

static void learnt(virNWFilterLearner *l, const virNWFilterSighting *seen)
{
    gint64 end = seen->seconds == G_MAXUINT32 || !l->dhcpOnly ? 0 : now() + seen->seconds;
    for (guint i = 0; i < l->leases->len; i++) {
        virNWFilterLease *known = &g_array_index(l->leases, virNWFilterLease, i);
        if (strcmp(known->address, seen->address) != 0)
            continue;
        if (known->end == end)
            return;
        known->end = end;
        tell(l);
        armTimer(l);
        return;
    }
    virNWFilterLease lease = { .end = end };
    memcpy(lease.address, seen->address, sizeof(lease.address));
    g_array_append_val(l->leases, lease);
    l->done = !l->dhcpOnly;
    virInfo("'%s' uses address %s", l->port, seen->address);
    tell(l);
    armTimer(l);
}

static void arrived(virWatch *watch, int fd, uint32_t events, gpointer data)
{
    virNWFilterLearner *l = data;
    unsigned char frame[FRAME];
    gint64 second = g_get_monotonic_time() / G_USEC_PER_SEC;
    if (second != l->second)
        l->packets = 0;
    l->second = second;
    for (int i = 0; i < PACKETS_AT_ONCE && !l->done; i++) {
        virNWFilterSighting seen = { .seconds = 0 };
        ssize_t n = recv(fd, frame, sizeof(frame), MSG_DONTWAIT);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {      /* the port is gone or down: nothing more comes */
            virDebug("'%s': %s", l->port, g_strerror(errno));
            if (errno != ENETDOWN)
                virWatchSetEvents(watch, 0);
            return;
        }
        if (n < 0)
            break;
        l->packets++;
        if (!l->dhcpOnly ? virNWFilterSeeAddress(frame, n, &l->mac, &seen) : virNWFilterSeeLease(frame, n, &l->mac, &seen))
            if (!l->servers[0] || !l->dhcpOnly || g_strv_contains((const char *const *)l->servers, seen.server))
                learnt(l, &seen);
    }
    if (l->done)
        virWatchSetEvents(watch, 0);
    if (l->packets < PACKETS_PER_SECOND || l->done)
        return;
    l->paused = true;           /* a guest must not keep the I/O thread busy */
    virWatchSetEvents(watch, 0);
    armTimer(l);
}

/* ---- the socket ---- */

/* The kernel lets only IPv4 and ARP through, or UDP from port 67 to port 68. */
static bool filterSocket(int fd, bool dhcpOnly)
{
    struct sock_filter any[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IP, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_ARP, 0, 1), BPF_STMT(BPF_RET | BPF_K, FRAME), BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_filter dhcp[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IP, 0, 6),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETHERNET + 9), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 4),
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, ETHERNET), BPF_STMT(BPF_LD | BPF_W | BPF_IND, ETHERNET),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 67 << 16 | 68, 0, 1), BPF_STMT(BPF_RET | BPF_K, FRAME), BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = { .len = dhcpOnly ? G_N_ELEMENTS(dhcp) : G_N_ELEMENTS(any), .filter = dhcpOnly ? dhcp : any };
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

static int openSocket(const char *port, bool dhcpOnly, GError **error)
{
    /* bound to the port only after the filter is there: protocol 0 receives nothing */
    g_auto(virFd) fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = if_nametoindex(port) };
    if (fd >= 0 && at.sll_ifindex > 0 && filterSocket(fd, dhcpOnly) && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
        return virFdSteal(&fd);
    virSetSystemError(error, errno, "cannot watch the packets of '%s' to learn the guest's address", port);
    return -1;
}

static void freeNow(gpointer data)
{
    virNWFilterLearner *l = data;
    if (l->destroy)
        l->destroy(l->data);
    virFdClear(&l->fd);
    g_array_unref(l->leases);
    g_strfreev(l->servers);
    g_free(l->port);
    g_free(l);
}

static void startNow(gpointer data)
{
    virNWFilterLearner *l = data;
    l->timer = virTimerNew(virLoopGet(), -1, expired, l, NULL);
    l->watch = virWatchNew(virLoopGet(), l->fd, EPOLLIN, arrived, l, freeNow);
    armTimer(l);
}

static void stopNow(gpointer data)
{
    virNWFilterLearner *l = data;
    virTimerRemove(l->timer);
    virWatchRemove(l->watch);
}

virNWFilterLearner *virNWFilterLearnerNew(const char *port, const virMac *mac, bool dhcpOnly, const char *const *servers, const GArray *known,
                                          virNWFilterLearnt func, gpointer data, GDestroyNotify destroy, GError **error)
{
    static const char *const none[] = { NULL };
    int fd = openSocket(port, dhcpOnly, error);
    if (fd < 0)
        return NULL;
    virNWFilterLearner *l = g_new0(virNWFilterLearner, 1);
    l->fd = fd;
    l->port = g_strdup(port);
    l->mac = *mac;
    l->dhcpOnly = dhcpOnly;
    l->servers = g_strdupv((char **)(servers ? servers : none));
    l->leases = g_array_new(FALSE, FALSE, sizeof(virNWFilterLease));
    if (known)
        g_array_append_vals(l->leases, known->data, known->len);
    l->func = func;
    l->data = data;
    l->destroy = destroy;
    virLoopInvoke(virLoopGet(), startNow, l);
    return l;
}

void virNWFilterLearnerFree(virNWFilterLearner *l)
{
    if (l)
        virLoopInvoke(virLoopGet(), stopNow, l);
}
