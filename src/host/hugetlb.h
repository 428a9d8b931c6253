/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Huge pages: which sizes are mounted where, and the one that counts without a size. */
#pragma once

#include "host/host.h"

/* KiB of a page (as GUINT_TO_POINTER) -> the folder of its hugetlbfs. Never NULL. */
GHashTable *virHostHugetlbMounts(const virHost *host);
/* KiB; 0: the kernel has none. */
unsigned long long virHostHugepageDefault(const virHost *host);
