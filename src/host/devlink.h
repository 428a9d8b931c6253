/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a network card's driver says of the card as a whole (devlink). */
#pragma once

#include "host/pci.h"

/* Its embedded switch is the kernel's to program. False also where the kernel or the driver knows nothing of switches. */
bool virDevlinkIsSwitchdev(const virHostPCIAddress *address);

/* For tests: the value of an attribute in a generic netlink message (head and all), NULL when it is not there or cut off. */
const void *virDevlinkAttr(const void *message, gsize len, int type, gsize size);
