/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <capabilities>: the host, and the guests that its emulators run. */
#pragma once

#include "model/cpu.h"
#include "model/document.h"

typedef struct { char *unit; unsigned long long size, count; } virCapsPages;
typedef struct {
    unsigned int id, socket, die, core;
    bool online;                        /* else only the id is known */
    char *siblings;
} virCapsCpu;
typedef struct {
    unsigned int id;
    char *memoryUnit;
    unsigned long long memory;          /* KiB */
    VIR_LIST(virCapsPages) pages;
    VIR_LIST(virNumaDistance) distances;
    VIR_LIST(virNumaCache) caches;
    unsigned int ncpus;
    VIR_LIST(virCapsCpu) cpus;
} virCapsCell;

/* What may be set aside of a cache or of bandwidth, and what may be watched. */
typedef struct {
    unsigned long long granularity, min;
    char *unit, *type;
    unsigned int maxAllocs;
} virCapsControl;
typedef struct { char *name; } virCapsName;
typedef struct {
    unsigned int level, reuseThreshold, maxMonitors;
    VIR_LIST(virCapsName) features;
} virCapsMonitor;
typedef struct {
    unsigned int id, level;
    char *type, *unit, *cpus;
    unsigned long long size;
    VIR_LIST(virCapsControl) controls;
} virCapsBank;
typedef struct {
    unsigned int id;
    char *cpus;
    VIR_LIST(virCapsControl) controls;
} virCapsBandwidthNode;

typedef struct { char *type, *label; } virCapsBaseLabel;
typedef struct {
    char *model, *doi;
    VIR_LIST(virCapsBaseLabel) labels;
} virCapsSecModel;

typedef struct {
    unsigned char uuid[16];
    virCPUDef *cpu;
    bool powerKnown, suspendMem, suspendDisk, suspendHybrid;
    virTristateBool iommu;
    bool live;
    char **transports;
    bool topology;
    unsigned int ncells;
    VIR_LIST(virCapsCell) cells;
    VIR_LIST(virCapsBank) banks;
    virCapsMonitor *cacheMonitor, *bandwidthMonitor;
    VIR_LIST(virCapsBandwidthNode) bandwidth;
    VIR_LIST(virCapsSecModel) secmodels;
} virCapsHost;

typedef struct {
    char *name, *canonical;
    unsigned int maxCpus;
    virTristateBool deprecated;
} virCapsMachine;
typedef struct {
    char *type, *emulator;
    VIR_LIST(virCapsMachine) machines;
} virCapsDomain;
/* "on" by default, may be turned: <acpi default='on' toggle='yes'/> */
typedef struct { virTristateSwitch byDefault; virTristateBool toggle; } virCapsToggle;
typedef struct {
    char *osType;
    virArch arch;
    unsigned int wordsize;
    char *emulator, *loader;
    VIR_LIST(virCapsMachine) machines;
    VIR_LIST(virCapsDomain) domains;
    bool pae, nonpae, ia64be, cpuselection, deviceboot;
    virCapsToggle *acpi, *apic, *hap, *disksnapshot, *externalSnapshot;
} virCapsGuest;

typedef struct {
    VIR_XML_REFS;
    virCapsHost *host;
    VIR_LIST(virCapsGuest) guests;
} virCapsDef;

VIR_DOCUMENT_DECLARE(virCapsDef)
/* As the reference writes it, with an empty line between the parts. */
char *virCapsDefText(const virCapsDef *caps);
