/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an emulator can do, asked over QMP once for each binary and kept on disk with the binary's size and modification time. What is
 * kept are QEMU's replies themselves, so fresh and cached capabilities are read by the same code.
 */
#pragma once

#include <stdbool.h>
#include <json-glib/json-glib.h>
#include "base/error.h"
#include "host/host.h"
#include "drivers/qemu/monitor.h"

typedef struct {
    char *name, *alias, *defaultRam;
    char *defaultCpu;           /* the model's name; NULL: none, or none that has a name */
    bool numaMem;               /* cells may have their memory without objects */
    unsigned int maxCpus;
    bool isDefault, hotplugCpus, deprecated;
} qemuMachine;

typedef struct {
    char *name, *type;          /* of QOM; aliases share one */
    char **blockers;            /* features that this host lacks; empty: usable */
    bool deprecated;
    bool rated;                 /* QEMU knows what blocks its models */
} qemuCpuModel;

/* What QEMU can make of a CPU here: "host" of KVM, "max" of TCG; its own words. */
typedef struct {
    char **features, **migratable;      /* those that are on; those of them with which a guest can be migrated */
    char *vendor;                       /* "AuthenticAMD" */
    unsigned int family, model, stepping;
} qemuCpuBest;

typedef struct {
    gatomicrefcount refs;
    char *binary, *arch;        /* QEMU's word for the architecture */
    unsigned int version;       /* 7002022 */
    char *package;
    bool kvm;                   /* works here */
    GPtrArray *machines;        /* default first */
    GPtrArray *cpus[2];         /* qemuCpuModel; [0] TCG, [1] KVM, NULL without it */
    qemuCpuBest *best[2];       /* the same; NULL: not told */
    GHashTable *types;          /* names of QOM types */
} qemuCaps;

void qemuCapsUnref(qemuCaps *caps);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuCaps, qemuCapsUnref)
bool qemuCapsHas(const qemuCaps *caps, const char *type);
const qemuMachine *qemuCapsMachine(const qemuCaps *caps, const char *name);     /* name or alias; NULL name: the default */
/* From the document that the cache keeps; NULL when it does not fit `stamp` ("size mtime"). */
qemuCaps *qemuCapsFromCache(const char *text, const char *binary, const char *stamp);

typedef struct _qemuCapsCache qemuCapsCache;
/* `folder` NULL: nothing is kept on disk. `uid`: who runs the probes when `switchUser`. */
qemuCapsCache *qemuCapsCacheNew(const char *folder, bool switchUser, uid_t uid, gid_t gid);
/* Probes see this file as /dev/kvm (taken): see qemuDriver.kvmNode. */
void qemuCapsCacheSetKvmNode(qemuCapsCache *cache, const char *path);
void qemuCapsCacheFree(qemuCapsCache *cache);
/* A reference. May run QEMU (about 0.1 s); a second caller waits for the first one's answer. */
qemuCaps *qemuCapsGet(qemuCapsCache *cache, const char *binary, GError **error);
/* A fresh QEMU of this binary answers `func`, whose word is the result; it is gone afterwards. */
bool qemuCapsAsk(qemuCapsCache *cache, const char *binary, bool kvm, bool (*func)(virQmp *qmp, gpointer data, GError **error), gpointer data,
                 GError **error);
/* The emulator for an architecture of ours ("x86_64"), found in PATH and the usual folders; NULL: none. */
char *qemuFindEmulator(const char *arch);
const char *qemuArchWord(const char *arch);     /* "i686" -> "i386" */
