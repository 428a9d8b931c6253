/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a definition to QEMU's command line. Nothing here touches the host: descriptors, directories and chosen ports are given, so the same
 * code serves starting, `domxml-to-native` and tests.
 */
#pragma once

#include "drivers/qemu/caps.h"
#include "drivers/qemu/monitor.h"
#include "model/domain.h"

/* What starting prepared for one interface. No descriptors: domxml-to-native, which shows a placeholder. */
typedef struct {
    int tap[8], vhost[8];
    unsigned int ntap, nvhost;
} qemuNetHost;

typedef struct {
    const virDomainDef *def;            /* addresses, aliases and indices assigned */
    const qemuCaps *caps;
    const char *domainDir;              /* LIB/domain-1-NAME */
    const char *channelDir;             /* LIB/channel/target/domain-1-NAME */
    const char *stateDir;               /* RUN/qemu */
    const char *memoryDir;              /* LIB/ram/1-NAME */
    GHashTable *hugeMounts;             /* KiB of a huge page -> its hugetlbfs mount */
    unsigned long long defaultHugepage; /* KiB */
    const char *spiceTlsDir;            /* NULL: spice without TLS */
    int monitorFd;                      /* a listening socket; -1: let QEMU make it */
    GBytes *masterKey;                  /* shared with QEMU: what it must know in secret is encrypted with it */
    GBytes *(*secret)(const virStorageSecret *secret, int usage, GError **error);       /* a secret's value */
    int vsockFd;                        /* 0: none */
    bool sandbox, timestamps, vncSasl;
    const char *incoming;               /* -incoming, NULL: none */
    const qemuNetHost *nets;            /* one for each of def->nets, or NULL */
    GHashTable *sockets;                /* chardev id (or other key) -> descriptor + 1 of its listening socket; NULL: QEMU makes them by path */
    /* out */
    bool hasPrHelper;                   /* the guest's reservation helper is on the line already */
    GPtrArray *argv;                    /* NULL terminated */
    GPtrArray *env;                     /* "LC_ALL=C" … */
} qemuCommand;

bool qemuCommandBuild(qemuCommand *cmd, GError **error);
void qemuCommandClear(qemuCommand *cmd);
/* As the reference's log and domxml-to-native write it; `lines`: a backslash and a newline before each option. */
char *qemuCommandToString(const qemuCommand *cmd, bool lines);

/* Number the storage layers of all disks, as node names use them. The greatest number. */
unsigned int qemuAssignNodeNames(virDomainDef *def);
/* Paths that QEMU makes for channels and graphics without one. */
void qemuFillSocketPaths(virDomainDef *def, const char *domainDir, const char *channelDir);

/* --- between the command-*.c files --- */
void qemuArg(qemuCommand *cmd, const char *option, const char *format, ...) G_GNUC_PRINTF(3, 4);
void qemuArgJson(qemuCommand *cmd, const char *option, JsonNode *value);        /* takes value */
char *qemuEscape(const char *value);            /* commas doubled */
bool qemuIsX86(const virDomainDef *def);

/* bus, addr and the rest of a device's guest address. */
bool qemuAddAddress(const qemuCommand *cmd, JsonObject *o, const virDeviceInfo *info, GError **error);
void qemuAddVirtio(JsonObject *o, const virVirtioOptions *options);
void qemuAddRom(JsonObject *o, const virDeviceInfo *info);
/* "virtio-blk" and a model (1 virtio, 2 transitional, 3 not) on that kind of bus -> "virtio-blk-pci-transitional". */
char *qemuVirtioDriver(const char *base, const virDeviceInfo *info, int model);
/* A finished -device: address and the user's overrides added. Takes `o`. */
bool qemuDevice(qemuCommand *cmd, JsonNode *node, const virDeviceInfo *info, GError **error);
void qemuDevicePlain(qemuCommand *cmd, JsonNode *node, const virDeviceInfo *info);      /* its address is in it already */
/* The boot order that a device has by itself or through <os><boot>. */
unsigned int qemuBootIndex(const qemuCommand *cmd, virDomainBootDev kind, const void *device, const virDeviceInfo *info);

void qemuCommandMachine(qemuCommand *cmd);
/* command-memory.c. The name that the machine gives its main memory, NULL: none, or NUMA cells carry it. */
const char *qemuDefaultRam(const qemuCommand *cmd);
bool qemuHasHmat(const virDomainDef *def);
void qemuCommandEnclaves(qemuCommand *cmd, GString *machine);
bool qemuCommandEnclaveBackends(qemuCommand *cmd, GError **error);
bool qemuCommandShmems(qemuCommand *cmd, GError **error);
bool qemuCommandMemory(qemuCommand *cmd, GError **error);
void qemuCommandSmp(qemuCommand *cmd);
bool qemuCommandNuma(qemuCommand *cmd, GError **error);
bool qemuCommandCpu(qemuCommand *cmd, GError **error);
bool qemuCommandControllers(qemuCommand *cmd, GError **error);
bool qemuCommandPflash(qemuCommand *cmd, GError **error);
bool qemuCommandDisks(qemuCommand *cmd, GError **error);
bool qemuCommandNets(qemuCommand *cmd, GError **error);
bool qemuCommandChars(qemuCommand *cmd, GError **error);
bool qemuChardev(qemuCommand *cmd, const virDomainChrSource *source, const char *id, bool listenPath, GError **error);
bool qemuCommandScreens(qemuCommand *cmd, GError **error);
bool qemuCommandFilesystems(qemuCommand *cmd, GError **error);
bool qemuCommandMemoryDevices(qemuCommand *cmd, GError **error);
bool qemuCommandInputs(qemuCommand *cmd, GError **error);
/* command-hostdev.c, with interfaces that are devices of the host. The key is that of the descriptor in cmd->sockets. */
bool qemuCommandHostdevs(qemuCommand *cmd, GError **error);
char *qemuVhostScsiKey(const virDomainHostdevDef *hostdev);
/* command-secret.c: -object secret with this value; with the value of a secret of ours (`usage` is virSecretUsageType). */
bool qemuSecretObject(qemuCommand *cmd, const char *id, const unsigned char *data, gsize size, GError **error);
bool qemuSecretLookup(qemuCommand *cmd, const char *id, const virStorageSecret *secret, int usage, bool base64, GError **error);
/* The block node of an iSCSI unit; objects that it needs go before. */
JsonNode *qemuIscsiNode(qemuCommand *cmd, const virStorageSource *source, GError **error);
bool qemuCommandLate(qemuCommand *cmd, GError **error);
bool qemuCommandMisc(qemuCommand *cmd, GError **error);
void qemuCommandPanics(qemuCommand *cmd);
bool qemuCommandSmartcards(qemuCommand *cmd, GError **error);
