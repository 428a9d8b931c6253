/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processors, NUMA nodes, caches and memory of the host. */
#pragma once

#include "host/host.h"

typedef struct {
    unsigned int id, socket, die, core;
    bool online;
    char *siblings;             /* "0-1" */
} virHostCpu;

typedef struct { unsigned long long size, count; } virHostPages;        /* KiB */

typedef struct {
    unsigned int id;
    GArray *cpus;               /* indices into virHostInfo.cpus */
    unsigned long long memory;  /* KiB */
    GArray *pages;              /* virHostPages, smallest first */
    GArray *distances;          /* unsigned int, one for each node in order */
} virHostNode;

typedef struct {
    unsigned int id, level;
    char *type;                 /* "both", "code", "data" */
    unsigned long long size;    /* KiB */
    char *cpus;
} virHostCache;

typedef struct {
    char *arch;                 /* uname's, "x86_64" */
    char *vendor;               /* "AMD", "Intel", NULL */
    char *modelName;
    unsigned int family, model, stepping, microcode, physBits, mhz;
    char **flags;
    unsigned int sockets, dies, cores, threads;         /* per node, per socket, per die, per core */
    unsigned int online;
    unsigned long long memory;  /* KiB */
    GPtrArray *cpus, *nodes, *caches;
    GArray *pageSizes;          /* unsigned long long, KiB, smallest first */
    bool cpusKnown;             /* the kernel lists processors */
    bool nodesListed;           /* the kernel knows of NUMA */
    bool nodesKnown;            /* every node tells of its memory, or there are no nodes */
    bool pagesKnown;            /* and of its pages */
} virHostInfo;

virHostInfo *virHostInfoRead(const virHost *host);      /* never NULL; what can't be read is 0 */
void virHostInfoFree(virHostInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostInfo, virHostInfoFree)

/* MemTotal and MemAvailable-like free memory (Free + Buffers + Cached), in KiB. */
bool virHostMemory(const virHost *host, unsigned long long *total, unsigned long long *free);
