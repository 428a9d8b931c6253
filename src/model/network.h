/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual networks, as far as a simple NAT, routed or isolated network needs. */
#pragma once

#include "model/document.h"

#define VIR_NETWORK_FORWARD_VALUES(E) \
    E(VIR_NETWORK_FORWARD_UNSET, NULL) \
    E(VIR_NETWORK_FORWARD_NONE, "none") \
    E(VIR_NETWORK_FORWARD_NAT, "nat") \
    E(VIR_NETWORK_FORWARD_ROUTE, "route") \
    E(VIR_NETWORK_FORWARD_OPEN, "open") \
    E(VIR_NETWORK_FORWARD_BRIDGE, "bridge") \
    E(VIR_NETWORK_FORWARD_PRIVATE, "private") \
    E(VIR_NETWORK_FORWARD_VEPA, "vepa") \
    E(VIR_NETWORK_FORWARD_PASSTHROUGH, "passthrough") \
    E(VIR_NETWORK_FORWARD_HOSTDEV, "hostdev")
VIR_ENUM(virNetworkForward, VIR_NETWORK_FORWARD_VALUES)

typedef struct { char *dev; } virNetworkForwardIf;
typedef struct { char *start, *end; } virNetworkRange;
typedef struct { char *mac, *id, *name, *ip; } virNetworkDhcpHost;
typedef struct {
    char *family, *address, *netmask;
    unsigned int prefix;
    bool hasPrefix;
    virTristateBool localPtr;
    char *tftpRoot;
    bool dhcp;
    VIR_LIST(virNetworkRange) ranges;
    VIR_LIST(virNetworkDhcpHost) hosts;
    char *bootfile, *bootServer;
} virNetworkIp;
typedef struct {
    gint refs;
    virTristateBool ipv6, trustGuestRxFilters;
    char *name;
    unsigned char uuid[16];
    char *title, *description, *metadata;
    bool forward;                       /* <forward> is there; without mode: nat */
    virNetworkForward forwardMode;
    char *forwardDev;
    VIR_LIST(virNetworkForwardIf) forwardIfs;
    char *bridge, *zone;
    virTristateSwitch stp;
    unsigned int delay;
    bool hasDelay;
    unsigned int mtu;
    virMac mac;
    char *domain;
    virTristateBool localOnly;
    VIR_LIST(virNetworkIp) ips;
} virNetworkDef;
VIR_DOCUMENT_DECLARE(virNetworkDef)
