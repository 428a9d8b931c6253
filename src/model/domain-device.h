/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Controllers, file systems, host devices and the many small devices. */
#pragma once

#include "model/domain-net.h"
#include "model/device-info.h"
#include "model/domain-char.h"
#include "model/domain-disk.h"
#include "model/domain-os.h"

typedef struct {
    virDomainControllerType type;
    unsigned int idx;
    bool hasIdx;                        /* false only before post-parse: "give it the next free one" */
    /* one model member for each type that has models */
    virDomainControllerModelPci pciModel;
    virDomainControllerModelScsi scsiModel;
    virDomainControllerModelUsb usbModel;
    virDomainControllerNoModel noModel;
    virDomainControllerModelIde ideModel;
    virDomainControllerModelVirtioSerial vioserialModel;
    /* driver */
    unsigned int queues, cmdPerLun, maxSectors;
    virTristateSwitch ioeventfd;
    unsigned int iothread;
    virVirtioOptions virtio;
    /* usb, virtio-serial, xenbus */
    int ports, vectors;
    bool hasPorts, hasVectors;
    int maxGrantFrames, maxEventChannels;
    bool hasMaxGrantFrames, hasMaxEventChannels;
    /* pci */
    bool hasPcihole64;
    unsigned long long pcihole64;       /* KiB */
    virDomainControllerPciModelName pciName;
    int chassisNr, chassis, port, busNr, targetIndex;
    bool hasChassisNr, hasChassis, hasPort, hasBusNr, hasTargetIndex;
    virTristateSwitch hotplug;
    unsigned int numaNode;
    bool hasNumaNode;
    virDeviceInfo info;
    VIR_LIST(virDomainIothreadMap) iothreads;
    char *serial;                       /* nvme */
    unsigned long long memReserve;      /* KiB, PCI bridges */
} virDomainControllerDef;

typedef struct {
    virDomainFsType type;
    virDomainFsAccessmode accessmode;
    virDomainFsModel model;
    virDomainFsMultidevs multidevs;
    unsigned int fmode, dmode;
    virDomainFsDriver driver;
    virStorageFormat format;
    virDomainFsWrpolicy wrpolicy;
    unsigned long long queueSize;
    virVirtioOptions virtio;
    char *binary;
    virTristateSwitch xattr;
    virDomainFsCacheMode cache;
    virDomainFsSandboxMode sandbox;
    virTristateSwitch posixLock, flock;
    bool hasThreadPool;
    int threadPool;
    char *source;                       /* dir=, dev=, file=, name=, socket= by type and driver */
    char *socket;                       /* virtiofs: run by somebody else */
    char *pool, *volume;                /* volume */
    unsigned long long ramUsage;        /* ram: KiB */
    char *target;
    bool readonly;
    unsigned long long spaceHardLimit, spaceSoftLimit;
    virDeviceInfo info;
    unsigned int openFiles;             /* virtiofs: most at a time */
    VIR_LIST(virDomainIdMapEntry) uidmap, gidmap;
} virDomainFsDef;

typedef struct {
    virDomainHostdevMode mode;
    virDomainHostdevType type;
    virTristateBool managed;
    virDomainHostdevScsiHostModel model;        /* scsi_host, mdev */
    virTristateSwitch display, ramfb;           /* mdev */
    virTristateBool rawio;
    virDomainDeviceSGIO sgio;
    virDomainStartupPolicy startupPolicy;
    virTristateBool missing;
    virDomainHostdevGuestReset guestReset;
    virTristateBool writeFiltering;
    /* usb */
    unsigned int vendor, product;
    bool hasVendor;
    unsigned int usbBus, usbDevice;
    bool hasUsbAddress;
    /* pci */
    virPCIAddress pci;
    virDomainHostdevPciBackend backend;
    virTristateBool origUnbind, origRemoveslot, origReprobe;    /* status file */
    /* scsi */
    char *adapter;
    unsigned int scsiBus, scsiTarget;
    unsigned long long scsiUnit;
    bool hasScsiAddress;
    virDomainHostdevScsiProtocol protocol;
    virStorageSource iscsi;
    bool readonly, shareable;
    /* scsi_host */
    virDomainHostdevScsiHostProtocol hostProtocol;
    char *wwpn;
    /* mdev */
    unsigned char mdevUuid[16];
    /* capabilities (LXC) */
    char *block, *chardev, *netdev;
    VIR_LIST(virNetIp) ips;
    VIR_LIST(virNetRoute) routes;
    virDomainNetTeamingType teaming;
    char *teamingPersistent;
    virDeviceInfo info;
    char *driverModel;                  /* kernel module of a variant driver */
    virTristateBool iommufd;
    char *usbPort;
    bool hasSource;
} virDomainHostdevDef;

typedef struct { virDomainHubType type; virDeviceInfo info; } virDomainHubDef;

typedef struct { virDomainRedirdevBus bus; virDomainChrSource source; virDeviceInfo info; } virDomainRedirdevDef;
typedef struct {
    unsigned int usbClass, vendor, product;
    bool hasClass, hasVendor, hasProduct;
    char *version;
    virTristateBool allow;
} virDomainRedirFilterRule;
typedef struct { VIR_LIST(virDomainRedirFilterRule) rules; } virDomainRedirFilter;

typedef struct {
    virDomainMemballoonModel model;
    virTristateSwitch autodeflate, freePageReporting;
    unsigned int statsPeriod;
    virVirtioOptions virtio;
    virDeviceInfo info;
} virDomainMemballoonDef;

typedef struct {
    virDomainRngModel model;
    unsigned int rateBytes, ratePeriod;
    virDomainRngBackend backend;
    char *path;                         /* random */
    virDomainChrSource egd;
    virVirtioOptions virtio;
    virDeviceInfo info;
    bool hasBackend;
} virDomainRngDef;

typedef struct { virDomainWatchdogModel model; virDomainWatchdogAction action; virDeviceInfo info; } virDomainWatchdogDef;
typedef struct { virDomainPanicModel model; virDeviceInfo info; } virDomainPanicDef;

typedef struct { virDomainTpmPcrBank bank; } virDomainTpmPcrBankDef;
typedef struct {
    virDomainTpmModel model;
    virDomainTpmBackend backend;
    virDomainTpmVersion version;
    virTristateBool persistentState;
    unsigned char secret[16];
    bool hasSecret;
    unsigned int activePcrBanks;        /* bit set of virDomainTpmPcrBank */
    char *path;                         /* passthrough */
    virDomainChrSource source;          /* external */
    virDeviceInfo info;
    char *profile, *profileName;
    virDomainRemoveDisabled removeDisabled;
    virDomainTpmSource sourceType;
    char *sourcePath;
    unsigned int debug;
} virDomainTpmDef;

typedef struct {
    virDomainSmartcardMode mode;
    char **certificates;                /* three */
    char *database;
    virDomainChrSource source;
    virDeviceInfo info;
} virDomainSmartcardDef;

typedef struct {
    virDomainMemoryDeviceModel model;
    virDomainMemoryAccess access;
    virTristateBool discard;
    unsigned char uuid[16];
    char *path;
    unsigned long long alignsize;       /* KiB */
    bool pmem;
    unsigned long long pagesize;
    virBitmap *nodemask;
    unsigned long long size;
    int node;
    bool hasNode;
    unsigned long long labelSize, blockSize, requested, current;
    bool hasRequested;
    bool readonly;
    virDeviceInfo info;
    virTristateBool dynamicMemslots;
    unsigned long long base;            /* guest address */
    bool hasBase;
} virDomainMemoryDef;

typedef struct {
    char *name;
    virDomainShmemModel model;
    virDomainShmemRole role;
    unsigned long long size;            /* MiB */
    bool server;
    char *serverPath;
    bool msi;
    unsigned int vectors;
    virTristateSwitch ioeventfd;
    virDeviceInfo info;
} virDomainShmemDef;

typedef struct {
    virDomainIommuModel model;
    virTristateSwitch intremap, cachingMode, eim, iotlb;
    unsigned int awBits;
    virDeviceInfo info;
    virTristateSwitch dmaTranslation, xtsup, passthrough;
    virDomainIommuGranule granule;
    int pciBus;
    bool hasPciBus;
} virDomainIommuDef;

typedef struct {
    virDomainVsockModel model;
    virTristateBool autoCid;
    unsigned int cid;
    virVirtioOptions virtio;
    virDeviceInfo info;
} virDomainVsockDef;

typedef struct {
    virDomainCryptoModel model;
    virDomainCryptoType type;
    virDomainCryptoBackend backend;
    unsigned int queues;
    virVirtioOptions virtio;
    virDeviceInfo info;
} virDomainCryptoDef;

typedef struct { virDeviceInfo info; } virDomainNvramDef;
typedef struct {
    virDomainPstoreBackend backend;
    char *path;
    unsigned long long size;            /* KiB */
    virDeviceInfo info;
} virDomainPstoreDef;
typedef struct { char *lockspace, *key, *path; unsigned long long offset; } virDomainLeaseDef;
