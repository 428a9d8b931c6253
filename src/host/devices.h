/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices as sysfs lists them, by subsystem. */
#pragma once

#include "host/host.h"

/* Folders of the devices of a bus or a class ("/sys/devices/…"), added to `paths` (of char *). Without any the subsystem is not there. */
void virHostDevicePaths(const virHost *host, const char *subsystem, GPtrArray *paths);
