/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest as a machine: boot, features, clock, tuning, sysinfo: everything outside <devices> and <cpu>. */
#pragma once

#include "model/domain-disk.h"

/* --- <os>, <bootloader> --- */
typedef struct { virDomainBootDev dev; } virDomainBootDef;
typedef struct { char *name, *value; } virDomainInitEnv;
typedef struct { virTristateBool enabled; virDomainOsFirmwareFeature name; } virDomainFirmwareFeature;
typedef struct {
    virDomainOSType type;
    virArch arch;
    char *machine;
    virDomainOsFirmware firmware;
    VIR_LIST(virDomainFirmwareFeature) firmwareFeatures;
    char *init, *initdir, *inituser, *initgroup;        /* containers */
    char **initargv;
    VIR_LIST(virDomainInitEnv) initenv;
    char *loader;
    virTristateBool loaderReadonly, loaderSecure, loaderStateless;
    virDomainLoaderType loaderType;
    char *nvram, *nvramTemplate;
    virStorageFormat loaderFormat, nvramFormat, nvramTemplateFormat;
    char *varstore, *varstoreTemplate;
    virStorageSource nvramSource;       /* <nvram type=…><source/>: instead of a path */
    char *kernel, *initrd, *cmdline, *dtb, *root, *slic, *shim;
    char **acpiRaw;
    char *acpiRawset, *acpiMsdm;
    VIR_LIST(virDomainBootDef) boots;
    virTristateBool bootmenu;
    unsigned int bootmenuTimeout;
    bool hasBootmenuTimeout;
    virTristateBool biosUseserial;
    int biosRebootTimeout;
    bool hasBiosRebootTimeout;
    virDomainSmbiosMode smbios;
    char *bootloader, *bootloaderArgs;
} virDomainOSDef;

/* --- <sysinfo> --- */
typedef struct { char *name, *value; } virSysinfoEntry;
typedef struct { VIR_LIST(virSysinfoEntry) entries; } virSysinfoBlock;
typedef struct { char *name, *file, *value; } virSysinfoFwCfg;
typedef struct {
    virSysinfoType type;
    virSysinfoBlock *bios, *system, *chassis, *oemStrings;
    VIR_LIST(virSysinfoBlock) baseBoards;
    VIR_LIST(virSysinfoBlock) processors, memoryDevices;        /* hosts only */
    VIR_LIST(virSysinfoFwCfg) fwcfg;
} virSysinfoDef;

/* --- <features> --- */
typedef struct {
    virDomainHypervMode mode;
    virTristateSwitch relaxed, vapic, spinlocks, vpindex, runtime, synic, stimer, stimerDirect, reset, vendorId, frequencies,
        reenlightenment, tlbflush, ipi, evmcs, avic, emsrBitmap, xmmInput, tlbflushDirect, tlbflushExtended;
    unsigned int spinlockRetries;
    char *vendorIdValue;
} virDomainHypervFeatures;

typedef struct { virTristateSwitch hidden, hintDedicated, pollControl, pvIpi, dirtyRing; unsigned int dirtyRingSize; } virDomainKvmFeatures;
typedef struct { virTristateSwitch e820Host, passthrough; virDomainXenPassthrough passthroughMode; } virDomainXenFeatures;
typedef struct { char *name; virTristateSwitch state; } virDomainCapability;

typedef struct {
    bool pae, acpi, apic, viridian, privnet, gic, smm;
    virTristateSwitch apicEoi, smmState, hap, pmu, vmport, vmcoreinfo, pvspinlock, htm, nestedHv, ccfAssist, rasFeature;
    virTristateBool asyncTeardown;
    virTristateSwitch ras, ps2;
    virDomainAia aia;
    virGicVersion gicVersion;
    bool hasTseg;
    unsigned long long tseg;            /* bytes */
    virDomainIoapic ioapicDriver;
    virDomainHptResizing hptResizing;
    unsigned long long hptMaxPageSize;  /* KiB */
    virDomainPpcCap cfpc, sbbc, ibs;
    virDomainMsrsUnknown msrsUnknown;
    unsigned long long tbCacheSize;     /* KiB */
    virDomainHypervFeatures hyperv;
    virDomainKvmFeatures kvm;
    virDomainXenFeatures xen;
    bool capabilities;
    virDomainFeatureCaps capabilitiesPolicy;
    VIR_LIST(virDomainCapability) caps;
} virDomainFeatures;

/* --- <clock> --- */
typedef struct {
    virDomainTimerName name;
    virTristateBool present;
    virDomainTimerTickpolicy tickpolicy;
    virDomainTimerTrack track;
    unsigned long long frequency;
    virDomainTimerMode mode;
    bool hasCatchup;
    unsigned long long catchupThreshold, catchupSlew, catchupLimit;
} virDomainTimerDef;
typedef struct {
    virDomainClockOffset offset;
    long long adjustment;               /* variable; utc, localtime with adjustment='N' become variable */
    bool adjustmentReset;               /* adjustment='reset' */
    bool hasAdjustment;
    virDomainClockBasis basis;
    long long adjustment0;              /* status file */
    char *timezone;
    unsigned long long start;           /* absolute */
    VIR_LIST(virDomainTimerDef) timers;
} virDomainClockDef;

/* --- memory --- */
typedef struct { unsigned long long size; virBitmap *nodemask; } virDomainHugepage;    /* size in KiB; 0: default */
typedef struct {
    unsigned long long hardLimit, softLimit, swapHardLimit, minGuarantee;     /* KiB */
    bool hasHardLimit, hasSoftLimit, hasSwapHardLimit;                        /* false: unlimited */
    bool hugepages;
    VIR_LIST(virDomainHugepage) pages;
    bool nosharepages, locked, discard;
    virDomainMemorySource source;
    virDomainMemoryAccess access;
    virDomainMemoryAllocation allocation;
    unsigned int allocationThreads;
} virDomainMemTune;
typedef struct { unsigned int cellid; virDomainNumatuneMode mode; virBitmap *nodeset; } virDomainNumaNodeTune;
typedef struct {
    bool hasMemory;
    virDomainNumatuneMode mode;
    virDomainVcpuPlacement placement;
    virBitmap *nodeset;
    VIR_LIST(virDomainNumaNodeTune) nodes;
} virDomainNumatune;

/* --- vcpus and threads --- */
typedef struct {
    unsigned int id;
    virTristateBool enabled, hotpluggable;
    unsigned int order;
} virDomainVcpuDef;
typedef struct {
    unsigned int id;
    bool hasId;
    bool automatic;                     /* made from the <iothreads> count */
    int poolMin, poolMax;
    bool hasPoolMin, hasPoolMax;
} virDomainIothreadDef;
typedef struct { unsigned int id; virBitmap *cpuset; } virDomainPin;
typedef struct { virBitmap *ids; virDomainSchedPolicy policy; int priority; bool hasPriority; } virDomainSched;
typedef struct { unsigned int id, level; virDomainResctrlCache type; unsigned long long size; } virDomainCacheAlloc;
typedef struct { unsigned int level; virBitmap *vcpus; } virDomainResctrlMonitor;
typedef struct { unsigned int id; unsigned int bandwidth; } virDomainMemBandwidth;
typedef struct {
    virBitmap *vcpus;
    VIR_LIST(virDomainCacheAlloc) caches;
    VIR_LIST(virDomainMemBandwidth) nodes;
    VIR_LIST(virDomainResctrlMonitor) monitors;
} virDomainResctrl;
typedef struct {
    unsigned long long shares;
    bool hasShares;
    unsigned long long period, globalPeriod, emulatorPeriod, iothreadPeriod;
    long long quota, globalQuota, emulatorQuota, iothreadQuota;
    VIR_LIST(virDomainPin) vcpupins;
    virBitmap *emulatorpin;
    VIR_LIST(virDomainPin) iothreadpins;
    VIR_LIST(virDomainSched) vcpuscheds, iothreadscheds;
    virDomainSched *emulatorsched;
    VIR_LIST(virDomainResctrl) cachetunes, memorytunes;
} virDomainCputune;
typedef struct {
    char *path;
    unsigned int weight, readIops, writeIops;
    unsigned long long readBytes, writeBytes;
} virDomainBlkioDevice;

/* --- security, resources --- */
typedef struct {
    virDomainSeclabelType type;
    char *model;
    virTristateBool relabel;
    char *label, *imagelabel, *baselabel;
} virDomainSeclabel;
typedef struct { virDomainKeyWrapCipher name; virTristateSwitch state; } virDomainKeyWrapDef;
typedef struct {
    virDomainLaunchSecurityType type;
    virTristateBool kernelHashes;
    unsigned int cbitpos, reducedPhysBits;
    bool hasCbitpos, hasReducedPhysBits;
    unsigned int policy;
    char *dhCert, *session;
    virTristateBool authorKey, vcek;            /* sev-snp */
    unsigned long long snpPolicy;               /* sev-snp, tdx */
    bool hasPolicy, quoteService;
    char *guestVisibleWorkarounds, *idBlock, *idAuth, *hostData;
    char *mrConfigId, *mrOwner, *mrOwnerConfig, *quoteServicePath;     /* tdx */
} virDomainLaunchSecurity;

typedef struct { char *name; virTristateBool enabled; } virDomainPerfEvent;

/* --- <idmap> (containers) --- */
typedef struct { unsigned int start, target, count; } virDomainIdMapEntry;

/* --- qemu: namespace --- */
typedef struct { char *value; } virDomainQemuArg;
typedef struct { char *name, *value; } virDomainQemuEnv;
typedef struct { VIR_LIST(virDomainQemuArg) args; VIR_LIST(virDomainQemuEnv) env; } virDomainQemuCommandline;
/* --- those of the others --- */
typedef struct { VIR_LIST(virDomainQemuArg) args; VIR_LIST(virDomainQemuEnv) env; } virDomainBhyveCommandline;
typedef struct { char *type, *value; } virDomainLxcShare;
typedef struct { virDomainLxcShare *sharenet, *shareipc, *shareuts; } virDomainLxcShares;
typedef struct { VIR_LIST(virDomainQemuArg) args; } virDomainXenCommandline;
typedef struct { char *name; } virDomainQemuCap;
typedef struct { VIR_LIST(virDomainQemuCap) add, del; } virDomainQemuCapabilities;
typedef struct { char *name, *type, *value; } virDomainQemuProperty;
typedef struct { char *alias; VIR_LIST(virDomainQemuProperty) properties; } virDomainQemuDevice;
typedef struct { VIR_LIST(virDomainQemuDevice) devices; } virDomainQemuOverride;
typedef struct { char *behavior; VIR_LIST(virDomainQemuCap) add, del; } virDomainQemuDeprecation;
