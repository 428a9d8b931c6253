/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks and the storage behind them. virStorageSource is one layer of a chain; disks, mirrors, file systems' and host devices' storage use it. */
#pragma once

#include "model/device-info.h"

typedef struct {
    char *type;                         /* of the secret: "passphrase", "ceph", "iscsi" … */
    unsigned char uuid[16];
    char *usage;
} virStorageSecret;

typedef struct {
    char *username;
    virStorageAuthType authtype;        /* pools only */
    virStorageSecret secret;
} virStorageAuth;

typedef struct {
    virStorageEncryptionFormat format;
    virStorageEncryptionEngine engine;
    VIR_LIST(virStorageSecret) secrets;
    unsigned int cipherSize;
    char *cipherName, *cipherMode, *cipherHash;
    char *ivgenName, *ivgenHash;
} virStorageEncryption;

typedef struct {
    virStorageTransport transport;
    char *name;
    unsigned int port;
    char *socket;
} virStorageHost;

typedef struct {
    char *name, *value;
} virStorageCookie;

typedef struct {
    virTristateBool enabled, managed;
    char *path;                         /* <source type='unix' path= mode='client'/> */
    char *sourceType, *mode;
} virStorageReservations;

typedef struct { char *type, *name; } virStorageNodeName;
typedef struct virStorageSource virStorageSource;
struct virStorageSource {
    virStorageType type;
    char *path;                         /* file, block, dir; vhostuser: socket */
    virStorageProtocol protocol;        /* network … */
    char *name, *query;
    VIR_LIST(virStorageHost) hosts;
    char *snapshot, *configFile;
    virTristateBool tls;
    char *tlsHostname;
    virTristateBool sslVerify;
    VIR_LIST(virStorageCookie) cookies;
    bool hasReadahead;
    unsigned long long readahead;
    unsigned int timeout;
    char *knownHosts, *knownHostsIdentityUser, *sshKeyfile;
    char *nfsUser, *nfsGroup;
    char *initiatorIqn;
    char *pool, *volume;                /* volume … */
    virStoragePoolMode mode;
    virStorageType actual;              /* while the guest runs: what the volume is, with `path` and the like as there */
    virTristateBool nvmeManaged;        /* nvme … */
    unsigned int nvmeNamespace;
    virPCIAddress nvmeAddress;
    char *sourceType;                   /* vhostuser: "unix" */
    virTristateBool reconnect;
    unsigned int reconnectTimeout;
    char *fdgroup;
    bool hasSlice;
    unsigned long long sliceOffset, sliceSize;
    virStorageAuth *auth;
    virStorageEncryption *encryption;
    virStorageReservations *reservations;
    virDomainStartupPolicy startupPolicy;
    unsigned int index;                 /* live: id in QEMU's node names */
    VIR_LIST(virDeviceSeclabel) seclabels;
    virStorageSource *dataStore;        /* <dataStore>: where qcow2 keeps the data */
    virStorageFormat format;            /* <driver type=''> of the top layer, <format type=''/> of backing ones */
    bool hasMetadataCache;
    unsigned long long metadataCacheMax;
    VIR_LIST(virStorageNodeName) nodeNames;     /* status file: how QEMU calls the layer */
    bool hasBacking;                    /* <backingStore> was there; empty (type NONE) ends the chain */
    virStorageSource *backing;
};

/* What a layer is on the host: of a volume, what it was when the guest started. */
static inline virStorageType virStorageActual(const virStorageSource *s)
{
    return s->type == VIR_STORAGE_VOLUME ? s->actual : s->type;
}

typedef struct {
    unsigned long long totalBytes, readBytes, writeBytes, totalIops, readIops, writeIops;
    unsigned long long totalBytesMax, readBytesMax, writeBytesMax, totalIopsMax, readIopsMax, writeIopsMax;
    unsigned long long sizeIops;
    char *group;
    unsigned long long totalBytesMaxLength, readBytesMaxLength, writeBytesMaxLength;
    unsigned long long totalIopsMaxLength, readIopsMaxLength, writeIopsMaxLength;
} virDomainIoTune;

typedef struct {
    virDomainDiskMirrorJob job;
    virDomainDiskMirrorState ready;
    virStorageSource source;
} virDomainDiskMirror;

/* <iothread id=''><queue id=''/>…</iothread> beneath a <driver> */
typedef struct { unsigned int id; } virDomainQueueRef;
typedef struct { unsigned int id; VIR_LIST(virDomainQueueRef) queues; } virDomainIothreadMap;
typedef struct { unsigned int interval; } virDomainStatistic;
typedef struct { unsigned long long start; } virDomainHistogramBin;
typedef struct { virDomainHistogramType type; VIR_LIST(virDomainHistogramBin) bins; } virDomainHistogram;
typedef struct { char *group; } virDomainThrottleFilter;

typedef struct {
    virStorageSource src;
    virDomainDiskDevice device;
    VIR_LIST(virDomainIothreadMap) iothreads;   /* queues spread over several */
    VIR_LIST(virDomainStatistic) statistics;
    VIR_LIST(virDomainHistogram) histograms;
    VIR_LIST(virDomainThrottleFilter) throttleFilters;
    virTristateSwitch dpofua;
    bool hasSource;                     /* the element is there, be it empty */
    virDomainDiskModel model;
    virTristateBool rawio;
    virDomainDeviceSGIO sgio;
    virDomainDiskSnapshot snapshot;
    /* driver */
    char *driverName;
    virDomainDiskCache cache;
    virDomainDiskErrorPolicy errorPolicy, rerrorPolicy;
    virDomainDiskIo io;
    virTristateSwitch ioeventfd, eventIdx, copyOnRead;
    virDomainDiskDiscard discard;
    virDomainDiskDetectZeroes detectZeroes;
    unsigned int iothread;
    unsigned int queues, queueSize;
    bool hasQueues;
    virTristateSwitch discardNoUnref;
    virVirtioOptions virtio;
    /* target */
    char *dst;
    virDomainDiskBus bus;
    virDomainDiskTray tray;
    virTristateSwitch removable;
    unsigned int rotationRate;
    bool hasRotationRate;
    virDomainIoTune iotune;
    bool readonly, shareable, transient;
    virTristateBool shareBacking;
    char *serial, *wwn, *vendor, *product;
    unsigned int cyls, heads, secs;
    virDomainDiskGeometryTrans trans;
    unsigned int logicalBlockSize, physicalBlockSize, discardGranularity;
    virDomainDiskMirror *mirror;
    virStorageEncryption *encryption;   /* old place: beneath <disk>; post-parse keeps it in `src` and notes it here */
    virStorageAuth *auth;               /* likewise */
    char *backendDomain;
    char *qomName;                      /* status file: how QEMU calls it */
    virDeviceInfo info;
} virDomainDiskDef;
