/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a network device does in hardware, as ethtool tells it. */
#pragma once

#include <glib.h>

typedef enum {
    VIR_LINK_OFFLOAD_RX = 1 << 0, VIR_LINK_OFFLOAD_TX = 1 << 1, VIR_LINK_OFFLOAD_SG = 1 << 2, VIR_LINK_OFFLOAD_TSO = 1 << 3,
    VIR_LINK_OFFLOAD_GSO = 1 << 4, VIR_LINK_OFFLOAD_GRO = 1 << 5, VIR_LINK_OFFLOAD_LRO = 1 << 6, VIR_LINK_OFFLOAD_RXVLAN = 1 << 7,
    VIR_LINK_OFFLOAD_TXVLAN = 1 << 8, VIR_LINK_OFFLOAD_NTUPLE = 1 << 9, VIR_LINK_OFFLOAD_RXHASH = 1 << 10, VIR_LINK_OFFLOAD_TXUDPTNL = 1 << 11,
} virLinkOffload;

/* Those that are on; none of a device that is not there, or whose driver does not say. */
unsigned int virLinkOffloads(const char *name);
