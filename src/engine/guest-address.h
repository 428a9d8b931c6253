/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of a guest that its network and the host know without asking the guest. */
#pragma once

#include "engine/hypervisor.h"

/* `def` may be NULL: the guest has gone. Numbers of interfaces; -1 on failure. */
int virGuestLeaseAddresses(const virDomainDef *def, virDomainInterfacePtr **ifaces, GError **error);
int virGuestArpAddresses(const virDomainDef *def, virDomainInterfacePtr **ifaces, GError **error);
char *virGuestLeaseHostname(const virDomainDef *def, GError **error);   /* NULL without an error: no lease names one */
