/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IP addresses: see network-address.h. */
#define VIR_FROM VIR_FROM_NONE
#include "model/network-address.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

static struct addrinfo *resolve(const char *text)
{
    const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    return text && *text && getaddrinfo(text, NULL, &hints, &found) == 0 ? found : NULL;
}

static void take(const struct addrinfo *found, virIp *ip)
{
    memset(ip, 0, sizeof(*ip));
    ip->family = found->ai_family;
    if (ip->family == AF_INET)
        memcpy(ip->b, &((struct sockaddr_in *)(void *)found->ai_addr)->sin_addr, 4);
    else
        memcpy(ip->b, &((struct sockaddr_in6 *)(void *)found->ai_addr)->sin6_addr, 16);
}

bool virIpParse(const char *text, virIp *ip)
{
    struct addrinfo *found = resolve(text);
    if (!found)
        return false;
    take(found, ip);
    freeaddrinfo(found);
    return true;
}

bool virIpCanonical(char **text, virIp *ip)
{
    struct addrinfo *found = resolve(*text);
    char name[NI_MAXHOST];
    if (!found)
        return false;
    if (ip)
        take(found, ip);
    if (getnameinfo(found->ai_addr, found->ai_addrlen, name, sizeof(name), NULL, 0, NI_NUMERICHOST) == 0) {
        g_free(*text);
        *text = g_strdup(name);
    }
    freeaddrinfo(found);
    return true;
}

unsigned int virIpBits(const virIp *ip)
{
    return ip->family == AF_INET ? 32 : ip->family == AF_INET6 ? 128 : 0;
}

static bool bit(const virIp *ip, unsigned int i)
{
    return ip->b[i / 8] & (0x80 >> i % 8);
}

int virIpPrefix(const virIp *netmask)
{
    unsigned int n = virIpBits(netmask), ones = 0;
    while (ones < n && bit(netmask, ones))
        ones++;
    return virIpIsNetwork(netmask, ones) ? (int)ones : -1;
}

bool virIpSameNet(const virIp *a, const virIp *b, unsigned int prefix)
{
    if (a->family != b->family)
        return false;
    for (unsigned int i = 0; i < prefix; i++)
        if (bit(a, i) != bit(b, i))
            return false;
    return true;
}

bool virIpIsNetwork(const virIp *ip, unsigned int prefix)
{
    for (unsigned int i = prefix; i < virIpBits(ip); i++)
        if (bit(ip, i))
            return false;
    return true;
}

char *virIpText(const virIp *ip)
{
    char text[INET6_ADDRSTRLEN] = "";
    return g_strdup(inet_ntop(ip->family, ip->b, text, sizeof(text)) ? text : "?");
}

/* All bits behind the prefix are ones. */
static bool isBroadcast(const virIp *ip, unsigned int prefix)
{
    for (unsigned int i = prefix; i < virIpBits(ip); i++)
        if (!bit(ip, i))
            return false;
    return true;
}

/* Greater than 65535 addresses. */
static bool tooLarge(const virIp *start, const virIp *end)
{
    unsigned int bytes = virIpBits(start) / 8;
    long long diff = 0;
    for (unsigned int i = 0; i < bytes; i++) {
        diff = diff * 256 + end->b[i] - start->b[i];
        if (diff > 0xffffff)
            return true;
    }
    return diff >= 65535;
}

bool virIpRangeCheck(const virIp *start, const virIp *end, const virIp *net, unsigned int prefix, GError **error)
{
    g_autofree char *s = virIpText(start), *e = virIpText(end), *n = net ? virIpText(net) : NULL;
    bool v4 = start->family == AF_INET;
    if (start->family != end->family || (net && net->family != start->family))
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "mismatch of address family in range %s - %s for network %s", s, e, n ? n : "");
    else if (net && prefix > virIpBits(net))
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "bad prefix %u for network %s when checking range %s - %s", prefix, n, s, e);
    else if (memcmp(start->b, end->b, 16) > 0)
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "range %s - %s is reversed", s, e);
    else if (net && (!virIpSameNet(start, net, prefix) || !virIpSameNet(end, net, prefix)))
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "range %s - %s is not entirely within network %s/%u", s, e, n, prefix);
    else if (net && v4 && prefix < 31 && virIpIsNetwork(start, prefix))
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "start of range %s - %s in network %s/%u is the network address", s, e, n, prefix);
    else if (net && v4 && prefix < 31 && isBroadcast(end, prefix))
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "end of range %s - %s in network %s/%u is the broadcast address", s, e, n, prefix);
    else if (tooLarge(start, end))
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "range %s - %s is too large (> 65535)", s, e);
    else
        return true;
    return false;
}
