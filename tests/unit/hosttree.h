/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host made of files in a temporary folder: sysfs with PCI devices, drivers, groups. */
#pragma once

#include "host/pci.h"

typedef struct { char *root; virHost *host; } virHostTree;

virHostTree *virHostTreeNew(void);
void virHostTreeFree(virHostTree *tree);        /* with all its files */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostTree, virHostTreeFree)

char *virHostTreePath(const virHostTree *tree, const char *format, ...) G_GNUC_PRINTF(2, 3);   /* under ROOT/sys */
void virHostTreeFile(const virHostTree *tree, const char *path, const char *text);
void virHostTreeBytes(const virHostTree *tree, const char *path, const void *bytes, gsize n);
/* A link to another file of sysfs, in place of one that is there. */
void virHostTreeLink(const virHostTree *tree, const char *path, const char *target);
void virHostTreeRemove(const virHostTree *tree, const char *path);     /* a file, or a folder with all that is in it */

/* A device at devices/`place`, whose last part is its address: class 0x020000, vendor 0x8086, product 0x10c9, 4096 bytes of config. */
virHostPCIAddress virHostTreeDevice(const virHostTree *tree, const char *place);
void virHostTreeDriver(const virHostTree *tree, const char *address, const char *driver);
void virHostTreeGroup(const virHostTree *tree, unsigned int group, const char *const *addresses);
/* Change bytes of a device's config. */
void virHostTreeConfig(const virHostTree *tree, const char *address, unsigned int at, const void *bytes, gsize n);
