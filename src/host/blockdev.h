/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block devices: sizes, what is on them, names that do not change. */
#pragma once

#include "host/host.h"

/* Bytes of a file or a block device that is open. */
bool virBlockSize(int fd, unsigned long long *size);
/* What the device begins with: the name of a file system ("ext4" …), of a partition table ("gpt" …), of another use ("lvm2", "luks").
 * NULL: nothing that is known, or it cannot be read (then *readable is false). */
const char *virBlockContents(const char *path, bool *readable);
/* The link in folder `dir` that leads to `device`; the device itself when there is none. A partition's link is not its disk's. */
char *virBlockStablePath(const char *dir, const char *device);
