/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resource control: what may be set aside of caches and memory bandwidth, and what may be watched. */
#pragma once

#include "host/host.h"

typedef struct {
    unsigned int level;         /* 0: memory bandwidth */
    char *type;                 /* of a cache: "both", "code", "data" */
    unsigned int bits, minBits, groups;         /* how finely a cache is divided, and among how many */
    unsigned int granularity, minimum;          /* of bandwidth, percent */
} virHostControl;

typedef struct {
    GPtrArray *controls;        /* virHostControl */
    unsigned int reuseThreshold, maxMonitors;
    char **monitors;            /* "llc_occupancy", "mbm_total_bytes"; NULL: nothing can be watched */
} virHostResctrl;

virHostResctrl *virHostResctrlRead(const virHost *host);        /* never NULL */
void virHostResctrlFree(virHostResctrl *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostResctrl, virHostResctrlFree)
