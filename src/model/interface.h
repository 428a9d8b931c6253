/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Host interfaces: physical ones, bridges, bonds and VLANs, nested as they are made of each other. */
#pragma once

#include "model/document.h"

#define VIR_INTERFACE_TYPE_VALUES(E) \
    E(VIR_INTERFACE_TYPE_ETHERNET, "ethernet") E(VIR_INTERFACE_TYPE_BRIDGE, "bridge") E(VIR_INTERFACE_TYPE_BOND, "bond") E(VIR_INTERFACE_TYPE_VLAN, "vlan")
VIR_ENUM(virInterfaceType, VIR_INTERFACE_TYPE_VALUES)
#define VIR_INTERFACE_START_VALUES(E) \
    E(VIR_INTERFACE_START_UNSET, NULL) E(VIR_INTERFACE_START_NONE, "none") E(VIR_INTERFACE_START_ONBOOT, "onboot") E(VIR_INTERFACE_START_HOTPLUG, "hotplug")
VIR_ENUM(virInterfaceStart, VIR_INTERFACE_START_VALUES)
#define VIR_INTERFACE_LINK_VALUES(E) \
    E(VIR_INTERFACE_LINK_UNSET, NULL) E(VIR_INTERFACE_LINK_UNKNOWN, "unknown") E(VIR_INTERFACE_LINK_NOTPRESENT, "notpresent") \
    E(VIR_INTERFACE_LINK_DOWN, "down") E(VIR_INTERFACE_LINK_LOWERLAYERDOWN, "lowerlayerdown") E(VIR_INTERFACE_LINK_TESTING, "testing") \
    E(VIR_INTERFACE_LINK_DORMANT, "dormant") E(VIR_INTERFACE_LINK_UP, "up")
VIR_ENUM(virInterfaceLink, VIR_INTERFACE_LINK_VALUES)
#define VIR_INTERFACE_BOND_VALUES(E) \
    E(VIR_INTERFACE_BOND_NONE, NULL) E(VIR_INTERFACE_BOND_BALRR, "balance-rr") E(VIR_INTERFACE_BOND_ABACKUP, "active-backup") \
    E(VIR_INTERFACE_BOND_BALXOR, "balance-xor") E(VIR_INTERFACE_BOND_BCAST, "broadcast") E(VIR_INTERFACE_BOND_8023AD, "802.3ad") \
    E(VIR_INTERFACE_BOND_BALTLB, "balance-tlb") E(VIR_INTERFACE_BOND_BALALB, "balance-alb")
VIR_ENUM(virInterfaceBondMode, VIR_INTERFACE_BOND_VALUES)
#define VIR_INTERFACE_CARRIER_VALUES(E) E(VIR_INTERFACE_CARRIER_NONE, NULL) E(VIR_INTERFACE_CARRIER_IOCTL, "ioctl") E(VIR_INTERFACE_CARRIER_NETIF, "netif")
VIR_ENUM(virInterfaceCarrier, VIR_INTERFACE_CARRIER_VALUES)
#define VIR_INTERFACE_VALIDATE_VALUES(E) \
    E(VIR_INTERFACE_VALIDATE_UNSET, NULL) E(VIR_INTERFACE_VALIDATE_NONE, "none") E(VIR_INTERFACE_VALIDATE_ACTIVE, "active") \
    E(VIR_INTERFACE_VALIDATE_BACKUP, "backup") E(VIR_INTERFACE_VALIDATE_ALL, "all")
VIR_ENUM(virInterfaceArpValidate, VIR_INTERFACE_VALIDATE_VALUES)

typedef struct { char *address; int prefix; } virInterfaceIp;
typedef struct {
    char *family;
    bool autoconf, dhcp;
    virTristateBool dhcpPeerdns;
    VIR_LIST(virInterfaceIp) ips;
    char *gateway;
} virInterfaceProtocol;
typedef struct virInterfaceDef virInterfaceDef;
struct virInterfaceDef {
    VIR_XML_REFS;
    virInterfaceType type;
    char *name;
    virInterfaceStart start;
    unsigned int mtu;
    VIR_LIST(virInterfaceProtocol) protocols;
    virInterfaceLink linkState;
    unsigned int linkSpeed;
    char *mac;
    virTristateSwitch stp;                      /* bridge */
    char *delay;
    virInterfaceBondMode bondMode;              /* bond; watched by MII or by ARP */
    bool hasMii, hasArp;
    unsigned int miiFreq, miiDown, miiUp, arpInterval;
    virInterfaceCarrier miiCarrier;
    char *arpTarget;
    virInterfaceArpValidate arpValidate;
    char *tag, *tagged;                         /* vlan */
    VIR_LIST(virInterfaceDef) parts;            /* of a bridge or bond */
};
VIR_DOCUMENT_DECLARE(virInterfaceDef)
