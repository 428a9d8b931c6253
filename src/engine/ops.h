/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine's implementation of each public call, named after it; gathered into virEngineDriver by ops.c. */
#pragma once

#include "api/handle.h"
#include "base/error.h"

virDomainPtr virEngineDomainLookupByUUID(virConnectPtr conn, const unsigned char *uuid, GError **error);
virDomainPtr virEngineDomainLookupByName(virConnectPtr conn, const char *name, GError **error);
virDomainPtr virEngineDomainLookupByID(virConnectPtr conn, int id, GError **error);
int virEngineConnectNumOfDomains(virConnectPtr conn, GError **error);
int virEngineConnectListDomains(virConnectPtr conn, int *ids, int maxids, GError **error);
int virEngineConnectNumOfDefinedDomains(virConnectPtr conn, GError **error);
int virEngineConnectListDefinedDomains(virConnectPtr conn, char **names, int maxnames, GError **error);
int virEngineConnectListAllDomains(virConnectPtr conn, virDomainPtr **domains, unsigned int flags, GError **error);
int virEngineDomainGetState(virDomainPtr domain, int *state, int *reason, unsigned int flags, GError **error);
int virEngineDomainGetInfo(virDomainPtr domain, virDomainInfoPtr info, GError **error);
int virEngineDomainGetControlInfo(virDomainPtr domain, virDomainControlInfoPtr info, unsigned int flags, GError **error);
char *virEngineDomainGetOSType(virDomainPtr domain, GError **error);
unsigned long virEngineDomainGetMaxMemory(virDomainPtr domain, GError **error);
int virEngineDomainGetVcpusFlags(virDomainPtr domain, unsigned int flags, GError **error);
int virEngineDomainGetMaxVcpus(virDomainPtr domain, GError **error);
int virEngineDomainGetAutostart(virDomainPtr domain, int *autostart, GError **error);
int virEngineDomainGetAutostartOnce(virDomainPtr domain, int *autostart, GError **error);
int virEngineDomainIsActive(virDomainPtr domain, GError **error);
int virEngineDomainIsPersistent(virDomainPtr domain, GError **error);
int virEngineDomainIsUpdated(virDomainPtr domain, GError **error);
int virEngineDomainHasManagedSaveImage(virDomainPtr domain, unsigned int flags, GError **error);
char *virEngineDomainGetXMLDesc(virDomainPtr domain, unsigned int flags, GError **error);
char *virEngineDomainGetMetadata(virDomainPtr domain, int type, const char *uri, unsigned int flags, GError **error);
virDomainPtr virEngineDomainDefineXMLFlags(virConnectPtr conn, const char *xml, unsigned int flags, GError **error);
virDomainPtr virEngineDomainDefineXML(virConnectPtr conn, const char *xml, GError **error);
int virEngineDomainUndefineFlags(virDomainPtr domain, unsigned int flags, GError **error);
int virEngineDomainUndefine(virDomainPtr domain, GError **error);
int virEngineDomainRename(virDomainPtr domain, const char *name, unsigned int flags, GError **error);
int virEngineDomainCreateWithFlags(virDomainPtr domain, unsigned int flags, GError **error);
int virEngineDomainCreate(virDomainPtr domain, GError **error);
virDomainPtr virEngineDomainCreateXML(virConnectPtr conn, const char *xml, unsigned int flags, GError **error);
int virEngineDomainDestroyFlags(virDomainPtr domain, unsigned int flags, GError **error);
int virEngineDomainDestroy(virDomainPtr domain, GError **error);
int virEngineDomainShutdownFlags(virDomainPtr domain, unsigned int flags, GError **error);
int virEngineDomainShutdown(virDomainPtr domain, GError **error);
int virEngineDomainReboot(virDomainPtr domain, unsigned int flags, GError **error);
int virEngineDomainReset(virDomainPtr domain, unsigned int flags, GError **error);
int virEngineDomainInjectNMI(virDomainPtr domain, unsigned int flags, GError **error);
int virEngineDomainSuspend(virDomainPtr domain, GError **error);
int virEngineDomainResume(virDomainPtr domain, GError **error);
int virEngineDomainSetMetadata(virDomainPtr domain, int type, const char *metadata, const char *key, const char *uri,
    unsigned int flags, GError **error);
int virEngineDomainSetMemoryFlags(virDomainPtr domain, unsigned long memory, unsigned int flags, GError **error);
int virEngineDomainSetMemory(virDomainPtr domain, unsigned long memory, GError **error);
int virEngineDomainSetMaxMemory(virDomainPtr domain, unsigned long memory, GError **error);
int virEngineDomainSetVcpusFlags(virDomainPtr domain, unsigned int nvcpus, unsigned int flags, GError **error);
int virEngineDomainSetVcpus(virDomainPtr domain, unsigned int nvcpus, GError **error);
int virEngineDomainSetAutostart(virDomainPtr domain, int autostart, GError **error);
int virEngineDomainSetAutostartOnce(virDomainPtr domain, int autostart, GError **error);
int virEngineConnectGetAllDomainStats(virConnectPtr conn, virDomainPtr *doms, unsigned int ndoms, unsigned int stats,
    virDomainStatsRecordPtr **retStats, unsigned int flags, GError **error);
int virEngineDomainBlockStats(virDomainPtr domain, const char *disk, virDomainBlockStatsPtr stats, GError **error);
int virEngineDomainInterfaceStats(virDomainPtr domain, const char *device, virDomainInterfaceStatsPtr stats, GError **error);
int virEngineDomainMemoryStats(virDomainPtr domain, virDomainMemoryStatPtr stats, unsigned int nstats, unsigned int flags,
    GError **error);
int virEngineDomainSendKey(virDomainPtr domain, unsigned int codeset, unsigned int holdtime, unsigned int *keycodes, int nkeycodes,
    unsigned int flags, GError **error);
int virEngineDomainOpenConsole(virDomainPtr domain, const char *device, virStreamPtr st, unsigned int flags, GError **error);
int virEngineDomainGetCPUStats(virDomainPtr domain, virTypedParameterPtr params, unsigned int nparams, int start, unsigned int ncpus,
    unsigned int flags, GError **error);
int virEngineDomainGetBlockInfo(virDomainPtr domain, const char *disk, virDomainBlockInfoPtr info, unsigned int flags, GError **error);
int virEngineDomainQemuMonitorCommand(virDomainPtr domain, const char *command, char **result, unsigned int flags, GError **error);
int virEngineDomainGetSecurityLabel(virDomainPtr domain, virSecurityLabelPtr label, GError **error);
int virEngineDomainGetSecurityLabelList(virDomainPtr domain, virSecurityLabelPtr *labels, GError **error);
int virEngineDomainGetJobInfo(virDomainPtr domain, virDomainJobInfoPtr info, GError **error);
char *virEngineConnectGetCapabilities(virConnectPtr conn, GError **error);
char *virEngineConnectGetDomainCapabilities(virConnectPtr conn, const char *emulator, const char *arch, const char *machine,
    const char *virttype, unsigned int flags, GError **error);
char *virEngineConnectDomainXMLToNative(virConnectPtr conn, const char *format, const char *xml, unsigned int flags, GError **error);
int virEngineConnectGetVersion(virConnectPtr conn, unsigned long *version, GError **error);
int virEngineConnectGetMaxVcpus(virConnectPtr conn, const char *type, GError **error);
const char *virEngineConnectGetType(virConnectPtr conn, GError **error);
char *virEngineConnectGetHostname(virConnectPtr conn, GError **error);
int virEngineConnectIsAlive(virConnectPtr conn, GError **error);
int virEngineConnectIsSecure(virConnectPtr conn, GError **error);
int virEngineConnectIsEncrypted(virConnectPtr conn, GError **error);
int virEngineConnectSupportsFeature(virConnectPtr conn, int feature, GError **error);
int virEngineConnectDomainEventRegisterAny(virConnectPtr conn, virDomainPtr dom, int eventID, virConnectDomainEventGenericCallback cb,
    void *opaque, virFreeCallback freecb, GError **error);
int virEngineConnectDomainEventDeregisterAny(virConnectPtr conn, int callbackID, GError **error);
int virEngineConnectDomainEventRegister(virConnectPtr conn, virConnectDomainEventCallback cb, void *opaque, virFreeCallback freecb,
    GError **error);
int virEngineConnectDomainEventDeregister(virConnectPtr conn, virConnectDomainEventCallback cb, GError **error);
int virEngineConnectDomainQemuMonitorEventRegister(virConnectPtr conn, virDomainPtr dom, const char *event,
    virConnectDomainQemuMonitorEventCallback cb, void *opaque, virFreeCallback freecb,
    unsigned int flags, GError **error);
int virEngineConnectDomainQemuMonitorEventDeregister(virConnectPtr conn, int callbackID, GError **error);
