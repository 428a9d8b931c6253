/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests' CPUs between the model tables and QEMU: names, what this QEMU can make, what the command line says. */
#pragma once

#include "cpu/cpu.h"
#include "drivers/qemu/documents.h"

/* The host's processor, read once; `arch` alone when it says nothing of itself. */
const virCPUDef *qemuHostCpu(const virHost *host);
/* QEMU's word for a feature; NULL: it has no say in it. */
char *qemuFeatureName(const char *feature);
/* Is there a model "max"? */
bool qemuHasMaximum(virArch arch);
/* Does "host" have the property migratable? Not of the 32-bit emulator, nor are features read that MSRs tell. */
bool qemuHasMigratable(const qemuCaps *caps);
bool qemuFeatureSettable(const char *feature);
/* What host-model means: the best model for what QEMU can do here. `migratable`: without what keeps a guest from moving. NULL: not known. */
virCPUDef *qemuHostModel(const qemuCaps *caps, virArch arch, bool kvm, bool migratable);
/* The names that our tables know of QEMU's models, with what blocks each. */
typedef struct {
    GArray *offers;
    GPtrArray *owned;
    char **unmovable;
    virCpuChoice choice;
} qemuCpuOffers;
void qemuCpuOffersInit(qemuCpuOffers *offers, const qemuCaps *caps, bool kvm);
void qemuCpuOffersClear(qemuCpuOffers *offers);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuCpuOffers, qemuCpuOffersClear)
/* The CPU as the command line must have it: host models written out, wishes decided, compared with what there is. */
virCPUDef *qemuCpuResolve(const virCPUDef *cpu, virArch arch, bool kvm, const qemuCaps *caps, GError **error);
/* Can the host show a guest a clock of this many Hz? */
bool qemuCpuCheckTsc(unsigned long long wanted, GError **error);

/* cpu-ask.c: architectures whose models QEMU alone knows. It is started for the question. */
char *qemuCpuAskBaseline(qemuCapsCache *cache, const qemuCaps *caps, bool kvm, const char *const *xml, guint n, unsigned int flags, GError **error);
