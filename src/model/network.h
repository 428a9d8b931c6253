/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual networks and their ports. */
#pragma once

#include "model/document.h"
#include "model/domain-net.h"
#include "model/network-address.h"

#define VIR_NETWORK_FORWARD_VALUES(E) \
    E(VIR_NETWORK_FORWARD_NONE, "none") \
    E(VIR_NETWORK_FORWARD_NAT, "nat") \
    E(VIR_NETWORK_FORWARD_ROUTE, "route") \
    E(VIR_NETWORK_FORWARD_OPEN, "open") \
    E(VIR_NETWORK_FORWARD_BRIDGE, "bridge") \
    E(VIR_NETWORK_FORWARD_PRIVATE, "private") \
    E(VIR_NETWORK_FORWARD_VEPA, "vepa") \
    E(VIR_NETWORK_FORWARD_PASSTHROUGH, "passthrough") \
    E(VIR_NETWORK_FORWARD_HOSTDEV, "hostdev")
VIR_ENUM(virNetworkForward, VIR_NETWORK_FORWARD_VALUES)
#define VIR_NETWORK_DRIVER_VALUES(E) \
    E(VIR_NETWORK_DRIVER_DEFAULT, NULL) E(VIR_NETWORK_DRIVER_KVM, "kvm") E(VIR_NETWORK_DRIVER_VFIO, "vfio")
VIR_ENUM(virNetworkDriverName, VIR_NETWORK_DRIVER_VALUES)
#define VIR_NETWORK_MAC_TABLE_VALUES(E) \
    E(VIR_NETWORK_MAC_TABLE_DEFAULT, NULL) E(VIR_NETWORK_MAC_TABLE_KERNEL, "kernel") E(VIR_NETWORK_MAC_TABLE_LIBVIRT, "libvirt")
VIR_ENUM(virNetworkMacTable, VIR_NETWORK_MAC_TABLE_VALUES)
#define VIR_NETWORK_LEASE_UNIT_VALUES(E) \
    E(VIR_NETWORK_LEASE_UNIT_NONE, NULL) E(VIR_NETWORK_LEASE_UNIT_SECONDS, "seconds") \
    E(VIR_NETWORK_LEASE_UNIT_MINUTES, "minutes") E(VIR_NETWORK_LEASE_UNIT_HOURS, "hours")
VIR_ENUM(virNetworkLeaseUnit, VIR_NETWORK_LEASE_UNIT_VALUES)

typedef struct { unsigned int connections; char *dev; } virNetworkForwardIf;
typedef struct { char *type, *multifunction; unsigned int connections; virPCIAddress pci; } virNetworkForwardPci;
typedef struct { char *start, *end; } virNetworkNatRange;
typedef struct { virTristateBool ipv6; virNetworkNatRange *address, *port; } virNetworkNat;
typedef struct { unsigned long long expiry; bool hasExpiry; virNetworkLeaseUnit unit; } virNetworkLease;
typedef struct { char *start, *end; virNetworkLease *lease; } virNetworkRange;
typedef struct { char *mac, *id, *name, *ip; virNetworkLease *lease; } virNetworkDhcpHost;
typedef struct {
    char *family, *address, *netmask;
    unsigned int prefix;
    virTristateBool localPtr;
    char *tftpRoot;
    VIR_LIST(virNetworkRange) ranges;
    VIR_LIST(virNetworkDhcpHost) hosts;
    char *bootfile, *bootServer;
} virNetworkIp;
typedef struct { char *domain, *address; } virNetworkDnsForwarder;
typedef struct { char *name, *value; } virNetworkDnsTxt;
typedef struct { char *service, *protocol, *domain, *target, *port, *priority, *weight; } virNetworkDnsSrv;
typedef struct { char *ip; char **names; } virNetworkDnsHost;
typedef struct {
    virTristateBool enable, forwardPlainNames;
    VIR_LIST(virNetworkDnsForwarder) forwarders;
    VIR_LIST(virNetworkDnsTxt) txts;
    VIR_LIST(virNetworkDnsSrv) srvs;
    VIR_LIST(virNetworkDnsHost) hosts;
} virNetworkDns;
typedef struct {
    char *name;
    virTristateBool isDefault, trustGuestRxFilters;
    virNetVlan *vlan;
    virNetDevVPort *virtualport;
    virNetBandwidth *bandwidth;
} virNetworkPortGroup;
typedef struct { char *value; } virNetworkOption;

typedef struct {
    VIR_XML_REFS;
    unsigned int connections;
    virTristateBool ipv6, trustGuestRxFilters;
    char *name;
    unsigned char uuid[16];
    char *title, *description, *metadata;
    bool forward;                       /* <forward> is there; without mode: nat */
    virNetworkForward forwardMode;
    char *forwardWord;                  /* the mode as it was written */
    char *forwardDev;
    char *managed;
    virNetworkNat *nat;
    virNetworkDriverName driverName;
    VIR_LIST(virNetworkForwardIf) forwardIfs;
    VIR_LIST(virNetworkForwardPci) forwardPcis;
    VIR_LIST(virNetworkForwardIf) forwardPfs;   /* one at most */
    char *bridge, *zone;
    virTristateSwitch stp;
    char *delay;
    virNetworkMacTable macTable;
    unsigned int mtu;
    bool hasMac;
    virMac mac;
    char *domain;
    virTristateBool domainLocalOnly, domainRegister;
    virNetworkDns dns;
    virNetVlan *vlan;
    virNetBandwidth *bandwidth;
    virTristateBool portIsolated;
    VIR_LIST(virNetworkIp) ips;
    VIR_LIST(virNetRoute) routes;
    virNetDevVPort *virtualport;
    VIR_LIST(virNetworkPortGroup) portgroups;
    VIR_LIST(virNetworkOption) options; /* dnsmasq: */
} virNetworkDef;
VIR_DOCUMENT_DECLARE(virNetworkDef)

/* network-check.c: texts made canonical, defaults, and what must hold between parts. For parts alone too. */
bool virNetworkDefComplete(virNetworkDef *def, unsigned int flags, GError **error);
bool virNetworkDefNameCheck(const char *name, int from, GError **error);
bool virNetworkDhcpHostCheck(virNetworkDhcpHost *host, const char *network, bool ipv6, bool partial, GError **error);
bool virNetworkRangeCheck(virNetworkRange *range, const virNetworkIp *ip, const char *network, GError **error);
bool virNetworkDnsHostCheck(virNetworkDnsHost *host, const char *network, bool partial, GError **error);
bool virNetworkDnsTxtCheck(const virNetworkDnsTxt *txt, const char *network, bool partial, GError **error);
bool virNetworkDnsSrvCheck(virNetworkDnsSrv *srv, const char *network, bool partial, GError **error);
bool virNetworkPortGroupCheck(virNetworkPortGroup *group, GError **error);
/* net-check.c: parts that guests' interfaces have too. `needType`: it must say which kind it is. */
bool virNetVlanCheck(virNetVlan *vlan, GError **error);
bool virNetVPortCheck(virNetDevVPort **port, bool needType, GError **error);
/* Has it what its kind needs? */
bool virNetVPortIsWhole(const virNetDevVPort *port, GError **error);
/* Gives it the identifiers that its kind has and the document may leave out. */
void virNetVPortIdentify(virNetDevVPort *port);
bool virNetRouteCheck(virNetRoute *route, const char *whose, GError **error);
bool virNetBandwidthCheck(const virNetBandwidth *bandwidth, bool floor, GError **error);
/* The address family of an <ip>, AF_INET by default. */
int virNetworkIpFamily(const virNetworkIp *ip);
/* Of its netmask, its prefix, or what an address of that kind has without either. */
unsigned int virNetworkIpPrefix(const virNetworkIp *ip, const virIp *address);
extern virXmlType virNetworkForwardIfXml, virNetworkRangeXml, virNetworkDhcpHostXml, virNetworkDnsTxtXml, virNetworkDnsSrvXml,
    virNetworkDnsHostXml, virNetworkPortGroupXml;

/* network-update.c: virNetworkUpdate on a definition. `command` and `section` are those of the API. */
bool virNetworkDefUpdate(virNetworkDef *def, unsigned int command, unsigned int section, int index, const char *xml, GError **error);


#define VIR_NETWORK_PLUG_VALUES(E) \
    E(VIR_NETWORK_PLUG_NONE, "none") E(VIR_NETWORK_PLUG_NETWORK, "network") E(VIR_NETWORK_PLUG_BRIDGE, "bridge") \
    E(VIR_NETWORK_PLUG_DIRECT, "direct") E(VIR_NETWORK_PLUG_HOSTDEV_PCI, "hostdev-pci")
VIR_ENUM(virNetworkPlug, VIR_NETWORK_PLUG_VALUES)

typedef struct {
    VIR_XML_REFS;
    unsigned char uuid[16];
    char *ownerName;
    unsigned char ownerUuid[16];
    bool hasUuid, hasOwnerUuid, hasMac;
    char *group;
    virMac mac;
    virNetDevVPort *virtualport;
    unsigned int classId;
    virNetBandwidth bandwidth;
    virTristateBool trustGuestRxFilters;
    virNetVlan *vlan;
    virTristateBool portIsolated;
    virNetworkPlug plug;
    char *bridge;
    virNetworkMacTable macTable;
    char *dev;
    virNetMacvlanMode mode;
    virTristateBool managed;
    virNetworkDriverName driverName;
    virPCIAddress pci;
} virNetworkPortDef;
VIR_DOCUMENT_DECLARE(virNetworkPortDef)
