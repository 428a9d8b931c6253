/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Learning which addresses a guest uses, from the packets of its port. */
#pragma once

#include "model/nwfilter.h"

typedef struct _virNWFilterLearner virNWFilterLearner;

typedef struct {
    char address[16];
    gint64 end;                 /* seconds since 1970; 0: never */
} virNWFilterLease;

/* The addresses (virNWFilterLease) that the guest may use now; on the I/O thread. */
typedef void (*virNWFilterLearnt)(const GArray *leases, gpointer data);

/*
 * dhcpOnly: leases that a server of `servers` (NULL or empty: any) gives, until they end; else the first address that the guest speaks
 * with. `known`: what is known already, or NULL. `destroy` runs when no callback can start any more.
 */
virNWFilterLearner *virNWFilterLearnerNew(const char *port, const virMac *mac, bool dhcpOnly, const char *const *servers, const GArray *known,
                                          virNWFilterLearnt func, gpointer data, GDestroyNotify destroy, GError **error);
void virNWFilterLearnerFree(virNWFilterLearner *learner);

/* What a packet says, apart from sockets. */
typedef struct {
    char address[16], server[16];
    unsigned int seconds;       /* of the lease */
} virNWFilterSighting;
/* From the guest: an ARP or IPv4 packet with its address. */
bool virNWFilterSeeAddress(const unsigned char *frame, gsize len, const virMac *mac, virNWFilterSighting *seen);
/* To the guest: a DHCP server's consent. */
bool virNWFilterSeeLease(const unsigned char *frame, gsize len, const virMac *mac, virNWFilterSighting *seen);

/* leases.c: what is known, in DIR/PORT.leases; none, or NULL: no file. Those that have ended are not read. */
void virNWFilterLeasesWrite(const char *dir, const char *port, const GArray *leases);
GArray *virNWFilterLeasesRead(const char *dir, const char *port);
