/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status file of an active network: its definition in use, and what its ports take of its bandwidth. The layout is the reference's. */
#pragma once

#include "model/network.h"

typedef struct {
    char *classes;              /* numbers in use: "0-2,4" */
    unsigned long long floor;   /* KiB/s that ports are guaranteed */
    virNetworkDef *def;
} virNetworkStatus;

virNetworkDef *virNetworkStatusParse(const char *xml, const char *file, GError **error);
char *virNetworkStatusFormat(const virNetworkStatus *status);
