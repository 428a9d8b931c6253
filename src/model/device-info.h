/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every device has: alias, guest address, boot order, option ROM; and the options shared by all virtio devices. */
#pragma once

#include "model/domain-enums.h"

typedef struct {
    unsigned int domain, bus, slot, function;
    virTristateSwitch multi;
    bool hasZpci;
    unsigned int zpciUid, zpciFid;
    bool hasZpciUid, hasZpciFid;
} virPCIAddress;

typedef struct { unsigned int controller, bus, target, unit; } virDriveAddress;
typedef struct { unsigned int controller, bus, port; } virVirtioSerialAddress;
typedef struct { unsigned int controller, slot; } virCcidAddress;
typedef struct { unsigned int bus; char *port; } virUSBAddress;             /* port "1" or "1.2.3"; NULL: not assigned */
typedef struct { unsigned long long reg; bool hasReg; } virSpaprVioAddress;
typedef struct { unsigned int cssid, ssid, devno; bool assigned, hasCssid, hasSsid, hasDevno; } virCCWAddress;
typedef struct { unsigned int iobase, irq; bool hasIobase, hasIrq; } virIsaAddress;
typedef struct { unsigned int slot; unsigned long long base; bool hasBase; } virDimmAddress;

/* Only the member of `type` means anything. Those of plain numbers share their memory, since every device has one of these: who gives a
 * device an address of another kind sets all of it. */
typedef struct {
    virDeviceAddressType type;
    union {
        virPCIAddress pci;
        virDriveAddress drive;
        virVirtioSerialAddress vioserial;
        virCcidAddress ccid;
        virSpaprVioAddress spaprvio;
        virCCWAddress ccw;
        virIsaAddress isa;
        virDimmAddress dimm;
    };
    virUSBAddress usb;
} virDeviceAddress;

typedef struct {
    char *alias;                        /* live: given by virDomainDefAssignAliases; user aliases begin with "ua-" */
    unsigned int bootIndex;             /* <boot order=''/>; 0: none */
    char *loadparm;
    unsigned int acpiIndex;
    virBitmap *acpiNodeset;             /* guest NUMA nodes that the device speaks of */
    bool hasMaster;                     /* USB companion controllers */
    unsigned int masterStartport;
    virTristateSwitch romEnabledBar;
    virTristateBool romEnabled;
    char *romFile;
    virDeviceAddress addr;
} virDeviceInfo;

typedef struct {
    virTristateSwitch iommu, ats, packed, pagePerVq;
} virVirtioOptions;

typedef struct {                        /* <seclabel> beneath a device's source */
    char *model;
    virTristateBool relabel;
    virTristateBool labelskip;
    char *label;
} virDeviceSeclabel;
