/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network filters: rules by protocol, references to other filters; and bindings of filters to ports. */
#pragma once

#include "model/document.h"
#include "model/domain-net.h"

#define VIR_NWFILTER_ACTION_VALUES(E) \
    E(VIR_NWFILTER_ACTION_NONE, NULL) E(VIR_NWFILTER_ACTION_DROP, "drop") E(VIR_NWFILTER_ACTION_ACCEPT, "accept") \
    E(VIR_NWFILTER_ACTION_REJECT, "reject") E(VIR_NWFILTER_ACTION_RETURN, "return") E(VIR_NWFILTER_ACTION_CONTINUE, "continue")
VIR_ENUM(virNWFilterAction, VIR_NWFILTER_ACTION_VALUES)
#define VIR_NWFILTER_DIRECTION_VALUES(E) \
    E(VIR_NWFILTER_DIRECTION_NONE, NULL) E(VIR_NWFILTER_DIRECTION_IN, "in") E(VIR_NWFILTER_DIRECTION_OUT, "out") \
    E(VIR_NWFILTER_DIRECTION_INOUT, "inout")
VIR_ENUM(virNWFilterDirection, VIR_NWFILTER_DIRECTION_VALUES)

/* In the order in which a rule's element is looked for. */
typedef enum {
    VIR_NWFILTER_PROTOCOL_MAC, VIR_NWFILTER_PROTOCOL_VLAN, VIR_NWFILTER_PROTOCOL_STP, VIR_NWFILTER_PROTOCOL_ARP,
    VIR_NWFILTER_PROTOCOL_RARP, VIR_NWFILTER_PROTOCOL_IP, VIR_NWFILTER_PROTOCOL_IPV6, VIR_NWFILTER_PROTOCOL_TCP,
    VIR_NWFILTER_PROTOCOL_UDP, VIR_NWFILTER_PROTOCOL_SCTP, VIR_NWFILTER_PROTOCOL_ICMP, VIR_NWFILTER_PROTOCOL_IGMP,
    VIR_NWFILTER_PROTOCOL_ALL, VIR_NWFILTER_PROTOCOL_ESP, VIR_NWFILTER_PROTOCOL_AH, VIR_NWFILTER_PROTOCOL_UDPLITE,
    VIR_NWFILTER_PROTOCOL_TCP_IPV6, VIR_NWFILTER_PROTOCOL_UDP_IPV6, VIR_NWFILTER_PROTOCOL_SCTP_IPV6,
    VIR_NWFILTER_PROTOCOL_ICMPV6, VIR_NWFILTER_PROTOCOL_ALL_IPV6, VIR_NWFILTER_PROTOCOL_ESP_IPV6, VIR_NWFILTER_PROTOCOL_AH_IPV6,
    VIR_NWFILTER_PROTOCOL_UDPLITE_IPV6,
    VIR_NWFILTER_PROTOCOLS
} virNWFilterProtocol;

/* What packets a rule is about: values in canonical form, or variables ("$IP", "$PORT[@1]"). Each protocol has some of them. */
typedef struct {
    char *match;
    char *srcmacaddr, *srcmacmask, *dstmacaddr, *dstmacmask, *protocolid, *vlanid, *encapProtocol, *type, *typeend, *code,
        *codeend, *stpflags, *rootPriority, *rootPriorityHi, *rootAddress, *rootAddressMask, *rootCost, *rootCostHi,
        *senderPriority, *senderPriorityHi, *senderAddress, *senderAddressMask, *port, *portHi, *age, *ageHi, *maxAge, *maxAgeHi,
        *helloTime, *helloTimeHi, *forwardDelay, *forwardDelayHi, *hwtype, *protocoltype, *opcode, *arpsrcmacaddr,
        *arpdstmacaddr, *arpsrcipaddr, *arpsrcipmask, *arpdstipaddr, *arpdstipmask, *gratuitous, *srcipaddr, *srcipmask,
        *dstipaddr, *dstipmask, *srcipfrom, *srcipto, *dstipfrom, *dstipto, *protocol, *srcportstart, *srcportend, *dstportstart,
        *dstportend, *dscp, *connlimitAbove, *state, *flags, *ipset, *ipsetflags, *comment;
} virNWFilterMatch;

typedef struct {
    virNWFilterAction action;
    virNWFilterDirection direction;
    char *priority, *statematch;
    virNWFilterMatch *protocol[VIR_NWFILTER_PROTOCOLS];     /* one at most */
} virNWFilterRule;

typedef struct { char *filter; VIR_LIST(virNetFilterParam) params; } virNWFilterInclude;

typedef struct {
    VIR_XML_REFS;
    char *name, *chain, *priority;
    unsigned char uuid[16];
    char *order;                        /* of both lists in the document: 'r' a rule, 'f' a reference */
    VIR_LIST(virNWFilterRule) rules;
    VIR_LIST(virNWFilterInclude) filters;
} virNWFilterDef;
VIR_DOCUMENT_DECLARE(virNWFilterDef)

typedef struct {
    VIR_XML_REFS;
    char *ownerName;
    unsigned char ownerUuid[16];
    bool hasOwnerUuid, hasMac, hasLink;
    char *portDev, *linkDev;
    virMac mac;
    virNWFilterInclude filter;
} virNWFilterBindingDef;
VIR_DOCUMENT_DECLARE(virNWFilterBindingDef)

/* nwfilter-check.c: every value of a match in its canonical form. `type` is the table of the protocol. */
bool virNWFilterMatchCheck(virNWFilterMatch *match, const virXmlType *type, GError **error);
/* The number that "arp", "Request" or "udp" stands for. */
bool virNWFilterWordValue(const char *word, unsigned int *value);
extern virXmlType *const virNWFilterProtocolXml[VIR_NWFILTER_PROTOCOLS];
/* The kinds of values, in the tables' rows (row.digits). */
typedef enum {
    VIR_NWFILTER_TEXT, VIR_NWFILTER_MAC, VIR_NWFILTER_MACMASK, VIR_NWFILTER_ETHER, VIR_NWFILTER_ENCAP, VIR_NWFILTER_VLANID, VIR_NWFILTER_U8,
    VIR_NWFILTER_U16, VIR_NWFILTER_U32, VIR_NWFILTER_OPCODE, VIR_NWFILTER_IP4, VIR_NWFILTER_IP6, VIR_NWFILTER_MASK4, VIR_NWFILTER_MASK6,
    VIR_NWFILTER_BOOL, VIR_NWFILTER_IPPROTO, VIR_NWFILTER_DSCP, VIR_NWFILTER_LIMIT, VIR_NWFILTER_STATE, VIR_NWFILTER_TCPFLAGS,
    VIR_NWFILTER_IPSET, VIR_NWFILTER_IPSETFLAGS, VIR_NWFILTER_COMMENT,
} virNWFilterValue;
