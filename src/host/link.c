/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network links of the host: tap devices, bridges, counters. */
#define VIR_FROM VIR_FROM_NONE
#include "host/link.h"
#include "base/error.h"
#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>

static bool requestInit(struct ifreq *ifr, const char *name, GError **error)
{
    memset(ifr, 0, sizeof(*ifr));
    if (strlen(name) >= IFNAMSIZ) {
        virSetError(error, VIR_ERR_INVALID_ARG, "network interface name '%s' is longer than %d characters", name, IFNAMSIZ - 1);
        return false;
    }
    memcpy(ifr->ifr_name, name, strlen(name));
    return true;
}

static bool linkIoctl(unsigned long request, struct ifreq *ifr, const char *what, GError **error)
{
    g_auto(virFd) fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && ioctl(fd, request, ifr) == 0)
        return true;
    virSetSystemError(error, errno, "%s '%s'", what, ifr->ifr_name);
    return false;
}

bool virTapOpen(const virHost *host, char **name, unsigned int queues, bool persistent, int *fds, GError **error)
{
    g_autofree char *path = g_strconcat(host->dev, "/net/tun", NULL);
    struct ifreq ifr;
    if (!requestInit(&ifr, *name, error))
        return false;
    ifr.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (queues > 1 ? IFF_MULTI_QUEUE : 0);
    for (unsigned int i = 0; i < queues; i++)
        fds[i] = -1;
    for (unsigned int i = 0; i < queues; i++) {
        fds[i] = open(path, O_RDWR | O_CLOEXEC);
        if (fds[i] >= 0 && ioctl(fds[i], TUNSETIFF, &ifr) == 0 && (!persistent || ioctl(fds[i], TUNSETPERSIST, 1) == 0))
            continue;
        int code = errno;
        virSetSystemError(error, code, fds[i] < 0 ? "Unable to open %s, is tun module loaded? tap interface '%s'"
                                                  : "Unable to create tap device with %s, name '%s'", path, *name);
        for (unsigned int k = 0; k <= i; k++)
            virFdClear(&fds[k]);
        return false;
    }
    g_free(*name);
    *name = g_strdup(ifr.ifr_name);
    return true;
}

bool virTapDelete(const virHost *host, const char *name, GError **error)
{
    int fd[1];
    g_autofree char *copy = g_strdup(name);
    if (!virTapOpen(host, &copy, 1, false, fd, error))
        return false;
    bool ok = ioctl(fd[0], TUNSETPERSIST, 0) == 0;
    if (!ok)
        virSetSystemError(error, errno, "Unable to delete tap device '%s'", name);
    virFdClear(&fd[0]);
    return ok;
}

bool virLinkExists(const virHost *host, const char *name)
{
    g_autofree char *path = g_strdup_printf("%s/class/net/%s", host->sys, name);
    return access(path, F_OK) == 0;
}

bool virLinkHasPhysicalFunction(const char *device)
{
    g_autofree char *path = g_strdup_printf("%s/physfn", device);
    return access(path, F_OK) == 0;
}

static void functionFree(gpointer data)
{
    virLinkFunction *f = data;
    g_free(f->pci);
    g_free(f->netdev);
    g_free(f);
}

GPtrArray *virLinkVirtualFunctions(const virHost *host, const char *name)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(functionFree);
    for (unsigned int i = 0;; i++) {
        g_autofree char *path = g_strdup_printf("%s/class/net/%s/device/virtfn%u", host->sys, name, i);
        g_autofree char *target = g_file_read_link(path, NULL), *net = g_strdup_printf("%s/net", path);
        if (!target)
            return all;
        g_autoptr(GDir) dir = g_dir_open(net, 0, NULL);
        virLinkFunction *f = g_new0(virLinkFunction, 1);
        f->pci = g_path_get_basename(target);
        f->netdev = dir ? g_strdup(g_dir_read_name(dir)) : NULL;
        g_ptr_array_add(all, f);
    }
}

bool virLinkGetMac(const char *name, unsigned char mac[6], GError **error)
{
    struct ifreq ifr;
    if (!requestInit(&ifr, name, error) || !linkIoctl(SIOCGIFHWADDR, &ifr, "Cannot get interface MAC on", error))
        return false;
    memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
    return true;
}

bool virLinkSetMac(const char *name, const unsigned char mac[6], GError **error)
{
    struct ifreq ifr;
    if (!requestInit(&ifr, name, error))
        return false;
    ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(ifr.ifr_hwaddr.sa_data, mac, 6);
    return linkIoctl(SIOCSIFHWADDR, &ifr, "Cannot set interface MAC on", error);
}

bool virLinkSetUp(const char *name, bool up, GError **error)
{
    struct ifreq ifr;
    if (!requestInit(&ifr, name, error) || !linkIoctl(SIOCGIFFLAGS, &ifr, "Cannot get interface flags on", error))
        return false;
    ifr.ifr_flags = up ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP;
    return linkIoctl(SIOCSIFFLAGS, &ifr, "Cannot set interface flags on", error);
}

bool virLinkGetMtu(const char *name, unsigned int *mtu, GError **error)
{
    struct ifreq ifr;
    if (!requestInit(&ifr, name, error) || !linkIoctl(SIOCGIFMTU, &ifr, "Cannot get interface MTU on", error))
        return false;
    *mtu = ifr.ifr_mtu;
    return true;
}

bool virLinkSetMtu(const char *name, unsigned int mtu, GError **error)
{
    struct ifreq ifr;
    if (!requestInit(&ifr, name, error))
        return false;
    ifr.ifr_mtu = mtu;
    return linkIoctl(SIOCSIFMTU, &ifr, "Cannot set interface MTU on", error);
}

char *virLinkAddress(const char *name, GError **error)
{
    struct ifaddrs *all = NULL;
    const int families[] = { AF_INET, AF_INET6 };
    char text[NI_MAXHOST];
    if (getifaddrs(&all) < 0) {
        virSetSystemError(error, errno, "Could not get interface list for '%s'", name);
        return NULL;
    }
    char *found = NULL;
    for (guint f = 0; f < G_N_ELEMENTS(families) && !found; f++)
        for (const struct ifaddrs *a = all; a && !found; a = a->ifa_next) {
            socklen_t len = families[f] == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
            if (a->ifa_addr && a->ifa_addr->sa_family == families[f] && strcmp(a->ifa_name, name) == 0 &&
                getnameinfo(a->ifa_addr, len, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
                found = g_strdup(text);
        }
    freeifaddrs(all);
    if (!found)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "no IP address found for interface '%s'", name);
    return found;
}

static bool bridgePort(unsigned long request, const char *bridge, const char *port, const char *what, GError **error)
{
    struct ifreq ifr;
    if (!requestInit(&ifr, bridge, error))
        return false;
    ifr.ifr_ifindex = if_nametoindex(port);
    if (ifr.ifr_ifindex == 0) {
        virSetSystemError(error, errno, "Unable to get interface index for %s", port);
        return false;
    }
    g_autofree char *words = g_strdup_printf(what, port);
    return linkIoctl(request, &ifr, words, error);
}

bool virBridgeAddPort(const char *bridge, const char *port, GError **error)
{
    return bridgePort(SIOCBRADDIF, bridge, port, "Unable to add port %s to bridge", error);
}

bool virBridgeDelPort(const char *bridge, const char *port, GError **error)
{
    return bridgePort(SIOCBRDELIF, bridge, port, "Unable to remove port %s from bridge", error);
}

bool virLinkReadCounters(const virHost *host, const char *name, virLinkCounters *c, GError **error)
{
    const struct { const char *file; unsigned long long *value; } rows[] = {
        { "rx_bytes", &c->rxBytes }, { "rx_packets", &c->rxPackets }, { "rx_errors", &c->rxErrors }, { "rx_dropped", &c->rxDropped },
        { "tx_bytes", &c->txBytes }, { "tx_packets", &c->txPackets }, { "tx_errors", &c->txErrors }, { "tx_dropped", &c->txDropped },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (!virHostReadULL(rows[i].value, "%s/class/net/%s/statistics/%s", host->sys, name, rows[i].file)) {
            virSetError(error, VIR_ERR_INTERNAL_ERROR, "/proc/net/dev: Interface not found: '%s'", name);
            return false;
        }
    return true;
}
