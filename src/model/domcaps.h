/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <domainCapabilities>: what a guest of one emulator, machine and accelerator may have. */
#pragma once

#include "model/cpu.h"
#include "model/document.h"

typedef struct { char *name; char **values; } virDomCapsEnum;

typedef struct { unsigned int node; unsigned long long size; char *unit; } virDomCapsSection;

/* Anything that is there or not, with the words that its attributes may take. */
typedef struct {
    virTristateBool supported;
    char **values;                      /* of <loader>: paths */
    VIR_LIST(virDomCapsEnum) enums;
    /* of <sev> and <sgx> */
    unsigned int cbitpos, reducedPhysBits, maxGuests, maxESGuests;
    virTristateBool flc, sgx1, sgx2;
    unsigned long long sectionSize;     /* KiB */
    VIR_LIST(virDomCapsSection) sections;
} virDomCapsPart;

typedef struct {
    char *name, *usable, *vendor;       /* of mode custom */
    virTristateBool deprecated;
    virCPUFallback fallback;            /* of mode host-model */
} virDomCapsModel;

typedef struct {
    char *name;
    virDomCapsPart part;
    VIR_LIST(virDomCapsModel) models;
    char *vendor;
    VIR_LIST(virCPUFeature) features;
} virDomCapsMode;

/* Elements in the order of the document; '-' of a name is '_' here. */
#define VIR_DOMCAPS_DEVICES(E) \
    E(disk) E(graphics) E(video) E(hostdev) E(rng) E(filesystem) E(tpm) E(redirdev) E(channel)
#define VIR_DOMCAPS_FEATURES(E) \
    E(gic, "gic") E(vmcoreinfo, "vmcoreinfo") E(genid, "genid") E(backingStoreInput, "backingStoreInput") E(backup, "backup") \
    E(s390Pv, "s390-pv") E(sev, "sev") E(sgx, "sgx") E(hyperv, "hyperv")

typedef struct {
    VIR_XML_REFS;
    char *path, *domain, *machine;
    virArch arch;
    unsigned int maxVcpus;
    virDomCapsPart iothreads, os, loader, memoryBacking;
    VIR_LIST(virDomCapsMode) modes;
#define VIR_DOMCAPS_MEMBER_(name, ...) virDomCapsPart *name;
    VIR_DOMCAPS_DEVICES(VIR_DOMCAPS_MEMBER_)
    VIR_DOMCAPS_FEATURES(VIR_DOMCAPS_MEMBER_)
} virDomCapsDef;

VIR_DOCUMENT_DECLARE(virDomCapsDef)
