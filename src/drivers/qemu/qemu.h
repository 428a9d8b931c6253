/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The driver's own state: one qemuDriver for each instance (system, session, embedded), one qemuGuest for each domain. */
#pragma once

#include "drivers/qemu/command.h"
#include "drivers/qemu/documents.h"
#include "engine/hypervisor.h"
#include "host/process.h"

/* qemu.conf, for what exists. */
typedef struct {
    char *user, *group;
    char *vncListen, *spiceListen, *vncPassword, *spicePassword, *spiceTlsDir;
    bool dynamicOwnership, rememberOwner, vncSasl, spiceTls, relaxedAcs;
    int seccomp;                        /* -1: the default, on */
    unsigned int maxFiles;
    int autostartBypass;
} qemuSettings;

typedef struct {
    virEngine *engine;
    qemuSettings settings;
    bool switchUser;                    /* guests run as uid:gid */
    uid_t uid;
    gid_t gid;
    char *kvmNode;                      /* NULL, or a /dev/kvm that the guests' user may open, where the host's own is root's alone */
    qemuCapsCache *caps;
    qemuDocumentContext documents;
    virDomainParseConfig conf;
} qemuDriver;

enum { QEMU_AGENT_TIMEOUT_UNSET = -1000 };      /* beside the values of virDomainAgentResponseTimeoutValues: each command's own */

/* Lives as long as its virDomainObj. `process`, `qmp` and `agent` are exchanged under the mutex, since a kill passes the queue; all else belongs to
 * the holder of the actor. */
typedef struct {
    GMutex mutex;
    virProcess *process;
    virQmp *qmp;
    struct _virAgent *agent;            /* NULL: nobody is there */
    virActor *agentTurn;                /* the queue of calls that ask the agent */
    gint agentTimeout;                  /* seconds; atomic */
    virTimer *killTimer;
    char *domainDir, *channelDir, *logPath, *pidPath;
    gint64 logStart;                    /* where this run's part of the log begins */
    pid_t *vcpuTids;
    unsigned int nvcpuTids;
    JsonNode *blockFigures, *memoryFigures;     /* what QEMU last said, under the mutex */
    gint64 figuresAt;
    unsigned long long balloon;         /* KiB, the last known; atomic */
    bool fakeReboot;                    /* the next power-off is the first half of a reboot */
    bool restarting;                    /* powered off and on again by us: what stops and resumes meanwhile is no news */
    int shutdownDetail;                 /* virDomainEventShutdownDetailType of the power-off seen, -1: none */
    bool crashed;
    int pauseReason, resumeReason;      /* why the next STOP and RESUME come; 0: not our doing */
    GCond unplugCond;                   /* with the mutex: what became of the device that somebody waits for */
    char *unplugAlias;                  /* NULL: nobody waits */
    enum { QEMU_UNPLUG_ASKED, QEMU_UNPLUG_GONE, QEMU_UNPLUG_REFUSED, QEMU_UNPLUG_OVER } unplugState;
    GPtrArray *early;                   /* while it starts: events that are news when it has started (events.c) */
    unsigned int nodes;                 /* the greatest number that a block node has had */
    GPtrArray *taps;                    /* of ours, to be removed */
    GPtrArray *labelled;                /* paths whose owner we changed */
} qemuGuest;

qemuDriver *qemuDriverOf(virEngine *engine);
static inline qemuDriver *qemuDriverOfObj(virDomainObj *obj) { return qemuDriverOf(virDomainObjEngine(obj)); }
static inline qemuGuest *qemuGuestOf(virDomainObj *obj) { return virDomainObjPrivate(obj); }
qemuGuest *qemuGuestReady(virDomainObj *obj);                   /* made if it is missing; holder */
virQmp *qemuGuestQmp(virDomainObj *obj, GError **error);        /* a reference; an error when there is no monitor */

/* The surroundings of a command line; Clear frees them and the line. */
typedef struct { qemuCommand cmd; char *memoryDir; GHashTable *huge; } qemuCommandFrame;
bool qemuCommandFrameInit(qemuCommandFrame *frame, virDomainObj *obj, const virDomainDef *def, const qemuCaps *caps, GError **error);
void qemuCommandFrameClear(qemuCommandFrame *frame);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuCommandFrame, qemuCommandFrameClear)
/* Paths of pseudo terminals, as query-chardev tells; limits of disks and links that are down, made known to QEMU. */
void qemuTakePtys(virDomainDef *def, JsonArray *chardevs);
bool qemuCutLink(virQmp *qmp, const virDomainNetDef *net, GError **error);
/* How much memory the guest has now. */
void qemuCountMemory(virDomainObj *obj, const virDomainDef *def, bool fresh);
bool qemuThrottleDisk(virQmp *qmp, const virDomainDiskDef *disk, GError **error);

/* check-host.c: what the guest needs of this host, found or refused; fills in names that only the host knows */
bool qemuCheckHost(virDomainDef *def, const virHost *host, GError **error);
bool qemuCheckHostdevs(virDomainDef *def, const virHost *host, GError **error);

/* hostdev.c: devices of the host, with interfaces that are such devices. Take what the guest does not have yet; give back what `keep` does not name. */
bool qemuHostdevsTake(virDomainObj *obj, virDomainDef *def, bool cold, GError **error);
void qemuHostdevsGive(virDomainObj *obj, const unsigned char *uuid, const virDomainDef *keep);
GPtrArray *qemuHostdevNodes(const virDomainDef *def);           /* paths that QEMU opens for them */
/* Descriptors of what `old` (NULL: nothing) does not have, by their keys, plus 1. */
bool qemuHostdevOpen(const virDomainDef *def, const virDomainDef *old, GHashTable *sockets, GError **error);
unsigned long long qemuLockedBytes(const virDomainDef *def);    /* what RLIMIT_MEMLOCK must be; 0: as it is */
bool qemuLockedRaise(virDomainObj *obj, const virDomainDef *def, GError **error);      /* of a running guest */

/* secret.c: the value of a secret, also of a private one */
GBytes *qemuSecretValue(const virStorageSecret *secret, int usage, GError **error);

/* settings.c */
bool qemuSettingsLoad(qemuSettings *settings, const char *path, GError **error);
void qemuSettingsClear(qemuSettings *settings);

/* events.c: what a guest tells while it starts is kept, and news when its definition has been published. Holder. */
void qemuEventsKeep(virDomainObj *obj);
void qemuEventsTell(virDomainObj *obj);
void qemuEventsForget(qemuGuest *guest);

/* process.c */
bool qemuStart(virDomainObj *obj, virDomainDef *def, unsigned int flags, pid_t *pid, GError **error);
bool qemuReconnect(virDomainObj *obj, virDomainDef *def, pid_t pid, GError **error);
bool qemuKill(virDomainObj *obj, unsigned int flags, GError **error);
void qemuCleanup(virDomainObj *obj, virDomainDef *def, int reason);
void qemuGuestFree(gpointer guest);
char *qemuToNative(virEngine *engine, const char *format, virDomainDef *def, unsigned int flags, GError **error);
void qemuStatusFill(virDomainObj *obj, virDomainStatus *status);
bool qemuStatusTake(virDomainObj *obj, const virDomainStatus *status, GError **error);
/* End the process after the guest has powered itself off: SIGTERM, SIGKILL when it lingers. Never waits. */
void qemuEndProcess(virDomainObj *obj);

/* prepare.c: what the host must have before the guest starts, and its removal */
/* A volume of a pool becomes what it is on this host; other disks stay as they are. */
bool qemuResolveVolume(virDomainDiskDef *disk, GError **error);
bool qemuPrepareHost(virDomainObj *obj, virDomainDef *def, unsigned int flags, GError **error);
void qemuMemoryFolders(virDomainObj *obj, void (*func)(const char *folder, bool huge, gpointer data), gpointer data);
bool qemuPrepareNets(virDomainObj *obj, virDomainDef *def, qemuNetHost *nets, GError **error);
/* Of a running guest: what `def` has and `old` has not. The net's own: a tap, if it has one. */
bool qemuPrepareNew(virDomainObj *obj, virDomainDef *def, const virDomainDef *old, GError **error);
bool qemuPrepareNet(virDomainObj *obj, const virDomainDef *def, virDomainNetDef *net, qemuNetHost *host, GError **error);
bool qemuPrepareDisk(virDomainObj *obj, virDomainDef *def, virDomainDiskDef *disk, GError **error);
void qemuReleaseNets(virDomainObj *obj);
/*
 * netport.c: each interface of a network that has no port of it yet gets one: net->bridge is where its tap belongs, or it has become a
 * device of the host. What cannot be had leaves none of them.
 */
bool qemuPortsPlug(virDomainDef *def, GError **error);
void qemuPortsUnplug(const virDomainDef *def, const virDomainDef *keep);        /* those that `keep` (may be NULL) does not have */
/* A display that listens on a network gets the address that the host has there. */
bool qemuListenFill(virDomainGraphicsListen *listen, GError **error);
/* Rates and isolation of the interface's tap, which is in `bridge` unless that is NULL. */
bool qemuTapTune(const virDomainNetDef *net, const char *bridge, bool ownTable, GError **error);
/* net-filter.c: the packet filter of a port, if it is to have one; and away with those of a guest */
bool qemuFilterNet(const virDomainDef *def, const virDomainNetDef *net, GError **error);
void qemuUnfilterNets(const virDomainDef *def);
/* Interfaces on links of the host (direct.c). Drop removes what was made for the guest; adopt: all of them were, before a restart. */
bool qemuDirectPrepare(virDomainObj *obj, virDomainNetDef *net, unsigned int queues, int *fds, GError **error);
void qemuDirectDrop(virDomainObj *obj, const virDomainDef *def);
void qemuDirectAdopt(virDomainObj *obj, const virDomainDef *def);
void qemuCloseNetFds(qemuNetHost *nets, unsigned int n);
void qemuNetFds(const qemuNetHost *nets, unsigned int n, GArray *fds);

/* The key that QEMU reads from its folder; folder NULL: any key, for showing a command line. */
GBytes *qemuMasterKey(const char *domainDir, GError **error);

/* owner.c: files handed to the guest's user, and back */
bool qemuLabelAll(virDomainObj *obj, virDomainDef *def, GError **error);
bool qemuLabelPath(virDomainObj *obj, const char *path, GError **error);       /* one more file of a running guest */
void qemuRestoreAll(virDomainObj *obj, const virDomainDef *def);
/* Only what one definition has and the other has not, of a running guest. */
bool qemuLabelNew(virDomainObj *obj, const virDomainDef *def, const virDomainDef *old, GError **error);
void qemuRestoreGone(virDomainObj *obj, const virDomainDef *def, const virDomainDef *after);

/* hotplug.c: devices of a running guest; hotplug-update.c: changes of them */
bool qemuAttachDevice(virDomainObj *obj, virDomainDef *def, const virDeviceChanged *changed, GError **error);
bool qemuDetachDevice(virDomainObj *obj, const virDomainDef *def, const virDeviceChanged *changed, GError **error);
bool qemuUpdateDevice(virDomainObj *obj, virDomainDef *def, const virDeviceChanged *changed, unsigned int flags, GError **error);
/* The guest has let go of the device, or will not; of a handler, which must not wait. */
void qemuDeviceDeleted(virDomainObj *obj, const char *alias);
void qemuDeviceStays(virDomainObj *obj, const char *alias);
/* Devices that went while nobody watched; holder. */
void qemuDevicesReconcile(virDomainObj *obj);
/* QEMU is told what `with` has more than `without`; `prepare` (may be NULL) sees the steps before. Nothing is left of it after a failure. */
bool qemuPlugTell(virDomainObj *obj, const virDomainDef *with, const virDomainDef *without, void (*prepare)(GPtrArray *plan, gpointer data),
                  gpointer data, GError **error);
/* And the other way round, all but the guest's devices, as far as it goes. */
void qemuPlugForget(virDomainObj *obj, const virDomainDef *with, const virDomainDef *without);

/* events.c */
extern const virQmpHandlers qemuMonitorHandlers;
void qemuReconcile(virDomainObj *obj);          /* ask for the run state and publish what differs; holder */

/* control.c */
bool qemuShutdown(virDomainObj *obj, unsigned int flags, GError **error);
bool qemuReboot(virDomainObj *obj, unsigned int flags, GError **error);
bool qemuReset(virDomainObj *obj, unsigned int flags, GError **error);
bool qemuSuspend(virDomainObj *obj, GError **error);
bool qemuResume(virDomainObj *obj, GError **error);
bool qemuInjectNmi(virDomainObj *obj, unsigned int flags, GError **error);
bool qemuSetMemory(virDomainObj *obj, unsigned long long kib, GError **error);
char *qemuWaitsFor(virDomainObj *obj, int64_t *age_ms);
char *qemuMonitorCommand(virDomainObj *obj, const char *command, unsigned int flags, GError **error);
bool qemuSendKey(virDomainObj *obj, unsigned int codeset, unsigned int holdtime, const unsigned int *codes, int ncodes, unsigned int flags,
                 GError **error);

/* stats.c */
bool qemuCpuTime(virDomainObj *obj, unsigned long long *ns, GError **error);
bool qemuBalloon(virDomainObj *obj, unsigned long long *kib, GError **error);
gpointer qemuStatsAsk(virDomainObj *obj, unsigned int groups, gint64 until);
bool qemuStats(virDomainObj *obj, unsigned int groups, virTypedParamList *list, gpointer asked, gint64 until, GError **error);
bool qemuBlockStats(virDomainObj *obj, const char *disk, virDomainBlockStatsStruct *stats, GError **error);
bool qemuInterfaceStats(virDomainObj *obj, const char *device, virDomainInterfaceStatsStruct *stats, GError **error);
int qemuMemoryStats(virDomainObj *obj, virDomainMemoryStatStruct *stats, unsigned int nstats, GError **error);
bool qemuBlockInfo(virDomainObj *obj, const char *disk, virDomainBlockInfo *info, GError **error);

/* console.c */
bool qemuOpenConsole(virDomainObj *obj, const char *device, virStreamPtr st, unsigned int flags, GError **error);

/* hypervisor.c */
extern const virHypervisor qemuHypervisor;
void qemuParseConfigInit(qemuDriver *driver, const char *libDir);

/* node.c */
void qemuNodeTable(virHypervisorDriver *table);

/* cpu-calls.c */
void qemuCpuTable(virHypervisorDriver *table);

/* sysinfo.c */
void qemuSysinfoTable(virHypervisorDriver *table);
