/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the physical function of a network card keeps for its virtual functions, whoever drives those: through the routing socket. */
#pragma once

#include "host/host.h"

typedef enum {
    VIR_NETDEV_VF_MAC = 1 << 0,
    VIR_NETDEV_VF_VLAN = 1 << 1,                /* and qos */
    VIR_NETDEV_VF_SPOOF_CHECK = 1 << 2,
    VIR_NETDEV_VF_TRUST = 1 << 3,
} virNetDevVfPart;

typedef struct {
    unsigned int parts;                         /* virNetDevVfPart: which of these are known */
    unsigned char mac[6];                       /* zeroes: none was set */
    unsigned int vlan, qos;                     /* 0: none */
    bool spoofCheck, trust;
} virNetDevVf;

/* Virtual function number `index` of network device `pf`. An error when it has none of that number. */
bool virNetDevVfGet(const char *pf, unsigned int index, virNetDevVf *vf, GError **error);
/* Set what vf->parts says. When one is refused, those before are as they were. */
bool virNetDevVfSet(const char *pf, unsigned int index, const virNetDevVf *vf, GError **error);

/* An answer of the kernel (an RTM_NEWLINK message, head and all), for virNetDevVfGet and tests. False: it has no such function. */
bool virNetDevVfParse(GBytes *message, unsigned int index, virNetDevVf *vf);
