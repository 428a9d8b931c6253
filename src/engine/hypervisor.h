/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is peculiar to a hypervisor, and nothing else. The engine (domain.c and its siblings) implements the public operations once on top
 * of this table: lists, lookups, define/undefine, persistence, autostart, metadata, flags, events, jobs, status files.
 *
 * All functions of the table are called by the holder of the domain's actor on a thread that may block, unless the comment says
 * "snapshot". A function that waits for the guest parks the actor (virActorPark) around the wait. They may be NULL: the
 * call then answers VIR_ERR_NO_SUPPORT.
 */
#pragma once

#include "base/actor.h"
#include "base/error.h"
#include "base/paramlist.h"
#include "api/driver.h"
#include "api/handle.h"
#include "engine/hostdev.h"
#include "model/domain.h"
#include "model/device-change.h"
#include "model/domain-conf.h"
#include "model/backup.h"
#include "model/checkpoint.h"
#include "model/domain-status.h"

typedef struct _virEngine virEngine;        /* one driver instance: registry, directories, event bus */
typedef struct _virDomainObj virDomainObj;  /* one domain */
typedef struct _virGuestCalls virGuestCalls;        /* guest-agent.h */

/* The immutable picture that readers see. Replaced whole by the holder of the actor (virDomainPublish). */
typedef struct {
    gatomicrefcount refs;
    virDomainDef *config;           /* persistent definition, NULL for a transient domain */
    virDomainDef *live;             /* what runs, NULL when inactive */
    int state, reason;              /* virDomainState and its reason */
    int id;                         /* -1 when inactive */
    pid_t pid;
    bool persistent, autostart, autostartOnce, updated, managedSave, hasSnapshots;
    gint64 stateSince;              /* monotonic µs */
} virDomainView;

typedef struct _virHypervisor {
    const char *name;               /* virConnectGetType: "QEMU", "TEST" */
    int from;                       /* virErrorDomain of its errors: VIR_FROM_QEMU */
    const virDomainParseConfig *(*parseConfig)(virEngine *engine, GError **error);     /* snapshot; see model/domain-conf.h */

    bool evolves;                   /* its guests' hardware differs from release to release: new definitions may take newer defaults */

    /* Lifecycle. `start` gets a private copy of the definition to complete (addresses, ptys, aliases) and returns with the guest running or
     * paused as flags say; it fills obj's private data and the pid; on failure it leaves nothing behind. */
    bool (*start)(virDomainObj *obj, virDomainDef *def, unsigned int flags, pid_t *pid, GError **error);
    /* Kill hard. Any thread, passing the queue; returns when the process is gone or the deadline is over. Idempotent. */
    bool (*kill)(virDomainObj *obj, unsigned int flags, GError **error);
    /* Release what `start` took, after the guest is gone. Never fails. `reason` is virDomainShutoffReason. */
    void (*cleanup)(virDomainObj *obj, virDomainDef *def, int reason);
    bool (*shutdown)(virDomainObj *obj, unsigned int flags, GError **error);
    bool (*reboot)(virDomainObj *obj, unsigned int flags, GError **error);
    bool (*reset)(virDomainObj *obj, unsigned int flags, GError **error);
    bool (*suspend)(virDomainObj *obj, GError **error);
    bool (*resume)(virDomainObj *obj, GError **error);
    bool (*injectNmi)(virDomainObj *obj, unsigned int flags, GError **error);
    bool (*sendKey)(virDomainObj *obj, unsigned int codeset, unsigned int holdtime, const unsigned int *codes, int ncodes,
                    unsigned int flags, GError **error);
    /* After a restart of the daemon: take the running guest of a status file over. False: it is gone (reason in error). */
    bool (*reconnect)(virDomainObj *obj, virDomainDef *def, pid_t pid, GError **error);

    /* Hypervisor-private members of the status file: filled in before it is written, read before `reconnect`. */
    void (*statusFill)(virDomainObj *obj, virDomainStatus *status);
    bool (*statusTake)(virDomainObj *obj, const virDomainStatus *status, GError **error);
    void (*privateFree)(gpointer priv);

    /* A definition was accepted and is about to be published: what the hypervisor keeps of it on disk in its own form. */
    bool (*defined)(virDomainObj *obj, virDomainDef *def, GError **error);
    /* Before a definition goes away: what belongs to it on disk (NVRAM, TPM state), as the flags of undefine say. */
    bool (*undefine)(virDomainObj *obj, const virDomainDef *def, unsigned int flags, GError **error);

    /* Snapshots and checkpoints; the engine keeps their trees (moment.h). Take is called with the disks of guest and document aligned,
     * delete and revert for each one that is not only forgotten; NULL take: there are none. */
    bool snapshotsOfTest;               /* a guest that is off has nothing to lose: what a document says of memory is passed over */
    unsigned int snapshotCreateFlags, snapshotDeleteFlags, checkpointCreateFlags;       /* that the driver knows */
    bool (*snapshotCheck)(virDomainObj *obj, const virDomainSnapshotDef *def, unsigned int flags, GError **error);
    bool (*snapshotTake)(virDomainObj *obj, virDomainSnapshotDef *def, unsigned int flags, GError **error);
    bool (*snapshotDelete)(virDomainObj *obj, const virDomainSnapshotDef *def, GError **error);
    bool (*snapshotRevert)(virDomainObj *obj, const virDomainSnapshotDef *def, unsigned int flags, GError **error);
    bool (*checkpointTake)(virDomainObj *obj, virDomainCheckpointDef *def, unsigned int flags, GError **error);
    bool (*checkpointDelete)(virDomainObj *obj, const virDomainCheckpointDef *def, GError **error);
    /* Begin fills in what the document left open and publishes it (virDomainBackupSet) before the first copy can end; both may be called for
     * running guests only. */
    /* `checkpoint`, if any, is taken at the instant of which the backup is. */
    bool (*backupBegin)(virDomainObj *obj, virDomainBackupDef *def, virDomainCheckpointDef *checkpoint, unsigned int flags, GError **error);
    bool (*backupEnd)(virDomainObj *obj, virDomainBackupDef *def, GError **error);

    /*
     * Devices of a running guest, each called with the definition as it will be (a copy of the live one; `changed` points into it). Attach
     * completes and plugs in what is new in it: alias, what the host makes for it; after a failure nothing is left. Update makes the guest
     * follow; both are published by the engine. Detach asks the guest, and publishes (virDomainSetLive) with the event when it has let go:
     * before it returns, or whenever the guest does later.
     */
    bool (*attachDevice)(virDomainObj *obj, virDomainDef *def, const virDeviceChanged *changed, GError **error);
    bool (*updateDevice)(virDomainObj *obj, virDomainDef *def, const virDeviceChanged *changed, unsigned int flags, GError **error);
    bool (*detachDevice)(virDomainObj *obj, const virDomainDef *def, const virDeviceChanged *changed, GError **error);

    /* Checks before a definition is accepted, beyond the model's own. */
    bool (*validate)(virEngine *engine, const virDomainDef *def, GError **error);

    /* Facts. cpuTime in ns, memory in KiB. `stats` appends the groups (VIR_DOMAIN_STATS_*) it knows to the list, names without
     * prefix doubled ("balloon.current"). */
    bool (*cpuTime)(virDomainObj *obj, unsigned long long *ns, GError **error);         /* snapshot: reads /proc or nothing */
    bool (*balloon)(virDomainObj *obj, unsigned long long *kib, GError **error);        /* snapshot: last known value */
    /* `statsAsk` sends the questions of one guest, so that many are asked before the first answer is awaited; `stats` gets what it returned
     * (NULL: there was nothing to ask), and frees it. Neither waits beyond `until` (monotonic; 0: the hypervisor's own deadline). Any thread. */
    gpointer (*statsAsk)(virDomainObj *obj, unsigned int groups, gint64 until);
    bool (*stats)(virDomainObj *obj, unsigned int groups, virTypedParamList *list, gpointer asked, gint64 until, GError **error);
    /* Snapshot: the guest owes an answer, since so many ms; the question. NULL: it does not. */
    char *(*waitsFor)(virDomainObj *obj, int64_t *age_ms);
    bool (*blockStats)(virDomainObj *obj, const char *disk, virDomainBlockStatsStruct *stats, GError **error);
    bool (*interfaceStats)(virDomainObj *obj, const char *device, virDomainInterfaceStatsStruct *stats, GError **error);
    int (*memoryStats)(virDomainObj *obj, virDomainMemoryStatStruct *stats, unsigned int nstats, GError **error);
    bool (*blockInfo)(virDomainObj *obj, const char *disk, virDomainBlockInfo *info, GError **error);
    bool (*setMemory)(virDomainObj *obj, unsigned long long kib, GError **error);       /* live balloon target */
    bool (*setVcpus)(virDomainObj *obj, unsigned int n, GError **error);                /* live hotplug */

    const virGuestCalls *guest;     /* what its agents are asked; NULL: it has none */

    /* Console and channels: connects `st` to the device (NULL: the first console). */
    bool (*openConsole)(virDomainObj *obj, const char *device, virStreamPtr st, unsigned int flags, GError **error);
    char *(*monitorCommand)(virDomainObj *obj, const char *command, unsigned int flags, GError **error);

    /* Host documents. */
    char *(*capabilities)(virEngine *engine, GError **error);
    char *(*domainCapabilities)(virEngine *engine, const char *emulator, const char *arch, const char *machine, const char *virttype,
                                unsigned int flags, GError **error);
    char *(*toNative)(virEngine *engine, const char *format, virDomainDef *def, unsigned int flags, GError **error);
    virDomainDef *(*fromNative)(virEngine *engine, const char *format, const char *text, GError **error);
    int (*version)(virEngine *engine, unsigned long *version, GError **error);
    int (*maxVcpus)(virEngine *engine, const char *type, GError **error);
} virHypervisor;

/* ---- what the engine offers to a hypervisor ---- */

/* Directories of one instance: system, session or embedded (everything below a root). All exist when stateInit returns. */
typedef struct {
    bool privileged, embedded;
    char *uri;                  /* "qemu:///system" */
    char *configDir;            /* /etc/libvirt/qemu: NAME.xml, autostart/ */
    char *stateDir;             /* /run/libvirt/qemu: NAME.xml status files, NAME.pid */
    char *libDir;               /* /var/lib/libvirt/qemu: per-guest folders "domain-ID-NAME" */
    char *logDir;               /* /var/log/libvirt/qemu */
    char *cacheDir;             /* /var/cache/libvirt/qemu */
} virEngineDirs;

/* The layout of /etc, /run, /var for root, the XDG folders for a session, `root` for an embedded instance. */
virEngineDirs *virEngineDirsNew(const char *driver, bool privileged, const char *root);

virEngine *virEngineNew(const virHypervisor *hv, virEngineDirs *dirs, gpointer priv, GError **error);
void virEngineFree(virEngine *engine);
/* Load definitions and status files, reconnect running guests, start autostart ones. dirs == NULL: nothing is persistent. */
bool virEngineLoad(virEngine *engine, GError **error);
/* Add a domain that comes with the driver (the test driver's node), in `state`. Keeps its own reference to `def`. */
bool virEngineAddDomain(virEngine *engine, virDomainDef *def, bool persistent, int state, GError **error);
const virEngineDirs *virEngineGetDirs(virEngine *engine);
/* By whom the instance's guests hold devices of the host. What they held before a restart is known when the guests are reconnected. */
virHostdevOwner virEngineHostdevOwner(virEngine *engine);
gpointer virEngineGetPrivate(virEngine *engine);
/* The generated operation table, implemented by the engine; a driver copies it and overrides what it must. */
extern virHypervisorDriver virEngineDriver;
/* Attach a connection to the engine: sets conn->hypervisor (engine's table unless `table`), conn->priv and conn->actorOf. */
void virEngineConnect(virEngine *engine, virConnectPtr conn, const virHypervisorDriver *table);
void virEngineDisconnect(virConnectPtr conn);      /* events, autodestroy */
virEngine *virEngineOf(virConnectPtr conn);

virActor *virDomainObjActor(virDomainObj *obj);
/* The queue for calls of that class, a reference. */
virActor *virDomainObjLane(virDomainObj *obj, virActorClass class);
virEngine *virDomainObjEngine(virDomainObj *obj);
gpointer virDomainObjPrivate(virDomainObj *obj);
void virDomainObjSetPrivate(virDomainObj *obj, gpointer priv);       /* holder only; freed by hv->privateFree */
virDomainObj *virDomainObjRef(virDomainObj *obj);
void virDomainObjUnref(virDomainObj *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainObj, virDomainObjUnref)
/* The object behind a handle; VIR_ERR_NO_DOMAIN with the reference's words when it is gone. */
virDomainObj *virDomainObjFind(virDomainPtr domain, GError **error);
void virEngineForeach(virEngine *engine, void (*func)(virDomainObj *obj, gpointer data), gpointer data);

/* A reference to what readers see now; never changed by anybody. */
virDomainView *virDomainObjView(virDomainObj *obj);
void virDomainViewUnref(virDomainView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainView, virDomainViewUnref)

/* Holder only: publish a new state (and event), a new live definition, and write the status file. `detail` is the event's; event -1: none. */
void virDomainSetState(virDomainObj *obj, int state, int reason, int event, int detail);
void virDomainSetLive(virDomainObj *obj, virDomainDef *live);        /* takes the reference */
bool virDomainStartHeld(virDomainObj *obj, virDomainDef *def, unsigned int flags, GError **error);     /* from within another change */
bool virDomainSetConfig(virDomainObj *obj, virDomainDef *config, GError **error);      /* the same for the persistent one, which is written first */
/* The guest is gone (process exit, monitor EOF): cleanup, state, event, removal of a transient domain. Holder only. */
void virDomainGone(virDomainObj *obj, int reason, int event, int detail);

/* Other events, to every registered listener. The variadic arguments are the callback's, after the domain. Any thread. */
void virDomainEmit(virDomainObj *obj, int eventId, ...);
/* libvirt-qemu's monitor events. */
void virDomainEmitMonitor(virDomainObj *obj, const char *event, gint64 seconds, unsigned int micros, const char *details);
