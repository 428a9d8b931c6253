/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bridges, addresses and routes through the kernel's routing socket. Addresses are bytes in network order: 4 of AF_INET, 16 of AF_INET6. */
#pragma once

#include "host/host.h"

bool virBridgeCreate(const char *name, const unsigned char mac[6], GError **error);
/* True when it is gone, be it that it never was there. */
bool virLinkDelete(const char *name, GError **error);
bool virLinkAddAddress(const char *name, int family, const unsigned char *address, unsigned int prefix, GError **error);
bool virRouteAdd(const char *name, int family, const unsigned char *destination, unsigned int prefix, const unsigned char *gateway,
                 unsigned int metric, GError **error);

/* "stp_state", "forward_delay", "vlan_filtering" … of a bridge. */
bool virBridgeSet(const virHost *host, const char *name, const char *option, unsigned long long value, GError **error);

/* "isolated", "learning" … of a device that is in a bridge. */
bool virBridgePortSet(const virHost *host, const char *device, const char *option, unsigned long long value, GError **error);

/* The bridge need not learn that `mac` is behind its port `device`. */
bool virBridgeAddAddress(const char *device, const unsigned char mac[6], GError **error);

/* The device of an IPv4 route to exactly this network, NULL when there is none. */
char *virRouteDevice(const virHost *host, const unsigned char network[4], unsigned int prefix);
/*
 * The kernel no longer believes router advertisements once it forwards IPv6, unless a device's accept_ra is 2. The devices that would
 * lose their default route, with ", " between; NULL when there is none.
 */
char *virRoutesLostByForwarding(const virHost *host);
