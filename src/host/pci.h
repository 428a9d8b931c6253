/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCI devices of the host. */
#pragma once

#include "host/host.h"

typedef struct { unsigned int domain, bus, slot, function; } virHostPCIAddress;

/* Has the device an express capability? -1: there is no such device, or its configuration space cannot be read. */
int virHostPCIIsExpress(const virHost *host, const virHostPCIAddress *address);
