/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a network device says of itself in sysfs, and its place among the functions of its card. */
#pragma once

#include "host/host.h"
#include "host/pci.h"

/*
 * Which port of its card, and which switch, the device belongs to. True with NULL where its driver does not say; false only when
 * there is no such device, or for an error of the system.
 */
bool virNetDevGetPhysPortID(const virHost *host, const char *name, char **id, GError **error);
bool virNetDevGetPhysSwitchID(const virHost *host, const char *name, char **id, GError **error);

/* "52:54:00:…" as the kernel writes it: other lengths than 6 bytes too (InfiniBand). */
bool virNetDevGetMAC(const virHost *host, const char *name, char **mac, GError **error);
bool virNetDevGetMTU(const virHost *host, const char *name, unsigned int *mtu, GError **error);
/* operstate ("up", "down", "unknown" …), and the speed in Mbit/s: 0 unless it is up and its driver knows. */
bool virNetDevGetLink(const virHost *host, const char *name, char **state, unsigned int *speed, GError **error);

/* The PCI device it belongs to. 1; 0: it belongs to none (a bridge, a tap device, USB); -1: an error. */
int virNetDevGetPCIAddress(const virHost *host, const char *name, virHostPCIAddress *address, GError **error);
/* 1: it is a virtual function's; 0; -1: an error. */
int virNetDevIsVirtualFunction(const virHost *host, const char *name, GError **error);
/*
 * The network device of the physical function whose virtual function `name` is: on cards with several ports the one with the same
 * phys_port_id. *index (may be NULL): which virtual function. 1; 0: `name` is no virtual function's, or nobody drives its physical
 * function; -1: an error.
 */
int virNetDevGetPhysicalFunction(const virHost *host, const char *name, char **pf, unsigned int *index, GError **error);
/* The same for a virtual function's address, which may have no network device of its own (it has been given away). */
int virNetDevGetPhysicalFunctionOf(const virHost *host, const virHostPCIAddress *vf, const char *physPortID, char **pf,
                                   unsigned int *index, GError **error);
