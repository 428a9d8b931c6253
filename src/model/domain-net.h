/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces. */
#pragma once

#include "model/device-info.h"
#include "model/domain-char.h"

typedef struct {
    virNetDevVPortType type;
    bool hasManagerId, hasTypeId, hasTypeIdVersion;
    unsigned int managerId, typeId, typeIdVersion;
    unsigned char instanceId[16], interfaceId[16];
    char *profileId;
} virNetDevVPort;

typedef struct { unsigned int id; virNetVlanNativeMode native; } virNetVlanTag;
typedef struct { virTristateBool trunk; VIR_LIST(virNetVlanTag) tags; } virNetVlan;

typedef struct { unsigned long long average, peak, floor, burst; } virNetBandwidthRate;
typedef struct { virNetBandwidthRate *in, *out; } virNetBandwidth;

typedef struct { char *family, *address, *peer; unsigned int prefix; bool hasPrefix; } virNetIp;
typedef struct { char *family, *address, *netmask, *gateway; unsigned int prefix, metric; bool hasPrefix, hasMetric; } virNetRoute;

typedef struct { char *name, *value; } virNetFilterParam;
typedef struct { unsigned int start, end, to; virTristateBool exclude; } virNetPortRange;
typedef struct {
    virDomainNetPortForwardProto proto;
    char *address, *dev;
    VIR_LIST(virNetPortRange) ranges;
} virNetPortForward;

typedef struct {
    virTristateSwitch csum, gso, tso4, tso6, ecn, ufo, mrgRxbuf;
} virDomainNetOffload;

typedef struct {
    virDomainNetType type;
    virTristateBool managed;            /* hostdev */
    virTristateBool trustGuestRxFilters;
    virMac mac;
    bool hasSource;
    bool hasMac;                        /* given, be it all zero */
    virDomainNetMacType macType;
    virTristateBool macCheck;
    /* source */
    char *network, *portgroup;
    unsigned char portId[16];
    char *bridge;                       /* type bridge; live of type network too */
    char *dev;                          /* direct, user (passt), vdpa, internal: host's device */
    virNetMacvlanMode macvlanMode;
    char *socketAddress, *localAddress; /* server, client, mcast, udp */
    unsigned int socketPort, localPort;
    unsigned char vdsSwitchId[16];      /* vds: a distributed switch of vSphere */
    long long vdsPortId, vdsConnectionId;
    char *vdsPortgroupId;
    char *internalName;
    virDomainChrSource *vhostuser;
    virDomainHostdevType hostdevType;
    virPCIAddress hostdevPci;
    unsigned int hostdevUsbBus, hostdevUsbDevice;
    VIR_LIST(virNetIp) hostIps;
    VIR_LIST(virNetRoute) hostRoutes;
    virNetDevVPort *virtualport;
    virNetVlan *vlan;
    virNetBandwidth *bandwidth;
    char *script, *downscript;
    virDomainNetBackendType backend;
    char *backendTap, *backendVhost, *backendLogFile;
    char *ifname;                       /* <target dev=''/> */
    virTristateBool targetManaged;
    char *ifnameGuest, *ifnameGuestActual;
    char *model;                        /* "virtio", "e1000" …: any word QEMU knows */
    /* driver */
    virDomainNetDriverName driverName;
    virDomainNetTxMode txmode;
    virTristateSwitch ioeventfd, eventIdx, rss, rssHashReport;
    unsigned int queues, rxQueueSize, txQueueSize;
    virVirtioOptions virtio;
    virDomainNetOffload host, guest;
    VIR_LIST(virNetPortForward) portForwards;
    char *backendDomain;
    virTristateBool portIsolated;
    char *filter;
    VIR_LIST(virNetFilterParam) filterParams;

    unsigned long long sndbuf;
    bool hasSndbuf;
    virDomainNetTeamingType teaming;
    char *teamingPersistent;
    virDomainNetLinkState link;
    unsigned int mtu;
    unsigned int coalesceRxMax;
    bool hasCoalesce;
    VIR_LIST(virNetIp) guestIps;
    VIR_LIST(virNetRoute) guestRoutes;
    virDeviceInfo info;
    char *macCurrent;                   /* live: what the guest made of it */
    char *backendHostname, *backendFqdn;
    bool ownTable;                      /* of the network driver: the bridge learns no addresses, it must be told. In no document */
    unsigned int hostdevVendor, hostdevProduct;
    bool hasHostdevVendor, hasHostdevAddress;
} virDomainNetDef;
