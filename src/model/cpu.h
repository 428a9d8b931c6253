/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUs: of guests (<cpu> of a domain) and of hosts (<cpu> in capabilities), with NUMA topology. */
#pragma once

#include "model/domain-enums.h"

typedef struct { char *name; virCPUFeaturePolicy policy; } virCPUFeature;
typedef struct { unsigned int id, value; } virNumaDistance;
typedef struct {
    unsigned int level;
    virNumaCacheAssoc associativity;
    virNumaCachePolicy policy;
    unsigned long long size, line;
} virNumaCache;
typedef struct {
    unsigned int id;
    bool hasId;
    virBitmap *cpus;
    unsigned long long memory;          /* KiB */
    virDomainMemoryAccess access;
    virTristateBool discard;
    VIR_LIST(virNumaDistance) distances;
    VIR_LIST(virNumaCache) caches;
} virNumaCell;
typedef struct {
    unsigned int initiator, target, cache;
    bool hasCache;
    virMemoryLatency access;
    unsigned long long value;           /* latency in ns; bandwidth in KiB/s */
} virNumaInterconnectDef;

typedef struct {
    bool given;                         /* the document has a <cpu> */
    virCPUMode mode;
    virCPUMatch match;
    virCPUCheck check;
    virTristateSwitch migratable;
    virArch arch;                       /* host CPUs */
    char *model;
    virCPUFallback fallback;
    char *vendorId;                     /* of <model vendor_id=''> */
    char *vendor;
    char *microcode;
    bool hasMaxPhysAddr;
    virCPUMaxPhysAddrMode maxPhysAddrMode;
    unsigned int maxPhysAddrBits;
    unsigned int sockets, dies, cores, threads;
    bool hasCache;
    virCPUCacheMode cacheMode;
    unsigned int cacheLevel;
    bool hasCacheLevel;
    VIR_LIST(virCPUFeature) features;
    VIR_LIST(virNumaCell) cells;
    VIR_LIST(virNumaInterconnectDef) latencies, bandwidths;
} virCPUDef;
