/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mediated devices: what kinds of them a parent (a PCI device, a subchannel, an AP matrix) offers. */
#pragma once

#include "host/host.h"

typedef struct {
    char *id;                   /* "i915-GVTg_V5_4" */
    char *name, *description;   /* NULL: its driver has none */
    char *deviceApi;            /* "vfio-pci", "vfio-ccw", "vfio-ap" */
    unsigned int instances;     /* how many more could be made now */
} virHostMdevType;
void virHostMdevTypeFree(virHostMdevType *type);

/*
 * virHostMdevType of each of PARENT/mdev_supported_types, by id; `parent` is the device's folder in sysfs. Empty: it offers none.
 * NULL: an error. A type that vanishes while it is read is left out.
 */
GPtrArray *virHostMdevTypes(const char *parent, GError **error);
