/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What agents answer, read without trusting its shape: a guest may say anything. Knows nothing of domains. */
#pragma once

#include "base/paramlist.h"
#include "drivers/qemu/agent.h"

/* A disk as the guest sees it. */
typedef struct {
    char *busType, *serial, *device;    /* NULL: not told */
    bool hasPci;
    unsigned int domain, pciBus, slot, function;
    unsigned int bus, target, unit;
} virAgentDisk;

typedef struct {
    char *name, *mountpoint, *type;
    bool hasTotal, hasUsed;
    unsigned long long total, used;
    GPtrArray *disks;                   /* of virAgentDisk */
} virAgentFs;

typedef struct {
    char *name, *alias;
    bool partition;
    GStrv dependencies;                 /* NULL: none */
    virAgentDisk *disk;                 /* NULL: not told */
} virAgentDevice;

typedef struct {
    unsigned int id;
    bool online, canOffline;
} virAgentVcpu;

GPtrArray *virAgentReadFilesystems(JsonNode *reply, GError **error);
GPtrArray *virAgentReadDevices(JsonNode *reply, GError **error);
GArray *virAgentReadVcpus(JsonNode *reply, GError **error);             /* of virAgentVcpu */
GStrv virAgentReadKeys(JsonNode *reply, GError **error);
char *virAgentReadHostname(JsonNode *reply, GError **error);
/* Numbers of interfaces; -1 on failure. */
int virAgentReadInterfaces(JsonNode *reply, virDomainInterfacePtr **ifaces, GError **error);

/* Groups of virDomainGetGuestInfo that need nothing else. */
bool virAgentReadUsers(JsonNode *reply, virTypedParamList *list, GError **error);
bool virAgentReadOs(JsonNode *reply, virTypedParamList *list, GError **error);
bool virAgentReadTimezone(JsonNode *reply, virTypedParamList *list, GError **error);
bool virAgentReadLoad(JsonNode *reply, virTypedParamList *list, GError **error);
bool virAgentReadInterfaceGroup(JsonNode *reply, virTypedParamList *list, GError **error);
