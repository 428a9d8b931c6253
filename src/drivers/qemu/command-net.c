/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces: -netdev and the guest's card. Tap devices come as open descriptors. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/command.h"
#include <string.h>

static char *joinFds(const int *fds, unsigned int n)
{
    GString *out = g_string_new(NULL);
    for (unsigned int i = 0; i < n; i++)
        g_string_append_printf(out, "%s%d", i ? ":" : "", fds[i]);
    return g_string_free(out, FALSE);
}

/* Without descriptors (domxml-to-native) the reference shows those of taps that it opened for the purpose; so a number stands here. */
static JsonNode *netdevTap(const virDomainNetDef *net, const qemuNetHost *host)
{
    static const int placeholder[] = { 3 };
    unsigned int ntap = host ? host->ntap : 1;
    g_autofree char *fds = joinFds(host ? host->tap : placeholder, ntap);
    JsonNode *node = qmpArgs("s:type", "tap", ntap > 1 ? "s:fds" : "s:fd", fds, NULL);
    if (host && host->nvhost > 0) {
        g_autofree char *vhost = joinFds(host->vhost, host->nvhost);
        qmpAdd(json_node_get_object(node), "b:vhost", TRUE, host->nvhost > 1 ? "s:vhostfds" : "s:vhostfd", vhost, NULL);
    }
    if (net->hasSndbuf)
        qmpAdd(json_node_get_object(node), "U:sndbuf", net->sndbuf, NULL);
    return node;
}

static JsonNode *netdevUser(const virDomainNetDef *net)
{
    JsonNode *node = qmpArgs("s:type", "user", NULL);
    for (unsigned int i = 0; i < net->guestIps.n; i++) {
        const virNetIp *ip = net->guestIps.v[i];
        bool six = g_strcmp0(ip->family, "ipv6") == 0 || strchr(ip->address, ':');
        g_autofree char *text =
            six ? g_strdup(ip->address) : g_strdup_printf("%s/%u", ip->address, ip->hasPrefix ? ip->prefix : 24);
        qmpAdd(json_node_get_object(node), six ? "s:ipv6-prefix" : "s:net", text, NULL);
        if (six && ip->hasPrefix)
            qmpAdd(json_node_get_object(node), "u:ipv6-prefixlen", ip->prefix, NULL);
    }
    return node;
}

static JsonNode *netdevSocket(const virDomainNetDef *net)
{
    g_autofree char *address = g_strdup_printf("%s:%u", net->socketAddress ? net->socketAddress : "", net->socketPort);
    g_autofree char *local = g_strdup_printf("%s:%u", net->localAddress ? net->localAddress : "", net->localPort);
    switch (net->type) {
    case VIR_DOMAIN_NET_TYPE_SERVER:
        return qmpArgs("s:type", "socket", "s:listen", address, NULL);
    case VIR_DOMAIN_NET_TYPE_MCAST:
        return qmpArgs("s:type", "socket", "s:mcast", address, NULL);
    case VIR_DOMAIN_NET_TYPE_UDP:
        return qmpArgs("s:type", "socket", "s:udp", address, "s:localaddr", local, NULL);
    default:
        return qmpArgs("s:type", "socket", "s:connect", address, NULL);
    }
}

static JsonNode *netdev(const virDomainNetDef *net, const qemuNetHost *host, GError **error)
{
    switch (net->type) {
    case VIR_DOMAIN_NET_TYPE_USER:
        return netdevUser(net);
    case VIR_DOMAIN_NET_TYPE_ETHERNET:
    case VIR_DOMAIN_NET_TYPE_BRIDGE:
    case VIR_DOMAIN_NET_TYPE_NETWORK:
    case VIR_DOMAIN_NET_TYPE_DIRECT:
        return netdevTap(net, host);
    case VIR_DOMAIN_NET_TYPE_SERVER:
    case VIR_DOMAIN_NET_TYPE_CLIENT:
    case VIR_DOMAIN_NET_TYPE_MCAST:
    case VIR_DOMAIN_NET_TYPE_UDP:
        return netdevSocket(net);
    default:
        virSetError(error, VIR_ERR_CONFIG_UNSUPPORTED, "interfaces of type '%s' are not supported yet by this driver",
                    virDomainNetTypeToString(net->type));
        return NULL;
    }
}

static void addVirtioNet(JsonObject *o, const virDomainNetDef *net)
{
    const virDomainNetOffload *h = &net->host, *g = &net->guest;
    unsigned int vectors = net->queues > 1 ? 2 * net->queues + 2 : 0;
    qemuAddVirtio(o, &net->virtio);
    qmpAdd(o, "s:tx",
           net->txmode == VIR_DOMAIN_NET_TX_IOTHREAD ? "bh"
           : net->txmode == VIR_DOMAIN_NET_TX_TIMER  ? "timer"
                                                     : NULL,
           "t:ioeventfd", net->ioeventfd, "t:event_idx", net->eventIdx, NULL);
    qmpAdd(o, "t:csum", h->csum, "t:gso", h->gso, "t:host_tso4", h->tso4, "t:host_tso6", h->tso6, "t:host_ecn", h->ecn,
           "t:host_ufo", h->ufo, "t:mrg_rxbuf", h->mrgRxbuf, "t:guest_csum", g->csum, "t:guest_tso4", g->tso4,
           "t:guest_tso6", g->tso6, "t:guest_ecn", g->ecn, "t:guest_ufo", g->ufo, NULL);
    qmpAdd(o, "B:mq", vectors > 0, "P:vectors", vectors, "P:rx_queue_size", net->rxQueueSize, "P:tx_queue_size",
           net->txQueueSize, "t:rss", net->rss, "t:hash", net->rssHashReport, "P:host_mtu", net->mtu, NULL);
    if (net->teaming == VIR_DOMAIN_NET_TEAMING_PERSISTENT)
        qmpAdd(o, "b:failover", TRUE, NULL);
}

static char *cardDriver(const virDomainNetDef *net, bool *isVirtio)
{
    static const char *const models[] = { "virtio", "virtio-transitional", "virtio-non-transitional" };
    const char *model = net->model ? net->model : "rtl8139";
    for (guint i = 0; i < G_N_ELEMENTS(models); i++)
        if ((*isVirtio = g_str_equal(model, models[i])))
            return qemuVirtioDriver("virtio-net", &net->info, i + 1);
    return g_strdup(g_str_equal(model, "netfront") ? "netfront" : model);
}

static bool commandCard(qemuCommand *cmd, const virDomainNetDef *net, const char *id, GError **error)
{
    bool isVirtio;
    char mac[18];
    g_autofree char *driver = cardDriver(net, &isVirtio);
    JsonNode *node = qmpArgs("s:driver", driver, NULL);
    JsonObject *o = json_node_get_object(node);
    virMacFormat(&net->mac, mac);
    if (isVirtio)
        addVirtioNet(o, net);
    qmpAdd(o, "s:netdev", id, "s:id", net->info.alias, "s:mac", mac, NULL);
    qmpAdd(o, "P:bootindex", qemuBootIndex(cmd, VIR_DOMAIN_BOOT_NETWORK, net, &net->info), NULL);
    qemuAddAddress(cmd, o, &net->info, NULL);
    qemuAddRom(o, &net->info);
    qemuDevicePlain(cmd, node, &net->info);
    return true;
}

bool qemuCommandNets(qemuCommand *cmd, GError **error)
{
    for (unsigned int i = 0; i < cmd->def->nets.n; i++) {
        const virDomainNetDef *net = cmd->def->nets.v[i];
        if (net->type == VIR_DOMAIN_NET_TYPE_HOSTDEV)
            continue;           /* command-hostdev.c */
        g_autofree char *id = g_strdup_printf("host%s", net->info.alias);
        JsonNode *node = netdev(net, cmd->nets ? &cmd->nets[i] : NULL, error);
        if (!node)
            return false;
        qmpAdd(json_node_get_object(node), "s:id", id, NULL);
        qemuArgJson(cmd, "-netdev", node);
        if (!commandCard(cmd, net, id, error))
            return false;
    }
    return true;
}
