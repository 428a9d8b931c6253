/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the header of a disk image says: a table of formats, read without a tool. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    const char *format;                 /* "raw" when nothing is recognized */
    unsigned long long capacity;        /* bytes; 0: the header does not say it */
    char *backing, *backingFormat;      /* as written in the image; a format without a name there is NULL */
    const char *encryption;             /* "luks", "luks2", "qcow"; NULL: none */
    unsigned long long payload;         /* of LUKS: where the data begins */
    bool versioned;                     /* it can have features: a qcow2 of version 3 */
    bool lazyRefcounts, extendedL2;
    unsigned long long clusterSize;
} virImageHeader;

/* The header of what `fd` reads. `format`: what it is known to be; NULL: whatever is recognized. NULL: it cannot be read. */
virImageHeader *virImageHeaderRead(int fd, const char *format);
void virImageHeaderFree(virImageHeader *header);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virImageHeader, virImageHeaderFree)
