/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Node devices: one device has one or more capabilities, which say what it is; most have details, and capabilities of their own. */
#pragma once

#include "model/device-info.h"
#include "model/document.h"
#include "model/interface.h"

#define VIR_NODE_CAP_VALUES(E) \
    E(VIR_NODE_CAP_SYSTEM, "system") E(VIR_NODE_CAP_PCI, "pci") E(VIR_NODE_CAP_USB_DEVICE, "usb_device") E(VIR_NODE_CAP_USB, "usb") \
    E(VIR_NODE_CAP_NET, "net") E(VIR_NODE_CAP_SCSI_HOST, "scsi_host") E(VIR_NODE_CAP_SCSI_TARGET, "scsi_target") E(VIR_NODE_CAP_SCSI, "scsi") \
    E(VIR_NODE_CAP_STORAGE, "storage") E(VIR_NODE_CAP_FC_HOST, "fc_host") E(VIR_NODE_CAP_VPORTS, "vports") \
    E(VIR_NODE_CAP_SCSI_GENERIC, "scsi_generic") E(VIR_NODE_CAP_DRM, "drm") E(VIR_NODE_CAP_MDEV_TYPES, "mdev_types") E(VIR_NODE_CAP_MDEV, "mdev") \
    E(VIR_NODE_CAP_CCW, "ccw") E(VIR_NODE_CAP_CSS, "css") E(VIR_NODE_CAP_VDPA, "vdpa") E(VIR_NODE_CAP_AP_CARD, "ap_card") \
    E(VIR_NODE_CAP_AP_QUEUE, "ap_queue") E(VIR_NODE_CAP_AP_MATRIX, "ap_matrix") E(VIR_NODE_CAP_VPD, "vpd") \
    E(VIR_NODE_CAP_CCWGROUP, "ccwgroup") E(VIR_NODE_CAP_CCWGROUP_MEMBER, "ccwgroup_member")
VIR_ENUM(virNodeCapType, VIR_NODE_CAP_VALUES)
#define VIR_NODE_CCW_VALUES(E) E(VIR_NODE_CCW_UNKNOWN, NULL) E(VIR_NODE_CCW_OFFLINE, "offline") E(VIR_NODE_CCW_ONLINE, "online")
VIR_ENUM(virNodeCcwState, VIR_NODE_CCW_VALUES)
#define VIR_NODE_DRM_VALUES(E) E(VIR_NODE_DRM_PRIMARY, "primary") E(VIR_NODE_DRM_CONTROL, "control") E(VIR_NODE_DRM_RENDER, "render")
VIR_ENUM(virNodeDrmType, VIR_NODE_DRM_VALUES)
#define VIR_NODE_FEATURE_VALUES(E) \
    E(VIR_NODE_FEATURE_RX, "rx") E(VIR_NODE_FEATURE_TX, "tx") E(VIR_NODE_FEATURE_SG, "sg") E(VIR_NODE_FEATURE_TSO, "tso") \
    E(VIR_NODE_FEATURE_GSO, "gso") E(VIR_NODE_FEATURE_GRO, "gro") E(VIR_NODE_FEATURE_LRO, "lro") E(VIR_NODE_FEATURE_RXVLAN, "rxvlan") \
    E(VIR_NODE_FEATURE_TXVLAN, "txvlan") E(VIR_NODE_FEATURE_NTUPLE, "ntuple") E(VIR_NODE_FEATURE_RXHASH, "rxhash") E(VIR_NODE_FEATURE_RDMA, "rdma") \
    E(VIR_NODE_FEATURE_TXUDPTNL, "txudptnl") E(VIR_NODE_FEATURE_SWITCHDEV, "switchdev")
VIR_ENUM(virNodeNetFeature, VIR_NODE_FEATURE_VALUES)
#define VIR_NODE_LINK_SPEED_VALUES(E) \
    E(VIR_NODE_LINK_SPEED_NONE, NULL) E(VIR_NODE_LINK_SPEED_25, "2.5") E(VIR_NODE_LINK_SPEED_5, "5") E(VIR_NODE_LINK_SPEED_8, "8") \
    E(VIR_NODE_LINK_SPEED_16, "16") E(VIR_NODE_LINK_SPEED_32, "32") E(VIR_NODE_LINK_SPEED_64, "64")
VIR_ENUM(virNodeLinkSpeed, VIR_NODE_LINK_SPEED_VALUES)

/* Parse: a device that is to be made; it need not say what only existing ones know. */
enum { VIR_NODE_DEVICE_NEW = 1 << 14 };

typedef struct { virNodeNetFeature name; } virNodeFeature;
typedef struct { char *id, *name, *deviceApi; unsigned int instances; } virNodeMdevType;
typedef struct { char *name, *value; } virNodeMdevAttr;
typedef struct { char *ref, *device; } virNodeCcwMember;
typedef struct { char *index, *value; } virNodeVpdField;
typedef struct { bool there, hasPort; unsigned int port, width; virNodeLinkSpeed speed; } virNodeLink;

typedef struct {
    bool hasClass;
    unsigned int klass, domain, bus, slot, function;
    VIR_LIST(virPCIAddress) physFunction;           /* one at most */
    bool virtFunctions;
    unsigned int maxVirtFunctions;
    VIR_LIST(virPCIAddress) virtFunctionList;
    bool pciBridge, cardbusBridge;
    bool hasIommu, hasNuma;
    unsigned int iommu;
    VIR_LIST(virPCIAddress) iommuDevices;
    int numa;
    bool express;
    virNodeLink cap, sta;
    bool hasVpd, vpdRo, vpdRw;                      /* vital product data */
    char *vpdName, *vpdChange, *vpdMaker, *vpdPart, *vpdSerial, *vpdAsset;
    VIR_LIST(virNodeVpdField) vpdVendor, vpdVendorRw, vpdSystemRw;
} virNodePci;

typedef struct {
    virNodeCapType type;
    unsigned int vendor, productId;                 /* pci, usb_device */
    char *vendorName, *product;                     /* … and system's product */
    char *hwVendor, *hwVersion, *hwSerial, *fwVendor, *fwVersion, *fwDate;     /* system */
    unsigned char uuid[16];                         /* … and mdev */
    virNodePci pci;
    VIR_LIST(virNodeMdevType) mdevTypes;            /* pci, css, ap_matrix */
    unsigned int usbBus, usbDevice, usbNumber, usbClass, usbSubclass, usbProtocol;
    char *description;
    char *ifname, *address;                         /* net */
    virInterfaceLink linkState;
    unsigned int linkSpeed;
    VIR_LIST(virNodeFeature) features;
    bool ieee80203, ieee80211;
    unsigned int host, uniqueId;                    /* scsi_host, scsi */
    bool hasHost, hasUniqueId, fcHost, vportOps;
    char *wwnn, *wwpn, *fabricWwn;
    unsigned int maxVports, vports;
    char *target, *rport, *rportWwpn;               /* scsi_target */
    bool hasRport;
    unsigned int scsiBus, scsiTarget, scsiLun;
    char *scsiType;
    char *block, *bus, *driveType, *model, *vendorText, *serial;               /* storage */
    bool removable, hotpluggable;
    unsigned int mediaAvailable;
    unsigned long long mediaSize, size, logicalBlockSize, blocks;
    char *mediaLabel;
    char *chardev;                                  /* scsi_generic, vdpa */
    virNodeDrmType drm;
    char *mdevType, *parentAddr;                    /* mdev */
    unsigned int iommuGroup;
    VIR_LIST(virNodeMdevAttr) attrs;
    unsigned int cssid, ssid, devno;                /* ccw, ccwgroup, css */
    virNodeCcwState ccwState;
    char *groupDevice;                              /* ccw */
    VIR_LIST(virNodeCcwMember) members;             /* ccwgroup */
    bool qeth;
    char *cardType, *chpid;
    bool hasChannel;
    unsigned int channelCssid, channelSsid, channelDevno;
    unsigned int apAdapter, apDomain;
} virNodeCap;
typedef struct {
    VIR_XML_REFS;
    char *name, *path, *devnode, **links, *parent, *driver;
    char *parentWwnn, *parentWwpn, *parentFabricWwn;            /* of a device that is to be made: another way to name its parent */
    VIR_LIST(virNodeCap) caps;
} virNodeDeviceDef;
VIR_DOCUMENT_DECLARE(virNodeDeviceDef)

/* VIR_CONNECT_LIST_NODE_DEVICES_CAP_* of all capabilities, nested ones too. */
unsigned int virNodeDeviceFlags(const virNodeDeviceDef *def);
/* Names of the kinds in those flags, in the order in which devices list them; ended by NULL. */
unsigned int virNodeCapFlag(virNodeCapType type);
