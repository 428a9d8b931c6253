/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots, and what they have in common with checkpoints: a moment in a guest's life, with the definition that the guest had then. Both
 * documents begin with a virMoment, so that one tree (engine/moment.h) keeps either.
 */
#pragma once

#include "model/document.h"
#include "model/domain-conf.h"

typedef struct {
    VIR_XML_REFS;
    char *name, *description, *parent;
    char *timeText;                     /* as a document had it */
    long long creationTime;             /* seconds since the epoch */
    virDomainDef *dom;                  /* its own copy; NULL: not known */
} virMoment;

#define VIR_SNAPSHOT_STATE_VALUES(E) \
    E(VIR_SNAPSHOT_NOSTATE, NULL) E(VIR_SNAPSHOT_RUNNING, "running") E(VIR_SNAPSHOT_BLOCKED, "blocked") E(VIR_SNAPSHOT_PAUSED, "paused") \
    E(VIR_SNAPSHOT_SHUTDOWN, "shutdown") E(VIR_SNAPSHOT_SHUTOFF, "shutoff") E(VIR_SNAPSHOT_CRASHED, "crashed") \
    E(VIR_SNAPSHOT_PMSUSPENDED, "pmsuspended") E(VIR_SNAPSHOT_DISK_SNAPSHOT, "disk-snapshot")
VIR_ENUM(virSnapshotState, VIR_SNAPSHOT_STATE_VALUES)           /* the numbers of virDomainState, and one more */

typedef struct {
    char *name;                         /* of the guest's disk: its target after alignment */
    virDomainDiskSnapshot snapshot;
    bool hasType;
    virStorageSource src;               /* external: the file that takes what is written from now on */
} virSnapshotDisk;

typedef struct {
    virMoment m;
    char *stateText;
    virSnapshotState state;
    virDomainDiskSnapshot memory;
    char *memoryFile;
    VIR_LIST(virSnapshotDisk) disks;
    virDomainDef *inactiveDom;          /* what the guest would have been after its next start */
    char *cookie;                       /* verbatim */
    unsigned int active;                /* of our own files: it is the current one */
    bool hasActive;
} virDomainSnapshotDef;
VIR_DOCUMENT_DECLARE(virDomainSnapshotDef)

/* Parse. */
enum {
    VIR_MOMENT_REDEFINE = 1 << 16,      /* it exists already: everything counts */
    VIR_MOMENT_OFFLINE = 1 << 17,       /* there will be no memory state */
};
virDomainSnapshotDef *virDomainSnapshotDefParseWith(const char *xml, const virDomainParseConfig *conf, unsigned int flags, GError **error);
/* As the API shows it (flags VIR_DOMAIN_DEF_SECURE), or with `internal` as our own files keep it. */
char *virDomainSnapshotDefShow(const virDomainSnapshotDef *def, unsigned int flags, bool internal);
/* One entry for each disk of the guest, in its order. `uniform`: all disks that take part must use `mode`. */
bool virDomainSnapshotAlign(virDomainSnapshotDef *def, virDomainDiskSnapshot mode, bool uniform, GError **error);
/* The disk's old source becomes what backs the snapshot's new one, which gets that number. */
void virSnapshotPutOnTop(virDomainDiskDef *disk, const virSnapshotDisk *top, unsigned int index);
/* What must be known beside the definition to take up the memory state of a guest again: the CPU that it really had. NULL: none. */
char *virSaveCookieFormat(const virCPUDef *cpu);
static inline bool virDomainSnapshotIsExternal(const virDomainSnapshotDef *def)
{
    for (unsigned int i = 0; i < def->disks.n; i++)
        if (def->disks.v[i]->snapshot == VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL)
            return true;
    return def->memory == VIR_DOMAIN_DISK_SNAPSHOT_EXTERNAL;
}

/* For snapshots and checkpoints: name and time of a new one; the guest inside the document. `what`: "snapshot". */
bool virMomentComplete(virMoment *m, const char *what, int from, unsigned int flags, GError **error);
/* The disk that `name` (a target, or a source's path) means, its index; -1 with the error. */
int virMomentDisk(const virMoment *m, const char *name, int from, GError **error);
