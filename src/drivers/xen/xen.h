/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Xen's library tells of the host. */
#pragma once

#include "base/error.h"
#include <stdio.h>

typedef struct { int major, minor; char *capabilities; } xenHost;       /* capabilities: "xen-3.0-x86_64 hvm-3.0-x86_32 …" */

/* NULL with the reason when this is no control domain of Xen. */
xenHost *xenHostOpen(GError **error);
void xenHostFree(xenHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xenHost, xenHostFree)
char *xenCapabilities(const xenHost *host);
