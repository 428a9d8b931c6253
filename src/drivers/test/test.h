/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the test driver share. */
#pragma once

#include "engine/object.h"
#include "engine/hypervisor.h"

extern const virHypervisor virTestHypervisor;

enum { VIR_TEST_NETWORKS, VIR_TEST_POOLS, VIR_TEST_INTERFACES, VIR_TEST_NODE_DEVICES, VIR_TEST_SETS };

typedef struct {
    virNodeInfo info;
    unsigned long long cellMemory[2];       /* KiB; the second holds for all that follow */
    unsigned int cellPage[2];               /* KiB */
    virObjectSet *sets[VIR_TEST_SETS];
    GPtrArray *interfacesBefore;            /* while their change can be taken back */
} virTestNode;

extern const virObjectKind virTestNetworkKind, virTestPoolKind, virTestInterfaceKind, virTestNodeDeviceKind;
const virStorageDriver *virTestStorageDriver(void);
extern const virInterfaceDriver virTestInterfaceDriver;
extern const virNodeDeviceDriver virTestNodeDeviceDriver;

virObjectSet *virTestNodeSet(virEngine *engine, int which);

/* The node of test:///default (path NULL) or of test:///PATH with everything that its file names. */
virEngine *virTestNodeOpen(const char *path, GError **error);
void virTestNodeClose(virEngine *engine);
int virTestNodeInfo(virConnectPtr conn, virNodeInfoPtr info, GError **error);
int virTestNodeFreeMemory(virConnectPtr conn, unsigned long long *freeMems, int startCell, int maxCells, GError **error);
unsigned long long virTestNodeFree(virConnectPtr conn, GError **error);
char *virTestCapabilities(virEngine *engine, GError **error);
void virTestCapabilitiesTable(virHypervisorDriver *table);

/* snapshot.c */
bool virTestSnapshotCheck(virDomainObj *obj, const virDomainSnapshotDef *def, unsigned int flags, GError **error);
bool virTestSnapshotRevert(virDomainObj *obj, const virDomainSnapshotDef *def, unsigned int flags, GError **error);
bool virTestSnapshotTake(virDomainObj *obj, virDomainSnapshotDef *def, unsigned int flags, GError **error);
bool virTestCheckpointTake(virDomainObj *obj, virDomainCheckpointDef *def, unsigned int flags, GError **error);
