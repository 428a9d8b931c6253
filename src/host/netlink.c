/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bridges, addresses and routes: requests to the kernel that are answered with one acknowledgement; tables read from /proc/net. */
#define VIR_FROM VIR_FROM_NONE
#include "host/netlink.h"
#include "host/netlink-request.h"
#include "base/error.h"
#include "base/util.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <net/if.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* ---- links ---- */

bool virBridgeCreate(const char *name, const unsigned char mac[6], GError **error)
{
    const struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
    virNetlinkRequest r;
    virNetlinkInit(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
    virNetlinkAdd(&r, IFLA_IFNAME, name, strlen(name) + 1);
    virNetlinkAdd(&r, IFLA_ADDRESS, mac, 6);
    struct rtattr *nest = virNetlinkAdd(&r, IFLA_LINKINFO, NULL, 0);
    virNetlinkAdd(&r, IFLA_INFO_KIND, "bridge", sizeof("bridge"));
    virNetlinkNestEnd(&r, nest);
    int code = virNetlinkSend(&r);
    if (code != 0)
        virSetSystemError(error, code, "error creating bridge interface %s", name);
    return code == 0;
}

bool virBridgeAddAddress(const char *device, const unsigned char mac[6], GError **error)
{
    struct ndmsg entry = { .ndm_family = AF_BRIDGE, .ndm_ifindex = if_nametoindex(device), .ndm_state = NUD_NOARP, .ndm_flags = NTF_MASTER };
    virNetlinkRequest r;
    virNetlinkInit(&r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, &entry, sizeof(entry));
    virNetlinkAdd(&r, NDA_LLADDR, mac, 6);
    int code = entry.ndm_ifindex ? virNetlinkSend(&r) : ENODEV;
    if (code != 0 && code != EEXIST)
        virSetSystemError(error, code, "error adding the address of the guest to the table of the bridge of %s", device);
    return code == 0 || code == EEXIST;
}

bool virLinkDelete(const char *name, GError **error)
{
    const struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
    virNetlinkRequest r;
    virNetlinkInit(&r, RTM_DELLINK, 0, &info, sizeof(info));
    virNetlinkAdd(&r, IFLA_IFNAME, name, strlen(name) + 1);
    int code = virNetlinkSend(&r);
    if (code == 0 || code == ENODEV)
        return true;
    virSetSystemError(error, code, "error destroying network device %s", name);
    return false;
}

/* 0 with an error when there is none of that name. */
static unsigned int indexOf(const char *name, GError **error)
{
    unsigned int index = if_nametoindex(name);
    if (index == 0)
        virSetSystemError(error, errno, "Unable to get interface index for %s", name);
    return index;
}

static gsize sizeOf(int family)
{
    return family == AF_INET ? 4 : 16;
}

bool virLinkAddAddress(const char *name, int family, const unsigned char *address, unsigned int prefix, GError **error)
{
    struct ifaddrmsg message = { .ifa_family = family, .ifa_prefixlen = prefix, .ifa_index = indexOf(name, error) };
    unsigned char broadcast[4];
    virNetlinkRequest r;
    if (message.ifa_index == 0)
        return false;
    virNetlinkInit(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &message, sizeof(message));
    virNetlinkAdd(&r, IFA_LOCAL, address, sizeOf(family));
    virNetlinkAdd(&r, IFA_ADDRESS, address, sizeOf(family));
    if (family == AF_INET && prefix < 31) {     /* the last two prefixes have no broadcast address */
        for (unsigned int i = 0; i < 4; i++) {
            unsigned int ones = CLAMP((int)prefix - (int)(8 * i), 0, 8);
            broadcast[i] = address[i] | (0xff >> ones);
        }
        virNetlinkAdd(&r, IFA_BROADCAST, broadcast, sizeof(broadcast));
    }
    int code = virNetlinkSend(&r);
    if (code != 0)
        virSetSystemError(error, code, "Failed to add an IP address with prefix %u to interface %s", prefix, name);
    return code == 0;
}

bool virRouteAdd(const char *name, int family, const unsigned char *destination, unsigned int prefix, const unsigned char *gateway,
                 unsigned int metric, GError **error)
{
    const struct rtmsg message = { .rtm_family = family, .rtm_dst_len = prefix, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT,
                                   .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = RTN_UNICAST };
    guint32 index = indexOf(name, error), priority = metric;
    virNetlinkRequest r;
    if (index == 0)
        return false;
    virNetlinkInit(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &message, sizeof(message));
    virNetlinkAdd(&r, RTA_DST, destination, sizeOf(family));
    virNetlinkAdd(&r, RTA_GATEWAY, gateway, sizeOf(family));
    virNetlinkAdd(&r, RTA_OIF, &index, sizeof(index));
    virNetlinkAdd(&r, RTA_PRIORITY, &priority, sizeof(priority));
    int code = virNetlinkSend(&r);
    if (code != 0)
        virSetSystemError(error, code, "Failed to add a static route with prefix %u to interface %s", prefix, name);
    return code == 0;
}

static bool set(const virHost *host, const char *name, const char *folder, const char *what, const char *option, unsigned long long value,
                GError **error)
{
    g_autofree char *text = g_strdup_printf("%llu", value);
    g_autoptr(GError) cause = NULL;
    if (virHostWrite(text, &cause, "%s/class/net/%s/%s/%s", host->sys, name, folder, option))
        return true;
    virSetError(error, VIR_ERR_SYSTEM_ERROR, "Unable to set %s %s %s: %s", what, name, option, cause->message);
    return false;
}

bool virBridgeSet(const virHost *host, const char *name, const char *option, unsigned long long value, GError **error)
{
    return set(host, name, "bridge", "bridge", option, value, error);
}

bool virBridgePortSet(const virHost *host, const char *device, const char *option, unsigned long long value, GError **error)
{
    return set(host, device, "brport", "bridge port", option, value, error);
}

/* ---- tables ---- */

enum { DEVICE, DESTINATION, MASK = 7, COLUMNS = 8, COLUMNS6 = 10 };

/* The addresses in /proc/net/route are numbers of the machine's byte order whose bytes are those of the address. */
static bool isNumber(const char *text, const unsigned char bytes[4])
{
    guint32 number = strtoul(text, NULL, 16);
    return memcmp(&number, bytes, 4) == 0;
}

char *virRouteDevice(const virHost *host, const unsigned char network[4], unsigned int prefix)
{
    g_autofree char *text = virHostRead("%s/net/route", host->proc);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    guint32 mask = g_htonl(prefix ? 0xffffffffu << (32 - prefix) : 0);
    unsigned char masked[4];
    for (int i = 0; i < 4; i++)
        masked[i] = network[i] & ((const unsigned char *)&mask)[i];
    for (char **line = lines[0] ? lines + 1 : lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit_set(*line, "\t", -1);
        if (g_strv_length(words) >= COLUMNS && isNumber(words[DESTINATION], masked) && isNumber(words[MASK], (unsigned char *)&mask))
            return g_strdup(g_strstrip(words[DEVICE]));
    }
    return NULL;
}

/* Columns of /proc/net/ipv6_route: destination, its prefix, source, its prefix, next hop, metric, references, use, flags, device. */
enum { PREFIX6 = 1, FLAGS6 = 8, DEVICE6 = 9, ROUTE6_FROM_ADVERTISEMENT = 0x00040000, ROUTE6_GATEWAY = 0x2 };

static bool isAdvertisedDefault(GStrv words)
{
    unsigned long flags = strtoul(words[FLAGS6], NULL, 16);
    return strtoul(words[PREFIX6], NULL, 16) == 0 && (flags & ROUTE6_FROM_ADVERTISEMENT) && (flags & ROUTE6_GATEWAY);
}

static char **blankSeparated(const char *line)
{
    g_autoptr(GStrvBuilder) b = g_strv_builder_new();
    g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
    for (char **w = words; *w; w++)
        if (**w)
            g_strv_builder_add(b, *w);
    return g_strv_builder_end(b);
}

char *virRoutesLostByForwarding(const virHost *host)
{
    g_autofree char *text = virHostRead("%s/net/ipv6_route", host->proc);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    g_autoptr(GPtrArray) lost = g_ptr_array_new_with_free_func(g_free);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = blankSeparated(*line);
        unsigned long long accepts;
        if (g_strv_length(words) < COLUMNS6 || !isAdvertisedDefault(words) ||
            !virHostReadULL(&accepts, "%s/sys/net/ipv6/conf/%s/accept_ra", host->proc, words[DEVICE6]) || accepts == 2 ||
            g_ptr_array_find_with_equal_func(lost, words[DEVICE6], g_str_equal, NULL))
            continue;
        g_ptr_array_add(lost, g_strdup(words[DEVICE6]));
    }
    g_ptr_array_add(lost, NULL);
    return lost->len > 1 ? g_strjoinv(", ", (char **)lost->pdata) : NULL;
}
