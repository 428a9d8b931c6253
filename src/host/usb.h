/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* USB devices of the host, as sysfs shows them. Nothing is kept: a device that is plugged in anew has another number. */
#pragma once

#include "host/host.h"

typedef struct {
    unsigned int bus, device;               /* /dev/bus/usb/BUS/DEVICE */
    unsigned int vendor, product;
    char *port;                             /* where it is plugged in: "1", "1.4"; "0" is a root hub */
} virHostUSBDevice;
void virHostUSBDeviceFree(virHostUSBDevice *device);

/* Of each device, in order of bus and number. NULL: sysfs cannot be read, or the host has no USB. */
GPtrArray *virHostUSBList(const virHost *host, GError **error);
/* "DEV/bus/usb/001/004" */
char *virHostUSBNode(const virHost *host, unsigned int bus, unsigned int device);
