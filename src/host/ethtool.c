/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ethtool's oldest requests, one for each offload, and its list of features by name. */
#include "host/ethtool.h"
#include "base/util.h"
#include <stdbool.h>
#include <string.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>

static const struct { unsigned int command; virLinkOffload offload; } values[] = {
    { ETHTOOL_GRXCSUM, VIR_LINK_OFFLOAD_RX }, { ETHTOOL_GTXCSUM, VIR_LINK_OFFLOAD_TX }, { ETHTOOL_GSG, VIR_LINK_OFFLOAD_SG },
    { ETHTOOL_GTSO, VIR_LINK_OFFLOAD_TSO }, { ETHTOOL_GGSO, VIR_LINK_OFFLOAD_GSO }, { ETHTOOL_GGRO, VIR_LINK_OFFLOAD_GRO },
};
static const struct { unsigned int flag; virLinkOffload offload; } flags[] = {
    { ETH_FLAG_LRO, VIR_LINK_OFFLOAD_LRO }, { ETH_FLAG_RXVLAN, VIR_LINK_OFFLOAD_RXVLAN }, { ETH_FLAG_TXVLAN, VIR_LINK_OFFLOAD_TXVLAN },
    { ETH_FLAG_NTUPLE, VIR_LINK_OFFLOAD_NTUPLE }, { ETH_FLAG_RXHASH, VIR_LINK_OFFLOAD_RXHASH },
};

static bool ask(int fd, const char *name, void *request)
{
    struct ifreq ifr = { 0 };
    g_strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
    ifr.ifr_data = request;
    return ioctl(fd, SIOCETHTOOL, &ifr) == 0;
}

static bool askValue(int fd, const char *name, unsigned int command, unsigned int *value)
{
    struct ethtool_value request = { .cmd = command };
    if (!ask(fd, name, &request))
        return false;
    *value = request.data;
    return true;
}

static unsigned int featureCount(int fd, const char *name)
{
    struct { struct ethtool_sset_info info; __u32 count; } request = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_FEATURES } };
    return ask(fd, name, &request) && request.info.sset_mask ? request.count : 0;
}

/* Is the feature of that name on? */
static bool featureOn(int fd, const char *name, const char *feature)
{
    unsigned int n = featureCount(fd, name);
    if (!n || n > 1024)
        return false;
    g_autofree struct ethtool_gstrings *names = g_malloc0(sizeof(*names) + n * ETH_GSTRING_LEN);
    g_autofree struct ethtool_gfeatures *on = g_malloc0(sizeof(*on) + (n + 31) / 32 * sizeof(on->features[0]));
    *names = (struct ethtool_gstrings){ .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES, .len = n };
    *on = (struct ethtool_gfeatures){ .cmd = ETHTOOL_GFEATURES, .size = (n + 31) / 32 };
    if (!ask(fd, name, names) || !ask(fd, name, on))
        return false;
    for (unsigned int i = 0; i < MIN(n, names->len); i++)
        if (strncmp((const char *)names->data + i * ETH_GSTRING_LEN, feature, ETH_GSTRING_LEN) == 0)
            return on->features[i / 32].active & (1U << (i % 32));
    return false;
}

unsigned int virLinkOffloads(const char *name)
{
    g_auto(virFd) fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    unsigned int found = 0, value;
    if (fd < 0 || strlen(name) >= IFNAMSIZ)
        return 0;
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
        if (askValue(fd, name, values[i].command, &value) && value)
            found |= values[i].offload;
    if (askValue(fd, name, ETHTOOL_GFLAGS, &value))
        for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
            if (value & flags[i].flag)
                found |= flags[i].offload;
    if (featureOn(fd, name, "tx-udp_tnl-segmentation"))
        found |= VIR_LINK_OFFLOAD_TXUDPTNL;
    return found;
}
