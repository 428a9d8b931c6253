/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virNetworkGetDHCPLeases: what libvirt_leaseshelper has written down of a bridge. */
#define VIR_FROM VIR_FROM_NETWORK
#include "drivers/network/json-file.h"
#include "drivers/network/network.h"
#include <netinet/in.h>
#include <string.h>

char *virNetworkLeaseFile(const char *bridge)
{
    return g_strdup_printf("%s/%s.status", virNetworkDirs.state, bridge);
}

/* Of the network's address that a guest's belongs to. */
static unsigned int prefixOf(const virNetworkDef *def, const virIp *ip)
{
    for (unsigned int i = 0; i < def->ips.n; i++) {
        virIp own;
        if (!virIpParse(def->ips.v[i]->address, &own) || own.family != ip->family)
            continue;
        unsigned int prefix = virNetworkIpPrefix(def->ips.v[i], &own);
        if (virIpSameNet(&own, ip, prefix))
            return prefix;
    }
    return virIpBits(ip);
}

/* NULL for an entry that is not one, or is over. */
static virNetworkDHCPLeasePtr leaseOf(const virNetworkDef *def, JsonNode *node, const char *mac)
{
    JsonObject *o = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *address = o ? virJsonString(o, "ip-address") : NULL, *own = o ? virJsonString(o, "mac-address") : NULL;
    gint64 expiry = o ? json_object_get_int_member_with_default(o, "expiry-time", -1) : -1;
    virIp ip;
    if (!address || !virIpParse(address, &ip) || expiry < 0 || (expiry > 0 && expiry < g_get_real_time() / G_USEC_PER_SEC) ||
        (mac && (!own || g_ascii_strcasecmp(own, mac) != 0)))
        return NULL;
    virNetworkDHCPLeasePtr l = g_new0(virNetworkDHCPLease, 1);
    l->iface = g_strdup(def->bridge);
    l->expirytime = expiry;
    l->type = ip.family == AF_INET ? VIR_IP_ADDR_TYPE_IPV4 : VIR_IP_ADDR_TYPE_IPV6;
    l->mac = g_strdup(own);
    l->iaid = g_strdup(virJsonString(o, "iaid"));
    l->ipaddr = g_strdup(address);
    l->prefix = prefixOf(def, &ip);
    l->hostname = g_strdup(virJsonString(o, "hostname"));
    l->clientid = g_strdup(virJsonString(o, "client-id"));
    return l;
}

int virNetworkLeases(virNetworkPtr network, const char *mac, virNetworkDHCPLeasePtr **leases, unsigned int flags, GError **error)
{
    if (!virFlagsCheck(flags, 0, VIR_FROM, "networkGetDHCPLeases", error))
        return -1;
    g_autoptr(virObject) obj = virObjectFind(network->conn->networkPriv, network->uuid, error);
    g_autoptr(virNetworkDef) def = obj ? virObjectDef(obj) : NULL;
    if (!def)
        return -1;
    g_autofree char *path = def->bridge && virNetworkHasOwnBridge(def) ? virNetworkLeaseFile(def->bridge) : NULL;
    g_autoptr(JsonArray) all = path ? virJsonFileRead(path, error) : json_array_new();
    if (!all)
        return -1;
    guint n = json_array_get_length(all);
    int found = 0;
    virNetworkDHCPLeasePtr *list = g_new0(virNetworkDHCPLeasePtr, n + 1);
    for (guint i = 0; i < n; i++)
        if ((list[found] = leaseOf(def, json_array_get_element(all, i), mac)))
            found++;
    if (leases) {
        *leases = list;
        return found;
    }
    for (int i = 0; i < found; i++)
        virNetworkDHCPLeaseFree(list[i]);
    g_free(list);
    return found;
}
