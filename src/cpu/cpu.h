/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What processors can do: models, features, comparison, baseline. Every function takes and gives documents (virCPUDef); architectures without
 * a table of features know models by name only.
 */
#pragma once

#include "model/cpu.h"
#include "base/error.h"

typedef enum { VIR_CPU_ERROR = -1, VIR_CPU_INCOMPATIBLE, VIR_CPU_IDENTICAL, VIR_CPU_SUPERSET } virCpuResult;

/* What a processor answered: CPUID leaves and MSRs. `reg`: 0 EAX, 1 EBX, 2 ECX, 3 EDX. */
typedef struct {
    /* False: the leaf or MSR does not exist. */
    bool (*read)(gpointer opaque, bool msr, guint32 index, guint32 sub, guint32 regs[4]);
    gpointer opaque;
} virCpuReader;

/* A model that an emulator offers. */
typedef struct {
    const char *name;
    const char *const *blockers;        /* features that it would have here but can't; NULL: none */
} virCpuOffer;

typedef struct {
    const virCpuOffer *offers;          /* choose among these; NULL: any */
    guint noffers;
    bool migratable;                    /* without features that keep a guest from moving */
    const char *const *unmovable;       /* those features; NULL: as the table says */
    bool (*keep)(const char *feature);  /* what the hypervisor has no say in falls away; NULL: everything stays */
} virCpuChoice;

/* Architectures that share their CPUs: i686 and x86_64, ppc64 and ppc64le. */
bool virCpuSameKind(virArch a, virArch b);
bool virCpuIsX86(virArch arch);
/* NULL-terminated; empty: any name is accepted. NULL and an error: nothing is known of the architecture. */
char **virCpuModelNames(virArch arch, GError **error);
bool virCpuHasModels(virArch arch);              /* would that succeed? */
/* "AMD"; NULL: unknown, or the model is nobody's. */
const char *virCpuModelVendor(virArch arch, const char *model);
/* Architectures without a list of features know any. */
bool virCpuFeatureKnown(virArch arch, const char *feature);
/* The i-th feature of the architecture's table; NULL after the last. */
const char *virCpuFeatureName(virArch arch, guint i);
bool virCpuFeatureIsMsr(virArch arch, const char *feature);
/* False when a guest that has it can't be migrated. */
bool virCpuFeatureMigratable(virArch arch, const char *feature);
/* Does the model have it? */
bool virCpuModelHas(virArch arch, const char *model, const char *feature);

/* Can `host` run `cpu`? With `fail` an incompatible one is an error that says why. */
virCpuResult virCpuCompare(const virCPUDef *host, const virCPUDef *cpu, bool fail, GError **error);
/* The best CPU that all of them can be. */
virCPUDef *virCpuBaseline(virCPUDef *const *cpus, guint n, const virCpuChoice *choice, GError **error);
/* Write the model's features out, all sorted by name. */
bool virCpuExpand(virCPUDef *cpu, virArch arch, GError **error);
/* As a model with features that the emulator offers: what the definition names otherwise, or NULL and an error with `fallback` forbid. */
bool virCpuTranslate(virCPUDef *cpu, virArch arch, const virCpuChoice *choice, GError **error);
/* From a list of features; `vendor`, signature of `like`. A host's is a model and what it has more; a guest's may lack some of its model. */
virCPUDef *virCpuFromFeatures(virArch arch, const char *const *features, const virCPUDef *like, bool host, const virCpuChoice *choice);
/* The host's x86 processor, from its answers. */
virCPUDef *virCpuDetect(virArch arch, const virCpuReader *reader);
/* Decide on optional features, there when `host` has them, and spell out what the model has lost. */
bool virCpuUpdate(virCPUDef *guest, const virCPUDef *host, GError **error);

/* --- the public calls (documents.c); flags are virConnectCompareCPUFlags, virConnectBaselineCPUFlags --- */
/* `arch`: what a document without one means, 0 the host's. */
int virCpuCompareXml(const virCPUDef *host, virArch arch, const char *xml, unsigned int flags, GError **error);
/* `arch`: that of all documents, whatever they say; 0: their own. */
char *virCpuBaselineXml(const char *const *xml, guint n, virCPUDocument kind, virArch arch, const virCpuChoice *choice, unsigned int flags,
                        GError **error);
int virCpuModelList(const char *arch, char ***models, int from, GError **error);
