/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network links of the host: tap devices, bridges, counters. */
#pragma once

#include "host/host.h"

/* Create or open the tap device `*name` ("vnet%d": the kernel chooses; the result replaces it) with `queues` descriptors. */
bool virTapOpen(const virHost *host, char **name, unsigned int queues, bool persistent, int *fds, GError **error);
bool virTapDelete(const virHost *host, const char *name, GError **error);

bool virLinkExists(const virHost *host, const char *name);
/* `device`: a PCI device's folder in sysfs. Is it a virtual function of another? */
bool virLinkHasPhysicalFunction(const char *device);
/* Those of a network device, in their order; `netdev` NULL: the host does not use it as a network device. */
typedef struct { char *pci, *netdev; } virLinkFunction;
GPtrArray *virLinkVirtualFunctions(const virHost *host, const char *name);
bool virLinkGetMac(const char *name, unsigned char mac[6], GError **error);
bool virLinkSetMac(const char *name, const unsigned char mac[6], GError **error);
bool virLinkSetUp(const char *name, bool up, GError **error);
bool virLinkGetMtu(const char *name, unsigned int *mtu, GError **error);
bool virLinkSetMtu(const char *name, unsigned int mtu, GError **error);
/* An address of it, rather of IPv4. */
char *virLinkAddress(const char *name, GError **error);
bool virBridgeAddPort(const char *bridge, const char *port, GError **error);
bool virBridgeDelPort(const char *bridge, const char *port, GError **error);

typedef struct {
    unsigned long long rxBytes, rxPackets, rxErrors, rxDropped, txBytes, txPackets, txErrors, txDropped;
} virLinkCounters;
bool virLinkReadCounters(const virHost *host, const char *name, virLinkCounters *counters, GError **error);
