/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of src/cpu/data in memory. Inside src/cpu/ only. */
#pragma once

#include "cpu/cpu.h"

enum { VIR_CPU_SET_WORDS = 5 };
typedef struct { guint64 w[VIR_CPU_SET_WORDS]; } virCpuSet;     /* of features, by their place in the table */

typedef struct {
    char *name;
    bool msr, migratable;
    guint32 index, sub;
    guint8 reg, bit;
} virCpuFeature;

typedef struct { char *name, *cpuid; } virCpuVendor;
typedef struct { guint family, model, first, last; } virCpuSignature;

typedef struct {
    char *name;
    const char *vendor;         /* name; NULL: anybody's */
    GArray *signatures;         /* virCpuSignature; NULL: none */
} virCpuFamily;

typedef struct {
    char *name;
    const virCpuFamily *family; /* NULL: of none */
    bool hostOnly, never;
    virCpuSet features, lost;
} virCpuModel;

typedef struct {
    GPtrArray *features, *vendors, *families, *models;
    GHashTable *featureByName, *modelByName;    /* name -> place + 1; -> virCpuModel */
} virCpuMap;

const virCpuMap *virCpuMapX86(void);

static inline bool virCpuSetHas(const virCpuSet *set, guint i) { return set->w[i / 64] >> (i % 64) & 1; }
static inline void virCpuSetAdd(virCpuSet *set, guint i) { set->w[i / 64] |= (guint64)1 << (i % 64); }
static inline void virCpuSetDrop(virCpuSet *set, guint i) { set->w[i / 64] &= ~((guint64)1 << (i % 64)); }

/* An architecture that knows CPUs by name only. */
typedef struct {
    char **arches, **models, **vendors;         /* vendors[i] made models[i] */
    char **features;            /* NULL: any */
    const char *vendor;         /* while reading: of the models that follow */
    bool any;                   /* every name is a model */
} virCpuNames;
const virCpuNames *virCpuNamesOf(const char *arch);     /* NULL: not one of those */

/* x86.c: the calls for architectures with tables of features */
char **virCpuX86ModelNames(void);
virCpuResult virCpuX86Compare(const virCPUDef *host, const virCPUDef *cpu, char **why, GError **error);
virCPUDef *virCpuX86Baseline(virCPUDef *const *cpus, guint n, const virCpuChoice *choice, GError **error);
bool virCpuX86Expand(virCPUDef *cpu, GError **error);
bool virCpuX86Translate(virCPUDef *cpu, const virCpuChoice *choice, GError **error);
bool virCpuX86Update(virCPUDef *guest, const virCPUDef *host, GError **error);
