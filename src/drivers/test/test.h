/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the test driver share. */
#pragma once

#include "engine/hypervisor.h"

extern const virHypervisor virTestHypervisor;

/* The node of test:///default (path NULL) or of test:///PATH with everything that its file names. */
virEngine *virTestNodeOpen(const char *path, GError **error);
void virTestNodeClose(virEngine *engine);
int virTestNodeInfo(virConnectPtr conn, virNodeInfoPtr info, GError **error);
int virTestNodeFreeMemory(virConnectPtr conn, unsigned long long *freeMems, int startCell, int maxCells, GError **error);
unsigned long long virTestNodeFree(virConnectPtr conn, GError **error);
char *virTestCapabilities(virEngine *engine, GError **error);
