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

typedef struct { char *unit; unsigned long long size; } virCPUPages;

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
    bool hasMaxPhysAddr;
    virCPUMaxPhysAddrMode maxPhysAddrMode;
    unsigned int maxPhysAddrBits;
    bool hasMaxPhysAddrBits;
    unsigned int sockets, dies, cores, threads;
    bool hasCache;
    virCPUCacheMode cacheMode;
    unsigned int cacheLevel;
    bool hasCacheLevel;
    VIR_LIST(virCPUFeature) features;
    VIR_LIST(virNumaCell) cells;
    VIR_LIST(virNumaInterconnectDef) latencies, bandwidths;
    /* of hosts */
    bool pae, nonpae, svmNpt;           /* what capabilities of paravirtual hypervisors tell */
    unsigned int microcode;
    bool hasSignature;
    unsigned int family, modelNumber, stepping;
    char *counter;                      /* "tsc" */
    unsigned long long counterFrequency;
    virTristateBool counterScaling;
    VIR_LIST(virCPUPages) pages;
} virCPUDef;

typedef enum { VIR_CPU_DOCUMENT_HOST, VIR_CPU_DOCUMENT_GUEST, VIR_CPU_DOCUMENT_ANY } virCPUDocument;

/* A <cpu> that stands alone. ANY: the host's when it has an <arch>. `validate` against the schema of its table. */
virCPUDef *virCPUDefParse(const char *xml, virCPUDocument kind, bool validate, GError **error);
char *virCPUDefFormat(const virCPUDef *cpu);    /* as a guest's */
char *virCPUDefFormatHost(const virCPUDef *cpu);
virCPUDef *virCPUDefCopy(const virCPUDef *cpu);
void virCPUDefFree(virCPUDef *cpu);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virCPUDef, virCPUDefFree)
/* What a guest's <cpu> leaves unsaid, and what may not stand together. */
bool virCPUDefComplete(virCPUDef *cpu, GError **error);
virCPUFeature *virCPUDefFeature(const virCPUDef *cpu, const char *name);        /* NULL: not listed */
void virCPUDefDropFeature(virCPUDef *cpu, unsigned int at);
/* Appends it, or changes the policy of one that is listed already. */
void virCPUDefSetFeature(virCPUDef *cpu, const char *name, virCPUFeaturePolicy policy);
