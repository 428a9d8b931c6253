/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is mounted where, as /proc/mounts tells. */
#pragma once

#include "host/host.h"

/* What was last mounted at `target` (a path without links); NULL: nothing. */
char *virMountSource(const virHost *host, const char *target);
