/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* macvtap devices: see macvtap.h. */
#define VIR_FROM VIR_FROM_NONE
#include "host/macvtap.h"
#include "host/link.h"
#include "host/netlink-request.h"
#include "base/error.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <net/if.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>

enum { NAMES = 8192, NODE_WAIT_US = 5 * G_USEC_PER_SEC, NODE_LOOK_US = 2000 };

static bool linkIndex(const char *name, guint32 *index, GError **error)
{
    *index = if_nametoindex(name);
    if (*index == 0)
        virSetSystemError(error, errno, "Unable to get interface index for %s", name);
    return *index != 0;
}

/* The errno; 0: made. */
static int createNamed(const char *name, guint32 lower, guint32 mode, const unsigned char mac[6])
{
    const struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
    virNetlinkRequest r;
    virNetlinkInit(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
    virNetlinkAdd(&r, IFLA_LINK, &lower, sizeof(lower));
    virNetlinkAdd(&r, IFLA_ADDRESS, mac, 6);
    virNetlinkAdd(&r, IFLA_IFNAME, name, strlen(name) + 1);
    struct rtattr *kind = virNetlinkAdd(&r, IFLA_LINKINFO, NULL, 0);
    virNetlinkAdd(&r, IFLA_INFO_KIND, "macvtap", strlen("macvtap"));
    struct rtattr *data = virNetlinkAdd(&r, IFLA_INFO_DATA, NULL, 0);
    virNetlinkAdd(&r, IFLA_MACVLAN_MODE, &mode, sizeof(mode));
    virNetlinkNestEnd(&r, data);
    virNetlinkNestEnd(&r, kind);
    return virNetlinkSend(&r);
}

bool virMacvtapCreate(const virHost *host, char **name, const char *lower, virMacvtapMode mode, const unsigned char mac[6], GError **error)
{
    guint32 index;
    if (!linkIndex(lower, &index, error))
        return false;
    if (*name && strlen(*name) >= IFNAMSIZ) {
        virSetError(error, VIR_ERR_INVALID_ARG, "network interface name '%s' is longer than %d characters", *name, IFNAMSIZ - 1);
        return false;
    }
    int code = EEXIST;
    g_autofree char *made = NULL;
    for (unsigned int i = 0; code == EEXIST && i < (*name ? 1 : NAMES); i++) {
        g_free(made);
        made = *name ? g_strdup(*name) : g_strdup_printf("macvtap%u", i);
        code = virLinkExists(host, made) ? EEXIST : createNamed(made, index, mode, mac);
    }
    if (code != 0) {
        virSetSystemError(error, code, "error creating macvtap interface %s@%s", made, lower);
        return false;
    }
    g_free(*name);
    *name = g_steal_pointer(&made);
    return true;
}

static int openNode(const char *path, GError **error)
{
    gint64 until = g_get_monotonic_time() + NODE_WAIT_US;
    for (;;) {
        int fd = open(path, O_RDWR | O_CLOEXEC);
        /* Until udev has given it to us, it may be there and not be ours. */
        if (fd >= 0 || (errno != ENOENT && errno != EACCES) || g_get_monotonic_time() > until) {
            if (fd < 0)
                virSetSystemError(error, errno, "cannot open macvtap tap device %s", path);
            return fd;
        }
        g_usleep(NODE_LOOK_US);
    }
}

bool virMacvtapOpen(const virHost *host, const char *name, unsigned int queues, int *fds, GError **error)
{
    struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (queues > 1 ? IFF_MULTI_QUEUE : 0) };
    guint32 index;
    for (unsigned int i = 0; i < queues; i++)
        fds[i] = -1;
    if (!linkIndex(name, &index, error))
        return false;
    g_autofree char *path = g_strdup_printf("%s/tap%u", host->dev, index);
    bool ok = true;
    for (unsigned int i = 0; ok && i < queues; i++) {
        fds[i] = openNode(path, error);
        ok = fds[i] >= 0;
        if (ok && ioctl(fds[i], TUNSETIFF, &ifr) < 0) {
            virSetSystemError(error, errno, "cannot set flags on macvtap tap %s", path);
            ok = false;
        }
    }
    for (unsigned int i = 0; !ok && i < queues; i++)
        virFdClear(&fds[i]);
    return ok;
}

bool virMacvtapDelete(const char *name, GError **error)
{
    struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
    guint32 index;
    virNetlinkRequest r;
    if (!linkIndex(name, &index, error))
        return false;
    info.ifi_index = (int)index;
    virNetlinkInit(&r, RTM_DELLINK, 0, &info, sizeof(info));
    int code = virNetlinkSend(&r);
    if (code != 0 && code != ENODEV)
        virSetSystemError(error, code, "error destroying network device %s", name);
    return code == 0 || code == ENODEV;
}
