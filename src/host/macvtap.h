/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* macvtap devices: an address of its own on a link of the host, whose packets go to whoever opens its character device. */
#pragma once

#include "host/host.h"

typedef enum { VIR_MACVTAP_PRIVATE = 1, VIR_MACVTAP_VEPA = 2, VIR_MACVTAP_BRIDGE = 4, VIR_MACVTAP_PASSTHROUGH = 8 } virMacvtapMode;

/* A new one above `lower`. `*name` NULL: the first free of "macvtapN"; it is replaced by what became of it. */
bool virMacvtapCreate(const virHost *host, char **name, const char *lower, virMacvtapMode mode, const unsigned char mac[6], GError **error);
/* One descriptor for each of the queues. Waits for the device node, which udev makes. */
bool virMacvtapOpen(const virHost *host, const char *name, unsigned int queues, int *fds, GError **error);
bool virMacvtapDelete(const char *name, GError **error);
