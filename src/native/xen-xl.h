/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the xl dialect share: xen-xl.c reads, xen-xl-write.c writes, xen-xl-disk.c does both for disks. */
#pragma once

#include "native/xen.h"

bool virXenReadXlDisks(virXenReader *r);
void virXenWriteXlDisks(virXenWriter *w);
const char *virXenFeatureName(const char *xl);  /* "sse3" -> "pni" */
const char *virXenFeatureXl(const char *name);
