/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The status file of a running QEMU domain: <domstatus state= reason= pid=> around the definition. The layout is the
 * reference's, so that guests are adopted in both directions.
 */
#pragma once

#include "model/domain.h"

typedef struct { unsigned int id; long long pid; } virDomainStatusVcpu;
typedef struct { char *name; } virDomainStatusName;

typedef struct {
    virDomainStatusState state;         /* values equal virDomainState */
    char *reason;                       /* virDomainXxxReason, spelled: "booted", "unknown" … */
    long long pid;
    /* parts of the hypervisor's */
    char *monitorPath, *monitorType;    /* <monitor path= type='unix'/> */
    VIR_LIST(virDomainStatusName) taints;       /* <taint flag=/> */
    bool mountNamespace;                /* <namespaces><mount/> */
    VIR_LIST(virDomainStatusVcpu) vcpus;
    virTristateBool allowReboot;
    VIR_LIST(virDomainStatusName) qemuCaps;     /* <qemuCaps><flag name=/> */
    VIR_LIST(virDomainStatusName) devices;      /* <devices><device alias=/> */
    char *libDir, *channelTargetDir;    /* <libDir path=>, <channelTargetDir path=> */
    bool chardevStdioLogd, rememberOwner;
    unsigned long long nodename;        /* <nodename index=> */
    unsigned int fdset;
    bool hasFdset;
    bool blockjobsActive;
    int agentTimeout;
    bool hasAgentTimeout;
    virCPUDef *cpu;                     /* as the definition had it before the start completed it */
    virDomainDef *def;
} virDomainStatus;

virDomainStatus *virDomainStatusParse(const char *xml, const char *file, const virDomainParseConfig *conf, GError **error);
char *virDomainStatusFormat(const virDomainStatus *status);
void virDomainStatusFree(virDomainStatus *status);      /* drops its reference to def */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainStatus, virDomainStatusFree)
