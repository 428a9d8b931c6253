/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases of virtual networks, asked for through the public API as any program would; the host's neighbours. */
#define VIR_FROM VIR_FROM_DOMAIN
#include "engine/guest-address.h"
#include "host/arp.h"

static void closeConnection(virConnectPtr *conn)
{
    if (*conn)
        virConnectClose(*conn);
}

static void freeNetwork(virNetworkPtr *net)
{
    if (*net)
        virNetworkFree(*net);
}

static void freeLeases(virNetworkDHCPLeasePtr *leases)
{
    for (virNetworkDHCPLeasePtr *l = leases; l && *l; l++)
        virNetworkDHCPLeaseFree(*l);
    g_free(leases);
}

/* The public API's error becomes ours. */
static void publicError(GError **error)
{
    g_autofree virErrorPtr last = virSaveLastError();
    if (last)
        virErrorSetPublic(error, last);
    else
        virSetError(error, VIR_ERR_INTERNAL_ERROR, "the network driver gave no reason");
    if (last)
        virResetError(last);
}

/* A NULL-ended list; NULL on failure. */
static virNetworkDHCPLeasePtr *leasesOf(const virDomainNetDef *net, GError **error)
{
    char mac[18];
    virNetworkDHCPLeasePtr *leases = NULL;
    virMacFormat(&net->mac, mac);
    __attribute__((cleanup(closeConnection))) virConnectPtr conn = virConnectOpenReadOnly("network:///system");
    __attribute__((cleanup(freeNetwork))) virNetworkPtr network = conn ? virNetworkLookupByName(conn, net->network) : NULL;
    if (!network || virNetworkGetDHCPLeases(network, mac, &leases, 0) < 0) {
        publicError(error);
        return NULL;
    }
    return leases ? leases : g_new0(virNetworkDHCPLeasePtr, 1);
}

static virDomainInterfacePtr interfaceNew(const virDomainNetDef *net, guint most)
{
    virDomainInterfacePtr iface = g_new0(virDomainInterface, 1);
    char mac[18];
    virMacFormat(&net->mac, mac);
    iface->name = g_strdup(net->ifname);
    iface->hwaddr = g_strdup(mac);
    iface->addrs = g_new0(virDomainIPAddress, most + 1);
    return iface;
}

static void addAddress(virDomainInterfacePtr iface, int type, const char *address, unsigned int prefix)
{
    iface->addrs[iface->naddrs++] = (virDomainIPAddress){ .type = type, .addr = g_strdup(address), .prefix = prefix };
}

static int handOut(GPtrArray *found, virDomainInterfacePtr **ifaces)
{
    int n = found->len;
    g_ptr_array_add(found, NULL);
    *ifaces = (virDomainInterfacePtr *)g_ptr_array_steal(found, NULL);
    return n;
}

static bool isOfNetwork(const virDomainNetDef *net)
{
    return net->type == VIR_DOMAIN_NET_TYPE_NETWORK && net->network;
}

int virGuestLeaseAddresses(const virDomainDef *def, virDomainInterfacePtr **ifaces, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)virDomainInterfaceFree);
    for (unsigned int i = 0; def && i < def->nets.n; i++) {
        const virDomainNetDef *net = def->nets.v[i];
        if (!isOfNetwork(net))
            continue;
        virNetworkDHCPLeasePtr *leases = leasesOf(net, error);
        if (!leases)
            return -1;
        guint n = 0;
        while (leases[n])
            n++;
        virDomainInterfacePtr iface = n ? interfaceNew(net, n) : NULL;
        for (guint k = 0; k < n; k++)
            addAddress(iface, leases[k]->type, leases[k]->ipaddr, leases[k]->prefix);
        if (iface)
            g_ptr_array_add(found, iface);
        freeLeases(leases);
    }
    return handOut(found, ifaces);
}

int virGuestArpAddresses(const virDomainDef *def, virDomainInterfacePtr **ifaces, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)virDomainInterfaceFree);
    for (unsigned int i = 0; def && i < def->nets.n; i++) {
        const virDomainNetDef *net = def->nets.v[i];
        char mac[18];
        virMacFormat(&net->mac, mac);
        g_auto(GStrv) addresses = virArpFind(virHostLocal(), mac);
        guint n = g_strv_length(addresses);
        if (n == 0)
            continue;
        virDomainInterfacePtr iface = interfaceNew(net, n);
        for (guint k = 0; k < n; k++)
            addAddress(iface, VIR_IP_ADDR_TYPE_IPV4, addresses[k], 0);
        g_ptr_array_add(found, iface);
    }
    return handOut(found, ifaces);
}

char *virGuestLeaseHostname(const virDomainDef *def, GError **error)
{
    char *name = NULL;
    for (unsigned int i = 0; def && i < def->nets.n && !name; i++) {
        if (!isOfNetwork(def->nets.v[i]))
            continue;
        virNetworkDHCPLeasePtr *leases = leasesOf(def->nets.v[i], error);
        if (!leases)
            return NULL;
        for (virNetworkDHCPLeasePtr *l = leases; *l && !name; l++)
            name = g_strdup((*l)->hostname);
        freeLeases(leases);
    }
    return name;
}
