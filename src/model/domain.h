/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The definition of a domain. One public struct; each member is bound to its place in the document by one row of a table
 * (domain-table.c and domain-*-table.c). A definition is built by one thread, then published, and from then on immutable:
 * readers take a reference, changes are made to a copy that replaces it.
 *
 * Conventions of all structs here: lists are VIR_LIST (`def->disks.v[i]`, `i < def->disks.n`); an enum value without a spelling and
 * a NULL string mean "not given"; where 0 is a value of its own, `hasFoo` says whether `foo` was given; sizes are KiB
 * unless a comment says otherwise; an all-zero UUID is "not given".
 */
#pragma once

#include <stdint.h>
#include <time.h>
#include "model/cpu.h"
#include "model/device-info.h"
#include "model/domain-char.h"
#include "model/domain-device.h"
#include "model/domain-disk.h"
#include "model/domain-enums.h"
#include "model/domain-graphics.h"
#include "model/domain-net.h"
#include "model/domain-os.h"

typedef struct _virDomainParseConfig virDomainParseConfig;

typedef struct {
    VIR_XML_REFS;

    virDomainVirtType virtType;
    int id;                             /* -1: not running. live */
    char *name;
    unsigned char uuid[16];
    bool hasUuid;                       /* given, be it all zero */
    bool hasGenid;
    unsigned char genid[16];            /* all zero and hasGenid: make one at start */
    char *title, *description;
    char *metadata;                     /* the <metadata> element, kept verbatim; see virDomainDefGetMetadata */
    unsigned long long maxMemory;       /* <maxMemory>: with room for DIMMs */
    unsigned int memorySlots;
    unsigned long long memory;          /* <memory>: at boot, without DIMMs' share */
    virTristateSwitch dumpCore;
    unsigned long long currentMemory;   /* <currentMemory> */
    unsigned int blkioWeight;
    VIR_LIST(virDomainBlkioDevice) blkioDevices;
    virDomainMemTune mem;
    unsigned int maxVcpus, vcpus;       /* <vcpu current=vcpus>maxVcpus</vcpu> */
    virDomainVcpuPlacement vcpuPlacement;
    virBitmap *cpumask;
    VIR_LIST(virDomainVcpuDef) vcpuList;
    unsigned int niothreads;
    VIR_LIST(virDomainIothreadDef) iothreads;
    int iothreadPoolMin, iothreadPoolMax;
    bool hasIothreadPoolMin, hasIothreadPoolMax;
    virDomainCputune cputune;
    virDomainNumatune numatune;
    char *resourcePartition, *fibreChannelAppid;
    VIR_LIST(virSysinfoDef) sysinfo;
    virDomainOSDef os;
    VIR_LIST(virDomainIdMapEntry) uidmap, gidmap;
    VIR_LIST(virDomainIoTune) throttleGroups;
    virDomainFeatures features;
    virCPUDef cpu;
    virDomainClockDef clock;
    virDomainOnAction onPoweroff, onReboot, onCrash;
    virDomainLockFailure onLockfailure;
    virTristateBool suspendToMem, suspendToDisk;
    VIR_LIST(virDomainPerfEvent) perf;
    VIR_LIST(virDomainSeclabel) seclabels;
    VIR_LIST(virDomainKeyWrapDef) keywrap;
    virDomainLaunchSecurity *launchSecurity;

    /* <devices> */
    char *emulator;
    VIR_LIST(virDomainDiskDef) disks;
    VIR_LIST(virDomainControllerDef) controllers;
    VIR_LIST(virDomainLeaseDef) leases;
    VIR_LIST(virDomainFsDef) fss;
    VIR_LIST(virDomainNetDef) nets;
    VIR_LIST(virDomainSmartcardDef) smartcards;
    VIR_LIST(virDomainChrDef) serials, parallels, consoles, channels;
    VIR_LIST(virDomainInputDef) inputs;
    VIR_LIST(virDomainTpmDef) tpms;
    VIR_LIST(virDomainGraphicsDef) graphics;
    VIR_LIST(virDomainSoundDef) sounds;
    VIR_LIST(virDomainAudioDef) audios;
    VIR_LIST(virDomainVideoDef) videos;
    VIR_LIST(virDomainHostdevDef) hostdevs;
    VIR_LIST(virDomainRedirdevDef) redirdevs;
    virDomainRedirFilter *redirfilter;
    VIR_LIST(virDomainHubDef) hubs;
    VIR_LIST(virDomainWatchdogDef) watchdogs;
    virDomainMemballoonDef *memballoon;
    VIR_LIST(virDomainRngDef) rngs;
    virDomainNvramDef *nvram;
    VIR_LIST(virDomainPanicDef) panics;
    VIR_LIST(virDomainShmemDef) shmems;
    VIR_LIST(virDomainMemoryDef) mems;
    virDomainIommuDef *iommu;
    virDomainVsockDef *vsock;
    virDomainPstoreDef *pstore;
    VIR_LIST(virDomainCryptoDef) cryptos;

    /* xmlns:qemu */
    virDomainQemuCommandline *qemuCommandline;
    virDomainQemuCapabilities *qemuCapabilities;
    virDomainQemuOverride *qemuOverride;
    virDomainQemuDeprecation *qemuDeprecation;
    virDomainLxcShares *lxcNamespace;                /* xmlns:lxc … */
    virDomainBhyveCommandline *bhyveCommandline;
    virDomainXenCommandline *xenCommandline;
    char *datacenterPath;                               /* xmlns:vmware */
} virDomainDef;

/* Flags of parse and format. SECURE, INACTIVE, MIGRATABLE have the values of VIR_DOMAIN_XML_*. */
typedef enum {
    VIR_DOMAIN_DEF_SECURE = 1 << 0,             /* format: with passwords */
    VIR_DOMAIN_DEF_INACTIVE = 1 << 1,           /* without live parts (id, aliases given by us, pty paths, imagelabels); parse: ignore them */
    VIR_DOMAIN_DEF_UPDATE_CPU = 1 << 2,         /* accepted, expanded by the driver */
    VIR_DOMAIN_DEF_MIGRATABLE = 1 << 3,         /* without what older receivers don't know or what is implied */
    VIR_DOMAIN_DEF_STATUS = 1 << 8,             /* everything, also what only status files show */
    VIR_DOMAIN_DEF_SKIP_VALIDATE = 1 << 9,      /* parse: our own files */
    VIR_DOMAIN_DEF_VALIDATE_SCHEMA = 1 << 10,   /* parse: check against the schema (VIR_DOMAIN_DEFINE_VALIDATE) */
    VIR_DOMAIN_DEF_ABI_UPDATE = 1 << 11,        /* parse: a new guest: newest defaults may be chosen */
    VIR_DOMAIN_DEF_SKIP_POST_PARSE = 1 << 12,   /* parse: shape only */
} virDomainDefFlags;

virDomainDef *virDomainDefNew(void);
virDomainDef *virDomainDefRef(virDomainDef *def);
void virDomainDefUnref(virDomainDef *def);      /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainDef, virDomainDefUnref)

/* Parse, post-parse (defaults, implied devices, addresses), validate. `file` names the source in messages (NULL: "domain_definition"). */
virDomainDef *virDomainDefParse(const char *xml, const char *file, const virDomainParseConfig *conf, unsigned int flags, GError **error);
virDomainDef *virDomainDefParseFile(const char *path, const virDomainParseConfig *conf, unsigned int flags, GError **error);
/* `node` is an xmlNode: a <domain> inside a greater document (snapshots, save images, test driver's files). */
virDomainDef *virDomainDefParseNode(void *node, const virDomainParseConfig *conf, unsigned int flags, GError **error);
/* Never fails. Active documents (with id and aliases) unless INACTIVE. */
char *virDomainDefFormat(const virDomainDef *def, unsigned int flags);
void virDomainDefFormatTo(const virDomainDef *def, GString *out, int indent, unsigned int flags);
virDomainDef *virDomainDefCopy(const virDomainDef *def);        /* refs 1, to be changed and published */
bool virDomainDefEqual(const virDomainDef *a, const virDomainDef *b);
/* May `dst` replace `src` under a running guest (migration, restore)? The error names the first member that differs. */
bool virDomainDefAbiCheck(const virDomainDef *src, const virDomainDef *dst, GError **error);

/* The passes, for drivers that change a copy (attach a device, start): each idempotent. */
bool virDomainDefPostParse(virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags, GError **error);
bool virDomainDefAssignAddresses(virDomainDef *def, const virDomainParseConfig *conf, GError **error);
void virDomainDefAssignAliases(virDomainDef *def, const virDomainParseConfig *conf);   /* at start: "virtio-disk0", "net0", "pci.1" … */
bool virDomainDefValidate(const virDomainDef *def, const virDomainParseConfig *conf, GError **error);

/* --- helpers --- */
/* Every device's info, in the order of the struct; false from `func` stops and is returned. `kind` is the element's name ("disk"). */
typedef bool (*virDeviceInfoFunc)(virDomainDef *def, const char *kind, void *device, virDeviceInfo *info, void *data);
bool virDomainDefForeachInfo(virDomainDef *def, virDeviceInfoFunc func, void *data);
bool virDomainDefForeachInfoOf(virDomainDef *def, const char *kind, virDeviceInfoFunc func, void *data);

virDomainControllerDef *virDomainDefFindController(const virDomainDef *def, virDomainControllerType type, int idx);  /* idx -1: any */
virDomainDiskDef *virDomainDefFindDisk(const virDomainDef *def, const char *target);    /* target dev, or source path */
virDomainNetDef *virDomainDefFindNet(const virDomainDef *def, const char *device);      /* MAC, target dev, or alias */
/* vCPUs of <cpu><topology>: sockets*dies*cores*threads, 0 when not given. */
/* 0 "a", 25 "z", 26 "aa": what follows "sd" in a disk's name. */
char *virDomainDiskLetters(unsigned int index);
unsigned int virCPUTopologyCount(const virCPUDef *cpu);
bool virDomainDefIsQ35(const virDomainDef *def);
bool virDomainDefIsI440FX(const virDomainDef *def);

/* <metadata>: `uri` chooses the element; returned text is the element itself. NULL: none (no error). */
char *virDomainDefGetMetadata(const virDomainDef *def, const char *uri);
/* xml NULL removes. `key` becomes the namespace prefix. */
bool virDomainDefSetMetadata(virDomainDef *def, const char *xml, const char *key, const char *uri, GError **error);

/* One device of a device document (attach, detach, update). With `def` it gets the defaults and the free address that it would have in
 * that guest; with def NULL it is as written. `kind`: "disk", "interface" …; data is the struct of that kind. */
typedef struct { const char *kind; void *data; } virDomainDevice;
virDomainDevice *virDomainDeviceParse(const char *xml, const virDomainDef *def, const virDomainParseConfig *conf, unsigned int flags, GError **error);
void virDomainDeviceFree(virDomainDevice *device);
char *virDomainDeviceFormat(const char *kind, const void *data, unsigned int flags);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainDevice, virDomainDeviceFree)
